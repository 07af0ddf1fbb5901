# vredact(1): raw records without forgotten sellers
load helper
load vnormalize

redacted() {  # redacted <RECORDS: their numbers are known from line to line
  vredact --known "$tmp/known" >"$tmp/out" 2>"$tmp/words"
}

# as_if_filtered: what the rows would be without her is what they are of the output
as_if_filtered() {
  normalized --threshold 1 --rejects /dev/null <"$1" >"$tmp/want"
  VPIPE_FORGOTTEN=/dev/null normalized --threshold 1 --rejects /dev/null \
    <"$tmp/out" >"$tmp/have"
  diff "$tmp/want" "$tmp/have"
}

@test "each seller of the fixtures goes: the rows are those of a filter, her number is nowhere, again changes nothing" {
  for file in "$raw"/good-*.ndjson "$raw"/bad-item-pages.ndjson; do
    normalized --threshold 1 --rejects /dev/null <"$file" |
      jq -r '.record.user_id // empty' | sort -u >"$tmp/sellers"
    while read -r seller; do
      rm -f "$VPIPE_DATA/forgotten.ndjson" "$tmp/known"
      forget "$(pseudonym "$seller")"
      redacted <"$file"
      as_if_filtered "$file"
      run ! grep -w -- "$seller" "$tmp/out"
      cp "$tmp/out" "$tmp/once"
      redacted <"$tmp/once"
      cmp "$tmp/once" "$tmp/out"
    done <"$tmp/sellers"
  done
}

@test "of whom nobody is to be forgotten every byte stays" {
  cat "$raw"/*.ndjson >"$tmp/all"
  redacted <"$tmp/all"
  cmp "$tmp/all" "$tmp/out"
  [[ $(cat "$tmp/words") == *" = 0 redacted + "* ]]
}

@test "a listing in a list is null, and the other bytes stay" {
  forget "$(pseudonym 100000001)"
  redacted <"$raw/good-promoted-and-redacted.ndjson"
  same "$(jq -c '.body.items |= map(if .user.id == 100000001 then null else . end) | .redacted = true' \
    "$raw/good-promoted-and-redacted.ndjson")" "$(jq -c . "$tmp/out")"
  [[ $(cat "$tmp/words") == *"1 lines = 1 redacted + 0 unchanged, "*" elements, 0 bodies"* ]]
}

@test "an answer about her keeps its verdict, and neither body nor numbers" {
  forget "$(pseudonym "$(jq -r .body.user.id "$raw/good-user.ndjson")")"
  redacted <"$raw/good-user.ndjson"
  same 'null "ok" true null null' "$(jq -r '[.body, .verdict, .redacted, .request.user_id, .request.url]
    | map(tojson) | join(" ")' "$tmp/out")"
  same "$(jq -c .sha256 "$raw/good-user.ndjson")" "$(jq -c .sha256 "$tmp/out")"
}

@test "pictures, pages that are gone and closing records are known by numbers alone" {
  printf 'vinted\titem\t10000000001\nvinted\titem\t8011\n' >"$tmp/known"
  redacted <"$raw/good-images.ndjson"
  run ! grep -w 10000000001 "$tmp/out"
  same "$(grep -c 10000000001 "$raw/good-images.ndjson")" "$(jq -c 'select(.redacted)' "$tmp/out" | wc -l)"
  same "$(jq -r 'select(.body.item_id == 10000000001).body.sha256 // empty' "$raw/good-images.ndjson" | sort -u)" \
    "$(sed -n 's/^vinted\tpicture\t//p' "$tmp/known" | sort -u)"
  forget "$(pseudonym 300123456)"
  tail -n 1 "$raw/good-refusals.ndjson" | jq -c '.body.queries = [
      {query: "a/search?catalog=5", state: {at: "x", ids: [8010, 8011, 8012]}},
      {query: "a/wardrobe?user=300123456", kind: "wardrobe", user_id: 300123456},
      {query: "a/item-page?item=8011", kind: "item-page", item_id: 8011},
      {query: "a/wardrobe?user=7", kind: "wardrobe", user_id: 7}]' >"$tmp/closing"
  redacted <"$tmp/closing"
  normalized --threshold 1 --rejects "$tmp/rejects" <"$tmp/out" >"$tmp/have"
  [ ! -s "$tmp/rejects" ]
  same '[{"query":"a/search?catalog=5","state":{"at":"x","ids":[8010,8012]}},null,null,{"query":"a/wardrobe?user=7","kind":"wardrobe","user_id":7}]' \
    "$(jq -c '.body.queries | map(if . == null then . else to_entries | from_entries end)' "$tmp/out" |
      command jq -c 'map(if . == null then . else {query} + (if .state then {state} else {} end) + (if .kind then {kind, user_id} else {} end) end)')"
}

@test "what stands beside the list of her listings and names her goes, in headers, too" {
  forget "$(pseudonym 300000001)"
  jq -c '.body.owner = {id: 300000001, name: "a"} | .body.more = [{id: 7, by: 300000001}] | .body.seen = 3
    | .headers.location = "/member/300000001-u_one"' "$raw/good-wardrobe-2026.ndjson" >"$tmp/in"
  redacted <"$tmp/in"
  run ! grep 300000001 "$tmp/out"
  same '[0,3,"application/json"]' "$(jq -c '[.body.code, .body.seen, .headers["content-type"]]' "$tmp/out")"
  as_if_filtered "$tmp/in"
}

@test "an answer about another, and a record that nobody can read: her numbers are masked, byte for byte" {
  printf 'vinted\titem\t9000000001\nvinted\tuser\t300000001\n' >"$tmp/known"
  forget "$(pseudonym 300000001)"
  jq -c '.body.item += {related: [9000000001, 7], "by-300000001": "x 9000000001 y"}' "$raw/good-details-2025.ndjson" >"$tmp/in"
  jq -c '.error = "timed out at /users/300000001" | .line = 1' "$raw/good-wardrobe-2026.ndjson" >>"$tmp/in"
  jq -c '.v = 2 | .extra = {"300000001": 9000000001}' "$raw/good-wardrobe-2026.ndjson" >>"$tmp/in"
  redacted <"$tmp/in"
  run ! grep -wE '300000001|9000000001' "$tmp/out"
  same "$(wc -l <"$tmp/in")" "$(jq -c 'select(.redacted and .run)' "$tmp/out" | wc -l)"
  same "$(sed 's/9000000001/0.00000000/g; s/300000001/0.0000000/g; s/}$/,"redacted":true}/' "$tmp/in")" "$(cat "$tmp/out")"
  as_if_filtered "$tmp/in"
}

@test "a key that is missing, a broken line of the forgotten, an option that is none" {
  fails 64 "no such option" vredact --nobody </dev/null
  echo '{}' >"$VPIPE_DATA/forgotten.ndjson"
  fails 78 "holds a line without source and seller_key" vredact <"$raw/good-one-item.ndjson"
  rm "$VPIPE_DATA/key"
  fails 78 "cannot read the key" vredact <"$raw/good-one-item.ndjson"
}

@test "the pseudonyms of sellers, a line each" {
  same "$(pseudonym 7)
$(pseudonym x:8)" "$(printf 'vinted:7\nvinted:x:8\n' | vnormalize --seller-keys)"
  fails 65 "'7' is not SOURCE:ID" vnormalize --seller-keys <<<7
}
