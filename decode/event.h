/* What `decode` makes of frames: the values that `correlate` works on. Pointers in them are
 * borrowed and live until the next decoder_next() or decoder_feed(). */
#ifndef DECODE_EVENT_H
#define DECODE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/address.h"
#include "decode/name.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP };

/* Where a packet is from and to. For what an ICMP error quotes: of the quoted packet. */
struct flow {
    struct address source;
    struct address destination;
    uint16_t source_port;
    uint16_t destination_port;
};

/* Of one end or the other, computed: which way a message goes is as good as random, and a branch
 * would be mispredicted. */
static inline uint16_t flow_port(const struct flow *flow, bool of_destination)
{
    uint32_t ports = (uint32_t)flow->destination_port << 16 | flow->source_port;

    return (uint16_t)(ports >> 16 * of_destination);
}

static inline const struct address *flow_end(const struct flow *flow, bool of_destination)
{
    size_t offset = offsetof(struct flow, destination) * of_destination;

    return (const struct address *)((const uint8_t *)flow + offset);
}

/* Bits of dns_message.flags, as in the header's second 16 bits (RFC 1035, RFC 4035). */
enum {
    DNS_QR = 0x8000,
    DNS_OPCODE = 0x7800,
    DNS_AA = 0x0400,
    DNS_TC = 0x0200,
    DNS_RD = 0x0100,
    DNS_RA = 0x0080,
    DNS_AD = 0x0020,
    DNS_CD = 0x0010,
    DNS_RCODE = 0x000f,
};

/* A DNS message with a whole header. */
struct dns_message {
    enum transport transport;
    uint16_t id;
    uint16_t flags;
    uint16_t counts[4]; /* QD, AN, NS, AR as the header says */
    /* The first question; `qname.size_bytes` 0 where there is none or it is cut off or malformed.
     */
    uint16_t qtype;
    uint16_t qclass;
    uint64_t qname_hash;    /* hash_bytes() of `qname`, 0 without a name */
    uint64_t exchange_hash; /* flow_hash(), the same of a query and its response; EVENT_DNS only */
    const uint8_t *qname_wire; /* as on the wire, in its case (0x20); `qname.size_bytes` octets */
    const uint8_t *wire;       /* the message, whole unless `cut` */
    uint32_t size_bytes;       /* octets at `wire` */
    bool cut;                  /* the snap length or a lost fragment or segment cut octets off */
    struct name qname;         /* lower; the long one is last */
};

/* An ICMP or ICMPv6 error that quotes a packet of a DNS flow. */
enum icmp_reason {
    ICMP_NET,  /* net unreachable, no route */
    ICMP_HOST, /* host or address unreachable */
    ICMP_PORT,
    ICMP_PROHIBITED, /* administratively prohibited, policy, reject route */
    ICMP_PROTOCOL,
    ICMP_TIME_EXCEEDED,
    ICMP_TOO_BIG, /* fragmentation needed, packet too big: no failure by itself */
    ICMP_OTHER,
};

struct icmp_error {
    enum icmp_reason reason;
    uint8_t type, code; /* as on the wire */
    bool ipv6;
    struct address sender; /* who sent the error */
    enum transport transport;
    bool has_id; /* the quote reaches to the DNS header (UDP) */
    uint16_t id;
};

/* A turn in the life of a TCP connection whose one port is a DNS port, the flow as the client
 * opened it (source: who connects), whichever side sent the packet. */
enum tcp_turn {
    TCP_SYN,      /* the client asks for a connection; retransmitted SYNs come again */
    TCP_ACCEPTED, /* SYN+ACK */
    TCP_REFUSED,  /* RST (or RST+ACK) by the server before it accepted */
    TCP_RESET,    /* RST by the server later */
    TCP_CLOSED,   /* FIN by the server */
};

enum event_kind {
    EVENT_DNS,
    EVENT_ICMP,
    EVENT_TCP,
    /* A UDP DNS message of which the first fragment came and the rest did not in time: reported at
     * the latest 5 s (packet time) after the first fragment, or at the end. The event's time and
     * frame are the first fragment's. `dns` holds what that shows, `cut` set. */
    EVENT_FRAGMENT_LOST,
    EVENT_ENCRYPTED, /* a packet to or from port 853: DoT, DoQ. At most one a flow and second */
};

struct event {
    enum event_kind kind;
    int64_t time_ns; /* of the frame that completed it */
    uint32_t source; /* of that frame: file and number */
    uint64_t frame;
    struct flow
        flow; /* as sent; of the quoted packet for EVENT_ICMP; client to server for EVENT_TCP */
    union {
        struct dns_message dns; /* EVENT_DNS, EVENT_FRAGMENT_LOST */
        struct icmp_error icmp;
        enum tcp_turn tcp;
    };
};

#endif
