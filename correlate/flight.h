/* Flights: clients' questions on their way to an answer. Nearly all of them end well within
 * milliseconds and leave a few counters, hence a record and a table that cost as little as can be.
 * What may be an upstream query is an exchange instead, which stays.
 *
 * A flight is found by its exchange_hash(). One that was answered well is removed by whoever saw
 * that; what got a SERVFAIL, or was answered without a query to be seen, stays for RETENTION_NS as
 * what is never answered does: a retransmission or a late query may belong to it.
 *
 * The table is bounded. When it is full, the clients with most flights lose their oldest, some at
 * once, so that a flood pushes out itself; neither hashes nor their order decide what goes. */
#ifndef CORRELATE_FLIGHT_H
#define CORRELATE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/exchange.h"
#include "correlate/table.h"
#include "decode/event.h"

#define FLIGHT_NAME_INLINE 80

/* Three lines of the cache. The first is all that it takes to join a good answer. */
struct flight {
    uint64_t key;
    int64_t query_ns;      /* the first transmission, NEVER: not seen */
    int64_t last_query_ns; /* the last one */
    int64_t response_ns;   /* NEVER: none */
    uint64_t name_hash;
    uint32_t place; /* in the order of age */
    uint32_t next;  /* in its bucket, older ones follow; of a free slot, the next free */
    uint16_t qtype, qclass, query_flags;
    uint8_t transmissions;
    uint8_t signals;   /* SIGNAL_EDNS, SIGNAL_DNSSEC_OK */
    uint8_t name_size; /* 0: no question */
    bool responded;
    uint16_t asker_port, id;

    uint64_t query_frame;
    struct address asker, server;
    uint32_t query_source;
    uint8_t transport;
    union {
        uint8_t *long_name; /* owned */
        uint8_t inline_name[FLIGHT_NAME_INLINE];
    };
};

struct flights;

/* NULL: out of memory. */
struct flights *flights_new(uint64_t memory_bytes);
void flights_free(struct flights *flights); /* NULL is fine */

/* For correlator_foresee(): what the look-up of a message needs, and in a second step, when that is
 * there, the flight that it finds or goes past. */
void flights_foresee(const struct flights *flights, uint64_t key, unsigned step);

/* Joins a query. A retransmission gives the flight that is there, and so does a query that stands
 * behind its answer in the capture. Flights do not move while they live. */
struct flight *flights_query(struct flights *flights, const struct event *event);
/* The newest flight with this key, or NULL. */
struct flight *flights_find(const struct flights *flights, uint64_t key);
/* The flight with its key and question that a response belongs to: the oldest that waits, else the
 * last one that was answered; NULL: there is none. */
struct flight *flights_join(const struct flights *flights, const struct event *event);
/* A flight for a response that belongs to none: its query was not seen. */
struct flight *flights_add_unasked(struct flights *flights, const struct event *event);
void flights_remove(struct flights *flights, struct flight *flight);

struct flight *flights_oldest(struct flights *flights);
/* The next one that was asked before then and waits for its answer, oldest first, each once; NULL:
 * no more. */
struct flight *flights_slow(struct flights *flights, int64_t before_ns);
/* The next one that is older than RETENTION_NS, oldest first, or NULL. The caller removes it. */
struct flight *flights_expired(struct flights *flights, int64_t now_ns);

/* The same as an exchange, for who knows those only. It borrows a long name from the flight. */
void flight_expand(const struct flight *flight, struct exchange *exchange);

/* Adds to what stands there. */
void flights_count(const struct flights *flights, struct table_fill *fill);

#endif
