/* Files are merged by the time of their next frame, which is known of a file before it is open: the
 * pieces of a rotated capture follow each other as if they were one file, and files of one time run
 * side by side. Behind the merge stands one window that straightens what is slightly out of order,
 * over the borders of files, too.
 *
 * Memory is the chunks that frames in the window, and files, hold. Near the bound the window is not
 * filled any more, so that it runs empty and gives its chunks back. */
#include "capture/capture.h"

#include <stdlib.h>

#include "capture/chunk.h"
#include "capture/packet_file.h"
#include "capture/packet_filter.h"
#include "capture/window.h"

#define MEMORY_BYTES_DEFAULT (16u << 20)
/* What `zstd -d` takes without being asked twice; `xz -9` needs half of it. */
#define DECOMPRESSION_BYTES_DEFAULT (UINT64_C(128) << 20)

/* Larger ones fall out of the processor's cache before a frame leaves the window. */
#define CHUNK_BYTES_MAX (256u << 10)
#define CHUNK_BYTES_MIN (16u << 10)

/* What is merged: a file, and what the merge knows of it. */
struct source {
    struct packet_file file;
    /* The next frame. Before it is there, its time alone is known: not before that of the last one,
     * or of the file's first. */
    struct frame head;
    bool has_head;
    uint32_t rank;   /* among files whose next frames have the same time */
    bool has_failed; /* file.error waits until what came before is delivered */
    bool is_waiting; /* in the queue of errors to deliver */
    bool goes_on;    /* behind the damage */
};

struct capture {
    struct source *sources;
    size_t source_count;
    struct source **heap; /* those with frames to come, the earliest on top */
    size_t heap_count;
    struct source **due; /* errors to deliver, a queue */
    size_t due_first;
    size_t due_count;
    size_t failed_count; /* sources with an error to deliver, due or not */
    struct packet_filter *filter;
    struct chunk_pool pool;
    size_t full_bytes; /* of chunks, from where on the window is not filled */
    struct window window;
};

static bool source_precedes(const struct source *a, const struct source *b)
{
    if (a->head.time_ns != b->head.time_ns)
        return a->head.time_ns < b->head.time_ns;
    return a->rank < b->rank;
}

static void heap_sink(struct capture *capture, size_t at)
{
    struct source *source = capture->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= capture->heap_count)
            break;
        if (child + 1 < capture->heap_count &&
            source_precedes(capture->heap[child + 1], capture->heap[child]))
            child++;
        if (!source_precedes(capture->heap[child], source))
            break;
        capture->heap[at] = capture->heap[child];
        at = child;
    }
    capture->heap[at] = source;
}

static void heap_add(struct capture *capture, struct source *source)
{
    size_t at = capture->heap_count++;

    while (at > 0 && source_precedes(source, capture->heap[(at - 1) / 2])) {
        capture->heap[at] = capture->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    capture->heap[at] = source;
}

static void heap_remove_top(struct capture *capture)
{
    capture->heap[0] = capture->heap[--capture->heap_count];
    if (capture->heap_count > 0)
        heap_sink(capture, 0);
}

/* Queues a source's error once no frame from before the damage is left in the window. */
static void queue_error(struct capture *capture, struct source *source)
{
    if (!source->has_failed || source->is_waiting ||
        window_holds(&capture->window, source->file.number))
        return;
    source->is_waiting = true;
    capture->due[(capture->due_first + capture->due_count++) % capture->source_count] = source;
}

static int deliver_error(struct capture *capture, struct error *error)
{
    struct source *source = capture->due[capture->due_first];

    capture->due_first = (capture->due_first + 1) % capture->source_count;
    capture->due_count--;
    source->has_failed = false;
    source->is_waiting = false;
    capture->failed_count--;
    if (source->goes_on)
        heap_add(capture, source);
    return error_set(error, "%s", source->file.error.text);
}

/* Takes the earliest source out of the merge: its file has ended, or is damaged. */
static void retire_earliest(struct capture *capture, enum packet_step step)
{
    struct source *source = capture->heap[0];

    heap_remove_top(capture);
    if (step == PACKET_END)
        return;
    source->has_failed = true;
    capture->failed_count++;
    source->goes_on = step == PACKET_DAMAGED;
    queue_error(capture, source);
}

static bool top_is_earliest(const struct capture *capture)
{
    for (size_t child = 1; child < 3 && child < capture->heap_count; child++) {
        if (source_precedes(capture->heap[child], capture->heap[0]))
            return false;
    }
    return true;
}

/* The time from which on the earliest file's frames may not be the earliest of all. */
static int64_t earliest_until_ns(const struct capture *capture)
{
    int64_t until_ns = INT64_MAX;

    for (size_t child = 1; child < 3 && child < capture->heap_count; child++) {
        if (capture->heap[child]->head.time_ns < until_ns)
            until_ns = capture->heap[child]->head.time_ns;
    }
    return until_ns;
}

/* Reads on in the earliest file, *count frames at most, until its next frame is not the earliest of
 * all. NULL: the end. */
static struct source *merge_into(struct capture *capture, struct frame *frames, size_t *count)
{
    size_t room = *count;

    for (; capture->heap_count > 0; *count = room) {
        struct source *source = capture->heap[0];
        enum packet_step step;

        if (source->has_head) {
            *frames = source->head;
            *count = 1;
            source->has_head = false;
            return source;
        }
        step = packet_file_next(&source->file, frames, count, earliest_until_ns(capture));
        if (step != PACKET_READ) {
            retire_earliest(capture, step);
            continue;
        }
        source->head.time_ns = frames[*count - 1].time_ns;
        if (top_is_earliest(capture))
            return source;
        source->head = frames[--*count];
        source->has_head = true;
        heap_sink(capture, 0);
        if (*count > 0)
            return source;
    }
    return NULL;
}

static void fill_window(struct capture *capture)
{
    struct window *window = &capture->window;
    struct source *source;
    struct frame *frames;
    size_t count;

    for (;;) {
        if (window_count(window) > 0 && capture->pool.used_bytes >= capture->full_bytes)
            return;
        frames = window_room(window, &count);
        source = count > 0 ? merge_into(capture, frames, &count) : NULL;
        if (!source)
            return;
        window_push(window, count, source->file.bytes.chunk);
    }
}

int capture_next(struct capture *capture, const struct frame **frames, struct error *error)
{
    size_t count;

    if (capture->due_count == 0)
        fill_window(capture);
    if (capture->due_count > 0)
        return deliver_error(capture, error);
    if (capture->failed_count == 0)
        return (int)window_take(&capture->window, SIZE_MAX, frames);
    /* One by one where an error waits for its place among them. */
    count = window_take(&capture->window, 1, frames);
    if (count > 0)
        queue_error(capture, &capture->sources[(*frames)->source]);
    return (int)count;
}

/* A capture's pieces have a rank that does not depend on how they were given. */
static int compare_sources(const void *a, const void *b)
{
    const struct packet_file *left = &(*(struct source *const *)a)->file;
    const struct packet_file *right = &(*(struct source *const *)b)->file;

    if (left->first_time_ns != right->first_time_ns)
        return left->first_time_ns < right->first_time_ns ? -1 : 1;
    if (left->fingerprint != right->fingerprint)
        return left->fingerprint < right->fingerprint ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

/* Peeks into the files; those that have something to read stand in the heap afterwards. */
static void line_up(struct capture *capture)
{
    for (size_t i = 0; i < capture->source_count; i++) {
        struct source *source = &capture->sources[i];
        enum packet_step step = packet_file_peek(&source->file);

        source->head.time_ns = source->file.first_time_ns;
        source->has_failed = step == PACKET_BROKEN;
        capture->failed_count += source->has_failed;
        queue_error(capture, source);
        if (step == PACKET_READ)
            capture->heap[capture->heap_count++] = source;
    }
    /* What is sorted is a heap. */
    qsort(capture->heap, capture->heap_count, sizeof(struct source *), compare_sources);
    for (size_t i = 0; i < capture->heap_count; i++)
        capture->heap[i]->rank = (uint32_t)i;
}

/* Each file holds a chunk, and the window some more. */
static size_t choose_chunk_bytes(size_t memory_bytes, size_t count)
{
    size_t bytes = memory_bytes / (2 * count + 8);

    bytes -= bytes % 4096;
    if (bytes > CHUNK_BYTES_MAX)
        return CHUNK_BYTES_MAX;
    return bytes < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : bytes;
}

static int prepare(struct capture *capture, const char *const *paths, size_t count,
                   const struct capture_options *options, struct error *error)
{
    size_t memory_bytes = MEMORY_BYTES_DEFAULT;
    uint64_t decompression_bytes = DECOMPRESSION_BYTES_DEFAULT;

    if (options && options->memory_bytes > 0)
        memory_bytes = options->memory_bytes;
    if (options && options->decompression_bytes > 0)
        decompression_bytes = options->decompression_bytes;
    if (options && options->filter && options->filter[0] != '\0') {
        capture->filter = packet_filter_new(options->filter, error);
        if (!capture->filter)
            return -1;
    }
    chunk_pool_init(&capture->pool, choose_chunk_bytes(memory_bytes, count));
    capture->full_bytes = memory_bytes - memory_bytes / 8;
    capture->sources = calloc(count, sizeof(*capture->sources));
    capture->heap = calloc(count, sizeof(struct source *));
    capture->due = calloc(count, sizeof(struct source *));
    if (!capture->sources || !capture->heap || !capture->due)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct packet_file *file = &capture->sources[i].file;

        capture->source_count++;
        if (packet_file_init(file, paths[i], (uint32_t)i, &capture->pool, capture->filter,
                             decompression_bytes) < 0)
            return error_set(error, "out of memory");
        if (options && options->shifts_ns)
            file->shift_ns = options->shifts_ns[i];
    }
    return 0;
}

struct capture *capture_open_files(const char *const *paths, size_t count,
                                   const struct capture_options *options, struct error *error)
{
    struct capture *capture;

    if (count == 0 || count > UINT32_MAX) {
        error_set(error, "no capture file given");
        return NULL;
    }
    capture = calloc(1, sizeof(*capture));
    if (!capture) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (prepare(capture, paths, count, options, error) < 0) {
        capture_close(capture);
        return NULL;
    }
    line_up(capture);
    return capture;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    window_clear(&capture->window);
    for (size_t i = 0; i < capture->source_count; i++)
        packet_file_clear(&capture->sources[i].file);
    chunk_pool_clear(&capture->pool);
    packet_filter_free(capture->filter);
    free(capture->sources);
    free(capture->heap);
    free(capture->due);
    free(capture);
}

size_t capture_source_count(const struct capture *capture)
{
    return capture->source_count;
}

const char *capture_source_name(const struct capture *capture, uint32_t source)
{
    return source < capture->source_count ? capture->sources[source].file.path : "";
}

uint64_t capture_source_fingerprint(const struct capture *capture, uint32_t source)
{
    return source < capture->source_count ? capture->sources[source].file.fingerprint : 0;
}

void capture_progress(const struct capture *capture, uint64_t *done_bytes, uint64_t *total_bytes)
{
    bool total_is_known = true;

    *done_bytes = 0;
    *total_bytes = 0;
    for (size_t i = 0; i < capture->source_count; i++) {
        const struct packet_file *file = &capture->sources[i].file;

        *done_bytes += packet_file_done_bytes(file);
        *total_bytes += file->total_bytes;
        total_is_known = total_is_known && !file->is_endless;
    }
    if (!total_is_known)
        *total_bytes = 0;
}

uint64_t capture_decompression_bytes(const struct capture *capture)
{
    uint64_t most = 0;

    for (size_t i = 0; i < capture->source_count; i++) {
        uint64_t bytes = capture->sources[i].file.decompression_bytes;

        most = bytes > most ? bytes : most;
    }
    return most;
}
