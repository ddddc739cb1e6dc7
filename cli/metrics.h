/* What a running program tells of itself, as plain values, and as the text that Prometheus takes
 * (exposition format 0.0.4). Labels are words of this program and names of interfaces: never a
 * domain name, a client or a server, which strangers choose. Counters never go back. */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "correlate/correlator.h"
#include "decode/decoder.h"
#include "store/writer.h"

#define METRICS_DEVICES_MAX 32
#define METRICS_NAME_SIZE   64

struct metrics {
    int64_t started_ns;      /* wall clock, as all times here but the next */
    int64_t published_ns;    /* when these values were taken, by the steady clock */
    int64_t cpu_ns;          /* processor time used, user and system */
    uint64_t resident_bytes; /* 0: not known */

    struct decode_counters decoded;
    struct correlate_counters correlated;
    uint64_t incidents[CAUSE_COUNT];
    uint64_t outages[CAUSE_COUNT]; /* that began */
    uint64_t open_outages[CAUSE_COUNT];

    struct metrics_device {
        char name[METRICS_NAME_SIZE];
        bool up;
        uint64_t packets;
        uint64_t dropped_by_kernel, dropped_by_interface;
    } devices[METRICS_DEVICES_MAX];
    unsigned device_count;

    bool stored; /* there is a database */
    struct writer_counters store;
};

/* Counts an incident, or an outage that begins or ends. */
void metrics_take(struct metrics *metrics, const struct finding *finding);
/* An outage that goes on from before a restart. */
void metrics_resume_outage(struct metrics *metrics, const struct outage_change *outage);
/* Roles that are learned late can move traffic from one side to the other; a counter that would go
 * back stays where it is. */
void metrics_set_counters(struct metrics *metrics, const struct decode_counters *decoded,
                          const struct correlate_counters *correlated);

/* Why the program does not do its work, or NULL: it does. `now_ns` is the steady clock's. */
const char *metrics_complaint(const struct metrics *metrics, int64_t now_ns);

void metrics_print(FILE *output, const struct metrics *metrics);

#endif
