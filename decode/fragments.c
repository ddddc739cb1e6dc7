#include "decode/fragments.h"

#include <stdlib.h>

#include "decode/datagram.h"
#include "decode/hash.h"

/* Pieces of one answer come together, and whoever waits for it gives up within seconds: a judgement
 * that waits no longer has to know. */
#define WAIT_NS     (5 * INT64_C(1000000000))
#define REMEMBER_NS INT64_C(1000000000)
#define UDP_BYTES   8
/* What a datagram is reckoned to take at least, to size the table. */
#define DATAGRAM_SHARE 2048

/* Whole datagrams are remembered for a moment: on a mirror port each fragment may come twice, and
 * the second set must not wait for a rest that never comes. */
struct fragments {
    struct list pending, done, lost; /* oldest first */
    struct datagram **buckets;
    size_t bucket_mask;
    size_t capacity;
    uint64_t bytes, bytes_max;
    uint8_t datagram[DATAGRAM_MAX_BYTES];
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

static void datagram_free(struct fragments *fragments, struct datagram *datagram)
{
    fragments->bytes -= sizeof(*datagram) + datagram->held_bytes;
    datagram_drop_chunks(datagram);
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
    fragments->bytes -= datagram->held_bytes;
    datagram_drop_chunks(datagram);
    datagram->rejected = true;
    datagram->reason = reason;
    return (int)reason;
}

/* `last` completed it. */
static int decode_whole(struct decoder *decoder, struct datagram *datagram,
                        const struct packet *last)
{
    struct fragments *fragments = decoder->fragments;
    uint32_t captured = datagram_copy(datagram, fragments->datagram);
    struct packet packet = *last;

    packet.at = fragments->datagram;
    packet.end = fragments->datagram + captured;
    packet.missing = datagram->total - captured;
    list_remove(&fragments->pending, &datagram->node);
    datagram->done = true;
    datagram->since_ns = decoder->now.time_ns;
    list_append(&fragments->done, &datagram->node);
    return ip_payload_decode(decoder, &packet, datagram->protocol);
}

/* By itself or in what it wraps; extension headers may still lie before UDP. */
static bool may_carry_dns(const struct fragment *fragment)
{
    switch (fragment->protocol) {
    case PROTOCOL_UDP:
    case PROTOCOL_TCP:
    case PROTOCOL_IPV4:
    case PROTOCOL_IPV6:
    case PROTOCOL_GRE:
        return true;
    default:
        return fragment->ipv6 && fragment->protocol == PROTOCOL_DESTINATION_OPTIONS;
    }
}

/* The first fragment shows the ports. */
static bool has_other_ports(const struct decoder *decoder, const struct packet *packet,
                            const struct fragment *fragment)
{
    uint16_t source, destination;

    if ((fragment->protocol != PROTOCOL_UDP && fragment->protocol != PROTOCOL_TCP) ||
        fragment->offset != 0 || packet_size(packet) < 4)
        return false;
    source = load_u16(packet->at);
    destination = load_u16(packet->at + 2);
    if (fragment->protocol == PROTOCOL_UDP)
        return !udp_may_hold_dns(decoder, source, destination);
    return !decoder_has_port(decoder, source) && !decoder_has_port(decoder, destination);
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

static int merge(struct fragments *fragments, struct datagram *datagram,
                 const struct packet *packet, const struct fragment *fragment)
{
    int merged;

    fragments->bytes -= datagram->held_bytes;
    merged = datagram_merge(datagram, packet, fragment);
    fragments->bytes += datagram->held_bytes;
    return merged;
}

int fragments_take(struct decoder *decoder, struct packet *packet, const struct fragment *fragment)
{
    struct fragments *fragments = decoder->fragments;
    struct datagram_key key = key_of(&decoder->event->flow, fragment);
    uint64_t hash = hash_bytes(&key, sizeof(key));
    struct datagram *datagram;
    size_t size = packet_size(packet) + packet->missing;

    if (!may_carry_dns(fragment))
        return DROP_NOT_DNS;
    if (size == 0 || fragment->offset + size > DATAGRAM_MAX_BYTES ||
        (fragment->more && size % 8 != 0))
        return DROP_FRAGMENT_BAD;
    expire(decoder);
    datagram = find(fragments, hash, &key);
    if (datagram && datagram->done) {
        if (merge(fragments, datagram, packet, fragment) == 0)
            return DROP_DUPLICATE;
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
    if (merge(fragments, datagram, packet, fragment) != 0)
        return reject(fragments, datagram, DROP_FRAGMENT_BAD);
    if (fragment->offset == 0 && datagram->first.number == 0) {
        datagram->protocol = fragment->protocol;
        datagram->first = decoder->now;
    }
    return datagram_is_whole(datagram) ? decode_whole(decoder, datagram, packet) : PACKET_KEPT;
}

bool fragments_are_waiting(const struct fragments *fragments)
{
    return fragments->pending.count + fragments->done.count + fragments->lost.count > 0;
}

bool fragments_are_due(const struct fragments *fragments, int64_t now_ns)
{
    return fragments->lost.count > 0 || is_over(&fragments->pending, now_ns, WAIT_NS);
}

/* Fills decoder->event with what the first fragments show. False: no DNS message. */
static bool report(struct decoder *decoder, const struct datagram *datagram)
{
    struct event *event = decoder->event;
    uint8_t *bytes = decoder->fragments->datagram;
    uint32_t size = datagram_copy(datagram, bytes);

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
    if (message_decode(&decoder->event->dns, bytes + UDP_BYTES, size - UDP_BYTES, true) !=
        PACKET_EVENT)
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
