# the scripts' common ground: configuration, statuses, locks, cron
load helper

setup() {
  mkdir -p "$VPIPE_DATA"
}

config() {
  "$ROOT/scripts/config" "$@"
}

# lib WORDS: in a script of its own that has sourced lib.sh
lib() {
  cp -R "$ROOT"/scripts/lib "$ROOT/scripts/lib.sh" "$tmp/"
  printf '#!/bin/sh\n# probe - for tests\nset -eu\n. "${0%%/*}/lib.sh"\n%s\n' \
    "$1" >"$tmp/probe"
  sh "$tmp/probe"
}

# --- configuration ------------------------------------------------------------

@test "the environment wins over the file, the file over the default" {
  printf 'VPIPE_PERIOD=6h\nVPIPE_CONTACT=file@example.org\n' >"$tmp/conf"
  export VPIPE_CONF=$tmp/conf VPIPE_CONTACT=environment@example.org
  run -0 --separate-stderr config VPIPE_PERIOD VPIPE_CONTACT VPIPE_RATE_HOUR
  same "$(printf '%s\t(%s)\n' VPIPE_PERIOD=6h file \
    VPIPE_CONTACT=environment@example.org environment \
    VPIPE_RATE_HOUR=180 default)" "$output"
}

@test "a setting that is empty in the environment is unset, whatever the file says" {
  printf 'VPIPE_CONTACT=file@example.org\n' >"$tmp/conf"
  VPIPE_CONF=$tmp/conf VPIPE_CONTACT= run -0 config VPIPE_CONTACT
  same "VPIPE_CONTACT=	(unset)" "$output"
}

@test "blanks around a line, quotes around a value, comments, the last of a key" {
  printf '# c\n\n \tVPIPE_READER="a  b = #c" \t\r\nVPIPE_PERIOD=1h\n' >"$tmp/conf"
  printf 'VPIPE_PERIOD=2h\nVPIPE_LIVE=no' >>"$tmp/conf"
  VPIPE_CONF=$tmp/conf run -0 --separate-stderr config VPIPE_READER \
    VPIPE_PERIOD VPIPE_LIVE
  same "$(printf '%s\t(file)\n' 'VPIPE_READER=a  b = #c' VPIPE_PERIOD=2h \
    VPIPE_LIVE=no)" "$output"
}

@test "the C programs read the file as the scripts do" {
  printf ' VPIPE_RAW="%s" \nVPIPE_LIVE=no\n' "$tmp/a raw folder" >"$tmp/conf"
  VPIPE_CONF=$tmp/conf run -0 config VPIPE_RAW
  same "VPIPE_RAW=$tmp/a raw folder	(file)" "$output"
  VPIPE_CONF=$tmp/conf run -0 vput </dev/null
  [ -d "$tmp/a raw folder" ]
}

@test "a line that is no setting: 78, with its number" {
  printf 'VPIPE_PERIOD=1h\nnonsense\n' >"$tmp/conf"
  VPIPE_CONF=$tmp/conf fails 78 "$tmp/conf:2: no KEY=value" config
  VPIPE_CONF=$tmp/none fails 78 "cannot read '$tmp/none'" config
}

@test "a byte order mark before the settings is passed over, once; UTF-16 is said" {
  printf '\357\273\277VPIPE_RAW=/a b\nVPIPE_READER=x\n' >"$tmp/conf"
  VPIPE_CONF=$tmp/conf run -0 --separate-stderr config VPIPE_RAW VPIPE_READER
  same "VPIPE_RAW=/a b	(file)
VPIPE_READER=x	(file)" "$output"
  VPIPE_CONF=$tmp/conf fails 74 "cannot read '/a b'" vraw check
  printf 'VPIPE_RAW=/a\n\357\273\277VPIPE_READER=x\n' >"$tmp/conf"
  VPIPE_CONF=$tmp/conf fails 78 'is no setting' config
  for form in UTF-16LE UTF-16BE; do
    printf '\ufeffVPIPE_RAW=/a\n' | iconv -t $form >"$tmp/conf"
    VPIPE_CONF=$tmp/conf fails 78 "'$tmp/conf' is UTF-16, and must be UTF-8" config
    VPIPE_CONF=$tmp/conf fails 78 "'$tmp/conf' is UTF-16, and must be UTF-8" vraw check
  done
}

@test "vpipe.conf.example names every setting, and changes nothing as it is" {
  run -0 --separate-stderr config
  want=$output
  VPIPE_CONF=$ROOT/vpipe.conf.example run -0 --separate-stderr config
  same "$want" "$output"
  for key in $(grep -o '^VPIPE_[A-Z0-9_]*' <<<"$output"); do
    case $key in VPIPE_SCHEMA | VPIPE_BASE_URL | VPIPE_NOW) continue ;; esac
    grep -q "^#$key=" "$ROOT/vpipe.conf.example" || { echo "$key"; return 1; }
  done
}

@test "paths are absolute, wherever they were said from" {
  cd "$tmp"
  printf 'VPIPE_RAW=raw\n' >conf
  VPIPE_CONF=conf VPIPE_DATA=data VPIPE_SOURCES=a:/b run -0 --separate-stderr \
    config VPIPE_CONF VPIPE_DATA VPIPE_KEY VPIPE_RAW VPIPE_SOURCES
  same "$(printf '%s\n' "VPIPE_CONF=$tmp/conf	(environment)" \
    "VPIPE_DATA=$tmp/data	(environment)" "VPIPE_KEY=$tmp/data/key	(default)" \
    "VPIPE_RAW=$tmp/raw	(file)" "VPIPE_SOURCES=$tmp/a:/b	(environment)")" "$output"
}

@test "a number that is none: 78 with its name, before anything is done" {
  for script in catalog track images load retain rebuild crontab; do
    VPIPE_REJECTS=abc fails 78 "VPIPE_REJECTS takes a share from 0 to 1, not 'abc'" "$ROOT/scripts/$script"
    VPIPE_REJECTS=1.5 fails 78 "VPIPE_REJECTS takes a share from 0 to 1, not '1.5'" "$ROOT/scripts/$script"
    VPIPE_BATCH_ROWS='1 --schema x' fails 78 "VPIPE_BATCH_ROWS takes a whole number above 0, not '1 --schema x'" \
      "$ROOT/scripts/$script"
    VPIPE_KEEP_DAYS='1 or 1=1' fails 78 "VPIPE_KEEP_DAYS takes a whole number of days, not '1 or 1=1'" \
      "$ROOT/scripts/$script"
  done
  VPIPE_REJECTS=.05 VPIPE_BATCH_ROWS=1 VPIPE_KEEP_DAYS=0 run -0 config
  [ ! -e "$VPIPE_DATA/lock" ]
}

@test "cron's PATH is enough: runuser is found" {
  PATH=/usr/bin:/bin run -0 lib 'command -v runuser'
}

# --- catalog's options --------------------------------------------------------

url='https://www.vinted.pt/catalog/1904-women?order=newest_first'

@test "catalog knows which options of vfetch have no value" {
  options=$(vfetch --help | sed -n 's/^ .*\(--[a-z-]*\)  .*/\1/p')
  [[ $options == *--dry-run*--quiet*--verbose* ]]
  for option in $options -n -q -v; do
    case $option in --help | --version) continue ;; esac
    run -0 --separate-stderr "$ROOT/scripts/catalog" --dry-run "$option" -- "$url"
    [[ $output == *'"kind":"search"'* ]] || { echo "$option"; return 1; }
  done
  run -0 "$ROOT/scripts/catalog" --version
  [[ $output == vfetch* ]]
}

@test "catalog --dry-run prints what vfetch would ask, and publishes nothing" {
  run -0 --separate-stderr "$ROOT/scripts/catalog" --dry-run --max-pages 2 "$url"
  [ "$(grep -c '"kind":"search"' <<<"$output")" = 2 ]
  [ -z "$(find "$VPIPE_DATA/outbox" "$VPIPE_DATA/raw" -type f 2>/dev/null)" ]
}

# --- retain -------------------------------------------------------------------

@test "retain: days beyond reason 64, a raw folder that is not there 74" {
  fails 64 "'99999999999' is no number of days" "$ROOT/scripts/retain" 99999999999
  VPIPE_RAW=/nonexistent fails 74 "there is no raw folder '/nonexistent'" \
    "$ROOT/scripts/retain" 1
}

# --- statuses, stages, locks --------------------------------------------------

@test "the worst status is decided by one table, what it lacks is worse" {
  same "0 70 74 78 64 69 65 77 75 139" "$(lib '
    worst 0 0; worst 75 74 70; worst 74 78; worst 78 64; worst 69 64
    worst 65 69; worst 65 77; worst 75 77; worst 75 0; worst 70 139' |
    paste -s -d ' ')"
}

@test "a stage that fails inside a pipe is not hidden" {
  run -65 lib 'stages='"$tmp"'/s; : >$stages
    stage sh -c "exit 65" | stage cat; stages_ok'
  run -0 lib 'stages='"$tmp"'/s; : >$stages; stage true | stage cat; stages_ok'
}

@test "a stage whose reader left is not the cause" {
  run -74 lib 'stages='"$tmp"'/s; : >$stages
    stage seq 1000000 | stage sh -c "exit 74"; stages_ok'
}

@test "a lock that is held: 75, one sentence" {
  fails 75 "another 'catalog' is running" flock "$VPIPE_DATA/lock.probe" sh -c '
    mkdir -p "$VPIPE_DATA/lock"
    exec flock "$VPIPE_DATA/lock/catalog" "$0" https://www.vinted.pt/catalog/1' \
    "$ROOT/scripts/catalog"
}

@test "what a killed script left in scratch, the next removes" {
  lib 'scratch; kill -9 $$' || :
  [ "$(ls "$VPIPE_DATA/scratch" | wc -l)" = 1 ]
  lib 'scratch; [ -d "$scratch" ]'
  [ -z "$(ls "$VPIPE_DATA/scratch")" ]
}

@test "every script: line 2 is its usage, --help shows it, and stderr is empty" {
  for script in "$ROOT"/scripts/*; do
    name=${script##*/}
    case $name in *.sh | *.1 | lib) continue ;; esac
    [[ $(sed -n 2p "$script") == "# $name"*" - "* ]] || { echo "$name"; return 1; }
    run -0 --separate-stderr "$script" --help
    case $name in vpipe | test | image) ;; *) name="vpipe $name" ;; esac
    [[ ${lines[0]} == "usage: $name"* && -z $stderr ]] || { echo "$name"; return 1; }
  done
}

# A line of its table: an option or a subcommand, two blanks or more, what it is
# for; below a subcommand its own options; or a line that goes on.
table_line='^#(   ((-[a-z], )?--[a-z0-9-]+( [A-Z][A-Z0-9,=]*)?|[a-z0-9]+|  --[a-z0-9-]+( [A-Z][A-Z0-9,=]*)?)  +| {12,})[^ ]'

@test "every command's header has one shape, from which completions can be made" {
  for script in "$ROOT"/scripts/*; do
    name=${script##*/}
    case $name in *.sh | vpipe | test | image | *.1 | lib) continue ;; esac
    echo "$name"
    header=$(sed -n '2,/^[^#]/{/^#/p}' "$script")
    purpose=$(head -n 1 <<<"$header")
    purpose=${purpose#* - }
    [ ${#purpose} -le 60 ]
    [[ ${header#*$'\n'} == '#'$'\n'* && $header == *$'\n#   -h, --help  '* ]]
    run -1 grep '.\{80\}' <<<"$(sed 1d <<<"$header")"
    table=$(grep '^#   ' <<<"$header")
    run -1 grep -Ev "$table_line" <<<"$table"
    # descriptions begin in one column
    same 1 "$(awk '{ lead = match($0, /[^# ]/); words = substr($0, lead)
      print lead + (match(words, /  +/) ? RSTART + RLENGTH - 1 : 0)
      }' <<<"$table" | sort -u | wc -l)"
    [ "$(sed '1,/^#   -h, --help/d' <<<"$header" | grep -c '^# [^ ]')" -le 4 ]
  done
}

@test "every command has a page with its purpose and its options, and stands in vpipe(1)" {
  for script in "$ROOT"/scripts/*; do
    name=${script##*/}
    case $name in *.sh | vpipe | test | image | *.1 | lib) continue ;; esac
    echo "$name"
    purpose=$(sed -n '2s/.* - //p' "$script")
    same ".Nd $purpose" "$(grep '^\.Nd' "$script.1")"
    same "$purpose" "$(sed -n "/^\.It Cm $name\$/{n;p}" "$ROOT/scripts/vpipe.1")"
    diff -u <(sed -n '2,/^[^#]/s/^# *\(-.,\)\{0,1\} *--\([a-z0-9-]*\).*/\2/p' "$script" | sort -u) \
      <(sed -n 's/^\.It .*Fl Fl \([a-z0-9-]*\).*/\1/p' "$script.1" | sort -u)
  done
}

# --- systemd ------------------------------------------------------------------------

@test "systemd: a timer and a service a flow, at crontab's times, in files or on stdout" {
  minute=$(crontab_line 1h | cut -d ' ' -f 1)
  mkdir "$tmp/a folder"
  cp -R "$ROOT/scripts" "$tmp/a folder/scripts"
  for pair in '1h|*-*-* *:MM:00 UTC' '6h|*-*-* 00/6:MM:00 UTC' '1d|*-*-* 03:MM:00 UTC' \
    '3d|*-*-01/3 03:MM:00 UTC'; do
    VPIPE_PERIOD=${pair%|*} run -0 --separate-stderr "$ROOT/scripts/systemd"
    when=${pair#*|}
    same "OnCalendar=${when/MM/$(printf %02d "$minute")}" "$(grep -m 1 '^OnCalendar' <<<"$output")"
  done
  VPIPE_PERIOD=10m run -0 "$ROOT/scripts/systemd"
  [[ $output == *"OnCalendar=*-*-* *:$(printf %02d $((minute % 10)))/10:00 UTC"* ]]
  mkdir "$tmp/units"
  VPIPE_IMAGE_PERIOD=never VPIPE_KEEP_DAYS=9 run -0 --separate-stderr \
    "$tmp/a folder/scripts/systemd" --write "$tmp/units"
  same $'vpipe-catalog.service\nvpipe-catalog.timer\nvpipe-dictionaries.service\nvpipe-dictionaries.timer\nvpipe-forget.service\nvpipe-forget.timer\nvpipe-retain.service\nvpipe-retain.timer\nvpipe-track.service\nvpipe-track.timer' \
    "$(ls "$tmp/units")"
  [[ $stderr == *'enable --now vpipe-catalog.timer vpipe-track.timer vpipe-dictionaries.timer vpipe-retain.timer vpipe-forget.timer' ]]
  grep -Fqx "ExecStart=\"$tmp/a folder/scripts/cron\" track" "$tmp/units/vpipe-track.service"
  fails 74 "cannot write '$tmp/none/" "$ROOT/scripts/systemd" --write "$tmp/none"
}

# --- crontab and cron ---------------------------------------------------------

crontab_line() {
  VPIPE_PERIOD=$1 "$ROOT/scripts/crontab" | sed -n 2p | cut -d ' ' -f 1-5
}

track_line() {
  VPIPE_TRACK_PERIOD=$1 "$ROOT/scripts/crontab" | grep ' track$' | cut -d ' ' -f 1-5
}

@test "crontab: a period in minutes, hours and days" {
  [[ $(crontab_line 10m) =~ ^[0-9]-59/10\ \*\ \*\ \*\ \*$ ]]
  [[ $(crontab_line 1h) =~ ^[0-9]+\ \*\ \*\ \*\ \*$ ]]
  [[ $(crontab_line 6h) =~ ^[0-9]+\ \*/6\ \*\ \*\ \*$ ]]
  [[ $(crontab_line 1d) =~ ^[0-9]+\ 3\ \*\ \*\ \*$ ]]
  VPIPE_PERIOD=7m fails 78 "VPIPE_PERIOD takes a divisor of an hour or a day" "$ROOT/scripts/crontab"
}

@test "crontab: second looks every six hours, half an hour apart from the catalogs" {
  run -0 "$ROOT/scripts/crontab"
  [[ ${#lines[@]} -eq 10 && ${lines[2]} == '# the tracking flow, every 6h' ]]
  [[ ${lines[3]} =~ ^([0-9]+)\ \*/6\ \*\ \*\ \*\ .*/cron\'\ track$ ]]
  same "$(((${BASH_REMATCH[1]} + 30) % 60))" "${lines[1]%% *}"
}

@test "crontab: pictures every six hours, a quarter apart from second looks, or never" {
  run -0 "$ROOT/scripts/crontab"
  [[ ${lines[4]} == '# the images flow, every 6h' ]]
  [[ ${lines[5]} =~ ^([0-9]+)\ \*/6\ \*\ \*\ \*\ .*/cron\'\ images$ ]]
  same "$(((${lines[3]%% *} + 15) % 60))" "${lines[5]%% *}"
  VPIPE_IMAGE_PERIOD=never run -0 "$ROOT/scripts/crontab"
  [ ${#lines[@]} -eq 8 ]
  VPIPE_IMAGE_PERIOD=5h fails 78 "VPIPE_IMAGE_PERIOD takes a divisor" \
    "$ROOT/scripts/crontab"
}

@test "crontab: dictionaries once a day, a quarter after the catalogs, or never" {
  run -0 "$ROOT/scripts/crontab"
  [[ ${lines[6]} == '# what sites call things, every 1d' ]]
  [[ ${lines[7]} =~ ^([0-9]+)\ 3\ \*\ \*\ \*\ .*/cron\'\ dictionaries$ ]]
  same "$(((${lines[1]%% *} + 15) % 60))" "${BASH_REMATCH[1]}"
  VPIPE_DICTIONARY_PERIOD=never run -0 "$ROOT/scripts/crontab"
  [ ${#lines[@]} -eq 8 ]
}

@test "crontab: second looks have a period of their own, or none" {
  [[ $(track_line 1d) =~ ^[0-9]+\ 3\ \*\ \*\ \*$ ]]
  [[ $(track_line 30m) =~ ^[0-9]+-59/30\ \*\ \*\ \*\ \*$ ]]
  [ -z "$(track_line never)" ]
  VPIPE_TRACK_PERIOD= run -0 "$ROOT/scripts/crontab"
  [[ ${lines[2]} == *6h ]]
  VPIPE_TRACK_PERIOD=5h fails 78 "VPIPE_TRACK_PERIOD takes a divisor" \
    "$ROOT/scripts/crontab"
}

@test "crontab repeats what the environment says of second looks" {
  VPIPE_SAMPLE_FRAC='0.05 1904=0.2' VPIPE_TRACK_BUDGET=9 VPIPE_LOOK_HOURS=10 \
    VPIPE_ITEM_QUESTION=item-status run -0 "$ROOT/scripts/crontab"
  for setting in "SAMPLE_FRAC='0.05 1904=0.2'" "TRACK_BUDGET='9'" "LOOK_HOURS='10'" \
    "ITEM_QUESTION='item-status'"; do
    [[ ${lines[3]} == *" VPIPE_$setting "* ]]
  done
}

@test "crontab's line runs as it stands, % and quotes in a setting survive" {
  export VPIPE_CONTACT="https://example.org/a%20'b"
  line=$("$ROOT/scripts/crontab" | sed -n 2p | cut -d ' ' -f 6-)
  line=${line%"'$ROOT/scripts/cron' catalog"}
  # cron turns a bare % into a newline, and \% into %
  [[ ! $line =~ [^\\]% ]]
  run -0 env -i sh -c "${line//\\%/%} env"
  grep -Fx "VPIPE_CONTACT=https://example.org/a%20'b" <<<"$output"
}

@test "crontab repeats what all of its lines need" {
  VPIPE_KEEP_DAYS=9 VPIPE_REJECTS=0.2 run -0 "$ROOT/scripts/crontab"
  [[ ${lines[1]} == *" VPIPE_REJECTS='0.2' "*"/cron' catalog" ]]
  [[ ${lines[3]} == *" VPIPE_REJECTS='0.2' "*"/cron' track" ]]
  [[ ${lines[9]} == *"VPIPE_KEEP_DAYS='9' "*"/cron' retain" ]]
  [[ ${lines[11]} =~ ^[0-9]+\ 5\ \*\ \*\ \*\ .*/cron\'\ forget$ ]]
}

@test "crontab: a line break in a setting is refused" {
  VPIPE_READER=$'a\n* * * * * evil' fails 78 "VPIPE_READER has a line break" \
    "$ROOT/scripts/crontab"
}

@test "crontab leaves out the private cluster that db env names, no other" {
  eval "$("$ROOT/scripts/db" env)"
  run -0 "$ROOT/scripts/crontab"
  [[ ! $output =~ \ PG[A-Z]+= ]]
  PGDATABASE=other run -0 "$ROOT/scripts/crontab"
  [[ $output == *"PGHOST='$VPIPE_DATA/pg/socket' "*"PGDATABASE='other' "* ]]
}

@test "crontab repeats all that libpq reads of the environment, and no password" {
  printf 'PGSSLCRL=/of/the/file\n' >"$tmp/conf"
  export VPIPE_CONF=$tmp/conf PGHOST=db.example.org PGUSER=u PGDATABASE=v \
    PGPASSFILE='/etc/my vpipe/100%' PGSSLMODE=verify-full PGSSLROOTCERT=/etc/ssl/db.pem \
    PGSERVICEFILE=/etc/pg_service.conf PGOPTIONS='-c statement_timeout=9' \
    PGOFTOMORROW=yes PGPASSWORD=secret PGSSLPASSWORD=secret
  run -0 --separate-stderr "$ROOT/scripts/crontab"
  for word in "PGHOST='db.example.org'" "PGPASSFILE='/etc/my vpipe/100\\%'" \
    "PGSSLMODE='verify-full'" "PGSSLROOTCERT='/etc/ssl/db.pem'" \
    "PGSERVICEFILE='/etc/pg_service.conf'" "PGOPTIONS='-c statement_timeout=9'" \
    "PGOFTOMORROW='yes'"; do
    same 5 "$(grep -cF " $word " <<<"$output")"
  done
  [[ $output != *secret* && $output != *PGSSLCRL* && $output != *PASSWORD* ]]
  [[ $stderr == *"PGPASSWORD is left out"*"PGSSLPASSWORD is left out"* ]]
  # the private cluster's own address is not repeated, the rest is
  unset PGUSER PGDATABASE PGSERVICEFILE PGPASSWORD PGSSLPASSWORD PGHOST
  eval "$("$ROOT/scripts/db" env)"
  run -0 --separate-stderr "$ROOT/scripts/crontab"
  [[ $output == *"PGSSLMODE='verify-full'"* && $output != *PGHOST* && -z $stderr ]]
}

# a_crontab: a command `crontab` that keeps its table in $tmp/table
a_crontab() {
  mkdir -p "$tmp/fake"
  cat >"$tmp/fake/crontab" <<'end'
#!/bin/sh
echo "$1" >>"${0%/*}/calls"
table=${0%/*}/../table
case $1 in
-l) if [ -e "$table" ]; then cat "$table"; else echo "no crontab for me" >&2; exit 1; fi ;;
-) cat >"$table" ;;
esac
end
  chmod +x "$tmp/fake/crontab"
  PATH=$tmp/fake:$PATH
}

@test "crontab --install keeps what else is there, again changes nothing, --uninstall takes it out" {
  a_crontab
  run -0 --separate-stderr "$ROOT/scripts/crontab" --install
  [ -z "$output$stderr" ]
  same "$("$ROOT/scripts/crontab")" "$(sed '1d;$d' "$tmp/table")"
  "$ROOT/scripts/crontab" --uninstall
  [ ! -s "$tmp/table" ]
  printf 'MAILTO=me\n@daily echo 100\\%% \\ backslash\n' >"$tmp/table"
  cp "$tmp/table" "$tmp/mine"
  "$ROOT/scripts/crontab" --install
  # one of another data folder stands beside
  VPIPE_DATA=$tmp/other "$ROOT/scripts/crontab" --install
  printf '# below\n' | tee -a "$tmp/mine" >>"$tmp/table"
  same 2 "$(grep -c "'$ROOT/scripts/cron' catalog$" "$tmp/table")"
  cp "$tmp/table" "$tmp/before"
  : >"$tmp/fake/calls"
  "$ROOT/scripts/crontab" --install
  run -0 "$ROOT/scripts/crontab" --install
  same "$(sort "$tmp/before")" "$(sort "$tmp/table")"
  same 1 "$(grep -cx -- - "$tmp/fake/calls")"	# moved once, below what was added
  VPIPE_PERIOD=6h "$ROOT/scripts/crontab" --install
  same 1 "$(grep -c 'the catalog flow, every 6h' "$tmp/table")"
  "$ROOT/scripts/crontab" --uninstall
  "$ROOT/scripts/crontab" --uninstall
  VPIPE_DATA=$tmp/other "$ROOT/scripts/crontab" --uninstall
  cmp "$tmp/mine" "$tmp/table"
}

@test "crontab --install: what cannot be read is not written; no crontab is 69" {
  a_crontab
  printf '%s\n' "# vpipe begins: $VPIPE_DATA (scripts/crontab --install; do not edit)" mine >"$tmp/table"
  cp "$tmp/table" "$tmp/before"
  fails 65 "without its end, nothing is changed" "$ROOT/scripts/crontab" --install
  fails 65 "without its end, nothing is changed" "$ROOT/scripts/crontab" --uninstall
  cmp "$tmp/before" "$tmp/table"
  : >"$tmp/table"
  VPIPE_CATALOGS=$(printf 'https://a.test/%0900d' 7) fails 78 "longer than cron takes" \
    "$ROOT/scripts/crontab" --install
  [ ! -s "$tmp/table" ]
  printf '#!/bin/sh\necho "You (me) are not allowed to use this program" >&2; exit 1\n' >"$tmp/fake/crontab"
  fails 69 "You (me) are not allowed" "$ROOT/scripts/crontab" --install
  rm "$tmp/fake/crontab"
  mkdir "$tmp/path"
  for word in sh sed awk cat id uname cksum cut sort flock mkdir mktemp rm grep env dirname tr ls; do
    ln -s "$(command -v "$word")" "$tmp/path"
  done
  PATH=$tmp/path fails 69 "there is no command 'crontab'" sh "$ROOT/scripts/crontab" --install
  fails 64 "crontab: no such option '--other'; see --help" "$ROOT/scripts/crontab" --other
}

# --- what a terminal and a file system may be made to do --------------------------

@test "no control character of a name reaches a terminal" {
  esc=$'\e]0;x\a\x7f\xc2\x9b31m'
  run -1 --separate-stderr lib "die 1 \"cannot read '$esc' café\""
  same "probe: cannot read '?]0;x????31m' café" "$stderr"
  mkdir "$tmp/$esc"
  VPIPE_RAW="$tmp/$esc/none/x.json" run -74 --separate-stderr vraw replace "$tmp/$esc/a/b/c/d/none.manifest.json" </dev/null
  [[ $stderr == *"?]0;x????31m"* && ! $stderr =~ [[:cntrl:]] ]]
  fails 64 "cannot read '$tmp/?]0;x????31m/no'" "$ROOT/scripts/load" "$tmp/$esc/no"
}

@test "a pinned clock: what a script asks later is later, by a second or by what has passed" {
  export VPIPE_NOW=2026-09-20T23:59:59Z
  run -0 lib 'clock_on; clock_on; echo "$VPIPE_NOW"'
  same 2026-09-21T00:00:01Z "$output"
  VPIPE_NOW=2026-09-20T23:59:59Z+ run -0 lib 'clock_on; echo "$VPIPE_NOW"'
  [[ $output =~ ^2026-09-21T00:00:0[0-9]Z\+$ ]]
  VPIPE_NOW= run -0 lib 'clock_on; echo "${VPIPE_NOW:-none}"'
  same none "$output"
}

@test "catalog refuses what it would ignore, and what vfetch does not know, by name" {
  fails 64 "'--site' is for vfetch without a URL" "$ROOT/scripts/catalog" --site www.vinted.pt
  fails 64 "catalog: no such option '--max-page', nearest: --max-pages; see --help" \
    "$ROOT/scripts/catalog" --max-page 3
}

# at_terminal WORDS: what a terminal of 80 columns shows of them, in $output
at_terminal() {
  script -qefc "stty cols 80 rows 24; $1" "$tmp/typed" </dev/null >/dev/null || :
  output=$(tr '\r' '\n' <"$tmp/typed" | sed '1d; $d')
}

@test "progress: the share of a file, at a terminal that can erase a line, and nowhere else" {
  for _ in {1..40}; do cat "$raw/good-one-item.ndjson"; done >"$tmp/in"
  at_terminal "TERM=xterm vnormalize --no-key '$tmp/in' >'$tmp/out'"
  [[ $output =~ $'\033[Kvnormalize: '[0-9]+' lines, '[0-9]+' records, '[0-9]+' %' ]]
  # a pipe has no end to know of
  at_terminal "cat '$tmp/in' | TERM=xterm vnormalize --no-key >'$tmp/out'"
  [[ $output == *' records'* && $output != *%* ]]
  for words in 'TERM=dumb vnormalize' 'TERM=xterm vnormalize -q'; do
    at_terminal "$words --no-key '$tmp/in' >'$tmp/out'"
    [[ $output != *$'\033'* ]]
  done
  run -0 --separate-stderr vnormalize --no-key "$tmp/in"
  [[ $stderr != *$'\033'* ]]
}

@test "no pager waits for a key while a script holds its lock; psql typed by a person has his" {
  run -0 lib 'psql() { printf "%s\n" "$*"; }; sql -c x; sql_table -c x'
  [[ ${lines[0]} == *"-P pager=off -c x" && ${lines[1]} == *"-P pager=off "*"-c x" ]]
  # nobody else calls it but `db psql`, and export, whose rows are no table
  same "$ROOT/scripts/db:	exec psql -X -v ON_ERROR_STOP=1 \"\$@\"" \
    "$(grep -rH '\bpsql -X' "$ROOT/scripts" | grep -vE '/lib/database.sh:|/export:')"
  same "$(grep -c 'db psql -q' "$ROOT/scripts/quickstart")" \
    "$(grep -c 'db psql -q -P pager=off' "$ROOT/scripts/quickstart")"
}

@test "a link in scratch, or among what is to be published, is left alone" {
  mkdir -p "$VPIPE_DATA/scratch" "$VPIPE_DATA/outbox" "$tmp/mine"
  touch "$tmp/mine/lock" "$tmp/mine/precious" "$tmp/mine/run"
  ln -s "$tmp/mine" "$VPIPE_DATA/scratch/left"
  ln -s "$tmp/mine" "$VPIPE_DATA/outbox/catalog.left"
  mkdir "$VPIPE_DATA/scratch/killed"
  touch "$VPIPE_DATA/scratch/killed/lock"
  ln -s "$tmp/mine" "$VPIPE_DATA/scratch/killed/link"
  run -0 lib 'scratch; publish_leftovers catalog'
  [ ! -e "$VPIPE_DATA/scratch/killed" ] && [ -L "$VPIPE_DATA/scratch/left" ]
  [ -e "$tmp/mine/precious" ] && [ -e "$tmp/mine/lock" ] && [ -e "$tmp/mine/run" ]
}

@test "what scripts write is their owner's alone, whatever the umask; metrics are everybody's" {
  umask 000
  VPIPE_ON_FAILURE='echo x >"$VPIPE_DATA/called"' run -77 cron_with 'echo x >"$VPIPE_DATA/made"; exit 77' \
    '' catalog
  lib 'data_made; make=$(outbox catalog); echo secret >"$make/run"; scratch; echo x >"$VPIPE_DATA/secret"'
  mv "$VPIPE_DATA/metrics" "$tmp/metrics"
  same '' "$(find "$VPIPE_DATA" -mindepth 1 -perm /077)"
  same 644 "$(stat -c %a "$tmp/metrics/catalog.prom")"
  same 755 "$(stat -c %a "$tmp/metrics")"
}

# cron_with BODY LOAD [FLOW [ARGUMENT]...]: cron beside a flow (catalog) and a
# load, of these bodies
cron_with() {
  mkdir -p "$tmp/bin"
  cp -R "$ROOT/scripts/cron" "$ROOT/scripts/lib.sh" "$ROOT/scripts/lib" "$tmp/bin/"
  printf '#!/bin/sh\n%s\n' "$1" >"$tmp/bin/${3:-catalog}"
  printf '#!/bin/sh\necho "load $*"; %s\n' "${2:-}" >"$tmp/bin/load"
  chmod +x "$tmp"/bin/*
  VPIPE_RETRY_PAUSE=0 "$tmp/bin/cron" "${@:3}"
}

@test "cron logs, writes metrics and ends as the flow did" {
  run -0 --separate-stderr cron_with 'echo out; echo err >&2'
  [ -z "$output$stderr" ]
  grep -qx out "$VPIPE_DATA/log/catalog.log"
  grep -qx err "$VPIPE_DATA/log/catalog.log"
  grep -qx 'vpipe_flow_status{flow="catalog"} 0' \
    "$VPIPE_DATA/metrics/catalog.prom"
}

@test "cron track: a log, metrics and a lock of its own" {
  mkdir -p "$VPIPE_DATA/lock"
  exec 5>"$VPIPE_DATA/lock/cron-catalog"
  flock 5
  run -77 cron_with 'echo "flow $*"; exit 77' '' track --budget 7
  grep -qx 'flow --budget 7' "$VPIPE_DATA/log/track.log"
  grep -qx 'vpipe_flow_status{flow="track"} 77' "$VPIPE_DATA/metrics/track.prom"
  [ ! -e "$VPIPE_DATA/log/catalog.log" ]
}

@test "cron after 75 repeats the load, never the flow" {
  run -0 cron_with 'echo flow; exit 75' \
    '[ -e "$VPIPE_DATA/second" ] || { touch "$VPIPE_DATA/second"; exit 75; }'
  [ "$(grep -c '^flow$' "$VPIPE_DATA/log/catalog.log")" = 1 ]
  [ "$(grep -c '^load --pending$' "$VPIPE_DATA/log/catalog.log")" = 2 ]
}

@test "cron gives up after three loads" {
  run -75 cron_with 'exit 75' 'exit 75'
  [ "$(grep -c '^load --pending$' "$VPIPE_DATA/log/catalog.log")" = 3 ]
}

@test "a run that failed leaves its status and its log's last lines, until one is good" {
  failed=$VPIPE_DATA/log/catalog.failed
  run -0 cron_with 'echo fine'
  [ ! -e "$failed" ]
  good=$(grep '^vpipe_flow_succeeded' "$VPIPE_DATA/metrics/catalog.prom")
  run -77 cron_with 'seq 30; printf "a \033[31mname\n"; exit 77'
  [[ $(head -n 1 "$failed") =~ ^20[0-9TZ:-]+\ 77$ ]]
  same $'12\na ?[31mname' "$(sed -n '2p; $p' "$failed")"
  same 21 "$(wc -l <"$failed")"
  same "$good" "$(grep '^vpipe_flow_succeeded' "$VPIPE_DATA/metrics/catalog.prom")"
  run -75 cron_with 'exit 75' 'exit 75'
  same 'load --pending' "$(tail -n 1 "$failed")"
  run -0 cron_with 'echo fine'
  [ ! -e "$failed" ]
}

@test "cron pings when a flow begins and ends, and a ping that fails is a line of the log" {
  mkdir -p "$tmp/curl"
  printf '#!/bin/sh\nfor url; do :; done; echo "$url" >>"%s"; exit "${PING_FAILS:-0}"\n' \
    "$tmp/pings" >"$tmp/curl/curl"
  chmod +x "$tmp/curl/curl"
  export VPIPE_PING_URL=https://check.example/FLOW/ PATH=$tmp/curl:$PATH
  run -77 cron_with 'exit 77'
  same 'https://check.example/catalog/start
https://check.example/catalog/77' "$(cat "$tmp/pings")"
  PING_FAILS=28 run -0 cron_with 'echo fine'
  same 2 "$(grep -c '^the ping to VPIPE_PING_URL failed$' "$VPIPE_DATA/log/catalog.log")"
  rm "$tmp/pings"
  VPIPE_PING_URL='' run -0 cron_with 'echo fine'
  [ ! -e "$tmp/pings" ]
}

@test "cron adds OpenLineage's START, then COMPLETE or FAIL, of one run id" {
  export VPIPE_LINEAGE=$tmp/lineage
  run -0 cron_with 'echo fine'
  run -77 cron_with 'exit 77'
  same 'START catalog COMPLETE catalog START catalog FAIL catalog' \
    "$(jq -r '"\(.eventType) \(.job.name)"' "$tmp/lineage" | xargs)"
  same '[2,2]' "$(jq -sc 'group_by(.run.runId) | map(length)' "$tmp/lineage")"
  jq -es 'all(.eventTime and .producer and .schemaURL and .inputs and .outputs
      and (.run.runId | test("^[0-9a-f-]{36}$")))' "$tmp/lineage" >/dev/null
  VPIPE_LINEAGE=/dev/full run -0 cron_with 'echo fine'
  grep -qx 'cannot write VPIPE_LINEAGE' "$VPIPE_DATA/log/catalog.log"
}

@test "cron runs VPIPE_ON_FAILURE with the status and the log" {
  VPIPE_ON_FAILURE='echo "$VPIPE_FLOW $VPIPE_STATUS" >"$VPIPE_DATA/called"' \
    run -77 cron_with 'exit 77'
  [ "$(cat "$VPIPE_DATA/called")" = "catalog 77" ]
  VPIPE_ON_FAILURE='touch "$VPIPE_DATA/again"' run -0 cron_with :
  [ ! -e "$VPIPE_DATA/again" ]
}

@test "cron's log moves on at 8 MB" {
  mkdir -p "$VPIPE_DATA/log"
  head -c 8388608 /dev/zero >"$VPIPE_DATA/log/catalog.log"
  echo older >"$VPIPE_DATA/log/catalog.log.1"
  run -0 cron_with 'echo new'
  [ "$(cat "$VPIPE_DATA/log/catalog.log.2")" = older ]
  [ "$(wc -c <"$VPIPE_DATA/log/catalog.log.1")" = 8388608 ]
  grep -qx new "$VPIPE_DATA/log/catalog.log"
}

@test "a second cron of the same flow does not start it" {
  mkdir -p "$VPIPE_DATA/lock"
  exec 5>"$VPIPE_DATA/lock/cron-catalog"
  flock 5
  run -75 --separate-stderr cron_with 'touch "$VPIPE_DATA/ran"'
  [ "$stderr" = "cron: another 'cron-catalog' is running" ]
  [ ! -e "$VPIPE_DATA/ran" ]
}

@test "any number of scripts at once: none takes another's scratch folder for a leftover" {
  mkdir -p "$tmp/bin"
  cp -R "$ROOT"/scripts/lib "$ROOT/scripts/lib.sh" "$tmp/bin/"
  printf '%s\n' '#!/bin/sh' 'set -eu' '. "${0%/*}/lib.sh"' scratch \
    ': >"$scratch/a"' >"$tmp/bin/one"
  chmod +x "$tmp/bin/one"
  for _ in {1..60}; do
    "$tmp/bin/one" 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  [ -z "$(ls "$VPIPE_DATA/scratch")" ]
}
