-- The masks of the search for near pictures: all numbers of 17 bits of which two
-- at most are set.  serving.near_hashes cuts a hash of 64 bits into substrings of
-- 17, 17, 17 and 13: of two hashes that differ in 11 bits at most, one of these
-- differs in 2 at most.
create table ops.near_mask (
	bits integer not null check (bits between 0 and 2),
	mask integer not null,
	primary key (bits, mask)
);
comment on table ops.near_mask is
	'what to flip in a substring of a perceptual hash, by the number of '
	'bits; serving.near_hashes reads it, nobody writes it';

insert into ops.near_mask (bits, mask)
with
bit as (
	select n, 1 << n as value
	from generate_series(0, 16) as n
)
select 0, 0
union all
select 1, value
from bit
union all
select 2, a.value | b.value
from bit a
    join bit b on a.n < b.n;
analyze ops.near_mask;
