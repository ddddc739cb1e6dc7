#include "correlate/outage.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/hash.h"

struct outage {
    uint64_t identity;
    int64_t last_ns;
};

struct outages {
    struct table *table; /* by cause, zone and servers */
};

struct outages *outages_new(uint64_t memory_bytes)
{
    struct outages *outages = calloc(1, sizeof(*outages));

    if (!outages)
        return NULL;
    outages->table = table_new(
        sizeof(struct outage),
        (uint32_t)(memory_bytes / table_slot_cost(sizeof(struct outage)) + 16), NULL, NULL);
    if (!outages->table) {
        free(outages);
        return NULL;
    }
    return outages;
}

void outages_free(struct outages *outages)
{
    if (!outages)
        return;
    table_free(outages->table);
    free(outages);
}

/* What an outage is one of: the zone where it is known (its servers are tried in turns), else the
 * servers; where the fault is the resolver's or not known, the resolver. */
static size_t describe(const struct incident *incident, uint8_t *buffer)
{
    const char *code = cause_code(incident->cause);
    size_t at = strlen(code);
    const char *category = cause_category(incident->cause);

    memcpy(buffer, code, at);
    if (strcmp(category, "resolver") == 0 || strcmp(category, "unattributed") == 0 ||
        incident->cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED) {
        memcpy(buffer + at, incident->resolver.bytes, 16);
        return at + 16;
    }
    if (incident->zone.size_bytes) {
        memcpy(buffer + at, incident->zone.bytes, incident->zone.size_bytes);
        return at + incident->zone.size_bytes;
    }
    for (unsigned i = 0; i < incident->server_count; i++, at += 16)
        memcpy(buffer + at, incident->servers[i].address.bytes, 16);
    return at;
}

void outages_assign(struct outages *outages, struct incident *incident)
{
    uint8_t buffer[64 + NAME_MAX_BYTES + BLAMED_SERVERS_MAX * 16 + 8];
    size_t size = describe(incident, buffer);
    uint64_t key = hash_bytes(buffer, size);
    struct outage *outage;

    if (incident->outage)
        return;
    outage = table_find(outages->table, key);
    if (!outage)
        outage = table_add(outages->table, key, key);
    else
        table_touch(outages->table, outage);
    if (!outage->identity || incident->time_ns - outage->last_ns > OUTAGE_PAUSE_NS) {
        /* Named after what it is and the incident that began it: the same in every run. */
        memcpy(buffer + size, &incident->identity, sizeof(incident->identity));
        outage->identity = hash_stable(buffer, size + sizeof(incident->identity)) | 1;
    }
    outage->last_ns = incident->time_ns;
    incident->outage = outage->identity;
}
