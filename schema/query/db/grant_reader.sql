-- Grants the role :reader what a reader may: the schema serving, also what will be
-- in it, and the constants in ops that functions of serving use.  Prints `owner` or
-- `missing`, and grants nothing, where the role is the owner's or is not there.
-- vpipe db migrate, vpipe db reader.
set client_min_messages = error;
select exists (select from pg_roles where rolname = :'reader') as is_there,
    :'reader' = current_user as is_owner \gset
\if :is_owner
\echo owner
\elif :is_there
grant usage on schema serving, ops to :"reader";
grant select on all tables in schema serving to :"reader";
alter default privileges in schema serving
    grant select on tables to :"reader";
grant select on ops.near_mask to :"reader";
\else
\echo missing
\endif
