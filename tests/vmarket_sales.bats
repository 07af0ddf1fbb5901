# vmarket: what its sales depend on, and how its truth says so
load helper
load market

# some JQ: a market in which sales depend on all that they can
some() {
  scenario '.items = 4000 | .start = "2026-09-20T08:00:00Z" | .new_per_hour = 5 |
    .sold_rate = 0.002 | .reserved_rate = 0.0005 | .truth_answers = 0 |
    .sale_brands = {"Ravelo": 2, "Quill \"24\"": 0.5, "": 0.7} |
    .sale_conditions = {"6": 1.5, "Satisfactory": 0.6} |
    .sale_season = [1, 1, 1, 1, 1, 1, 1, 1, 0.5, 1.5, 1, 3] | .sale_elasticity = 1'" | ${1:-.}"
}

# truth_until TIME SCENARIO
truth_until() {
  again "$2"
  market_clock "$1"
  market_stop
}

@test "wrong ratios are refused, the member named" {
  fails 78 "'sale_brands.Nobody'" vmarket --scenario "$(scenario '.sale_brands = {"Nobody": 2}')"
  fails 78 "'sale_brands.Ravelo'" vmarket --scenario "$(scenario '.sale_brands = {"Ravelo": 0}')"
  fails 78 "'sale_brands.Ravelo'" vmarket --scenario "$(scenario '.sale_brands = {"Ravelo": "2"}')"
  fails 78 "'sale_brands.Ravelo'" vmarket --scenario \
    "$(scenario '.sale_brands = {"Ravelo": 2} | .brands = [{"id": 1, "name": "Ours"}]')"
  fails 78 "'sale_brands'" vmarket --scenario "$(scenario '.sale_brands = [2]')"
  fails 78 "'sale_conditions.5'" vmarket --scenario "$(scenario '.sale_conditions = {"5": 2}')"
  fails 78 "'sale_conditions.New with tags'" vmarket --scenario \
    "$(scenario '.sale_conditions = {"6": 2, "New with tags": 2}')"
  for season in '[1, 1]' '[range(13) | 1]' '[range(11) | 1] + [-1]' '[range(11) | 1] + [null]' '{}' '2'; do
    fails 78 "'sale_season'" vmarket --scenario "$(scenario ".sale_season = $season")"
  done
  fails 78 "'sale_elasticity'" vmarket --scenario "$(scenario '.sale_elasticity = 6')"
}

@test "ratios of 1 are as none: the same truth" {
  truth_until 2026-10-05T08:00:00Z "$(scenario '.holiday_rate = 5 | .bulk_cut_rate = 50 | .flash_rate = 1')"
  mv "$TRUTH" "$tmp/without"
  truth_until 2026-10-05T08:00:00Z "$(scenario '.holiday_rate = 5 | .bulk_cut_rate = 50 | .flash_rate = 1 |
    .sale_brands = {"Ravelo": 1, "": 1} | .sale_conditions = {"Good": 1} |
    .sale_season = [range(12) | 1] | .sale_elasticity = 0')"
  cmp "$tmp/without" "$TRUTH"
  run -1 grep -q 'sale_ratio\|typical_price\|"what":"sale"' "$TRUTH"
}

@test "the truth begins with the ratios, by the names and ids of all" {
  truth_until 2026-09-20T09:00:00Z "$(some)"
  head -n 1 "$TRUTH" | jq -e '.what == "sale" and .sold_rate == 0.002 and .reserved_rate == 0.0005 and
    .elasticity == 1 and .brands.Ravelo == 2 and .brands["Quill \"24\""] == 0.5 and .brands[""] == 0.7 and
    .brands.Norrvik == 1 and .conditions == {"1": 1, "2": 1, "3": 1, "4": 0.6, "6": 1.5} and
    .season == [1, 1, 1, 1, 1, 1, 1, 1, 0.5, 1.5, 1, 3]'
}

@test "what a sale says of its ratio follows from the item's lines" {
  truth_until 2026-10-02T08:00:00Z "$(some '.bulk_cut_rate = 50 | .reprice_rate = 0.01')"
  run -0 jq -r 'if .what == "sale" then
      ["season", 9, .season[8]], ["season", 10, .season[9]],
      ((.brands, .conditions) | to_entries[] | ["ratio", .key, .value])
    elif .what == "item" then ["item", .id, .brand // "", .condition_id, .typical_price]
    elif .type == "sold" or .type == "reserved" then
      [.type, .id, (.at[5:7] | tonumber), .price, .sale_ratio]
    else empty end | @tsv' "$TRUTH"
  awk -F '\t' '$1 == "season" { season[$2] = $3 }
    $1 == "ratio" { ratio[$2] = $3 }
    $1 == "item" { of[$2] = ratio[$3] * ratio[$4] * $5 }
    $1 == "sold" || $1 == "reserved" {
      n++
      off = $5 * $4 / (of[$2] * season[$3]) - 1
      if (off > 1e-9 || off < -1e-9) { print; bad = 1 }
    }
    END { exit bad || n < 500 }' <<<"$output"
}

# as_foretold LEVELS: no level is further off than chance allows
as_foretold() {
  awk -F '\t' -v levels="$1" '{ off = ($3 - $4) / sqrt($4) }
    $4 >= 20 { n++ }
    $4 >= 20 && (off > 4 || off < -4) { print; bad = 1 }
    END { if (n < levels) { print n " levels"; bad = 1 } exit bad }'
}

@test "sales come as the ratios foretell, counted over the time that items are live" {
  truth_until 2026-10-15T08:00:00Z "$(some '.bulk_cut_rate = 20')"
  "$ROOT/tests/survival/hazards" "$TRUTH" 2026-09-20T08:00:00Z 2026-10-15T08:00:00Z >"$tmp/counts"
  cat "$tmp/counts"
  as_foretold 20 <"$tmp/counts"
}

@test "a cut through a wardrobe counts from its moment on" {
  truth_until 2026-09-30T08:00:00Z "$(some '.sale_elasticity = 3 | .price_spread = 0.1 | .bulk_cut_rate = 300 |
    .cut_min = 0.2 | .reprice_rate = 0 | .bump_rate = 0 | .favourite_rate = 0 | .reserved_rate = 0 | .deleted_rate = 0')"
  "$ROOT/tests/survival/hazards" "$TRUTH" 2026-09-20T08:00:00Z 2026-09-30T08:00:00Z >"$tmp/counts"
  cat "$tmp/counts"
  as_foretold 15 <"$tmp/counts"
  awk '$1 == "kind" && $2 == "cut" && $3 > 500 { found = 1 } END { exit !found }' "$tmp/counts"
}
