/* DNS messages: the header in line with the layers below, names for many messages at once. Walking
 * the labels of a name is a chain of loads, each of which waits for the one before: those of
 * several names run side by side. */
#ifndef DECODE_MESSAGE_H
#define DECODE_MESSAGE_H

#include "decode/layers.h"

#define MESSAGE_HEADER_BYTES 12

/* Eight 16-bit numbers at once; compilers make it of what vectors the processor has. */
typedef uint16_t message_numbers __attribute__((vector_size(16)));

/* Fills in what the header says: there are MESSAGE_HEADER_BYTES at least. What the question says,
 * and `transport` and `exchange_hash`, are as they were, or rubbish. */
static inline void message_begin(struct dns_message *message, const uint8_t *wire, size_t size,
                                 bool cut)
{
    message_numbers header;

    _Static_assert(offsetof(struct dns_message, flags) == offsetof(struct dns_message, id) + 2 &&
                       offsetof(struct dns_message, counts) == offsetof(struct dns_message, id) + 4,
                   "as on the wire");
    _Static_assert(offsetof(struct dns_message, id) + sizeof(header) <=
                       offsetof(struct dns_message, qname_hash),
                   "up to the question's numbers");
    if (size >= sizeof(header)) {
        memcpy(&header, wire, sizeof(header));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        header = header << 8 | header >> 8;
#endif
        memcpy((uint8_t *)message + offsetof(struct dns_message, id), &header, sizeof(header));
    } else {
        message->id = load_u16(wire);
        message->flags = load_u16(wire + 2);
        for (unsigned i = 0; i < 4; i++)
            message->counts[i] = load_u16(wire + 4 + 2 * i);
    }
    message->wire = wire;
    message->size_bytes = (uint32_t)size;
    message->cut = cut;
}

/* Fills in what the question says of messages that were begun, DECODER_AHEAD at most. */
void messages_read_questions(struct event *const *events, size_t count);

#endif
