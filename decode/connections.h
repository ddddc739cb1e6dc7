/* The table of TCP connections with a DNS port, and its bounds. Two lists, each with a capacity of
 * its own, so that a flood of SYNs pushes out other half-open connections and none that carries
 * data. What streams buffer is bounded in octets: who has been idle for longest gives up its
 * buffers first. */
#ifndef DECODE_CONNECTIONS_H
#define DECODE_CONNECTIONS_H

#include "decode/layers.h"
#include "decode/list.h"

/* A segment that came before others that lie before it. */
struct segment {
    struct segment *next;
    uint32_t sequence;
    uint32_t size;     /* on the wire */
    uint32_t captured; /* <= size */
    struct stamp stamp;
    uint8_t bytes[];
};

/* One direction of a connection. */
struct stream {
    uint32_t next;  /* the sequence number that comes next, once `synced` */
    uint32_t first; /* the initial sequence number, once `opened` */
    uint32_t skip;  /* octets to come of a message that was handed out as cut */
    bool synced;    /* `next` (behind `skip`) lies where the message buffer left off */
    bool guessed;   /* ... because something looked like a message */
    bool opened;    /* its SYN was seen, or what acknowledges it */
    bool finished;  /* its FIN was seen */
    uint32_t end;   /* the FIN's sequence number, once `finished` */
    uint8_t side;   /* its index in connection.streams */
    uint16_t segment_count;
    uint8_t *message; /* begun and not whole: the two length octets and what follows */
    uint32_t message_size, message_room;
    struct stamp message_stamp; /* the frame of its last octet */
    struct segment *segments;   /* behind a gap, by sequence number */
    uint32_t segment_bytes;
    struct list_node gap; /* in tcp.gaps while there are segments */
    int64_t gap_since_ns;
};

struct connection {
    struct list_node node;    /* in tcp.live or tcp.bare */
    struct list_node holding; /* in tcp.holders while `held_bytes` */
    struct connection *chain;
    uint64_t hash;
    struct flow key; /* the lower endpoint first */
    unsigned client; /* the side that opened it: 0 for key.source */
    bool live;       /* carries data */
    bool accepted;   /* SYN+ACK seen */
    bool reset;      /* RST seen */
    uint64_t held_bytes;
    int64_t last_ns;
    struct stream streams[2]; /* of what each side sends */
};

/* The connection that it is a direction of. */
static inline struct connection *stream_connection(struct stream *stream)
{
    return LIST_ELEMENT(stream - stream->side, struct connection, streams);
}

/* Octets of a segment on their way into messages. */
struct delivery {
    struct connection *connection; /* NULL: nothing to do */
    unsigned side;
    const uint8_t *at;
    uint32_t left;           /* captured octets at `at` */
    uint32_t missing;        /* octets behind them that were not */
    struct segment *segment; /* owns the octets, where they were kept */
    struct stamp stamp;
    bool late; /* a gap was given up: what was kept has the time of its own frame */
};

struct tcp {
    struct list live, bare; /* oldest activity first; bare: half-open, without data, or closed */
    struct list holders;    /* connections that buffer anything, oldest activity first */
    struct list gaps;       /* streams that wait for lost octets, oldest first */
    struct connection **buckets;
    size_t bucket_mask;
    struct connection *slots; /* as many as both capacities */
    struct connection *free_slots;
    size_t used_slots, live_capacity, bare_capacity;
    uint64_t bytes, bytes_max;
    struct delivery delivery;
    struct stream *overfull; /* to be given up though its time is not over */
    struct stream *ended;    /* its FIN came in this frame */
    uint8_t *handed_out;     /* the message of the last event */
    bool closing;            /* a turn to report behind the frame's messages */
    enum tcp_turn closing_turn;
    struct flow closing_flow;
};

struct tcp *tcp_new(uint64_t memory_bytes);
void tcp_free(struct tcp *tcp); /* NULL is fine */

/* Which side of a connection sends with this flow, and its key. */
unsigned connection_side(const struct flow *flow, struct flow *key);
/* The flow of what `side` sends. */
struct flow connection_flow(const struct connection *connection, unsigned side);

struct connection *connection_find(const struct tcp *tcp, const struct flow *key, uint64_t hash);
/* Makes room where there is none. Never NULL. */
struct connection *connection_add(struct decoder *decoder, const struct flow *key, uint64_t hash,
                                  unsigned client);
/* It is the most recent one from now on. `live`: it carries data, which it never loses again. */
void connection_touch(struct decoder *decoder, struct connection *connection, bool live);
/* Forgets that it carries data: the next to go. */
void connection_retire(struct tcp *tcp, struct connection *connection);
/* Drops those that were idle for too long. */
void connections_expire(struct decoder *decoder);

/* Room for `size` octets to be held by `connection`, at the expense of others. False: there is
 * none. */
bool connection_hold(struct decoder *decoder, struct connection *connection, size_t size);
void connection_unhold(struct tcp *tcp, struct connection *connection, size_t size);

#endif
