# market.bash - for the tests of vmarket: questions to it, and what it tells
#
#	scenario JQ		small.json with changes, as a file
#	again			market_start once more
#	http HOST PATH		one question, with curl's options behind it
#	open_session		sets $token and $anon, for $site
#	each HOST [OPTION]...	a question for each path of stdin, by one curl
#	ask_each [OPTION]...	the same, with the session's cookie
#	users, wardrobes	all sellers', one answer behind the other
#	shape			each path and type that occurs

scenarios=$ROOT/fixtures/market/scenarios
captures=$SHARED/captures/vinted

setup() {
  site=www.vinted.pt
}

# scenario JQ: small.json with changes, as a file
scenario() {
  jq "$1" "$scenarios/small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

again() {  # market_start once more: the old `listening` must not be read
  rm -f "$tmp/market.out"
  market_start "$@"
}

http() {  # http HOST PATH [CURL OPTION]...
  local host=$1 path=$2

  shift 2
  curl -sS -g -H "Host: $host" "$@" "$MARKET$path"
}

# each HOST [CURL OPTION]... <PATHS: all by one curl, answers in their order
each() {
  local host=$1

  shift
  awk -v at="$MARKET" '{ printf "url = \"%s%s\"\n", at, $0 }' |
    curl -sS -g -H "Host: $host" "$@" -K -
}

open_session() {
  http "$site" / -D "$tmp/head" -o "$tmp/page"
  token=$(sed -n 's/.*access_token_web=\([^;]*\);.*/\1/p' "$tmp/head")
  anon=$(sed -n 's/^x-anon-id: \(.*\)\r$/\1/p' "$tmp/head")
}

svc() {  # svc QUERY [CURL OPTION]...
  local query=$1

  shift
  http "api.${site#www.}" "/svc-catalogue/items?$query" \
    -H "Authorization: Bearer $token" -H "X-Anon-Id: $anon" "$@"
}

api_v2() {
  local query=$1

  shift
  http "$site" "/api/v2/catalog/items?$query" \
    -H "Cookie: a=b; access_token_web=$token; anon_id=$anon" "$@"
}

fault() {  # fault QUERY
  curl -sS -f -X POST "$MARKET/_market/faults?$1" >/dev/null
}

status_of() {  # of a command that ends in curl
  "$@" -o /dev/null -w '%{http_code} %{content_type}'
}

total() {
  jq .pagination.total_entries
}

answers() {  # the truth's answers
  jq -c 'select(.what == "answer")' "$TRUTH"
}

# shape: each path and type that occurs, array indices aside
shape() {
  jq -r 'def below($p): if type == "object" then
      keys[] as $k | .[$k] | $p + $k + " " + type, below($p + $k + ".")
    elif type == "array" then
      .[] | $p + "item " + type, below($p + "item.")
    else empty end; below("")' | LC_ALL=C sort -u
}

add() {
  { cat; printf '%s %s\n' "$@"; } | LC_ALL=C sort -u
}

# --- sellers and items ----------------------------------------------------------

# tracking JQ: tracking-small.json with changes and without faults, as a file
tracking() {
  jq ".faults = [] | ($1)" "$scenarios/tracking-small.json" >"$tmp/scenario.json"
  printf '%s\n' "$tmp/scenario.json"
}

ask() {  # ask PATH [CURL OPTION]...: with the session's cookie
  local path=$1

  shift
  http "$site" "$path" -H "Cookie: anon_id=$anon; access_token_web=$token" "$@"
}

ask_each() {  # ask_each [CURL OPTION]... <PATHS: all by one curl, with it
  each "$site" -H "Cookie: anon_id=$anon; access_token_web=$token" "$@"
}

users() {  # what each of `sellers` has as user
  sellers | sed 's,^,/api/v2/users/,' | ask_each
}

wardrobes() {  # wardrobes [QUERY]: the first page of each
  sellers | sed "s,.*,/api/v2/wardrobe/&/items${1:+?$1}," | ask_each
}

track_start() {  # track_start JQ: a market and a session
  market_start "$(tracking "$1")"
  open_session
}

sellers() {  # all that have listed something
  jq 'select(.what == "item").user_id' "$TRUTH" | sort -nu
}

events() {  # events JQ: the truth's events of which that holds
  jq -c "select(.what == \"event\") | select($1)" "$TRUTH"
}

# replay JQ: of what the truth's lines come to: each item's state and owner,
# who is away, how many each has given since the start
replay() {  # replay JQ
  # no reduce: gojq copies the object for each key that it sets
  jq -n -c '[inputs | select(.what == "item" or .what == "event")] as $all |
    def of(f): [$all[] | f | {key: "\(.[0])", value: .[1]}] | from_entries;
    def item: select(.what == "item");
    def going: select(.type | IN("holiday", "holiday_end", "banned"));
    def change: select(.what == "event" and (.type | IN("holiday", "holiday_end", "banned", "repriced", "bumped", "relisted") | not));
    {state: of((item | [.id, "live"]),
        (change | [.id, {reserved: "reserved", hidden: "hidden", sold: "sold", deleted: "deleted"}[.type] // "live"])),
      owner: of(item | [.id, .user_id]),
      away: of(going | [.user_id, .type]) | with_entries(select(.value != "holiday_end")),
      given: [$all[] | change | {user_id, n: ({sold: 1, cancelled: -1}[.type] // 0)}] | group_by(.user_id) |
        map({key: "\(.[0].user_id)", value: map(.n) | add}) | from_entries} | '"$1" "$TRUTH"
}

live='. as $m | [.state | to_entries[] | select(.value == "live" and ($m.away["\($m.owner[.key])"] | not)) | .key]'

# status_of_item ID: its item_status
status_of_item() {
  ask "/api/v2/items/$1/details/sidebar" | jq -c '.plugins[] | select(.name == "item_status").data'
}

flight() {  # the rows of a page's flight
  grep -o 'self.__next_f.push(\[1,"[^<]*"\])' | sed 's/^self.__next_f.push(//; s/)$//' | jq -j '.[1]'
}

# of: the paths and types of the first file that the second lacks
of() {
  LC_ALL=C comm -23 <(shape <"$1") <(shape <"$2")
}

