#include "decode/duplicate.h"
#include "decode/hash.h"
#include "decode/layers.h"

#define ICMP_BYTES     8
#define ANY_CODE       0x100
#define COMPARED_BYTES 64

struct meaning {
    uint8_t type;
    uint16_t code;
    enum icmp_reason reason;
};

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. The first row that fits counts. */
static const struct meaning ipv4_meanings[] = {
    {3, 0, ICMP_NET},
    {3, 1, ICMP_HOST},
    {3, 2, ICMP_PROTOCOL},
    {3, 3, ICMP_PORT},
    {3, 4, ICMP_TOO_BIG},
    {3, 6, ICMP_NET},  /* destination network unknown */
    {3, 7, ICMP_HOST}, /* destination host unknown */
    {3, 8, ICMP_HOST}, /* source host isolated */
    {3, 9, ICMP_PROHIBITED},
    {3, 10, ICMP_PROHIBITED},
    {3, 11, ICMP_NET},  /* for this type of service */
    {3, 12, ICMP_HOST}, /* for this type of service */
    {3, 13, ICMP_PROHIBITED},
    {3, 14, ICMP_PROHIBITED}, /* precedence violation */
    {3, 15, ICMP_PROHIBITED}, /* precedence cutoff */
    {3, ANY_CODE, ICMP_OTHER},
    {4, ANY_CODE, ICMP_OTHER}, /* source quench */
    {11, ANY_CODE, ICMP_TIME_EXCEEDED},
    {12, ANY_CODE, ICMP_OTHER}, /* parameter problem */
};

/* RFC 4443. */
static const struct meaning ipv6_meanings[] = {
    {1, 0, ICMP_NET},          {1, 1, ICMP_PROHIBITED},     {1, 3, ICMP_HOST},
    {1, 4, ICMP_PORT},         {1, 5, ICMP_PROHIBITED}, /* source address failed the policy */
    {1, 6, ICMP_PROHIBITED},                            /* reject route */
    {1, ANY_CODE, ICMP_OTHER}, {2, ANY_CODE, ICMP_TOO_BIG}, {3, ANY_CODE, ICMP_TIME_EXCEEDED},
    {4, 1, ICMP_PROTOCOL}, /* unrecognised next header */
    {4, ANY_CODE, ICMP_OTHER},
};

static const struct meaning *find_meaning(const struct meaning *table, size_t count, uint8_t type,
                                          uint8_t code)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].type == type && (table[i].code == code || table[i].code == ANY_CODE))
            return &table[i];
    return NULL;
}

/* Moves over the quoted IP header and returns the transport protocol, -1 where the quote does not
 * show it. Lengths in a quote are those of the packet when it was whole, therefore not looked at.
 */
static int quoted_ip(struct packet *quote, struct flow *flow)
{
    const uint8_t *header = quote->at;
    size_t size = packet_size(quote);

    if (size >= 20 && header[0] >> 4 == 4) {
        size_t header_size = (size_t)(header[0] & 0x0f) * 4;

        if (header_size < 20 || size < header_size || load_u16(header + 6) & 0x1fff)
            return -1;
        flow->source = address_from_ipv4(header + 12);
        flow->destination = address_from_ipv4(header + 16);
        quote->at += header_size;
        return ip_skip_extensions(quote, header[9]);
    }
    if (size >= 40 && header[0] >> 4 == 6) {
        int protocol;

        flow->source = address_from_ipv6(header + 8);
        flow->destination = address_from_ipv6(header + 24);
        quote->at += 40;
        protocol = ip_skip_extensions(quote, header[6]);
        if (protocol == PROTOCOL_FRAGMENT) {
            /* Behind the first fragment there are no ports. */
            if (packet_size(quote) < 8 || load_u16(quote->at + 2) & 0xfff8)
                return -1;
            protocol = quote->at[0];
            quote->at += 8;
            protocol = ip_skip_extensions(quote, (uint8_t)protocol);
        }
        return protocol;
    }
    return -1;
}

/* Of errors the whole is compared, as far as routers quote: 8 octets of their own, and at least as
 * many behind the quoted header. */
static bool is_duplicate(struct decoder *decoder, const struct packet *error)
{
    const size_t size = packet_size(error);
    const struct event *event = decoder->event;
    uint64_t between =
        hash_mix(hash_bytes(&event->flow, sizeof(event->flow)), hash_address(&event->icmp.sender));
    const struct likeness likeness =
        likeness_of(error, between, (uint32_t)size + error->missing,
                    hash_stable(error->at, size < COMPARED_BYTES ? size : COMPARED_BYTES));

    return duplicate_found(decoder, &likeness);
}

static int error_decode(struct decoder *decoder, struct packet *packet,
                        const struct meaning *meaning, bool ipv6)
{
    struct event *event = decoder->event;
    struct address sender = event->flow.source;
    const uint8_t *header = packet->at;
    struct icmp_error *icmp = &event->icmp;
    const struct packet error = *packet;
    int protocol;

    packet->at += ICMP_BYTES;
    protocol = quoted_ip(packet, &event->flow);
    if (protocol < 0)
        return packet_too_short(packet, DROP_BAD_ICMP);
    if (protocol != PROTOCOL_UDP && protocol != PROTOCOL_TCP)
        return DROP_NOT_DNS;
    if (packet_size(packet) < 4)
        return packet_too_short(packet, DROP_BAD_ICMP);
    event->flow.source_port = load_u16(packet->at);
    event->flow.destination_port = load_u16(packet->at + 2);
    if (!decoder_has_port(decoder, event->flow.source_port) &&
        !decoder_has_port(decoder, event->flow.destination_port))
        return DROP_NOT_DNS;
    event->kind = EVENT_ICMP;
    *icmp = (struct icmp_error){
        .reason = meaning->reason,
        .type = header[0],
        .code = header[1],
        .ipv6 = ipv6,
        .sender = sender,
        .transport = protocol == PROTOCOL_UDP ? TRANSPORT_UDP : TRANSPORT_TCP,
    };
    if (protocol == PROTOCOL_UDP && packet_size(packet) >= 10) {
        icmp->has_id = true;
        icmp->id = load_u16(packet->at + 8);
    }
    return is_duplicate(decoder, &error) ? DROP_DUPLICATE : PACKET_EVENT;
}

static int any_icmp_decode(struct decoder *decoder, struct packet *packet,
                           const struct meaning *meanings, size_t count, bool ipv6)
{
    const struct meaning *meaning;

    if (packet_size(packet) < 2)
        return packet_too_short(packet, DROP_BAD_ICMP);
    meaning = find_meaning(meanings, count, packet->at[0], packet->at[1]);
    if (!meaning)
        return DROP_NOT_DNS;
    if (packet_size(packet) < ICMP_BYTES)
        return packet_too_short(packet, DROP_BAD_ICMP);
    return error_decode(decoder, packet, meaning, ipv6);
}

int icmp_decode(struct decoder *decoder, struct packet *packet)
{
    return any_icmp_decode(decoder, packet, ipv4_meanings,
                           sizeof(ipv4_meanings) / sizeof(ipv4_meanings[0]), false);
}

int icmpv6_decode(struct decoder *decoder, struct packet *packet)
{
    return any_icmp_decode(decoder, packet, ipv6_meanings,
                           sizeof(ipv6_meanings) / sizeof(ipv6_meanings[0]), true);
}
