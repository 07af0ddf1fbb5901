# tracking.bash - for the tests that hold vevents' rules against an oracle
#
#	tracking_build		in setup_file: the oracle and its like, from
#				tests/tracking, into the file's folder
#	wanted, had		history lines to what must come of them, and to
#				what does; in one form, sorted
#	agree SEED COUNT	so many random histories are judged alike
#
# When they are not, the first one is shown, less all lines that do not matter.

tracking_build() {
	local name

	export TRACKING=$BATS_FILE_TMPDIR/tracking
	mkdir -p "$TRACKING"
	for name in oracle histories reduce; do
		${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow \
		    -Wmissing-prototypes -Wstrict-prototypes -o \
		    "$TRACKING/$name" "$ROOT/tests/tracking/$name.c" -lm
	done
}

wanted() {
	"$TRACKING/oracle" "${judging[@]}" | LC_ALL=C sort
	stages_are_well "${PIPESTATUS[@]}"
}

had() {
	"$O/unit/vevents_lines" "${judging[1]}" "${judging[3]}" |
	    "$TRACKING/reduce" made | LC_ALL=C sort
	stages_are_well "${PIPESTATUS[@]}"
}

# how both judge; a test may say otherwise
judging=(--item-days 40 --sold-page-hours 240)

stages_are_well() {
	local status

	for status; do
		[[ $status -eq 0 ]] || return "$status"
	done
}

# agree SEED COUNT [FOLDER]
agree() {
	local dir=${3:-$tmp}

	"$TRACKING/histories" "$1" "$2" >"$dir/history"
	wanted <"$dir/history" >"$dir/want"
	had <"$dir/history" >"$dir/have"
	cmp -s "$dir/want" "$dir/have" || {
		smallest_difference "$dir"
		return 1
	}
}

# differ FILE: is its history taken, and judged differently?
differ() {
	wanted <"$1" >"$1.want" && had <"$1" >"$1.have" 2>"$1.words" &&
		! diff "$1.want" "$1.have" >"$1.diff"
}

# The item of the first line that differs, and then line after line left out.
smallest_difference() {
	local dir=$1 item line=1 lines

	item=$(diff "$dir/want" "$dir/have" | sed -n \
	    's/^[<>] {"[a-z]*":{"item_id":\("[^"]*"\).*/\1/p' | head -n 1)
	grep -F "{\"item_id\":$item," "$dir/history" >"$dir/one"
	if differ "$dir/one"; then
		lines=$(wc -l <"$dir/one")
		while [[ $line -le $lines ]]; do
			sed "${line}d" "$dir/one" >"$dir/less"
			if [[ $lines -gt 1 ]] && differ "$dir/less"; then
				mv "$dir/less" "$dir/one"
				lines=$((lines - 1))
			else
				line=$((line + 1))
			fi
		done
		differ "$dir/one"
	fi
	printf '%s of %s lines differ; an item, and < want, > have:\n' \
	    "$(diff "$dir/want" "$dir/have" | grep -c '^[<>]')" \
	    "$(wc -l <"$dir/want")"
	cat "$dir/one" "$dir/one.diff"
}

# made_case FILE: what it expects, sorted; its history into $tmp/history
made_case() {
	grep '^{"item_id"' "$1" >"$tmp/history"
	grep -v '^{"item_id"' "$1" | LC_ALL=C sort
}
