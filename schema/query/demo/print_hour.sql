-- One line on what the database holds: the quickstart's progress.
select format('%s answers, %s listings in %s catalogs, %s price groups',
    (select count(*) from serving.look),
    (select count(*) from serving.item),
    (select count(distinct (site, catalog_id)) from serving.item_catalog),
    (select count(*) from serving.price_statistics));
