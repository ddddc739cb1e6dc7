#include "decode/fragments.h"
#include "decode/layers.h"
#include "decode/wrapping.h"

#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define EXTENSIONS_MAX 16

#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET         0x1fff

/* What IP carries. */
static const layer_function protocols[256] = {
    [PROTOCOL_ICMP] = icmp_decode,     [PROTOCOL_IPV4] = ip_in_ip_decode,
    [PROTOCOL_TCP] = tcp_decode,       [PROTOCOL_UDP] = udp_decode,
    [PROTOCOL_IPV6] = ip_in_ip_decode, [PROTOCOL_GRE] = gre_decode,
    [PROTOCOL_ICMPV6] = icmpv6_decode,
};

/* The unit and the base of an extension header's length octet; unit 0: no such header. */
static const struct extension {
    uint8_t unit, base;
} extensions[256] = {
    [PROTOCOL_HOP_BY_HOP] = {8, 8}, [PROTOCOL_ROUTING] = {8, 8},
    [PROTOCOL_AH] = {4, 8},         [PROTOCOL_DESTINATION_OPTIONS] = {8, 8},
    [PROTOCOL_MOBILITY] = {8, 8},   [PROTOCOL_HIP] = {8, 8},
    [PROTOCOL_SHIM6] = {8, 8},
};

int ip_skip_extensions(struct packet *packet, uint8_t protocol)
{
    for (unsigned count = 0; extensions[protocol].unit != 0; count++) {
        const struct extension *extension = &extensions[protocol];
        size_t size;

        if (count == EXTENSIONS_MAX || packet_size(packet) < 8)
            return -1;
        size = extension->base + (size_t)packet->at[1] * extension->unit;
        if (packet_size(packet) < size)
            return -1;
        protocol = packet->at[0];
        packet->at += size;
    }
    return protocol;
}

static int ipv6_fragment_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    struct fragment fragment = {.ipv6 = true};

    if (packet_size(packet) < 8)
        return packet_too_short(packet, DROP_BAD_IP);
    fragment.protocol = header[0];
    fragment.offset = load_u16(header + 2) & 0xfff8u;
    fragment.more = header[3] & 1;
    fragment.id = load_u32(header + 4);
    packet->at += 8;
    /* An atomic fragment stands for itself, whatever others have its ID (RFC 6946). */
    if (fragment.offset == 0 && !fragment.more)
        return ip_payload_decode(decoder, packet, fragment.protocol);
    return fragments_take(decoder, packet, &fragment);
}

int ip_payload_decode(struct decoder *decoder, struct packet *packet, uint8_t protocol)
{
    if (++packet->depth > NESTING_MAX)
        return DROP_TOO_DEEP;
    if (!protocols[protocol]) {
        int upper = ip_skip_extensions(packet, protocol);

        if (upper < 0)
            return packet_too_short(packet, DROP_BAD_IP);
        if (upper == PROTOCOL_FRAGMENT)
            return ipv6_fragment_decode(decoder, packet);
        protocol = (uint8_t)upper;
        if (!protocols[protocol])
            return DROP_NOT_DNS;
    }
    return protocols[protocol](decoder, packet);
}

int ipv4_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    size_t header_size, total;
    uint16_t fragmentation;

    if (packet_size(packet) < IPV4_BYTES)
        return packet_too_short(packet, DROP_BAD_IP);
    header_size = (size_t)(header[0] & 0x0f) * 4;
    if (header[0] >> 4 != 4 || header_size < IPV4_BYTES)
        return DROP_BAD_IP;
    total = load_u16(header + 2);
    /* The network card fills in the length of what it is to cut into segments. */
    if (total != 0) {
        if (total < header_size)
            return DROP_BAD_IP;
        packet_limit(packet, total);
    }
    if (packet_size(packet) < header_size)
        return packet_too_short(packet, DROP_BAD_IP);
    packet_note_ipv4(packet, header, &decoder->event->flow);
    packet->at += header_size;
    fragmentation = load_u16(header + 6);
    if (fragmentation & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET)) {
        const struct fragment fragment = {
            .id = packet->ip_id,
            .offset = (uint16_t)((fragmentation & IPV4_OFFSET) << 3),
            .more = fragmentation & IPV4_MORE_FRAGMENTS,
            .protocol = header[9],
        };

        return fragments_take(decoder, packet, &fragment);
    }
    return ip_payload_decode(decoder, packet, header[9]);
}

int ipv6_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    size_t payload;

    if (packet_size(packet) < IPV6_BYTES)
        return packet_too_short(packet, DROP_BAD_IP);
    if (header[0] >> 4 != 6)
        return DROP_BAD_IP;
    payload = load_u16(header + 4);
    if (payload != 0) /* as in IPv4 */
        packet_limit(packet, IPV6_BYTES + payload);
    packet_note_ipv6(packet, header, &decoder->event->flow);
    packet->at += IPV6_BYTES;
    return ip_payload_decode(decoder, packet, header[6]);
}

int ip_decode(struct decoder *decoder, struct packet *packet)
{
    if (packet_size(packet) < 1)
        return packet_too_short(packet, DROP_NOT_IP);
    switch (packet->at[0] >> 4) {
    case 4:
        return ipv4_decode(decoder, packet);
    case 6:
        return ipv6_decode(decoder, packet);
    default:
        return DROP_NOT_IP;
    }
}
