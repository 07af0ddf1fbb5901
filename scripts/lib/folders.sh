# folders.sh - data folder, mounts, locks, outboxes, temporary files
# shellcheck shell=sh

# The data folder; as root the database's user must be able to walk through.
data_made() {
	[ -d "$VPIPE_DATA" ] || (umask 022 && mkdir -p -- "$VPIPE_DATA") ||
	    die 74 "cannot make the data folder '$VPIPE_DATA'"
	[ -d "$VPIPE_DATA/lock" ] || mkdir -p -- "$VPIPE_DATA/lock"
}

# place_ready NAME: the folder of that setting is there.  Where NAME_MOUNT says
# that it must be on a mount and it is not, nothing begins: an empty folder would
# pass for a market never seen.
place_ready() {
	eval "folder=\$$1 must=\${$1_MOUNT:-}"
	# shellcheck disable=SC2154	# set by eval
	case $must in
	yes | true | 1 | on) on_mount "$1" ;;
	esac
	[ -d "$folder" ] || mkdir -p -- "$folder" || die 74 "cannot make '$folder'"
}

# on_mount NAME: dies unless that folder, or the nearest one above it that is
# there, lies on FUSE.
on_mount() {
	near=$folder
	while ! type=$(stat -f -c %t -- "$near" 2>&1); do
		case $type in
		*'No such file'*) near=$(dirname -- "$near") ;;
		*'Input/output error'*)
			die 75 "'$near' cannot be reached: ${type##*: }" ;;
		*) die 78 "cannot open '$near': ${type##*: }" ;;
		esac
	done
	[ "$type" = 65735546 ] ||
	    die 78 "'$folder' is not mounted, and $1_MOUNT says it must be"
}

# put_whole FROM TO: a copy, whole or not at all
put_whole() {
	cp -- "$1" "$2.new" || die 74 "cannot write '$2.new'"
	mv -f -- "$2.new" "$2" || die 74 "cannot write '$2'"
}

# page_folder FOLDER GENERATOR [KEEP]: it is new, empty (but for KEEP), or holds an
# earlier page of that generator; else nothing is written there.
page_folder() {
	if [ -e "$1" ] && [ ! -d "$1" ]; then
		die 64 "'$1' is no folder"
	fi
	if [ -e "$1/index.html" ]; then
		grep -q "<meta name=\"generator\" content=\"$2\">" \
		    "$1/index.html" || die 64 "'$1' holds another page"
	elif [ -d "$1" ] && [ -n "$(ls -A -- "$1")" ] &&
	    [ "$(ls -A -- "$1")" != "${3:-}" ]; then
		die 64 "'$1' is not empty"
	fi
}

# the folder of a run's hour in raw, by sed -n
# shellcheck disable=SC2034	# of scripts
run_hour='s/^\(....\)\(..\)\(..\)T\(..\).*/dt=\1-\2-\3\/hh=\4/p'

# lock NAME: held until this script and its children end.
lock() {
	data_made
	exec 9>"$VPIPE_DATA/lock/$1"
	flock -n 9 || die 75 "another '$1' is running"
}

# outbox FLOW: a new folder for what a run fetches until it is published.
outbox() {
	[ -d "$VPIPE_DATA/outbox" ] || mkdir -p -- "$VPIPE_DATA/outbox"
	mktemp -d "$VPIPE_DATA/outbox/$1.XXXXXXXX"
}

# scratch: $scratch becomes a folder for temporaries, removed on exit; what a
# killed script left is removed by the next.
scratch() {
	data_made
	[ -d "$VPIPE_DATA/scratch" ] || mkdir -p -- "$VPIPE_DATA/scratch"
	# one at a time: a folder that is made and not yet locked looks left over
	exec 7>"$VPIPE_DATA/lock/scratch"
	flock 7
	for left in "$VPIPE_DATA"/scratch/*/; do
		left=${left%/}
		[ ! -L "$left" ] || continue	# what a link leads to is not ours
		# opened to read: its owner may be removing it, none makes it anew
		(exec 6<"$left/lock" && flock -n 6 && rm -rf -- "$left") \
		    2>/dev/null || :
	done
	scratch=$(mktemp -d "$VPIPE_DATA/scratch/$me.XXXXXXXX")
	exec 8>"$scratch/lock"
	flock 8
	exec 7>&-
	trap 'rm -rf -- "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}
