# opened.bash - for long tests of the images flow: a market of two sites, and what
# must be stored of it; with helper, photos, images and flow
#
#	opened [JQ]	a market of one section, changed by JQ, its clock ours
#	catalog "$pt" "$it" "$bazar"	shows what it has
#	all_is_stored	what the records say of pictures, by the bytes that are
#			there: $store

pt='https://www.vinted.pt/catalog?catalog[]=1904'
it='https://www.vinted.it/catalog?catalog[]=1904'
bazar='https://www.bazar.example/listings?section=women&sort=new'

images() {
  "$ROOT/scripts/images" "$@"
}

opened() {
  jq "{seed: 21, items: 120, age_days: 20, photos_min: 1, photos_max: 3, svc_photos: 20, jpeg_share: 0.6, png_share: 0.05,
      truth_photos: 1, truth_answers: 0, catalogs: [{id: 1904, name: \"women\", share: 1, new_per_hour: 0.5}],
      sites: [{host: \"www.vinted.pt\", country: \"PT\", language: \"pt\", currency: \"EUR\", share: 2},
        {host: \"www.vinted.it\", country: \"IT\", language: \"it\", currency: \"EUR\", share: 1}]} + ${1:-{\}}" \
    -n >"$tmp/scenario.json"
  market_start "$tmp/scenario.json" --pictures "$drawings"
  at=$(date -u -d "$(curl -sS "$MARKET/_market/clock" | jq -r .now)" +%s)
  later 0
}

all_is_stored() {
  (cd "$store" && find sha256 -type f -print0 | sort -z | xargs -0 sha256sum) | awk '{ print $1, $2 }' >"$tmp/there"
  sql "select sha256 || ' ' || path from serving.image order by path collate \"C\"" | diff - "$tmp/there"
  awk -F '[ /.]+' '$1 != $(NF - 1)' "$tmp/there" | diff /dev/null -
  # each photo that a listing showed has one
  same 0 "$(sql 'select count(*) from (select source, item_id, photo_key from serving.image_use) as u right join (
      select item_id::text, photo_key from staging.vinted_photo) as p using (item_id, photo_key) where u.source is null')"
}
