# vimg(1): photos into a store, and a record of each
load helper

scenarios=$ROOT/fixtures/market/scenarios
corpus=$ROOT/tests/fuzz/corpus/image
hosts=(images1.vinted.net)

setup() {
  export VPIPE_SCHEMA=$ROOT/schema VPIPE_IMAGES=$tmp/images
  store=$VPIPE_IMAGES
}

teardown() {
  [[ -z ${SERVER_PID:-} ]] || kill "$SERVER_PID"
  market_stop
}

# small: a market of few items, which draws each of its pictures once a file
small() {
  market_start "$scenarios/small.json" --pictures "$BATS_FILE_TMPDIR/drawings"
}

# photos N [QUERY]: the market's first N photos as requests
photos() {
  curl -sS -f "$MARKET/_market/photos?limit=$1${2:+&$2}"
}

# records FILE JQ: of the records of the stream image
records() {
  jq -r "select(.stream == \"image\" and .type == \"RECORD\").record | $2" "$1"
}

outcomes() {
  records "$1" '[.outcome, .reason // empty] | join(" ")' | sort | uniq -c | sed 's/^ *//'
}

# every object that a record names is there, and is what its name says
store_holds() {
  records "$1" 'select(.path != null) | [.sha256, .path] | @tsv' >"$tmp/named"
  [ -s "$tmp/named" ] || return 0
  sed 's/\t/  /' "$tmp/named" | (cd "$store" && sha256sum --quiet --strict -c)
  awk -F '\t' 'index($2, "sha256/" substr($1, 1, 2) "/" substr($1, 3, 2) "/" $1 ".") != 1 { print; bad = 1 }
    END { exit bad }' "$tmp/named"
}

fault() {
  curl -sS -f -X POST "$MARKET/_market/faults?path=image&$1" >/dev/null
}

# serve: a server on loopback that sends the file of $tmp/www that the path
# names, byte for byte, head included; requests go to $tmp/asked
serve() {
  mkdir -p "$tmp/www"
  perl -MIO::Socket::INET -e '
    my ($ready, $www, $log) = @ARGV; $SIG{PIPE} = "IGNORE"; $SIG{CHLD} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      next if fork;
      my $got = "";
      while ($got !~ /\r\n\r\n/) { sysread $c, $got, 65536, length $got or exit }
      open my $l, ">>", $log; syswrite $l, $got;
      my ($name) = $got =~ m{^GET /([^? ]*)}; $name =~ s{/}{_}g;
      $name = "404" unless -e "$www/$name";
      open my $f, "<:raw", "$www/$name" or exit; local $/; my $b = <$f>;
      if ($b =~ s/^PAUSE//) { select undef, undef, undef, 30 }
      if ($b =~ s/^SOON//) { select undef, undef, undef, 1 }
      syswrite $l, "sent $name\n"; syswrite $c, $b; exit;
    }' "$tmp/port" "$tmp/www" "$tmp/asked" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  reply 404 '404 Not Found' </dev/null
}

# reply NAME STATUS [HEADER]... <BODY
reply() {
  local name=$1

  cat >"$tmp/body"
  { printf 'HTTP/1.1 %s\r\n' "$2"
    printf '%s\r\n' "${@:3}" "Content-Length: $(stat -c %s "$tmp/body")" 'Connection: close' ''
    cat "$tmp/body"; } >"$tmp/www/$name"
}

# ask NAME...: requests for these
ask() {
  for name; do
    printf '{"source":"vinted","site":"www.vinted.pt","item_id":7,"photo_key":"k-%s","url":"https://%s/%s"}\n' \
      "$name" "${hosts[0]}" "$name"
  done
}

# --- what comes of it ---------------------------------------------------------------

@test "each picture is stored under its hash, and its record says what identify says" {
  small
  photos 60 >"$tmp/in"
  run -0 --separate-stderr vimg <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  n=$(wc -l <"$tmp/in")
  [[ "$stderr" == "vimg: $n photos = "*" + 0 failed + 0 put off, "* ]]
  [ "$(records "$tmp/out" .outcome | grep -cE '^(stored|known)$')" = "$n" ]
  store_holds "$tmp/out"
  records "$tmp/out" .path >"$tmp/paths"
  (cd "$store" && xargs identify -format '%m %w %h %B\n') <"$tmp/paths" >"$tmp/are"
  records "$tmp/out" '"\(.format | ascii_upcase) \(.width) \(.height) \(.bytes)"' | diff - "$tmp/are"
  same "$n" "$(wc -l <"$tmp/are")"
  [ "$(records "$tmp/out" 'select((.phash|test("^[0-9a-f]{16}$")) and
    (.dominant_color|test("^#[0-9a-f]{6}$")) and .status == 200 and .etag != null)' | jq -s length)" = "$n" ]
}

@test "the same again: known, read and hashed; the store is as it was" {
  small
  photos 30 >"$tmp/in"
  vimg -q <"$tmp/in" >"$tmp/out"
  find "$store" -type f | sort >"$tmp/before"
  vimg -q <"$tmp/in" >"$tmp/again"
  [ "$(records "$tmp/again" .outcome | sort -u)" = known ]
  same "$(find "$store" -type f | sort)" "$(cat "$tmp/before")"
  same "$(records "$tmp/out" '[.photo_key, .sha256, .phash] | @tsv' | sort)" \
    "$(records "$tmp/again" '[.photo_key, .sha256, .phash] | @tsv' | sort)"
}

@test "what is known is asked for conditionally, if the store still has it" {
  small
  photos 4 >"$tmp/in"
  vimg -q <"$tmp/in" >"$tmp/out"
  records "$tmp/out" '{source, site, item_id, photo_key, url, etag, last_modified, sha256, bytes, ext} | tojson' >"$tmp/known"
  vimg -q <"$tmp/known" >"$tmp/again"
  [ "$(records "$tmp/again" '[.outcome, .status, .width > 0] | @csv' | sort -u)" = '"known",304,true' ]
  # one that is gone, one that is not what it was
  records "$tmp/out" .path | sort -u >"$tmp/paths"
  rm "$store/$(sed -n 1p "$tmp/paths")"
  printf x | dd of="$store/$(sed -n 2p "$tmp/paths")" conv=notrunc status=none
  vimg -q <"$tmp/known" >"$tmp/again"
  store_holds "$tmp/again"
  [ "$(records "$tmp/again" 'select(.status == 200).outcome' | sort -u)" = stored ]
}

@test "a record has every member, null where nothing is known" {
  serve
  ask nothing | vimg -q >"$tmp/out"
  # in this order, which jq itself keeps
  same "$(command jq -r 'select(.type == "RECORD" and .stream == "image").record | keys_unsorted | join(" ")' "$tmp/out")" \
    "source site item_id photo_key position size url outcome status reason try_after attempts fetched_at ms encoding sha256 bytes format ext width height dominant_color phash lenient etag last_modified path thumbs"
  same "$(records "$tmp/out" '[.outcome, .reason, .status, .sha256, .try_after] | tojson')" \
    '["gone","not-found",404,null,null]'
}

@test "--hash-only keeps nothing" {
  small
  photos 3 | vimg -q --hash-only >"$tmp/out"
  [ "$(records "$tmp/out" '[.outcome, .path, (.sha256|length)] | tojson' | sort -u)" = '["hashed",null,64]' ]
  [ ! -e "$store" ]
}

@test "--thumbs and --max-edge keep smaller copies beside the original" {
  serve
  convert -size 640x480 plasma:fractal -quality 85 "$tmp/big.jpg"
  reply big '200 OK' <"$tmp/big.jpg"
  ask big | vimg -q --thumbs 150,64 --max-edge 1200 >"$tmp/out"
  same "$(records "$tmp/out" '.thumbs[] | [.edge, .width, .height] | join(" ")')" $'64 64 48\n150 150 113\n1200 640 480'
  records "$tmp/out" '.thumbs[] | [.path, .sha256, .width, .height, .bytes] | @tsv' >"$tmp/named"
  while read -r path sum width height bytes; do
    same "$(identify -format '%m %w %h' "$store/$path")" "JPEG $width $height"
    same "$(sha256sum <"$store/$path" | cut -c 1-64)" "$sum"
    [ "$(stat -c %s "$store/$path")" = "$bytes" ]
  done <"$tmp/named"
  first=$(cat "$store"/thumb/150/*/*/*.jpg | sha256sum)
  rm -r "$store"
  ask big | vimg -q --thumbs 150 >/dev/null
  same "$(cat "$store"/thumb/150/*/*/*.jpg | sha256sum)" "$first"
}

@test "--size takes another of the sizes on offer" {
  serve
  reply small '200 OK' <"$corpus/plain.png"
  printf '{"source":"vinted","item_id":"a","photo_key":"k","url":"https://%s/none","sizes":[{"type":"thumb","url":"https://%s/small"}]}\n' \
    "${hosts[0]}" "${hosts[0]}" | vimg -q --size thumb >"$tmp/out"
  same "$(records "$tmp/out" '[.size, .outcome, .item_id] | join(" ")')" "thumb stored a"
}

@test "a strip of a picture has its copies, too" {
  serve
  command -v convert >/dev/null || skip "no ImageMagick: no strip can be drawn (scripts/deps test)"
  # of noise; plasma takes seconds where a side is long
  convert -seed 7 -size 8000x4 xc:gray50 +noise Random -quality 80 "$tmp/strip.webp"
  reply strip '200 OK' <"$tmp/strip.webp"
  ask strip | vimg -q --thumbs 310,500 >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, .reason, .width, .height, (.thumbs | map([.edge, .width, .height]))] | tojson')" \
    '["stored",null,8000,4,[[310,310,1],[500,500,1]]]'
  [ "$(identify -format '%m %w %h' "$store/$(records "$tmp/out" '.thumbs[0].path')")" = "JPEG 310 1" ]
}

@test "of the copies only the one that takes too much memory is left out" {
  serve
  command -v convert >/dev/null || skip "no ImageMagick: no large picture can be drawn (scripts/deps test)"
  convert -size 2000x1500 gradient:red-blue -quality 60 "$tmp/large.jpg"
  reply large '200 OK' <"$tmp/large.jpg"
  ask large | vimg -q --thumbs 64,400,2048 --max-memory 4M >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, (.thumbs | map(.edge))] | tojson')" '["stored",[64,400]]'
}

@test "not modified, and no validator with it: the known ones stay" {
  serve
  reply same '304 Not Modified' </dev/null
  reply newer '304 Not Modified' 'ETag: "b"' </dev/null
  ask same newer | jq -c --arg sum "$(printf '%064d' 0)" \
    '. + {etag: "\"a\"", last_modified: "Mon, 01 Jun 2026 08:00:00 GMT", sha256: $sum, bytes: 9, ext: "jpg"}' |
    vimg -q --hash-only >"$tmp/out"
  same "$(records "$tmp/out" '[.photo_key, .outcome, .etag, .last_modified] | tojson' | sort)" \
'["k-newer","known","\"b\"","Mon, 01 Jun 2026 08:00:00 GMT"]
["k-same","known","\"a\"","Mon, 01 Jun 2026 08:00:00 GMT"]'
}

@test "a validator with control bytes is neither sent nor kept" {
  serve
  reply same '200 OK' $'ETag: "a\001b"' <"$corpus/plain.jpg"
  ask same | jq -c --arg sum "$(printf '%064d' 0)" \
    '. + {etag: "\"a\"\r\nX-Evil: 1", last_modified: "Mon\u007f\nX-Evil: 2", sha256: $sum, bytes: 9}' |
    vimg -q --hash-only >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, .etag] | tojson')" '["hashed",null]'
  ! grep -Eiq '^(x-evil|if-)' "$tmp/asked"
}

# --- what is no picture ---------------------------------------------------------------

@test "format goes by the bytes, not by the name or the stated type" {
  serve
  reply a.jpg '200 OK' 'Content-Type: image/jpeg' <"$corpus/plain.png"
  reply b.png '200 OK' 'Content-Type: text/html' <"$corpus/plain.webp"
  ask a.jpg b.png | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.photo_key, .format, .ext] | join(" ")' | sort)" $'k-a.jpg png png\nk-b.png webp webp'
}

@test "each thing that is no picture is unfit for its own reason, and nothing is kept" {
  serve
  printf '<!DOCTYPE html><html>no' | reply html '200 OK' 'Content-Type: image/jpeg'
  printf 'no picture' | reply text '200 OK'
  printf 'GIF89a and so on' | reply gif '200 OK'
  { cat "$corpus/plain.jpg"; printf 'PK\3\4 and the rest of it'; } | reply polyglot '200 OK'
  { printf '#!/bin/sh\n'; cat "$corpus/plain.jpg"; } | reply before '200 OK'
  reply animated '200 OK' <"$corpus/animated.webp"
  # 30000 x 30000 of nothing: 900 million pixels in a few bytes
  perl -MCompress::Zlib -e 'sub c { pack("N", length $_[1]) . $_[0] . $_[1] . pack("N", crc32($_[0] . $_[1])) }
    print "\x89PNG\r\n\x1a\n", c("IHDR", pack("NNCCCCC", 30000, 30000, 8, 2, 0, 0, 0)),
      c("IDAT", compress("\0" x 100000)), c("IEND", "")' | reply bomb '200 OK'
  perl -MCompress::Zlib -e 'local $/; my $b = <>; substr($b, 20, 4) = pack("N", 72);
    substr($b, 29, 4) = pack("N", crc32(substr($b, 12, 17))); print $b' "$corpus/plain.png" | reply lying '200 OK'
  head -c 3000000 /dev/zero | reply huge '200 OK'
  ask html text gif polyglot before animated bomb lying huge | vimg -q --max-bytes 2M >"$tmp/out"
  same "$(records "$tmp/out" '[.photo_key, .outcome, .reason, .try_after, .sha256] | tojson' | sort)" \
'["k-animated","unfit","unsupported",null,null]
["k-before","unfit","not-an-image",null,null]
["k-bomb","unfit","too-many-pixels",null,null]
["k-gif","unfit","unsupported",null,null]
["k-html","unfit","html",null,null]
["k-huge","unfit","too-large",null,null]
["k-lying","unfit","corrupt",null,null]
["k-polyglot","unfit","trailing-data",null,null]
["k-text","unfit","not-an-image",null,null]'
  [ -z "$(find "$store" -type f)" ]
}

@test "a body that is too large without saying so is cut off" {
  serve
  { printf 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'; cat "$corpus/plain.png"; head -c 3000000 /dev/zero; } >"$tmp/www/endless"
  ask endless | vimg -q --max-bytes 1M >"$tmp/out"
  same "$(outcomes "$tmp/out")" '1 unfit too-large'
}

@test "only hosts that the source names are asked" {
  serve
  printf '{"source":"vinted","item_id":1,"photo_key":"k","url":"https://elsewhere.example/x"}\n' | vimg -q >"$tmp/out"
  same "$(outcomes "$tmp/out")" '1 unfit other-host'
  [ ! -e "$tmp/asked" ]
}

# urls URL...: a photo each, and one that is fine
urls() {
  local n=0

  for url; do
    jq -nc --arg url "$url" --argjson n $((++n)) \
      '{source: "vinted", site: "www.vinted.pt", item_id: $n, photo_key: "k\($n)", position: 1, url: $url}'
  done
  ask fine
}

@test "an address is asked as a browser asks it, and stands in the record as it was" {
  serve
  cp "$tmp/www/404" "$tmp/www/none"
  reply fine '200 OK' <"$corpus/plain.jpg"
  h=https://${hosts[0]}
  urls "$h/a b.jpg" "$h:443/c" "http://${hosts[0]}/d" "$h/é€.jpg" $'\t '"$h/e "$'\n' "$h/f"$'\t\n'"g" \
    "$h/h#part" "HTTPS://${hosts[0]^^}/i" "$h/j?k" "$h/k%20l" "$h:/m" "$h/n?q=a b\"<>|#x" "$h/"$'\x01\x7fo' "//${hosts[0]}/p" " //${hosts[0]}:443/q" >"$tmp/in"
  run -0 --separate-stderr vimg <"$tmp/in"
  same "$(grep -o '^GET [^ ]*' "$tmp/asked" | cut -d ' ' -f 2 | sort)" "$(sort <<'END'
/%01%7Fo
/%C3%A9%E2%82%AC.jpg
/a%20b.jpg
/c
/d
/e
/fg
/fine
/h
/i
/j?k
/k%20l
/m
/n?q=a%20b%22%3C%3E%7C
/p
/q
END
)"
  same "$(records /dev/stdin '.url | tojson' <<<"$output" | sort)" "$(jq -r '.url | tojson' "$tmp/in" | sort)"
  same 1 "$(grep -i '^host:' "$tmp/asked" | tr -d '\r' | sort -uf | wc -l)"
}

@test "an address that cannot be asked is unfit, by name: nobody is asked for it, its neighbours are" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  h=${hosts[0]}
  urls "https://me@$h/x" "https://me:443@$h/x" "https://$h:443@evil.example/x" "https://$h:8080/x" "https://$h:80/x" \
    "https://$h:4430/x" "https://$h:443x/" "" " " "/t/x.jpg" "t/x.jpg" "///$h/x" "ftp://$h/x" "https://[::1]/x" "https://ho st.example/x" \
    "https://evil.example\\@$h/x" 127.0.0.1 "https://127.0.0.1/x" "https://$h.evil.example/x" "https://evil.example/$h" \
    "https://$h/$(printf '%010000d' 0)" >"$tmp/in"
  run -0 --separate-stderr vimg <"$tmp/in"
  [[ "$stderr" == *"22 photos = 1 stored + 0 known + 21 failed + 0 put off, 0 gone, 21 unfit, 1 attempts,"*" 0 rejected lines" ]]
  same $'16 bad-address\n4 other-host\n1 too-long' \
    "$(records /dev/stdin '.reason // empty' <<<"$output" | sort | uniq -c | sed 's/^ *//')"
  same "$(records /dev/stdin 'select(.outcome == "unfit").url' <<<"$output")" "$(jq -r .url "$tmp/in" | sed '$d')"
  same 'GET /fine' "$(grep -o '^GET [^ ]*' "$tmp/asked")"
}

@test "what viewers forgive is stored as it came, and named; what hides something is not" {
  serve
  j=$corpus/plain.jpg
  head -c -2 "$j" | reply no-end '200 OK'
  { cat "$j"; printf '\xff\xd9'; } | reply two-ends '200 OK'
  cat "$j" "$corpus/gray.jpg" | reply two '200 OK'
  { cat "$j"; printf '<!-- 12 ms -->\n'; } | reply comment '200 OK'
  { cat "$j"; printf '<!-- <script>x</script> -->'; } | reply script '200 OK'
  { cat "$j" "$corpus/gray.jpg"; printf 'PK\5\6'; head -c 18 /dev/zero; } | reply zip '200 OK'
  reply plain '200 OK' <"$j"
  ask no-end two-ends two comment script zip plain | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.photo_key, .outcome, .reason, .lenient] | tojson' | sort)" \
'["k-comment","stored",null,"html-comment"]
["k-no-end","stored",null,"no-end-mark"]
["k-plain","stored",null,null]
["k-script","unfit","trailing-data",null]
["k-two","stored",null,"more-pictures"]
["k-two-ends","stored",null,"end-mark-again"]
["k-zip","unfit","trailing-data",null]'
  store_holds "$tmp/out"
  same "$(cat "$j" "$corpus/gray.jpg" | sha256sum | cut -c 1-64)" "$(records "$tmp/out" 'select(.photo_key == "k-two").sha256')"
  same "$(records "$tmp/out" 'select(.photo_key == "k-no-end").phash')" "$(records "$tmp/out" 'select(.photo_key == "k-plain").phash')"
}

@test "the record says in what encoding the bytes came, and the hash is of them decoded" {
  serve
  gzip -c "$corpus/plain.jpg" | reply zipped '200 OK' 'Content-Encoding: gzip'
  ask zipped | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.encoding, .sha256, .bytes] | tojson')" \
    "[\"gzip\",\"$(sha256sum <"$corpus/plain.jpg" | cut -c 1-64)\",$(stat -c %s "$corpus/plain.jpg")]"
}

# --- what goes wrong, and when it is tried again ---------------------------------------

@test "an error is judged by its status, however large or cut its page" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  for status in 404 403 500; do
    head -c 2000000 /dev/zero | reply "large-$status" "$status No"
    printf 'HTTP/1.1 %s No\r\nContent-Length: 999\r\nConnection: close\r\n\r\n<html>' "$status" >"$tmp/www/cut-$status"
  done
  ask {large,cut}-{403,404,500} | vimg -q --max-bytes 1M >"$tmp/out"
  same "$(records "$tmp/out" '[.photo_key, .outcome, .reason, .status, .try_after != null] | tojson' | sort)" \
'["k-cut-403","failed","truncated",403,true]
["k-cut-404","gone","not-found",404,false]
["k-cut-500","failed","server-error",500,true]
["k-large-403","failed","expired",403,false]
["k-large-404","gone","not-found",404,false]
["k-large-500","failed","server-error",500,true]'
}

@test "a refusal is one, however large or cut its page" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  head -c 2000000 /dev/zero | reply large '429 Too Many Requests'
  printf 'HTTP/1.1 429 No\r\nContent-Length: 999\r\nConnection: close\r\n\r\n<html>' >"$tmp/www/cut"
  for name in large cut; do
    rm -rf "$VPIPE_DATA/state"
    run -75 --separate-stderr vimg --max-bytes 1M < <(ask "$name")
    same "$(records /dev/stdin '[.outcome, .reason, .try_after] | join(" ")' <<<"$output")" \
      'failed too-many-requests 2026-09-20T08:15:00.000Z'
  done
  printf 'HTTP/1.1 403 No\r\nContent-Length: 999\r\nConnection: close\r\n\r\n<html>/cdn-cgi/challenge-platform' >"$tmp/www/cut"
  { printf '<html>/cdn-cgi/challenge-platform'; head -c 2000000 /dev/zero; } | reply large '403 No'
  for name in large cut; do
    rm -rf "$VPIPE_DATA/state"
    run -77 --separate-stderr vimg --max-bytes 1M < <(ask "$name")
    same "$(records /dev/stdin .reason <<<"$output")" refused:challenge
  done
}

@test "a picture that ends too early for the sixth time is corrupt" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  head -c 500 "$corpus/plain.jpg" | reply half '200 OK'
  for n in 4 5; do
    ask half | jq -c ".attempts = $n" | vimg -q >"$tmp/out"
    records "$tmp/out" '[.outcome, .reason, .attempts, .try_after != null] | tojson'
  done >"$tmp/have"
  same "$(cat "$tmp/have")" '["failed","truncated",5,true]
["unfit","corrupt",0,false]'
}

@test "a picture that ends too early is tried three times, then later" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  head -c 500 "$corpus/plain.jpg" | reply half '200 OK'
  ask half | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, .reason, .attempts] | tojson')" '["failed","truncated",1]'
  [ "$(grep -c '^GET /half' "$tmp/asked")" = 3 ]
}

@test "what is temporary is put off by 15 minutes, doubling up to 7 days" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  reply down '400 Bad Request' </dev/null
  for n in 0 1 4 30; do
    ask down | jq -c ".attempts = $n" | vimg -q >"$tmp/out"
    records "$tmp/out" '[.reason, .attempts, .try_after] | join(" ")'
  done >"$tmp/have"
  same "$(cat "$tmp/have")" 'client-error 1 2026-09-20T08:15:00.000Z
client-error 2 2026-09-20T08:30:00.000Z
client-error 5 2026-09-20T12:00:00.000Z
client-error 31 2026-09-27T08:00:00.000Z'
}

@test "a picture under a content encoding is decoded, in members and layers too" {
  serve
  gzip -c "$corpus/plain.jpg" | reply gzip '200 OK' 'Content-Encoding: gzip'
  { head -c 300 "$corpus/plain.jpg" | gzip; tail -c +301 "$corpus/plain.jpg" | gzip; } |
    reply members '200 OK' 'Content-Encoding: X-GZIP'
  zstd -qc "$corpus/plain.jpg" | gzip | reply layers '200 OK' 'Content-Encoding: zstd' 'Content-Encoding: gzip'
  reply identity '200 OK' 'Content-Encoding: identity' <"$corpus/plain.jpg"
  ask gzip members layers identity | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[(.outcome | IN("stored", "known")), .sha256, .bytes] | tojson' | sort -u)" \
    "[true,\"$(sha256sum <"$corpus/plain.jpg" | cut -c 1-64)\",$(stat -c %s "$corpus/plain.jpg")]"
}

@test "a wrong content encoding of a picture is a failure, tried again later" {
  serve
  reply plain '200 OK' 'Content-Encoding: gzip' <"$corpus/plain.jpg"
  reply odd '200 OK' 'Content-Encoding: aws-chunked' <"$corpus/plain.jpg"
  gzip -c "$corpus/plain.jpg" | head -c -20 | reply cut '200 OK' 'Content-Encoding: gzip'
  head -c 30000000 /dev/zero | gzip | reply bomb '200 OK' 'Content-Encoding: gzip'
  printf 'no' | reply absent '404 Not Found' 'Content-Encoding: gzip'
  ask plain odd cut bomb absent | vimg -q >"$tmp/out" || :
  same "$(records "$tmp/out" '[.photo_key, .outcome, .reason, .try_after != null] | tojson' | sort)" '["k-absent","gone","not-found",false]
["k-bomb","unfit","too-large",false]
["k-cut","failed","truncated",true]
["k-odd","failed","encoding",true]
["k-plain","failed","encoding",true]'
  [ -z "$(find "$store/sha256" -type f)" ]
}

@test "Retry-After is a floor" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  reply busy '503 Service Unavailable' 'Retry-After: 7200' </dev/null
  ask busy | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.reason, .try_after] | join(" ")')" 'server-error 2026-09-20T10:00:00.000Z'
  [ "$(grep -c '^GET /busy' "$tmp/asked")" = 1 ]
}

@test "403 without a challenge: the address has expired, only a newer one will do" {
  serve
  printf '<?xml version="1.0"?><Error>AccessDenied</Error>' | reply old '403 Forbidden' 'Content-Type: application/xml'
  ask old | vimg -q >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, .reason, .status, .try_after] | tojson')" '["failed","expired",403,null]'
}

@test "a 429 cools the host down: the rest is put off, now and in the next run" {
  export VPIPE_NOW=2026-09-20T08:00:00Z
  serve
  reply wall '429 Too Many Requests' </dev/null
  reply fine '200 OK' <"$corpus/plain.png"
  ask wall fine >"$tmp/in"
  run -75 --separate-stderr vimg --parallel 1 <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  same "$(records "$tmp/out" '[.outcome, .reason, .try_after] | join(" ")')" \
    'failed too-many-requests 2026-09-20T08:15:00.000Z'
  [[ "${stderr_lines[0]}" == *"refused us (rate-limit, status 429): it is not asked before 2026-09-20T08:15:00.000Z; to end the pause: vfetch resume image-${hosts[0]}" ]]
  [[ "${stderr_lines[1]}" == "vimg: 2 photos = 0 stored + 0 known + 1 failed + 1 put off, "* ]]
  VPIPE_NOW=2026-09-20T08:10:00Z run -75 --separate-stderr vimg <"$tmp/in"
  [ -z "$output" ]
  [[ "${stderr_lines[0]}" == *"cools down until 2026-09-20T08:15:00.000Z; to end the pause: vfetch resume "* ]]
  VPIPE_NOW=2026-09-20T08:16:00Z run -75 --separate-stderr vimg < <(ask fine wall)
  [ "$(grep -c '"outcome":"stored"' <<<"$output")" = 1 ]
}

@test "a challenge page is a refusal" {
  serve
  printf '<html>/cdn-cgi/challenge-platform</html>' | reply wall '403 Forbidden' 'cf-mitigated: challenge'
  run -77 --separate-stderr vimg < <(ask wall)
  [ "$(records /dev/stdin .reason <<<"$output")" = refused:challenge ]
}

@test "robots.txt is obeyed, and read once a day" {
  small
  photos 2 >"$tmp/in"
  vimg -q --hash-only <"$tmp/in" >"$tmp/out"
  [ "$(market_requests | jq -r 'select(.path == "/robots.txt").host' | wc -l)" = 1 ]
  mkdir -p "$VPIPE_DATA/state/robots"
  printf '# %s %s\nUser-agent: *\nDisallow: /\n' "$(date -u +%FT%TZ)" "$MARKET" >"$VPIPE_DATA/state/robots/${hosts[0]}"
  run -77 --separate-stderr vimg --hash-only <"$tmp/in"
  [ "$(records /dev/stdin .reason <<<"$output" | sort -u)" = refused:robots ]
}

@test "robots.txt of another host is read when nothing is under way" {
  serve
  unset VPIPE_ROBOTS
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
  reply a '200 OK' <"$corpus/plain.jpg"
  { printf SOON; cat "$tmp/www/a"; } >"$tmp/www/slow"
  { ask slow
    printf '{"source":"bazar","item_id":1,"photo_key":"k","url":"https://pictures.bazar.example/a"}\n'; } |
    vimg -q >"$tmp/out"
  same "$(outcomes "$tmp/out" | sed 's/^[0-9]* //' | sort | xargs)" "known stored"
  same "$(grep -E '^(GET|sent)' "$tmp/asked" | cut -d ' ' -f 1,2 | xargs)" \
    "GET /robots.txt sent 404 GET /slow sent slow GET /robots.txt sent 404 GET /a sent a"
}

@test "when nobody answers the rest is put off" {
  export VPIPE_NOW=2026-09-20T08:00:00Z VPIPE_BASE_URL=http://127.0.0.1:1 VPIPE_ROBOTS=permitted
  ask $(seq 40) >"$tmp/in"
  run -75 --separate-stderr vimg --parallel 2 <"$tmp/in"
  [[ "${stderr_lines[0]}" == *"does not answer (connect): the rest is put off" ]]
  [[ "$stderr" == *" put off, "* ]]
  same "$(sed -n 's/.*, \([0-9]*\) attempts.*/\1/p' <<<"$stderr")" 12
  [ "$(jq -r 'select(.type == "RECORD").record.reason' <<<"$output" | sort -u)" = "" ]
}

@test "a live host needs a contact and a go-ahead" {
  fails 78 "VPIPE_CONTACT is not set" vimg --hash-only < <(ask x)
  VPIPE_CONTACT=me@example.org fails 78 "VPIPE_LIVE is not 'yes'" vimg --hash-only < <(ask x)
}

@test "every fault of the market has its record, and the store holds the truth" {
  small
  photos 60 >"$tmp/in"
  for kind in 404 410 403 html wrong-type wrong-format truncated reset bomb lying polyglot; do
    fault "kind=$kind&share=0.08&sticky_hours=1000"
  done
  run -0 --separate-stderr vimg <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  [ "$(records "$tmp/out" .outcome | wc -l)" = "$(wc -l <"$tmp/in")" ]
  store_holds "$tmp/out"
  records "$tmp/out" .outcome | sort -u | grep -qx stored
  records "$tmp/out" .outcome | sort -u | grep -qx unfit
}

# --- lines in, lines out ----------------------------------------------------------------

@test "no photos, no records" {
  run -0 --separate-stderr vimg </dev/null
  [ -z "$output" ]
  same "$stderr" "vimg: 0 photos = 0 stored + 0 known + 0 failed + 0 put off, 0 gone, 0 unfit, 0 attempts, 0 body bytes, 0 repeated, 0 rejected lines"
}

@test "a line that is no photo is named and counted, the rest goes on" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  { printf 'no JSON\n[1]\n{"source":"vinted","item_id":1,"photo_key":"k"}\n'
    printf '{"source":"nobody","item_id":1,"photo_key":"k","url":"https://a.example/x"}\n'
    printf '{"source":"vinted","item_id":1,"photo_key":"\xff","url":"https://a.example/x"}\n'
    printf '{"source":"vinted","item_id":1,"photo_key":"a\\u0000b","url":"https://a.example/x"}\n'
    printf '{"pad":"%03000d"}\n' 0
    ask fine | tr -d '\n'; } >"$tmp/in"
  run -65 --separate-stderr vimg --max-line 2K <"$tmp/in"
  [ "$(records /dev/stdin .outcome <<<"$output")" = stored ]
  [[ "$stderr" == *"line 2: no photo: an object is due"*"line 3: a photo's 'url' is none"*"line 4: its source is not described"*"line 7: longer than --max-line"*"1 photos = 1 stored"*"7 rejected lines" ]]
}

@test "a photo with a text that is longer than is asked by is unfit, at the limit it is not" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  long() { printf "%0$1d" 0; }
  { for name in site item_id photo_key size; do
      ask fine | jq -c --arg name "$name" --arg text "$(long 1025)" '.photo_key = $name | .[$name] = $text'
    done
    ask fine | jq -c --arg text "$(long 8192)" '.url += $text'
    ask fine | jq -c --arg text "$(long 100000)" '.photo_key = $text'
    for name in etag last_modified sha256 ext; do
      ask fine | jq -c --arg name "$name" --arg text "$(long 100000)" '.[$name] = $text | .photo_key = $name'
    done
    ask "fine?$(long $((8192 - 8 - ${#hosts[0]} - 6)))" | jq -c '.photo_key = "z"'; } >"$tmp/in"
  [ "$(tail -n 1 "$tmp/in" | jq '.url | length')" = 8192 ]
  run -0 --separate-stderr vimg <"$tmp/in"
  same $'6 unfit too-long\n5 stored' "$(records /dev/stdin '[if .outcome == "known" then "stored" else .outcome end, .reason // empty] | join(" ")' <<<"$output" | sort | uniq -c | sed 's/^ *//' | sort -r)"
  # what was asked stands in the record, whole
  same "$(records /dev/stdin 'select(.reason == "too-long") | [.site, .item_id, .photo_key, .size, .url] | tojson' <<<"$output" | sort)" \
    "$(head -n 6 "$tmp/in" | jq -c '[.site, .item_id, .photo_key, .size // "list", .url]' | sort)"
  fails 65 "line 1: a photo's 'source' is over 1 KiB" vimg -q < <(ask fine | jq -c --arg text "$(long 1025)" '.source = $text')
}

@test "a stream of photos whose name or source is too long is rejected, other streams pass" {
  long=$(printf '%0300d' 0)
  { jq -nc --arg n "$long" '{type: "SCHEMA", stream: $n, schema: {}, key_properties: []}'
    jq -nc --arg n "${long}_photo" '{type: "SCHEMA", stream: $n, schema: {}, key_properties: []}'
    jq -nc --arg n "$long" '{type: "SCHEMA", stream: "photo", schema: {}, key_properties: [], "x-source": $n}'; } >"$tmp/in"
  run -65 --separate-stderr vimg <"$tmp/in"
  same "$output" "$(cat "$tmp/in")"
  same "$(grep -o 'line [0-9]*: a stream of photos .*' <<<"$stderr")" \
'line 2: a stream of photos has a name or a source over 256 bytes
line 3: a stream of photos has a name or a source over 256 bytes'
}

@test "asked twice, fetched once" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  run -0 --separate-stderr vimg < <(ask fine fine fine)
  [ "$(grep -c '^GET /fine' "$tmp/asked")" = 1 ]
  [[ "$stderr" == *"1 photos = 1 stored"*", 2 repeated, "* ]]
}

@test "--budget asks for so many, and puts the rest off" {
  small
  run -0 --separate-stderr vimg --budget 5 < <(photos 20)
  [ "$(records /dev/stdin .outcome <<<"$output" | wc -l)" = 5 ]
  [[ "$stderr" == *"20 photos = "*" + 15 put off, "* ]]
}

@test "Singer messages pass in their order, STATE after the records before it" {
  serve
  reply a '200 OK' <"$corpus/plain.jpg"
  reply b '200 OK' <"$corpus/plain.png"
  cat >"$tmp/in" <<-EOF
	{"type":"SCHEMA","stream":"vinted_photo","schema":{},"key_properties":[],"x-source":"vinted"}
	{"type":"SCHEMA","stream":"item","schema":{},"key_properties":[]}
	{"type":"RECORD","stream":"item","record":{"source":"vinted","item_id":1,"photo_key":"no","url":"https://${hosts[0]}/no"}}
	{"type":"RECORD","stream":"vinted_photo","record":{"item_id":1,"photo_key":"ka","url":"https://${hosts[0]}/a"}}
	{"type":"STATE","value":{"n":1}}
	{"type":"RECORD","stream":"vinted_photo","record":{"item_id":1,"photo_key":"kb","url":"https://${hosts[0]}/b"}}
	{"type":"STATE","value":{"n":2}}
	EOF
  vimg -q <"$tmp/in" >"$tmp/out"
  same "$(jq -r 'select(.stream != "image") | tojson' "$tmp/out")" "$(jq -r tojson "$tmp/in")"
  same "$(jq -r 'select(.type == "STATE" or (.type == "RECORD" and .stream == "image")) | (.record.photo_key // .value.n)' "$tmp/out")" \
    $'ka\n1\nkb\n2'
}

@test "after a photo was put off there is no STATE any more" {
  serve
  reply a '200 OK' <"$corpus/plain.jpg"
  { printf '{"type":"SCHEMA","stream":"photo","schema":{},"key_properties":[],"x-source":"vinted"}\n'
    for n in 1 2 3; do
      ask a | jq -c --arg n "$n" '{type: "RECORD", stream: "photo", record: (.photo_key = $n)}'
      printf '{"type":"STATE","value":{"n":%d}}\n' "$n"
    done; } >"$tmp/in"
  run -0 --separate-stderr vimg --budget 1 <"$tmp/in"
  [[ "$stderr" == *"3 photos = 1 stored + "*" + 2 put off, "* ]]
  same "$(jq -r 'select(.type == "STATE").value.n' <<<"$output")" 1
  run -0 --separate-stderr vimg <"$tmp/in"
  same "$(jq -r 'select(.type == "STATE").value.n' <<<"$output" | xargs)" "1 2 3"
}

@test "--raw writes a run that vput publishes" {
  small
  photos 12 | vimg -q --raw image >"$tmp/raw"
  same "$(jq -r .kind "$tmp/raw" | uniq -c | awk '{ print $1, $2 }')" $'12 image\n1 run'
  jq -r 'select(.kind == "image") | [.sha256, (.body|tojson)] | @tsv' "$tmp/raw" >"$tmp/sums"
  same "$(head -n 1 "$tmp/raw" | jq -r .sha256)" \
    "$(head -n 1 "$tmp/raw" | sed 's/^.*"body"://; s/}$//' | tr -d '\n' | sha256sum | cut -c 1-64)"
  same "$(tail -n 1 "$tmp/raw" | jq -c '[.source, .site, .line, .body.stop, .body.complete, .body.ledger.requests, .body.ledger.put_off]')" \
    '["vinted",null,13,"end",true,12,0]'
  [ "$(vput -q --raw "$tmp/raw-layer" <"$tmp/raw" | jq .complete)" = true ]
}

@test "--raw is one source: another one ends the run, with its closing record" {
  serve
  reply a '200 OK' <"$corpus/plain.jpg"
  run -65 --separate-stderr vimg --raw image < <(ask a; printf '{"source":"bazar","item_id":1,"photo_key":"k","url":"https://a.example/x"}\n')
  [[ "${stderr_lines[0]}" == *"line 2: 'bazar' is another source than 'vinted': with --raw a run is one" ]]
  [ "$(tail -n 1 <<<"$output" | jq -r '[.kind, .body.stop, .body.status] | join(" ")')" = "run input 65" ]
}

# --- the end ------------------------------------------------------------------------------

@test "a full disk: one sentence, what is recorded holds, the rest is put off" {
  small
  mkdir "$tmp/small"
  mount -t tmpfs -o size=600k none "$tmp/small" || skip "no tmpfs can be mounted here"
  store=$tmp/small/images
  status=0
  photos 60 | vimg --store "$store" >"$tmp/out" 2>"$tmp/err" || status=$?
  store_holds "$tmp/out" || { umount "$tmp/small"; return 1; }
  umount "$tmp/small"
  [ "$status" -eq 74 ]
  [ "$(wc -l <"$tmp/err")" -eq 2 ]
  grep -q "^vimg: cannot .*: No space left on device$" "$tmp/err"
  grep -Eq "^vimg: [0-9]+ photos = .* \+ [1-9][0-9]* put off, " "$tmp/err"
}

@test "standard output that is full or gone" {
  serve
  reply a '200 OK' <"$corpus/plain.jpg"
  ask a >"$tmp/in"
  run -74 bash -c "vimg -q <'$tmp/in' >/dev/full"
  [ "${#lines[@]}" -eq 1 ]
  run -0 bash -c "vimg -q <'$tmp/in' | head -c 0; [ \${PIPESTATUS[0]} -eq 141 ]"
}

@test "SIGTERM: what is under way is put off, the run is closed, and the signal seen" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  printf 'PAUSE' >"$tmp/www/slow"
  mkfifo "$tmp/fifo"
  vimg --raw image <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 8>"$tmp/fifo"
  ask fine slow >&8
  until_true 60 grep -q '"stored"' "$tmp/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 8>&-
  [ "$status" -eq 143 ]
  [ "$(tail -n 1 "$tmp/out" | jq -r '[.kind, .body.stop, .body.status] | join(" ")')" = "run signal 143" ]
  grep -q "2 photos = 1 stored + 0 known + 0 failed + 1 put off, " "$tmp/err"
}

@test "killed at any moment: what is recorded is there, and the next run completes" {
  small
  photos 60 >"$tmp/in"
  for ((n = 0; n < 12; n++)); do
    vimg -q <"$tmp/in" >"$tmp/out.$n" 2>/dev/null 3>&- &
    pid=$!
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -9 $pid 2>/dev/null || :
    wait $pid 2>/dev/null || :
    # the last line may be cut
    sed '$ { /}$/!d }' "$tmp/out.$n" >"$tmp/whole"
    store_holds "$tmp/whole"
  done
  vimg -q <"$tmp/in" >"$tmp/out"
  store_holds "$tmp/out"
  [ "$(records "$tmp/out" .outcome | grep -cE 'stored|known')" = "$(wc -l <"$tmp/in")" ]
  (cd "$store" && find sha256 -type f -exec sha256sum {} +) |
    awk '!index($2, "/" $1 ".") { print; bad = 1 } END { exit bad || NR == 0 }'
}

@test "killed at each call of the store: nothing false is recorded" {
  small
  photos 3 >"$tmp/in"
  for call in open write fsync close; do
    for n in 1 2 3; do
      rm -rf "$store"
      env LD_PRELOAD="$O/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 FAIL_CALL=$call FAIL_HOW=kill \
        FAIL_AT=$n FAIL_PATH=/images vimg -q <"$tmp/in" >"$tmp/out" 2>/dev/null || :
      store_holds "$tmp/out"
      vimg -q <"$tmp/in" >"$tmp/out"
      store_holds "$tmp/out"
      [ "$(records "$tmp/out" .path | wc -l)" = 3 ]
    done
  done 2>/dev/null
}

@test "a write, sync or close that fails ends the run with 74 and one sentence" {
  small
  photos 5 >"$tmp/in"
  for call in write fsync close; do
    rm -rf "$store"
    run -74 --separate-stderr env LD_PRELOAD="$O/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 \
      FAIL_CALL=$call FAIL_HOW=EIO FAIL_TIMES=0 FAIL_PATH=/images vimg -q <"$tmp/in"
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ "$stderr" == "vimg: cannot "*": Input/output error" ]]
    [ -z "$output" ]
  done
}

@test "SIGTERM ends it within two seconds while a host is silent, asked for robots.txt or a picture" {
  serve
  printf 'PAUSE' | tee "$tmp/www/slow" >"$tmp/www/robots.txt"
  for what in robots.txt slow; do
    rm -f "$tmp/asked"
    ask slow >"$tmp/in"
    VPIPE_ROBOTS=$([ "$what" = robots.txt ] || echo permitted) vimg <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
    pid=$!
    until_true 60 grep -qs "^GET /$what" "$tmp/asked"
    before=$(date +%s%3N) status=0
    kill -TERM $pid
    wait $pid || status=$?
    [ "$status" -eq 143 ]
    [ $(($(date +%s%3N) - before)) -lt 2000 ]
    same "$(cat "$tmp/err")" "vimg: 1 photos = 0 stored + 0 known + 0 failed + 1 put off, 0 gone, 0 unfit, $([ "$what" = slow ] && echo 1 || echo 0) attempts, 0 body bytes, 0 repeated, 0 rejected lines"
  done
}

@test "where few files may be open there are fewer transfers, and it is said; too few are 74" {
  serve
  reply fine '200 OK' <"$corpus/plain.jpg"
  ask fine | jq -c '.photo_key = "\(range(1; 41))"' >"$tmp/in"
  run -0 --separate-stderr bash -c "ulimit -n 20 && vimg <'$tmp/in'"
  [[ "${stderr_lines[0]}" == "vimg: no more than 20 files may be open (ulimit -n): 4 transfers at a time" ]]
  [[ "$stderr" == *"40 photos = 1 stored + 39 known + 0 failed + 0 put off"* ]]
  fails 74 "no more than 12 files may be open (ulimit -n), and 17 are needed" bash -c "ulimit -n 12 && vimg <'$tmp/in'"
  run -0 --separate-stderr bash -c "ulimit -Sn 20 && vimg -q <'$tmp/in'" # the soft one is raised
  [ -z "$(grep -v ' photos = ' <<<"$stderr")" ]
}

@test "out of memory at any point: 70 and one sentence, and no picture is called unfit for it" {
  ! grep -q __asan_init "$BIN/vimg" || skip "sanitizers have their own malloc"
  serve
  for name in progressive.jpg plain.png lossless.webp; do reply "$name" '200 OK' <"$corpus/$name"; done
  ask progressive.jpg plain.png lossless.webp >"$tmp/in"
  for ((n = 1; ; n += n < 3000 ? 600 : 60)); do
    [ "$n" -lt 30000 ]
    status=0
    rm -rf "$store" "$tmp/told"
    env LD_PRELOAD="$O/fail.so" FAIL_CALL=malloc FAIL_HOW=ENOMEM FAIL_TIMES=0 FAIL_AT=$n FAIL_TELL="$tmp/told" \
      vimg -q --threads 1 --thumbs 20 <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ -e "$tmp/told" ] || break
    [ "$status" -eq 70 ]
    [ "$(wc -l <"$tmp/err")" -eq 1 ]
    [ -z "$(records "$tmp/out" 'select(.outcome != "stored")')" ]
    store_holds "$tmp/out"
  done
  [ "$status" -eq 0 ]
}

@test "a store that must be a mount and is none is refused" {
  fails 78 "cannot open '$store'" vimg --mount --store "$store" </dev/null
  mkdir "$store"
  fails 78 "'$store' is not mounted, and --mount says it must be" vimg --mount --store "$store" </dev/null
  VPIPE_IMAGES_MOUNT=yes fails 78 "'$store' is not mounted, and VPIPE_IMAGES_MOUNT says it must be" vimg </dev/null
}

@test "memory stays below 64 MiB, whatever the pictures" {
  small
  fault 'kind=bomb&share=0.1&sticky_hours=1000'
  photos "$(size 80 300)" >"$tmp/in"
  mkfifo "$tmp/fifo"
  vimg -q --thumbs 400 <"$tmp/fifo" >"$tmp/out" 2>&1 3>&- &
  pid=$!
  exec 8>"$tmp/fifo"
  cat "$tmp/in" >&8
  # when all have their record, and before it ends: the peak of what is
  # resident, for address space is not what is meant
  until_true 120 eval '[ "$(grep -c "\"type\":\"RECORD\"" "$tmp/out")" -eq "$(wc -l <"$tmp/in")" ]'
  peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)
  exec 8>&-
  wait $pid
  grep -q __asan_init "$BIN/vimg" || [ "$peak" -lt 65536 ]
  [ "$peak" -gt 0 ]
  # some of them were bombs
  [[ $(outcomes "$tmp/out") == *'unfit too-many-pixels'* ]]
}
