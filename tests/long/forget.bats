# vpipe forget on a market: a seller leaves every layer, is captured again, and the
# others stay as they were
# bats file_tags=long
load ../helper
load ../track
load ../images
load ../photos
load ../opened
load ../duckdb
load ../sellers
load ../flow		# the last: its load is that of scripts

# Three days of two sites, with pictures and a watch.
setup_file() {
  pg_start
  pg_migrated
  world
  export VPIPE_IMAGES=$VPIPE_DATA/images VPIPE_SAMPLE_FRAC=1 VPIPE_IMAGE_THUMBS=64
  mkdir -p "$VPIPE_DATA"
  printf 'watch: all\nwhen: new\n' >"$VPIPE_DATA/watches"
  open_market
  a_day --first
  for _ in 2 3; do
    a_day
  done
  market_stop
  cp "$tmp/clock" "$BATS_FILE_TMPDIR/clock.last"
}

teardown_file() {
  pg_stop
}

open_market() {
  jq '.faults = [] | .items = 150 | .wardrobe_p50 = 12 | .wardrobe_p90 = 20 | .wardrobe_max = 30 |
    .sold_per_1000_item_days = 60 | .arrival_rate = 40 | .photos_min = 1 | .photos_max = 2 |
    .relist_rate = 20 | .near_copy_share = 0.3 | .stock_share = 0.1 | .stock_pictures = 4 |
    .svc_photos = 20' "$ROOT/fixtures/market/scenarios/tracking-small.json" >"$tmp/scenario.json"
  market_at "$tmp/scenario.json" --pictures "$drawings"
}

a_day() {
  "$ROOT/scripts/catalog" "$women" "${women/.pt/.pl}" >"$tmp/said" 2>&1
  track >"$tmp/said" 2>&1
  "$ROOT/scripts/images" --budget 300 >"$tmp/said" 2>&1
  [[ ${1:-} != --first ]] || "$ROOT/scripts/watch" --quiet --since 0 >"$tmp/said" 2>&1
  forward 93600
}

# A copy of what setup_file loaded, for each test; $seller has the most listings.
setup() {
  cp -r "$BATS_FILE_TMPDIR/data" "$VPIPE_DATA"
  export VPIPE_RAW=$VPIPE_DATA/raw VPIPE_IMAGES=$VPIPE_DATA/images PGDATABASE=test_$BATS_TEST_NUMBER
  psql -X -q -d postgres -c "create database $PGDATABASE template world strategy file_copy"
  cp "$BATS_FILE_TMPDIR/clock.last" "$tmp/clock"
  VPIPE_NOW=$(date -u -d "@$(cat "$tmp/clock")" +%Y-%m-%dT%H:%M:%SZ)
  export VPIPE_NOW
  seller=$(sql "select user_id from staging.vinted_item where user_id is not null
    group by 1 order by count(distinct item_id) desc, 1 limit 1")
  key=$(sql "select distinct seller_key from staging.vinted_item where user_id = $seller and seller_key is not null")
  {
    printf '%s\n%s\n' "$seller" "$key"
    sql "select distinct item_id from staging.vinted_item where user_id = $seller"
  } >"$tmp/words"
  [ "$(wc -l <"$tmp/words")" -ge 12 ]
}

forget() {
  "$ROOT/scripts/forget" "$@"
}

hers() {
  grep -wF -f "$tmp/words" "$@"
}

# tables SCHEMA...: all their rows, a JSON object a line after the table's name
tables() {
  sql "select format('select %L || to_jsonb(whole)::text from %I.%I whole;', relname || ' ', nspname, relname)
    from pg_class c join pg_namespace n on n.oid = relnamespace where nspname in ($(printf "'%s'," "$@" | sed 's/,$//'))
    and relkind in ('r', 'p', 'v', 'm') and not relispartition" | psql -X -v ON_ERROR_STOP=1 -q -A -t
}

# The tables name nobody of hers.
tables_are_free() {
  tables staging serving ops >"$tmp/rows"
  [ -s "$tmp/rows" ]
  run ! hers -m 1 "$tmp/rows"
  pg_dump -a >"$tmp/dump"
  run ! hers -m 1 "$tmp/dump"
}

raw_is_free() {
  raw_unpacked >"$tmp/raw"
  [ -s "$tmp/raw" ]
  run ! hers -o -m 1 "$tmp/raw"
  run ! hers -r "$VPIPE_RAW" --include='*.json'
  vraw check -q "$VPIPE_RAW"
}

# What the tables say of others: without what they count together.
others() {
  tables staging | grep -wvF -f "$tmp/words" |
    grep -v '^vinted_\(look\|track_rate\|event\|item_state\|image[a-z_]*\|photo_fetch\|closing\) \|^vupsert' | LC_ALL=C sort
}

rebuilt_is_the_same() {
  run -0 "$ROOT/scripts/rebuild" --dry-run
  [[ $output == *" same"* && $output != *differs* && $output != *"left out"* ]] || {
    grep -v ' same$' <<<"$output"
    return 1
  }
}

@test "her number, her key and her listings are in no table, no raw record, no file of ours" {
  need_duckdb
  command -v npm >/dev/null || skip "no npm: plotly cannot be brought"
  mkdir -p "$VPIPE_DATA/log"
  "$ROOT/scripts/export" listing_fact "$tmp/out/facts.csv"
  "$ROOT/scripts/export" listing_fact "$tmp/out/facts.parquet"
  "$ROOT/scripts/export" --sql "select item_id, state from item_state" "$tmp/out/states.ndjson"
  "$ROOT/scripts/export" --sql "select count(*) from item where seller_key = '$key'" "$tmp/out/her.csv"
  "$ROOT/scripts/export" prices "$tmp/out/prices.csv"
  "$ROOT/scripts/dataset" main "$tmp/out/set" >/dev/null
  "$ROOT/scripts/label" sheet --values a,b "$tmp/out/sheet"
  sheet=$(ls "$tmp/out/sheet/pictures" | wc -l)
  "$ROOT/scripts/report" --pictures "$tmp/out/report"
  shown=$(ls "$tmp/out/report/pictures" | wc -l)
  hers -q "$tmp/out/facts.csv" && hers -q "$tmp/out/states.ndjson"
  hers -rq "$tmp/out/set"
  printf '== a\nseller %s of 7\nanother line\n' "$seller" >"$VPIPE_DATA/log/track.log"
  sql "insert into ops.finding (check_number, line, rule, severity, bad, total, example, checked_at)
    values (1, 1, 'r', 'warning', 1, 2, '{\"item_id\": \"$(tail -n 1 "$tmp/words")\"}', now())"
  sql "insert into ops.reject (program, run, part, line, index, stream, reason, value)
    values ('vupsert', 'gone', '0001', 1, 0, 'x', 'y', '{\"user\":{\"id\":$seller}}')"
  [ "$(sql "select count(*) from ops.crossing")" -gt 0 ]
  others >"$tmp/others"
  pictures=$(find "$VPIPE_IMAGES" -type f | wc -l)
  cp "$tmp/out/prices.csv" "$tmp/prices.csv"

  run -0 --separate-stderr forget --dry-run "$seller"
  [[ $output == "$(($(wc -l <"$tmp/words") - 2)) listings, "*" pictures, "*" lines of the feed; "*" raw parts to look through" ]]
  [ ! -e "$VPIPE_DATA/forgotten.ndjson" ]

  run -0 --separate-stderr forget "$seller"
  [[ $stderr == *"'$tmp/out/her.csv' was made by a query about her, and is deleted"* ]]
  tables_are_free
  raw_is_free
  forgotten=$VPIPE_DATA/forgotten.ndjson
  same "vinted $key" "$(jq -r '[.source, .seller_key] | join(" ")' "$forgotten")"
  # the data folder; her key stands in one file
  run -0 hers -rl "$VPIPE_DATA" --exclude-dir=raw
  same "$VPIPE_DATA/forgotten.ndjson" "$output"
  same $'== a\nanother line' "$(cat "$VPIPE_DATA/log/track.log")"
  # what was made elsewhere, and is still what it was
  vparquet --library "$VPIPE_DATA/libduckdb.so" --print "$tmp/printed" "$tmp/out/facts.parquet"
  [ "$(wc -l <"$tmp/printed")" -gt 50 ] && [ "$(wc -l <"$tmp/out/facts.csv")" -gt 50 ]
  run ! hers -m 1 "$tmp/printed"
  [ ! -e "$tmp/out/her.csv" ]
  for set in "$tmp"/out/set/*/*.tar; do
    tar -xOf "$set"
  done >"$tmp/samples"
  run ! hers -a -m 1 "$tmp/samples"
  run ! hers -r "$tmp/out"
  [ "$tmp/out/report/data/index.js" -nt "$forgotten" ]
  left=$(ls "$tmp/out/report/pictures" | wc -l)
  ((0 < left && left < shown))
  [ -s "$tmp/out/set/manifest.ndjson" ]
  cmp "$tmp/prices.csv" "$tmp/out/prices.csv"	# names nobody
  [ "$(ls "$tmp/out/sheet/pictures" | wc -l)" -lt "$sheet" ]
  # others' rows, and pictures that others show
  others >"$tmp/others.now"
  diff "$tmp/others" "$tmp/others.now"
  [ "$(find "$VPIPE_IMAGES" -type f | wc -l)" -lt "$pictures" ]
  run -0 --separate-stderr "$ROOT/scripts/images" --check
  [ -z "$output" ]
  feed_of_hers
  rebuilt_is_the_same
  # again it changes nothing
  "$ROOT/scripts/db" digest >"$tmp/digest"
  sql "select count(*), max(n) from ops.change" >"$tmp/feed"
  run -0 --separate-stderr forget "$key"
  run -0 --separate-stderr forget
  "$ROOT/scripts/db" digest | diff "$tmp/digest" -
  sql "select count(*), max(n) from ops.change" | diff "$tmp/feed" -
  same 1 "$(wc -l <"$VPIPE_DATA/forgotten.ndjson")"
}

# One line of the feed has the numbers of those that went, and names nobody.
feed_of_hers() {
  same 1 "$(sql "select count(*) from ops.change where op = 'forget'")"
  same 0 "$(sql "select count(*) from ops.change c join (select unnest(lines) as n from ops.change
    where op = 'forget') g using (n)")"
}

@test "captured again: raw has her until the next time, the tables never" {
  forget "https://www.vinted.pt/member/$seller-her-name"
  tables_are_free
  open_market
  forward "$(($(cat "$BATS_FILE_TMPDIR/clock.last") - $(cat "$tmp/clock")))"
  a_day
  market_stop
  raw_unpacked >"$tmp/raw"
  hers -q "$tmp/raw"
  # new ones of hers, too
  raw_unpacked | jq -r --argjson u "$seller" '.body.items[]? | select(.user.id == $u).id' | sort -u >>"$tmp/words"
  tables_are_free
  run -0 --separate-stderr forget
  raw_is_free
  tables_are_free
  rebuilt_is_the_same
}

# dies_at PROGRAM NTH PATTERN [after]: forgetting ends by a kill -9, with all its
# children, at the nth call of that program whose words hold PATTERN; or after it
dies_at() {
  mkdir -p "$tmp/killing"
  rm -f "$tmp/killing"/* "$tmp/calls"
  cat >"$tmp/killing/$1" <<-end
	#!/bin/bash
	kill_all() { kill -9 -- "-\$(cat "$tmp/group")"; sleep 9; }
	case " \$* " in
	*"$3"*)
		echo >>"$tmp/calls"
		if [ "\$(wc -l <"$tmp/calls")" -eq $2 ]; then
			[ -z "${4:-}" ] || $(command -v "$1") "\$@" || :
			kill_all
		fi ;;
	esac
	exec $(command -v "$1") "\$@"
	end
  chmod +x "$tmp/killing/$1"
  PGCLUSTER=any PATH=$tmp/killing:$PATH setsid sh -c 'echo $$ >"$1"; exec "$2" "$3"' - "$tmp/group" \
    "$tmp/scripts/forget" "$seller" >"$tmp/said" 2>&1 3>&- 4>&- &
  status=0
  wait $! || status=$?
  same 137 "$status"
  [ "$(wc -l <"$tmp/calls")" -eq "$2" ] || { cat "$tmp/said"; return 1; }
}

@test "killed at any moment, and run again: done" {
  # the programs are found by PATH alone, behind those that kill (psql where somebody
  # names a cluster)
  cp -r "$ROOT/scripts" "$tmp/scripts"
  ln -s "$ROOT/schema" "$tmp/schema"
  unset VPIPE_BIN
  dies_at vnormalize 1 --seller-keys
  dies_at psql 1 find_hers.sql after
  dies_at vredact 3 --known
  dies_at vraw 2 ' replace '
  dies_at vraw 2 ' replace ' after
  dies_at psql 1 remove_sellers.sql
  tables staging >"$tmp/rows"
  hers -q "$tmp/rows"
  dies_at psql 1 remove_sellers.sql after
  tables_are_free_but_touched
  dies_at vnormalize 2 --part
  dies_at psql 1 judge_source.sql
  dies_at psql 1 refresh_marts.sql
  dies_at psql 1 'from serving.image'
  run -0 --separate-stderr forget
  tables_are_free
  raw_is_free
  feed_of_hers
  run ! hers -rl "$VPIPE_DATA" --exclude-dir=raw --exclude=forgotten.ndjson
  rebuilt_is_the_same
}

# What is touched is said until the mart step has taken it out of its sums.
tables_are_free_but_touched() {
  tables staging ops | grep -v '^touched_item ' >"$tmp/rows"
  run ! hers -m 1 "$tmp/rows"
}

# bats test_tags=soak
@test "killed at moments of chance, and run again: done" {
  for pause in 0.3 0.9 1.5 2.2 3 4 5 6; do
    setsid "$ROOT/scripts/forget" "$seller" >"$tmp/said" 2>&1 3>&- 4>&- &
    sleep "$pause"
    kill -9 -- "-$!" 2>/dev/null || :
    wait $! 2>/dev/null || :
  done
  run -0 --separate-stderr forget
  tables_are_free
  raw_is_free
  rebuilt_is_the_same
}
