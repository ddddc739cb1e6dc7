#include "decode/duplicate.h"
#include "decode/hash.h"
#include "decode/layers.h"
#include "decode/wrapping.h"

#define UDP_BYTES          8
#define ENCRYPTED_PAUSE_NS 1000000000

/* What lies behind ports that are not DNS. */
static const struct udp_port {
    uint16_t port;
    layer_function decode;
} udp_ports[] = {
    {853, encrypted_decode}, {4789, vxlan_decode},  {8472, vxlan_decode}, /* Linux's before 4789 */
    {6081, geneve_decode},   {3544, teredo_decode}, {37008, tzsp_decode}, {2152, gtp_decode},
};

/* The slot of the flow, or the oldest of its set once that is due again; NULL: it must wait. */
static struct encrypted_flow *claim_encrypted(struct decoder *decoder, uint64_t flow)
{
    struct encrypted_flow *set = decoder->encrypted[flow % ENCRYPTED_SETS];
    struct encrypted_flow *oldest = set;

    for (unsigned i = 0; i < ENCRYPTED_WAYS; i++) {
        if (set[i].flow == flow) {
            oldest = &set[i];
            break;
        }
        if (set[i].flow == 0 || (oldest->flow != 0 && set[i].time_ns < oldest->time_ns))
            oldest = &set[i];
    }
    if (oldest->flow != 0) {
        int64_t pause_ns = decoder->now.time_ns - oldest->time_ns;

        if (pause_ns >= 0 && pause_ns < ENCRYPTED_PAUSE_NS)
            return NULL;
    }
    return oldest;
}

int encrypted_decode(struct decoder *decoder, struct packet *packet)
{
    uint64_t flow = hash_stable(&decoder->event->flow, sizeof(decoder->event->flow)) | 1;
    struct encrypted_flow *slot = claim_encrypted(decoder, flow);

    (void)packet;
    if (!slot)
        return DROP_NOT_DNS;
    slot->flow = flow;
    slot->time_ns = decoder->now.time_ns;
    decoder->event->kind = EVENT_ENCRYPTED;
    return PACKET_EVENT;
}

/* What is sent to a port comes before what is sent from one: tunnels choose their source ports at
 * random. NULL: nothing that is known. */
static layer_function other_port(uint16_t source_port, uint16_t destination_port)
{
    layer_function from = NULL;

    for (size_t i = 0; i < sizeof(udp_ports) / sizeof(udp_ports[0]); i++) {
        if (destination_port == udp_ports[i].port)
            return udp_ports[i].decode;
        if (source_port == udp_ports[i].port)
            from = udp_ports[i].decode;
    }
    return from;
}

static int other_port_decode(struct decoder *decoder, struct packet *packet)
{
    const struct flow *flow = &decoder->event->flow;
    layer_function decode = other_port(flow->source_port, flow->destination_port);

    return decode ? decode(decoder, packet) : DROP_NOT_DNS;
}

bool udp_may_hold_dns(const struct decoder *decoder, uint16_t source_port,
                      uint16_t destination_port)
{
    layer_function other;

    if (decoder_has_port(decoder, source_port) || decoder_has_port(decoder, destination_port))
        return true;
    other = other_port(source_port, destination_port);
    return other && other != encrypted_decode;
}

int udp_decode(struct decoder *decoder, struct packet *packet)
{
    const uint8_t *header = packet->at;
    struct flow *flow = &decoder->event->flow;
    struct likeness likeness;
    size_t size;
    int verdict;

    if (packet_size(packet) < UDP_BYTES)
        return packet_too_short(packet, DROP_BAD_UDP);
    flow->source_port = load_u16(header);
    flow->destination_port = load_u16(header + 2);
    size = load_u16(header + 4);
    if (size != 0) { /* 0: longer than 65,535, or for the network card to fill in */
        if (size < UDP_BYTES || size > packet_size(packet) + packet->missing)
            return DROP_BAD_UDP;
        packet_limit(packet, size);
    }
    packet->at += UDP_BYTES;
    if (!decoder_has_port(decoder, flow->source_port) &&
        !decoder_has_port(decoder, flow->destination_port))
        return other_port_decode(decoder, packet);
    verdict =
        message_decode(&decoder->event->dns, packet->at, packet_size(packet), packet->missing > 0);
    if (verdict != PACKET_EVENT)
        return verdict;
    event_set_message(decoder->event, TRANSPORT_UDP);
    likeness = likeness_of_message(packet, decoder->event, header,
                                   UDP_BYTES + (uint32_t)packet_size(packet) + packet->missing);
    if (duplicate_found(decoder, &likeness))
        return DROP_DUPLICATE;
    decoder_count_message(decoder, &decoder->event->dns);
    return PACKET_EVENT;
}
