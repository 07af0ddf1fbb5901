# dictionaries: the site's own lists of catalogs, brands, colours, sizes ...
load helper
load vnormalize

# --- what answers are read as ---

@test "a bad entry costs itself alone; a page without the tree is rejected, an empty dictionary is no answer" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" --stream dictionary <"$raw/bad-dictionaries.ndjson"
  same '1904 8' "$(jq -r .record.id <<<"$output" | xargs)"
  same "'title' is null
'id' is not an integer
no contract for the dictionary of this catalog" "$(jq -r .reason "$tmp/rejects")"
  same 'colour unreadable' "$(jq -r 'select(.record.line == 10) | .record | "\(.kind) \(.verdict)"' "$records/good-dictionaries.ndjson")"
}

# --- captures ---

# dictionary KIND FILE SITE
dictionary() {
  wrapped "$2" "www.vinted.$3" "$1" "$1-$3"
}

@test "every captured dictionary is read to its last entry, in each form of the tree" {
  need_shared
  folder=$SHARED/captures/vinted
  tree=$folder/next-data-catalog-tree-pt-2024-02.json
  command jq -c .props.pageProps._layout.catalogTree "$tree" >"$tmp/bare"
  {
    dictionary catalog "$tree" pt
    dictionary catalog "$tmp/bare" es
    printf '<html><script id="__NEXT_DATA__">%s</script></html>' "$(command jq -c . "$tree")" >"$tmp/page"
    paged "$tmp/page" www.vinted.it '' page | jq -c '.kind = "catalog"'
    dictionary colour "$folder/dict-color-fr-2021.json" fr
    dictionary condition "$folder/dict-status-fr-2021.json" fr
    dictionary country "$folder/dict-country-fr-2021.json" fr
    dictionary material "$folder/dict-material-fr-2021.json" fr
    dictionary size "$folder/dict-size-fr-2021.json" fr
  } >"$tmp/raw"
  normalized --threshold 0 --rejects "$tmp/rejects" --stream dictionary <"$tmp/raw" >"$tmp/out"
  [ ! -s "$tmp/rejects" ]
  same 'www.vinted.es catalog catalog 1051
www.vinted.fr colour colour 28
www.vinted.fr condition condition 5
www.vinted.fr country country 7
www.vinted.fr material material 32
www.vinted.fr size size 285
www.vinted.it catalog catalog-page 1051
www.vinted.pt catalog catalog 1051' \
    "$(jq -rn '[inputs.record | "\(.site) \(.dictionary) \(.variant)"] | group_by(.)[] | "\(.[0]) \(length)"' "$tmp/out")"
  # what jq finds in the tree by itself
  same "$(command jq -c '.props.pageProps._layout | [{id: null, catalogs: .catalogTree}] | .. | objects
      | select(has("catalogs")) | .id as $above | .catalogs[] | [.id, $above, .code, .title, .item_count]' "$tree" | sort)" \
    "$(jq -c '.record | select(.site == "www.vinted.pt") | [.id, .parent_id, .code, .title, .item_count]' "$tmp/out" | sort)"
}
