/* Makes capture files for the tests of capture/: bytes in a buffer, written into a folder of the
 * test's own, and reads them back through capture.h. */
#ifndef TESTS_CAPTURE_FILES_H
#define TESTS_CAPTURE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/capture.h"

#define SECOND_NS  INT64_C(1000000000)
#define START_NS   (INT64_C(1700000000) * SECOND_NS)
#define FILES_MAX  32
#define FRAMES_MAX 8192

struct buffer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

static inline void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    if (!buffer->bytes || buffer->size + size > buffer->capacity) {
        buffer->capacity = 2 * (buffer->size + size) + 64;
        buffer->bytes = realloc(buffer->bytes, buffer->capacity);
        assert_non_null(buffer->bytes);
    }
    if (size > 0)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

static inline void buffer_add_u32(struct buffer *buffer, uint32_t value, bool swapped)
{
    if (swapped)
        value = __builtin_bswap32(value);
    buffer_add(buffer, &value, sizeof(value));
}

static inline void buffer_add_u16(struct buffer *buffer, uint16_t value, bool swapped)
{
    if (swapped)
        value = __builtin_bswap16(value);
    buffer_add(buffer, &value, sizeof(value));
}

static inline void buffer_clear(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

/* A packet as the tests think of it: its content follows from `content`, so that it can be
 * recognised. */
struct packet {
    int64_t time_ns;
    uint32_t content;
    uint32_t size_bytes;
};

static inline void packet_write(const struct packet *packet, uint8_t *bytes)
{
    for (uint32_t i = 0; i < packet->size_bytes; i++)
        bytes[i] = (uint8_t)(packet->content >> 8 * (i % 4)) ^ (uint8_t)(i / 4);
}

/* The classic format. */
static inline void pcap_begin(struct buffer *file, uint32_t magic, uint32_t link_type, bool swapped)
{
    buffer_add_u32(file, magic, swapped);
    buffer_add_u16(file, 2, swapped);
    buffer_add_u16(file, 4, swapped);
    buffer_add_u32(file, 0, swapped);
    buffer_add_u32(file, 0, swapped);
    buffer_add_u32(file, 65535, swapped);
    buffer_add_u32(file, link_type, swapped);
}

static inline void pcap_add(struct buffer *file, const struct packet *packet, uint32_t fraction_ns,
                            uint32_t extra_bytes, bool swapped)
{
    static const uint8_t zeros[16];
    uint8_t bytes[4096];

    assert_true(packet->size_bytes <= sizeof(bytes) && extra_bytes <= sizeof(zeros));
    packet_write(packet, bytes);
    buffer_add_u32(file, (uint32_t)(packet->time_ns / SECOND_NS), swapped);
    buffer_add_u32(file, (uint32_t)(packet->time_ns % SECOND_NS / fraction_ns), swapped);
    buffer_add_u32(file, packet->size_bytes, swapped);
    buffer_add_u32(file, packet->size_bytes, swapped);
    buffer_add(file, zeros, extra_bytes);
    buffer_add(file, bytes, packet->size_bytes);
}

/* A plain nanosecond pcap of these packets. */
static inline struct buffer pcap_of(const struct packet *packets, size_t count)
{
    struct buffer file = {0};

    pcap_begin(&file, 0xa1b23c4d, 1, false);
    for (size_t i = 0; i < count; i++)
        pcap_add(&file, &packets[i], 1, 0, false);
    return file;
}

/* A folder of its own for each test. */
struct folder {
    char path[64];
    char *files[FILES_MAX];
    size_t count;
};

static inline int folder_make(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    const char *base = getenv("TMPDIR");

    snprintf(folder->path, sizeof(folder->path), "%.40s/dnsblame-XXXXXX", base ? base : P_tmpdir);
    *state = folder;
    return mkdtemp(folder->path) ? 0 : -1;
}

static inline int folder_remove(void **state)
{
    struct folder *folder = *state;

    for (size_t i = 0; i < folder->count; i++) {
        unlink(folder->files[i]);
        free(folder->files[i]);
    }
    rmdir(folder->path);
    free(folder);
    return 0;
}

/* Writes (and frees) the buffer, returns the path. */
static inline const char *folder_add(struct folder *folder, const char *name, struct buffer *buffer)
{
    char *path = NULL;
    FILE *file;

    assert_true(folder->count < FILES_MAX);
    assert_true(asprintf(&path, "%s/%s", folder->path, name) > 0);
    folder->files[folder->count++] = path;
    file = fopen(path, "wb");
    assert_non_null(file);
    if (buffer->size > 0)
        assert_int_equal(fwrite(buffer->bytes, buffer->size, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    buffer_clear(buffer);
    return path;
}

/* For tests that write more files than a folder remembers. */
static inline void folder_forget_last(struct folder *folder)
{
    char *path = folder->files[--folder->count];

    unlink(path);
    free(path);
}

/* What capture_next() gave, in order. */
struct reading {
    struct packet_read {
        struct frame frame;
        uint64_t content_hash; /* the bytes do not outlive the next call */
        uint32_t content;      /* packet.content, where it has 4 bytes */
        size_t errors_before;
    } * frames;
    size_t count;
    struct error errors[64];
    size_t error_count;
    uint64_t fingerprints[FILES_MAX];
};

static inline void reading_add(struct reading *reading, const struct frame *frame)
{
    struct packet_read *read = &reading->frames[reading->count];

    assert_true(reading->count < FRAMES_MAX);
    *read = (struct packet_read){.frame = *frame, .errors_before = reading->error_count};
    for (uint32_t i = 0; i < frame->size_bytes; i++)
        read->content_hash = read->content_hash * 31 + frame->bytes[i] + 1;
    for (unsigned i = 0; i < 4 && frame->size_bytes >= 4; i++)
        read->content |= (uint32_t)frame->bytes[i] << 8 * i;
    reading->count++;
}

static inline void reading_drain(struct reading *reading, struct capture *capture)
{
    const struct frame *frames;
    struct error error;
    int result;

    reading->frames = calloc(FRAMES_MAX, sizeof(*reading->frames));
    reading->count = 0;
    reading->error_count = 0;
    while ((result = capture_next(capture, &frames, &error)) != 0) {
        if (result < 0) {
            assert_true(reading->error_count < 64);
            reading->errors[reading->error_count++] = error;
        }
        for (int i = 0; i < result; i++)
            reading_add(reading, &frames[i]);
    }
    for (uint32_t i = 0; i < capture_source_count(capture) && i < FILES_MAX; i++)
        reading->fingerprints[i] = capture_source_fingerprint(capture, i);
}

static inline struct reading read_as(const char *const *paths, size_t count,
                                     const struct capture_options *options,
                                     uint64_t *decompression_bytes)
{
    struct reading reading;
    const struct frame *frames;
    struct error error;
    struct capture *capture = capture_open_files(paths, count, options, &error);

    if (!capture)
        fail_msg("%s", error.text);
    *decompression_bytes = capture_decompression_bytes(capture);
    reading_drain(&reading, capture);
    assert_int_equal(capture_next(capture, &frames, &error), 0);
    capture_close(capture);
    return reading;
}

static inline struct reading read_files(const char *const *paths, size_t count, const char *filter)
{
    const struct capture_options options = {.filter = filter};
    uint64_t decompression_bytes;

    return read_as(paths, count, &options, &decompression_bytes);
}

static inline struct reading read_file(const char *path)
{
    return read_files(&path, 1, NULL);
}

static inline void reading_clear(struct reading *reading)
{
    free(reading->frames);
}

/* All but source and number. */
static inline void assert_same_frames(const struct reading *a, const struct reading *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->frames[i].frame.time_ns, b->frames[i].frame.time_ns);
        assert_int_equal(a->frames[i].frame.size_bytes, b->frames[i].frame.size_bytes);
        assert_int_equal(a->frames[i].frame.wire_bytes, b->frames[i].frame.wire_bytes);
        assert_int_equal(a->frames[i].frame.link_type, b->frames[i].frame.link_type);
        assert_int_equal(a->frames[i].content_hash, b->frames[i].content_hash);
    }
}

static inline void assert_error_says(const struct reading *reading, size_t index, const char *text)
{
    assert_true(index < reading->error_count);
    if (!strstr(reading->errors[index].text, text))
        fail_msg("\"%s\" does not say \"%s\"", reading->errors[index].text, text);
}

#define folder_test(claim) cmocka_unit_test_setup_teardown(claim, folder_make, folder_remove)

#endif
