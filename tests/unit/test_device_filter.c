#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "capture/device_filter.h"
#include "packets.h"

enum { VLAN = 0x8100, QINQ = 0x88a8, IPV4 = 0x0800, IPV6 = 0x86dd, MPLS = 0x8847, PPPOE = 0x8864 };

static bool passes_on(const struct wire_packet *packet, int link_type)
{
    static const uint16_t ports[] = {53, 5353};
    struct device_filter filter;
    struct bpf_program program;
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)packet->size,
                                 .len = (bpf_u_int32)packet->size};

    assert_int_equal(device_filter_build(&filter, link_type, ports, 2), 0);
    assert_true(bpf_validate(filter.instructions, (int)filter.count));
    program = (struct bpf_program){filter.count, filter.instructions};
    return pcap_offline_filter(&program, &header, packet->bytes) != 0;
}

/* UDP of these ports over IPv4, without a link layer. */
static void udp4(struct wire_packet *packet, unsigned source, unsigned destination)
{
    wire_dns(packet, 1, 0x0100, "example.com", 1, 0);
    layer_udp(packet, source, destination);
    layer_ipv4(packet, "192.0.2.1", "192.0.2.2", 17);
}

static void udp6(struct wire_packet *packet, unsigned source, unsigned destination)
{
    wire_dns(packet, 1, 0x0100, "example.com", 1, 0);
    layer_udp(packet, source, destination);
    layer_ipv6(packet, "2001:db8::1", "2001:db8::2", 17);
}

static void layer_mpls(struct wire_packet *packet, bool bottom)
{
    wire_put_u32(wire_prepend(packet, 4), 0x0001003fu | (bottom ? 0x100u : 0));
}

static void layer_pppoe(struct wire_packet *packet, unsigned protocol)
{
    uint8_t *header = wire_prepend(packet, 8);

    header[0] = 0x11;
    wire_put_u16(header + 4, (unsigned)packet->size - 6);
    wire_put_u16(header + 6, protocol);
}

static void ipv4_of(struct wire_packet *packet, unsigned protocol, const uint8_t *bytes,
                    size_t size)
{
    wire_set(packet, bytes, size);
    layer_ipv4(packet, "192.0.2.1", "192.0.2.2", protocol);
}

static bool passes(struct wire_packet *packet, unsigned type)
{
    layer_ethernet(packet, type);
    return passes_on(packet, DLT_EN10MB);
}

static void dns_passes_and_other_traffic_does_not(void **state)
{
    static const struct {
        unsigned source, destination;
        bool passes;
    } cases[] = {
        {40000, 53, true},   {53, 40000, true},    {40000, 5353, true},  {5353, 40000, true},
        {40000, 853, true},  {853, 40000, true},   {40000, 4789, true},  {40000, 8472, true},
        {40000, 6081, true}, {40000, 37008, true}, {40000, 3544, true},  {3544, 40000, true},
        {40000, 443, false}, {443, 40000, false},  {4789, 40000, false}, {123, 123, false},
        {2152, 2152, true},
    };
    struct wire_packet packet;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        udp4(&packet, cases[i].source, cases[i].destination);
        assert_int_equal(passes(&packet, IPV4), cases[i].passes);
        udp6(&packet, cases[i].source, cases[i].destination);
        assert_int_equal(passes(&packet, IPV6), cases[i].passes);
    }
}

static void tcp_passes_by_its_ports(void **state)
{
    struct wire_packet packet = {0};

    (void)state;
    layer_tcp(&packet, 40000, 53, 1, 0, SYN);
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 6);
    assert_true(passes(&packet, IPV4));
    packet.size = 0;
    layer_tcp(&packet, 853, 40000, 1, 0, SYN);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::2", 6);
    assert_true(passes(&packet, IPV6));
    packet.size = 0;
    layer_tcp(&packet, 40000, 4789, 1, 0, SYN); /* VXLAN is UDP */
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 6);
    assert_false(passes(&packet, IPV4));
}

static void icmp_errors_pass_and_pings_do_not(void **state)
{
    static const struct {
        uint8_t type;
        bool v4, v6;
    } cases[] = {{0, false, true}, {1, false, true}, {3, true, true},     {8, false, true},
                 {11, true, true}, {12, true, true}, {128, false, false}, {135, false, false}};
    struct wire_packet packet;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t icmp[16] = {cases[i].type};

        ipv4_of(&packet, 1, icmp, sizeof(icmp));
        assert_int_equal(passes(&packet, IPV4), cases[i].v4);
        wire_set(&packet, icmp, sizeof(icmp));
        layer_ipv6(&packet, "2001:db8::1", "2001:db8::2", 58);
        assert_int_equal(passes(&packet, IPV6), cases[i].v6);
    }
}

static void fragments_without_ports_pass(void **state)
{
    static const uint8_t rest[100];
    struct wire_packet packet;

    (void)state;
    wire_set(&packet, rest, sizeof(rest));
    layer_ipv4_fragment(&packet, "192.0.2.1", "192.0.2.2", 17, 7, 1480, false);
    assert_true(passes(&packet, IPV4));
    wire_set(&packet, rest, sizeof(rest));
    layer_ipv6_fragment(&packet, 17, 7, 1480, false);
    layer_ipv6(&packet, "2001:db8::1", "2001:db8::2", 44);
    assert_true(passes(&packet, IPV6));
}

static void ip_options_do_not_hide_the_ports(void **state)
{
    struct wire_packet packet;
    uint8_t *header;

    (void)state;
    wire_dns(&packet, 1, 0x0100, "example.com", 1, 0);
    layer_udp(&packet, 40000, 53);
    memset(wire_prepend(&packet, 24), 1, 24);
    layer_ipv4(&packet, "192.0.2.1", "192.0.2.2", 17);
    header = packet.bytes;
    header[0] = 0x4b; /* 44 octets */
    assert_true(passes(&packet, IPV4));
}

static void tags_are_walked_over(void **state)
{
    struct wire_packet packet;

    (void)state;
    for (unsigned port = 53; port <= 54; port++) {
        for (unsigned tags = 1; tags <= 4; tags++) {
            udp4(&packet, 40000, port);
            layer_vlan(&packet, IPV4);
            for (unsigned i = 1; i < tags; i++)
                layer_vlan(&packet, i % 2 == 1 ? VLAN : 0x9100);
            assert_int_equal(passes(&packet, tags % 2 == 0 ? QINQ : VLAN), port == 53);
        }
    }
}

static void labels_and_sessions_are_walked_over(void **state)
{
    struct wire_packet packet;

    (void)state;
    for (unsigned port = 53; port <= 54; port++) {
        udp6(&packet, 40000, port);
        layer_mpls(&packet, true);
        assert_int_equal(passes(&packet, MPLS), port == 53);
        udp4(&packet, 40000, port);
        layer_mpls(&packet, true);
        layer_mpls(&packet, false);
        layer_mpls(&packet, false);
        layer_vlan(&packet, MPLS);
        assert_int_equal(passes(&packet, VLAN), port == 53);
        udp4(&packet, 40000, port);
        layer_pppoe(&packet, 0x0021);
        assert_int_equal(passes(&packet, PPPOE), port == 53);
        udp6(&packet, 40000, port);
        layer_pppoe(&packet, 0x0057);
        layer_vlan(&packet, PPPOE);
        layer_vlan(&packet, VLAN);
        assert_int_equal(passes(&packet, QINQ), port == 53);
    }
    udp4(&packet, 40000, 53);
    layer_pppoe(&packet, 0xc021); /* LCP: PPP speaks of itself */
    assert_false(passes(&packet, PPPOE));
}

static void wrappings_pass(void **state)
{
    static const unsigned protocols[] = {4, 41, 47};
    static const uint8_t inside[60];
    struct wire_packet packet;

    (void)state;
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        ipv4_of(&packet, protocols[i], inside, sizeof(inside));
        assert_true(passes(&packet, IPV4));
        wire_set(&packet, inside, sizeof(inside));
        layer_ipv6(&packet, "2001:db8::1", "2001:db8::2", protocols[i]);
        assert_true(passes(&packet, IPV6));
    }
    ipv4_of(&packet, 89, inside, sizeof(inside)); /* OSPF */
    assert_false(passes(&packet, IPV4));
}

static void what_is_not_ip_does_not_pass(void **state)
{
    static const uint8_t inside[60];
    struct wire_packet packet;

    (void)state;
    wire_set(&packet, inside, sizeof(inside));
    assert_false(passes(&packet, 0x0806));
    wire_set(&packet, inside, sizeof(inside));
    assert_false(passes(&packet, 0x0026)); /* spanning tree: a length, then LLC */
    wire_set(&packet, inside, sizeof(inside));
    assert_false(passes(&packet, IPV4)); /* version 0 */
}

static void other_link_types_have_their_ip_elsewhere(void **state)
{
    struct wire_packet packet;

    (void)state;
    for (unsigned port = 53; port <= 54; port++) {
        udp4(&packet, 40000, port);
        assert_int_equal(passes_on(&packet, DLT_RAW), port == 53);
        wire_prepend(&packet, 20);
        wire_put_u16(packet.bytes, IPV4);
        assert_int_equal(passes_on(&packet, DLT_LINUX_SLL2), port == 53);
        udp6(&packet, 40000, port);
        layer_vlan(&packet, IPV6);
        wire_prepend(&packet, 20);
        wire_put_u16(packet.bytes, VLAN);
        assert_int_equal(passes_on(&packet, DLT_LINUX_SLL2), port == 53);
        udp6(&packet, 40000, port);
        wire_prepend(&packet, 16);
        wire_put_u16(packet.bytes + 14, IPV6);
        assert_int_equal(passes_on(&packet, DLT_LINUX_SLL), port == 53);
    }
}

static void cut_frames_do_not_pass(void **state)
{
    struct wire_packet packet;

    (void)state;
    udp4(&packet, 40000, 53);
    layer_ethernet(&packet, IPV4);
    for (packet.size = 0; packet.size < 14 + 20 + 4; packet.size++)
        assert_false(passes_on(&packet, DLT_EN10MB));
}

static void a_link_type_that_it_does_not_know_is_not_filtered(void **state)
{
    struct device_filter filter;

    (void)state;
    assert_int_equal(device_filter_build(&filter, DLT_IEEE802_11_RADIO, NULL, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_passes_and_other_traffic_does_not),
        cmocka_unit_test(tcp_passes_by_its_ports),
        cmocka_unit_test(icmp_errors_pass_and_pings_do_not),
        cmocka_unit_test(fragments_without_ports_pass),
        cmocka_unit_test(ip_options_do_not_hide_the_ports),
        cmocka_unit_test(tags_are_walked_over),
        cmocka_unit_test(labels_and_sessions_are_walked_over),
        cmocka_unit_test(wrappings_pass),
        cmocka_unit_test(what_is_not_ip_does_not_pass),
        cmocka_unit_test(other_link_types_have_their_ip_elsewhere),
        cmocka_unit_test(cut_frames_do_not_pass),
        cmocka_unit_test(a_link_type_that_it_does_not_know_is_not_filtered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
