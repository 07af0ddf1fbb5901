-- Staging as vupsert would make it, small, for schema.bats: two sources, one
-- with two variants of an item.
create schema staging;

create table staging.one_item (
	site text,
	item_id bigint,
	variant text,
	title text,
	price numeric,
	currency text,
	brand text,
	condition_id bigint,
	size text,
	user_id bigint,
	seller_key text,
	primary key (site, item_id, variant)
);
create table staging.one_item_seen (
	site text,
	item_id bigint,
	variant text,
	observed_at timestamptz,
	run text,
	line bigint,
	index bigint,
	contract integer,
	first_seen timestamptz,
	last_seen timestamptz,
	primary key (site, item_id, variant)
);
create view staging.one_item_full as
select * from staging.one_item join staging.one_item_seen
    using (site, item_id, variant);

create table staging.one_item_catalog (
	site text,
	item_id bigint,
	catalog_id text,
	variant text,
	primary key (site, item_id, catalog_id, variant)
);
create table staging.one_item_catalog_seen (
	like staging.one_item_seen,
	catalog_id text
);
create view staging.one_item_catalog_full as
select * from staging.one_item_catalog join staging.one_item_catalog_seen
    using (site, item_id, catalog_id, variant);

create table staging.one_look (
	source text,
	site text,
	run text,
	line bigint,
	kind text,
	query text,
	catalog_id text,
	page integer,
	observed_at timestamptz,
	verdict text,
	found integer,
	promoted integer,
	total bigint,
	ids jsonb,
	promoted_ids jsonb,
	primary key (run, line)
);

-- text ids, a column the other lacks, a type the other has not
create table staging.two_item (
	site text,
	item_id text,
	variant text,
	title text,
	price numeric,
	currency text,
	brand text,
	size integer,
	material text,
	primary key (site, item_id, variant)
);
create table staging.two_item_seen (
	like staging.one_item_seen
);
alter table staging.two_item_seen alter item_id type text;

insert into ops.stream (stream, source, entity, key, x_order, seen)
values ('one_item', 'one', 'item', '{site,item_id,variant}',
        '{observed_at,run,line,index,contract}', 'observed_at'),
    ('one_item_catalog', 'one', 'item_catalog',
        '{site,item_id,catalog_id,variant}',
        '{observed_at,run,line,index,contract}', 'observed_at'),
    ('one_look', 'one', 'look', '{run,line}', '{contract}', null),
    ('two_item', 'two', 'item', '{site,item_id,variant}',
        '{observed_at,run,line,index,contract}', 'observed_at');

insert into ops.contract (stream, variant, version, columns)
values ('one_item', 'list', 1, '{title,price,currency,brand,condition_id,size,user_id,seller_key}'),
    ('one_item', 'page', 1, '{title,price,currency,brand,user_id,seller_key}'),
    ('two_item', 'list', 1, '{title,price,currency,brand,size,material}');

-- one(ITEM, VARIANT, HOUR, PRICE, BRAND, SIZE): an item of the source "one"
create function pg_temp.one(item bigint, variant text, hour integer,
    price numeric, brand text, size text)
returns void
language sql as $$
	insert into staging.one_item
	values ('a.test', item, variant, 'item ' || item, price, 'EUR', brand,
	    2, size, 77, 'k77');
	insert into staging.one_item_seen
	values ('a.test', item, variant,
	    '2026-09-20T00:00:00Z'::timestamptz + make_interval(hours => hour),
	    'r', item, 0, 1, '2026-09-20T00:00:00Z',
	    '2026-09-20T00:00:00Z'::timestamptz + make_interval(hours => hour));
$$;

-- member(ITEM, CATALOG)
create function pg_temp.member(item bigint, catalog text)
returns void
language sql as $$
	insert into staging.one_item_catalog
	values ('a.test', item, catalog, 'query');
	insert into staging.one_item_catalog_seen
	values ('a.test', item, 'query', '2026-09-20T00:00:00Z', 'r', 1, 0, 1,
	    '2026-09-20T00:00:00Z', '2026-09-20T00:00:00Z', catalog);
$$;

-- look(LINE, PAGE, VERDICT, TOTAL, IDS, PROMOTED)
create function pg_temp.look(line bigint, page integer, verdict text,
    total bigint, ids jsonb, promoted jsonb, hour integer default 0)
returns void
language sql as $$
	insert into staging.one_look
	values ('one', 'a.test', 'r', line, 'search', 'q', '5', page,
	    '2026-09-20T00:00:00Z'::timestamptz + make_interval(hours => hour),
	    verdict, jsonb_array_length(ids), jsonb_array_length(promoted),
	    total, ids, promoted);
$$;
