/* The thread moves items from the queue into `in_flight`, adds them to the store's transaction, and
 * frees them when that was committed; when it was not, all that is in flight is added again. */
#include "store/writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"
#include "capture/thread.h"
#include "store/counts.h"
#include "store/pack.h"
#include "store/queue.h"
#include "store/sql.h"

#define QUEUE_BYTES_DEFAULT (UINT64_C(16) << 20)
#define BUSY_WAIT_MS        250 /* in SQLite, before it counts as a failure */
#define IDLE_NS             (INT64_C(200) * 1000000)
#define RETRY_FIRST_NS      (INT64_C(100) * 1000000)
#define GATHER_NS           (INT64_C(500) * 1000000) /* what comes meanwhile is committed at once */
#define TRIM_PAUSE_NS       (INT64_C(1000) * 1000000)
#define RETRY_LAST_NS       (INT64_C(5000) * 1000000)
/* How long after the deadline the thread may take to see it: it waits in SQLite for a lock. */
#define HUNG_NS (INT64_C(350) * 1000000)

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

static int64_t now_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* Before something is added, under the lock; what it returns is for end_adding(). */
static bool begin_adding(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    return queue_has_work(&writer->queue);
}

static void end_adding(struct writer *writer, bool had_work)
{
    if ((!had_work && queue_has_work(&writer->queue)) || queue_has_much(&writer->queue))
        pthread_cond_signal(&writer->arrived);
    pthread_mutex_unlock(&writer->lock);
}

void writer_begin_source(struct writer *writer, uint32_t source, uint64_t fingerprint,
                         const char *name)
{
    size_t size = sizeof(struct source_start) + strlen(name) + 1;
    struct source_start *start = malloc(size);
    bool had_work;

    if (start == NULL)
        return;
    start->fingerprint = fingerprint;
    strcpy(start->name, name);
    had_work = begin_adding(writer);
    queue_add_source(&writer->queue, source, start, size);
    end_adding(writer, had_work);
    free(start);
}

void writer_set_health(struct writer *writer, uint32_t source, const struct source_health *health)
{
    bool had_work = begin_adding(writer);

    queue_set_health(&writer->queue, source, health);
    end_adding(writer, had_work);
}

void writer_add_health(struct writer *writer, uint32_t source, const struct health_minute *health)
{
    pthread_mutex_lock(&writer->lock);
    queue_add_health(&writer->queue, source, health);
    pthread_mutex_unlock(&writer->lock);
}

/* Of what and when a finding speaks. */
static void describe(const struct finding *finding, uint32_t *source, int64_t *time_ns)
{
    const struct {
        uint32_t source;
        int64_t time_ns;
    } rows[] = {
        [FINDING_INCIDENT] = {finding->incident.source, finding->incident.time_ns},
        [FINDING_MINUTE] = {finding->minute.source, finding->minute.minute_ns},
        [FINDING_OUTAGE] = {0, 0},
        [FINDING_SIGNATURE] = {finding->signature.source, finding->signature.time_ns},
        [FINDING_DELEGATION] = {finding->delegation.source, finding->delegation.time_ns},
    };

    *source = rows[finding->kind].source;
    *time_ns = rows[finding->kind].time_ns;
}

void writer_add(struct writer *writer, const struct finding *finding)
{
    bool is_incident = finding->kind == FINDING_INCIDENT, had_work;
    uint32_t source;
    int64_t time_ns;

    if (finding->kind == FINDING_OUTAGE) /* what is stored of it stands in its incidents */
        return;
    describe(finding, &source, &time_ns);
    had_work = begin_adding(writer);
    writer->taken_incidents += is_incident;
    queue_add_finding(&writer->queue, source, time_ns, is_incident, writer->scratch,
                      finding_pack(finding, writer->scratch));
    end_adding(writer, had_work);
}

void writer_counters(struct writer *writer, struct writer_counters *counters)
{
    pthread_mutex_lock(&writer->lock);
    *counters = writer->counters;
    counters->given_up_incidents = writer->queue.given_up_incidents;
    counters->given_up_others = writer->queue.given_up_others;
    counters->queue_bytes = writer->queue.bytes;
    counters->queue_bytes_max = writer->queue.bytes_most;
    counters->queue_bytes_limit = writer->queue.bytes_max;
    pthread_mutex_unlock(&writer->lock);
}

static int apply(struct writer *writer, const struct item *item, struct error *error)
{
    const struct source_start *start = (const void *)item->bytes;

    switch (item->kind) {
    case ITEM_FINDING:
        finding_unpack(writer->finding, item->bytes);
        return store_add(writer->store, writer->finding, error);
    case ITEM_SOURCE:
        return store_begin_source(writer->store, item->source, start->fingerprint, start->name,
                                  error);
    case ITEM_HEALTH:
        return store_set_health(writer->store, item->source, (const void *)item->bytes, error);
    case ITEM_MINUTE_HEALTH:
        return store_add_health(writer->store, item->source, (const void *)item->bytes, error);
    }
    return 0;
}

static void tell(struct writer *writer, enum writer_notice notice, const char *text)
{
    if (writer->notice != NULL)
        writer->notice(writer->context, notice, text);
}

/* All up to `last` (in flight, NULL: all) is on disk. */
static void settle(struct writer *writer, const struct item *last)
{
    struct item *item;
    char text[400];
    bool recovered, is_last = false;

    pthread_mutex_lock(&writer->lock);
    recovered = writer->counters.failing;
    while (!is_last && (item = items_pop(&writer->in_flight)) != NULL) {
        is_last = item == last;
        if (item->kind == ITEM_FINDING && item->is_incident)
            writer->counters.stored_incidents++;
        else if (item->kind == ITEM_FINDING)
            writer->counters.stored_others++;
        queue_done(&writer->queue, item);
    }
    writer->counters.failing = false;
    writer->counters.commit_time_ns = clock_read_ns(CLOCK_REALTIME);
    snprintf(text, sizeof(text), "%s can be written again; %" PRIu64 " incidents were given up",
             writer->path, writer->queue.given_up_incidents - writer->failed_given_up);
    writer->failed_given_up = writer->queue.given_up_incidents;
    pthread_mutex_unlock(&writer->lock);
    writer->retry_ns = RETRY_FIRST_NS;
    if (recovered)
        tell(writer, WRITER_RECOVERED, text);
}

static struct timespec deadline_after(int64_t duration_ns)
{
    int64_t at_ns = now_ns() + duration_ns;

    return (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
}

/* Takes back what was not committed, says so once, and waits a while. */
static void fail(struct writer *writer, const struct error *error)
{
    struct timespec until = deadline_after(writer->retry_ns);
    bool first;

    store_rollback(writer->store);
    pthread_mutex_lock(&writer->lock);
    first = !writer->counters.failing;
    writer->counters.failing = true;
    writer->error = *error;
    pthread_mutex_unlock(&writer->lock);
    if (first)
        tell(writer, WRITER_FAILED, error->text);
    pthread_mutex_lock(&writer->lock);
    while (!writer->stopping && pthread_cond_timedwait(&writer->stop, &writer->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&writer->lock);
    if (writer->retry_ns < RETRY_LAST_NS)
        writer->retry_ns *= 2;
}

/* What else is in flight is not to wait for it. */
static void drop(struct writer *writer, struct item *item)
{
    struct items rest = {NULL, NULL};
    struct item *other;

    while ((other = items_pop(&writer->in_flight)) != NULL) {
        if (other != item)
            items_push(&rest, other);
    }
    writer->in_flight = rest;
    pthread_mutex_lock(&writer->lock);
    if (item->is_incident)
        writer->queue.given_up_incidents++;
    else
        writer->queue.given_up_others++;
    queue_done(&writer->queue, item);
    pthread_mutex_unlock(&writer->lock);
}

/* The transaction that ended with `item` (NULL: with all of them) holds something that the database
 * will never take, such as what speaks of a source that was not begun. Rows are written together,
 * so it may be another's: alone it is its own. */
static void isolate(struct writer *writer, struct item *item)
{
    if (writer->singly && item != NULL)
        drop(writer, item);
    writer->singly = true;
}

static void fail_with(struct writer *writer, struct item *item, const struct error *error)
{
    bool passes = store_failure_passes(writer->store);

    fail(writer, error);
    if (!passes)
        isolate(writer, item);
}

/* A step of retention between two commits, for as long as there is something to do, and then again
 * in a while. That it fails, the next commit will tell. */
static void trim(struct writer *writer)
{
    int64_t at_ns = now_ns();

    if (store_is_waiting(writer->store) || at_ns < writer->trim_ns)
        return;
    if (store_trim(writer->store, NULL) != 1)
        writer->trim_ns = at_ns + TRIM_PAUSE_NS;
}

/* Adds what is in flight and commits it: the database is locked for no longer than that takes. */
static int carry(struct writer *writer)
{
    struct error error;

    for (struct item *item = writer->in_flight.first, *next; item != NULL; item = next) {
        next = item->next;
        if (apply(writer, item, &error) < 0 ||
            (writer->singly && store_commit(writer->store, &error) < 0)) {
            fail_with(writer, item, &error);
            return -1;
        }
        if (!store_is_waiting(writer->store))
            settle(writer, item);
    }
    if (store_commit(writer->store, &error) < 0) {
        fail_with(writer, NULL, &error);
        return -1;
    }
    writer->singly = false;
    settle(writer, NULL);
    trim(writer);
    return 0;
}

static void wait_for_work(struct writer *writer)
{
    struct timespec until = deadline_after(IDLE_NS);

    while (!writer->stopping && !queue_has_work(&writer->queue) &&
           pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) == 0)
        ;
    until = deadline_after(GATHER_NS);
    while (!writer->stopping && queue_has_work(&writer->queue) && !queue_has_much(&writer->queue) &&
           pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) == 0)
        ;
}

static void take_batch(struct writer *writer, bool *stopping)
{
    pthread_mutex_lock(&writer->lock);
    wait_for_work(writer);
    *stopping = writer->stopping;
    queue_take(&writer->queue, &writer->in_flight);
    pthread_mutex_unlock(&writer->lock);
}

static bool is_too_late(struct writer *writer)
{
    bool late;

    pthread_mutex_lock(&writer->lock);
    late = writer->stopping && now_ns() > writer->deadline_ns;
    pthread_mutex_unlock(&writer->lock);
    return late;
}

/* Until all that was in flight is on disk. -1: it is too late for that. */
static int retry(struct writer *writer)
{
    while (carry(writer) < 0) {
        if (is_too_late(writer))
            return -1;
    }
    return 0;
}

static int finish_run(struct writer *writer)
{
    struct error error;

    while (store_finish(writer->store, &error) < 0) {
        fail(writer, &error);
        if (is_too_late(writer) || retry(writer) < 0)
            return -1;
    }
    settle(writer, NULL);
    return 0;
}

static void *run(void *context)
{
    struct writer *writer = context;
    bool stopping = false;
    int result = 0;

    while (result == 0) {
        take_batch(writer, &stopping);
        if (writer->in_flight.first == NULL && stopping)
            break;
        if (carry(writer) < 0)
            result = is_too_late(writer) ? -1 : retry(writer);
    }
    if (result == 0)
        result = finish_run(writer);
    pthread_mutex_lock(&writer->lock);
    writer->result = result;
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

static int init_locks(struct writer *writer)
{
    pthread_condattr_t attributes;

    if (pthread_mutex_init(&writer->lock, NULL) != 0)
        return -1;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->arrived, &attributes);
    pthread_cond_init(&writer->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    writer->locked = true;
    return 0;
}

struct writer *writer_open(const struct writer_options *options, struct error *error)
{
    struct writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL || init_locks(writer) < 0 ||
        (writer->finding = malloc(sizeof(*writer->finding))) == NULL) {
        error_set(error, "%s: out of memory", options->store.path);
        goto fail;
    }
    writer->queue.bytes_max = options->queue_bytes > 0 ? options->queue_bytes : QUEUE_BYTES_DEFAULT;
    writer->retry_ns = RETRY_FIRST_NS;
    writer->notice = options->notice;
    writer->context = options->context;
    snprintf(writer->path, sizeof(writer->path), "%s", options->store.path);
    writer->store = store_open(&options->store, error);
    if (writer->store != NULL)
        return writer;
fail:
    writer_close(writer);
    return NULL;
}

struct store *writer_store(struct writer *writer)
{
    return writer->store;
}

int writer_start(struct writer *writer, struct error *error)
{
    int status;

    store_set_patience(writer->store, BUSY_WAIT_MS);
    status = thread_start(&writer->thread, run, writer);
    if (status != 0)
        return error_set(error, "%s: cannot start a thread: %s", writer->path, strerror(status));
    writer->started = true;
    return 0;
}

/* What the thread does in the disk has no end that can be set: who waits for it has. */
static void stop(struct writer *writer, int64_t patience_ns)
{
    struct timespec until = deadline_after(patience_ns + HUNG_NS);

    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    writer->deadline_ns = now_ns() + patience_ns;
    pthread_cond_signal(&writer->arrived);
    pthread_cond_signal(&writer->stop);
    pthread_mutex_unlock(&writer->lock);
    if (writer->started)
        writer->hangs = pthread_clockjoin_np(writer->thread, NULL, CLOCK_MONOTONIC, &until) != 0;
    else
        run(writer);
    writer->started = false;
}

int writer_finish(struct writer *writer, int64_t patience_ns, struct error *error)
{
    int result;

    stop(writer, patience_ns);
    pthread_mutex_lock(&writer->lock);
    result = writer->hangs ? -1 : writer->result;
    if (writer->hangs)
        error_set(&writer->error, "%s: the disk does not answer", writer->path);
    if (result < 0)
        error_set(error, "%s (%" PRIu64 " incidents could not be stored)", writer->error.text,
                  writer->taken_incidents - writer->counters.stored_incidents -
                      writer->queue.given_up_incidents);
    pthread_mutex_unlock(&writer->lock);
    return result;
}

void writer_close(struct writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->started)
        stop(writer, 0);
    if (writer->hangs)
        return;
    store_close(writer->store);
    items_free(&writer->in_flight);
    queue_clear(&writer->queue);
    if (writer->locked) {
        pthread_cond_destroy(&writer->arrived);
        pthread_cond_destroy(&writer->stop);
        pthread_mutex_destroy(&writer->lock);
    }
    free(writer->finding);
    free(writer);
}
