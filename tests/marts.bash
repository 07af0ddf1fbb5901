# marts.bash - the marts against sums that share nothing with them

# marts_are_true: each bin of prices, ages and cuts is what tests/marts.jq counts
marts_are_true() {
	psql -X -v ON_ERROR_STOP=1 -q -A -t -v "input=$tmp/marts.in" \
	    -v "output=$tmp/marts.out" -f "$ROOT/tests/marts.sql"
	marts_agree
}

marts_agree() {
	jq -c . "$tmp/marts.out" | LC_ALL=C sort >"$tmp/marts.have"
	jq -c -f "$ROOT/tests/marts.jq" "$tmp/marts.in" |
	    LC_ALL=C sort >"$tmp/marts.want"
	[ -s "$tmp/marts.want" ]
	diff "$tmp/marts.want" "$tmp/marts.have" | head -n 20
	cmp "$tmp/marts.want" "$tmp/marts.have"
}
