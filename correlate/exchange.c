#include "correlate/exchange_private.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/family.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

/* Where the number of the name's newest exchange stands; NULL: it has none. */
static uint32_t *newest_of(const struct exchange_table *table, uint64_t name_hash)
{
    return tag_index_find(&table->by_name, name_hash, table_slot(table->table, 0),
                          table_stride(table->table));
}

struct exchange *exchange_newest(const struct exchange_table *table, uint64_t name_hash)
{
    const uint32_t *newest = newest_of(table, name_hash);

    return newest ? exchange_at(table, *newest) : NULL;
}

static struct exchange *since(struct exchange *exchange, int64_t since_ns)
{
    return exchange && exchange_begin(exchange) >= since_ns ? exchange : NULL;
}

struct exchange *exchange_latest(const struct exchange_table *table, uint64_t name_hash,
                                 int64_t since_ns)
{
    return since(exchange_newest(table, name_hash), since_ns);
}

struct exchange *exchange_older(const struct exchange_table *table, const struct exchange *exchange,
                                int64_t since_ns)
{
    return since(exchange_at(table, exchange->name_older), since_ns);
}

static void name_unlink(struct exchange_table *table, const struct exchange *exchange)
{
    struct exchange *newer = exchange_at(table, exchange->name_newer);
    struct exchange *older = exchange_at(table, exchange->name_older);

    if (older)
        older->name_newer = exchange->name_newer;
    if (newer)
        newer->name_older = exchange->name_older;
    else if (older)
        *newest_of(table, exchange->name_hash) = exchange->name_older;
    else
        tag_index_remove(&table->by_name, exchange->name_hash,
                         newest_of(table, exchange->name_hash));
}

static void name_link(struct exchange_table *table, struct exchange *exchange)
{
    uint32_t number = table_slot_number(table->table, exchange);
    uint32_t *newest = newest_of(table, exchange->name_hash);

    exchange->name_older = exchange->name_newer = NONE;
    if (!newest) {
        tag_index_add(&table->by_name, exchange->name_hash, number);
        return;
    }
    exchange->name_older = *newest;
    exchange_at(table, exchange->name_older)->name_newer = number;
    *newest = number;
}

static void drop_alias(struct exchange_table *table, const struct exchange *exchange)
{
    if (!exchange->alias || exchange->ended_well)
        return;
    table->owned_bytes -= alias_bytes(exchange->alias->size_bytes);
    free((void *)(uintptr_t)exchange->alias);
}

static void drop_wire(struct exchange_table *table, struct exchange *exchange)
{
    if (!exchange->owns_wire)
        return;
    table->owned_bytes -= exchange->wire_bytes;
    free(exchange->own_wire);
    exchange->owns_wire = false;
}

static void note_loss(struct exchange_table *table, const struct exchange *exchange)
{
    int64_t begin_ns = exchange_begin(exchange);

    if (begin_ns > table->lost_unwell_ns)
        table->lost_unwell_ns = begin_ns;
    if (table_is_crowded(table->table) && begin_ns > table->lost_crowded_ns)
        table->lost_crowded_ns = begin_ns;
}

static void release(void *context, void *slot)
{
    struct exchange_table *table = context;
    struct exchange *exchange = slot;

    if (!table->removing)
        note_loss(table, exchange);
    if (exchange == table->unlooked)
        table->unlooked = table_younger(table->table, exchange);
    drop_wire(table, exchange);
    name_unlink(table, exchange);
    drop_alias(table, exchange);
    if (exchange->name_size > NAME_INLINE) {
        table->owned_bytes -= exchange->name_size;
        free(exchange->long_name);
    }
}

/* Names of one family belong together. */
static uint64_t holder_of(const void *slot)
{
    const struct exchange *exchange = slot;

    return exchange->name_size ? name_family_hash(exchange_name_wire(exchange), exchange->name_size)
                               : hash_address(&exchange->asker);
}

static uint32_t capacity_of(uint64_t memory_bytes)
{
    uint64_t capacity = memory_bytes / (table_slot_cost(sizeof(struct exchange)) + TAG_ITEM_COST);

    return capacity < 16 ? 16 : capacity > INT32_MAX ? INT32_MAX : (uint32_t)capacity;
}

static int archive_init(struct archive *archive, uint64_t log_bytes, uint64_t wires_bytes)
{
    archive->log = exchange_log_new(log_bytes);
    archive->wires = wires_new(wires_bytes);
    return archive->log && archive->wires ? 0 : -1;
}

static void archive_clear(struct archive *archive)
{
    exchange_log_free(archive->log);
    wires_free(archive->wires);
}

/* What there is no room for in its archive. */
static bool rescue(struct exchange_table *table, enum archive_kind kind, uint64_t place,
                   const uint8_t *name, size_t size)
{
    struct archive *archive = &table->archives[kind], *heir = &table->archives[ARCHIVE_WANTED];
    struct exchange exchange;
    const uint8_t *octets;

    if (!wanted_has(&table->wanted, name, size))
        return false;
    exchange_log_read(archive->log, place, &exchange);
    exchange.name_hash = hash_bytes(name, size);
    octets = exchange.wire_bytes ? wires_get(archive->wires, exchange.wire_place) : NULL;
    exchange.wire_place = octets ? wires_put(heir->wires, octets, exchange.wire_bytes) : 0;
    if (exchange.wire_place == 0)
        exchange.wire_bytes = 0;
    exchange_log_append(heir->log, &exchange);
    return true;
}

static bool rescue_data(void *context, uint64_t place, const uint8_t *name, size_t size)
{
    return rescue(context, ARCHIVE_DATA, place, name, size);
}

static bool rescue_keys(void *context, uint64_t place, const uint8_t *name, size_t size)
{
    return rescue(context, ARCHIVE_KEYS, place, name, size);
}

static bool build(struct exchange_table *table, uint64_t memory_bytes)
{
    /* A busy resolver's failures and what it is about to ask, its keys with their octets, what
     * ended well with its octets, and what is wanted of that: the first two and the last for
     * RETENTION_NS, the third for as long as there is room, its octets for about as long as all
     * else of it. Besides there are long names, aliases, and the octets of failed responses. */
    uint64_t share = memory_bytes / 56;

    table->owned_limit_bytes = 4 * share;
    table->table = table_new(sizeof(struct exchange), capacity_of(16 * share), release, table);
    if (tag_index_init(&table->by_name) < 0 || !table->table ||
        archive_init(&table->archives[ARCHIVE_DATA], 8 * share, 12 * share) < 0 ||
        archive_init(&table->archives[ARCHIVE_KEYS], 4 * share, 8 * share) < 0 ||
        archive_init(&table->archives[ARCHIVE_WANTED], 2 * share, 2 * share - share / 8) < 0 ||
        wanted_init(&table->wanted, share / 8) < 0)
        return false;
    exchange_log_tell(table->archives[ARCHIVE_DATA].log, &table->wanted, rescue_data, table);
    exchange_log_tell(table->archives[ARCHIVE_KEYS].log, &table->wanted, rescue_keys, table);
    table_tell_holders(table->table, holder_of);
    return true;
}

struct exchange_table *exchange_table_new(uint64_t memory_bytes)
{
    struct exchange_table *table = calloc(1, sizeof(*table));

    if (!table)
        return NULL;
    table->lost_unwell_ns = table->lost_crowded_ns = table->alone_ns = NEVER;
    if (!build(table, memory_bytes)) {
        exchange_table_free(table);
        return NULL;
    }
    return table;
}

void exchange_table_free(struct exchange_table *table)
{
    if (!table)
        return;
    table->removing = true;
    table_free(table->table);
    for (unsigned i = 0; i < ARCHIVE_COUNT; i++)
        archive_clear(&table->archives[i]);
    wanted_clear(&table->wanted);
    tag_index_clear(&table->by_name);
    free(table);
}

const uint8_t *exchange_name_wire(const struct exchange *exchange)
{
    return exchange->name_size > NAME_INLINE ? exchange->long_name : exchange->inline_name;
}

void exchange_name(const struct exchange *exchange, struct name *name)
{
    name->size_bytes = exchange->name_size;
    memcpy(name->bytes, exchange_name_wire(exchange), exchange->name_size);
}

bool exchange_is_about(const struct exchange *exchange, const struct name *name)
{
    return exchange->name_size == name->size_bytes &&
           memcmp(exchange_name_wire(exchange), name->bytes, name->size_bytes) == 0;
}

static void set_name(struct exchange_table *table, struct exchange *exchange,
                     const struct dns_message *message)
{
    uint8_t size = message->qname.size_bytes;

    exchange->name_hash = message->qname_hash;
    exchange->qtype = message->qtype;
    exchange->qclass = message->qclass;
    table->any_underscored |=
        size > 2 && message->qname.bytes[0] == 1 && message->qname.bytes[1] == '_';
    if (size > NAME_INLINE) {
        exchange->long_name = malloc(size);
        if (!exchange->long_name)
            return;
        table->owned_bytes += size;
        memcpy(exchange->long_name, message->qname.bytes, size);
    } else {
        /* Always as much: that takes less than to copy what there is. */
        memcpy(exchange->inline_name, message->qname.bytes, NAME_INLINE);
    }
    exchange->name_size = size;
}

/* What slots own beside themselves is bounded, too. */
static void make_room(struct exchange_table *table)
{
    while (table->owned_bytes > table->owned_limit_bytes ||
           tag_index_reserve(&table->by_name, table_slot(table->table, 0),
                             table_stride(table->table)) < 0)
        table_evict(table->table);
}

struct exchange *exchange_add(struct exchange_table *table, uint64_t key, const struct event *event,
                              bool first)
{
    const struct dns_message *message = &event->dns;
    const struct flow *flow = &event->flow;
    bool is_response = message->flags & DNS_QR;
    struct exchange *exchange;

    make_room(table);
    exchange = first ? table_add_first(table->table, key, 0) : table_add(table->table, key, 0);
    if (!table->unlooked)
        table->unlooked = exchange;
    exchange->asker = is_response ? flow->destination : flow->source;
    exchange->server = is_response ? flow->source : flow->destination;
    exchange->asker_port = is_response ? flow->destination_port : flow->source_port;
    exchange->transport = (uint8_t)message->transport;
    exchange->id = message->id;
    exchange->query_ns = exchange->last_query_ns = exchange->response_ns = NEVER;
    exchange->authority_labels = LABELS_UNKNOWN;
    set_name(table, exchange, message);
    name_link(table, exchange);
    return exchange;
}

void exchanges_foresee(const struct exchange_table *table, const struct event *event, unsigned step)
{
    const struct dns_message *message = &event->dns;
    bool is_response = message->flags & DNS_QR;
    const struct exchange_log *log = table->archives[archive_of(message->qtype)].log;
    const uint32_t *newest;

    if (step == 0) {
        table_prefetch_bucket(table->table, message->exchange_hash);
        tag_index_prefetch(&table->by_name, message->qname_hash);
        if (is_response)
            exchange_log_foresee(log, message->qname_hash);
    } else if (is_response) {
        table_prefetch_slot(table->table, message->exchange_hash, sizeof(struct exchange));
    } else {
        if ((newest = tag_index_guess(&table->by_name, message->qname_hash)) != NULL)
            __builtin_prefetch(exchange_at(table, *newest), 1);
    }
}

void exchange_remove(struct exchange_table *table, struct exchange *exchange)
{
    table->removing = true;
    table_remove(table->table, exchange);
    table->removing = false;
}

struct exchange *exchange_oldest(struct exchange_table *table)
{
    return table_oldest(table->table);
}

struct exchange *exchange_slow(struct exchange_table *table, int64_t before_ns)
{
    struct exchange *exchange;

    while ((exchange = table->unlooked) != NULL && exchange_begin(exchange) < before_ns) {
        table->unlooked = table_younger(table->table, exchange);
        if (!exchange->responded)
            return exchange;
    }
    return NULL;
}

struct exchange *exchange_expired(struct exchange_table *table, int64_t now_ns)
{
    struct exchange *oldest = table_oldest(table->table);

    for (unsigned i = 0; i < ARCHIVE_COUNT; i++)
        exchange_log_expire(table->archives[i].log, now_ns);
    return oldest && exchange_is_over(exchange_begin(oldest), now_ns) ? oldest : NULL;
}

static void want(struct exchange_table *table, uint64_t name_hash, const uint8_t *name, size_t size,
                 int64_t time_ns)
{
    wanted_add(&table->wanted, exchange_log_tag(name_hash), name, size, time_ns);
}

void exchange_want(struct exchange_table *table, uint64_t name_hash, const uint8_t *name,
                   size_t size, int64_t time_ns)
{
    uint8_t underscored[NAME_MAX_BYTES + 2] = {1, '_'};

    want(table, name_hash, name, size, time_ns);
    if (!table->any_underscored || size + 2 > NAME_MAX_BYTES)
        return;
    memcpy(underscored + 2, name, size);
    want(table, hash_bytes(underscored, size + 2), underscored, size + 2, time_ns);
}

void exchange_walk_begin(struct exchange_walk *walk, const struct exchange_table *table,
                         uint64_t name_hash, const uint8_t *name, size_t size,
                         struct exchange *room)
{
    walk->table = table;
    walk->room = room;
    walk->slot = exchange_newest(table, name_hash);
    for (unsigned i = 0; i < ARCHIVE_COUNT; i++)
        walk->places[i] = exchange_log_newest(table->archives[i].log, name_hash, name, size);
    walk->name_hash = name_hash;
}

static const struct exchange *read_next(struct exchange_walk *walk, unsigned kind)
{
    const struct exchange_log *log = walk->table->archives[kind].log;

    exchange_log_read(log, walk->places[kind], walk->room);
    walk->room->place = place_in_archives(walk->places[kind], kind);
    walk->room->name_hash = walk->name_hash;
    walk->places[kind] = exchange_log_older(log, walk->places[kind]);
    return walk->room;
}

const struct exchange *exchange_walk_next(struct exchange_walk *walk)
{
    const struct exchange *slot = walk->slot;
    int64_t newest_ns = slot ? exchange_begin(slot) : NEVER;
    unsigned newest = ARCHIVE_COUNT;

    for (unsigned i = 0; i < ARCHIVE_COUNT; i++) {
        int64_t begin_ns;

        if (walk->places[i] == 0)
            continue;
        begin_ns = exchange_log_begin(walk->table->archives[i].log, walk->places[i]);
        if (begin_ns > newest_ns) {
            newest_ns = begin_ns;
            newest = i;
        }
    }
    if (newest < ARCHIVE_COUNT)
        return read_next(walk, newest);
    if (slot)
        walk->slot = exchange_at(walk->table, slot->name_older);
    return slot;
}

bool exchange_any_underscored(const struct exchange_table *table)
{
    return table->any_underscored;
}

static int64_t later(int64_t left_ns, int64_t right_ns)
{
    return left_ns > right_ns ? left_ns : right_ns;
}

int64_t exchange_lost_well_ns(const struct exchange_table *table)
{
    return later(exchange_log_lost_ns(table->archives[ARCHIVE_DATA].log),
                 exchange_log_lost_ns(table->archives[ARCHIVE_WANTED].log));
}

int64_t exchange_lost_wanted_ns(const struct exchange_table *table)
{
    return exchange_log_lost_ns(table->archives[ARCHIVE_WANTED].log);
}

int64_t exchange_lost_unwell_ns(const struct exchange_table *table)
{
    return later(table->lost_unwell_ns, exchange_log_lost_ns(table->archives[ARCHIVE_KEYS].log));
}

int64_t exchange_lost_crowded_ns(const struct exchange_table *table)
{
    return table->lost_crowded_ns;
}

void exchange_table_set_back(struct exchange_table *table, int64_t now_ns)
{
    bring_back(&table->lost_unwell_ns, now_ns);
    bring_back(&table->lost_crowded_ns, now_ns);
    bring_back(&table->alone_ns, now_ns);
    for (unsigned i = 0; i < ARCHIVE_COUNT; i++)
        exchange_log_set_back(table->archives[i].log, now_ns);
}

void exchange_table_count(const struct exchange_table *table, struct table_fill *fill)
{
    table_count(table->table, fill);
    for (unsigned i = 0; i < ARCHIVE_COUNT; i++)
        exchange_log_count(table->archives[i].log, fill);
}
