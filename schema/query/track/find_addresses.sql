-- Makes the table address: of the listings in the table asked (item_id), what stands
-- behind the id in the address that each had.  A page that is asked with it need not
-- redirect.  Empty where listings of the source have no addresses.
--
-- Variables: staging, item.

-- the type of the source's own ids; and whether its items have addresses
select format_type(a.atttypid, a.atttypmod) as id_type,
    u.attname is not null as has_url
from pg_attribute a
    left join pg_attribute u on u.attrelid = a.attrelid
        and u.attname = 'url'
where a.attrelid = to_regclass(format('%I.%I', :'staging', :'item'))
    and a.attname = 'item_id' \gset
create temporary table address (item_id text collate "C", slug text);
\if :has_url
insert into address
select distinct on (a.item_id) a.item_id,
    substring(i.url from a.item_id || '-([^/?#%]+)([?#].*)?$')
from asked a
    join :"staging".:"item" i on i.item_id = a.item_id:::id_type
where i.url is not null
order by a.item_id, i.variant collate "C";
\endif
