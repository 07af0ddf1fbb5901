# browser.bash - Debian's Chromium, driven from tests/browser

# browser_ready: $browser is a folder with the scripts and what they need, below build
browser_ready() {
	browser=${O:-$ROOT/build}/browser
	[[ -x ${CHROMIUM:-/usr/bin/chromium} ]] || skip "no Chromium: the page is not opened (vpipe deps test)"
	"$ROOT/tests/modules" "$ROOT/tests/browser" "$browser" 2>"$tmp/browser" ||
	    skip "$(tail -n 1 "$tmp/browser")"
}
