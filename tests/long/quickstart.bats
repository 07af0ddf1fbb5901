# scripts/quickstart: from the tree to a price table, again and anew; long
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

teardown_file() {
  demo "$ROOT/scripts/db" stop || :
  rm -rf "$D"
}

demo() {
  VPIPE_DATA=$D/quickstart VPIPE_CONF=/dev/null "$@"
}

@test "one command ends in a price table of both currencies, and says where all lies" {
  unset VPIPE_BIN
  run -0 "$ROOT/scripts/quickstart"
  [[ $output == *"| EUR"*"Where it is"* && $output == *"| PLN"* ]]
  [ -z "$(pgrep -f "$D/quickstart/truth.now")" ]
  [ "$(demo "$ROOT/scripts/db" psql -A -t -c 'select count(*) > 4000
    from serving.item')" = t ]
}

@test "again, it goes on from there" {
  unset VPIPE_BIN
  before=$(cat "$D/quickstart/clock")
  run -0 "$ROOT/scripts/quickstart"
  [[ $(cat "$D/quickstart/clock") > $before ]]
  # and the truth it keeps is that of both
  TRUTH=$D/quickstart/truth.ndjson
  (eval "$(demo "$ROOT/scripts/db" env)" && prices_are_true 100)
}

@test "what the operator has set is neither used nor touched" {
  [ "$(ls "$D")" = quickstart ]
}

@test "--fresh begins anew" {
  unset VPIPE_BIN
  run -0 "$ROOT/scripts/quickstart" --fresh
  [[ $output == *"making a PostgreSQL cluster"* ]]
}
