#include "correlate/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/dnssec_reply.h"
#include "correlate/exchange.h"
#include "correlate/family.h"
#include "correlate/spared.h"
#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/load.h"

/* Larger answers than this are nobody's keys. */
#define MESSAGE_MAX_BYTES 16384
#define HEADER_BYTES      12
#define ID_BYTES          2
/* For dividing memory: a DNSKEY answer with two RSA keys and their signature. */
#define MESSAGE_TYPICAL_BYTES 1024

struct held {
    uint32_t size;
    failed_mark failed; /* validation below it may have */
    int64_t time_ns;
    uint64_t fingerprint;
    uint8_t *wire; /* owned */
};

struct keyring {
    struct table *table;
    uint64_t bytes, bytes_max; /* of the messages */
};

static void release(void *context, void *slot)
{
    struct keyring *keyring = context;
    struct held *held = slot;

    keyring->bytes -= held->size;
    free(held->wire);
}

struct keyring *keyring_new(uint64_t memory_bytes)
{
    size_t cost = table_slot_cost(sizeof(struct held)) + MESSAGE_TYPICAL_BYTES;
    struct keyring *keyring = calloc(1, sizeof(*keyring));
    uint32_t capacity = (uint32_t)(memory_bytes / cost + 16);

    if (!keyring)
        return NULL;
    keyring->bytes_max = (uint64_t)capacity * MESSAGE_TYPICAL_BYTES;
    if (keyring->bytes_max < 4 * MESSAGE_MAX_BYTES)
        keyring->bytes_max = 4 * MESSAGE_MAX_BYTES;
    keyring->table = table_new(sizeof(struct held), capacity, release, keyring);
    if (!keyring->table) {
        free(keyring);
        return NULL;
    }
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    if (!keyring)
        return;
    table_free(keyring->table);
    free(keyring);
}

void keyring_count(const struct keyring *keyring, struct table_fill *fill)
{
    table_count(keyring->table, fill);
}

static uint64_t key_of(uint64_t zone_hash, uint16_t type)
{
    return hash_mix(zone_hash, type);
}

/* A referral with DS or a proof has them and their signatures next to the NS records, which are two
 * at least. */
#define SIGNED_REFERRAL_RECORDS 4

void keyring_foresee(const struct keyring *keyring, const struct dns_message *message)
{
    bool referral = message->counts[1] == 0 && message->counts[2] >= SIGNED_REFERRAL_RECORDS;
    uint16_t type = referral ? TYPE_DS : message->qtype;

    if ((message->flags & DNS_QR) && (type == TYPE_DS || type == TYPE_DNSKEY))
        table_prefetch_bucket(keyring->table, key_of(message->qname_hash, type));
}

/* What most answers are not: a response without truncation that is to DS or DNSKEY, or has an empty
 * answer section and an authority section. */
static bool may_matter(const uint8_t *wire, size_t size)
{
    size_t question_end;
    uint16_t qtype;

    if (size < HEADER_BYTES + 5 || size > MESSAGE_MAX_BYTES || !(wire[2] & 0x80) || wire[2] & 0x02)
        return false;
    if (load_u16(wire + 6) == 0 && load_u16(wire + 8) > 1)
        return true;
    question_end = HEADER_BYTES + name_measure(wire + HEADER_BYTES, size - HEADER_BYTES);
    if (question_end == HEADER_BYTES || size - question_end < 4)
        return false;
    qtype = load_u16(wire + question_end);
    return qtype == TYPE_DS || qtype == TYPE_DNSKEY;
}

/* The type that the reply tells of, 0: neither; and of which zone. */
static uint16_t subject_of(const struct reply *reply, const struct name **zone)
{
    bool referral = reply_is_referral(reply);

    *zone = &reply->qname;
    if (reply->qtype == TYPE_DNSKEY && reply->rcode == RCODE_NOERROR && !referral)
        return TYPE_DNSKEY;
    if (reply->qtype == TYPE_DS && !referral &&
        (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN))
        return TYPE_DS;
    *zone = &reply->cut;
    return referral && (reply->ds || reply->denial) ? TYPE_DS : 0;
}

static struct held *find(const struct keyring *keyring, uint64_t key, unsigned version)
{
    struct held *held = table_find(keyring->table, key);

    while (held && version-- > 0)
        held = table_find_next(keyring->table, held);
    return held;
}

/* The same answer again is the newest again. */
static struct held *place_for(struct keyring *keyring, const struct name *zone, uint16_t type,
                              uint64_t fingerprint)
{
    uint64_t key = key_of(hash_bytes(zone->bytes, zone->size_bytes), type);
    struct held *newest = find(keyring, key, 0);
    struct held *older = find(keyring, key, KEYRING_VERSIONS - 1);

    if (newest && newest->fingerprint == fingerprint) {
        table_touch(keyring->table, newest);
        return newest;
    }
    if (older)
        table_remove(keyring->table, older);
    return table_add(keyring->table, key, name_family_hash(zone->bytes, zone->size_bytes));
}

/* The octets' place, of the size that is needed; what stood there is not kept. */
static uint8_t *resize(uint8_t *wire, size_t held, size_t size)
{
    if (wire && held == size)
        return wire;
    free(wire);
    return malloc(size);
}

static void spare_failed(struct keyring *keyring, int64_t time_ns)
{
    for (unsigned i = 0; i < SPARED_AT_ONCE; i++) {
        struct held *held = table_victim(keyring->table);

        if (!is_spared(held->failed, time_ns))
            return;
        table_touch(keyring->table, held);
    }
}

static void make_room(struct keyring *keyring, size_t size, int64_t time_ns)
{
    while (keyring->bytes + size > keyring->bytes_max && table_used(keyring->table) > 0) {
        spare_failed(keyring, time_ns);
        table_evict(keyring->table);
    }
    if (table_is_full(keyring->table))
        spare_failed(keyring, time_ns); /* for the next that is added */
}

static void hold(struct keyring *keyring, const struct reply *reply, uint16_t type,
                 const struct name *zone)
{
    struct held *held;
    uint8_t *wire;

    make_room(keyring, reply->size, reply->time_ns);
    held = place_for(keyring, zone, type, reply->fingerprint);
    keyring->bytes -= held->size;
    wire = resize(held->wire, held->size, reply->size);
    held->wire = wire;
    held->size = 0;
    if (!wire) {
        table_remove(keyring->table, held);
        return;
    }
    memcpy(wire, reply->wire, reply->size);
    keyring->bytes += reply->size;
    *held = (struct held){.size = (uint32_t)reply->size,
                          .time_ns = reply->time_ns,
                          .failed = held->failed,
                          .fingerprint = reply->fingerprint,
                          .wire = wire};
}

void keyring_see(struct keyring *keyring, uint64_t zone_hash, const uint8_t *wire, size_t size,
                 int64_t time_ns)
{
    const struct name *zone;
    struct reply reply;
    uint16_t type;

    if (!may_matter(wire, size) || reply_read(&reply, wire, size, time_ns, -1) != 0 ||
        reply.truncated)
        return;
    type = subject_of(&reply, &zone);
    if (type != 0 && (zone_hash == 0 || zone_hash == hash_bytes(zone->bytes, zone->size_bytes)))
        hold(keyring, &reply, type, zone);
}

/* Octets that are the same hold the same records, with the same TTLs, and are as many: the header
 * has their counts. What is additional says nothing of keys. */
bool keyring_see_again(struct keyring *keyring, uint64_t zone_hash, uint16_t type,
                       const uint8_t *wire, size_t additional_at, int64_t time_ns)
{
    struct held *held = table_find(keyring->table, key_of(zone_hash, type));

    if (!held || additional_at < HEADER_BYTES || held->size < additional_at ||
        memcmp(held->wire + ID_BYTES, wire + ID_BYTES, additional_at - ID_BYTES) != 0)
        return false;
    table_touch(keyring->table, held);
    held->time_ns = time_ns;
    return true;
}

static void keep(struct keyring *keyring, uint64_t key, int64_t time_ns)
{
    /* The newest last, which makes it the youngest. */
    for (unsigned version = KEYRING_VERSIONS; version-- > 0;) {
        struct held *held = find(keyring, key, version);

        if (!held)
            continue;
        held->failed = failed_at(time_ns);
        table_touch(keyring->table, held);
    }
}

void keyring_keep(struct keyring *keyring, uint64_t zone_hash, int64_t time_ns)
{
    keep(keyring, key_of(zone_hash, TYPE_DS), time_ns);
    keep(keyring, key_of(zone_hash, TYPE_DNSKEY), time_ns);
}

int keyring_find(const struct keyring *keyring, const struct name *zone, uint16_t type,
                 unsigned version, struct keyring_entry *entry)
{
    uint64_t key = key_of(hash_bytes(zone->bytes, zone->size_bytes), type);
    const struct held *held = find(keyring, key, version);

    if (!held)
        return -1;
    *entry = (struct keyring_entry){held->wire, held->size, held->time_ns};
    return 0;
}
