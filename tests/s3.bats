# scripts/s3: what needs no server; the rest is in long/s3.bats
load helper

s3() {
  "$ROOT/scripts/s3" "$@"
}

setup() {
  export VPIPE_S3_URL=http://127.0.0.1:9 VPIPE_S3_PASSWD=$tmp/passwd
  printf 'KEY:secret\n' >"$tmp/passwd"
  chmod 600 "$tmp/passwd"
}

teardown() {
  market_stop
  pg_stop
}

need_s3fs() {
  command -v s3fs >/dev/null || skip "s3fs is not installed (scripts/deps)"
  [ -c /dev/fuse ] && [ -r /dev/fuse ] || skip "there is no /dev/fuse to use"
}

@test "asked wrongly: 64 and the synopsis" {
  for words in '' mount 'mount b' 'mount b d x' check 'check -x' unmount \
    'unmount --release' 'status x' remount; do
    # shellcheck disable=SC2086	# words
    fails 64 'see --help' s3 $words
  done
  fails 64 "'a/b' is no bucket's name" s3 mount a/b "$tmp/d"
  fails 64 "'/' is no folder to mount on" s3 mount b /
  [ ! -e "$tmp/d" ]
}

@test "--help tells the commands" {
  run -0 s3 --help
  for command in mount check unmount status; do
    [[ $output == *"  $command  "* ]]
  done
  [[ $output == *'--release       make the unmounted DIR writable again'* ]]
}

@test "a server must be named, and by a URL: 78" {
  VPIPE_S3_URL='' fails 78 'VPIPE_S3_URL is not set' s3 mount b "$tmp/d"
  for url in ftp://x 127.0.0.1 http:// 'http://a b' 'http://u@h' 'http://h/?q' \
    'http://h,nonempty'; do
    VPIPE_S3_URL=$url fails 78 "VPIPE_S3_URL takes the address of an S3 server" s3 mount b "$tmp/d"
  done
  VPIPE_S3_STYLE=odd fails 78 'VPIPE_S3_STYLE takes path or host' s3 mount b "$tmp/d"
  VPIPE_S3_REGION=a,b fails 78 'VPIPE_S3_REGION takes the name of a region' s3 mount b "$tmp/d"
  VPIPE_S3_FREE=much fails 78 "VPIPE_S3_FREE takes a whole number of MB, not 'much'" s3 mount b "$tmp/d"
  fails 78 'no name with a comma' s3 mount b "$tmp/d,e"
}

@test "a key that others can read is not used: 78" {
  for mode in 640 604 660 610; do
    chmod "$mode" "$tmp/passwd"
    fails 78 "'$tmp/passwd' holds a key and can be read by others: chmod 600" \
      s3 mount b "$tmp/d"
  done
}

@test "a key file that is absent, empty or has no key: 78, and no key in the words" {
  VPIPE_S3_PASSWD=$tmp/none fails 78 "there is no '$tmp/none'" s3 mount b "$tmp/d"
  VPIPE_S3_PASSWD=$tmp fails 78 "'$tmp' is no file" s3 mount b "$tmp/d"
  for text in '' '#KEY:secret' 'KEY' ':secret' 'KEY:' 'other:KEY:secret' \
    '[default]' $'\xff\xfe'; do
    printf '%s\n' "$text" >"$tmp/passwd"
    fails 78 'has no line KEY:SECRET' s3 mount b "$tmp/d"
    [[ $stderr != *secret* ]]
  done
  printf 'KEY:se\0cret' >"$tmp/passwd"
  run -75 --separate-stderr s3 mount b "$tmp/d"
  [[ $stderr != *cret* ]]
}

@test "a server that is not there: 75; no name: 75; one that is not S3: 69" {
  need_s3fs
  fails 75 "cannot reach 'http://127.0.0.1:9'" s3 mount b "$tmp/d"
  VPIPE_S3_URL=http://no.invalid fails 75 "cannot reach 'http://no.invalid'" \
    s3 mount b "$tmp/d"
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  VPIPE_S3_URL=$MARKET fails 69 "'$MARKET' answers, but not as S3 does" \
    s3 mount b "$tmp/d"
}

@test "a folder with something in it is not mounted over: 78" {
  need_s3fs
  mkdir "$tmp/d"
  touch "$tmp/d/x"
  fails 78 "'$tmp/d' is not empty" s3 mount b "$tmp/d"
  fails 78 "'$tmp/d/x' is no folder" s3 mount b "$tmp/d/x"
}

@test "no room for what s3fs keeps locally: 74" {
  need_s3fs
  VPIPE_S3_FREE=999999999 fails 74 ' MB free, s3fs needs 1000000049' \
    s3 mount b "$tmp/d"
}

@test "check and unmount of what is not mounted: 78" {
  mkdir "$tmp/d"
  fails 78 "'$tmp/d' is not mounted" s3 check "$tmp/d"
  fails 78 "'$tmp/d' is not mounted" s3 unmount "$tmp/d"
  fails 78 "'$tmp/no/d' is not mounted" s3 check "$tmp/no/d"
  [ ! -e "$tmp/no" ]
}

@test "status tells of folders that must be mounts and are none: 78" {
  mkdir "$tmp/d"
  VPIPE_RAW=$tmp/d VPIPE_RAW_MOUNT=yes run -78 s3 status
  [[ $output == *"$tmp/d"$'\t-\tnot mounted, and VPIPE_RAW_MOUNT says it must be'* ]]
}

@test "neither fetching, loading nor deleting begins when raw must be a mount and is none: 78" {
  mkdir "$tmp/d"
  export VPIPE_RAW=$tmp/d VPIPE_RAW_MOUNT=yes
  fails 78 "'$tmp/d' is not mounted, and VPIPE_RAW_MOUNT says it must be" \
    "$ROOT/scripts/catalog" "https://www.vinted.pt/catalog/5-men"
  VPIPE_RAW=$tmp/d/below fails 78 "'$tmp/d/below' is not mounted" \
    "$ROOT/scripts/catalog" "https://www.vinted.pt/catalog/5-men"
  pg_start
  run -0 "$ROOT/scripts/db" migrate
  fails 78 "'$tmp/d' is not mounted" "$ROOT/scripts/load"
  fails 78 "'$tmp/d' is not mounted" "$ROOT/scripts/track"
  fails 78 "'$tmp/d' is not mounted" "$ROOT/scripts/retain" 30
  [ -z "$(ls -A "$tmp/d")" ]
}
