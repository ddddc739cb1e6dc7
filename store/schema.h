/* The database's shape: what marks a file as ours, its version, and the steps that lead from one
 * version to the next. Shared by the writer (store) and the reader (report). */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <sqlite3.h>

#include "capture/error.h"

#define SCHEMA_APPLICATION_ID 0x444e5342 /* "DNSB", as file(1) sees it */

/* Brings a database up to the version that this program writes: an empty one gets everything at
 * once, an older one what it lacks, each step in a transaction of its own. Refuses other programs'
 * databases and newer versions. */
int schema_migrate(sqlite3 *database, const char *path, struct error *error);

/* For readers: ours, and of exactly this version? */
int schema_check(sqlite3 *database, const char *path, struct error *error);

#endif
