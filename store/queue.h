/* What waits to be stored, in order, packed. Findings are bounded: where there is no more room the
 * oldest are given up, counted, and their count waits as health of their source and minute. What
 * must not be lost (sources, health) is little and goes first: of health that waits for long,
 * minutes add up and a later state takes the place of an earlier one. Not locked: that is for
 * whoever shares it. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

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

/* First come, first served. */
struct items {
    struct item *first, *last;
};

void items_push(struct items *items, struct item *item); /* takes it */
struct item *items_pop(struct items *items);             /* the caller's; NULL: none */
void items_free(struct items *items);

#define QUEUE_MINUTES_MAX 1024 /* of health; later ones are counted in the last */

struct queue {
    struct items urgent, findings;
    uint64_t bytes, bytes_most; /* of what waits and of what was taken and is not done yet: now, and
                                 * at most */
    uint64_t bytes_max;
    uint64_t given_up_incidents, given_up_others;
    struct source_minute {
        uint32_t source;
        struct health_minute health;
    } minutes[QUEUE_MINUTES_MAX];
    size_t minute_count;
};

/* Begun with zeros and `bytes_max`. */
void queue_clear(struct queue *queue);

bool queue_has_work(const struct queue *queue);
bool queue_has_much(const struct queue *queue); /* enough for a batch */

/* Copies the octets. Out of memory, a finding is given up. */
void queue_add_finding(struct queue *queue, uint32_t source, int64_t time_ns, bool is_incident,
                       const void *bytes, size_t size);
/* ITEM_SOURCE; out of memory it is lost. */
void queue_add_source(struct queue *queue, uint32_t source, const void *bytes, size_t size);
void queue_set_health(struct queue *queue, uint32_t source, const struct source_health *health);
void queue_add_health(struct queue *queue, uint32_t source, const struct health_minute *health);

/* Moves a batch to the end of `items`. */
void queue_take(struct queue *queue, struct items *items);
/* What was taken is stored: its room is free. Frees it. */
void queue_done(struct queue *queue, struct item *item);
/* It will never be: the same, and a finding counts as given up. */
void queue_give_up(struct queue *queue, struct item *item);

#endif
