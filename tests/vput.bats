# vput(1): lines on stdin to objects and manifests in the raw layer
load helper
load fail/fail

# --- publishing -----------------------------------------------------------------

@test "a run becomes an object and a manifest that proves it" {
	whole_run 10 >"$tmp/in"
	run -0 --separate-stderr vput <"$tmp/in"
	[ "$stderr" = "vput: 11 lines = 11 published + 0 known + 0 dropped, 1 parts, 1 runs" ]
	same "$(cat "$manifest")" "$output"
	zstd -dcq "$object" | cmp - "$tmp/in"
	same "$(jq -c '[.v, .source, .flow, .run, .part, .object, .bytes, .sha256, .records, .raw_bytes, .first_line, .last_line, .first_at, .last_at, .complete, .parts, .vput, .end]' "$manifest")" \
		"[1,\"made-up\",\"catalog\",\"$run\",\"0001\",\"${object##*/}\",$(stat -c %s "$object"),\"$(sha256sum <"$object" | cut -c -64)\",11,$(stat -c %s "$tmp/in"),1,11,\"2026-11-21T01:18:01.000Z\",\"2026-11-21T01:19:00.000Z\",true,1,\"0.1.0\",true]"
	grep -q '"closing":{"stop":"end","queries":\[{"n":12345678901234567890}\]}' "$manifest"
	[ "$(find "$VPIPE_RAW" -type f | wc -l)" -eq 2 ]
	[ -z "$(find "$tmp" -name 'vput.*')" ]
}

@test "what is published is its owner's to read, whatever the umask" {
	whole_run 2 >"$tmp/in"
	for mask in 000 022 077; do
		(umask $mask && vput -q --raw "$tmp/$mask" <"$tmp/in" >/dev/null)
		same "$(find "$tmp/$mask" -type f -printf '%m\n' | sort -u)" 600
		same "$(find "$tmp/$mask" -type d -perm /022)" ''
	done
}

@test "the raw folder may be an operand, an option or a setting" {
	whole_run 2 >"$tmp/in"
	vput "$tmp/a/" <"$tmp/in" >/dev/null
	vput --raw "$tmp/b" <"$tmp/in" >/dev/null
	vput <"$tmp/in" >/dev/null
	diff <(cd "$tmp/a" && find .) <(cd "$tmp/b" && find .)
	diff <(cd "$tmp/a" && find .) <(cd "$VPIPE_RAW" && find .)
}

@test "a long run is cut into parts of at most --part-size, in order" {
	whole_run 200 >"$tmp/in"
	run -0 --separate-stderr vput --part-size 4K <"$tmp/in"
	[ "${#lines[@]}" -ge 3 ]
	same "$(printf '%s\n' "$output" | jq -s -c 'length as $n |
		[all(.bytes <= 4096),
		 all(.[:-1][]; .parts == null and .closing == null),
		 .[-1].parts == $n, .[-1].closing.stop, all(.complete),
		 ([.[].records] | add), [.[].part] == [range(1; $n + 1) | "000\(.)"[-4:]]]')" \
		'[true,true,true,"end",true,201,true]'
	unpacked | cmp - "$tmp/in"
}

@test "a record larger than a part is a part of its own, and whole" {
	{ records 2; closing 3; } | sed '2s/"items":\["/&'"$(head -c 6000 /dev/urandom | base64 -w0 | tr -d '+/=')"'/' >"$tmp/in"
	run -0 --separate-stderr vput --part-size 1K <"$tmp/in"
	[ "${#lines[@]}" -eq 3 ]
	unpacked | cmp - "$tmp/in"
}

@test "several runs in one input are published one after another" {
	other=20261121T020000Z-catalog-fedcba9876543210
	{ whole_run 3; whole_run 4 "$other"; } >"$tmp/in"
	run -0 --separate-stderr vput <"$tmp/in"
	same "$(printf '%s\n' "$output" | jq -c '[.run, .records, .parts]')" \
		"[\"$run\",4,1]"$'\n'"[\"$other\",5,1]"
	[ -e "$VPIPE_RAW/made-up/catalog/dt=2026-11-21/hh=02/$other.0001.manifest.json" ]
}

@test "the same input again changes nothing and is a success" {
	whole_run 50 >"$tmp/in"
	first=$(vput --part-size 2K <"$tmp/in")
	before=$(cd "$VPIPE_RAW" && find . -type f -printf '%p %i %T@\n' | sort)
	run -0 --separate-stderr vput --part-size 2K <"$tmp/in"
	same "$first" "$output"
	[[ $stderr = *" 0 published + 51 known + 0 dropped"* ]]
	same "$before" "$(cd "$VPIPE_RAW" && find . -type f -printf '%p %i %T@\n' | sort)"
}

@test "the same records at another level are known" {
	whole_run 50 >"$tmp/in"
	first=$(vput <"$tmp/in")
	run -0 --separate-stderr vput --level 12 <"$tmp/in"
	same "$first" "$output"
}

@test "other records under a published run's name are refused, and nothing changes" {
	whole_run 3 | vput >/dev/null
	before=$(cd "$VPIPE_RAW" && find . -type f -printf '%p %i %T@\n' | sort)
	whole_run 4 >"$tmp/in"
	fails 65 "'$manifest' is published already, with other records" vput <"$tmp/in"
	same "$before" "$(cd "$VPIPE_RAW" && find . -type f -printf '%p %i %T@\n' | sort)"
}

@test "an object that a killed vput left without a manifest is written again" {
	whole_run 3 >"$tmp/in"
	mkdir -p "$folder"
	echo half >"$object"
	echo half >"$object.tmp-0123456789abcdef"
	vput -q <"$tmp/in" >/dev/null
	vraw check -q
	[ ! -e "$object.tmp-0123456789abcdef" ]
	unpacked | cmp - "$tmp/in"
}

@test "a manifest that was cut off is written again" {
	whole_run 3 >"$tmp/in"
	vput -q <"$tmp/in" >"$tmp/want"
	truncate -s 200 "$manifest"
	vput -q <"$tmp/in" >/dev/null
	vraw check -q
}

# --- input ----------------------------------------------------------------------

@test "no input: nothing is published, and it says so" {
	run -0 --separate-stderr vput </dev/null
	[ -z "$output" ]
	[ "${stderr_lines[0]}" = "vput: no records, nothing is published" ]
	nothing_published
}

@test "a run without its closing record is partial" {
	records 5 >"$tmp/in"
	run -0 --separate-stderr vput <"$tmp/in"
	same "$(jq -c '[.complete, .closing, .parts]' "$manifest")" '[false,null,1]'
	[ "${stderr_lines[0]}" = "vput: run '$run' has no closing record: it is partial" ]
}

@test "a last line that was cut off is dropped, and said; the run is partial" {
	whole_run 5 | head -c -40 >"$tmp/in"
	run -0 --separate-stderr vput <"$tmp/in"
	[ "${stderr_lines[0]}" = "vput: standard input:6: the last line is cut off, dropped" ]
	[[ $stderr = *"6 lines = 5 published + 0 known + 1 dropped"* ]]
	same "$(jq -c '[.complete, .records]' "$manifest")" '[false,5]'
	unpacked | cmp - <(records 5)
}

@test "a last line without newline, but whole, counts" {
	whole_run 5 | head -c -1 >"$tmp/in"
	run -0 --separate-stderr vput <"$tmp/in"
	same "$(jq -c '[.complete, .records]' "$manifest")" '[true,6]'
	unpacked | cmp - <(whole_run 5)
}

# refused WORDS: of the input $tmp/in nothing is published.
refused() {
	fails 65 "$1" vput --max-line 4K <"$tmp/in"
	[ -z "$output" ]
	nothing_published
}

@test "a broken line in the middle: nothing is published, its place is said" {
	whole_run 5 | sed '3s/.$//' >"$tmp/in"
	refused "standard input:3: "
}

@test "a line that is not UTF-8, empty, or too long: nothing is published" {
	whole_run 5 | LC_ALL=C sed '3s/"items"/"\xff"/' >"$tmp/in"
	refused "standard input:3: "
	whole_run 5 | sed '2s/.*//' >"$tmp/in"
	refused "standard input:2: "
	whole_run 5 | sed "4s/items/$(printf '%05000d' 0)/" >"$tmp/in"
	refused "standard input:4: the line is longer than 4096 bytes"
}

@test "a line that is no raw record: nothing is published" {
	whole_run 2 | sed '1s/"source":"made-up",//' >"$tmp/in"
	refused "standard input:1: 'source' is no name"
	whole_run 2 | sed '1s/made-up/..\/etc/' >"$tmp/in"
	refused "standard input:1: 'source' is no name"
	whole_run 2 | sed '1s/"flow":"catalog"/"flow":"..\/x"/' >"$tmp/in"
	refused "standard input:1: 'flow' is no name"
	whole_run 2 20261121T011855Z-catalog-0123456789ABCDEF >"$tmp/in"
	refused "standard input:1: 'run' is no run id of that flow"
	whole_run 2 | sed '2s/"line":2/"line":"2"/' >"$tmp/in"
	refused "standard input:2: 'line' is no line number"
	whole_run 2 | sed '2s/"2026-11-21T01:18:02.000Z"/"yesterday"/' >"$tmp/in"
	refused "standard input:2: 'fetched_at' is no time"
	whole_run 2 | sed '2s/"2026-11-21T01:18:02.000Z"/"2026-11-21 01:18:02Z"/' >"$tmp/in"
	refused "standard input:2: 'fetched_at' is no time"
	printf '[]\n' >"$tmp/in"
	refused "standard input:1: no JSON object"
}

@test "lines must rise, end at the closing record, and stay with their run" {
	whole_run 3 | sed '3s/"line":3/"line":2/' >"$tmp/in"
	refused "standard input:3: 'line' does not rise"
	{ whole_run 3; records 5 | tail -n 1; } >"$tmp/in"
	refused "standard input:5: a line behind the closing record"
	{ records 3; whole_run 1 20261121T020000Z-catalog-fedcba9876543210; closing 4; } >"$tmp/in"
	refused "standard input:6: run '$run' comes back after another"
	whole_run 3 | sed '2s/made-up/other/' >"$tmp/in"
	refused "standard input:2: another 'source' in the same run"
}

# --- when things fail -------------------------------------------------------------

@test "a full or closed standard output is an error, but what is published stays" {
	whole_run 3 >"$tmp/in"
	fails 74 "cannot write standard output: No space left on device" \
		sh -c 'exec vput >/dev/full' <"$tmp/in"
	vraw check -q
	fails 74 "cannot write standard output: Bad file descriptor" \
		sh -c 'exec vput >&-' <"$tmp/in"
	[ "$(vput -q <"$tmp/in")" = "$(cat "$manifest")" ]
}

@test "a closed standard input is an error" {
	fails 74 "cannot read standard input: Bad file descriptor" sh -c 'exec vput <&-'
	nothing_published
}

@test "a reader that has left ends it by SIGPIPE, the part stays published" {
	whole_run 3 >"$tmp/in"
	run -0 bash -c 'vput -q <"$1" | true; echo "${PIPESTATUS[0]}"' - "$tmp/in"
	[[ $output = 141 || $output = 0 ]]	# true may still have been there
	vraw check -q
}

@test "SIGTERM half way: nothing is published, and it dies of the signal" {
	mkfifo "$tmp/fifo"
	vput <"$tmp/fifo" >"$tmp/out" 2>"$tmp/err" 3>&- &
	pid=$!
	exec 7>"$tmp/fifo"
	records 50 >&7
	until_true 60 test -e /proc/$pid/fd
	sleep 0.1
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	[ "$status" -eq 143 ]
	[ ! -s "$tmp/out" ]
	nothing_published
}

@test "VPIPE_RAW_MOUNT: where no mount is, nothing is written" {
	whole_run 3 >"$tmp/in"
	mkdir "$VPIPE_RAW"
	VPIPE_RAW_MOUNT=yes fails 78 "'$VPIPE_RAW' is not mounted, and VPIPE_RAW_MOUNT says it must be" \
		vput <"$tmp/in"
	nothing_published
}

# --- calls that fail on demand: tests/fail -------------------------------------------

@test "whichever read fails: 74, and what stands is true" {
	whole_run 12 >"$tmp/in"
	FAIL_PATH=$tmp every read EIO 74
}

@test "whichever write fails, as on a full disk: 74, and what stands is true" {
	whole_run 12 >"$tmp/in"
	every write ENOSPC 74 0
}

@test "short and interrupted writes are carried on" {
	whole_run 12 >"$tmp/in"
	failing FAIL_CALL=write FAIL_HOW=short FAIL_TIMES=0 FAIL_PATH="$tmp"
	[ "$status" -eq 0 ]
	holds write
	rm -rf "$VPIPE_RAW"
	failing FAIL_CALL=write FAIL_HOW=EINTR FAIL_TIMES=5
	[ "$status" -eq 0 ]
	holds write
}

@test "whichever fsync or close fails: what stands is true" {
	whole_run 12 >"$tmp/in"
	every fsync EIO 74
	every close EIO 74 0
}

@test "whichever rename, mkdir or unlink fails: what stands is true" {
	whole_run 12 >"$tmp/in"
	every rename EIO 74
	every mkdir ENOSPC 74
	every unlink EIO 0
}

@test "whichever open fails: what stands is true" {
	whole_run 12 >"$tmp/in"
	FAIL_PATH=$tmp every open EIO 74
}

@test "kill -9 before any call (every third is tried): no manifest or a true one, and again completes it" {
	whole_run 12 >"$tmp/in"
	step=3 every any kill 137
}

@test "on a mount a failed fsync is tried again on the same descriptor" {
	whole_run 12 >"$tmp/in"
	mkdir "$VPIPE_RAW"
	failing FAIL_CALL=fsync FAIL_TIMES=2 FAIL_MOUNT=/raw VPIPE_RAW_MOUNT=yes
	[ "$status" -eq 0 ]
	holds fsync
}

@test "the spool is never on a mount" {
	whole_run 12 >"$tmp/in"
	failing FAIL_MOUNT="$tmp"
	[ "$status" -eq 78 ]
	grep -q "the spool must be local: set TMPDIR" "$tmp/err"
}

@test "in a folder a failed fsync is final: the kernel has dropped the pages" {
	whole_run 12 >"$tmp/in"
	failing FAIL_CALL=fsync FAIL_TIMES=1
	[ "$status" -eq 74 ]
	grep -q "cannot write '$object': Input/output error" "$tmp/err"
	nothing_published
}

@test "a full disk: 74, nothing under a final name, and room cures it" {
	((EUID == 0)) || skip "only root can mount a small disk"
	mkdir "$VPIPE_RAW"
	mount -t tmpfs -o size=64k none "$VPIPE_RAW" 2>/dev/null ||
		skip "cannot mount a small disk here"
	whole_run 1000 >"$tmp/in"
	status=0
	vput --part-size 16K <"$tmp/in" >/dev/null 2>"$tmp/err" || status=$?
	left=$(find "$VPIPE_RAW" -type f)
	mount -o remount,size=16m "$VPIPE_RAW"
	again=0
	vput -q --part-size 16K <"$tmp/in" >/dev/null || again=$?
	checked=0
	vraw check -q || checked=$?
	umount "$VPIPE_RAW"
	[ "$status $again $checked" = "74 0 0" ]
	[ -z "$left" ]
	grep -q ': No space left on device$' "$tmp/err"
	[ "$(wc -l <"$tmp/err")" -eq 1 ]
}

# --- the layer ---------------------------------------------------------------------

@test "a part that was published twice in different hours' names stays apart" {
	whole_run 2 20261121T235959Z-catalog-0123456789abcdef | vput -q >/dev/null
	[ -e "$VPIPE_RAW/made-up/catalog/dt=2026-11-21/hh=23/20261121T235959Z-catalog-0123456789abcdef.0001.manifest.json" ]
}

@test "a manifest has the queries of searches, to the last byte, and those of nobody else" {
	{ records 2; entries | closed_by 3; } | vput -q >"$tmp/out"
	grep -qF '"closing":{"stop":"end","queries":[{"query":"a.test/search?catalog=5","site":"a.test","catalog_id":"5","kind":"search","total_last":12345678901234567890,"state":{"at":"x","ids":[1.0]}}],"kinds":{"a":1.10}}' "$manifest"
	run -1 grep -e 70000000 -e 80000000 "$manifest" "$tmp/out"
	# raw says all of it
	unpacked | grep -q 700000001
	vraw check -q
}

# --- the rest -------------------------------------------------------------------------

@test "--metrics writes the ledger" {
	whole_run 3 | vput -q --metrics "$tmp/metrics" >/dev/null
	grep -qx 'vpipe_vput_published_total 4' "$tmp/metrics"
	[ "$(tail -n 1 "$tmp/metrics")" = '# EOF' ]
}

@test "what makes no sense together is refused" {
	fails 64 "--level is from 1 to 19" vput --level 20
	fails 64 "--part-size is at least 1K" vput --part-size 1
	fails 64 "is one operand too many" vput a b
	fails 64 "'b' is one operand too many" vput --raw a b
}

@test "an option of before says where it went" {
	fails 64 "no such option '--list': vraw list does that" vput --list raw
	fails 64 "no such option '--check': vraw check does that" vput -q --check
	fails 64 "no such option '--renew': vraw renew does that" vput --renew
	fails 64 "no such option '--replaces': vraw replace does that" vput --replaces=x.manifest.json
	fails 64 "no such option '--wrap': vwrap does that" vput --wrap --source x
	run -0 vput --help
	[[ $output != *--list* ]]
}
