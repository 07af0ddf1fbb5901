# vnormalize.bash - for the tests of vnormalize(1): a key, and raw records by hand
#
#	normalized [OPTION]...	records on stdout, nothing else
#	numbered		lines of raw records get their number as `line`,
#				which records and rejects repeat: a start of
#				vnormalize costs more than a hundred lines, so
#				many small cases are one input
#	both [OPTION]...	$tmp/raw by both engines, which must agree, to
#				$tmp/out, $tmp/rejects, $tmp/words
#	pseudonym ID		a seller's key, as the reference has it
#	forget KEY		that seller is to be forgotten

setup() {
  mkdir -p "$VPIPE_DATA"
  key=$VPIPE_DATA/key
  printf 'a key for tests, of no worth\n' >"$key"
  chmod 600 "$key"
}

normalized() {
  vnormalize -q --records-only "$@"
}

numbered() {
  jq -nc '[inputs] | to_entries[] | .key as $n | .value | .line = $n + 1'
}

both() {
  vnormalize --records-only --threshold 1 "$@" --rejects "$tmp/rejects" \
    <"$tmp/raw" >"$tmp/out" 2>"$tmp/words"
  vnormalize --records-only --threshold 1 "$@" --rejects "$tmp/rejects.jq" \
    --engine jq <"$tmp/raw" >"$tmp/out.jq" 2>"$tmp/words.jq"
  cmp "$tmp/out" "$tmp/out.jq"
  cmp "$tmp/rejects" "$tmp/rejects.jq"
  diff "$tmp/words" "$tmp/words.jq"
}

pseudonym() {
  printf 'vinted:%s' "$1" |
    openssl dgst -sha256 -hmac 'a key for tests, of no worth' | sed 's/.* //'
}

forget() {
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' \
    "$1" >"$VPIPE_DATA/forgotten.ndjson"
}

# wrapped FILE SITE [KIND [RUN]]: somebody's old body as a raw record that
# knows no request
wrapped() {
  jq -c --arg site "$2" --arg kind "${3:-search}" \
    --arg run "${4:-20260920T100000Z-old-00000000000000ff}" '{v: 1,
    source: "vinted", site: $site, flow: "old", kind: $kind, run: $run, line: 1,
    attempt: 1, fetched_at: "2026-09-20T10:00:00.000Z", request: {},
    status: 200, headers: {}, ms: 0, sha256: null, body: .}' "$1"
}

# paged FILE SITE [ITEM [RUN]]: a page, asked for ITEM
paged() {
  jq -Rsc --arg site "$2" --arg item "${3:-}" \
    --arg run "${4:-20260920T100000Z-old-00000000000000ff}" '{v: 1,
    source: "vinted", site: $site, flow: "old", kind: "item-page", run: $run,
    line: 1, attempt: 1, fetched_at: "2026-09-20T10:00:00.000Z", request:
    (if $item == "" then {} else {item_id: $item} end), status: 200,
    headers: {"content-type": "text/html; charset=utf-8"}, ms: 0,
    sha256: null, body_text: .}' "$1"
}

# items FILTER [OPTION]...: good-one-item with these items, made of $svc and
# $list: an item as the search of today shows it, and one of an older search
items() {
  jq -c --slurpfile older "$raw/good-list-2025.ndjson" '.body.items[0] as $svc | $older[0].body.items[0] as $list |
    .body.items = ['"$1"' | select(true)] | .body.items |= (to_entries | map(.key as $n | .value |
      if type == "object" and has("id") then .id = 100 + $n | .item_box.item_id? = 100 + $n else . end))' \
    "${@:2}" "$raw/good-one-item.ndjson"
}
