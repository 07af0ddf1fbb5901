# vpipe-wrap(1): packed dumps and pipes to vwrap
load helper

setup() {
	export TMPDIR=$tmp
	cd "$tmp" || return
	printf '{"items": [\n  {"id": 9007199254740993, "price": 1.10}\n]}\n' >a.json
	printf '{"items":[]}' >b.json
}

wrap() {
	"$ROOT/scripts/wrap" --source made-up --kind search \
		--site www.example.test --at 2026-09-20T10:00:00Z "$@"
}

@test "packed files and pipes are unpacked, to the same run" {
	plain=$(wrap a.json b.json)
	gzip -k a.json
	zstd -q b.json
	same "$plain" "$(wrap a.json.gz b.json.zst)"
	mkfifo pipe
	cat a.json >pipe &
	same "$plain" "$(wrap pipe b.json)"
}

@test "names of files may have blanks, dashes and quotes" {
	cp a.json "it's a -name.json"
	cp a.json -- --lines
	same "$(wrap a.json a.json)" "$(wrap "it's a -name.json" ./--lines)"
	same "$(wrap a.json)" "$(wrap -- --lines)"
}

@test "--quiet and --verbose have no value, as -q and -v" {
	for option in --quiet --verbose -q -v; do
		same "$(wrap b.json)" "$(wrap "$option" b.json)"
	done
}

@test "what it cannot do is said in a sentence" {
	fails 64 "'run' is no kind of answer" wrap --kind run b.json
	fails 74 "cannot read 'nowhere.json'" wrap nowhere.json
	fails 74 "cannot read 'nowhere.json.gz'" wrap nowhere.json.gz
	cp a.json false.gz
	gzip -c b.json | head -c 20 >cut.json
	fails 65 "cannot unpack 'cut.json'" wrap cut.json
	fails 65 "cannot unpack 'false.gz'" wrap false.gz
	run -64 --separate-stderr "$ROOT/scripts/wrap"
	[ -z "$(ls -d "$tmp"/wrap.* 2>/dev/null)" ]
}

@test "a packed file is known by its bytes, and all its members are read" {
	head -c 20 a.json >one; tail -c +21 a.json >two
	for pack in gzip zstd; do
		{ "$pack" -c <one; "$pack" -c <two; } >dump.json
		same "$(wrap dump.json 2>/dev/null | head -n 1 | cut -d, -f5- | grep -o '"body".*')" \
			"$(wrap a.json 2>/dev/null | head -n 1 | grep -o '"body".*')"
		same "$(wrap <(cat dump.json) 2>/dev/null | head -n 1 | jq -c .body)" "$(jq -c . a.json)"
	done
	{ printf '\357\273\277'; cat b.json; } | gzip -c >packed
	same "$(wrap packed 2>/dev/null | head -n 1 | jq -c .body)" '{"items":[]}'
}

@test "a full disk below standard output is an error" {
	run -74 --separate-stderr bash -c '"$1/scripts/wrap" --source made-up --kind search --site a.test --at 2026-09-20T10:00:00Z b.json >/dev/full' - "$ROOT"
	[ "${stderr_lines[-1]}" = "vwrap: cannot write standard output: No space left on device" ]
}

# bats test_tags=long
@test "every shared capture becomes a record that is published" {
	need_shared
	run -0 --separate-stderr wrap "$SHARED"/captures/vinted/*
	vput -q "$tmp/raw" <<<"$output" >/dev/null
	[[ $stderr = *" + 0 base64" ]]
}
