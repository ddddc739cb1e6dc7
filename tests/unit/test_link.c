/* Every link layer, and what may stand between it and IP, leads to the same message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "questions.h"

static void wrap_ethernet(void)
{
    layer_ethernet(&packet, 0x0800);
}

static void wrap_vlan(void)
{
    layer_vlan(&packet, 0x0800);
    layer_ethernet(&packet, 0x8100);
}

static void wrap_qinq(void)
{
    layer_vlan(&packet, 0x0800);
    layer_vlan(&packet, 0x8100);
    layer_ethernet(&packet, 0x88a8);
}

static void wrap_old_qinq(void)
{
    layer_vlan(&packet, 0x0800);
    layer_vlan(&packet, 0x8100);
    layer_ethernet(&packet, 0x9100);
}

static void wrap_mpls(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0x00010140);
    wire_put_u32(wire_prepend(&packet, 4), 0x00020040);
    layer_ethernet(&packet, 0x8847);
}

static void wrap_mpls_pseudowire(void)
{
    layer_ethernet(&packet, 0x0800);
    wire_prepend(&packet, 4); /* the control word */
    wire_put_u32(wire_prepend(&packet, 4), 0x00010140);
    layer_ethernet(&packet, 0x8847);
}

static void wrap_pppoe(void)
{
    uint8_t *header = wire_prepend(&packet, 8);

    header[0] = 0x11;
    wire_put_u16(header + 4, (unsigned)packet.size - 6);
    wire_put_u16(header + 6, 0x0021);
    layer_ethernet(&packet, 0x8864);
}

static void wrap_snap(void)
{
    memcpy(wire_prepend(&packet, 8), "\xaa\xaa\x03\0\0\0\x08\0", 8);
    layer_ethernet(&packet, (unsigned)packet.size);
}

static void wrap_sll(void)
{
    wire_put_u16(wire_prepend(&packet, 16) + 14, 0x0800);
}

static void wrap_sll_with_vlan(void)
{
    layer_vlan(&packet, 0x0800);
    wire_put_u16(wire_prepend(&packet, 16) + 14, 0x8100);
}

static void wrap_sll2(void)
{
    wire_put_u16(wire_prepend(&packet, 20), 0x0800);
}

static void wrap_nothing(void)
{
}

static void wrap_null_little(void)
{
    wire_prepend(&packet, 4)[0] = 2;
}

static void wrap_null_big(void)
{
    wire_prepend(&packet, 4)[3] = 2;
}

static void wrap_ppp(void)
{
    wire_put_u16(wire_prepend(&packet, 2), 0x0021);
}

static void wrap_ppp_hdlc(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0xff030021);
}

static void wrap_ppp_short(void)
{
    wire_prepend(&packet, 1)[0] = 0x21;
}

static void wrap_cisco_hdlc(void)
{
    wire_put_u32(wire_prepend(&packet, 4), 0x0f000800);
}

/* An attribute of five octets, with its padding, before the packet's; sizes and types as the
 * machine that captured has them. */
static void wrap_nflog_little(void)
{
    uint8_t *header;

    header = wire_prepend(&packet, 4);
    header[0] = (uint8_t)packet.size;
    header[2] = 9;
    memcpy(wire_prepend(&packet, 12), "\2\0\0\5\5\0\x0a\0x\0\0\0", 12);
}

static void wrap_nflog_big(void)
{
    uint8_t *header;

    header = wire_prepend(&packet, 4);
    header[1] = (uint8_t)packet.size;
    header[3] = 9;
    memcpy(wire_prepend(&packet, 12), "\2\0\0\5\0\5\0\x0ax\0\0\0", 12);
}

static void every_link_layer_is_taken_apart(void **state)
{
    static const struct {
        uint32_t link_type;
        void (*wrap)(void);
    } links[] = {
        {LINK_ETHERNET, wrap_ethernet},
        {LINK_ETHERNET, wrap_vlan},
        {LINK_ETHERNET, wrap_qinq},
        {LINK_ETHERNET, wrap_old_qinq},
        {LINK_ETHERNET, wrap_mpls},
        {LINK_ETHERNET, wrap_mpls_pseudowire},
        {LINK_ETHERNET, wrap_pppoe},
        {LINK_ETHERNET, wrap_snap},
        {113, wrap_sll},
        {113, wrap_sll_with_vlan},
        {276, wrap_sll2},
        {101, wrap_nothing},
        {12, wrap_nothing},
        {14, wrap_nothing},
        {228, wrap_nothing},
        {0, wrap_null_little},
        {0, wrap_null_big},
        {108, wrap_null_big},
        {9, wrap_ppp},
        {9, wrap_ppp_hdlc},
        {9, wrap_ppp_short},
        {50, wrap_ppp_hdlc},
        {104, wrap_cisco_hdlc},
        {239, wrap_nflog_little},
        {239, wrap_nflog_big},
    };
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(links); i++) {
        question();
        links[i].wrap();
        feed(feeder, &packet, links[i].link_type, SECONDS(i));
        assert_question(feeder);
    }
    assert_int_equal(dropped_in_all(feeder), 0);
}

/* Whatever layer the snap length cuts through, the frame is counted and never read too far. */
static void a_frame_cut_anywhere_is_counted_or_a_cut_message(void **state)
{
    static void (*const wraps[])(void) = {wrap_vlan, wrap_mpls_pseudowire, wrap_pppoe, wrap_snap};
    struct feeder *feeder = *state;

    for (size_t i = 0; i < COUNT(wraps); i++) {
        size_t header;

        question();
        wraps[i]();
        header = packet.size - 4 - 17;
        for (size_t captured = 0; captured < packet.size; captured++) {
            uint64_t before = dropped_in_all(feeder);

            feed_cut(feeder, &packet, LINK_ETHERNET, 0, captured);
            if (captured < header) {
                assert_no_event(feeder);
                assert_int_equal(dropped_in_all(feeder), before + 1);
            } else {
                const struct event *event = assert_event(feeder, EVENT_DNS);

                assert_true(event->dns.cut);
                assert_int_equal(event->dns.id, 0x1234);
                assert_int_equal(event->dns.qname.size_bytes, 0);
                assert_null(event->dns.qname_wire);
                assert_int_equal(dropped_in_all(feeder), before);
            }
        }
    }
    assert_int_equal(dropped_in_all(feeder), dropped(feeder, DROP_CUT_SHORT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECODER_TEST(every_link_layer_is_taken_apart),
        DECODER_TEST(a_frame_cut_anywhere_is_counted_or_a_cut_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
