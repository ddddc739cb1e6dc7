#include "decode/wrapping.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY      0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_VERSION  0x0007

#define GRE_ERSPAN     0x88be /* I without sequence numbers, II with them */
#define GRE_ERSPAN_III 0x22eb

#define ERSPAN_II_BYTES       8
#define ERSPAN_III_BYTES      12
#define ERSPAN_PLATFORM_BYTES 8
#define ERSPAN_SESSION        0x0fff03ff /* its ID, and the VLAN */
#define ERSPAN_IP_FRAME       2          /* frame type: IP without a link layer */

#define VXLAN_BYTES  8
#define GENEVE_BYTES 8

#define TZSP_BYTES 4

#define GTP_BYTES         8
#define GTP_OPTIONS_BYTES 4 /* all there where one is: sequence number, N-PDU, extension */

#define TEREDO_ORIGIN_BYTES 8
#define IPV6_BYTES          40

static int take(struct packet *packet, size_t size)
{
    if (packet_size(packet) < size)
        return packet_too_short(packet, DROP_BAD_WRAPPING);
    packet->at += size;
    return PACKET_KEPT;
}

/* The tunnel's ends and what it calls itself are a part of the packet's path. */
static void pass_tunnel(const struct decoder *decoder, struct packet *packet, uint32_t name)
{
    uint64_t words[4];

    memcpy(words, &decoder->event->flow.source, sizeof(words) / 2);
    memcpy(words + 2, &decoder->event->flow.destination, sizeof(words) / 2);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        packet_passes(packet, words[i]);
    packet_passes(packet, name);
}

int ip_in_ip_decode(struct decoder *decoder, struct packet *packet)
{
    pass_tunnel(decoder, packet, 0);
    return ip_decode(decoder, packet);
}

static int erspan_ii_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    int verdict = take(packet, ERSPAN_II_BYTES);

    if (verdict != PACKET_KEPT)
        return verdict;
    packet_passes(packet, load_u32(header) & ERSPAN_SESSION);
    return header[0] >> 4 == 1 ? ethernet_decode(decoder, packet) : DROP_BAD_WRAPPING;
}

static int erspan_iii_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    int verdict = take(packet, ERSPAN_III_BYTES);

    if (verdict != PACKET_KEPT)
        return verdict;
    if (header[0] >> 4 != 2)
        return DROP_BAD_WRAPPING;
    packet_passes(packet, load_u32(header) & ERSPAN_SESSION);
    if (header[11] & 1) {
        verdict = take(packet, ERSPAN_PLATFORM_BYTES);
        if (verdict != PACKET_KEPT)
            return verdict;
    }
    return (header[10] >> 2 & 0x1f) == ERSPAN_IP_FRAME ? ip_decode(decoder, packet)
                                                       : ethernet_decode(decoder, packet);
}

/* Source route entries: family, offset, length, and the last with zeros (RFC 1701). */
static int skip_routing(struct packet *packet)
{
    int verdict;
    bool last;

    do {
        const uint8_t *entry = packet->at;

        verdict = take(packet, 4);
        if (verdict != PACKET_KEPT)
            break;
        last = load_u16(entry) == 0 && entry[3] == 0;
        verdict = take(packet, entry[3]);
    } while (verdict == PACKET_KEPT && !last);
    return verdict;
}

static uint32_t gre_key(const uint8_t *header, uint16_t flags)
{
    if (!(flags & GRE_KEY))
        return 0;
    return load_u32(header + (flags & (GRE_CHECKSUM | GRE_ROUTING) ? 8 : 4));
}

int gre_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    int verdict = take(packet, 4);
    uint16_t flags, type;
    size_t options = 0;

    if (verdict != PACKET_KEPT)
        return verdict;
    flags = load_u16(header);
    type = load_u16(header + 2);
    if (flags & GRE_VERSION)
        return DROP_NOT_DNS; /* PPTP has a GRE of its own */
    if (flags & (GRE_CHECKSUM | GRE_ROUTING))
        options += 4;
    if (flags & GRE_KEY)
        options += 4;
    if (flags & GRE_SEQUENCE)
        options += 4;
    verdict = take(packet, options);
    if (verdict == PACKET_KEPT)
        pass_tunnel(decoder, packet, gre_key(header, flags));
    if (verdict == PACKET_KEPT && flags & GRE_ROUTING)
        verdict = skip_routing(packet);
    if (verdict != PACKET_KEPT)
        return verdict;
    if (type == GRE_ERSPAN_III)
        return erspan_iii_decode(decoder, packet);
    if (type == GRE_ERSPAN)
        return flags & GRE_SEQUENCE ? erspan_ii_decode(decoder, packet)
                                    : ethernet_decode(decoder, packet);
    return ethertype_decode(decoder, packet, type);
}

int vxlan_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    const uint8_t flags = 0x08, group_policy = 0x80;

    if (packet_size(packet) < VXLAN_BYTES)
        return packet_too_short(packet, DROP_NOT_DNS);
    if ((header[0] & ~group_policy) != flags || header[7] != 0)
        return DROP_NOT_DNS;
    pass_tunnel(decoder, packet, load_u32(header + 4));
    packet->at += VXLAN_BYTES;
    return ethernet_decode(decoder, packet);
}

int geneve_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    const uint8_t control = 0x80, version = 0xc0, reserved = 0x3f;
    size_t size;

    if (packet_size(packet) < GENEVE_BYTES)
        return packet_too_short(packet, DROP_NOT_DNS);
    size = GENEVE_BYTES + (size_t)(header[0] & 0x3f) * 4;
    if (header[0] & version || header[1] & (control | reserved) || header[7] != 0)
        return DROP_NOT_DNS;
    if (packet_size(packet) < size)
        return packet_too_short(packet, DROP_NOT_DNS);
    pass_tunnel(decoder, packet, load_u32(header + 4));
    packet->at += size;
    return ethertype_decode(decoder, packet, load_u16(header + 2));
}

/* Authentication, then the client's origin as the server saw it, then IPv6; the first two are
 * optional. */
int teredo_decode(struct decoder *decoder, struct packet *packet)
{
    if (packet_size(packet) >= 4 && load_u16(packet->at) == 1) {
        size_t size = 4 + (size_t)packet->at[2] + packet->at[3] + 8 + 1;

        if (packet_size(packet) < size)
            return packet_too_short(packet, DROP_NOT_DNS);
        packet->at += size;
    }
    if (packet_size(packet) >= TEREDO_ORIGIN_BYTES && load_u16(packet->at) == 0)
        packet->at += TEREDO_ORIGIN_BYTES;
    if (packet_size(packet) < IPV6_BYTES)
        return packet_too_short(packet, DROP_NOT_DNS);
    if (packet->at[0] >> 4 != 6)
        return DROP_NOT_DNS;
    pass_tunnel(decoder, packet, 0);
    return ipv6_decode(decoder, packet);
}

/* Moves over the tagged fields: padding and the end are a single octet, others have a length. */
static int skip_tags(struct packet *packet)
{
    enum { TAG_PADDING = 0, TAG_END = 1 };

    while (packet_size(packet) > 0) {
        uint8_t tag = *packet->at++;
        size_t size;

        if (tag == TAG_END)
            return PACKET_KEPT;
        if (tag == TAG_PADDING)
            continue;
        if (packet_size(packet) < 1)
            break;
        size = 1 + (size_t)packet->at[0];
        if (packet_size(packet) < size)
            break;
        packet->at += size;
    }
    return packet_too_short(packet, DROP_NOT_DNS);
}

int tzsp_decode(struct decoder *decoder, struct packet *packet)
{
    enum { VERSION = 1, RECEIVED = 0, FOR_TRANSMIT = 1, ETHERNET = 1 };
    const uint8_t *header = packet->at;
    int verdict;

    if (packet_size(packet) < TZSP_BYTES)
        return packet_too_short(packet, DROP_NOT_DNS);
    if (header[0] != VERSION || (header[1] != RECEIVED && header[1] != FOR_TRANSMIT) ||
        load_u16(header + 2) != ETHERNET)
        return DROP_NOT_DNS;
    pass_tunnel(decoder, packet, 0);
    packet->at += TZSP_BYTES;
    verdict = skip_tags(packet);
    return verdict == PACKET_KEPT ? ethernet_decode(decoder, packet) : verdict;
}

/* Each has its length in fours of octets first and the type of the next last; type 0: none. */
static int skip_gtp_extensions(struct packet *packet, uint8_t type)
{
    while (type != 0) {
        size_t size;

        if (packet_size(packet) < 1)
            return packet_too_short(packet, DROP_NOT_DNS);
        size = (size_t)packet->at[0] * 4;
        if (size == 0)
            return DROP_NOT_DNS;
        if (packet_size(packet) < size)
            return packet_too_short(packet, DROP_NOT_DNS);
        packet->at += size;
        type = packet->at[-1];
    }
    return PACKET_KEPT;
}

int gtp_decode(struct decoder *decoder, struct packet *packet)
{
    enum { VERSION_1 = 0x30, VERSION = 0xf0, OPTIONS = 0x07, EXTENSION = 0x04, USERS_PACKET = 255 };
    const uint8_t *header = packet->at;
    size_t size;

    if (packet_size(packet) < GTP_BYTES)
        return packet_too_short(packet, DROP_NOT_DNS);
    size = load_u16(header + 2);
    if ((header[0] & VERSION) != VERSION_1 || header[1] != USERS_PACKET ||
        GTP_BYTES + size > packet_size(packet) + packet->missing)
        return DROP_NOT_DNS;
    pass_tunnel(decoder, packet, load_u32(header + 4));
    packet->at += GTP_BYTES;
    packet_limit(packet, size);
    if (header[0] & OPTIONS) {
        uint8_t extension;
        int verdict;

        if (packet_size(packet) < GTP_OPTIONS_BYTES)
            return packet_too_short(packet, DROP_NOT_DNS);
        extension = header[0] & EXTENSION ? packet->at[3] : 0;
        packet->at += GTP_OPTIONS_BYTES;
        verdict = skip_gtp_extensions(packet, extension);
        if (verdict != PACKET_KEPT)
            return verdict;
    }
    return ip_decode(decoder, packet);
}
