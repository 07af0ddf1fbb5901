/*
 * extract: the document of a contract with x-from: what its parts found in an
 * answer, put together as JSON.
 *
 *	"x-from": {"ld": {"from": "html-script", "path": XPATH, "with": {...}},
 *	           "whole": {"from": "html-whole"}}
 *	document: {"ld": [...], "whole": true}
 *
 * See vnormalize(1), CONTRACTS.  Contracts with the same x-from share one, and
 * its document is made once a line.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "page.h"
#include "source.h"

struct extract;

/* Dies (78), naming `where`, when x-from is not understood.  Borrows it. */
struct extract *extract_new(struct val from, const char *where);
void extract_free(struct extract *e);
bool extract_is(const struct extract *e, struct val from);
/* A new line: its document is to be made anew. */
void extract_reset(struct extract *e);
/* The document of the line; SCAN_NONE when its page cannot be read.  page is
 * set to the body, or NULL: the body is JSON. */
struct val extract_document(struct extract *e, struct val raw, struct val body,
    struct page *page);

#endif
