#include "raw_publish.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "file.h"
#include "raw_manifest.h"
#include "raw_spool.h"
#include "stop.h"
#include "banned.h"

struct place
raw_place(const char *root)
{
	static const char setting[] = "VPIPE_RAW_MOUNT";

	return (struct place){ root, conf_yes(setting), setting };
}

/* A part on its way. */
struct slot {
	const struct place *to;
	const struct raw_run *run;
	const struct raw_part *part;
	struct publication object, manifest;
	struct buf text; /* of the manifest */
	bool known;      /* it was there already */
};

/* -- what is there already ------------------------------------------------ */

/* The same records, though other bytes: another level, another libzstd. */
static bool
same_records(const struct raw_manifest *m, const struct raw_part *p)
{
	char have[SHA_HEX];

	return strcmp(m->sha256, p->piece.sha256) == 0 ||
	    (raw_unpack_hash(m->object, have) &&
	        strcmp(have, p->raw_sha256) == 0);
}

/*
 * Is the part there, proven?  Then it is known.  An object without a whole
 * manifest, or not as its manifest says, is what a killed vput left, and is
 * written again.  False: something else is there.
 */
static bool
slot_look_up(struct slot *s, const char *dir)
{
	struct raw_manifest m;
	bool ok = true;

	if (s->part->revision > 0 ||
	    !raw_manifest_newest(dir, s->run->id, s->part->number, &m))
		return true;
	s->known = publish_proven(m.object, m.bytes, m.sha256);
	if (m.revision == 0)
		ok = !s->known || same_records(&m, s->part);
	else
		ok = s->known; /* rewritten: never bring it back */
	if (!ok)
		say("'%s' is published already, with other records", m.path);
	else if (s->known)
		buf_addf(&s->text, "%s\n", m.text);
	raw_manifest_release(&m);
	return ok;
}

/* What killed attempts at this part left under temporary keys. */
static void
sweep(const char *dir, const struct raw_run *r, int part)
{
	char *stem = xasprintf("%s.%04d.", r->id, part), *path;
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, stem, strlen(stem)) != 0 ||
		    !publish_is_temporary(e->d_name))
			continue;
		path = xasprintf("%s/%s", dir, e->d_name);
		unlink(path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
	free(stem);
}

/* -- the steps ------------------------------------------------------------ */

static bool
copy_object(struct slot *s)
{
	char *path = raw_part_path(s->to->root, s->run, s->part, RAW_OBJECT);
	bool ok = publish_copy(&s->object, s->to, path, &s->part->piece);

	free(path);
	return ok;
}

static bool
copy_manifest(struct slot *s)
{
	struct piece piece = { .fd = raw_spool_file() };
	char *path = raw_part_path(s->to->root, s->run, s->part, RAW_MANIFEST);
	bool ok;

	raw_manifest_write(&s->text, s->run, s->part);
	raw_spool_write(piece.fd, s->text.data, s->text.len);
	piece.bytes = s->text.len;
	sha_of(buf_slice(&s->text), piece.sha256);
	ok = publish_copy(&s->manifest, s->to, path, &piece);
	close(piece.fd);
	free(path);
	return ok;
}

static bool
name_object(struct slot *s)
{
	return publish_name(&s->object);
}

/* From here on the part is published, whatever becomes of the others. */
static bool
name_manifest(struct slot *s)
{
	if (!publish_name(&s->manifest))
		return false;
	publish_keep(&s->manifest);
	publish_keep(&s->object);
	return true;
}

static bool
each(struct slot *slots, int n, bool (*step)(struct slot *))
{
	int i;

	for (i = 0; i < n; i++)
		if (!slots[i].known && !step(&slots[i]))
			return false;
	return true;
}

static bool
publish_slots(struct slot *slots, int n, const char *dir)
{
	const struct place *to = slots->to;

	return each(slots, n, copy_object) && each(slots, n, copy_manifest) &&
	    each(slots, n, name_object) && publish_sync(to, dir) && !stopped &&
	    each(slots, n, name_manifest) && publish_sync(to, dir);
}

/* -- a run ---------------------------------------------------------------- */

static int
store_slots(struct slot *slots, const struct place *to, const char *dir,
    const struct raw_run *r)
{
	int i;

	for (i = 0; i < r->n; i++) {
		slots[i] =
		    (struct slot){ .to = to, .run = r, .part = &r->parts[i] };
		if (!slot_look_up(&slots[i], dir))
			return EX_DATAERR;
	}
	if (!file_mkdirs(dir, 0755)) {
		say("cannot make '%s': %s", dir, strerror(errno));
		return EX_IOERR;
	}
	return publish_slots(slots, r->n, dir) ? EX_OK : EX_IOERR;
}

static void
slots_say(struct slot *slots, const char *dir, const struct raw_run *r,
    struct writer *out, uint64_t *known)
{
	int i;

	for (i = 0; i < r->n; i++) {
		if (slots[i].known) {
			info("part %d of run '%s' was published already",
			    slots[i].part->number, r->id);
			*known += slots[i].part->records;
		}
		writer_add(out, slots[i].text.data, slots[i].text.len);
		sweep(dir, r, slots[i].part->number);
	}
	writer_flush(out);
	if (!r->complete)
		warn("run '%s' has no closing record: it is partial", r->id);
}

int
raw_publish(const struct place *to, const struct raw_run *r, struct writer *out,
    uint64_t *known)
{
	struct slot *slots = xcalloc((size_t)r->n, sizeof *slots);
	char *dir = raw_part_folder(to->root, r);
	int status = store_slots(slots, to, dir, r), i;

	if (status == EX_OK)
		slots_say(slots, dir, r, out, known);
	for (i = 0; i < r->n; i++) {
		publish_undo(&slots[i].object);
		publish_undo(&slots[i].manifest);
		buf_release(&slots[i].text);
	}
	free(slots);
	free(dir);
	return status;
}
