# scripts/label: what is said of pictures, from anywhere to serving, and the page to say it on
load helper
load pictures

setup_file() {
  pg_start
  pg_migrated
  shop
}

# shop: three listings with pictures, which the tests of the page read
shop() {
  local n

  export PGDATABASE=shop VPIPE_DATA=$BATS_FILE_TMPDIR/shop
  psql -X -q -d postgres -c 'create database shop template vpipe strategy file_copy'
  for n in 1 2 3; do
    picture "$n"
    listed "990000001$n" "20000000$n" "Dress $n </script><b>" "$sha"
  done
  pictures_loaded
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

a=ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb	# of "a"
b=3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d	# of "b"

label() {
  "$ROOT/scripts/label" "$@"
}

# line SHA VALUE [MEMBERS]: a label, its value as JSON
line() {
  printf '{"sha256":"%s","source":"human","name":"category","value":%s%s}\n' \
    "$1" "$2" "${3:+,$3}"
}

# said: the labels in serving, but for the catalogs'
said() {
  sql "select left(sha256, 4), label_source, name, value, score
    from serving.image_label
    where label_source <> 'catalog'
    order by 1, 2, 3"
}

parts() {
  find "$VPIPE_DATA/raw/label" -name '*.manifest.json' 2>/dev/null | wc -l
}

# --- load ---------------------------------------------------------------------

@test "labels of a human and of a model are published, loaded, and stand in serving" {
  { line "$a" '"dress"'
    printf '{"sha256":"%s","source":"model:made-up/1","name":"colour","value":"gr\\u00fcn","score":0.93}\n' "$b"
  } >"$tmp/labels"
  run -0 --separate-stderr label load "$tmp/labels"
  same "$(printf '%s\n' '3e23|model:made-up/1|colour|grün|0.93' 'ca97|human|category|dress|')" "$(said)"
  [ "$(parts)" -eq 1 ]
  [[ ${lines[1]} =~ ^1\ +human\ +category\ +dress$ ]]
  run -0 vraw check
}

@test "the same file twice is the same run: nothing is published, nothing changes" {
  line "$a" '"dress"' >"$tmp/labels"
  label load "$tmp/labels"
  before=$("$ROOT/scripts/db" digest staging serving)
  run -0 --separate-stderr label load "$tmp/labels"
  [[ $stderr == *" 0 published + 2 known "* ]]
  [ "$(parts)" -eq 1 ]
  same "$before" "$("$ROOT/scripts/db" digest staging serving)"
}

# bats test_tags=long
@test "a value that is null takes back what the same source said, and nothing else; retain deletes none, and a lost database has them again" {
  { line "$a" '"dress"'; line "$b" '"skirt"'
    printf '{"sha256":"%s","source":"model:m","name":"category","value":"x"}\n' "$a"
  } >"$tmp/first"
  line "$a" null >"$tmp/second"
  # from standard input, without a last newline
  head -c -1 "$tmp/first" | label load --at 2020-01-01T00:00:00Z -
  [[ $(said) == *'ca97|model:m|category|x|'* ]]
  label load --at 2020-01-02T00:00:00Z "$tmp/second"
  same "$(printf '%s\n' '3e23|human|category|skirt|' 'ca97|model:m|category|x|')" "$(said)"
  run -0 --separate-stderr "$ROOT/scripts/retain" 1
  [ -z "$output" ]
  [ "$(parts)" -eq 2 ]
  before=$("$ROOT/scripts/db" digest staging serving)
  psql -X -q -d postgres -c "drop database $PGDATABASE" \
    -c "create database $PGDATABASE template vpipe strategy file_copy"
  run -0 "$ROOT/scripts/load"
  same "$before" "$("$ROOT/scripts/db" digest staging serving)"
}

@test "the later label wins, by its own time, in whatever order they are loaded" {
  # and when one file has both, the line that comes last of the same time
  { line "$a" '"new"' '"at":"2026-11-10T11:00:00+01:00"'; line "$b" '"one"'; line "$b" '"two"'; } >"$tmp/new"
  line "$a" '"old"' '"at":"2026-11-10T09:59:59Z"' >"$tmp/old"
  label load "$tmp/new"
  label load "$tmp/old"
  same $'3e23|human|category|two|\nca97|human|category|new|' "$(said)"
}

@test "a line that is no label is said with its number and put aside; the others are loaded" {
  # a leap second is a time; what is none stays none, whatever stands before it
  { line "$a" '"dress"' '"at":"2016-12-31T23:59:60Z"'
    printf '\n  \r\n'
    echo 'nope'
    echo '[1]'
    line "${a%?}" '"x"'
    printf '{"sha256":"%s","source":"catalog","name":"category","value":"x"}\n' "$a"
    printf '{"sha256":"%s","source":"human","value":"x"}\n' "$a"
    printf '{"sha256":"%s","source":"human","name":"category"}\n' "$a"
    line "$a" 7
    line "$a" '"a\u0000b"'
    line "$a" '"a\ud800b"'
    line "$a" '"x"' '"score":"high"'
    line "$a" '"x"' '"at":"noon"'
    line "$a" '"x"' '"at":"2999-01-01T00:00:00Z"'
    printf '{"sha256":"%s","source":"human","name":"category","value":"\xff"}\n' "$a"
    printf 'a\0b\n'
    head -c 70000 /dev/zero | tr '\0' ' '; echo x
    line "$b" '"bag"' '"at":"0000-01-01T00:00:00Z"'
    line "$b" '"bag"'
  } >"$tmp/labels"
  run -65 --separate-stderr label load --rejects "$tmp/rejects" "$tmp/labels"
  same "label: $tmp/labels:4: is not JSON
label: $tmp/labels:5: is no JSON object
label: $tmp/labels:6: 'sha256' is not 64 digits of lower-case hex
label: $tmp/labels:7: 'source' is neither human nor model:NAME
label: $tmp/labels:8: 'name' is no text of 1 to 200 characters
label: $tmp/labels:9: 'value' is missing (null takes a label back)
label: $tmp/labels:10: 'value' is neither null nor a text of 1 to 200 characters
label: $tmp/labels:11: 'value' is neither null nor a text of 1 to 200 characters
label: $tmp/labels:12: it holds half a surrogate pair
label: $tmp/labels:13: 'score' is no number
label: $tmp/labels:14: 'observed_at' is not a time
label: $tmp/labels:15: 'at' is in the future
label: $tmp/labels:16: is not JSON
label: $tmp/labels:17: is not JSON
label: $tmp/labels:18: is longer than 65536 bytes
label: $tmp/labels:19: 'at' is before 1970
label: $tmp/labels: lines that are no labels: 16; they stand in '$tmp/rejects', the longest cut" \
    "$(printf '%s\n' "$stderr" | grep '^label:')"
  same "$(printf '%s\n' '3e23|human|category|bag|' 'ca97|human|category|dress|')" "$(said)"
  sed -n 4,17p "$tmp/labels" >"$tmp/bad"
  head -n 14 "$tmp/rejects" | cmp - "$tmp/bad"
  [ "$(wc -l <"$tmp/rejects")" -eq 16 ]
}

@test "without --rejects bad lines go to the data folder; all of them bad publishes nothing" {
  echo nope >"$tmp/labels"
  run -65 --separate-stderr label load "$tmp/labels"
  [ "$(cat "$VPIPE_DATA"/rejects/label-*.ndjson)" = nope ]
  [ "$(parts)" -eq 0 ]
}

@test "an empty file is no error, and publishes nothing" {
  : >"$tmp/labels"
  run -0 --separate-stderr label load "$tmp/labels"
  [ -z "$output$stderr" ]
  [ "$(parts)" -eq 0 ]
}

@test "what a killed load left unpublished is published by the next" {
  line "$a" '"dress"' >"$tmp/labels"
  mkdir -p "$VPIPE_DATA/outbox/label.killed01" "$VPIPE_DATA/outbox/label.killed02"
  vwrap -q --source label --kind label --site label --flow label \
    --at 2026-11-01T00:00:00Z --lines "$tmp/labels" \
    >"$VPIPE_DATA/outbox/label.killed01/run"
  echo '{"cut' >"$VPIPE_DATA/outbox/label.killed02/run.new"
  : >"$tmp/none"
  run -0 --separate-stderr label load "$tmp/none"
  same "ca97|human|category|dress|" "$(said)"
  [ -z "$(ls "$VPIPE_DATA/outbox")" ]
}

@test "what it cannot do is said in one sentence" {
  fails 74 "cannot read 'nowhere'" label load nowhere
  fails 74 "cannot read '$tmp'" label load "$tmp"
  fails 64 "--at does not take 'noonish'" label load --at noonish "$tmp/x"
  run -64 --separate-stderr label load
  run -64 --separate-stderr label
  run -64 --separate-stderr label unload x
  line "$a" '"dress"' >"$tmp/labels"
  mkdir -p "$VPIPE_DATA/lock"
  exec 5>"$VPIPE_DATA/lock/label"
  flock 5
  fails 75 "another 'label' is running" label load "$tmp/labels"
}

@test "a full disk below the rejects or standard output is 74; what was published stays" {
  echo nope >"$tmp/labels"
  run -74 --separate-stderr label load --rejects /dev/full "$tmp/labels"
  [[ $stderr == *"cannot write '/dev/full'"* ]]
  line "$a" '"dress"' >"$tmp/labels"
  run -74 bash -c '"$1/scripts/label" load "$2" >/dev/full' - "$ROOT" "$tmp/labels"
  same "ca97|human|category|dress|" "$(said)"
}

# --- sheet --------------------------------------------------------------------

# wardrobe: the listings of setup_file; $sha is the last one's picture
wardrobe() {
  cp -r "$BATS_FILE_TMPDIR/shop" "$VPIPE_DATA"
  psql -X -q -d postgres -c "drop database $PGDATABASE" \
    -c "create database $PGDATABASE template shop strategy file_copy"
  sha=$(printf 'picture 3' | sha256sum)
  sha=${sha%% *}
}

# embedded: the data of the page in $tmp/out
embedded() {
  sed -n '/id="data"/,/<\/script>/p' "$tmp/out/index.html" | sed '1d;$d'
}

@test "sheet: a page with a picture each beside it, and what is known of them" {
  wardrobe
  run -0 --separate-stderr label sheet --values dress,bag "$tmp/out"
  same '["dress","bag"]' "$(embedded | jq -c .values)"
  same 3 "$(embedded | jq '.pictures | length')"
  embedded | jq -r '.pictures[] | "\(.sha256)  \(.file)"' >"$tmp/sums"
  (cd "$tmp/out/pictures" && sha256sum --quiet -c "$tmp/sums")
  same '["Dress 2 </script><b>","29.87","GBP","4"]' \
    "$(embedded | jq -c '.pictures[] | select(.title | startswith("Dress 2")) | [.title, .price, .currency, .labels[0].value]')"
  # nothing of a seller, and no address but its own
  ! grep -Eq 'seller|20000000[123]|https?://' "$tmp/out/index.html"
}

@test "sheet: pictures that a human has labelled are left out, and shown when they are asked for" {
  wardrobe
  { line "$sha" '"dress"'; } >"$tmp/labels"
  label load "$tmp/labels"
  label sheet "$tmp/out"
  same 2 "$(embedded | jq '.pictures | length')"
  same dress "$(embedded | jq -r '.values[0]')"
  label sheet --where "sha256 = '$sha'" "$tmp/out"
  same '["human","dress"]' "$(embedded | jq -c '.pictures[0].labels[0] | [.source, .value]')"
  echo 'select sha256 from serving.image order by sha256 desc;' >"$tmp/q.sql"
  label sheet --query "$tmp/q.sql" --limit 2 "$tmp/out"
  same "$(sql 'select sha256 from serving.image order by sha256 desc limit 2')" \
    "$(embedded | jq -r '.pictures[].sha256')"
}

@test "sheet: a small copy is taken where there is one" {
  wardrobe
  for edge in 100 240 480; do
    mkdir -p "$VPIPE_DATA/images/thumb/$edge/${sha:0:2}/${sha:2:2}"
    echo "$edge" >"$VPIPE_DATA/images/thumb/$edge/${sha:0:2}/${sha:2:2}/$sha.jpg"
  done
  label sheet "$tmp/out"
  same 240 "$(cat "$tmp/out/pictures/$sha.jpg")"
}

@test "sheet: what --where and --query say is one statement that reads, and psql obeys none of it" {
  wardrobe
  for where in 'true; commit; delete from ops.contract' 'true
\! touch '"$tmp/obeyed" "true) as q; delete from ops.contract; select (1" 'false union select stream from ops.contract; drop table ops.contract'; do
    run -64 --separate-stderr label sheet --where "$where" "$tmp/out"
    [[ $stderr == "label: the query: "* ]]
    printf 'select sha256 from serving.image where %s\n' "$where" >"$tmp/query"
    run -64 --separate-stderr label sheet --query "$tmp/query" "$tmp/out"
  done
  [ ! -e "$tmp/obeyed" ]
  [ "$(sql 'select count(*) > 0 from ops.contract')" = t ]
  run -0 --separate-stderr label sheet --where "true -- all of them" "$tmp/out"
}

@test "sheet: a picture that is not in the store is said and left out" {
  wardrobe
  rm "$(kept "$sha")"
  run -0 --separate-stderr label sheet "$tmp/out"
  [[ $stderr == *"1 pictures are not in the store, and left out"* ]]
  same 2 "$(embedded | jq '.pictures | length')"
}

@test "sheet: what it cannot do is said in one sentence" {
  fails 65 "no picture is to be shown" label sheet "$tmp/out"
  fails 64 'the query: syntax error' label sheet --where 'and' "$tmp/out"
  fails 64 'the query: column q.sha256 does not exist' label sheet \
    --query <(echo 'select 1 as one') "$tmp/out"
  sql 'create function public.meddle() returns text language sql as
    $$delete from ops.run; select null$$'
  fails 64 'cannot execute DELETE in a read-only transaction' label sheet \
    --query <(echo 'select public.meddle() as sha256') "$tmp/out"
  fails 64 "'0' is no number of pictures" label sheet --limit 0 "$tmp/out"
  mkdir "$tmp/mine"
  echo mine >"$tmp/mine/index.html"
  fails 64 "'$tmp/mine' holds another page" label sheet "$tmp/mine"
  rm "$tmp/mine/index.html"
  echo mine >"$tmp/mine/file"
  fails 64 "'$tmp/mine' is not empty" label sheet "$tmp/mine"
  VPIPE_IMAGES_MOUNT=yes fails 78 "is not mounted" label sheet "$tmp/out"
}
