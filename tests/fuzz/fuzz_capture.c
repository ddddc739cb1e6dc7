/* The input is a capture file, pcap or pcapng, perhaps compressed: it is read to its end, whatever
 * is wrong with it is said, and said no more often than there are octets. */
#include "capture/capture.h"
#include "fuzz.h"

#define FRAMES_MAX 100000

static unsigned read_frame(const struct frame *frame)
{
    unsigned sum = 0;

    if (frame->wire_bytes < frame->size_bytes)
        abort();
    for (uint32_t i = 0; i < frame->size_bytes; i++)
        sum += frame->bytes[i];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct capture_options options = {.memory_bytes = 4 << 20};
    char path[FUZZ_PATH_SIZE];
    const char *paths[] = {path};
    struct capture *capture;
    const struct frame *taken;
    struct error error;
    unsigned frames = 0, errors = 0, sum = 0;
    int file = fuzz_file(data, size, path);
    int status;

    fuzz_fix_hashes();
    capture = capture_open_files(paths, 1, &options, &error);
    if (capture == NULL)
        abort();
    while ((status = capture_next(capture, &taken, &error)) != 0 && frames < FRAMES_MAX) {
        if (status < 0 && ++errors > size + 1)
            abort();
        for (int i = 0; i < status; i++)
            sum += read_frame(&taken[i]);
        frames += status > 0 ? (unsigned)status : 1;
    }
    (void)*(volatile unsigned *)&sum;
    capture_close(capture);
    close(file);
    return 0;
}
