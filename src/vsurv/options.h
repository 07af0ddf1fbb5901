/* options: the command line; see vsurv(1). */
#ifndef VSURV_OPTIONS_H
#define VSURV_OPTIONS_H

#include <stdint.h>

#include "study.h"

struct options {
	int64_t max_line;
	const char *rejects;
	double threshold;
	double round; /* days; 0: ages stay as they are */
	struct question question;
	double days[STUDY_DAYS_MAX]; /* of the question, when --days lists */
};

/* The index of the first FILE. */
int options(struct options *, int argc, char *argv[]);

#endif
