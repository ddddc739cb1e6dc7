/* The way of nearly every packet in one go: Ethernet, IPv4 without options or IPv6 without
 * extension headers, not fragmented, whole, UDP, a DNS port. What is anything else, or wrong in any
 * way, goes through link.c and ip.c step by step, and to the same place.
 *
 * Many are taken at once, in two rounds: memory that the second needs is fetched while the first
 * goes on with the packets behind. */
#include "decode/plain.h"

#include "decode/duplicate.h"
#include "decode/message.h"

#define LINKTYPE_ETHERNET 1

#define ETHERNET_BYTES 14
#define MAC_BYTES      6
#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define UDP_BYTES      8
#define DNS_BYTES      MESSAGE_HEADER_BYTES

#define IPV4_WITHOUT_OPTIONS 0x45
#define IPV4_FRAGMENTATION   0x3fff

/* Both with the headers of UDP and DNS behind. */
static inline bool is_plain_ipv4(const uint8_t *header, size_t size)
{
    return size >= IPV4_BYTES + UDP_BYTES + DNS_BYTES && header[0] == IPV4_WITHOUT_OPTIONS &&
           header[9] == PROTOCOL_UDP && !(load_u16(header + 6) & IPV4_FRAGMENTATION) &&
           load_u16(header + 2) >= IPV4_BYTES + UDP_BYTES + DNS_BYTES &&
           load_u16(header + 2) <= size;
}

static inline bool is_plain_ipv6(const uint8_t *header, size_t size)
{
    return size >= IPV6_BYTES + UDP_BYTES + DNS_BYTES && header[0] >> 4 == 6 &&
           header[6] == PROTOCOL_UDP && load_u16(header + 4) >= UDP_BYTES + DNS_BYTES &&
           load_u16(header + 4) <= size - IPV6_BYTES;
}

/* Moves down to the UDP header. False: by another way. */
static inline bool take_ip(struct packet *packet, struct flow *flow)
{
    const uint8_t *header = packet->at + ETHERNET_BYTES;
    size_t size = packet_size(packet) - ETHERNET_BYTES;
    uint16_t type;

    if (packet_size(packet) < ETHERNET_BYTES)
        return false;
    type = load_u16(header - 2);
    if (type == ETHERTYPE_IPV4 && is_plain_ipv4(header, size)) {
        packet_passes_octets(packet, 2 * MAC_BYTES);
        packet_note_ipv4(packet, header, flow);
        packet->at = header + IPV4_BYTES;
        packet->end = header + load_u16(header + 2);
        return true;
    }
    if (type == ETHERTYPE_IPV6 && is_plain_ipv6(header, size)) {
        packet_passes_octets(packet, 2 * MAC_BYTES);
        packet_note_ipv6(packet, header, flow);
        packet->at = header + IPV6_BYTES;
        packet->end = packet->at + load_u16(header + 4);
        return true;
    }
    return false;
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
    const uint8_t *header;
    size_t size;

    if (frame->link_type != LINKTYPE_ETHERNET || !take_ip(&packet, flow))
        return false;
    header = packet.at;
    flow->source_port = load_u16(header);
    flow->destination_port = load_u16(header + 2);
    size = load_u16(header + 4);
    if (size < UDP_BYTES + DNS_BYTES || size > packet_size(&packet) || !has_dns_port(decoder, flow))
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

/* Those that are no copies are ready; the others' slots go behind. */
static void make_ready(struct decoder *decoder, size_t count, uint64_t copies)
{
    struct event **events = &decoder->events[decoder->ready];
    size_t kept = 0, responses = 0;

    for (size_t i = 0; i < count; i++) {
        struct event *event = events[i];

        if (copies >> i & 1) {
            decoder_drop(decoder, DROP_DUPLICATE);
            continue;
        }
        responses += event->dns.flags >> 15;
        events[i] = events[kept];
        events[kept++] = event;
    }
    decoder->ready += (unsigned)kept;
    decoder->counters.dns_messages += kept;
    decoder->counters.dns_responses += responses;
}

size_t plain_take(struct decoder *decoder, const struct frame *frames, size_t count)
{
    struct event **events = &decoder->events[decoder->ready];
    size_t room = DECODER_AHEAD - decoder->ready;
    struct likeness likenesses[DECODER_AHEAD];
    size_t taken = 0;

    if (count > room)
        count = room;
    while (taken < count && begin(decoder, &frames[taken], events[taken], &likenesses[taken]))
        taken++;
    messages_read_questions(events, taken);
    make_ready(decoder, taken, duplicates_find(decoder, events, likenesses, taken));
    return taken;
}
