#include "correlate/ending.h"

#include <stdlib.h>

#include "correlate/table.h"
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

/* The fixed part of an RRSIG's RDATA (RFC 4034 section 3.1), the signer's name behind it. */
#define RRSIG_FIXED 18

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

/* One that nears its end, or one that may be there in the place of one that did. */
static RARE void see_ending(struct endings *endings, const struct event *event,
                            const uint8_t *rdata, size_t rdata_size, bool near)
{
    struct signature_sight sight = {
        .time_ns = event->time_ns,
        .source = event->source,
        .server = event->flow.source,
        .inception_ns = expand_time(load_u32(rdata + 12), event->time_ns),
        .expiration_ns = expand_time(load_u32(rdata + 8), event->time_ns)};
    struct ending *ending;
    uint64_t key;

    if (!read_signer(&sight.zone, rdata, rdata_size))
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

static void see_signature(struct endings *endings, const struct event *event, const uint8_t *rdata,
                          size_t rdata_size)
{
    bool near;

    if (rdata_size <= RRSIG_FIXED)
        return;
    near = nears_its_end(load_u32(rdata + 12), load_u32(rdata + 8), event->time_ns);
    if (near || table_used(endings->table) > 0)
        see_ending(endings, event, rdata, rdata_size, near);
}

void endings_see_answer(struct endings *endings, const struct event *event,
                        const struct answer *answer)
{
    for (unsigned i = 0; i < answer->signature_count; i++)
        see_signature(endings, event, answer->signature_records[i].rdata,
                      answer->signature_records[i].rdata_size);
}
