/* Outages as counts knows them, and their rows. */
#include "decode/hash.h"
#include "store/counts.h"
#include "store/counts_private.h"

/* As far as it is in the database. */
static int load_outage(struct store *store, struct outage_state *state, struct error *error)
{
    struct statement statement = store_statement(store, SQL_FIND_OUTAGE);
    int status;

    bind_integer(&statement, (int64_t)state->identity);
    bind_integer(&statement, state->hour_ns);
    bind_integer(&statement, store->run);
    status = statement_run(&statement);
    if (status == SQLITE_DONE)
        return 0;
    if (status != SQLITE_ROW)
        return store_failed(store, error);
    if (cause_from_code(&state->cause, (const char *)sqlite3_column_text(statement.prepared, 0)) <
        0)
        state->cause = CAUSE_UNATTRIBUTED_NO_EVIDENCE; /* one of another version */
    state->first_time_ns = sqlite3_column_int64(statement.prepared, 1);
    state->last_time_ns = sqlite3_column_int64(statement.prepared, 2);
    state->seen = (uint64_t)sqlite3_column_int64(statement.prepared, 3);
    state->known = state->seen > 0 || sqlite3_column_int64(statement.prepared, 4) != 0;
    sqlite3_reset(statement.prepared);
    return 0;
}

int outage_enter(struct store *store, const struct incident *incident, struct outage_state *state,
                 struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_OUTAGE);

    bind_integer(&statement, (int64_t)incident->outage);
    bind_text(&statement, cause_code(incident->cause));
    bind_name(&statement, &incident->zone);
    bind_address(&statement, &incident->resolver);
    bind_integer(&statement, incident->time_ns);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    if (sqlite3_changes(store->database) > 0) {
        state->cause = incident->cause;
        state->first_time_ns = state->last_time_ns = incident->time_ns;
    }
    return 0;
}

/* The first of it that was seen came out of a cache; now its cause is known. */
static int name_outage(struct store *store, const struct incident *incident,
                       struct outage_state *state, struct error *error)
{
    struct statement statement = store_statement(store, SQL_NAME_OUTAGE);

    bind_integer(&statement, (int64_t)incident->outage);
    bind_text(&statement, cause_code(incident->cause));
    bind_name(&statement, &incident->zone);
    state->cause = incident->cause;
    return store_execute(store, &statement, error);
}

int outage_find(struct store *store, const struct incident *incident, struct outage_state **found,
                struct error *error)
{
    struct table *outages = store->counts->outages;
    uint64_t key = hash_bytes(&incident->outage, sizeof(incident->outage));

    *found = table_find(outages, key);
    if (*found == NULL) {
        struct outage_state state = {
            .identity = incident->outage,
            .cause = incident->cause,
            .hour_ns = span_begin_ns(incident->time_ns, HOUR_NS),
        };

        if (load_outage(store, &state, error) < 0)
            return -1;
        *found = table_add(outages, key, 0);
        **found = state;
    }
    if ((*found)->cause == CAUSE_CACHED_FAILURE && incident->cause != CAUSE_CACHED_FAILURE)
        return name_outage(store, incident, *found, error);
    return 0;
}

int counts_note_servers(struct store *store, const struct incident *incident, bool *noted,
                        struct error *error)
{
    struct outage_state *state;
    uint64_t hash = hash_mix(1, incident->server_count);

    if (outage_find(store, incident, &state, error) < 0)
        return -1;
    for (unsigned i = 0; i < incident->server_count; i++)
        hash = hash_mix(
            hash, hash_bytes(&incident->servers[i].address, sizeof(incident->servers[i].address)));
    *noted = state->servers == hash;
    state->servers = hash;
    if (!*noted)
        state->extended = true;
    return 0;
}
