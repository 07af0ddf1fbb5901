# a second source, made up, that no program knows: fixtures/sources/bazar
load helper

setup_file() {
  pg_start
}

teardown_file() {
  pg_stop
}

setup() {
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# bats test_tags=long
@test "its URL goes to the price table, to the last cent, beside another source" {
  "$ROOT/scripts/db" migrate
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  for hour in 08 09 10; do
    market_clock "2026-09-20T$hour:00:00Z"
    VPIPE_NOW=2026-09-20T$hour:00:00Z run -0 --separate-stderr \
      "$ROOT/scripts/catalog" \
      'https://www.bazar.example/listings?section=women&sort=new' \
      'https://www.bazar.example/listings?section=home' \
      'https://www.vinted.pt/catalog?catalog[]=1904'
  done
  "$ROOT/tests/oracle" "$TRUTH" >"$tmp/want"
  [ "$(wc -l <"$tmp/want")" -ge 20 ]
  grep -q '^www.bazar.example	women	' "$tmp/want"
  grep -q '^www.vinted.pt	1904	' "$tmp/want"
  psql -X -q -v ON_ERROR_STOP=1 -c "copy (select site, catalog_id, brand,
    condition_id, currency, count, mean, median, p10, p90
    from serving.price_statistics) to stdout" | LC_ALL=C sort >"$tmp/have"
  diff "$tmp/want" "$tmp/have"
}

@test "its second look stops at the watermark, and asks by token" {
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  url='https://www.bazar.example/listings?section=women&sort=new'
  VPIPE_NOW=2026-09-20T08:00:00Z run -0 --separate-stderr vfetch catalog "$url"
  printf '%s\n' "$output" >"$tmp/run"
  same "$(jq -c 'select(.kind == "run") | .body.queries[] | [.stop, .total_first]' \
    "$tmp/run")" '["end",111]'
  same "$(jq -c 'select(.kind == "search") | .request | [.catalog_id, .page,
    (.url | test("after="))]' "$tmp/run")" $'["women",1,false]
["women",2,true]
["women",3,true]'
  market_clock 2026-09-20T09:00:00Z
  jq -c 'select(.kind == "run")' "$tmp/run" >"$tmp/state"
  VPIPE_NOW=2026-09-20T09:00:00Z run -0 --separate-stderr vfetch catalog \
    --state "$tmp/state" "$url"
  same "$(jq -r 'select(.kind == "run") | .body.queries[].stop' <<<"$output")" \
    watermark
}

@test "it says when a listing was listed, so --since works" {
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  VPIPE_NOW=2026-09-20T08:00:00Z run -0 --separate-stderr vfetch catalog \
    --since 2d 'https://www.bazar.example/listings?section=women&sort=new'
  same "$(jq -r 'select(.kind == "run") | .body.queries[] | [.stop, .asked] |
    @tsv' <<<"$output")" $'watermark\t3'
}

@test "every filter of its description is honoured by the market" {
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  VPIPE_NOW=2026-09-20T08:00:00Z run -0 --separate-stderr vfetch check \
    --site www.bazar.example
  same "$(cut -f1,3 <<<"$output")" $'catalog\thonoured
brand\thonoured
search_text\thonoured
order\thonoured
per_page\thonoured'
}

@test "a refusal in the middle of its pages leaves the run partial" {
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  curl -sS -f -X POST "$MARKET/_market/faults?kind=403&at_request=2&times=1"
  VPIPE_NOW=2026-09-20T08:00:00Z run -77 --separate-stderr vfetch catalog \
    'https://www.bazar.example/listings?section=women&sort=new'
  same "$(jq -c 'select(.kind == "run") | .body | [.complete,
    (.queries[] | .stop, .walked, .state)]' <<<"$output")" \
    '[false,"refused:forbidden",false,null]'
}

@test "only a number or a text names a section; anything else gives no membership" {
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  VPIPE_NOW=2026-09-20T08:00:00Z vfetch -q catalog --max-pages 1 \
    'https://www.bazar.example/listings?section=women&sort=new' |
    jq -c 'select(.kind == "search")' >"$tmp/raw"
  for id in '"women"' 5; do
    jq -c ".request.catalog_id = $id" "$tmp/raw" |
      vnormalize -q --no-key --records-only --stream item_catalog >"$tmp/out"
    same "${id//\"/}" "$(jq -r .record.catalog_id "$tmp/out" | sort -u)"
  done
  for id in null '""' '[1]'; do
    jq -c ".request.catalog_id = $id" "$tmp/raw" >"$tmp/odd"
    run -0 --separate-stderr vnormalize --no-key --records-only \
      --stream item_catalog <"$tmp/odd"
    [ -z "$output" ]
    [[ $stderr == *' filtered + 0 rejected'* ]]
  done
}
