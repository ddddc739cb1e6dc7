#include "store/writer_private.h"

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
/* How long after the deadline the thread may take to see it: it waits in SQLite for a lock. */
#define HUNG_NS (INT64_C(350) * 1000000)

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
    writer->retry_ns = WRITER_RETRY_FIRST_NS;
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
    status = thread_start(&writer->thread, writer_run, writer);
    if (status != 0)
        return error_set(error, "%s: cannot start a thread: %s", writer->path, strerror(status));
    writer->started = true;
    return 0;
}

/* What the thread does in the disk has no end that can be set: who waits for it has. */
static void stop(struct writer *writer, int64_t patience_ns)
{
    struct timespec until = writer_deadline(patience_ns + HUNG_NS);

    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    writer->deadline_ns = clock_read_ns(CLOCK_MONOTONIC) + patience_ns;
    pthread_cond_signal(&writer->arrived);
    pthread_cond_signal(&writer->stop);
    pthread_mutex_unlock(&writer->lock);
    if (writer->started)
        writer->hangs = pthread_clockjoin_np(writer->thread, NULL, CLOCK_MONOTONIC, &until) != 0;
    else
        writer_run(writer);
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
