#include "random.h"

#include <math.h>

#include "banned.h"

#define SMALL 30
#define TURN 6.283185307179586

static uint64_t
next(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

double
random_unit(struct random *r)
{
	return ((double)(next(r) >> 11) + 0.5) / 9007199254740992.0;
}

double
random_poisson(struct random *r, double mean)
{
	double size, n = 0, product, least = exp(-mean);

	if (mean >= SMALL) {
		size = sqrt(-2 * log(random_unit(r)));
		n = round(mean +
		    sqrt(mean) * size * cos(TURN * random_unit(r)));
		return n > 0 ? n : 0;
	}
	for (product = random_unit(r); product > least; n++)
		product *= random_unit(r);
	return n;
}
