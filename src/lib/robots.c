#include "robots.h"

#include <ctype.h>
#include <strings.h>

#include "url.h"
#include "banned.h"

struct best {
	bool seen; /* some group is for this agent */
	bool disallow;
	size_t len; /* of the longest rule that matches */
};

struct reading {
	const char *agent;
	struct slice target; /* normal form */
	struct best ours, any;
	bool for_us, for_any; /* the group at hand */
	bool in_agents;       /* the last line was a User-agent */
};

static struct slice
trim(struct slice s)
{
	while (s.len > 0 && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

/* Decodes %XX, but for the characters that mean something in a rule. */
static void
normal_form(struct slice s, struct buf *out)
{
	size_t i;
	int c;

	for (i = 0; i < s.len; i++) {
		c = s.p[i];
		if (c == '%' && i + 2 < s.len && url_hex(s.p[i + 1]) >= 0 &&
		    url_hex(s.p[i + 2]) >= 0) {
			c = url_hex(s.p[i + 1]) << 4 | url_hex(s.p[i + 2]);
			i += 2;
			if (c == 0 || strchr("*$/%", c) != NULL) {
				buf_addf(out, "%%%02X", c);
				continue;
			}
		}
		buf_addc(out, (char)c);
	}
}

/* One "*" is remembered; on a mismatch it swallows one more (no recursion:
 * a hostile file of stars costs its length times the target's). */
static bool
match(struct slice rule, struct slice target)
{
	size_t r = 0, t = 0, star = SIZE_MAX, again = 0;

	for (;;) {
		if (r == rule.len)
			return true;
		if (rule.p[r] == '*') {
			star = ++r;
			again = t;
			continue;
		}
		if (rule.p[r] == '$' && r + 1 == rule.len && t == target.len)
			return true;
		if (t < target.len && rule.p[r] == target.p[t] &&
		    !(rule.p[r] == '$' && r + 1 == rule.len)) {
			r++;
			t++;
			continue;
		}
		if (star == SIZE_MAX || again >= target.len)
			return false;
		r = star;
		t = ++again;
	}
}

static void
rule(struct best *b, bool disallow, size_t len)
{
	if (len < b->len || (len == b->len && disallow))
		return;
	b->len = len;
	b->disallow = disallow;
}

static void
on_agent(struct reading *r, struct slice name)
{
	size_t len = strlen(r->agent);

	if (!r->in_agents)
		r->for_us = r->for_any = false;
	r->in_agents = true;
	if (slice_is(name, "*"))
		r->for_any = r->any.seen = true;
	/* "vpipe/1.0" names us too; "vpipeline" does not */
	else if (name.len >= len && strncasecmp(name.p, r->agent, len) == 0 &&
	    (name.len == len ||
	        !(isalnum((unsigned char)name.p[len]) || name.p[len] == '-' ||
	            name.p[len] == '_')))
		r->for_us = r->ours.seen = true;
}

static void
on_rule(struct reading *r, bool disallow, struct slice path)
{
	struct buf b = { 0 };

	r->in_agents = false;
	if (path.len == 0 || !(r->for_us || r->for_any))
		return;
	normal_form(path, &b);
	if (match(buf_slice(&b), r->target)) {
		if (r->for_us)
			rule(&r->ours, disallow, b.len);
		if (r->for_any)
			rule(&r->any, disallow, b.len);
	}
	buf_release(&b);
}

static void
on_line(struct reading *r, struct slice line)
{
	const char *hash = memchr(line.p, '#', line.len), *colon;
	struct slice key, value;

	if (hash != NULL)
		line.len = (size_t)(hash - line.p);
	colon = memchr(line.p, ':', line.len);
	if (colon == NULL)
		return;
	key = trim((struct slice){ line.p, (size_t)(colon - line.p) });
	value = trim((struct slice){
	    colon + 1, (size_t)(line.p + line.len - colon - 1) });
	if (key.len == 10 && strncasecmp(key.p, "user-agent", 10) == 0)
		on_agent(r, value);
	else if (key.len == 8 && strncasecmp(key.p, "disallow", 8) == 0)
		on_rule(r, true, value);
	else if (key.len == 5 && strncasecmp(key.p, "allow", 5) == 0)
		on_rule(r, false, value);
}

bool
robots_allow(struct slice text, const char *agent, struct slice target)
{
	struct reading r = { .agent = agent };
	struct buf t = { 0 };
	size_t len;

	normal_form(target, &t);
	r.target = buf_slice(&t);
	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		text.p += 3;
		text.len -= 3;
	}
	while (text.len > 0) {
		for (len = 0; len < text.len && text.p[len] != '\n' &&
		     text.p[len] != '\r';
		     len++)
			;
		on_line(&r, (struct slice){ text.p, len });
		len += len < text.len;
		text.p += len;
		text.len -= len;
	}
	buf_release(&t);
	return !(r.ours.seen ? r.ours.disallow : r.any.disallow);
}
