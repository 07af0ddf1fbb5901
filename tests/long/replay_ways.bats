# the replay law: same raw records, contracts and key, same rows: one way a test
# (replay.bats has more seeds, and all ways at once)
# bats file_tags=long
load ../helper
load ../replay

setup_file() {
  pg_start
  pg_migrated
  export VPIPE_RAW=$BATS_FILE_TMPDIR/raw
  replay_dumps 1 6 3 8 30
  replay_contracts 2
  replay_in reference in_order >"$BATS_FILE_TMPDIR/want"
}

teardown_file() {
  pg_stop
}

setup() {
  replay_contracts 2
  want=$(cat "$BATS_FILE_TMPDIR/want")
}

is_the_same() {
  same "$want" "$(replay_in "$BATS_TEST_NUMBER" "$@")"
}

@test "everything is there: three variants, both sites, nulls, prices" {
  PGDATABASE=vpipe_reference
  same "new|2|t|f
old|2|t|t
page|2|f|t" "$(sql "select variant, count(distinct site),
    bool_or(price is null) and bool_or(price is not null),
    bool_or(brand is null) and bool_or(brand is not null)
    from staging.fair_item group by variant order by variant")"
  [ "$(sql 'select count(*) > 10 from serving.price_statistics')" = t ]
  [ "$(sql 'select count(*) from ops.hold')" = 0 ]
}

@test "in another order, and twice" {
  is_the_same shuffled_twice 7
}

@test "in other batches" {
  is_the_same in_small_batches 8
}

@test "by two loaders at once" {
  is_the_same two_loaders 9
}

@test "under a contract that changes half way, once nothing is stale" {
  is_the_same contract_changes_half_way 10
}

@test "killed at any moment" {
  is_the_same killed 0.2 0.4 0.6 0.8
}

@test "killed between upsert and the steps after it" {
  is_the_same killed_before_the_marts
}

@test "what differs shows: the digest is of all that matters" {
  cp -r "$VPIPE_RAW" "$tmp/raw"
  VPIPE_RAW=$tmp/raw replay_dumps 2 1 1 1 30
  have=$(VPIPE_RAW=$tmp/raw replay_in "$BATS_TEST_NUMBER" in_order)
  [ "$want" != "$have" ]
}

@test "per column the newest variant that declares it, a null after a value counts" {
  PGDATABASE=vpipe_reference
  # the price as it stands in the raw records, by another way: jq and sort
  find "$VPIPE_RAW" -name '*.zst' -exec zstd -dcq {} + |
    jq -r 'select(.kind == "search") | . as $r | .body.items | to_entries[] |
      select(.value | has("old") or has("new")) |
      [$r.site, (.value.id - 9007199254740000), $r.fetched_at, $r.run,
       ($r.line | tostring | "00000"[length:] + .),
       (.key | tostring | "00000"[length:] + .),
       (.value.price // "null" | tostring)] | @tsv' |
    LC_ALL=C sort -t '	' -k 1,1 -k 2,2n -k 3 |
    awk -F '\t' '{ last[$1 " " $2] = $7 } END { for (i in last) print i, last[i] }' |
    LC_ALL=C sort >"$tmp/want"
  sql "select site || ' ' || item_id::bigint - 9007199254740000 || ' ' ||
    coalesce(trim_scale(price)::text, 'null') from serving.item i
    where exists (select 1 from staging.fair_item f where f.site = i.site
      and f.item_id::text = i.item_id and f.variant <> 'page')" |
    LC_ALL=C sort >"$tmp/have"
  diff "$tmp/want" "$tmp/have"
  grep -q null "$tmp/have"
}
