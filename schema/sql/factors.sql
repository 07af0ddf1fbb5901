-- Which attributes of a listing go with a faster sale: written by vpipe factors as
-- a set, read by anyone.  What vpipe load writes does not touch it.
create table if not exists :"serving".sale_factor (
	source text collate "C" not null,
	factor text collate "C" not null,
	level text collate "C" not null,
	reference text collate "C" not null,
	ratio numeric not null check (ratio > 0),
	low numeric,
	high numeric,
	listings bigint not null,
	sold bigint not null,
	as_of timestamptz not null,
	method text collate "C" not null,
	primary key (source, factor, level)
);
comment on table :"serving".sale_factor is
    'a row is what goes with a faster sale: how many times the hazard of a sale '
    'of the reference a level of a factor has, with its 95 % interval, all else '
    'alike; vpipe factors writes it, and needs R with its package survival '
    '(Debian: r-cran-survival): without them it stays as it is; sales are what '
    'vpipe track concludes: see sale_evidence';
comment on column :"serving".sale_factor.level is
    'a brand, the id of a condition or catalog, a month (the time of the sale), '
    'or "twice": at twice the typical price of its brand, catalog and condition; '
    '"(other)" has all levels of fewer than twenty sales';
comment on column :"serving".sale_factor.as_of is
    'sales up to then count, a week before the newest look: later ones are not '
    'all concluded';
comment on column :"serving".sale_factor.low is
    'null where the level is the reference';
