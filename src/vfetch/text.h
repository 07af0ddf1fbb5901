/* text: is it valid UTF-8? */
#ifndef VFETCH_TEXT_H
#define VFETCH_TEXT_H

#include "buf.h"

bool text_valid(struct slice s);

#endif
