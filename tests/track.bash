# track.bash - for the tests of the tracking flow: runs made by hand, and the
# market with its clock
#
#	told TIME [SITE]	a run of raw records on stdout, ended by its
#				closing record; what was answered stands on
#				stdin, a line an answer, a second apart:
#
#		user U GIVEN TOTAL [JSON]	her counters, and more of her
#		wardrobe U [I[:PRICE]]...	a whole sweep, one page
#		cut U TOTAL [I[:PRICE]]...	one that lacks some of TOTAL
#		list CATALOG [I:PRICE@U]...	hits of a search
#		page I live|bare|gone [PRICE]	the item's own page
#		status I live|reserved|hidden|sold
#		challenge user|wardrobe|item-page ID
#		refused user|wardrobe|item-page ID	a 429
#
#	loaded TIME [SITE]	the same, published and loaded
#	happened I		what is known to have happened to it, in short
#	feed [OPTION]...	the change feed, in the same words

told() {
	jq -Rnrc --arg at "$1" --arg site "${2:-www.vinted.it}" -f /dev/fd/3 \
	    3<<-'end'
	def two: tostring | "0"[length - 1:] + .;
	def answer($kind; $key; $id): {kind: $kind, endpoint: $kind,
	    query: "\($site)/\($kind)?\($key)=\($id)", key: "\($key)_id",
	    $id, status: 200, type: "application/json"};
	def priced: split(":") | {id: (.[0] | tonumber), title: "thing \(.[0])",
	    price: {amount: (.[1] // "10.00"), currency_code: "EUR"},
	    conversion: null, promoted: false, favourite_count: 1,
	    photos: [{high_resolution: {id: "photo_\(.[0])"}}]};
	def wardrobe($user; $total; $items): answer("wardrobe"; "user"; $user) +
	    {page: 1, body: {items: $items, code: 0, pagination:
	    {total_entries: $total, total_pages: 1}}};
	def hit: split("@") as $of | ($of[0] | priced) + {is_visible: true,
	    user: {id: ($of[1] | tonumber)}, status: "Ottime", photo:
	    {high_resolution: {id: "photo_\($of[0] / ":" | .[0])"},
	    url: "https://images1.example.net/x"}} | del(.photos);
	def html($title; $head): "<!DOCTYPE html><html><head><title>" + $title +
	    "</title>" + $head + "</head><body><script>" +
	    "self.__next_f.push([1,\"1:[]\\n\"])</script></body></html>";
	def page($item): answer("item-page"; "item"; $item) +
	    {type: "text/html; charset=utf-8"};
	def product($item; $price): "<script type=\"application/ld+json\">" +
	    ({"@type": "Product", name: "thing \($item)", offers:
	    {"@type": "Offer", url: "https://\($site)/items/\($item)-thing",
	    priceCurrency: "EUR", price: ($price | tonumber),
	    availability: "InStock"}} | tojson) + "</script>";
	def one: (. / " " | map(select(. != ""))) as $w |
	    if $w[0] == "user" then answer("user"; "user"; $w[1]) + {body:
	        {code: 0, user: ({id: ($w[1] | tonumber), login: "u",
	        given_item_count: ($w[2] | tonumber), total_items_count:
	        ($w[3] | tonumber), item_count: (($w[3] | tonumber) -
	        ($w[2] | tonumber)), is_on_holiday: false, account_status: 0,
	        country_iso_code: "IT"} + ($w[4] // "{}" | fromjson))}}
	    elif $w[0] == "wardrobe" then
	        wardrobe($w[1]; $w[2:] | length; $w[2:] | map(priced))
	    elif $w[0] == "cut" then
	        wardrobe($w[1]; $w[2] | tonumber; $w[3:] | map(priced))
	    elif $w[0] == "list" then {kind: "search", endpoint: "api-v2",
	        query: "\($site)/search?catalog=\($w[1])", key: "catalog_id",
	        id: ($w[1] | tonumber), page: 1, status: 200,
	        type: "application/json", body: {items: ($w[2:] | map(hit)),
	        pagination: {total_entries: ($w[2:] | length)}}}
	    elif $w[0] == "page" and $w[2] == "gone" then
	        page($w[1]) + {status: 404, text: html("Not found"; "")}
	    elif $w[0] == "page" and $w[2] == "bare" then
	        page($w[1]) + {text: html("thing"; "")}
	    elif $w[0] == "page" then page($w[1]) +
	        {text: html("thing"; product($w[1]; $w[3] // "10.00"))}
	    elif $w[0] == "status" then answer("item-status"; "item"; $w[1]) +
	        {body: {code: 0, plugins: [{name: "item_status", data: {item_id:
	        ($w[1] | tonumber), seller_id: null, is_reserved:
	        ($w[2] == "reserved"), is_hidden: ($w[2] == "hidden"),
	        is_closed: ($w[2] == "sold"), item_closing_action:
	        (if $w[2] == "sold" then "sold" else null end)}}]}}
	    else answer($w[1]; if $w[1] == "item-page" then "item" else "user"
	        end; $w[2]) + if $w[0] == "refused" then {status: 429, body:
	        {code: 100}} else {status: 403, type: "text/html", challenge: 1,
	        text: html("Just a moment"; "")} end
	    end;
	def record($run): {v: 1, source: "vinted", $site, flow: "track", kind,
	    $run, line, attempt: 1, fetched_at, request: ({method: "GET",
	    url: "https://\($site)/x", endpoint, query, params: {}} +
	    {(.key): .id} + if .page then {page} else {} end), status,
	    headers: ({"content-type": .type} + if .challenge then
	    {"cf-mitigated": "challenge"} else {} end), ms: 1, sha256: null} +
	    if .text then {body_text: .text} else {body} end;
	($at | fromdateiso8601) as $from |
	[inputs | select(test("[^ \t]")) | gsub("^[ \t]+"; "") | one] |
	[to_entries[] | .value + {line: (.key + 1),
	    fetched_at: ($from + .key | todateiso8601)}] as $answers |
	($at | gsub("[-:]"; "")) as $stamp |
	($answers | tojson | explode | reduce .[] as $c (7;
	    (. * 31 + $c) % 281474976710597) | tostring |
	    "\($stamp)-track-" + ("0" * (16 - length)) + .) as $run |
	($answers[] | record($run)),
	{v: 1, source: "vinted", site: null, flow: "track", kind: "run", $run,
	    line: ($answers | length + 1), attempt: 1,
	    fetched_at: ($answers | last | .fetched_at), request: null,
	    status: null, headers: {}, ms: 0, sha256: null, body: {
	    started_at: $at, ended_at: ($answers | last | .fetched_at),
	    stop: "end", complete: true, status: 0, options: {}, versions: {},
	    ledger: {}, queries: [$answers[] | select(.kind == "wardrobe") |
	    {query, kind, $site, user_id: .id, asked: 1, answered: 1,
	    walked: (.status == 200), stop: (if .status == 200 then "end" else
	    "refused:x" end), gap: false, state: null}]}}
	end
}

loaded() {
	told "$@" >"$tmp/told" && publish_told && load
}

# What `told` left in $tmp/told, into the raw folder.
publish_told() {
	vput -q "$VPIPE_DATA/raw" <"$tmp/told" >>"$tmp/published"
}

# A line per event: type, confidence, then cause, rule or reason.
happened() {
	sql "select type, confidence, coalesce(cause, rule, reason, '-')
	    from serving.event where item_id = '$1' order by latest, number,
	    type" | tr '|' ' '
}

# state ITEM: of serving.item_state
state() {
	sql "select state, confidence, coalesce(rule, reason, '-')
	    from serving.item_state where item_id = '$1'" | tr '|' ' '
}

feed() {
	"$ROOT/scripts/changes" "$@" | jq -r '"\(.n) \(.op) " +
	    "\(.event.item_id) \(.event.type) \(.event.confidence)"'
}

# What stands by the feed is what serving.event holds.
feed_is_true() {
	"$ROOT/scripts/changes" | jq -c 'select(.op == "add") |
	    [.n, .source, (.event | del(.source))]' >"$tmp/feed.added"
	same "$(sql "select count(*), md5(string_agg(md5(jsonb_strip_nulls(
	    to_jsonb(e) - 'number' - 'source')::text), ',' order by
	    md5(jsonb_strip_nulls(to_jsonb(e) - 'number' - 'source')::text)))
	    from serving.event e")" "$(sql "select count(*), md5(string_agg(
	    md5(event::text), ',' order by md5(event::text)))
	    from ops.change where op = 'add' and withdrawn is null")"
	[ "$(sql "select count(*) = coalesce(max(n), 0) from ops.change")" = t ]
	[ "$(sql "select count(*) from ops.change c where op = 'withdraw'
	    and not exists (select from ops.change a where a.withdrawn = c.n
	    and a.n < c.n and a.event = c.event)")" = 0 ]
}

# --- replay -------------------------------------------------------------------

# The digest of the same raw records in a database of its own:
# replayed NAME COMMAND...
replayed() {
	local name=$1 PGDATABASE=${PGDATABASE}_$1

	shift
	psql -X -q -d postgres -c "create database $PGDATABASE template vpipe"
	export PGDATABASE
	"$@" >"$tmp/replayed.$name" 2>&1 || {
		cat "$tmp/replayed.$name" >&2
		return 1
	}
	"$ROOT/scripts/db" digest
}

parts() {
	find "$VPIPE_DATA/raw" -name '*.manifest.json' | LC_ALL=C sort
}

# The parts one at a time, so that what is judged between is judged too.
one_by_one() {
	local part

	for part; do
		load "$part" || return
	done
}

backwards() {
	# shellcheck disable=SC2046	# paths without blanks
	one_by_one $(parts | tac)
}

# shuffled SEED: in some order, and a third of them once more
shuffled() {
	# shellcheck disable=SC2046
	one_by_one $(parts | shuf --random-source=<(yes "$1")) \
	    $(parts | shuf --random-source=<(yes "$1$1") |
	    awk 'NR % 3 == 0')
}

# replays: backwards and shuffled, the rows are the same
replays() {
	local want

	want=$("$ROOT/scripts/db" digest)
	same "$want" "$(replayed backwards backwards)" || return
	same "$want" "$(replayed shuffled shuffled "${1:-1}")"
}

# --- the market ---------------------------------------------------------------

# calm_market [JQ]: tracking-small without its faults, changed so
calm_market() {
	jq ".faults = []${1:+ | $1}" \
	    "$ROOT/fixtures/market/scenarios/tracking-small.json" \
	    >"$tmp/scenario.json"
	market_at "$tmp/scenario.json"
}

# market_at SCENARIO [ARGUMENT]...: its clock in $at.  Every run of vfetch
# starts a minute later than the one before, for us and for the market: in one
# of scripts/track there are several.
market_at() {
	local program

	market_start "$@"
	at=$(date -u -d "$(curl -sS "$MARKET/_market/clock" | jq -r .now)" +%s)
	mkdir -p "$tmp/shim"
	for program in "$BIN"/*; do
		ln -sf "$program" "$tmp/shim/"
	done
	rm "$tmp/shim/vfetch"
	cat >"$tmp/shim/vfetch" <<-end
	#!/bin/sh
	at=\$((\$(cat "$tmp/clock") + 60))
	echo "\$at" >"$tmp/clock"
	VPIPE_NOW=\$(date -u -d "@\$at" +%Y-%m-%dT%H:%M:%SZ)
	curl -sS -f -X POST "$MARKET/_market/clock?to=\$VPIPE_NOW" >/dev/null
	VPIPE_NOW=\$VPIPE_NOW+ exec "$BIN/vfetch" "\$@"
	end
	chmod +x "$tmp/shim/vfetch"
	export VPIPE_BIN=$tmp/shim
	echo "$at" >"$tmp/clock"
	forward 0
}

# forward SECONDS: for the market and for us
forward() {
	at=$(($(cat "$tmp/clock") + $1))
	echo "$at" >"$tmp/clock"
	VPIPE_NOW=$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)
	market_clock "$VPIPE_NOW"
	export VPIPE_NOW=$VPIPE_NOW+
}

track() {
	"$ROOT/scripts/track" "$@"
}

women='https://www.vinted.pt/catalog/1904-women?order=newest_first'

# asked [KIND]...: paths of the requests about sellers and items, in order
asked() {
	market_requests | jq -r 'select(.path | test("^/(api/v2/|items/)")) |
	    .path' | sed -E 's|/api/v2/users/|user |; s|/api/v2/wardrobe/|wardrobe |
	    s|/items$||; s|^/items/([0-9]+).*|item \1|'
}
