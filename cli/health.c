#include "cli/health.h"

#include <stdlib.h>
#include <string.h>

int health_init(struct health *health, size_t source_count)
{
    *health = (struct health){.count = (uint32_t)source_count};
    health->sources = calloc(source_count, sizeof(*health->sources));
    if (health->sources == NULL)
        return -1;
    for (size_t i = 0; i < source_count; i++) {
        health->sources[i].first_time_ns = INT64_MAX;
        health->sources[i].last_time_ns = INT64_MIN;
    }
    return 0;
}

void health_clear(struct health *health)
{
    free(health->sources);
    *health = (struct health){0};
}

void health_settle(struct health *health, const struct decode_counters *counters)
{
    struct source_health *source = &health->sources[health->current];
    const struct decode_counters *seen = &health->seen;

    source->dns_messages += counters->dns_messages - seen->dns_messages;
    source->dns_responses += counters->dns_responses - seen->dns_responses;
    for (int i = 0; i < DROP_REASON_COUNT; i++)
        source->dropped[i] += counters->dropped[i] - seen->dropped[i];
    health->seen = *counters;
}

size_t health_take(struct health *health, const struct decode_counters *counters,
                   const struct frame *frames, size_t count, bool *first)
{
    struct source_health *source = &health->sources[frames->source];
    int64_t first_ns = source->first_time_ns, last_ns = source->last_time_ns;
    size_t taken = 0;

    if (frames->source != health->current)
        health_settle(health, counters);
    health->current = frames->source;
    for (; taken < count && frames[taken].source == health->current; taken++) {
        first_ns = frames[taken].time_ns < first_ns ? frames[taken].time_ns : first_ns;
        last_ns = frames[taken].time_ns > last_ns ? frames[taken].time_ns : last_ns;
    }
    *first = source->packets == 0;
    source->first_time_ns = first_ns;
    source->last_time_ns = last_ns;
    source->packets += taken;
    return taken;
}

void health_finish(struct health *health, const struct decode_counters *counters,
                   const struct correlate_counters *correlated)
{
    health_settle(health, counters);
    memcpy(health->sources[health->current].evicted, correlated->evicted,
           sizeof(correlated->evicted));
}
