# the tracking flow: what moved the prices, and what repeats what.  One series of
# runs has all sellers; a test reads of its own what was known after each load.
load helper
load track
load images
load flow		# the last: its load is that of scripts

setup_file() {
  pg_start
  pg_migrated
  world
  first_load
  second_load
  third_load
  the_last_loads
}

teardown_file() {
  pg_stop
}

# --- the series ---------------------------------------------------------------

# polish USER...: where they live
polish() {
  counted '5 8 {"country_iso_code":"PL"}' "$@"
}

# Rates are those of a site: .fr has the seller who cuts all, .es the run of one
# seller, .de three that agree, .nl the wardrobe; .it the relistings.
first_load() {
  {
    counted '5 8' 350 360 370
    for site in 'fr 300 301 302 303' 'es 310 311 312 313 314' \
      'de 320 321 322 323' 'nl 330' 'be 334 335' 'at 336 337'; do
      echo "site www.vinted.${site%% *}"
      # shellcheck disable=SC2086	# words
      polish ${site#* }
    done
  } | kept 2026-09-01T08:00:00Z
  {
    swept 123 350 360 370
    echo 'list 5 811@380
      list 6 812#811@380
      list 5 821@390
      list 5 4011@400 4111@410 4211@420 4311@430 4411@440 4511@450
      list 5 5011@500 5111@510 5211@520'
  } | kept 2026-09-01T09:00:00Z
  {
    swept 23 350 360 370
    echo 'list 5 822#821@390
      list 5 4012@401 4112@410 4212@420 4312@430 4412@440 4512@450
      list 5 5012@500 5112@510 5212@520
      site www.vinted.fr
      list 5 101:10.00@300 102:20.00@300 103:30.00@300
      list 6 104:40.00@300 105:50.00@300 106:60.00@300
      list 7 111:50.00@301 112:60.00@302
      site www.vinted.de
      list 5 301:10.00@320 302:20.00@320 303:30.00@320
      list 6 304:40.00@320 305:50.00@320 306:60.00@320
      list 7 311:50.00@321 312:60.00@322 313:70.00@323
      site www.vinted.nl
      wardrobe 330 401:10.00/43.00 402:20.00/86.00 403:30.00/129.00
      site www.vinted.es
      list 5 201:10.00@310 202:20.00@310 203:30.00@310 204:40.00@311 205:50.00@312 206:60.00@313
      list 6 207:70.00@314 208:80.00@314 209:90.00@314
      site www.vinted.be
      list 5 341:80.00@334 342:90.00@334 343:95.00@334
      list 6 351:80.00@335 352:90.00@335 353:95.00@335
      list 7 354:80.00@335
      site www.vinted.at
      list 5 361:80.00@336 362:90.00@336 363:95.00@336
      list 6 371:80.00@337 372:90.00@337 373:95.00@337'
  } | kept 2026-09-02T09:00:00Z
  kept 2026-09-02T10:00:00Z <<<'list 5 4411@440 4412@440'
  # the rate of .es moved; 310 followed it but for one cut, 314 cut all
  kept 2026-09-03T09:00:00Z <<<'site www.vinted.be
    list 5 341:81.60@334 342:91.80@334 343:96.90@334
    list 6 351:81.60@335 352:91.80@335 353:96.90@335
    list 7 354:72.00@335
    site www.vinted.at
    list 5 361:72.00@336 362:81.00@336 363:85.50@336
    list 6 371:72.00@337 372:81.00@337 373:85.50@337
    site www.vinted.fr
    list 5 101:9.00@300 102:18.00@300 103:27.00@300
    list 6 104:36.00@300 105:45.00@300 106:54.00@300
    list 7 111:50.00@301 112:60.00@302
    site www.vinted.de
    list 5 301:9.00@320 302:18.00@320 303:27.00@320
    list 6 304:36.00@320 305:45.00@320 306:54.00@320
    list 7 311:51.00@321 312:61.20@322 313:71.40@323
    site www.vinted.nl
    list 5 401:9.18@330 402:20.40@330
    site www.vinted.es
    list 5 201:10.20@310 202:20.40@310 203:27.54@310'
  kept 2026-09-03T09:10:00Z <<<'site www.vinted.es
    list 6 207:67.90@314 208:77.60@314 209:87.30@314'
  # of two items it is not believed
  kept 2026-09-03T09:20:00Z <<<'site www.vinted.es
    list 7 204:40.80@311 205:51.00@312'
  counted '6 8' 350 360 370 | kept 2026-09-03T10:00:00Z
  kept 2026-09-04T09:00:00Z <<<'list 5 3504@350 3604@360 3704@370
    list 5 5013@500 5113#5112@510 5213~5212@520'
  swept 234 360 370 | kept 2026-09-05T09:00:00Z
  load
  phase 1
}

# Pictures: of 350 other bytes, a few bits of the hash; of 360 and 370 some that
# were got before the others were listed.
second_load() {
  fetched 2026-09-05T09:00:00Z <<<'photo_3501 stored a1 c3a59966f00f3c5a
photo_3502 stored a2 0123456789abcdef
photo_3504 stored a4 c3a59966f00f3c55
photo_4011 stored 11 c3a59966f00f3c5a
photo_4012 stored 11 c3a59966f00f3c5a
photo_4111 stored 21 00ff00ff00ff00ff
photo_4112 stored 22 00ff00ff00fff000
photo_4211 stored 31 123456789abcdef0 600x800
photo_4212 stored 32 123456789abcdef0 800x600
photo_4311 stored 41 -
photo_4312 stored 42 -
photo_4411 stored 51 5555aaaa5555aaaa
photo_4412 stored 51 5555aaaa5555aaaa
photo_4511 stored 61 -
photo_4512 stored 61 -
photo_5011 stored d1 c3a59966f00f3c5a
photo_5012 stored d2 c3a59966f00f3c5b
photo_5013 stored d3 c3a59966f00f3c5a
photo_5111 stored d4 00ff00ff00ff00ff
photo_5112 stored d4 00ff00ff00ff00ff
photo_5211 stored d5 123456789abcdef0
photo_5213 stored d5 123456789abcdef0'
  fetched 2026-09-02T12:00:00Z <<<$'photo_3601 stored e1 c3a59966f00f3c5a
photo_3701 failed timeout 2026-09-02T13:00:00Z'
  fetched 2026-09-06T12:00:00Z <<<$'photo_3604 stored e4 c3a59966f00f3c55
photo_3701 stored e5 00ff00ff00ff00ff\nphoto_3704 stored e5 00ff00ff00ff00ff'
  kept 2026-09-03T10:00:00Z <<<'site www.vinted.es
    list 5 201:10.20@310 202:20.40@310 203:27.54@310 204:40.80@311 205:51.00@312 206:61.20@313
    list 6 207:69.26@314 208:79.15@314 209:89.05@314'
  kept 2026-09-04T09:00:00Z <<<'site www.vinted.nl
    wardrobe 330 401:9.18/38.70 402:20.40/86.00 403:27.54/116.10'
  load
  phase 2
}

third_load() {
  # the first of 500 is there again, and then the last one was not the second
  kept 2026-09-03T09:00:00Z <<<'list 5 5011@500'
  # of three that are cut alike, one was seen in between
  kept 2026-09-05T09:00:00Z <<<$'site www.vinted.nl\nlist 5 401:8.26@330'
  kept 2026-09-06T09:00:00Z <<<'site www.vinted.nl
    wardrobe 330 401:8.26/34.83 402:18.36/77.40 403:24.79/104.49'
  load
  phase 3
}

the_last_loads() {
  # the photo shows something else now
  fetched 2026-09-06T09:00:00Z <<<'photo_5013 stored c3 0f0f0f0f0f0f0f0f'
  load
  phase 4
  # what was got before it, and what came of the bytes by another photo
  fetched 2026-09-05T20:00:00Z <<<'photo_5013 stored d3 c3a59966f00f3c5a'
  fetched 2026-09-07T09:00:00Z <<<'photo_99 stored c3 c3a59966f00f3c5a'
  load
  phase 5
}

# --- rates and cuts -----------------------------------------------------------

# rates SITE: sellers that agree and the rate, of runs that show one
rates() {
  sql "select agree, round(rate::numeric, 3)
    from staging.vinted_track_rate where agree > 0 and site = 'www.vinted.$1'"
}

@test "R4: one seller's cut is no rate, however many items she has" {
  as_of 1
  # two that did not follow are too few for a rate of their own; but it stood
  same '' "$(rates fr)"
  same $'listed observed -\nrepriced inferred seller' "$(happened 105)"
}

@test "R4: a run of one seller shows the rate of its neighbour, if her items fit it" {
  as_of 1
  same 'repriced unknown unknown' "$(happened 201 | tail -n 1)"
  as_of 2
  same '1.020' "$(rates es | cut -d '|' -f 2)"
  same $'listed observed -\nrepriced inferred rate' "$(happened 201)"
  same $'listed observed -\nrepriced inferred rate' "$(happened 202)"
  same $'listed observed -\nrepriced inferred seller' "$(happened 203)"
  same $'listed observed -\nrepriced unknown unknown' "$(happened 204)"
  same 'repriced unknown unknown' "$(happened 207 | sed -n 2p)"
}

@test "R4: two sellers that agree to a hair are a rate, unless it is far from the one before" {
  as_of 1
  same '2|1.020' "$(rates be)"
  same 'repriced inferred rate' "$(happened 341 | tail -n 1)"
  same 'repriced inferred seller' "$(happened 354 | tail -n 1)"
  # ten percent less, of both: as likely they cut their prices
  same '' "$(rates at)"
  same 'repriced unknown unknown' "$(happened 361 | tail -n 1)"
}

@test "R4: three sellers that agree are a rate, and she who cut all is not with them" {
  as_of 1
  same '3|1.020' "$(rates de)"
  same 'repriced inferred seller' "$(happened 301 | tail -n 1)"
  same 'repriced inferred rate' "$(happened 313 | tail -n 1)"
}

@test "R4: a wardrobe tells her price, a search does not: like with like" {
  # the rate moved, and all are cut: a search saw it first
  as_of 1
  same $'listed observed -\nrepriced unknown unknown' "$(happened 401)"
  as_of 2
  same $'listed observed -\nrepriced observed seller' "$(happened 401)"
  same $'listed observed -\nrepriced observed rate' "$(happened 402)"
  same $'listed observed -\nrepriced observed seller' "$(happened 403)"
  as_of 3
  for item in 401 402 403; do
    same 'repriced observed wardrobe' "$(happened "$item" | tail -n 1)"
  done
}

# --- relistings ---------------------------------------------------------------

# relists SELLER...: of what is known to repeat what, an item a line
relists() {
  sql "select item_id, old_id, by from staging.vinted_relisting
    join staging.vinted_track_item using (item_id)
    where user_id = any (string_to_array('$*', ' ')) order by item_id" | tr '|' ' '
}

@test "R10: two copies that one run saw are two copies; one that comes later repeats" {
  as_of 1
  same 'listed observed -' "$(happened 812)"
  same $'listed observed -\nrelisted inferred same-photo' "$(happened 822)"
  same '822 821 photo' "$(relists 380 390)"
}

@test "R10: a picture uploaded anew is a relisting: no sale, and the sale that was told is withdrawn" {
  as_of 1
  same 'sold inferred counters' "$(state 3501)"
  same 'listed observed -' "$(happened 3504)"
  before=$(sql 'select max(n) from ops.change')
  as_of 2
  same $'listed observed -\nrelisted inferred same-picture' "$(happened 3504)"
  same $'listed observed -\ndeleted inferred relisted' "$(happened 3501)"
  same 'deleted inferred relisted' "$(state 3501)"
  same $'add 3501 deleted inferred\nadd 3504 relisted inferred
withdraw 3501 sold inferred' \
    "$(feed --since "$before" | cut -d ' ' -f 2- | grep ' 350[1-4] ' | LC_ALL=C sort)"
}

@test "R10: no relisting: another seller, a far hash, another shape, none, or seen at once" {
  as_of 2
  # the same bytes need no hash
  same '4512 4511 picture' "$(relists 400 401 410 420 430 440 450)"
}

@test "R10: of several the one seen last; a photo before a picture, a picture before a text" {
  as_of 1
  same $'5113 5112 photo\n5213 5212 text' "$(relists 500 510 520)"
  as_of 2
  same $'5012 5011 picture\n5013 5012 picture\n5112 5111 picture\n5113 5112 photo\n5213 5211 picture' \
    "$(relists 500 510 520)"
  as_of 3
  same '5013 5011 picture' "$(relists 500)"
  as_of 4
  same '' "$(relists 500)"
  same 'listed observed -' "$(happened 5013)"
  as_of 5
  same '5013 5011 picture' "$(relists 500)"
}

# --- of all of it -------------------------------------------------------------

@test "what stands by the feed is what the events are, after each load" {
  for when in 1 2 3 4 5; do
    as_of "$when"
    feed_is_true
  done
}

# bats test_tags=long
@test "pictures before, between, after and twice: the same context, events and rows" {
  as_of 5
  same $'3604 3601 picture\n3704 3701 picture' "$(relists 360 370)"
  want=$("$ROOT/scripts/db" digest)
  pictures=$(parts | grep -e -image-)
  seen=$(parts | grep -v -e -image-)
  same 6 "$(wc -l <<<"$pictures")"
  # shellcheck disable=SC2086	# paths without blanks
  {
    # the late ones before all listings and the early ones after, latest first
    same "$want" "$(replayed around at_a_time 3 $(tac <<<"$pictures" | head -n 3) \
      $seen $(tac <<<"$pictures" | tail -n 3))"
    if [[ -n ${SOAK:-} ]]; then
      same "$want" "$(replayed before at_a_time 1 $(tac <<<"$pictures") $seen)"
      same "$want" "$(replayed last_first at_a_time 1 $seen $(tac <<<"$pictures"))"
      same "$want" "$(replayed in_order at_a_time 1 $pictures $seen)"
      same "$want" "$(replayed after at_a_time 1 $seen $pictures)"
      same "$want" "$(replayed between at_a_time 1 $(head -n 7 <<<"$seen") \
        $pictures $(tail -n +8 <<<"$seen") $pictures)"
      same "$want" "$(replayed among at_a_time 1 ${seen%%$'\n'*} \
        ${pictures#*$'\n'} $(tail -n +2 <<<"$seen") $pictures)"
    fi
  }
  # among them, a third twice
  replays 1 7
}

# bats test_tags=long
@test "a rebuild of all of it differs in nothing" {
  as_of 5
  run -0 "$ROOT/scripts/rebuild"
  [[ $output != *differs* ]]
}
