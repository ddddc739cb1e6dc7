/* The block format: sections, each in its own byte order, with interfaces that have their own link
 * type, snap length and clock (draft-ietf-opsawg-pcapng).
 *
 * A block is length-framed on both sides. Where both lengths agree, the next block is found safely
 * whatever is wrong inside this one; where they do not, nothing behind can be trusted. */
#include "capture/packet_reader.h"

#include <stdlib.h>

#define BLOCK_HEADER_BYTES  8
#define BLOCK_TRAILER_BYTES 4
#define BLOCK_BYTES_MIN     (BLOCK_HEADER_BYTES + BLOCK_TRAILER_BYTES)
/* Of a block that we look into, options and padding included. Others are skipped at any length. */
#define BLOCK_BYTES_MAX (PACKET_BYTES_SANE_MAX + (128u << 10))
#define INTERFACES_MAX  65536

/* Of the bodies, before options or data. */
#define INTERFACE_HEADER_BYTES     8
#define PACKET_HEADER_BYTES        20
#define SIMPLE_PACKET_HEADER_BYTES 4

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define NS_PER_SECOND    INT64_C(1000000000)

enum {
    BLOCK_SECTION = 0x0a0d0d0a, /* reads the same in either byte order */
    BLOCK_INTERFACE = 1,
    BLOCK_OLD_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_JOURNAL = 9,
};

enum { OPTION_END = 0, OPTION_TIME_RESOLUTION = 9, OPTION_TIME_OFFSET = 14 };

struct interface {
    uint32_t link_type;
    uint32_t snap_length; /* 0: none */
    uint64_t units_per_second;
    bool is_binary;
    unsigned exponent; /* a unit is 10^-exponent seconds, or 2^-exponent where it is binary */
    int64_t offset_s;
};

struct pcapng_reader {
    struct packet_reader base;
    struct chunk_reader *bytes;
    bool swapped;
    struct interface *interfaces;
    size_t interface_count;
    size_t interface_capacity;
    uint64_t number;
    int64_t last_time_ns;
};

/* A block in the chunk: its body, without the two lengths. */
struct block {
    uint64_t offset;
    const uint8_t *body;
    size_t body_bytes;
};

/* Units of 10^-n or 2^-n seconds (the latter where the upper bit is set). */
static bool interface_set_resolution(struct interface *interface, uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    uint64_t units = 1;

    if (exponent > (resolution & 0x80 ? 63 : 19))
        return false;
    if (resolution & 0x80)
        units <<= exponent;
    else
        for (unsigned i = 0; i < exponent; i++)
            units *= 10;
    interface->units_per_second = units;
    interface->is_binary = resolution & 0x80;
    interface->exponent = exponent;
    return true;
}

/* Of less than a second. */
static int64_t fraction_ns(const struct interface *interface, uint64_t units)
{
    if (!interface->is_binary)
        return (int64_t)(interface->exponent <= 9
                             ? units * (NS_PER_SECOND / interface->units_per_second)
                             : units / (interface->units_per_second / NS_PER_SECOND));
    if (interface->exponent <= 32)
        return (int64_t)(units * NS_PER_SECOND >> interface->exponent);
    /* The product has more than 64 bits: without its last 32. */
    units = (units >> 32) * NS_PER_SECOND + ((units & UINT32_MAX) * NS_PER_SECOND >> 32);
    return (int64_t)(units >> (interface->exponent - 32));
}

static int64_t interface_time_ns(const struct interface *interface, uint64_t units)
{
    const int64_t limit_s = PACKET_TIME_LIMIT_NS / NS_PER_SECOND;
    uint64_t whole_s = units / interface->units_per_second;
    int64_t time_s;

    if (__builtin_add_overflow(whole_s, interface->offset_s, &time_s) || time_s >= limit_s)
        return PACKET_TIME_LIMIT_NS;
    if (time_s < -limit_s)
        return -PACKET_TIME_LIMIT_NS;
    return time_s * NS_PER_SECOND +
           fraction_ns(interface, units - whole_s * interface->units_per_second);
}

static enum packet_step read_options(const struct pcapng_reader *reader, const struct block *block,
                                     struct interface *interface, struct damage *damage)
{
    size_t at = INTERFACE_HEADER_BYTES;

    while (block->body_bytes - at >= 4) {
        const uint8_t *option = block->body + at;
        uint16_t code = load_u16(option, reader->swapped);
        uint16_t size = load_u16(option + 2, reader->swapped);
        size_t padded = (size + 3u) & ~3u;

        if (code == OPTION_END)
            break;
        if (padded > block->body_bytes - at - 4)
            return damage_set(damage, PACKET_DAMAGED, block->offset, "interface option too long");
        if (code == OPTION_TIME_RESOLUTION && size == 1 &&
            !interface_set_resolution(interface, option[4]))
            return damage_set(damage, PACKET_DAMAGED, block->offset,
                              "interface with an impossible time resolution");
        if (code == OPTION_TIME_OFFSET && size == 8) {
            uint64_t low = load_u32(option + (reader->swapped ? 8 : 4), reader->swapped);
            uint64_t high = load_u32(option + (reader->swapped ? 4 : 8), reader->swapped);

            interface->offset_s = (int64_t)(high << 32 | low);
        }
        at += 4 + padded;
    }
    return PACKET_READ;
}

static struct interface *claim_interface(struct pcapng_reader *reader)
{
    if (reader->interface_count == reader->interface_capacity) {
        size_t capacity = reader->interface_capacity > 0 ? 2 * reader->interface_capacity : 8;
        struct interface *grown =
            reallocarray(reader->interfaces, capacity, sizeof(*reader->interfaces));

        if (!grown)
            return NULL;
        reader->interfaces = grown;
        reader->interface_capacity = capacity;
    }
    return &reader->interfaces[reader->interface_count++];
}

/* Even a damaged description takes its number, or the ones behind it would be taken for another's.
 */
static enum packet_step read_interface(struct pcapng_reader *reader, const struct block *block,
                                       struct frame *frame, struct damage *damage)
{
    struct interface *interface;

    (void)frame;
    if (reader->interface_count == INTERFACES_MAX)
        return damage_set(damage, PACKET_BROKEN, block->offset, "too many interfaces");
    interface = claim_interface(reader);
    if (!interface)
        return damage_set(damage, PACKET_BROKEN, block->offset, "out of memory");
    *interface = (struct interface){.link_type = UINT32_MAX};
    interface_set_resolution(interface, 6);
    if (block->body_bytes < INTERFACE_HEADER_BYTES)
        return damage_set(damage, PACKET_DAMAGED, block->offset, "interface block too short");
    interface->link_type = load_u16(block->body, reader->swapped);
    interface->snap_length = load_u32(block->body + 4, reader->swapped);
    return read_options(reader, block, interface, damage);
}

/* What the packet blocks have in common once their fields are taken apart. */
static enum packet_step deliver(struct pcapng_reader *reader, const struct block *block,
                                size_t header_bytes, uint32_t interface, uint32_t size_bytes,
                                uint32_t wire_bytes, struct frame *frame, struct damage *damage)
{
    if (interface >= reader->interface_count)
        return damage_set(damage, PACKET_DAMAGED, block->offset,
                          "packet of interface %u, which is not described", interface);
    if (size_bytes > block->body_bytes - header_bytes)
        return damage_set(damage, PACKET_DAMAGED, block->offset,
                          "packet of %u bytes in a block of %zu", size_bytes,
                          block->body_bytes + BLOCK_BYTES_MIN);
    frame->bytes = block->body + header_bytes;
    frame->size_bytes = size_bytes;
    frame->wire_bytes = wire_bytes > size_bytes ? wire_bytes : size_bytes;
    frame->link_type = reader->interfaces[interface].link_type;
    frame->source = reader->base.source;
    frame->number = reader->number;
    return PACKET_READ;
}

/* Enhanced and old packet blocks differ in how wide the interface's number is. */
static enum packet_step read_packet(struct pcapng_reader *reader, const struct block *block,
                                    uint32_t interface, struct frame *frame, struct damage *damage)
{
    const uint8_t *body = block->body;
    bool swapped = reader->swapped;
    enum packet_step step;

    step = deliver(reader, block, PACKET_HEADER_BYTES, interface, load_u32(body + 12, swapped),
                   load_u32(body + 16, swapped), frame, damage);
    if (step != PACKET_READ)
        return step;
    frame->time_ns = interface_time_ns(&reader->interfaces[interface],
                                       (uint64_t)load_u32(body + 4, swapped) << 32 |
                                           load_u32(body + 8, swapped));
    reader->last_time_ns = frame->time_ns;
    return PACKET_READ;
}

static enum packet_step read_enhanced_packet(struct pcapng_reader *reader,
                                             const struct block *block, struct frame *frame,
                                             struct damage *damage)
{
    return read_packet(reader, block, load_u32(block->body, reader->swapped), frame, damage);
}

static enum packet_step read_old_packet(struct pcapng_reader *reader, const struct block *block,
                                        struct frame *frame, struct damage *damage)
{
    return read_packet(reader, block, load_u16(block->body, reader->swapped), frame, damage);
}

/* It has no time: that of the packet before it, a nanosecond on so that they stay in order. */
static enum packet_step read_simple_packet(struct pcapng_reader *reader, const struct block *block,
                                           struct frame *frame, struct damage *damage)
{
    uint32_t wire_bytes, size_bytes;
    size_t room;
    enum packet_step step;

    wire_bytes = load_u32(block->body, reader->swapped);
    size_bytes = wire_bytes;
    room = block->body_bytes - SIMPLE_PACKET_HEADER_BYTES;
    if (reader->interface_count > 0 && reader->interfaces[0].snap_length > 0 &&
        size_bytes > reader->interfaces[0].snap_length)
        size_bytes = reader->interfaces[0].snap_length;
    if (size_bytes > room)
        size_bytes = (uint32_t)room;
    step = deliver(reader, block, SIMPLE_PACKET_HEADER_BYTES, 0, size_bytes, wire_bytes, frame,
                   damage);
    if (step != PACKET_READ)
        return step;
    if (reader->last_time_ns < PACKET_TIME_LIMIT_NS)
        reader->last_time_ns++;
    frame->time_ns = reader->last_time_ns;
    return PACKET_READ;
}

/* A section starts over: byte order and interfaces. Its length field is often unset; nobody needs
 * it. */
static enum packet_step start_section(struct pcapng_reader *reader, struct damage *damage)
{
    struct chunk_reader *bytes = reader->bytes;
    uint64_t offset = chunk_reader_offset(bytes);
    const uint8_t *header = chunk_reader_need(bytes, BLOCK_HEADER_BYTES + 8);
    uint16_t major;

    if (!header)
        return damage_set_short(damage, bytes, BLOCK_HEADER_BYTES + 8, "section header");
    reader->swapped = load_u32(header + 8, false) != BYTE_ORDER_MAGIC;
    if (load_u32(header + 8, reader->swapped) != BYTE_ORDER_MAGIC)
        return damage_set(damage, PACKET_BROKEN, offset, "section header without byte order");
    major = load_u16(header + 12, reader->swapped);
    if (major != 1)
        return damage_set(damage, PACKET_BROKEN, offset, "pcapng version %u.%u is not supported",
                          major, load_u16(header + 14, reader->swapped));
    reader->interface_count = 0;
    return PACKET_READ;
}

/* The blocks that matter, the most frequent first. */
static const struct block_kind {
    uint32_t type;
    uint32_t body_bytes_min;
    bool is_packet;
    enum packet_step (*read)(struct pcapng_reader *reader, const struct block *block,
                             struct frame *frame, struct damage *damage);
} kinds[] = {
    {BLOCK_ENHANCED_PACKET, PACKET_HEADER_BYTES, true, read_enhanced_packet},
    {BLOCK_SIMPLE_PACKET, SIMPLE_PACKET_HEADER_BYTES, true, read_simple_packet},
    {BLOCK_OLD_PACKET, PACKET_HEADER_BYTES, true, read_old_packet},
    {BLOCK_INTERFACE, 0, false, read_interface},
};

static const struct block_kind *find_kind(uint32_t type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type)
            return &kinds[i];
    }
    return NULL;
}

/* Lengths that are no multiple of 4 are written by some; the next block begins at one nevertheless.
 */
static size_t padded_length(uint32_t total)
{
    return ((size_t)total + 3) & ~(size_t)3;
}

static enum packet_step check_trailer(const struct pcapng_reader *reader, uint64_t offset,
                                      const uint8_t *trailer, uint32_t total, struct damage *damage)
{
    uint32_t repeated = load_u32(trailer, reader->swapped);

    if (repeated == total)
        return PACKET_READ;
    return damage_set(damage, PACKET_BROKEN, offset, "block of %u bytes says %u at its end", total,
                      repeated);
}

static enum packet_step skip_block(struct pcapng_reader *reader, uint32_t type, uint32_t total,
                                   struct damage *damage)
{
    struct chunk_reader *bytes = reader->bytes;
    uint64_t offset = chunk_reader_offset(bytes);
    const uint8_t *trailer = NULL;

    if (chunk_reader_skip(bytes, padded_length(total) - BLOCK_TRAILER_BYTES) == 0)
        trailer = chunk_reader_need(bytes, BLOCK_TRAILER_BYTES);
    if (!trailer && bytes->failed)
        return damage_set_short(damage, bytes, total, "block");
    if (!trailer)
        return damage_set(damage, PACKET_BROKEN, offset, "block of %u bytes cut short", total);
    bytes->at += BLOCK_TRAILER_BYTES;
    /* Wireshark counts journal entries among the frames. */
    if (type == BLOCK_JOURNAL)
        reader->number++;
    return check_trailer(reader, offset, trailer, total, damage);
}

/* Reads a block in one piece and gives it to its kind. */
static enum packet_step read_block(struct pcapng_reader *reader, const struct block_kind *kind,
                                   uint32_t total, struct frame *frame, struct damage *damage)
{
    struct chunk_reader *bytes = reader->bytes;
    struct block block = {.offset = chunk_reader_offset(bytes)};
    size_t size = padded_length(total);
    const uint8_t *start;
    enum packet_step step;

    if (total > BLOCK_BYTES_MAX)
        return damage_set(damage, PACKET_BROKEN, block.offset,
                          "block of %u bytes, longer than any can be", total);
    start = chunk_reader_need(bytes, size);
    if (!start)
        return damage_set_short(damage, bytes, size, "block");
    step = check_trailer(reader, block.offset, start + size - BLOCK_TRAILER_BYTES, total, damage);
    if (step != PACKET_READ)
        return step;
    bytes->at += size;
    reader->number += kind->is_packet;

    block.body = start + BLOCK_HEADER_BYTES;
    block.body_bytes = size - BLOCK_BYTES_MIN;
    if (block.body_bytes < kind->body_bytes_min)
        return damage_set(damage, PACKET_DAMAGED, block.offset, "block of %u bytes is too short",
                          total);
    return kind->read(reader, &block, frame, damage);
}

/* Reads blocks up to the next packet. */
static enum packet_step read_blocks(struct pcapng_reader *reader, struct frame *frame,
                                    struct damage *damage)
{
    struct chunk_reader *bytes = reader->bytes;

    for (;;) {
        const uint8_t *header = chunk_reader_need(bytes, BLOCK_HEADER_BYTES);
        const struct block_kind *kind;
        enum packet_step step = PACKET_READ;
        uint32_t type, total;

        if (!header) {
            if (!bytes->failed && chunk_reader_available(bytes) == 0)
                return PACKET_END;
            return damage_set_short(damage, bytes, BLOCK_HEADER_BYTES, "block header");
        }
        type = load_u32(header, reader->swapped);
        if (type == BLOCK_SECTION)
            step = start_section(reader, damage);
        if (step != PACKET_READ)
            return step;
        total = load_u32(bytes->at + 4, reader->swapped);
        if (total < BLOCK_BYTES_MIN)
            return damage_set(damage, PACKET_BROKEN, chunk_reader_offset(bytes),
                              "block of %u bytes", total);
        kind = find_kind(type);
        step = kind ? read_block(reader, kind, total, frame, damage)
                    : skip_block(reader, type, total, damage);
        if (step != PACKET_READ || (kind && kind->is_packet))
            return step;
    }
}

/* Is an ordinary packet at hand, with nothing wrong about it? */
static inline bool packet_is_at_hand(const struct pcapng_reader *reader)
{
    const struct chunk_reader *bytes = reader->bytes;
    size_t available = chunk_reader_available(bytes);
    const uint8_t *at = bytes->at;
    uint32_t total;

    if (available < BLOCK_BYTES_MIN + PACKET_HEADER_BYTES ||
        load_u32(at, reader->swapped) != BLOCK_ENHANCED_PACKET)
        return false;
    total = load_u32(at + 4, reader->swapped);
    return total >= BLOCK_BYTES_MIN + PACKET_HEADER_BYTES && total <= BLOCK_BYTES_MAX &&
           total % 4 == 0 && total <= available &&
           load_u32(at + total - BLOCK_TRAILER_BYTES, reader->swapped) == total &&
           load_u32(at + BLOCK_HEADER_BYTES, reader->swapped) < reader->interface_count &&
           load_u32(at + BLOCK_HEADER_BYTES + 12, reader->swapped) <=
               total - BLOCK_BYTES_MIN - PACKET_HEADER_BYTES;
}

/* Only the first may be anything but ordinary: so all lie in one chunk, and nothing goes wrong
 * behind it. */
static enum packet_step pcapng_reader_next(struct packet_reader *base, struct frame *frames,
                                           size_t *count, int64_t until_ns, struct damage *damage)
{
    struct pcapng_reader *reader = (struct pcapng_reader *)base;
    enum packet_step step = read_blocks(reader, frames, damage);
    size_t taken = 1;

    if (step != PACKET_READ)
        return step;
    for (; taken < *count && frames[taken - 1].time_ns < until_ns && packet_is_at_hand(reader);
         taken++)
        read_blocks(reader, &frames[taken], damage);
    *count = taken;
    return PACKET_READ;
}

static void pcapng_reader_free(struct packet_reader *base)
{
    struct pcapng_reader *reader = (struct pcapng_reader *)base;

    free(reader->interfaces);
    free(reader);
}

struct packet_reader *pcapng_reader_new(struct chunk_reader *bytes, struct damage *damage)
{
    struct pcapng_reader *reader = calloc(1, sizeof(*reader));

    if (!reader) {
        damage_set(damage, PACKET_BROKEN, 0, "out of memory");
        return NULL;
    }
    reader->base = (struct packet_reader){.next = pcapng_reader_next, .free = pcapng_reader_free};
    reader->bytes = bytes;
    return &reader->base;
}
