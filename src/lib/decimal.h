/*
 * decimal: JSON numbers by their digits.  A price never is a double; 4.5, 4.50
 * and 45e-1 are the same price, and 4.5000000000000000001 is another.
 *
 * All functions but the first two take what decimal_valid takes.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#ifdef __cplusplus
extern "C" {
#endif

#include "buf.h"

/* The byte behind the number that starts at p (RFC 8259, section 6); NULL when
 * there is none. */
const char *decimal_end(const char *p, const char *end);
bool decimal_valid(struct slice s); /* a number, and nothing else */

/* Without fraction and exponent: 5, not 5.0 or 5e3. */
bool decimal_is_plain(struct slice s);
/* Of a plain one; false when it does not fit. */
bool decimal_int64(struct slice s, int64_t *out);
/* Without fraction, however it is written: 5, 5.0, 5e3. */
bool decimal_is_whole(struct slice s);
bool decimal_negative(struct slice s);           /* -0 is not */
int decimal_cmp(struct slice a, struct slice b); /* exactly; -1, 0 or 1 */

/*
 * A number taken apart: its value is 0.DIGITS * 10^point, the digits without
 * zeros at either end, scattered around the decimal point of the text.
 */
struct decimal {
	bool negative;
	const char *first, *last; /* significant digits; n 0: the value is 0 */
	int64_t n;                /* how many, the decimal point aside */
	int64_t point;
	int64_t scale; /* digits behind the decimal point, as written */
};

struct decimal decimal_read(struct slice s);
/* The next digit, from *p = d->first on; 0 for ever behind the last. */
int decimal_digit(const struct decimal *d, const char **p);

#ifdef __cplusplus
}
#endif
#endif
