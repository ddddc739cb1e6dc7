#include "correlate/root_trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/dnssec_crypto.h"
#include "correlate/dnssec_signature.h"
#include "decode/codes.h"
#include "decode/load.h"
#include "decode/records.h"

/* Answered queries for the root's keys, in one try: who is content with them asks once. */
#define KEY_QUERIES_IN_VAIN 3
/* Who is not asks again that soon; later it is for another question. */
#define AGAIN_NS (2 * SECOND_NS)

/* A DNSKEY's second octet: it is a key signing key (RFC 4034 section 2.1.1). */
#define DNSKEY_SEP 0x01

static const struct name root = {1, {0}};

static bool key_has_tag(const struct keyring_entry *keys, uint16_t tag)
{
    struct records records;
    struct record record;

    records_begin(&records, keys->wire, keys->size);
    while (records_next(&records, &record))
        if (record.type == TYPE_DNSKEY && record.section == SECTION_ANSWER &&
            key_tag_of(record.rdata, record.rdata_size) == tag)
            return true;
    return false;
}

#define ANSWERS_AT 6

/* -1: none were seen. Who says that there are none is no root. */
static int find_root_keys(const struct keyring *keyring, struct keyring_entry *keys)
{
    if (keyring_find(keyring, &root, TYPE_DNSKEY, 0, keys) < 0)
        return -1;
    return load_u16(keys->wire + ANSWERS_AT) > 0 ? 0 : -1;
}

static uint16_t anchor_tag(const struct anchor *anchor)
{
    return anchor->type == TYPE_DS ? load_u16(anchor->rdata)
                                   : key_tag_of(anchor->rdata, anchor->rdata_size);
}

const struct anchors *root_trust_anchors(const struct knowledge *knowledge)
{
    struct keyring_entry keys;
    const struct anchor *anchor;

    if (knowledge->anchors_given || find_root_keys(knowledge->keyring, &keys) < 0)
        return knowledge->anchors;
    for (size_t i = 0; (anchor = anchors_find(knowledge->anchors, &root, i)) != NULL; i++)
        if (anchor->rdata_size >= 4 && key_has_tag(&keys, anchor_tag(anchor)))
            return knowledge->anchors;
    return NULL;
}

void root_trust_see_query(struct knowledge *knowledge, const struct event *event)
{
    const struct name *qname = &event->dns.qname;
    struct asker *asker;

    if (qname->size_bytes < 10 || memcmp(qname->bytes + 1, "_ta-", 4) != 0 ||
        qname->bytes[0] + 2u != qname->size_bytes)
        return;
    asker = parties_asker(knowledge->parties, &event->flow.source);
    if (!asker)
        return;
    asker->anchor_tag_count = 0;
    for (unsigned at = 5;
         at + 4 <= qname->bytes[0] + 1u && asker->anchor_tag_count < ANCHOR_TAGS_MAX; at += 5) {
        char digits[5] = {0}, *end;
        unsigned long tag;

        memcpy(digits, qname->bytes + at, 4);
        tag = strtoul(digits, &end, 16);
        if (*end == '\0')
            asker->anchor_tags[asker->anchor_tag_count++] = (uint16_t)tag;
    }
}

/* Who of those that the resolver asks from said what it trusts, or NULL. */
static const struct asker *find_signaller(const struct inquiry *inquiry)
{
    for (size_t e = 0; e < inquiry->egress_count; e++) {
        const struct asker *asker =
            parties_asker(inquiry->knowledge->parties, &inquiry->egresses[e]);

        if (asker && asker->anchor_tag_count)
            return asker;
    }
    return NULL;
}

struct validity {
    uint32_t inception, expiration;
};

/* Is some signature over the root's keys valid at this time, by its dates? */
static bool keys_are_current(const struct keyring_entry *keys, int64_t time_ns,
                             struct validity *validity)
{
    uint32_t now = (uint32_t)(time_ns / SECOND_NS);
    struct records records;
    struct record record;

    records_begin(&records, keys->wire, keys->size);
    while (records_next(&records, &record)) {
        if (record.type != TYPE_RRSIG || record.rdata_size < RRSIG_FIXED ||
            load_u16(record.rdata) != TYPE_DNSKEY)
            continue;
        validity->expiration = load_u32(record.rdata + 8);
        validity->inception = load_u32(record.rdata + 12);
        /* Serial number arithmetic (RFC 4034 section 3.1.5). */
        if ((int32_t)(validity->expiration - now) >= 0 && (int32_t)(now - validity->inception) >= 0)
            return true;
    }
    return false;
}

static bool is_root_keys(const struct item *item)
{
    return item->active && item->why == DEPENDENCY_DNSKEY && item->outcome == OUTCOME_ANSWER &&
           item->exchange->name_size == 1 && !item->to_forwarder;
}

/* The next one that was answered of those sent after `since_ns`, or NULL. */
static const struct exchange *next_root_keys(const struct inquiry *inquiry, int64_t since_ns)
{
    /* What another target has of the root the question itself has, too. */
    const struct target *question = &inquiry->targets[0];
    const struct item *items = target_items(inquiry, question);
    const struct exchange *next = NULL;

    for (unsigned i = 0; i < question->item_count; i++)
        if (is_root_keys(&items[i]) && exchange_begin(items[i].exchange) > since_ns &&
            (!next || items[i].exchange->response_ns < next->response_ns))
            next = items[i].exchange;
    return next;
}

/* Asked again after they were there: what is asked at once is for several questions. */
static unsigned key_queries_in_vain(const struct inquiry *inquiry)
{
    int64_t answered_ns = NEVER;
    const struct exchange *keys;
    unsigned in_vain = 0;

    while (in_vain < KEY_QUERIES_IN_VAIN && (keys = next_root_keys(inquiry, answered_ns)) != NULL) {
        if (in_vain > 0 && exchange_begin(keys) > answered_ns + AGAIN_NS)
            in_vain = 0;
        in_vain++;
        answered_ns = keys->response_ns;
    }
    return in_vain;
}

enum root_trouble root_trust_trouble(const struct inquiry *inquiry)
{
    const struct asker *signaller = find_signaller(inquiry);
    struct keyring_entry keys;
    struct validity validity;
    bool fits = false;

    if (find_root_keys(inquiry->knowledge->keyring, &keys) < 0)
        return ROOT_CONTENT;
    for (unsigned i = 0; signaller && i < signaller->anchor_tag_count; i++)
        fits |= key_has_tag(&keys, signaller->anchor_tags[i]);
    if (signaller && !fits)
        return ROOT_ANCHOR_STALE;
    if (key_queries_in_vain(inquiry) < KEY_QUERIES_IN_VAIN ||
        !keys_are_current(&keys, inquiry->failed_ns, &validity))
        return ROOT_CONTENT;
    return signaller ? ROOT_CLOCK_WRONG : ROOT_ANCHOR_OR_CLOCK;
}

bool root_trust_keys_unasked(const struct inquiry *inquiry, const struct name *zone)
{
    const struct keyring *keyring = inquiry->knowledge->keyring;
    struct keyring_entry keys;

    if (find_root_keys(keyring, &keys) < 0 ||
        keyring_find(keyring, zone, TYPE_DNSKEY, 0, &keys) == 0)
        return false;
    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].why == DEPENDENCY_DNSKEY &&
            exchange_is_about(inquiry->items[i].exchange, zone))
            return false;
    return true;
}

/* It had the keys of zones above, found nothing wrong in them that we see, and went no further. */
enum root_trouble root_trust_key_trouble(const struct inquiry *inquiry, const struct name *zone)
{
    bool asked_above = false;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        asked_above |= item->active && item->why == DEPENDENCY_DNSKEY &&
                       item->outcome == OUTCOME_ANSWER && !item->to_forwarder;
    }
    return asked_above && root_trust_keys_unasked(inquiry, zone) ? ROOT_ANCHOR_OR_CLOCK
                                                                 : ROOT_CONTENT;
}

#define TAGS_SIZE 64

/* "38696 and 20326", in the order of `tags`. */
static const char *list_tags(const uint16_t *tags, unsigned count, char text[TAGS_SIZE])
{
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count && at + 12 < TAGS_SIZE; i++)
        at += (size_t)snprintf(text + at, TAGS_SIZE - at, "%s%u",
                               i == 0 ? "" : (i + 1 == count ? " and " : ", "), tags[i]);
    return text;
}

/* The root's key signing keys. */
static const char *list_anchored_keys(const struct keyring_entry *keys, char text[TAGS_SIZE])
{
    uint16_t tags[ANCHOR_TAGS_MAX];
    unsigned count = 0;
    struct records records;
    struct record record;

    records_begin(&records, keys->wire, keys->size);
    while (records_next(&records, &record) && count < ANCHOR_TAGS_MAX)
        if (record.type == TYPE_DNSKEY && record.section == SECTION_ANSWER &&
            record.rdata_size > 4 && record.rdata[1] & DNSKEY_SEP)
            tags[count++] = key_tag_of(record.rdata, record.rdata_size);
    return list_tags(tags, count, text);
}

const char *root_trust_describe(const struct inquiry *inquiry, enum root_trouble trouble,
                                char text[DNSSEC_TEXT_SIZE])
{
    const struct asker *signaller = find_signaller(inquiry);
    char trusted[TAGS_SIZE] = "", present[TAGS_SIZE];
    char now[SIGNATURE_MOMENT_SIZE], from[SIGNATURE_MOMENT_SIZE], to[SIGNATURE_MOMENT_SIZE];
    struct keyring_entry keys;
    struct validity validity = {0, 0};

    signature_moment((uint32_t)(inquiry->failed_ns / SECOND_NS), now);
    if (trouble == ROOT_CONTENT || find_root_keys(inquiry->knowledge->keyring, &keys) < 0) {
        snprintf(
            text, DNSSEC_TEXT_SIZE,
            "the resolver's clock is wrong: the signatures that it got are valid at %s, and it "
            "says otherwise",
            now);
        return text;
    }
    if (signaller)
        list_tags(signaller->anchor_tags, signaller->anchor_tag_count, trusted);
    list_anchored_keys(&keys, present);
    keys_are_current(&keys, inquiry->failed_ns, &validity);
    signature_moment(validity.inception, from);
    signature_moment(validity.expiration, to);
    if (trouble == ROOT_ANCHOR_STALE)
        snprintf(text, DNSSEC_TEXT_SIZE,
                 "the resolver's trust anchor is stale: by its _ta- queries it trusts key %s, and "
                 "the root has key %s",
                 trusted, present);
    else
        snprintf(text, DNSSEC_TEXT_SIZE,
                 "%s: it does not accept the root's key %s%s, signed from %s to %s, at %s",
                 trouble == ROOT_CLOCK_WRONG ? "the resolver's clock is wrong"
                                             : "the resolver's trust anchor is stale, or its clock "
                                               "is wrong",
                 present, trouble == ROOT_CLOCK_WRONG ? ", which it trusts" : "", from, to, now);
    return text;
}
