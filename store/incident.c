#include <stdio.h>
#include <string.h>

#include "store/writer.h"

static const char *transport_code(enum transport transport)
{
    return transport == TRANSPORT_TCP ? "tcp" : "udp";
}

/* What the database holds of an incident already. */
struct earlier {
    bool known;
    bool newer;   /* a run that began after this one judged it: its verdict stands */
    bool counted; /* it stands in the same outage */
    int64_t id;
    int64_t outage;
};

static int find_earlier(struct store *store, const struct incident *incident,
                        struct earlier *earlier, struct error *error)
{
    struct statement statement = store_statement(store, SQL_FIND_INCIDENT);
    int status;

    *earlier = (struct earlier){.known = false};
    bind_integer(&statement, (int64_t)incident->identity);
    status = statement_run(&statement);
    if (status == SQLITE_DONE)
        return 0;
    if (status != SQLITE_ROW)
        return store_failed(store, error);
    earlier->known = true;
    earlier->id = sqlite3_column_int64(statement.prepared, 0);
    earlier->outage = sqlite3_column_int64(statement.prepared, 1);
    earlier->newer = sqlite3_column_int64(statement.prepared, 2) > store->run;
    earlier->counted = earlier->outage == (int64_t)incident->outage;
    sqlite3_reset(statement.prepared);
    return 0;
}

/* With all that belongs to it. */
static int remove_earlier(struct store *store, const struct earlier *earlier, struct error *error)
{
    struct statement statement;

    if (!earlier->known)
        return 0;
    if (!earlier->counted) {
        statement = store_statement(store, SQL_MARK_OUTAGE);
        bind_integer(&statement, earlier->outage);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    statement = store_statement(store, SQL_DELETE_INCIDENT);
    bind_integer(&statement, earlier->id);
    return store_execute(store, &statement, error);
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

static int write_row(struct store *store, const struct incident *incident, int64_t *id,
                     struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_INCIDENT);
    char advice[ADVICE_MAX * (ADVICE_SIZE + 1)];
    bool no_query = incident->query_frame == 0;

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
    if (store_execute(store, &statement, error) < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(store->database);
    return 0;
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

static int write_servers(struct store *store, int64_t id, unsigned part,
                         const struct blamed_server *servers, unsigned count, struct error *error)
{
    for (unsigned i = 0; i < count; i++) {
        struct statement statement = store_statement(store, SQL_ADD_SERVER);

        bind_integer(&statement, id);
        bind_integer(&statement, part);
        bind_integer(&statement, i);
        bind_address(&statement, &servers[i].address);
        bind_name(&statement, &servers[i].name);
        bind_text(&statement, outcome_code(servers[i].outcome));
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

static int write_contributing(struct store *store, int64_t id, const struct incident *incident,
                              struct error *error)
{
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *contributing = &incident->contributing[i];
        struct statement statement = store_statement(store, SQL_ADD_CONTRIBUTING);

        bind_integer(&statement, id);
        bind_integer(&statement, i + 1);
        bind_text(&statement, cause_code(contributing->cause));
        bind_name(&statement, &contributing->zone);
        if (store_execute(store, &statement, error) < 0 ||
            write_servers(store, id, i + 1, contributing->servers, contributing->server_count,
                          error) < 0)
            return -1;
    }
    return 0;
}

static int write_evidence(struct store *store, int64_t id, unsigned seq,
                          const struct evidence *evidence, struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_EVIDENCE);
    bool no_response = evidence->response_frame == 0;

    bind_integer(&statement, id);
    bind_integer(&statement, seq);
    bind_integer(&statement, evidence->time_ns);
    bind_integer_unless(&statement, evidence->response_time_ns,
                        evidence->response_time_ns == INT64_MIN);
    bind_address(&statement, &evidence->server);
    bind_name(&statement, &evidence->server_name);
    bind_name(&statement, &evidence->zone);
    bind_text(&statement, transport_code(evidence->transport));
    bind_name(&statement, &evidence->qname);
    bind_integer(&statement, evidence->qtype);
    bind_text(&statement, outcome_code(evidence->outcome));
    bind_text(&statement, dependency_code(evidence->why));
    bind_integer(&statement, store_source_id(store, evidence->source));
    bind_integer(&statement, (int64_t)evidence->frame);
    bind_integer_unless(&statement, store_source_id(store, evidence->response_source), no_response);
    bind_integer_unless(&statement, (int64_t)evidence->response_frame, no_response);
    return store_execute(store, &statement, error);
}

static int count_outage(struct store *store, const struct incident *incident, struct error *error)
{
    struct statement statement = store_statement(store, SQL_COUNT_OUTAGE);

    bind_integer(&statement, (int64_t)incident->outage);
    bind_text(&statement, cause_code(incident->cause));
    bind_name(&statement, &incident->zone);
    bind_address(&statement, &incident->resolver);
    bind_integer(&statement, incident->time_ns);
    bind_address(&statement, &incident->client);
    return store_execute(store, &statement, error);
}

static int note_outage_servers(struct store *store, const struct incident *incident,
                               struct error *error)
{
    for (unsigned i = 0; i < incident->server_count; i++) {
        struct statement statement = store_statement(store, SQL_ADD_OUTAGE_SERVER);

        bind_integer(&statement, (int64_t)incident->outage);
        bind_address(&statement, &incident->servers[i].address);
        bind_name(&statement, &incident->servers[i].name);
        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}

int store_write_incident(struct store *store, const struct incident *incident, struct error *error)
{
    struct earlier earlier;
    int64_t id;

    if (find_earlier(store, incident, &earlier, error) < 0)
        return -1;
    if (earlier.newer)
        return 0;
    if (remove_earlier(store, &earlier, error) < 0 || write_row(store, incident, &id, error) < 0 ||
        write_ede(store, id, incident, error) < 0 ||
        write_servers(store, id, 0, incident->servers, incident->server_count, error) < 0 ||
        write_contributing(store, id, incident, error) < 0)
        return -1;
    for (unsigned i = 0; i < incident->evidence_count; i++) {
        if (write_evidence(store, id, i, &incident->evidence[i], error) < 0)
            return -1;
    }
    if (incident->outage == 0)
        return 0;
    if (!earlier.counted && count_outage(store, incident, error) < 0)
        return -1;
    return note_outage_servers(store, incident, error);
}
