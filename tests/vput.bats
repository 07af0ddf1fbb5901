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
	vput -q --check
	[ ! -e "$object.tmp-0123456789abcdef" ]
	unpacked | cmp - "$tmp/in"
}

@test "a manifest that was cut off is written again" {
	whole_run 3 >"$tmp/in"
	vput -q <"$tmp/in" >"$tmp/want"
	truncate -s 200 "$manifest"
	vput -q <"$tmp/in" >/dev/null
	vput -q --check
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
	vput -q --check
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
	vput -q --check
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
	vput -q --check || checked=$?
	umount "$VPIPE_RAW"
	[ "$status $again $checked" = "74 0 0" ]
	[ -z "$left" ]
	grep -q ': No space left on device$' "$tmp/err"
	[ "$(wc -l <"$tmp/err")" -eq 1 ]
}

# --- the layer ----------------------------------------------------------------------

@test "--list prints what is whole, by run and part, and where it lies" {
	late=20261121T020000Z-catalog-0000000000000000
	{ whole_run 3 "$late"; whole_run 50; } | vput -q --part-size 2K >/dev/null
	rm "$folder/$run.0002.ndjson.zst"
	run -0 --separate-stderr vput --list
	[ "$stderr" = "vput: '$folder/$run.0002.manifest.json': its object is not there" ]
	same "$(printf '%s\n' "$output" | jq -r '[.run, .part] | @tsv')" \
		"$(printf '%s\n' "$output" | jq -r '[.run, .part] | @tsv' | sort)"
	same "$(printf '%s\n' "$output" | jq -r .path | grep -c 0002)" 0
	printf '%s\n' "$output" | jq -r .path | xargs ls >/dev/null
	same "$(vput -q --list --since 2026-11-21T02:00:00Z 2>/dev/null | jq -r .run)" "$late"
	[ -z "$(vput --list --source other)" ]
	[ -z "$(vput --list --flow track)" ]
	[ "$(vput --list --source made-up --flow catalog 2>/dev/null | wc -l)" -eq "${#lines[@]}" ]
	[ -z "$(vput --list "$tmp/nowhere")" ]
}

@test "--list --verify does not trust sizes" {
	whole_run 3 | vput -q >/dev/null
	printf X | dd of="$object" bs=1 seek=30 conv=notrunc status=none
	[ "$(vput --list | wc -l)" -eq 1 ]
	run -0 --separate-stderr vput --list --verify
	[ -z "$output" ]
	[ "$stderr" = "vput: '$manifest': its object has another SHA-256" ]
}

@test "--check says of each damaged part what is wrong, and ends with 65" {
	whole_run 100 | vput -q --part-size 1K >/dev/null
	run -0 --separate-stderr vput --check
	[[ $stderr = *" + 0 broken + 0 replaced, 0 objects without, 0 temporaries" ]]
	truncate -s 100 "$folder/$run.0001.ndjson.zst"
	rm "$folder/$run.0002.ndjson.zst"
	truncate -s 100 "$folder/$run.0003.manifest.json"
	mv "$folder/$run.0004.manifest.json" "$folder/$run.0099.manifest.json"
	: >"$folder/$run.0005.ndjson.zst.tmp-0123456789abcdef"
	run -65 --separate-stderr vput --check
	same "$(printf '%s\n' "${stderr_lines[@]}" | head -n 4 | sed 's/^.*\.\(0[0-9]*\)\.manifest.json/\1/')" \
"0001': its object has another size
0002': its object is not there
0003': it is cut off
0099': it is no manifest of that name"
	[[ ${stderr_lines[4]} = *" + 4 broken + 0 replaced, 1 objects without, 1 temporaries" ]]
	run -0 --separate-stderr vput -q --check "$folder/$run.0006.manifest.json"
	run -65 --separate-stderr vput --check "$folder/$run.0001.manifest.json"
	fails 74 "cannot read '$tmp/nowhere': No such file or directory" vput --check "$tmp/nowhere"
}

@test "--check finds a manifest whose numbers are not those of its object" {
	whole_run 3 | vput -q >/dev/null
	cp "$manifest" "$tmp/good"
	while IFS='|' read -r lie words; do
		jq -c "$lie" "$tmp/good" >"$manifest"
		run -65 --separate-stderr vput --check
		[ "${stderr_lines[0]}" = "vput: '$manifest': its object has $words" ]
	done <<-'EOF'
		.records = 5|another number of records
		.raw_bytes += 1|another number of raw bytes
		.first_line = 2|other lines
		.last_line = 3|other lines
		del(.records)|another number of records
	EOF
	cp "$tmp/good" "$manifest"
	vput -q --check
}

@test "a part that was published twice in different hours' names stays apart" {
	whole_run 2 20261121T235959Z-catalog-0123456789abcdef | vput -q >/dev/null
	[ -e "$VPIPE_RAW/made-up/catalog/dt=2026-11-21/hh=23/20261121T235959Z-catalog-0123456789abcdef.0001.manifest.json" ]
}

# --- whom a manifest names ----------------------------------------------------------

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

# aged: the part's manifest as older versions of vput wrote it
aged() {
	unpacked | tail -n 1 | sed 's/.*,"body":\(.*\)}$/\1/' >"$tmp/closing"
	sed -i "s|\"closing\":.*,\"published_at\"|\"closing\":$(sed 's/[&|\\]/\\&/g' "$tmp/closing"),\"published_at\"|" \
		"$manifest"
}

@test "a manifest has the queries of searches, to the last byte, and those of nobody else" {
	{ records 2; entries | closed_by 3; } | vput -q >"$tmp/out"
	grep -qF '"closing":{"stop":"end","queries":[{"query":"a.test/search?catalog=5","site":"a.test","catalog_id":"5","kind":"search","total_last":12345678901234567890,"state":{"at":"x","ids":[1.0]}},null],"kinds":{"a":1.10}}' "$manifest"
	run -1 grep -e 70000000 -e 80000000 "$manifest" "$tmp/out"
	# raw says all of it
	unpacked | grep -q 700000001
	vput -q --check
}

@test "--renew rewrites a manifest that names sellers, its records unchanged; again it changes nothing" {
	{ records 2; entries | closed_by 3; } >"$tmp/in"
	vput -q <"$tmp/in" >/dev/null
	aged
	grep -q 700000001 "$manifest"
	run -0 --separate-stderr vput --renew
	[ "$stderr" = "vput: 1 parts = 1 renewed + 0 unchanged + 0 broken" ]
	same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
	run -1 grep -re 70000000 -e 80000000 "$folder" --include='*.json'
	unpacked | cmp - "$tmp/in"
	same "$(vput --list | jq -c '[.part, .replaces, .complete, .parts, (.closing.queries | length)]')" \
		"[\"0001\",\"$run.0001.manifest.json\",true,1,2]"
	run -0 --separate-stderr vput --renew
	[ "$stderr" = "vput: 1 parts = 0 renewed + 1 unchanged + 0 broken" ]
	[ -z "$output" ]
	vput -q --check
	# the run published again does not bring the old one back
	vput -q <"$tmp/in" >/dev/null
	[ ! -e "$manifest" ]
}

@test "--renew, killed at any of its steps: it goes on, and the old manifest goes" {
	{ records 2; entries | closed_by 3; } >"$tmp/in"
	vput -q <"$tmp/in" >/dev/null
	aged
	cp -r "$folder" "$tmp/aged"
	vput -q --renew >/dev/null
	cp -r "$folder" "$tmp/new"
	# both there; the old object gone already; the new object without manifest
	for left in manifest.json:ndjson.zst manifest.json: :ndjson.zst; do
		rm -r "$folder" && cp -r "$tmp/new" "$folder"
		for suffix in ${left%:*} ${left#*:}; do
			cp "$tmp/aged/$run.0001.$suffix" "$folder"
		done
		vput -q --renew >/dev/null
		rm -f "$object"		# one without a manifest is nothing
		same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
		vput -q --check
	done
	rm -r "$folder" && cp -r "$tmp/aged" "$folder"
	cp "$tmp/new/$run.0001.r1.ndjson.zst" "$folder"
	vput -q --renew >/dev/null
	same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
	unpacked | cmp - "$tmp/in"
}

@test "--renew leaves alone what names nobody, and what is not whole" {
	whole_run 3 | vput -q >/dev/null
	before=$(cat "$manifest")
	vput -q --renew
	same "$before" "$(cat "$manifest")"
	rm "$manifest" "$object"
	{ records 2; entries | closed_by 3; } | vput -q >/dev/null
	aged
	truncate -s -5 "$object"
	run -65 --separate-stderr vput --renew
	[[ $stderr == *"its object has another size"*"1 parts = 0 renewed + 0 unchanged + 1 broken" ]]
	[ -e "$manifest" ] && [ -e "$object" ]
	fails 64 "exclude each other" vput --renew --check
}

# --- forgetting ---------------------------------------------------------------------

redacted() {
	jq -c 'if .line == 2 then .body.items = [null] | .redacted = true else . end'
}

@test "--replaces: the rewritten part stands, the old object is gone" {
	whole_run 3 | vput -q >/dev/null
	unpacked | sed '2s/"items":.*/"items":[null]},"redacted":true}/' >"$tmp/in"
	run -0 --separate-stderr vput --replaces "$manifest" <"$tmp/in"
	[ "$stderr" = "vput: 4 lines = 1 redacted + 3 unchanged" ]
	[ ! -e "$object" ] && [ ! -e "$manifest" ]
	same "$(printf '%s\n' "$output" | jq -c '[.object, .replaces, .complete, .parts, .records, .closing.stop]')" \
		"[\"$run.0001.r1.ndjson.zst\",\"$run.0001.manifest.json\",true,1,4,\"end\"]"
	zstd -dcq "$folder/$run.0001.r1.ndjson.zst" | cmp - "$tmp/in"
	vput -q --check
	same "$(vput --list | jq -r .part)" 0001
}

@test "what was forgotten does not come back when the run is published again" {
	whole_run 3 >"$tmp/first"
	vput -q <"$tmp/first" >/dev/null
	sed '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/first" >"$tmp/in"
	vput -q --replaces "$manifest" <"$tmp/in" >"$tmp/want"
	run -0 --separate-stderr vput <"$tmp/first"
	same "$(cat "$tmp/want")" "$output"
	[ ! -e "$object" ]
}

@test "a part can be rewritten again and again" {
	whole_run 3 | vput -q >/dev/null
	unpacked | sed '2s/"items":.*/"items":[null]},"redacted":true}/' >"$tmp/in"
	vput -q --replaces "$manifest" <"$tmp/in" >/dev/null
	sed -i '3s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/in"
	vput -q --replaces "$folder/$run.0001.r1.manifest.json" <"$tmp/in" >/dev/null
	same "$(ls "$folder")" "$run.0001.r2.manifest.json"$'\n'"$run.0001.r2.ndjson.zst"
	vput -q --check
}

@test "--replaces refuses other lines, other hashes and unmarked changes" {
	whole_run 3 | vput -q >/dev/null
	unpacked >"$tmp/first"
	before=$(ls "$folder")
	head -n 3 "$tmp/first" >"$tmp/in"
	fails 65 "standard input:4: fewer lines than the part has, nothing is replaced" vput -q --replaces "$manifest" <"$tmp/in"
	sed 2d "$tmp/first" >"$tmp/in"
	fails 65 "standard input:2: another line, nothing is replaced" vput --replaces "$manifest" <"$tmp/in"
	sed '2s/"sha256":"2"/"sha256":"x"/' "$tmp/first" >"$tmp/in"
	fails 65 "standard input:2: another 'sha256', nothing is replaced" vput --replaces "$manifest" <"$tmp/in"
	sed '2s/"items":.*/"items":[null]}}/' "$tmp/first" >"$tmp/in"
	fails 65 'standard input:2: changed, but not marked "redacted":true, nothing is replaced' vput --replaces "$manifest" <"$tmp/in"
	same "$before" "$(ls "$folder")"
	fails 74 "cannot read '$folder/no.manifest.json': No such file or directory" vput --replaces "$folder/no.manifest.json" </dev/null
}

# --- the rest -------------------------------------------------------------------------

@test "--metrics writes the ledger" {
	whole_run 3 | vput -q --metrics "$tmp/metrics" >/dev/null
	grep -qx 'vpipe_vput_published_total 4' "$tmp/metrics"
	[ "$(tail -n 1 "$tmp/metrics")" = '# EOF' ]
}

@test "what makes no sense together is refused" {
	fails 64 "exclude each other" vput --check --list
	fails 64 "--level is from 1 to 19" vput --level 20
	fails 64 "--part-size is at least 1K" vput --part-size 1
	fails 64 "is one operand too many" vput a b
	fails 64 "no such option '--wrap': vwrap does that" vput --wrap --source x
	fails 64 "does not lie in a raw folder" vput --replaces x.manifest.json
}
