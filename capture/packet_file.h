/* One file of a capture: opened late, read packet by packet, closed as soon as it ends. */
#ifndef CAPTURE_PACKET_FILE_H
#define CAPTURE_PACKET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/chunk.h"
#include "capture/error.h"
#include "capture/frame.h"
#include "capture/packet_filter.h"
#include "capture/packet_reader.h"

struct packet_file {
    char *path;
    struct chunk_pool *pool; /* borrowed, and so is the filter; NULL: none */
    struct packet_filter *filter;

    uint32_t number;       /* of the source: goes into each frame */
    int64_t shift_ns;      /* to add to the times in the file */
    int64_t first_time_ns; /* INT64_MIN where the file cannot be peeked into */
    bool is_regular;       /* can be opened again, has a size */
    bool is_endless;       /* a pipe or the like: nobody knows how much comes */
    uint64_t total_bytes;
    uint64_t done_bytes; /* while closed */
    uint64_t fingerprint;
    uint64_t decompression_bytes_max;
    uint64_t decompression_bytes; /* what it takes while open, as far as it was peeked into */

    struct packet_reader *reader; /* NULL: not open */
    struct byte_source *source;
    bool is_ahead; /* counted in pool->ahead */
    struct chunk_reader bytes;
    uint64_t running_fingerprint;
    unsigned fingerprint_frames;
    unsigned damages;
    struct damage damage; /* of the last step, as the reader told it */
    struct error error;   /* of the last step that said PACKET_DAMAGED or PACKET_BROKEN */
};

/* -1: out of memory. Touches no file. */
int packet_file_init(struct packet_file *file, const char *path, uint32_t source,
                     struct chunk_pool *pool, struct packet_filter *filter,
                     uint64_t decompression_bytes);
void packet_file_clear(struct packet_file *file);

/* Finds out the fingerprint and the first frame's time, and closes the file again (what is not a
 * regular file is left alone). PACKET_READ: there is something to read. PACKET_END: there is no
 * packet in it. PACKET_BROKEN: nor can there be. */
enum packet_step packet_file_peek(struct packet_file *file);

/* The next frames that pass the filter: *count at most, one at least, of those at hand up to the
 * first that is not before `until_ns`. Their bytes are held by file->bytes.chunk until the next
 * call. Opens the file when it is not open, closes it at PACKET_END and PACKET_BROKEN. */
enum packet_step packet_file_next(struct packet_file *file, struct frame *frames, size_t *count,
                                  int64_t until_ns);

/* Bytes of the file that were read. */
uint64_t packet_file_done_bytes(const struct packet_file *file);

#endif
