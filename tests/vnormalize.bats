# vnormalize(1): raw records to typed records, by contract
load helper

setup() {
  mkdir -p "$VPIPE_DATA"
  key=$VPIPE_DATA/key
  printf 'a key for tests, of no worth\n' >"$key"
  chmod 600 "$key"
}

# normalized [OPTION]...: records on stdout, nothing else
normalized() {
  vnormalize -q --records-only "$@"
}

# wrapped FILE SITE: somebody's old body as a raw record that knows no request
wrapped() {
  jq -c --arg site "$2" '{v: 1, source: "vinted", site: $site, flow: "old",
    kind: "search", run: "20260920T100000Z-old-00000000000000ff", line: 1,
    attempt: 1, fetched_at: "2026-09-20T10:00:00.000Z", request: {},
    status: 200, headers: {}, ms: 0, sha256: null, body: .}' "$1"
}

# item N SITE FILE: the Nth item of a capture as it comes out, without the
# columns that say where it stood
item() {
  wrapped "$3" "$2" >"$tmp/raw"
  normalized --stream item --rejects "$tmp/rejects" <"$tmp/raw" |
    jq -c --argjson n "$1" 'select(.record.index == $n) | .record
      | del(.observed_at, .run, .line, .index, .contract, .seller_key)'
}

# --- what becomes of a record ---

@test "a raw record becomes its records, written down beside it" {
  for file in "$raw"/good-*.ndjson; do
    run -0 --separate-stderr normalized --rejects "$tmp/rejects" <"$file"
    assert_stdout_is "$records/${file##*/}"
    [ -z "$stderr" ]
    [ ! -s "$tmp/rejects" ]
  done
}

@test "the same input twice gives the same bytes" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  vnormalize -q --threshold 1 <"$tmp/raw" >"$tmp/one" 2>"$tmp/words"
  vnormalize -q --threshold 1 <"$tmp/raw" >"$tmp/two" 2>"$tmp/words"
  cmp "$tmp/one" "$tmp/two"
}

@test "SCHEMA stands before the first record, once a stream, STATE is the last word" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" >"$tmp/raw"
  vnormalize -q --part 0001 <"$tmp/raw" >"$tmp/out"
  [ "$(jq -r 'select(.type == "SCHEMA").stream' "$tmp/out" | xargs)" = \
    'vinted_item vinted_item_catalog vinted_photo vinted_user vinted_look' ]
  [ "$(head -n 5 "$tmp/out" | jq -r .type | sort -u)" = SCHEMA ]
  [ "$(jq -r .type "$tmp/out" | tail -n 1)" = STATE ]
  jq -es '.[-1].value.load | .part == "0001" and .published and .step == "upsert"
    and .ledger.lines == 2 and .ledger.elements == .ledger.records
    and .contracts["item.svc-2026-09"] >= 1' "$tmp/out"
}

@test "a part of which not all went through is not said to be loaded" {
  for choice in --stream=item --contract=item.svc-2026-09 '--filter=.' --no-key; do
    vnormalize -q --part 0001 "$choice" <"$raw/good-one-item.ndjson" >"$tmp/out"
    same '[null,false]' "$(jq -c 'select(.type == "STATE").value.load | [.part, .published]' "$tmp/out")"
  done
}

@test "SCHEMA tells the union of the variants and each one's columns" {
  vnormalize -q --stream item <"$raw/good-one-item.ndjson" | head -n 1 >"$tmp/schema"
  jq -e '.key_properties == ["site", "item_id", "variant"]
    and .["x-seen"] == "observed_at" and .["x-entity"] == "item"
    and (.schema.properties | has("seller_price") and (.price | has("x-jq") | not))
    and (.["x-variants"]["svc-2026-09"].columns | index("seller_price") == null)
    and (.["x-variants"]["catalog-2026-09"].columns | index("seller_price") != null)
    and (.schema.required | index("price") != null)' "$tmp/schema"
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

# --- exact values, texts ---

@test "digits come out as they went in, 64 bits and closing zeros too" {
  sed 's/"favourite_count":25/"favourite_count":9223372036854775807/; s/"6.00"/"123456789012345678.10"/' \
    "$raw/good-one-item.ndjson" | normalized --stream item >"$tmp/out"
  grep -q '"favourite_count":9223372036854775807,' "$tmp/out"
  grep -q '"price":123456789012345678.10,' "$tmp/out"
}

@test "an integer that does not fit 64 bits is rejected by name" {
  sed 's/"favourite_count":25/"favourite_count":9223372036854775808/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -65 --separate-stderr normalized --stream item --rejects "$tmp/rejects" <"$tmp/raw"
  [ "$(jq -r .reason "$tmp/rejects")" = "'favourite_count' does not fit 64 bits" ]
}

@test "half a surrogate pair is no text: its element is rejected, not mended" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" <"$raw/bad-half-a-surrogate-pair.ndjson"
  [ "$(jq -r .reason "$tmp/rejects" | sort -u)" = 'it holds half a surrogate pair' ]
  [ "$(jq -r .stream <<<"$output")" = vinted_look ]
}

# --- captures: what is written here was read off them and the reference by hand ---

@test "svc-catalogue, September 2026, Italy" {
  need_shared
  file=$SHARED/captures/vinted/svc-catalogue-items-it-2026-09-19.json
  same '{"site":"www.vinted.it","item_id":10051317969,"variant":"svc-2026-09","title":"Brassière de sport Nike","price":6,"currency":"EUR","service_fee":1,"total_price":7,"brand":"Nike Air","size":"L","size_system":"letter","size_code":"L","condition_id":1,"condition":"Nuovo senza cartellino","user_id":125244555,"favourite_count":25,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.it/items/10051317969-brassiere-de-sport-nike","photo_key":"06_0082b_FgHcZi296vwTGmKyGM3kBxsu"}' \
    "$(item 0 www.vinted.it "$file")"
  same '{"site":"www.vinted.it","item_id":10035663984,"variant":"svc-2026-09","title":"Nike Air Max 1 “Grey Gum”","price":55,"currency":"EUR","service_fee":3.45,"total_price":58.45,"brand":"Nike","size":"41","size_system":"number","size_code":"41","condition_id":3,"condition":"Buone","user_id":48889333,"favourite_count":29,"view_count":0,"promoted":true,"content_source":"search_promoted_items","url":"https://www.vinted.it/items/10035663984-nike-air-max-1-grey-gum","photo_key":"05_00d73_x5zv13NZTid2hrBUjpK3saxK"}' \
    "$(item 1 www.vinted.it "$file")"
  [ ! -s "$tmp/rejects" ]
  normalized --stream item <"$tmp/raw" | grep -q '"price":6.00,"currency":"EUR","service_fee":1.00,"total_price":7.00,'
}

@test "catalog/items, September 2026, Great Britain, sold from the United States" {
  need_shared
  file=$SHARED/captures/vinted/catalog-items-gb-2026-09-09.json
  same '{"site":"www.vinted.co.uk","item_id":9921566151,"variant":"catalog-2026-09","title":"Patagonia Manoa Floral Synchilla Pullover small","price":56.02,"currency":"GBP","seller_price":75,"seller_currency":"USD","service_fee":3.5,"total_price":59.52,"brand":"Patagonia","size":"S / UK 8-10","size_system":"letter","size_code":"S","condition_id":2,"condition":"Very good","user_id":3181480552,"favourite_count":1,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.co.uk/items/9921566151-patagonia-manoa-floral-synchilla-pullover-small","photo_key":"05_0262c_ioTj1HPsezvhCXivRE6KbKb8","is_visible":true}' \
    "$(item 0 www.vinted.co.uk "$file")"
  [ ! -s "$tmp/rejects" ]
  normalized --stream photo <"$tmp/raw" >"$tmp/photos"
  [ "$(jq -r .record.item_id "$tmp/photos" | uniq -c | xargs)" = '4 9921566151 6 9921532350 6 9921528874' ]
  head -n 1 "$tmp/photos" | jq -e '.record | .photo_key == "05_0262c_ioTj1HPsezvhCXivRE6KbKb8" and .position == 1
    and .width == 799 and .height == 784 and .uploaded_at == "2026-09-07T14:26:34Z" and (.sizes | length) == 6'
}

@test "an element of the list, May 2025, the Netherlands: one photo, no size" {
  need_shared
  jq -c '{items: [.]}' "$SHARED/captures/vinted/catalog-item-nl-2025-05.json" >"$tmp/body"
  same '{"site":"www.vinted.nl","item_id":6245197443,"variant":"list-2025","title":"Unifi u6 pro","price":135,"currency":"EUR","seller_price":null,"seller_currency":null,"service_fee":7.45,"total_price":142.45,"brand":"Ubiquiti","size":null,"size_system":null,"size_code":null,"condition_id":2,"condition":"Heel goed","user_id":258360251,"favourite_count":3,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.vinted.nl/items/6245197443-unifi-u6-pro","photo_key":"03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6","is_visible":true}' \
    "$(item 0 www.vinted.nl "$tmp/body")"
  normalized --stream photo <"$tmp/raw" | jq -e '.record.photo_key == "03_006f6_dTDx2rZxo5Ma5tTtWH8rW5v6"'
}

@test "the list, August 2025, scrubbed: words for ids are counted, the item keeps its own" {
  need_shared
  file=$SHARED/captures/vinted/catalog-items-us-2025-08-anonymised.json
  same '{"site":"www.vinted.com","item_id":6854891835,"variant":"list-2025","title":"a game ","price":3,"currency":"EUR","seller_price":null,"seller_currency":null,"service_fee":0.85,"total_price":3.85,"brand":null,"size":null,"size_system":null,"size_code":null,"condition_id":2,"condition":"Very Good","user_id":null,"favourite_count":4,"view_count":0,"promoted":false,"content_source":"search","url":"https://www.fakeurl.com/item/item_id","photo_key":"high_resolution_id","is_visible":true}' \
    "$(item 0 www.vinted.com "$file")"
  [ "$(jq -c '[.kept, .reason, .value]' "$tmp/rejects")" = \
    "[true,\"'user_id' is not an integer\",\"\\\"user id\\\"\"]" ]
  run -0 --separate-stderr vnormalize --threshold 0 <"$tmp/raw"
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
}

@test "both engines agree on every capture" {
  need_shared
  for name in svc-catalogue-items-it-2026-09-19 catalog-items-gb-2026-09-09 \
    catalog-items-us-2025-08-anonymised catalog-items-us-2023-10-anonymised; do
    wrapped "$SHARED/captures/vinted/$name.json" www.vinted.fr
  done >"$tmp/raw"
  normalized --threshold 1 --engine auto <"$tmp/raw" >"$tmp/auto" 2>"$tmp/words"
  normalized --threshold 1 --engine jq <"$tmp/raw" >"$tmp/jq" 2>"$tmp/words"
  cmp "$tmp/auto" "$tmp/jq"
}

# --- rejects ---

@test "a price that is no number is rejected with its reason, the rest goes on" {
  run -0 --separate-stderr normalized --threshold 0.2 --rejects "$tmp/rejects" <"$raw/bad-price-is-text.ndjson"
  [ "$(jq -r .reason "$tmp/rejects")" = "'price' is not a number" ]
  [ "$(jq -c '[.program, .part, .line, .index, .stream, .contract, .property, .kept, .value]' "$tmp/rejects")" = \
    '["vnormalize",null,1,1,"vinted_item","item.svc-2026-09","price",false,"\"six\""]' ]
  [ "$(jq -r 'select(.stream == "vinted_item").record.item_id' <<<"$output")" = 10000000001 ]
}

@test "what is missing is said, and the element is kept whole in the rejects" {
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$raw/bad-title-is-missing.ndjson"
  [ "$(jq -r .reason "$tmp/rejects")" = "'title' is missing" ]
  jq -e '.value | fromjson | .id == 10000000001' "$tmp/rejects"
  [[ ${lines[-1]} != *STATE* ]]	# nothing vouches for a part that is held
  [[ $stderr == 'vnormalize: 1 of '*' lines and elements were rejected, more than a share of 0.05' ]]
}

@test "a shape that no contract knows is loud" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" <"$raw/bad-unknown-shape.ndjson"
  grep -q '"no contract for the item of this search"' "$tmp/rejects"
}

@test "an unknown label is kept as text, its id null, and counted" {
  run -0 --separate-stderr vnormalize --records-only --stream item --rejects "$tmp/rejects" --quality "$tmp/quality" \
    <"$raw/odd-unknown-label.ndjson"
  jq -e '.record.condition == "Come nuovissimo" and .record.condition_id == null' <<<"$output"
  jq -e '.kept and .property == "condition_id"' "$tmp/rejects"
  [[ $stderr == *', 1 unknown labels'* ]]
  jq -es 'any(.property == "condition_id" and .unknown_labels == 1)' "$tmp/quality"
}

@test "every label of the table stands for its id, whatever the language" {
  need_shared
  jq -c '.items' "$SHARED/captures/vinted/favourites-cz-2024-02-07.json" |
    jq -c '[.[] | {(.status): .status_id}] | add' >"$tmp/seen"
  jq -e --slurpfile seen "$tmp/seen" '.labels.cs as $cs | $seen[0] | to_entries | all(.value == $cs[.key])' \
    "$ROOT/schema/sources/vinted/labels/condition.json"
  jq -c '[.[] | {(.title): .id}] | add' "$SHARED/captures/vinted/dict-status-fr-2021.json" >"$tmp/seen"
  jq -e --slurpfile seen "$tmp/seen" '.labels.fr as $fr | $seen[0] | to_entries | all(.value == $fr[.key])' \
    "$ROOT/schema/sources/vinted/labels/condition.json"
}

@test "without --rejects the first few are said" {
  run -65 --separate-stderr vnormalize <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == *"vnormalize: line 1, element 0 of item.svc-2026-09: 'title' is missing"* ]]
}

@test "the ledger closes, and says it in words and metrics" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  run -0 --separate-stderr vnormalize --threshold 1 --rejects "$tmp/rejects" --metrics "$tmp/metrics" <"$tmp/raw"
  [[ $stderr != *'DOES NOT CLOSE'* ]]
  [[ $stderr == *' lines = '*' looks + 2 without look + 1 unparsable'* ]]
  grep -q '^vpipe_vnormalize_elements_total{stream="vinted_item"} ' "$tmp/metrics"
  [ "$(tail -n 1 "$tmp/metrics")" = '# EOF' ]
}

@test "--quality counts, with the smallest and the greatest, and no seller's id" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" "$raw/good-list-2025.ndjson" >"$tmp/raw"
  normalized --quality "$tmp/quality" <"$tmp/raw" >"$tmp/out"
  [ "$(jq -c 'select(.property == "price" and .variant == "list-2025") | [.stream, .version, .records, .nulls, .invalids]' \
    "$tmp/quality")" = '["vinted_item",1,1,0,0]' ]
  grep -q '"property":"price","records":1,"nulls":0,"invalids":0,"unknown_labels":0,"min":135.0,"max":135.0}' "$tmp/quality"
  jq -es 'map(select(.property == "user_id")) | length > 0 and all(.min == null)' "$tmp/quality"
}

# --- looks ---

@test "a refusal is a look with a name, never a reject; sessions and runs are none" {
  run -0 --separate-stderr vnormalize --records-only --rejects "$tmp/rejects" <"$raw/good-refusals.ndjson"
  [ ! -s "$tmp/rejects" ]
  [ "$(jq -r '.record | "\(.line) \(.verdict) \(.found)"' <<<"$output" | paste -sd ,)" = \
    '1 refused:rate-limit null,2 refused:challenge null,3 refused:challenge null,4 failed:timeout null,5 empty 0' ]
  [[ $stderr == *'7 lines = 5 looks + 2 without look + 0 unparsable'* ]]
}

@test "promoted hits are marked and give no membership; a redacted element is filtered" {
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-promoted-and-redacted.ndjson"
  [ "$(jq -r 'select(.stream == "vinted_item_catalog").record.item_id' <<<"$output")" = 10000000001 ]
  [ "$(jq -c 'select(.stream == "vinted_item").record | [.index, .promoted]' <<<"$output" | xargs)" = \
    '[0,false] [2,true]' ]
  [[ $stderr == *'vinted_item: 3 elements = 2 records + 1 filtered'* ]]
  [[ $stderr == *'vinted_item_catalog: 3 elements = 1 records + 2 filtered'* ]]
}

@test "a record that does not say what was asked is a look all the same, its hits are records" {
  for request in 'del(.request)' '.request = null' '.request = "x"'; do
    jq -c "$request" "$raw/good-one-item.ndjson" >"$tmp/raw"
    run -0 --separate-stderr vnormalize --records-only <"$tmp/raw"
    [[ $stderr == *'1 lines = 1 looks + 0 without look + 0 unparsable'* ]]
    same '["ok",1,null,null,null,null,null]' "$(jq -c 'select(.stream == "vinted_look").record
      | [.verdict, .found, .subject, .query, .catalog_id, .endpoint, .page]' <<<"$output")"
    same 1 "$(grep -c '"vinted_item"' <<<"$output")"
  done
}

@test "only a number or a text names a catalog; anything else gives no membership" {
  for id in 1904 '"1904"' '"women"'; do
    jq -c ".request.catalog_id = $id" "$raw/good-one-item.ndjson" | normalized --stream item_catalog >"$tmp/out"
    same "${id//\"/}" "$(jq -r .record.catalog_id "$tmp/out")"
  done
  for id in null '""' true '[1]' '{"a":1}'; do
    jq -c ".request.catalog_id = $id" "$raw/good-one-item.ndjson" >"$tmp/raw"
    for engine in auto jq; do
      run -0 --separate-stderr vnormalize --records-only --stream item_catalog --engine "$engine" <"$tmp/raw"
      [ -z "$output" ]
      [[ $stderr == *'vinted_item_catalog: 1 elements = 0 records + 1 filtered + 0 rejected'* ]]
    done
  done
}

# --- personal data ---

@test "a seller's key is the HMAC of source and id under the key" {
  normalized --stream user <"$raw/good-one-item.ndjson" >"$tmp/out"
  want=$(printf 'vinted:100000001' | openssl dgst -sha256 -hmac 'a key for tests, of no worth')
  [ "$(jq -r .record.seller_key "$tmp/out")" = "${want##* }" ]
  want=$(printf 'vpipe-key-1:a key for tests, of no worth' | sha256sum)
  vnormalize -q <"$raw/good-one-item.ndjson" | head -n 1 | jq -e --arg key "${want:0:16}" '.["x-key"] == $key'
}

@test "names and links of persons leave raw for nowhere" {
  cat "$raw"/good-*.ndjson >"$tmp/raw"
  vnormalize -q <"$tmp/raw" >"$tmp/out"
  run ! grep -Eq 'u_one|u_two|u_three|/member/' "$tmp/out"
}

@test "no key, or one that others can read: 78; --no-key drops what would be hashed" {
  chmod 644 "$key"
  fails 78 '0600' vnormalize -q <"$raw/good-one-item.ndjson"
  rm "$key"
  fails 78 'cannot read the key' vnormalize -q <"$raw/good-one-item.ndjson"
  run -0 --separate-stderr vnormalize --no-key <"$raw/good-one-item.ndjson"
  [[ $output != *user_id* && $output != *seller_key* && $output != *100000001* ]]
  [[ $stderr == *'vinted_user: 1 elements = 0 records + 1 filtered'* ]]
}

@test "a forgotten seller is filtered from every stream and from the look" {
  seller=$(normalized --stream user <"$raw/good-one-item.ndjson" | jq -r .record.seller_key)
  printf '{"source":"vinted","seller_key":"%s","at":"2026-09-21T00:00:00Z"}\n' "$seller" \
    >"$VPIPE_DATA/forgotten.ndjson"
  run -0 --separate-stderr vnormalize --records-only <"$raw/good-promoted-and-redacted.ndjson"
  [[ $output != *10000000001* ]]
  [ "$(jq -c 'select(.stream == "vinted_look").record | [.found, .ids]' <<<"$output")" = '[3,[10000000002]]' ]
  for stream in item user photo item_catalog; do
    [[ $stderr == *"vinted_$stream: 3 elements = "* ]]
  done
  fails 78 forget vnormalize -q --no-key <"$raw/good-one-item.ndjson"
}

# --- the two engines, and jq itself ---

@test "both engines write the same bytes for every fixture: records, rejects, quality" {
  cat "$raw"/*.ndjson >"$tmp/raw"
  for engine in auto jq; do
    vnormalize -q --engine "$engine" --threshold 1 --rejects "$tmp/rejects.$engine" \
      --quality "$tmp/quality.$engine" <"$tmp/raw" >"$tmp/out.$engine"
  done
  cmp "$tmp/out.auto" "$tmp/out.jq"
  cmp "$tmp/rejects.auto" "$tmp/rejects.jq"
  cmp "$tmp/quality.auto" "$tmp/quality.jq"
}

@test "both engines write the same bytes for values that nobody expects" {
  for seed in 1 2; do
    run -0 "$ROOT/tests/fuzz/engines" $seed 25 "$tmp"
    [ "$output" -gt 100 ]
  done
}

@test "--as-jq is a program that does the same, as jq prints numbers" {
  cat "$raw"/good-*.ndjson >"$tmp/raw"
  for contract in item.svc-2026-09 item.catalog-2026-09 item.list-2025 item.list-2023 photo.list photo.svc-2026-09 \
    item_catalog.query; do
    vnormalize --no-key --as-jq "$contract" >"$tmp/program"
    jq -c -f "$tmp/program" <"$tmp/raw" >"$tmp/want"
    normalized --no-key --contract "$contract" <"$tmp/raw" | jq -c . >"$tmp/have"
    cmp "$tmp/want" "$tmp/have"
    [ -s "$tmp/have" ]
  done
}

# --- what every program meets ---

@test "empty input: nothing, and 0" {
  run -0 --separate-stderr vnormalize -q </dev/null
  [ -z "$output$stderr" ]
}

@test "a last line without newline counts" {
  head -c -1 "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -0 normalized <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
}

@test "a line too long is one reject, by name; the next is read" {
  { cat "$raw/good-one-item.ndjson"; printf '"%0100000d"\n' 0; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  run -0 --separate-stderr normalized --stream item --max-line 20000 --threshold 0.2 --rejects "$tmp/rejects" <"$tmp/raw"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(jq -c '[.line, .reason]' "$tmp/rejects")" = '[2,"longer than 20000 bytes"]' ]
}

@test "bytes that are not UTF-8 and NULs are rejected, their bytes kept" {
  { printf '{"a":"\377"}\n{"a":"\0"}\n'; cat "$raw/good-one-item.ndjson"; } >"$tmp/raw"
  run -0 --separate-stderr normalized --threshold 0.5 --rejects "$tmp/rejects" <"$tmp/raw"
  assert_stdout_is "$records/good-one-item.ndjson"
  [ "$(jq -r .reason "$tmp/rejects" | paste -sd ,)" = \
    'not JSON: not UTF-8 at byte 7,not JSON: a control character in a string at byte 7' ]
  [ "$(head -n 1 "$tmp/rejects" | jq -r .value_base64 | base64 -d | od -An -tx1 | xargs)" = \
    '7b 22 61 22 3a 22 ff 22 7d' ]
}

@test "broken JSON in the middle: one reject, all else is there" {
  run -0 --separate-stderr normalized --threshold 0.2 --stream item --rejects "$tmp/rejects" \
    <"$raw/bad-broken-in-the-middle.ndjson"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(jq -c '[.line, .kept, (.value | length)]' "$tmp/rejects")" = '[2,false,200]' ]
}

@test "JSON that is no raw record is rejected" {
  printf '{}\n[1]\n{"v":2}\n' >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw"
  [ "$(wc -l <"$tmp/rejects")" -eq 3 ]
}

@test "a time that is none, and two bodies in one record, reject the line as a whole" {
  jq -c '(.fetched_at = "2026-09-20 10:00:01"), (.fetched_at = "2026-09-20 10:00:01Z"),
    (.fetched_at = "yesterday"), (.body_text = "x"), (.error = {cause: "reset"})' "$raw/good-one-item.ndjson" >"$tmp/raw"
  run -65 --separate-stderr vnormalize -q --records-only --rejects "$tmp/rejects" <"$tmp/raw"
  [ -z "$output" ]
  same "'fetched_at' is no time
'fetched_at' is no time
'fetched_at' is no time
a raw record with more than one of body, body_text, body_base64 and error
a raw record with more than one of body, body_text, body_base64 and error" "$(jq -r .reason "$tmp/rejects")"
}

@test "a full disk is 74, said once" {
  run -74 --separate-stderr bash -c 'vnormalize -q <"$1" >/dev/full' - "$raw/good-one-item.ndjson"
  [ "$stderr" = "vnormalize: cannot write standard output: No space left on device" ]
  run -74 --separate-stderr vnormalize -q --rejects /dev/full --threshold 1 <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == 'vnormalize: cannot write '*/dev/full*': No space left on device' ]]
}

@test "a reader that leaves ends it by SIGPIPE, without a word" {
  for _ in {1..300}; do cat "$raw/good-one-item.ndjson"; done >"$tmp/raw"
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
  until_true 5 grep -q '"RECORD"' "$tmp/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  exec 5>&-
  [ $status -eq 143 ]
  jq -e .type "$tmp/out" >/dev/null
  run ! grep -q STATE "$tmp/out"
}

@test "an unknown contract, stream or source is 78" {
  fails 78 "unknown contract 'item.nothing'" vnormalize --contract item.nothing </dev/null
  fails 78 "unknown contract 'item.nothing'" vnormalize --as-jq item.nothing </dev/null
  fails 78 "unknown stream 'nothing'" vnormalize --stream nothing </dev/null
  sed 's/"source":"vinted"/"source":"nowhere"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 "no description of the source 'nowhere'" vnormalize <"$tmp/raw"
}

@test "a contract that is not understood is 78, naming the file and the key" {
  mkdir -p "$tmp/sources"
  cp -R "$ROOT/schema/sources/vinted" "$tmp/sources/made"
  jq '.schema.properties.price["x-jqq"] = 1' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  export VPIPE_SOURCES=$tmp/sources
  fails 78 "unknown key 'x-jqq'" vnormalize --contracts
  jq '.schema.properties.price["x-jq"] = "now"' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  fails 78 'depends on more than its record' vnormalize --contracts
  jq '.schema.properties.price["x-jq"] = ".price | nonsense"' "$ROOT/schema/sources/vinted/item.svc-2026-09.json" \
    >"$tmp/sources/made/item.svc-2026-09.json"
  sed 's/"source":"vinted"/"source":"made"/' "$raw/good-one-item.ndjson" >"$tmp/raw"
  fails 78 'nonsense/0 is not defined' vnormalize -q <"$tmp/raw"
}

@test "asked wrongly is 64" {
  fails 64 'the engine is auto or jq' vnormalize --engine sed </dev/null
  fails 64 'a share from 0 to 1' vnormalize --threshold 2 </dev/null
  fails 64 'one argument too many' vnormalize file </dev/null
}

@test "no program and no manual page names a source" {
  for folder in "$ROOT"/schema/sources/*/ "$ROOT"/fixtures/sources/*/; do
    run -1 grep -ri "$(basename "$folder")" "$ROOT/src"
  done
}
