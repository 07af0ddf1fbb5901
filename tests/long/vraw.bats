# vraw(1): killed at every single call, and large parts
# bats file_tags=long
load ../helper
load ../fail/fail

@test "kill -9 before whichever call of a replacement: again completes it" {
	whole_run 3 >"$tmp/first"
	sed '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/first" >"$tmp/in"
	every_replacement
}

# peak COMMAND...: the most memory that it had, in KB
peak() {
	/usr/bin/time -f %M -o "$tmp/peak" "$@" >/dev/null
	tail -n 1 "$tmp/peak"
}

# peaks N: of unpack, check and replace of a part of N records
peaks() {
	rm -rf "$VPIPE_RAW"
	whole_run "$1" >"$tmp/in"
	vput -q --part-size 1G <"$tmp/in" >/dev/null
	sed -i '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/in"
	peak vraw unpack "$object"
	peak vraw check -q
	peak vraw replace -q "$object" <"$tmp/in"
}

# bats test_tags=size
@test "memory does not grow with the part" {
	peaks 5000 >"$tmp/few"
	peaks "$(size 150000 600000)" >"$tmp/many"
	paste "$tmp/few" "$tmp/many" | sed 's/^/# /'
	paste "$tmp/few" "$tmp/many" | awk '$2 - $1 > 2048 { exit 1 }'
}
