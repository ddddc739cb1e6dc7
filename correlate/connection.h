/* What happened between two addresses below DNS: TCP connections that were tried, and ICMP errors
 * whose quote was too short to name the query. A short ring for each pair. */
#ifndef CORRELATE_CONNECTION_H
#define CORRELATE_CONNECTION_H

#include <stdint.h>

#include "correlate/exchange.h"
#include "correlate/table.h"
#include "decode/event.h"

#define ATTEMPTS_MAX   8
#define REJECTIONS_MAX 8

struct connection_attempt {
    int64_t syn_ns;
    uint16_t asker_port;
    uint8_t turn;    /* enum tcp_turn: the last */
    uint8_t outcome; /* enum outcome: TCP_ACCEPTED, TCP_REFUSED, TCP_RESET, TCP_TIMEOUT, ICMP_* */
};

struct rejection {
    int64_t time_ns;
    uint16_t asker_port;
    uint8_t outcome; /* OUTCOME_ICMP_* */
};

struct connection {
    struct connection_attempt attempts[ATTEMPTS_MAX];
    struct rejection rejections[REJECTIONS_MAX];
    uint8_t attempt_count, rejection_count; /* up to the maximum; the oldest makes room */
};

struct connections;

struct connections *connections_new(uint64_t memory_bytes); /* NULL: out of memory */
void connections_free(struct connections *connections);

void connections_see_tcp(struct connections *connections, const struct event *event);
void connections_see_icmp(struct connections *connections, const struct event *event);

/* What there was between the two, or NULL. */
const struct connection *connections_find(const struct connections *connections,
                                          const struct address *asker,
                                          const struct address *server);
/* The OUTCOME_ICMP_* of an ICMP reason, or OUTCOME_COUNT where it is no failure. */
enum outcome outcome_of_icmp(enum icmp_reason reason);

/* Adds to what stands there. */
void connections_count(const struct connections *connections, struct table_fill *fill);

#endif
