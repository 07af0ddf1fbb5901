# pictures.bash - for tests of labels and data sets: a store, and what is known
#
#	picture NAME [EXT]	puts bytes into the store; sets $sha
#	listed ITEM SELLER TITLE SHA [PHASH]	a listing that shows a picture
#	wardrobes SELLERS LISTINGS	so many listings each, a picture each
#	pictures_loaded		loads what was listed so far, by raw records
#
# The bytes are words, unless the test draws real ones: neither labels nor data
# sets decode anything.

picture() {
	local file=$tmp/bytes

	printf 'picture %s' "$1" >"$file"
	stored "$file" "${2:-jpg}"
}

# stored FILE EXT: a file of any bytes
stored() {
	sha=$(sha256sum <"$1")
	sha=${sha%% *}
	mkdir -p "$VPIPE_DATA/images/sha256/${sha:0:2}/${sha:2:2}"
	cp "$1" "$VPIPE_DATA/images/sha256/${sha:0:2}/${sha:2:2}/$sha.$2"
}

# kept SHA EXT: where it is
kept() {
	printf '%s/images/sha256/%s/%s/%s.%s\n' "$VPIPE_DATA" "${1:0:2}" \
	    "${1:2:2}" "$1" "${2:-jpg}"
}

listed() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" \
	    "${5:-${4:24:16}}" \
	    "${6:-jpg}" >>"$tmp/listed"
}

# wardrobes SELLERS LISTINGS: by few programs, however many
wardrobes() {
	local made=$tmp/made store=$VPIPE_DATA/images/sha256

	mkdir -p "$made" "$store"
	awk -v made="$made" -v sellers="$1" -v listings="$2" 'BEGIN {
		for (s = 1; s <= sellers; s++)
			for (n = 1; n <= listings; n++) {
				file = made "/" s "." n
				printf "picture %s.%s", s, n >file
				close(file)
			}
	}'
	(cd "$made" && sha256sum -- *.* | sort -V -k 2) >"$made/sums"
	awk '{ print substr($1, 1, 2) "/" substr($1, 3, 2) }' "$made/sums" |
	    (cd "$store" && xargs mkdir -p)
	awk -v store="$store" '{
		split($2, of, ".")
		file = store "/" substr($1, 1, 2) "/" substr($1, 3, 2) "/" $1 ".jpg"
		printf "picture %s", $2 >file
		close(file)
		printf "99%08d\t%d\tDress %d of %d\t%s\t%s\tjpg\n",
		    of[1] * 100 + of[2], 200000000 + of[1], of[2], of[1], $1,
		    substr($1, 25, 16)
	}' "$made/sums" >>"$tmp/listed"
	sha=$(tail -n 1 "$made/sums")
	sha=${sha%% *}
}

# What the market and vimg would have told, of the shapes of the fixtures.
pictures_loaded() {
	# shellcheck disable=SC2154	# the helper's
	jq -c --rawfile listed "$tmp/listed" '
	    def key($r): "02_\($r[0])_\($r[3][:24])";
	    . as $page | .body.items[0] as $item
	    | [$listed | split("\n")[] | select(. != "") | split("\t")] as $all
	    | range(0; $all | length; 500) as $from | $page
	    | .line = $from / 500 + 1
	    | .body.items = [$all[$from:$from + 500][] as $r | $item
	        | .id = ($r[0] | tonumber) | .title = $r[2]
	        | if .item_box then .item_box.item_id = .id else . end
	        | .user.id = ($r[1] | tonumber)
	        | .photos = [.photos[0]
	            | .high_resolution.id = key($r)]
	        | .photo = .photos[0]]
	    | .run = "20260920T100000Z-catalog-000000000000000a"' \
	    "$raw/good-catalog-2026.ndjson" >"$tmp/items.ndjson"
	jq -cn --rawfile listed "$tmp/listed" '
	    $listed | [split("\n")[] | select(. != "") | split("\t")]
	    | to_entries[] | .key as $n | .value as $r
	    | {v: 1, source: "vinted", site: "www.vinted.co.uk",
	    flow: "image", kind: "image",
	    run: "20260920T110000Z-image-000000000000000b", line: ($n + 1),
	    attempt: 1, fetched_at: "2026-09-20T11:00:00.000Z",
	    request: {method: "GET"}, status: 200, headers: {}, ms: 1,
	    sha256: null, body: {source: "vinted",
	    site: "www.vinted.co.uk", item_id: ($r[0] | tonumber),
	    photo_key: "02_\($r[0])_\($r[3][:24])", position: 1,
	    size: "list", url: "https://images1.example.net/\($r[0])",
	    outcome: "stored", status: 200, reason: null, try_after: null,
	    attempts: 1, fetched_at: "2026-09-20T11:00:00.000Z", ms: 1,
	    sha256: $r[3], bytes: 100,
	    format: (if $r[5] == "jpg" then "jpeg" else $r[5] end),
	    ext: $r[5], width: 600, height: 800,
	    dominant_color: "#a08060", phash: $r[4], etag: null,
	    last_modified: null,
	    path: "sha256/\($r[3][:2])/\($r[3][2:4])/\($r[3]).\($r[5])",
	    thumbs: null}}' >"$tmp/images.ndjson"
	"$ROOT/scripts/load" "$tmp/items.ndjson" "$tmp/images.ndjson"
}
