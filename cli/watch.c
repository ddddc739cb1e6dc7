/* Watches interfaces for ever. One loop: what came is judged, then the clocks are looked at, then
 * it waits for more. Packets are judged by their own time; the clock of the wall plays no part, and
 * the steady one only where no packet comes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/devices.h"
#include "cli/command.h"
#include "cli/monitor.h"
#include "cli/pipeline.h"
#include "decode/hash.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/summary.h"

#define SECOND_NS INT64_C(1000000000)

#define FRAMES_PER_TURN 4096 /* before the clocks are looked at */
#define TICK_NS         SECOND_NS
#define COUNT_NS        (2 * SECOND_NS) /* how often the kernel is asked what it lost */
/* A wire is quiet when nothing came for so long: more than frames are held back. */
#define QUIET_NS (2 * SECOND_NS)
/* What was sent before the end is still waited for: the kernel holds it back for that long. */
#define LAST_FRAMES_NS (SECOND_NS / 4)

struct watch {
    const struct options *options;
    struct devices *devices;
    struct pipeline pipeline;
    struct summary *summary;
    struct monitor *monitor; /* NULL: nobody looks */
    struct page page;
    int64_t begun_ns; /* wall clock: part of the identity of the sources */
    int signals;      /* a descriptor, -1: not open */
    bool ending;

    /* by the steady clock */
    int64_t tick_ns, count_ns, end_ns;
    int64_t newest_seen_ns; /* when the newest packet came */
    int64_t newest_ns;      /* its own time */
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void complain(void *context, const struct error *error)
{
    (void)context;
    complain_failed(error);
}

static void take_finding(void *context, const struct finding *finding)
{
    struct watch *watch = context;

    monitor_take(watch->monitor, finding);
    if (finding->kind != FINDING_INCIDENT)
        return;
    summary_add(watch->summary, &finding->incident);
}

static const char *source_name(const void *handle, uint32_t source)
{
    const struct watch *watch = handle;

    return devices_name(watch->devices, source);
}

/* Another run on the same interface is another source: what it gives adds to what was there. */
static uint64_t source_fingerprint(const void *handle, uint32_t source)
{
    const struct watch *watch = handle;
    char text[512];
    int size = snprintf(text, sizeof(text), "%s %s %lld", watch->pipeline.sensor,
                        devices_name(watch->devices, source), (long long)watch->begun_ns);

    return hash_stable(text, (size_t)size < sizeof(text) ? (size_t)size : sizeof(text) - 1);
}

/* 1: there is more, 0: not now, -1: a device is gone. */
static int take_frames(struct watch *watch)
{
    struct pipeline *pipeline = &watch->pipeline;
    struct frame frame = {0};
    struct error error;
    unsigned count = 0;
    int status = 1;

    while (count < FRAMES_PER_TURN &&
           (status = devices_next(watch->devices, &frame, &error)) == 1) {
        pipeline_feed(pipeline, &frame);
        if (++count % DEVICES_LENT == 0 || pipeline_is_full(pipeline))
            pipeline_drain(pipeline);
    }
    pipeline_drain(pipeline);
    if (count > 0) {
        watch->newest_ns = frame.time_ns;
        watch->newest_seen_ns = clock_ns(CLOCK_MONOTONIC);
    }
    if (status < 0)
        pipeline_complain(pipeline, &error);
    return status;
}

/* Time goes on for what waits for its judgement, as far behind as packets are held back. */
static void advance(struct watch *watch, int64_t now_ns)
{
    int64_t quiet_ns = now_ns - watch->newest_seen_ns;

    if (watch->newest_seen_ns != 0 && quiet_ns > QUIET_NS)
        pipeline_advance(&watch->pipeline, watch->newest_ns + quiet_ns - QUIET_NS);
}

static void read_signals(struct watch *watch, int64_t now_ns)
{
    struct signalfd_siginfo signal;

    while (read(watch->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
        if (signal.ssi_signo != SIGTERM && signal.ssi_signo != SIGINT)
            continue;
        if (!watch->ending)
            watch->end_ns = now_ns + LAST_FRAMES_NS;
        watch->ending = true;
    }
}

static void tick(struct watch *watch, int64_t now_ns)
{
    if (now_ns < watch->tick_ns)
        return;
    watch->tick_ns = now_ns + TICK_NS;
    advance(watch, now_ns);
    pipeline_tick(&watch->pipeline);
    monitor_publish(watch->monitor, &watch->pipeline, NULL);
}

static int wait_ms(const struct watch *watch, int64_t now_ns)
{
    int64_t until_ns =
        watch->ending && watch->end_ns < watch->tick_ns ? watch->end_ns : watch->tick_ns;

    return until_ns <= now_ns ? 0 : (int)((until_ns - now_ns) / 1000000) + 1;
}

static int run(struct watch *watch)
{
    int status = 0;

    while (status >= 0) {
        int64_t now_ns;

        status = take_frames(watch);
        now_ns = clock_ns(CLOCK_MONOTONIC);
        read_signals(watch, now_ns);
        tick(watch, now_ns);
        if (watch->ending && now_ns >= watch->end_ns)
            break;
        if (status == 0)
            devices_wait(watch->devices, watch->signals, wait_ms(watch, now_ns));
    }
    devices_stop(watch->devices);
    while (take_frames(watch) > 0)
        continue;
    pipeline_finish(&watch->pipeline);
    return watch->pipeline.failed ? EXIT_FAILED : EXIT_DONE;
}

/* Signals are read with the packets, by whichever thread is not there to take them. */
static int open_signals(struct watch *watch, struct error *error)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&signals, taken[i]);
    signal(SIGPIPE, SIG_IGN);
    watch->signals = -1;
    if (sigprocmask(SIG_BLOCK, &signals, NULL) == 0)
        watch->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    return watch->signals < 0 ? error_set(error, "signals: %s", strerror(errno)) : 0;
}

static int open_devices(struct watch *watch, bool *misused, struct error *error)
{
    const struct options *options = watch->options;
    uint16_t ports[PORTS_MAX + 1] = {53};
    const struct devices_options devices_options = {
        .filter = options->filter,
        .ports = ports,
        .port_count = options->port_count + 1,
        .ring_bytes = options->ring_bytes,
        .promiscuous = !options->no_promiscuous,
    };

    memcpy(ports + 1, options->ports, options->port_count * sizeof(ports[0]));
    watch->devices = devices_open((const char *const *)options->interfaces.items,
                                  options->interfaces.count, &devices_options, misused, error);
    return watch->devices == NULL ? -1 : 0;
}

static int open_monitor(struct watch *watch, struct error *error)
{
    if (watch->options->metrics == NULL)
        return 0;
    watch->monitor = monitor_open(watch->options->metrics, watch->devices, error);
    return watch->monitor == NULL ? -1 : 0;
}

static int open_and_run(struct watch *watch)
{
    const struct pipeline_actions actions = {
        .take_finding = take_finding, .complain = complain, .context = watch};
    struct pipeline *pipeline = &watch->pipeline;
    struct pipeline_sources sources = {
        .name = source_name, .fingerprint = source_fingerprint, .handle = watch};
    struct error error;
    bool misused;

    if (pipeline_open(pipeline, watch->options, &actions, &misused, &error) < 0 ||
        open_devices(watch, &misused, &error) < 0)
        return misused ? complain_misused("watch: %s", error.text) : complain_failed(&error);
    sources.count = devices_count(watch->devices);
    watch->summary = summary_new();
    if (watch->summary == NULL)
        return complain_failed(&(struct error){"out of memory"});
    if (pipeline_set_sources(pipeline, &sources, &error) < 0 || open_signals(watch, &error) < 0 ||
        pipeline_open_store(pipeline, &error) < 0 || open_monitor(watch, &error) < 0 ||
        monitor_start(watch->monitor, &error) < 0)
        return complain_failed(&error);
    return run(watch);
}

int watch_run(struct options *options)
{
    struct watch *watch;
    struct error error;
    int status;

    if (options->interfaces.count == 0)
        return complain_misused("watch: an interface is needed (-i)");
    if (options_format(options, true, &error) < 0)
        return complain_misused("watch: %s", error.text);

    watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return complain_failed(&(struct error){"out of memory"});
    watch->options = options;
    watch->begun_ns = clock_ns(CLOCK_REALTIME);
    watch->signals = -1;
    page_open(&watch->page, stdout, options);
    status = open_and_run(watch);
    monitor_close(watch->monitor);
    pipeline_close(&watch->pipeline);
    summary_free(watch->summary);
    devices_close(watch->devices);
    if (watch->signals >= 0)
        close(watch->signals);
    free(watch);
    return status;
}
