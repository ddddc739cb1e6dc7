#include "capture/packet_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What is read to peek into a file, at once. */
#define PEEK_BYTES (32u << 10)

#define FINGERPRINT_FRAMES 64

/* Files whose threads decompress at the same time: each has memory of its own. */
#define AHEAD_MAX 2

/* A file that is damaged in more places is rubbish, and not worth an error for each. */
#define DAMAGES_MAX 16

int packet_file_init(struct packet_file *file, const char *path, uint32_t source,
                     struct chunk_pool *pool, struct packet_filter *filter,
                     uint64_t decompression_bytes)
{
    struct stat status;

    *file = (struct packet_file){.path = strdup(path), .pool = pool, .filter = filter};
    if (!file->path)
        return -1;
    file->number = source;
    file->decompression_bytes_max = decompression_bytes;
    file->first_time_ns = INT64_MIN;
    if (strcmp(path, "-") == 0) {
        file->is_endless = true;
    } else if (stat(path, &status) == 0) {
        file->is_regular = S_ISREG(status.st_mode);
        file->is_endless = !file->is_regular && !S_ISDIR(status.st_mode);
        file->total_bytes = file->is_regular ? (uint64_t)status.st_size : 0;
    }
    return 0;
}

static void close_file(struct packet_file *file)
{
    if (file->source)
        file->done_bytes = byte_source_stored_bytes(file->source);
    if (file->reader)
        file->reader->free(file->reader);
    chunk_reader_clear(&file->bytes);
    byte_source_close(file->source);
    file->pool->ahead -= file->is_ahead;
    file->is_ahead = false;
    file->reader = NULL;
    file->source = NULL;
}

void packet_file_clear(struct packet_file *file)
{
    close_file(file);
    free(file->path);
    file->path = NULL;
}

static void describe_damage(struct packet_file *file)
{
    const struct damage *damage = &file->damage;
    bool compressed = byte_source_is_compressed(file->source);

    error_set(&file->error, "%s: offset %llu%s: %s", file->path, (unsigned long long)damage->offset,
              compressed ? " (decompressed)" : "", damage->text);
}

static int open_file(struct packet_file *file, size_t read_bytes)
{
    struct error why;

    file->running_fingerprint = 0;
    file->fingerprint_frames = 0;
    file->damages = 0;
    file->source = byte_source_open(file->path, file->decompression_bytes_max, &why);
    if (!file->source)
        return error_set(&file->error, "%s: %s", file->path, why.text);
    /* Who peeks needs hardly more than what is there. */
    if (read_bytes == 0 && file->pool->ahead < AHEAD_MAX)
        file->is_ahead = byte_source_go_ahead(file->source);
    file->pool->ahead += file->is_ahead;
    chunk_reader_init(&file->bytes, file->pool, file->source, read_bytes);
    file->reader = packet_reader_new(&file->bytes, file->number, &file->damage);
    if (file->reader)
        return 0;
    describe_damage(file);
    close_file(file);
    return -1;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_more(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Numbers by value, so that the fingerprint is the same on any machine. */
static uint64_t hash_number(uint64_t hash, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
    return hash_more(hash, bytes, sizeof(bytes));
}

static void finish_fingerprint(struct packet_file *file)
{
    if (file->fingerprint_frames == 0)
        return;
    file->fingerprint = file->running_fingerprint != 0 ? file->running_fingerprint : 1;
}

static void add_to_fingerprint(struct packet_file *file, const struct frame *frame)
{
    uint64_t hash = file->running_fingerprint;

    if (file->fingerprint_frames == 0)
        hash = UINT64_C(0xcbf29ce484222325);
    hash = hash_number(hash, (uint64_t)frame->time_ns);
    hash = hash_number(hash, frame->wire_bytes);
    hash = hash_number(hash, frame->size_bytes);
    file->running_fingerprint = hash_more(hash, frame->bytes, frame->size_bytes);
    if (++file->fingerprint_frames == FINGERPRINT_FRAMES)
        finish_fingerprint(file);
}

/* What read_frame() does where there is none. */
static enum packet_step note_end(struct packet_file *file, enum packet_step step)
{
    if (file->fingerprint_frames < FINGERPRINT_FRAMES)
        finish_fingerprint(file);
    if (step == PACKET_DAMAGED && ++file->damages > DAMAGES_MAX)
        step = damage_set(&file->damage, PACKET_BROKEN, file->damage.offset,
                          "damaged in more than %d places, given up", DAMAGES_MAX);
    if (step != PACKET_END)
        describe_damage(file);
    return step;
}

/* The next frame, before the filter. */
static enum packet_step read_frame(struct packet_file *file, struct frame *frame)
{
    size_t count = 1;
    enum packet_step step =
        file->reader->next(file->reader, frame, &count, INT64_MAX, &file->damage);

    if (step != PACKET_READ)
        return note_end(file, step);
    if (file->fingerprint_frames < FINGERPRINT_FRAMES)
        add_to_fingerprint(file, frame);
    return PACKET_READ;
}

/* Times at the ends of what can be told stay there. */
static int64_t shift_time(int64_t time_ns, int64_t shift_ns)
{
    int64_t shifted_ns;

    if (__builtin_add_overflow(time_ns, shift_ns, &shifted_ns))
        return time_ns;
    if (shifted_ns > PACKET_TIME_LIMIT_NS)
        return PACKET_TIME_LIMIT_NS;
    return shifted_ns < -PACKET_TIME_LIMIT_NS ? -PACKET_TIME_LIMIT_NS : shifted_ns;
}

enum packet_step packet_file_peek(struct packet_file *file)
{
    enum packet_step step = PACKET_READ;
    struct frame frame;

    if (!file->is_regular)
        return PACKET_READ;
    if (open_file(file, PEEK_BYTES) < 0)
        return PACKET_BROKEN;
    while (file->fingerprint_frames < FINGERPRINT_FRAMES) {
        step = read_frame(file, &frame);
        if (step == PACKET_END || step == PACKET_BROKEN)
            break;
        if (step == PACKET_READ && file->fingerprint_frames == 1)
            file->first_time_ns = shift_time(frame.time_ns, file->shift_ns);
    }
    /* What is wrong behind the first frame will be met again when its time has come. */
    if (file->fingerprint_frames > 0)
        step = PACKET_READ;
    file->decompression_bytes = byte_source_memory_bytes(file->source);
    close_file(file);
    file->done_bytes = step == PACKET_READ ? 0 : file->total_bytes;
    return step;
}

/* PACKET_READ where it passes, PACKET_END where it does not. */
static enum packet_step filter_frame(struct packet_file *file, const struct frame *frame)
{
    struct error why;
    int match = packet_filter_match(file->filter, frame, &why);

    if (match >= 0)
        return match ? PACKET_READ : PACKET_END;
    error_set(&file->error, "%s: frame %llu of link type %u: %s", file->path,
              (unsigned long long)frame->number, frame->link_type, why.text);
    return PACKET_DAMAGED;
}

/* Goes over the frames that do not pass. */
static enum packet_step read_passing_frame(struct packet_file *file, struct frame *frame)
{
    for (;;) {
        enum packet_step step = read_frame(file, frame);

        if (step != PACKET_READ || !file->filter)
            return step;
        step = filter_frame(file, frame);
        if (step != PACKET_END)
            return step;
    }
}

/* Where every frame has to be looked at, one by one. */
static bool reads_many(const struct packet_file *file)
{
    return !file->filter && file->fingerprint_frames == FINGERPRINT_FRAMES;
}

static enum packet_step read_many(struct packet_file *file, struct frame *frames, size_t *count,
                                  int64_t until_ns)
{
    enum packet_step step =
        file->reader->next(file->reader, frames, count, until_ns, &file->damage);

    return step == PACKET_READ ? step : note_end(file, step);
}

static enum packet_step read_one(struct packet_file *file, struct frame *frame, size_t *count)
{
    *count = 1;
    return read_passing_frame(file, frame);
}

enum packet_step packet_file_next(struct packet_file *file, struct frame *frames, size_t *count,
                                  int64_t until_ns)
{
    enum packet_step step;

    if (!file->reader && open_file(file, 0) < 0) {
        file->done_bytes = file->total_bytes;
        return PACKET_BROKEN;
    }
    if (until_ns != INT64_MAX)
        until_ns -= file->shift_ns;
    step =
        reads_many(file) ? read_many(file, frames, count, until_ns) : read_one(file, frames, count);
    for (size_t i = 0; file->shift_ns != 0 && step == PACKET_READ && i < *count; i++)
        frames[i].time_ns = shift_time(frames[i].time_ns, file->shift_ns);
    if (step == PACKET_END || step == PACKET_BROKEN) {
        close_file(file);
        if (file->is_regular)
            file->done_bytes = file->total_bytes;
    }
    return step;
}

uint64_t packet_file_done_bytes(const struct packet_file *file)
{
    return file->source ? byte_source_stored_bytes(file->source) : file->done_bytes;
}
