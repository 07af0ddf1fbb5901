# replay.bash - for the tests of the replay law: a made-up source with three
# variants of an item, whose contracts come in two versions, and dumps of it
#
# The law: staging and serving are a function of the raw records, the contracts
# by version and the key; of no order, repetition, batch size or crash.
#
# The source "fair" answers {"items":[...]} in three shapes:
#
#	old	title, price, brand
#	new	title, price (null: withdrawn), size
#	page	title, brand, colour
#
# Version 2 of the contracts takes the title from another key, and declares a
# column that version 1 lacks.

# replay_contracts VERSION: into $tmp/sources, in force from now on
replay_contracts() {
	local dir=$tmp/sources/fair

	mkdir -p "$dir"
	export VPIPE_SOURCES=$tmp/sources
	cat >"$dir/source.json" <<-'end'
	{"source": "fair", "version": 1, "budget": {"group": "fair"},
	 "sites": [{"host": "a.fair.example", "currency": "EUR"}, {"host": "b.fair.example", "currency": "SEK"}],
	 "headers": ["content-type"],
	 "endpoints": {"search": [{"name": "list", "state": "current", "url": "https://{site}/list", "parameters": {}, "paging": {"style": "page", "page": "page", "per_page": "n", "max_per_page": 40},
	  "total": ".total", "hits": {"each": ".items[]", "id": ".id", "promoted": ".paid"}}]},
	 "verdicts": [{"verdict": "refused:rate-limit", "status": [429]}]}
	end
	replay_item old "$1" '"price": {"type": ["number", "null"], "x-jq": ".price"}, "brand": {"type": ["string", "null"], "x-jq": ".brand"}'
	replay_item new "$1" '"price": {"type": ["number", "null"], "x-jq": ".price"}, "size": {"type": ["string", "null"], "x-jq": ".size"}'
	replay_item page "$1" '"brand": {"type": ["string", "null"], "x-jq": ".brand"}, "colour": {"type": ["string", "null"], "x-jq": ".colour"}'
	replay_contract item_catalog query "$1" catalog_id \
	    '"x-where": ".paid != true", "x-when": {"has": ["$raw.request.catalog_id"]}' \
	    '"catalog_id": {"type": "string", "x-jq": "$raw.request.catalog_id | tostring"}'
}

# replay_item VARIANT VERSION PROPERTIES
replay_item() {
	local more=

	if [[ $2 -ge 2 ]]; then
		more=', "headline": {"type": ["string", "null"], "x-jq": ".title"}'
	fi
	replay_contract item "$1" "$2" '' "\"x-when\": {\"has\": [\".$1\"]}" \
	    "\"title\": {\"type\": \"string\", \"x-jq\": \".title$([[ $2 -lt 2 ]] || echo 2)\"},
	    \"currency\": {\"type\": \"string\", \"x-jq\": \".currency\"}, $3$more"
}

# replay_contract STREAM VARIANT VERSION KEY WHEN PROPERTIES
replay_contract() {
	cat >"$tmp/sources/fair/$1.$2.json" <<-end
	{"stream": "$1", "variant": "$2", "version": $3, "kinds": ["search"], "x-from": "json", "each": ".items[]", $5,
	 "x-optional": true, "key_properties": ["site", "item_id", ${4:+\"$4\", }"variant"],
	 "x-order": ["observed_at", "run", "line", "index", "contract"], "x-seen": "observed_at",
	 "schema": {"type": "object", "required": ["site", "item_id", "variant", "observed_at", "run", "line", "index", "contract"], "properties": {
	  "site": {"type": "string", "x-jq": "\$raw.site"}, "item_id": {"type": "integer", "x-jq": ".id"},
	  "variant": {"type": "string", "x-jq": "\$contract.variant"}, $6,
	  "observed_at": {"type": "string", "format": "date-time", "x-jq": "\$raw.fetched_at"},
	  "run": {"type": "string", "x-jq": "\$raw.run"}, "line": {"type": "integer", "x-jq": "\$raw.line"},
	  "index": {"type": "integer", "x-jq": "\$index"}, "contract": {"type": "integer", "x-jq": "\$contract.version"}}}}
	end
}

# replay_dumps SEED RUNS LINES HITS ITEMS: published into $VPIPE_RAW.  Few
# items and fewer instants, so that many rows meet and many times tie.
replay_dumps() {
	awk -v seed="$1" -v runs="$2" -v lines="$3" -v hits="$4" -v items="$5" '
	function pick(n) { return int(rand() * n) }
	function shape(s, id,   text) {
		text = sprintf("{\"%s\":1,\"id\":%s,\"title\":\"t%d\",\"title2\":\"T%d\"," \
		    "\"currency\":\"EUR\",\"paid\":%s", s, id, pick(9), pick(9),
		    (pick(10) ? "false" : "true"))
		if (s != "page")
			text = text ",\"price\":" \
			    (pick(5) ? 1 + pick(40) "." pick(10) "0" : "null")
		if (s != "new")
			text = text ",\"brand\":" \
			    (pick(4) ? "\"b" pick(3) "\"" : "null")
		if (s == "new")
			text = text sprintf(",\"size\":\"s%d\"", pick(4))
		if (s == "page")
			text = text sprintf(",\"colour\":\"c%d\"", pick(4))
		return text "}"
	}
	BEGIN {
		srand(seed)
		split("old new page", shapes, " ")
		for (r = 1; r <= runs; r++) {
			hour = pick(12)
			run = sprintf("20260920T%02d0000Z-catalog-%016x", hour, r)
			for (l = 1; l <= lines; l++) {
				body = ""
				s = shapes[1 + pick(3)]
				for (h = 1; h <= hits; h++)
					body = body (h > 1 ? "," : "") shape(s, "90071992547" 40000 + pick(items))
				printf "{\"v\":1,\"source\":\"fair\",\"site\":\"%s.fair.example\"," \
				    "\"flow\":\"catalog\",\"kind\":\"search\",\"run\":\"%s\"," \
				    "\"line\":%d,\"attempt\":1,\"fetched_at\":\"2026-09-20T%02d:%02d:00.000Z\"," \
				    "\"request\":{\"method\":\"GET\",\"url\":\"https://x\",\"endpoint\":\"list\"," \
				    "\"query\":\"q\",\"catalog_id\":%d,\"page\":%d,\"params\":{}}," \
				    "\"status\":200,\"headers\":{\"content-type\":\"application/json\"}," \
				    "\"ms\":1,\"sha256\":null,\"body\":{\"total\":%d,\"items\":[%s]}}\n",
				    (pick(2) ? "a" : "b"), run, l, hour, pick(3), 1 + pick(3), l,
				    lines * hits, body
			}
		}
	}' | vput -q "$VPIPE_RAW" >/dev/null
	find "$VPIPE_RAW" -name '*.manifest.json' | LC_ALL=C sort \
	    >"$VPIPE_RAW.parts"
}

# replay_shuffled SEED: the parts in another order
replay_shuffled() {
	shuf --random-source=<(yes "$1") "$VPIPE_RAW.parts"
}

# In a database of its own: replay_in NAME COMMAND..., then its digest.
replay_in() {
	local name=$1 PGDATABASE=${PGDATABASE}_$1

	shift
	psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
	export PGDATABASE
	"$@" >"$tmp/$name.out" 2>&1 || {
		cat "$tmp/$name.out" >&2
		return 1
	}
	"$ROOT/scripts/db" digest
}

load() {
	"$ROOT/scripts/load" "$@"
}

# The reference: in order, once, all at once, under the contracts of now.
in_order() {
	load --pending
}

shuffled_twice() {
	# shellcheck disable=SC2046	# paths without blanks
	load $(replay_shuffled "$1") && load $(replay_shuffled "$1$1")
}

in_small_batches() {
	# shellcheck disable=SC2046
	VPIPE_BATCH_ROWS=3 load $(replay_shuffled "$1")
}

two_loaders() {
	local one=0

	# shellcheck disable=SC2046
	load $(replay_shuffled "$1") &
	# shellcheck disable=SC2046
	load $(replay_shuffled "$1$1") || one=$?
	wait $! && [[ $one -eq 0 ]]
}

# The first half under version 1, the rest under 2, then what is stale.
contract_changes_half_way() {
	local n

	n=$(($(wc -l <"$VPIPE_RAW.parts") / 2))
	replay_contracts 1
	# shellcheck disable=SC2046
	load $(replay_shuffled "$1" | head -n "$n")
	replay_contracts 2
	load --pending
	load --stale
}

# Again and again killed, with all its children; then left alone.
killed() {
	local pause

	for pause in "$@"; do
		setsid "$ROOT/scripts/load" &
		sleep "$pause"
		kill -9 -- "-$!" 2>/dev/null || :
		wait $! 2>/dev/null || :
	done
	load --pending
}

# Killed after the last part is upserted, before the marts.
killed_before_the_marts() {
	mkdir -p "$tmp/shim"
	cat >"$tmp/shim/psql" <<-end
	#!/bin/sh
	case " \$* " in
	*/refresh_marts.sql*) kill -9 \$PPID; exit 1 ;;
	esac
	exec $(command -v psql) "\$@"
	end
	chmod +x "$tmp/shim/psql"
	! VPIPE_BIN=$tmp/shim:$VPIPE_BIN load --pending
	[ "$(sql "select count(*) > 0 and count(*) = count(*) filter (
	    where step = 'upsert') from ops.load")" = t ]
	[ "$(sql "select count(*) from serving.price_statistics")" = 0 ]
	load --pending
}
