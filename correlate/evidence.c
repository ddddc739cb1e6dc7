#include "correlate/evidence.h"

/* What failed comes before what did not, and of these the question itself before what it needed. */
#define WEIGHT_MOST 3

static int evidence_weight(const struct item *item)
{
    return (item->usable ? 0 : 2) +
           (item->why == DEPENDENCY_QUESTION || item->why == DEPENDENCY_FORWARDED);
}

static bool is_listed(const struct item *const *list, unsigned count, const struct item *item)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i]->exchange == item->exchange)
            return true;
    return false;
}

static void fill(const struct inquiry *inquiry, const struct item *item, struct evidence *evidence)
{
    const struct exchange *exchange = item->exchange;

    evidence->time_ns = exchange_begin(exchange);
    evidence->response_time_ns = exchange->response_ns;
    evidence->server = exchange->server;
    item_zone(item, &evidence->zone);
    world_server_name(inquiry->knowledge->world, &exchange->server, &evidence->zone,
                      &evidence->server_name);
    evidence->transport = (enum transport)exchange->transport;
    exchange_name(exchange, &evidence->qname);
    evidence->qtype = exchange->qtype;
    evidence->outcome = item->outcome;
    evidence->why = item->why;
    evidence->source =
        exchange->query_ns != NEVER ? exchange->query_source : exchange->response_source;
    evidence->frame =
        exchange->query_ns != NEVER ? exchange->query_frame : exchange->response_frame;
    evidence->response_source = exchange->response_source;
    evidence->response_frame = exchange->response_frame;
}

static int evidence_order(const struct item *a, const struct item *b)
{
    int64_t a_ns = exchange_begin(a->exchange), b_ns = exchange_begin(b->exchange);

    if (a_ns != b_ns)
        return a_ns < b_ns ? -1 : 1;
    if (a->exchange->query_frame != b->exchange->query_frame)
        return a->exchange->query_frame < b->exchange->query_frame ? -1 : 1;
    return address_compare(&a->exchange->server, &b->exchange->server);
}

void evidence_collect(const struct inquiry *inquiry, struct incident *incident)
{
    const struct item *list[EVIDENCE_MAX];
    unsigned count = 0;

    for (int weight = WEIGHT_MOST; weight >= 0; weight--) {
        for (unsigned i = 0; i < inquiry->item_count && count < EVIDENCE_MAX; i++) {
            const struct item *item = &inquiry->items[i];
            unsigned at = count;

            if (!item->active || evidence_weight(item) != weight || is_listed(list, count, item))
                continue;
            for (; at > 0 && evidence_order(item, list[at - 1]) < 0; at--)
                list[at] = list[at - 1];
            list[at] = item;
            count++;
        }
    }
    for (unsigned i = 0; i < count; i++)
        fill(inquiry, list[i], &incident->evidence[i]);
    incident->evidence_count = count;
    incident->evidence_total = count < EVIDENCE_MAX ? count : inquiry_count_active(inquiry, false);
}
