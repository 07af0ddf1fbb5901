# brands: vpipe brands, spellings that a person counts under one name
load helper

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<SQL
set client_min_messages = warning;
drop schema if exists staging cascade;
\\i $ROOT/tests/staging.sql
select pg_temp.one(n, 'list', 1, n, case when n < 6 then 'Nike' when n < 9 then 'NIKE'
    when n = 9 then 'ni-ké ' when n < 12 then 'Zara' end, 'M')
from generate_series(1, 13) as n;
select pg_temp.one(14, 'list', 1, 5, E'Za\\e[31mra' || repeat('!', 60), 'M');
select pg_temp.look(1, 1, 'ok', 6, '[1]', '[]', 1);
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
SQL
}

brands() {
  "$ROOT/scripts/brands" "$@"
}

counted() {
  sql "select brand, n from serving.price_cell where \"by\" = 'brand' and kind = 'asked'
      order by n desc, brand"
}

@test "brands that are written alike: a table, an object a group; nothing changes" {
  run -0 --separate-stderr brands
  same 'brand                      listings  written also (listings)
Nike                              5  NIKE (3), ni-ké  (1)' "$output"
  run -0 --separate-stderr brands --json
  same '["Nike",5,["NIKE",3],["ni-ké ",1]]' \
    "$(jq -c '[.brand, .listings, (.alike[] | [.spelling, .listings])]' <<<"$output")"
  same 6 "$(counted | grep -c .)"
}

@test "spellings count under a brand in all marts, later listings too, until undone" {
  before=$(counted)
  run -0 --separate-stderr brands --as Nike NIKE 'ni-ké '
  same 'Nike|9' "$(counted | head -n 1)"
  same 0 "$(sql "select count(*) from serving.price_cell where brand in ('NIKE', 'ni-ké ')")"
  run -0 --separate-stderr brands
  same 'no two brands are written alike' "$output"
  run -0 --separate-stderr brands --list
  same $'NIKE\tNike\nni-ké \tNike' "$output"
  # one that is listed later, and all made anew
  psql -X -v ON_ERROR_STOP=1 -q >/dev/null <<'SQL'
set client_min_messages = warning;
insert into staging.one_item
select site, 20, variant, title, 4, currency, 'NIKE', condition_id, size, user_id, seller_key
from staging.one_item where item_id = 1;
insert into staging.one_item_seen
select site, 20, variant, observed_at, run, line, index, contract, first_seen, last_seen
from staging.one_item_seen where item_id = 1;
update staging.one_look set ids = '[20]';
select ops.refresh_facts('staging', 'serving', '{r}');
SQL
  same 'Nike|10' "$(counted | head -n 1)"
  same '' "$(psql -X -q -A -t -f "$ROOT/tests/prices.sql")"
  # what is mapped may be mapped elsewhere
  run -0 --separate-stderr brands --as 'Other' NIKE Zara
  same $'Nike|6\nOther|6' "$(counted | head -n 2)"
  run -0 --separate-stderr brands --undo NIKE Zara 'ni-ké '
  same "${before/NIKE|3/NIKE|4}" "$(counted)"
}

@test "bad calls, and a spelling that nobody wrote" {
  fails 64 "'Nike' is to be counted how? --as BRAND, or --undo" brands Nike
  fails 64 '--as takes the spellings as arguments' brands --as Nike
  fails 64 '--as takes the name of a brand' brands --as '' Nike
  fails 64 "no such option '--like'" brands --like
  run -0 --separate-stderr brands --as Nike "Nyke'; drop table x; --"
  [[ $stderr == "brands: no listing has a brand so spelled, so far"* ]]
  run -0 --separate-stderr brands --list
  same $'Nyke\'; drop table x; --\tNike' "$output"
}
