# the tracking flow on a market: whom it asks, days against the truth; killed
# bats file_tags=long
load ../helper
load ../track
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
  psql -X -q -d postgres -c "create database ${PGDATABASE}_again template vpipe strategy file_copy"
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
  for day in $(seq "$(size 4 6)"); do
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
  [ "$counted" -gt "$(size 1 3)" ]
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
    where not exists (select from staging.vinted_seller_sweep s
    where s.owner = 'user:' || t.user_id and s.complete)")"
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

# bats test_tags=soak
@test "days without faults: sales as in the truth; replayed in any order" {
  calm_market '.sold_per_1000_item_days = 40'
  some_days "$(size 3 6)" 23
  sales_are_true "$(size 5 20)"
  feed_is_true
  replays
}

@test "days with looks lost and refusals: sales as in the truth" {
  # refusals last so long that a run falls into them, whenever it comes
  jq '.faults[0] += {burst_hours: 30, burst_every_hours: 60}' \
    "$ROOT/fixtures/market/scenarios/tracking-small.json" >"$tmp/refusing.json"
  market_at "$tmp/refusing.json"
  some_days "$(size 7 14)" 17
  sales_are_true "$(size 5 30)"
  [ "$(sql "select count(*) > 0 from serving.look
    where verdict like 'refused:%'")" = t ]
  feed_is_true
  marts_are_true
  [ "$(sql 'select count(*) > 9 from serving.sale_age')" = t ]
  [[ -n ${SOAK:-} ]] || return 0	# replays of less are tried by track.bats
  want=$("$ROOT/scripts/db" digest)
  same "$want" "$(replayed batches in_batches 5 30)"
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
  for ((i = 0; i < $(size 6 500); i++)); do
    forward $((i % 2 == 0 ? 90000 : 600))	# so long that something is due
    setsid "$ROOT/scripts/${flows[i % 4]}" $([[ ${flows[i % 4]} != catalog ]] || echo "$women") \
      >/dev/null 2>&1 3>&- &
    sleep "0.$((RANDOM % 900 + 100))"
    ! kill -9 -- "-$!" 2>/dev/null || dead=$((dead + 1))
    wait $! 2>/dev/null || :
  done
  echo "# $dead of $i were killed before their end" >&3
  [ "$dead" -gt $((i / 4)) ]
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
  for day in $(seq "$(size 2 3)"); do
    forward 86400
    PGHOST=$tmp track >/dev/null 2>&1 || :
    catalog "$women" >/dev/null 2>&1 || :
    track >/dev/null 2>&1
  done
  psql -X -q -d postgres -c "create database ${PGDATABASE}_two template vpipe strategy file_copy"
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

# The lock comes before the folder; to try the lock is to hold it for a moment.
running() {
  compgen -G "$VPIPE_DATA/scratch/track.*" >/dev/null
}

# --- pages that are no sale ----------------------------------------------------

@test "a market where no page without a product is a sale gives no sale" {
  market_at "$ROOT/fixtures/market/scenarios/pages-none-sold.json"
  export VPIPE_TRACK_BUDGET=1000000
  catalog "$women" 'https://www.vinted.pt/catalog/5-men?order=newest_first' \
    'https://www.vinted.pt/catalog/1904-women?order=price_low_to_high' >/dev/null 2>&1
  for _ in $(seq "$(size 3 6)"); do
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
