#include "decode/message.h"

#include "decode/hash.h"

#define HEADER_BYTES       MESSAGE_HEADER_BYTES
#define QUESTION_MIN_BYTES 5
#define RECORD_MIN_BYTES   11
#define LABEL_MAX_BYTES    63

#define NAME_USUAL_MIN 8
#define NAME_USUAL_MAX 32
/* Label types other than 00 have one of these bits set (RFC 1035 section 4.1.4). */
#define LABEL_TYPE_BITS 0xc0

/* Sixteen octets at once; compilers make it of what vectors the processor has, which compare
 * signed numbers only where they are old. */
typedef uint8_t octets __attribute__((vector_size(16)));
typedef int8_t signed_octets __attribute__((vector_size(16)));

static inline void fold(octets *name)
{
    /* 'A' to 'Z' become the lowest of all. */
    signed_octets from_a = (signed_octets)(*name + (0x80 - 'A'));

    *name |= (octets)(from_a < INT8_MIN + 26) & 0x20;
}

/* Folds eight octets at `first` and eight at `second` into the same places of the name, and into
 * `words` as hash_load() has them. */
static inline void fold_two(uint8_t *lower, const uint8_t *wire, size_t first, size_t second,
                            uint64_t words[2])
{
    octets name;

    memcpy(&words[0], wire + first, 8);
    memcpy(&words[1], wire + second, 8);
    memcpy(&name, words, sizeof(name));
    fold(&name);
    memcpy(words, &name, sizeof(name));
    memcpy(lower + first, &words[0], 8);
    memcpy(lower + second, &words[1], 8);
    words[0] = hash_word(words[0]);
    words[1] = hash_word(words[1]);
}

/* Folds and hashes a name of NAME_USUAL_MIN to NAME_USUAL_MAX octets, as hash_bytes() does it, in
 * words that overlap. Sizes are as good as random, so that there is no branch: of a name that one
 * pair of words is all of, the second's product is made 0. */
static inline uint64_t fold_and_hash(uint8_t *lower, const uint8_t *wire, size_t size)
{
    const struct hash_key *key = hash_key();
    bool is_long = size > 16;
    uint64_t first[2], last[2];
    hash_sum sum;

    fold_two(lower, wire, 0, is_long ? 8 : size - 8, first);
    fold_two(lower, wire, is_long ? size - 16 : 0, size - 8, last);
    sum = hash_pair(key, 0, first[0], first[1]);
    sum = hash_add(sum, hash_multiply((last[0] + key->words[2]) & -(uint64_t)is_long,
                                      last[1] + key->words[3]));
    return hash_finish(key, sum, size);
}

static inline uint64_t take_name(struct name *name, const uint8_t *wire, size_t size)
{
    name->size_bytes = (uint8_t)size;
    if (size - NAME_USUAL_MIN <= NAME_USUAL_MAX - NAME_USUAL_MIN)
        return fold_and_hash(name->bytes, wire, size);
    name_lower(name->bytes, wire, size);
    return hash_bytes(name->bytes, size);
}

/* As name_measure(). Of the usual four labels at most each takes a step, and whoever has fewer
 * stays at his end: how many there are is as good as random. */
static inline size_t measure(const uint8_t *wire, size_t limit)
{
    size_t at = 0;
    uint8_t types = 0;

    for (unsigned i = 0; i < 4 && limit > 0; i++) {
        size_t label = wire[at];

        types |= (uint8_t)label;
        at += label + (label > 0);
        at = at < limit ? at : limit - 1;
    }
    if (at + 1 < limit && wire[at] == 0 && !(types & LABEL_TYPE_BITS) && at < NAME_MAX_BYTES)
        return at + 1;
    return name_measure(wire, limit);
}

/* Octets of the first question's name, 0 where there is none, or the question is not whole. */
static inline size_t measure_question(const struct dns_message *message)
{
    size_t left = message->size_bytes - HEADER_BYTES;
    size_t size = message->counts[0] > 0 ? measure(message->wire + HEADER_BYTES, left) : 0;

    return left - size >= QUESTION_MIN_BYTES - 1 ? size : 0;
}

static inline void take_question(struct dns_message *message, size_t name_size)
{
    const uint8_t *wire = message->wire + HEADER_BYTES;

    if (name_size == 0) {
        /* Even so much can be told that it came: it may be answered, or an answer. */
        message->qtype = message->qclass = 0;
        message->qname_hash = 0;
        message->qname_wire = NULL;
        message->qname.size_bytes = 0;
        return;
    }
    message->qname_wire = wire;
    message->qname_hash = take_name(&message->qname, wire, name_size);
    message->qtype = load_u16(wire + name_size);
    message->qclass = load_u16(wire + name_size + 2);
}

void messages_read_questions(struct event *const *events, size_t count)
{
    size_t sizes[DECODER_AHEAD];

    for (size_t i = 0; i < count; i++)
        sizes[i] = measure_question(&events[i]->dns);
    for (size_t i = 0; i < count; i++)
        take_question(&events[i]->dns, sizes[i]);
}

int message_decode(struct dns_message *message, const uint8_t *wire, size_t size, bool cut)
{
    if (size < HEADER_BYTES)
        return cut ? DROP_CUT_SHORT : DROP_BAD_DNS;
    message_begin(message, wire, size, cut);
    take_question(message, measure_question(message));
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
