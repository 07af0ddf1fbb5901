#include "write.h"

#include <math.h>
#include <stdio.h>

#include "json.h"
#include "banned.h"

#define DAY 4   /* digits behind the point: 9 seconds */
#define SHARE 6 /* of a share */

/* As short as its value at so many digits; null when there is none. */
static void
put_number(struct json *j, double v, int digits)
{
	char text[64];
	int len;

	if (isnan(v) || isinf(v)) {
		json_null(j);
		return;
	}
	len = snprintf(text, sizeof text, "%.*f", digits, v);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	if (len == 2 && text[0] == '-' && text[1] == '0') /* -0 */
		json_int(j, 0);
	else
		json_raw(j, (struct slice){ text, (size_t)len });
}

static void
put(struct json *j, const char *key, double v, int digits)
{
	json_key(j, key);
	put_number(j, v, digits);
}

static void
put_counts(struct json *j, const struct answer *a)
{
	const double *n = a->count;
	double known = n[ROW_SOLD] + n[ROW_OTHER];

	put(j, "n", known + n[ROW_UNKNOWN] + n[ROW_LIVE], SHARE);
	put(j, "sold", n[ROW_SOLD], SHARE);
	put(j, "other", n[ROW_OTHER], SHARE);
	put(j, "unknown", n[ROW_UNKNOWN], SHARE);
	put(j, "live", n[ROW_LIVE], SHARE);
	put(j, "share_known", known / (known + n[ROW_UNKNOWN]), SHARE);
	put(j, "unknown_all_ages", a->borrowed, SHARE);
}

/* "median", "median_low", "median_high", "median_more_than" */
static void
put_quantile(struct json *j, const char *const names[4], const struct figure *f,
    const struct answer *a, bool intervals)
{
	put(j, names[0], f->at, DAY);
	if (intervals) {
		put(j, names[1], f->low, DAY);
		put(j, names[2], f->high, DAY);
	}
	if (isinf(f->at))
		put(j, names[3], a->window, DAY);
}

static void
put_within(struct json *j, const struct question *q, const struct figure *f)
{
	if (q->within < 0)
		return;
	json_key(j, "within");
	json_object(j);
	put(j, "days", q->within, DAY);
	put(j, "share", f->at, SHARE);
	if (q->resamples > 0) {
		put(j, "low", f->low, SHARE);
		put(j, "high", f->high, SHARE);
	}
	json_end(j);
}

static void
put_bound(struct json *j, const char *name, const struct question *q,
    const struct bound *b)
{
	json_key(j, name);
	json_object(j);
	put(j, "window", b->window, DAY);
	put(j, "median", b->median, DAY);
	put(j, "p90", b->p90, DAY);
	if (q->within >= 0)
		put(j, "within", b->within, SHARE);
	json_end(j);
}

static void
put_curve(struct json *j, const struct answer *a, bool intervals)
{
	size_t i;

	json_key(j, "curve");
	json_array(j);
	for (i = 0; i < a->ndays; i++) {
		json_array(j);
		put_number(j, a->days[i], DAY);
		put_number(j, a->curve[i].at, SHARE);
		if (intervals) {
			put_number(j, a->curve[i].low, SHARE);
			put_number(j, a->curve[i].high, SHARE);
		}
		json_end(j);
	}
	json_end(j);
}

void
write_answer(struct buf *b, struct slice cell, const struct question *q,
    const struct answer *a)
{
	static const char *const median[4] = { "median", "median_low",
		"median_high", "median_more_than" };
	static const char *const p90[4] = { "p90", "p90_low", "p90_high",
		"p90_more_than" };
	bool intervals = q->resamples > 0;
	struct json j;

	json_start(&j, b);
	json_object(&j);
	json_key(&j, "cell");
	json_raw(&j, cell);
	put_counts(&j, a);
	put(&j, "window", a->window, DAY);
	put_quantile(&j, median, &a->median, a, intervals);
	put_quantile(&j, p90, &a->p90, a, intervals);
	put_within(&j, q, &a->within);
	put_bound(&j, "none", q, &a->none);
	put_bound(&j, "all", q, &a->all);
	put_curve(&j, a, intervals);
	json_end(&j);
	buf_addc(b, '\n');
}
