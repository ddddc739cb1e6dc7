#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packets.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct wire_packet packet;

static void question(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "www.example.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 17);
}

static void question_over_ipv6(void)
{
    wire_dns(&packet, 0x1234, 0x0100, "www.example.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::53", 17);
}

static void outer_ipv4(unsigned protocol)
{
    layer_ipv4(&packet, "203.0.113.1", "203.0.113.2", protocol);
}

static void outer_udp(unsigned port)
{
    layer_udp(&packet, 50505, port);
    outer_ipv4(17);
}

static void gre(unsigned flags, unsigned type, size_t options)
{
    uint8_t *header = wire_prepend(&packet, 4 + options);

    memset(header, 0xa5, 4 + options);
    wire_put_u16(header, flags);
    wire_put_u16(header + 2, type);
    outer_ipv4(47);
}

static void gre_plain(void)
{
    gre(0, 0x0800, 0);
}

static void gre_with_key(void)
{
    gre(0x2000, 0x0800, 4);
}

static void gre_with_all_options(void)
{
    gre(0xb000, 0x0800, 12);
}

static void gre_with_routing(void)
{
    memcpy(wire_prepend(&packet, 20), "\x08\0\0\x04\xc0\0\2\1\0\0\0\x04zero\0\0\0\0", 20);
    gre(0x4000, 0x0800, 4);
}

static void gre_bridging(void)
{
    layer_ethernet(&packet, 0x0800);
    gre(0x2000, 0x6558, 4); /* NVGRE */
}

static void gre_over_ipv6(void)
{
    wire_put_u16(wire_prepend(&packet, 4) + 2, 0x0800);
    layer_ipv6(&packet, "2001:db8:ffff::1", "2001:db8:ffff::2", 47);
}

static void gre_of_ipv6(void)
{
    question_over_ipv6();
    gre(0, 0x86dd, 0);
}

static void erspan_i(void)
{
    layer_ethernet(&packet, 0x0800);
    gre(0, 0x88be, 0);
}

static void erspan_ii(void)
{
    layer_vlan(&packet, 0x0800);
    layer_ethernet(&packet, 0x8100);
    wire_put_u32(wire_prepend(&packet, 8), 0x100a1801);
    gre(0x1000, 0x88be, 4);
}

static void erspan_iii(void)
{
    layer_ethernet(&packet, 0x0800);
    wire_put_u32(wire_prepend(&packet, 12), 0x200a0001);
    gre(0x1000, 0x22eb, 4);
}

static void erspan_iii_with_subheader(void)
{
    layer_ethernet(&packet, 0x0800);
    wire_put_u32(wire_prepend(&packet, 20), 0x200a0001);
    packet.bytes[11] = 1;
    gre(0x1000, 0x22eb, 4);
}

static void erspan_iii_of_ip(void)
{
    wire_put_u32(wire_prepend(&packet, 12), 0x200a0001);
    packet.bytes[10] = 2 << 2;
    gre(0x1000, 0x22eb, 4);
}

static void vxlan(void)
{
    layer_ethernet(&packet, 0x0800);
    memcpy(wire_prepend(&packet, 8), "\x08\0\0\0\0\0\x2a", 8);
    outer_udp(4789);
}

static void vxlan_of_old_linux(void)
{
    layer_ethernet(&packet, 0x0800);
    memcpy(wire_prepend(&packet, 8), "\x88\0\0\x07\0\0\x2a", 8); /* with a group policy */
    outer_udp(8472);
}

static void geneve(void)
{
    layer_ethernet(&packet, 0x0800);
    memcpy(wire_prepend(&packet, 8), "\0\0\x65\x58\0\0\x2a", 8);
    outer_udp(6081);
}

static void geneve_with_options_of_ip(void)
{
    memcpy(wire_prepend(&packet, 20), "\x03\x40\x08\0\0\0\x2a\0\1\2\x83\2critical", 20);
    outer_udp(6081);
}

static void ip_in_ip(void)
{
    outer_ipv4(4);
}

static void six_in_four(void)
{
    question_over_ipv6();
    outer_ipv4(41);
}

static void four_in_six(void)
{
    layer_ipv6(&packet, "2001:db8:ffff::1", "2001:db8:ffff::2", 4);
}

static void four_in_six_behind_options(void)
{
    layer_extension(&packet, 4, 8); /* RFC 2473's encapsulation limit */
    layer_ipv6(&packet, "2001:db8:ffff::1", "2001:db8:ffff::2", 60);
}

static void six_in_six(void)
{
    question_over_ipv6();
    layer_ipv6(&packet, "2001:db8:ffff::1", "2001:db8:ffff::2", 41);
}

static void teredo(void)
{
    question_over_ipv6();
    outer_udp(3544);
}

static void teredo_with_authentication_and_origin(void)
{
    question_over_ipv6();
    memcpy(wire_prepend(&packet, 8), "\0\0\x12\x34\xc0\0\2\1", 8);
    memcpy(wire_prepend(&packet, 4 + 3 + 2 + 9), "\0\1\3\2", 4);
    outer_udp(3544);
}

static void tzsp(void)
{
    layer_ethernet(&packet, 0x0800);
    memcpy(wire_prepend(&packet, 5), "\1\0\0\1\1", 5);
    outer_udp(37008);
}

static void tzsp_with_tags(void)
{
    layer_ethernet(&packet, 0x0800);
    memcpy(wire_prepend(&packet, 14), "\1\0\0\1\0\x0a\1\x99\x29\2\5\xdc\0\1", 14);
    outer_udp(37008);
}

/* A user's packet in a mobile network: flags, and what they announce behind the mandatory header.
 */
static void gtp(unsigned flags, const char *options, size_t size)
{
    uint8_t *header;

    memcpy(wire_prepend(&packet, size), options, size);
    header = wire_prepend(&packet, 8);
    header[0] = (uint8_t)flags;
    header[1] = 255;
    wire_put_u16(header + 2, (unsigned)packet.size - 8);
    wire_put_u32(header + 4, 0x2a);
    outer_udp(2152);
}

static void gtp_plain(void)
{
    gtp(0x30, "", 0);
}

static void gtp_with_sequence_number(void)
{
    gtp(0x32, "\0\7\0\0", 4);
}

static void gtp_with_extension_headers(void)
{
    question_over_ipv6();
    gtp(0x36, "\0\7\0\x85\1\0\5\xc0\1\0\x99\0", 12); /* 5G's container, a PDCP number */
}

static const struct wrapping {
    const char *name;
    void (*wrap)(void);
} wrappings[] = {
    {"GRE", gre_plain},
    {"GRE with a key", gre_with_key},
    {"GRE with checksum, key and sequence number", gre_with_all_options},
    {"GRE with source routes", gre_with_routing},
    {"GRE with Ethernet", gre_bridging},
    {"GRE over IPv6", gre_over_ipv6},
    {"GRE of IPv6", gre_of_ipv6},
    {"ERSPAN I", erspan_i},
    {"ERSPAN II", erspan_ii},
    {"ERSPAN III", erspan_iii},
    {"ERSPAN III with a platform subheader", erspan_iii_with_subheader},
    {"ERSPAN III of IP", erspan_iii_of_ip},
    {"VXLAN", vxlan},
    {"VXLAN on Linux's port", vxlan_of_old_linux},
    {"GENEVE", geneve},
    {"GENEVE with options and IP", geneve_with_options_of_ip},
    {"IP in IP", ip_in_ip},
    {"6in4", six_in_four},
    {"4in6", four_in_six},
    {"4in6 behind options", four_in_six_behind_options},
    {"6in6", six_in_six},
    {"Teredo", teredo},
    {"Teredo with both indications", teredo_with_authentication_and_origin},
    {"TZSP", tzsp},
    {"TZSP with tags", tzsp_with_tags},
    {"GTP", gtp_plain},
    {"GTP with a sequence number", gtp_with_sequence_number},
    {"GTP with extension headers", gtp_with_extension_headers},
};

static void assert_question(const struct feeder *feeder, const char *wrapping)
{
    const struct event *event = decoder_next(feeder->decoder);

    if (!event)
        fail_msg("%s: no message", wrapping);
    assert_int_equal(event->kind, EVENT_DNS);
    assert_int_equal(event->dns.id, 0x1234);
    assert_int_equal(event->dns.qname.size_bytes, 17);
    if (address_is_ipv4(&event->flow.source))
        assert_flow(event, "192.0.2.1", 40000, "198.51.100.53", 53);
    else
        assert_flow(event, "2001:db8::1", 40000, "2001:db8::53", 53);
    assert_no_event(feeder);
}

static void every_wrapping_is_taken_off(void **state)
{
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wrappings); i++) {
        question();
        wrappings[i].wrap();
        feed(feeder, &packet, LINK_RAW, SECONDS(i));
        assert_question(feeder, wrappings[i].name);
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void wrappings_lie_in_each_other(void **state)
{
    struct feeder *feeder = *state;

    question();
    vxlan();
    erspan_ii();
    ip_in_ip();
    geneve();
    feed(feeder, &packet, LINK_RAW, 0);
    assert_question(feeder, "ERSPAN II of VXLAN and more");
}

static void wrappings_beyond_the_limit_are_counted(void **state)
{
    static void (*const wraps[])(void) = {gre_plain, ip_in_ip, vxlan,    geneve,
                                          erspan_i,  tzsp,     gtp_plain};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wraps); i++) {
        question();
        for (unsigned depth = 0; depth < 40; depth++)
            wraps[i]();
        feed(feeder, &packet, LINK_RAW, 0);
        assert_no_event(feeder);
        assert_int_equal(dropped(feeder, DROP_TOO_DEEP), i + 1);
    }
}

static void a_wrapped_frame_cut_anywhere_is_counted_or_a_cut_message(void **state)
{
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wrappings); i++) {
        size_t header;

        question();
        wrappings[i].wrap();
        header = packet.size - 4 - 17;
        for (size_t captured = 0; captured < packet.size; captured++) {
            uint64_t before = dropped(feeder, DROP_CUT_SHORT);

            feed_cut(feeder, &packet, LINK_RAW, 0, captured);
            if (captured < header) {
                assert_no_event(feeder);
                assert_int_equal(dropped(feeder, DROP_CUT_SHORT), before + 1);
            } else {
                assert_true(assert_event(feeder, EVENT_DNS)->dns.cut);
            }
        }
    }
}

/* Some mirrors send no more than the first octets of a frame. */
static void a_frame_that_its_mirror_cut_gives_a_cut_message(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    wire_dns(&packet, 7, 0x8180, "example.com", 1, 400);
    layer_udp(&packet, 53, 40000);
    layer_ipv4(&packet, "198.51.100.53", "192.0.2.1", 17);
    layer_ethernet(&packet, 0x0800);
    packet.size = 128;
    wire_put_u32(wire_prepend(&packet, 8), 0x100a0401);
    gre(0x1000, 0x88be, 4);
    feed(feeder, &packet, LINK_RAW, 0);
    event = assert_message(feeder, 7, "example.com.");
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 128 - 14 - 28);
}

static void feed_fragments(struct feeder *feeder, unsigned protocol)
{
    static struct wire_packet whole;
    const size_t piece = 40;

    whole = packet;
    for (size_t at = 0; at < whole.size; at += piece) {
        bool more = at + piece < whole.size;

        wire_set(&packet, whole.bytes + at, more ? piece : whole.size - at);
        layer_ipv4_fragment(&packet, "203.0.113.1", "203.0.113.2", protocol, 99, (unsigned)at,
                            more);
        feed(feeder, &packet, LINK_RAW, 0);
        if (more)
            assert_no_event(feeder);
    }
}

static void a_wrapping_in_fragments_is_put_together(void **state)
{
    static void (*const wraps[])(void) = {gre_plain, erspan_iii,  vxlan, geneve,   ip_in_ip,
                                          teredo,    six_in_four, tzsp,  gtp_plain};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wraps); i++) {
        unsigned protocol;

        question();
        wraps[i]();
        protocol = packet.bytes[9];
        memmove(packet.bytes, packet.bytes + 20, packet.size - 20);
        packet.size -= 20;
        tear_down_feeder(state);
        set_up_feeder(state);
        feeder = *state;
        feed_fragments(feeder, protocol);
        assert_question(feeder, "a wrapping in fragments");
    }
}

/* The mirrored packet was in fragments before, and its mirror cut them again. */
static void fragments_in_fragments_are_put_together(void **state)
{
    struct feeder *feeder = *state;
    static struct wire_packet datagram;

    question();
    memmove(packet.bytes, packet.bytes + 20, packet.size - 20);
    packet.size -= 20;
    datagram = packet;
    for (unsigned i = 0; i < 2; i++) {
        wire_set(&packet, datagram.bytes + 24 * i, i == 0 ? 24 : datagram.size - 24);
        layer_ipv4_fragment(&packet, "192.0.2.1", "198.51.100.53", 17, 5, 24 * i, i == 0);
        layer_ethernet(&packet, 0x0800);
        memcpy(wire_prepend(&packet, 8), "\x08\0\0\0\0\0\x2a", 8);
        layer_udp(&packet, 50505, 4789);
        for (size_t at = 0; at < packet.size; at += 48) {
            struct wire_packet *piece = malloc(sizeof(*piece));
            bool more = at + 48 < packet.size;

            wire_set(piece, packet.bytes + at, more ? 48 : packet.size - at);
            layer_ipv4_fragment(piece, "203.0.113.1", "203.0.113.2", 17, 90 + i, (unsigned)at,
                                more);
            feed(feeder, piece, LINK_RAW, 0);
            free(piece);
            if (more || i == 0)
                assert_no_event(feeder);
        }
    }
    assert_question(feeder, "fragments in fragments");
}

static void dns_from_a_tunnels_port_is_dns(void **state)
{
    static const unsigned ports[] = {4789, 8472, 6081, 3544, 37008, 2152, 853};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(ports); i++) {
        wire_dns(&packet, (unsigned)i, 0x0100, "example.com", 1, 0);
        layer_udp(&packet, ports[i], 53);
        outer_ipv4(17);
        feed(feeder, &packet, LINK_RAW, 0);
        assert_message(feeder, (unsigned)i, "example.com.");
        wire_dns(&packet, (unsigned)i, 0x8180, "example.com", 1, 0);
        layer_udp(&packet, 53, ports[i]);
        outer_ipv4(17);
        feed(feeder, &packet, LINK_RAW, 0);
        assert_message(feeder, (unsigned)i, "example.com.");
    }
}

static void other_things_on_a_tunnels_port_are_not_dns(void **state)
{
    static const unsigned ports[] = {4789, 8472, 6081, 3544, 37008, 2152};
    static const char *const payloads[] = {"", "voice", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    struct feeder *feeder = *state;
    unsigned count = 0;

    for (size_t i = 0; i < COUNT(ports); i++) {
        for (size_t j = 0; j < COUNT(payloads); j++) {
            wire_set(&packet, payloads[j], strlen(payloads[j]));
            outer_udp(ports[i]);
            feed(feeder, &packet, LINK_RAW, 0);
            assert_no_event(feeder);
            assert_int_equal(dropped(feeder, DROP_NOT_DNS), ++count);
        }
    }
}

static void what_is_no_users_packet_in_gtp_is_not_dns(void **state)
{
    static const struct {
        const char *header;
        size_t size;
    } headers[] = {
        {"\x50\xff\0\0\0\0\0\x2a", 8},                      /* version 2 */
        {"\x20\xff\0\0\0\0\0\x2a", 8},                      /* GTP' */
        {"\x30\xfe\0\0\0\0\0\x2a", 8},                      /* an end marker */
        {"\x30\xff\xff\0\0\0\0\x2a", 8},                    /* longer than its datagram */
        {"\x32\xff\0\3\0\0\0\x2a\0\7\0", 11},               /* half a sequence number */
        {"\x34\xff\0\x08\0\0\0\x2a\0\0\0\x85\0\0\5\0", 16}, /* an endless extension */
        {"\x34\xff\0\x08\0\0\0\x2a\0\0\0\x85\2\0\5\0", 16}, /* half an extension */
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(headers); i++) {
        wire_set(&packet, headers[i].header, headers[i].size);
        outer_udp(2152);
        feed(feeder, &packet, LINK_RAW, 0);
        assert_no_event(feeder);
        assert_int_equal(dropped(feeder, DROP_NOT_DNS), i + 1);
    }
}

static void malformed_wrappings_are_counted(void **state)
{
    static const struct {
        const char *header;
        size_t size;
        enum drop_reason reason;
    } headers[] = {
        {"\0\0\x08", 3, DROP_BAD_WRAPPING},
        {"\x20\0\x08\0\0\0", 6, DROP_BAD_WRAPPING},                          /* half a key */
        {"\x40\0\x08\0\0\0\0\0\x08\0\0\xff", 12, DROP_BAD_WRAPPING},         /* an endless route */
        {"\x10\0\x88\xbe\0\0\0\1\x20\0\0\0\0\0\0", 15, DROP_BAD_WRAPPING},   /* ERSPAN cut */
        {"\x10\0\x88\xbe\0\0\0\1\x20\0\0\0\0\0\0\0", 16, DROP_BAD_WRAPPING}, /* III in II */
        {"\x10\0\x22\xeb\0\0\0\1\x20\0\0\0\0\0\0\0\0\0\0\1", 20, DROP_BAD_WRAPPING},
        {"\0\0\x88\xbe", 4, DROP_BAD_LINK},          /* a mirror of nothing */
        {"\x30\1\x88\x0b\0\0\0\0", 8, DROP_NOT_DNS}, /* PPTP */
        {"\0\0\x08\x06", 4, DROP_NOT_IP},            /* ARP */
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(headers); i++) {
        uint64_t before = dropped(feeder, headers[i].reason);

        wire_set(&packet, headers[i].header, headers[i].size);
        outer_ipv4(47);
        feed(feeder, &packet, LINK_RAW, 0);
        assert_no_event(feeder);
        assert_int_equal(dropped(feeder, headers[i].reason), before + 1);
    }
}

#define WRAPPING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRAPPING_TEST(every_wrapping_is_taken_off),
        WRAPPING_TEST(wrappings_lie_in_each_other),
        WRAPPING_TEST(wrappings_beyond_the_limit_are_counted),
        WRAPPING_TEST(a_wrapped_frame_cut_anywhere_is_counted_or_a_cut_message),
        WRAPPING_TEST(a_frame_that_its_mirror_cut_gives_a_cut_message),
        WRAPPING_TEST(a_wrapping_in_fragments_is_put_together),
        WRAPPING_TEST(fragments_in_fragments_are_put_together),
        WRAPPING_TEST(dns_from_a_tunnels_port_is_dns),
        WRAPPING_TEST(other_things_on_a_tunnels_port_are_not_dns),
        WRAPPING_TEST(what_is_no_users_packet_in_gtp_is_not_dns),
        WRAPPING_TEST(malformed_wrappings_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
