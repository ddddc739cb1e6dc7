#include "correlate/pending.h"

#include <stdlib.h>
#include <string.h>

/* What the allocator adds to each. */
#define ALLOCATION_BYTES 16
/* Of a packed one, for telling how many there is room for. */
#define TYPICAL_BYTES 192
#define FACTS_SIZE    offsetof(struct servfail, qname)
#define PACKED_MAX                                                                                 \
    (FACTS_SIZE + sizeof(struct name) + sizeof(struct incident_ede[INCIDENT_EDE_MAX]))

struct waiting {
    size_t size_bytes; /* of `packed` */
    uint8_t packed[];  /* the facts, the name as it stands, of each EDE what stands before its text
                        * and as much text as there is */
};

struct place {
    int64_t time_ns;
    uint64_t number; /* of all that were ever added */
    struct waiting *waiting;
};

struct pending {
    struct place *heap; /* none comes before the one at (its index - 1) / 2 */
    size_t capacity;
    uint64_t count, added, early;
    uint64_t bytes, bytes_max;
};

struct pending *pending_new(uint64_t memory_bytes)
{
    struct pending *pending = calloc(1, sizeof(*pending));

    if (pending)
        pending->bytes_max = memory_bytes;
    return pending;
}

void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    for (size_t i = 0; i < pending->count; i++)
        free(pending->heap[i].waiting);
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
static bool comes_before(const struct place *a, const struct place *b)
{
    struct servfail one, other;
    int order;

    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns;
    unpack(a->waiting->packed, &one);
    unpack(b->waiting->packed, &other);
    order = compare(&one, &other);
    return order != 0 ? order < 0 : a->number < b->number;
}

static int make_room(struct pending *pending)
{
    size_t capacity = pending->capacity ? 2 * pending->capacity : 64;
    struct place *grown;

    if (pending->count < pending->capacity)
        return 0;
    grown = realloc(pending->heap, capacity * sizeof(*grown));
    if (!grown)
        return -1;
    pending->heap = grown;
    pending->capacity = capacity;
    return 0;
}

/* From the last place up: it is nearly always the latest, and stays there. */
static void rise(struct pending *pending, struct place place)
{
    size_t at = pending->count++;

    for (; at > 0 && comes_before(&place, &pending->heap[(at - 1) / 2]); at = (at - 1) / 2)
        pending->heap[at] = pending->heap[(at - 1) / 2];
    pending->heap[at] = place;
}

/* From the first place, which is empty, down. */
static void sink(struct pending *pending, struct place place)
{
    size_t at = 0, child;

    for (; (child = 2 * at + 1) < pending->count; at = child) {
        if (child + 1 < pending->count &&
            comes_before(&pending->heap[child + 1], &pending->heap[child]))
            child++;
        if (!comes_before(&pending->heap[child], &place))
            break;
        pending->heap[at] = pending->heap[child];
    }
    pending->heap[at] = place;
}

static uint64_t cost_of(const struct waiting *waiting)
{
    return sizeof(struct place) + sizeof(*waiting) + waiting->size_bytes + ALLOCATION_BYTES;
}

void pending_add(struct pending *pending, const struct servfail *servfail)
{
    uint8_t packed[PACKED_MAX];
    size_t size = pack(servfail, packed);
    struct waiting *waiting = malloc(sizeof(*waiting) + size);

    if (!waiting || make_room(pending) < 0) {
        free(waiting);
        pending->early++;
        return;
    }
    waiting->size_bytes = size;
    memcpy(waiting->packed, packed, size);
    pending->bytes += cost_of(waiting);
    rise(pending, (struct place){servfail->time_ns, pending->added++, waiting});
}

bool pending_first(const struct pending *pending, int64_t *time_ns)
{
    if (pending->count == 0)
        return false;
    *time_ns = pending->heap[0].time_ns;
    return true;
}

bool pending_is_over(const struct pending *pending)
{
    return pending->bytes > pending->bytes_max;
}

void pending_take(struct pending *pending, struct servfail *servfail)
{
    struct waiting *waiting = pending->heap[0].waiting;

    pending->early += pending_is_over(pending);
    unpack(waiting->packed, servfail);
    pending->bytes -= cost_of(waiting);
    free(waiting);
    if (--pending->count > 0)
        sink(pending, pending->heap[pending->count]);
}

void pending_count(const struct pending *pending, struct table_fill *fill)
{
    uint64_t room = pending->bytes < pending->bytes_max ? pending->bytes_max - pending->bytes : 0;

    *fill =
        (struct table_fill){pending->count, pending->count + room / TYPICAL_BYTES, pending->early};
}
