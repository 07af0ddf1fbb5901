/*
 * Fuzz target of vevents: lines with contexts to events, by the rules; and all
 * lines as one owner's, in whatever order.
 * tests/unit/vevents_fuzz replays the corpus.
 */
#include <stdlib.h>

#include "vevents/account.c"
#include "vevents/doubt.c"
#include "vevents/episode.c"
#include "vevents/gap.c"
#include "vevents/history.c"
#include "vevents/interval.c"
#include "vevents/judge.c"
#include "vevents/look.c"
#include "vevents/outline.c"
#include "vevents/owner.c"
#include "vevents/price.c"
#include "vevents/relist.c"
#include "vevents/sweep.c"
#include "vevents/text.c"

#include "line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct look_reader reader;
static struct judge judge;
static struct owner owner;

static void
follow_line(const uint8_t *data, size_t len)
{
	char *line = xcalloc(1, len + LINE_PADDING);
	struct look l;
	enum field fault;
	const char *why;

	memcpy(line, data, len);
	if (look_read(&reader, (struct slice){ line, len }, &l)) {
		if (l.type == LINE_LOOK)
			(void)judge_line(&judge, &l, &why);
		(void)owner_add(&owner, &l, &fault, &why);
	}
	free(line);
}

static void
judge_owner(void)
{
	const struct limits limits = { 24 * INT64_C(3600000000), 40,
		240 * INT64_C(3600000000) };
	struct context c;
	struct history h;
	uint32_t i;

	owner_close(&owner);
	context_make(&c, &owner, &limits);
	history_init(&h, &c, &judge);
	for (i = 0; i < owner.nlistings; i++) {
		if (owner.listings[i].n == 0)
			continue;
		history_judge(&h, i);
		judge_reset(&judge);
	}
	history_release(&h);
	context_release(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len, *newline;

	look_reader_init(&reader);
	judge_init(&judge, 40, 240 * INT64_C(3600000000));
	owner = (struct owner){ 0 };
	owner_begin(&owner, SLICE("user:5"));
	for (; data < end; data = newline + 1) {
		newline = memchr(data, '\n', (size_t)(end - data));
		if (newline == NULL)
			newline = end;
		follow_line(data, (size_t)(newline - data));
		if (newline == end)
			break;
	}
	judge_end(&judge);
	judge_reset(&judge);
	judge_owner();
	judge_release(&judge);
	owner_release(&owner);
	look_reader_release(&reader);
	return 0;
}
