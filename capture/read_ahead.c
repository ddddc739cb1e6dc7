#include "capture/read_ahead.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "capture/thread.h"

#define BLOCK_BYTES (128u << 10)
#define BLOCKS      4

/* A block belongs to the thread until it is counted as made, then to the reader until it is counted
 * as free again. */
struct block {
    size_t size;
    int status; /* of what comes behind: 1: more, 0: the end, -1: `error` */
    uint64_t done;
    struct error error;
    uint8_t bytes[BLOCK_BYTES];
};

struct read_ahead {
    read_ahead_function *make;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the next two */
    unsigned made;        /* blocks that wait for the reader, the one that it reads included */
    bool stopping;
    pthread_cond_t changed;

    /* The reader's. */
    struct block *block; /* NULL: none */
    size_t at;           /* in it */
    unsigned next;
    uint64_t done;

    struct block blocks[BLOCKS];
};

/* False: nobody wants any more. */
static bool wait_for_room(struct read_ahead *ahead)
{
    bool goes_on;

    pthread_mutex_lock(&ahead->lock);
    while (ahead->made == BLOCKS && !ahead->stopping)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    goes_on = !ahead->stopping;
    pthread_mutex_unlock(&ahead->lock);
    return goes_on;
}

static void count_made(struct read_ahead *ahead, bool is_free)
{
    pthread_mutex_lock(&ahead->lock);
    if (is_free)
        ahead->made--;
    else
        ahead->made++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

static void fill_block(struct read_ahead *ahead, struct block *block)
{
    block->size = 0;
    block->status = 1;
    while (block->size < BLOCK_BYTES && block->status > 0) {
        ssize_t got = ahead->make(ahead->context, block->bytes + block->size,
                                  BLOCK_BYTES - block->size, &block->done, &block->error);

        if (got > 0)
            block->size += (size_t)got;
        else
            block->status = (int)got;
    }
}

static void *run(void *context)
{
    struct read_ahead *ahead = context;
    unsigned next = 0;
    int status = 1;

    while (status > 0 && wait_for_room(ahead)) {
        struct block *block = &ahead->blocks[next++ % BLOCKS];

        fill_block(ahead, block);
        status = block->status;
        count_made(ahead, false);
    }
    return NULL;
}

bool read_ahead_pays(void)
{
    cpu_set_t processors;

    return sched_getaffinity(0, sizeof(processors), &processors) == 0 && CPU_COUNT(&processors) > 1;
}

struct read_ahead *read_ahead_start(read_ahead_function *make, void *context)
{
    struct read_ahead *ahead = malloc(sizeof(*ahead));

    if (!ahead)
        return NULL;
    /* The blocks are left alone: memory that nobody touches costs nothing. */
    memset(ahead, 0, offsetof(struct read_ahead, blocks));
    ahead->make = make;
    ahead->context = context;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (thread_start(&ahead->thread, run, ahead) == 0)
        return ahead;
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
    return NULL;
}

void read_ahead_stop(struct read_ahead *ahead)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stopping = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* The last block is kept: its status is asked for again and again. */
static void next_block(struct read_ahead *ahead)
{
    if (ahead->block)
        count_made(ahead, true);
    pthread_mutex_lock(&ahead->lock);
    while (ahead->made == 0)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
    ahead->block = &ahead->blocks[ahead->next++ % BLOCKS];
    ahead->at = 0;
    ahead->done = ahead->block->done;
}

ssize_t read_ahead_read(struct read_ahead *ahead, uint8_t *bytes, size_t size, struct error *error)
{
    const struct block *block = ahead->block;

    if (!block || (ahead->at == block->size && block->status > 0)) {
        next_block(ahead);
        block = ahead->block;
    }
    if (ahead->at == block->size) {
        if (block->status < 0 && error)
            *error = block->error;
        return block->status;
    }
    if (size > block->size - ahead->at)
        size = block->size - ahead->at;
    memcpy(bytes, block->bytes + ahead->at, size);
    ahead->at += size;
    return (ssize_t)size;
}

uint64_t read_ahead_done(const struct read_ahead *ahead)
{
    return ahead->done;
}
