#include "correlate/judge_signatures.h"

#include <stdio.h>

#include "correlate/judge_ede.h"
#include "correlate/root_trust.h"
#include "correlate/validation.h"
#include "decode/codes.h"

static enum root_trouble find_root_trouble(const struct bench *bench,
                                           const struct dnssec_verdict *found)
{
    enum root_trouble trouble = root_trust_trouble(bench->inquiry);
    struct name zone;

    if (trouble != ROOT_CONTENT || found->status != DNSSEC_INDETERMINATE ||
        !ede_says_no_key(bench->servfail))
        return trouble;
    bench_signed_zone(bench, &zone);
    return root_trust_key_trouble(bench->inquiry, &zone);
}

/* The resolver itself is at odds with the root, whose keys it was given: its anchor or its clock.
 */
static bool judge_by_root(struct bench *bench, struct dnssec_verdict *found)
{
    enum root_trouble trouble = find_root_trouble(bench, found);
    struct incident *incident = bench->incident;
    struct name none = {.size_bytes = 0};

    if (trouble == ROOT_CONTENT &&
        !(found->status == DNSSEC_SECURE && ede_says_wrong_time(bench->servfail)))
        return false;
    if (trouble == ROOT_CLOCK_WRONG || ede_says_wrong_time(bench->servfail)) {
        bench_decide(bench, CAUSE_RESOLVER_CLOCK, CONFIDENCE_LIKELY);
    } else {
        bench_decide(bench, CAUSE_RESOLVER_TRUST_ANCHOR,
                     trouble == ROOT_ANCHOR_STALE ? CONFIDENCE_CERTAIN : CONFIDENCE_POSSIBLE);
        if (trouble == ROOT_ANCHOR_OR_CLOCK)
            bench_contribute(bench, CAUSE_RESOLVER_CLOCK, &none, NULL, 0);
    }
    if (trouble != ROOT_CONTENT)
        incident->zone = (struct name){1, {0}};
    if (trouble == ROOT_ANCHOR_STALE && incident->cause == CAUSE_RESOLVER_CLOCK)
        trouble = ROOT_CONTENT; /* it says what it is */
    found->status = DNSSEC_BOGUS;
    found->cause = incident->cause;
    root_trust_describe(bench->inquiry, trouble, found->text);
    return true;
}

/* What a validator of our own makes of what the resolver got. */
bool judge_by_signatures(struct bench *bench)
{
    struct incident *incident = bench->incident;
    struct dnssec_verdict *found = &bench->validation;
    unsigned count;

    if (bench->servfail->query_flags & DNS_CD || bench->servfail->qclass != CLASS_IN ||
        !validation_judge(bench->inquiry, NULL, found, incident->servers, &count))
        return false;
    /* Where one server's answer was good and another's was not, the resolver may have met that one.
     */
    if (found->status != DNSSEC_BOGUS && !(found->status == DNSSEC_SECURE && found->message >= 0))
        return false;
    bench_decide(bench, found->cause,
                 found->status == DNSSEC_BOGUS ? found->confidence : CONFIDENCE_POSSIBLE);
    incident->zone = found->zone;
    incident->server_count = count;
    return true;
}

void contribute_signatures(struct bench *bench)
{
    struct blamed_server servers[BLAMED_SERVERS_MAX];
    struct dnssec_verdict found;
    unsigned count;

    if (bench->verdict.known_servers <= bench->verdict.asked_servers ||
        bench->servfail->query_flags & DNS_CD || bench->servfail->qclass != CLASS_IN ||
        !validation_judge(bench->inquiry, NULL, &found, servers, &count) ||
        found.status != DNSSEC_BOGUS)
        return;
    bench_contribute(bench, found.cause, &found.zone, servers, count);
}

bool judge_by_computing(struct bench *bench)
{
    return judge_by_signatures(bench) ||
           (!(bench->servfail->query_flags & DNS_CD) && judge_by_root(bench, &bench->validation));
}

/* Is something wrong with what the other forwarders gave, which do not strip? */
static bool is_bogus_otherwise(const struct bench *bench, const struct address *forwarder)
{
    struct blamed_server servers[BLAMED_SERVERS_MAX];
    struct dnssec_verdict found;
    unsigned count;

    return validation_judge(bench->inquiry, forwarder, &found, servers, &count) &&
           found.status == DNSSEC_BOGUS && found.cause != CAUSE_DNSSEC_SIGNATURE_MISSING &&
           found.cause != CAUSE_DNSSEC_DNSKEY_MISSING && found.cause != CAUSE_DNSSEC_DENIAL_INVALID;
}

bool judge_by_stripping(struct bench *bench)
{
    struct blamed_server *forwarder = &bench->incident->servers[0];

    if (bench->servfail->query_flags & DNS_CD ||
        !validation_forwarder_strips(bench->inquiry, forwarder) ||
        is_bogus_otherwise(bench, &forwarder->address))
        return false;
    bench_decide(bench, CAUSE_FORWARDER_DNSSEC_STRIPPED, CONFIDENCE_LIKELY);
    bench->incident->server_count = 1;
    return true;
}

bool judge_by_withholding(struct bench *bench)
{
    struct incident *incident = bench->incident;
    struct dnssec_verdict *found = &bench->validation;
    struct blamed_server *forwarder = &incident->servers[0];
    char server[ADDRESS_TEXT_SIZE], text[NAME_TEXT_SIZE];
    struct name zone;

    if (bench->servfail->query_flags & DNS_CD ||
        !validation_forwarder_withholds(bench->inquiry, forwarder, &zone))
        return false;
    bench_decide(bench, CAUSE_FORWARDER_INVALID_RESPONSE, CONFIDENCE_LIKELY);
    incident->server_count = 1;
    found->status = DNSSEC_BOGUS;
    found->cause = incident->cause;
    snprintf(found->text, sizeof(found->text),
             "the forwarder %s answers without the signatures that it passes on for other names "
             "of %.255s",
             address_to_text(&forwarder->address, server),
             name_to_text(zone.bytes, zone.size_bytes, text));
    return true;
}

bool judge_by_private_zone(struct bench *bench, enum private_sign sign)
{
    struct incident *incident = bench->incident;
    struct dnssec_verdict *found = &bench->validation;
    char server[ADDRESS_TEXT_SIZE];
    struct private_zone private;

    if (bench->servfail->query_flags & DNS_CD || !private_zone_find(bench->inquiry, &private) ||
        private.sign > sign)
        return false;
    bench_decide(bench, CAUSE_DNSSEC_SIGNATURE_MISSING,
                 private.sign == PRIVATE_DENIED ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY);
    incident->zone = private.zone;
    incident->servers[0] = private.server;
    incident->server_count = 1;
    found->status = DNSSEC_BOGUS;
    found->cause = incident->cause;
    snprintf(found->text, sizeof(found->text), "%s answers without signatures%s",
             address_to_text(&private.server.address, server),
             private.sign == PRIVATE_DENIED ? " for what is proven not to exist to all others"
                                            : ", with authority, where the resolver needs them");
    return true;
}
