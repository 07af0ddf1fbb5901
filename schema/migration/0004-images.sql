-- The masks of the search for near pictures: all numbers of 22 bits of which
-- three at most are set.  A hash of 64 bits that differs from another in 11 at
-- most differs in one of three substrings (22, 21 and 21 bits) in 3 at most.
create table ops.near_mask (
	bits integer not null check (bits between 0 and 3),
	mask integer not null,
	primary key (bits, mask)
);
comment on table ops.near_mask is
	'what to flip in a substring of a perceptual hash, by the number of '
	'bits; serving.near_images reads it, nobody writes it';

insert into ops.near_mask (bits, mask)
with
bit as (
	select n, 1 << n as value
	from generate_series(0, 21) as n
)
select 0, 0
union all
select 1, value
from bit
union all
select 2, a.value | b.value
from bit a
    join bit b on a.n < b.n
union all
select 3, a.value | b.value | c.value
from bit a
    join bit b on a.n < b.n
    join bit c on b.n < c.n;
analyze ops.near_mask;
