#include "resume.h"

#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "market.h"
#include "pace.h"
#include "banned.h"

/* Of a source its group, else the name itself; the caller frees. */
static char *
group_of(const char *name, bool *is_source)
{
	char *path, *group;
	struct market *m;

	if (*name == '\0' || *name == '.' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") !=
	        strlen(name))
		die(EX_USAGE, "'%s' is no name of a source or budget group",
		    name);
	path = conf_source(name, "source.json");
	m = path != NULL ? market_load(name) : NULL;
	group = xstrdup(m != NULL ? m->group : name);
	*is_source = m != NULL;
	if (m != NULL)
		market_free(m);
	free(path);
	return group;
}

void
resume_group(const char *name)
{
	bool is_source;
	char *group = group_of(name, &is_source);
	char *folder = conf_in_data("state/pace");
	int64_t now = clock_now_ms(), until = 0;
	char text[CLOCK_LEN];
	struct pace p;

	pace_init(&p, folder, group, 0, 0);
	if (access(p.path, F_OK) == 0)
		until = pace_resume(&p, now);
	else if (!is_source)
		die(EX_USAGE, "'%s' is no source, nor a group that was asked",
		    name);
	if (until > 0)
		say("'%s' may be asked again: the operator has ended the pause "
		    "until %s",
		    group, clock_format(until, text));
	else
		say("'%s' has no pause", group);
	pace_release(&p);
	free(folder);
	free(group);
}
