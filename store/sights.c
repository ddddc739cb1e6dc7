/* What was seen of servers, beside incidents and counters: signatures and delegations. Both are of
 * any zone that somebody asks for, hence thinned. */
#include "decode/hash.h"
#include "store/private.h"

/* New ones of an hour that all get a row. What is told again within an hour is not new: a large
 * resolver's are all there after some hours. */
#define SIGHTS_WHOLE 1000

/* The zone decides, for its servers to be there together. 1: it gets a row, or has one; 0: not. */
static int takes(struct store *store, struct statement *knows, struct thinning *thinning,
                 const struct name *zone, int64_t time_ns, uint32_t source, struct error *error)
{
    bool known;

    if (statement_run(knows) != SQLITE_ROW)
        return store_failed(store, error);
    known = sqlite3_column_int64(knows->prepared, 0) != 0;
    sqlite3_reset(knows->prepared);
    if (known ||
        thinning_takes(thinning, SIGHTS_WHOLE, time_ns, hash_stable(zone->bytes, zone->size_bytes)))
        return 1;
    if (source < store->source_count)
        store->sight_losses[source].now.count++;
    return 0;
}

static int takes_signature(struct store *store, const struct signature_sight *signature,
                           struct error *error)
{
    struct statement knows = store_statement(store, SQL_KNOWS_SIGNATURE);

    bind_name(&knows, &signature->zone);
    bind_integer(&knows, store->run);
    bind_integer(&knows, store_source_id(store, signature->source));
    bind_integer(&knows, signature->time_ns);
    bind_integer(&knows, signature->type_covered);
    bind_integer(&knows, signature->key_tag);
    bind_integer(&knows, signature->algorithm);
    bind_address(&knows, &signature->server);
    return takes(store, &knows, &store->sights.signatures, &signature->zone, signature->time_ns,
                 signature->source, error);
}

static int takes_delegation(struct store *store, const struct delegation_sight *delegation,
                            struct error *error)
{
    struct statement knows = store_statement(store, SQL_KNOWS_DELEGATION);

    bind_name(&knows, &delegation->zone);
    bind_integer(&knows, store->run);
    bind_integer(&knows, store_source_id(store, delegation->source));
    bind_integer(&knows, delegation->time_ns);
    bind_address(&knows, &delegation->server);
    return takes(store, &knows, &store->sights.delegations, &delegation->zone, delegation->time_ns,
                 delegation->source, error);
}

static int write_signature(struct store *store, const struct signature_sight *signature,
                           struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_SIGNATURE);

    bind_name(&statement, &signature->zone);
    bind_integer(&statement, signature->type_covered);
    bind_integer(&statement, signature->key_tag);
    bind_integer(&statement, signature->algorithm);
    bind_address(&statement, &signature->server);
    bind_integer(&statement, store_source_id(store, signature->source));
    bind_integer(&statement, store->run);
    bind_integer(&statement, signature->inception_ns);
    bind_integer(&statement, signature->expiration_ns);
    bind_integer(&statement, signature->time_ns);
    return store_execute(store, &statement, error);
}

int store_write_signature(struct store *store, const struct signature_sight *signature,
                          struct error *error)
{
    int status = takes_signature(store, signature, error);

    return status <= 0 ? status : write_signature(store, signature, error);
}

static int write_delegation(struct store *store, const struct delegation_sight *delegation,
                            struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_DELEGATION);

    bind_name(&statement, &delegation->zone);
    bind_address(&statement, &delegation->server);
    bind_integer(&statement, store_source_id(store, delegation->source));
    bind_integer(&statement, store->run);
    bind_name(&statement, &delegation->server_name);
    bind_integer(&statement, delegation->listed);
    bind_text(&statement, outcome_code(delegation->outcome));
    bind_integer(&statement, delegation->time_ns);
    bind_integer(&statement, delegation->nameservers);
    return store_execute(store, &statement, error);
}

int store_write_delegation(struct store *store, const struct delegation_sight *delegation,
                           struct error *error)
{
    int status = takes_delegation(store, delegation, error);

    return status <= 0 ? status : write_delegation(store, delegation, error);
}

void sights_commit(struct store *store)
{
    store->sights_committed = store->sights;
    for (uint32_t i = 0; i < store->source_count; i++)
        store->sight_losses[i].committed = store->sight_losses[i].now;
}

void sights_rollback(struct store *store)
{
    store->sights = store->sights_committed;
    for (uint32_t i = 0; i < store->source_count; i++)
        store->sight_losses[i].now = store->sight_losses[i].committed;
}

uint64_t sights_lost(const struct store *store, uint32_t source)
{
    return store->sight_losses[source].now.count;
}

uint64_t sights_lost_since(struct store *store, uint32_t source)
{
    struct sight_loss *loss = &store->sight_losses[source].now;
    uint64_t lost = loss->count - loss->told;

    loss->told = loss->count;
    return lost;
}

static int run_of_source(struct store *store, enum statement_id step, int64_t id,
                         const struct earlier_source *during, struct error *error)
{
    struct statement statement = store_statement(store, step);

    bind_integer(&statement, id);
    bind_integer(&statement, store->run);
    if (during != NULL) {
        bind_integer(&statement, during->first_ns > INT64_MIN
                                     ? span_begin_ns(during->first_ns, QUARTER_NS)
                                     : INT64_MIN);
        bind_integer(&statement, during->last_ns);
    }
    return store_execute(store, &statement, error);
}

/* What a source gave in an earlier run and not in this one. */
static int remove_leftovers_of(struct store *store, uint32_t source, struct error *error)
{
    static const enum statement_id steps[] = {
        SQL_REMOVE_OLD_COUNTS,      SQL_DELETE_OLD_COUNTS,     SQL_REMOVE_OLD_SERVFAILS,
        SQL_DELETE_OLD_SERVFAILS,   SQL_REMOVE_OLD_CLIENTS,    SQL_DELETE_OLD_CLIENTS,
        SQL_REMOVE_OLD_SIGNATURES,  SQL_DELETE_OLD_SIGNATURES, SQL_REMOVE_OLD_DELEGATIONS,
        SQL_DELETE_OLD_DELEGATIONS, SQL_REMOVE_OLD_HEALTH,     SQL_DELETE_OLD_HEALTH,
        SQL_REMOVE_OLD_INCIDENTS,   SQL_DELETE_OLD_INCIDENTS,
    };
    const struct earlier_source *earlier = &store->earlier_sources[source];
    int64_t id = store->source_ids[source];
    struct statement statement = store_statement(store, SQL_MARK_OUTAGES);

    bind_integer(&statement, id);
    if (store_execute(store, &statement, error) < 0 ||
        run_of_source(store, SQL_REMOVE_OLD_MINUTES, id, earlier, error) < 0 ||
        run_of_source(store, SQL_DELETE_OLD_MINUTES, id, earlier, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (run_of_source(store, steps[i], id, NULL, error) < 0)
            return -1;
    }
    return 0;
}

int store_remove_leftovers(struct store *store, struct error *error)
{
    /* What stands on outages that lost incidents is made anew; the last step calls them fresh. */
    static const enum statement_id steps[] = {SQL_REMOVE_EMPTY_OUTAGES,   SQL_REMOVE_EMPTY_COUNTS,
                                              SQL_DELETE_EMPTY_OUTAGES,   SQL_CLEAR_OUTAGE_SERVERS,
                                              SQL_COLLECT_OUTAGE_SERVERS, SQL_RECOUNT_OUTAGES};

    for (uint32_t i = 0; i < store->source_count; i++) {
        if (store->earlier_sources[i].known && remove_leftovers_of(store, i, error) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct statement statement = store_statement(store, steps[i]);

        if (store_execute(store, &statement, error) < 0)
            return -1;
    }
    return 0;
}
