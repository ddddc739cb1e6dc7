/* The thread moves items from the queue into `in_flight`, adds them to the store's transaction, and
 * frees them when that was committed; when it was not, all that is in flight is added again. */
#include <inttypes.h>
#include <stdio.h>

#include "store/writer_private.h"

#define IDLE_NS       (INT64_C(200) * 1000000)
#define GATHER_NS     (INT64_C(500) * 1000000) /* what comes meanwhile is committed at once */
#define TRIM_PAUSE_NS (INT64_C(1000) * 1000000)
#define RETRY_LAST_NS (INT64_C(5000) * 1000000)
#define RETRY_END_NS  (INT64_C(20) * 1000000) /* while somebody waits for the end */

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
    writer->retry_ns = WRITER_RETRY_FIRST_NS;
    if (recovered)
        tell(writer, WRITER_RECOVERED, text);
}

/* Until it is told to stop; where it was told before, for a moment. */
static void wait_to_retry(struct writer *writer)
{
    struct timespec until;
    bool stopping;

    pthread_mutex_lock(&writer->lock);
    stopping = writer->stopping;
    until = writer_deadline(stopping ? RETRY_END_NS : writer->retry_ns);
    while (writer->stopping == stopping &&
           pthread_cond_timedwait(&writer->stop, &writer->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&writer->lock);
    if (writer->retry_ns < RETRY_LAST_NS)
        writer->retry_ns *= 2;
}

/* Takes back what was not committed, says so once, and waits a while. */
static void fail(struct writer *writer, const struct error *error)
{
    bool first;

    store_rollback(writer->store);
    pthread_mutex_lock(&writer->lock);
    first = !writer->counters.failing;
    writer->counters.failing = true;
    writer->error = *error;
    pthread_mutex_unlock(&writer->lock);
    if (first)
        tell(writer, WRITER_FAILED, error->text);
    wait_to_retry(writer);
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
    queue_give_up(&writer->queue, item);
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
    int64_t at_ns = clock_read_ns(CLOCK_MONOTONIC);

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
    struct timespec until = writer_deadline(IDLE_NS);

    while (!writer->stopping && !queue_has_work(&writer->queue) &&
           pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) == 0)
        ;
    until = writer_deadline(GATHER_NS);
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
    late = writer->stopping && clock_read_ns(CLOCK_MONOTONIC) > writer->deadline_ns;
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

void *writer_run(void *context)
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
