# scripts/export and vplace(1): tables and queries as files
load helper
load duckdb

setup_file() {
  pg_start
  pg_migrated
  odd_rows
}

teardown_file() {
  pg_stop
}

teardown() {
  umount "$tmp/small" 2>/dev/null || :
}

# serving.odd: what files get wrong
odd_rows() {
  psql -X -q -v ON_ERROR_STOP=1 <<'END'
create table serving.odd (id bigint, t text, p numeric, ok boolean,
    at timestamptz, day date, doc json, f double precision, site text);
insert into serving.odd values
    (9007199254740993, 'a "quoted", one', 1.10, true, '2026-09-20 10:00:00.123456+02', '2026-09-20', '{"a":1.10}', 0.1, 'it'),
    (-9223372036854775808, e'two\nlines\r\n', 123456789012345678901234567890.12345678, false, '1970-01-01Z', '0001-01-01', e'{\n "b": 2}', 1e300, 'pt/a=b'),
    (3, '', null, null, null, null, null, null, null),
    (null, null, null, null, null, null, null, null, null),
    (4, '\N', 0, true, '2026-09-20Z', '2026-09-20', 'null', 5e-324, ''),
    (5, '=1+1', -0.00000001, true, '2026-09-20Z', '2026-09-20', '"\u00e9"', -0.5, 'a b%20c'),
    (6, e'caf\u00e9 \U0001F600 \x01\x02\t\\.\\', 5, true, '2026-09-20Z', '2026-09-20', '[]', 3, 'it');
END
}

export_rows() {
  "$ROOT/scripts/export" "$@"
}

# differing FILE [COLUMNS [OPTION]]: rows of a file of CSV or of serving.odd that the
# other lacks, numbers by their value
differing() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 <<END
set timezone = 'UTC';
create temp table back (like serving.odd);
\\copy back${2:-} from '$1' (format csv, header${3:-})
with want as (select to_jsonb(o) || jsonb_build_object('p', trim_scale(p)) as j from serving.odd o),
    have as (select to_jsonb(b) || jsonb_build_object('p', trim_scale(p)) as j from back b)
(select 'lost', j from want except all select 'lost', j from have)
union all (select 'new', j from have except all select 'new', j from want);
END
}

@test "CSV comes back as the same rows: quotes, lines, nulls, empty texts, each digit" {
  export_rows odd "$tmp/odd.csv" 2>"$tmp/words"
  [ ! -s "$tmp/words" ]
  same '' "$(differing "$tmp/odd.csv")"
  same 'id,t,p,ok,at,day,doc,f,site' "$(head -n 1 "$tmp/odd.csv")"
  # a null is nothing, an empty text is two quotes, times are UTC
  grep -qx '3,"",,,,,,,' "$tmp/odd.csv"
  grep -q '^9007199254740993,"a ""quoted"", one",1.10,t,2026-09-20 08:00:00.123456+00,2026-09-20,' "$tmp/odd.csv"
  same 600 "$(stat -c %a "$tmp/odd.csv")"
}

@test "NDJSON is an object a row, its numbers as the database has them" {
  export_rows odd "$tmp/odd.ndjson"
  same 7 "$(wc -l <"$tmp/odd.ndjson")"
  jq -c . "$tmp/odd.ndjson" >/dev/null
  same '{"id":9007199254740993,"t":"a \"quoted\", one","p":1.10,"ok":true,"at":"2026-09-20T08:00:00.123456+00:00","day":"2026-09-20","doc":{"a":1.10},"f":0.1,"site":"it"}' \
    "$(head -n 1 "$tmp/odd.ndjson")"
  grep -qF '"p":123456789012345678901234567890.12345678' "$tmp/odd.ndjson"
  same '{"id":3,"t":"","p":null,"ok":null,"at":null,"day":null,"doc":null,"f":null,"site":null}' "$(sed -n 3p "$tmp/odd.ndjson")"
  # as PostgreSQL reads it again
  psql -X -q -v ON_ERROR_STOP=1 -c 'create temp table line (n serial, j json)' \
    -c "\\copy line (j) from '$tmp/odd.ndjson' (format csv, delimiter e'\\x02', quote e'\\x01')" \
    -c '(select to_jsonb(o) from serving.odd o except all select j::jsonb from line)
      union all (select j::jsonb from line except all select to_jsonb(o) from serving.odd o)' -A -t >"$tmp/differing"
  [ ! -s "$tmp/differing" ]
}

@test "WHAT is a table, a view, a ready query, a file or a SELECT, and --format or the suffix says how" {
  export_rows serving.odd >"$tmp/one"
  export_rows odd --format csv - | cmp - "$tmp/one"
  export_rows --sql 'table odd' | cmp - "$tmp/one"
  printf 'select *\nfrom odd -- all\n ;;\n' >"$tmp/query"
  export_rows --query "$tmp/query" | cmp - "$tmp/one"
  export_rows --query - <"$tmp/query" | cmp - "$tmp/one"
  same 'source,site' "$(export_rows item | head -n 1 | cut -d , -f 1,2)"
  same 'item_id,' "$(export_rows sold_last_week | head -c 8)"
  export_rows odd --format=ndjson "$tmp/x.csv"
  same '{"id":' "$(head -c 6 "$tmp/x.csv")"
  # the query's order is kept
  same '6 5 4' "$(export_rows --sql 'select id from odd where id between 4 and 6 order by 1 desc' |
    sed 1d | paste -s -d ' ' -)"
}

@test "no rows are a header, or an empty file" {
  export_rows --sql 'select * from odd where false' "$tmp/none.csv"
  same 'id,t,p,ok,at,day,doc,f,site' "$(cat "$tmp/none.csv")"
  export_rows --sql 'select * from odd where false' "$tmp/none.ndjson"
  [ -e "$tmp/none.ndjson" ] && [ ! -s "$tmp/none.ndjson" ]
}

@test "what is asked wrongly is one sentence, and 64" {
  fails 64 "it takes a table, a view or a query" export_rows
  fails 64 "it takes one file, not 2" export_rows odd a.csv b.csv
  fails 64 "there is no table, view or query 'od'; nearest: odd" export_rows od
  fails 64 "there is no table, view or query 'staging.vinted_user'" export_rows staging.vinted_user
  fails 64 "'xml' is no format" export_rows odd --format xml
  fails 64 "'$tmp/x' ends in none of .csv, .ndjson and .parquet" export_rows odd "$tmp/x"
  fails 64 "'/dev/null' is there, and no regular file" export_rows odd --format csv /dev/null
  fails 64 "no such option '--to'" export_rows --to x
  fails 64 "it takes one query" export_rows --sql 'select 1' --sql 'select 2'
  fails 64 "two columns are called 'a'" export_rows --format ndjson --sql 'select 1 as a, 2 as a'
  same 'a,a' "$(export_rows --sql 'select 1 as a, 2 as a' | head -n 1)"
}

@test "a typed query reads, and does nothing else" {
  fails 64 "it is more than one statement" export_rows --sql 'select 1; drop table serving.odd'
  fails 64 "syntax error" export_rows --sql 'select 1) to stdout; drop table serving.odd; copy (select 1'
  fails 64 "the query: " export_rows --sql 'insert into serving.odd (id) values (8) returning id'
  fails 64 "the query: " export_rows --sql 'with w as (delete from serving.odd returning id) select * from w'
  sql 'create sequence if not exists serving.turn'
  fails 64 "read-only" export_rows --sql "select nextval('serving.turn')"
  fails 64 "gives no rows" export_rows --sql 'drop table serving.odd'
  fails 64 "the query: " export_rows --sql "select set_config('transaction_read_only', 'off', false)"
  fails 64 "division by zero" export_rows --sql 'select 1 / 0'
  fails 64 "the query: " export_rows --sql "copy (select 1) to program 'touch $tmp/obeyed'"
  run -0 --separate-stderr export_rows --sql "select '\\! touch $tmp/obeyed' as a, ':query' as b, \$\$;\$\$ as c"
  [ ! -e "$tmp/obeyed" ]
  [[ $stderr == *"as the owner of the tables: VPIPE_READER"* ]]
  same 7 "$(sql 'select count(*) from serving.odd')"
}

@test "it runs as VPIPE_READER, who sees serving and no staging" {
  sql "do 'begin create role exporting login; exception when duplicate_object then null; end'"
  export VPIPE_READER=exporting
  "$ROOT/scripts/db" migrate
  sql 'grant select on serving.odd to exporting'
  run -0 --separate-stderr export_rows --sql 'select count(*) from odd'
  [ -z "$stderr" ]
  sql 'create schema if not exists staging; create table if not exists staging.someone (login text)'
  fails 64 "permission denied for schema staging" export_rows --sql 'table staging.someone'
}

@test "a file is replaced whole, or stays" {
  echo old >"$tmp/odd.csv"
  fails 64 "division by zero" export_rows --sql 'select 1 / (id - 5) from odd where id between 3 and 9 order by id' "$tmp/odd.csv"
  same old "$(cat "$tmp/odd.csv")"
  export_rows odd "$tmp/odd.csv"
  export_rows odd "$tmp/again.csv"
  cmp "$tmp/odd.csv" "$tmp/again.csv"
  export_rows odd "$tmp/odd.csv"
  cmp "$tmp/odd.csv" "$tmp/again.csv"
  # a link stays one
  ln -s odd.csv "$tmp/link.csv"
  export_rows --sql 'select 1 as a' "$tmp/link.csv"
  [ -L "$tmp/link.csv" ]
  same $'a\n1' "$(cat "$tmp/odd.csv")"
  same '' "$(find "$tmp" -name '*.tmp-*')"
  same '' "$(find "$VPIPE_DATA/scratch" -name rows)"
}

@test "a full disk is 74, on stdout too; a reader that leaves is no trouble" {
  fails 74 "cannot write the rows" bash -c "'$ROOT/scripts/export' --sql 'select * from generate_series(1, 100000)' >/dev/full"
  run -0 bash -c "'$ROOT/scripts/export' --sql 'select * from generate_series(1, 1000000)' 2>&1 | head -n 2"
  same $'generate_series\n1' "$output"
  [ "$EUID" -eq 0 ] || skip "needs root, to mount a small disk"
  mkdir "$tmp/small"
  mount -t tmpfs -o size=16k tmpfs "$tmp/small" || skip "no tmpfs can be mounted here"
  echo old >"$tmp/small/x.csv"
  fails 74 "cannot write '$tmp/small/x.csv': No space left" export_rows --sql \
    'select * from generate_series(1, 100000)' "$tmp/small/x.csv"
  same old "$(cat "$tmp/small/x.csv")"
  same x.csv "$(ls "$tmp/small")"
}

@test "SIGTERM ends it and its query, and leaves no file" {
  "$ROOT/scripts/export" --sql 'select pg_sleep(60) from generate_series(1, 9)' "$tmp/x.csv" \
    2>"$tmp/words" 3>&- &
  pid=$!
  until_true 30 sleeping
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  same 143 "$status"
  until_true 30 awake
  [ ! -e "$tmp/x.csv" ]
  same '' "$(find "$VPIPE_DATA/scratch" -name rows)"
}

sleeping() {
  [ "$(sql "select count(*) from pg_stat_activity where query like 'copy%pg_sleep%' and state = 'active'")" -eq 1 ]
}

awake() {
  ! sleeping
}

@test "vplace refuses what it would destroy, and a folder that is no mount" {
  echo new >"$tmp/new"
  fails 64 "it takes a file and a target" vplace "$tmp/new"
  fails 64 "'$tmp' is there, and no regular file" vplace "$tmp/new" "$tmp"
  mkfifo "$tmp/pipe"
  fails 64 "'$tmp/pipe' is there, and no regular file" vplace "$tmp/new" "$tmp/pipe"
  fails 64 "is no name of a file" vplace "$tmp/new" "$tmp/x/"
  fails 74 "cannot read '$tmp/none'" vplace "$tmp/none" "$tmp/x"
  fails 78 "'$tmp' is not mounted, and --mount says it must be" vplace --mount "$tmp/new" "$tmp/x"
  fails 78 "is not mounted" export_rows odd --mount "$tmp/x.csv"
  [ ! -e "$tmp/x" ] && [ ! -e "$tmp/x.csv" ]
  vplace "$tmp/new" "$tmp/made/here/x"
  same new "$(cat "$tmp/made/here/x")"
  : >"$tmp/empty"
  vplace "$tmp/empty" "$tmp/made/here/x"
  [ ! -s "$tmp/made/here/x" ]
  # a name without a folder
  (cd "$tmp" && vplace new y)
  cmp "$tmp/new" "$tmp/y"
}

# failing FAIL_...=VALUE... COMMAND...: see tests/fail
failing() {
  env LD_PRELOAD="${O:-$ROOT/build}/fail.so" ASAN_OPTIONS=verify_asan_link_order=0 "$@"
}

@test "vplace: a call that fails leaves the file that was there, and nothing beside it" {
  echo new >"$tmp/new"
  mkdir "$tmp/d"
  echo old >"$tmp/d/x"
  for call in write close fsync rename; do
    fails 74 "cannot " failing FAIL_CALL=$call FAIL_PATH="$tmp/d/" vplace "$tmp/new" "$tmp/d/x"
    same old "$(cat "$tmp/d/x")"
    same x "$(ls -A "$tmp/d")"
  done
  # on a mount an fsync is tried again
  failing FAIL_CALL=fsync FAIL_TIMES=2 FAIL_MOUNT=/d/ FAIL_PATH="$tmp/d/" vplace "$tmp/new" "$tmp/d/x"
  same new "$(cat "$tmp/d/x")"
}

# --- Parquet ------------------------------------------------------------------

# printed FOLDER: its rows as CSV, $tmp/printed
printed() {
  vparquet --library "$VPIPE_DATA/libduckdb.so" --print "$tmp/printed" "$1"
}

# vouched FOLDER: _SUCCESS names what is there, by its hash, and nothing else is
vouched() {
  jq -r '.vpipe_export.files[] | "\(.sha256)  \(.file)"' "$1/_SUCCESS" >"$tmp/sums"
  same "$(cut -c 67- "$tmp/sums" | LC_ALL=C sort)" "$(cd "$1" && find . -type f ! -name _SUCCESS | sed 's|^\./||' | LC_ALL=C sort)"
  [ ! -s "$tmp/sums" ] || (cd "$1" && sha256sum --quiet -c "$tmp/sums")
  same true "$(jq .end "$1/_SUCCESS")"
}

@test "Parquet comes back as the same rows, and its sums are PostgreSQL's" {
  need_duckdb
  export_rows odd "$tmp/odd.parquet"
  vouched "$tmp/odd.parquet"
  same 7 "$(jq .vpipe_export.rows "$tmp/odd.parquet/_SUCCESS")"
  printed "$tmp/odd.parquet"
  same '' "$(differing "$tmp/printed" '' ", null '\\N'")"
  same PAR1 "$(head -c 4 "$tmp/odd.parquet/data_0.parquet")"
  # a mart's worth of prices
  local rows="select n, (n * 7919 % 1000003)::numeric / 100 as price, n % 3 as third from generate_series(1, 20000) n"
  export_rows --sql "select n, price::numeric(12, 2), third from ($rows) r" --by third "$tmp/many.parquet" 2>"$tmp/words"
  printed "$tmp/many.parquet"
  same "$(sql "select third, count(*), sum(price::numeric(12, 2)) from ($rows) r group by 1 order by 1")" \
    "$(psql -X -q -A -t -c 'create temp table r (n bigint, price numeric, third text)' \
      -c "\\copy r from '$tmp/printed' (format csv, header)" \
      -c 'select third, count(*), sum(price) from r group by 1 order by 1')"
}

@test "a reader that shares nothing with the writer adds up what PostgreSQL does" {
  need_duckdb
  export_rows odd "$tmp/odd.parquet"
  same "$(sql "select 'id', count(id), sum(id) from serving.odd
    union all select 't', count(t), sum(octet_length(t)) from serving.odd
    union all select 'p', count(p), sum(p) from serving.odd
    union all select 'ok', count(ok), count(*) filter (where ok) from serving.odd
    union all select 'site', count(site), sum(octet_length(site)) from serving.odd")" \
    "$(sums "$tmp/odd.parquet" | grep -E '^(id|t|p|ok|site)\|')"
  local rows="select n, ((n * 7919 % 1000003)::numeric / 100)::numeric(12, 2) as price, ('2026-09-20Z'::timestamptz
      + n * interval '1 s') as at, n % 3 as third from generate_series(1, 20000) n"
  export_rows --sql "$rows" --by third "$tmp/many.parquet" 2>"$tmp/words"
  same "$(sql "with r as ($rows)
    select 'n', count(n), sum(n) from r
    union all select 'price', count(price), sum(price) from r
    union all select 'at', count(at), trim_scale(sum(extract(epoch from at) * 1000000)) from r")" "$(sums "$tmp/many.parquet")"
}

@test "partitions are Hive's: one for each value, nulls and odd letters too" {
  need_duckdb
  export_rows odd --by site "$tmp/d.parquet"
  vouched "$tmp/d.parquet"
  same 'site=
site=__HIVE_DEFAULT_PARTITION__
site=a%20b%2520c
site=it
site=pt%2Fa%3Db' "$(cd "$tmp/d.parquet" && printf '%s\n' site=* | LC_ALL=C sort)"
  printed "$tmp/d.parquet"
  same '' "$(differing "$tmp/printed" "($(head -n 1 "$tmp/printed"))" ", null '\\N'")"
  export_rows odd --by day,site "$tmp/two.parquet"
  [ -e "$tmp/two.parquet/day=2026-09-20/site=it/data_0.parquet" ]
}

@test "an export again replaces, and leaves no partition that is gone" {
  need_duckdb
  export_rows odd --by site "$tmp/d.parquet"
  cp -r "$tmp/d.parquet" "$tmp/first"
  export_rows odd --by site "$tmp/d.parquet"
  diff -r "$tmp/first" "$tmp/d.parquet"
  export_rows --sql "select * from odd where site = 'it'" --by site "$tmp/d.parquet"
  same 'site=it' "$(cd "$tmp/d.parquet" && echo site=*)"
  vouched "$tmp/d.parquet"
  export_rows --sql "select * from odd where false" --by site "$tmp/d.parquet"
  same '_SUCCESS 0' "$(ls -A "$tmp/d.parquet") $(jq .vpipe_export.rows "$tmp/d.parquet/_SUCCESS")"
  export_rows --sql "select * from odd where false" "$tmp/d.parquet"
  vouched "$tmp/d.parquet"
  printed "$tmp/d.parquet"
  same '"id","t","p","ok","at","day","doc","f","site"' "$(cat "$tmp/printed")"
}

@test "killed half way it does not look finished, and the next one finishes it" {
  need_duckdb
  export_rows odd --by site "$tmp/d.parquet"
  run -137 failing FAIL_CALL=write FAIL_HOW=kill FAIL_PATH="$tmp/d.parquet/site=it" \
    "$ROOT/scripts/export" odd --by site "$tmp/d.parquet"
  [ ! -e "$tmp/d.parquet/_SUCCESS" ]
  [ -e "$tmp/d.parquet/_unfinished" ]
  # nor while another writes there
  exec 5>"$VPIPE_DATA/lock/export.$(printf '%s\n' "$tmp/d.parquet" | sha256sum | cut -c -16)"
  flock 5
  fails 75 "another 'export' is writing to '$tmp/d.parquet'" export_rows odd "$tmp/d.parquet" 5>&-
  exec 5>&-
  export_rows odd --by site "$tmp/d.parquet"
  vouched "$tmp/d.parquet"
}

@test "a full disk below the folder is 74, and leaves it unfinished" {
  [ "$EUID" -eq 0 ] || skip "needs root, to mount a small disk"
  need_duckdb
  mkdir "$tmp/small"
  mount -t tmpfs -o size=16k tmpfs "$tmp/small" || skip "no tmpfs can be mounted here"
  fails 74 "No space left on device" export_rows odd --by site "$tmp/small/d.parquet"
  [ ! -e "$tmp/small/d.parquet/_SUCCESS" ]
  same '' "$(find "$tmp/small" -name '*.tmp-*')"
}

@test "what Parquet cannot hold exactly is refused by its column" {
  need_duckdb
  fails 65 "column 'a' needs decimals of 39 digits, and Parquet's have 38" export_rows --sql "select 1e38::numeric as a" "$tmp/x.parquet"
  fails 65 "column 'a' needs decimals of 39 digits" export_rows --sql "select a from (values (1e37::numeric), (0.1)) v (a)" "$tmp/x.parquet"
  fails 65 "column 'a' holds NaN" export_rows --sql "select 'nan'::numeric as a" "$tmp/x.parquet"
  fails 65 "column 'a' holds infinity" export_rows --sql "select 'infinity'::timestamptz as a" "$tmp/x.parquet"
  fails 64 "there is no column 'b' to partition by" export_rows --sql 'select 1 as a' --by b "$tmp/x.parquet"
  fails 64 "two columns are called 'A'" export_rows --sql 'select 1 as "A", 2 as a' "$tmp/x.parquet"
  fails 64 "--by is for parquet" export_rows odd --by site "$tmp/x.csv"
  fails 64 "parquet is written into a folder" export_rows odd --format parquet
  [ ! -e "$tmp/x.parquet" ]
  mkdir "$tmp/mine.parquet"
  echo precious >"$tmp/mine.parquet/file.parquet"
  fails 64 "'$tmp/mine.parquet' holds other files" export_rows odd "$tmp/mine.parquet"
  same precious "$(cat "$tmp/mine.parquet/file.parquet")"
  fails 78 "is not mounted" export_rows odd --mount "$tmp/x.parquet"
}

@test "a library that is not DuckDB, or not the one of the lock, is not used" {
  need_duckdb
  fails 69 "cannot load DuckDB" vparquet --library "$tmp/none.so" --print "$tmp/x" "$tmp"
  fails 69 "lacks 'duckdb_library_version'" vparquet --library libm.so.6 --print "$tmp/x" "$tmp"
  rm "$VPIPE_DATA/libduckdb.so"
  echo other >"$VPIPE_DATA/libduckdb.so"
  mkdir "$tmp/none"
  printf '#!/bin/sh\necho npm is away >&2\nexit 1\n' >"$tmp/none/npm"
  chmod +x "$tmp/none/npm"
  PATH=$tmp/none:$PATH fails 69 "npm cannot bring DuckDB: npm is away" export_rows odd "$tmp/x.parquet"
  [ ! -e "$tmp/x.parquet" ]
}
