/* Whatever frames arrive: no crash, no undefined behaviour, no growth over the bound, and every
 * frame ends. The input is a small capture: a byte that selects the link type, then frames, each
 * behind two octets of length, one of time (a sixteenth of a second each, the high bit backwards)
 * and one of what the snap length cut off. */
#include "fuzz.h"

#define MEMORY_BYTES (256 * 1024)

static const uint32_t link_types[] = {1, 101, 113, 276, 0, 108, 9, 50, 51, 104, 204, 147};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct decoder_options options = {.memory_bytes = MEMORY_BYTES};
    struct fuzz_input input = {data, size};
    struct frame frame = {.time_ns = FUZZ_START_NS};
    struct decoder *decoder;

    if (size < 1)
        return 0;
    fuzz_fix_hashes();
    decoder = decoder_new(&options);
    frame.link_type = link_types[fuzz_u8(&input) % (sizeof(link_types) / sizeof(link_types[0]))];
    while (input.left > 3) {
        size_t length = fuzz_u16(&input);
        uint8_t pause = fuzz_u8(&input);
        uint8_t cut = fuzz_u8(&input);
        const uint8_t *bytes = fuzz_take(&input, &length);

        frame.time_ns += (pause & 0x80 ? -1 : 1) * (int64_t)(pause & 0x7f) * 62500000;
        frame.size_bytes = (uint32_t)length;
        frame.wire_bytes = (uint32_t)length + cut;
        fuzz_feed(decoder, &frame, bytes);
    }
    fuzz_end(decoder);
    return 0;
}
