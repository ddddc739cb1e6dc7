/* The bytes of the generator's packets: Ethernet, IPv4 and IPv6, UDP, TCP, ICMP and DNS, as records
 * of a classic pcap file. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct endpoint {
    bool ipv6;
    uint16_t port;
    uint32_t network, host; /* of an IPv4 address the upper and the lower part, or'ed */
};

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_AAAA = 28, TYPE_DS = 43, TYPE_RRSIG = 46, TYPE_DNSKEY = 48 };

enum content {
    CONTENT_NONE, /* a query, or a response without records */
    CONTENT_ADDRESS,
    CONTENT_SIGNED_ADDRESS, /* with an RRSIG */
    CONTENT_REFERRAL,
    CONTENT_SIGNED_REFERRAL, /* with DS */
    CONTENT_KEYS,
};

struct message {
    uint16_t id, flags, type;
    uint32_t domain; /* its rank */
    uint8_t host;    /* a label before the domain's, see HOSTS */
    bool edns, dnssec_ok;
    enum content content;
};

#define HOSTS 8 /* 0: none, the domain itself */

enum layer { LAYER_UDP, LAYER_TCP, LAYER_UNREACHABLE };

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_PSH = 8, TCP_ACK = 16 };

struct packet {
    uint64_t time_us;
    enum layer layer;
    struct endpoint from, to; /* of LAYER_UNREACHABLE: of the query that it quotes */
    uint8_t tcp_flags;
    uint32_t sequence, acknowledged;
    bool has_message;
    struct message message;
};

void wire_begin(FILE *file);
void wire_write(FILE *file, const struct packet *packet);
/* Octets of the message, as TCP counts them. */
uint32_t wire_tcp_payload(const struct message *message);

#define SERVERS_OF_ZONE 2

/* An address of one of the domain's servers. */
struct endpoint wire_server(uint32_t domain, unsigned index, bool ipv6);

/* What mixes a number well enough to derive properties from. */
static inline uint32_t mix(uint32_t number)
{
    number ^= number >> 16;
    number *= 0x7feb352d;
    number ^= number >> 15;
    number *= 0x846ca68b;
    return number ^ number >> 16;
}

#endif
