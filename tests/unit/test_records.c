#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/codes.h"
#include "decode/records.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* A message under construction: octets as a string literal each, in wire order. */
struct wire {
    uint8_t bytes[70000];
    size_t size;
};

static void add(struct wire *wire, const uint8_t *bytes, size_t size)
{
    assert_true(wire->size + size <= sizeof(wire->bytes));
    memcpy(wire->bytes + wire->size, bytes, size);
    wire->size += size;
}

static bool next_with_owner(struct records *records, struct record *record)
{
    return records_next(records, record) && record_owner(records, record);
}

/* "example.com. IN A" at offset 12, then records to come. */
static void begin(struct wire *wire, uint8_t answers, uint8_t authorities, uint8_t additionals)
{
    const uint8_t counts[] = {0, 1, 0, answers, 0, authorities, 0, additionals};

    wire->size = 0;
    add(wire, BYTES("\x12\x34\x81\x80"));
    add(wire, counts, sizeof(counts));
    add(wire, BYTES("\7ExamplE\3com\0\0\1\0\1"));
}

static void assert_name(const struct name *name, const char *text)
{
    char got[NAME_TEXT_SIZE];

    assert_string_equal(name_to_text(name->bytes, name->size_bytes, got), text);
}

static void sections_are_walked_in_wire_order(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;
    struct name name;

    (void)state;
    begin(&wire, 1, 1, 1);
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"));
    add(&wire, BYTES("\xc0\x0c\0\2\0\1\0\1\x51\x80\0\5\2nS\xc0\x0c"));
    add(&wire, BYTES("\0\0\x29\x04\xd0\0\0\x80\0\0\0"));

    records_begin(&records, wire.bytes, wire.size);
    assert_true(next_with_owner(&records, &record));
    assert_int_equal(record.section, SECTION_ANSWER);
    assert_name(&record.owner, "example.com.");
    assert_int_equal(record.type, TYPE_A);
    assert_int_equal(record.ttl, 60);
    assert_int_equal(record.rdata_size, 4);
    assert_memory_equal(record.rdata, "\xc0\0\2\1", 4);

    assert_true(next_with_owner(&records, &record));
    assert_int_equal(record.section, SECTION_AUTHORITY);
    assert_int_equal(record.ttl, 86400);
    assert_int_equal(record_name(&records, &record, 0, &name), 0);
    assert_name(&name, "ns.example.com.");

    assert_true(next_with_owner(&records, &record));
    assert_int_equal(record.section, SECTION_ADDITIONAL);
    assert_name(&record.owner, ".");
    assert_int_equal(record.type, TYPE_OPT);
    assert_int_equal(record.ttl, 0x8000);

    assert_false(next_with_owner(&records, &record));
    assert_false(records.failed);
}

/* The first pointer is kept in mind; another one in between is another name. */
static void owners_that_repeat_are_read_right(void **state)
{
    static const char *const expected[] = {"example.com.", "example.com.", "com.", "com.",
                                           "example.com."};
    static const char pointers[] = {0x0c, 0x0c, 0x14, 0x14, 0x0c};
    static struct wire wire;
    struct records records;
    struct record record;

    (void)state;
    begin(&wire, 5, 0, 0);
    for (size_t i = 0; i < sizeof(pointers); i++) {
        add(&wire, BYTES("\xc0"));
        add(&wire, (const uint8_t *)&pointers[i], 1);
        add(&wire, BYTES("\0\1\0\1\0\0\0\0\0\4\1\2\3\4"));
    }
    records_begin(&records, wire.bytes, wire.size);
    for (size_t i = 0; i < sizeof(pointers); i++) {
        assert_true(next_with_owner(&records, &record));
        assert_name(&record.owner, expected[i]);
    }
}

/* "example.com." is asked for, at offset 12: its labels begin at 12 and 20, its root is at 24. */
static void an_owner_in_the_question_is_known_by_its_place(void **state)
{
    static const struct {
        const char *owner;
        size_t place;
    } cases[] = {
        {"\xc0\x0c", 0},
        {"\xc0\x14", 8},
        {"\xc0\x18", 12},
        {"\xc0\x0d", ELSEWHERE}, /* the middle of a label */
        {"\xc0\x19", ELSEWHERE}, /* the question's type */
        {"\xc0\x04", ELSEWHERE}, /* the header */
        {"\1a\xc0\x0c", ELSEWHERE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct wire wire;
        struct name question = {13, "\7example\3com"};
        struct records records;
        struct record record;

        begin(&wire, 1, 0, 0);
        add(&wire, (const uint8_t *)cases[i].owner, strlen(cases[i].owner));
        add(&wire, BYTES("\0\1\0\1\0\0\0\0\0\0"));
        records_begin_behind(&records, wire.bytes, wire.size, &question);
        assert_true(records_next(&records, &record));
        assert_true(record_owner_in_question(&records, &record) == cases[i].place);
        records_begin(&records, wire.bytes, wire.size);
        assert_true(records_next(&records, &record));
        assert_true(record_owner_in_question(&records, &record) == ELSEWHERE);
    }
}

static void a_section_can_be_walked_alone(void **state)
{
    static struct wire wire;
    struct records records, again;
    struct record record;

    (void)state;
    begin(&wire, 1, 0, 2);
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"));
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2"));
    add(&wire, BYTES("\0\0\x29\x04\xd0\0\0\x80\0\0\0"));
    records_begin(&records, wire.bytes, wire.size);
    assert_int_equal(records.at, 29);
    assert_true(records_next_in(&records, SECTION_ANSWER, &record));
    assert_memory_equal(record.rdata, "\xc0\0\2\1", 4);
    assert_false(records_next_in(&records, SECTION_ANSWER, &record));
    assert_int_equal(records.at, 45);
    assert_false(records_next_in(&records, SECTION_AUTHORITY, &record));
    assert_int_equal(records.at, 45);

    records_begin_section(&again, wire.bytes, wire.size, SECTION_AUTHORITY, 45);
    assert_true(records_next(&again, &record));
    assert_int_equal(record.section, SECTION_ADDITIONAL);
    assert_memory_equal(record.rdata, "\xc0\0\2\2", 4);
    assert_true(records_next(&again, &record));
    assert_int_equal(record.type, TYPE_OPT);
    assert_false(records_next(&again, &record) || again.failed);
}

static void records_that_are_alike_are_passed_over_until_one_differs(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;

    (void)state;
    begin(&wire, 4, 0, 0);
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"));
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\2"));
    add(&wire, BYTES("\xc0\x10\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\3"));
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\5\xc0\0\2\4")); /* runs off the end */
    records_begin(&records, wire.bytes, wire.size);
    assert_int_equal(records_pass(&records, SECTION_ANSWER, OWNER_AS_ASKED, TYPE_NS), 0);
    assert_int_equal(records_pass(&records, SECTION_ANSWER, OWNER_AS_ASKED, TYPE_A), 2);
    assert_int_equal(records_pass(&records, SECTION_ANSWER, OWNER_AS_ASKED, TYPE_A), 0);
    assert_true(records_next(&records, &record));
    assert_memory_equal(record.rdata, "\xc0\0\2\3", 4);
    assert_int_equal(records_pass(&records, SECTION_ANSWER, OWNER_AS_ASKED, TYPE_A), 0);
    assert_false(records_next(&records, &record));
    assert_true(records.failed);
}

static void a_message_cut_anywhere_fails_and_never_reads_on(void **state)
{
    static struct wire wire;

    (void)state;
    begin(&wire, 1, 0, 0);
    add(&wire, BYTES("\3www\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3ftp\xc0\x0c"));
    for (size_t size = 0; size < wire.size; size++) {
        uint8_t *exact = malloc(size ? size : 1);
        struct records records;
        struct record record;

        memcpy(exact, wire.bytes, size);
        records_begin(&records, exact, size);
        assert_false(next_with_owner(&records, &record));
        assert_true(records.failed);
        free(exact);
    }
}

static void pointers_that_do_not_lead_back_are_malformed(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } owners[] = {
        {"\xc0\x1d", 2},    /* to itself */
        {"\xc0\x40", 2},    /* forwards */
        {"\xff\xff", 2},    /* out of the message */
        {"\xc0\x02", 2},    /* into the header */
        {"\1a\xc0\x1d", 4}, /* to the beginning of its own name */
        {"\x80\x0c", 2},    /* a label type that is not in use */
    };
    static struct wire wire;

    (void)state;
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        struct records records;
        struct record record;

        begin(&wire, 1, 0, 0);
        assert_int_equal(wire.size, 0x1d);
        add(&wire, (const uint8_t *)owners[i].bytes, owners[i].size);
        add(&wire, BYTES("\0\1\0\1\0\0\0\0\0\4\1\2\3\4"));
        records_begin(&records, wire.bytes, wire.size);
        assert_false(next_with_owner(&records, &record));
        assert_true(records.failed);
    }
}

/* A chain of thousands of pointers costs time and means nothing. */
static void long_chains_of_pointers_are_malformed(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;

    (void)state;
    begin(&wire, 2, 0, 0);
    add(&wire, BYTES("\0\0\20\0\1\0\0\0\0\x04\0"));
    add(&wire, BYTES("\0"));
    for (unsigned i = 0; i < 511; i++) {
        unsigned target = (unsigned)wire.size - (i == 0 ? 1 : 2);
        const uint8_t pointer[] = {(uint8_t)(0xc0 | target >> 8), (uint8_t)target};

        add(&wire, pointer, 2);
    }
    add(&wire, BYTES("\0"));
    {
        unsigned target = (unsigned)wire.size - 3;
        const uint8_t pointer[] = {(uint8_t)(0xc0 | target >> 8), (uint8_t)target};

        add(&wire, pointer, 2);
    }
    add(&wire, BYTES("\0\1\0\1\0\0\0\0\0\0"));
    records_begin(&records, wire.bytes, wire.size);
    assert_true(next_with_owner(&records, &record));
    assert_false(next_with_owner(&records, &record));
    assert_true(records.failed);
}

static void names_that_grow_over_255_octets_are_malformed(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;
    struct name name;
    uint8_t label[64] = {63};

    (void)state;
    memset(label + 1, 'a', 63);
    begin(&wire, 1, 0, 0);
    add(&wire, BYTES("\xc0\x0c\0\5\0\1\0\0\0\0\1\2"));
    for (unsigned i = 0; i < 4; i++)
        add(&wire, label, sizeof(label));
    add(&wire, BYTES("\xc0\x0c"));
    records_begin(&records, wire.bytes, wire.size);
    assert_true(next_with_owner(&records, &record));
    assert_int_equal(record_name(&records, &record, 0, &name), -1);
    assert_int_equal(name.size_bytes, 0);
}

static void a_name_does_not_run_out_of_its_rdata(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;
    struct name name;

    (void)state;
    begin(&wire, 1, 0, 0);
    add(&wire, BYTES("\xc0\x0c\0\5\0\1\0\0\0\0\0\4\3www\3com\0"));
    records_begin(&records, wire.bytes, wire.size);
    assert_true(next_with_owner(&records, &record));
    assert_int_equal(record_name(&records, &record, 0, &name), -1);
    assert_int_equal(record_name(&records, &record, 4, &name), -1);
}

static void questions_are_skipped_however_many(void **state)
{
    static struct wire wire;
    struct records records;
    struct record record;

    (void)state;
    wire.size = 0;
    add(&wire, BYTES("\0\0\x81\x80\0\2\0\1\0\0\0\0"));
    add(&wire, BYTES("\1a\0\0\1\0\1"));
    add(&wire, BYTES("\xc0\x0c\0\1\0\1"));
    add(&wire, BYTES("\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"));
    records_begin(&records, wire.bytes, wire.size);
    assert_true(next_with_owner(&records, &record));
    assert_name(&record.owner, "a.");
}

static void extended_errors_are_read_out_of_opt(void **state)
{
    /* A cookie, EDE 6 with text, EDE 22 without, an option that claims more than there is. */
    static const char options[] = "\0\x0a\0\2xx\0\x0f\0\5\0\6sad\0\x0f\0\2\0\x16\0\x0f\0\x10\0\1";
    struct record opt = {
        .type = TYPE_OPT, .rdata = (const uint8_t *)options, .rdata_size = sizeof(options) - 1};
    struct ede_option found[4];

    (void)state;
    assert_int_equal(record_ede(&opt, found, 4), 2);
    assert_int_equal(found[0].code, 6);
    assert_int_equal(found[0].text_size, 3);
    assert_memory_equal(found[0].text, "sad", 3);
    assert_int_equal(found[1].code, 22);
    assert_int_equal(found[1].text_size, 0);
    assert_int_equal(record_ede(&opt, found, 1), 1);
    opt.type = TYPE_A;
    assert_int_equal(record_ede(&opt, found, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_walked_in_wire_order),
        cmocka_unit_test(owners_that_repeat_are_read_right),
        cmocka_unit_test(an_owner_in_the_question_is_known_by_its_place),
        cmocka_unit_test(a_section_can_be_walked_alone),
        cmocka_unit_test(records_that_are_alike_are_passed_over_until_one_differs),
        cmocka_unit_test(a_message_cut_anywhere_fails_and_never_reads_on),
        cmocka_unit_test(pointers_that_do_not_lead_back_are_malformed),
        cmocka_unit_test(long_chains_of_pointers_are_malformed),
        cmocka_unit_test(names_that_grow_over_255_octets_are_malformed),
        cmocka_unit_test(a_name_does_not_run_out_of_its_rdata),
        cmocka_unit_test(questions_are_skipped_however_many),
        cmocka_unit_test(extended_errors_are_read_out_of_opt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
