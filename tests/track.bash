# track.bash - for the tests of the tracking flow: runs made by hand, and the
# market with its clock
#
#	told TIME [SITE]	a run of raw records on stdout, ended by its
#				closing record; what was answered stands on
#				stdin, a line an answer, a second apart:
#
#		user U GIVEN TOTAL [JSON]	her counters, and more of her
#		wardrobe U [I[:PRICE]]...	a whole sweep, one page; a price
#						may be EUR/PLN, shown/asked
#		cut U TOTAL [I[:PRICE]]...	one that lacks some of TOTAL
#		list CATALOG [I:PRICE@U]...	hits of a search
#						I#J~K: with J's photo, K's title
#		site SITE			where what follows was asked
#		page I live|bare|gone [PRICE]	the item's own page
#		page I theme THEME		without a product, with
#						buyer_item_status
#		vanished user|wardrobe U	a 404 of hers
#		status I live|reserved|hidden|sold
#		audit I sold|live|reserved|hidden|gone|silent NOTE
#						its page, asked to check what the
#						note (JSON, no blanks) says of it
#		challenge user|wardrobe|item-page ID
#		refused user|wardrobe|item-page ID	a 429
#
#	kept TIME [SITE]	the same, published
#	loaded TIME [SITE]	the same, published and loaded
#	happened I		what is known to have happened to it, in short
#	states I...		of serving.item_state, an item a line
#	swept DIGITS U...	wardrobes that hold the items U1, U2... of U
#	counted 'GIVEN TOTAL' U...	counters, of all alike
#
# What many tests read is loaded once, in setup_file:
#
#	world			a database for it, and the raw folder
#	phase N			what is loaded so far stays as it is now
#	as_of N			a test asks what was known then
#
#	feed [OPTION]...	the change feed, in the same words

told() {
	jq -Rnrc --arg at "$1" --arg site "${2:-www.vinted.it}" -f "$ROOT/tests/told.jq"
}

kept() {
	told "$@" >"$tmp/told" &&
	    vput -q "$VPIPE_DATA/raw" <"$tmp/told" >>"$tmp/published"
}

loaded() {
	kept "$@" && load
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

# states ITEM...: the same of many, "ITEM STATE CONFIDENCE RULE" each
states() {
	local IFS=,

	sql "select item_id, state, confidence, coalesce(rule, reason, '-')
	    from unnest('{$*}'::text[]) with ordinality as a(item_id, n)
	        join serving.item_state using (item_id)
	    order by n" | tr '|' ' '
}

# counted 'GIVEN TOTAL' USER...
counted() {
	# shellcheck disable=SC2059	# the words are a format
	printf "user %s $1\n" "${@:2}"
}

# swept DIGITS USER...
swept() {
	printf '%s\n' "${@:2}" | awk -v digits="$1" '{
		printf "wardrobe %s", $1
		for (i = 1; i <= length(digits); i++)
			printf " %s%s", $1, substr(digits, i, 1)
		print ""
	}'
}

# --- a world that tests share -------------------------------------------------

world() {
	export PGDATABASE=world VPIPE_RAW=$VPIPE_DATA/raw
	psql -X -q -d postgres -c "create database world template vpipe strategy file_copy"
}

phase() {
	psql -X -q -d postgres -c "create database phase_$1 template world strategy file_copy"
}

as_of() {
	export PGDATABASE=phase_$1 VPIPE_DATA=$BATS_FILE_TMPDIR/data
}

feed() {
	"$ROOT/scripts/changes" "$@" | jq -r '"\(.n) \(.op) " +
	    "\(.event.item_id) \(.event.type) \(.event.confidence)"'
}

# What stands by the feed is what serving.event holds.
feed_is_true() {
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
	psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
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

# Loads some parts of many.  In CI the marts wait for the last load, but where
# they are what is tried ($marts).
some() {
	if [[ -n ${SOAK:-}${marts:-} ]]; then
		load "$@"
	else
		load --until events "$@"
	fi
}

# at_a_time COUNT PART...: so many at a time (soak: one), so that what is judged
# between is judged too
at_a_time() {
	local count

	count=$(size "$1" 1)
	shift
	while [[ $# -gt 0 ]]; do
		some "${@:1:count}" || return
		shift "$((count < $# ? count : $#))"
	done
	load
}

backwards() {
	# shellcheck disable=SC2046	# paths without blanks
	at_a_time 1 $(parts | tac)
}

# in_batches SEED COUNT: in some order, so many at a time, and a third of them
# once more
in_batches() {
	# shellcheck disable=SC2046
	at_a_time "$2" $(parts | shuf --random-source=<(yes "$1")) \
	    $(parts | shuf --random-source=<(yes "$1$1") |
	    awk 'NR % 3 == 0')
}

# replays [SEED [COUNT]]: so many parts at a time in some order, the rows are
# the same (under make soak one at a time, at once, and backwards)
replays() {
	local want

	[[ -n ${SOAK:-} ]] || load	# what some has left to it
	want=$("$ROOT/scripts/db" digest)
	same "$want" "$(replayed batches in_batches "${1:-1}" "$(size "${2:-6}" 1)")" ||
	    return
	[[ -n ${SOAK:-} ]] || return 0
	same "$want" "$(replayed at_once load)" || return
	same "$want" "$(replayed backwards backwards)"
}

# --- the market ---------------------------------------------------------------

# The flow alone, unless a test says otherwise: questions to check what was
# concluded come on top of those that are due.
export VPIPE_AUDIT_SHARE=0

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
