/* Whatever bytes arrive: no crash, no undefined behaviour, no growth over the bound, and every
 * frame ends. The input is a small capture: a byte that selects the link type, then frames, each
 * behind two octets of length, one of time (a sixteenth of a second each, the high bit backwards)
 * and one of what the snap length cut off. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decoder.h"
#include "decode/full.h"
#include "decode/hash.h"
#include "decode/records.h"

#define FRAME_HEADER 4
#define MEMORY_BYTES (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t link_types[] = {1, 101, 113, 276, 0, 108, 9, 50, 51, 104, 204, 147};

static void read_message(const struct dns_message *message)
{
    struct records records;
    struct record record;
    struct ede_option options[4];
    struct name name;
    char text[NAME_TEXT_SIZE];

    name_to_text(message->qname.bytes, message->qname.size_bytes, text);
    if (message->qname.size_bytes > 0 &&
        message->qname_hash != hash_bytes(message->qname.bytes, message->qname.size_bytes))
        abort();
    records_begin(&records, message->wire, message->size_bytes);
    while (records_next(&records, &record)) {
        name_to_text(record.owner.bytes, record.owner.size_bytes, text);
        record_name(&records, &record, 0, &name);
        record_name(&records, &record, 18, &name);
        record_ede(&record, options, 4);
    }
    message_check(message->wire, message->size_bytes);
}

static void drain(struct decoder *decoder)
{
    const struct event *event;

    while ((event = decoder_next(decoder)))
        if (event->kind == EVENT_DNS || event->kind == EVENT_FRAGMENT_LOST)
            read_message(&event->dns);
}

/* A copy of its own size, so that a sanitizer sees every octet that is read too far. */
static void feed_copy(struct decoder *decoder, struct frame *frame, const uint8_t *bytes)
{
    uint8_t *copy = malloc(frame->size_bytes ? frame->size_bytes : 1);

    memcpy(copy, bytes, frame->size_bytes);
    frame->bytes = copy;
    decoder_feed(decoder, frame);
    drain(decoder);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[16];
    const struct decoder_options options = {.memory_bytes = MEMORY_BYTES};
    struct decoder *decoder;
    struct frame frame = {.time_ns = INT64_C(1700000000000000000)};

    if (size < 1)
        return 0;
    hash_set_key(key);
    decoder = decoder_new(&options);
    frame.link_type = link_types[data[0] % (sizeof(link_types) / sizeof(link_types[0]))];
    for (size_t at = 1; size - at >= FRAME_HEADER;) {
        const uint8_t *header = data + at;
        size_t left = size - at - FRAME_HEADER;
        size_t length = (size_t)(header[0] << 8 | header[1]);

        if (length > left)
            length = left;
        frame.number++;
        frame.time_ns += (header[2] & 0x80 ? -1 : 1) * (int64_t)(header[2] & 0x7f) * 62500000;
        frame.size_bytes = (uint32_t)length;
        frame.wire_bytes = (uint32_t)length + header[3];
        feed_copy(decoder, &frame, header + FRAME_HEADER);
        at += FRAME_HEADER + length;
    }
    decoder_finish(decoder);
    drain(decoder);
    decoder_free(decoder);
    return 0;
}
