# vfetch.bash - for the tests of vfetch: servers, and what its records say
#
#	market [JQ]		small.json, with changes
#	serve, serves		a server that answers with files, byte for byte
#	site, at, html, json	one that answers by path and query
#	closing FILE JQ		of the closing record
#	refused			many lines that one vfetch refuses

scenarios=$ROOT/fixtures/market/scenarios
women='https://www.vinted.pt/catalog/1904-women'

setup() {
  # the clock of the simulator; pauses move it, nothing is slept for
  export VPIPE_NOW=2026-09-20T08:00:00Z VPIPE_SCHEMA=$ROOT/schema
}

# scenario JQ: small.json with changes, as a file
scenario() {
  jq "$1" "$scenarios/small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

market() {  # market [JQ]
  market_start "$(scenario "${1:-.}")"
}

fault() {  # fault QUERY: kind=429&at_request=2 ...
  curl -sS -f -X POST "$MARKET/_market/faults?$1" >/dev/null
}

received() {  # received JQ: of the requests that the market received
  market_requests | jq -r "$1"
}

closing() {  # closing FILE JQ: of its last record; bodies of megabytes are not read
  grep '"kind":"run"' "$1" | jq -r "select(.kind == \"run\").body | $2" "$1"
}

kinds() {
  jq -r .kind "$1" | tr '\n' ' '
}

plan() {  # the URLs that a dry run prints for searches
  vfetch catalog --dry-run "$@" 2>/dev/null |
    jq -r 'select(.kind == "search").url'
}

pace_file() {
  mkdir -p "$VPIPE_DATA/state/pace"
  cat >"$VPIPE_DATA/state/pace/vinted"
}

# serve FILE...: a server that answers with these, byte for byte, the last of
# them again and again; what the market does not say of itself
serve() {
  perl -MIO::Socket::INET -e '
    my ($ready, @files) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      open my $f, "<", @files > 1 ? shift @files : $files[0];
      local $/; print {$c} <$f>; close $c;
    }' "$tmp/port" "$@" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# serves FILE: from now on the one server that is there answers with this
serves() {
  ln -f "$1" "$tmp/served"
  [[ -n ${SERVER_PID:-} ]] || serve "$tmp/served"
}

# answer NAME HEADER... <BODY: a file for serve, with its length
answer() {
  local name=$1

  shift
  cat >"$tmp/body.$name"
  rm -f "$tmp/$name"
  { printf 'HTTP/1.1 %s\r\n' "$1"
    printf '%s\r\n' "${@:2}" "Content-Length: $(stat -c %s "$tmp/body.$name")" 'Connection: close' ''
    cat "$tmp/body.$name"; } >"$tmp/$name"
}

listings='https://www.bazar.example/listings?section=women'

teardown() {
  [[ -z ${SERVER_PID:-} ]] || kill "$SERVER_PID"
  market_stop
}

# site: a server that answers by path and query with what `at` left for them,
# else with the API's 404; $tmp/asked has the requests
site() {
  at / '200 OK' 'Content-Type: text/html' 'Set-Cookie: access_token_web=abc; path=/' 'Set-Cookie: anon_id=x' <<<'<html></html>'
  at other '404 Not Found' 'Content-Type: application/json' <<<'{"code":104,"message":"Content not found"}'
  : >"$tmp/asked"
  perl -MIO::Socket::INET -e '
    my ($ready, $dir, $log) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      my ($target) = $got =~ /^GET (\S+)/;
      open my $l, ">>", $log; print $l "$target\n"; close $l;
      $target =~ s{/}{!}g;
      open my $f, "<", -e "$dir/$target" ? "$dir/$target" : "$dir/other";
      local $/; print {$c} <$f>; close $c;
    }' "$tmp/port" "$tmp/site" "$tmp/asked" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

# at TARGET STATUS HEADER... <BODY
at() {
  mkdir -p "$tmp/site"
  answer answer "${@:2}"
  mv "$tmp/answer" "$tmp/site/${1//\//!}"
}

html() {  # html TARGET STATUS <BODY
  at "$1" "$2" 'Content-Type: text/html; charset=utf-8'
}

json() {
  at "$1" "$2" 'Content-Type: application/json; charset=utf-8'
}

moved() {  # moved TARGET LOCATION
  at "$1" '307 Temporary Redirect' "Location: $2" </dev/null
}

about() {  # about KIND ID...: request objects of www.vinted.pt
  local id name=item

  [[ $1 == item-* || $1 == audit-* ]] || name=user
  for id in "${@:2}"; do
    printf '{"site":"www.vinted.pt","kind":"%s","params":{"%s":"%s"}}\n' "$1" "$name" "$id"
  done
}

pages_asked() {
  grep -v '^/$' "$tmp/asked" | tr '\n' ' '
}

looks() {  # looks <RECORDS: the verdict of each
  vnormalize --no-key 2>/dev/null | jq -r 'select(.stream == "vinted_look").record.verdict // empty'
}

opened() {  # opened PID NAME: it has a file open whose name ends so
  readlink /proc/"$1"/fd/* 2>/dev/null | grep -q "$2\$"
}

# refused [OPTION]... <REQUEST|WORDS...: each line is refused with these words,
# all by one vfetch, which then has nothing to do; the first alone, too
refused() {
  cat >"$tmp/refused"
  cut -d '|' -f 1 "$tmp/refused" >"$tmp/requests"
  run -64 --separate-stderr vfetch -q requests "$@" <"$tmp/requests"
  [ -z "$output" ]
  same "$(wc -l <"$tmp/refused")" "${#stderr_lines[@]}"
  awk -F '|' 'NR == FNR { words[NR] = "line " NR ": " $2; next }
    !index($0, words[FNR]) { print "want: " words[FNR] "\nhave: " $0; bad = 1 }
    END { exit bad }' "$tmp/refused" <(printf '%s\n' "$stderr")
  fails 64 "line 1: $(head -n 1 "$tmp/refused" | cut -d '|' -f 2)" vfetch -q requests "$@" \
    < <(head -n 1 "$tmp/requests")
  [ -z "$output" ]
}

# secrets: a front page that sets a token, an anon id, a refresh token, and
# what is no secret
token=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.s-g_n4tuRe
secrets() {
  site
  at / '200 OK' 'Content-Type: text/html' "Set-Cookie: access_token_web=$token; path=/" \
    'Set-Cookie: anon_id=SECRETANON; path=/' 'Set-Cookie: refresh_token_web="refresh%2Fme-1"; HttpOnly' \
    'Set-Cookie: visits=10000000001' 'Set-Cookie: locale=pt-fr' 'Set-Cookie: where=vinted.pt' <<<'<html></html>'
}

x_at='/svc-catalogue/items?order=newest_first&search_text=x&page=1&per_page=96'
ask_x() {
  rm -rf "$VPIPE_DATA/state"
  vfetch catalog -v 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/out" "$tmp/err") != *"$token"* ]]
}
