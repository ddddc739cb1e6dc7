#include "correlate/unseen.h"

/* One that it knows, kresd asks again after 20 ms and the time that an answer takes. */
#define SHORTEST_RETRY_NS (15 * MILLISECOND_NS)
/* Who waits in vain fails after 3 s (pdns) or later. */
#define SHORTEST_PATIENCE_NS (3 * SECOND_NS)

/* What a resolver did after a query that nobody seems to have answered. */
enum reaction { WAITED, FAILED_AT_ONCE, WENT_ON };

static bool is_silent(const struct item *item)
{
    return item->active && item->outcome == OUTCOME_TIMEOUT;
}

static bool asks_the_same(const struct item *item, const struct item *other)
{
    return item->exchange->name_hash == other->exchange->name_hash &&
           item->exchange->qtype == other->exchange->qtype;
}

/* Was the other asked as a server of a zone below? */
static bool is_deeper(const struct item *item, const struct item *other)
{
    return item->zone_labels != LABELS_UNKNOWN && !other->to_forwarder &&
           (other->zone_labels == LABELS_UNKNOWN || other->zone_labels > item->zone_labels);
}

/* May a resolver do this that waited for `silent` in vain? A server that is asked the same at once
 * is asked because of an answer, and so is one of a zone below. */
static bool is_retry(const struct item *silent, const struct item *item)
{
    int64_t later_ns = item->exchange->query_ns - silent->exchange->query_ns;

    return asks_the_same(silent, item) &&
           (!item->exchange->responded ||
            (later_ns >= SHORTEST_RETRY_NS && !is_deeper(silent, item)));
}

/* Was this asked because of an answer to `silent`? */
static bool follows(const struct item *silent, const struct item *item)
{
    const struct exchange *above = silent->exchange, *below = item->exchange;

    return below->query_ns > above->query_ns &&
           (item->usable || (below->responded && is_deeper(silent, item))) &&
           name_is_within(exchange_name_wire(below), below->name_size, exchange_name_wire(above),
                          above->name_size);
}

/* Did the resolver fail at once? An ICMP error that was not captured would look like that, too, of
 * a server that never answers. */
static bool fails_at_once(const struct inquiry *inquiry, const struct exchange *exchange)
{
    const struct server *server = parties_server(inquiry->knowledge->parties, &exchange->server);

    return exchange->query_ns >= inquiry->asked_ns - ASKED_TIE_NS &&
           inquiry->failed_ns - exchange->query_ns < FIRST_TIMER_NS &&
           inquiry->failed_ns - inquiry->begin_ns < SHORTEST_PATIENCE_NS && server &&
           server_answered_query_ns(server) != NEVER;
}

/* Who waits in vain asks again, or fails when his time is over. */
static enum reaction reaction_to(const struct inquiry *inquiry, const struct item *silent)
{
    bool follows_any = false;

    if (silent->exchange->query_ns == NEVER || silent->exchange->transmissions > 1)
        return WAITED;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (!item->active || item->exchange == silent->exchange)
            continue;
        if (is_retry(silent, item))
            return WAITED;
        follows_any |= follows(silent, item);
    }
    if (follows_any)
        return WENT_ON;
    return fails_at_once(inquiry, silent->exchange) ? FAILED_AT_ONCE : WAITED;
}

static bool is_told_by_others(const struct inquiry *inquiry, const struct item *silent)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && inquiry->items[i].exchange->responded &&
            asks_the_same(silent, &inquiry->items[i]))
            return true;
    return false;
}

static void note(const struct inquiry *inquiry, struct item *item)
{
    item->outcome = OUTCOME_NOT_SEEN;
    item->usable = true;
    item->active = !is_told_by_others(inquiry, item);
}

bool unseen_note(struct inquiry *inquiry)
{
    bool any = false, waited = false;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        struct item *item = &inquiry->items[i];
        enum reaction reaction;

        if (!is_silent(item))
            continue;
        reaction = reaction_to(inquiry, item);
        waited |= reaction == WAITED;
        if (reaction != WENT_ON)
            continue;
        note(inquiry, item);
        any = true;
    }
    /* Who waited before has no time left. */
    for (unsigned i = 0; i < inquiry->item_count && !waited; i++) {
        if (!is_silent(&inquiry->items[i]))
            continue;
        note(inquiry, &inquiry->items[i]);
        any = true;
    }
    return any;
}
