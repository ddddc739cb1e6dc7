#include "correlate/dnssec_reply.h"

#include <string.h>

#include "decode/codes.h"
#include "decode/event.h"
#include "decode/hash.h"
#include "decode/load.h"

#define HEADER_BYTES 12
/* What is looked at in a message: real ones have rarely a hundred, made-up ones thousands. */
#define RECORDS_MAX 512

/* The next record of class IN, with its owner; `left` bounds the walk. */
static bool next_record(struct records *records, struct record *record, unsigned *left)
{
    while (*left > 0 && records_next(records, record)) {
        --*left;
        if (!record_owner(records, record))
            return false;
        if (record->class == CLASS_IN || record->type == TYPE_OPT)
            return true;
    }
    return false;
}

static int read_question(struct reply *reply)
{
    struct records question = {.wire = reply->wire, .size = (uint32_t)reply->size};
    struct record record = {.rdata = reply->wire + HEADER_BYTES};
    size_t limit = reply->size - HEADER_BYTES;
    size_t end = 0;

    record.rdata_size = (uint16_t)(limit < UINT16_MAX ? limit : UINT16_MAX);
    if (record_name(&question, &record, 0, &reply->qname) != 0)
        return -1;
    end = reply->qname.size_bytes; /* nothing precedes it that it could point to */
    if (limit - end < 4)
        return -1;
    reply->qtype = load_u16(record.rdata + end);
    return load_u16(record.rdata + end + 2) == CLASS_IN ? 0 : -1;
}

static void note_authority(struct reply *reply, const struct record *record)
{
    switch (record->type) {
    case TYPE_SOA:
        reply->soa = record->owner;
        break;
    case TYPE_NS: /* beside an alias also of the zone that it leads to */
        if (reply->cut.size_bytes == 0 &&
            (reply->answers || name_is_within(reply->qname.bytes, reply->qname.size_bytes,
                                              record->owner.bytes, record->owner.size_bytes)))
            reply->cut = record->owner;
        break;
    case TYPE_DS:
        reply->ds = true;
        break;
    case TYPE_NSEC:
    case TYPE_NSEC3:
        reply->denial = true;
        break;
    default:
        break;
    }
}

/* Sums, so that the order does not matter. Names in RDATA may be compressed in other ways by other
 * servers: then the same data count as different, which only costs work. */
static uint64_t record_fingerprint(const struct record *record)
{
    uint64_t hash = hash_bytes(record->owner.bytes, record->owner.size_bytes);

    hash = hash_mix(hash, (uint64_t)record->section << 16 | record->type);
    return hash_mix(hash, hash_bytes(record->rdata, record->rdata_size));
}

int reply_read(struct reply *reply, const uint8_t *wire, size_t size, int64_t time_ns, int index)
{
    unsigned left = RECORDS_MAX;
    struct records records;
    struct record record;
    uint16_t flags;

    *reply = (struct reply){.wire = wire, .size = size, .time_ns = time_ns, .index = index};
    if (size < HEADER_BYTES || size > UINT16_MAX)
        return -1;
    flags = load_u16(wire + 2);
    if (!(flags & DNS_QR) || (flags & DNS_OPCODE) != 0 || load_u16(wire + 4) != 1)
        return -1;
    if (read_question(reply) != 0)
        return -1;
    reply->rcode = flags & DNS_RCODE;
    reply->truncated = flags & DNS_TC;
    reply->fingerprint = flags & DNS_RCODE;
    reply->answers = load_u16(wire + 6) > 0; /* of whatever class */
    records_begin(&records, wire, size);
    while (next_record(&records, &record, &left)) {
        if (record.type == TYPE_OPT) {
            reply->rcode |= (uint16_t)(record.ttl >> 24 << 4);
            continue;
        }
        if (record.section == SECTION_ADDITIONAL)
            continue;
        if (record.section == SECTION_AUTHORITY)
            note_authority(reply, &record);
        reply->fingerprint += record_fingerprint(&record);
    }
    return records.failed ? -1 : 0;
}

static bool is_signature_of(const struct reply *reply, const struct record *record, uint16_t type)
{
    struct rdata rdata = {record->rdata, record->rdata_size};
    struct name signer;

    return record->type == TYPE_RRSIG && rdata.size > RRSIG_FIXED && load_u16(rdata.at) == type &&
           rdata_name(reply, &rdata, RRSIG_FIXED, &signer, NULL) == 0;
}

static void add_record(struct rrset *rrset, const struct record *record)
{
    if (rrset->count < RRSET_RECORDS_MAX)
        rrset->records[rrset->count++] = (struct rdata){record->rdata, record->rdata_size};
    else
        rrset->overflow = true;
}

bool reply_rrset(const struct reply *reply, enum section section, const struct name *owner,
                 uint16_t type, struct rrset *rrset)
{
    unsigned left = RECORDS_MAX;
    struct records records;
    struct record record;

    rrset->reply = reply;
    rrset->owner = *owner;
    rrset->type = type;
    rrset->count = rrset->signature_count = 0;
    rrset->overflow = false;
    records_begin(&records, reply->wire, reply->size);
    while (next_record(&records, &record, &left)) {
        if (record.section != section || !name_equal(&record.owner, owner))
            continue;
        if (record.type == type)
            add_record(rrset, &record);
        else if (rrset->signature_count < RRSET_SIGNATURES_MAX &&
                 is_signature_of(reply, &record, type))
            rrset->signatures[rrset->signature_count++] =
                (struct rdata){record.rdata, record.rdata_size};
    }
    return rrset->count > 0;
}

size_t reply_owners(const struct reply *reply, enum section section, uint16_t type,
                    struct name *owners, size_t count)
{
    unsigned left = RECORDS_MAX;
    struct records records;
    struct record record;
    size_t found = 0;

    records_begin(&records, reply->wire, reply->size);
    while (found < count && next_record(&records, &record, &left)) {
        bool known = record.section != section || record.type != type;

        for (size_t i = 0; i < found && !known; i++)
            known = name_equal(&owners[i], &record.owner);
        if (!known)
            owners[found++] = record.owner;
    }
    return found;
}

static int signer_read(const struct reply *reply, const struct record *record,
                       struct reply_signer *signer)
{
    struct rdata rdata = {record->rdata, record->rdata_size};

    if (record->type != TYPE_RRSIG || record->section == SECTION_ADDITIONAL ||
        rdata.size <= RRSIG_FIXED)
        return -1;
    signer->algorithm = rdata.at[2];
    signer->key_tag = load_u16(rdata.at + 16);
    return rdata_name(reply, &rdata, RRSIG_FIXED, &signer->zone, NULL);
}

size_t reply_signers(const struct reply *reply, struct reply_signer *signers, size_t count)
{
    unsigned left = RECORDS_MAX;
    struct records records;
    struct record record;
    size_t found = 0;

    records_begin(&records, reply->wire, reply->size);
    while (found < count && next_record(&records, &record, &left)) {
        struct reply_signer *signer = &signers[found];
        bool known = signer_read(reply, &record, signer) != 0;

        for (size_t i = 0; i < found && !known; i++)
            known = signers[i].key_tag == signer->key_tag &&
                    signers[i].algorithm == signer->algorithm &&
                    name_equal(&signers[i].zone, &signer->zone);
        found += !known;
    }
    return found;
}

/* Where the name at `at` ends as it is written, a compression pointer being its end. */
static size_t written_end(const struct rdata *rdata, size_t at)
{
    while (at < rdata->size && rdata->at[at] != 0) {
        if (rdata->at[at] >= 0xc0)
            return at + 2;
        at += 1 + (size_t)rdata->at[at];
    }
    return at + 1;
}

int rdata_name(const struct reply *reply, const struct rdata *rdata, size_t offset,
               struct name *name, size_t *end)
{
    struct records records = {.wire = reply->wire, .size = (uint32_t)reply->size};
    struct record record = {.rdata = rdata->at, .rdata_size = rdata->size};

    if (record_name(&records, &record, offset, name) != 0)
        return -1;
    if (end)
        *end = written_end(rdata, offset);
    return 0;
}
