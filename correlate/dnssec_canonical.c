#include "correlate/dnssec_canonical.h"

#include <stdlib.h>
#include <string.h>

#include "decode/codes.h"

#define RRSIG_LABELS 3
#define RRSIG_TTL    4

/* RDATA with names in it, which are signed uncompressed and in lower case: RFC 4034 section 6.2
 * item 3, without NSEC (RFC 6840 section 5.1). `octets`, then character strings, then names. */
static const struct layout {
    uint16_t type;
    uint8_t octets, strings, names;
} layouts[] = {
    {TYPE_NS, 0, 0, 1},        {3 /* MD */, 0, 0, 1},     {4 /* MF */, 0, 0, 1},
    {TYPE_CNAME, 0, 0, 1},     {TYPE_SOA, 0, 0, 2},       {7 /* MB */, 0, 0, 1},
    {8 /* MG */, 0, 0, 1},     {9 /* MR */, 0, 0, 1},     {12 /* PTR */, 0, 0, 1},
    {14 /* MINFO */, 0, 0, 2}, {15 /* MX */, 2, 0, 1},    {17 /* RP */, 0, 0, 2},
    {18 /* AFSDB */, 2, 0, 1}, {21 /* RT */, 2, 0, 1},    {26 /* PX */, 2, 0, 2},
    {33 /* SRV */, 6, 0, 1},   {35 /* NAPTR */, 4, 3, 1}, {36 /* KX */, 2, 0, 1},
    {TYPE_DNAME, 0, 0, 1},
};

/* Grows; after a failure it stays empty and `failed`. */
struct arena {
    uint8_t *at;
    size_t size, capacity;
    bool failed;
};

static void arena_add(struct arena *arena, const void *bytes, size_t size)
{
    if (arena->failed)
        return;
    if (arena->capacity - arena->size < size) {
        size_t capacity = (arena->size + size) * 2 + 512;
        uint8_t *grown = realloc(arena->at, capacity);

        if (!grown) {
            arena->failed = true;
            return;
        }
        arena->at = grown;
        arena->capacity = capacity;
    }
    if (size > 0)
        memcpy(arena->at + arena->size, bytes, size);
    arena->size += size;
}

static void arena_add_u16(struct arena *arena, uint16_t value)
{
    arena_add(arena, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static void arena_add_name(struct arena *arena, const struct name *name)
{
    arena_add(arena, name->bytes, name->size_bytes);
}

static const struct layout *find_layout(uint16_t type)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
        if (layouts[i].type == type)
            return &layouts[i];
    return NULL;
}

static void add_rdata(struct arena *arena, const struct rrset *rrset, const struct rdata *rdata)
{
    const struct layout *layout = find_layout(rrset->type);
    size_t at = 0;

    if (layout) {
        struct name name;

        at = layout->octets;
        for (unsigned i = 0; i < layout->strings && at < rdata->size; i++)
            at += 1 + (size_t)rdata->at[at];
        if (at > rdata->size)
            arena->failed = true;
        else
            arena_add(arena, rdata->at, at);
        for (unsigned i = 0; i < layout->names && !arena->failed; i++) {
            if (rdata_name(rrset->reply, rdata, at, &name, &at) != 0)
                arena->failed = true;
            else
                arena_add_name(arena, &name);
        }
        if (arena->failed || at > rdata->size) {
            arena->failed = true;
            return;
        }
    }
    arena_add(arena, rdata->at + at, rdata->size - at);
}

struct span {
    const uint8_t *at;
    size_t size;
};

static int compare_spans(const void *a, const void *b)
{
    const struct span *left = a, *right = b;
    size_t common = left->size < right->size ? left->size : right->size;
    int order = memcmp(left->at, right->at, common);

    return order ? order : (left->size > right->size) - (left->size < right->size);
}

/* The owner, or the wildcard that it is an expansion of (RFC 4035 section 5.3.2). */
static void signed_owner(struct name *owner, const struct rrset *rrset, uint8_t labels)
{
    struct name ancestor;

    *owner = rrset->owner;
    if (labels >= name_labels(owner->bytes))
        return;
    name_set_ancestor(&ancestor, &rrset->owner, labels);
    owner->bytes[0] = 1;
    owner->bytes[1] = '*';
    memcpy(owner->bytes + 2, ancestor.bytes, ancestor.size_bytes);
    owner->size_bytes = (uint8_t)(2 + ancestor.size_bytes);
}

static void add_records(struct arena *form, const struct rrset *rrset,
                        const struct rdata *signature, const struct span *spans)
{
    struct name owner;

    signed_owner(&owner, rrset, signature->at[RRSIG_LABELS]);
    for (unsigned i = 0; i < rrset->count; i++) {
        if (i > 0 && compare_spans(&spans[i], &spans[i - 1]) == 0)
            continue; /* RFC 4034 section 6.3 */
        arena_add_name(form, &owner);
        arena_add_u16(form, rrset->type);
        arena_add_u16(form, CLASS_IN);
        arena_add(form, signature->at + RRSIG_TTL, 4);
        arena_add_u16(form, (uint16_t)spans[i].size);
        arena_add(form, spans[i].at, spans[i].size);
    }
}

int canonical_form(struct octets *form, const struct rrset *rrset, const struct rdata *signature)
{
    struct span spans[RRSET_RECORDS_MAX];
    size_t ends[RRSET_RECORDS_MAX];
    struct arena rdata = {.at = NULL}, whole = {.at = NULL};
    struct name signer;

    for (unsigned i = 0; i < rrset->count; i++) {
        add_rdata(&rdata, rrset, &rrset->records[i]);
        ends[i] = rdata.size;
    }
    if (rdata_name(rrset->reply, signature, RRSIG_FIXED, &signer, NULL) != 0)
        rdata.failed = true;
    if (!rdata.failed && rdata.at) {
        for (unsigned i = 0; i < rrset->count; i++) {
            size_t begin = i > 0 ? ends[i - 1] : 0;

            spans[i] = (struct span){rdata.at + begin, ends[i] - begin};
        }
        qsort(spans, rrset->count, sizeof(spans[0]), compare_spans);
        arena_add(&whole, signature->at, RRSIG_FIXED);
        arena_add_name(&whole, &signer);
        add_records(&whole, rrset, signature, spans);
    }
    free(rdata.at);
    if (rdata.failed || whole.failed || !whole.at) {
        free(whole.at);
        return -1;
    }
    *form = (struct octets){whole.at, whole.size};
    return 0;
}
