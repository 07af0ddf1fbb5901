/* unpack: the records of parts, each when its manifest proves it. */
#include <stdlib.h>
#include <unistd.h>

#include "options.h"
#include "proof.h"
#include "stop.h"
#include "banned.h"

static void
unpack(const char *part, struct writer *out)
{
	char *manifest = proof_path_or_die(part);
	struct raw_manifest m;
	const char *why;

	if (!proof_read(manifest, DEPTH_HASH, &m, &why))
		die(access(manifest, F_OK) == 0 ? EX_DATAERR : EX_IOERR,
		    "cannot read '%s': %s", manifest, why);
	if (!raw_unpack_to(m.object, out, &why) && !stopped)
		die(EX_DATAERR, "cannot read '%s': %s", m.object, why);
	raw_manifest_release(&m);
	free(manifest);
}

int
unpack_parts(const struct options *o, char *const operands[],
    struct writer *out)
{
	(void)o;
	for (; *operands != NULL && !stopped; operands++)
		unpack(*operands, out);
	return EX_OK;
}
