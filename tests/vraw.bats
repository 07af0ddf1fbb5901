# vraw(1): what lies in the raw layer, listed, checked, unpacked, replaced
load helper
load fail/fail

# --- list, check ----------------------------------------------------------------------

@test "list prints what is whole, by run and part, and where it lies" {
	late=20261121T020000Z-catalog-0000000000000000
	{ whole_run 3 "$late"; whole_run 50; } | vput -q --part-size 2K >/dev/null
	rm "$folder/$run.0002.ndjson.zst"
	run -0 --separate-stderr vraw list
	[ "$stderr" = "vraw: '$folder/$run.0002.manifest.json': its object is not there" ]
	same "$(printf '%s\n' "$output" | jq -r '[.run, .part] | @tsv')" \
		"$(printf '%s\n' "$output" | jq -r '[.run, .part] | @tsv' | sort)"
	same "$(printf '%s\n' "$output" | jq -r .path | grep -c 0002)" 0
	printf '%s\n' "$output" | jq -r .path | xargs ls >/dev/null
	same "$(vraw list -q --since 2026-11-21T02:00:00Z 2>/dev/null | jq -r .run)" "$late"
	[ -z "$(vraw list --source other)" ]
	[ -z "$(vraw list --flow track)" ]
	[ "$(vraw list --source made-up --flow catalog 2>/dev/null | wc -l)" -eq "${#lines[@]}" ]
	[ -z "$(vraw list "$tmp/nowhere")" ]
}

@test "list --verify does not trust sizes" {
	whole_run 3 | vput -q >/dev/null
	printf X | dd of="$object" bs=1 seek=30 conv=notrunc status=none
	[ "$(vraw list | wc -l)" -eq 1 ]
	run -0 --separate-stderr vraw list --verify
	[ -z "$output" ]
	[ "$stderr" = "vraw: '$manifest': its object has another SHA-256" ]
}

@test "check says of each damaged part what is wrong, and ends with 65" {
	whole_run 100 | vput -q --part-size 1K >/dev/null
	run -0 --separate-stderr vraw check
	[[ $stderr = *" + 0 broken + 0 replaced, 0 objects without, 0 temporaries" ]]
	truncate -s 100 "$folder/$run.0001.ndjson.zst"
	rm "$folder/$run.0002.ndjson.zst"
	truncate -s 100 "$folder/$run.0003.manifest.json"
	mv "$folder/$run.0004.manifest.json" "$folder/$run.0099.manifest.json"
	: >"$folder/$run.0005.ndjson.zst.tmp-0123456789abcdef"
	run -65 --separate-stderr vraw check
	same "$(printf '%s\n' "${stderr_lines[@]}" | head -n 4 | sed 's/^.*\.\(0[0-9]*\)\.manifest.json/\1/')" \
"0001': its object has another size
0002': its object is not there
0003': it is cut off
0099': it is no manifest of that name"
	[[ ${stderr_lines[4]} = *" + 4 broken + 0 replaced, 1 objects without, 1 temporaries" ]]
	run -0 --separate-stderr vraw check -q "$folder/$run.0006.manifest.json"
	run -65 --separate-stderr vraw check "$folder/$run.0001.manifest.json"
	fails 74 "cannot read '$tmp/nowhere': No such file or directory" vraw check "$tmp/nowhere"
}

@test "check finds a manifest whose numbers are not those of its object" {
	whole_run 3 | vput -q >/dev/null
	cp "$manifest" "$tmp/good"
	while IFS='|' read -r lie words; do
		jq -c "$lie" "$tmp/good" >"$manifest"
		run -65 --separate-stderr vraw check
		[ "${stderr_lines[0]}" = "vraw: '$manifest': its object has $words" ]
	done <<-'EOF'
		.records = 5|another number of records
		.raw_bytes += 1|another number of raw bytes
		.first_line = 2|other lines
		.last_line = 3|other lines
		del(.records)|another number of records
	EOF
	cp "$tmp/good" "$manifest"
	vraw check -q
}

# --- unpack -------------------------------------------------------------------------

@test "unpack prints the records of parts, named by manifest or object, in the order given" {
	whole_run 50 >"$tmp/in"
	vput -q --part-size 2K <"$tmp/in" >/dev/null
	vraw list | jq -r .path | xargs vraw unpack >"$tmp/out"
	cmp "$tmp/in" "$tmp/out"
	vraw unpack "$folder/$run.0002.ndjson.zst" "$manifest" >"$tmp/out"
	cmp <(zstd -dcq "$folder/$run.0002.ndjson.zst" "$object") "$tmp/out"
}

@test "unpack prints nothing of an object that its manifest does not prove" {
	whole_run 3 | vput -q >/dev/null
	printf X | dd of="$object" bs=1 seek=30 conv=notrunc status=none
	fails 65 "cannot read '$manifest': its object has another SHA-256" vraw unpack "$object"
	[ -z "$output" ]
	rm "$manifest"
	fails 74 "cannot read '$manifest': No such file or directory" vraw unpack "$object"
	fails 64 "'x.zst' is neither a manifest nor an object" vraw unpack x.zst
	fails 64 "unpack needs a PART" vraw unpack
}

@test "unpack into a full disk, and for a reader that leaves" {
	whole_run 3 | vput -q >/dev/null
	fails 74 "cannot write standard output: No space left on device" \
		sh -c 'exec vraw unpack "$1" >/dev/full' - "$object"
	rm -r "$VPIPE_RAW"
	whole_run 2000 | vput -q >/dev/null
	run -0 bash -c 'vraw unpack "$1" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - "$object"
	same 141 "$output"
}

# --- renew --------------------------------------------------------------------------

# aged: the part's manifest as older versions of vput wrote it
aged() {
	unpacked | tail -n 1 | sed 's/.*,"body":\(.*\)}$/\1/' >"$tmp/closing"
	sed -i "s|\"closing\":.*,\"published_at\"|\"closing\":$(sed 's/[&|\\]/\\&/g' "$tmp/closing"),\"published_at\"|" \
		"$manifest"
}

@test "renew rewrites a manifest that names sellers, its records unchanged; again it changes nothing" {
	{ records 2; entries | closed_by 3; } >"$tmp/in"
	vput -q <"$tmp/in" >/dev/null
	aged
	grep -q 700000001 "$manifest"
	run -0 --separate-stderr vraw renew
	[ "$stderr" = "vraw: 1 parts = 1 renewed + 0 unchanged + 0 broken" ]
	same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
	run -1 grep -re 70000000 -e 80000000 "$folder" --include='*.json'
	unpacked | cmp - "$tmp/in"
	same "$(vraw list | jq -c '[.part, .replaces, .complete, .parts, (.closing.queries | length)]')" \
		"[\"0001\",\"$run.0001.manifest.json\",true,1,1]"
	run -0 --separate-stderr vraw renew
	[ "$stderr" = "vraw: 1 parts = 0 renewed + 1 unchanged + 0 broken" ]
	[ -z "$output" ]
	vraw check -q
	# the run published again does not bring the old one back
	vput -q <"$tmp/in" >/dev/null
	[ ! -e "$manifest" ]
}

@test "renew, killed at any of its steps: it goes on, and the old manifest goes" {
	{ records 2; entries | closed_by 3; } >"$tmp/in"
	vput -q <"$tmp/in" >/dev/null
	aged
	cp -r "$folder" "$tmp/aged"
	vraw renew -q >/dev/null
	cp -r "$folder" "$tmp/new"
	# both there; the old object gone already; the new object without manifest
	for left in manifest.json:ndjson.zst manifest.json: :ndjson.zst; do
		rm -r "$folder" && cp -r "$tmp/new" "$folder"
		for suffix in ${left%:*} ${left#*:}; do
			cp "$tmp/aged/$run.0001.$suffix" "$folder"
		done
		vraw renew -q >/dev/null
		rm -f "$object"		# one without a manifest is nothing
		same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
		vraw check -q
	done
	rm -r "$folder" && cp -r "$tmp/aged" "$folder"
	cp "$tmp/new/$run.0001.r1.ndjson.zst" "$folder"
	vraw renew -q >/dev/null
	same "$(ls "$folder")" "$run.0001.r1.manifest.json"$'\n'"$run.0001.r1.ndjson.zst"
	unpacked | cmp - "$tmp/in"
}

@test "renew leaves alone what names nobody, and what is not whole" {
	whole_run 3 | vput -q >/dev/null
	before=$(cat "$manifest")
	vraw renew -q
	same "$before" "$(cat "$manifest")"
	rm "$manifest" "$object"
	{ records 2; entries | closed_by 3; } | vput -q >/dev/null
	aged
	truncate -s -5 "$object"
	run -65 --separate-stderr vraw renew
	[[ $stderr == *"its object has another size"*"1 parts = 0 renewed + 0 unchanged + 1 broken" ]]
	[ -e "$manifest" ] && [ -e "$object" ]
}

# --- replace ---------------------------------------------------------------------

@test "replace: the rewritten part stands, the old object is gone" {
	whole_run 3 | vput -q >/dev/null
	unpacked | sed '2s/"items":.*/"items":[null]},"redacted":true}/' >"$tmp/in"
	run -0 --separate-stderr vraw replace "$manifest" <"$tmp/in"
	[ "$stderr" = "vraw: 4 lines = 1 redacted + 3 unchanged" ]
	[ ! -e "$object" ] && [ ! -e "$manifest" ]
	same "$(printf '%s\n' "$output" | jq -c '[.object, .replaces, .complete, .parts, .records, .closing.stop]')" \
		"[\"$run.0001.r1.ndjson.zst\",\"$run.0001.manifest.json\",true,1,4,\"end\"]"
	zstd -dcq "$folder/$run.0001.r1.ndjson.zst" | cmp - "$tmp/in"
	vraw check -q
	same "$(vraw list | jq -r .part)" 0001
}

@test "what was forgotten does not come back when the run is published again" {
	whole_run 3 >"$tmp/first"
	vput -q <"$tmp/first" >/dev/null
	sed '2s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/first" >"$tmp/in"
	vraw replace -q "$manifest" <"$tmp/in" >"$tmp/want"
	run -0 --separate-stderr vput <"$tmp/first"
	same "$(cat "$tmp/want")" "$output"
	[ ! -e "$object" ]
}

@test "a part can be rewritten again and again" {
	whole_run 3 | vput -q >/dev/null
	unpacked | sed '2s/"items":.*/"items":[null]},"redacted":true}/' >"$tmp/in"
	vraw replace -q "$manifest" <"$tmp/in" >/dev/null
	sed -i '3s/"items":.*/"items":[null]},"redacted":true}/' "$tmp/in"
	vraw replace -q "$folder/$run.0001.r1.manifest.json" <"$tmp/in" >/dev/null
	same "$(ls "$folder")" "$run.0001.r2.manifest.json"$'\n'"$run.0001.r2.ndjson.zst"
	vraw check -q
}

@test "replace refuses other lines, other hashes and unmarked changes" {
	whole_run 3 | vput -q >/dev/null
	unpacked >"$tmp/first"
	before=$(ls "$folder")
	head -n 3 "$tmp/first" >"$tmp/in"
	fails 65 "standard input:4: fewer lines than the part has, nothing is replaced" vraw replace -q "$manifest" <"$tmp/in"
	sed 2d "$tmp/first" >"$tmp/in"
	fails 65 "standard input:2: another line, nothing is replaced" vraw replace "$manifest" <"$tmp/in"
	sed '2s/"sha256":"2"/"sha256":"x"/' "$tmp/first" >"$tmp/in"
	fails 65 "standard input:2: another 'sha256', nothing is replaced" vraw replace "$manifest" <"$tmp/in"
	sed '2s/"items":.*/"items":[null]}}/' "$tmp/first" >"$tmp/in"
	fails 65 'standard input:2: changed, but not marked "redacted":true, nothing is replaced' vraw replace "$manifest" <"$tmp/in"
	same "$before" "$(ls "$folder")"
	fails 74 "cannot read '$folder/no.manifest.json': No such file or directory" vraw replace "$folder/no.manifest.json" </dev/null
}

# --- the rest -----------------------------------------------------------------------

@test "what replace printed before it was killed, it prints again" {
	whole_run 3 | vput -q >/dev/null
	cp -r "$folder" "$tmp/old"
	unpacked | sed '2s/"items":.*/"items":[null]},"redacted":true}/' >"$tmp/in"
	vraw replace -q "$object" <"$tmp/in" >"$tmp/want"
	cp -r "$tmp/old/." "$folder"	# neither was removed
	run -0 --separate-stderr vraw replace "$manifest" <"$tmp/in"
	same "$(cat "$tmp/want")" "$output"
	[ ! -e "$manifest" ] && [ ! -e "$object" ]
}

@test "the raw folder may be an operand, an option or a setting" {
	whole_run 2 | vput -q "$tmp/a" >/dev/null
	for command in list check renew; do
		want=$(vraw $command "$tmp/a" 2>&1)
		[ -n "$want" ]
		same "$want" "$(vraw --raw "$tmp/a" $command 2>&1)"
		same "$want" "$(VPIPE_RAW=$tmp/a vraw $command 2>&1)"
	done
	same "$(vraw list "$tmp/a")" "$(vraw list "$tmp/a/")"
}

@test "--metrics writes the ledger" {
	whole_run 3 | vput -q >/dev/null
	vraw check -q --metrics "$tmp/metrics"
	grep -qx 'vpipe_vraw_sound_total 1' "$tmp/metrics"
}

@test "what makes no sense together is refused" {
	fails 64 "nothing to do: 'list', 'check', 'unpack', 'replace' or 'renew'; see --help" vraw
	fails 64 "no such command 'lists'; see --help" vraw lists
	fails 64 "--flow, --since, --source and --verify go with list" vraw check --verify
	fails 64 "--level goes with replace and renew" vraw list --level 3
	fails 64 "--max-line goes with replace" vraw renew --max-line 1M
	fails 64 "--raw goes with list, check and renew" vraw unpack --raw x y.manifest.json
	fails 64 "--level is from 1 to 19" vraw renew --level 20
	fails 64 "'b' is one operand too many" vraw list a b
	fails 64 "'b' is one operand too many" vraw list --raw a b
	fails 64 "'b' is one operand too many" vraw replace a b
	fails 64 "replace needs a PART" vraw replace
	whole_run 2 | vput -q >/dev/null
	cp "$manifest" "$tmp"
	cd "$tmp"
	fails 64 "'${manifest##*/}' does not lie in a raw folder" vraw replace "${manifest##*/}"
}
