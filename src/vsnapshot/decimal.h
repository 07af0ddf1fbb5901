/*
 * decimal: numbers by their digits.  A price never is a double; 4.5, 4.50 and
 * 45e-1 are the same price, and 4.5000000000000000001 is another.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include "buf.h"

/* Of JSON numbers. */
bool decimal_equal(struct slice a, struct slice b);
bool decimal_negative(struct slice s); /* -0 is not */

/* Is the text a JSON number, and whole? */
bool decimal_valid(struct slice s);

#endif
