/* Writes a capture of a resolver under attack, with genuine failures spread evenly amid it: each
 * is a client's question for www.genuineN.test., two servers that answer REFUSED, and the
 * SERVFAIL. Whatever the flood, they are to be found and blamed as without it.
 *
 * usage: flood KIND EVENTS GENUINE [SEED] > FILE.pcap */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_S 1790000000

enum { UDP = 17, TCP = 6, ICMP = 1 };
enum {
    QR = 0x8000,
    AA = 0x0400,
    RD = 0x0100,
    RA = 0x0080,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    REFUSED = 5
};
enum { A = 1, NS = 2, OPT = 41, RRSIG = 46 };
enum { SYN = 0x02, ACK = 0x10 };

struct endpoint {
    uint32_t address;
    uint16_t port;
};

static const struct endpoint resolver = {0xc0a80101, 53};
#define EGRESS 0xc6120001u

static uint64_t state, now_ns;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static uint16_t draw_port(void)
{
    return (uint16_t)(1024 + draw(64000));
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* Raw IPv4 with nanoseconds; a microsecond passes with each packet. */
static void emit_ip(uint32_t from, uint32_t to, uint8_t protocol, uint16_t id, uint16_t fragment,
                    const uint8_t *payload, size_t size)
{
    uint8_t header[20] = {0x45, [8] = 64, [9] = protocol};
    uint32_t record[4] = {(uint32_t)(now_ns / 1000000000), (uint32_t)(now_ns % 1000000000),
                          (uint32_t)(sizeof(header) + size), (uint32_t)(sizeof(header) + size)};

    put16(header + 2, (uint32_t)(sizeof(header) + size));
    put16(header + 4, id);
    put16(header + 6, fragment);
    put32(header + 12, from);
    put32(header + 16, to);
    fwrite(record, sizeof(record), 1, stdout);
    fwrite(header, sizeof(header), 1, stdout);
    fwrite(payload, size, 1, stdout);
    now_ns += 1000;
}

static size_t put_udp(uint8_t *datagram, struct endpoint from, struct endpoint to,
                      const uint8_t *message, size_t size)
{
    put16(datagram, from.port);
    put16(datagram + 2, to.port);
    put16(datagram + 4, (uint32_t)(8 + size));
    put16(datagram + 6, 0);
    memcpy(datagram + 8, message, size);
    return 8 + size;
}

static void emit(struct endpoint from, struct endpoint to, const uint8_t *message, size_t size)
{
    uint8_t datagram[1024];

    emit_ip(from.address, to.address, UDP, 0, 0, datagram,
            put_udp(datagram, from, to, message, size));
}

/* Presentation format without escapes, to wire format. Returns the size. */
static size_t put_name(uint8_t *to, const char *name)
{
    size_t at = 0;

    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        to[at] = (uint8_t)label;
        memcpy(to + at + 1, name, label);
        at += label + 1;
        name += label + (name[label] == '.');
    }
    to[at] = 0;
    return at + 1;
}

/* A message with the question `name` for A. */
static size_t make(uint8_t *message, uint16_t id, uint16_t flags, const char *name)
{
    size_t at = 12;

    memset(message, 0, at);
    put16(message, id);
    put16(message + 2, flags);
    put16(message + 4, 1);
    at += put_name(message + at, name);
    memcpy(message + at, "\0\1\0\1", 4);
    return at + 4;
}

enum section { ANSWER = 6, AUTHORITY = 8, ADDITIONAL = 10 }; /* where their count stands */

/* One record more, for an hour; sections in their order. Returns the message's new size. */
static size_t add(uint8_t *message, size_t at, enum section section, const char *owner,
                  uint16_t type, const uint8_t *rdata, size_t rdata_size)
{
    message[section + 1]++;
    at += put_name(message + at, owner);
    put16(message + at, type);
    put16(message + at + 2, 1);
    put32(message + at + 4, 3600);
    put16(message + at + 8, (uint32_t)rdata_size);
    memcpy(message + at + 10, rdata, rdata_size);
    return at + 10 + rdata_size;
}

static void say(struct endpoint from, struct endpoint to, uint16_t id, uint16_t flags,
                const char *name)
{
    uint8_t message[512];

    emit(from, to, message, make(message, id, flags, name));
}

/* A client's question, what servers say to it (rcode; < 0: nothing), and what the client gets. */
static void resolve(struct endpoint client, const char *name, const struct endpoint *servers,
                    unsigned server_count, int upstream_rcode, int rcode)
{
    uint16_t id = (uint16_t)draw(65536);

    say(client, resolver, id, RD, name);
    for (unsigned i = 0; i < server_count; i++) {
        struct endpoint egress = {EGRESS, draw_port()};
        uint16_t upstream_id = (uint16_t)draw(65536);

        say(egress, servers[i], upstream_id, 0, name);
        if (upstream_rcode >= 0)
            say(servers[i], egress, upstream_id, (uint16_t)(QR | upstream_rcode), name);
    }
    if (rcode >= 0)
        say(resolver, client, id, (uint16_t)(QR | RD | RA | rcode), name);
}

static void genuine(uint32_t number)
{
    const struct endpoint servers[2] = {{0x05010000 + 2 * number, 53},
                                        {0x05010001 + 2 * number, 53}};
    const struct endpoint client = {0x0a010000 + number, draw_port()};
    char name[64];

    snprintf(name, sizeof(name), "www.genuine%u.test", number);
    resolve(client, name, servers, 2, REFUSED, SERVFAIL);
}

static struct endpoint any_client(void)
{
    return (struct endpoint){0x0a800000 + draw(1 << 20), draw_port()};
}

static const struct endpoint victim = {0x05020001, 53};

/* Random names below one zone (water torture): asked, passed on, never answered. */
static void flood_names(void)
{
    char name[64];

    snprintf(name, sizeof(name), "%08x%08x.victim.test", draw(UINT32_MAX), draw(UINT32_MAX));
    resolve(any_client(), name, &victim, 1, -1, -1);
}

/* The same with zones and servers drawn at random, so that nobody holds much. */
static void flood_zones(void)
{
    const struct endpoint server = {0x06000000 + draw(1 << 24), 53};
    char name[64];

    snprintf(name, sizeof(name), "www.%08x%08x.test", draw(UINT32_MAX), draw(UINT32_MAX));
    resolve(any_client(), name, &server, 1, -1, -1);
}

/* SERVFAILs without end for random names below one zone, whose server refuses. */
static void flood_servfails(void)
{
    char name[64];

    snprintf(name, sizeof(name), "%08x%08x.victim.test", draw(UINT32_MAX), draw(UINT32_MAX));
    resolve(any_client(), name, &victim, 1, REFUSED, SERVFAIL);
}

/* The same, a zone and a server each. */
static void flood_failing_zones(void)
{
    const struct endpoint server = {0x06000000 + draw(1 << 24), 53};
    char name[64];

    snprintf(name, sizeof(name), "www.%08x%08x.test", draw(UINT32_MAX), draw(UINT32_MAX));
    resolve(any_client(), name, &server, 1, REFUSED, SERVFAIL);
}

/* Half-open connections to the resolver and from it. */
static void flood_connections(void)
{
    uint8_t segment[20] = {[12] = 0x50, [13] = SYN};
    struct endpoint client = any_client();
    bool upstream = draw(2);

    put16(segment, client.port);
    put16(segment + 2, 53);
    put32(segment + 4, draw(UINT32_MAX));
    if (upstream)
        emit_ip(EGRESS, 0x06000000 + draw(1 << 24), TCP, 0, 0, segment, sizeof(segment));
    else
        emit_ip(client.address, resolver.address, TCP, 0, 0, segment, sizeof(segment));
}

/* Connections that each carry the beginning of a message. */
static void flood_streams(void)
{
    uint8_t segment[20 + 600] = {[12] = 0x50, [13] = ACK};
    struct endpoint client = any_client();

    put16(segment, client.port);
    put16(segment + 2, 53);
    put32(segment + 4, draw(UINT32_MAX));
    put16(segment + 20, 60000);
    make(segment + 22, (uint16_t)draw(65536), RD, "www.example.test");
    emit_ip(client.address, resolver.address, TCP, 0, 0, segment, sizeof(segment));
}

/* First fragments of answers of which the rest never comes. */
static void flood_fragments(void)
{
    const struct endpoint egress = {EGRESS, draw_port()};
    const struct endpoint server = {0x06000000 + draw(1 << 24), 53};
    uint8_t message[1472] = {0}, datagram[1480];

    make(message, (uint16_t)draw(65536), QR | AA, "large.victim.test");
    put_udp(datagram, server, egress, message, sizeof(message));
    emit_ip(server.address, egress.address, UDP, (uint16_t)draw(65536), 0x2000, datagram,
            sizeof(datagram));
}

/* Answers that nobody asked for, to clients and to the resolver. */
static void flood_forged(void)
{
    const struct endpoint server = {0x06000000 + draw(1 << 24), 53};
    const struct endpoint egress = {EGRESS, draw_port()};
    char name[64];

    snprintf(name, sizeof(name), "%08x.victim.test", draw(UINT32_MAX));
    if (draw(2))
        say(server, egress, (uint16_t)draw(65536), QR | AA | (draw(2) ? NXDOMAIN : REFUSED), name);
    else
        say(resolver, any_client(), (uint16_t)draw(65536), QR | RD | RA | SERVFAIL, name);
}

/* ICMP errors about questions that nobody asked. */
static void flood_icmp(void)
{
    uint8_t error[8 + 20 + 512] = {3, 3}, *quoted = error + 8, message[484];
    const struct endpoint egress = {EGRESS, draw_port()};
    const struct endpoint server = {0x06000000 + draw(1 << 24), 53};
    size_t size = make(message, (uint16_t)draw(65536), 0, "www.victim.test");

    size = put_udp(quoted + 20, egress, server, message, size);
    quoted[0] = 0x45;
    put16(quoted + 2, (uint32_t)(20 + size));
    quoted[8] = 64;
    quoted[9] = UDP;
    put32(quoted + 12, egress.address);
    put32(quoted + 16, server.address);
    emit_ip(server.address, egress.address, ICMP, 0, 0, error, 28 + size);
}

/* A crowd of addresses that behave as resolvers do: they answer clients, and ask servers. */
static void flood_resolvers(void)
{
    const struct endpoint client = any_client(), server = {0x06000000 + draw(1 << 24), 53};
    const struct endpoint service = {0x0a700000 + draw(4096), 53};
    const struct endpoint egress = {0x0a700000 + draw(4096), draw_port()};
    uint16_t id = (uint16_t)draw(65536);
    char name[64];

    snprintf(name, sizeof(name), "www.%08x.test", draw(UINT32_MAX));
    say(client, service, id, RD, name);
    say(egress, server, id, 0, name);
    say(service, client, id, QR | RD | RA | NXDOMAIN, name);
}

/* An upstream query and, up to its records, its answer, which the caller finishes and emits. */
struct upstream {
    struct endpoint egress, server;
    uint8_t message[512];
    size_t size;
};

static struct upstream ask(struct endpoint server, uint16_t flags, const char *name)
{
    struct upstream upstream = {.egress = {EGRESS, draw_port()}, .server = server};
    uint16_t id = (uint16_t)draw(65536);

    say(upstream.egress, server, id, 0, name);
    upstream.size = make(upstream.message, id, QR | flags, name);
    return upstream;
}

static void answer(const struct upstream *upstream)
{
    emit(upstream->server, upstream->egress, upstream->message, upstream->size);
}

static void add_to(struct upstream *upstream, enum section section, const char *owner,
                   uint16_t type, const uint8_t *rdata, size_t rdata_size)
{
    upstream->size =
        add(upstream->message, upstream->size, section, owner, type, rdata, rdata_size);
}

/* They serve many zones each, so that it is the zones that are many. */
static struct endpoint any_hoster(void)
{
    return (struct endpoint){0x05040000 + draw(64), 53};
}

#define PARENT ((struct endpoint){0x05030002, 53})

/* The parent's referral to servers named nsN.ZONE. */
static void refer(const char *name, const struct endpoint *servers, unsigned server_count)
{
    struct upstream upstream = ask(PARENT, 0, name);
    const char *zone = strchr(name, '.') + 1;
    char names[2][64];
    uint8_t rdata[80];

    for (unsigned i = 0; i < server_count; i++) {
        snprintf(names[i], sizeof(names[i]), "ns%u.%s", i, zone);
        add_to(&upstream, AUTHORITY, zone, NS, rdata, put_name(rdata, names[i]));
    }
    for (unsigned i = 0; i < server_count; i++) {
        put32(rdata, servers[i].address);
        add_to(&upstream, ADDITIONAL, names[i], A, rdata, 4);
    }
    answer(&upstream);
}

static void refuse(const char *name, struct endpoint server)
{
    const struct upstream upstream = ask(server, REFUSED, name);

    answer(&upstream);
}

static void serve(const char *name, struct endpoint server)
{
    struct upstream upstream = ask(server, AA, name);

    add_to(&upstream, ANSWER, name, A, (const uint8_t *)"\xc0\0\2\1", 4);
    answer(&upstream);
}

/* Zones that are each delegated to two servers, of which one refuses and the other works. */
static void flood_delegations(void)
{
    const struct endpoint servers[2] = {any_hoster(), any_hoster()};
    char name[64];

    snprintf(name, sizeof(name), "www.%08x%08x.test", draw(UINT32_MAX), draw(UINT32_MAX));
    refer(name, servers, 2);
    refuse(name, servers[0]);
    serve(name, servers[1]);
}

/* Zones that are each delegated to a single server. */
static void flood_lonely_zones(void)
{
    const struct endpoint server = any_hoster();
    char name[64];

    snprintf(name, sizeof(name), "www.%08x%08x.test", draw(UINT32_MAX), draw(UINT32_MAX));
    refer(name, &server, 1);
    serve(name, server);
}

/* Zones whose signatures end in two days of thirty. */
static void flood_signatures(void)
{
    char name[64];
    uint8_t rdata[128] = {[1] = A, [2] = 13, [3] = 3, [6] = 0x0e, [7] = 0x10};
    uint32_t now_s = (uint32_t)(now_ns / 1000000000);
    struct upstream upstream;
    size_t size = 18;

    snprintf(name, sizeof(name), "www.%08x%08x.test", draw(UINT32_MAX), draw(UINT32_MAX));
    upstream = ask(any_hoster(), AA, name);
    put32(rdata + 8, now_s + 2 * 86400);
    put32(rdata + 12, now_s - 28 * 86400);
    put16(rdata + 16, draw(65536));
    size += put_name(rdata + size, strchr(name, '.') + 1);
    size += 64; /* zeros for a signature */
    add_to(&upstream, ANSWER, name, A, (const uint8_t *)"\xc0\0\2\1", 4);
    add_to(&upstream, ANSWER, name, RRSIG, rdata, size);
    answer(&upstream);
}

/* A crowd of resolvers that fail for clients, with extended errors that differ. */
static void flood_failing_resolvers(void)
{
    const struct endpoint client = any_client();
    const struct endpoint service = {0x0b000000 + draw(1 << 22), 53};
    struct endpoint egress = {service.address, draw_port()};
    uint16_t id = (uint16_t)draw(65536);
    uint8_t message[512], option[32] = {0, 15, 0, 14};
    char name[64], text[16];
    size_t size;

    snprintf(name, sizeof(name), "%08x.victim.test", draw(UINT32_MAX));
    say(client, service, id, RD, name);
    say(egress, victim, id, 0, name);
    say(victim, egress, id, QR | REFUSED, name);
    size = make(message, id, QR | RD | RA | SERVFAIL, name);
    put16(option + 4, draw(30));
    snprintf(text, sizeof(text), "%012x", draw(UINT32_MAX));
    memcpy(option + 6, text, 12);
    size = add(message, size, ADDITIONAL, "", OPT, option, 18);
    emit(service, client, message, size);
}

/* SERVFAILs out of random addresses that nobody asked. */
static void flood_forged_resolvers(void)
{
    const struct endpoint service = {0x0b000000 + draw(1 << 22), 53};
    char name[64];

    snprintf(name, sizeof(name), "%08x.victim.test", draw(UINT32_MAX));
    say(service, any_client(), (uint16_t)draw(65536), QR | RD | RA | SERVFAIL, name);
}

#define FAST 20000

static const struct kind {
    const char *name;
    void (*flood)(void);
    unsigned events_per_second;
} kinds[] = {
    {"names", flood_names, FAST},
    {"zones", flood_zones, FAST},
    {"servfails", flood_servfails, FAST},
    {"failing-zones", flood_failing_zones, FAST},
    {"connections", flood_connections, FAST},
    {"streams", flood_streams, FAST},
    {"fragments", flood_fragments, FAST},
    {"forged", flood_forged, FAST},
    {"icmp", flood_icmp, FAST},
    {"resolvers", flood_resolvers, FAST},
    /* Of those that fail only so many are looked into in a second. */
    {"delegations", flood_delegations, 32},
    {"lonely-zones", flood_lonely_zones, FAST},
    {"signatures", flood_signatures, FAST},
    {"failing-resolvers", flood_failing_resolvers, FAST},
    {"forged-resolvers", flood_forged_resolvers, FAST},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* Peace before the flood: the resolver's roles are known, and the capture is not new any more. */
static void healthy(void)
{
    const struct endpoint server = {0x05030001, 53};
    char name[64];

    for (uint32_t i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "www.healthy%u.test", i);
        resolve(any_client(), name, &server, 1, AA | NXDOMAIN, NXDOMAIN);
        now_ns += 500000000;
    }
}

int main(int argc, char **argv)
{
    static const struct pcap_file_header header = {0xa1b23c4d, 2, 4, 0, 0, 65535, 101};
    const struct kind *kind = argc > 3 ? find_kind(argv[1]) : NULL;
    uint64_t events = argc > 3 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t genuines = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    uint64_t event_ns;

    if (kind == NULL || events == 0 || genuines == 0 || genuines > events) {
        fprintf(stderr, "usage: flood KIND EVENTS GENUINE [SEED] > FILE.pcap\nkinds:");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            fprintf(stderr, " %s", kinds[i].name);
        fprintf(stderr, "\n");
        return 2;
    }
    event_ns = 1000000000 / kind->events_per_second;
    state = argc > 4 ? strtoull(argv[4], NULL, 10) | 1 : 88172645463325252;
    now_ns = (uint64_t)START_S * 1000000000;
    fwrite(&header, sizeof(header), 1, stdout);
    healthy();
    for (uint64_t i = 0; i < events; i++) {
        uint64_t begin_ns = now_ns;

        if (i % (events / genuines) == events / genuines / 2)
            genuine((uint32_t)(i / (events / genuines)));
        kind->flood();
        if (now_ns < begin_ns + event_ns)
            now_ns = begin_ns + event_ns;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
