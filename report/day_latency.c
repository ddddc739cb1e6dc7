/* Histograms of latencies, and what they say of percentiles. */
#include <stdio.h>

#include "report/day_private.h"
#include "report/moment.h"

void day_take_latency(struct rows *rows, struct day_latency *latency)
{
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        latency->buckets[i] += rows_count(rows);
}

/* The bucket that a share of all lie in or below, and how many lie below it. */
static unsigned percentile_bucket(const struct day_latency *latency, uint64_t rank, uint64_t *below)
{
    unsigned i = 0;

    for (*below = 0; *below + latency->buckets[i] < rank; i++)
        *below += latency->buckets[i];
    return i;
}

static uint64_t rank_of(const struct day_latency *latency, unsigned percent)
{
    return (latency->count * percent + 99) / 100;
}

static int64_t percentile_ns(const struct day_latency *latency, unsigned percent)
{
    uint64_t below;
    int64_t limit_us =
        latency_bucket_limit_us(percentile_bucket(latency, rank_of(latency, percent), &below));

    return limit_us == INT64_MAX ? DAY_NOT_KNOWN : limit_us * 1000;
}

/* In the last bucket, which has no upper bound, its lower one. */
static int64_t find_median_ns(const struct day_latency *latency)
{
    uint64_t below, rank = rank_of(latency, 50);
    unsigned bucket = percentile_bucket(latency, rank, &below);
    int64_t lower_us = bucket == 0 ? 0 : latency_bucket_limit_us(bucket - 1);
    int64_t upper_us = latency_bucket_limit_us(bucket);

    if (upper_us == INT64_MAX)
        upper_us = lower_us;
    return (int64_t)((double)lower_us * 1000 + (double)(upper_us - lower_us) * 1000 *
                                                   (double)(rank - below) /
                                                   (double)latency->buckets[bucket]);
}

void day_finish_latency(struct day_latency *latency)
{
    latency->count = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
        latency->count += latency->buckets[i];
    latency->p50_ns = latency->p95_ns = latency->p99_ns = latency->median_ns = DAY_NOT_KNOWN;
    if (latency->count == 0)
        return;
    latency->p50_ns = percentile_ns(latency, 50);
    latency->p95_ns = percentile_ns(latency, 95);
    latency->p99_ns = percentile_ns(latency, 99);
    latency->median_ns = find_median_ns(latency);
}

const char *day_latency_to_text(const struct day_latency *latency, char text[DAY_LATENCY_SIZE])
{
    const struct {
        int64_t ns;
        const char *within, *longer;
    } parts[] = {
        {latency->p50_ns, "half within", "half or more"},
        {latency->p95_ns, ", 95 % within", ", 5 % or more"},
        {latency->p99_ns, ", 99 % within", ", 1 % or more"},
    };
    const int64_t last_ns = latency_bucket_limit_us(LATENCY_BUCKETS - 2) * 1000;
    size_t length = 0;
    bool within = true;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && within; i++) {
        char duration[MOMENT_TEXT_SIZE];

        within = parts[i].ns != DAY_NOT_KNOWN;
        length += (size_t)snprintf(text + length, DAY_LATENCY_SIZE - length, "%s %s%s",
                                   within ? parts[i].within : parts[i].longer,
                                   within ? "" : "longer than ",
                                   duration_to_text(within ? parts[i].ns : last_ns, duration));
    }
    return text;
}
