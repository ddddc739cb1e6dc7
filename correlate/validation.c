#include "correlate/validation.h"

#include "correlate/bailiwick.h"
#include "correlate/dnssec_signature.h"
#include "correlate/root_trust.h"
#include "correlate/verdict.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/load.h"

#define MESSAGES_MAX 96
/* The question and aliases: for each of them all messages are read. */
#define JUDGED_MAX 12

struct brief {
    struct dnssec_message messages[MESSAGES_MAX];
    const struct item *items[MESSAGES_MAX];
    struct name zones[MESSAGES_MAX]; /* size 0: not known */
    size_t count;
};

static void add(struct brief *brief, const struct item *item, const struct exchange_table *table)
{
    const struct exchange *exchange = item->exchange;
    const uint8_t *wire = exchange_wire(table, exchange);
    size_t at = brief->count;

    if (!wire)
        return;
    for (size_t i = 0; i < brief->count; i++)
        if (brief->items[i]->exchange == exchange)
            return;
    if (brief->count == MESSAGES_MAX)
        return;
    for (; at > 0 && brief->messages[at - 1].time_ns > exchange->response_ns; at--) {
        brief->messages[at] = brief->messages[at - 1];
        brief->items[at] = brief->items[at - 1];
        brief->zones[at] = brief->zones[at - 1];
    }
    brief->messages[at] =
        (struct dnssec_message){wire, exchange->wire_bytes, exchange->response_ns};
    item_zone(item, &brief->zones[at]);
    brief->items[at] = item;
    brief->count++;
}

/* What leads back up, or to where its sender has no say, is none either. */
static bool misleads(const struct inquiry *inquiry, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    struct name qname, cut;

    if (item->outcome == OUTCOME_UPWARD_REFERRAL)
        return true;
    if (exchange->kind != ANSWER_REFERRAL || exchange->response_flags & DNS_AA ||
        item->to_forwarder || exchange->authority_labels == LABELS_UNKNOWN)
        return false;
    exchange_name(exchange, &qname);
    zone_of_labels(&qname, exchange->authority_labels, &cut);
    return !bailiwick_delegates(inquiry->knowledge->world, &exchange->server, &qname, &cut);
}

/* What the resolver got in this try, but from `except`. Answers that it did not take are none: they
 * may be another's. */
static void prepare(struct brief *brief, const struct inquiry *inquiry,
                    const struct address *except)
{
    brief->count = 0;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (item->active && item->exchange->responded &&
            item->exchange->response_ns <= inquiry->failed_ns + SECOND_NS &&
            item->outcome != OUTCOME_TRUNCATED && !misleads(inquiry, item) &&
            !(except && address_equal(&item->exchange->server, except)))
            add(brief, item, inquiry->knowledge->exchanges);
    }
}

static void blame(const struct inquiry *inquiry, const struct brief *brief,
                  const struct dnssec_verdict *verdict,
                  struct blamed_server servers[BLAMED_SERVERS_MAX], unsigned *count)
{
    *count = 0;
    for (size_t i = 0; i < brief->count && *count < BLAMED_SERVERS_MAX; i++) {
        const struct item *item = brief->items[i];
        struct blamed_server *server = &servers[*count];
        struct name zone;
        bool known = false;

        item_zone(item, &zone);
        if (!name_equal(&zone, &verdict->zone) && (int)i != verdict->message)
            continue;
        for (unsigned j = 0; j < *count && !known; j++)
            known = address_equal(&servers[j].address, &item->exchange->server);
        if (known)
            continue;
        server->address = item->exchange->server;
        server->outcome = item->outcome;
        world_server_name(inquiry->knowledge->world, &server->address, &zone, &server->name);
        (*count)++;
    }
    servers_sort(servers, *count);
}

/* Whoever signs as a zone above his own, or says what its keys are, says nothing of that zone. */
static bool is_of_zone(const struct inquiry *inquiry, const struct item *item,
                       const struct name *zone)
{
    const struct world *world = inquiry->knowledge->world;
    const struct exchange *exchange = item->exchange;
    uint64_t zone_hash = hash_bytes(zone->bytes, zone->size_bytes);
    struct name qname;

    exchange_name(exchange, &qname);
    if (item->to_forwarder ||
        !name_is_within(qname.bytes, qname.size_bytes, zone->bytes, zone->size_bytes))
        return true;
    if (item->zone_labels != LABELS_UNKNOWN)
        return name_labels(zone->bytes) >= item->zone_labels ||
               world_serves(world, &exchange->server, zone_hash);
    return bailiwick_covers_zone(world, &exchange->server, &qname, exchange->qtype, zone);
}

bool validation_judge(const struct inquiry *inquiry, const struct address *except,
                      struct dnssec_verdict *verdict,
                      struct blamed_server servers[BLAMED_SERVERS_MAX], unsigned *server_count)
{
    const struct knowledge *knowledge = inquiry->knowledge;
    const struct anchors *anchors = root_trust_anchors(knowledge);
    struct work work = work_whole();
    struct dnssec_verdict found;
    unsigned judged = 0;
    struct brief brief;

    prepare(&brief, inquiry, except);
    *server_count = 0;
    for (unsigned i = 0; i < inquiry->target_count && judged < JUDGED_MAX; i++) {
        const struct target *target = &inquiry->targets[i];
        struct dnssec_question question = {.type = target->qtype,
                                           .time_ns = inquiry->failed_ns,
                                           .messages = brief.messages,
                                           .message_count = brief.count,
                                           .zones = brief.zones,
                                           .keyring = knowledge->keyring,
                                           .anchors = anchors,
                                           .work = &work};

        if (target->why != DEPENDENCY_QUESTION && target->why != DEPENDENCY_ALIAS)
            continue;
        question.name = target->name;
        dnssec_judge(&question, &found);
        if (found.status == DNSSEC_BOGUS && found.message >= 0 &&
            !is_of_zone(inquiry, brief.items[found.message], &found.zone))
            found = (struct dnssec_verdict){.status = DNSSEC_INDETERMINATE, .message = -1};
        if (judged++ == 0 || found.status == DNSSEC_BOGUS)
            *verdict = found;
        if (found.status == DNSSEC_BOGUS)
            break;
    }
    if (judged > 0)
        blame(inquiry, &brief, verdict, servers, server_count);
    return judged > 0;
}

/* Keys and DS records without EDNS, which signatures need: asked for by who validates, of who
 * answers nothing else. */
static bool is_without_edns(const struct item *item)
{
    return !(item->exchange->signals & SIGNAL_EDNS) && item->outcome == OUTCOME_ANSWER &&
           (item->why == DEPENDENCY_DNSKEY || item->why == DEPENDENCY_DS);
}

/* Something that is signed, or signed proof that there is no such thing, without the signatures: no
 * wonder if the resolver went on to ask others. A server that says so with authority has the zone
 * itself, unsigned. */
static bool is_stripped(const struct item *item)
{
    const struct exchange *exchange = item->exchange;

    return item->to_forwarder && (item->usable || item->outcome == OUTCOME_ANSWER) &&
           (exchange->signals & SIGNAL_DNSSEC_OK || is_without_edns(item)) &&
           !(exchange->signals & SIGNAL_SIGNATURES) &&
           (exchange->qtype == TYPE_DNSKEY || exchange->qtype == TYPE_DS) &&
           (item->outcome == OUTCOME_ANSWER || !(exchange->response_flags & DNS_AA));
}

static bool gives_signatures(const struct inquiry *inquiry, const struct address *forwarder)
{
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (item->to_forwarder && item->usable && item->exchange->signals & SIGNAL_SIGNATURES &&
            address_equal(&item->exchange->server, forwarder))
            return true;
    }
    return false;
}

bool validation_forwarder_strips(const struct inquiry *inquiry, struct blamed_server *forwarder)
{
    for (unsigned i = inquiry->item_count; i-- > 0;) {
        const struct item *item = &inquiry->items[i];

        if (!is_stripped(item) || gives_signatures(inquiry, &item->exchange->server))
            continue;
        *forwarder =
            (struct blamed_server){.address = item->exchange->server, .outcome = item->outcome};
        return true;
    }
    return false;
}

bool validation_forwarder_lacks_edns(const struct inquiry *inquiry, const struct address *forwarder)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (is_stripped(&inquiry->items[i]) && is_without_edns(&inquiry->items[i]) &&
            address_equal(&inquiry->items[i].exchange->server, forwarder))
            return true;
    return false;
}

/* An answer that would need signatures, and has none. */
static bool is_withheld(const struct item *item)
{
    const struct exchange *exchange = item->exchange;

    return item->active && item->to_forwarder && item->usable &&
           item->outcome != OUTCOME_REFERRAL && item->outcome != OUTCOME_NOT_SEEN &&
           (exchange->signals & (SIGNAL_DNSSEC_OK | SIGNAL_SIGNATURES)) == SIGNAL_DNSSEC_OK;
}

#define ANSWERS_AT   6
#define AUTHORITY_AT 8

/* Is the nearest name at or above it of which keys, DS or proof of their absence are known, below
 * the top-level domains, a zone that is signed? */
static bool find_signed_above(const struct keyring *keyring, const struct name *name,
                              struct name *zone)
{
    struct keyring_entry entry;

    for (unsigned labels = name_labels(name->bytes); labels > 1; labels--) {
        name_set_ancestor(zone, name, labels);
        if (keyring_find(keyring, zone, TYPE_DNSKEY, 0, &entry) == 0 &&
            load_u16(entry.wire + ANSWERS_AT) > 0)
            return true;
        if (keyring_find(keyring, zone, TYPE_DS, 0, &entry) == 0 &&
            load_u16(entry.wire + AUTHORITY_AT) > 0)
            return false;
    }
    return false;
}

bool validation_forwarder_withholds(const struct inquiry *inquiry, struct blamed_server *forwarder,
                                    struct name *zone)
{
    const struct name *qname = &inquiry->targets[0].name;

    for (unsigned i = inquiry->item_count; i-- > 0;) {
        const struct item *item = &inquiry->items[i];

        if (item->target != 0 || !is_withheld(item) || !exchange_is_about(item->exchange, qname) ||
            !find_signed_above(inquiry->knowledge->keyring, qname, zone))
            continue;
        *forwarder =
            (struct blamed_server){.address = item->exchange->server, .outcome = item->outcome};
        return true;
    }
    return false;
}
