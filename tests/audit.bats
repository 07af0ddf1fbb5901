# vpipe audit: what was concluded, checked by pages of listings drawn at random
load helper
load track

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  pg_stop
}

setup() {
  pg_fresh
  export VPIPE_SAMPLE_FRAC=1
}

load() {
  "$ROOT/scripts/load" "$@"
}

# history SELLER...: five listings each, two of which are gone two days later,
# sold by her counters
history() {
  local user

  kept 2026-09-01T08:00:00Z < <(for user; do echo "user $user 5 10"; done)
  kept 2026-09-01T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}1 ${user}2 ${user}3 ${user}4 ${user}5"
  done)
  kept 2026-09-03T09:00:00Z < <(for user; do
    echo "wardrobe $user ${user}3 ${user}4 ${user}5"
  done)
  kept 2026-09-04T10:00:00Z < <(for user; do echo "user $user 7 10"; done)
  kept 2026-09-04T11:00:00Z < <(for user; do
    echo "wardrobe $user ${user}3 ${user}4 ${user}5"
  done)
}

conclusion='{"state":"%s","rule":"%s","confidence":"inferred","latest":"2026-09-03T09:00:00+00:00","until":"2026-09-11T09:00:00+00:00"}'

# checked STATE:RULE ITEM:SAYS...: lines for told
checked() {
  local one note

  # shellcheck disable=SC2059	# a format
  note=$(printf "$conclusion" "${1%:*}" "${1#*:}" | sed 's/"rule":""/"rule":null/')
  for one in "${@:2}"; do
    printf 'audit %s %s %s\n' "${one%:*}" "${one#*:}" "$note"
  done
}

# --- the interval -------------------------------------------------------------

# within WANT HAVE: to a billionth
within() {
  [ "$(sql "select abs($1 - ($2)) < 1e-9")" = t ] || { echo "$1 $2"; return 1; }
}

@test "the interval of Clopper and Pearson, as R has it, to a billionth and to 100,000 checks" {
  # k n low high: of R's binom.test
  while read -r k n low high; do
    within "$low" "(ops.clopper_pearson($k, $n)).low"
    within "$high" "(ops.clopper_pearson($k, $n)).high"
  done <<'END'
0 300 0 0.01222097469429
10 10 0.69150289218124 1
3 10 0.06673951117773 0.65245285006000
299 300 0.9815687479519 0.9999156108677
2 100000 2.422101962703e-06 7.224498936505e-05
37000 100000 0.3670064087178 0.3730011330430
50000 100000 0.4968960624918 0.5031039375082
99998 100000 0.9999277550106 0.9999975778980
END
  # of nothing nothing is known
  same '0|1' "$(sql 'select * from ops.clopper_pearson(0, 0)')"
  # another level; what is rarer than it is left out on each side
  within 0.005 "ops.binomial_tail(300, 300, (ops.clopper_pearson(300, 300, 0.99)).low)"
}

@test "300 checked, 0 wrong: at least 98.8 %" {
  same 98.8 "$(sql 'select round(100 * (ops.clopper_pearson(300, 300)).low::numeric, 1)')"
}

@test "of 100 random draws the interval holds the truth in 90 or more" {
  # of 400 listings one in seven was concluded wrongly; 60 are drawn, as on 100 days
  run -0 sql "with drawn as (
      select day, id % 7 <> 0 as is_right, row_number() over (partition by day
        order by ops.hash_share(concat_ws(':', 'vinted', id, day))) as place
      from generate_series(1, 400) as id, generate_series(1, 100) as day),
    told as (
      select day, count(*) filter (where is_right) as n
      from drawn where place <= 60 group by day)
    select count(*) filter (where 1 - 57 / 400.0 between i.low and i.high) >= 90,
      round(avg(n) / 60, 2)
    from told, ops.clopper_pearson(n, 60) as i"
  same 't|0.86' "$output"
}

# --- what is judged -----------------------------------------------------------

# told_of ITEM...: what is concluded, what the page says, the judgement
told_of() {
  sql "select item_id, state, says, judgement from serving.audit order by run, line" | tr '|' ' '
}

@test "what a page says of each conclusion" {
  kept 2026-09-01T08:00:00Z <<<'user 1 5 10'
  n=0
  while read -r state sold live reserved hidden gone silent; do
    for says in sold live reserved hidden gone silent; do
      n=$((n + 1))
      echo "$state $says ${!says}" >>"$tmp/want"
      checked "$state:" "9$n:$says" >>"$tmp/answers"
    done
  done <<'END'
sold right wrong wrong wrong wrong silent
deleted wrong wrong wrong wrong right silent
hidden wrong wrong wrong right silent silent
reserved moved wrong right wrong moved silent
missing open open open open open silent
live open right moved moved moved silent
END
  loaded 2026-09-04T12:00:00Z <"$tmp/answers"
  same "$(cat "$tmp/want")" "$(told_of | cut -d ' ' -f 2-)"
}

@test "a live control that the page says is sold: missed where the flow still believes it live after the next look" {
  history 1 2 3
  loaded 2026-09-04T12:00:00Z < <(checked live: 13:sold 14:sold 23:sold 33:sold)
  same '13 live sold open
14 live sold open
23 live sold open
33 live sold open' "$(told_of)"
  # 13 is seen again; 14 is sold, by its page; nobody looked at the second
  # seller's; of the third's it is not known where it is
  loaded 2026-09-05T12:00:00Z <<<$'wardrobe 1 13 14 15\npage 14 theme SUCCESS\nwardrobe 3 34 35'
  same '13 live sold wrong
14 live sold moved
23 live sold open
33 live sold open' "$(told_of)"
}

@test "a 404 says that nothing was sold, while a sale would keep the page, and the seller is there" {
  history 1 2 3
  loaded 2026-09-04T12:00:00Z < <(checked sold:counters 11:gone 21:gone 31:gone; checked deleted: 12:gone 22:gone)
  # later than the note's time
  loaded 2026-09-12T12:00:00Z < <(checked sold:counters 32:gone)
  # the second is banned, the third is gone
  loaded 2026-09-05T12:00:00Z <<<'user 2 7 10 {"is_account_ban_permanent":true}'
  loaded 2026-09-06T12:00:00Z <<<'vanished user 3'
  same '11 sold gone wrong
21 sold gone silent
31 sold gone silent
12 deleted gone right
22 deleted gone silent
32 sold gone silent' "$(told_of)"
}

@test "precision by rule: repeats do not count twice" {
  history 1
  loaded 2026-09-04T12:00:00Z < <(checked sold:counters 11:sold 12:live 13:silent 14:sold
    checked sold:counters 15:sold | sed 's/}$/,"again":7}/'
    checked missing: 16:sold)
  same 'missing||1|0|0|0|0|1|||f
sold|counters|4|2|1|1|0|0|0.094299|0.991596|f' "$(sql 'select state, rule, asked, "right", wrong, silent, moved, open,
    low, high, is_enough from serving.audit_precision order by 1')"
  # a refusal or a failure is no answer
  kept 2026-09-05T12:00:00Z < <(echo refused item-page 17) && load
  same 5 "$(sql 'select sum(asked) from serving.audit_precision')"
}

# --- answers conclude nothing -------------------------------------------------

@test "audited answers change no conclusion, and no order of loading changes them" {
  history 1 2
  loaded 2026-09-05T08:00:00Z <<<$'page 23 theme SUCCESS\nuser 1 7 10'
  # the marts look back from the newest answer of a site, whatever was asked
  digest() {
    "$ROOT/scripts/db" digest |
      grep '^staging\|serving\.\(event\|item_state\|item\|listing_fact\)|' |
      grep -v '_look|\|_audit|'
  }
  digest >"$tmp/before"
  grep -q '^staging.vinted_event|' "$tmp/before"
  # each contradicts what is known
  kept 2026-09-04T12:00:00Z < <(checked sold:counters 11:live 12:gone; checked live: 13:sold 14:gone 15:hidden)
  kept 2026-09-06T12:00:00Z < <(checked sold: 23:reserved 21:gone; checked live: 24:sold 25:gone)
  load
  digest >"$tmp/after"
  diff "$tmp/before" "$tmp/after"
  same 9 "$(sql 'select count(*) from serving.audit')"
  same '' "$(sql "select kind from staging.vinted_snapshot where kind like 'audit%'")"
  same 0 "$(sql "select count(*) from staging.vinted_item where item_id in (11, 12) and variant like 'page%'")"
  replays 1 2
  run -0 "$ROOT/scripts/rebuild" --dry-run
  [[ $output != *differs* ]]
}

# --- what is drawn ------------------------------------------------------------

# drawn [SETTING=VALUE]...: the questions to check conclusions, of all that is due
drawn() {
  env "$@" "$ROOT/scripts/track" --dry-run 2>"$tmp/words" | jq -c 'select(.kind == "audit-page")'
}

# strata: how many of each
strata() {
  jq -r '"\(.note.state) \(.note.rule // "-")"' | LC_ALL=C sort | uniq -c | sed 's/^ *//'
}

@test "drawn are what was concluded and what is live, as many of each; the share of the budget at most" {
  export VPIPE_NOW=2026-09-05T10:00:00Z VPIPE_TRACK_BUDGET=200
  history 1 2 3 4 5 6
  load
  same '12|counters|sold
18||live' "$(sql "select count(*), rule, state from serving.item_state group by 2, 3 order by 1")"
  same '4 live -
4 sold counters' "$(drawn VPIPE_AUDIT_SHARE=0.04 | strata)"
  same '' "$(drawn VPIPE_AUDIT_SHARE=0)"
  # the odd one is of the larger; of a stratum that is used up, the other's
  same '6 live -
5 sold counters' "$(drawn VPIPE_AUDIT_SHARE=.055 | strata)"
  same '18 live -
12 sold counters' "$(drawn VPIPE_AUDIT_SHARE=1 | strata)"
  # the note is what is concluded now
  same '[["sold"],"counters","inferred","2026-09-04T10:00:01+00:00"]' "$(drawn VPIPE_AUDIT_SHARE=1 |
    jq -sc '[.[] | select(.params.item | endswith("1")) | .note] | [(map(.state) | unique), .[0].rule, .[0].confidence, .[0].latest]')"
  # the same day draws the same, another day others
  drawn VPIPE_AUDIT_SHARE=0.04 >"$tmp/once"
  drawn VPIPE_AUDIT_SHARE=0.04 VPIPE_NOW=2026-09-05T20:00:00Z | cmp - "$tmp/once"
  ! drawn VPIPE_AUDIT_SHARE=0.04 VPIPE_NOW=2026-09-06T10:00:00Z | cmp -s - "$tmp/once"
  # the page of a sold listing speaks for ten days
  same '18 live -' "$(drawn VPIPE_AUDIT_SHARE=1 VPIPE_NOW=2026-09-11T10:00:00Z | strata | grep -v sold)"
  same '' "$(drawn VPIPE_AUDIT_SHARE=1 VPIPE_NOW=2026-09-14T11:00:00Z | strata | grep sold)"
}

@test "a listing is drawn once; what was asked within a day is not; of a day's draws each stratum has as many" {
  export VPIPE_NOW=2026-09-05T12:00:00Z VPIPE_TRACK_BUDGET=100 VPIPE_AUDIT_SHARE=1
  history 1 2 3
  kept 2026-09-05T10:00:00Z < <(checked live: 13:live 14:live 15:live 23:live)
  kept 2026-09-05T11:00:00Z <<<'page 11 live'
  load
  drawn | jq -r .params.item | sort >"$tmp/drawn"
  same $'12\n21\n22\n24\n25\n31\n32\n33\n34\n35' "$(cat "$tmp/drawn")"
  # four live ones were drawn today: of four more, all are sold ones
  same '4 sold counters' "$(drawn VPIPE_AUDIT_SHARE=0.04 | strata)"
}

@test "who is forgotten leaves the checks, too, and is not drawn" {
  export VPIPE_NOW=2026-09-05T14:00:00Z VPIPE_TRACK_BUDGET=100 VPIPE_AUDIT_SHARE=1
  history 701 702
  loaded 2026-09-04T12:00:00Z < <(checked sold:counters 7011:sold 7012:gone 7021:sold; checked live: 7013:silent)
  same 4 "$(sql 'select count(*) from serving.audit')"
  "$ROOT/scripts/forget" --source vinted 701
  same '7021 sold sold right' "$(told_of)"
  same 1 "$(sql 'select count(*) from staging.vinted_audit')"
  same $'7022\n7023\n7024\n7025' "$(drawn | jq -r .params.item | sort)"
  run -0 "$ROOT/scripts/rebuild" --dry-run
  [[ $output != *differs* ]]
}

@test "every fourth of the sold, by a hash, is asked again after 7, 14 and 30 days, while its page is there" {
  export VPIPE_TRACK_BUDGET=100 VPIPE_AUDIT_SHARE=1
  again() { drawn "VPIPE_NOW=$1T13:00:00Z" | jq -r 'select(.note.again) | "\(.params.item) \(.note.again)"' | sort; }
  users=$(seq -s ' ' 701 724)
  # shellcheck disable=SC2086	# words
  history $users
  kept 2026-09-05T12:00:00Z < <(for user in $users; do
    checked sold:counters "${user}1:sold" "${user}2:gone"
  done)
  load
  sql "select item_id from serving.audit where says = 'sold' and ops.hash_share('vinted:' || item_id) < 0.25
    order by 1" >"$tmp/fourth"
  read -r one <"$tmp/fourth"
  [ "$(wc -l <"$tmp/fourth")" -ge 2 ]
  same '' "$(again 2026-09-06)$(again 2026-09-11)$(again 2026-09-16)"
  same "$(sed 's/$/ 7/' "$tmp/fourth")" "$(again 2026-09-12)"
  same "$(sed 's/$/ 7/' "$tmp/fourth")" "$(again 2026-09-13)"
  # asked, one is there and one is gone: the other is asked again, and not twice
  loaded 2026-09-12T14:00:00Z < <(checked sold:counters "$one:sold" | sed 's/}$/,"again":7}/'
    checked sold:counters "$(sed -n 2p "$tmp/fourth"):gone" | sed 's/}$/,"again":7}/')
  same '' "$(again 2026-09-13 | grep "^$one ")"
  same "$(sed '2d; s/$/ 14/' "$tmp/fourth")" "$(again 2026-09-19)"
  same "$(sed '2d; s/$/ 30/' "$tmp/fourth")" "$(again 2026-10-05)"
  # half of the questions at most
  same 1 "$(drawn VPIPE_NOW=2026-09-19T13:00:00Z VPIPE_AUDIT_SHARE=0.02 | jq -c 'select(.note.again)' | wc -l)"
}

# --- what is told -------------------------------------------------------------

audit() {
  "$ROOT/scripts/audit" "$@"
}

# answers: a world, what pages say of it, and counters that fall
answers() {
  history 1 2 3
  kept 2026-09-04T12:00:00Z < <(checked sold:counters 11:sold 12:live 21:sold 22:gone 31:silent
    checked live: 13:live 14:sold 23:gone; checked missing: 33:sold
    checked deleted:relisted 34:gone 35:live)
  kept 2026-09-12T12:00:00Z < <(checked sold:counters 11:sold 21:gone | sed 's/}$/,"again":7}/')
  kept 2026-09-13T12:00:00Z <<'END'
wardrobe 1 13 14 15
page 15 theme INFO
user 1 6 9
user 2 6 10
user 3 3 10
END
  load
}

@test "a table of 80 columns: precision, what was missed, counters, themes, sold pages" {
  answers
  run -0 --separate-stderr audit
  same '' "$stderr"
  same 'vinted: what pages say of what was concluded, to 2026-09-12

concluded              asked  right  wrong  silent  moved  open   right, at 95 %
sold: counters             5      2      2       1      0     0       6.8–93.2 %
deleted: relisted          2      1      1       0      0     0       1.3–98.7 %
live                       3      1      1       0      1     0       1.3–98.7 %
missing                    1      0      0       0      0     1

live         1 of 3 controls missed (at most 90.6 %); 0 found since, 0 open
missing      sold 1
404          1 of the wrong sales: the page is gone, and a sale would keep it
sold pages   1 of 2 after 7 days still said sold
counters     9 looks in 60 days; listed and sold make the total in 100 %
             6 sales; other exits a sale: at least 0.17
             3 falls of sold: 1 with the total, 1 without, 1 else
themes       not known: INFO 1

Sales are what vpipe track concludes; not yet verified on this site.
So it says until each rule of sales that was drawn has 100 right or wrong ones.' "$output"
  same "$output" "$(audit vinted)"
  same '[3,0.905701,1]' "$(audit --json | jq -c '[.precision[2].asked, .controls.high, .sold_pages[0].gone]')"
  fails 64 "nothing of a source 'x' is known" audit x
  fails 64 "one source at a time" audit x y
  # of a simulator that is what is said
  VPIPE_BASE_URL=http://127.0.0.1:9 run -0 --separate-stderr audit
  [[ $output == 'vinted, simulated: '*'These are figures of a simulator, and of no real market.' ]]
}

@test "before anything was checked" {
  fails 64 'nothing is known yet' audit
  history 1
  load
  run -0 --separate-stderr audit
  [[ $output == 'vinted: no page has been asked yet to check'*'counters     2 looks'*'not yet verified on this site.'* ]]
}

@test "the time after which a counter shows a sale, where it is known" {
  kept 2026-09-01T08:00:00Z <<<'user 1 5 8'
  kept 2026-09-01T09:00:00Z <<<'wardrobe 1 11 12 13'
  kept 2026-09-02T08:00:00Z <<<'user 1 5 8'
  kept 2026-09-02T09:00:00Z <<<'wardrobe 1 12 13'
  kept 2026-09-02T10:00:00Z <<<'page 11 theme SUCCESS'
  kept 2026-09-02T20:00:00Z <<<'user 1 6 8'
  load
  [[ $(audit) == *'lag          1 lone sales, by when at the latest the counter showed them
             6 h: 0, 12 h: 0, 24 h: 0, 48 h: 1, 72 h: 0, more: 0'* ]]
}

@test "until each rule of sales has 100 checks, sales are not yet verified" {
  history 1
  evidence() { sql 'select is_verified, words from serving.sale_evidence'; }
  load
  same 'f|not yet verified on this site' "$(evidence)"
  kept 2026-09-04T12:00:00Z < <(for ((n = 100; n < 199; n++)); do checked sold:counters "9$n:sold"; done)
  load
  same 'f|not yet verified on this site' "$(evidence)"
  loaded 2026-09-04T18:00:00Z < <(checked sold:counters 9999:sold)
  same 't|checked on this site: at least 96.4 % right' "$(evidence)"
  # of another rule nothing is known
  loaded 2026-09-04T19:00:00Z < <(checked sold:no-product 9998:silent)
  same 'f|not yet verified on this site' "$(evidence)"
}

@test "prices, and the report, say how well sales are verified, or that they are a simulator's" {
  answers
  run -0 --separate-stderr "$ROOT/scripts/price" 13
  [[ $output == *$'\nSales are what vpipe track concludes; not yet verified on this site.\n'* ]]
  same 'These are figures of a simulator, and of no real market.' \
    "$(VPIPE_BASE_URL=http://127.0.0.1:9 "$ROOT/scripts/price" --json 13 | jq -r .evidence)"
  (cd "$tmp" && psql -X -q -A -t -v language=en -v simulated=false -v pictures=false \
    -f "$ROOT/schema/query/report/print_report.sql") | sed -n 's/^index\t//p' >"$tmp/index"
  same 'Sales are what vpipe track concludes; not yet verified on this site.
["vinted","sold","counters",5,2,2,1,0,0,0.067586,0.932414]' "$(jq -rc '.evidence, .audit[0]' "$tmp/index")"
}
