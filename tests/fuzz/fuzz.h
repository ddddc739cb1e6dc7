/* What the harnesses share. Each is one LLVMFuzzerTestOneInput(): libFuzzer drives it in the fuzz
 * preset, replay.c in all others. Harnesses abort() on what must not happen. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/frame.h"
#include "decode/decoder.h"
#include "decode/hash.h"
#include "decode/records.h"

#define FUZZ_START_NS (INT64_C(1700000000) * 1000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same input does the same each time. */
static inline void fuzz_fix_hashes(void)
{
    static const uint8_t key[16];

    hash_set_key(key);
}

/* Takes octets off the input, from its beginning; zeros once it is used up. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

static inline const uint8_t *fuzz_take(struct fuzz_input *input, size_t *size)
{
    const uint8_t *taken = input->at;

    if (*size > input->left)
        *size = input->left;
    input->at += *size;
    input->left -= *size;
    return taken;
}

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    size_t size = 1;
    const uint8_t *taken = fuzz_take(input, &size);

    return size == 1 ? *taken : 0;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    uint8_t high = fuzz_u8(input);

    return (uint16_t)(high << 8 | fuzz_u8(input));
}

/* A copy of its own size, so that a sanitizer sees every octet that is read too far. */
static inline uint8_t *fuzz_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* All that reads a message below the correlator. */
static inline void fuzz_read_message(const struct dns_message *message)
{
    struct records records;
    struct record record;
    struct ede_option options[4];
    struct name name;
    char text[NAME_TEXT_SIZE];

    name_to_text(message->qname.bytes, message->qname.size_bytes, text);
    if (message->qname.size_bytes > 0 &&
        message->qname_hash != hash_bytes(message->qname.bytes, message->qname.size_bytes))
        abort();
    records_begin(&records, message->wire, message->size_bytes);
    while (records_next(&records, &record)) {
        name_to_text(record.owner.bytes, record.owner.size_bytes, text);
        record_name(&records, &record, 0, &name);
        record_name(&records, &record, 18, &name);
        record_ede(&record, options, 4);
    }
}

static inline void fuzz_drain(struct decoder *decoder)
{
    const struct event *event;

    while ((event = decoder_next(decoder)) != NULL)
        if (event->kind == EVENT_DNS || event->kind == EVENT_FRAGMENT_LOST)
            fuzz_read_message(&event->dns);
}

static inline void fuzz_feed(struct decoder *decoder, struct frame *frame, const uint8_t *bytes)
{
    uint8_t *copy = fuzz_copy(bytes, frame->size_bytes);

    frame->bytes = copy;
    frame->number++;
    decoder_feed(decoder, frame, 1);
    fuzz_drain(decoder);
    free(copy);
}

static inline void fuzz_end(struct decoder *decoder)
{
    decoder_finish(decoder);
    fuzz_drain(decoder);
    decoder_free(decoder);
}

/* The input as a file that lies in memory only, for what reads files. Closed with close(). */
#define FUZZ_PATH_SIZE 64
static inline int fuzz_file(const uint8_t *data, size_t size, char path[FUZZ_PATH_SIZE])
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);

    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, FUZZ_PATH_SIZE, "/proc/self/fd/%d", file);
    return file;
}

#endif
