# scripts/images(1): what is due, what becomes of it, and what repeats what
load helper
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  export VPIPE_RAW=$VPIPE_DATA/raw VPIPE_SAMPLE_FRAC=0
}

images() {
  "$ROOT/scripts/images" "$@"
}

# --- what is due --------------------------------------------------------------

@test "a photo is due once, however many listings and sites show it; main ones first" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a,b\n12 1 c'
  shown 2026-09-20T08:00:02Z www.vinted.fr <<<'11 1 a,b'
  shown 2026-09-21T08:00:03Z <<<'13 2 d,a'
  run -0 load
  same $'d 1 0\na 2 0\nc 1 0\nb 2 0' "$(due)"
}

@test "watched sellers' photos come before all others" {
  # of these two sellers the second one's number lies below 0.2, the first's not
  shown 2026-09-20T08:00:01Z <<<$'11 1 a,b\n12 5 c,d'
  run -0 load
  same $'a 1 0\nc 1 0\nb 2 0\nd 2 0' "$(VPIPE_SAMPLE_FRAC=0 due)"
  same $'c 1 0\nd 2 0\na 1 0\nb 2 0' "$(VPIPE_SAMPLE_FRAC=0.2 due)"
  same $'a 1 0\nc 1 0\nb 2 0\nd 2 0' "$(VPIPE_SAMPLE_FRAC=1 due)"
}

@test "what was got is not due; what failed is, when its time has come" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a,b,c'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b failed server-error 2026-09-20T09:15:00Z'
  run -0 load
  same 'c 3 0' "$(NOW=2026-09-20T09:14:59Z due)"
  same $'b 2 1\nc 3 0' "$(NOW=2026-09-20T09:15:00Z due)"
}

@test "what is gone, unfit or expired is due when a newer address is known, and not before" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a,b,c'
  fetched 2026-09-20T09:00:01Z <<<$'a gone not-found\nb unfit not-an-image\nc failed expired'
  run -0 load
  same '' "$(due)"
  # the same addresses, seen again
  shown 2026-09-21T08:00:01Z <<<'11 1 a,b,c'
  run -0 load
  same '' "$(due)"
  shown 2026-09-22T08:00:59Z <<<'11 1 a,b,c'
  run -0 load
  same $'a 1 0\nb 2 0\nc 3 1' "$(due)"
  # an old dump, with another address, loaded late
  fetched 2026-09-23T09:00:59Z <<<$'a gone not-found\nb unfit not-an-image\nc failed expired'
  shown 2026-09-19T08:00:33Z <<<'11 1 a,b,c'
  run -0 load
  same '' "$(due)"
}

@test "a failure that came before the picture was got, or after, asks for nothing" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a'
  fetched 2026-09-20T09:00:01Z <<<'a failed timeout 2026-09-20T09:15:00Z'
  fetched 2026-09-20T10:00:01Z <<<'a stored a1 c3a59966f00f3c5a'
  fetched 2026-09-20T11:00:01Z <<<'a failed timeout 2026-09-20T11:15:00Z'
  run -0 load
  same '' "$(due)"
  same 1 "$(sql 'select count(*) from serving.image_use')"
}

@test "--refresh asks again, conditionally; another size is another question" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a'
  run -0 load
  images --dry-run --refresh >"$tmp/due"
  same '"e" a1a1 3 webp' "$(jq -r '"\(.etag) \(.sha256[0:4]) \(.bytes) \(.ext)"' "$tmp/due")"
  VPIPE_IMAGE_SIZE=full images --dry-run >"$tmp/due"
  same 'https://images1.vinted.net/tc/a/01.webp?s=f full null' "$(jq -r '"\(.url) \(.size) \(.etag)"' "$tmp/due")"
  VPIPE_IMAGE_SIZE=thumb70x100 images --dry-run >"$tmp/due"
  same 'https://images1.vinted.net/t/a/70x100/01.webp?s=t' "$(jq -r .url "$tmp/due")"
  VPIPE_IMAGE_SIZE=thumb9x9 run -0 --separate-stderr images --dry-run
  [ -z "$output" ]
}

@test "what was only hashed is due when bytes are to be kept, not else" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a'
  fetched 2026-09-20T09:00:01Z <<<'a hashed a1 c3a59966f00f3c5a'
  run -0 load
  same '' "$(VPIPE_IMAGE_KEEP=hash due)"
  same 'a 1 0' "$(due)"
}

@test "an address of another host than the source's is never asked for" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 1 b'
  zstd -dcq "$VPIPE_RAW"/vinted/catalog/*/*/*.zst |
    sed 's#https://images1.vinted.net/t/a/#https://images1.vinted.net.evil.example/t/a/#g' >"$tmp/raw"
  run -0 load "$tmp/raw"
  same 'b 1 0' "$(due)"
}

@test "photos whose address cannot be asked have a record, and are due no more: older ones get their turn" {
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
  export VPIPE_BASE_URL=http://127.0.0.1:1 VPIPE_ROBOTS=permitted VPIPE_IMAGE_BUDGET=3 VPIPE_NOW=2026-09-30T00:00:00Z
  run -0 images
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

@test "records of before, without the members of today, are loaded beside those that have them" {
  run -0 load "$raw/good-images.ndjson"
  jq -c 'if .kind == "image" and .body.sha256 then .body.lenient = "padding" | .body.encoding = "gzip"
    | .run = "20260921T120000Z-image-0000000000000001" | .fetched_at = "2026-09-21T12:00:00.000Z" else empty end' \
    "$raw/good-images.ndjson" >"$tmp/newer"
  same '|' "$(sql 'select distinct i.lenient, f.encoding from staging.vinted_image i, staging.vinted_photo_fetch f')"
  run -0 load "$tmp/newer"
  same 'padding|gzip' "$(sql 'select distinct i.lenient, f.encoding from staging.vinted_image i join staging.vinted_photo_fetch f using (sha256)')"
}

@test "the budget is kept, and what is asked wrongly is 64 or 78" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a,b,c'
  run -0 load
  same $'a 1 0\nb 2 0' "$(due --budget 2)"
  same 'a 1 0' "$(VPIPE_IMAGE_BUDGET=1 due)"
  fails 64 "--budget takes a number, not 'many'" images --budget many
  VPIPE_IMAGE_KEEP=no fails 78 'VPIPE_IMAGE_KEEP is neither yes nor hash' images
  VPIPE_IMAGE_SIZE="x'" fails 78 "VPIPE_IMAGE_SIZE 'x'' names no size" images
  VPIPE_IMAGES_MOUNT=yes fails 78 'is not mounted, and VPIPE_IMAGES_MOUNT says it must be' images
}

# --- what is loaded -----------------------------------------------------------

@test "one row a picture and one a use of it, with the seller's key and no more of her" {
  shown 2026-09-20T08:00:01Z <<<$'11 300000001 a,b\n12 300000001 c'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b known a1 c3a59966f00f3c5a
c hashed b2 -'
  run -0 load
  same 'a1a1|c3a59966f00f3c5a|600|800|3|t
b2b2||600|800|3|f' "$(sql "select left(sha256, 4), lpad(to_hex(phash), 16, '0'), width, height, bytes, path is not null
    from serving.image order by 1")"
  same '11|a|1|a1
11|b|2|a1
12|c|1|b2' "$(sql 'select item_id, photo_key, position, left(sha256, 2) from serving.image_use order by 2')"
  same 1 "$(sql 'select count(distinct seller_key) from serving.image_use where length(seller_key) = 64')"
  for view in image image_use image_label image_repeat image_near image_hash; do
    run -1 grep 300000001 <(sql "select * from serving.$view")
  done
  same 'upsert|2
mart|2
events|2' "$(sql 'select step, count(*) from ops.load group by step order by step desc')"
  same 't|end' "$(sql "select complete, stop from ops.run where flow = 'image'")"
}

@test "labels of a picture's listings, with the share of them that say so" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b'
  fetched 2026-09-20T09:00:01Z <<<$'a stored a1 c3a59966f00f3c5a\nb stored a1 c3a59966f00f3c5a'
  run -0 load
  same 'brand|Nordhavn|1.000
category|1904|1.000
price|5-10 EUR|1.000
size|letter:L|1.000' "$(sql "select name, value, score from serving.image_label where label_source = 'catalog' order by 1")"
}

@test "a picture that was kept stays kept when it is later only hashed" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a'
  fetched 2026-09-21T09:00:01Z <<<'a hashed a1 c3a59966f00f3c5a'
  run -0 load
  same '1|t|2026-09-20 09:00:01+00' "$(sql 'select count(*), bool_and(path is not null), min(first_seen) from serving.image')"
}

@test "the replay law: any order, twice, and a rebuild give the same rows" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a,b\n12 2 c\n13 1 d'
  fetched 2026-09-20T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b failed timeout 2026-09-20T09:15:00Z
c stored b2 c3a59966f00f3c5b'
  shown 2026-09-21T08:00:02Z <<<'14 1 e'
  fetched 2026-09-21T09:00:02Z <<<'b stored a1 c3a59966f00f3c5a
d stored d3 0f0f0f0f0f0f0f0f
e stored a1 c3a59966f00f3c5a
c known b2 c3a59966f00f3c5b'
  run -0 load
  "$ROOT/scripts/db" digest >"$tmp/want"
  grep -q '^serving.image_near|1|' "$tmp/want"
  for seed in 1 2 3; do
    export PGDATABASE=test_${BATS_TEST_NUMBER}_$seed
    psql -X -q -d postgres -c "create database $PGDATABASE template vpipe"
    for part in $(find "$VPIPE_RAW" -name '*.manifest.json' | shuf --random-source=<(yes $seed)); do
      run -0 load "$part"
    done
    "$ROOT/scripts/db" digest >"$tmp/have"
    diff "$tmp/want" "$tmp/have"
  done
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  "$ROOT/scripts/db" digest >"$tmp/have"
  diff "$tmp/want" "$tmp/have"
  # the function went with its schema, and works
  same 2 "$(sql "select count(*) from serving.near_images(x'c3a59966f00f3c5a'::bigint, 8)")"
}

# digest_is_that_of_a_rebuild: law 2, for what was loaded bit by bit
digest_is_that_of_a_rebuild() {
  "$ROOT/scripts/db" digest >"$tmp/bit-by-bit"
  run -0 "$ROOT/scripts/rebuild"
  "$ROOT/scripts/db" digest | diff "$tmp/bit-by-bit" -
}

@test "a picture is served when a photo that we know shows it, whichever came first, and no longer than that" {
  fetched 2026-09-20T09:00:01Z <<<$'a stored a1 c3a59966f00f3c5a\nb stored b2 c3a59966f00f3c5b'
  run -0 load
  same '0|0|2' "$(sql 'select (select count(*) from serving.image), (select count(*) from serving.image_hash), (select count(*) from serving.image_unused)')"
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b'
  run -0 load
  same '2|1|0' "$(sql 'select (select count(*) from serving.image), (select count(*) from serving.image_near), (select count(*) from serving.image_unused)')"
  # the photo shows another picture now
  fetched 2026-09-21T09:00:01Z <<<'b stored c3 0f0f0f0f0f0f0f0f'
  run -0 load
  same $'a1a1\nc3c3' "$(sql 'select left(sha256, 4) from serving.image order by 1')"
  same '2|0|b2b2' "$(sql 'select (select count(*) from serving.image_hash), (select count(*) from serving.image_near), (select left(sha256, 4) from serving.image_unused)')"
  digest_is_that_of_a_rebuild
}

@test "pictures that only a forgotten seller's listings showed are served no more" {
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

@test "smaller copies are rows of their own: a later run without any forgets none" {
  run -0 load "$raw/good-images.ndjson"
  same '1111|150|113|3120|thumb/150/11/11' "$(sql 'select left(image_sha256, 4), edge, width, bytes, left(path, 15) from staging.vinted_image_copy')"
}

# --- near pictures ------------------------------------------------------------

@test "near_images finds what comparing with all finds, at every distance" {
  sql "select setseed(0.5)" >/dev/null
  sql "insert into serving.image_hash
    with base as (select n, ('x' || left(md5(n::text), 16))::bit(64)::bigint as h from generate_series(1, 40) as n)
    select md5(n || ':' || m) || md5(m || ':' || n), h # (select coalesce(bit_or(1::bigint << (get_byte(decode(md5(n || '.' || m || '.' || k), 'hex'), 0) % 64)), 0)
        from generate_series(1, m % 15) as k), 6, 8
    from base, generate_series(0, 60) as m"
  # from some of them to all
  sql "create table asked as select * from serving.image_hash where sha256 < '$(size 1 g)'"
  for distance in 0 1 2 3 5 6 7 8 9 11; do
    same '0' "$(sql "select count(*) from (
      (select q.sha256, n.sha256, n.distance from asked q cross join lateral serving.near_images(q.phash, $distance) n
       except select q.sha256, h.sha256, bit_count((q.phash # h.phash)::bit(64)) from asked q, serving.image_hash h
        where bit_count((q.phash # h.phash)::bit(64)) <= $distance)
      union all
      (select q.sha256, h.sha256, bit_count((q.phash # h.phash)::bit(64)) from asked q, serving.image_hash h
        where bit_count((q.phash # h.phash)::bit(64)) <= $distance
       except select q.sha256, n.sha256, n.distance from asked q cross join lateral serving.near_images(q.phash, $distance) n)
      ) as s")"
  done
  [ "$(sql 'select count(*) from serving.image_hash q cross join lateral serving.near_images(q.phash, 8) n')" -gt 20000 ]
  run -1 --separate-stderr sql 'select * from serving.near_images(1, 12)'
  [[ $stderr == *'the distance is 12 and the index is for 11 at most'* ]]
}

@test "pairs are those of the distance in force; another one makes them anew" {
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
  for n in {100..219}; do
    printf '%d %d p%d\n' "$n" "$n" "$n"
  done >"$tmp/hits"
  shown 2026-09-20T08:00:01Z <"$tmp/hits"
  i=0
  while read -r item _ key; do
    printf '%s stored %02x c3a59966f00f3c5a\n' "$key" $((i++))
  done <"$tmp/hits" | shuf --random-source=<(yes) >"$tmp/got"
  head -n 70 "$tmp/got" | fetched 2026-09-20T09:00:01Z
  run -0 load
  same '70|2415' "$(sql 'select (select count(*) from serving.image_hash), (select count(*) from serving.image_near)')"
  tail -n +71 "$tmp/got" | fetched 2026-09-20T10:00:01Z
  run -0 load
  same '120|119|1|0000' "$(sql 'select (select count(*) from serving.image_hash), count(*), count(distinct sha256), left(min(sha256), 4) from serving.image_near')"
  # and is stock all the same: of 120 sellers
  same '119|1|120' "$(sql "select count(*), count(distinct of_item_id), min(sellers) from serving.image_repeat where what = 'stock'")"
  # what is near to it is near to the first only
  shown 2026-09-21T08:00:01Z <<<'300 300 z'
  fetched 2026-09-21T09:00:01Z <<<'z stored ff c3a59966f00f3c5b'
  run -0 load
  same '120' "$(sql 'select count(*) from serving.image_near')"
  digest_is_that_of_a_rebuild
}

# --- repeats ------------------------------------------------------------------

@test "a relisting: the same seller, the older one seen last before the newer one first" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b\n13 3 c\n19 9 x'
  shown 2026-09-22T08:00:01Z <<<$'21 1 a\n22 2 e\n23 3 f'
  fetched 2026-09-22T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b stored b2 00ff00ff00ff00ff
e stored b2 00ff00ff00ff00ff
c stored c3 123456789abcdef0
f stored d4 123456789abcde0f'
  run -0 load
  same '21 relist photo_key 0 11
22 relist sha256 0 12
23 relist near 8 13' "$(repeats)"
}

@test "two listings of one seller at one time are no relisting" {
  shown 2026-09-20T08:00:01Z <<<'11 1 a'
  shown 2026-09-21T08:00:01Z <<<$'11 1 a\n21 1 a'
  fetched 2026-09-22T09:00:01Z <<<'a stored a1 c3a59966f00f3c5a'
  run -0 load
  same '' "$(repeats)"
}

@test "another seller: on another site a cross-post, on the same a copy; three make stock" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b\n13 3 c'
  shown 2026-09-22T08:00:01Z www.vinted.fr <<<'21 4 a'
  shown 2026-09-22T09:00:01Z <<<$'22 5 b\n23 6 c\n24 7 c'
  fetched 2026-09-22T10:00:01Z <<<'a stored a1 c3a59966f00f3c5a
b stored b2 00ff00ff00ff00ff
c stored c3 123456789abcdef0'
  run -0 load
  same '21 cross-post photo_key 0 11
22 copy photo_key 0 12
23 stock photo_key 0 13
24 stock photo_key 0 13' "$(repeats)"
}

@test "near is not enough between strangers, nor where the sides have other proportions" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a\n12 2 b\n13 3 c'
  shown 2026-09-22T08:00:01Z <<<$'21 4 d\n22 5 e\n23 3 f'
  fetched 2026-09-22T10:00:01Z <<<'a stored a1 c3a59966f00f3c5a
d stored d4 c3a59966f00f3c55
b stored b2 00ff00ff00ff00ff
e stored e5 00ff00ff00ff0000
c stored c3 123456789abcdef0 600x800
f stored f6 123456789abcdef0 800x600'
  run -0 load
  same '21 copy near 4 11' "$(repeats)"
  same 3 "$(sql 'select count(*) from serving.image_near')"
}

@test "what is not the main photo of both calls nothing a repeat" {
  shown 2026-09-20T08:00:01Z <<<$'11 1 a,x\n12 2 b,x'
  shown 2026-09-22T08:00:01Z <<<'21 1 c,x'
  fetched 2026-09-22T10:00:01Z <<<'x stored a1 c3a59966f00f3c5a'
  run -0 load
  same '' "$(repeats)"
  same 3 "$(sql 'select count(*) from serving.image_use')"
}
