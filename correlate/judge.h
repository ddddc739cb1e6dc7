/* From a SERVFAIL to an incident: what the resolution's verdict, the resolver's memory, its own
 * words (EDE) and its state at the time make of it together. */
#ifndef CORRELATE_JUDGE_H
#define CORRELATE_JUDGE_H

#include "correlate/distress.h"
#include "correlate/hide.h"
#include "correlate/incident.h"
#include "correlate/inquiry.h"

/* A SERVFAIL to a client. */
struct servfail {
    int64_t time_ns;
    int64_t asked_ns; /* NEVER: the query was not seen */
    int64_t lost_ns;  /* exchange_lost_well_ns() when it came */
    struct address client, resolver;
    uint64_t frame, query_frame;
    uint32_t source, query_source;
    uint16_t client_port, id, qtype, qclass;
    uint16_t query_flags, response_flags;
    bool dnssec_ok;
    uint8_t transport;
    bool early; /* there was no room to wait for late answers as long as one should */
    uint8_t ede_count;
    struct name qname; /* this and what follows is packed while it waits (pending.c) */
    struct incident_ede ede[INCIDENT_EDE_MAX];
};

/* Judges and fills `incident` but for its `outage`; `inquiry` is scratch space, filled with what
 * the judgement stands on. The incident is as it may be shown, by `hiding`; `zone` becomes the zone
 * at fault by its own name, which is what the failure is to be remembered under. */
void judge(const struct knowledge *knowledge, const struct servfail *servfail, int64_t until_ns,
           const struct failures_around *around, const struct hiding *hiding,
           struct inquiry *inquiry, struct incident *incident, struct name *zone);

#endif
