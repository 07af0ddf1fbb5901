# schema: the views and marts of serving, in SQL
load helper

setup_file() {
  pg_start
  VPIPE_KEY=$BATS_FILE_TMPDIR/key "$ROOT/scripts/db" migrate
}

teardown_file() {
  pg_stop
}

# have SQL: what it selects from small staging tables, in a transaction that is
# rolled back
have() {
  psql -X -v ON_ERROR_STOP=1 -q -A -t 2>&1 <<SQL
set client_min_messages = warning;
begin;
\\o /dev/null
\\i $ROOT/tests/staging.sql
$1
select ops.make_views('staging', 'serving');
select ops.refresh_facts('staging', 'serving', null);
\\o
$2
rollback;
SQL
}

@test "an item is, per column, what the newest variant that declares it says" {
  same "2|Zara|M" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.one(1, 'page', 2, 2, 'Zara', null);" \
    "select price, brand, size from serving.item;")"
}

@test "a declared null has spoken, an undeclared column has not" {
  same "|L" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'L');
    select pg_temp.one(1, 'page', 2, 2, null, null);" \
    "select brand, size from serving.item;")"
}

@test "of several variants that declare a column the newest one speaks, whatever their names" {
  same "1|9|M
2|9|L" "$(have "
    insert into ops.contract (stream, variant, version, columns)
    values ('one_item', 'old', 1, '{title,price,currency,brand,size}');
    select pg_temp.one(1, 'old', 1, 7, 'Nike', 'L');
    select pg_temp.one(1, 'list', 2, 8, 'Nike', 'M');
    select pg_temp.one(1, 'page', 3, 9, 'Nike', null);
    select pg_temp.one(2, 'list', 1, 7, 'Nike', 'M');
    select pg_temp.one(2, 'old', 2, 8, 'Nike', 'L');
    select pg_temp.one(2, 'page', 3, 9, 'Nike', null);" \
    "select item_id, price, size from serving.item order by 1;")"
}

@test "of two variants at one position the greater name wins" {
  same "page" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.one(1, 'page', 1, 2, 'Zara', null);" \
    "select variant from serving.item;")"
}

@test "first and last seen are over all variants" {
  same "2026-09-20 00:00:00+00|2026-09-20 05:00:00+00" "$(have "
    select pg_temp.one(1, 'list', 5, 1, 'Nike', 'M');
    select pg_temp.one(1, 'page', 2, 2, 'Zara', null);" \
    "select first_seen, last_seen from serving.item;")"
}

@test "sources unite: ids as text, a type that differs as text, what one lacks is null" {
  same "one|1|M|
two|x-1|38|wool" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    insert into staging.two_item values ('b.test', 'x-1', 'list', 't', 5,
        'USD', null, 38, 'wool');
    insert into staging.two_item_seen values ('b.test', 'x-1', 'list', now(),
        'r', 1, 0, 1, now(), now());" \
    "select source, item_id, size, material from serving.item order by 1;")"
}

@test "nobody's own number reaches serving" {
  same "0|1" "$(have "" "select count(*) filter (where attname = 'user_id'),
    count(*) filter (where attname = 'seller_key') from pg_attribute
    where attrelid = 'serving.item'::regclass;")"
}

@test "making the views again changes nothing, a new column joins at the end" {
  same "t
color" "$(have "" "
    select xmin as was from pg_class where oid = 'serving.item'::regclass \\gset
    \\o /dev/null
    select ops.make_views('staging', 'serving');
    \\o
    select xmin = :'was' from pg_class where oid = 'serving.item'::regclass;
    alter table staging.one_item add color text;
    update ops.contract set columns = columns || 'color'::text
        where variant = 'list';
    \\o /dev/null
    select ops.make_views('staging', 'serving');
    \\o
    select attname from pg_attribute where attrelid = 'serving.item'::regclass
    order by attnum desc limit 1;")"
}

@test "prices: exact quantiles, halves away from zero, promoted strangers aside" {
  same "5||EUR|2|1.01|1.01|1.00|1.01
5|Nike|EUR|3|2.33|2.00|1.20|3.60" "$(have "
    select pg_temp.one(n, 'list', 1, p, b, 'M') from (values
        (1, 1, 'Nike'), (2, 2, 'Nike'), (3, 4, 'Nike'),
        (4, 1.00, null), (5, 1.01, null), (6, 900, 'Nike')) as v(n, p, b);
    select pg_temp.member(n, '5') from generate_series(1, 5) as n;
    select pg_temp.look(1, 1, 'ok', 6, '[1,2,3,4,5,6]', '[6]', 1);" \
    "select catalog_id, brand, currency, count, mean, median, p10, p90
     from serving.price_statistics order by brand nulls first;")"
}

@test "an item counts under every catalog whose query found it" {
  same "5|1
7|1" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.member(1, '5');
    select pg_temp.member(1, '7');
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]', 1);" \
    "select catalog_id, count from serving.price_statistics order by 1;")"
}

@test "seven days up to the site's newest ok look, both ends included" {
  same "2|2026-09-27 01:00:00+00" "$(have "
    select pg_temp.one(1, 'list', 0, 1, 'Nike', 'M');
    select pg_temp.one(2, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.one(3, 'list', 169, 1, 'Nike', 'M');
    select pg_temp.member(n, '5') from generate_series(1, 3) as n;
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]', 169);
    select pg_temp.look(2, 1, 'refused:challenge', null, '[]', '[]', 500);" \
    "select count, as_of from serving.price_statistics;")"
}

@test "a mart of unchanged rows is not written" {
  same "0" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.member(1, '5');
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]', 1);" \
    "select ops.refresh_facts('staging', 'serving', '{r}');")"
}

@test "a group that is empty now leaves the mart" {
  same "t
0" "$(have "
    select pg_temp.one(1, 'list', 1, 1, 'Nike', 'M');
    select pg_temp.member(1, '5');
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]', 1);" \
    "delete from staging.one_item_catalog;
    select ops.refresh_facts('staging', 'serving', '{r}') > 0;
    select count(*) from serving.price_statistics;")"
}

# sweep LOOKS QUERY-MEMBERS: complete, and what it counted
sweep() {
  have "insert into ops.run (run, source, flow, complete, queries) values ('r',
      'one', 'catalog', true, '[{\"query\": \"q\", \"site\": \"a.test\",
      \"asked\": 2, \"answered\": 2, \"walked\": true, \"stop\": \"end\"$2}]');
    $1" "select complete, pages_got, hits, ids, duplicates, promoted
      from serving.sweep;"
}

@test "a sweep is complete: walked to its end, every page, one total, all ids" {
  same "t|2|4|4|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 4, '[1,2]', '[]');
    select pg_temp.look(2, 2, 'ok', 4, '[3,4]', '[]', 1);")"
}

@test "a page that was refused and came in a later attempt counts as there" {
  same "t|2|4|4|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 4, '[1,2]', '[]');
    select pg_temp.look(2, 2, 'failed:timeout', null, '[]', '[]', 1);
    select pg_temp.look(3, 2, 'ok', 4, '[3,4]', '[]', 1);")"
}

@test "a total of 0 completes a sweep" {
  same "t|1|0|0|0|0" "$(sweep "select pg_temp.look(1, 1, 'empty', 0, '[]', '[]');")"
}

@test "a refusal, another total, too few ids: not complete" {
  same "f|1|2|2|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 2, '[1,2]', '[]');
    select pg_temp.look(2, 2, 'refused:challenge', null, '[]', '[]', 1);")"
  same "f|2|4|4|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 4, '[1,2]', '[]');
    select pg_temp.look(2, 2, 'ok', 5, '[3,4]', '[]', 1);")"
  same "f|2|4|3|1|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 4, '[1,2]', '[]');
    select pg_temp.look(2, 2, 'ok', 4, '[2,3]', '[]', 1);")"
}

@test "paid placements are counted, and stand in the total as all hits do" {
  same "t|1|3|3|0|1" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 3, '[1,2,9]', '[9]');")"
}

@test "not walked to its end, or killed: not complete" {
  same "f|1|1|1|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]');" ', "walked": false')"
  same "f|1|1|1|0|0" "$(sweep "
    select pg_temp.look(1, 1, 'ok', 1, '[1]', '[]');
    update ops.run set queries = null;")"
}

# sites_of SITE...: whom of 400 sellers that all of these showed is asked where
sites_of() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -v staging=sample -v source=fair \
    -v item_catalog=item_catalog -v track_item=track_item \
    -v fractions='{"default":1}' -v sites="$*" <<-end
	begin;
	create schema sample;
	create table sample.track_item as
	    select i::text as item_id, 'u' || i as user_id from generate_series(1, 400) i;
	create table sample.item_catalog as
	    select s as site, item_id, 1 as catalog_id
	    from sample.track_item, string_to_array(:'sites', ' ') a, unnest(a) s;
	\\i '$ROOT/schema/query/track/define_watched.sql'
	select user_id, site from watched order by user_id;
	rollback;
	end
}

@test "watched sellers are spread over the sites that showed them; one site more takes its share from each" {
  sites_of b.fair c.fair >"$tmp/two"
  [ "$(wc -l <"$tmp/two")" -eq 400 ]
  for site in b c; do
    n=$(grep -c "|$site.fair$" "$tmp/two")
    [ "$n" -gt 150 ] && [ "$n" -lt 250 ]
  done
  same "$(cat "$tmp/two")" "$(sites_of c.fair b.fair)"
  # a third, first by name: who moves, moves there
  sites_of a.fair b.fair c.fair >"$tmp/three"
  run -1 diff "$tmp/two" "$tmp/three"
  n=$(grep -c '^>' <<<"$output")
  [ "$n" -gt 90 ] && [ "$n" -lt 180 ]
  same "$n" "$(grep -c '^> .*|a.fair$' <<<"$output")"
}
