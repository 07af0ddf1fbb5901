# market.awk - listings of a simulated market, grouped, as vsurv reads them
#
#	awk -v listings=5000 -v seed=3 -f market.awk
#
# Times to sale are Weibull's: shape 0.8, scale 30 days (median 18.97, p90
# 85.09).  Listings are put up between 120 days before the first look and its
# 200th day; what is gone before a look is never seen.  Withdrawals come after
# 150 days on average.  Looks come once a day, each lost with the chance `lost`;
# an exit is not known to be a sale or not with the chance `unknown`.  Ages are
# rounded to the nearest `step`.  On the last line, with # before it: how many
# exits, and the naive median of those known to be sold, by their right ends.
# mawk and gawk draw alike: no rand().
function draw() {
	seed = seed * 16807 % 2147483647
	return seed / 2147483647
}

function round(age) {
	return int(age / step + 0.5) * step
}

# Sets entry, left, right (-1: none); false: never seen.
function look(born, gone,    t) {
	entry = left = right = -1
	t = (born < 0 ? -born : 0) + draw()
	for (; born + t < 200; t++) {
		if (draw() < lost)
			continue
		if (t >= gone) {
			right = t
			break
		}
		if (entry < 0)
			entry = t
		left = t
	}
	return entry >= 0
}

BEGIN {
	if (lost == "") lost = 0.1
	if (unknown == "") unknown = 0.3
	if (step == "") step = 0.0001
	if (cell == "") cell = 1
	for (n = 0; n < listings;) {
		sale = 30 * (-log(draw())) ^ 1.25
		withdrawn = -150 * log(draw())
		if (!look(draw() * 320 - 120, sale < withdrawn ? sale : withdrawn))
			continue
		n++
		exit_as = "null"
		if (right >= 0) {
			exits++
			exit_as = sale < withdrawn ? "\"sold\"" : "\"other\""
			if (draw() < unknown)
				exit_as = "\"unknown\""
			if (exit_as == "\"sold\"")
				days[int(right)]++
			sold += exit_as == "\"sold\""
		}
		count[sprintf("\"entry\":%s,\"left\":%s,\"right\":%s,\"exit\":%s",
		    round(entry), round(left),
		    right < 0 ? "null" : round(right), exit_as)]++
	}
	for (row in count)
		printf "{\"cell\":%s,%s,\"n\":%d}\n", cell, row, count[row]
	for (d = 0; below + days[d] < sold / 2; d++)
		below += days[d]
	naive = d + (sold / 2 - below) / days[d]
	printf "# %d exits, naive median %.2f\n", exits, naive
}
