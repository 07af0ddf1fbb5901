# vfetch(1): requests about one seller or one item
load helper
load vfetch

# --- requests about one seller or one item ---------------------------------------------

@test "requests about sellers and items: ids in the path, whom they are about in the record, as text" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{"id":70},"code":0}'
  json '/api/v2/wardrobe/70/items?page=1&per_page=96' '200 OK' <<<'{"items":[],"pagination":{"total_entries":0},"code":0}'
  html /items/10000000001 '200 OK' <<<'<html><body></body></html>'
  json /api/v2/items/10000000001/details/sidebar '200 OK' <<<'{"plugins":[],"code":0}'
  { about user 70; about wardrobe 70; about item-page 10000000001
    echo '{"site":"www.vinted.pt","kind":"item-status","params":{"item":10000000001}}'; } |
    vfetch requests --flow track >"$tmp/out" 2>/dev/null
  same "$(jq -c 'select(.request.query) | [.flow, .kind, .request.query, .request.user_id, .request.item_id, .request.page]' "$tmp/out")" \
'["track","user","www.vinted.pt/user?user=70","70",null,null]
["track","wardrobe","www.vinted.pt/wardrobe?user=70","70",null,1]
["track","item-page","www.vinted.pt/item-page?item=10000000001",null,"10000000001",null]
["track","item-status","www.vinted.pt/item-status?item=10000000001",null,"10000000001",null]'
  same "$(jq -c 'select(.kind == "item-page").request | del(.via)' "$tmp/out")" \
    '{"endpoint":"html-item","item_id":"10000000001","method":"GET","params":{"item":["10000000001"]},"query":"www.vinted.pt/item-page?item=10000000001","url":"https://www.vinted.pt/items/10000000001"}'
  same "$(jq -r 'select(.kind == "item-page").body_text' "$tmp/out")" '<html><body></body></html>'
  same "$(closing "$tmp/out" '.complete, .status, (.kinds | tojson)')" \
'true
0
{"item-page":{"answered":1,"failed":0,"gone":0,"put_off":0,"requests":1},"item-status":{"answered":1,"failed":0,"gone":0,"put_off":0,"requests":1},"user":{"answered":1,"failed":0,"gone":0,"put_off":0,"requests":1},"wardrobe":{"answered":1,"failed":0,"gone":0,"put_off":0,"requests":1}}'
  # only what has pages has an entry of its own
  same "$(closing "$tmp/out" '.queries | tojson')" \
    '[{"answered":1,"asked":1,"endpoint":"api-v2-wardrobe","gap":false,"kind":"wardrobe","query":"www.vinted.pt/wardrobe?user=70","site":"www.vinted.pt","state":null,"stop":"empty","total_first":0,"total_last":0,"user_id":"70","walked":true}]'
}

@test "a request's note goes into the record as it is, and into its look; it asks nothing" {
  site
  html /items/5 '200 OK' <<<'<html><body></body></html>'
  { about audit-page 5 | jq -c '.note = {state: "sold", again: 7}'; about item-page 5; } |
    vfetch requests --flow track >"$tmp/out" 2>/dev/null
  same '["audit-page","https://www.vinted.pt/items/5",{"again":7,"state":"sold"}]
["item-page","https://www.vinted.pt/items/5",null]' \
    "$(jq -c 'select(.request.query) | [.kind, .request.url, .request.note]' "$tmp/out")"
  same '{"again":7,"state":"sold"}' "$(vnormalize -q --no-key --records-only --stream look <"$tmp/out" |
    jq -c '.record.note // empty')"
  about audit-page 5 | jq -c '.note = "sold"' >"$tmp/in"
  run -64 vfetch requests --flow track <"$tmp/in"
  [[ $output == *"line 1: 'note' is no object of valid text"* ]]
}

@test "the simulated site is asked in its own words, and answers all four kinds" {
  market '.items = 500'
  vfetch catalog "$women" --max-pages 1 >"$tmp/list" 2>/dev/null
  read -r item user < <(jq -r 'select(.kind == "search") | [.body.items[] | select(.promoted | not)][0] | "\(.id) \(.user.id)"' "$tmp/list")
  { about user "$user" 999; about wardrobe "$user"; about item-page "$item" 999; about item-status "$item"; } |
    vfetch requests --flow track >"$tmp/out" 2>"$tmp/err"
  same "$(jq -c 'select(.request.query) | [.kind, .status, .request.redirects]' "$tmp/out")" \
'["user",200,null]
["user",404,null]
["wardrobe",200,null]
["item-page",200,1]
["item-page",404,null]
["item-status",200,null]'
  same "$(closing "$tmp/out" '.complete, (.kinds | map_values(.gone) | tojson), (.queries[0] | .stop, .walked, .total_first > 0)')" 'true
{"item-page":1,"item-status":0,"user":1,"wardrobe":0}
end
true
true'
  # all of it with the session's cookie
  same "$(received 'select(.path | test("^/(api|items)")) | .headers.cookie | test("access_token_web=")' | sort -u)" true
}

@test "an id that is no integer, or is missing, refuses its line before anything is asked" {
  site
  sed 's/^[^|]*/{"site":"www.vinted.pt","kind":"item-page","params":&}/' >"$tmp/lines" <<-'EOF'
	{"item":"5a"}|parameter 'item' does not take '5a'
	{"item":"../5"}|parameter 'item' does not take '../5'
	{"item":"5/6"}|parameter 'item' does not take '5/6'
	{"item":"-5"}|parameter 'item' does not take '-5'
	{"item":5.0}|parameter 'item' does not take '5.0'
	{"item":"007"}|parameter 'item' does not take '007'
	{"item":"0"}|parameter 'item' does not take '0'
	{"item":"12345678901234567890"}|parameter 'item' does not take
	{"item":""}|parameter 'item' has no value
	{"item":["5","6"]}|parameter 'item' takes one value, not 2
	{"item":"5","slug":"a/b"}|parameter 'slug' does not take 'a/b'
	{"item":"5","slug":"/"}|parameter 'slug' does not take '/'
	{"item":"5","slug":"."}|parameter 'slug' does not take '.'
	{"item":"5","slug":".."}|parameter 'slug' does not take '..'
	{"item":"5","slug":""}|parameter 'slug' has no value
	{"item":"5","slug":[]}|parameter 'slug' has no value
	{"item":"5","slug":null}|parameter 'slug' is neither text nor number
	{"item":"5","slug":["a","b"]}|parameter 'slug' takes one value, not 2
	{"slug":"a"}|'html-item' needs a parameter 'item'
	{"item":"5","page":"2"}|'html-item' has no parameter 'page'
	{"user":"5"}|'html-item' has no parameter 'user'
	{}|'html-item' needs a parameter 'item'
	EOF
  refused <"$tmp/lines"
  fails 64 "has no endpoint 'current' for kind 'details'" vfetch -q requests <<<'{"site":"www.vinted.pt","kind":"details"}'
  # a slug of what has none
  fails 64 "'details-sidebar' has no parameter 'slug'" vfetch -q requests \
    <<<'{"site":"www.vinted.pt","kind":"item-status","params":{"item":"5","slug":"a"}}'
  [ ! -s "$tmp/asked" ]
}

@test "a text in a path is encoded, and leads nowhere else" {
  site
  json '/rest/members/a%2Fb%20%3F%C3%A9' '200 OK' <<<'{"data":{}}'
  run -0 --separate-stderr vfetch requests <<<'{"site":"www.bazar.example","kind":"user","params":{"user":"a/b ?é"}}'
  same "$(jq -r 'select(.kind == "user").request | .url, .user_id' <<<"$output")" 'https://www.bazar.example/rest/members/a%2Fb%20%3F%C3%A9
a/b ?é'
  for user in . ..; do
    fails 64 "parameter 'user' does not take '$user'" vfetch -q requests \
      <<<"{\"site\":\"www.bazar.example\",\"kind\":\"user\",\"params\":{\"user\":\"$user\"}}"
  done
  same "$(pages_asked)" '/rest/members/a%2Fb%20%3F%C3%A9 '
}

# slug ITEM SLUG: a request object of an item's page, where it is known to stand
slug() {
  about item-page "$1" | jq -c --arg slug "$2" '.params.slug = $slug'
}

@test "a page whose slug is known takes one request; the query is the same without" {
  site
  moved /items/5 /items/5-blue-dress
  html /items/5-blue-dress '200 OK' <<<'<html></html>'
  html /items/6 '200 OK' <<<'<html></html>'
  { slug 5 blue-dress; about item-page 5 6; } >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(pages_asked)" '/items/5-blue-dress /items/6 '
  same "$(jq -c 'select(.kind == "item-page").request | del(.via)' "$tmp/out")" \
'{"endpoint":"html-item","item_id":"5","method":"GET","params":{"item":["5"],"slug":["blue-dress"]},"query":"www.vinted.pt/item-page?item=5","url":"https://www.vinted.pt/items/5-blue-dress"}
{"endpoint":"html-item","item_id":"6","method":"GET","params":{"item":["6"]},"query":"www.vinted.pt/item-page?item=6","url":"https://www.vinted.pt/items/6"}'
  # one item is one request, with or without
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/item-page?item=5' is asked twice"* ]]
  same "$(vfetch requests --dry-run <"$tmp/in" 2>/dev/null | jq -c 'select(.kind == "item-page") | [.url, .query]')" \
'["https://www.vinted.pt/items/5-blue-dress","www.vinted.pt/item-page?item=5"]
["https://www.vinted.pt/items/6","www.vinted.pt/item-page?item=6"]'
}

@test "a slug that is no longer the item's is redirected, and followed" {
  site
  moved /items/5-old /items/5-new
  html /items/5-new '200 OK' <<<'<html></html>'
  # nor does a slug open the way to another item
  moved /items/5-6 /items/56
  slug 5 old | vfetch requests >"$tmp/out" 2>/dev/null
  same "$(pages_asked)" '/items/5-old /items/5-new '
  same "$(jq -c 'select(.kind == "item-page").request | [.url, .redirects, .query, .item_id]' "$tmp/out")" \
    '["https://www.vinted.pt/items/5-new",1,"www.vinted.pt/item-page?item=5","5"]'
  slug 5 6 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"refused us (redirect, status 307)"* ]]
  same "$(pages_asked)" '/items/5-old /items/5-new /items/5-6 '
}

@test "a slug is encoded, whatever it holds" {
  site
  while IFS='|' read -r text encoded; do
    : >"$tmp/asked"
    html "/items/5-$encoded" '200 OK' <<<'<html></html>'
    slug 5 "$text" | vfetch requests >"$tmp/out" 2>/dev/null
    same "$(pages_asked)" "/items/5-$encoded "
    same "$(jq -c 'select(.kind == "item-page").request | [.url, .params.slug[0]]' "$tmp/out")" \
      "$(jq -cn --arg text "$text" --arg at "$encoded" '["https://www.vinted.pt/items/5-\($at)", $text]')"
  done <<-'EOF'
	robe d'été|robe%20d%27%C3%A9t%C3%A9
	a?b=c&d#e|a%3Fb%3Dc%26d%23e
	50%25-{item}-{site}|50%2525-%7Bitem%7D-%7Bsite%7D
	..\..,a+b:@;|..%5C..%2Ca%2Bb%3A%40%3B
	...|...
	EOF
}

# wardrobe USER PAGE TOTAL ID...: that page of a wardrobe, two a page
wardrobe() {
  jq -cn --argjson total "$3" '{items: [$ARGS.positional[] | {id: tonumber}], pagination: {total_entries: $total}}' \
    --args "${@:4}" | json "/api/v2/wardrobe/$1/items?page=$2&per_page=2" '200 OK'
}

@test "a wardrobe is walked until its total is reached, and no further" {
  site
  wardrobe 70 1 4 1 2
  wardrobe 70 2 4 3 4
  # pages that the site cuts short do not end it
  wardrobe 71 1 3 5
  wardrobe 71 2 3 6
  wardrobe 71 3 3 7
  # one that shows less than it says
  wardrobe 72 1 9 8 9
  wardrobe 72 2 9 10
  wardrobe 72 3 9
  about wardrobe 70 71 72 | jq -c '.params.per_page = 2' | vfetch requests >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.queries[] | [.user_id, .asked, .answered, .stop, .walked, .total_last, .state] | tojson')" \
'["70",2,2,"end",true,4,null]
["71",3,3,"end",true,3,null]
["72",3,3,"empty",false,9,null]'
}

# shelf: a site whose search for x has the lines of $tmp/pages as its pages, the
# last for any behind it
shelf() {
  perl -MIO::Socket::INET -e '
    my ($ready, $pages) = @ARGV; $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::INET->new(Listen => 50, LocalAddr => "127.0.0.1");
    open my $r, ">", "$ready.new"; print $r $s->sockport; close $r;
    rename "$ready.new", $ready;
    while (my $c = $s->accept) {
      my ($got, $body, $more) = ("", "<html></html>", "Set-Cookie: access_token_web=abc\r\nSet-Cookie: anon_id=x\r\n");
      sysread $c, $got, 65536, length $got until $got =~ /\r\n\r\n/;
      if ($got =~ /[?&]page=(\d+)/) {
        open my $f, "<", $pages; my @lines = <$f>;
        $body = $lines[$1 > @lines ? -1 : $1 - 1]; $more = "Content-Type: application/json\r\n";
      }
      print {$c} "HTTP/1.1 200 OK\r\n${more}Content-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body"; close $c;
    }' "$tmp/port" "$tmp/pages" 3>&- 4>&- &
  SERVER_PID=$!
  until_true 60 test -s "$tmp/port"
  export VPIPE_BASE_URL=http://127.0.0.1:$(<"$tmp/port") VPIPE_ROBOTS=permitted
}

# leaves REST FIRST..LAST...: a page a range, its ids; REST stands in each
leaves() {
  jq -cn --argjson rest "$1" '$ARGS.positional[] | split("..") | map(tonumber)
    | {items: [range(.[0]; .[1] + 1) | {id: .}]} + $rest' --args "${@:2}"
}

walked() {  # what the walk of x says: pages asked, stop, walked, ids of its state
  rm -rf "$VPIPE_DATA/state/pace"
  vfetch catalog 'https://www.vinted.pt/catalog?search_text=x' >"$tmp/out" 2>"$tmp/err" || :
  closing "$tmp/out" '.queries[0] | [.asked, .stop, .walked, (.state.ids | length)] | tojson'
}

@test "a total is a number however it is written; one that says nothing ends no walk" {
  shelf
  while IFS='|' read -r pagination want; do
    leaves "{\"pagination\":$pagination}" 100..139 200..239 300..339 400..439 500..539 600..611 0..-1 >"$tmp/pages"
    same "$want" "$(walked)" || { echo "$pagination"; return 1; }
  done <<-'EOF'
	{"total_entries":212,"total_pages":6,"per_page":40}|[6,"end",true,212]
	{"total_entries":"212","total_pages":"6","per_page":"40"}|[6,"end",true,212]
	{"total_entries":212.0,"total_pages":6.0,"per_page":40.0}|[6,"end",true,212]
	{"total_entries":" 212 ","total_pages":" 6 ","per_page":" 40 "}|[6,"end",true,212]
	{"total_entries":2.12e2,"total_pages":"6.00"}|[6,"end",true,212]
	{"total_entries":212,"total_pages":0}|[6,"end",true,212]
	{"total_entries":0,"total_pages":0}|[7,"empty",true,212]
	{"total_entries":-1,"total_pages":-1}|[7,"empty",true,212]
	{"total_entries":null,"total_pages":null}|[7,"empty",true,212]
	{"total_entries":"many","total_pages":[6]}|[7,"empty",true,212]
	{"total_entries":212.5,"total_pages":"6 pages"}|[7,"empty",true,212]
	{"total_entries":999999999999999999999,"total_pages":1e400}|[7,"empty",true,212]
	{"total_entries":212,"total_pages":9999999999}|[7,"empty",true,212]
	{"total_entries":212,"total_pages":1}|[6,"end",true,212]
	{"total_entries":12,"total_pages":6}|[6,"end",true,212]
	{"total_entries":12}|[7,"empty",true,212]
	{"total_pages":6}|[6,"end",true,212]
	{}|[7,"empty",true,212]
	EOF
}

@test "totals elsewhere, or none: the walk goes on to a page that brings nothing" {
  shelf
  for rest in '{}' '{"pagination":null}' '{"pagination":[]}' '{"meta":{"pagination":{"total_pages":3,"total_entries":30}}}'; do
    leaves "$rest" 10..19 20..29 30..39 0..-1 >"$tmp/pages"
    same '[4,"empty",true,30]' "$(walked)"
    # a server that gives its last page for any behind it
    leaves "$rest" 10..19 20..29 30..39 >"$tmp/pages"
    same '[4,"no-new",true,30]' "$(walked)"
  done
}

@test "totals that change from page to page: the greatest counts" {
  shelf
  said() { leaves "{\"pagination\":{\"total_entries\":$1,\"total_pages\":$2}}" "$3"; }
  { said 30 3 10..19; said 20 2 20..29; said 30 3 30..39; } >"$tmp/pages"
  same '[3,"end",true,30]' "$(walked)"
  { said 30 3 10..19; said 12 1 20..29; said 30 3 30..39; } >"$tmp/pages"
  same '[3,"end",true,30]' "$(walked)"
}

@test "in a market that gives 40 a page, all is found however its totals are written" {
  for as in 0 1 2 3 4; do
    rm -rf "$VPIPE_DATA"
    market ".items = 300 | .per_page_max = 40 | .totals_as = $as | .promoted_share = 0 | .shift_max = 0"
    vfetch catalog https://www.vinted.pt/catalog >"$tmp/out" 2>/dev/null
    same "$(closing "$tmp/out" '.queries[0] | [.walked, (.state.ids | length), .answered] | tojson')" \
      "$([ $as = 4 ] && echo '[true,300,9]' || echo '[true,300,8]')"
    market_stop
  done
}

@test "a page that brings nothing before the last is passed over once, and what is missing is no whole walk" {
  shelf
  of='{"pagination":{"total_entries":60,"total_pages":6,"per_page":10}}'
  while IFS='|' read -r ranges want; do
    read -ra v <<<"$ranges"
    leaves "$of" "${v[@]}" >"$tmp/pages"
    same "$want" "$(walked)" || { echo "$ranges"; return 1; }
  done <<-'EOF'
	10..19 20..29 30..39 40..49 50..59 60..69|[6,"end",true,60]
	10..19 20..29 0..-1 40..49 50..59 60..69|[6,"end",false,0]
	10..19 20..29 20..29 40..49 50..59 60..69|[6,"end",false,0]
	10..19 20..29|[4,"no-new",false,0]
	10..19 20..29 0..-1|[4,"empty",false,0]
	10..19 20..29 30..38 40..48 50..58 60..68|[6,"end",true,56]
	EOF
}

@test "where the server gives fewer a page than asked, the window has as many pages more" {
  shelf
  for rest in '{"pagination":{"total_entries":"960","total_pages":"24","per_page":"40"}}' '{}'; do
    leaves "$rest" $(seq 30 | sed 's/.*/&00..&39/') >"$tmp/pages"
    same '[24,"page-limit",true,960]' "$(walked)"
  done
}

@test "other advertisements do not make a page another" {
  shelf
  jq -cn 'range(1; 4) | {items: ([range(5) | {id: .}] + [{id: (100 + .), promoted: true}])}' >"$tmp/pages"
  same '[2,"no-new",true,5]' "$(walked)"
}

@test "a code that refuses is a refusal, an unknown one no empty answer, whatever the status says" {
  site
  while IFS='|' read -r body status verdict; do
    json '/svc-catalogue/items?order=newest_first&search_text=x&page=1&per_page=96' '200 OK' <<<"$body"
    run -$status --separate-stderr vfetch catalog 'https://www.vinted.pt/catalog?search_text=x'
    same "$(jq -r 'select(.kind == "run").body.queries[0] | "\(.stop) \(.walked)"' <<<"$output")" "${verdict/#ok/end}" ||
      { echo "$body"; return 1; }
    grep '"kind":"search"' <<<"$output" >>"$tmp/pages"
    printf '%s\n' "${verdict% *}" >>"$tmp/verdicts"
    rm -rf "$VPIPE_DATA/state/pace"
  done <<-'EOF'
	{"items":[],"pagination":{"total_entries":0,"total_pages":1},"code":106,"message":"no"}|77|refused:forbidden false
	{"items":[],"code":"106"}|77|refused:forbidden false
	{"items":null,"code":"106"}|77|refused:forbidden false
	{"items":[],"code":21}|77|refused:login false
	{"items":[],"code":"21"}|77|refused:login false
	{"items":[],"code":102,"pagination":{"total_entries":0}}|77|refused:blocked false
	{"items":[],"code":100}|77|refused:token false
	{"items":[],"code":4711,"pagination":{"total_entries":0}}|69|unreadable false
	{"items":[],"code":"maintenance"}|69|unreadable false
	{"items":[],"message":"Something went wrong"}|69|unreadable false
	{"items":[],"errors":[{"field":"base"}]}|69|unreadable false
	{"items":[],"error":"blocked"}|69|unreadable false
	{"items":[],"code":0,"message":"Ok","errors":[]}|0|empty true
	{"items":[],"code":"0","message":null}|0|empty true
	{"items":[],"code":null,"pagination":{"total_entries":0}}|0|empty true
	{"items":[{"id":1}],"code":0,"message":"Ok","pagination":{"total_entries":1}}|0|ok true
	EOF
  # the looks that are made of them say the same
  same "$(looks <"$tmp/pages")" "$(cat "$tmp/verdicts")"
}

@test "a wardrobe's page that fails ends that walk, and not the others" {
  site
  wardrobe 70 1 4 1 2
  at '/api/v2/wardrobe/70/items?page=2&per_page=2' '500 Oops' 'Content-Type: text/plain' <<<oops
  wardrobe 71 1 1 5
  about wardrobe 70 71 | jq -c '.params.per_page = 2' >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -c 'select(.kind == "run").body | .stop, (.queries[] | [.user_id, .asked, .answered, .stop, .walked])' <<<"$output")" \
'"failed"
["70",2,1,"failed:server",false]
["71",1,1,"end",true]'
}

# part USER PAGE PER-PAGE ID...: that page of the wardrobe 1 to 7, four a page
part() {
  jq -cn --argjson page "$2" '{items: [$ARGS.positional[] | {id: tonumber}], pagination: {total_entries: 7, total_pages: 2, current_page: $page}}' \
    --args "${@:4}" | json "/api/v2/wardrobe/$1/items?page=$2&per_page=$3" '200 OK'
}

oops() {  # oops USER PAGE PER-PAGE
  at "/api/v2/wardrobe/$1/items?page=$2&per_page=$3" '520 Oops' 'Content-Type: text/plain' <<<oops
}

walks() {  # what the closing record says of each wardrobe
  closing "$1" '.queries[] | [.user_id, .asked, .answered, .stop, .walked] | tojson'
}

asked_parts() {  # of the requests of wardrobes: which part of which page, how
  jq -c 'select(.kind == "wardrobe") | [.request.user_id, .request.page, .request.per_page, .request.part, .request.parts, (.request.url | sub(".*\\?"; "")), .status]' "$1"
}

@test "a wardrobe's page that fails is asked again in halves, the first at once, others at the end" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && part 70 3 2 5 6 && part 70 4 2 7
  oops 71 1 4 && part 71 1 2 1 2 && part 71 2 2 3 4 && part 71 2 4 5 6 7
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",4,3,"end",true]
["71",4,3,"end",true]'
  # the record says which page of the walk, and which part; the address what was asked
  same "$(asked_parts "$tmp/out")" \
'["70",1,4,null,null,"page=1&per_page=4",200]
["70",2,4,null,null,"page=2&per_page=4",520]
["70",2,4,1,2,"page=3&per_page=2",200]
["70",2,4,2,2,"page=4&per_page=2",200]
["71",1,4,null,null,"page=1&per_page=4",520]
["71",1,4,1,2,"page=1&per_page=2",200]
["71",1,4,2,2,"page=2&per_page=2",200]
["71",2,4,null,null,"page=2&per_page=4",200]'
}

@test "a half that fails is asked again in quarters, but for those behind the total" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && oops 70 3 2 && part 70 5 1 5 && part 70 6 1 6 && oops 70 4 2 && part 70 7 1 7
  oops 71 1 4 && oops 71 1 2 && part 71 1 1 1 && part 71 2 1 2 && part 71 2 2 3 4 && part 71 2 4 5 6 7
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",7,4,"end",true]
["71",6,4,"end",true]'
  same "$(asked_parts "$tmp/out" | sed -n 's/^\["70",2,4,//p')" \
'null,null,"page=2&per_page=4",520]
1,2,"page=3&per_page=2",520]
1,4,"page=5&per_page=1",200]
2,4,"page=6&per_page=1",200]
2,2,"page=4&per_page=2",520]
3,4,"page=7&per_page=1",200]'
}

@test "a wardrobe of which a quarter fails too was not walked; a refusal there ends the run" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4 && part 70 3 2 5 6 && oops 70 4 2 && oops 70 7 1
  about wardrobe 70 71 | jq -c '.params.per_page = 4' >"$tmp/in"
  oops 71 1 4 && oops 71 1 2 && part 71 1 1 1 && oops 71 2 1
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",5,2,"failed:server",false]
["71",4,1,"failed:server",false]'
  at '/api/v2/wardrobe/70/items?page=7&per_page=1' '403 Forbidden' 'Content-Type: application/json' <<<'{}'
  # the worst status is that of the page that failed
  run -69 --separate-stderr vfetch requests <"$tmp/in"
  printf '%s\n' "$output" >"$tmp/out"
  same "$(walks "$tmp/out")" '["70",5,2,"refused:forbidden",false]'
  same "$(closing "$tmp/out" .stop)" refused
}

@test "parts are asked within the budget" {
  site
  part 70 1 4 1 2 3 4 && oops 70 2 4
  about wardrobe 70 | jq -c '.params.per_page = 4' >"$tmp/in"
  # the front page and the two pages
  vfetch requests --budget 3 <"$tmp/in" >"$tmp/out" 2>/dev/null || :
  same "$(walks "$tmp/out")" '["70",2,1,"budget",false]'
}

@test "a source without endpoints is none to ask: passed over, and 78 when it is named" {
  mkdir -p "$tmp/sources/quiet"
  echo '{"source":"quiet","version":1,"sites":[],"endpoints":{},"verdicts":[]}' >"$tmp/sources/quiet/source.json"
  export VPIPE_SOURCES=$tmp/sources:$ROOT/schema/sources
  fails 78 "'quiet' has no endpoints" vfetch catalog --source quiet --site x
  run -0 vfetch catalog --dry-run --site www.vinted.pt
}

@test "messages do not say which seller was asked about, however much is said" {
  site
  at /api/v2/users/4711 '520 Oops' 'Content-Type: text/plain' <<<oops
  at '/api/v2/wardrobe/4711/items?page=1&per_page=96' '520 Oops' 'Content-Type: text/plain' <<<oops
  { about user 4711 4711; about wardrobe 4711 4711; about item-page 4712; } >"$tmp/in"
  vfetch requests -v <"$tmp/in" >"$tmp/out" 2>"$tmp/err" || :
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/user of a seller': failed:server, status 520"* ]]
  [[ $(cat "$tmp/err") == *"'www.vinted.pt/wardrobe of a seller'"* ]]
  [[ $(cat "$tmp/err") == *"4712"* ]]
  [[ $(cat "$tmp/err") != *4711* ]]
}

@test "a seller who is no more is gone, said so by the API's own code; any other 404 there is a refusal" {
  site
  about user 70 >"$tmp/in"
  about wardrobe 70 >>"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.stop, .complete, .status, .kinds.user.gone, (.queries[] | [.asked, .answered, .stop, .walked] | tojson)')" 'end
true
0
1
[1,1,"gone",false]'
  [[ $(cat "$tmp/err") == *"3 requests = 3 answered + 0 failed + 0 put off"* ]]
  at /api/v2/users/70 '404 Not Found' 'Content-Type: application/json' <<<'<!DOCTYPE html><html></html>'
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"refused us (dead-route, status 404)"* ]]
}

@test "a redirect within an item's own name is followed; the record is that of its end" {
  site
  moved /items/5 /items/5-blue-coat
  html /items/5-blue-coat '200 OK' <<<'<html></html>'
  moved /items/6 https://www.vinted.pt/items/6-a?ref=x#top
  moved '/items/6-a?ref=x' /items/6-b
  html /items/6-b '404 Not Found' <<<'<html></html>'
  about item-page 5 6 | vfetch requests >"$tmp/out" 2>"$tmp/err"
  same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .request.item_id, .attempt, .status]' "$tmp/out")" \
'["https://www.vinted.pt/items/5-blue-coat",1,"5",1,200]
["https://www.vinted.pt/items/6-b",2,"6",1,404]'
  same "$(pages_asked)" '/items/5 /items/5-blue-coat /items/6 /items/6-a?ref=x /items/6-b '
  # each hop is an attempt, and counts in the budget
  same "$(closing "$tmp/out" '.ledger | .requests, .attempts')" '3
6'
  about item-page 5 >"$tmp/in"
  vfetch requests --budget 1 <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.stop, .kinds."item-page".put_off')" 'budget
1'
}

@test "a redirect that leads anywhere else is a refusal, never gone" {
  site
  for to in https://www.example.org/items/5-x //www.example.org/items/5 / '/member/login?ref=/items/5' /items/6-x \
    /items/55-x /items/5-x/y /items /catalog/5-women https://www.vinted.fr/items/5-x http://www.vinted.pt:81/items/5-x \
    https://www.vinted.pt@www.example.org/items/5-x /items/5; do
    : >"$tmp/asked"
    moved /items/5 "$to"
    about item-page 5 6 >"$tmp/in"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us (redirect, status 307)"* ]] || { echo "$to: $stderr"; return 1; }
    same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .status]' <<<"$output")" \
      '["https://www.vinted.pt/items/5",null,307]'
    same "$(jq -c 'select(.kind == "run").body.kinds."item-page" | del(.answered)' <<<"$output")" \
      '{"failed":1,"gone":0,"put_off":1,"requests":2}'
    same "$(pages_asked)" '/items/5 '
    rm -r "$VPIPE_DATA/state/pace"
  done
}

@test "a redirect that keeps all that was asked is followed once, on the same host; its record says where from" {
  secrets
  one='{"items":[{"id":1}],"pagination":{"total_entries":1}}'
  query=${x_at#*\?}
  for to in "/svc-catalogue/items/?$query" "/v2/items?locale=pt&per_page=96&page=1&search_text=x&order=newest_first" \
    "HTTPS://API.vinted.pt/items?$query#top"; do
    moved "$x_at" "$to"
    path=${to#HTTPS://API.vinted.pt} && json "${path%#top}" '200 OK' <<<"$one"
    : >"$tmp/asked"
    ask_x
    same "$(pages_asked)" "$x_at ${path%#top} "
    same "$(jq -c 'select(.kind == "search") | [.status, .request.url, .request.redirects, .request.hops]' "$tmp/out")" \
      "[200,\"https://api.vinted.pt${path%#top}\",1,[{\"status\":307,\"url\":\"https://api.vinted.pt$x_at\"}]]"
    same "$(closing "$tmp/out" '.queries[0].stop, .ledger.requests, .ledger.attempts')" 'end
2
3'
  done
  # not twice, not elsewhere, and not to another question
  moved '/svc-catalogue/items/?'"$query" "/items?$query"
  for to in "/svc-catalogue/items/?$query" "https://www.vinted.pt/svc-catalogue/items?$query" "https://api.vinted.fr$x_at" \
    "/svc-catalogue/items?${query/search_text=x/search_text=y}" /svc-catalogue/items "/items?${query%&per_page=96}" "$x_at" \
    https://www.vinted.pt/member/login; do
    moved "$x_at" "$to"
    : >"$tmp/asked"
    ask_x
    same "$(closing "$tmp/out" '.queries[0].stop')" refused:redirect || { echo "$to"; return 1; }
    [ "$(wc -l <"$tmp/asked")" = $([[ $to == /svc-catalogue/items/* ]] && echo 3 || echo 2) ]
  done
}

@test "a seller's address that moves keeps the seller; the hop costs budget, and robots.txt is asked" {
  site
  json /v3/users/70/about '200 OK' <<<'{"user":{"id":70},"code":0}'
  about user 70 >"$tmp/in"
  moved /api/v2/users/70 /v3/users/70/about
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.kinds.user.answered, .ledger.attempts')" '1
3'
  [[ $(cat "$tmp/err") != *70* ]]
  vfetch requests --budget 1 <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.stop, .kinds.user.put_off')" 'budget
1'
  unset VPIPE_ROBOTS
  at /robots.txt '200 OK' 'Content-Type: text/plain' <<<$'User-agent: *\nDisallow: /v3/'
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"robots.txt of 'www.vinted.pt' forbids"* ]]
  export VPIPE_ROBOTS=permitted
  for to in /v3/users/71 /v3/users/700 /v3/users?id=70 /; do
    moved /api/v2/users/70 "$to"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us (redirect, status 307)"* ]] || { echo "$to"; return 1; }
    rm -r "$VPIPE_DATA/state/pace"
  done
}

@test "redirects that go round in a ring end after two hops, as a refusal" {
  site
  moved /items/5 /items/5-a
  moved /items/5-a /items/5-b
  moved /items/5-b /items/5-a
  about item-page 5 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  same "$(pages_asked)" '/items/5 /items/5-a /items/5-b '
  same "$(jq -c 'select(.kind == "item-page") | [.request.url, .request.redirects, .status]' <<<"$output")" \
    '["https://www.vinted.pt/items/5-b",2,307]'
}

@test "robots.txt is asked about the page that a redirect leads to" {
  site
  unset VPIPE_ROBOTS
  moved /items/5 /items/5-a
  at /robots.txt '200 OK' 'Content-Type: text/plain' <<<$'User-agent: *\nDisallow: /items/5-a'
  about item-page 5 >"$tmp/in"
  run -77 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"forbids 'https://www.vinted.pt/items/5-a'"* ]]
  same "$(pages_asked)" '/robots.txt /items/5 '
}

@test "an item page's own 404 or 410 is gone, and the others are asked" {
  site
  html /items/5 '404 Not Found' <<<'<!DOCTYPE html><html><h1>The page does not exist</h1></html>'
  html /items/6 '410 Gone' <<<'<html></html>'
  html /items/7 '200 OK' <<<'<html><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script></html>'
  about item-page 5 6 7 >"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err"
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.kinds | tojson)')" 'end
true
0
{"item-page":{"answered":3,"failed":0,"gone":2,"put_off":0,"requests":3}}'
}

@test "a 404 that is a challenge, or not the page's own, is a refusal" {
  site
  while IFS='|' read -r kind type body want; do
    path=/items/5
    [ "$kind" = item-page ] || path=/api/v2/items/5/details/sidebar
    printf %s "$body" | at "$path" '404 Not Found' "Content-Type: $type"
    about "$kind" 5 6 >"$tmp/in"
    run -77 --separate-stderr vfetch requests <"$tmp/in"
    [[ $stderr == *"refused us ($want, status 404)"* ]] || { echo "$kind $body: $stderr"; return 1; }
    same "$(jq -c "select(.kind == \"run\").body.kinds.\"$kind\" | [.gone, .failed, .put_off]" <<<"$output")" '[0,1,1]'
    rm -r "$VPIPE_DATA/state/pace"
  done <<-'EOF'
	item-page|text/html|<html><head><title>Just a moment...</title></head></html>|challenge
	item-page|text/html|<html><script>window._cf_chl_opt={};</script></html>|challenge
	item-page|text/html|<html><head><title>Client Challenge</title></head></html>|challenge
	item-page|text/html|<html><script src="https://geo.captcha-delivery.com/c.js"></script></html>|captcha
	item-page|application/json|{"code":104,"message":"Content not found"}|dead-route
	item-page|application/json|<html></html>|dead-route
	item-page|text/html||dead-route
	item-status|application/json|{"code":104,"message":"Content not found"}|dead-route
	item-status|text/html|<html></html>|dead-route
	EOF
}

@test "what is no whole page is no page, and no refusal either" {
  site
  html /items/5 '200 OK' <<<'<html><body>half'
  json /items/6 '200 OK' <<<'{}'
  html /items/7 '200 OK' <<<'<html></html>'
  about item-page 5 6 7 >"$tmp/in"
  run -69 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"/items/5': unreadable"*"/items/6': unreadable"* ]]
  same "$(jq -c 'select(.kind == "run").body.kinds."item-page" | [.answered, .failed]' <<<"$output")" '[1,2]'
}

@test "a refusal puts the rest off, each request counted once, those without an answer not listed" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  at /api/v2/users/71 '429 Too Many Requests' 'Retry-After: 60' </dev/null
  { about user 70 71 72 73; about wardrobe 70 71; about item-page 5
    about user 74 | sed s/pt/fr/; } >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -c 'select(.kind == "run").body | .stop, .complete, .ledger, (.kinds | map_values(del(.gone))), .queries' <<<"$output")" '"refused"
false
{"answered":2,"attempts":3,"failed":1,"put_off":6,"requests":9}
{"item-page":{"answered":0,"failed":0,"put_off":1,"requests":1},"user":{"answered":1,"failed":1,"put_off":3,"requests":5},"wardrobe":{"answered":0,"failed":0,"put_off":2,"requests":2}}
[]'
}

@test "what fails for one request does not end the others" {
  site
  at /api/v2/users/70 '503 Busy' 'Content-Type: text/plain' <<<busy
  json /api/v2/users/71 '200 OK' <<<'{"user":{},"code":0}'
  about user 70 71 >"$tmp/in"
  run -75 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -r 'select(.kind == "user") | "\(.request.user_id) \(.attempt) \(.status)"' <<<"$output")" '70 1 503
70 2 503
70 3 503
71 1 200'
  same "$(jq -c 'select(.kind == "run").body | .stop, .kinds.user' <<<"$output")" '"failed"
{"answered":1,"failed":1,"gone":0,"put_off":0,"requests":2}'
}

@test "a bad line among good requests is said with its number, a request that comes twice is made once" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  json /api/v2/users/71 '200 OK' <<<'{"user":{},"code":0}'
  { about user 70; echo '{"site":"www.vinted.pt","kind":"user","params":{"user":"x"}}'; echo '{"site":'
    about user 71 70; } >"$tmp/in"
  run -64 --separate-stderr vfetch requests <"$tmp/in"
  [[ $stderr == *"line 2: parameter 'user' does not take 'x'"*"line 3: "*"'www.vinted.pt/user of a seller' is asked twice"* ]]
  same "$(pages_asked)" '/api/v2/users/70 /api/v2/users/71 '
  same "$(jq -c 'select(.kind == "run").body | .complete, .kinds.user.requests' <<<"$output")" 'false
2'
}

@test "sites that take turns open one session each" {
  site
  for id in 70 71 72; do json /api/v2/users/$id '200 OK' <<<'{"user":{},"code":0}'; done
  { about user 70; about user 71 | sed s/vinted.pt/vinted.fr/; about user 72; } >"$tmp/in"
  run -0 --separate-stderr vfetch requests <"$tmp/in"
  same "$(jq -r '"\(.kind) \(.site)"' <<<"$output" | head -n 5)" 'session www.vinted.pt
user www.vinted.pt
session www.vinted.fr
user www.vinted.fr
user www.vinted.pt'
}

@test "any number of requests takes the same memory, and the closing record stays small" {
  memory() { sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
  many() { seq "$1" "$2" | sed 's/.*/{"site":"www.vinted.pt","kind":"user","params":{"user":"&"}}/'; }
  mkfifo "$tmp/in"
  VPIPE_BASE_URL=http://127.0.0.1:9 ASAN_OPTIONS=quarantine_size_mb=1 \
    vfetch requests --budget 0 <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  first=100000	# what it keeps of the last ones is full by then
  last=$(size 150000 300000)
  many 1 "$first" >&5
  before=$(memory)
  many $((first + 1)) "$last" >&5
  after=$(memory)
  exec 5>&-
  wait $pid
  [ $((after - before)) -lt "$(size 1024 4096)" ]	# 21 bytes each
  same "$(jq -c '.body.kinds' "$tmp/out")" \
    "{\"user\":{\"answered\":0,\"failed\":0,\"gone\":0,\"put_off\":$last,\"requests\":$last}}"
  [ "$(wc -c <"$tmp/out")" -lt 1500 ]
}

@test "SIGTERM among many requests: the rest is put off and counted, the run is closed" {
  site
  for id in 1 2; do json /api/v2/users/$id '200 OK' <<<'{"user":{},"code":0}'; done
  mkfifo "$tmp/site/!api!v2!users!3"   # nobody writes: no answer
  about user 1 2 3 4 5 6 7 >"$tmp/in"
  echo '{"site":' >>"$tmp/in"
  about user 8 >>"$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>"$tmp/err" 3>&- &
  pid=$!
  until_true 60 grep -q users/3 "$tmp/asked"
  kill -TERM $pid
  wait $pid && status=0 || status=$?
  [ "$status" = 143 ]
  same "$(closing "$tmp/out" '.stop, .complete, .status, (.kinds | tojson)')" 'signal
false
143
{"user":{"answered":2,"failed":1,"gone":0,"put_off":5,"requests":8}}'
  [[ $(cat "$tmp/err") == *"9 requests = 3 answered + 1 failed + 5 put off"*"1 rejected lines" ]]
}

@test "after a signal nothing is waited for: a reader of a pipe that stays open leaves" {
  site
  json /api/v2/users/1 '200 OK' <<<'{"user":{},"code":0}'
  mkfifo "$tmp/in"
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null 3>&- &
  pid=$!
  exec 5>"$tmp/in"
  about user 1 >&5
  until_true 60 grep -q '"kind":"user"' "$tmp/out"
  kill -TERM $pid
  wait $pid && status=0 || status=$?
  exec 5>&-
  [ "$status" = 143 ]
  same "$(closing "$tmp/out" '.stop')" signal
}

@test "requests come in chunks, with the source's pauses between them; loopback is exempt" {
  seq 1 179 | sed 's/.*/{"site":"www.vinted.pt","kind":"user","params":{"user":"&"}}/' >"$tmp/in"
  VPIPE_RATE_HOUR=1000 VPIPE_RATE_MINUTE=60 run -0 --separate-stderr vfetch requests --dry-run <"$tmp/in"
  same "$stderr" 'vfetch: with 3 pauses between chunks of 60
vfetch: at most 181 requests, the last in 0 h 5 min 45 s, at 60 a minute and 1000 an hour'
  VPIPE_BASE_URL=http://127.0.0.1:9 run -0 --separate-stderr vfetch requests --dry-run <"$tmp/in"
  same "$stderr" 'vfetch: at most 181 requests, not paced on loopback'
  # nobody knows how often a page moves, or how large a wardrobe is
  for kind in item-page wardrobe; do
    VPIPE_BASE_URL=http://127.0.0.1:9 run -0 --separate-stderr vfetch requests --dry-run < <(about $kind 5 6)
    same "$stderr" 'vfetch: at least 4 requests, not paced on loopback'
  done
  # a pasted URL is no list of requests
  run -0 --separate-stderr vfetch catalog --dry-run "$women"
  [[ $stderr != *pauses* ]]
}

@test "a description whose requests make no sense is refused before any is made" {
  site
  mkdir -p "$tmp/sources/vinted"
  export VPIPE_SOURCES=$tmp/sources
  while IFS='|' read -r change words; do
    jq "$change" "$ROOT/schema/sources/vinted/source.json" >"$tmp/sources/vinted/source.json"
    fails 78 "$words" vfetch requests < <(about user 70)
  done <<-'EOF'
	.endpoints.user[0].url = "https://{site}/user"|a parameter in the path that has no place there
	.endpoints.user[0].parameters.user.list = "comma"|a parameter in the path that has no place there
	.endpoints.user[0].parameters.user.subject = "login"|a parameter with a subject that nobody reads
	del(.endpoints.user[0].parameters.user.in)|a parameter without a name
	.endpoints."item-page"[0].url = "https://{site}/items/{item}"|a parameter in the path that has no place there
	.endpoints."item-page"[0].parameters.slug.list = "comma"|a parameter in the path that has no place there
	del(.endpoints."item-page"[0].parameters.slug.prefix)|a parameter that is optional is one in the path
	del(.endpoints."item-page"[0].parameters.slug.optional)|a parameter that is optional is one in the path
	.endpoints."item-page"[0].parameters.slug.prefix = ""|a parameter that is optional is one in the path
	.endpoints."item-page"[0].parameters.slug.subject = "item_id"|a parameter that is optional is one in the path
	.endpoints.search[0].parameters.brand += {optional: true, prefix: "-"}|a parameter that is optional is one in the path
	.endpoints."item-page"[0].redirects.paths = []|redirects without 'most' or 'paths'
	.endpoints."item-page"[0].redirects.paths = ["/*"]|a redirect that names nothing
	.tracking.chunk = "60"|'chunk' is no number of requests
	.tracking.pause_s = [60, 20]|'chunk' is no number of requests
	EOF
  [ ! -s "$tmp/asked" ]
}

@test "--note leaves a word in the closing record, and nowhere else" {
  site
  json /api/v2/users/70 '200 OK' <<<'{"user":{},"code":0}'
  about user 70 >"$tmp/in"
  vfetch requests --note due=12 --note 'sample=5=0.25, "é"' --note none= <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.options.notes | tojson')" '{"due":"12","none":"","sample":"5=0.25, \"é\""}'
  vfetch requests <"$tmp/in" >"$tmp/out" 2>/dev/null
  same "$(closing "$tmp/out" '.options.notes | tojson')" '{}'
  : >"$tmp/asked"
  fails 64 "--note wants KEY=VALUE, not 'due'" vfetch requests --note due <"$tmp/in"
  fails 64 "--note wants KEY=VALUE, not '=5'" vfetch requests --note =5 <"$tmp/in"
  fails 64 "--note 'due' is given twice" vfetch requests --note due=1 --note due=2 <"$tmp/in"
  fails 64 "--note wants KEY=VALUE" vfetch requests --note $'a=\xff' <"$tmp/in"
  [ ! -s "$tmp/asked" ]
}
