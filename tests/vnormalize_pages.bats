# vnormalize(1): captures of the site, its item pages, wardrobes and sellers
load helper
load vnormalize

# Every capture once, by its name as the run; the pages asked for their item
# and for another, too.  What became of them is read by the tests.
setup_file() {
  [[ -n $SHARED ]] || return 0
  setup
  captures >"$tmp/raw"
  normalized --threshold 1 --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out"
}

captures() {
  local folder=$SHARED/captures/vinted file name id

  wrapped "$folder/svc-catalogue-items-it-2026-09-19.json" www.vinted.it search svc
  wrapped "$folder/catalog-items-gb-2026-09-09.json" www.vinted.co.uk search catalog
  jq -c '{items: [.]}' "$folder/catalog-item-nl-2025-05.json" >"$tmp/body"
  wrapped "$tmp/body" www.vinted.nl search list-nl
  wrapped "$folder/catalog-items-us-2025-08-anonymised.json" www.vinted.com search list-us
  wrapped "$folder/catalog-items-us-2023-10-anonymised.json" www.vinted.fr search list-2023
  for name in 2023-12-05 2024-02-07 2024-02-18 2024-02-19 2025-06-21; do
    wrapped "$folder/favourites-cz-$name.json" www.vinted.cz favourites "$name"
  done
  wrapped "$folder/item-us-2023-10-anonymised.json" www.vinted.com item item
  wrapped "$folder/item-details-us-2025-08-anonymised.json" www.vinted.com details details
  wrapped "$folder/item-status-plugin-sold-it-2026-07-27.json" www.vinted.it item-status status
  for file in "$folder"/item-page-*.html; do
    name=${file##*/item-page-}
    paged "$file" www.vinted.fr '' "${name%.html}"
  done
  while read -r name id; do
    paged "$folder/item-page-$name.html" www.vinted.fr "$id" "$name asked for $id"
  done <<'END'
fr-2023-08-06 3195688433
fr-2025-06-22 6554254787
jsonld-nl-2026-08-25 9649359254
sold-nl-2026-08-26 9649359255
fr-2023-08-06 5
fr-2025-06-22 5
jsonld-nl-2026-08-25 5
END
}

# of RUN FILTER: what FILTER says of each record of a capture
of() {
  grep -F "\"run\":\"$1\"" "$BATS_FILE_TMPDIR/out" | jq -rc "$2"
}

# rejected RUN: what was rejected of a capture
rejected() {
  grep -F "\"run\":\"$1\"" "$BATS_FILE_TMPDIR/rejects" |
    jq -c '[.stream, .kept, .reason, .value]'
}

# item RUN N: the Nth item of a capture as it comes out, without the columns
# that say where it stood
item() {
  of "$1" "select(.stream == \"vinted_item\" and .record.index $2).record
    | del(.observed_at, .run, .line, .index, .contract, .seller_key)"
}

# page ITEM WANT HTML...: a page, asked for ITEM, and what is to be told of it:
# its state, or why nothing is
page() {
  local html

  printf -v html %s "${@:3}"
  printf '%s\t%s\t%s\n' "$1" "$2" "$html" >>"$tmp/pages"
}

# told: both engines tell that, of all pages
told() {
  jq -Rnc '[inputs] | to_entries[] | .key as $n | (.value | split("\t")) as $c |
    {v: 1, source: "vinted", site: "www.vinted.it", flow: "old",
    kind: "item-page", run: "20260920T100000Z-old-00000000000000ff",
    line: ($n + 1), attempt: 1, fetched_at: "2026-09-20T10:00:00.000Z",
    request: {item_id: $c[0]}, status: 200, ms: 0, sha256: null,
    headers: {"content-type": "text/html; charset=utf-8"},
    body_text: ($c[2:] | join("\t"))}' "$tmp/pages" >"$tmp/raw"
  same "$(awk -F '\t' '$2 != "" { print NR ": " $2 }' "$tmp/pages")" "$(heard)"
}

# heard: what both engines tell of the pages in $tmp/raw, by their numbers
heard() {
  both --stream item
  jq -nr --slurpfile out "$tmp/out" --slurpfile rejects "$tmp/rejects" '
    [($out[].record | [.line, "\(.variant) \(.item_id) \(.state) \(.evidence) \(.state_rule)"]),
      ($rejects[] | [.line, .reason])] | sort[] | "\(.[0]): \(.[1])"'
}

# What each page has, whatever became of its item.
words='<title>Venduto - sold - verkocht</title><script>self.__next_f.push([1,"1:[\"$\",{\"sold\":\"Venduto\",\"status\":\"sold\"}]\n"])</script>'

# piece JSON: a row of flight data
piece() {
  printf '<script>self.__next_f.push([1,"2:%s\\n"])</script>' "${1//\"/\\\"}"
}

# product ID AVAILABILITY
product() {
  printf '%s' '{"@type":"Product","name":"x","offers":{"url":"https://www.vinted.it/items/'"$1"'-x","price":5,"priceCurrency":"EUR","availability":"'"$2"'"}}'
}

ld() {
  printf '<script type="application/ld+json">%s</script>' "$1"
}

# --- captures: what is written here was read off them and the reference by hand ---

@test "svc-catalogue, September 2026, Italy" {
  need_shared
  same '{"brand":"Nike Air","condition":"Nuovo senza cartellino","condition_id":1,"content_source":"search","currency":"EUR","favourite_count":25,"item_id":10051317969,"photo_key":"06_0082b_FgHcZi296vwTGmKyGM3kBxsu","price":6,"promoted":false,"service_fee":1,"site":"www.vinted.it","size":"L","size_code":"L","size_system":"letter","title":"Brassière de sport Nike","total_price":7,"url":"https://www.vinted.it/items/10051317969-brassiere-de-sport-nike","user_id":125244555,"variant":"svc-2026-09","view_count":0}
{"brand":"Nike","condition":"Buone","condition_id":3,"content_source":"search_promoted_items","currency":"EUR","favourite_count":29,"item_id":10035663984,"photo_key":"05_00d73_x5zv13NZTid2hrBUjpK3saxK","price":55,"promoted":true,"service_fee":3.45,"site":"www.vinted.it","size":"41","size_code":"41","size_system":"number","title":"Nike Air Max 1 “Grey Gum”","total_price":58.45,"url":"https://www.vinted.it/items/10035663984-nike-air-max-1-grey-gum","user_id":48889333,"variant":"svc-2026-09","view_count":0}' \
    "$(item svc '< 2')"
  same '' "$(rejected svc)"
  grep -q '"site":"www.vinted.it",.*"price":6.00,"currency":"EUR","service_fee":1.00,"total_price":7.00,' "$BATS_FILE_TMPDIR/out"
}

@test "catalog/items, September 2026, Great Britain, sold from the United States" {
  need_shared
  same '{"brand":"Patagonia","condition":"Very good","condition_id":2,"content_source":"search","currency":"GBP","favourite_count":1,"is_visible":true,"item_id":9921566151,"photo_key":"05_0262c_ioTj1HPsezvhCXivRE6KbKb8","price":56.02,"promoted":false,"seller_currency":"USD","seller_price":75,"service_fee":3.5,"site":"www.vinted.co.uk","size":"S / UK 8-10","size_code":"S","size_system":"letter","title":"Patagonia Manoa Floral Synchilla Pullover small","total_price":59.52,"url":"https://www.vinted.co.uk/items/9921566151-patagonia-manoa-floral-synchilla-pullover-small","user_id":3181480552,"variant":"catalog-2026-09","view_count":0}' \
    "$(item catalog '== 0')"
  same '' "$(rejected catalog)"
  of catalog 'select(.stream == "vinted_photo").record' >"$tmp/photos"
  jq -es '(group_by(.item_id) | map([.[0].item_id, length])) == [[9921528874, 6], [9921532350, 6], [9921566151, 4]]
    and (map(.item_id) == ([range(4) | 9921566151] + [range(6) | 9921532350] + [range(6) | 9921528874]))
    and (.[0] | .photo_key == "05_0262c_ioTj1HPsezvhCXivRE6KbKb8" and .position == 1
      and .width == 799 and .height == 784 and .uploaded_at == "2026-09-07T14:26:34Z" and (.sizes | length) == 6)' "$tmp/photos"
}

@test "an element of the list, May 2025, the Netherlands: one photo, no size" {
  need_shared
  same '{"brand":"Ubiquiti","condition":"Heel goed","condition_id":2,"content_source":"search","currency":"EUR","favourite_count":3,"is_visible":true,"item_id":6245197443,"photo_key":"03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6","price":135,"promoted":false,"seller_currency":null,"seller_price":null,"service_fee":7.45,"site":"www.vinted.nl","size":null,"size_code":null,"size_system":null,"title":"Unifi u6 pro","total_price":142.45,"url":"https://www.vinted.nl/items/6245197443-unifi-u6-pro","user_id":258360251,"variant":"list-2025","view_count":0}' \
    "$(item list-nl '== 0')"
  same 03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6 \
    "$(of list-nl 'select(.stream == "vinted_photo").record.photo_key')"
}

@test "the list, August 2025, scrubbed: words for ids are counted, the item keeps its own" {
  need_shared
  same '{"brand":null,"condition":"Very Good","condition_id":2,"content_source":"search","currency":"EUR","favourite_count":4,"is_visible":true,"item_id":6854891835,"photo_key":"high_resolution_id","price":3,"promoted":false,"seller_currency":null,"seller_price":null,"service_fee":0.85,"site":"www.vinted.com","size":null,"size_code":null,"size_system":null,"title":"a game ","total_price":3.85,"url":"https://www.fakeurl.com/item/item_id","user_id":null,"variant":"list-2025","view_count":0}' \
    "$(item list-us '== 0')"
  same "[\"vinted_item\",true,\"'user_id' is not an integer\",\"\\\"user id\\\"\"]" "$(rejected list-us)"
  grep '"run":"list-us"' "$BATS_FILE_TMPDIR/raw" >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 0 <"$tmp/raw"
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
}

# those of February 2024, of the shape of 2023, are in tests/long; the pages
# that were asked for an item are tried by hand, below
# bats test_tags=long
@test "both engines agree on every capture" {
  need_shared
  for file in raw out rejects; do
    grep -Ev '"run":"(2024-02-|[^"]* asked for )' "$BATS_FILE_TMPDIR/$file" >"$tmp/$file"
  done
  normalized --threshold 1 --engine jq --rejects "$tmp/rejects.jq" <"$tmp/raw" >"$tmp/out.jq"
  cmp "$tmp/out" "$tmp/out.jq"
  cmp "$tmp/rejects" "$tmp/rejects.jq"
}

# states RUN...: how many items of these captures are in which state
states() {
  local run

  for run in "$@"; do
    same '' "$(rejected "$run")"
  done
  printf '"run":"%s"\n' "$@" >"$tmp/runs"
  grep '"stream":"vinted_item",' "$BATS_FILE_TMPDIR/out" | grep -Ff "$tmp/runs" |
    jq -rn '[inputs.record | "\(.run): \(.variant) \(.state) \(.evidence)"]
      | group_by(.)[] | "\(length) \(.[0])"'
}

@test "favourites of 2023 to 2025: who is sold, reserved, hidden, by what the site said" {
  need_shared
  same '2 2023-12-05: fat-2023 hidden is_visible
171 2023-12-05: fat-2023 live is_closed
4 2023-12-05: fat-2023 reserved is_reserved
15 2023-12-05: fat-2023 sold is_closed,item_closing_action
213 2024-02-07: fat-2023 live is_closed
1 2024-02-07: fat-2023 reserved is_reserved
3 2024-02-07: fat-2023 sold is_closed,item_closing_action
234 2024-02-18: fat-2023 live is_closed
1 2024-02-18: fat-2023 reserved is_reserved
6 2024-02-18: fat-2023 sold is_closed,item_closing_action
231 2024-02-19: fat-2023 live is_closed
1 2024-02-19: fat-2023 reserved is_reserved
6 2024-02-19: fat-2023 sold is_closed,item_closing_action
830 2025-06-21: favourites-2025 live is_closed
3 2025-06-21: favourites-2025 sold is_closed,item_closing_action' \
    "$(states 2023-12-05 2024-02-07 2024-02-18 2024-02-19 2025-06-21)"
}

@test "the fat item, February 2024, with its seller's counters" {
  need_shared
  same '{"brand":"Mosquito","brand_id":28997,"can_be_sold":true,"can_buy":true,"catalog_id":1056,"color2_id":null,"color_id":15,"condition":"Velmi dobrý","condition_id":2,"created_at":"2023-12-28T13:34:11+01:00","currency":"CZK","evidence":"is_closed","favourite_count":10,"is_closed":false,"is_hidden":false,"is_reserved":false,"is_visible":true,"item_closing_action":null,"item_id":3914576266,"original_price":118.54,"package_size_id":1,"photo_key":"03_0197d_mVpQ5PrijLHT9eL5UCzzYdRX","price":118.54,"promoted":false,"pushed_up_at":"2023-12-28T13:34:11+01:00","seller_currency":"PLN","seller_price":20,"service_fee":23.93,"site":"www.vinted.cz","size":"L / 40 / 12","size_code":"L","size_id":5,"size_system":"letter","state":"live","state_rule":null,"title":"Sukienka Mosquito","total_price":142.47,"updated_at":"2024-02-17T10:05:07+01:00","url":"https://www.vinted.cz/items/3914576266-sukienka-mosquito","user_id":102046721,"variant":"fat-2023","view_count":76}' \
    "$(item 2024-02-19 '== 0')"
  same '{"business":false,"country_code":"PL","feedback_count":49,"feedback_reputation":1,"followers_count":1,"following_count":0,"given_item_count":53,"is_banned":false,"is_on_holiday":false,"item_count":99,"negative_feedback_count":0,"neutral_feedback_count":0,"positive_feedback_count":49,"site":"www.vinted.cz","taken_item_count":1,"total_items_count":152,"user_id":102046721,"variant":"fat"}' \
    "$(of 2024-02-19 'select(.stream == "vinted_user" and .record.index == 0).record
      | del(.observed_at, .run, .line, .index, .contract, .seller_key)')"
}

@test "banned until the year 2223 is banned; an account of an unknown status may or may not be" {
  need_shared
  same '190 false
1 null
1 true' "$(of 2023-12-05 'select(.stream == "vinted_user").record.is_banned' | sort | uniq -c | sed 's/^ *//')"
  jq -c '({account_ban_date: "2024-02-18"}, {account_ban_date: "2024-02-19"}, {account_status: 9},
    {account_status: null}, {is_account_ban_permanent: true}, {is_banned: 1}) as $set
    | .body.user += $set | .fetched_at = "2024-02-19T10:00:00Z"' "$raw/good-user.ndjson" |
    numbered | normalized --stream user >"$tmp/out"
  same '[1,false] [2,true] [3,null] [4,null] [5,true] [6,true]' \
    "$(jq -c '.record | [.line, .is_banned]' "$tmp/out" | xargs)"
}

@test "scrubbed beyond use: an item whose id is a word is rejected; details keep theirs" {
  need_shared
  same "vinted_item 'item_id' is not an integer
vinted_photo 'item_id' is not an integer" "$(rejected item | jq -r '"\(.[0]) \(.[2])"')"
  same '1 details: details-2025 live is_closed
1 status: status-2026 sold item_status' "$(states details status)"
}

# of_page RUN: what is told of a captured page, as of those by hand
of_page() {
  of "$1" 'select(.stream == "vinted_item").record
    | "\(.variant) \(.item_id) \(.state) \(.evidence) \(.state_rule)"'
  rejected "$1" | jq -r 'select(.[0] == "vinted_item")[2]'
}

@test "item pages of 2023, 2025 and 2026 tell of their item, and of no other" {
  need_shared
  while read -r name id want; do
    same "$want" "$(of_page "$name asked for $id")"
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
    [[ $(of_page "$name") == page-202?' '*' live '* ]]
  done
  same '' "$(of_page sold-nl-2026-08-26)"	# an excerpt without its address: it names no item
  jq -c 'select(.line == 2).request = {}' "$raw/good-item-pages.ndjson" | sed -n 2p >"$tmp/raw"
  same "2: 'item_id' is missing" "$(heard)"	# neighbours, and nobody says who is meant
}

# --- item pages ---

@test "the plugin, the flags, the product: each says of its own item alone" {
  live='"is_closed":false,"item_closing_action":null,"is_reserved":false,"is_hidden":false'
  sold='"is_closed":true,"item_closing_action":"sold","is_reserved":true,"is_hidden":false'
  page 7 'page-bare 7 sold item_status null' "$words" "$(piece \
    '[{"name":"item_status","data":{"item_id":8,'"$live"'}},{"name":"item_status","data":{"item_id":7,'"$sold"'}}]')" '</html>'
  page 7 'page-2026 7 live ld+json:InStock null' "$words" "$(ld "[$(product 8 SoldOut),$(product 77 SoldOut),$(product 7 InStock)]")" "$(piece \
    '[{"name":"item_status","data":{"item_id":8,'"$sold"'}}]')" '</html>'
  page 7 'page-2026 7 sold ld+json:SoldOut null' "$words" "$(ld "$(product 7 https://schema.org/SoldOut)")" "$(piece \
    '[{"name":"item_status","data":{"item_id":7,'"$live"'}}]')" '</html>'
  page 7 'page-2026 7 hidden item_status null' "$words" "$(ld "$(product 7 InStock)")" "$(piece \
    '[{"name":"item_status","data":{"item_id":"7","is_closed":false,"is_hidden":true}}]')" '</html>'
  page 7 'page-2026 7 null null null' "$words" "$(ld "$(product 7 OutOfStock)")" '</html>'
  item='"title":"t","price":{"amount":"5.0","currency_code":"EUR"}'
  page 7 'page-2025 7 sold is_closed,item_closing_action null' "$words" "$(piece \
    '[{"id":8,'"$item,$live"'},{"item":{"id":7,'"$item,$sold"'}}]')" '</html>'
  page 7 'page-2025 7 live is_closed null' "$words" "$(piece \
    '[{"id":8,'"$item,$sold"'},{"item":{"id":7,'"$item,$live"'}}]')" '</html>'
  told
}

@test "no product is no state: a rule is named, where the page is the item's own and shows nothing else" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  page 7 'page-bare 7 null no ld+json no-product' "$own" "$words" '</body> </HTML> '
  page 7 'page-bare 7 null no ld+json no-product' "$own" "$words" "$(piece '{"itemId":7}')" '</html>'
  page 7 'page-bare 7 null null null' "$words" "$(piece '{"itemId":7}')" '</html>'	# no address of its own
  page 7 'page-bare 7 null null null' "$own" "$words" "$(piece '[{"name":"item_status","data":{"item_id":8,"is_closed":false}}]')" '</html>'
  page 7 'page-bare 7 null null null' "$own" "$words" "$(piece '[{"name":"seller_item_status","data":{"item_id":7}}]')" '</html>'
  page 7 'page-bare 7 null null null' "$own" "$words" "$(ld "$(product 8 InStock)")" '</html>'
  page 7 'page-bare 7 null null null' "$own" "$words" "$(piece '[{"broken"]')" '</html>'
  page 7 "'item_id' is missing" '<link rel="canonical" href="https://x/items/77-7">' "$words" '</html>'
  page 7 "'item_id' is missing" '<meta property="og:url" content="https://x/">' "$words" '</html>'
  page 7 "'item_id' is missing" "$words" "$(piece '{"itemId":8}')" '</html>'
  page 7 'no contract for the item of this item-page' '<title>Venduto</title></html>'
  page 7 'no contract for the item of this item-page' "$words" '<!-- </html> --><p>'
  page 7 'no contract for the item of this item-page' "$words" '<script>"</body></html>'
  told
}

@test "buyer_item_status: SUCCESS is sold; any other theme is named, and says nothing" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  buyer() { # WANT DATA
    page 7 "$1" "$own" "$words" "$(piece '{"plugins":[{"name":"buyer_item_status","type":"x","data":'"$2"'}]}')" "${@:3}" '</html>'
  }
  buyer 'page-bare 7 sold buyer_item_status:SUCCESS null' '{"item_id":7,"title":"Venduto","theme":"SUCCESS"}'
  buyer 'page-bare 7 null buyer_item_status:WARNING null' '{"item_id":7,"title":"Reserviert","theme":"WARNING"}'
  buyer 'page-bare 7 null buyer_item_status:success null' '{"item_id":"7","theme":"success"}'
  buyer 'page-bare 7 null buyer_item_status:none null' '{"item_id":7,"title":"Venduto"}'
  buyer 'page-bare 7 null buyer_item_status:none null' '{"item_id":7,"theme":null}'
  buyer 'page-bare 7 null buyer_item_status:3 null' '{"theme":3}'
  buyer 'page-bare 7 null null null' '{"item_id":8,"theme":"SUCCESS"}'	# another's
  buyer 'page-bare 7 reserved item_status null' '{"item_id":7,"theme":"WARNING"}' \
    "$(piece '[{"name":"item_status","data":{"item_id":7,"is_closed":false,"is_reserved":true}}]')"
  buyer 'page-bare 7 reserved is_reserved null' '{"item_id":7,"theme":"INFO"}' "$(piece '{"item":{"id":7,"is_reserved":true}}')"
  # with a product: a theme that is not known leaves it open
  buyer 'page-2026 7 null buyer_item_status:WARNING null' '{"item_id":7,"theme":"WARNING"}' "$(ld "$(product 7 InStock)")"
  buyer 'page-2026 7 sold buyer_item_status:SUCCESS null' '{"item_id":7,"theme":"SUCCESS"}' "$(ld "$(product 7 InStock)")"
  told
  same 'SUCCESS WARNING' "$(jq -r 'select(.record.line <= 2).record.buyer_status' "$tmp/out" | xargs)"
}

@test "the item's own flags, with a product or without, and no other's" {
  own='<link rel="canonical" href="https://x/items/7-y">'
  flagged() { # WANT FLAGS
    page 7 "$1" "$own" "$words" "$(piece '[{"id":8,"is_closed":true,"item_closing_action":"sold"},{"item":{"id":7,'"$2"'}}]')" "${@:3}" '</html>'
  }
  flagged 'page-bare 7 reserved is_reserved null' '"can_buy":false,"is_reserved":true,"is_hidden":false'
  flagged 'page-bare 7 reserved is_reserved null' '"is_reserved":1'
  flagged 'page-bare 7 hidden is_hidden null' '"is_hidden":true'
  flagged 'page-bare 7 sold is_closed,item_closing_action null' '"is_closed":true,"item_closing_action":"sold"'
  flagged 'page-bare 7 null is_closed null' '"is_closed":true,"item_closing_action":"withdrawn"'
  flagged 'page-bare 7 null null null' '"is_reserved":false,"is_hidden":false'
  flagged 'page-bare 7 live is_closed null' '"is_closed":false,"is_reserved":false'
  flagged 'page-2026 7 reserved is_reserved null' '"is_reserved":true' "$(ld "$(product 7 InStock)")"
  flagged 'page-2026 7 null is_closed null' '"is_closed":true' "$(ld "$(product 7 InStock)")"
  told
}

@test "another's canonical address: nothing that such a page holds is of this item" {
  other='<link rel="canonical" href="https://x/items/77-z">'
  live='"is_closed":false,"item_closing_action":null,"is_reserved":false,"is_hidden":false'
  page 7 "'item_id' is missing" "$other" "$words" "$(piece '[{"name":"buyer_item_status","data":{"item_id":7,"theme":"SUCCESS"}}]')" '</html>'
  page 7 "'item_id' is missing" "$other" "$words" "$(ld "$(product 7 InStock)")" '</html>'
  page 7 "'item_id' is missing" "$other" "$words" "$(piece \
    '[{"id":7,"title":"t","price":{"amount":"5.0","currency_code":"EUR"},'"$live"'}]')" '</html>'
  page 7 "'item_id' is missing" "$other" '<meta property="og:url" content="https://x/items/7">' "$words" '</html>'
  told
}

@test "a shell that names no item is a look at none, and costs its neighbours nothing" {
  page 7 '' '<title>x</title><script>self.__next_f.push([1,"1:{}"])</script></html>'
  page 7 '' "$words" '</body></html>'
  page 7 'page-bare 7 null null null' "$words" "$(piece '{"itemId":7}')" '</html>'
  page 7 '' "$words" "$(piece '[{"id":9,"is_closed":true}]')" '</html>'
  told
  grep -q 'vinted_item: 4 elements = 1 records + 3 filtered + 0 rejected' "$tmp/words"
}

@test "a product that cannot be read is a reject, never a sale" {
  page 7 "'item_id' is missing" "$words" "$(ld '{"@type":"Product",')" '</html>'
  page 7 "'item_id' is missing" "$words" "$(ld '{"a":"x</script>y"}')" '</html>'
  page 7 "'seller_price' is not a number" "$words" "$(ld "$(product 7 InStock | sed 's/:5,/:"five",/')")" '</html>'
  told
}

@test "pages that nobody writes are refused by name, quickly and in little memory" {
  need="<link rel=canonical href=https://x/items/7>$words</html>"
  many() { printf "%0${1}d" 0 | sed "s#0#$2#g"; }
  page 7 'the page is nested too deep, or too long' "$(many 30000 '<b>')" "$need"
  page 7 'the page is nested too deep, or too long' "$(many 30000 '<table><tr><td>')" "$need"
  page 7 'the page has a tag with too many attributes' '<p ' "$(many 30000 ' a')" '>' "$need"
  page 7 '' '<script>self.__next_f.push([1,"'	# an unreadable look
  page 7 'page-bare 7 null no ld+json no-product' '<meta charset=utf-16><!DOCTYPE x [<!ENTITY a "b">]>&a;' "$need"
  page 7 "'item_id' is missing" '<script type="application/ld+json">' "$(many 30000 '[')" '</script>' "$need"
  page 7 'page-bare 7 null no ld+json no-product' "$(many 20000 '<script>self.__next_f.push([1,"1:[]\\n"])</script>')" "$need"
  { printf '7\tthe page is longer than 8 MiB\t'; head -c "$(size 8388608 52428800)" /dev/zero | tr '\0' x; printf '%s\n' "$need"; } >>"$tmp/pages"
  told
  jq -c 'select(.line == 5) | .body_text |= "<p>\u0000</p>" + .' "$tmp/raw" >"$tmp/nul"
  mv "$tmp/nul" "$tmp/raw"
  same '5: the page is empty or holds a NUL' "$(heard)"
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
  for seed in $(seq "$(size 1 2)"); do
    run -0 "$ROOT/tests/fuzz/pages" "$seed" 30 "$tmp"
    [ "$output" -gt 20 ]
  done
}

# --- wardrobes and sellers ---

@test "a wardrobe that lacks what tracking needs stops the flow with a sentence" {
  jq -c 'del(.request.user_id) | (.body.items[] |= del(.id)), (.body.items[] |= del(.title)), (.body.items[] |= del(.price)),
    (.body.items[] |= (.price = 5 | del(.currency))), (.body.items[] |= del(.user)), (.body = {"things": []})' \
    "$raw/good-wardrobe-2026.ndjson" | numbered >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  [[ $stderr == 'vnormalize: '*' were rejected, more than a share of 0.05' ]]
  same "1 item_id
2 title
3 price
4 currency
5 user_id" "$(jq -r '"\(.line) \(.reason | capture("^.(?<name>.*). is (missing|null)$").name)"' "$tmp/rejects" | uniq)"
  same 'ok ok ok ok ok unreadable' "$(jq -r 'select(.stream == "vinted_look" and .record).record.verdict' <<<"$output" | xargs)"
}

@test "a seller without counters, a status without its plugin: rejected by name" {
  { jq -c 'del(.body.user.given_item_count)' "$raw/good-user.ndjson"
    head -n 1 "$raw/good-item-status.ndjson" | jq -c 'del(.body.plugins[2])'; } | numbered >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  same "1 no contract for the user of this user
2 'item_id' is missing" "$(jq -r '"\(.line) \(.reason)"' "$tmp/rejects")"
}

@test "a look says whose and which item was asked for, as text; of a forgotten seller it says neither" {
  jq -c '("300000001", 300000001) as $id | .request.user_id = $id' "$raw/good-user.ndjson" >"$tmp/in"
  jq -c '(null, true, [1], {}) as $id | .request.user_id = $id | .request.item_id = $id' "$raw/good-user.ndjson" >>"$tmp/in"
  same '[1,"300000001",null] [2,"300000001",null] [3,null,null] [4,null,null] [5,null,null] [6,null,null]' \
    "$(numbered <"$tmp/in" | normalized --stream look | jq -c '.record | [.line, .user_id, .item_id]' | xargs -d '\n')"
  forget "$(pseudonym 300000001)"
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
  { sed -n 5p "$raw/good-item-pages.ndjson"; cat "$raw/good-item-status.ndjson"; } >"$tmp/raw"
  normalized --stream item <"$tmp/raw" >"$tmp/out"
  same '12200000002' "$(jq -r 'select(.record.variant == "page-2026").record.item_id' "$tmp/out")"
  forget "$(jq -r 'select(.record.variant == "status-2026").record.seller_key' "$tmp/out" | head -n 1)"
  normalized <"$tmp/raw" >"$tmp/out"
  same '[null,null,null]
[null,null,null]
[null,null,null]' "$(jq -c '.record | [.item_id, .subject, .query]' "$tmp/out")"
}
