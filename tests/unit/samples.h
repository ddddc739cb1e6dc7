/* Incidents and minutes made by hand, for the tests of what comes behind the correlator. */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include <stdio.h>
#include <string.h>

#include "correlate/correlator.h"
#include "decode/codes.h"

#define SAMPLE_TIME_NS INT64_C(1767225845123456789) /* 2026-01-01T00:04:05.123456789Z */
#define SAMPLE_MS(ms)  ((int64_t)(ms)*1000000)

static inline struct name sample_name(const char *text)
{
    struct name name = {0};

    if (name_from_text(&name, text) < 0)
        name.size_bytes = 0;
    return name;
}

static inline struct address sample_address(const char *text)
{
    struct address address;

    if (address_from_text(&address, text) < 0)
        memset(&address, 0, sizeof(address));
    return address;
}

static inline void sample_evidence(struct incident *incident)
{
    struct evidence *evidence = &incident->evidence[incident->evidence_count++];

    /* Member by member: what lies between them stays as it is, for incidents to be compared. */
    evidence->time_ns = incident->time_ns - SAMPLE_MS(40);
    evidence->response_time_ns = incident->time_ns - SAMPLE_MS(28);
    evidence->server = sample_address("192.0.2.53");
    evidence->server_name = sample_name("ns1.example.com.");
    evidence->zone = sample_name("example.com.");
    evidence->qname = incident->qname;
    evidence->qtype = TYPE_A;
    evidence->outcome = OUTCOME_REFUSED;
    evidence->why = DEPENDENCY_QUESTION;
    evidence->source = incident->source;
    evidence->frame = 7;
    evidence->response_source = incident->source;
    evidence->response_frame = 8;
    incident->evidence_total = incident->evidence_count;
}

/* A lame zone: example.com's server refuses. `n` makes it another question of another client. */
static inline void sample_incident(struct incident *incident, unsigned n)
{
    char client[ADDRESS_TEXT_SIZE];

    snprintf(client, sizeof(client), "198.51.100.%u", n % 250 + 1);
    memset(incident, 0, sizeof(*incident));
    incident->identity = UINT64_C(0xfedcba9876540000) + n;
    incident->outage = UINT64_C(0x8000000000000001);
    incident->time_ns = SAMPLE_TIME_NS + SAMPLE_MS(1000) * n;
    incident->elapsed_ns = SAMPLE_MS(50);
    incident->client = sample_address(client);
    incident->client_port = 40000;
    incident->resolver = sample_address("192.0.2.1");
    incident->id = 4711;
    incident->rd = true;
    incident->qname = sample_name("www.example.com.");
    incident->qtype = TYPE_A;
    incident->qclass = 1;
    incident->frame = 10;
    incident->query_frame = 6;
    incident->cause = CAUSE_LAME_REFUSED;
    incident->confidence = CONFIDENCE_CERTAIN;
    incident->zone = sample_name("example.com.");
    incident->servers[0] = (struct blamed_server){.address = sample_address("192.0.2.53"),
                                                  .name = sample_name("ns1.example.com."),
                                                  .outcome = OUTCOME_REFUSED};
    incident->server_count = 1;
    snprintf(incident->explanation, sizeof(incident->explanation),
             "The server of example.com. (192.0.2.53) answers REFUSED.");
    snprintf(incident->advice[0], ADVICE_SIZE, "Tell the zone's operator.");
    snprintf(incident->advice[1], ADVICE_SIZE, "dig @192.0.2.53 example.com. SOA +norecurse");
    incident->advice_count = 2;
    sample_evidence(incident);
}

static inline struct minute_counters sample_minute(int64_t minute_ns, uint64_t queries)
{
    struct minute_counters minute = {
        .minute_ns = minute_ns,
        .server = sample_address("192.0.2.1"),
        .is_resolver = true,
        .queries = queries,
        .responses = queries,
    };

    minute.rcodes[RCODE_NOERROR] = queries;
    minute.latency[3] = queries;
    return minute;
}

#endif
