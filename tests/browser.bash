# browser.bash - Debian's Chromium, driven from tests/browser

# browser_ready: $browser is a folder with the scripts and what they need, which the
# lock file says; kept below build, for the next time
browser_ready() {
	[[ -x ${CHROMIUM:=/usr/bin/chromium} ]] ||
	    skip "no Chromium: the page is not opened (scripts/deps test)"
	command -v npm >/dev/null ||
	    skip "no npm: the page is not opened (scripts/deps test)"
	export CHROMIUM
	browser=${O:-$ROOT/build}/browser
	mkdir -p "$browser"
	exec 8>"$browser/lock"
	flock 8
	cp "$ROOT"/tests/browser/{package.json,package-lock.json,.npmrc,*.mjs} "$browser"
	if ! cmp -s "$browser/package-lock.json" "$browser/node_modules/.done"; then
		npm ci --prefix "$browser" --ignore-scripts >"$tmp/npm" 2>&1 8>&- ||
		    skip "npm cannot install: $(grep -m 1 . "$tmp/npm")"
		cp "$browser/package-lock.json" "$browser/node_modules/.done"
	fi
	exec 8>&-
}
