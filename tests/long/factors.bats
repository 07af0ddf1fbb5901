# vpipe factors held against markets whose ratios are known, and against coxph; long
# bats file_tags=long
load ../helper
load ../factors
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
  [[ -n $(Rscript -e 'cat(system.file(package = "survival"))' 2>/dev/null) ]] ||
    skip "no R with survival here (Debian: r-cran-survival): vpipe factors needs it"
  pg_fresh
}

@test "each 95 % interval holds the known ratio, in nine of ten markets at least" {
  staging_made
  n=$(size 2 100)
  for seed in $(seq "$n"); do
    simulated "$(seed "$seed")" 3000 shape=$((seed % 2 ? 8 : 13))e-1
    "$ROOT/scripts/factors" --json >"$tmp/told"
    off_truth <"$tmp/told"
  done >"$tmp/all"
  awk '{ level = $1 " " $2; n[level]++; out[level] += $NF == "out"; all++; lost += $NF == "out" }
    END { for (l in n) printf "# %s: held in %d of %d\n", l, n[l] - out[l], n[l] }' "$tmp/all" |
    LC_ALL=C sort >&3
  # of few markets one level may be out by chance, not many; a level that is the
  # reference of most is not judged
  awk -v least="$(size 0.5 0.9)" -v most="$n" '{ level = $1 " " $2; n[level]++; all++; out[level] += $NF == "out" }
    END { for (l in n) if (n[l] >= most / 2 && n[l] - out[l] < least * n[l]) { print l, out[l]; bad = 1 }
      exit bad || all < 10 * most }' "$tmp/all"
}

# bats test_tags=soak
@test "coxph on midpoints, with no law of ages, finds the same" {
  staging_made
  for shape in 0.8 1.5; do
    simulated "$(seed 2)" 20000 shape=$shape unknown=0
    "$ROOT/scripts/factors" --json | jq -r 'select(.low) | [.factor, .level, .ratio, .low, .high] | @tsv' >"$tmp/told"
    run "$ROOT/tests/survival/cox" "$tmp/listings" "$tmp/told"
    sed "s/^/# /" <<<"$output" >&3
    [ "$status" -eq 0 ]
  done
}

# known <LINES: as off_truth, by the first line of the truth of a vmarket
known() {
  jq -r --slurpfile truth <(head -n 1 "$TRUTH") 'select(.low) | . as $row |
    def known(level): {brand: $truth[0].brands[if level == "(none)" then "" else level end],
        condition: $truth[0].conditions[level], catalog: 1,
        month: $truth[0].season[(level[5:] | tonumber? // 1) - 1]}[$row.factor];
    [.factor, .level, (if .factor == "price" then pow(2; -$truth[0].elasticity)
        else known(.level) / known(.reference) end), .ratio, .low, .high] | @tsv' |
    awk -F '\t' '{ print $0 "\t" ($5 <= $3 && $3 <= $6 ? "" : "out") }'
}

# bats test_tags=soak
@test "whole runs, from vmarket to the table: nearly all intervals hold the ratios of its truth" {
  export VPIPE_SAMPLE_FRAC=1
  for n in 1 2 3; do
    export PGDATABASE=run_$n VPIPE_DATA=$tmp/data_$n
    psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
    calm_market ".seed = $n | .start = \"2026-09-20T08:00:00Z\" | .items = 1200 | .wardrobe_p50 = 60 | .wardrobe_p90 = 100 |
      .arrival_rate = 100 | .sold_per_1000_item_days = 80 | .deleted_per_1000_item_days = 5 | .ban_rate = 0 |
      .price_median = 60 | .bulk_cut_rate = 1 |
      .catalogs = [{id: 1904, name: \"women\", share: 2}, {id: 5, name: \"men\"}] |
      .brands = [{id: 53, name: \"Ravelo\", share: 3, price: 1.4}, {id: 14, name: \"Norrvik\", share: 3, price: 1},
        {id: 7107, name: \"Plum Harbour\", share: 2, price: 0.6}] |
      .sale_brands = {\"Ravelo\": 2, \"Plum Harbour\": 0.5} | .sale_conditions = {\"6\": 1.5, \"4\": 0.6} |
      .sale_season = [1, 1, 1, 1, 1, 1, 1, 1, 0.7, 1.2, 1, 1] | .sale_elasticity = 1"
    for day in $(seq 35); do
      catalog 'https://www.vinted.pt/catalog/1904-women?order=newest_first' \
        'https://www.vinted.pt/catalog/5-men?order=newest_first' >"$tmp/report" 2>&1 || :
      track --budget 2000 >"$tmp/report" 2>&1 || { cat "$tmp/report"; return 1; }
      forward $((23 * 3600))
    done
    "$ROOT/scripts/factors" --json | known | tee "$tmp/run.$n"
    market_stop
  done
  cat "$tmp"/run.* | sed 's/^/# /' >&3
  awk '{ n++; out += $NF == "out" } END { print n, out; exit n < 12 || out > 1 + n / 10 }' "$tmp"/run.*
}
