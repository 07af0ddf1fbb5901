# the manual pages and --help: one truth each
load helper

programs="vfetch vput vraw vwrap vnormalize vredact vsnapshot vsurv vupsert vimg vplace"

help_options() {
  "$1" --help | sed -n 's/^ *\(-.,\)\{0,1\} *--\([a-z-]*\).*/\2/p' | sort -u
}

manual_options() {
  sed -n 's/^\.It .*Fl Fl \([a-z-]*\).*/\1/p' "$ROOT/src/$1/$1.1" | sort -u
}

@test "every option of --help stands in the manual page, and no other does" {
  for p in $programs; do
    diff -u <(help_options "$p") <(manual_options "$p") >&2 ||
      { echo "$p: --help (-) and $p.1 (+) differ" >&2; return 1; }
  done
}

@test "--help goes to stdout, names the page, and fits a screen's width" {
  for p in $programs; do
    run -0 --separate-stderr "$p" --help
    [ -z "$stderr" ]
    [[ "${lines[0]}" == "usage: $p "* ]]
    [[ "$output" == *"See $p(1)."* ]]
    ! grep -E '^.{101}' <<<"$output"
  done
}

@test "--version says the program's name and a number" {
  for p in $programs; do
    run -0 "$p" --version
    [[ "$output" =~ ^"$p "[0-9]+\.[0-9]+\.[0-9]+$ ]]
  done
}

@test "an option that does not exist is refused by name" {
  for p in $programs; do
    run -64 --separate-stderr "$p" --no-such-thing
    [ "$stderr" = "$p: no such option '--no-such-thing'; see --help" ]
  done
}

@test "--help into a full disk fails aloud" {
  for p in $programs; do
    run -74 bash -c "$p --help >/dev/full"
  done
}

@test "every page has the sections that readers look for" {
  for p in $programs; do
    for s in NAME SYNOPSIS DESCRIPTION ENVIRONMENT 'EXIT STATUS' EXAMPLES \
      'SEE ALSO'; do
      grep -Eq "^\.Sh \"?$s\"?\$" "$ROOT/src/$p/$p.1" ||
        { echo "$p.1 lacks $s" >&2; return 1; }
    done
  done
}

# The commands under EXAMPLES, a line each as they are typed.
examples() {
  sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$ROOT/src/$1/$1.1" |
    awk '/^\.Bd/ { b = 1; next } /^\.Ed/ { b = 0; print ""; next }
      sub(/^\.Dl /, "") { d = 1 }
      b || d { sub(/^\$ /, ""); gsub(/\\e/, "\\"); print
        if (!/\\$/) d = 0 }'
}

@test "the EXAMPLES run as they stand" {
  cd "$tmp"
  market_start "$ROOT/fixtures/market/scenarios/small.json"
  VPIPE_NOW=2026-09-20T08:00:00Z vfetch -q catalog --max-pages 2 \
    https://www.vinted.pt/catalog/1904 >run.ndjson
  cp run.ndjson raw.ndjson
  zstd -q run.ndjson -o run.0001.ndjson.zst
  jq -c 'select(.kind == "search") | .body' run.ndjson | head -n 1 >old-1.json
  cp old-1.json old-2.json
  curl -sS -f "$MARKET/_market/photos?limit=5" >photos.ndjson
  mkdir -p raw "$VPIPE_DATA"
  (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$VPIPE_DATA/key")
  psql -X -q -v ON_ERROR_STOP=1 -f "$ROOT/schema/migration/0001-ops.sql"
  for p in $programs; do
    examples "$p" |
      sed "s|http://127.0.0.1:8080|$MARKET|; s|www.market.example|www.vinted.pt|g
        s|bazaar.example|vinted.pt|; s|--source bazaar|--source vinted|" >"$p.sh"
    [ -s "$p.sh" ]
    run --separate-stderr bash -e -o pipefail "$p.sh"
    [ "$status" -eq 0 ] || { cat "$p.sh"; echo "$stderr"; return 1; } >&2
    [ -n "$output" ] || [ "$p" = vupsert ]
  done
}

setup_file() {
  pg_start
}

teardown_file() {
  pg_stop
}

@test "an option that is nearly one: the nearest is named" {
  fails 64 "vput: no such option '--raww', nearest: --raw; see --help" vput --raww x
  fails 64 "vfetch: no such option '--budgett', nearest: --budget; see --help" vfetch catalog --budgett=3
}
