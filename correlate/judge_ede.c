#include "correlate/judge_ede.h"

#include <string.h>

#include "correlate/root_trust.h"
#include "decode/codes.h"

/* 9 (DNSKEY missing) stands for keys that do not fit their DS as well, and 6 for anything. Not
 * here: 22 and 23 (no reachable authority, network error), which resolvers send for servers that
 * refuse as well as for silent ones. */
static const struct ede_row {
    uint16_t code;
    enum ede_use use;
    enum cause cause;
} ede_rows[] = {
    {5, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {6, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {7, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_EXPIRED},
    {8, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID},
    {9, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {10, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_MISSING},
    {11, EDE_ALWAYS, CAUSE_DNSSEC_BOGUS},
    {12, EDE_ALWAYS, CAUSE_DNSSEC_DENIAL_INVALID},
    {15, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {16, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {17, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {18, EDE_ALWAYS, CAUSE_RESOLVER_POLICY},
    {25, EDE_ALWAYS, CAUSE_DNSSEC_SIGNATURE_EXPIRED}, /* before its inception */
    {27, EDE_ALWAYS, CAUSE_DNSSEC_DENIAL_INVALID},    /* too many iterations of NSEC3 */
    {13, EDE_UNASKED, CAUSE_CACHED_FAILURE},
    {20, EDE_HIDDEN, CAUSE_LAME_NOT_AUTHORITATIVE},
    {24, EDE_HIDDEN, CAUSE_ZONE_INVALID_RESPONSE},
};

/* With CD=1 it is not this resolver's validation that failed. */
static bool is_applicable(const struct servfail *servfail, const struct ede_row *row)
{
    return strcmp(cause_category(row->cause), "dnssec") != 0 || !(servfail->query_flags & DNS_CD);
}

/* The first that it gives, and that may be put to this use. */
static const struct ede_row *ede_row(const struct servfail *servfail, enum ede_use use)
{
    for (unsigned i = 0; i < servfail->ede_count; i++)
        for (size_t j = 0; j < sizeof(ede_rows) / sizeof(ede_rows[0]); j++)
            if (ede_rows[j].code == servfail->ede[i].code && ede_rows[j].use <= use &&
                is_applicable(servfail, &ede_rows[j]))
                return &ede_rows[j];
    return NULL;
}

bool judge_by_ede(struct bench *bench, enum ede_use use)
{
    const struct ede_row *row = ede_row(bench->servfail, use);

    if (!row)
        return false;
    bench_decide(bench, row->cause, use == EDE_HIDDEN ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (strcmp(cause_category(row->cause), "dnssec") == 0)
        bench_signed_zone(bench, &bench->incident->zone);
    if (ede_says_no_key(bench->servfail) &&
        root_trust_keys_unasked(bench->inquiry, &bench->incident->zone))
        bench->incident->zone.size_bytes = 0;
    return true;
}

static bool says(const struct servfail *servfail, uint16_t code)
{
    for (unsigned i = 0; i < servfail->ede_count; i++)
        if (servfail->ede[i].code == code)
            return true;
    return false;
}

bool ede_says_wrong_time(const struct servfail *servfail)
{
    return says(servfail, 7) || says(servfail, 8);
}

bool ede_says_no_key(const struct servfail *servfail)
{
    return says(servfail, 9);
}
