# vmarket: the marketplace on loopback, and the truth that it tells
load helper
load market

# --- life ---------------------------------------------------------------------

@test "it listens on loopback, says where, and ends when told" {
  market_start "$(scenario .)"
  [[ $MARKET == http://127.0.0.1:* ]]
  same "$(curl -sS "$MARKET/_market/clock")" '{"now":"2026-09-20T08:00:00.000Z"}'
  curl -sS -X POST "$MARKET/_market/quit"
  wait "$MARKET_PID"
  unset MARKET_PID
}

@test "it ends by itself when its lifetime is over" {
  run -0 --separate-stderr timeout 10 vmarket --lifetime 0
  [[ $output == "listening http://127.0.0.1:"* ]]
}

@test "a scenario that is wrong is refused, its member named" {
  fails 78 "'sold_rat'" vmarket --scenario "$(scenario '.sold_rat = 1')"
  fails 78 "'items'" vmarket --scenario "$(scenario '.items = -1')"
  fails 78 "'sites.currency'" vmarket --scenario \
    "$(scenario '.sites[0].currency = "QQQ"')"
  fails 78 "'faults.kind'" vmarket --scenario \
    "$(scenario '.faults = [{"kind": "flood"}]')"
  fails 78 "'faults.path'" vmarket --scenario \
    "$(scenario '.faults = [{"kind": "5xx", "path": "user,wardrob"}]')"
  fails 78 "'page_style'" vmarket --scenario "$(scenario '.page_style = 2022')"
  fails 78 "no such file" vmarket --scenario "$tmp/no such file"
  printf '{"items": 1' >"$tmp/broken"
  fails 78 "is no JSON" vmarket --scenario "$tmp/broken"
}

@test "the manual explains every number, with its default and its range" {
  vmarket --numbers | while IFS=$'\t' read -r name value least most _; do
    grep -Fq "| \`$name\` | $value | $least .. $most |" \
      "$ROOT/fixtures/market/README.md" || { echo "$name"; exit 1; }
  done
}

@test "every shipped scenario starts" {
  for file in "$scenarios"/*.json; do
    run -0 timeout 20 vmarket --scenario "$file" --lifetime 0
  done
}

# --- one seed, one market -------------------------------------------------------

@test "what happens does not depend on how the clock is moved" {
  market_start "$(scenario .)"
  market_clock 2026-09-21T08:00:00Z
  market_stop
  mv "$TRUTH" "$tmp/once"
  again "$(scenario .)"
  for hour in 09 11 12 17 23; do
    market_clock "2026-09-20T$hour:07:30Z"
    http www.vinted.pt / >/dev/null
  done
  market_clock 2026-09-21T08:00:00Z
  cmp "$TRUTH" "$tmp/once"
  for type in repriced bumped sold reserved; do
    grep -q "\"type\":\"$type\"" "$TRUTH"
  done
}

@test "the same requests get the same answers; another seed, others" {
  for run in 1 2 3; do
    again "$(scenario .)" --seed $((run / 3 + 1))
    open_session
    svc 'attribute_ids[catalog]=5&order=relevance' >"$tmp/answer.$run"
    market_stop
    mv "$TRUTH" "$tmp/truth.$run"
  done
  cmp "$tmp/answer.1" "$tmp/answer.2"
  cmp "$tmp/truth.1" "$tmp/truth.2"
  run -1 cmp -s "$tmp/answer.1" "$tmp/answer.3"
}

@test "the clock runs by itself when the scenario says so" {
  market_start "$(scenario '.runs = 36000 | .request_ms = 60000')"
  until_true 60 eval 'grep -q "\"what\":\"event\"" "$TRUTH"'
  market_clock 2026-09-27T08:00:00Z
  until_true 60 eval '[[ $(curl -sS "$MARKET/_market/clock" | jq -r .now) > 2026-09-27T09 ]]'
}

@test "the clock moves forward only" {
  market_start "$(scenario .)"
  run -0 curl -sS -o /dev/null -w '%{http_code}' -X POST \
    "$MARKET/_market/clock?to=2026-09-20T07:59:59Z"
  [ "$output" = 409 ]
  run -0 curl -sS -X POST "$MARKET/_market/clock?by=90m"
  [ "$output" = '{"now":"2026-09-20T09:30:00.000Z"}' ]
}

# --- sessions -------------------------------------------------------------------

@test "a visit gives a token with its expiry, and a name" {
  market_start "$(scenario .)"
  open_session
  payload=$(cut -d. -f2 <<<"$token" | tr -- '-_' '+/')
  while ((${#payload} % 4)); do payload+='='; done
  same "$(base64 -d <<<"$payload" | jq '.exp - .iat')" 604800
  grep -q "^Set-Cookie: anon_id=$anon;" "$tmp/head"
}

@test "the gateway wants a token of its own site and a name" {
  market_start "$(scenario .)"
  open_session
  same "$(status_of svc '')" '200 application/json; charset=utf-8'
  anon='' same "$(anon='' status_of svc '')" '401 application/json; charset=utf-8'
  same "$(token=x.y.z svc '' | jq -c '[.code, .message_code]')" \
    '[100,"invalid_authentication_token"]'
  site=www.vinted.co.uk
  [[ $(status_of svc '') == 401* ]]
}

@test "a token is good until its exp, in the market's own time" {
  market_start "$(scenario .)"
  open_session
  market_clock 2026-09-27T07:59:00Z
  [[ $(status_of svc '') == 200* ]]
  market_clock 2026-09-27T08:00:00Z
  [[ $(status_of svc '') == 401* ]]
}

# --- searches -------------------------------------------------------------------

@test "answers of the gateway have the keys and types of the capture" {
  need_shared
  market_start "$(scenario .)"
  open_session
  svc 'per_page=96' >"$tmp/answer"
  same "$(shape <"$captures/svc-catalogue-items-it-2026-09-19.json")" \
    "$(shape <"$tmp/answer")"
}

@test "answers of its forerunner have the keys and types of the captures" {
  need_shared
  market_start "$(scenario '.api_v2 = 1')"
  open_session
  api_v2 'per_page=96' >"$tmp/answer"
  # a seller without a picture, and one who asks in the site's own currency
  # (null there) are in other captures of the same year
  same "$(shape <"$captures/catalog-items-gb-2026-09-09.json" |
    add items.item.user.photo null items.item.conversion null)" \
    "$(shape <"$tmp/answer")"
}

@test "amounts: two decimals in the gateway, as few as need be before" {
  market_start "$(scenario '.api_v2 = 1')"
  open_session
  svc '' | jq -e '[.items[].price.amount | test("^[0-9]+[.][0-9]{2}$")] | all'
  api_v2 '' | jq -e '[.items[].price.amount |
    test("^[0-9]+[.]([0-9]|[0-9][1-9])$")] | all'
}

@test "an item of the gateway is at least 4 KB" {
  market_start "$(scenario .)"
  open_session
  svc 'per_page=96' | jq -e '.items | length == 96 and
    ([.[] | tojson | utf8bytelength] | min >= 4096)'
}

@test "every filter of the gateway is honoured; ids as lists or repeated" {
  market_start "$(scenario '.promoted_share = 0')"
  open_session
  all=$(svc '' | total)
  for filter in 'catalog]=1904' 'brand]=53' 'size]=3' 'color]=1' \
    'material]=44' 'status]=6' 'patterns]=1'; do
    some=$(svc "attribute_ids[$filter" | total)
    ((some > 0 && some < all)) || { echo "$filter $some"; return 1; }
  done
  [ "$(svc 'attribute_ids[video_game_platform]=1' | total)" = 0 ]
  svc 'attribute_ids[brand]=53' |
    jq -e '[.items[].item_box.first_line] | unique == ["Ravelo"]'
  two=$(svc 'attribute_ids[brand]=53,14' | total)
  [ "$two" = "$(svc 'attribute_ids[brand]=53&attribute_ids[brand]=14' | total)" ]
  [ "$two" -gt "$(svc 'attribute_ids[brand]=53' | total)" ]
  svc 'price_from=10&price_to=12.50&order=price_high_to_low' | jq -e '
    [.items[].price.amount | tonumber] | length > 0 and
    (map(. >= 10 and . <= 12.5) | all) and . == (sort | reverse)'
  svc 'search_text=RAVELO%20lined' | jq -e '.items | length > 0 and
    (map(.title + .item_box.first_line | test("Ravelo") and test("lined")) |
    all)'
}

@test "names of the older API are dropped by the gateway without a word" {
  market_start "$(scenario .)"
  open_session
  same "$(svc 'catalog_ids=1904&per_page=96' | total)" "$(svc '' | total)"
}

@test "a parameter that the scenario ignores does nothing" {
  market_start "$(scenario '.ignores = ["attribute_ids[size]", "price_to"]')"
  open_session
  all=$(svc '' | total)
  same "$(svc 'attribute_ids[size]=3&price_to=1' | total)" "$all"
  (($(svc 'attribute_ids[brand]=53' | total) < all))
}

@test "pages of one time hold a whole result, each item once" {
  market_start "$(scenario .)"
  open_session
  svc 'per_page=40&order=newest_first' >"$tmp/page.1"
  time=$(jq .pagination.time "$tmp/page.1")
  pages=$(jq .pagination.total_pages "$tmp/page.1")
  market_clock 2026-09-20T20:00:00Z
  for ((page = 2; page <= pages; page++)); do
    svc "per_page=40&order=newest_first&page=$page&time=$time" \
      >"$tmp/page.$page"
  done
  jq -s -e '([.[].items[].id] | length == (unique | length)) and
    ([.[].pagination.total_entries] | unique | length == 1) and
    .[0].pagination.total_entries == ([.[].items[]] | length)' "$tmp"/page.*
  svc "per_page=40&page=$((pages + 1))&order=newest_first&time=$time" |
    jq -e '.items == []'
}

@test "without the time later pages are shifted and repeat or miss items" {
  market_start "$(scenario '.shift_max = 5')"
  open_session
  for page in 1 2 3 4 5; do
    svc "per_page=40&order=newest_first&page=$page"
  done >"$tmp/pages"
  jq -s -e '[.[].items[].id] | length > (unique | length)' "$tmp/pages"
}

@test "no total above 960, no page above 96, nothing behind the tenth" {
  market_start "$(scenario '.items = 1500')"
  open_session
  svc 'per_page=500' | jq -e '(.items | length == 96) and
    .pagination == {current_page: 1, total_pages: 10, total_entries: 960,
      per_page: 96, time: 1789891200}'
  svc 'per_page=96&page=10' | jq -e '.items | length > 90'
  svc 'per_page=96&page=11' | jq -e '.items == []'
  svc 'per_page=96&page=9223372036854775807' | jq -e '.items == []'
}

@test "paid places hold strangers too, and say what they are" {
  market_start "$(scenario '.promoted_share = 0.3 | .campaign_share = 0.2')"
  open_session
  svc 'attribute_ids[brand]=53' >"$tmp/answer"
  jq -e '[.items[] | select(.promoted)] | length > 2 and
    (map(.content_source == "search_promoted_items") | all) and
    (map(.item_box.first_line != "Ravelo") | any)' "$tmp/answer"
  jq -e '[.items[] | select(.promoted | not) | .item_box.first_line] |
    unique == ["Ravelo"]' "$tmp/answer"
}

@test "an item in two catalogs is found in both" {
  market_start "$(scenario '.second_catalog_share = 0.5')"
  both=$(jq -c 'select(.what == "item" and (.catalogs | length == 2)) |
    [.id, .catalogs[]]' "$TRUTH" | tail -n 1)
  open_session
  for place in 1 2; do
    catalog=$(jq ".[$place]" <<<"$both")
    svc "attribute_ids[catalog]=$catalog&order=newest_first&per_page=96" |
      jq -e --argjson both "$both" 'any(.items[]; .id == $both[0])'
  done
}

@test "all sites show the same items, each in its own money and words" {
  market_start "$(scenario '.promoted_share = 0 | .items = 50')"
  for site in www.vinted.pt www.vinted.co.uk; do
    open_session
    svc 'order=newest_first' >"$tmp/$site"
  done
  same "$(jq -c '[.items[].id]' "$tmp/www.vinted.pt")" \
    "$(jq -c '[.items[].id]' "$tmp/www.vinted.co.uk")"
  jq -e '[.items[].price.currency_code] | unique == ["GBP"]' \
    "$tmp/www.vinted.co.uk"
  jq -r '.items[].item_box.second_line' "$tmp/www.vinted.pt" |
    grep -q 'Novo com etiquetas$'
}

@test "the forerunner: retired after its date, with conversion before" {
  market_start "$(scenario .)"
  open_session
  same "$(api_v2 '')" \
    '{"code":104,"message":"Content not found","message_code":"not_found"}'
  market_stop
  again "$(scenario '.start = "2026-09-12T00:00:00Z"')"
  open_session
  api_v2 'catalog_ids=1904,5&per_page=96' >"$tmp/answer"
  # the price shown is the seller's, at a rate that is printed rounded
  jq -e '[.items[] | select(.conversion)] | length > 0 and (map(
    (.conversion.seller_price | tonumber) / (.price.amount | tonumber) /
    0.8673 | . > 0.98 and . < 1.02) | all)' "$tmp/answer"
  [ "$(api_v2 'attribute_ids[catalog]=1904' | total)" = \
    "$(api_v2 '' | total)" ]
}

@test "what is not there is 404, robots.txt is, on both hosts" {
  market_start "$(scenario '.robots = "User-agent: *\nDisallow: /x\n"')"
  [[ $(status_of http www.vinted.pt /nothing) == 404* ]]
  [[ $(status_of http www.elsewhere.example /) == 404* ]]
  [ "$(http api.vinted.pt /robots.txt | tail -n 1)" = 'Disallow: /x' ]
  [ "$(http www.vinted.pt /robots.txt | head -n 1)" = 'User-agent: *' ]
}

@test "the made-up marketplace: text ids, wrapped hits, tokens that stand alone" {
  market_start "$(scenario '.items = 400')"
  query='section=women&sort=new' pages=0
  while [ -n "$query" ]; do
    http www.bazar.example "/rest/listings?$query" >"$tmp/page.$((++pages))"
    query=$(jq -r '.more.after // empty | "after=" + .' "$tmp/page.$pages")
    market_clock "2026-09-20T1$pages:00:00Z"
  done
  ((pages > 2))
  jq -s -e '[.[].data.results[]] as $hits | .[0].data.found == ($hits | length)
    and ([$hits[].content.key] | length == (unique | length)) and
    ([$hits[] | .content.key | test("^bz-[0-9a-z]+$")] | all) and
    ([$hits[].paid.flag] | unique == [false, true])' "$tmp"/page.*
  same "$(answers | jq -c '[.site, .catalog, .page, (.hits | length)]' |
    sed -n 2p)" '["www.bazar.example",["women"],2,48]'
  same "$(jq -c '[.data.results[] | [.content.key, .content.ask.sum]]' \
    "$tmp/page.2")" \
    "$(answers | sed -n 2p | jq -c '[.hits[] | [.id, .price]]')"
  [[ $(status_of http www.bazar.example '/rest/listings?after=1.2.3.4.x') == 410* ]]
}

# --- the truth ------------------------------------------------------------------

@test "the truth has each answer's hits as they were shown" {
  market_start "$(scenario '.api_v2 = 1')"
  site=www.vinted.co.uk
  open_session
  svc 'attribute_ids[catalog]=1904&per_page=96' >"$tmp/svc"
  api_v2 'catalog_ids=1904&per_page=96' >"$tmp/api_v2"
  shown='[.items[] | {id, price: (.price.amount | split(".") |
    .[0] + "." + (.[1] + "0")[0:2]), currency: .price.currency_code,
    brand: (.item_box.first_line | if . == "" then null else . end),
    promoted}]'
  truth='.hits | map(del(.condition_id))'
  same "$(jq -cS "$shown" "$tmp/svc")" \
    "$(answers | sed -n 1p | jq -cS "$truth")"
  same "$(jq -cS "$shown" "$tmp/api_v2")" \
    "$(answers | sed -n 2p | jq -cS "$truth")"
  same "$(answers | sed -n 1p | jq -c '[.site, .endpoint, .catalog, .page,
    .status, .delivered, .params.per_page]')" \
    '["www.vinted.co.uk","svc-catalogue",["1904"],1,200,true,["96"]]'
}

@test "a Spanish site may have a word for no brand; the truth has none" {
  market_start "$(scenario '.null_brand_share = 0.5 |
    .sites[0].language = "es"')"
  open_session
  svc 'per_page=96' >"$tmp/answer"
  jq -e '[.items[].item_box.first_line] | index("") and
    index("Desconocida")' "$tmp/answer"
  run -1 grep -q Desconocida "$TRUTH"
}

@test "what was received can be asked for: order, headers, status" {
  market_start "$(scenario .)"
  open_session
  svc 'page=1' -A 'somebody/1 (+mailto:a@b.example)' >/dev/null
  http www.vinted.pt /nothing >/dev/null
  same "$(market_requests | jq -c '[.n, .host, .path, .query, .status]')" \
'[1,"www.vinted.pt","/","",200]
[2,"api.vinted.pt","/svc-catalogue/items","page=1",200]
[3,"www.vinted.pt","/nothing","",404]'
  market_requests | jq -s -e '.[1] | .headers["user-agent"] ==
    "somebody/1 (+mailto:a@b.example)" and .headers["x-anon-id"] != ""'
}

# --- faults ---------------------------------------------------------------------

@test "refusals look like the real ones, and the truth says not delivered" {
  market_start "$(scenario .)"
  open_session
  fault 'kind=429&retry_after=7&times=1'
  svc '' -D "$tmp/head" -o /dev/null
  grep -q '^HTTP/1.1 429' "$tmp/head"
  grep -q '^Retry-After: 7' "$tmp/head"
  for want in '401 401 application/json; charset=utf-8' \
    '403 403 application/json; charset=utf-8' \
    'challenge 403 text/html; charset=UTF-8' \
    'html 200 text/html; charset=utf-8' \
    '404-html 404 application/json; charset=utf-8' \
    '404 404 application/json; charset=utf-8' '5xx 503 text/plain'; do
    fault "kind=${want%% *}&times=1"
    same "$(status_of svc '')" "${want#* }"
  done
  [[ $(status_of svc '') == 200* ]]
  same "$(answers | jq -c '[.delivered, (.hits | length > 0)]' | sort |
    uniq -c | tr -s ' ')" $' 8 [false,false]\n 1 [true,true]'
}

@test "answers break off, are cut, lie about their length, are reset" {
  market_start "$(scenario .)"
  open_session
  for want in 'truncated 18' 'length 18' 'reset 56'; do
    fault "kind=${want% *}&times=1"
    run "-${want#* }" svc '' -s -o "$tmp/answer"
  done
  fault 'kind=cut&times=1'
  svc '' >"$tmp/answer"
  run ! jq -e . "$tmp/answer"
  answers | jq -s -e 'map(.delivered) == [false, false, false, false]'
}

@test "a slow answer comes whole, and holds up nobody else" {
  market_start "$(scenario .)"
  open_session
  fault 'kind=slow&ms=1500&times=1'
  svc '' >"$tmp/slow" 3>&- &
  until_true 60 eval 'market_requests | grep -q svc-catalogue'
  [[ $(status_of svc '' --max-time 1) == 200* ]]
  wait $!
  jq -e '.items | length > 0' "$tmp/slow"
  answers | jq -s -e 'map(.delivered) == [true, true]'
}

@test "a frozen catalogue repeats itself, prices and all" {
  market_start "$(scenario '.reprice_rate = 1 |
    .faults = [{"kind": "frozen", "from": "2026-09-20T10:00:00Z",
      "to": "2026-09-20T12:00:00Z"}]')"
  open_session
  for hour in 09 10 11 12; do
    market_clock "2026-09-20T$hour:00:00Z"
    svc 'order=newest_first' >"$tmp/$hour"
  done
  cmp "$tmp/09" "$tmp/10"
  cmp "$tmp/09" "$tmp/11"
  run -1 cmp -s "$tmp/09" "$tmp/12"
  answers | jq -s -e '(map(.delivered) | all) and .[1].hits == .[0].hits'
}

@test "a fault strikes the requests that it names, and no others" {
  market_start "$(scenario '.faults = [
    {"kind": "429", "at_request": 2, "every": 3, "times": 2},
    {"kind": "5xx", "path": "/robots.txt", "status": 502},
    {"kind": "403", "host": "api.vinted.co.uk"}]')"
  open_session
  seen=
  for i in 1 2 3 4 5 6 7 8; do
    seen+="$(status_of svc '' | cut -c 1-3) "
  done
  same "$seen" '200 429 200 200 429 200 200 200 '
  [[ $(status_of http www.vinted.pt /robots.txt) == 502* ]]
  site=www.vinted.co.uk
  open_session
  [[ $(status_of svc '') == 403* ]]
  fault 'kind=429&path=/&share=1'
  [[ $(status_of http www.vinted.pt /) == 429* ]]
  curl -sS -f -X DELETE "$MARKET/_market/faults"
  [[ $(status_of http www.vinted.pt /) == 200* ]]
}

# --- the oracle -----------------------------------------------------------------

@test "oracle: what was shown last, within a week, where its own question found it" {
  answer() {  # AT N SITE CATALOGS DELIVERED HITS
    printf '{"what":"answer","at":"%s","n":%d,"site":"%s","catalog":%s,"delivered":%s,"hits":%s}\n' "$@"
  }
  hit() {  # ID PRICE BRAND CONDITION PROMOTED
    printf '{"id":%s,"price":"%s","currency":"EUR","brand":%s,"condition_id":%s,"promoted":%s}' "$@"
  }
  old=$(hit 1 99.00 '"B"' 1 false) gone=$(hit 9 5.00 '"B"' 1 false)
  {
    answer 2026-09-01T00:00:00.000Z 1 s '["5"]' true "[$gone,$old]"
    answer 2026-09-08T00:00:00.000Z 2 s '["5"]' true \
      "[$(hit 2 1.01 '"B"' 1 false),$(hit 3 1.00 null 2 false)]"
    # seen as an advertisement and in a wide question: a new price, no place
    answer 2026-09-08T00:00:00.000Z 3 s '["6"]' true "[$(hit 1 1.00 '"B"' 1 true)]"
    answer 2026-09-08T00:00:00.001Z 4 s '["5","6"]' true "[$(hit 4 7.00 '"B"' 1 false)]"
    answer 2026-09-15T00:00:00.000Z 5 s '["5"]' true "[$(hit 5 1.05 '"B"' 1 false)]"
    answer 2026-09-30T00:00:00.000Z 6 s '["5"]' true '[]'
    answer 2026-09-30T00:00:00.000Z 7 s '["5"]' false "[$(hit 5 9.00 '"B"' 1 false)]"
  } >"$tmp/truth"
  run -0 "$ROOT/tests/oracle" "$tmp/truth"
  # mean of 1.00 1.01 1.05 = 1.02; p10 = 1.002, p90 = 1.042
  same "$output" $'s\t5\tB\t1\tEUR\t3\t1.02\t1.01\t1.00\t1.04
s\t5\t\\N\t2\tEUR\t1\t1.00\t1.00\t1.00\t1.00'
  run -0 "$ROOT/tests/oracle" --as-of 2026-09-02T00:00:00Z "$tmp/truth"
  same "$output" $'s\t5\tB\t1\tEUR\t2\t52.00\t52.00\t14.40\t89.60'
}

@test "oracle: half a cent goes up, and no digit is lost" {
  for price in 0.01 0.02; do
    printf '{"what":"answer","at":"2026-09-01T00:00:00Z","n":1,"site":"s","catalog":["5"],"delivered":true,"hits":[{"id":%s,"price":"%s","currency":"EUR","brand":null,"condition_id":6,"promoted":false}]}\n' \
      "${price#*.}" "$price"
  done >"$tmp/truth"
  printf '{"what":"answer","at":"2026-09-01T00:00:00Z","n":1,"site":"s","catalog":["7"],"delivered":true,"hits":[{"id":"x","price":"90071992547.41","currency":"EUR","brand":"a\\\\b","condition_id":6,"promoted":false}]}\n' >>"$tmp/truth"
  run -0 "$ROOT/tests/oracle" "$tmp/truth"
  same "$output" $'s\t5\t\\N\t6\tEUR\t2\t0.02\t0.02\t0.01\t0.02
s\t7\ta\\\\b\t6\tEUR\t1\t90071992547.41\t90071992547.41\t90071992547.41\t90071992547.41'
}

@test "its page has the options of --help, and names the README that has all the rest" {
  page=$ROOT/fixtures/market/vmarket.1
  diff <(vmarket --help | sed -n 's/^ *\(-.,\)\{0,1\} *--\([a-z-]*\).*/\2/p' | sort -u) \
    <(sed -n 's/^\.It .*Fl Fl \([a-z-]*\).*/\1/p' "$page" | sort -u)
  run -0 --separate-stderr vmarket --help
  [[ $output == *"See vmarket(1)."* ]]
  readme=$(sed -n 's/^\.Pa \(.*README.md\)$/\1/p' "$page")
  [ -s "$ROOT/$readme" ]
}
