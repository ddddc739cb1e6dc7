#include "correlate/outage.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

struct outage {
    uint64_t identity;
    int64_t first_ns, last_ns;
    uint64_t incidents;
    struct address resolver;
    enum cause cause;
    struct name zone;
};

struct outages {
    struct table *table;      /* by cause, zone and servers; the longest quiet is the oldest */
    struct table *identities; /* the keys in `table`, by identity */
    uint32_t capacity;
    bool is_pushed_out; /* `pushed_out` was closed before its time, and is to be told */
    struct outage_change pushed_out;
};

struct outages *outages_new(uint64_t memory_bytes)
{
    struct outages *outages = calloc(1, sizeof(*outages));
    uint32_t capacity;

    if (!outages)
        return NULL;
    capacity = (uint32_t)(memory_bytes / (table_slot_cost(sizeof(struct outage)) +
                                          table_slot_cost(sizeof(uint64_t))) +
                          16);
    outages->capacity = capacity;
    outages->table = table_new(sizeof(struct outage), capacity, NULL, NULL);
    outages->identities = table_new(sizeof(uint64_t), capacity, NULL, NULL);
    if (!outages->table || !outages->identities) {
        outages_free(outages);
        return NULL;
    }
    return outages;
}

void outages_free(struct outages *outages)
{
    if (!outages)
        return;
    table_free(outages->table);
    table_free(outages->identities);
    free(outages);
}

static int compare_addresses(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct address));
}

/* The same servers in whatever order are the same. */
static size_t describe_servers(const struct outage_change *change, uint8_t *buffer)
{
    struct address addresses[BLAMED_SERVERS_MAX];
    size_t size = change->server_count * sizeof(addresses[0]);

    for (unsigned i = 0; i < change->server_count; i++)
        addresses[i] = change->servers[i].address;
    qsort(addresses, change->server_count, sizeof(addresses[0]), compare_addresses);
    memcpy(buffer, addresses, size);
    return size;
}

/* What an outage is one of: the zone where it is known (its servers are tried in turns), else the
 * servers; where the fault is the resolver's or not known, the resolver. */
static size_t describe(const struct outage_change *change, uint8_t *buffer)
{
    const char *code = cause_code(change->cause);
    size_t at = strlen(code);
    const char *category = cause_category(change->cause);

    memcpy(buffer, code, at);
    if (strcmp(category, "resolver") == 0 || strcmp(category, "unattributed") == 0 ||
        change->cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED) {
        memcpy(buffer + at, change->resolver.bytes, 16);
        return at + 16;
    }
    if (change->zone.size_bytes) {
        memcpy(buffer + at, change->zone.bytes, change->zone.size_bytes);
        return at + change->zone.size_bytes;
    }
    return at + describe_servers(change, buffer + at);
}

#define DESCRIPTION_MAX (64 + NAME_MAX_BYTES + BLAMED_SERVERS_MAX * 16)

/* Does a long pause lie between the last incident and then? What lies as far ahead was seen before
 * the clock was set back. */
static bool is_over(const struct outage *outage, int64_t time_ns)
{
    return time_ns - outage->last_ns > OUTAGE_PAUSE_NS ||
           outage->last_ns - time_ns > OUTAGE_PAUSE_NS;
}

/* It is over, and forgotten. */
static void close_outage(struct outages *outages, struct outage *outage,
                         struct outage_change *change)
{
    void *of_identity = table_find(outages->identities, outage->identity);

    *change = (struct outage_change){.closed = true,
                                     .identity = outage->identity,
                                     .cause = outage->cause,
                                     .resolver = outage->resolver,
                                     .first_time_ns = outage->first_ns,
                                     .last_time_ns = outage->last_ns,
                                     .incidents = outage->incidents};
    change->zone = outage->zone;
    if (of_identity)
        table_remove(outages->identities, of_identity);
    table_remove(outages->table, outage);
}

static void push_out(struct outages *outages, struct outage *outage)
{
    close_outage(outages, outage, &outages->pushed_out);
    outages->is_pushed_out = true;
}

/* There is room for it. */
static void begin(struct outages *outages, const struct outage_change *change, uint64_t key)
{
    struct outage *outage = table_add(outages->table, key, key);
    uint64_t *of_identity = table_add(outages->identities, change->identity, change->identity);

    *of_identity = key;
    *outage = (struct outage){.identity = change->identity,
                              .first_ns = change->first_time_ns,
                              .last_ns = change->last_time_ns,
                              .incidents = change->incidents,
                              .resolver = change->resolver,
                              .cause = change->cause};
    outage->zone = change->zone;
}

/* An incident more of what goes on. */
static void extend(struct outages *outages, struct outage *outage, int64_t time_ns)
{
    outage->incidents++;
    if (time_ns < outage->first_ns)
        outage->first_ns = time_ns;
    if (time_ns < outage->last_ns)
        return; /* one of later was judged before it */
    outage->last_ns = time_ns;
    table_touch(outages->table, outage);
}

static void count_for_origin(struct outages *outages, const struct incident *incident)
{
    const uint64_t *key = table_find(outages->identities, incident->outage);
    struct outage *outage = key ? table_find(outages->table, *key) : NULL;

    if (outage && outage->identity == incident->outage)
        extend(outages, outage, incident->time_ns);
}

/* An initializer would clear the servers that there are not, some 4 kB. */
static void fill_change(struct outage_change *change, const struct incident *incident)
{
    change->closed = false;
    change->cause = incident->cause;
    change->zone = incident->zone;
    change->resolver = incident->resolver;
    change->server_count = incident->server_count;
    memcpy(change->servers, incident->servers,
           incident->server_count * sizeof(incident->servers[0]));
    change->first_time_ns = change->last_time_ns = incident->time_ns;
    change->incidents = 1;
}

bool outages_assign(struct outages *outages, struct incident *incident,
                    struct outage_change *change)
{
    uint8_t buffer[DESCRIPTION_MAX + sizeof(incident->identity)];
    struct outage *outage;
    uint64_t key;
    size_t size;

    if (incident->outage) {
        count_for_origin(outages, incident);
        return false;
    }
    fill_change(change, incident);
    size = describe(change, buffer);
    key = hash_bytes(buffer, size);
    outage = table_find(outages->table, key);
    if (outage && !is_over(outage, incident->time_ns)) {
        extend(outages, outage, incident->time_ns);
        incident->outage = outage->identity;
        return false;
    }
    /* Named after what it is and the incident that began it: the same in every run, on every
     * machine. */
    hash_store(buffer + size, incident->identity);
    change->identity = hash_stable(buffer, size + sizeof(incident->identity)) | 1;
    if (outage)
        push_out(outages, outage);
    else if (table_used(outages->table) == outages->capacity)
        push_out(outages, table_oldest(outages->table));
    begin(outages, change, key);
    incident->outage = change->identity;
    return true;
}

bool outages_resume(struct outages *outages, const struct outage_change *change)
{
    uint8_t buffer[DESCRIPTION_MAX];
    uint64_t key = hash_bytes(buffer, describe(change, buffer));

    if (table_find(outages->table, key) || table_used(outages->table) == outages->capacity)
        return false;
    begin(outages, change, key);
    return true;
}

bool outages_pushed_out(struct outages *outages, struct outage_change *change)
{
    bool is_pushed_out = outages->is_pushed_out;

    if (is_pushed_out)
        *change = outages->pushed_out;
    outages->is_pushed_out = false;
    return is_pushed_out;
}

bool outages_closed(struct outages *outages, int64_t now_ns, struct outage_change *change)
{
    struct outage *outage = table_oldest(outages->table);

    if (!outage || !is_over(outage, now_ns))
        return false;
    close_outage(outages, outage, change);
    return true;
}
