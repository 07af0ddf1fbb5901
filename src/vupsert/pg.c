#include "pg.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <libpq-fe.h>

#include "clock.h"
#include "stop.h"
#include "banned.h"

#define CONNECT_S "15" /* one attempt */
#define PAUSE_FIRST_MS 50
#define PAUSE_LAST_MS 5000
#define ANSWER_MS 60000 /* above the server's own limit */

/* What the environment or a service file says comes before this. */
static const char *const parameters[][2] = { { "connect_timeout", CONNECT_S },
	{ "keepalives_idle", "30" }, { "keepalives_interval", "10" },
	{ "keepalives_count", "3" } };
#define NPARAMETERS (sizeof parameters / sizeof *parameters)

/*
 * And before this, what PGOPTIONS says.  A lock is somebody else's batch or
 * index; a statement may be as long as a table takes that is written anew; and
 * the server is to notice as well when the other side is gone, for a
 * transaction that nobody ends keeps its locks.
 */
static const char limits[] =
    "select set_config(name, ours, false) from (values "
    "('lock_timeout', '10min'), ('statement_timeout', '1h'), "
    "('idle_in_transaction_session_timeout', '0'), "
    "('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), "
    "('tcp_keepalives_count', '3')) as l (name, ours) "
    "join pg_catalog.pg_settings using (name) where source <> 'client'; "
    "select 1000 * extract(epoch from "
    "current_setting('statement_timeout')::interval)";

struct pg {
	PGconn *conn;
	PGresult *result;
	char *setup;
	const char *holding; /* pg_hold; may be NULL */
	int64_t retry_ms;
	int64_t answer_ms;   /* the longest that an answer may take; 0: any */
	unsigned number;     /* of this connection; the first is 1 */
	unsigned statements; /* ids handed out */
	const char **values; /* of the parameters, as libpq takes them */
	int *lengths, *formats, room;
	char state[6];
	char message[512];
};

/*
 * The call that is being waited for, for two signals: its time is up, and the
 * program has to end.  One connection at a time waits.
 */
static struct {
	timer_t timer;
	volatile sig_atomic_t fd, late;
	PGcancel *volatile cancel;
} watch = { .fd = -1 };

/* libpq finds the connection closed, and comes back. */
static void
on_late(int sig)
{
	int saved = errno;

	(void)sig;
	if (watch.fd >= 0) {
		watch.late = 1;
		shutdown(watch.fd, SHUT_RDWR);
	}
	errno = saved;
}

/* So that a statement that waits for a lock does not outlive us. */
static void
cancel_now(void)
{
	char why[64];

	if (watch.fd >= 0 && watch.cancel != NULL)
		PQcancel(watch.cancel, why, sizeof why);
}

static void
watch_start(void)
{
	struct sigaction sa = { .sa_handler = on_late, .sa_flags = SA_RESTART };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGRTMIN, &sa, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &watch.timer) != 0)
		die_errno(EX_SOFTWARE, "cannot make a timer");
	stop_limit(cancel_now);
}

static void
set_timer(int64_t ms)
{
	struct itimerspec t = { .it_value = { .tv_sec = ms / 1000,
		                    .tv_nsec = ms % 1000 * 1000000 } };

	timer_settime(watch.timer, 0, &t, NULL);
}

/* Around each call of libpq that talks to the server. */
static void
watch_begin(const struct pg *pg)
{
	watch.late = 0;
	watch.fd = PQsocket(pg->conn);
	set_timer(pg->answer_ms);
}

static void
watch_end(void)
{
	set_timer(0);
	watch.fd = -1;
}

static void
set_error(struct pg *pg, const char *state, const char *message)
{
	size_t n = strcspn(message, "\n");

	snprintf(pg->state, sizeof pg->state, "%s", state ? state : "");
	snprintf(pg->message, sizeof pg->message, "%.*s", (int)n, message);
}

static bool
state_in(const char *state, const char *const list[])
{
	for (; *list != NULL; list++)
		if (strncmp(state, *list, strlen(*list)) == 0)
			return true;
	return false;
}

/* https://www.postgresql.org/docs/15/errcodes-appendix.html */
static enum pg_outcome
outcome(const char *state)
{
	static const char *const lost[] = { "08", "57P", NULL };
	static const char *const again[] = { "40", "23505", NULL };
	static const char *const data[] = { "22", "23", "54", NULL };

	if (state_in(state, lost))
		return PG_LOST;
	if (state_in(state, again))
		return PG_AGAIN;
	return state_in(state, data) ? PG_DATA : PG_FAILED;
}

static void
drop_result(struct pg *pg)
{
	PQclear(pg->result);
	pg->result = NULL;
}

/* The connection failed, or no answer came in time. */
static enum pg_outcome
lost(struct pg *pg, const char *message)
{
	char late[64];

	snprintf(late, sizeof late, "no answer within %" PRId64 " s",
	    pg->answer_ms / 1000);
	set_error(pg, "", watch.late ? late : message);
	return PG_LOST;
}

/* Judges pg->result; every command ends here. */
static enum pg_outcome
judge(struct pg *pg)
{
	ExecStatusType status = PQresultStatus(pg->result);
	const char *state, *message;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	    status == PGRES_COPY_IN || status == PGRES_EMPTY_QUERY)
		return PG_OK;
	if (watch.late)
		return lost(pg, NULL);
	state = PQresultErrorField(pg->result, PG_DIAG_SQLSTATE);
	message = PQresultErrorField(pg->result, PG_DIAG_MESSAGE_PRIMARY);
	set_error(pg, state, message ? message : PQerrorMessage(pg->conn));
	/* without a SQLSTATE it is libpq that speaks: no server does */
	if (PQstatus(pg->conn) == CONNECTION_BAD || pg->state[0] == '\0')
		return PG_LOST;
	return outcome(pg->state);
}

enum pg_outcome
pg_exec(struct pg *pg, const char *sql)
{
	drop_result(pg);
	watch_begin(pg);
	pg->result = PQexec(pg->conn, sql);
	watch_end();
	return judge(pg);
}

static enum pg_outcome
prepare(struct pg *pg, struct pg_statement *s, const char *name)
{
	enum pg_outcome o;

	drop_result(pg);
	watch_begin(pg);
	pg->result = PQprepare(pg->conn, name, s->sql, 0, NULL);
	watch_end();
	if ((o = judge(pg)) == PG_OK)
		s->prepared_on = pg->number;
	return o;
}

/* libpq wants three arrays for what is one of ours. */
static void
spread(struct pg *pg, const struct pg_param *p, int n)
{
	int i;

	if (n > pg->room) {
		pg->room = n;
		pg->values =
		    xrealloc(pg->values, (size_t)n * sizeof *pg->values);
		pg->lengths =
		    xrealloc(pg->lengths, (size_t)n * sizeof *pg->lengths);
		pg->formats =
		    xrealloc(pg->formats, (size_t)n * sizeof *pg->formats);
	}
	for (i = 0; i < n; i++) {
		pg->values[i] = p[i].value.p;
		pg->lengths[i] = (int)p[i].value.len;
		pg->formats[i] = p[i].binary;
	}
}

enum pg_outcome
pg_query(struct pg *pg, const char *sql, const struct pg_param *p, int n)
{
	spread(pg, p, n);
	drop_result(pg);
	watch_begin(pg);
	pg->result = PQexecParams(pg->conn, sql, n, NULL, pg->values,
	    pg->lengths, pg->formats, 0);
	watch_end();
	return judge(pg);
}

enum pg_outcome
pg_run(struct pg *pg, struct pg_statement *s, const struct pg_param *p, int n,
    bool binary_result)
{
	char name[16];
	enum pg_outcome o;

	if (s->id == 0)
		s->id = ++pg->statements;
	snprintf(name, sizeof name, "s%u", s->id);
	if (s->prepared_on != pg->number && (o = prepare(pg, s, name)) != PG_OK)
		return o;
	spread(pg, p, n);
	drop_result(pg);
	watch_begin(pg);
	pg->result = PQexecPrepared(pg->conn, name, n, pg->values, pg->lengths,
	    pg->formats, binary_result);
	watch_end();
	return judge(pg);
}

int
pg_rows(const struct pg *pg)
{
	return PQntuples(pg->result);
}

struct slice
pg_value(const struct pg *pg, int row, int column)
{
	if (PQgetisnull(pg->result, row, column))
		return (struct slice){ 0 };
	return (struct slice){ PQgetvalue(pg->result, row, column),
		(size_t)PQgetlength(pg->result, row, column) };
}

const char *
pg_text(const struct pg *pg, int row, int column)
{
	return pg_value(pg, row, column).p;
}

uint64_t
pg_affected(const struct pg *pg)
{
	return strtoull(PQcmdTuples(pg->result), NULL, 10);
}

enum pg_outcome
pg_copy_put(struct pg *pg, struct slice s)
{
	int done;

	watch_begin(pg);
	done = PQputCopyData(pg->conn, s.p, (int)s.len);
	watch_end();
	/* the refusal itself is read by pg_copy_end */
	return done == 1 ? PG_OK : lost(pg, PQerrorMessage(pg->conn));
}

enum pg_outcome
pg_copy_end(struct pg *pg, const char *abort)
{
	enum pg_outcome o = PG_LOST;
	PGresult *r;

	watch_begin(pg);
	if (PQputCopyEnd(pg->conn, abort) == 1) {
		drop_result(pg);
		pg->result = PQgetResult(pg->conn);
		o = judge(pg);
		while ((r = PQgetResult(pg->conn)) != NULL)
			PQclear(r);
	} else {
		lost(pg, PQerrorMessage(pg->conn));
	}
	watch_end();
	return o;
}

const char *
pg_state(const struct pg *pg)
{
	return pg->state;
}

bool
pg_is_unique_violation(const struct pg *pg)
{
	return strcmp(pg->state, "23505") == 0;
}

const char *
pg_message(const struct pg *pg)
{
	return pg->message;
}

static int
status_of(const char *state)
{
	static const struct {
		const char *state;
		int status;
	} table[] = { { "28", EX_NOPERM }, /* authorization */
		{ "42501", EX_NOPERM },    /* insufficient privilege */
		{ "53100", EX_IOERR },     /* disk full */
		{ "58030", EX_IOERR },
		{ "53", EX_TEMPFAIL }, /* too many connections ... */
		{ "08", EX_TEMPFAIL }, { "57", EX_TEMPFAIL },
		{ "40", EX_TEMPFAIL },
		{ "55", EX_TEMPFAIL },       /* in use, lock not available */
		{ "3D", EX_UNAVAILABLE },    /* no such database */
		{ "3F", EX_UNAVAILABLE },    /* no such schema */
		{ "42", EX_UNAVAILABLE },    /* tables not as we need them */
		{ "2BP01", EX_UNAVAILABLE }, /* a view depends on it */
		{ "0A", EX_UNAVAILABLE },
		{ "25006", EX_UNAVAILABLE }, /* read-only */
		{ "22", EX_DATAERR }, { "23", EX_DATAERR },
		{ "54", EX_DATAERR },
		{ "", EX_TEMPFAIL }, /* no answer at all */
		{ NULL, EX_SOFTWARE } };
	int i;

	for (i = 0; table[i].state != NULL; i++)
		if (*table[i].state == '\0' ? *state == '\0' :
		                              strncmp(state, table[i].state,
		                                  strlen(table[i].state)) == 0)
			break;
	return table[i].status;
}

void
pg_die(const struct pg *pg, const char *doing)
{
	die(status_of(pg->state), "cannot %s: %s", doing, pg->message);
}

void
pg_must(const struct pg *pg, enum pg_outcome o, const char *doing)
{
	if (o != PG_OK)
		pg_die(pg, doing);
}

/*
 * A failed connection has no result, hence no field with its SQLSTATE; but in
 * verbose form the message has it: "FATAL:  28P01: password ... failed".
 */
static void
set_connect_error(struct pg *pg)
{
	const char *text = PQerrorMessage(pg->conn), *p;
	char state[6] = "";
	int n;

	for (p = text; (p = strstr(p, ":  ")) != NULL; p++) {
		for (n = 0; n < 5 && isalnum((unsigned char)p[3 + n]); n++)
			state[n] = p[3 + n];
		if (n == 5 && strncmp(p + 8, ": ", 2) == 0)
			break;
		state[0] = '\0';
	}
	if (p != NULL)
		text = p + 10;
	if (p == NULL && PQconnectionNeedsPassword(pg->conn))
		snprintf(state, sizeof state, "28P01");
	set_error(pg, state, text);
}

static enum pg_outcome
connect_poll(struct pg *pg, int64_t limit_ms)
{
	int64_t until = clock_mono_ms() + limit_ms, left = -1;
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;
	struct pollfd fd;

	while (s != PGRES_POLLING_OK) {
		if (s == PGRES_POLLING_FAILED) {
			set_connect_error(pg);
			return PG_LOST;
		}
		if (limit_ms > 0)
			left = until - clock_mono_ms();
		if ((limit_ms > 0 && left <= 0) || stopped) {
			set_error(pg, "", "no answer from the server");
			return PG_LOST;
		}
		fd.fd = PQsocket(pg->conn);
		fd.events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (poll(&fd, 1, (int)left) > 0)
			s = PQconnectPoll(pg->conn);
	}
	return PG_OK;
}

static void
no_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

/* What the environment or a service file says; NULL: nothing. */
static const char *
given_value(const PQconninfoOption *given, const char *key)
{
	for (; given != NULL && given->keyword != NULL; given++)
		if (strcmp(given->keyword, key) == 0)
			return given->val != NULL && *given->val != '\0' ?
			    given->val :
			    NULL;
	return NULL;
}

/* As libpq reads it: 0 is no limit, and 1 becomes 2. */
static int64_t
connect_limit_ms(const PQconninfoOption *given)
{
	const char *text = given_value(given, "connect_timeout");
	int seconds = atoi(text ? text : CONNECT_S);

	return seconds <= 0 ? 0 : seconds == 1 ? 2000 : seconds * 1000LL;
}

static bool
is_list(const char *text)
{
	return text != NULL && strchr(text, ',') != NULL;
}

static enum pg_outcome
connect_with(struct pg *pg, const PQconninfoOption *given)
{
	const char *keys[NPARAMETERS + 3] = { "fallback_application_name",
		"client_encoding" };
	const char *values[NPARAMETERS + 3] = { progname, "UTF8" };
	size_t i, n = 2;
	bool several = is_list(given_value(given, "host")) ||
	    is_list(given_value(given, "hostaddr"));

	for (i = 0; i < NPARAMETERS; i++)
		if (given_value(given, parameters[i][0]) == NULL) {
			keys[n] = parameters[i][0];
			values[n++] = parameters[i][1];
		}
	/* only the call that waits goes on to the next host by the clock; of
	 * the other we learn why it failed */
	pg->conn = several ? PQconnectdbParams(keys, values, 0) :
	                     PQconnectStartParams(keys, values, 0);
	if (pg->conn == NULL)
		die_no_memory();
	if (PQstatus(pg->conn) == CONNECTION_BAD) {
		set_connect_error(pg);
		return PG_LOST;
	}
	PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(pg->conn, no_notice, NULL);
	return several ? PG_OK : connect_poll(pg, connect_limit_ms(given));
}

static void
disconnect(struct pg *pg)
{
	PGcancel *cancel = watch.cancel;

	watch.cancel = NULL;
	PQfreeCancel(cancel);
	drop_result(pg);
	PQfinish(pg->conn);
	pg->conn = NULL;
}

static enum pg_outcome
connect_once(struct pg *pg, bool at_start)
{
	PQconninfoOption *given = PQconndefaults();
	enum pg_outcome o;
	const char *standby;

	disconnect(pg);
	o = connect_with(pg, given);
	PQconninfoFree(given);
	if (o != PG_OK)
		return o;
	watch.cancel = PQgetCancel(pg->conn);
	pg->number++;
	pg->answer_ms = ANSWER_MS;
	if ((o = pg_exec(pg, pg->setup)) != PG_OK)
		return o;
	if (*pg_text(pg, 0, 0) == '0')
		pg->answer_ms = 0;
	else
		pg->answer_ms += strtoll(pg_text(pg, 0, 0), NULL, 10);
	standby = PQparameterStatus(pg->conn, "in_hot_standby");
	if (!at_start && standby != NULL && strcmp(standby, "on") == 0) {
		set_error(pg, "", "it is a standby, which nobody can write");
		return PG_LOST;
	}
	return PG_OK;
}

/* 57P: starting or shutting down; 53300: no free slot; "": nobody there. */
static bool
may_come_back(const struct pg *pg, bool at_start)
{
	return strncmp(pg->state, "57P", 3) == 0 ||
	    strcmp(pg->state, "53300") == 0 ||
	    (!at_start &&
	        (pg->state[0] == '\0' || strncmp(pg->state, "08", 2) == 0));
}

static void
connect_patiently(struct pg *pg, bool at_start)
{
	int64_t until = clock_mono_ms() + pg->retry_ms, pause = PAUSE_FIRST_MS;

	while (connect_once(pg, at_start) != PG_OK) {
		if (stopped)
			stop_again();
		if (!may_come_back(pg, at_start) ||
		    clock_mono_ms() + pause > until)
			pg_die(pg,
			    at_start ? "connect to the database" :
			               "connect to the database again");
		clock_sleep_ms(pause);
		pause = pause * 2 > PAUSE_LAST_MS ? PAUSE_LAST_MS : pause * 2;
	}
}

struct pg *
pg_open(const char *setup, int64_t retry_ms)
{
	struct pg *pg = xcalloc(1, sizeof *pg);

	pg->setup = xasprintf("%s; %s", setup, limits);
	pg->retry_ms = retry_ms;
	watch_start();
	connect_patiently(pg, true);
	return pg;
}

const char *
pg_parameter(const struct pg *pg, const char *name)
{
	const char *value = PQparameterStatus(pg->conn, name);

	return value ? value : "";
}

void
pg_reconnect(struct pg *pg)
{
	if (pg->holding != NULL)
		pg_die(pg, pg->holding);
	warn("connection lost (%s), trying again", pg->message);
	connect_patiently(pg, false);
}

void
pg_hold(struct pg *pg, const char *doing)
{
	pg->holding = doing;
}

bool
pg_is_inside(const struct pg *pg)
{
	return PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

unsigned
pg_connection(const struct pg *pg)
{
	return pg->number;
}

void
pg_close(struct pg *pg)
{
	if (pg == NULL)
		return;
	disconnect(pg);
	free(pg->setup);
	free(pg->values);
	free(pg->lengths);
	free(pg->formats);
	free(pg);
}

static void
quote(struct buf *b, const char *s, char mark)
{
	buf_addc(b, mark);
	for (; *s != '\0'; s++) {
		if (*s == mark)
			buf_addc(b, mark);
		buf_addc(b, *s);
	}
	buf_addc(b, mark);
}

void
pg_identifier(struct buf *b, const char *name)
{
	quote(b, name, '"');
}

void
pg_literal(struct buf *b, const char *text)
{
	/* E'' so that a backslash means itself under any setting */
	if (strchr(text, '\\') == NULL) {
		quote(b, text, '\'');
		return;
	}
	buf_adds(b, " E'");
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			buf_addc(b, *text);
		buf_addc(b, *text);
	}
	buf_addc(b, '\'');
}
