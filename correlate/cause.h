/* The causes: one list, the single source of the enum, the codes, the categories and the sentences.
 * Codes are a contract: never renamed, never reused. The order is that of the contract and of what
 * contributes, not one of precedence: among the ways in which servers fail that is the table's in
 * hop.c, among all else judge.c's.
 *
 * Who adds a cause adds what follows from it: advice (advice_lines.c), words where the default does
 * not do (explain.c), whether other names of the zone fail of it (failure.c) and whether packets
 * that the capture lost would look like it (judge_doubts.c). */
#ifndef CORRELATE_CAUSE_H
#define CORRELATE_CAUSE_H

#include <stddef.h>

/* X(enum, category, name, what it means in a sentence's middle) */
#define CAUSES(X)                                                                                  \
    X(RESOLVER_NO_UPSTREAM, "resolver", "no-upstream",                                             \
      "the resolver failed without asking anybody")                                                \
    X(RESOLVER_OVERLOAD, "resolver", "overload", "the resolver ran out of a resource")             \
    X(RESOLVER_LIMIT, "resolver", "limit",                                                         \
      "the resolver hit its own limit of work for a question")                                     \
    X(RESOLVER_DESPITE_ANSWERS, "resolver", "despite-answers",                                     \
      "the resolver failed although all it asked for was answered well")                           \
    X(RESOLVER_POLICY, "resolver", "policy", "the resolver was told to fail")                      \
    X(RESOLVER_TRUST_ANCHOR, "resolver", "trust-anchor", "the resolver's trust anchor is stale")   \
    X(RESOLVER_CLOCK, "resolver", "clock", "the resolver's clock is wrong")                        \
    X(DNSSEC_SIGNATURE_EXPIRED, "dnssec", "signature-expired", "a signature has expired")          \
    X(DNSSEC_SIGNATURE_NOT_YET_VALID, "dnssec", "signature-not-yet-valid",                         \
      "a signature is not valid yet")                                                              \
    X(DNSSEC_SIGNATURE_MISSING, "dnssec", "signature-missing",                                     \
      "a signed zone's answer is unsigned")                                                        \
    X(DNSSEC_SIGNATURE_INVALID, "dnssec", "signature-invalid", "a signature does not verify")      \
    X(DNSSEC_DS_MISMATCH, "dnssec", "ds-mismatch", "no DNSKEY fits the parent's DS")               \
    X(DNSSEC_DNSKEY_MISSING, "dnssec", "dnskey-missing", "the DNSKEY that is needed is not there") \
    X(DNSSEC_DENIAL_INVALID, "dnssec", "denial-invalid", "a denial of existence is not proven")    \
    X(DNSSEC_BOGUS, "dnssec", "bogus", "DNSSEC validation failed")                                 \
    X(UNREACHABLE_NO_RESPONSE, "unreachable", "no-response",                                       \
      "every server that was tried stayed silent")                                                 \
    X(UNREACHABLE_ICMP, "unreachable", "icmp", "the network rejected the queries")                 \
    X(UNREACHABLE_BAD_ADDRESS, "unreachable", "bad-address",                                       \
      "the nameservers' addresses cannot work")                                                    \
    X(UNREACHABLE_EGRESS_BLOCKED, "unreachable", "egress-blocked",                                 \
      "nobody answers the resolver on port 53")                                                    \
    X(UNREACHABLE_TCP, "unreachable", "tcp", "TCP to the servers fails")                           \
    X(TIMEOUT_SLOW_SERVER, "timeout", "slow-server", "the answer came too late")                   \
    X(TIMEOUT_INTERMITTENT, "timeout", "intermittent", "the server answers others and not this")   \
    X(FORWARDER_DOWN, "forwarder", "down", "the forwarder does not answer")                        \
    X(FORWARDER_SLOW, "forwarder", "slow", "the forwarder answered too late")                      \
    X(FORWARDER_REFUSED, "forwarder", "refused", "the forwarder refuses")                          \
    X(FORWARDER_SERVFAIL, "forwarder", "servfail", "the forwarder itself failed")                  \
    X(FORWARDER_DNSSEC_STRIPPED, "forwarder", "dnssec-stripped",                                   \
      "the forwarder strips signatures")                                                           \
    X(FORWARDER_INVALID_RESPONSE, "forwarder", "invalid-response",                                 \
      "the forwarder's answers cannot be used")                                                    \
    X(ZONE_SERVFAIL, "zone", "servfail", "the authoritative servers themselves answer SERVFAIL")   \
    X(ZONE_NAMESERVER_UNRESOLVABLE, "zone", "nameserver-unresolvable",                             \
      "the nameservers' names have no address")                                                    \
    X(ZONE_CNAME_LOOP, "zone", "cname-loop", "a chain of aliases closes on itself")                \
    X(ZONE_DELEGATION_LOOP, "zone", "delegation-loop", "zones need each other's addresses")        \
    X(ZONE_INVALID_RESPONSE, "zone", "invalid-response", "the servers' answers cannot be used")    \
    X(LAME_REFUSED, "lame", "refused", "the servers refuse to answer for the zone")                \
    X(LAME_NOT_AUTHORITATIVE, "lame", "not-authoritative", "the servers answer without authority") \
    X(LAME_UPWARD_REFERRAL, "lame", "upward-referral", "the servers refer back up the tree")       \
    X(LAME_NOTAUTH, "lame", "notauth", "the servers say that they are not authoritative")          \
    X(NETWORK_EDNS_BLOCKED, "network", "edns-blocked", "queries with EDNS vanish")                 \
    X(NETWORK_TRUNCATED_TCP_FAILED, "network", "truncated-tcp-failed",                             \
      "the answer was truncated and TCP then failed")                                              \
    X(NETWORK_FRAGMENT_LOST, "network", "fragment-lost", "a large answer never arrived whole")     \
    X(NETWORK_RESPONSE_MISMATCH, "network", "response-mismatch",                                   \
      "the responses do not fit the questions")                                                    \
    X(NETWORK_INTERCEPTED, "network", "intercepted",                                               \
      "somebody else answers in the servers' place")                                               \
    X(CACHED_FAILURE, "cached", "failure", "the resolver remembered an earlier failure")           \
    X(UNATTRIBUTED_CAPTURE_LOSS, "unattributed", "capture-loss",                                   \
      "the packets that would decide are not in the capture")                                      \
    X(UNATTRIBUTED_CAPTURE_START, "unattributed", "capture-start",                                 \
      "the work, or the memory of it, began before the capture")                                   \
    X(UNATTRIBUTED_ENCRYPTED_UPSTREAM, "unattributed", "encrypted-upstream",                       \
      "the upstream exchange is encrypted")                                                        \
    X(UNATTRIBUTED_NO_EVIDENCE, "unattributed", "no-evidence", "the packets do not decide")

enum cause {
#define X(id, category, name, text) CAUSE_##id,
    CAUSES(X)
#undef X
        CAUSE_COUNT
};

const char *cause_code(enum cause cause);     /* "lame.refused" */
const char *cause_category(enum cause cause); /* "lame" */
const char *cause_text(enum cause cause);     /* "the servers refuse to answer for the zone" */
int cause_from_code(enum cause *cause, const char *code); /* 0 or -1 */

/* packets prove it; they fit this and nothing else that was seen; they allow it */
#define CONFIDENCES(X) X(CERTAIN, "certain") X(LIKELY, "likely") X(POSSIBLE, "possible")

enum confidence {
#define X(id, code) CONFIDENCE_##id,
    CONFIDENCES(X)
#undef X
        CONFIDENCE_COUNT
};

const char *confidence_code(enum confidence confidence);

#endif
