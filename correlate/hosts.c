#include "correlate/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "correlate/family.h"
#include "decode/records.h"

/* For dividing memory: two addresses, of which most hosts have none but their glue. */
#define ADDRESSES_TYPICAL_BYTES 48

struct hosts {
    struct table *table;
    uint64_t address_bytes, address_limit_bytes;
};

/* What so many addresses cost, with what the allocator adds. */
static size_t addresses_cost(unsigned count)
{
    return count ? count * sizeof(struct address) + 2 * sizeof(void *) : 0;
}

static void release_host(void *context, void *slot)
{
    struct hosts *hosts = context;
    struct host *host = slot;

    hosts->address_bytes -= addresses_cost(host->count);
    free(host->addresses);
}

struct hosts *hosts_new(uint64_t memory_bytes)
{
    struct hosts *hosts = calloc(1, sizeof(*hosts));
    size_t cost = table_slot_cost(sizeof(struct host)) + ADDRESSES_TYPICAL_BYTES;
    uint32_t capacity = (uint32_t)(memory_bytes / cost + 16);

    if (!hosts)
        return NULL;
    hosts->address_limit_bytes = (uint64_t)capacity * ADDRESSES_TYPICAL_BYTES;
    hosts->table = table_new(sizeof(struct host), capacity, release_host, hosts);
    if (!hosts->table) {
        free(hosts);
        return NULL;
    }
    return hosts;
}

void hosts_free(struct hosts *hosts)
{
    if (!hosts)
        return;
    table_free(hosts->table);
    free(hosts);
}

void hosts_prefetch(const struct hosts *hosts, uint64_t key)
{
    table_prefetch_bucket(hosts->table, key);
}

void hosts_keep(struct hosts *hosts, uint64_t key, const uint8_t *name, size_t size)
{
    struct host *host = table_find(hosts->table, key);

    if (host)
        table_touch(hosts->table, host);
    else
        table_add_first(hosts->table, key, name_family_hash(name, size));
}

const struct host *hosts_find(const struct hosts *hosts, uint64_t key)
{
    return table_find(hosts->table, key);
}

/* Out of memory: it stays as it is. */
static void add_address(struct hosts *hosts, struct host *host, const struct address *address)
{
    struct address *addresses;

    for (unsigned i = 0; i < host->count; i++)
        if (address_equal(&host->addresses[i], address))
            return;
    if (host->count == HOST_ADDRESSES_MAX) {
        memmove(&host->addresses[0], &host->addresses[1],
                (HOST_ADDRESSES_MAX - 1) * sizeof(host->addresses[0]));
        host->addresses[HOST_ADDRESSES_MAX - 1] = *address;
        return;
    }
    addresses = realloc(host->addresses, (host->count + 1u) * sizeof(*addresses));
    if (!addresses)
        return;
    hosts->address_bytes += addresses_cost(host->count + 1u) - addresses_cost(host->count);
    addresses[host->count++] = *address;
    host->addresses = addresses;
}

void hosts_see_answer(struct hosts *hosts, const struct dns_message *message)
{
    struct host *host = table_find(hosts->table, message->qname_hash);
    struct records records;
    struct record record;
    struct address address;

    if (!host)
        return;
    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next(&records, &record))
        if (record.section == SECTION_ANSWER && record.type == message->qtype &&
            record_address(&record, &address))
            add_address(hosts, host, &address);
    while (hosts->address_bytes > hosts->address_limit_bytes)
        table_evict(hosts->table);
}

bool hosts_are_full(const struct hosts *hosts)
{
    return table_is_full(hosts->table);
}

uint64_t hosts_evicted(const struct hosts *hosts)
{
    return table_evicted(hosts->table);
}

void hosts_count(const struct hosts *hosts, struct table_fill *fill)
{
    table_count(hosts->table, fill);
}
