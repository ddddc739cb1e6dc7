#include "capture/packet_reader.h"

#include <stdarg.h>
#include <stdio.h>

enum packet_step damage_set(struct damage *damage, enum packet_step step, uint64_t offset,
                            const char *format, ...)
{
    va_list arguments;

    damage->offset = offset;
    va_start(arguments, format);
    vsnprintf(damage->text, sizeof(damage->text), format, arguments);
    va_end(arguments);
    return step;
}

enum packet_step damage_set_short(struct damage *damage, const struct chunk_reader *bytes,
                                  size_t size, const char *what)
{
    size_t available = chunk_reader_available(bytes);

    /* Where reading failed, the place is where that happened, behind what could be read. */
    if (bytes->failed)
        return damage_set(damage, PACKET_BROKEN, bytes->end_offset, "%s", bytes->error.text);
    return damage_set(damage, PACKET_BROKEN, chunk_reader_offset(bytes),
                      "%s cut short, %zu of %zu bytes", what, available, size);
}

static struct packet_reader *start(struct packet_reader *reader, uint32_t source)
{
    if (reader)
        reader->source = source;
    return reader;
}

struct packet_reader *packet_reader_new(struct chunk_reader *bytes, uint32_t source,
                                        struct damage *damage)
{
    static const struct {
        uint8_t magic[4]; /* as a little-endian machine writes it; the reverse is tried, too */
        struct packet_reader *(*new)(struct chunk_reader *, struct damage *);
    } formats[] = {
        {{0xd4, 0xc3, 0xb2, 0xa1}, pcap_reader_new},   /* microseconds */
        {{0x4d, 0x3c, 0xb2, 0xa1}, pcap_reader_new},   /* nanoseconds */
        {{0x34, 0xcd, 0xb2, 0xa1}, pcap_reader_new},   /* Kuznetzov's, with longer records */
        {{0x0a, 0x0d, 0x0d, 0x0a}, pcapng_reader_new}, /* Section Header Block */
    };
    const uint8_t *magic = chunk_reader_need(bytes, 4);

    if (!magic) {
        if (!bytes->failed && chunk_reader_available(bytes) == 0)
            damage_set(damage, PACKET_BROKEN, 0, "no capture: empty");
        else if (!bytes->failed)
            damage_set(damage, PACKET_BROKEN, 0, "no capture: neither pcap nor pcapng");
        else
            damage_set_short(damage, bytes, 4, "file header");
        return NULL;
    }
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        const uint8_t *wanted = formats[i].magic;
        uint8_t reversed[4] = {wanted[3], wanted[2], wanted[1], wanted[0]};

        if (memcmp(magic, wanted, 4) == 0 || memcmp(magic, reversed, 4) == 0)
            return start(formats[i].new(bytes, damage), source);
    }
    damage_set(damage, PACKET_BROKEN, 0, "no capture: neither pcap nor pcapng");
    return NULL;
}
