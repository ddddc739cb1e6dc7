#include "correlate/failure.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/hash.h"

struct failures {
    struct table *table;     /* struct failure, by question and by zone; the newest first */
    struct table *unchecked; /* int64_t, by question */
};

struct failures *failures_new(uint64_t memory_bytes)
{
    struct failures *failures = calloc(1, sizeof(*failures));

    if (!failures)
        return NULL;
    failures->table =
        table_new(sizeof(struct failure),
                  (uint32_t)(memory_bytes * 7 / 8 / table_slot_cost(sizeof(struct failure)) + 16),
                  NULL, NULL);
    failures->unchecked =
        table_new(sizeof(int64_t),
                  (uint32_t)(memory_bytes / 8 / table_slot_cost(sizeof(int64_t)) + 16), NULL, NULL);
    if (!failures->table || !failures->unchecked) {
        failures_free(failures);
        return NULL;
    }
    return failures;
}

void failures_free(struct failures *failures)
{
    if (!failures)
        return;
    table_free(failures->table);
    table_free(failures->unchecked);
    free(failures);
}

/* Types are 16 bits wide: no question has this one. */
#define ZONE_TAG 0x10000u

static uint64_t key_of(const struct address *resolver, uint64_t name_hash, uint32_t tag)
{
    return hash_mix(hash_mix(name_hash, tag), hash_bytes(resolver, sizeof(*resolver)));
}

static void set(struct failure *failure, const struct incident *incident)
{
    *failure = (struct failure){.identity = incident->identity,
                                .outage = incident->outage,
                                .time_ns = incident->time_ns,
                                .cause = incident->cause};
    failure->zone = incident->zone;
    failure->server_count =
        incident->server_count < FAILURE_SERVERS_MAX ? incident->server_count : FAILURE_SERVERS_MAX;
    memcpy(failure->servers, incident->servers,
           failure->server_count * sizeof(failure->servers[0]));
}

/* Judgements come in the order of the SERVFAILs, so a record is overwritten by the next failure
 * only: but the first of several joined to one fetch stays the origin. */
static void remember(struct failures *failures, uint64_t key, uint64_t holder,
                     const struct incident *incident)
{
    struct failure *failure = table_find(failures->table, key);

    if (!failure)
        failure = table_add(failures->table, key, holder);
    else if (incident->time_ns - failure->time_ns < 50 * MILLISECOND_NS)
        return;
    else
        table_touch(failures->table, failure);
    set(failure, incident);
}

bool failure_has_reason(enum cause cause)
{
    return cause != CAUSE_RESOLVER_NO_UPSTREAM &&
           strcmp(cause_category(cause), "unattributed") != 0;
}

void failures_remember(struct failures *failures, const struct address *resolver,
                       const struct incident *incident)
{
    const struct name *qname = &incident->qname;
    uint64_t holder;

    if (qname->size_bytes == 0)
        return;
    holder = name_family_hash(qname->bytes, qname->size_bytes);
    remember(failures,
             key_of(resolver, hash_bytes(qname->bytes, qname->size_bytes), incident->qtype), holder,
             incident);
    if (incident->zone.size_bytes && failure_has_reason(incident->cause))
        remember(
            failures,
            key_of(resolver, hash_bytes(incident->zone.bytes, incident->zone.size_bytes), ZONE_TAG),
            holder, incident);
}

static const struct failure *find(const struct failures *failures, uint64_t key, int64_t until_ns)
{
    const struct failure *failure = table_find(failures->table, key);

    if (!failure || failure->time_ns > until_ns || failure->time_ns < until_ns - FAILURE_MEMORY_NS)
        return NULL;
    return failure;
}

const struct failure *failures_of_question(const struct failures *failures,
                                           const struct address *resolver, uint64_t name_hash,
                                           uint16_t qtype, int64_t until_ns)
{
    return find(failures, key_of(resolver, name_hash, qtype), until_ns);
}

const struct failure *failures_of_zone(const struct failures *failures,
                                       const struct address *resolver, const uint8_t *zone,
                                       size_t zone_size, int64_t until_ns)
{
    return find(failures, key_of(resolver, hash_bytes(zone, zone_size), ZONE_TAG), until_ns);
}

void failures_see_unchecked(struct failures *failures, const struct exchange *exchange)
{
    uint64_t key = hash_mix(exchange->name_hash, exchange->qtype);
    int64_t *time_ns = table_find(failures->unchecked, key);

    if (!time_ns)
        time_ns = table_add(failures->unchecked, key,
                            hash_bytes(&exchange->asker, sizeof(exchange->asker)));
    *time_ns = exchange->response_ns;
}

int64_t failures_unchecked_ns(const struct failures *failures, uint64_t name_hash, uint16_t qtype)
{
    const int64_t *time_ns = table_find(failures->unchecked, hash_mix(name_hash, qtype));

    return time_ns ? *time_ns : NEVER;
}

void failures_count(const struct failures *failures, struct table_fill *fill)
{
    table_count(failures->table, fill);
}
