#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packets.h"

#define SERVER "198.51.100.53"
#define CLIENT "192.0.2.1"

/* A response of some 2,600 octets behind its UDP header, in pieces of 1,000, 1,000 and the rest. */
#define PIECES 3
static const size_t piece_offsets[PIECES + 1] = {0, 1000, 2000, 2600};

static struct wire_packet datagram;

static void response(void)
{
    wire_dns(&datagram, 77, 0x8400, "large.example.com", 16, 2600 - 8 - 12 - 19 - 4);
    layer_udp(&datagram, 53, 40000);
    assert_int_equal(datagram.size, 2600);
}

static void take_piece(struct wire_packet *piece, size_t begin, size_t end)
{
    wire_set(piece, datagram.bytes + begin, end - begin);
}

static void feed_piece(struct feeder *feeder, unsigned id, size_t begin, size_t end,
                       int64_t time_ns)
{
    static struct wire_packet piece;

    take_piece(&piece, begin, end);
    layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, id, (unsigned)begin, end < datagram.size);
    feed(feeder, &piece, LINK_RAW, time_ns);
}

static void feed_piece_ipv6(struct feeder *feeder, uint32_t id, size_t begin, size_t end,
                            int64_t time_ns)
{
    static struct wire_packet piece;

    take_piece(&piece, begin, end);
    layer_ipv6_fragment(&piece, 17, id, (unsigned)begin, end < datagram.size);
    layer_extension(&piece, 44, 8);
    layer_ipv6(&piece, "2001:db8::53", "2001:db8::1", 0);
    feed(feeder, &piece, LINK_RAW, time_ns);
}

static void assert_response(const struct feeder *feeder)
{
    const struct event *event = assert_message(feeder, 77, "large.example.com.");

    assert_int_equal(event->dns.size_bytes, 2600 - 8);
    assert_memory_equal(event->dns.wire, datagram.bytes + 8, 2600 - 8);
    assert_false(event->dns.cut);
    assert_int_equal(event->flow.source_port, 53);
    assert_int_equal(event->flow.destination_port, 40000);
    assert_no_event(feeder);
}

static void pieces_in_every_order_make_the_same_message(void **state)
{
    static const unsigned orders[][PIECES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                              {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct feeder *feeder = *state;

    response();
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
            for (unsigned j = 0; j < PIECES; j++) {
                unsigned piece = orders[i][j];

                assert_no_event(feeder);
                (ipv6 ? feed_piece_ipv6 : feed_piece)(feeder, 100 + i, piece_offsets[piece],
                                                      piece_offsets[piece + 1], SECONDS(j));
            }
            assert_response(feeder);
        }
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void the_message_has_time_and_frame_of_what_completed_it(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    response();
    feed_piece(feeder, 1, 1000, 2600, SECONDS(5));
    assert_no_event(feeder);
    feed_piece(feeder, 1, 0, 1000, SECONDS(6));
    event = assert_message(feeder, 77, "large.example.com.");
    assert_int_equal(event->time_ns, SECONDS(6));
    assert_int_equal(event->frame, 2);
}

static void datagrams_with_other_ids_do_not_mix(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1000, 0);
    feed_piece(feeder, 2, 1000, 2600, 0);
    assert_no_event(feeder);
    feed_piece(feeder, 2, 0, 1000, 0);
    assert_response(feeder);
    feed_piece(feeder, 1, 1000, 2600, 0);
    assert_response(feeder);
}

static void duplicates_change_nothing(void **state)
{
    struct feeder *feeder = *state;

    response();
    for (unsigned i = 0; i < PIECES; i++) {
        assert_no_event(feeder);
        feed_piece(feeder, 1, piece_offsets[i], piece_offsets[i + 1], 0);
        if (i < PIECES - 1)
            feed_piece(feeder, 1, piece_offsets[i], piece_offsets[i + 1], 0);
    }
    assert_response(feeder);
    /* A mirror port's second set must not wait for anything. */
    for (unsigned i = 0; i < PIECES; i++)
        feed_piece(feeder, 1, piece_offsets[i], piece_offsets[i + 1], 1);
    assert_no_event(feeder);
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_DUPLICATE), PIECES);
    assert_int_equal(dropped_in_all(feeder), PIECES);
}

static void overlaps_that_agree_are_tolerated(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1200, 0);
    feed_piece(feeder, 1, 2000, 2600, 0);
    feed_piece(feeder, 1, 800, 2200, 0);
    assert_response(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void overlaps_that_differ_condemn_the_datagram(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
        void (*feed_one)(struct feeder *, uint32_t, size_t, size_t, int64_t) =
            ipv6 ? feed_piece_ipv6 : feed_piece;

        response();
        feed_one(feeder, 1, 0, 1000, 0);
        datagram.bytes[900] ^= 1;
        feed_one(feeder, 1, 800, 2000, 0);
        feed_one(feeder, 1, 2000, 2600, 0);
        feed_one(feeder, 1, 1000, 2000, 0);
        assert_no_event(feeder);
        assert_int_equal(dropped(feeder, DROP_FRAGMENT_BAD), 3 * (ipv6 + 1));
    }
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 6);
}

static void an_id_that_is_used_again_is_another_datagram(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1000, 0);
    feed_piece(feeder, 1, 1000, 2600, 0);
    assert_response(feeder);
    datagram.bytes[8 + 12 + 19 + 4 + 10] ^= 1;
    feed_piece(feeder, 1, 0, 1000, 100);
    feed_piece(feeder, 1, 1000, 2600, 100);
    assert_response(feeder);
}

static void impossible_fragments_are_counted(void **state)
{
    static struct wire_packet piece;
    struct feeder *feeder = *state;

    response();
    take_piece(&piece, 0, 1001); /* not a multiple of 8 and more to come */
    layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, 1, 0, true);
    feed(feeder, &piece, LINK_RAW, 0);
    take_piece(&piece, 0, 1000); /* reaches over 65,535 */
    layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, 2, 65000, false);
    feed(feeder, &piece, LINK_RAW, 0);
    piece.size = 0; /* nothing */
    layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, 3, 8, true);
    feed(feeder, &piece, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_FRAGMENT_BAD), 3);

    feed_piece(feeder, 4, 2000, 2600, 0);
    take_piece(&piece, 0, 1000); /* behind the end */
    layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, 4, 2400, true);
    feed(feeder, &piece, LINK_RAW, 0);
    assert_int_equal(dropped(feeder, DROP_FRAGMENT_BAD), 4);
    assert_no_event(feeder);
}

static void a_first_fragment_without_the_rest_is_told(void **state)
{
    struct feeder *feeder = *state;
    struct wire_packet tick;
    const struct event *event;

    wire_set(&tick, "", 1);
    response();
    feed_piece(feeder, 1, 2000, 2600, SECONDS(1));
    feed_piece(feeder, 1, 0, 1000, SECONDS(2));
    feed(feeder, &tick, 999, SECONDS(6) - 1);
    assert_no_event(feeder);
    feed(feeder, &tick, 999, SECONDS(6));
    event = assert_event(feeder, EVENT_FRAGMENT_LOST);
    assert_int_equal(event->time_ns, SECONDS(2));
    assert_int_equal(event->frame, 2);
    assert_int_equal(event->source, 3);
    assert_flow(event, SERVER, 53, CLIENT, 40000);
    assert_int_equal(event->dns.id, 77);
    assert_int_equal(event->dns.transport, TRANSPORT_UDP);
    assert_int_equal(event->dns.qtype, 16);
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 1000 - 8);
    assert_memory_equal(event->dns.wire, datagram.bytes + 8, 1000 - 8);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_FRAGMENT_INCOMPLETE), 1);
    assert_int_equal(decoder_counters(feeder->decoder)->dns_messages, 0);
}

static void a_first_fragment_without_the_rest_is_told_on_a_quiet_wire(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1000, SECONDS(2));
    decoder_advance(feeder->decoder, SECONDS(7) - 1);
    assert_no_event(feeder);
    decoder_advance(feeder->decoder, SECONDS(1));
    assert_no_event(feeder);
    decoder_advance(feeder->decoder, SECONDS(7));
    assert_event(feeder, EVENT_FRAGMENT_LOST);
    assert_no_event(feeder);
}

/* It is told behind the packet whose time makes it due, however many are fed at once. */
static void what_is_due_in_the_middle_of_a_batch_is_told_there(void **state)
{
    struct feeder *feeder = *state;
    static struct wire_packet packets[6];
    struct frame frames[6];

    for (unsigned i = 0; i < 6; i++) {
        wire_dns(&packets[i], i, 0x0100, "www.example.com", 1, 0);
        layer_udp(&packets[i], 40000, 53);
        layer_ipv4(&packets[i], "192.0.2.1", "198.51.100.53", 17);
        layer_ethernet(&packets[i], 0x0800);
        frames[i] = (struct frame){.time_ns = SECONDS(4 + i),
                                   .bytes = packets[i].bytes,
                                   .size_bytes = (uint32_t)packets[i].size,
                                   .wire_bytes = (uint32_t)packets[i].size,
                                   .link_type = LINK_ETHERNET};
    }
    response();
    feed_piece(feeder, 1, 0, 1000, SECONDS(2));
    assert_no_event(feeder);
    assert_int_equal(decoder_feed(feeder->decoder, frames, 6), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_message(feeder, i, "www.example.com.");
    assert_event(feeder, EVENT_FRAGMENT_LOST);
    assert_no_event(feeder);
    assert_int_equal(decoder_feed(feeder->decoder, frames + 4, 2), 2);
    assert_message(feeder, 4, "www.example.com.");
    assert_message(feeder, 5, "www.example.com.");
    assert_no_event(feeder);
}

static void the_rest_alone_is_only_counted(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 1000, 2600, 0);
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_FRAGMENT_INCOMPLETE), 1);
}

static void the_end_of_the_capture_ends_all_waiting(void **state)
{
    struct feeder *feeder = *state;

    response();
    for (unsigned id = 0; id < 5; id++)
        feed_piece(feeder, id, 0, 1000, 0);
    assert_no_event(feeder);
    decoder_finish(feeder->decoder);
    for (unsigned id = 0; id < 5; id++)
        assert_int_equal(assert_event(feeder, EVENT_FRAGMENT_LOST)->frame, id + 1);
    assert_no_event(feeder);
}

static void a_late_rest_is_no_part_of_what_was_given_up(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1000, 0);
    feed_piece(feeder, 1, 1000, 2600, SECONDS(5));
    assert_event(feeder, EVENT_FRAGMENT_LOST);
    assert_no_event(feeder);
}

static void a_clock_that_was_set_back_ends_the_waiting(void **state)
{
    struct feeder *feeder = *state;

    response();
    feed_piece(feeder, 1, 0, 1000, SECONDS(100000));
    feed_piece(feeder, 2, 0, 1000, SECONDS(5));
    assert_int_equal(assert_event(feeder, EVENT_FRAGMENT_LOST)->frame, 1);
    assert_no_event(feeder);
}

static void fragments_of_other_traffic_take_no_room(void **state)
{
    struct feeder *feeder = *state;

    response();
    wire_put_u16(datagram.bytes, 4000);
    feed_piece(feeder, 1, 0, 1000, 0);
    feed_piece(feeder, 1, 1000, 2600, 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_NOT_DNS), 2);
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 2);
}

static void a_flood_pushes_out_the_oldest_and_is_counted(void **state)
{
    const struct decoder_options options = {.memory_bytes = 400000};
    struct feeder *feeder;
    unsigned told = 0;

    tear_down_feeder(state);
    set_up_feeder_with(state, &options);
    feeder = *state;
    response();
    for (unsigned id = 0; id < 1000; id++) {
        const struct event *event;

        feed_piece(feeder, id, 0, 1000, 0);
        while ((event = decoder_next(feeder->decoder))) {
            assert_int_equal(event->kind, EVENT_FRAGMENT_LOST);
            assert_int_equal(event->frame, ++told);
        }
    }
    assert_in_range(told, 900, 999); /* 100,000 octets hold less than 100 */
    assert_int_equal(dropped(feeder, DROP_FRAGMENT_EVICTED), told);
    feed_piece(feeder, 999, 1000, 2600, 0);
    assert_response(feeder);
}

static void a_snap_length_cuts_the_message_and_does_not_lose_it(void **state)
{
    static struct wire_packet piece;
    struct feeder *feeder = *state;
    const struct event *event;

    response();
    for (unsigned i = 0; i < PIECES; i++) {
        take_piece(&piece, piece_offsets[i], piece_offsets[i + 1]);
        layer_ipv4_fragment(&piece, SERVER, CLIENT, 17, 1, (unsigned)piece_offsets[i],
                            i < PIECES - 1);
        feed_cut(feeder, &piece, LINK_RAW, 0, 200);
    }
    event = assert_message(feeder, 77, "large.example.com.");
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 200 - 20 - 8);
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
}

#define FRAGMENTS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_feeder, tear_down_feeder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRAGMENTS_TEST(pieces_in_every_order_make_the_same_message),
        FRAGMENTS_TEST(the_message_has_time_and_frame_of_what_completed_it),
        FRAGMENTS_TEST(datagrams_with_other_ids_do_not_mix),
        FRAGMENTS_TEST(duplicates_change_nothing),
        FRAGMENTS_TEST(overlaps_that_agree_are_tolerated),
        FRAGMENTS_TEST(overlaps_that_differ_condemn_the_datagram),
        FRAGMENTS_TEST(an_id_that_is_used_again_is_another_datagram),
        FRAGMENTS_TEST(impossible_fragments_are_counted),
        FRAGMENTS_TEST(a_first_fragment_without_the_rest_is_told),
        FRAGMENTS_TEST(a_first_fragment_without_the_rest_is_told_on_a_quiet_wire),
        FRAGMENTS_TEST(what_is_due_in_the_middle_of_a_batch_is_told_there),
        FRAGMENTS_TEST(the_rest_alone_is_only_counted),
        FRAGMENTS_TEST(the_end_of_the_capture_ends_all_waiting),
        FRAGMENTS_TEST(a_late_rest_is_no_part_of_what_was_given_up),
        FRAGMENTS_TEST(a_clock_that_was_set_back_ends_the_waiting),
        FRAGMENTS_TEST(fragments_of_other_traffic_take_no_room),
        FRAGMENTS_TEST(a_flood_pushes_out_the_oldest_and_is_counted),
        FRAGMENTS_TEST(a_snap_length_cuts_the_message_and_does_not_lose_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
