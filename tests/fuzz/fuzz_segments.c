/* TCP reassembly: the input is a list of segments of up to eight connections, which headers in
 * order are put before. A segment is an octet of connection, side and flags, its sequence number
 * relative to where the side stands, its length, and its octets. */
#include "fuzz.h"

#define CONNECTIONS 8
#define HEADERS     40

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
static const uint8_t flags[] = {ACK, ACK | FIN, SYN, RST};

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value & 0xffff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t addresses[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 53}};
    const struct decoder_options options = {.memory_bytes = 256 * 1024};
    struct fuzz_input input = {data, size};
    struct frame frame = {.time_ns = FUZZ_START_NS, .link_type = 101};
    uint32_t next[CONNECTIONS][2] = {{0}};
    struct decoder *decoder;

    fuzz_fix_hashes();
    decoder = decoder_new(&options);
    if (decoder == NULL)
        abort();
    while (input.left > 0) {
        uint8_t head = fuzz_u8(&input);
        unsigned connection = head % CONNECTIONS, side = head >> 3 & 1;
        int16_t ahead = (int16_t)fuzz_u16(&input);
        size_t length = fuzz_u16(&input);
        const uint8_t *bytes;
        uint8_t packet[HEADERS + 2048] = {0x45, [8] = 64, [9] = 6, [32] = 0x50};

        if (length > 2048)
            length = 2048;
        bytes = fuzz_take(&input, &length);
        put_u16(packet + 2, (unsigned)(HEADERS + length));
        memcpy(packet + 12, addresses[side], 4);
        memcpy(packet + 16, addresses[!side], 4);
        put_u16(packet + (side ? 20 : 22), 53);
        put_u16(packet + (side ? 22 : 20), 1024 + connection);
        put_u32(packet + 24, next[connection][side] + (uint32_t)ahead);
        put_u32(packet + 28, next[connection][!side]);
        packet[33] = flags[head >> 4 & 3] | (side && (head >> 4 & 3) == 2 ? ACK : 0);
        memcpy(packet + HEADERS, bytes, length);
        if (ahead == 0)
            next[connection][side] += (uint32_t)length + (packet[33] & (SYN | FIN) ? 1 : 0);
        frame.time_ns += (int64_t)(head >> 6) * 20000000000;
        frame.size_bytes = frame.wire_bytes = (uint32_t)(HEADERS + length);
        fuzz_feed(decoder, &frame, packet);
    }
    fuzz_end(decoder);
    return 0;
}
