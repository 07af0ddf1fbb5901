#include "page.h"

#include <libxml/HTMLparser.h>
#include <libxml/xpath.h>
#include <stdlib.h>
#include <strings.h>

#include "line.h"
#include "scan.h"
#include "banned.h"

#define PAGE_MAX ((size_t)8 << 20) /* its tree is 20 times as large */
#define ATTRIBUTES 500 /* of a tag; libxml2 compares each with each */

struct page {
	struct slice html;
	bool read, flight_read;
	const char *trouble;
	htmlDocPtr tree;
	struct query *pushes; /* the scripts with flight data */
	struct scan *scan;    /* of a piece of it */
	struct buf flight;    /* all pieces */
	struct buf text, tmp;
};

struct query {
	xmlXPathCompExprPtr xpath;
};

/* Silences libxml2, which complains of every page. */
static void
silent(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

struct page *
page_new(void)
{
	struct page *p = xcalloc(1, sizeof *p);

	xmlSetGenericErrorFunc(NULL, silent);
	p->scan = scan_new();
	p->pushes = query_new("//script[starts-with(normalize-space("
	                      "substring(., 1, 99)), 'self.__next_f.push(')]");
	return p;
}

void
page_set(struct page *p, struct slice html)
{
	p->html = slice_unmarked(html);
	p->read = p->flight_read = false;
	p->trouble = NULL;
	if (p->tree != NULL)
		xmlFreeDoc(p->tree);
	p->tree = NULL;
}

void
page_free(struct page *p)
{
	if (p == NULL)
		return;
	page_set(p, (struct slice){ NULL, 0 });
	query_free(p->pushes);
	scan_free(p->scan);
	buf_release(&p->flight);
	buf_release(&p->text);
	buf_release(&p->tmp);
	free(p);
}

/* ---- the tree ---- */

static bool
at_word(struct slice s, size_t i, const char *word)
{
	size_t n = strlen(word);

	return s.len - i >= n && strncasecmp(s.p + i, word, n) == 0;
}

/* Where the word begins, from i on; or the end. */
static size_t
find(struct slice s, size_t i, const char *word)
{
	const char *c;

	for (; i < s.len; i++) {
		c = memchr(s.p + i, word[0], s.len - i);
		if (c == NULL)
			return s.len;
		i = (size_t)(c - s.p);
		if (at_word(s, i, word))
			return i;
	}
	return s.len;
}

/* Behind the tag that begins at i; *n: about how many attributes it has, and
 * not fewer. */
static size_t
skip_tag(struct slice s, size_t i, size_t *n)
{
	const char *quote;
	char c, last = ' ';

	for (*n = 0; i < s.len && s.p[i] != '>'; i++) {
		c = s.p[i];
		if ((c == '"' || c == '\'') && last == '=') {
			quote = memchr(s.p + i + 1, c, s.len - i - 1);
			if (quote == NULL)
				return s.len;
			i = (size_t)(quote - s.p);
			++*n;
		} else if (c == '=' ||
		    (strchr(" \t\r\n\f/", c) != NULL &&
		        strchr(" \t\r\n\f/", last) == NULL)) {
			++*n;
		}
		if (strchr(" \t\r\n\f", c) == NULL || last != '=')
			last = c;
	}
	return i;
}

static bool
tags_are_sane(struct slice s)
{
	size_t i, n;
	bool script;

	for (i = find(s, 0, "<"); i < s.len; i = find(s, i, "<")) {
		if (at_word(s, i, "<!--")) {
			i = find(s, i, "-->");
			continue;
		}
		script = at_word(s, i, "<script");
		i = skip_tag(s, i + 1, &n);
		/* each has a space, an equals sign and quotes */
		if (n > ATTRIBUTES * 3)
			return false;
		if (script)
			i = find(s, i, "</script");
	}
	return true;
}

static void
read_tree(struct page *p)
{
	htmlParserCtxtPtr ctxt;

	if (p->read)
		return;
	p->read = true;
	/* libxml2 takes a NUL for the end, which would hide what follows */
	if (p->html.len == 0 || memchr(p->html.p, '\0', p->html.len) != NULL)
		p->trouble = "the page is empty or holds a NUL";
	else if (p->html.len > PAGE_MAX)
		p->trouble = "the page is longer than 8 MiB";
	else if (!tags_are_sane(p->html))
		p->trouble = "the page has a tag with too many attributes";
	if (p->trouble != NULL)
		return;
	ctxt = htmlNewParserCtxt();
	if (ctxt == NULL)
		die(EX_SOFTWARE, "no memory for a page");
	p->tree = htmlCtxtReadMemory(ctxt, p->html.p, (int)p->html.len, NULL,
	    "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
	        HTML_PARSE_NONET | HTML_PARSE_COMPACT | HTML_PARSE_IGNORE_ENC);
	/* it stops in the middle when one of its limits is passed */
	if (p->tree == NULL || ctxt->disableSAX)
		p->trouble = "the page is nested too deep, or too long";
	htmlFreeParserCtxt(ctxt);
}

const char *
page_trouble(struct page *p)
{
	read_tree(p);
	return p->trouble;
}

/* ---- the end ---- */

static struct slice
trim_end(struct slice s)
{
	while (s.len > 0 && strchr(" \t\r\n\f", s.p[s.len - 1]) != NULL)
		s.len--;
	return s;
}

static bool
ends_in(struct slice s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && at_word(s, s.len - n, word);
}

bool
page_is_whole(struct page *p)
{
	struct slice s = trim_end(p->html);
	size_t i, open = 0, closed = 0;

	if (!ends_in(s, "</html>") && !ends_in(s, "</body>"))
		return false;
	for (i = find(s, 0, "<"); i < s.len; i = find(s, i + 1, "<")) {
		if (at_word(s, i, "<script"))
			open = i + 1;
		else if (at_word(s, i, "</script"))
			closed = i + 1;
	}
	return closed >= open;
}

/* ---- queries ---- */

struct query *
query_new(const char *xpath)
{
	xmlXPathCompExprPtr compiled;
	struct query *q;

	xmlSetGenericErrorFunc(NULL, silent);
	compiled = xmlXPathCompile((const xmlChar *)xpath);
	if (compiled == NULL)
		return NULL;
	q = xcalloc(1, sizeof *q);
	q->xpath = compiled;
	return q;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	xmlXPathFreeCompExpr(q->xpath);
	free(q);
}

static void
add_text(struct buf *b, const xmlNode *node)
{
	const xmlNode *kid;

	for (kid = node->children; kid != NULL; kid = kid->next)
		if (kid->type == XML_TEXT_NODE ||
		    kid->type == XML_CDATA_SECTION_NODE)
			buf_adds(b, (const char *)kid->content);
}

static void
give_node(struct page *p, const xmlNode *node, page_text f, void *arg)
{
	buf_reset(&p->text);
	if (node->type == XML_TEXT_NODE)
		buf_adds(&p->text, (const char *)node->content);
	else
		add_text(&p->text, node);
	buf_grow(&p->text, LINE_PADDING);
	f(arg, buf_slice(&p->text));
}

void
page_find(struct page *p, const struct query *q, page_text f, void *arg)
{
	xmlXPathContextPtr context;
	xmlXPathObjectPtr found;
	int i;

	if (page_trouble(p) != NULL)
		return;
	context = xmlXPathNewContext(p->tree);
	if (context == NULL)
		die(EX_SOFTWARE, "no memory for a page");
	found = xmlXPathCompiledEval(q->xpath, context);
	if (found != NULL && found->type == XPATH_BOOLEAN && found->boolval)
		f(arg, SLICE("true"));
	for (i = 0; found != NULL && found->type == XPATH_NODESET &&
	     found->nodesetval != NULL && i < found->nodesetval->nodeNr;
	     i++)
		give_node(p, found->nodesetval->nodeTab[i], f, arg);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
}

/* ---- flight data ---- */

/* self.__next_f.push([1,"..."]): the text goes to the others. */
static void
add_piece(void *arg, struct slice script)
{
	struct page *p = arg;
	const char *push = memmem(script.p, script.len, ".push(", 6), *why;
	struct slice piece;
	size_t at;

	script = trim_end(script);
	if (push == NULL)
		return;
	piece.p = push + 6;
	piece.len = (size_t)(script.p + script.len - piece.p);
	while (piece.len > 0 && strchr(";) \n", piece.p[piece.len - 1]))
		piece.len--;
	if (piece.len > 0 && scan_parse(p->scan, piece, &at, &why) &&
	    val_string(val_at(scan_root(p->scan), 1), &p->tmp, &piece))
		buf_addslice(&p->flight, piece);
	else /* a cut piece: the row in hand is lost, the next is not */
		buf_addc(&p->flight, '\n');
}

static void
read_flight(struct page *p)
{
	if (p->flight_read)
		return;
	p->flight_read = true;
	buf_reset(&p->flight);
	page_find(p, p->pushes, add_piece, p);
	buf_grow(&p->flight, LINE_PADDING);
}

/* "T451,": a text of so many (hexadecimal) bytes follows, without a newline. */
static size_t
text_length(struct slice s)
{
	size_t i, n = 0;
	const char *digit;

	for (i = 1; i < s.len && i < 9 && s.p[i] != ','; i++) {
		digit = strchr("0123456789abcdef", s.p[i]);
		if (digit == NULL || *digit == '\0')
			return 0;
		n = n << 4 | (size_t)(digit - "0123456789abcdef");
	}
	return i < s.len && s.p[i] == ',' ? i + 1 + n : 0;
}

void
page_flight(struct page *p, page_text f, void *arg)
{
	struct slice rest, row;
	const char *colon, *end;
	size_t text;

	read_flight(p);
	rest = buf_slice(&p->flight);
	while (rest.len > 0) {
		end = memchr(rest.p, '\n', rest.len);
		end = end ? end : rest.p + rest.len;
		row = (struct slice){ rest.p, (size_t)(end - rest.p) };
		colon = memchr(row.p, ':', row.len);
		row.p = colon ? colon + 1 : end;
		row.len = (size_t)(end - row.p);
		text = row.len > 0 && *row.p == 'T' ?
		    text_length((struct slice){
		        row.p, (size_t)(rest.p + rest.len - row.p) }) :
		    0;
		if (text > 0 && text <= (size_t)(rest.p + rest.len - row.p))
			end = row.p + text - 1;
		else if (row.len > 0 && (*row.p == '[' || *row.p == '{'))
			f(arg, row);
		rest.len -= (size_t)(end - rest.p);
		rest.p = end;
		if (rest.len > 0) {
			rest.p++;
			rest.len--;
		}
	}
}
