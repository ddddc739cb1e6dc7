#include "correlate/dnssec_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "correlate/dnssec_canonical.h"
#include "correlate/dnssec_crypto.h"
#include "correlate/exchange.h"
#include "decode/codes.h"
#include "decode/load.h"

/* DNSKEY RDATA (RFC 4034 section 2.1): flags, protocol, algorithm, key. */
#define DNSKEY_FIXED    4
#define DNSKEY_REVOKED  0x0080
#define DNSKEY_PROTOCOL 3

/* unbound's val-sig-skew-min and -max, the widest tolerance there is. */
#define SKEW_MIN_SECONDS 3600
#define SKEW_MAX_SECONDS 86400

static size_t signature_read(struct signature *signature, const struct rrset *rrset,
                             const struct rdata *rdata)
{
    size_t end = RRSIG_FIXED;

    *signature = (struct signature){
        .progress = SIGNATURE_UNFIT,
        .algorithm = rdata->at[2],
        .labels = rdata->at[3],
        .expiration = load_u32(rdata->at + 8),
        .inception = load_u32(rdata->at + 12),
        .key_tag = load_u16(rdata->at + 16),
    };
    if (rdata_name(rrset->reply, rdata, RRSIG_FIXED, &signature->signer, &end) != 0)
        return rdata->size;
    return end < rdata->size ? end : rdata->size;
}

/* A wildcard's own asterisk does not count (RFC 4034 section 3.1.3). */
static unsigned owner_labels(const struct name *owner)
{
    unsigned labels = name_labels(owner->bytes);

    return owner->bytes[0] == 1 && owner->bytes[1] == '*' ? labels - 1 : labels;
}

static bool is_fit(const struct signature *signature, const struct rrset *rrset,
                   const struct keys *keys)
{
    return name_equal(&signature->signer, &keys->zone) &&
           signature->labels <= owner_labels(&rrset->owner) &&
           signature->labels >= name_labels(keys->zone.bytes);
}

/* By serial arithmetic (RFC 4034 section 3.1.5). A validity that ends before it begins counts as
 * ended. Resolvers differ in tolerance: what only some of them take is `within_skew`. */
static enum signature_progress judge_time(struct signature *signature, int64_t time_ns)
{
    uint32_t now = (uint32_t)(time_ns / SECOND_NS);
    int32_t validity = (int32_t)(signature->expiration - signature->inception);
    int32_t since_end = (int32_t)(now - signature->expiration);
    int32_t to_begin = (int32_t)(signature->inception - now);
    int32_t skew = validity / 10;

    if (validity < 0)
        return SIGNATURE_EXPIRED;
    skew = skew < SKEW_MIN_SECONDS ? SKEW_MIN_SECONDS : skew;
    skew = skew > SKEW_MAX_SECONDS ? SKEW_MAX_SECONDS : skew;
    if (since_end > 0) {
        signature->within_skew = since_end <= skew;
        return SIGNATURE_EXPIRED;
    }
    if (to_begin > 0) {
        signature->within_skew = to_begin <= skew;
        return SIGNATURE_NOT_YET_VALID;
    }
    return SIGNATURE_UNCHECKED;
}

static bool key_may_sign(const struct keys *keys, unsigned index, const struct signature *signature)
{
    const struct rdata *key = &keys->rrset.records[index];

    return (!keys->allowed || keys->allowed[index]) && key->size > DNSKEY_FIXED &&
           key->at[3] == signature->algorithm && key->at[2] == DNSKEY_PROTOCOL &&
           (load_u16(key->at) & (DNSKEY_ZONE | DNSKEY_REVOKED)) == DNSKEY_ZONE &&
           key_tag_of(key->at, key->size) == signature->key_tag;
}

struct work work_whole(void)
{
    return (struct work){.verifications = WORK_VERIFICATIONS,
                         .failures = WORK_FAILURES,
                         .digests = WORK_DIGESTS,
                         .hash_rounds = WORK_HASH_ROUNDS};
}

static bool may_verify(const struct work *work, unsigned left)
{
    return left > 0 && work->verifications > 0 && work->failures > 0;
}

static void note_failure(struct work *work, unsigned cost)
{
    work->failures -= cost < work->failures ? cost : work->failures;
}

/* Tries the keys that the tag may mean: several can share one. */
static enum signature_progress verify_with_keys(const struct signature *signature,
                                                const struct rdata *bytes,
                                                const struct octets *form, const struct keys *keys,
                                                struct work *work, unsigned *left)
{
    enum signature_progress progress = SIGNATURE_KEY_ABSENT;

    for (unsigned i = 0; i < keys->rrset.count; i++) {
        const struct rdata *key = &keys->rrset.records[i];
        enum crypto_result result;

        if (!key_may_sign(keys, i, signature))
            continue;
        if (!may_verify(work, *left))
            return SIGNATURE_UNCHECKED;
        --*left;
        work->verifications--;
        result =
            signature_verify(signature->algorithm, key->at + DNSKEY_FIXED, key->size - DNSKEY_FIXED,
                             bytes->at, bytes->size, form->at, form->size);
        if (result == CRYPTO_GOOD)
            return SIGNATURE_GOOD;
        note_failure(work, signature_cost(signature->algorithm, key->at + DNSKEY_FIXED,
                                          key->size - DNSKEY_FIXED));
        if (result == CRYPTO_UNABLE)
            progress = SIGNATURE_UNCHECKED;
        else if (progress < SIGNATURE_WRONG)
            progress = SIGNATURE_WRONG;
    }
    return progress;
}

static bool has_key(const struct keys *keys, const struct signature *signature)
{
    for (unsigned i = 0; i < keys->rrset.count; i++)
        if (key_may_sign(keys, i, signature))
            return true;
    return false;
}

static enum signature_progress judge(struct signature *signature, const struct rrset *rrset,
                                     const struct rdata *rdata, const struct keys *keys,
                                     int64_t time_ns, struct work *work, unsigned *left)
{
    size_t signer_end = signature_read(signature, rrset, rdata);
    struct rdata bytes = {rdata->at + signer_end, (uint16_t)(rdata->size - signer_end)};
    enum signature_progress progress;
    struct octets form;

    if (!is_fit(signature, rrset, keys))
        return SIGNATURE_UNFIT;
    signature->wildcard = signature->labels < owner_labels(&rrset->owner);
    if (keys->known && !has_key(keys, signature))
        return SIGNATURE_KEY_ABSENT;
    if (!algorithm_is_supported(signature->algorithm))
        return SIGNATURE_UNSUPPORTED;
    progress = judge_time(signature, time_ns);
    if (progress != SIGNATURE_UNCHECKED || !keys->known)
        return progress;
    if (rrset->overflow || !may_verify(work, *left))
        return SIGNATURE_UNCHECKED;
    if (canonical_form(&form, rrset, rdata) != 0)
        return SIGNATURE_WRONG;
    progress = verify_with_keys(signature, &bytes, &form, keys, work, left);
    free(form.at);
    return progress;
}

/* Between two that got equally far, the one that has been right the longest, and then the tag:
 * an order of records in a message is no reason. */
static bool is_better(const struct signature *a, const struct signature *b)
{
    if (a->progress != b->progress)
        return a->progress > b->progress;
    if (a->expiration != b->expiration)
        return (int32_t)(a->expiration - b->expiration) > 0;
    return a->key_tag < b->key_tag;
}

bool rrset_verify(const struct rrset *rrset, const struct keys *keys, int64_t time_ns,
                  struct work *work, struct signature *best)
{
    unsigned left = WORK_VERIFICATIONS_RRSET;

    *best = (struct signature){.progress = SIGNATURE_ABSENT};
    for (unsigned i = 0; i < rrset->signature_count && best->progress != SIGNATURE_GOOD; i++) {
        struct signature signature;

        signature.progress =
            judge(&signature, rrset, &rrset->signatures[i], keys, time_ns, work, &left);
        if (best->progress == SIGNATURE_ABSENT || is_better(&signature, best))
            *best = signature;
    }
    return best->progress == SIGNATURE_GOOD;
}

static const struct {
    enum cause cause;
    const char *text; /* after "the signature over NAME TYPE by key TAG (ALGORITHM)" */
} progresses[] = {
    [SIGNATURE_ABSENT] = {CAUSE_DNSSEC_SIGNATURE_MISSING, "is missing"},
    [SIGNATURE_UNFIT] = {CAUSE_DNSSEC_SIGNATURE_MISSING, "is not the zone's own"},
    [SIGNATURE_UNSUPPORTED] = {CAUSE_DNSSEC_SIGNATURE_MISSING,
                               "is the only one, and resolvers do not support its algorithm"},
    [SIGNATURE_KEY_ABSENT] = {CAUSE_DNSSEC_DNSKEY_MISSING,
                              "cannot be checked: the zone's DNSKEY RRset has no such key"},
    [SIGNATURE_EXPIRED] = {CAUSE_DNSSEC_SIGNATURE_EXPIRED, "expired at"},
    [SIGNATURE_NOT_YET_VALID] = {CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID, "is not valid before"},
    [SIGNATURE_WRONG] = {CAUSE_DNSSEC_SIGNATURE_INVALID,
                         "does not verify with that key, which is there"},
    [SIGNATURE_UNCHECKED] = {CAUSE_DNSSEC_BOGUS, "is in time, but could not be computed"},
    [SIGNATURE_GOOD] = {CAUSE_DNSSEC_BOGUS, "is valid"},
};

enum cause signature_cause(const struct signature *signature)
{
    return progresses[signature->progress].cause;
}

const char *signature_moment(uint32_t seconds, char text[SIGNATURE_MOMENT_SIZE])
{
    time_t moment = (time_t)seconds;
    struct tm utc;

    if (!gmtime_r(&moment, &utc) ||
        strftime(text, SIGNATURE_MOMENT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(text, SIGNATURE_MOMENT_SIZE, "%u", seconds);
    return text;
}

/* What the times were, for the outcomes that are about them. */
static void describe_times(const struct signature *signature, char *text, size_t size)
{
    char inception[SIGNATURE_MOMENT_SIZE], expiration[SIGNATURE_MOMENT_SIZE];

    signature_moment(signature->inception, inception);
    signature_moment(signature->expiration, expiration);
    if (signature->progress == SIGNATURE_EXPIRED)
        snprintf(text, size, " %s (inception %s%s%s)", expiration, inception,
                 (int32_t)(signature->expiration - signature->inception) < 0
                     ? ", so it ended before it began"
                     : "",
                 signature->within_skew ? ", so lately that some resolvers still take it" : "");
    else if (signature->progress == SIGNATURE_NOT_YET_VALID)
        snprintf(text, size, " %s (expiration %s%s)", inception, expiration,
                 signature->within_skew ? ", so soon that some resolvers take it" : "");
    else
        text[0] = '\0';
}

const char *signature_describe(const struct signature *signature, const struct rrset *rrset,
                               char text[SIGNATURE_TEXT_SIZE])
{
    char owner[NAME_TEXT_SIZE], signer[NAME_TEXT_SIZE], times[192];
    char type[CODE_TEXT_SIZE], algorithm[ALGORITHM_TEXT_SIZE];

    name_to_text(rrset->owner.bytes, rrset->owner.size_bytes, owner);
    type_to_text(rrset->type, type);
    if (signature->progress == SIGNATURE_ABSENT) {
        snprintf(text, SIGNATURE_TEXT_SIZE, "no signature covers %.255s %s", owner, type);
        return text;
    }
    name_to_text(signature->signer.bytes, signature->signer.size_bytes, signer);
    describe_times(signature, times, sizeof(times));
    snprintf(text, SIGNATURE_TEXT_SIZE, "the signature over %.120s %s by %.100s key %u (%s) %s%s",
             owner, type, signer, signature->key_tag,
             algorithm_to_text(signature->algorithm, algorithm),
             progresses[signature->progress].text, times);
    return text;
}
