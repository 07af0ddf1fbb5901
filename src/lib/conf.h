/*
 * conf: settings in force.  The environment wins over vpipe.conf, and that over
 * the default (options of the command line are the program's business).
 * setting.h has the table of them.
 *
 * vpipe.conf has lines KEY=value and comments after '#'; a value may stand in
 * quotes.  It is the first that exists of $VPIPE_CONF,
 * ${XDG_CONFIG_HOME:-~/.config}/vpipe/vpipe.conf, /etc/vpipe/vpipe.conf.  It is
 * read at the first call; a wrong line ends the program (78), as does a wrong
 * value of the environment when it is looked up.
 *
 * The settings are the process's.  For the main thread.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>

enum conf_whence { CONF_UNSET, CONF_DEFAULT, CONF_FILE, CONF_ENVIRONMENT };

const char *conf_get(const char *key); /* NULL when unset or empty */
bool conf_yes(const char *key);        /* "yes", "true", "1", "on" */
/* As conf_get, and where it comes from.  A default that begins with '/' lies in
 * the data folder. */
const char *conf_look(const char *key, enum conf_whence *whence);
/* Calls f with each key PG* of the file, once a line. */
void conf_each_of_libpq(void (*f)(const char *key, void *arg), void *arg);
/* The file that was read; NULL when there is none. */
const char *conf_file(void);

/* The data folder: VPIPE_DATA, else /var/lib/vpipe for root, else
 * ~/.local/share/vpipe.  Not created.  Never freed. */
const char *conf_data(void);
/* The path that the setting KEY names; it must have a default.  The caller
 * frees. */
char *conf_path(const char *key);
/* "<data folder>/NAME".  The caller frees. */
char *conf_in_data(const char *name);
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
