# vwrap(1): bare bodies to raw records
load helper

setup() {
	export TMPDIR=$tmp
	cd "$tmp" || return
	printf '{"items": [\n  {"id": 9007199254740993, "price": 1.10}\n]}\n' >a.json
	printf '{"items":[]}' >b.json
}

wrap() {
	vwrap --source made-up --kind search \
		--site www.example.test --at 2026-09-20T10:00:00Z "$@"
}

@test "a body becomes a raw record, and the run is closed" {
	run -0 --separate-stderr wrap --endpoint v1 --catalog 1904 a.json b.json
	[ "$stderr" = "vwrap: 2 bodies = 2 json + 0 text + 0 base64" ]
	[ "${#lines[@]}" -eq 3 ]
	same "$(jq -c '[.v, .source, .site, .flow, .kind, .line, .attempt, .fetched_at, .status, .headers]' <<<"${lines[0]}")" \
		'[1,"made-up","www.example.test","wrap","search",1,1,"2026-09-20T10:00:00.000Z",200,{"content-type":"application/json"}]'
	same "$(jq -c .request <<<"${lines[0]}")" \
		'{"catalog_id":1904,"endpoint":"v1","method":"GET","params":{"catalog":["1904"]},"query":"www.example.test/search?catalog=1904","url":null}'
	same "$(jq -c '[.kind, .line, .site, .request, .body.complete, .body.stop, .body.queries, .body.ledger.answered]' <<<"${lines[2]}")" \
		'["run",3,null,null,true,"end",[],2]'
	[[ $(jq -r .run <<<"${lines[0]}") =~ ^20260920T100000Z-wrap-[0-9a-f]{16}$ ]]
}

@test "JSON stays byte for byte, newlines between tokens apart, and is hashed as it was" {
	run -0 --separate-stderr wrap a.json
	[[ ${lines[0]} = *'"body":{"items": [  {"id": 9007199254740993, "price": 1.10}]}}' ]]
	[ "$(jq -r .sha256 <<<"${lines[0]}")" = "$(sha256sum <a.json | cut -c -64)" ]
}

@test "the same files and options are the same run, to the byte; others are not" {
	first=$(wrap a.json b.json)
	same "$first" "$(wrap a.json b.json)"
	run=$(jq -r .run <<<"$first" | uniq)
	for other in "b.json a.json" "a.json" "a.json b.json --catalog 5" \
		"a.json b.json --kind image" "a.json b.json --status 404"; do
		# shellcheck disable=SC2086	# words
		[ "$(wrap $other | jq -r .run | uniq)" != "$run" ]
	done
	vput -q "$tmp/raw" <<<"$first" >/dev/null
	[[ $(wrap a.json b.json 2>/dev/null | vput "$tmp/raw" 2>&1 >/dev/null) = *" 3 known "* ]]
}

@test "other text is body_text, any other bytes are body_base64, and come back" {
	printf 'caf\xc3\xa9 "\\\n\x00\x1b' >text
	printf '<html>\n\xf0\x9f\x91\x97</html>' >page.html
	head -c 1001 /dev/urandom >bytes
	printf '\xed\xa0\x80' >surrogate
	printf '\xc0\xaf' >long
	: >nothing
	run -0 --separate-stderr wrap text page.html bytes surrogate long nothing
	[ "$stderr" = "vwrap: 6 bodies = 0 json + 3 text + 3 base64" ]
	jq -j .body_text <<<"${lines[0]}" | cmp - text
	jq -j .body_text <<<"${lines[1]}" | cmp - page.html
	same "$(jq -c .headers <<<"${lines[1]}")" '{"content-type":"text/html"}'
	for n in 2:bytes 3:surrogate 4:long; do
		jq -j .body_base64 <<<"${lines[${n%:*}]}" | base64 -d | cmp - "${n#*:}"
	done
	same "$(jq -r .body_text <<<"${lines[5]}")" ""
}

@test "JSON that is broken or nested too deep to stand in a record is text" {
	printf '{"a":1,}' >broken
	{ head -c 1024 /dev/zero | tr '\0' '['; head -c 1024 /dev/zero | tr '\0' ']'; } >deep
	run -0 --separate-stderr wrap broken deep
	[ "$stderr" = "vwrap: 2 bodies = 0 json + 2 text + 0 base64" ]
	vput -q "$tmp/raw" <<<"$output" >/dev/null
}

@test "--lines: each line is a body, blank ones are none" {
	printf '{"a":1}\n\n{"b":2}\nno json\n{"c":3}' >dump.ndjson
	run -0 --separate-stderr wrap --lines dump.ndjson
	[ "$stderr" = "vwrap: 4 bodies = 3 json + 1 text + 0 base64" ]
	same "$(jq -c '[.line, .body, .body_text]' <<<"${lines[1]}")" '[2,{"b":2},null]'
	same "$(jq -c '[.line, .body]' <<<"${lines[3]}")" '[4,{"c":3}]'
}

@test "a catalog's id is a number when it is one" {
	same "$(wrap --catalog 12345678901234567890 b.json | head -n 1 | grep -o '"catalog_id":[^,]*')" '"catalog_id":12345678901234567890'
	same "$(wrap --catalog 007 b.json | head -n 1 | jq -c .request.catalog_id)" '"007"'
	same "$(wrap --catalog dresses b.json | head -n 1 | jq -c .request.catalog_id)" '"dresses"'
}

@test "a session's body is left out: it may hold a token" {
	printf '{"access_token":"secret"}' >session.json
	run -0 --separate-stderr wrap --kind session session.json
	[[ $output != *secret* ]]
	same "$(jq -c '[.kind, .body_omitted, .body]' <<<"${lines[0]}")" '["session",true,null]'
}

@test "what it cannot do is said in a sentence" {
	gzip -c a.json >a.json.gz
	fails 64 "--source, --kind, --site, --at and a FILE are needed" vwrap b.json
	fails 64 "--source, --kind, --site, --at and a FILE are needed" wrap
	fails 64 "'run' is no kind of answer" wrap --kind run b.json
	fails 64 "--at does not take 'noon'" wrap --at noon b.json
	fails 64 "'a/b' is no host" wrap --site a/b b.json
	fails 64 "letters, digits" wrap --flow ../x b.json
	fails 64 "--max-line is from 1 to 512M" wrap --max-line 1G b.json
	fails 74 "cannot read 'nowhere.json'" wrap nowhere.json
	fails 64 "'$tmp' is no plain file: it is read twice" wrap "$tmp"
	fails 65 "'a.json.gz' is packed: unpack it, as vpipe wrap does" wrap a.json.gz
}

@test "--metrics writes the ledger" {
	wrap --metrics metrics b.json >/dev/null 2>&1
	grep -qx 'vpipe_vwrap_bodies_total 1' metrics
}

@test "a body too long for a record costs itself only, as 'too-large'" {
	head -c 2000 /dev/zero | tr '\0' '\1' >control	# 6 bytes each, escaped
	head -c 8000 /dev/zero | tr '\0' '\377' >bytes	# 4 bytes for 3
	head -c 11000 /dev/zero | tr '\0' a >long
	run -0 --separate-stderr wrap --max-line 10K control a.json bytes long
	same "$(jq -c '[.line, .error.cause, .status, .sha256 != null]' <<<"$output" | head -n 4 | xargs)" \
		'[1,too-large,null,false] [2,null,200,true] [3,too-large,null,false] [4,too-large,null,false]'
	[ "${stderr_lines[0]}" = "vwrap: control: longer than 10240 bytes as a record, left out as 'too-large'" ]
	[[ $stderr = *"vwrap: 4 bodies = 1 json + 0 text + 0 base64 + 3 too large" ]]
	vput -q --max-line 10K "$tmp/raw" <<<"$output" >/dev/null
	cat a.json bytes a.json | tr -d '\n' | sed 's/}{/}\n{/; s/}\(\xff\)/}\n\1/; s/\xff{/\xff\n{/' >lines
	run -0 --separate-stderr wrap --max-line 1K --lines lines
	same "$(jq -c '[.line, .error.cause]' <<<"$output" | head -n 3 | xargs)" '[1,null] [2,too-large] [3,null]'
	[[ $stderr = *'vwrap: lines:2: longer than'* ]]
}

@test "a record just as long as a line may be is kept, one byte more is not" {
	head -c 5000 /dev/zero | tr '\0' a >long
	length=$(wrap long 2>/dev/null | head -n 1 | wc -c)
	same "$(wrap --max-line $((length - 1)) long 2>/dev/null | head -n 1 | jq -r '.body_text | length')" 5000
	same "$(wrap --max-line $((length - 2)) long 2>/dev/null | head -n 1 | jq -r .error.cause)" too-large
}

@test "a byte order mark before a body is passed over, and hashed" {
	for file in a.json b.json; do
		{ printf '\357\273\277'; cat "$file"; } >"marked-$file"
		same "$(wrap "marked-$file" 2>/dev/null | head -n 1 | jq -c .body)" "$(jq -c . "$file")"
		same "$(wrap "marked-$file" 2>/dev/null | head -n 1 | jq -r .sha256)" "$(sha256sum <"marked-$file" | cut -c -64)"
	done
	{ cat marked-b.json; echo; cat b.json; } >lines
	same "$(wrap --lines lines 2>/dev/null | head -n 2 | jq -c .body | xargs)" '{items:[]} {items:[]}'
	# alone, twice or inside it is no JSON, and kept as it came
	printf '\357\273\277' >alone
	{ cat alone; cat marked-b.json; } >twice
	printf '{\357\273\277"items":[]}' >inside
	same "$(wrap alone twice inside 2>/dev/null | head -n 3 | jq -r .body_text)" "$(cat alone; echo; cat twice; echo; cat inside)"
	printf '\357\273\277 <html></html>' >page
	same "$(wrap page 2>/dev/null | head -n 1 | jq -c .headers)" '{"content-type":"text/html"}'
}

@test "UTF-16 is said, and kept as bytes" {
	for form in UTF-16LE UTF-16BE; do
		{ printf '\ufeff'; cat b.json; } | iconv -t "$form" >wide
		run -0 --separate-stderr wrap wide
		[ "${stderr_lines[0]}" = 'vwrap: wide: UTF-16, which is no JSON: kept as bytes' ]
		same "$(jq -r 'select(.line == 1).body_base64' <<<"$output" | base64 -d | cksum)" "$(cksum <wide)"
	done
}

@test "a full disk below standard output is an error" {
	fails 74 "cannot write standard output: No space left on device" \
		bash -c 'vwrap -q --source made-up --kind search --site a.test --at 2026-09-20T10:00:00Z b.json >/dev/full'
}
