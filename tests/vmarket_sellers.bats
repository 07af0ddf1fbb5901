# vmarket: sellers, their wardrobes and items, and the pages of items
load helper
load market

@test "wardrobes have the sizes that are asked for, as many come as go, and rates per 1000 item-days happen" {
  jq '.items = 20000' "$scenarios/tracking.json" >"$tmp/twenty.json"
  market_start "$tmp/twenty.json"
  sed -n 's/^{"what":"item".*"user_id":\([0-9]*\),.*/\1/p' "$TRUTH" | sort | uniq -c | awk '{ print $1 }' | sort -n >"$tmp/sizes"
  jq -s -e 'length as $n | add == 20000 and max <= 1103 and
    (.[$n / 2 | floor] | . > 35 and . < 75) and (.[$n * 0.9 | floor] | . > 200 and . < 450)' "$tmp/sizes"
  market_clock 2026-10-20T08:00:00Z
  came=$(grep -c '"what":"item"' "$TRUTH") went=$(grep -cE '"type":"(sold|deleted)"' "$TRUTH")
  ((came - 20000 > went * 95 / 100 && came - 20000 < went * 105 / 100)) || { echo "$came $went"; return 1; }
  # of 600,000 item-days; relisted and flash items are told apart by nobody
  sed -n 's/.*"type":"\([a-z_]*\)".*/\1/p' "$TRUTH" | sort | uniq -c | awk '{ print "{\"" $2 "\":" $1 "}" }' | jq -s -e 'add |
    (.sold / 600 | . > 19 and . < 22) and (.deleted / 600 | . > 2 and . < 2.6) and
    (.hidden / 600 | . > 0.85 and . < 1.15) and (.relisted / 600 | . > 0.2 and . < 0.4) and
    (.cancelled / .sold | . > 0.005 and . < 0.015) and (.reserved / 600 | . > 1.8 and . < 2.2) and
    .holiday > 0 and .banned > 0'
}

@test "without wardrobe_p50 nothing is new: sellers come as they list" {
  market_start "$(scenario '.items_per_seller = 3')"
  [ "$(sellers | wc -l)" -gt 60 ]
}

@test "the truth of all events gives what the wardrobes show" {
  track_start '.holiday_rate = 40 | .holiday_days = 2 | .ban_rate = 15 | .relist_rate = 5 | .cancel_share = 0.1 |
    .reserved_per_1000_item_days = 20'
  for day in 26 30; do
    market_clock "2026-09-${day}T12:00:00Z"
    { wardrobes per_page=96; wardrobes 'per_page=96\&page=2'; } |
      jq '.items[].id' | sort -n >"$tmp/shown"
    replay "$live | .[] | tonumber" | sort -n | cmp - "$tmp/shown"
  done
  for type in holiday holiday_end banned relisted cancelled hidden returned reserved unreserved; do
    [ -n "$(events ".type == \"$type\"")" ] || { echo "$type"; return 1; }
  done
}

@test "without a lag the counters are what the truth adds up to" {
  track_start '.counter_lag_hours = 0 | .holiday_rate = 20 | .ban_rate = 5 | .relist_rate = 5 | .cancel_share = 0.2 |
    .reserved_per_1000_item_days = 20'
  users | jq -c '.user | [.id, .given_item_count]' >"$tmp/before"
  market_clock 2026-10-05T12:00:00Z
  users | jq -c '.user | [.id, .item_count, .given_item_count, .total_items_count]' >"$tmp/told"
  replay '. as $m | $m.owner | to_entries | group_by(.value)[] | .[0].value as $u |
    [$u, ([.[].key | select($m.state[.] == "live" or $m.state[.] == "reserved")] | length |
      if $m.away["\($u)"] then 0 else . end), ($m.given["\($u)"] // 0)]' >"$tmp/truth"
  jq -n -e --slurpfile b "$tmp/before" --slurpfile told "$tmp/told" --slurpfile truth "$tmp/truth" '
    ($b | map({"\(.[0])": .[1]}) | add) as $old |
    [$truth[] | [.[0], .[1], .[2] + $old["\(.[0])"], .[1] + .[2] + $old["\(.[0])"]]] == $told'
}

@test "counters lag by up to a day; a sale moves both at once" {
  track_start '.arrival_rate = 0 | .new_per_hour = 0 | .deleted_per_1000_item_days = 0 | .hidden_per_1000_item_days = 0 | .relist_rate = 0 |
    .flash_rate = 0 | .holiday_rate = 0 | .ban_rate = 0 | .cancel_share = 0 | .sold_per_1000_item_days = 100'
  count() {
    users | jq -s -c 'map(.user) | [map(.item_count), map(.given_item_count), map(.total_items_count)] | map(add)'
  }
  count >"$tmp/told"
  for hour in 06 12 18; do
    market_clock "2026-09-21T$hour:00:00Z"
    count >>"$tmp/told"
    replay '[.given[]] | add' >>"$tmp/sold"
  done
  # the total stands still; what was sold is told late, but not a day late
  jq -s -e '(map(.[2]) | unique | length == 1) and (map(.[1]) | . == sort and .[3] > .[0])' "$tmp/told"
  jq -n -e --slurpfile told "$tmp/told" --slurpfile sold "$tmp/sold" '
    $told[0][1] as $old | [range(3) | $sold[.] - ($told[. + 1][1] - $old)] | all(. > 0)'
  market_clock 2026-09-22T18:00:00Z
  count | jq -e --slurpfile told "$tmp/told" --slurpfile sold "$tmp/sold" '.[1] - $told[0][1] >= $sold[2]'
}

@test "a sale that is cancelled is undone: the item is back, given falls" {
  local change='.cancel_share = 1 | .cancel_hours = 1 | .counter_lag_hours = 0'
  track_start "$change"
  market_clock 2026-09-22T08:00:00Z
  sale=$(events '.type == "cancelled"' | tail -n 1)
  seller=$(jq .user_id <<<"$sale") id=$(jq .id <<<"$sale") at=$(jq -r .at <<<"$sale")
  events ".id == $id" | jq -s -e 'map(.type) | index("cancelled") == index("sold") + 1'
  market_stop
  rm -f "$tmp/market.out"
  track_start "$change"
  market_clock "$(date -u -d "$at - 1 second" +%FT%TZ)"
  given=$(ask "/api/v2/users/$seller" | jq -c '.user | [.item_count, .given_item_count]')
  [[ $(status_of_item "$id" | jq .is_closed) == true ]]
  market_clock "$at"
  ask "/api/v2/users/$seller" | jq -e --argjson old "$given" '.user | [.item_count - 1, .given_item_count + 1] == $old'
  [[ $(status_of_item "$id" | jq .is_closed) == false ]]
}

@test "in a holiday a wardrobe is empty, and back afterwards; nothing happens to it" {
  track_start '.holiday_rate = 100 | .holiday_days = 2 | .ban_rate = 0 | .counter_lag_hours = 0'
  market_clock 2026-09-25T08:00:00Z
  seller=$(replay '.away | keys[0] | tonumber')
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items == [] and .pagination.total_entries == 0 and .code == 0'
  ask "/api/v2/users/$seller" | jq -e '.user | .is_on_holiday and .item_count == 0 and .account_status == 0'
  id=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "live").key][0] | tonumber')
  status_of_item "$id" | jq -e '.is_hidden and (.is_closed | not)'
  until_true 60 eval 'curl -sS -X POST "$MARKET/_market/clock?by=6h" >/dev/null
    events ".type == \"holiday_end\" and .user_id == '"$seller"'" | grep -q .'
  events ".user_id == $seller" | jq -s -e 'map(.type) | .[index("holiday") + 1] == "holiday_end"'
  ask "/api/v2/users/$seller" | jq -e '.user | (.is_on_holiday | not) and .item_count > 0'
}

@test "number holiday_counted: the items of a holiday stay in the counters" {
  track_start '.holiday_rate = 100 | .holiday_days = 9 | .ban_rate = 0 | .counter_lag_hours = 0 | .holiday_counted = 1'
  market_clock 2026-09-25T08:00:00Z
  ask "/api/v2/users/$(replay '.away | keys[0] | tonumber')" | jq -e '.user | .is_on_holiday and .item_count > 0'
}

@test "numbers reserved_shown and reserved_counted: where a reserved item is seen" {
  local change='.reserved_per_1000_item_days = 300 | .reserved_hours = 1000 | .counter_lag_hours = 0'
  for shown in 0 1; do
    rm -f "$tmp/market.out"
    track_start "$change | .reserved_shown = $shown | .reserved_counted = $shown"
    market_clock 2026-09-21T08:00:00Z
    seller=$(events '.type == "reserved"' | jq -s '.[-1].user_id')
    live=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "live")] | length')
    held=$(replay '. as $m | [.owner | to_entries[] | select(.value == '"$seller"' and $m.state[.key] == "reserved")] | length')
    ((held > 0))
    same "$(ask "/api/v2/wardrobe/$seller/items" | total)" $((live + held * shown))
    same "$(ask "/api/v2/users/$seller" | jq .user.item_count)" $((live + held * shown))
    market_stop
  done
}

@test "a ban is for good: no wardrobe, no pages, no items counted; what was given stays" {
  track_start '.ban_rate = 50 | .holiday_rate = 0 | .counter_lag_hours = 0'
  market_clock 2026-09-30T08:00:00Z
  seller=$(events '.type == "banned"' | jq -s '.[0].user_id')
  ask "/api/v2/users/$seller" | jq -e '.user | .account_status == 8 and .account_ban_date > "2226" and
    .is_account_ban_permanent and .item_count == 0 and .given_item_count == .total_items_count'
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items == []'
  id=$(jq "select(.what == \"item\" and .user_id == $seller).id" "$TRUTH" | head -n 1)
  same "$(status_of ask "/items/$id")" '404 text/html; charset=utf-8'
  [[ $(status_of ask "/api/v2/items/$id/details/sidebar") == 404* ]]
  events ".user_id == $seller" | jq -s -e '.[-1].type == "banned"'
}

@test "what is listed again has a new id, and title, price and photos of old" {
  track_start '.relist_rate = 20 | .sold_per_1000_item_days = 1'
  market_clock 2026-09-24T08:00:00Z
  relist=$(events '.type == "relisted"' | tail -n 1)
  new=$(jq .id <<<"$relist") old=$(jq .old_id <<<"$relist")
  jq -c "select(.what == \"item\" and (.id == $new or .id == $old)) | [.title, .user_id, .photos, .condition_id]" "$TRUTH" |
    jq -s -e 'length == 2 and .[0] == .[1]'
  [ "$(jq "select(.what == \"item\" and .id == $new).old_id" "$TRUTH")" = "$old" ]
  events ".id == $old" | jq -s -e '.[-1].type == "deleted"'
  [[ $(status_of ask "/items/$old") == 404* ]]
  market_stop
  # the photos, before and after
  rm -f "$tmp/market.out"
  track_start '.relist_rate = 20 | .sold_per_1000_item_days = 1'
  seller=$(jq .user_id <<<"$relist")
  keys() {
    for page in 1 2; do
      ask "/api/v2/wardrobe/$seller/items?per_page=96&page=$page"
    done | jq -c ".items[] | select(.id == $1) | [.photos[].high_resolution.id]"
  }
  keys "$old" >"$tmp/old"
  if [ ! -s "$tmp/old" ]; then skip "it was not there at the start"; fi
  market_clock 2026-09-24T08:00:00Z
  keys "$new" | cmp - "$tmp/old"
}

@test "a cut through the wardrobe takes one share off of all; cuts have known sizes" {
  track_start '.bulk_cut_rate = 200 | .bulk_share = 1 | .cut_step = 0.01 | .small_cut_share = 0 | .price_median = 2000'
  market_clock 2026-09-24T08:00:00Z
  events '.type == "repriced" and .cause == "wardrobe"' | jq -s -e '
    group_by([.at, .user_id]) | (map(length) | max > 5) and
    all([.[] | (.old | tonumber) as $o | select($o > 1000) | 1 - (.price | tonumber) / $o] | length == 0 or
    max - min < 0.0001)'
  events '.type == "repriced" and .cause == "seller"' | jq -s -e 'length > 10 and
    all((.old | tonumber) as $o | $o < 1000 or ((.price | tonumber) / $o * 100 | . - round | fabs < 0.01))'
}

@test "number small_cut_share: cuts of less than 1 %" {
  track_start '.small_cut_share = 1 | .bulk_cut_rate = 0 | .price_median = 2000 | .reprice_rate = 0.02'
  market_clock 2026-09-22T08:00:00Z
  events '.type == "repriced"' | jq -s -e 'length > 100 and
    all((.price | tonumber) / (.old | tonumber) | . > 0.99 and . < 1.01)'
}

@test "flash items are listed and sold within flash_hours" {
  track_start '.flash_rate = 50 | .flash_hours = 2 | .cancel_share = 0'
  market_clock 2026-09-24T08:00:00Z
  jq -n -e '[inputs | select(.what == "item" or .type == "sold") |
      {id} + if .what == "item" then {at: .listed_at} else {sold: .at} end] | group_by(.id) |
    [.[] | add | select(.sold and .at > "2026-09-20T08") | (.sold[:19] + "Z" | fromdate) - (.at[:19] + "Z" | fromdate)] |
    (map(select(. <= 7200)) | length) > 60' "$TRUTH"
}

@test "what is asked about a seller or an item wants the site's cookie, a page does not" {
  track_start .
  seller=$(sellers | head -n 1)
  id=$(ask "/api/v2/wardrobe/$seller/items" | jq '.items[0].id')
  for path in "users/$seller" "wardrobe/$seller/items" "items/$id/details/sidebar"; do
    same "$(status_of ask "/api/v2/$path")" '200 application/json; charset=utf-8'
    same "$(status_of http "$site" "/api/v2/$path")" '401 application/json; charset=utf-8'
    [[ $(site=www.vinted.pl status_of ask "/api/v2/$path") == 401* ]]
  done
  same "$(status_of http "$site" "/items/$id")" '307 text/html; charset=utf-8'
}

@test "who and what nobody knows is 404, code 104" {
  track_start .
  for path in users/12 wardrobe/12/items items/12/details/sidebar users/99999999999999999999; do
    same "$(ask "/api/v2/$path" | jq .code)" 104
  done
  same "$(status_of ask /items/12)" '404 text/html; charset=utf-8'
  for path in users/ users/x wardrobe/1 items/1/details items/1 users/1/items/favourites; do
    [[ $(status_of ask "/api/v2/$path") == 404* ]]
  done
}

@test "a wardrobe: all live items once, the newest first, in pages of at most 96" {
  track_start '.wardrobe_p50 = 150 | .wardrobe_p90 = 151 | .total_cap = 10'
  seller=$(sellers | head -n 1)
  all=$(jq -s "map(select(.what == \"item\" and .user_id == $seller)) | length" "$TRUTH")
  ((all > 100))
  ask "/api/v2/wardrobe/$seller/items?per_page=500" >"$tmp/page.1"
  ask "/api/v2/wardrobe/$seller/items?per_page=96&page=2" >"$tmp/page.2"
  jq -e --argjson all "$all" '(.items | length == 96) and .pagination.total_entries == $all and
    .pagination.total_pages == 2 and .pagination.per_page == 96 and .code == 0' "$tmp/page.1"
  jq -s -e --argjson all "$all" '[.[].items[].id] | length == $all and . == (sort | unique | reverse)' "$tmp"/page.*
  ask "/api/v2/wardrobe/$seller/items" | jq -e '.items | length == 20'
  for page in 3 9223372036854775807; do
    ask "/api/v2/wardrobe/$seller/items?per_page=96&page=$page" | jq -e '.items == [] and .pagination.total_entries > 100'
  done
  answers | jq -s -e --slurpfile one "$tmp/page.1" '.[0].ids == [$one[0].items[].id] and .[0].endpoint == "wardrobe"'
}

@test "a wardrobe's items have the keys and types of the capture of the lists" {
  need_shared
  track_start '.seller_photo_share = 1'
  wardrobes per_page=7 | jq -s '{items: [.[].items[]]}' >"$tmp/answer"
  same "$(jq '{items}' "$captures/catalog-items-gb-2026-09-09.json" | shape | add items.item.conversion null)" \
    "$(shape <"$tmp/answer")"
  ask "/api/v2/wardrobe/$(sellers | head -n 1)/items" |
    jq -e 'keys == ["code", "items", "pagination"] and
      (.pagination | keys) == ["current_page", "per_page", "time", "total_entries", "total_pages"]'
}

@test "a user has the keys and types of the fat items' users" {
  need_shared
  track_start '.ban_rate = 50'
  market_clock 2026-09-28T08:00:00Z
  users | jq -s '[.[].user]' >"$tmp/ours"
  # the lists within them are long: theirs of one are enough
  jq -s '[.[].items[].user] | [.[0]] + (.[1:] | map(del(.accepted_pay_in_methods[], .photo.thumbnails[]?)))' \
    "$captures"/favourites-cz-2023-12-05.json "$captures"/favourites-cz-2024-02-19.json >"$tmp/theirs"
  same "$(of "$tmp/ours" "$tmp/theirs")" ''
  # what not every one of theirs has, ours need not have either
  jq -e --slurpfile t "$tmp/theirs" '($t[0] | map(keys) | . as $k | ($k | add | unique) |
    map(select(. as $x | $k | all(index($x) != null)))) as $due | all(.[]; ($due - keys) == [])' "$tmp/ours"
}

@test "conversion tells the seller's own price, unless the scenario says no" {
  track_start .
  wardrobes | jq -c '.items[].conversion' | sort -u >"$tmp/seen"
  grep -q null "$tmp/seen"
  grep -q '"seller_currency":"PLN"' "$tmp/seen"
  market_stop
  rm -f "$tmp/market.out"
  track_start '.conversion = 0'
  wardrobes | jq -s -e '[.[].items[].conversion] | unique == [null]'
}

@test "prices on the other site follow the rates, the seller's do not" {
  track_start '.reprice_rate = 0 | .bulk_cut_rate = 0 | .rate_move = 0.05 | .rate_hours = 12'
  seller=$(jq 'select(.what == "item" and .currency == "PLN").user_id' "$TRUTH" | head -n 1)
  ask "/api/v2/wardrobe/$seller/items?per_page=96" >"$tmp/before"
  market_clock 2026-09-20T21:00:00Z
  ask "/api/v2/wardrobe/$seller/items?per_page=96" >"$tmp/after"
  jq -n -e --slurpfile a "$tmp/before" --slurpfile b "$tmp/after" '
    ($a[0].items | map({"\(.id)": .}) | add) as $old | [$b[0].items[] | select($old["\(.id)"]) |
    [.conversion.seller_price == $old["\(.id)"].conversion.seller_price, .price == $old["\(.id)"].price]] |
    length > 5 and all(.[0]) and (map(.[1]) | all | not)'
}

@test "the page of 2026: a product unless it is sold, and its own status" {
  track_start '.sold_per_1000_item_days = 100 | .reserved_per_1000_item_days = 60 | .hidden_per_1000_item_days = 40 | .page_kb = 20'
  market_clock 2026-09-22T08:00:00Z
  for state in live reserved hidden sold; do
    id=$(replay "[.state | to_entries[] | select(.value == \"$state\")][-1].key | tonumber")
    ask "/items/$id" -L >"$tmp/page"
    (($(wc -c <"$tmp/page") > 20000))
    grep -q verkocht "$tmp/page"
    flight <"$tmp/page" >"$tmp/flight"
    status=$(grep -o '"name":"item_status","data":{[^}]*}' "$tmp/flight" | sed 's/.*"data"://')
    same "$(jq -c . <<<"$status")" "$(status_of_item "$id")"
    jq -e --arg state "$state" --argjson id "$id" '.item_id == $id and .is_closed == ($state == "sold") and
      .is_reserved == ($state == "reserved") and .is_hidden == ($state == "hidden") and
      .item_closing_action == (if $state == "sold" then "sold" else null end)' <<<"$status"
    # neighbours have flags of their own
    [ "$(grep -o '"is_closed":[a-z]*' "$tmp/flight" | wc -l)" -gt 2 ]
    if [ "$state" = sold ]; then
      run ! grep -q ld+json "$tmp/page"
    else
      sed -n '/ld+json/,/<\/script>/p' "$tmp/page" | sed 's/^<\/script>.*//; s/.*ld+json">$//' | jq -e \
        --argjson item "$(jq -c "select(.what == \"item\" and .id == $id)" "$TRUTH")" \
        '.offers.availability == "InStock" and .offers.priceCurrency == $item.currency and .name == $item.title and
        (.offers.price | type == "number")'
    fi
  done
}

@test "the block of JSON-LD has the keys of the capture" {
  need_shared
  track_start '.photos_min = 1'
  id=$(replay "$live | .[0] | tonumber")
  block() {
    sed -n '/ld+json/,/<\/script>/p' | sed 's/^<\/script>.*//; s/.*ld+json">$//'
  }
  same "$(block <"$captures/item-page-jsonld-nl-2026-08-25.html" | shape)" "$(ask "/items/$id" -L | block | shape)"
}

@test "item_status has the keys and types of the capture" {
  need_shared
  track_start '.sold_per_1000_item_days = 200'
  market_clock 2026-09-21T08:00:00Z
  id=$(events '.type == "sold"' | jq -s '.[0].id')
  status_of_item "$id" >"$tmp/status"
  same "$(jq .data "$captures/item-status-plugin-sold-it-2026-07-27.json" | shape)" "$(shape <"$tmp/status")"
}

@test "number page_plugin: a sold page without a word of its state" {
  track_start '.sold_per_1000_item_days = 200 | .page_plugin = 0'
  market_clock 2026-09-21T08:00:00Z
  ask "/items/$(events '.type == "sold"' | jq -s '.[0].id')" -L >"$tmp/page"
  flight <"$tmp/page" >"$tmp/flight"
  run ! grep -q item_status "$tmp/flight"
  run ! grep -q ld+json "$tmp/page"
  grep -q '"plugins":' "$tmp/flight"
}

@test "numbers bare_ and buyer_theme_share: pages without a product, whatever became of the item" {
  track_start '.sold_per_1000_item_days = 100 | .reserved_per_1000_item_days = 100 | .hidden_per_1000_item_days = 100 |
    .reserved_hours = 900 | .hidden_hours = 900 | .cancel_share = 0 | .holiday_rate = 0 | .ban_rate = 0 |
    .bare_sold_share = 1 | .bare_reserved_share = 1 | .bare_hidden_share = 1 | .buyer_theme_share = 0.5'
  market_clock 2026-09-21T08:00:00Z
  for type in sold reserved hidden; do
    events ".type == \"$type\"" | jq -r '"/items/\(.id)"' | head -n 12 |
      ask_each -L -w '\n=== the page ends\n' >"$tmp/pages"
    run ! grep -q ld+json "$tmp/pages"
    # what each flight says of a theme, and nothing of its state
    grep -o '^=== the page ends\|self.__next_f.push(\[1,"[^<]*"\])' "$tmp/pages" |
      sed 's/^self.__next_f.push(//; s/)$//; s/^=== .*/["",{"ends":true}]/' |
      jq -j 'if .[0] == "" then "\n=== the page ends\n" else .[1] end' >"$tmp/flights"
    run ! grep -q '"name":"item_status"' "$tmp/flights"
    awk -v type="$type" '/^=== the page ends/ { print type, theme == "" ? "none" : theme; theme = "" }
      { while (match($0, /"theme":"[A-Z]*"/)) { theme = theme substr($0, RSTART, RLENGTH)
        $0 = substr($0, RSTART + RLENGTH) } }' "$tmp/flights"
  done >"$tmp/seen"
  same 36 "$(wc -l <"$tmp/seen")"
  same 'hidden "theme":"INFO"
hidden none
reserved "theme":"WARNING"
reserved none
sold "theme":"SUCCESS"
sold none' "$(sort -u "$tmp/seen")"
}

@test "number vanish_rate: of an account that is gone everything is a 404" {
  track_start '.vanish_rate = 50 | .ban_rate = 0 | .holiday_rate = 0'
  market_clock 2026-09-25T08:00:00Z
  user=$(events '.type == "vanished"' | jq -s '.[0].user_id')
  [[ $(status_of ask "/api/v2/users/$user") == 404* ]]
  [[ $(status_of ask "/api/v2/wardrobe/$user/items") == 404* ]]
  item=$(jq -r "select(.what == \"item\" and .user_id == $user).id" "$TRUTH" | head -n 1)
  [[ $(status_of ask "/items/$item") == 404* ]]
}

@test "a sold item's page is gone after sold_page_hours, a deleted one's at once" {
  track_start '.sold_per_1000_item_days = 100 | .deleted_per_1000_item_days = 100 | .sold_page_hours = 10 | .cancel_share = 0'
  market_clock 2026-09-21T08:00:00Z
  sold=$(events '.type == "sold"' | tail -n 1 | jq .id) deleted=$(events '.type == "deleted"' | tail -n 1 | jq .id)
  [[ $(status_of ask "/items/$deleted") == 404* ]]
  [[ $(status_of ask "/items/$sold") == 307* ]]
  [[ $(status_of ask "/items/$sold" -L) == 200* ]]
  market_clock 2026-09-21T19:00:00Z
  [[ $(status_of ask "/items/$sold") == 404* ]]
  same "$(answers | jq -s -c 'map([.state, .status, .delivered])')" \
    '[["gone",404,true],["sold",307,true],["sold",307,true],["sold",200,true],["gone",404,true]]'
}

@test "the page of 2025: the item of the capture within the flight" {
  need_shared
  track_start '.page_style = 2025 | .sold_per_1000_item_days = 200 | .photos_min = 1 | .seller_photo_share = 1'
  market_clock 2026-09-21T08:00:00Z
  id=$(events '.type == "sold" and .currency == "EUR"' | jq -s '.[0].id')
  ask "/items/$id" -L | flight | grep '^18:' | sed 's/.*"item":{"id"/{"id"/; s/}]}]}]}]$//' >"$tmp/ours"
  jq -e --argjson id "$id" '.id == $id and .is_closed and .item_closing_action == "sold" and (.can_buy | not)' "$tmp/ours"
  flight <"$captures/item-page-fr-2025-06-22.html" | grep '^18:' |
    sed 's/.*{"item":{"id"/{"id"/; s/,"children":\[\[.*//; s/},"children":.*/}/' >"$tmp/theirs"
  same "$(jq -r 'keys[]' "$tmp/theirs")" "$(jq -r 'keys[]' "$tmp/ours")"
}

@test "the page of 2023: the components of the capture" {
  need_shared
  track_start '.page_style = 2023 | .sold_per_1000_item_days = 200 | .photos_min = 1'
  market_clock 2026-09-21T08:00:00Z
  component() {  # component NAME <PAGE
    grep -o "data-component-name=\"$1\"[^>]*>[^<]*<" | sed 's/^[^>]*>//; s/<$//'
  }
  id=$(events '.type == "sold" and .currency == "EUR"' | jq -s '.[0].id')
  ask "/items/$id" -L >"$tmp/page"
  for name in ItemDetails ItemActions ItemPriceHeading ItemUserInfo; do
    component "$name" <"$tmp/page" >"$tmp/ours"
    component "$name" <"$captures/item-page-fr-2023-08-06.html" >"$tmp/theirs"
    same "$(jq -c 'keys, (.item // {} | keys - ["isAdmin"]), (.user // {} | keys), (.item.user // {} | keys)' "$tmp/theirs" |
      sed 's/,"isAdmin"//; s/"isAdmin",//')" \
      "$(jq -c 'keys, (.item // {} | keys), (.user // {} | keys), (.item.user // {} | keys)' "$tmp/ours")"
  done
  component ItemDetails <"$tmp/page" | jq -e --argjson id "$id" '.item | .id == $id and .is_closed == 1 and
    .item_closing_action == "sold" and (.price | type == "string")'
}

@test "number fat: items and favourites as they were in 2024" {
  need_shared
  track_start '.fat = 1 | .sold_per_1000_item_days = 100'
  market_clock 2026-09-25T08:00:00Z
  printf '/api/v2/users/5/items/favourites?per_page=96&page=%d\n' 1 2 3 | ask_each | jq -s '[.[].items[]]' >"$tmp/ours"
  jq -e 'length > 50 and (map(.id) | length == (unique | length)) and any(.is_closed == 1)' "$tmp/ours"
  jq -s '[.[].items[]]' "$captures"/favourites-cz-2024-02-1[89].json >"$tmp/theirs"
  same "$(jq -r 'map(del(.user) | keys[]) | unique[]' "$tmp/theirs" |
    grep -vE '^(custom_shipment_price|reservation|shipment_prices|shipment_prices_with_currency)$')" \
    "$(jq -r 'map(del(.user) | keys[]) | unique[]' "$tmp/ours")"
  ask "/api/v2/items/$(jq '.[0].id' "$tmp/ours")" | jq -e --slurpfile f "$tmp/ours" '.item == $f[0][0] and .code == 0'
}

@test "faults by endpoint: one, several, in bursts, and such as asking again does not cure" {
  track_start '.'
  seller=$(sellers | head -n 1)
  fault 'kind=5xx&path=user,item-page'
  [[ $(status_of ask "/api/v2/users/$seller") == 503* ]]
  [[ $(status_of ask /items/1) == 503* ]]
  [[ $(status_of ask "/api/v2/wardrobe/$seller/items") == 200* ]]
  curl -sS -f -X DELETE "$MARKET/_market/faults"
  fault 'kind=challenge&path=wardrobe&burst_hours=2&burst_every_hours=5'
  seen=
  for hour in 09 10 11 12 13 14 15; do
    market_clock "2026-09-20T$hour:00:00Z"
    seen+="$(status_of ask "/api/v2/wardrobe/$seller/items" | cut -c 1-3) "
  done
  same "$seen" '403 200 200 200 403 403 200 '
  curl -sS -f -X DELETE "$MARKET/_market/faults"
  fault 'kind=5xx&path=user&share=0.5&sticky_hours=1'
  for round in 1 2; do
    sellers | sed 's,^,/api/v2/users/,' | ask_each -w '\n%{http_code}\n' |
      grep -xE '[0-9]{3}' >"$tmp/round.$round"
  done
  same "$(wc -l <"$tmp/round.1")" "$(sellers | wc -l)"
  cmp "$tmp/round.1" "$tmp/round.2"
  grep -q 503 "$tmp/round.1"
  grep -q 200 "$tmp/round.1"
  answers | jq -s -e 'all(.delivered == (.status == 200))'
}

@test "a wardrobe can freeze, too" {
  track_start '.sold_per_1000_item_days = 200 | .faults = [{"kind": "frozen", "path": "wardrobe", "at_request": 2, "times": 1}]'
  seller=$(sellers | head -n 1)
  ask "/api/v2/wardrobe/$seller/items" >"$tmp/first"
  market_clock 2026-09-22T08:00:00Z
  ask "/api/v2/wardrobe/$seller/items" | cmp - "$tmp/first"
  ask "/api/v2/wardrobe/$seller/items" >"$tmp/third"
  run -1 cmp -s "$tmp/first" "$tmp/third"
  answers | jq -s -e '.[0].ids == .[1].ids and .[1].fault == "frozen" and (map(.delivered) | all)'
}

@test "numbers truth_answers and request_log: long runs leave them out" {
  track_start '.truth_answers = 0 | .request_log = 0'
  ask "/api/v2/users/$(sellers | head -n 1)" >/dev/null
  svc '' >/dev/null
  same "$(answers)" ''
  same "$(market_requests)" ''
}

@test "what happens to wardrobes does not depend on how the clock is moved, or on what is asked" {
  track_start '.holiday_rate = 20 | .ban_rate = 5'
  market_clock 2026-09-25T08:00:00Z
  market_stop
  grep -v '"what":"answer"' "$TRUTH" >"$tmp/once"
  rm -f "$tmp/market.out"
  track_start '.holiday_rate = 20 | .ban_rate = 5'
  for day in 21 22 23 24 25; do
    market_clock "2026-09-${day}T08:00:00Z"
    sellers | head -n 3 | sed 's,.*,/api/v2/users/&\n/api/v2/wardrobe/&/items,' | ask_each >"$tmp/asked"
    [ -s "$tmp/asked" ]
  done
  grep -v '"what":"answer"' "$TRUTH" | cmp - "$tmp/once"
}
