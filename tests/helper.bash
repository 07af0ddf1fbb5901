# helper.bash - what the tests share: folders, PostgreSQL, the market
#
#	load helper		at the top of a .bats file, which gets
#
#	$ROOT $BIN		the tree; the programs (BIN=bin/asan make check)
#	$tmp			this test's folder (in setup_file: the file's)
#	$raw $records		fixtures/raw, fixtures/records
#	$SHARED			../shared, or empty: need_shared skips then
#	pg_start pg_stop	a PostgreSQL for this file, in setup_file and
#				teardown_file; exports PG*, never the real one
#	pg_migrated pg_fresh	migrated, and a copy of that for each test
#	size SMALL LARGE	SMALL, or LARGE under `make soak`
#	market_start market_stop	the simulator; $MARKET, $TRUTH
#
# No test sees the settings of who runs it: VPIPE_* and PG* are cleared, the
# data folder is below $tmp.

bats_require_minimum_version 1.5.0

# bats reads a file anew for each of its tests: what was found stays found
if [[ -z ${TEST_ROOT:-} ]]; then
	ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
	BIN=$(cd "$ROOT" && cd "${BIN:-bin}" && pwd)
	SHARED=$(cd "$ROOT/../shared" 2>/dev/null && pwd) || SHARED=
	export TEST_ROOT=$ROOT
fi
raw=$ROOT/fixtures/raw
records=$ROOT/fixtures/records
tmp=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-}}
export ROOT BIN SHARED VPIPE_BIN=$BIN

for name in ${!VPIPE_*} ${!PG*}; do
	[[ $name == VPIPE_BIN || ${!name} == "${BATS_FILE_TMPDIR:--}"/* ||
	    (-n ${PG_FOLDER:-} && $name == PG*) ]] || unset "$name"
done
export LC_ALL=C.UTF-8 TZ=UTC VPIPE_CONF=/dev/null VPIPE_DATA=$tmp/data
if [[ $PATH != "$BIN:"* ]]; then
	# the real psql: Debian's is a script that looks for it, slowly
	for name in /usr/lib/postgresql/*/bin; do
		[[ ! -x $name/psql ]] || PATH=$name:$PATH
	done
	export PATH=$BIN:$PATH
fi

# What tests ask about NDJSON, hundreds of times: gojq starts in 4 ms, where jq
# 1.6 takes 40, and writes the keys of objects in order.  Scripts, and what a
# test starts as a program of its own, have jq itself.
jq() {
	gojq "$@"
}

# size SMALL LARGE: how many, in CI or when size itself is what is tried
size() {
	printf '%s\n' "$([[ -n ${SOAK:-} ]] && echo "$2" || echo "$1")"
}

need_shared() {
	[[ -n $SHARED ]] || skip "../shared is absent: ${1:-its captures are not read}"
}

# --- what must hold -----------------------------------------------------------

# fails STATUS WORDS COMMAND...: ends so and says so on stderr, in one line.
fails() {
	local status=$1 words=$2

	shift 2
	run "-$status" --separate-stderr "$@"
	if [[ $stderr != *"$words"* || ${#stderr_lines[@]} -ne 1 ]]; then
		printf 'want one line with: %s\nhave: %s\n' "$words" "$stderr"
		return 1
	fi
}

# same WANT HAVE: two texts.
same() {
	[[ $1 == "$2" ]] || {
		diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") || :
		return 1
	}
}

# After `run`: stdout is what the file holds.
assert_stdout_is() {
	diff "$1" <(printf '%s\n' "$output")
}

# until_true SECONDS COMMAND...: a condition that another process brings about.
until_true() {
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.05
	done
}

# ended PID: it is no longer there.
ended() {
	! kill -0 "$1" 2>/dev/null
}

# --- PostgreSQL ---------------------------------------------------------------

# pg_start [SETTING=VALUE]...: not durable, but quick; unix socket only.  A copy
# of a cluster that is made once for all files, below build: the database vpipe
# is empty, migrated is what pg_migrated takes.
pg_start() {
	local pg=/usr/lib/postgresql/15/bin model

	[[ -x $pg/initdb ]] || pg=$(pg_config --bindir)
	export PG_FOLDER PG_BIN=$pg PG_MODEL
	model=$(cat "$ROOT"/schema/{migration,sql,quality}/* "$ROOT/scripts/db" \
	    "$ROOT/scripts/lib/database.sh" "$ROOT/tests/helper.bash" | sha256sum)
	PG_MODEL=${O:-$ROOT/build}/cluster-${model::16}
	[[ -e $PG_MODEL/key ]] || pg_model || return 1
	PG_FOLDER=$(mktemp -d "$(pg_place)/vpg.XXXXXX")
	((EUID != 0)) || chown postgres "$PG_FOLDER"
	cp -a "$PG_MODEL/d" "$PG_FOLDER/d"
	pg_settings "$@"
	pg_up
	export PGHOST=$PG_FOLDER PGUSER=vpipe PGDATABASE=vpipe
}

# In memory where there is plenty: a slow disk is nothing that the tests try.
pg_place() {
	local free

	free=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
	if ((${free:-0} > 4 << 20)); then echo /dev/shm; else echo /tmp; fi
}

# Whoever comes first makes it, the others wait; one of older migrations goes.
pg_model() {
	exec 8>"${PG_MODEL%-*}.lock"
	flock 8
	if [[ ! -e $PG_MODEL/key ]]; then
		rm -rf "${PG_MODEL%-*}"-*
		pg_made >"$BATS_FILE_TMPDIR/initdb" 2>&1 ||
		    { cat "$BATS_FILE_TMPDIR/initdb"; exec 8>&-; return 1; }
	fi
	exec 8>&-
}

pg_made() (
	PG_FOLDER=$(mktemp -d "$(pg_place)/vpg.XXXXXX")
	((EUID != 0)) || chown postgres "$PG_FOLDER"
	pg_user "$PG_BIN/initdb" -D "$PG_FOLDER/d" -U vpipe -A trust -E UTF8 \
	    --locale=C.UTF-8 --no-sync || return
	cp "$PG_FOLDER/d/postgresql.conf" "$PG_FOLDER/conf"
	pg_settings
	pg_up || return
	export PGHOST=$PG_FOLDER PGUSER=vpipe PGDATABASE=migrated
	psql -X -q -d postgres -c 'create database vpipe' \
	    -c 'create database migrated' &&
	    VPIPE_DATA=$PG_FOLDER/data VPIPE_KEY=$PG_FOLDER/key \
	    "$ROOT/scripts/db" migrate
	made=$?
	pg_down fast
	cat "$PG_FOLDER/conf" >"$PG_FOLDER/d/postgresql.conf"
	mkdir -p "$PG_MODEL"
	# the key comes last: with it the model is whole
	((made == 0)) && cp -a "$PG_FOLDER/d" "$PG_MODEL/d" &&
	    cp -p "$PG_FOLDER/key" "$PG_MODEL/key"
	made=$?
	rm -rf -- "$PG_FOLDER"
	return "$made"
)

pg_settings() {
	local setting

	for setting in "listen_addresses=''" "fsync=off" "jit=off" \
	    "unix_socket_directories='$PG_FOLDER'" "synchronous_commit=off" \
	    "full_page_writes=off" "max_connections=40" "autovacuum=off" "timezone='UTC'" \
	    "log_min_messages=fatal" "wal_level=minimal" "max_wal_senders=0" \
	    "shared_buffers=128MB" "max_wal_size=2GB" "$@"; do
		printf '%s\n' "$setting"
	done >>"$PG_FOLDER/d/postgresql.conf"
}

# The server of pg_start, up again after pg_down.
pg_up() {
	(cd / && pg_user "$PG_BIN/pg_ctl" -D "$PG_FOLDER/d" -l "$PG_FOLDER/log" \
	    -w -s start) 3>&- 4>&- 9>&-
}

# Stops it at once, as if the machine were switched off ("fast" is orderly).
pg_down() {
	pg_user "$PG_BIN/pg_ctl" -D "$PG_FOLDER/d" -m "${1:-immediate}" -w -s stop
}

pg_stop() {
	[[ -n ${PG_FOLDER:-} ]] || return 0
	[[ ! -e $PG_FOLDER/d/postmaster.pid ]] || pg_down
	rm -rf -- "$PG_FOLDER"
	unset PG_FOLDER
}

# pg_migrated, in setup_file after pg_start: migrated, with its key.
# pg_fresh, in setup: this test's own copy of that database.
pg_migrated() {
	export VPIPE_KEY=$BATS_FILE_TMPDIR/key
	cp -p "$PG_MODEL/key" "$VPIPE_KEY"
	psql -X -q -d postgres -c 'drop database vpipe' \
	    -c 'alter database migrated rename to vpipe'
}

pg_fresh() {
	export PGDATABASE=test_$BATS_TEST_NUMBER
	psql -X -q -d postgres -c "create database $PGDATABASE template vpipe strategy file_copy"
}

pg_user() {
	if ((EUID == 0)); then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

# sql QUERY: its rows, columns between bars.
sql() {
	psql -X -v ON_ERROR_STOP=1 -q -A -t -c "$1"
}

# --- the market ---------------------------------------------------------------

# market_start SCENARIO [ARGUMENT]...: sets MARKET (its URL), TRUTH.
market_start() {
	local scenario=$1

	shift
	TRUTH=$tmp/truth.ndjson
	rm -f "$tmp/market.out"
	vmarket --scenario "$scenario" --port 0 --truth "$TRUTH" "$@" \
	    >"$tmp/market.out" 2>"$tmp/market.err" 3>&- 4>&- &
	MARKET_PID=$!
	until_true 60 market_listens || { cat "$tmp/market.err"; return 1; }
	MARKET=$(sed -n 's/^listening //p' "$tmp/market.out")
	export MARKET TRUTH MARKET_PID VPIPE_BASE_URL=$MARKET
}

market_listens() {
	local said

	[[ -s $tmp/market.out ]] && read -r said <"$tmp/market.out" && [[ $said == 'listening '* ]]
}

# market_clock TIME: moves the virtual clock forward.
market_clock() {
	curl -sS -f -X POST "$MARKET/_market/clock?to=$1" >/dev/null
}

market_requests() {
	curl -sS -f "$MARKET/_market/requests"
}

market_stop() {
	[[ -n ${MARKET_PID:-} ]] || return 0
	kill "$MARKET_PID" 2>/dev/null || :
	wait "$MARKET_PID" 2>/dev/null || :
	unset MARKET_PID
}

teardown() {
	market_stop
}

# --- marts ---------------------------------------------------------------------

# marts_are_true: each bin of prices, ages and cuts is what tests/marts.jq counts
marts_are_true() {
	psql -X -v ON_ERROR_STOP=1 -q -A -t -v "input=$tmp/marts.in" \
	    -v "output=$tmp/marts.out" -f "$ROOT/tests/marts.sql"
	marts_agree
}

marts_agree() {
	jq -c . "$tmp/marts.out" | LC_ALL=C sort >"$tmp/marts.have"
	jq -c -f "$ROOT/tests/marts.jq" "$tmp/marts.in" |
	    LC_ALL=C sort >"$tmp/marts.want"
	[ -s "$tmp/marts.want" ]
	diff "$tmp/marts.want" "$tmp/marts.have" | head -n 20
	cmp "$tmp/marts.want" "$tmp/marts.have"
}
