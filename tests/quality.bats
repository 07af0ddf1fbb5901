# vpipe quality: rules of bad rows, asked after each load and by hand
load helper

setup_file() {
  pg_start
  pg_migrated
  psql -X -q -d postgres -c 'create role looking login'
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  export VPIPE_NOW=2026-09-20T10:00:00Z
}

load_raw() {
  "$ROOT/scripts/load" "$raw/${1:-good-one-item}.ndjson"
}

quality() {
  "$ROOT/scripts/quality" "$@"
}

# found [CHECK]: of the last check, or of all that are like that, what is bad
found() {
  sql "select rule, severity, bad from ops.finding
    where bad > 0 ${1:-and check_number = (select max(check_number) from ops.finding)}
    order by line"
}

# finds RULE|SEVERITY|BAD: among what all rules find now
finds() {
  quality >"$tmp/found" || :
  jq -r 'select(.bad > 0) | "\(.rule)|\(.severity)|\(.bad)"' "$tmp/found" >"$tmp/bad"
  grep -Fqx "$1" "$tmp/bad" || {
    cat "$tmp/bad"
    return 1
  }
}

@test "a load asks each shipped rule of what it brought, a row a rule; no rule is broken" {
  run -0 --separate-stderr load_raw
  same '' "$stderr"
  rules=$(grep -c '^[a-z].*|.*|' "$ROOT/schema/quality/rules")
  same "$rules|0|0|1" "$(sql "select count(*), count(broken), sum(bad),
    count(distinct check_number) from ops.finding where runs is not null")"
  same '1|1' "$(sql "select (select total from ops.finding where rule = 'no price is below zero'),
    (select total from ops.finding where rule = 'no page repeats another')")"
  # nothing is new: nothing is asked
  run -0 "$ROOT/scripts/load"
  same 1 "$(sql 'select count(distinct check_number) from ops.finding')"
  # only what is new is read
  sed 's/T10/T11/g; s/T100000Z/T110000Z/; s/20260920T10/20260920T11/' "$raw/good-one-item.ndjson" |
    jq -c '.body.items[0].id = 7' >"$tmp/later"
  "$ROOT/scripts/load" "$tmp/later"
  same 2 "$(sql 'select count(distinct check_number) from ops.finding')"
  of="select total from ops.finding where rule = 'no price is below zero'
    order by check_number desc limit 1"
  same '2|1' "$(sql 'select count(*) from serving.listing_fact')|$(sql "$of")"
  quality >"$tmp/found" || :
  same 2 "$(sql "$of")"
}

@test "what is bad is counted, with an example; warnings end with 0, errors with 65" {
  load_raw
  run -0 --separate-stderr quality
  same '[]' "$(jq -sc 'map(select(.bad != 0))' <<<"$output")"
  sql "update ops.quality set unknown_labels = 3 where property = 'brand'"
  run -0 --separate-stderr quality
  same 'labels are known|warning|1' "$(found)"
  sql 'update serving.listing_fact set price = -1'
  run -65 --separate-stderr quality
  item=$(sql 'select item_id from serving.listing_fact')
  same "[\"no price is below zero\",\"error\",1,1,\"$item\",null,\"2026-09-20T10:00:00Z\",null]" \
    "$(jq -sc 'map(select(.bad > 0))[0] | [.rule, .severity, .bad, .of,
      .example.item_id, .broken, .at, .runs]' <<<"$output")"
  # what the load found is kept
  run -0 --separate-stderr quality --last
  same 0 "$(jq -s 'map(select(.bad != 0 or .runs == null)) | length' <<<"$output")"
}

@test "on a terminal: a table of what is bad, 80 columns wide; nothing before the first check" {
  fails 69 'no rule was asked yet' quality --last
  load_raw
  sql "update serving.listing_fact set price = -1, title = E'\\u009b31mred' || repeat('x', 100)"
  run -65 script -qec "$ROOT/scripts/quality" /dev/null
  same '' "$(awk 'length > 81' <<<"$output")"	# with the carriage return
  same 'severity     bad        of  rule
error          1         1  no price is below zero
                            site=www.vinted.it price=-1 source=vinted item_id=10' \
    "$(tr -d '\r' <<<"$output" | head -n 3)"
  [[ $output != *'labels are known'* ]]
  [[ $output == *' rules were asked at 2026-09-20 10:00, '*' found nothing bad'* ]]
  run -65 script -qec "$ROOT/scripts/quality --json" /dev/null
  [[ ${lines[0]} == '{"rule":"no price is below zero",'* ]]
}

# --- the shipped rules --------------------------------------------------------

@test "each rule over rows finds what it is for" {
  load_raw good-list-2025
  rows=$(sql 'select count(*) from serving.listing_fact')
  sql "update ops.quality set nulls = records where property = 'price'"
  finds 'what must be there is there|warning|1'
  sql "update ops.quality set invalids = records where property = 'brand'"
  finds 'values are as contracts say|warning|1'
  sql "update serving.listing_fact set currency = 'eur'"
  finds "a currency is three capitals|error|$rows"
  sql "update serving.listing_fact set last_seen = '2026-09-20T12:00:00Z'"
  finds "no listing was seen in the future|error|$rows"
  sql "update staging.vinted_event set latest = '2026-09-20T12:00:00Z'"
  sql "update staging.vinted_look set observed_at = '2026-09-20T11:00:01Z'"
  finds 'no answer is from the future|error|1'
  finds 'an event has its look|error|1'
  sql 'update serving.listing_fact set condition_id = 77'
  finds 'conditions have a name|warning|1'
  sql "insert into ops.hold (run, part, reason) values ('r', '0001', 'so')"
  finds 'no part is held|error|1'
  sql "insert into ops.reject (program, reason) values ('x', 'a'), ('x', 'a')"
  finds 'nothing is rejected|warning|1'
  sql "insert into ops.run (run, source, flow, complete, queries)
    values ('r', 'vinted', 'catalog', true, '[{\"query\":\"q\",\"gap\":true},{\"query\":\"p\"}]')"
  finds 'no listing slipped between two runs|warning|1'
  sql "insert into serving.image_unused values ('ab')"
  finds 'a picture has its photo|warning|1'
  sql 'delete from serving.listing_fact'
  finds "what a page shows is stored|warning|$(sql 'select count(*) from serving.item_state')"
}

# pages N FROM EVERY FOUND: N looks at searches
pages() {
  sql "insert into staging.vinted_look (source, site, run, line, kind, query, page,
      observed_at, verdict, found, promoted, ids, contract)
    select 'vinted', 'www.vinted.pt', 'r' || extract(epoch from at)::bigint, 1, 'search', 'q', 1,
        at, 'ok', $4, 0, '[]', 1
    from generate_series(0, $1 - 1) as n,
        lateral (select '$2'::timestamptz + n * interval '$3' as at) as t"
}

@test "a page that repeats another, and a site that is late by two periods and an hour" {
  load_raw
  sql "update serving.mart_window set site = 'www.vinted.pt'"
  pages 1 2026-09-20T07:00:00Z 1h 96
  run -0 quality
  VPIPE_NOW=2026-09-20T10:00:01Z finds 'sites are searched on time|error|1'
  VPIPE_NOW=2026-09-20T10:00:01Z VPIPE_PERIOD=2h run -0 quality
  # a site that was given up long ago is not late
  VPIPE_NOW=2026-10-21T00:00:00Z run -0 quality
  pages 1 2026-09-20T09:59:00Z 1h 96
  sql "insert into staging.vinted_look select (l).* from (select jsonb_populate_record(l,
    '{\"page\":2,\"line\":2}') as l from staging.vinted_look l where found = 96) as l"
  finds 'no page repeats another|error|2'
}

@test "volume: fewer than half of the least of the same hours counts; more never does" {
  load_raw
  rule='searches find as much as in the weeks before|warning|1'
  pages 5 2026-08-23T09:30:00Z '7 days' 500
  run -0 quality
  same '' "$(found)"
  sql "update staging.vinted_look set found = 250 where observed_at > '2026-09-20'"
  run -0 quality
  same '' "$(found)"
  sql "update staging.vinted_look set found = 249 where observed_at > '2026-09-20'"
  finds "$rule"
  # one week alone proves nothing, nor do weeks with next to nothing
  sql "update staging.vinted_look set found = 99 where observed_at < '2026-09-12'"
  run -0 quality
  same '' "$(found)"
  sql "update staging.vinted_look set found = 9000 where observed_at > '2026-09-20'"
  run -0 quality
  same '' "$(found)"
}

@test "a property that was filled last week and is empty now went; a held part is looked at" {
  load_raw good-list-2025
  title="stream = 'vinted_item' and property = 'title'"
  same 1 "$(sql "select count(*) from ops.field where kind = 'property'
    and stream = 'vinted_item' and name = 'title'")"
  sql "update ops.quality set records = 20, nulls = 20 where $title"
  finds 'no property went|error|1'
  VPIPE_NOW=2026-09-28T10:00:00Z run -65 quality
  [[ $(found) != *' went|'* ]]
  sql "update ops.quality set nulls = 19 where $title"
  run -0 quality
  # nothing of it is loaded, and yet it is asked about
  vput "$VPIPE_DATA/raw" <"$raw/bad-price-is-text.ndjson" >/dev/null
  run -65 --separate-stderr "$ROOT/scripts/load"
  grep -qx 'no part is held|error|1' <(found)
  grep -q '^nothing is rejected|warning|' <(found)
  n=$(sql 'select max(check_number) from ops.finding')
  run -0 --separate-stderr "$ROOT/scripts/load"
  same "$n" "$(sql 'select max(check_number) from ops.finding')"
}

@test "keys that came, went or changed their type, whether a contract reads them or not" {
  # one_item FILTER HOUR: a page, in a run of its own
  one_item() {
    jq -c ".run = \"202609$2T100000Z-catalog-0000000000000001\" | .body.items[0] |= ($1)" \
      "$raw/good-one-item.ndjson" >"$tmp/raw"
    VPIPE_NOW=2026-09-${2}:00:00Z "$ROOT/scripts/load" "$tmp/raw"
  }
  key() {
    quality >"$tmp/found" || :
    jq -r 'select(.bad > 0 and (.rule | test("key"))) |
      "\(.rule)|\(.bad)|\(.example.key)|\(.example.types // [] | join(" "))"' "$tmp/found"
  }
  one_item '.odd = 1 | .none = null' 20T10
  same '' "$(key)"
  export VPIPE_NOW=2026-09-22T10:00:00Z
  one_item '.odd = 1 | .fresh = "x" | .none = 3' 22T10
  same 'no key came|2|fresh|string' "$(key)"	# for items and their catalogs
  # a type after nulls is no change, one after another type is
  one_item '.odd = "1"' 22T10
  same 'no key came|2|fresh|string
no key changed its type|2|odd|number string' "$(key)"
  VPIPE_NOW=2026-09-29T10:00:01Z
  same '' "$(key)"
  sql "update ops.field set hours = 13, filled_at = '2026-09-29T09:00:00Z' where kind = 'key'"
  same '' "$(key)"
  sql "update ops.field set filled_at = '2026-09-28T08:00:00Z' where kind = 'key' and name = 'odd'"
  same 'no key went|2|odd|' "$(key)"
  # one that was rare is not missed
  sql "update ops.field set hours = 6 where kind = 'key' and name = 'odd'"
  same '' "$(key)"
}

@test "a shipped rule that is broken costs no other" {
  sql "update ops.rule set query = 'select no from such' where place = 3"
  run -0 --separate-stderr load_raw
  same '1|relation "such" does not exist' "$(sql 'select count(*), min(broken)
    from ops.finding where broken is not null')"
  same "$(sql 'select count(*) from ops.rule')" "$(sql 'select count(*) from ops.finding')"
  run -70 --separate-stderr quality
}

@test "who is forgotten is no example of a rule" {
  load_raw
  sql 'update serving.listing_fact set price = -1'
  run -65 quality
  example="select example ->> 'item_id' from ops.finding where bad > 0"
  same 10000000001 "$(sql "$example")"
  sql "select ops.forget('staging', 'staging', 'vinted', array['nobody'])" >/dev/null
  same 10000000001 "$(sql "$example")"
  sql "select ops.forget('staging', 'staging', 'vinted', array(select seller_key
    from staging.vinted_item))" >/dev/null
  same '' "$(sql "$example")"
}

# --- the user's own -----------------------------------------------------------

@test "rules of the user's run after a load and by hand, as one who reads serving alone" {
  cat >"$tmp/rules" <<'RULES'
# mine, over two lines
cheap | warning | select item_id, price from new_listing
	where price < 1000000;

seen | error | select l.run from look l join new_look using (run, line)
RULES
  "$ROOT/scripts/db" reader looking >/dev/null
  export VPIPE_RULES=$tmp/rules VPIPE_READER=looking
  run -0 --separate-stderr load_raw
  same '' "$stderr"
  same "cheap|warning|1|1|2
seen|error|1|1|5" "$(sql "select rule, severity, bad, total, line from ops.finding
    where file = '$tmp/rules' order by line")"
  run -65 --separate-stderr quality
  same "[\"$tmp/rules\",2,\"cheap\"]" \
    "$(jq -c 'select(.rule == "cheap") | [.file, .line, .rule]' <<<"$output")"
  printf 'who | error | select 1 where current_user = %s\n' "'looking'" >"$tmp/rules"
  finds 'who|error|1'
}

@test "a broken rule of the user's is one sentence with file and line, and costs no other" {
  cat >"$tmp/rules" <<'RULES'
none | error | select nothing from new_listing
two | error | select 1; drop table serving.listing_fact
out | error | select 1) q; delete from serving.listing_fact; select * from (select 1
grave | fatal | select 1
no bars
empty | error |
writes | error | with w as (delete from serving.listing_fact returning 1) select * from w
secret | error | select * from ops.run
hidden | error | select * from new_run
odd | error | select null::bytea, 'Infinity'::float8, E'\u0085' as "a ""b"
good | warning | select 1
RULES
  "$ROOT/scripts/db" reader looking >/dev/null
  export VPIPE_RULES=$tmp/rules VPIPE_READER=looking
  run -0 --separate-stderr load_raw
  same 9 "${#stderr_lines[@]}"
  same "load: $tmp/rules:1: rule 'none': column \"nothing\" does not exist" "${stderr_lines[0]}"
  [[ ${stderr_lines[1]} == *"rules:2: rule 'two': "* ]]
  [[ ${stderr_lines[2]} == *"rules:3: rule 'out': it is more than one statement" ]]
  [[ ${stderr_lines[3]} == *"rules:4: rule 'grave': its severity is neither warning nor error" ]]
  [[ ${stderr_lines[4]} == *"rules:5: rule '': it is not "* ]]
  [[ ${stderr_lines[5]} == *"rules:6: rule 'empty': it is not "* ]]
  [[ ${stderr_lines[7]} == *"rules:8: rule 'secret': permission denied for table run" ]]
  same $'odd\ngood' "$(sql "select rule from ops.finding where bad = 1 order by line")"
  same 1 "$(sql 'select count(*) from serving.listing_fact')"
  run -78 --separate-stderr quality
  # a rule has a time limit
  printf 'slow | error | select pg_sleep(600)\nnext | warning | select 1\n' >"$tmp/rules"
  sed 's/-v seconds="\$2"/-v seconds=1/' "$ROOT/scripts/lib/quality.sh" >"$tmp/quality.sh"
  cp -r "$ROOT/scripts" "$tmp/scripts"
  mv "$tmp/quality.sh" "$tmp/scripts/lib/quality.sh"
  VPIPE_SCHEMA=$ROOT/schema run -78 --separate-stderr "$tmp/scripts/quality"
  same "quality: $tmp/rules:1: rule 'slow': it takes longer than 1s" "$stderr"
  same next "$(sql "select rule from ops.finding where bad = 1 and file <> ''
    order by check_number desc limit 1")"
}

@test "a file of rules that is missing, or not text, fails no load" {
  VPIPE_RULES=$tmp/none run -0 --separate-stderr load_raw
  same "load: cannot read the rules of VPIPE_RULES, '$tmp/none'" "$stderr"
  VPIPE_RULES=$tmp/none fails 78 'cannot read the rules' quality
  : >"$tmp/rules"
  VPIPE_RULES=$tmp/rules run -0 --separate-stderr quality
  printf '\xff | error | select 1\n' >"$tmp/rules"
  VPIPE_RULES=$tmp/rules run -70 --separate-stderr quality
  same 1 "${#stderr_lines[@]}"
}

@test "a full disk, a reader that leaves, a database that is away" {
  load_raw
  "$ROOT/scripts/quality" >/dev/full 2>"$tmp/words" && return 1
  [ -s "$tmp/words" ]
  run -0 --separate-stderr bash -c "'$ROOT/scripts/quality' | head -n 1"
  same '' "$stderr"
  PGHOST=$tmp fails 75 'database: ' quality
}
