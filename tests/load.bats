# scripts/load, rebuild and retain: parts that are broken, held, stale, old
load helper

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

# contract JQ: edits bazar's item contract, and raises its version
contract() {
  jq "$1 | .version += 1" "$tmp/sources/bazar/item.json" >"$tmp/item.json"
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

@test "a part with too many rejects is held: nothing of it, all of the others, 65" {
  search 01 1 "$(results "$(listing a1 5)")" | published
  search 02 1 "$(results "$(listing a2 '"dear"')" "$(listing a3 6)")" | published
  search 03 1 "$(results "$(listing a4 7)")" | published
  run -65 --separate-stderr load
  [[ ${#stderr_lines[@]} = 1 && $stderr == "load: '20260920T080200Z-"*" is held: "* ]]
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
  [ "$(sql 'select count(*) from ops.load')" = 2 ]
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
}
