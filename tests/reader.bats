# vpipe db reader and queries: a role that only reads, and questions to begin with
load helper
load track
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
  world
  of_brand 2026-09-20T08:00:00Z <<<"list 1904 $(listings 1 40 10.00)"
  of_brand 2026-09-20T20:00:00Z <<<"list 1904 101:8.50@3 $(listings 2 40 10.00)"
  of_brand 2026-09-21T08:00:00Z <<<"list 1904 $(listings 41 45 30.00) $(listings 2 40 10.00)
    status 101 sold
    status 102 sold"
  load
}

teardown_file() {
  pg_stop
}

# listings FROM TO PRICE: hits of a search, of three sellers
listings() {
  seq "$1" "$2" | awk -v price="$3" '{
    printf " %d:%.2f@%d", 100 + $1, price + $1 / 10, 1 + $1 % 3
  }'
}

# of_brand TIME: answers on stdin, published; all listings are of one brand
of_brand() {
  told "$1" | jq -c 'if .kind == "search"
    then .body.items[].brand_title = "Nordhavn" else . end' |
    vput -q "$VPIPE_RAW" >>"$tmp/published"
}

db() {
  "$ROOT/scripts/db" "$@"
}

# what the server knows of roles, and who wrote it last
known() {
  sql "select rolname, xmin from pg_authid order by 1"
  sql "select setconfig, xmin from pg_db_role_setting order by 1"
  sql "select nspname, nspacl from pg_namespace order by 1"
}

# may_not ROLE WORDS QUERY
may_not() {
  run -3 env PGUSER="$1" psql -X -q -A -t -v ON_ERROR_STOP=1 <<<"$3"
  [[ $output == *"$2"* ]] || { echo "$output"; return 1; }
}

gone() {
  sql "drop owned by $1 cascade; drop role $1"
}

@test "a reader begins read-only, in serving, with a time limit; again changes nothing" {
  run -0 --separate-stderr db reader looking
  [[ $stderr == *"'\\password looking' sets it"* && ${#stderr_lines[@]} -eq 1 ]]
  same "looking|$PGDATABASE|on|serving|1min" "$(eval "$output"
    psql -X -q -A -t -c "select current_user, current_database(),
      current_setting('default_transaction_read_only'),
      current_setting('search_path'), current_setting('statement_timeout')")"
  was=$(known)
  first=$output
  run -0 --separate-stderr db reader looking
  same "$first" "$output"
  same "$was" "$(known)"
  db reader --timeout 5 looking
  same 5s "$(PGUSER=looking sql 'show statement_timeout')"
  db reader --timeout=0 looking
  same 0 "$(PGUSER=looking sql 'show statement_timeout')"
  gone looking
}

@test "a reader reads all of serving, nothing of staging and ops, and writes nothing" {
  db reader looking
  for name in $(sql "select relname from pg_class where relkind in ('r', 'v')
    and relnamespace = 'serving'::regnamespace"); do
    printf 'select count(*) from %s;\n' "$name"
  done | PGUSER=looking psql -X -q -A -t -v ON_ERROR_STOP=1 >"$tmp/counts"
  [ "$(wc -l <"$tmp/counts")" -gt 25 ]
  PGUSER=looking sql 'select * from near_images(1, 4)'
  [ "$(PGUSER=looking sql "select catalog_name('vinted', '', '1', 'en')")" = '1 (no dictionary yet)' ]
  may_not looking "schema staging" 'select 1 from staging.vinted_item'
  for name in $(sql "select relname from pg_class where relkind = 'r'
    and relnamespace = 'ops'::regnamespace and relname <> 'near_mask'"); do
    may_not looking "permission denied for table $name" "select 1 from ops.$name"
  done
  local on='set default_transaction_read_only = off;'
  may_not looking "permission denied for table price_bin" "$on delete from price_bin"
  may_not looking "permission denied for schema serving" "$on create table serving.t ()"
  may_not looking "permission denied for table near_mask" "$on delete from ops.near_mask"
  may_not looking "read-only" 'create temporary table t ()'
  gone looking
}

# bats test_tags=long
@test "the rights outlive views that are made anew, a migration and a rebuild" {
  db reader looking
  sql "select ops.drop_views('serving'); select ops.make_views('staging', 'serving')"
  same 45 "$(PGUSER=looking sql 'select count(*) from item')"
  sql 'create view serving.later as select 1 as n'
  same 1 "$(PGUSER=looking sql 'table later')"
  sql 'drop view serving.later'
  db migrate
  same 45 "$(PGUSER=looking sql 'select count(*) from item')"
  run -0 "$ROOT/scripts/rebuild"
  same 45 "$(PGUSER=looking sql 'select count(*) from item')"
  sql 'create view serving.later as select 1 as n'
  same 1 "$(PGUSER=looking sql 'table later')"
  sql 'drop view serving.later'
  gone looking
}

@test "without a name it is VPIPE_READER; a data set of its queries may take as long as it takes" {
  export VPIPE_READER=looking
  db reader --timeout 1 | grep -qx "export PGUSER='looking'"
  run -0 sh -euc '. "${0%/*}/lib.sh"
    scratch=$1
    rows_of "select current_setting('"'statement_timeout'"') as sha256"
    cat "$scratch/rows"' "$ROOT/scripts/db" "$tmp"
  same '{"sha256": "0"}' "$output"
  gone looking
}

@test "--drop takes all back, and again does nothing" {
  was=$(sql "select nspacl from pg_namespace where nspname = 'ops'")
  db reader looking
  db reader --drop looking
  same 0 "$(sql "select count(*) from pg_roles where rolname = 'looking'")"
  same "$was" "$(sql "select nspacl from pg_namespace where nspname = 'ops'")"
  fails 0 "there is no role 'looking'" db reader --drop looking
}

@test "who may not make roles is told what a superuser runs, and then goes on" {
  sql "create role owning login; grant create on database $PGDATABASE to owning;
    grant usage on schema ops, serving to owning with grant option;
    grant select on all tables in schema serving to owning with grant option;
    grant select on ops.near_mask to owning with grant option;
    grant create on schema serving to owning"
  PGUSER=owning run -77 --separate-stderr db reader looking
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "db: a superuser has to run: create role looking login; "* ]]
  sql "${stderr#*has to run: }"
  PGUSER=owning db reader looking
  same 45 "$(PGUSER=looking sql 'select count(*) from item')"
  PGUSER=owning run -77 --separate-stderr db reader --drop looking
  [[ $stderr == *"has to run: drop role looking;"* ]]
  sql 'drop owned by looking cascade; drop role looking;
    drop owned by owning cascade; drop role owning'
}

@test "a role that may do more is refused, and so is a name that none may have" {
  sql 'create role writing login; grant insert on serving.price_bin to writing;
    create role ruling superuser; create role peeping; grant select on ops.run to peeping;
    create role joined; grant pg_monitor to joined; create role making createrole'
  for name in "$PGUSER" writing ruling peeping joined making; do
    fails 78 "the role '$name' may do more than read" db reader "$name"
    fails 78 "the role '$name' may do more than read" db reader --drop "$name"
  done
  gone writing && gone ruling && gone peeping && gone joined && gone making
  for name in pg_any public 'a b' 'x"; drop' Upper; do
    fails 64 "'$name'" db reader "$name"
  done
  fails 64 "the name of a role is missing" db reader ''
  fails 64 "it takes no 'two'" db reader one two
  fails 64 "--timeout takes a number" db reader --timeout soon
  fails 64 "no such option '--password'" db reader --password=x
}

# --- ready queries ------------------------------------------------------------

@test "queries lists ten questions or more, and prints one" {
  run -0 --separate-stderr db queries
  [ "${#lines[@]}" -ge 10 ]
  for line in "${lines[@]}"; do
    [[ $line =~ ^[a-z_]+\ +[A-Z].*\?$ ]]
    [ "${#line}" -le 80 ]
  done
  run -0 --separate-stderr db queries story
  assert_stdout_is "$ROOT/schema/query/ready/story.sql"
  fails 64 "no such query '../db/digest_tables'" db queries ../db/digest_tables
  fails 64 "no such query ''" db queries ''
}

@test "each ready query runs as the reader, as it is, and answers about what is there" {
  # nobody is watched here
  sql "insert into serving.seller_week values
      ('vinted', 'k1', '2026-09-14', 'pt', '2026-09-14', '2026-09-21', 7, 3),
      ('vinted', 'k2', '2026-09-14', 'pt', '2026-09-14', '2026-09-21', 9, 3);
    insert into serving.sale_cell
    values (1, 'vinted', 'www.vinted.pt', 'brand condition', null, 'Nordhavn', 2, null, 30);
    insert into serving.sale_cut values (1, 0, 10), (1, 20, 20)"
  db reader looking
  local PGUSER=looking
  export PGUSER
  for name in $(db queries | sed 's/ .*//'); do
    db queries "$name" >"$tmp/query"
    psql -X -q -A -t -v ON_ERROR_STOP=1 <"$tmp/query" >"$tmp/$name.as_is"
    ! grep -E "^\\\\|:'|:\"" "$tmp/query"
    sed "s/'Nike'/'Nordhavn'/; s/3 as condition_id/2 as condition_id/; s/'7000000001'/'101'/" "$tmp/query" |
      psql -X -q -A -t -v ON_ERROR_STOP=1 >"$tmp/$name"
    [ -s "$tmp/$name" ] || { echo "$name finds nothing"; return 1; }
  done
  unset PGUSER
  gone looking
  cd "$tmp"
  grep -q '^101|10.10|8.50|EUR|.*|observed||Nordhavn|thing 101$' sold_last_week
  same "101|10.10|8.50|EUR|-15.8|2026-09-20 08:00:00+00|2026-09-20 20:00:00+00|Nordhavn|thing 101" \
    "$(<price_changes)"
  same 'www.vinted.pt|Very good|30|0.6667|0|20|20' "$(<discounts)"
  same 'k2 k1 ' "$(cut -d '|' -f 2 biggest_sellers | tr '\n' ' ')"
  same '141 142 143 144 145 ' "$(cut -d '|' -f 2 new_in_catalog | sort | tr '\n' ' ')"
  same '103 104 105 106 107 ' "$(cut -d '|' -f 2 cheapest_tenth | tr '\n' ' ')"
  same $'asked|EUR|43|10.72\nsold|EUR|2|8.67' "$(cut -d '|' -f 2-5 brand_prices)"
  same '1904 (no dictionary yet)|Very good|43' "$(cut -d '|' -f 2-4 catalog_prices)"
  same $'44|44\n40|40' "$(cut -d '|' -f 11-12 coverage)"
  same 'listed repriced sold ' "$(cut -d '|' -f 4 story | tr '\n' ' ')"
}
