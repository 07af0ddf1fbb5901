# The figures of markets ("market name value" a line) to the confusion table,
# and the goals.
function goal(name, value, unit, op, want,   ok) {
	ok = op == ">=" ? value + 0 >= want : value + 0 <= want
	printf "bench %s %s %s goal %s %s %s\n", name, value, unit, op, want,
	    ok ? "ok" : "short"
	if (!ok)
		failed = 1
}
function share(a, b) {
	return b > 0 ? sprintf("%.4f", 100 * a / b) : 100
}
{
	if (!($1 in seen)) {
		seen[$1] = 1
		market[++markets] = $1
	}
	v[$1, $2] = $3
	sum[$2] += $3
	if ($2 ~ /^(exit|price|false):/)
		row[$2] += $3
}
END {
	printf "# %s markets, %s items\n", markets, sum["items"]
	for (i = 1; i <= markets; i++) {
		m = market[i]
		printf "# %-20s items %d sold right %s %% in time %s %% unknown %s %% requests %d\n", \
		    m, v[m, "items"], share(v[m, "called_true"], v[m, "called"]), \
		    share(v[m, "sold_in_time"], v[m, "sold"]), \
		    share(v[m, "unknown"], v[m, "exits"]), v[m, "requests"]
		p = share(v[m, "called_true"], v[m, "called"])
		r = share(v[m, "sold_in_time"], v[m, "sold"])
		u = share(v[m, "unknown"], v[m, "exits"])
		if (i == 1 || p + 0 < worst_p) worst_p = p + 0
		if (i == 1 || r + 0 < worst_r) worst_r = r + 0
		if (i == 1 || u + 0 > worst_u) worst_u = u + 0
	}
	print "# what was : what we say : how sure : why : how many"
	for (k in row)
		printf "# %s %d\n", k, row[k] | "sort"
	close("sort")
	goal("tracking_sold_right", share(sum["called_true"], sum["called"]), "percent", ">=", 99.5)
	goal("tracking_sold_right_worst", worst_p, "percent", ">=", 99.5)
	goal("tracking_sold_observed_right", share(sum["observed_true"], sum["observed"]), "percent", ">=", 100)
	goal("tracking_sold_in_time", share(sum["sold_in_time"], sum["sold"]), "percent", ">=", 97)
	goal("tracking_sold_in_time_worst", worst_r, "percent", ">=", 97)
	goal("tracking_unknown", share(sum["unknown"], sum["exits"]), "percent", "<=", 5)
	goal("tracking_unknown_worst", worst_u, "percent", "<=", 5)
	printf "# sales within the interval that was named: %s %%\n", share(sum["in_interval"], sum["called_true"])
	rates = sum["price:rate:rate"] + sum["price:rate:seller"] + sum["price:rate:wardrobe"] + sum["price:rate:unknown"] + sum["price:rate:fee"]
	goal("tracking_rate_labelled", share(sum["price:rate:rate"], rates), "percent", ">=", 99)
	goal("tracking_cuts_called_rate", sum["price:seller:rate"] + 0, "cuts", "<=", 0)
	goal("tracking_rates_called_cut", sum["price:rate:seller"] + sum["price:rate:wardrobe"], "moves", "<=", 0)
	# every attempt counts as ours, those that failed too
	asked = sum["requests"]
	naive = sum["naive:1"] + sum["naive:10"] + sum["naive:100"]
	split("1 10 100", class, " ")
	for (i = 1; i <= 3; i++) {
		c = class[i]
		if (sum["settled:" c] > 0)
			printf "# wardrobes of about %s: %.2f requests per settled exit, naive %.2f\n", c, \
			    sum["asked:" c] / sum["settled:" c], sum["naive:" c] / sum["settled:" c]
		else
			printf "# wardrobes of about %s: no exit was settled, %d requests, naive %d\n", c, \
			    sum["asked:" c], sum["naive:" c]
	}
	goal("tracking_requests_vs_naive", sprintf("%.4f", asked / naive), "ratio", "<=", 0.1)
	exit failed
}
