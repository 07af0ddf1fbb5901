# told.jq - what was answered, a line of words an answer, to the raw records of a
# run: `told` of track.bash, which says which words there are
def one($site):
def answer($kind; $key; $id): {$site, kind: $kind, endpoint: $kind,
    query: "\($site)/\($kind)?\($key)=\($id)", key: "\($key)_id",
    $id, status: 200, type: "application/json"};
def priced: split(":") | ((.[1] // "10.00") / "/") as $price |
    (.[0] | capture("^(?<id>[0-9]+)(#(?<photo>[0-9]+))?(~(?<title>[0-9]+))?$"))
    as $as |
    {id: ($as.id | tonumber), title: "thing \($as.title // $as.id)",
    price: {amount: $price[0], currency_code: "EUR"},
    conversion: (if $price[1] then {seller_price: $price[1],
        seller_currency: "PLN", buyer_currency: "EUR"} else null end),
    promoted: false, favourite_count: 1,
    photos: [{high_resolution: {id: "photo_\($as.photo // $as.id)"},
    url: "https://images1.example.net/\($as.id)"}]};
def wardrobe($user; $total; $items): answer("wardrobe"; "user"; $user) +
    {page: 1, body: {items: $items, code: 0, pagination:
    {total_entries: $total, total_pages: 1}}};
def hit: split("@") as $of | ($of[0] | priced) + {is_visible: true,
    user: {id: ($of[1] | tonumber)}, status: "Ottime"} |
    .photo = .photos[0] + {url: "https://images1.example.net/x"} |
    del(.photos);
def html($title; $head): "<!DOCTYPE html><html><head><title>" + $title +
    "</title>" + $head + "</head><body><script>" +
    "self.__next_f.push([1,\"1:[]\\n\"])</script></body></html>";
def canonical($item): "<link rel=\"canonical\" href=\"https://\($site)/items/" +
    "\($item)-thing\">";
def page($item): answer("item-page"; "item"; $item) +
    {type: "text/html; charset=utf-8"};
def plugin($item; $name; $data): html("thing"; canonical($item)) |
    sub("\"1:\\[\\]"; "\"1:" + ([{name: $name, data:
    ({item_id: ($item | tonumber)} + $data)}] | tojson | tojson[1:-1]));
def product($item; $price): "<script type=\"application/ld+json\">" +
    ({"@type": "Product", name: "thing \($item)", offers:
    {"@type": "Offer", url: "https://\($site)/items/\($item)-thing",
    priceCurrency: "EUR", price: ($price | tonumber),
    availability: "InStock"}} | tojson) + "</script>";
(. / " " | map(select(. != ""))) as $w |
    if $w[0] == "user" then answer("user"; "user"; $w[1]) + {body:
        {code: 0, user: ({id: ($w[1] | tonumber), login: "u",
        given_item_count: ($w[2] | tonumber), total_items_count:
        ($w[3] | tonumber), item_count: (($w[3] | tonumber) -
        ($w[2] | tonumber)), is_on_holiday: false, account_status: 0,
        country_iso_code: "IT"} + ($w[4] // "{}" | fromjson))}}
    elif $w[0] == "wardrobe" then
        wardrobe($w[1]; $w[2:] | length; $w[2:] | map(priced))
    elif $w[0] == "cut" then
        wardrobe($w[1]; $w[2] | tonumber; $w[3:] | map(priced))
    elif $w[0] == "list" then {$site, kind: "search", endpoint: "api-v2",
        query: "\($site)/search?catalog=\($w[1])", key: "catalog_id",
        id: ($w[1] | tonumber), page: 1, status: 200,
        type: "application/json", body: {items: ($w[2:] | map(hit)),
        pagination: {total_entries: ($w[2:] | length)}}}
    elif $w[0] == "page" and $w[2] == "gone" then
        page($w[1]) + {status: 404, text: html("Not found"; "")}
    elif $w[0] == "page" and $w[2] == "bare" then
        page($w[1]) + {text: html("thing"; canonical($w[1]))}
    elif $w[0] == "page" and $w[2] == "theme" then
        page($w[1]) + {text: plugin($w[1]; "buyer_item_status"; {theme: $w[3]})}
    elif $w[0] == "page" then page($w[1]) +
        {text: html("thing"; product($w[1]; $w[3] // "10.00"))}
    elif $w[0] == "audit" then answer("audit-page"; "item"; $w[1]) +
        {type: "text/html; charset=utf-8", note: ($w[3] | fromjson)} +
        if $w[2] == "gone" then {status: 404, text: html("Not found"; "")}
        elif $w[2] == "silent" then {text: html("thing"; canonical($w[1]))}
        elif $w[2] == "live" then {text: html("thing"; product($w[1]; "9"))}
        elif $w[2] == "sold" then
            {text: plugin($w[1]; "buyer_item_status"; {theme: "SUCCESS"})}
        else {text: plugin($w[1]; "item_status"; {is_closed: false,
            is_reserved: ($w[2] == "reserved"), is_hidden: ($w[2] == "hidden")})}
        end
    elif $w[0] == "status" then answer("item-status"; "item"; $w[1]) +
        {body: {code: 0, plugins: [{name: "item_status", data: {item_id:
        ($w[1] | tonumber), seller_id: null, is_reserved:
        ($w[2] == "reserved"), is_hidden: ($w[2] == "hidden"),
        is_closed: ($w[2] == "sold"), item_closing_action:
        (if $w[2] == "sold" then "sold" else null end)}}]}}
    elif $w[0] == "vanished" then answer($w[1]; "user"; $w[2]) +
        {status: 404, body: {code: 104}}
    else answer($w[1]; if $w[1] == "item-page" then "item" else "user"
        end; $w[2]) + if $w[0] == "refused" then {status: 429, body:
        {code: 100}} else {status: 403, type: "text/html", challenge: 1,
        text: html("Just a moment"; "")} end
    end;
def record($run): {v: 1, source: "vinted", site, flow: "track", kind,
    $run, line, attempt: 1, fetched_at, request: ({method: "GET",
    url: "https://\(.site)/x", endpoint, query, params: {}} +
    {(.key): .id} + if .page then {page} else {} end +
    if .note then {note} else {} end), status,
    headers: ({"content-type": .type} + if .challenge then
    {"cf-mitigated": "challenge"} else {} end), ms: 1, sha256: null} +
    if .text then {body_text: .text} else {body} end;
($at | fromdateiso8601) as $from |
[foreach (inputs | select(test("[^ \t]")) | gsub("^[ \t]+"; "")) as $line
    ({$site}; if $line | startswith("site ") then {site: $line[5:]}
    else .answer = (.site as $site | $line | one($site)) end;
    .answer // empty)] |
[to_entries[] | .value + {line: (.key + 1),
    fetched_at: ($from + .key | todateiso8601)}] as $answers |
($at | gsub("[-:]"; "")) as $stamp |
($answers | tojson | explode | reduce .[] as $c (7;
    (. * 31 + $c) % 281474976710597) | tostring |
    "\($stamp)-track-" + ("0" * (16 - length)) + .) as $run |
($answers[] | record($run)),
{v: 1, source: "vinted", site: null, flow: "track", kind: "run", $run,
    line: ($answers | length + 1), attempt: 1,
    fetched_at: ($answers | last | .fetched_at), request: null,
    status: null, headers: {}, ms: 0, sha256: null, body: {
    started_at: $at, ended_at: ($answers | last | .fetched_at),
    stop: "end", complete: true, status: 0, options: {}, versions: {},
    ledger: {}, queries: [$answers[] | select(.kind == "wardrobe") |
    {query, kind, site, user_id: .id, asked: 1, answered: 1,
    walked: (.status == 200), stop: (if .status == 200 then "end" else
    "refused:x" end), gap: false, state: null}]}}
