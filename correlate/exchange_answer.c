#include "correlate/exchange_private.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

/* A good answer from who should know. */
static bool ended_well(const struct exchange *exchange)
{
    if (!exchange->responded || (exchange->response_flags & DNS_TC) ||
        (exchange->rcode != RCODE_NOERROR && exchange->rcode != RCODE_NXDOMAIN) ||
        exchange->mismatch)
        return false;
    if (exchange->kind == ANSWER_REFERRAL)
        return true;
    return (exchange->kind == ANSWER_DATA || exchange->kind == ANSWER_SOA ||
            exchange->kind == ANSWER_ALIAS) &&
           (exchange->response_flags & (exchange->query_flags & DNS_RD ? DNS_RA : DNS_AA));
}

static struct exchange *young_at(const struct exchange_table *table, uint32_t at)
{
    return exchange_at(table, table->young[at < table->young_most ? at : at - table->young_most]);
}

/* Those that move next were not looked at for a while. Of each the slot is fetched first, then what
 * finds it and what will lead to its record, then the record of its name that was written last. */
static void foresee_moves(const struct exchange_table *table)
{
    const struct exchange *first = young_at(table, table->young_next);
    const struct exchange *second = young_at(table, table->young_next + 1);
    const uint8_t *third = (const uint8_t *)young_at(table, table->young_next + 2);

    for (size_t offset = 0; third && offset < sizeof(*first); offset += CACHE_LINE)
        __builtin_prefetch(third + offset, 1);
    if (second) {
        tag_index_prefetch(&table->by_name, second->name_hash);
        exchange_log_foresee(table->archives[archive_of(second->qtype)].log, second->name_hash, 0);
        table_prefetch_bucket(table->table, table_key(second));
    }
    if (first)
        exchange_log_foresee(table->archives[archive_of(first->qtype)].log, first->name_hash, 1);
}

/* The oldest of the young ones makes room in the ring: it moves into the log. */
static void enter_young(struct exchange_table *table, struct exchange *exchange)
{
    uint32_t at = table->young_next;
    struct exchange *oldest = exchange_at(table, table->young[at]);

    if (oldest) {
        if (oldest->name_size > 0)
            exchange_log_append(table->archives[archive_of(oldest->qtype)].log, oldest);
        exchange_remove(table, oldest);
    }
    table->young[at] = table_slot_number(table->table, exchange);
    exchange->young = at + 1;
    table->young_next = at + 1 < table->young_most ? at + 1 : 0;
    foresee_moves(table);
}

void exchange_set_answer(struct exchange_table *table, struct exchange *exchange,
                         const struct event *event, const struct answer *answer)
{
    exchange->responded = true;
    exchange->response_ns = event->time_ns;
    exchange->response_frame = event->frame;
    exchange->response_source = event->source;
    exchange->response_flags = event->dns.flags;
    exchange->rcode = answer->rcode;
    exchange->kind = (uint8_t)answer->kind;
    exchange->authority_labels = answer->authority_labels;
    if (answer->signatures)
        exchange->signals |= SIGNAL_SIGNATURES;
    if (answer->ds)
        exchange->signals |= SIGNAL_DS;
    if (ended_well(exchange))
        enter_young(table, exchange);
    exchange_drop_alias(table, exchange);
    if (answer->chained) {
        exchange->alias = malloc(alias_bytes(answer->target.size_bytes));
        if (!exchange->alias)
            return;
        name_copy(exchange->alias, &answer->target);
        table->owned_bytes += alias_bytes(answer->target.size_bytes);
        exchange->signals |= SIGNAL_CHAINED;
    }
}

void exchange_keep_wire(struct exchange_table *table, struct exchange *exchange,
                        const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (exchange->wire_bytes || message->cut)
        return;
    if (exchange->young) {
        exchange->wire_place = wires_put(table->archives[archive_of(exchange->qtype)].wires,
                                         message->wire, message->size_bytes);
        exchange->wire_bytes = exchange->wire_place ? message->size_bytes : 0;
        return;
    }
    exchange->own_wire = malloc(message->size_bytes);
    if (!exchange->own_wire)
        return;
    memcpy(exchange->own_wire, message->wire, message->size_bytes);
    exchange->wire_bytes = message->size_bytes;
    exchange->owns_wire = true;
    table->owned_bytes += exchange->wire_bytes;
}

const uint8_t *exchange_wire(const struct exchange_table *table, const struct exchange *exchange)
{
    if (exchange->owns_wire)
        return exchange->own_wire;
    return exchange->wire_bytes
               ? wires_get(table->archives[archive_of(exchange->qtype)].wires, exchange->wire_place)
               : NULL;
}
