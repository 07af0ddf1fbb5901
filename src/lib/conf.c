#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "msg.h"
#include "setting.h"
#include "banned.h"

struct entry {
	char *key, *value;
	struct entry *next;
};

static struct entry *entries;
static char *file_name; /* NULL: there is none */
static bool read_already;

/* Takes quotes off, which stand around a value or not at all. */
static char *
unquoted(const char *path, int number, char *value)
{
	size_t len = strlen(value);

	if (*value != '"' && *value != '\'')
		return value;
	if (len < 2 || value[len - 1] != *value)
		die(EX_CONFIG, "%s:%d: the quote %c is not closed", path,
		    number, *value);
	value[len - 1] = '\0';
	return value + 1;
}

static void
check_line(const char *path, int number, const char *key, const char *value)
{
	const struct setting *s = setting_find(key);
	const char *near;
	char *wrong;

	if (!setting_in_file(key)) {
		near = setting_nearest(key);
		die(EX_CONFIG, "%s:%d: '%s' is no setting%s%s", path, number,
		    key, near ? "; nearest: " : "", near ? near : "");
	}
	wrong = s ? setting_wrong(s, value) : NULL;
	if (wrong != NULL)
		die(EX_CONFIG, "%s:%d: %s", path, number, wrong);
}

static void
add_line(const char *path, int number, char *line)
{
	struct entry *e;
	char *eq, *end;

	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]) != NULL)
		*--end = '\0';
	if (*line == '\0' || *line == '#')
		return;
	eq = strchr(line, '=');
	if (eq == NULL || eq == line)
		die(EX_CONFIG, "%s:%d: no KEY=value", path, number);
	*eq++ = '\0';
	eq = unquoted(path, number, eq);
	check_line(path, number, line, eq);
	e = xmalloc(sizeof *e);
	*e = (struct entry){ xstrdup(line), xstrdup(eq), entries };
	entries = e; /* the last of a key wins */
}

static bool
add_file(const char *path)
{
	struct buf b = { 0 };
	char *line, *next;
	int number = 0;

	if (!file_read_text(path, &b)) {
		if (errno == ENOENT || errno == ENOTDIR)
			return false;
		die_errno(EX_CONFIG, "cannot read '%s'", path);
	}
	for (line = b.data; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		add_line(path, ++number, line);
	}
	buf_release(&b);
	file_name = xstrdup(path);
	return true;
}

static void
read_once(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const char *named = getenv("VPIPE_CONF");
	char *path;
	bool found;

	if (read_already)
		return;
	read_already = true;
	if (named != NULL && *named != '\0') {
		if (!add_file(named))
			die_errno(EX_CONFIG, "cannot read '%s'", named);
		return;
	}
	if (xdg != NULL && *xdg != '\0')
		path = xasprintf("%s/vpipe/vpipe.conf", xdg);
	else
		path =
		    xasprintf("%s/.config/vpipe/vpipe.conf", home ? home : "");
	found = add_file(path);
	free(path);
	if (!found)
		add_file("/etc/vpipe/vpipe.conf");
}

const char *
conf_file(void)
{
	read_once();
	return file_name;
}

void
conf_each_of_libpq(void (*f)(const char *key, void *arg), void *arg)
{
	struct entry *e;

	read_once();
	for (e = entries; e != NULL; e = e->next)
		if (strncmp(e->key, "PG", 2) == 0)
			f(e->key, arg);
}

static const char *
from_file(const char *key)
{
	struct entry *e;

	read_once();
	for (e = entries; e != NULL; e = e->next)
		if (strcmp(e->key, key) == 0)
			return *e->value ? e->value : NULL;
	return NULL;
}

const char *
conf_look(const char *key, enum conf_whence *whence)
{
	const struct setting *s = setting_find(key);
	const char *v = getenv(key);
	char *wrong = s != NULL && v != NULL ? setting_wrong(s, v) : NULL;

	if (wrong != NULL)
		die(EX_CONFIG, "%s", wrong);
	*whence = CONF_ENVIRONMENT;
	if (v == NULL) {
		*whence = CONF_FILE;
		v = from_file(key);
	}
	if (v != NULL && *v != '\0')
		return v;
	*whence = s != NULL && s->fallback != NULL ? CONF_DEFAULT : CONF_UNSET;
	return *whence == CONF_DEFAULT ? s->fallback : NULL;
}

const char *
conf_get(const char *key)
{
	enum conf_whence whence;

	return conf_look(key, &whence);
}

bool
conf_yes(const char *key)
{
	const char *v = conf_get(key);

	return v != NULL &&
	    (strcmp(v, "yes") == 0 || strcmp(v, "true") == 0 ||
	        strcmp(v, "1") == 0 || strcmp(v, "on") == 0);
}

const char *
conf_data(void)
{
	static char *dir;
	const char *v;

	if (dir != NULL)
		return dir;
	if ((v = conf_get("VPIPE_DATA")) != NULL)
		dir = xstrdup(v);
	else if (geteuid() == 0)
		dir = xstrdup("/var/lib/vpipe");
	else if ((v = getenv("HOME")) != NULL && *v != '\0')
		dir = xasprintf("%s/.local/share/vpipe", v);
	else
		die(EX_CONFIG, "neither VPIPE_DATA nor HOME is set");
	return dir;
}

char *
conf_path(const char *key)
{
	enum conf_whence whence;
	const char *v = conf_look(key, &whence);

	return whence == CONF_DEFAULT ? conf_in_data(v + 1) : xstrdup(v);
}

char *
conf_in_data(const char *name)
{
	return xasprintf("%s/%s", conf_data(), name);
}

/* The folder of the running program, with room to go up from. */
static char *
program_folder(void)
{
	char path[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return xstrdup(".");
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL)
		*slash = '\0';
	return xstrdup(path);
}

const char *
conf_schema(void)
{
	static char *dir;
	/* bin/, bin/asan/ and an installed PREFIX/bin or libexec/vpipe/bin */
	static const char *const tries[] = { "/../schema", "/../../schema",
		"/../share/vpipe/schema", "/../../../share/vpipe/schema" };
	const char *v;
	char *base, *path;
	size_t i;

	if (dir != NULL)
		return dir;
	if ((v = conf_get("VPIPE_SCHEMA")) != NULL)
		return dir = xstrdup(v);
	base = program_folder();
	for (i = 0; i < sizeof tries / sizeof *tries && dir == NULL; i++) {
		path = xasprintf("%s%s", base, tries[i]);
		if (access(path, R_OK) == 0)
			dir = realpath(path, NULL);
		free(path);
	}
	free(base);
	if (dir == NULL)
		die(EX_CONFIG,
		    "cannot find the schema folder, "
		    "VPIPE_SCHEMA is not set");
	return dir;
}

static char *
sources_path(void)
{
	const char *v = conf_get("VPIPE_SOURCES");

	return v ? xstrdup(v) : xasprintf("%s/sources", conf_schema());
}

char *
conf_source(const char *source, const char *file)
{
	char *path, *dir, *save = NULL, *found = NULL;

	if (*source == '\0' || *source == '.' || strchr(source, '/') != NULL)
		return NULL;
	path = sources_path();
	for (dir = strtok_r(path, ":", &save); dir != NULL && found == NULL;
	     dir = strtok_r(NULL, ":", &save)) {
		found = xasprintf("%s/%s/%s", dir, source, file);
		if (access(found, R_OK) != 0) {
			free(found);
			found = NULL;
		}
	}
	free(path);
	return found;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
conf_sources(void)
{
	char *path, *dir, *save = NULL, *has, **names = NULL;
	size_t n = 0, i, kept;
	struct dirent *e;
	DIR *d;

	path = sources_path();
	for (dir = strtok_r(path, ":", &save); dir != NULL;
	     dir = strtok_r(NULL, ":", &save)) {
		if ((d = opendir(dir)) == NULL)
			continue;
		while ((e = readdir(d)) != NULL) {
			has = conf_source(e->d_name, "source.json");
			if (has == NULL)
				continue;
			free(has);
			names = xrealloc(names, (n + 2) * sizeof *names);
			names[n++] = xstrdup(e->d_name);
		}
		closedir(d);
	}
	free(path);
	if (names == NULL)
		return xcalloc(1, sizeof *names);
	qsort(names, n, sizeof *names, by_name);
	for (i = kept = 1; i < n; i++) {
		if (strcmp(names[i], names[kept - 1]) == 0)
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	names[kept] = NULL;
	return names;
}
