#include <inttypes.h>
#include <syslog.h>

#include "capture/clock.h"
#include "cli/command.h"
#include "cli/watch.h"
#include "correlate/exchange.h"

/* Losses go on for hours: they are complained of now and then. */
#define COMPLAINT_NS MINUTE_NS

static uint64_t sum(const uint64_t *counts, size_t count)
{
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += counts[i];
    return total;
}

/* What one source gave since it was last told of. */
static void store_minute(struct watch *watch, uint32_t index, const struct device_counters *device,
                         uint64_t evicted, int64_t now_ns)
{
    const struct watched_source *told = &watch->sources[index];
    const struct source_health *now = &watch->pipeline.health.sources[index];
    const struct health_minute minute = {
        .minute_ns = now_ns - now_ns % MINUTE_NS,
        .packets = now->packets - told->health.packets,
        .dns_messages = now->dns_messages - told->health.dns_messages,
        .dns_responses = now->dns_responses - told->health.dns_responses,
        .kernel_drops = device->kernel_dropped - told->device.kernel_dropped,
        .interface_drops = device->interface_dropped - told->device.interface_dropped,
        .unparsed =
            sum(now->dropped, DROP_REASON_COUNT) - sum(told->health.dropped, DROP_REASON_COUNT),
        .evicted = evicted,
    };

    if (minute.packets > 0 || minute.kernel_drops > 0 || minute.interface_drops > 0 || evicted > 0)
        writer_add_health(watch->writer, index, &minute);
}

/* What the kernel or the interface lost was lost since it was last asked. */
static void note_loss(struct watch *watch, uint32_t index, const struct device_counters *now,
                      int64_t now_ns)
{
    const struct device_counters *told = &watch->sources[index].device;
    uint64_t lost = now->kernel_dropped - told->kernel_dropped + now->interface_dropped -
                    told->interface_dropped;
    uint64_t received = now->received - told->received;
    uint64_t dropped = now->kernel_dropped - told->kernel_dropped;

    if (lost > 0)
        correlator_note_loss(watch->pipeline.correlator, watch->counted_ns, now_ns, lost,
                             received > dropped ? received - dropped : 0);
}

static void complain_of_losses(struct watch *watch)
{
    int64_t now_ns = clock_read_ns(CLOCK_MONOTONIC);

    if (watch->loss_told_ns != 0 && now_ns - watch->loss_told_ns < COMPLAINT_NS)
        return;
    for (uint32_t i = 0; i < devices_count(watch->devices); i++) {
        struct watched_source *source = &watch->sources[i];
        uint64_t lost = source->device.kernel_dropped + source->device.interface_dropped;

        if (lost == source->lost)
            continue;
        remark(LOG_WARNING,
               "%s: %" PRIu64 " packets lost (by the kernel %" PRIu64 ", by the interface %" PRIu64
               " in all)",
               devices_name(watch->devices, i), lost - source->lost, source->device.kernel_dropped,
               source->device.interface_dropped);
        source->lost = lost;
        watch->loss_told_ns = now_ns;
    }
}

static uint64_t newly_evicted(struct watch *watch)
{
    struct correlate_counters counters;
    uint64_t evicted, before = watch->evicted;

    correlator_counters(watch->pipeline.correlator, &counters);
    evicted = sum(counters.evicted, TABLE_COUNT);
    watch->evicted = evicted;
    return evicted - before;
}

void watch_count(struct watch *watch)
{
    struct pipeline *pipeline = &watch->pipeline;
    int64_t now_ns = clock_read_ns(CLOCK_REALTIME);
    uint64_t evicted = newly_evicted(watch);

    health_settle(&pipeline->health, decoder_counters(pipeline->decoder));
    for (uint32_t i = 0; i < devices_count(watch->devices); i++) {
        struct watched_source *source = &watch->sources[i];
        struct device_counters device = source->device;

        devices_counters(watch->devices, i, &device, NULL);
        note_loss(watch, i, &device, now_ns);
        if (watch->writer != NULL)
            store_minute(watch, i, &device, i == 0 ? evicted : 0, now_ns);
        source->device = device;
        source->health = pipeline->health.sources[i];
    }
    watch->counted_ns = now_ns;
    complain_of_losses(watch);
}

void watch_store_health(struct watch *watch)
{
    const struct health *health = &watch->pipeline.health;

    for (uint32_t i = 0; watch->writer != NULL && i < health->count; i++)
        writer_set_health(watch->writer, i, &health->sources[i]);
}

void watch_publish(struct watch *watch)
{
    struct writer_counters stored;

    if (watch->writer != NULL)
        writer_counters(watch->writer, &stored);
    monitor_publish(watch->monitor, &watch->pipeline, watch->writer != NULL ? &stored : NULL);
}

void watch_tell_status(const struct watch *watch)
{
    struct correlate_counters counters;

    correlator_counters(watch->pipeline.correlator, &counters);
    notify_send(&watch->notify,
                "STATUS=%" PRIu64 " questions, %" PRIu64 " SERVFAILs, %" PRIu64 " packets",
                counters.client_queries, counters.servfails,
                decoder_counters(watch->pipeline.decoder)->packets);
}
