/* A frame as it was captured: what `capture` hands to `decode`. */
#ifndef CAPTURE_FRAME_H
#define CAPTURE_FRAME_H

#include <stdint.h>

struct frame {
    int64_t time_ns;      /* UTC, since 1970 */
    const uint8_t *bytes; /* borrowed: see capture_next() */
    uint32_t size_bytes;  /* bytes that were captured */
    uint32_t wire_bytes;  /* bytes that the frame had on the wire, >= size_bytes */
    uint32_t link_type;   /* LINKTYPE_* as in files (not DLT_*) */
    uint32_t source;      /* which file or device: capture_source_name() */
    uint64_t number;      /* 1-based within its file, as Wireshark counts */
};

#endif
