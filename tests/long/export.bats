# scripts/export onto a real mount of a real S3 server (see s3.bash)
# bats file_tags=long
load ../helper
load ../s3
load ../duckdb

setup_file() {
  s3_start
  pg_start
  pg_migrated
}

teardown_file() {
  s3_stop
  pg_stop
}

setup() {
  need_s3
  mnt=$tmp/mnt
  s3_mount "bucket$BATS_TEST_NUMBER" "$mnt"
}

teardown() {
  s3_clean
}

@test "files of CSV and folders of Parquet are objects, replaced whole" {
  local rows="select n, n % 3 as third, n * 1.10 as price from generate_series(1, 3000) n"

  "$ROOT/scripts/export" --mount --sql "$rows" "$mnt/out/x.csv" 2>/dev/null
  same 3001 "$(s3_asks "$S3_URL/bucket$BATS_TEST_NUMBER/out/x.csv" | wc -l)"
  "$ROOT/scripts/export" --mount --sql 'select 1 as a' "$mnt/out/x.csv" 2>/dev/null
  same $'a\n1' "$(s3_asks "$S3_URL/bucket$BATS_TEST_NUMBER/out/x.csv")"
  : | "$ROOT/scripts/export" --mount --sql 'select 1 as a where false' "$mnt/out/x.ndjson" 2>/dev/null
  [ -e "$mnt/out/x.ndjson" ] && [ ! -s "$mnt/out/x.ndjson" ]
  need_duckdb
  for most in 3000 1; do
    "$ROOT/scripts/export" --mount --sql "$rows limit $most" --by third "$mnt/p.parquet" 2>/dev/null
    jq -r '.vpipe_export.files[] | "\(.sha256)  \(.file)"' "$mnt/p.parquet/_SUCCESS" >"$tmp/sums"
    (cd "$mnt/p.parquet" && sha256sum --quiet -c "$tmp/sums")
    same "$((most > 1 ? 3 : 1))" "$(wc -l <"$tmp/sums")"
    same "$(cut -c 67- "$tmp/sums" | sort)" \
      "$(cd "$mnt/p.parquet" && find . -name '*.parquet' | sed 's|^\./||' | sort)"
  done
}

@test "a server that is away is said, and nothing looks finished" {
  "$ROOT/scripts/export" --mount --sql 'select 1 as a' "$mnt/x.csv" 2>/dev/null
  s3_away
  run ! "$ROOT/scripts/export" --mount --sql 'select 2 as a' "$mnt/x.csv"
  s3_back
  until_true 60 readable
  same $'a\n1' "$(s3_asks "$S3_URL/bucket$BATS_TEST_NUMBER/x.csv")"
}

readable() {
  cat "$mnt/x.csv" >/dev/null 2>&1
}
