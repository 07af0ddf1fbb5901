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
# The three kinds of unknown that there are most of.
function reasons(m,   k, part, n, best, most, told, said) {
	for (n = 0; n < 3; n++) {
		most = 0
		for (k in why) {
			split(k, part, SUBSEP)
			if (part[1] == m && !(k in told) && why[k] > most) {
				most = why[k]
				best = k
			}
		}
		if (most == 0)
			break
		told[best]
		split(best, part, SUBSEP)
		said = said " " part[2] " " most
	}
	return said
}
# Of markets of one kind: the worst of each figure.
function worst(kind, p, r, u) {
	if (!(kind in markets_of) || p < worst_p[kind]) worst_p[kind] = p
	if (!(kind in markets_of) || r < worst_r[kind]) worst_r[kind] = r
	if (!(kind in markets_of) || u > worst_u[kind]) worst_u[kind] = u
	markets_of[kind]++
}
function ratio(a, b) {
	return b > 0 ? sprintf("%.4f", a / b) : 0
}
function goals_worst(kind, name, right, in_time) {
	if (!(kind in markets_of))
		return
	goal("tracking" name "_sold_right_worst", worst_p[kind], "percent", ">=", right)
	goal("tracking" name "_sold_in_time_worst", worst_r[kind], "percent", ">=", in_time)
	goal("tracking" name "_unknown_worst", worst_u[kind], "percent", "<=", 5)
}
{
	if (!($1 in seen)) {
		seen[$1] = 1
		market[++markets] = $1
	}
	v[$1, $2] = $3
	sum[$2] += $3
	if ($2 ~ /^(exit|price|rate_unknown|false|late|account):/)
		row[$2] += $3
	if ($2 ~ /^exit:.*:unknown:/)
		why[$1, substr($2, 6)] = $3
	if ($2 ~ /^naive:/)
		v[$1, "naive"] += $3
	if ($2 ~ /^settled:/)
		v[$1, "settled"] += $3
	if ($2 ~ /^price:rate:/)
		v[$1, "rates"] += $3
}
END {
	printf "# %s markets, %s items\n", markets, sum["items"]
	for (i = 1; i <= markets; i++) {
		m = market[i]
		p = share(v[m, "called_true"], v[m, "called"])
		r = share(v[m, "sold_in_time"], v[m, "sold"])
		u = share(v[m, "unknown"], v[m, "exits"])
		wrong = v[m, "observed"] - v[m, "observed_true"] + \
		    v[m, "deleted_observed"] - v[m, "deleted_observed_true"]
		kind = v[m, "small"] ? "small" : ""
		worst(kind, p + 0, r + 0, u + 0)
		asked[kind] += v[m, "requests"]
		naive[kind] += v[m, "naive"]
		printf "# %-20s items %d called %d sold right %s %% in time %s %% unknown %s %% rates labelled %s %% observed wrong %d requests %d, by naive %s\n", \
		    m, v[m, "items"], v[m, "called"], p, r, u, \
		    share(v[m, "price:rate:rate"], v[m, "rates"]), wrong, \
		    v[m, "requests"], ratio(v[m, "requests"], v[m, "naive"])
		if (v[m, "settled"] > 0)
			printf "# %-20s requests a settled exit %.2f, naive %.2f; hours from a sale to its call %d, of nine in ten at most %d; unknown:%s\n", \
			    m, v[m, "requests"] / v[m, "settled"], \
			    v[m, "naive"] / v[m, "settled"], \
			    v[m, "hours_half"], v[m, "hours_most"], reasons(m)
		if (v[m, "called"] < 2000)
			printf "# %-20s fewer than 2000 sales were called\n", m
	}
	print "# what was : what we say : how sure : why : how many"
	for (k in row)
		printf "# %s %d\n", k, row[k] | "sort"
	close("sort")
	goal("tracking_sold_right", share(sum["called_true"], sum["called"]), "percent", ">=", 99.5)
	goal("tracking_sold_observed_right", share(sum["observed_true"], sum["observed"]), "percent", ">=", 100)
	goal("tracking_sold_in_time", share(sum["sold_in_time"], sum["sold"]), "percent", ">=", 97)
	goal("tracking_unknown", share(sum["unknown"], sum["exits"]), "percent", "<=", 5)
	goals_worst("", "", 99.5, 97)
	goals_worst("small", "_small", 99, 93)
	goal("tracking_observed_wrong", sum["observed"] - sum["observed_true"] + \
	    sum["deleted_observed"] - sum["deleted_observed_true"], "states", "<=", 0)
	printf "# sales within the interval that was named: %s %%\n", share(sum["in_interval"], sum["called_true"])
	rates = sum["price:rate:rate"] + sum["price:rate:seller"] + sum["price:rate:wardrobe"] + sum["price:rate:unknown"] + sum["price:rate:fee"]
	goal("tracking_rate_labelled", share(sum["price:rate:rate"], rates), "percent", ">=", 99)
	goal("tracking_cuts_called_rate", sum["price:seller:rate"] + 0, "cuts", "<=", 0)
	goal("tracking_rates_called_cut", sum["price:rate:seller"] + sum["price:rate:wardrobe"], "moves", "<=", 0)
	# every attempt counts as ours, those that failed too
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
	if ("" in markets_of)
		goal("tracking_requests_vs_naive", ratio(asked[""], naive[""]), "ratio", "<=", 0.1)
	if ("small" in markets_of)
		goal("tracking_small_requests_vs_naive", ratio(asked["small"], naive["small"]), "ratio", "<=", 0.5)
	exit failed
}
