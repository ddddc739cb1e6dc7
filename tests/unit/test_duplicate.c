#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packets.h"

#define COUNT(table)    (sizeof(table) / sizeof((table)[0]))
#define MICROSECONDS(n) ((n)*INT64_C(1000))
#define MILLISECONDS(n) ((n)*INT64_C(1000000))

static struct wire_packet packet;

/* How a packet comes. */
struct path {
    uint8_t mac;   /* of the sender */
    unsigned vlan; /* 0: none */
    uint8_t ttl;
    uint32_t source; /* file or interface */
};

static const struct path plain = {.mac = 2, .ttl = 64};

/* A response over UDP; `ip_id` 0 as most systems write it, -1: over IPv6. */
static void response(unsigned id, int ip_id)
{
    wire_dns(&packet, id, 0x8182, "example.com", 1, 0);
    layer_udp(&packet, 53, 40000);
    wire_put_u16(packet.bytes + 6, 0x7000 + id);
    if (ip_id < 0)
        layer_ipv6(&packet, "2001:db8::53", "2001:db8::1", 17);
    else
        layer_ipv4_fragment(&packet, "198.51.100.53", "192.0.2.1", 17, (unsigned)ip_id, 0, false);
}

static bool is_ipv6(void)
{
    return packet.bytes[0] >> 4 == 6;
}

static void feed_on(struct feeder *feeder, const struct path *path, int64_t time_ns)
{
    static struct wire_packet framed;
    struct frame frame = {.time_ns = time_ns, .link_type = LINK_ETHERNET, .source = path->source};
    unsigned type = is_ipv6() ? 0x86dd : 0x0800;

    framed = packet;
    framed.bytes[is_ipv6() ? 7 : 8] = path->ttl;
    if (path->vlan != 0) {
        layer_vlan(&framed, type);
        wire_put_u16(framed.bytes, path->vlan);
        type = 0x8100;
    }
    layer_ethernet(&framed, type);
    framed.bytes[11] = path->mac;
    frame.bytes = framed.bytes;
    frame.size_bytes = frame.wire_bytes = (uint32_t)framed.size;
    frame.number = ++feeder->number;
    decoder_feed(feeder->decoder, &frame, 1);
}

/* How many messages came out since the last time. */
static unsigned drain(const struct feeder *feeder)
{
    unsigned count = 0;

    while (decoder_next(feeder->decoder))
        count++;
    return count;
}

static unsigned fed_on(struct feeder *feeder, const struct path *path, int64_t time_ns)
{
    feed_on(feeder, path, time_ns);
    return drain(feeder);
}

static const struct path other_paths[] = {
    {.mac = 2, .ttl = 64, .vlan = 10},
    {.mac = 2, .ttl = 63},
    {.mac = 3, .ttl = 64},
    {.mac = 3, .ttl = 63},
    {.mac = 2, .ttl = 64, .source = 1},
    {.mac = 3, .ttl = 62, .vlan = 4000, .source = 2},
};

static void the_first_copy_on_any_other_path_is_dropped(void **state)
{
    static const int ip_ids[] = {0, 77, -1};

    for (size_t i = 0; i < COUNT(other_paths); i++) {
        for (size_t j = 0; j < COUNT(ip_ids); j++) {
            struct feeder *feeder;

            tear_down_feeder(state);
            set_up_feeder(state);
            feeder = *state;
            response(1, ip_ids[j]);
            assert_int_equal(fed_on(feeder, &plain, 0), 1);
            assert_int_equal(fed_on(feeder, &other_paths[i], MILLISECONDS(3)), 0);
            assert_int_equal(dropped(feeder, DROP_DUPLICATE), 1);
            assert_int_equal(decoder_counters(feeder->decoder)->dns_messages, 1);
        }
    }
}

static void a_copy_may_come_before_its_original(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    assert_int_equal(fed_on(feeder, &other_paths[3], 0), 1);
    assert_int_equal(fed_on(feeder, &plain, MICROSECONDS(5)), 0);
}

static void many_paths_show_one_packet(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    for (size_t i = 0; i < COUNT(other_paths); i++)
        assert_int_equal(fed_on(feeder, &other_paths[i], MICROSECONDS(i)), 0);
}

static void a_retransmission_is_none(void **state)
{
    static const int64_t pauses[] = {1, MICROSECONDS(1), MICROSECONDS(50), MILLISECONDS(5),
                                     SECONDS(1)};
    struct feeder *feeder = *state;
    unsigned id = 0;

    for (size_t i = 0; i < COUNT(pauses); i++) {
        for (int ip_id = -1; ip_id <= 1; ip_id++) { /* 1: as some tools always write it */
            response(++id, ip_id);
            assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
            assert_int_equal(fed_on(feeder, &plain, SECONDS(id) + pauses[i]), 1);
        }
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void what_comes_later_on_another_path_is_none(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    assert_int_equal(fed_on(feeder, &other_paths[0], MILLISECONDS(100)), 1);
}

static void each_copy_stands_for_one_original(void **state)
{
    static const struct path *const orders[][4] = {
        {&plain, &other_paths[3], &plain, &other_paths[3]},
        {&plain, &plain, &other_paths[3], &other_paths[3]},
        {&plain, &other_paths[3], &other_paths[3], &plain},
        {&other_paths[3], &plain, &plain, &other_paths[3]},
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        unsigned count = 0;

        response((unsigned)i, 0);
        for (size_t j = 0; j < 4; j++)
            count += fed_on(feeder, orders[i][j], SECONDS(i) + MILLISECONDS(2 * j));
        assert_int_equal(count, 2);
    }
}

static void another_message_of_the_same_exchange_is_none(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    packet.bytes[27] ^= 1; /* the checksum: somebody else's answer in the server's place */
    assert_int_equal(fed_on(feeder, &other_paths[1], MILLISECONDS(1)), 1);
    response(1, 0);
    packet.bytes[31] ^= 2; /* REFUSED, not SERVFAIL */
    assert_int_equal(fed_on(feeder, &other_paths[2], MILLISECONDS(1)), 1);
    response(1, 0);
    packet.bytes[5] = 9; /* another IP identification */
    assert_int_equal(fed_on(feeder, &other_paths[4], MILLISECONDS(1)), 1);
}

/* NAT between two mirrored places: the addresses differ. */
static void a_translated_packet_is_none(void **state)
{
    struct feeder *feeder = *state;

    response(1, 77);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    packet.bytes[19] ^= 1;
    assert_int_equal(fed_on(feeder, &other_paths[3], MICROSECONDS(10)), 1);
    assert_int_equal(dropped_in_all(feeder), 0);
}

/* The sender's own capture shows what the network card fills in later. */
static void a_checksum_that_was_not_filled_in_says_nothing(void **state)
{
    struct feeder *feeder = *state;
    uint32_t sum = 17;

    for (int ip_id = 0; ip_id >= -1; ip_id--) {
        size_t at;

        response(1, ip_id);
        at = is_ipv6() ? 40 : 20;
        assert_int_equal(fed_on(feeder, &plain, SECONDS(-ip_id)), 1);
        sum = 17 + (uint32_t)(packet.size - at);
        for (size_t i = is_ipv6() ? 8 : 12; i < at; i += 2)
            sum += (uint32_t)packet.bytes[i] << 8 | packet.bytes[i + 1];
        while (sum > 0xffff)
            sum = (sum >> 16) + (sum & 0xffff);
        wire_put_u16(packet.bytes + at + 6, sum);
        assert_int_equal(fed_on(feeder, &other_paths[4], SECONDS(-ip_id)), 0);
    }
}

/* Two links that share a load: nothing on the one is seen on the other. */
static void links_that_share_a_load_show_no_copies(void **state)
{
    struct feeder *feeder = *state;
    unsigned id = 0;

    for (; id < 100; id++) {
        response(id, 0);
        assert_int_equal(fed_on(feeder, id % 2 ? &plain : &other_paths[2], SECONDS(id)), 1);
    }
    response(id, 0);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
    assert_int_equal(fed_on(feeder, &other_paths[2], SECONDS(id) + MILLISECONDS(1)), 1);
}

static void copying_may_begin_at_any_time(void **state)
{
    struct feeder *feeder = *state;
    unsigned id = 0;

    for (; id < 300; id++) {
        response(id, 0);
        assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
        if (id > 100)
            assert_int_equal(fed_on(feeder, &other_paths[0], SECONDS(id) + MILLISECONDS(1)), 0);
    }
}

static void copies_of_one_path_of_many_are_known(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned id = 0; id < 300; id++) {
        response(id, 0);
        assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
        if (id % 10 == 0) /* the other port shows a tenth of it */
            assert_int_equal(fed_on(feeder, &other_paths[3], SECONDS(id) + MICROSECONDS(9)), 0);
    }
}

static void a_frame_that_its_mirror_repeats_shows_by_its_identification(void **state)
{
    struct feeder *feeder = *state;

    response(1, 1000);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    response(2, 1001);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(1)), 1);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(1) + MICROSECONDS(10)), 0);
    response(2, 1002);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(1) + MICROSECONDS(20)), 1);
}

static void a_mirror_that_repeats_everything_is_found_out(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned id = 0; id < 200; id++) {
        response(id, -1);
        assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
        feed_on(feeder, &plain, SECONDS(id) + MICROSECONDS(10));
        if (id >= 40)
            assert_int_equal(drain(feeder), 0);
        drain(feeder);
    }
    /* Sent again, and each repeated. */
    response(500, -1);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(500)), 1);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(500) + MICROSECONDS(10)), 0);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(500) + MICROSECONDS(500)), 1);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(500) + MICROSECONDS(510)), 0);
}

/* A client that sends each question twice is not taken for a mirror: answers come once. */
static void a_sender_that_repeats_itself_is_heard(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned id = 0; id < 200; id++) {
        response(2 * id, 0);
        assert_int_equal(fed_on(feeder, &plain, SECONDS(id)), 1);
        assert_int_equal(fed_on(feeder, &plain, SECONDS(id) + MICROSECONDS(10)), 1);
        response(2 * id + 1, 0);
        assert_int_equal(fed_on(feeder, &other_paths[2], SECONDS(id) + MILLISECONDS(50)), 1);
    }
}

static void a_flood_of_the_same_takes_bounded_time(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    for (unsigned i = 0; i < 200000; i++)
        assert_int_equal(fed_on(feeder, &plain, i), 1);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(9)), 1);
    assert_int_equal(fed_on(feeder, &other_paths[0], SECONDS(9)), 0);
}

static void clocks_that_jump_do_no_harm(void **state)
{
    static const int64_t times[] = {0, INT64_MAX, INT64_MIN, SECONDS(-5), SECONDS(5), 1};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(times); i++) {
        response(1, 0);
        assert_int_equal(fed_on(feeder, &plain, times[i]), 1);
        assert_int_equal(fed_on(feeder, &other_paths[3], times[i]), 0);
    }
}

static void segments_of_tcp_are_told_once(void **state)
{
    struct feeder *feeder = *state;

    wire_set(&packet, "", 0);
    layer_tcp(&packet, 40000, 53, 1000, 0, SYN);
    layer_ipv4(&packet, "192.0.2.1", "198.51.100.53", 6);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    assert_int_equal(fed_on(feeder, &other_paths[3], MICROSECONDS(10)), 0);
    /* The SYN is sent again, and copied again. */
    assert_int_equal(fed_on(feeder, &plain, SECONDS(1)), 1);
    assert_int_equal(fed_on(feeder, &other_paths[3], SECONDS(1) + MICROSECONDS(10)), 0);
}

static void icmp_errors_are_told_once(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    wire_put_u32(wire_prepend(&packet, 8), 0x03030000);
    layer_ipv4(&packet, "203.0.113.9", "198.51.100.53", 1);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    assert_int_equal(fed_on(feeder, &other_paths[3], MICROSECONDS(10)), 0);
    assert_int_equal(fed_on(feeder, &plain, SECONDS(1)), 1);
    packet.bytes[27] = 9; /* what the router says of its own */
    assert_int_equal(fed_on(feeder, &other_paths[3], SECONDS(1)), 1);
}

static void fragments_of_two_paths_are_one_datagram(void **state)
{
    struct feeder *feeder = *state;
    static struct wire_packet datagram;
    unsigned count = 0;

    wire_dns(&datagram, 7, 0x8180, "example.com", 1, 200);
    layer_udp(&datagram, 53, 40000);
    for (unsigned i = 0; i < 6; i++) {
        const unsigned offset = i % 3 * 80;
        const bool more = i % 3 < 2;

        wire_set(&packet, datagram.bytes + offset, more ? 80 : datagram.size - offset);
        layer_ipv4_fragment(&packet, "198.51.100.53", "192.0.2.1", 17, 99, offset, more);
        count += fed_on(feeder, i % 2 ? &other_paths[3] : &plain, MICROSECONDS(i));
    }
    assert_int_equal(count, 1);
    decoder_finish(feeder->decoder);
    assert_int_equal(drain(feeder), 0);
}

/* The same mirrored twice, the second time through a tunnel. */
static void a_tunnel_is_a_path(void **state)
{
    struct feeder *feeder = *state;

    response(1, 0);
    assert_int_equal(fed_on(feeder, &plain, 0), 1);
    layer_ethernet(&packet, 0x0800);
    packet.bytes[11] = plain.mac;
    packet.bytes[14 + 8] = plain.ttl;
    memcpy(wire_prepend(&packet, 8), "\x08\0\0\0\0\0\x2a", 8);
    layer_udp(&packet, 50505, 4789);
    layer_ipv4(&packet, "203.0.113.1", "203.0.113.2", 17);
    assert_int_equal(fed_on(feeder, &plain, MICROSECONDS(300)), 0);
    assert_int_equal(dropped(feeder, DROP_DUPLICATE), 1);
}

#define DUPLICATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DUPLICATE_TEST(the_first_copy_on_any_other_path_is_dropped),
        DUPLICATE_TEST(a_copy_may_come_before_its_original),
        DUPLICATE_TEST(many_paths_show_one_packet),
        DUPLICATE_TEST(a_retransmission_is_none),
        DUPLICATE_TEST(what_comes_later_on_another_path_is_none),
        DUPLICATE_TEST(each_copy_stands_for_one_original),
        DUPLICATE_TEST(another_message_of_the_same_exchange_is_none),
        DUPLICATE_TEST(a_translated_packet_is_none),
        DUPLICATE_TEST(a_checksum_that_was_not_filled_in_says_nothing),
        DUPLICATE_TEST(links_that_share_a_load_show_no_copies),
        DUPLICATE_TEST(copying_may_begin_at_any_time),
        DUPLICATE_TEST(copies_of_one_path_of_many_are_known),
        DUPLICATE_TEST(a_frame_that_its_mirror_repeats_shows_by_its_identification),
        DUPLICATE_TEST(a_mirror_that_repeats_everything_is_found_out),
        DUPLICATE_TEST(a_sender_that_repeats_itself_is_heard),
        DUPLICATE_TEST(a_flood_of_the_same_takes_bounded_time),
        DUPLICATE_TEST(clocks_that_jump_do_no_harm),
        DUPLICATE_TEST(segments_of_tcp_are_told_once),
        DUPLICATE_TEST(icmp_errors_are_told_once),
        DUPLICATE_TEST(fragments_of_two_paths_are_one_datagram),
        DUPLICATE_TEST(a_tunnel_is_a_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
