#include "store/queue.h"

#include <stdlib.h>
#include <string.h>

#include "store/counts.h"
#include "store/sql.h"

void items_push(struct items *items, struct item *item)
{
    item->next = NULL;
    if (items->last != NULL)
        items->last->next = item;
    else
        items->first = item;
    items->last = item;
}

struct item *items_pop(struct items *items)
{
    struct item *item = items->first;

    if (item != NULL) {
        items->first = item->next;
        if (items->first == NULL)
            items->last = NULL;
    }
    return item;
}

void items_free(struct items *items)
{
    struct item *item;

    while ((item = items_pop(items)) != NULL)
        free(item);
}

void queue_clear(struct queue *queue)
{
    items_free(&queue->urgent);
    items_free(&queue->findings);
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

/* Health that waits, of a minute. */
static struct health_minute *find_minute(struct queue *queue, uint32_t source, int64_t minute_ns)
{
    struct source_minute *minutes = queue->minutes;

    for (size_t i = queue->minute_count; i-- > 0;) {
        if (minutes[i].source == source && minutes[i].health.minute_ns == minute_ns)
            return &minutes[i].health;
    }
    if (queue->minute_count < QUEUE_MINUTES_MAX)
        minutes[queue->minute_count++] =
            (struct source_minute){.source = source, .health.minute_ns = minute_ns};
    return &minutes[queue->minute_count - 1].health;
}

/* The loss of one finding, to be stored as health of its minute. */
static void note_loss(struct queue *queue, uint32_t source, int64_t time_ns, bool is_incident)
{
    struct health_minute *health = find_minute(queue, source, span_begin_ns(time_ns, MINUTE_NS));

    if (is_incident) {
        health->unstored_incidents++;
        queue->given_up_incidents++;
    } else {
        health->unstored_others++;
        queue->given_up_others++;
    }
}

bool queue_has_work(const struct queue *queue)
{
    return queue->urgent.first != NULL || queue->findings.first != NULL;
}

bool queue_has_much(const struct queue *queue)
{
    return queue->bytes > queue->bytes_max / 4;
}

static void add(struct queue *queue, struct items *items, struct item *item)
{
    items_push(items, item);
    queue->bytes += item->size;
    while (queue->bytes > queue->bytes_max && queue->findings.first != NULL)
        queue_give_up(queue, items_pop(&queue->findings));
    if (queue->bytes_most < queue->bytes)
        queue->bytes_most = queue->bytes;
}

static void add_urgent(struct queue *queue, enum item_kind kind, uint32_t source, const void *bytes,
                       size_t size)
{
    struct item *item = item_new(kind, source, bytes, size);

    if (item != NULL)
        add(queue, &queue->urgent, item);
}

void queue_add_finding(struct queue *queue, uint32_t source, int64_t time_ns, bool is_incident,
                       const void *bytes, size_t size)
{
    struct item *item = item_new(ITEM_FINDING, source, bytes, size);

    if (item == NULL) {
        note_loss(queue, source, time_ns, is_incident);
        return;
    }
    item->is_incident = is_incident;
    item->time_ns = time_ns;
    add(queue, &queue->findings, item);
}

void queue_add_source(struct queue *queue, uint32_t source, const void *bytes, size_t size)
{
    add_urgent(queue, ITEM_SOURCE, source, bytes, size);
}

/* Where the source's health waits already. */
static struct item *find_health(const struct queue *queue, uint32_t source)
{
    struct item *item = queue->urgent.first;

    while (item != NULL && (item->kind != ITEM_HEALTH || item->source != source))
        item = item->next;
    return item;
}

void queue_set_health(struct queue *queue, uint32_t source, const struct source_health *health)
{
    struct item *waiting = find_health(queue, source);

    if (waiting != NULL)
        memcpy(waiting->bytes, health, sizeof(*health));
    else
        add_urgent(queue, ITEM_HEALTH, source, health, sizeof(*health));
}

void queue_add_health(struct queue *queue, uint32_t source, const struct health_minute *health)
{
    struct health_minute *sum = find_minute(queue, source, health->minute_ns);

#define ADD(counter) sum->counter += health->counter;
    HEALTH_COUNTERS(ADD)
#undef ADD
}

/* The health that waits goes with the next batch. */
static void enlist_minutes(struct queue *queue)
{
    for (size_t i = 0; i < queue->minute_count; i++) {
        const struct source_minute *minute = &queue->minutes[i];
        struct item *item =
            item_new(ITEM_MINUTE_HEALTH, minute->source, &minute->health, sizeof(minute->health));

        if (item == NULL)
            continue;
        items_push(&queue->urgent, item);
        queue->bytes += item->size;
    }
    queue->minute_count = 0;
}

void queue_take(struct queue *queue, struct items *items)
{
    struct item *item;
    uint64_t bytes = 0;

    enlist_minutes(queue);
    while (bytes <= queue->bytes_max / 4 && ((item = items_pop(&queue->urgent)) != NULL ||
                                             (item = items_pop(&queue->findings)) != NULL)) {
        items_push(items, item);
        bytes += item->size;
    }
}

void queue_done(struct queue *queue, struct item *item)
{
    queue->bytes -= item->size;
    free(item);
}

void queue_give_up(struct queue *queue, struct item *item)
{
    if (item->kind == ITEM_FINDING)
        note_loss(queue, item->source, item->time_ns, item->is_incident);
    queue_done(queue, item);
}
