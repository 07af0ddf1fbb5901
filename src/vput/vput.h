/*
 * vput: what its files share.
 *
 *	list.c		the raw layer's manifests: --list, --check, --renew
 *	replace.c	a part rewritten: --replaces, and for --renew
 */
#ifndef VPUT_H
#define VPUT_H

#include "raw_manifest.h"
#include "raw_publish.h"
#include "raw_spool.h"

struct list_opts {
	const char *source, *flow;
	int64_t since; /* INT64_MIN: all */
	bool verify;
};
int list_print(const char *root, const struct list_opts *o, struct writer *out);
/* No operands: the whole layer. */
int list_check(const char *root, char *const operands[]);

/* No operands: the whole layer. */
int list_renew(const struct place *to, char *const operands[],
    const struct raw_spool_opts *so, struct writer *out);

/* The part's own records under a fresh key, with a manifest as it is written
 * today; then the old one goes. */
int replace_itself(bool mount, const struct raw_manifest *old,
    const struct raw_spool_opts *so, struct writer *out);
/* What a newer revision stands for. */
void replace_remove(const struct raw_manifest *old);
int replace_part(bool mount, const char *manifest,
    const struct raw_spool_opts *so, struct writer *out);

#endif
