/*
 * vevents_lines ITEM_DAYS SOLD_PAGE_HOURS <HISTORIES - judges histories whose
 * contexts were written by hand or by chance: lines as judge.h takes them, a
 * listing's after another's.  tests/tracking holds it against an oracle.
 */
#include <stdlib.h>
#include <unistd.h>

#include "vevents/gap.c"
#include "vevents/judge.c"
#include "vevents/look.c"
#include "vevents/price.c"
#include "vevents/write.c"

static void
end_item(struct judge *j, struct write *w)
{
	if (j->lines == 0)
		return;
	judge_end(j);
	write_begin(w, buf_slice(&j->item.id.b));
	write_listing(w, j, NO_TIME);
	write_end(w, false);
	judge_reset(j);
}

int
main(int argc, char *argv[])
{
	struct look_reader reader;
	struct judge judge;
	struct write write;
	struct reader in;
	struct writer out;
	struct slice line;
	struct look l;
	const char *why;

	if (argc != 3)
		return EX_USAGE;
	reader_init(&in, STDIN_FILENO, LINE_MAX_DEFAULT);
	writer_init(&out, STDOUT_FILENO);
	look_reader_init(&reader);
	judge_init(&judge, atof(argv[1]), atol(argv[2]) * 3600000000);
	write_init(&write, &out, "made");
	while (reader_next(&in, &line)) {
		if (!look_read(&reader, line, &l))
			die(EX_DATAERR, "%s", reader.why);
		if (!kept_is(&judge.item.id, l.f[F_ITEM_ID]))
			end_item(&judge, &write);
		if (!judge_line(&judge, &l, &why))
			die(EX_DATAERR, "%s", why);
	}
	end_item(&judge, &write);
	look_reader_release(&reader);
	judge_release(&judge);
	write_release(&write);
	reader_close_or_die(&in);
	writer_close_or_die(&out);
	return 0;
}
