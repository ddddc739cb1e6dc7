#include "correlate/ending.h"

#include <stdlib.h>

#include "correlate/bailiwick.h"
#include "correlate/dnssec_reply.h"
#include "correlate/family.h"
#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/hash_words.h"
#include "decode/load.h"
#include "decode/rare.h"

/* A key's signatures over one type in a zone, near their end. */
struct ending {
    int64_t expiration_ns, told_ns;
};

struct endings {
    struct table *table; /* by zone, type and key */
    struct forecast_queue *queue;
};

struct endings *endings_new(uint64_t memory_bytes, struct forecast_queue *queue)
{
    struct endings *endings = calloc(1, sizeof(*endings));
    uint64_t cost = table_slot_cost(sizeof(struct ending));

    if (!endings)
        return NULL;
    endings->queue = queue;
    endings->table =
        table_new(sizeof(struct ending), (uint32_t)(memory_bytes / cost + 16), NULL, NULL);
    if (!endings->table) {
        free(endings);
        return NULL;
    }
    return endings;
}

void endings_free(struct endings *endings)
{
    if (!endings)
        return;
    table_free(endings->table);
    free(endings);
}

/* Seconds modulo 2^32, meant within 68 years of now (RFC 4034 section 3.1.5). */
static int64_t expand_time(uint32_t stamp, int64_t now_ns)
{
    int64_t now_s = now_ns / SECOND_NS;

    return (now_s + (int32_t)(stamp - (uint32_t)now_s)) * SECOND_NS;
}

/* By its stamps. */
static bool nears_its_end(uint32_t inception, uint32_t expiration, int64_t now_ns)
{
    int64_t expiration_ns = expand_time(expiration, now_ns);
    int64_t left_ns = expiration_ns - now_ns;

    return left_ns < SIGNATURE_NEAR_END_NS &&
           left_ns < (expiration_ns - expand_time(inception, now_ns)) / 3;
}

static bool read_signer(struct name *signer, const uint8_t *rdata, size_t rdata_size)
{
    size_t size = name_measure(rdata + RRSIG_FIXED, rdata_size - RRSIG_FIXED);

    signer->size_bytes = (uint8_t)size;
    name_lower(signer->bytes, rdata + RRSIG_FIXED, size);
    return size > 0;
}

static uint64_t ending_key(const struct signature_sight *sight)
{
    return hash_mix(hash_bytes(sight->zone.bytes, sight->zone.size_bytes),
                    (uint64_t)sight->type_covered << 24 | (uint64_t)sight->key_tag << 8 |
                        sight->algorithm);
}

static void tell_signature(struct endings *endings, const struct signature_sight *sight)
{
    struct forecast *forecast = forecast_queue_add(endings->queue, FINDING_SIGNATURE);

    if (forecast)
        forecast->signature = *sight;
}

/* An answer, and what decides whose it may be. */
struct sight {
    const struct world *world;
    const struct event *event;
    const struct answer *answer;
    bool forwarded;
};

/* Of a referral the zone above the cut is who signs. */
static bool may_sign_referral(const struct sight *sight, const struct name *signer)
{
    const struct name *qname = &sight->event->dns.qname;
    const struct address *server = &sight->event->flow.source;
    struct name cut;

    name_set_ancestor(&cut, qname, sight->answer->authority_labels);
    return bailiwick_delegates(sight->world, server, qname, &cut) &&
           bailiwick_covers_zone(sight->world, server, &cut, TYPE_DS, signer);
}

/* Anybody can write any zone's name into a signature. Aliases lead to others' zones. */
static bool may_sign(const struct sight *sight, const struct name *signer)
{
    const struct name *qname = &sight->event->dns.qname, *target = &sight->answer->target;
    const struct dns_message *message = &sight->event->dns;

    if (sight->forwarded)
        return name_is_within(qname->bytes, qname->size_bytes, signer->bytes, signer->size_bytes) ||
               (sight->answer->chained && name_is_within(target->bytes, target->size_bytes,
                                                         signer->bytes, signer->size_bytes));
    if (sight->answer->kind == ANSWER_REFERRAL && !(message->flags & DNS_AA) &&
        sight->answer->authority_labels != LABELS_UNKNOWN)
        return may_sign_referral(sight, signer);
    return bailiwick_covers_zone(sight->world, &sight->event->flow.source, qname, message->qtype,
                                 signer);
}

/* One that nears its end, or one that may be there in the place of one that did. */
static RARE void see_ending(struct endings *endings, const struct sight *seen, const uint8_t *rdata,
                            size_t rdata_size, bool near)
{
    const struct event *event = seen->event;
    struct signature_sight sight = {
        .time_ns = event->time_ns,
        .source = event->source,
        .server = event->flow.source,
        .inception_ns = expand_time(load_u32(rdata + 12), event->time_ns),
        .expiration_ns = expand_time(load_u32(rdata + 8), event->time_ns)};
    struct ending *ending;
    uint64_t key;

    if (!read_signer(&sight.zone, rdata, rdata_size) || !may_sign(seen, &sight.zone))
        return;
    sight.type_covered = load_u16(rdata);
    sight.algorithm = rdata[2];
    sight.key_tag = load_u16(rdata + 16);
    key = ending_key(&sight);
    ending = table_find(endings->table, key);
    if (!ending && !near)
        return;
    if (!ending) {
        ending = table_add(endings->table, key,
                           name_family_hash(sight.zone.bytes, sight.zone.size_bytes));
    } else if (sight.expiration_ns <= ending->expiration_ns) {
        /* An older one is not what ends last; the same one is told once in a while. */
        if (sight.expiration_ns < ending->expiration_ns ||
            sight.time_ns - ending->told_ns < HOUR_NS)
            return;
    }
    tell_signature(endings, &sight);
    *ending = (struct ending){sight.expiration_ns, sight.time_ns};
    if (!near)
        table_remove(endings->table, ending);
}

static void see_signature(struct endings *endings, const struct sight *seen, const uint8_t *rdata,
                          size_t rdata_size)
{
    bool near;

    if (rdata_size <= RRSIG_FIXED)
        return;
    near = nears_its_end(load_u32(rdata + 12), load_u32(rdata + 8), seen->event->time_ns);
    if (near || table_used(endings->table) > 0)
        see_ending(endings, seen, rdata, rdata_size, near);
}

void endings_see_answer(struct endings *endings, const struct knowledge *knowledge,
                        const struct event *event, const struct exchange *exchange,
                        const struct answer *answer)
{
    struct sight seen = {knowledge->world, event, answer, exchange->query_flags & DNS_RD};

    for (unsigned i = 0; i < answer->signature_count; i++)
        see_signature(endings, &seen, answer->signature_records[i].rdata,
                      answer->signature_records[i].rdata_size);
}
