/* What the capture itself lost, of a source as a whole and by the minute. */
#include "store/private.h"

static int refuse_unless_begun(struct store *store, uint32_t source, struct error *error)
{
    if (store_source_id(store, source) != 0)
        return 0;
    store->refused = true;
    return error_set(error, "%s: health of a capture that was not begun", store->path);
}

static int add_loss(struct store *store, int64_t id, const char *kind, const char *reason,
                    uint64_t count, struct error *error)
{
    struct statement statement = store_statement(store, SQL_ADD_LOSS);

    bind_integer(&statement, id);
    bind_text(&statement, kind);
    bind_text(&statement, reason);
    bind_integer(&statement, (int64_t)count);
    return count == 0 ? 0 : store_execute(store, &statement, error);
}

static int add_losses(struct store *store, uint32_t source, const struct source_health *health,
                      struct error *error)
{
    struct statement statement = store_statement(store, SQL_CLEAR_LOSSES);
    int64_t id = store_source_id(store, source);

    bind_integer(&statement, id);
    if (store_execute(store, &statement, error) < 0)
        return -1;
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        if (add_loss(store, id, "dropped", drop_reason_code((enum drop_reason)i),
                     health->dropped[i], error) < 0)
            return -1;
    }
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (add_loss(store, id, "evicted", correlate_table_code((enum correlate_table)i),
                     health->evicted[i], error) < 0)
            return -1;
    }
    return add_loss(store, id, "evicted", "forecasts", sights_lost(store, source), error);
}

int store_set_health(struct store *store, uint32_t source, const struct source_health *health,
                     struct error *error)
{
    bool no_packet = health->first_time_ns == INT64_MAX;
    struct statement statement;

    if (refuse_unless_begun(store, source, error) < 0 || store_begin(store, error) < 0)
        return -1;
    statement = store_statement(store, SQL_SET_HEALTH);
    bind_integer(&statement, (int64_t)health->packets);
    bind_integer(&statement, (int64_t)health->dns_messages);
    bind_integer(&statement, (int64_t)health->dns_responses);
    bind_integer_unless(&statement, health->first_time_ns, no_packet);
    bind_integer_unless(&statement, health->last_time_ns, no_packet);
    bind_integer(&statement, store_source_id(store, source));
    if (store_execute(store, &statement, error) < 0)
        return -1;
    return add_losses(store, source, health, error);
}

int store_add_health(struct store *store, uint32_t source, const struct health_minute *health,
                     struct error *error)
{
    struct health_minute whole = *health;
    struct statement statement;

    if (refuse_unless_begun(store, source, error) < 0 || store_begin(store, error) < 0)
        return -1;
    whole.unstored_others += sights_lost_since(store, source);
    statement = store_statement(store, SQL_ADD_HEALTH);
    bind_integer(&statement, span_begin_ns(health->minute_ns, MINUTE_NS));
    bind_integer(&statement, store_source_id(store, source));
    bind_integer(&statement, store->run);
#define X(counter) bind_integer(&statement, (int64_t)whole.counter);
    HEALTH_COUNTERS(X)
#undef X
    return store_execute(store, &statement, error);
}
