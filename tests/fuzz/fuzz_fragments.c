/* Fragment reassembly: the input is a list of fragments, which IP headers in order are put before.
 * A fragment is an octet that says of which of four datagrams, in which family, whether it is the
 * last and how much later it comes, its offset in units of eight, its length, and its octets. */
#include "fuzz.h"

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t header_ipv4(uint8_t *packet, unsigned id, unsigned offset, bool more, size_t length)
{
    static const uint8_t header[20] = {0x45, [8] = 64, [9] = 17, [12] = 192, [14] = 2,
                                       53,   192,      0,        2,          1};

    memcpy(packet, header, sizeof(header));
    put_u16(packet + 2, (unsigned)(sizeof(header) + length));
    put_u16(packet + 4, id);
    put_u16(packet + 6, offset | (more ? 0x2000 : 0));
    return sizeof(header);
}

static size_t header_ipv6(uint8_t *packet, unsigned id, unsigned offset, bool more, size_t length)
{
    static const uint8_t header[48] = {
        0x60, [6] = 44, 64, 0x20, 1, 0x0d, 0xb8, [23] = 53, 0x20, 1, 0x0d, 0xb8, [39] = 1, 17};

    memcpy(packet, header, sizeof(header));
    put_u16(packet + 4, (unsigned)(8 + length));
    put_u16(packet + 42, offset << 3 | more);
    packet[47] = (uint8_t)id;
    return sizeof(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct decoder_options options = {.memory_bytes = 128 * 1024};
    struct fuzz_input input = {data, size};
    struct frame frame = {.time_ns = FUZZ_START_NS, .link_type = 101};
    struct decoder *decoder;

    fuzz_fix_hashes();
    decoder = decoder_new(&options);
    if (decoder == NULL)
        abort();
    while (input.left > 0) {
        uint8_t head = fuzz_u8(&input);
        unsigned offset = fuzz_u16(&input) & 0x1fff;
        size_t length = fuzz_u16(&input) & 0x7ff;
        const uint8_t *bytes = fuzz_take(&input, &length);
        uint8_t packet[48 + 0x800];
        size_t before =
            (head & 4 ? header_ipv6 : header_ipv4)(packet, head & 3, offset, !(head & 8), length);

        memcpy(packet + before, bytes, length);
        frame.time_ns += (int64_t)(head >> 5) * 5000000000;
        frame.size_bytes = (uint32_t)(before + length);
        frame.wire_bytes = frame.size_bytes + (head & 16 ? 100 : 0);
        fuzz_feed(decoder, &frame, packet);
    }
    fuzz_end(decoder);
    return 0;
}
