# scripts/quickstart: from the tree to prices, sales and pictures, again and anew; long
# bats file_tags=long
load ../helper
load ../flow

setup_file() {
  export D
  D=$(mktemp -d /tmp/vpq.XXXXXX)
  chmod 711 "$D"
}

setup() {
  export VPIPE_DATA=$D
}

teardown() {
  pg_stop
}

teardown_file() {
  demo "$ROOT/scripts/db" stop || :
  rm -rf "$D"
}

demo() {
  VPIPE_DATA=$D/quickstart VPIPE_CONF=/dev/null "$@"
}

# shorter: a tree whose quickstart simulates an hour and a day, and few pictures
shorter() {
  local tree=$tmp/tree

  mkdir "$tree"
  ln -s "$ROOT"/* "$tree"
  rm "$tree/scripts"
  mkdir "$tree/scripts"
  ln -s "$ROOT"/scripts/* "$tree/scripts"
  rm "$tree/scripts/quickstart"
  sed 's/^hours=6$/hours=1/; s/^days=4$/days=1/; s/^pictures=120	/pictures=20	/
    s/^share=0.15	/share=0.03	/' "$ROOT/scripts/quickstart" \
    >"$tree/scripts/quickstart"
  chmod +x "$tree/scripts/quickstart"
  [ "$(diff "$ROOT/scripts/quickstart" "$tree/scripts/quickstart" | grep -c '^>')" -eq 4 ]
  "$tree/scripts/quickstart"
}

sold() {
  demo "$ROOT/scripts/db" psql -A -t -c "select item_id
    from serving.item_state where state = 'sold' $1" | sort
}

@test "one command ends in prices of both currencies and in sales, and says where all lies" {
  unset VPIPE_BIN
  run -0 "$ROOT/scripts/quickstart"
  [[ $output == *"| EUR"*"What happened"*"Where it is"* && $output == *"| PLN"* ]]
  [[ $output =~ $'\n'' sold '\ +'|'\ +[1-9][0-9]*\ '|'\ +[1-9][0-9]*\ '|'\ +0\ '|' ]]
  [ -z "$(pgrep -f "$D/quickstart/truth.now")" ]
  [ "$(demo "$ROOT/scripts/db" psql -A -t -c 'select count(*) > 4000
    from serving.item')" = t ]
}

@test "what it calls sold was sold, some by the site's word and some by a rule" {
  jq -r 'select(.type == "sold").id' "$D/quickstart/truth.ndjson" |
    sort >"$tmp/true"
  sold "and confidence = 'observed'" >"$tmp/sold"
  [ "$(wc -l <"$tmp/sold")" -ge 5 ]
  [ -z "$(comm -23 "$tmp/sold" "$tmp/true")" ]
  sold "and confidence = 'inferred'" >"$tmp/sold"
  [ "$(wc -l <"$tmp/sold")" -ge 5 ]
  [ -z "$(comm -23 "$tmp/sold" "$tmp/true")" ]
}

@test "what the README shows of sales runs as it stands, after it" {
  sed -n '/^After the quickstart/,/^```$/p' "$ROOT/README.md" |
    sed '1,/^```sh/d; /^```/d' >"$tmp/readme.sh"
  [[ $(head -n 1 "$tmp/readme.sh") == "export VPIPE_CONF=/dev/null VPIPE_DATA="* ]]
  sed -i 1d "$tmp/readme.sh"
  cd "$ROOT"
  run -0 --separate-stderr demo bash -e "$tmp/readme.sh"
  [ -z "$stderr" ]
  [ "$(grep -c '^{"site" : .*"kind" : "user"' <<<"$output")" -eq 3 ]
  [ "$(grep -c '^{"n":[123],"op":"add",' <<<"$output")" -eq 3 ]
  # four tables, each with rows
  [ "$(grep -c '^([1-9][0-9]* rows\?)$' <<<"$output")" -eq 4 ]
  # and the feed is numbered without a gap
  demo "$ROOT/scripts/changes" --since 0 | jq -s -e 'length > 1000
    and [.[].n] == [range(1; length + 1)]'
}

@test "the pictures that it fetched are there, under their hashes, each once" {
  read -r _ due stored known hashed failed put_off _ < <(
    grep '^vinted ' "$D/quickstart/last.images")
  [ $((stored + known)) -eq 120 ]
  [ $((hashed + failed + put_off)) -eq 0 ]
  [ "$due" -gt 120 ]
  (cd "$D/quickstart/images" && find sha256 -type f -printf '%f  %p\n') |
    sed 's/^\([0-9a-f]*\)\.[a-z]*/\1/' >"$tmp/sums"
  [ "$(wc -l <"$tmp/sums")" -eq "$stored" ]
  (cd "$D/quickstart/images" && sha256sum --quiet -c "$tmp/sums")
  [ "$(demo "$ROOT/scripts/db" psql -A -t -c 'select count(*), count(path)
    from serving.image')" = "$stored|$stored" ]
}

@test "the page to look at has each of them beside it" {
  page=$D/quickstart/sheet
  stored=$(grep '^vinted ' "$D/quickstart/last.images" | awk '{ print $3 }')
  [ "$(grep -o '"file":"[^"]*"' "$page/index.html" | sort -u | wc -l)" -eq "$stored" ]
  for file in $(sed -n 's/.*"file":"\([^"]*\)".*/\1/p' "$page/index.html"); do
    [ -s "$page/pictures/$file" ] || { echo "$file"; exit 1; }
  done
  grep -q '"trousers"' "$page/index.html"
}

@test "what the README shows of pictures runs as it stands, after it" {
  sed -n '/^This works as pasted after the quickstart/,/^```$/p' "$ROOT/README.md" |
    sed '1,/^```sh/d; /^```/d' >"$tmp/readme.sh"
  [[ $(head -n 1 "$tmp/readme.sh") == "export VPIPE_CONF=/dev/null VPIPE_DATA="* ]]
  sed -i 1d "$tmp/readme.sh"
  cd "$ROOT"
  run -0 --separate-stderr demo bash -e "$tmp/readme.sh"
  stored=$(grep '^vinted ' "$D/quickstart/last.images" | awk '{ print $3 }')
  [[ $stderr == *"images: $stored pictures"*", 0 of them missing or different, 0 other files"* ]]
  [ "$(grep -c '^{"source" : "vinted".*"url" : "https://' <<<"$output")" -eq 2 ]
  # three tables, each with rows; stock photos are found, edited ones as well
  [ "$(grep -c '^([1-9][0-9]* rows\?)$' <<<"$output")" -eq 3 ]
  [[ $output =~ $'\n'' stock | near '.*\|\ +[1-9] ]]
  # each picture has its label, dark or not
  [ "$(awk '$2 == "model:by-colour" { n += $1 } END { print n }' <<<"$output")" -eq "$stored" ]
  # and is in one part of the data set
  [ "$(awk '$1 ~ /^(train|validation|test)$/ { n += $3 } END { print n }' <<<"$output")" -eq "$stored" ]
  [[ $output =~ $'\n'[0-9a-f]{64}\.(jpg|png|webp)$'\n'[0-9a-f]{64}\.json$'\n'[0-9a-f]{64}\.txt$ ]]
}

# bats test_tags=soak
@test "again, it goes on from there" {
  unset VPIPE_BIN
  before=$(cat "$D/quickstart/clock")
  run -0 "$(size shorter "$ROOT/scripts/quickstart")"
  [[ $(cat "$D/quickstart/clock") > $before ]]
  # other pictures than the first time
  [ "$(demo "$ROOT/scripts/db" psql -A -t -c 'select count(*)
    from staging.vinted_photo_fetch')" -eq $((120 + $(size 20 120))) ]
  # and the truth it keeps is that of both: the oracle knows what searches told
  # and no more, so the searches are loaded alone
  TRUTH=$D/quickstart/truth.ndjson
  export VPIPE_BIN=$BIN VPIPE_DATA=$tmp/again VPIPE_KEY=$D/quickstart/key
  pg_start
  "$ROOT/scripts/db" migrate
  find "$D/quickstart/raw/vinted/catalog" -name '*.manifest.json' \
    -exec "$ROOT/scripts/load" {} +
  prices_are_true 100
}

@test "what the operator has set is neither used nor touched" {
  [ "$(ls "$D")" = quickstart ]
}

@test "--fresh begins anew" {
  unset VPIPE_BIN
  # to where it has begun; the whole of it is above
  touch "$D/quickstart/left"
  setsid "$ROOT/scripts/quickstart" --fresh >"$tmp/told" 2>&1 3>&- &
  until_true 60 grep -q "made the pseudonym key" "$tmp/told"
  kill -TERM -- "-$!"
  wait $! || :
  grep -q "making a PostgreSQL cluster" "$tmp/told"
  [ ! -e "$D/quickstart/left" ]
}
