#include "personal.h"

#include <stdlib.h>
#include <string.h>

#include "banned.h"

#define CATALOG_KIND "search"

/* "www.site.example/wardrobe?user=7": the kind stands before the parameters. */
static bool
asks_for_search(const char *query)
{
	size_t len = strcspn(query, "?");
	const char *slash = memchr(query, '/', len);
	struct slice kind;

	if (slash == NULL) /* none of ours: it names no kind, and nobody */
		return true;
	kind = (struct slice){ slash + 1, len - (size_t)(slash + 1 - query) };
	return slice_is(kind, CATALOG_KIND);
}

bool
personal_entry(struct val entry)
{
	struct val query = val_member(entry, "query");
	struct val kind = val_member(entry, "kind");
	char *name;
	bool personal;

	if (val_type(entry) == SCAN_NULL)
		return true; /* redacted: it was */
	if (val_type(val_member(entry, "user_id")) > SCAN_NULL ||
	    val_type(val_member(entry, "item_id")) > SCAN_NULL ||
	    (val_type(kind) > SCAN_NULL && !val_is(kind, CATALOG_KIND)))
		return true;
	if (val_type(query) <= SCAN_NULL)
		return false;
	name = val_cstr(query);
	personal = name == NULL || !asks_for_search(name);
	free(name);
	return personal;
}

bool
personal_closing(struct val body)
{
	struct val_iter it = val_each(val_member(body, "queries"));
	struct val entry;

	while (val_next(&it, NULL, &entry))
		if (personal_entry(entry))
			return true;
	return false;
}
