/*
 * page: an HTML page of a stranger: its scripts, what an XPath finds in it, and
 * its flight data (React's: rows of JSON that scripts push in pieces).  Alone
 * includes <libxml/...>.
 *
 * The tree is made when it is first asked for, and lives until the next
 * page_set.  Nothing is loaded, and only the characters that HTML names are
 * expanded as entities.  A page that is longer than 8 MiB, nests
 * deeper than 256, holds a NUL or a tag with hundreds of attributes is
 * refused, by page_trouble.
 */
#ifndef PAGE_H
#define PAGE_H

#include "buf.h"

struct page;
struct query; /* an XPath, compiled */

struct page *page_new(void);
void page_free(struct page *p);
/* The next page: valid UTF-8, borrowed until the next. */
void page_set(struct page *p, struct slice html);
/* Why the page cannot be read, or NULL; asks for the tree. */
const char *page_trouble(struct page *p);
/* Is it whole: does it end outside of a script, as a page does? */
bool page_is_whole(struct page *p);

struct query *query_new(const char *xpath); /* NULL: it is none */
void query_free(struct query *q);

typedef void (*page_text)(void *arg, struct slice text);
/* Each text (of an element, an attribute) that the query finds, in the order
 * of the page; of a query for true or false, "true" when it is.  The text has
 * LINE_PADDING readable bytes behind it, and holds during the call only. */
void page_find(struct page *p, const struct query *q, page_text f, void *arg);
/* Each row of the flight data, in order: its JSON, which may be broken. */
void page_flight(struct page *p, page_text f, void *arg);

#endif
