#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/referral.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "packets.h"
#include "samples.h"

#define HEADER_BYTES 12

/* A referral under construction, to the zone that begins at `zone_at` in its question. */
struct draft {
    struct wire_packet packet;
    struct dns_message message;
    size_t zone_at;
    unsigned authorities, additionals;
};

static void begin(struct draft *draft, const char *qname, const char *zone)
{
    draft->message = (struct dns_message){
        .flags = DNS_QR, .qtype = TYPE_A, .qclass = 1, .qname = sample_name(qname)};
    draft->message.qname_hash =
        hash_bytes(draft->message.qname.bytes, draft->message.qname.size_bytes);
    draft->zone_at = HEADER_BYTES + strlen(qname) - strlen(zone);
    draft->authorities = draft->additionals = 0;
    wire_dns(&draft->packet, 1, DNS_QR, qname, TYPE_A, 0);
}

/* The name is `labels` and then a pointer to `target`, 0: the root. */
static void put_name(struct draft *draft, const char *labels, size_t target)
{
    const uint8_t pointer[] = {(uint8_t)(0xc0 | target >> 8), (uint8_t)target};

    wire_append(&draft->packet, labels, strlen(labels));
    wire_append(&draft->packet, target ? pointer : (const uint8_t *)"", target ? 2 : 1);
}

static void put_fixed(struct draft *draft, unsigned type, unsigned ttl, size_t size)
{
    uint8_t fixed[10] = {0};

    wire_put_u16(fixed, type);
    wire_put_u16(fixed + 2, 1);
    wire_put_u16(fixed + 6, ttl);
    wire_put_u16(fixed + 8, (unsigned)size);
    wire_append(&draft->packet, fixed, sizeof(fixed));
}

/* An NS record of the zone. Returns where the name in it begins. */
static size_t add_ns(struct draft *draft, unsigned ttl, const char *labels, size_t target)
{
    size_t at;

    put_name(draft, "", draft->zone_at);
    put_fixed(draft, TYPE_NS, ttl, strlen(labels) + (target ? 2 : 1));
    at = draft->packet.size;
    put_name(draft, labels, target);
    draft->authorities++;
    return at;
}

static void add_glue(struct draft *draft, size_t owner, const char *address)
{
    struct address parsed = sample_address(address);

    put_name(draft, "", owner);
    put_fixed(draft, TYPE_A, 60, 4);
    wire_append(&draft->packet, parsed.bytes + 12, 4);
    draft->additionals++;
}

static void add_opt(struct draft *draft, const char *options)
{
    put_name(draft, "", 0);
    put_fixed(draft, TYPE_OPT, 0, strlen(options));
    wire_append(&draft->packet, options, strlen(options));
    draft->additionals++;
}

static uint64_t digest_of(struct draft *draft, struct referral *referral)
{
    struct answer answer;

    wire_put_u16(draft->packet.bytes + 8, draft->authorities);
    wire_put_u16(draft->packet.bytes + 10, draft->additionals);
    draft->message.wire = draft->packet.bytes;
    draft->message.size_bytes = (uint32_t)draft->packet.size;
    draft->message.counts[2] = (uint16_t)draft->authorities;
    draft->message.counts[3] = (uint16_t)draft->additionals;
    answer_read(&answer, &draft->message);
    assert_int_equal(answer.kind, ANSWER_REFERRAL);
    referral_read(referral, &draft->message, SECTION_AUTHORITY);
    return referral_digest(&draft->message, &answer);
}

/* What may be different about the same referral. */
struct variant {
    const char *qname, *first, *second, *address;
    unsigned ttl;
    const char *options;
    bool turned;
    bool third;
};

static const struct variant plain = {
    .qname = "www.example.com.", .first = "\3ns1\3dns", .second = "\3ns2", .address = "192.0.2.1"};

/* Two nameservers, one called by what the other one's name holds, and their addresses. */
static uint64_t digest_variant(const struct variant *variant, struct referral *referral)
{
    static struct draft draft;
    size_t first, second;

    begin(&draft, variant->qname, "example.com.");
    first = add_ns(&draft, variant->ttl, variant->first, draft.zone_at);
    second = add_ns(&draft, variant->ttl, variant->second, first + 4); /* dns.example.com. */
    if (variant->third)
        add_ns(&draft, variant->ttl, "\3ns3", draft.zone_at);
    add_glue(&draft, variant->turned ? second : first, variant->address);
    add_glue(&draft, variant->turned ? first : second, "192.0.2.2");
    if (variant->options)
        add_opt(&draft, variant->options);
    return digest_of(&draft, referral);
}

static bool says_the_same(const struct referral *a, const struct referral *b)
{
    return name_equal(&a->zone, &b->zone) && a->name_count == b->name_count &&
           a->glue_count == b->glue_count && a->pool_bytes == b->pool_bytes &&
           memcmp(a->pool, b->pool, a->pool_bytes) == 0 &&
           memcmp(a->glue, b->glue, a->glue_count * sizeof(a->glue[0])) == 0;
}

static void a_referral_that_says_the_same_is_known_whatever_was_asked(void **state)
{
    static const struct variant same[] = {
        {.qname = "example.com."},     {.qname = "a.very.much.longer.name.example.com."},
        {.qname = "WWW.eXample.com."}, {.ttl = 900},
        {.options = "cookie"},
    };
    static struct referral expected, referral;
    uint64_t digest = digest_variant(&plain, &expected);

    (void)state;
    assert_int_not_equal(digest, 0);
    assert_int_equal(expected.name_count, 2);
    assert_int_equal(expected.glue_count, 2);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct variant variant = plain;

        if (same[i].qname)
            variant.qname = same[i].qname;
        variant.ttl = same[i].ttl;
        variant.options = same[i].options;
        assert_true(digest_variant(&variant, &referral) == digest);
        assert_true(says_the_same(&referral, &expected));
    }
}

static void whatever_differs_is_another_referral(void **state)
{
    static const struct variant others[] = {
        {"www.example.com.", "\3ns1\3dns", "\3ns2", "192.0.2.3", 0, NULL, false, false},
        {"www.example.com.", "\3ns7\3dns", "\3ns2", "192.0.2.1", 0, NULL, false, false},
        {"www.example.com.", "\3ns1\3dns", "\3ns7", "192.0.2.1", 0, NULL, false, false},
        {"www.example.com.", "\3ns1\3dns", "\4ns20", "192.0.2.1", 0, NULL, false, false},
        {"www.example.com.", "\3ns1\3dns", "\1n\1s", "192.0.2.1", 0, NULL, false, false},
        {"www.example.com.", "\3ns2\3dns", "\3ns1", "192.0.2.1", 0, NULL, false, false},
        {"www.example.com.", "\3ns1\3dns", "\3ns2", "192.0.2.1", 0, NULL, true, false},
        {"www.example.com.", "\3ns1\3dns", "\3ns2", "192.0.2.1", 0, NULL, false, true},
    };
    static struct referral expected, referral;
    uint64_t digest = digest_variant(&plain, &expected);

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_true(digest_variant(&others[i], &referral) != digest);
        assert_false(says_the_same(&referral, &expected));
    }
}

/* "ns" under the zone, under the top-level domain, and under "ns1" of the zone. */
static void a_pointer_that_leads_elsewhere_is_another_referral(void **state)
{
    uint64_t digests[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        static struct draft draft;
        static struct referral referral;
        size_t first;

        begin(&draft, "www.example.com.", "example.com.");
        first = add_ns(&draft, 60, "\3ns1", draft.zone_at);
        add_ns(&draft, 60, "\2ns", (const size_t[]){draft.zone_at, draft.zone_at + 8, first}[i]);
        digests[i] = digest_of(&draft, &referral);
        assert_int_not_equal(digests[i], 0);
    }
    assert_true(digests[0] != digests[1] && digests[0] != digests[2] && digests[1] != digests[2]);
}

/* These depend on what was asked: `target` of the second nameserver's name. */
static void what_the_question_has_below_the_zone_gives_no_digest(void **state)
{
    static const struct {
        const char *qname;
        size_t target;
    } cases[] = {
        {"ns.example.com.", HEADER_BYTES},           /* a label below the zone */
        {"ns.example.com.", HEADER_BYTES + 1},       /* octets that are none */
        {"1.example.com.", HEADER_BYTES + 3},        /* the middle of the zone's own label */
        {"ns.example.com.", HEADER_BYTES + 17 + 10}, /* a record's TTL, all zeros: the root */
        {"ns.example.com.", 4},                      /* the header */
        {"ns.example.com.", 0x3ff0},                 /* behind it all */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct draft draft;
        static struct referral referral;

        begin(&draft, cases[i].qname, "example.com.");
        add_ns(&draft, 60, "\3ns1", draft.zone_at);
        add_ns(&draft, 60, "\3ns2", cases[i].target);
        assert_int_equal(digest_of(&draft, &referral), 0);
    }
}

/* Two zones in one message: which one would it be of? */
static void an_owner_other_than_the_zone_is_told_apart(void **state)
{
    static struct draft draft;
    static struct referral referral;
    uint64_t digest;

    (void)state;
    begin(&draft, "example.com.", "example.com.");
    draft.zone_at = HEADER_BYTES + 8; /* com. */
    add_ns(&draft, 60, "\3ns1", draft.zone_at);
    draft.zone_at = HEADER_BYTES;
    add_ns(&draft, 60, "\3ns2", draft.zone_at);
    assert_int_equal(digest_of(&draft, &referral), 0);

    begin(&draft, "example.com.", "example.com.");
    add_ns(&draft, 60, "\3ns1", draft.zone_at);
    digest = digest_of(&draft, &referral);
    begin(&draft, "example.com.", "com.");
    add_ns(&draft, 60, "\3ns1", draft.zone_at);
    assert_true(digest_of(&draft, &referral) != 0);
    assert_true(digest != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_referral_that_says_the_same_is_known_whatever_was_asked),
        cmocka_unit_test(whatever_differs_is_another_referral),
        cmocka_unit_test(a_pointer_that_leads_elsewhere_is_another_referral),
        cmocka_unit_test(what_the_question_has_below_the_zone_gives_no_digest),
        cmocka_unit_test(an_owner_other_than_the_zone_is_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
