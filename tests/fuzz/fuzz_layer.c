/* One layer by itself: the input is one packet of it, behind headers that are in order, so that
 * the fuzzer need not find its way through those. Compiled once for each layer, which LAYER names.
 * The first octet says what the snap length cut off, but for the link layer, of which it is the
 * link type. */
#include "fuzz.h"

enum layer { LAYER_link, LAYER_ip, LAYER_udp, LAYER_tcp, LAYER_icmp, LAYER_icmpv6, LAYER_message };

enum { LINK_TYPE_RAW = 101 };

#define IPV4_TO(protocol) 0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 53
#define IPV6_TO(header)                                                                            \
    0x60, 0, 0, 0, 0, 0, header, 64, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,      \
        0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

static const struct {
    size_t size;
    uint8_t bytes[48];
} headers[] = {
    [LAYER_link] = {0, {0}},
    [LAYER_ip] = {0, {0}},
    [LAYER_udp] = {20, {IPV4_TO(17)}},
    [LAYER_tcp] = {20, {IPV4_TO(6)}},
    [LAYER_icmp] = {20, {IPV4_TO(1)}},
    [LAYER_icmpv6] = {40, {IPV6_TO(58)}},
    [LAYER_message] = {28, {IPV4_TO(17), 0, 53, 0x30, 0x39}},
};

/* The lengths that the headers announce. */
static void set_lengths(uint8_t *packet, size_t size)
{
    if (LAYER == LAYER_link || LAYER == LAYER_ip)
        return;
    if (packet[0] == 0x45) {
        packet[2] = (uint8_t)(size >> 8);
        packet[3] = (uint8_t)size;
    } else {
        packet[4] = (uint8_t)((size - 40) >> 8);
        packet[5] = (uint8_t)(size - 40);
    }
    if (LAYER == LAYER_message) {
        packet[24] = (uint8_t)((size - 20) >> 8);
        packet[25] = (uint8_t)(size - 20);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct decoder_options options = {.memory_bytes = 64 * 1024};
    struct fuzz_input input = {data, size};
    struct frame frame = {.time_ns = FUZZ_START_NS, .link_type = LINK_TYPE_RAW};
    size_t before = headers[LAYER].size, length = 65535 - before;
    struct decoder *decoder;
    uint8_t first, *packet;
    const uint8_t *bytes;

    fuzz_fix_hashes();
    decoder = decoder_new(&options);
    first = fuzz_u8(&input);
    bytes = fuzz_take(&input, &length);
    packet = malloc(before + length + 1);
    if (decoder == NULL || packet == NULL)
        abort();
    memcpy(packet, headers[LAYER].bytes, before);
    memcpy(packet + before, bytes, length);
    set_lengths(packet, before + length);
    frame.size_bytes = frame.wire_bytes = (uint32_t)(before + length);
    if (LAYER == LAYER_link)
        frame.link_type = first;
    else
        frame.wire_bytes += first;
    fuzz_feed(decoder, &frame, packet);
    free(packet);
    fuzz_end(decoder);
    return 0;
}
