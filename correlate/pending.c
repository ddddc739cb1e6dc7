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
    struct waiting *next, *previous;
    int64_t time_ns;
    size_t size_bytes; /* of `packed` */
    uint8_t packed[];  /* the facts, the name as it stands, of each EDE what stands before its text
                        * and as much text as there is */
};

struct pending {
    struct waiting *first, *last;
    uint64_t count, early;
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
    while (pending->first) {
        struct waiting *waiting = pending->first;

        pending->first = waiting->next;
        free(waiting);
    }
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
static bool comes_before(const struct servfail *a, const struct servfail *b)
{
    int order = address_compare(&a->client, &b->client);

    if (order != 0)
        return order < 0;
    if (a->client_port != b->client_port)
        return a->client_port < b->client_port;
    if (a->id != b->id)
        return a->id < b->id;
    if (a->qname.size_bytes != b->qname.size_bytes)
        return a->qname.size_bytes < b->qname.size_bytes;
    order = memcmp(a->qname.bytes, b->qname.bytes, a->qname.size_bytes);
    return order != 0 ? order < 0 : a->qtype < b->qtype;
}

static bool belongs_before(const struct servfail *servfail, const struct waiting *waiting)
{
    struct servfail other;

    if (servfail->time_ns != waiting->time_ns)
        return servfail->time_ns < waiting->time_ns;
    unpack(waiting->packed, &other);
    return comes_before(servfail, &other);
}

void pending_add(struct pending *pending, const struct servfail *servfail)
{
    uint8_t packed[PACKED_MAX];
    size_t size = pack(servfail, packed);
    struct waiting *waiting = malloc(sizeof(*waiting) + size);
    struct waiting *before = pending->last;

    if (!waiting) {
        pending->early++;
        return;
    }
    waiting->time_ns = servfail->time_ns;
    waiting->size_bytes = size;
    memcpy(waiting->packed, packed, size);
    /* From the end: it is nearly always the latest, and of the same moment there are few. */
    while (before && belongs_before(servfail, before))
        before = before->previous;
    waiting->previous = before;
    waiting->next = before ? before->next : pending->first;
    *(before ? &before->next : &pending->first) = waiting;
    *(waiting->next ? &waiting->next->previous : &pending->last) = waiting;
    pending->count++;
    pending->bytes += sizeof(*waiting) + size + ALLOCATION_BYTES;
}

bool pending_first(const struct pending *pending, int64_t *time_ns)
{
    if (!pending->first)
        return false;
    *time_ns = pending->first->time_ns;
    return true;
}

bool pending_is_over(const struct pending *pending)
{
    return pending->bytes > pending->bytes_max;
}

void pending_take(struct pending *pending, struct servfail *servfail)
{
    struct waiting *waiting = pending->first;

    pending->early += pending_is_over(pending);
    unpack(waiting->packed, servfail);
    pending->first = waiting->next;
    *(waiting->next ? &waiting->next->previous : &pending->last) = NULL;
    pending->count--;
    pending->bytes -= sizeof(*waiting) + waiting->size_bytes + ALLOCATION_BYTES;
    free(waiting);
}

void pending_count(const struct pending *pending, struct table_fill *fill)
{
    uint64_t room = pending->bytes < pending->bytes_max ? pending->bytes_max - pending->bytes : 0;

    *fill =
        (struct table_fill){pending->count, pending->count + room / TYPICAL_BYTES, pending->early};
}
