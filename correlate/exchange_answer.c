#include "correlate/exchange_private.h"

#include <stdlib.h>
#include <string.h>

#include "decode/records.h"

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

/* Of what ended well the log will have a copy. */
static const struct name *alias_of(struct exchange_table *table, const struct exchange *exchange,
                                   const struct name *target)
{
    struct name *copy;

    if (exchange->ended_well)
        return target;
    copy = malloc(alias_bytes(target->size_bytes));
    if (copy) {
        name_copy(copy, target);
        table->owned_bytes += alias_bytes(target->size_bytes);
    }
    return copy;
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
    if (exchange->signals & SIGNAL_WRONG_CASE)
        return; /* the true one may still come */
    if (answer->signatures)
        exchange->signals |= SIGNAL_SIGNATURES;
    if (answer->ds)
        exchange->signals |= SIGNAL_DS;
    exchange->ended_well = ended_well(exchange);
    if (answer->chained)
        exchange->alias = alias_of(table, exchange, &answer->target);
    if (exchange->alias)
        exchange->signals |= SIGNAL_CHAINED;
}

void exchange_keep_wire(struct exchange_table *table, struct exchange *exchange,
                        const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (exchange->wire_bytes || message->cut)
        return;
    if (exchange->ended_well) {
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

static void note(struct lately *lately, const struct exchange *exchange, uint64_t place)
{
    lately->answered[lately->next] =
        (struct answered){table_key(exchange), place, exchange->response_ns};
    lately->next = (lately->next + 1) % LATELY;
}

void exchange_put_away(struct exchange_table *table, struct exchange *exchange)
{
    enum archive_kind kind = archive_of(exchange->qtype);
    uint64_t place;

    if (!exchange->ended_well)
        return;
    if (exchange->name_size > 0) {
        place = exchange_log_append(table->archives[kind].log, exchange);
        note(&table->lately, exchange, place_in_archives(place, kind));
        if (exchange->query_ns == NEVER) {
            note(&table->alone, exchange, place_in_archives(place, kind));
            table->alone_ns = exchange->response_ns;
        }
    }
    exchange_remove(table, exchange);
}

const uint8_t *exchange_wire(const struct exchange_table *table, const struct exchange *exchange)
{
    enum archive_kind kind =
        exchange->place ? archive_of_place(exchange->place) : archive_of(exchange->qtype);

    if (exchange->owns_wire)
        return exchange->own_wire;
    return exchange->wire_bytes ? wires_get(table->archives[kind].wires, exchange->wire_place)
                                : NULL;
}

bool exchange_follow_alias(const struct exchange_table *table, const struct exchange *exchange,
                           struct name *name)
{
    const uint8_t *wire = exchange_wire(table, exchange);
    struct records records;
    struct record record;

    if (!wire)
        return false;
    records_begin(&records, wire, exchange->wire_bytes);
    while (records_next(&records, &record))
        if (record.section == SECTION_ANSWER && record.type == TYPE_CNAME &&
            record_owner(&records, &record) && name_equal(&record.owner, name))
            return record_name(&records, &record, 0, name) == 0;
    return false;
}
