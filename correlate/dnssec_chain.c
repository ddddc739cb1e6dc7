#include "correlate/dnssec_chain.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/dnssec_crypto.h"
#include "correlate/dnssec_keys.h"
#include "correlate/dnssec_verdict.h"
#include "decode/codes.h"

/* The newest; a resolution has some dozens. */
#define REPLIES_MAX 256

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
    return reply->qtype == question->type && name_equal(&reply->qname, &question->name) &&
           !reply->truncated && !reply_is_referral(reply) &&
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
    chain->work = question->work ? *question->work : work_whole();
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

/* The child's own word on its DS is none (RFC 4035 section 3.1.4.1). */
static bool tells_ds(const struct reply *reply, const struct name *zone)
{
    if (reply->qtype == TYPE_DS && name_equal(&reply->qname, zone))
        return (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN) &&
               (reply->answers || (reply->soa.size_bytes > 0 && !name_equal(&reply->soa, zone)));
    return reply_is_referral(reply) && name_equal(&reply->cut, zone) &&
           (reply->ds || reply->denial);
}

static bool tells_dnskey(const struct reply *reply, const struct name *zone)
{
    return reply->qtype == TYPE_DNSKEY && name_equal(&reply->qname, zone) &&
           !reply_is_referral(reply);
}

static bool reply_tells(const struct reply *reply, const struct name *zone, uint16_t type)
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

void chain_candidates(struct chain *chain, const struct name *zone, uint16_t type,
                      struct candidates *candidates)
{
    const struct dnssec_question *question = chain->question;
    struct keyring_entry entry;

    candidates->count = 0;
    for (size_t i = chain->reply_count; i-- > 0;)
        if (reply_tells(&chain->replies[i], zone, type))
            candidate_add(candidates, &chain->replies[i]);
    if (candidates->count > 0 || !question->keyring)
        return;
    for (unsigned version = 0; version < KEYRING_VERSIONS; version++) {
        struct reply *reply = &chain->borrowed[chain->borrowed_count];

        if (chain->borrowed_count == BORROWED_MAX ||
            keyring_find(question->keyring, zone, type, version, &entry) != 0)
            return;
        if (reply_read(reply, entry.wire, entry.size, entry.time_ns, -1) != 0 ||
            !reply_tells(reply, zone, type))
            continue;
        chain->borrowed_count++;
        candidate_add(candidates, reply);
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
    if (!link)
        return NULL;
    if (!anchors) {
        link_find_keys(chain, link, NULL);
        if (link->status == LINK_BOGUS)
            link->status = LINK_UNKNOWN; /* which keys are trusted nobody knows */
        return link;
    }
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
    } else if (link->status == LINK_BOGUS && link->verdict.cause == CAUSE_DNSSEC_DNSKEY_MISSING) {
        link->anchored = false; /* no root without keys: somebody else answers, or strips them */
        link->status = LINK_UNKNOWN;
    } else if (link->status == LINK_BOGUS) {
        link->verdict.confidence = CONFIDENCE_LIKELY; /* if the resolver has this anchor */
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
    dnssec_verdict_set(
        &link->verdict, DNSSEC_INSECURE, CAUSE_COUNT, CONFIDENCE_CERTAIN, zone, ds->reply,
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
    if (reply_is_referral(reply) && name_equal(&reply->cut, zone))
        return true;
    return reply->qtype == TYPE_DS && !reply->answers && name_equal(&reply->soa, zone) &&
           reply->qname.size_bytes > zone->size_bytes &&
           name_is_within(owner->bytes, owner->size_bytes, reply->qname.bytes,
                          reply->qname.size_bytes);
}

bool chain_shows_within(const struct chain *chain, const struct name *zone,
                        const struct name *owner, uint16_t type, const struct reply *reply)
{
    const struct name *zones = chain->question->zones;

    if (type == TYPE_DS && name_labels(owner->bytes) == name_labels(zone->bytes) + 1)
        return true;
    if (name_equal(&reply->soa, zone) || name_equal(&reply->cut, zone) ||
        is_signed_by(reply, zone) ||
        (zones && reply->index >= 0 && name_equal(&zones[reply->index], zone)))
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
        dnssec_verdict_of_signature(verdict, parent, ds, &signature);
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
    dnssec_verdict_of_denial(verdict, parent, reply, &question, &denial);
    return DS_BROKEN;
}

static enum ds_result ds_find(struct chain *chain, const struct link *parent,
                              const struct name *zone, struct rrset *ds,
                              struct dnssec_verdict *verdict)
{
    enum ds_result best = DS_UNKNOWN;
    struct candidates candidates;

    chain_candidates(chain, zone, TYPE_DS, &candidates);
    for (size_t i = 0; i < candidates.count && best != DS_PRESENT; i++) {
        struct dnssec_verdict broken;
        enum ds_result result = ds_read(chain, parent, zone, candidates.replies[i], ds, &broken);

        if (result <= best)
            continue;
        best = result;
        if (result == DS_BROKEN)
            *verdict = broken;
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
        if (reply_tells(&chain->replies[i], zone, TYPE_DNSKEY) && chain->replies[i].answers)
            return true;
    return false;
}

/* Asked for the DS, somebody says as the zone itself that there is none, and signs nothing: who has
 * a SOA at whatever name he is asked for says so (parked domains), and no parent. */
static bool speaks_for_parent(const struct chain *chain, const struct name *zone)
{
    for (size_t i = 0; i < chain->reply_count; i++) {
        const struct reply *reply = &chain->replies[i];

        if (reply->qtype == TYPE_DS && name_equal(&reply->qname, zone) && !reply->answers &&
            !reply->denial && name_equal(&reply->soa, zone))
            return true;
    }
    return false;
}

static bool is_zone(const struct chain *chain, const struct name *zone)
{
    bool unproven = speaks_for_parent(chain, zone);

    for (size_t i = 0; i < chain->reply_count; i++)
        if (name_equal(&chain->replies[i].cut, zone) ||
            (!unproven && name_equal(&chain->replies[i].soa, zone)))
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
        dnssec_verdict_set(&link->verdict, DNSSEC_INSECURE, CAUSE_COUNT, link_confidence(parent),
                           zone, NULL,
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
