# vmarket: the pictures that it draws, and the host that it shows them on
load helper
load market

# picture URL [CURL OPTION]...: from the market, whatever its host
picture() {
  local url=$1 host=${1#https://}

  shift
  host=${host%%/*}
  http "$host" "${url#https://"$host"}" "$@"
}

# pictures DIR [CURL OPTION]... <URLS: into DIR/0001, DIR/0002, ..., by one
# curl; all of one host
pictures() {
  local dir=$1

  shift
  mkdir -p "$dir"
  awk -v at="$MARKET" -v dir="$dir" -F / '{ path = $0; sub("https://" $3, "", path)
    if (NR == 1) printf "header = \"Host: %s\"\n", $3
    printf "url = \"%s%s\"\noutput = \"%s/%04d\"\n", at, path, dir, NR }' |
    curl -sS -g "$@" -K -
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
  cut -d ' ' -f 1 "$tmp/told" | pictures "$tmp/p" -w '%{content_type}\n' >"$tmp/types"
  identify -format '%m %w %h\n' "$tmp/p"/* | paste -d ' ' "$tmp/types" - >"$tmp/are"
  # its name says the format, its type and its bytes have it
  sed 's/^[^?]*[.]\([a-z]*\)[^ ]* /image\/\1 \U\1 /' "$tmp/told" | diff - "$tmp/are"
  same "image/jpeg image/png image/webp" "$(sort -u "$tmp/types" | paste -s -d ' ')"
  [ "$(cut -d ' ' -f 2- "$tmp/told" | sort -u | wc -l)" -gt 3 ]
}

@test "crops have their size, an upload is at most 1200 x 1600, a seller's own is square" {
  need_identify
  market_start "$(scenario "$few | .api_v2 = 1")"
  for size in thumb70x100 thumb150x210 thumb310x430; do
    picture "$(urls "size=$size&limit=1")" -o "$tmp/p"
    same "thumb$(identify -format '%wx%h' "$tmp/p")" "$size"
  done
  urls 'size=full&limit=12' | pictures "$tmp/full.d"
  identify -format '%w %h\n' "$tmp/full.d"/* >"$tmp/full"
  same 12 "$(wc -l <"$tmp/full")"
  grep -qx '1200 1600' "$tmp/full"
  awk '$1 > 1200 || $2 > 1600 { exit 1 }' "$tmp/full"
  open_session
  api_v2 per_page=40 | jq -r '[.items[].user.photo | values][0].thumbnails[] |
    "\(.url) \(.width)x\(.height)"' >"$tmp/faces"
  [ "$(wc -l <"$tmp/faces")" -eq 5 ]
  cut -d ' ' -f 1 "$tmp/faces" | pictures "$tmp/faces.d"
  same "$(cut -d ' ' -f 2 "$tmp/faces")" "$(identify -format '%wx%h\n' "$tmp/faces.d"/*)"
}

@test "the dominant colour is nearer to its own picture than to the next one" {
  need_identify
  market_start "$(scenario "$few")"
  open_session
  svc per_page=20 | jq -r '.items[].photos[0] | values | "\(.url) \(.dominant_color)"' >"$tmp/told"
  cut -d ' ' -f 1 "$tmp/told" | pictures "$tmp/p"
  # -scale is the mean of all; a pixel each, and what was told of it
  convert "$tmp/p"/* -scale '1x1!' -depth 8 -format \
    '%[fx:int(255*r)] %[fx:int(255*g)] %[fx:int(255*b)]\n' info: |
    paste -d ' ' - <(sed 's/^.* #\(..\)\(..\)\(..\)/0x\1 0x\2 0x\3/' "$tmp/told" | xargs -n 3 printf '%d %d %d\n') >"$tmp/colors"
  awk 'function far(i, k) { return (r[i] - R[k]) ^ 2 + (g[i] - G[k]) ^ 2 + (b[i] - B[k]) ^ 2 }
    { r[NR] = $1; g[NR] = $2; b[NR] = $3; R[NR] = $4; G[NR] = $5; B[NR] = $6 }
    END { for (i = 1; i <= NR; i++) near += far(i, i) < far(i, i % NR + 1)
      print NR, near; exit !(NR == 20 && near >= 16) }' "$tmp/colors"
}

@test "the same seed draws the same bytes, kept or not; another seed, others" {
  sums() {
    urls 'limit=8' | pictures "$tmp/p" && (cd "$tmp/p" && sha256sum ./*)
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
  told true | jq -s -e '(map(select(.source == "vinted") | {key: .photo_key, value: .}) | from_entries) as $all |
    map(select(.copy == "relist")) | all($all[.copy_of] as $o |
      $o.drawing == .drawing and $o.user_id == .user_id and $o.item_id != .item_id)'
  # they look alike: nearer to their origin than to anything else
  # its origin is in no list any more; the URL stays good
  photos >"$tmp/after"
  jq -n -r --slurpfile old "$tmp/before" --slurpfile new "$tmp/after" --slurpfile copies "$tmp/copies" '
    def by_key: map({key: .photo_key, value: .}) | from_entries;
    ($old | by_key) as $old | ($new | by_key) as $new |
    [$copies[] | [$new[.photo_key].url, $old[.copy_of].url] | select(all(. != null))][:8][][]' >"$tmp/pairs"
  n=$(($(wc -l <"$tmp/pairs") / 2))
  [ "$n" -ge 4 ]
  pictures "$tmp/p" <"$tmp/pairs"
  # gray, 16 x 16, one behind the other: a copy, its origin, the next copy, ...
  convert "$tmp/p"/* -scale '16x16!' -colorspace gray -depth 8 gray:- |
    od -A n -v -t u1 -w256 >"$tmp/gray"
  awk -v n="$n" 'function far(i, k, d, j) {
      for (j = 1; j <= 256; j++) d += (at[i, j] - at[k, j]) ^ 2
      return d
    }
    { for (j = 1; j <= NF; j++) at[NR, j] = $j }
    END { for (i = 1; i <= n; i++) if (!(far(2 * i - 1, 2 * i) < far(2 * i - 1, 2 * (i % n + 1)))) exit 1
      exit NR != 2 * n }' "$tmp/gray"
}

@test "number stock_share: few drawings, many sellers, the same bytes unless edited" {
  market_start "$(scenario ".items = 100 | .truth_photos = 1 | .stock_share = 0.3 | .stock_pictures = 4")"
  told '.copy == "stock"' | jq -s -e '(length > 50) and
    (group_by(.drawing) | length == 4 and all(map(.user_id) | unique | length >= 3)) and
    (map(select(.edit == "none")) | length > 20)'
  # two of one drawing, unedited, of different keys
  told '.copy == "stock" and .edit == "none" and .source == "vinted"' |
    jq -s -r 'group_by(.drawing)[0][0:2][].photo_key' >"$tmp/keys"
  photos | jq -r --rawfile keys "$tmp/keys" '.photo_key as $key |
    select($keys | split("\n") | index($key)).url' | pictures "$tmp/p"
  sha256sum <"$tmp/p/0001" >"$tmp/sums"
  sha256sum <"$tmp/p/0002" >>"$tmp/sums"
  [ "$(sort -u "$tmp/keys" | wc -l)" -eq 2 ]
  [ "$(sort -u "$tmp/sums" | wc -l)" -eq 1 ]
}

@test "number crosspost_share: another seller on another site, and the other marketplace" {
  market_start "$(scenario ".items = 100 | .truth_photos = 1 | .crosspost_share = 0.3")"
  told true | jq -s -e '(map(select(.source == "vinted") | {key: .photo_key, value: .}) | from_entries) as $all |
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
  jq -r .file "$tmp/lines" | (cd "$tmp/drawn" && xargs identify -format '%wx%h\n') >"$tmp/shapes"
  jq -r '"\(.width)x\(.height)"' "$tmp/lines" | diff - "$tmp/shapes"
  market_start "$file"
  jq -r .request.url "$tmp/lines" | pictures "$tmp/p"
  jq -r .file "$tmp/lines" | (cd "$tmp/drawn" && xargs cat) >"$tmp/told"
  cat "$tmp/p"/* | cmp - "$tmp/told"
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
