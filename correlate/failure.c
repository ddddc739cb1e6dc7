#include "correlate/failure.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/family.h"
#include "correlate/table.h"
#include "decode/hash.h"

struct failures {
    struct table *table;     /* struct failure, by question and by zone; the newest first */
    struct table *unchecked; /* int64_t, by question */
    uint64_t blamed_bytes, blamed_limit_bytes;
};

/* For dividing memory: a zone and two servers with their names. */
#define BLAMED_TYPICAL_BYTES 112

static void release(void *context, void *slot)
{
    struct failures *failures = context;
    struct failure *failure = slot;

    failures->blamed_bytes -= failure->blamed_bytes;
    free(failure->blamed);
}

struct failures *failures_new(uint64_t memory_bytes)
{
    struct failures *failures = calloc(1, sizeof(*failures));
    size_t cost = table_slot_cost(sizeof(struct failure)) + BLAMED_TYPICAL_BYTES;
    uint32_t capacity;

    if (!failures)
        return NULL;
    capacity = (uint32_t)(memory_bytes * 7 / 8 / cost + 16);
    failures->blamed_limit_bytes = (uint64_t)capacity * BLAMED_TYPICAL_BYTES;
    failures->table = table_new(sizeof(struct failure), capacity, release, failures);
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

static uint64_t key_of(const struct address *resolver, uint64_t name_hash, uint64_t tag)
{
    return hash_mix(hash_mix(name_hash, tag), hash_bytes(resolver, sizeof(*resolver)));
}

static uint64_t key_of_question(const struct address *resolver, const struct question_key *question)
{
    return key_of(resolver, question->name_hash,
                  (uint64_t)question->qclass << 16 | question->qtype);
}

/* No question has a class and type of more than 32 bits. */
#define ZONE_TAG      (UINT64_C(1) << 32)
#define FORWARDED_TAG (UINT64_C(2) << 32)
#define SIBLING_TAG   (UINT64_C(3) << 32)
/* Of which of a name's ancestors it is remembered that its forwarders were down. */
#define FORWARDED_LABELS_MAX 4

static uint64_t key_of_zone(const struct address *resolver, const struct name *zone,
                            uint16_t qclass)
{
    return key_of(resolver, hash_bytes(zone->bytes, zone->size_bytes), ZONE_TAG | qclass);
}

static uint64_t key_of_forwarded(const struct address *resolver, const struct name *name,
                                 uint16_t qclass)
{
    return key_of(resolver, hash_bytes(name->bytes, name->size_bytes), FORWARDED_TAG | qclass);
}

static uint64_t key_of_siblings(const struct address *resolver, const struct name *qname,
                                uint16_t qclass)
{
    struct name parent;

    name_set_ancestor(&parent, qname, name_labels(qname->bytes) - 1);
    return key_of(resolver, hash_bytes(parent.bytes, parent.size_bytes), SIBLING_TAG | qclass);
}

/* What failed, packed: the zone's name, and of each server its address, what came of it and its
 * name. Names stand behind their sizes. */

static uint8_t *pack_name(uint8_t *at, const struct name *name)
{
    *at++ = name->size_bytes;
    memcpy(at, name->bytes, name->size_bytes);
    return at + name->size_bytes;
}

static const uint8_t *unpack_name(const uint8_t *at, struct name *name)
{
    name->size_bytes = *at++;
    memcpy(name->bytes, at, name->size_bytes);
    return at + name->size_bytes;
}

static uint8_t *pack_server(uint8_t *at, const struct blamed_server *server)
{
    memcpy(at, &server->address, sizeof(server->address));
    at += sizeof(server->address);
    *at++ = (uint8_t)server->outcome;
    return pack_name(at, &server->name);
}

#define NAME_PACKED_MAX   (1 + NAME_MAX_BYTES)
#define SERVER_PACKED_MAX (sizeof(struct address) + 1 + NAME_PACKED_MAX)

/* Out of memory: nobody is blamed. */
static void set_blamed(struct failures *failures, struct failure *failure, const struct name *zone,
                       const struct incident *incident)
{
    uint8_t packed[NAME_PACKED_MAX + FAILURE_SERVERS_MAX * SERVER_PACKED_MAX];
    uint8_t *end = pack_name(packed, zone);
    unsigned count =
        incident->server_count < FAILURE_SERVERS_MAX ? incident->server_count : FAILURE_SERVERS_MAX;
    size_t size;

    for (unsigned i = 0; i < count; i++)
        end = pack_server(end, &incident->servers[i]);
    size = (size_t)(end - packed);
    release(failures, failure);
    failure->blamed = malloc(size);
    failure->blamed_bytes = failure->blamed ? (uint16_t)size : 0;
    failure->server_count = failure->blamed ? (uint8_t)count : 0;
    if (failure->blamed)
        memcpy(failure->blamed, packed, size);
    failures->blamed_bytes += failure->blamed_bytes;
}

void failure_zone(const struct failure *failure, struct name *zone)
{
    zone->size_bytes = 0;
    if (failure->blamed)
        (void)unpack_name(failure->blamed, zone);
}

unsigned failure_servers(const struct failure *failure, struct blamed_server *servers)
{
    const uint8_t *at = failure->blamed ? failure->blamed + 1 + failure->blamed[0] : NULL;

    for (unsigned i = 0; i < failure->server_count; i++) {
        memcpy(&servers[i].address, at, sizeof(servers[i].address));
        at += sizeof(servers[i].address);
        servers[i].outcome = (enum outcome) * at++;
        at = unpack_name(at, &servers[i].name);
    }
    return failure->server_count;
}

static void set(struct failures *failures, struct failure *failure, const struct name *zone,
                const struct incident *incident)
{
    failure->identity = incident->identity;
    failure->outage = incident->outage;
    failure->time_ns = incident->time_ns;
    failure->cause = incident->cause;
    set_blamed(failures, failure, zone, incident);
    while (failures->blamed_bytes > failures->blamed_limit_bytes)
        table_evict(failures->table); /* perhaps this one */
}

/* Has the client that fails now joined the fetch that this was the failure of? What lies far ahead
 * was seen before the clock was set back. */
static bool is_joined(const struct failure *failure, int64_t time_ns)
{
    return time_ns < failure->time_ns + SAME_MOMENT_NS && time_ns > failure->time_ns - FUTURE_NS;
}

/* Judgements come in the order of the SERVFAILs, so a record is overwritten by the next failure
 * only: but the first of several joined to one fetch stays the origin. */
static void remember(struct failures *failures, uint64_t key, uint64_t holder,
                     const struct name *zone, const struct incident *incident)
{
    struct failure *failure = table_find(failures->table, key);

    if (!failure)
        failure = table_add(failures->table, key, holder);
    else if (is_joined(failure, incident->time_ns))
        return;
    else
        table_touch(failures->table, failure);
    set(failures, failure, zone, incident);
}

bool failure_has_reason(enum cause cause)
{
    return cause != CAUSE_RESOLVER_NO_UPSTREAM &&
           strcmp(cause_category(cause), "unattributed") != 0;
}

/* Will other names of the zone fail of it, too? Not of what this question cost, or of what the
 * resolver ran out of. */
static bool is_the_zones(enum cause cause)
{
    return failure_has_reason(cause) && cause != CAUSE_RESOLVER_OVERLOAD &&
           cause != CAUSE_RESOLVER_LIMIT && cause != CAUSE_RESOLVER_DESPITE_ANSWERS;
}

/* Which domain is forwarded no packet tells: perhaps that of the name, perhaps all. */
static void remember_forwarders(struct failures *failures, const struct address *resolver,
                                const struct name *qname, uint64_t holder,
                                const struct incident *incident)
{
    struct name none = {.size_bytes = 0}, above;
    unsigned most = name_labels(qname->bytes);

    for (unsigned labels = 0; labels <= most && labels <= FORWARDED_LABELS_MAX; labels++) {
        name_set_ancestor(&above, qname, labels);
        remember(failures, key_of_forwarded(resolver, &above, incident->qclass), holder, &none,
                 incident);
    }
}

void failures_remember(struct failures *failures, const struct address *resolver,
                       const struct name *qname, const struct name *zone,
                       const struct incident *incident)
{
    struct question_key question = {hash_bytes(qname->bytes, qname->size_bytes), incident->qtype,
                                    incident->qclass};
    uint64_t holder;

    if (qname->size_bytes == 0)
        return;
    holder = name_family_hash(qname->bytes, qname->size_bytes);
    remember(failures, key_of_question(resolver, &question), holder, zone, incident);
    if (zone->size_bytes && is_the_zones(incident->cause))
        remember(failures, key_of_zone(resolver, zone, incident->qclass), holder, zone, incident);
    if (incident->cause == CAUSE_FORWARDER_DOWN)
        remember_forwarders(failures, resolver, qname, holder, incident);
}

void failures_remember_siblings(struct failures *failures, const struct address *resolver,
                                const struct name *qname, const struct incident *incident)
{
    const struct name none = {.size_bytes = 0};

    if (qname->size_bytes && name_labels(qname->bytes) > 1 &&
        is_the_zones(incident_first_cause(incident)))
        remember(failures, key_of_siblings(resolver, qname, incident->qclass),
                 name_family_hash(qname->bytes, qname->size_bytes), &none, incident);
}

static const struct failure *find(const struct failures *failures, uint64_t key, int64_t until_ns)
{
    const struct failure *failure = table_find(failures->table, key);

    if (!failure || failure->time_ns > until_ns || failure->time_ns < until_ns - FAILURE_MEMORY_NS)
        return NULL;
    return failure;
}

const struct failure *failures_of_question(const struct failures *failures,
                                           const struct address *resolver,
                                           const struct question_key *question, int64_t until_ns)
{
    return find(failures, key_of_question(resolver, question), until_ns);
}

const struct failure *failures_of_zone(const struct failures *failures,
                                       const struct address *resolver, const struct name *zone,
                                       uint16_t qclass, int64_t until_ns)
{
    return find(failures, key_of_zone(resolver, zone, qclass), until_ns);
}

const struct failure *failures_of_siblings(const struct failures *failures,
                                           const struct address *resolver, const struct name *qname,
                                           uint16_t qclass, int64_t until_ns)
{
    return name_labels(qname->bytes) > 1
               ? find(failures, key_of_siblings(resolver, qname, qclass), until_ns)
               : NULL;
}

const struct failure *failures_of_forwarders(const struct failures *failures,
                                             const struct address *resolver,
                                             const struct name *name, uint16_t qclass,
                                             int64_t until_ns)
{
    return find(failures, key_of_forwarded(resolver, name, qclass), until_ns);
}

void failures_see_unchecked(struct failures *failures, const struct exchange *exchange)
{
    struct question_key question = {exchange->name_hash, exchange->qtype, exchange->qclass};
    uint64_t key = key_of_question(&exchange->server, &question);
    int64_t *time_ns = table_find(failures->unchecked, key);

    if (!time_ns)
        time_ns = table_add(failures->unchecked, key,
                            hash_bytes(&exchange->asker, sizeof(exchange->asker)));
    *time_ns = exchange->response_ns;
}

int64_t failures_unchecked_ns(const struct failures *failures, const struct address *service,
                              const struct question_key *question)
{
    const int64_t *time_ns = table_find(failures->unchecked, key_of_question(service, question));

    return time_ns ? *time_ns : NEVER;
}

void failures_count(const struct failures *failures, struct table_fill *fill)
{
    table_count(failures->table, fill);
}
