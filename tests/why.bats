# vpipe why: what is known of a listing, and by which raw records
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
  world
  shown 2026-09-20T07:00:00Z <<<$'101 300777777 p1,p2\n104 2 p4'
  loaded 2026-09-20T08:00:00Z <<<"list 1904 101:10.10@300777777 102:20@2
    wardrobe 300777777 101:10.10 9007199254740993:5.00/20.10"
  fetched 2026-09-20T09:00:00Z <<<$'p1 stored ab 0123456789abcdef\np2 failed timeout 2026-09-21T00:00:00Z'
  load
  # large answers, a part each
  told 2026-09-20T20:00:00Z <<<"list 1904 101:8.20@300777777 102:21@2
    user 300777777 5 7
    wardrobe 300777777 9007199254740993:4.00/15.10
    page 103 live 4
    page 101 theme SUCCESS
    page 102 gone" | while read -r line; do
      jq -c --arg pad "$(head -c 3000 /dev/urandom | base64 -w 0)" '.headers.etag = $pad' <<<"$line"
    done | vput -q --part-size 1K "$VPIPE_RAW" >>"$tmp/published"
  load
}

teardown_file() {
  pg_stop
}

setup() {
  export VPIPE_DATA=$BATS_FILE_TMPDIR/data
}

why() {
  "$ROOT/scripts/why" "$@"
}

# raw: all records, each with the path of its part
raw_records() {
  local path

  for path in $(find "$VPIPE_RAW" -name '*.ndjson.zst'); do
    zstdcat "$path" | jq -c --arg path "$path" '. + {path: $path}'
  done
}

@test "its records are those of raw that tell of it, each where it says" {
  why --json 101 >"$tmp/story"
  same "$(raw_records | jq -r 'select((.body | tojson | test("\"(id|item_id)\":101[,}]")) or
      (.request.item_id | tostring) == "101" or (.request.photo_key | IN("p1", "p2"))) | "\(.path) \(.line)"' | LC_ALL=C sort)" \
    "$(jq -r '.records[] | "\(.path) \(.line)"' "$tmp/story" | LC_ALL=C sort)"
  same '7 5' "$(jq -r '"\(.records | length) \([.records[].path] | unique | length)"' "$tmp/story")"
  same 'list look,row
list look
wardrobe look,row
image fetch
image fetch
list look,row
item-page answer,look,row' "$(jq -r '.records[] | "\(.what) \(.became | join(","))"' "$tmp/story")"
}

@test "events stand with their evidence, rule and line of the feed, rows with their columns" {
  why --json 101 >"$tmp/story"
  same "$(sql "select n, event ->> 'type', event ->> 'confidence', event ->> 'evidence' from ops.change
      where item_id = '101' and op = 'add' and withdrawn is null order by event ->> 'latest', n")" \
    "$(jq -r '.events[] | [.n, .type, .confidence, .evidence] | join("|")' "$tmp/story")"
  same 'listed repriced repriced sold' "$(jq -r '[.events[].type] | join(" ")' "$tmp/story")"
  same "$(sql "select site, variant from staging.vinted_item where item_id = 101 order by 1, 2")" \
    "$(jq -r '.rows[] | "\(.site)|\(.variant)"' "$tmp/story" | LC_ALL=C sort)"
  same '1904' "$(jq -r '[.catalogs[].catalog_id] | unique[]' "$tmp/story")"
  same "$(printf 'ab%.0s' {1..32})" "$(jq -r '.fetches[] | select(.photo_key == "p1").picture.sha256' "$tmp/story")"
  same 'failed timeout' "$(jq -r '.fetches[] | select(.photo_key == "p2") | "\(.outcome) \(.reason)"' "$tmp/story")"
  same 'sold sold' "$(jq -r '.state.state + " " + .marts[0].prices' "$tmp/story")"
  same "$(sql "select count(*) from serving.listing_fact f join serving.price_cell c using (source, site, currency)
      where f.item_id = '101' and f.site = 'www.vinted.it' and c.kind = f.kind and c.color_id is null
        and c.\"by\" !~ 'color'
        and (c.catalog_id is null or c.catalog_id = any (f.catalogs))
        and (c.\"by\" !~ 'brand' or c.brand is not distinct from f.brand)
        and (c.\"by\" !~ 'condition' or c.condition_id is not distinct from f.condition_id)
        and (c.\"by\" !~ 'size' or c.size is not distinct from f.size)")" \
    "$(jq '[.marts[] | select(.site == "www.vinted.it").groups[]] | length' "$tmp/story")"
}

@test "a page of 80 columns, by an id or an address" {
  why 101 >"$tmp/page"
  why 'https://www.vinted.it/items/101-a-thing?x=1#y' | cmp - "$tmp/page"
  same '' "$(LC_ALL=C.UTF-8 grep -nE '.{81}' "$tmp/page" || :)"
  for section in state 'events, by line of the feed' 'raw records, by part and line' looks \
      'rows of staging' 'catalogs that found it' pictures marts; do
    grep -qx "$section" "$tmp/page"
  done
  run=$(jq -r '.records[-1] | "\(.run).\(.part):\(.line)"' <(why --json 101))
  grep -qF "  $run  " "$tmp/page"
  grep -q 'repriced, 10.10 to 8.20 EUR, cause' "$tmp/page"
  grep -q "    sha256/ab/ab/" "$tmp/page"
}

@test "numbers are exact, and who the seller is stands nowhere" {
  why --json 9007199254740993 >"$tmp/story"
  grep -q '"item_id": 9007199254740993[,}]' "$tmp/story"
  grep -q '"seller_price": 15.10[,}]' "$tmp/story"
  why 9007199254740993 >"$tmp/page"
  grep -q '20.10 to 15.10 PLN' "$tmp/page"
  for id in 101 102 103 9007199254740993; do
    run ! grep -E '300777777|user_id|"(subject|query)":' <(why --json "$id"; why "$id")
  done
}

@test "where raw is gone, the records stay named; what is not known is said" {
  cp -r "$VPIPE_RAW" "$tmp/raw"
  find "$tmp/raw" -path '*hh=20*' -type f -delete
  VPIPE_RAW=$tmp/raw why 102 >"$tmp/page"
  same 1 "$(grep -c '\.0001:[0-9]' "$tmp/page")"
  same 2 "$(grep -c '\.?:[0-9]' "$tmp/page")"
  fails 64 "no listing '999' is known" why 999
  fails 64 "no listing 'https://a.test/101' is known" why https://a.test/101
  fails 64 "no listing '101' is known" why --source none 101
  fails 64 "no listing ''; drop table ops.load; --' is known" why "'; drop table ops.load; --"
  fails 64 "name a listing" why
  fails 64 "one listing at a time" why 101 102
  fails 64 "a listing is an id or an address" why ''
  fails 64 "no such option '--jsn'" why --jsn 101
  fails 74 'cannot write to standard output' sh -c "exec '$ROOT/scripts/why' 101 >/dev/full"
  PGPORT=1 run -75 "$ROOT/scripts/why" 101
}
