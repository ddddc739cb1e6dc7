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
#include "packets.h"
#include "samples.h"

#define MEMORY_BYTES (256u << 10)
#define ZONES        1000
#define NAME_BYTES   42

/* A referral to zone number `zone`, which has so many nameservers, all with long names. */
static void refer(struct world *world, unsigned zone, unsigned nameservers)
{
    static struct wire_packet packet;
    struct event event = {.kind = EVENT_DNS, .time_ns = SECONDS(1)};
    struct answer answer;
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
    event.dns = (struct dns_message){.flags = DNS_QR,
                                     .qtype = TYPE_A,
                                     .qclass = 1,
                                     .qname = sample_name(qname),
                                     .wire = packet.bytes,
                                     .size_bytes = (uint32_t)packet.size};
    event.dns.qname_hash = hash_bytes(event.dns.qname.bytes, event.dns.qname.size_bytes);
    event.flow.source = sample_address("192.5.6.30");
    answer_read(&answer, &event.dns);
    assert_int_equal(answer.kind, ANSWER_REFERRAL);
    world_see_response(world, &event, &answer);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_that_grow_push_others_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
