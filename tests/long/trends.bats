# trends and the report of a simulated market in two currencies, tracked for days:
# against an oracle that has the typed records alone, replayed in other orders; the
# report against the marts, and in a browser
# bats file_tags=long
load ../helper
load ../track
load ../trends
load ../browser
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

# a catalog and a track run each day; on one day nothing, on another a refusal
some_days() {
  local step

  for step in $(seq "$1"); do
    [ "$step" != 4 ] || fault challenge
    if [ "$step" != 6 ]; then
      catalog "$women" 'https://www.vinted.pl/catalog/5-men?order=newest_first' \
        >"$tmp/report" 2>&1 || :
      VPIPE_NOW=${VPIPE_NOW%+} vfetch resume vinted >"$tmp/report" 2>&1 || :
      track --budget 400 >"$tmp/report" 2>&1
    fi
    forward 82800
  done
}

@test "days in two currencies, a refusal, a hole: day and week as the oracle has them, in any order of loading" {
  calm_market '.items = 400 | .sold_per_1000_item_days = 60 | .cancel_share = 0.2 |
    .favourite_rate = 0.02 | .arrival_rate = 60'
  some_days "$(size 7 24)"
  psql -X -q -d postgres -c "create database days template $PGDATABASE"
  trends_are_true "$(size 300 1000)"
  [ "$(sql "select count(distinct currency) = 2 and count(*) filter (where blank = 'coverage') > 0
      and count(*) filter (where blank = 'no sweep') > 0 and sum(sold) > $(size 5 50)
      and sum(favourites) > 100 from serving.trends where \"by\" = 'all'")" = t ]
  want=$("$ROOT/scripts/db" digest)
  marts=yes same "$want" "$(marts=yes replayed batches in_batches 3 "$(size 7 2)")"
  PGDATABASE=${PGDATABASE}_batches
  # in that many days late parts withdraw sales that were told
  [ -z "${SOAK:-}" ] || [ "$(sql "select count(*) > 0 from ops.change
      where op = 'withdraw' and event ->> 'type' = 'sold'")" = t ]
  trends_are_true "$(size 300 1000)"
}

# the market of the test before
with_days() {
  export PGDATABASE=days VPIPE_BASE_URL=http://127.0.0.1:1
  psql -X -q -c 'select' >/dev/null 2>&1 || skip "the test before has not made its market"
}

report() {
  "$ROOT/scripts/report" "$@"
}

# held FILE JQ: what a data file of the report holds
held() {
  sed 's/^vpipe.data("[^"]*", //; s/);$//' "$tmp/site/data/$1.js" | jq -r "$2"
}

@test "each figure of the report is that of the marts; days without a sweep are blank" {
  with_days
  command -v npm >/dev/null || skip "no npm: plotly cannot be brought"
  report "$tmp/site"
  same "$(sql "select distinct source, site, currency, catalog_id from serving.prices
      where \"by\" in ('all', 'catalog') order by 1, 2, 3, 4 nulls first")" \
    "$(held index '.pages[] | .[1:5] | map(. // "") | join("|")' | LC_ALL=C sort)"
  while IFS='|' read -r key site currency catalog n median sold sold_median; do
    of="site = '$site' and currency = '$currency' and catalog_id is not distinct from nullif('$catalog', '')"
    whole="\"by\" in ('all', 'catalog') and $of"
    same "$(sql "select coalesce(sum(n) filter (where kind = 'asked'), 0),
          max(trim_scale(median)) filter (where kind = 'asked' and n >= 20),
          coalesce(sum(n) filter (where kind = 'sold'), 0),
          max(trim_scale(median)) filter (where kind = 'sold' and n >= 20)
        from serving.prices where $whole")" "$n|$median|$sold|$sold_median"
    same "$(sql "select day, new, sold, live, trim_scale(asked_median), trim_scale(coverage), blank
        from serving.trends where $whole order by day")" \
      "$(held "$key" '.days[]? | [.[0], .[1], .[3], .[4], .[7], .[10], .[11]] | map(. // "") | join("|")')"
    same "$(sql "select count(*) from serving.listing_fact where site = '$site' and currency = '$currency'
        and ('$catalog' = '' or '$catalog' = any (catalogs))" | awk '{ print $1 < 500 ? $1 : 500 }')" \
      "$(held "$key" '.listings | length')"
    same "$n $sold" "$(held "$key" '.bins.rows // [] | [.[] | select(.[0] == "asked") | .[2]] as $a
        | [.[] | select(.[0] == "sold") | .[2]] as $s | "\($a | add // 0) \($s | add // 0)"')"
  done < <(held index '.pages[] | [.[0], .[2], .[3], .[4], .[7], .[9], .[11], .[12]] | map(. // "") | join("|")')
  # nothing changed: nothing is written again
  touch -d 2000-01-01 "$tmp"/site/data/*
  report "$tmp/site"
  [ -z "$(find "$tmp/site/data" -newermt 2000-01-02 -type f)" ]
  # vpipe cron makes it where the setting says, and says when it cannot
  VPIPE_REPORT=$tmp/cron "$ROOT/scripts/cron" load --pending
  diff -r "$tmp/site" "$tmp/cron"
  : >"$tmp/file"
  VPIPE_REPORT=$tmp/file run -0 "$ROOT/scripts/cron" load --pending
  grep -q "'$tmp/file' is no folder" "$VPIPE_DATA/log/load.log"
  # nobody is in it
  ! grep -rlF -e "$(sql "select seller_key from serving.listing_fact where seller_key is not null limit 1")" "$tmp/site/data"
  # another folder is left alone
  mkdir "$tmp/other"; touch "$tmp/other/mine"
  fails 64 "'$tmp/other' is not empty" report "$tmp/other"
}

@test "the report opens from disk: no error, no request; drawn, drilled, keyed, read aloud" {
  with_days
  browser_ready
  report "$tmp/site"
  run -0 --separate-stderr node "$browser/report.mjs" "$tmp/site" "$tmp"
  said=$output
  same '[[],[],[],[],[]]' "$(jq -c '[.errors, .requests, .wide, .undrawn, .axe]' <<<"$said")"
  same '["Not here","Not here","Not here","Not here"]' "$(jq -c .wrong <<<"$said")"
  same true "$(jq -c '.brands == [.brand] and .unfiltered > 0 and .filtered == 0' <<<"$said")"
  same '["#/overview","#/categories","#/products","#/trends","#/sales","#/places","#/sources","#/quality"]' \
    "$(jq -c .keyed <<<"$said")"
  [[ $(jq -r '.told[0]' <<<"$said") == 20??-??-??:*new*sold* ]]
  [[ $(jq -r '.told[1]' <<<"$said") != "$(jq -r '.told[0]' <<<"$said")" ]]
  same 'Products: Ravelo' "$(jq -r .searched <<<"$said")"
  # each page shows something: a picture, a table, or why not
  same '[]' "$(jq -c '[.pages | to_entries[] | select(.value.drawn + .value.few + .value.rows == 0).key]' <<<"$said")"
}
