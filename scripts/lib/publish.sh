# publish.sh - what a run fetched goes into the raw layer
# shellcheck shell=sh

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

# load_published [OPTION]...: what was published here and, since the last load, by
# others
load_published() {
	: >>"$scratch/runs"
	while read -r published_run; do
		set -- "$@" --run "$published_run"
	done <"$scratch/runs"
	"$here/load" --recent "$@"
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

# packing FILE: prints gzip or zstd when the file begins as theirs do.  Both
# unpack all members and frames that follow one another.
packing() {
	case $(od -An -tx1 -N4 <"$1" | tr -d ' \n') in
	1f8b*) printf 'gzip\n' ;;
	28b52ffd | 5?2a4d18) printf 'zstd\n' ;;
	esac
}
