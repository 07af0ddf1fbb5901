# scripts/s3 and the raw layer on a real mount of a real S3 server (see s3.bash)
# bats file_tags=long
load ../helper
load ../fail/fail
load ../s3
load ../flow

setup_file() {
  s3_start
  pg_start
  pg_migrated
}

teardown_file() {
  s3_stop
  pg_stop
}

setup() {
  need_s3
  mnt=$tmp/mnt bucket=bucket$BATS_TEST_NUMBER
  export VPIPE_RAW=$mnt/raw VPIPE_RAW_MOUNT=yes TMPDIR=$tmp
  run=20261121T011855Z-catalog-0123456789abcdef
  folder=$VPIPE_RAW/made-up/catalog/dt=2026-11-21/hh=01
  object=$folder/$run.0001.ndjson.zst
  manifest=$folder/$run.0001.manifest.json
}

teardown() {
  market_stop
  s3_clean
}

pt='https://www.vinted.pt/catalog/1904-women?order=newest_first'
gb='https://www.vinted.co.uk/catalog/5-men?order=newest_first'

# mounted: $bucket on $mnt, with the raw folder in it
mounted() {
  s3_mount "$bucket" "$mnt"
  mkdir "$VPIPE_RAW"
}

# What the bucket holds, as the server says, without s3fs's folders.
keys() {
  s3_asks "$S3_URL/$bucket?max-keys=1000" |
    grep -o '<Key>[^<]*[^/<]</Key>' | sed 's/<[^>]*>//g'
}

# What status says of $mnt; others have mounts, too.
listed() {
  { s3 status || :; } | grep -F "$mnt"$'\t' || :
}

# What s3fs still knows of a folder it says for a while, whether the server is
# there or not.
forgotten() {
  ! stat -f "$1" >"$tmp/stat" 2>&1
}

served_by() {
  pgrep -x s3fs -a | awk -v dir="$1" '$4 == dir { print $1 }'
}

# --- mounting -------------------------------------------------------------------

@test "a bucket is mounted, checked, used, and unmounted; nothing of the check stays" {
  s3_bucket "$bucket"
  run -0 --separate-stderr s3_mount "$bucket" "$mnt"
  [[ $stderr == *'VPIPE_RAW_MOUNT'* || -z $stderr ]]
  run -0 s3 check "$mnt"
  [ -z "$output" ]
  same "$(listed)" "$mnt"$'\t'"$bucket"$'\tmounted'
  printf 'hello\n' >"$mnt/one"
  run -0 s3 mount "$bucket" "$mnt"
  same "$(keys)" one
  same "$(s3_asks "$S3_URL/$bucket/one")" hello
  run -0 s3 unmount "$mnt"
  [ -z "$(served_by "$mnt")" ]
  s3 mount "$bucket" "$mnt"
  same "$(cat "$mnt/one")" hello
}

@test "a folder with odd letters in its name is mounted, checked and unmounted" {
  mnt="$tmp/odd na\\me é"
  s3_mount "$bucket" "$mnt"
  run -0 s3 check "$mnt"
  same "$(listed)" "$mnt"$'\t'"$bucket"$'\tmounted'
  run -0 s3 unmount "$mnt"
}

@test "when the mount has gone its folder takes no writes; --release gives it back" {
  s3_mount "$bucket" "$mnt"
  umount "$mnt"
  run ! touch "$mnt/x"
  [[ $output == *'Operation not permitted'* ]]
  run ! mkdir "$mnt/x"
  s3 mount "$bucket" "$mnt"
  s3 unmount --release "$mnt"
  touch "$mnt/x"
  fails 78 "'$mnt' is not empty" s3 mount "$bucket" "$mnt"
  rm "$mnt/x"
}

@test "no such bucket: 69; a wrong key or a wrong secret: 77; and nothing is mounted" {
  s3_bucket "$bucket"
  fails 69 "there is no bucket 'nosuch' on '$S3_URL'" s3 mount nosuch "$mnt"
  printf 'TESTKEY:wrong\n' >"$tmp/pw"
  chmod 600 "$tmp/pw"
  VPIPE_S3_PASSWD=$tmp/pw fails 77 "refuses the key 'TESTKEY' for the bucket '$bucket' (SignatureDoesNotMatch)" \
    s3 mount "$bucket" "$mnt"
  printf 'NOBODY:wrong\n' >"$tmp/pw"
  VPIPE_S3_PASSWD=$tmp/pw fails 77 "(InvalidAccessKeyId)" s3 mount "$bucket" "$mnt"
  [ -z "$(listed)" ]
}

@test "the key of the bucket itself wins over the one of all" {
  printf '# keys\nNOBODY:wrong\n%s:%s\n' "$bucket" "$S3_KEY" >"$tmp/pw"
  chmod 600 "$tmp/pw"
  VPIPE_S3_PASSWD=$tmp/pw s3_mount "$bucket" "$mnt"
  VPIPE_S3_PASSWD=$tmp/pw fails 77 "refuses the key 'NOBODY'" s3 mount other "$tmp/o"
}

@test "a key that may read and not write: 77, and it does not stay mounted" {
  s3_bucket "$bucket"
  timeout 30 radosgw-admin -c "$S3_FOLDER/ceph.conf" user create --uid=reader \
    --display-name=reader --access-key=READER --secret-key=secret >/dev/null
  s3_asks -X PUT "$S3_URL/$bucket?policy=" -d '{"Version":"2012-10-17","Statement":[{
    "Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/reader"]},
    "Action":["s3:GetObject","s3:ListBucket"],
    "Resource":["arn:aws:s3:::'"$bucket"'","arn:aws:s3:::'"$bucket"'/*"]}]}'
  printf 'READER:secret\n' >"$tmp/pw"
  chmod 600 "$tmp/pw"
  printf '%s\n' "$mnt" >>"$S3_FOLDER/mounts"
  VPIPE_S3_PASSWD=$tmp/pw fails 77 "'$mnt' refuses to write" s3 mount "$bucket" "$mnt"
  [ -z "$(listed)" ]
  [ -z "$(served_by "$mnt")" ]
}

@test "a server that is away, or hangs: 75, whether mounted before or not" {
  s3_mount "$bucket" "$mnt"
  s3_away
  fails 75 "cannot reach '$S3_URL'" s3 mount "$bucket" "$tmp/other"
  fails 75 "cannot reach '$S3_URL'" s3 check "$mnt"
  s3_back
  run -0 s3 check "$mnt"
  s3_hang
  fails 75 "cannot reach '$S3_URL'" s3_soon mount "$bucket" "$tmp/other"
  fails 75 "" s3_soon check "$mnt"
  s3_on
  run -0 s3 check "$mnt"
}

@test "while the server is away nothing seems absent, and nothing does when it is back" {
  for foreign in no yes; do
    VPIPE_S3_FOREIGN=$foreign s3_mount "$bucket" "$mnt"
    mkdir -p "$mnt/folder"
    printf 'here\n' >"$mnt/folder/file"
    s3 unmount "$mnt"
    VPIPE_S3_FOREIGN=$foreign s3 mount "$bucket" "$mnt"
    s3_away
    for path in folder folder/file none; do
      # s3fs may know it still; what it cannot ask it must not deny
      run stat "$mnt/$path"
      [[ $status -eq 0 && $path != none || $output == *'Input/output error'* ]]
    done
    run ! find "$mnt" -name file
    [[ $output == *'Input/output error'* ]]
    until_true 60 forgotten "$mnt/folder"
    fails 75 'Input/output error' env VPIPE_RAW="$mnt/folder" "$ROOT/scripts/load" --pending
    s3_back
    same "$(cat "$mnt/folder/file")" here
    s3 unmount "$mnt"
  done
}

@test "an s3fs that hangs itself: 75, it is not waited for" {
  s3_mount "$bucket" "$mnt"
  pid=$(served_by "$mnt")
  kill -STOP "$pid"
  status=0
  s3_soon check "$mnt" 2>"$tmp/err" || status=$?
  kill -CONT "$pid"
  [ "$status" -eq 75 ]
  [ "$(wc -l <"$tmp/err")" -eq 1 ]
  grep -q "'$mnt' does not answer within" "$tmp/err"
  run -0 s3 check "$mnt"
}

@test "an s3fs that was killed: check says so with 78, mount cures it" {
  s3_mount "$bucket" "$mnt"
  printf 'kept\n' >"$mnt/kept"
  kill -9 "$(served_by "$mnt")"
  fails 78 "the s3fs of '$mnt' has died" s3 check "$mnt"
  run -78 s3 status
  same "$(listed)" "$mnt"$'\t'"$bucket"$'\tdead'
  fails 78 "cannot open '$mnt" "$ROOT/scripts/catalog" "$pt"
  fails 0 "the s3fs of '$mnt' has died, it is mounted again" s3 mount "$bucket" "$mnt"
  same "$(cat "$mnt/kept")" kept
}

@test "what is in use is not unmounted: 75, and it still works" {
  s3_mount "$bucket" "$mnt"
  exec 7>"$mnt/open"
  fails 75 "'$mnt' is in use, it stays mounted" s3 unmount "$mnt"
  printf 'late\n' >&7
  exec 7>&-
  run -0 s3 unmount "$mnt"
  same "$(s3_asks "$S3_URL/$bucket/open")" late
}

@test "another bucket or another thing on the folder: 78" {
  s3_mount "$bucket" "$mnt"
  fails 78 "something else is mounted on '$mnt'" s3 mount another "$mnt"
  mkdir "$tmp/t"
  mount -t tmpfs none "$tmp/t"
  status=0
  s3 mount "$bucket" "$tmp/t" 2>"$tmp/err" || status=$?
  umount "$tmp/t"
  [ "$status" -eq 78 ]
  grep -q "something else is mounted on '$tmp/t'" "$tmp/err"
}

@test "a bucket into which others put objects: 78 says how, VPIPE_S3_FOREIGN reads it" {
  s3_bucket "$bucket"
  s3_asks -X PUT "$S3_URL/$bucket/a/b/c" -d foreign
  printf '%s\n' "$mnt" >>"$S3_FOLDER/mounts"
  fails 78 'set VPIPE_S3_FOREIGN=yes' s3 mount "$bucket" "$mnt"
  VPIPE_S3_FOREIGN=yes s3 mount "$bucket" "$mnt"
  same "$(cat "$mnt/a/b/c")" foreign
}

# --- the raw layer on a mount -----------------------------------------------------

@test "the catalog flow on a mount: loaded from there and from a copy, the same rows" {
  mounted
  pg_fresh
  market small
  for hour in 1 2; do
    catalog "$pt" "$gb" >/dev/null
    later 3600
  done
  prices_are_true 20
  want=$("$ROOT/scripts/db" digest)
  vraw check -q
  # all that the server holds is what the manifests name
  s3 unmount "$mnt"
  s3 mount "$bucket" "$mnt"
  vraw check 2>"$tmp/checked"
  grep -q ', 0 objects without, 0 temporaries$' "$tmp/checked"
  cp -R "$VPIPE_RAW" "$tmp/copy"
  for place in "$VPIPE_RAW yes" "$tmp/copy no"; do
    psql -X -q -d postgres -c "drop database if exists again" \
      -c "create database again template vpipe strategy file_copy"
    VPIPE_RAW=${place% *} VPIPE_RAW_MOUNT=${place#* } PGDATABASE=again load --pending
    same "$want" "$(PGDATABASE=again "$ROOT/scripts/db" digest)"
  done
}

# stopping CALL AT: a folder of programs whose vput stops before that call
stopping() {
  mkdir "$tmp/bin"
  ln -s "$BIN"/* "$tmp/bin"
  rm "$tmp/bin/vput"
  cat >"$tmp/bin/vput" <<-end
	#!/bin/sh
	[ ! -e "$tmp/stopped" ] || exec "$BIN/vput" "\$@"
	echo \$\$ >"$tmp/pid"
	export LD_PRELOAD="${O:-$ROOT/build}/fail.so" FAIL_CALL=$1 FAIL_AT=$2 \\
	    FAIL_HOW=stop FAIL_TELL="$tmp/stopped" ASAN_OPTIONS=verify_asan_link_order=0
	exec "$BIN/vput" "\$@"
	end
  chmod +x "$tmp/bin/vput"
}

is_stopped() {
  [[ -e $tmp/stopped && $(awk '/^State:/ { print $2 }' "/proc/$(cat "$tmp/pid")/status") == T ]]
}

@test "the server goes away while a flow publishes: 74, nothing is lost, the next run completes" {
  mounted
  pg_fresh
  market small
  stopping rename 1
  VPIPE_BIN=$tmp/bin catalog "$pt" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 60 is_stopped
  s3_away
  kill -CONT "$(cat "$tmp/pid")"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 74 ] || { cat "$tmp/err"; false; }
  grep -q "vput: cannot rename '.*': Input/output error" "$tmp/err"
  [ -s "$VPIPE_DATA"/outbox/catalog.*/run ]
  [ "$(sql 'select count(*) from ops.load')" = 0 ]
  asked=$(requests)
  # while it is away nothing more is asked of the market
  until_true 60 forgotten "$VPIPE_RAW"
  status=0
  catalog "$pt" >"$tmp/out" 2>"$tmp/err" || status=$?
  [ "$status" -eq 75 ] || { cat "$tmp/err"; echo "$status"; false; }
  [ "$(requests)" -eq "$asked" ]
  s3_back
  later 3600
  catalog "$pt" >"$tmp/out" 2>"$tmp/err"
  [ -z "$(ls -A "$VPIPE_DATA/outbox")" ]
  [ "$(sql 'select count(*) from ops.run')" = 2 ]
  vraw check 2>"$tmp/checked"
  grep -q ', 0 objects without, 0 temporaries$' "$tmp/checked"
  prices_are_true 10
}

# vput_stopped CALL AT ACTION: vput of $tmp/in, stopped there for the action;
# $status, $tmp/err
vput_stopped() {
  rm -rf "$tmp/bin" "$tmp/stopped"
  stopping "$1" "$2"
  "$tmp/bin/vput" "$VPIPE_RAW" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 60 is_stopped
  "$3"
  kill -CONT "$pid"
  status=0
  wait "$pid" || status=$?
}

@test "the server goes away before the sync, or a rename: 74, no manifest, again completes it" {
  mounted
  whole_run 50 >"$tmp/in"
  for at in 'fsync 1' 'rename 1' 'rename 2'; do
    # shellcheck disable=SC2086	# words
    vput_stopped $at s3_away
    [ "$status" -eq 74 ] || { echo "$at: $status"; cat "$tmp/err"; false; }
    [ ! -s "$tmp/out" ]
    [ "$(grep -c '^vput: cannot' "$tmp/err")" -eq 1 ]
    s3_back
    vraw check -q
    [ -z "$(vraw list 2>/dev/null)" ]
    vput -q <"$tmp/in" >/dev/null
    vraw check 2>"$tmp/checked"
    grep -q ', 0 objects without, 0 temporaries$' "$tmp/checked"
    unpacked | cmp - "$tmp/in"
    rm -r "$VPIPE_RAW/made-up"
  done
}

back_soon() {
  s3_away
  (sleep 2; s3_back) 3>&- &
}

@test "the server is back while vput tries its sync again: published, and whole" {
  # it tries as long as the server takes to start
  S3_PATIENCE=whole mounted
  whole_run 50 >"$tmp/in"
  vput_stopped fsync 1 back_soon
  [ "$status" -eq 0 ] || { cat "$tmp/err"; false; }
  wait
  s3 unmount "$mnt"
  s3 mount "$bucket" "$mnt"
  vraw check -q
  unpacked | cmp - "$tmp/in"
}

@test "a mount that has gone: 78, nothing is asked, nothing lands in the folder below" {
  mounted
  pg_fresh
  market small
  catalog "$pt" >/dev/null
  asked=$(requests)
  umount "$mnt"
  chattr -i "$mnt"	# not even this saves it
  later 3600
  fails 78 "'$VPIPE_RAW' is not mounted, and VPIPE_RAW_MOUNT says it must be" catalog "$pt"
  fails 78 "'$VPIPE_RAW' is not mounted" "$ROOT/scripts/rebuild"
  whole_run 3 >"$tmp/in"
  run -78 vput <"$tmp/in"
  [ "$(requests)" -eq "$asked" ]
  [ -z "$(ls -A "$mnt")" ]
  s3 mount "$bucket" "$mnt"
  catalog "$pt" >/dev/null
  prices_are_true 10
}

@test "a mount that goes while vput runs: 78, nothing lands in the folder below" {
  mounted
  chattr -i "$mnt" 2>/dev/null || :
  whole_run 50 >"$tmp/in"
  vput_stopped open 1 gone_meanwhile
  [ "$status" -eq 78 ]
  [ -z "$(find "$mnt" -type f)" ]
}

gone_meanwhile() {
  umount -l "$mnt"
  chattr -i "$mnt"
  mkdir -p "$folder"
}

@test "kill -9 before any call (every eleventh is tried): no manifest or a true one, and again completes it" {
  mounted
  whole_run 12 >"$tmp/in"
  for ((n = 1; n < 1000; n += $(size 11 5))); do
    rm -rf "$tmp/tell" "$VPIPE_RAW/made-up"
    status=0
    { env LD_PRELOAD="${O:-$ROOT/build}/fail.so" FAIL_CALL=any FAIL_HOW=kill \
      FAIL_AT=$n FAIL_TELL="$tmp/tell" ASAN_OPTIONS=verify_asan_link_order=0 \
      vput -q --part-size 2K <"$tmp/in" >/dev/null; } 2>/dev/null || status=$?
    [[ -e $tmp/tell ]] || break
    [ "$status" -eq 137 ]
    vraw check -q || { echo "at call $n"; false; }
    vput -q --part-size 2K <"$tmp/in" >/dev/null
    vraw check 2>"$tmp/checked"
    grep -q ', 0 objects without, 0 temporaries$' "$tmp/checked"
    unpacked | cmp - "$tmp/in"
  done
  [ "$n" -gt 50 ] && [ "$status" -eq 0 ]
}

@test "forgetting rewrites a part on the mount, and the old object is gone from the server" {
  mounted
  whole_run 3 >"$tmp/first"
  vput -q <"$tmp/first" >/dev/null
  sed '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/first" >"$tmp/in"
  run -0 vraw replace -q "$manifest" <"$tmp/in"
  same "$(keys | sed 's|.*/||' | LC_ALL=C sort)" \
    "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
  vraw check -q
  unpacked | cmp - "$tmp/in"
}

@test "kill -9 while a part is rewritten (every eleventh call): again completes it" {
  mounted
  whole_run 3 >"$tmp/first"
  sed '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/first" >"$tmp/in"
  for ((n = 1; n < 1000; n += $(size 11 5))); do
    rm -rf "$tmp/tell" "$VPIPE_RAW/made-up"
    vput -q <"$tmp/first" >/dev/null
    status=0
    { env LD_PRELOAD="${O:-$ROOT/build}/fail.so" FAIL_CALL=any FAIL_HOW=kill \
      FAIL_AT=$n FAIL_TELL="$tmp/tell" ASAN_OPTIONS=verify_asan_link_order=0 \
      vraw replace -q "$manifest" <"$tmp/in" >/dev/null; } 2>/dev/null || status=$?
    [[ -e $tmp/tell ]] || break
    [ "$status" -eq 137 ]
    [ "$(vraw list 2>/dev/null | wc -l)" -eq 1 ]
    [[ ! -e $manifest ]] || vraw replace -q "$manifest" <"$tmp/in" >/dev/null
    same "$(vraw list | jq -r .object)" "$run.0001.r1.ndjson.zst"
    [ ! -e "$object" ]
    vraw check -q
  done
  [ "$n" -gt 50 ] && [ "$status" -eq 0 ]
}

@test "a part that is uploaded in pieces is whole; the server gone meanwhile: 74, again completes it" {
  mounted
  base64 -w 1000 /dev/urandom | head -n 37000 | awk -v run="$run" '{
    printf "{\"v\":1,\"source\":\"made-up\",\"flow\":\"catalog\",\"kind\":\"search\",\"run\":\"%s\",\"line\":%d,\"fetched_at\":\"2026-11-21T01:18:00.000Z\",\"sha256\":\"%d\",\"body\":{\"items\":[\"%s\"]}}\n", run, NR, NR, $0
  }' >"$tmp/in"
  closing 37001 >>"$tmp/in"
  vput_stopped fsync 1 s3_away
  [ "$status" -eq 74 ] || { cat "$tmp/err"; false; }
  s3_back
  [ -z "$(vraw list 2>/dev/null)" ]
  vput -q <"$tmp/in" >/dev/null
  [ "$(stat -c %s "$object")" -gt 26214400 ]
  s3 unmount "$mnt"
  s3 mount "$bucket" "$mnt"
  vraw check -q
  unpacked | cmp - "$tmp/in"
}

@test "no room where s3fs keeps what is written: 74, nothing under a final name" {
  mkdir "$tmp/small"
  mount -t tmpfs -o size=60m none "$tmp/small"
  VPIPE_S3_TMP=$tmp/small VPIPE_S3_FREE=1 s3_mount "$bucket" "$mnt"
  mkdir "$VPIPE_RAW"
  head -c 60m /dev/zero >"$tmp/small/full" 2>/dev/null || :
  whole_run 5000 >"$tmp/in"
  status=0
  vput <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || status=$?
  left=$(vraw list 2>/dev/null || :)
  rm "$tmp/small/full"
  again=0
  vput -q <"$tmp/in" >/dev/null || again=$?
  checked=0
  vraw check -q || checked=$?
  s3_unmount "$mnt"
  umount "$tmp/small"
  [ "$status $again $checked" = "74 0 0" ] || { cat "$tmp/err"; echo "$status $again $checked"; false; }
  [ -z "$left" ]
}
