/* robots: RFC 9309, its examples among them */
#include "lib/robots.c"
#include "lib/url.c"
#include "polite.h"

#include "test.h"

static bool
allows(const char *text, const char *target)
{
	return robots_allow(slice_of(text), "vpipe", slice_of(target));
}

static void
groups(void)
{
	const char *text =
	    "\xef\xbb\xbf# words\r\n"
	    "User-Agent: *\r\nDisallow: /\r\n\r\n"
	    "user-agent: other\nUSER-AGENT:VPipe/2 # us\nDisallow: /private\n"
	    "User-agent: vpipe\nAllow: /private/but\n"
	    "User-agent: vpipeline\nDisallow: /all\n";

	CHECK(allows(text, "/public")); /* "*" is not for us */
	CHECK(!allows(text, "/private/x"));
	CHECK(allows(text, "/private/but")); /* groups are joined */
	CHECK(allows(text, "/all"));         /* another's name */
	CHECK(!robots_allow(slice_of(text), "else", SLICE("/public")));
	CHECK(allows("", "/"));
	CHECK(allows("Disallow: /\n", "/")); /* in no group */
	CHECK(allows("User-agent: *\nDisallow:\n", "/"));
	CHECK(!allows("User-agent: *\nDisallow: /", "/"));
	CHECK(!allows("User-agent: *\rDisallow: /\r", "/x"));
}

static void
longest(void)
{
	const char *text = "User-agent: *\nAllow: /p\nDisallow: /\n"
	                   "Allow: /folder\nDisallow: /folder\nAllow: /page\n"
	                   "Disallow: /*.htm\nAllow: /$\n";

	CHECK(allows(text, "/page"));
	CHECK(allows(text, "/folder/page")); /* as long: Allow */
	CHECK(!allows(text, "/page.htm"));
	CHECK(allows(text, "/"));
	CHECK(!allows(text, "/x"));
}

static void
wildcards(void)
{
	const char *text = "User-agent: *\nDisallow: /*.gif$\n"
	                   "Disallow: /a*b*c\nDisallow: /search?*brand[]=\n"
	                   "Disallow: /caf%C3%A9\nDisallow: /q%2Ax\n";

	CHECK(!allows(text, "/x/y.gif"));
	CHECK(allows(text, "/x/y.gif?z"));
	CHECK(!allows(text, "/a-b-c-d"));
	CHECK(allows(text, "/a-c-b"));
	CHECK(!allows(text, "/search?x=1&brand%5B%5D=5"));
	CHECK(allows(text, "/search?x=1"));
	CHECK(!allows(text, "/caf\xc3\xa9/x"));
	CHECK(!allows(text, "/q%2Ax"));
	CHECK(allows(text, "/qqx"));
}

/* Where a robots.txt that redirects may be asked for. */
static void
sites(void)
{
	static const char *const same[] = { "www.market.example",
		"market.example", "api.market.example", "WWW.Market.Example",
		"a.b.market.example" };
	static const char *const foreign[] = { "other.example", "example",
		"evilmarket.example", "market.example.evil.example",
		"www.market.exampl" };
	size_t i;

	for (i = 0; i < sizeof same / sizeof *same; i++)
		CHECK(polite_same_site(SLICE("www.market.example"),
		    slice_of(same[i])));
	for (i = 0; i < sizeof foreign / sizeof *foreign; i++)
		CHECK(!polite_same_site(SLICE("www.market.example"),
		    slice_of(foreign[i])));
	CHECK(!polite_same_site(SLICE("market.co.example"),
	    SLICE("other.co.example")));
}

int
main(void)
{
	groups();
	longest();
	wildcards();
	sites();
	return DONE();
}
