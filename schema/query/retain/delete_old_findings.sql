-- What rules of quality found more than :days days before :now goes, but for the
-- newest check of all.  vpipe retain.
delete from ops.finding f
where f.checked_at < rtrim(:'now', '+')::timestamptz - make_interval(days => :days)
    and f.check_number < (
	select max(check_number)
	from ops.finding);
