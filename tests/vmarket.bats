# vmarket: the marketplace on loopback, and the truth that it tells
load helper

scenarios=$ROOT/fixtures/market/scenarios
captures=$SHARED/captures/vinted

setup() {
  site=www.vinted.pt
}

# scenario JQ: small.json with changes, as a file
scenario() {
  jq "$1" "$scenarios/small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

again() {  # market_start once more: the old `listening` must not be read
  rm -f "$tmp/market.out"
  market_start "$@"
}

http() {  # http HOST PATH [CURL OPTION]...
  local host=$1 path=$2

  shift 2
  curl -sS -g -H "Host: $host" "$@" "$MARKET$path"
}

open_session() {
  http "$site" / -D "$tmp/head" -o "$tmp/page"
  token=$(sed -n 's/.*access_token_web=\([^;]*\);.*/\1/p' "$tmp/head")
  anon=$(sed -n 's/^x-anon-id: \(.*\)\r$/\1/p' "$tmp/head")
}

svc() {  # svc QUERY [CURL OPTION]...
  local query=$1

  shift
  http "api.${site#www.}" "/svc-catalogue/items?$query" \
    -H "Authorization: Bearer $token" -H "X-Anon-Id: $anon" "$@"
}

api_v2() {
  local query=$1

  shift
  http "$site" "/api/v2/catalog/items?$query" \
    -H "Cookie: a=b; access_token_web=$token; anon_id=$anon" "$@"
}

fault() {  # fault QUERY
  curl -sS -f -X POST "$MARKET/_market/faults?$1" >/dev/null
}

status_of() {  # of a command that ends in curl
  "$@" -o /dev/null -w '%{http_code} %{content_type}'
}

total() {
  jq .pagination.total_entries
}

answers() {  # the truth's answers
  jq -c 'select(.what == "answer")' "$TRUTH"
}

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

# shape: each path and type that occurs, array indices aside
shape() {
  jq -r '[paths(true) as $p | ($p | map(if type == "number" then "item" else
    . end) | join(".")) + " " + (getpath($p) | type)] | unique | .[]'
}

add() {
  { cat; printf '%s %s\n' "$@"; } | LC_ALL=C sort -u
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

# --- sellers and items ----------------------------------------------------------

# tracking JQ: tracking-small.json with changes and without faults, as a file
tracking() {
  jq ".faults = [] | ($1)" "$scenarios/tracking-small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

ask() {  # ask PATH [CURL OPTION]...: with the session's cookie
  local path=$1

  shift
  http "$site" "$path" -H "Cookie: anon_id=$anon; access_token_web=$token" "$@"
}

track_start() {  # track_start JQ: a market and a session
  market_start "$(tracking "$1")"
  open_session
}

sellers() {  # all that have listed something
  jq 'select(.what == "item").user_id' "$TRUTH" | sort -nu
}

events() {  # events JQ: the truth's events of which that holds
  jq -c "select(.what == \"event\") | select($1)" "$TRUTH"
}

# replay JQ: of what the truth's lines come to: each item's state and owner,
# who is away, how many each has given since the start
replay() {  # replay JQ
  jq -n -c 'reduce (inputs | select(.what == "item" or .what == "event")) as $e
    ({state: {}, owner: {}, away: {}, given: {}};
    if $e.what == "item" then .state["\($e.id)"] = "live" | .owner["\($e.id)"] = $e.user_id
    elif $e.type == "holiday" or $e.type == "banned" then .away["\($e.user_id)"] = $e.type
    elif $e.type == "holiday_end" then del(.away["\($e.user_id)"])
    elif $e.type == "repriced" or $e.type == "bumped" or $e.type == "relisted" then .
    else .state["\($e.id)"] = ({reserved: "reserved", hidden: "hidden", sold: "sold", deleted: "deleted"}[$e.type] // "live") |
      .given["\($e.user_id)"] += ({sold: 1, cancelled: -1}[$e.type] // 0)
    end) | '"$1" "$TRUTH"
}

live='. as $m | [.state | to_entries[] | select(.value == "live" and ($m.away["\($m.owner[.key])"] | not)) | .key]'

# status_of_item ID: its item_status
status_of_item() {
  ask "/api/v2/items/$1/details/sidebar" | jq -c '.plugins[] | select(.name == "item_status").data'
}

flight() {  # the rows of a page's flight
  grep -o 'self.__next_f.push(\[1,"[^<]*"\])' | sed 's/^self.__next_f.push(//; s/)$//' | jq -j '.[1]'
}

@test "wardrobes have the sizes that are asked for, and as many come as go" {
  jq '.items = 20000' "$scenarios/tracking.json" >"$tmp/twenty.json"
  market_start "$tmp/twenty.json"
  sed -n 's/^{"what":"item".*"user_id":\([0-9]*\),.*/\1/p' "$TRUTH" | sort | uniq -c | awk '{ print $1 }' | sort -n >"$tmp/sizes"
  jq -s -e 'length as $n | add == 20000 and max <= 1103 and
    (.[$n / 2 | floor] | . > 35 and . < 75) and (.[$n * 0.9 | floor] | . > 200 and . < 450)' "$tmp/sizes"
  market_clock 2026-10-20T08:00:00Z
  came=$(grep -c '"what":"item"' "$TRUTH") went=$(grep -cE '"type":"(sold|deleted)"' "$TRUTH")
  ((came - 20000 > went * 95 / 100 && came - 20000 < went * 105 / 100)) || { echo "$came $went"; return 1; }
}

@test "without wardrobe_p50 nothing is new: sellers come as they list" {
  market_start "$(scenario '.items_per_seller = 3')"
  [ "$(sellers | wc -l)" -gt 60 ]
}

@test "rates per 1000 item-days are what happens" {
  jq '.items = 20000' "$scenarios/tracking.json" >"$tmp/twenty.json"
  market_start "$tmp/twenty.json"
  market_clock 2026-10-20T08:00:00Z
  # of 600,000 item-days; relisted and flash items are told apart by nobody
  sed -n 's/.*"type":"\([a-z_]*\)".*/\1/p' "$TRUTH" | sort | uniq -c | awk '{ print "{\"" $2 "\":" $1 "}" }' | jq -s -e 'add |
    (.sold / 600 | . > 19 and . < 22) and (.deleted / 600 | . > 2 and . < 2.6) and
    (.hidden / 600 | . > 0.85 and . < 1.15) and (.relisted / 600 | . > 0.2 and . < 0.4) and
    (.cancelled / .sold | . > 0.005 and . < 0.015) and (.reserved / 600 | . > 1.8 and . < 2.2) and
    .holiday > 0 and .banned > 0'
}

@test "the truth of all events gives what the wardrobes show" {
  track_start '.holiday_rate = 40 | .holiday_days = 2 | .ban_rate = 15 | .relist_rate = 5 | .cancel_share = 0.1 |
    .reserved_per_1000_item_days = 20'
  for day in 26 30; do
    market_clock "2026-09-${day}T12:00:00Z"
    for seller in $(sellers); do
      ask "/api/v2/wardrobe/$seller/items?per_page=96"
      ask "/api/v2/wardrobe/$seller/items?per_page=96&page=2"
    done | jq '.items[].id' | sort -n >"$tmp/shown"
    replay "$live | .[] | tonumber" | sort -n | cmp - "$tmp/shown"
  done
  for type in holiday holiday_end banned relisted cancelled hidden returned reserved unreserved; do
    [ -n "$(events ".type == \"$type\"")" ] || { echo "$type"; return 1; }
  done
}

@test "without a lag the counters are what the truth adds up to" {
  track_start '.counter_lag_hours = 0 | .holiday_rate = 20 | .ban_rate = 5 | .relist_rate = 5 | .cancel_share = 0.2 |
    .reserved_per_1000_item_days = 20'
  for seller in $(sellers); do
    ask "/api/v2/users/$seller" | jq -c '.user | [.id, .given_item_count]'
  done >"$tmp/before"
  market_clock 2026-10-05T12:00:00Z
  for seller in $(sellers); do
    ask "/api/v2/users/$seller" | jq -c '.user | [.id, .item_count, .given_item_count, .total_items_count]'
  done >"$tmp/told"
  replay '. as $m | $m.owner | to_entries | group_by(.value)[] | .[0].value as $u |
    [$u, ([.[].key | select($m.state[.] == "live" or $m.state[.] == "reserved")] | length |
      if $m.away["\($u)"] then 0 else . end), ($m.given["\($u)"] // 0)]' >"$tmp/truth"
  jq -n -e --slurpfile b "$tmp/before" --slurpfile told "$tmp/told" --slurpfile truth "$tmp/truth" '
    ($b | map({"\(.[0])": .[1]}) | add) as $old |
    [$truth[] | [.[0], .[1], .[2] + $old["\(.[0])"], .[1] + .[2] + $old["\(.[0])"]]] == $told'
}

@test "counters lag by up to a day; a sale moves both at once" {
  track_start '.arrival_rate = 0 | .new_per_hour = 0 | .deleted_per_1000_item_days = 0 | .hidden_per_1000_item_days = 0 | .relist_rate = 0 |
    .flash_rate = 0 | .holiday_rate = 0 | .ban_rate = 0 | .cancel_share = 0 | .sold_per_1000_item_days = 100'
  count() {
    for seller in $(sellers); do
      ask "/api/v2/users/$seller" | jq -c '.user | [.item_count, .given_item_count, .total_items_count]'
    done | jq -s -c '[map(.[0]), map(.[1]), map(.[2])] | map(add)'
  }
  count >"$tmp/told"
  for hour in 06 12 18; do
    market_clock "2026-09-21T$hour:00:00Z"
    count >>"$tmp/told"
    replay '[.given[]] | add' >>"$tmp/sold"
  done
  # the total stands still; what was sold is told late, but not a day late
  jq -s -e '(map(.[2]) | unique | length == 1) and (map(.[1]) | . == sort and .[3] > .[0])' "$tmp/told"
  jq -n -e --slurpfile told "$tmp/told" --slurpfile sold "$tmp/sold" '
    $told[0][1] as $old | [range(3) | $sold[.] - ($told[. + 1][1] - $old)] | all(. > 0)'
  market_clock 2026-09-22T18:00:00Z
  count | jq -e --slurpfile told "$tmp/told" --slurpfile sold "$tmp/sold" '.[1] - $told[0][1] >= $sold[2]'
}

@test "a sale that is cancelled is undone: the item is back, given falls" {
  local change='.cancel_share = 1 | .cancel_hours = 1 | .counter_lag_hours = 0'
  track_start "$change"
  market_clock 2026-09-22T08:00:00Z
  sale=$(events '.type == "cancelled"' | tail -n 1)
  seller=$(jq .user_id <<<"$sale") id=$(jq .id <<<"$sale") at=$(jq -r .at <<<"$sale")
  events ".id == $id" | jq -s -e 'map(.type) | index("cancelled") == index("sold") + 1'
  market_stop
  rm -f "$tmp/market.out"
  track_start "$change"
  market_clock "$(date -u -d "$at - 1 second" +%FT%TZ)"
  given=$(ask "/api/v2/users/$seller" | jq -c '.user | [.item_count, .given_item_count]')
  [[ $(status_of_item "$id" | jq .is_closed) == true ]]
  market_clock "$at"
  ask "/api/v2/users/$seller" | jq -e --argjson old "$given" '.user | [.item_count - 1, .given_item_count + 1] == $old'
  [[ $(status_of_item "$id" | jq .is_closed) == false ]]
}

@test "in a holiday a wardrobe is empty, and back afterwards; nothing happens to it" {
  track_start '.holiday_rate = 100 | .holiday_days = 2 | .ban_rate = 0 | .counter_lag_hours = 0'
  market_clock 2026-09-25T08:00:00Z
  seller=$(replay '.away | keys[0] | tonumber')
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items == [] and .pagination.total_entries == 0 and .code == 0'
  ask "/api/v2/users/$seller" | jq -e '.user | .is_on_holiday and .item_count == 0 and .account_status == 0'
  id=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "live").key][0] | tonumber')
  status_of_item "$id" | jq -e '.is_hidden and (.is_closed | not)'
  until_true 60 eval 'curl -sS -X POST "$MARKET/_market/clock?by=6h" >/dev/null
    events ".type == \"holiday_end\" and .user_id == '"$seller"'" | grep -q .'
  events ".user_id == $seller" | jq -s -e 'map(.type) | .[index("holiday") + 1] == "holiday_end"'
  ask "/api/v2/users/$seller" | jq -e '.user | (.is_on_holiday | not) and .item_count > 0'
}

@test "number holiday_counted: the items of a holiday stay in the counters" {
  track_start '.holiday_rate = 100 | .holiday_days = 9 | .ban_rate = 0 | .counter_lag_hours = 0 | .holiday_counted = 1'
  market_clock 2026-09-25T08:00:00Z
  ask "/api/v2/users/$(replay '.away | keys[0] | tonumber')" | jq -e '.user | .is_on_holiday and .item_count > 0'
}

@test "numbers reserved_shown and reserved_counted: where a reserved item is seen" {
  local change='.reserved_per_1000_item_days = 300 | .reserved_hours = 1000 | .counter_lag_hours = 0'
  for shown in 0 1; do
    rm -f "$tmp/market.out"
    track_start "$change | .reserved_shown = $shown | .reserved_counted = $shown"
    market_clock 2026-09-21T08:00:00Z
    seller=$(events '.type == "reserved"' | jq -s '.[-1].user_id')
    live=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "live")] | length')
    held=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "reserved")] | length')
    ((held > 0))
    same "$(ask "/api/v2/wardrobe/$seller/items" | total)" $((live + held * shown))
    same "$(ask "/api/v2/users/$seller" | jq .user.item_count)" $((live + held * shown))
    market_stop
  done
}

@test "a ban is for good: no wardrobe, no pages, no items counted; what was given stays" {
  track_start '.ban_rate = 50 | .holiday_rate = 0 | .counter_lag_hours = 0'
  market_clock 2026-09-30T08:00:00Z
  seller=$(events '.type == "banned"' | jq -s '.[0].user_id')
  ask "/api/v2/users/$seller" | jq -e '.user | .account_status == 8 and .account_ban_date > "2226" and
    .is_account_ban_permanent and .item_count == 0 and .given_item_count == .total_items_count'
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items == []'
  id=$(jq "select(.what == \"item\" and .user_id == $seller).id" "$TRUTH" | head -n 1)
  same "$(status_of ask "/items/$id")" '404 text/html; charset=utf-8'
  [[ $(status_of ask "/api/v2/items/$id/details/sidebar") == 404* ]]
  events ".user_id == $seller" | jq -s -e '.[-1].type == "banned"'
}

@test "what is listed again has a new id, and title, price and photos of old" {
  track_start '.relist_rate = 20 | .sold_per_1000_item_days = 1'
  market_clock 2026-09-24T08:00:00Z
  relist=$(events '.type == "relisted"' | tail -n 1)
  new=$(jq .id <<<"$relist") old=$(jq .old_id <<<"$relist")
  jq -c "select(.what == \"item\" and (.id == $new or .id == $old)) | [.title, .user_id, .photos, .condition_id]" "$TRUTH" |
    jq -s -e 'length == 2 and .[0] == .[1]'
  [ "$(jq "select(.what == \"item\" and .id == $new).old_id" "$TRUTH")" = "$old" ]
  events ".id == $old" | jq -s -e '.[-1].type == "deleted"'
  [[ $(status_of ask "/items/$old") == 404* ]]
  market_stop
  # the photos, before and after
  rm -f "$tmp/market.out"
  track_start '.relist_rate = 20 | .sold_per_1000_item_days = 1'
  seller=$(jq .user_id <<<"$relist")
  keys() {
    for page in 1 2; do
      ask "/api/v2/wardrobe/$seller/items?per_page=96&page=$page"
    done | jq -c ".items[] | select(.id == $1) | [.photos[].high_resolution.id]"
  }
  keys "$old" >"$tmp/old"
  if [ ! -s "$tmp/old" ]; then skip "it was not there at the start"; fi
  market_clock 2026-09-24T08:00:00Z
  keys "$new" | cmp - "$tmp/old"
}

@test "a cut through the wardrobe takes one share off of all; cuts have known sizes" {
  track_start '.bulk_cut_rate = 200 | .bulk_share = 1 | .cut_step = 0.01 | .small_cut_share = 0 | .price_median = 2000'
  market_clock 2026-09-24T08:00:00Z
  events '.type == "repriced" and .cause == "wardrobe"' | jq -s -e '
    group_by([.at, .user_id]) | (map(length) | max > 5) and
    all([.[] | (.old | tonumber) as $o | select($o > 1000) | 1 - (.price | tonumber) / $o] | length == 0 or
    max - min < 0.0001)'
  events '.type == "repriced" and .cause == "seller"' | jq -s -e 'length > 10 and
    all((.old | tonumber) as $o | $o < 1000 or ((.price | tonumber) / $o * 100 | . - round | fabs < 0.01))'
}

@test "number small_cut_share: cuts of less than 1 %" {
  track_start '.small_cut_share = 1 | .bulk_cut_rate = 0 | .price_median = 2000 | .reprice_rate = 0.02'
  market_clock 2026-09-22T08:00:00Z
  events '.type == "repriced"' | jq -s -e 'length > 100 and
    all((.price | tonumber) / (.old | tonumber) | . > 0.99 and . < 1.01)'
}

@test "flash items are listed and sold within flash_hours" {
  track_start '.flash_rate = 50 | .flash_hours = 2 | .cancel_share = 0'
  market_clock 2026-09-24T08:00:00Z
  jq -n -e 'reduce (inputs | select(.what == "item" or .type == "sold")) as $e ({};
    if $e.what == "item" then .[$e.id | tostring] = {at: $e.listed_at}
    else .[$e.id | tostring].sold = $e.at end) |
    [.[] | select(.sold and .at > "2026-09-20T08") | (.sold[:19] + "Z" | fromdate) - (.at[:19] + "Z" | fromdate)] |
    (map(select(. <= 7200)) | length) > 60' "$TRUTH"
}

@test "what is asked about a seller or an item wants the site's cookie, a page does not" {
  track_start .
  seller=$(sellers | head -n 1)
  id=$(ask "/api/v2/wardrobe/$seller/items" | jq '.items[0].id')
  for path in "users/$seller" "wardrobe/$seller/items" "items/$id/details/sidebar"; do
    same "$(status_of ask "/api/v2/$path")" '200 application/json; charset=utf-8'
    same "$(status_of http "$site" "/api/v2/$path")" '401 application/json; charset=utf-8'
    [[ $(site=www.vinted.pl status_of ask "/api/v2/$path") == 401* ]]
  done
  same "$(status_of http "$site" "/items/$id")" '307 text/html; charset=utf-8'
}

@test "who and what nobody knows is 404, code 104" {
  track_start .
  for path in users/12 wardrobe/12/items items/12/details/sidebar users/99999999999999999999; do
    same "$(ask "/api/v2/$path" | jq .code)" 104
  done
  same "$(status_of ask /items/12)" '404 text/html; charset=utf-8'
  for path in users/ users/x wardrobe/1 items/1/details items/1 users/1/items/favourites; do
    [[ $(status_of ask "/api/v2/$path") == 404* ]]
  done
}

@test "a wardrobe: all live items once, the newest first, in pages of at most 96" {
  track_start '.wardrobe_p50 = 150 | .wardrobe_p90 = 151 | .total_cap = 10'
  seller=$(sellers | head -n 1)
  all=$(jq -s "map(select(.what == \"item\" and .user_id == $seller)) | length" "$TRUTH")
  ((all > 100))
  ask "/api/v2/wardrobe/$seller/items?per_page=500" >"$tmp/page.1"
  ask "/api/v2/wardrobe/$seller/items?per_page=96&page=2" >"$tmp/page.2"
  jq -e --argjson all "$all" '(.items | length == 96) and .pagination.total_entries == $all and
    .pagination.total_pages == 2 and .pagination.per_page == 96 and .code == 0' "$tmp/page.1"
  jq -s -e --argjson all "$all" '[.[].items[].id] | length == $all and . == (sort | unique | reverse)' "$tmp"/page.*
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items | length == 20'
  for page in 3 9223372036854775807; do
    ask "/api/v2/wardrobe/$seller/items?per_page=96&page=$page" | jq -e '.items == [] and .pagination.total_entries > 100'
  done
  answers | jq -s -e --slurpfile one "$tmp/page.1" '.[0].ids == [$one[0].items[].id] and .[0].endpoint == "wardrobe"'
}

@test "a wardrobe's items have the keys and types of the capture of the lists" {
  need_shared
  track_start '.seller_photo_share = 1'
  for seller in $(sellers); do
    ask "/api/v2/wardrobe/$seller/items?per_page=7"
  done | jq -s '{items: [.[].items[]]}' >"$tmp/answer"
  same "$(jq '{items}' "$captures/catalog-items-gb-2026-09-09.json" | shape | add items.item.conversion null)" \
    "$(shape <"$tmp/answer")"
  ask "/api/v2/wardrobe/$(sellers | head -n 1)/items" |
    jq -e 'keys == ["code", "items", "pagination"] and
      (.pagination | keys) == ["current_page", "per_page", "time", "total_entries", "total_pages"]'
}

# of: the paths and types of the first file that the second lacks
of() {
  LC_ALL=C comm -23 <(shape <"$1" | LC_ALL=C sort) <(shape <"$2" | LC_ALL=C sort)
}

@test "a user has the keys and types of the fat items' users" {
  need_shared
  track_start '.ban_rate = 50'
  market_clock 2026-09-28T08:00:00Z
  for seller in $(sellers); do
    ask "/api/v2/users/$seller"
  done | jq -s '[.[].user]' >"$tmp/ours"
  # the lists within them are long: theirs of one are enough
  jq -s '[.[].items[].user] | [.[0]] + (.[1:] | map(del(.accepted_pay_in_methods[], .photo.thumbnails[]?)))' \
    "$captures"/favourites-cz-2023-12-05.json "$captures"/favourites-cz-2024-02-19.json >"$tmp/theirs"
  same "$(of "$tmp/ours" "$tmp/theirs")" ''
  # what not every one of theirs has, ours need not have either
  jq -e --slurpfile t "$tmp/theirs" '($t[0] | map(keys) | . as $k | ($k | add | unique) |
    map(select(. as $x | $k | all(index($x) != null)))) as $due | all(.[]; ($due - keys) == [])' "$tmp/ours"
}

@test "conversion tells the seller's own price, unless the scenario says no" {
  track_start .
  for seller in $(sellers); do
    ask "/api/v2/wardrobe/$seller/items" | jq -c '.items[].conversion'
  done | sort -u >"$tmp/seen"
  grep -q null "$tmp/seen"
  grep -q '"seller_currency":"PLN"' "$tmp/seen"
  market_stop
  rm -f "$tmp/market.out"
  track_start '.conversion = 0'
  for seller in $(sellers); do
    ask "/api/v2/wardrobe/$seller/items"
  done | jq -s -e '[.[].items[].conversion] | unique == [null]'
}

@test "prices on the other site follow the rates, the seller's do not" {
  track_start '.reprice_rate = 0 | .bulk_cut_rate = 0 | .rate_move = 0.05 | .rate_hours = 12'
  seller=$(jq 'select(.what == "item" and .currency == "PLN").user_id' "$TRUTH" | head -n 1)
  ask "/api/v2/wardrobe/$seller/items?per_page=96" >"$tmp/before"
  market_clock 2026-09-20T21:00:00Z
  ask "/api/v2/wardrobe/$seller/items?per_page=96" >"$tmp/after"
  jq -n -e --slurpfile a "$tmp/before" --slurpfile b "$tmp/after" '
    ($a[0].items | map({"\(.id)": .}) | add) as $old | [$b[0].items[] | select($old["\(.id)"]) |
    [.conversion.seller_price == $old["\(.id)"].conversion.seller_price, .price == $old["\(.id)"].price]] |
    length > 5 and all(.[0]) and (map(.[1]) | all | not)'
}

@test "the page of 2026: a product unless it is sold, and its own status" {
  track_start '.sold_per_1000_item_days = 100 | .reserved_per_1000_item_days = 60 | .hidden_per_1000_item_days = 40 | .page_kb = 20'
  market_clock 2026-09-22T08:00:00Z
  for state in live reserved hidden sold; do
    id=$(replay "[.state | to_entries[] | select(.value == \"$state\")][-1].key | tonumber")
    ask "/items/$id" -L >"$tmp/page"
    (($(wc -c <"$tmp/page") > 20000))
    grep -q verkocht "$tmp/page"
    flight <"$tmp/page" >"$tmp/flight"
    status=$(grep -o '"name":"item_status","data":{[^}]*}' "$tmp/flight" | sed 's/.*"data"://')
    same "$status" "$(status_of_item "$id")"
    jq -e --arg state "$state" --argjson id "$id" '.item_id == $id and .is_closed == ($state == "sold") and
      .is_reserved == ($state == "reserved") and .is_hidden == ($state == "hidden") and
      .item_closing_action == (if $state == "sold" then "sold" else null end)' <<<"$status"
    # neighbours have flags of their own
    [ "$(grep -o '"is_closed":[a-z]*' "$tmp/flight" | wc -l)" -gt 2 ]
    if [ "$state" = sold ]; then
      run ! grep -q ld+json "$tmp/page"
    else
      sed -n '/ld+json/,/<\/script>/p' "$tmp/page" | sed 's/^<\/script>.*//; s/.*ld+json">$//' | jq -e \
        --argjson item "$(jq -c "select(.what == \"item\" and .id == $id)" "$TRUTH")" \
        '.offers.availability == "InStock" and .offers.priceCurrency == $item.currency and .name == $item.title and
        (.offers.price | type == "number")'
    fi
  done
}

@test "the block of JSON-LD has the keys of the capture" {
  need_shared
  track_start '.photos_min = 1'
  id=$(replay "$live | .[0] | tonumber")
  block() {
    sed -n '/ld+json/,/<\/script>/p' | sed 's/^<\/script>.*//; s/.*ld+json">$//'
  }
  same "$(block <"$captures/item-page-jsonld-nl-2026-08-25.html" | shape)" "$(ask "/items/$id" -L | block | shape)"
}

@test "item_status has the keys and types of the capture" {
  need_shared
  track_start '.sold_per_1000_item_days = 200'
  market_clock 2026-09-21T08:00:00Z
  id=$(events '.type == "sold"' | jq -s '.[0].id')
  status_of_item "$id" >"$tmp/status"
  same "$(jq .data "$captures/item-status-plugin-sold-it-2026-07-27.json" | shape)" "$(shape <"$tmp/status")"
}

@test "number page_plugin: a sold page without a word of its state" {
  track_start '.sold_per_1000_item_days = 200 | .page_plugin = 0'
  market_clock 2026-09-21T08:00:00Z
  ask "/items/$(events '.type == "sold"' | jq -s '.[0].id')" -L >"$tmp/page"
  flight <"$tmp/page" >"$tmp/flight"
  run ! grep -q item_status "$tmp/flight"
  run ! grep -q ld+json "$tmp/page"
  grep -q '"plugins":' "$tmp/flight"
}

@test "numbers bare_ and buyer_theme_share: pages without a product, whatever became of the item" {
  track_start '.sold_per_1000_item_days = 100 | .reserved_per_1000_item_days = 100 | .hidden_per_1000_item_days = 100 |
    .reserved_hours = 900 | .hidden_hours = 900 | .cancel_share = 0 | .holiday_rate = 0 | .ban_rate = 0 |
    .bare_sold_share = 1 | .bare_reserved_share = 1 | .bare_hidden_share = 1 | .buyer_theme_share = 0.5'
  market_clock 2026-09-21T08:00:00Z
  for type in sold reserved hidden; do
    for id in $(events ".type == \"$type\"" | jq .id | head -n 12); do
      ask "/items/$id" -L >"$tmp/page"
      run ! grep -q ld+json "$tmp/page"
      flight <"$tmp/page" >"$tmp/flight"
      run ! grep -q '"name":"item_status"' "$tmp/flight"
      printf '%s %s\n' "$type" "$(grep -o '"theme":"[A-Z]*"' "$tmp/flight" || echo none)"
    done
  done | sort -u >"$tmp/seen"
  same 'hidden "theme":"INFO"
hidden none
reserved "theme":"WARNING"
reserved none
sold "theme":"SUCCESS"
sold none' "$(cat "$tmp/seen")"
}

@test "number vanish_rate: of an account that is gone everything is a 404" {
  track_start '.vanish_rate = 50 | .ban_rate = 0 | .holiday_rate = 0'
  market_clock 2026-09-25T08:00:00Z
  user=$(events '.type == "vanished"' | jq -s '.[0].user_id')
  [[ $(status_of ask "/api/v2/users/$user") == 404* ]]
  [[ $(status_of ask "/api/v2/wardrobe/$user/items") == 404* ]]
  item=$(jq -r "select(.what == \"item\" and .user_id == $user).id" "$TRUTH" | head -n 1)
  [[ $(status_of ask "/items/$item") == 404* ]]
}

@test "a sold item's page is gone after sold_page_hours, a deleted one's at once" {
  track_start '.sold_per_1000_item_days = 100 | .deleted_per_1000_item_days = 100 | .sold_page_hours = 10 | .cancel_share = 0'
  market_clock 2026-09-21T08:00:00Z
  sold=$(events '.type == "sold"' | tail -n 1 | jq .id) deleted=$(events '.type == "deleted"' | tail -n 1 | jq .id)
  [[ $(status_of ask "/items/$deleted") == 404* ]]
  [[ $(status_of ask "/items/$sold") == 307* ]]
  [[ $(status_of ask "/items/$sold" -L) == 200* ]]
  market_clock 2026-09-21T19:00:00Z
  [[ $(status_of ask "/items/$sold") == 404* ]]
  same "$(answers | jq -s -c 'map([.state, .status, .delivered])')" \
    '[["gone",404,true],["sold",307,true],["sold",307,true],["sold",200,true],["gone",404,true]]'
}

@test "the page of 2025: the item of the capture within the flight" {
  need_shared
  track_start '.page_style = 2025 | .sold_per_1000_item_days = 200 | .photos_min = 1 | .seller_photo_share = 1'
  market_clock 2026-09-21T08:00:00Z
  id=$(events '.type == "sold" and .currency == "EUR"' | jq -s '.[0].id')
  ask "/items/$id" -L | flight | grep '^18:' | sed 's/.*"item":{"id"/{"id"/; s/}]}]}]}]$//' >"$tmp/ours"
  jq -e --argjson id "$id" '.id == $id and .is_closed and .item_closing_action == "sold" and (.can_buy | not)' "$tmp/ours"
  flight <"$captures/item-page-fr-2025-06-22.html" | grep '^18:' |
    sed 's/.*{"item":{"id"/{"id"/; s/,"children":\[\[.*//; s/},"children":.*/}/' >"$tmp/theirs"
  same "$(jq -r 'keys[]' "$tmp/theirs")" "$(jq -r 'keys[]' "$tmp/ours")"
}

@test "the page of 2023: the components of the capture" {
  need_shared
  track_start '.page_style = 2023 | .sold_per_1000_item_days = 200 | .photos_min = 1'
  market_clock 2026-09-21T08:00:00Z
  component() {  # component NAME <PAGE
    grep -o "data-component-name=\"$1\"[^>]*>[^<]*<" | sed 's/^[^>]*>//; s/<$//'
  }
  id=$(events '.type == "sold" and .currency == "EUR"' | jq -s '.[0].id')
  ask "/items/$id" -L >"$tmp/page"
  for name in ItemDetails ItemActions ItemPriceHeading ItemUserInfo; do
    component "$name" <"$tmp/page" >"$tmp/ours"
    component "$name" <"$captures/item-page-fr-2023-08-06.html" >"$tmp/theirs"
    same "$(jq -c 'keys, (.item // {} | keys - ["isAdmin"]), (.user // {} | keys), (.item.user // {} | keys)' "$tmp/theirs" |
      sed 's/,"isAdmin"//; s/"isAdmin",//')" \
      "$(jq -c 'keys, (.item // {} | keys), (.user // {} | keys), (.item.user // {} | keys)' "$tmp/ours")"
  done
  component ItemDetails <"$tmp/page" | jq -e --argjson id "$id" '.item | .id == $id and .is_closed == 1 and
    .item_closing_action == "sold" and (.price | type == "string")'
}

@test "number fat: items and favourites as they were in 2024" {
  need_shared
  track_start '.fat = 1 | .sold_per_1000_item_days = 100'
  market_clock 2026-09-25T08:00:00Z
  for page in 1 2 3; do
    ask "/api/v2/users/5/items/favourites?per_page=96&page=$page"
  done | jq -s '[.[].items[]]' >"$tmp/ours"
  jq -e 'length > 50 and (map(.id) | length == (unique | length)) and any(.is_closed == 1)' "$tmp/ours"
  jq -s '[.[].items[]]' "$captures"/favourites-cz-2024-02-1[89].json >"$tmp/theirs"
  same "$(jq -r 'map(del(.user) | keys[]) | unique[]' "$tmp/theirs" |
    grep -vE '^(custom_shipment_price|reservation|shipment_prices|shipment_prices_with_currency)$')" \
    "$(jq -r 'map(del(.user) | keys[]) | unique[]' "$tmp/ours")"
  ask "/api/v2/items/$(jq '.[0].id' "$tmp/ours")" | jq -e --slurpfile f "$tmp/ours" '.item == $f[0][0] and .code == 0'
}

@test "faults by endpoint: one, several, in bursts, and such as asking again does not cure" {
  track_start '.'
  seller=$(sellers | head -n 1)
  fault 'kind=5xx&path=user,item-page'
  [[ $(status_of ask "/api/v2/users/$seller") == 503* ]]
  [[ $(status_of ask /items/1) == 503* ]]
  [[ $(status_of ask "/api/v2/wardrobe/$seller/items") == 200* ]]
  curl -sS -f -X DELETE "$MARKET/_market/faults"
  fault 'kind=challenge&path=wardrobe&burst_hours=2&burst_every_hours=5'
  seen=
  for hour in 09 10 11 12 13 14 15; do
    market_clock "2026-09-20T$hour:00:00Z"
    seen+="$(status_of ask "/api/v2/wardrobe/$seller/items" | cut -c 1-3) "
  done
  same "$seen" '403 200 200 200 403 403 200 '
  curl -sS -f -X DELETE "$MARKET/_market/faults"
  fault 'kind=5xx&path=user&share=0.5&sticky_hours=1'
  for round in 1 2; do
    for id in $(sellers); do
      status_of ask "/api/v2/users/$id" | cut -c 1-3
    done | tr '\n' ' ' >"$tmp/round.$round"
  done
  cmp "$tmp/round.1" "$tmp/round.2"
  grep -q 503 "$tmp/round.1"
  grep -q 200 "$tmp/round.1"
  answers | jq -s -e 'all(.delivered == (.status == 200))'
}

@test "a wardrobe can freeze, too" {
  track_start '.sold_per_1000_item_days = 200 | .faults = [{"kind": "frozen", "path": "wardrobe", "at_request": 2, "times": 1}]'
  seller=$(sellers | head -n 1)
  ask "/api/v2/wardrobe/$seller/items" >"$tmp/first"
  market_clock 2026-09-22T08:00:00Z
  ask "/api/v2/wardrobe/$seller/items" | cmp - "$tmp/first"
  ask "/api/v2/wardrobe/$seller/items" >"$tmp/third"
  run -1 cmp -s "$tmp/first" "$tmp/third"
  answers | jq -s -e '.[0].ids == .[1].ids and .[1].fault == "frozen" and (map(.delivered) | all)'
}

@test "numbers truth_answers and request_log: long runs leave them out" {
  track_start '.truth_answers = 0 | .request_log = 0'
  ask "/api/v2/users/$(sellers | head -n 1)" >/dev/null
  svc '' >/dev/null
  same "$(answers)" ''
  same "$(market_requests)" ''
}

@test "what happens to wardrobes does not depend on how the clock is moved, or on what is asked" {
  track_start '.holiday_rate = 20 | .ban_rate = 5'
  market_clock 2026-09-25T08:00:00Z
  market_stop
  grep -v '"what":"answer"' "$TRUTH" >"$tmp/once"
  rm -f "$tmp/market.out"
  track_start '.holiday_rate = 20 | .ban_rate = 5'
  for day in 21 22 23 24 25; do
    market_clock "2026-09-${day}T08:00:00Z"
    for seller in $(sellers | head -n 3); do
      ask "/api/v2/users/$seller" >/dev/null
      ask "/api/v2/wardrobe/$seller/items" >/dev/null
    done
  done
  grep -v '"what":"answer"' "$TRUTH" | cmp - "$tmp/once"
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

# --- pictures -------------------------------------------------------------------

# picture URL [CURL OPTION]...: from the market, whatever its host
picture() {
  local url=$1 host=${1#https://}

  shift
  host=${host%%/*}
  http "$host" "${url#https://"$host"}" "$@"
}

# photos [QUERY]: what the market lists of its photos
photos() {
  curl -sS -f "$MARKET/_market/photos?${1:-}"
}

urls() {  # urls [QUERY]
  photos "$@" | jq -r .url
}

told() {  # the truth's photos: told JQ_CONDITION
  jq -c "select(.what == \"photo\" and ($1))" "$TRUTH"
}

picture_status() {  # picture_status URL [CURL OPTION]...
  picture "$@" -o /dev/null -w '%{http_code}'
}

need_identify() {
  command -v identify >/dev/null || skip "ImageMagick is absent: pictures are not looked at"
}

few='.items = 40 | .svc_photos = 20 | .truth_photos = 1 |
  .jpeg_share = 0.5 | .png_share = 0.2'

@test "a picture is what the answer says: its format, its width and height" {
  need_identify
  market_start "$(scenario "$few | .stock_share = 0.5 | .api_v2 = 1")"
  open_session
  { svc per_page=20; api_v2 per_page=20; } |
    jq -r '.items[].photos[]? | "\(.url) \(.width) \(.height)"' | sort -u >"$tmp/told"
  while read -r url width height; do
    picture "$url" -o "$tmp/p" -w '%{content_type}\n' >"$tmp/type"
    format=${url%%\?*} format=${format##*.}
    same "image/$format" "$(cat "$tmp/type")"
    same "${format^^} $width $height" "$(identify -format '%m %w %h' "$tmp/p")"
    printf '%s\n' "$format" >>"$tmp/formats"
  done <"$tmp/told"
  same "jpeg png webp" "$(sort -u "$tmp/formats" | paste -s -d ' ')"
  [ "$(cut -d ' ' -f 2- "$tmp/told" | sort -u | wc -l)" -gt 3 ]
}

@test "crops have their size, an upload is at most 1200 x 1600, a seller's own is square" {
  need_identify
  market_start "$(scenario "$few | .api_v2 = 1")"
  for size in thumb70x100 thumb150x210 thumb310x430; do
    picture "$(urls "size=$size&limit=1")" -o "$tmp/p"
    same "thumb$(identify -format '%wx%h' "$tmp/p")" "$size"
  done
  for url in $(urls 'size=full&limit=12'); do
    picture "$url" -o "$tmp/p"
    identify -format '%w %h\n' "$tmp/p"
  done >"$tmp/full"
  grep -qx '1200 1600' "$tmp/full"
  awk '$1 > 1200 || $2 > 1600 { exit 1 }' "$tmp/full"
  open_session
  api_v2 per_page=40 | jq -r '[.items[].user.photo | values][0].thumbnails[] |
    "\(.url) \(.width)x\(.height)"' >"$tmp/faces"
  [ "$(wc -l <"$tmp/faces")" -eq 5 ]
  while read -r url shape; do
    picture "$url" -o "$tmp/p"
    same "$shape" "$(identify -format '%wx%h' "$tmp/p")"
  done <"$tmp/faces"
}

@test "the dominant colour is nearer to its own picture than to the next one" {
  need_identify
  market_start "$(scenario "$few")"
  open_session
  svc per_page=20 | jq -r '.items[].photos[0] | values | "\(.url) \(.dominant_color)"' >"$tmp/told"
  while read -r url color; do
    picture "$url" -o "$tmp/p"
    printf '%s %s\n' "$(convert "$tmp/p" -resize '1x1!' -depth 8 -format \
      '%[fx:int(255*r)] %[fx:int(255*g)] %[fx:int(255*b)]' info:)" \
      "$(printf '%d %d %d' "0x${color:1:2}" "0x${color:3:2}" "0x${color:5:2}")"
  done <"$tmp/told" >"$tmp/colors"
  awk 'function far(i, k) { return (r[i] - R[k]) ^ 2 + (g[i] - G[k]) ^ 2 + (b[i] - B[k]) ^ 2 }
    { r[NR] = $1; g[NR] = $2; b[NR] = $3; R[NR] = $4; G[NR] = $5; B[NR] = $6 }
    END { for (i = 1; i <= NR; i++) near += far(i, i) < far(i, i % NR + 1)
      print NR, near; exit !(NR == 20 && near >= 16) }' "$tmp/colors"
}

@test "the same seed draws the same bytes, kept or not; another seed, others" {
  sums() {
    for url in $(urls 'limit=8'); do picture "$url" | sha256sum; done
  }
  market_start "$(scenario "$few")"
  sums >"$tmp/drawn"
  market_stop
  again "$(scenario "$few")" --pictures "$tmp/kept"
  sums | cmp - "$tmp/drawn"
  sums | cmp - "$tmp/drawn"
  [ "$(find "$tmp/kept" -type f | wc -l)" -eq 8 ]
  market_stop
  again "$(scenario "$few")" --seed 8
  run ! cmp <(sums) "$tmp/drawn"
}

@test "a URL is good as it is told, and no other" {
  market_start "$(scenario "$few | .api_v2 = 1")"
  url=$(urls 'limit=1') path=${url%%\?*} sign=${url##*=}
  thumb=$(urls 'limit=1&size=thumb310x430')
  same 200 "$(picture_status "$url")"
  same 403 "$(picture_status "$path")"
  same 403 "$(picture_status "$path?s=")"
  same 403 "$(picture_status "$path?s=0$sign")"
  same 403 "$(picture_status "$path?s=${thumb##*=}")"
  same 403 "$(picture_status "${path%.*}.gif?s=$sign")"
  same 403 "$(picture_status "$(sed 's/\(.*\)\/[0-9a-f]*[.]/\1\/00000000./' <<<"$url")")"
  same 404 "$(picture_status "${url/\/t\/0/\/t\/9}")"
  same 404 "$(picture_status "${url/f800/f801}")"
  picture "$path?s=0" | grep -q '<Code>SignatureDoesNotMatch</Code>'
  # the forerunner's URL of the same photo
  same 200 "$(picture_status "$(urls 'limit=1&form=2023')")"
  same 404 "$(picture_status https://pictures.bazar.example/p0123456789abcdef/large.jpg)"
}

@test "number url_hours: a URL expires, and the next answer has a new one" {
  market_start "$(scenario "$few | .url_hours = 6 | .api_v2 = 1")"
  old=$(urls 'limit=1') older=$(urls 'limit=1&form=2023')
  market_clock 2026-09-20T13:59:59Z
  same "$old" "$(urls 'limit=1')"
  same 200 "$(picture_status "$old")"
  market_clock 2026-09-20T14:00:00Z
  same 403 "$(picture_status "$old")"
  same 403 "$(picture_status "$older")"
  picture "$old" | grep -q 'Request has expired'
  picture "$older" | grep -q 'Request has expired'
  picture "${old}0" | grep -q 'SignatureDoesNotMatch'
  new=$(photos | jq -r "select(.photo_key == \"$(cut -d / -f 5 <<<"$old")\").url")
  [ "$new" != "$old" ]
  same 200 "$(picture_status "$new")"
}

@test "what is known is not sent again: ETag, Last-Modified, 304" {
  market_start "$(scenario "$few")"
  url=$(urls 'limit=1')
  picture "$url" -D "$tmp/head" -o "$tmp/p"
  etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' "$tmp/head")
  modified=$(sed -n 's/^Last-Modified: \(.*\)\r$/\1/p' "$tmp/head")
  same 304 "$(picture_status "$url" -H "If-None-Match: $etag")"
  same 304 "$(picture_status "$url" -H "If-None-Match: \"x\", $etag")"
  same 200 "$(picture_status "$url" -H 'If-None-Match: "x"')"
  same 304 "$(picture_status "$url" -H "If-Modified-Since: $modified")"
  same 200 "$(picture_status "$url" -H 'If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT')"
  same 200 "$(picture_status "$url" -H 'If-None-Match: "x"' -H "If-Modified-Since: $modified")"
  picture "$url" -H "If-None-Match: $etag" -o "$tmp/none"
  [ ! -s "$tmp/none" ]
}

@test "without these numbers no photo repeats another, and the truth has none" {
  market_start "$(scenario '.items = 40')"
  [ -z "$(told true)" ]
  market_stop
  again "$(scenario '.items = 40 | .truth_photos = 1 | .relist_rate = 200')"
  market_clock 2026-09-24T08:00:00Z
  events=$(jq -c 'select(.type == "relisted")' "$TRUTH")
  [ -n "$events" ]
  # one drawing, one key: an item listed again keeps both
  told true | jq -s -e 'all(.copy == null and .copy_of == null and .edit == "none") and
    (group_by(.drawing) | all(map(.photo_key) | unique | length == 1))'
}

@test "number near_copy_share: listed again under new keys, the pictures edited" {
  need_identify
  market_start "$(scenario "$few | .relist_rate = 200 | .near_copy_share = 1")"
  photos >"$tmp/before"
  told true >"$tmp/first"
  market_clock 2026-09-22T08:00:00Z
  told '.copy == "relist"' >"$tmp/copies"
  # with its edit, by a seller who had it before
  jq -s -e 'length > 20 and all(.edit != "none" and .source != null) and
    (map(.edit | sub("[0-9.]+"; "")) | unique == ["crop", "jpeg", "mark", "scale"])' "$tmp/copies"
  told true | jq -s -e '(map(select(.source == "vinted")) | INDEX(.photo_key)) as $all |
    map(select(.copy == "relist")) | all($all[.copy_of] as $o |
      $o.drawing == .drawing and $o.user_id == .user_id and $o.item_id != .item_id)'
  # they look alike: nearer to their origin than to anything else
  n=0
  while read -r key of; do
    url=$(photos | jq -r "select(.photo_key == \"$key\").url")
    old=$(jq -r "select(.photo_key == \"$of\").url" "$tmp/before")
    if [ -z "$url" ] || [ -z "$old" ]; then continue; fi
    n=$((n + 1))
    picture "$url" | convert - -resize '16x16!' -colorspace gray "$tmp/new.$n.png"
    # its origin is in no list any more; the URL stays good
    picture "$old" | convert - -resize '16x16!' -colorspace gray "$tmp/old.$n.png"
    [ "$n" -lt 8 ] || break
  done < <(jq -r '"\(.photo_key) \(.copy_of)"' "$tmp/copies")
  [ "$n" -ge 4 ]
  far() {
    { compare -metric RMSE "$1" "$2" null: 2>&1 || :; } | sed 's/ .*//'
  }
  for ((i = 1; i <= n; i++)); do
    own=$(far "$tmp/new.$i.png" "$tmp/old.$i.png")
    other=$(far "$tmp/new.$i.png" "$tmp/old.$((i % n + 1)).png")
    awk -v a="$own" -v b="$other" 'BEGIN { exit !(a < b) }'
  done
}

@test "number stock_share: few drawings, many sellers, the same bytes unless edited" {
  market_start "$(scenario ".items = 100 | .truth_photos = 1 | .stock_share = 0.3 | .stock_pictures = 4")"
  told '.copy == "stock"' | jq -s -e '(length > 50) and
    (group_by(.drawing) | length == 4 and all(map(.user_id) | unique | length >= 3)) and
    (map(select(.edit == "none")) | length > 20)'
  # two of one drawing, unedited, of different keys
  told '.copy == "stock" and .edit == "none" and .source == "vinted"' |
    jq -s -r 'group_by(.drawing)[0][0:2][].photo_key' >"$tmp/keys"
  while read -r key; do
    picture "$(photos | jq -r "select(.photo_key == \"$key\").url")" | sha256sum
  done <"$tmp/keys" >"$tmp/sums"
  [ "$(sort -u "$tmp/keys" | wc -l)" -eq 2 ]
  [ "$(sort -u "$tmp/sums" | wc -l)" -eq 1 ]
}

@test "number crosspost_share: another seller on another site, and the other marketplace" {
  market_start "$(scenario ".items = 100 | .truth_photos = 1 | .crosspost_share = 0.3")"
  told true | jq -s -e '(map(select(.source == "vinted")) | INDEX(.photo_key)) as $all |
    map(select(.copy == "cross-post")) | group_by(.source) | length == 2 and
    all(length > 20) and all(.[][]; $all[.copy_of] as $o | $o.drawing == .drawing and
      (.source == "bazar" or ($o.user_id != .user_id and $o.site != .site)))'
  told '.source == "bazar" and .copy == "cross-post" and .edit == "none"' | head -n 1 >"$tmp/copy"
  key=$(jq -r .copy_of "$tmp/copy") ref=$(jq -r .photo_key "$tmp/copy")
  picture "https://pictures.bazar.example/$ref/large.jpg" -o "$tmp/there" -w '%{http_code} %{content_type}' |
    grep -qx '200 image/jpeg'
  # the forerunner shows JPEGs: the same bytes
  picture "$(photos form=2023 | jq -r "select(.photo_key == \"$key\").url")" | cmp - "$tmp/there"
}

@test "the list of photos has each that is shown, once, and the made-up marketplace's" {
  market_start "$(scenario "$few")"
  for source in vinted bazar; do
    diff <(photos "source=$source" | jq -c '[.site, .item_id, .photo_key, .position]' | sort) \
      <(told ".source == \"$source\"" | jq -c '[.site, .item_id, .photo_key, .position]' | sort)
    same 200 "$(picture_status "$(urls "source=$source&limit=1&offset=5")")"
  done
  same "$(photos | sed -n 6p)" "$(photos 'offset=5&limit=1')"
  photos 'limit=1&sizes=1' | jq -e '.sizes | length == 6 and all(.url | startswith("https://"))'
  photos 'limit=1' | jq -e '.sizes == null and .size == "list"'
}

@test "--draw fills a folder with the pictures that are served" {
  need_identify
  file=$(scenario "$few")
  vmarket --scenario "$file" --draw 12 --out "$tmp/drawn" >"$tmp/lines"
  same 12 "$(wc -l <"$tmp/lines")"
  while read -r name shape; do
    same "$shape" "$(identify -format '%wx%h' "$tmp/drawn/$name")"
  done < <(jq -r '"\(.file) \(.width)x\(.height)"' "$tmp/lines")
  market_start "$file"
  jq -r '"\(.request.url) \(.file)"' "$tmp/lines" | while read -r url name; do
    picture "$url" | cmp - "$tmp/drawn/$name"
  done
  vmarket --scenario "$file" --draw 2 --edits --out "$tmp/edits" >"$tmp/lines"
  jq -s -e 'length == 28 and (map(.edit) | unique | length == 14)' "$tmp/lines"
  fails 64 "belong together" vmarket --draw 2
  fails 64 "belong together" vmarket --edits
  fails 74 "cannot make" vmarket --draw 2 --out /dev/null/x
  fails 74 "cannot make" vmarket --pictures /dev/null/x --lifetime 0
}

@test "a folder that takes no more costs no answer" {
  market_start "$(scenario "$few")" --pictures "$tmp/kept"
  rmdir "$tmp/kept"
  same 200 "$(picture_status "$(urls 'limit=1')")"
  grep -q "cannot keep a picture in" "$tmp/market.err"
}

@test "refusals of the pictures' host" {
  market_start "$(scenario "$few")"
  url=$(urls 'limit=1')
  for kind in 403 404 410; do
    fault "kind=$kind&path=image&times=1"
    same "$kind application/xml" "$(status_of picture "$url")"
  done
  fault 'kind=429&path=image&times=1&retry_after=7'
  picture "$url" -D - -o /dev/null | grep -q '^Retry-After: 7'
  fault 'kind=5xx&path=image&times=1&status=502'
  same 502 "$(picture_status "$url")"
  fault 'kind=challenge&path=image&times=1'
  same 403 "$(picture_status "$url")"
  fault 'kind=html&path=image&times=1'
  same "200 text/html; charset=utf-8" "$(status_of picture "$url")"
  fault 'kind=reset&path=image&times=1'
  run -56 --separate-stderr picture "$url" -o /dev/null
  # a search is struck by none of these, a picture by no search's
  fault 'kind=5xx'
  same 200 "$(picture_status "$url")"
  market_requests | jq -s -e 'map(select(.fault != null) | .fault) == ["403",
    "404", "410", "429", "5xx", "challenge", "html", "reset"]'
}

@test "pictures that are not what they say" {
  need_identify
  market_start "$(scenario "$few | .png_share = 0 | .jpeg_share = 1")"
  url=$(urls 'limit=1')
  picture "$url" -o "$tmp/good"
  fault 'kind=wrong-type&times=1'
  picture "$url" -o "$tmp/p" -w '%{content_type}' >"$tmp/type"
  cmp "$tmp/p" "$tmp/good"
  run ! grep -q image "$tmp/type"
  fault 'kind=wrong-format&times=1'
  same "200 image/jpeg" "$(picture "$url" -o "$tmp/p" -w '%{http_code} %{content_type}')"
  same PNG "$(identify -format %m "$tmp/p")"
  fault 'kind=polyglot&times=1'
  picture "$url" -o "$tmp/p"
  cmp -n "$(stat -c %s "$tmp/good")" "$tmp/p" "$tmp/good"
  same JPEG "$(identify -format %m "$tmp/p")"
  [ "$(stat -c %s "$tmp/p")" -gt "$(($(stat -c %s "$tmp/good") + 131072))" ]
  tail -c 100 "$tmp/p" | grep -aq page.htm
  fault 'kind=bomb&times=1'
  picture "$url" -o "$tmp/p"
  [ "$(stat -c %s "$tmp/p")" -lt 200000 ]
  # ImageMagick's own limits keep it from looking: width and height of IHDR
  same "7530 7530" "$(od -A n -t x1 -j 16 -N 8 "$tmp/p" | tr -d ' ' | sed 's/^0000\(....\)0000/\1 /')"
}

@test "a lying header: twice the height, in each format" {
  need_identify
  market_start "$(scenario "$few")"
  for format in jpeg png webp; do
    url=$(urls | grep "[.]$format?" | head -n 1)
    picture "$url" -o "$tmp/good"
    fault 'kind=lying&times=1'
    picture "$url" -o "$tmp/p"
    same "$(stat -c %s "$tmp/good")" "$(stat -c %s "$tmp/p")"
    # a height, and the checksum over it; nothing else
    { cmp -l "$tmp/p" "$tmp/good" || :; } >"$tmp/differ"
    [ "$(wc -l <"$tmp/differ")" -le 6 ]
    if [ "$format" != webp ]; then	# which cannot be opened at all
      same "$((2 * $(identify -format %h "$tmp/good")))" "$(identify -ping -format %h "$tmp/p")"
    fi
    # the data for it are not there
    run convert "$tmp/p" -regard-warnings "$tmp/out.ppm"
    [ "$status" -ne 0 ]
  done
}

@test "pictures that break off, are cut, and never end" {
  market_start "$(scenario "$few")"
  url=$(urls 'limit=1')
  picture "$url" -o "$tmp/good"
  half=$(($(stat -c %s "$tmp/good") / 2))
  fault 'kind=truncated&path=image&times=1'
  run -18 --separate-stderr picture "$url" -o "$tmp/p"
  fault 'kind=cut&path=image&times=1'
  picture "$url" -o "$tmp/p"
  same "$half" "$(stat -c %s "$tmp/p")"
  cmp -n "$half" "$tmp/p" "$tmp/good"
  fault 'kind=huge&times=1'
  same 100000000 "$(picture "$url" | wc -c)"
  fault 'kind=endless&times=1'
  same 300000000 "$(picture "$url" 2>/dev/null | head -c 300000000 | wc -c)"
  # whoever leaves early leaves the market well
  same 200 "$(picture_status "$url")"
}

@test "a slow picture holds up no other" {
  market_start "$(scenario "$few")"
  url=$(urls 'limit=1')
  fault 'kind=slow&path=image&times=1&ms=60000'
  picture "$url" -o /dev/null 3>&- 4>&- &
  slow=$!
  until_true 60 eval 'market_requests | grep -q "\"fault\":\"slow\""'
  same 200 "$(picture_status "$url")"
  kill -0 "$slow"
  kill "$slow"
}

@test "number image_rate: each picture waits for its moment, and none is refused" {
  market_start "$(scenario "$few | .image_rate = 20")"
  for url in $(urls 'limit=9'); do
    printf 'url = "%s%s"\noutput = "/dev/null"\n' "$MARKET" "${url#https://images1.vinted.net}"
  done >"$tmp/list"
  # nine, the first at once: at least 8/20 of a second, however fast this is
  from=$(date +%s%N)
  curl -sS -f --parallel -H 'Host: images1.vinted.net' -K "$tmp/list"
  [ $((($(date +%s%N) - from) / 1000000)) -ge 399 ]
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
