# scripts/label sheet in a browser: from disk, by keyboard, to the data set
# bats file_tags=long
load ../helper
load ../pictures
load ../browser

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  browser_ready
  pg_fresh
}

# drawn N: something to wear, in a colour, with a bar of N below it (no text:
# not every machine has a font)
drawn() {
  local colors=(tan steelblue olive salmon plum slategray goldenrod teal)
  local shape

  case $(($1 % 4)) in
    0) shape="polygon 140,90 260,90 330,150 300,210 270,190 275,430 125,430 130,190 100,210 70,150" ;;
    1) shape="polygon 150,60 250,60 262,190 340,450 60,450 138,190" ;;
    2) shape="polygon 130,60 270,60 290,450 215,450 200,180 185,450 110,450" ;;
    3) shape="roundrectangle 90,150 310,420 24,24" ;;
  esac
  convert -size 400x500 gradient:white-gray80 -fill "${colors[$1 % 8]}" \
    -draw "$shape" -fill black -draw "rectangle 0,494 $(($1 * 19)),499" \
    -quality 85 "$tmp/drawn.jpg"
}

@test "twenty pictures are labelled by keyboard, from disk; the file loads, the labels are in the data set" {
  local n

  for n in {1..20}; do
    drawn "$n"
    stored "$tmp/drawn.jpg" jpg
    listed "$((9900000010 + n))" "$((200000000 + n))" "Thing $n" "$sha"
  done
  pictures_loaded
  "$ROOT/scripts/label" sheet --values dress,shirt,trousers,bag,shoes,knitwear \
    --by "a first reader" "$tmp/out"
  keys=(1 2 3 4 5 6 1 2 3 4 1 2 3 4 1 2 3 4 5 6)
  values=(dress shirt trousers bag shoes knitwear dress shirt trousers bag
    dress shirt trousers bag dress shirt trousers bag shoes knitwear)
  run -0 --separate-stderr node "$browser/sheet.mjs" "$tmp/out/index.html" \
    "$tmp" "${keys[@]}"
  said=$output
  # it works alone: no error, no request
  same '[[],[],20,"p0"]' "$(jq -c '[.errors, .requests, .pictures, .focused]' <<<"$said")"
  # the tab that was closed half way has lost nothing; undo takes one back
  same '["10 of 20 labelled","10 of 20 labelled","20 of 20 labelled","19 of 20 labelled","20 of 20 labelled",0]' \
    "$(jq -c '[.half, .again, .all, .undone, .redone, .open]' <<<"$said")"
  # each picture has a name for those who do not see it, each word its contrast
  same '[true,true,true,false]' \
    "$(jq -c '[.names, .contrast[] >= 4.5] + [.wide]' <<<"$said")"
  [[ $(jq -r .file <<<"$said") =~ ^labels-category-[0-9TZ]+\.ndjson$ ]]

  run -0 --separate-stderr "$ROOT/scripts/label" load "$tmp/labels.ndjson"
  sed -n '/id="data"/,/<\/script>/p' "$tmp/out/index.html" | sed '1d;$d' |
    jq -r '.pictures[].sha256' >"$tmp/shown"
  printf '%s\n' "${values[@]}" | paste -d ' ' "$tmp/shown" - | sort >"$tmp/want"
  sql "select sha256, value from serving.image_label
    where label_source = 'human' and name = 'category'" | tr '|' ' ' |
    sort | diff "$tmp/want" -
  same "a first reader" "$(sql 'select distinct labelled_by from staging.label_label')"

  "$ROOT/scripts/dataset" labelled "$tmp/d"
  cat "$tmp"/d/*/*.ndjson | jq -r '"\(.key) \(.label.category)"' | sort |
    diff "$tmp/want" -
  for shard in "$tmp"/d/*/*.tar; do tar -xOf "$shard" --wildcards '*.json'; done |
    jq -r '"\(.key) \(.label.category)"' | sort | diff "$tmp/want" -

  # what was labelled is shown again as it is, and can be taken back
  "$ROOT/scripts/label" sheet --where true --values dress,shirt "$tmp/again"
  mkdir "$tmp/second"
  run -0 --separate-stderr node "$browser/sheet.mjs" "$tmp/again/index.html" \
    "$tmp/second" Backspace Backspace ArrowRight Backspace
  same "$(printf '%s\n' null null)" "$(jq -c .value "$tmp/second/labels.ndjson")"
  "$ROOT/scripts/label" load "$tmp/second/labels.ndjson"
  same 18 "$(sql "select count(*) from serving.image_label where label_source = 'human'")"
}
