-- The pictures and choices of vpipe label sheet.  The file `rows` in the current
-- folder, a JSON object a line, names pictures by its member sha256, in order;
-- :name is the label's name.  Prints "value TEXT" (JSON) for each of the most
-- frequent values (those of catalogs last), and an object a picture: the
-- picture, its listings, its labels.
begin isolation level repeatable read;
create temporary table chosen (
	line text,
	place bigint generated always as identity,
	sha256 text collate "C" generated always as (line::jsonb ->> 'sha256')
	    stored
) on commit drop;
\copy chosen (line) from 'rows' with (format csv, quote E'\x01', delimiter E'\x02')
set transaction read only;
analyze chosen;
-- the views tell the planner nothing of their size
set local enable_nestloop = off;
set local enable_mergejoin = off;

with
used as (
	select distinct on (u.sha256) u.sha256, u.source, u.site, u.item_id
	from serving.image_use u
	where u.sha256 = any (array(select sha256 from chosen))
	order by u.sha256, u.observed_at desc, u.source, u.site, u.item_id
),
said as (
	select l.sha256,
	    jsonb_agg(jsonb_build_object('source', l.label_source,
	        'value', l.value, 'score', l.score)
	        order by l.label_source <> 'human', l.score desc nulls last,
	        l.label_source, l.value) as labels
	from serving.image_label l
	where l.sha256 = any (array(select sha256 from chosen))
	    and l.name = :'name'
	    and l.value is not null
	group by l.sha256
)
select jsonb_strip_nulls(jsonb_build_object(
    'sha256', c.sha256,
    'ext', case i.format when 'jpeg' then 'jpg' else i.format end,
    'width', i.width,
    'height', i.height,
    'color', i.dominant_color,
    'title', t.j ->> 'title',
    'price', t.j ->> 'price',
    'currency', t.j ->> 'currency',
    'brand', t.j ->> 'brand',
    'size', t.j ->> 'size',
    'site', u.site,
    'labels', s.labels))
from chosen c
    join serving.image i using (sha256)
    left join used u using (sha256)
    left join serving.item x on x.source = u.source
        and x.site = u.site
        and x.item_id = u.item_id
    cross join lateral (
	select to_jsonb(x) as j) as t
    left join said s using (sha256)
order by c.place;

select 'value ' || to_json(value)::text
from serving.image_label
where name = :'name'
    and value is not null
group by value
order by bool_and(label_source = 'catalog'), count(distinct sha256) desc, value
limit 30;
rollback;
