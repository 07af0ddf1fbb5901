# names.sh - names that people type for what sites number, and whose figures are
# shellcheck shell=sh

newline='
'

# sales_are SOURCE: a sentence for what shows sales of a source (empty: of all):
# whose they are, and how well they are verified
sales_are() {
	sql -v source="$1" -v simulated="$(simulated)" -v tell=yes \
	    -f "$VPIPE_SCHEMA/query/audit/tell_evidence.sql" \
	    2>"$scratch/sql.words" || sql_status $? "$scratch/sql.words"
}

# catalog_named NAME: the id; an id is its own.  Dies (64) of a name that no
# dictionary has, or several catalogs.
catalog_named() {
	case $1 in
	*[!0-9]*) ;;
	*)
		printf '%s\n' "$1"
		return
		;;
	esac
	found=$(sql -v name="$1" <<-'end'
	select catalog_id || coalesce(' (' || min(path_title) || ')', '')
	from serving.catalog
	where valid_to is null
	    and (lower(title) = lower(:'name') or catalog_id = :'name'
	        or lower(path_title) = lower(:'name'))
	group by catalog_id
	order by 1;
	end
	) || exit 69
	case $found in
	'') die 64 "no catalog is called '$1' in a dictionary: vpipe dictionaries fetches them; or give its id" ;;
	*"$newline"*)
		die 64 "several catalogs are called '$1', give an id: $(printf '%s' "$found" | paste -s -d ';' - | sed 's/;/; /g')"
		;;
	esac
	printf '%s\n' "${found%% *}"
}

# condition_named NAME: the id, by a word of any language
condition_named() {
	case $1 in
	*[!0-9]*) ;;
	*)
		printf '%s\n' "$1"
		return
		;;
	esac
	found=$(sql -v name="$1" <<-'end'
	select min(condition_id)
	from serving.condition_word
	where lower(word) = lower(:'name');
	end
	) || exit 69
	[ -n "$found" ] || die 64 "no condition is called '$1': $(sql <<-'end'
	select string_agg(distinct title, ', ')
	from serving.condition
	where language = 'en';
	end
	)"
	printf '%s\n' "$found"
}
