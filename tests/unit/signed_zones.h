/* Signed zones made in a test: keys, RRsets with their signatures, and the messages that a resolver
 * gets of them. Lists are consumed by the functions that take them. */
#ifndef UNIT_SIGNED_ZONES_H
#define UNIT_SIGNED_ZONES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ldns/ldns.h>

#include "correlate/dnssec.h"
#include "decode/codes.h"

#define NOW_S  1790000000u /* 2026-09-21T14:13:20Z */
#define NOW_NS ((int64_t)NOW_S * 1000000000)
#define DAY_S  86400u

struct signed_zone {
    const char *name;
    ldns_key *ksk, *zsk;
};

static inline ldns_key *make_key(const char *zone, ldns_signing_algorithm algorithm, uint16_t bits,
                                 uint16_t flags)
{
    ldns_key *key = ldns_key_new_frm_algorithm(algorithm, bits);
    ldns_rr *rr;

    assert_non_null(key);
    ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(zone));
    ldns_key_set_flags(key, flags);
    ldns_key_set_origttl(key, 3600);
    ldns_key_set_inception(key, NOW_S - 10 * DAY_S);
    ldns_key_set_expiration(key, NOW_S + 10 * DAY_S);
    rr = ldns_key2rr(key);
    ldns_key_set_keytag(key, ldns_calc_keytag(rr));
    ldns_rr_free(rr);
    return key;
}

static inline void zone_make(struct signed_zone *zone, const char *name,
                             ldns_signing_algorithm algorithm, uint16_t bits)
{
    zone->name = name;
    zone->ksk = make_key(name, algorithm, bits, 257);
    zone->zsk = make_key(name, algorithm, bits, 256);
}

static inline void zone_clear(struct signed_zone *zone)
{
    ldns_key_deep_free(zone->ksk);
    ldns_key_deep_free(zone->zsk);
}

static inline void sign_between(struct signed_zone *zone, uint32_t inception, uint32_t expiration)
{
    ldns_key_set_inception(zone->zsk, inception);
    ldns_key_set_expiration(zone->zsk, expiration);
    ldns_key_set_inception(zone->ksk, inception);
    ldns_key_set_expiration(zone->ksk, expiration);
}

/* A record a line. */
static inline ldns_rr_list *records(const char *text)
{
    ldns_rr_list *list = ldns_rr_list_new();
    char *copy = strdup(text), *rest = copy, *line;

    while ((line = strsep(&rest, "\n"))) {
        ldns_rr *rr = NULL;

        if (*line == '\0')
            continue;
        assert_int_equal(ldns_rr_new_frm_str(&rr, line, 300, NULL, NULL), LDNS_STATUS_OK);
        ldns_rr_list_push_rr(list, rr);
    }
    free(copy);
    return list;
}

static inline ldns_rr_list *join(ldns_rr_list *list, ldns_rr_list *more)
{
    ldns_rr_list_push_rr_list(list, more);
    ldns_rr_list_free(more);
    return list;
}

/* The RRset and its signature by that key. */
static inline ldns_rr_list *sign_with(ldns_key *key, ldns_rr_list *rrset)
{
    ldns_key_list *keys = ldns_key_list_new();
    ldns_rr_list *signatures;

    ldns_key_list_push_key(keys, key);
    signatures = ldns_sign_public(rrset, keys);
    assert_non_null(signatures);
    assert_int_equal(ldns_rr_list_rr_count(signatures), 1);
    ldns_key_list_set_key_count(keys, 0); /* it would free the key */
    ldns_key_list_free(keys);
    return join(rrset, signatures);
}

static inline ldns_rr_list *sign_text(struct signed_zone *zone, const char *text)
{
    return sign_with(zone->zsk, records(text));
}

/* Takes the RRSIGs out. */
static inline ldns_rr_list *unsign(ldns_rr_list *list)
{
    ldns_rr_list *kept = ldns_rr_list_new();

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG)
            ldns_rr_free(rr);
        else
            ldns_rr_list_push_rr(kept, rr);
    }
    ldns_rr_list_free(list);
    return kept;
}

/* Turns a bit in the last octet of the first RRSIG. */
static inline ldns_rr_list *spoil(ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);
        ldns_rdf *signature;

        if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_RRSIG)
            continue;
        signature = ldns_rr_rdf(rr, 8);
        ldns_rdf_data(signature)[ldns_rdf_size(signature) - 1] ^= 1;
        break;
    }
    return list;
}

static inline ldns_rr_list *dnskeys(struct signed_zone *zone)
{
    ldns_rr_list *list = ldns_rr_list_new();

    ldns_rr_list_push_rr(list, ldns_key2rr(zone->ksk));
    ldns_rr_list_push_rr(list, ldns_key2rr(zone->zsk));
    return list;
}

static inline ldns_rr_list *ds_of(struct signed_zone *zone, ldns_hash hash)
{
    ldns_rr *key = ldns_key2rr(zone->ksk);
    ldns_rr_list *list = ldns_rr_list_new();

    ldns_rr_list_push_rr(list, ldns_key_rr2ds(key, hash));
    ldns_rr_free(key);
    return list;
}

/* What the resolver got */

#define SCENE_MESSAGES 48

struct scene {
    struct dnssec_message messages[SCENE_MESSAGES];
    size_t count;
    const struct name *zones; /* of the messages; borrowed */
    struct anchors *anchors;
    struct keyring *keyring;
};

static inline void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++)
        free((void *)(uintptr_t)scene->messages[i].wire);
    anchors_free(scene->anchors);
    keyring_free(scene->keyring);
    *scene = (struct scene){.count = 0};
}

/* Adds a response; the lists may be NULL. Returns the message's index. */
static inline int tell(struct scene *scene, const char *qname, uint16_t qtype, uint16_t rcode,
                       ldns_rr_list *answer, ldns_rr_list *authority)
{
    ldns_pkt *packet =
        ldns_pkt_query_new(ldns_dname_new_frm_str(qname), (ldns_rr_type)qtype, LDNS_RR_CLASS_IN, 0);
    struct dnssec_message *message = &scene->messages[scene->count];
    uint8_t *wire = NULL, *copy;

    assert_true(scene->count < SCENE_MESSAGES);
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_aa(packet, answer != NULL);
    ldns_pkt_set_rcode(packet, (uint8_t)rcode);
    if (answer)
        ldns_pkt_push_rr_list(packet, LDNS_SECTION_ANSWER, answer);
    if (authority)
        ldns_pkt_push_rr_list(packet, LDNS_SECTION_AUTHORITY, authority);
    assert_int_equal(ldns_pkt2wire(&wire, packet, &message->size), LDNS_STATUS_OK);
    copy = malloc(message->size); /* as long as it is: readers must not go beyond */
    memcpy(copy, wire, message->size);
    free(wire);
    message->wire = copy;
    message->time_ns = NOW_NS - 1000000000 + (int64_t)scene->count * 1000000;
    ldns_rr_list_free(answer);
    ldns_rr_list_free(authority);
    ldns_pkt_free(packet);
    return (int)scene->count++;
}

static inline int tell_keys(struct scene *scene, struct signed_zone *zone)
{
    return tell(scene, zone->name, TYPE_DNSKEY, 0, sign_with(zone->ksk, dnskeys(zone)), NULL);
}

/* A referral to `child` for a name below it, with that DS RRset. */
static inline int refer(struct scene *scene, const char *child, ldns_rr_list *ds)
{
    char text[128], below[128];

    snprintf(text, sizeof(text), "%s 3600 IN NS ns1.example.net.", child);
    snprintf(below, sizeof(below), "www.%s", child);
    return tell(scene, below, TYPE_A, 0, NULL, join(records(text), ds));
}

static inline int refer_signed(struct scene *scene, struct signed_zone *parent,
                               struct signed_zone *child)
{
    return refer(scene, child->name, sign_with(parent->zsk, ds_of(child, LDNS_SHA256)));
}

static inline void trust(struct scene *scene, struct signed_zone *zone)
{
    ldns_rr_list *ds = ds_of(zone, LDNS_SHA256);
    const char *base = getenv("TMPDIR");
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%.90s/test-anchors-XXXXXX", base ? base : P_tmpdir);
    file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    ldns_rr_list_print(file, ds);
    fclose(file);
    ldns_rr_list_deep_free(ds);
    scene->anchors = anchors_load(path, NULL);
    assert_non_null(scene->anchors);
    remove(path);
}

static inline struct dnssec_verdict judge(struct scene *scene, const char *name, uint16_t type)
{
    struct dnssec_question question = {.type = type,
                                       .time_ns = NOW_NS,
                                       .messages = scene->messages,
                                       .message_count = scene->count,
                                       .zones = scene->zones,
                                       .keyring = scene->keyring,
                                       .anchors = scene->anchors};
    struct dnssec_verdict verdict;

    assert_int_equal(name_from_text(&question.name, name), 0);
    dnssec_judge(&question, &verdict);
    return verdict;
}

#endif
