# vnormalize(1): what is rejected, how a page is read as a whole, and looks
load helper
load vnormalize

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

@test "an odd item costs itself and no other, wherever it stands" {
  # two good ones and an odd one, which stands first, second, last
  for odd in '($svc | .price = null)' '($svc | del(.price))' '{}' '[]' '"sold"' 1 false; do
    printf '%s, $svc, $svc\n$svc, %s, $svc\n$svc, $svc, %s\n' "$odd" "$odd" "$odd"
  done | while read -r page; do items "$page"; done | numbered >"$tmp/raw"
  both --stream item
  jq -ne --slurpfile out "$tmp/out" --slurpfile rejects "$tmp/rejects" '
    ($out | map(.record | [.line, .variant, .brand, .size])) ==
      [range(1; 22) | range(2) as $n | [., "svc-2026-09", "Nordhavn", "L"]]
    and ($rejects | map(.line)) == [range(1; 22)]'
  items 'null, ($svc | .price = null), $svc' >"$tmp/raw"	# redacted, odd, good
  run -0 --separate-stderr vnormalize --threshold 1 --stream item --rejects "$tmp/rejects" <"$tmp/raw"
  [[ $stderr == *'vinted_item: 3 elements = 1 records + 1 filtered + 1 rejected'* ]]
}

@test "the contract that most items fit reads the page; each item is then judged by it" {
  { items '$list, $svc, $svc'; items '$svc, $list, $svc'; items '$svc, $svc, $list'; items '{}, $list, $svc, $svc'; } |
    numbered >"$tmp/raw"
  normalized --threshold 1 --stream item --stream photo --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out"
  jq -nce --slurpfile out "$tmp/out" '
    ($out | group_by([.record.line, .stream]) | map([.[0].record.line, .[0].stream, (.[].record.variant)])) ==
      [range(1; 5) | ([., "vinted_item"], [., "vinted_photo"]) + ["svc-2026-09", "svc-2026-09", "svc-2026-09"]]
    and ($out | map(select(.record.brand == "Nordhavn").record) | group_by(.line) | map(length >= 2)) ==
      [true, true, true, true]'
}

@test "of as many fitting items the first that fits one contract only decides" {
  # the line before has no say
  while read -r page; do
    items "$page"
  done <<'END' | numbered | normalized --threshold 1 --stream item --rejects "$tmp/rejects" >"$tmp/out"
$svc, $list
$list, $svc
{}, "x", $list, $svc, $svc, $list
null, $svc
$list
$svc, $list
$svc
$list, $svc
END
  same '1 svc-2026-09 2 list-2025 3 list-2025 4 svc-2026-09 5 list-2025 6 svc-2026-09 7 svc-2026-09 8 list-2025' \
    "$(jq -r '.record | "\(.line) \(.variant)"' "$tmp/out" | uniq | xargs)"
  same '2 2 4 1 1 2 1 2' "$(jq -r .record.line "$tmp/out" | uniq -c | awk '{ print $1 }' | xargs)"
}

@test "a page that no contract reads counts as all its items, however many photos there are" {
  items 'range(20) | $svc | .photos = [range(40) as $n | .photos[0] | .high_resolution.id += "\($n)"]' >"$tmp/page"
  items 'range(20) | $svc | .price = null' >"$tmp/odd"
  jq -c 'range(1; 10) as $n | .line = $n' "$tmp/page" >"$tmp/raw"
  # `run` would hold 7,200 photos in an array
  vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out"
  [[ $(tail -n 1 "$tmp/out") == *STATE* ]]
  cat "$tmp/odd" >>"$tmp/raw"
  status=0
  vnormalize -q --rejects "$tmp/rejects" <"$tmp/raw" >"$tmp/out" 2>"$tmp/words" || status=$?
  [ "$status" -eq 65 ]
  [[ $(tail -n 1 "$tmp/out") != *STATE* ]]
  same 'vnormalize: 20 of 200 elements of vinted_item, by whole pages, were rejected, more than a share of 0.05' "$(<"$tmp/words")"
  vnormalize --rejects "$tmp/rejects" --threshold 0.1 <"$tmp/raw" >"$tmp/out" 2>"$tmp/words"
  grep -q 'vinted_item: 200 elements = 180 records + 0 filtered + 20 rejected' "$tmp/words"
  [[ $(tail -n 1 "$tmp/out") == *STATE* ]]
}

@test "a forgotten seller's items are not named by a page whose first item is odd, nor by one that nobody reads" {
  forget "$(pseudonym 100000001)"
  { items '{}, $svc, $svc'; items '($svc | .price = null), ($svc | .price = null)'; } | jq -c "del(.request.catalog_id)" |
    normalized --threshold 1 --stream look --stream item --rejects "$tmp/rejects" >"$tmp/out"
  jq -es 'map([.stream, .record.ids]) == [["vinted_look", []], ["vinted_look", []]]' "$tmp/out"
}

@test "an unknown label is kept as text, its id null, and counted" {
  run -0 --separate-stderr vnormalize --records-only --stream item --rejects "$tmp/rejects" --quality "$tmp/quality" \
    <"$raw/odd-unknown-label.ndjson"
  jq -e '.record.condition == "Come nuovissimo" and .record.condition_id == null' <<<"$output"
  jq -e '.kept and .property == "condition_id"' "$tmp/rejects"
  [[ $stderr == *', 1 unknown labels'* ]]
  jq -es 'any(.property == "condition_id" and .unknown_labels == 1)' "$tmp/quality"
}

@test "a no-break or thin space is a space, in sizes, conditions and lines of both" {
  for space in '\u00a0' '\u202f' '\u2009' '\u3000'; do
    items "(\$svc | .item_box.second_line = \"86${space}cm${space}·${space}Nuovo${space}senza cartellino\"),
      (\$svc | .item_box.second_line = \"UK${space}9\"), (\$svc | .item_box.second_line = \"Taglia${space}unica\")"
    jq -c '.body.items[0] |= (.size = "18-24 meses / 86'"$space"'cm" | del(.size_title) | .status = "Nuevo'"$space"'sin etiquetas")' \
      "$raw/good-wardrobe-2026.ndjson"
  done | numbered >"$tmp/raw"
  both --stream item
  jq -nce --slurpfile out "$tmp/out" '
    ($out | map(.record | select(.variant == "svc-2026-09") |
      [.line, .size, .size_system, .size_code, .condition, .condition_id])) == [range(1; 9; 2) |
      ([., "86 cm", "cm", "86", "Nuovo senza cartellino", 1], [., "UK 9", "uk", "9", null, null],
      [., "Taglia unica", "one", "ONE", null, null])]
    and ($out | map(.record | select(.variant == "wardrobe-2026" and .index == 0) |
      [.line, .size_system, .size_code, .condition_id])) == [range(2; 9; 2) | [., "cm", "86", 1]]'
}

@test "every label of the table stands for its id, whatever the language" {
  need_shared
  jq -ne --slurpfile seen "$SHARED/captures/vinted/favourites-cz-2024-02-07.json" \
    --slurpfile dict "$SHARED/captures/vinted/dict-status-fr-2021.json" \
    --slurpfile table "$ROOT/schema/sources/vinted/labels/condition.json" '
    ([$seen[0].items[] | [.status, .status_id]] | length > 1 and all(.[1] == $table[0].labels.cs[.[0]]))
    and ([$dict[0][] | [.title, .id]] | length > 1 and all(.[1] == $table[0].labels.fr[.[0]]))'
}

@test "without --rejects the first few are said" {
  run -65 --separate-stderr vnormalize <"$raw/bad-title-is-missing.ndjson"
  [[ $stderr == *"vnormalize: line 1, element 0 of item.svc-2026-09: 'title' is missing"* ]]
}

@test "--quality counts, with the smallest and the greatest, and no seller's id" {
  cat "$raw/good-one-item.ndjson" "$raw/good-catalog-2026.ndjson" "$raw/good-list-2025.ndjson" >"$tmp/raw"
  normalized --quality "$tmp/quality" <"$tmp/raw" >"$tmp/out"
  version=$(jq .version "$ROOT/schema/sources/vinted/item.list-2025.json")
  [ "$(jq -c 'select(.property == "price" and .variant == "list-2025") | [.stream, .version, .records, .nulls, .invalids]' \
    "$tmp/quality")" = "[\"vinted_item\",$version,1,0,0]" ]
  grep -q '"property":"price","records":1,"nulls":0,"invalids":0,"unknown_labels":0,"min":135.0,"max":135.0}' "$tmp/quality"
  jq -es 'map(select(.property == "user_id")) | length > 0 and all(.min == null)' "$tmp/quality"
}

@test "--quality names the keys of first elements, with their types; none that could name somebody" {
  jq -c '.body.items = [(.body.items[0] | .["12345"] = 1 | .["an na@mail"] = 1 | .new_one = null
      | .["\\u0061bc"] = [1]), (.body.items[0] | .id = 7 | .later = 1)]' "$raw/good-one-item.ndjson" >"$tmp/raw"
  jq -c '.line = 2 | .body.items[0].id = 8 | .body.items[0].new_one = true' "$tmp/raw" >>"$tmp/raw2"
  cat "$tmp/raw" "$tmp/raw2" | normalized --quality "$tmp/quality" >/dev/null
  same '["new_one",["boolean","null"]]' \
    "$(jq -c 'select(.stream == "vinted_item" and .key == "new_one") | [.key, .types]' "$tmp/quality")"
  same '' "$(jq -r 'select(.key) | .key' "$tmp/quality" | grep -E '12345|mail|later')"
  same 'vinted_item vinted_item_catalog' "$(jq -r 'select(.key == "id") | .stream' "$tmp/quality" | sort | xargs)"
  # a page cannot fill the memory
  jq -c '.body.items[0] += ([range(300) | {key: "k\(.)", value: 1}] | from_entries)' "$tmp/raw" |
    normalized --quality "$tmp/quality" >/dev/null
  same 256 "$(jq -r 'select(.stream == "vinted_item" and .key) | .key' "$tmp/quality" | wc -l)"
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
  jq -c 'del(.request), (.request = null), (.request = "x")' "$raw/good-one-item.ndjson" | numbered >"$tmp/raw"
  run -0 --separate-stderr vnormalize --records-only <"$tmp/raw"
  [[ $stderr == *'3 lines = 3 looks + 0 without look + 0 unparsable'* ]]
  same '[1,"ok",1,null,null,null,null,null]
[2,"ok",1,null,null,null,null,null]
[3,"ok",1,null,null,null,null,null]' "$(jq -c 'select(.stream == "vinted_look").record
    | [.line, .verdict, .found, .subject, .query, .catalog_id, .endpoint, .page]' <<<"$output")"
  same '1 2 3' "$(jq -r 'select(.stream == "vinted_item").record.line' <<<"$output" | xargs)"
}

@test "only a number or a text names a catalog; anything else gives no membership" {
  jq -c '(1904, "1904", "women", null, "", true, [1], {a: 1}) as $id | .request.catalog_id = $id' \
    "$raw/good-one-item.ndjson" | numbered >"$tmp/raw"
  both --stream item_catalog
  same '1 1904 2 1904 3 women' "$(jq -r '.record | "\(.line) \(.catalog_id)"' "$tmp/out" | xargs)"
  grep -q 'vinted_item_catalog: 8 elements = 3 records + 5 filtered + 0 rejected' "$tmp/words"
}
