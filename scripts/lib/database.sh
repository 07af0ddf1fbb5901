# database.sh - which database, and how psql is run
# shellcheck shell=sh

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

# sql_soon [PSQL OPTION]...: the same within a second, or 124; asks for no password
sql_soon() {
	PGOPTIONS="${PGOPTIONS:-} -c statement_timeout=900" timeout 1.2 \
	    psql -X -w -v ON_ERROR_STOP=1 -q -A -t -P pager=off "$@"
}

# sql_table [PSQL OPTION]...: a table for people, 80 columns at most, and no
# pager: whoever calls holds a lock, and may have nobody to press a key.
sql_table() {
	psql -X -v ON_ERROR_STOP=1 -q -P pager=off -P footer=off -P format=wrapped \
	    -P columns=80 -P null=- "$@"
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
