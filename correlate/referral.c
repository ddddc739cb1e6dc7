#include "correlate/referral.h"

#include <string.h>

#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/load.h"

/* The upper bits of a compression pointer, and the others (RFC 1035 section 4.1.4). */
#define POINTER        0xc000
#define POINTER_TARGET 0x3fff
#define HEADER_BYTES   12

/* Equal hashes mean equal names. */
static int find_name(const struct referral *referral, uint64_t hash)
{
    for (unsigned i = 0; i < referral->name_count; i++)
        if (referral->name_hashes[i] == hash)
            return (int)i;
    return -1;
}

static void add_name(struct referral *referral, const struct name *name, uint16_t pointer)
{
    uint64_t hash = hash_bytes(name->bytes, name->size_bytes);

    if (referral->name_count == REFERRAL_NAMES_MAX ||
        referral->pool_bytes + name->size_bytes > REFERRAL_NAME_POOL ||
        find_name(referral, hash) >= 0)
        return;
    referral->name_hashes[referral->name_count] = hash;
    referral->name_pointers[referral->name_count] = pointer;
    referral->name_offsets[referral->name_count++] = referral->pool_bytes;
    memcpy(referral->pool + referral->pool_bytes, name->bytes, name->size_bytes);
    referral->pool_bytes = (uint16_t)(referral->pool_bytes + name->size_bytes);
}

/* Whose address it is: mostly a pointer says so. */
static int find_owner(const struct referral *referral, struct records *records,
                      struct record *record)
{
    uint16_t pointer = load_u16(records->wire + record->owner_at);

    for (unsigned i = 0; pointer >= POINTER && i < referral->name_count; i++)
        if (referral->name_pointers[i] == pointer)
            return (int)i;
    if (!record_owner(records, record))
        return -1;
    return find_name(referral, hash_bytes(record->owner.bytes, record->owner.size_bytes));
}

static void add_glue(struct referral *referral, struct records *records, struct record *record)
{
    struct address address;
    int index;

    if (referral->glue_count == REFERRAL_GLUE_MAX || !record_address(record, &address))
        return;
    index = find_owner(referral, records, record);
    if (index >= 0)
        referral->glue[referral->glue_count++] = (struct glue){
            .address = address, .name_index = (uint8_t)index, .is_aaaa = record->type == TYPE_AAAA};
}

static uint16_t pointer_to(const struct records *records, const uint8_t *at)
{
    size_t offset = (size_t)(at - records->wire);

    return offset <= POINTER_TARGET ? (uint16_t)(POINTER | offset) : 0;
}

void referral_read(struct referral *referral, const struct dns_message *message,
                   enum section section)
{
    struct records records;
    struct record record;
    struct name target;

    referral->name_count = referral->glue_count = 0;
    referral->pool_bytes = referral->zone.size_bytes = 0;
    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next(&records, &record)) {
        if (record.type == TYPE_NS && record.section == section) {
            if (!record_owner(&records, &record) || record_name(&records, &record, 0, &target) < 0)
                continue;
            if (referral->zone.size_bytes == 0)
                name_copy(&referral->zone, &record.owner);
            if (name_equal(&record.owner, &referral->zone))
                add_name(referral, &target, pointer_to(&records, record.rdata));
        } else if (referral->name_count > 0 && record.section == SECTION_ADDITIONAL) {
            add_glue(referral, &records, &record);
        }
    }
}

/* The digest is of a copy of the records that count, the NS records and the addresses: of each the
 * place of its data, its type, its owner and its data, names with their labels as they are written.
 *
 * What a compression pointer leads to depends on the message. Places are therefore counted from
 * where the zone's name begins in the question, which is the only thing in the copy that questions
 * of different length shift; and a pointer has to lead to the beginning of a label, of the zone's
 * name or of a name that is in the copy already. Then it says the same in all messages with this
 * copy: label by label, either the octets are in the copy, at a place that is known from it, or
 * they are the zone's. What is asked for below the zone can not be in it: a pointer to there, into
 * the header, into data that is no name or into the middle of a label makes that there is no digest
 * and the message is read, as it is when a name is written in other letters.
 *
 * TTLs, signatures, EDNS and whatever else changes from one answer to the next is left out. */

/* As far from the zone's name names may be that are pointed to. */
#define REACH_BYTES    512
#define COPY_BYTES_MAX 1024
#define LABEL_MAX      63
#define LABEL_POINTER  0xc0

struct copy {
    const uint8_t *wire;
    size_t zone_at;
    uint64_t label_begins[REACH_BYTES / 64]; /* a bit for each place */
    uint8_t bytes[COPY_BYTES_MAX];
};

/* What puts something into the copy returns where it ends there; NULL: it can not be put. */

static uint8_t *put(uint8_t *to, const uint8_t *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static uint8_t *put_number(uint8_t *to, size_t number)
{
    const uint8_t octets[] = {(uint8_t)(number >> 8), (uint8_t)number};

    return put(to, octets, sizeof(octets));
}

static void note_label(struct copy *copy, size_t at)
{
    size_t place = at - copy->zone_at;

    if (place < REACH_BYTES)
        copy->label_begins[place / 64] |= UINT64_C(1) << place % 64;
}

/* `target`: what the pointer leads to. */
static uint8_t *put_pointer(const struct copy *copy, uint8_t *to, size_t target)
{
    size_t place = target - copy->zone_at; /* huge for what stands before it */

    if (place >= REACH_BYTES || !(copy->label_begins[place / 64] >> place % 64 & 1))
        return NULL;
    return put_number(to, POINTER | place);
}

/* The name that begins at `at` and ends before `end`. */
static uint8_t *put_name(struct copy *copy, uint8_t *to, size_t at, size_t end)
{
    const uint8_t *wire = copy->wire;
    size_t begin = at;

    for (; at < end && wire[at] != 0; at += 1 + (size_t)wire[at]) {
        if (wire[at] >= LABEL_POINTER) {
            to = put(to, wire + begin, at - begin);
            return end - at < 2 ? NULL
                                : put_pointer(copy, to, load_u16(wire + at) & POINTER_TARGET);
        }
        if (wire[at] > LABEL_MAX)
            return NULL;
        note_label(copy, at);
    }
    return at < end ? put(to, wire + begin, at + 1 - begin) : NULL;
}

static uint8_t *put_record(struct copy *copy, uint8_t *to, const struct record *record)
{
    size_t data_at = (size_t)(record->rdata - copy->wire);
    size_t room = sizeof(copy->bytes) - (size_t)(to - copy->bytes);
    uint16_t owner = load_u16(copy->wire + record->owner_at);

    if (data_at + record->rdata_size - record->owner_at > room)
        return NULL;
    to = put_number(to, data_at - copy->zone_at);
    to = put_number(to, record->type);
    to = owner >= POINTER ? put_pointer(copy, to, owner & POINTER_TARGET)
                          : put_name(copy, to, record->owner_at, data_at);
    if (!to)
        return NULL;
    if (record->type == TYPE_NS)
        return put_name(copy, to, data_at, data_at + record->rdata_size);
    return record->type == TYPE_A ? put(to, record->rdata, 4) : put(to, record->rdata, 16);
}

static bool is_glue(const struct record *record)
{
    return (record->type == TYPE_A && record->rdata_size == 4) ||
           (record->type == TYPE_AAAA && record->rdata_size == 16);
}

/* Where the copy of all records that count ends. */
static uint8_t *put_referral(struct copy *copy, const struct dns_message *message,
                             size_t authority_at)
{
    struct records records;
    struct record record;
    uint8_t *to = copy->bytes;

    records_begin_section(&records, message->wire, message->size_bytes, SECTION_AUTHORITY,
                          authority_at);
    while (to && records_next_in(&records, SECTION_AUTHORITY, &record)) {
        if (record.type != TYPE_NS)
            continue;
        /* The first owner is the zone whose place is taken for it. */
        if (to == copy->bytes &&
            load_u16(copy->wire + record.owner_at) != (POINTER | copy->zone_at))
            return NULL;
        to = put_record(copy, to, &record);
    }
    while (to && records_next_in(&records, SECTION_ADDITIONAL, &record))
        if (is_glue(&record))
            to = put_record(copy, to, &record);
    return to;
}

uint64_t referral_digest(const struct dns_message *message, const struct answer *answer)
{
    const uint8_t *zone, *end;
    struct copy copy;

    if (answer->authority_at == PLACE_UNKNOWN || answer->authority_labels == LABELS_UNKNOWN)
        return 0;
    zone = name_ancestor(message->qname.bytes, answer->authority_labels);
    copy.wire = message->wire;
    copy.zone_at = HEADER_BYTES + (size_t)(zone - message->qname.bytes);
    memset(copy.label_begins, 0, sizeof(copy.label_begins));
    for (size_t at = copy.zone_at; *zone != 0; at += 1 + (size_t)*zone, zone += 1 + *zone)
        note_label(&copy, at);
    end = put_referral(&copy, message, answer->authority_at);
    return end ? hash_bytes(copy.bytes, (size_t)(end - copy.bytes)) : 0;
}
