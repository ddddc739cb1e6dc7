#include "cli/monitor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/clock.h"
#include "cli/exporter.h"
#include "cli/metrics.h"

struct monitor {
    struct exporter *exporter;
    struct devices *devices;
    struct metrics metrics;
    int states[METRICS_DEVICES_MAX]; /* operstate of each device; -1: nobody can tell */
};

/* "any" has none, nor has a device that is in another network namespace than /sys. */
static int open_state(const char *device)
{
    char path[256];

    if (strchr(device, '/') != NULL ||
        snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", device) >= (int)sizeof(path))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* What Linux says (RFC 2863): of a device that cannot tell, "unknown". */
static bool is_up(int state)
{
    static const char *const down[] = {"down\n", "lowerlayerdown\n", "notpresent\n"};
    char text[32] = "";

    if (state < 0)
        return true;
    if (pread(state, text, sizeof(text) - 1, 0) <= 0)
        return false;
    for (size_t i = 0; i < sizeof(down) / sizeof(down[0]); i++)
        if (strcmp(text, down[i]) == 0)
            return false;
    return true;
}

struct monitor *monitor_open(const char *where, struct devices *devices, struct error *error)
{
    struct monitor *monitor = calloc(1, sizeof(*monitor));
    size_t count = devices_count(devices);

    if (monitor == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    monitor->devices = devices;
    monitor->metrics.started_ns = clock_read_ns(CLOCK_REALTIME);
    monitor->metrics.device_count =
        (unsigned)(count < METRICS_DEVICES_MAX ? count : METRICS_DEVICES_MAX);
    for (unsigned i = 0; i < monitor->metrics.device_count; i++) {
        struct metrics_device *device = &monitor->metrics.devices[i];

        snprintf(device->name, sizeof(device->name), "%s", devices_name(devices, i));
        monitor->states[i] = open_state(device->name);
    }
    monitor->exporter = exporter_open(where, error);
    if (monitor->exporter == NULL) {
        monitor_close(monitor);
        return NULL;
    }
    return monitor;
}

int monitor_start(struct monitor *monitor, struct error *error)
{
    return monitor == NULL ? 0 : exporter_start(monitor->exporter, error);
}

void monitor_close(struct monitor *monitor)
{
    if (monitor == NULL)
        return;
    exporter_close(monitor->exporter);
    for (unsigned i = 0; i < monitor->metrics.device_count; i++)
        if (monitor->states[i] >= 0)
            close(monitor->states[i]);
    free(monitor);
}

void monitor_take(struct monitor *monitor, const struct finding *finding)
{
    if (monitor != NULL)
        metrics_take(&monitor->metrics, finding);
}

void monitor_resume_outage(struct monitor *monitor, const struct outage_change *outage)
{
    if (monitor != NULL)
        metrics_resume_outage(&monitor->metrics, outage);
}

static void read_devices(struct monitor *monitor)
{
    for (unsigned i = 0; i < monitor->metrics.device_count; i++) {
        struct metrics_device *device = &monitor->metrics.devices[i];
        struct device_counters counters;

        device->up = is_up(monitor->states[i]);
        if (devices_counters(monitor->devices, i, &counters, NULL) < 0)
            continue;
        device->packets = counters.received - counters.kernel_dropped;
        device->dropped_by_kernel = counters.kernel_dropped;
        device->dropped_by_interface = counters.interface_dropped;
    }
}

void monitor_publish(struct monitor *monitor, const struct pipeline *pipeline,
                     const struct writer_counters *store)
{
    struct correlate_counters correlated;

    if (monitor == NULL)
        return;
    correlator_counters(pipeline->correlator, &correlated);
    metrics_set_counters(&monitor->metrics, decoder_counters(pipeline->decoder), &correlated);
    read_devices(monitor);
    monitor->metrics.stored = store != NULL;
    if (store != NULL)
        monitor->metrics.store = *store;
    exporter_publish(monitor->exporter, &monitor->metrics);
}
