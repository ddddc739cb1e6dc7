/* The input is a capture file, pcap or pcapng, perhaps compressed: it is read to its end, whatever
 * is wrong with it is said, and said no more often than there are octets. */
#include "capture/capture.h"
#include "fuzz.h"

#define FRAMES_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct capture_options options = {.memory_bytes = 4 << 20};
    char path[FUZZ_PATH_SIZE];
    const char *paths[] = {path};
    struct capture *capture;
    struct frame frame;
    struct error error;
    unsigned frames = 0, errors = 0, sum = 0;
    int file = fuzz_file(data, size, path);
    int status;

    fuzz_fix_hashes();
    capture = capture_open_files(paths, 1, &options, &error);
    if (capture == NULL)
        abort();
    while ((status = capture_next(capture, &frame, &error)) != 0 && ++frames < FRAMES_MAX) {
        if (status < 0 && ++errors > size + 1)
            abort();
        if (status > 0 && frame.wire_bytes < frame.size_bytes)
            abort();
        for (uint32_t i = 0; status > 0 && i < frame.size_bytes; i++)
            sum += frame.bytes[i];
    }
    (void)*(volatile unsigned *)&sum;
    capture_close(capture);
    close(file);
    return 0;
}
