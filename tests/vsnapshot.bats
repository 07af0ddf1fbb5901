# vsnapshot(1): looks to snapshots
load helper

# schema VARIANTS [ENTITY]: a SCHEMA message of bazaar_<entity>
schema() {
  printf '{"type":"SCHEMA","stream":"bazaar_%s","schema":{"type":"object","properties":{}},"key_properties":["id"],"x-source":"bazaar","x-entity":"%s","x-variants":{%s}}\n' \
    "${2:-item}" "${2:-item}" "$1"
}

list='"list":{"version":1,"columns":["item_id","price"],"x-snapshot":{"kind":"list","state":"live","evidence":"present"}}'
page='"page":{"version":1,"columns":["item_id","state","evidence","state_rule"],"x-snapshot":{"kind":"item-page","state":"live","evidence":"present"}}'
bare='"bare":{"version":1,"columns":["item_id"]}'
where='"observed_at":"2026-09-20T10:00:00.000Z","run":"r1","line":3,"index":2,"contract":4'

# record MEMBERS [ENTITY]: a RECORD of bazaar_<entity>
record() {
  printf '{"type":"RECORD","stream":"bazaar_%s","record":{%s,%s}}\n' \
    "${2:-item}" "$1" "$where"
}

# taken: the snapshots in stdout of `run`, without what all of them have
taken() {
  jq -c 'select(.type == "RECORD" and (.stream | endswith("_snapshot"))) | .record
    | del(.observed_at, .run, .line, .index, .contract)
    | with_entries(select(.value != null))' <<<"$output"
}

# --- take ---------------------------------------------------------------------

@test "what comes in goes out, byte for byte, in its order, whatever it is" {
  {
    schema "$list,$page,$bare"
    record '"item_id":7,"variant":"list","price":1.50'
    echo '{"type":"SCHEMA","stream":"other","schema":{},"key_properties":[]}'
    echo '{"type": "RECORD" , "stream":"other","record":{"a":1.0}}'
    echo '{"type":"SCOPE","stream":"other","scope":{"a":1},"records":0}'
    echo '{"type":"ACTIVATE_VERSION","stream":"other","version":1}'
    echo '{"type":"NEW_THING"}'
    echo ''
    echo '{"type":"STATE","value":{"a":[1,2]}}'
    record '"item_id":7,"variant":"bare"'
    record '"item_id":7,"variant":"list"' photo
  } >"$tmp/in"
  run -0 --separate-stderr vsnapshot take <"$tmp/in"
  diff "$tmp/in" <(grep -v '"stream":"bazaar_snapshot"' <<<"$output")
  [ "$(taken | wc -l)" -eq 1 ]
}

@test "an item gives a snapshot: numbers as they were, ids as text, the variant's constants" {
  run -0 --separate-stderr vsnapshot take < <(schema "$list"
    record '"site":"www.market.example","item_id":12345678901234567890,"variant":"list","title":"a \"b\" \u00e9","price":4.50,"currency":"EUR","seller_price":112.00,"seller_currency":"CZK","total_price":5.35,"user_id":99,"seller_key":"ab","favourite_count":3,"promoted":false,"photo_key":"p"')
  same '{"site":"www.market.example","item_id":"12345678901234567890","user_id":"99","seller_key":"ab","kind":"list","state":"live","evidence":"present","price":4.50,"currency":"EUR","seller_price":112.00,"seller_currency":"CZK","total_price":5.35,"favourite_count":3,"promoted":false,"photo_key":"p","title":"a \"b\" \u00e9","variant":"list"}' \
    "$(grep '"bazaar_snapshot","record"' <<<"$output" |
      sed 's/.*"record":\({.*}\)}$/\1/; s/"[a-z_]*":null,//g; s/"observed_at":[^,]*,//; s/,"run":.*/}/')"
}

@test "a shape with columns of its own says its state itself, null too" {
  run -0 --separate-stderr vsnapshot take < <(schema "$page"
    record '"item_id":"7","variant":"page","state":"sold","evidence":"is_closed","state_rule":null'
    record '"item_id":"7","variant":"page","state":"sold","evidence":"page","state_rule":"no-product"'
    record '"item_id":"7","variant":"page","state":null,"evidence":null')
  same '{"evidence":"is_closed","item_id":"7","kind":"item-page","state":"sold","variant":"page"}
{"evidence":"page","item_id":"7","kind":"item-page","state":"sold","state_rule":"no-product","variant":"page"}
{"item_id":"7","kind":"item-page","variant":"page"}' "$(taken)"
}

@test "a snapshot follows the record it comes from, and its SCHEMA comes once, before it" {
  {
    schema "$list"
    record '"item_id":1,"variant":"list"'
    schema "$list"
    record '"item_id":2,"variant":"list"'
    echo '{"type":"STATE","value":1}'
  } >"$tmp/in"
  run -0 --separate-stderr vsnapshot take <"$tmp/in"
  same 'SCHEMA bazaar_item null
SCHEMA bazaar_snapshot null
RECORD bazaar_item 1
RECORD bazaar_snapshot 1
SCHEMA bazaar_item null
RECORD bazaar_item 2
RECORD bazaar_snapshot 2
STATE null null' "$(jq -r '"\(.type) \(.stream) \(.record.item_id)"' <<<"$output")"
}

@test "the SCHEMA of snapshots is one that vupsert takes, with order, entity and source" {
  run -0 --separate-stderr vsnapshot take < <(schema "$list"; schema "$list" user; schema '' look)
  same '["bazaar_snapshot",["item_id","observed_at","kind","run","line","index"],["observed_at","run","line","index","contract"],"snapshot","bazaar"]
["bazaar_seller_snapshot",["user_id","observed_at","kind","run","line","index"],["observed_at","run","line","index","contract"],"seller_snapshot","bazaar"]
["bazaar_catalog_snapshot",["query","observed_at","run","line"],["observed_at","run","line","contract"],"catalog_snapshot","bazaar"]' \
    "$(jq -c 'select(.stream | endswith("_snapshot")) | [.stream, .key_properties, ."x-order", ."x-entity", ."x-source"]' <<<"$output")"
  [ "$(jq -c 'select(.stream | endswith("_snapshot")) | . as $m | (.key_properties + ."x-order")[]
    | select($m.schema.properties[.] == null)' <<<"$output")" = "" ]
  # jq itself, as gojq knows no order of keys
  same "site item_id user_id seller_key observed_at kind state evidence state_rule price currency seller_price seller_currency total_price favourite_count promoted photo_key title variant run line index contract" \
    "$(command jq -r 'select(.stream == "bazaar_snapshot") | .schema.properties | keys_unsorted | join(" ")' <<<"$output")"
  [ "$(jq -r 'select(.stream == "bazaar_snapshot") | .schema.properties.item_id.type' <<<"$output")" = string ]
}

@test "the fingerprint of the sellers' key goes on with them" {
  run -0 --separate-stderr vsnapshot take < <(schema "$list" | sed 's/}$/,"x-key":"0123456789abcdef"}/')
  [ "$(jq -r 'select(.stream == "bazaar_snapshot") | ."x-key"' <<<"$output")" = 0123456789abcdef ]
}

@test "streams of another entity, and variants without x-snapshot, give nothing" {
  run -0 --separate-stderr vsnapshot take < <(schema "$list" photo
    record '"item_id":7,"variant":"list"' photo
    schema "$bare"
    record '"item_id":7,"variant":"bare"'
    schema "$list,$bare"
    record '"item_id":7,"variant":"bare"'
    record '"item_id":7,"variant":"unheard-of"')
  [ "$(taken)" = "" ]
  [[ "$stderr" == *"bazaar_item: 2 records = 0 snapshots + 2 without + 0 rejected"* ]]
}

@test "a seller's counters and flags give a snapshot, when one of them is known" {
  fat='"fat":{"version":1,"columns":[],"x-snapshot":{"kind":"counters"}}'
  run -0 --separate-stderr vsnapshot take < <(schema "$fat" user
    record '"user_id":5,"variant":"fat","seller_key":"ab","item_count":3,"given_item_count":2,"total_items_count":9,"is_on_holiday":false,"is_banned":null,"country_code":"CZ"' user
    record '"user_id":6,"variant":"fat","is_banned":true' user
    record '"user_id":7,"variant":"fat","country_code":"CZ"' user
    record '"user_id":null,"variant":"fat","item_count":3' user)
  same '{"country":"CZ","given_count":2,"item_count":3,"kind":"counters","on_holiday":false,"seller_key":"ab","total_count":9,"user_id":"5","variant":"fat"}
{"banned":true,"kind":"counters","user_id":"6","variant":"fat"}' "$(taken)"
}

@test "a page that is gone is a snapshot; a refusal, and the gone of anything else, is none" {
  gone='"site":"s","kind":"item-page","item_id":"7","status":404,"verdict":"gone"'
  run -0 --separate-stderr vsnapshot take < <(schema '' look
    record "$gone" look
    record "${gone/item-page/item-status}" look
    record "${gone/\"status\":404/\"status\":null}" look
    record "${gone/gone/refused:challenge}" look
    record "${gone/\"7\"/null}" look
    record "${gone/item-page/wardrobe}" look)
  same '{"evidence":"404","item_id":"7","kind":"item-page","site":"s","state":"gone","variant":"look"}
{"evidence":"404","item_id":"7","kind":"item-status","site":"s","state":"gone","variant":"look"}
{"item_id":"7","kind":"item-page","site":"s","state":"gone","variant":"look"}' "$(taken)"
}

@test "the first page of a catalog that states a total gives a snapshot of the catalog" {
  first='"site":"s","kind":"search","query":"q","catalog_id":"1904","page":1,"total":77,"verdict":"ok"'
  run -0 --separate-stderr vsnapshot take < <(schema '' look
    record "$first" look
    record "${first/\"page\":1/\"page\":2}" look
    record "${first/77/null}" look
    record "${first/\"1904\"/null}" look)
  same '{"catalog_id":"1904","query":"q","site":"s","total":77}' "$(taken)"
}

@test "a negative price, a time ahead of the clock, a wrong type: no snapshot, but a reject with its place" {
  export VPIPE_NOW=2026-09-20T09:59:59Z
  run -65 --separate-stderr vsnapshot take --rejects "$tmp/rejects" < <(schema "$list"
    record '"item_id":1,"variant":"list","price":-1'
    record '"item_id":2,"variant":"list","seller_price":-0.01'
    record '"item_id":3,"variant":"list","total_price":-1e-9'
    record '"item_id":4,"variant":"list","price":-0.00'
    record '"item_id":5,"variant":"list","price":true'
    record '"item_id":6,"variant":"list"' | sed 's/2026-09-20/2026-09-22/'
    record '"item_id":7,"variant":"list"' | sed 's/2026-09-20T10:00/2026-09-21T09:59/'
    record '"item_id":8,"variant":"list"' | sed 's/2026-09-20/soon/'
    record '"item_id":9,"variant":"list"' | sed 's/,"run":"r1"//'
    record '"item_id":null,"variant":"list"'
    record '"item_id":1.5,"variant":"list"'
    record '"item_id":"","variant":"list"'
    record '"item_id":13,"variant":"list","favourite_count":1.5'
    record '"item_id":14,"variant":"list","title":7'
    record '"item_id":15,"variant":"list","promoted":1')
  same '4 7 13' "$(taken | jq -r .item_id | paste -sd ' ')"
  same "'price' is negative -1
'seller_price' is negative -0.01
'total_price' is negative -1e-9
'price' is no number true
'observed_at' is more than a day ahead of the clock \"2026-09-22T10:00:00.000Z\"
'observed_at' is no RFC 3339 time \"soonT10:00:00.000Z\"
'item_id' is missing
'item_id' is no id 1.5
'item_id' is empty \"\"
'title' is no text 7
'promoted' is no boolean 1" "$(jq -r 'select(.property != "run") | "\(.reason) \(if (.value | length) < 50 then .value else "" end)" | rtrimstr(" ")' <"$tmp/rejects")"
  [ "$(jq -r 'select(.property == "run") | .reason' <"$tmp/rejects")" = "'run' is missing" ]
  [ "$(jq -c '[.program, .run, .part, .line, .index, .stream, .kept]' <"$tmp/rejects" | sed -n 1p)" = '["vsnapshot","r1",null,3,2,"bazaar_item",false]' ]
  [ "$(taken | jq -s '.[2].favourite_count')" = null ]
  [ "$(grep -c '"stream":"bazaar_item","record"' <<<"$output")" -eq 15 ]
}

@test "the clock runs: what was ahead of it is taken when its day has come" {
  export VPIPE_NOW=2026-09-19T10:00:00Z
  run -0 --separate-stderr vsnapshot take < <(schema "$list"
    record '"item_id":1,"variant":"list"')
  [ "$(taken | wc -l)" -eq 1 ]
}

@test "a line that is no message passes, is rejected by number, and the status says so" {
  printf 'nonsense\n{"type":"RECORD"}\n{"a":"\xff"}\n{"a":"x\0y"}\n[1]' >"$tmp/in"
  run -65 --separate-stderr bash -c 'vsnapshot take --rejects "$1" <"$2" >"$3"' _ "$tmp/rejects" "$tmp/in" "$tmp/out"
  { cat "$tmp/in"; echo; } | cmp - "$tmp/out"
  same '1 2 3 4 5' "$(jq -r .line <"$tmp/rejects" | paste -sd ' ')"
  [ "$(jq -r 'select(.line == 3) | .value_base64 | length' <"$tmp/rejects")" -gt 0 ]
  [[ "$stderr" == *"5 lines = 0 records + 0 others + 5 unreadable"* ]]
  [[ "$stderr" == *"5 of 5 lines were rejected, more than a share of 0.05"* ]]
  vsnapshot take -q --threshold 1 --rejects "$tmp/rejects" <"$tmp/in" >/dev/null
}

@test "a line that is too long is left out and named" {
  run -0 --separate-stderr vsnapshot take --max-line 600 --threshold 0.5 < <(schema "$list"
    record '"item_id":1,"variant":"list"'
    record "\"item_id\":2,\"variant\":\"list\",\"title\":\"$(head -c 100000 /dev/zero | tr '\0' x)\"")
  [[ "$stderr" == *"line 3: longer than 600 bytes: it is left out"* ]]
  [ "$(taken | jq -r .item_id)" = 1 ]
}

@test "bare items are taken with --stream and --key, and not passed on" {
  run -0 --separate-stderr vsnapshot take --stream bazaar_item --key site,id <<'END'
{"site":"s","id":7,"price":"4.50","currency":"EUR","state":"live","observed_at":"2026-09-20T10:00:00Z"}
{"site":"s","id":8,"price":5,"currency":"EUR","kind":"list","observed_at":"2026-09-20T10:00:00Z"}
END
  same 'SCHEMA bazaar_snapshot
RECORD bazaar_snapshot
RECORD bazaar_snapshot' "$(jq -r '"\(.type) \(.stream)"' <<<"$output")"
  same '{"currency":"EUR","item_id":"7","kind":"look","price":4.5,"site":"s","state":"live"}
{"currency":"EUR","item_id":"8","kind":"list","price":5,"site":"s"}' "$(taken)"
  same '1 0 0 ""
2 0 0 ""' "$(jq -r '.record // empty | "\(.line) \(.index) \(.contract) \(.run | @json)"' <<<"$output")"
  run -65 --separate-stderr vsnapshot take --stream items --key item_id <<<'[7]'
  [[ "$stderr" == *"line 1: is no object"* ]]
}

# --- the ends -----------------------------------------------------------------

# bats test_tags=postgres
@test "take into vupsert: the tables are there, a replay changes nothing" {
  pg_start
  {
    schema "$list,$page" |
      sed 's/"properties":{}/"properties":{"item_id":{"type":"integer"},"variant":{"type":"string"},"price":{"type":["number","null"]}}/; s/\["id"\]/["item_id","variant"]/'
    record '"item_id":7,"variant":"list","price":4.50'
    schema '' look | sed 's/"properties":{}/"properties":{"run":{"type":"string"},"line":{"type":"integer"}}/; s/\["id"\]/["run","line"]/'
    record '"kind":"item-page","item_id":"8","status":404,"verdict":"gone"' look
  } >"$tmp/in"
  vsnapshot take -q <"$tmp/in" | vupsert -q
  same '7|list|live|4.50
8|item-page|gone|' "$(sql 'select item_id, kind, state, price from bazaar_snapshot order by 1')"
  run -0 --separate-stderr bash -c 'vsnapshot take -q <"$1" | vupsert' _ "$tmp/in"
  [[ "$stderr" == *"bazaar_snapshot: 2 records = 0 inserted + 0 updated + 0 unchanged + 0 older + 2 duplicate"* ||
    "$stderr" == *"bazaar_snapshot: 2 records = 0 inserted + 0 updated + 2 unchanged"* ]]
  pg_stop
}

@test "no lines give nothing" {
  run -0 --separate-stderr vsnapshot take </dev/null
  [ -z "$output" ]
}

@test "what is asked wrongly is refused with 64" {
  fails 64 "nothing to do: 'take'" vsnapshot
  fails 64 "no such command 'watch'" vsnapshot watch
  fails 64 "--stream and --key go together" vsnapshot take --stream s
  fails 64 "a column without name" vsnapshot take --stream s --key a,,b
  fails 74 "cannot open 'file'" vsnapshot take file
  fails 64 "a share is from 0 to 1" vsnapshot take --threshold 2
}

@test "a full disk and a closed input are said, with 74" {
  fails 74 "cannot write standard output" bash -c 'echo {} | vsnapshot take -q --threshold 1 --rejects /dev/null >/dev/full'
  fails 74 "cannot read" bash -c 'vsnapshot take -q <&-'
  fails 74 "cannot write /dev/full: No space" bash -c 'echo x | vsnapshot take -q --threshold 1 --rejects /dev/full >/dev/null'
}

@test "a reader that leaves ends it without a word" {
  run -141 --separate-stderr bash -o pipefail -c \
    'awk "BEGIN { for (;;) print \"{\\\"type\\\":\\\"X\\\"}\" }" 2>/dev/null | vsnapshot take | head -n 1 >/dev/null'
  [ -z "$stderr" ]
}

@test "the same input twice gives the same bytes" {
  echo '{"item_id":7,"kind":"list","observed_at":"2026-09-01T00:00:00Z","price":3}' >"$tmp/in"
  cmp <(vsnapshot take -q --stream b_item --key item_id <"$tmp/in") \
    <(vsnapshot take -q --stream b_item --key item_id <"$tmp/in")
}
