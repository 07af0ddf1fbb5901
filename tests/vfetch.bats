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
  until_true 60 test -s "$tmp/port"
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

@test "page, per_page and time are kept where they are asked for by name" {
  same "$(plan --max-pages 1 "$women?per_page=24" --param page=3 --param time=1789891200)" \
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

@test "the moment and the page of a pasted URL are left out, with a note: a walk is of now, and whole" {
  want=$(plan "$women?price_to=15")
  for rest in 'search_id=1&time=1750275559&catalog_from=0&page=1' 'page=7' 'time=&catalog_from=12' \
    'time=x&page=0' '%74ime=5&pa%67e=2' 'page=2&page=3&time=4'; do
    run -0 --separate-stderr vfetch catalog --dry-run "$women?$rest&price_to=15#page=2"
    [[ $stderr == *"parameter '"*"' asks nothing, left out"* ]] || { echo "$rest: $stderr"; return 1; }
    same "$(jq -r 'select(.kind == "search").url' <<<"$output")" "$want"
  done
  # as the marketplace's own people paste it
  run -0 --separate-stderr vfetch catalog --dry-run --max-pages 1 \
    'https://www.vinted.it/catalog?search_id=1&time=1750275559&catalog[]=3026&price_to=15&currency=EUR&catalog_from=0&page=1'
  same "$(jq -r 'select(.kind == "search").query' <<<"$output")" \
    'www.vinted.it/search?catalog=3026&currency=EUR&order=newest_first&price_to=15'
  for name in search_id time catalog_from page; do
    [[ $stderr == *"parameter '$name' asks nothing, left out"* ]]
  done
}

@test "a URL as it comes out of mails, chats and lists asks the same" {
  want=$(plan --max-pages 1 'https://www.vinted.pt/catalog?catalog[]=1904&price_to=15')
  for url in '  https://www.vinted.pt/catalog?catalog[]=1904&price_to=15 ' $'https://www.vinted.pt/catalog?catalog[]=1904&price_to=15\r\n' \
    'HTTP://WWW.VINTED.PT/catalog?catalog%5b%5d=1904&price_to=15' 'https://vinted.pt/catalog?catalog%255B%255D=1904&price_to=15#top' \
    'https://www.vinted.pt/catalog?catalog_ids=1904&price_to=15&gclid=a&fbclid=b&utm_medium=c&_ga=d&msclkid=e&gad_source=1&ref=f' \
    'https://www.vinted.pt/catalog?catalog[]=1904&&price_to=15&search_by_image_uuid=&brand_ids[]='; do
    same "$want" "$(plan --max-pages 1 "$url")"
  done
}

@test "what would change the question is never left out: an image, a name that nobody knows" {
  fails 64 "'search_by_image' is not honoured by 'svc-catalogue'" vfetch catalog "$women?search_by_image_uuid=5f1c"
  fails 64 "parameter 'catalog_to' is unknown" vfetch catalog "$women?catalog_to=0"
  fails 64 "parameter 'amp;page' is unknown" vfetch catalog "$women?price_to=1&amp;page=2"
  fails 64 "parameter 'timer' is unknown" vfetch catalog "$women?timer=1"
  fails 64 "'catalog' does not take '5%2C7'" vfetch catalog 'https://www.vinted.pt/catalog?catalog[]=5%252C7'
}

@test "a value that a parameter does not take is refused" {
  fails 64 "'catalog' does not take 'women'" vfetch catalog --site www.vinted.pt --catalog women
  fails 64 "'order' does not take 'cheap'" vfetch catalog "$women?order=cheap"
  fails 64 "'price_from' does not take '1,5'" vfetch catalog "$women?price_from=1,5"
  fails 64 "'per_page' does not take '97'" vfetch catalog "$women?per_page=97"
  fails 64 "'page' does not take '0'" vfetch catalog "$women" --param page=0
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

@test "a gzip of several members is decoded to its end" {
  { printf '{"data":{"found":0,' | gzip; printf '"results":[]}}' | gzip; } |
    answer packed '200 OK' 'Content-Encoding: gzip'
  serve "$tmp/packed"
  vfetch catalog "$listings" >"$tmp/out" 2>/dev/null
  same "$(jq -c 'select(.kind == "search").body' "$tmp/out")" '{"data":{"found":0,"results":[]}}'
}

@test "a wrong or unknown Content-Encoding is a failure of that name, never data" {
  for coding in gzip br zstd deflate aws-chunked 'gzip, gzip'; do
    printf '{"data":{"found":0,"results":[]}}' | answer plain '200 OK' "Content-Encoding: $coding"
    serve "$tmp/plain"
    run -69 --separate-stderr vfetch catalog "$listings"
    same "$(jq -c 'select(.kind == "search") | .error.cause, has("body")' <<<"$output")" '"encoding"
false'
    [[ $stderr == *"failed:encoding: its Content-Encoding '$coding' is wrong, or not known"* ]]
    kill "$SERVER_PID"
    rm "$tmp/port"
  done
  unset SERVER_PID
}

@test "a compressed body that is cut is tried again, and no data" {
  printf '{"data":{"found":0,"results":[]}}' | gzip | head -c -9 | answer cut '200 OK' 'Content-Encoding: gzip'
  serve "$tmp/cut"
  run -75 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search") | "\(.attempt) \(has("body"))"' <<<"$output")" '1 false
2 false
3 false'
}

@test "bytes that are not UTF-8 are kept as they are" {
  printf '{"a":"\xff\0"}' | answer bytes '200 OK' 'Content-Type: application/json'
  serve "$tmp/bytes"
  run -69 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search").body_base64' <<<"$output")" "$(base64 <"$tmp/body.bytes")"
}

@test "a byte order mark before a body is passed over, and part of the sum" {
  printf '\357\273\277{"data":\n{"found":0,"results":[]}}' | answer marked '200 OK' 'Content-Type: application/json'
  serve "$tmp/marked"
  vfetch catalog "$listings" >"$tmp/out" 2>/dev/null
  same "$(jq -c 'select(.kind == "search").body' "$tmp/out")" '{"data":{"found":0,"results":[]}}'
  same "$(jq -r 'select(.kind == "search").sha256' "$tmp/out")" "$(sha256sum <"$tmp/body.marked" | cut -d' ' -f1)"
}

@test "UTF-16 is said, and kept as bytes" {
  printf '\ufeff{"data":{"found":0,"results":[]}}' | iconv -t UTF-16LE | answer wide '200 OK' 'Content-Type: application/json'
  serve "$tmp/wide"
  run -69 --separate-stderr vfetch catalog "$listings"
  [[ $stderr == *'the body is UTF-16, which is no JSON'* ]]
  same "$(jq -r 'select(.kind == "search").body_base64' <<<"$output" | base64 -d | cksum)" "$(cksum <"$tmp/body.wide")"
}

@test "an answer that fits into no record is a look 'failed:too-large', and the run is published" {
  head -c 17000000 /dev/zero | tr '\0' a >"$tmp/long"
  head -c 3000000 /dev/zero | tr '\0' '\1' >"$tmp/control"	# 6 bytes each, escaped
  head -c 13000000 /dev/zero | tr '\0' '\377' >"$tmp/bytes"	# 4 bytes for 3
  export VPIPE_RAW=$tmp/raw
  for body in long control bytes; do
    answer "$body" '200 OK' <"$tmp/$body"
    serve "$tmp/$body"
    vfetch catalog "$listings" >"$tmp/out" 2>"$tmp/words" || same 69 $?
    [[ $(<"$tmp/words") == *'failed:too-large'* ]]
    vput -q <"$tmp/out" >"$tmp/manifest"
    zstd -dcq "$tmp"/raw/*/*/*/*/*.zst | vnormalize -q --no-key --stream look --records-only >"$tmp/looks"
    same failed:too-large "$(jq -r .record.verdict "$tmp/looks")"
    same '1 2' "$(jq .line "$tmp/out" | xargs)"
    rm -r "$tmp/raw" "$tmp/port"
    kill "$SERVER_PID"
  done
}

@test "a body over 16 MiB is an error, not memory" {
  head -c 34000000 /dev/zero | answer huge '200 OK'
  serve "$tmp/huge"
  run -69 --separate-stderr vfetch catalog "$listings"
  same "$(jq -r 'select(.kind == "search") | .error.cause, .status' <<<"$output")" 'too-large
null'
  same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" failed:too-large
}

@test "a body over the ceiling is too large however it comes: packed, in chunks, without an end" {
  head -c 34000000 /dev/zero >"$tmp/zeros"
  gzip -1 <"$tmp/zeros" | answer packed '200 OK' 'Content-Type: application/json' 'Content-Encoding: gzip'
  { printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n' 34000000; cat "$tmp/zeros"; } >"$tmp/chunked"
  { printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n'; cat "$tmp/zeros"; } >"$tmp/endless"
  for name in packed chunked endless; do
    rm -f "$tmp/port"
    serve "$tmp/$name"
    run -69 --separate-stderr vfetch catalog "$listings"
    same "$(jq -r 'select(.kind == "search") | .error.cause' <<<"$output")" too-large || { echo "$name"; return 1; }
    same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" failed:too-large
    kill "$SERVER_PID"
  done
}

@test "endless headers, two lengths and a hundred 100s are named, and not tried again" {
  long=$(head -c 200000 /dev/zero | tr '\0' a)
  { printf 'HTTP/1.1 200 OK\r\n'; for n in {1..400}; do printf 'Set-Cookie: c%d=%s\r\n' $n "${long:0:1000}"; done
    printf 'Content-Length: 2\r\n\r\n{}'; } >"$tmp/flood"
  printf 'HTTP/1.1 200 OK\r\nX: %s\r\nContent-Length: 2\r\n\r\n{}' "$long" >"$tmp/line"
  { for n in {1..20000}; do printf 'HTTP/1.1 100 Continue\r\n\r\n'; done; } >"$tmp/hundreds"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}\n' >"$tmp/lengths"
  for name in flood line hundreds lengths; do
    serve "$tmp/$name"
    run -69 --separate-stderr vfetch catalog "$listings"
    jq -r "select(.kind == \"search\") | \"$name \\(.attempt) \\(.status) \\(.error.cause)\"" <<<"$output" >>"$tmp/have"
    kill "$SERVER_PID"
    rm "$tmp/port"
  done
  unset SERVER_PID
  same "$(cat "$tmp/have")" 'flood 1 null too-large
line 1 null too-large
hundreds 1 null too-large
lengths 1 null protocol'
}

@test "a refusal is one, though its page is broken, too large or wrongly encoded" {
  answer broken '429 Too Many' 'Content-Encoding: gzip' <<<'{}'
  { printf 'HTTP/1.1 429 Too Many\r\nContent-Length: 99999999999999\r\n\r\n'; head -c 34000000 /dev/zero; } >"$tmp/lying"
  head -c 34000000 /dev/zero | answer large '429 Too Many'
  for name in broken large lying; do
    serve "$tmp/$name"
    run -75 --separate-stderr vfetch catalog "$listings"
    [[ $stderr == *"refused us (rate-limit, status 429)"* ]]
    same "$(jq -r 'select(.kind == "search") | .status, (.body_base64 | length < 100000)' <<<"$output")" '429
true'
    kill "$SERVER_PID"
    rm -r "$tmp/port" "$VPIPE_DATA"
  done
  unset SERVER_PID
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

# secrets: a front page that sets a token, an anon id, a refresh token, and
# what is no secret
token=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.s-g_n4tuRe
secrets() {
  site
  at / '200 OK' 'Content-Type: text/html' "Set-Cookie: access_token_web=$token; path=/" \
    'Set-Cookie: anon_id=SECRETANON; path=/' 'Set-Cookie: refresh_token_web="refresh%2Fme-1"; HttpOnly' \
    'Set-Cookie: visits=10000000001' 'Set-Cookie: locale=pt-fr' 'Set-Cookie: where=vinted.pt' <<<'<html></html>'
}

x_at='/svc-catalogue/items?order=newest_first&search_text=x&page=1&per_page=96'
ask_x() {
  rm -rf "$VPIPE_DATA/state"
  vfetch catalog -v 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/out" "$tmp/err") != *"$token"* ]]
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
  answer front '200 OK' 'Content-Type: text/html' "${@/#/Set-Cookie: }" <<<'<html></html>'
  answer hits '200 OK' 'Content-Type: application/json' \
    <<<'{"items":[],"pagination":{"current_page":1,"per_page":96,"total_entries":0,"total_pages":0,"time":1}}'
  serve "$tmp/front" "$tmp/hits"
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err" || :
  kill "$SERVER_PID"
  unset SERVER_PID
  jq -r .values.token "$VPIPE_DATA/state/session/www.vinted.pt.json" 2>/dev/null || echo none
  rm -rf "$VPIPE_DATA" "$tmp/port"
}

@test "the last Set-Cookie of a name wins; one that clears takes its own away" {
  t=access_token_web
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
  same "$(token_of "$t=good; Domain=.vinted.pt" "$t=; Max-Age=0; Domain=www.vinted.pt")" good
  same "$(token_of "$t=good; Path=/" "$t=; Max-Age=0; Path=/old")" good
  same "$(token_of "$t=good; domain=VINTED.pt" "$t=; Max-Age=0; Domain=vinted.pt")" none
  same "$(token_of "$t=good" "$t=evil; Domain=other.example" "$t=evil; Domain=pt")" good
  same "$(token_of "$t=good" "${t}_2=x" "x$t=x" "ACCESS_TOKEN_WEB=x")" good
  same "$(token_of " $t = \"quoted\" ; Secure;HttpOnly; Path=/")" quoted
}

@test "a cookie with a control character, or of more than 8 KiB, is none" {
  t=access_token_web
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

opened() {  # opened PID NAME: it has a file open whose name ends so
  readlink /proc/"$1"/fd/* 2>/dev/null | grep -q "$2\$"
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

# --- requests about one seller or one item ---------------------------------------------

# site: a server that answers by path and query with what `at` left for them,
# else with the API's 404; $tmp/asked has the requests
site() {
  at / '200 OK' 'Content-Type: text/html' 'Set-Cookie: access_token_web=abc; path=/' 'Set-Cookie: anon_id=x' <<<'<html></html>'
  at other '404 Not Found' 'Content-Type: application/json' <<<'{"code":104,"message":"Content not found"}'
  : >"$tmp/asked"
  perl -MIO::Socket::INET -e '
    my ($ready, $dir, $log) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      my ($target) = $got =~ /^GET (\S+)/;
      open my $l, ">>", $log; print $l "$target\n"; close $l;
      $target =~ s{/}{!}g;
      open my $f, "<", -e "$dir/$target" ? "$dir/$target" : "$dir/other";
      local $/; print {$c} <$f>; close $c;
    }' "$tmp/port" "$tmp/site" "$tmp/asked" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# at TARGET STATUS HEADER... <BODY
at() {
  mkdir -p "$tmp/site"
  answer answer "${@:2}"
  mv "$tmp/answer" "$tmp/site/${1//\//!}"
}

html() {  # html TARGET STATUS <BODY
  at "$1" "$2" 'Content-Type: text/html; charset=utf-8'
}

json() {
  at "$1" "$2" 'Content-Type: application/json; charset=utf-8'
}

moved() {  # moved TARGET LOCATION
  at "$1" '307 Temporary Redirect' "Location: $2" </dev/null
}

about() {  # about KIND ID...: request objects of www.vinted.pt
  local id name=item

  [[ $1 == item-* ]] || name=user
  for id in "${@:2}"; do
    printf '{"site":"www.vinted.pt","kind":"%s","params":{"%s":"%s"}}\n' "$1" "$name" "$id"
  done
}

pages_asked() {
  grep -v '^/$' "$tmp/asked" | tr '\n' ' '
}

@test "requests about sellers and items: ids in the path, whom they are about in the record, as text" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{"id":70},"code":0}'
  json '/api/v2/wardrobe/70/items?page=1&per_page=96' '200 OK' <<<'{"items":[],"pagination":{"total_entries":0},"code":0}'
  html /items/10000000001 '200 OK' <<<'<html><body></body></html>'
  json /api/v2/items/10000000001/details/sidebar '200 OK' <<<'{"plugins":[],"code":0}'
  { about user 70; about wardrobe 70; about item-page 10000000001
    echo '{"site":"www.vinted.pt","kind":"item-status","params":{"item":10000000001}}'; } |
    vfetch requests --flow track >"$tmp/out" 2>/dev/null
  same "$(jq -c 'select(.request.query) | [.flow, .kind, .request.query, .request.user_id, .request.item_id, .request.page]' "$tmp/out")" \
'["track","user","www.vinted.pt/user?user=70","70",null,null]
["track","wardrobe","www.vinted.pt/wardrobe?user=70","70",null,1]
["track","item-page","www.vinted.pt/item-page?item=10000000001",null,"10000000001",null]
["track","item-status","www.vinted.pt/item-status?item=10000000001",null,"10000000001",null]'
  same "$(jq -c 'select(.kind == "item-page").request | del(.via)' "$tmp/out")" \
    '{"method":"GET","url":"https://www.vinted.pt/items/10000000001","endpoint":"html-item","query":"www.vinted.pt/item-page?item=10000000001","item_id":"10000000001","params":{"item":["10000000001"]}}'
  same "$(jq -r 'select(.kind == "item-page").body_text' "$tmp/out")" '<html><body></body></html>'
  same "$(closing "$tmp/out" '.complete, .status, (.kinds | tojson)')" \
'true
0
{"user":{"requests":1,"answered":1,"gone":0,"failed":0,"put_off":0},"wardrobe":{"requests":1,"answered":1,"gone":0,"failed":0,"put_off":0},"item-page":{"requests":1,"answered":1,"gone":0,"failed":0,"put_off":0},"item-status":{"requests":1,"answered":1,"gone":0,"failed":0,"put_off":0}}'
  # only what has pages has an entry of its own
  same "$(closing "$tmp/out" '.queries | tojson')" \
    '[{"query":"www.vinted.pt/wardrobe?user=70","site":"www.vinted.pt","user_id":"70","kind":"wardrobe","endpoint":"api-v2-wardrobe","asked":1,"answered":1,"stop":"empty","walked":true,"gap":false,"total_first":0,"total_last":0,"state":null}]'
}

@test "the simulated site is asked in its own words, and answers all four kinds" {
  market '.items = 500'
  vfetch catalog "$women" --max-pages 1 >"$tmp/list" 2>/dev/null
  read -r item user < <(jq -r 'select(.kind == "search") | [.body.items[] | select(.promoted | not)][0] | "\(.id) \(.user.id)"' "$tmp/list")
  { about user "$user" 999; about wardrobe "$user"; about item-page "$item" 999; about item-status "$item"; } |
    vfetch requests --flow track >"$tmp/out" 2>"$tmp/err"
  same "$(jq -c 'select(.request.query) | [.kind, .status, .request.redirects]' "$tmp/out")" \
'["user",200,null]
["user",404,null]
["wardrobe",200,null]
["item-page",200,1]
["item-page",404,null]
["item-status",200,null]'
  same "$(closing "$tmp/out" '.complete, (.kinds | map_values(.gone) | tojson), (.queries[0] | .stop, .walked, .total_first > 0)')" 'true
{"user":1,"wardrobe":0,"item-page":1,"item-status":0}
end
true
true'
  # all of it with the session's cookie
  same "$(received 'select(.path | test("^/(api|items)")) | .headers.cookie | test("access_token_web=")' | sort -u)" true
}

@test "an id that is no integer, or is missing, refuses its line before anything is asked" {
  site
  while IFS='|' read -r params words; do
    fails 64 "line 1: $words" vfetch -q requests \
      <<<"{\"site\":\"www.vinted.pt\",\"kind\":\"item-page\",\"params\":$params}"
    [ -z "$output" ]
  done <<-'EOF'
	{"item":"5a"}|parameter 'item' does not take '5a'
	{"item":"../5"}|parameter 'item' does not take '../5'
	{"item":"5/6"}|parameter 'item' does not take '5/6'
	{"item":"-5"}|parameter 'item' does not take '-5'
	{"item":5.0}|parameter 'item' does not take '5.0'
	{"item":"007"}|parameter 'item' does not take '007'
	{"item":"0"}|parameter 'item' does not take '0'
	{"item":"12345678901234567890"}|parameter 'item' does not take
	{"item":""}|parameter 'item' has no value
	{"item":["5","6"]}|parameter 'item' takes one value, not 2
	{"item":"5","slug":"a/b"}|parameter 'slug' does not take 'a/b'
	{"item":"5","slug":"/"}|parameter 'slug' does not take '/'
	{"item":"5","slug":"."}|parameter 'slug' does not take '.'
	{"item":"5","slug":".."}|parameter 'slug' does not take '..'
	{"item":"5","slug":""}|parameter 'slug' has no value
	{"item":"5","slug":[]}|parameter 'slug' has no value
	{"item":"5","slug":null}|parameter 'slug' is neither text nor number
	{"item":"5","slug":["a","b"]}|parameter 'slug' takes one value, not 2
	{"slug":"a"}|'html-item' needs a parameter 'item'
	{"item":"5","page":"2"}|'html-item' has no parameter 'page'
	{"user":"5"}|'html-item' has no parameter 'user'
	{}|'html-item' needs a parameter 'item'
	EOF
  fails 64 "has no endpoint 'current' for kind 'details'" vfetch -q requests <<<'{"site":"www.vinted.pt","kind":"details"}'
  # a slug of what has none
  fails 64 "'details-sidebar' has no parameter 'slug'" vfetch -q requests \
    <<<'{"site":"www.vinted.pt","kind":"item-status","params":{"item":"5","slug":"a"}}'
  [ ! -s "$tmp/asked" ]
}

@test "a text in a path is encoded, and leads nowhere else" {
  site
  json '/rest/members/a%2Fb%20%3F%C3%A9' '200 OK' <<<'{"data":{}}'
  run -0 --separate-stderr vfetch requests <<<'{"site":"www.bazar.example","kind":"user","params":{"user":"a/b ?é"}}'
  same "$(jq -r 'select(.kind == "user").request | .url, .user_id' <<<"$output")" 'https://www.bazar.example/rest/members/a%2Fb%20%3F%C3%A9
a/b ?é'
  for user in . ..; do
    fails 64 "parameter 'user' does not take '$user'" vfetch -q requests \
      <<<"{\"site\":\"www.bazar.example\",\"kind\":\"user\",\"params\":{\"user\":\"$user\"}}"
  done
  same "$(pages_asked)" '/rest/members/a%2Fb%20%3F%C3%A9 '
}

# slug ITEM SLUG: a request object of an item's page, where it is known to stand
slug() {
  about item-page "$1" | jq -c --arg slug "$2" '.params.slug = $slug'
}

@test "a page whose slug is known takes one request; the query is the same without" {
  site
  moved /items/5 /items/5-blue-dress
  html /items/5-blue-dress '200 OK' <<<'<html></html>'
  html /items/6 '200 OK' <<<'<html></html>'
  { slug 5 blue-dress; about item-page 5 6; } >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(pages_asked)" '/items/5-blue-dress /items/6 '
  same "$(jq -c 'select(.kind == "item-page").request | del(.via)' "$tmp/out")" \
'{"method":"GET","url":"https://www.vinted.pt/items/5-blue-dress","endpoint":"html-item","query":"www.vinted.pt/item-page?item=5","item_id":"5","params":{"item":["5"],"slug":["blue-dress"]}}
{"method":"GET","url":"https://www.vinted.pt/items/6","endpoint":"html-item","query":"www.vinted.pt/item-page?item=6","item_id":"6","params":{"item":["6"]}}'
  # one item is one request, with or without
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/item-page?item=5' is asked twice"* ]]
  same "$(vfetch requests --dry-run <"$tmp/in" 2>/dev/null | jq -c 'select(.kind == "item-page") | [.url, .query]')" \
'["https://www.vinted.pt/items/5-blue-dress","www.vinted.pt/item-page?item=5"]
["https://www.vinted.pt/items/6","www.vinted.pt/item-page?item=6"]'
}

@test "a slug that is no longer the item's is redirected, and followed" {
  site
  moved /items/5-old /items/5-new
  html /items/5-new '200 OK' <<<'<html></html>'
  # nor does a slug open the way to another item
  moved /items/5-6 /items/56
  slug 5 old | vfetch requests >"$tmp/out" 2>/dev/null
  same "$(pages_asked)" '/items/5-old /items/5-new '
  same "$(jq -c 'select(.kind == "item-page").request | [.url, .redirects, .query, .item_id]' "$tmp/out")" \
    '["https://www.vinted.pt/items/5-new",1,"www.vinted.pt/item-page?item=5","5"]'
  slug 5 6 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"refused us (redirect, status 307)"* ]]
  same "$(pages_asked)" '/items/5-old /items/5-new /items/5-6 '
}

@test "a slug is encoded, whatever it holds" {
  site
  while IFS='|' read -r text encoded; do
    : >"$tmp/asked"
    html "/items/5-$encoded" '200 OK' <<<'<html></html>'
    slug 5 "$text" | vfetch requests >"$tmp/out" 2>/dev/null
    same "$(pages_asked)" "/items/5-$encoded "
    same "$(jq -c 'select(.kind == "item-page").request | [.url, .params.slug[0]]' "$tmp/out")" \
      "$(jq -cn --arg text "$text" --arg at "$encoded" '["https://www.vinted.pt/items/5-\($at)", $text]')"
  done <<-'EOF'
	robe d'été|robe%20d%27%C3%A9t%C3%A9
	a?b=c&d#e|a%3Fb%3Dc%26d%23e
	50%25-{item}-{site}|50%2525-%7Bitem%7D-%7Bsite%7D
	..\..,a+b:@;|..%5C..%2Ca%2Bb%3A%40%3B
	...|...
	EOF
}

# wardrobe USER PAGE TOTAL ID...: that page of a wardrobe, two a page
wardrobe() {
  jq -cn --argjson total "$3" '{items: [$ARGS.positional[] | {id: tonumber}], pagination: {total_entries: $total}}' \
    --args "${@:4}" | json "/api/v2/wardrobe/$1/items?page=$2&per_page=2" '200 OK'
}

@test "a wardrobe is walked until its total is reached, and no further" {
  site
  wardrobe 70 1 4 1 2
  wardrobe 70 2 4 3 4
  # pages that the site cuts short do not end it
  wardrobe 71 1 3 5
  wardrobe 71 2 3 6
  wardrobe 71 3 3 7
  # one that shows less than it says
  wardrobe 72 1 9 8 9
  wardrobe 72 2 9 10
  wardrobe 72 3 9
  about wardrobe 70 71 72 | jq -c '.params.per_page = 2' | vfetch requests >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[] | [.user_id, .asked, .answered, .stop, .walked, .total_last, .state] | tojson')" \
'["70",2,2,"end",true,4,null]
["71",3,3,"end",true,3,null]
["72",3,3,"empty",false,9,null]'
}

# shelf: a site whose search for x has the lines of $tmp/pages as its pages, the
# last for any behind it
shelf() {
  perl -MIO::Socket::INET -e '
    my ($ready, $pages) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my ($got, $body, $more) = ("", "<html></html>", "Set-Cookie: access_token_web=abc\r\nSet-Cookie: anon_id=x\r\n");
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      if ($got =~ /[?&]page=(\d+)/) {
        open my $f, "<", $pages; my @lines = <$f>;
        $body = $lines[$1 > @lines ? -1 : $1 - 1]; $more = "Content-Type: application/json\r\n";
      }
      print {$c} "HTTP/1.1 200 OK\r\n${more}Content-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body"; close $c;
    }' "$tmp/port" "$tmp/pages" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
}

# leaves REST FIRST..LAST...: a page a range, its ids; REST stands in each
leaves() {
  jq -cn --argjson rest "$1" '$ARGS.positional[] | split("..") | map(tonumber)
    | {items: [range(.[0]; .[1] + 1) | {id: .}]} + $rest' --args "${@:2}"
}

walked() {  # what the walk of x says: pages asked, stop, walked, ids of its state
  rm -rf "$VPIPE_DATA/state/pace"
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
  closing "$tmp/out" '.queries[0] | [.asked, .stop, .walked, (.state.ids | length)] | tojson'
}

@test "a total is a number however it is written; one that says nothing ends no walk" {
  shelf
  while IFS='|' read -r pagination want; do
    leaves "{\"pagination\":$pagination}" 100..139 200..239 300..339 400..439 500..539 600..611 0..-1 >"$tmp/pages"
    same "$want" "$(walked)" || { echo "$pagination"; return 1; }
  done <<-'EOF'
	{"total_entries":212,"total_pages":6,"per_page":40}|[6,"end",true,212]
	{"total_entries":"212","total_pages":"6","per_page":"40"}|[6,"end",true,212]
	{"total_entries":212.0,"total_pages":6.0,"per_page":40.0}|[6,"end",true,212]
	{"total_entries":" 212 ","total_pages":" 6 ","per_page":" 40 "}|[6,"end",true,212]
	{"total_entries":2.12e2,"total_pages":"6.00"}|[6,"end",true,212]
	{"total_entries":212,"total_pages":0}|[6,"end",true,212]
	{"total_entries":0,"total_pages":0}|[7,"empty",true,212]
	{"total_entries":-1,"total_pages":-1}|[7,"empty",true,212]
	{"total_entries":null,"total_pages":null}|[7,"empty",true,212]
	{"total_entries":"many","total_pages":[6]}|[7,"empty",true,212]
	{"total_entries":212.5,"total_pages":"6 pages"}|[7,"empty",true,212]
	{"total_entries":999999999999999999999,"total_pages":1e400}|[7,"empty",true,212]
	{"total_entries":212,"total_pages":9999999999}|[7,"empty",true,212]
	{"total_entries":212,"total_pages":1}|[6,"end",true,212]
	{"total_entries":12,"total_pages":6}|[6,"end",true,212]
	{"total_entries":12}|[7,"empty",true,212]
	{"total_pages":6}|[6,"end",true,212]
	{}|[7,"empty",true,212]
	EOF
}

@test "totals elsewhere, or none: the walk goes on to a page that brings nothing" {
  shelf
  for rest in '{}' '{"pagination":null}' '{"pagination":[]}' '{"meta":{"pagination":{"total_pages":3,"total_entries":30}}}'; do
    leaves "$rest" 10..19 20..29 30..39 0..-1 >"$tmp/pages"
    same '[4,"empty",true,30]' "$(walked)"
    # a server that gives its last page for any behind it
    leaves "$rest" 10..19 20..29 30..39 >"$tmp/pages"
    same '[4,"no-new",true,30]' "$(walked)"
  done
}

@test "totals that change from page to page: the greatest counts" {
  shelf
  said() { leaves "{\"pagination\":{\"total_entries\":$1,\"total_pages\":$2}}" "$3"; }
  { said 30 3 10..19; said 20 2 20..29; said 30 3 30..39; } >"$tmp/pages"
  same '[3,"end",true,30]' "$(walked)"
  { said 30 3 10..19; said 12 1 20..29; said 30 3 30..39; } >"$tmp/pages"
  same '[3,"end",true,30]' "$(walked)"
}

@test "in a market that gives 40 a page, all is found however its totals are written" {
  for as in 0 1 2 3 4; do
    rm -rf "$VPIPE_DATA"
    market ".items = 300 | .per_page_max = 40 | .totals_as = $as | .promoted_share = 0 | .shift_max = 0"
    vfetch catalog https://www.vinted.pt/catalog >"$tmp/out" 2>/dev/null
    same "$(closing "$tmp/out" '.queries[0] | [.walked, (.state.ids | length), .answered] | tojson')" \
      "$([ $as = 4 ] && echo '[true,300,9]' || echo '[true,300,8]')"
    market_stop
  done
}

@test "a page that brings nothing before the last is passed over once, and what is missing is no whole walk" {
  shelf
  of='{"pagination":{"total_entries":60,"total_pages":6,"per_page":10}}'
  while IFS='|' read -r ranges want; do
    read -ra v <<<"$ranges"
    leaves "$of" "${v[@]}" >"$tmp/pages"
    same "$want" "$(walked)" || { echo "$ranges"; return 1; }
  done <<-'EOF'
	10..19 20..29 30..39 40..49 50..59 60..69|[6,"end",true,60]
	10..19 20..29 0..-1 40..49 50..59 60..69|[6,"end",false,0]
	10..19 20..29 20..29 40..49 50..59 60..69|[6,"end",false,0]
	10..19 20..29|[4,"no-new",false,0]
	10..19 20..29 0..-1|[4,"empty",false,0]
	10..19 20..29 30..38 40..48 50..58 60..68|[6,"end",true,56]
	EOF
}

@test "where the server gives fewer a page than asked, the window has as many pages more" {
  shelf
  for rest in '{"pagination":{"total_entries":"960","total_pages":"24","per_page":"40"}}' '{}'; do
    leaves "$rest" $(seq 30 | sed 's/.*/&00..&39/') >"$tmp/pages"
    same '[24,"page-limit",true,960]' "$(walked)"
  done
}

@test "other advertisements do not make a page another" {
  shelf
  jq -cn 'range(1; 4) | {items: ([range(5) | {id: .}] + [{id: (100 + .), promoted: true}])}' >"$tmp/pages"
  same '[2,"no-new",true,5]' "$(walked)"
}

@test "a code that refuses is a refusal, an unknown one no empty answer, whatever the status says" {
  site
  while IFS='|' read -r body status verdict; do
    json '/svc-catalogue/items?order=newest_first&search_text=x&page=1&per_page=96' '200 OK' <<<"$body"
    run -$status --separate-stderr vfetch catalog 'https://www.vinted.pt/catalog?search_text=x'
    same "$(jq -r 'select(.kind == "run").body.queries[0] | "\(.stop) \(.walked)"' <<<"$output")" "${verdict/#ok/end}" ||
      { echo "$body"; return 1; }
    # the look that is made of it says the same
    same "$(jq -c 'select(.kind != "run")' <<<"$output" | vnormalize --no-key 2>/dev/null | jq -r 'select(.stream == "vinted_look").record.verdict // empty')" \
      "${verdict% *}"
    rm -rf "$VPIPE_DATA/state/pace"
  done <<-'EOF'
	{"items":[],"pagination":{"total_entries":0,"total_pages":1},"code":106,"message":"no"}|77|refused:forbidden false
	{"items":[],"code":"106"}|77|refused:forbidden false
	{"items":null,"code":"106"}|77|refused:forbidden false
	{"items":[],"code":21}|77|refused:login false
	{"items":[],"code":"21"}|77|refused:login false
	{"items":[],"code":102,"pagination":{"total_entries":0}}|77|refused:blocked false
	{"items":[],"code":100}|77|refused:token false
	{"items":[],"code":4711,"pagination":{"total_entries":0}}|69|unreadable false
	{"items":[],"code":"maintenance"}|69|unreadable false
	{"items":[],"message":"Something went wrong"}|69|unreadable false
	{"items":[],"errors":[{"field":"base"}]}|69|unreadable false
	{"items":[],"error":"blocked"}|69|unreadable false
	{"items":[],"code":0,"message":"Ok","errors":[]}|0|empty true
	{"items":[],"code":"0","message":null}|0|empty true
	{"items":[],"code":null,"pagination":{"total_entries":0}}|0|empty true
	{"items":[{"id":1}],"code":0,"message":"Ok","pagination":{"total_entries":1}}|0|ok true
	EOF
}

@test "a wardrobe's page that fails ends that walk, and not the others" {
  site
  wardrobe 70 1 4 1 2
  at '/api/v2/wardrobe/70/items?page=2&per_page=2' '500 Oops' 'Content-Type: text/plain' <<<oops
  wardrobe 71 1 1 5
  about wardrobe 70 71 | jq -c '.params.per_page = 2' >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -c 'select(.kind == "run").body | .stop, (.queries[] | [.user_id, .asked, .answered, .stop, .walked])' <<<"$output")" \
'"failed"
["70",2,1,"failed:server",false]
["71",1,1,"end",true]'
}

# part USER PAGE PER-PAGE ID...: that page of the wardrobe 1 to 7, four a page
part() {
  jq -cn --argjson page "$2" '{items: [$ARGS.positional[] | {id: tonumber}], pagination: {total_entries: 7, total_pages: 2, current_page: $page}}' \
    --args "${@:4}" | json "/api/v2/wardrobe/$1/items?page=$2&per_page=$3" '200 OK'
}

oops() {  # oops USER PAGE PER-PAGE
  at "/api/v2/wardrobe/$1/items?page=$2&per_page=$3" '520 Oops' 'Content-Type: text/plain' <<<oops
}

walks() {  # what the closing record says of each wardrobe
  closing "$1" '.queries[] | [.user_id, .asked, .answered, .stop, .walked] | tojson'
}

asked_parts() {  # of the requests of wardrobes: which part of which page, how
  jq -c 'select(.kind == "wardrobe") | [.request.user_id, .request.page, .request.per_page, .request.part, .request.parts, (.request.url | sub(".*\\?"; "")), .status]' "$1"
}

@test "a wardrobe's page that fails is asked again in halves, the first at once, others at the end" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && part 70 3 2 5 6 && part 70 4 2 7
  oops 71 1 4 && part 71 1 2 1 2 && part 71 2 2 3 4 && part 71 2 4 5 6 7
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",4,3,"end",true]
["71",4,3,"end",true]'
  # the record says which page of the walk, and which part; the address what was asked
  same "$(asked_parts "$tmp/out")" \
'["70",1,4,null,null,"page=1&per_page=4",200]
["70",2,4,null,null,"page=2&per_page=4",520]
["70",2,4,1,2,"page=3&per_page=2",200]
["70",2,4,2,2,"page=4&per_page=2",200]
["71",1,4,null,null,"page=1&per_page=4",520]
["71",1,4,1,2,"page=1&per_page=2",200]
["71",1,4,2,2,"page=2&per_page=2",200]
["71",2,4,null,null,"page=2&per_page=4",200]'
}

@test "a half that fails is asked again in quarters, but for those behind the total" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && oops 70 3 2 && part 70 5 1 5 && part 70 6 1 6 && oops 70 4 2 && part 70 7 1 7
  oops 71 1 4 && oops 71 1 2 && part 71 1 1 1 && part 71 2 1 2 && part 71 2 2 3 4 && part 71 2 4 5 6 7
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",7,4,"end",true]
["71",6,4,"end",true]'
  same "$(asked_parts "$tmp/out" | sed -n 's/^\["70",2,4,//p')" \
'null,null,"page=2&per_page=4",520]
1,2,"page=3&per_page=2",520]
1,4,"page=5&per_page=1",200]
2,4,"page=6&per_page=1",200]
2,2,"page=4&per_page=2",520]
3,4,"page=7&per_page=1",200]'
}

@test "a wardrobe of which a quarter fails too was not walked; a refusal there ends the run" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && part 70 3 2 5 6 && oops 70 4 2 && oops 70 7 1
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  oops 71 1 4 && oops 71 1 2 && part 71 1 1 1 && oops 71 2 1
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",5,2,"failed:server",false]
["71",4,1,"failed:server",false]'
  at '/api/v2/wardrobe/70/items?page=7&per_page=1' '403 Forbidden' 'Content-Type: application/json' <<<'{}'
  # the worst status is that of the page that failed
  run -69 --separate-stderr vfetch requests <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  same "$(walks "$tmp/out")" '["70",5,2,"refused:forbidden",false]'
  same "$(closing "$tmp/out" .stop)" refused
}

@test "parts are asked within the budget" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4
  about wardrobe 70 | jq -c '.params.per_page = 4' >"$tmp/in"
  # the front page and the two pages
  vfetch requests --budget 3 <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",2,1,"budget",false]'
}

@test "a source without endpoints is none to ask: passed over, and 78 when it is named" {
  mkdir -p "$tmp/sources/quiet"
  echo '{"source":"quiet","version":1,"sites":[],"endpoints":{},"verdicts":[]}' >"$tmp/sources/quiet/source.json"
  export VPIPE_SOURCES=$tmp/sources:$ROOT/schema/sources
  fails 78 "'quiet' has no endpoints" vfetch catalog --source quiet --site x
  run -0 vfetch catalog --dry-run --site www.vinted.pt
}

@test "messages do not say which seller was asked about, however much is said" {
  site
  at /api/v2/users/4711 '520 Oops' 'Content-Type: text/plain' <<<oops
  at '/api/v2/wardrobe/4711/items?page=1&per_page=96' '520 Oops' 'Content-Type: text/plain' <<<oops
  { about user 4711 4711; about wardrobe 4711 4711; about item-page 4712; } >"$tmp/in"
  vfetch requests -v <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/user of a seller': failed:server, status 520"* ]]
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/wardrobe of a seller'"* ]]
  [[ $(cat "$tmp/err") == *"4712"* ]]
  [[ $(cat "$tmp/err") != *4711* ]]
}

@test "a seller who is no more is gone, said so by the API's own code; any other 404 there is a refusal" {
  site
  about user 70 >"$tmp/in"
  about wardrobe 70 >>"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.stop, .complete, .status, .kinds.user.gone, (.queries[] | [.asked, .answered, .stop, .walked] | tojson)')" 'end
true
0
1
[1,1,"gone",false]'
  [[ $(cat "$tmp/err") == *"3 requests = 3 answered + 0 failed + 0 put off"* ]]
  at /api/v2/users/70 '404 Not Found' 'Content-Type: application/json' <<<'<!DOCTYPE html><html></html>'
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"refused us (dead-route, status 404)"* ]]
}

@test "a redirect within an item's own name is followed; the record is that of its end" {
  site
  moved /items/5 /items/5-blue-coat
  html /items/5-blue-coat '200 OK' <<<'<html></html>'
  moved /items/6 https://www.vinted.pt/items/6-a?ref=x#top
  moved '/items/6-a?ref=x' /items/6-b
  html /items/6-b '404 Not Found' <<<'<html></html>'
  about item-page 5 6 | vfetch requests >"$tmp/out" 2>"$tmp/err"
  same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .request.item_id, .attempt, .status]' "$tmp/out")" \
'["https://www.vinted.pt/items/5-blue-coat",1,"5",1,200]
["https://www.vinted.pt/items/6-b",2,"6",1,404]'
  same "$(pages_asked)" '/items/5 /items/5-blue-coat /items/6 /items/6-a?ref=x /items/6-b '
  # each hop is an attempt, and counts in the budget
  same "$(closing "$tmp/out" '.ledger | .requests, .attempts')" '3
6'
  about item-page 5 >"$tmp/in"
  vfetch requests --budget 1 <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.stop, .kinds."item-page".put_off')" 'budget
1'
}

@test "a redirect that leads anywhere else is a refusal, never gone" {
  site
  for to in https://www.example.org/items/5-x //www.example.org/items/5 / '/member/login?ref=/items/5' /items/6-x \
    /items/55-x /items/5-x/y /items /catalog/5-women https://www.vinted.fr/items/5-x http://www.vinted.pt:81/items/5-x \
    https://www.vinted.pt@www.example.org/items/5-x /items/5; do
    : >"$tmp/asked"
    moved /items/5 "$to"
    about item-page 5 6 >"$tmp/in"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us (redirect, status 307)"* ]] || { echo "$to: $stderr"; return 1; }
    same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .status]' <<<"$output")" \
      '["https://www.vinted.pt/items/5",null,307]'
    same "$(jq -c 'select(.kind == "run").body.kinds."item-page" | del(.answered)' <<<"$output")" \
      '{"requests":2,"gone":0,"failed":1,"put_off":1}'
    same "$(pages_asked)" '/items/5 '
    rm -r "$VPIPE_DATA/state/pace"
  done
}

@test "a redirect that keeps all that was asked is followed once, on the same host; its record says where from" {
  secrets
  one='{"items":[{"id":1}],"pagination":{"total_entries":1}}'
  query=${x_at#*\?}
  for to in "/svc-catalogue/items/?$query" "/v2/items?locale=pt&per_page=96&page=1&search_text=x&order=newest_first" \
    "HTTPS://API.vinted.pt/items?$query#top"; do
    moved "$x_at" "$to"
    path=${to#HTTPS://API.vinted.pt} && json "${path%#top}" '200 OK' <<<"$one"
    : >"$tmp/asked"
    ask_x
    same "$(pages_asked)" "$x_at ${path%#top} "
    same "$(jq -c 'select(.kind == "search") | [.status, .request.url, .request.redirects, .request.hops]' "$tmp/out")" \
      "[200,\"https://api.vinted.pt${path%#top}\",1,[{\"url\":\"https://api.vinted.pt$x_at\",\"status\":307}]]"
    same "$(closing "$tmp/out" '.queries[0].stop, .ledger.requests, .ledger.attempts')" 'end
2
3'
  done
  # not twice, not elsewhere, and not to another question
  moved '/svc-catalogue/items/?'"$query" "/items?$query"
  for to in "/svc-catalogue/items/?$query" "https://www.vinted.pt/svc-catalogue/items?$query" "https://api.vinted.fr$x_at" \
    "/svc-catalogue/items?${query/search_text=x/search_text=y}" /svc-catalogue/items "/items?${query%&per_page=96}" "$x_at" \
    https://www.vinted.pt/member/login; do
    moved "$x_at" "$to"
    : >"$tmp/asked"
    ask_x
    same "$(closing "$tmp/out" '.queries[0].stop')" refused:redirect || { echo "$to"; return 1; }
    [ "$(wc -l <"$tmp/asked")" = $([[ $to == /svc-catalogue/items/* ]] && echo 3 || echo 2) ]
  done
}

@test "a seller's address that moves keeps the seller; the hop costs budget, and robots.txt is asked" {
  site
  json /v3/users/70/about '200 OK' <<<'{"user":{"id":70},"code":0}'
  about user 70 >"$tmp/in"
  moved /api/v2/users/70 /v3/users/70/about
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.kinds.user.answered, .ledger.attempts')" '1
3'
  [[ $(cat "$tmp/err") != *70* ]]
  vfetch requests --budget 1 <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.stop, .kinds.user.put_off')" 'budget
1'
  unset VPIPE_ROBOTS
  at /robots.txt '200 OK' 'Content-Type: text/plain' <<<$'User-agent: *\nDisallow: /v3/'
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"robots.txt of 'www.vinted.pt' forbids"* ]]
  export VPIPE_ROBOTS=permitted
  for to in /v3/users/71 /v3/users/700 /v3/users?id=70 /; do
    moved /api/v2/users/70 "$to"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us (redirect, status 307)"* ]] || { echo "$to"; return 1; }
    rm -r "$VPIPE_DATA/state/pace"
  done
}

@test "redirects that go round in a ring end after two hops, as a refusal" {
  site
  moved /items/5 /items/5-a
  moved /items/5-a /items/5-b
  moved /items/5-b /items/5-a
  about item-page 5 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  same "$(pages_asked)" '/items/5 /items/5-a /items/5-b '
  same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .status]' <<<"$output")" \
    '["https://www.vinted.pt/items/5-b",2,307]'
}

@test "robots.txt is asked about the page that a redirect leads to" {
  site
  unset VPIPE_ROBOTS
  moved /items/5 /items/5-a
  at /robots.txt '200 OK' 'Content-Type: text/plain' <<<$'User-agent: *\nDisallow: /items/5-a'
  about item-page 5 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"forbids 'https://www.vinted.pt/items/5-a'"* ]]
  same "$(pages_asked)" '/robots.txt /items/5 '
}

@test "an item page's own 404 or 410 is gone, and the others are asked" {
  site
  html /items/5 '404 Not Found' <<<'<!DOCTYPE html><html><h1>The page does not exist</h1></html>'
  html /items/6 '410 Gone' <<<'<html></html>'
  html /items/7 '200 OK' <<<'<html><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script></html>'
  about item-page 5 6 7 >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.kinds | tojson)')" 'end
true
0
{"item-page":{"requests":3,"answered":3,"gone":2,"failed":0,"put_off":0}}'
}

@test "a 404 that is a challenge, or not the page's own, is a refusal" {
  site
  while IFS='|' read -r kind type body want; do
    path=/items/5
    [ "$kind" = item-page ] || path=/api/v2/items/5/details/sidebar
    printf %s "$body" | at "$path" '404 Not Found' "Content-Type: $type"
    about "$kind" 5 6 >"$tmp/in"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us ($want, status 404)"* ]] || { echo "$kind $body: $stderr"; return 1; }
    same "$(jq -c "select(.kind == \"run\").body.kinds.\"$kind\" | [.gone, .failed, .put_off]" <<<"$output")" '[0,1,1]'
    rm -r "$VPIPE_DATA/state/pace"
  done <<-'EOF'
	item-page|text/html|<html><head><title>Just a moment...</title></head></html>|challenge
	item-page|text/html|<html><script>window._cf_chl_opt={};</script></html>|challenge
	item-page|text/html|<html><head><title>Client Challenge</title></head></html>|challenge
	item-page|text/html|<html><script src="https://geo.captcha-delivery.com/c.js"></script></html>|captcha
	item-page|application/json|{"code":104,"message":"Content not found"}|dead-route
	item-page|application/json|<html></html>|dead-route
	item-page|text/html||dead-route
	item-status|application/json|{"code":104,"message":"Content not found"}|dead-route
	item-status|text/html|<html></html>|dead-route
	EOF
}

@test "what is no whole page is no page, and no refusal either" {
  site
  html /items/5 '200 OK' <<<'<html><body>half'
  json /items/6 '200 OK' <<<'{}'
  html /items/7 '200 OK' <<<'<html></html>'
  about item-page 5 6 7 >"$tmp/in"
  run -69 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"/items/5': unreadable"*"/items/6': unreadable"* ]]
  same "$(jq -c 'select(.kind == "run").body.kinds."item-page" | [.answered, .failed]' <<<"$output")" '[1,2]'
}

@test "a refusal puts the rest off, each request counted once, those without an answer not listed" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  at /api/v2/users/71 '429 Too Many Requests' 'Retry-After: 60' </dev/null
  { about user 70 71 72 73; about wardrobe 70 71; about item-page 5
    about user 74 | sed s/pt/fr/; } >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -c 'select(.kind == "run").body | .stop, .complete, .ledger, (.kinds | map_values(del(.gone))), .queries' <<<"$output")" '"refused"
false
{"requests":9,"answered":2,"failed":1,"put_off":6,"attempts":3}
{"user":{"requests":5,"answered":1,"failed":1,"put_off":3},"wardrobe":{"requests":2,"answered":0,"failed":0,"put_off":2},"item-page":{"requests":1,"answered":0,"failed":0,"put_off":1}}
[]'
}

@test "what fails for one request does not end the others" {
  site
  at /api/v2/users/70 '503 Busy' 'Content-Type: text/plain' <<<busy
  json /api/v2/users/71 '200 OK' <<<'{"user":{},"code":0}'
  about user 70 71 >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -r 'select(.kind == "user") | "\(.request.user_id) \(.attempt) \(.status)"' <<<"$output")" '70 1 503
70 2 503
70 3 503
71 1 200'
  same "$(jq -c 'select(.kind == "run").body | .stop, .kinds.user' <<<"$output")" '"failed"
{"requests":2,"answered":1,"gone":0,"failed":1,"put_off":0}'
}

@test "a bad line among good requests is said with its number, a request that comes twice is made once" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  json /api/v2/users/71 '200 OK' <<<'{"user":{},"code":0}'
  { about user 70; echo '{"site":"www.vinted.pt","kind":"user","params":{"user":"x"}}'; echo '{"site":'
    about user 71 70; } >"$tmp/in"
  run -64 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"line 2: parameter 'user' does not take 'x'"*"line 3: "*"'www.vinted.pt/user of a seller' is asked twice"* ]]
  same "$(pages_asked)" '/api/v2/users/70 /api/v2/users/71 '
  same "$(jq -c 'select(.kind == "run").body | .complete, .kinds.user.requests' <<<"$output")" 'false
2'
}

@test "sites that take turns open one session each" {
  site
  for id in 70 71 72; do json /api/v2/users/$id '200 OK' <<<'{"user":{},"code":0}'; done
  { about user 70; about user 71 | sed s/vinted.pt/vinted.fr/; about user 72; } >"$tmp/in"
  run -0 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -r '"\(.kind) \(.site)"' <<<"$output" | head -n 5)" 'session www.vinted.pt
user www.vinted.pt
session www.vinted.fr
user www.vinted.fr
user www.vinted.pt'
}

@test "any number of requests takes the same memory, and the closing record stays small" {
  memory() { sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
  many() { seq "$1" "$2" | sed 's/.*/{"site":"www.vinted.pt","kind":"user","params":{"user":"&"}}/'; }
  mkfifo "$tmp/in"
  VPIPE_BASE_URL=http://127.0.0.1:9 ASAN_OPTIONS=quarantine_size_mb=1 \
    vfetch requests --budget 0 <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  many 1 100000 >&5
  before=$(memory)
  many 100001 300000 >&5
  after=$(memory)
  exec 5>&-
  wait $pid
  [ $((after - before)) -lt 4096 ]
  same "$(jq -c '.body.kinds' "$tmp/out")" '{"user":{"requests":300000,"answered":0,"gone":0,"failed":0,"put_off":300000}}'
  [ "$(wc -c <"$tmp/out")" -lt 1500 ]
}

@test "SIGTERM among many requests: the rest is put off and counted, the run is closed" {
  site
  for id in 1 2; do json /api/v2/users/$id '200 OK' <<<'{"user":{},"code":0}'; done
  mkfifo "$tmp/site/!api!v2!users!3"   # nobody writes: no answer
  about user 1 2 3 4 5 6 7 >"$tmp/in"
  echo '{"site":' >>"$tmp/in"
  about user 8 >>"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 60 grep -q users/3 "$tmp/asked"
  kill -TERM $pid
  wait $pid && status=0 || status=$?
  [ "$status" = 143 ]
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.kinds | tojson)')" 'signal
false
143
{"user":{"requests":8,"answered":2,"gone":0,"failed":1,"put_off":5}}'
  [[ $(cat "$tmp/err") == *"9 requests = 3 answered + 1 failed + 5 put off"*"1 rejected lines" ]]
}

@test "after a signal nothing is waited for: a reader of a pipe that stays open leaves" {
  site
  json /api/v2/users/1 '200 OK' <<<'{"user":{},"code":0}'
  mkfifo "$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  about user 1 >&5
  until_true 60 grep -q '"kind":"user"' "$tmp/out"
  kill -TERM $pid
  wait $pid && status=0 || status=$?
  exec 5>&-
  [ "$status" = 143 ]
  same "$(closing "$tmp/out" '.stop')" signal
}

@test "requests come in chunks, with the source's pauses between them; loopback is exempt" {
  seq 1 179 | sed 's/.*/{"site":"www.vinted.pt","kind":"user","params":{"user":"&"}}/' >"$tmp/in"
  VPIPE_RATE_HOUR=1000 VPIPE_RATE_MINUTE=60 run -0 --separate-stderr vfetch requests --dry-run <"$tmp/in"
  same "$stderr" 'vfetch: with 3 pauses between chunks of 60
vfetch: at most 181 requests, the last in 0 h 5 min 45 s, at 60 a minute and 1000 an hour'
  VPIPE_BASE_URL=http://127.0.0.1:9 run -0 --separate-stderr vfetch requests --dry-run <"$tmp/in"
  same "$stderr" 'vfetch: at most 181 requests, not paced on loopback'
  # nobody knows how often a page moves, or how large a wardrobe is
  for kind in item-page wardrobe; do
    VPIPE_BASE_URL=http://127.0.0.1:9 run -0 --separate-stderr vfetch requests --dry-run < <(about $kind 5 6)
    same "$stderr" 'vfetch: at least 4 requests, not paced on loopback'
  done
  # a pasted URL is no list of requests
  run -0 --separate-stderr vfetch catalog --dry-run "$women"
  [[ $stderr != *pauses* ]]
}

@test "a description whose requests make no sense is refused before any is made" {
  site
  mkdir -p "$tmp/sources/vinted"
  export VPIPE_SOURCES=$tmp/sources
  while IFS='|' read -r change words; do
    jq "$change" "$ROOT/schema/sources/vinted/source.json" >"$tmp/sources/vinted/source.json"
    fails 78 "$words" vfetch requests < <(about user 70)
  done <<-'EOF'
	.endpoints.user[0].url = "https://{site}/user"|a parameter in the path that has no place there
	.endpoints.user[0].parameters.user.list = "comma"|a parameter in the path that has no place there
	.endpoints.user[0].parameters.user.subject = "login"|a parameter with a subject that nobody reads
	del(.endpoints.user[0].parameters.user.in)|a parameter without a name
	.endpoints."item-page"[0].url = "https://{site}/items/{item}"|a parameter in the path that has no place there
	.endpoints."item-page"[0].parameters.slug.list = "comma"|a parameter in the path that has no place there
	del(.endpoints."item-page"[0].parameters.slug.prefix)|a parameter that is optional is one in the path
	del(.endpoints."item-page"[0].parameters.slug.optional)|a parameter that is optional is one in the path
	.endpoints."item-page"[0].parameters.slug.prefix = ""|a parameter that is optional is one in the path
	.endpoints."item-page"[0].parameters.slug.subject = "item_id"|a parameter that is optional is one in the path
	.endpoints.search[0].parameters.brand += {optional: true, prefix: "-"}|a parameter that is optional is one in the path
	.endpoints."item-page"[0].redirects.paths = []|redirects without 'most' or 'paths'
	.endpoints."item-page"[0].redirects.paths = ["/*"]|a redirect that names nothing
	.tracking.chunk = "60"|'chunk' is no number of requests
	.tracking.pause_s = [60, 20]|'chunk' is no number of requests
	EOF
  [ ! -s "$tmp/asked" ]
}

@test "--note leaves a word in the closing record, and nowhere else" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  about user 70 >"$tmp/in"
  vfetch requests --note due=12 --note 'sample=5=0.25, "é"' --note none= <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.options.notes | tojson')" '{"due":"12","sample":"5=0.25, \"é\"","none":""}'
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.options.notes | tojson')" '{}'
  : >"$tmp/asked"
  fails 64 "--note wants KEY=VALUE, not 'due'" vfetch requests --note due <"$tmp/in"
  fails 64 "--note wants KEY=VALUE, not '=5'" vfetch requests --note =5 <"$tmp/in"
  fails 64 "--note 'due' is given twice" vfetch requests --note due=1 --note due=2 <"$tmp/in"
  fails 64 "--note wants KEY=VALUE" vfetch requests --note $'a=\xff' <"$tmp/in"
  [ ! -s "$tmp/asked" ]
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

# paused_by HEADER...: until when a 429 with these pauses the group
paused_by() {
  answer wall '429 Too Many Requests' 'Content-Type: application/json' "$@" <<<'{}'
  serve "$tmp/wall"
  run -75 --separate-stderr vfetch catalog "$listings"
  kill "$SERVER_PID"
  unset SERVER_PID
  sed -n 's/^not-before //p' "$VPIPE_DATA/state/pace/bazar"
  rm -r "$VPIPE_DATA" "$tmp/port"
}

@test "Retry-After is honoured as servers write it; what it is not, is no floor" {
  same "$(paused_by 'Retry-After: 3600.5')" 2026-09-20T09:00:00.500Z
  same "$(paused_by 'Retry-After: Sun, 20 Sep 2026 10:00:00 UTC')" 2026-09-20T10:00:00.000Z
  same "$(paused_by 'Retry-After: Sun, 20 Sep 2026 12:00:00 +0200')" 2026-09-20T10:00:00.000Z
  same "$(paused_by 'Retry-After: 60' 'Retry-After:  7200 ' 'Retry-After: soon')" 2026-09-20T10:00:00.000Z
  for text in '' soon -5 'Sun, 20 Sep 2026 07:00:00 GMT'; do
    same "$(paused_by "Retry-After: $text")" 2026-09-20T08:15:00.000Z
  done
}

@test "a Retry-After beyond a day is a day, and says so" {
  for text in 'Fri, 31 Dec 9999 23:59:59 GMT' 99999999999999999999 1e9; do
    same "$(paused_by "Retry-After: $text")" 2026-09-21T08:00:00.000Z
  done
  answer wall '503 Busy' 'Retry-After: Fri, 31 Dec 9999 23:59:59 GMT' </dev/null
  serve "$tmp/wall"
  run -75 --separate-stderr vfetch catalog "$listings"
  [[ $stderr == *"a Retry-After asks for "*" days: one day is kept"* ]]
  [[ $stderr == *"'bazar' cools down until 2026-09-21T08:00:00.000Z; to end the pause: vfetch resume bazar"* ]]
}

@test "a pause of more than a day in an older file is cut when it is read, once" {
  market
  printf 'not-before 9999-12-31T23:59:59.000Z\npause 900000\n' | pace_file
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"state/pace/vinted' holds a pause of more than a day: it ends at 2026-09-21T08:00:00.000Z"* ]]
  VPIPE_NOW=2026-09-20T20:00:00Z run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr != *"more than a day"* && $stderr == *"until 2026-09-21T08:00:00.000Z"* ]]
  VPIPE_NOW=2026-09-21T08:00:00Z run -0 --separate-stderr vfetch catalog "$women"
}

@test "the operator ends a pause by 'resume', and keeps the pace; the next refusal doubles" {
  market
  fault 'kind=429&times=1'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"to end the pause: vfetch resume vinted"* ]]
  asked=$(grep ^asked "$VPIPE_DATA/state/pace/vinted") || :
  run -0 --separate-stderr vfetch resume vinted
  same "$stderr" "vfetch: 'vinted' may be asked again: the operator has ended the pause until 2026-09-20T08:15:00.000Z"
  [ -z "$output" ]
  same "$(grep ^asked "$VPIPE_DATA/state/pace/vinted")" "$asked"
  fault 'kind=429&times=1'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"before 2026-09-20T08:30:00.000Z"* ]]
  run -0 vfetch resume vinted
  run -0 vfetch catalog "$women"
  run -0 --separate-stderr vfetch resume vinted
  same "$stderr" "vfetch: 'vinted' has no pause"
  # a host of pictures is a group of its own, by the name that vimg says
  printf 'not-before 2026-09-20T09:00:00.000Z\npause 900000\nasked 2026-09-20T07:59:59.000Z\n' >"$VPIPE_DATA/state/pace/image-images1.example.net"
  run -0 vfetch resume image-images1.example.net
  same "$(cat "$VPIPE_DATA/state/pace/image-images1.example.net")" 'not-before 2026-09-20T08:00:00.000Z
pause 900000
asked 2026-09-20T07:59:59.000Z'
  fails 64 "'nobody' is no source, nor a group that was asked" vfetch resume nobody
  fails 64 "'../vinted' is no name" vfetch resume ../vinted
  fails 64 'resume takes a source or a group' vfetch resume
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

@test "a body that is not UTF-8 is called so, whatever charset it claims; only a cut one is truncated" {
  site
  at=/svc-catalogue/items?order=newest_first'&'search_text=x'&'page=1'&'per_page=96
  body='{"items":[{"id":1,"title":"caffè"}],"pagination":{"total_entries":1}}'
  while IFS='|' read -r claim code verdict; do
    printf %s "$body" | iconv -f UTF-8 -t "$code" | at "$at" '200 OK' "Content-Type: application/json$claim"
    vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
    same "$(closing "$tmp/out" '.queries[0].stop')" "$verdict" || { echo "$claim $code"; return 1; }
    same "$(jq -c 'select(.kind == "search")' "$tmp/out" | vnormalize --no-key 2>/dev/null |
      jq -r 'select(.stream == "vinted_look").record.verdict // empty')" "${verdict/#end/ok}"
    same "$(jq 'select(.kind == "search") | .attempt, .whole' "$tmp/out" | tr '\n' ' ')" "1 $([[ $verdict == end ]] && echo null || echo true) "
  done <<-'EOF'
	; charset=iso-8859-1|ISO-8859-1|failed:charset
	; charset=utf-8|ISO-8859-1|failed:charset
	|WINDOWS-1252|failed:charset
	; charset=utf-16|UTF-16|failed:charset
	|UTF-16LE|failed:charset
	; charset=utf-32|UTF-32BE|failed:charset
	; charset=iso-8859-1|UTF-8|end
	; charset=utf-16|UTF-8|end
	EOF
  # of plain letters, UTF-16 is valid UTF-8
  printf '{"items":[]}' | iconv -f UTF-8 -t UTF-16LE | at "$at" '200 OK' 'Content-Type: application/json'
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>/dev/null || :
  same "$(closing "$tmp/out" '.queries[0].stop')" failed:charset
  # an item's page, too
  iconv -f UTF-8 -t ISO-8859-1 <<<'<html><h1>caffè</h1></html>' |
    at /items/5 '200 OK' 'Content-Type: text/html; charset=iso-8859-1'
  about item-page 5 | vfetch requests >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/err") == *"/items/5': failed:charset, status 200"* ]]
  # cut: at its end too little came
  printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 99\r\n\r\n{"items":[' \
    >"$tmp/site/${at//\//!}"
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>/dev/null || :
  same "$(jq -c 'select(.kind == "search") | [.attempt, .whole, has("body_base64")]' "$tmp/out")" '[1,null,true]
[2,null,true]
[3,null,true]'
  same "$(closing "$tmp/out" '.queries[0].stop')" failed:truncated
  same "$(jq -c 'select(.kind == "search")' "$tmp/out" | vnormalize --no-key 2>/dev/null |
    jq -r 'select(.stream == "vinted_look").record.verdict // empty' | sort -u)" failed:truncated
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

# robots_at HOST PATH STATUS [HEADER]... <BODY: for serve_robots
robots_at() {
  mkdir -p "$tmp/hosts/$1"
  cat >"$tmp/body"
  { printf 'HTTP/1.1 %s\r\n' "$3"
    printf '%s\r\n' "${@:4}" "Content-Length: $(stat -c %s "$tmp/body")" 'Connection: close' ''
    cat "$tmp/body"; } >"$tmp/hosts/$1/${2//\//_}"
}

# serve_robots: a server for these, by host and path, which notes what is asked;
# what it has not, is an empty page of hits
serve_robots() {
  robots_at hits hits '200 OK' 'Content-Type: application/json' <<<'{"data":{"found":0,"results":[]}}'
  perl -MIO::Socket::INET -e '
    my ($ready, $dir, $log) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      my ($path) = $got =~ m{^GET (\S+)}; my ($host) = $got =~ m{^host: (\S+)}mi;
      open my $l, ">>", $log; print $l "$host$path\n"; close $l;
      (my $name = $path) =~ s{/}{_}g; my $file = "$dir/$host/$name";
      open my $f, "<:raw", -e $file ? $file : "$dir/hits/hits";
      local $/; my $b = <$f>;
      my $more = $b =~ s/^ENDLESS//; print {$c} $b; $b =~ s/.*\r\n\r\n//s;
      $b x= 1000; 1 while $more && print {$c} $b; close $c;
    }' "$tmp/port" "$tmp/hosts" "$tmp/asked" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port")
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

forbid=$'User-agent: *\nDisallow: /'

@test "robots.txt that redirects is followed, five times, to other hosts too" {
  b=www.bazar.example
  robots_at $b /robots.txt '301 Moved' "Location: /a" </dev/null
  robots_at $b /a '302 Found' "Location: http://$b/b" </dev/null
  robots_at $b /b '303 See' "Location: https://bazar.example/c" </dev/null
  robots_at bazar.example /c '307 Temporary' "Location: https://cdn.bazar.example/d?x=1" </dev/null
  robots_at cdn.bazar.example '/d?x=1' '308 Permanent' "Location: //other.example/e" </dev/null
  robots_at other.example /e '200 OK' <<<"$forbid"
  serve_robots
  run -77 --separate-stderr vfetch catalog "$listings"
  [[ $stderr == *"robots.txt of 'www.bazar.example' forbids"* ]]
  same "$(cat "$tmp/asked")" 'www.bazar.example/robots.txt
www.bazar.example/a
www.bazar.example/b
bazar.example/c
cdn.bazar.example/d?x=1
other.example/e'
  # it is kept for the host that was asked first
  run -77 --separate-stderr vfetch catalog "$listings"
  [ "$(wc -l <"$tmp/asked")" = 6 ]
}

@test "a robots.txt that redirects in a ring, or is no text, forbids nothing" {
  robots_at www.bazar.example /robots.txt '302 Found' "Location: /robots.txt" </dev/null
  serve_robots
  run -0 --separate-stderr vfetch catalog "$listings"
  [ "$(grep -c robots "$tmp/asked")" = 6 ]
  for status in '404 Not Found' '410 Gone' '302 Found' '200 OK'; do
    rm -r "$VPIPE_DATA"
    robots_at www.bazar.example /robots.txt "$status" 'Content-Type: text/html' <<<'<html><p>Nothing here</p></html>'
    run -0 --separate-stderr vfetch catalog "$listings"
  done
}

@test "a robots.txt that cannot be reached forbids everything" {
  robots_at www.bazar.example /robots.txt '503 Busy' </dev/null
  serve_robots
  run -75 --separate-stderr vfetch catalog "$listings"
  same "$(closing /dev/stdin '.queries[0].stop' <<<"$output")" failed:robots
  [ "$(grep -vc robots "$tmp/asked")" = 0 ]
}

@test "a byte order mark, gzip and an endless robots.txt are read for what they say" {
  robots_at www.bazar.example /robots.txt '200 OK' <<<$'\xef\xbb\xbf'"$forbid"
  serve_robots
  run -77 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  gzip -c <<<"$forbid" | robots_at www.bazar.example /robots.txt '200 OK' 'Content-Encoding: gzip'
  run -77 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  { printf 'ENDLESSHTTP/1.1 200 OK\r\n\r\n'; printf 'User-agent: *\nDisallow: /x\n'; } >"$tmp/hosts/www.bazar.example/_robots.txt"
  run -0 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  { printf 'ENDLESSHTTP/1.1 200 OK\r\n\r\n'; printf '%s\n' "$forbid"; } >"$tmp/hosts/www.bazar.example/_robots.txt"
  run -77 vfetch catalog "$listings"
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

@test "out of descriptors is said in one sentence, with 74" {
  market
  for n in 5 6 7 8 9 10; do
    rm -rf "$VPIPE_DATA"
    run --separate-stderr bash -c "exec prlimit --nofile=$n vfetch catalog '$women' --max-pages 1 3>&- 4>&-"
    [ "$status" = 0 ] || [ "$status" = 74 ]
    [ "${#stderr_lines[@]}" = 1 ]
    [[ $status = 0 || $stderr == *": Too many open files" ]]
  done
  [ "$status" = 0 ]
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

# stuck HOW: a server that takes the request and then does not come to an end
stuck() {
  perl -MIO::Socket::INET -e '
    my ($ready, $how) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    my $c = $s->accept; my $got = ""; $c->autoflush;
    sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
    open my $t, ">", "$ready.asked"; close $t;
    my $ok = "HTTP/1.1 200 OK\r\n"; my $long = "X-Slow: " . "a" x 100000;
    sleep 60 if $how eq "silent";
    for ($how eq "headers" ? split //, $ok . $long : ()) { print {$c} $_; select undef, undef, undef, .05 }
    for (1 .. 9999) { last if $how ne "100"; print {$c} "HTTP/1.1 100 Continue\r\n\r\n"; select undef, undef, undef, .05 }
    print {$c} $ok, "Content-Length: 9999\r\n\r\n";
    for (1 .. 9999) { print {$c} "{"; select undef, undef, undef, .05 }' "$tmp/port" "$1" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# ends_by SIGNAL PID: within two seconds, by it
ends_by() {
  local began=${EPOCHREALTIME/./} status=0

  kill "-$1" "$2"
  wait "$2" || status=$?
  [ "$status" = $((128 + $(kill -l "$1"))) ]
  [ $((${EPOCHREALTIME/./} - began)) -lt 2000000 ]
}

@test "TERM and INT end it within two seconds, wherever a server is stuck" {
  for how in silent headers 100 body; do
    for signal in TERM INT; do
      stuck $how
      # a background job of bash ignores INT
      env --default-signal=INT vfetch catalog "$listings" >"$tmp/out" 2>/dev/null 3>&- &
      until_true 20 test -e "$tmp/port.asked"
      ends_by $signal $!
      same "$(closing "$tmp/out" .stop)" signal
      kill "$SERVER_PID"
      rm "$tmp"/port*
    done
  done
  unset SERVER_PID
}

@test "TERM ends it while a name is looked up, a black hole is connected to, a turn is waited for" {
  export VPIPE_LIVE=yes VPIPE_CONTACT=someone@example.org VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
  unset VPIPE_NOW
  FAIL_RESOLVE=hang LD_PRELOAD=$O/fail.so ASAN_OPTIONS=verify_asan_link_order=0 vfetch catalog \
    --base-url http://nameless.example:80 "$listings" >"$tmp/out" 2>/dev/null 3>&- &
  until_true 20 grep -q ^asked "$VPIPE_DATA/state/pace/bazar"
  until_true 20 test "$(ls /proc/$!/task | wc -l)" -ge 1
  ends_by TERM $!
  same "$(closing "$tmp/out" .stop)" signal
  # TEST-NET-1: nobody answers there, or the machine has no way to it
  vfetch catalog --base-url http://192.0.2.1:80 "$listings" >"$tmp/out" 2>/dev/null 3>&- &
  until_true 20 eval '[[ $(grep -c ^asked "$VPIPE_DATA/state/pace/bazar") -ge 2 ]]'
  ends_by TERM $! # it waits for its turn, or for the connection
  same "$(closing "$tmp/out" .stop)" signal
}

@test "TERM ends it while it waits for a lock, or for who reads its records" {
  market '.items = 3000'
  mkdir -p "$VPIPE_DATA/state/pace"
  : >"$VPIPE_DATA/state/pace/vinted.lock"
  export VPIPE_LIVE=yes VPIPE_CONTACT=someone@example.org
  (
    exec 8>"$VPIPE_DATA/state/pace/vinted.lock"
    flock 8
    touch "$tmp/held"
    exec sleep 60
  ) 3>&- &
  holder=$!
  until_true 20 test -e "$tmp/held"
  env -u VPIPE_NOW vfetch catalog --base-url http://192.0.2.1:80 "$women" >"$tmp/out" 2>/dev/null 3>&- &
  until_true 20 opened $! vinted.lock
  ends_by TERM $!
  kill "$holder"
  mkfifo "$tmp/pipe"
  sleep 60 <"$tmp/pipe" 3>&- &
  reader=$!
  vfetch catalog https://www.vinted.pt/catalog >"$tmp/pipe" 2>"$tmp/err" 3>&- &
  until_true 20 eval '[[ $(received "select(.path | test(\"svc\")).path" | wc -l) -gt 0 ]]'
  pid=$!
  ends_by TERM "$pid"
  [[ $(cat "$tmp/err") == *"standard output is not read: given up"* ]]
  kill "$reader"
}

@test "SIGTERM half way: the record is finished, the run is closed, the signal is passed on" {
  market '.items = 3000'
  fault 'kind=slow&ms=20000&at_request=3'
  vfetch catalog https://www.vinted.pt/catalog >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 60 grep -q '"page":2,' "$tmp/out"
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
  until_true 60 eval '[ "$(grep -c "" "$tmp/out")" -ge 5 ] && [ -z "$(tail -c 1 "$tmp/out")" ]'
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
