/* A scene: a resolver with its clients and servers, played packet by packet through decoder and
 * correlator. Messages are written as text and go through ldns into raw IP frames, so that what is
 * tested is what a capture would give. Times are milliseconds since the scene's beginning. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/correlator.h"
#include "decode/codes.h"
#include "decode/decoder.h"

#define CLIENT   "192.168.7.7"
#define CLIENT2  "192.168.7.8"
#define RESOLVER "192.168.7.1"
#define EGRESS   "5.5.5.5"
#define ROOT     "198.41.0.4"
#define TLD      "192.5.6.30"
#define NS1      "9.1.1.1"
#define NS2      "9.2.2.2"
#define OTHER    "9.9.1.1"

#define SCENE_BEGIN_NS INT64_C(1790000000000000000)
#define INCIDENTS_MAX  64

struct scene {
    struct decoder *decoder;
    struct correlator *correlator;
    uint64_t frame;
    uint16_t next_port;
    const char *egress;
    struct incident incidents[INCIDENTS_MAX];
    unsigned incident_count;
    struct minute_counters minutes[64];
    unsigned minute_count;
    struct outage_change outages[16];
    unsigned outage_count;
    struct signature_sight signatures[16];
    unsigned signature_count;
    struct delegation_sight delegations[16];
    unsigned delegation_count;
};

/* A question on its way: what is needed to answer it. */
struct ask {
    const char *from, *to;
    uint16_t port, id, qtype, flags;
    const char *qname;
};

static inline struct scene *scene_new(const struct correlator_options *given)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct decoder_options decoder_options = {0};
    struct correlator_options options = {.grace_ns = -1, .memory_bytes = 64 << 20};

    if (given)
        options = *given;
    scene->decoder = decoder_new(&decoder_options);
    scene->correlator = correlator_new(&options);
    scene->next_port = 20000;
    scene->egress = RESOLVER;
    assert_non_null(scene->decoder);
    assert_non_null(scene->correlator);
    return scene;
}

static inline void scene_free(struct scene *scene)
{
    decoder_free(scene->decoder);
    correlator_free(scene->correlator);
    free(scene);
}

static inline void scene_drain(struct scene *scene)
{
    const struct finding *finding;

    while ((finding = correlator_next(scene->correlator)) != NULL) {
        if (finding->kind == FINDING_INCIDENT && scene->incident_count < INCIDENTS_MAX)
            scene->incidents[scene->incident_count++] = finding->incident;
        if (finding->kind == FINDING_MINUTE && scene->minute_count < 64)
            scene->minutes[scene->minute_count++] = finding->minute;
        if (finding->kind == FINDING_OUTAGE && scene->outage_count < 16)
            scene->outages[scene->outage_count++] = finding->outage;
        if (finding->kind == FINDING_SIGNATURE && scene->signature_count < 16)
            scene->signatures[scene->signature_count++] = finding->signature;
        if (finding->kind == FINDING_DELEGATION && scene->delegation_count < 16)
            scene->delegations[scene->delegation_count++] = finding->delegation;
    }
}

static inline void scene_end(struct scene *scene)
{
    const struct event *event;

    decoder_finish(scene->decoder);
    while ((event = decoder_next(scene->decoder)) != NULL)
        correlator_feed(scene->correlator, event);
    correlator_finish(scene->correlator);
    scene_drain(scene);
}

static inline void scene_put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* IP header for `size` octets of payload; returns its size. */
static inline size_t scene_ip(uint8_t *packet, const char *from, const char *to, uint8_t protocol,
                              size_t size)
{
    struct address source, destination;

    assert_int_equal(address_from_text(&source, from), 0);
    assert_int_equal(address_from_text(&destination, to), 0);
    if (address_is_ipv4(&source)) {
        memset(packet, 0, 20);
        packet[0] = 0x45;
        scene_put16(packet + 2, 20 + size);
        packet[8] = 64;
        packet[9] = protocol;
        memcpy(packet + 12, source.bytes + 12, 4);
        memcpy(packet + 16, destination.bytes + 12, 4);
        return 20;
    }
    memset(packet, 0, 40);
    packet[0] = 0x60;
    scene_put16(packet + 4, size);
    packet[6] = protocol;
    packet[7] = 64;
    memcpy(packet + 8, source.bytes, 16);
    memcpy(packet + 24, destination.bytes, 16);
    return 40;
}

static inline void scene_frame(struct scene *scene, const uint8_t *packet, size_t size,
                               int64_t at_ms)
{
    const struct event *event;
    struct frame frame = {.time_ns = SCENE_BEGIN_NS + at_ms * 1000000,
                          .bytes = packet,
                          .size_bytes = (uint32_t)size,
                          .wire_bytes = (uint32_t)size,
                          .link_type = 101,
                          .number = ++scene->frame};

    decoder_feed(scene->decoder, &frame, 1);
    while ((event = decoder_next(scene->decoder)) != NULL) {
        correlator_feed(scene->correlator, event);
        scene_drain(scene);
    }
}

static inline void scene_udp(struct scene *scene, const char *from, uint16_t from_port,
                             const char *to, uint16_t to_port, const uint8_t *message, size_t size,
                             int64_t at_ms)
{
    uint8_t packet[4096];
    size_t at = scene_ip(packet, from, to, 17, size + 8);

    scene_put16(packet + at, from_port);
    scene_put16(packet + at + 2, to_port);
    scene_put16(packet + at + 4, size + 8);
    scene_put16(packet + at + 6, 0);
    memcpy(packet + at + 8, message, size);
    scene_frame(scene, packet, at + 8 + size, at_ms);
}

static inline void scene_add_rr(ldns_pkt *packet, const char *text)
{
    ldns_pkt_section section = LDNS_SECTION_ANSWER;
    ldns_rr *rr = NULL;

    if (strncmp(text, "auth ", 5) == 0) {
        section = LDNS_SECTION_AUTHORITY;
        text += 5;
    } else if (strncmp(text, "add ", 4) == 0) {
        section = LDNS_SECTION_ADDITIONAL;
        text += 4;
    }
    assert_int_equal(ldns_rr_new_frm_str(&rr, text, 300, NULL, NULL), LDNS_STATUS_OK);
    ldns_pkt_push_rr(packet, section, rr);
}

static inline size_t scene_message(uint8_t *wire, const struct ask *ask, uint16_t flags,
                                   const char *const *records, int ede)
{
    ldns_pkt *packet = ldns_pkt_new();
    ldns_rr *question = ldns_rr_new();
    uint8_t *built;
    size_t size;

    ldns_rr_set_owner(question, ldns_dname_new_frm_str(ask->qname));
    ldns_rr_set_type(question, (ldns_rr_type)ask->qtype);
    ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
    ldns_rr_set_question(question, true);
    ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
    for (; records && *records; records++)
        scene_add_rr(packet, *records);
    assert_int_equal(ldns_pkt2wire(&built, packet, &size), LDNS_STATUS_OK);
    memcpy(wire, built, size);
    free(built);
    ldns_pkt_free(packet);
    scene_put16(wire, ask->id);
    scene_put16(wire + 2, flags);
    if (ede >= 0) {
        static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2};

        memcpy(wire + size, opt, sizeof(opt));
        scene_put16(wire + size + sizeof(opt), (size_t)ede);
        size += sizeof(opt) + 2;
        scene_put16(wire + 10, (size_t)(wire[10] << 8 | wire[11]) + 1);
    }
    return size;
}

static inline struct ask ask(struct scene *scene, const char *from, const char *to,
                             const char *qname, uint16_t qtype, uint16_t flags, int64_t at_ms)
{
    struct ask it = {from,  to,   scene->next_port, (uint16_t)(scene->next_port * 7u), qtype,
                     flags, qname};
    uint8_t wire[512];
    size_t size = scene_message(wire, &it, flags, NULL, -1);

    scene->next_port++;
    scene_udp(scene, from, it.port, to, 53, wire, size, at_ms);
    return it;
}

static inline struct ask client_asks(struct scene *scene, const char *qname, uint16_t qtype,
                                     int64_t at_ms)
{
    return ask(scene, CLIENT, RESOLVER, qname, qtype, DNS_RD, at_ms);
}

/* With EDNS, as resolvers do. */
static inline struct ask asks_with_edns(struct scene *scene, const char *server, const char *qname,
                                        uint16_t qtype, int64_t at_ms)
{
    static const uint8_t opt[] = {0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};
    struct ask it = {
        scene->egress, server, scene->next_port, (uint16_t)(scene->next_port * 7u), qtype, 0,
        qname};
    uint8_t wire[512];
    size_t size = scene_message(wire, &it, 0, NULL, -1);

    scene->next_port++;
    memcpy(wire + size, opt, sizeof(opt));
    wire[11] = 1;
    scene_udp(scene, it.from, it.port, server, 53, wire, size + sizeof(opt), at_ms);
    return it;
}

/* The resolver asks upstream; `server` may be an IPv6 address, then so is the source. */
static inline struct ask asks(struct scene *scene, const char *server, const char *qname,
                              uint16_t qtype, int64_t at_ms)
{
    return ask(scene, strchr(server, ':') ? "2a00::5" : scene->egress, server, qname, qtype, 0,
               at_ms);
}

static inline void answers(struct scene *scene, const struct ask *it, uint16_t flags,
                           const char *const *records, int64_t at_ms)
{
    uint8_t wire[2048];
    size_t size = scene_message(wire, it, flags | DNS_QR | (it->flags & DNS_RD), records, -1);

    scene_udp(scene, it->to, 53, it->from, it->port, wire, size, at_ms);
}

static inline void refers(struct scene *scene, const struct ask *it, const char *const *records,
                          int64_t at_ms)
{
    answers(scene, it, 0, records, at_ms);
}

static inline void fails(struct scene *scene, const struct ask *it, int ede, int64_t at_ms)
{
    uint8_t wire[2048];
    size_t size = scene_message(
        wire, it, DNS_QR | DNS_RD | DNS_RA | RCODE_SERVFAIL | (it->flags & DNS_CD), NULL, ede);

    scene_udp(scene, it->to, 53, it->from, it->port, wire, size, at_ms);
}

/* ICMP destination unreachable with this code, quoting the query as far as `quoted` octets of it.
 */
static inline void rejects(struct scene *scene, const struct ask *it, uint8_t code, size_t quoted,
                           int64_t at_ms)
{
    uint8_t packet[1024], wire[512];
    size_t size = scene_message(wire, it, it->flags, NULL, -1), at, inner;

    if (quoted < size)
        size = quoted;
    at = scene_ip(packet, it->to, it->from, 1, 8 + 28 + size);
    memset(packet + at, 0, 8);
    packet[at] = 3;
    packet[at + 1] = code;
    inner = at + 8;
    inner += scene_ip(packet + inner, it->from, it->to, 17, 8 + size);
    scene_put16(packet + inner, it->port);
    scene_put16(packet + inner + 2, 53);
    scene_put16(packet + inner + 4, 8 + size);
    scene_put16(packet + inner + 6, 0);
    memcpy(packet + inner + 8, wire, size);
    scene_frame(scene, packet, inner + 8 + size, at_ms);
}

#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_RST 0x14 /* with ACK */

static inline void scene_tcp(struct scene *scene, const char *from, uint16_t from_port,
                             const char *to, uint16_t to_port, uint8_t flags, int64_t at_ms)
{
    uint8_t packet[64];
    size_t at = scene_ip(packet, from, to, 6, 20);

    memset(packet + at, 0, 20);
    scene_put16(packet + at, from_port);
    scene_put16(packet + at + 2, to_port);
    packet[at + 12] = 0x50;
    packet[at + 13] = flags;
    scene_frame(scene, packet, at + 20, at_ms);
}

#define RECORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The way down to example.com, whose servers are NS1 and NS2. */
#define EXAMPLE_REFERRAL                                                                           \
    RECORDS("auth example.com. 300 IN NS ns1.example.com.",                                        \
            "auth example.com. 300 IN NS ns2.example.com.", "add ns1.example.com. 300 IN A " NS1,  \
            "add ns2.example.com. 300 IN A " NS2)

static inline void walks_to_example(struct scene *scene, const char *qname, int64_t at_ms)
{
    struct ask root = asks(scene, ROOT, qname, TYPE_A, at_ms);
    struct ask tld;

    refers(
        scene, &root,
        RECORDS("auth com. 300 IN NS a.gtld-servers.net.", "add a.gtld-servers.net. 300 IN A " TLD),
        at_ms + 5);
    tld = asks(scene, TLD, qname, TYPE_A, at_ms + 6);
    refers(scene, &tld, EXAMPLE_REFERRAL, at_ms + 11);
}

static inline const struct incident *only_incident(struct scene *scene)
{
    scene_end(scene);
    assert_int_equal(scene->incident_count, 1);
    return &scene->incidents[0];
}

static inline void assert_cause(const struct incident *incident, const char *code)
{
    if (strcmp(cause_code(incident->cause), code) != 0)
        print_message("%s\n", incident->explanation);
    assert_string_equal(cause_code(incident->cause), code);
}

static inline void assert_zone(const struct incident *incident, const char *zone)
{
    char text[NAME_TEXT_SIZE];

    assert_string_equal(name_to_text(incident->zone.bytes, incident->zone.size_bytes, text), zone);
}

static inline bool blames(const struct incident *incident, const char *server)
{
    struct address address;

    assert_int_equal(address_from_text(&address, server), 0);
    for (unsigned i = 0; i < incident->server_count; i++)
        if (address_equal(&incident->servers[i].address, &address))
            return true;
    return false;
}

#endif
