# words.sh - what is said, and to whom: messages, progress, usage
# shellcheck shell=sh
#
# Sourced, by lib.sh and by what runs before the build.  $here is the scripts'
# folder, $root the one above, $me the command.

here=$(CDPATH='' cd -- "${0%/*}" && pwd)
root=${here%/*}
me=${0##*/}

# say WORDS...: one line, whatever the words hold
say() {
	{
		printf '%s: %s' "$me" "$*" | tr '\n' '?'
		echo
	} | shown >&2
}

# Said to a person who waits, and to no log.
told() { [ ! -t 2 ] || say "$*"; }

# Is progress shown?  At a terminal only, and at one that can erase a line.
progress() { [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; }

# passed N TOTAL WHAT: how far it is and, from ten seconds on, how long the rest
# takes at that pace; rewritten in place
passed() {
	progress || return 0
	passed_since=${passed_since:-$(date +%s)}
	passed_for=$(($(date +%s) - passed_since)) passed_left=
	[ "$passed_for" -lt 10 ] || [ "$1" -eq 0 ] ||
	    passed_left=", about $((passed_for * ($2 - $1) / $1)) s left"
	printf '\r\033[K%s: %s of %s %s%s' "$me" "$1" "$2" "$3" "$passed_left" >&2
}

passed_all() {
	! progress || printf '\r\033[K' >&2
	passed_since=
}

# passing TOTAL WHAT: of the lines on stdin each is one more that is done
passing() {
	number=0
	while read -r _; do
		number=$((number + 1))
		[ "$number" -gt "$1" ] || passed "$number" "$1" "$2"
	done
	passed_all
}

# printed FILE: to standard output; ends when nobody reads (141) or it cannot (74)
printed() {
	cat -- "$1" 2>/dev/null || {
		failed=$?
		[ "$failed" -ne 141 ] || exit 141
		die 74 'cannot write to standard output'
	}
}

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

# helped WORD...: -h among the words of a command line is help, wherever it is
helped() {
	for word; do
		case $word in
		--) return ;;
		--help | -h) help ;;
		esac
	done
}

# Line 2 of the script is its synopsis and purpose; what follows up to the
# first line that is no comment is its help.
#
# usage WORDS...: what was wrong in the command line
usage() { die 64 "$*; see --help"; }

# no_such WORD: one that the command does not take
no_such() {
	case $1 in
	--*)
		near=$(help_options | nearest "${1%%=*}" | head -n 1)
		usage "no such option '${1%%=*}'${near:+, nearest: $near}"
		;;
	-*) usage "no such option '$1'" ;;
	*) usage "it takes no '$1'" ;;
	esac
}

help_options() { help | grep -oE -e '--[a-z][a-z-]*'; }

# argued OPTION [ARGUMENT]: dies where the argument is missing
argued() { [ $# -ge 2 ] || usage "'$1' needs an argument"; }

help() {
	sed -n '2s/^# \(.*\) - /usage: vpipe \1\n/p; 3,/^[^#]/s/^#\( \|$\)//p' "$0"
	exit 0
}

# nearest NAME: of the lines on stdin at most three that begin with it, or
# differ by a third of its letters at most (Levenshtein 1966), nearest first
nearest() {
	LC_ALL=C awk -v want="$1" '
	function least(a, b) { return a < b ? a : b }
	function distance(a, b,   i, j, d) {
		for (i = 0; i <= length(a); i++) d[i, 0] = i
		for (j = 0; j <= length(b); j++) d[0, j] = j
		for (i = 1; i <= length(a); i++)
			for (j = 1; j <= length(b); j++) {
				d[i, j] = d[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1))
				d[i, j] = least(d[i, j], 1 + least(d[i - 1, j], d[i, j - 1]))
			}
		return d[length(a), length(b)]
	}
	want != "" && length(want) <= 40 {
		n = index($0, want) == 1 ? 0 : distance(want, $0)
		if (n <= length(want) / 3 + 1 && n < length($0)) print n, $0
	}' | sort -n | head -n 3 | cut -d ' ' -f 2-
}
