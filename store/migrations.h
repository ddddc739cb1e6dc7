/* The SQL of each step from one version of the database's shape to the next. */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#define MIGRATIONS 4

extern const char *const migrations[MIGRATIONS];

#endif
