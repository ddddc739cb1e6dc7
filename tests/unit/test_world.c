#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/answer.h"
#include "correlate/world.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/load.h"
#include "packets.h"
#include "samples.h"

#define MEMORY_BYTES (256u << 10)
#define ZONES        1000
#define NAME_BYTES   42

/* A response that is sent by this server. */
static void see(struct world *world, const struct wire_packet *packet, const char *qname,
                const char *server, unsigned time_s)
{
    struct event event = {.kind = EVENT_DNS, .time_ns = SECONDS(time_s)};
    const struct name name = sample_name(qname);
    struct answer answer;

    event.dns = (struct dns_message){.id = (uint16_t)(packet->bytes[0] << 8 | packet->bytes[1]),
                                     .flags = (uint16_t)(packet->bytes[2] << 8 | packet->bytes[3]),
                                     .qtype = load_u16(packet->bytes + 12 + name.size_bytes),
                                     .qclass = 1,
                                     .qname = name,
                                     .wire = packet->bytes,
                                     .size_bytes = (uint32_t)packet->size};
    for (unsigned i = 0; i < 4; i++)
        event.dns.counts[i] = packet->bytes[5 + 2 * i];
    event.dns.qname_hash = hash_bytes(event.dns.qname.bytes, event.dns.qname.size_bytes);
    event.flow.source = sample_address(server);
    answer_read(&answer, &event.dns);
    world_see_response(world, &event, &answer);
}

/* A referral to zone number `zone`, which has so many nameservers, all with long names. */
static void refer(struct world *world, unsigned zone, unsigned nameservers)
{
    static struct wire_packet packet;
    char qname[64];

    snprintf(qname, sizeof(qname), "zone%u.example.", zone);
    wire_dns(&packet, 1, DNS_QR, qname, TYPE_A, 0);
    wire_put_u16(packet.bytes + 8, nameservers);
    for (unsigned i = 0; i < nameservers; i++) {
        uint8_t record[] = "\xc0\x0c\0\2\0\1\0\0\0\x3c\0\x2c"
                           "\x29nameserver-with-a-name-of-forty-octets-00\xc0\x0c";

        record[52] = (uint8_t)('0' + i / 10);
        record[53] = (uint8_t)('0' + i % 10);
        wire_append(&packet, record, sizeof(record) - 1);
    }
    see(world, &packet, qname, "192.5.6.30", 1);
}

static unsigned names_of(const struct world *world, unsigned zone)
{
    char text[64];
    struct name name;
    const struct delegation *delegation;

    snprintf(text, sizeof(text), "zone%u.example.", zone);
    name = sample_name(text);
    delegation = world_delegation(world, name.bytes, name.size_bytes);
    return delegation ? delegation->name_count : 0;
}

/* However long ago its delegation was heard of. */
static void a_zone_that_is_asked_for_in_vain_outlives_the_others(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    struct name name = sample_name("zone0.example.");

    (void)state;
    assert_non_null(world);
    for (unsigned i = 0; i < ZONES; i++) {
        refer(world, i, 1);
        if (i % 20 == 0)
            world_keep_zone(world, hash_bytes(name.bytes, name.size_bytes), NULL,
                            SECONDS(20 * (i + 1)));
    }
    assert_int_equal(names_of(world, 0), 1);
    assert_int_equal(names_of(world, 1), 0);
    world_free(world);
}

/* However seldom that is. */
static void a_zone_that_failed_outlives_the_others_for_a_day(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    struct name name = sample_name("zone0.example.");
    uint64_t hash = hash_bytes(name.bytes, name.size_bytes);

    (void)state;
    assert_non_null(world);
    refer(world, 0, 1);
    refer(world, 1, 1);
    world_keep_zone(world, hash, NULL, SECONDS(1) - SECONDS(86000));
    for (unsigned i = 2; i < ZONES; i++)
        refer(world, i, 1);
    assert_int_equal(names_of(world, 0), 1);
    assert_int_equal(names_of(world, 1), 0);
    world_keep_zone(world, hash, NULL, SECONDS(1) - SECONDS(86400));
    for (unsigned i = ZONES; i < 2 * ZONES; i++)
        refer(world, i, 1);
    assert_int_equal(names_of(world, 0), 0);
    world_free(world);
}

/* Where all have failed there is room for others, too. */
static void zones_that_failed_do_not_stay_for_ever(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    for (unsigned i = 0; i < ZONES; i++) {
        char text[64];
        struct name name;

        refer(world, i, 1);
        assert_int_equal(names_of(world, i), 1);
        snprintf(text, sizeof(text), "zone%u.example.", i);
        name = sample_name(text);
        world_keep_zone(world, hash_bytes(name.bytes, name.size_bytes), NULL, SECONDS(1));
    }
    world_free(world);
}

/* It has no records that would tell of a zone. */
static void answer_nothing(struct world *world, const char *qname, unsigned id, unsigned time_s)
{
    static struct wire_packet packet;

    wire_dns(&packet, id, DNS_QR | DNS_AA, qname, TYPE_A, 0);
    see(world, &packet, qname, "192.0.2.1", time_s);
}

/* Although nobody is referred there again. */
static void a_zone_that_answers_outlives_the_others(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    for (unsigned i = 0; i < ZONES; i++) {
        refer(world, i, 1);
        answer_nothing(world, "www.zone0.example.", i, 20 * (i + 1));
    }
    assert_int_equal(names_of(world, 0), 1);
    assert_int_equal(names_of(world, 1), 0);
    world_free(world);
}

static void zones_that_grow_push_others_out(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    unsigned known = 0, names = 0;

    (void)state;
    assert_non_null(world);
    for (unsigned i = 0; i < ZONES; i++)
        refer(world, i, 1);
    for (unsigned i = 0; i < ZONES; i++) {
        if (names_of(world, i) == 0)
            continue;
        known++;
        refer(world, i, REFERRAL_NAMES_MAX);
    }
    for (unsigned i = 0; i < ZONES; i++)
        names += names_of(world, i);
    assert_in_range(known, 100, ZONES);
    assert_true(names > known / 2);
    assert_true(names * NAME_BYTES < MEMORY_BYTES / 2); /* no more than their part of it */
    world_free(world);
}

/* A referral to a zone that has one nameserver, ns in it, and its glue. */
static void refer_with_glue(struct world *world, const char *zone, const char *from,
                            const char *glue, unsigned time_s)
{
    static struct wire_packet packet;
    struct address address = sample_address(glue);
    uint8_t owner[] = {0xc0, 0};

    wire_dns(&packet, 1, DNS_QR, zone, TYPE_A, 0);
    wire_put_u16(packet.bytes + 8, 1);
    wire_put_u16(packet.bytes + 10, 1);
    owner[1] = (uint8_t)(packet.size + 12);
    wire_append(&packet, "\xc0\x0c\0\2\0\1\0\0\0\x3c\0\5\2ns\xc0\x0c", 17);
    wire_append(&packet, owner, sizeof(owner));
    wire_append(&packet, "\0\1\0\1\0\0\0\x3c\0\4", 10);
    wire_append(&packet, address.bytes + 12, 4);
    see(world, &packet, zone, from, time_s);
}

static void assert_glue(const struct world *world, const char *expected)
{
    struct name zone = sample_name("example.com.");
    const struct delegation *delegation = world_delegation(world, zone.bytes, zone.size_bytes);
    struct address address = sample_address(expected);

    assert_non_null(delegation);
    assert_int_equal(delegation->glue_count, 1);
    assert_true(address_equal(&delegation->glue[0].address, &address));
}

static void a_referral_that_differs_replaces_the_one_before(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 2);
    assert_glue(world, "192.0.2.1");
    refer_with_glue(world, "example.com.", "192.5.6.31", "192.0.2.2", 3);
    assert_glue(world, "192.0.2.2");
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 4);
    assert_glue(world, "192.0.2.1");
    world_free(world);
}

static void who_only_repeats_a_referral_to_itself_has_no_say_in_it(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    refer_with_glue(world, "example.com.", "192.0.2.1", "192.0.2.1", 2);
    refer_with_glue(world, "example.com.", "192.0.2.1", "192.0.2.66", 3);
    assert_glue(world, "192.0.2.1");
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.2", 4);
    assert_glue(world, "192.0.2.2");
    world_free(world);
}

/* An address with authority, and "example.com. NS other.example.com." beside it. */
static void name_other_server(struct world *world, const char *qname, const char *from,
                              unsigned time_s)
{
    static struct wire_packet packet;
    const uint8_t zone[] = {0xc0, (uint8_t)(12 + strlen(qname) - strlen("example.com."))};

    wire_dns(&packet, 1, DNS_QR | DNS_AA, qname, TYPE_A, 0);
    wire_put_u16(packet.bytes + 6, 1);
    wire_put_u16(packet.bytes + 8, 1);
    wire_append(&packet, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 16);
    wire_append(&packet, zone, sizeof(zone));
    wire_append(&packet, "\0\2\0\1\0\0\0\x3c\0\x8\5other", 16);
    wire_append(&packet, zone, sizeof(zone));
    see(world, &packet, qname, from, time_s);
}

static void assert_first_server(const struct world *world, const char *expected)
{
    struct name zone = sample_name("example.com."), name = sample_name(expected);
    const struct delegation *delegation = world_delegation(world, zone.bytes, zone.size_bytes);
    const uint8_t *bytes;

    assert_non_null(delegation);
    assert_int_equal(delegation_name(delegation, 0, &bytes), name.size_bytes);
    assert_memory_equal(bytes, name.bytes, name.size_bytes);
}

static void a_zone_s_own_word_on_its_servers_counts_until_its_parent_s_next(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    struct name zone = sample_name("example.com.");
    struct address server = sample_address("192.0.2.1");

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    assert_first_server(world, "ns.example.com.");
    name_other_server(world, "www.example.com.", "192.0.2.1", 2);
    assert_first_server(world, "other.example.com.");
    assert_true(world_serves(world, &server, hash_bytes(zone.bytes, zone.size_bytes)));
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 3);
    assert_first_server(world, "ns.example.com.");
    name_other_server(world, "www.example.com.", "192.0.2.1", 4);
    assert_first_server(world, "other.example.com.");
    world_free(world);
}

static void a_zone_below_has_no_word_on_the_servers_above(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    refer_with_glue(world, "sub.example.com.", "192.0.2.1", "192.0.2.66", 2);
    name_other_server(world, "www.sub.example.com.", "192.0.2.66", 3);
    assert_first_server(world, "ns.example.com.");
    world_free(world);
}

/* "ns.example.com. A", which the number makes one of many. */
static void answer_address(struct world *world, const char *qname, unsigned number)
{
    static struct wire_packet packet;
    const uint8_t octet = (uint8_t)number;

    wire_dns(&packet, 1, DNS_QR | DNS_AA, qname, TYPE_A, 0);
    wire_put_u16(packet.bytes + 6, 1);
    wire_append(&packet, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2", 15);
    wire_append(&packet, &octet, 1);
    see(world, &packet, qname, "192.0.2.53", 1);
}

static void the_latest_addresses_of_nameservers_alone_are_remembered(void **state)
{
    struct name host = sample_name("ns.example.com."), other = sample_name("www.example.com.");
    struct address first_kept = sample_address("192.0.2.3");
    struct world *world = world_new(MEMORY_BYTES);
    const struct host *known;

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    for (unsigned number = 1; number <= HOST_ADDRESSES_MAX + 2; number++) {
        answer_address(world, "ns.example.com.", number);
        answer_address(world, "ns.example.com.", number); /* no address twice */
        answer_address(world, "www.example.com.", number);
    }
    known = world_host(world, host.bytes, host.size_bytes);
    assert_non_null(known);
    assert_int_equal(known->count, HOST_ADDRESSES_MAX);
    assert_true(address_equal(&known->addresses[0], &first_kept));
    assert_null(world_host(world, other.bytes, other.size_bytes));
    world_free(world);
}

/* A referral to zone number `zone`, whose nameserver many others have, too. */
static void refer_to_hoster(struct world *world, unsigned zone)
{
    static struct wire_packet packet;
    char qname[64];

    snprintf(qname, sizeof(qname), "zone%u.example.", zone);
    wire_dns(&packet, 1, DNS_QR, qname, TYPE_A, 0);
    wire_put_u16(packet.bytes + 8, 1);
    wire_append(&packet, "\xc0\x0c\0\2\0\1\0\0\0\x3c\0\x10\2ns\7example\3com", 28);
    see(world, &packet, qname, "192.5.6.30", 1);
}

static void a_nameserver_of_many_zones_outlives_the_others(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    struct name hoster = sample_name("ns.example.com.");

    (void)state;
    assert_non_null(world);
    refer_to_hoster(world, 0);
    answer_address(world, "ns.example.com.", 1);
    for (unsigned i = 1; i < 2 * ZONES; i++)
        if (i % 20 == 0)
            refer_to_hoster(world, i);
        else
            refer(world, i, 1);
    assert_non_null(world_host(world, hoster.bytes, hoster.size_bytes));
    assert_int_equal(world_host(world, hoster.bytes, hoster.size_bytes)->count, 1);
    world_free(world);
}

/* What the referral itself says need not be learned. */
static void glue_pushes_no_learned_address_out(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    struct name hoster = sample_name("ns.example.com.");
    char zone[64];

    (void)state;
    assert_non_null(world);
    refer_to_hoster(world, 0);
    answer_address(world, "ns.example.com.", 1);
    for (unsigned i = 1; i < 3 * ZONES; i++) {
        snprintf(zone, sizeof(zone), "zone%u.example.", i);
        refer_with_glue(world, zone, "192.5.6.30", "192.0.2.1", 1);
    }
    assert_non_null(world_host(world, hoster.bytes, hoster.size_bytes));
    world_free(world);
}

static unsigned zone_labels(const struct world *world, const char *server, const char *text)
{
    struct address address = sample_address(server);
    struct name name = sample_name(text);
    uint64_t ancestors[ANCESTORS_MAX];

    return world_zone_labels(world, &address, ancestors, world_ancestors(&name, ancestors));
}

static void who_serves_a_zone_is_known_when_its_delegation_is_forgotten(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "zone0.example.", "192.5.6.30", "192.0.2.1", 1);
    for (unsigned i = 1; i < ZONES; i++)
        refer(world, i, 1);
    assert_int_equal(names_of(world, 0), 0);
    assert_int_equal(zone_labels(world, "192.0.2.1", "www.zone0.example."), 2);
    assert_int_equal(zone_labels(world, "192.0.2.2", "www.zone0.example."), LABELS_UNKNOWN);
    assert_int_equal(zone_labels(world, "192.0.2.1", "www.zone1.example."), LABELS_UNKNOWN);
    world_free(world);
}

/* "www.example.com. NS": an alias for the zone, and its nameserver. */
static void what_an_alias_leads_to_makes_it_no_zone(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    static struct wire_packet packet;

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "example.com.", "192.5.6.30", "192.0.2.1", 1);
    wire_dns(&packet, 1, DNS_QR | DNS_AA, "www.example.com.", TYPE_NS, 0);
    wire_put_u16(packet.bytes + 6, 2);
    wire_append(&packet, "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\2\xc0\x10", 14);
    wire_append(&packet, "\xc0\x10\0\2\0\1\0\0\0\x3c\0\5\2ns\xc0\x10", 17);
    see(world, &packet, "www.example.com.", "192.0.2.1", 2);
    assert_int_equal(zone_labels(world, "192.0.2.1", "a.www.example.com."), 2);
    world_free(world);
}

/* Of one party's many zones most are forgotten at all: they push nothing else out. */
static void what_a_flood_pushes_out_is_its_own(void **state)
{
    struct world *world = world_new(MEMORY_BYTES);
    char text[64];

    (void)state;
    assert_non_null(world);
    refer_with_glue(world, "zone0.example.", "192.5.6.30", "192.0.2.1", 1);
    for (unsigned i = 1; i < ZONES; i++)
        refer(world, i, 1);
    for (unsigned i = 0; i < 20 * ZONES; i++) {
        snprintf(text, sizeof(text), "x%u.flood.example.", i);
        refer_with_glue(world, text, "192.5.6.30", "192.0.2.66", 1);
    }
    assert_int_equal(zone_labels(world, "192.0.2.1", "www.zone0.example."), 2);
    assert_int_equal(zone_labels(world, "192.0.2.66", "www.x0.flood.example."), LABELS_UNKNOWN);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_that_is_asked_for_in_vain_outlives_the_others),
        cmocka_unit_test(a_zone_that_failed_outlives_the_others_for_a_day),
        cmocka_unit_test(zones_that_failed_do_not_stay_for_ever),
        cmocka_unit_test(a_zone_that_answers_outlives_the_others),
        cmocka_unit_test(a_nameserver_of_many_zones_outlives_the_others),
        cmocka_unit_test(glue_pushes_no_learned_address_out),
        cmocka_unit_test(who_serves_a_zone_is_known_when_its_delegation_is_forgotten),
        cmocka_unit_test(what_a_flood_pushes_out_is_its_own),
        cmocka_unit_test(what_an_alias_leads_to_makes_it_no_zone),
        cmocka_unit_test(zones_that_grow_push_others_out),
        cmocka_unit_test(a_referral_that_differs_replaces_the_one_before),
        cmocka_unit_test(a_zone_s_own_word_on_its_servers_counts_until_its_parent_s_next),
        cmocka_unit_test(a_zone_below_has_no_word_on_the_servers_above),
        cmocka_unit_test(who_only_repeats_a_referral_to_itself_has_no_say_in_it),
        cmocka_unit_test(the_latest_addresses_of_nameservers_alone_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
