-- Takes back all that grant_reader.sql and vpipe db reader granted the role
-- :reader in this database.  vpipe db reader --drop.
set client_min_messages = error;
begin;
alter default privileges in schema serving
    revoke all on tables from :"reader";
revoke all on all tables in schema serving from :"reader";
revoke all on ops.near_mask from :"reader";
revoke all on schema serving, ops from :"reader";
select format('revoke all on database %I from %I', current_database(),
    :'reader') \gexec
commit;
