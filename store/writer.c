/* Items wait in two queues: findings, of which the oldest can be given up, and what must not be
 * lost (sources, health), which is little and goes first: of health that waits for long, minutes
 * add up and a later state takes the place of an earlier one. The thread moves them into
 * `in_flight`, adds them to the store's transaction, and frees them when that was committed; when
 * it was not, all that is in flight is added again. */
#include "store/writer.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/clock.h"
#include "store/counts.h"
#include "store/pack.h"
#include "store/sql.h"

#define QUEUE_BYTES_DEFAULT (UINT64_C(16) << 20)
#define BUSY_WAIT_MS        250 /* in SQLite, before it counts as a failure */
#define IDLE_NS             (INT64_C(200) * 1000000)
#define RETRY_FIRST_NS      (INT64_C(100) * 1000000)
#define GATHER_NS           (INT64_C(500) * 1000000) /* what comes meanwhile is committed at once */
#define TRIM_PAUSE_NS       (INT64_C(1000) * 1000000)
#define RETRY_LAST_NS       (INT64_C(5000) * 1000000)
/* How long after the deadline the thread may take to see it: it waits in SQLite for a lock. */
#define HUNG_NS     (INT64_C(350) * 1000000)
#define MINUTES_MAX 1024 /* of health; later ones are counted in the last */

enum item_kind { ITEM_FINDING, ITEM_SOURCE, ITEM_HEALTH, ITEM_MINUTE_HEALTH };

struct item {
    struct item *next;
    enum item_kind kind;
    bool is_incident;
    uint32_t source;
    int64_t time_ns;
    size_t size; /* with this head */
    uint8_t bytes[];
};

struct source_start {
    uint64_t fingerprint;
    char name[];
};

struct queue {
    struct item *first, *last;
};

struct source_minute {
    uint32_t source;
    struct health_minute health;
};

struct writer {
    struct store *store; /* the thread's, once there is one */
    struct finding *finding;
    struct queue in_flight;
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
    struct queue urgent, findings;
    uint64_t bytes_max;
    struct writer_counters counters;
    uint64_t taken_incidents;
    struct source_minute minutes[MINUTES_MAX];
    size_t minute_count;
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

static void push(struct queue *queue, struct item *item)
{
    item->next = NULL;
    if (queue->last != NULL)
        queue->last->next = item;
    else
        queue->first = item;
    queue->last = item;
}

static struct item *pop(struct queue *queue)
{
    struct item *item = queue->first;

    if (item != NULL) {
        queue->first = item->next;
        if (queue->first == NULL)
            queue->last = NULL;
    }
    return item;
}

static void free_all(struct queue *queue)
{
    struct item *item;

    while ((item = pop(queue)) != NULL)
        free(item);
}

static struct item *item_new(enum item_kind kind, uint32_t source, const void *bytes, size_t size)
{
    struct item *item = malloc(sizeof(*item) + size);

    if (item == NULL)
        return NULL;
    *item = (struct item){.kind = kind, .source = source, .size = sizeof(*item) + size};
    memcpy(item->bytes, bytes, size);
    return item;
}

/* Health that waits, of a minute. Under the lock. */
static struct health_minute *find_minute(struct writer *writer, uint32_t source, int64_t minute_ns)
{
    struct source_minute *minutes = writer->minutes;

    for (size_t i = writer->minute_count; i-- > 0;) {
        if (minutes[i].source == source && minutes[i].health.minute_ns == minute_ns)
            return &minutes[i].health;
    }
    if (writer->minute_count < MINUTES_MAX)
        minutes[writer->minute_count++] =
            (struct source_minute){.source = source, .health.minute_ns = minute_ns};
    return &minutes[writer->minute_count - 1].health;
}

/* The loss of one finding, to be stored as health of its minute. Under the lock. */
static void note_loss(struct writer *writer, uint32_t source, int64_t time_ns, bool is_incident)
{
    struct health_minute *health = find_minute(writer, source, span_begin_ns(time_ns, MINUTE_NS));

    if (is_incident) {
        health->unstored_incidents++;
        writer->counters.given_up_incidents++;
    } else {
        health->unstored_others++;
        writer->counters.given_up_others++;
    }
}

static void give_up_oldest(struct writer *writer)
{
    struct item *item = pop(&writer->findings);

    writer->counters.queue_bytes -= item->size;
    note_loss(writer, item->source, item->time_ns, item->is_incident);
    free(item);
}

static bool has_work(const struct writer *writer)
{
    return writer->urgent.first != NULL || writer->findings.first != NULL;
}

static bool has_much(const struct writer *writer)
{
    return writer->counters.queue_bytes > writer->bytes_max / 4;
}

/* Under the lock. Takes the item. */
static void enqueue(struct writer *writer, struct queue *queue, struct item *item)
{
    bool first = !has_work(writer);

    push(queue, item);
    writer->counters.queue_bytes += item->size;
    while (writer->counters.queue_bytes > writer->bytes_max && writer->findings.first != NULL)
        give_up_oldest(writer);
    if (writer->counters.queue_bytes_max < writer->counters.queue_bytes)
        writer->counters.queue_bytes_max = writer->counters.queue_bytes;
    if (first || has_much(writer))
        pthread_cond_signal(&writer->arrived);
}

static void enqueue_urgent(struct writer *writer, enum item_kind kind, uint32_t source,
                           const void *bytes, size_t size)
{
    struct item *item = item_new(kind, source, bytes, size);

    if (item == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    enqueue(writer, &writer->urgent, item);
    pthread_mutex_unlock(&writer->lock);
}

void writer_begin_source(struct writer *writer, uint32_t source, uint64_t fingerprint,
                         const char *name)
{
    size_t size = sizeof(struct source_start) + strlen(name) + 1;
    struct source_start *start = malloc(size);

    if (start == NULL)
        return;
    start->fingerprint = fingerprint;
    strcpy(start->name, name);
    enqueue_urgent(writer, ITEM_SOURCE, source, start, size);
    free(start);
}

/* Where the source's health waits already. Under the lock. */
static struct item *find_health(const struct writer *writer, uint32_t source)
{
    struct item *item = writer->urgent.first;

    while (item != NULL && (item->kind != ITEM_HEALTH || item->source != source))
        item = item->next;
    return item;
}

void writer_set_health(struct writer *writer, uint32_t source, const struct source_health *health)
{
    struct item *waiting;

    pthread_mutex_lock(&writer->lock);
    waiting = find_health(writer, source);
    if (waiting != NULL)
        memcpy(waiting->bytes, health, sizeof(*health));
    pthread_mutex_unlock(&writer->lock);
    if (waiting == NULL)
        enqueue_urgent(writer, ITEM_HEALTH, source, health, sizeof(*health));
}

void writer_add_health(struct writer *writer, uint32_t source, const struct health_minute *health)
{
    struct health_minute *sum;

    pthread_mutex_lock(&writer->lock);
    sum = find_minute(writer, source, health->minute_ns);
#define ADD(counter) sum->counter += health->counter;
    HEALTH_COUNTERS(ADD)
#undef ADD
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
    bool is_incident = finding->kind == FINDING_INCIDENT;
    struct item *item;
    uint32_t source;
    int64_t time_ns;

    if (finding->kind == FINDING_OUTAGE) /* what is stored of it stands in its incidents */
        return;
    describe(finding, &source, &time_ns);
    pthread_mutex_lock(&writer->lock);
    writer->taken_incidents += is_incident;
    item = item_new(ITEM_FINDING, source, writer->scratch, finding_pack(finding, writer->scratch));
    if (item != NULL) {
        item->is_incident = is_incident;
        item->time_ns = time_ns;
        enqueue(writer, &writer->findings, item);
    } else {
        note_loss(writer, source, time_ns, is_incident);
    }
    pthread_mutex_unlock(&writer->lock);
}

void writer_counters(struct writer *writer, struct writer_counters *counters)
{
    pthread_mutex_lock(&writer->lock);
    *counters = writer->counters;
    counters->queue_bytes_limit = writer->bytes_max;
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
    while (!is_last && (item = pop(&writer->in_flight)) != NULL) {
        is_last = item == last;
        writer->counters.queue_bytes -= item->size;
        if (item->kind == ITEM_FINDING && item->is_incident)
            writer->counters.stored_incidents++;
        else if (item->kind == ITEM_FINDING)
            writer->counters.stored_others++;
        free(item);
    }
    writer->counters.failing = false;
    writer->counters.commit_time_ns = clock_read_ns(CLOCK_REALTIME);
    snprintf(text, sizeof(text), "%s can be written again; %" PRIu64 " incidents were given up",
             writer->path, writer->counters.given_up_incidents - writer->failed_given_up);
    writer->failed_given_up = writer->counters.given_up_incidents;
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

/* An item that the database will never take (it speaks of a source that was not begun): what else
 * is in flight is not to wait for it. */
static void drop(struct writer *writer, struct item *item)
{
    struct queue rest = {NULL, NULL};
    struct item *other;

    while ((other = pop(&writer->in_flight)) != NULL) {
        if (other != item)
            push(&rest, other);
    }
    writer->in_flight = rest;
    pthread_mutex_lock(&writer->lock);
    writer->counters.queue_bytes -= item->size;
    if (item->is_incident)
        writer->counters.given_up_incidents++;
    else
        writer->counters.given_up_others++;
    pthread_mutex_unlock(&writer->lock);
    free(item);
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
        if (apply(writer, item, &error) < 0) {
            bool passes = store_failure_passes(writer->store);

            fail(writer, &error);
            if (!passes)
                drop(writer, item);
            return -1;
        }
        if (!store_is_waiting(writer->store))
            settle(writer, item);
    }
    if (store_commit(writer->store, &error) < 0) {
        fail(writer, &error);
        return -1;
    }
    settle(writer, NULL);
    trim(writer);
    return 0;
}

/* The health that waits goes with the next batch. Under the lock. */
static void queue_minutes(struct writer *writer)
{
    for (size_t i = 0; i < writer->minute_count; i++) {
        const struct source_minute *minute = &writer->minutes[i];
        struct item *item =
            item_new(ITEM_MINUTE_HEALTH, minute->source, &minute->health, sizeof(minute->health));

        if (item == NULL)
            continue;
        push(&writer->urgent, item);
        writer->counters.queue_bytes += item->size;
    }
    writer->minute_count = 0;
}

static void wait_for_work(struct writer *writer)
{
    struct timespec until = deadline_after(IDLE_NS);

    while (!writer->stopping && !has_work(writer) &&
           pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) == 0)
        ;
    until = deadline_after(GATHER_NS);
    while (!writer->stopping && has_work(writer) && !has_much(writer) &&
           pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) == 0)
        ;
}

/* Moves what waits into flight, up to a quarter of the queue's size. */
static void take_batch(struct writer *writer, bool *stopping)
{
    struct item *item;
    uint64_t bytes = 0;

    pthread_mutex_lock(&writer->lock);
    wait_for_work(writer);
    *stopping = writer->stopping;
    queue_minutes(writer);
    while (bytes <= writer->bytes_max / 4 &&
           ((item = pop(&writer->urgent)) != NULL || (item = pop(&writer->findings)) != NULL)) {
        push(&writer->in_flight, item);
        bytes += item->size;
    }
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
    writer->bytes_max = options->queue_bytes > 0 ? options->queue_bytes : QUEUE_BYTES_DEFAULT;
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
    sigset_t all, before;
    int status;

    store_set_patience(writer->store, BUSY_WAIT_MS);
    sigfillset(&all); /* signals are for the thread that captures */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(&writer->thread, NULL, run, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
    const struct writer_counters *counters = &writer->counters;
    int result;

    stop(writer, patience_ns);
    pthread_mutex_lock(&writer->lock);
    result = writer->hangs ? -1 : writer->result;
    if (writer->hangs)
        error_set(&writer->error, "%s: the disk does not answer", writer->path);
    if (result < 0)
        error_set(error, "%s (%" PRIu64 " incidents could not be stored)", writer->error.text,
                  writer->taken_incidents - counters->stored_incidents -
                      counters->given_up_incidents);
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
    free_all(&writer->in_flight);
    free_all(&writer->urgent);
    free_all(&writer->findings);
    if (writer->locked) {
        pthread_cond_destroy(&writer->arrived);
        pthread_cond_destroy(&writer->stop);
        pthread_mutex_destroy(&writer->lock);
    }
    free(writer->finding);
    free(writer);
}
