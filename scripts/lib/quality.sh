# quality.sh - rules of quality: what a check needs, and the user's own rules
# shellcheck shell=sh

# The flows that cron runs, and how often.
periods() {
	printf 'catalog %s track %s images %s dictionaries %s\n' "$VPIPE_PERIOD" \
	    "$VPIPE_TRACK_PERIOD" "$VPIPE_IMAGE_PERIOD" \
	    "$VPIPE_DICTIONARY_PERIOD"
}

# own_rules FILE SECONDS: the rules of VPIPE_RULES, in the check that FILE names in
# its last line "NUMBER<tab>SCOPE".  They run as a role that may only read serving,
# each for SECONDS at most; one that is broken is said, and costs no other.
own_rules() {
	[ -n "${VPIPE_RULES:-}" ] || return 0
	check=$(grep '^[0-9]*	{' "$1" | tail -n 1)
	[ -n "$check" ] || return 0
	[ -f "$VPIPE_RULES" ] && [ -r "$VPIPE_RULES" ] || {
		say "cannot read the rules of VPIPE_RULES, '$VPIPE_RULES'"
		return 78
	}
	scope=${check#*	} check=${check%%	*}
	as=$(reader)
	sql ${as:+-U "$as"} -v rules="$(cat -- "$VPIPE_RULES")" \
	    -v scope="$scope" -v seconds="$2" \
	    -f "$VPIPE_SCHEMA/query/quality/ask_own.sql" >"$scratch/asked" \
	    2>"$scratch/sql.words" ||
	    sql_status $? "$scratch/sql.words" || return
	(cd "$scratch" && sql -v file="$VPIPE_RULES" -v scope="$scope" \
	    -v check_number="$check" \
	    -f "$VPIPE_SCHEMA/query/quality/note_own.sql" >"$scratch/broken" \
	    2>"$scratch/sql.words") ||
	    sql_status $? "$scratch/sql.words" || return
	while read -r sentence; do
		say "$sentence"
	done <"$scratch/broken"
}
