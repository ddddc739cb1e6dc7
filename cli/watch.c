/* Watches interfaces for ever. One loop: what came is judged, then the clocks are looked at, then
 * it waits for more. Packets are judged by their own time; the wall clock plays no part, and the
 * steady one only where no packet comes. */
#include "cli/watch.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "capture/clock.h"
#include "cli/command.h"
#include "correlate/exchange.h"

#define FRAMES_PER_TURN 4096 /* before the clocks are looked at */
#define TICK_NS         SECOND_NS
#define COUNT_NS        (2 * SECOND_NS) /* how often the kernel is asked what it lost */
#define STATUS_NS       (10 * SECOND_NS)
#define HEALTH_NS       (60 * SECOND_NS)
/* More than frames are held back. */
#define HELD_NS (2 * SECOND_NS)
/* What was sent before the end is still waited for: the kernel holds it back for that long. */
#define LAST_FRAMES_NS (SECOND_NS / 4)
/* An end takes two seconds at most, whatever disk and reader do. */
#define LAST_ROWS_NS  SECOND_NS
#define LAST_LINES_NS (SECOND_NS / 4)

static void complain(void *context, const struct error *error)
{
    (void)context;
    complain_failed(error);
}

static void take_finding(void *context, const struct finding *finding)
{
    struct watch *watch = context;

    if (finding->kind == FINDING_INCIDENT)
        summary_add(watch->summary, &finding->incident);
    monitor_take(watch->monitor, finding);
    watch_print(watch, finding);
    if (watch->writer != NULL)
        writer_add(watch->writer, finding);
}

/* 1: there is more, 0: not now, -1: a device is gone. */
static int take_frames(struct watch *watch)
{
    struct pipeline *pipeline = &watch->pipeline;
    struct frame frames[DEVICES_LENT];
    struct error error;
    unsigned count = 0, taken = 0;
    int status = 1;

    while (taken < FRAMES_PER_TURN && status == 1) {
        for (count = 0; count < DEVICES_LENT; count++) {
            status = devices_next(watch->devices, &frames[count], &error);
            if (status != 1)
                break;
        }
        pipeline_feed(pipeline, frames, count);
        taken += count;
        if (count > 0)
            watch->newest_ns = frames[count - 1].time_ns;
    }
    if (taken > 0)
        watch->newest_seen_ns = clock_read_ns(CLOCK_MONOTONIC);
    if (status < 0)
        pipeline_complain(pipeline, &error);
    return status;
}

/* Time goes on for what waits for its judgement, as far behind as packets are held back: on a quiet
 * wire, and on one where no packet is DNS. */
static void advance(struct watch *watch, int64_t now_ns)
{
    int64_t quiet_ns = now_ns - watch->newest_seen_ns;

    if (watch->newest_seen_ns != 0)
        pipeline_advance(&watch->pipeline, watch->newest_ns + quiet_ns - HELD_NS);
}

static void end(struct watch *watch, int64_t now_ns)
{
    if (watch->ending)
        return;
    watch->ending = true;
    watch->end_ns = now_ns + LAST_FRAMES_NS;
    notify_send(&watch->notify, "STOPPING=1");
}

static void read_signals(struct watch *watch, int64_t now_ns)
{
    struct signalfd_siginfo signal;

    while (read(watch->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
        if (signal.ssi_signo == SIGUSR1)
            watch_print_counters(watch);
        else if (signal.ssi_signo != SIGHUP)
            end(watch, now_ns);
    }
}

/* True, and again only after `interval_ns`. */
static bool is_due(int64_t *due_ns, int64_t now_ns, int64_t interval_ns)
{
    if (now_ns < *due_ns)
        return false;
    *due_ns = now_ns + interval_ns;
    return true;
}

static void tick(struct watch *watch, int64_t now_ns)
{
    if (!is_due(&watch->tick_ns, now_ns, TICK_NS))
        return;
    advance(watch, now_ns);
    if (is_due(&watch->count_ns, now_ns, COUNT_NS))
        watch_count(watch);
    if (is_due(&watch->health_ns, now_ns, HEALTH_NS))
        watch_store_health(watch);
    watch_publish(watch);
    watch_check_outlet(watch);
    if (is_due(&watch->status_ns, now_ns, STATUS_NS))
        watch_tell_status(watch);
    if (watch->notify.watchdog_ns > 0 &&
        is_due(&watch->watchdog_ns, now_ns, watch->notify.watchdog_ns))
        notify_send(&watch->notify, "WATCHDOG=1");
}

static int wait_ms(const struct watch *watch, int64_t now_ns)
{
    int64_t until_ns =
        watch->ending && watch->end_ns < watch->tick_ns ? watch->end_ns : watch->tick_ns;

    return until_ns <= now_ns ? 0 : (int)((until_ns - now_ns) / 1000000) + 1;
}

static void finish(struct watch *watch)
{
    struct pipeline *pipeline = &watch->pipeline;
    struct correlate_counters counters;
    struct error error;

    devices_stop(watch->devices);
    while (take_frames(watch) > 0)
        continue;
    watch_count(watch);
    pipeline_finish(pipeline);
    watch_store_health(watch);
    if (watch->writer != NULL && writer_finish(watch->writer, LAST_ROWS_NS, &error) < 0)
        pipeline_complain(pipeline, &error);
    correlator_counters(pipeline->correlator, &counters);
    if (watch->options->stats != NULL &&
        summary_write_stats(watch->summary, watch->options->stats,
                            decoder_counters(pipeline->decoder), &counters, &error) < 0)
        pipeline_complain(pipeline, &error);
    outlet_close(watch->outlet, LAST_LINES_NS);
    watch->outlet = NULL;
}

static int run(struct watch *watch)
{
    int status = 0;

    while (status >= 0) {
        int64_t now_ns;

        status = take_frames(watch);
        now_ns = clock_read_ns(CLOCK_MONOTONIC);
        read_signals(watch, now_ns);
        tick(watch, now_ns);
        if (watch->ending && now_ns >= watch->end_ns)
            break;
        if (status == 0)
            devices_wait(watch->devices, watch->signals, wait_ms(watch, now_ns));
    }
    finish(watch);
    return watch->pipeline.failed ? EXIT_FAILED : EXIT_DONE;
}

static int open_and_run(struct watch *watch)
{
    const struct pipeline_actions actions = {
        .take_finding = take_finding, .complain = complain, .context = watch};
    int status = watch_open(watch, &actions);

    if (status != EXIT_DONE)
        return status;
    watch->counted_ns = clock_read_ns(CLOCK_REALTIME);
    watch_publish(watch);
    notify_send(&watch->notify, "READY=1");
    return run(watch);
}

static void close_all(struct watch *watch)
{
    monitor_close(watch->monitor);
    outlet_close(watch->outlet, LAST_LINES_NS);
    writer_close(watch->writer);
    pipeline_close(&watch->pipeline);
    summary_free(watch->summary);
    devices_close(watch->devices);
    notify_close(&watch->notify);
    if (watch->signals >= 0)
        close(watch->signals);
    free(watch->sources);
}

int watch_run(struct options *options)
{
    struct watch *watch;
    int status;

    if (options->interfaces.count == 0)
        return complain_misused("watch: an interface is needed (-i)");
    if (options->database == NULL && options->metrics == NULL && !watch_prints(options))
        return complain_misused("watch: nothing would be kept or shown: it needs --db, --format, "
                                "--quiet, --verbose or --metrics");

    watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return complain_failed(&(struct error){"out of memory"});
    watch->options = options;
    watch->begun_ns = clock_read_ns(CLOCK_REALTIME);
    watch->notify.socket = watch->signals = -1;
    status = open_and_run(watch);
    close_all(watch);
    free(watch);
    return status;
}
