#include "decode/records.h"

#include <string.h>

#include "decode/codes.h"
#include "decode/load.h"

#define HEADER_BYTES         12
#define QUESTION_FIXED_BYTES 4  /* its type and class */
#define RECORD_FIXED_BYTES   10 /* from its type to the size of its data */
#define POINTER_BYTES        2
#define EDNS_EDE             15
#define LABEL_TYPES_FROM     0x40 /* octets from here on are no label's length */
#define POINTER_FROM         0xc0
/* As many as a name can have labels; more only make work. */
#define POINTERS_MAX 127

/* Folds some labels, by words where both sides have so much room. */
static inline void copy_labels(uint8_t *lower, size_t lower_room, const uint8_t *wire,
                               size_t wire_room, size_t size)
{
    if (size + 7 > lower_room || size + 7 > wire_room) {
        name_lower(lower, wire, size);
        return;
    }
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word;

        memcpy(&word, wire + at, sizeof(word));
        word = name_fold_word(word);
        memcpy(lower + at, &word, sizeof(word));
    }
}

/* Copies the name at `at`, uncompressed and lower, into `name` (NULL: only skips it). Returns where
 * it ends in the message, 0 where it is malformed. Every pointer leads to before the octets that
 * were read last, so there is no loop. */
static size_t read_name(const uint8_t *wire, size_t size, size_t at, struct name *name)
{
    size_t run = at; /* where the octets that are being read began */
    size_t end = 0;  /* behind the name; known at the first pointer or at the root */
    size_t copied = 0;
    unsigned pointers = 0;

    for (;;) {
        uint8_t label;
        size_t target;

        if (at >= size)
            return 0;
        label = wire[at];
        if (label > 0 && label < LABEL_TYPES_FROM) {
            at += 1 + (size_t)label;
            if (at - run > NAME_MAX_BYTES)
                return 0;
            continue;
        }
        /* The labels end here: in a pointer or at the root, which is copied with them. */
        if (label != 0 && (label < POINTER_FROM || size - at < 2 || ++pointers > POINTERS_MAX))
            return 0;
        if (copied + (at - run) + (label == 0) > NAME_MAX_BYTES)
            return 0;
        if (name)
            copy_labels(name->bytes + copied, NAME_MAX_BYTES - copied, wire + run, size - run,
                        at - run + (label == 0));
        copied += at - run + (label == 0);
        if (end == 0)
            end = label == 0 ? at + 1 : at + 2;
        if (label == 0 || !name)
            break;
        target = load_u16(wire + at) & 0x3fffu;
        if (target >= run || target < HEADER_BYTES)
            return 0;
        at = run = target;
    }
    if (name)
        name->size_bytes = (uint8_t)copied;
    return end;
}

/* Where the name at `at` ends, as read_name() has it. */
static inline size_t skip_name(const uint8_t *wire, size_t size, size_t at)
{
    if (size - at >= 2 && wire[at] >= POINTER_FROM)
        return at + 2;
    if (size - at >= 1 && wire[at] == 0)
        return at + 1;
    return read_name(wire, size, at, NULL);
}

static void fail(struct records *records)
{
    memset(records->left, 0, sizeof(records->left));
    records->failed = true;
}

/* What is larger than any message can be is as good as cut off. */
static inline void begin(struct records *records, const uint8_t *wire, size_t size, size_t at,
                         enum section section, const struct name *question)
{
    *records = (struct records){.wire = wire,
                                .size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX,
                                .at = (uint32_t)at,
                                .section = (uint8_t)section,
                                .question = question};
    for (unsigned i = 0; i < 3; i++)
        records->left[i] = load_u16(wire + 6 + 2 * i);
}

void records_begin(struct records *records, const uint8_t *wire, size_t size)
{
    size_t at = HEADER_BYTES;

    if (size < HEADER_BYTES) {
        *records = (struct records){.wire = wire, .failed = true};
        return;
    }
    begin(records, wire, size, at, SECTION_ANSWER, NULL);
    for (uint16_t left = load_u16(wire + 4); left > 0; left--) {
        at = skip_name(wire, size, at);
        if (at == 0 || size - at < QUESTION_FIXED_BYTES) {
            fail(records);
            return;
        }
        at += QUESTION_FIXED_BYTES;
    }
    records->at = (uint32_t)at;
}

void records_begin_behind(struct records *records, const uint8_t *wire, size_t size,
                          const struct name *question)
{
    size_t end = HEADER_BYTES + (size_t)question->size_bytes + QUESTION_FIXED_BYTES;

    if (question->size_bytes == 0 || end > size || load_u16(wire + 4) != 1)
        records_begin(records, wire, size);
    else
        begin(records, wire, size, end, SECTION_ANSWER, question);
}

void records_begin_section(struct records *records, const uint8_t *wire, size_t size,
                           enum section section, size_t at)
{
    begin(records, wire, size, at, section, NULL);
}

static inline bool take(struct records *records, enum section section, struct record *record)
{
    size_t at = skip_name(records->wire, records->size, records->at);
    const uint8_t *fixed = records->wire + at;
    size_t rdata_size;

    if (at == 0 || records->size - at < RECORD_FIXED_BYTES ||
        records->size - at - RECORD_FIXED_BYTES < (rdata_size = load_u16(fixed + 8))) {
        fail(records);
        return false;
    }
    record->owner_at = records->at;
    record->section = section;
    record->type = load_u16(fixed);
    record->class = load_u16(fixed + 2);
    record->ttl = load_u32(fixed + 4);
    record->rdata_size = (uint16_t)rdata_size;
    record->rdata = fixed + RECORD_FIXED_BYTES;
    records->at = (uint32_t)(at + RECORD_FIXED_BYTES + rdata_size);
    records->left[section]--;
    return true;
}

bool records_next(struct records *records, struct record *record)
{
    while (records->left[records->section] == 0) {
        if (records->section == SECTION_ADDITIONAL)
            return false;
        records->section++;
    }
    return take(records, (enum section)records->section, record);
}

bool records_next_in(struct records *records, enum section section, struct record *record)
{
    return records->left[section] > 0 && take(records, section, record);
}

unsigned records_pass(struct records *records, enum section section, uint16_t owner, uint16_t type)
{
    const size_t fixed = POINTER_BYTES + RECORD_FIXED_BYTES;
    uint32_t begins = (uint32_t)owner << 16 | type;
    unsigned left = records->left[section], passed = 0;
    size_t at = records->at;

    if (owner < POINTER_FROM << 8) /* what is read below would not be the type */
        return 0;
    for (; passed < left && records->size - at >= fixed; passed++) {
        const uint8_t *record = records->wire + at;
        size_t rdata_size = load_u16(record + fixed - 2);

        if (load_u32(record) != begins || records->size - at - fixed < rdata_size)
            break;
        at += fixed + rdata_size;
    }
    records->at = (uint32_t)at;
    records->left[section] = (uint16_t)(left - passed);
    return passed;
}

uint16_t record_owner_pointer(const struct records *records, const struct record *record)
{
    uint16_t owner = load_u16(records->wire + record->owner_at);

    return owner >= POINTER_FROM << 8 ? owner : 0;
}

bool record_owner(struct records *records, struct record *record)
{
    uint16_t pointer = record_owner_pointer(records, record);

    if (pointer != 0 && pointer == records->owner_pointer && record == records->owner_of)
        return !records->failed;
    records->owner_pointer = pointer;
    records->owner_of = record;
    if (pointer == OWNER_AS_ASKED && records->question) {
        name_copy(&record->owner, records->question);
        return true;
    }
    if (read_name(records->wire, records->size, record->owner_at, &record->owner) == 0)
        fail(records);
    return !records->failed;
}

size_t record_owner_in_question(const struct records *records, const struct record *record)
{
    const uint8_t *owner = records->wire + record->owner_at;
    size_t place = (load_u16(owner) & 0x3fffu) - (size_t)HEADER_BYTES, at = 0;

    if (*owner < POINTER_FROM || !records->question || place >= records->question->size_bytes)
        return ELSEWHERE;
    while (at < place) /* it may lead into the middle of a label */
        at += 1 + (size_t)records->question->bytes[at];
    return at == place ? place : ELSEWHERE;
}

int record_name(const struct records *records, const struct record *record, size_t offset,
                struct name *name)
{
    size_t begin = (size_t)(record->rdata - records->wire);
    size_t end = begin + record->rdata_size;
    size_t name_end;

    if (offset >= record->rdata_size)
        return -1;
    /* Up to the RDATA's end: what is read before the first pointer may not run past it. */
    name_end = read_name(records->wire, end, begin + offset, name);
    if (name_end == 0) {
        name->size_bytes = 0;
        return -1;
    }
    return 0;
}

size_t record_ede(const struct record *opt, struct ede_option *options, size_t count)
{
    size_t found = 0;
    size_t at = 0;

    if (opt->type != TYPE_OPT)
        return 0;
    while (found < count && (size_t)opt->rdata_size - at >= 4) {
        const uint8_t *option = opt->rdata + at;
        uint16_t size = load_u16(option + 2);

        if ((size_t)opt->rdata_size - at - 4 < size)
            break;
        if (load_u16(option) == EDNS_EDE && size >= 2) {
            options[found++] = (struct ede_option){
                .code = load_u16(option + 4),
                .text = option + 6,
                .text_size = (size_t)size - 2,
            };
        }
        at += 4 + (size_t)size;
    }
    return found;
}

bool record_address(const struct record *record, struct address *address)
{
    if (record->type == TYPE_A && record->rdata_size == 4)
        *address = address_from_ipv4(record->rdata);
    else if (record->type == TYPE_AAAA && record->rdata_size == 16)
        *address = address_from_ipv6(record->rdata);
    else
        return false;
    return true;
}
