# scripts/db: the database, ours or given; migrations, the key, the digest
# bats file_tags=long
load ../helper

# PostgreSQL walks through these folders as another user, and its socket's path
# must be short: not below $tmp.
setup_file() {
  export D
  D=$(mktemp -d /tmp/vpd.XXXXXX)
  chmod 711 "$D"
}

setup() {
  export VPIPE_DATA=$D/data
}

teardown_file() {
  for data in "$D"/*/; do
    VPIPE_DATA=$data "$ROOT/scripts/db" stop 2>/dev/null || :
    [ ! -s "$data/pg/socket.path" ] || rm -rf "$(cat "$data/pg/socket.path")"
  done
  rm -rf "$D"
}

db() {
  "$ROOT/scripts/db" "$@"
}

@test "with no PG* set, start makes a private cluster: unix socket only, durable" {
  run -0 --separate-stderr db start
  [ -z "$output" ]
  [[ $stderr == "db: making a PostgreSQL cluster in '$D/data/pg'" ]]
  run -0 --separate-stderr db psql -A -t -c "select string_agg(setting, ','
    order by name) from pg_settings where name in ('fsync', 'listen_addresses',
    'synchronous_commit', 'full_page_writes')"
  [ "$output" = "on,on,,on" ]
}

@test "start again starts nothing, and two at once start one" {
  pid=$(head -n 1 "$D/data/pg/data/postmaster.pid")
  db start & db start
  wait $!
  [ "$(head -n 1 "$D/data/pg/data/postmaster.pid")" = "$pid" ]
}

@test "its role owns the database and is no superuser" {
  run -0 db psql -A -t -c "select current_user, usesuper,
    pg_get_userbyid(datdba) from pg_user, pg_database
    where usename = current_user and datname = current_database()"
  [ "$output" = "vpipe|f|vpipe" ]
}

@test "env prints what eval takes" {
  eval "$(db env)"
  [ "$(psql -X -A -t -c 'select 1')" = 1 ]
}

@test "status says where, and 75 when it does not answer" {
  run -0 --separate-stderr db status
  [ "$stderr" = "db: PostgreSQL answers at $D/data/pg/socket" ]
  db stop
  fails 75 "does not answer" db status
  db start
}

@test "a folder too long for a socket: it lies elsewhere, remembered" {
  VPIPE_DATA=$D/$(printf '%0100d' 7)
  db start
  [ "$(db psql -A -t -c 'select 1')" = 1 ]
  where=$(cat "$VPIPE_DATA/pg/socket.path")
  [[ $where == /tmp/vpipe.* ]]
  [ "$(stat -c %a "$where")" = 700 ]
  db stop
  db start
  [ "$(cat "$VPIPE_DATA/pg/socket.path")" = "$where" ]
  db stop
}

@test "PG* set: that database is used, never started or stopped" {
  eval "$(db env)"
  unset VPIPE_DB_OF	# as if the operator had set them
  export VPIPE_DATA=$tmp/elsewhere
  run -0 db psql -A -t -c 'select 1'
  fails 64 "is not ours to stop" db stop
  db start
  [ ! -e "$VPIPE_DATA/pg" ]
  PGHOST=$tmp fails 75 "does not answer" db start
}

@test "in a shell that took env, the private cluster is still ours" {
  eval "$(db env)"
  run -0 db stop
  run -75 db status
  run -0 db start
  run -0 db status
  PGDATABASE=other fails 64 "is not ours to stop" db stop
}

@test "as root: with cron's PATH stop stops, and without runuser it does not say so" {
  ((EUID == 0)) || skip "needs root, to be another user"
  mkdir "$tmp/bin"
  printf '#!/bin/sh\nexit 127\n' >"$tmp/bin/runuser"
  chmod 755 "$tmp/bin/runuser"
  PATH=$tmp/bin:$PATH fails 69 "cannot become the user 'postgres'" db stop
  PATH=$tmp/bin:$PATH fails 69 "cannot become the user 'postgres'" db start
  run -0 db status
  PATH=/usr/bin:/bin run -0 db stop
  run -75 db status
  PATH=/usr/bin:/bin run -0 db start
}

@test "migrate applies each file once, and says so" {
  run -0 --separate-stderr db migrate
  [[ $stderr == *"applied '0001-ops.sql'"*"applied '0002-serving.sql'"* ]]
}

schema_of() {
  eval "$(db env)"
  pg_dump --schema-only | grep -v restrict
  psql -X -A -t -c 'table ops.migration; table ops.setting'
}

@test "applied twice changes nothing" {
  before=$(schema_of)
  run -0 --separate-stderr db migrate
  [ -z "$stderr" ]
  same "$before" "$(schema_of)"
}

@test "a reader of the private cluster needs no password; that of data sets stays" {
  run -0 --separate-stderr db reader looking
  [ -z "$stderr" ]
  same 'looking|vpipe|on|0' "$(eval "$output"
    psql -X -q -A -t -c "select current_user, current_database(),
      current_setting('default_transaction_read_only'), count(*) from item")"
  db reader --drop looking
  same 0 "$(db psql -A -t -c "select count(*) from pg_roles where rolname = 'looking'")"
  fails 64 "'vpipe_reader' is the role of vpipe dataset and vpipe label sheet, and stays" \
    db reader --drop
  db reader | grep -qx "export PGUSER='vpipe_reader'"
}

@test "everything that is made says what it is" {
  run -0 db psql -A -t -c "select n.nspname || '.' || c.relname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('ops', 'serving') and c.relkind in ('r', 'v')
    and obj_description(c.oid, 'pg_class') is null"
  [ -z "$output" ]
}

@test "a migration that was edited after it was applied is refused" {
  cp -r "$ROOT/schema" "$tmp/schema"
  printf 'select 1;\n' >>"$tmp/schema/migration/0002-serving.sql"
  VPIPE_SCHEMA=$tmp/schema fails 78 \
    "migration '0002-serving.sql' was edited after it was applied" db migrate
}

@test "a migration that fails leaves nothing, and nothing after it runs" {
  cp -r "$ROOT/schema" "$tmp/schema"
  printf 'create table ops.half (a int);\nselect 1/0;\n' \
    >"$tmp/schema/migration/0098-bad.sql"
  printf 'create table ops.later (a int);\n' >"$tmp/schema/migration/0099-x.sql"
  VPIPE_SCHEMA=$tmp/schema fails 70 "division by zero" db migrate
  run -0 db psql -A -t -c "select to_regclass('ops.half'),
    to_regclass('ops.later')"
  [ "$output" = "|" ]
}

@test "the pseudonym key is made once, for its owner only, with its fingerprint in ops" {
  [ "$(stat -c %a "$D/data/key")" = 600 ]
  [[ $(cat "$D/data/key") =~ ^[0-9a-f]{64}$ ]]
  want=$(printf 'vpipe-key-1:%s' "$(cat "$D/data/key")" | sha256sum)
  run -0 db psql -A -t -c "select value from ops.setting where name = 'key'"
  [ "$output" = "${want:0:16}" ]
}

@test "a key that is missing or another is refused, never made anew" {
  mv "$D/data/key" "$D/data/kept"
  fails 78 "is missing" db migrate
  [ ! -e "$D/data/key" ]
  printf '%064d\n' 1 >"$D/data/key"
  chmod 600 "$D/data/key"
  fails 78 "is another key" db migrate
  mv "$D/data/kept" "$D/data/key"
  db migrate
}

@test "a killed migrate is finished by the next" {
  export VPIPE_DATA=$D/killed
  db start
  for pause in 0.03 0.06 0.09 0.12 0.15; do
    timeout -s KILL "$pause" "$ROOT/scripts/db" migrate 2>/dev/null || :
  done
  db migrate
  run -0 db psql -A -t -c 'select count(*) from ops.migration'
  [ "$output" = "$(ls "$ROOT/schema/migration" | wc -l)" ]
  [ -s "$VPIPE_DATA/key" ]
  db stop
}

@test "the digest counts neither the order of rows nor of columns" {
  digest() {
    db psql -q -c "create schema if not exists x; $1" >/dev/null
    db digest x x | sed 's/.*|//'
    db psql -q -c 'drop schema x cascade' 2>/dev/null
  }
  one=$(digest "create table x.t (a int, b numeric);
    insert into x.t values (1, 1.10), (2, null)")
  same "$one" "$(digest "create table x.t (b numeric, c text, a int);
    insert into x.t values (null, null, 2), (1.10, null, 1)")"
  two=$(digest "create table x.t (a int, b numeric);
    insert into x.t values (1, 1.1), (2, null)")
  [ "$one" != "$two" ]
  # a text that is empty is none that is null, and no hash is that of another column
  one="create table x.t (a text, b text); insert into x.t values"
  [ "$(digest "$one ('', null)")" != "$(digest "$one (null, null)")" ]
  [ "$(digest "$one ('c', null)")" != "$(digest "$one (null, 'c')")" ]
  # nor does how a session shows times
  one="create table x.t (a timestamptz, b interval, c date);
    insert into x.t values ('2026-03-04 05:06Z', '1 day 2:03', '2026-03-04')"
  same "$(digest "$one")" "$(PGTZ=Asia/Tokyo PGDATESTYLE='SQL, DMY' PGOPTIONS='-c intervalstyle=iso_8601' digest "$one")"
}

@test "what db env exported for another data folder is refused, with the cure" {
  eval "$(db env)"
  run -0 db status
  export VPIPE_DATA=$D/another
  for command in 'db status' 'db psql' 'load --pending' changes; do
    # shellcheck disable=SC2086	# words
    fails 78 "PGHOST is the database of '$D/data', and the data folder is '$D/another': unset PGHOST PGUSER PGDATABASE VPIPE_DB_OF" \
      "$BIN/vpipe" $command
  done
  unset PGHOST PGUSER PGDATABASE VPIPE_DB_OF
  fails 75 'does not answer' db status
}

@test "run gives a command the database; without one it is 64" {
  run -0 --separate-stderr db run psql -X -A -t -c 'select current_user'
  same vpipe "$output"
  run -3 db run sh -c 'exit 3'
  fails 64 'db run needs a command' db run
}

@test "status tells a server that answers and refuses: 77" {
  eval "$(db env)"
  PGUSER=nobody_of_this_name fails 77 'role "nobody_of_this_name" does not exist' db status
}

@test "no verb, or one that is none" {
  fails 64 "db: a command is missing; see --help" db
  fails 64 "db: no such command 'frobnicate'; see --help" db frobnicate
}

@test "as root: a folder that postgres may not enter is named" {
  ((EUID == 0)) || skip "needs root, to be another user"
  mkdir -m 700 "$tmp/closed"
  VPIPE_DATA=$tmp/closed/data
  run -78 --separate-stderr db start
  [[ $stderr == *"the user 'postgres' may not enter '"* ]]
}
