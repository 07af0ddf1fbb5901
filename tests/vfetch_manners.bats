# vfetch(1): what is tried again, and when nothing more is asked
load helper
load vfetch

# --- manners ------------------------------------------------------------------------

@test "a host that is not loopback needs a contact and a go-ahead, before any request" {
  unset VPIPE_BASE_URL
  fails 78 "VPIPE_CONTACT is not set" vfetch catalog "$women"
  export VPIPE_CONTACT=someone@example.org
  fails 78 "VPIPE_LIVE is not 'yes'" vfetch catalog "$women"
  VPIPE_CONTACT=$'a\nX-Header: b' fails 78 "VPIPE_CONTACT takes an address or a page" vfetch catalog "$women"
  VPIPE_LIVE=yes fails 78 "VPIPE_NOW is for tests" vfetch catalog "$women"
  fails 78 "VPIPE_LIVE is not 'yes'" vfetch catalog "$women" --base-url http://127.example.org:80
  fails 78 "is no http://HOST:PORT" vfetch catalog "$women" --base-url https://127.0.0.1
}

@test "a refusal ends the run, is kept, and the group cools down in all processes" {
  market
  fault 'kind=429&at_request=2&times=1&retry_after=2'
  vfetch catalog "$women" https://www.vinted.co.uk/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 75 ]
  same "$(jq -r '.status' "$tmp/out" | tr '\n' ' ')" '200 200 200 200 429 null '
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.queries | map(.stop) | join(" "))')" 'refused
false
75
refused:rate-limit refused'
  [[ $(cat "$tmp/err") == *"(rate-limit, status 429): nothing is asked of 'vinted' before 2026-09-20T08:15:00.000Z"* ]]
  n=$(market_requests | wc -l)
  VPIPE_NOW=2026-09-20T08:14:59Z run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"'vinted' cools down until 2026-09-20T08:15:00.000Z"* ]]
  same "$(market_requests | wc -l)" "$n"
  VPIPE_NOW=2026-09-20T08:15:00Z run -0 --separate-stderr vfetch catalog "$women"
}

@test "a cool-down doubles up to six hours, and an answer resets it" {
  market
  fault 'kind=429&retry_after=0'
  for want in 15 30 60 120 240 360 360; do
    run -75 --separate-stderr vfetch catalog "$women"
    until=$(sed -n 's/^not-before //p' "$VPIPE_DATA/state/pace/vinted")
    [ $((($(date -d "$until" +%s) - $(date -d "$VPIPE_NOW" +%s)) / 60)) = $want ]
    VPIPE_NOW=$until
  done
  curl -sS -X DELETE "$MARKET/_market/faults"
  run -0 --separate-stderr vfetch catalog "$women"
  fault kind=403
  run -77 --separate-stderr vfetch catalog "$women"
  same "$(sed -n 's/^pause //p' "$VPIPE_DATA/state/pace/vinted")" 900000
}

@test "Retry-After is a floor that nothing shortens" {
  market
  fault 'kind=429&retry_after=7200'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"before 2026-09-20T10:00:00.000Z"* ]]
}

# paused_by HEADER...: $paused is until when a 429 with these pauses the group
paused_by() {
  answer wall '429 Too Many Requests' 'Content-Type: application/json' "$@" <<<'{}'
  rm -rf "$VPIPE_DATA"
  serves "$tmp/wall"
  run -75 --separate-stderr vfetch catalog "$listings"
  paused=$(sed -n 's/^not-before //p' "$VPIPE_DATA/state/pace/bazar")
}

@test "Retry-After is honoured as servers write it; what it is not, is no floor" {
  paused_by 'Retry-After: 3600.5'
  same "$paused" 2026-09-20T09:00:00.500Z
  paused_by 'Retry-After: Sun, 20 Sep 2026 10:00:00 UTC'
  same "$paused" 2026-09-20T10:00:00.000Z
  paused_by 'Retry-After: Sun, 20 Sep 2026 12:00:00 +0200'
  same "$paused" 2026-09-20T10:00:00.000Z
  paused_by 'Retry-After: 60' 'Retry-After:  7200 ' 'Retry-After: soon'
  same "$paused" 2026-09-20T10:00:00.000Z
  for text in '' soon -5 'Sun, 20 Sep 2026 07:00:00 GMT'; do
    paused_by "Retry-After: $text"
    same "$paused" 2026-09-20T08:15:00.000Z
  done
}

@test "a Retry-After beyond a day is a day, and says so" {
  for text in 'Fri, 31 Dec 9999 23:59:59 GMT' 99999999999999999999 1e9; do
    paused_by "Retry-After: $text"
    same "$paused" 2026-09-21T08:00:00.000Z
  done
  answer wall '503 Busy' 'Retry-After: Fri, 31 Dec 9999 23:59:59 GMT' </dev/null
  rm -r "$VPIPE_DATA"
  serves "$tmp/wall"
  run -75 --separate-stderr vfetch catalog "$listings"
  [[ $stderr == *"a Retry-After asks for "*" days: one day is kept"* ]]
  [[ $stderr == *"'bazar' cools down until 2026-09-21T08:00:00.000Z; to end the pause: vfetch resume bazar"* ]]
}

@test "a pause of more than a day in an older file is cut when it is read, once" {
  market
  printf 'not-before 9999-12-31T23:59:59.000Z\npause 900000\n' | pace_file
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"state/pace/vinted' holds a pause of more than a day: it ends at 2026-09-21T08:00:00.000Z"* ]]
  VPIPE_NOW=2026-09-20T20:00:00Z run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr != *"more than a day"* && $stderr == *"until 2026-09-21T08:00:00.000Z"* ]]
  VPIPE_NOW=2026-09-21T08:00:00Z run -0 --separate-stderr vfetch catalog "$women"
}

@test "the operator ends a pause by 'resume', and keeps the pace; the next refusal doubles" {
  market
  fault 'kind=429&times=1'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"to end the pause: vfetch resume vinted"* ]]
  asked=$(grep ^asked "$VPIPE_DATA/state/pace/vinted") || :
  run -0 --separate-stderr vfetch resume vinted
  same "$stderr" "vfetch: 'vinted' may be asked again: the operator has ended the pause until 2026-09-20T08:15:00.000Z"
  [ -z "$output" ]
  same "$(grep ^asked "$VPIPE_DATA/state/pace/vinted")" "$asked"
  fault 'kind=429&times=1'
  run -75 --separate-stderr vfetch catalog "$women"
  [[ $stderr == *"before 2026-09-20T08:30:00.000Z"* ]]
  run -0 vfetch resume vinted
  run -0 vfetch catalog "$women"
  run -0 --separate-stderr vfetch resume vinted
  same "$stderr" "vfetch: 'vinted' has no pause"
  # a host of pictures is a group of its own, by the name that vimg says
  printf 'not-before 2026-09-20T09:00:00.000Z\npause 900000\nasked 2026-09-20T07:59:59.000Z\n' >"$VPIPE_DATA/state/pace/image-images1.example.net"
  run -0 vfetch resume image-images1.example.net
  same "$(cat "$VPIPE_DATA/state/pace/image-images1.example.net")" 'not-before 2026-09-20T08:00:00.000Z
pause 900000
asked 2026-09-20T07:59:59.000Z'
  fails 64 "'nobody' is no source, nor a group that was asked" vfetch resume nobody
  fails 64 "'../vinted' is no name" vfetch resume ../vinted
  fails 64 'resume takes a source or a group' vfetch resume
}

@test "what refuses is a refusal, never an empty answer" {
  for fault in 'kind=403 forbidden' 'kind=challenge challenge' 'kind=html html' \
    'kind=404-html dead-route' 'kind=404 dead-route'; do
    market
    fault "${fault% *}"
    vfetch catalog "$women" >"$tmp/out" 2>/dev/null && status=0 || status=$?
    [ "$status" = 77 ]
    [[ $(closing "$tmp/out" '.stop, .queries[0].stop, .queries[0].walked') == "refused
refused:"*"
false" ]]
    grep -q '^not-before 2026-09-20T08:15' "$VPIPE_DATA/state/pace/vinted"
    market_stop
    rm -r "$VPIPE_DATA"
  done
}

@test "a refused front page stops the run too" {
  market
  fault 'kind=challenge&path=/'
  run -77 --separate-stderr vfetch catalog "$women"
  same "$(jq -r .kind <<<"$output" | tr '\n' ' ')" 'robots session run '
}

@test "what is transient is tried three times, each attempt a record" {
  market
  fault 'kind=5xx&status=503&at_request=1&times=1'
  fault 'kind=reset&times=1'
  vfetch catalog "$women" --max-pages 1 >"$tmp/out" 2>"$tmp/err"
  same "$(jq -r 'select(.kind == "search") | "\(.attempt) \(.status) \(.error.cause)"' "$tmp/out")" '1 503 null
2 null reset
3 200 null'
  [[ $(cat "$tmp/err") == *"4 requests = 4 answered + 0 failed + 0 put off, 6 attempts"* ]]
}

@test "a query that fails three times does not stop the others" {
  market
  fault 'kind=5xx&status=500&times=3'
  vfetch catalog "$women" https://www.vinted.pt/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 75 ]
  same "$(closing "$tmp/out" '.stop, .complete, (.queries | map(.stop) | join(" "))')" 'failed
false
failed:server end'
}

@test "a body that was cut short is kept as bytes, and tried again" {
  market
  fault 'kind=truncated&times=1'
  fault 'kind=length&at_request=2&times=1'
  vfetch catalog "$women" --max-pages 1 >"$tmp/out" 2>/dev/null
  same "$(jq -r 'select(.kind == "search") | "\(.attempt) \(.status) \(has("body_base64")) \(has("body"))"' "$tmp/out")" '1 200 true false
2 200 true false
3 200 false true'
}

@test "a body that is not UTF-8 is called so, whatever charset it claims; only a cut one is truncated" {
  site
  at=/svc-catalogue/items?order=newest_first'&'search_text=x'&'page=1'&'per_page=96
  body='{"items":[{"id":1,"title":"caffè"}],"pagination":{"total_entries":1}}'
  while IFS='|' read -r claim code verdict; do
    printf %s "$body" | iconv -f UTF-8 -t "$code" | at "$at" '200 OK' "Content-Type: application/json$claim"
    vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
    same "$(closing "$tmp/out" '.queries[0].stop')" "$verdict" || { echo "$claim $code"; return 1; }
    grep '"kind":"search"' "$tmp/out" >>"$tmp/pages"
    printf '%s\n' "${verdict/#end/ok}" >>"$tmp/verdicts"
    same "$(jq 'select(.kind == "search") | .attempt, .whole' "$tmp/out" | tr '\n' ' ')" "1 $([[ $verdict == end ]] && echo null || echo true) "
  done <<-'EOF'
	; charset=iso-8859-1|ISO-8859-1|failed:charset
	; charset=utf-8|ISO-8859-1|failed:charset
	|WINDOWS-1252|failed:charset
	; charset=utf-16|UTF-16|failed:charset
	|UTF-16LE|failed:charset
	; charset=utf-32|UTF-32BE|failed:charset
	; charset=iso-8859-1|UTF-8|end
	; charset=utf-16|UTF-8|end
	EOF
  # of plain letters, UTF-16 is valid UTF-8
  printf '{"items":[]}' | iconv -f UTF-8 -t UTF-16LE | at "$at" '200 OK' 'Content-Type: application/json'
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>/dev/null || :
  same "$(closing "$tmp/out" '.queries[0].stop')" failed:charset
  # an item's page, too
  iconv -f UTF-8 -t ISO-8859-1 <<<'<html><h1>caffè</h1></html>' |
    at /items/5 '200 OK' 'Content-Type: text/html; charset=iso-8859-1'
  about item-page 5 | vfetch requests >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/err") == *"/items/5': failed:charset, status 200"* ]]
  # cut: at its end too little came
  printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 99\r\n\r\n{"items":[' \
    >"$tmp/site/${at//\//!}"
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>/dev/null || :
  same "$(jq -c 'select(.kind == "search") | [.attempt, .whole, has("body_base64")]' "$tmp/out")" '[1,null,true]
[2,null,true]
[3,null,true]'
  same "$(closing "$tmp/out" '.queries[0].stop')" failed:truncated
  # and as it was said, so the looks say
  grep '"kind":"search"' "$tmp/out" >>"$tmp/pages"
  printf 'failed:truncated\n%.0s' 1 2 3 >>"$tmp/verdicts"
  same "$(looks <"$tmp/pages")" "$(cat "$tmp/verdicts")"
}

@test "half a JSON text is unreadable, not empty" {
  market
  fault kind=cut
  vfetch catalog "$women" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 69 ]
  same "$(closing "$tmp/out" '.queries[0].stop')" unreadable
  same "$(jq -r 'select(.kind == "search") | has("body_text")' "$tmp/out")" true
}

@test "a long Retry-After of a failure is left to the next run" {
  answer busy '503 Busy' 'Retry-After: 3600' </dev/null
  serve "$tmp/busy"
  run -75 --separate-stderr vfetch catalog "$listings"
  [ "$(jq -s length <<<"$output")" = 2 ]
  grep -q '^not-before 2026-09-20T09:00:00' "$VPIPE_DATA/state/pace/bazar"
}

@test "nobody listening is a failure of that kind, tried three times" {
  VPIPE_BASE_URL=http://127.0.0.1:9 run -75 --separate-stderr vfetch catalog "$women"
  same "$(jq -r 'select(.kind == "robots") | "\(.attempt) \(.error.cause)"' <<<"$output")" '1 connect
2 connect
3 connect'
  same "$(jq -r 'select(.kind == "run").body.queries[0].stop' <<<"$output")" failed:robots
}

@test "a budget is kept, the rest is put off, and the run says partial" {
  market
  run -0 --separate-stderr vfetch catalog --budget 4 "$women" https://www.vinted.pt/catalog/5
  same "$(market_requests | wc -l)" 4
  same "$(jq -r 'select(.kind == "run").body | .stop, .complete, .ledger.put_off' <<<"$output")" 'budget
false
2'
  [[ $stderr == *"6 requests = 4 answered + 0 failed + 2 put off"* ]]
}

@test "robots.txt is read once a day and obeyed" {
  market '.robots = "User-agent: *\nDisallow: /svc-catalogue/*catalog%5D=5&\n\nUser-agent: other\nDisallow: /\n"'
  vfetch catalog "$women" https://www.vinted.pt/catalog/5 >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
  [ "$status" = 77 ]
  same "$(closing "$tmp/out" '.queries | map(.stop) | join(" ")')" 'end refused:robots'
  [[ $(cat "$tmp/err") == *"robots.txt of 'api.vinted.pt' forbids"* ]]
  run -77 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  same "$(received 'select(.path == "/robots.txt").host')" 'www.vinted.pt
api.vinted.pt'
  VPIPE_ROBOTS=permitted run -0 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  VPIPE_NOW=2026-09-21T08:00:01Z run -77 --separate-stderr vfetch catalog https://www.vinted.pt/catalog/5
  same "$(received 'select(.path == "/robots.txt").host' | wc -l)" 3
}

@test "requests that other processes made or wait for count in the pace" {
  unset VPIPE_BASE_URL
  { printf 'not-before 1970-01-01T00:00:00.000Z\npause 0\n'
    for s in {10..54..4}; do printf 'asked 2026-09-20T07:59:%s.000Z\n' "$s"; done; } | pace_file
  run -0 --separate-stderr vfetch catalog --dry-run --max-pages 1 "$women"
  # the twelve of the last minute: the first of them is free at :10
  [[ $stderr == *"4 requests, the last in 0 h 0 min 2"[0-9]" s,"* ]]
  VPIPE_RATE_MINUTE=24 run -0 --separate-stderr vfetch catalog --dry-run --max-pages 1 "$women"
  [[ $stderr == *"at 24 a minute and 180 an hour"* ]]
  { cat "$VPIPE_DATA/state/pace/vinted"; echo rubbish; } >"$tmp/broken"
  pace_file <"$tmp/broken"
  fails 78 "is damaged" vfetch catalog --dry-run "$women"
}

@test "two processes share one budget: no minute and no hour holds more" {
  run -0 "$O/unit/pace"
}

@test "what is tried again, and when: a closed list, full jitter, Retry-After" {
  run -0 "$O/unit/retry"
}

# robots_at HOST PATH STATUS [HEADER]... <BODY: for serve_robots
robots_at() {
  mkdir -p "$tmp/hosts/$1"
  cat >"$tmp/body"
  { printf 'HTTP/1.1 %s\r\n' "$3"
    printf '%s\r\n' "${@:4}" "Content-Length: $(stat -c %s "$tmp/body")" 'Connection: close' ''
    cat "$tmp/body"; } >"$tmp/hosts/$1/${2//\//_}"
}

# serve_robots: a server for these, by host and path, which notes what is asked;
# what it has not, is an empty page of hits
serve_robots() {
  robots_at hits hits '200 OK' 'Content-Type: application/json' <<<'{"data":{"found":0,"results":[]}}'
  perl -MIO::Socket::INET -e '
    my ($ready, $dir, $log) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my $got = "";
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      my ($path) = $got =~ m{^GET (\S+)}; my ($host) = $got =~ m{^host: (\S+)}mi;
      open my $l, ">>", $log; print $l "$host$path\n"; close $l;
      (my $name = $path) =~ s{/}{_}g; my $file = "$dir/$host/$name";
      open my $f, "<:raw", -e $file ? $file : "$dir/hits/hits";
      local $/; my $b = <$f>;
      my $more = $b =~ s/^ENDLESS//; print {$c} $b; $b =~ s/.*\r\n\r\n//s;
      $b x= 1000; 1 while $more && print {$c} $b; close $c;
    }' "$tmp/port" "$tmp/hosts" "$tmp/asked" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port")
  export VPIPE_SOURCES=$ROOT/schema/sources:$ROOT/fixtures/sources
}

forbid=$'User-agent: *\nDisallow: /'

@test "robots.txt that redirects is followed, five times, to other hosts too" {
  b=www.bazar.example
  robots_at $b /robots.txt '301 Moved' "Location: /a" </dev/null
  robots_at $b /a '302 Found' "Location: http://$b/b" </dev/null
  robots_at $b /b '303 See' "Location: https://bazar.example/c" </dev/null
  robots_at bazar.example /c '307 Temporary' "Location: https://cdn.bazar.example/d?x=1" </dev/null
  robots_at cdn.bazar.example '/d?x=1' '308 Permanent' "Location: //other.example/e" </dev/null
  robots_at other.example /e '200 OK' <<<"$forbid"
  serve_robots
  run -77 --separate-stderr vfetch catalog "$listings"
  [[ $stderr == *"robots.txt of 'www.bazar.example' forbids"* ]]
  same "$(cat "$tmp/asked")" 'www.bazar.example/robots.txt
www.bazar.example/a
www.bazar.example/b
bazar.example/c
cdn.bazar.example/d?x=1
other.example/e'
  # it is kept for the host that was asked first
  run -77 --separate-stderr vfetch catalog "$listings"
  [ "$(wc -l <"$tmp/asked")" = 6 ]
}

@test "a robots.txt that redirects in a ring, or is no text, forbids nothing" {
  robots_at www.bazar.example /robots.txt '302 Found' "Location: /robots.txt" </dev/null
  serve_robots
  run -0 --separate-stderr vfetch catalog "$listings"
  [ "$(grep -c robots "$tmp/asked")" = 6 ]
  for status in '404 Not Found' '410 Gone' '302 Found' '200 OK'; do
    rm -r "$VPIPE_DATA"
    robots_at www.bazar.example /robots.txt "$status" 'Content-Type: text/html' <<<'<html><p>Nothing here</p></html>'
    run -0 --separate-stderr vfetch catalog "$listings"
  done
}

@test "a robots.txt that cannot be reached forbids everything" {
  robots_at www.bazar.example /robots.txt '503 Busy' </dev/null
  serve_robots
  run -75 --separate-stderr vfetch catalog "$listings"
  same "$(closing /dev/stdin '.queries[0].stop' <<<"$output")" failed:robots
  [ "$(grep -vc robots "$tmp/asked")" = 0 ]
}

@test "a byte order mark, gzip and an endless robots.txt are read for what they say" {
  robots_at www.bazar.example /robots.txt '200 OK' <<<$'\xef\xbb\xbf'"$forbid"
  serve_robots
  run -77 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  gzip -c <<<"$forbid" | robots_at www.bazar.example /robots.txt '200 OK' 'Content-Encoding: gzip'
  run -77 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  { printf 'ENDLESSHTTP/1.1 200 OK\r\n\r\n'; printf 'User-agent: *\nDisallow: /x\n'; } >"$tmp/hosts/www.bazar.example/_robots.txt"
  run -0 vfetch catalog "$listings"
  rm -r "$VPIPE_DATA"
  { printf 'ENDLESSHTTP/1.1 200 OK\r\n\r\n'; printf '%s\n' "$forbid"; } >"$tmp/hosts/www.bazar.example/_robots.txt"
  run -77 vfetch catalog "$listings"
}

@test "robots.txt is read as RFC 9309 says" {
  run -0 "$O/unit/robots"
}

@test "whatever a URL or a robots.txt holds, reading it does no harm" {
  run -0 "$O/unit/fuzz_check" url "$ROOT"/tests/fuzz/corpus/url/*
  run -0 "$O/unit/fuzz_check" robots "$ROOT"/tests/fuzz/corpus/robots/*
}
