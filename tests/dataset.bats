# scripts/dataset: pictures as WebDataset shards, split by seller
load helper
load pictures

# Two sets that tests read: small, of 4 sellers with 5 pictures each, and many, of
# 60 with 2.
setup_file() {
  pg_start
  pg_migrated
  made small 4 5
  made many 60 2
}

teardown_file() {
  pg_stop
}

# made NAME SELLERS LISTINGS: in a database and a data folder of that name
made() {
  export PGDATABASE=$1 VPIPE_DATA=$BATS_FILE_TMPDIR/$1
  psql -X -q -d postgres -c "create database $1 template vpipe strategy file_copy"
  rm -f "$tmp/listed" "$tmp/made"/*
  wardrobes "$2" "$3"
  pictures_loaded
}

# reads NAME: the test looks at that set
reads() {
  export PGDATABASE=$1 VPIPE_DATA=$BATS_FILE_TMPDIR/$1
}

# owns NAME: a copy of it, to change
owns() {
  cp -r "$BATS_FILE_TMPDIR/$1" "$VPIPE_DATA"
  export PGDATABASE=test_$BATS_TEST_NUMBER
  psql -X -q -d postgres -c "create database $PGDATABASE template $1 strategy file_copy"
}

# picture_of SELLER N: sets $sha
picture_of() {
  sha=$(printf 'picture %s.%s' "$1" "$2" | sha256sum)
  sha=${sha%% *}
}

dataset() {
  "$ROOT/scripts/dataset" "$@"
}

# samples FOLDER: "PART SHA" of each picture in its shards
samples() {
  local shard

  for shard in "$1"/*/*.tar; do
    tar -tf "$shard" | grep -E '\.(jpg|png|webp)$' |
      sed "s|^|$(basename "$(dirname "$shard")") |; s|\..*||"
  done
}

# files FOLDER: all that it holds, hashed
files() {
  (cd "$1" && find . -type f | LC_ALL=C sort | xargs sha256sum)
}

@test "a sample is a picture, its JSON and its title, under one key, the hash of its bytes" {
  pg_fresh
  picture one
  listed 9900000011 200000001 $'Dress "one" \\ caf\u00e9' "$sha" 00000000ffffffff
  local one=$sha
  picture two png
  listed 9900000012 200000001 'Dress two' "$sha" ffffffff00000000 png
  pictures_loaded
  printf '{"sha256":"%s","source":"human","name":"category","value":"dress"}\n' "$one" |
    "$ROOT/scripts/label" load -
  run -0 --separate-stderr dataset --split 1,0,0 \
    'select sha256, 7 as extra, $$mine$$ as status from serving.image' "$tmp/d"
  mkdir "$tmp/x"
  tar -C "$tmp/x" -xf "$tmp/d/train/00000.tar"
  same "$(printf '%s\n' "$one".{jpg,json,txt} "$sha".{json,png,txt} | LC_ALL=C sort)" \
    "$(ls "$tmp/x")"
  same "$one" "$(sha256sum <"$tmp/x/$one.jpg" | cut -c -64)"
  same "$sha" "$(sha256sum <"$tmp/x/$sha.png" | cut -c -64)"
  same $'Dress "one" \\ caf\u00e9' "$(cat "$tmp/x/$one.txt")"
  same "[\"$one\",\"$one\",\"success\",null,\"jpeg\",600,800,\"train\",7,\"9900000011\",29.87]" \
    "$(jq -c '[.key, .sha256, .status, .error_message, .format, .width, .height, .split, .extra, .item_id, .price]' "$tmp/x/$one.json")"
  # the human before the catalog; nothing of the seller
  same '["dress","Fjellrev"]' "$(jq -c '[.label.category, .label.brand]' "$tmp/x/$one.json")"
  same '["human","catalog"]' "$(jq -c '[.labels[] | select(.name == "category") | .source]' "$tmp/x/$one.json")"
  same 4 "$(jq -r .label.category "$tmp/x/$sha.json")"
  ! grep -qE 'seller|200000001' "$tmp"/x/*.json
  # a sample's files stand one after another, the picture first
  same "$(tar -tf "$tmp/d/train/00000.tar" | sed 's/\..*//' | uniq | wc -l)" 2
  [[ $(tar -tf "$tmp/d/train/00000.tar" | head -n 1) =~ \.(jpg|png)$ ]]
}

@test "shards have so many samples, their index and counts beside, and the manifest vouches for all" {
  reads small
  run -0 --separate-stderr dataset --shard-size 8 --split 1 all "$tmp/d"
  same "$(printf '%s\n' 00000.ndjson 00000.tar 00000_stats.json 00001.ndjson 00001.tar 00001_stats.json 00002.ndjson 00002.tar 00002_stats.json)" \
    "$(ls "$tmp/d/train")"
  same '8 8 4' "$(cat "$tmp"/d/train/*_stats.json | jq .successes | paste -s -d ' ' -)"
  same '8 8 4' "$(wc -l "$tmp"/d/train/*.ndjson | awk '$2 != "total" { print $1 }' | paste -s -d ' ' -)"
  jq -r 'select(.shard) | "\(.sha256)  \(.shard)"' "$tmp/d/manifest.ndjson" >"$tmp/sums"
  [ "$(wc -l <"$tmp/sums")" -eq 3 ]
  (cd "$tmp/d" && sha256sum --quiet -c "$tmp/sums")
  same '[20,4,5,0]' "$(head -n 1 "$tmp/d/manifest.ndjson" | jq -c '.dataset | [.samples, .groups, .largest_group, .missing]')"
  same "$(sql 'select sha256 from serving.image order by 1')" \
    "$(samples "$tmp/d" | cut -d ' ' -f 2 | sort)"
}

# bats test_tags=long
@test "the same query and data give the same bytes; the seed moves the split and nothing else" {
  reads many
  dataset --shard-size 40 all "$tmp/one"
  sleep 1.1
  (umask 000 && dataset --shard-size 40 all "$tmp/two")
  same "$(files "$tmp/one")" "$(files "$tmp/two")"
  dataset --shard-size 40 --seed other all "$tmp/three"
  [ "$(samples "$tmp/one")" != "$(samples "$tmp/three")" ]
  same "$(samples "$tmp/one" | cut -d ' ' -f 2 | sort)" "$(samples "$tmp/three" | cut -d ' ' -f 2 | sort)"
}

@test "all of a seller's pictures are in one part, and the parts have about their shares" {
  reads many
  dataset --split 60,20,20 all "$tmp/d"
  samples "$tmp/d" >"$tmp/samples"
  sql "select sha256, seller_key from serving.image_use" | tr '|' ' ' | sort >"$tmp/sellers"
  sort -k 2 "$tmp/samples" | join -1 2 -2 1 - "$tmp/sellers" |
    awk '{ print $3, $2 }' | sort -u >"$tmp/parts"
  # 60 sellers, a part each
  [ "$(wc -l <"$tmp/parts")" -eq 60 ]
  cut -d ' ' -f 2 "$tmp/parts" | sort | uniq -c >"$tmp/counts"
  [ "$(wc -l <"$tmp/counts")" -eq 3 ]
  [ "$(awk '$2 == "train" { print ($1 >= 25 && $1 <= 47) }' "$tmp/counts")" -eq 1 ]
}

@test "sellers of one picture, and of near ones, are in one part, along a whole chain" {
  local n

  pg_fresh
  # seller n shares a picture with n + 1, and has one near to a picture of n + 10
  for n in {1..9}; do
    picture "shared $n"
    listed "$((9900001000 + n))" "$((200000000 + n))" "S $n" "$sha"
    listed "$((9900002000 + n))" "$((200000001 + n))" "S $n again" "$sha"
    picture "near $n"
    listed "$((9900003000 + n))" "$((200000000 + n))" "N $n" "$sha" "0000000${n}abcdef01"
    picture "near $n, again"
    listed "$((9900004000 + n))" "$((200000010 + n))" "N $n again" "$sha" "0000000${n}abcdef02"
  done
  # and as many who share nothing
  for n in {1..19}; do
    picture "own $n"
    listed "$((9900005000 + n))" "$((200000100 + n))" "O $n" "$sha"
  done
  pictures_loaded
  run -0 --separate-stderr dataset --split 1,1,1 all "$tmp/d"
  # of the chain: 9 shared, 18 near; and 19 alone
  same '[46,20,27]' "$(head -n 1 "$tmp/d/manifest.ndjson" | jq -c '.dataset | [.samples, .groups, .largest_group]')"
  [[ $stderr == *"27 of 46 pictures hang together by their sellers and by near copies, and stay in one part"* ]]
  sql "select sha256 from serving.image_use u join serving.item i using (source, site, item_id)
    where i.title !~ '^O'" | sort -u >"$tmp/chain"
  [ "$(samples "$tmp/d" | sort -k 2 | join -1 2 - "$tmp/chain" | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 1 ]
  [ "$(samples "$tmp/d" | cut -d ' ' -f 1 | sort -u | wc -l)" -eq 3 ]
  # a distance of 0 lets the near ones go
  fails 64 "more than what serving knows" dataset --near 99 all "$tmp/f"
  dataset --near 0 --split 1,1,1 all "$tmp/e"
  same '[46,29]' "$(head -n 1 "$tmp/e/manifest.ndjson" | jq -c '.dataset | [.samples, .groups]')"
}

@test "a picture that is missing, or has other bytes, is said and left out" {
  owns small
  picture_of 4 5
  rm "$(kept "$sha")"
  local gone=$sha
  picture_of 1 1
  echo x >>"$(kept "$sha")"
  run -0 --separate-stderr dataset --missing 0.1 --split 1 all "$tmp/d"
  [[ $stderr == *"picture $gone is not in the store"* ]]
  [[ $stderr == *"picture $sha has other bytes in the store"* ]]
  [[ $stderr == *"2 of 20 pictures are left out"* ]]
  [ "$(samples "$tmp/d" | wc -l)" -eq 18 ]
  [ "$(tar -tf "$tmp/d/train/00000.tar" | wc -l)" -eq 54 ]
  same "$(printf '%s missing\n%s other bytes\n' "$gone" "$sha" | sort)" \
    "$(jq -r 'select(.status != "success") | "\(.key) \(.error_message)"' "$tmp/d/train/00000.ndjson" | sort)"
  same '{"count":20,"successes":18,"failed":2,"status_dict":{"success":18,"missing":1,"other bytes":1}}' \
    "$(cat "$tmp/d/train/00000_stats.json")"
  run -65 --separate-stderr dataset --split 1 all "$tmp/e"
  [[ ${stderr_lines[-1]} == *"2 of 20 pictures are missing or broken, more than --missing 0.01 allows; '$tmp/e' is not finished" ]]
  [ ! -e "$tmp/e/manifest.ndjson" ]
}

# bats test_tags=long
@test "killed at any point and started again: the bytes of a run that was not" {
  reads small
  dataset --shard-size 2 all "$tmp/want"
  for after in $(size '0.2 0.5 0.9' '0.1 0.3 0.5 0.7 0.9 1.1'); do
    setsid "$ROOT/scripts/dataset" --shard-size 2 all "$tmp/d" 3>&- >/dev/null 2>&1 &
    sleep "$after"
    kill -KILL -- "-$!" 2>/dev/null || :
    wait "$!" || :
    if [ -e "$tmp/d/manifest.ndjson" ]; then
      same "$(files "$tmp/want")" "$(files "$tmp/d")"
      rm -rf "$tmp/d"
    fi
  done
  [ -e "$tmp/d/manifest.ndjson" ] || dataset --shard-size 2 all "$tmp/d"
  same "$(files "$tmp/want")" "$(files "$tmp/d")"
}

@test "presets: all, the first picture of each listing, what a human has labelled" {
  owns small
  dataset main "$tmp/main"
  [ "$(samples "$tmp/main" | wc -l)" -eq 20 ]
  picture_of 3 2
  printf '{"sha256":"%s","source":"human","name":"category","value":"dress"}\n' "$sha" |
    "$ROOT/scripts/label" load -
  dataset labelled "$tmp/labelled"
  same "$sha" "$(samples "$tmp/labelled" | cut -d ' ' -f 2)"
}

@test "what it cannot do is said in one sentence, and a data set is never overwritten" {
  owns small
  dataset all "$tmp/d"
  before=$(files "$tmp/d")
  fails 64 "'$tmp/d' holds a data set already" dataset all "$tmp/d"
  same "$before" "$(files "$tmp/d")"
  mkdir "$tmp/mine"
  echo mine >"$tmp/mine/file"
  fails 64 "'$tmp/mine' is no empty folder" dataset all "$tmp/mine"
  fails 64 "there is no query 'nonesuch'" dataset nonesuch "$tmp/x"
  fails 64 'the query: relation "nowhere" does not exist' dataset 'select * from nowhere' "$tmp/x"
  fails 64 'the query: column q.sha256 does not exist' dataset 'select 1 as one' "$tmp/x"
  fails 65 "the query finds no picture" dataset 'select sha256 from serving.image where false' "$tmp/x"
  fails 64 "'80,x' is no split" dataset --split 80,x all "$tmp/x"
  fails 64 "'0,0' is no split" dataset --split 0,0 all "$tmp/x"
  fails 64 "'0' is no size of a shard" dataset --shard-size 0 all "$tmp/x"
  fails 64 "'2' is no share" dataset --missing 2 all "$tmp/x"
  run -64 --separate-stderr dataset all
  VPIPE_IMAGES_MOUNT=yes fails 78 "is not mounted" dataset all "$tmp/x"
  sql 'create function public.meddle() returns text language sql as
    $$delete from ops.run; select null$$'
  fails 64 'cannot execute DELETE in a read-only transaction' \
    dataset 'select public.meddle() as sha256' "$tmp/x"
}

# refused WORDS QUERY: not obeyed, and nothing is changed by it
refused() {
  rm -rf "$tmp/x"
  fails 64 "the query: $1" dataset "$2" "$tmp/x"
  [ ! -e "$tmp/x/manifest.ndjson" ] && [ ! -e "$tmp/obeyed" ]
}

# bats test_tags=long
@test "a query is one statement, never read by psql, and writes nothing" {
  owns small
  local all='select sha256 from serving.image' runs

  runs=$(sql 'select count(*) from ops.run')
  refused "it is more than one statement" "$all; commit; delete from ops.run"
  refused "syntax error" "$all) as q; rollback; delete from ops.run; select (1"
  refused "it is more than one statement" "commit; $all"
  refused "syntax error" "delete from ops.run returning run as sha256"
  refused "COMMIT gives no rows" "commit;"
  refused "COPY gives no rows" "copy (select 1) to program 'touch $tmp/obeyed'"
  refused "WITH clause containing a data-modifying statement" \
    "with d as (delete from ops.run returning run) select run as sha256 from d"
  refused "syntax error" '\! touch '"$tmp/obeyed"
  refused "syntax error" "$all
\\! touch $tmp/obeyed"
  refused "syntax error" "$all
\\copy ops.run to '$tmp/obeyed'"
  refused "syntax error" "$all \\g $tmp/obeyed"
  refused "syntax error" "select :'query' as sha256"
  refused "syntax error" "$all) as q(sha256), (select 1"
  refused "unterminated" "$all /*"
  sql 'create sequence public.s'
  refused "cannot execute nextval() in a read-only" "select nextval('public.s')::text as sha256"
  fails 64 "read-write mode" dataset \
    "select set_config('transaction_read_only', 'off', true) as sha256" "$tmp/x"
  same "$runs" "$(sql 'select count(*) from ops.run')"
  # what is no attack: a semicolon, comments, a dollar, backslashes in a text
  run -0 --separate-stderr dataset '/* all */ select sha256, E'"'"'\\!a;b'"'"' as odd, $$;$$ as two
    from serving.image -- to its end
    ;;' "$tmp/d"
  [[ $stderr == *"as the owner of the tables: VPIPE_READER"* ]]
  same '\!a; ;' "$(cat "$tmp"/d/*/00000.tar | tar -xiO --wildcards '*.json' |
    jq -r '"\(.odd[0:4]) \(.two)"' | sort -u)"
  run -0 --separate-stderr dataset all "$tmp/all"
  [ -z "$stderr" ]
}

# bats test_tags=long
@test "a query runs as VPIPE_READER: it reads serving, and neither files nor settings nor sessions" {
  owns small
  sql "do 'begin create role reading login; exception when duplicate_object then null; end'"
  VPIPE_READER=nobody_is fails 78 "VPIPE_READER 'nobody_is' is no role" "$ROOT/scripts/db" migrate
  VPIPE_READER=$PGUSER fails 78 "is the owner of the tables" "$ROOT/scripts/db" migrate
  export VPIPE_READER=reading
  fails 69 "vpipe db migrate" dataset 'select sha256 from serving.image' "$tmp/x"
  "$ROOT/scripts/db" migrate
  run -0 --separate-stderr dataset 'select n.sha256, n.distance from serving.image_hash h
      cross join lateral serving.near_images(h.phash, 4) n' "$tmp/one"
  [ -z "$stderr" ]
  run -0 dataset 'select sha256 from serving.image_use join serving.image_label using (sha256)' "$tmp/two"
  refused "permission denied for schema staging" 'select seller_key as sha256 from staging.vinted_user'
  refused "permission denied for table run" 'select run as sha256 from ops.run'
  refused "permission denied for function pg_read_file" "select pg_read_file('/etc/passwd') as sha256"
  refused "permission denied for function lo_export" "select lo_export(1, '$tmp/obeyed')::text as sha256"
  refused "must be" "select pg_terminate_backend(pid)::text as sha256 from pg_stat_activity
    where pid <> pg_backend_pid() and usename is not null and usename <> 'reading'
    union all select pg_terminate_backend(pid)::text from pg_stat_activity where backend_type = 'logical replication launcher'"
  refused "permission denied to set role" "select set_config('role', '$PGUSER', true) as sha256"
  refused "permission denied" "select set_config('session_authorization', '$PGUSER', true) as sha256"
}

@test "a full disk below the data set ends with 74, and finishes nothing" {
  [ "$EUID" -eq 0 ] || skip "needs root, to mount a small disk"
  reads small
  mkdir "$tmp/small"
  mount -t tmpfs -o size=16k tmpfs "$tmp/small"
  run -74 --separate-stderr dataset all "$tmp/small/d"
  umount "$tmp/small"
  [[ $stderr =~ "cannot write '$tmp/small/d/"(train|validation|test)/00000\.tar\' ]]
}

@test "a report with pictures has the main ones of its newest listings, and one without has none" {
  command -v npm >/dev/null || skip "no npm: plotly cannot be brought"
  owns small
  "$ROOT/scripts/report" "$tmp/site" 2>/dev/null
  [ ! -e "$tmp/site/pictures" ]
  "$ROOT/scripts/report" --pictures "$tmp/site" 2>/dev/null
  want=$(sql "select u.sha256 || '.' || i.format from serving.image_use u join serving.image i using (sha256)
      join serving.listing_fact f using (source, site, item_id)
      where u.position = 1 and i.path is not null and f.currency is not null order by 1" | LC_ALL=C sort -u)
  [ "$(wc -l <<<"$want")" -gt 3 ]
  same "$want" "$(ls "$tmp/site/pictures")"
  same "$want" "$(cat "$tmp"/site/data/*-stories.js | grep -o '[0-9a-f]\{64\}\.[a-z]*' | LC_ALL=C sort -u)"
  (cd "$tmp/site/pictures" && for name in *; do printf '%s  %s\n' "${name%.*}" "$name"; done | sha256sum --quiet -c)
  # one that the store lost is left out; what no page names goes
  : >"$tmp/site/pictures/stray.jpg"
  rm "$VPIPE_DATA/images/$(sql "select path from serving.image where sha256 = '${want:0:64}'")" "$tmp/site/pictures/${want%%$'\n'*}"
  "$ROOT/scripts/report" --pictures "$tmp/site" 2>/dev/null
  same "$(tail -n +2 <<<"$want")" "$(ls "$tmp/site/pictures")"
  "$ROOT/scripts/report" "$tmp/site" 2>/dev/null
  [ -z "$(ls "$tmp/site/pictures")" ]
}
