# dictionaries: the site's own lists of catalogs, brands, colours, sizes ...
load helper
load vnormalize
load flow

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

# --- what answers are read as ---

@test "a bad entry costs itself alone; a page without the tree is rejected, an empty dictionary is no answer" {
  run -65 --separate-stderr normalized --rejects "$tmp/rejects" --stream dictionary <"$raw/bad-dictionaries.ndjson"
  same '1904 8' "$(jq -r .record.id <<<"$output" | xargs)"
  same "'title' is null
'id' is not an integer
no contract for the dictionary of this catalog" "$(jq -r .reason "$tmp/rejects")"
  same 'colour ok,colour unreadable' "$(normalized --stream look <"$raw/good-dictionaries.ndjson" |
    jq -rs '[.[].record | select(.kind == "colour") | "\(.kind) \(.verdict)"] | join(",")')"
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

# --- what becomes of it: dated rows ---

# tree DAY SITE [[ID, ABOVE, TITLE, ITEMS], ...]: an answer of that day
tree() {
  command jq -nc --arg day "$1" --arg site "www.vinted.$2" --argjson all "$3" '
    def under($above): [$all[] | select(.[1] == $above)
      | .[0] as $id | {id: $id, title: .[2], code: "C\($id)", item_count: .[3], catalogs: under($id)}];
    {v: 1, source: "vinted", site: $site, flow: "old", kind: "catalog", line: 1, attempt: 1, request: {}, status: 200, headers: {},
      ms: 0, sha256: null, run: "202609\($day)T100000Z-old-00000000000000\($day)", fetched_at: "2026-09-\($day)T10:00:00Z",
      body: under(0)}' >"$tmp/$1.$2.ndjson"
}

# a week: 7 is renamed, moved, and has its first name again; 9 is there for a day,
# then again, under another name; 1904 is never touched
week() {
  tree 20 pt '[[1904,0,"Women",10],[5,0,"Men",5],[7,5,"Shirts",2],[9,5,"Hats",1]]'
  tree 21 pt '[[1904,0,"Women",11],[5,0,"Men",5],[7,5,"Tops",3]]'
  tree 22 pt '[[1904,0,"Women",12],[5,0,"Men",5],[7,1904,"Tops",3],[9,5,"Caps",1]]'
  tree 23 pt '[[1904,0,"Women",13],[5,0,"Gents",5],[7,5,"Shirts",4],[9,5,"Caps",1]]'
  tree 24 pt '[[1904,0,"Women",14],[5,0,"Gents",5],[7,5,"Shirts",4]]'
}

windows() {
  sql "select catalog_id, number, title, path_title, item_count, to_char(valid_from, 'DD'), to_char(valid_to, 'DD')
    from serving.catalog where site = 'www.vinted.pt' order by catalog_id, number"
}

@test "a catalog that is renamed, moved, gone or back keeps what it was, with its time and its place then" {
  pg_fresh
  week
  run -0 --separate-stderr load "$tmp"/2?.pt.ndjson
  same '1904|1|Women|Women|14|20|
5|1|Men|Men|5|20|23
5|2|Gents|Gents|5|23|
7|1|Shirts|Men > Shirts|4|20|21
7|2|Tops|Men > Tops|3|21|22
7|3|Tops|Women > Tops|3|22|22
7|4|Shirts|Gents > Shirts|4|22|
9|1|Hats|Men > Hats|1|20|22
9|2|Caps|Gents > Caps|1|22|23' "$(windows)"
  # a day on which nothing changes adds no row, and moves the last sight alone
  rows=$(sql 'select count(*) from staging.vinted_dictionary')
  tree 25 pt '[[1904,0,"Women",15],[5,0,"Gents",5],[7,5,"Shirts",4]]'
  load "$tmp/25.pt.ndjson"
  same "$rows" "$(sql 'select count(*) from staging.vinted_dictionary')"
  same '25|15' "$(sql "select to_char(last_seen, 'DD'), item_count from serving.catalog where catalog_id = '1904'")"
}

@test "in any order, twice, and by a rebuild the rows are the same" {
  pg_fresh
  week
  load "$tmp"/2?.pt.ndjson
  "$ROOT/scripts/db" digest | grep -v vupsert >"$tmp/want"
  createdb "other_$BATS_TEST_NUMBER" -T vpipe
  export PGDATABASE=other_$BATS_TEST_NUMBER
  load "$tmp/23.pt.ndjson" "$tmp/20.pt.ndjson"
  load "$tmp/24.pt.ndjson" "$tmp/22.pt.ndjson" "$tmp/21.pt.ndjson" "$tmp/23.pt.ndjson"
  diff "$tmp/want" <("$ROOT/scripts/db" digest | grep -v vupsert)
  export PGDATABASE=third_$BATS_TEST_NUMBER
  createdb "$PGDATABASE" -T vpipe
  for file in "$tmp"/2?.pt.ndjson; do
    vput -q "$VPIPE_DATA/raw" <"$file" >/dev/null
  done
  load --pending
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
  diff <(grep serving.dictionary "$tmp/want") <("$ROOT/scripts/db" digest | grep serving.dictionary)
  same 'Gents > Shirts' "$(sql "select path_title from serving.catalog where catalog_id = '7' and valid_to is null")"
  same Women "$(sql "select serving.catalog_name('vinted', 'www.vinted.pt', '1904', 'en')")"
}

# weeks SEED: what 30 catalogs are on each of ten days, "DAY ID ABOVE TITLE" a
# line: renamed and moved as it comes, absent now and then; nothing comes back that was otherwise between
weeks() {
  awk -v seed="$1" 'BEGIN {
    srand(seed)
    for (id = 1; id <= 30; id++) { above[id] = id <= 4 ? 0 : 1 + int(rand() * (id - 1)); used[id, above[id]] = 1; title[id] = "t" id }
    for (day = 11; day <= 20; day++) for (id = 1; id <= 30; id++) {
      if (rand() < 0.2) title[id] = "t" id "-" day
      to = 1 + int(rand() * (id - 1))
      if (id > 4 && rand() < 0.1 && !used[id, to]++) above[id] = to
      gone[day, id] = id > 4 && rand() < 0.15
      if (!gone[day, id] && (above[id] == 0 || !gone[day, above[id]])) print day, id, above[id], title[id]
      else gone[day, id] = 1	# what hangs on nothing is not in a tree
    } }'
}

@test "random weeks, loaded in any order: each day's answer is in force on its day, each path that of its last day" {
  pg_fresh
  for seed in $(seq "$(size 2 40)"); do
    weeks "$seed" >"$tmp/weeks"
    for day in $(seq 11 20); do
      tree "$day" pt "$(awk -v day="$day" '$1 == day { printf "%s[%d,%d,\"%s\",1]", n++ ? "," : "[", $2, $3, $4 } END { print "]" }' "$tmp/weeks")"
    done
    sql 'drop table if exists staging.vinted_dictionary, staging.vinted_dictionary_seen, staging.vinted_look cascade'
    sql 'truncate ops.load, ops.stream, ops.contract, serving.dictionary'
    # shellcheck disable=SC2046	# names without blanks
    load $(ls "$tmp"/1?.pt.ndjson "$tmp/20.pt.ndjson" | sort -R --random-source=<(yes "$seed"))
    same 0 "$(psql -X -q -A -t -v ON_ERROR_STOP=1 <<SQL
create temporary table told (day int, id text, above text, title text);
\\copy told from '$tmp/weeks' with (delimiter ' ')
with recursive
day as (
  select *, format('2026-09-%s 10:00:00+00', day)::timestamptz as at from told
),
path as (
  select at, id, title as path_title from day where above = '0'
  union all
  select d.at, d.id, p.path_title || ' > ' || d.title from path p join day d on d.at = p.at and d.above = p.id
)
select (select count(*) from day d where (
    select string_agg(c.title || ' ' || coalesce(c.parent_id, '0'), ',') from serving.catalog c
    where c.catalog_id = d.id and c.valid_from <= d.at
      and (c.valid_to is null or d.at < c.valid_to or d.at = c.valid_to and c.last_seen = d.at)) is distinct from d.title || ' ' || d.above)
  + (select count(*) from serving.catalog c left join path p on p.at = c.last_seen and p.id = c.catalog_id
    where c.path_title is distinct from p.path_title)
  + (select count(*) from serving.catalog c where (c.valid_to is null) is distinct from (c.last_seen = '2026-09-20 10:00:00+00'))
  + (select abs(count(distinct (id, title, above)) - (select count(*) from serving.catalog)) from told);
SQL
)"
  done
}

@test "a name in the language asked for, else the site's, else any; one condition, one name a language; else the number, and why" {
  pg_fresh
  tree 20 pt '[[5,0,"Homem",5],[6,0,"Só cá",1]]'
  tree 21 fr '[[5,0,"Hommes",5]]'
  tree 22 co.uk '[[5,0,"Men",5]]'
  load "$tmp"/2?.*.ndjson "$raw/good-dictionaries.ndjson"
  names() {
    sql "select serving.catalog_name('vinted', 'www.vinted.$1', '$2', '$3')"
  }
  same Men "$(names pt 5 en)"
  same Hommes "$(names pt 5 fr)"
  same Homem "$(names pt 5 pl)"
  same 'Só cá' "$(names fr 6 en)"
  same '77 (no dictionary yet)' "$(names pt 77 en)"
  same 'Very good|Très bon état|Very good|8 (no dictionary yet)' "$(sql "select serving.condition_name('vinted', 2, 'en'),
    serving.condition_name('vinted', 2, 'fr'), serving.condition_name('vinted', 2, 'xx'), serving.condition_name('vinted', 8, 'en')")"
  same '0' "$(sql 'select count(*) from (select from serving.condition group by source, condition_id, language having count(*) > 1) as s')"
  # each is a view of its own
  same "Ravelo|Nero|XS / 34 / 6 of Taglie|Cotone of Tessili|GB|PT" "$(sql "select
    (select title from serving.brand where brand_id = '53'), (select title from serving.colour where hex = '#000000'),
    (select title || ' of ' || group_title from serving.size where size_id = '2'),
    (select title || ' of ' || group_title from serving.material), (select code from serving.country where country_id = '13'),
    (select country from serving.site where site = 'www.vinted.pt')")"
}

# --- the flow -------------------------------------------------------------------

dictionaries() {
  "$ROOT/scripts/dictionaries" "$@"
}

# changing JQ: small.json with changes, as a market
changing() {
  jq "$1" "$ROOT/fixtures/market/scenarios/small.json" >"$tmp/scenario.json"
  market_start "$tmp/scenario.json"
  at=$(date -u -d 2026-09-20T08:00:00Z +%s)
  later 0
}

# told SITE: the entries of the tree that the site told of last
told() {
  jq -rs --arg site "$1" 'map(select(.endpoint == "catalog" and .site == $site)) | last.entries[]
    | [.[0], if .[1] == 0 then "" else .[1] end, .[2], .[3]] | join("|")' "$TRUTH" | sort
}

known() {
  sql "select catalog_id, parent_id, title, item_count from serving.catalog where site = '$1' and valid_to is null" | sort
}

@test "all lists of each site, once; a day later the names of that day, and those of the day before" {
  pg_fresh
  changing '.categories = [{"id": 1904, "at": "2026-09-21T00:00:00Z", "name": "garments"},
    {"id": 1904200, "at": "2026-09-21T00:00:00Z", "parent": 5}, {"id": 2093220, "at": "2026-09-21T00:00:00Z", "parent": 1}]'
  run -0 --separate-stderr dictionaries vinted.pt www.vinted.co.uk
  same '/api/v2/brands 2
/api/v2/colors 2
/api/v2/countries 2
/api/v2/materials 2
/api/v2/size_groups 2
/api/v2/statuses 2
/catalog 2' "$(market_requests | jq -r 'select(.path != "/" and .path != "/robots.txt").path' | sort | uniq -c | awk '{ print $2, $1 }')"
  for host in www.vinted.pt www.vinted.co.uk; do
    same "$(told $host)" "$(known $host)"
  done
  same 'www.vinted.pt | catalog | ok | 42 | 42 | 0' "$(grep 'pt .* catalog ' <<<"$output" | tr -s ' ' | cut -d '|' -f 1-6 | sed 's/^ //; s/ $//')"
  later 86400
  run -0 --separate-stderr dictionaries www.vinted.pt
  same "$(told www.vinted.pt)" "$(known www.vinted.pt)"
  same 'www.vinted.pt | catalog | ok | 41 | 0 | 2' "$(grep 'pt .* catalog ' <<<"$output" | tr -s ' ' | cut -d '|' -f 1-6 | sed 's/^ //; s/ $//')"
  same '1904|Mulheres|20|21
1904|garments|21|
1904200|Mulheres > Pequeno|20|21
1904200|Homens > Pequeno|21|
2093220|pets > Pequeno > patterned|20|20' "$(sql "select catalog_id, path_title, to_char(valid_from, 'DD'), to_char(valid_to, 'DD') from serving.catalog
    where site = 'www.vinted.pt' and catalog_id in ('1904', '1904200', '2093220') order by catalog_id, number")"
  # the other site was not asked again
  same 0 "$(sql "select count(valid_to) from serving.dictionary where site = 'www.vinted.co.uk'")"
  same 'New with tags|Novo com etiquetas' "$(sql "select serving.condition_name('vinted', 6, 'en'), serving.condition_name('vinted', 6, 'pt')")"
}

@test "a refusal, or a page without its tree, is kept in raw; the dictionary of before stands" {
  pg_fresh
  changing '.faults = [{"kind": "429", "path": "/api/v2/colors", "at_request": 2, "retry_after": 60}, {"kind": "cut", "path": "/catalog", "at_request": 2}]'
  dictionaries www.vinted.pt
  before=$(sql 'select dictionary, id, number, title, valid_from, valid_to from serving.dictionary order by 1, 2')
  later 86400
  run -69 --separate-stderr dictionaries www.vinted.pt
  same "$before" "$(sql 'select dictionary, id, number, title, valid_from, valid_to from serving.dictionary order by 1, 2')"
  same 'colour refused:rate-limit 10' "$(grep colour <<<"$output" | awk -F '|' '{ print $2, $3, $4 }' | xargs)"
  # nothing was asked after the refusal
  same '0' "$(sql "select count(*) from serving.look where run = (select max(run) from ops.run) and kind = 'size'")"
  [[ $(sql "select verdict from serving.look where kind = 'catalog' order by observed_at desc limit 1") != ok ]]
  same 2 "$(vraw list "$VPIPE_DATA/raw" | jq -s length)"
}

@test "the sites of VPIPE_CATALOGS, and one that speaks the language asked for; a name that is none is 64" {
  pg_fresh
  asked() {
    dictionaries --dry-run | jq -r 'select(.kind == "catalog").query' | xargs
  }
  export VPIPE_CATALOGS='https://www.vinted.pt/catalog/1904-women https://vinted.pt/catalog/5 https://www.vinted.fr/catalog?catalog[]=5'
  same 'www.vinted.fr/catalog www.vinted.pt/catalog www.vinted.ie/catalog' "$(asked)"
  VPIPE_LANGUAGE=pt
  export VPIPE_LANGUAGE
  same 'www.vinted.fr/catalog www.vinted.pt/catalog' "$(asked)"
  fails 64 "no source has a site 'www.nowhere.example'" dictionaries www.nowhere.example
  VPIPE_CATALOGS= fails 64 'no site is named' dictionaries
  VPIPE_SOURCES=$ROOT/fixtures/sources run -0 --separate-stderr dictionaries --dry-run www.bazar.example
  same "dictionaries: the source 'bazar' has no dictionaries" "$output$stderr"
  fails 64 "no such option '--kind'" dictionaries --kind brand
}
