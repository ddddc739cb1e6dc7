#include "decode/layers.h"

/* Linux's value for an 802.3 frame with an LLC header in a cooked capture. */
#define COOKED_8022 0x0004
/* Up to here an EtherType is a length (IEEE 802.3). */
#define LENGTH_MAX 1500

#define ETHERNET_BYTES 14
#define MAC_BYTES      6
#define VLAN_BYTES     4
#define VLAN_ID        0x0fff
#define LABEL_BYTES    4
#define SNAP_BYTES     8
#define PPPOE_BYTES    6
#define SLL_BYTES      16
#define SLL2_BYTES     20
#define NULL_BYTES     4
#define C_HDLC_BYTES   4
#define NFLOG_BYTES    4 /* its header's, and each attribute's */

/* Attributes of a netfilter log's frame; the kernel knows some 20. */
#define NFLOG_ATTRIBUTES_MAX 64

static int vlan_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t type;

    if (packet_size(packet) < VLAN_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    packet_passes(packet, load_u16(packet->at) & VLAN_ID);
    type = load_u16(packet->at + 2);
    packet->at += VLAN_BYTES;
    return ethertype_decode(decoder, packet, type);
}

int ethernet_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t type;

    if (packet_size(packet) < ETHERNET_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    packet_passes_octets(packet, 2 * MAC_BYTES);
    type = load_u16(packet->at + 12);
    packet->at += ETHERNET_BYTES;
    return ethertype_decode(decoder, packet, type);
}

/* Nothing says what lies below the stack (RFC 4928): IP shows by its version, a pseudowire's
 * control word by its zero nibble (RFC 4385). Ethernet without a control word cannot be told from
 * IP. */
static int mpls_decode(struct decoder *decoder, struct packet *packet)
{
    bool bottom = false;

    for (unsigned labels = 0; !bottom; labels++) {
        if (packet_size(packet) < LABEL_BYTES)
            return packet_too_short(packet, DROP_BAD_LINK);
        if (labels == NESTING_MAX)
            return DROP_TOO_DEEP;
        bottom = packet->at[2] & 1;
        packet_passes(packet, load_u32(packet->at) >> 12);
        packet->at += LABEL_BYTES;
    }
    if (packet_size(packet) < LABEL_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    if (packet->at[0] >> 4 != 0)
        return ip_decode(decoder, packet);
    if (++packet->depth > NESTING_MAX)
        return DROP_TOO_DEEP;
    packet->at += LABEL_BYTES;
    return ethernet_decode(decoder, packet);
}

/* RFC 1661: the protocol's first octet may be left out where it is zero, and RFC 1662's address and
 * control before it. */
static int ppp_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t protocol;

    if (packet_size(packet) >= 2 && packet->at[0] == 0xff && packet->at[1] == 0x03)
        packet->at += 2;
    if (packet_size(packet) < 2)
        return packet_too_short(packet, DROP_BAD_LINK);
    if (packet->at[0] & 1) {
        protocol = packet->at[0];
        packet->at += 1;
    } else {
        protocol = load_u16(packet->at);
        packet->at += 2;
    }
    if (protocol == 0x0021 || protocol == 0x0057)
        return ip_decode(decoder, packet);
    if (protocol == 0x0281)
        return mpls_decode(decoder, packet);
    return DROP_NOT_IP;
}

static int pppoe_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t size;

    if (packet_size(packet) < PPPOE_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    if (packet->at[0] != 0x11 || packet->at[1] != 0)
        return DROP_BAD_LINK;
    packet_passes(packet, load_u16(packet->at + 2));
    size = load_u16(packet->at + 4);
    packet->at += PPPOE_BYTES;
    packet_limit(packet, size);
    return ppp_decode(decoder, packet);
}

/* 802.3 with LLC: only SNAP with a zero OUI carries EtherTypes. */
static int llc_decode(struct decoder *decoder, struct packet *packet)
{
    static const uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    uint16_t type;

    if (packet_size(packet) < SNAP_BYTES)
        return packet_too_short(packet, DROP_NOT_IP);
    if (memcmp(packet->at, snap, sizeof(snap)) != 0)
        return DROP_NOT_IP;
    type = load_u16(packet->at + 6);
    packet->at += SNAP_BYTES;
    return ethertype_decode(decoder, packet, type);
}

static const struct {
    uint16_t type;
    layer_function decode;
} ethertypes[] = {
    {ETHERTYPE_IPV4, ipv4_decode}, {ETHERTYPE_IPV6, ipv6_decode},
    {0x8100, vlan_decode},                                /* 802.1Q */
    {0x88a8, vlan_decode},                                /* 802.1ad */
    {0x9100, vlan_decode},         {0x9200, vlan_decode}, /* QinQ before that */
    {0x6558, ethernet_decode},                            /* transparent bridging (RFC 1701) */
    {0x8847, mpls_decode},         {0x8848, mpls_decode},
    {0x8864, pppoe_decode},
};

int ethertype_decode(struct decoder *decoder, struct packet *packet, uint16_t type)
{
    if (++packet->depth > NESTING_MAX)
        return DROP_TOO_DEEP;
    for (size_t i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++)
        if (ethertypes[i].type == type)
            return ethertypes[i].decode(decoder, packet);
    if (type <= LENGTH_MAX)
        return llc_decode(decoder, packet);
    return DROP_NOT_IP;
}

static int sll_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t type;

    if (packet_size(packet) < SLL_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    packet_passes_octets(packet, 14);
    type = load_u16(packet->at + 14);
    packet->at += SLL_BYTES;
    if (type <= LENGTH_MAX && type != COOKED_8022)
        return DROP_NOT_IP;
    return ethertype_decode(decoder, packet, type);
}

static int sll2_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t type;

    if (packet_size(packet) < SLL2_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    type = load_u16(packet->at);
    packet->at += 4; /* interface, kind of packet, address */
    packet_passes_octets(packet, SLL2_BYTES - 4);
    packet->at += SLL2_BYTES - 4;
    if (type <= LENGTH_MAX && type != COOKED_8022)
        return DROP_NOT_IP;
    return ethertype_decode(decoder, packet, type);
}

/* An address family in the byte order of the machine that captured; AF_INET6 is 10 on Linux, 23 on
 * Windows, 24, 28 and 30 on the BSDs and macOS. The IP header says the same in one voice. */
static int null_decode(struct decoder *decoder, struct packet *packet)
{
    static const uint8_t families[] = {2, 10, 23, 24, 28, 30};
    uint32_t family;

    if (packet_size(packet) < NULL_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    family = load_u32(packet->at);
    if (family > UINT16_MAX)
        family = __builtin_bswap32(family);
    packet->at += NULL_BYTES;
    for (size_t i = 0; i < sizeof(families); i++)
        if (families[i] == family)
            return ip_decode(decoder, packet);
    return DROP_NOT_IP;
}

static int c_hdlc_decode(struct decoder *decoder, struct packet *packet)
{
    uint16_t type;

    if (packet_size(packet) < C_HDLC_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    if (packet->at[0] == 0xff && packet->at[1] == 0x03)
        return ppp_decode(decoder, packet);
    type = load_u16(packet->at + 2);
    packet->at += C_HDLC_BYTES;
    return type > LENGTH_MAX ? ethertype_decode(decoder, packet, type) : DROP_NOT_IP;
}

/* An octet that says which way, then PPP. */
static int ppp_with_direction_decode(struct decoder *decoder, struct packet *packet)
{
    if (packet_size(packet) < 1)
        return packet_too_short(packet, DROP_BAD_LINK);
    packet->at += 1;
    return ppp_decode(decoder, packet);
}

/* Linux's netfilter log: attributes, of which one is the packet, in the byte order of the machine
 * that captured. Their types are small numbers, and so tell that order. */
static int nflog_decode(struct decoder *decoder, struct packet *packet)
{
    const uint16_t payload = 9;

    if (packet_size(packet) < NFLOG_BYTES)
        return packet_too_short(packet, DROP_BAD_LINK);
    packet->at += NFLOG_BYTES;
    for (unsigned i = 0; i < NFLOG_ATTRIBUTES_MAX && packet_size(packet) >= NFLOG_BYTES; i++) {
        bool little = packet->at[3] == 0;
        uint16_t size = load_u16(packet->at), type = load_u16(packet->at + 2);
        size_t padded;

        if (little) {
            size = __builtin_bswap16(size);
            type = __builtin_bswap16(type);
        }
        if (size < NFLOG_BYTES)
            return DROP_BAD_LINK;
        if (type == payload) {
            packet_limit(packet, size);
            packet->at += NFLOG_BYTES;
            return ip_decode(decoder, packet);
        }
        padded = ((size_t)size + 3) & ~(size_t)3;
        if (padded > packet_size(packet))
            break;
        packet->at += padded;
    }
    return packet_too_short(packet, DROP_NOT_IP);
}

/* LINKTYPE_* as in files; 12 and 14 are what some systems write for raw IP. */
static const struct {
    uint32_t link_type;
    layer_function decode;
} link_types[] = {
    {1, ethernet_decode}, {276, sll2_decode},   {113, sll_decode},
    {101, ip_decode},     {12, ip_decode},      {14, ip_decode},
    {228, ip_decode},     {229, ip_decode},     {0, null_decode},
    {108, null_decode},   {9, ppp_decode},      {50, c_hdlc_decode},
    {51, pppoe_decode},   {104, c_hdlc_decode}, {204, ppp_with_direction_decode},
    {239, nflog_decode},
};

int link_decode(struct decoder *decoder, struct packet *packet, uint32_t link_type)
{
    for (size_t i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
        if (link_types[i].link_type == link_type)
            return link_types[i].decode(decoder, packet);
    return DROP_LINK_TYPE;
}
