#include "setting.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "near.h"
#include "banned.h"

#define NUMBER "[0-9]{1,9}"
#define COUNT "[1-9][0-9]{0,6}"
#define SHARE "0?\\.[0-9]+|[01]|1\\.0+"
#define PERIOD                                                                 \
	"(1|2|3|4|5|6|10|12|15|20|30|60)m|(1|2|3|4|6|8|12|24)h|"               \
	"([1-9]|1[0-5])d"
#define PERIODS "a divisor of an hour or a day, as 10m, 30m, 1h, 6h, 1d"
#define YES "yes|true|1|on|no|false|0|off"
#define YES_OR_NO "yes or no"

const struct setting settings[] = {
	{ "VPIPE_CATALOGS", SETTING_TEXT, NULL, "([^ \t]*[.:/][^ \t]*[ \t]*)+",
	    "addresses, with blanks between",
	    "https://www.market.example/catalog/1904-women?order=newest_first",
	    "The pages that vpipe catalog asks for when none is named: "
	    "catalogs or searches as pasted from a browser.",
	    "What to watch" },
	{ "VPIPE_PERIOD", SETTING_TEXT, "1h", PERIOD, PERIODS, NULL,
	    "How often cron asks for them.", NULL },

	{ "VPIPE_SAMPLE_FRAC", SETTING_TEXT, "0.05",
	    "[ \t]*((([A-Za-z0-9_-]+=)?(" SHARE "|[0-9.]+e-[0-9]+))[ \t]*)+",
	    "a share from 0 to 1, then exceptions, as '0.05 1904=0.2'",
	    "0.05 1904=0.2",
	    "Which share of the sellers found in a catalog is watched; then "
	    "exceptions, CATALOG=SHARE.  A greater share keeps the sellers of "
	    "a smaller one.",
	    "Second looks (vpipe track)" },
	{ "VPIPE_TRACK_PERIOD", SETTING_TEXT, "6h", PERIOD "|never",
	    PERIODS ", or never", NULL, "How often cron looks again.", NULL },
	{ "VPIPE_TRACK_BUDGET", SETTING_TEXT, "150", NUMBER, "a whole number",
	    NULL,
	    "Requests of one run at most.  What is due beyond that waits for "
	    "the next run.",
	    NULL },
	{ "VPIPE_LOOK_HOURS", SETTING_TEXT, "25",
	    "[0-9]{0,3}\\.[0-9]+|[0-9]{1,3}|[1-7][0-9]{3}|8[0-6][0-9]{2}|"
	    "87[0-5][0-9]|8760",
	    "hours, from 0 to 8760", NULL,
	    "The least time between two looks at one thing: the day of the "
	    "section How often of vpipe-events(7).",
	    NULL },
	{ "VPIPE_ITEM_QUESTION", SETTING_TEXT, "item-page",
	    "item-page|item-status", "item-page or item-status", NULL,
	    "What is asked of a single listing: item-page (up to 2 MB), or "
	    "item-status (a few KB; no whole answer of that kind has been "
	    "captured).",
	    NULL },

	{ "VPIPE_AUDIT_SHARE", SETTING_TEXT, "0.05", SHARE,
	    "a share from 0 to 1", NULL,
	    "Which share of VPIPE_TRACK_BUDGET may go to pages of listings "
	    "drawn at random, to check what was concluded of them, after all "
	    "that is due (vpipe audit).  0 asks none.",
	    NULL },

	{ "VPIPE_IMAGE_PERIOD", SETTING_TEXT, "6h", PERIOD "|never",
	    PERIODS ", or never", NULL, "How often cron fetches pictures.",
	    "Pictures (vpipe images)" },
	{ "VPIPE_IMAGE_BUDGET", SETTING_TEXT, "1000", NUMBER, "a whole number",
	    NULL, "Photos of one run at most.", NULL },
	{ "VPIPE_IMAGE_RATE_MINUTE", SETTING_TEXT, "60", COUNT,
	    "a whole number above 0", NULL,
	    "Requests a minute to one host of pictures at most.", NULL },
	{ "VPIPE_IMAGE_RATE_HOUR", SETTING_TEXT, "1800", COUNT,
	    "a whole number above 0", NULL,
	    "Requests an hour to one host of pictures at most.", NULL },
	{ "VPIPE_IMAGE_SIZE", SETTING_TEXT, "list",
	    "list|full|[a-z_]+[0-9]+(x[0-9]+)?",
	    "list, full, or a size of the photo's as thumb310x430", NULL,
	    "Which size is fetched: list (what searches show, 800 pixels "
	    "long), full (what the seller uploaded, where that is known), or "
	    "a type in the photo's sizes, as thumb310x430.",
	    NULL },
	{ "VPIPE_IMAGE_KEEP", SETTING_TEXT, "yes", "yes|hash", "yes or hash",
	    NULL, "hash: say what each picture is, and keep none of its bytes.",
	    NULL },
	{ "VPIPE_IMAGE_THUMBS", SETTING_TEXT, NULL,
	    "[1-9][0-9]{1,4}(,[1-9][0-9]{1,4})*",
	    "lengths in pixels with commas between, as 150,400", "150,400",
	    "Smaller copies to keep beside each picture, by their longer edge.",
	    NULL },

	{ "VPIPE_DICTIONARY_PERIOD", SETTING_TEXT, "1d", PERIOD "|never",
	    PERIODS ", or never", NULL,
	    "How often cron asks what sites call things.",
	    "Names (vpipe dictionaries)" },
	{ "VPIPE_LANGUAGE", SETTING_TEXT, "en", "[a-z]{2}",
	    "two letters, as en or pt", NULL,
	    "The language in which tables for people name catalogs and "
	    "conditions, where a site speaks it.",
	    NULL },
	{ "VPIPE_CURRENCY", SETTING_TEXT, NULL, "[A-Z]{3}",
	    "three capitals, as EUR", "EUR",
	    "The currency in which vpipe price shows prices once more, at the "
	    "rates that the sites themselves show.",
	    NULL },

	{ "VPIPE_CONTACT", SETTING_TEXT, NULL,
	    "mailto:[^ \t@]+@[^ \t@]+|[^ \t@:/]+@[^ \t@]+|https?://[^ \t]+",
	    "an address or a page, as mailto:you@example.org",
	    "mailto:you@example.org",
	    "Who asks: an address or a page by which the people of the site "
	    "can reach you.  Needed, as VPIPE_LIVE is, for any host that is "
	    "not loopback.",
	    "Manners" },
	{ "VPIPE_LIVE", SETTING_TEXT, NULL, YES, YES_OR_NO, "yes",
	    "yes: you have read the terms of the site, and may ask it.", NULL },
	{ "VPIPE_RATE_MINUTE", SETTING_TEXT, "12", COUNT,
	    "a whole number above 0", NULL,
	    "Requests a minute at most, to all sites of a source together.",
	    NULL },
	{ "VPIPE_RATE_HOUR", SETTING_TEXT, "180", COUNT,
	    "a whole number above 0", NULL,
	    "Requests an hour at most, to all sites of a source together.",
	    NULL },
	{ "VPIPE_ROBOTS", SETTING_TEXT, "obey", "obey|permitted",
	    "obey or permitted", NULL,
	    "permitted: the owner of the site allows what its robots.txt does "
	    "not.",
	    NULL },

	{ "VPIPE_DATA", SETTING_PATH, NULL, NULL, NULL, "/srv/vpipe",
	    "The data folder.  By default /var/lib/vpipe for root, else "
	    "~/.local/share/vpipe.",
	    "Where things lie" },
	{ "VPIPE_RAW", SETTING_PATH, "/raw", NULL, NULL, "/srv/raw",
	    "The raw folder.  By default raw in the data folder.", NULL },
	{ "VPIPE_RAW_MOUNT", SETTING_TEXT, NULL, YES, YES_OR_NO, "yes",
	    "yes: it must lie on a mount (S3), and no flow begins otherwise.",
	    NULL },
	{ "VPIPE_IMAGES", SETTING_PATH, "/images", NULL, NULL, "/srv/images",
	    "The folder of pictures.  By default images in the data folder.",
	    NULL },
	{ "VPIPE_IMAGES_MOUNT", SETTING_TEXT, NULL, YES, YES_OR_NO, "yes",
	    "yes: it must lie on a mount.", NULL },
	{ "VPIPE_KEY", SETTING_PATH, "/key", NULL, NULL, "/srv/vpipe/key",
	    "The key of the sellers' pseudonyms: back it up with the raw "
	    "folder.  By default key in the data folder.",
	    NULL },
	{ "VPIPE_FORGOTTEN", SETTING_PATH, "/forgotten.ndjson", NULL, NULL,
	    "/srv/vpipe/forgotten.ndjson",
	    "The sellers to forget, a line each.  By default "
	    "forgotten.ndjson in the data folder.",
	    NULL },
	{ "VPIPE_WATCHES", SETTING_PATH, "/watches", NULL, NULL,
	    "/srv/vpipe/watches",
	    "What vpipe watch tells of.  By default watches in the data "
	    "folder.",
	    NULL },
	{ "VPIPE_REPORT", SETTING_PATH, NULL, NULL, NULL, "/srv/vpipe/report",
	    "Where vpipe cron makes the report after each flow.  Unset: "
	    "nowhere.",
	    NULL },
	{ "VPIPE_KEEP_DAYS", SETTING_TEXT, NULL, "[0-9]{1,6}",
	    "a whole number of days", "90",
	    "Raw records older than this are deleted by vpipe retain.  Unset: "
	    "never.",
	    NULL },
	{ "VPIPE_SOURCES", SETTING_PATHS, NULL, NULL, NULL,
	    "/srv/sources:/usr/local/lib/vpipe/schema/sources",
	    "Folders of source descriptions, colons between; the first that "
	    "has a source counts.  By default the shipped one.",
	    NULL },
	{ "VPIPE_SCHEMA", SETTING_PATH, NULL, NULL, NULL,
	    "/usr/local/lib/vpipe/schema",
	    "The schema folder: contracts, queries, migrations.  By default "
	    "the one that came with the programs.",
	    NULL },

	{ "VPIPE_S3_URL", SETTING_TEXT, NULL,
	    "https?://[!$%&'()*+.0-9:;<=>A-Za-z_~-]+(/[!$%&'()*+./"
	    "0-9:;<=>A-Za-z_~-]*)?",
	    "the address of an S3 server, as "
	    "https://s3.eu-central-1.amazonaws.com",
	    "https://s3.eu-central-1.amazonaws.com",
	    "The S3 server of which vpipe s3 mounts a bucket.", "S3" },
	{ "VPIPE_S3_REGION", SETTING_TEXT, "us-east-1", "[A-Za-z0-9-]+",
	    "the name of a region", NULL, "The region of the server.", NULL },
	{ "VPIPE_S3_PASSWD", SETTING_PATH, "/s3.passwd", NULL, NULL,
	    "/srv/vpipe/s3.passwd",
	    "The key, a line KEY:SECRET in a file of mode 600.  By default "
	    "s3.passwd in the data folder.",
	    NULL },
	{ "VPIPE_S3_STYLE", SETTING_TEXT, "path", "path|host", "path or host",
	    NULL,
	    "path: https://server/bucket, which most servers take; host: "
	    "bucket.server.",
	    NULL },
	{ "VPIPE_S3_FOREIGN", SETTING_TEXT, NULL, YES, YES_OR_NO, "yes",
	    "yes: the bucket also holds what others than s3fs wrote; somewhat "
	    "slower.",
	    NULL },
	{ "VPIPE_S3_TMP", SETTING_PATH, "/s3", NULL, NULL, "/srv/vpipe/s3",
	    "Where s3fs keeps what is being written.  By default s3 in the "
	    "data folder.",
	    NULL },
	{ "VPIPE_S3_FREE", SETTING_TEXT, "512", NUMBER, "a whole number of MB",
	    NULL, "MB that s3fs leaves free there.", NULL },
	{ "VPIPE_S3_OPTIONS", SETTING_TEXT, NULL, "[^ \t]+",
	    "options with commas between",
	    "allow_other,uid=990,gid=990,umask=0077",
	    "More options of s3fs, commas between; they win over those of "
	    "vpipe s3.",
	    NULL },

	{ "VPIPE_REJECTS", SETTING_TEXT, "0.05", SHARE, "a share from 0 to 1",
	    NULL,
	    "A part with a greater share of rejects is held: nothing of it is "
	    "loaded.",
	    "Loading" },
	{ "VPIPE_BATCH_ROWS", SETTING_TEXT, NULL, "[1-9][0-9]{0,8}",
	    "a whole number above 0", "20000",
	    "Rows of one transaction.  Unset: vupsert chooses.", NULL },
	{ "VPIPE_READER", SETTING_TEXT, NULL, NULL, NULL, "vpipe_reader",
	    "In a database of your own (PGHOST, PGDATABASE, PGUSER), the role "
	    "as which the queries run that you type; vpipe db reader makes "
	    "it.  Unset: the owner, in a read-only transaction.",
	    NULL },
	{ "VPIPE_RULES", SETTING_PATH, NULL, NULL, NULL, "/srv/vpipe/rules",
	    "Rules of quality of your own, a file: vpipe load and vpipe "
	    "quality ask them beside the shipped ones.",
	    NULL },
	{ "VPIPE_ON_FAILURE", SETTING_TEXT, NULL, NULL, NULL,
	    "tail -n 20 \"$VPIPE_LOG\" | mail -s \"vpipe: $VPIPE_STATUS\" root",
	    "Run by sh when a flow under vpipe cron fails, with VPIPE_STATUS, "
	    "VPIPE_FLOW and VPIPE_LOG in its environment.",
	    NULL },
	{ "VPIPE_PING_URL", SETTING_TEXT, NULL, "https?://[^ \t]+",
	    "the address of a check", "https://hc-ping.example/uuid-of-FLOW",
	    "Asked by vpipe cron, with /start when a flow begins and /STATUS "
	    "when it ends.  FLOW in it becomes the name of the flow.",
	    NULL },
	{ "VPIPE_LINEAGE", SETTING_PATH, NULL, NULL, NULL,
	    "/srv/vpipe/lineage.ndjson",
	    "A file to which vpipe cron adds events of OpenLineage, a line "
	    "each: START, then COMPLETE or FAIL.",
	    NULL },
	{ "VPIPE_RETRY_PAUSE", SETTING_TEXT, "60", NUMBER,
	    "a whole number of seconds", NULL,
	    "Seconds between two tries of vpipe cron to load while the "
	    "database is away.",
	    NULL },

	{ "VPIPE_BASE_URL", SETTING_TEXT, NULL, "https?://[^ \t]+",
	    "the address of a server", "http://127.0.0.1:8080",
	    "Every request goes there, with the host of the site as its Host: "
	    "the simulator, or a proxy of yours.",
	    "For trials" },
	{ "VPIPE_CONF", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "VPIPE_NOW", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "VPIPE_BIN", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "VPIPE_DB_OF", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "VPIPE_CHECKED", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL,
	    NULL },
	{ "VPIPE_STATUS", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL,
	    NULL },
	{ "VPIPE_FLOW", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "VPIPE_LOG", SETTING_INTERNAL, NULL, NULL, NULL, NULL, NULL, NULL },
	{ NULL, SETTING_TEXT, NULL, NULL, NULL, NULL, NULL, NULL }
};

const struct setting *
setting_find(const char *name)
{
	const struct setting *s;

	for (s = settings; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

bool
setting_in_file(const char *name)
{
	const struct setting *s = setting_find(name);

	if (s != NULL)
		return s->kind != SETTING_INTERNAL;
	return strncmp(name, "PG", 2) == 0 && name[2] != '\0' &&
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0';
}

char *
setting_wrong(const struct setting *s, const char *value)
{
	regex_t re;
	char *anchored;
	bool fits;

	if (s->form == NULL || *value == '\0')
		return NULL;
	anchored = xasprintf("^(%s)$", s->form);
	if (regcomp(&re, anchored, REG_EXTENDED | REG_NOSUB) != 0)
		die(EX_SOFTWARE, "%s: no regular expression", s->name);
	free(anchored);
	fits = regexec(&re, value, 0, NULL, 0) == 0;
	regfree(&re);
	return fits ?
	    NULL :
	    xasprintf("%s takes %s, not '%s'", s->name, s->takes, value);
}

const char *
setting_nearest(const char *name)
{
	struct near near = near_to(name);
	const struct setting *s;

	for (s = settings; s->name != NULL; s++)
		if (s->kind != SETTING_INTERNAL)
			near_try(&near, s->name);
	return near.name;
}
