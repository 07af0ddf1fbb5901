# marts.jq - the sums of prices, ages and cuts, from listings, states, events and catalogs alone
#
# Input: an object of arrays, with times in microseconds: windows (source, site,
# as_of), items, states, events, catalogs; columns as in serving.  Output: an array
# a line for each bin of serving.price_bin, sale_age and sale_cut, n last.  It
# shares nothing with what it judges: no SQL, no order, no increments.
def day: 86400e6;
def middle(a; b): if a == null then b else a + (b - a) / 2 end;
def trimmed: if . == null then null else
    tostring | if test("\\.") then sub("0+$"; "") | sub("\\.$"; "") else . end end;
def exits: {sold: "sold", deleted: "other", hidden: "other", missing: "unknown"};
def key: "\(.source) \(.item_id)";
# the subsets of the words, each in their order
def subsets: if length == 0 then [] else .[1:] as $rest
    | ($rest | subsets), ([.[0]] + ($rest | subsets)) end;
# each combination by which a listing counts, with and without its catalogs
def cells(words): . as $l | [null, .catalogs[]] as $catalogs | $catalogs[] as $c
    | words as $w | ((if $c == null then [] else ["catalog"] end) + $w) as $by
    | {by: (if $by == [] then "all" else $by | join(" ") end), catalog: $c,
        brand: (if any($w[]; . == "brand") then $l.brand else null end),
        condition: (if any($w[]; . == "condition") then $l.condition_id else null end),
        size: (if any($w[]; . == "size") then $l.size else null end),
        color: (if any($w[]; . == "color") then $l.color_id else null end)};
def priced: (["brand", "condition", "size"] | subsets), ["color"];
def counted: group_by(.)[] | .[0] + [length];

(.windows | map({key: "\(.source) \(.site)", value: .as_of}) | from_entries) as $as_of
| (.states | map({key: key, value: .}) | from_entries) as $states
| (.events | group_by(key) | map({key: (.[0] | key), value: .}) | from_entries) as $events
| (.catalogs | group_by([key, .site])
    | map({key: "\(.[0] | key) \(.[0].site)", value: (map(.catalog_id) | unique)})
    | from_entries) as $catalogs
| [.items[]
    | . as $i
    | $as_of["\(.source) \(.site)"] as $limit
    | select($limit != null)
    | ($states[key] // {}) as $s
    | ($events[key] // []) as $e
    | exits[$s.state // ""] as $exit
    | ([$e[] | select(.type == "listed" and .site == $i.site and .earliest != null)]
        | min_by(.latest)) as $listed
    | (if $listed == null then null else middle($listed.earliest; $listed.latest) end)
        as $born
    | (if $exit == null then null else middle($s.earliest // $s.last_seen; $s.latest) end)
        as $gone
    | .size |= (if . == null then null else tostring end)
    | .color_id |= (if . == null then null else tostring end)
    | .catalogs = ($catalogs["\(key) \(.site)"] // [])
    | .in_currency = ($s.currency != null and $s.currency == .currency)
    | .kinds = [
        (if $s.state == "sold" then
            {kind: "sold", until: ($s.latest + 90 * day),
                price: (if .in_currency and $s.price != null then $s.price
                    else .price end)}
        elif $s.state == "deleted" then empty
        else {kind: "asked", until: (.last_seen + 7 * day), price} end),
        (if $born == null then empty
        elif $gone != null and $gone - $born <= 7 * day then $exit
        elif ($gone // $s.last_seen) != null
            and ($gone // $s.last_seen) - $born >= 7 * day then "on"
        else empty end
            | {kind: "week \(.)", from: ($born + 7 * day), until: ($born + 97 * day),
                price: (if $i.currency != null and $s.currency == $i.currency
                    then $s.listed_price else null end)})
        | select(.until >= $limit and (.from // 0) <= $limit and .price != null) | .price |= trimmed]
    | .age = (if $born == null then null else
        ((if $exit == null then null else $s.earliest end) // $s.last_seen)
            as $last
        | if $last == null then null else
            ((($last - $born) / day | round) | if . <= 0 then 0 else . end) as $last_day
            | [$born, (($listed.latest - $born) / day | round
                | if . <= 0 then 0 else . end), $last_day,
                (if $exit == null then $last_day else
                    (($s.latest - $born) / day | round | if . < 1 then 1 else . end)
                    end), ($exit // "on")] end end)
    | .cut = (reduce ($e[] | select(.type == "repriced" and (.cause
            | . == "seller" or . == "wardrobe" or . == "unknown")
            and .old != null and .new != null and .old > 0 and .new > 0))
            as $r (1; . * $r.new / $r.old)
        | (1 - .) * 10000 | round | . / 100 | round)]
| ([.[] | . as $l | .kinds[] as $k | cells(priced)
    | ["price", $l.source, $l.site, $k.kind, $l.currency, .by, .catalog, .brand,
        .condition, .size, .color, $k.price]] | counted),
  # the week's Monday: the epoch's first day was a Thursday
  ([.[] | select(.age != null) | . as $l | .age as [$born, $a, $b, $c, $exit]
    | ((($born / day | floor) + 3) / 7 | floor | . * 7 - 3) * 86400
    | strftime("%Y-%m-%d") as $week
    | $l | cells(["brand", "condition", "size"] | subsets)
    | ["age", $l.source, $l.site, .by, .catalog, .brand, .condition, .size, $week,
        $a, $b, $c, $exit]] | counted),
  ([.[] | select(.age != null and .age[4] == "sold") | . as $l
    | cells(["brand", "condition", "size"] | subsets)
    | ["cut", $l.source, $l.site, .by, .catalog, .brand, .condition, .size, $l.cut]]
    | counted)
