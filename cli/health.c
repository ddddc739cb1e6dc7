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

bool health_switch(struct health *health, const struct decode_counters *counters, uint32_t source,
                   int64_t time_ns)
{
    struct source_health *next = &health->sources[source];

    if (source != health->current)
        health_settle(health, counters);
    health->current = source;
    if (next->first_time_ns > time_ns)
        next->first_time_ns = time_ns;
    if (next->last_time_ns < time_ns)
        next->last_time_ns = time_ns;
    return next->packets++ == 0;
}

void health_finish(struct health *health, const struct decode_counters *counters,
                   const struct correlate_counters *correlated)
{
    health_settle(health, counters);
    memcpy(health->sources[health->current].evicted, correlated->evicted,
           sizeof(correlated->evicted));
}
