#include "correlate/world.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/hash_words.h"
#include "decode/records.h"

struct served {
    int64_t time_ns;
};

/* A delegation while it is read out of a message. */
struct draft {
    struct name zone;
    unsigned name_count, glue_count;
    uint16_t name_offsets[DELEGATION_NAMES_MAX];
    uint16_t name_pointers[DELEGATION_NAMES_MAX]; /* a compression pointer to it */
    uint16_t pool_bytes;
    uint8_t pool[DELEGATION_NAME_POOL];
    struct glue glue[DELEGATION_GLUE_MAX];
};

struct world {
    struct table *delegations;               /* by zone */
    struct table *hosts;                     /* by nameserver name */
    struct table *served;                    /* by server and zone */
    uint64_t block_bytes, block_limit_bytes; /* of what delegations point to */
    struct draft draft;
};

/* How often what is in use is made the youngest again. */
#define TOUCH_NS (10 * SECOND_NS)
/* The upper bits of a compression pointer (RFC 1035 section 4.1.4). */
#define POINTER 0xc000
/* For dividing memory: three names and four addresses. */
#define BLOCK_TYPICAL_BYTES 144

static size_t block_bytes(size_t names, size_t glue, size_t pool_bytes)
{
    return names * sizeof(uint16_t) + glue * sizeof(struct glue) + pool_bytes;
}

static void drop_block(struct world *world, struct delegation *delegation)
{
    world->block_bytes -=
        block_bytes(delegation->name_count, delegation->glue_count, delegation->pool_bytes);
    free(delegation->name_offsets);
    delegation->name_offsets = NULL;
    delegation->name_count = delegation->glue_count = 0;
    delegation->pool_bytes = 0;
}

static void release_delegation(void *context, void *slot)
{
    drop_block(context, slot);
}

struct world *world_new(uint64_t memory_bytes)
{
    struct world *world = calloc(1, sizeof(*world));
    size_t cost = table_slot_cost(sizeof(struct delegation)) + BLOCK_TYPICAL_BYTES;
    uint32_t delegations = (uint32_t)(memory_bytes / 8 * 3 / cost + 16);

    if (!world)
        return NULL;
    world->block_limit_bytes = (uint64_t)delegations * BLOCK_TYPICAL_BYTES;
    world->delegations =
        table_new(sizeof(struct delegation), delegations, release_delegation, world);
    world->hosts = table_new(
        sizeof(struct host),
        (uint32_t)(memory_bytes / 8 * 3 / table_slot_cost(sizeof(struct host)) + 16), NULL, NULL);
    world->served = table_new(
        sizeof(struct served),
        (uint32_t)(memory_bytes / 4 / table_slot_cost(sizeof(struct served)) + 16), NULL, NULL);
    if (!world->delegations || !world->hosts || !world->served) {
        world_free(world);
        return NULL;
    }
    return world;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    table_free(world->delegations);
    table_free(world->hosts);
    table_free(world->served);
    free(world);
}

static uint64_t served_key(uint64_t zone_hash, uint64_t server_hash)
{
    return hash_mix(zone_hash, server_hash);
}

static void add_served(struct world *world, const struct address *server, const uint8_t *zone,
                       size_t zone_size, int64_t time_ns)
{
    uint64_t key = served_key(hash_bytes(zone, zone_size), hash_address(server));
    struct served *served = table_find(world->served, key);

    if (!served)
        served = table_add(world->served, key, name_family_hash(zone, zone_size));
    else if (time_ns - served->time_ns > 60 * SECOND_NS)
        table_touch(world->served, served);
    served->time_ns = time_ns;
}

bool world_answered_for(const struct world *world, const struct address *server,
                        const uint8_t *zone, size_t zone_size)
{
    return table_find(world->served,
                      served_key(hash_bytes(zone, zone_size), hash_address(server))) != NULL;
}

/* Hosts: room is made when a delegation names them, filled when an address is answered. */

static void enter_host(struct world *world, uint64_t key, const uint8_t *name, size_t size)
{
    struct host *host = table_find(world->hosts, key);

    if (!host) {
        host = table_add(world->hosts, key, name_family_hash(name, size));
        host->time_ns = NEVER;
    }
}

const struct host *world_host(const struct world *world, const uint8_t *name, size_t size)
{
    return table_find(world->hosts, hash_bytes(name, size));
}

static void host_add(struct host *host, const struct address *address, int64_t time_ns)
{
    host->time_ns = time_ns;
    for (unsigned i = 0; i < host->count; i++)
        if (address_equal(&host->addresses[i], address))
            return;
    if (host->count == HOST_ADDRESSES_MAX) {
        memmove(&host->addresses[0], &host->addresses[1],
                (HOST_ADDRESSES_MAX - 1) * sizeof(host->addresses[0]));
        host->count--;
    }
    host->addresses[host->count++] = *address;
}

static bool address_of_record(const struct record *record, struct address *address)
{
    if (record->type == TYPE_A && record->rdata_size == 4)
        *address = address_from_ipv4(record->rdata);
    else if (record->type == TYPE_AAAA && record->rdata_size == 16)
        *address = address_from_ipv6(record->rdata);
    else
        return false;
    return true;
}

/* Delegations */

size_t delegation_name(const struct delegation *delegation, unsigned index, const uint8_t **name)
{
    *name = delegation->pool + delegation->name_offsets[index];
    return name_measure(*name, NAME_MAX_BYTES);
}

bool delegation_has_glue(const struct delegation *delegation, unsigned name_index)
{
    for (unsigned i = 0; i < delegation->glue_count; i++)
        if (delegation->glue[i].name_index == name_index)
            return true;
    return false;
}

static int find_name(const struct draft *draft, const struct name *name)
{
    for (unsigned i = 0; i < draft->name_count; i++) {
        const uint8_t *known = draft->pool + draft->name_offsets[i];
        size_t end = i + 1 < draft->name_count ? draft->name_offsets[i + 1] : draft->pool_bytes;

        if (end - draft->name_offsets[i] == name->size_bytes &&
            memcmp(known, name->bytes, name->size_bytes) == 0)
            return (int)i;
    }
    return -1;
}

/* `pointer` is what a compression pointer to it would be, 0: it lies too far behind for one. */
static void add_name(struct draft *draft, const struct name *name, uint16_t pointer)
{
    if (draft->name_count == DELEGATION_NAMES_MAX ||
        draft->pool_bytes + name->size_bytes > DELEGATION_NAME_POOL || find_name(draft, name) >= 0)
        return;
    draft->name_pointers[draft->name_count] = pointer;
    draft->name_offsets[draft->name_count++] = draft->pool_bytes;
    memcpy(draft->pool + draft->pool_bytes, name->bytes, name->size_bytes);
    draft->pool_bytes = (uint16_t)(draft->pool_bytes + name->size_bytes);
}

/* Whose address it is: mostly a pointer says so. */
static int find_owner(const struct draft *draft, struct records *records, struct record *record)
{
    const uint8_t *owner = records->wire + record->owner_at;
    uint16_t pointer = (uint16_t)(owner[0] << 8 | owner[1]);

    for (unsigned i = 0; pointer >= POINTER && i < draft->name_count; i++)
        if (draft->name_pointers[i] == pointer)
            return (int)i;
    return record_owner(records, record) ? find_name(draft, &record->owner) : -1;
}

static void add_glue(struct draft *draft, struct records *records, struct record *record)
{
    struct address address;
    int index;

    if (draft->glue_count == DELEGATION_GLUE_MAX || !address_of_record(record, &address))
        return;
    index = find_owner(draft, records, record);
    if (index >= 0)
        draft->glue[draft->glue_count++] = (struct glue){
            .address = address, .name_index = (uint8_t)index, .is_aaaa = record->type == TYPE_AAAA};
}

const struct delegation *world_delegation(const struct world *world, const uint8_t *zone,
                                          size_t zone_size)
{
    return table_find(world->delegations, hash_bytes(zone, zone_size));
}

static bool is_listed(const struct world *world, const struct delegation *delegation,
                      const struct address *server)
{
    for (unsigned i = 0; i < delegation->glue_count; i++)
        if (address_equal(&delegation->glue[i].address, server))
            return true;
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host = world_host(world, name, size);

        for (unsigned j = 0; host && j < host->count; j++)
            if (address_equal(&host->addresses[j], server))
                return true;
    }
    return false;
}

static bool is_served(const struct world *world, const struct address *server, uint64_t server_hash,
                      uint64_t zone_hash)
{
    const struct delegation *delegation;

    if (table_find(world->served, served_key(zone_hash, server_hash)))
        return true;
    delegation = table_find(world->delegations, zone_hash);
    return delegation && is_listed(world, delegation, server);
}

/* Some labels at once, for the memory of all to be fetched before the first is waited for. A name
 * may have more than a hundred: each is come by once, and hashed once. */
#define LABELS_AT_ONCE 4

/* The labels of the deepest ancestor of `name` with `least` to `most` labels that `server` is known
 * to serve; LABELS_UNKNOWN if none. */
static unsigned find_served(const struct world *world, const struct address *server,
                            const struct name *name, unsigned most, unsigned least)
{
    unsigned left = most + 1 > least ? most + 1 - least : 0; /* ancestors to look at */
    const uint8_t *zone = name_ancestor(name->bytes, most);
    const uint8_t *end = name->bytes + name->size_bytes;
    uint64_t server_hash = hash_address(server);

    while (left > 0) {
        uint64_t hashes[LABELS_AT_ONCE];
        unsigned count = 0;

        for (; count < LABELS_AT_ONCE && count < left; zone += 1 + *zone) {
            hashes[count] = hash_bytes(zone, (size_t)(end - zone));
            table_prefetch_bucket(world->delegations, hashes[count]);
            table_prefetch_bucket(world->served, served_key(hashes[count], server_hash));
            count++;
        }
        for (unsigned i = 0; i < count; i++)
            if (is_served(world, server, server_hash, hashes[i]))
                return least + left - 1 - i;
        left -= count;
    }
    return LABELS_UNKNOWN;
}

unsigned world_zone_labels(const struct world *world, const struct address *server,
                           const struct name *name, unsigned most_labels)
{
    unsigned labels = name_labels(name->bytes);

    return find_served(world, server, name, most_labels < labels ? most_labels : labels, 0);
}

/* A server of the zone or of something below it has no say in who serves the zone: it would be a
 * referral back up the tree. The zone itself, answering with authority, may, and who was believed
 * once. */
static bool may_delegate(const struct world *world, const struct event *event,
                         const struct name *zone, const struct delegation *known)
{
    const struct name *qname = &event->dns.qname;

    if (!name_is_within(qname->bytes, qname->size_bytes, zone->bytes, zone->size_bytes))
        return false;
    if (event->dns.flags & DNS_AA)
        return true;
    if (known && address_equal(&known->parent_server, &event->flow.source))
        return !world_answered_for(world, &event->flow.source, zone->bytes, zone->size_bytes);
    return find_served(world, &event->flow.source, qname, name_labels(qname->bytes),
                       name_labels(zone->bytes)) == LABELS_UNKNOWN;
}

static bool is_as_drafted(const struct delegation *delegation, const struct draft *draft)
{
    return delegation->name_count == draft->name_count &&
           delegation->glue_count == draft->glue_count &&
           delegation->pool_bytes == draft->pool_bytes &&
           memcmp(delegation->pool, draft->pool, draft->pool_bytes) == 0 &&
           memcmp(delegation->glue, draft->glue, draft->glue_count * sizeof(struct glue)) == 0;
}

/* Out of memory: it has no names then. */
static void set_block(struct world *world, struct delegation *delegation, const struct draft *draft)
{
    size_t size = block_bytes(draft->name_count, draft->glue_count, draft->pool_bytes);

    drop_block(world, delegation);
    delegation->name_offsets = malloc(size);
    if (!delegation->name_offsets)
        return;
    world->block_bytes += size;
    delegation->name_count = (uint8_t)draft->name_count;
    delegation->glue_count = (uint8_t)draft->glue_count;
    delegation->pool_bytes = draft->pool_bytes;
    delegation->glue = (struct glue *)(void *)(delegation->name_offsets + draft->name_count);
    delegation->pool = (uint8_t *)(delegation->glue + draft->glue_count);
    memcpy(delegation->name_offsets, draft->name_offsets, draft->name_count * sizeof(uint16_t));
    memcpy(delegation->glue, draft->glue, draft->glue_count * sizeof(struct glue));
    memcpy(delegation->pool, draft->pool, draft->pool_bytes);
}

/* All are looked for in the memory before the first is waited for. */
static void enter_hosts(struct world *world, struct delegation *delegation)
{
    uint64_t keys[DELEGATION_NAMES_MAX];
    size_t sizes[DELEGATION_NAMES_MAX];
    const uint8_t *names[DELEGATION_NAMES_MAX];

    for (unsigned i = 0; i < delegation->name_count; i++) {
        sizes[i] = delegation_name(delegation, i, &names[i]);
        keys[i] = hash_bytes(names[i], sizes[i]);
        table_prefetch_bucket(world->hosts, keys[i]);
    }
    for (unsigned i = 0; i < delegation->name_count; i++)
        enter_host(world, keys[i], names[i], sizes[i]);
    delegation->hosts_evicted = (uint32_t)table_evicted(world->hosts);
}

static void learn_drafted(struct world *world, const struct event *event, bool secure,
                          struct delegation *delegation, uint64_t key)
{
    const struct draft *draft = &world->draft;

    if (!delegation)
        delegation = table_add(world->delegations, key,
                               name_family_hash(draft->zone.bytes, draft->zone.size_bytes));
    else if (event->time_ns - delegation->time_ns > TOUCH_NS)
        table_touch(world->delegations, delegation);
    delegation->time_ns = event->time_ns;
    delegation->parent_server = event->flow.source;
    delegation->secure = secure;
    delegation->source = event->source;
    delegation->frame = event->frame;
    if (!is_as_drafted(delegation, draft))
        set_block(world, delegation, draft);
    else if (delegation->hosts_evicted == (uint32_t)table_evicted(world->hosts))
        return;
    enter_hosts(world, delegation);
    /* The one that has grown may be among them. */
    while (world->block_bytes > world->block_limit_bytes)
        table_evict(world->delegations);
}

static uint16_t pointer_to(const struct records *records, const uint8_t *at)
{
    size_t offset = (size_t)(at - records->wire);

    return offset < 0x10000 - POINTER ? (uint16_t)(POINTER | offset) : 0;
}

/* Reads NS records of one owner out of `section`, and their glue. */
static void learn_delegation(struct world *world, const struct event *event, enum section section,
                             const struct answer *answer)
{
    const struct dns_message *message = &event->dns;
    struct delegation *delegation = NULL;
    struct draft *draft = &world->draft;
    struct records records;
    struct record record;
    struct name target;
    uint64_t key = 0;

    draft->name_count = draft->glue_count = draft->pool_bytes = draft->zone.size_bytes = 0;
    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next(&records, &record)) {
        if (record.type == TYPE_NS && record.section == section) {
            if (!record_owner(&records, &record) || record_name(&records, &record, 0, &target) < 0)
                continue;
            if (draft->zone.size_bytes == 0) {
                key = hash_bytes(record.owner.bytes, record.owner.size_bytes);
                delegation = table_find(world->delegations, key);
                if (!may_delegate(world, event, &record.owner, delegation))
                    return;
                name_copy(&draft->zone, &record.owner);
            }
            if (name_equal(&record.owner, &draft->zone))
                add_name(draft, &target, pointer_to(&records, record.rdata));
        } else if (draft->name_count > 0 && record.section == SECTION_ADDITIONAL) {
            add_glue(draft, &records, &record);
        }
    }
    if (draft->name_count > 0)
        learn_drafted(world, event, answer->ds, delegation, key);
}

void world_foresee(const struct world *world, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->flags & DNS_QR && (message->qtype == TYPE_A || message->qtype == TYPE_AAAA))
        table_prefetch_bucket(world->hosts, message->qname_hash);
}

static void learn_host(struct world *world, const struct event *event)
{
    const struct dns_message *message = &event->dns;
    struct host *host = table_find(world->hosts, message->qname_hash);
    struct records records;
    struct record record;
    struct address address;

    if (!host)
        return;
    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next(&records, &record))
        if (record.section == SECTION_ANSWER && record.type == message->qtype &&
            address_of_record(&record, &address))
            host_add(host, &address, event->time_ns);
}

void world_see_response(struct world *world, const struct event *event, const struct answer *answer)
{
    const struct dns_message *message = &event->dns;
    const uint8_t *zone;

    if (message->qname.size_bytes == 0 ||
        (answer->rcode != RCODE_NOERROR && answer->rcode != RCODE_NXDOMAIN))
        return;
    if (answer->kind == ANSWER_REFERRAL && !(message->flags & DNS_AA))
        learn_delegation(world, event, SECTION_AUTHORITY, answer);
    else if (answer->kind == ANSWER_DATA && message->qtype == TYPE_NS &&
             !world_delegation(world, message->qname.bytes, message->qname.size_bytes))
        learn_delegation(world, event, SECTION_ANSWER, answer);
    /* Behind an alias it is somebody else's address: nameservers must not be aliases. */
    if (answer->kind == ANSWER_DATA && !answer->chained &&
        (message->qtype == TYPE_A || message->qtype == TYPE_AAAA))
        learn_host(world, event);
    if ((message->flags & DNS_AA) && answer->kind == ANSWER_DATA &&
        (message->qtype == TYPE_NS || message->qtype == TYPE_SOA || message->qtype == TYPE_DNSKEY))
        add_served(world, &event->flow.source, message->qname.bytes, message->qname.size_bytes,
                   event->time_ns);
    if ((message->flags & DNS_AA) && answer->authority_labels != LABELS_UNKNOWN) {
        zone = name_ancestor(message->qname.bytes, answer->authority_labels);
        add_served(world, &event->flow.source, zone,
                   message->qname.size_bytes - (size_t)(zone - message->qname.bytes),
                   event->time_ns);
    }
}

void world_see_query(struct world *world, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->qname.size_bytes == 1 && !(message->flags & DNS_RD))
        add_served(world, &event->flow.destination, message->qname.bytes, 1, event->time_ns);
}

static size_t list_address(struct address *addresses, size_t count, size_t max,
                           const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&addresses[i], address))
            return count;
    if (count < max)
        addresses[count++] = *address;
    return count;
}

size_t world_listed(const struct world *world, const struct delegation *delegation,
                    struct address *addresses, size_t max)
{
    size_t count = 0;

    for (unsigned i = 0; i < delegation->glue_count; i++)
        count = list_address(addresses, count, max, &delegation->glue[i].address);
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host = world_host(world, name, size);

        for (unsigned j = 0; host && j < host->count; j++)
            count = list_address(addresses, count, max, &host->addresses[j]);
    }
    return count;
}

bool world_serves(const struct world *world, const struct address *server, const uint8_t *zone,
                  size_t zone_size)
{
    const struct delegation *delegation = world_delegation(world, zone, zone_size);

    if (delegation && is_listed(world, delegation, server))
        return true;
    return world_answered_for(world, server, zone, zone_size);
}

void world_server_name(const struct world *world, const struct address *server,
                       const struct name *zone, struct name *server_name)
{
    const struct delegation *delegation =
        zone->size_bytes ? world_delegation(world, zone->bytes, zone->size_bytes) : NULL;

    server_name->size_bytes = 0;
    for (unsigned i = 0; delegation && i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);
        const struct host *host;
        bool is_it = false;

        /* Glue stands here already, a host has to be found. */
        for (unsigned j = 0; j < delegation->glue_count && !is_it; j++)
            is_it = delegation->glue[j].name_index == i &&
                    address_equal(&delegation->glue[j].address, server);
        host = is_it ? NULL : world_host(world, name, size);
        for (unsigned j = 0; host && j < host->count && !is_it; j++)
            is_it = address_equal(&host->addresses[j], server);
        if (is_it) {
            server_name->size_bytes = (uint8_t)size;
            memcpy(server_name->bytes, name, size);
            return;
        }
    }
}

void world_count(const struct world *world, struct table_fill *fill)
{
    table_count(world->delegations, fill);
    table_count(world->hosts, fill);
}
