#include "correlate/exchange_private.h"

#include <string.h>

#include "correlate/join.h"
#include "decode/flow_hash.h"
#include "decode/hash.h"

/* Exchanges of one name that a response is compared with: bounds in time. */
#define CONTRADICTED_MAX   256
#define ANSWERED_AGAIN_MAX 64

static struct candidate look(const void *slot)
{
    const struct exchange *exchange = slot;

    return (struct candidate){.name_hash = exchange->name_hash,
                              .query_ns = exchange->query_ns,
                              .last_query_ns = exchange->last_query_ns,
                              .response_ns = exchange->response_ns,
                              .qtype = exchange->qtype,
                              .qclass = exchange->qclass,
                              .name_size = exchange->name_size,
                              .responded = exchange->responded};
}

static void *older(const void *table, const void *slot)
{
    return table_find_next(table, slot);
}

static const struct joinable exchanges = {look, older};

static bool same_question(const struct exchange *exchange, const struct dns_message *message)
{
    struct candidate candidate = look(exchange);

    return candidate_asks(&candidate, message);
}

static bool is_mixed_case(const struct dns_message *message)
{
    return memcmp(message->qname_wire, message->qname.bytes, message->qname.size_bytes) != 0;
}

static uint32_t case_hash(const struct dns_message *message)
{
    return (uint32_t)hash_bytes(message->qname_wire, message->qname.size_bytes) | 1;
}

static void set_query(struct exchange *exchange, const struct event *event)
{
    exchange->query_ns = exchange->last_query_ns = event->time_ns;
    exchange->query_flags = event->dns.flags;
    exchange->query_frame = event->frame;
    exchange->query_source = event->source;
    exchange->transmissions = 1;
    if (exchange->name_size && is_mixed_case(&event->dns))
        exchange->case_hash = case_hash(&event->dns);
}

/* `newest` has the event's key; NULL: none has. */
static struct exchange *add(struct exchange_table *table, struct exchange *newest,
                            const struct event *event)
{
    struct exchange *surplus = join_surplus(&exchanges, table->table, newest);

    if (surplus)
        exchange_remove(table, surplus);
    return exchange_add(table, event->dns.exchange_hash, event, !newest);
}

/* The place of what ended well last under a key, and not before `since_ns`; 0: none did lately. */
static uint64_t find_answered(const struct lately *lately, uint64_t key, int64_t since_ns)
{
    for (unsigned i = 1; i <= LATELY; i++) {
        const struct answered *answered = &lately->answered[(lately->next + LATELY - i) % LATELY];

        if (answered->response_ns < since_ns)
            break;
        if (answered->key == key)
            return answered->place;
    }
    return 0;
}

/* What was answered before its query in the capture, as may be for QUERY_TIE_NS. */
static struct exchange *find_answered_alone(struct exchange_table *table, const struct event *event)
{
    uint64_t place =
        find_answered(&table->alone, event->dns.exchange_hash, event->time_ns - QUERY_TIE_NS);
    struct exchange *exchange =
        place ? exchange_log_alone(log_of_place(table, place), place_in_log(place)) : NULL;

    return exchange && same_question(exchange, &event->dns) ? exchange : NULL;
}

struct exchange *exchange_query(struct exchange_table *table, const struct event *event)
{
    struct exchange *newest = table_find(table->table, event->dns.exchange_hash);
    struct exchange *exchange = join_query(&exchanges, table->table, newest, event);

    if (exchange && exchange->query_ns != NEVER) {
        exchange->last_query_ns = event->time_ns;
        if (exchange->transmissions < UINT8_MAX)
            exchange->transmissions++;
        return exchange;
    }
    if (!exchange && event->time_ns - QUERY_TIE_NS <= table->alone_ns)
        exchange = find_answered_alone(table, event);
    if (!exchange)
        exchange = add(table, newest, event);
    set_query(exchange, event);
    return exchange;
}

/* None waits for longer than its asker tries. */
bool exchange_contradicted(struct exchange_table *table, const struct event *event)
{
    const struct flow *flow = &event->flow;
    struct exchange *exchange = exchange_newest(table, event->dns.qname_hash);
    int64_t since_ns = event->time_ns - 2 * RETRANSMISSION_NS;
    bool any = false;

    for (unsigned walked = 0;
         exchange && walked < CONTRADICTED_MAX && exchange_begin(exchange) > since_ns;
         exchange = exchange_at(table, exchange->name_older), walked++) {
        if (exchange->responded || exchange->asker_port != flow->destination_port ||
            !address_equal(&exchange->asker, &flow->destination) ||
            !same_question(exchange, &event->dns))
            continue;
        if (address_equal(&exchange->server, &flow->source))
            exchange->mismatch = OUTCOME_WRONG_ID;
        else if (exchange->id == event->dns.id)
            exchange->mismatch = OUTCOME_WRONG_SOURCE;
        else
            continue;
        any = true;
    }
    return any;
}

static bool is_answered_by(const struct exchange *exchange, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    return exchange->asker_port == event->flow.destination_port &&
           exchange->transport == message->transport && exchange->qtype == message->qtype &&
           exchange->qclass == message->qclass &&
           address_equal(&exchange->asker, &event->flow.destination) &&
           address_equal(&exchange->server, &event->flow.source) &&
           exchange_is_about(exchange, &message->qname);
}

/* A copy of the one in the log that the response answers again. That is a matter of seconds: it is
 * among the youngest of its name. */
static struct exchange *find_logged(struct exchange_table *table, const struct event *event)
{
    const struct dns_message *message = &event->dns;
    const struct exchange_log *log = table->archives[archive_of(message->qtype)].log;
    struct exchange *copy = &table->copy;
    uint64_t place = exchange_log_newest_alike(log, message->qname_hash);

    for (unsigned walked = 0; place != 0 && walked < ANSWERED_AGAIN_MAX;
         place = exchange_log_older_alike(log, place), walked++) {
        if (exchange_log_id(log, place) != message->id)
            continue;
        exchange_log_read(log, place, copy);
        copy->name_hash = message->qname_hash;
        if (is_answered_by(copy, event))
            return copy;
    }
    return NULL;
}

/* An asker that mixes cases (0x20) waits for an answer that echoes them, whatever else comes before
 * and behind it. Only where it does not come is the wrong one what there was. */
static void compare_case(struct exchange *exchange, const struct dns_message *message)
{
    if (!exchange->case_hash || !message->qname.size_bytes)
        return;
    if (exchange->case_hash != case_hash(message)) {
        if (!exchange->responded)
            exchange->signals |= SIGNAL_WRONG_CASE;
    } else if (exchange->signals & SIGNAL_WRONG_CASE) {
        exchange->signals &= (uint8_t)~SIGNAL_WRONG_CASE;
        exchange->responded = false;
    }
}

struct exchange *exchange_find(struct exchange_table *table, const struct event *event)
{
    struct exchange *newest = table_find(table->table, event->dns.exchange_hash);

    return newest ? newest : find_logged(table, event);
}

struct exchange *exchange_response(struct exchange_table *table, struct exchange *found,
                                   const struct event *event)
{
    struct exchange *exchange;

    if (found && found->place != 0)
        return found;
    if (!found)
        return exchange_contradicted(table, event)
                   ? NULL
                   : exchange_add(table, event->dns.exchange_hash, event, true);
    exchange = join_response(&exchanges, table->table, found, event);
    if (exchange) {
        compare_case(exchange, &event->dns);
        return exchange;
    }
    exchange = find_logged(table, event);
    if (!exchange && !found->responded && event->dns.qname.size_bytes)
        found->mismatch = OUTCOME_WRONG_QUESTION;
    return exchange;
}

struct exchange *exchange_add_unasked(struct exchange_table *table, const struct event *event)
{
    return add(table, table_find(table->table, event->dns.exchange_hash), event);
}

struct exchange *exchange_of_flow(struct exchange_table *table, const struct flow *flow,
                                  enum transport transport, uint16_t id)
{
    return table_find(table->table, flow_hash(flow, transport, id));
}

bool exchange_mark_answered(struct exchange_table *table, const struct flow *flow,
                            enum transport transport, uint16_t id, uint8_t signals)
{
    uint64_t place = find_answered(&table->lately, flow_hash(flow, transport, id), NEVER);

    return place && exchange_log_mark(log_of_place(table, place), place_in_log(place), signals);
}
