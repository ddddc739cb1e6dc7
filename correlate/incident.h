/* An incident: one SERVFAIL that a client got, judged. A value: it owns no pointer and can be
 * copied. Names are lower case in wire format; a name of size 0 is not known. */
#ifndef CORRELATE_INCIDENT_H
#define CORRELATE_INCIDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/cause.h"
#include "decode/event.h"

/* What became of an exchange: the closed vocabulary of `outcome` in evidence and servers.
 * X(enum, code, what happened, to stand behind "192.0.2.1 " and "192.0.2.1, 192.0.2.2 ") */
#define OUTCOMES(X)                                                                                \
    X(ANSWER, "answer", "answered")                                                                \
    X(ALIAS, "alias", "answered with an alias")                                                    \
    X(NODATA, "nodata", "answered that there is no such record")                                   \
    X(NXDOMAIN, "nxdomain", "answered that the name does not exist")                               \
    X(REFERRAL, "referral", "referred to the zone below")                                          \
    X(TIMEOUT, "timeout", "did not answer")                                                        \
    X(LATE, "late", "answered too late")                                                           \
    X(INTERMITTENT, "intermittent", "did not answer, but did answer others")                       \
    X(REFUSED, "refused", "answered REFUSED")                                                      \
    X(SERVFAIL, "servfail", "answered SERVFAIL")                                                   \
    X(NOTAUTH, "notauth", "answered NOTAUTH")                                                      \
    X(FORMERR, "formerr", "answered FORMERR")                                                      \
    X(NOTIMP, "notimp", "answered NOTIMP")                                                         \
    X(BADVERS, "badvers", "answered BADVERS")                                                      \
    X(OTHER_RCODE, "other-rcode", "answered with an RCODE that cannot be used")                    \
    X(NOT_AUTHORITATIVE, "not-authoritative", "answered without aa")                               \
    X(UPWARD_REFERRAL, "upward-referral", "referred back up the tree")                             \
    X(EMPTY, "empty", "answered with nothing that can be used")                                    \
    X(MALFORMED, "malformed", "answered with a malformed message")                                 \
    X(WRONG_OWNER, "wrong-owner", "answered for another name")                                     \
    X(TRUNCATED, "truncated", "answered truncated")                                                \
    X(TRUNCATED_TCP_REFUSED, "truncated-tcp-refused", "gave a truncated answer and refused TCP")   \
    X(TRUNCATED_TCP_TIMEOUT, "truncated-tcp-timeout",                                              \
      "gave a truncated answer and did not answer over TCP")                                       \
    X(TRUNCATED_TCP_RESET, "truncated-tcp-reset", "gave a truncated answer and broke off TCP")     \
    X(TCP_REFUSED, "tcp-refused", "refused the TCP connection")                                    \
    X(TCP_TIMEOUT, "tcp-timeout", "did not accept the TCP connection")                             \
    X(TCP_RESET, "tcp-reset", "broke off the TCP connection")                                      \
    X(TCP_ACCEPTED, "tcp-accepted", "accepted the TCP connection")                                 \
    X(ICMP_NET, "icmp-net", "could not be reached: \"net unreachable\"")                           \
    X(ICMP_HOST, "icmp-host", "could not be reached: \"host unreachable\"")                        \
    X(ICMP_PORT, "icmp-port", "rejected the query: \"port unreachable\"")                          \
    X(ICMP_PROHIBITED, "icmp-prohibited", "could not be reached: \"administratively prohibited\"") \
    X(ICMP_OTHER, "icmp-other", "could not be reached: an ICMP error came back")                   \
    X(FRAGMENT_LOST, "fragment-lost", "answered in fragments that did not all arrive")             \
    X(EDNS_DROPPED, "edns-dropped", "answered only without EDNS")                                  \
    X(WRONG_ID, "wrong-id", "answered with another message ID")                                    \
    X(WRONG_SOURCE, "wrong-source", "answered from another address")                               \
    X(WRONG_QUESTION, "wrong-question", "answered another question")                               \
    X(WRONG_CASE, "wrong-case", "did not echo the question's case (0x20)")                         \
    X(INTERCEPTED, "intercepted", "had somebody else answer instead")                              \
    X(BAD_ADDRESS, "bad-address", "cannot be reached at such an address")                          \
    X(NOT_SEEN, "not-seen", "answered what the capture does not show")

enum outcome {
#define X(id, code, text) OUTCOME_##id,
    OUTCOMES(X)
#undef X
        OUTCOME_COUNT
};

const char *outcome_code(enum outcome outcome);
const char *outcome_text(enum outcome outcome);

/* Why the question depended on an exchange. X(enum, code, text behind "asked ... ") */
#define DEPENDENCIES(X)                                                                            \
    X(QUESTION, "question", "the question itself")                                                 \
    X(ANCESTOR, "ancestor", "on the way down to the name")                                         \
    X(ALIAS, "alias-target", "the target of an alias")                                             \
    X(NAMESERVER, "nameserver-address", "the address of a nameserver")                             \
    X(DS, "ds", "the parent's DS record")                                                          \
    X(DNSKEY, "dnskey", "the zone's keys")                                                         \
    X(FORWARDED, "forwarded", "passed on to a forwarder")

enum dependency {
#define X(id, code, text) DEPENDENCY_##id,
    DEPENDENCIES(X)
#undef X
        DEPENDENCY_COUNT
};

const char *dependency_code(enum dependency dependency);
const char *dependency_text(enum dependency dependency);

/* An exchange with a server, one transmission of it. */
struct evidence {
    int64_t time_ns;          /* of the query, or of the response where the query was not seen */
    int64_t response_time_ns; /* INT64_MIN: no response */
    struct address server;
    struct name server_name; /* a nameserver name it is known under */
    struct name zone;        /* the zone it was asked as a server of */
    enum transport transport;
    struct name qname;
    uint16_t qtype;
    enum outcome outcome;
    enum dependency why;
    uint32_t source; /* frame of the query (of the response where the query was not seen) */
    uint64_t frame;
    uint32_t response_source; /* frame of the response, 0: none */
    uint64_t response_frame;
};

struct blamed_server {
    struct address address;
    struct name name;
    enum outcome outcome;
};

#define BLAMED_SERVERS_MAX       16
#define CONTRIBUTING_MAX         6
#define CONTRIBUTING_SERVERS_MAX 4
#define EVIDENCE_MAX             64
#define INCIDENT_EDE_MAX         4
#define ADVICE_MAX               8
#define EXPLANATION_SIZE         1024
#define ADVICE_SIZE              512
#define EDE_TEXT_SIZE            128

struct contributing {
    enum cause cause;
    unsigned server_count;
    struct name zone;
    struct blamed_server servers[CONTRIBUTING_SERVERS_MAX];
};

struct incident {
    uint64_t identity; /* what it is, not when it was read: printed as 16 hex digits */
    uint64_t outage;   /* the outage it belongs to */
    uint64_t origin;   /* the incident behind it, 0: none */

    int64_t time_ns;       /* the response */
    int64_t elapsed_ns;    /* since the query; -1: the query was not seen */
    struct address client; /* as it may be shown: anonymised where asked for */
    uint64_t client_key;   /* to count distinct ones, never to be shown: hide_client_key() */
    uint16_t client_port;
    bool client_is_resolver;
    struct address resolver;
    enum transport transport;
    uint16_t id;
    bool rd, cd, dnssec_ok;
    struct name qname; /* size 0: no question shown */
    uint16_t qtype;
    uint16_t qclass;
    struct incident_ede {
        uint16_t code;
        uint8_t text_size;
        uint8_t text[EDE_TEXT_SIZE]; /* any bytes, as sent, perhaps cut */
    } ede[INCIDENT_EDE_MAX];
    unsigned ede_count;
    uint32_t source; /* frame of the response */
    uint64_t frame;
    uint32_t query_source; /* frame of the query, 0: not seen */
    uint64_t query_frame;

    enum cause cause;
    enum confidence confidence;
    struct name zone;
    struct blamed_server servers[BLAMED_SERVERS_MAX];
    unsigned server_count;
    struct contributing contributing[CONTRIBUTING_MAX];
    unsigned contributing_count;
    /* Plain English, NUL-terminated, names escaped: one sentence, and sentences or commands. */
    char explanation[EXPLANATION_SIZE];
    char advice[ADVICE_MAX][ADVICE_SIZE];
    unsigned advice_count;
    struct evidence evidence[EVIDENCE_MAX]; /* in time order */
    unsigned evidence_count;
    unsigned evidence_total; /* >= evidence_count: what there was in all */
};

/* What failed at first, where this is the memory of it; else what failed. */
static inline enum cause incident_first_cause(const struct incident *incident)
{
    return incident->cause == CAUSE_CACHED_FAILURE && incident->contributing_count > 0
               ? incident->contributing[0].cause
               : incident->cause;
}

/* identity from what it is: `client` as stored. */
uint64_t incident_identity(const struct address *resolver, const struct address *client,
                           uint16_t client_port, enum transport transport, uint16_t id,
                           const struct name *qname, uint16_t qtype, uint16_t qclass,
                           int64_t time_ns);

#endif
