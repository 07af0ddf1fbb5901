# lib.sh - what the benchmarks share: a cluster of their own, medians, goals
# shellcheck shell=sh
#
# $here is set by who sources it.  Gives $work (a prefix for files: $work.name)
# and a durable PostgreSQL with autovacuum as shipped, gone at exit.

PATH=${BIN:-$here/../../bin}:$PATH
for name in PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS; do
	unset $name
done
pg=/usr/lib/postgresql/15/bin
[ -x $pg/initdb ] || pg=$(pg_config --bindir)
work=$(mktemp -d /tmp/vbench.XXXXXX)
trap 'finish' EXIT

as_owner() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

start() {
	[ "$(id -u)" != 0 ] || chown postgres "$work"
	chmod 755 "$work"
	as_owner $pg/initdb -D "$work/d" -U bench -A trust -E UTF8 -k \
		--locale=C.UTF-8 --no-sync >"$work.initdb"
	printf '%s\n' "listen_addresses=''" "jit=off" "shared_buffers=512MB" \
		"unix_socket_directories='$work'" "max_wal_size=8GB" \
		"checkpoint_timeout=1h" |
		as_owner tee -a "$work/d/postgresql.conf" >/dev/null
	(cd / && as_owner $pg/pg_ctl -D "$work/d" -l "$work/d/log" -w -s start) \
		</dev/null >&2
	export PGHOST="$work" PGUSER=bench PGDATABASE=postgres
	export PGOPTIONS='-c client_min_messages=warning'
}

finish() {
	[ ! -d "$work/d" ] ||
		(cd / && as_owner $pg/pg_ctl -D "$work/d" -m immediate -w -s stop) || :
	rm -rf "$work" "$work".*
}

sql() {
	psql -X -v ON_ERROR_STOP=1 -qAt "$@"
}

# timed NAME COMMAND...: its milliseconds go to $work.NAME
timed() {
	name=$1
	shift
	from=$(date +%s%N)
	"$@" >&2
	echo $((($(date +%s%N) - from) / 1000000)) >>"$work.$name"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# ratio A B: of the rounds' times, one a line
ratio() {
	paste "$work.$1" "$work.$2" | awk '{ printf "%.3f\n", $1 / $2 }'
}

# goal NAME VALUE UNIT OP GOAL
goal() {
	awk -v v="$2" -v g="$5" -v op="$4" -v name="$1" -v unit="$3" 'BEGIN {
		ok = op == ">=" ? v >= g : v <= g
		printf "bench %s %s %s goal %s %s %s\n", name, v, unit, op, g,
		    ok ? "ok" : "short" }'
}

spread() {
	printf '# %s: %s\n' "$1" "$(sort -n | tr '\n' ' ')"
}
