# status.sh - exit statuses of several steps and of pipes
# shellcheck shell=sh

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
