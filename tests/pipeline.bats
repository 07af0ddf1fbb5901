# the catalog flow, whole: URL -> raw -> staging -> prices, and what can go wrong
load helper
load flow

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  export VPIPE_SOURCES=$ROOT/fixtures/sources:$ROOT/schema/sources
}

pt='https://www.vinted.pt/catalog/1904-women?order=newest_first'
pl='https://www.vinted.pl/catalog/1904-women?order=newest_first'
gb='https://www.vinted.co.uk/catalog/5-men?order=newest_first'

# --- what it is for -----------------------------------------------------------

# bats test_tags=long
@test "URLs become the price table that the market's answers told of" {
  market small
  for hour in $(seq "$(size 2 3)"); do
    run -0 --separate-stderr catalog "$pt" "$gb" \
      'https://www.vinted.pt/catalog?catalog[]=5&order=newest_first'
    later 3600
  done
  prices_are_true 20
  [ "$(sql "select count(distinct currency) from serving.price_statistics")" = 2 ]
}

@test "the catalogs of the configuration are taken when none is given; what was found is said" {
  market small
  VPIPE_CATALOGS="$pt  $gb" run -0 --separate-stderr catalog
  [ "$(sql 'select count(*) from ops.run')" = 2 ]
  [[ ${lines[0]} == *query*pages*hits*new*total*walk* ]]
  [[ $output == *" vinted.pt catalog=1904 "* ]]
  [[ $output == *"are paid placements"* ]]
  [[ $output == *vinted_item* ]]
  [[ $output != *property* && $output != *gap* && $output != *refused* ]]
  run -64 catalog
}

# sweeps <ROWS: the report of runs that walked so
sweeps() {
  sql 'create table made as table serving.sweep; drop view serving.sweep cascade;
      alter table made set schema serving; alter table serving.made rename to sweep;
      alter table serving.sweep alter column empty set default 0'
  psql -X -q -v ON_ERROR_STOP=1 -c "copy serving.sweep (run, query, pages_got, ok,
      refused, failed, unreadable, hits, ids, duplicates, promoted, total_last, gap,
      complete, stop) from stdin (delimiter ' ')"
  sh -euc '. "$0/lib/database.sh"
    sql_table -v runs=r1,r2,r3 -f "$0/../schema/query/catalog/report_runs.sql"' "$ROOT/scripts"
}

@test "the report fits 80 columns, whatever catalogs and counts; gaps and refusals are sentences below it" {
  long='www.vinted.co.uk/search?brand=53,14,162,88,304,4273,12,15&catalog=1193'
  sql "insert into ops.quality values ('r1', '0001', 'vinted_item_catalog',
      'details-sidebar-2026-09', 'favourite_count', 200000, 100000, 999999)"
  run -0 sweeps <<ROWS
r1 www.vinted.pt/search?catalog=1904&order=newest_first 10 10 0 0 0 120000 119500 500 12000 960000 f t end
r1 www.vinted.co.uk/search?catalog=1904&order=newest_first 8000 8000 0 0 0 960000 960000 0 0 960000 t f page-limit
r2 www.bazar.example/search?catalog=womens-shoes-and-accessories&order=new 1 1 0 0 0 0 0 0 0 0 f t empty
r2 www.vinted.pl/search?catalog=5&order=newest_first 1 1 3 2 1 96 96 0 0 960000 f f refused
r3 $long&order=newest_first&search_text=$(printf 'shoes%%20%.0s' {1..20}) 0 0 0 0 0 0 0 0 0 \N f f failed:session
ROWS
  same '' "$(awk 'length > 80' <<<"$output")"
  same ' vinted.co.uk catalog=1904
 vinted.pt catalog=1904' "$(grep -o '^ vinted[^ ]* catalog=1904\>' <<<"$output")"
  [[ $output == *"10 | 120000 | 119500 | 960000 | complete"* ]]
  [[ $output == *"Of 1080096 hits, 12000 are paid placements (1.1 %), 500 repeat a listing."* ]]
  same 'vinted.co.uk catalog=1904: a gap: the page limit came before known listings' \
    "$(grep gap <<<"$output")"
  same 'vinted.pl catalog=5: of 7 requests 3 refused, 2 failed, 1 unreadable' \
    "$(grep 'of .* requests' <<<"$output")"
  [[ $output == *" details-sidebar-2026-09 |  200000 |"* ]]
  [[ $output == *"favourite_count |  999999 | 100000 | 200000"* ]]
}

@test "one catalog that cannot be asked does not stop the others" {
  market small
  run -64 --separate-stderr catalog 'https://www.vinted.pt/member/1' "$gb"
  [ "$(sql 'select site from ops.run, jsonb_to_recordset(queries) q(site text)')" \
    = www.vinted.co.uk ]
  [ "$(sql 'select count(*) > 0 from serving.price_statistics')" = t ]
}

@test "integers of 64 bits and amounts like 1.10 come out as they went in" {
  jq -c . >"$tmp/raw.ndjson" <<'RAW'
{"v":1,"source":"bazar","site":"www.bazar.example","flow":"catalog","kind":"search","run":"20260920T080000Z-catalog-00000000000000aa","line":1,"attempt":1,"fetched_at":"2026-09-20T08:00:00Z","request":{"method":"GET","url":"https://www.bazar.example/rest/listings?section=women","endpoint":"listings","query":"q","catalog_id":"women","page":1,"params":{}},"status":200,"headers":{"content-type":"application/json"},"ms":1,"sha256":null,"body":"BODY"}
RAW
  # by hand: jq's numbers are doubles
  sed -i 's|"BODY"|{"data":{"results":[{"paid":{"flag":false},"content":{"key":"a1","name":"x","ask":{"sum":1.10,"unit":"EUR"},"maker":{"name":"Ravelo"},"size":"M","wear":"used","merchant":{"key":"m1"},"watchers":9007199254740993,"open":{"flag":true},"link":"https://www.bazar.example/a1","pictures":[],"listed":"2026-09-20T07:00:00Z"}}]},"count":1}|' "$tmp/raw.ndjson"
  run -0 --separate-stderr load "$tmp/raw.ndjson"
  [ "$(sql 'select price, favourite_count from staging.bazar_item')" \
    = '1.10|9007199254740993' ]
  [ "$(sql 'select part, published from ops.load limit 1')" = '|f' ]
}

# --- refusals -----------------------------------------------------------------

watermark() {
  vraw list "$VPIPE_DATA/raw" | jq -s -r 'map(.closing.queries[0].state.at) | last'
}

# bats test_tags=long
@test "a second look stops at the watermark; a refusal in the middle of the third: partial, watermark unmoved, nothing concluded, cool-down kept" {
  market small
  catalog "$pt"
  first=$(requests)
  later 3600
  catalog "$pt"
  [ "$(($(requests) - first))" -lt "$first" ]
  [ "$(sql "select stop from serving.sweep order by first_at desc limit 1")" \
    = watermark ]
  before=$(watermark)
  gone=$(sql 'select count(*) from serving.item')
  later 3600
  fault challenge
  run -77 --separate-stderr catalog "$pt"
  [ "$(sql "select complete, stop from ops.run order by started_at desc limit 1")" \
    = 'f|refused' ]
  same "$before" "$(watermark)"
  [ "$(sql "select count(*) from serving.look where verdict like 'refused:%'")" = 1 ]
  [ "$(sql "select complete from serving.sweep order by first_at desc limit 1")" = f ]
  [ "$(sql 'select count(*) from serving.item')" -ge "$gone" ]
  asked=$(requests)
  run -75 --separate-stderr catalog "$pt"
  [ "$(requests)" = "$asked" ]
}

# --- the database, away and wrong ---------------------------------------------

@test "a part of which the server refuses too much is held, and its rejects are kept" {
  market small
  catalog "$pt"
  part=$(find "$VPIPE_DATA/raw" -name '*.manifest.json')
  steps() { sql "select count(*) from ops.load where step = 'upsert'"; }
  sql "delete from staging.vinted_item; delete from staging.vinted_item_seen;
      alter table staging.vinted_item add constraint odd check (variant is null) not valid"
  run -65 --separate-stderr load "$part"
  [[ $stderr == *"STATE is held back"* ]]
  [ "$(steps)" = 0 ]
  [ "$(sql "select count(*) from ops.reject where program = 'vupsert'")" -gt 0 ]
  sql 'alter table staging.vinted_item drop constraint odd'
  run -0 load --pending
  [ "$(steps)" = 0 ]
  run -0 load --force --pending
  [ "$(steps)" = 1 ]
}

@test "the database away during a flow, then no room for the scratch file: published, and loaded later without a request" {
  market small
  mkdir -p "$VPIPE_DATA"
  where=$PGHOST
  PGHOST=$tmp run -75 --separate-stderr catalog "$pt" "$gb"
  [ "$(vraw list "$VPIPE_DATA/raw" | wc -l)" = 2 ]
  [ -z "$(ls "$VPIPE_DATA/outbox")" ]
  asked=$(requests)
  # the part stays pending
  PGHOST=$where run -74 --separate-stderr bash -c "trap '' XFSZ; ulimit -f 100
    exec '$ROOT/scripts/load'"
  [ "$(sql 'select count(*) from ops.load')" = 0 ]
  PGHOST=$where run -0 load --pending
  [ "$(requests)" = "$asked" ]
  prices_are_true 20
}

@test "no database, none of that name, no right, wrong password: one sentence each" {
  PGHOST=$tmp fails 75 "load: database: " load
  PGDATABASE=nobodys fails 69 'load: database: database "nobodys" does not exist' load
  sql "create role guest login; create role locked login password 'x'"
  PGUSER=guest fails 77 "load: database: permission denied" load
  sed -i '1i local all locked scram-sha-256' "$PG_FOLDER/d/pg_hba.conf"
  sql "select pg_reload_conf()"
  until_true 60 sh -c '! PGUSER=locked PGPASSWORD=x psql -X -c "" 2>&1 | grep -q trust'
  PGUSER=locked PGPASSWORD=wrong fails 77 "password authentication failed" load
}

@test "a database that was never migrated: 69, and what to do" {
  psql -X -q -d postgres -c 'create database bare'
  PGDATABASE=bare run -69 --separate-stderr load
  [[ $stderr == *'does not exist'*"vpipe db migrate"* ]]
}

# --- what a crash leaves ------------------------------------------------------

@test "what killed flows left in the outbox is published first; what vput refuses of it is put aside, said once" {
  market small
  mkdir -p "$VPIPE_DATA"/outbox/catalog.{left,empty,cut,odd}
  vfetch catalog "$pt" >"$VPIPE_DATA/outbox/catalog.left/run"
  # a run without its end is published as it is
  sed 2q "$VPIPE_DATA/outbox/catalog.left/run" |
    sed 's/\(-catalog-\)[0-9a-f]\{16\}/\1000000000000000c/' >"$VPIPE_DATA/outbox/catalog.cut/run"
  printf '{"n":1,"kind":"search"}\n' >"$VPIPE_DATA/outbox/catalog.odd/run"
  run -65 --separate-stderr catalog "$gb"
  [[ $stderr == *"publishing what "* ]]
  [[ $stderr == *"put aside, in '$VPIPE_DATA/outbox/bad.catalog.odd'"* ]]
  [ -s "$VPIPE_DATA/outbox/bad.catalog.odd/run" ]
  same bad.catalog.odd "$(ls "$VPIPE_DATA/outbox")"
  same 't|f
t|f
f|t' "$(sql "select complete, queries is null from ops.run order by complete desc")"
  later 3600
  run -0 --separate-stderr catalog "$gb"
  [[ $stderr != *outbox* ]]
}

# --- which parts are looked for ------------------------------------------------

# published HOURS-AGO: by another machine, a run of that hour; prints its name
published() {
  local at run

  at=$(date -u -d "2026-09-20T12:00:00Z - $1 hours" +%Y%m%dT%H%M%SZ)
  run=$at-catalog-$(printf '%016x' "$1")
  sed "s/\"run\":\"[^\"]*\"/\"run\":\"$run\"/" "$raw/good-list-2025.ndjson" |
    "$BIN/vput" -q "$VPIPE_DATA/raw" >/dev/null
  echo "$run"
}

# loaded RUN...: these are loaded, and no others
loaded() {
  same "$(printf '%s\n' "$@" | sort)" "$(sql "select run from ops.load
    where step = 'upsert' order by run collate \"C\"")"
}

@test "load --recent looks into the last hours, into those of the runs that are named, and once a day into all" {
  local old new far named

  export VPIPE_NOW=2026-09-20T12:00:00Z
  old=$(published 30)
  run -0 load --recent		# the first time: all
  loaded "$old"
  far=$(published 29)
  new=$(published 2)
  run -0 load --recent
  loaded "$old" "$new"
  named=$(published 28)
  run -0 load --recent --run "$named"
  loaded "$old" "$new" "$named"
  VPIPE_NOW=2026-09-21T11:59:00Z run -0 load --recent
  loaded "$old" "$new" "$named"
  VPIPE_NOW=2026-09-21T12:01:00Z run -0 load --recent
  loaded "$old" "$new" "$named" "$far"
  # a person looks everywhere
  far=$(published 40)
  run -0 load
  [ "$(sql "select count(*) from ops.load where step = 'upsert'")" = 5 ]
  fails 64 '--run goes with --recent' "$ROOT/scripts/load" --run "$far"
}

@test "a load that fails leaves its hours to the next one" {
  export VPIPE_NOW=2026-09-20T12:00:00Z
  run -0 load --recent
  published 2 >/dev/null
  mkdir "$tmp/shim"
  printf '#!/bin/sh\nexit 75\n' >"$tmp/shim/vupsert"
  chmod +x "$tmp/shim/vupsert"
  for name in "$BIN"/v*; do
    [ -e "$tmp/shim/${name##*/}" ] || ln -s "$name" "$tmp/shim"
  done
  VPIPE_NOW=2026-09-20T18:00:00Z VPIPE_BIN=$tmp/shim run -75 load --recent
  VPIPE_NOW=2026-09-20T18:00:00Z run -0 load --recent
  [ "$(sql "select count(*) from ops.load where step = 'upsert'")" = 1 ]
}

# --- vpipe price ---------------------------------------------------------------

@test "vpipe price compares a listing, or a brand, with the narrowest group of twenty" {
  market small
  run -0 --separate-stderr catalog "$pt" "$gb"
  price() { "$ROOT/scripts/price" "$@"; }
  read -r id brand catalog <<<"$(sql "select f.item_id || ' ' || f.brand || ' ' || c
      from serving.listing_fact f, unnest(f.catalogs) c, serving.prices p
      where p.\"by\" = 'catalog brand' and p.brand = f.brand and p.n >= 20
          and p.catalog_id = c and p.site = f.site and f.site = 'www.vinted.pt'
      order by 1 limit 1" | sed 's/ / /')"
  # by id and by address, the same; of the median that its group has
  run -0 --separate-stderr price "https://www.vinted.pt/items/$id-a-thing?x=1"
  by_address=$output
  run -0 --separate-stderr price "$id"
  same "$by_address" "$output"
  [[ ${lines[1]} == "on www.vinted.pt, in EUR, offered for "* ]]
  [ "$(wc -L <<<"$output")" -le 80 ]
  [ "${#lines[@]}" -ge 15 ]
  run -0 --separate-stderr price --json "$id"
  same "$(sql "select n || ' ' || trim_scale(median) from serving.prices p
      where kind = 'asked' and site = 'www.vinted.pt' and \"by\" = '$(jq -r .asked.by <<<"$output")'
          and catalog_id is not distinct from nullif('$(jq -r '.asked.catalog_id // ""' <<<"$output")', '')
          and brand is not distinct from nullif('$(jq -r '.asked.brand // ""' <<<"$output")', '')
          and condition_id is not distinct from nullif('$(jq -r '.asked.condition_id // ""' <<<"$output")', '')::bigint
          and size is not distinct from nullif('$(jq -r '.asked.size // ""' <<<"$output")', '')
          and currency = 'EUR'")" "$(jq -r '"\(.asked.n) \(.asked.median)"' <<<"$output")"
  [[ $(jq -r .asked.by <<<"$output") == 'catalog brand'* ]]
  [ "$(jq '(.asked.narrower_n // 0) < 20' <<<"$output")" = true ]
  [ "$(jq '.asked.n >= 20 and (.comparable | length) == 10 and .sold == null' <<<"$output")" = true ]
  # capitals do not matter, and a word in any language is a condition
  run -0 --separate-stderr price --condition 'MUITO bom' --json
  same 2 "$(jq .wanted.condition_id <<<"$output")"
  run -0 --separate-stderr price --condition 2
  [[ ${lines[0]} == 'Very good' ]]
  # a group of few tells no quantiles
  run -0 --separate-stderr price --brand="${brand^^}" --catalog "$catalog" --json
  [ "$(jq -r '.asked.by + " " + .asked.brand' <<<"$output")" = "catalog brand $brand" ]
  few=$(sql "select brand from serving.prices where \"by\" = 'brand' and site = 'www.vinted.pt'
      and brand is not null order by n limit 1")
  run -0 --separate-stderr price --brand "$few" --site www.vinted.pt
  # capitals do not matter, nor those beyond ASCII
  for word in price trends; do
    run -0 --separate-stderr "$ROOT/scripts/$word" --brand żURAWKA
    same "$("$ROOT/scripts/$word" --brand Żurawka)" "$output"
  done
  run -0 --separate-stderr price --brand "$few" --site www.vinted.pt
  [[ $output == *'of the same '* ]]
}

@test "vpipe price says in one sentence what is not known" {
  market small
  run -0 --separate-stderr catalog "$pt"
  # a title that would clear the screen, or a tab
  sql "update serving.listing_fact set title = E'\\x1b[2J\\tx'"
  id=$(sql 'select min(item_id) from serving.listing_fact')
  run -0 --separate-stderr "$ROOT/scripts/price" "$id"
  [[ $output == *' [2J x'* && $output != *$'\e'* && $output != *$'\t'* ]]
  fails 64 "no listing '77' is known" "$ROOT/scripts/price" 77
  fails 64 'no listing like that is known' "$ROOT/scripts/price" --brand 'No
such "brand"'\''; drop'
  fails 64 "no condition is called 'so so': Good, New" "$ROOT/scripts/price" --condition 'so so'
  fails 64 "no catalog is called 'Hats'" "$ROOT/scripts/price" --catalog Hats
  fails 64 'name a listing' "$ROOT/scripts/price"
  fails 64 'has its own brand' "$ROOT/scripts/price" --brand x 77
}
