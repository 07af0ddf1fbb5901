-- What a watch had to tell is told: :name.  vpipe watch, under the lock under which
-- find_crossings.sql found it.
delete from ops.crossing
where watch = :'name'
    and withdrawn is not null;
update ops.crossing
set told_at = now()
where watch = :'name'
    and told_at is null;
