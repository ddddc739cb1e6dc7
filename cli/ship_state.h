/* How far a database was shipped: a small file that is replaced as a whole, so that after a crash
 * or power loss it is the old one or the new one. */
#ifndef CLI_SHIP_STATE_H
#define CLI_SHIP_STATE_H

#include "capture/error.h"

/* Where the state of shipping `database` to `target` stands: beside the database. To be freed;
 * NULL: out of memory. */
char *ship_state_path(const char *database, const char *target);

/* To be freed. NULL without an error's text: there is none yet; with: it cannot be read. */
char *ship_state_read(const char *path, struct error *error);
/* Is on the disk when it returns 0. */
int ship_state_write(const char *path, const char *text, struct error *error);

#endif
