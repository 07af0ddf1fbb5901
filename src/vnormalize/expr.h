/*
 * expr: the insides of a plan, for plan.c and expr.c alone: parsed expressions
 * and their inputs.
 */
#ifndef EXPR_H
#define EXPR_H

#include "functions.h"
#include "plan.h"
#include "trie.h"

#define INPUTS 8 /* of one expression */
#define STAGES 4

enum expr_kind {
	EXPR_PATH, /* inputs[0] */
	EXPR_LITERAL,
	EXPR_INDEX,
	EXPR_TEMPLATE, /* parts[0] inputs[0] parts[1] ... */
	EXPR_APPLY,    /* inputs | function */
	EXPR_JQ        /* function of everything */
};

struct expr {
	enum expr_kind kind;
	char *text;
	int inputs[INPUTS];
	bool strings[INPUTS]; /* of a template: must be strings */
	size_t n;
	bool list; /* of APPLY: [inputs], else the one input */
	char *parts[INPUTS + 1];
	struct value literal; /* its text is owned */
	size_t
	    stages[STAGES]; /* of APPLY and JQ: functions, one after another */
	size_t nstages;
	bool uses_raw, uses_parent;
};

struct input {
	enum root root;
	struct path *path;
	struct val v;
};

struct plan {
	struct functions *functions;
	struct expr **exprs;
	size_t nexprs;
	struct input *inputs;
	size_t ninputs;
	struct trie *tries[ROOTS];
	struct val *found; /* by input, filled by the tries */
	struct val roots[ROOTS];
	size_t index;
	char *constants;   /* $contract as JSON */
	struct scan *scan; /* that JSON, read */
	jv raw_jv, constants_jv;
	struct buf tmp, key, made;
};

/* Reads text; inputs and functions are added to the plan's. */
struct expr *expr_new(struct plan *p, const char *text, const char *where);
void expr_free(struct expr *e);

#endif
