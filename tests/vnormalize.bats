# vnormalize(1): raw records to typed records, by contract
load helper
load vnormalize

# All fixtures once, and what nobody expects in them, with all that there is to
# write: the contracts of all kinds cost a quarter of a second, however many lines
# there are.  One fixture as the next program has it.  What became of them is
# read by the tests.
setup_file() {
  setup
  cat "$raw"/*.ndjson >"$tmp/fixtures"
  for seed in 1 2; do
    cat "$raw"/good-*.ndjson "$raw"/odd-*.ndjson | grep '"body":' | "$ROOT/tests/fuzz/mutate" $seed "$(size 10 25)"
  done | cat "$tmp/fixtures" - >"$tmp/raw"
  vnormalize --threshold 1 --rejects "$tmp/rejects" --quality "$tmp/quality" \
    --metrics "$tmp/metrics" <"$tmp/raw" >"$tmp/out" 2>"$tmp/words"
  vnormalize -q <"$raw/good-one-item.ndjson" >"$tmp/one"
}

# schema STREAM: its SCHEMA
schema() {
  jq -c --arg stream "vinted_$1" 'select(.type == "SCHEMA" and .stream == $stream)' \
    "$BATS_FILE_TMPDIR/one"
}

# --- what becomes of a record ---

@test "what became of a picture has no look: its contracts are applied as it stands" {
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-images.ndjson"
  [[ $stderr == *'6 lines = 0 looks + 6 without look + 0 unparsable'* ]]
  same '3 vinted_image
1 vinted_image_copy
5 vinted_photo_fetch' "$(jq -r .stream <<<"$output" | sort | uniq -c | sed 's/^ *//')"
}

@test "a raw record becomes its records, written down beside it" {
  files=("$raw"/good-*.ndjson)
  cat "${files[@]/#"$raw"/"$records"}" >"$tmp/want"
  cat "${files[@]}" | normalized --rejects "$tmp/rejects" >"$tmp/out" 2>"$tmp/words"
  diff "$tmp/want" "$tmp/out"
  [ ! -s "$tmp/words" ]
  [ ! -s "$tmp/rejects" ]
}

# again ENGINE: what setup_file did comes out again, to the byte
again() {
  vnormalize -q --engine "$1" --threshold 1 --rejects "$tmp/rejects" \
    --quality "$tmp/quality" <"$BATS_FILE_TMPDIR/raw" >"$tmp/out"
  for file in out rejects quality; do
    cmp "$BATS_FILE_TMPDIR/$file" "$tmp/$file"
  done
}

@test "the same input twice gives the same bytes" {
  again auto
}

@test "the ledger closes, and says it in words and metrics" {
  cd "$BATS_FILE_TMPDIR"
  run ! grep 'DOES NOT CLOSE' words
  none=$(jq -Rr 'try (fromjson | .kind) catch empty' raw | grep -cE '^(run|session|robots|image|label)$')
  grep -q "^vnormalize: $(wc -l <raw) lines = .* looks + $none without look + 1 unparsable" words
  grep -q '^vpipe_vnormalize_elements_total{stream="vinted_item"} ' metrics
  [ "$(tail -n 1 metrics)" = '# EOF' ]
}

@test "SCHEMA stands before the first record, once a stream, STATE is the last word" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" | vnormalize -q --part 0001 >"$tmp/out"
  jq -es '(map(select(.type == "SCHEMA").stream) | join(" ")) ==
      "vinted_audit vinted_dictionary vinted_image vinted_image_copy vinted_item vinted_item_catalog vinted_photo vinted_photo_fetch vinted_user vinted_look"
    and all(.[:10][]; .type == "SCHEMA") and .[-1].type == "STATE"
    and (.[-1].value.load | .part == "0001" and .published and .step == "upsert"
      and .ledger.lines == 2 and .ledger.elements == .ledger.records
      and .contracts["item.svc-2026-09"] >= 1)' "$tmp/out"
}

@test "a part of which not all went through is not said to be loaded" {
  for choice in --stream=item --contract=item.svc-2026-09 '--filter=.' --no-key; do
    vnormalize -q --part 0001 "$choice" <"$raw/good-one-item.ndjson" >"$tmp/out"
    same '[null,false]' "$(jq -c 'select(.type == "STATE").value.load | [.part, .published]' "$tmp/out")"
  done
}

@test "a line of another run gets a STATE of its own" {
  sed 's/0000000000000001/0000000000000002/' "$raw/good-one-item.ndjson" |
    cat "$raw/good-one-item.ndjson" - >"$tmp/raw"
  vnormalize -q <"$tmp/raw" >"$tmp/out"
  [ "$(jq -c 'select(.type == "STATE").value.load | [.run[-1:], .part, .published, .ledger.lines]' \
    "$tmp/out" | xargs)" = '[1,null,false,1] [2,null,false,1]' ]
}

@test "--stream keeps one, --contract keeps one and writes no look" {
  normalized --stream user <"$raw/good-one-item.ndjson" >"$tmp/out"
  [ "$(jq -r .stream "$tmp/out")" = vinted_user ]
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  normalized --contract item.svc-2026-09 <"$tmp/raw" >"$tmp/out"
  [ "$(jq -r .record.variant "$tmp/out")" = svc-2026-09 ]
}

@test "--filter runs a jq program on each record; amounts are text there" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  normalized --stream item --filter 'select((.price | tonumber) < 20)' <"$tmp/raw" >"$tmp/out"
  grep -q '"price":6.00,' "$tmp/out"
  [ "$(wc -l <"$tmp/out")" -eq 1 ]
  fails 64 filter vnormalize --filter 'select(' <"$raw/good-one-item.ndjson"
}

# --- contracts, and what SCHEMA says of them ---

@test "SCHEMA tells the union of the variants and each one's columns" {
  jq -e '.key_properties == ["site", "item_id", "variant"]
    and .["x-seen"] == "observed_at" and .["x-entity"] == "item"
    and (.schema.properties | has("seller_price") and (.price | has("x-jq") | not))
    and (.["x-variants"]["svc-2026-09"].columns | index("seller_price") == null)
    and (.["x-variants"]["catalog-2026-09"].columns | index("seller_price") != null)
    and (.schema.required | index("item_id") != null and index("price") == null)
    and .schema.properties.promoted.type == ["boolean", "null"]' < <(schema item)
}

# made FILE: a source "made" with all contracts, to be edited; $made is the
# copy of FILE, $whole what it was
made() {
  export VPIPE_SOURCES=$tmp/sources
  mkdir "$VPIPE_SOURCES"
  cp -R "$ROOT/schema/sources/vinted" "$VPIPE_SOURCES/made"
  made=$VPIPE_SOURCES/made/$1
  whole=$ROOT/schema/sources/vinted/$1
}

@test "SCHEMA repeats what a contract says of snapshots; what is not understood there is 78" {
  { schema item; schema user; } | jq -es 'map(.["x-variants"]) | add
    | .["svc-2026-09"]["x-snapshot"] == {"kind": "list", "state": "live", "evidence": "present"}
    and .["fat-2023"]["x-snapshot"] == {"kind": "favourites"} and .user["x-snapshot"] == {"kind": "counters"}
    and all(.[]; has("x-snapshot"))'
  made item.svc-2026-09.json
  while read -r snapshot words; do
    sed 's/"x-snapshot": {[^}]*}/"x-snapshot": '"$snapshot/" "$whole" >"$made"
    fails 78 "$words" vnormalize --contracts
  done <<'END'
{"kind":"list","sate":"live"} unknown key 'sate'
{"kind":"list","state":"gone"} the state is not 'gone'
{"state":"live"} 'kind' is not a string
"list" 'x-snapshot' is not an object
END
  cp "$whole" "$made"
  sed -i 's/"x-snapshot": {/&"state": "live", /' "$tmp/sources/made/item.fat-2023.json"
  fails 78 "'state' is a property and stands in 'x-snapshot'" vnormalize --contracts
}

@test "a shape declares what it shows: a page without its item does not say null for a price" {
  schema item | jq -e '.["x-variants"] | map_values(.columns)
    | all(.["page-bare", "status-2026", "page-2026"]; index("state") != null and index("price") == null and index("total_price") == null)
    and (.["page-bare"] | index("title") == null and index("seller_key") == null)
    and (to_entries | all((.key | test("^(catalog|list|svc)")) == (.value | index("state") == null)))'
}

@test "x-recurse: those under an element come after it, with the one above, however deep; a misfit costs none of them" {
  jq -c '.body = [{"id": 1, "title": "a", "catalogs": [{"id": 2, "title": "b", "catalogs": [{"id": 3, "title": "c", "catalogs": null}]},
    {"id": null, "title": "d", "catalogs": [{"id": 5, "title": "e"}]}, null, 7]}, {"id": 6, "title": "f", "catalogs": {"x": {"id": 8, "title": "g"}}}]' \
    <(sed -n 3p "$raw/good-dictionaries.ndjson") >"$tmp/raw"
  both --stream dictionary
  same '1  0
2 1 1
3 2 2
5  4
6  7' "$(jq -r '.record | "\(.id) \(.parent_id // "") \(.index)"' "$tmp/out")"
  same "3 'id' is null
6 'id' is missing" "$(jq -r '"\(.index) \(.reason)"' "$tmp/rejects")"
  grep -q 'vinted_dictionary: 8 elements = 5 records + 1 filtered + 2 rejected' "$tmp/words"
}

@test "an x-recurse that is not understood is 78" {
  made dictionary.catalog.json
  while read -r recurse words; do
    sed 's/"x-recurse": [^,]*/"x-recurse": '"$recurse/" "$whole" >"$made"
    fails 78 "$words" vnormalize --contracts
  done <<'END'
".catalogs" x-recurse: '.catalogs': it does not end in []
"catalogs[]" x-recurse: 'catalogs[]': no path of keys and positions
7 'x-recurse' is not a string
".a[]","x-within":".b[]" x-recurse and x-within do not go together
END
}

@test "an x-from that is not understood is 78" {
  made item.page-2026.json
  cat >"$tmp/cases" <<'END'
"csv" 'x-from' is neither json nor an object of parts
{} 'x-from' is neither json nor an object of parts
{"a":{"from":"csv"}} 'a' is from none of: json, html-script
{"a":{"from":"html-script"}} 'a' lacks a path
{"a":{"from":"html-script","path":"//["}} no XPath: '//['
{"a":{"from":"html-whole","path":"//p"}} 'a' lacks a path, or has what html-whole does not take
{"a":{"from":"json","with":{"id":1}}} x-from: 'id'
{"a":{"from":"json","with":{".id":[1]}}} a list or object is no condition
{"a":{"from":"json","with":{".id":{"segment":".x"}}}} does not begin with $raw.
{"a":{"from":"json","give":"some"}} give is none of: all, count, broken
{"a":{"from":"json","when":1}} unknown key 'when'
END
  cut -d ' ' -f 1 "$tmp/cases" >"$tmp/froms"
  # jq itself: gojq would order the properties anew, and their order counts
  command jq -c --slurpfile froms "$tmp/froms" '$froms[] as $x | .["x-from"] = $x' "$whole" >"$tmp/contracts"
  while read -r _ words <&3 && read -r contract <&4; do
    printf '%s\n' "$contract" >"$made"
    fails 78 "$words" vnormalize --contracts
  done 3<"$tmp/cases" 4<"$tmp/contracts"
  [ "$(wc -l <"$tmp/contracts")" -eq 11 ]
}

@test "a contract that is not understood is 78, naming the file and the key" {
  made item.svc-2026-09.json
  price() { # EDIT of the line of the price
    sed '/^ *"price": /s/'"$1/" "$whole" >"$made"
    run ! cmp -s "$whole" "$made"
  }
  price '{/{"x-jqq": 1, '
  fails 78 "unknown key 'x-jqq'" vnormalize --contracts
  price '"x-jq": "[^"]*"/"x-jq": "now"'
  fails 78 'depends on more than its record' vnormalize --contracts
  price '"x-jq": "[^"]*"/"x-jq": ".price | nonsense"'
  sed 's/"source":"vinted"/"source":"made"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 'nonsense/0 is not defined' vnormalize -q <"$tmp/raw"
}

@test "a function that is no jq costs those who need it, and no other kind" {
  cat "$raw"/good-{user,wardrobe-2026,item-pages}.ndjson >"$tmp/raw"
  normalized <"$tmp/raw" >"$tmp/want"
  cp -r "$ROOT/schema" "$tmp/schema"
  sed -i '/"is_banned": /s/| flag/| nonsense/' "$tmp/schema/sources/vinted/user.details-2025.json"
  export VPIPE_SCHEMA=$tmp/schema
  normalized <"$tmp/raw" >"$tmp/out"
  cmp "$tmp/want" "$tmp/out"
  fails 78 'nonsense/0 is not defined' vnormalize -q <"$raw/good-details-2025.ndjson"
}

# --- exact values, texts ---

@test "digits come out as they went in, 64 bits and closing zeros too; more bits are rejected by name" {
  sed 's/"favourite_count":25/"favourite_count":9223372036854775807/; s/"6.00"/"123456789012345678.10"/' \
    "$raw/good-one-item.ndjson" >"$tmp/raw"
  sed 's/"favourite_count":25/"favourite_count":9223372036854775808/; s/"line":1,/"line":2,/' "$raw/good-one-item.ndjson" >>"$tmp/raw"
  run -65 --separate-stderr normalized --stream item --rejects "$tmp/rejects" <"$tmp/raw"
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *'"favourite_count":9223372036854775807,'* && $output == *'"price":123456789012345678.10,'* ]]
  same "2 'favourite_count' does not fit 64 bits" "$(jq -r '"\(.line) \(.reason)"' "$tmp/rejects")"
}

@test "half a surrogate pair is no text: its element is rejected, not mended" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" <"$raw/bad-half-a-surrogate-pair.ndjson"
  [ "$(jq -r .reason "$tmp/rejects" | sort -u)" = 'it holds half a surrogate pair' ]
  [ "$(jq -r .stream <<<"$output")" = vinted_look ]
}

# --- personal data ---

@test "a seller's key is the HMAC of source and id under the key" {
  same "$(pseudonym 100000001)" "$(jq -r 'select(.stream == "vinted_user" and .record).record.seller_key' "$BATS_FILE_TMPDIR/one")"
  want=$(printf 'vpipe-key-1:a key for tests, of no worth' | sha256sum)
  head -n 1 "$BATS_FILE_TMPDIR/one" | jq -e --arg key "${want:0:16}" '.["x-key"] == $key'
}

@test "names and links of persons leave raw for nowhere" {
  run ! grep -Eq 'u_one|u_two|u_three|/member/' "$BATS_FILE_TMPDIR/out"
  grep -q u_one "$BATS_FILE_TMPDIR/raw"
}

@test "no key, or one that others can read: 78; --no-key drops what would be hashed" {
  chmod 644 "$key"
  fails 78 '0600' vnormalize -q <"$raw/good-one-item.ndjson"
  rm "$key"
  fails 78 'cannot read the key' vnormalize -q <"$raw/good-one-item.ndjson"
  run -0 --separate-stderr vnormalize --no-key <"$raw/good-one-item.ndjson"
  [[ $output != *seller_key* && $output != *100000001* ]]
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered'* ]]
  jq -c 'select(.stream != "vinted_look")' <<<"$output" >"$tmp/out"
  run ! grep -q user_id "$tmp/out"
}

@test "a forgotten seller is filtered from every stream and from the look" {
  forget "$(pseudonym 100000001)"
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-promoted-and-redacted.ndjson"
  [[ $output != *10000000001* ]]
  [ "$(jq -c 'select(.stream == "vinted_look").record | [.found, .ids]' <<<"$output")" = '[3,[10000000002]]' ]
  for stream in item user photo item_catalog; do
    [[ $stderr == *"vinted_$stream: 3 elements = "* ]]
  done
  fails 78 forget vnormalize -q --no-key <"$raw/good-one-item.ndjson"
}

# closed QUERIES: the closing record of a run that says that of its queries
closed() {
  printf '{"v":1,"source":"vinted","site":null,"flow":"track","kind":"run","run":"r-1","line":9,"attempt":1,"fetched_at":"2026-09-21T08:00:00.000Z","request":null,"status":null,"headers":{},"ms":0,"sha256":null,"body":{"stop":"end","queries":%s}}\n' "$1"
}

@test "a closing record gives what it says of sellers' queries, and nothing of catalogs" {
  closed '[{"query":"www.vinted.pt/search?catalog=5","kind":"search","catalog_id":"5","walked":true,"state":{"at":"x","ids":[1]}},
    {"query":"www.vinted.pt/wardrobe?user=7","site":"www.vinted.pt","user_id":"7","kind":"wardrobe","endpoint":"wardrobe","asked":2,"answered":2,"stop":"end","walked":true,"gap":false,"total_first":3,"total_last":3,"state":null},
    {"query":"www.vinted.pt/wardrobe?user=8","user_id":8,"walked":"yes","asked":1.5},
    {"kind":"wardrobe","user_id":"9"}, null]' | tr -d '\n' >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" <"$tmp/raw"
  [[ $stderr == *"vinted_closing: 4 elements = 2 records + 1 filtered + 1 rejected"* ]]
  same "$(jq -c 'select(.stream == "vinted_closing" and .type == "RECORD").record |
    [.run, .line, .index, .query, .user_id, .seller_key != null, .asked, .stop, .walked, .total_last]' <<<"$output")" \
    '["r-1",9,1,"www.vinted.pt/wardrobe?user=7","7",true,2,"end",true,3]
["r-1",9,2,"www.vinted.pt/wardrobe?user=8","8",true,null,null,null,null]'
  same "$(jq -c '[.line, .index, .stream, .reason]' "$tmp/rejects")" \
    '[9,3,"vinted_closing","'"'query' is no text"'"]'
  same "$(jq -c 'select(.stream == "vinted_closing" and .type == "SCHEMA") |
    [.key_properties, .["x-order"], .schema.properties.user_id["x-personal"]]' <<<"$output")" \
    '[["run","query"],["line","index","contract"],"hash"]'
  # the pseudonym is that of her other records
  same "$(jq -r 'select(.stream == "vinted_closing" and .type == "RECORD").record.seller_key' <<<"$output" | head -n 1)" \
    "$(pseudonym 7)"
}

@test "no catalog's run has a stream of closings; nor has one without a key" {
  closed '[{"query":"www.vinted.pt/search?catalog=5","kind":"search","walked":true}]' >"$tmp/raw"
  [ "$(vnormalize -q <"$tmp/raw" | grep -c vinted_closing)" = 0 ]
  closed '[{"query":"www.vinted.pt/wardrobe?user=7","user_id":"7","kind":"wardrobe"}]' >"$tmp/raw"
  [ "$(vnormalize -q <"$tmp/raw" | grep -c vinted_closing)" = 2 ]
  run -0 --separate-stderr vnormalize --no-key <"$tmp/raw"
  [[ $output != *vinted_closing* && $stderr == *"vinted_closing: 1 elements = 0 records + 1 filtered"* ]]
  [ "$(vnormalize -q --stream closing <"$tmp/raw" | jq -r .stream | sort -u | grep -v null)" = vinted_closing ]
}

@test "the closing of a forgotten seller's wardrobe does not come out" {
  closed '[{"query":"www.vinted.pt/wardrobe?user=7","user_id":"7","kind":"wardrobe"},
    {"query":"www.vinted.pt/wardrobe?user=8","user_id":8,"kind":"wardrobe"}]' | tr -d '\n' >"$tmp/raw"
  forget "$(pseudonym 8)"
  same '["7"]' "$(vnormalize -q <"$tmp/raw" | jq -sc '[.[] | select(.stream == "vinted_closing" and .record).record.user_id]')"
}

# --- the two engines, and jq itself ---

# tests/long has more seeds and more copies
@test "both engines write the same bytes for every fixture, and for values that nobody expects" {
  again jq
  [ "$(grep -c '"type":"RECORD"' "$tmp/out")" -gt 300 ]
}

@test "--as-jq is a program that does the same, as jq prints numbers" {
  cat "$raw"/good-*.ndjson >"$tmp/raw"
  for contract in item.svc-2026-09 item.catalog-2026-09 item.list-2025 item.list-2023 photo.list photo.svc-2026-09 \
    item_catalog.query item.wardrobe-2026 item.fat-2023 item.favourites-2025 item.details-2025 \
    dictionary.catalog dictionary.size dictionary.colour; do
    vnormalize --no-key --as-jq "$contract" >"$tmp/program"
    # jq itself: the program is for that one
    command jq -c -f "$tmp/program" <"$tmp/raw" >"$tmp/records"
    [ -s "$tmp/records" ]
    cat "$tmp/records" >>"$tmp/want"
    normalized --no-key --contract "$contract" <"$tmp/raw" >>"$tmp/have"
  done
  cmp "$tmp/want" <(command jq -c . "$tmp/have")
}

# --- what every program meets ---

@test "empty input: nothing, and 0" {
  run -0 --separate-stderr vnormalize -q </dev/null
  [ -z "$output$stderr" ]
}

@test "what is no raw record is rejected by name and place, and costs no other line; a last one without newline counts" {
  {
    cat "$raw/good-one-item.ndjson"
    printf '"%0100000d"\n' 0
    printf '{"a":"\377"}\n{"a":"\0"}\n'
    sed -n 2p "$raw/bad-broken-in-the-middle.ndjson"
    printf '{}\n[1]\n{"v":2}\n'
    jq -c '(.fetched_at = "2026-09-20 10:00:01"), (.fetched_at = "2026-09-20 10:00:01Z"),
      (.fetched_at = "yesterday"), (.body_text = "x"), (.error = {cause: "reset"})' "$raw/good-one-item.ndjson"
    head -c -1 "$raw/good-one-item.ndjson"
  } >"$tmp/raw"
  run -65 --separate-stderr normalized --max-line 20000 --rejects "$tmp/rejects" <"$tmp/raw"
  cat "$records/good-one-item.ndjson" "$records/good-one-item.ndjson" >"$tmp/want"
  assert_stdout_is "$tmp/want"
  same "2 longer than 20000 bytes
3 not JSON: not UTF-8 at byte 7
4 not JSON: a control character in a string at byte 7
5 not JSON: a string without end at byte 193
6 not a raw record
7 not a raw record
8 a raw record of another version
9 'fetched_at' is no time
10 'fetched_at' is no time
11 'fetched_at' is no time
12 a raw record with more than one of body, body_text, body_base64 and error
13 a raw record with more than one of body, body_text, body_base64 and error" "$(jq -r '"\(.line) \(.reason)"' "$tmp/rejects")"
  same '[false,200]' "$(sed -n 4p "$tmp/rejects" | jq -c '[.kept, (.value | length)]')"
  same '7b 22 61 22 3a 22 ff 22 7d' "$(sed -n 2p "$tmp/rejects" | jq -r .value_base64 | base64 -d | od -An -tx1 | xargs)"
}

@test "a full disk is 74, said once" {
  run -74 --separate-stderr bash -c 'vnormalize -q <"$1" >/dev/full' - "$raw/good-one-item.ndjson"
  [ "$stderr" = "vnormalize: cannot write standard output: No space left on device" ]
  run -74 --separate-stderr vnormalize -q --rejects /dev/full --threshold 1 <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == 'vnormalize: cannot write '*/dev/full*': No space left on device' ]]
}

@test "a reader that leaves ends it by SIGPIPE, without a word" {
  awk '{ for (i = 0; i < 100; i++) print }' "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -0 --separate-stderr bash -c 'vnormalize -q <"$1" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - "$tmp/raw"
  [ "$output" = 141 ]
  [ -z "$stderr" ]
}

@test "SIGTERM half way: whole lines, no STATE, and it dies of the signal" {
  mkfifo "$tmp/in"
  vnormalize -q <"$tmp/in" >"$tmp/out" 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  cat "$raw/good-one-item.ndjson" >&5
  until_true 60 grep -q '"RECORD"' "$tmp/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 5>&-
  [ $status -eq 143 ]
  jq -e .type "$tmp/out" >/dev/null
  run ! grep -q STATE "$tmp/out"
}

@test "a byte order mark before contracts, labels, a prelude or a dump is passed over" {
  cp -R "$ROOT/schema/sources" "$tmp/sources"
  LC_ALL=C sed -i '1s/^/\xef\xbb\xbf/' "$tmp"/sources/vinted/*.json "$tmp"/sources/vinted/labels/* "$tmp"/sources/vinted/prelude.jq
  [ "$(head -c 3 "$tmp/sources/vinted/prelude.jq")" = $'\ufeff' ]
  { printf '\357\273\277'; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  VPIPE_SOURCES=$tmp/sources run -0 normalized <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
  iconv -t UTF-16 "$ROOT/schema/sources/vinted/user.list.json" >"$tmp/sources/vinted/user.list.json"
  VPIPE_SOURCES=$tmp/sources fails 78 "user.list.json' is UTF-16, and must be UTF-8" vnormalize <"$tmp/raw"
}

@test "a byte order mark before the list of forgotten sellers forgets the first, too" {
  forget "$(pseudonym 100000001)"
  LC_ALL=C sed -i '1s/^/\xef\xbb\xbf/' "$VPIPE_DATA/forgotten.ndjson"
  run -0 --separate-stderr vnormalize --records-only --stream item <"$raw/good-one-item.ndjson"
  [ -z "$output" ]
}

@test "a record that would be longer than the next program takes is one reject" {
  head -c 9000000 /dev/zero | tr '\0' x >"$tmp/long"
  items '$svc, ($svc | .title = $long | .item_box.first_line = $long), $svc' --rawfile long "$tmp/long" >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" --stream item <"$tmp/raw"
  [[ $stderr == *'vinted_item: 3 elements = 2 records + 0 filtered + 1 rejected'* ]]
  same "its record is longer than 16 MiB" "$(jq -r 'select(.kept | not).reason' "$tmp/rejects")"
}

@test "an unknown contract, stream or source is 78" {
  fails 78 "unknown contract 'item.nothing'" vnormalize --contract item.nothing </dev/null
  fails 78 "unknown contract 'item.nothing'" vnormalize --as-jq item.nothing </dev/null
  fails 78 "unknown stream 'nothing'" vnormalize --stream nothing </dev/null
  sed 's/"source":"vinted"/"source":"nowhere"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 "no description of the source 'nowhere'" vnormalize <"$tmp/raw"
}

@test "asked wrongly is 64" {
  fails 64 'the engine is auto or jq' vnormalize --engine sed </dev/null
  fails 64 'a share is from 0 to 1' vnormalize --threshold 2 </dev/null
  fails 74 "cannot open 'file'" vnormalize file </dev/null
  fails 64 'one argument too many' vnormalize --contracts file
}

@test "no program and no manual page names a source" {
  for folder in "$ROOT"/schema/sources/*/ "$ROOT"/fixtures/sources/*/; do
    # a kind of the format, and no marketplace
    [[ $folder != */label/ ]] || continue
    run -1 grep -ri "$(basename "$folder")" "$ROOT/src"
  done
}
