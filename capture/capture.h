/* Frames from capture files, many of them in time order as one stream.
 *
 * Files may be pcap (micro- and nanoseconds, both byte orders) or pcapng (several sections,
 * interfaces, link types, time resolutions, snap lengths), plain or compressed (.gz .xz .zst .lz4,
 * recognised by content), "-" is standard input. They are given in any order: a file is opened when
 * the stream reaches its first frame. Frames that are slightly out of order (within a window of
 * frames) are straightened without a copy, ties in time break by content, so that the stream is the
 * same whether a capture comes in one file or in twenty. Frames of the same time that a
 * query/response pair could be are left to the correlator, which takes them either way round. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "capture/frame.h"

struct capture;

struct capture_options {
    const char *filter;  /* BPF filter in pcap-filter(7) syntax, NULL or "" for none */
    size_t memory_bytes; /* upper bound of all buffers together, 0 for the default (16 MiB) */
    /* A file that takes more than this to decompress is not read on; 0 for the default (128 MiB).
     * It is beside `memory_bytes`. */
    uint64_t decompression_bytes;
    /* Added to the times of each path's frames, one for each path, by whose clock they are wrong.
     * NULL: they are right. Borrowed during the call. */
    const int64_t *shifts_ns;
};

/* Takes the paths (copied). A file that cannot be opened or is no capture does not fail the call:
 * it is reported by capture_next(), so that the others are read. NULL: no memory, no path, or a
 * filter that does not compile (the text names it). */
struct capture *capture_open_files(const char *const *paths, size_t count,
                                   const struct capture_options *options, struct error *error);
void capture_close(struct capture *capture); /* NULL is fine */

/* The next frames of the stream, which stay with their bytes until the next call. Returns how many
 * there are at *frames; 0: the end; -1: a file is damaged, cut short or no capture, the text names
 * file and byte offset. After -1 the call may be repeated: what came before the damage and all
 * other files are delivered. */
int capture_next(struct capture *capture, const struct frame **frames, struct error *error);

/* What a source is: paths as given ("-" for standard input). */
size_t capture_source_count(const struct capture *capture);
const char *capture_source_name(const struct capture *capture, uint32_t source);

/* Identifies a capture by its first frames (times, lengths, bytes), not by its name or compression:
 * the same file read again has the same. 0 when the source had no frame (yet). */
uint64_t capture_source_fingerprint(const struct capture *capture, uint32_t source);

/* For the progress line: bytes of the files (as stored, compressed or not) read so far and in all;
 * total is 0 where it is not known (standard input). */
void capture_progress(const struct capture *capture, uint64_t *done_bytes, uint64_t *total_bytes);

/* What decompressing takes of the file that takes most (`xz -9` 65 MiB); files that are read at the
 * same time take it each. Not known of standard input. */
uint64_t capture_decompression_bytes(const struct capture *capture);

#endif
