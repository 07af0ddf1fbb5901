# vpipe watch: what saved searches ask for, told once
load helper
load track
load flow

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  mkdir -p "$VPIPE_DATA"
}

watch() {
  "$ROOT/scripts/watch" "$@"
}

# watches: the file, from stdin
watches() {
  cat >"$VPIPE_DATA/watches"
}

# fed: the change feed gains what stands on stdin, a line a line, and the listings
# are known as it leaves them:
#	ITEM TYPE [OLD NEW [CAUSE]]		an event is added
#	ITEM listed PRICE			at this price
#	withdraw N				line N is withdrawn
fed() {
  awk -v n="$(sql 'select coalesce(max(n), 0) from ops.change')" -v OFS='\t' '
    { n++ }
    $1 == "withdraw" { print n, "withdraw", "\\N", "\\N", $2, "\\N"; next }
    {
      event = "\"type\": \"" $2 "\", \"site\": \"a.test\", \"item_id\": \"" $1 \
        "\", \"latest\": \"2026-09-20T08:00:00Z\""
      price = $2 == "listed" ? $3 : $2 == "repriced" && $5 != "fee" ? $4 : "\\N"
      if ($2 == "repriced")
        event = event ", \"old\": " $3 ", \"new\": " $4 ", \"cause\": \"" ($5 ? $5 : "seller") \
          "\", \"currency\": \"EUR\", \"confidence\": \"observed\""
      print n, "add", $1, "{" event "}", "\\N", price
    }' >"$tmp/fed"
  (cd "$tmp" && psql -X -q -v ON_ERROR_STOP=1 -1) <<'end'
create temporary table fed (n bigint, op text, item_id text, event jsonb, line bigint, price numeric);
\copy fed from fed
insert into ops.change (n, source, op, item_id, event)
select n, 'one', op, item_id, event from fed where op = 'add';
insert into ops.change (n, source, op, item_id, event)
select f.n, 'one', 'withdraw', c.item_id, c.event from fed f join ops.change c on c.n = f.line;
update ops.change c set withdrawn = f.n from fed f where c.n = f.line;
insert into serving.listing_fact (source, site, item_id, title, catalogs, brand, condition_id, size,
    currency, listed_price, price, first_seen, last_seen)
select distinct on (item_id) 'one', 'a.test', item_id, 'thing ' || item_id, '{5}', 'Nordhavn', 2, 'M',
    'EUR', first_value(price) over (partition by item_id order by n), price, now(), now()
from fed where price is not null
order by item_id, n desc
on conflict (item_id, site, source) do update set price = excluded.price;
end
}

# heard: what is told now, "WATCH OP ITEM TYPE" a line
heard() {
  watch "$@" >"$tmp/heard"
  jq -r '"\(.watch) \(.op) \(.item_id) \(.event.type)"' "$tmp/heard"
}

# kinds: a file with a watch of each
kinds() {
  watches <<'end'
watch: cheap
when: price < 9 EUR

watch: cuts
when: cut > 15 %

watch: fresh
when: new
brand: nordhavn

watch: sold
when: sold

watch: left
when: left
end
}

@test "each kind of crossing is told once, by what its event says" {
  kinds
  heard
  same '' "$(<"$tmp/heard")"
  fed <<'end'
1 listed 8
2 listed 12
2 repriced 12 8
1 repriced 8 7
2 sold
1 vanished
end
  same $'cheap add 1 listed
cheap add 2 repriced
cuts add 2 repriced
fresh add 1 listed
fresh add 2 listed
sold add 2 sold
left add 2 sold
left add 1 vanished' "$(heard)"
  same '' "$(heard)"
  same '["cheap/3",{"below":9,"currency":"EUR","cut":33.3,"price":8,"was":12},"thing 2","a.test",8,"EUR","2026-09-20T08:00:00Z"]' \
    "$(watch --dry-run --since 0 | jq -c 'select(.id == "cheap/3") |
      [.id, .crossed, .title, .site, .price, .currency, .event.latest]')"
  same '' "$(heard)"
}

@test "a price that rises and falls again crosses twice, one that stays below does not" {
  kinds
  watch
  fed <<'end'
1 listed 12
1 repriced 12 8
1 repriced 8 7.9
1 repriced 7.9 9
1 repriced 9 8.99
end
  same $'cheap add 1 repriced\ncheap add 1 repriced' "$(heard | grep cheap)"
  fed <<'end'
1 repriced 8.99 8.5
1 repriced 8.5 12
end
  same '' "$(heard)"
  fed <<<'1 repriced 12 8'
  same 'cheap add 1 repriced' "$(heard | grep cheap)"
}

@test "what the rate or a fee moved is no seller's cut, though a price below is one" {
  kinds
  watch
  fed <<'end'
1 listed 20
1 repriced 20 16 rate
1 repriced 16 8 fee
2 listed 20
2 repriced 20 16 wardrobe
3 listed 20
3 repriced 20 16 unknown
4 listed 100
4 repriced 100 85 seller
5 listed 100
5 repriced 100 84.99 seller
6 listed 10
6 repriced 10 8 rate
end
  heard >"$tmp/lines"
  same $'cuts add 2 repriced\ncuts add 3 repriced\ncuts add 5 repriced' "$(grep cuts "$tmp/lines")"
  same 'cheap add 6 repriced' "$(grep cheap "$tmp/lines")"
  # of a listing that the marts do not have, the event tells enough
  fed <<<'7 repriced 10 8'
  sql 'delete from serving.listing_fact'
  same $'cheap add 7 repriced\ncuts add 7 repriced' "$(heard)"
}

@test "a withdrawal is told of what was told; what replaces it at the same price is not" {
  kinds
  watch
  fed <<'end'
1 listed 12
1 repriced 12 8
1 sold
2 listed 12
2 sold
withdraw 5
end
  heard >"$tmp/lines"
  same 'sold add 1 sold' "$(grep ^sold "$tmp/lines")"
  # the same sale, at another time; the cut in two steps
  fed <<'end'
withdraw 3
withdraw 2
1 repriced 12 10
1 repriced 10 8.00
1 sold
end
  same 'cuts add 1 repriced' "$(heard)"
  same 10 "$(jq .event.new "$tmp/heard")"
  fed <<<'withdraw 11'
  same $'sold withdraw 1 sold\nleft withdraw 1 sold' "$(heard)"
  same $'sold/12 sold/11\nleft/12 left/11' "$(jq -r '"\(.id) \(.withdraws)"' "$tmp/heard")"
  same '' "$(heard)"
  fed <<<'1 sold'
  same $'sold add 1 sold\nleft add 1 sold' "$(heard)"
}

# --- commands -------------------------------------------------------------------

@test "a command gets its watch's lines on stdin, the others print theirs, with --quiet later" {
  watches <<end
watch: mailed
when: sold
command: cat >>'$tmp/mailed' && printf 'sent\n'

watch: printed
when: new
end
  watch
  fed <<<$'1 listed 8\n1 sold\n2 sold'
  run -0 --separate-stderr watch --quiet
  same sent "$stderr"
  same '' "$output"
  same 'mailed/2 mailed/3' "$(jq -r .id "$tmp/mailed" | paste -s -d ' ')"
  same 'printed add 1 listed' "$(heard)"
  fed <<<'3 sold'
  watch --dry-run >"$tmp/dry"
  run -0 --separate-stderr watch
  same "$(<"$tmp/dry")" "$output"
  same "$output" "$(tail -n +3 "$tmp/mailed")"
  same '' "$(watch)"
}

@test "a command that fails gets the same lines again, the other watches go on" {
  watches <<end
watch: failing
when: new
command: cat >>'$tmp/got'; exit \$(cat '$tmp/status')

watch: next
when: new
command: cat >>'$tmp/next'
end
  watch
  echo 3 >"$tmp/status"
  fed <<<'1 listed 8'
  fails 69 "'failing': its command ended with 3: told again next time: 1" watch --quiet
  same next/1 "$(jq -r .id "$tmp/next")"
  fed <<<'2 listed 8'
  echo 0 >"$tmp/status"
  run -0 --separate-stderr watch --quiet
  same 'failing/1 failing/1 failing/2' "$(jq -r .id "$tmp/got" | paste -s -d ' ')"
  same 'next/1 next/2' "$(jq -r .id "$tmp/next" | paste -s -d ' ')"
  watch --quiet
  same 3 "$(wc -l <"$tmp/got")"
  # withdrawn before it could be told: never
  echo 1 >"$tmp/status"
  fed <<<'3 listed 8'
  run -69 watch --quiet
  fed <<<'withdraw 3'
  echo 0 >"$tmp/status"
  run -0 watch --quiet
  same $'failing/1\nfailing/1\nfailing/2\nfailing/3' "$(jq -r .id "$tmp/got")"
}

@test "a command that does not read, or leaves something running, holds up nothing" {
  watches <<end
watch: deaf
when: new
command: sleep 60 >/dev/null 2>&1 & echo "\$!" >>'$tmp/left'
end
  watch
  for i in {1..2}; do
    awk -v i="$i" 'BEGIN { for (n = 1; n <= 900; n++) print i "_" n, "listed 8" }' | fed
    run -0 --separate-stderr watch
    [ "${#lines[@]}" -eq 900 ]
  done
  # shellcheck disable=SC2046
  kill $(<"$tmp/left")
}

@test "killed before it is recorded it tells again, under the same id; what was told it does not" {
  watches <<end
watch: a
when: new
command: cat >>'$tmp/a'

watch: b
when: new
command: cat >>'$tmp/b'; [ ! -e '$tmp/kill' ] || kill -9 "\$PPID"
end
  watch
  fed <<<$'1 listed 8\n2 listed 8'
  touch "$tmp/kill"
  run -137 "$ROOT/scripts/watch" --quiet
  rm "$tmp/kill"
  watch --quiet
  watch --quiet
  same 'a/1 a/2' "$(jq -r .id "$tmp/a" | paste -s -d ' ')"
  same 'b/1 b/2 b/1 b/2' "$(jq -r .id "$tmp/b" | paste -s -d ' ')"
}

@test "one at a time; a reader that leaves and a full disk lose nothing" {
  kinds
  watch
  fed <<<'1 listed 8'
  mkdir -p "$VPIPE_DATA/lock"
  exec 5>"$VPIPE_DATA/lock/watch"
  flock 5
  fails 75 "another 'watch' is running" watch
  exec 5>&-
  fails 74 'cannot write to standard output' sh -c "exec '$ROOT/scripts/watch' >/dev/full"
  fails 74 'cannot write to standard output' sh -c "exec '$ROOT/scripts/watch' >&-"
  run -141 bash -c "set -o pipefail; '$ROOT/scripts/watch' | { exec <&-; sleep 1; }"
  same $'cheap add 1 listed\nfresh add 1 listed' "$(heard)"
}

# --- the file -------------------------------------------------------------------

@test "a new watch begins now, or where --since says; one that asks for something else is new" {
  fed <<<$'1 listed 8\n2 listed 8'
  watches <<<$'watch: a\nwhen: new'
  same '' "$(heard)"
  fed <<<'3 listed 8'
  watches <<<$'watch: a\nwhen: new\ncommand: true'
  same 'a add 3 listed' "$(heard)"
  watches <<<$'watch: a\nwhen: new\nbrand: nordhavn\n\nwatch: b\nwhen: sold'
  same '' "$(heard)"
  same $'a|3\nb|3' "$(sql 'select name, n from ops.watch order by 1')"
  watches <<<$'watch: c\nwhen: new'
  same $'c add 2 listed\nc add 3 listed' "$(heard --since 1)"
  same '' "$(heard --since 0)"
  same 'c|2' "$(sql 'select watch, count(*) from ops.crossing group by 1')"
  watches </dev/null
  same '' "$(heard)"
  same '0|0' "$(sql 'select count(*), (select count(*) from ops.crossing) from ops.watch')"
  fails 64 "'1x' is no number" watch --since 1x
  fails 64 "no such option '--sinces'" watch --sinces=1
  fails 64 "it takes no 'x'" watch x
}

@test "filters: brand, title, catalog, condition, size, site, source, confidence" {
  watches <<'end'
# as people write
 watch :	all of it
when:	new   and price < 9 EUR
brand:	NORDHAVN
title:	1 Thing
catalog: 5
condition: 2
size: m
site: A.test
source: one
within: 2 days
end
  sql "insert into serving.mart_window values ('one', 'a.test', '2026-09-22T07:00:00Z', 1)"
  for other in 'brand: N' 'title: thong' 'catalog: 6' 'condition: 3' 'size: L' 'site: b.test' \
      'source: two' 'confidence: inferred, unknown' 'when: new and price < 8 EUR' 'within: 1 day'; do
    printf 'watch: not %s\n' "$other"
    [[ $other == when* ]] || printf 'when: new\n'
    printf '%s\r\n' "$other"
  done >>"$VPIPE_DATA/watches"
  watch
  fed <<<$'1 listed 8\n2 listed 8'
  same 'all of it add 1 listed' "$(heard)"
}

# refused LINE WORDS: the file on stdin, and nothing of it is applied
refused() {
  watches
  fails 78 "'$VPIPE_DATA/watches' line $1: $2" watch
  same "$standing" "$(sql 'select * from ops.watch')"
}

@test "a faulty line is named, and no watch of the file is applied" {
  watches <<<$'watch: a\nwhen: new'
  watch
  standing=$(sql 'select * from ops.watch')
  refused 1 'it does not begin with one of watch:' <<<'wotch: a'
  refused 1 'it does not begin with one of watch:' <<<'watch'
  refused 2 'it stands before the first watch' <<<$'# a\nwhen: new'
  refused 1 'nothing stands after watch:' <<<'watch:  '
  refused 1 'the watch has no when' <<<$'watch: a\n\nwatch: b\nwhen: new'
  refused 3 'the watch has no when' <<<$'watch: b\nwhen: new\nwatch: a'
  refused 4 'a watch of this name stands in line 1' <<<$'watch: a\nwhen: new\n\nwatch: a\nwhen: new'
  refused 3 'a second when: in one watch' <<<$'watch: a\nwhen: new\nwhen: sold'
  refused 2 "'sould' is no condition: new, price < 25 EUR, percentile < 20, cut > 15 %, left," <<<$'watch: a\nwhen: sould'
  for term in 'price < 25' 'price > 25 EUR' 'price < -1 EUR' 'percentile < 100' 'percentile < 0' \
      'cut > 100' 'cut > x' 'new and' "new'; drop" 'listed' 'price < 1 EUR and price < 2 EUR'; do
    refused 2 "" <<<$'watch: a\nwhen: '"$term"
  done
  refused 2 "'sold' is a second event" <<<$'watch: a\nwhen: new and sold'
  refused 3 "'sure' is no confidence" <<<$'watch: a\nwhen: new\nconfidence: sure'
  refused 3 "'a week' is no time: as 7 days" <<<$'watch: a\nwhen: new\nwithin: a week'
  refused 3 "no catalog is called 'Coats'" <<<$'watch: a\nwhen: new\ncatalog: Coats'
  refused 4 "no condition is called 'so''so'" <<<$'watch: a\nwhen: new\n\ncondition: so\'\'so'
  refused 2 'it is not UTF-8' <<<$'watch: a\nwhen: \xff'
  refused 2 'it has a control character' < <(printf 'watch: a\nwhen: new\0\n')
  refused 1 'it has a control character' <<<$'watch: a\eb'
  refused 2 'it has more than 8192 bytes' < <(printf 'watch: a\n#%9000s\n' x)
  refused 1 'the name of a watch has 100 bytes' < <(printf 'watch: %0101d\nwhen: new\n' 1)
  rm "$VPIPE_DATA/watches"
  fails 78 "cannot read the file of watches '$VPIPE_DATA/watches'" watch
  mkdir "$VPIPE_DATA/watches"
  fails 78 "cannot read the file of watches '$VPIPE_DATA/watches'" watch
}

@test "neither the file nor a listing's words are run, by psql, the shell or the terminal" {
  cd "$tmp"
  watches <<'end'
watch: $(touch ran) '; drop table ops.watch; -- \! touch ran
when: new
command: cat >got

watch: a "b", c\.
when: new
brand: Nord'; drop table ops.crossing; --

watch: \.
when: new
title: `touch ran` $(touch ran) "
end
  watch
  fed <<<$'1 listed 8\n2 listed 8'
  sql "update serving.listing_fact set title = E'a\t\`touch ran\` \$(touch ran) \" \\\\\\x1b[31m\\u009bx\\n\\n\\'b'
    where item_id = '1'"
  script -qefc "stty cols 80 rows 24; '$ROOT/scripts/watch' --dry-run" shown </dev/null >/dev/null
  [ "$(grep -c 'listed 8.00 EUR; [12] ' shown)" -eq 3 ]
  run ! grep -a $'\e\\|\xc2\x9b' <(sed '1d;$d' shown)
  watch >lines
  same 3 "$(wc -l <lines)"
  same "$(head -n 2 lines)" "$(<got)"
  same $'a\t`touch ran` $(touch ran) " \\\e[31m\u009bx\n\n'"'b" "$(jq -rs '.[0].title' lines)"
  same '$(touch ran) '"'; drop table ops.watch; -- \\! touch ran" "$(jq -rs '.[0].watch' lines)"
  same '\.' "$(jq -rs '.[2].watch' lines)"
  [ ! -e ran ]
}

@test "on a terminal a line of 80 columns each" {
  kinds
  watch
  fed <<<$'1 listed 12\n1 repriced 12 8\n2 listed 12\n2 sold'
  sql "update serving.listing_fact set title = repeat('long ä ', 30) where item_id = '1'"
  script -qefc "stty cols 80 rows 24; '$ROOT/scripts/watch'" "$tmp/shown" </dev/null >/dev/null
  sed '1d;$d' "$tmp/shown" | tr -d '\r' >"$tmp/lines"
  same "cheap: repriced 8.00 EUR, was 12.00; 1 long ä long ä long ä long ä long ä long …" "$(head -n 1 "$tmp/lines")"
  same 80 "$(head -n 1 "$tmp/lines" | tr -d '\n' | wc -m)"
  grep -qx 'sold: sold 12.00 EUR; 2 thing 2' "$tmp/lines"
}

# --- what else touches it -------------------------------------------------------

@test "lines that leave the feed leave its state; what was told long ago, too" {
  watches <<<$'watch: a\nwhen: new'
  watch
  fed <<<$'1 listed 8\n2 listed 8\n3 listed 8'
  watch >/dev/null
  sql 'delete from ops.change where n = 2'
  same '1 3' "$(sql 'select n from ops.crossing order by n' | paste -s -d ' ')"
  sql "update ops.crossing set told_at = now() - interval '91 days' where n = 1"
  same '' "$(heard)"
  same 3 "$(sql 'select n from ops.crossing')"
}

@test "vpipe cron runs it after a flow, where the file is; its status counts when the flow's is 0" {
  "$ROOT/scripts/cron" load --pending
  run ! grep watch "$VPIPE_DATA/log/load.log"
  watches <<end
watch: a
when: new
command: cat >>'$tmp/got'; exit 3
end
  watch
  fed <<<'1 listed 8'
  run -69 "$ROOT/scripts/cron" load --pending
  grep -q "its command ended with 3" "$VPIPE_DATA/log/load.log"
  same 'a/1' "$(jq -r .id "$tmp/got")"
  exec 5>"$VPIPE_DATA/lock/watch"
  flock 5
  run -0 "$ROOT/scripts/cron" load --pending
  exec 5>&-
  run -64 "$ROOT/scripts/cron" load nothing
  same $'a/1\na/1' "$(jq -r .id "$tmp/got")"
}

# hits FROM TO PRICE: of a search, of brand Nordhavn by of_brand
hits() {
  seq "$1" "$2" | awk -v price="$3" '{ printf " %d:%.2f@%d", 100 + $1, price + $1 / 10, 1 + $1 % 3 }'
}

of_brand() {
  told "$1" | jq -c 'if .kind == "search" then .body.items[].brand_title = "Nordhavn" else . end' |
    vput -q "$VPIPE_DATA/raw" >>"$tmp/published"
}

@test "loaded from raw: under a percentile of its like, once the marts know it, and where there are enough" {
  watches <<'end'
watch: bargains
when: percentile < 20

watch: new bargains
when: new and percentile < 20

watch: shown
when: price < 4.50 EUR
end
  watch
  of_brand 2026-09-20T08:00:00Z <<<"list 1904$(hits 1 17 10)
    wardrobe 9 900:5/20"
  load
  run -0 --separate-stderr watch
  same "watch: 'bargains': not compared: 18, with fewer than 20 like them
watch: 'new bargains': not compared: 18, with fewer than 20 like them" "$stderr"
  same '' "$output"
  of_brand 2026-09-20T20:00:00Z <<<"list 1904$(hits 2 17 10)$(hits 18 30 20) 201:5@1 202:50@2 101:4.4@2
    wardrobe 9 900:4/15"
  load --until events
  same '' "$(heard)"
  load
  same $'bargains add 101 repriced
bargains add 201 listed
new bargains add 201 listed
shown add 101 repriced
shown add 900 repriced' "$(heard | LC_ALL=C sort)"
  same '[4,5.33,20,15]' "$(jq -c 'select(.item_id == "900") |
    [(.crossed | .price, .was), (.event | .old, .new)]' "$tmp/heard")"
  same '[20,10.62,"catalog brand condition size",32,4.4,10.1]' "$(jq -c 'select(.watch == "bargains" and .item_id == "101") |
    .crossed | [.percentile, .quantile, .by, .n, .price, .was]' "$tmp/heard")"
}

# --- 10,000 changes -------------------------------------------------------------

# simulated SEED: lines for fed, with "run" where the watches run; prices up and
# down, sales, late withdrawals, most of them replaced
simulated() {
  awk -v seed="$1" '
    function pick(n) { return 1 + int(rand() * n) }
    function out(words) { n++; print words }
    function add(item, what) { out(item " " what); standing[++last] = n; item_of[last] = item; what_of[last] = what }
    BEGIN {
      srand(seed)
      while (n < 10000) {
        if (int(n / 900) > runs) { runs++; print "run" }
        item = pick(400)
        if (!(item in price)) {
          price[item] = 4 + pick(14)
          add(item, "listed " price[item])
        } else if (rand() < 0.62) {
          old = price[item]
          price[item] = rand() < 0.5 ? 4 + pick(14) : old * 0.8
          if (price[item] == old)
            price[item]++
          split("seller seller seller wardrobe unknown rate", cause, " ")
          add(item, sprintf("repriced %.17g %.17g %s", old, price[item], cause[pick(6)]))
        } else if (rand() < 0.35) {
          add(item, rand() < 0.7 ? "sold" : "vanished")
        } else {
          i = pick(last)
          if (rand() < 0.6 && last > 60)
            i = last - pick(60)
          if (standing[i]) {
            out("withdraw " standing[i])
            standing[i] = 0
            if (rand() < 0.6)
              add(item_of[i], what_of[i])
          }
        }
      }
      print "run"
    }'
}

# counted_by_hand: of the same lines, what the watches of kinds() have to tell
by_hand() {
  awk '
    function asks(w) {
      if (w == "fresh") return type == "listed"
      if (w == "sold") return type == "sold"
      if (w == "left") return type == "sold" || type == "vanished"
      if (w == "cuts") return type == "repriced" && cause != "rate" && new < old && (old - new) * 100 > 15 * old + 1e-7
      return type == "listed" ? new < 9 : type == "repriced" && new < 9 && old >= 9
    }
    function tell(w,   i, key, k, came, went, have) {
      # what stands now and is not told; what was told and stands no more
      for (i = 1; i <= n; i++) {
        if (!((w, i) in asked)) continue
        key = item[i] " " kind[i] " " (kind[i] == "repriced" ? to[i] : "")
        if (!gone[i] && !((w, i) in told)) came[key]++
        if (gone[i] && ((w, i) in told)) went[key]++
        have[key] = 1
        if (gone[i]) delete told[w, i]; else told[w, i] = 1
      }
      for (key in have) {
        split(key, k, " ")
        for (i = went[key]; i < came[key]; i++) print w, "add", k[1], k[2]
        for (i = came[key]; i < went[key]; i++) print w, "withdraw", k[1], k[2]
      }
    }
    BEGIN { split("cheap cuts fresh sold left", watch, " ") }
    $1 == "run" { for (j = 1; j <= 5; j++) tell(watch[j]); next }
    { n++ }
    $1 == "withdraw" { gone[$2] = 1; next }
    {
      item[n] = $1; kind[n] = type = $2
      old = $3; new = $2 == "listed" ? $3 : $4; cause = $5; to[n] = new
      for (j = 1; j <= 5; j++) if (asks(watch[j])) asked[watch[j], n] = 1
    }'
}

# bats test_tags=long
@test "of 10,000 changes, late and withdrawn ones too, it tells what a count by hand does" {
  kinds
  watch
  simulated "${SEED:-7}" >"$tmp/changes"
  by_hand <"$tmp/changes" | LC_ALL=C sort >"$tmp/want"
  : >"$tmp/have"
  awk -v folder="$tmp" '/^run$/ { runs++; next }
    { print >sprintf("%s/some.%03d", folder, runs) }' "$tmp/changes"
  for some in "$tmp"/some.*; do
    fed <"$some"
    heard >>"$tmp/have"
  done
  LC_ALL=C sort -o "$tmp/have" "$tmp/have"
  [ "$(wc -l <"$tmp/want")" -gt 3000 ]
  for kind in cheap cuts fresh sold left; do
    grep -q "^$kind add" "$tmp/want"
    grep -q "^$kind withdraw" "$tmp/want"
  done
  diff "$tmp/want" "$tmp/have" | head -n 20
  cmp "$tmp/want" "$tmp/have"
  same 10000 "$(sql 'select max(n) from ops.change')"
}
