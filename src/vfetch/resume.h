/* resume: the operator ends a pause before its time. */
#ifndef VFETCH_RESUME_H
#define VFETCH_RESUME_H

/* name: a source, or a budget group as a message calls it.  Dies (64) when
 * it is neither. */
void resume_group(const char *name);

#endif
