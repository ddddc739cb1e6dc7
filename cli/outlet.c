#include "cli/outlet.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/thread.h"

struct outlet {
    int descriptor;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    uint8_t *ring;
    size_t room_bytes;
    size_t first; /* the oldest byte; what is being written stays until it is */
    size_t used;
    bool closing;
    int failed; /* errno of the write that failed, 0: none */
    struct outlet_counters counters;
};

struct outlet *outlet_new(int descriptor, size_t room_bytes)
{
    struct outlet *outlet = calloc(1, sizeof(*outlet));

    if (outlet == NULL)
        return NULL;
    outlet->descriptor = descriptor;
    outlet->room_bytes = room_bytes;
    outlet->ring = malloc(room_bytes);
    if (outlet->ring == NULL) {
        free(outlet);
        return NULL;
    }
    pthread_mutex_init(&outlet->lock, NULL);
    pthread_cond_init(&outlet->changed, NULL);
    return outlet;
}

/* One write(2) of what is there, without the lock while it lasts. */
static void write_some(struct outlet *outlet)
{
    size_t size = outlet->room_bytes - outlet->first;
    ssize_t written;
    int failure;

    if (size > outlet->used)
        size = outlet->used;
    pthread_mutex_unlock(&outlet->lock);
    written = write(outlet->descriptor, outlet->ring + outlet->first, size);
    failure = written < 0 ? errno : 0;
    /* Somebody who shares the descriptor may have made it one that does not wait. */
    if (failure == EAGAIN)
        poll(&(struct pollfd){.fd = outlet->descriptor, .events = POLLOUT}, 1, -1);
    pthread_mutex_lock(&outlet->lock);
    if (failure != 0) {
        if (failure != EINTR && failure != EAGAIN)
            outlet->failed = failure;
        return;
    }
    outlet->first = (outlet->first + (size_t)written) % outlet->room_bytes;
    outlet->used -= (size_t)written;
}

static void *work(void *context)
{
    struct outlet *outlet = context;

    pthread_mutex_lock(&outlet->lock);
    while (outlet->failed == 0 && (outlet->used > 0 || !outlet->closing)) {
        if (outlet->used > 0)
            write_some(outlet);
        else
            pthread_cond_wait(&outlet->changed, &outlet->lock);
    }
    pthread_mutex_unlock(&outlet->lock);
    return NULL;
}

int outlet_start(struct outlet *outlet, struct error *error)
{
    int status = thread_start(&outlet->thread, work, outlet);

    if (status != 0)
        return error_set(error, "output: %s", strerror(status));
    outlet->started = true;
    return 0;
}

static void put(struct outlet *outlet, const uint8_t *bytes, size_t size)
{
    size_t at = (outlet->first + outlet->used) % outlet->room_bytes;
    size_t before_end = outlet->room_bytes - at;

    if (before_end > size)
        before_end = size;
    memcpy(outlet->ring + at, bytes, before_end);
    memcpy(outlet->ring, bytes + before_end, size - before_end);
    outlet->used += size;
}

void outlet_write(struct outlet *outlet, const void *bytes, size_t size)
{
    pthread_mutex_lock(&outlet->lock);
    if (outlet->failed != 0 || size > outlet->room_bytes - outlet->used) {
        outlet->counters.lost++;
    } else {
        put(outlet, bytes, size);
        outlet->counters.written++;
        pthread_cond_signal(&outlet->changed);
    }
    pthread_mutex_unlock(&outlet->lock);
}

int outlet_counters(struct outlet *outlet, struct outlet_counters *counters, struct error *error)
{
    int failed;

    pthread_mutex_lock(&outlet->lock);
    *counters = outlet->counters;
    failed = outlet->failed;
    pthread_mutex_unlock(&outlet->lock);
    return failed == 0 ? 0 : error_set(error, "standard output: %s", strerror(failed));
}

static bool join(struct outlet *outlet, int64_t patience_ns)
{
    struct timespec until;

    pthread_mutex_lock(&outlet->lock);
    outlet->closing = true;
    pthread_cond_signal(&outlet->changed);
    pthread_mutex_unlock(&outlet->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)((until.tv_nsec + patience_ns) / 1000000000);
    until.tv_nsec = (until.tv_nsec + patience_ns) % 1000000000;
    return pthread_clockjoin_np(outlet->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

void outlet_close(struct outlet *outlet, int64_t patience_ns)
{
    if (outlet == NULL)
        return;
    /* A thread that hangs in its write has its outlet until the program ends. */
    if (outlet->started && !join(outlet, patience_ns))
        return;
    pthread_cond_destroy(&outlet->changed);
    pthread_mutex_destroy(&outlet->lock);
    free(outlet->ring);
    free(outlet);
}
