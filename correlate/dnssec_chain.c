#include "correlate/dnssec_chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/dnssec_crypto.h"
#include "decode/codes.h"

/* The newest; a resolution has some dozens. */
#define REPLIES_MAX 256
/* Differing answers to one question that are tried. */
#define CANDIDATES_MAX 6
#define POINTS_MAX     16

#define DS_FIXED   4 /* tag, algorithm, digest type */
#define DS_SHA1    1
#define DS_DIGESTS 4

static void add_replies(struct chain *chain)
{
    const struct dnssec_question *question = chain->question;
    size_t first =
        question->message_count > REPLIES_MAX ? question->message_count - REPLIES_MAX : 0;

    for (size_t i = first; i < question->message_count; i++) {
        const struct dnssec_message *message = &question->messages[i];

        if (reply_read(&chain->replies[chain->reply_count], message->wire, message->size,
                       message->time_ns, (int)i) == 0)
            chain->reply_count++;
    }
}

bool reply_is_final(const struct reply *reply, const struct dnssec_question *question)
{
    bool referral = reply->rcode == RCODE_NOERROR && !reply->answers && reply->cut.size_bytes > 0 &&
                    reply->soa.size_bytes == 0;

    return reply->qtype == question->type && name_equal(&reply->qname, &question->name) &&
           !reply->truncated && !referral &&
           (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN);
}

static bool has_signer(const struct chain *chain, const struct reply_signer *signer)
{
    for (size_t i = 0; i < chain->signer_count; i++)
        if (chain->signers[i].key_tag == signer->key_tag &&
            chain->signers[i].algorithm == signer->algorithm &&
            name_equal(&chain->signers[i].zone, &signer->zone))
            return true;
    return false;
}

/* Signers tell of zones whose cut was not captured. */
static void add_signers(struct chain *chain, bool final)
{
    enum { SIGNERS_OF_REPLY = 8 };
    struct reply_signer signers[SIGNERS_OF_REPLY];

    for (size_t i = chain->reply_count; i-- > 0;) {
        size_t count;

        if (reply_is_final(&chain->replies[i], chain->question) != final)
            continue;
        count = reply_signers(&chain->replies[i], signers, SIGNERS_OF_REPLY);
        for (size_t k = 0; k < count && chain->signer_count < SIGNERS_MAX; k++)
            if (!has_signer(chain, &signers[k]))
                chain->signers[chain->signer_count++] = signers[k];
    }
}

struct chain *chain_new(const struct dnssec_question *question)
{
    size_t room = question->message_count < REPLIES_MAX ? question->message_count : REPLIES_MAX;
    struct chain *chain = calloc(1, sizeof(*chain));

    if (!chain)
        return NULL;
    chain->question = question;
    chain->work = (struct work){.verifications = WORK_VERIFICATIONS,
                                .digests = WORK_DIGESTS,
                                .hash_rounds = WORK_HASH_ROUNDS};
    chain->replies = calloc(room + 1, sizeof(*chain->replies));
    if (!chain->replies) {
        free(chain);
        return NULL;
    }
    add_replies(chain);
    add_signers(chain, true);
    chain->final_signer_count = chain->signer_count;
    add_signers(chain, false);
    return chain;
}

void chain_free(struct chain *chain)
{
    if (!chain)
        return;
    free(chain->replies);
    free(chain);
}

int64_t chain_time(const struct chain *chain, const struct reply *reply)
{
    return reply->index >= 0 ? chain->question->time_ns : reply->time_ns;
}

/* Which replies tell of a zone's DS or DNSKEY */

struct candidates {
    const struct reply *replies[CANDIDATES_MAX];
    size_t count;
};

/* The child's own word on its DS is none (RFC 4035 section 3.1.4.1). */
static bool tells_ds(const struct reply *reply, const struct name *zone)
{
    if (reply->qtype == TYPE_DS && name_equal(&reply->qname, zone))
        return (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN) &&
               (reply->answers || (reply->soa.size_bytes > 0 && !name_equal(&reply->soa, zone)));
    return !reply->answers && name_equal(&reply->cut, zone) && (reply->ds || reply->denial) &&
           reply->soa.size_bytes == 0;
}

static bool tells_dnskey(const struct reply *reply, const struct name *zone)
{
    return reply->qtype == TYPE_DNSKEY && name_equal(&reply->qname, zone);
}

static bool tells(const struct reply *reply, const struct name *zone, uint16_t type)
{
    if (reply->truncated)
        return false;
    return type == TYPE_DS ? tells_ds(reply, zone) : tells_dnskey(reply, zone);
}

static void candidate_add(struct candidates *candidates, const struct reply *reply)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (candidates->replies[i]->fingerprint == reply->fingerprint)
            return;
    if (candidates->count < CANDIDATES_MAX)
        candidates->replies[candidates->count++] = reply;
}

/* Out of this resolution, the newest first; only where the resolver did not ask, out of what was
 * seen before. */
static void candidates_find(struct candidates *candidates, struct chain *chain,
                            const struct name *zone, uint16_t type)
{
    const struct dnssec_question *question = chain->question;
    struct keyring_entry entry;

    candidates->count = 0;
    for (size_t i = chain->reply_count; i-- > 0;)
        if (tells(&chain->replies[i], zone, type))
            candidate_add(candidates, &chain->replies[i]);
    if (candidates->count > 0 || !question->keyring)
        return;
    for (unsigned version = 0; version < KEYRING_VERSIONS; version++) {
        struct reply *reply = &chain->borrowed[chain->borrowed_count];

        if (chain->borrowed_count == BORROWED_MAX ||
            keyring_find(question->keyring, zone, type, version, &entry) != 0)
            return;
        if (reply_read(reply, entry.wire, entry.size, entry.time_ns, -1) != 0 ||
            !tells(reply, zone, type))
            continue;
        chain->borrowed_count++;
        candidate_add(candidates, reply);
    }
}

/* Verdicts */

void verdict_set(struct dnssec_verdict *verdict, enum dnssec_status status, enum cause cause,
                 enum confidence confidence, const struct name *zone, const struct reply *reply,
                 const char *format, ...)
{
    va_list arguments;

    verdict->status = status;
    verdict->cause = cause;
    verdict->confidence = confidence;
    verdict->zone = *zone;
    verdict->message = reply ? reply->index : -1;
    va_start(arguments, format);
    vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
    va_end(arguments);
}

static enum confidence confidence_in(const struct link *link)
{
    return link->anchored ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
}

void verdict_of_signature(struct dnssec_verdict *verdict, const struct link *link,
                          const struct rrset *rrset, const struct signature *signature)
{
    enum confidence confidence = confidence_in(link);
    char text[SIGNATURE_TEXT_SIZE];

    if (signature->within_skew)
        confidence = CONFIDENCE_LIKELY;
    if (link->status == LINK_UNKNOWN)
        confidence = CONFIDENCE_POSSIBLE;
    verdict_set(verdict, DNSSEC_BOGUS, signature_cause(signature), confidence, &link->keys.zone,
                rrset->reply, "%s", signature_describe(signature, rrset, text));
}

/* A record of the denial that is out of its time is just that; else the denial is not proven. */
void verdict_of_denial(struct dnssec_verdict *verdict, const struct link *link,
                       const struct reply *reply, const struct denial_question *question,
                       const struct denial *denial)
{
    enum confidence confidence =
        denial->result == DENIAL_ITERATIONS ? CONFIDENCE_LIKELY : confidence_in(link);
    struct rrset record = {.reply = reply, .owner = denial->owner, .type = denial->type};
    char name[NAME_TEXT_SIZE], type[CODE_TEXT_SIZE];
    char denial_text[DENIAL_TEXT_SIZE], signature_text[SIGNATURE_TEXT_SIZE] = "";
    bool of_record = denial->result == DENIAL_BAD_RECORD;

    if (of_record && (denial->signature.progress == SIGNATURE_EXPIRED ||
                      denial->signature.progress == SIGNATURE_NOT_YET_VALID)) {
        verdict_of_signature(verdict, link, &record, &denial->signature);
        return;
    }
    if (of_record)
        signature_describe(&denial->signature, &record, signature_text);
    name_to_text(question->name->bytes, question->name->size_bytes, name);
    verdict_set(verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DENIAL_INVALID, confidence, &link->keys.zone,
                reply, "the proof that %.120s %s %s %s%s%s", name,
                question->claim == CLAIM_NO_TYPE ? type_to_text(question->type, type) : "itself",
                "does not exist", denial_describe(denial, denial_text), of_record ? ": " : "",
                signature_text);
}

/* From DS or anchor to keys */

/* What a DNSKEY must fit: a DS, or a DNSKEY out of an anchor. */
struct point {
    uint16_t type;
    struct rdata rdata;
};

struct points {
    struct point at[POINTS_MAX];
    size_t count;
};

static bool point_is_supported(const struct point *point)
{
    if (point->rdata.size <= DS_FIXED)
        return false;
    if (point->type == TYPE_DNSKEY)
        return algorithm_is_supported(point->rdata.at[3]);
    return algorithm_is_supported(point->rdata.at[2]) && digest_is_supported(point->rdata.at[3]);
}

/* Takes out what resolvers do not use: the unsupported, and SHA-1 beside a better one (RFC 4509).
 */
static void points_filter(struct points *points)
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
enum fit { FIT_NO_TAG, FIT_OTHER_ALGORITHM, FIT_OTHER_DIGEST, FIT_TOO_MUCH, FIT_YES };

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
    if (work->digests == 0) {
        work->spent = true;
        return FIT_TOO_MUCH;
    }
    work->digests--;
    return digest_fits(ds->at[3], ds->at + DS_FIXED, ds->size - DS_FIXED, zone, key->at, key->size)
               ? FIT_YES
               : FIT_OTHER_DIGEST;
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
    for (size_t i = 0; i < points->count && i < DS_DIGESTS && used < size; i++) {
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

static void blame_missing_keys(struct link *link, const struct points *points,
                               const struct reply *reply)
{
    const struct name *zone = &link->keys.zone;
    char name[NAME_TEXT_SIZE], rcode[CODE_TEXT_SIZE], ds[256];

    name_to_text(zone->bytes, zone->size_bytes, name);
    describe_points(points, ds, sizeof(ds));
    if (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN ||
        reply->rcode == RCODE_REFUSED) {
        link->status = LINK_BOGUS;
        verdict_set(
            &link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DNSKEY_MISSING, confidence_in(link), zone,
            reply, "%.255s has no DNSKEY (%s), and the DS above it names key %s", name,
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
        verdict_set(&link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DS_MISMATCH, confidence_in(link),
                    zone, attempt->rrset.reply, "the DS of %.255s names key %s, but %s", name, ds,
                    fits[attempt->fit]);
        return;
    }
    if (attempt->signature.progress == SIGNATURE_KEY_ABSENT) {
        verdict_set(&link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_SIGNATURE_MISSING,
                    confidence_in(link), zone, attempt->rrset.reply,
                    "the DNSKEY RRset of %.255s is not signed by a key that its DS names, only by "
                    "key %u",
                    name, attempt->signature.key_tag);
        return;
    }
    verdict_of_signature(&link->verdict, link, &attempt->rrset, &attempt->signature);
    /* Both have one reason: a key went from the RRset after it was signed. */
    if (attempt->signature.progress == SIGNATURE_WRONG &&
        data_key_is_absent(chain, zone, &attempt->rrset, &key_tag))
        verdict_set(
            &link->verdict, DNSSEC_BOGUS, CAUSE_DNSSEC_DNSKEY_MISSING, confidence_in(link), zone,
            attempt->rrset.reply,
            "key %u, which signed the answer, is not in the DNSKEY RRset of %.255s, and the "
            "signature over that RRset by key %u does not verify",
            key_tag, name, attempt->signature.key_tag);
}

/* Finds the zone's keys and leaves them in the link; a link without any reply to say is signed, its
 * keys unknown. `points` NULL: the keys count as they stand. */
static void link_find_keys(struct chain *chain, struct link *link, const struct points *points)
{
    static const struct points none = {.count = 0};
    struct attempt best = {.reached = KEYS_ABSENT}, attempt;
    struct candidates candidates;
    const struct reply *failed = NULL;

    link->status = LINK_SIGNED;
    candidates_find(&candidates, chain, &link->keys.zone, TYPE_DNSKEY);
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
        blame_missing_keys(link, points, failed);
    }
}

/* The links */

static struct link *link_add(struct chain *chain, const struct name *zone)
{
    struct link *link;

    if (chain->link_count == LINKS_MAX)
        return NULL;
    link = &chain->links[chain->link_count++];
    link->keys.zone = *zone;
    link->status = LINK_UNKNOWN;
    return link;
}

static struct link *link_find(struct chain *chain, const struct name *zone)
{
    for (size_t i = 0; i < chain->link_count; i++)
        if (name_equal(&chain->links[i].keys.zone, zone))
            return &chain->links[i];
    return NULL;
}

/* Where the keys do not fit our anchor, the resolver may have another (a private root): then they
 * count as they stand. */
static struct link *link_of_anchor(struct chain *chain, const struct name *name)
{
    const struct anchors *anchors = chain->question->anchors;
    struct name zone = {.size_bytes = 1};
    struct points points = {.count = 0};
    const struct anchor *anchor;
    struct link *link;

    if (anchors)
        anchors_closest(anchors, name, &zone);
    link = link_find(chain, &zone);
    if (link)
        return link;
    link = link_add(chain, &zone);
    if (!link || !anchors)
        return link;
    for (size_t i = 0; points.count < POINTS_MAX && (anchor = anchors_find(anchors, &zone, i)); i++)
        points.at[points.count++] =
            (struct point){anchor->type, {anchor->rdata, anchor->rdata_size}};
    points_filter(&points);
    if (points.count == 0)
        return link;
    link->anchored = true;
    link_find_keys(chain, link, &points);
    if (link->status == LINK_BOGUS && link->verdict.cause == CAUSE_DNSSEC_DS_MISMATCH) {
        link->anchored = false;
        link_find_keys(chain, link, NULL);
    }
    return link;
}

static void link_set_ds(struct chain *chain, struct link *link, const struct rrset *ds)
{
    const struct name *zone = &link->keys.zone;
    struct points points = {.count = 0};
    char name[NAME_TEXT_SIZE], algorithm[ALGORITHM_TEXT_SIZE];

    for (unsigned i = 0; i < ds->count && points.count < POINTS_MAX; i++)
        points.at[points.count++] = (struct point){TYPE_DS, ds->records[i]};
    points_filter(&points);
    link->anchored = true;
    if (points.count > 0) {
        link_find_keys(chain, link, &points);
        return;
    }
    link->status = LINK_INSECURE;
    name_to_text(zone->bytes, zone->size_bytes, name);
    verdict_set(&link->verdict, DNSSEC_INSECURE, CAUSE_COUNT, CONFIDENCE_CERTAIN, zone, ds->reply,
                "no DS of %.255s is of an algorithm and digest that resolvers support (%s, digest "
                "type %u)",
                name,
                ds->records[0].size > DS_FIXED ? algorithm_to_text(ds->records[0].at[2], algorithm)
                                               : "malformed",
                ds->records[0].size > DS_FIXED ? ds->records[0].at[3] : 0);
}

/* A zone between the two signed it, of which nothing else was captured. */
static bool is_signed_between(const struct signature *signature, const struct name *parent,
                              const struct name *zone)
{
    const struct name *signer = &signature->signer;

    return signature->progress == SIGNATURE_UNFIT && !name_equal(signer, parent) &&
           !name_equal(signer, zone) &&
           name_is_within(signer->bytes, signer->size_bytes, parent->bytes, parent->size_bytes) &&
           name_is_within(zone->bytes, zone->size_bytes, signer->bytes, signer->size_bytes);
}

static bool is_signed_by(const struct reply *reply, const struct name *zone)
{
    enum { SIGNERS_OF_REPLY = 8 };
    struct reply_signer signers[SIGNERS_OF_REPLY];
    size_t count = reply_signers(reply, signers, SIGNERS_OF_REPLY);

    for (size_t i = 0; i < count; i++)
        if (name_equal(&signers[i].zone, zone))
            return true;
    return false;
}

/* This resolution was referred to the zone and not further, or the zone denied a cut below. */
static bool shows_descent(const struct reply *reply, const struct name *zone,
                          const struct name *owner)
{
    if (!reply->answers && name_equal(&reply->cut, zone) && reply->soa.size_bytes == 0)
        return true;
    return reply->qtype == TYPE_DS && !reply->answers && name_equal(&reply->soa, zone) &&
           reply->qname.size_bytes > zone->size_bytes &&
           name_is_within(owner->bytes, owner->size_bytes, reply->qname.bytes,
                          reply->qname.size_bytes);
}

bool chain_shows_within(const struct chain *chain, const struct name *zone,
                        const struct name *owner, uint16_t type, const struct reply *reply)
{
    const struct name *asked =
        reply->index >= 0 ? chain->question->messages[reply->index].zone : NULL;

    if (type == TYPE_DS && name_labels(owner->bytes) == name_labels(zone->bytes) + 1)
        return true;
    if (name_equal(&reply->soa, zone) || name_equal(&reply->cut, zone) ||
        is_signed_by(reply, zone) || (asked && name_equal(asked, zone)))
        return true;
    for (size_t i = 0; i < chain->reply_count; i++)
        if (shows_descent(&chain->replies[i], zone, owner))
            return true;
    return false;
}

enum ds_result { DS_UNKNOWN, DS_BROKEN, DS_ABSENT, DS_NO_CUT, DS_PRESENT };

/* What one reply says of the DS; BROKEN fills `verdict`, PRESENT fills `ds`. */
static enum ds_result ds_read(struct chain *chain, const struct link *parent,
                              const struct name *zone, const struct reply *reply, struct rrset *ds,
                              struct dnssec_verdict *verdict)
{
    struct denial_question question = {
        reply->rcode == RCODE_NXDOMAIN ? CLAIM_NO_NAME : CLAIM_NO_TYPE, zone, TYPE_DS, 0};
    enum section section =
        reply->qtype == TYPE_DS && reply->answers ? SECTION_ANSWER : SECTION_AUTHORITY;
    int64_t time_ns = chain_time(chain, reply);
    struct signature signature;
    struct denial denial;

    if (reply_rrset(reply, section, zone, TYPE_DS, ds)) {
        rrset_verify(ds, &parent->keys, time_ns, &chain->work, &signature);
        if (signature.progress >= SIGNATURE_UNCHECKED || parent->status == LINK_UNKNOWN ||
            (!parent->keys.known && signature.progress < SIGNATURE_EXPIRED) ||
            is_signed_between(&signature, &parent->keys.zone, zone) ||
            (signature.progress <= SIGNATURE_UNFIT &&
             !chain_shows_within(chain, &parent->keys.zone, zone, TYPE_DS, reply)))
            return DS_PRESENT;
        verdict_of_signature(verdict, parent, ds, &signature);
        return DS_BROKEN;
    }
    if (reply->answers) /* an alias at the cut: no answer from a sane parent */
        return DS_UNKNOWN;
    denial_judge(&denial, reply, &question, &parent->keys, time_ns, &chain->work);
    if (denial.result == DENIAL_PROVEN)
        return denial.delegation ? DS_ABSENT : DS_NO_CUT;
    if (denial.result == DENIAL_UNCHECKED || parent->status == LINK_UNKNOWN ||
        (!parent->keys.known && denial.result != DENIAL_NONE && denial.result != DENIAL_GAP) ||
        !chain_shows_within(chain, &parent->keys.zone, zone, TYPE_DS, reply))
        return DS_UNKNOWN;
    verdict_of_denial(verdict, parent, reply, &question, &denial);
    return DS_BROKEN;
}

static enum ds_result ds_find(struct chain *chain, const struct link *parent,
                              const struct name *zone, struct rrset *ds,
                              struct dnssec_verdict *verdict)
{
    enum ds_result best = DS_UNKNOWN;
    struct candidates candidates;

    candidates_find(&candidates, chain, zone, TYPE_DS);
    for (size_t i = 0; i < candidates.count && best != DS_PRESENT; i++) {
        struct dnssec_verdict broken;
        enum ds_result result = ds_read(chain, parent, zone, candidates.replies[i], ds, &broken);

        if (result <= best)
            continue;
        best = result;
        if (result == DS_BROKEN)
            *verdict = broken;
        else if (result == DS_ABSENT)
            verdict->message = candidates.replies[i]->index;
    }
    return best;
}

/* Without word of a DS: is it a zone of its own all the same, and do people sign there? */
static bool has_keys_or_signatures(const struct chain *chain, const struct name *zone)
{
    for (size_t i = 0; i < chain->signer_count; i++)
        if (name_equal(&chain->signers[i].zone, zone))
            return true;
    for (size_t i = 0; i < chain->reply_count; i++)
        if (tells_dnskey(&chain->replies[i], zone) && chain->replies[i].answers)
            return true;
    return false;
}

static bool is_zone(const struct chain *chain, const struct name *zone)
{
    for (size_t i = 0; i < chain->reply_count; i++)
        if (name_equal(&chain->replies[i].cut, zone) || name_equal(&chain->replies[i].soa, zone) ||
            (tells_dnskey(&chain->replies[i], zone) && chain->replies[i].answers))
            return true;
    return has_keys_or_signatures(chain, zone);
}

/* The link of the zone that begins at `zone`, or NULL where none does. */
static struct link *link_below(struct chain *chain, struct link *parent, const struct name *zone)
{
    struct dnssec_verdict verdict = {.message = -1};
    char name[NAME_TEXT_SIZE];
    struct link *link;
    struct rrset ds;
    enum ds_result result = ds_find(chain, parent, zone, &ds, &verdict);

    /* Resolvers ask for the DS of a name whose records came unsigned, to learn whether a zone
     * begins there: a poor answer to that is not the fault that made them ask. */
    if (result == DS_NO_CUT || (result < DS_ABSENT && !is_zone(chain, zone)))
        return NULL;
    link = link_add(chain, zone);
    if (!link)
        return NULL;
    if (result == DS_PRESENT) {
        link_set_ds(chain, link, &ds);
    } else if (result == DS_ABSENT) {
        link->status = LINK_INSECURE;
        name_to_text(zone->bytes, zone->size_bytes, name);
        verdict_set(&link->verdict, DNSSEC_INSECURE, CAUSE_COUNT, confidence_in(parent), zone, NULL,
                    "%.255s is not signed: its parent proves that there is no DS", name);
    } else if (result == DS_BROKEN) {
        link->status = LINK_BOGUS;
        link->verdict = verdict;
    } else if (has_keys_or_signatures(chain, zone)) {
        link_find_keys(chain, link, NULL);
    }
    return link;
}

const struct link *chain_reach(struct chain *chain, const struct name *owner, uint16_t type)
{
    unsigned labels = name_labels(owner->bytes);
    struct link *link, *next;
    struct name zone;

    if (type == TYPE_DS && labels > 0) /* belongs to the parent */
        labels--;
    name_set_ancestor(&zone, owner, labels);
    link = link_of_anchor(chain, &zone);
    if (!link)
        return NULL;
    for (unsigned n = name_labels(link->keys.zone.bytes) + 1; n <= labels; n++) {
        if (link->status == LINK_BOGUS || link->status == LINK_INSECURE)
            break;
        name_set_ancestor(&zone, owner, n);
        next = link_find(chain, &zone);
        if (!next)
            next = link_below(chain, link, &zone);
        if (next)
            link = next;
    }
    return link;
}
