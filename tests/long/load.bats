# scripts/load, rebuild and retain: parts that are broken, held, stale, old
# bats file_tags=long
load ../helper

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  cp -r "$ROOT/fixtures/sources" "$tmp/sources"
  export VPIPE_SOURCES=$tmp/sources
}

load() {
  "$ROOT/scripts/load" "$@"
}

# contract JQ: edits bazar's item contract, and raises its version; by jq itself,
# for the order of its properties counts
contract() {
  command jq "$1 | .version += 1" "$tmp/sources/bazar/item.json" >"$tmp/item.json"
  mv "$tmp/item.json" "$tmp/sources/bazar/item.json"
}

# published: the records on stdin, of one run
published() {
  vput -q "$VPIPE_DATA/raw" >/dev/null
}

# search RUN LINE BODY
search() {
  printf '{"v":1,"source":"bazar","site":"www.bazar.example","flow":"catalog",'
  printf '"kind":"search","run":"20260920T08%s00Z-catalog-00000000000000aa",' "$1"
  printf '"line":%s,"attempt":1,"fetched_at":"2026-09-20T08:%s:00.000Z",' "$2" "$1"
  printf '"request":{"method":"GET","url":"https://www.bazar.example/rest/listings",'
  printf '"endpoint":"listings","query":"q","catalog_id":"women","page":%s,' "$2"
  printf '"params":{}},"status":200,"headers":{"content-type":"application/json"},'
  printf '"ms":1,"sha256":null,"body":%s}\n' "$3"
}

# listing ID PRICE
listing() {
  printf '{"paid":{"flag":false},"content":{"key":"%s","name":"x",' "$1"
  printf '"ask":{"sum":%s,"unit":"EUR"},"maker":{"name":"Ravelo"},"size":"M",' "$2"
  printf '"wear":"used","merchant":{"key":"m1"},"watchers":1,"open":{"flag":true},'
  printf '"link":null,"pictures":[],"listed":"2026-09-20T07:00:00Z"}}'
}

results() {
  local IFS=,

  printf '{"data":{"results":[%s]},"count":%s}' "$*" $#
}

@test "broken JSON in the middle: that line is a reject, the others are loaded" {
  { for n in 1 2 3; do search 01 "$n" "$(results "$(listing "a$n" 5)")"; done
  } >"$tmp/good"
  { sed -n 1p "$tmp/good"; sed -n '2s/"count":1}/"count":1/p' "$tmp/good"
    sed -n 3p "$tmp/good"; } >"$tmp/raw.ndjson"
  run -65 --separate-stderr load "$tmp/raw.ndjson"
  VPIPE_REJECTS=0.5 run -0 --separate-stderr load "$tmp/raw.ndjson"
  [ "$(sql 'select count(*) from staging.bazar_item')" = 2 ]
  [ "$(sql "select count(*) from ops.reject where not kept")" -ge 1 ]
}

@test "a file of one's own with too many rejects: nothing of it, but its rejects" {
  search 02 1 "$(results "$(listing a2 '"dear"')" "$(listing a3 6)")" >"$tmp/raw.ndjson"
  for time in 1 2; do
    fails 65 "'$tmp/raw.ndjson' is not loaded: " load "$tmp/raw.ndjson"
  done
  [ "$(sql 'select run, part, property from ops.reject')" \
    = '20260920T080200Z-catalog-00000000000000aa||price' ]
  [ "$(sql 'select count(*) from ops.hold')" = 0 ]
  [ "$(sql "select to_regclass('staging.bazar_item')")" = "" ]
}

@test "a file that is none, a folder: 64; one that is cut short: 65; a sentence each" {
  fails 64 "'/etc' is a folder" load /etc
  fails 64 "cannot read '$tmp/none'" load "$tmp/none"
  for n in $(seq 50); do search 01 "$n" "$(results "$(listing "a$n" 5)")"; done |
    zstd -q >"$tmp/whole.zst"
  head -c 300 "$tmp/whole.zst" >"$tmp/raw.ndjson.zst"
  fails 65 "'$tmp/raw.ndjson.zst' is not loaded: it is cut short" \
    load "$tmp/raw.ndjson.zst"
  [ "$(sql 'select count(*) from ops.reject')" = 0 ]
}

@test "a file after --, standard input as - and as /dev/stdin" {
  for n in 1 2 3; do
    search "0$n" 1 "$(results "$(listing "a$n" 5)")" >"$tmp/$n.ndjson"
  done
  run -0 --separate-stderr load -- "$tmp/1.ndjson"
  run -0 --separate-stderr load - <"$tmp/2.ndjson"
  run -0 --separate-stderr load /dev/stdin "$tmp/1.ndjson" < <(cat "$tmp/3.ndjson")
  [ "$(sql 'select count(*) from staging.bazar_item')" = 3 ]
}

@test "a part with too many rejects is held: nothing of it, all of the others, 65" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  search 02 1 "$(results "$(listing a2 '"dear"')" "$(listing a3 6)")" | published
  search 03 1 "$(results "$(listing a4 7)")" | published
  run -65 --separate-stderr load
  [[ ${#stderr_lines[@]} = 1 && $stderr == "load: '20260920T080200Z-"*" is held: "*" were rejected; first, in line 1 of bazar_item: 'price' is not a number" ]]
  same "${stderr#*is held: }" "$(sql 'select reason from ops.hold')"
  [ "$(sql 'select string_agg(item_id, $$,$$ order by 1) from staging.bazar_item')" \
    = a1,a4 ]
  [ "$(sql 'select run from ops.hold')" = 20260920T080200Z-catalog-00000000000000aa ]
  run -0 --separate-stderr load --pending
  [ -z "$stderr" ]
  run -0 load --force
  [ "$(sql 'select count(*) from staging.bazar_item')" = 3 ]
  [ "$(sql 'select count(*) from ops.hold')" = 0 ]
}

@test "a held part is tried again when its contracts change" {
  search 02 1 "$(results "$(listing a2 '"dear"')")" | published
  run -65 load
  run -0 load
  contract '.schema.properties.price = {"type": ["number", "null"],
    "x-jq": ".content.ask.sum", "x-bad": null}
    | .schema.required -= ["price"]'
  run -0 --separate-stderr load
  [ "$(sql 'select price is null from staging.bazar_item')" = t ]
  [ "$(sql 'select kept, reason is not null from ops.reject')" = 't|t' ]
}

@test "a contract that changes makes parts stale: not pending, loaded by --stale" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  search 02 1 "$(results "$(listing a2 5)")" | published
  load
  contract '.schema.properties.title["x-jq"] = ".content.size"'
  run -0 load --pending
  [ "$(sql 'select distinct title from staging.bazar_item')" = x ]
  run -0 load --stale
  [ "$(sql 'select distinct title from staging.bazar_item')" = M ]
  written=$(sql 'select max(loaded_at) from ops.load')
  run -0 load --stale
  [ "$(sql 'select max(loaded_at) from ops.load')" = "$written" ]
}

@test "--rejected feeds the parts with rejects again" {
  search 01 1 "$(results "$(listing a1 '"dear"')" "$(listing a2 6)")" | published
  search 02 1 "$(results "$(listing a3 5)")" | published
  load --force
  [ "$(sql 'select count(*) from ops.reject')" = 1 ]
  other=$(sql "select loaded_at from ops.load where run like '20260920T0802%'
    and step = 'upsert'")
  contract '.schema.properties.price["x-jq"] = 
    ".content.ask.sum | if . == \"dear\" then 9 else . end"'
  run -0 load --rejected
  [ "$(sql 'select count(*) from ops.reject')" = 0 ]
  [ "$(sql 'select count(*) from staging.bazar_item')" = 3 ]
  same "$other" "$(sql "select loaded_at from ops.load
    where run like '20260920T0802%' and step = 'upsert'")"
}

@test "a property that changes its type widens its column under the views" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  load
  contract '.schema.properties.favourite_count.type = ["string", "null"]
    | .schema.properties.favourite_count["x-jq"] = ".content.size"'
  run -0 --separate-stderr load --stale
  [ "$(sql 'select favourite_count from serving.item')" = M ]
}

@test "an object that is not what its manifest says is not loaded: 74" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  search 02 1 "$(results "$(listing a2 5)")" | published
  printf x >>"$(find "$VPIPE_DATA/raw" -name '20260920T0801*.zst')"
  run -74 --separate-stderr load
  [[ $stderr == *"is not whole"* ]]
  [ "$(sql 'select item_id from staging.bazar_item')" = a2 ]
}

@test "an unknown source, and contracts that cannot be read: 78" {
  search 01 1 '{}' | sed 's/"bazar"/"nowhere"/' >"$tmp/raw.ndjson"
  run -78 --separate-stderr load "$tmp/raw.ndjson"
  printf '{' >"$tmp/sources/bazar/item.json"
  run -78 --separate-stderr load
}

@test "a rebuild applies a contract that yields less, and changes nothing otherwise" {
  search 01 1 "$(results "$(listing a1 5)" "$(listing a2 5)")" | published
  load
  want=$("$ROOT/scripts/db" digest)
  run -0 --separate-stderr "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  same "$want" "$("$ROOT/scripts/db" digest)"
  contract '.["x-where"] = ".content.key != \"a1\""'
  load --stale
  [ "$(sql 'select count(*) from serving.item')" = 2 ]
  run -0 --separate-stderr "$ROOT/scripts/rebuild"
  [[ $output == *"staging.bazar_item_full "*differs* ]]
  [ "$(sql 'select item_id from serving.item')" = a2 ]
  run -0 --separate-stderr load --stale
  # its steps: upsert, events, mart
  [ "$(sql 'select count(*) from ops.load')" = 3 ]
}

@test "a rebuild that would lose what others made is refused, before its work" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  load
  refused() {
    run -69 --separate-stderr "$ROOT/scripts/rebuild"
    [ -z "$output" ] && [ "$stderr" = "rebuild: $1 would be lost (1 in all); nothing was changed" ]
  }
  sql 'create view serving.mine as select 1 as one'
  refused 'view serving.mine'
  sql 'drop view serving.mine; create function serving.mine() returns int
    language sql as $$select 1$$'
  refused 'function serving.mine()'
  sql 'drop function serving.mine; create schema report;
    create view report.cheap as select * from serving.item where price < 9'
  refused 'view report.cheap'
  sql 'drop view report.cheap; create materialized view report.cheap as
    select * from staging.bazar_item'
  refused 'materialized view report.cheap'
  [ "$(sql "select count(*) from pg_namespace where nspname like '%_rebuild'")" = 0 ]
  run -0 "$ROOT/scripts/rebuild" --force
  [ "$(sql "select count(*) from pg_class where relname = 'cheap'")" = 0 ]
}

@test "a rebuild keeps who may read what" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  load
  sql 'create role "a reader"; grant usage on schema serving to "a reader";
    grant select on serving.item to "a reader" with grant option;
    grant select on serving.price_statistics to public;
    grant select (item_id, price) on staging.bazar_item to "a reader";
    alter default privileges in schema serving grant select on tables
    to "a reader"'
  rights() {
    sql "select nspname, nspacl from pg_namespace
      where nspname in ('staging', 'serving') order by 1;
      select nspname, relname, relacl from pg_class c
      join pg_namespace n on n.oid = relnamespace
      where nspname in ('staging', 'serving') and relacl is not null
      order by 1, 2;
      select attrelid::regclass, attname, attacl from pg_attribute
      where attacl is not null and attrelid > 16384 order by 1::text, 2;
      select defaclnamespace::regnamespace, defaclobjtype, defaclacl
      from pg_default_acl"
  }
  want=$(rights)
  [[ $want == *'price|'*'a reader'* ]]
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  same "$want" "$(rights)"
  sql 'drop owned by "a reader"; drop role "a reader"'
}

@test "retain deletes raw parts of old age, never one that is pending" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  load
  search 02 1 "$(results "$(listing a2 5)")" | published
  export VPIPE_NOW=2026-11-20T00:00:00Z
  run -0 "$ROOT/scripts/retain" --dry-run 30
  [ "${#lines[@]}" = 1 ]
  run -0 "$ROOT/scripts/retain" 30
  [ "$(find "$VPIPE_DATA/raw" -type f | wc -l)" = 2 ]
  load
  VPIPE_NOW=2026-09-25T00:00:00Z run -0 "$ROOT/scripts/retain" 30
  [ -z "$output" ]
  # what rules found so long ago goes, too, and the newest check stays
  sql "update ops.finding set checked_at = '2026-09-20T00:00:00Z'"
  checks=$(sql 'select count(distinct check_number) > 1, max(check_number) from ops.finding')
  "$ROOT/scripts/retain" --dry-run 30
  same "$checks" "$(sql 'select count(distinct check_number) > 1, max(check_number) from ops.finding')"
  "$ROOT/scripts/retain" 30
  same "f${checks#t}" "$(sql 'select count(distinct check_number) > 1, max(check_number) from ops.finding')"
}
