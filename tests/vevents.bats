# vevents(1): looks at a seller's listings to what happened to them
load helper

# look DAY [MEMBERS] [ITEM]: a line of a history; without owner, its own
look() {
  printf '{"item_id":"%s","observed_at":"2026-09-%02dT00:00:00Z"%s}\n' \
    "${3:-7}" "$1" "${2:+,$2}"
}

# line TYPE DAY [MEMBERS]: another one of seller 5
line() {
  printf '{"owner":"user:5","type":"%s","observed_at":"2026-09-%02dT00:00:00Z","run":"%s%s"%s}\n' \
    "$1" "$2" "$1" "$2" "${3:+,$3}"
}

# counted DAY GIVEN TOTAL; swept DAY FOUND [MEMBERS]; seen DAY ITEM [MEMBERS]
counted() { line counters "$1" "\"given_count\":$2,\"total_count\":$3"; }
swept() {
  printf '{"owner":"user:5","type":"sweep","run":"w%s","first_at":"2026-09-%02dT00:00:00Z","last_at":"2026-09-%02dT00:01:00Z","found":%s,"walked":%s}\n' \
    "$1" "$1" "$1" "$2" "${3:-true}"
}
seen() {
  printf '{"owner":"user:5","item_id":"%s","observed_at":"2026-09-%02dT00:00:10Z","run":"w%s","user_id":"5","kind":"wardrobe","state":"live"%s}\n' \
    "$2" "$1" "$1" "${3:+,$3}"
}

# events HISTORY: what happened, in short
events() {
  vevents -q --source bazaar <<<"$1" |
    jq -r 'select(.stream == "bazaar_event" and .record) | .record
      | "\(.item_id) \(.type) \(.number) \(.confidence)"'
}

# stands HISTORY: what is known of each
stands() {
  vevents -q --source bazaar <<<"$1" |
    jq -r 'select(.stream == "bazaar_item_state" and .record) | .record
      | "\(.item_id) \(.state) \(.confidence) \(.rule // .reason // "-")"'
}

@test "the rules, by small histories" {
  run -0 "$O/unit/vevents_judge"
  [ -z "$output" ]
}

@test "times go to the microsecond, and back" {
  run -0 "$O/unit/moment"
  [ -z "$output" ]
}

@test "the corpus of the fuzz target does no harm" {
  run -0 "$O/unit/vevents_fuzz" "$ROOT"/tests/fuzz/corpus/history/*
  [ -z "$output" ]
}

# --- a listing ------------------------------------------------------------------

@test "an item's history becomes a set of events and one state" {
  run -0 --separate-stderr vevents --source bazaar < <(
    look 1 '"site":"s","state":"live","evidence":"present","price":10.00,"currency":"EUR","home":true'
    look 2 '"site":"s","state":"live","price":9.50,"currency":"EUR","home":true,"favourite_count":4'
    look 3 '"state":"sold","evidence":"is_closed"')
  same '{"type":"SCOPE","stream":"bazaar_event","scope":{"owner":"item:7"},"records":3}
{"type":"RECORD","stream":"bazaar_event","record":{"owner":"item:7","item_id":"7","type":"listed","number":1,"site":"s","earliest":null,"latest":"2026-09-01T00:00:00Z","old":null,"new":null,"currency":null,"cause":null,"confidence":"observed","rule":null,"reason":null,"evidence":"present","other_id":null,"cancelled":null}}
{"type":"RECORD","stream":"bazaar_event","record":{"owner":"item:7","item_id":"7","type":"repriced","number":1,"site":"s","earliest":"2026-09-01T00:00:00Z","latest":"2026-09-02T00:00:00Z","old":10.00,"new":9.50,"currency":"EUR","cause":"seller","confidence":"observed","rule":null,"reason":null,"evidence":"home","other_id":null,"cancelled":null}}
{"type":"RECORD","stream":"bazaar_event","record":{"owner":"item:7","item_id":"7","type":"sold","number":1,"site":"s","earliest":"2026-09-02T00:00:00Z","latest":"2026-09-03T00:00:00Z","old":null,"new":null,"currency":null,"cause":null,"confidence":"observed","rule":null,"reason":null,"evidence":"is_closed","other_id":null,"cancelled":null}}
{"type":"SCOPE","stream":"bazaar_item_state","scope":{"owner":"item:7"},"records":1}
{"type":"RECORD","stream":"bazaar_item_state","record":{"owner":"item:7","item_id":"7","site":"s","state":"sold","confidence":"observed","rule":null,"reason":null,"evidence":"is_closed","earliest":"2026-09-02T00:00:00Z","latest":"2026-09-03T00:00:00Z","first_seen":"2026-09-01T00:00:00Z","last_seen":"2026-09-03T00:00:00Z","observed_at":"2026-09-03T00:00:00Z","gone_since":"2026-09-03T00:00:00Z","price":9.50,"currency":"EUR","seller_price":null,"seller_currency":null,"total_price":null,"favourite_count":4,"listed_price":10.00,"repriced":1,"cancelled":null}}
{"type":"SCOPE","stream":"bazaar_item_outline","scope":{"owner":"item:7"},"records":1}
{"type":"RECORD","stream":"bazaar_item_outline","record":{"owner":"item:7","item_id":"7","looks":[1788220800000000,1788307200000000,1788393600000000],"through":[]}}
{"type":"SCOPE","stream":"bazaar_owner_outline","scope":{"owner":"item:7"},"records":1}
{"type":"RECORD","stream":"bazaar_owner_outline","record":{"owner":"item:7","until":"2026-09-03T00:00:00Z","limits":"24 40 240","counters":[]}}' \
    "$(tail -n +8 <<<"$output")"
  same 'bazaar_event ["owner","item_id","type","number"] ["owner"] event bazaar
bazaar_item_state ["owner","item_id"] ["owner"] item_state bazaar
bazaar_item_outline ["owner","item_id"] ["owner"] item_outline bazaar
bazaar_owner_outline ["owner"] ["owner"] owner_outline bazaar
bazaar_seller_sweep ["owner","run"] ["owner"] seller_sweep bazaar
bazaar_seller_interval ["owner","run"] ["owner"] seller_interval bazaar
bazaar_relisting ["owner","item_id"] ["owner"] relisting bazaar' \
    "$(jq -r 'select(.type == "SCHEMA") | "\(.stream) \(.key_properties) \(."x-replace") \(."x-entity") \(."x-source")"' <<<"$output")"
}

@test "escapes, unknown members and repeated keys are read as jq reads them" {
  run -0 --separate-stderr vevents -q --source b <<'END'
{"item_id":"\u0037","observed_at":"2026-09-01T00:00:00Z","st\u0061te":"live","evidence":"a\"b\\c\u00e9","what":{"item_id":9}}
{"item_id":7,"observed_at":"2026-09-02T00:00:00Z","state":"sold","state":"reserved","price":1,"price":null}
END
  same '["7","live",null]
["7","reserved",null]' "$(jq -c '.record | select(.type == "listed" or .type == "reserved") | [.item_id, (if .type == "listed" then "live" else "reserved" end), .old]' <<<"$output")"
  [ "$(jq -r '.record | select(.type == "listed") | .evidence' <<<"$output")" = 'a"b\cé' ]
}

@test "an item of many events goes out whole, its numbers in order" {
  awk 'BEGIN { for (i = 0; i < 100000; i++)
    printf "{\"item_id\":\"7\",\"observed_at\":\"2026-09-01T00:00:00Z\",\"line\":%d,\"price\":%d,\"currency\":\"EUR\"}\n", i, i % 2 }' |
    vevents -q --source b >"$tmp/out"
  jq -s -e '.[7].records == 100000 and ([.[] | .record | select(.type == "repriced") | .number] == [range(1; 100000)])' "$tmp/out"
}

@test "R2, R7, R8: the options set where counters and 404s stop telling" {
  h=$(look 1 '"state":"live"'; look 3 '"state":"gone"')
  same 'deleted' "$(vevents -q --source b <<<"$h" | jq -r '.record.state // empty')"
  same 'missing' "$(vevents -q --source b --sold-page-hours 47 <<<"$h" | jq -r '.record.state // empty')"
  h=$(counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2)
  same '1 sold inferred counters
2 live observed -' "$(stands "$h")"
  same missing "$(vevents -q --source b --item-days 1 <<<"$h" |
    jq -r '.record | select(.item_id == "1") | .state // empty')"
  same missing "$(vevents -q --source b --lag-hours 100 <<<"$h" |
    jq -r '.record | select(.item_id == "1") | .state // empty')"
}

# --- a seller -------------------------------------------------------------------

@test "R3, R6: what vanished was sold when her counters say so, and not in a sweep that is not whole" {
  all() { counted 1 3 5; counted 5 "${1:-4}" "${2:-5}"; swept 2 2; swept 3 1 "${3:-true}"; seen 2 1; seen 2 2; seen 3 2; }
  same '1 sold inferred counters
2 live observed -' "$(stands "$(all)")"
  same '1 missing unknown not-sold
2 live observed -' "$(stands "$(all 3 4)")"
  same '1 reserved inferred still-counted
2 live observed -' "$(stands "$(all 3 5)")"
  same '1 missing unknown unbalanced
2 live observed -' "$(stands "$(all 4 4)")"
  same '1 live observed -
2 live observed -' "$(stands "$(all 4 5 false)")"
  # a listing that was found and not kept is not absent
  same '1 live observed -
2 live observed -' "$(stands "$(all | sed 's/"found":1/"found":2/')")"
}

@test "R8: what the counters accounted for stays told when the next listing leaves" {
  told() { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; swept 6 0; seen 2 1; seen 2 2; seen 3 2; }
  same '1 sold inferred counters
2 missing unknown lag' "$(stands "$(told)")"
  # and the next is judged from there on
  same '1 sold inferred counters
2 missing unknown not-sold' "$(stands "$(counted 8 4 4; told)")"
  # what comes late opens it again: before that answer it was another one
  same '1 missing unknown unbalanced
2 missing unknown lag' "$(stands "$(counted 4 5 5; told | sed 's/"given_count":4/"given_count":5/')")"
}

@test "R8: what left before the counters were told is theirs to account for" {
  # the first may be reserved, and the second what was sold
  same '1 missing unknown unbalanced
2 missing unknown unbalanced' "$(stands "$(counted 1 3 5; counted 5 4 5; counted 7 4 5
    swept 2 2; swept 3 1; swept 4 0; seen 2 1; seen 2 2; seen 3 2)")"
}

@test "R8: of a page without a product the others say whether it was sold, not before the counters" {
  page() { printf '{"owner":"user:5","item_id":"%s","observed_at":"2026-09-%02dT12:00:00Z","kind":"item-page",%s}\n' "$2" "$1" "$3"; }
  of() {
    counted 1 3 6; counted 5 4 5; swept 2 3; swept 3 1
    seen 2 1; page 3 1 '"state_rule":"no-product","evidence":"bare"'
    seen 2 2; page "$1" 2 "$2"; seen 2 3; seen 3 3
  }
  same '1 sold inferred no-product
2 hidden observed -
3 live observed -' "$(stands "$(of 6 '"state":"hidden"')")"
  # it was hidden before they came: it may have been sold since
  same '1 missing unknown unbalanced
2 hidden observed -
3 live observed -' "$(stands "$(of 4 '"state":"hidden"')")"
  same '1 sold inferred no-product
2 deleted observed -
3 live observed -' "$(stands "$(of 4 '"state":"gone"')")"
  same '1 missing unknown unbalanced
2 sold observed -
3 live observed -' "$(stands "$(of 6 '"state":"sold"')")"
}

@test "R8: a listing that no sweep saw, and a deletion, are no sale" {
  seen_twice() { swept 2 2; swept 6 1; seen 2 1; seen 2 2; seen 6 2; }
  # together the counters are those of a sale; one after another they are not
  same '1 sold inferred counters
2 live observed -' "$(stands "$(counted 1 3 5; counted 8 4 5; seen_twice)")"
  same '1 missing unknown unbalanced
2 live observed -' "$(stands "$(counted 1 3 5; counted 3 3 4; counted 4 3 5; counted 5 4 5; counted 8 4 5; seen_twice)")"
}

@test "R9: what an earlier episode left open is open in the next" {
  of() {
    counted 1 0 4; counted 5 0 4; counted 9 1 4; counted 11 1 4; counted 15 2 4
    swept 2 4; swept 3 3; swept 6 3; swept 7 2; swept 12 2; swept 13 1
    seen 2 1; sed 's/T00:00:10Z/T12:00:00Z/; s/wardrobe","state":"live/item-page","state":"sold/' < <(seen "$1" 1)
    for day in 2 3 6; do seen $day 2; done
    for day in 2 3 6 7 12; do seen $day 3; done
    for day in 2 3 6 7 12 13; do seen $day 4; done
  }
  # the first was reserved, and known to be sold only after the counters of the
  # second: it may be what they counted, and then the second is still to be
  same '1 sold observed -
2 missing unknown reserved-before
3 missing unknown reserved-before
4 live observed -' "$(stands "$(of 9)")"
  # known before: the second was sold, and so was the third
  same '1 sold observed -
2 sold inferred counters
3 sold inferred counters
4 live observed -' "$(stands "$(of 3)")"
}

@test "R9: what was seen again is not settled by the episode in which it left" {
  of() {
    counted 1 0 3; counted 5 1 3; counted 11 1 3; counted 15 2 3
    swept 2 3; swept 3 2; swept 7 2; swept 12 2; swept 13 1
    seen 2 1; [ -z "${1:-}" ] || look "$1" '"owner":"user:5","kind":"list","state":"live"' 1
    for day in 2 3 7 12; do seen $day 2; done
    for day in 2 3 7 12 13; do seen $day 3; done
  }
  same '1 sold inferred counters
2 sold inferred counters
3 live observed -' "$(stands "$(of)")"
  same '2 missing unknown reserved-before' "$(stands "$(of 6)" | sed -n 2p)"
}

@test "R3: a sale may be as late as the counters that tell it" {
  { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2; } |
    vevents -q --source b | jq -r '.record | select(.state == "sold")
      | "\(.earliest) \(.latest) \(.gone_since)"' >"$tmp/out"
  same '2026-09-02T00:00:10Z 2026-09-05T00:00:00Z 2026-09-03T00:01:00Z' "$(cat "$tmp/out")"
}

@test "R14: sold and total that fall together are a cancelled sale, which disturbs no other" {
  sold() { swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2; }
  cancelled() { vevents -q --source b | jq -r '.record | select(.state or .type == "sold")
    | "\(.item_id) \(.type // .state) \(.cancelled // "-")"'; }
  # told after the sale: it is marked
  same '1 sold 2026-09-07T00:00:00Z
1 sold 2026-09-07T00:00:00Z
2 live -' "$({ counted 1 3 5; counted 5 4 5; counted 7 3 4; sold; } | cancelled)"
  # twenty days later another one must be meant
  same '1 sold -
1 sold -
2 live -' "$({ counted 1 3 5; counted 5 4 5; counted 25 3 4; sold; } | cancelled)"
  # before it was sold another one was meant
  same '1 sold -
1 sold -
2 live -' "$({ counted 1 4 6; counted 3 3 5; counted 7 4 5; swept 4 2; swept 5 1
    seen 4 1; seen 4 2; seen 5 2; } | cancelled)"
  # within the counters that tell one: that one stands, and an older one was meant
  same '1 sold inferred counters
2 live observed -' "$(stands "$(counted 1 3 5; counted 4 2 4; counted 5 3 4; sold)")"
  # a fall of another kind: nothing is said
  same '1 missing unknown counters-fell
2 live observed -' "$(stands "$(counted 1 3 5; counted 4 2 5; counted 5 3 4; sold)")"
  # of two it may be either
  same '1 sold -
2 sold -
1 sold -
2 sold -' "$({ counted 1 3 5; counted 6 5 5; counted 7 4 4; swept 2 2; swept 4 0; seen 2 1; seen 2 2; } | cancelled)"
}

@test "R10: a title repeats a listing when only one other has it" {
  repeats() { vevents -q --source b | jq -r 'select(.stream == "b_relisting" and .record).record | "\(.item_id) \(.old_id) \(.by)"'; }
  same '3 1 text' "$({ seen 2 1 '"title":"t"'; seen 2 2 '"title":"u"'; seen 3 3 '"title":"t"'; } | repeats)"
  same '' "$({ seen 2 1 '"title":"t"'; seen 2 2 '"title":"t"'; seen 3 3 '"title":"t"'; } | repeats)"
  same '' "$({ seen 2 1; seen 2 2; seen 3 3; } | repeats)"
}

@test "R11: what anything else saw before the sweep ended is not absent" {
  of() { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; "$@"; seen 2 2; seen 3 2; }
  same '1 sold inferred counters' "$(stands "$(of true)" | sed -n 1p)"
  same '1 live observed -' "$(stands "$(of look 3 '"owner":"user:5","kind":"list","state":"live"' 1)" | sed -n 1p)"
  same '1 sold inferred counters' "$(stands "$(of look 3 '"owner":"user:5","kind":"list"' 1)" | sed -n 1p)"
}

@test "R12: an account is gone when both are a 404, and a day later again" {
  account() { line account "$1" "\"line\":$1,\"kind\":\"$2\",\"verdict\":\"$3\""; }
  of() { cat; swept 2 1; seen 2 1; }
  same '1 live observed -' "$(stands "$({ account 3 user gone; account 3 wardrobe gone; } | of)")"
  same '1 live observed -' "$(stands "$({ account 3 user gone; account 9 user gone; } | of)")"
  same '1 missing unknown account-gone' "$(stands "$({ account 3 user gone; account 3 wardrobe gone; account 4 user gone; } | of)")"
  same '1 live observed -' "$(stands "$({ account 3 user gone; account 4 user ok; account 5 wardrobe gone; account 6 wardrobe gone; } | of)")"
  same '2026-09-02T00:00:10Z 2026-09-03T00:00:00Z' "$({ account 3 user gone; account 3 wardrobe gone; account 9 user gone; } | of |
    vevents -q --source b | jq -r '.record | select(.type == "vanished") | "\(.earliest) \(.latest)"')"
}

@test "R13: pages that are gone prove nothing where the counters tell of more sales" {
  page() {
    printf '{"owner":"user:5","item_id":"%s","observed_at":"2026-09-%02dT12:00:00Z","run":"p%s","user_id":"5","kind":"item-page","state":"%s"}\n' \
      "$2" "$1" "$1" "$3"
  }
  told() { stands "$(jq -sc 'sort_by(.item_id // "")[]')"; }
  # three leave, and one listing stays
  left() { counted 1 3 8; swept 2 4; swept 3 1; seen 2 1; seen 2 2; seen 2 3; seen 2 4; seen 3 4; }
  stay='4 live observed -'
  # two of them were sold: at most one page can mean what it says
  same "1 missing unknown contradiction
2 missing unknown contradiction
3 missing unknown contradiction
$stay" "$(told < <(left; counted 6 5 7; page 4 1 gone; page 4 2 gone; page 5 3 gone))"
  # before the sweep came, too, and a further one settles nothing
  same "1 missing unknown contradiction
2 missing unknown contradiction
3 sold observed -
$stay" "$(told < <(left; counted 6 5 7; page 2 1 gone; page 4 2 gone; page 4 3 sold; page 7 1 gone))"
  # where the others may have been sold, or the counters have not told yet, they do
  same "1 deleted observed -
2 missing unknown unbalanced
3 missing unknown unbalanced
$stay" "$(told < <(left; counted 6 5 7; page 4 1 gone))"
  same "1 deleted observed -
2 deleted observed -
3 sold observed -
$stay" "$(told < <(left; counted 6 4 6; page 4 1 gone; page 4 2 gone; page 4 3 sold))"
  same "1 deleted observed -
2 deleted observed -
3 deleted observed -
$stay" "$(told < <(left; page 4 1 gone; page 4 2 gone; page 4 3 gone))"
  # what is said to be sold later was, and a page that is gone late may be of a sale
  same "1 sold observed -
2 deleted observed -
3 missing unknown unbalanced
$stay" "$(told < <(left; counted 6 5 7; page 4 1 gone; page 5 1 sold; page 4 2 gone))"
  same "1 missing unknown unbalanced
2 deleted observed -
3 missing unknown unbalanced
$stay" "$(told < <(left; counted 6 5 7; page 14 1 gone; page 4 2 gone))"
  # a deletion is one less in all, unless something came that no sweep saw
  two() { swept 2 3; swept 3 1; seen 2 1; seen 2 2; seen 2 4; seen 3 4; counted 1 3 8; page 4 1 gone; }
  same "1 missing unknown contradiction
2 missing unknown unbalanced
$stay" "$(told < <(two; counted 6 4 8; page 1 9 reserved) | grep -v '^9 ')"
  same "1 deleted observed -
2 missing unknown unbalanced
$stay" "$(told < <(two; counted 4 3 7; counted 6 4 8))"
  # one that was out of sight, reserved, may be what was sold
  same "1 deleted observed -
2 deleted observed -
3 sold observed -
$stay" "$(told < <(left | grep -v counters; counted 1 3 9; counted 6 5 7; page 4 1 gone; page 4 2 gone
    page 4 3 sold; page 1 9 reserved) | grep -v '^9 ')"
  # so may one that the wardrobe shows still, as sold
  same "1 deleted observed -
2 sold observed -
$stay" "$(told < <(swept 2 3; swept 3 2; seen 2 1; seen 2 2; seen 2 4; seen 3 4; seen 3 2 '"state":"sold"'; counted 1 3 8
    counted 6 4 7; page 4 1 gone))"
  # what later comes back may yet, since it was no sale that took its page away
  same "1 live observed -
2 missing unknown contradiction
3 missing unknown contradiction
$stay" "$(told < <(left; counted 6 5 7; page 4 1 gone; page 4 2 gone; page 5 3 gone; swept 9 2; seen 9 1; seen 9 4))"
}

@test "lines of one listing come in any order, and give the same bytes" {
  { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1 '"price":5,"currency":"EUR"'
    seen 2 2; seen 3 2; } >"$tmp/in"
  vevents -q --source b "$tmp/in" >"$tmp/want"
  { sed -n '1,4p' "$tmp/in" | tac; sed -n 5p "$tmp/in"; sed -n '6,7p' "$tmp/in" | tac; } |
    vevents -q --source b | cmp "$tmp/want"
}

@test "a seller's rows are a function of her lines: together, and each apart" {
  { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2; } >"$tmp/five"
  sed 's/user:5/user:6/; s/"user_id":"5"/"user_id":"6"/; s/"item_id":"/&6/' "$tmp/five" >"$tmp/six"
  vevents -q --source b "$tmp/five" "$tmp/six" | grep -v SCHEMA >"$tmp/both"
  { vevents -q --source b "$tmp/five"; vevents -q --source b "$tmp/six"; } |
    grep -v SCHEMA | cmp "$tmp/both"
}

@test "the sweeps, the intervals and what repeats what are written, with their owner" {
  { counted 1 3 5; counted 5 4 6; swept 2 2; swept 3 2
    seen 2 1 '"photo_key":"p"'; seen 2 2; seen 3 2; seen 3 3 '"photo_key":"p"'; } >"$tmp/in"
  vevents -q --source b "$tmp/in" >"$tmp/out"
  same '{"owner":"user:5","item_id":"3","old_id":"1","by":"photo"}' \
    "$(command jq -c 'select(.stream == "b_relisting" and .record).record' "$tmp/out")"
  same '1 deleted inferred relisted
2 live observed -
3 live observed -' "$(stands "$(cat "$tmp/in")")"
  same 'true true' "$(jq -r 'select(.stream == "b_seller_sweep" and .record).record.complete' "$tmp/out" | xargs)"
  same '2 1 1 1' "$(jq -r 'select(.stream == "b_seller_interval" and .record).record
    | select(.prev_run) | "\(.present) \(.vanished) \(.appeared) \(.episode_sold)"' "$tmp/out")"
}

@test "an owner that has nothing is left with nothing; a listing of others is not judged here" {
  same 'b_event 0
b_item_state 0
b_item_outline 0
b_owner_outline 0
b_seller_sweep 0
b_seller_interval 0
b_relisting 0' "$(vevents -q --source b <<<'{"owner":"user:5","type":"owner"}' |
    jq -r 'select(.type == "SCOPE") | "\(.stream) \(.records)"')"
  same 'b_event 0
b_item_state 0
b_item_outline 0
b_owner_outline 0' "$(vevents -q --source b <<<'{"owner":"item:5","type":"owner"}' |
    jq -r 'select(.type == "SCOPE") | "\(.stream) \(.records)"')"
  # it was in her wardrobe, so that the sweep is whole; it is another's
  same '2 live observed -' "$(stands "$(swept 2 2; seen 2 1 '"foreign":true'; seen 2 2)")"
  vevents -q --source b < <(swept 2 2; seen 2 1 '"foreign":true'; seen 2 2) |
    jq -e 'select(.stream == "b_seller_sweep" and .record).record.complete'
}

@test "a seller beyond the memory limit is judged listing by listing, and that is said" {
  { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2; } >"$tmp/in"
  run -0 --separate-stderr vevents --source b --memory 1K "$tmp/in"
  same '1 live
2 live' "$(jq -r 'select(.stream == "b_item_state" and .record).record | "\(.item_id) \(.state)"' <<<"$output")"
  [[ "$stderr" == *"owner 'user:5' takes more than 0 MB: its listings are judged one by one, without counters"* ]]
  [[ "$stderr" == *'1 owners = 0 together + 1 one by one'* ]]
  same 0 "$(jq -r 'select(.stream == "b_seller_sweep" and .type == "SCOPE").records' <<<"$output")"
}

# bats test_tags=size
@test "5,000 listings of a seller fit, and memory ends there" {
  awk -v n="$(size 5000 20000)" 'BEGIN { for (i = 10000; i < 10000 + n; i++)
    for (k = 0; k < 40; k++)
      printf "{\"owner\":\"user:5\",\"item_id\":\"%d\",\"observed_at\":\"2026-09-%02dT00:00:00Z\",\"run\":\"w%d\",\"line\":%d,\"user_id\":\"5\",\"kind\":\"wardrobe\",\"state\":\"live\",\"price\":%d,\"currency\":\"EUR\"}\n", i, 1 + k % 28, k, i, 10 + i % 50 }' |
    command time -f %M -o "$tmp/peak" vevents --source b >"$tmp/out" 2>"$tmp/words"
  same "$(size 5000 20000)" "$(grep -c '"stream":"b_item_state","record"' "$tmp/out")"
  [ "$(tail -n 1 "$tmp/peak")" -lt 98304 ]
  [ "$(size 1 0)" -eq 0 ] || grep -q '1 owners = 1 together' "$tmp/words"
}

# --- what comes in --------------------------------------------------------------

@test "every member that goes out stands in its SCHEMA, and no other" {
  { counted 1 3 5; counted 5 4 6; swept 2 2; swept 3 2
    seen 2 1 '"photo_key":"p"'; seen 2 2; seen 3 2; seen 3 3 '"photo_key":"p"'; } |
    vevents -q --source b >"$tmp/out"
  # in the same order: jq itself, as gojq knows none
  command jq -es '. as $all | all("b_event", "b_item_state", "b_seller_sweep", "b_seller_interval", "b_relisting"; . as $s
    | $all | map(select(.stream == $s))
    | (map(select(.type == "SCHEMA").schema.properties | keys_unsorted)) as $schema
    | map(select(.type == "RECORD").record | keys_unsorted) | unique
    | length == 1 and . == $schema)' "$tmp/out"
}

@test "the ledger closes: lines, owners, events by type, items by state" {
  run -0 --separate-stderr vevents --source b --metrics "$tmp/metrics" --threshold 0.3 < <(
    look 1 '"state":"live"' 1; look 2 '"state":"reserved"' 1
    look 1 '"price":1' 2; echo '{"item_id":"3"}'; look 1 '"state":"sold"' 4)
  same 'vevents: 5 lines = 4 used + 1 rejected
vevents: owner: 3 owners = 3 together + 0 one by one
vevents: event: 5 events = 3 listed + 0 relisted + 0 repriced + 0 promoted + 1 reserved + 0 unreserved + 1 sold + 0 hidden + 0 deleted + 0 vanished + 0 returned
vevents: item_state: 3 items = 0 live + 1 reserved + 0 hidden + 1 sold + 0 deleted + 0 missing + 1 without state' \
    "$(tail -n 4 <<<"$stderr")"
  grep -q '^vpipe_vevents_sold_total{stream="event"} 1$' "$tmp/metrics"
  grep -q '^vpipe_vevents_lines_total 5$' "$tmp/metrics"
  [ "$(tail -n 1 "$tmp/metrics")" = '# EOF' ]
}

# --- outlines ---------------------------------------------------------------------

# by_listing <LINES: in the order that vevents reads
by_listing() {
  awk '{ owner = item = ""
    if (match($0, /"owner":"[^"]*"/)) owner = substr($0, RSTART + 8, RLENGTH - 8)
    if (match($0, /"item_id":"[^"]*"/)) item = substr($0, RSTART + 10, RLENGTH - 10)
    print owner, item "\t" $0 }' | LC_ALL=C sort -s -t $'\t' -k 1,1 | cut -f 2-
}

# outlined OUTPUT <LINES: those that the outlines in OUTPUT need
outlined() {
  jq -c -n --slurpfile out "$1" '
    def of($stream): $out[] | select(.type == "RECORD" and .stream == $stream).record;
    def us: .observed_at | fromdateiso8601 * 1000000;
    (reduce of("b_item_outline") as $o ({}; .[$o.owner + " " + $o.item_id] = $o)) as $items |
    (reduce of("b_owner_outline") as $o ({}; .[$o.owner] = $o)) as $owners |
    (of("b_seller_sweep") | {owner, type: "sweep", run, site, first_at, last_at,
      total_count: .total, complete}),
    (inputs | if .type == "counters" then us as $t | select($owners[.owner].counters | index($t))
      elif .type == null then us as $t | $items[.owner + " " + .item_id] as $i |
        select($i.looks | index($t)) |
        if $i.through | index($t) then . + {through: true} else . end
      else select(.type != "sweep") end)'
}

# of SEED COUNT DAYS MORE: days, and more days by outline, are judged as all at once
outlines_hold() {
  local sellers=$BATS_FILE_TMPDIR/sellers

  [ -x "$sellers" ] || ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$sellers" \
    "$ROOT/tests/tracking/sellers.c"
  "$sellers" "$1" "$2" "$3" | by_listing >"$tmp/days"
  "$sellers" "$1" "$2" "$4" | by_listing >"$tmp/more"
  vevents -q --source b "$tmp/days" >"$tmp/before"
  vevents -q --source b "$tmp/more" >"$tmp/want"
  outlined "$tmp/before" <"$tmp/days" >"$tmp/needed"
  LC_ALL=C comm -13 <(LC_ALL=C sort "$tmp/days") <(LC_ALL=C sort "$tmp/more") |
    cat "$tmp/needed" - | by_listing | vevents -q --source b >"$tmp/have"
  cmp "$tmp/want" "$tmp/have"
}

@test "what an outline needs and later lines give what all lines give" {
  outlines_hold 1 "$(size 150 1500)" 9 10
  outlines_hold 2 "$(size 150 1500)" 20 33
  outlines_hold 3 "$(size 100 1500)" 45 80
  [ "$(wc -l <"$tmp/needed")" -lt "$(wc -l <"$tmp/days")" ]
}

# holds <DAYS, a line -- and MORE: judged by the outline of the days as all at once
holds() {
  sed '/^--$/,$d' >"$tmp/days" <<<"$1"
  { by_listing <"$tmp/days"; } >"$tmp/in"
  grep -v '^--$' <<<"$1" | by_listing >"$tmp/more"
  vevents -q --source b "$tmp/in" >"$tmp/before"
  vevents -q --source b "$tmp/more" >"$tmp/want"
  { outlined "$tmp/before" <"$tmp/in"; sed '1,/^--$/d' <<<"$1"; } | by_listing |
    vevents -q --source b | diff "$tmp/want" -
}

# of a search: at RUN DAY ITEM [MEMBERS]
found() {
  printf '{"owner":"user:5","item_id":"%s","observed_at":"2026-09-%02dT12:00:00Z","run":"%s","user_id":"5","kind":"list","state":"live"%s}\n' \
    "$3" "$2" "$1" "${4:+,$4}"
}

@test "an outline keeps the last number that was said, the least photo, a run that saw two" {
  holds "$(found a 1 1 '"favourite_count":1'; found b 2 1 '"favourite_count":2'; found c 3 1; found d 4 1
    echo --; found e 5 1)"
  grep -q '"favourite_count":2' "$tmp/want"
  holds "$(found a 1 1 '"photo_key":"z"'; found b 2 1 '"photo_key":"y"'; found c 3 1 '"photo_key":"z"'
    echo --; found d 4 2 '"photo_key":"y"')"
  grep -q '"old_id":"1"' "$tmp/want"
  # the run of the second day goes on until the fifth
  holds "$(found a 1 1 '"photo_key":"z"'; found b 2 1 '"photo_key":"z"'; found c 3 1 '"photo_key":"z"'
    found d 4 1 '"photo_key":"z"'; found b 5 2 '"photo_key":"z"'; echo --; found e 6 2 '"photo_key":"z"')"
  ! grep -q '"old_id":"1"' "$tmp/want" || false
}

# left DAY: item 2 is in no sweep from that day on, and its page is gone a day later
left() {
  local k

  for k in $(seq 1 29); do
    swept "$k" "$((1 + (k < $1) + (k == 1)))"
    seen "$k" 3 "${2:-}"
    ((k >= $1)) || seen "$k" 2
  done
  printf '{"owner":"user:5","item_id":"2","observed_at":"2026-09-%02dT12:00:00Z","run":"p","kind":"item-page","state":"gone"}\n' \
    "$(($1 + 1))"
  echo --
  swept 30 1
  seen 30 3 "${2:-}"
}

@test "R13: an outline keeps the sweeps that counters reach to, before and after" {
  local k

  # the first listing was out of sight for more than 14 days when the counters
  # of the 18th began to tell, and not when the last sweep with a change was
  holds "$(seen 1 1; counted 18 5 8; counted 22 6 7; counted 28 6 7; left 20)"
  stands "$(cat "$tmp/more")" | grep -x '2 missing unknown contradiction'
  # the third is sold, and shown, only after the counters of the 7th
  holds "$(counted 3 5 8; counted 7 6 7; counted 28 6 7; left 5 |
    sed -E '/"item_id":"3","observed_at":"2026-09-(09|[123].)/s/"live"/"sold"/')"
  stands "$(cat "$tmp/more")" | grep -x '2 missing unknown contradiction'
}

@test "R3: an answer that does not say whether she is away changes nothing" {
  local away

  away=$(swept 2 1; swept 5 0; counted 7 5 8
    line counters 1 '"given_count":5,"total_count":8,"on_holiday":true')
  same '1 hidden inferred holiday' "$(stands "$away
$(seen 2 1)")"
  same '1 hidden inferred holiday' "$(stands "$away
$(line counters 4; seen 2 1)")"
}

@test "looks that say nothing new cost nothing; one that does stays, and what is around it" {
  local k

  for k in $(seq 1 28); do
    swept "$k" 2
    seen "$k" 1
    seen "$k" 2 "\"price\":$((k > 14 ? 5 : 4)),\"currency\":\"EUR\""
  done | jq -s -c 'sort_by(.item_id // "")[]' >"$tmp/in"
  vevents -q --source b "$tmp/in" >"$tmp/out"
  same '1 2
2 4' "$(jq -r 'select(.stream == "b_item_outline" and .record).record | "\(.item_id) \(.looks | length)"' "$tmp/out")"
  # those around the change, the first, and the last ten
  same 13 "$(grep -c '"RECORD","stream":"b_seller_sweep"' "$tmp/out")"
  outlined "$tmp/out" <"$tmp/in" >"$tmp/needed"
  by_listing <"$tmp/needed" | vevents -q --source b | cmp - "$tmp/out"
}

@test "no lines give the SCHEMAs and nothing else" {
  run -0 --separate-stderr vevents --source b </dev/null
  [ "${#lines[@]}" -eq 7 ]
}

@test "lines out of order end it by number, and nothing of that owner goes out" {
  fails 65 "line 2 is out of order: owner 'item:6' comes after 'item:7'" \
    vevents -q --source b < <(look 1 '' 7; look 1 '' 6)
  fails 65 "line 3 is out of order: owner 'item:1' comes after 'item:10'" \
    vevents -q --source b < <(look 1 '' 1; look 1 '' 10; look 2 '' 1)
  fails 65 "line 2 is out of order: item '1' comes after '2'" \
    vevents -q --source b < <(seen 1 2; seen 1 1)
  [[ "$output" != *RECORD* ]]
  fails 65 "line 2 is out of order: item '' comes after '2'" \
    vevents -q --source b < <(seen 1 2; counted 1 1 1)
  # by bytes
  events "$(look 1 '' 10; look 1 '' 9; look 1 '' a; look 1 '' é)"
}

@test "a line that is no look is rejected by number, and the others are judged" {
  {
    look 1 '"state":"live"'
    echo 'nonsense'
    echo '[1]'
    look 2 '"price":-1'
    look 2 '"seller_price":-0.5'
    look 2 '"total_price":-2'
    echo '{"observed_at":"2026-09-02T00:00:00Z"}'
    echo '{"item_id":"7"}'
    echo '{"item_id":"7","observed_at":"yesterday"}'
    look 2 '"state":"lost"'
    look 2 '"state":7'
    look 2 '"price":"1"'
    look 2 '"promoted":"yes"'
    look 2 '"line":1.5'
    look 2 '"evidence":"a\u0000b"'
    look 2 '"evidence":"a\ud800"'
    look 2 '"state":"absent"'
    look 2 '"type":"sight"'
    look 2 '"type":"counters"'
    look 2 '"index":99999999999999999999'
    printf '{"item_id":"7\xff"}\n{"item_id":"7\0"}\n'
    look 3 '"state":"reserved"'
    look 4 '' '' | sed 's/"7"/""/'
    line sweep 1
    line counters 1 '"given_count":"many","total_count":1'
    line counters 1 '"given_count":1.5,"total_count":1'
    swept 1 1 | sed 's/"first_at":"[^"]*"/"first_at":"noon"/'
    line account 1 '"kind":"user"'
    line picture 1 '"item_id":"8"'
  } >"$tmp/in"
  run -65 --separate-stderr vevents --source b --rejects "$tmp/rejects" <"$tmp/in"
  same "2 null no JSON: no valid value
3 null is no object
4 \"price\" 'price' is negative
5 \"seller_price\" 'seller_price' is negative
6 \"total_price\" 'total_price' is negative
7 \"item_id\" 'item_id' is missing
8 \"observed_at\" 'observed_at' is missing
9 \"observed_at\" 'observed_at' is no RFC 3339 time
10 \"state\" 'state' is no state
11 \"state\" 'state' is no text
12 \"price\" 'price' is no number
13 \"promoted\" 'promoted' is no boolean
14 \"line\" 'line' is no integer
15 \"evidence\" 'evidence' holds a NUL
16 \"evidence\" 'evidence' holds half a surrogate pair
17 \"state\" 'state' is no state of a look
18 \"type\" 'type' is no type of line
19 \"owner\" 'owner' is missing
20 \"index\" 'index' is no integer
21 null no JSON: not UTF-8
22 null no JSON: a control character in a string
24 \"item_id\" 'item_id' is missing
25 \"first_at\" 'first_at' is missing
26 \"given_count\" 'given_count' is no number
27 \"given_count\" 'given_count' is no integer
28 \"first_at\" 'first_at' is no RFC 3339 time
29 \"verdict\" 'verdict' is missing
30 \"sha256\" 'sha256' is missing" "$(jq -r '"\(.line) \(.property | @json) \(.reason)"' <"$tmp/rejects")"
  same 'listed reserved' "$(jq -r '.record.type // empty' <<<"$output" | paste -sd ' ')"
  [[ "$stderr" == *"30 lines = 2 used + 28 rejected"* ]]
  [[ "$stderr" == *"28 of 30 lines were rejected"* ]]
  vevents -q --source b --threshold 1 --rejects "$tmp/rejects" <"$tmp/in" >/dev/null
}

@test "a line that is too long is rejected, and the next is read" {
  run -65 --separate-stderr vevents --source b --max-line 200 < <(
    look 1 '"state":"live"'
    look 2 "\"state\":\"sold\",\"evidence\":\"$(head -c 100000 /dev/zero | tr '\0' x)\""
    look 3 '"state":"reserved"')
  [[ "$stderr" == *"line 2: history: longer than 200 bytes"* ]]
  [ "$(jq -r '.record.state // empty' <<<"$output")" = reserved ]
}

# --- the ends -------------------------------------------------------------------

# bats test_tags=postgres
@test "into vupsert: the tables are there, a replay changes nothing, a late line withdraws a sale" {
  pg_start
  { counted 1 3 5; counted 5 4 5; swept 2 2; swept 3 1; seen 2 1; seen 2 2; seen 3 2; } >"$tmp/in"
  vevents -q --source b <"$tmp/in" | vupsert -q
  same 'listed|listed|sold' "$(sql 'select type from b_event order by latest, item_id' | paste -sd '|')"
  same 'sold|inferred|counters' "$(sql "select state, confidence, rule from b_item_state where item_id = '1'")"
  run -0 --separate-stderr bash -c 'vevents -q --source b <"$1" | vupsert' _ "$tmp/in"
  [[ "$stderr" == *"b_event: 3 records = 0 inserted + 0 updated + 3 unchanged"* ]]
  { cat "$tmp/in"; } | awk '/"item_id":"2"/ && !done { done = 1
    print "{\"owner\":\"user:5\",\"item_id\":\"1\",\"observed_at\":\"2026-09-07T00:00:00Z\",\"kind\":\"item-page\",\"state\":\"live\"}" } { print }' |
    vevents -q --source b | vupsert -q
  same 'listed|listed|vanished|returned' "$(sql 'select type from b_event order by latest, item_id' | paste -sd '|')"
  same 'live' "$(sql "select state from b_item_state where item_id = '1'")"
  # she has nothing any more
  vevents -q --source b <<<'{"owner":"user:5","type":"owner"}' | vupsert -q
  same 0 "$(sql 'select (select count(*) from b_event) + (select count(*) from b_item_state) + (select count(*) from b_seller_sweep)')"
  pg_stop
}

@test "a history that is cut short is 75 where its end is to be said" {
  { seen 2 1; echo '{"type":"end"}'; } >"$tmp/in"
  same "$(seen 2 1 | vevents -q --source b)" "$(vevents -q --source b --ended <"$tmp/in")"
  run -75 --separate-stderr vevents --source b --ended < <(seen 2 1)
  same 'vevents: the history is cut short: no last line says that it ends' "$stderr"
  run -75 vevents --source b --ended < <(cat "$tmp/in"; seen 2 2)
  run -75 vevents --source b --ended </dev/null
}

@test "what is asked wrongly is refused with 64" {
  fails 64 "--source NAME is due" vevents
  fails 64 "--item-days does not take '-1'" vevents --source b --item-days -1
  fails 64 "a share is from 0 to 1" vevents --source b --threshold 2
  fails 74 "cannot open 'file'" vevents --source b file
}

@test "a full disk and a closed output are said, with 74" {
  look 1 >"$tmp/in"
  fails 74 "cannot write standard output" bash -c 'vevents -q --source b <"$1" >/dev/full' _ "$tmp/in"
  fails 74 "cannot write standard output" bash -c 'vevents -q --source b <"$1" >&-' _ "$tmp/in"
  fails 74 "cannot read" bash -c 'vevents -q --source b <&-'
}

@test "SIGTERM ends it by that signal; an owner that was not read to its end gives nothing" {
  mkfifo "$tmp/in"
  vevents --source b <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 7>"$tmp/in"
  { look 1 '"state":"live"' 1; look 1 '"state":"live"' 2; } >&7
  until_true 60 grep -q '"item_id":"1"' "$tmp/out"
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  exec 7>&-
  [ "$status" -eq 143 ]
  [ "$(jq -r 'select(.type == "RECORD") | .record.item_id // empty' "$tmp/out" | sort -u)" = 1 ]
  grep -q '2 lines = 2 used' "$tmp/err"
}
