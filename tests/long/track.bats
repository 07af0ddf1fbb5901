# the tracking flow by hand: the same rows in any order, rebuilt; long
# bats file_tags=long
load ../helper
load ../track
load ../images
load ../flow		# the last: its load is that of scripts

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

# The same, but in CI the marts wait for what asks them: replays, and load.
loaded() {
  kept "$@" && some
}

# --- the real series ----------------------------------------------------------

# bats test_tags=soak
@test "the real series in any order, one part twice: the same rows" {
  need_shared "the series of captures is not loaded"
  for day in 2023-12-05 2024-02-07 2024-02-18 2024-02-19 2025-06-21; do
    "$ROOT/scripts/wrap" -q --source vinted --kind favourites \
      --site www.vinted.cz --at "${day}T12:00:00Z" \
      "$SHARED/captures/vinted/favourites-cz-$day.json" |
      vput -q "$VPIPE_DATA/raw" >/dev/null
    load
  done
  replays
  feed_is_true
}

# --- rebuilt ------------------------------------------------------------------

a_sale() {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  kept 2026-09-01T09:00:00Z <<<'wardrobe 300 11 12 13'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 12 13'
  loaded 2026-09-03T10:00:00Z <<<'user 300 6 8'
  load
}

# A contract, by jq itself: the order of its properties counts.
edited() {
  command jq "$@"
}

@test "a part that comes again, and a rebuild, add nothing to the feed" {
  a_sale
  # shellcheck disable=SC2046	# paths without blanks
  load $(parts)
  same 4 "$(feed | wc -l)"
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  same 4 "$(feed | wc -l)"
  feed_is_true
}

@test "a rebuild without one of the dumps adds the differences and no more" {
  a_sale
  before=$("$ROOT/scripts/db" digest)
  loaded 2026-09-02T20:00:00Z <<<'page 11 live'
  rm "$(parts | sed -n 4p)"	# the page's
  run -0 "$ROOT/scripts/rebuild" --force
  same $'8 withdraw 11 vanished unknown\n9 withdraw 11 returned observed
10 add 11 sold inferred' "$(feed --since 7)"
  same "$before" "$("$ROOT/scripts/db" digest)"
  feed_is_true
}

@test "a contract that changes changes what it says, and the feed no more than that" {
  a_sale
  cp -r "$ROOT/schema/sources" "$tmp/sources"
  export VPIPE_SOURCES=$tmp/sources
  contract=$tmp/sources/vinted/item.wardrobe-2026.json
  # another total price: the state of an item, and none of its events
  edited '.version += 1 | .schema.properties.total_price["x-jq"] = "1"' \
    "$ROOT/schema/sources/vinted/item.wardrobe-2026.json" >"$contract"
  load --stale
  same 4 "$(feed | wc -l)"
  # listed by another word
  edited '.version += 2 | .schema.properties.evidence["x-jq"] = "\"seen\""' \
    "$ROOT/schema/sources/vinted/item.wardrobe-2026.json" >"$contract"
  load --stale
  same $'add|3\nwithdraw|3' "$(sql 'select op, count(*) from ops.change
    where n > 4 group by op order by op')"
  feed_is_true
}

@test "a contract that reads less leaves nothing of what it read before" {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8 {"country_iso_code":"PL"}'
  loaded 2026-09-01T09:00:00Z <<<'wardrobe 300 11 12'
  same '2|1' "$(sql "select (select count(photo_key) from staging.vinted_track_item),
    (select count(currency) from staging.vinted_track_seller)")"
  cp -r "$ROOT/schema/sources" "$tmp/sources"
  export VPIPE_SOURCES=$tmp/sources
  edited '.version += 1 | .schema.properties.photo_key["x-jq"] = "null"' \
    "$ROOT/schema/sources/vinted/item.wardrobe-2026.json" \
    >"$tmp/sources/vinted/item.wardrobe-2026.json"
  for contract in "$ROOT"/schema/sources/vinted/user.*.json; do
    jq -e '.schema.properties | has("country_code")' "$contract" >/dev/null ||
      continue
    edited '.version += 1 | .schema.properties.country_code["x-jq"] = "null"' \
      "$contract" >"$tmp/sources/vinted/${contract##*/}"
  done
  load --stale
  same '0|0' "$(sql "select (select count(photo_key) from staging.vinted_track_item),
    (select count(currency) from staging.vinted_track_seller)")"
  replays
}

# --- what replays differently if anything does --------------------------------

# polish USER...: where they live
polish() {
  local user

  for user; do
    echo "user $user 5 8 {\"country_iso_code\":\"PL\"}"
  done
}

@test "late sweeps, late holidays, late pages: the rows are those of all at once" {
  kept 2026-08-01T08:00:00Z <<<$'user 300 1 4\nuser 400 5 9'
  # beside them two more sellers, of whom little comes
  kept 2026-09-03T08:00:00Z <<<'list 5 51@500 52@500'
  kept 2026-08-01T08:00:00Z <<<'user 600 1 2'
  kept 2026-09-01T08:00:00Z <<<'wardrobe 600 62 63'
  kept 2026-09-01T10:00:00Z <<<'list 5 61@600 62@600'
  kept 2026-09-02T08:00:00Z <<<'wardrobe 600 62'
  loaded 2026-09-05T08:00:00Z <<<'list 5 11@300 12@300 14@300'
  kept 2026-09-02T08:00:00Z <<<'wardrobe 500 52'
  kept 2026-09-03T08:00:00Z <<<'wardrobe 600 61 62'
  loaded 2026-09-02T08:00:00Z <<<'wardrobe 300 12 13'
  kept 2026-09-02T09:00:00Z <<<'user 600 1 2 {"is_on_holiday":true}'
  loaded 2026-09-01T10:00:00Z <<<'list 5 11@300 12@300'
  loaded 2026-09-04T08:00:00Z <<<'wardrobe 300 11 12'
  loaded 2026-09-03T09:00:00Z <<<'user 300 1 2 {"is_on_holiday":true}'
  loaded 2026-09-03T08:00:00Z <<<'wardrobe 300 12'
  loaded 2026-09-02T09:00:00Z <<<'page 13 live'
  loaded 2026-09-04T19:00:00Z <<<'page 13 gone'
  loaded 2026-09-07T08:00:00Z <<<'wardrobe 300 11 15'
  loaded 2026-09-09T08:00:00Z <<<'user 300 2 5'
  replays
  feed_is_true
}

# pictures_by_chance SEED: two sellers, days of searches that find some of their
# items, with photos in common or not; and runs that got some of the pictures, one
# of a few, changed by a bit here and there, again and again
pictures_by_chance() {
  local day hour
  export VPIPE_RAW=$VPIPE_DATA/raw
  for day in 1 2 3 4 5 6; do
    for hour in 09 15; do
      awk -v seed="$1" -v day="$day" -v hour="$hour" 'BEGIN {
        srand(seed * 1000 + day * 24 + hour)
        for (n = 1; n <= 12; n++)
          if (rand() < (int(n / 2) == day || int(n / 2) == day - 1 ? 0.5 : 0.03))
            printf " %d@%d", 10 + n, 1 + n % 2
      }' >"$tmp/hits"
      # two listings with one photo
      [ ! -s "$tmp/hits" ] || sed 's/^/list 5/' "$tmp/hits" |
        told "2026-09-0${day}T$hour:00:00Z" | sed 's/photo_18/photo_14/g' |
        vput -q "$VPIPE_RAW" >/dev/null
    done
    awk -v seed="$1" -v day="$day" 'BEGIN {
      srand(seed * 1000 + day)
      split("c3a59966f00f3c5 0f0f0f0f0f0f0f0 123456789abcdef", base, " ")
      for (n = 1; n <= 12; n++) {
        kind = 1 + int(rand() * 3)
        hash = rand() < 0.1 ? "-" : base[kind] sprintf("%x", int(rand() * 16))
        if (rand() < 0.3)
          printf "photo_%d %s %d%d %s\n", 10 + n, rand() < 0.5 ? "stored" : "hashed",
            kind, int(rand() * 4), hash
      }
    }' >"$tmp/got"
    [ ! -s "$tmp/got" ] || fetched "2026-09-0${day}T20:00:00Z" <"$tmp/got"
  done
}

# What repeats what, by comparing all with all.
relists_of_all() {
  sql "with item as (
      select item_id, min(user_id) as seller, min(photo_key) as photo,
        min(observed_at) as first, max(observed_at) as last, array_agg(distinct run) as runs
      from staging.vinted_snapshot group by item_id),
    picture as (
      select i.item_id, p.sha256, p.width::float8 / p.height as shape, p.phash
      from item i join staging.vinted_photo_fetch f on f.photo_key = i.photo and f.is_got
        join serving.image p using (sha256)),
    repeat as (
      select n.item_id, o.item_id as old_id, o.last,
        case when n.photo = o.photo then 'photo' else 'picture' end as by
      from item n join item o on o.seller = n.seller and o.last < n.first and not o.runs && n.runs
      where n.photo = o.photo or exists (
        select from picture a, picture b
        where a.item_id = n.item_id and b.item_id = o.item_id and (a.sha256 = b.sha256
          or bit_count((a.phash # b.phash)::bit(64)) <= ops.near_distance()
          and abs(ln(a.shape / b.shape)) < 0.08)))
    select distinct on (item_id collate \"C\") item_id, old_id, by from repeat
    order by item_id collate \"C\", by, last desc,
      old_id collate \"C\""
}

# bats test_tags=soak
@test "pictures by chance, in any order: what repeats what, as comparing all with all has it" {
  for seed in $(seq 2); do
    export PGDATABASE=test_${BATS_TEST_NUMBER}_$seed VPIPE_DATA=$tmp/$seed
    psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
    mkdir -p "$VPIPE_DATA"
    pictures_by_chance "$seed"
    in_batches "3$seed" 3
    relists_of_all >"$tmp/want"
    grep -q picture "$tmp/want"
    sql 'select item_id, old_id, by from staging.vinted_relisting
      order by item_id collate "C"' | diff "$tmp/want" -
    feed_is_true
    replays
  done
}

# bats test_tags=soak
@test "runs that overlap in time: the rates of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 303 304 305)
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@300 12:20.00@303 13:30.00@304 14:40.00@305'
  loaded 2026-09-03T10:00:00Z <<<'list 5 11:10.10@300
    list 5 91:10.10@301
    list 5 92:10.10@301
    list 5 12:20.20@303 13:30.30@304 14:40.40@305'
  loaded 2026-09-03T10:00:01Z <<<'list 6 12:20.20@303 13:30.30@304 14:40.40@305'
  loaded 2026-09-04T10:00:00Z <<<'list 5 11:10.20@300 12:20.40@303 13:30.60@304 14:40.80@305'
  agreed 3
  replays
}

# Of 300 to 302, and of 400 to 402, whom no run joins; two runs each.
two_groups() {
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@300 12:20.00@301 13:30.00@302 14:40.00@300'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.10@300 12:20.20@301 13:30.30@302 14:40.40@300'
  loaded 2026-09-04T09:00:00Z <<<'list 5 21:10.00@400 22:20.00@401 23:30.00@402 24:40.00@400 25:50.00@401 26:60.00@402'
  loaded 2026-09-05T09:00:00Z <<<'list 5 21:10.10@400 22:20.20@401 23:30.30@402 24:40.40@400 25:50.50@401 26:60.60@402'
}

# bats test_tags=soak
@test "two groups of items that no run joins, and then one does: the errors of both, and the rows of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 301 302 400 401 402)
  two_groups
  agreed 2
  load
  same "$("$ROOT/scripts/db" digest)" "$(replayed apart in_batches 2 3)"
  sql 'create table was as select * from staging.vinted_track_rate'
  loaded 2026-09-06T09:00:00Z <<<'list 5 11:10.20@300 12:20.40@301 13:30.60@302
    list 6 21:10.20@400 22:20.40@401 23:30.60@402'
  # from a run of one group to one of the other: all that lies between
  same '1|t' "$(sql 'select count(distinct n.component),
        bool_and(abs(a.err - b.err) >= ea.err - oa.err + eb.err - ob.err + 4e-5)
    from was oa
        join was ob on ob.component > oa.component
        join staging.vinted_track_rate a on a.run = oa.run
        join staging.vinted_track_rate b on b.run = ob.run
        join (select component, max(err) as err from was group by 1) as ea
            on ea.component = oa.component
        join (select component, max(err) as err from was group by 1) as eb
            on eb.component = ob.component,
        staging.vinted_track_rate n')"
  # a country that comes late, before and after the join
  loaded 2026-09-04T10:00:00Z <<<'list 5 31:10.00@303 32:20.00@303'
  loaded 2026-09-07T09:00:00Z <<<'list 5 31:10.30@303 12:20.60@301 13:30.90@302 11:10.30@300'
  loaded 2026-09-08T09:00:00Z <<<'list 5 41:10.40@304 12:20.80@301 13:31.20@302 11:10.40@300'
  loaded 2026-09-09T09:00:00Z <<<'list 5 41:10.50@304 12:21.00@301 13:31.50@302 11:10.50@300'
  loaded 2026-09-09T10:00:00Z < <(polish 304)
  same 6 "$(sql "select count(*) from staging.vinted_track_rate
    where joined_at is null")"
  loaded 2026-09-09T11:00:00Z < <(polish 303)
  agreed 6
  sql 'drop table was'
  replays
}

# agreed N: so many runs found a rate
agreed() {
  same "$1" "$(sql 'select count(*) from staging.vinted_track_rate
    where agree >= 3')"
}

@test "one id of two sellers: no wrong sale, and the rows of all at once" {
  kept 2026-09-01T08:00:00Z <<<$'user 300 5 8\nuser 400 5 7'
  loaded 2026-09-01T09:00:00Z <<<$'wardrobe 300 11 12 13\nwardrobe 400 21 22'
  loaded 2026-09-02T09:00:00Z <<<$'wardrobe 300 12 13\nwardrobe 400 11 21 22'
  loaded 2026-09-03T10:00:00Z <<<$'user 300 5 7\nuser 400 5 8'
  load
  same 'live observed -' "$(state 11)"
  loaded 2026-09-04T09:00:00Z <<<$'wardrobe 300 12 13\nwardrobe 400 21 22'
  loaded 2026-09-05T10:00:00Z <<<$'user 300 5 7\nuser 400 5 7'
  load
  same 0 "$(sql "select count(*) from serving.event where type = 'sold'")"
  replays
}

# bats test_tags=soak
@test "one id of two sellers in two currencies: the rates of all at once" {
  loaded 2026-09-01T08:00:00Z < <(echo 'user 300 5 8'; polish 400 401 402)
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@400 12:20.00@401 13:30.00@402 14:40.00@400'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.10@400 12:20.20@401 13:30.30@402 14:40.40@400'
  agreed 1
  loaded 2026-09-04T09:00:00Z <<<'list 5 12:20.30@300'
  agreed 0
  replays
}

# unnamed TIME: loaded, and no hit names its seller
unnamed() {
  told "$1" | sed 's/"user":{"id":[0-9]*}/"user":null/g' |
    vput -q "$VPIPE_DATA/raw" >/dev/null
  load
}

# bats test_tags=soak
@test "sellers that are named later: the rates of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 400 401 402)
  unnamed 2026-09-01T09:00:00Z <<<'list 5 11:10.00@400 12:20.00@401 13:30.00@402'
  unnamed 2026-09-02T09:00:00Z <<<'list 5 11:10.10@400 12:20.20@401 13:30.30@402'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.20@400 12:20.40@401 13:30.60@402'
  agreed 2
  replays
}

# bats test_tags=soak
@test "a seller who moves to another country: causes that were known are not" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 301 302 303)
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@300 12:20.00@301 13:30.00@302 14:40.00@303'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.10@300 12:20.20@301 13:30.30@302 14:40.40@303'
  load
  same $'listed observed -\nrepriced inferred rate' "$(happened 11)"
  loaded 2026-09-04T09:00:00Z <<<'user 300 5 8'
  same $'listed observed -\nrepriced unknown unknown' "$(happened 11)"
  loaded 2026-09-05T09:00:00Z <<<'list 5 11:10.20@300 12:20.40@301 13:30.60@302 14:40.80@303'
  same $'listed observed -\nrepriced unknown unknown\nrepriced unknown unknown' \
    "$(happened 11)"
  same $'listed observed -\nrepriced inferred rate\nrepriced inferred rate' \
    "$(happened 12)"
  feed_is_true
  replays
}

@test "a clock that steps back within a run: no crash, and the rows of all at once" {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  loaded 2026-09-01T09:00:00Z <<<'wardrobe 300 11 12 13'
  # the second line of this run is an hour before its first
  told 2026-09-02T09:00:00Z <<<$'wardrobe 300 12 13\nlist 5 11:9.00@300\nuser 300 5 8' |
    sed '2s/"fetched_at":"2026-09-02T09/"fetched_at":"2026-09-02T08/' |
    vput -q "$VPIPE_DATA/raw" >/dev/null
  load
  loaded 2026-09-03T12:00:00Z <<<'user 300 6 8'
  load
  same 'sold inferred counters' "$(state 11)"
  same '2026-09-02 08:00:01+00|2026-09-03 12:00:00+00' "$(sql "select earliest,
    latest from serving.event where item_id = '11' and type = 'sold'")"
  replays
}

@test "pages, 404s and accounts that tell nothing: in any order, the same rows" {
  for user in 300 310 320 330; do
    kept 2026-09-01T08:00:00Z <<<"user $user 5 9"
    kept 2026-09-01T09:00:00Z <<<"wardrobe $user ${user}1 ${user}2 ${user}3 ${user}4"
    kept 2026-09-02T09:00:00Z <<<"wardrobe $user ${user}3 ${user}4"
  done
  kept 2026-09-02T10:00:00Z <<<$'page 3001 gone\npage 3002 bare\nstatus 3101 reserved
    page 3102 bare\npage 3201 gone\npage 3302 theme WARNING'
  kept 2026-09-03T10:00:00Z <<<$'user 300 6 8\nuser 310 6 9\nvanished user 330
    user 320 5 7 {"account_status":8,"is_account_ban_permanent":true}'
  kept 2026-09-03T11:00:00Z <<<$'status 3101 reserved\nvanished wardrobe 330'
  kept 2026-09-05T11:00:00Z <<<$'page 3202 gone\nuser 330 5 9\nwardrobe 330 3303'
  load
  same 'sold inferred no-product' "$(state 3002)"
  same 'sold inferred no-product' "$(state 3102)"
  same 'live observed -' "$(state 3303)"
  replays
  feed_is_true
}
