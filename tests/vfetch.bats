# vfetch(1): URLs or request objects to raw records
load helper
load vfetch

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
  jq -r '.sites[].host' "$ROOT/schema/sources/vinted/source.json" >"$tmp/hosts"
  [ "$(wc -l <"$tmp/hosts")" = 27 ]
  sed 's,.*,https://&/catalog/5,' "$tmp/hosts" | xargs vfetch catalog --dry-run --max-pages 1 2>/dev/null |
    jq -r 'select(.kind == "search").url' >"$tmp/plan"
  same "$(sed 's,/svc-catalogue/.*,/svc-catalogue/,' "$tmp/plan")" \
    "$(sed 's,^www[.]\(.*\),https://api.\1/svc-catalogue/,' "$tmp/hosts")"
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
  refused --dry-run <<-'EOF'
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
  # as they are written, which jq itself keeps
  same "$(sed -n 4p "$tmp/out" | command jq -c keys_unsorted)" \
    '["v","source","site","flow","kind","run","line","attempt","fetched_at","request","status","headers","ms","sha256","body"]'
  same "$(jq -c 'select(.line == 4).request | del(.via)' "$tmp/out")" \
    '{"catalog_id":1904,"endpoint":"svc-catalogue","method":"GET","page":1,"params":{"catalog":["1904"],"order":["newest_first"]},"per_page":96,"query":"www.vinted.pt/search?catalog=1904&order=newest_first","url":"https://api.vinted.pt/svc-catalogue/items?attribute_ids%5Bcatalog%5D=1904&order=newest_first&page=1&per_page=96"}'
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
    serves "$tmp/plain"
    run -69 --separate-stderr vfetch catalog "$listings"
    same "$(jq -c 'select(.kind == "search") | .error.cause, has("body")' <<<"$output")" '"encoding"
false'
    [[ $stderr == *"failed:encoding: its Content-Encoding '$coding' is wrong, or not known"* ]]
  done
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
    serves "$tmp/$body"
    vfetch catalog "$listings" >"$tmp/out" 2>"$tmp/words" || same 69 $?
    [[ $(<"$tmp/words") == *'failed:too-large'* ]]
    vput -q <"$tmp/out" >"$tmp/manifest"
    zstd -dcq "$tmp"/raw/*/*/*/*/*.zst | vnormalize -q --no-key --stream look --records-only >"$tmp/looks"
    same failed:too-large "$(jq -r .record.verdict "$tmp/looks")"
    same '1 2' "$(jq .line "$tmp/out" | xargs)"
    rm -r "$tmp/raw"
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
    serves "$tmp/$name"
    run -69 --separate-stderr vfetch catalog "$listings"
    same "$(jq -r 'select(.kind == "search") | .error.cause' <<<"$output")" too-large || { echo "$name"; return 1; }
    same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" failed:too-large
  done
}

@test "endless headers, two lengths and a hundred 100s are named, and not tried again" {
  perl -e 'print "HTTP/1.1 200 OK\r\n", (map { "Set-Cookie: c$_=" . "a" x 1000 . "\r\n" } 1 .. 400),
    "Content-Length: 2\r\n\r\n{}"' >"$tmp/flood"
  perl -e 'print "HTTP/1.1 200 OK\r\nX: ", "a" x 200000, "\r\nContent-Length: 2\r\n\r\n{}"' >"$tmp/line"
  perl -e 'print "HTTP/1.1 100 Continue\r\n\r\n" x 20000' >"$tmp/hundreds"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}\n' >"$tmp/lengths"
  for name in flood line hundreds lengths; do
    serves "$tmp/$name"
    run -69 --separate-stderr vfetch catalog "$listings"
    jq -r "select(.kind == \"search\") | \"$name \\(.attempt) \\(.status) \\(.error.cause)\"" <<<"$output" >>"$tmp/have"
  done
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
    serves "$tmp/$name"
    run -75 --separate-stderr vfetch catalog "$listings"
    [[ $stderr == *"refused us (rate-limit, status 429)"* ]]
    same "$(jq -r 'select(.kind == "search") | .status, (.body_base64 | length < 100000)' <<<"$output")" '429
true'
    rm -r "$VPIPE_DATA"
  done
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
  [[ $(cat "$tmp/err") == *"nobody reads standard output: given up"* ]]
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
