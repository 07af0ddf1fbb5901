#include "options.h"

#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "line.h"
#include "opt.h"
#include "banned.h"

#define MIB ((int64_t)1 << 20)

static void
add_edge(struct options *o, int64_t edge, const char *option)
{
	int i;

	if (edge < 16 || edge > IMAGE_EDGE_MAX)
		die(EX_USAGE, "%s: an edge is from 16 to %d", option,
		    IMAGE_EDGE_MAX);
	for (i = 0; i < o->ncopies; i++)
		if (o->edges[i] == edge)
			return;
	if (o->ncopies == COPIES_MOST)
		die(EX_USAGE, "%s: no more than %d sizes", option, COPIES_MOST);
	o->edges[o->ncopies++] = (int)edge;
}

static int
by_size(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
read_edges(struct options *o)
{
	char *list = xstrdup(o->thumbs != NULL ? o->thumbs : ""), *save = NULL;
	char *one = strtok_r(list, ",", &save);
	int64_t edge;

	if (o->thumbs != NULL && one == NULL)
		die(EX_USAGE, "--thumbs does not take '%s'", o->thumbs);
	for (; one != NULL; one = strtok_r(NULL, ",", &save)) {
		if (!opt_number(one, &edge))
			die(EX_USAGE, "--thumbs does not take '%s'", o->thumbs);
		add_edge(o, edge, "--thumbs");
	}
	free(list);
	if (o->max_edge >= 0)
		add_edge(o, o->max_edge, "--max-edge");
	qsort(o->edges, (size_t)o->ncopies, sizeof *o->edges, by_size);
}

static void
check(const struct options *o)
{
	if (o->max_bytes < 1 || o->max_bytes > 256 * MIB)
		die(EX_USAGE, "--max-bytes is from 1 to 256M");
	if (o->max_pixels < 1)
		die(EX_USAGE, "--max-pixels is at least 1");
	if (o->max_memory < MIB || o->max_memory > 4096 * MIB)
		die(EX_USAGE, "--max-memory is from 1M to 4G");
	if (o->parallel < 1 || o->parallel > 256)
		die(EX_USAGE, "--parallel is from 1 to 256");
	if (o->threads < 1 || o->threads > 256)
		die(EX_USAGE, "--threads is from 1 to 256");
	if (o->timeout < 1 || o->timeout > 3600000)
		die(EX_USAGE, "--timeout is from 1ms to 60m");
	if (o->max_line < 1 || o->max_line > (int64_t)LINE_MAX_MOST)
		die(EX_USAGE, "--max-line is from 1 to 512M");
	if (o->raw != NULL &&
	    (*o->raw == '\0' ||
	        strspn(o->raw, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
	            strlen(o->raw)))
		die(EX_USAGE, "--raw does not take '%s'", o->raw);
	if (o->hash_only && (o->store != NULL || o->mount || o->ncopies > 0))
		die(EX_USAGE,
		    "--hash-only keeps nothing: no --store, --mount, "
		    "--thumbs or --max-edge");
}

/* Without a slash at its end. */
static char *
folder(const struct options *o)
{
	char *f =
	    o->store != NULL ? xstrdup(o->store) : conf_path("VPIPE_IMAGES");
	size_t len;

	for (len = strlen(f); len > 1 && f[len - 1] == '/'; len--)
		f[len - 1] = '\0';
	if (*f == '\0')
		die(EX_USAGE, "the image store has no name");
	return f;
}

void
options(struct options *o, int argc, char *argv[])
{
	const struct opt table[] = { { 0, "base-url", "URL", OPT_STRING,
		                         &o->base_url,
		                         "connect there (a simulator)" },
		{ 0, "budget", "N", OPT_NUMBER, &o->budget,
		    "ask for at most N photos" },
		{ 0, "hash-only", NULL, OPT_FLAG, &o->hash_only,
		    "keep no bytes" },
		{ 0, "max-bytes", "SIZE", OPT_SIZE, &o->max_bytes,
		    "largest picture (16M)" },
		{ 0, "max-edge", "N", OPT_NUMBER, &o->max_edge,
		    "also keep a copy with that longer edge" },
		{ 0, "max-line", "SIZE", OPT_SIZE, &o->max_line,
		    "reject longer lines (16M)" },
		{ 0, "max-memory", "SIZE", OPT_SIZE, &o->max_memory,
		    "memory for decoding (24M)" },
		{ 0, "max-pixels", "SIZE", OPT_SIZE, &o->max_pixels,
		    "most pixels of a picture (50M)" },
		{ 0, "mount", NULL, OPT_FLAG, &o->mount,
		    "the store must be a mount" },
		{ 0, "parallel", "N", OPT_NUMBER, &o->parallel,
		    "transfers at a time (16)" },
		{ 0, "raw", "FLOW", OPT_STRING, &o->raw,
		    "write raw records of that flow" },
		{ 0, "size", "TYPE", OPT_STRING, &o->size,
		    "the size to fetch" },
		{ 0, "store", "DIR", OPT_STRING, &o->store, "the image store" },
		{ 0, "threads", "N", OPT_NUMBER, &o->threads,
		    "decoding threads (one a core)" },
		{ 0, "thumbs", "EDGE[,EDGE]", OPT_STRING, &o->thumbs,
		    "also keep copies with these longer edges" },
		{ 0, "timeout", "DURATION", OPT_DURATION, &o->timeout,
		    "longest transfer (60s)" },
		{ 0 } };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int first;

	*o = (struct options){ .max_bytes = 16 * MIB,
		.max_pixels = 50 * MIB,
		.max_memory = 24 * MIB,
		.max_edge = -1,
		.parallel = 16,
		.threads = cores < 1 ? 1 :
		    cores > 32       ? 32 :
		                       cores,
		.budget = -1,
		.max_line = LINE_MAX_DEFAULT,
		.timeout = 60000 };
	first = opt_parse(argc, argv, "[OPTION]... [FILE]...",
	    "Fetch photos into a store, write a record of each.", table);
	o->files = argv + first;
	o->nfiles = argc - first;
	read_edges(o);
	check(o);
	if (o->size != NULL && strcmp(o->size, "list") == 0)
		o->size = NULL;
	if (conf_yes("VPIPE_IMAGES_MOUNT"))
		o->mount = true;
	if (!o->hash_only)
		o->folder = folder(o);
}

void
options_release(struct options *o)
{
	free(o->folder);
}

void
options_put(const struct options *o, struct json *j)
{
	int i;

	json_object(j);
	json_key(j, "budget");
	if (o->budget < 0)
		json_null(j);
	else
		json_int(j, o->budget);
	json_key(j, "hash_only");
	json_bool(j, o->hash_only);
	json_key(j, "size");
	json_cstr(j, o->size != NULL ? o->size : "list");
	json_key(j, "thumbs");
	json_array(j);
	for (i = 0; i < o->ncopies; i++)
		json_int(j, o->edges[i]);
	json_end(j);
	json_key(j, "max_bytes");
	json_int(j, o->max_bytes);
	json_key(j, "max_pixels");
	json_int(j, o->max_pixels);
	json_key(j, "max_memory");
	json_int(j, o->max_memory);
	json_key(j, "parallel");
	json_int(j, o->parallel);
	json_end(j);
}
