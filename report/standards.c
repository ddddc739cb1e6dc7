#include "report/standards.h"

#include <stddef.h>

#define NO_ANSWER                                                                                  \
    {                                                                                              \
        "RFC 8906 (BCP 231), Sections 1 and 2; RFC 1034, Section 4.1",                             \
            "A name server answers every well-formed query, and a zone is served by at least two " \
            "servers so that it stays available when one of them fails."                           \
    }
#define LAME_WHERE "RFC 1912, Section 2.8; RFC 1034, Section 4.2.2"
#define LAME_TEXT                                                                                  \
    "A server that the parent delegates a zone to answers for it with authority; the NS records "  \
    "at the parent and in the zone are kept consistent and name only servers that do."
#define TCP_WHERE "RFC 7766, Section 5; RFC 9210, Section 3"
#define TCP_TEXT                                                                                   \
    "Name servers answer over TCP as well as over UDP: a truncated answer (TC=1) is asked for "    \
    "again over TCP."

static const struct standard standards[CAUSE_COUNT] = {
    [CAUSE_DNSSEC_SIGNATURE_EXPIRED] =
        {"RFC 4035, Section 5.3.1; RFC 4034, Section 3.1.5",
         "A signature may only be used until its expiration: the zone has to be signed again "
         "before, and secondaries have to fetch the newly signed zone."},
    [CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID] =
        {"RFC 4035, Section 5.3.1; RFC 4034, Section 3.1.5",
         "A signature may only be used from its inception on: the signer's clock and time zone "
         "have to be right."},
    [CAUSE_DNSSEC_SIGNATURE_MISSING] =
        {"RFC 4035, Sections 2.2 and 3.1.1",
         "In a signed zone every authoritative RRset has an RRSIG, and a server sends it with the "
         "RRset to whoever sets the DO bit."},
    [CAUSE_DNSSEC_SIGNATURE_INVALID] =
        {"RFC 4035, Section 5.3.3",
         "A signature has to verify over the RRset as it is served, with the DNSKEY that it "
         "names."},
    [CAUSE_DNSSEC_DS_MISMATCH] =
        {"RFC 4035, Sections 2.4 and 5.2",
         "The DS RRset at the parent has to match a key in the zone's DNSKEY RRset, which that key "
         "signs."},
    [CAUSE_DNSSEC_DNSKEY_MISSING] =
        {"RFC 4035, Sections 2.1 and 5.2",
         "A zone with a DS at its parent publishes a DNSKEY RRset that holds the keys which signed "
         "it."},
    [CAUSE_DNSSEC_DENIAL_INVALID] =
        {"RFC 4035, Section 3.1.3; RFC 5155, Section 7.2; RFC 9276, Section 3",
         "That a name or a type does not exist has to be proven by signed NSEC or NSEC3 records "
         "which cover it; NSEC3 is to have no extra iterations."},
    [CAUSE_DNSSEC_BOGUS] =
        {"RFC 4035, Section 5.5",
         "Where the answers of a signed zone do not validate, a resolver has to answer SERVFAIL."},
    [CAUSE_UNREACHABLE_NO_RESPONSE] = NO_ANSWER,
    [CAUSE_UNREACHABLE_ICMP] = NO_ANSWER,
    [CAUSE_UNREACHABLE_BAD_ADDRESS] =
        {"RFC 6890, Section 2.2; RFC 1918, Section 5",
         "Addresses that are private, or set aside for special use, cannot be reached over the "
         "Internet and do not belong into public delegations."},
    [CAUSE_UNREACHABLE_TCP] = {TCP_WHERE, TCP_TEXT},
    [CAUSE_TIMEOUT_SLOW_SERVER] =
        {"RFC 1035, Section 4.2.1",
         "A resolver asks again, and elsewhere, when it has waited some seconds for an answer: a "
         "later one is of no use to it."},
    [CAUSE_TIMEOUT_INTERMITTENT] = NO_ANSWER,
    [CAUSE_ZONE_SERVFAIL] =
        {"RFC 1035, Sections 3.3.13 and 4.1.1",
         "SERVFAIL says that the server itself could not process the query. A secondary that has "
         "not reached its primary for the time in the SOA's EXPIRE field no longer serves the "
         "zone."},
    [CAUSE_ZONE_NAMESERVER_UNRESOLVABLE] =
        {"RFC 2181, Section 10.3",
         "The name in an NS record has to have address records of its own and is not an alias."},
    [CAUSE_ZONE_CNAME_LOOP] = {"RFC 1034, Section 3.6.2",
                               "A chain of aliases has to end: a loop is an error."},
    [CAUSE_ZONE_DELEGATION_LOOP] =
        {"RFC 9471, Section 2.3",
         "Zones whose name servers lie in each other can only be reached with glue."},
    [CAUSE_ZONE_INVALID_RESPONSE] =
        {"RFC 8906 (BCP 231), Section 3; RFC 6891, Section 6.1.3; RFC 2308, Section 3",
         "Answers are to be well-formed and about the question, EDNS is answered or ignored "
         "properly, and a negative answer carries the zone's SOA."},
    [CAUSE_LAME_REFUSED] = {LAME_WHERE, LAME_TEXT},
    [CAUSE_LAME_NOT_AUTHORITATIVE] = {LAME_WHERE, LAME_TEXT},
    [CAUSE_LAME_UPWARD_REFERRAL] = {LAME_WHERE, LAME_TEXT},
    [CAUSE_LAME_NOTAUTH] = {LAME_WHERE, LAME_TEXT},
    [CAUSE_NETWORK_EDNS_BLOCKED] =
        {"RFC 6891, Section 6.2.6; RFC 8906 (BCP 231), Section 3",
         "Firewalls and load balancers let queries with EDNS pass: without it there is no DNSSEC."},
    [CAUSE_NETWORK_TRUNCATED_TCP_FAILED] = {TCP_WHERE, TCP_TEXT},
    [CAUSE_NETWORK_FRAGMENT_LOST] =
        {"RFC 9715, Section 3.1; RFC 6891, Section 6.2.5",
         "Large answers over UDP are fragmented, and fragments get lost: a server keeps its "
         "answers within about 1232 to 1400 octets and answers the rest over TCP."},
    [CAUSE_NETWORK_RESPONSE_MISMATCH] =
        {"RFC 5452, Section 9.1; RFC 2181, Section 4.1",
         "An answer comes from the address that was asked and repeats ID, port and question of the "
         "query; a resolver has to drop all others."},
};

const struct standard *standard_for(enum cause cause)
{
    return standards[cause].where == NULL ? NULL : &standards[cause];
}
