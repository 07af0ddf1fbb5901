# loading what the tracking flow got: in steps, killed, wrong, by older versions
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
}

# Sellers of three, one of whom is gone a day later: U1, U2 and U3 of seller U.
# Counters before, and a day after; one more was sold.
sales_of() {
  local user

  kept 2026-09-01T08:00:00Z < <(for user; do echo "user $user 5 8"; done)
  kept 2026-09-01T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}1 ${user}2 ${user}3"
  done)
  kept 2026-09-02T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}2 ${user}3"
  done)
  kept 2026-09-03T10:00:00Z < <(for user; do echo "user $user 6 8"; done)
}

# --- the real series ----------------------------------------------------------

# of DAY: price changes of items that were seen before, by cause
changes_of() {
  sql "select cause, count(*) from serving.event where type = 'repriced'
    and latest::date = '$1' group by cause order by cause"
}

# became STATE DAY: items that were seen before in another state
became() {
  sql "select item_id from serving.event where type = '$1'
    and confidence = 'observed' and latest::date = '$2'
    and earliest is not null order by item_id"
}

@test "the real series: what was sold, and what moved the prices" {
  need_shared "the series of captures is not loaded"
  for day in 2024-02-07 2024-02-18 2024-02-19; do
    "$ROOT/scripts/wrap" -q --source vinted --kind favourites \
      --site www.vinted.cz --at "${day}T12:00:00Z" \
      "$SHARED/captures/vinted/favourites-cz-$day.json" |
      vput -q "$VPIPE_DATA/raw" >/dev/null
  done
  run -0 --separate-stderr load
  same $'4066936231\n4079437682\n4111458915' "$(became sold 2024-02-19)"
  same '' "$(became reserved 2024-02-19)"
  same $'rate|155\nseller|4' "$(changes_of 2024-02-19)"
  same 3985788791 "$(became sold 2024-02-18)"
  same 4021454175 "$(became reserved 2024-02-18)"
  same $'rate|121\nseller|14' "$(changes_of 2024-02-18)"
  same '225|195' "$(sql "select count(*) filter (where f and g),
    count(*) filter (where e and f) from (select
    bool_or(observed_at::date = '2024-02-07') as e,
    bool_or(observed_at::date = '2024-02-18') as f,
    bool_or(observed_at::date = '2024-02-19') as g
    from staging.vinted_snapshot group by item_id) as s")"
}

# --- steps, and loads that end early ------------------------------------------

@test "a load until a step leaves the steps behind it to the next" {
  steps() {
    sql 'select step, count(*) from ops.load group by step order by step' |
      tr '\n' ' '
  }
  sales_of 300
  load --until upsert
  same 'upsert|4 ' "$(steps)"
  same 0 "$(sql "select count(*) from pg_class where relname = 'vinted_event'")"
  load --until events
  same 'events|4 upsert|4 ' "$(steps)"
  load
  same 'events|4 mart|4 upsert|4 ' "$(steps)"
  same 0 "$(sql 'select count(*) from ops.touched_item')"
  same 4 "$(sql 'select count(*) from serving.event')"
  fails 64 "--until takes upsert, events or mart, not 'x'" load --until x
  fails 64 "load: '--until' needs an argument; see --help" load --until
}

# bats test_tags=long
@test "a database of a version before, whose events had no owner, judges on" {
  sales_of 300
  load
  sql "set client_min_messages = warning;
    drop table staging.vinted_event, staging.vinted_item_state cascade;
    create table staging.vinted_event (item_id text, type text, number bigint,
        latest timestamptz, primary key (item_id, type, number));
    create table staging.vinted_item_state (item_id text primary key);
    alter table staging.vinted_track_item add column title text;
    create table staging.vinted_track_interval (user_id text, run text);
    create index vinted_look_user on staging.vinted_look (user_id, observed_at);
    delete from ops.migration where name = '0013-owners.sql'"
  "$ROOT/scripts/db" migrate
  loaded 2026-09-03T11:00:00Z <<<'user 300 6 8'
  same 'sold inferred counters' "$(state 3001)"
  feed_is_true
  # an index of looks is one that ids can use, as they collate
  same 0 "$(sql "select count(*) from pg_class where relname = 'vinted_look_user'")"
  [[ $(sql 'set enable_seqscan = off; explain select from staging.vinted_look
    where user_id = (select min(user_id) from staging.vinted_track_item)') == \
    *vinted_look_user_c*'Index Cond: (user_id = '* ]]
  want=$("$ROOT/scripts/db" digest)
  same "$want" "$(replayed at_once load)"
}

# bats test_tags=long
@test "what older rules judged is judged anew by the load after the migration" {
  sales_of 300
  load
  want=$("$ROOT/scripts/db" digest)
  sql "update staging.vinted_item_state set state = 'missing', confidence = 'unknown' where item_id = '3001';
    update staging.vinted_event set type = 'vanished', confidence = 'unknown' where item_id = '3001' and type = 'sold';
    delete from ops.migration where name = '0014-rules.sql'"
  "$ROOT/scripts/db" migrate
  load
  same 'sold inferred counters' "$(state 3001)"
  same "$want" "$("$ROOT/scripts/db" digest)"
}

@test "a load reads what is new and what outlines name; older data, all of it" {
  local day

  for day in 02 03 04 05 06 07; do
    loaded 2026-09-${day}T09:00:00Z <<<"wardrobe 300 3001 3002"
  done
  same '2 2' "$(sql "select string_agg(jsonb_array_length(looks)::text, ' ')
    from staging.vinted_item_outline")"
  # a look that nothing needs: it would be two changes of price
  sql "update staging.vinted_snapshot set price = price + 5
    where item_id = '3001' and observed_at::date = '2026-09-04'"
  loaded 2026-09-08T09:00:00Z <<<"wardrobe 300 3001 3002"
  same 0 "$(sql "select count(*) from serving.event where type = 'repriced'")"
  loaded 2026-09-01T09:00:00Z <<<"wardrobe 300 3001"
  same 2 "$(sql "select count(*) from serving.event where type = 'repriced'")"
  sql "update staging.vinted_snapshot set price = price - 5
    where item_id = '3001' and observed_at::date = '2026-09-04'"
  # one of hers is another's now: hers are read, and the outlines are true
  loaded 2026-09-09T09:00:00Z <<<"wardrobe 400 3002"
  same "$("$ROOT/scripts/db" digest)" "$(replayed at_once load)"
}

# so many changes of price; the look of the 3rd, which nothing needs, is of another
repriced() { sql "select count(*) from serving.event where type = 'repriced'"; }
spoil() {
  sql "update staging.vinted_snapshot set price = price + ($1)
    where item_id = '3001' and observed_at::date = '2026-09-03'"
}

@test "an outline holds for the limits and the currency that it was made with" {
  local day

  for day in 02 03 04 05; do
    loaded 2026-09-${day}T09:00:00Z <<<"wardrobe 300 3001 3002"
  done
  spoil 5
  loaded 2026-09-06T09:00:00Z <<<"wardrobe 300 3001 3002"
  same 0 "$(repriced)"
  mkdir -p "$tmp/sources"
  cp -R "$ROOT/schema/sources/vinted" "$tmp/sources/"
  jq '.tracking.sold_page_hours = 241' "$ROOT/schema/sources/vinted/source.json" \
    >"$tmp/sources/vinted/source.json"
  VPIPE_SOURCES=$tmp/sources:$ROOT/schema/sources \
    loaded 2026-09-07T09:00:00Z <<<"wardrobe 300 3001 3002"
  same 2 "$(repriced)"
  spoil -5
  loaded 2026-09-08T09:00:00Z <<<"wardrobe 300 3001 3002"
  same 0 "$(repriced)"
  spoil 5
  loaded 2026-09-09T09:00:00Z <<<'user 300 5 8 {"country_code":"PL"}'
  same 2 "$(repriced)"
}

# judged_again RUN: the runs that begin so
judged_again() {
  sql "update ops.load set finished = false where run like '$1%';
    delete from ops.load where run like '$1%' and step in ('events', 'mart')"
  load
}

@test "an outline holds for the listings that it was made of: one changes hands, and leaves" {
  local day

  for day in 02 03 04; do
    kept 2026-09-${day}T08:00:00Z <<<$'user 200 5 6\nuser 300 5 7'
    loaded 2026-09-${day}T09:00:00Z <<<$'wardrobe 200 2001\nwardrobe 300 3001 3002'
  done
  # the least of the two names counts: it is hers now
  loaded 2026-09-05T09:00:00Z <<<$'wardrobe 200 2001 3002\nwardrobe 300 3001'
  same "$("$ROOT/scripts/db" digest)" "$(replayed changed load)"
  loaded 2026-09-06T09:00:00Z <<<$'wardrobe 200 2001 3002\nwardrobe 300 3001 3002'
  loaded 2026-09-07T09:00:00Z <<<$'wardrobe 200 2001\nwardrobe 300 3001'
  loaded 2026-09-09T08:00:00Z <<<$'user 200 6 6\nuser 300 6 7'
  same "$("$ROOT/scripts/db" digest)" "$(replayed at_once load)"
  # all looks at one are said to be of another, and the run that only a search
  # was in is judged again; then the same of one that had one seller
  loaded 2026-09-05T10:00:00Z <<<'list 5 3002@200'
  sql "update staging.vinted_snapshot set user_id = '400' where item_id = '3002'"
  judged_again 20260905T10 && "$ROOT/scripts/db" digest >"$tmp/some"
  judged_again 2026 && "$ROOT/scripts/db" digest | diff "$tmp/some" -
  sql "update staging.vinted_snapshot set user_id = '400' where item_id = '3001'"
  judged_again 20260907 && "$ROOT/scripts/db" digest >"$tmp/some"
  judged_again 2026 && "$ROOT/scripts/db" digest | diff "$tmp/some" -
}

# cut_at COMMAND: loads, and is killed with all its children when the events
# step runs that program
cut_at() {
  local program

  mkdir -p "$tmp/cut"
  for program in "$BIN"/*; do
    ln -sf "$program" "$tmp/cut/"
  done
  rm "$tmp/cut/$1"
  cat >"$tmp/cut/$1" <<-end
	#!/bin/sh
	case "\$*" in
	*--source* | *-q*staging*) kill -9 0 ;;
	esac
	exec "$BIN/$1" "\$@"
	end
  chmod +x "$tmp/cut/$1"
  VPIPE_BIN=$tmp/cut setsid -w "$ROOT/scripts/load" 2>/dev/null && return 1
  # the server notices a little later
  until_true 60 no_backend
}

no_backend() {
  [ "$(sql "select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()")" = 0 ]
}

@test "killed between the history and the events: the next load judges what vanished" {
  kept 2026-09-01T08:00:00Z <<<'user 300 5 8'
  loaded 2026-09-01T09:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 3002 3003'
  cut_at vevents
  run -0 load
  same 'missing unknown lag' "$(state 3001)"
  feed_is_true
}

# with_vevents: loads, with the script on stdin in the place of vevents
with_vevents() {
  local program

  mkdir -p "$tmp/other"
  for program in "$BIN"/*; do
    ln -sf "$program" "$tmp/other/"
  done
  rm "$tmp/other/vevents"
  cat >"$tmp/other/vevents"
  chmod +x "$tmp/other/vevents"
  VPIPE_BIN=$tmp/other "$ROOT/scripts/load"
}

# whose ITEM: the owners of its events and of its state
whose() {
  sql "select owner from staging.vinted_event where item_id = '$1'
    union select owner from staging.vinted_item_state where item_id = '$1'"
}

@test "a listing changes hands in one transaction: not while the history or its events are cut short" {
  loaded 2026-09-01T09:00:00Z < <(echo 'wardrobe 400 4001 4002'; echo 'wardrobe 300 3001')
  same user:400 "$(whose 4002)"
  want=$(sql 'select * from staging.vinted_event order by 1, 2, 3, 4')
  kept 2026-09-02T09:00:00Z < <(echo 'wardrobe 400 4001'; echo 'wardrobe 300 3001 4002')
  run -75 --separate-stderr with_vevents <<-end
	#!/bin/sh
	sed '\$d' | "$BIN/vevents" "\$@"
	end
  same 'vevents: the history is cut short: no last line says that it ends' "$stderr"
  same "$want" "$(sql 'select * from staging.vinted_event order by 1, 2, 3, 4')"
  run -137 --separate-stderr with_vevents <<-end
	#!/bin/sh
	"$BIN/vevents" "\$@" | head -c 4000
	kill -9 \$\$
	end
  same "$want" "$(sql 'select * from staging.vinted_event order by 1, 2, 3, 4')"
  load
  same user:300 "$(whose 4002)"
}

# --- the change feed ----------------------------------------------------------

@test "changes: since, limit, source; bad arguments; a reader that leaves" {
  sql "insert into ops.change (n, source, op, item_id, event)
    select n, case when n % 2 = 0 then 'bazar' else 'vinted' end, 'add',
        n::text, '{\"type\":\"listed\"}'
    from generate_series(1, 30000) as n"
  changes=$ROOT/scripts/changes
  same '2 3' "$("$changes" --since 1 --limit=2 | jq .n | xargs)"
  same '10 12' "$("$changes" --since=8 --source bazar --limit 2 | jq .n | xargs)"
  same 15000 "$("$changes" --source=vinted | wc -l)"
  same '' "$("$changes" --since 30000; "$changes" --limit 0
    "$changes" --source elsewhere; "$changes" --source "ba'zar")"
  for arguments in '--since x' '--since -1' '--since=' '--limit 1.5' \
    '--since 99999999999999999999'; do
    # shellcheck disable=SC2086	# words
    fails 64 'is no number' "$changes" $arguments
  done
  for arguments in --dog=1 dog --since; do
    fails 64 'changes: ' "$changes" "$arguments"
  done
  run -0 bash -c "{ '$changes' 2>'$tmp/words'; echo \$? >'$tmp/left'; } |
    head -n 1"
  same '{"n":1,"op":"add","source":"vinted","event":{"type": "listed"}}' "$output"
  same 141 "$(cat "$tmp/left")"
  same '' "$(cat "$tmp/words")"
}

# --- what is wrong ------------------------------------------------------------

@test "a negative price is rejected, and its sweep is no whole one" {
  kept 2026-09-01T09:00:00Z <<<'wardrobe 300 3001 3002 3003'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 300 3002 3003:-1.00'
  fails 65 "were rejected; first, in line 1 of vinted_item: 'price' is negative" load
  same "price|'price' is negative" "$(sql 'select property, reason
    from ops.reject')"
  same 3 "$(sql "select count(*) from staging.vinted_snapshot")"
  run -0 load --force
  same 0 "$(sql 'select count(*) from staging.vinted_snapshot where price < 0')"
  same $'live observed -\nlive observed -' "$(state 3001; state 3003)"
}

@test "a look of the future is rejected, also when the rest is taken" {
  kept 2026-09-02T23:00:00Z <<<'wardrobe 300 3001'
  kept 2026-09-04T00:00:01Z <<<'wardrobe 300 3002'
  VPIPE_NOW=2026-09-03T00:00:00Z VPIPE_REJECTS=1 run -0 load
  same 3001 "$(sql 'select distinct item_id from staging.vinted_snapshot')"
  same 3001 "$(sql "select distinct item_id from serving.event")"
  same 1 "$(sql 'select count(*) from ops.reject')"
}

@test "an answer that lies between an account's two 404s, and comes later: the rows of all at once" {
  kept 2026-09-01T08:00:00Z <<<$'user 560 5 8\nwardrobe 560 5601 5602'
  kept 2026-09-02T09:00:00Z <<<'vanished wardrobe 560'
  loaded 2026-09-04T09:00:00Z <<<'vanished user 560'
  before=$(happened 5601)
  loaded 2026-09-03T09:00:00Z <<<'user 560 5 8'
  [ "$(happened 5601)" != "$before" ]
  same "$("$ROOT/scripts/db" digest)" "$(replayed at_once load)"
}
