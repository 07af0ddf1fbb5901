# world.bash - for the property test of the whole chain: the source that
# tests/tracking/world makes runs of, and the ways to load them
#
#	world_source		its description and contracts, into force
#	world_made SEED		runs in $worlds/SEED, and what must come of them
#	world_published SEED NAME [VPUT OPTION]...	into $tmp/NAME
#	world_in NAME COMMAND...	in a database of its own, its digest
#	events_are_true SEED	what the database holds is what the oracle says

world_build() {
	tracking_build
	${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow \
	    -Wmissing-prototypes -Wstrict-prototypes \
	    -o "$TRACKING/world" "$ROOT/tests/tracking/world.c"
}

# The least a source needs for tracking; nothing is ever "busy".
world_source() {
	local dir=$BATS_FILE_TMPDIR/sources/stall
	local hit='"title": {"type": "string", "x-jq": ".title"},
	  "price": {"type": ["number", "null"], "x-jq": ".price"},
	  "currency": {"type": "string", "x-jq": "\"EUR\""},
	  "seller_currency": {"type": "string", "x-jq": "\"EUR\""},
	  "user_id": {"type": "integer", "x-jq": ".user", "x-personal": "hash"},
	  "seller_key": {"type": "string", "x-hash": "user_id"},
	  "photo_key": {"type": ["string", "null"], "x-jq": ".photo"}'
	local listed='"seller_price": {"type": ["number", "null"], "x-jq": ".seller_price"},
	  "service_fee": {"type": ["number", "null"], "x-jq": "null"},
	  "total_price": {"type": ["number", "null"], "x-jq": ".total"},
	  "favourite_count": {"type": ["integer", "null"], "x-jq": ".favourites"},
	  "promoted": {"type": ["boolean", "null"], "x-jq": ".paid"}'

	mkdir -p "$dir"
	export VPIPE_SOURCES=$BATS_FILE_TMPDIR/sources
	cat >"$dir/source.json" <<-'end'
	{"source": "stall", "version": 1, "budget": {"group": "stall"},
	 "sites": [{"host": "www.stall.example", "currency": "EUR", "country": "XX"}],
	 "headers": ["content-type"],
	 "tracking": {"counter_lag_hours": 24, "arithmetic_item_days": 1000000, "sold_page_hours": 240, "chunk": 60, "pause_s": [20, 60]},
	 "endpoints": {
	  "search": [{"name": "search", "state": "current", "url": "https://{site}/search", "parameters": {"catalog": {"name": "c", "type": "integer"}},
	   "paging": {"style": "page", "page": "page", "per_page": "n", "max_per_page": 8},
	   "total": ".total", "total_pages": ".pages", "hits": {"each": ".items[]", "id": ".id", "promoted": ".paid"}}],
	  "user": [{"name": "user", "state": "current", "url": "https://{site}/users/{user}", "parameters": {"user": {"in": "path", "type": "integer", "subject": "user_id"}}}],
	  "wardrobe": [{"name": "wardrobe", "state": "current", "url": "https://{site}/wardrobe/{user}", "parameters": {"user": {"in": "path", "type": "integer", "subject": "user_id"}},
	   "paging": {"style": "page", "page": "page", "per_page": "n", "max_per_page": 8},
	   "total": ".total", "total_pages": ".pages", "hits": {"each": ".items[]", "id": ".id"}}],
	  "item-page": [{"name": "item-page", "state": "current", "url": "https://{site}/items/{item}", "parameters": {"item": {"in": "path", "type": "integer", "subject": "item_id"}}}]},
	 "verdicts": [{"verdict": "refused:rate-limit", "status": [429]},
	  {"verdict": "gone", "kind": ["item-page"], "status": [404, 410]}]}
	end
	world_contract item list search '.items[]' '.user' \
	    '{"kind": "list", "state": "live", "evidence": "present"}' \
	    item_id "$hit, $listed"
	world_contract item wardrobe wardrobe '.items[]' '.user' \
	    '{"kind": "wardrobe", "state": "live", "evidence": "present"}' \
	    item_id "$hit, $listed"
	world_contract item page item-page '.items[]' '.user' \
	    '{"kind": "item-page"}' item_id "$hit,
	  \"state\": {\"type\": [\"string\", \"null\"], \"x-jq\": \".state\"},
	  \"evidence\": {\"type\": [\"string\", \"null\"], \"x-jq\": \"\\\"flags\\\"\"},
	  \"state_rule\": {\"type\": [\"string\", \"null\"], \"x-jq\": \"null\"}"
	world_contract user user user '.user[]' '.id' '{"kind": "counters"}' \
	    user_id '"seller_key": {"type": "string", "x-hash": "user_id"},
	  "item_count": {"type": ["integer", "null"], "x-jq": "null"},
	  "given_item_count": {"type": ["integer", "null"], "x-jq": ".given"},
	  "total_items_count": {"type": ["integer", "null"], "x-jq": ".all"},
	  "is_on_holiday": {"type": ["boolean", "null"], "x-jq": ".holiday"},
	  "is_banned": {"type": ["boolean", "null"], "x-jq": ".banned"},
	  "country_code": {"type": ["string", "null"], "x-jq": "null"}'
}

# world_contract STREAM VARIANT KIND EACH SELLER SNAPSHOT KEY PROPERTIES
world_contract() {
	local dir=$BATS_FILE_TMPDIR/sources/stall personal=

	[[ $7 != user_id ]] || personal=', "x-personal": "hash"'
	cat >"$dir/$1.$2.json" <<-end
	{"stream": "$1", "variant": "$2", "version": 1, "kinds": ["$3"], "x-from": "json", "each": "$4",
	 "x-seller": "$5", "x-snapshot": $6, "x-optional": true,
	 "key_properties": ["site", "$7", "variant"],
	 "x-order": ["observed_at", "run", "line", "index", "contract"], "x-seen": "observed_at",
	 "schema": {"type": "object", "required": ["site", "$7", "variant", "observed_at", "run", "line", "index", "contract"], "properties": {
	  "site": {"type": "string", "x-jq": "\$raw.site"}, "$7": {"type": "integer", "x-jq": ".id"$personal},
	  "variant": {"type": "string", "x-jq": "\$contract.variant"}, $8,
	  "observed_at": {"type": "string", "format": "date-time", "x-jq": "\$raw.fetched_at"},
	  "run": {"type": "string", "x-jq": "\$raw.run"}, "line": {"type": "integer", "x-jq": "\$raw.line"},
	  "index": {"type": "integer", "x-jq": "\$index"}, "contract": {"type": "integer", "x-jq": "\$contract.version"}}}}
	end
}

world_made() {
	mkdir -p "$worlds/$1"
	"$TRACKING/world" "$1" "$worlds/$1" >"$worlds/$1.history"
	"$TRACKING/oracle" --item-days 1000000 --sold-page-hours 240 \
	    <"$worlds/$1.history" >"$worlds/$1.want"
}

# Each run for itself, as a flow would; prints nothing, the parts are in
# $tmp/NAME.parts.
world_published() {
	local world=$worlds/$1 name=$2 file

	shift 2
	export VPIPE_RAW=$tmp/$name
	mkdir -p "$VPIPE_RAW"
	for file in "$world"/*.ndjson; do
		vput -q "$@" "$VPIPE_RAW" <"$file" >/dev/null
	done
	find "$VPIPE_RAW" -name '*.manifest.json' | LC_ALL=C sort \
	    >"$VPIPE_RAW.parts"
}

world_in() {
	local PGDATABASE=${PGDATABASE}_$1

	shift
	psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
	export PGDATABASE
	"$@" >"$tmp/load.out" 2>&1 || {
		cat "$tmp/load.out" >&2
		return 1
	}
	"$ROOT/scripts/db" digest
}

# --- ways to load ---------------------------------------------------------------

load_parts() {
	# shellcheck disable=SC2046	# paths without blanks
	"$ROOT/scripts/load" $("$@")
}

parts_shuffled() {
	shuf --random-source=<(yes "$1") "$VPIPE_RAW.parts"
}

at_once() {
	"$ROOT/scripts/load" --pending
}

# run after run, as they come in (in CI three at a time, marts at the end)
day_by_day() {
	xargs -a "$VPIPE_RAW.parts" -n "$(size 3 1)" \
	    "$ROOT/scripts/load" --until "$(size events mart)" &&
		"$ROOT/scripts/load"
}

shuffled_with_repeats() {
	load_parts parts_shuffled "$1" &&
		load_parts parts_of_parts "$1" 1 5 &&
		load_parts parts_shuffled "$1$1"
}

# a few at a time, in any order
in_heaps() {
	local first n

	n=$(wc -l <"$VPIPE_RAW.parts")
	for ((first = 1; first <= n; first += 4)); do
		load_parts parts_of_parts "$1" "$first" $((first + 3)) ||
			return 1
	done
}

parts_of_parts() {
	parts_shuffled "$1" | sed -n "$2,$3p"
}

# All but the third quarter, and then that: a late dump in the middle.
late_dump() {
	local n

	n=$(wc -l <"$VPIPE_RAW.parts")
	load_parts sed "$((n / 2)),$((n * 3 / 4))d" "$VPIPE_RAW.parts" &&
		load_parts sed -n "$((n / 2)),$((n * 3 / 4))p" "$VPIPE_RAW.parts"
}

# --- what it holds --------------------------------------------------------------

# The database's events and states in the words of the oracle.
world_events() {
	local time="'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'"

	sql "select json_build_object('event', json_strip_nulls(json_build_object(
	    'item_id', item_id::text, 'type', type, 'number', number, 'site', site,
	    'earliest', to_char(earliest at time zone 'UTC', $time),
	    'latest', to_char(latest at time zone 'UTC', $time),
	    'old', old, 'new', new, 'currency', currency, 'cause', cause,
	    'confidence', confidence, 'rule', rule, 'reason', reason,
	    'evidence', evidence, 'other_id', other_id::text)))
	    from staging.stall_event
	    union all
	    select json_build_object('state', json_strip_nulls(json_build_object(
	    'item_id', item_id::text, 'site', site, 'state', state,
	    'confidence', confidence, 'rule', rule, 'reason', reason,
	    'evidence', evidence,
	    'earliest', to_char(earliest at time zone 'UTC', $time),
	    'latest', to_char(latest at time zone 'UTC', $time),
	    'first_seen', to_char(first_seen at time zone 'UTC', $time),
	    'last_seen', to_char(last_seen at time zone 'UTC', $time),
	    'observed_at', to_char(observed_at at time zone 'UTC', $time),
	    'gone_since', to_char(gone_since at time zone 'UTC', $time),
	    'price', price, 'currency', currency, 'seller_price', seller_price,
	    'seller_currency', seller_currency, 'total_price', total_price,
	    'favourite_count', favourite_count, 'listed_price', listed_price,
	    'repriced', repriced)))
	    from staging.stall_item_state" | sed 's/ : /:/g; s/, "/,"/g'
}

# events_are_true SEED NAME
events_are_true() {
	PGDATABASE=${PGDATABASE}_$2 world_events | LC_ALL=C sort >"$tmp/have"
	LC_ALL=C sort <"$worlds/$1.want" >"$tmp/want"
	diff "$tmp/want" "$tmp/have" >"$tmp/difference" || {
		printf 'world %s: < want, > have:\n' "$1"
		head -n 20 "$tmp/difference"
		return 1
	}
}
