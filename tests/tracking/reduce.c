/*
 * reduce - what vevents wrote of listings, in the words of the oracle
 *
 *	reduce SOURCE <SINGER
 *
 * On the way it looks at what the oracle does not know of: the SCHEMAs come
 * first and once, a SCOPE is of one item and holds as many records as it says,
 * an item has its two scopes once and one state.  What breaks that ends it, 65.
 */
#include "json.h"

#define SCHEMAS 7

static char event_stream[256], state_stream[256];
static int schemas;
static struct {
	bool events; /* or the state */
	int left;
	char item[256];
} scope;
static char last[2][256]; /* the last item that had a scope, a stream each */

static void
bad(const char *what, const char *line)
{
	fprintf(stderr, "reduce: %s: %.200s\n", what, line);
	exit(65);
}

static void
copy(char out[256], struct text t)
{
	if (t.n >= 256)
		json_bad("a long text", t.p);
	memcpy(out, t.p, t.n);
	out[t.n] = '\0';
}

static void
read_scope(const struct object *o, const char *line)
{
	struct object of;

	if (schemas != SCHEMAS)
		bad("a SCOPE before the schemas", line);
	if (scope.left != 0)
		bad("the scope before ended short", line);
	scope.events = is(member(o, "stream"), event_stream);
	if (!scope.events && !is(member(o, "stream"), state_stream))
		bad("a SCOPE of another stream", line);
	object_read(&of, member(o, "scope").p);
	if (of.n != 1 || member(&of, "owner").p == NULL)
		bad("a scope that is no owner", line);
	copy(scope.item, member(&of, "owner"));
	if (strcmp(scope.item, last[scope.events]) == 0)
		bad("a second scope of an item", line);
	copy(last[scope.events], member(&of, "owner"));
	scope.left = atoi(member(o, "records").p);
	if (!scope.events && scope.left != 1)
		bad("not one state", line);
}

static void
read_record(const struct object *o, const char *line)
{
	static const char *const of_event[] = { "item_id", "type", "number",
		"site", "earliest", "latest", "old", "new", "currency", "cause",
		"confidence", "rule", "reason", "evidence", "other_id", NULL };
	static const char *const of_state[] = { "item_id", "site", "state",
		"confidence", "rule", "reason", "evidence", "earliest",
		"latest", "first_seen", "last_seen", "observed_at",
		"gone_since", "price", "currency", "seller_price",
		"seller_currency", "total_price", "favourite_count",
		"listed_price", "repriced", NULL };
	const char *const *name;
	const char *comma = "";
	struct object r;
	char item[256];
	int n = 0;

	if (scope.left-- == 0)
		bad("a record without a scope", line);
	if (!is(member(o, "stream"),
	        scope.events ? event_stream : state_stream))
		bad("a record of another stream", line);
	object_read(&r, member(o, "record").p);
	copy(item, member(&r, "item_id"));
	if (strcmp(item, scope.item) != 0)
		bad("a record of another item", line);
	printf("{\"%s\":{", scope.events ? "event" : "state");
	for (name = scope.events ? of_event : of_state; *name != NULL;
	     name++, n++)
		print_member(&comma, *name, member(&r, *name));
	puts("}}");
	if (r.n != n + 2) /* the owner, and cancelled */
		bad("not the members of the law", line);
}

/* Of an outline: the oracle knows of none. */
static bool
is_outline(struct text stream)
{
	static const char end[] = "_outline";
	size_t n = sizeof end - 1;

	return stream.p != NULL && stream.n > n + 1 &&
	    strncmp(stream.p + stream.n - n - (stream.p[stream.n - 1] == '"'),
	        end, n) == 0;
}

static void
read_line(const char *line)
{
	struct object o;
	struct text type;

	object_read(&o, line);
	type = member(&o, "type");
	if (!is(type, "SCHEMA") && is_outline(member(&o, "stream")))
		return;
	if (is(type, "SCHEMA"))
		schemas++;
	else if (is(type, "SCOPE"))
		read_scope(&o, line);
	else if (is(type, "RECORD"))
		read_record(&o, line);
	else if (!is(type, "STATE"))
		bad("a message we do not know", line);
	if (is(type, "SCHEMA") && (schemas > SCHEMAS || last[1][0] != '\0'))
		bad("a SCHEMA too many", line);
}

int
main(int argc, char *argv[])
{
	char *line = NULL;
	size_t cap = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: reduce SOURCE <SINGER\n");
		return 64;
	}
	snprintf(event_stream, sizeof event_stream, "%.200s_event", argv[1]);
	snprintf(state_stream, sizeof state_stream, "%.200s_item_state",
	    argv[1]);
	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		read_line(line);
	}
	if (scope.left != 0 || schemas != SCHEMAS)
		bad("it ended short", "");
	free(line);
	return ferror(stdin) || fflush(stdout) != 0;
}
