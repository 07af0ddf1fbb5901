/* options: what the command line and the configuration say.  Any thread may
 * read them: none changes them once there are threads. */
#ifndef VIMG_OPTIONS_H
#define VIMG_OPTIONS_H

#include "json.h"
#include "photo.h"

struct options {
	const char *store, *size, *thumbs, *raw, *base_url;
	char *folder; /* of the store */
	char *const *files;
	int nfiles;
	bool hash_only, mount;
	int64_t max_bytes, max_pixels, max_memory, max_edge, parallel, threads,
	    budget, max_line, timeout;
	int edges[COPIES_MOST]; /* of copies, rising */
	int ncopies;
};

void options(struct options *o, int argc, char *argv[]);
void options_release(struct options *o);
/* Adds them as an object, for the closing record. */
void options_put(const struct options *o, struct json *j);

#endif
