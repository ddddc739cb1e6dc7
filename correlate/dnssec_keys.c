#include "correlate/dnssec_keys.h"

#include <stdio.h>
#include <string.h>

#include "correlate/dnssec_crypto.h"
#include "correlate/dnssec_verdict.h"
#include "decode/codes.h"
#include "decode/load.h"

#define DS_SHA1       1
#define DESCRIBED_MAX 4

static bool point_is_supported(const struct point *point)
{
    if (point->rdata.size <= DS_FIXED)
        return false;
    if (point->type == TYPE_DNSKEY)
        return algorithm_is_supported(point->rdata.at[3]);
    return algorithm_is_supported(point->rdata.at[2]) && digest_is_supported(point->rdata.at[3]);
}

void points_filter(struct points *points)
{
    size_t kept = 0;
    bool better = false;

    for (size_t i = 0; i < points->count; i++) {
        if (!point_is_supported(&points->at[i]))
            continue;
        better |= points->at[i].type == TYPE_DS && points->at[i].rdata.at[3] != DS_SHA1;
        points->at[kept++] = points->at[i];
    }
    points->count = kept;
    kept = 0;
    for (size_t i = 0; i < points->count; i++)
        if (!better || points->at[i].type != TYPE_DS || points->at[i].rdata.at[3] != DS_SHA1)
            points->at[kept++] = points->at[i];
    points->count = kept;
}

/* How near the keys came to a DS. */
enum fit {
    FIT_NO_TAG,
    FIT_OTHER_ALGORITHM,
    FIT_OTHER_DIGEST,
    FIT_NO_ZONE_KEY,
    FIT_TOO_MUCH,
    FIT_YES
};

static enum fit key_fit(const struct point *point, const struct name *zone, const struct rdata *key,
                        struct work *work)
{
    const struct rdata *ds = &point->rdata;

    if (key->size <= DS_FIXED)
        return FIT_NO_TAG;
    if (point->type == TYPE_DNSKEY)
        return ds->size == key->size && memcmp(ds->at, key->at, key->size) == 0 ? FIT_YES
                                                                                : FIT_NO_TAG;
    if (key_tag_of(key->at, key->size) != load_u16(ds->at))
        return FIT_NO_TAG;
    if (key->at[3] != ds->at[2])
        return FIT_OTHER_ALGORITHM;
    if (work->digests == 0)
        return FIT_TOO_MUCH;
    work->digests--;
    if (!digest_fits(ds->at[3], ds->at + DS_FIXED, ds->size - DS_FIXED, zone, key->at, key->size))
        return FIT_OTHER_DIGEST;
    return load_u16(key->at) & DNSKEY_ZONE ? FIT_YES : FIT_NO_ZONE_KEY;
}

/* Marks the keys that a point names. */
static enum fit points_fit(const struct points *points, const struct name *zone,
                           const struct rrset *keys, bool allowed[RRSET_RECORDS_MAX],
                           struct work *work)
{
    enum fit best = FIT_NO_TAG;

    memset(allowed, 0, RRSET_RECORDS_MAX * sizeof(allowed[0]));
    for (size_t i = 0; i < points->count; i++) {
        for (unsigned k = 0; k < keys->count; k++) {
            enum fit fit = key_fit(&points->at[i], zone, &keys->records[k], work);

            allowed[k] |= fit == FIT_YES;
            best = fit > best ? fit : best;
        }
    }
    return best;
}

/* How far one DNSKEY answer got. */
struct attempt {
    enum { KEYS_ABSENT, KEYS_UNFIT, KEYS_UNSIGNED, KEYS_GOOD } reached;
    enum fit fit;
    struct signature signature;
    struct rrset rrset;
};

static void attempt_make(struct attempt *attempt, struct chain *chain, const struct name *zone,
                         const struct points *points, const struct reply *reply)
{
    bool allowed[RRSET_RECORDS_MAX];
    struct keys keys = {.zone = *zone, .known = true, .allowed = points ? allowed : NULL};

    attempt->reached = KEYS_ABSENT;
    attempt->fit = FIT_YES;
    attempt->signature = (struct signature){.progress = SIGNATURE_ABSENT};
    if (!reply_rrset(reply, SECTION_ANSWER, zone, TYPE_DNSKEY, &attempt->rrset))
        return;
    if (points)
        attempt->fit = points_fit(points, zone, &attempt->rrset, allowed, &chain->work);
    attempt->reached = KEYS_UNFIT;
    if (attempt->fit < FIT_TOO_MUCH)
        return;
    attempt->reached = KEYS_UNSIGNED;
    keys.rrset = attempt->rrset;
    rrset_verify(&attempt->rrset, &keys, chain_time(chain, reply), &chain->work,
                 &attempt->signature);
    if (attempt->signature.progress >= SIGNATURE_UNCHECKED || attempt->fit == FIT_TOO_MUCH)
        attempt->reached = KEYS_GOOD;
}

static bool attempt_is_better(const struct attempt *a, const struct attempt *b)
{
    if (a->reached != b->reached)
        return a->reached > b->reached;
    if (a->fit != b->fit)
        return a->fit > b->fit;
    return a->signature.progress > b->signature.progress;
}

/* "5678 (RSASHA256, digest 2)", for each. */
static void describe_points(const struct points *points, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < points->count && i < DESCRIBED_MAX && used < size; i++) {
        const struct point *point = &points->at[i];
        bool ds = point->type == TYPE_DS;
        char algorithm[ALGORITHM_TEXT_SIZE];
        int written;

        algorithm_to_text(point->rdata.at[ds ? 2 : 3], algorithm);
        written = snprintf(
            text + used, size - used, ds ? "%s%u (%s, digest type %u)" : "%s%u (%s)", i ? ", " : "",
            ds ? load_u16(point->rdata.at) : key_tag_of(point->rdata.at, point->rdata.size),
            algorithm, point->rdata.at[3]);
        used += written > 0 ? (size_t)written : 0;
    }
}

static const char *const fits[] = {
    [FIT_NO_TAG] = "no DNSKEY has such a key tag",
    [FIT_OTHER_ALGORITHM] = "the DNSKEY of that tag has another algorithm",
    [FIT_OTHER_DIGEST] = "the digest of the DNSKEY of that tag is another",
    [FIT_NO_ZONE_KEY] = "the DNSKEY of that tag is no zone key by its flags",
    [FIT_TOO_MUCH] = "",
    [FIT_YES] = "",
};

/* The data's signatures name a key of the zone, and none of them is in the RRset. */
static bool data_key_is_absent(const struct chain *chain, const struct name *zone,
                               const struct rrset *keys, uint16_t *key_tag)
{
    bool any = false;

    for (size_t i = 0; i < chain->final_signer_count; i++) {
        const struct reply_signer *signer = &chain->signers[i];

        if (!name_equal(&signer->zone, zone))
            continue;
        any = true;
        *key_tag = signer->key_tag;
        for (unsigned k = 0; k < keys->count; k++)
            if (key_tag_of(keys->records[k].at, keys->records[k].size) == signer->key_tag)
                return false;
    }
    return any;
}

/* Servers that refuse everything are another fault than missing keys. */
static bool zone_answers(const struct chain *chain, const struct name *zone)
{
    for (size_t i = 0; i < chain->reply_count; i++) {
        const struct reply *reply = &chain->replies[i];

        if ((reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN) &&
            !reply_is_referral(reply) &&
            !(reply->qtype == TYPE_DS && name_equal(&reply->qname, zone)) &&
            name_is_within(reply->qname.bytes, reply->qname.size_bytes, zone->bytes,
                           zone->size_bytes))
            return true;
    }
    return false;
}

static void blame_missing_keys(const struct chain *chain, struct link *link,
                               const struct points *points, const struct reply *reply)
{
    const struct name *zone = &link->keys.zone;
    char name[NAME_TEXT_SIZE], rcode[CODE_TEXT_SIZE], ds[256];

    name_to_text(zone->bytes, zone->size_bytes, name);
    describe_points(points, ds, sizeof(ds));
    if (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN ||
        (reply->rcode == RCODE_REFUSED && zone_answers(chain, zone))) {
        link->status = LINK_BOGUS;
        dnssec_verdict_set(
            &link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DNSKEY_MISSING, link_confidence(link), zone,
            reply, "%.255s has no DNSKEY (%s), and its DS or trust anchor names key %s", name,
            reply->rcode == RCODE_NOERROR ? "NODATA" : rcode_to_text(reply->rcode, rcode), ds);
    }
}

static void blame_attempt(struct chain *chain, struct link *link, const struct points *points,
                          struct attempt *attempt)
{
    const struct name *zone = &link->keys.zone;
    char name[NAME_TEXT_SIZE], ds[256];
    uint16_t key_tag = 0;

    link->status = LINK_BOGUS;
    name_to_text(zone->bytes, zone->size_bytes, name);
    if (attempt->reached == KEYS_UNFIT) {
        describe_points(points, ds, sizeof(ds));
        dnssec_verdict_set(&link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DS_MISMATCH,
                           link_confidence(link), zone, attempt->rrset.reply,
                           "the DS of %.255s names key %s, but %s", name, ds, fits[attempt->fit]);
        return;
    }
    if (attempt->signature.progress == SIGNATURE_KEY_ABSENT) {
        dnssec_verdict_set(
            &link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_SIGNATURE_MISSING, link_confidence(link),
            zone, attempt->rrset.reply,
            "the DNSKEY RRset of %.255s is not signed by a key that its DS names, only by "
            "key %u",
            name, attempt->signature.key_tag);
        return;
    }
    dnssec_verdict_of_signature(&link->verdict, link, &attempt->rrset, &attempt->signature);
    /* Both have one reason: a key went from the RRset after it was signed. */
    if (attempt->signature.progress == SIGNATURE_WRONG &&
        data_key_is_absent(chain, zone, &attempt->rrset, &key_tag))
        dnssec_verdict_set(
            &link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DNSKEY_MISSING, link_confidence(link), zone,
            attempt->rrset.reply,
            "key %u, which signed the answer, is not in the DNSKEY RRset of %.255s, and the "
            "signature over that RRset by key %u does not verify",
            key_tag, name, attempt->signature.key_tag);
}

void link_find_keys(struct chain *chain, struct link *link, const struct points *points)
{
    static const struct points none = {.count = 0};
    struct attempt best = {.reached = KEYS_ABSENT}, attempt;
    struct candidates candidates;
    const struct reply *failed = NULL;

    link->status = LINK_SIGNED;
    chain_candidates(chain, &link->keys.zone, TYPE_DNSKEY, &candidates);
    for (size_t i = 0; i < candidates.count && best.reached != KEYS_GOOD; i++) {
        attempt_make(&attempt, chain, &link->keys.zone, points, candidates.replies[i]);
        if (attempt.reached == KEYS_ABSENT)
            failed = failed ? failed : candidates.replies[i];
        else if (best.reached == KEYS_ABSENT || attempt_is_better(&attempt, &best))
            best = attempt;
    }
    if (best.reached == KEYS_GOOD) {
        link->keys.known = true;
        link->keys.rrset = best.rrset;
    } else if (best.reached != KEYS_ABSENT) {
        blame_attempt(chain, link, points ? points : &none, &best);
    } else if (failed && points) {
        blame_missing_keys(chain, link, points, failed);
    }
}
