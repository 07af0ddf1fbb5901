# vfetch(1): sessions, the walk over pages, another marketplace
load helper
load vfetch

# --- session ----------------------------------------------------------------------

@test "a token is kept per site in a file of mode 0600, until it expires" {
  market
  vfetch catalog "$women" --max-pages 1 >"$tmp/a" 2>&1
  same "$(stat -c %a "$VPIPE_DATA/state/session/www.vinted.pt.json")" 600
  vfetch catalog "$women" --max-pages 1 >"$tmp/b" 2>&1
  same "$(received 'select(.path == "/").host')" www.vinted.pt
  market_clock 2026-09-28T08:00:00Z
  VPIPE_NOW=2026-09-28T08:00:00Z vfetch catalog "$women" --max-pages 1 >"$tmp/c" 2>&1
  same "$(received 'select(.path == "/")' | jq -s length)" 2
}

@test "a session file that others can read is not used, and replaced by one of mode 0600" {
  market
  vfetch catalog "$women" --max-pages 1 >/dev/null 2>&1
  file=$VPIPE_DATA/state/session/www.vinted.pt.json
  chmod 644 "$file"
  run -0 --separate-stderr vfetch catalog "$women" --max-pages 1
  [[ $stderr == *"'$file' is open to others, its mode must be 0600: not used"* ]]
  same "$(stat -c %a "$file")" 600
  same "$(received 'select(.path == "/")' | jq -s length)" 2
}

@test "tokens are on no record, in no message" {
  market
  vfetch -v catalog "$women" >"$tmp/out" 2>"$tmp/err"
  jq -r '.values | .[]' "$VPIPE_DATA/state/session/www.vinted.pt.json" >"$tmp/secrets"
  [ "$(wc -l <"$tmp/secrets")" = 2 ]
  run -1 grep -F -f "$tmp/secrets" "$tmp/out" "$tmp/err"
  run -1 grep -iE 'set-cookie|authorization|access_token|x-anon-id' "$tmp/out"
  same "$(jq -c 'select(.kind == "session") | has("body_text"), .body_omitted' "$tmp/out")" 'false
true'
}

@test "a token or cookie that an answer repeats is masked, however it is written; the sum is of what came" {
  secrets
  page() { printf '{"items":[{"id":10000000001,"price":"10.00","title":"%s"}],"pagination":{"total_entries":1}}' "$1"; }
  while IFS='|' read -r repeated masked count; do
    page "$repeated" | json "$x_at" '200 OK'
    ask_x
    same "$(jq -c 'select(.kind == "search").body' "$tmp/out")" "$(page "$masked" | jq -c .)"
    same "$(jq -r 'select(.kind == "search") | .sha256, .masked' "$tmp/out")" \
      "$(page "$repeated" | sha256sum | cut -d' ' -f1)
$count"
    same "$(closing "$tmp/out" '.queries[0] | .stop, (.state.ids | tojson)')" 'end
[10000000001]'
  done <<-EOF
	token $token|token ***|1
	$token$token SECRETANON|****** ***|3
	${token//./%2E}, ${token//./%252e}|***, ***|2
	${token//./\\u002e}, \\u0065${token#e}|***, ***|2
	${token//./\\u00252E}|***|1
	refresh/me-1 refresh\\/me-1 refresh%2Fme-1|*** *** ***|3
	access_token_web=$token; anon_id=SECRETANON|access_token_web=***; anon_id=***|2
	${token%?}|${token%?}|null
	pt-fr vinted.pt 10000000001|pt-fr vinted.pt 10000000001|null
	EOF
  # in a key; and an escape that is escaped is none
  printf '{"items":[{"id":1}],"%s":10000000001,"b":"\\\\u0053ECRETANON","pagination":{"total_entries":1}}' "$token" |
    json "$x_at" '200 OK'
  ask_x
  same "$(jq -c 'select(.kind == "search") | .body["***"], .body.b, .masked' "$tmp/out")" '10000000001
"\\u0053ECRETANON"
1'
}

@test "secrets are masked in headers, addresses, texts and other bytes, and as soon as they are set" {
  secrets
  at "$x_at" '302 Found' 'Content-Type: text/plain' "Location: https://www.example.org/?t=${token//-/%2D}&u=NEWSECRET" \
    'Set-Cookie: access_token_web=NEWSECRET' "X-Request-Id: $token" <<<"see $token"
  ask_x
  same "$(jq -c 'select(.kind == "search") | .headers.location, .headers["x-request-id"], .body_text, .masked' "$tmp/out")" \
    '"https://www.example.org/?t=***&u=***"
"***"
"see ***\n"
4'
  printf '\xff%s\xff' "$token" | at "$x_at" '200 OK' 'Content-Type: text/plain'
  ask_x
  same "$(jq -r 'select(.kind == "search").body_base64' "$tmp/out")" "$(printf '\xff***\xff' | base64)"
  # cut in the middle of a page
  { printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<p>%s' "$token"; } >"$tmp/site/${x_at//\//!}"
  ask_x
  same "$(jq -r 'select(.kind == "search").body_base64' "$tmp/out" | sort -u)" "$(printf '<p>***' | base64)"
  # at an address that is followed
  at "$x_at" '302 Found' "Location: $x_at&t=$token" </dev/null
  json "$x_at&t=$token" '200 OK' <<<'{"items":[{"id":1}],"pagination":{"total_entries":1}}'
  ask_x
  same "$(jq -c 'select(.kind == "search") | .status, .request.url[-5:], .masked' "$tmp/out")" '200
"t=***"
1'
}

# token_of SET-COOKIE...: which token a front page with these opens, or none
token_of() {
  at / '200 OK' 'Content-Type: text/html' "${@/#/Set-Cookie: }" <<<'<html></html>'
  rm -rf "$VPIPE_DATA"
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err" || :
  jq -r .values.token "$VPIPE_DATA/state/session/www.vinted.pt.json" 2>/dev/null || echo none
}

# hits: a site whose search has none
hits() {
  site
  at other '200 OK' 'Content-Type: application/json' \
    <<<'{"items":[],"pagination":{"current_page":1,"per_page":96,"total_entries":0,"total_pages":0,"time":1}}'
}

@test "the last Set-Cookie of a name wins; one that clears takes its own away" {
  t=access_token_web
  hits
  same "$(token_of "$t=; Max-Age=0; path=/" "$t=new; path=/")" new
  same "$(token_of "$t=old; Path=/" "$t=new; PATH=/")" new
  same "$(token_of "$t=old" "$t=")" none
  same "$(token_of "$t=old" "$t=gone; MAX-AGE=-1")" none
  same "$(token_of "$t=old" "$t=\"\"; path=/")" none
  same "$(token_of "$t=old" "$t=gone; expires=Thu, 01-Jan-1970 00:00:00 GMT")" none
  same "$(token_of "$t=old" "$t=kept; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=3600")" kept
  same "$(token_of "$t=kept; Expires=Fri, 31 Dec 9999 23:59:59 GMT")" kept
}

@test "a cookie is told by its domain and path; a foreign one, or another name, is none" {
  t=access_token_web
  hits
  same "$(token_of "$t=good; Domain=.vinted.pt" "$t=; Max-Age=0; Domain=www.vinted.pt")" good
  same "$(token_of "$t=good; Path=/" "$t=; Max-Age=0; Path=/old")" good
  same "$(token_of "$t=good; domain=VINTED.pt" "$t=; Max-Age=0; Domain=vinted.pt")" none
  same "$(token_of "$t=good" "$t=evil; Domain=other.example" "$t=evil; Domain=pt")" good
  same "$(token_of "$t=good" "${t}_2=x" "x$t=x" "ACCESS_TOKEN_WEB=x")" good
  same "$(token_of " $t = \"quoted\" ; Secure;HttpOnly; Path=/")" quoted
}

@test "a cookie with a control character, or of more than 8 KiB, is none" {
  t=access_token_web
  hits
  same "$(token_of "$t=good" "$t=x"$'\x01'"y")" good
  same "$(token_of "$t=good" "$t=$(head -c 90000 /dev/zero | tr '\0' A)")" good
  same "$(token_of "$t=$(head -c 90000 /dev/zero | tr '\0' A)")" none
  [[ $(cat "$tmp/err") == *"opened no session"* ]]
}

@test "what it keeps is its own to read, whatever the umask; metrics are for all" {
  market
  for mask in 000 022 077; do
    (umask $mask && vfetch -q catalog "$women" --max-pages 1 --metrics "$tmp/metrics" >/dev/null)
    VPIPE_NOW=2026-09-20T08:00:00Z vfetch -q resume vinted 2>/dev/null
    same "$(find "$VPIPE_DATA" -type f -printf '%m\n' | sort -u)" 600
    [ "$(find "$VPIPE_DATA" -type f | wc -l)" -ge 5 ]
    same "$(find "$VPIPE_DATA" -type d -perm /022)" ''
    same "$(stat -c %a "$tmp/metrics")" 644
    rm -r "$VPIPE_DATA"
  done
}

@test "after a 401 the session is renewed, once" {
  market
  fault 'kind=401&at_request=2&times=1'
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err"
  same "$(kinds "$tmp/out")" 'robots session robots search search session search run '
  same "$(jq -r 'select(.kind == "search") | "\(.request.page) \(.attempt) \(.status)"' "$tmp/out")" '1 1 200
2 1 401
2 2 200'
  same "$(closing "$tmp/out" '.complete, .ledger.requests, .ledger.attempts')" 'true
6
7'
}

@test "a 401 after that is a refusal; the token that was kept stays" {
  market
  fault 'kind=401'
  run -77 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"refused us (token, status 401)"* ]]
  same "$(received 'select(.path == "/")' | jq -s length)" 2
  [ -s "$VPIPE_DATA/state/session/www.vinted.pt.json" ]
}

locked() {  # locked FILE: somebody holds it
  [[ -e $1 ]] && ! flock -n "$1" true
}

at_once() {  # at_once N: so many vfetch of one page, all of which succeed
  local i pids=()

  for ((i = 1; i <= $1; i++)); do
    vfetch -q catalog "$women" --max-pages 1 >"$tmp/out.$i" 2>"$tmp/err.$i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
}

@test "processes that start at once open one session, and read robots.txt once" {
  market
  fault 'kind=slow&ms=300&path=/'
  fault 'kind=slow&ms=200&path=/robots.txt'
  at_once 4
  same "$(received 'select(.path == "/").host')" www.vinted.pt
  same "$(received 'select(.path == "/robots.txt").host')" 'www.vinted.pt
api.vinted.pt'
  same "$(received 'select(.path | test("svc")).headers.cookie' | sort -u | wc -l)" 1
}

@test "a session that several find dead is opened anew once, for all of them" {
  market
  at_once 1
  file=$VPIPE_DATA/state/session/www.vinted.pt.json
  jq -c '.values.token = "dead"' "$file" >"$tmp/dead"
  cat "$tmp/dead" >"$file"
  fault 'kind=slow&ms=300&path=/'
  at_once 3
  same "$(received 'select(.path == "/")' | jq -s length)" 2
  [ "$(cat "$tmp"/out.[123] | jq -s 'map(select(.kind == "search" and .status == 200)) | length')" = 3 ]
  same "$(stat -c %a "$file")" 600
}

@test "who waits for another's session ends by TERM; one that is killed leaves no lock" {
  market
  fault 'kind=slow&ms=20000&path=/&times=1'
  vfetch -q catalog "$women" >/dev/null 2>&1 &
  opener=$!
  until_true 20 locked "$VPIPE_DATA/state/session/www.vinted.pt.json.lock"
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err" &
  waiter=$!
  until_true 20 opened "$waiter" .lock
  began=${EPOCHREALTIME/./}
  kill -TERM "$waiter"
  wait "$waiter" && status=0 || status=$?
  [ "$status" = 143 ]
  [ $((${EPOCHREALTIME/./} - began)) -lt 2000000 ]
  same "$(closing "$tmp/out" '.stop, .ledger.failed')" 'signal
0'
  kill -KILL "$opener"
  wait "$opener" || :
  at_once 1
}

@test "a visit that fails takes no token away" {
  market
  vfetch catalog "$women" --max-pages 1 >/dev/null 2>&1
  cp "$VPIPE_DATA/state/session/www.vinted.pt.json" "$tmp/kept"
  fault 'kind=401'
  fault 'kind=challenge&path=/'
  run -77 --separate-stderr vfetch catalog "$women"
  cmp "$tmp/kept" "$VPIPE_DATA/state/session/www.vinted.pt.json"
}

@test "a token of the simulator is not shown to the site, nor the other way round" {
  market
  vfetch catalog "$women" --max-pages 1 >/dev/null 2>&1
  run -0 --separate-stderr env -u VPIPE_BASE_URL vfetch catalog --dry-run "$women"
  [[ $output == *'"kind":"session"'* ]]
  run -0 --separate-stderr vfetch catalog --dry-run "$women"
  [[ $output != *'"kind":"session"'* ]]
}

# --- pages ------------------------------------------------------------------------

@test "the time of the first answer pins the pages that follow" {
  market
  vfetch catalog "$women" >"$tmp/out" 2>/dev/null
  time=$(jq -r 'select(.request.page == 1).body.pagination.time' "$tmp/out")
  same "$(received 'select(.path == "/svc-catalogue/items").query' | sed 's/.*per_page=96//')" "
&time=$time"
}

@test "it stops at the page limit where the total is capped" {
  market '.items = 3000'
  vfetch catalog 'https://www.vinted.pt/catalog' >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[0] | .stop, .walked, .gap, .answered, .total_last')" 'page-limit
true
false
10
960'
  vfetch catalog 'https://www.vinted.pt/catalog?per_page=48' >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[0] | .stop, .answered')" 'page-limit
20'
}

@test "it stops at an empty answer, which is no refusal" {
  market
  run -0 --separate-stderr vfetch catalog "$women?search_text=nothing+is+called+so"
  same "$(jq -r 'select(.kind == "run").body.queries[0] | .stop, .walked, .total_first' <<<"$output")" 'empty
true
0'
}

@test "it stops at a page that brings nothing new" {
  answer same '200 OK' 'Content-Type: application/json' <<<'{"data":{"found":9,"results":[{"content":{"key":"a"}},{"content":{"key":"b"}}]},"more":{"after":"x"}}'
  serve "$tmp/same"
  run -0 --separate-stderr vfetch catalog "$listings"
  same "$(jq -c 'select(.kind == "run").body.queries[0] | .stop, .walked, .answered, .state' <<<"$output")" '"no-new"
false
2
null'
}

@test "--max-pages ends a walk before its own stop" {
  market '.items = 3000'
  vfetch catalog 'https://www.vinted.pt/catalog' --max-pages 2 >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[0] | .stop, .walked, .answered, .state')" 'max-pages
false
2
null'
}

@test "two pages running that hold what the state holds end the walk" {
  market '.items = 3000'
  vfetch catalog 'https://www.vinted.pt/catalog' >"$tmp/first" 2>/dev/null
  same "$(closing "$tmp/first" '.queries[0].state | .at, (.ids | length <= 3000)')" '2026-09-20T08:00:00.000Z
true'
  market_clock 2026-09-20T09:00:00Z
  VPIPE_NOW=2026-09-20T09:00:00Z vfetch catalog --state "$tmp/first" \
    'https://www.vinted.pt/catalog' >"$tmp/second" 2>/dev/null
  same "$(closing "$tmp/second" '.queries[0] | .stop, .walked, .gap')" 'watermark
true
false'
  [ "$(closing "$tmp/second" '.queries[0].answered')" -lt 10 ]
  # what was seen stands first, what was known behind it, each once
  same "$(closing "$tmp/second" '.queries[0].state.ids | length == (unique | length)')" true
  same "$(closing "$tmp/second" '.queries[0].state.ids[0]')" \
    "$(jq -r 'select(.request.page == 1) | [.body.items[] | select(.promoted | not).id][0]' "$tmp/second")"
}

@test "the newest state that names the query counts, also from manifests" {
  market '.items = 3000'
  vfetch catalog 'https://www.vinted.pt/catalog' >"$tmp/first" 2>/dev/null
  closing "$tmp/first" '{closing: .}' | jq -c . >"$tmp/state"
  closing "$tmp/first" '.queries[0].query = "www.vinted.pt/search?catalog=5" | .queries[0].state.ids = []' |
    jq -c . >>"$tmp/state"
  printf '%s\n' '{"closing":null}' 'no JSON' >>"$tmp/state"
  vfetch catalog --state "$tmp/state" 'https://www.vinted.pt/catalog' >"$tmp/out" 2>"$tmp/err"
  [[ $(cat "$tmp/err") == *"line 4: no JSON, left out"* ]]
  same "$(closing "$tmp/out" '.queries[0].stop')" watermark
  closing "$tmp/first" '.queries[0].state.ids = [1,2,3]' | jq -c . >>"$tmp/state"
  vfetch catalog --state "$tmp/state" 'https://www.vinted.pt/catalog' >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.queries[0] | .stop, .gap')" 'page-limit
true'
  [[ $(cat "$tmp/err") == *"a gap"* ]]
}

@test "in another order than newest first there is no watermark" {
  market
  vfetch catalog "$women" --order relevance >"$tmp/first" 2>/dev/null
  vfetch catalog "$women" --order relevance --state "$tmp/first" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[0].stop')" end
}

@test "a query that was not walked carries the state it began with" {
  market '.items = 3000'
  vfetch catalog 'https://www.vinted.pt/catalog' >"$tmp/first" 2>/dev/null
  closing "$tmp/first" '.queries[0].state.ids = [1,2]' | jq -c . >"$tmp/state"
  for stop in max-pages budget refused:rate-limit failed:server; do
    case $stop in
    max-pages) set -- 0 --max-pages 1 ;;
    budget) set -- 0 --budget 2 ;;
    refused:*) set -- 75; fault kind=429 ;;
    failed:*) set -- 75; curl -sS -X DELETE "$MARKET/_market/faults"; fault kind=5xx
      rm -r "$VPIPE_DATA/state/pace" ;;
    esac
    vfetch catalog 'https://www.vinted.pt/catalog' --state "$tmp/state" "${@:2}" >"$tmp/out" 2>/dev/null && status=0 || status=$?
    [ "$status" = "$1" ]
    same "$(closing "$tmp/out" '.queries[0] | .stop, .walked, (.state.ids | join(","))')" "$stop
false
1,2"
  done
}

# --- another marketplace, from its files alone ----------------------------------------

bazar() {
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
  market '.items = 3000'
}

@test "pages that are tokens: each is replayed alone, none ends the walk" {
  bazar
  vfetch catalog 'https://www.bazar.example/listings?section=women' >"$tmp/out" 2>/dev/null
  received 'select(.path == "/rest/listings").query' >"$tmp/queries"
  same "$(head -n 1 "$tmp/queries")" 'section=women&sort=new&limit=48'
  [ "$(wc -l <"$tmp/queries")" -gt 2 ]
  [ "$(grep -c '^after=[^&]*$' "$tmp/queries")" = $(($(wc -l <"$tmp/queries") - 1)) ]
  same "$(kinds "$tmp/out" | tr ' ' '\n' | sort -u | tr '\n' ' ')" 'robots run search '
  same "$(closing "$tmp/out" '.queries[0] | .query, .catalog_id, .stop, .walked, (.state.ids[0] | type)')" \
    'www.bazar.example/search?catalog=women&order=new
women
end
true
string'
}

@test "--since ends the walk where listings say when they began" {
  bazar
  vfetch catalog --since 1h 'https://www.bazar.example/listings' >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[0] | .stop, .walked, .gap')" 'watermark
true
false'
}

@test "a run asks sites of one source" {
  bazar
  fails 64 "is another source" vfetch catalog "$women" https://www.bazar.example/listings
  [ -z "$(market_requests)" ]
}
