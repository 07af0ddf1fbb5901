#include "proof.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "banned.h"

static bool
ends_in(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

char *
proof_path(const char *part)
{
	size_t stem = strlen(part);

	if (ends_in(part, RAW_MANIFEST))
		return xstrdup(part);
	if (!ends_in(part, RAW_OBJECT))
		return NULL;
	stem -= strlen(RAW_OBJECT);
	return xasprintf("%.*s%s", (int)stem, part, RAW_MANIFEST);
}

char *
proof_path_or_die(const char *part)
{
	char *manifest = proof_path(part);

	if (manifest == NULL)
		die(EX_USAGE, "'%s' is neither a manifest nor an object", part);
	return manifest;
}

static bool
same_contents(const struct raw_manifest *m, const char **why)
{
	const struct raw_contents *says = &m->contents;
	struct raw_contents has;

	*why = "its object cannot be unpacked";
	if (!raw_unpack_count(m->object, &has))
		return false;
	*why = "its object has another number of records";
	if (has.records != says->records)
		return false;
	*why = "its object has another number of raw bytes";
	if (has.raw_bytes != says->raw_bytes)
		return false;
	*why = "its object has other lines";
	return has.first_line == says->first_line &&
	    has.last_line == says->last_line;
}

static bool
sound(const struct raw_manifest *m, enum depth depth, const char **why)
{
	struct stat st;

	*why = "its object is not there";
	if (stat(m->object, &st) != 0)
		return false;
	*why = "its object has another size";
	if ((uint64_t)st.st_size != m->bytes)
		return false;
	*why = "its object has another SHA-256";
	if (depth >= DEPTH_HASH &&
	    !publish_proven(m->object, m->bytes, m->sha256))
		return false;
	return depth < DEPTH_LINES || same_contents(m, why);
}

bool
proof_read(const char *manifest, enum depth depth, struct raw_manifest *m,
    const char **why)
{
	if (!raw_manifest_read(manifest, m, why))
		return false;
	if (sound(m, depth, why))
		return true;
	raw_manifest_release(m);
	return false;
}
