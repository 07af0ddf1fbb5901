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

# its database is kept as "days"
market_of_days() {
  calm_market '.items = 400 | .sold_per_1000_item_days = 60 | .cancel_share = 0.2 |
    .favourite_rate = 0.02 | .arrival_rate = 60'
  some_days "$(size 7 24)"
  psql -X -q -d postgres -c "create database days template $PGDATABASE strategy file_copy"
}

@test "days in two currencies, a refusal, a hole: day and week as the oracle has them" {
  market_of_days
  trends_are_true "$(size 300 1000)"
  [ "$(sql "select count(distinct currency) = 2 and count(*) filter (where blank = 'coverage') > 0
      and count(*) filter (where blank = 'no sweep') > 0 and sum(sold) > $(size 5 50)
      and sum(favourites) > 100 from serving.trends where \"by\" = 'all'")" = t ]
  [[ -n ${SOAK:-} ]] || return 0	# other orders are tried by tests/trends.bats
  want=$("$ROOT/scripts/db" digest)
  marts=yes same "$want" "$(marts=yes replayed batches in_batches 3 2)"
  PGDATABASE=${PGDATABASE}_batches
  # in that many days late parts withdraw sales that were told
  [ "$(sql "select count(*) > 0 from ops.change
      where op = 'withdraw' and event ->> 'type' = 'sold'")" = t ]
  trends_are_true "$(size 300 1000)"
}

# the market of the test before, or anew
with_days() {
  psql -X -q -d days -c 'select' >/dev/null 2>&1 || market_of_days
  export PGDATABASE=days VPIPE_BASE_URL=http://127.0.0.1:1
}

# five whole weeks before: so few days have neither an index nor a share sold by age
with_weeks() {
  sql "create temporary table first as select min(day) - (extract(isodow from min(day))::int - 1) as day
      from serving.trend_coverage;
    insert into serving.sale_cell select ops.cell_of(row(source, site, \"by\", catalog_id, null::text, null::bigint, null::text)::text),
        source, site, \"by\", catalog_id, null, null, null, 60
      from (select distinct source, site, \"by\", catalog_id from serving.trend_cell where \"by\" in ('all', 'catalog')) c
      on conflict do nothing;
    insert into serving.sale_age select cell, f.day - 105, 0, v.last, v.gone, v.exit, v.n from serving.sale_cell, first f,
      (values (100, 100, 'on', 30), (3, 5, 'sold', 21), (12, 14, 'sold', 4), (6, 8, 'unknown', 5)) v(last, gone, exit, n)
      where \"by\" in ('all', 'catalog');
    insert into serving.trend_coverage select distinct c.source, c.site, f.day - n, c.catalog_id, 1, 1, 5, 5, 0, 0, 90, 3, 0
      from serving.trend_coverage c, first f, generate_series(1, 35) n;
    insert into serving.trend_flow (cell, span, day, new, ended, sold, favourites, asked_n, sold_n, asked_median, sold_median)
      select cell, 'week', f.day - 7 * w, 50 + w, 9, 30, 5, 50 + w, 30, 10 + w, 9 + w
      from serving.trend_cell, first f, generate_series(1, 5) w where \"by\" in ('all', 'catalog');
    insert into serving.trend_link select cell, f.day - 7 * w, 50 + w, 45, 45, w, 2 * w
      from serving.trend_cell, first f, generate_series(1, 5) w where \"by\" in ('all', 'catalog')"
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
  with_weeks
  report "$tmp/site"
  [ "$(held "$(held index '.pages[0][0]')" '[[.weeks[][12] // empty], [.ages[][6] // empty]] | map(length > 2) | tojson')" = '[true,true]' ]
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
    same "$(sql "select week, new, sold, trim_scale(sold_median), trim_scale(index), blank
        from serving.trends_weekly where $whole order by week")" \
      "$(held "$key" '.weeks[]? | [.[0], .[1], .[3], .[9], .[12], .[11]] | map(. // "") | join("|")')"
    same "$(sql "select age, listings, sold, other, unknown, too_young, trim_scale(share), trim_scale(low), trim_scale(high)
        from serving.sell_through where \"by\" in ('all', 'catalog') and site = '$site' and born_week is null
          and catalog_id is not distinct from nullif('$catalog', '') order by age")" \
      "$(held "$key" '.ages[]? | map(. // "") | join("|")')"
    same "$(sql "select replace(\"by\", 'catalog ', ''), kind, brand, condition_id, size, n,
          case when n >= 20 then trim_scale(p10) end, case when n >= 20 then trim_scale(q1) end,
          case when n >= 20 then trim_scale(median) end, case when n >= 20 then trim_scale(q3) end,
          case when n >= 20 then trim_scale(p90) end
        from serving.prices where $of and kind in ('asked', 'sold') and \"by\" in (select (case when '$catalog' = '' then w
          else nullif(concat_ws(' ', 'catalog', nullif(w, 'all')), '') end) from unnest('{all,brand,condition,size}'::text[]) as w)" |
        LC_ALL=C sort)" \
      "$(held "$key" '.prices[]? | map(. // "") | join("|")' | LC_ALL=C sort)"
    same "$(sql "select count(*) from serving.listing_fact where site = '$site' and currency = '$currency'
        and ('$catalog' = '' or '$catalog' = any (catalogs))" | awk '{ print $1 < 500 ? $1 : 500 }')" \
      "$(held "$key" '.listings | length')"
    same "$(sql "select item_id, type, number, trim_scale(e.new), e.confidence
        from serving.event e where item_id in ('$(held "$key" '[.listings[][0]] | join("'"','"'")')') order by 1, latest, number, type" |
        awk -F '|' '{ row[NR] = $1 "|" $2 "|" $4 "|" $5; of[NR] = $1; n[$1]++ }
          END { for (i = 1; i <= NR; i++) if (++seen[of[i]] > n[of[i]] - 20) print row[i] }')" \
      "$(held "$key-stories" '.events[] | [.[0], .[1], .[5], .[7]] | map(. // "") | join("|")')"
    same "$n $sold" "$(held "$key" '.bins.rows // [] | [.[] | select(.[0] == "asked") | .[2]] as $a
        | [.[] | select(.[0] == "sold") | .[2]] as $s | "\($a | add // 0) \($s | add // 0)"')"
  done < <(held index '.pages[] | [.[0], .[2], .[3], .[4], .[7], .[9], .[11], .[12]] | map(. // "") | join("|")')
  same "$(sql 'select site, day, sum(sweeps), sum(complete), sum(pages_asked), sum(pages_got)
      from serving.trend_coverage group by 1, 2 order by 1, 2')" \
    "$(held index '.coverage[] | .[1:7] | join("|")')"
  same "$(sql 'select country, count(*), sum(item_count), sum(sold) from serving.seller group by 1 order by 2 desc, 1')" \
    "$(held index '.places[] | .[1:] | map(. // "") | join("|")')"
  same "$({ "$ROOT/scripts/sales" --json; "$ROOT/scripts/sales" --json --by catalog; } | jq -c '[.n, .sold, .median, .curve]')" \
    "$(held curves '.[] | [.n, .sold, .median, .days] | tojson')"
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
  # a page of a catalog that is no more goes
  : >"$tmp/site/data/0123456789abcdef.js"
  report "$tmp/site"
  [ ! -e "$tmp/site/data/0123456789abcdef.js" ]
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
  # sorted by price, the dearest first
  same "$(held "$(jq -r .first <<<"$said")" '[.listings[][5]] | max * 100')" \
    "$(jq '.dearest | gsub(","; "") | tonumber * 100' <<<"$said")"
  same '["#/overview","#/categories","#/products","#/trends","#/sales","#/places","#/sources","#/quality"]' \
    "$(jq -c .keyed <<<"$said")"
  [[ $(jq -r '.told[0]' <<<"$said") == 20??-??-??:*new*sold* ]]
  [[ $(jq -r '.told[1]' <<<"$said") != "$(jq -r '.told[0]' <<<"$said")" ]]
  same 'Products: Ravelo' "$(jq -r .searched <<<"$said")"
  # from what was found to the listing, its price and its events, and on to one like it
  same "$(jq -c '.story.title' <<<"$said")" "$(jq -c '.story.found' <<<"$said")"
  # the first price, that after each change, the last
  same true "$(jq -c '.story | (.changes | length > 0) and .steps[1:-1] == .changes and .steps[-1] == .changes[-1]' <<<"$said")"
  same '[1,true,true]' "$(jq -c '[.story.drawn, .story.events > 0, .story.like != .story.repriced]' <<<"$said")"
  # what others wrote is text, in labels too
  same '["<a href=x>link</a>","<b>bold</b> & co"]' "$(jq -c '.labels | sort' <<<"$said")"
  # each page shows something: a picture, a table, or why not
  same '[]' "$(jq -c '[.pages | to_entries[] | select(.value.drawn + .value.few + .value.rows == 0).key]' <<<"$said")"
}

# kept KIND SITE TIME FILE [CATALOG]: a capture as a published part
kept() {
  "$ROOT/scripts/wrap" -q --source vinted --kind "$1" --site "$2" --at "$3T12:00:00Z" \
    ${5:+--catalog "$5"} "$4" | vput -q "$VPIPE_DATA/raw" >/dev/null
}

@test "the report of all captures: each chart is drawn or says why not, and nobody swept" {
  need_shared
  cd "$SHARED/captures/vinted"
  browser_ready
  kept catalog www.vinted.pt 2024-02-10 next-data-catalog-tree-pt-2024-02.json
  for name in color:colour status:condition country:country material:material size:size; do
    kept "${name#*:}" www.vinted.fr 2021-05-10 "dict-${name%:*}-fr-2021.json"
  done
  kept search www.vinted.it 2026-09-19 svc-catalogue-items-it-2026-09-19.json 1904
  kept search www.vinted.co.uk 2026-09-09 catalog-items-gb-2026-09-09.json 5
  jq -c '{items: [.]}' catalog-item-nl-2025-05.json >"$tmp/nl.json"
  kept search www.vinted.nl 2025-05-10 "$tmp/nl.json" 5
  kept search www.vinted.com 2025-08-10 catalog-items-us-2025-08-anonymised.json 5
  kept search www.vinted.com 2023-10-10 catalog-items-us-2023-10-anonymised.json 1904
  for name in 2023-12-05 2024-02-07 2024-02-18 2024-02-19 2025-06-21; do
    kept favourites www.vinted.cz "$name" "favourites-cz-$name.json"
  done
  kept item www.vinted.com 2023-10-11 item-us-2023-10-anonymised.json
  kept details www.vinted.com 2025-08-11 item-details-us-2025-08-anonymised.json
  kept item-status www.vinted.it 2026-07-27 item-status-plugin-sold-it-2026-07-27.json
  kept wardrobe www.vinted.pt 2024-04-12 wardrobe-photos-pt-2024-04-12.json
  kept search www.vinted.pt 2021-05-20 html-store-search-fr-2021-05-20.json 1904
  for name in item-page-*.html; do
    kept item-page www.vinted.fr 2026-08-26 "$name"
  done
  for name in error-*; do
    kept search www.vinted.fr 2026-09-19 "$name" 5
  done
  export VPIPE_NOW=2026-09-19T14:00:00Z
  # two captures have words in the place of numbers
  run -65 --separate-stderr "$ROOT/scripts/load"
  same 2 "$(grep -c "held: .*'item_id' is not an integer" <<<"$stderr")"
  report "$tmp/site"
  run -0 --separate-stderr node "$browser/report.mjs" "$tmp/site" "$tmp" desk
  same '[[],[],[],[]]' "$(jq -c '[.errors, .requests, .wide, .undrawn]' <<<"$output")"
  # (it searches for a brand of the simulator's)
  same '["products*"]' "$(jq -c '[.pages | to_entries[] | select(.value.drawn + .value.few + .value.rows == 0).key]' <<<"$output")"
  # what 832 listings of the Czech site cost is told; how much of a site came is not
  same '{"coverage":[null],"medians":1,"pages":10}' "$(held index '{pages: (.pages | length), coverage: ([.pages[][15]] | unique), medians: ([.pages[][9] | numbers] | length)} | tojson')"
}
