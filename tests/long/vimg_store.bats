# vimg(1) and scripts/images(1): killed at any point; the disk, or the server of
# the store, gone
# bats file_tags=long
load ../helper
load ../s3
load ../photos
load ../images
load ../opened
load ../flow		# the last: its load is that of scripts

scenarios=$ROOT/fixtures/market/scenarios

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
  export VPIPE_SCHEMA=$ROOT/schema VPIPE_IMAGES=$tmp/images TMPDIR=$tmp
  store=$VPIPE_IMAGES
}

teardown() {
  photos_stop
  s3_clean
  [[ -z ${room:-} ]] || umount "$room"
}

preloaded() {
  env LD_PRELOAD="${O:-$ROOT/build}/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 FAIL_SYNC=no "$@"
}

# --- killed at any point --------------------------------------------------------------

# killed [FAIL_...=VALUE]... [OPTION]...: vimg of $tmp/in, dead by itself, or
# after $delay; what it recorded holds.
killed() {
  local pid

  { preloaded FAIL_HOW=kill FAIL_TELL="$tmp/tell" "$@" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" & } 2>/dev/null 3>&-
  pid=$!
  [[ -z ${delay:-} ]] || { sleep "$delay"; kill -9 $pid 2>/dev/null || :; }
  status=0
  { wait $pid; } 2>/dev/null || status=$?
  [[ $status -eq 137 || $status -eq 0 ]] || { echo "status $status"; cat "$tmp/err"; return 1; }
  [[ $status -eq 0 ]] || dead=$((dead + 1))
  recorded=$((recorded + $(records "$tmp/out" .path | wc -l)))
  store_holds "$tmp/out"
}

# completes OPTION...: the next run, and the store is then the one of a run that
# nobody disturbed
completes() {
  preloaded vimg -q "$@" <"$tmp/in" >"$tmp/out"
  [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq "$(wc -l <"$tmp/in")" ]
  store_holds "$tmp/out"
  store_lists | diff "$tmp/undisturbed" -
}

# undisturbed [OPTION]...: that run; $calls: how many calls for the store it made
undisturbed() {
  local low=1 high=2048 n

  preloaded vimg -q "$@" <"$tmp/in" >"$tmp/out"
  store_lists >"$tmp/undisturbed"
  while ((low < high)); do
    n=$(((low + high) / 2))
    rm -rf "$tmp/tell" "$store"/*
    dead=0 recorded=0
    killed FAIL_CALL=any FAIL_AT="$n" FAIL_PATH="$place" vimg -q "$@" || return 1
    if [[ -e $tmp/tell ]]; then low=$((n + 1)); else high=$n; fi
  done
  calls=$((low - 1))
}

# points N BY-DELAY OPTION...: kills at N points, of which the latter by time; every other
# time what was left there is gone on with, killed as it is
points() {
  local n=$1 timed=$2 i at

  shift 2
  dead=0 recorded=0
  for ((i = 0; i < n; i++)); do
    ((i % 2)) || rm -rf "${store:?}"/*
    if ((i < n - timed)); then
      at=$((RANDOM % calls + 1)) delay=
      killed FAIL_CALL=any FAIL_AT=$at FAIL_PATH="$place" vimg -q "$@"
    else
      at= delay=0.$(printf '%03d' $((RANDOM % longest)))
      killed vimg -q "$@"
    fi || { echo "point $i: call ${at:--}, after ${delay:-0} s"; return 1; }
    if ((i % 2)); then
      completes "$@" || { echo "not completed after point $i: call ${at:--}, after ${delay:-0} s"; return 1; }
    fi
  done
  echo "# $dead of $n were killed before their end, $recorded pictures recorded until then" >&3
}

@test "kill -9 at any point, in a folder: what is recorded is there, and the next run ends as if nothing had been" {
  RANDOM=20261121
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 24 >"$tmp/in"
  mkdir "$store"
  place=/images longest=150
  undisturbed --thumbs 64
  [ "$calls" -gt 100 ]
  n=$(size 10 140)
  points "$n" $((n * 3 / 7)) --thumbs 64
  # most of the time it was in the middle
  [ "$dead" -gt $((n * 4 / 7)) ] && [ "$recorded" -gt $((n * 5 / 7)) ]
}

@test "kill -9 at any point, on an S3 mount: what is recorded is there, and the next run ends as if nothing had been" {
  need_s3
  RANDOM=20261122
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 8 >"$tmp/in"
  s3_mount killed "$tmp/mnt"
  store=$tmp/mnt/images
  export VPIPE_IMAGES=$store VPIPE_IMAGES_MOUNT=yes
  mkdir "$store"
  place=/mnt/images longest=400
  undisturbed
  [ "$calls" -gt 30 ]
  n=$(size 6 60)
  points "$n" $((n / 3))
  [ "$dead" -gt $((n / 2)) ] && [ "$recorded" -gt $((n / 3)) ]
  # and that is what the server holds, not what s3fs remembers
  s3 unmount "$tmp/mnt"
  s3 mount killed "$tmp/mnt"
  store_lists | diff "$tmp/undisturbed" -
}

# --- the disk, and the server of the store ------------------------------------------------

# in_order STATUS WORDS: how a run of $tmp/in ended that lost its store: one
# sentence, all photos accounted for, and what is recorded holds
lost_store() {
  [ "$status" -eq "$1" ] || { echo "status $status"; cat "$tmp/err"; return 1; }
  [ "$(wc -l <"$tmp/err")" -eq 2 ]
  [[ "$(sed -n 1p "$tmp/err")" == "vimg: cannot "*"$2"* ]]
  got=$(records "$tmp/out" .outcome | wc -l)
  [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq "$got" ]
  said=$(sed -n '2s/.* \([0-9]*\) put off.*/\1/p' "$tmp/err")
  read=$(sed -n '2s/^vimg: \([0-9]*\) photos .*/\1/p' "$tmp/err")
  [ $((got + said)) -eq "$read" ]
  [ "$said" -gt 0 ]
}

@test "a disk that fills up: 74, one sentence; what is recorded holds; with room again the next run completes" {
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 80 >"$tmp/in"
  mkdir "$tmp/room"
  mount -t tmpfs -o size=2m none "$tmp/room" || skip "no tmpfs can be mounted here"
  room=$tmp/room
  export VPIPE_IMAGES=$room/images
  vimg --parallel 4 --thumbs 64 <"$tmp/in" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  store=$VPIPE_IMAGES
  lost_store 74 "No space left on device"
  [ "$got" -gt 0 ]
  store_holds "$tmp/out"
  # full as it is, the same end, and nothing is less true
  cp "$tmp/out" "$tmp/first"
  vimg <"$tmp/in" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  lost_store 74 "No space left on device"
  store_holds "$tmp/first"
  store_holds "$tmp/out"
  mount -o remount,size=64m none "$room"
  run -0 --separate-stderr vimg --thumbs 64 <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  [[ $stderr == "vimg: 80 photos = "*" + 0 failed + 0 put off, "* ]]
  store_holds "$tmp/out"
  store_lists >"$tmp/have"
  store=$tmp/elsewhere VPIPE_IMAGES=$tmp/elsewhere
  vimg -q --thumbs 64 <"$tmp/in" >/dev/null
  store_lists | diff - "$tmp/have"
}

@test "the S3 server goes away at a sync, a write or a look: loud, nothing is lost, the next run completes" {
  need_s3
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 20 >"$tmp/in"
  vimg -q <"$tmp/in" >/dev/null
  store_lists >"$tmp/undisturbed"
  s3_mount away "$tmp/mnt"
  store=$tmp/mnt/images
  export VPIPE_IMAGES=$store VPIPE_IMAGES_MOUNT=yes
  for at in 'fsync 5' 'write 3' 'open 12'; do
    mkdir -p "$store"
    rm -rf "$tmp/tell" "${store:?}"/*
    env LD_PRELOAD="${O:-$ROOT/build}/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 FAIL_HOW=stop FAIL_CALL="${at% *}" \
      FAIL_AT="${at#* }" FAIL_PATH=/mnt/images FAIL_TELL="$tmp/tell" vimg --parallel 2 <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
    pid=$!
    until_true 60 stopped_at "$pid"
    s3_away
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    lost_store 74 "Input/output error" || { echo "at $at"; false; }
    # while it is away: said at once, nothing asked for
    asked=$(pictures_asked)
    status=0
    vimg <"$tmp/in" >"$tmp/none" 2>"$tmp/err" || status=$?
    [[ $status -eq 75 || $status -eq 74 ]] || { echo "status $status"; cat "$tmp/err"; false; }
    [ -z "$(records "$tmp/none" .outcome)" ]
    s3_back
    store_holds "$tmp/out" || { echo "at $at"; false; }
    vimg -q <"$tmp/in" >"$tmp/out"
    [ "$(records "$tmp/out" .outcome | grep -cxE 'stored|known')" -eq 20 ]
    s3 unmount "$tmp/mnt"
    s3 mount away "$tmp/mnt"
    store_holds "$tmp/out"
    store_lists | diff "$tmp/undisturbed" -
  done
}

stopped_at() {
  [[ -e $tmp/tell && $(awk '/^State:/ { print $2 }' "/proc/$1/status") == T ]]
}

@test "no room where s3fs keeps what is written: 74, one sentence, and with room the next run completes" {
  need_s3
  market_start "$scenarios/small.json" --pictures "$drawings"
  photos 20 >"$tmp/in"
  vimg -q <"$tmp/in" >/dev/null
  store_lists >"$tmp/undisturbed"
  mkdir "$tmp/room"
  mount -t tmpfs -o size=60m none "$tmp/room"
  room=$tmp/room
  VPIPE_S3_TMP=$room VPIPE_S3_FREE=1 s3_mount noroom "$tmp/mnt"
  store=$tmp/mnt/images
  export VPIPE_IMAGES=$store VPIPE_IMAGES_MOUNT=yes
  mkdir "$store"
  head -c 60m /dev/zero >"$room/full" 2>/dev/null || :
  status=0
  vimg <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || status=$?
  rm "$room/full"
  lost_store 74 ""
  store_holds "$tmp/out"
  vimg -q <"$tmp/in" >"$tmp/out"
  store_holds "$tmp/out"
  store_lists | diff "$tmp/undisturbed" - || { s3_unmount "$tmp/mnt"; false; }
  s3_unmount "$tmp/mnt"
}

@test "the images flow on an S3 mount: all is stored; the server taken away in the middle is loud, and the next run completes" {
  need_s3
  pg_fresh
  export VPIPE_RAW=$VPIPE_DATA/raw VPIPE_SAMPLE_FRAC=0 \
    VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
  export VPIPE_IMAGES=$tmp/mnt/images VPIPE_IMAGES_MOUNT=yes
  store=$VPIPE_IMAGES
  s3_mount "images$BATS_TEST_NUMBER" "$tmp/mnt"
  opened '{items: 60}'
  catalog "$pt" "$it" >/dev/null 2>"$tmp/words"
  whole=$(images --dry-run | jq -r .photo_key | sort -u | wc -l)
  curl -sS -f -X POST "$MARKET/_market/faults?path=image&kind=slow&ms=400" >/dev/null
  "$ROOT/scripts/images" >"$tmp/told" 2>"$tmp/words" 3>&- 4>&- &
  runs=$!
  until_true 60 eval '[ "$(pictures_asked)" -ge $((whole / 3)) ]'
  s3_away
  status=0
  wait "$runs" || status=$?
  cat "$tmp/words"
  [[ $status -eq 74 || $status -eq 75 ]]
  grep -q '^vimg: .*\(Input/output error\|cannot\)' "$tmp/words"
  s3_back
  curl -sS -f -X DELETE "$MARKET/_market/faults" >/dev/null
  images --budget 9999 >"$tmp/told" 2>"$tmp/words"
  all_is_stored
  run -0 --separate-stderr images --check
  [ -z "$output" ]
  run -0 --separate-stderr images
  [[ $stderr == *'vinted: 0 photos are due'* ]]
}
