# vupsert(1) and a server that is lost, hangs or dies: nothing lost, nothing twice, an end in time
load helper

setup_file() {
	pg_start wal_level=replica max_wal_senders=2
}

teardown_file() {
	pg_stop
}

setup() {
	export PGDATABASE=test_$BATS_TEST_NUMBER
	psql -X -q -d postgres -c "create database $PGDATABASE"
	sql 'create table other (n integer)'
}

# schema KEY [MORE]: of stream s, with the number n and the text v
schema() {
	printf '{"type":"SCHEMA","stream":"s","schema":{"properties":{"n":{"type":"integer"},"v":{"type":["string","null"]}}},"key_properties":%s%s}\n' \
	    "$1" "${2:-}"
}

# rows FROM TO [VALUE]
rows() {
	seq "$1" "$2" | sed "s/.*/{\"type\":\"RECORD\",\"stream\":\"s\",\"record\":{\"n\":&,\"v\":\"${3:-x}\"}}/"
}

# feed rows FROM TO state N: in one write, for vupsert may end before a second,
# and bash's printf makes one a line
feed() {
	cat <<<"$(rows "$2" "$3" && state "$5")" >&5
}

state() {
	printf '{"type":"STATE","value":%s}\n' "$1"
}

ops() {
	psql -X -q -v ON_ERROR_STOP=1 -c 'create schema ops' \
	    -f "$ROOT/schema/migration/0005-ops-commit.sql"
}

upsert() {
	vupsert --schema staging "$@"
}

# begin OPTION...: a vupsert that reads from descriptor 5; $pid
begin() {
	mkfifo "$tmp/in"
	# no function: the signals would be for its subshell
	vupsert --schema staging "$@" <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 5>"$tmp/in"
}

# ends STATUS WORDS: it does, and says so
ends() {
	local status=0

	exec 5>&-
	wait "$pid" || status=$?
	[[ $status -eq $1 && $(<"$tmp/err") == *"$2"* ]] || {
		printf 'want %s, %s\nhave %s\n%s\n' "$1" "$2" "$status" "$(<"$tmp/err")"
		return 1
	}
}

has() {
	[[ $(sql "$1") == t ]]
}

# One that is at COMMIT, held there by a trigger for as long as `held` runs.
hold_commits() {
	sql "create function staging.hold() returns trigger language plpgsql as \$\$ begin
	    while exists (select from pg_stat_activity where application_name = 'hold') loop
	        perform pg_stat_clear_snapshot(); perform pg_sleep(0.01);
	    end loop; return null; end \$\$;
	    create constraint trigger hold after insert on staging.s deferrable initially deferred
	        for each row execute function staging.hold()"
	PGAPPNAME=hold psql -X -q -d postgres -c 'select pg_sleep(60)' >/dev/null 2>&1 3>&- 5>&- &
	until_true 60 has "select exists (select from pg_stat_activity where application_name = 'hold')"
}

at_commit() {
	until_true 60 has "select exists (select from pg_stat_activity
	    where application_name = 'vupsert' and query = 'commit' and state = 'active')"
}

# The server crashes; SQL is run before anybody else can connect again.
crash_then() {
	pg_down
	(cd / && pg_user "$PG_BIN/pg_ctl" -D "$PG_FOLDER/d" -l "$PG_FOLDER/log" -o '-p 5499' -w -s start) 3>&- 5>&-
	PGPORT=5499 psql -X -q -v ON_ERROR_STOP=1 "$@"
	pg_down fast
	pg_up 5>&-
}

# --- a server that lost what it had acknowledged ------------------------------

# first, while there are few databases to copy
@test "a standby that took over without acknowledged commits: 75, said" {
	ops
	upsert -q < <(schema '["n"]')
	pg_down fast
	pg_user cp -a "$PG_FOLDER/d" "$PG_FOLDER/standby"
	pg_up
	begin --batch-rows 2 --batch-age 100ms
	{ schema '["n"]'; rows 1 4; state 1; } >&5
	until_true 60 test -s "$tmp/out"
	pg_down
	pg_user rm -rf "$PG_FOLDER/d"
	pg_user mv "$PG_FOLDER/standby" "$PG_FOLDER/d"
	pg_up 5>&-
	feed rows 5 6 state 2
	ends 75 'the server has lost commits: of the 2 transactions of this run it has 0'
	same "$(state 1)" "$(cat "$tmp/out")"
}

# --- was it committed? --------------------------------------------------------

@test "an xid that another client took after a crash says nothing: the last batch is written, once" {
	upsert -q < <(schema '[]')
	sql checkpoint
	hold_commits
	begin
	{ schema '[]'; rows 1 2; state 1; } >&5
	exec 5>&-
	at_commit
	crash_then -c 'insert into other values (1)' -c 'insert into other values (2)' \
	    -c 'insert into other values (3)' -c 'insert into other values (4)'
	ends 0 's: 2 records = 2 inserted'
	same '2|2' "$(sql 'select count(*), count(distinct n) from staging.s')"
	same "$(state 1)" "$(cat "$tmp/out")"
}

@test "the same for a batch in the middle, with ops, and rows that have a key" {
	ops
	upsert -q < <(schema '["n"]')
	sql checkpoint
	hold_commits
	begin --batch-rows 2
	{ schema '["n"]'; rows 1 6; state 1; } >&5
	exec 5>&-
	at_commit
	crash_then -c 'insert into other values (1)' -c 'insert into other values (2)' \
	    -c 'insert into other values (3)' -c 'insert into other values (4)'
	ends 0 's: 6 records = 6 inserted'
	same 6 "$(sql 'select count(*) from staging.s')"
	same 0 "$(sql 'select count(*) from ops.commit')"
}

# A COMMIT that is in the database and waits for a standby that never comes.
waits_for_standby() {
	psql -X -q -c "alter system set synchronous_standby_names = 'nobody'" -c 'select pg_reload_conf()' >/dev/null
	{ schema "$1"; rows "$2" "$3"; state "$3"; } >&5
	until_true 60 has "select exists (select from pg_stat_activity where wait_event = 'SyncRep')"
	# from here on no other COMMIT waits; who does, waits on
	printf "synchronous_commit = local\n" | pg_user tee -a "$PG_FOLDER/d/postgresql.conf" >/dev/null
}

no_standby() {
	sed -i '/^synchronous_standby_names/d' "$PG_FOLDER/d/postgresql.auto.conf"
	sed -i '/^synchronous_commit = local/d' "$PG_FOLDER/d/postgresql.conf"
}

@test "a COMMIT that took place, and whose answer is lost, is not repeated: the server crashes" {
	upsert -q < <(schema '[]')
	begin
	waits_for_standby '[]' 1 3
	exec 5>&-
	no_standby
	pg_down
	pg_up
	ends 0 's: 3 records = 3 inserted'
	same '3|3' "$(sql 'select count(*), count(distinct n) from staging.s')"
	same "$(state 3)" "$(cat "$tmp/out")"
}

@test "a scope larger than a batch, whose COMMIT took place, is done" {
	upsert -q < <(schema '["n"]' ',"x-replace":["v"]')
	begin --batch-rows 4
	printf '%s\n' '{"type":"SCOPE","stream":"s","scope":{"v":"x"},"records":10}' >"$tmp/scope"
	psql -X -q -c "alter system set synchronous_standby_names = 'nobody'" -c 'select pg_reload_conf()' >/dev/null
	{ schema '["n"]' ',"x-replace":["v"]'; cat "$tmp/scope"; rows 1 10; state 1; } >&5
	exec 5>&-
	until_true 60 has "select exists (select from pg_stat_activity where wait_event = 'SyncRep')"
	no_standby
	pg_down
	pg_up
	ends 0 'connection lost'
	same 10 "$(sql 'select count(*) from staging.s')"
	same "$(state 1)" "$(cat "$tmp/out")"
}

@test "a scope larger than a batch, whose COMMIT did not take place: 75, nothing of it, no STATE" {
	upsert -q < <(schema '["n"]' ',"x-replace":["v"]')
	hold_commits
	begin --batch-rows 4
	{ schema '["n"]' ',"x-replace":["v"]'
	    echo '{"type":"SCOPE","stream":"s","scope":{"v":"x"},"records":10}'; rows 1 10; state 1; } >&5
	exec 5>&-
	at_commit
	pg_down
	pg_up
	ends 75 'cannot write a scope larger than a batch: the connection was lost at COMMIT'
	same 0 "$(sql 'select count(*) from staging.s')"
	[ ! -s "$tmp/out" ]
}

@test "one transaction, lost in the middle, while columns are made or at COMMIT: 75, nothing of it, no STATE" {
	upsert -q < <(schema '["n"]')
	begin --single-transaction --batch-rows 2
	{ schema '["n"]'; rows 1 5; state 1; } >&5
	until_true 60 has "$open_transaction"
	cut
	feed rows 6 9 state 2
	ends 75 'cannot write all in one transaction: '
	rm "$tmp/in"
	begin --single-transaction --batch-rows 2
	{ schema '["n"]'; rows 1 4; } >&5
	until_true 60 has "$open_transaction"
	cut
	schema '["n"]' | sed 's/"v":/"w":{"type":"integer"},&/' >&5
	ends 75 'cannot write all in one transaction: '
	rm "$tmp/in"
	hold_commits
	begin --single-transaction --batch-rows 2
	{ schema '["n"]'; rows 1 5; state 1; } >&5
	exec 5>&-
	at_commit
	pg_down
	pg_up
	ends 75 'cannot write all in one transaction: the connection was lost at COMMIT'
	same 0 "$(sql 'select count(*) from staging.s')"
	[ ! -s "$tmp/out" ]
}

open_transaction="select exists (select from pg_stat_activity where application_name = 'vupsert' and state = 'idle in transaction')"

@test "one transaction, whose COMMIT took place, is done; one that is lost in its first batch begins again" {
	upsert -q < <(schema '["n"]')
	begin --single-transaction --batch-rows 4
	psql -X -q -c "alter system set synchronous_standby_names = 'nobody'" -c 'select pg_reload_conf()' >/dev/null
	{ schema '["n"]'; rows 1 10; state 1; } >&5
	exec 5>&-
	until_true 60 has "select exists (select from pg_stat_activity where wait_event = 'SyncRep')"
	no_standby
	pg_down
	pg_up
	ends 0 's: 10 records = 10 inserted'
	same "$(state 1)" "$(cat "$tmp/out")"
	rm "$tmp/in"
	begin --single-transaction
	{ schema '["n"]'; rows 1 2; } >&5
	until_true 60 has "select exists (select from pg_stat_activity where application_name = 'vupsert')"
	cut
	feed rows 11 12 state 2
	ends 0 'connection lost'
	same 12 "$(sql 'select count(*) from staging.s')"
	same "$(state 2)" "$(cat "$tmp/out")"
}

@test "nobody can say what became of a COMMIT: 75, and no STATE" {
	ops
	upsert -q < <(schema '["n"]')
	hold_commits
	begin
	{ schema '["n"]'; rows 1 2; state 1; } >&5
	exec 5>&-
	at_commit
	crash_then -c 'drop table ops.commit'
	ends 75 'cannot tell whether the last rows were committed: relation "ops.commit" does not exist'
	[ ! -s "$tmp/out" ]
}

# --- where the marker stands --------------------------------------------------

# cut_once: the first COMMIT of an insert into s ends its own backend
cut_once() {
	sql "create sequence staging.once;
	    create function staging.cut() returns trigger language plpgsql security definer as \$\$ begin
	        if nextval('staging.once') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
	        return null; end \$\$;
	    create constraint trigger cut after insert on staging.s deferrable initially deferred
	        for each row execute function staging.cut()"
}

# poor KEY GRANT...: the table, and a role that has no more than that; PGUSER
poor() {
	upsert -q < <(schema "$1")
	sql 'drop table staging."vupsert commit: the last transaction of each run that goes on"' 2>/dev/null || :
	cut_once
	sql "create role poor_$BATS_TEST_NUMBER login; grant usage on schema staging to poor_$BATS_TEST_NUMBER;
	    grant select, insert, update, delete on staging.s to poor_$BATS_TEST_NUMBER"
	shift
	for grant; do sql "grant $grant to poor_$BATS_TEST_NUMBER"; done
	export PGUSER=poor_$BATS_TEST_NUMBER
}

@test "where no table may be made, rows with a key are written again" {
	poor '["n"]'
	run -0 --separate-stderr upsert < <(schema '["n"]'; rows 1 3; state 1)
	[[ $stderr == *'connection lost'*'s: 3 records = 3 inserted'* ]]
	same "$(state 1)" "$output"
	same 3 "$(sql 'select count(*) from staging.s')"
}

@test "where no table may be made, rows without a key end with 75, nothing twice" {
	poor '[]'
	run -75 --separate-stderr upsert < <(schema '[]'; rows 1 3; state 1)
	[[ $stderr == *'nobody can tell whether the last rows of "staging"."s", which has no key, are in'* ]]
	[ -z "$output" ]
	same 0 "$(sql 'select count(*) from staging.s')"
}

@test "ops that the role may not use: a table beside the others, which a stream's cannot be, and the digest leaves out" {
	ops
	poor '[]' 'create on schema staging'
	run -0 --separate-stderr upsert < <(schema '[]'; rows 1 3; state 1)
	[[ $stderr == *'connection lost'*'s: 3 records = 3 inserted'* ]]
	same '3|0' "$(sql 'select (select count(*) from staging.s), count(*)
	    from staging."vupsert commit: the last transaction of each run that goes on"')"
	export PGUSER=vpipe
	digest=$(psql -XAtq -v staging=staging -v serving=serving -f "$ROOT/schema/query/db/digest_tables.sql")
	same staging.s "${digest%%|*}"
}

@test "ops.commit that the role may write is taken, though it may make no table" {
	ops
	poor '[]' 'usage on schema ops' 'select, insert, update, delete on ops.commit'
	run -0 --separate-stderr upsert < <(schema '[]'; rows 1 3; state 1)
	[[ $stderr == *'connection lost'*'s: 3 records = 3 inserted'* ]]
	same 3 "$(sql 'select count(*) from staging.s')"
}

@test "a row a run, removed at its end; what a killed run left goes after a month" {
	ops
	sql "insert into ops.commit values (gen_random_uuid(), 7, now() - interval '31 days'), (gen_random_uuid(), 8, now() - interval '29 days')"
	begin --batch-rows 2
	{ schema '["n"]'; rows 1 7; } >&5
	until_true 60 has 'select count(*) = 6 from staging.s'
	same $'3\n8' "$(sql 'select n from ops.commit order by n')"
	ends 0 '7 inserted'
	same 8 "$(sql 'select n from ops.commit')"
}

@test "what changes nothing writes no marker: rows, scopes, rejects" {
	ops
	set -- "$(schema '["n"]' ',"x-replace":["v"]'; echo '{"type":"SCOPE","stream":"s","scope":{"v":"x"},"records":3}'; rows 1 3)" \
	    "$(schema '["n"]' | sed 's/"s"/"t"/'; rows 1 3 | sed 's/"s"/"t"/; s/"x"/"y"/')"
	upsert -q < <(printf '%s\n' "$@")
	sql "create function ops.no() returns trigger language plpgsql as 'begin raise exception \$q\$written\$q\$; end';
	    create trigger no before insert or update on ops.commit for each row execute function ops.no()"
	run -0 upsert -q < <(printf '%s\n' "$@")
	run -65 upsert -q < <(schema '["n"]'; rows 1 3 | sed 's/"n":/"n":"z/; s/,"v"/","v"/')
	run -70 --separate-stderr upsert -q < <(schema '["n"]'; rows 9 9)
	[[ $stderr == *'written'* ]]
}

# --- the same, nearer ---------------------------------------------------------

# first_batch: rows 1 and 2 are acknowledged, STATE is out
first_batch() {
	ops
	begin --batch-rows 2 --batch-age 100ms
	{ schema '["n"]'; rows 1 2; state 1; } >&5
	until_true 60 test -s "$tmp/out"
}

cut() {
	sql "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'vupsert'" >/dev/null
}

@test "acknowledged commits are missed also when the batches that follow change nothing" {
	first_batch
	sql 'delete from ops.commit'
	cut
	feed rows 1 2 state 2
	ends 75 'of the 1 transactions of this run it has 0'
	same "$(state 1)" "$(cat "$tmp/out")"
}

@test "acknowledged commits are missed also when an earlier one is there" {
	first_batch
	feed rows 3 4 state 2
	until_true 60 has 'select count(*) = 4 from staging.s'
	until_true 60 has "select n = 2 from ops.commit"
	until_true 60 grep -q 2 "$tmp/out"
	sql 'update ops.commit set n = 1'
	feed rows 5 6 state 3
	ends 75 'of the 2 transactions of this run it has 1'
}

@test "a lost connection with nothing lost goes on, and a standby is waited for until it is promoted" {
	first_batch
	pg_down fast
	pg_user touch "$PG_FOLDER/d/standby.signal"
	pg_up 5>&-
	feed rows 3 4 state 2
	until_true 60 grep -q 'connection lost' "$tmp/err"
	sleep 0.3
	sql 'select pg_promote()' >/dev/null
	ends 0 's: 4 records = 4 inserted'
	same 4 "$(sql 'select count(*) from staging.s')"
}

@test "a schema that is dropped meanwhile: 75, and no STATE" {
	begin --batch-rows 2 --batch-age 100ms
	{ schema '["n"]'; rows 1 2; state 1; } >&5
	until_true 60 test -s "$tmp/out"
	sql 'drop schema staging cascade' 2>/dev/null
	feed rows 3 4 state 2
	ends 75 'the columns of "staging"."s" were altered meanwhile: run again'
	same "$(state 1)" "$(cat "$tmp/out")"
}

# --- a server that hangs ------------------------------------------------------

# dies_soon SIGNAL: within two seconds, by the signal; half of one for a slow machine
dies_soon() {
	local from=${EPOCHREALTIME/./} status=0 took

	kill "-$1" "$pid"
	wait "$pid" || status=$?
	took=$(((${EPOCHREALTIME/./} - from) / 1000))
	[[ $status -eq $((128 + $(kill -l "$1"))) && $took -lt 2500 ]] || {
		echo "status $status after $took ms"
		return 1
	}
}

# server SIGNAL: to all of its processes
server() {
	local postmaster

	postmaster=$(head -n 1 "$PG_FOLDER/d/postmaster.pid")
	kill "-$1" "$postmaster" $(ps -o pid= --ppid "$postmaster")
}

@test "TERM while the server is stopped, before it let us in: dead within two seconds" {
	server STOP
	begin -q
	sleep 0.2
	dies_soon TERM
	server CONT
}

@test "INT while the server is stopped in the middle of a batch: dead within two seconds, no STATE" {
	upsert -q < <(schema '[]')
	hold_commits
	begin -q
	{ schema '[]'; rows 1 2; state 1; } >&5
	exec 5>&-
	at_commit
	server STOP
	dies_soon INT
	server CONT
	[ ! -s "$tmp/out" ]
}

@test "TERM in a wait for a lock: dead within two seconds, and the server does not wait on" {
	upsert -q < <(schema '["n"]')
	PGAPPNAME=hold psql -X -q -c 'begin; lock table staging.s; select pg_sleep(60)' >/dev/null 2>&1 3>&- &
	until_true 60 has "select exists (select from pg_locks where relation = 'staging.s'::regclass)"
	begin -q
	schema '["n"]' >&5
	until_true 60 has "select exists (select from pg_stat_activity where application_name = 'vupsert' and wait_event_type = 'Lock')"
	dies_soon TERM
	until_true 5 has "select not exists (select from pg_stat_activity where application_name = 'vupsert')"
	sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hold'" >/dev/null
}

@test "TERM while a COPY does not drain: dead within two seconds" {
	upsert -q < <(schema '[]')
	sql "create function staging.stall() returns trigger language plpgsql as
	    'begin perform pg_sleep(60); return new; end';
	    create trigger stall before insert on staging.s for each row execute function staging.stall()"
	begin -q
	{ schema '[]'; rows 1 20000 "$(printf 'y%.0s' {1..200})"; } >&5
	until_true 60 has "select exists (select from pg_stat_activity where application_name = 'vupsert' and wait_event = 'PgSleep')"
	dies_soon TERM
}

@test "TERM between two attempts to connect again: dead within two seconds" {
	first_batch
	pg_down
	rows 3 4 >&5
	until_true 60 grep -q 'connection lost' "$tmp/err"
	sleep 0.5
	dies_soon TERM
	pg_up 5>&-
}

@test "a lock is waited for, but not without end: 75; PGOPTIONS come before our limits, a role's settings do not" {
	upsert -q < <(schema '["n"]')
	sql "create function staging.tell() returns trigger language plpgsql as \$\$ begin
	    new.v = concat_ws(' ', current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('transaction_isolation'));
	    return new; end \$\$;
	    create trigger tell before insert on staging.s for each row execute function staging.tell()"
	sql "alter role vpipe set statement_timeout = '30s'; alter role vpipe set default_transaction_isolation = 'serializable'"
	upsert -q < <(schema '["n"]'; rows 1 1)
	PGOPTIONS='-c statement_timeout=0 -c lock_timeout=7s' upsert -q < <(schema '["n"]'; rows 2 2)
	sql 'alter role vpipe reset all'
	same $'10min 1h read committed\n7s 0 read committed' "$(sql 'select v from staging.s order by n')"
	PGAPPNAME=hold psql -X -q -c 'begin; lock table staging.s; select pg_sleep(60)' >/dev/null 2>&1 3>&- &
	until_true 60 has "select exists (select from pg_locks where relation = 'staging.s'::regclass)"
	PGOPTIONS='-c lock_timeout=50ms' fails 75 'canceling statement due to lock timeout' \
	    upsert -q < <(schema '["n"]'; rows 3 3)
	sql "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hold'" >/dev/null
}

@test "PGCONNECT_TIMEOUT is obeyed: a server that does not answer is 75" {
	server STOP
	PGCONNECT_TIMEOUT=1 fails 75 'cannot connect to the database: no answer from the server' upsert </dev/null
	server CONT
}

@test "of several hosts the next is tried" {
	PGHOST=$tmp,$PGHOST run -0 --separate-stderr upsert < <(schema '["n"]'; rows 1 2)
	[[ $stderr == *'2 inserted'* ]]
}
