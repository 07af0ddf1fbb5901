# trends.bash - the views of trends beside tests/oracle_trends
#
#	typed FOLDER [SOURCE]	what the oracle reads, of the database
#	trends day|week		the rows of a view, in its words
#	trends_are_true ROWS [SOURCE]	both views are the oracle's, so many rows

typed() {
	mkdir -p "$1"
	psql -X -q -A -t -c 'select to_jsonb(l) from serving.look l' >"$1/looks.ndjson"
	psql -X -q -A -t -c 'select to_jsonb(r) from ops.run r' >"$1/runs.ndjson"
	psql -X -q -v ON_ERROR_STOP=1 >/dev/null <<-end
	\\copy (select source, site, item_id, currency, brand, condition_id, price, first_seen, last_seen from serving.item) to '$1/items'
	\\copy (select source, site, item_id, catalog_id from serving.item_catalog) to '$1/catalogs'
	\\copy (select source, item_id, state, earliest, latest, price, listed_price, currency from serving.item_state) to '$1/states'
	\\copy (select '${2:-vinted}', item_id, observed_at, run, line, index, favourite_count from staging.${2:-vinted}_snapshot where favourite_count is not null) to '$1/snapshots'
	end
}

trends() {
	local view=trends day=day index=

	[[ $1 == day ]] ||
	    view=trends_weekly day=week index="index, index_base, matched_share,"
	psql -X -q -c "copy (select source, site, currency, \"by\", catalog_id, brand,
	    condition_id, $day, new, ended, sold, live, favourites, asked_n,
	    asked_median, sold_n, sold_median, new_change, sold_change, live_change,
	    asked_median_change, sold_median_change, $index blank, coverage, sweeps,
	    complete, pages_asked, pages_got, capped, gaps, duplicates, promoted_share
	    from serving.$view) to stdout" | LC_ALL=C sort
}

trends_are_true() {
	local span rows=0

	typed "$tmp/typed" "${2:-vinted}"
	for span in day week; do
		"$ROOT/tests/oracle_trends" $span "$tmp/typed" >"$tmp/want"
		trends $span >"$tmp/have"
		diff "$tmp/want" "$tmp/have" >"$tmp/difference" || {
			head -n 20 "$tmp/difference"
			return 1
		}
		rows=$((rows + $(wc -l <"$tmp/want")))
	done
	[ "$rows" -ge "$1" ]
}
