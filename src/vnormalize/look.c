#include "look.h"

#include "json.h"
#include "value.h"
#include "banned.h"

#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define INTEGER_OR_NULL "{\"type\":[\"integer\",\"null\"]}"

const char look_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"source\":" TEXT ",\"site\":" TEXT_OR_NULL ",\"run\":" TEXT
    ",\"line\":" INTEGER ",\"kind\":" TEXT ",\"subject\":" TEXT_OR_NULL
    ",\"query\":" TEXT_OR_NULL ",\"catalog_id\":" TEXT_OR_NULL
    ",\"user_id\":" TEXT_OR_NULL ",\"item_id\":" TEXT_OR_NULL
    ",\"endpoint\":" TEXT_OR_NULL ",\"page\":" INTEGER_OR_NULL
    ",\"attempt\":" INTEGER_OR_NULL
    ",\"observed_at\":{\"type\":\"string\",\"format\":\"date-time\"}"
    ",\"status\":" INTEGER_OR_NULL ",\"verdict\":" TEXT
    ",\"found\":" INTEGER_OR_NULL ",\"promoted\":" INTEGER_OR_NULL
    ",\"total\":" INTEGER_OR_NULL ",\"total_pages\":" INTEGER_OR_NULL
    ",\"ids\":{\"type\":[\"array\",\"null\"]}"
    ",\"promoted_ids\":{\"type\":[\"array\",\"null\"]}"
    ",\"note\":{\"type\":[\"object\",\"null\"]}"
    ",\"contract\":" INTEGER "},\"required\":[\"source\",\"run\",\"line\","
    "\"kind\",\"observed_at\",\"verdict\",\"contract\"]}";

/* A member that is a string stays one; anything else is null. */
static void
add_text(struct json *j, const char *key, struct val v)
{
	json_key(j, key);
	if (val_type(v) == SCAN_STRING && !val_lone(v))
		json_raw(j, val_text(v));
	else
		json_null(j);
}

static void
add_slice(struct json *j, const char *key, struct slice s)
{
	json_key(j, key);
	if (s.p == NULL)
		json_null(j);
	else
		json_str(j, s);
}

static void
add_integer(struct json *j, const char *key, struct val v)
{
	int64_t n;

	json_key(j, key);
	if (val_int64(v, &n))
		json_int(j, n);
	else
		json_null(j);
}

static void
add_if(struct json *j, const char *key, bool has, int64_t n)
{
	json_key(j, key);
	if (has)
		json_int(j, n);
	else
		json_null(j);
}

/* What the request calls its id is a text here, also when it was a number. */
static void
add_request_id(struct json *j, const char *key, struct val v)
{
	if (val_type(v) == SCAN_NUMBER)
		add_slice(j, key, val_text(v));
	else
		add_text(j, key, v);
}

/* What whoever asked noted with the question; few do. */
static void
add_note(struct json *j, struct val note)
{
	struct buf b = { 0 };

	if (val_type(note) != SCAN_OBJECT || val_lone(note))
		return;
	val_write(&b, note);
	json_key(j, "note");
	json_raw(j, buf_slice(&b));
	buf_release(&b);
}

/* forgotten: of somebody whose number must not come out (law 10); her items'
 * numbers do not, either. */
static void
add_request(struct json *j, const struct record *r, bool forgotten)
{
	static const struct val none;
	struct val subject = val_member(r->request, "subject");
	struct val query = val_member(r->request, "query");
	struct val user = val_member(r->request, "user_id");
	struct val item = val_member(r->request, "item_id");

	if (forgotten)
		subject = query = user = item = none;
	/* a search is about its query */
	add_text(j, "subject", subject.s ? subject : query);
	add_text(j, "query", query);
	add_request_id(j, "catalog_id", val_member(r->request, "catalog_id"));
	add_request_id(j, "user_id", user);
	add_request_id(j, "item_id", item);
	add_text(j, "endpoint", val_member(r->request, "endpoint"));
	add_integer(j, "page", val_member(r->request, "page"));
	add_integer(j, "attempt", val_member(r->root, "attempt"));
}

static void
add_id(struct json *j, const struct hits *h, struct val hit)
{
	struct val id = paths_find(hit, &h->id);
	enum scan_type t = val_type(id);

	if ((t == SCAN_NUMBER || t == SCAN_STRING) && !val_lone(id))
		json_raw(j, val_text(id));
}

/* The hits' ids, or those of the promoted ones.  Returns how many hits. */
static int64_t
add_ids(struct json *j, const struct verdict *v, bool promoted, look_gone gone,
    void *arg)
{
	struct val_iter it = val_each(v->each);
	struct val hit;
	size_t index = 0;
	int64_t n = 0;

	json_array(j);
	for (; val_next(&it, NULL, &hit); index++) {
		if (val_type(hit) == SCAN_NULL)
			continue;
		if (promoted && !hit_promoted(v->hits, hit))
			continue;
		if (gone != NULL && gone(arg, hit, index))
			continue;
		add_id(j, v->hits, hit);
		n++;
	}
	json_end(j);
	return n;
}

static void
add_hits(struct json *j, const struct verdict *v, look_gone gone, void *arg)
{
	struct buf promoted = { 0 };
	struct json p;
	int64_t n = 0;

	json_start(&p, &promoted);
	if (v->hits != NULL)
		n = add_ids(&p, v, true, gone, arg);
	add_if(j, "found", v->hits != NULL, (int64_t)v->found);
	add_if(j, "promoted", v->hits != NULL, n);
	add_if(j, "total", v->has_total, v->total);
	add_if(j, "total_pages", v->has_pages, v->total_pages);
	json_key(j, "ids");
	if (v->hits != NULL)
		add_ids(j, v, false, gone, arg);
	else
		json_null(j);
	json_key(j, "promoted_ids");
	if (v->hits != NULL)
		json_raw(j, buf_slice(&promoted));
	else
		json_null(j);
	buf_release(&promoted);
}

void
look_write(struct buf *b, const struct record *r, const struct verdict *v,
    int64_t version, bool forgotten, look_gone gone, void *arg)
{
	struct json j;

	json_start(&j, b);
	json_object(&j);
	add_slice(&j, "source", r->source);
	add_slice(&j, "site", r->site);
	add_slice(&j, "run", r->run);
	json_key(&j, "line");
	json_int(&j, r->line);
	add_slice(&j, "kind", r->kind);
	add_request(&j, r, forgotten);
	add_slice(&j, "observed_at", r->fetched_at);
	add_if(&j, "status", r->answer.status != 0, r->answer.status);
	json_key(&j, "verdict");
	json_cstr(&j, v->name);
	add_hits(&j, v, gone, arg);
	add_note(&j, val_member(r->request, "note"));
	json_key(&j, "contract");
	json_int(&j, version);
	json_end(&j);
}
