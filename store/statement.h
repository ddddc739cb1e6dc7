/* A prepared statement filled from left to right, with a sticky error: bind all, then run once. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "decode/address.h"
#include "decode/name.h"

struct statement {
    sqlite3_stmt *prepared;
    int bound;  /* parameters filled so far */
    int status; /* the first failure, SQLITE_OK before */
};

/* Resets it and begins with the first parameter. */
void statement_begin(struct statement *statement, sqlite3_stmt *prepared);
void bind_integer(struct statement *statement, int64_t value);
/* Identities: the same 64 bits, signed. 0 becomes NULL. */
void bind_identity(struct statement *statement, uint64_t identity);
void bind_null(struct statement *statement);
void bind_integer_unless(struct statement *statement, int64_t value, bool null);
/* `text` must live until the statement was run. */
void bind_text(struct statement *statement, const char *text);
void bind_text_of(struct statement *statement, const char *text, size_t size); /* likewise */
void bind_bytes(struct statement *statement, const void *bytes, size_t size);
void bind_name(struct statement *statement, const struct name *name); /* NULL for no name */
void bind_address(struct statement *statement, const struct address *address);

/* Steps once. SQLITE_ROW, SQLITE_DONE or what failed. After SQLITE_DONE it is reset. */
int statement_run(struct statement *statement);

#endif
