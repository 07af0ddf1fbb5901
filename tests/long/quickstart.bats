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
  typed "'$ROOT/scripts/quickstart'"
  [[ $output == *$'\n EUR '*"What happened"*"Where it is"* && $output == *$'\n PLN '* ]]
  [[ $output =~ $'\n'' sold '\ +'|'\ +[1-9][0-9]*\ '|'\ +[1-9][0-9]*\ '|'\ +0\ '|' ]]
  [[ $output == *"vpipe price --brand Ravelo"*"asked "*"sold "* ]]
  # without npm it says who makes the report
  [[ $output == *"file://$D/quickstart/report/index.html"* && -e $D/quickstart/report/index.html ]] ||
    [[ $output == *"demo report FOLDER makes it, with npm"* ]]
  # no line is wider than the terminal; what the README shows is what it says
  run -1 grep -nE '^[^/'"'"']{81,}$' <(printf '%s\n' "${output//$'\033[K'/$'\n'}")
  shown=$(tr -d '\r' <"$tmp/typed")
  sed -n '/^The quickstart takes/,/^## /p' "$ROOT/README.md" | grep ' | ' >"$tmp/sample"
  [ "$(wc -l <"$tmp/sample")" -eq 11 ]
  while IFS= read -r line; do
    grep -qF -- "$line" <<<"$shown" || { echo "$line"; return 1; }
  done <"$tmp/sample"
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

@test "what the operator has set is neither used nor touched" {
  [ "$(ls "$D")" = quickstart ]
}

# typed COMMAND: at a terminal of 80 by 24; what was shown, in $output
typed() {
  local status=0

  timeout 900 script -qefc "stty cols 80 rows 24; $1" "$tmp/typed" </dev/null >/dev/null || status=$?
  output=$(tr -d '\r' <"$tmp/typed")
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "the README's blocks do what they say, pasted one after another at a terminal" {
  cd "$ROOT"
  sed -n '/^## Pipelines/,/^## Against/p' README.md | sed -n '/^```sh/,/^```/p' |
    grep -v '^```' >"$tmp/readme.sh"
  [ "$(grep -c '^PATH=\|^export' "$tmp/readme.sh")" -eq 1 ]
  VPIPE_DATA=$D typed "bash -e -o pipefail '$tmp/readme.sh'"
  [[ $output == *"https://api.vinted.pt/svc-catalogue/items?"* ]]
  [[ $output == *$'EUR\t'* ]]
  [[ $output == *'1.20'* ]]
  [ "$(grep -c 'hashed.*.*[0-9a-f]\{16\}$' <<<"$output")" -eq 5 ]
  [ "$(grep -c '^{"n":[123],"op":"add",' <<<"$output")" -eq 3 ]
  [[ $output =~ $'\n'' sold '\ +'|'\ observed ]]
  [[ $output =~ $'\n'Ravelo.*listings.*10\ %.*asked\ +[0-9]+ ]]
  # and the feed is numbered without a gap
  demo "$ROOT/scripts/changes" --since 0 | jq -s -e 'length > 1000
    and [.[].n] == [range(1; length + 1)]'
}

# shown PAGE: the commands under its EXAMPLES
shown() {
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$ROOT/$1" | awk '
    /^\.Bd/ { inside = 1; next } /^\.Ed/ { inside = 0 } sub(/^\.Dl /, "") || inside' |
    sed 's/\\e/\\/g'
}

@test "what the pages show of events and tables runs as it stands, after it" {
  cd "$tmp"
  PATH=$BIN:$PATH
  for page in schema/man/events.7 schema/man/tables.7 scripts/changes.1 scripts/track.1 \
    scripts/audit.1 scripts/load.1 scripts/retain.1 scripts/db.1 scripts/demo.1; do
    shown "$page" | grep -vx 'vpipe demo db psql' >page.sh
    [ -s page.sh ]
    VPIPE_DATA=$D run -0 --separate-stderr bash -e -o pipefail page.sh
    [[ -n $output$stderr || $page == *load.1 || $page == *retain.1 ]] || { echo "$page"; return 1; }
    printf '%s\n' "$output" >>"shown"
  done
  # of events three requests; tables with rows
  [ "$(grep -c '^{"n":[123],"op":"add",' shown)" -ge 6 ]
  [ "$(grep -c '^([1-9][0-9]* rows\?)$' shown)" -ge 5 ]
  run -1 grep '^(0 rows)$' shown
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

@test "what the pages show of pictures runs as it stands, after it" {
  cd "$tmp"
  PATH=$BIN:$PATH
  stored=$(grep '^vinted ' "$D/quickstart/last.images" | awk '{ print $3 }')
  for page in schema/man/pictures.7 scripts/images.1 scripts/label.1 scripts/dataset.1; do
    shown "$page" | grep -v 'Downloads' >page.sh
    [ -s page.sh ]
    VPIPE_DATA=$D run -0 --separate-stderr bash -e -o pipefail page.sh
    printf '%s\n%s\n' "$output" "$stderr" >>shown
  done
  grep -q "images: $stored pictures.*, 0 of them missing or different, 0 other files" shown
  # three tables, each with rows; stock photos are found
  [ "$(grep -c '^([1-9][0-9]* rows\?)$' shown)" -eq 3 ]
  grep -q '^ stock ' shown
  # each picture has its label, dark or not, and is in one part of the data set
  same "$stored" "$(demo "$ROOT/scripts/db" psql -A -t -c "select count(*)
    from serving.image_label where label_source = 'model:by-colour'")"
  same "$(cat brands/*/*.ndjson | jq -r .key | wc -l)" "$(cat brands/*/*.ndjson | jq -r .key | sort -u | wc -l)"
  [ "$(cat pictures/*/*.ndjson | wc -l)" -ge 20 ]
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
