# factors.awk - listings whose sales depend on what they are, as looks see them
#
#	awk -v listings=4000 -v seed=3 -f factors.awk
#
# Tabs between: number, brand, condition, catalog, price, hours (since the first of
# September 2026) of the last look that did not show it yet, the first that did, the
# last that did, the first that did not (or \N), and what it is then.
#
# The hazard of a sale is Weibull's (shape 0.8, scale 40 days; -v shape=1.3), times
# the ratios below, times the typical price over the price (an elasticity of 1).
# Withdrawals come after 150 days on average.  Looks come once a day, each lost with
# the chance 0.1; a fifth of the exits (-v unknown=0: none) are not known to be sales
# or not.
function draw() {
	seed = seed * 16807 % 2147483647
	return seed / 2147483647
}
function normal(    i, sum) {
	for (i = 0; i < 12; i++)
		sum += draw()
	return sum - 6
}
function pick(shares, n,    x, i) {
	x = draw()
	for (i = 1; i < n; i++)
		if ((x -= shares[i]) < 0)
			break
	return i
}

# The age at which it is sold: the cumulative hazard is followed month by month.
function sold_after(born, ratio,    left, age, m, upto, had) {
	left = -log(draw()) / ratio
	for (age = 0; ; age = upto) {
		for (m = 1; m < 4 && born + age >= ends[m]; m++)
			;
		upto = m < 4 ? ends[m] - born : 1e6
		had = ((upto / 40) ^ shape - (age / 40) ^ shape) * season[m]
		if (had >= left || m == 4)
			return 40 * ((age / 40) ^ shape + left / season[m]) ^ (1 / shape)
		left -= had
	}
}

BEGIN {
	if (shape == "") shape = 0.8
	if (unknown == "") unknown = 0.2
	for (i = 0; i < 20; i++)
		draw()
	nbrands = split("Nike Zara Puma Mango (none)", brand, " ")
	split("2 1 0.5 1.3 0.8", by_brand, " ")
	split("0.3 0.3 0.15 0.1 0.15", brands, " ")
	split("30 20 45 25 12", typical, " ")
	split("6 2 3", condition, " ")
	split("1.5 1 0.7", by_condition, " ")
	split("0.3 0.4 0.3", conditions, " ")
	split("5 1904", catalog, " ")
	split("0.6 0.4", catalogs, " ")
	split("1 1.4 0.7 1", season, " ")
	split("30 61 91", ends, " ")
	for (n = 1; n <= listings; n++) {
		b = pick(brands, nbrands)
		c = pick(conditions, 3)
		k = pick(catalogs, 2)
		off = exp(0.5 * normal())
		born = draw() * 115
		sale = sold_after(born, by_brand[b] * by_condition[c] / off)
		withdrawn = -150 * log(draw())
		gone = born + (sale < withdrawn ? sale : withdrawn)
		state = sale < withdrawn ? "sold" : "deleted"
		if (draw() < unknown)
			state = "missing"
		# the look before it was listed, and those that follow
		before = born - draw()
		entry = last = right = -1
		for (t = before + 1; t < 122; t++) {
			if (draw() < 0.1)
				continue
			if (t >= gone) {
				right = t
				break
			}
			if (entry < 0)
				entry = t
			last = t
		}
		if (entry < 0)
			continue
		printf "%d\t%s\t%s\t%s\t%.2f\t%.3f\t%.3f\t%.3f\t%s\t%s\n", n,
		    brand[b] == "(none)" ? "\\N" : brand[b], condition[c], catalog[k],
		    typical[b] * off, before * 24, entry * 24, last * 24,
		    right < 0 ? "\\N" : sprintf("%.3f", right * 24),
		    right < 0 ? "live" : state
	}
}
