/* Sketches in SQL, for whoever opens the database. */
#ifndef STORE_SKETCH_SQL_H
#define STORE_SKETCH_SQL_H

#include <sqlite3.h>

/* sketch(key): an aggregate, the sketch of distinct keys: stable hashes, or texts to be hashed;
 * sketch_union(sketch): an aggregate; sketch_merge(a, b): one of both; sketch_count(sketch): how
 * many. NULL is an empty sketch. Returns SQLite's status. */
int sketch_add_functions(sqlite3 *database);

#endif
