/* Outages out of the database, for a correlator that goes on where another ended. */

#include "store/private.h"

static const char *text_of(const struct statement *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement->prepared, column);

    return text != NULL ? (const char *)text : "";
}

static int take_servers(struct store *store, struct outage_change *outage, struct error *error)
{
    struct statement statement = store_statement(store, SQL_SERVERS_OF_OUTAGE);
    int status;

    bind_integer(&statement, (int64_t)outage->identity);
    bind_integer(&statement, BLAMED_SERVERS_MAX);
    while ((status = statement_run(&statement)) == SQLITE_ROW) {
        struct blamed_server *server = &outage->servers[outage->server_count];

        if (address_from_text(&server->address, text_of(&statement, 0)) < 0)
            continue;
        if (name_from_text(&server->name, text_of(&statement, 1)) < 0)
            server->name.size_bytes = 0;
        outage->server_count++;
    }
    return status == SQLITE_DONE ? 0 : store_failed(store, error);
}

/* 1: taken; 0: it is of a cause that this program does not know. */
static int take_outage(const struct statement *statement, struct outage_change *outage)
{
    *outage = (struct outage_change){
        .identity = (uint64_t)sqlite3_column_int64(statement->prepared, 0),
        .first_time_ns = sqlite3_column_int64(statement->prepared, 4),
        .last_time_ns = sqlite3_column_int64(statement->prepared, 5),
        .incidents = (uint64_t)sqlite3_column_int64(statement->prepared, 6),
    };
    if (sqlite3_column_type(statement->prepared, 2) != SQLITE_NULL &&
        name_from_text(&outage->zone, text_of(statement, 2)) < 0)
        return 0;
    return cause_from_code(&outage->cause, text_of(statement, 1)) == 0 &&
           address_from_text(&outage->resolver, text_of(statement, 3)) == 0;
}

int store_open_outages(struct store *store, int64_t since_ns, outage_visitor visit, void *context,
                       struct error *error)
{
    struct statement statement = store_statement(store, SQL_OPEN_OUTAGES);
    struct outage_change outage;
    int status;

    bind_integer(&statement, since_ns);
    while ((status = statement_run(&statement)) == SQLITE_ROW) {
        if (!take_outage(&statement, &outage))
            continue;
        if (take_servers(store, &outage, error) < 0)
            return -1;
        visit(context, &outage);
    }
    return status == SQLITE_DONE ? 0 : store_failed(store, error);
}
