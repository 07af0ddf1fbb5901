# the tracking flow over days, against the truth; replayed, killed; long
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

# --- the real series ----------------------------------------------------------

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
  jq '.version += 1 | .schema.properties.total_price["x-jq"] = "1"' \
    "$ROOT/schema/sources/vinted/item.wardrobe-2026.json" >"$contract"
  load --stale
  same 4 "$(feed | wc -l)"
  # listed by another word
  jq '.version += 2 | .schema.properties.evidence["x-jq"] = "\"seen\""' \
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
  jq '.version += 1 | .schema.properties.photo_key["x-jq"] = "null"' \
    "$ROOT/schema/sources/vinted/item.wardrobe-2026.json" \
    >"$tmp/sources/vinted/item.wardrobe-2026.json"
  for contract in "$ROOT"/schema/sources/vinted/user.*.json; do
    jq -e '.schema.properties | has("country_code")' "$contract" >/dev/null ||
      continue
    jq '.version += 1 | .schema.properties.country_code["x-jq"] = "null"' \
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
  loaded 2026-09-05T08:00:00Z <<<'list 5 11@300 12@300 14@300'
  loaded 2026-09-02T08:00:00Z <<<'wardrobe 300 12 13'
  loaded 2026-09-01T10:00:00Z <<<'list 5 11@300 12@300'
  loaded 2026-09-04T08:00:00Z <<<'wardrobe 300 11 12'
  loaded 2026-09-03T09:00:00Z <<<'user 300 1 2 {"is_on_holiday":true}'
  loaded 2026-09-03T08:00:00Z <<<'wardrobe 300 12'
  loaded 2026-09-02T09:00:00Z <<<'page 13 live'
  loaded 2026-09-04T19:00:00Z <<<'page 13 gone'
  loaded 2026-09-07T08:00:00Z <<<'wardrobe 300 11 15'
  loaded 2026-09-09T08:00:00Z <<<'user 300 2 5'
  # of two more sellers, of whom nothing else comes
  loaded 2026-09-03T08:00:00Z <<<'list 5 51@500 52@500'
  loaded 2026-09-02T08:00:00Z <<<'wardrobe 500 52'
  kept 2026-08-01T08:00:00Z <<<'user 600 1 2'
  kept 2026-09-01T08:00:00Z <<<'wardrobe 600 62 63'
  kept 2026-09-01T10:00:00Z <<<'list 5 61@600 62@600'
  kept 2026-09-02T08:00:00Z <<<'wardrobe 600 62'
  loaded 2026-09-03T08:00:00Z <<<'wardrobe 600 61 62'
  loaded 2026-09-02T09:00:00Z <<<'user 600 1 2 {"is_on_holiday":true}'
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

@test "pictures by chance, in any order: what repeats what, as comparing all with all has it" {
  for seed in $(seq "$(size 1 2)"); do
    export PGDATABASE=test_${BATS_TEST_NUMBER}_$seed VPIPE_DATA=$tmp/$seed
    psql -X -q -d postgres -c "create database $PGDATABASE template vpipe"
    mkdir -p "$VPIPE_DATA"
    pictures_by_chance "$seed"
    in_batches "$seed" 3
    relists_of_all >"$tmp/want"
    grep -q picture "$tmp/want"
    sql 'select item_id, old_id, by from staging.vinted_track_relist
      order by item_id collate "C"' | diff "$tmp/want" -
    feed_is_true
    replays
  done
}

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

@test "two groups of items that no run joins: the rates of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 301 302 400 401 402)
  two_groups
  agreed 2
  replays
}

# Of 300 to 302, and of 400 to 402, whom no run joins; two runs each.
two_groups() {
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@300 12:20.00@301 13:30.00@302 14:40.00@300'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.10@300 12:20.20@301 13:30.30@302 14:40.40@300'
  loaded 2026-09-04T09:00:00Z <<<'list 5 21:10.00@400 22:20.00@401 23:30.00@402 24:40.00@400 25:50.00@401 26:60.00@402'
  loaded 2026-09-05T09:00:00Z <<<'list 5 21:10.10@400 22:20.20@401 23:30.30@402 24:40.40@400 25:50.50@401 26:60.60@402'
}

@test "two groups that a run joins: the errors of both, and the rows of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 301 302 400 401 402)
  two_groups
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
  same 'live observed -' "$(state 11)"
  loaded 2026-09-04T09:00:00Z <<<$'wardrobe 300 12 13\nwardrobe 400 21 22'
  loaded 2026-09-05T10:00:00Z <<<$'user 300 5 7\nuser 400 5 7'
  same 0 "$(sql "select count(*) from serving.event where type = 'sold'")"
  replays
}

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

@test "sellers that are named later: the rates of all at once" {
  loaded 2026-09-01T08:00:00Z < <(polish 400 401 402)
  unnamed 2026-09-01T09:00:00Z <<<'list 5 11:10.00@400 12:20.00@401 13:30.00@402'
  unnamed 2026-09-02T09:00:00Z <<<'list 5 11:10.10@400 12:20.20@401 13:30.30@402'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.20@400 12:20.40@401 13:30.60@402'
  agreed 2
  replays
}

@test "a seller who moves to another country: causes that were known are not" {
  loaded 2026-09-01T08:00:00Z < <(polish 300 301 302 303)
  loaded 2026-09-02T09:00:00Z <<<'list 5 11:10.00@300 12:20.00@301 13:30.00@302 14:40.00@303'
  loaded 2026-09-03T09:00:00Z <<<'list 5 11:10.10@300 12:20.20@301 13:30.30@302 14:40.40@303'
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
  same 'sold inferred counters' "$(state 11)"
  same '2026-09-02 08:00:01+00|2026-09-02 09:00:00+00' "$(sql "select earliest,
    latest from serving.event where item_id = '11' and type = 'sold'")"
  replays
}

# --- whom it watches ----------------------------------------------------------

# watched FRACTIONS: the sellers that would be asked, were all of them due
watched() {
  VPIPE_SAMPLE_FRAC=$1 track --dry-run | jq -r .params.user | LC_ALL=C sort
}

@test "a fraction: none, all, some, the same again, and more with more" {
  calm_market '.wardrobe_p50 = 4 | .wardrobe_p90 = 10 | .wardrobe_max = 20'
  catalog "$women" 'https://www.vinted.pt/catalog/5-men?order=newest_first' \
    >/dev/null 2>&1
  watched 0 >"$tmp/none"
  watched 1 >"$tmp/all"
  watched 0.5 >"$tmp/half"
  watched 0.7 >"$tmp/more"
  [ ! -s "$tmp/none" ]
  same "$(cat "$tmp/half")" "$(watched .50)"
  same "$(wc -l <"$tmp/all")" "$(sql 'select count(distinct user_id)
    from staging.vinted_track_item')"
  for pair in 'half more' 'more all'; do
    [ -z "$(comm -23 "$tmp/${pair% *}" "$tmp/${pair#* }")" ]
    [ -n "$(comm -13 "$tmp/${pair% *}" "$tmp/${pair#* }")" ]
  done
  # the greatest fraction of the catalogs in which she was found counts
  watched '0 1904=1' >"$tmp/women"
  watched '1904=1' >"$tmp/women.alone"
  same "$(cat "$tmp/women")" "$(cat "$tmp/women.alone")"
  watched '0.5 1904=1' >"$tmp/mixed"
  same "$(sort -u "$tmp/women" "$tmp/half")" "$(cat "$tmp/mixed")"
  [ -s "$tmp/women" ] && ! cmp -s "$tmp/women" "$tmp/all"
  # by another way: the first 52 bits of a hash
  while read -r seller; do
    hash=$(printf 'vpipe-sample-1:vinted:%s' "$seller" | sha256sum)
    ((16#${hash:0:13} < 4503599627370496 / 2)) && echo "$seller"
  done <"$tmp/all" >"$tmp/want"
  diff "$tmp/want" "$tmp/half"
  # the same of the raw records in another order
  psql -X -q -d postgres -c "create database ${PGDATABASE}_again template vpipe"
  PGDATABASE=${PGDATABASE}_again backwards
  same "$(cat "$tmp/half")" "$(PGDATABASE=${PGDATABASE}_again watched 0.5)"
}

# --- rounds -------------------------------------------------------------------

# needless: items that would be asked although the counters have told
needless() {
  track --dry-run | jq -r '.params.item // empty' | LC_ALL=C sort |
    LC_ALL=C comm -12 - <(sql "select item_id from serving.item_state
      where rule = 'counters'" | LC_ALL=C sort)
}

@test "the cheap question first, and none that the counters have answered" {
  calm_market '.items = 150 | .wardrobe_p50 = 12 | .wardrobe_p90 = 20 |
    .wardrobe_max = 30 | .sold_per_1000_item_days = 60 | .arrival_rate = 60'
  catalog "$women" >/dev/null 2>&1
  track >/dev/null 2>&1
  counted=0
  for day in 1 2 3 4 5 6; do
    forward 93600	# longer than VPIPE_LOOK_HOURS
    same '' "$(needless)"
    before=$(asked | wc -l)
    run -0 track
    # each round after the one before
    asked | tail -n "+$((before + 1))" | cut -d ' ' -f 1 | uniq >"$tmp/rounds"
    printf 'user\nwardrobe\nitem\n' | grep -x -f "$tmp/rounds" >"$tmp/order"
    diff "$tmp/order" "$tmp/rounds"
    same '' "$(needless)"
    counted=$((counted + $(sql "select count(*) from serving.item_state
      where rule = 'counters'")))
  done
  [ "$counted" -gt 3 ]
}

@test "a refusal ends the run, loses nothing, and the next goes on" {
  calm_market '.items = 60 | .wardrobe_p50 = 10 | .wardrobe_p90 = 20'
  catalog "$women" >/dev/null 2>&1
  curl -sS -f -X POST \
    "$MARKET/_market/faults?kind=challenge&path=wardrobe&at_request=2&times=1"
  run -77 --separate-stderr track
  same 2 "$(asked | grep -c '^wardrobe')"
  [ -z "$(ls "$VPIPE_DATA/outbox")" ]
  same '1|1' "$(sql "select count(*) filter (where verdict = 'ok'),
    count(*) filter (where verdict like 'refused:%')
    from serving.look where kind = 'wardrobe'")"
  forward 43200
  run -0 --separate-stderr track
  same 0 "$(sql "select count(*) from staging.vinted_track_item t
    where not exists (select from staging.vinted_track_sweep s
    where s.user_id = t.user_id and s.complete)")"
}

# --- days, and the truth ------------------------------------------------------

# Every sale that we tell, in its interval; the truth's are in $TRUTH.
sales_are_true() {
  jq -r 'select(.what == "event" and .type == "sold") | [.id, .at] | @tsv' \
    "$TRUTH" >"$tmp/sold"
  sql "select item_id, coalesce(extract(epoch from earliest), 0),
    extract(epoch from latest), confidence from serving.event
    where type = 'sold'" | tr '|' '\t' >"$tmp/told.sold"
  awk -F '\t' '
	function epoch(at) {
		gsub(/[-T:Z]/, " ", at)
		return mktime(at)
	}
	NR == FNR { sold[$1] = sold[$1] " " epoch($2); next }
	{
		said++
		true = 0
		n = split(sold[$1], at, " ")
		for (i = 1; i <= n; i++)
			# the clocks differ by some milliseconds
			if (at[i] >= $2 - 2 && at[i] <= $3 + 2)
				true = 1
		if (!true) {
			print "no sale: " $0 " (" sold[$1] ")"
			wrong++
		}
	}
	END {
		print said + 0 " sales told, " wrong + 0 " wrong"
		exit wrong > 0 || said < least
	}' least="$1" "$tmp/sold" "$tmp/told.sold" >"$tmp/verdict" || {
    cat "$tmp/verdict"
    return 1
  }
}

# some_days STEPS HOURS: a catalog and a track run each
some_days() {
  local step status

  for ((step = 0; step < $1; step++)); do
    catalog "$women" 'https://www.vinted.pl/catalog/5-men?order=newest_first' \
      >"$tmp/report" 2>&1 || :
    status=0
    track --budget 400 >"$tmp/report" 2>&1 || status=$?
    case $status in
    0 | 69 | 75 | 77) ;;	# what is lost, refused
    *)
      cat "$tmp/report"
      echo "step $step: $status"
      return 1
      ;;
    esac
    forward $(($2 * 3600))
  done
}

@test "days without faults: sales as in the truth; replayed in any order" {
  calm_market '.sold_per_1000_item_days = 40'
  some_days "$(size 3 6)" 23
  sales_are_true "$(size 5 20)"
  feed_is_true
  replays
}

@test "days with looks lost and refusals: sales as in the truth; replayed" {
  # refusals last so long that a run falls into them, whenever it comes
  jq '.faults[0].burst_hours = 30' \
    "$ROOT/fixtures/market/scenarios/tracking-small.json" >"$tmp/refusing.json"
  market_at "$tmp/refusing.json"
  some_days "$(size 11 14)" 17
  sales_are_true "$(size 15 30)"
  [ "$(sql "select count(*) > 0 from serving.look
    where verdict like 'refused:%'")" = t ]
  feed_is_true
  want=$("$ROOT/scripts/db" digest)
  same "$want" "$(replayed batches in_batches 5 7)"
  [[ -n ${SOAK:-} ]] || return 0
  same "$want" "$(replayed at_once load)"
  same "$want" "$(replayed other_batches in_batches 6 3)"
}

# --- killed -------------------------------------------------------------------

# flow NAME: one of the three, in its usual words
flow() {
  case $1 in
  catalog) "$ROOT/scripts/catalog" "$women" ;;
  *) "$ROOT/scripts/$1" ;;
  esac
}

@test "the three flows killed at any point, again and again: complete, nothing twice, the rows of raw loaded at once" {
  local flows=(track catalog track images) i dead=0 flow
  calm_market '.items = 120'
  export VPIPE_IMAGES=$tmp/images VPIPE_IMAGE_BUDGET=4
  flow catalog >/dev/null 2>&1
  flow track >/dev/null 2>&1
  RANDOM=20261129
  for ((i = 0; i < $(size 8 500); i++)); do
    forward $((i % 8 == 0 ? 80000 : 600))
    setsid "$ROOT/scripts/${flows[i % 4]}" $([[ ${flows[i % 4]} != catalog ]] || echo "$women") \
      >/dev/null 2>&1 3>&- &
    sleep "$((RANDOM % 3)).$((RANDOM % 1000))"
    ! kill -9 -- "-$!" 2>/dev/null || dead=$((dead + 1))
    wait $! 2>/dev/null || :
  done
  echo "# $dead of $i were killed before their end" >&3
  [ "$dead" -gt $((i / 3)) ]
  forward 90000
  for flow in catalog track images; do
    run -0 flow "$flow"
    forward 600
  done
  [ -z "$(ls "$VPIPE_DATA/outbox")" ]
  same 0 "$(sql "select count(*) from ops.load u where step = 'upsert'
    and not exists (select from ops.load e where e.run = u.run
    and e.part = u.part and e.step = 'events')")"
  feed_is_true
  sales_are_true 1
  same "$("$ROOT/scripts/db" digest)" "$(replayed at_once load)"
}

@test "two at once: the second says so, and two loads judge as one" {
  calm_market '.items = 200'
  catalog "$women" >/dev/null 2>&1
  track >/dev/null 2>&1 &
  until_true 60 running
  fails 75 "another 'track' is running" track
  wait $!
  for day in 1 2 3; do
    forward 86400
    PGHOST=$tmp track >/dev/null 2>&1 || :
    catalog "$women" >/dev/null 2>&1 || :
    track >/dev/null 2>&1
  done
  psql -X -q -d postgres -c "create database ${PGDATABASE}_two template vpipe"
  want=$("$ROOT/scripts/db" digest)
  export PGDATABASE=${PGDATABASE}_two
  # shellcheck disable=SC2046	# paths without blanks
  load $(parts | awk 'NR % 2') &
  # shellcheck disable=SC2046
  load $(parts | awk 'NR % 2 == 0')
  wait $!
  same "$want" "$("$ROOT/scripts/db" digest)"
  feed_is_true
}

# The kernel's list is asked: to try the lock is to hold it for a moment.
running() {
  local inode

  inode=$(stat -c %i "$VPIPE_DATA/lock/track" 2>/dev/null) &&
    grep -q " FLOCK .*:$inode " /proc/locks
}

# --- pages that are no sale ----------------------------------------------------

@test "a market where no page without a product is a sale gives no sale" {
  market_at "$ROOT/fixtures/market/scenarios/pages-none-sold.json"
  export VPIPE_TRACK_BUDGET=1000000
  catalog "$women" 'https://www.vinted.pt/catalog/5-men?order=newest_first' \
    'https://www.vinted.pt/catalog/1904-women?order=price_low_to_high' >/dev/null 2>&1
  for _ in 1 2 3 4 5 6; do
    track >/dev/null 2>&1 || [[ $? -eq 69 ]]
    forward $((26 * 3600))
  done
  same 0 "$(grep -c '"type":"sold"' "$TRUTH")"
  same 0 "$(sql "select count(*) from ops.change where event ->> 'type' = 'sold'")"
  # there were such pages, of both kinds
  same 't|t|t' "$(sql "select count(*) filter (where state_rule = 'no-product') > 3,
    count(*) filter (where evidence = 'buyer_item_status:WARNING') > 0,
    count(*) filter (where evidence = 'buyer_item_status:INFO') > 0
    from staging.vinted_snapshot")"
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
