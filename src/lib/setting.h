/*
 * setting: the table of all settings.  Defaults, checks, vpipe.conf.example,
 * vpipe.conf(5) and what `vpipe config` prints are made from it (vconf(1)).
 *
 * A name begins with VPIPE_.  Settings of libpq (PGHOST, PGUSER ...) may stand
 * in vpipe.conf beside them; libpq checks those itself.
 */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>

enum setting_kind {
	SETTING_TEXT,
	SETTING_PATH,     /* made absolute */
	SETTING_PATHS,    /* folders between colons, each made absolute */
	SETTING_INTERNAL, /* set by programs for programs; not in vpipe.conf */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	/* The default; one that begins with '/' lies in the data folder.  NULL:
	 * none, or what text says. */
	const char *fallback;
	/* What it takes: an extended regular expression, anchored, and the same
	 * in words.  NULL: any text. */
	const char *form, *takes;
	const char *example; /* in vpipe.conf.example; NULL: the default */
	const char *text;    /* what it is for: whole sentences */
	const char *group;   /* the title above it, where a group begins */
};

/* All of them, in the order in which people read them; a NULL name ends it. */
extern const struct setting settings[];

/* NULL: there is none of that name. */
const struct setting *setting_find(const char *name);
/* May vpipe.conf hold it: one of ours, or PG*, which libpq reads? */
bool setting_in_file(const char *name);
/* NULL when the value is good, else what is wrong with it: "NAME takes
 * ..., not 'VALUE'".  The caller frees. */
char *setting_wrong(const struct setting *s, const char *value);
/* The nearest name to one that is none; NULL when nothing is near (near.h). */
const char *setting_nearest(const char *name);

#endif
