/* record: what is written of a photo, and at the end of a run; see run.h. */
#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "ledger.h"
#include "run.h"
#include "banned.h"

/* ---- the stream's shape ---- */

static const char schema[] =
    "{\"type\":\"SCHEMA\",\"stream\":\"image\",\"schema\":{\"type\":"
    "\"object\",\"properties\":{"
#define TEXT(name) "\"" name "\":{\"type\":[\"string\",\"null\"]},"
#define TIME(name)                                                             \
	"\"" name                                                              \
	"\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
#define NUMBER(name) "\"" name "\":{\"type\":[\"integer\",\"null\"]},"
    TEXT("source")
        TEXT("site") "\"item_id\":{\"type\":[\"string\",\"integer\"]}," TEXT(
            "photo_key") NUMBER("position") TEXT("size") TEXT("url")
            TEXT("outcome") NUMBER("status") TEXT("reason") TIME("try_after")
                NUMBER("attempts") TIME("fetched_at") NUMBER("ms") TEXT(
                    "encoding") TEXT("sha256") NUMBER("bytes") TEXT("format")
                    TEXT("ext") NUMBER("width") NUMBER("height")
                        TEXT("dominant_color") TEXT("phash") TEXT("lenient")
                            TEXT("etag") TEXT("last_modified")
                                TEXT("path") "\"thumbs\":{\"type\":[\"array\","
                                             "\"null\"]}}},"
                                             "\"key_properties\":[]}\n";

/* ---- pieces ---- */

static void
put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_cstr(j, text);
}

static void
put_int(struct json *j, const char *key, bool known, int64_t n)
{
	json_key(j, key);
	if (known)
		json_int(j, n);
	else
		json_null(j);
}

static void
put_time(struct json *j, const char *key, int64_t at)
{
	char text[CLOCK_LEN];

	put_text(j, key, at != 0 ? clock_format(at, text) : NULL);
}

static void
put_look(struct json *j, const struct photo *p)
{
	const struct image *im = &p->image;
	char text[32];
	bool sized = im->width > 0 && im->height > 0;
	struct buf lenient = { 0 };

	put_text(j, "format", image_format_name(im->format));
	put_text(j, "ext", image_format_ext(im->format));
	put_int(j, "width", sized, im->width);
	put_int(j, "height", sized, im->height);
	snprintf(text, sizeof text, "#%02x%02x%02x", im->red, im->green,
	    im->blue);
	put_text(j, "dominant_color", p->decoded ? text : NULL);
	snprintf(text, sizeof text, "%016" PRIx64, im->phash);
	put_text(j, "phash", p->decoded && im->has_phash ? text : NULL);
	image_lenient_add(&lenient, im->lenient);
	put_text(j, "lenient", p->decoded ? lenient.data : NULL);
	buf_release(&lenient);
}

static void
put_copies(struct json *j, const struct photo *p)
{
	int i;

	json_key(j, "thumbs");
	if (!p->decoded || p->ncopies == 0) {
		json_null(j);
		return;
	}
	json_array(j);
	for (i = 0; i < p->ncopies; i++) {
		if (p->copies[i].width == 0)
			continue;
		json_object(j);
		put_int(j, "edge", true, p->copies[i].edge);
		put_int(j, "width", true, p->copies[i].width);
		put_int(j, "height", true, p->copies[i].height);
		put_int(j, "bytes", true, (int64_t)p->copies[i].jpeg.len);
		put_text(j, "sha256", p->files[i].sha256);
		put_text(j, "path", p->files[i].path);
		json_end(j);
	}
	json_end(j);
}

/* How often it was tried in vain by now; none when it was not in vain. */
static int64_t
attempts(const struct photo *p)
{
	return strcmp(p->outcome, "failed") == 0 ? p->attempts + 1 : 0;
}

static void
put_photo(struct json *j, const struct photo *p)
{
	bool hashed = p->decoded || strcmp(p->outcome, "known") == 0;

	json_object(j);
	put_text(j, "source", p->source);
	put_text(j, "site", p->site);
	json_key(j, "item_id");
	json_raw(j, slice_of(p->item_id));
	put_text(j, "photo_key", p->photo_key);
	put_int(j, "position", p->has_position, p->position);
	put_text(j, "size", p->size);
	put_text(j, "url", p->url);
	put_text(j, "outcome", p->outcome);
	put_int(j, "status", p->status != 0, p->status);
	put_text(j, "reason", *p->reason != '\0' ? p->reason : NULL);
	put_time(j, "try_after", p->try_after);
	put_int(j, "attempts", true, attempts(p));
	put_time(j, "fetched_at", p->fetched_at);
	put_int(j, "ms", p->tries > 0, p->ms);
	put_text(j, "encoding", p->encoding);
	put_text(j, "sha256", hashed ? p->sha256 : NULL);
	put_int(j, "bytes", hashed, (int64_t)p->bytes);
	put_look(j, p);
	put_text(j, "etag", p->etag);
	put_text(j, "last_modified", p->modified);
	put_text(j, "path", p->path);
	put_copies(j, p);
	json_end(j);
}

/* ---- lines ---- */

static void
write_line(struct run *r)
{
	buf_addc(&r->line, '\n');
	writer_add(&r->out, r->line.data, r->line.len);
}

void
record_pass(struct run *r, struct slice line)
{
	if (r->o->raw != NULL)
		return;
	writer_add(&r->out, line.p, line.len);
	writer_add(&r->out, "\n", 1);
}

static void
raw_start(struct run *r, struct json *j, const char *kind, const char *site,
    int64_t attempt, int64_t at)
{
	buf_reset(&r->line);
	json_start(j, &r->line);
	json_object(j);
	put_int(j, "v", true, 1);
	put_text(j, "source", r->source);
	put_text(j, "site", site);
	put_text(j, "flow", r->o->raw);
	put_text(j, "kind", kind);
	put_text(j, "run", r->id);
	put_int(j, "line", true, (int64_t)++r->lines);
	put_int(j, "attempt", true, attempt);
	put_time(j, "fetched_at", at);
}

static void
raw_request(struct run *r, struct json *j, const struct photo *p)
{
	json_key(j, "request");
	json_object(j);
	put_text(j, "method", "GET");
	put_text(j, "url", p->address != NULL ? p->address : p->url);
	if (r->manners.via != NULL)
		put_text(j, "via", r->manners.via);
	json_key(j, "item_id");
	json_raw(j, slice_of(p->item_id));
	put_text(j, "photo_key", p->photo_key);
	json_end(j);
}

static void
raw_photo(struct run *r, const struct photo *p)
{
	struct buf body = { 0 };
	char sum[SHA_HEX];
	struct json j;

	json_start(&j, &body);
	put_photo(&j, p);
	sha_of(buf_slice(&body), sum);
	raw_start(r, &j, "image", p->site, p->tries > 0 ? p->tries : 1,
	    p->fetched_at);
	raw_request(r, &j, p);
	put_int(&j, "status", p->status != 0, p->status);
	json_key(&j, "headers");
	json_object(&j);
	json_end(&j);
	put_int(&j, "ms", true, p->ms);
	put_text(&j, "sha256", sum);
	json_key(&j, "body");
	json_raw(&j, buf_slice(&body));
	json_end(&j);
	write_line(r);
	buf_release(&body);
}

void
record_photo(struct run *r, const struct photo *p)
{
	struct json j;

	if (r->o->raw != NULL) {
		raw_photo(r, p);
		return;
	}
	if (!r->schema_written)
		writer_add(&r->out, schema, sizeof schema - 1);
	r->schema_written = true;
	buf_reset(&r->line);
	json_start(&j, &r->line);
	json_object(&j);
	put_text(&j, "type", "RECORD");
	put_text(&j, "stream", "image");
	json_key(&j, "record");
	put_photo(&j, p);
	json_end(&j);
	write_line(r);
}

/* ---- the end ---- */

static void
put_count(struct json *j, const char *key, uint64_t n)
{
	put_int(j, key, true, (int64_t)n);
}

static void
put_ledger(struct json *j, const struct tally *t)
{
	uint64_t answered = t->stored + t->known + t->gone + t->unfit;

	json_key(j, "ledger");
	json_object(j);
	put_count(j, "requests", t->photos);
	put_count(j, "answered", answered);
	put_count(j, "failed", t->failed);
	put_count(j, "put_off", t->put_off);
	put_count(j, "attempts", t->attempts);
	put_count(j, "stored", t->stored);
	put_count(j, "known", t->known);
	put_count(j, "gone", t->gone);
	put_count(j, "unfit", t->unfit);
	put_count(j, "repeated", t->repeated);
	put_count(j, "body_bytes", t->bytes);
	json_end(j);
	json_key(j, "kinds");
	json_object(j);
	json_key(j, "image");
	json_object(j);
	put_count(j, "requests", t->photos);
	put_count(j, "answered", answered);
	put_count(j, "gone", t->gone);
	put_count(j, "failed", t->failed);
	put_count(j, "put_off", t->put_off);
	json_end(j);
	json_end(j);
	json_key(j, "queries");
	json_array(j);
	json_end(j);
}

static void
put_closing(struct run *r, struct json *j, int status)
{
	const struct market *k =
	    r->manners.nmarkets > 0 ? &r->manners.markets[0] : NULL;
	const char *stop = r->stop != NULL ? r->stop :
	    r->manners.stop != NULL        ? r->manners.stop :
	    r->tally.failed > 0            ? "failed" :
	                                     "end";

	json_object(j);
	put_time(j, "started_at", r->began_at);
	put_time(j, "ended_at", clock_now_ms());
	put_text(j, "stop", stop);
	json_key(j, "complete");
	json_bool(j, strcmp(stop, "end") == 0 && r->tally.rejected == 0);
	put_int(j, "status", true, status);
	json_key(j, "options");
	options_put(r->o, j);
	json_key(j, "versions");
	json_object(j);
	put_text(j, "vimg", VPIPE_VERSION);
	put_int(j, "source.json", k != NULL && k->source != NULL,
	    k != NULL && k->source != NULL ? k->source->version : 0);
	json_end(j);
	put_ledger(j, &r->tally);
	json_end(j);
}

void
record_closing(struct run *r, int status)
{
	struct buf body = { 0 };
	struct json j;

	/* without a photo there is no source that the run could be of */
	if (r->o->raw == NULL || r->source == NULL)
		return;
	json_start(&j, &body);
	put_closing(r, &j, status);
	raw_start(r, &j, "run", NULL, 1, clock_now_ms());
	json_key(&j, "request");
	json_null(&j);
	put_int(&j, "status", false, 0);
	json_key(&j, "headers");
	json_object(&j);
	json_end(&j);
	put_int(&j, "ms", true, 0);
	put_text(&j, "sha256", NULL);
	json_key(&j, "body");
	json_raw(&j, buf_slice(&body));
	json_end(&j);
	write_line(r);
	buf_release(&body);
}

void
record_say(const struct run *r)
{
	const struct tally *t = &r->tally;
	struct count c[] = { { "photos", t->photos, false },
		{ "stored", t->stored, false }, { "known", t->known, false },
		{ "failed", t->failed + t->gone + t->unfit, false },
		{ "put_off", t->put_off, false }, { "gone", t->gone, true },
		{ "unfit", t->unfit, true }, { "attempts", t->attempts, true },
		{ "body_bytes", t->bytes, true },
		{ "repeated", t->repeated, true },
		{ "rejected_lines", t->rejected, true }, { 0 } };

	progress_clear();
	ledger_say(NULL, c);
	ledger_metrics(NULL, c);
	ledger_metrics_write();
}
