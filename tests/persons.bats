# whom the database names: sellers are in staging and nowhere else, and leave it
load helper
load track
load images
load sellers
load flow		# the last: its load is that of scripts

setup_file() {
  sellers_loaded
}

teardown_file() {
  pg_stop
}

setup() {
  sellers_fresh
}

# aged: every manifest as older versions of vput wrote it
aged() {
  local manifest

  find "$VPIPE_DATA/raw" -name '*.manifest.json' | while read -r manifest; do
    zstd -dcq "${manifest%.manifest.json}.ndjson.zst" | tail -n 1 |
      jq -c --slurpfile old "$manifest" '$old[0] + {closing: .body}' >"$tmp/aged"
    cp "$tmp/aged" "$manifest"
  done
}

# ops_names WORD...: whether a row of ops holds one of them
ops_names() {
  local word

  sql "select format('select %L, to_jsonb(t) from ops.%I t;', relname, relname)
    from pg_class where relnamespace = 'ops'::regnamespace
    and relkind = 'r'" | psql -X -v ON_ERROR_STOP=1 -q -A -t >"$tmp/ops"
  for word; do
    if grep -m 1 -- "$word" "$tmp/ops"; then return 0; fi
  done
  return 1
}

@test "ops has no seller's number; the closings of wardrobes are in staging, and complete their sweeps" {
  run ! ops_names 300123456 300777777
  same '4|4' "$(sql "select count(*), count(*) filter (where walked and stop = 'end')
    from staging.vinted_closing")"
  same 2 "$(sql "select count(*) from (select distinct user_id, seller_key
    from staging.vinted_closing where seller_key is not null) as s")"
  same '4|t' "$(sql "select count(*), bool_and(complete) from staging.vinted_seller_sweep")"
  run ! grep -rq -e 300123456 -e 300777777 "$VPIPE_DATA/raw" --include='*.manifest.json'
}

# bats test_tags=long,soak
@test "loaded before the manifests are rewritten or after: the same rows, and ops names nobody" {
  "$ROOT/scripts/db" digest >"$tmp/want"
  aged
  grep -rq 300123456 "$VPIPE_DATA/raw" --include='*.manifest.json'
  # as a database of before has it
  sql "update ops.run r set queries = '[{\"query\":\"a/wardrobe?user=300123456\"}]'"
  sql "delete from ops.load"
  run -0 load
  "$ROOT/scripts/db" digest | diff "$tmp/want" -
  run ! ops_names 300123456 300777777
  run -0 --separate-stderr "$ROOT/scripts/db" migrate
  [[ $stderr == *"rewrote 2 manifests that named sellers"* ]]
  run ! grep -rq -e 300123456 -e 300777777 "$VPIPE_DATA/raw" --include='*.manifest.json'
  vraw check -q "$VPIPE_DATA/raw"
  run -0 load		# nothing is pending
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  "$ROOT/scripts/db" digest | diff "$tmp/want" -
  # once: what was published since names nobody
  run -0 --separate-stderr "$ROOT/scripts/db" migrate
  [[ $stderr != *rewrote* ]]
}

@test "what a migration finds in ops: catalogs' queries stay, sellers' go" {
  same '[{"query": "a/search?catalog=5"}, {"n": 1}]' "$(sql "select ops.catalog_queries('[
    {\"query\":\"a/search?catalog=5\"}, {\"query\":\"a/wardrobe?user=7\"},
    {\"query\":\"a/search?x=1\",\"user_id\":\"7\"}, {\"kind\":\"item-page\"},
    {\"query\":\"a/user\"}, {\"n\":1}]')")"
  same 't|[]|{"a": 1}' "$(sql "select ops.catalog_queries(null) is null, ops.catalog_queries('[]'),
    ops.catalog_queries('{\"a\":1}')")"
}

# bats test_tags=long
@test "a forgotten seller leaves ops and the feed, which says which lines went and names nobody" {
  # of each seller an item that is no item: its bytes are among the rejects
  kept 2026-09-04T09:00:00Z <<<$'list 5 8012:x@300123456 8022:x@300777777'
  run -0 env VPIPE_REJECTS=1 "$ROOT/scripts/load"
  key=$(sql "select distinct seller_key from staging.vinted_closing where user_id = '300123456'")
  sql "insert into ops.reject (program, run, part, line, index, stream, reason, value)
    values ('vupsert', 'gone', '0001', 1, 0, 'x', 'y', '{\"user\":{\"id\":300123456}}'),
      ('vupsert', 'gone', '0001', 2, 0, 'x', 'y', '{\"user\":{\"id\":3001234567}}'),
      ('vupsert', 'gone', '0001', 3, 0, 'x', 'y', '{\"user\":{\"id\":300777777}}')"
  rejects=$(sql "select count(*) from ops.reject where program = 'vnormalize'")
  [ "$rejects" -ge 2 ]
  "$ROOT/scripts/changes" >"$tmp/before"
  jq -c 'select(.event.item_id | IN("8011", "8012", "8013")) | .n' "$tmp/before" >"$tmp/hers"
  [ -s "$tmp/hers" ]
  ops_names '"8011"'
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-05T00:00:00Z"}\n' "$key" >"$VPIPE_DATA/forgotten.ndjson"
  run -0 env VPIPE_REJECTS=1 "$ROOT/scripts/rebuild"
  run ! ops_names '"\?8011\b' '"\?8012\b' '"\?8013\b' '300123456\b' "$key"
  ops_names 300777777	# another's bytes stay, and her lines
  ops_names 3001234567
  same "$((rejects / 2))" "$(sql "select count(*) from ops.reject where program = 'vnormalize'")"
  "$ROOT/scripts/changes" >"$tmp/after"
  same "$(jq -c 'select(.op == "forget") | [.source, .lines]' "$tmp/after")" \
    "$(jq -sc '["vinted", .]' "$tmp/hers")"
  same "$(jq -c 'select(.op != "forget")' "$tmp/after")" \
    "$(jq -c 'select(.event.item_id | IN("8011", "8012", "8013") | not)' "$tmp/before")"
  # who had read all learns of it, and numbers go on
  last=$(jq -s 'map(.n) | max' "$tmp/before")
  same "$((last + 1))" "$("$ROOT/scripts/changes" --since "$last" | jq -c 'select(.op == "forget").n')"
  run -0 env VPIPE_REJECTS=1 "$ROOT/scripts/rebuild"
  "$ROOT/scripts/changes" | diff "$tmp/after" -
  kept 2026-09-06T09:00:00Z <<<$'wardrobe 300777777'
  run -0 load
  [ "$("$ROOT/scripts/changes" --since "$((last + 1))" | jq -s 'map(.n) | min')" -gt "$((last + 1))" ]
}

@test "who may read serving may, after a rebuild; and no more" {
  sql "do 'begin create role reading login; exception when duplicate_object then null; end'"
  export VPIPE_READER=reading
  "$ROOT/scripts/db" migrate
  for when in before after; do
    [ "$when" = before ] || run -0 "$ROOT/scripts/rebuild"
    same 5 "$(psql -X -A -t -U reading -c 'select count(*) from serving.item_state')"
    run -1 psql -X -A -t -U reading -c 'select * from staging.vinted_closing'
    run -1 psql -X -A -t -U reading -c 'select * from ops.reject'
  done
}
