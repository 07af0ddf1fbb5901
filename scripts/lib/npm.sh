# npm.sh - files from npm, in the version that a lock file names
# shellcheck shell=sh

# is_hashed FILE SHA256: is the file there, with that hash?
is_hashed() {
	[ -f "$1" ] && printf '%s  %s\n' "$2" "$1" |
	    sha256sum --check --status
}

# npm_brings FILE FOLDER SHA256 KEPT WHAT: the FILE of the packages that FOLDER
# locks, as KEPT; from npm where it is not there yet.  With another hash it is
# never used.  WHAT is its name in sentences.
npm_brings() {
	! is_hashed "$4" "$3" || return 0
	command -v npm >/dev/null ||
	    die 69 "npm brings $5, and is not here (vpipe deps report)"
	mkdir "$scratch/npm"
	cp "$2/package.json" "$2/package-lock.json" "$2/.npmrc" "$scratch/npm"
	npm ci --ignore-scripts --prefix "$scratch/npm" \
	    >"$scratch/npm.words" 2>&1 ||
	    die 69 "npm cannot bring $5: $(grep -m 1 . "$scratch/npm.words")"
	is_hashed "$scratch/npm/node_modules/$1" "$3" ||
	    die 65 "what npm brought is not the $5 of $2/package-lock.json"
	put_whole "$scratch/npm/node_modules/$1" "$4"
}
