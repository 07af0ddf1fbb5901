#include "duck.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "banned.h"

/* duckdb_result, as duckdb.h has it; only the functions look inside. */
struct result {
	uint64_t deprecated[3];
	void *columns;
	char *error;
	void *internal;
};

struct duck {
	void *library, *database, *connection;
	const char *(*version)(void);
	int (*open)(const char *path, void **database);
	int (*connect)(void *database, void **connection);
	int (*query)(void *connection, const char *sql, struct result *out);
	const char *(*error)(struct result *r);
	char *(*text)(struct result *r, uint64_t column, uint64_t row);
	void (*destroy)(struct result *r);
	void (*free)(void *p);
	void (*disconnect)(void **connection);
	void (*close)(void **database);
};

/* POSIX lets dlsym's object pointer be one of a function, C does not. */
static void
find(struct duck *d, const char *name, void *function)
{
	void *found = dlsym(d->library, name);

	if (found == NULL)
		die(EX_UNAVAILABLE, "the library of DuckDB lacks '%s'", name);
	memcpy(function, &found, sizeof found);
}

static void
find_all(struct duck *d)
{
	find(d, "duckdb_library_version", &d->version);
	find(d, "duckdb_open", &d->open);
	find(d, "duckdb_connect", &d->connect);
	find(d, "duckdb_query", &d->query);
	find(d, "duckdb_result_error", &d->error);
	find(d, "duckdb_value_varchar", &d->text);
	find(d, "duckdb_destroy_result", &d->destroy);
	find(d, "duckdb_free", &d->free);
	find(d, "duckdb_disconnect", &d->disconnect);
	find(d, "duckdb_close", &d->close);
}

static void
settings(struct duck *d, const char *temporary)
{
	struct buf b = { 0 };

	duck_run(d, "set autoinstall_known_extensions = false");
	duck_run(d, "set autoload_known_extensions = false");
	duck_run(d, "set threads = 1");
	duck_run(d, "set memory_limit = '1GB'");
	buf_adds(&b, "set temp_directory = ");
	duck_literal(&b, temporary);
	duck_run(d, b.data);
	buf_release(&b);
}

struct duck *
duck_open(const char *library, const char *temporary)
{
	struct duck *d = xcalloc(1, sizeof *d);

	d->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (d->library == NULL)
		die(EX_UNAVAILABLE, "cannot load DuckDB: %s", dlerror());
	find_all(d);
	if (strcmp(d->version(), DUCK_VERSION) != 0)
		die(EX_UNAVAILABLE, "'%s' is DuckDB %s, and not " DUCK_VERSION,
		    library, d->version());
	if (d->open(NULL, &d->database) != 0 ||
	    d->connect(d->database, &d->connection) != 0)
		die(EX_SOFTWARE, "DuckDB does not start");
	settings(d, temporary);
	return d;
}

void
duck_close(struct duck *d)
{
	d->disconnect(&d->connection);
	d->close(&d->database);
	free(d); /* its library stays: it has threads that end by themselves */
}

/* The first line of what DuckDB says. */
static void
failed(const char *words)
{
	int len = (int)strcspn(words, "\n");
	bool disk = strstr(words, "No space left") != NULL ||
	    strncmp(words, "IO Error", 8) == 0;

	if (strstr(words, "Maximum line size of") != NULL)
		die(EX_DATAERR, "a row is longer than %d bytes", DUCK_LINE);
	die(disk ? EX_IOERR : EX_DATAERR, "DuckDB: %.*s", len, words);
}

static void
ask(struct duck *d, const char *statement, struct result *r)
{
	memset(r, 0, sizeof *r);
	if (d->query(d->connection, statement, r) != 0)
		failed(d->error(r));
}

void
duck_run(struct duck *d, const char *statement)
{
	struct result r;

	ask(d, statement, &r);
	d->destroy(&r);
}

void
duck_row(struct duck *d, const char *query, char *value[], int n)
{
	struct result r;
	char *text;
	int i;

	ask(d, query, &r);
	for (i = 0; i < n; i++) {
		text = d->text(&r, (uint64_t)i, 0);
		value[i] = xstrdup(text != NULL ? text : "");
		d->free(text);
	}
	d->destroy(&r);
}

static void
quoted(struct buf *b, const char *s, char quote)
{
	buf_addc(b, quote);
	for (; *s != '\0'; s++) {
		if (*s == quote)
			buf_addc(b, quote);
		buf_addc(b, *s);
	}
	buf_addc(b, quote);
}

void
duck_literal(struct buf *b, const char *text)
{
	quoted(b, text, '\'');
}

void
duck_name(struct buf *b, const char *name)
{
	quoted(b, name, '"');
}
