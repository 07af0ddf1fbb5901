# settings.sh - the configuration in force, from vconf
# shellcheck shell=sh

# The programs first in PATH.
use_programs() {
	for folder in "${VPIPE_BIN:-}" "$root/bin"; do
		if [ -x "$folder/vconf" ]; then
			PATH=$(CDPATH='' cd -- "$folder" && pwd):$PATH
			break
		fi
	done
	# Debian's psql is a script that looks for the real one, and takes longer
	# than what it is asked; who names a cluster of Debian's wants the script
	if [ -z "${PGCLUSTER:-}" ]; then
		for folder in /usr/lib/postgresql/*/bin; do
			[ ! -x "$folder/psql" ] || newest=$folder
		done
		[ -z "${newest:-}" ] || PATH=$newest:$PATH
	fi
	case :$PATH: in
	*:/usr/sbin:*) ;;
	*) PATH=$PATH:/usr/sbin:/sbin ;;	# runuser; cron's PATH lacks both
	esac
	export PATH
	command -v vconf >/dev/null ||
	    die 69 "the programs are not built yet: run make in '$root'"
}

# Each setting in force, exported.  vconf reads vpipe.conf and checks: there is no
# second parser.
configure() {
	from_file='' at_default=''	# names, set by the lines of vconf
	settings=$(vconf --export) || exit
	eval "$settings"
	umask 077	# listings name people: what lies in the data folder is ours
}

# A pinned clock (VPIPE_NOW, of tests and simulated hours) starts anew in each
# program: what a script asks later must not look earlier, or as early.  A clock
# that runs (TIME+) goes on, and one that stands moves by a second.
clock_pinned=${VPIPE_NOW:-} clock_runs=
case $clock_pinned in
*+) clock_pinned=${clock_pinned%+} clock_runs=$(date +%s) ;;
esac
clock_on() {
	[ -n "$clock_pinned" ] || return 0
	clock_spent=1
	[ -z "$clock_runs" ] || clock_spent=$(($(date +%s) - clock_runs + 1))
	VPIPE_NOW=$(date -u -d "$clock_pinned + $clock_spent seconds" \
	    +%Y-%m-%dT%H:%M:%SZ)
	if [ -n "$clock_runs" ]; then
		VPIPE_NOW=$VPIPE_NOW+
	else
		clock_pinned=$VPIPE_NOW
	fi
	export VPIPE_NOW
}

# simulated: "true" where the marketplace is a simulator, else "false"
simulated() {
	case ${VPIPE_BASE_URL:-} in
	http://127.*) echo true ;;
	*) if [ -e "$VPIPE_DATA/demo" ]; then echo true; else echo false; fi ;;
	esac
}

# whence NAME: environment, file or default.
whence() {
	case "$from_file|$at_default" in
	*" $1 "*'|'*) printf 'file\n' ;;
	*'|'*" $1 "*) printf 'default\n' ;;
	*) if eval "[ -n \"\${$1:-}\" ]"; then
		printf 'environment\n'
	else
		printf 'unset\n'
	fi ;;
	esac
}
