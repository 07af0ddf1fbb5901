/* vconf: settings in force, for people and for sh; and what is made from the
 * table of them.  See vconf(1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "conf.h"
#include "opt.h"
#include "setting.h"
#include "banned.h"

extern char **environ;

static const char *const whences[] = { "unset", "default", "file",
	"environment" };

/* libpq's settings that a file may hold; people look for these. */
static const char *const libpq[] = { "PGHOST", "PGPORT", "PGUSER", "PGDATABASE",
	"PGSERVICE", NULL };

/* -- values ---------------------------------------------------------------- */

static char *
absolute(const char *path)
{
	char *cwd, *whole;

	if (*path == '/' || *path == '\0')
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		die_errno(EX_IOERR, "cannot tell the working folder");
	whole = xasprintf("%s/%s", cwd, path);
	free(cwd);
	return whole;
}

static char *
each_absolute(const char *paths)
{
	struct buf b = { 0 };
	char *one, *whole;
	size_t len;

	for (;; paths += len + 1) {
		len = strcspn(paths, ":");
		one = xstrndup(paths, len);
		whole = absolute(one);
		buf_adds(&b, whole);
		free(one);
		free(whole);
		if (paths[len] == '\0')
			return buf_take(&b);
		buf_addc(&b, ':');
	}
}

/* What is in force, paths absolute; NULL: nothing.  The caller frees. */
static char *
in_force(const char *name, enum conf_whence *whence)
{
	const struct setting *s = setting_find(name);
	const char *v = conf_look(name, whence);
	char *path, *whole;

	if (*whence == CONF_UNSET) {
		*whence = CONF_DEFAULT;
		if (strcmp(name, "VPIPE_DATA") == 0)
			return absolute(conf_data());
		if (strcmp(name, "VPIPE_SCHEMA") == 0)
			return absolute(conf_schema());
		if (strcmp(name, "VPIPE_SOURCES") == 0)
			return xasprintf("%s/sources", conf_schema());
		*whence = CONF_UNSET;
		return NULL;
	}
	if (s != NULL && s->kind == SETTING_PATHS)
		return each_absolute(v);
	if (strcmp(name, "VPIPE_CONF") == 0 || strcmp(name, "VPIPE_BIN") == 0)
		return absolute(v);
	if (s == NULL || s->kind != SETTING_PATH)
		return xstrdup(v);
	if (strcmp(name, "VPIPE_DATA") == 0 ||
	    strcmp(name, "VPIPE_SCHEMA") == 0)
		return absolute(v);
	path = conf_path(name);
	whole = absolute(path);
	free(path);
	return whole;
}

/* -- names of the environment that are none ------------------------------- */

static void
warn_of_unknown(void)
{
	const char *near;
	char **e, *name;

	for (e = environ; *e != NULL; e++) {
		if (strncmp(*e, "VPIPE_", 6) != 0)
			continue;
		name = xstrndup(*e, strcspn(*e, "="));
		near = setting_nearest(name);
		if (setting_find(name) == NULL)
			warn("'%s' in the environment is no setting%s%s", name,
			    near ? "; nearest: " : "", near ? near : "");
		free(name);
	}
}

/* -- for people ------------------------------------------------------------ */

static void
print_one(const char *name)
{
	enum conf_whence whence;
	char *value = in_force(name, &whence);

	printf("%s=%s\t(%s)\n", name, value ? value : "", whences[whence]);
	free(value);
}

/* All of them, before anything is printed. */
static void
check_all(void)
{
	enum conf_whence whence;
	const struct setting *s;

	for (s = settings; s->name != NULL; s++)
		conf_look(s->name, &whence);
}

static void
print_all(void)
{
	const struct setting *s;
	int i;

	for (s = settings; s->name != NULL; s++)
		if (s->kind != SETTING_INTERNAL)
			print_one(s->name);
	for (i = 0; libpq[i] != NULL; i++)
		print_one(libpq[i]);
}

static void
print_named(int n, char *names[])
{
	const char *near;
	int i;

	for (i = 0; i < n; i++) {
		near = setting_nearest(names[i]);
		if (setting_find(names[i]) == NULL &&
		    !setting_in_file(names[i]))
			die(EX_USAGE, "'%s' is no setting%s%s", names[i],
			    near ? "; nearest: " : "", near ? near : "");
		print_one(names[i]);
	}
}

/* -- for sh ---------------------------------------------------------------- */

static void
set_one(const char *name, const char *value)
{
	const char *c;

	printf("%s='", name);
	for (c = value; *c != '\0'; c++) {
		if (*c == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*c);
	}
	puts("'");
}

static void
export_if(const char *name, void *arg)
{
	struct buf *names = arg;
	enum conf_whence whence;
	char *value = in_force(name, &whence);

	if (value != NULL) {
		fputs("export ", stdout);
		set_one(name, value);
		buf_addf(&names[whence], "%s ", name);
	}
	free(value);
}

/*
 * Lines for eval: each setting in force is exported; $from_file and $at_default
 * hold the names of those that come from there, $conf the file's.
 */
static void
export_all(void)
{
	struct buf names[CONF_ENVIRONMENT + 1] = { { 0 } };
	const struct setting *s;
	int i;

	for (i = 0; i <= CONF_ENVIRONMENT; i++)
		buf_addc(&names[i], ' ');
	for (s = settings; s->name != NULL; s++)
		if (s->kind != SETTING_INTERNAL ||
		    strcmp(s->name, "VPIPE_CONF") == 0)
			export_if(s->name, names);
	conf_each_of_libpq(export_if, names);
	printf("from_file='%s'\nat_default='%s'\nexport VPIPE_CHECKED=yes\n",
	    names[CONF_FILE].data, names[CONF_DEFAULT].data);
	set_one("conf", conf_file() ? conf_file() : "");
	for (i = 0; i <= CONF_ENVIRONMENT; i++)
		buf_release(&names[i]);
}

/* -- what is made from the table ------------------------------------------ */

/* Words of the text, in lines of at most `width` bytes after the prefix. */
static void
print_folded(const char *text, const char *prefix, size_t width)
{
	size_t used = 0, len;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (used != 0 && used + 1 + len > width) {
			putchar('\n');
			used = 0;
		}
		printf("%s%.*s", used ? " " : prefix, (int)len, text);
		used += len + (used != 0);
	}
	putchar('\n');
}

static const char *
quotes(const char *value)
{
	return strchr(value, '"') ? "'" : strchr(value, ' ') ? "\"" : "";
}

static void
print_example(void)
{
	const struct setting *s;
	const char *value;

	printf(
	    "# vpipe.conf: KEY=value, one a line.  The environment wins over "
	    "this file.\n# vpipe.conf(5) says where it is looked for; vpipe "
	    "config prints what is in\n# force, and its origin.  Without "
	    "the # a line counts; most show the default.\n");
	for (s = settings; s->name != NULL; s++) {
		if (s->kind == SETTING_INTERNAL)
			continue;
		if (s->group != NULL)
			printf("\n# --- %s\n", s->group);
		print_folded(s->text, "# ", 77);
		value = s->example ? s->example : s->fallback;
		printf("#%s=%s%s%s\n", s->name, quotes(value), value,
		    quotes(value));
	}
	printf("\n# --- A PostgreSQL of your own\n"
	       "# With none of these a private one runs in the data folder.\n"
	       "#PGHOST=db.example.org\n#PGDATABASE=vpipe\n#PGUSER=vpipe\n");
}

/* A sentence a line, as mdoc(7) wants it. */
static void
print_sentences(const char *text)
{
	const char *end;

	for (; (end = strstr(text, ".  ")) != NULL; text = end + 3)
		printf("%.*s.\n", (int)(end - text), text);
	printf("%s\n", text);
}

static void
print_manual(void)
{
	const struct setting *s;

	for (s = settings; s->name != NULL; s++) {
		if (s->kind == SETTING_INTERNAL)
			continue;
		if (s->group != NULL)
			printf("%s.Ss %s\n.Bl -tag -width Ds\n",
			    s == settings ? "" : ".El\n", s->group);
		printf(".It Ev %s\n", s->name);
		print_sentences(s->text);
		if (s->takes != NULL)
			printf("Takes %s.\n", s->takes);
		if (s->fallback != NULL && *s->fallback != '/')
			printf("The default is\n.Ql %s .\n", s->fallback);
	}
	printf(".El\n");
}

/* -- main ------------------------------------------------------------------ */

int
main(int argc, char *argv[])
{
	bool to_sh = false, example = false, manual = false;
	const struct opt table[] = { { 0, "example", NULL, OPT_FLAG, &example,
		                         "print vpipe.conf.example" },
		{ 0, "export", NULL, OPT_FLAG, &to_sh,
		    "print lines for the eval of sh" },
		{ 0, "manual", NULL, OPT_FLAG, &manual,
		    "print the list of settings for vpipe.conf(5)" },
		{ 0 } };
	int n = opt_parse(argc, argv, "[OPTION]... [KEY]...",
	    "Check all settings; print those in force and their origin.",
	    table);

	if (example + manual + to_sh > 1 ||
	    (example + manual + to_sh && n < argc))
		die(EX_USAGE,
		    "--example, --export, --manual and KEY exclude "
		    "each other");
	if (example) {
		print_example();
	} else if (manual) {
		print_manual();
	} else {
		if (conf_get("VPIPE_CHECKED") == NULL)
			warn_of_unknown();
		check_all();
		if (to_sh)
			export_all();
		else if (n < argc)
			print_named(argc - n, argv + n);
		else {
			say("file: %s", conf_file() ? conf_file() : "none");
			print_all();
		}
	}
	if (fflush(stdout) != 0)
		die_errno(EX_IOERR, "cannot write standard output");
	return EX_OK;
}
