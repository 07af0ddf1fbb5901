# vnormalize(1): raw records to typed records, by contract
load helper

setup() {
  mkdir -p "$VPIPE_DATA"
  key=$VPIPE_DATA/key
  printf 'a key for tests, of no worth\n' >"$key"
  chmod 600 "$key"
}

# normalized [OPTION]...: records on stdout, nothing else
normalized() {
  vnormalize -q --records-only "$@"
}

# wrapped FILE SITE [KIND]: somebody's old body as a raw record that knows no
# request
wrapped() {
  jq -c --arg site "$2" --arg kind "${3:-search}" '{v: 1, source: "vinted",
    site: $site, flow: "old", kind: $kind, run: "20260920T100000Z-old-00000000000000ff", line: 1,
    attempt: 1, fetched_at: "2026-09-20T10:00:00.000Z", request: {},
    status: 200, headers: {}, ms: 0, sha256: null, body: .}' "$1"
}

# paged FILE SITE [ITEM]: a page, asked for ITEM
paged() {
  jq -Rsc --arg site "$2" --arg item "${3:-}" '{v: 1, source: "vinted",
    site: $site, flow: "old", kind: "item-page",
    run: "20260920T100000Z-old-00000000000000ff", line: 1, attempt: 1,
    fetched_at: "2026-09-20T10:00:00.000Z", request:
    (if $item == "" then {} else {item_id: $item} end), status: 200,
    headers: {"content-type": "text/html; charset=utf-8"}, ms: 0,
    sha256: null, body_text: .}' "$1"
}

# page ITEM HTML...: what is told of a page, or why nothing is
page() {
  printf '%s' "${@:2}" >"$tmp/page"
  paged "$tmp/page" www.vinted.it "$1" >"$tmp/raw"
  told
}

# told: of the pages in $tmp/raw, by both engines
told() {
  normalized --stream item --threshold 1 --rejects "$tmp/rejects" \
    <"$tmp/raw" >"$tmp/out"
  normalized --stream item --threshold 1 --rejects "$tmp/rejects.jq" \
    --engine jq <"$tmp/raw" >"$tmp/out.jq"
  cmp "$tmp/out" "$tmp/out.jq"
  cmp "$tmp/rejects" "$tmp/rejects.jq"
  jq -r '.record | "\(.variant) \(.item_id) \(.state) \(.evidence) \(.state_rule)"' \
    "$tmp/out"
  jq -r .reason "$tmp/rejects"
}

# What each page has, whatever became of its item.
words='<title>Venduto - sold - verkocht</title><script>self.__next_f.push([1,"1:[\"$\",{\"sold\":\"Venduto\",\"status\":\"sold\"}]\n"])</script>'

# piece JSON: a row of flight data
piece() {
  jq -nj --arg row "2:$1
" '"<script>self.__next_f.push([1,\($row | tojson)])</script>"'
}

# product ID AVAILABILITY
product() {
  printf '%s' '{"@type":"Product","name":"x","offers":{"url":"https://www.vinted.it/items/'"$1"'-x","price":5,"priceCurrency":"EUR","availability":"'"$2"'"}}'
}

ld() {
  printf '<script type="application/ld+json">%s</script>' "$1"
}

# item N SITE FILE: the Nth item of a capture as it comes out, without the
# columns that say where it stood
item() {
  wrapped "$3" "$2" >"$tmp/raw"
  normalized --stream item --rejects "$tmp/rejects" <"$tmp/raw" |
    jq -c --argjson n "$1" 'select(.record.index == $n) | .record
      | del(.observed_at, .run, .line, .index, .contract, .seller_key)'
}

# --- what becomes of a record ---

@test "what became of a picture has no look: its contracts are applied as it stands" {
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-images.ndjson"
  [[ $stderr == *'6 lines = 0 looks + 6 without look + 0 unparsable'* ]]
  same '3 vinted_image
1 vinted_image_copy
5 vinted_photo_fetch' "$(jq -r .stream <<<"$output" | sort | uniq -c | sed 's/^ *//')"
}

@test "a raw record becomes its records, written down beside it" {
  for file in "$raw"/good-*.ndjson; do
    run -0 --separate-stderr normalized --rejects "$tmp/rejects" <"$file"
    assert_stdout_is "$records/${file##*/}"
    [ -z "$stderr" ]
    [ ! -s "$tmp/rejects" ]
  done
}

@test "the same input twice gives the same bytes" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  vnormalize -q --threshold 1 <"$tmp/raw" >"$tmp/one" 2>"$tmp/words"
  vnormalize -q --threshold 1 <"$tmp/raw" >"$tmp/two" 2>"$tmp/words"
  cmp "$tmp/one" "$tmp/two"
}

@test "SCHEMA stands before the first record, once a stream, STATE is the last word" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  vnormalize -q --part 0001 <"$tmp/raw" >"$tmp/out"
  [ "$(jq -r 'select(.type == "SCHEMA").stream' "$tmp/out" | xargs)" = \
    'vinted_image vinted_image_copy vinted_item vinted_item_catalog vinted_photo vinted_photo_fetch vinted_user vinted_look' ]
  [ "$(head -n 8 "$tmp/out" | jq -r .type | sort -u)" = SCHEMA ]
  [ "$(jq -r .type "$tmp/out" | tail -n 1)" = STATE ]
  jq -es '.[-1].value.load | .part == "0001" and .published and .step == "upsert"
    and .ledger.lines == 2 and .ledger.elements == .ledger.records
    and .contracts["item.svc-2026-09"] >= 1' "$tmp/out"
}

@test "a part of which not all went through is not said to be loaded" {
  for choice in --stream=item --contract=item.svc-2026-09 '--filter=.' --no-key; do
    vnormalize -q --part 0001 "$choice" <"$raw/good-one-item.ndjson" >"$tmp/out"
    same '[null,false]' "$(jq -c 'select(.type == "STATE").value.load | [.part, .published]' "$tmp/out")"
  done
}

@test "SCHEMA tells the union of the variants and each one's columns" {
  vnormalize -q --stream item <"$raw/good-one-item.ndjson" | head -n 1 >"$tmp/schema"
  jq -e '.key_properties == ["site", "item_id", "variant"]
    and .["x-seen"] == "observed_at" and .["x-entity"] == "item"
    and (.schema.properties | has("seller_price") and (.price | has("x-jq") | not))
    and (.["x-variants"]["svc-2026-09"].columns | index("seller_price") == null)
    and (.["x-variants"]["catalog-2026-09"].columns | index("seller_price") != null)
    and (.schema.required | index("item_id") != null and index("price") == null)
    and .schema.properties.promoted.type == ["boolean", "null"]' "$tmp/schema"
}

@test "a line of another run gets a STATE of its own" {
  sed 's/0000000000000001/0000000000000002/' "$raw/good-one-item.ndjson" |
    cat "$raw/good-one-item.ndjson" - >"$tmp/raw"
  vnormalize -q <"$tmp/raw" >"$tmp/out"
  [ "$(jq -c 'select(.type == "STATE").value.load | [.run[-1:], .part, .published, .ledger.lines]' \
    "$tmp/out" | xargs)" = '[1,null,false,1] [2,null,false,1]' ]
}

@test "--stream keeps one, --contract keeps one and writes no look" {
  normalized --stream user <"$raw/good-one-item.ndjson" >"$tmp/out"
  [ "$(jq -r .stream "$tmp/out")" = vinted_user ]
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  normalized --contract item.svc-2026-09 <"$tmp/raw" >"$tmp/out"
  [ "$(jq -r .record.variant "$tmp/out")" = svc-2026-09 ]
}

@test "--filter runs a jq program on each record; amounts are text there" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  normalized --stream item --filter 'select((.price | tonumber) < 20)' <"$tmp/raw" >"$tmp/out"
  grep -q '"price":6.00,' "$tmp/out"
  [ "$(wc -l <"$tmp/out")" -eq 1 ]
  fails 64 filter vnormalize --filter 'select(' <"$raw/good-one-item.ndjson"
}

# --- exact values, texts ---

@test "digits come out as they went in, 64 bits and closing zeros too" {
  sed 's/"favourite_count":25/"favourite_count":9223372036854775807/; s/"6.00"/"123456789012345678.10"/' \
    "$raw/good-one-item.ndjson" | normalized --stream item >"$tmp/out"
  grep -q '"favourite_count":9223372036854775807,' "$tmp/out"
  grep -q '"price":123456789012345678.10,' "$tmp/out"
}

@test "an integer that does not fit 64 bits is rejected by name" {
  sed 's/"favourite_count":25/"favourite_count":9223372036854775808/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -65 --separate-stderr normalized --stream item --rejects "$tmp/rejects" <"$tmp/raw"
  [ "$(jq -r .reason "$tmp/rejects")" = "'favourite_count' does not fit 64 bits" ]
}

@test "half a surrogate pair is no text: its element is rejected, not mended" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" <"$raw/bad-half-a-surrogate-pair.ndjson"
  [ "$(jq -r .reason "$tmp/rejects" | sort -u)" = 'it holds half a surrogate pair' ]
  [ "$(jq -r .stream <<<"$output")" = vinted_look ]
}

# --- captures: what is written here was read off them and the reference by hand ---

@test "svc-catalogue, September 2026, Italy" {
  need_shared
  file=$SHARED/captures/vinted/svc-catalogue-items-it-2026-09-19.json
  same '{"site":"www.vinted.it","item_id":10051317969,"variant":"svc-2026-09","title":"Brassière de sport Nike","price":6,"currency":"EUR","service_fee":1,"total_price":7,"brand":"Nike Air","size":"L","size_system":"letter","size_code":"L","condition_id":1,"condition":"Nuovo senza cartellino","user_id":125244555,"favourite_count":25,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.it/items/10051317969-brassiere-de-sport-nike","photo_key":"06_0082b_FgHcZi296vwTGmKyGM3kBxsu"}' \
    "$(item 0 www.vinted.it "$file")"
  same '{"site":"www.vinted.it","item_id":10035663984,"variant":"svc-2026-09","title":"Nike Air Max 1 “Grey Gum”","price":55,"currency":"EUR","service_fee":3.45,"total_price":58.45,"brand":"Nike","size":"41","size_system":"number","size_code":"41","condition_id":3,"condition":"Buone","user_id":48889333,"favourite_count":29,"view_count":0,"promoted":true,"content_source":"search_promoted_items","url":"https://www.vinted.it/items/10035663984-nike-air-max-1-grey-gum","photo_key":"05_00d73_x5zv13NZTid2hrBUjpK3saxK"}' \
    "$(item 1 www.vinted.it "$file")"
  [ ! -s "$tmp/rejects" ]
  normalized --stream item <"$tmp/raw" | grep -q '"price":6.00,"currency":"EUR","service_fee":1.00,"total_price":7.00,'
}

@test "catalog/items, September 2026, Great Britain, sold from the United States" {
  need_shared
  file=$SHARED/captures/vinted/catalog-items-gb-2026-09-09.json
  same '{"site":"www.vinted.co.uk","item_id":9921566151,"variant":"catalog-2026-09","title":"Patagonia Manoa Floral Synchilla Pullover small","price":56.02,"currency":"GBP","seller_price":75,"seller_currency":"USD","service_fee":3.5,"total_price":59.52,"brand":"Patagonia","size":"S / UK 8-10","size_system":"letter","size_code":"S","condition_id":2,"condition":"Very good","user_id":3181480552,"favourite_count":1,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.co.uk/items/9921566151-patagonia-manoa-floral-synchilla-pullover-small","photo_key":"05_0262c_ioTj1HPsezvhCXivRE6KbKb8","is_visible":true}' \
    "$(item 0 www.vinted.co.uk "$file")"
  [ ! -s "$tmp/rejects" ]
  normalized --stream photo <"$tmp/raw" >"$tmp/photos"
  [ "$(jq -r .record.item_id "$tmp/photos" | uniq -c | xargs)" = '4 9921566151 6 9921532350 6 9921528874' ]
  head -n 1 "$tmp/photos" | jq -e '.record | .photo_key == "05_0262c_ioTj1HPsezvhCXivRE6KbKb8" and .position == 1
    and .width == 799 and .height == 784 and .uploaded_at == "2026-09-07T14:26:34Z" and (.sizes | length) == 6'
}

@test "an element of the list, May 2025, the Netherlands: one photo, no size" {
  need_shared
  jq -c '{items: [.]}' "$SHARED/captures/vinted/catalog-item-nl-2025-05.json" >"$tmp/body"
  same '{"site":"www.vinted.nl","item_id":6245197443,"variant":"list-2025","title":"Unifi u6 pro","price":135,"currency":"EUR","seller_price":null,"seller_currency":null,"service_fee":7.45,"total_price":142.45,"brand":"Ubiquiti","size":null,"size_system":null,"size_code":null,"condition_id":2,"condition":"Heel goed","user_id":258360251,"favourite_count":3,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.nl/items/6245197443-unifi-u6-pro","photo_key":"03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6","is_visible":true}' \
    "$(item 0 www.vinted.nl "$tmp/body")"
  normalized --stream photo <"$tmp/raw" | jq -e '.record.photo_key == "03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6"'
}

@test "the list, August 2025, scrubbed: words for ids are counted, the item keeps its own" {
  need_shared
  file=$SHARED/captures/vinted/catalog-items-us-2025-08-anonymised.json
  same '{"site":"www.vinted.com","item_id":6854891835,"variant":"list-2025","title":"a game ","price":3,"currency":"EUR","seller_price":null,"seller_currency":null,"service_fee":0.85,"total_price":3.85,"brand":null,"size":null,"size_system":null,"size_code":null,"condition_id":2,"condition":"Very Good","user_id":null,"favourite_count":4,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.fakeurl.com/item/item_id","photo_key":"high_resolution_id","is_visible":true}' \
    "$(item 0 www.vinted.com "$file")"
  [ "$(jq -c '[.kept, .reason, .value]' "$tmp/rejects")" = \
    "[true,\"'user_id' is not an integer\",\"\\\"user id\\\"\"]" ]
  run -0 --separate-stderr vnormalize --threshold 0 <"$tmp/raw"
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
}

@test "both engines agree on every capture" {
  need_shared
  {
    for name in svc-catalogue-items-it-2026-09-19 catalog-items-gb-2026-09-09 \
      catalog-items-us-2025-08-anonymised catalog-items-us-2023-10-anonymised; do
      wrapped "$SHARED/captures/vinted/$name.json" www.vinted.fr
    done
    for name in 2023-12-05 2024-02-19 2025-06-21; do
      wrapped "$SHARED/captures/vinted/favourites-cz-$name.json" www.vinted.cz favourites
    done
    wrapped "$SHARED/captures/vinted/item-us-2023-10-anonymised.json" www.vinted.com item
    wrapped "$SHARED/captures/vinted/item-details-us-2025-08-anonymised.json" www.vinted.com details
    wrapped "$SHARED/captures/vinted/item-status-plugin-sold-it-2026-07-27.json" www.vinted.it item-status
    for file in "$SHARED"/captures/vinted/item-page-*.html; do
      paged "$file" www.vinted.fr
    done
  } >"$tmp/raw"
  normalized --threshold 1 --engine auto <"$tmp/raw" >"$tmp/auto" 2>"$tmp/words"
  normalized --threshold 1 --engine jq <"$tmp/raw" >"$tmp/jq" 2>"$tmp/words"
  cmp "$tmp/auto" "$tmp/jq"
}

# states FILE SITE KIND: how many items of a capture are in which state
states() {
  wrapped "$SHARED/captures/vinted/$1" "$2" "$3" >"$tmp/raw"
  normalized --threshold 0 --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out"
  [ ! -s "$tmp/rejects" ]
  jq -r 'select(.stream == "vinted_item").record | "\(.variant) \(.state) \(.evidence)"' "$tmp/out" |
    sort | uniq -c | sed 's/^ *//'
}

@test "favourites of 2023 to 2025: who is sold, reserved, hidden, by what the site said" {
  need_shared
  same '2 fat-2023 hidden is_visible
171 fat-2023 live is_closed
4 fat-2023 reserved is_reserved
15 fat-2023 sold is_closed,item_closing_action' "$(states favourites-cz-2023-12-05.json www.vinted.cz favourites)"
  same '213 fat-2023 live is_closed
1 fat-2023 reserved is_reserved
3 fat-2023 sold is_closed,item_closing_action' "$(states favourites-cz-2024-02-07.json www.vinted.cz favourites)"
  same '234 fat-2023 live is_closed
1 fat-2023 reserved is_reserved
6 fat-2023 sold is_closed,item_closing_action' "$(states favourites-cz-2024-02-18.json www.vinted.cz favourites)"
  same '231 fat-2023 live is_closed
1 fat-2023 reserved is_reserved
6 fat-2023 sold is_closed,item_closing_action' "$(states favourites-cz-2024-02-19.json www.vinted.cz favourites)"
  same '830 favourites-2025 live is_closed
3 favourites-2025 sold is_closed,item_closing_action' "$(states favourites-cz-2025-06-21.json www.vinted.cz favourites)"
}

@test "the fat item, February 2024, with its seller's counters" {
  need_shared
  wrapped "$SHARED/captures/vinted/favourites-cz-2024-02-19.json" www.vinted.cz favourites >"$tmp/raw"
  normalized <"$tmp/raw" >"$tmp/out"
  same '{"site":"www.vinted.cz","item_id":3914576266,"variant":"fat-2023","title":"Sukienka Mosquito","price":118.54,"currency":"CZK","seller_price":20,"seller_currency":"PLN","service_fee":23.93,"total_price":142.47,"original_price":118.54,"brand":"Mosquito","brand_id":28997,"size":"L / 40 / 12","size_system":"letter","size_code":"L","size_id":5,"condition_id":2,"condition":"Velmi dobrý","catalog_id":1056,"color_id":15,"color2_id":null,"package_size_id":1,"user_id":102046721,"favourite_count":10,"view_count":76,"promoted":false,"url":"https://www.vinted.cz/items/3914576266-sukienka-mosquito","photo_key":"'"$(jq -r '.items[0].photos[0].high_resolution.id' "$SHARED/captures/vinted/favourites-cz-2024-02-19.json")"'","is_visible":true,"is_closed":false,"item_closing_action":null,"is_reserved":false,"is_hidden":false,"can_be_sold":true,"can_buy":true,"created_at":"2023-12-28T13:34:11+01:00","updated_at":"2024-02-17T10:05:07+01:00","pushed_up_at":"2023-12-28T13:34:11+01:00","state":"live","evidence":"is_closed","state_rule":null}' \
    "$(jq -c 'select(.stream == "vinted_item" and .record.index == 0).record | del(.observed_at, .run, .line, .index, .contract, .seller_key)' "$tmp/out")"
  same '{"site":"www.vinted.cz","user_id":102046721,"variant":"fat","item_count":99,"given_item_count":53,"taken_item_count":1,"total_items_count":152,"positive_feedback_count":49,"neutral_feedback_count":0,"negative_feedback_count":0,"feedback_count":49,"feedback_reputation":1,"followers_count":1,"following_count":0,"is_on_holiday":false,"is_banned":false,"country_code":"PL","business":false}' \
    "$(jq -c 'select(.stream == "vinted_user" and .record.index == 0).record | del(.observed_at, .run, .line, .index, .contract, .seller_key)' "$tmp/out")"
}

@test "banned until the year 2223 is banned; an account of an unknown status may or may not be" {
  need_shared
  wrapped "$SHARED/captures/vinted/favourites-cz-2023-12-05.json" www.vinted.cz favourites >"$tmp/raw"
  same '190 false
1 null
1 true' "$(normalized --stream user <"$tmp/raw" | jq -r .record.is_banned | sort | uniq -c | sed 's/^ *//')"
  for user in '"account_ban_date":"2024-02-18" false' '"account_ban_date":"2024-02-19" true' \
    '"account_status":9 null' '"account_status":null null' '"is_account_ban_permanent":true true' '"is_banned":1 true'; do
    jq -c --argjson set "{${user% *}}" '.body.user += $set | .fetched_at = "2024-02-19T10:00:00Z"' "$raw/good-user.ndjson" |
      normalized --stream user >"$tmp/out"
    same "${user##* }" "$(jq -c .record.is_banned "$tmp/out")"
  done
}

@test "scrubbed beyond use: an item whose id is a word is rejected; details keep theirs" {
  need_shared
  wrapped "$SHARED/captures/vinted/item-us-2023-10-anonymised.json" www.vinted.com item >"$tmp/raw"
  normalized --threshold 1 --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out"
  same "item 'item_id' is not an integer
photo 'item_id' is not an integer" "$(jq -r '"\(.stream) \(.reason)"' "$tmp/rejects" | sed 's/^vinted_//')"
  same '1 details-2025 live is_closed' "$(states item-details-us-2025-08-anonymised.json www.vinted.com details)"
  same '1 status-2026 sold item_status' "$(states item-status-plugin-sold-it-2026-07-27.json www.vinted.it item-status)"
}

@test "item pages of 2023, 2025 and 2026 tell of their item, and of no other" {
  need_shared
  while read -r name id want; do
    paged "$SHARED/captures/vinted/item-page-$name.html" www.vinted.fr "$id" >"$tmp/raw"
    same "$want" "$(told)"
  done <<'END'
fr-2023-08-06 3195688433 page-2023 3195688433 live is_closed null
fr-2025-06-22 6554254787 page-2025 6554254787 live is_closed null
jsonld-nl-2026-08-25 9649359254 page-2026 9649359254 live ld+json:InStock null
sold-nl-2026-08-26 9649359255
fr-2023-08-06 5 no contract for the item of this item-page
fr-2025-06-22 5 'item_id' is missing
jsonld-nl-2026-08-25 5 no contract for the item of this item-page
END
}

@test "without a word of which item was asked, a page tells of its only one" {
  need_shared
  for name in fr-2023-08-06 fr-2025-06-22 jsonld-nl-2026-08-25; do
    paged "$SHARED/captures/vinted/item-page-$name.html" www.vinted.fr >"$tmp/raw"
    [[ $(told) == page-202?' '*' live '* ]]
  done
  paged "$SHARED/captures/vinted/item-page-sold-nl-2026-08-26.html" www.vinted.nl >"$tmp/raw"
  same '' "$(told)"	# an excerpt without its address: it names no item
  jq -c 'select(.line == 2).request = {}' "$raw/good-item-pages.ndjson" | sed -n 2p >"$tmp/raw"
  same "'item_id' is missing" "$(told)"	# neighbours, and nobody says who is meant
}

# --- item pages ---

@test "the plugin, the flags, the product: each says of its own item alone" {
  live='"is_closed":false,"item_closing_action":null,"is_reserved":false,"is_hidden":false'
  sold='"is_closed":true,"item_closing_action":"sold","is_reserved":true,"is_hidden":false'
  same 'page-bare 7 sold item_status null' "$(page 7 "$words" "$(piece \
    '[{"name":"item_status","data":{"item_id":8,'"$live"'}},{"name":"item_status","data":{"item_id":7,'"$sold"'}}]')" '</html>')"
  same 'page-2026 7 live ld+json:InStock null' "$(page 7 "$words" "$(ld "[$(product 8 SoldOut),$(product 77 SoldOut),$(product 7 InStock)]")" "$(piece \
    '[{"name":"item_status","data":{"item_id":8,'"$sold"'}}]')" '</html>')"
  same 'page-2026 7 sold ld+json:SoldOut null' "$(page 7 "$words" "$(ld "$(product 7 https://schema.org/SoldOut)")" "$(piece \
    '[{"name":"item_status","data":{"item_id":7,'"$live"'}}]')" '</html>')"
  same 'page-2026 7 hidden item_status null' "$(page 7 "$words" "$(ld "$(product 7 InStock)")" "$(piece \
    '[{"name":"item_status","data":{"item_id":"7","is_closed":false,"is_hidden":true}}]')" '</html>')"
  same 'page-2026 7 null null null' "$(page 7 "$words" "$(ld "$(product 7 OutOfStock)")" '</html>')"
  item='"title":"t","price":{"amount":"5.0","currency_code":"EUR"}'
  same 'page-2025 7 sold is_closed,item_closing_action null' "$(page 7 "$words" "$(piece \
    '[{"id":8,'"$item,$live"'},{"item":{"id":7,'"$item,$sold"'}}]')" '</html>')"
  same 'page-2025 7 live is_closed null' "$(page 7 "$words" "$(piece \
    '[{"id":8,'"$item,$sold"'},{"item":{"id":7,'"$item,$live"'}}]')" '</html>')"
}

@test "no product is no state: a rule is named, where the page is the item's own and shows nothing else" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  same 'page-bare 7 null no ld+json no-product' "$(page 7 "$own" "$words" '</body> </HTML> ')"
  same 'page-bare 7 null no ld+json no-product' "$(page 7 "$own" "$words" "$(piece '{"itemId":7}')" '</html>')"
  same 'page-bare 7 null null null' "$(page 7 "$words" "$(piece '{"itemId":7}')" '</html>')"	# no address of its own
  same 'page-bare 7 null null null' "$(page 7 "$own" "$words" "$(piece '[{"name":"item_status","data":{"item_id":8,"is_closed":false}}]')" '</html>')"
  same 'page-bare 7 null null null' "$(page 7 "$own" "$words" "$(piece '[{"name":"seller_item_status","data":{"item_id":7}}]')" '</html>')"
  same 'page-bare 7 null null null' "$(page 7 "$own" "$words" "$(ld "$(product 8 InStock)")" '</html>')"
  same 'page-bare 7 null null null' "$(page 7 "$own" "$words" "$(piece '[{"broken"]')" '</html>')"
  same "'item_id' is missing" "$(page 7 '<link rel="canonical" href="https://x/items/77-7">' "$words" '</html>')"
  same "'item_id' is missing" "$(page 7 '<meta property="og:url" content="https://x/">' "$words" '</html>')"
  same "'item_id' is missing" "$(page 7 "$words" "$(piece '{"itemId":8}')" '</html>')"
  same 'no contract for the item of this item-page' "$(page 7 '<title>Venduto</title></html>')"
  same 'no contract for the item of this item-page' "$(page 7 "$words" '<!-- </html> --><p>')"
  same 'no contract for the item of this item-page' "$(page 7 "$words" '<script>"</body></html>')"
}

@test "buyer_item_status: SUCCESS is sold; any other theme is named, and says nothing" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  buyer() { # DATA
    page 7 "$own" "$words" "$(piece '{"plugins":[{"name":"buyer_item_status","type":"x","data":'"$1"'}]}')" "${@:2}" '</html>'
  }
  theme() { jq -r '.record.buyer_status' "$tmp/out"; }
  same 'page-bare 7 sold buyer_item_status:SUCCESS null' "$(buyer '{"item_id":7,"title":"Venduto","theme":"SUCCESS"}')"
  same SUCCESS "$(theme)"
  same 'page-bare 7 null buyer_item_status:WARNING null' "$(buyer '{"item_id":7,"title":"Reserviert","theme":"WARNING"}')"
  same WARNING "$(theme)"
  same 'page-bare 7 null buyer_item_status:success null' "$(buyer '{"item_id":"7","theme":"success"}')"
  same 'page-bare 7 null buyer_item_status:none null' "$(buyer '{"item_id":7,"title":"Venduto"}')"
  same 'page-bare 7 null buyer_item_status:none null' "$(buyer '{"item_id":7,"theme":null}')"
  same 'page-bare 7 null buyer_item_status:3 null' "$(buyer '{"theme":3}')"
  same 'page-bare 7 null null null' "$(buyer '{"item_id":8,"theme":"SUCCESS"}')"	# another's
  same 'page-bare 7 reserved item_status null' "$(buyer '{"item_id":7,"theme":"WARNING"}' \
    "$(piece '[{"name":"item_status","data":{"item_id":7,"is_closed":false,"is_reserved":true}}]')")"
  same 'page-bare 7 reserved is_reserved null' "$(buyer '{"item_id":7,"theme":"INFO"}' "$(piece '{"item":{"id":7,"is_reserved":true}}')")"
  # with a product: a theme that is not known leaves it open
  same 'page-2026 7 null buyer_item_status:WARNING null' "$(buyer '{"item_id":7,"theme":"WARNING"}' "$(ld "$(product 7 InStock)")")"
  same 'page-2026 7 sold buyer_item_status:SUCCESS null' "$(buyer '{"item_id":7,"theme":"SUCCESS"}' "$(ld "$(product 7 InStock)")")"
}

@test "the item's own flags, with a product or without, and no other's" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  flagged() { # FLAGS
    page 7 "$own" "$words" "$(piece '[{"id":8,"is_closed":true,"item_closing_action":"sold"},{"item":{"id":7,'"$1"'}}]')" "${@:2}" '</html>'
  }
  same 'page-bare 7 reserved is_reserved null' "$(flagged '"can_buy":false,"is_reserved":true,"is_hidden":false')"
  same 'page-bare 7 reserved is_reserved null' "$(flagged '"is_reserved":1')"
  same 'page-bare 7 hidden is_hidden null' "$(flagged '"is_hidden":true')"
  same 'page-bare 7 sold is_closed,item_closing_action null' "$(flagged '"is_closed":true,"item_closing_action":"sold"')"
  same 'page-bare 7 null is_closed null' "$(flagged '"is_closed":true,"item_closing_action":"withdrawn"')"
  same 'page-bare 7 null null null' "$(flagged '"is_reserved":false,"is_hidden":false')"
  same 'page-bare 7 live is_closed null' "$(flagged '"is_closed":false,"is_reserved":false')"
  same 'page-2026 7 reserved is_reserved null' "$(flagged '"is_reserved":true' "$(ld "$(product 7 InStock)")")"
  same 'page-2026 7 null is_closed null' "$(flagged '"is_closed":true' "$(ld "$(product 7 InStock)")")"
}

@test "another's canonical address: nothing that such a page holds is of this item" {
  other='<link rel="canonical" href="https://x/items/77-z">'
  live='"is_closed":false,"item_closing_action":null,"is_reserved":false,"is_hidden":false'
  same "'item_id' is missing" "$(page 7 "$other" "$words" "$(piece '[{"name":"buyer_item_status","data":{"item_id":7,"theme":"SUCCESS"}}]')" '</html>')"
  same "'item_id' is missing" "$(page 7 "$other" "$words" "$(ld "$(product 7 InStock)")" '</html>')"
  same "'item_id' is missing" "$(page 7 "$other" "$words" "$(piece \
    '[{"id":7,"title":"t","price":{"amount":"5.0","currency_code":"EUR"},'"$live"'}]')" '</html>')"
  same "'item_id' is missing" "$(page 7 "$other" '<meta property="og:url" content="https://x/items/7">' "$words" '</html>')"
}

@test "a shell that names no item is a look at none, and costs its neighbours nothing" {
  same '' "$(page 7 '<title>x</title><script>self.__next_f.push([1,"1:{}"])</script></html>')"
  same '' "$(page 7 "$words" '</body></html>')"
  same '' "$(page 7 "$words" "$(piece '[{"id":9,"is_closed":true}]')" '</html>')"
  run -0 --separate-stderr vnormalize --stream item <"$tmp/raw"
  [[ $stderr == *'vinted_item: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
}

@test "a product that cannot be read is a reject, never a sale" {
  same "'item_id' is missing" "$(page 7 "$words" "$(ld '{"@type":"Product",')" '</html>')"
  same "'item_id' is missing" "$(page 7 "$words" "$(ld '{"a":"x</script>y"}')" '</html>')"
  same "'seller_price' is not a number" "$(page 7 "$words" "$(ld "$(product 7 InStock | sed 's/:5,/:"five",/')")" '</html>')"
}

@test "pages that nobody writes are refused by name, quickly and in little memory" {
  need="<link rel=canonical href=https://x/items/7>$words</html>"
  many() { printf "%0${1}d" 0 | sed "s#0#$2#g"; }
  same 'the page is nested too deep, or too long' "$(page 7 "$(many 30000 '<b>')" "$need")"
  same 'the page is nested too deep, or too long' "$(page 7 "$(many 30000 '<table><tr><td>')" "$need")"
  same 'the page has a tag with too many attributes' "$(page 7 '<p ' "$(many 30000 ' a')" '>' "$need")"
  same '' "$(page 7 '<script>self.__next_f.push([1,"')"	# an unreadable look
  same 'page-bare 7 null no ld+json no-product' "$(page 7 '<meta charset=utf-16><!DOCTYPE x [<!ENTITY a "b">]>&a;' "$need")"
  jq -c '.body_text = "<p>\u0000</p>" + .body_text' "$tmp/raw" >"$tmp/nul"
  mv "$tmp/nul" "$tmp/raw"
  same 'the page is empty or holds a NUL' "$(told)"
  { printf '<script type="application/ld+json">'; many 30000 '['; printf '</script>%s' "$need"; } >"$tmp/page"
  paged "$tmp/page" www.vinted.it 7 >"$tmp/raw"
  same "'item_id' is missing" "$(told)"
  { many 20000 "<script>self.__next_f.push([1,\"1:[]\\\\n\"])<\/script>"; printf '%s' "$need"; } >"$tmp/page"
  paged "$tmp/page" www.vinted.it 7 >"$tmp/raw"
  same 'page-bare 7 null no ld+json no-product' "$(told)"
  { head -c 52428800 /dev/zero | tr '\0' x; printf '%s' "$need"; } >"$tmp/page"
  paged "$tmp/page" www.vinted.it 7 >"$tmp/raw"
  same 'the page is longer than 8 MiB' "$(told)"
}

@test "a page that is not UTF-8, a challenge, a 404: looks, and no items" {
  sed -n 4p "$raw/good-item-pages.ndjson" | jq -c '(.body_base64 = (.body_text | @base64) | del(.body_text)),
    (.status = 404), (.status = 410), (.status = 403), (.headers["cf-mitigated"] = "challenge"),
    (.headers["content-type"] = "application/json"), (.body_text = ""), (.error = {cause: "reset"} | del(.body_text))' >"$tmp/raw"
  run -0 --separate-stderr vnormalize --records-only --threshold 0 <"$tmp/raw"
  [[ $output != *vinted_item* ]]
  same 'failed:truncated gone gone refused:forbidden refused:challenge unreadable unreadable failed:reset' \
    "$(jq -r .record.verdict <<<"$output" | xargs)"
}

@test "mangled pages: both engines write the same, and nobody dies" {
  for seed in 1 2; do
    run -0 "$ROOT/tests/fuzz/pages" $seed 30 "$tmp"
    [ "$output" -gt 20 ]
  done
}

# --- wardrobes and sellers ---

@test "a wardrobe that lacks what tracking needs stops the flow with a sentence" {
  while read -r name change; do
    jq -c ".body.items[] |= ($change) | del(.request.user_id)" "$raw/good-wardrobe-2026.ndjson" >"$tmp/raw"
    run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
    [[ $stderr == 'vnormalize: '*' were rejected, more than a share of 0.05' ]]
    [[ $(jq -r .reason "$tmp/rejects" | sort -u) =~ ^\'$name\'\ is\ (missing|null)$ ]]
  done <<'END'
item_id del(.id)
title del(.title)
price del(.price)
currency .price = 5 | del(.currency)
user_id del(.user)
END
  jq -c '.body = {"things": []}' "$raw/good-wardrobe-2026.ndjson" >"$tmp/raw"
  run -0 --separate-stderr vnormalize --records-only <"$tmp/raw"
  same unreadable "$(jq -r .record.verdict <<<"$output")"
}

@test "a seller without counters, a status without its plugin: rejected by name" {
  jq -c 'del(.body.user.given_item_count)' "$raw/good-user.ndjson" >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  same 'no contract for the user of this user' "$(jq -r .reason "$tmp/rejects")"
  head -n 1 "$raw/good-item-status.ndjson" | jq -c 'del(.body.plugins[2])' >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  same "'item_id' is missing" "$(jq -r .reason "$tmp/rejects")"
}

@test "a look says whose and which item was asked for, as text; of a forgotten seller it says neither" {
  for id in '"300000001"' 300000001; do
    jq -c ".request.user_id = $id" "$raw/good-user.ndjson" | normalized --stream look >"$tmp/out"
    same '["300000001",null]' "$(jq -c '.record | [.user_id, .item_id]' "$tmp/out")"
  done
  for id in null true '[1]' '{}'; do
    jq -c ".request.user_id = $id | .request.item_id = $id" "$raw/good-user.ndjson" | normalized --stream look >"$tmp/out"
    same '[null,null]' "$(jq -c '.record | [.user_id, .item_id]' "$tmp/out")"
  done
  seller=$(normalized --stream user <"$raw/good-user.ndjson" | jq -r .record.seller_key)
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" >"$VPIPE_DATA/forgotten.ndjson"
  cat "$raw/good-user.ndjson" "$raw/good-wardrobe-2026.ndjson" >"$tmp/raw"
  jq -c '.request.user_id = 300000001 | .status = 404 | .body = {code: 104}' "$raw/good-user.ndjson" >>"$tmp/raw"
  normalized <"$tmp/raw" >"$tmp/out"
  same '["ok",null,null,null]
["ok",null,null,null]
["gone",null,null,null]' "$(jq -c '.record | [.verdict, .user_id, .subject, .query]' "$tmp/out")"
  same '[]' "$(sed -n 2p "$tmp/out" | jq -c .record.ids)"
  run ! grep -q 300000001 "$tmp/out"
}

@test "an item of a forgotten seller is not named by the look at its page" {
  seller=$(sed -n 5p "$raw/good-item-pages.ndjson" | normalized --contract item.page-2026 | jq -r .record.item_id)
  same 12200000002 "$seller"
  seller=$(normalized --contract item.status-2026 <"$raw/good-item-status.ndjson" | head -n 1 | jq -r .record.seller_key)
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" >"$VPIPE_DATA/forgotten.ndjson"
  { sed -n 5p "$raw/good-item-pages.ndjson"; cat "$raw/good-item-status.ndjson"; } | normalized >"$tmp/out"
  same '[null,null,null]
[null,null,null]
[null,null,null]' "$(jq -c '.record | [.item_id, .subject, .query]' "$tmp/out")"
}

@test "SCHEMA repeats what a contract says of snapshots; what is not understood there is 78" {
  vnormalize -q --stream item --stream user <"$raw/good-one-item.ndjson" | grep SCHEMA | jq -s 'map(.["x-variants"]) | add' >"$tmp/schema"
  jq -e '.["svc-2026-09"]["x-snapshot"] == {"kind": "list", "state": "live", "evidence": "present"}
    and .["fat-2023"]["x-snapshot"] == {"kind": "favourites"} and .user["x-snapshot"] == {"kind": "counters"}
    and all(.[]; has("x-snapshot"))' "$tmp/schema"
  mkdir -p "$tmp/sources"
  cp -R "$ROOT/schema/sources/vinted" "$tmp/sources/made"
  export VPIPE_SOURCES=$tmp/sources
  file=$tmp/sources/made/item.svc-2026-09.json
  while read -r snapshot words; do
    jq --argjson x "$snapshot" '.["x-snapshot"] = $x' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" >"$file"
    fails 78 "$words" vnormalize --contracts
  done <<'END'
{"kind":"list","sate":"live"} unknown key 'sate'
{"kind":"list","state":"gone"} the state is not 'gone'
{"state":"live"} 'kind' is not a string
"list" 'x-snapshot' is not an object
END
  jq '.["x-snapshot"].state = "live"' "$ROOT/schema/sources/vinted/item.fat-2023.json" >"$tmp/sources/made/item.fat-2023.json"
  cp "$ROOT/schema/sources/vinted/item.svc-2026-09.json" "$file"
  fails 78 "'state' is a property and stands in 'x-snapshot'" vnormalize --contracts
}

@test "a shape declares what it shows: a page without its item does not say null for a price" {
  vnormalize -q --stream item <"$raw/good-one-item.ndjson" | head -n 1 | jq '.["x-variants"] | map_values(.columns)' >"$tmp/columns"
  for variant in page-bare status-2026 page-2026; do
    jq -e --arg v $variant '.[$v] | index("state") != null and index("price") == null and index("total_price") == null' "$tmp/columns"
  done
  jq -e '(.["page-bare"] | index("title") == null and index("seller_key") == null)
    and (to_entries | all((.key | test("^(catalog|list|svc)")) == (.value | index("state") == null)))' "$tmp/columns"
}

@test "an x-from that is not understood is 78" {
  mkdir -p "$tmp/sources"
  cp -R "$ROOT/schema/sources/vinted" "$tmp/sources/made"
  export VPIPE_SOURCES=$tmp/sources
  while read -r from words; do
    jq --argjson x "$from" '.["x-from"] = $x' "$ROOT/schema/sources/vinted/item.page-2026.json" >"$tmp/sources/made/item.page-2026.json"
    fails 78 "$words" vnormalize --contracts
  done <<'END'
"csv" 'x-from' is neither json nor an object of parts
{} 'x-from' is neither json nor an object of parts
{"a":{"from":"csv"}} 'a' is from none of: json, html-script
{"a":{"from":"html-script"}} 'a' lacks a path
{"a":{"from":"html-script","path":"//["}} no XPath: '//['
{"a":{"from":"html-whole","path":"//p"}} 'a' lacks a path, or has what html-whole does not take
{"a":{"from":"json","with":{"id":1}}} x-from: 'id'
{"a":{"from":"json","with":{".id":[1]}}} a list or object is no condition
{"a":{"from":"json","with":{".id":{"segment":".x"}}}} does not begin with $raw.
{"a":{"from":"json","give":"some"}} give is none of: all, count, broken
{"a":{"from":"json","when":1}} unknown key 'when'
END
}

# --- rejects ---

@test "a price that is no number is rejected with its reason, the rest goes on" {
  run -0 --separate-stderr normalized --threshold 0.2 --rejects "$tmp/rejects" <"$raw/bad-price-is-text.ndjson"
  [ "$(jq -r .reason "$tmp/rejects")" = "'price' is not a number" ]
  [ "$(jq -c '[.program, .part, .line, .index, .stream, .contract, .property, .kept, .value]' "$tmp/rejects")" = \
    '["vnormalize",null,1,1,"vinted_item","item.svc-2026-09","price",false,"\"six\""]' ]
  [ "$(jq -r 'select(.stream == "vinted_item").record.item_id' <<<"$output")" = 10000000001 ]
}

@test "what is missing is said, and the element is kept whole in the rejects" {
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$raw/bad-title-is-missing.ndjson"
  [ "$(jq -r .reason "$tmp/rejects")" = "'title' is missing" ]
  jq -e '.value | fromjson | .id == 10000000001' "$tmp/rejects"
  [[ ${lines[-1]} != *STATE* ]]	# nothing vouches for a part that is held
  [[ $stderr == 'vnormalize: 1 of '*' lines and elements were rejected, more than a share of 0.05' ]]
}

@test "a shape that no contract knows is loud" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" <"$raw/bad-unknown-shape.ndjson"
  grep -q '"no contract for the item of this search"' "$tmp/rejects"
}

# items FILTER [OPTION]...: good-one-item with these items, made of $svc and $list: an item as the search of
# today shows it, and one of an older search
items() {
  jq -c --slurpfile older "$raw/good-list-2025.ndjson" '.body.items[0] as $svc | $older[0].body.items[0] as $list |
    .body.items = ['"$1"' | select(true)] | .body.items |= (to_entries | map(.key as $n | .value |
      if type == "object" and has("id") then .id = 100 + $n | .item_box.item_id? = 100 + $n else . end))' \
    "${@:2}" "$raw/good-one-item.ndjson"
}

@test "an odd item costs itself and no other, wherever it stands" {
  for odd in '($svc | .price = null)' '($svc | del(.price))' '{}' '[]' '"sold"' 1 false; do
    for page in "$odd, \$svc, \$svc" "\$svc, $odd, \$svc" "\$svc, \$svc, $odd"; do
      items "$page" >"$tmp/raw"
      for engine in auto jq; do
        vnormalize -q --records-only --engine "$engine" --threshold 1 --stream item --rejects "$tmp/rejects" \
          <"$tmp/raw" >"$tmp/out"
        same '["svc-2026-09","Nordhavn","L"] ["svc-2026-09","Nordhavn","L"]' \
          "$(jq -c '.record | [.variant, .brand, .size]' "$tmp/out" | xargs -d '\n')"
        same 1 "$(wc -l <"$tmp/rejects")"
      done
    done
  done
  items 'null, ($svc | .price = null), $svc' >"$tmp/raw"	# redacted, odd, good
  run -0 --separate-stderr vnormalize --threshold 1 --stream item --rejects "$tmp/rejects" <"$tmp/raw"
  [[ $stderr == *'vinted_item: 3 elements = 1 records + 1 filtered + 1 rejected'* ]]
}

@test "the contract that most items fit reads the page; each item is then judged by it" {
  for page in '$list, $svc, $svc' '$svc, $list, $svc' '$svc, $svc, $list' '{}, $list, $svc, $svc'; do
    items "$page" | normalized --threshold 1 --stream item --stream photo --rejects "$tmp/rejects" >"$tmp/out"
    same '["vinted_item","svc-2026-09",3] ["vinted_photo","svc-2026-09",3]' \
      "$(jq -sc 'group_by(.stream)[] | [.[0].stream, .[0].record.variant, length]' "$tmp/out" | xargs -d '\n')"
    jq -es 'map(select(.stream == "vinted_item").record.brand) | map(select(. == "Nordhavn")) | length >= 2' "$tmp/out"
  done
}

@test "of as many fitting items the first that fits one contract only decides" {
  while read -r want page; do
    items "$page" | normalized --threshold 1 --stream item --rejects "$tmp/rejects" >"$tmp/out"
    same "$want" "$(jq -r .record.variant "$tmp/out" | uniq)"
  done <<'END'
svc-2026-09 $svc, $list
list-2025 $list, $svc
list-2025 {}, "x", $list, $svc, $svc, $list
svc-2026-09 null, $svc
END
  # the line before has no say
  { items '$list'; items '$svc, $list'; items '$svc'; items '$list, $svc'; } |
    normalized --threshold 1 --stream item >"$tmp/out"
  same 'list-2025 svc-2026-09 svc-2026-09 svc-2026-09 list-2025 list-2025' "$(jq -r .record.variant "$tmp/out" | xargs)"
}

@test "a page that no contract reads counts as all its items, however many photos there are" {
  items 'range(20) | $svc | .photos = [range(40) as $n | .photos[0] | .high_resolution.id += "\($n)"]' >"$tmp/page"
  items 'range(20) | $svc | .price = null' >"$tmp/odd"
  for _ in 1 2 3 4 5 6 7 8 9; do cat "$tmp/page"; done | jq -c '.line = input_line_number' >"$tmp/raw"
  run -0 --separate-stderr vnormalize --rejects "$tmp/rejects" <"$tmp/raw"
  [[ ${lines[-1]} == *STATE* ]]
  cat "$tmp/odd" >>"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  [[ ${lines[-1]} != *STATE* ]]
  [ "$stderr" = 'vnormalize: 20 of 200 elements of vinted_item were rejected, by whole pages, more than a share of 0.05' ]
  run -0 --separate-stderr vnormalize --rejects "$tmp/rejects" --threshold 0.1 <"$tmp/raw"
  [[ $stderr == *'vinted_item: 200 elements = 180 records + 0 filtered + 20 rejected'* ]]
  [[ ${lines[-1]} == *STATE* ]]
}

@test "a forgotten seller's items are not named by a page whose first item is odd, nor by one that nobody reads" {
  seller=$(normalized --stream user <"$raw/good-one-item.ndjson" | jq -r .record.seller_key)
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" >"$VPIPE_DATA/forgotten.ndjson"
  for page in '{}, $svc, $svc' '($svc | .price = null), ($svc | .price = null)'; do
    items "$page" | jq -c "del(.request.catalog_id)" |
      normalized --threshold 1 --stream look --stream item --rejects "$tmp/rejects" >"$tmp/out"
    jq -es 'all(.stream == "vinted_look") and .[0].record.ids == []' "$tmp/out"
  done
}

@test "an unknown label is kept as text, its id null, and counted" {
  run -0 --separate-stderr vnormalize --records-only --stream item --rejects "$tmp/rejects" --quality "$tmp/quality" \
    <"$raw/odd-unknown-label.ndjson"
  jq -e '.record.condition == "Come nuovissimo" and .record.condition_id == null' <<<"$output"
  jq -e '.kept and .property == "condition_id"' "$tmp/rejects"
  [[ $stderr == *', 1 unknown labels'* ]]
  jq -es 'any(.property == "condition_id" and .unknown_labels == 1)' "$tmp/quality"
}

@test "a no-break or thin space is a space, in sizes, conditions and lines of both" {
  for space in '\u00a0' '\u202f' '\u2009' '\u3000'; do
    items "(\$svc | .item_box.second_line = \"86${space}cm${space}·${space}Nuovo${space}senza cartellino\"),
      (\$svc | .item_box.second_line = \"UK${space}9\"), (\$svc | .item_box.second_line = \"Taglia${space}unica\")" >"$tmp/raw"
    for engine in auto jq; do
      normalized --engine $engine --stream item <"$tmp/raw" >"$tmp/out"
      same '["86 cm","cm","86","Nuovo senza cartellino",1]
["UK 9","uk","9",null,null]
["Taglia unica","one","ONE",null,null]' \
        "$(jq -c '.record | [.size, .size_system, .size_code, .condition, .condition_id]' "$tmp/out")"
    done
    jq -c --arg s "$space" '.body.items[0] |= (.size = "18-24 meses / 86'"$space"'cm" | del(.size_title) | .status = "Nuevo'"$space"'sin etiquetas")' \
      "$raw/good-wardrobe-2026.ndjson" | normalized --stream item >"$tmp/out"
    same '["cm","86",1]' "$(jq -c '.record | [.size_system, .size_code, .condition_id]' "$tmp/out" | head -n 1)"
  done
}

@test "every label of the table stands for its id, whatever the language" {
  need_shared
  jq -c '.items' "$SHARED/captures/vinted/favourites-cz-2024-02-07.json" |
    jq -c '[.[] | {(.status): .status_id}] | add' >"$tmp/seen"
  jq -e --slurpfile seen "$tmp/seen" '.labels.cs as $cs | $seen[0] | to_entries | all(.value == $cs[.key])' \
    "$ROOT/schema/sources/vinted/labels/condition.json"
  jq -c '[.[] | {(.title): .id}] | add' "$SHARED/captures/vinted/dict-status-fr-2021.json" >"$tmp/seen"
  jq -e --slurpfile seen "$tmp/seen" '.labels.fr as $fr | $seen[0] | to_entries | all(.value == $fr[.key])' \
    "$ROOT/schema/sources/vinted/labels/condition.json"
}

@test "without --rejects the first few are said" {
  run -65 --separate-stderr vnormalize <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == *"vnormalize: line 1, element 0 of item.svc-2026-09: 'title' is missing"* ]]
}

@test "the ledger closes, and says it in words and metrics" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" --metrics "$tmp/metrics" <"$tmp/raw"
  [[ $stderr != *'DOES NOT CLOSE'* ]]
  [[ $stderr == *' lines = '*' looks + 20 without look + 1 unparsable'* ]]
  grep -q '^vpipe_vnormalize_elements_total{stream="vinted_item"} ' "$tmp/metrics"
  [ "$(tail -n 1 "$tmp/metrics")" = '# EOF' ]
}

@test "--quality counts, with the smallest and the greatest, and no seller's id" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" "$raw/good-list-2025.ndjson" >"$tmp/raw"
  normalized --quality "$tmp/quality" <"$tmp/raw" >"$tmp/out"
  version=$(jq .version "$ROOT/schema/sources/vinted/item.list-2025.json")
  [ "$(jq -c 'select(.property == "price" and .variant == "list-2025") | [.stream, .version, .records, .nulls, .invalids]' \
    "$tmp/quality")" = "[\"vinted_item\",$version,1,0,0]" ]
  grep -q '"property":"price","records":1,"nulls":0,"invalids":0,"unknown_labels":0,"min":135.0,"max":135.0}' "$tmp/quality"
  jq -es 'map(select(.property == "user_id")) | length > 0 and all(.min == null)' "$tmp/quality"
}

# --- looks ---

@test "a refusal is a look with a name, never a reject; sessions and runs are none" {
  run -0 --separate-stderr vnormalize --records-only --rejects "$tmp/rejects" <"$raw/good-refusals.ndjson"
  [ ! -s "$tmp/rejects" ]
  [ "$(jq -r '.record | "\(.line) \(.verdict) \(.found)"' <<<"$output" | paste -sd ,)" = \
    '1 refused:rate-limit null,2 refused:challenge null,3 refused:challenge null,4 failed:timeout null,5 empty 0' ]
  [[ $stderr == *'7 lines = 5 looks + 2 without look + 0 unparsable'* ]]
}

@test "promoted hits are marked and give no membership; a redacted element is filtered" {
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-promoted-and-redacted.ndjson"
  [ "$(jq -r 'select(.stream == "vinted_item_catalog").record.item_id' <<<"$output")" = 10000000001 ]
  [ "$(jq -c 'select(.stream == "vinted_item").record | [.index, .promoted]' <<<"$output" | xargs)" = \
    '[0,false] [2,true]' ]
  [[ $stderr == *'vinted_item: 3 elements = 2 records + 1 filtered'* ]]
  [[ $stderr == *'vinted_item_catalog: 3 elements = 1 records + 2 filtered'* ]]
}

@test "a record that does not say what was asked is a look all the same, its hits are records" {
  for request in 'del(.request)' '.request = null' '.request = "x"'; do
    jq -c "$request" "$raw/good-one-item.ndjson" >"$tmp/raw"
    run -0 --separate-stderr vnormalize --records-only <"$tmp/raw"
    [[ $stderr == *'1 lines = 1 looks + 0 without look + 0 unparsable'* ]]
    same '["ok",1,null,null,null,null,null]' "$(jq -c 'select(.stream == "vinted_look").record
      | [.verdict, .found, .subject, .query, .catalog_id, .endpoint, .page]' <<<"$output")"
    same 1 "$(grep -c '"vinted_item"' <<<"$output")"
  done
}

@test "only a number or a text names a catalog; anything else gives no membership" {
  for id in 1904 '"1904"' '"women"'; do
    jq -c ".request.catalog_id = $id" "$raw/good-one-item.ndjson" | normalized --stream item_catalog >"$tmp/out"
    same "${id//\"/}" "$(jq -r .record.catalog_id "$tmp/out")"
  done
  for id in null '""' true '[1]' '{"a":1}'; do
    jq -c ".request.catalog_id = $id" "$raw/good-one-item.ndjson" >"$tmp/raw"
    for engine in auto jq; do
      run -0 --separate-stderr vnormalize --records-only --stream item_catalog --engine "$engine" <"$tmp/raw"
      [ -z "$output" ]
      [[ $stderr == *'vinted_item_catalog: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
    done
  done
}

# --- personal data ---

@test "a seller's key is the HMAC of source and id under the key" {
  normalized --stream user <"$raw/good-one-item.ndjson" >"$tmp/out"
  want=$(printf 'vinted:100000001' | openssl dgst -sha256 -hmac 'a key for tests, of no worth')
  [ "$(jq -r .record.seller_key "$tmp/out")" = "${want##* }" ]
  want=$(printf 'vpipe-key-1:a key for tests, of no worth' | sha256sum)
  vnormalize -q <"$raw/good-one-item.ndjson" | head -n 1 | jq -e --arg key "${want:0:16}" '.["x-key"] == $key'
}

@test "names and links of persons leave raw for nowhere" {
  cat "$raw"/good-*.ndjson >"$tmp/raw"
  vnormalize -q <"$tmp/raw" >"$tmp/out"
  run ! grep -Eq 'u_one|u_two|u_three|/member/' "$tmp/out"
}

@test "no key, or one that others can read: 78; --no-key drops what would be hashed" {
  chmod 644 "$key"
  fails 78 '0600' vnormalize -q <"$raw/good-one-item.ndjson"
  rm "$key"
  fails 78 'cannot read the key' vnormalize -q <"$raw/good-one-item.ndjson"
  run -0 --separate-stderr vnormalize --no-key <"$raw/good-one-item.ndjson"
  [[ $output != *seller_key* && $output != *100000001* ]]
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered'* ]]
  jq -c 'select(.stream != "vinted_look")' <<<"$output" >"$tmp/out"
  run ! grep -q user_id "$tmp/out"
}

@test "a forgotten seller is filtered from every stream and from the look" {
  seller=$(normalized --stream user <"$raw/good-one-item.ndjson" | jq -r .record.seller_key)
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" \
    >"$VPIPE_DATA/forgotten.ndjson"
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-promoted-and-redacted.ndjson"
  [[ $output != *10000000001* ]]
  [ "$(jq -c 'select(.stream == "vinted_look").record | [.found, .ids]' <<<"$output")" = '[3,[10000000002]]' ]
  for stream in item user photo item_catalog; do
    [[ $stderr == *"vinted_$stream: 3 elements = "* ]]
  done
  fails 78 forget vnormalize -q --no-key <"$raw/good-one-item.ndjson"
}

# closed QUERIES: the closing record of a run that says that of its queries
closed() {
  printf '{"v":1,"source":"vinted","site":null,"flow":"track","kind":"run","run":"r-1","line":9,"attempt":1,"fetched_at":"2026-09-21T08:00:00.000Z","request":null,"status":null,"headers":{},"ms":0,"sha256":null,"body":{"stop":"end","queries":%s}}\n' "$1"
}

@test "a closing record gives what it says of sellers' queries, and nothing of catalogs" {
  closed '[{"query":"www.vinted.pt/search?catalog=5","kind":"search","catalog_id":"5","walked":true,"state":{"at":"x","ids":[1]}},
    {"query":"www.vinted.pt/wardrobe?user=7","site":"www.vinted.pt","user_id":"7","kind":"wardrobe","endpoint":"wardrobe","asked":2,"answered":2,"stop":"end","walked":true,"gap":false,"total_first":3,"total_last":3,"state":null},
    {"query":"www.vinted.pt/wardrobe?user=8","user_id":8,"walked":"yes","asked":1.5},
    {"kind":"wardrobe","user_id":"9"}, null]' | tr -d '\n' >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" <"$tmp/raw"
  [[ $stderr == *"vinted_closing: 3 elements = 2 records + 0 filtered + 1 rejected"* ]]
  same "$(jq -c 'select(.stream == "vinted_closing" and .type == "RECORD").record |
    [.run, .line, .index, .query, .user_id, .seller_key != null, .asked, .stop, .walked, .total_last]' <<<"$output")" \
    '["r-1",9,1,"www.vinted.pt/wardrobe?user=7","7",true,2,"end",true,3]
["r-1",9,2,"www.vinted.pt/wardrobe?user=8","8",true,null,null,null,null]'
  same "$(jq -c '[.line, .index, .stream, .reason]' "$tmp/rejects")" \
    '[9,3,"vinted_closing","'"'query' is no text"'"]'
  same "$(jq -c 'select(.stream == "vinted_closing" and .type == "SCHEMA") |
    [.key_properties, .["x-order"], .schema.properties.user_id["x-personal"]]' <<<"$output")" \
    '[["run","query"],["line","index","contract"],"hash"]'
  # the pseudonym is that of her other records
  same "$(jq -r 'select(.stream == "vinted_closing" and .type == "RECORD").record.seller_key' <<<"$output" | head -n 1)" \
    "$(printf 'vinted:7' | openssl dgst -sha256 -hmac "$(cat "$VPIPE_DATA/key")" | sed 's/.* //')"
}

@test "no catalog's run has a stream of closings; nor has one without a key" {
  closed '[{"query":"www.vinted.pt/search?catalog=5","kind":"search","walked":true}]' >"$tmp/raw"
  [ "$(vnormalize -q <"$tmp/raw" | grep -c vinted_closing)" = 0 ]
  closed '[{"query":"www.vinted.pt/wardrobe?user=7","user_id":"7","kind":"wardrobe"}]' >"$tmp/raw"
  [ "$(vnormalize -q <"$tmp/raw" | grep -c vinted_closing)" = 2 ]
  run -0 --separate-stderr vnormalize --no-key <"$tmp/raw"
  [[ $output != *vinted_closing* && $stderr == *"vinted_closing: 1 elements = 0 records + 1 filtered"* ]]
  [ "$(vnormalize -q --stream closing <"$tmp/raw" | jq -r .stream | sort -u | grep -v null)" = vinted_closing ]
}

@test "the closing of a forgotten seller's wardrobe does not come out" {
  closed '[{"query":"www.vinted.pt/wardrobe?user=7","user_id":"7","kind":"wardrobe"},
    {"query":"www.vinted.pt/wardrobe?user=8","user_id":8,"kind":"wardrobe"}]' | tr -d '\n' >"$tmp/raw"
  seller=$(vnormalize -q <"$tmp/raw" | jq -r 'select(.stream == "vinted_closing" and .record.user_id == "8").record.seller_key')
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" >"$VPIPE_DATA/forgotten.ndjson"
  same '["7"]' "$(vnormalize -q <"$tmp/raw" | jq -sc '[.[] | select(.stream == "vinted_closing" and .record).record.user_id]')"
}

# --- the two engines, and jq itself ---

@test "both engines write the same bytes for every fixture: records, rejects, quality" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  for engine in auto jq; do
    vnormalize -q --engine "$engine" --threshold 1 --rejects "$tmp/rejects.$engine" \
      --quality "$tmp/quality.$engine" <"$tmp/raw" >"$tmp/out.$engine"
  done
  cmp "$tmp/out.auto" "$tmp/out.jq"
  cmp "$tmp/rejects.auto" "$tmp/rejects.jq"
  cmp "$tmp/quality.auto" "$tmp/quality.jq"
}

@test "both engines write the same bytes for values that nobody expects" {
  for seed in 1 2; do
    run -0 "$ROOT/tests/fuzz/engines" $seed 25 "$tmp"
    [ "$output" -gt 100 ]
  done
}

@test "--as-jq is a program that does the same, as jq prints numbers" {
  cat "$raw"/good-*.ndjson >"$tmp/raw"
  for contract in item.svc-2026-09 item.catalog-2026-09 item.list-2025 item.list-2023 photo.list photo.svc-2026-09 \
    item_catalog.query item.wardrobe-2026 item.fat-2023 item.favourites-2025 item.details-2025; do
    vnormalize --no-key --as-jq "$contract" >"$tmp/program"
    jq -c -f "$tmp/program" <"$tmp/raw" >"$tmp/want"
    normalized --no-key --contract "$contract" <"$tmp/raw" | jq -c . >"$tmp/have"
    cmp "$tmp/want" "$tmp/have"
    [ -s "$tmp/have" ]
  done
}

# --- what every program meets ---

@test "empty input: nothing, and 0" {
  run -0 --separate-stderr vnormalize -q </dev/null
  [ -z "$output$stderr" ]
}

@test "a last line without newline counts" {
  head -c -1 "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -0 normalized <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
}

@test "a line too long is one reject, by name; the next is read" {
  { cat "$raw/good-one-item.ndjson"; printf '"%0100000d"\n' 0; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  run -0 --separate-stderr normalized --stream item --max-line 20000 --threshold 0.2 --rejects "$tmp/rejects" <"$tmp/raw"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(jq -c '[.line, .reason]' "$tmp/rejects")" = '[2,"longer than 20000 bytes"]' ]
}

@test "bytes that are not UTF-8 and NULs are rejected, their bytes kept" {
  { printf '{"a":"\377"}\n{"a":"\0"}\n'; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  run -0 --separate-stderr normalized --threshold 0.5 --rejects "$tmp/rejects" <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
  [ "$(jq -r .reason "$tmp/rejects" | paste -sd ,)" = \
    'not JSON: not UTF-8 at byte 7,not JSON: a control character in a string at byte 7' ]
  [ "$(head -n 1 "$tmp/rejects" | jq -r .value_base64 | base64 -d | od -An -tx1 | xargs)" = \
    '7b 22 61 22 3a 22 ff 22 7d' ]
}

@test "broken JSON in the middle: one reject, all else is there" {
  run -0 --separate-stderr normalized --threshold 0.2 --stream item --rejects "$tmp/rejects" \
    <"$raw/bad-broken-in-the-middle.ndjson"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(jq -c '[.line, .kept, (.value | length)]' "$tmp/rejects")" = '[2,false,200]' ]
}

@test "JSON that is no raw record is rejected" {
  printf '{}\n[1]\n{"v":2}\n' >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  [ "$(wc -l <"$tmp/rejects")" -eq 3 ]
}

@test "a time that is none, and two bodies in one record, reject the line as a whole" {
  jq -c '(.fetched_at = "2026-09-20 10:00:01"), (.fetched_at = "2026-09-20 10:00:01Z"),
    (.fetched_at = "yesterday"), (.body_text = "x"), (.error = {cause: "reset"})' "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --records-only --rejects "$tmp/rejects" <"$tmp/raw"
  [ -z "$output" ]
  same "'fetched_at' is no time
'fetched_at' is no time
'fetched_at' is no time
a raw record with more than one of body, body_text, body_base64 and error
a raw record with more than one of body, body_text, body_base64 and error" "$(jq -r .reason "$tmp/rejects")"
}

@test "a full disk is 74, said once" {
  run -74 --separate-stderr bash -c 'vnormalize -q <"$1" >/dev/full' - "$raw/good-one-item.ndjson"
  [ "$stderr" = "vnormalize: cannot write standard output: No space left on device" ]
  run -74 --separate-stderr vnormalize -q --rejects /dev/full --threshold 1 <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == 'vnormalize: cannot write '*/dev/full*': No space left on device' ]]
}

@test "a reader that leaves ends it by SIGPIPE, without a word" {
  for _ in {1..300}; do cat "$raw/good-one-item.ndjson"; done >"$tmp/raw"
  run -0 --separate-stderr bash -c 'vnormalize -q <"$1" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - "$tmp/raw"
  [ "$output" = 141 ]
  [ -z "$stderr" ]
}

@test "SIGTERM half way: whole lines, no STATE, and it dies of the signal" {
  mkfifo "$tmp/in"
  vnormalize -q <"$tmp/in" >"$tmp/out" 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  cat "$raw/good-one-item.ndjson" >&5
  until_true 60 grep -q '"RECORD"' "$tmp/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 5>&-
  [ $status -eq 143 ]
  jq -e .type "$tmp/out" >/dev/null
  run ! grep -q STATE "$tmp/out"
}

@test "a byte order mark before contracts, labels, a prelude or a dump is passed over" {
  cp -R "$ROOT/schema/sources" "$tmp/sources"
  for file in "$tmp"/sources/vinted/*.json "$tmp"/sources/vinted/labels/* "$tmp"/sources/vinted/prelude.jq; do
    { printf '\357\273\277'; cat "$file"; } >"$tmp/marked"
    mv "$tmp/marked" "$file"
  done
  { printf '\357\273\277'; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  VPIPE_SOURCES=$tmp/sources run -0 normalized <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
  iconv -t UTF-16 "$ROOT/schema/sources/vinted/user.list.json" >"$tmp/sources/vinted/user.list.json"
  VPIPE_SOURCES=$tmp/sources fails 78 "user.list.json' is UTF-16, and must be UTF-8" vnormalize <"$tmp/raw"
}

@test "a byte order mark before the list of forgotten sellers forgets the first, too" {
  seller=$(normalized --stream user <"$raw/good-one-item.ndjson" | jq -r .record.seller_key)
  printf '\357\273\277{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" \
    >"$VPIPE_DATA/forgotten.ndjson"
  run -0 --separate-stderr vnormalize --records-only --stream item <"$raw/good-one-item.ndjson"
  [ -z "$output" ]
}

@test "a record that would be longer than the next program takes is one reject" {
  head -c 9000000 /dev/zero | tr '\0' x >"$tmp/long"
  items '$svc, ($svc | .title = $long | .item_box.first_line = $long), $svc' --rawfile long "$tmp/long" >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" --stream item <"$tmp/raw"
  [[ $stderr == *'vinted_item: 3 elements = 2 records + 0 filtered + 1 rejected'* ]]
  same "its record is longer than 16 MiB" "$(jq -r 'select(.kept | not).reason' "$tmp/rejects")"
}

@test "an unknown contract, stream or source is 78" {
  fails 78 "unknown contract 'item.nothing'" vnormalize --contract item.nothing </dev/null
  fails 78 "unknown contract 'item.nothing'" vnormalize --as-jq item.nothing </dev/null
  fails 78 "unknown stream 'nothing'" vnormalize --stream nothing </dev/null
  sed 's/"source":"vinted"/"source":"nowhere"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 "no description of the source 'nowhere'" vnormalize <"$tmp/raw"
}

@test "a contract that is not understood is 78, naming the file and the key" {
  mkdir -p "$tmp/sources"
  cp -R "$ROOT/schema/sources/vinted" "$tmp/sources/made"
  jq '.schema.properties.price["x-jqq"] = 1' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  export VPIPE_SOURCES=$tmp/sources
  fails 78 "unknown key 'x-jqq'" vnormalize --contracts
  jq '.schema.properties.price["x-jq"] = "now"' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  fails 78 'depends on more than its record' vnormalize --contracts
  jq '.schema.properties.price["x-jq"] = ".price | nonsense"' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  sed 's/"source":"vinted"/"source":"made"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 'nonsense/0 is not defined' vnormalize -q <"$tmp/raw"
}

@test "asked wrongly is 64" {
  fails 64 'the engine is auto or jq' vnormalize --engine sed </dev/null
  fails 64 'a share from 0 to 1' vnormalize --threshold 2 </dev/null
  fails 64 'one argument too many' vnormalize file </dev/null
}

@test "no program and no manual page names a source" {
  for folder in "$ROOT"/schema/sources/*/ "$ROOT"/fixtures/sources/*/; do
    # a kind of the format, and no marketplace
    [[ $folder != */label/ ]] || continue
    run -1 grep -ri "$(basename "$folder")" "$ROOT/src"
  done
}
