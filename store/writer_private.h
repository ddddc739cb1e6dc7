/* What those who add and the thread that stores share. */
#ifndef STORE_WRITER_PRIVATE_H
#define STORE_WRITER_PRIVATE_H

#include <pthread.h>
#include <time.h>

#include "capture/clock.h"
#include "store/pack.h"
#include "store/queue.h"
#include "store/writer.h"

#define WRITER_RETRY_FIRST_NS (INT64_C(100) * 1000000)

struct source_start {
    uint64_t fingerprint;
    char name[];
};

struct writer {
    struct store *store; /* the thread's, once there is one */
    struct finding *finding;
    struct items in_flight;
    bool singly; /* something in flight is never taken: what it is shows when each is committed
                    alone */
    int64_t retry_ns;
    int64_t trim_ns; /* when to look again whether something is to go */
    writer_notice_function notice;
    void *context;
    char path[256];

    pthread_t thread;
    bool started;
    bool hangs;  /* in the disk, beyond the deadline: all of this is the thread's for ever */
    bool locked; /* the lock and the conditions are there */
    pthread_mutex_t lock;
    pthread_cond_t arrived, stop;
    /* All below under the lock. */
    struct queue queue;
    struct writer_counters counters; /* the queue counts what it holds, and gave up, itself */
    uint64_t taken_incidents;
    uint64_t failed_given_up; /* incidents given up before the present failure */
    bool stopping;
    int64_t deadline_ns;
    int result;
    struct error error; /* of the present failure */
    uint8_t scratch[PACKED_MAX];
};

static inline struct timespec writer_deadline(int64_t duration_ns)
{
    int64_t at_ns = clock_read_ns(CLOCK_MONOTONIC) + duration_ns;

    return (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
}

/* The thread, `context` being the writer: stores what comes until it is told to stop and all is on
 * disk, or it is too late for that. */
void *writer_run(void *context);

#endif
