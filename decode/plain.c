/* The way of nearly every packet in one go: Ethernet, IPv4 without options or IPv6 without
 * extension headers, not fragmented, whole, UDP, a DNS port. What is anything else, or wrong in any
 * way, goes through link.c and ip.c step by step, and to the same place.
 *
 * Many are taken at once, in two rounds: memory that the second needs is fetched while the first
 * goes on with the packets behind. */
#include "decode/plain.h"

#include "decode/duplicate.h"
#include "decode/message.h"
#include "decode/rare.h"

#define LINKTYPE_ETHERNET 1

#define ETHERNET_BYTES 14
#define MAC_BYTES      6
#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define UDP_BYTES      8
#define DNS_BYTES      17 /* what is shorter has no question */

#define IPV4_WITHOUT_OPTIONS 0x45
#define IPV4_FRAGMENTATION   0x3fff

/* The UDP datagram in a plain frame, with its whole header and DNS_BYTES at least. */
struct payload {
    const uint8_t *udp; /* NULL: by another way */
    size_t room;        /* octets from there on that the IP header counts, which are there */
};

/* Of `header` there are `size` octets, with the headers of UDP and DNS behind. */
static inline struct payload take_ipv4(const uint8_t *header, size_t size, struct packet *packet,
                                       struct flow *flow)
{
    size_t total = load_u16(header + 2);

    if (header[9] != PROTOCOL_UDP || load_u16(header + 6) & IPV4_FRAGMENTATION || total > size ||
        total < IPV4_BYTES)
        return (struct payload){0};
    packet_note_ipv4(packet, header, flow);
    return (struct payload){header + IPV4_BYTES, total - IPV4_BYTES};
}

static inline struct payload take_ipv6(const uint8_t *header, size_t size, struct packet *packet,
                                       struct flow *flow)
{
    size_t room = load_u16(header + 4);

    if (header[6] != PROTOCOL_UDP || room > size - IPV6_BYTES)
        return (struct payload){0};
    packet_note_ipv6(packet, header, flow);
    return (struct payload){header + IPV6_BYTES, room};
}

static inline struct payload take_ip(const struct frame *frame, struct packet *packet,
                                     struct flow *flow)
{
    const uint8_t *header = frame->bytes + ETHERNET_BYTES;
    size_t size = frame->size_bytes;
    uint32_t start;

    if (frame->link_type != LINKTYPE_ETHERNET ||
        size < ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES + DNS_BYTES)
        return (struct payload){0};
    start = load_u32(header - 2); /* the type, then the version and what is next to it */
    packet_passes_octets(packet, 2 * MAC_BYTES);
    if (start >> 8 == (ETHERTYPE_IPV4 << 8 | IPV4_WITHOUT_OPTIONS))
        return take_ipv4(header, size - ETHERNET_BYTES, packet, flow);
    if (start >> 12 == (ETHERTYPE_IPV6 << 4 | 6) &&
        size >= ETHERNET_BYTES + IPV6_BYTES + UDP_BYTES + DNS_BYTES)
        return take_ipv6(header, size - ETHERNET_BYTES, packet, flow);
    return (struct payload){0};
}

/* Nearly always the first is it, at either end: both at once are one branch, and no other way that
 * goes by chance. */
static inline bool has_dns_port(const struct decoder *decoder, const struct flow *flow)
{
    uint32_t source_differs = flow->source_port ^ decoder->first_port;
    uint32_t destination_differs = flow->destination_port ^ decoder->first_port;

    return source_differs * destination_differs == 0 ||
           decoder_has_port(decoder, flow->source_port) ||
           decoder_has_port(decoder, flow->destination_port);
}

static inline bool begin(const struct decoder *decoder, const struct frame *frame,
                         struct event *event, struct likeness *likeness)
{
    struct packet packet = packet_of_frame(frame);
    struct flow *flow = &event->flow;
    struct payload payload = take_ip(frame, &packet, flow);
    const uint8_t *header = payload.udp;
    size_t size;

    if (!header)
        return false;
    flow->source_port = load_u16(header);
    flow->destination_port = load_u16(header + 2);
    size = load_u16(header + 4);
    if (size < UDP_BYTES + DNS_BYTES || size > payload.room || !has_dns_port(decoder, flow))
        return false;
    event->time_ns = frame->time_ns;
    event->source = frame->source;
    event->frame = frame->number;
    message_begin(&event->dns, header + UDP_BYTES, size - UDP_BYTES, false);
    event_set_message(event, TRANSPORT_UDP);
    *likeness = likeness_of_message(&packet, event, header, (uint32_t)size);
    duplicate_foresee(decoder, likeness);
    return true;
}

/* Takes those that are copies out; their slots go behind the others'. Returns how many are left. */
static RARE size_t leave_out(struct decoder *decoder, struct event **events, size_t count,
                             uint64_t copies)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct event *event = events[i];

        if (copies >> i & 1) {
            decoder_drop(decoder, DROP_DUPLICATE);
            decoder->counters.dns_responses -= event->dns.flags >> 15;
            continue;
        }
        events[i] = events[kept];
        events[kept++] = event;
    }
    return kept;
}

size_t plain_take(struct decoder *decoder, const struct frame *frames, size_t count)
{
    struct event **events = &decoder->events[decoder->ready];
    size_t room = DECODER_AHEAD - decoder->ready;
    struct likeness likenesses[DECODER_AHEAD];
    size_t taken = 0, kept, responses = 0;
    uint64_t copies;

    if (count > room)
        count = room;
    for (; taken < count && begin(decoder, &frames[taken], events[taken], &likenesses[taken]);
         taken++)
        responses += events[taken]->dns.flags >> 15;
    if (taken == 0)
        return 0;
    messages_read_questions(events, taken);
    decoder->now = stamp_of_frame(&frames[taken - 1]);
    decoder->counters.dns_responses += responses;
    copies = duplicates_find(decoder, events, likenesses, taken);
    kept = copies == 0 ? taken : leave_out(decoder, events, taken, copies);
    decoder->counters.dns_messages += kept;
    decoder->ready += (unsigned)kept;
    return taken;
}
