-- The serving schema: what people and reports read.  Its views and marts are
-- made by schema/sql, one file each, so that scripts/rebuild can make a second
-- set beside the first.
create schema if not exists serving;
comment on schema serving is
    'what people and reports read: views and marts over staging';
