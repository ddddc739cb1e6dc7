#include "correlate/clocks.h"

#include <stdlib.h>

#include "correlate/exchange.h"
#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"

#define SPANS_MAX      65536u
#define MICROSECOND_NS INT64_C(1000)

/* After such a pause it is another question, if the last one was answered or in any case. */
#define PAUSE_ANSWERED_NS (5 * SECOND_NS)
#define PAUSE_NS          (20 * SECOND_NS)

/* Packets of one moment have times that differ by so much, each host having its own delays. */
#define JITTER_NS (200 * MICROSECOND_NS)

/* What a resolver that knows whom to ask takes from its client's query to its own, at most. */
#define TURN_NS (300 * MICROSECOND_NS)

/* Names that deny that the clocks agree, at least, and how many of them there are for each that
 * denies the shift. */
#define NAMES_MIN 3
#define AGREEMENT 8

/* Resolvers that forward to each other, in captures of their own. */
#define HOPS_MAX 8

/* When a capture has packets of the first question for a name and type. */
struct span {
    size_t capture;
    int64_t begin_ns, end_ns;
    struct address asker;
    uint64_t exchange_hash; /* of the first query */
    bool begins_asked;
    bool ends_answered;
    bool is_over;
};

/* What a name says of two captures: the inner one's clock has to be shifted by that much. */
struct interval {
    size_t outer, inner;
    int64_t low_ns, high_ns;
};

struct intervals {
    struct interval *items;
    size_t count, room;
};

/* Without packets it begins after it has ended. */
struct extent {
    int64_t first_ns, last_ns;
};

struct clocks {
    size_t count;
    struct extent *extents;    /* of each capture */
    struct table *spans;       /* by name and type */
    struct clock_shift *pairs; /* of each capture, against its reference's clock as it is */
};

struct clocks *clocks_new(size_t count)
{
    struct clocks *clocks = calloc(1, sizeof(*clocks));

    if (!clocks)
        return NULL;
    clocks->count = count;
    clocks->extents = calloc(count, sizeof(*clocks->extents));
    clocks->pairs = calloc(count, sizeof(*clocks->pairs));
    clocks->spans = table_new(sizeof(struct span), SPANS_MAX, NULL, NULL);
    for (size_t i = 0; clocks->extents && i < count; i++)
        clocks_set_extent(clocks, i, INT64_MAX, INT64_MIN);
    if (clocks->extents && clocks->pairs && clocks->spans)
        return clocks;
    clocks_free(clocks);
    return NULL;
}

void clocks_free(struct clocks *clocks)
{
    if (!clocks)
        return;
    table_free(clocks->spans);
    free(clocks->extents);
    free(clocks->pairs);
    free(clocks);
}

void clocks_set_extent(struct clocks *clocks, size_t capture, int64_t first_ns, int64_t last_ns)
{
    clocks->extents[capture] = (struct extent){first_ns, last_ns};
}

static bool overlap(const struct extent *a, const struct extent *b)
{
    return a->first_ns <= b->last_ns && b->first_ns <= a->last_ns;
}

bool clocks_need(const struct clocks *clocks, size_t capture)
{
    for (size_t i = 0; i < clocks->count; i++) {
        if (i != capture && overlap(&clocks->extents[i], &clocks->extents[capture]))
            return true;
    }
    return false;
}

static struct span *span_of(struct clocks *clocks, uint64_t key, size_t capture)
{
    struct span *span = table_find(clocks->spans, key);

    while (span && span->capture != capture)
        span = table_find_next(clocks->spans, span);
    return span;
}

static void begin_span(struct clocks *clocks, uint64_t key, size_t capture,
                       const struct event *event)
{
    struct span *span = table_add(clocks->spans, key, capture);

    span->capture = capture;
    span->begin_ns = span->end_ns = event->time_ns;
    span->asker = event->flow.source;
    span->exchange_hash = event->dns.exchange_hash;
    span->begins_asked = !(event->dns.flags & DNS_QR);
}

static void go_on(struct span *span, const struct event *event)
{
    int64_t pause_ns = event->time_ns - span->end_ns;

    if (pause_ns > PAUSE_NS || (span->ends_answered && pause_ns > PAUSE_ANSWERED_NS))
        span->is_over = true;
    if (span->is_over)
        return;
    span->end_ns = event->time_ns;
    span->ends_answered = event->dns.flags & DNS_QR;
}

/* Resolvers ask for these when it suits them, and may have asked long before their clients do. */
static bool is_for_resolvers(uint16_t qtype)
{
    return qtype == TYPE_NS || qtype == TYPE_DS || qtype == TYPE_DNSKEY;
}

void clocks_see(struct clocks *clocks, size_t capture, const struct event *event)
{
    uint64_t key;
    struct span *span;

    if (event->kind != EVENT_DNS || event->dns.qname.size_bytes == 0 ||
        is_for_resolvers(event->dns.qtype))
        return;
    key = hash_mix(event->dns.qname_hash, event->dns.qtype);
    if (!span_of(clocks, key, capture))
        begin_span(clocks, key, capture, event);
    span = span_of(clocks, key, capture);
    go_on(span, event);
}

/* May the one be what the resolver did while the other's client waited? Then the packets are the
 * same, or the resolver is who asks; a client that asks two resolvers at once says nothing. */
static bool may_be_within(const struct span *inner, const struct span *outer)
{
    if (!outer->begins_asked || !inner->begins_asked || !outer->ends_answered)
        return false;
    if (inner->exchange_hash != outer->exchange_hash && address_equal(&inner->asker, &outer->asker))
        return false;
    return inner->end_ns - inner->begin_ns <= outer->end_ns - outer->begin_ns + 2 * JITTER_NS;
}

static int add_interval(struct intervals *intervals, const struct span *outer,
                        const struct span *inner)
{
    if (intervals->count == intervals->room) {
        size_t room = intervals->room > 0 ? 2 * intervals->room : 1024;
        struct interval *items = realloc(intervals->items, room * sizeof(*items));

        if (!items)
            return -1;
        intervals->items = items;
        intervals->room = room;
    }
    intervals->items[intervals->count++] = (struct interval){
        .outer = outer->capture,
        .inner = inner->capture,
        .low_ns = outer->begin_ns - inner->begin_ns - JITTER_NS,
        .high_ns = outer->end_ns - inner->end_ns + JITTER_NS,
    };
    return 0;
}

static int gather(const struct clocks *clocks, struct intervals *intervals)
{
    for (const struct span *outer = table_oldest(clocks->spans); outer;
         outer = table_younger(clocks->spans, outer)) {
        const struct span *inner = table_find(clocks->spans, table_key(outer));

        for (; inner; inner = table_find_next(clocks->spans, inner)) {
            if (inner->capture != outer->capture && may_be_within(inner, outer) &&
                overlap(&clocks->extents[inner->capture], &clocks->extents[outer->capture]) &&
                add_interval(intervals, outer, inner) < 0)
                return -1;
        }
    }
    return 0;
}

/* By pair, and of a pair by where they begin. */
static int compare_intervals(const void *a, const void *b)
{
    const struct interval *left = a, *right = b;

    if (left->inner != right->inner)
        return left->inner < right->inner ? -1 : 1;
    if (left->outer != right->outer)
        return left->outer < right->outer ? -1 : 1;
    return (left->low_ns > right->low_ns) - (left->low_ns < right->low_ns);
}

static int compare_times(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* What most intervals hold: from where the last of them begins to where the first ends. */
struct consensus {
    int64_t low_ns, high_ns;
    size_t names;
};

/* `ends_ns`: those of the intervals, in order. */
static struct consensus find_consensus(const struct interval *intervals, const int64_t *ends_ns,
                                       size_t count)
{
    struct consensus best = {0};
    size_t ended = 0;

    for (size_t begun = 0; begun < count; begun++) {
        while (ends_ns[ended] < intervals[begun].low_ns)
            ended++;
        if (begun + 1 - ended > best.names)
            best = (struct consensus){intervals[begun].low_ns, ends_ns[ended], begun + 1 - ended};
    }
    return best;
}

static size_t count_agreeing(const struct interval *intervals, size_t count)
{
    size_t agreeing = 0;

    for (size_t i = 0; i < count; i++)
        agreeing += intervals[i].low_ns <= 0 && intervals[i].high_ns >= 0;
    return agreeing;
}

/* The intervals of one pair. `ends_ns` has room for as many times. */
static struct clock_shift judge_pair(const struct interval *intervals, int64_t *ends_ns,
                                     size_t count)
{
    struct clock_shift shift = {.reference = intervals->outer};
    size_t denying = count - count_agreeing(intervals, count);
    struct consensus consensus;

    for (size_t i = 0; i < count; i++)
        ends_ns[i] = intervals[i].high_ns;
    qsort(ends_ns, count, sizeof(*ends_ns), compare_times);
    consensus = find_consensus(intervals, ends_ns, count);
    if (denying < NAMES_MIN || (count - consensus.names) * AGREEMENT > denying)
        return shift;
    /* Many a failure is told long after the last packet, hardly any question waits to be asked. */
    shift.shift_ns = (consensus.low_ns + consensus.high_ns) / 2;
    if (shift.shift_ns > consensus.low_ns + JITTER_NS + TURN_NS)
        shift.shift_ns = consensus.low_ns + JITTER_NS + TURN_NS;
    shift.names = (unsigned)consensus.names;
    return shift;
}

static int judge_pairs(const struct intervals *intervals, struct clock_shift *pairs)
{
    const struct interval *items = intervals->items;
    int64_t *ends_ns = calloc(intervals->count + 1, sizeof(*ends_ns));
    size_t end;

    if (!ends_ns)
        return -1;
    for (size_t begin = 0; begin < intervals->count; begin = end) {
        struct clock_shift *known = &pairs[items[begin].inner], shift;

        for (end = begin; end < intervals->count && items[end].inner == items[begin].inner &&
                          items[end].outer == items[begin].outer;)
            end++;
        shift = judge_pair(items + begin, ends_ns, end - begin);
        if (shift.names > known->names)
            *known = shift;
    }
    free(ends_ns);
    return 0;
}

/* Of two that each seem to lie within the other, as two captures of the same packets do, fewer
 * names say so of one: that one's clock is right. */
static void settle(struct clock_shift *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct clock_shift *pair = &pairs[i];
        const struct clock_shift *other = &pairs[pair->reference];

        if (pair->names == 0 || other->names == 0 || other->reference != i)
            continue;
        if (pair->names < other->names || (pair->names == other->names && i < pair->reference))
            *pair = (struct clock_shift){0};
    }
}

/* The reference's clock may need a shift itself, as that of a resolver that forwards to another
 * one. */
static void add_up(const struct clock_shift *pairs, struct clock_shift *shifts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = pairs[i].reference;

        shifts[i] = pairs[i];
        for (unsigned hop = 0; shifts[i].names > 0 && pairs[at].names > 0 && hop < HOPS_MAX;
             hop++) {
            shifts[i].shift_ns += pairs[at].shift_ns;
            at = pairs[at].reference;
        }
    }
}

int clocks_compare(struct clocks *clocks, struct clock_shift *shifts)
{
    struct intervals intervals = {0};
    int status = gather(clocks, &intervals);

    if (status == 0 && intervals.count > 0) {
        qsort(intervals.items, intervals.count, sizeof(*intervals.items), compare_intervals);
        status = judge_pairs(&intervals, clocks->pairs);
    }
    free(intervals.items);
    settle(clocks->pairs, clocks->count);
    add_up(clocks->pairs, shifts, clocks->count);
    return status;
}
