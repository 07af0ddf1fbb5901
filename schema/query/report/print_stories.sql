-- One line a page of vpipe report: its key with -stories, a tabulator, and a JSON
-- object of what happened to its newest listings and which pictures they show: the
-- newest twenty events of each, and the main picture where it is kept.
--
-- Writes the file `pictures` of the current folder, "NAME PATH" a line: what of the
-- image folder these pages show; of no page where :pictures is false.

create temporary table told as
select distinct source, site, item_id
from newest;
analyze told;

create temporary table happened as
select *
from (
	select t.source,
	    t.site,
	    e.*,
	    row_number() over (
	        partition by t.source, t.site, t.item_id
	        order by e.latest desc, e.number desc, e.type desc)
	        as place
	from told t
	    cross join lateral (
		select e.item_id,
		    e.type,
		    e.number,
		    e.earliest,
		    e.latest,
		    e.old,
		    e.new,
		    e.currency,
		    e.confidence,
		    coalesce(e.cause, e.rule, e.reason) as why
		from serving.event e
		where e.source = t.source
		    and e.item_id = t.item_id
		offset 0) as e) as e
where place <= 20;
create index on happened (item_id);

create temporary table shown as
select distinct on (t.source, t.site, t.item_id) t.*,
    u.sha256 || '.' || i.format as name,
    i.path
from (
	select *
	from told
	where :'pictures') as t
    join serving.image_use u using (source, site, item_id)
    join serving.image i using (sha256)
where u.position = 1
    and i.path is not null
order by t.source, t.site, t.item_id, i.width desc, u.sha256;
create index on shown (item_id);

\o pictures
select distinct name || E'\t' || path
from shown
order by 1;
\o

select p.key || E'-stories\t' || json_build_object(
    'events', (
	select coalesce(json_agg(json_build_array(e.item_id, e.type, e.earliest,
	        e.latest, e.old, e.new, e.currency, e.confidence, e.why)
	        order by e.item_id, e.latest, e.number, e.type), '[]')
	from newest l
	    join happened e using (source, site, item_id)
	where l.key = p.key),
    'pictures', (
	select coalesce(json_object_agg(s.item_id, s.name order by s.item_id), '{}')
	from newest l
	    join shown s using (source, site, item_id)
	where l.key = p.key))
from page p;
