/*
 * plan: the expressions of a contract, compiled.
 *
 * These expressions of jq run natively, with libjq's results:
 *
 *	.a.b            a path; so are $raw.a, $parent.a
 *	"x", 1, null    a literal; so are $contract.variant, $contract.version
 *	$index
 *	"x\(.a)\($raw.b | strings)"
 *	PATH | F, [PATH, PATH] | F      F is any jq without variables, run by
 *	                                libjq; short texts' results are kept
 *
 * Anything else runs in libjq, element by element.  An expression that yields
 * nothing, or fails, does not exist; a path alone exists when each of its
 * steps does.
 *
 * All paths of a contract form a trie, which one walk over an element's members
 * fills: an input is the value at the end of a path.
 *
 *	plan_new, plan_add (expressions) ... plan_ready
 *	for each line: plan_line; for each element: plan_element, plan_eval
 */
#ifndef PLAN_H
#define PLAN_H

#include "functions.h"
#include "value.h"

enum root { ROOT_ELEMENT, ROOT_PARENT, ROOT_RAW, ROOTS };

struct expr;
struct plan;

/* constants: the JSON text of $contract. */
struct plan *plan_new(struct functions *f, const char *constants);
void plan_free(struct plan *p);
/* Dies (78), naming `where`, when the text cannot be an expression. */
struct expr *plan_add(struct plan *p, const char *text, const char *where);
void plan_ready(struct plan *p);

/* The same for all elements of a line? */
bool expr_is_constant(const struct expr *e);
const char *expr_text(const struct expr *e);
/* In jq, existing by our rules: for the reference engine and --as-jq. */
void expr_to_jq(const struct expr *e, struct buf *b);
bool expr_is_path(const struct expr *e);

/* Says that its functions will be called; best before the first line. */
void plan_use(struct plan *p);
void plan_line(struct plan *p, struct val raw);
void plan_element(struct plan *p, struct val parent, struct val element,
    size_t index);
/* Borrows until the next plan_eval or plan_line. */
struct value plan_eval(struct plan *p, const struct expr *e);

/* [element, raw, index, parent, $contract], for a program of one's own. */
jv plan_to_jv(struct plan *p);
/* What such a program, and every function, may use. */
extern const char plan_prelude[];
extern const char plan_variables[]; /* binds the input of plan_to_jv */

#endif
