# sources.sh - descriptions of sources, the sample of sellers, events of a source
# shellcheck shell=sh

# describe SOURCE: $description becomes the file that describes it
describe() {
	rest=$VPIPE_SOURCES:
	while [ -n "$rest" ]; do
		description=${rest%%:*}/$1/source.json rest=${rest#*:}
		[ ! -e "$description" ] || return 0
	done
	die 78 "no description of the source '$1'"
}

# folders_of_sources: the folder of each source, a line each; the first that has
# a source counts
folders_of_sources() {
	rest=$VPIPE_SOURCES: told=' '
	while [ -n "$rest" ]; do
		for home in "${rest%%:*}"/*/; do
			name=${home%/}
			name=${name##*/}
			case $told in *" $name "*) continue ;; esac
			[ ! -e "$home/source.json" ] || {
				told="$told$name "
				printf '%s\n' "${home%/}"
			}
		done
		rest=${rest#*:}
	done
}

# world: what SQL knows of all sources without an answer of theirs, as JSON: sites,
# and the words for conditions in each language
world() {
	folders_of_sources | while read -r home; do
		map=$(jq -r '.schema.properties.condition_id["x-map"]? // empty' \
		    "$home"/*.json | head -n 1)
		words=/dev/null
		[ -z "$map" ] || words=$home/labels/$map.json
		jq -c --slurpfile words "$words" '.source as $source | {
		    sites: [.sites[] | {$source, site: .host, country, currency,
		        language}],
		    words: [$words[].labels | to_entries[] | .key as $language
		        | .value | to_entries | to_entries[] | {$source, $language,
		            word: .value.key, condition_id: .value.value,
		            place: .key}]}' "$home/source.json"
	done | jq -sc '{sites: map(.sites[]), words: map(.words[])}'
}

# facts SOURCE...: a line for each, from its description: its name, whether its
# sellers can be asked (true, false), how many item-days counters can tell of,
# how many hours a sold listing's page lives (0: no audit-page can be asked), by
# how many hours counters may follow a sale, whether a photo's key names an upload,
# the hosts of its pictures (JSON, or null)
facts() {
	for described in "$@"; do
		describe "$described"
		cat -- "$description"
	done | jq -r '[.source, (.endpoints.user and .endpoints.wardrobe),
	    .tracking.arithmetic_item_days // 40,
	    (if .endpoints["audit-page"] then .tracking.sold_page_hours // 240
	    else 0 end), .tracking.counter_lag_hours // 24,
	    .images.key == "upload", (.images.hosts | tojson)] | join(" ")'
}

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

# judge SCHEMA SOURCE FEED [forgetting]: the events of the items that the parts in
# $scratch/due touch; FEED (true or false): the change feed too; forgetting: those
# parts lost rows of a seller, and brought none.  A listing that changes hands
# leaves the old owner's set and enters the new one's in one transaction: when
# vevents fails, a message that no vupsert takes (65) ends that without a row.
judge() {
	describe "$2"
	cat >"$scratch/judge" <<-end
	: >judge.status
	{ vevents -q --ended --source '$2' 2>judge.words || {
	    status=\$?
	    [ \$status -eq 141 ] || echo \$status >>judge.status
	    printf '\n{"type":"FAILED","stream":"$2"}\n'
	}; } | { vupsert -q --schema '$1' --single-transaction 2>store.words || {
	    status=\$?
	    { [ \$status -eq 65 ] && [ -s judge.status ] && : >store.words; } ||
	        echo \$status >>judge.status
	}; }
	[ ! -s judge.status ]
	end
	judged=0
	(
		export description
		cd "$scratch" && : >judge.status && sql -v staging="$1" \
		    -v source="$2" -v feed="$3" ${4:+-v "$4=yes"} \
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
