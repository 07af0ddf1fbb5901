# vmarket: the dictionaries of the market, and the tree that changes
load helper
load market

# tree: of the page, a line an entry: id, parent, title, item_count
tree() {
  http "$site" /catalog | sed -n 's,.*<script id="__NEXT_DATA__"[^>]*>\(.*\)</script>.*,\1,p' >"$tmp/next"
  jq -c 'def under($p): .[] | [.id, $p, .title, .item_count], (.id as $id | .catalogs | under($id));
    .props.pageProps._layout.catalogTree | under(0)' "$tmp/next"
}

@test "the tree and the lists have the keys and types of the captures" {
  need_shared
  market_start "$(scenario .)"
  open_session
  tree >/dev/null
  keys='[.. | objects | select(has("catalogs") and has("code")) | del(.catalogs, .photo, .landing, .size_group_id, .restricted_to_status_id,
      .unisex_catalog_id) | map_values(type)] | add'
  same "$(jq -c "$keys" "$captures/next-data-catalog-tree-pt-2024-02.json")" "$(jq -c "$keys" "$tmp/next")"
  while read -r path capture; do
    same "$(jq -c 'del(.. | .blacklist_regex?, .format?, .faq_entry_id?)' "$captures/dict-$capture-fr-2021.json" | shape)" \
      "$(ask "/api/v2/$path" | jq -c 'del(.. | .blacklist_regex?, .format?, .faq_entry_id?)' | shape)"
  done <<'END'
colors color
size_groups size
statuses status
materials material
countries country
END
}

@test "the counts are those of the items, the tree is in the site's language and the truth" {
  market_start "$(scenario .)"
  open_session
  have=$(tree)
  same "$have" "$(jq -c 'select(.endpoint == "catalog").entries[]' "$TRUTH")"
  grep -Fq '[1904,0,"Mulheres",' <<<"$have"
  same 300 "$(jq -s 'map(select(.[1] == 0)[3]) | add' <<<"$have")"
  # each is the sum of those under it
  jq -se '. as $all | all(.[]; . as $one | [$all[] | select(.[1] == $one[0])[3]] | length == 0 or add == $one[3])' <<<"$have"
  site=www.vinted.co.uk
  open_session
  grep -Fq '[1904,0,"women",' <<<"$(tree)"
  same 'New with tags' "$(ask /api/v2/statuses | jq -r '.[] | select(.id == 6).title')"
  same 300 "$(ask /api/v2/brands | jq "[.brands[].item_count] | add + $(jq -s 'map(select(.what == "item" and .brand == null)) | length' "$TRUTH")")"
}

@test "a catalog is renamed, moved or taken away at its hour, and the truth knows before" {
  market_start "$(scenario '.categories = [{"id": 1904, "at": "2026-09-21T00:00:00Z", "name": "garments"},
    {"id": 1904200, "at": "2026-09-21T00:00:00Z", "parent": 5}, {"id": 1904200, "at": "2026-09-22T00:00:00Z", "parent": 1}]')"
  same '{"at":"2026-09-21T00:00:00.000Z","id":1904,"name":"garments","what":"category"}' \
    "$(jq -c 'select(.what == "category")' "$TRUTH" | head -n 1)"
  same '[[1904,0,"Mulheres"],[1904200,1904,"Pequeno"]]' "$(tree | jq -sc 'map(select(.[0] == 1904 or .[0] == 1904200) | .[:3])')"
  market_clock 2026-09-21T00:00:00Z
  same '[[1904,0,"garments"],[1904200,5,"Pequeno"]]' "$(tree | jq -sc 'map(select(.[0] == 1904 or .[0] == 1904200) | .[:3])')"
  market_clock 2026-09-22T00:00:00Z
  same '[[1904,0,"garments"]]' "$(tree | jq -sc 'map(select(.[0] == 1904 or .[0] == 1904200) | .[:3])')"
  fails 78 "'categories.id'" vmarket --scenario "$(scenario '.categories = [{"name": "x"}]')"
  fails 78 "'categories.at'" vmarket --scenario "$(scenario '.categories = [{"id": 5, "at": "soon"}]')"
}

@test "the lists want the session's cookie, the page does not; a fault strikes either by its path" {
  market_start "$(scenario '.faults = [{"kind": "403", "path": "/catalog", "at_request": 2}, {"kind": "429", "path": "/api/v2/colors", "at_request": 2}]')"
  [[ $(http "$site" /api/v2/colors) == *'"code":100'* ]]
  open_session
  [[ $(http "$site" /catalog -o "$tmp/page" -w '%{http_code} %{content_type}') == '200 text/html'* ]]
  [[ $(http "$site" /catalog -o "$tmp/page" -w '%{http_code}') == 403 ]]
  [[ $(ask /api/v2/colors -o "$tmp/page" -w '%{http_code}') == 429 ]]
}
