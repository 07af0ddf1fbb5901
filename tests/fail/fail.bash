# fail.bash - runs to publish, and how vput's calls fail in turn; for the bats files

setup() {
	export VPIPE_RAW=$tmp/raw TMPDIR=$tmp
	run=20261121T011855Z-catalog-0123456789abcdef
	folder=$VPIPE_RAW/made-up/catalog/dt=2026-11-21/hh=01
	object=$folder/$run.0001.ndjson.zst
	manifest=$folder/$run.0001.manifest.json
}

# records N [RUN [FLOW]]: N records whose bodies compress badly.
records() {
	awk -v n="$1" -v run="${2:-$run}" 'BEGIN {
		srand(7)
		for (i = 1; i <= n; i++) {
			t = ""
			for (k = 0; k < 12; k++)
				t = t sprintf("%08x", int(rand() * 4294967295))
			printf "{\"v\":1,\"source\":\"made-up\",\"flow\":\"catalog\",\"kind\":\"search\",\"run\":\"%s\",\"line\":%d,\"fetched_at\":\"2026-11-21T01:18:%02d.000Z\",\"sha256\":\"%d\",\"body\":{\"items\":[\"%s\"]}}\n", run, i, i % 60, i, t
		}
	}'
}

# closing LINE [RUN]: the record that ends a run.
closing() {
	printf '{"v":1,"source":"made-up","flow":"catalog","kind":"run","run":"%s","line":%d,"fetched_at":"2026-11-21T01:19:00.000Z","sha256":null,"body":{"stop":"end","queries":[{"n":12345678901234567890}]}}\n' \
		"${2:-$run}" "$1"
}

whole_run() {
	records "$1" "${2:-$run}" && closing $(($1 + 1)) "${2:-$run}"
}

# entries: what a closing record says of queries, a line each
entries() {
	cat <<-'end'
	{"query":"a.test/search?catalog=5","site":"a.test","catalog_id":"5","kind":"search","total_last":12345678901234567890,"state":{"at":"x","ids":[1.0]}}
	{"query":"a.test/wardrobe?user=700000001","user_id":"700000001","kind":"wardrobe","walked":true}
	{"query":"a.test/wardrobe?user=700000002"}
	{"query":"a.test/search?seller=700000003","kind":"search","user_id":700000003}
	{"query":"a.test/item-page?item=800000004","kind":"item-page","item_id":"800000004"}
	{"kind":"wardrobe","site":"a.test"}
	{"query":["a.test/wardrobe?user=700000005"]}
	null
	end
}

# closed_by LINE: with the entries on stdin
closed_by() {
	printf '{"v":1,"source":"made-up","flow":"catalog","kind":"run","run":"%s","line":%d,"fetched_at":"2026-11-21T01:19:00.000Z","sha256":null,"body":{"stop":"end","queries":[%s],"kinds":{"a":1.10}}}\n' \
		"$run" "$1" "$(paste -s -d ,)"
}

unpacked() {
	cat "$folder/$run".*.ndjson.zst | zstd -dcq
}

nothing_published() {
	[[ -z $(find "$VPIPE_RAW" -type f 2>/dev/null) ]]
}

# --- calls that fail on demand: fail.c ------------------------------------------

# preloaded [FAIL_...=VALUE]... vput [OPTION]...: with tests/fail/fail.c.
preloaded() {
	env LD_PRELOAD="${O:-$ROOT/build}/fail.so" FAIL_SYNC=no \
		ASAN_OPTIONS=verify_asan_link_order=0 "$@"
}

# failing [FAIL_...=VALUE]...: vput of $tmp/in; $status, $tmp/out, $tmp/err.
failing() {
	rm -f "$tmp/tell"
	status=0
	{ preloaded "$@" FAIL_TELL="$tmp/tell" vput --part-size 2K \
		<"$tmp/in" >"$tmp/out" 2>"$tmp/err"; } 2>/dev/null || status=$?
}

sanitized() {
	grep -q __asan_init "$BIN/vput"
}

# What stands is true and whole, and vput again completes it.
holds() {
	mkdir -p "$VPIPE_RAW"
	vraw check 2>"$tmp/check" || { cat "$tmp/check"; return 1; }
	[[ $status -eq 137 || $1 == unlink ]] ||
		grep -q ', 0 objects without, 0 temporaries$' "$tmp/check"
	preloaded vput -q --part-size 2K <"$tmp/in" >/dev/null
	vraw check 2>"$tmp/check"
	grep -q ', 0 objects without, 0 temporaries$' "$tmp/check"
	unpacked | cmp - "$tmp/in"
}

# every CALL HOW WANTED...: each such call (with step=N each Nth) fails in turn;
# vput then ends by one of the statuses (0: it can do without) and says why in
# one sentence.
every() {
	local call=$1 how=$2 n
	shift 2
	for ((n = 1; n < 500; n += ${step:-1})); do
		rm -rf "$VPIPE_RAW"
		failing FAIL_CALL="$call" FAIL_HOW="$how" FAIL_AT="$n"
		[[ -e $tmp/tell ]] || break
		if [[ " $* " != *" $status "* ]] || ! holds "$call" ||
		    { [[ $status -ne 137 && $status -ne 0 ]] &&
		    [[ $(grep -vc ' lines = ' "$tmp/err") -ne 1 ]]; }; then
			printf '%s %s at call %d: status %d\n' "$call" "$how" "$n" "$status"
			cat "$tmp/err"
			return 1
		fi
	done
	[ "$n" -gt 1 ] && [ "$n" -lt 500 ]
}

# every_replacement: kill -9 at each call while $tmp/in replaces $tmp/first.
every_replacement() {
	local n

	for ((n = 1; n < 500; n += ${step:-1})); do
		rm -rf "$VPIPE_RAW" "$tmp/tell"
		preloaded vput -q <"$tmp/first" >/dev/null
		status=0
		{ preloaded FAIL_CALL=any FAIL_HOW=kill FAIL_AT=$n FAIL_TELL="$tmp/tell" \
			vraw replace -q "$manifest" <"$tmp/in" >/dev/null; } 2>/dev/null || status=$?
		[[ -e $tmp/tell ]] || break
		[ "$status" -eq 137 ]
		[ "$(vraw list 2>/dev/null | wc -l)" -eq 1 ]
		[[ ! -e $manifest ]] || preloaded vraw replace -q "$manifest" <"$tmp/in" >/dev/null
		same "$(vraw list | jq -r .object)" "$run.0001.r1.ndjson.zst"
		[ ! -e "$object" ]
		vraw check -q
	done
	[ "$n" -gt 20 ] && [ "$status" -eq 0 ]
}
