-- What SQL keeps for the events step: whose a listing is, what a seller asks in,
-- and the rates of exchange.  Each is a function of the snapshots that are loaded,
-- of all of them together and of nothing else, however they came (law 2).

select to_regclass(format('%I.%I', :'staging', :'seller_snapshot')) is null
    as no_sellers \gset
\if :no_sellers
-- no answer about a seller was loaded yet
create table :"staging".:"seller_snapshot" (
	site text,
	user_id text not null,
	observed_at timestamptz not null,
	kind text not null,
	run text not null,
	line bigint not null,
	index bigint not null,
	item_count bigint,
	given_count bigint,
	total_count bigint,
	on_holiday boolean,
	banned boolean,
	country text,
	primary key (user_id, observed_at, kind, run, line, index)
);
\endif

-- vupsert's own index begins with the columns of fixed width
create index if not exists :"snapshot_item"
    on :"staging".:"snapshot" (item_id, observed_at);
create index if not exists :"seller_snapshot_user"
    on :"staging".:"seller_snapshot" (user_id, observed_at);
create index if not exists :"snapshot_run"
    on :"staging".:"snapshot" (run);
create index if not exists :"seller_snapshot_run"
    on :"staging".:"seller_snapshot" (run);

create table if not exists :"staging".:"track_item" (
	item_id text collate "C" primary key,
	user_id text collate "C",
	photo_key text,
	first_sight timestamptz,
	last_sight timestamptz
);
create index if not exists :"track_item_user"
    on :"staging".:"track_item" (user_id, last_sight);
comment on table :"staging".:"track_item" is
    'a row is a listing: its seller (the least that was named), main photo, and '
    'when it was first and last seen';

create table if not exists :"staging".:"track_shared" (
	item_id text collate "C",
	user_id text collate "C",
	primary key (item_id, user_id)
);
create index if not exists :"track_shared_user"
    on :"staging".:"track_shared" (user_id);
comment on table :"staging".:"track_shared" is
    'the listings that several sellers were named for, with each of them';

create table if not exists :"staging".:"track_seller" (
	user_id text collate "C" primary key,
	country_least text,
	country_greatest text,
	currency text
);
comment on column :"staging".:"track_seller".currency is
    'the one she asks in; null: her country is not known, or was several';

create table if not exists :"staging".:"track_rate" (
	site text collate "C" not null,
	pair text collate "C" not null,
	run text collate "C" not null,
	at timestamptz not null,
	items bigint not null,
	agree bigint not null,
	rate double precision,
	err double precision,
	component text collate "C",
	joined_at timestamptz,
	low double precision,
	high double precision,
	primary key (site, pair, run)
);
comment on table :"staging".:"track_rate" is
    'a row is the rate of exchange that the prices of one run show, as an '
    'index: two runs of one component are compared by their quotient';
comment on column :"staging".:"track_rate".agree is
    'sellers whose items show it';
comment on column :"staging".:"track_rate".joined_at is
    'the last run that joined the component of this one to another';
comment on column :"staging".:"track_rate".low is
    'where there are too few sellers for a rate: it is not lower, say their items';
comment on column :"staging".:"track_rate".high is
    'where there are too few sellers for a rate: it is not higher';

-- Indexes of a pair of currencies can be compared within one component: the
-- greatest is the one that counts.
create temporary view main_component as
select distinct on (site, pair) site, pair, component
from :"staging".:"track_rate"
where rate is not null
group by site, pair, component
order by site, pair, sum(items) desc, component;

-- The rates that prices of a run are judged by.  One of too few sellers shows
-- that of the run before or after it, the nearer in time, where it has three
-- items or more and what most of them say leaves room for that and little else.
create temporary view rate_shown as
with
placed as (
	select r.*,
	    count(r.rate) over (partition by r.site, r.pair
	        order by r.at, r.run) as place
	from :"staging".:"track_rate" r
	    join main_component using (site, pair, component)
),
rated as (
	select * from placed where rate is not null
)
select site, pair, run, rate, err
from rated
union all
select site, pair, run, rate, err
from (
	select distinct on (s.site, s.pair, s.run) s.site, s.pair, s.run,
	    n.rate, n.err
	from placed s
	    cross join (values (0), (1)) as side(step)
	    join rated n on n.site = s.site
	        and n.pair = s.pair
	        and n.place = s.place + side.step
	where s.rate is null
	    and s.items >= 3
	    and s.high - s.low <= 0.005 * s.low
	    and n.rate between s.low * (1 - 1e-4) and s.high * (1 + 1e-4)
	order by s.site, s.pair, s.run, greatest(n.at - s.at, s.at - n.at),
	    side.step) as lent;

-- Looks by seller and item, as ids collate here: no other index would serve the
-- joins.  The names say so, for an earlier version had indexes that do not.
select format('create index if not exists %I on %I.%I (user_id collate "C", '
    'observed_at) where user_id is not null', :'source' || '_look_user_c',
    :'staging', :'look')
from pg_attribute
where attrelid = to_regclass(format('%I.%I', :'staging', :'look'))
    and attname = 'user_id' \gexec
select format('create index if not exists %I on %I.%I (item_id collate "C", '
    'observed_at) where item_id is not null', :'source' || '_look_item_c',
    :'staging', :'look')
from pg_attribute
where attrelid = to_regclass(format('%I.%I', :'staging', :'look'))
    and attname = 'item_id' \gexec
create index if not exists :"look_gone"
    on :"staging".:"look" (user_id collate "C")
    where verdict = 'gone' and user_id is not null;
select format('drop index %I.%I', :'staging', relname)
from pg_class
where relnamespace = to_regnamespace(quote_ident(:'staging'))
    and relname in (:'source' || '_look_user', :'source' || '_look_item')
    and relkind = 'i' \gexec

-- what became of the photos, when any was asked for
select to_regclass(format('%I.%I', :'staging', :'photo_fetch')) is not null
    and to_regclass(format('%I.%I', :'staging', :'image')) is not null
    and to_regclass(format('%I.%I', :'staging', :'image_seen')) is not null
    as has_pictures \gset
\if :has_pictures
select ops.index_images(:'staging') \g /dev/null
create index if not exists :"track_item_key"
    on :"staging".:"track_item" (photo_key);
select ops.photo_key_is_upload(:'source') as by_upload \gset
\endif

-- what vevents needs of the histories that it judged before
select to_regclass(format('%I.%I', :'staging', :'item_outline')) is not null
    and to_regclass(format('%I.%I', :'staging', :'owner_outline')) is not null
    and to_regclass(format('%I.%I', :'staging', :'seller_sweep')) is not null
    as has_outlines \gset

-- tables that were never analyzed: until autovacuum comes by
select format('analyze %I.%I', n.nspname, c.relname)
from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
where n.nspname = :'staging'
    and c.relkind = 'r'
    and c.reltuples < 0 \gexec
