-- The report of the runs :runs (ids between commas): a line per site and
-- dictionary that they asked for, with its entries now, and those that the runs
-- found new, changed or gone.  An answer that was none has its verdict, and the
-- entries are those of before.  vpipe dictionaries.
with
asked as (
	select l.source,
	    l.site,
	    l.kind,
	    l.verdict,
	    l.observed_at,
	    l.kind as dictionary
	from serving.look l
	where l.run = any (string_to_array(:'runs', ','))
)
select a.site,
    a.dictionary,
    a.verdict as answer,
    count(d.id) filter (where d.valid_to is null) as entries,
    count(d.id) filter (
        where d.valid_from = a.observed_at
            and d.number = 1) as new,
    count(d.id) filter (
        where d.valid_from = a.observed_at
            and d.number > 1) as changed
from asked a
    left join serving.dictionary d using (source, site, dictionary)
group by a.source, a.site, a.dictionary, a.verdict, a.observed_at
order by a.site, a.dictionary, a.observed_at;
