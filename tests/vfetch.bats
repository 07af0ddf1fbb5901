# vfetch(1): URLs or request objects to raw records
load helper

scenarios=$ROOT/fixtures/market/scenarios
women='https://www.vinted.pt/catalog/1904-women'

setup() {
  # the clock of the simulator; pauses move it, nothing is slept for
  export VPIPE_NOW=2026-09-20T08:00:00Z VPIPE_SCHEMA=$ROOT/schema
}

# scenario JQ: small.json with changes, as a file
scenario() {
  jq "$1" "$scenarios/small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

market() {  # market [JQ]
  market_start "$(scenario "${1:-.}")"
}

fault() {  # fault QUERY: kind=429&at_request=2 ...
  curl -sS -f -X POST "$MARKET/_market/faults?$1" >/dev/null
}

received() {  # received JQ: of the requests that the market received
  market_requests | jq -r "$1"
}

closing() {  # closing FILE JQ
  jq -r "select(.kind == \"run\").body | $2" "$1"
}

kinds() {
  jq -r .kind "$1" | tr '\n' ' '
}

plan() {  # the URLs that a dry run prints for searches
  vfetch catalog --dry-run "$@" 2>/dev/null |
    jq -r 'select(.kind == "search").url'
}

pace_file() {
  mkdir -p "$VPIPE_DATA/state/pace"
  cat >"$VPIPE_DATA/state/pace/vinted"
}

# serve FILE...: a server that answers with these, byte for byte, the last of
# them again and again; what the market does not say of itself
serve() {
  perl -MIO::Socket::INET -e '
    my ($ready, @files) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      open my $f, "<", @files > 1 ? shift @files : $files[0];
      local $/; print {$c} <$f>; close $c;
    }' "$tmp/port" "$@" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 10 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# answer NAME HEADER... <BODY: a file for serve, with its length
answer() {
  local name=$1

  shift
  cat >"$tmp/body.$name"
  { printf 'HTTP/1.1 %s\r\n' "$1"
    printf '%s\r\n' "${@:2}" "Content-Length: $(stat -c %s "$tmp/body.$name")" 'Connection: close' ''
    cat "$tmp/body.$name"; } >"$tmp/$name"
}

listings='https://www.bazar.example/listings?section=women'

teardown() {
  [[ -z ${SERVER_PID:-} ]] || kill "$SERVER_PID"
  market_stop
}

# --- what is asked --------------------------------------------------------------

@test "a pasted URL becomes the request of the current endpoint" {
  same "$(plan --max-pages 1 "$women?brand_ids[]=53&brand_ids%5B%5D=14&search_text=blue%20shoes+42&price_to=20.5&order=price_low_to_high")" \
    'https://api.vinted.pt/svc-catalogue/items?attribute_ids%5Bbrand%5D=14%2C53&attribute_ids%5Bcatalog%5D=1904&order=price_low_to_high&price_to=20.5&search_text=blue%20shoes%2042&page=1&per_page=96'
}

@test "every way to write a parameter asks the same" {
  want=$(plan --max-pages 1 'https://www.vinted.pt/catalog?catalog[]=5&catalog[]=1904')
  for url in 'https://www.vinted.pt/catalog?catalog_ids[]=1904&catalog_ids[]=5' \
    'http://vinted.pt/catalog/1904?catalog=5#top' 'www.vinted.pt/catalog/?catalog_ids=5,1904' \
    'https://www.vinted.pt/catalog/5-men?catalog%5B0%5D=1904&brand_ids[]='; do
    same "$want" "$(plan --max-pages 1 "$url")"
  done
  same "$want" "$(plan --max-pages 1 --site www.vinted.pt --catalog 5 --catalog 1904)"
  same "$want" "$(plan --max-pages 1 --site vinted.pt --param catalog=1904,5,5)"
}

@test "a request object asks what a URL asks" {
  run -0 --separate-stderr vfetch catalog - --dry-run --max-pages 1 <<-'EOF'
	{"source":"vinted","site":"www.vinted.pt","kind":"search","params":{"catalog":["1904"],"price_from":2.50,"order":"relevance"}}
	{"url":"https://www.vinted.co.uk/catalog/5-men"}
	EOF
  same "$(jq -r 'select(.kind == "search").query' <<<"$output")" \
    'www.vinted.pt/search?catalog=1904&order=relevance&price_from=2.50
www.vinted.co.uk/search?catalog=5&order=newest_first'
}

@test "page, per_page and time of a URL are kept" {
  same "$(plan --max-pages 1 "$women?page=3&per_page=24&time=1789891200")" \
    'https://api.vinted.pt/svc-catalogue/items?attribute_ids%5Bcatalog%5D=1904&order=newest_first&page=3&per_page=24&time=1789891200'
}

@test "all 27 countries are known, by their own hosts" {
  [ "$(jq '.sites | length' "$ROOT/schema/sources/vinted/source.json")" = 27 ]
  for host in $(jq -r '.sites[].host' "$ROOT/schema/sources/vinted/source.json"); do
    [[ $(plan --max-pages 1 "https://$host/catalog/5") == "https://api.${host#www.}/svc-catalogue/"* ]]
  done
}

@test "a parameter that is not honoured is refused by name, never dropped" {
  fails 64 "'country' is not honoured by 'svc-catalogue'" vfetch catalog "$women?country_id[]=16"
  fails 64 "'city' is not honoured" vfetch catalog "$women?city_id[]=1"
  fails 64 "'disposal' is not honoured" vfetch catalog "$women?disposal[]=1"
  fails 64 "'brand_collection' is not honoured by 'api-v2'" \
    vfetch catalog --endpoint api-v2 "$women" --param brand_collection=1
  fails 64 "'colour' is unknown to 'vinted'" vfetch catalog "$women?colour=3"
  fails 64 "'svc-catalogue' has no parameter 'colour'" vfetch catalog "$women" --param colour=3
  fails 64 "--since is not honoured by 'svc-catalogue'" vfetch catalog "$women" --since 1h
}

@test "a parameter that asks nothing is left out, with a note" {
  run -0 --separate-stderr vfetch catalog --dry-run "$women?utm_source=mail&search_id=7"
  [[ $stderr == *"parameter 'utm_source' asks nothing"*"parameter 'search_id' asks nothing"* ]]
  [[ $output != *utm_source* ]]
}

@test "a value that a parameter does not take is refused" {
  fails 64 "'catalog' does not take 'women'" vfetch catalog --site www.vinted.pt --catalog women
  fails 64 "'order' does not take 'cheap'" vfetch catalog "$women?order=cheap"
  fails 64 "'price_from' does not take '1,5'" vfetch catalog "$women?price_from=1,5"
  fails 64 "'per_page' does not take '97'" vfetch catalog "$women?per_page=97"
  fails 64 "'page' does not take '0'" vfetch catalog "$women?page=0"
  fails 64 "'catalog' has no value" vfetch catalog --site www.vinted.pt --catalog ''
  fails 64 "takes one value" vfetch catalog "$women?price_to=1&price_to=2"
  fails 64 "badly encoded" vfetch catalog "$women?search_text=%zz"
  fails 64 "not valid UTF-8" vfetch catalog "$women?search_text=%ff"
}

@test "what is no URL of a known site, or no page of a search, is refused" {
  fails 64 "no source has a site 'www.example.org'" vfetch catalog https://www.example.org/catalog
  fails 64 "'/items/1' is no page" vfetch catalog https://www.vinted.pt/items/1
  fails 64 "no URL" vfetch catalog women
  fails 64 "no such command 'women'" vfetch women
  fails 64 "nothing to do" vfetch
  fails 64 "has no endpoint 'soap'" vfetch catalog --endpoint soap "$women"
  fails 78 "no source 'nowhere'" vfetch catalog --source nowhere "$women"
}

@test "all URLs are understood before the first request is made" {
  market
  fails 64 "'/member/1' is no page" vfetch catalog "$women" https://www.vinted.pt/member/1
  [ -z "$(market_requests)" ]
}

@test "a broken request line is said with its number, the others are asked" {
  market
  printf '%s\n' '{"site":"www.vinted.pt","params":{"catalog":"5"}}' '{"site":' \
    '{"site":"www.vinted.pt","params":{"country":"5"}}' '{"kind":"search"}' '[]' >"$tmp/in"
  run -64 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"line 2: "* && $stderr == *"line 3: parameter 'country'"* ]]
  [[ $stderr == *"line 4: a request needs a 'site'"* && $stderr == *"line 5: "* ]]
  [ "$(received 'select(.path == "/svc-catalogue/items").query' | grep -c '%5Bcatalog%5D=5&')" -ge 1 ]
  same "$(jq -r 'select(.kind == "run").body | .complete, (.queries | length)' <<<"$output")" 'false
1'
}

@test "a member that a request does not have, or that contradicts another, refuses the line by name" {
  while IFS='|' read -r request words; do
    fails 64 "line 1: $words" vfetch -q requests --dry-run <<<"$request"
    [ -z "$output" ]
  done <<-'EOF'
	{"site":"www.vinted.pt","catalog":["5"]}|a request has no member 'catalog'
	{"site":"www.vinted.pt","parameters":{"catalog":["5"]}}|a request has no member 'parameters'
	{"site":"www.vinted.pt","page":3}|a request has no member 'page'
	{"url":"https://www.vinted.pt/catalog/5","site":"evil.example"}|no source has a site 'evil.example'
	{"url":"https://www.vinted.pt/catalog/5","site":"www.vinted.it"}|'site' is 'www.vinted.it', 'url' is of 'www.vinted.pt'
	{"site":"www.vinted.pt","kind":["search"]}|'kind' is no text
	{"site":5,"url":"https://www.vinted.pt/catalog/5"}|'site' is no text
	{"site":"www.vinted.pt","source":"bazar"}|site 'www.vinted.pt' is not of that source
	{"site":"www.vinted.pt","params":{"catalog":[]}}|parameter 'catalog' has no value
	{"site":"www.vinted.pt","params":{"catalog":[""]}}|parameter 'catalog' has no value
	{"site":"www.vinted.pt","params":{"catalog":","}}|parameter 'catalog' has no value
	{"site":"www.vinted.pt","params":{"catalog":null}}|parameter 'catalog' is neither text nor number
	{"site":"www.vinted.pt","params":["5"]}|'params' is no object
	["5"]|a request is an object
	EOF
  run -0 --separate-stderr vfetch requests --dry-run --max-pages 1 \
    <<<'{"source":"vinted","site":"vinted.pt","url":"https://www.vinted.pt/catalog/5","params":{"brand":[53]}}'
  same "$(jq -r 'select(.kind == "search").query' <<<"$output")" \
    'www.vinted.pt/search?brand=53&catalog=5&order=newest_first'
}

@test "--dry-run prints the requests in order and how long they take, and makes none" {
  market
  unset VPIPE_BASE_URL
  run -0 --separate-stderr vfetch catalog --dry-run "$women"
  same "$(jq -r .kind <<<"$output" | tr '\n' ' ')" \
    'robots session robots search search search search search search search search search search '
  same "$(jq -r 'select(.kind == "search").page' <<<"$output" | tr '\n' ' ')" '1 2 3 4 5 6 7 8 9 10 '
  same "$stderr" 'vfetch: at most 13 requests, the last in 0 h 1 min 15 s, at 12 a minute and 180 an hour'
  [ -z "$(market_requests)" ]
}

# --- records --------------------------------------------------------------------

@test "a run is robots, session and pages, each a raw record, and the closing record" {
  market
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err"
  same "$(kinds "$tmp/out")" 'robots session robots search search run '
  same "$(jq -r .line "$tmp/out" | tr '\n' ' ')" '1 2 3 4 5 6 '
  same "$(jq -c 'select(.line == 4) | keys_unsorted' "$tmp/out")" \
    '["v","source","site","flow","kind","run","line","attempt","fetched_at","request","status","headers","ms","sha256","body"]'
  same "$(jq -c 'select(.line == 4).request | del(.via)' "$tmp/out")" \
    '{"method":"GET","url":"https://api.vinted.pt/svc-catalogue/items?attribute_ids%5Bcatalog%5D=1904&order=newest_first&page=1&per_page=96","endpoint":"svc-catalogue","query":"www.vinted.pt/search?catalog=1904&order=newest_first","catalog_id":1904,"page":1,"per_page":96,"params":{"catalog":["1904"],"order":["newest_first"]}}'
  [[ $(jq -r 'select(.line == 4).run' "$tmp/out") =~ ^20260920T080000Z-catalog-[0-9a-f]{16}$ ]]
  same "$(jq -r 'select(.line == 4).fetched_at' "$tmp/out")" 2026-09-20T08:00:00.000Z
  same "$(closing "$tmp/out" '.stop, .complete, .status, .queries[0].stop, .queries[0].walked')" 'end
true
0
end
true'
  same "$(cat "$tmp/err")" \
    "vfetch: 5 requests = 5 answered + 0 failed + 0 put off, 5 attempts, $(received .bytes | jq -s add) body bytes, 0 rejected lines"
}

@test "the body is what the site sent, byte for byte" {
  market
  vfetch catalog "$women" --max-pages 1 >"$tmp/out" 2>/dev/null
  sed -n '4{s/^.*"body"://;s/}$//;p}' "$tmp/out" | tr -d '\n' >"$tmp/body"
  same "$(sha256sum <"$tmp/body" | cut -d' ' -f1)" "$(jq -r 'select(.kind == "search").sha256' "$tmp/out")"
  same "$(wc -c <"$tmp/body")" "$(received 'select(.path == "/svc-catalogue/items").bytes')"
}

@test "newlines between tokens go, the sum is of the bytes as they came" {
  answer pretty '200 OK' 'Content-Type: application/json' <<-'EOF'
	{ "data": {"found": 1,
	  "results": [{"content": {"key": "a", "title": "x\ny", "price": 1.10e2}}] },
	  "more": null
	}
	EOF
  serve "$tmp/pretty"
  vfetch catalog "$listings" >"$tmp/out" 2>/dev/null
  [ "$(wc -l <"$tmp/out")" = 2 ]
  same "$(sed -n '1{s/^.*"body"://;s/}$//;p}' "$tmp/out")" "$(tr -d '\r\n' <"$tmp/body.pretty")"
  same "$(jq -r 'select(.kind == "search").sha256' "$tmp/out")" "$(sha256sum <"$tmp/body.pretty" | cut -d' ' -f1)"
}

@test "a compressed body is recorded decoded" {
  printf '{"data":{"found":0,"results":[]}}' | gzip | answer packed '200 OK' 'Content-Encoding: gzip'
  serve "$tmp/packed"
  vfetch catalog "$listings" >"$tmp/out" 2>/dev/null
  same "$(jq -c 'select(.kind == "search").body' "$tmp/out")" '{"data":{"found":0,"results":[]}}'
}

@test "bytes that are not UTF-8 are kept as they are" {
  printf '{"a":"\xff\0"}' | answer bytes '200 OK' 'Content-Type: application/json'
  serve "$tmp/bytes"
  run -69 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search").body_base64' <<<"$output")" "$(base64 <"$tmp/body.bytes")"
}

@test "a body over 32 MiB is an error, not memory" {
  head -c 34000000 /dev/zero | answer huge '200 OK'
  serve "$tmp/huge"
  run -69 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search") | .error.cause, .status' <<<"$output")" 'too-large
null'
}

@test "a redirect to another host is not followed" {
  answer away '302 Found' 'Location: https://www.example.org/' </dev/null
  serve "$tmp/away"
  run -69 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search") | .status' <<<"$output")" 302
}

@test "it says who it is, and what the site wants to hear" {
  market
  VPIPE_CONTACT=someone@example.org vfetch catalog "$women" --max-pages 1 >/dev/null 2>&1
  same "$(received '.headers."user-agent"' | sort -u)" 'vpipe/0.1.0 (+someone@example.org)'
  same "$(received .host | tr '\n' ' ')" 'www.vinted.pt www.vinted.pt api.vinted.pt api.vinted.pt '
  same "$(received 'select(.path == "/svc-catalogue/items").headers | has("authorization") and has("x-anon-id")')" true
}

@test "the retired endpoint is asked in its own words" {
  market '.api_v2 = 1'
  vfetch catalog --endpoint api-v2 "$women?brand_ids[]=53" --max-pages 1 >"$tmp/out" 2>/dev/null
  same "$(received 'select(.path == "/api/v2/catalog/items") | .host, .query, (.headers.cookie | test("access_token_web="))')" \
    'www.vinted.pt
brand_ids=53&catalog_ids=1904&order=newest_first&page=1&per_page=96
true'
  same "$(jq -r 'select(.kind == "search").request.endpoint' "$tmp/out")" api-v2
}

@test "the same input twice gives two runs of the same requests" {
  market
  vfetch catalog "$women" >"$tmp/a" 2>/dev/null
  rm -r "$VPIPE_DATA"
  vfetch catalog "$women" >"$tmp/b" 2>/dev/null
  same "$(jq -r .request.url "$tmp/a")" "$(jq -r .request.url "$tmp/b")"
  [ "$(jq -r .run "$tmp/a" "$tmp/b" | sort -u | wc -l)" = 2 ]
}

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
  same "$(jq -c 'select(.kind == "run").body.queries[0] | .stop, .walked, .answered, .state.ids' <<<"$output")" '"no-new"
true
2
["a","b"]'
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
  run -0 --separate-stderr vfetch catalog --state "$tmp/state" 'https://www.vinted.pt/catalog'
  [[ $stderr == *"line 4: no JSON, left out"* ]]
  same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" watermark
  closing "$tmp/first" '.queries[0].state.ids = [1,2,3]' | jq -c . >>"$tmp/state"
  run -0 --separate-stderr vfetch catalog --state "$tmp/state" 'https://www.vinted.pt/catalog'
  same "$(jq -r 'select(.kind == "run").body.queries[0] | .stop, .gap' <<<"$output")" 'page-limit
true'
  [[ $stderr == *"a gap"* ]]
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

# --- manners ------------------------------------------------------------------------

@test "a host that is not loopback needs a contact and a go-ahead, before any request" {
  unset VPIPE_BASE_URL
  fails 78 "VPIPE_CONTACT is not set" vfetch catalog "$women"
  export VPIPE_CONTACT=someone@example.org
  fails 78 "VPIPE_LIVE is not 'yes'" vfetch catalog "$women"
  VPIPE_CONTACT=$'a\nX-Header: b' fails 78 "no line of text" vfetch catalog "$women"
  VPIPE_LIVE=yes fails 78 "VPIPE_NOW is for tests" vfetch catalog "$women"
  fails 78 "VPIPE_LIVE is not 'yes'" vfetch catalog "$women" --base-url http://127.example.org:80
  fails 78 "is no http://HOST:PORT" vfetch catalog "$women" --base-url https://127.0.0.1
}

@test "a refusal ends the run, is kept, and the group cools down in all processes" {
  market
  fault 'kind=429&at_request=2&times=1&retry_after=2'
  vfetch catalog "$women" https://www.vinted.co.uk/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 75 ]
  same "$(jq -r '.status' "$tmp/out" | tr '\n' ' ')" '200 200 200 200 429 null '
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.queries | map(.stop) | join(" "))')" 'refused
false
75
refused:rate-limit refused'
  [[ $(cat "$tmp/err") == *"(rate-limit, status 429): nothing is asked of 'vinted' before 2026-09-20T08:15:00.000Z"* ]]
  n=$(market_requests | wc -l)
  VPIPE_NOW=2026-09-20T08:14:59Z run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"'vinted' cools down until 2026-09-20T08:15:00.000Z"* ]]
  same "$(market_requests | wc -l)" "$n"
  VPIPE_NOW=2026-09-20T08:15:00Z run -0 --separate-stderr vfetch catalog "$women"
}

@test "a cool-down doubles up to six hours, and an answer resets it" {
  market
  fault 'kind=429&retry_after=0'
  for want in 15 30 60 120 240 360 360; do
    run -75 --separate-stderr vfetch catalog "$women"
    until=$(sed -n 's/^not-before //p' "$VPIPE_DATA/state/pace/vinted")
    [ $((($(date -d "$until" +%s) - $(date -d "$VPIPE_NOW" +%s)) / 60)) = $want ]
    VPIPE_NOW=$until
  done
  curl -sS -X DELETE "$MARKET/_market/faults"
  run -0 --separate-stderr vfetch catalog "$women"
  fault kind=403
  run -77 --separate-stderr vfetch catalog "$women"
  same "$(sed -n 's/^pause //p' "$VPIPE_DATA/state/pace/vinted")" 900000
}

@test "Retry-After is a floor that nothing shortens" {
  market
  fault 'kind=429&retry_after=7200'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"before 2026-09-20T10:00:00.000Z"* ]]
}

@test "what refuses is a refusal, never an empty answer" {
  for fault in 'kind=403 forbidden' 'kind=challenge challenge' 'kind=html html' \
    'kind=404-html dead-route' 'kind=404 dead-route'; do
    market
    fault "${fault% *}"
    vfetch catalog "$women" >"$tmp/out" 2>/dev/null && status=0 || status=$?
    [ "$status" = 77 ]
    [[ $(closing "$tmp/out" '.stop, .queries[0].stop, .queries[0].walked') == "refused
refused:"*"
false" ]]
    grep -q '^not-before 2026-09-20T08:15' "$VPIPE_DATA/state/pace/vinted"
    market_stop
    rm -r "$VPIPE_DATA"
  done
}

@test "a refused front page stops the run too" {
  market
  fault 'kind=challenge&path=/'
  run -77 --separate-stderr vfetch catalog "$women"
  same "$(jq -r .kind <<<"$output" | tr '\n' ' ')" 'robots session run '
}

@test "what is transient is tried three times, each attempt a record" {
  market
  fault 'kind=5xx&status=503&at_request=1&times=1'
  fault 'kind=reset&times=1'
  vfetch catalog "$women" --max-pages 1 >"$tmp/out" 2>"$tmp/err"
  same "$(jq -r 'select(.kind == "search") | "\(.attempt) \(.status) \(.error.cause)"' "$tmp/out")" '1 503 null
2 null reset
3 200 null'
  [[ $(cat "$tmp/err") == *"4 requests = 4 answered + 0 failed + 0 put off, 6 attempts"* ]]
}

@test "a query that fails three times does not stop the others" {
  market
  fault 'kind=5xx&status=500&times=3'
  vfetch catalog "$women" https://www.vinted.pt/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 75 ]
  same "$(closing "$tmp/out" '.stop, .complete, (.queries | map(.stop) | join(" "))')" 'failed
false
failed:server end'
}

@test "a body that was cut short is kept as bytes, and tried again" {
  market
  fault 'kind=truncated&times=1'
  fault 'kind=length&at_request=2&times=1'
  vfetch catalog "$women" --max-pages 1 >"$tmp/out" 2>/dev/null
  same "$(jq -r 'select(.kind == "search") | "\(.attempt) \(.status) \(has("body_base64")) \(has("body"))"' "$tmp/out")" '1 200 true false
2 200 true false
3 200 false true'
}

@test "half a JSON text is unreadable, not empty" {
  market
  fault kind=cut
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 69 ]
  same "$(closing "$tmp/out" '.queries[0].stop')" unreadable
  same "$(jq -r 'select(.kind == "search") | has("body_text")' "$tmp/out")" true
}

@test "a long Retry-After of a failure is left to the next run" {
  answer busy '503 Busy' 'Retry-After: 3600' </dev/null
  serve "$tmp/busy"
  run -75 --separate-stderr vfetch catalog "$listings"
  [ "$(jq -s length <<<"$output")" = 2 ]
  grep -q '^not-before 2026-09-20T09:00:00' "$VPIPE_DATA/state/pace/bazar"
}

@test "nobody listening is a failure of that kind, tried three times" {
  VPIPE_BASE_URL=http://127.0.0.1:9 run -75 --separate-stderr vfetch catalog "$women"
  same "$(jq -r 'select(.kind == "robots") | "\(.attempt) \(.error.cause)"' <<<"$output")" '1 connect
2 connect
3 connect'
  same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" failed:robots
}

@test "a budget is kept, the rest is put off, and the run says partial" {
  market
  run -0 --separate-stderr vfetch catalog --budget 4 "$women" https://www.vinted.pt/catalog/5
  same "$(market_requests | wc -l)" 4
  same "$(jq -r 'select(.kind == "run").body | .stop, .complete, .ledger.put_off' <<<"$output")" 'budget
false
2'
  [[ $stderr == *"6 requests = 4 answered + 0 failed + 2 put off"* ]]
}

@test "robots.txt is read once a day and obeyed" {
  market '.robots = "User-agent: *\nDisallow: /svc-catalogue/*catalog%5D=5&\n\nUser-agent: other\nDisallow: /\n"'
  vfetch catalog "$women" https://www.vinted.pt/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 77 ]
  same "$(closing "$tmp/out" '.queries | map(.stop) | join(" ")')" 'end refused:robots'
  [[ $(cat "$tmp/err") == *"robots.txt of 'api.vinted.pt' forbids"* ]]
  run -77 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  same "$(received 'select(.path == "/robots.txt").host')" 'www.vinted.pt
api.vinted.pt'
  VPIPE_ROBOTS=permitted run -0 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  VPIPE_NOW=2026-09-21T08:00:01Z run -77 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  same "$(received 'select(.path == "/robots.txt").host' | wc -l)" 3
}

@test "requests that other processes made or wait for count in the pace" {
  unset VPIPE_BASE_URL
  { printf 'not-before 1970-01-01T00:00:00.000Z\npause 0\n'
    for s in {10..54..4}; do printf 'asked 2026-09-20T07:59:%s.000Z\n' "$s"; done; } | pace_file
  run -0 --separate-stderr vfetch catalog --dry-run --max-pages 1 "$women"
  # the twelve of the last minute: the first of them is free at :10
  [[ $stderr == *"4 requests, the last in 0 h 0 min 2"[0-9]" s,"* ]]
  VPIPE_RATE_MINUTE=24 run -0 --separate-stderr vfetch catalog --dry-run --max-pages 1 "$women"
  [[ $stderr == *"at 24 a minute and 180 an hour"* ]]
  { cat "$VPIPE_DATA/state/pace/vinted"; echo rubbish; } >"$tmp/broken"
  pace_file <"$tmp/broken"
  fails 78 "is damaged" vfetch catalog --dry-run "$women"
}

@test "two processes share one budget: no minute and no hour holds more" {
  run -0 "$O/unit/pace"
}

@test "what is tried again, and when: a closed list, full jitter, Retry-After" {
  run -0 "$O/unit/retry"
}

@test "robots.txt is read as RFC 9309 says" {
  run -0 "$O/unit/robots"
}

@test "whatever a URL or a robots.txt holds, reading it does no harm" {
  run -0 "$O/unit/fuzz_check" url "$ROOT"/tests/fuzz/corpus/url/*
  run -0 "$O/unit/fuzz_check" robots "$ROOT"/tests/fuzz/corpus/robots/*
}

# --- check ----------------------------------------------------------------------------

@test "check proves with a request per parameter that each filter is honoured" {
  market '.items = 3000'
  run -0 --separate-stderr vfetch check --site www.vinted.pt
  for name in catalog brand size color material status search_text price_from price_to order per_page page; do
    grep -qP "^$name\t[^\t]+\thonoured\t" <<<"$output" || { echo "$name"; echo "$output"; return 1; }
  done
  grep -qP '^country\t\trefused\t' <<<"$output"
  same "$(received 'select(.path == "/svc-catalogue/items")' | jq -s length)" 13
}

@test "check finds a filter that is dropped in silence" {
  market '.items = 3000'
  jq '.endpoints.search[0].parameters.brand.name = "brand_ids"' "$ROOT/schema/sources/vinted/source.json" >"$tmp/source"
  mkdir -p "$tmp/sources/vinted" && mv "$tmp/source" "$tmp/sources/vinted/source.json"
  VPIPE_SOURCES=$tmp/sources run -69 --separate-stderr vfetch check "$women?brand_ids[]=53"
  grep -qP '^brand\t53\tnot honoured\t' <<<"$output"
}

# --- as every program -------------------------------------------------------------------

@test "no request gives no run, and the ledger closes" {
  run -0 --separate-stderr vfetch requests </dev/null
  [ -z "$output" ]
  same "$stderr" 'vfetch: 0 requests = 0 answered + 0 failed + 0 put off, 0 attempts, 0 body bytes, 0 rejected lines'
}

@test "a last line without newline counts" {
  run -0 --separate-stderr vfetch requests --dry-run --max-pages 1 < <(printf '{"site":"www.vinted.pt"}')
  [[ $output == *'"kind":"search"'* ]]
}

@test "a line too long, broken UTF-8 and NUL bytes are rejected, each by its number" {
  { head -c 2000000 /dev/zero | tr '\0' x; printf '\n{"site":"www.vinted.pt\xff"}\n\0\n{"site":"www.vinted.pt","params":{"search_text":"a\\u0000b"}}\n'; } >"$tmp/in"
  run -64 --separate-stderr vfetch requests --dry-run <"$tmp/in"
  [[ $stderr == *"line 1: too long"*"line 2: "*"line 3: "*"line 4: "* ]]
  [ -z "$output" ]
}

@test "a full disk is said, with 74" {
  market
  run -74 --separate-stderr bash -c "vfetch catalog '$women' >/dev/full"
  same "$stderr" "vfetch: cannot write standard output: No space left on device"
}

@test "a reader that leaves ends it without a word" {
  market '.items = 3000'
  run -0 --separate-stderr bash -c "vfetch catalog https://www.vinted.pt/catalog | head -c 10; echo \" \${PIPESTATUS[0]}\""
  [[ $output == *" 141" && -z $stderr ]]
}

@test "SIGTERM half way: the record is finished, the run is closed, the signal is passed on" {
  market '.items = 3000'
  fault 'kind=slow&ms=20000&at_request=3'
  vfetch catalog https://www.vinted.pt/catalog >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 10 grep -q '"page":2,' "$tmp/out"
  kill -TERM $pid
  wait $pid && status=0 || status=$?
  [ "$status" = 143 ]
  same "$(closing "$tmp/out" '.stop, .complete, .status, .queries[0].walked, .queries[0].stop')" 'signal
false
143
false
signal'
}

@test "killed half way, what is there is whole records" {
  market '.items = 3000'
  fault 'kind=slow&ms=20000&at_request=3'
  vfetch catalog https://www.vinted.pt/catalog >"$tmp/out" 2>/dev/null 3>&- &
  pid=$!
  until_true 10 grep -q '"page":2,' "$tmp/out"
  kill -KILL $pid
  wait $pid || :
  same "$(kinds "$tmp/out")" 'robots session robots search search '
  [ -z "$(tail -c 1 "$tmp/out" | tr -d '\n')" ]
}

@test "counters are written as metrics" {
  market
  vfetch catalog "$women" --max-pages 1 --metrics "$tmp/metrics" >/dev/null 2>&1
  grep -qx 'vpipe_vfetch_answered_total 4' "$tmp/metrics"
  grep -qx '# EOF' "$tmp/metrics"
}
