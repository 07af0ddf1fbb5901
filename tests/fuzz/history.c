/*
 * Fuzz target of vsnapshot's histories: lines to looks, looks to events.
 * tests/unit/vsnapshot_fuzz replays the corpus.
 */
#include <stdlib.h>

#include "vsnapshot/judge.c"
#include "vsnapshot/look.c"
#include "vsnapshot/moment.c"
#include "vsnapshot/names.c"
#include "vsnapshot/price.c"

#include "line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct look_reader reader;
static struct judge judge;

static void
follow_line(const uint8_t *data, size_t len)
{
	char *line = xcalloc(1, len + LINE_PADDING);
	struct look l;
	const char *why;

	memcpy(line, data, len);
	if (look_read(&reader, (struct slice){ line, len }, &l))
		(void)judge_line(&judge, &l, &why);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = data + len, *newline;

	look_reader_init(&reader);
	judge_init(&judge, 40, 240 * INT64_C(3600000000));
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
	judge_release(&judge);
	look_reader_release(&reader);
	return 0;
}
