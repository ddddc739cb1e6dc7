#include <stdio.h>
#include <string.h>

#include "store/private.h"
#include "store/server_rows.h"

static const char *transport_code(enum transport transport)
{
    return transport == TRANSPORT_TCP ? "tcp" : "udp";
}

/* Takes away what an earlier run, or another source of this one, said of the incident. 1: done; 0:
 * it is from a run that began after this one, and its verdict stands. */
static int remove_earlier(struct store *store, const struct incident *incident, struct error *error)
{
    struct statement find = store_statement(store, SQL_FIND_INCIDENT), statement;
    struct counted counted;
    int64_t id;
    int result = 1;

    bind_integer(&find, (int64_t)incident->identity);
    if (statement_run(&find) != SQLITE_ROW)
        return store_failed(store, error);
    id = sqlite3_column_int64(find.prepared, 0);
    counted = (struct counted){
        .run = sqlite3_column_int64(find.prepared, 1),
        .source = sqlite3_column_int64(find.prepared, 2),
        .outage = (uint64_t)sqlite3_column_int64(find.prepared, 3),
        .resolver = (const char *)sqlite3_column_text(find.prepared, 4),
        .time_ns = sqlite3_column_int64(find.prepared, 5),
        .elapsed_ns = sqlite3_column_type(find.prepared, 6) == SQLITE_NULL
                          ? -1
                          : sqlite3_column_int64(find.prepared, 6),
        .cached = sqlite3_column_int64(find.prepared, 7) != 0,
        .cause = (const char *)sqlite3_column_text(find.prepared, 8),
    };
    if (counted.run > store->run)
        result = 0;
    /* An earlier run's counts of this source give way as a whole. */
    else if ((counted.run == store->run ||
              counted.source != store_source_id(store, incident->source)) &&
             counts_remove(store, &counted, error) < 0)
        result = -1;
    sqlite3_reset(find.prepared);
    if (result <= 0)
        return result;
    statement = store_statement(store, SQL_DELETE_INCIDENT);
    bind_integer(&statement, id);
    return store_execute(store, &statement, error) < 0 ? -1 : 1;
}

static const char *join_advice(const struct incident *incident,
                               char text[ADVICE_MAX * (ADVICE_SIZE + 1)])
{
    size_t size = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < incident->advice_count; i++) {
        size_t length = strlen(incident->advice[i]);

        if (i > 0)
            text[size++] = '\n';
        memcpy(text + size, incident->advice[i], length + 1);
        size += length;
    }
    return text;
}

/* 1: written, 0: there is one of that identity. */
static int write_row(struct store *store, const struct incident *incident, unsigned weight,
                     struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_INCIDENT);
    const struct source_rows sources = {store->source_ids, store->source_count};
    char advice[ADVICE_MAX * (ADVICE_SIZE + 1)];
    bool no_query = incident->query_frame == 0;
    const char *evidence;
    size_t size;

    bind_integer(&statement, (int64_t)incident->identity);
    bind_integer(&statement, store->run);
    bind_integer(&statement, store_source_id(store, incident->source));
    bind_integer(&statement, (int64_t)incident->frame);
    bind_integer_unless(&statement, store_source_id(store, incident->query_source), no_query);
    bind_integer_unless(&statement, (int64_t)incident->query_frame, no_query);
    bind_identity(&statement, incident->outage);
    bind_identity(&statement, incident->origin);
    bind_integer(&statement, incident->time_ns);
    bind_integer_unless(&statement, incident->elapsed_ns, incident->elapsed_ns < 0);
    bind_address(&statement, &incident->client);
    bind_integer(&statement, incident->client_port);
    bind_integer(&statement, incident->client_is_resolver);
    bind_address(&statement, &incident->resolver);
    bind_text(&statement, transport_code(incident->transport));
    bind_integer(&statement, incident->id);
    bind_integer(&statement, incident->rd);
    bind_integer(&statement, incident->cd);
    bind_integer(&statement, incident->dnssec_ok);
    bind_name(&statement, &incident->qname);
    bind_integer(&statement, incident->qtype);
    bind_integer(&statement, incident->qclass);
    bind_text(&statement, cause_code(incident->cause));
    bind_text(&statement, confidence_code(incident->confidence));
    bind_name(&statement, &incident->zone);
    bind_text(&statement, incident->explanation);
    bind_text(&statement, join_advice(incident, advice));
    bind_integer(&statement, incident->evidence_total);
    evidence = evidence_to_json(store->evidence, incident, &sources, &size);
    bind_text_of(&statement, evidence, size);
    bind_integer(&statement, weight);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    return sqlite3_changes(store->database);
}

static int write_ede(struct store *store, int64_t id, const struct incident *incident,
                     struct error *error)
{
    for (unsigned i = 0; i < incident->ede_count; i++) {
        struct statement statement = store_statement(store, SQL_ADD_EDE);

        bind_integer(&statement, id);
        bind_integer(&statement, i);
        bind_integer(&statement, incident->ede[i].code);
        bind_bytes(&statement, incident->ede[i].text, incident->ede[i].text_size);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

static int note_outage_servers(struct store *store, const struct incident *incident,
                               struct error *error)
{
    bool noted;

    if (counts_note_servers(store, incident, &noted, error) < 0)
        return -1;
    for (unsigned i = 0; i < incident->server_count && !noted; i++) {
        if (server_rows_add(store, incident->outage, &incident->servers[i], error) < 0)
            return -1;
    }
    return 0;
}

static int write_kept(struct store *store, const struct incident *incident, unsigned weight,
                      struct error *error)
{
    int status = write_row(store, incident, weight, error);
    int64_t id;

    if (status == 0) {
        status = remove_earlier(store, incident, error);
        if (status == 1)
            status = write_row(store, incident, weight, error);
    }
    if (status <= 0)
        return status;
    id = sqlite3_last_insert_rowid(store->database);
    if (write_ede(store, id, incident, error) < 0 ||
        (incident->outage != 0 && note_outage_servers(store, incident, error) < 0))
        return -1;
    return 1;
}

int store_write_incident(struct store *store, const struct incident *incident, struct error *error)
{
    unsigned weight;
    int status = 1;

    if (counts_weigh(store, incident, &weight, error) < 0)
        return -1;
    if (weight > 0)
        status = write_kept(store, incident, weight, error);
    if (status <= 0)
        return status;
    return counts_add(store, incident, weight > 0, error);
}
