/* From a SERVFAIL to an incident: what the resolution's verdict, the resolver's memory, its own
 * words (EDE) and its state at the time make of it together. */
#ifndef CORRELATE_JUDGE_H
#define CORRELATE_JUDGE_H

#include "correlate/incident.h"
#include "correlate/inquiry.h"

/* A SERVFAIL to a client that waits for its judgement. Owns itself: one allocation. */
struct servfail {
    struct servfail *next, *previous;
    int64_t time_ns;
    int64_t asked_ns; /* NEVER: the query was not seen */
    struct address client, resolver;
    uint64_t frame, query_frame;
    uint32_t source, query_source;
    uint16_t client_port, id, qtype, qclass;
    uint16_t query_flags, response_flags;
    bool dnssec_ok;
    uint8_t transport;
    uint8_t ede_count;
    struct incident_ede ede[INCIDENT_EDE_MAX];
    struct name qname;
};

/* What else failed at the same resolver at the time: to tell a resolver in distress from zones. */
struct distress {
    unsigned families; /* unrelated names that failed within a moment, this one's included */
};

/* Judges and fills `incident` but for its `outage`; `inquiry` is scratch space, filled with what
 * the judgement stands on. `client` is the address as it may be shown. */
void judge(const struct knowledge *knowledge, const struct servfail *servfail, int64_t until_ns,
           const struct distress *distress, const struct address *client, struct inquiry *inquiry,
           struct incident *incident);

#endif
