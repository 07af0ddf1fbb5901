# factors: vpipe factors, what goes with a faster sale
load helper
load factors

setup_file() {
  pg_start
  pg_migrated
  HAVE_R=$(Rscript -e 'cat(system.file(package = "survival"))' 2>/dev/null) || HAVE_R=
  export HAVE_R
  # one market for all tests
  tmp=$BATS_FILE_TMPDIR
  staging_made
  simulated "$(seed 1)" 3000
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

factors() {
  "$ROOT/scripts/factors" "$@"
}

need_r() {
  [[ -n $HAVE_R ]] ||
    skip "no R with survival here (Debian: r-cran-survival): vpipe factors needs it"
}

@test "ratios of a market are as known, each within its interval; counts are those of the tables" {
  need_r
  factors --json >"$tmp/told"
  off_truth <"$tmp/told" | tee "$tmp/off"
  same 11 "$(wc -l <"$tmp/off")"
  run -1 grep -w out "$tmp/off"
  # and the intervals are narrow enough to tell something
  jq -se '[.[] | select(.low) | .high / .low] | max < 1.7' "$tmp/told"
  jq -se '[.[] | select(.level == .reference)] | length == 4 and
    all(.ratio == 1 and .low == null and .high == null)' "$tmp/told"
  newest="select max(greatest(last_seen, latest)) - interval '7 days' from staging.one_item_state"
  same "$(sql "select coalesce(brand, '(none)'), count(*), count(*) filter (where state = 'sold'
        and s.earliest + (s.latest - s.earliest) / 2 <= ($newest))
      from staging.one_item_state s join staging.one_item i on s.item_id = i.item_id::text
        join staging.one_event e on e.item_id = s.item_id
      where e.latest < ($newest)
      group by 1" | LC_ALL=C sort)" \
    "$(jq -r 'select(.factor == "brand") | "\(.level)|\(.listings)|\(.sold)"' "$tmp/told" | LC_ALL=C sort)"
}

@test "a table for people, of 80 columns; that of the database is replaced as a set" {
  need_r
  sql "insert into serving.sale_factor values ('one', 'brand', 'Old', 'x', 2, 1, 3, 9, 9, now(), 'm'),
    ('two', 'brand', 'Old', 'x', 2, 1, 3, 9, 9, now(), 'm')"
  run -0 --separate-stderr factors --source one
  [ -z "$stderr" ]
  [ "$(wc -L <<<"$output")" -le 80 ]
  [[ $output =~ \ \ Puma\ +0\.[0-9]{2}\ +0\.[0-9]{2}–0\.[0-9]{2}\ +[0-9]+\ +[0-9]+ ]]
  [[ $output == *"goes with a sale"*"not what brings it about"*"not yet verified on this site." ]]
  [[ $output != *because* ]]
  same '(none) Mango Nike Puma Zara' "$(sql "select string_agg(level, ' ' order by level) from serving.sale_factor
    where source = 'one' and factor = 'brand'")"
  same 2026-12-24 "$(sql "select max(as_of)::date from serving.sale_factor where source = 'one'")"
  same 1 "$(sql "select count(*) from serving.sale_factor where source = 'two'")"
  # each line of a level is a row
  same "$(grep -c '^  ' <<<"$output")" "$(sql "select count(*) from serving.sale_factor where source = 'one'")"
}

@test "levels of few sales are one; one of no sales has no ratio; exits may all be known" {
  need_r
  sql "update staging.one_item set brand = 'Rare ' || item_id % 50 where brand = 'Mango'" >/dev/null
  renewed
  factors --json >"$tmp/told"
  same '(none) (other) Nike Puma Zara' "$(jq -r 'select(.factor == "brand").level' "$tmp/told" | LC_ALL=C sort | paste -s -d ' ')"
  sed 's/"(other)"/"Mango"/' "$tmp/told" | off_truth >"$tmp/off"
  grep '^brand Mango .*[0-9] $' "$tmp/off"
  sql "update staging.one_item i set brand = 'Never, \"sold\"' from staging.one_item_state s
    where s.item_id = i.item_id::text and (brand ~ 'Rare' or i.item_id % 5 = 0) and state = 'live';
    update staging.one_item set brand = null where brand ~ 'Rare';
    update staging.one_item_state set state = 'deleted' where state = 'missing'" >/dev/null
  renewed
  factors --json >"$tmp/told"
  same '(none) Nike Puma Zara' "$(jq -r 'select(.factor == "brand").level' "$tmp/told" | LC_ALL=C sort | paste -s -d ' ')"
}

@test "a listing has no catalog until one finds it: who sells before that tells nothing of catalogs" {
  need_r
  sql "update staging.one_item_catalog_seen c
      set first_seen = e.latest + make_interval(days => 1 + (c.item_id % 9)::int)
      from staging.one_event e where e.item_id = c.item_id::text;
    delete from staging.one_item_catalog_seen c using staging.one_item_state s
      where s.item_id = c.item_id::text and s.last_seen < c.first_seen" >/dev/null
  factors --json | off_truth >"$tmp/off"
  cat "$tmp/off"
  grep -q '^catalog 1904 .*[0-9] $' "$tmp/off"
  # 26 if a catalog counted from the first day
  awk '$1 == "catalog" && $2 == "(none)" { low = $4 < 1.6 } END { exit !low }' "$tmp/off"
}

@test "few sales, bad options, and no R get one sentence" {
  fails 64 "no such option '--bye'" factors --bye
  fails 64 "'--source' needs an argument" factors --source
  mkdir "$tmp/path"
  for folder in ${PATH//:/ }; do
    ln -sf "$folder"/* "$tmp/path/"
  done
  rm "$tmp/path/Rscript"
  PATH=$tmp/path fails 69 'this needs R with its package survival: Debian has both in r-cran-survival' factors
  need_r
  fails 64 'too few sales' factors --source nobody
  printf '#!/bin/sh\nexit 69\n' >"$tmp/Rscript"
  chmod +x "$tmp/Rscript"
  PATH=$tmp:$PATH fails 69 'r-cran-survival' factors
  printf '#!/bin/sh\necho "Error: it broke" >&2\nexit 1\n' >"$tmp/Rscript"
  sql "insert into serving.sale_factor values ('one', 'brand', 'Old', 'x', 2, 1, 3, 9, 9, now(), 'm')"
  PATH=$tmp:$PATH fails 70 'R: Error: it broke' factors
  same 1 "$(sql 'select count(*) from serving.sale_factor')"
}
