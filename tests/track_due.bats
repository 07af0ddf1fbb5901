# whom scripts/track asks, and when: a test for each sentence of "How often" in
# vpipe-events(7).  A day is 25 hours.
load helper
load track
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
  export VPIPE_SAMPLE_FRAC=1
}

# has USER COUNT: her whole wardrobe, of her first COUNT listings
has() {
  echo "wardrobe $1 $(seq -f "$1%02g" "$2" | xargs)"
}

# known USER COUNT...: found by a search, then counted, then swept
known() {
  {
    printf 'list 5'
    printf ' %s01@%s' $(printf '%s %s\n' "$@" | awk '{ print $1, $1 }')
    echo
  } | kept 2026-09-01T07:00:00Z
  printf 'user %s 50 %s\n' $(printf '%s %s\n' "$@" | awk '{ print $1, 50 + $2 }') |
    kept 2026-09-01T08:00:00Z
  printf '%s %s\n' "$@" | while read -r user count; do
    has "$user" "$count"
  done | loaded 2026-09-01T09:00:00Z
}

# due TIME [START]: what a run would ask then, a word for each, as user:11
due() {
  VPIPE_NOW=2026-$1Z "$ROOT/scripts/track" --dry-run 2>/dev/null |
    jq -r --arg start "${2:-}" '"\(.kind):\(.params | .user // .item)" |
        select(startswith($start))' | LC_ALL=C sort | xargs
}

@test "the fewer she has, the less often her wardrobe is asked; of more than forty the counters are" {
  known 11 1 16 6 22 12 33 40 44 41
  same '' "$(due 09-02T08:55:00)"
  same user:44 "$(due 09-02T09:55:00)"
  same 'user:44 wardrobe:22 wardrobe:33' "$(due 09-02T10:05:00)"
  same 'user:44 wardrobe:22 wardrobe:33' "$(due 09-03T10:55:00)"
  same 'user:44 wardrobe:16 wardrobe:22 wardrobe:33' "$(due 09-03T11:05:00)"
  # every third day that of the large one, though its counters stand still
  same 'wardrobe:44' "$(due 09-04T12:05:00 wardrobe:44)"
  same '' "$(due 09-05T12:55:00 wardrobe:11)"
  same wardrobe:11 "$(due 09-05T13:05:00 wardrobe:11)"
  # and at once when they moved; also of one who has many again, of whom no
  # sweep is complete
  loaded 2026-09-02T10:00:00Z <<<'user 44 51 91'
  same wardrobe:44 "$(due 09-02T10:01:00 wardrobe:44)"
  loaded 2026-09-05T14:00:00Z <<<'cut 11 200 1101'
  same user:11 "$(due 09-05T14:05:00 user:11)"
}

@test "who has nothing is asked after pauses that double, up to four weeks, and at once when a search finds something" {
  known 31 1 32 1
  kept 2026-09-05T14:00:00Z <<<$'wardrobe 31\nwardrobe 32'
  loaded 2026-09-05T14:10:00Z <<<$'status 3101 sold\nstatus 3201 hidden'
  # what is hidden may come back
  same 'item-page:3201' "$(due 09-09T17:55:00)"
  same 'item-page:3201 wardrobe:32' "$(due 09-09T18:05:00)"
  same 'wardrobe:31 wardrobe:32' "$(due 09-09T19:05:00 wardrobe)"
  loaded 2026-09-10T09:00:00Z <<<'wardrobe 31'
  # nine days
  same '' "$(due 09-19T08:55:00 wardrobe:31)"
  same wardrobe:32 "$(due 09-19T08:55:00 wardrobe)"
  same 'wardrobe:31 wardrobe:32' "$(due 09-19T09:05:00 wardrobe)"
  loaded 2026-10-05T09:00:00Z <<<$'wardrobe 31\nwardrobe 32'
  same '' "$(due 11-03T12:55:00 wardrobe)"
  same 'wardrobe:31 wardrobe:32' "$(due 11-03T13:05:00 wardrobe)"
  loaded 2026-10-05T10:00:00Z <<<'list 5 3102@31'
  same wardrobe:31 "$(due 10-05T10:05:00 wardrobe)"
}

@test "counters are asked once for what left, a day after; nobody's for what came" {
  known 42 12 43 10
  { has 42 11; has 43 11; } | loaded 2026-09-02T11:00:00Z
  same '' "$(due 09-03T10:55:00)"
  same user:42 "$(due 09-03T11:05:00)"
  loaded 2026-09-03T11:10:00Z <<<'user 42 51 62'
  same 'sold inferred counters' "$(state 4212)"
  same '' "$(due 09-04T11:15:00 user)"
  # a page that says that it is gone is held against them, too
  has 42 10 | kept 2026-09-04T11:00:00Z
  loaded 2026-09-04T11:10:00Z <<<'page 4211 gone'
  same '' "$(due 09-05T11:05:00 user)"
  same user:42 "$(due 09-05T11:15:00 user)"
  loaded 2026-09-05T11:20:00Z <<<'user 42 51 61'
  same '' "$(due 09-20T11:00:00 user)"
}

@test "a page is asked at once where counters would span too long, unless nothing of several is left" {
  known 51 1 52 3 53 3 54 12
  has 54 12 | loaded 2026-09-03T14:00:00Z
  { has 51 0; has 52 2; has 53 0; } | loaded 2026-09-05T14:00:00Z
  has 54 11 | loaded 2026-09-05T14:00:00Z
  same 'item-page:5101 item-page:5203' "$(due 09-05T14:05:00 item)"
  same 'user:51 user:52 user:53 user:54' "$(due 09-06T14:05:00 user)"
  # she is away, then banned; the counters, when they come, leave it open
  kept 2026-09-06T14:10:00Z <<<'user 53 50 53 {"is_on_holiday":true}'
  loaded 2026-09-06T14:20:00Z <<<$'user 52 51 52\nuser 51 50 51'
  same '5301 hidden inferred holiday' "$(states 5301)"
  same 'item-page:5101 item-page:5203' "$(due 09-06T15:00:00 item)"
  loaded 2026-09-06T15:00:00Z <<<'user 53 51 53 {"account_status":8,"is_account_ban_permanent":true}'
  same 'item-page:5101 item-page:5203' "$(due 09-06T15:05:00 item)"
}

@test "who is a 404 is asked twice" {
  known 61 1
  loaded 2026-09-05T14:00:00Z <<<'vanished wardrobe 61'
  same user:61 "$(due 09-05T14:05:00)"
  loaded 2026-09-05T14:10:00Z <<<'vanished user 61'
  same wardrobe:61 "$(due 09-05T14:15:00)"
  loaded 2026-09-05T14:20:00Z <<<'vanished wardrobe 61'
  same '' "$(due 09-11T14:00:00)"
  same 'user:61 wardrobe:61' "$(due 09-12T14:15:00)"
}
