#include "correlate/answer.h"

#include <string.h>

#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/load.h"
#include "decode/rare.h"
#include "decode/records.h"

/* Aliases in one message that are followed; more are as good as a loop. */
#define ALIASES_MAX 32

static void read_opt(struct answer *answer, const struct record *opt)
{
    answer->rcode = (uint16_t)((opt->ttl >> 24) << 4 | (answer->rcode & 0xf));
}

/* The name that a DNAME makes of `name` (RFC 6672 section 2.2). */
static bool substitute(struct name *name, const struct name *owner, const struct name *target)
{
    size_t prefix = name->size_bytes - owner->size_bytes;

    if (prefix + target->size_bytes > NAME_MAX_BYTES)
        return false;
    memcpy(name->bytes + prefix, target->bytes, target->size_bytes);
    name->size_bytes = (uint8_t)(prefix + target->size_bytes);
    return true;
}

static bool is_below(const struct name *name, const struct name *ancestor)
{
    return name->size_bytes > ancestor->size_bytes &&
           name_is_within(name->bytes, name->size_bytes, ancestor->bytes, ancestor->size_bytes);
}

/* Is it a record of the very name that was asked for? Nearly all are, and need not be read. */
static bool is_as_asked(const struct answer *answer, const struct records *records,
                        const struct record *record)
{
    return !answer->chained && record_owner_in_question(records, record) == 0;
}

/* An alias was followed. */
static void note_alias(struct answer *answer, const struct record *record)
{
    answer->kind = ANSWER_ALIAS;
    answer->chained = true;
    answer->dname |= record->type == TYPE_DNAME;
    if (record->ttl < answer->alias_ttl)
        answer->alias_ttl = record->ttl;
}

/* What one record of the answer section does to the name that is looked for. */
static void follow(struct answer *answer, struct records *records, struct record *record,
                   const struct dns_message *message, unsigned *aliases)
{
    bool wanted = record->type == message->qtype ||
                  (message->qtype == TYPE_ANY && record->type != TYPE_RRSIG);
    struct name target;

    if (!wanted && record->type != TYPE_CNAME && record->type != TYPE_DNAME)
        return;
    if (wanted && is_as_asked(answer, records, record)) {
        answer->kind = ANSWER_DATA;
        return;
    }
    if (!record_owner(records, record))
        return;
    if (!answer->chained)
        name_copy(&answer->target, &message->qname);
    if (record->type == TYPE_DNAME && is_below(&answer->target, &record->owner)) {
        /* A synthesised CNAME follows in most answers and then says the same. */
        if (message->qtype != TYPE_DNAME && record_name(records, record, 0, &target) == 0 &&
            (*aliases)++ < ALIASES_MAX && substitute(&answer->target, &record->owner, &target))
            note_alias(answer, record);
        return;
    }
    if (!name_equal(&record->owner, &answer->target))
        return;
    if (wanted) {
        answer->kind = ANSWER_DATA;
    } else if (record->type == TYPE_CNAME && record_name(records, record, 0, &target) == 0 &&
               (*aliases)++ < ALIASES_MAX) {
        name_copy(&answer->target, &target);
        note_alias(answer, record);
    }
}

/* The zone is the last `zone_bytes` of the name asked. */
static void set_authority(struct answer *answer, const struct name *qname, size_t zone_bytes)
{
    const uint8_t *zone = qname->bytes + qname->size_bytes - zone_bytes;

    answer->authority_labels = (uint8_t)name_labels(zone);
    answer->authority_hash = hash_bytes(zone, zone_bytes);
}

/* Whose SOA or NS record it is says where the message is from, or leads to. */
static void read_zone(struct answer *answer, struct records *records, struct record *record,
                      const struct dns_message *message)
{
    const struct name *qname = &message->qname;
    size_t place = record_owner_in_question(records, record);

    if (place == ELSEWHERE && !record_owner(records, record))
        return;
    if (answer->kind == ANSWER_NONE)
        answer->kind = record->type == TYPE_SOA ? ANSWER_SOA : ANSWER_REFERRAL;
    else if (answer->kind == ANSWER_REFERRAL && record->type == TYPE_SOA)
        answer->kind = ANSWER_SOA;
    /* Of several delegations the first one counts, wherever it is read. */
    if (answer->chained || (record->type == TYPE_NS && answer->authority_labels != LABELS_UNKNOWN))
        return;
    if (place != ELSEWHERE)
        set_authority(answer, qname, qname->size_bytes - place);
    else if (name_is_within(qname->bytes, qname->size_bytes, record->owner.bytes,
                            record->owner.size_bytes))
        set_authority(answer, qname, record->owner.size_bytes);
}

static void note_signature(struct answer *answer, const struct record *record)
{
    answer->signatures = true;
    if (answer->signature_count == ANSWER_SIGNATURES_MAX)
        return;
    answer->signature_records[answer->signature_count].rdata = record->rdata;
    answer->signature_records[answer->signature_count++].rdata_size = record->rdata_size;
}

static void read_answer(struct answer *answer, struct records *records,
                        const struct dns_message *message, unsigned *aliases)
{
    struct record record;

    /* Nearly all of them are what was asked for, and nothing else of them is looked at. */
    if (!answer->chained && message->qtype != TYPE_RRSIG &&
        records_pass(records, SECTION_ANSWER, OWNER_AS_ASKED, message->qtype) > 0)
        answer->kind = ANSWER_DATA;
    while (records_next_in(records, SECTION_ANSWER, &record)) {
        if (record.type == TYPE_RRSIG)
            note_signature(answer, &record);
        follow(answer, records, &record, message, aliases);
    }
}

static void read_authority(struct answer *answer, struct records *records,
                           const struct dns_message *message)
{
    struct record record;

    while (records_next_in(records, SECTION_AUTHORITY, &record)) {
        if (record.class != message->qclass)
            continue;
        if (record.type == TYPE_NS || record.type == TYPE_SOA) {
            read_zone(answer, records, &record, message);
            /* The zone's other nameservers say the same of it. */
            records_pass(records, SECTION_AUTHORITY, record_owner_pointer(records, &record),
                         record.type);
        } else if (record.type == TYPE_RRSIG) {
            note_signature(answer, &record);
        } else if (record.type == TYPE_DS) {
            answer->ds = true;
        } else if (record.type == TYPE_NSEC || record.type == TYPE_NSEC3) {
            answer->denial = true;
        }
    }
}

static void read_additional(struct answer *answer, struct records *records)
{
    struct record record;

    while (records_next_in(records, SECTION_ADDITIONAL, &record)) {
        if (record.type == TYPE_OPT)
            read_opt(answer, &record);
        else if (record.type == TYPE_RRSIG)
            note_signature(answer, &record);
    }
}

/* One walk over the message, following aliases in the order in which they come. */
static void walk(struct answer *answer, const struct dns_message *message, unsigned *aliases)
{
    struct records records;
    size_t authority_at, additional_at;

    answer->signature_count = 0;
    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    read_answer(answer, &records, message, aliases);
    authority_at = records.at;
    read_authority(answer, &records, message);
    additional_at = records.at;
    read_additional(answer, &records);
    if (!records.failed) {
        answer->authority_at = authority_at;
        answer->additional_at = additional_at;
    } else if (!message->cut && !(message->flags & DNS_TC) &&
               (answer->kind == ANSWER_NONE || answer->kind == ANSWER_ALIAS)) {
        answer->kind = ANSWER_MALFORMED;
    }
}

/* What the header alone says; `target` is left as it was. */
static void set_plain(struct answer *answer, const struct dns_message *message)
{
    answer->kind = ANSWER_NONE;
    answer->rcode = message->flags & DNS_RCODE;
    answer->signatures = answer->ds = answer->denial = false;
    answer->chained = answer->dname = false;
    answer->alias_ttl = UINT32_MAX;
    answer->signature_count = 0;
    answer->authority_at = answer->additional_at = PLACE_UNKNOWN;
    answer->authority_labels = LABELS_UNKNOWN;
    answer->authority_hash = message->qname_hash;
}

void answer_read(struct answer *answer, const struct dns_message *message)
{
    unsigned aliases = 0;

    set_plain(answer, message);
    if (message->qname.size_bytes == 0) {
        answer->kind = message->counts[0] ? ANSWER_MALFORMED : ANSWER_NONE;
        return;
    }
    walk(answer, message, &aliases);
    if (answer->kind == ANSWER_ALIAS) { /* a second walk, in case the chain was out of order */
        answer->rcode = message->flags & DNS_RCODE;
        walk(answer, message, &aliases);
    }
    if (message->cut && answer->kind != ANSWER_DATA) {
        answer->kind = ANSWER_CUT;
        answer->chained = false;
        return;
    }
    if (message->counts[1] > 0 && !(message->flags & DNS_TC) &&
        (answer->kind == ANSWER_NONE || answer->kind == ANSWER_SOA ||
         answer->kind == ANSWER_REFERRAL))
        answer->kind = ANSWER_FOREIGN;
}

#define OPT_BYTES   11 /* before its options */
#define EDNS_COOKIE 10

/* Nearly all queries: the OPT record follows the question at once. NULL: not so. */
static inline const uint8_t *find_plain_opt(const struct dns_message *message)
{
    size_t at = 12 + (size_t)message->qname.size_bytes + 4;
    const uint8_t *opt = message->wire + at;

    if (message->counts[1] || message->counts[2] || at + OPT_BYTES > message->size_bytes ||
        opt[0] != 0 || opt[1] != 0 || opt[2] != TYPE_OPT)
        return NULL;
    return opt;
}

static RARE struct answer_edns find_opt(const struct dns_message *message)
{
    struct answer_edns edns = {0};
    struct records records;
    struct record record;

    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next(&records, &record))
        if (record.type == TYPE_OPT && record.section == SECTION_ADDITIONAL)
            edns = (struct answer_edns){.present = true, .dnssec_ok = record.ttl & 0x8000};
    return edns;
}

struct answer_edns answer_query_edns(const struct dns_message *message)
{
    const uint8_t *opt;

    if (message->counts[3] == 0 || message->qname.size_bytes == 0)
        return (struct answer_edns){0};
    opt = find_plain_opt(message);
    if (!opt)
        return find_opt(message);
    return (struct answer_edns){.present = true, .dnssec_ok = opt[7] & 0x80};
}

bool answer_query_cookie(const struct dns_message *message)
{
    const uint8_t *opt = NULL, *end;

    if (message->counts[3] > 0 && message->qname.size_bytes > 0)
        opt = find_plain_opt(message);
    if (!opt)
        return false;
    end = message->wire + message->size_bytes;
    for (const uint8_t *option = opt + OPT_BYTES; end - option >= 4;) {
        ptrdiff_t size = 4 + load_u16(option + 2);

        if (load_u16(option) == EDNS_COOKIE)
            return true;
        if (end - option < size)
            return false;
        option += size;
    }
    return false;
}
