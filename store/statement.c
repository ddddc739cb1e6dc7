#include "store/statement.h"

void statement_begin(struct statement *statement, sqlite3_stmt *prepared)
{
    sqlite3_reset(prepared);
    *statement = (struct statement){.prepared = prepared, .status = SQLITE_OK};
}

static void note(struct statement *statement, int status)
{
    if (statement->status == SQLITE_OK)
        statement->status = status;
}

void bind_integer(struct statement *statement, int64_t value)
{
    note(statement, sqlite3_bind_int64(statement->prepared, ++statement->bound, value));
}

void bind_null(struct statement *statement)
{
    note(statement, sqlite3_bind_null(statement->prepared, ++statement->bound));
}

void bind_integer_unless(struct statement *statement, int64_t value, bool null)
{
    if (null)
        bind_null(statement);
    else
        bind_integer(statement, value);
}

void bind_identity(struct statement *statement, uint64_t identity)
{
    bind_integer_unless(statement, (int64_t)identity, identity == 0);
}

void bind_text(struct statement *statement, const char *text)
{
    note(statement,
         sqlite3_bind_text(statement->prepared, ++statement->bound, text, -1, SQLITE_STATIC));
}

void bind_text_of(struct statement *statement, const char *text, size_t size)
{
    note(statement, sqlite3_bind_text64(statement->prepared, ++statement->bound, text, size,
                                        SQLITE_STATIC, SQLITE_UTF8));
}

void bind_bytes(struct statement *statement, const void *bytes, size_t size)
{
    note(statement, sqlite3_bind_blob64(statement->prepared, ++statement->bound,
                                        size > 0 ? bytes : "", size, SQLITE_TRANSIENT));
}

void bind_name(struct statement *statement, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0) {
        bind_null(statement);
        return;
    }
    name_to_text(name->bytes, name->size_bytes, text);
    note(statement,
         sqlite3_bind_text(statement->prepared, ++statement->bound, text, -1, SQLITE_TRANSIENT));
}

void bind_address(struct statement *statement, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    address_to_text(address, text);
    note(statement,
         sqlite3_bind_text(statement->prepared, ++statement->bound, text, -1, SQLITE_TRANSIENT));
}

int statement_run(struct statement *statement)
{
    int status = statement->status;

    if (status == SQLITE_OK)
        status = sqlite3_step(statement->prepared);
    if (status != SQLITE_ROW) {
        int reset = sqlite3_reset(statement->prepared);

        /* The reset repeats a step's failure, with its extended text. */
        if (status == SQLITE_DONE && reset != SQLITE_OK)
            status = reset;
    }
    return status;
}
