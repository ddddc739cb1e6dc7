#include "capture/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/codec.h"
#include "capture/read_ahead.h"

#define INPUT_BYTES (64u << 10)

struct byte_source {
    int fd;
    bool ended; /* the file itself */
    uint64_t stored_bytes;
    const struct codec *codec; /* NULL: plain */
    void *codec_state;
    const char *damage;       /* what the codec met; it is not asked again */
    struct read_ahead *ahead; /* NULL: none; else all the rest is its thread's */
    /* What was read and not yet delivered: a plain file's first bytes, or compressed input. */
    const uint8_t *in;
    size_t in_size;
    uint8_t input[INPUT_BYTES];
};

/* As read(2), counted, and not to be interrupted. */
static ssize_t read_stored(struct byte_source *source, uint8_t *bytes, size_t size,
                           struct error *error)
{
    ssize_t got;

    do {
        got = read(source->fd, bytes, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(error, "%s", strerror(errno));
    source->ended = got == 0;
    source->stored_bytes += (uint64_t)got;
    return got;
}

/* Reads until the codec can be recognised: a pipe may give a byte at a time. */
static int recognise(struct byte_source *source, uint64_t memory_bytes, struct error *error)
{
    source->in = source->input;
    while (source->in_size < CODEC_MAGIC_MAX && !source->ended) {
        ssize_t got = read_stored(source, source->input + source->in_size,
                                  sizeof(source->input) - source->in_size, error);

        if (got < 0)
            return -1;
        source->in_size += (size_t)got;
    }
    source->codec = codec_recognise(source->in, source->in_size);
    if (!source->codec)
        return 0;
    source->codec_state = source->codec->open(memory_bytes);
    return source->codec_state ? 0 : error_set(error, "out of memory");
}

struct byte_source *byte_source_open(const char *path, uint64_t memory_bytes, struct error *error)
{
    struct byte_source *source = calloc(1, sizeof(*source));

    if (!source) {
        error_set(error, "out of memory");
        return NULL;
    }
    /* A duplicate of standard input, so that closing us leaves the descriptor 0 to its owner. */
    if (strcmp(path, "-") == 0)
        source->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (source->fd < 0) {
        error_set(error, "%s", strerror(errno));
        free(source);
        return NULL;
    }
    posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* where it applies */
    if (recognise(source, memory_bytes, error) < 0) {
        byte_source_close(source);
        return NULL;
    }
    return source;
}

void byte_source_close(struct byte_source *source)
{
    if (!source)
        return;
    read_ahead_stop(source->ahead);
    if (source->codec_state)
        source->codec->close(source->codec_state);
    close(source->fd);
    free(source);
}

static ssize_t read_plain(struct byte_source *source, uint8_t *bytes, size_t size,
                          struct error *error)
{
    size_t kept = source->in_size < size ? source->in_size : size;

    if (kept == 0)
        return source->ended ? 0 : read_stored(source, bytes, size, error);
    memcpy(bytes, source->in, kept);
    source->in += kept;
    source->in_size -= kept;
    return (ssize_t)kept;
}

/* Makes sure that the codec has input, unless there is no more. */
static int fill_input(struct byte_source *source, struct error *error)
{
    ssize_t got;

    if (source->in_size > 0 || source->ended)
        return 0;
    got = read_stored(source, source->input, sizeof(source->input), error);
    if (got < 0)
        return -1;
    source->in = source->input;
    source->in_size = (size_t)got;
    return 0;
}

/* Returns how many bytes the codec made. */
static size_t run_codec(struct byte_source *source, uint8_t *bytes, size_t size)
{
    struct codec_io io = {.in = source->in,
                          .in_size = source->in_size,
                          .out = bytes,
                          .out_size = size,
                          .in_ended = source->ended};
    bool starved = source->in_size == 0 && !source->ended;
    bool moved;

    if (source->codec->step(source->codec_state, &io, &source->damage) < 0 && !source->damage)
        source->damage = "compressed data is corrupt";
    moved = io.in_size < source->in_size || io.out_size < size;
    source->in = io.in;
    source->in_size = io.in_size;
    if (!moved && !starved && !source->damage)
        source->damage = "compressed data cut short";
    return size - io.out_size;
}

static ssize_t read_compressed(struct byte_source *source, uint8_t *bytes, size_t size,
                               struct error *error)
{
    while (!source->damage) {
        size_t made;

        if (fill_input(source, error) < 0)
            return -1;
        made = run_codec(source, bytes, size);
        if (made > 0)
            return (ssize_t)made;
        if (source->in_size == 0 && source->ended &&
            source->codec->at_boundary(source->codec_state))
            return 0;
    }
    return error_set(error, "%s: %s", source->codec->name, source->damage);
}

static ssize_t read_for_ahead(void *context, uint8_t *bytes, size_t size, uint64_t *done,
                              struct error *error)
{
    struct byte_source *source = context;
    ssize_t got = read_compressed(source, bytes, size, error);

    *done = source->stored_bytes;
    return got;
}

bool byte_source_go_ahead(struct byte_source *source)
{
    struct stat status;

    if (source->codec && !source->ahead && fstat(source->fd, &status) == 0 &&
        S_ISREG(status.st_mode) && read_ahead_pays())
        source->ahead = read_ahead_start(read_for_ahead, source);
    return source->ahead != NULL;
}

ssize_t byte_source_read(struct byte_source *source, uint8_t *bytes, size_t size,
                         struct error *error)
{
    if (source->ahead)
        return read_ahead_read(source->ahead, bytes, size, error);
    return source->codec ? read_compressed(source, bytes, size, error)
                         : read_plain(source, bytes, size, error);
}

bool byte_source_is_compressed(const struct byte_source *source)
{
    return source->codec != NULL;
}

uint64_t byte_source_memory_bytes(const struct byte_source *source)
{
    return source->codec ? source->codec->memory_bytes(source->codec_state) : 0;
}

uint64_t byte_source_stored_bytes(const struct byte_source *source)
{
    return source->ahead ? read_ahead_done(source->ahead) : source->stored_bytes;
}
