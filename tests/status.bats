# vpipe status: what is wrong and what to do, tried with real trouble
load helper
load flow

setup_file() {
  pg_start
  pg_migrated
}

teardown_file() {
  [[ -z ${stopped:-} ]] || kill -CONT "$stopped"
  pg_stop
}

setup() {
  pg_fresh
  mkdir -p "$VPIPE_DATA"
}

teardown() {
  market_stop
  ! mountpoint -q "$tmp/small" || umount "$tmp/small"
}

pt='https://www.vinted.pt/catalog/1904-women?order=newest_first'

status() {
  "$ROOT/scripts/status" "$@"
}

# flow_ended NAME STATUS SECONDS_AGO: as cron leaves it
flow_ended() {
  local at=$(($(date +%s) - $3)) good=0

  [[ $2 != 0 ]] || good=$at
  mkdir -p "$VPIPE_DATA/metrics" "$VPIPE_DATA/lock"
  : >"$VPIPE_DATA/lock/$1"
  cat >"$VPIPE_DATA/metrics/$1.prom" <<-end
	# TYPE vpipe_flow_status gauge
	# HELP vpipe_flow_status Exit status of the last run.
	vpipe_flow_status{flow="$1"} $2
	# TYPE vpipe_flow_seconds gauge
	# HELP vpipe_flow_seconds How long the last run took.
	vpipe_flow_seconds{flow="$1"} 34
	# TYPE vpipe_flow_ended_timestamp_seconds gauge
	# HELP vpipe_flow_ended_timestamp_seconds When the last run ended.
	vpipe_flow_ended_timestamp_seconds{flow="$1"} $at
	# TYPE vpipe_flow_succeeded_timestamp_seconds gauge
	# HELP vpipe_flow_succeeded_timestamp_seconds When the last good run ended; 0: none did.
	vpipe_flow_succeeded_timestamp_seconds{flow="$1"} $good
	end
}

@test "nothing is wrong: it says so, then the flows, in 80 columns and no colour" {
  flow_ended catalog 0 600
  run -0 --separate-stderr status
  same '' "$stderr"
  same 'Nothing is wrong.' "${lines[0]}"
  [[ ${lines[2]} =~ ^catalog\ +1h\ +ok\ +10\ min\ ago\ +10\ min\ ago\ +34\ s$ ]]
  [[ $output == *'images '*' never '* ]]
  same '' "$(awk 'length > 80' <<<"$output")"
  [[ $output != *$'\033'* ]]
  (exec 5>"$VPIPE_DATA/lock/catalog" && flock 5 && run -0 status && [[ ${lines[2]} == catalog*running* ]])
  run -0 --separate-stderr status --json
  same '[[],"catalog","ok",34,1]' "$(jq -c '[.problems, .flows[0].flow, .flows[0].state,
    .flows[0].seconds, .counts.database_up]' <<<"$output")"
}

@test "the database is away: said first, with the command, and the rest is told" {
  flow_ended catalog 0 90000
  PGHOST=$tmp/none run -75 --separate-stderr status
  same '' "$stderr"
  [[ ${lines[0]} == '! the database is away: '* ]]
  same '    vpipe db status' "${lines[1]}"
  same '! catalog had no good end for 25 h, its period is 1h' "${lines[2]}"
  # our own that is stopped
  PGHOST='' PGUSER='' PGDATABASE='' run -75 --separate-stderr status
  same '    vpipe db start' "${lines[1]}"
  # one that hangs
  stopped=$(head -n 1 "$PG_FOLDER/d/postmaster.pid")
  kill -STOP "$stopped"
  run -75 --separate-stderr status || { kill -CONT "$stopped"; return 1; }
  kill -CONT "$stopped"
  stopped=
  same '! the database is away: it does not answer within a second' "${lines[0]}"
  # one that is not ours yet
  sql 'drop schema ops cascade' 2>/dev/null
  run -69 --separate-stderr status --json
  same '"vpipe db migrate"' "$(jq -c '.problems[0].command' <<<"$output")"
}

@test "a disk is full: said, with what is left, and nothing is written" {
  mkdir "$tmp/small"
  mount -t tmpfs -o size=1m none "$tmp/small" 2>/dev/null || skip "no tmpfs can be mounted here"
  head -c 2000000 /dev/zero >"$tmp/small/full" 2>/dev/null || :
  VPIPE_DATA=$tmp/small run -74 --separate-stderr status
  same '' "$stderr"
  [[ ${lines[0]} == '! the disk of data is full: 0 KB left in '* ]]
  same full "$(ls "$tmp/small")"
}

@test "a site refuses: who, for how long, and that the run failed with its last words" {
  market small
  export VPIPE_RETRY_PAUSE=0 VPIPE_CATALOGS=$pt
  run -0 "$ROOT/scripts/cron" catalog
  run -0 --separate-stderr status
  later 3600
  fault challenge
  run -77 "$ROOT/scripts/cron" catalog
  run -77 --separate-stderr status
  [[ ${lines[0]} == '! vinted refused us, nobody asks for 1'[45]' min' ]]
  same '    wait; if you know that you may ask: vfetch resume vinted' "${lines[1]}"
  [[ ${lines[2]} == '! catalog failed '*' ago with 77: '* ]]
  [[ ${lines[3]} == "    tail -n 30 '"* ]]
  run -77 --separate-stderr status --json
  same '["vinted",true]' "$(jq -c '[.pauses[0].group, .pauses[0].seconds > 800]' <<<"$output")"
  vfetch resume vinted
  run -77 --separate-stderr status
  [[ ${lines[0]} == '! catalog failed '* ]]
}

@test "a contract drifts: a part is held, and what rules found; a load mends it" {
  vput "$VPIPE_DATA/raw" <"$raw/bad-price-is-text.ndjson" >/dev/null
  export VPIPE_NOW=2026-09-20T10:30:00Z
  run -65 "$ROOT/scripts/load"
  run -65 --separate-stderr status
  [[ ${lines[0]} == '! parts held, because too much was rejected: 1, as '* ]]
  [[ $output == *'- rules that found bad rows: 2 (warnings); not true that nothing is rejected'* ]]
  [[ $output == *$'\nparts: 1 held, 0 pending' ]]
  run -0 "$ROOT/scripts/load" --force
  run -0 --separate-stderr status
}

# promtool_ready: Debian's, which needs no server; kept below build when it is not
# installed, since its package starts one
promtool_ready() {
  local folder=${O:-$ROOT/build}/tools

  ! command -v promtool >/dev/null || return 0
  mkdir -p "$folder"
  [[ -x $folder/promtool ]] || (
    cd "$tmp" && apt-get -qq download prometheus &&
      dpkg -x prometheus_*.deb "$tmp/prometheus" &&
      mv "$tmp/prometheus/usr/bin/promtool" "$folder/promtool"
  ) >"$tmp/apt" 2>&1 || skip "no promtool: $(tail -n 1 "$tmp/apt")"
  PATH=$folder:$PATH
}

@test "metrics are what promtool takes, with those of flows and programs" {
  flow_ended catalog 0 600
  flow_ended track 77 600
  vnormalize -q --no-key --metrics "$VPIPE_DATA/metrics/vnormalize.prom" <"$raw/good-one-item.ndjson" >/dev/null
  status --metrics >"$tmp/metrics"
  grep -qx 'vpipe_flow_status{flow="track"} 77' "$tmp/metrics"
  grep -qx 'vpipe_vnormalize_lines_total 1' "$tmp/metrics"
  grep -qx '# TYPE vpipe_vnormalize_lines_total counter' "$tmp/metrics"
  same '' "$(grep '^# TYPE' "$tmp/metrics" | sort | uniq -d)"
  # each sample stands below the HELP and TYPE of its name
  same '' "$(awk '/^# / { n = $3; next } { s = $0; sub(/[ {].*/, "", s); if (s != n) print }' "$tmp/metrics")"
  # the dashboard asks for nothing that nobody tells, but pauses that are not
  for name in $(grep -o 'vpipe_[a-z_]*' "$ROOT/schema/grafana/vpipe.json" | sort -u); do
    [ "$name" = vpipe_pause_seconds ] || grep -q "^$name[ {]" "$tmp/metrics"
  done
  jq -e '.panels | length > 5' "$ROOT/schema/grafana/vpipe.json" >/dev/null
  promtool_ready
  run -0 promtool check metrics <"$tmp/metrics"
  same '' "$output"
  PGHOST=$tmp/none status --metrics >"$tmp/metrics" || :
  grep -qx 'vpipe_database_up 0' "$tmp/metrics"
  run -0 promtool check metrics <"$tmp/metrics"
}

@test "colours on a terminal, unless NO_COLOR; words of logs hold no control characters" {
  mkdir -p "$VPIPE_DATA/log"
  printf '2026-11-30T00:00:00Z 77\nvfetch: \033[5mbad\n' >"$VPIPE_DATA/log/track.failed"
  TERM=xterm run -77 script -qec "$ROOT/scripts/status" /dev/null
  [[ ${lines[0]} == $'\033[31m! track failed '*'with 77: ?[5mbad'* ]]
  NO_COLOR=1 TERM=xterm run -77 script -qec "$ROOT/scripts/status" /dev/null
  [[ $output != *$'\033'* ]]
}
