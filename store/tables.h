/* The tables as they are in the latest version (store/migrations.h): what all steps together make
 * of an empty database, which takes this one instead. */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

extern const char tables_sql[];

#endif
