-- Prints the rows of :query as :shape: csv (RFC 4180 with a header; a null is an
-- empty field, an empty text is ""), ndjson (an object a row, numbers as they are), or
-- columns (their names, a line each, and no row is asked for).  The query goes to
-- the server as a value: opened as a cursor it is one whole statement that gives
-- rows, and may then stand in a COPY.  A transaction that writes nothing.
-- vpipe export.
begin isolation level repeatable read, read only;
set local search_path = serving, public;
set local statement_timeout = 0;
set local client_connection_check_interval = '1s';
set local timezone = 'UTC';
set local datestyle = 'ISO';
set local intervalstyle = 'iso_8601';
select set_config('vpipe.query',
    regexp_replace(:'query', '[;[:space:]]*$', ''), true) as query \gset
do $$
declare
	alone refcursor;
begin
	open alone for execute current_setting('vpipe.query');
	close alone;
end
$$;
-- A text of JSON has neither \x01 nor \x02, so none is quoted; a line end in it is
-- white space of a column of type json.
select format(case :'shape'
	when 'csv' then 'copy (%1$s) to stdout (format csv, header)'
	when 'ndjson' then 'copy (select translate(row_to_json(q)::text, '
	    || 'e''\n\r'', ''  '') from (%1$s) q) '
	    || 'to stdout (format csv, delimiter e''\x02'', quote e''\x01'')'
	when 'columns' then 'copy (select * from (%1$s) q limit 0) to stdout '
	    || '(format csv, header, delimiter e''\x02'', quote e''\x01'')'
	when 'texts' then 'copy (%1$s) to stdout (format csv, header, '
	    || 'null ''\N'', force_quote *)'
	when 'types' then 'copy (select unnest(array[%2$s]) from (select) one '
	    || 'left join (%1$s) q on false) to stdout'
    end, e'\n' || current_setting('vpipe.query') || e'\n', :'types') \gexec
rollback;
