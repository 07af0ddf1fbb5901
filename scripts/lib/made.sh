# made.sh - what commands made outside of the data folder, for vpipe forget
# shellcheck shell=sh

# made KIND PLACE [NAME VALUE]...: notes a file or folder, and how it was made: a
# line of JSON in made.ndjson
made() {
	made_kind=$1 made_place=$(readlink -m -- "$2")
	shift 2
	jq -nc --arg made "$made_kind" --arg place "$made_place" \
	    '$ARGS.positional as $a | {made: $made, place: $place}
	    + ([range(0; $a | length; 2) | {key: $a[.], value: $a[. + 1]}]
	        | from_entries)' --args -- "$@" \
	    >>"$VPIPE_DATA/made.ndjson" || die 74 "cannot write '$VPIPE_DATA/made.ndjson'"
}
