# flow.bash - for tests of the whole flow: the market's clock and ours, prices

# market SCENARIO [ARGUMENT]...: of fixtures/market/scenarios; its clock in $at
market() {
	market_start "$ROOT/fixtures/market/scenarios/$1.json" "${@:2}"
	at=$(date -u -d "$(curl -sS "$MARKET/_market/clock" | jq -r .now)" +%s)
	later 0
}

# later SECONDS: for the market and for us
later() {
	at=$((at + $1))
	VPIPE_NOW=$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)
	market_clock "$VPIPE_NOW"
	export VPIPE_NOW=$VPIPE_NOW+
}

# fault KIND: the second search from now is answered so, once
fault() {
	curl -sS -f -X POST \
	    "$MARKET/_market/faults?kind=$1&at_request=2&times=1" >/dev/null
}

requests() {
	market_requests | wc -l
}

catalog() {
	"$ROOT/scripts/catalog" "$@"
}

load() {
	"$ROOT/scripts/load" "$@"
}

# The price table, and all groups of it, in the words of tests/oracle.
prices() {
	psql -X -q -c "copy (select site, catalog_id, brand, condition_id,
	    currency, count, mean, median, p10, p90
	    from serving.price_statistics) to stdout" | LC_ALL=C sort
}
prices_by() {
	psql -X -q -c "copy (select site, \"by\", catalog_id, brand,
	    condition_id, currency, n, mean, median, p10, p90
	    from serving.prices
	    where kind = 'asked' and \"by\" !~ 'size|color') to stdout" |
	    LC_ALL=C sort
}

# prices_are_true ROWS: at least so many, and all as the market's truth has them;
# the other marts as tests/marts.jq has them
prices_are_true() {
	as_told prices "$1"
	as_told prices_by "$1" --by
	marts_are_true
}

# as_told TABLE ROWS [OPTION]
as_told() {
	"$ROOT/tests/oracle" "${@:3}" "$TRUTH" >"$tmp/want"
	"$1" >"$tmp/have"
	[ "$(wc -l <"$tmp/want")" -ge "$2" ]
	diff "$tmp/want" "$tmp/have" >"$tmp/difference" || {
		head -n 20 "$tmp/difference"
		return 1
	}
}
