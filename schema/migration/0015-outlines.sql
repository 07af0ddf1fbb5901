-- Sweeps between which nothing changed are left out, and outlines of histories come
-- (vevents(1)): the next load judges all that is loaded anew, to the same events.
delete from ops.load
where step in ('events', 'mart');
update ops.load
set finished = false
where finished;
