-- The figures of vpipe report, as one moment has them: a line for each page and at
-- last one for all, a key, a tabulator and a JSON object.
--
-- Variables: language (of names), simulated (true: the marketplace was a simulator),
-- pictures (true: their names, too).  Writes the file `pictures`.
begin isolation level repeatable read;
\ir choose_pages.sql
\ir print_pages.sql
\ir print_stories.sql
\ir print_index.sql
rollback;
