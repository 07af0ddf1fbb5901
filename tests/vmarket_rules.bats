# vmarket: markets that disagree with the rules of the tracking flow
load helper
load market

# The numbers that those scenarios set.
calm='.holiday_rate = 0 | .ban_rate = 0 | .vanish_rate = 0 | .reserved_per_1000_item_days = 0 |
  .hidden_per_1000_item_days = 0 | .flash_rate = 0 | .relist_rate = 0 | .arrival_rate = 0 | .new_per_hour = 0'

@test "the scenarios that were there before give the bytes they gave" {
  while read -r name truth told; do
    again "$scenarios/$name.json" --lifetime 60
    market_clock 2026-09-26T08:00:00Z
    open_session
    { users; wardrobes; } | sha256sum | cut -c 1-16 >"$tmp/told"
    market_stop
    grep -v '"what":"answer"' "$TRUTH" | sha256sum | cut -c 1-16 >"$tmp/true"
    same "$name $truth $told" "$name $(cat "$tmp/true") $(cat "$tmp/told")"
  done <<'END'
small a247dbe20a439046 5648694c7d4736f3
tracking-small 0706f753ffc70753 bcc392ae3e627e71
pages-mixed 48a819178bc7c609 1c1409faab4f6483
END
}

# statuses: of each path of stdin, in their order
statuses() {
  ask_each -w '\n=status %{http_code}\n' | sed -n 's/^=status //p'
}

# few: measured.json with 400 items
few() {
  jq '.items = 400 | .faults = []' "$scenarios/measured.json" >"$tmp/few.json"
  printf '%s\n' "$tmp/few.json"
}

@test "measured.json: one seed is one market, however the clock is moved; another seed another" {
  again "$(few)"
  market_clock 2026-09-27T08:00:00Z
  market_stop
  mv "$TRUTH" "$tmp/once"
  again "$(few)"
  for hour in 09 13 22; do market_clock "2026-09-20T$hour:20:00Z"; done
  market_clock 2026-09-27T08:00:00Z
  market_stop
  cmp "$tmp/once" "$TRUTH"
  again "$(few)" --seed 60
  market_clock 2026-09-27T08:00:00Z
  market_stop
  run -1 cmp -s "$tmp/once" "$TRUTH"
}

@test "measured.json: other exits as frequent as sales, and 4 in 100 sales cancelled" {
  again "$scenarios/measured.json"
  market_clock 2026-10-20T08:00:00Z
  jq -r 'select(.what == "event") | [.type, .cause // ""] | join(" ")' "$TRUTH" | awk '
    { n[$1]++; gone += $2 == "cancelled" }
    END { others = n["deleted"] + n["hidden"] - gone
      print n["sold"], others, n["cancelled"], gone
      exit !(n["sold"] > 1000 && others > 0.8 * n["sold"] && others < 1.2 * n["sold"] &&
        n["cancelled"] > 0.02 * n["sold"] && n["cancelled"] < 0.05 * n["sold"] &&
        gone > 0.7 * n["cancelled"] && gone < 0.95 * n["cancelled"]) }'
}

@test "wrong seasons are refused, the member named; ratios of 1 are as none" {
  for name in sale_week upload_week; do
    for list in '[1, 1]' '[range(8) | 1]' '[range(6) | 1] + [0]' '{}' '2'; do
      fails 78 "'$name'" vmarket --scenario "$(scenario ".$name = $list")"
    done
  done
  for name in sale_day upload_day upload_season; do
    fails 78 "'$name'" vmarket --scenario "$(scenario ".$name = [1]")"
  done
  again "$(scenario .)"
  market_clock 2026-09-23T08:00:00Z
  market_stop
  mv "$TRUTH" "$tmp/without"
  again "$(scenario '.sale_week = [range(7) | 1] | .sale_day = [range(24) | 1] | .upload_season = [range(12) | 1] |
    .upload_week = [range(7) | 2 | 1] | .upload_day = [range(24) | 1]')"
  market_clock 2026-09-23T08:00:00Z
  market_stop
  cmp "$tmp/without" "$TRUTH"
}

@test "sales and uploads come as the hour and the day of the week foretell" {
  again "$(scenario '.items = 3000 | .new_per_hour = 6 | .sold_rate = 0.001 | .reserved_rate = 0 |
    .sale_day = [range(24) | if . < 8 then 0.001 elif . < 20 then 1 else 2 end] | .sale_week = [1, 1, 1, 1, 1, 1, 2] |
    .upload_day = [range(24) | if . < 8 then 0.001 else 1 end] | .upload_week = [1, 1, 1, 1, 1, 0.001, 1]')"
  market_clock 2026-10-04T08:00:00Z
  market_stop
  head -n 1 "$TRUTH" | jq -e '.what == "sale" and (.day | length) == 24 and .week[6] == 2'
  sed -n 2p "$TRUTH" | jq -e '.what == "upload" and .week[5] == 0.001 and .day[12] == 1'
  jq -r 'if .type == "sold" then ["sold", .at] elif .what == "item" and .listed_at >= "2026-09-20T08" then
      ["listed", .listed_at] else empty end | .[1] |= (.[0:19] + "Z" | fromdateiso8601 |
      [(. / 86400 | floor | (. + 3) % 7), (. % 86400 / 3600 | floor)]) | flatten | @tsv' "$TRUTH" | awk '
    $1 == "sold" && $3 < 8 || $1 == "listed" && ($3 < 8 || $2 == 5) { night++ }
    $1 == "sold" && $3 >= 8 { n++; evening += $3 >= 20; sunday += $2 == 6 }
    $1 == "listed" { came++ }
    END { print n, evening / n, sunday / n, came, night
      # 8 of 20 shares in the evening, 2 of 8 on Sunday
      exit !(n > 300 && evening / n > 0.32 && evening / n < 0.48 && sunday / n > 0.18 && sunday / n < 0.32 &&
        came > 500 && night <= 3) }'
}

# given: of each seller, as she is told: id, item_count, given_item_count
given() {
  users | jq -r '.user | select(. != null) | [.id, .item_count, .given_item_count] | @tsv'
}

@test "cancelled for good: the counters of sales and of all fall together, and the id never returns" {
  track_start "$calm"' | .sold_per_1000_item_days = 60 | .deleted_per_1000_item_days = 0 |
    .cancel_share = 0.5 | .cancel_hours = 10 | .cancel_gone_share = 0.7 | .again_share = 0.6 | .again_hours = 5 |
    .counter_lag_hours = 0'
  given >"$tmp/start"
  market_clock 2026-09-28T08:00:00Z
  given >"$tmp/end"
  users | jq -e '.user | select(. != null) | .total_items_count == .item_count + .given_item_count' >/dev/null
  # what the truth says of her, beside what she is told
  jq -n -r '[inputs | select(.what == "event" or (.what == "item" and .old_id))] | group_by(.user_id)[] |
    [.[0].user_id,
      (map(({sold: -1, cancelled: 1}[.type // ""] // 0) + (if .what == "item" then 1 elif .cause == "cancelled" then -1 else 0 end)) | add),
      (map({sold: 1, cancelled: -1}[.type // ""] // 0) | add)] | @tsv' "$TRUTH" | sort >"$tmp/moves"
  [[ -s $tmp/moves ]]
  sort "$tmp/start" | join -t $'\t' - <(sort "$tmp/end") | join -t $'\t' - "$tmp/moves" |
    awk '{ n++ } $4 - $2 != $6 || $5 - $3 != $7 { print; bad = 1 } END { exit bad || n < 8 }'
  # nothing happens to what is gone, and what comes back has another id
  jq -n -e '[inputs | select(.what == "event")] | . as $all |
    (map(select(.cause == "cancelled")) | map({key: "\(.id)", value: .at}) | from_entries) as $gone |
    (map(select(.type == "cancelled")) | length) as $cancelled | ($gone | length) as $n |
    (map(select(.type == "relisted" and $gone["\(.old_id)"])) | length) as $again |
    $n > 20 and $n < $cancelled and $again > $n * 0.3 and $again < $n * 0.9 and
    all($all[]; $gone["\(.id)"] == null or .at <= $gone["\(.id)"]) and
    all($all[] | select(.cause == "cancelled"); .type == "deleted")' "$TRUTH"
  events '.cause == "cancelled"' | jq -r '"/items/\(.id)"' | head -n 20 |
    statuses | sort -u >"$tmp/statuses"
  same 404 "$(cat "$tmp/statuses")"
}

@test "what is uploaded anew shows the same thing by the same photos" {
  track_start "$calm"' | .sold_per_1000_item_days = 60 | .cancel_share = 1 | .cancel_hours = 1 |
    .cancel_gone_share = 1 | .again_share = 1 | .again_hours = 1 | .photos_min = 1 | .truth_photos = 1'
  market_clock 2026-09-23T08:00:00Z
  jq -n -e '[inputs | select(.what == "item" or .what == "photo")] | group_by(.what) as [$items, $photos] |
    ($photos | map({key: "\(.item_id) \(.position)", value: .photo_key}) | from_entries) as $keys |
    [$items[] | select(.old_id)] as $again | ($again | length) > 10 and
    all($again[]; $keys["\(.id) 1"] == $keys["\(.old_id) 1"])' "$TRUTH"
}

@test "lags: within 20 minutes, up to counter_lag_hours, up to lag_tail_hours, by their shares" {
  track_start "$calm"' | .items = 2000 | .sold_per_1000_item_days = 100 | .deleted_per_1000_item_days = 0 |
    .cancel_share = 0 | .lag_quick_share = 0.5 | .counter_lag_hours = 6 | .lag_tail_share = 0.2 | .lag_tail_hours = 60'
  given | awk '{ n += $3 } END { print n }' >"$tmp/before"
  for at in 2026-09-20T08:20:00Z 2026-09-20T14:00:00Z 2026-09-21T20:00:00Z; do
    market_clock "$at"
    told=$(($(given | awk '{ n += $3 } END { print n }') - $(cat "$tmp/before")))
    jq -r 'select(.type == "sold").at[0:19] + "Z" | fromdateiso8601' "$TRUTH" |
      awk -v at="$(date -u -d "$at" +%s)" -v told="$told" '
        function f(h) {
          if (h < 1 / 3) return 1.5 * h
          if (h < 6) return 0.5 + 0.3 * (h - 1 / 3) / (17 / 3)
          return h < 60 ? 0.8 + 0.2 * (h - 6) / 54 : 1
        }
        { p = f((at - $1) / 3600); e += p; v += p * (1 - p) }
        END { off = told - e; print told, e, v; exit off * off > 16 * (v + 1) }'
  done
}

@test "sold pages live as long as the truth says, from sold_page_least_hours on" {
  track_start "$calm"' | .sold_per_1000_item_days = 100 | .cancel_share = 0 | .sold_page_least_hours = 2 | .sold_page_hours = 50'
  market_clock 2026-09-21T20:00:00Z
  now=$(date -u -d 2026-09-21T20:00:00Z +%s)
  events '.type == "sold"' | jq -r --argjson now "$now" 'select(.page_hours < 2 or .page_hours > 50) | "wrong"' >"$tmp/wrong"
  [[ ! -s $tmp/wrong ]]
  events '.type == "sold"' | jq -r --argjson now "$now" '(.at[0:19] + "Z" | fromdateiso8601) as $at |
    if ($now - $at) / 3600 > .page_hours then "404" else "200" end' >"$tmp/want"
  events '.type == "sold"' | jq -r '"/items/\(.id)-x"' | statuses >"$tmp/have"
  same "$(cat "$tmp/want")" "$(cat "$tmp/have")"
  same $'200\n404' "$(sort -u "$tmp/have")"
}

@test "sold pages by their theme alone, reserved ones by their flags, hidden ones by nothing" {
  track_start "$calm"' | .sold_per_1000_item_days = 100 | .reserved_per_1000_item_days = 100 | .hidden_per_1000_item_days = 100 |
    .reserved_hours = 900 | .hidden_hours = 900 | .cancel_share = 0 | .reserved_sold_share = 0 |
    .bare_sold_share = 1 | .bare_reserved_share = 1 | .bare_hidden_share = 1 | .sold_theme_share = 1 | .reserved_flags_share = 1'
  market_clock 2026-09-21T08:00:00Z
  for type in sold reserved hidden; do
    id=$(events ".type == \"$type\"" | jq -s '.[0].id')
    ask "/items/$id" -L | flight >"$tmp/flight"
    printf '%s theme %s flags %s\n' "$type" "$(grep -o '"theme":"[A-Z]*"' "$tmp/flight" || :)" \
      "$(grep -o "{\"id\":$id,\"is_hidden\":[a-z]*,\"is_reserved\":[a-z]*" "$tmp/flight" | sed 's/.*"is_reserved"://' || :)"
    run ! grep -q '"name":"item_status"' "$tmp/flight"
  done >"$tmp/seen"
  same 'sold theme "theme":"SUCCESS" flags 
reserved theme  flags true
hidden theme  flags ' "$(cat "$tmp/seen")"
}

@test "a deleted account is a 404 everywhere, from then on, with all that was hers" {
  track_start "$calm"' | .vanish_rate = 60'
  market_clock 2026-09-27T08:00:00Z
  events '.type == "vanished"' | jq .user_id | sort >"$tmp/gone"
  [[ $(wc -l <"$tmp/gone") -ge 2 ]]
  jq -r 'select(.what == "item") | [.user_id, .id] | @tsv' "$TRUTH" | sort | join -t $'\t' - "$tmp/gone" >"$tmp/hers"
  { sed 's,.*,/api/v2/users/&\n/api/v2/wardrobe/&/items,' "$tmp/gone"
    awk '{ print "/items/" $2 "\n/items/" $2 "-x\n/api/v2/items/" $2 "/details/sidebar" }' "$tmp/hers"; } |
    statuses | sort -u >"$tmp/statuses"
  same 404 "$(cat "$tmp/statuses")"
  # she does nothing any more
  jq -n -e '[inputs | select(.what == "event")] |
    (map(select(.type == "vanished") | {key: "\(.user_id)", value: .at}) | from_entries) as $gone |
    all(.[]; $gone["\(.user_id)"] == null or .at <= $gone["\(.user_id)"])' "$TRUTH"
}

@test "wardrobe_sold: wardrobes show what is sold while its page lives, marked or not; counters do not" {
  for marked in 1 2; do
    market_stop
    track_start "$calm | .sold_per_1000_item_days = 100 | .deleted_per_1000_item_days = 0 | .cancel_share = 0 |
      .wardrobe_p90 = 60 | .wardrobe_max = 90 | .counter_lag_hours = 0 | .sold_page_hours = 30 | .wardrobe_sold = $marked"
    market_clock 2026-09-22T08:00:00Z
    wardrobes per_page=96 | jq -r '.items[] | [.id, .is_closed // false, .item_closing_action // "-"] | @tsv' | sort >"$tmp/shown"
    jq -n -r '[inputs | select(.what == "item" or .type == "sold")] | group_by(.id)[] |
      (map(select(.type == "sold").at)[0]) as $at |
      select($at == null or $at >= "2026-09-21T02") | [.[0].id, $at != null] | @tsv' "$TRUTH" | sort >"$tmp/true"
    same "$(cut -f 1 "$tmp/true")" "$(cut -f 1 "$tmp/shown")"
    if [[ $marked == 1 ]]; then
      same "$(cat "$tmp/true")" "$(cut -f 1,2 "$tmp/shown")"
      grep -q $'\ttrue\tsold$' "$tmp/shown"
    else
      run ! grep -q 'true\|sold' "$tmp/shown"
    fi
    live=$(($(jq 'select(.what == "item").id' "$TRUTH" | wc -l) - $(events '.type == "sold"' | wc -l)))
    same "$live" "$(given | awk '{ n += $2 } END { print n }')"
  done
}
