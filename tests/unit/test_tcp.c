#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tcp_segments.h"

static void a_retransmitted_syn_is_told_again(void **state)
{
    struct feeder *feeder = *state;

    for (unsigned i = 0; i < 3; i++) {
        client_flags(feeder, CLIENT_FIRST, SYN);
        assert_turn(feeder, TCP_SYN);
        assert_no_event(feeder);
    }
    server_flags(feeder, SERVER_FIRST, SYN | ACK);
    assert_turn(feeder, TCP_ACCEPTED);
    assert_no_event(feeder);
    server_flags(feeder, SERVER_FIRST, SYN | ACK);
    assert_no_event(feeder);
}

static void a_reset_before_the_handshake_is_a_refusal(void **state)
{
    struct feeder *feeder = *state;

    client_flags(feeder, CLIENT_FIRST, SYN);
    assert_turn(feeder, TCP_SYN);
    assert_no_event(feeder);
    server_flags(feeder, 0, RST | ACK);
    assert_turn(feeder, TCP_REFUSED);
    assert_no_event(feeder);
    server_flags(feeder, 0, RST | ACK); /* the mirror's second copy */
    assert_no_event(feeder);
    client_flags(feeder, CLIENT_FIRST, SYN);
    assert_turn(feeder, TCP_SYN);
    assert_no_event(feeder);
    server_flags(feeder, 0, RST | ACK);
    assert_turn(feeder, TCP_REFUSED);
}

static void a_reset_behind_the_handshake_is_a_reset(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    client_flags(feeder, CLIENT_FIRST + 1, RST);
    assert_no_event(feeder);
    restart(state, NULL);
    feeder = *state;
    connect_both(feeder);
    server_flags(feeder, SERVER_FIRST + 1, RST);
    assert_turn(feeder, TCP_RESET);
    assert_no_event(feeder);
}

static void the_servers_fin_is_told_once_and_behind_the_messages(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 0);
    segment_from(true, CLIENT_PORT, SERVER_FIRST + 1, FIN | ACK, written.bytes, written.size);
    feed(feeder, &segment, LINK_RAW, SECONDS(4));
    assert_response(feeder, 0);
    assert_int_equal(decoder_counters(feeder->decoder)->packets, 4);
    assert_turn(feeder, TCP_CLOSED);
    assert_no_event(feeder);
    client_flags(feeder, CLIENT_FIRST + 1, FIN | ACK);
    assert_no_event(feeder);
    feed(feeder, &segment, LINK_RAW, SECONDS(4));
}

static void the_end_of_an_unknown_connection_is_told(void **state)
{
    struct feeder *feeder = *state;

    server_flags(feeder, 0, RST | ACK);
    assert_turn(feeder, TCP_REFUSED);
    assert_no_event(feeder);
    server_flags(feeder, 77, RST);
    assert_turn(feeder, TCP_RESET);
    assert_no_event(feeder);
    server_flags(feeder, 77, FIN | ACK);
    assert_turn(feeder, TCP_CLOSED);
    assert_no_event(feeder);
    client_flags(feeder, 77, FIN | ACK);
    assert_no_event(feeder);
    client_flags(feeder, 77, RST);
    assert_no_event(feeder);
    client_flags(feeder, 77, ACK);
    assert_no_event(feeder);
}

static void ports_that_are_used_again_begin_a_new_stream(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 100);
    server_sends(feeder, 0, written.bytes, 50, 0);
    assert_no_event(feeder);
    client_flags(feeder, 5000, SYN);
    assert_turn(feeder, TCP_SYN);
    assert_no_event(feeder);
    segment_from(true, CLIENT_PORT, 9000, SYN | ACK, "", 0);
    wire_put_u32(segment.bytes + 28, 5001);
    feed(feeder, &segment, LINK_RAW, 0);
    assert_turn(feeder, TCP_ACCEPTED);
    assert_no_event(feeder);
    segment_from(true, CLIENT_PORT, 9001, ACK, written.bytes, written.size);
    feed(feeder, &segment, LINK_RAW, 0);
    assert_response(feeder, 0);
    assert_no_event(feeder);
}

static void an_idle_connection_is_forgotten(void **state)
{
    struct feeder *feeder = *state;

    connect_both(feeder);
    write_response(0, 100);
    server_sends(feeder, 0, written.bytes, 50, 0);
    assert_no_event(feeder);
    /* Five minutes later the rest means nothing any more. */
    server_sends(feeder, 50, written.bytes + 50, written.size - 50, SECONDS(300));
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_TCP_LOST), 2);
}

/* The table is small, the flood large: who carries data stays. */
static void half_open_connections_push_out_only_each_other(void **state)
{
    const struct decoder_options options = {.memory_bytes = 100000};
    struct feeder *feeder;

    restart(state, &options);
    feeder = *state;
    connect_both(feeder);
    write_response(0, 100);
    server_sends(feeder, 0, written.bytes, 50, 0);
    assert_no_event(feeder);
    for (unsigned port = 1024; port < 3000; port++) {
        segment_from(false, port, port, SYN, "", 0);
        feed(feeder, &segment, LINK_RAW, 0);
        assert_event(feeder, EVENT_TCP);
        assert_no_event(feeder);
    }
    server_sends(feeder, 50, written.bytes + 50, written.size - 50, 0);
    assert_response(feeder, 0);
    assert_in_range(dropped(feeder, DROP_TCP_EVICTED), 1900, 1976);
}

static void malformed_headers_are_counted(void **state)
{
    struct feeder *feeder = *state;

    client_flags(feeder, 1, SYN);
    assert_turn(feeder, TCP_SYN);
    segment.bytes[20 + 12] = 0x40;
    feed(feeder, &segment, LINK_RAW, 0);
    assert_no_event(feeder);
    segment.bytes[20 + 12] = 0x60;
    feed(feeder, &segment, LINK_RAW, 0);
    assert_no_event(feeder);
    assert_int_equal(dropped(feeder, DROP_BAD_TCP), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TCP_TEST(a_retransmitted_syn_is_told_again),
        TCP_TEST(a_reset_before_the_handshake_is_a_refusal),
        TCP_TEST(a_reset_behind_the_handshake_is_a_reset),
        TCP_TEST(the_servers_fin_is_told_once_and_behind_the_messages),
        TCP_TEST(the_end_of_an_unknown_connection_is_told),
        TCP_TEST(ports_that_are_used_again_begin_a_new_stream),
        TCP_TEST(an_idle_connection_is_forgotten),
        TCP_TEST(half_open_connections_push_out_only_each_other),
        TCP_TEST(malformed_headers_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
