# Conversions that the contracts of this folder share.  What is of an unexpected
# type goes through as it is, so that the property's own type refuses it aloud.

# An empty text is none.
def filled: if . == "" then null else . end;

# Words that stand where a seller named no brand.
def brand: if . == "" or . == "Desconocida" or . == "NO LABEL" then null else . end;

# [system, code] of a size whose pattern is known, else null: "XL / 42 / 14", "S / UK 8-10", "W32", "5 junior | EU 38",
# "UK 9", "36.5", "2 years / 92 cm"; whatever kind of space it has (`spaced` is vnormalize's).  A text is no size.
def size_parts:
  if type != "string" or length > 100 then null
  else spaced | if split(" / ")[0] | label_one_size != null then ["one", "ONE"]
  else
    [capture("^((?<letter>X{0,4}[SL]|M|[2-9]XL)( ?/.*)?|W ?(?<waist>[0-9]{2})( .*)?|UK ?(?<uk>[0-9.,]+)|US ?(?<us>[0-9.,]+)|(?<number>[0-9]{1,2}([.,][0-9])?)|(.*[|/] ?)?EU ?(?<eu>[0-9.,]+)|(.*[^0-9])?(?<cm>[0-9]{2,3}) ?cm)$")
      | to_entries[] | select(.value != null) | [.key, (.value | sub(","; "."))]][0]
    end
  end;
def size_system: size_parts | if . == null then null else .[0] end;
def size_code: size_parts | if . == null then null else .[1] end;

# "L · Nuovo senza cartellino", "L" or "Nuovo senza cartellino".  One text alone is a size when its pattern is known,
# else a condition: a label that is new to us is then counted as unknown.
def line_size:
  if type != "string" then . else
    spaced | split(" · ") | if length > 1 then .[:-1] | join(" · ")
    elif length == 1 and (.[0] | label_condition == null and size_parts != null) then .[0]
    else null end
  end;
def line_condition:
  if type != "string" then . else
    spaced | split(" · ") | if length > 1 then .[-1]
    elif length == 1 and .[0] != "" and (.[0] | label_condition != null or size_parts == null) then .[0]
    else null end
  end;

# [.promoted, .content_source]: either may tell
def is_promoted:
  if .[0] == null or (.[0] | type) == "boolean"
  then .[0] == true or (.[1] | type == "string" and contains("promoted"))
  else .[0] end;

# [.promoted, .content_source, the catalog that was asked]: is the hit there because it belongs there?  Only a number or
# a text names a catalog.
def belongs: (is_promoted | not) and (.[2] | type == "number" or (type == "string" and . != ""));

# seconds since 1970 as a time
def unix_time: if type == "number" then todate else . end;

def is_id: type == "number" or (type == "string" and test("^[0-9]+\\z"));

# a country's code as ISO writes it
def upper: if type == "string" then ascii_upcase else . end;

# the first of a list that is not null
def first_there: map(values) | .[0];

# 1 and true are set, 0 and false are not; null does not say
def flag: if . == 0 then false elif . == 1 then true else . end;

# [.is_closed, .item_closing_action, .is_reserved, .is_hidden, .is_visible]: [state, what said so].  Sold beats reserved,
# reserved beats hidden.  Closed without a word of a sale is no state that we know.  An item that is neither sold nor
# reserved and not visible is hidden: banned sellers' are.
def item_said:
  [.[0], .[2], .[3], .[4] | flag] as [$closed, $reserved, $hidden, $visible]
  | if $closed == true and .[1] == "sold" then ["sold", "is_closed,item_closing_action"]
    elif $closed == true or .[1] == "sold" then [null, null]
    elif $reserved == true then ["reserved", "is_reserved"]
    elif $hidden == true then ["hidden", "is_hidden"]
    elif $visible == false and $closed == false then ["hidden", "is_visible"]
    elif $closed == false then ["live", "is_closed"]
    else [null, null] end;
def item_state: item_said | .[0];
def item_evidence: item_said | .[1];
# the same where what is listed is live unless it says otherwise
def listed_said:
  item_said as $said
  | if $said[0] != null or (.[0] | flag) == true or .[1] == "sold" then $said
    elif (.[4] | flag) == false then ["hidden", "is_visible"]
    else ["live", "present"] end;
def listed_state: listed_said | .[0];
def listed_evidence: listed_said | .[1];

# [.is_banned, .account_status, .account_ban_date, .is_account_ban_permanent, the time of the look].  Status 0 is a normal
# account; what the others mean is known by the date of the ban alone, which may lie centuries ahead.
def is_banned:
  if (.[0] | flag | type) == "boolean" then .[0] | flag
  elif (.[3] | flag) == true then true
  elif (.[2] | type) == "string" and (.[4] | type) == "string" and .[2][0:10] >= .[4][0:10] then true
  elif .[1] == 0 then false
  else null end;

# ---- item pages: what is told of the one item that was asked

# the id, when all agree
def same_id: unique | select(length == 1) | .[0];
def item_ids: map(.id) | same_id;
def details_id: map(.item.id?) | same_id;
def plugin_id: map(.data.item_id?) | same_id;
# of an address: https://x/items/ID-some-words
def address_id: [strings | capture("/(?<id>[0-9]+)(-[^/?#]*)?/?([?#].*)?$") | .id][0];
def product_id: [.[] | objects | .offers.url | address_id | values] | same_id;

# of [the id that was asked, addresses, what the page shows]: whose canonical address is another item's, says nothing of
# this one
def foreign($asked; $addresses):
  $asked != null and any($addresses[] | address_id | values; . != ($asked | tostring));
def page_product_id: if foreign(.[0]; .[1]) then empty else .[2] | product_id end;
def page_item_id: if foreign(.[0]; .[1]) then empty else .[2] | item_ids end;
def page_details_id: if foreign(.[0]; .[1]) then empty else .[2] | details_id end;

# plugins of this item: those that name another are not its own
def own_plugins($asked):
  map(objects | select((.data | type) == "object"
    and ($asked == null or .data.item_id == null or (.data.item_id | tostring) == ($asked | tostring))));
# [the id that was asked, plugins]
def sidebar_id:
  .[0] as $asked | .[1] | own_plugins($asked)
  | map(select(.name == "item_status" or .name == "buyer_item_status")) | plugin_id;

# [addresses, plugins, objects with its flags (three lists), numbers of what else a page may hold]: does it name an item at
# all?  A shell without anything does not.
def names_item: any(.[0:5][]; length > 0) or any(.[5][]; . > 0);
# [the id that was asked, plugins, addresses, objects of this id, of any id, objects with its flags (three lists)]: a page
# whose address is another, or that speaks of others only, is not the item's
def bare_id:
  .[0] as $asked | [.[2][] | address_id | values] as $ids | [.[1][] | .data.item_id? | values] as $named
  | if $asked == null then (if ($named | length) > 0 then $named else $ids end | same_id)
    elif foreign($asked; .[2]) then empty
    elif any($named[]; tostring == ($asked | tostring)) then $asked
    elif any(.[5:][]; length > 0) then $asked
    elif (.[2] | length) > 0 then (if ($ids | length) > 0 then $asked else empty end)
    elif .[3] == 0 and .[4] > 0 then empty
    else $asked end;

# "https://x/t/KEY/f800/1.webp"
def image_key: if type == "string" then [capture("/tc?/(?<key>[^/]+)/") | .key][0] else null end;
# the text of the condition in the list of attributes
def attribute_status: if type == "array" then [.[] | objects | select(.code == "status") | .data.value?][0] else null end;

# What a page, or the sidebar, says of its item, of [the id that was asked, its plugins, objects with its flags (three
# lists), the availability of its product]: each thing that says something, as [state, evidence].  Of the theme of
# buyer_item_status one word is known: SUCCESS is sold.  What the others mean is not guessed.
def flags_said: [.is_closed, .item_closing_action, .is_reserved, .is_hidden] | item_said;
def theme: .data.theme | if . == null then "none" else tostring | .[0:40] end;
def all_said:
  .[0] as $asked | (.[1] | own_plugins($asked)) as $plugins
  | [if $asked != null then .[2:5][][]? elif ([.[2][]?.id] | unique | length) == 1 then .[2][] else empty end] as $flags
  | (.[5] | if type == "string" then split("/")[-1] else "" end) as $word
  | {
      word: $word,
      flags: [$flags[] | flags_said],
      plugin: [$plugins[] | select(.name == "item_status") | .data | flags_said | [.[0], "item_status"]],
      themes: [$plugins[] | select(.name == "buyer_item_status") | theme],
      closed: ([$flags[] | .is_closed | flag] + [$plugins[] | select(.name == "item_status") | .data.is_closed | flag]
        | any(. == true)),
    };
# Sold by any of them is sold, by a flag reserved or hidden is that; then a theme that is not known, or a closed item of
# which nobody says why, leaves it open whatever else the page shows.
def page_said:
  all_said
  | [(if .word == "SoldOut" then ["sold", "ld+json:SoldOut"] else empty end),
      .flags[], .plugin[],
      (if any(.themes[]; . == "SUCCESS") then ["sold", "buyer_item_status:SUCCESS"] else empty end)] as $sold
  | [.plugin[], .flags[]] as $said
  | [.themes[] | select(. != "SUCCESS")] as $open
  | [($sold[] | select(.[0] == "sold")),
      ($said[] | select(.[0] == "reserved")),
      ($said[] | select(.[0] == "hidden")),
      (if .closed then [null, "is_closed"] else empty end),
      ($said[] | select(.[0] == "live")),
      (if ($open | length) > 0 then [null, "buyer_item_status:" + $open[0]] else empty end),
      (if .word == "InStock" then ["live", "ld+json:InStock"] else empty end),
      [null, null]][0];
def page_state: page_said | .[0];
def page_evidence: page_said | .[1];
# [the id that was asked, plugins]
def page_buyer_status:
  .[0] as $asked | .[1] | own_plugins($asked) | [.[] | select(.name == "buyer_item_status") | theme][0];

# [.., addresses, how many offers the page makes, how much of its flight data is broken]: a page that shows no product of
# its item, and nothing that says why.  That may be a sale; the page alone does not say it.
def may_be_sold:
  .[0] as $asked
  | $asked != null and any(.[6][] | address_id | values; . == ($asked | tostring))
  and .[7] == 0 and .[8] == 0
  and (any(.[1][] | objects | .name; type == "string" and test("status")) | not)
  and all(.[2:5][]; length == 0);
def bare_evidence: page_evidence as $said | if $said != null then $said elif may_be_sold then "no ld+json" else null end;
def bare_rule: if page_evidence == null and may_be_sold then "no-product" else null end;
