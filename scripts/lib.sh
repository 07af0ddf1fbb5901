# lib.sh - what the scripts share: configuration, locks, statuses, the database
# shellcheck shell=sh
#
# Sourced by every script, which is a POSIX sh under `set -eu`.  Sourcing it
# puts the suite's programs first in PATH, checks the configuration and exports
# it.  It writes nothing.

here=$(CDPATH='' cd -- "${0%/*}" && pwd)
root=${here%/*}
me=${0##*/}

# --- words and statuses -------------------------------------------------------

say() { printf '%s: %s\n' "$me" "$*" | shown >&2; }

# Said to a person who waits, and to no log.
told() { [ ! -t 2 ] || say "$*"; }

# passed N TOTAL WHAT: how far it is, rewritten in place, at a terminal only
passed() {
	[ ! -t 2 ] || printf '\r\033[K%s: %s of %s %s' "$me" "$1" "$2" "$3" >&2
}
passed_all() { [ ! -t 2 ] || printf '\r\033[K' >&2; }

# For a terminal: lines without the control characters of names that others gave.
shown() {
	LC_ALL=C sed 's/\xc2[\x80-\x9f]/??/g' | LC_ALL=C tr '\000-\010\013-\037\177' '[?*]'
}

# die STATUS WORDS...
die() {
	died=$1
	shift
	say "$*"
	exit "$died"
}

# Line 2 of the script is its synopsis and purpose; what follows up to the
# first line that is no comment is its help.
usage() {
	sed -n '2s/^# /usage: vpipe /p' "$0" >&2
	exit 64
}

help() {
	sed -n '2s/^# /usage: vpipe /p; 3,/^[^#]/s/^#\( \|$\)//p' "$0"
	exit 0
}

# The worst of some statuses; what the table of STATUSES does not know (a
# signal, a command that is missing) is worse than all it knows.
worst() {
	for status in "$@"; do
		case $status in
		0 | 64 | 65 | 69 | 70 | 74 | 75 | 77 | 78) ;;
		*)
			printf '%s\n' "$status"
			return
			;;
		esac
	done
	for status in 70 74 78 64 69 65 77 75; do
		case " $* " in
		*" $status "*)
			printf '%s\n' "$status"
			return
			;;
		esac
	done
	printf '0\n'
}

# `stage A | stage B` notes each failure in the file $stages; stages_ok then
# returns the worst of them.  A stage that ended because its reader went away
# (SIGPIPE) is not the cause.
# shellcheck disable=SC2154	# $stages is the caller's
stage() {
	"$@" || printf '%s\n' "$?" >>"$stages"
}

# shellcheck disable=SC2154	# $stages is the caller's
stages_ok() {
	[ -s "$stages" ] || return 0
	# shellcheck disable=SC2046	# the statuses are words
	return "$(worst $(grep -vx 141 "$stages" || echo 141))"
}

# packing FILE: prints gzip or zstd when the file begins as theirs do.  Both
# unpack all members and frames that follow one another.
packing() {
	case $(od -An -tx1 -N4 <"$1" | tr -d ' \n') in
	1f8b*) printf 'gzip\n' ;;
	28b52ffd | 5?2a4d18) printf 'zstd\n' ;;
	esac
}

# --- configuration ------------------------------------------------------------

# The programs first in PATH; then each setting in force, exported.  vconf reads
# vpipe.conf and checks: there is no second parser.
configure() {
	for folder in "${VPIPE_BIN:-}" "$root/bin" "${root%/share/vpipe}/bin"; do
		if [ -x "$folder/vconf" ]; then
			PATH=$(CDPATH='' cd -- "$folder" && pwd):$PATH
			break
		fi
	done
	# Debian's psql is a script that looks for the real one, and takes longer
	# than what it is asked; who names a cluster of Debian's wants the script
	if [ -z "${PGCLUSTER:-}" ]; then
		for folder in /usr/lib/postgresql/*/bin; do
			[ ! -x "$folder/psql" ] || newest=$folder
		done
		[ -z "${newest:-}" ] || PATH=$newest:$PATH
	fi
	case :$PATH: in
	*:/usr/sbin:*) ;;
	*) PATH=$PATH:/usr/sbin:/sbin ;;	# runuser; cron's PATH lacks both
	esac
	export PATH
	command -v vconf >/dev/null ||
	    die 69 "the programs are not built yet: run make in '$root'"
	from_file='' at_default=''	# names, set by the lines of vconf
	settings=$(vconf --export) || exit
	eval "$settings"
	umask 077	# listings name people: what lies in the data folder is ours
}

# whence NAME: environment, file or default.
whence() {
	case "$from_file|$at_default" in
	*" $1 "*'|'*) printf 'file\n' ;;
	*'|'*" $1 "*) printf 'default\n' ;;
	*) if eval "[ -n \"\${$1:-}\" ]"; then
		printf 'environment\n'
	else
		printf 'unset\n'
	fi ;;
	esac
}

# --- folders and locks --------------------------------------------------------

# The data folder; as root the database's user must be able to walk through.
data_made() {
	[ -d "$VPIPE_DATA" ] || (umask 022 && mkdir -p -- "$VPIPE_DATA") ||
	    die 74 "cannot make the data folder '$VPIPE_DATA'"
	mkdir -p -- "$VPIPE_DATA/lock"
}

# place_ready NAME: the folder of that setting is there.  Where NAME_MOUNT says
# that it must be on a mount and it is not, nothing begins: an empty folder would
# pass for a market never seen.
place_ready() {
	eval "folder=\$$1 must=\${$1_MOUNT:-}"
	# shellcheck disable=SC2154	# set by eval
	case $must in
	yes | true | 1 | on) on_mount "$1" ;;
	esac
	mkdir -p -- "$folder" || die 74 "cannot make '$folder'"
}

# on_mount NAME: dies unless that folder, or the nearest one above it that is
# there, lies on FUSE.
on_mount() {
	near=$folder
	while ! type=$(stat -f -c %t -- "$near" 2>&1); do
		case $type in
		*'No such file'*) near=$(dirname -- "$near") ;;
		*'Input/output error'*)
			die 75 "'$near' cannot be reached: ${type##*: }" ;;
		*) die 78 "cannot open '$near': ${type##*: }" ;;
		esac
	done
	[ "$type" = 65735546 ] ||
	    die 78 "'$folder' is not mounted, and $1_MOUNT says it must be"
}

# lock NAME: held until this script and its children end.
lock() {
	data_made
	exec 9>"$VPIPE_DATA/lock/$1"
	flock -n 9 || die 75 "another '$1' is running"
}

# outbox FLOW: a new folder for what a run fetches until it is published.
outbox() {
	mkdir -p -- "$VPIPE_DATA/outbox"
	mktemp -d "$VPIPE_DATA/outbox/$1.XXXXXXXX"
}

# scratch: $scratch becomes a folder for temporaries, removed on exit; what a
# killed script left is removed by the next.
scratch() {
	data_made
	mkdir -p -- "$VPIPE_DATA/scratch"
	# one at a time: a folder that is made and not yet locked looks left over
	exec 7>"$VPIPE_DATA/lock/scratch"
	flock 7
	for left in "$VPIPE_DATA"/scratch/*/; do
		left=${left%/}
		[ ! -L "$left" ] || continue	# what a link leads to is not ours
		# opened to read: its owner may be removing it, none makes it anew
		(exec 6<"$left/lock" && flock -n 6 && rm -rf -- "$left") \
		    2>/dev/null || :
	done
	scratch=$(mktemp -d "$VPIPE_DATA/scratch/$me.XXXXXXXX")
	exec 8>"$scratch/lock"
	flock 8
	exec 7>&-
	trap 'rm -rf -- "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# --- the database -------------------------------------------------------------

# Is a server named by the environment?  Then it is used, and never started.
# What `vpipe db env` prints of the private one names no other.
database_is_given() {
	[ -n "${PGHOST:-}${PGHOSTADDR:-}${PGSERVICE:-}${PGPORT:-}" ] ||
	    [ -n "${PGDATABASE:-}" ] || return 1
	[ "${PGHOST:-} ${PGPORT:-5432} ${PGUSER:-vpipe}" != \
	    "$(private_socket) 5432 vpipe" ] ||
	    [ "${PGDATABASE:-vpipe}" != vpipe ] ||
	    [ -n "${PGHOSTADDR:-}${PGSERVICE:-}" ]
}

# private_socket [DATA]: the folder of that data folder's private cluster's socket
private_socket() {
	set -- "${1:-$VPIPE_DATA}"
	if [ -s "$1/pg/socket.path" ]; then
		cat "$1/pg/socket.path"
	else
		printf '%s\n' "${1%/}/pg/socket"
	fi
}

# Exports where the database is.  What `vpipe db env` printed for another data
# folder names that folder's: its rows and these would mix.
database() {
	if database_is_given; then
		[ "${VPIPE_DB_OF:-$VPIPE_DATA}" = "$VPIPE_DATA" ] ||
		    [ "${PGHOST:-}" != "$(private_socket "$VPIPE_DB_OF")" ] ||
		    die 78 "PGHOST is the database of '$VPIPE_DB_OF', and the data folder is '$VPIPE_DATA': unset PGHOST PGUSER PGDATABASE VPIPE_DB_OF"
		return
	fi
	PGHOST=$(private_socket)
	PGUSER=vpipe PGDATABASE=vpipe
	export PGHOST PGUSER PGDATABASE
}

# The database, started when it is ours and stopped.
database_started() {
	database_is_given || "$here/db" start
	database
}

# The same; dies when it is away.
database_up() {
	database_started
	sql -c 'select 1 from ops.load limit 0' 2>"$scratch/up.words" ||
	    sql_status $? "$scratch/up.words" || exit $?
}

# sql [PSQL OPTION]...: psql as all scripts run it, rows as bare text.
sql() {
	psql -X -v ON_ERROR_STOP=1 -q -A -t -P pager=off "$@"
}

# sql_table [PSQL OPTION]...: a table for people, and no pager: whoever calls
# holds a lock, and may have nobody to press a key.
sql_table() {
	psql -X -v ON_ERROR_STOP=1 -q -P pager=off -P border=1 -P footer=off \
	    -P null=- "$@"
}

# sql_status STATUS FILE: the suite's status for psql's, and in one sentence
# what it had to say in FILE.
sql_status() {
	why=$(sed -n 's/.*\(ERROR\|FATAL\): *//p' "$2" | head -n 1)
	[ -n "$why" ] || why=$(sed -n 's/^psql: error: //p' "$2" | head -n 1)
	case $why in
	*'authentication failed'* | *'no password supplied'* | \
	    *'permission denied'* | *'pg_hba.conf'* | \
	    role*'does not exist'*) sql_status=77 ;;
	database*'does not exist'*) sql_status=69 ;;
	schema*'does not exist'* | relation*'does not exist'*)
		why="$why (vpipe db migrate makes it)"
		sql_status=69
		;;
	*'o space left'* | *'ould not extend'* | *'ould not write'*)
		sql_status=74
		;;
	*)
		# 2: no connection, or lost; 3: an error in what it was told
		if [ "$1" -eq 2 ]; then sql_status=75; else sql_status=70; fi
		;;
	esac
	say "database: ${why:-psql ended with $1}"
	return "$sql_status"
}

# reader: the role that a typed query runs as; empty: the owner of the tables.
reader() {
	if [ -n "${VPIPE_READER:-}" ]; then
		printf '%s\n' "$VPIPE_READER"
	elif ! database_is_given; then
		printf 'vpipe_reader\n'
	fi
}

# rows_of QUERY [MOST]: the rows of a query that somebody typed, a JSON object a
# line, into $scratch/rows.  psql never reads it: it goes to the server as a
# value, which opens it as one statement, in a transaction that writes nothing
# and is rolled back, by a role that may only read.  Dies (64) of a bad one.
rows_of() {
	as=$(reader)
	asked=0
	sql ${as:+-U "$as"} -v query="$1" -v most="${2:-}" \
	    >"$scratch/rows" 2>"$scratch/sql.words" <<-'end' || asked=$?
	begin isolation level repeatable read, read only;
	set local search_path = serving, public;
	select ops.rows_of(:'query', nullif(:'most', '')::bigint);
	rollback;
	end
	[ "$asked" -ne 0 ] || return 0
	why=$(sed -n 's/.*ERROR: *//p' "$scratch/sql.words" | head -n 1)
	case $why in
	'cannot open multi-query plan as cursor'*)
		die 64 "the query: it is more than one statement" ;;
	'cannot open '*' as cursor'*)
		why=${why#cannot open }
		die 64 "the query: ${why% query as cursor*} gives no rows" ;;
	*'schema ops' | *'schema serving' | 'function ops.rows_of'*)
		die 69 "database: $why (vpipe db migrate mends it)" ;;
	esac
	[ "$asked" -ne 3 ] || die 64 "the query: $why"
	sql_status "$asked" "$scratch/sql.words" || exit
}

# Said of a query that somebody typed, when it was good.
owner_said() {
	[ -n "$(reader)" ] ||
	    say "the query ran read-only, but as the owner of the tables: VPIPE_READER names a role that may do no more"
}

# --- publishing ---------------------------------------------------------------

# publish OUTBOX: what stands in it, then it is removed.  What can never be
# published leaves the way.  Notes manifests in $scratch/state, runs in
# $scratch/runs.
publish() {
	if [ -s "$1/run" ]; then
		put_status=0
		vput "$VPIPE_RAW" <"$1/run" >"$scratch/published" ||
		    put_status=$?
		if [ "$put_status" -eq 65 ]; then
			aside=${1%/}
			aside=${aside%/*}/bad.${aside##*/}
			mv -- "$1" "$aside"
			say "this was put aside, in '$aside'"
		fi
		[ "$put_status" -eq 0 ] || return "$put_status"
		cat "$scratch/published" >>"$scratch/state"
		# the first member of that name; jq takes longer to start
		sed 's/"run":"/\n&/; s/^[^\n]*\n"run":"\([^"]*\)".*/\1/' \
		    "$scratch/published" >>"$scratch/runs"
	fi
	rm -rf -- "$1"
}

# publish_leftovers FLOW: what earlier runs of it left
publish_leftovers() {
	left=0
	for work in "$VPIPE_DATA/outbox/$1".*/; do
		[ -d "$work" ] || continue
		[ ! -L "${work%/}" ] || continue
		say "publishing what '$work' holds"
		publish "$work" || left=$(worst "$left" $?)
	done
	return "$left"
}

# --- whom to watch ------------------------------------------------------------

# VPIPE_SAMPLE_FRAC as a JSON object
fractions() {
	# shellcheck disable=SC2086	# words
	printf '%s\n' $VPIPE_SAMPLE_FRAC | awk -F = '
	NF == 1 { $2 = $1; $1 = "default" }
	NF > 2 || $1 !~ /^[A-Za-z0-9_-]+$/ ||
	    $2 !~ /^([0-9]?\.[0-9]+|[0-9]+\.?)(e-[0-9]+)?$/ || $2 + 0 > 1 ||
	    $2 ~ /^0[0-9]/ { exit bad = 1 }
	{
		sub(/^\./, "0.", $2)
		sub(/\.$/, "", $2)
		printf "%s\"%s\":%s", NR == 1 ? "{" : ",", $1, $2
	}
	END { if (!bad) print "}"; exit bad }' ||
	    die 78 "VPIPE_SAMPLE_FRAC '$VPIPE_SAMPLE_FRAC' is not like '0.05 1904=0.2'"
}

# --- events -------------------------------------------------------------------

# describe SOURCE: $description becomes the file that describes it
describe() {
	rest=$VPIPE_SOURCES:
	while [ -n "$rest" ]; do
		description=${rest%%:*}/$1/source.json rest=${rest#*:}
		[ ! -e "$description" ] || return 0
	done
	die 78 "no description of the source '$1'"
}

# facts SOURCE...: a line for each, from its description: its name, whether its
# sellers can be asked (true, false), how many item-days counters can tell of,
# whether a photo's key names an upload, the hosts of its pictures (JSON, or null)
facts() {
	for described in "$@"; do
		describe "$described"
		cat -- "$description"
	done | jq -r '[.source, (.endpoints.user and .endpoints.wardrobe),
	    .tracking.arithmetic_item_days // 40, .images.key == "upload",
	    (.images.hosts | tojson)] | join(" ")'
}

# judge SCHEMA SOURCE FEED: the events of the items that the parts in
# $scratch/due touch; FEED (true or false): the change feed too
judge() {
	describe "$2"
	cat >"$scratch/judge" <<-end
	: >judge.status
	{ vsnapshot events -q --source '$2' --item-days "\$ITEM_DAYS" \\
	    --sold-page-hours "\$SOLD_PAGE_HOURS" 2>judge.words ||
	    echo \$? >>judge.status; } |
	    { vupsert -q --schema '$1' 2>store.words ||
	    echo \$? >>judge.status; }
	[ ! -s judge.status ]
	end
	judged=0
	(
		export description
		cd "$scratch" && : >judge.status && sql -v staging="$1" \
		    -v source="$2" -v feed="$3" \
		    -f "$VPIPE_SCHEMA/query/events/judge_source.sql" 2>sql.words
	) || judged=$?
	[ "$judged" -ne 0 ] || return 0
	if [ -s "$scratch/judge.status" ]; then
		grep -hv '^[a-z]*: ledger' "$scratch/judge.words" \
		    "$scratch/store.words" >&2 || :
		# shellcheck disable=SC2046	# the statuses are words
		return "$(worst $(cat "$scratch/judge.status"))"
	fi
	sql_status "$judged" "$scratch/sql.words"
}

configure
