# the catalog flow over half a day, held against the truth; long
# bats file_tags=long
load ../helper
load ../flow

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

catalogs() {
  local host id

  for host in www.vinted.pt www.vinted.pl; do
    for id in $(size '1904 5' '1904 5 1193 1918 2309 2093'); do
      printf 'https://%s/catalog/%s?order=newest_first\n' "$host" "$id"
    done
  done
}

# half_a_day SEED: hours (a quarter of them in CI), with a refusal in the middle
# and a 429 later
half_a_day() {
  local hour status hours refused busy

  read -r hours refused busy <<<"$(size '3 2 3' '12 6 9')"

  market quickstart --seed "$1"
  # shellcheck disable=SC2046	# URLs
  for hour in $(seq "$hours"); do
    case $hour in
    "$refused") fault challenge ;;
    "$busy") fault 429 ;;
    esac
    status=0
    catalog $(catalogs) >"$tmp/report" 2>&1 || status=$?
    case $hour in
    "$refused") [ "$status" = 77 ] ;;
    "$busy") [ "$status" = 77 ] || [ "$status" = 75 ] ;;
    *) [ "$status" = 0 ] ;;
    esac || { cat "$tmp/report"; echo "hour $hour: $status"; return 1; }
    later 3600
  done
  prices_are_true "$(size 200 500)"
}

many_items_and_events() {
  [ "$(sql "select count(*) >= $(size 1500 5000) from serving.item")" = t ]
  [ "$(sql 'select count(distinct currency) from serving.price_statistics')" = 2 ]
  [ "$(sql "select sum(promoted) > $(size 30 100) from serving.look")" = t ]
  [ "$(sql "select count(*) > $(size 30 100) from (select 1 from serving.item_catalog
    group by site, item_id having count(*) > 1) as s")" = t ]
  [ "$(jq -c 'select(.what == "event" and .type == "repriced")' "$TRUTH" |
    wc -l)" -gt 100 ]
}

@test "many catalogs, two currencies, thousands of items, two refusals: the truth" {
  half_a_day 1
  many_items_and_events
  [[ -n ${SOAK:-} ]] || return 0
  # and once more from the raw layer alone (in CI replay_ways.bats does)
  want=$("$ROOT/scripts/db" digest)
  psql -X -q -d postgres -c "create database again template vpipe strategy file_copy"
  PGDATABASE=again load --pending
  same "$want" "$(PGDATABASE=again "$ROOT/scripts/db" digest)"
}
