/*
 * ops: writes streams, contracts and loaded parts to the schema ops
 * (schema/migration/0001-ops.sql), when the database has it.
 */
#ifndef OPS_H
#define OPS_H

#include "pg.h"
#include "scan.h"
#include "stream.h"

/* From a SCHEMA message.  Dies (78) when its x-key is not the one that the
 * database was made with. */
void ops_note_schema(struct pg *, const struct stream *, struct val message);
/* One value of STATE's `load`, an object or a list of them.  Without a table
 * ops.load it is an error only when a part of it is published; else it is
 * said, once: then *said. */
enum pg_outcome ops_note_load(struct pg *, const char *load, bool *said);

#endif
