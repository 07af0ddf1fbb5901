/* vparquet: CSV of known columns to a folder of Parquet, and back.  See
 * vparquet(1). */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "column.h"
#include "file.h"
#include "line.h"
#include "opt.h"
#include "stop.h"
#include "banned.h"

struct opts {
	const char *library, *columns, *by, *temporary;
	bool print;
};

static int
options(struct opts *o, int argc, char *argv[])
{
	const struct opt table[] = {
		{ 0, "by", "COLUMNS", OPT_STRING, &o->by,
		    "partition by these, with commas between" },
		{ 0, "columns", "FILE", OPT_STRING, &o->columns,
		    "types and names of the columns" },
		{ 0, "library", "FILE", OPT_STRING, &o->library,
		    "libduckdb.so" },
		{ 0, "print", NULL, OPT_FLAG, &o->print,
		    "write the rows of FOLDER as CSV, the other way" },
		{ 0, "temporary", "FOLDER", OPT_STRING, &o->temporary,
		    "for what does not fit into memory (.duck)" },
		{ 0 },
	};
	int n = opt_parse(argc, argv, "[OPTION]... CSV FOLDER",
	    "Write CSV as a folder of Parquet files.", table);

	if (o->library == NULL)
		die(EX_USAGE, "--library is missing; see --help");
	if (!o->print && o->columns == NULL)
		die(EX_USAGE, "--columns is missing; see --help");
	if (argc - n != 2)
		die(EX_USAGE, "it takes a file and a folder; see --help");
	return n;
}

/* "a", "b" of a,b; each is a column of the rows, and one is left to write. */
static void
partition(struct buf *b, const struct columns *c, const char *by)
{
	char *list = xstrdup(by), *rest = list, *name;
	int n = 0;

	while ((name = strsep(&rest, ",")) != NULL) {
		if (columns_find(c, name) == NULL)
			die(EX_USAGE, "there is no column '%s' to partition by",
			    name);
		if (n++ > 0)
			buf_adds(b, ", ");
		duck_name(b, name);
	}
	if (n >= c->n)
		die(EX_USAGE, "a partition by all columns leaves none");
	free(list);
}

/* The view `line`: the rows as texts, read as PostgreSQL wrote them. */
static void
lines(struct duck *d, const struct columns *c, const char *csv)
{
	struct buf b = { 0 };

	buf_adds(&b, "create view line as select * from read_csv(");
	duck_literal(&b, csv);
	buf_adds(&b, ", columns = ");
	columns_as_text(c, &b);
	buf_adds(&b,
	    ", auto_detect = false, header = true, delim = ',', quote = '\"',"
	    " escape = '\"', nullstr = '\\N', allow_quoted_nulls = false,"
	    " strict_mode = true, parallel = false, max_line_size = ");
	buf_addf(&b, "%d)", DUCK_LINE);
	duck_run(d, b.data);
	buf_release(&b);
}

static void
tell(const char *count)
{
	struct writer out;

	writer_init(&out, STDOUT_FILENO);
	writer_add(&out, count, strlen(count));
	writer_add(&out, "\n", 1);
	writer_close_or_die(&out);
}

/* How many rows it has goes to standard output, once they are written. */
static void
write_parquet(struct duck *d, const struct columns *c, const char *by,
    const char *folder)
{
	struct buf b = { 0 };
	char *count;

	buf_adds(&b, "copy (select ");
	columns_as_typed(c, &b);
	buf_adds(&b, " from line) to ");
	if (by != NULL) {
		duck_literal(&b, folder);
	} else {
		char *path = xasprintf("%s/data_0.parquet", folder);

		duck_literal(&b, path);
		free(path);
	}
	buf_adds(&b, " (format parquet, compression zstd");
	if (by != NULL) {
		buf_adds(&b, ", overwrite_or_ignore, partition_by (");
		partition(&b, c, by);
		buf_addc(&b, ')');
	}
	buf_addc(&b, ')');
	duck_row(d, b.data, &count, 1);
	tell(count);
	free(count);
	buf_release(&b);
}

/* A partition's value stands in the name of its folder: all are texts. */
static void
print_parquet(struct duck *d, const char *csv, const char *folder)
{
	struct buf b = { 0 };
	char *glob = xasprintf("%s/**/*.parquet", folder);

	buf_adds(&b, "copy (select * from read_parquet(");
	duck_literal(&b, glob);
	buf_adds(&b,
	    ", hive_partitioning = true, hive_types_autocast = false)) to ");
	duck_literal(&b, csv);
	buf_adds(&b, " (format csv, header, nullstr '\\N', force_quote *)");
	duck_run(d, b.data);
	buf_release(&b);
	free(glob);
}

int
main(int argc, char *argv[])
{
	struct opts o = { .temporary = ".duck" };
	int first = options(&o, argc, argv);
	struct columns columns = { 0 };
	struct duck *d;

	stop_limit(NULL); /* DuckDB does not look at our flag */
	d = duck_open(o.library, o.temporary);
	if (o.print) {
		print_parquet(d, argv[first], argv[first + 1]);
	} else {
		columns_read(&columns, o.columns);
		if (!file_mkdirs(argv[first + 1], 0755))
			die_errno(EX_IOERR, "cannot make '%s'",
			    argv[first + 1]);
		lines(d, &columns, argv[first]);
		columns_measure(&columns, d);
		write_parquet(d, &columns, o.by, argv[first + 1]);
	}
	columns_release(&columns);
	duck_close(d);
	return stopped ? stop_again() : EX_OK;
}
