/* Records, packed, travel in blocks: one lock for some hundreds of them. A block belongs to who
 * adds until it is counted as full, then to the thread until it is counted as empty again. */
#include "store/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "capture/thread.h"
#include "store/pack.h"

#define BLOCK_BYTES  (256u << 10)
#define BLOCKS_MIN   2
#define HAND_OVER_NS (INT64_C(200) * 1000000) /* how long a block may wait to become full */

enum record_kind { RECORD_FINDING, RECORD_SOURCE, RECORD_HEALTH };

/* Records follow each other at any address. */
struct record {
    enum record_kind kind;
    uint32_t source;
    size_t size; /* of what follows */
};

struct block {
    size_t size;
    uint8_t bytes[BLOCK_BYTES];
};

_Static_assert(sizeof(struct record) + PACKED_MAX <= BLOCK_BYTES, "a block holds any finding");

/* What the thread is to do. */
enum order { ORDER_LOAD, ORDER_FINISH, ORDER_STOP };

struct loader {
    struct store *store;     /* the thread's while there is one */
    struct finding *finding; /* the same */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;   /* guards the next five */
    pthread_cond_t changed; /* one of them; of the two threads only one ever waits */
    unsigned full;          /* blocks, the one that is being stored included */
    enum order order;
    bool failed;
    struct error error; /* why */

    /* Of who adds. */
    struct block *block; /* which is being filled */
    unsigned next;       /* behind it */
    int64_t handed_ns;

    unsigned block_count;
    struct block blocks[];
};

static int store_finding(struct loader *loader, uint32_t source, const uint8_t *bytes,
                         struct error *error)
{
    (void)source;
    finding_unpack(loader->finding, bytes);
    return store_add(loader->store, loader->finding, error);
}

static int store_source(struct loader *loader, uint32_t source, const uint8_t *bytes,
                        struct error *error)
{
    uint64_t fingerprint;

    memcpy(&fingerprint, bytes, sizeof(fingerprint));
    return store_begin_source(loader->store, source, fingerprint,
                              (const char *)bytes + sizeof(fingerprint), error);
}

static int store_health(struct loader *loader, uint32_t source, const uint8_t *bytes,
                        struct error *error)
{
    struct source_health health;

    memcpy(&health, bytes, sizeof(health));
    return store_set_health(loader->store, source, &health, error);
}

static int store_block(struct loader *loader, const struct block *block, struct error *error)
{
    static int (*const store_record[])(struct loader *, uint32_t, const uint8_t *,
                                       struct error *) = {
        [RECORD_FINDING] = store_finding,
        [RECORD_SOURCE] = store_source,
        [RECORD_HEALTH] = store_health,
    };
    struct record record;

    for (size_t at = 0; at < block->size; at += sizeof(record) + record.size) {
        memcpy(&record, block->bytes + at, sizeof(record));
        if (store_record[record.kind](loader, record.source, block->bytes + at + sizeof(record),
                                      error) < 0)
            return -1;
    }
    return store_tick(loader->store, error);
}

/* Waits for a full block. False: there will be none. */
static bool take_block(struct loader *loader)
{
    bool taken;

    pthread_mutex_lock(&loader->lock);
    while (loader->full == 0 && loader->order == ORDER_LOAD)
        pthread_cond_wait(&loader->changed, &loader->lock);
    taken = loader->full > 0 && loader->order != ORDER_STOP;
    pthread_mutex_unlock(&loader->lock);
    return taken;
}

static void give_back_block(struct loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->full--;
    pthread_cond_signal(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

static bool is_to_finish(struct loader *loader)
{
    bool finish;

    pthread_mutex_lock(&loader->lock);
    finish = loader->order == ORDER_FINISH;
    pthread_mutex_unlock(&loader->lock);
    return finish;
}

static void fail(struct loader *loader, const struct error *error)
{
    pthread_mutex_lock(&loader->lock);
    loader->failed = true;
    loader->error = *error;
    pthread_cond_signal(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

static void *run(void *context)
{
    struct loader *loader = context;
    struct error error;
    unsigned next = 0;
    int result = 0;

    while (result == 0 && take_block(loader)) {
        result = store_block(loader, &loader->blocks[next], &error);
        next = (next + 1) % loader->block_count;
        give_back_block(loader);
    }
    if (result == 0 && is_to_finish(loader))
        result = store_finish(loader->store, &error);
    if (result < 0)
        fail(loader, &error);
    return NULL;
}

/* The next block is there to be filled. */
static void begin_block(struct loader *loader)
{
    loader->block = &loader->blocks[loader->next];
    loader->block->size = 0;
    loader->next = (loader->next + 1) % loader->block_count;
    loader->handed_ns = clock_read_ns(CLOCK_MONOTONIC);
}

static struct loader *loader_new(uint64_t queue_bytes)
{
    unsigned count =
        queue_bytes / BLOCK_BYTES < BLOCKS_MIN ? BLOCKS_MIN : (unsigned)(queue_bytes / BLOCK_BYTES);
    struct loader *loader = malloc(sizeof(*loader) + count * sizeof(loader->blocks[0]));

    if (loader == NULL)
        return NULL;
    /* The blocks are left alone: memory that nobody touches costs nothing. */
    *loader = (struct loader){.block_count = count, .finding = malloc(sizeof(*loader->finding))};
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed, NULL);
    begin_block(loader);
    if (loader->finding != NULL)
        return loader;
    loader_close(loader);
    return NULL;
}

struct loader *loader_open(const struct store_options *options, uint64_t queue_bytes,
                           struct error *error)
{
    struct loader *loader = loader_new(queue_bytes);
    int status;

    if (loader == NULL) {
        error_set(error, "%s: out of memory", options->path);
        return NULL;
    }
    loader->store = store_open(options, error);
    if (loader->store == NULL)
        goto fail;
    status = thread_start(&loader->thread, run, loader);
    loader->started = status == 0;
    if (loader->started)
        return loader;
    error_set(error, "%s: cannot start a thread: %s", options->path, strerror(status));
fail:
    loader_close(loader);
    return NULL;
}

static void end_thread(struct loader *loader, enum order order)
{
    pthread_mutex_lock(&loader->lock);
    loader->order = order;
    pthread_cond_signal(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    pthread_join(loader->thread, NULL);
    loader->started = false;
}

void loader_close(struct loader *loader)
{
    if (loader == NULL)
        return;
    if (loader->started)
        end_thread(loader, ORDER_STOP);
    store_close(loader->store);
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->lock);
    free(loader->finding);
    free(loader);
}

static int say_failure(const struct loader *loader, struct error *error)
{
    if (loader->failed && error != NULL)
        *error = loader->error;
    return loader->failed ? -1 : 0;
}

/* The block that is being filled becomes the thread's; waits until another one is empty. */
static int hand_over(struct loader *loader, struct error *error)
{
    int result;

    pthread_mutex_lock(&loader->lock);
    loader->full++;
    pthread_cond_signal(&loader->changed);
    while (loader->full == loader->block_count && !loader->failed)
        pthread_cond_wait(&loader->changed, &loader->lock);
    result = say_failure(loader, error);
    pthread_mutex_unlock(&loader->lock);
    if (result == 0)
        begin_block(loader);
    return result;
}

/* Adds a record of at most this size, to be completed with end_record(). */
static int begin_record(struct loader *loader, size_t size_max, uint8_t **bytes,
                        struct error *error)
{
    if (BLOCK_BYTES - loader->block->size < sizeof(struct record) + size_max &&
        hand_over(loader, error) < 0)
        return -1;
    *bytes = loader->block->bytes + loader->block->size + sizeof(struct record);
    return 0;
}

static void end_record(struct loader *loader, enum record_kind kind, uint32_t source, size_t size)
{
    const struct record record = {.kind = kind, .source = source, .size = size};

    memcpy(loader->block->bytes + loader->block->size, &record, sizeof(record));
    loader->block->size += sizeof(record) + size;
}

int loader_begin_source(struct loader *loader, uint32_t source, uint64_t fingerprint,
                        const char *name, struct error *error)
{
    size_t name_size = strlen(name) + 1;
    uint8_t *bytes;

    if (begin_record(loader, sizeof(fingerprint) + name_size, &bytes, error) < 0)
        return -1;
    memcpy(bytes, &fingerprint, sizeof(fingerprint));
    memcpy(bytes + sizeof(fingerprint), name, name_size);
    end_record(loader, RECORD_SOURCE, source, sizeof(fingerprint) + name_size);
    return 0;
}

int loader_add(struct loader *loader, const struct finding *finding, struct error *error)
{
    uint8_t *bytes;

    if (finding->kind == FINDING_OUTAGE) /* what is stored of it stands in its incidents */
        return 0;
    if (begin_record(loader, PACKED_MAX, &bytes, error) < 0)
        return -1;
    end_record(loader, RECORD_FINDING, 0, finding_pack(finding, bytes));
    return 0;
}

int loader_set_health(struct loader *loader, uint32_t source, const struct source_health *health,
                      struct error *error)
{
    uint8_t *bytes;

    if (begin_record(loader, sizeof(*health), &bytes, error) < 0)
        return -1;
    memcpy(bytes, health, sizeof(*health));
    end_record(loader, RECORD_HEALTH, source, sizeof(*health));
    return 0;
}

int loader_tick(struct loader *loader, struct error *error)
{
    bool has_room;

    if (clock_read_ns(CLOCK_MONOTONIC) - loader->handed_ns < HAND_OVER_NS)
        return 0;
    pthread_mutex_lock(&loader->lock);
    has_room = loader->full + 1 < loader->block_count || loader->failed;
    pthread_mutex_unlock(&loader->lock);
    return has_room ? hand_over(loader, error) : 0;
}

int loader_finish(struct loader *loader, struct error *error)
{
    if (hand_over(loader, error) < 0)
        return -1;
    end_thread(loader, ORDER_FINISH);
    return say_failure(loader, error);
}
