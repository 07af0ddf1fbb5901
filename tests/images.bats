# scripts/images(1): what is due, what becomes of it, and what repeats what.  One
# series of runs has most listings; a test reads of its own what was known after
# each load.
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
  export VPIPE_SAMPLE_FRAC=0
  world
  first_load
  second_load
  third_load
  fourth_load
}

teardown_file() {
  pg_stop
}

setup() {
  export VPIPE_SAMPLE_FRAC=0
}

images() {
  "$ROOT/scripts/images" "$@"
}

# fresh: a database and a raw folder of its own
fresh() {
  pg_fresh
  export VPIPE_RAW=$VPIPE_DATA/raw
}

# --- the series ---------------------------------------------------------------

# star FROM TO: of 120 photos with one hash, got in no order
star() {
  seq 120 | shuf --random-source=<(yes) | sed -n "$1,$2p" |
    awk '{ printf "st-%d stored %02x 9669969669699669\n", $1, $1 + 127 }'
}

first_load() {
  {
    echo '101 101 on-a,on-b
102 101 on-c
201 1 wa-a,wa-b
202 5 wa-c,wa-d
301 301 go-a,go-b,go-c
401 401 un-a,un-b,un-c
501 501 fa-a
601 601 re-a
701 701 ha-a
1101 1101 bu-a,bu-b,bu-c
1201 300000001 us-a,us-b
1202 300000001 us-c
1301 1301 la-a
1302 1302 la-b
1401 1401 ke-a
2101 2101 rl-a
2102 2102 rl-b
2103 2103 rl-c
2109 2109 rl-x
2201 2201 tw-a
2301 2301 ot-a
2302 2302 ot-b
2303 2303 ot-c
2401 2401 ne-a
2402 2402 ne-b
2403 2403 ne-c
2501 2501 ma-a,ma-x
2502 2502 ma-b,ma-x'
    awk 'BEGIN { for (n = 1; n <= 120; n++) print 5000 + n, 5000 + n, "st-" n }'
  } | shown 2026-09-20T08:00:01Z
  shown 2026-09-20T08:00:02Z www.vinted.fr <<<'101 101 on-a,on-b'
  shots 2026-09-20T08:30:01Z <<<$'801 801 ho-a\n802 802 ho-b' |
    sed 's#https://images1.vinted.net/t/ho-a/#https://images1.vinted.net.evil.example/t/ho-a/#g' |
    vput -q "$VPIPE_RAW" >>"$tmp/published"
  shown 2026-09-21T08:00:03Z <<<$'103 102 on-d,on-a\n2201 2201 tw-a\n2211 2201 tw-a'
  {
    echo '2111 2101 rl-a
2112 2102 rl-e
2113 2103 rl-f
2312 2305 ot-b
2313 2306 ot-c
2314 2307 ot-c
2411 2404 ne-d
2412 2405 ne-e
2413 2403 ne-f
2511 2501 ma-c,ma-x'
  } | shown 2026-09-22T08:00:01Z
  shown 2026-09-22T08:00:02Z www.vinted.fr <<<'2311 2304 ot-a'
  # pictures of 16 are got before anything shows them
  {
    echo 'go-a stored 01 c3a59966f00f3c5a
go-b failed server-error 2026-09-20T09:15:00Z
un-a gone not-found
un-b unfit not-an-image
un-c failed expired
fa-a failed timeout 2026-09-20T09:15:00Z
re-a stored 02 a1b2c3d4e5f60718
ha-a hashed 03 1357924680acebdf
us-a stored 04 0f1e2d3c4b5a6978
us-b known 04 0f1e2d3c4b5a6978
us-c hashed 05 -
la-a stored 06 7777222277772222
la-b stored 06 7777222277772222
ke-a stored 07 8181818142424242
se-a stored 08 1122334455667788
se-b stored 09 1122334455667789'
    star 1 70
  } | fetched 2026-09-20T09:00:01Z
  fetched 2026-09-20T10:00:01Z <<<'fa-a stored 0a 2468ace013579bdf'
  fetched 2026-09-20T11:00:01Z <<<'fa-a failed timeout 2026-09-20T11:15:00Z'
  fetched 2026-09-21T09:00:01Z <<<'ke-a hashed 07 8181818142424242'
  fetched 2026-09-22T10:00:01Z <<<'rl-a stored 11 5a5a3c3c5a5a3c3c
rl-b stored 12 00ff00ff00ff00ff
rl-e stored 12 00ff00ff00ff00ff
rl-c stored 13 123456789abcdef0
rl-f stored 14 123456789abcde0f
tw-a stored 15 fedcba9876543210
ot-a stored 16 e1e1d2d2c3c3b4b4
ot-b stored 17 1010efef1010efef
ot-c stored 18 0ff00ff0f00ff00f
ne-a stored 19 caca3535ac5353ca
ne-d stored 1a caca3535ac5353c5
ne-b stored 1b 7e7e81817e7e8181
ne-e stored 1c 7e7e81817e7e817e
ne-c stored 1d 6b6b94946b949494 600x800
ne-f stored 1e 6b6b94946b949494 800x600
ma-x stored 1f 3ce7183ce7183ce7'
  load
  phase 1
}

second_load() {
  # the same addresses, seen again
  shown 2026-09-21T08:00:01Z <<<$'401 401 un-a,un-b,un-c\n1601 1601 se-a\n1602 1602 se-b'
  star 71 120 | fetched 2026-09-20T12:00:01Z
  load
  phase 2
}

third_load() {
  shown 2026-09-22T08:00:59Z <<<$'401 401 un-a,un-b,un-c\n5300 5300 st-z'
  # the photo of 1602 shows another picture now
  fetched 2026-09-22T09:00:01Z <<<$'se-b stored 0b 9988776655443322\nst-z stored 7f 9669969669699668'
  load
  phase 3
}

fourth_load() {
  # an old dump, with another address, loaded late
  fetched 2026-09-23T09:00:59Z <<<$'un-a gone not-found\nun-b unfit not-an-image\nun-c failed expired'
  shown 2026-09-19T08:00:33Z <<<'401 401 un-a,un-b,un-c'
  load
  phase 4
}

# of NAME [SETTING]...: what is due of the photos NAME-*
of() {
  due "${@:2}" | sed -n "s/^$1-//p"
}

# --- what is due --------------------------------------------------------------

@test "a photo is due once, however many listings and sites show it; main ones first" {
  as_of 1
  same $'d 1 0\na 2 0\nc 1 0\nb 2 0' "$(of on)"
}

@test "watched sellers' photos come before all others" {
  as_of 1
  # of these two sellers the second one's number lies below 0.2, the first's not
  same $'a 1 0\nc 1 0\nb 2 0\nd 2 0' "$(VPIPE_SAMPLE_FRAC=0 of wa)"
  same $'c 1 0\nd 2 0\na 1 0\nb 2 0' "$(VPIPE_SAMPLE_FRAC=0.2 of wa)"
  same $'a 1 0\nc 1 0\nb 2 0\nd 2 0' "$(VPIPE_SAMPLE_FRAC=1 of wa)"
}

@test "what was got is not due; what failed is, when its time has come" {
  as_of 1
  same 'c 3 0' "$(NOW=2026-09-20T09:14:59Z of go)"
  same $'b 2 1\nc 3 0' "$(NOW=2026-09-20T09:15:00Z of go)"
}

@test "what is gone, unfit or expired is due when a newer address is known, and not before" {
  as_of 1
  same '' "$(of un)"
  as_of 2
  same '' "$(of un)"
  as_of 3
  same $'a 1 0\nb 2 0\nc 3 1' "$(of un)"
  as_of 4
  same '' "$(of un)"
}

@test "a failure that came before the picture was got, or after, asks for nothing" {
  as_of 1
  same '' "$(of fa)"
  same 1 "$(sql "select count(*) from serving.image_use where photo_key = 'fa-a'")"
}

@test "--refresh asks again, conditionally; another size is another question" {
  as_of 1
  images --dry-run --refresh >"$tmp/due"
  same '"e" 0202 3 webp' "$(jq -r 'select(.photo_key == "re-a") | "\(.etag) \(.sha256[0:4]) \(.bytes) \(.ext)"' "$tmp/due")"
  VPIPE_IMAGE_SIZE=full images --dry-run >"$tmp/due"
  same 'https://images1.vinted.net/tc/re-a/01.webp?s=f full null' \
    "$(jq -r 'select(.photo_key == "re-a") | "\(.url) \(.size) \(.etag)"' "$tmp/due")"
  VPIPE_IMAGE_SIZE=thumb70x100 images --dry-run >"$tmp/due"
  same 'https://images1.vinted.net/t/re-a/70x100/01.webp?s=t' \
    "$(jq -r 'select(.photo_key == "re-a") | .url' "$tmp/due")"
  VPIPE_IMAGE_SIZE=thumb9x9 run -0 --separate-stderr images --dry-run
  [ -z "$output" ]
}

@test "what was only hashed is due when bytes are to be kept, not else" {
  as_of 1
  same '' "$(VPIPE_IMAGE_KEEP=hash of ha)"
  same 'a 1 0' "$(of ha)"
}

@test "an address of another host than the source's is never asked for" {
  as_of 1
  same 'b 1 0' "$(of ho)"
}

# agree [SETTING]...: what is due by looking at what was touched is what is due by
# looking at all
agree() {
  psql -X -q -d postgres -c "create database all_photos template $PGDATABASE strategy file_copy"
  PGDATABASE=all_photos sql "update ops.setting set value = '' where name like 'photos %'"
  PGDATABASE=all_photos due "$@" >"$tmp/want"
  psql -X -q -d postgres -c 'drop database all_photos'
  due "$@" | diff "$tmp/want" -
}

# touched: the photos that the next one looks at
touched() {
  sql "select string_agg(distinct photo_key, ' ' order by photo_key) from ops.touched_photo"
}

# bats test_tags=long,soak
@test "photos that loads touch are looked at, not those that are done; the same are due as by looking at all" {
  fresh
  export NOW=2026-09-20T10:00:00Z
  shown 2026-09-20T08:00:01Z <<<$'11 1 a-1,a-2\n12 2 b-1\n13 3 c-1'
  load
  same '' "$(touched)"		# nobody asks for photos yet
  agree
  fetched 2026-09-20T09:00:01Z <<<'a-1 stored 01 c3a59966f00f3c5a
a-2 failed timeout 2026-09-20T12:00:00Z
b-1 gone not-found
c-1 hashed 02 a1b2c3d4e5f60718'
  load
  agree
  same 'a-2 c-1' "$(touched)"	# c-1 has no bytes yet
  VPIPE_IMAGE_KEEP=hash agree
  same 'a-2' "$(touched)"
  agree
  NOW=2026-09-20T12:00:00Z agree
  # seen again: the first has a newer address, but that was got
  shown 2026-09-21T08:00:02Z <<<$'11 1 a-1\n12 2 b-1'
  load
  same 'a-1 a-2 b-1 c-1' "$(touched)"
  agree
  same 'a-2 b-1 c-1' "$(touched)"
  same $'b-1 1 0\nc-1 1 0' "$(due)"
  # an old dump of another listing with the same photo, and of a new one
  shown 2026-09-19T08:00:03Z <<<$'14 4 a-2,d-1\n15 5 e-1'
  load
  agree
  VPIPE_IMAGE_SIZE=full agree
  agree --refresh
  VPIPE_SAMPLE_FRAC=0.5 agree
  agree
  same 'a-2 b-1 c-1 d-1 e-1' "$(touched)"
  run -0 "$ROOT/scripts/rebuild"
  same '' "$(touched)"
  agree
  same 'a-2 b-1 c-1 d-1 e-1' "$(touched)"
}

@test "a photo that is touched while the due ones are chosen is looked at again" {
  fresh
  shown 2026-09-20T08:00:01Z <<<'11 1 a-1'
  fetched 2026-09-20T09:00:01Z <<<'a-1 stored 01 c3a59966f00f3c5a'
  load
  due
  sql "insert into ops.touched_photo values ('vinted', 'a-1', '11')"
  mkfifo "$tmp/other"
  psql -X -q <"$tmp/other" 3>&- &
  exec 5>"$tmp/other"
  echo 'begin; update ops.touched_photo set times = times + 1;' >&5
  until_true 30 sees "select from pg_stat_activity where state = 'idle in transaction'
    and query like '%update ops.touched_photo%'"
  due 3>&- 5>&- &
  until_true 30 sees "select from pg_stat_activity where wait_event_type = 'Lock'
    and query like '%delete from ops.touched_photo%'"
  echo 'commit;' >&5
  exec 5>&-
  wait
  same a-1 "$(touched)"
  due
  same '' "$(touched)"
}

# sees QUERY: has it rows?
sees() {
  [ "$(sql "select exists ($1)")" = t ]
}

# bats test_tags=long
@test "photos whose address cannot be asked have a record, and are due no more: older ones get their turn" {
  fresh
  shown 2026-09-20T08:00:01Z <<<'11 1 old'
  shown 2026-09-21T08:00:02Z <<<$'12 1 space\n13 1 port\n14 1 user\n15 1 long\n16 1 bare\n17 1 tab\n18 1 empty\n19 1 plain'
  zstd -dcq "$VPIPE_RAW"/vinted/catalog/*/*/*.zst | jq -c --arg long "$(printf '%010000d' 0)" '
    def at($u): .url = $u | .full_size_url = $u | .thumbnails = [];
    if .kind == "search" then .body.items[].photos[0] |= (.high_resolution.id as $k | "https://images1.vinted.net" as $h
      | if $k == "space" then at("\($h)/a b.jpg") elif $k == "port" then at("\($h):8080/x") elif $k == "user" then at("\($h):443@evil.example/x")
        elif $k == "long" then at("\($h)/\($long)") elif $k == "bare" then at("/t/x.jpg") elif $k == "tab" then at("\($h)/t\ta\nb")
        elif $k == "empty" then at("") elif $k == "plain" then at($h[6:] + "/p") else at("\($h):443/old") end) else . end' >"$tmp/raw"
  rm -r "$VPIPE_RAW"
  run -0 load "$tmp/raw"
  same $'long 1 0\nplain 1 0\nport 1 0\nspace 1 0\ntab 1 0\nuser 1 0\nold 1 0' "$(due)"
  # nobody listens there: what is asked fails for now, what is not is unfit
  export VPIPE_BASE_URL=http://127.0.0.1:1 VPIPE_ROBOTS=permitted VPIPE_IMAGE_BUDGET=4 VPIPE_NOW=2026-09-30T00:00:00Z
  run -0 images
  run -0 images
  same 'long|unfit|too-long|10027
port|unfit|bad-address|33
user|unfit|bad-address|45' "$(sql "select photo_key, outcome, reason, length(url) from staging.vinted_photo_fetch where outcome = 'unfit' order by 1")"
  same 'old 1 1
plain 1 1
space 1 1
tab 1 1' "$(NOW=2026-10-09T00:00:00Z due --budget 9 | sort)"
  # seen again at the same address they stay so
  sed 's/2026-09-21T08/2026-10-01T08/g; s/20260921T08/20261001T08/g' "$tmp/raw" >"$tmp/later"
  export VPIPE_NOW=2026-10-09T00:00:00Z
  run -0 load "$tmp/later"
  same 'old 1 1
plain 1 1
space 1 1
tab 1 1' "$(NOW=2026-10-09T00:00:00Z due --budget 9 | sort)"
}

@test "records of before, without the members of today, are loaded beside those that have them; smaller copies are kept" {
  fresh
  run -0 load "$raw/good-images.ndjson"
  jq -c 'if .kind == "image" and .body.sha256 then .body.lenient = "padding" | .body.encoding = "gzip"
    | .run = "20260921T120000Z-image-0000000000000001" | .fetched_at = "2026-09-21T12:00:00.000Z" else empty end' \
    "$raw/good-images.ndjson" >"$tmp/newer"
  same '|' "$(sql 'select distinct i.lenient, f.encoding from staging.vinted_image i, staging.vinted_photo_fetch f')"
  run -0 load "$tmp/newer"
  same 'padding|gzip' "$(sql 'select distinct i.lenient, f.encoding from staging.vinted_image i join staging.vinted_photo_fetch f using (sha256)')"
  # of the smaller copies, which are rows of their own, a later run without any
  # forgets none
  same '1111|150|113|3120|thumb/150/11/11' "$(sql 'select left(image_sha256, 4), edge, width, bytes, left(path, 15) from staging.vinted_image_copy')"
}

@test "the budget is kept, and what is asked wrongly is 64 or 78" {
  as_of 1
  same "$(due | head -n 2)" "$(due --budget 2)"
  same "$(due | head -n 1)" "$(VPIPE_IMAGE_BUDGET=1 due)"
  fails 64 "--budget takes a number, not 'many'" images --budget many
  VPIPE_IMAGE_KEEP=no fails 78 "VPIPE_IMAGE_KEEP takes yes or hash, not 'no'" images
  VPIPE_IMAGE_SIZE="x'" fails 78 "VPIPE_IMAGE_SIZE takes list, full" images
  VPIPE_IMAGES_MOUNT=yes fails 78 'is not mounted, and VPIPE_IMAGES_MOUNT says it must be' images
}

# --- what is loaded -----------------------------------------------------------

@test "one row a picture and one a use of it, with the seller's key and no more of her" {
  as_of 1
  same '0404|0f1e2d3c4b5a6978|600|800|3|t
0505||600|800|3|f' "$(sql "select left(sha256, 4), lpad(to_hex(phash), 16, '0'), width, height, bytes, path is not null
    from serving.image where sha256 ~ '^0[45]' order by 1")"
  same '1201|us-a|1|04
1201|us-b|2|04
1202|us-c|1|05' "$(sql "select item_id, photo_key, position, left(sha256, 2) from serving.image_use
    where photo_key like 'us-%' order by 2")"
  same 1 "$(sql "select count(distinct seller_key) from serving.image_use
    where photo_key like 'us-%' and length(seller_key) = 64")"
  for view in image image_use image_label image_repeat image_near image_hash; do
    printf 'select * from serving.%s;\n' "$view"
  done | psql -X -q -A -t >"$tmp/views"
  [ -s "$tmp/views" ]
  run -1 grep 300000001 "$tmp/views"
  same "upsert|$(parts | wc -l)
mart|$(parts | wc -l)
events|$(parts | wc -l)" "$(PGDATABASE=phase_4 sql 'select step, count(*) from ops.load group by step order by step desc')"
  same 't|end' "$(sql "select distinct complete, stop from ops.run where flow = 'image'")"
}

@test "labels of a picture's listings, with the share of them that say so" {
  as_of 1
  same 'brand|Nordhavn|1.000
category|1904|1.000
price|5-10 EUR|1.000
size|letter:L|1.000' "$(sql "select name, value, score from serving.image_label
    where label_source = 'catalog' and sha256 like '0606%' order by 1")"
}

@test "a picture that was kept stays kept when it is later only hashed" {
  as_of 1
  same '1|t|2026-09-20 09:00:01+00' "$(sql "select count(*), bool_and(path is not null), min(first_seen)
    from serving.image where sha256 like '0707%'")"
}

# served PATTERN: of pictures, how many are served, how many pairs are near, and
# which are known and shown by nobody
served() {
  sql "select (select string_agg(left(sha256, 4), ' ' order by sha256) from serving.image where sha256 ~ '$1'),
    (select count(*) from serving.image_hash where sha256 ~ '$1'),
    (select count(*) from serving.image_near where sha256 ~ '$1'),
    (select string_agg(left(sha256, 4), ' ' order by sha256) from serving.image_unused where sha256 ~ '$1')"
}

@test "a picture is served when a photo that we know shows it, whichever came first, and no longer than that" {
  as_of 1
  same '|0|0|0808 0909' "$(served '^0[89b]')"
  as_of 2
  same '0808 0909|2|1|' "$(served '^0[89b]')"
  as_of 3
  same '0808 0b0b|2|0|0909' "$(served '^0[89b]')"
}

# bats test_tags=long
@test "pictures that only a forgotten seller's listings showed are served no more" {
  fresh
  shown 2026-09-20T08:00:01Z <<<$'11 300000001 a,b\n12 2 c\n13 2 b'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b stored b2 00ff00ff00ff00ff
c stored c3 c3a59966f00f3c5b'
  run -0 load
  same '3|1' "$(sql 'select (select count(*) from serving.image), (select count(*) from serving.image_near)')"
  sql "select json_build_object('source', 'vinted', 'seller_key', min(seller_key), 'at', '2026-09-21T00:00:00Z')
    from serving.image_use where item_id = '11'" >"$VPIPE_DATA/forgotten.ndjson"
  run -0 "$ROOT/scripts/rebuild"
  same $'b2b2\nc3c3' "$(sql 'select left(sha256, 4) from serving.image order by 1')"
  same $'b2b2\nc3c3' "$(sql 'select left(sha256, 4) from serving.image_hash order by 1')"
  same '0|a1a1' "$(sql 'select (select count(*) from serving.image_near), (select left(sha256, 4) from serving.image_unused)')"
  # nor when more is loaded, and nothing asks for them
  shown 2026-09-22T08:00:01Z <<<'11 300000001 a,b'
  run -0 load
  same 2 "$(sql 'select count(*) from serving.image')"
  same '' "$(due)"
}

# --- near pictures ------------------------------------------------------------

@test "near_images finds what comparing with all finds, at every distance" {
  fresh
  sql "select setseed(0.5)" >/dev/null
  sql "insert into serving.image_hash
    with base as (select n, ('x' || left(md5(n::text), 16))::bit(64)::bigint as h from generate_series(1, 40) as n)
    select md5(n || ':' || m) || md5(m || ':' || n), h # (select coalesce(bit_or(1::bigint << (get_byte(decode(md5(n || '.' || m || '.' || k), 'hex'), 0) % 64)), 0)
        from generate_series(1, m % 15) as k), 6, 8
    from base, generate_series(0, 60) as m"
  # from some of them to all
  sql "create table asked as select * from serving.image_hash where sha256 < '$(size 1 g)'"
  sql "create table found as
    select d, q.sha256, n.sha256 as near_sha256, n.distance
    from asked q, unnest('{0,1,2,3,5,6,7,8,9,11}'::int[]) d
        cross join lateral serving.near_images(q.phash, d) n"
  sql "create table compared as
    select d, q.sha256, h.sha256 as near_sha256, bit_count((q.phash # h.phash)::bit(64)) as distance
    from asked q, unnest('{0,1,2,3,5,6,7,8,9,11}'::int[]) d, serving.image_hash h
    where bit_count((q.phash # h.phash)::bit(64)) <= d"
  same '0|10' "$(sql "select (select count(*) from (
      (table found except table compared) union all (table compared except table found)) as s),
    (select count(distinct d) from found)")"
  [ "$(sql 'select count(*) from serving.image_hash q cross join lateral serving.near_images(q.phash, 8) n')" -gt 20000 ]
  run -1 --separate-stderr sql 'select * from serving.near_images(1, 12)'
  [[ $stderr == *'the distance is 12 and the index is for 11 at most'* ]]
}

@test "pairs are those of the distance in force; another one makes them anew" {
  fresh
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b\n13 3 c'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 0000000000000000
b stored b2 000000000000000f
c stored c3 000000000000ffff'
  run -0 load
  same '4' "$(sql 'select distance from serving.image_near')"
  sql "create or replace function ops.near_distance() returns int language sql immutable as 'select 11'"
  shown 2026-09-20T10:00:01Z <<<'14 1 d'
  run -0 load
  same $'4' "$(sql 'select distance from serving.image_near order by 1')"
  sql "create or replace function ops.near_distance() returns int language sql immutable as 'select 3'"
  shown 2026-09-20T11:00:01Z <<<'15 1 e'
  run -0 load
  same '' "$(sql 'select distance from serving.image_near')"
}

@test "a hash that more than a hundred pictures have joins them as a star, however they came" {
  counts="(select count(*) from serving.image_hash where sha256 >= '8'), count(*)"
  as_of 1
  same '70|2415' "$(sql "select $counts from serving.image_near where sha256 >= '8'")"
  as_of 2
  same '120|119|1|8080' "$(sql "select $counts, count(distinct sha256), left(min(sha256), 4)
    from serving.image_near where sha256 >= '8'")"
  # and is stock all the same: of 120 sellers
  same '119|1|120' "$(sql "select count(*), count(distinct of_item_id), min(sellers) from serving.image_repeat where what = 'stock' and item_id like '5___'")"
  # what is near to it is near to the first only
  as_of 3
  same 120 "$(sql "select count(*) from serving.image_near where sha256 >= '7'")"
}

# --- repeats ------------------------------------------------------------------

# repeats_of PATTERN: of items like that
repeats_of() {
  repeats | grep "^$1 " || :
}

@test "a relisting: the same seller, the older one seen last before the newer one first" {
  as_of 1
  same '2111 relist photo_key 0 2101
2112 relist sha256 0 2102
2113 relist near 8 2103' "$(repeats_of '21..')"
}

@test "two listings of one seller at one time are no relisting" {
  as_of 1
  same '' "$(repeats_of '22..')"
  same 2 "$(sql "select count(*) from serving.image_use where photo_key = 'tw-a'")"
}

@test "another seller: on another site a cross-post, on the same a copy; three make stock" {
  as_of 1
  same '2311 cross-post photo_key 0 2301
2312 copy photo_key 0 2302
2313 stock photo_key 0 2303
2314 stock photo_key 0 2303' "$(repeats_of '23..')"
}

@test "near is not enough between strangers, nor where the sides have other proportions" {
  as_of 1
  same '2411 copy near 4 2401' "$(repeats_of '24..')"
  same 3 "$(sql "select count(*) from serving.image_near where sha256 ~ '^1[9a-e]'")"
}

@test "what is not the main photo of both calls nothing a repeat" {
  as_of 1
  same '' "$(repeats_of '25..')"
  same 3 "$(sql "select count(*) from serving.image_use where photo_key = 'ma-x'")"
}

# --- of all of it -------------------------------------------------------------

# bats test_tags=long
@test "the replay law: any order, twice, and a rebuild give the same rows" {
  as_of 4
  "$ROOT/scripts/db" digest >"$tmp/want"
  [ "$(sql 'select count(*) > 120 from serving.image_near')" = t ]
  for seed in $(size 1 '1 2 3'); do
    same "$(cat "$tmp/want")" "$(marts=yes replayed "seed_$seed" in_batches "$seed" "$(size 6 1)")"
  done
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  "$ROOT/scripts/db" digest | diff "$tmp/want" -
  # the function went with its schema, and works
  same 2 "$(sql "select count(*) from serving.near_images(x'caca3535ac5353ca'::bit(64)::bigint, 8)")"
}
