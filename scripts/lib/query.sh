# query.sh - queries that somebody typed, run so that they write nothing
# shellcheck shell=sh

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
	set local statement_timeout = 0;
	select ops.rows_of(:'query', nullif(:'most', '')::bigint);
	rollback;
	end
	query_answered "$asked"
}

# query_answered STATUS: of psql, of what somebody typed; its words are in
# $scratch/sql.words.  Dies (64) where the query is bad.
query_answered() {
	[ "$1" -ne 0 ] || return 0
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
	[ "$1" -ne 3 ] || die 64 "the query: $why"
	sql_status "$1" "$scratch/sql.words" || exit
}

# Said of a query that somebody typed, when it was good.
owner_said() {
	[ -n "$(reader)" ] ||
	    say "the query ran read-only, but as the owner of the tables: VPIPE_READER names a role that may do no more"
}
