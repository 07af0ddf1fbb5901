# sellers.bash - two sellers in two currencies, of whom tests ask what names them
#
#	sellers_loaded [ANSWER]...	in setup_file: two days of them, loaded, in a
#					database that each test has a copy of; the
#					answers come on the second day, too
#	sellers_fresh			in setup: that copy, and raw
#	raw_unpacked			all raw records

sellers_loaded() {
  pg_start
  pg_migrated
  world
  kept 2026-09-01T09:00:00Z <<<$'user 300123456 5 8\nuser 300777777 5 8
    wardrobe 300123456 8011 8012 8013\nwardrobe 300777777 8021 8022
    list 5 8011@300123456 8021@300777777'
  printf '%s\n' 'wardrobe 300123456 8012 8013' 'wardrobe 300777777 8022' \
    'page 8021 gone' "$@" | kept 2026-09-02T09:00:00Z
  kept 2026-09-03T10:00:00Z <<<$'user 300123456 6 8\nuser 300777777 6 8'
  load
}

sellers_fresh() {
  cp -r "$BATS_FILE_TMPDIR/data" "$VPIPE_DATA"
  export VPIPE_RAW=$VPIPE_DATA/raw PGDATABASE=test_$BATS_TEST_NUMBER
  psql -X -q -d postgres -c "create database $PGDATABASE template world strategy file_copy"
}

raw_unpacked() {
  vraw list "$VPIPE_RAW" | jq -r .path | xargs -n 1 vraw unpack
}
