#include "correlate/dnssec.h"

#include <stdio.h>
#include <string.h>

#include "correlate/dnssec_chain.h"
#include "correlate/dnssec_verdict.h"
#include "decode/codes.h"

/* Differing answers to the question that are judged, and aliases followed in each. */
#define FINALS_MAX  8
#define ALIASES_MAX 8

static const struct name root = {.size_bytes = 1};

static void judge_unknown(struct dnssec_verdict *verdict, const struct link *link,
                          const struct reply *reply, const char *what)
{
    const struct name *zone = link ? &link->keys.zone : &root;
    char text[NAME_TEXT_SIZE];

    name_to_text(zone->bytes, zone->size_bytes, text);
    dnssec_verdict_set(verdict, DNSSEC_INDETERMINATE, CAUSE_COUNT, CONFIDENCE_POSSIBLE, zone, reply,
                       "%s: the last zone on the way that is known is %.255s", what, text);
}

static void judge_good(struct dnssec_verdict *verdict, const struct link *link, const char *what)
{
    dnssec_verdict_set(verdict, DNSSEC_SECURE, CAUSE_COUNT, CONFIDENCE_CERTAIN, &link->keys.zone,
                       NULL, "%s", what);
    verdict->unanchored = !link->anchored;
}

static bool link_is_final(const struct link *link, struct dnssec_verdict *verdict)
{
    if (!link) {
        judge_unknown(verdict, NULL, NULL, "too many zones on the way");
        return true;
    }
    if (link->status != LINK_BOGUS && link->status != LINK_INSECURE)
        return false;
    *verdict = link->verdict;
    return true;
}

/* A denial that must hold, under a link that is signed. */
static void judge_denial(struct chain *chain, const struct link *link, const struct reply *reply,
                         const struct denial_question *question, struct dnssec_verdict *verdict)
{
    struct denial denial;

    denial_judge(&denial, reply, question, &link->keys, chain_time(chain, reply), &chain->work);
    if (denial.result == DENIAL_PROVEN && link->keys.known)
        judge_good(verdict, link, "the denial is proven");
    else if (denial.result == DENIAL_PROVEN || denial.result == DENIAL_UNCHECKED)
        judge_unknown(verdict, link, NULL, "the denial's signatures could not be computed");
    else if (!link->anchored && !link->keys.known &&
             (denial.result != DENIAL_BAD_RECORD || denial.signature.progress < SIGNATURE_EXPIRED))
        judge_unknown(verdict, link, NULL, "nothing says that the zone is signed");
    else if (!chain_shows_within(chain, &link->keys.zone, question->name, question->type, reply))
        judge_unknown(verdict, link, NULL, "nothing says which zone denies it");
    else
        dnssec_verdict_of_denial(verdict, link, reply, question, &denial);
}

/* What the signature that got furthest means. */
static void judge_signature(struct chain *chain, const struct link *link, const struct rrset *rrset,
                            const struct signature *signature, struct dnssec_verdict *verdict)
{
    struct denial_question expanded = {CLAIM_WILDCARD, &rrset->owner, rrset->type,
                                       signature->labels};

    if (signature->progress == SIGNATURE_UNCHECKED)
        judge_unknown(verdict, link, NULL,
                      link->keys.known ? "a signature could not be computed"
                                       : "the zone's DNSKEY RRset was not captured");
    else if (signature->progress < SIGNATURE_EXPIRED && !link->anchored && !link->keys.known)
        judge_unknown(verdict, link, NULL, "nothing says that the zone is signed");
    else if (signature->progress <= SIGNATURE_UNFIT &&
             !chain_shows_within(chain, &link->keys.zone, &rrset->owner, rrset->type, rrset->reply))
        judge_unknown(verdict, link, NULL, "nothing says which zone the unsigned answer is of");
    else if (signature->progress != SIGNATURE_GOOD)
        dnssec_verdict_of_signature(verdict, link, rrset, signature);
    else if (signature->wildcard)
        judge_denial(chain, link, rrset->reply, &expanded, verdict);
    else
        judge_good(verdict, link, "the signatures are valid");
}

static const struct link *judge_rrset(struct chain *chain, const struct rrset *rrset,
                                      struct dnssec_verdict *verdict)
{
    const struct link *link = chain_reach(chain, &rrset->owner, rrset->type);
    struct signature signature;

    if (link_is_final(link, verdict))
        return link;
    rrset_verify(rrset, &link->keys, chain_time(chain, rrset->reply), &chain->work, &signature);
    judge_signature(chain, link, rrset, &signature, verdict);
    return link;
}

static const struct link *judge_negative(struct chain *chain, const struct reply *reply,
                                         const struct name *name, struct dnssec_verdict *verdict)
{
    uint16_t type = chain->question->type;
    struct denial_question question = {
        reply->rcode == RCODE_NXDOMAIN ? CLAIM_NO_NAME : CLAIM_NO_TYPE, name, type, 0};
    const struct link *link = chain_reach(chain, name, type);
    struct signature signature;
    struct rrset soa;

    if (link_is_final(link, verdict))
        return link;
    if (reply->soa.size_bytes > 0 &&
        reply_rrset(reply, SECTION_AUTHORITY, &reply->soa, TYPE_SOA, &soa)) {
        rrset_verify(&soa, &link->keys, chain_time(chain, reply), &chain->work, &signature);
        judge_signature(chain, link, &soa, &signature, verdict);
        if (verdict->status == DNSSEC_BOGUS)
            return link;
    }
    judge_denial(chain, link, reply, &question, verdict);
    return link;
}

/* The records at `name`: of the type asked for, else an alias; else the DNAME above that it was
 * made from. False: none. */
static bool find_records(const struct reply *reply, const struct name *name, uint16_t type,
                         struct rrset *rrset)
{
    struct name owners[ALIASES_MAX];
    size_t count;

    if (reply_rrset(reply, SECTION_ANSWER, name, type, rrset))
        return true;
    count = reply_owners(reply, SECTION_ANSWER, TYPE_DNAME, owners, ALIASES_MAX);
    for (size_t i = 0; i < count; i++)
        if (owners[i].size_bytes < name->size_bytes &&
            name_is_within(name->bytes, name->size_bytes, owners[i].bytes, owners[i].size_bytes))
            return reply_rrset(reply, SECTION_ANSWER, &owners[i], TYPE_DNAME, rrset);
    return reply_rrset(reply, SECTION_ANSWER, name, TYPE_CNAME, rrset);
}

/* Where the alias at `name` leads (a DNAME's CNAME is made by the server). 0, or -1: nowhere. */
static int follow(const struct reply *reply, struct name *name)
{
    struct rrset alias;

    if (!reply_rrset(reply, SECTION_ANSWER, name, TYPE_CNAME, &alias))
        return -1;
    return rdata_name(reply, &alias.records[0], 0, name, NULL);
}

static void judge_reply(struct chain *chain, const struct reply *reply, const struct name *qname,
                        struct dnssec_verdict *verdict)
{
    uint16_t type = chain->question->type;
    struct name name = *qname;

    for (unsigned aliases = 0; aliases <= ALIASES_MAX; aliases++) {
        const struct link *link;
        struct rrset rrset;

        if (!find_records(reply, &name, type, &rrset)) {
            /* Behind an alias only what the same message denies is judged. */
            if (aliases == 0 || reply->soa.size_bytes > 0)
                judge_negative(chain, reply, &name, verdict);
            return;
        }
        link = judge_rrset(chain, &rrset, verdict);
        if (verdict->status != DNSSEC_SECURE || rrset.type == type || follow(reply, &name) != 0)
            return;
        if (!name_is_within(name.bytes, name.size_bytes, link->keys.zone.bytes,
                            link->keys.zone.size_bytes))
            return; /* another zone's: another question's */
    }
}

/* Any that is good clears the question; what is wrong with another stays said. */
static void combine(struct dnssec_verdict *verdict, const struct dnssec_verdict *other)
{
    static const int weights[] = {
        [DNSSEC_SECURE] = 3, [DNSSEC_INSECURE] = 2, [DNSSEC_BOGUS] = 1, [DNSSEC_INDETERMINATE] = 0};
    struct dnssec_verdict bogus = *verdict;

    if (weights[other->status] > weights[verdict->status]) {
        *verdict = *other;
    } else if (other->status == DNSSEC_BOGUS) {
        bogus = *other;
    }
    if (bogus.status == DNSSEC_BOGUS && verdict->status == DNSSEC_SECURE && verdict->message < 0) {
        *verdict = bogus;
        verdict->status = DNSSEC_SECURE;
    }
}

static bool is_repeated(const struct reply *const *seen, size_t count, const struct reply *reply)
{
    for (size_t i = 0; i < count; i++)
        if (seen[i]->fingerprint == reply->fingerprint)
            return true;
    return false;
}

/* The newest first. Returns how many there were. */
static size_t judge_finals(struct chain *chain, struct dnssec_verdict *verdict)
{
    const struct reply *seen[FINALS_MAX];
    size_t count = 0;

    for (size_t i = chain->reply_count; i-- > 0 && count < FINALS_MAX;) {
        const struct reply *reply = &chain->replies[i];
        struct dnssec_verdict one = {.message = -1};

        if (!reply_is_final(reply, chain->question) || is_repeated(seen, count, reply))
            continue;
        judge_reply(chain, reply, &chain->question->name, &one);
        if (count == 0)
            *verdict = one;
        else
            combine(verdict, &one);
        seen[count++] = reply;
    }
    return count;
}

/* Resolvers that minimise take an ancestor's NXDOMAIN for the name's own (RFC 8020). */
static bool judge_ancestors(struct chain *chain, struct dnssec_verdict *verdict)
{
    const struct name *name = &chain->question->name;

    for (size_t i = chain->reply_count; i-- > 0;) {
        const struct reply *reply = &chain->replies[i];

        if (reply->rcode == RCODE_NXDOMAIN && !reply->truncated && !reply->answers &&
            reply->qname.size_bytes < name->size_bytes && reply->qtype != TYPE_DS &&
            name_is_within(name->bytes, name->size_bytes, reply->qname.bytes,
                           reply->qname.size_bytes)) {
            judge_reply(chain, reply, &reply->qname, verdict);
            return true;
        }
    }
    return false;
}

void dnssec_judge(const struct dnssec_question *question, struct dnssec_verdict *verdict)
{
    struct chain *chain = chain_new(question);
    const struct link *link;

    *verdict = (struct dnssec_verdict){.message = -1};
    if (!chain) {
        judge_unknown(verdict, NULL, NULL, "out of memory");
        return;
    }
    if (question->name.size_bytes == 0 || question->type == TYPE_ANY ||
        question->type == TYPE_RRSIG) {
        judge_unknown(verdict, NULL, NULL, "such questions are not validated as a whole");
    } else if (judge_finals(chain, verdict) == 0 && !judge_ancestors(chain, verdict)) {
        link = chain_reach(chain, &question->name, question->type);
        if (!link_is_final(link, verdict) || verdict->status == DNSSEC_INSECURE)
            judge_unknown(verdict, link, NULL, "no answer to the question was captured");
    }
    if (question->work)
        *question->work = chain->work;
    chain_free(chain);
}
