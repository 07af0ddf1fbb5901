# images.bash - for the tests of the images flow: listings and pictures by hand
#
#	shown TIME [SITE]	a search is published; on stdin its hits, a line
#				each: ITEM SELLER PHOTO[,PHOTO...]; the photos in
#				order, their addresses with the second of TIME
#	shots TIME [SITE]	the same on stdout
#	fetched TIME		a run of the images flow is published; on stdin a
#				line a photo:
#		PHOTO stored|known|hashed PICTURE HASH [WxH]
#		PHOTO failed|gone|unfit REASON [TRY_AFTER]
#				PICTURE: two hex digits, of which its SHA-256
#				consists; HASH: 16 hex digits or -; and for
#				failed ones the address of TIME_SHOWN
#	due [SETTING=VALUE]...	what images/list_due.sql prints, a line a photo: its key,
#				position and attempts
#	repeats			serving.image_repeat in short

shots() {
	jq -Rnc --arg at "$1" --arg site "${2:-www.vinted.it}" '
	($at | gsub("[-:]"; "") | sub("\\..*"; "Z") | sub("ZZ"; "Z")) as $stamp
	| "\($stamp)-catalog-\($site | @base64 | explode | map(. % 10) | join("")[0:16] | (. + "0000000000000000")[0:16])" as $run
	| {v: 1, source: "vinted", site: $site, flow: "catalog", run: $run, attempt: 1} as $head
	| [inputs | split(" ") | {
	    id: (.[0] | tonumber), title: "t\(.[0])", content_source: "search",
	    favourite_count: 0, view_count: 0, promoted: false, path: "/items/\(.[0])", url: "https://\($site)/items/\(.[0])",
	    price: {amount: "6.0", currency_code: "EUR"}, service_fee: {amount: "1.0", currency_code: "EUR"},
	    total_item_price: {amount: "7.0", currency_code: "EUR"}, user: {id: (.[1] | tonumber), login: "u", business: false},
	    item_box: {item_id: (.[0] | tonumber), first_line: "Nordhavn", second_line: "L"},
	    photos: [.[2] | split(",") | to_entries[] | {id: 1, image_no: (.key + 1), is_main: (.key == 0), width: 600, height: 800,
	        dominant_color: "#54524F", high_resolution: {id: .value, orientation: null},
	        full_size_url: "https://images1.vinted.net/tc/\(.value)/\($at[17:19]).webp?s=f",
	        url: "https://images1.vinted.net/t/\(.value)/f800/\($at[17:19]).webp?s=a",
	        thumbnails: [{type: "thumb70x100", url: "https://images1.vinted.net/t/\(.value)/70x100/\($at[17:19]).webp?s=t"}]}]}] as $items
	| $head + {kind: "search", line: 1, fetched_at: $at, request: {method: "GET", url: "https://x", endpoint: "svc-catalogue",
	    query: "\($site)/search?catalog=1904", catalog_id: 1904, page: 1, per_page: 96, params: {catalog: ["1904"]}},
	    status: 200, headers: {"content-type": "application/json"}, ms: 1, sha256: null,
	    body: {items: $items, pagination: {current_page: 1, total_pages: 1, total_entries: ($items | length), per_page: 96}, code: 0}},
	  $head + {kind: "run", line: 2, fetched_at: $at, body: {complete: true, started_at: $at, ended_at: $at, stop: "end", status: 0,
	    asked: 1, answered: 1, put_off: 0, options: {}, versions: {}, ledger: {}, queries: []}}'
}

shown() {
	shots "$@" | vput -q "$VPIPE_RAW" >>"$tmp/published"
}

fetched() {
	jq -Rnc --arg at "$1" '
	($at | gsub("[-:]"; "") | sub("\\..*"; "Z")) as $stamp
	| {v: 1, source: "vinted", flow: "image", run: "\($stamp)-image-00000000000000ff", attempt: 1} as $head
	| [inputs | split(" ")] as $lines
	| ($lines | to_entries[] | .key as $n | .value as $w
	    | ($w[1] | IN("stored", "known", "hashed")) as $got
	    | ($w[4] // "600x800" | split("x") | map(tonumber)) as $size
	    | ([range(32)] | map($w[2]) | join("")) as $sha
	    | {source: "vinted", site: "www.vinted.it", item_id: 1, photo_key: $w[0], position: 1, size: "list",
	        url: "https://images1.vinted.net/t/\($w[0])/f800/\($at[17:19]).webp?s=a", outcome: $w[1],
	        status: 200, reason: (if $got then null else $w[2] end), try_after: (if $got then null else $w[3] end),
	        attempts: (if $w[1] == "failed" then 1 else 0 end), fetched_at: $at, ms: 1,
	        sha256: (if $got then $sha else null end), bytes: (if $got then 3 else null end),
	        format: (if $got then "webp" else null end), ext: (if $got then "webp" else null end),
	        width: (if $got then $size[0] else null end), height: (if $got then $size[1] else null end),
	        dominant_color: null, phash: (if $got and $w[3] != "-" then $w[3] else null end),
	        etag: (if $got then "\"e\"" else null end), last_modified: null,
	        path: (if $w[1] | IN("stored", "known") then "sha256/\($sha[0:2])/\($sha[2:4])/\($sha).webp" else null end), thumbs: null}
	    | . as $body
	    | $head + {kind: "image", site: "www.vinted.it", line: ($n + 1), fetched_at: $at, request: {method: "GET", url: $body.url,
	        item_id: 1, photo_key: $body.photo_key}, status: 200, headers: {}, ms: 1, sha256: null, body: $body}),
	  $head + {kind: "run", site: "www.vinted.it", line: ($lines | length + 1), fetched_at: $at, body: {complete: true, started_at: $at, ended_at: $at,
	    stop: "end", status: 0, asked: 1, answered: 1, put_off: 0, options: {}, versions: {}, ledger: {put_off: 0}, queries: []}}' |
	    vput -q "$VPIPE_RAW" >>"$tmp/published"
}

# The images flow's own question, as of NOW (2026-09-30).
due() {
	local VPIPE_NOW=${NOW:-2026-09-30T00:00:00Z}

	VPIPE_NOW=$VPIPE_NOW "$ROOT/scripts/images" --dry-run "$@" |
	    jq -r '"\(.photo_key) \(.position) \(.attempts)"'
}

repeats() {
	sql "select item_id, what, how, distance, of_item_id
	    from serving.image_repeat order by 1, 2" | tr '|' ' '
}
