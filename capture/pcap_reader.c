/* The classic format: a file header, then records of a fixed header and a packet's bytes. */
#include "capture/packet_reader.h"

#include <stdlib.h>

#define FILE_HEADER_BYTES   24
#define RECORD_HEADER_BYTES 16

/* What the magic says, read in the file's own byte order. */
struct variant {
    uint32_t magic;
    uint32_t fraction_ns;         /* unit of a time's second half */
    uint32_t record_header_bytes; /* Kuznetzov's records have interface, protocol and type */
};

static const struct variant variants[] = {
    {0xa1b2c3d4, 1000, RECORD_HEADER_BYTES},
    {0xa1b23c4d, 1, RECORD_HEADER_BYTES},
    {0xa1b2cd34, 1000, RECORD_HEADER_BYTES + 8},
};

struct pcap_reader {
    struct packet_reader base;
    struct chunk_reader *bytes;
    bool swapped;
    struct variant variant;
    uint32_t link_type;
    uint32_t size_max;
    uint64_t number;
};

/* Makes sure that a whole record is at hand. */
static enum packet_step need_record(struct pcap_reader *reader, struct damage *damage)
{
    struct chunk_reader *bytes = reader->bytes;
    size_t header_bytes = reader->variant.record_header_bytes;
    const uint8_t *record = chunk_reader_need(bytes, header_bytes);
    uint32_t size_bytes;

    if (!record) {
        if (!bytes->failed && chunk_reader_available(bytes) == 0)
            return PACKET_END;
        return damage_set_short(damage, bytes, header_bytes, "record header");
    }
    size_bytes = load_u32(record + 8, reader->swapped);
    if (size_bytes > reader->size_max)
        return damage_set(damage, PACKET_BROKEN, chunk_reader_offset(bytes),
                          "record of %u bytes, longer than any can be", size_bytes);
    if (!chunk_reader_need(bytes, header_bytes + size_bytes))
        return damage_set_short(damage, bytes, header_bytes + size_bytes, "packet record");
    return PACKET_READ;
}

/* Takes the records that are whole between `at` and `end`. Returns where the next begins. */
static inline const uint8_t *take_records(struct pcap_reader *reader, const uint8_t *at,
                                          const uint8_t *end, struct frame *frames, size_t *count,
                                          int64_t until_ns, bool swapped)
{
    const size_t header_bytes = reader->variant.record_header_bytes, room = *count;
    const uint32_t size_max = reader->size_max, fraction_ns = reader->variant.fraction_ns;
    const uint32_t link_type = reader->link_type, source = reader->base.source;
    const uint64_t number = reader->number + 1;
    size_t taken = 0;

    while (taken < room && (size_t)(end - at) >= header_bytes) {
        struct frame *frame = &frames[taken];
        uint32_t size_bytes = load_u32(at + 8, swapped);
        uint32_t wire_bytes = load_u32(at + 12, swapped);

        int64_t time_ns = load_u32(at, swapped) * INT64_C(1000000000) +
                          (int64_t)load_u32(at + 4, swapped) * fraction_ns;

        if (size_bytes > size_max || (size_t)(end - at) - header_bytes < size_bytes)
            break;
        if (time_ns > PACKET_TIME_LIMIT_NS)
            time_ns = PACKET_TIME_LIMIT_NS;
        *frame = (struct frame){
            .time_ns = time_ns,
            .bytes = at + header_bytes,
            .size_bytes = size_bytes,
            .wire_bytes = wire_bytes > size_bytes ? wire_bytes : size_bytes,
            .link_type = link_type,
            .source = source,
            .number = number + taken++,
        };
        at += header_bytes + size_bytes;
        if (time_ns >= until_ns)
            break;
    }
    reader->number += taken;
    *count = taken;
    return at;
}

static enum packet_step pcap_reader_next(struct packet_reader *base, struct frame *frames,
                                         size_t *count, int64_t until_ns, struct damage *damage)
{
    struct pcap_reader *reader = (struct pcap_reader *)base;
    struct chunk_reader *bytes = reader->bytes;
    enum packet_step step = need_record(reader, damage);

    if (step != PACKET_READ)
        return step;
    if (reader->swapped)
        bytes->at = take_records(reader, bytes->at, bytes->end, frames, count, until_ns, true);
    else
        bytes->at = take_records(reader, bytes->at, bytes->end, frames, count, until_ns, false);
    return PACKET_READ;
}

static void pcap_reader_free(struct packet_reader *base)
{
    free(base);
}

static int read_file_header(struct pcap_reader *reader, struct damage *damage)
{
    const uint8_t *header = chunk_reader_need(reader->bytes, FILE_HEADER_BYTES);
    uint32_t snap_length;
    uint16_t major, minor;

    if (!header) {
        damage_set_short(damage, reader->bytes, FILE_HEADER_BYTES, "file header");
        return -1;
    }
    for (size_t i = 0; i < 2 * sizeof(variants) / sizeof(variants[0]); i++) {
        const struct variant *variant = &variants[i / 2];
        bool swapped = i % 2 == 1;

        if (load_u32(header, swapped) == variant->magic) {
            reader->variant = *variant;
            reader->swapped = swapped;
        }
    }
    major = load_u16(header + 4, reader->swapped);
    minor = load_u16(header + 6, reader->swapped);
    if (major != 2) {
        damage_set(damage, PACKET_BROKEN, 4, "pcap version %u.%u is not supported", major, minor);
        return -1;
    }
    snap_length = load_u32(header + 16, reader->swapped);
    if (snap_length > PACKET_BYTES_SANE_MAX)
        snap_length = PACKET_BYTES_SANE_MAX;
    reader->size_max = snap_length > PACKET_BYTES_MAX ? snap_length : PACKET_BYTES_MAX;
    /* The upper half tells the length of a frame check sequence. */
    reader->link_type = load_u32(header + 20, reader->swapped) & 0xffff;
    reader->bytes->at += FILE_HEADER_BYTES;
    return 0;
}

struct packet_reader *pcap_reader_new(struct chunk_reader *bytes, struct damage *damage)
{
    struct pcap_reader *reader = calloc(1, sizeof(*reader));

    if (!reader) {
        damage_set(damage, PACKET_BROKEN, 0, "out of memory");
        return NULL;
    }
    reader->base = (struct packet_reader){.next = pcap_reader_next, .free = pcap_reader_free};
    reader->bytes = bytes;
    if (read_file_header(reader, damage) < 0) {
        free(reader);
        return NULL;
    }
    return &reader->base;
}
