/* Every form of pcap and pcapng is read, and damage is named where it is. */
#include "capture_files.h"

static const struct packet three[] = {
    {START_NS + 1000, 0x01020304, 60},
    {START_NS + 2000, 0x05060708, 61},
    {START_NS + 3000, 0x090a0b0c, 64},
};

static void assert_three(const struct reading *reading)
{
    uint8_t bytes[64];

    assert_int_equal(reading->error_count, 0);
    assert_int_equal(reading->count, 3);
    for (size_t i = 0; i < 3; i++) {
        uint32_t content;

        packet_write(&three[i], bytes);
        memcpy(&content, bytes, sizeof(content));
        assert_int_equal(reading->frames[i].frame.time_ns, three[i].time_ns);
        assert_int_equal(reading->frames[i].frame.size_bytes, three[i].size_bytes);
        assert_int_equal(reading->frames[i].frame.wire_bytes, three[i].size_bytes);
        assert_int_equal(reading->frames[i].frame.number, i + 1);
        assert_int_equal(reading->frames[i].content, content);
    }
}

/* Reads a buffer as a file (and frees it). */
static struct reading read_buffer(struct folder *folder, struct buffer *file)
{
    char name[] = {'f', (char)('a' + folder->count), '\0'};

    return read_file(folder_add(folder, name, file));
}

static void every_form_of_pcap_is_read(void **state)
{
    static const struct {
        uint32_t magic, fraction_ns, extra_bytes;
    } forms[] = {{0xa1b2c3d4, 1000, 0}, {0xa1b23c4d, 1, 0}, {0xa1b2cd34, 1000, 8}};

    for (size_t i = 0; i < 2 * sizeof(forms) / sizeof(forms[0]); i++) {
        bool swapped = i % 2 == 1;
        struct buffer file = {0};
        struct reading reading;

        pcap_begin(&file, forms[i / 2].magic, 1, swapped);
        for (size_t packet = 0; packet < 3; packet++)
            pcap_add(&file, &three[packet], forms[i / 2].fraction_ns, forms[i / 2].extra_bytes,
                     swapped);
        reading = read_buffer(*state, &file);
        assert_three(&reading);
        reading_clear(&reading);
    }
}

static void the_length_of_a_check_sequence_is_no_link_type(void **state)
{
    struct buffer file = {0};
    struct reading reading;

    pcap_begin(&file, 0xa1b23c4d, 0x44000071, false);
    pcap_add(&file, &three[0], 1, 0, false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.frames[0].frame.link_type, 113);
    reading_clear(&reading);
}

static void a_header_without_packets_is_a_capture(void **state)
{
    struct buffer file = pcap_of(NULL, 0);
    struct reading reading = read_buffer(*state, &file);

    assert_int_equal(reading.count, 0);
    assert_int_equal(reading.error_count, 0);
    reading_clear(&reading);
}

static void what_is_no_capture_is_said_to_be_none(void **state)
{
    static const struct {
        const char *bytes, *says;
    } cases[] = {
        {"", "offset 0: no capture: empty"},
        {"no", "offset 0: no capture: neither pcap nor pcapng"},
        {"#!/bin/sh\necho this is a script\n", "offset 0: no capture: neither pcap nor pcapng"},
        {"\xd4\xc3\xb2\xa1 short", "offset 0: file header cut short, 10 of 24 bytes"},
        {"\xd4\xc3\xb2\xa1\x09\x09\x04\x04 a version that nobody knows", "pcap version 2313.1028"},
        {"\x0a\x0d\x0d\x0a\x1c\x01\x01\x01 no byte order here at all", "without byte order"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer file = {0};
        struct reading reading;

        buffer_add(&file, cases[i].bytes, strlen(cases[i].bytes));
        reading = read_buffer(*state, &file);
        assert_int_equal(reading.count, 0);
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, cases[i].says);
        reading_clear(&reading);
    }
}

static void a_cut_packet_is_named_after_what_came_before(void **state)
{
    static const struct {
        size_t cut;
        const char *says;
    } cases[] = {
        {1, "offset 177: packet record cut short, 79 of 80 bytes"},
        {64, "offset 177: packet record cut short, 16 of 80 bytes"},
        {65, "offset 177: record header cut short, 15 of 16 bytes"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer file = pcap_of(three, 3);
        struct reading reading;

        file.size -= cases[i].cut;
        reading = read_buffer(*state, &file);
        assert_int_equal(reading.count, 2);
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, cases[i].says);
        assert_int_equal(reading.frames[1].errors_before, 0);
        reading_clear(&reading);
    }
}

static void an_impossible_length_ends_that_file_only(void **state)
{
    static const uint32_t lengths[] = {0xffffffff, 0x7fffffff, 262145};
    struct folder *folder = *state;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct buffer file = pcap_of(three, 3);
        struct packet later = {START_NS + SECOND_NS, 7, 60};
        struct reading reading;
        const char *paths[2];
        char name[] = {'x', (char)('a' + i), '\0'};

        memcpy(file.bytes + 24 + 76 + 8, &lengths[i], 4);
        paths[0] = folder_add(folder, name, &file);
        file = pcap_of(&later, 1);
        name[0] = 'y';
        paths[1] = folder_add(folder, name, &file);
        reading = read_files(paths, 2, NULL);
        assert_int_equal(reading.count, 2);
        assert_int_equal(reading.error_count, 1);
        assert_error_says(&reading, 0, "offset 100: record of ");
        assert_int_equal(reading.frames[0].errors_before, 0);
        assert_int_equal(reading.frames[1].frame.source, 1);
        reading_clear(&reading);
    }
}

static void a_packet_as_large_as_libpcap_allows_is_read(void **state)
{
    static uint8_t bytes[262144];
    struct buffer file = pcap_of(three, 1);
    struct reading reading;

    buffer_add_u32(&file, 1700000001, false);
    buffer_add_u32(&file, 0, false);
    buffer_add_u32(&file, sizeof(bytes), false);
    buffer_add_u32(&file, 300000, false);
    buffer_add(&file, bytes, sizeof(bytes));
    pcap_add(&file, &(struct packet){START_NS + 2 * SECOND_NS, 1, 60}, 1, 0, false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.error_count, 0);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.frames[1].frame.size_bytes, sizeof(bytes));
    assert_int_equal(reading.frames[1].frame.wire_bytes, 300000);
    reading_clear(&reading);
}

/* pcapng blocks. */
static void ng_block(struct buffer *file, uint32_t type, const struct buffer *body, bool swapped)
{
    static const uint8_t zeros[4];
    uint32_t padding = (uint32_t)(-body->size & 3);
    uint32_t total = (uint32_t)body->size + padding + 12;

    buffer_add_u32(file, type, swapped);
    buffer_add_u32(file, total, swapped);
    buffer_add(file, body->bytes, body->size);
    buffer_add(file, zeros, padding);
    buffer_add_u32(file, total, swapped);
}

static void ng_section(struct buffer *file, bool swapped)
{
    struct buffer body = {0};

    buffer_add_u32(&body, 0x1a2b3c4d, swapped);
    buffer_add_u16(&body, 1, swapped);
    buffer_add_u16(&body, 0, swapped);
    buffer_add_u32(&body, 0xffffffff, swapped);
    buffer_add_u32(&body, 0xffffffff, swapped);
    ng_block(file, 0x0a0d0d0a, &body, swapped);
    buffer_clear(&body);
}

static void ng_interface(struct buffer *file, uint16_t link_type, uint32_t snap_length,
                         uint8_t resolution, int64_t offset_s, bool swapped)
{
    struct buffer body = {0};
    uint64_t offset = (uint64_t)offset_s;

    buffer_add_u16(&body, link_type, swapped);
    buffer_add_u16(&body, 0, swapped);
    buffer_add_u32(&body, snap_length, swapped);
    buffer_add_u16(&body, 2, swapped); /* if_name: to be skipped */
    buffer_add_u16(&body, 4, swapped);
    buffer_add(&body, "eth0", 4);
    buffer_add_u16(&body, 9, swapped);
    buffer_add_u16(&body, 1, swapped);
    buffer_add(&body, (uint8_t[]){resolution, 0, 0, 0}, 4);
    buffer_add_u16(&body, 14, swapped);
    buffer_add_u16(&body, 8, swapped);
    buffer_add_u32(&body, (uint32_t)(swapped ? offset >> 32 : offset), swapped);
    buffer_add_u32(&body, (uint32_t)(swapped ? offset : offset >> 32), swapped);
    buffer_add_u32(&body, 0, swapped);
    ng_block(file, 1, &body, swapped);
    buffer_clear(&body);
}

static void ng_packet(struct buffer *file, uint32_t type, uint32_t interface, uint64_t time,
                      const struct packet *packet, bool swapped)
{
    static const uint8_t zeros[4];
    struct buffer body = {0};
    uint8_t bytes[4096];

    packet_write(packet, bytes);
    if (type == 6) {
        buffer_add_u32(&body, interface, swapped);
    } else if (type == 2) {
        buffer_add_u16(&body, (uint16_t)interface, swapped);
        buffer_add_u16(&body, 0xffff, swapped); /* drops */
    }
    if (type != 3) {
        buffer_add_u32(&body, (uint32_t)(time >> 32), swapped);
        buffer_add_u32(&body, (uint32_t)time, swapped);
        buffer_add_u32(&body, packet->size_bytes, swapped);
    }
    buffer_add_u32(&body, packet->size_bytes, swapped);
    buffer_add(&body, bytes, packet->size_bytes);
    if (type == 6) { /* an option: epb_flags */
        buffer_add(&body, zeros, -packet->size_bytes & 3);
        buffer_add_u16(&body, 2, swapped);
        buffer_add_u16(&body, 4, swapped);
        buffer_add_u32(&body, 1, swapped);
        buffer_add_u32(&body, 0, swapped);
    }
    ng_block(file, type, &body, swapped);
    buffer_clear(&body);
}

static void ng_other(struct buffer *file, uint32_t type, size_t size, bool swapped)
{
    struct buffer body = {.bytes = calloc(1, size + 1), .size = size};

    ng_block(file, type, &body, swapped);
    buffer_clear(&body);
}

static void both_byte_orders_of_pcapng_are_read(void **state)
{
    for (int swapped = 0; swapped < 2; swapped++) {
        struct buffer file = {0};
        struct reading reading;

        ng_section(&file, swapped);
        ng_interface(&file, 1, 0, 9, 0, swapped);
        for (size_t i = 0; i < 3; i++) {
            ng_packet(&file, i == 1 ? 2 : 6, 0, (uint64_t)three[i].time_ns, &three[i], swapped);
            ng_other(&file, 4, 40 * i, swapped); /* names */
        }
        ng_other(&file, 0x80000bad, 1500000, swapped); /* of a kind that nobody knows */
        reading = read_buffer(*state, &file);
        assert_three(&reading);
        reading_clear(&reading);
    }
}

static void a_pcapng_made_of_a_pcap_is_the_same(void **state)
{
    struct folder *folder = *state;
    struct buffer file = pcap_of(three, 3);
    struct reading classic = read_buffer(folder, &file), blocks;

    ng_section(&file, false);
    ng_interface(&file, 1, 65535, 9, 0, false);
    for (size_t i = 0; i < 3; i++)
        ng_packet(&file, 6, 0, (uint64_t)three[i].time_ns, &three[i], false);
    blocks = read_buffer(folder, &file);
    assert_same_frames(&classic, &blocks);
    assert_true(classic.fingerprints[0] == blocks.fingerprints[0]);
    reading_clear(&classic);
    reading_clear(&blocks);
}

static void each_interface_has_its_own_clock_and_link_type(void **state)
{
    static const struct {
        uint8_t resolution;
        int64_t offset_s;
        uint64_t units;
        int64_t time_ns;
    } clocks[] = {
        {6, 0, 1700000000000001, START_NS + 1000},
        {9, 0, 1700000000000001001, START_NS + 1001},
        {3, 0, 1700000000002, START_NS + 2000000},
        {0, 1699999999, 2, START_NS + SECOND_NS},
        {12, 1700000000, 2000000001500, START_NS + 2 * SECOND_NS + 1},
        {0x80 | 10, 1700000000, 3 * 1024 + 512, START_NS + 3 * SECOND_NS + SECOND_NS / 2},
        {9, -1, 1700000005000000000, START_NS + 4 * SECOND_NS},
        {0x80 | 32, 5, 7301444407475878552, START_NS + 5 * SECOND_NS + 995555555},
        {0x80 | 33, 6, 14602888814970845848u, START_NS + 6 * SECOND_NS + 997777777},
        {0x80 | 63, 1700000006, UINT64_MAX, START_NS + 8 * SECOND_NS - 1},
        /* What no clock shows is brought to where it does no harm. */
        {0, 0, UINT64_MAX, INT64_C(1) << 61},
    };
    enum { COUNT = sizeof(clocks) / sizeof(clocks[0]) };
    struct buffer file = {0};
    struct reading reading;

    ng_section(&file, false);
    for (size_t i = 0; i < COUNT; i++)
        ng_interface(&file, (uint16_t)(100 + i), 0, clocks[i].resolution, clocks[i].offset_s,
                     false);
    for (size_t i = 0; i < COUNT; i++)
        ng_packet(&file, 6, (uint32_t)i, clocks[i].units, &three[0], false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.error_count, 0);
    assert_int_equal(reading.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(reading.frames[i].frame.time_ns, clocks[i].time_ns);
        assert_int_equal(reading.frames[i].frame.link_type, 100 + i);
    }
    reading_clear(&reading);
}

static void each_section_starts_over(void **state)
{
    struct buffer file = {0};
    struct reading reading;

    ng_section(&file, false);
    ng_interface(&file, 101, 0, 9, 0, false);
    ng_packet(&file, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
    ng_section(&file, true);
    ng_interface(&file, 113, 0, 6, 0, true);
    ng_interface(&file, 276, 0, 9, 0, true);
    ng_packet(&file, 6, 0, (uint64_t)three[1].time_ns / 1000, &three[1], true);
    ng_packet(&file, 6, 1, (uint64_t)three[2].time_ns, &three[2], true);
    reading = read_buffer(*state, &file);
    assert_three(&reading);
    assert_int_equal(reading.frames[0].frame.link_type, 101);
    assert_int_equal(reading.frames[1].frame.link_type, 113);
    assert_int_equal(reading.frames[2].frame.link_type, 276);
    reading_clear(&reading);
}

static void simple_packets_stay_where_they_stand(void **state)
{
    struct buffer file = {0};
    struct reading reading;

    ng_section(&file, false);
    ng_interface(&file, 1, 60, 9, 0, false);
    ng_packet(&file, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
    ng_packet(&file, 3, 0, 0, &three[2], false);
    ng_packet(&file, 3, 0, 0, &three[1], false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.error_count, 0);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.frames[1].frame.size_bytes, 60); /* the snap length */
    assert_int_equal(reading.frames[1].frame.wire_bytes, 64);
    assert_int_equal(reading.frames[2].frame.wire_bytes, 61);
    assert_true(reading.frames[2].frame.time_ns - three[0].time_ns < 1000);
    reading_clear(&reading);
}

static void a_block_that_is_wrong_inside_is_skipped(void **state)
{
    struct buffer file = {0};
    struct reading reading;
    char offset[32];
    size_t damaged;

    ng_section(&file, false);
    ng_interface(&file, 1, 0, 9, 0, false);
    ng_packet(&file, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
    damaged = file.size;
    ng_packet(&file, 6, 7, (uint64_t)three[1].time_ns, &three[1], false);
    ng_packet(&file, 6, 0, (uint64_t)three[2].time_ns, &three[2], false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.error_count, 1);
    assert_error_says(&reading, 0, "packet of interface 7, which is not described");
    snprintf(offset, sizeof(offset), "offset %zu: ", damaged);
    assert_error_says(&reading, 0, offset);
    assert_int_equal(reading.frames[0].errors_before, 0);
    assert_int_equal(reading.frames[1].errors_before, 1);
    assert_int_equal(reading.frames[1].frame.number, 3);
    reading_clear(&reading);
}

static void a_block_whose_lengths_differ_ends_the_file(void **state)
{
    struct buffer file = {0};
    struct reading reading;

    ng_section(&file, false);
    ng_interface(&file, 1, 0, 9, 0, false);
    ng_packet(&file, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
    ng_packet(&file, 6, 0, (uint64_t)three[1].time_ns, &three[1], false);
    file.bytes[file.size - 4] ^= 4;
    ng_packet(&file, 6, 0, (uint64_t)three[2].time_ns, &three[2], false);
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.error_count, 1);
    assert_error_says(&reading, 0, "says");
    reading_clear(&reading);
}

static void rubbish_behind_a_header_gives_few_errors(void **state)
{
    struct buffer file = {0};
    struct reading reading;

    ng_section(&file, false);
    ng_interface(&file, 1, 0, 9, 0, false);
    ng_packet(&file, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
    for (size_t i = 0; i < 5000; i++)
        ng_packet(&file, 6, 1, 0, &three[0], false); /* of no interface */
    reading = read_buffer(*state, &file);
    assert_int_equal(reading.count, 1);
    assert_true(reading.error_count > 1 && reading.error_count < 20);
    assert_error_says(&reading, reading.error_count - 1, "given up");
    reading_clear(&reading);
}

/* Each byte of a small file of each format, changed in turn: an end, whatever it is. */
static void no_changed_byte_does_harm(void **state)
{
    struct folder *folder = *state;

    for (int format = 0; format < 2; format++) {
        struct buffer original = {0};

        if (format == 0) {
            original = pcap_of(three, 3);
        } else {
            ng_section(&original, false);
            ng_interface(&original, 1, 0, 9, 0, false);
            ng_packet(&original, 6, 0, (uint64_t)three[0].time_ns, &three[0], false);
            ng_packet(&original, 3, 0, 0, &three[1], false);
            ng_packet(&original, 2, 0, (uint64_t)three[2].time_ns, &three[2], false);
        }
        for (size_t at = 0; at < 2 * original.size; at++) {
            struct buffer changed = {0};
            struct reading reading;

            buffer_add(&changed, original.bytes, original.size);
            changed.bytes[at / 2] = at % 2 == 0 ? 0xff : changed.bytes[at / 2] ^ 1;
            reading = read_buffer(folder, &changed);
            assert_true(reading.count <= 3);
            reading_clear(&reading);
            folder_forget_last(folder);
        }
        buffer_clear(&original);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(every_form_of_pcap_is_read),
        folder_test(the_length_of_a_check_sequence_is_no_link_type),
        folder_test(a_header_without_packets_is_a_capture),
        folder_test(what_is_no_capture_is_said_to_be_none),
        folder_test(a_cut_packet_is_named_after_what_came_before),
        folder_test(an_impossible_length_ends_that_file_only),
        folder_test(a_packet_as_large_as_libpcap_allows_is_read),
        folder_test(both_byte_orders_of_pcapng_are_read),
        folder_test(a_pcapng_made_of_a_pcap_is_the_same),
        folder_test(each_interface_has_its_own_clock_and_link_type),
        folder_test(each_section_starts_over),
        folder_test(simple_packets_stay_where_they_stand),
        folder_test(a_block_that_is_wrong_inside_is_skipped),
        folder_test(a_block_whose_lengths_differ_ends_the_file),
        folder_test(rubbish_behind_a_header_gives_few_errors),
        folder_test(no_changed_byte_does_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
