# vpipe forget: a seller leaves the tables and raw; what is asked wrongly, what fails
load helper
load track
load images
load sellers
load flow		# the last: its load is that of scripts

setup_file() {
  sellers_loaded 'page 8011 gone' 'page 8012 live'
}

teardown_file() {
  pg_stop
}

setup() {
  sellers_fresh
  forgotten=$VPIPE_DATA/forgotten.ndjson
}

forget() {
  "$ROOT/scripts/forget" "$@"
}

# names_her FILE...: her number or one of her listings
names_her() {
  grep -wE '300123456|801[1-3]' "$@"
}

# All rows; a hash may hold any digits.
tables() {
  sql "select format('select to_jsonb(whole) - ''content_hash'' from %I.%I whole;', nspname, relname)
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname in ('ops', 'staging', 'serving') and relkind in ('r', 'p', 'v')" |
    psql -X -v ON_ERROR_STOP=1 -q -A -t
}

is_gone() {
  tables >"$tmp/rows"
  raw_unpacked >"$tmp/raw"
  grep -qw 300777777 "$tmp/rows" && grep -qw 300777777 "$tmp/raw"
  run ! names_her -m 1 "$tmp/rows" "$tmp/raw"
  run ! names_her -r "$VPIPE_RAW" --include='*.json'
}

key_of() {
  printf 'vinted:%s\n' "$1" | vnormalize --seller-keys
}

# bats test_tags=long
@test "by her number, her profile's address and her key: the same, and a rebuild finds it so" {
  for seller in 300123456 https://www.vinted.it/member/300123456-name?tab=closet "$(key_of 300123456)"; do
    rm -rf "$VPIPE_DATA"
    psql -X -q -d postgres -c "drop database $PGDATABASE"
    setup
    run -0 --separate-stderr forget "$seller"
    [ -z "$output$stderr" ]
    is_gone
    same "vinted $(key_of 300123456)" "$(jq -r '[.source, .seller_key] | join(" ")' "$forgotten")"
    "$ROOT/scripts/db" digest >"$tmp/digest"
    [ ! -e "$tmp/first" ] || diff "$tmp/first" "$tmp/digest"
    cp "$tmp/digest" "$tmp/first"
  done
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  "$ROOT/scripts/db" digest | diff "$tmp/first" -
}

# bats test_tags=long
@test "what a rebuild without her gives, forgetting gives; also where raw is no longer kept" {
  cp -r "$VPIPE_DATA" "$tmp/kept"
  forget 300123456
  "$ROOT/scripts/db" digest >"$tmp/want"
  psql -X -q -d postgres -c "create database retained template world strategy file_copy"
  export PGDATABASE=retained VPIPE_DATA=$tmp/kept VPIPE_RAW=$tmp/kept/raw
  VPIPE_NOW=2026-09-10T00:00:00Z "$ROOT/scripts/retain" 7 >"$tmp/deleted"
  [ "$(wc -l <"$tmp/deleted")" -ge 2 ]
  forget 300123456
  "$ROOT/scripts/db" digest | diff "$tmp/want" -
  tables >"$tmp/rows"
  run ! names_her -m 1 "$tmp/rows"
}

@test "a line of the feed about another's listing that names hers goes, too" {
  sql "update ops.change set event = event || '{\"other_id\": \"8012\"}'
    where n = (select min(n) from ops.change where item_id = '8021')"
  lines=$(sql "select count(*) from ops.change where item_id in ('8011', '8012', '8013') or event ->> 'other_id' = '8012'")
  forget 300123456
  same "$lines" "$(sql "select cardinality(lines) from ops.change where op = 'forget'")"
  same 0 "$(sql "select count(*) from ops.change where event ->> 'other_id' = '8012'")"
}

@test "a dry run says what would go, and writes nothing" {
  find "$VPIPE_DATA" -type f ! -path '*/lock/*' -exec sha256sum {} + | sort >"$tmp/before"
  run -0 --separate-stderr forget -n 300123456
  [[ $output == "3 listings, 0 pictures, "*" lines of the feed; 3 raw parts to look through" ]]
  find "$VPIPE_DATA" -type f ! -path '*/lock/*' -exec sha256sum {} + | sort | diff "$tmp/before" -
}

# bats test_tags=long
@test "nobody has seen her: she is never loaded, and raw loses her the next time" {
  run -0 forget 300999999
  same 1 "$(wc -l <"$forgotten")"
  kept 2026-09-05T09:00:00Z <<<$'user 300999999 5 8\nwardrobe 300999999 8099\nlist 5 8099@300999999 8022@300777777
    wardrobe 300777777 8022'
  load
  tables >"$tmp/rows"
  run ! grep -wE '300999999|8099' "$tmp/rows"
  raw_unpacked | grep -qw 8099
  run -0 forget
  raw_unpacked >"$tmp/raw"
  run ! grep -wE '300999999|8099' "$tmp/raw"
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  # nothing is new
  find "$VPIPE_RAW" -type f | sort >"$tmp/files"
  run -0 forget
  find "$VPIPE_RAW" -type f | sort | diff "$tmp/files" -
}

@test "twice there is one line; a last line without a newline stays whole" {
  printf '{"source": "vinted", "seller_key": "%s"}' "$(key_of 7)" >"$forgotten"
  forget 300123456 7
  forget "$(key_of 300123456)"
  same "$(key_of 7)
$(key_of 300123456)" "$(jq -r .seller_key "$forgotten")"
}

@test "without SELLER and nobody forgotten there is nothing to do, not even a database" {
  PGHOST=$tmp run -0 --separate-stderr forget
  [ -z "$output$stderr" ]
}

@test "what is no seller is refused, and nobody is forgotten" {
  for word in her-name 7x '' -1 0x7 "$(key_of 7)a" https://www.vinted.it/member/; do
    run -64 --separate-stderr forget -- "$word"
    [ -n "$stderr" ]
  done
  fails 64 "is no address at a site of a source" forget https://example.org/member/7
  fails 78 "no description of the source 'nowhere'" forget --source nowhere 7
  fails 64 "no such option '--all'" forget --all
  VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources \
    fails 64 "there are several sources: --source says whose number it is" forget 7
  [ ! -e "$forgotten" ]
}

@test "a lock that is held: 75, and nothing is written" {
  fails 75 "another 'load' is running" flock "$VPIPE_DATA/lock/load" "$ROOT/scripts/forget" 7
  fails 75 "another 'images' is running" flock "$VPIPE_DATA/lock/images" "$ROOT/scripts/forget" 7
  [ ! -e "$forgotten" ]
}

@test "the database away: 75, and her line is there; with it back the next time does it all" {
  PGHOST=$tmp run -75 --separate-stderr forget 300123456
  same 1 "$(wc -l <"$forgotten")"
  PGDATABASE=none run -69 --separate-stderr forget
  run -0 forget
  is_gone
}

@test "raw that cannot be written: 74, the tables as they were; then all of it" {
  "$ROOT/scripts/db" digest >"$tmp/before"
  run -74 --separate-stderr env LD_PRELOAD="${O:-$ROOT/build}/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 \
    FAIL_CALL=rename FAIL_HOW=EROFS FAIL_TIMES=0 FAIL_PATH=/raw/vinted/ "$ROOT/scripts/forget" 300123456
  "$ROOT/scripts/db" digest | diff "$tmp/before" -
  vraw check -q "$VPIPE_RAW"
  run -0 forget
  is_gone
}

# bats test_tags=long
@test "a part that is held loses her, too, and what was rejected of her" {
  kept 2026-09-04T09:00:00Z <<<$'list 5 8012:x@300123456 8013:x@300123456 8022:x@300777777'
  run -65 load
  [ "$(sql 'select count(*) from ops.hold')" = 1 ]
  forget 300123456 2>"$tmp/words"
  is_gone
  [ "$(sql 'select count(*) from ops.hold')" = 1 ]
  [ "$(sql "select count(*) from ops.reject where run like '20260904%'")" -ge 1 ]
}

# bats test_tags=long
@test "a listing whose page alone says whose it is; in pages of others her numbers are masked" {
  vput -q "$VPIPE_RAW" <"$raw/good-item-pages.ndjson" >/dev/null
  load
  same 12200000002 "$(sql "select item_id from staging.vinted_item where item_id = 12200000002 and user_id is null")"
  forget 340000001 340000002
  tables >"$tmp/rows"
  raw_unpacked >"$tmp/raw"
  run ! grep -wE '34000000[12]|1210000000[12]|12200000002' "$tmp/rows" "$tmp/raw"
  # of another's, which names her beside
  grep -qw 12200000004 "$tmp/rows"
  grep -w 12200000004 "$tmp/raw" | grep -qw 0.0000000
  run -0 "$ROOT/scripts/rebuild" --dry-run
  [[ $output != *differs* ]]
}

# bats test_tags=long,soak
@test "a run of several parts: what its last part says of her listings goes, too" {
  kept 2026-09-06T09:00:00Z < <(echo 'list 5 8012@300123456'; seq -f 'list 5 90%g@300777777' 100 160)
  part=$(vraw list "$VPIPE_RAW" --since 2026-09-06T00:00:00Z | jq -r .path)
  vraw unpack "$part" | jq -c 'if .kind == "run" then .body.queries = [{query: "www.vinted.it/search?catalog=5",
    kind: "search", state: {at: "x", ids: [8012, 8013, 8022]}}] else . end |
    .run |= sub("[0-9a-f]{16}$"; "00000000000000aa")' >"$tmp/run"
  rm "${part%.ndjson.zst}"*
  vput -q --part-size 1K "$VPIPE_RAW" <"$tmp/run" >/dev/null
  [ "$(vraw list "$VPIPE_RAW" --since 2026-09-06T00:00:00Z | wc -l)" -ge 2 ]
  load
  forget 300123456
  is_gone
  same '[8022]' "$(vraw list "$VPIPE_RAW" | jq -c 'select(.closing.queries[0].state).closing.queries[0].state.ids')"
  run -0 "$ROOT/scripts/rebuild" --dry-run
  [[ $output != *differs* ]]
}
