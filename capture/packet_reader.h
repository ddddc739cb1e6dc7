/* The file formats: each takes packets out of a chunk_reader, in file order. */
#ifndef CAPTURE_PACKET_READER_H
#define CAPTURE_PACKET_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "capture/chunk.h"
#include "capture/frame.h"

/* A record longer than this is damage, whatever the file says about itself: libpcap's bound, or the
 * file's own snap length where that is larger and still sane. */
#define PACKET_BYTES_MAX      (256u << 10)
#define PACKET_BYTES_SANE_MAX (1u << 20)

/* Times outside are brought inside, so that differences of two cannot overflow. */
#define PACKET_TIME_LIMIT_NS (INT64_C(1) << 61)

enum packet_step {
    PACKET_READ,
    PACKET_END,
    PACKET_DAMAGED, /* something was skipped, the file goes on behind it */
    PACKET_BROKEN,  /* nothing can be read behind it */
};

/* Where in the file (decompressed), and what: lower case, without the file's name. */
struct damage {
    uint64_t offset;
    char text[256];
};

struct packet_reader {
    /* Fills *count frames at most, one at least, and says how many: those that are at hand, up to
     * the first that is not before `until_ns`. Their bytes live in the chunk that bytes->chunk is
     * then. What is not PACKET_READ comes without a frame. */
    enum packet_step (*next)(struct packet_reader *reader, struct frame *frames, size_t *count,
                             int64_t until_ns, struct damage *damage);
    void (*free)(struct packet_reader *reader);
    uint32_t source; /* for the frames */
};

/* Recognises the format. NULL: neither, or its header is damaged. `bytes` is borrowed. */
struct packet_reader *packet_reader_new(struct chunk_reader *bytes, uint32_t source,
                                        struct damage *damage);

struct packet_reader *pcap_reader_new(struct chunk_reader *bytes, struct damage *damage);
struct packet_reader *pcapng_reader_new(struct chunk_reader *bytes, struct damage *damage);

/* Says what is wrong at `offset` and returns `step`. */
enum packet_step damage_set(struct damage *damage, enum packet_step step, uint64_t offset,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For a chunk_reader_need() that found too little: why, where `size` bytes of `what` were wanted.
 */
enum packet_step damage_set_short(struct damage *damage, const struct chunk_reader *bytes,
                                  size_t size, const char *what);

/* Integers of the file; `swapped`: it was written by a machine of the other byte order. */
static inline uint32_t load_u32(const uint8_t *at, bool swapped)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return swapped ? __builtin_bswap32(value) : value;
}

static inline uint16_t load_u16(const uint8_t *at, bool swapped)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return swapped ? __builtin_bswap16(value) : value;
}

#endif
