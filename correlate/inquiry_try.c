#include "correlate/inquiry_try.h"

#include <stdlib.h>

/* Failed tries after an answer that show that the resolver did not take that answer. */
#define IN_VAIN 1
/* Between a good answer and the next step of its fetch. */
#define STEP_PAUSE_NS (SECOND_NS / 2)
/* Late answers of which it is looked into what came of them: a bound in time. */
#define ENDINGS_MAX 1024

static bool is_pending_at(const struct exchange *exchange, int64_t time_ns)
{
    if (exchange->query_ns == NEVER || exchange->query_ns > time_ns)
        return false;
    return exchange->responded ? exchange->response_ns > time_ns
                               : exchange->last_query_ns > time_ns - PATIENCE_NS;
}

static bool is_after(const struct inquiry *inquiry, const struct exchange *exchange,
                     int64_t time_ns)
{
    int64_t last_ns = exchange->query_ns != NEVER ? exchange->last_query_ns : exchange->response_ns;

    return last_ns >= time_ns - ASKED_TIE_NS && exchange_begin(exchange) <= inquiry->failed_ns;
}

/* Did another server answer the same while this late one was waited for, and then nothing was asked
 * for longer than a step takes? Then that fetch is over. */
static bool was_made_up_for(const struct inquiry *inquiry, const struct item *late)
{
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (item->usable && item->outcome != OUTCOME_REFERRAL &&
            item->exchange->name_hash == late->exchange->name_hash &&
            item->exchange->qtype == late->exchange->qtype &&
            item->zone_labels == late->zone_labels &&
            item->exchange->response_ns >= exchange_begin(late->exchange) &&
            item->exchange->response_ns <= inquiry->begin_ns - STEP_PAUSE_NS)
            return true;
    }
    return false;
}

/* Does the exchange belong to the fetch that is known to reach back to begin_ns? A failed step is
 * followed by the next one after no longer pause than a resolver makes, a good one at once. */
static bool leads_up_to(const struct inquiry *inquiry, const struct item *item, unsigned *endings)
{
    const struct exchange *exchange = item->exchange;
    int64_t pause_ns = item->usable ? STEP_PAUSE_NS : PATIENCE_NS;
    int64_t end_ns = exchange->responded ? exchange->response_ns : exchange->last_query_ns;

    return exchange_begin(exchange) < inquiry->begin_ns &&
           exchange_begin(exchange) > inquiry->earlier_ns &&
           end_ns > inquiry->begin_ns - pause_ns &&
           (item->outcome != OUTCOME_LATE || (*endings)++ > ENDINGS_MAX ||
            !was_made_up_for(inquiry, item));
}

/* Where the question joined a fetch that was on its way already, that fetch's steps count. */
static void extend_back(struct inquiry *inquiry)
{
    unsigned endings = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        for (unsigned i = 0; i < inquiry->item_count; i++) {
            if (leads_up_to(inquiry, &inquiry->items[i], &endings)) {
                inquiry->begin_ns = exchange_begin(inquiry->items[i].exchange);
                moved = true;
            }
        }
    }
}

static void mark_active(struct inquiry *inquiry)
{
    bool joined = false;

    inquiry->begin_ns = inquiry->asked_ns;
    inquiry->live = false;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct exchange *exchange = inquiry->items[i].exchange;

        if (is_after(inquiry, exchange, inquiry->asked_ns))
            inquiry->live = true;
        if (is_pending_at(exchange, inquiry->asked_ns) &&
            exchange_begin(exchange) > inquiry->earlier_ns)
            joined = true;
    }
    if (joined) {
        inquiry->live = true;
        extend_back(inquiry);
    }
    for (unsigned i = 0; i < inquiry->item_count; i++)
        inquiry->items[i].active = is_after(inquiry, inquiry->items[i].exchange, inquiry->begin_ns);
}

/* Answers after which the resolver went on asking the same in vain were not its own to use:
 * somebody asked beside it, from its address. */
static void dismiss_unused_answers(struct inquiry *inquiry)
{
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        struct item *item = &inquiry->items[i];
        unsigned in_vain = 0;

        if (!item->active || !item->usable)
            continue;
        for (unsigned j = 0; j < inquiry->item_count && in_vain < IN_VAIN; j++) {
            const struct item *other = &inquiry->items[j];

            if (!other->active || other->exchange->name_hash != item->exchange->name_hash ||
                other->exchange->qtype != item->exchange->qtype ||
                other->zone_labels != item->zone_labels ||
                other->exchange->query_ns <= item->exchange->response_ns)
                continue;
            if (other->usable && other->exchange != item->exchange &&
                other->exchange->response_ns > item->exchange->response_ns + SECOND_NS) {
                in_vain = 0;
                break;
            }
            in_vain += !other->usable;
        }
        if (in_vain >= IN_VAIN)
            item->usable = false;
    }
}

void inquiry_begin_try(struct inquiry *inquiry)
{
    mark_active(inquiry);
    dismiss_unused_answers(inquiry);
}

static int compare_pointers(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (const struct exchange *const *)left;
    uintptr_t b = (uintptr_t) * (const struct exchange *const *)right;

    return (a > b) - (a < b);
}

unsigned inquiry_count_active(const struct inquiry *inquiry, bool only_usable)
{
    const struct exchange *exchanges[ITEMS_MAX];
    unsigned count = 0, distinct = 0;

    for (unsigned i = 0; i < inquiry->item_count; i++)
        if (inquiry->items[i].active && (inquiry->items[i].usable || !only_usable))
            exchanges[count++] = inquiry->items[i].exchange;
    qsort(exchanges, count, sizeof(exchanges[0]), compare_pointers);
    for (unsigned i = 0; i < count; i++)
        distinct += i == 0 || exchanges[i] != exchanges[i - 1];
    return distinct;
}

bool inquiry_look_back(struct inquiry *inquiry)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        inquiry->items[i].active = true;
    return inquiry->item_count > 0;
}

bool inquiry_look_before(struct inquiry *inquiry, int64_t since_ns, struct inquiry_view *own)
{
    bool asked = false;

    own->begin_ns = inquiry->begin_ns;
    inquiry->begin_ns = since_ns;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        struct item *item = &inquiry->items[i];

        own->active[i] = item->active;
        item->active =
            item->exchange->query_ns < inquiry->asked_ns && item->exchange->query_ns > since_ns;
        asked |= item->active && item->why == DEPENDENCY_QUESTION;
    }
    if (!asked)
        inquiry_look_again(inquiry, own);
    return asked;
}

void inquiry_look_again(struct inquiry *inquiry, const struct inquiry_view *own)
{
    for (unsigned i = 0; i < inquiry->item_count; i++)
        inquiry->items[i].active = own->active[i];
    inquiry->begin_ns = own->begin_ns;
}
