#include "decode/layers.h"

#define HEADER_BYTES       12
#define QUESTION_MIN_BYTES 5
#define RECORD_MIN_BYTES   11
#define LABEL_MAX_BYTES    63

/* Sixteen octets at once; compilers make it of what vectors the processor has. */
typedef uint8_t octets __attribute__((vector_size(16)));

/* As take_word(), two of them. */
static inline void take_words(uint8_t *lower, const uint8_t *wire)
{
    octets name;

    memcpy(&name, wire, sizeof(name));
    name |= (octets)(name - 'A' < 26) & 0x20;
    memcpy(lower, &name, sizeof(name));
}

/* Folds a word of the name into `lower`. */
static inline uint64_t take_word(uint8_t *lower, const uint8_t *wire)
{
    uint64_t word = name_fold_word(hash_load(wire));

    hash_store(lower, word);
    return word;
}

/* Folds and hashes the name in one go, by the octets that hash_bytes() would see. The last word is
 * read so that it ends with the name: a name in a message has a header before it. */
static inline uint64_t fold_and_hash(struct name *lower, const uint8_t *wire, size_t size)
{
    const struct hash_key *key = hash_key();
    size_t whole = size & ~(size_t)7;
    size_t rest = size - whole;
    hash_sum sum = 0;
    uint64_t last = hash_last(0, size);
    size_t at;

    for (at = 0; at + 16 <= whole; at += 16) {
        take_words(lower->bytes + at, wire + at);
        sum +=
            hash_pair(key, at / 8, hash_load(lower->bytes + at), hash_load(lower->bytes + at + 8));
    }
    if (rest > 0) {
        uint64_t tail = name_fold_word(hash_load(wire + size - 8) >> 8 * (8 - rest));

        last |= tail;
        if (whole + 8 <= NAME_MAX_BYTES)
            hash_store(lower->bytes + whole, tail);
        else
            name_lower(lower->bytes + whole, wire + whole, rest);
    }
    sum += at < whole ? hash_pair(key, at / 8, take_word(lower->bytes + at, wire + at), last)
                      : hash_pair(key, at / 8, last, 0);
    lower->size_bytes = (uint8_t)size;
    return hash_finish(key, sum);
}

/* As name_measure(), inline for the hot path. */
static inline size_t measure(const uint8_t *wire, size_t limit)
{
    size_t at = 0;

    if (limit > NAME_MAX_BYTES)
        limit = NAME_MAX_BYTES;
    while (at < limit) {
        uint8_t label = wire[at];

        if (label == 0)
            return at + 1;
        if (label > LABEL_MAX_BYTES)
            return 0;
        at += 1 + (size_t)label;
    }
    return 0;
}

static inline bool question_decode(struct dns_message *message)
{
    const uint8_t *wire = message->wire + HEADER_BYTES;
    size_t left = message->size_bytes - HEADER_BYTES;
    size_t size = measure(wire, left);

    if (size == 0 || left - size < 4)
        return false;
    message->qname_wire = wire;
    message->qname_hash = fold_and_hash(&message->qname, wire, size);
    message->qtype = load_u16(wire + size);
    message->qclass = load_u16(wire + size + 2);
    return true;
}

int message_decode(struct decoder *decoder, const uint8_t *wire, size_t size, bool cut)
{
    struct dns_message *message = &decoder->event->dns;

    if (size < HEADER_BYTES)
        return cut ? DROP_CUT_SHORT : DROP_BAD_DNS;
    message->id = load_u16(wire);
    message->flags = load_u16(wire + 2);
    for (unsigned i = 0; i < 4; i++)
        message->counts[i] = load_u16(wire + 4 + 2 * i);
    message->wire = wire;
    message->size_bytes = (uint32_t)size;
    message->cut = cut;
    if (message->counts[0] == 0 || !question_decode(message)) {
        /* Even so much can be told that it came: it may be answered, or an answer. */
        message->qtype = message->qclass = 0;
        message->qname_hash = 0;
        message->qname_wire = NULL;
        message->qname.size_bytes = 0;
    }
    return PACKET_EVENT;
}

bool message_is_plausible(const uint8_t *wire, size_t size, size_t total)
{
    /* QUERY, STATUS, NOTIFY, UPDATE, DSO */
    const unsigned opcodes = 1u << 0 | 1u << 2 | 1u << 4 | 1u << 5 | 1u << 6;
    const uint16_t reserved = 0x0040;
    size_t records = 0;

    if (size < HEADER_BYTES || total < HEADER_BYTES)
        return false;
    if (!(opcodes >> (wire[2] >> 3 & 0x0f) & 1) || load_u16(wire + 2) & reserved)
        return false;
    for (unsigned i = 1; i < 4; i++)
        records += load_u16(wire + 4 + 2 * i);
    if (load_u16(wire + 4) > 1)
        return false;
    if (load_u16(wire + 4) == 0)
        return HEADER_BYTES + records * RECORD_MIN_BYTES <= total;
    if (HEADER_BYTES + QUESTION_MIN_BYTES + records * RECORD_MIN_BYTES > total)
        return false;
    /* As far as the question is there, it must be one: its labels may only run off the end. */
    for (size_t at = HEADER_BYTES; at < size && wire[at] != 0; at += 1 + (size_t)wire[at])
        if (wire[at] > LABEL_MAX_BYTES || at - HEADER_BYTES >= NAME_MAX_BYTES)
            return false;
    return true;
}
