/* The way of nearly every packet in one go: Ethernet, IPv4 without options or IPv6 without
 * extension headers, not fragmented, whole, UDP. What is anything else, or wrong in any way, goes
 * through link.c and ip.c step by step, and to the same place. */
#include "decode/layers.h"

#define ETHERNET_BYTES 14
#define MAC_BYTES      6
#define IPV4_BYTES     20
#define IPV6_BYTES     40
#define UDP_BYTES      8

#define IPV4_WITHOUT_OPTIONS 0x45
#define IPV4_FRAGMENTATION   0x3fff

/* Ethernet announces IP, and IP announces UDP. */
#define DEPTH 2

static bool is_plain_ipv4(const uint8_t *header, size_t size)
{
    return size >= IPV4_BYTES + UDP_BYTES && header[0] == IPV4_WITHOUT_OPTIONS &&
           header[9] == PROTOCOL_UDP && !(load_u16(header + 6) & IPV4_FRAGMENTATION) &&
           load_u16(header + 2) >= IPV4_BYTES + UDP_BYTES && load_u16(header + 2) <= size;
}

static bool is_plain_ipv6(const uint8_t *header, size_t size)
{
    return size >= IPV6_BYTES + UDP_BYTES && header[0] >> 4 == 6 && header[6] == PROTOCOL_UDP &&
           load_u16(header + 4) >= UDP_BYTES && load_u16(header + 4) <= size - IPV6_BYTES;
}

int plain_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at + ETHERNET_BYTES;
    uint16_t type = 0;
    size_t size = 0;

    if (packet_size(packet) >= ETHERNET_BYTES) {
        type = load_u16(header - 2);
        size = packet_size(packet) - ETHERNET_BYTES;
    }
    if (type == ETHERTYPE_IPV4 && is_plain_ipv4(header, size)) {
        packet_passes_octets(packet, 2 * MAC_BYTES);
        packet_note_ipv4(packet, header, &decoder->event->flow);
        packet->at = header + IPV4_BYTES;
        packet->end = header + load_u16(header + 2);
    } else if (type == ETHERTYPE_IPV6 && is_plain_ipv6(header, size)) {
        packet_passes_octets(packet, 2 * MAC_BYTES);
        packet_note_ipv6(packet, header, &decoder->event->flow);
        packet->at = header + IPV6_BYTES;
        packet->end = packet->at + load_u16(header + 4);
    } else {
        return ethernet_decode(decoder, packet);
    }
    packet->missing = 0;
    packet->depth = DEPTH;
    return udp_decode(decoder, packet);
}
