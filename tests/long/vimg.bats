# vimg(1): many pictures (20,000 in make soak), hostile bytes and lines, memory
# bats file_tags=long
load ../helper
load ../photos
load ../images
load ../flow

scenarios=$ROOT/fixtures/market/scenarios
corpus=$ROOT/tests/fuzz/corpus/image

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  export VPIPE_SCHEMA=$ROOT/schema VPIPE_IMAGES=$tmp/images TMPDIR=$tmp
  store=$VPIPE_IMAGES
}

teardown() {
  photos_stop
}

need_identify() {
  command -v identify >/dev/null || skip "no ImageMagick: nothing can be compared with it (scripts/deps test)"
}

images() {
  "$ROOT/scripts/images" "$@"
}

# curled: each photo's key, and the hash of what curl gets for it
curled() {
  mkdir "$tmp/curl"
  jq -rn --arg market "$MARKET" --arg out "$tmp/curl" '
    [inputs | {key: .photo_key, value: .url}] | from_entries | to_entries[]
    | "url = \"\(.value | sub("https://[^/]*"; $market))\"", "output = \"\($out)/\(.key)\""' "$tmp/photos" >"$tmp/curl.config"
  curl -fsS --parallel --parallel-max 8 -H "Host: ${hosts[0]}" -K "$tmp/curl.config" 2>/dev/null
  (cd "$tmp/curl" && find . -type f -print0 | xargs -0 sha256sum) | awk '{ sub(/^\.\//, "", $2); print $2, $1 }' | sort
  rm -r "$tmp/curl"
}

# seen_by SITE <REQUESTS: searches of that site that show these photos, as raw
# records of one run: 96 items a page, their photos by their addresses
seen_by() {
  jq -c '[.item_id, .photo_key, .url, .position]' |
    jq -nc --arg site "$1" '
    "20260920T080000Z-catalog-00000000000000aa" as $run
    | {v: 1, source: "vinted", site: $site, flow: "catalog", run: $run, attempt: 1, fetched_at: "2026-09-20T08:00:00.000Z"} as $head
    | [reduce inputs as $p ({}; .["\($p[0])"] += [$p]) | to_entries | range(0; length; 96) as $from | .[$from:$from + 96]] as $pages
    | ($pages | to_entries[] | .key as $n | .value
      | [.[] | (.key | tonumber) as $id | {
        id: $id, title: "t\($id)", content_source: "search", favourite_count: 0, view_count: 0, promoted: false,
        path: "/items/\($id)", url: "https://\($site)/items/\($id)",
        price: {amount: "6.0", currency_code: "EUR"}, service_fee: {amount: "1.0", currency_code: "EUR"},
        total_item_price: {amount: "7.0", currency_code: "EUR"}, user: {id: 1, login: "u", business: false},
        item_box: {item_id: $id, first_line: "Nordhavn", second_line: "L"},
        photos: [.value[] | {id: 1, image_no: .[3], is_main: (.[3] == 1), width: 600, height: 800,
          dominant_color: "#54524F", high_resolution: {id: .[1], orientation: null}, full_size_url: .[2], url: .[2], thumbnails: []}]}] as $items
      | $head + {kind: "search", line: ($n + 1), request: {method: "GET", url: "https://x", endpoint: "svc-catalogue",
        query: "\($site)/search?catalog=1904", catalog_id: 1904, page: ($n + 1), per_page: 96, params: {catalog: ["1904"]}},
        status: 200, headers: {"content-type": "application/json"}, ms: 1, sha256: null,
        body: {items: $items, pagination: {current_page: ($n + 1), total_pages: ($pages | length),
          total_entries: ($pages | length * 96), per_page: 96}, code: 0}}),
      $head + {kind: "run", line: ($pages | length + 1), body: {complete: true, started_at: $head.fetched_at, ended_at: $head.fetched_at,
        stop: "end", status: 0, asked: ($pages | length), answered: ($pages | length), put_off: 0, options: {}, versions: {}, ledger: {}, queries: []}}'
}

# --- many pictures --------------------------------------------------------------

# Cropped 310 x 430: drawing one takes as long as in any size, the rest less.
@test "many pictures: each distinct one stored once, all that is said of it true, and then nothing is due" {
  n=${PICTURES:-$(size 200 20000)}
  need_identify
  pg_fresh
  export VPIPE_RAW=$VPIPE_DATA/raw VPIPE_NOW=2026-09-20T09:00:00Z
  market_start "$scenarios/images.json" --pictures "$drawings"
  photos "$n" size=thumb310x430 >"$tmp/photos"
  [ "$(wc -l <"$tmp/photos")" -eq "$n" ]
  keys=$(jq -r .photo_key "$tmp/photos" | sort -u | wc -l)
  curled >"$tmp/curled"
  asked=$(pictures_asked)
  seen_by www.vinted.pt <"$tmp/photos" | vput -q "$VPIPE_RAW" >/dev/null
  load --pending
  images --budget "$n" >"$tmp/told"
  grep -Eq "^vinted +$keys +" "$tmp/told"
  # one file a hash, and its name is it
  store_lists >"$tmp/store"
  [ -z "$(awk -F '[ /.]+' '$1 != $(NF - 1)' "$tmp/store")" ]
  [ -z "$(cut -d ' ' -f 1 "$tmp/store" | sort | uniq -d)" ]
  # each photo's is the one that another client got
  zstd -dcq "$VPIPE_RAW"/vinted/image/*/*/*.zst | jq -c 'select(.kind == "image").body' >"$tmp/body"
  [ "$(jq -r .outcome "$tmp/body" | grep -cxE 'stored|known')" -eq "$keys" ]
  jq -r '.photo_key + " " + .sha256' "$tmp/body" | sort | diff "$tmp/curled" -
  cut -d ' ' -f 2 "$tmp/curled" | sort -u | diff - <(cut -d ' ' -f 1 "$tmp/store" | sort)
  # records against identify
  jq -r '"\(.path) \(.format | ascii_upcase) \(.width) \(.height) \(.bytes)"' "$tmp/body" | sort -u >"$tmp/said"
  (cd "$store" && find sha256 -type f | xargs -n 500 identify -ping -format '%i %m %w %h %B\n') | sort >"$tmp/identified"
  diff "$tmp/said" "$tmp/identified"
  [ "$(jq -r '.sha256 + " " + .path' "$tmp/body" | sort -u | awk -F '[ /.]+' '$1 != $(NF - 1) || substr($1, 1, 4) != $3 $4' | wc -l)" -eq 0 ]
  # again: nothing is asked
  [ "$(pictures_asked)" -eq $((asked + keys)) ]
  run -0 --separate-stderr images --budget "$n"
  [[ $stderr == *"vinted: 0 photos are due, none is asked for"* ]]
  [ "$(pictures_asked)" -eq $((asked + keys)) ]
  # and with --refresh no bytes are sent
  images --budget "$n" --refresh >"$tmp/told"
  [ "$(market_requests | grep '"path":"/t/' | tail -n "$keys" | jq -r .status | uniq -c | tr -s ' ')" = " $keys 304" ]
  store_lists | cmp - "$tmp/store"
}

# --- hostile answers ---------------------------------------------------------------------

# verdicts FILE: of each photo key, what its record says became of it
verdicts() {
  records "$1" '[.photo_key, .outcome, .reason, .status, (.try_after != null), .path != null] | map(tostring) | join(" ")' | LC_ALL=C sort
}

@test "of each fault of a picture: its outcome and reason, as the market says it was; nothing false is kept, and without faults all comes" {
  market_start "$scenarios/images-faults.json" --pictures "$drawings"
  photos 600 size=thumb310x430 | jq -c '.site = "x"' | sort -u >"$tmp/in"
  jq -r .photo_key "$tmp/in" | sort | uniq -d >"$tmp/twice"
  run -0 --separate-stderr vimg <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  [[ $stderr == "vimg: 600 photos = "*" + 0 put off, "* ]]
  store_holds "$tmp/out"
  # what the last answer to each was
  market_requests | jq -r 'select(.path | startswith("/t/")) | [.path + "?" + .query, .fault // "none"] | @tsv' |
    awk -F '\t' '{ last[$1] = $2 } END { for (u in last) print u, last[u] }' | LC_ALL=C sort >"$tmp/faults"
  records "$tmp/out" '[(.url | sub("https://[^/]*"; "")), .outcome, .reason // "-", .status // "-", (if .try_after then "later" else "never" end)] | join(" ")' |
    LC_ALL=C sort | LC_ALL=C join "$tmp/faults" - >"$tmp/became"
  [ "$(wc -l <"$tmp/became")" -eq 600 ]
  cut -d ' ' -f 2- "$tmp/became" | sort -u >"$tmp/have"
  # a picture that ends before the height it claims might as well be cut
  cat >"$tmp/may" <<-end
	403 failed expired 403 never
	404 gone not-found 404 never
	410 gone not-found 410 never
	5xx failed server-error 503 later
	bomb unfit too-many-pixels 200 never
	cut failed truncated 200 later
	endless unfit too-large 200 never
	html unfit html 200 never
	huge unfit too-large 200 never
	lying failed truncated 200 later
	lying unfit corrupt 200 never
	none known - 200 never
	none stored - 200 never
	polyglot unfit trailing-data 200 never
	reset failed reset - later
	reset failed reset 0 later
	slow known - 200 never
	slow stored - 200 never
	truncated failed truncated 200 later
	wrong-format stored - 200 never
	wrong-type stored - 200 never
	wrong-type known - 200 never
	end
  ! grep -vxFf "$tmp/may" "$tmp/have"
  for kind in 403 404 410 bomb cut endless html huge lying none polyglot slow wrong-format wrong-type; do
    grep -q "^$kind " "$tmp/have" || { echo "no '$kind' was among them"; false; }
  done
  # the server well again: each of them comes, and is what it gives to curl
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  awk '$2 == "wrong-format" { print $1 }' "$tmp/became" >"$tmp/other"
  cp "$tmp/in" "$tmp/photos"
  vimg -q <"$tmp/in" >"$tmp/out"
  curled >"$tmp/curled"
  records "$tmp/out" 'select(.path != null) | .photo_key + " " + .sha256' | sort | diff "$tmp/curled" -
  # and beside these the store has only what came in another format
  LC_ALL=C comm -13 <(cut -d ' ' -f 2 "$tmp/curled" | LC_ALL=C sort -u) <(store_lists | cut -d ' ' -f 1 | LC_ALL=C sort) >"$tmp/more"
  [ "$(wc -l <"$tmp/more")" -le "$(wc -l <"$tmp/other")" ]
}

@test "a signed address that has run out: failed, until there is a newer one" {
  market_start "$scenarios/images-faults.json" --pictures "$drawings"
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  photos 3 size=thumb310x430 >"$tmp/in"
  market_clock 2026-09-22T09:00:00Z
  run -0 --separate-stderr vimg <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  same "$(outcomes "$tmp/out")" "3 failed expired"
  [ "$(records "$tmp/out" .try_after | sort -u)" = null ]
  photos 3 size=thumb310x430 >"$tmp/in"
  vimg -q <"$tmp/in" >"$tmp/out"
  [ "$(records "$tmp/out" .outcome | sort -u)" = stored ]
}

# png WIDTH HEIGHT DATA [CHUNK...]: an RGB picture of that data (perl), chunks before it
png() {
  perl -MCompress::Zlib -e 'sub c { pack("N", length $_[1]) . $_[0] . $_[1] . pack("N", crc32($_[0] . $_[1])) }
    my ($w, $h, $data, @more) = @ARGV; my $b = eval $data;
    print "\x89PNG\r\n\x1a\n", c("IHDR", pack("NNCCCCC", $w, $h, 8, 2, 0, 0, 0)),
      (map { my ($n, $d) = split /=/, $_, 2; c($n, eval $d) } @more), c("IDAT", $b), c("IEND", "")' "$@"
}

# deflate(TEXT, TIMES), for png: that often, deflated bit by bit
deflated='sub { my ($d) = deflateInit(-Level => 9); my $o = ""; my $p = $_[0] x 65536;
  for (1 .. $_[1]) { my ($x) = $d->deflate($p); $o .= $x } my ($y) = $d->flush; $o . $y }'

# A progressive JPEG whose last scan is there $1 times more.
many_scans() {
  perl -e 'local $/; my $b = <STDIN>; my $at = rindex $b, "\xff\xda"; my $end = rindex $b, "\xff\xd9";
    print substr($b, 0, $end), substr($b, $at, $end - $at) x $ARGV[0], substr $b, $end' "$1"
}

@test "bombs: PNG, WebP and JPEG that swell are refused for what they are, in little memory" {
  need_identify
  serve
  png 30000 30000 "($deflated)->(chr(0), 2000)" | reply png '200 OK'
  # one row, or one column
  png 400000000 1 "($deflated)->(chr(0), 100)" | reply wide '200 OK'
  png 1 2000000000 "($deflated)->(chr(0), 1000)" | reply tall '200 OK'
  # small as a picture, but with a quarter of a gigabyte (or all of it) of text,
  # or of a profile, in it
  perl -MCompress::Zlib -e "print +($deflated)->('a', $(size 4000 16000))" >"$tmp/swells"
  swells="do { local (@ARGV, \$/) = '$tmp/swells'; <> }"
  png 8 8 '"" . compress("\0" x 200)' "zTXt=\"a\\0\\0\" . $swells" | reply text '200 OK'
  png 8 8 '"" . compress("\0" x 200)' "iCCP=\"a\\0\\0\" . $swells" | reply profile '200 OK'
  # more data than the rows hold
  png 8 8 "($deflated)->(chr(0), $(size 4000 8000))" | reply more '200 OK'
  convert -size 6000x6000 xc:tan -define webp:lossless=true "$tmp/big.webp"
  reply webp '200 OK' <"$tmp/big.webp"
  perl -e 'print "RIFF", pack("V", 30), "WEBPVP8L", pack("V", 17), "\x2f", pack("V", 16382 | 16382 << 14), "\0" x 13' | reply webp-header '200 OK'
  convert -size 6000x6000 xc:tan -interlace JPEG "$tmp/big.jpg"
  reply jpeg '200 OK' <"$tmp/big.jpg"
  convert -size 600x600 plasma:tan-blue -interlace JPEG "$tmp/p.jpg"
  many_scans 200 <"$tmp/p.jpg" | reply scans '200 OK'
  ask png wide tall text profile more webp webp-header jpeg scans >"$tmp/in"
  peak=$(peak_of vimg -q --timeout 300s)
  verdicts "$tmp/out" >"$tmp/have"
  # text and profile are skipped, the pictures themselves are good
  same "$(cat "$tmp/have")" 'k-jpeg unfit too-many-pixels 200 false false
k-more unfit corrupt 200 false false
k-png unfit too-many-pixels 200 false false
k-profile stored null 200 false true
k-scans unfit unsupported 200 false false
k-tall unfit too-many-pixels 200 false false
k-text stored null 200 false true
k-webp unfit too-many-pixels 200 false false
k-webp-header unfit too-many-pixels 200 false false
k-wide unfit too-many-pixels 200 false false'
  sanitized || [ "$peak" -le 65536 ]
}

@test "what is no picture, or lies: each its reason, and the store stays empty" {
  serve
  png 64 64 'compress("\0" x 10)' | reply short '200 OK'
  perl -e 'local $/; my $b = <>; substr($b, 41, 1) ^= "\x55"; print $b' "$corpus/plain.png" | reply flipped '200 OK'
  { cat "$corpus/plain.png"; printf 'PK\3\4'; head -c 100000 /dev/urandom; } | reply png-zip '200 OK'
  { cat "$corpus/plain.webp"; printf '<script>alert(1)</script>'; } | reply webp-html '200 OK'
  { cat "$corpus/plain.jpg"; cat "$corpus/plain.png"; } | reply two '200 OK'
  { printf 'GIF89a'; cat "$corpus/plain.jpg"; } | reply gif-jpeg '200 OK'
  printf '%%PDF-1.7\n' | reply pdf '200 OK' 'Content-Type: image/jpeg'
  printf '<svg xmlns="http://www.w3.org/2000/svg"/>' | reply svg '200 OK' 'Content-Type: image/svg+xml'
  printf '{"code":0}' | reply json '200 OK' 'Content-Type: image/jpeg'
  printf '\xff\xd8\xff' | reply three '200 OK'
  printf '' | reply empty '200 OK'
  head -c 2000 /dev/urandom | reply noise '200 OK'
  reply moved '302 Found' 'Location: file:///etc/passwd' </dev/null
  reply moved-there '301 Moved' "Location: https://${hosts[0]}/good" </dev/null
  reply partial '206 Partial Content' <"$corpus/plain.jpg"
  reply created '204 No Content' </dev/null
  reply teapot '418 No' <"$corpus/plain.jpg"
  gzip -c "$corpus/plain.jpg" | reply gzipped '200 OK' 'Content-Encoding: gzip'
  reply good '200 OK' <"$corpus/plain.jpg"
  ask short flipped png-zip webp-html two gif-jpeg pdf svg json three empty noise moved moved-there partial created teapot >"$tmp/in"
  run -0 --separate-stderr vimg <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  verdicts "$tmp/out" | sed 's/ false$//' >"$tmp/have"
  same "$(cat "$tmp/have")" 'k-created failed client-error 204 true
k-empty failed truncated 200 true
k-flipped unfit corrupt 200 false
k-gif-jpeg unfit unsupported 200 false
k-json unfit not-an-image 200 false
k-moved failed redirect 302 true
k-moved-there failed redirect 301 true
k-noise unfit not-an-image 200 false
k-partial failed client-error 206 true
k-pdf unfit not-an-image 200 false
k-png-zip unfit trailing-data 200 false
k-short unfit corrupt 200 false
k-svg unfit not-an-image 200 false
k-teapot failed client-error 418 true
k-three failed truncated 200 true
k-two unfit trailing-data 200 false
k-webp-html unfit trailing-data 200 false'
  [ -z "$(find "$store" -type f)" ]
  ! grep -q '^GET /good' "$tmp/asked"
}

@test "a server that drips, is silent, or sends broken heads: its own reason, in the time given" {
  serve
  { printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n'; for _ in $(seq 100); do printf 'xDRIP'; done; } >"$tmp/www/drip"
  printf 'PAUSE' >"$tmp/www/silent"
  printf 'not HTTP at all\r\n\r\n' >"$tmp/www/nonsense"
  { printf 'HTTP/1.1 200 OK\r\n'; seq -f "X-%.0f: $(printf '%0100d' 0)"$'\r' 20000; printf '\r\n'; } >"$tmp/www/heads"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc' >"$tmp/www/negative"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc' >"$tmp/www/vast"
  printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n' >"$tmp/www/chunks"
  printf 'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nConnection: close\r\n\r\n' | cat - "$corpus/plain.jpg" >"$tmp/www/odd-tag"
  ask drip silent nonsense heads negative vast chunks odd-tag >"$tmp/in"
  run --separate-stderr timeout 120 "$BIN/vimg" --timeout 2s <"$tmp/in"
  [[ $status -eq 0 || $status -eq 75 ]]
  printf '%s\n' "$output" >"$tmp/out"
  verdicts "$tmp/out" >"$tmp/have"
  grep -qx 'k-odd-tag stored null 200 false true' "$tmp/have"
  [ "$(records "$tmp/out" 'select(.photo_key == "k-odd-tag").etag')" = null ]
  ! grep -v '^k-odd-tag ' "$tmp/have" | grep -vE ' (failed (timeout|protocol|truncated|reset|connect) .* true false|unfit too-large .* false false)$'
  [ "$(wc -l <"$tmp/have")" -eq 8 ] || [ "$status" -eq 75 ]
  [ "$(find "$store" -type f | wc -l)" -eq 1 ]
}

# --- hostile lines -------------------------------------------------------------------------

@test "hostile lines: each is refused in one sentence or asked for as what it is, nothing leaves the store's folder" {
  serve
  reply good '200 OK' <"$corpus/plain.jpg"
  reply p '200 OK' <"$corpus/plain.png"
  good=$(ask good)
  bad() { jq -c "$1" <<<"$good"; }
  other() { jq -c --arg url "$1" '.url = $url | .photo_key = $url' <<<"$good"; }
  {
    printf '\n \n\0\n{"a":"\0"}\n\xff\xfe\n{"source":"vinted\xff"}\nnull\n42\n"text"\n[]\n{}\n{"source":\n'
    printf '%0100000d' 0 | tr 0 '['; echo
    printf '{"pad":"'; head -c 17m /dev/zero | tr '\0' x; printf '"}\n'
    bad 'del(.source)'; bad '.source = 7'; bad '.source = "../../etc"'
    bad '.item_id = null'; bad '.item_id = {}'; bad '.item_id = true'
    bad '.photo_key = 7'; bad '.photo_key = null'
    bad '.url = 7'; bad '.url = null'
  } >"$tmp/rejected"
  {
    other ''; other 'file:///etc/passwd'; other 'ftp://images1.vinted.net/x'; other "https://${hosts[0]}:25/x"
    other "https://user:word@${hosts[0]}/x"; other 'https://[::1]/x'; other $'https://images1.vinted.net:443\r\nHost: evil/x'
  } >"$tmp/no-address"
  {
    other 'https://evil.example/x'; other "https://${hosts[0]}.evil.example/x"; other "https://evil.example/${hosts[0]}"
    other 'https://127.0.0.1/x'; other "https://evil.example#@${hosts[0]}/x"
  } >"$tmp/foreign"
  {
    bad '.photo_key = "../../../../../tmp/x"'; bad '.photo_key = "k/\u0001\n" | .item_id = "a/b"'
    bad '.photo_key = "big" | .item_id = 99999999999999999999999999999999'
    bad '.photo_key = "exp" | .attempts = 1e308'; bad '.photo_key = "neg" | .attempts = -5 | .position = "first"'
    bad '.photo_key = "ext" | .sha256 = ("a" * 64) | .bytes = 5 | .etag = "x" | .ext = "../../../x"'
    bad '.photo_key = "sha" | .sha256 = "../../../etc/passwd" | .bytes = -1 | .etag = "x\r\nX: y" | .ext = "jpg"'
    bad '.photo_key = "tag" | .sha256 = ("0" * 64) | .bytes = 5 | .etag = "x\r\nX-Evil: y" | .ext = "jpg"'
    bad '.photo_key = "sizes" | .sizes = [1, null, {"type":"thumb"}, {"type":"thumb","url":7}]'
    bad '.photo_key = "upper" | .url |= sub("images1.vinted.net"; "IMAGES1.Vinted.NET")'
    bad '.photo_key = "http" | .url |= sub("https"; "http")'
    bad '.photo_key = "blank" | .url += "?a b\r\nHost: evil"' | sed 's/evil/e vil/'
  } >"$tmp/odd"
  cat "$tmp/rejected" "$tmp/no-address" "$tmp/foreign" "$tmp/odd" >"$tmp/in"
  status=0
  vimg --size thumb <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || status=$?
  [ "$status" -eq 65 ]
  sed '$d' "$tmp/err" | grep -vE '^vimg: line [0-9]+: ' && false
  refused=$(wc -l <"$tmp/rejected")
  same "$(sed '$d' "$tmp/err" | sed 's/.*line \([0-9]*\):.*/\1/' | sort -un | wc -l)" "$refused"
  tail -n 1 "$tmp/err" | grep -q ", $refused rejected lines$"
  same "$(records "$tmp/out" 'select(.reason == "other-host").photo_key' | sort)" "$(jq -r .photo_key "$tmp/foreign" | sort)"
  same "$(records "$tmp/out" 'select(.reason == "bad-address").photo_key' | sort)" "$(jq -r .photo_key "$tmp/no-address" | sort)"
  [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq "$(wc -l <"$tmp/odd")" ]
  [ "$(find "$store" -type f | wc -l)" -eq 1 ]
  [ "$(find "$tmp" -name '*.jpg' | wc -l)" -eq 1 ]
  ! grep -qi 'evil' "$tmp/asked"
  records "$tmp/out" tojson >/dev/null
}

# --- memory ---------------------------------------------------------------------------------

# peak_of COMMAND...: of $tmp/in, into $tmp/out; the most that was resident, in KB
peak_of() {
  /usr/bin/time -f %M -o "$tmp/peak" "$@" <"$tmp/in" >"$tmp/out"
  cat "$tmp/peak"
}

@test "memory is the same for 1,000 photos and for many more, and at most 64 MiB" {
  ! sanitized || skip "a sanitized program's memory is the sanitizer's"
  jq '.request_log = 0' "$scenarios/small.json" >"$tmp/scenario.json"
  market_start "$tmp/scenario.json" --pictures "$drawings"
  photos 40 size=thumb150x210 >"$tmp/few"
  vimg -q <"$tmp/few" >"$tmp/known"
  for n in 1000 $(size 6000 100000); do
    # mostly what is known (304, and read again), every fifth by its bytes
    records "$tmp/known" tojson | jq -nc --argjson n "$n" '[inputs] as $few | range($n) as $i
      | $few[$i % ($few | length)] | .photo_key = "k\($i)"
      | if $i % 5 == 0 then .etag = null | .last_modified = null else . end' >"$tmp/in"
    peak_of vimg -q
    [ "$(records "$tmp/out" .outcome | grep -cx known)" -eq "$n" ]
  done >"$tmp/peaks"
  echo "# resident at most, KB: $(paste -s -d ' ' "$tmp/peaks")" >&3
  # what was asked lately takes 2 MiB, once it has all been touched
  awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(last <= 65536 && last <= first + 6144) }' "$tmp/peaks"
}

# bats test_tags=soak
@test "memory with the largest pictures that are allowed stays below 64 MiB" {
  ! sanitized || skip "a sanitized program's memory is the sanitizer's"
  need_identify
  serve
  each=$(size 1 6)
  convert -size 1000x1000 xc:gray +noise Random -depth 8 "$tmp/noise.png"
  convert -size 7200x7200 "tile:$tmp/noise.png" -quality 30 -sampling-factor 4:2:0 "$tmp/b.jpg"
  convert -size 1900x2500 "tile:$tmp/noise.png" -quality 10 "png24:$tmp/b.png"
  convert -size 1900x2500 "tile:$tmp/noise.png" -quality 100 "$tmp/b.webp"
  for one in jpg png webp; do
    echo "# $one: $(identify -format '%w x %h, %B bytes' "$tmp/b.$one")" >&3
    reply "b.$one" '200 OK' <"$tmp/b.$one"
    for n in $(seq "$each"); do ask "b.$one" | sed "s/\"k-b.$one\"/\"$one$n\"/"; done
  done >"$tmp/in"
  peak=$(peak_of vimg -q --thumbs 400,1024)
  echo "# resident at most, KB: $peak" >&3
  [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq $((3 * each)) ]
  store_holds "$tmp/out"
  [ "$peak" -le 65536 ]
}

# --- the ends -------------------------------------------------------------------------------

@test "nobody reads any more, or it is told to end: what is recorded is stored, and the next run completes" {
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 40 >"$tmp/in"
  vimg -q <"$tmp/in" | head -n 4 >"$tmp/out" || :
  [ "$(records "$tmp/out" .outcome | wc -l)" -eq 3 ]
  store_holds "$tmp/out"
  run -74 bash -c "vimg -q <'$tmp/in' >&-"
  [ "${#lines[@]}" -eq 1 ]
  rm -r "$store"
  mkfifo "$tmp/fifo"
  vimg <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 8>"$tmp/fifo"
  cat "$tmp/in" >&8
  until_true 60 grep -q '"stored"' "$tmp/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 8>&-
  [ "$status" -eq 143 ]
  [ "$(wc -l <"$tmp/err")" -eq 1 ]
  grep -q "^vimg: [0-9]* photos = [0-9]* stored + [0-9]* known + 0 failed + [0-9]* put off, " "$tmp/err"
  store_holds "$tmp/out"
  vimg -q <"$tmp/in" >"$tmp/out"
  [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq 40 ]
  store_holds "$tmp/out"
}
