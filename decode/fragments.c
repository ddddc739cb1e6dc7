#include "decode/fragments.h"

#include <stdlib.h>

#include "decode/hash.h"
#include "decode/list.h"

#define WAIT_NS      (30 * INT64_C(1000000000))
#define REMEMBER_NS  INT64_C(1000000000)
#define DATAGRAM_MAX 65535
#define CHUNKS_MAX   256
#define UDP_BYTES    8
/* What a datagram is reckoned to take at least, to size the table. */
#define DATAGRAM_SHARE 2048

/* What is compared as octets: no padding. */
struct datagram_key {
    struct address source, destination;
    uint32_t id;
    uint16_t ipv6;
    uint16_t protocol; /* part of the identity in IPv4 only */
};

struct chunk {
    struct chunk *next;
    uint32_t offset;
    uint32_t size;     /* on the wire */
    uint32_t captured; /* <= size */
    uint8_t bytes[];
};

struct datagram {
    struct list_node node;
    struct datagram *chain;
    uint64_t hash;
    struct datagram_key key;
    struct chunk *chunks; /* by offset, without overlap */
    unsigned chunk_count;
    uint32_t collected; /* octets in chunks, as on the wire */
    uint32_t total;     /* 0 until the last fragment came */
    uint8_t protocol;   /* of the first fragment */
    bool done;
    bool rejected; /* what comes still counts as `reason` */
    enum drop_reason reason;
    int64_t since_ns;
    struct stamp first; /* the frame of offset 0 */
};

/* Whole datagrams are remembered for a moment: on a mirror port each fragment may come twice, and
 * the second set must not wait for a rest that never comes. */
struct fragments {
    struct list pending, done, lost; /* oldest first */
    struct datagram **buckets;
    size_t bucket_mask;
    size_t capacity;
    uint64_t bytes, bytes_max;
    uint8_t datagram[DATAGRAM_MAX];
};

struct fragments *fragments_new(uint64_t memory_bytes)
{
    struct fragments *fragments = calloc(1, sizeof(*fragments));
    size_t buckets = 64;

    if (!fragments)
        return NULL;
    list_init(&fragments->pending);
    list_init(&fragments->done);
    list_init(&fragments->lost);
    fragments->bytes_max = memory_bytes;
    fragments->capacity = memory_bytes / DATAGRAM_SHARE + 1;
    while (buckets < fragments->capacity)
        buckets *= 2;
    fragments->bucket_mask = buckets - 1;
    fragments->buckets = calloc(buckets, sizeof(struct datagram *));
    if (!fragments->buckets) {
        free(fragments);
        return NULL;
    }
    return fragments;
}

static void drop_chunks(struct fragments *fragments, struct datagram *datagram)
{
    while (datagram->chunks) {
        struct chunk *chunk = datagram->chunks;

        datagram->chunks = chunk->next;
        fragments->bytes -= sizeof(*chunk) + chunk->captured;
        free(chunk);
    }
    datagram->chunk_count = 0;
}

static void datagram_free(struct fragments *fragments, struct datagram *datagram)
{
    drop_chunks(fragments, datagram);
    fragments->bytes -= sizeof(*datagram);
    free(datagram);
}

static void free_list(struct fragments *fragments, struct list *list)
{
    struct list_node *node;

    while ((node = list_first(list))) {
        list_remove(list, node);
        datagram_free(fragments, LIST_ELEMENT(node, struct datagram, node));
    }
}

void fragments_free(struct fragments *fragments)
{
    if (!fragments)
        return;
    free_list(fragments, &fragments->pending);
    free_list(fragments, &fragments->done);
    free_list(fragments, &fragments->lost);
    free(fragments->buckets);
    free(fragments);
}

static struct datagram *find(const struct fragments *fragments, uint64_t hash,
                             const struct datagram_key *key)
{
    struct datagram *datagram = fragments->buckets[hash & fragments->bucket_mask];

    while (datagram && memcmp(&datagram->key, key, sizeof(*key)) != 0)
        datagram = datagram->chain;
    return datagram;
}

/* Out of the table and of its list. */
static void take_out(struct fragments *fragments, struct datagram *datagram)
{
    struct datagram **link = &fragments->buckets[datagram->hash & fragments->bucket_mask];

    while (*link != datagram)
        link = &(*link)->chain;
    *link = datagram->chain;
    list_remove(datagram->done ? &fragments->done : &fragments->pending, &datagram->node);
}

/* Ends the wait for the rest: a DNS message of which the beginning is there is kept to be reported.
 */
static void give_up(struct decoder *decoder, struct datagram *datagram, enum drop_reason reason)
{
    struct fragments *fragments = decoder->fragments;
    const struct chunk *first = datagram->chunks;

    take_out(fragments, datagram);
    if (!datagram->done && !datagram->rejected) {
        decoder_drop(decoder, reason);
        if (first && first->offset == 0 && datagram->protocol == PROTOCOL_UDP) {
            list_append(&fragments->lost, &datagram->node);
            return;
        }
    }
    datagram_free(fragments, datagram);
}

/* True: the time of the oldest in `list` is over. A clock that was set back counts, too. */
static bool is_over(const struct list *list, int64_t now_ns, int64_t wait_ns)
{
    struct list_node *node = list_first(list);
    int64_t age_ns;

    if (!node)
        return false;
    if (__builtin_sub_overflow(now_ns, LIST_ELEMENT(node, struct datagram, node)->since_ns,
                               &age_ns))
        return true;
    return age_ns >= wait_ns || age_ns < -wait_ns;
}

static void expire(struct decoder *decoder)
{
    struct fragments *fragments = decoder->fragments;
    int64_t now_ns = decoder->now.time_ns;

    while (is_over(&fragments->done, now_ns, REMEMBER_NS))
        give_up(decoder, LIST_ELEMENT(list_first(&fragments->done), struct datagram, node),
                DROP_FRAGMENT_INCOMPLETE);
    while (list_first(&fragments->pending) &&
           (decoder->finishing || is_over(&fragments->pending, now_ns, WAIT_NS)))
        give_up(decoder, LIST_ELEMENT(list_first(&fragments->pending), struct datagram, node),
                DROP_FRAGMENT_INCOMPLETE);
}

/* Gives up the oldest but `keep` until there is room for `size` octets more. */
static void make_room(struct decoder *decoder, size_t size, const struct datagram *keep)
{
    struct fragments *fragments = decoder->fragments;

    while (fragments->bytes + size > fragments->bytes_max ||
           fragments->pending.count + fragments->done.count > fragments->capacity) {
        struct list_node *node = list_first(&fragments->done);

        if (!node)
            node = list_first(&fragments->pending);
        if (node && LIST_ELEMENT(node, struct datagram, node) == keep)
            node = node->next == &fragments->pending.ends ? NULL : node->next;
        if (!node)
            return;
        give_up(decoder, LIST_ELEMENT(node, struct datagram, node), DROP_FRAGMENT_EVICTED);
    }
}

static struct datagram *datagram_new(struct decoder *decoder, uint64_t hash,
                                     const struct datagram_key *key)
{
    struct fragments *fragments = decoder->fragments;
    struct datagram **bucket = &fragments->buckets[hash & fragments->bucket_mask];
    struct datagram *datagram = calloc(1, sizeof(*datagram));

    if (!datagram)
        return NULL;
    make_room(decoder, sizeof(*datagram), NULL);
    datagram->hash = hash;
    datagram->key = *key;
    datagram->since_ns = decoder->now.time_ns;
    datagram->chain = *bucket;
    *bucket = datagram;
    list_append(&fragments->pending, &datagram->node);
    fragments->bytes += sizeof(*datagram);
    return datagram;
}

/* From now on the rest of the datagram is no more looked at. */
static int reject(struct fragments *fragments, struct datagram *datagram, enum drop_reason reason)
{
    drop_chunks(fragments, datagram);
    datagram->rejected = true;
    datagram->reason = reason;
    return (int)reason;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Do the octets that both captured agree? */
static bool agrees(const struct chunk *chunk, const struct packet *packet, uint32_t offset)
{
    uint32_t end = smaller(chunk->offset + chunk->captured, offset + (uint32_t)packet_size(packet));
    uint32_t begin = chunk->offset > offset ? chunk->offset : offset;

    return end <= begin || memcmp(chunk->bytes + (begin - chunk->offset),
                                  packet->at + (begin - offset), end - begin) == 0;
}

static struct chunk *chunk_new(const struct packet *packet, uint32_t packet_offset, uint32_t begin,
                               uint32_t end)
{
    uint32_t skipped = begin - packet_offset;
    uint32_t captured = 0;
    struct chunk *chunk;

    if (packet_size(packet) > skipped)
        captured = smaller((uint32_t)packet_size(packet) - skipped, end - begin);
    chunk = malloc(sizeof(*chunk) + captured);
    if (!chunk)
        return NULL;
    chunk->offset = begin;
    chunk->size = end - begin;
    chunk->captured = captured;
    memcpy(chunk->bytes, packet->at + (captured > 0 ? skipped : 0), captured);
    return chunk;
}

/* Fills the holes that the fragment's octets [offset, end) cover. -1: they contradict what is
 * there, or are too many pieces. */
static int merge(struct fragments *fragments, struct datagram *datagram,
                 const struct packet *packet, uint32_t offset, uint32_t end)
{
    struct chunk **link = &datagram->chunks;
    uint32_t at = offset;

    while (at < end) {
        struct chunk *chunk = *link;
        struct chunk *piece;

        if (chunk && chunk->offset <= at) {
            if (chunk->offset + chunk->size > at) {
                if (!agrees(chunk, packet, offset))
                    return -1;
                at = chunk->offset + chunk->size;
            }
            link = &chunk->next;
            continue;
        }
        if (datagram->chunk_count == CHUNKS_MAX)
            return -1;
        piece = chunk_new(packet, offset, at, chunk ? smaller(end, chunk->offset) : end);
        if (!piece)
            return -1;
        piece->next = chunk;
        *link = piece;
        datagram->chunk_count++;
        datagram->collected += piece->size;
        fragments->bytes += sizeof(*piece) + piece->captured;
        at += piece->size;
        link = &piece->next;
    }
    return 0;
}

/* Where the octets of the datagram's chunks end; 0 without any. */
static uint32_t reach(const struct datagram *datagram)
{
    uint32_t end = 0;

    for (const struct chunk *chunk = datagram->chunks; chunk; chunk = chunk->next)
        end = chunk->offset + chunk->size;
    return end;
}

static int decode_whole(struct decoder *decoder, struct datagram *datagram, unsigned depth)
{
    struct fragments *fragments = decoder->fragments;
    struct packet packet = {.at = fragments->datagram, .depth = depth};
    uint32_t captured = 0;

    for (const struct chunk *chunk = datagram->chunks; chunk; chunk = chunk->next) {
        memcpy(fragments->datagram + chunk->offset, chunk->bytes, chunk->captured);
        captured = chunk->offset + chunk->captured;
        if (chunk->captured < chunk->size)
            break;
    }
    packet.end = packet.at + captured;
    packet.missing = datagram->total - captured;
    list_remove(&fragments->pending, &datagram->node);
    datagram->done = true;
    datagram->since_ns = decoder->now.time_ns;
    list_append(&fragments->done, &datagram->node);
    return ip_payload_decode(decoder, &packet, datagram->protocol);
}

/* Extension headers may still lie before UDP. */
static bool may_carry_dns(const struct fragment *fragment)
{
    return fragment->protocol == PROTOCOL_UDP || fragment->protocol == PROTOCOL_TCP ||
           (fragment->ipv6 && fragment->protocol == PROTOCOL_DESTINATION_OPTIONS);
}

/* The first fragment shows the ports. */
static bool has_other_ports(const struct decoder *decoder, const struct packet *packet,
                            const struct fragment *fragment)
{
    return fragment->protocol != PROTOCOL_DESTINATION_OPTIONS && fragment->offset == 0 &&
           packet_size(packet) >= 4 && !decoder_has_port(decoder, load_u16(packet->at)) &&
           !decoder_has_port(decoder, load_u16(packet->at + 2));
}

static struct datagram_key key_of(const struct flow *flow, const struct fragment *fragment)
{
    return (struct datagram_key){
        .source = flow->source,
        .destination = flow->destination,
        .id = fragment->id,
        .ipv6 = fragment->ipv6,
        .protocol = fragment->ipv6 ? 0 : fragment->protocol,
    };
}

/* Takes what the fragment says of the whole. -1: it cannot be part of it. */
static int note_bounds(struct datagram *datagram, const struct fragment *fragment, uint32_t end)
{
    if (fragment->more)
        return datagram->total != 0 && end > datagram->total ? -1 : 0;
    if ((datagram->total != 0 && datagram->total != end) || reach(datagram) > end)
        return -1;
    datagram->total = end;
    return 0;
}

int fragments_take(struct decoder *decoder, struct packet *packet, const struct fragment *fragment)
{
    struct fragments *fragments = decoder->fragments;
    struct datagram_key key = key_of(&decoder->event.flow, fragment);
    uint64_t hash = hash_bytes(&key, sizeof(key));
    struct datagram *datagram;
    uint32_t size = (uint32_t)packet_size(packet) + packet->missing;
    uint32_t end = fragment->offset + size;

    if (!may_carry_dns(fragment))
        return DROP_NOT_DNS;
    if (size == 0 || end > DATAGRAM_MAX || (fragment->more && size % 8 != 0))
        return DROP_FRAGMENT_BAD;
    expire(decoder);
    datagram = find(fragments, hash, &key);
    if (datagram && datagram->done) {
        if (end <= datagram->total &&
            merge(fragments, datagram, packet, fragment->offset, end) == 0)
            return PACKET_KEPT;
        give_up(decoder, datagram, DROP_FRAGMENT_INCOMPLETE); /* its ID is used again */
        datagram = NULL;
    }
    if (!datagram)
        datagram = datagram_new(decoder, hash, &key);
    if (!datagram)
        return DROP_FRAGMENT_EVICTED;
    if (datagram->rejected)
        return (int)datagram->reason;
    if (has_other_ports(decoder, packet, fragment))
        return reject(fragments, datagram, DROP_NOT_DNS);
    make_room(decoder, sizeof(struct chunk) + packet_size(packet), datagram);
    if (note_bounds(datagram, fragment, end) != 0 ||
        merge(fragments, datagram, packet, fragment->offset, end) != 0)
        return reject(fragments, datagram, DROP_FRAGMENT_BAD);
    if (fragment->offset == 0 && datagram->first.number == 0) {
        datagram->protocol = fragment->protocol;
        datagram->first = decoder->now;
    }
    if (datagram->total == 0 || datagram->collected < datagram->total)
        return PACKET_KEPT;
    return decode_whole(decoder, datagram, packet->depth);
}

bool fragments_are_waiting(const struct fragments *fragments)
{
    return fragments->pending.count + fragments->done.count + fragments->lost.count > 0;
}

/* Fills decoder->event with what the first fragments show. False: no DNS message. */
static bool report(struct decoder *decoder, const struct datagram *datagram)
{
    struct event *event = &decoder->event;
    uint8_t *bytes = decoder->fragments->datagram;
    uint32_t size = 0;

    for (const struct chunk *chunk = datagram->chunks; chunk && chunk->offset == size;
         chunk = chunk->next) {
        memcpy(bytes + size, chunk->bytes, chunk->captured);
        size += chunk->captured;
    }
    if (size < UDP_BYTES)
        return false;
    event->kind = EVENT_FRAGMENT_LOST;
    event->flow = (struct flow){
        .source = datagram->key.source,
        .destination = datagram->key.destination,
        .source_port = load_u16(bytes),
        .destination_port = load_u16(bytes + 2),
    };
    decoder_stamp_event(decoder, &datagram->first);
    if (!decoder_has_port(decoder, event->flow.source_port) &&
        !decoder_has_port(decoder, event->flow.destination_port))
        return false;
    if (message_decode(decoder, bytes + UDP_BYTES, size - UDP_BYTES, true) != PACKET_EVENT)
        return false;
    event->dns.transport = TRANSPORT_UDP;
    return true;
}

bool fragments_next_lost(struct decoder *decoder)
{
    struct fragments *fragments = decoder->fragments;
    struct list_node *node;
    bool found = false;

    expire(decoder);
    while (!found && (node = list_first(&fragments->lost))) {
        struct datagram *datagram = LIST_ELEMENT(node, struct datagram, node);

        list_remove(&fragments->lost, node);
        found = report(decoder, datagram);
        datagram_free(fragments, datagram);
    }
    return found;
}
