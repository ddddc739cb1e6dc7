#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tcp_segments.h"

static void both_directions_give_their_messages(void **state)
{
    struct feeder *feeder = *state;
    uint8_t query[64];
    const struct event *event;

    connect_both(feeder);
    wire_dns(&segment, 9, 0x0100, "q0.example", 1, 0);
    wire_put_u16(query, (unsigned)segment.size);
    memcpy(query + 2, segment.bytes, segment.size);
    client_sends(feeder, 0, query, segment.size + 2, SECONDS(1));
    event = assert_message(feeder, 9, "q0.example.");
    assert_flow(event, CLIENT, CLIENT_PORT, SERVER, 53);
    assert_int_equal(event->time_ns, SECONDS(1));
    assert_int_equal(event->frame, 4);
    assert_no_event(feeder);

    write_response(0, 30);
    server_sends(feeder, 0, written.bytes, written.size, SECONDS(2));
    event = assert_response(feeder, 0);
    assert_int_equal(event->dns.size_bytes, written.size - 2);
    assert_false(event->dns.cut);
    /* A healthy message is handed out where it lies in the frame. */
    assert_ptr_equal(event->dns.wire, feeder->bytes + 40 + 2);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
    assert_int_equal(decoder_counters(feeder->decoder)->dns_messages, 2);
    assert_int_equal(decoder_counters(feeder->decoder)->dns_responses, 1);
}

static void many_messages_in_one_segment_come_one_after_the_other(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    for (unsigned i = 0; i < 10; i++)
        write_response(i, i);
    server_sends(feeder, 0, written.bytes, written.size, 0);
    for (unsigned i = 0; i < 10; i++)
        assert_response(feeder, i);
    assert_no_event(feeder);
}

static void write_three(void)
{
    write_response(0, 5);
    write_response(1, 0);
    write_response(2, 40);
}

static void a_stream_split_anywhere_gives_the_same_messages(void **state)
{
    write_three();
    for (size_t split = 1; split < written.size; split++) {
        struct feeder *feeder;
        unsigned index = 0;

        restart(state, NULL);
        feeder = *state;
        connect_both(feeder);
        server_sends(feeder, 0, written.bytes, split, 1);
        for (; index < 3 && written.ends[index] <= split; index++)
            assert_response(feeder, index);
        assert_no_event(feeder);
        server_sends(feeder, (uint32_t)split, written.bytes + split, written.size - split, 2);
        for (; index < 3; index++)
            assert_int_equal(assert_response(feeder, index)->time_ns, 2);
        assert_no_event(feeder);
        assert_int_equal(dropped_in_all(feeder), 0);
    }
}

static void an_octet_at_a_time_is_enough(void **state)
{
    struct feeder *feeder = *state;
    unsigned index = 0;

    connect_both(feeder);
    write_three();
    for (size_t i = 0; i < written.size; i++) {
        server_sends(feeder, (uint32_t)i, written.bytes + i, 1, (int64_t)i);
        if (i + 1 == written.ends[index])
            assert_response(feeder, index++);
        assert_no_event(feeder);
    }
    assert_int_equal(index, 3);
}

/* Calls back with each order of four. */
static void permute(unsigned order[4], unsigned fixed, void **state,
                    void (*visit)(void **state, const unsigned order[4]))
{
    if (fixed == 4) {
        visit(state, order);
        return;
    }
    for (unsigned i = fixed; i < 4; i++) {
        unsigned swapped = order[fixed];

        order[fixed] = order[i];
        order[i] = swapped;
        permute(order, fixed + 1, state, visit);
        order[i] = order[fixed];
        order[fixed] = swapped;
    }
}

static void send_in_order(void **state, const unsigned order[4])
{
    struct feeder *feeder;
    size_t piece = (written.size + 3) / 4;
    unsigned index = 0;

    restart(state, NULL);
    feeder = *state;
    connect_both(feeder);
    for (unsigned i = 0; i < 4; i++) {
        size_t begin = order[i] * piece;
        size_t end = begin + piece < written.size ? begin + piece : written.size;

        server_sends(feeder, (uint32_t)begin, written.bytes + begin, end - begin, i);
        while (decoder_next(feeder->decoder))
            index++;
        assert_true(i < 3 || index == 3);
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void segments_in_every_order_give_the_same_messages(void **state)
{
    unsigned order[4] = {0, 1, 2, 3};

    write_three();
    permute(order, 0, state, send_in_order);
}

/* The same numbers in every run. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* The octets of the stream, cut, shuffled, repeated and overlapping by chance, then what is left.
 */
static void send_at_random(struct feeder *feeder, uint32_t seed, unsigned *messages)
{
    bool sent[1024] = {false};
    size_t left = written.size;

    assert_true(written.size <= sizeof(sent));
    for (unsigned count = 0; left > 0; count++) {
        size_t begin = next_random(&seed) % written.size;
        size_t end = begin + 1 + next_random(&seed) % 90;
        const struct event *event;

        if (count > 60) {
            begin = 0;
            while (sent[begin])
                begin++;
            end = begin + 1;
        }
        if (end > written.size)
            end = written.size;
        for (size_t i = begin; i < end; i++) {
            left -= !sent[i];
            sent[i] = true;
        }
        server_sends(feeder, (uint32_t)begin, written.bytes + begin, end - begin, 0);
        while ((event = decoder_next(feeder->decoder))) {
            assert_int_equal(event->dns.id, 100 + *messages);
            assert_false(event->dns.cut);
            (*messages)++;
        }
    }
}

static void chance_changes_neither_number_nor_order_of_the_messages(void **state)
{
    for (uint32_t seed = 0; seed < 300; seed++) {
        struct feeder *feeder;
        unsigned messages = 0;

        restart(state, NULL);
        feeder = *state;
        connect_both(feeder);
        for (unsigned i = 0; i < 8; i++)
            write_response(i, i * 13 % 97);
        send_at_random(feeder, seed, &messages);
        if (messages != 8)
            print_error("seed %u\n", seed);
        assert_int_equal(messages, 8);
        assert_int_equal(dropped_in_all(feeder), 0);
    }
}

static void retransmissions_give_nothing_twice(void **state)
{
    struct feeder *feeder = *state;
    uint32_t first_end, second_end;

    connect_both(feeder);
    write_three();
    first_end = (uint32_t)written.ends[0];
    second_end = (uint32_t)written.ends[1];
    server_sends(feeder, 0, written.bytes, first_end, 0);
    assert_response(feeder, 0);
    assert_no_event(feeder);
    server_sends(feeder, 0, written.bytes, first_end, 0);
    assert_no_event(feeder);
    /* Known octets with new ones behind them. */
    server_sends(feeder, 10, written.bytes + 10, second_end - 10, 0);
    assert_response(feeder, 1);
    assert_no_event(feeder);
    /* A keep-alive: the last octet again. */
    server_sends(feeder, second_end - 1, written.bytes + second_end - 1, 1, 0);
    assert_no_event(feeder);
    server_sends(feeder, second_end, "", 0, 0);
    assert_no_event(feeder);
    server_sends(feeder, second_end, written.bytes + second_end, written.size - second_end, 0);
    assert_response(feeder, 2);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void kept_segments_that_overlap_give_nothing_twice(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_three();
    server_sends(feeder, 20, written.bytes + 20, 60, 0);
    assert_no_event(feeder);
    server_sends(feeder, 50, written.bytes + 50, written.size - 50, 0);
    assert_no_event(feeder);
    server_sends(feeder, 20, written.bytes + 20, 60, 0);
    assert_no_event(feeder);
    server_sends(feeder, 30, written.bytes + 30, 10, 0);
    assert_no_event(feeder);
    server_sends(feeder, 0, written.bytes, 25, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_response(feeder, i);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void a_connection_met_half_way_is_taken_up_at_a_message(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    write_three();
    /* The end of a message whose beginning was before the capture. */
    server_sends(feeder, 0, written.bytes + 20, written.ends[0] - 20, 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);
    server_sends(feeder, 1000, written.bytes + written.ends[0], 20, 0);
    assert_no_event(feeder);
    server_sends(feeder, 1020, written.bytes + written.ends[0] + 20,
                 written.size - written.ends[0] - 20, 0);
    event = assert_response(feeder, 1);
    assert_false(event->dns.cut);
    assert_response(feeder, 2);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 1);
}

static void a_length_by_itself_is_a_boundary_half_way(void **state)
{
    struct feeder *feeder = *state;

    write_response(0, 0);
    server_sends(feeder, 0, written.bytes, 2, 0);
    assert_no_event(feeder);
    server_sends(feeder, 2, written.bytes + 2, written.size - 2, 0);
    assert_response(feeder, 0);
    assert_no_event(feeder);
}

static void what_looks_like_a_length_and_is_none_is_given_up(void **state)
{
    struct feeder *feeder = *state;
    uint8_t junk[300];

    memset(junk, 0xa5, sizeof(junk));
    write_response(0, 0);
    server_sends(feeder, 0, "\0\x40", 2, 0);
    assert_no_event(feeder);
    server_sends(feeder, 2, junk, sizeof(junk), 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);
    server_sends(feeder, 302, written.bytes, written.size, 0);
    assert_response(feeder, 0);
}

static void a_gap_that_never_fills_is_given_up_after_three_seconds(void **state)
{
    struct feeder *feeder = *state;
    uint32_t first_end, second_end, end;
    const struct event *event;

    connect_both(feeder);
    write_three();
    first_end = (uint32_t)written.ends[0];
    second_end = (uint32_t)written.ends[1];
    end = (uint32_t)written.ends[2];
    server_sends(feeder, 0, written.bytes, first_end, SECONDS(1));
    assert_response(feeder, 0);
    assert_no_event(feeder);
    /* The second message is lost. */
    server_sends(feeder, second_end, written.bytes + second_end, written.size - second_end,
                 SECONDS(2));
    assert_no_event(feeder);
    wire_set(&segment, "", 1);
    feed(feeder, &segment, 999, SECONDS(5) - 1);
    assert_no_event(feeder);
    feed(feeder, &segment, 999, SECONDS(5));
    event = assert_response(feeder, 2);
    assert_int_equal(event->time_ns, SECONDS(2));
    assert_int_equal(event->frame, 5);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);

    /* And it goes on from there. */
    write_response(0, 0);
    server_sends(feeder, end, written.bytes, written.size, SECONDS(6));
    assert_response(feeder, 0);
    assert_no_event(feeder);
}

static void a_message_with_a_hole_is_cut_and_the_next_one_whole(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    connect_both(feeder);
    write_response(0, 500);
    write_response(1, 0);
    server_sends(feeder, 0, written.bytes, 100, SECONDS(1));
    assert_no_event(feeder);
    /* 100 to 300 are lost, and the next segment holds the end of one and all of the other. */
    server_sends(feeder, 300, written.bytes + 300, written.size - 300, SECONDS(2));
    assert_no_event(feeder);
    decoder_finish(feeder->decoder);
    event = assert_response(feeder, 0);
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 98);
    assert_int_equal(event->time_ns, SECONDS(1));
    event = assert_response(feeder, 1);
    assert_false(event->dns.cut);
    assert_int_equal(event->time_ns, SECONDS(2));
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);
}

static void a_gap_with_too_much_behind_it_is_given_up_at_once(void **state)
{
    struct feeder *feeder = *state;
    uint32_t at;
    unsigned count = 0;

    connect_both(feeder);
    for (unsigned i = 0; i < 9; i++)
        write_response(i, 40000);
    at = (uint32_t)written.ends[0];
    for (; at < written.size && count == 0; at += 1400) {
        size_t size = written.size - at < 1400 ? written.size - at : 1400;

        server_sends(feeder, at, written.bytes + at, size, 0);
        while (decoder_next(feeder->decoder))
            count++;
    }
    assert_in_range(count, 6, 7); /* 262,144 octets of kept segments */
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);
}

static void a_message_that_was_begun_is_cut_at_the_end(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 500);
    server_sends(feeder, 0, written.bytes, 200, SECONDS(1));
    assert_no_event(feeder);
    decoder_finish(feeder->decoder);
    assert_true(assert_response(feeder, 0)->dns.cut);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 1);
}

/* Whoever ends in the middle of a message has sent all that there is of it. */
static void a_message_is_as_short_as_its_sender_left_it(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    connect_both(feeder);
    write_response(0, 500);
    server_sends(feeder, 0, written.bytes, 200, SECONDS(1));
    assert_no_event(feeder);
    server_flags(feeder, SERVER_FIRST + 1 + 200, FIN | ACK);
    event = assert_response(feeder, 0);
    assert_false(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 198);
    assert_turn(feeder, TCP_CLOSED);
    decoder_finish(feeder->decoder);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 0);
}

/* Octets before the end may be late, or lost by the capture. */
static void a_message_that_lacks_octets_before_its_senders_end_waits(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 500);
    server_sends(feeder, 0, written.bytes, 200, SECONDS(1));
    assert_no_event(feeder);
    server_flags(feeder, SERVER_FIRST + 1 + (uint32_t)written.size, FIN | ACK);
    assert_turn(feeder, TCP_CLOSED);
    assert_no_event(feeder);
    server_sends(feeder, 200, written.bytes + 200, written.size - 200, SECONDS(1));
    assert_false(assert_response(feeder, 0)->dns.cut);
    assert_no_event(feeder);
}

static void a_snap_length_cuts_messages_and_keeps_the_stream_in_step(void **state)
{
    struct feeder *feeder = *state;
    const struct event *event;

    connect_both(feeder);
    write_response(0, 500);
    write_response(1, 500);
    write_response(2, 0);
    /* The first message by itself, cut; then the half of the second, cut, and the rest of it. */
    segment_from(true, CLIENT_PORT, SERVER_FIRST + 1, ACK, written.bytes, written.ends[0]);
    feed_cut(feeder, &segment, LINK_RAW, 0, 40 + 96);
    event = assert_response(feeder, 0);
    assert_true(event->dns.cut);
    assert_int_equal(event->dns.size_bytes, 94);
    assert_no_event(feeder);
    segment_from(true, CLIENT_PORT, SERVER_FIRST + 1 + (uint32_t)written.ends[0], ACK,
                 written.bytes + written.ends[0], 300);
    feed_cut(feeder, &segment, LINK_RAW, 0, 40 + 96);
    assert_true(assert_response(feeder, 1)->dns.cut);
    assert_no_event(feeder);
    server_sends(feeder, (uint32_t)written.ends[0] + 300, written.bytes + written.ends[0] + 300,
                 written.size - written.ends[0] - 300, 0);
    event = assert_response(feeder, 2);
    assert_false(event->dns.cut);
    assert_no_event(feeder);
    assert_int_equal(dropped_in_all(feeder), 0);
}

static void a_length_that_no_message_has_ends_the_stream(void **state)
{
    struct feeder *feeder = *state;
    static const uint8_t zeros[1000];

    connect_both(feeder);
    server_sends(feeder, 0, zeros, sizeof(zeros), 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_BAD_DNS), 1);
    write_response(0, 0);
    server_sends(feeder, 1000, written.bytes, written.size, 0);
    assert_response(feeder, 0);
}

static void segments_larger_than_the_mtu_are_taken_whole(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 30000);
    write_response(1, 30000);
    server_sends(feeder, 0, written.bytes, written.size, 0);
    assert_response(feeder, 0);
    assert_response(feeder, 1);
    assert_no_event(feeder);
}

static void buffers_have_a_bound_and_the_oldest_go_first(void **state)
{
    const struct decoder_options options = {.memory_bytes = 200000};
    struct feeder *feeder;
    unsigned port;

    restart(state, &options);
    feeder = *state;
    write_response(0, 3000);
    for (port = 2000; port < 2100; port++) {
        segment_from(true, port, 1, ACK, written.bytes, 2000);
        feed(feeder, &segment, LINK_RAW, 0);
        assert_no_event(feeder);
    }
    assert_in_range(dropped(feeder, DROP_TCP_EVICTED), 20, 90);
    segment_from(true, port - 1, 2001, ACK, written.bytes + 2000, written.size - 2000);
    feed(feeder, &segment, LINK_RAW, 0);
    assert_message(feeder, 100, "q0.example.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TCP_TEST(both_directions_give_their_messages),
        TCP_TEST(many_messages_in_one_segment_come_one_after_the_other),
        TCP_TEST(a_stream_split_anywhere_gives_the_same_messages),
        TCP_TEST(an_octet_at_a_time_is_enough),
        TCP_TEST(segments_in_every_order_give_the_same_messages),
        TCP_TEST(chance_changes_neither_number_nor_order_of_the_messages),
        TCP_TEST(retransmissions_give_nothing_twice),
        TCP_TEST(kept_segments_that_overlap_give_nothing_twice),
        TCP_TEST(a_connection_met_half_way_is_taken_up_at_a_message),
        TCP_TEST(a_length_by_itself_is_a_boundary_half_way),
        TCP_TEST(what_looks_like_a_length_and_is_none_is_given_up),
        TCP_TEST(a_gap_that_never_fills_is_given_up_after_three_seconds),
        TCP_TEST(a_message_with_a_hole_is_cut_and_the_next_one_whole),
        TCP_TEST(a_gap_with_too_much_behind_it_is_given_up_at_once),
        TCP_TEST(a_message_that_was_begun_is_cut_at_the_end),
        TCP_TEST(a_message_is_as_short_as_its_sender_left_it),
        TCP_TEST(a_message_that_lacks_octets_before_its_senders_end_waits),
        TCP_TEST(a_snap_length_cuts_messages_and_keeps_the_stream_in_step),
        TCP_TEST(a_length_that_no_message_has_ends_the_stream),
        TCP_TEST(segments_larger_than_the_mtu_are_taken_whole),
        TCP_TEST(buffers_have_a_bound_and_the_oldest_go_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
