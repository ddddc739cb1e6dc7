#include "correlate/dnssec_denial.h"

#include <stdio.h>
#include <string.h>

#include "correlate/dnssec_crypto.h"
#include "decode/codes.h"
#include "decode/load.h"

/* A proof needs three; servers that send more than this of either kind are not heard to the end. */
#define DENIALS_MAX 12

#define NSEC3_FIXED   5 /* algorithm, flags, iterations, salt length */
#define NSEC3_SHA1    1
#define NSEC3_OPT_OUT 1

struct bitmap {
    const uint8_t *at;
    size_t size;
};

struct nsec {
    struct name owner, next;
    struct bitmap types;
};

struct nsec3 {
    uint8_t hash[NSEC3_HASH_BYTES], next[NSEC3_HASH_BYTES];
    bool opt_out;
    struct bitmap types;
};

/* The records of a reply that may be used, and what they are to prove. */
struct proof {
    const struct denial_question *question;
    const struct name *zone;
    struct work *work;
    struct nsec nsecs[DENIALS_MAX];
    struct nsec3 nsec3s[DENIALS_MAX];
    unsigned nsec_count, nsec3_count;
    uint16_t iterations;
    const uint8_t *salt;
    uint8_t salt_size;
    bool bad_record, bad_parameters, exhausted;
};

/* Type bitmaps: windows of up to 32 octets (RFC 4034 section 4.1.2). */
static bool bitmap_has(const struct bitmap *bitmap, uint16_t type)
{
    size_t at = 0;

    while (bitmap->size - at >= 2) {
        uint8_t window = bitmap->at[at], octets = bitmap->at[at + 1];

        at += 2;
        if (octets > bitmap->size - at)
            return false;
        if (window == type >> 8)
            return (type & 0xff) / 8 < octets &&
                   bitmap->at[at + (type & 0xff) / 8] & 0x80 >> (type & 7);
        at += octets;
    }
    return false;
}

/* The parent's side of a zone cut says nothing about the child's names. */
static bool is_delegation(const struct bitmap *types)
{
    return bitmap_has(types, TYPE_NS) && !bitmap_has(types, TYPE_SOA);
}

static bool denies_type(const struct bitmap *types, uint16_t type, const struct name *name)
{
    if (bitmap_has(types, type) || bitmap_has(types, TYPE_CNAME))
        return false;
    if (type == TYPE_DS) /* the child's side cannot deny it */
        return !bitmap_has(types, TYPE_SOA) || name->size_bytes == 1;
    return !is_delegation(types);
}

/* By the record at the very name. One that says that there is no such name is made on the fly (RFC
 * 9824 section 5). */
static bool denies_at_name(const struct denial_question *question, const struct bitmap *types,
                           struct denial *denial)
{
    if (question->claim == CLAIM_NO_NAME)
        return bitmap_has(types, TYPE_NXNAME);
    denial->delegation = bitmap_has(types, TYPE_NS);
    return denies_type(types, question->type, question->name);
}

static bool denies_below(const struct bitmap *types)
{
    return !is_delegation(types) && !bitmap_has(types, TYPE_DNAME);
}

static bool is_within(const struct name *name, const struct name *ancestor)
{
    return name_is_within(name->bytes, name->size_bytes, ancestor->bytes, ancestor->size_bytes);
}

static unsigned common_labels(const struct name *a, const struct name *b)
{
    unsigned labels = name_labels(a->bytes);
    struct name ancestor = *a;

    while (labels > 0 && !is_within(b, &ancestor))
        name_set_ancestor(&ancestor, a, --labels);
    return labels;
}

/* "*." before the ancestor with so many labels. 0, or -1 where that is no name. */
static int wildcard_of(struct name *wildcard, const struct name *name, unsigned labels)
{
    struct name ancestor;

    name_set_ancestor(&ancestor, name, labels);
    if (ancestor.size_bytes > NAME_MAX_BYTES - 2)
        return -1;
    wildcard->size_bytes = (uint8_t)(ancestor.size_bytes + 2);
    wildcard->bytes[0] = 1;
    wildcard->bytes[1] = '*';
    memcpy(wildcard->bytes + 2, ancestor.bytes, ancestor.size_bytes);
    return 0;
}

/* Gathering */

static int nsec_read(struct nsec *nsec, const struct rrset *rrset)
{
    const struct rdata *rdata = &rrset->records[0];
    size_t end;

    if (rdata_name(rrset->reply, rdata, 0, &nsec->next, &end) != 0 || end > rdata->size)
        return -1;
    nsec->owner = rrset->owner;
    nsec->types = (struct bitmap){rdata->at + end, rdata->size - end};
    return 0;
}

/* Those of other parameters than the first are not of the same chain. */
static int nsec3_read(struct proof *proof, struct nsec3 *nsec3, const struct rrset *rrset)
{
    const struct rdata *rdata = &rrset->records[0];
    const uint8_t *at = rdata->at;
    size_t next; /* where the next hash stands */

    if (rdata->size < NSEC3_FIXED || rdata->size < NSEC3_FIXED + at[4] + 1 + NSEC3_HASH_BYTES)
        return -1;
    next = NSEC3_FIXED + (size_t)at[4] + 1;
    if (at[0] != NSEC3_SHA1 || at[1] & ~NSEC3_OPT_OUT || at[next - 1] != NSEC3_HASH_BYTES ||
        nsec3_owner_hash(nsec3->hash, &rrset->owner) != 0) {
        proof->bad_parameters = true;
        return -1;
    }
    if (proof->nsec3_count == 0) {
        proof->iterations = load_u16(at + 2);
        proof->salt = at + NSEC3_FIXED;
        proof->salt_size = at[4];
    } else if (load_u16(at + 2) != proof->iterations || at[4] != proof->salt_size ||
               memcmp(at + NSEC3_FIXED, proof->salt, proof->salt_size) != 0) {
        proof->bad_parameters = true;
        return -1;
    }
    nsec3->opt_out = at[1] & NSEC3_OPT_OUT;
    memcpy(nsec3->next, at + next, NSEC3_HASH_BYTES);
    nsec3->types =
        (struct bitmap){at + next + NSEC3_HASH_BYTES, rdata->size - next - NSEC3_HASH_BYTES};
    return 0;
}

static void take_record(struct proof *proof, const struct rrset *rrset)
{
    if (rrset->type == TYPE_NSEC && nsec_read(&proof->nsecs[proof->nsec_count], rrset) == 0)
        proof->nsec_count++;
    if (rrset->type == TYPE_NSEC3 &&
        nsec3_read(proof, &proof->nsec3s[proof->nsec3_count], rrset) == 0)
        proof->nsec3_count++;
}

/* Keeps the records that are signed; the signature that got the least far is noted. */
static size_t gather(struct proof *proof, struct denial *denial, const struct reply *reply,
                     uint16_t type, const struct keys *keys, int64_t time_ns)
{
    struct name owners[DENIALS_MAX];
    size_t count = reply_owners(reply, SECTION_AUTHORITY, type, owners, DENIALS_MAX);

    for (size_t i = 0; i < count; i++) {
        struct signature signature;
        struct rrset rrset;

        if (!is_within(&owners[i], &keys->zone) ||
            !reply_rrset(reply, SECTION_AUTHORITY, &owners[i], type, &rrset))
            continue;
        rrset_verify(&rrset, keys, time_ns, proof->work, &signature);
        if (signature.progress >= SIGNATURE_UNCHECKED) {
            take_record(proof, &rrset);
        } else if (!proof->bad_record || signature.progress > denial->signature.progress) {
            proof->bad_record = true;
            denial->signature = signature;
            denial->owner = owners[i];
            denial->type = type;
        }
    }
    return count;
}

/* NSEC */

static const struct nsec *nsec_at(const struct proof *proof, const struct name *name)
{
    for (unsigned i = 0; i < proof->nsec_count; i++)
        if (name_equal(&proof->nsecs[i].owner, name))
            return &proof->nsecs[i];
    return NULL;
}

static bool nsec_covers(const struct nsec *nsec, const struct name *name)
{
    bool after = name_compare(&nsec->owner, name) < 0;
    bool before = name_compare(name, &nsec->next) < 0;
    bool last = name_compare(&nsec->owner, &nsec->next) >= 0; /* back to the apex */

    if (is_within(name, &nsec->owner) && !denies_below(&nsec->types))
        return false;
    return last ? after || before : after && before;
}

static const struct nsec *nsec_covering(const struct proof *proof, const struct name *name)
{
    for (unsigned i = 0; i < proof->nsec_count; i++)
        if (nsec_covers(&proof->nsecs[i], name))
            return &proof->nsecs[i];
    return NULL;
}

static unsigned nsec_closest_labels(const struct nsec *nsec, const struct name *name)
{
    unsigned by_owner = common_labels(name, &nsec->owner);
    unsigned by_next = common_labels(name, &nsec->next);

    return by_owner > by_next ? by_owner : by_next;
}

static bool nsec_proves(const struct proof *proof, struct denial *denial)
{
    const struct denial_question *question = proof->question;
    const struct nsec *at = nsec_at(proof, question->name);
    const struct nsec *covering = nsec_covering(proof, question->name);
    struct name wildcard;

    if (question->claim != CLAIM_WILDCARD && at)
        return denies_at_name(question, &at->types, denial);
    if (!covering)
        return false;
    if (question->claim == CLAIM_WILDCARD)
        return nsec_closest_labels(covering, question->name) <= question->wildcard_labels;
    /* An empty non-terminal lies between its neighbours and has names below: it exists, and has no
     * type (RFC 4592 section 2.2.2), nor a DS, whatever the RCODE. */
    if (is_within(&covering->next, question->name))
        return question->claim == CLAIM_NO_TYPE || question->type == TYPE_DS;
    if (wildcard_of(&wildcard, question->name, nsec_closest_labels(covering, question->name)) != 0)
        return false;
    at = nsec_at(proof, &wildcard);
    if (question->claim == CLAIM_NO_TYPE)
        return at && denies_type(&at->types, question->type, &wildcard);
    return nsec_covering(proof, &wildcard) != NULL;
}

/* NSEC3 */

static int hash_name(struct proof *proof, const struct name *name, uint8_t hash[NSEC3_HASH_BYTES])
{
    unsigned rounds = proof->iterations + 1u;

    if (proof->work->hash_rounds < rounds) {
        proof->exhausted = true;
        return -1;
    }
    proof->work->hash_rounds -= rounds;
    nsec3_hash(hash, name, proof->iterations, proof->salt, proof->salt_size);
    return 0;
}

static const struct nsec3 *nsec3_at(struct proof *proof, const struct name *name)
{
    uint8_t hash[NSEC3_HASH_BYTES];

    if (hash_name(proof, name, hash) != 0)
        return NULL;
    for (unsigned i = 0; i < proof->nsec3_count; i++)
        if (memcmp(proof->nsec3s[i].hash, hash, sizeof(hash)) == 0)
            return &proof->nsec3s[i];
    return NULL;
}

static const struct nsec3 *nsec3_covering(struct proof *proof, const struct name *name)
{
    uint8_t hash[NSEC3_HASH_BYTES];

    if (hash_name(proof, name, hash) != 0)
        return NULL;
    for (unsigned i = 0; i < proof->nsec3_count; i++) {
        const struct nsec3 *nsec3 = &proof->nsec3s[i];
        bool after = memcmp(nsec3->hash, hash, sizeof(hash)) < 0;
        bool before = memcmp(hash, nsec3->next, sizeof(hash)) < 0;
        bool last = memcmp(nsec3->hash, nsec3->next, sizeof(hash)) >= 0;

        if (last ? after || before : after && before)
            return nsec3;
    }
    return NULL;
}

/* The closest encloser's labels, its existence being proven, or -1 (RFC 5155 section 8.3). */
static int nsec3_closest_labels(struct proof *proof, const struct name *name)
{
    for (int labels = (int)name_labels(name->bytes) - 1;
         labels >= (int)name_labels(proof->zone->bytes); labels--) {
        struct name ancestor;
        const struct nsec3 *at;

        name_set_ancestor(&ancestor, name, (unsigned)labels);
        at = nsec3_at(proof, &ancestor);
        if (at)
            return denies_below(&at->types) ? labels : -1;
    }
    return -1;
}

/* Under an opt-out there may be unsigned delegations: at the name, and below it, where it is an
 * empty non-terminal (RFC 5155 sections 6 and 7.1). */
static bool nsec3_proves_no_type(struct proof *proof, struct denial *denial, int closest,
                                 const struct nsec3 *next_closer)
{
    const struct denial_question *question = proof->question;
    const struct nsec3 *at;
    struct name wildcard;

    if (next_closer->opt_out) {
        denial->delegation = question->type == TYPE_DS;
        return true;
    }
    if (wildcard_of(&wildcard, question->name, (unsigned)closest) != 0)
        return false;
    at = nsec3_at(proof, &wildcard);
    return at && denies_type(&at->types, question->type, &wildcard);
}

static bool nsec3_proves(struct proof *proof, struct denial *denial)
{
    const struct denial_question *question = proof->question;
    const struct nsec3 *at, *next_closer;
    struct name name;
    int closest;

    if (question->claim == CLAIM_WILDCARD) { /* the answer itself proves the closest encloser */
        name_set_ancestor(&name, question->name, question->wildcard_labels + 1);
        return nsec3_covering(proof, &name) != NULL;
    }
    at = nsec3_at(proof, question->name);
    if (at)
        return denies_at_name(question, &at->types, denial);
    closest = nsec3_closest_labels(proof, question->name);
    if (closest < 0)
        return false;
    name_set_ancestor(&name, question->name, (unsigned)closest + 1);
    next_closer = nsec3_covering(proof, &name);
    if (!next_closer)
        return false;
    if (question->claim == CLAIM_NO_TYPE)
        return nsec3_proves_no_type(proof, denial, closest, next_closer);
    return wildcard_of(&name, question->name, (unsigned)closest) == 0 &&
           nsec3_covering(proof, &name) != NULL;
}

void denial_judge(struct denial *denial, const struct reply *reply,
                  const struct denial_question *question, const struct keys *keys, int64_t time_ns,
                  struct work *work)
{
    struct proof proof = {.question = question, .zone = &keys->zone, .work = work};
    size_t records;

    *denial = (struct denial){.result = DENIAL_PROVEN};
    records = gather(&proof, denial, reply, TYPE_NSEC, keys, time_ns);
    records += gather(&proof, denial, reply, TYPE_NSEC3, keys, time_ns);
    denial->iterations = proof.iterations;
    if (proof.nsec_count > 0 && nsec_proves(&proof, denial))
        return;
    if (proof.nsec3_count > 0 && proof.iterations > NSEC3_ITERATIONS_MAX)
        denial->result = DENIAL_ITERATIONS;
    else if (proof.nsec3_count > 0 && nsec3_proves(&proof, denial))
        return;
    else if (proof.exhausted)
        denial->result = DENIAL_UNCHECKED;
    else if (records == 0)
        denial->result = DENIAL_NONE;
    else if (proof.bad_record)
        denial->result = DENIAL_BAD_RECORD;
    else
        denial->result = proof.bad_parameters ? DENIAL_PARAMETERS : DENIAL_GAP;
}

static const char *const results[] = {
    [DENIAL_PROVEN] = "is proven",
    [DENIAL_NONE] = "has neither NSEC nor NSEC3 records",
    [DENIAL_BAD_RECORD] = "rests on a record that is not validly signed",
    [DENIAL_PARAMETERS] = "has NSEC3 records of an unknown hash or of differing parameters",
    [DENIAL_ITERATIONS] = "needs more NSEC3 iterations than resolvers follow",
    [DENIAL_GAP] = "has signed records that do not cover it",
    [DENIAL_UNCHECKED] = "would take too much work to check",
};

const char *denial_describe(const struct denial *denial, char text[DENIAL_TEXT_SIZE])
{
    if (denial->result == DENIAL_ITERATIONS)
        snprintf(text, DENIAL_TEXT_SIZE,
                 "needs %u NSEC3 iterations, and resolvers follow at most %u", denial->iterations,
                 NSEC3_ITERATIONS_MAX);
    else
        snprintf(text, DENIAL_TEXT_SIZE, "%s", results[denial->result]);
    return text;
}
