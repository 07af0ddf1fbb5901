#include "letters.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"
#include "banned.h"

static enum pg_outcome
ask(struct pg *pg, struct buf *b)
{
	char *sql;
	enum pg_outcome o;
	int code;

	o = pg_exec(pg,
	    "select pg_encoding_max_length(encoding) = 1 "
	    "from pg_database where datname = current_database()");
	if (o != PG_OK || *pg_text(pg, 0, 0) != 't')
		return o;
	buf_adds(b, "");
	for (code = 0x80; code <= 0xff; code++) {
		sql = xasprintf("select chr(%d)", code);
		o = pg_exec(pg, sql);
		free(sql);
		if (o == PG_OK)
			buf_adds(b, pg_text(pg, 0, 0));
		else if (o != PG_DATA) /* that one is no character there */
			return o;
	}
	return PG_OK;
}

void
letters_ask(struct letters *l, struct pg *pg)
{
	const char *encoding = pg_parameter(pg, "server_encoding");
	struct buf b = { 0 };
	enum pg_outcome o;

	/* these take all; the second takes any bytes */
	if (strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0)
		return;
	while ((o = ask(pg, &b)) == PG_LOST) {
		pg_reconnect(pg);
		b.len = 0;
	}
	pg_must(pg, o, "ask for the server's encoding");
	if (b.data != NULL)
		l->held = buf_take(&b);
}

void
letters_release(struct letters *l)
{
	free(l->held);
	l->held = NULL;
}

static bool
is_held(const struct letters *l, const char *p, size_t n)
{
	return n == 1 || l->held == NULL ||
	    memmem(l->held, strlen(l->held), p, n) != NULL;
}

size_t
letters_span(const struct letters *l, struct slice s)
{
	size_t i, n;

	for (i = 0; i < s.len && s.p[i] != '\0'; i += n) {
		n = utf8_len(s.p + i, s.len - i);
		if (!is_held(l, s.p + i, n))
			return i;
	}
	return i;
}

void
letters_fit(const struct letters *l, char *text)
{
	size_t n, left = strlen(text);
	char *to = text;

	for (; left > 0; text += n, left -= n) {
		n = utf8_len(text, left);
		if (is_held(l, text, n)) {
			memmove(to, text, n);
			to += n;
		} else {
			*to++ = '?';
		}
	}
	*to = '\0';
}
