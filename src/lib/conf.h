/*
 * conf: settings.  The environment wins over vpipe.conf; flags win over both,
 * but that is the program's business.
 *
 * vpipe.conf: KEY=value lines, '#' comments, a value may stand in double
 * quotes.  It is the first that exists of $VPIPE_CONF,
 * ${XDG_CONFIG_HOME:-~/.config}/vpipe/vpipe.conf, /etc/vpipe/vpipe.conf.  Keys
 * are the names of the environment variables: VPIPE_DATA, VPIPE_CONTACT ...
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>

const char *conf_get(const char *key); /* NULL when unset or empty */
bool conf_yes(const char *key);        /* "yes", "true", "1", "on" */

/* The data folder: VPIPE_DATA, else /var/lib/vpipe for root, else
 * ~/.local/share/vpipe.  Not created.  Never freed. */
const char *conf_data(void);
/* "<data folder>/NAME", or the setting KEY when it is there (KEY may be NULL).
 * The caller frees. */
char *conf_path(const char *key, const char *name);
/* The schema folder: VPIPE_SCHEMA, else ../schema beside the program's folder
 * (a source tree), else <prefix>/share/vpipe/schema.  Never freed. */
const char *conf_schema(void);
/* "<dir>/SOURCE/FILE" for the first folder of VPIPE_SOURCES (colon-separated;
 * default <schema folder>/sources) that has it; NULL when none has.  The
 * caller frees. */
char *conf_source(const char *source, const char *file);
/* All source folders' names, sorted, without repeats; NULL-terminated. */
char **conf_sources(void);

#endif
