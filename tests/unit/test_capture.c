/* Frames come in time order, as one stream, however the capture is cut into files. */
#include "capture_files.h"

#include <fcntl.h>

#define COUNT 3000

/* Some 300 packets a second; every tenth has the time of the one before it. */
static void make_packets(struct packet *packets, size_t count)
{
    int64_t time_ns = START_NS;

    for (size_t i = 0; i < count; i++) {
        if (i % 10 != 9)
            time_ns += 1000000 + (int64_t)(i * 2654435761u % 4000000);
        packets[i] = (struct packet){time_ns, (uint32_t)i * 2654435761u, 60 + (uint32_t)(i % 7)};
    }
}

static void swap_packets(struct packet *packets, size_t i, size_t j)
{
    struct packet kept = packets[i];

    packets[i] = packets[j];
    packets[j] = kept;
}

/* Cuts into `pieces` files of uneven length and reads them in an order that is not theirs. */
static struct reading read_in_pieces(struct folder *folder, const struct packet *packets,
                                     size_t count, size_t pieces)
{
    const char *paths[FILES_MAX];
    size_t begin = 0;

    for (size_t i = 0; i < pieces; i++) {
        size_t end = i + 1 == pieces ? count : (i + 1) * count / pieces + i % 3;
        struct buffer file = pcap_of(packets + begin, end - begin);
        char name[] = {'p', (char)('a' + i), (char)('0' + pieces), '\0'};

        paths[(i * 11 + 3) % pieces] = folder_add(folder, name, &file);
        begin = end;
    }
    return read_files(paths, pieces, NULL);
}

static void pieces_in_any_order_are_the_whole(void **state)
{
    static const size_t cuts[] = {2, 5, 20};
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct reading whole;
    struct buffer file;

    make_packets(packets, COUNT);
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    assert_int_equal(whole.count, COUNT);
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct reading pieces = read_in_pieces(folder, packets, COUNT, cuts[i]);

        assert_int_equal(pieces.error_count, 0);
        assert_same_frames(&whole, &pieces);
        reading_clear(&pieces);
    }
    reading_clear(&whole);
}

static void swapped_neighbours_change_nothing(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct reading whole, swapped, pieces;
    struct buffer file;

    make_packets(packets, COUNT);
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    for (size_t i = 0; i + 1 < COUNT; i += 2) {
        assert_true(packets[i].time_ns <= packets[i + 1].time_ns);
        swap_packets(packets, i, i + 1);
    }
    file = pcap_of(packets, COUNT);
    swapped = read_file(folder_add(folder, "swapped", &file));
    /* The cuts fall between swapped packets, too. */
    pieces = read_in_pieces(folder, packets, COUNT, 7);
    assert_same_frames(&whole, &swapped);
    assert_same_frames(&whole, &pieces);
    reading_clear(&whole);
    reading_clear(&swapped);
    reading_clear(&pieces);
}

static void packets_swapped_over_a_split_are_straightened(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct reading whole, pieces;
    struct buffer file;
    const char *paths[2];

    make_packets(packets, COUNT);
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    for (size_t i = 0; i < 20; i++)
        swap_packets(packets, COUNT / 2 - 1 - i, COUNT / 2 + i);
    file = pcap_of(packets, COUNT / 2);
    paths[1] = folder_add(folder, "first", &file);
    file = pcap_of(packets + COUNT / 2, COUNT - COUNT / 2);
    paths[0] = folder_add(folder, "second", &file);
    pieces = read_files(paths, 2, NULL);
    assert_same_frames(&whole, &pieces);
    reading_clear(&whole);
    reading_clear(&pieces);
}

static void one_time_at_the_split_is_ordered_by_content(void **state)
{
    struct packet packets[40], reversed[40];
    struct folder *folder = *state;
    struct reading whole, pieces;
    struct buffer file;
    const char *paths[2];

    make_packets(packets, 40);
    for (size_t i = 10; i < 30; i++)
        packets[i].time_ns = packets[10].time_ns;
    for (size_t i = 0; i < 40; i++)
        reversed[i] = i >= 10 && i < 30 ? packets[39 - i] : packets[i];
    file = pcap_of(packets, 40);
    whole = read_file(folder_add(folder, "whole", &file));
    file = pcap_of(reversed, 20);
    paths[1] = folder_add(folder, "first", &file);
    file = pcap_of(reversed + 20, 20);
    paths[0] = folder_add(folder, "second", &file);
    pieces = read_files(paths, 2, NULL);
    assert_same_frames(&whole, &pieces);
    reading_clear(&whole);
    reading_clear(&pieces);
}

/* More packets of one time than the window holds: their order is that of the file. */
static void coarse_clocks_survive_a_split(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct reading whole, pieces;
    struct buffer file;

    make_packets(packets, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        packets[i].time_ns = START_NS + (int64_t)(i / 700) * SECOND_NS;
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    pieces = read_in_pieces(folder, packets, COUNT, 3);
    assert_same_frames(&whole, &pieces);
    reading_clear(&whole);
    reading_clear(&pieces);
}

/* One that is late by 300 frames is not straightened whole, and it does not matter how many others
 * left the window at once before it came. */
static void a_late_frame_moves_up_as_far_wherever_it_stands(void **state)
{
    struct folder *folder = *state;

    for (size_t late = 400; late < 540; late += 7) {
        struct packet packets[700];
        struct reading reading;
        struct buffer file;

        for (size_t i = 0; i < 700; i++)
            packets[i] = (struct packet){START_NS + (int64_t)i * 1000000, i == late ? 7 : 5, 60};
        packets[late].time_ns -= 300 * 1000000;
        file = pcap_of(packets, 700);
        reading = read_file(folder_add(folder, "late", &file));
        assert_int_equal(reading.count, 700);
        assert_int_equal(reading.frames[late - 255].content, 7);
        reading_clear(&reading);
        folder_forget_last(folder);
    }
}

static void files_of_one_time_are_merged(void **state)
{
    static struct packet packets[COUNT], halves[2][COUNT];
    struct folder *folder = *state;
    struct reading whole, merged;
    struct buffer file;
    const char *paths[2];

    make_packets(packets, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        halves[i % 2][i / 2] = packets[i];
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    file = pcap_of(halves[0], COUNT / 2);
    paths[1] = folder_add(folder, "eth0", &file);
    file = pcap_of(halves[1], COUNT / 2);
    paths[0] = folder_add(folder, "eth1", &file);
    merged = read_files(paths, 2, NULL);
    assert_same_frames(&whole, &merged);
    for (size_t i = 0; i < merged.count; i++)
        assert_true(merged.frames[i].frame.number <= COUNT / 2);
    reading_clear(&whole);
    reading_clear(&merged);
}

static void a_clock_that_steps_stays_in_file_order(void **state)
{
    static const int64_t steps_s[] = {-3600, 3600, -2};
    struct folder *folder = *state;

    for (size_t step = 0; step < sizeof(steps_s) / sizeof(steps_s[0]); step++) {
        struct packet packets[600];
        struct reading reading;
        struct buffer file;
        const char name[] = {(char)('a' + step), '\0'};

        make_packets(packets, 600);
        for (size_t i = 0; i < 600; i++) {
            packets[i].time_ns =
                START_NS + (int64_t)i * 1000000 + (i >= 300 ? steps_s[step] * SECOND_NS : 0);
            packets[i].content = (uint32_t)i;
        }
        file = pcap_of(packets, 600);
        reading = read_file(folder_add(folder, name, &file));
        assert_int_equal(reading.count, 600);
        for (size_t i = 0; i < 600; i++)
            assert_int_equal(reading.frames[i].frame.number, i + 1);
        reading_clear(&reading);
    }
}

static void frames_know_their_file_and_number(void **state)
{
    struct packet packets[] = {{START_NS, 1, 60}, {START_NS + 1, 2, 61}, {START_NS + 2, 3, 62}};
    struct folder *folder = *state;
    struct reading reading;
    struct buffer file;
    const char *paths[2];

    file = pcap_of(packets + 1, 2);
    paths[0] = folder_add(folder, "late", &file);
    file = pcap_of(packets, 1);
    paths[1] = folder_add(folder, "early", &file);
    reading = read_files(paths, 2, NULL);
    assert_int_equal(reading.count, 3);
    assert_int_equal(reading.frames[0].frame.source, 1);
    assert_int_equal(reading.frames[0].frame.number, 1);
    assert_int_equal(reading.frames[1].frame.source, 0);
    assert_int_equal(reading.frames[1].frame.number, 1);
    assert_int_equal(reading.frames[2].frame.source, 0);
    assert_int_equal(reading.frames[2].frame.number, 2);
    reading_clear(&reading);
}

static void little_memory_still_reads_everything(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct capture_options options = {.memory_bytes = 1};
    struct capture *capture;
    struct reading reading;
    struct error error;
    struct buffer file;
    const char *path;

    make_packets(packets, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        packets[i].size_bytes = 4000;
    file = pcap_of(packets, COUNT);
    path = folder_add(folder, "large", &file);
    capture = capture_open_files(&path, 1, &options, &error);
    assert_non_null(capture);
    reading_drain(&reading, capture);
    capture_close(capture);
    assert_int_equal(reading.count, COUNT);
    reading_clear(&reading);
}

static void the_filter_passes_what_it_names(void **state)
{
    struct folder *folder = *state;
    struct reading reading;
    struct buffer file = {0};
    const char *path;

    pcap_begin(&file, 0xa1b23c4d, 1, false);
    for (uint32_t i = 0; i < 100; i++)
        pcap_add(&file, &(struct packet){START_NS + i, i, 60 + i % 2}, 1, 0, false);
    path = folder_add(folder, "file", &file);
    reading = read_files(&path, 1, "len == 61");
    assert_int_equal(reading.error_count, 0);
    assert_int_equal(reading.count, 50);
    for (size_t i = 0; i < reading.count; i++)
        assert_int_equal(reading.frames[i].frame.number, 2 * (i + 1));
    reading_clear(&reading);
}

/* LINKTYPE_RAW is 101 in files and another number in libpcap. */
static void the_filter_knows_the_numbers_of_files(void **state)
{
    static const uint8_t query[] = {0x45, 0, 0, 32, 0, 0, 0, 0,  64, 17, 0, 0, 192, 0, 2, 1,
                                    192,  0, 2, 2,  4, 0, 0, 53, 0,  12, 0, 0, 1,   2, 3, 4};
    struct folder *folder = *state;
    struct buffer file = {0};
    const char *path;

    pcap_begin(&file, 0xa1b23c4d, 101, false);
    for (unsigned i = 0; i < 2; i++) {
        buffer_add_u32(&file, 1700000000, false);
        buffer_add_u32(&file, i, false);
        buffer_add_u32(&file, sizeof(query), false);
        buffer_add_u32(&file, sizeof(query), false);
        buffer_add(&file, query, sizeof(query));
    }
    path = folder_add(folder, "raw", &file);
    for (unsigned i = 0; i < 2; i++) {
        struct reading reading = read_files(&path, 1, i == 0 ? "udp port 53" : "tcp");

        assert_int_equal(reading.error_count, 0);
        assert_int_equal(reading.count, i == 0 ? 2 : 0);
        reading_clear(&reading);
    }
}

static void a_filter_that_does_not_fit_a_link_type_is_told_once(void **state)
{
    struct packet packets[] = {{START_NS, 1, 60}, {START_NS + 1, 2, 61}, {START_NS + 2, 3, 62}};
    struct folder *folder = *state;
    struct reading reading;
    struct buffer file = pcap_of(packets, 3);
    const uint32_t unknown_link_type = 250;
    const char *path;

    memcpy(file.bytes + 20, &unknown_link_type, sizeof(unknown_link_type));
    path = folder_add(folder, "file", &file);
    reading = read_files(&path, 1, "udp port 53");
    assert_int_equal(reading.count, 0);
    assert_int_equal(reading.error_count, 1);
    assert_error_says(&reading, 0, "frame 1 of link type 250");
    reading_clear(&reading);
}

static void a_filter_with_bad_syntax_opens_nothing(void **state)
{
    const char *path = "whatever";
    struct capture_options options = {.filter = "udp prot 53"};
    struct error error;

    (void)state;
    assert_null(capture_open_files(&path, 1, &options, &error));
    assert_non_null(strstr(error.text, "udp prot 53"));
}

static void fingerprints_tell_captures_apart_by_what_is_in_them(void **state)
{
    static struct packet packets[200];
    struct folder *folder = *state;
    struct reading reading;
    const char *paths[4];
    struct buffer file;

    make_packets(packets, 200);
    file = pcap_of(packets, 200);
    paths[0] = folder_add(folder, "one", &file);
    file = (struct buffer){0};
    pcap_begin(&file, 0xa1b23c4d, 1, true); /* the same in the other byte order */
    for (size_t i = 0; i < 200; i++)
        pcap_add(&file, &packets[i], 1, 0, true);
    paths[1] = folder_add(folder, "two", &file);
    packets[40].content ^= 1;
    file = pcap_of(packets, 200);
    paths[2] = folder_add(folder, "three", &file);
    file = pcap_of(packets, 0);
    paths[3] = folder_add(folder, "none", &file);
    reading = read_files(paths, 4, "len == 1"); /* no packet passes */
    assert_true(reading.fingerprints[0] != 0);
    assert_true(reading.fingerprints[0] == reading.fingerprints[1]);
    assert_true(reading.fingerprints[0] != reading.fingerprints[2]);
    assert_true(reading.fingerprints[3] == 0);
    reading_clear(&reading);
}

static void progress_ends_at_the_total(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    const struct frame *frames;
    struct capture *capture;
    uint64_t done, total;
    const char *paths[2];
    struct buffer file;
    size_t size;

    make_packets(packets, COUNT);
    file = pcap_of(packets, COUNT);
    size = file.size;
    paths[0] = folder_add(folder, "file", &file);
    paths[1] = "-";
    capture = capture_open_files(paths, 1, NULL, NULL);
    capture_progress(capture, &done, &total);
    assert_int_equal(done, 0);
    assert_int_equal(total, size);
    while (capture_next(capture, &frames, NULL) > 0)
        continue;
    capture_progress(capture, &done, &total);
    assert_int_equal(done, size);
    capture_close(capture);
    capture = capture_open_files(paths, 2, NULL, NULL);
    capture_progress(capture, &done, &total);
    assert_int_equal(total, 0); /* not known */
    capture_close(capture);
}

static void standard_input_is_read_beside_files(void **state)
{
    static struct packet packets[COUNT];
    struct folder *folder = *state;
    struct reading whole, pieces;
    const char *paths[2], *first;
    struct buffer file;
    int kept = dup(STDIN_FILENO), fd;

    make_packets(packets, COUNT);
    file = pcap_of(packets, COUNT);
    whole = read_file(folder_add(folder, "whole", &file));
    file = pcap_of(packets, COUNT / 2);
    first = folder_add(folder, "first", &file);
    file = pcap_of(packets + COUNT / 2, COUNT - COUNT / 2);
    paths[0] = "-";
    paths[1] = folder_add(folder, "second", &file);
    fd = open(first, O_RDONLY);
    assert_true(fd >= 0);
    dup2(fd, STDIN_FILENO);
    close(fd);
    pieces = read_files(paths, 2, NULL);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    assert_int_equal(pieces.error_count, 0);
    assert_same_frames(&whole, &pieces);
    assert_true(pieces.fingerprints[0] == whole.fingerprints[0]);
    reading_clear(&whole);
    reading_clear(&pieces);
}

static void a_file_that_is_not_there_stops_no_other(void **state)
{
    struct packet packets[] = {{START_NS, 1, 60}, {START_NS + 1, 2, 61}};
    struct folder *folder = *state;
    struct reading reading;
    struct buffer file = pcap_of(packets, 2);
    const char *paths[] = {"/nonexistent/file", NULL, "/"};

    paths[1] = folder_add(folder, "file", &file);
    reading = read_files(paths, 3, NULL);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.error_count, 2);
    assert_error_says(&reading, 0, "/nonexistent/file: No such file");
    assert_error_says(&reading, 1, "/: ");
    reading_clear(&reading);
}

static void errors_come_without_control_characters(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(error_set(&error, "%s: %d", "a\x1b[31m\n\x7f\xc2\x9b\xffz", 7), -1);
    assert_string_equal(error.text, "a?[31m?????z: 7");
    error_set(&error, "%s", "d\xc3\xbcrr \xe2\x82\xac");
    assert_string_equal(error.text, "d\xc3\xbcrr \xe2\x82\xac");
    assert_int_equal(error_set(NULL, "nobody listens"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(pieces_in_any_order_are_the_whole),
        folder_test(swapped_neighbours_change_nothing),
        folder_test(packets_swapped_over_a_split_are_straightened),
        folder_test(one_time_at_the_split_is_ordered_by_content),
        folder_test(coarse_clocks_survive_a_split),
        folder_test(a_late_frame_moves_up_as_far_wherever_it_stands),
        folder_test(files_of_one_time_are_merged),
        folder_test(a_clock_that_steps_stays_in_file_order),
        folder_test(frames_know_their_file_and_number),
        folder_test(little_memory_still_reads_everything),
        folder_test(the_filter_passes_what_it_names),
        folder_test(the_filter_knows_the_numbers_of_files),
        folder_test(a_filter_that_does_not_fit_a_link_type_is_told_once),
        cmocka_unit_test(a_filter_with_bad_syntax_opens_nothing),
        folder_test(fingerprints_tell_captures_apart_by_what_is_in_them),
        folder_test(progress_ends_at_the_total),
        folder_test(standard_input_is_read_beside_files),
        folder_test(a_file_that_is_not_there_stops_no_other),
        cmocka_unit_test(errors_come_without_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
