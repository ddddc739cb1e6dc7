#include "decode/connections.h"

#include <stdlib.h>

#include "decode/stream.h"

#define IDLE_NS (300 * INT64_C(1000000000))
/* Of the memory: this part for the table, the rest for buffers. */
#define TABLE_PART 3
/* Of the table: this part for connections without data. */
#define BARE_PART 4

struct tcp *tcp_new(uint64_t memory_bytes)
{
    struct tcp *tcp = calloc(1, sizeof(*tcp));
    size_t capacity = memory_bytes / TABLE_PART / sizeof(struct connection);
    size_t buckets = 64;

    if (!tcp)
        return NULL;
    list_init(&tcp->live);
    list_init(&tcp->bare);
    list_init(&tcp->holders);
    list_init(&tcp->gaps);
    if (capacity < 2 * BARE_PART)
        capacity = 2 * BARE_PART;
    tcp->bare_capacity = capacity / BARE_PART;
    tcp->live_capacity = capacity - tcp->bare_capacity;
    tcp->bytes_max = memory_bytes - memory_bytes / TABLE_PART;
    while (buckets < capacity)
        buckets *= 2;
    tcp->bucket_mask = buckets - 1;
    tcp->buckets = calloc(buckets, sizeof(struct connection *));
    tcp->slots = calloc(capacity, sizeof(struct connection));
    if (!tcp->buckets || !tcp->slots) {
        tcp_free(tcp);
        return NULL;
    }
    return tcp;
}

static void free_streams(struct tcp *tcp, struct connection *connection)
{
    for (unsigned side = 0; side < 2; side++)
        stream_clear(tcp, connection, side);
}

void tcp_free(struct tcp *tcp)
{
    if (!tcp)
        return;
    for (size_t i = 0; i < tcp->used_slots; i++)
        free_streams(tcp, &tcp->slots[i]);
    free(tcp->delivery.segment);
    free(tcp->handed_out);
    free(tcp->buckets);
    free(tcp->slots);
    free(tcp);
}

unsigned connection_side(const struct flow *flow, struct flow *key)
{
    int order = address_compare(&flow->source, &flow->destination);

    if (order == 0)
        order = flow->source_port - flow->destination_port;
    if (order <= 0) {
        *key = *flow;
        return 0;
    }
    *key = (struct flow){
        .source = flow->destination,
        .destination = flow->source,
        .source_port = flow->destination_port,
        .destination_port = flow->source_port,
    };
    return 1;
}

struct flow connection_flow(const struct connection *connection, unsigned side)
{
    const struct flow *key = &connection->key;

    if (side == 0)
        return *key;
    return (struct flow){
        .source = key->destination,
        .destination = key->source,
        .source_port = key->destination_port,
        .destination_port = key->source_port,
    };
}

struct connection *connection_find(const struct tcp *tcp, const struct flow *key, uint64_t hash)
{
    struct connection *connection = tcp->buckets[hash & tcp->bucket_mask];

    while (connection && memcmp(&connection->key, key, sizeof(*key)) != 0)
        connection = connection->chain;
    return connection;
}

static struct list *list_of(struct tcp *tcp, const struct connection *connection)
{
    return connection->live ? &tcp->live : &tcp->bare;
}

static void connection_drop(struct decoder *decoder, struct connection *connection,
                            enum drop_reason reason, bool count)
{
    struct tcp *tcp = decoder->tcp;
    struct connection **link = &tcp->buckets[connection->hash & tcp->bucket_mask];

    if (count || connection->held_bytes > 0)
        decoder_drop(decoder, reason);
    while (*link != connection)
        link = &(*link)->chain;
    *link = connection->chain;
    list_remove(list_of(tcp, connection), &connection->node);
    free_streams(tcp, connection);
    connection->chain = tcp->free_slots;
    tcp->free_slots = connection;
}

static void drop_oldest(struct decoder *decoder, struct list *list)
{
    connection_drop(decoder, LIST_ELEMENT(list_first(list), struct connection, node),
                    DROP_TCP_EVICTED, true);
}

struct connection *connection_add(struct decoder *decoder, const struct flow *key, uint64_t hash,
                                  unsigned client)
{
    struct tcp *tcp = decoder->tcp;
    struct connection **bucket = &tcp->buckets[hash & tcp->bucket_mask];
    struct connection *connection;

    if (tcp->bare.count == tcp->bare_capacity)
        drop_oldest(decoder, &tcp->bare);
    connection = tcp->free_slots;
    if (connection)
        tcp->free_slots = connection->chain;
    else
        connection = &tcp->slots[tcp->used_slots++];
    *connection = (struct connection){
        .chain = *bucket,
        .hash = hash,
        .key = *key,
        .client = client,
        .last_ns = decoder->now.time_ns,
        .streams = {[1] = {.side = 1}},
    };
    *bucket = connection;
    list_append(&tcp->bare, &connection->node);
    return connection;
}

void connection_touch(struct decoder *decoder, struct connection *connection, bool live)
{
    struct tcp *tcp = decoder->tcp;

    list_remove(list_of(tcp, connection), &connection->node);
    if (live && !connection->live) {
        if (tcp->live.count == tcp->live_capacity)
            drop_oldest(decoder, &tcp->live);
        connection->live = true;
    }
    list_append(list_of(tcp, connection), &connection->node);
    if (list_holds(&connection->holding)) {
        list_remove(&tcp->holders, &connection->holding);
        list_append(&tcp->holders, &connection->holding);
    }
    connection->last_ns = decoder->now.time_ns;
}

void connection_retire(struct tcp *tcp, struct connection *connection)
{
    if (!connection->live || connection->held_bytes > 0 || tcp->bare.count == tcp->bare_capacity)
        return;
    list_remove(&tcp->live, &connection->node);
    connection->live = false;
    list_append(&tcp->bare, &connection->node);
}

static bool is_idle(struct list_node *node, int64_t now_ns)
{
    int64_t idle_ns;

    if (!node)
        return false;
    if (__builtin_sub_overflow(now_ns, LIST_ELEMENT(node, struct connection, node)->last_ns,
                               &idle_ns))
        return true;
    return idle_ns >= IDLE_NS || idle_ns < -IDLE_NS; /* a clock that was set back counts, too */
}

void connections_expire(struct decoder *decoder)
{
    struct list *const lists[] = {&decoder->tcp->live, &decoder->tcp->bare};

    for (unsigned i = 0; i < 2; i++)
        while (is_idle(list_first(lists[i]), decoder->now.time_ns))
            connection_drop(decoder, LIST_ELEMENT(list_first(lists[i]), struct connection, node),
                            DROP_TCP_LOST, false);
}

/* The connection lives on; its streams find their way again at the next message. */
static void give_up_buffers(struct decoder *decoder, struct connection *connection)
{
    decoder_drop(decoder, DROP_TCP_EVICTED);
    for (unsigned side = 0; side < 2; side++) {
        struct stream *stream = &connection->streams[side];

        if (stream->message || stream->segments)
            stream_clear(decoder->tcp, connection, side);
    }
}

bool connection_hold(struct decoder *decoder, struct connection *connection, size_t size)
{
    struct tcp *tcp = decoder->tcp;

    while (tcp->bytes + size > tcp->bytes_max) {
        struct list_node *node = list_first(&tcp->holders);

        if (node == &connection->holding)
            node = node->next == &tcp->holders.ends ? NULL : node->next;
        if (!node)
            return false;
        give_up_buffers(decoder, LIST_ELEMENT(node, struct connection, holding));
    }
    if (connection->held_bytes == 0)
        list_append(&tcp->holders, &connection->holding);
    tcp->bytes += size;
    connection->held_bytes += size;
    return true;
}

void connection_unhold(struct tcp *tcp, struct connection *connection, size_t size)
{
    tcp->bytes -= size;
    connection->held_bytes -= size;
    if (connection->held_bytes == 0)
        list_remove(&tcp->holders, &connection->holding);
}
