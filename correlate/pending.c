#include "correlate/pending.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/family.h"
#include "decode/hash.h"

/* What the allocator adds to each. */
#define ALLOCATION_BYTES 16
/* For telling how many there is room for. */
#define TYPICAL_NAME_BYTES 24
#define NETWORK_IPV4_BYTES 15 /* /24, behind ::ffff:0:0/96 */
#define NETWORK_IPV6_BYTES 7  /* /56 */
#define FACTS_SIZE         offsetof(struct servfail, qname)
#define PACKED_MAX                                                                                 \
    (FACTS_SIZE + sizeof(struct name) + sizeof(struct incident_ede[INCIDENT_EDE_MAX]))

struct packed {
    size_t size_bytes;
    uint8_t bytes[]; /* the facts, the name as it stands, of each EDE what stands before its text
                      * and as much text as there is */
};

/* A slot of the table. */
struct waiting {
    int64_t time_ns, asked_ns;
    uint64_t number; /* of all that were ever added */
    struct packed *packed;
    uint32_t place; /* in the heap */
    uint32_t clock; /* how often it had been set back */
};

struct pending {
    struct table *table;   /* by holder: who asks for it all */
    struct waiting **heap; /* none comes before the one at (its index - 1) / 2 */
    uint32_t capacity;     /* of the heap */
    uint32_t clock;        /* how often it was set back */
    uint64_t added, early;
    uint64_t bytes, bytes_max;
};

/* The least that one costs: the table never has to make room by itself. */
static uint64_t least_cost(void)
{
    return table_slot_cost(sizeof(struct waiting)) + sizeof(struct waiting *) +
           sizeof(struct packed) + FACTS_SIZE + ALLOCATION_BYTES;
}

static void release(void *context, void *slot)
{
    const struct waiting *waiting = slot;

    (void)context;
    free(waiting->packed);
}

struct pending *pending_new(uint64_t memory_bytes)
{
    struct pending *pending = calloc(1, sizeof(*pending));

    if (!pending)
        return NULL;
    pending->bytes_max = memory_bytes;
    pending->table = table_new(sizeof(struct waiting), (uint32_t)(memory_bytes / least_cost() + 2),
                               release, NULL);
    if (!pending->table) {
        free(pending);
        return NULL;
    }
    return pending;
}

void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    table_free(pending->table);
    free(pending->heap);
    free(pending);
}

static size_t name_bytes(const struct name *name)
{
    return offsetof(struct name, bytes) + name->size_bytes;
}

static size_t ede_bytes(const struct incident_ede *ede)
{
    return offsetof(struct incident_ede, text) + ede->text_size;
}

static size_t pack(const struct servfail *servfail, uint8_t packed[PACKED_MAX])
{
    size_t size = FACTS_SIZE;

    memcpy(packed, servfail, FACTS_SIZE);
    memcpy(packed + size, &servfail->qname, name_bytes(&servfail->qname));
    size += name_bytes(&servfail->qname);
    for (unsigned i = 0; i < servfail->ede_count; i++) {
        memcpy(packed + size, &servfail->ede[i], ede_bytes(&servfail->ede[i]));
        size += ede_bytes(&servfail->ede[i]);
    }
    return size;
}

static void unpack(const uint8_t *packed, struct servfail *servfail)
{
    const uint8_t *at = packed + FACTS_SIZE;

    memcpy(servfail, packed, FACTS_SIZE);
    memcpy(&servfail->qname, at, offsetof(struct name, bytes));
    memcpy(servfail->qname.bytes, at + offsetof(struct name, bytes), servfail->qname.size_bytes);
    at += name_bytes(&servfail->qname);
    for (unsigned i = 0; i < servfail->ede_count; i++) {
        struct incident_ede *ede = &servfail->ede[i];

        memcpy(ede, at, offsetof(struct incident_ede, text));
        memcpy(ede->text, at + offsetof(struct incident_ede, text), ede->text_size);
        at += ede_bytes(ede);
    }
}

/* Of the same time. */
static int compare(const struct servfail *a, const struct servfail *b)
{
    int order = address_compare(&a->client, &b->client);

    if (order != 0)
        return order;
    if (a->client_port != b->client_port)
        return a->client_port < b->client_port ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->qname.size_bytes != b->qname.size_bytes)
        return a->qname.size_bytes < b->qname.size_bytes ? -1 : 1;
    order = memcmp(a->qname.bytes, b->qname.bytes, a->qname.size_bytes);
    return order != 0 ? order : (a->qtype > b->qtype) - (a->qtype < b->qtype);
}

/* Those that are the same come as they came. */
static bool comes_before(const struct waiting *a, const struct waiting *b)
{
    struct servfail one, other;
    int order;

    if (a->clock != b->clock)
        return a->clock < b->clock;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns;
    unpack(a->packed->bytes, &one);
    unpack(b->packed->bytes, &other);
    order = compare(&one, &other);
    return order != 0 ? order < 0 : a->number < b->number;
}

static int make_room(struct pending *pending)
{
    uint32_t capacity = pending->capacity ? 2 * pending->capacity : 64;
    struct waiting **grown;

    if (table_used(pending->table) < pending->capacity)
        return 0;
    grown = realloc(pending->heap, capacity * sizeof(struct waiting *));
    if (!grown)
        return -1;
    pending->heap = grown;
    pending->capacity = capacity;
    return 0;
}

static void put(struct pending *pending, struct waiting *waiting, uint32_t place)
{
    pending->heap[place] = waiting;
    waiting->place = place;
}

/* From an empty place up: the last is nearly always the latest, and stays there. */
static void rise(struct pending *pending, struct waiting *waiting, uint32_t place)
{
    for (uint32_t above; place > 0; place = above) {
        above = (place - 1) / 2;
        if (!comes_before(waiting, pending->heap[above]))
            break;
        put(pending, pending->heap[above], place);
    }
    put(pending, waiting, place);
}

/* From an empty place down, of a heap of `count`. */
static void sink(struct pending *pending, struct waiting *waiting, uint32_t place, uint32_t count)
{
    for (uint32_t below; (below = 2 * place + 1) < count; place = below) {
        if (below + 1 < count && comes_before(pending->heap[below + 1], pending->heap[below]))
            below++;
        if (!comes_before(pending->heap[below], waiting))
            break;
        put(pending, pending->heap[below], place);
    }
    put(pending, waiting, place);
}

/* The last one takes its place, and goes where it belongs from there. */
static void leave_heap(struct pending *pending, const struct waiting *waiting)
{
    uint32_t place = waiting->place, last = table_used(pending->table) - 1;
    struct waiting *moved = pending->heap[last];

    if (place == last)
        return;
    if (place > 0 && comes_before(moved, pending->heap[(place - 1) / 2]))
        rise(pending, moved, place);
    else
        sink(pending, moved, place, last);
}

static uint64_t cost_of(const struct packed *packed)
{
    return least_cost() - FACTS_SIZE + packed->size_bytes;
}

/* Whose it is when there are too many: the party's whose name was asked for, for the rest of a
 * name, and addresses, can be drawn at random. Without a name, the client's network's. */
static uint64_t holder_of(const struct servfail *servfail)
{
    const struct name *qname = &servfail->qname;

    if (qname->size_bytes)
        return name_family_hash(qname->bytes, qname->size_bytes);
    return hash_bytes(servfail->client.bytes,
                      address_is_ipv4(&servfail->client) ? NETWORK_IPV4_BYTES : NETWORK_IPV6_BYTES);
}

void pending_add(struct pending *pending, const struct servfail *servfail)
{
    uint8_t bytes[PACKED_MAX];
    size_t size = pack(servfail, bytes);
    struct packed *packed = malloc(sizeof(*packed) + size);
    struct waiting *waiting;
    uint32_t place = table_used(pending->table);

    if (!packed || make_room(pending) < 0) {
        free(packed);
        pending->early++;
        return;
    }
    packed->size_bytes = size;
    memcpy(packed->bytes, bytes, size);
    waiting = table_add(pending->table, hash_bytes(&pending->added, sizeof(pending->added)),
                        holder_of(servfail));
    waiting->time_ns = servfail->time_ns;
    waiting->asked_ns = servfail->asked_ns;
    waiting->number = pending->added++;
    waiting->packed = packed;
    waiting->clock = pending->clock;
    pending->bytes += cost_of(packed);
    rise(pending, waiting, place);
}

void pending_set_back(struct pending *pending)
{
    pending->clock++;
}

bool pending_is_overdue(const struct pending *pending)
{
    return table_used(pending->table) && pending->heap[0]->clock != pending->clock;
}

bool pending_first(const struct pending *pending, int64_t *time_ns)
{
    if (table_used(pending->table) == 0)
        return false;
    *time_ns = pending->heap[0]->time_ns;
    return true;
}

int64_t pending_first_asked_ns(const struct pending *pending)
{
    return table_used(pending->table) ? pending->heap[0]->asked_ns : NEVER;
}

bool pending_is_over(const struct pending *pending)
{
    return pending->bytes > pending->bytes_max;
}

static void take(struct pending *pending, struct waiting *waiting, struct servfail *servfail)
{
    unpack(waiting->packed->bytes, servfail);
    pending->bytes -= cost_of(waiting->packed);
    leave_heap(pending, waiting);
    table_remove(pending->table, waiting);
}

void pending_take(struct pending *pending, struct servfail *servfail)
{
    take(pending, pending->heap[0], servfail);
}

void pending_take_largest(struct pending *pending, struct servfail *servfail)
{
    take(pending, table_victim(pending->table), servfail);
}

void pending_count_early(struct pending *pending)
{
    pending->early++;
}

void pending_count(const struct pending *pending, struct table_fill *fill)
{
    uint64_t room = pending->bytes < pending->bytes_max ? pending->bytes_max - pending->bytes : 0;
    uint64_t used = table_used(pending->table);

    *fill = (struct table_fill){used, used + room / (least_cost() + TYPICAL_NAME_BYTES),
                                pending->early};
}
