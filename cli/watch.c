/* Watches interfaces for ever. One loop: what came is judged, then the clocks are looked at, then
 * it waits for more. Packets are judged by their own time; the wall clock plays no part, and the
 * steady one only where no packet comes.
 *
 * Everything is opened first: devices, the address of the metrics, the service manager's socket.
 * Then root becomes another user, who opens his database. Then the sandbox closes, threads begin,
 * and only now the first packet is looked at. */
#include "cli/watch.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "capture/clock.h"
#include "cli/command.h"
#include "cli/privileges.h"
#include "cli/sandbox.h"
#include "correlate/dnssec_crypto.h"
#include "correlate/outage.h"
#include "decode/hash.h"

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

#define OUTLET_BYTES ((size_t)4 << 20)

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

/* Running */

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

/* Opening */

static void leave(int signal)
{
    (void)signal;
    _exit(EXIT_DONE);
}

/* Until it watches, there is nothing to be brought to an end, and a database that another program
 * has locked would be waited for: who ends it then ends it at once. (By a handler, since the first
 * process of a container is spared what is not handled.) The other signals wait. */
static void open_signals(void)
{
    const struct sigaction action = {.sa_handler = leave};
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* From now on signals are read with the packets. */
static int take_signals(struct watch *watch, struct error *error)
{
    static const int taken[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&signals, taken[i]);
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
    const struct pipeline_sources sources = {.count = options->interfaces.count,
                                             .name = source_name,
                                             .fingerprint = source_fingerprint,
                                             .handle = watch};

    memcpy(ports + 1, options->ports, options->port_count * sizeof(ports[0]));
    watch->devices = devices_open((const char *const *)options->interfaces.items,
                                  options->interfaces.count, &devices_options, misused, error);
    watch->sources = calloc(options->interfaces.count, sizeof(*watch->sources));
    if (watch->devices == NULL)
        return -1;
    if (watch->sources == NULL)
        return error_set(error, "out of memory");
    return pipeline_set_sources(&watch->pipeline, &sources, error);
}

/* What is to be printed when it ends is tried before paths are out of reach. */
static int open_stats(const struct options *options, struct error *error)
{
    FILE *file;

    if (options->stats == NULL)
        return 0;
    file = fopen(options->stats, "w");
    if (file == NULL)
        return error_set(error, "%s: %s", options->stats, strerror(errno));
    fclose(file);
    return 0;
}

static void say_notice(void *context, enum writer_notice notice, const char *text)
{
    (void)context;
    remark(notice == WRITER_FAILED ? LOG_ERR : LOG_NOTICE, "%s", text);
}

static void resume_outage(void *context, const struct outage_change *outage)
{
    struct watch *watch = context;

    if (correlator_resume_outage(watch->pipeline.correlator, outage))
        monitor_resume_outage(watch->monitor, outage);
}

static int open_writer(struct watch *watch, const struct privileges *privileges,
                       struct error *error)
{
    const char *path = watch->options->database;
    const struct writer_options options = {.store = pipeline_store_options(&watch->pipeline),
                                           .queue_bytes = watch->options->memory_bytes / 16,
                                           .notice = say_notice};

    if (path == NULL)
        return 0;
    if (privileges_check_database(privileges, path, error) < 0)
        return -1;
    watch->writer = writer_open(&options, error);
    if (watch->writer == NULL)
        return -1;
    return store_open_outages(writer_store(watch->writer), watch->begun_ns - OUTAGE_PAUSE_NS,
                              resume_outage, watch, error);
}

/* All that has to be opened by who started the program. */
static int open_as_starter(struct watch *watch, struct privileges *privileges, bool *misused,
                           struct error *error)
{
    const struct options *options = watch->options;

    open_signals();
    if (privileges_choose(privileges, options->user, error) < 0 ||
        open_devices(watch, misused, error) < 0)
        return -1;
    if (options->metrics != NULL &&
        (watch->monitor = monitor_open(options->metrics, watch->devices, error)) == NULL)
        return -1;
    if (notify_open(&watch->notify, error) < 0)
        return -1;
    return options->database == NULL
               ? 0
               : privileges_give_database(privileges, options->database, error);
}

/* libcrypto reads its configuration when it is first used: that has to be before the sandbox. */
static void prepare_crypto(void)
{
    static const uint8_t zeros[256];

    for (uint8_t algorithm = 0; algorithm < 17; algorithm++)
        signature_verify(algorithm, zeros, sizeof(zeros), zeros, sizeof(zeros), zeros, 1);
}

#define STATISTICS_PATHS_MAX 64

static int enter_sandbox(const struct watch *watch, struct error *error)
{
    const struct options *options = watch->options;
    char folder[4096], paths[STATISTICS_PATHS_MAX][128];
    const char *read[STATISTICS_PATHS_MAX];
    struct sandbox_options sandbox = {.read = read, .write = options->stats};
    bool restricts_files;

    if (options->database != NULL) {
        snprintf(folder, sizeof(folder), "%s", options->database);
        sandbox.folder = dirname(folder);
        /* For what SQLite cannot hold in memory. */
        setenv("SQLITE_TMPDIR", sandbox.folder, 1);
    }
    /* libpcap reads what an interface dropped. */
    for (size_t i = 0; i < options->interfaces.count && i < STATISTICS_PATHS_MAX; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/sys/class/net/%s/statistics",
                 options->interfaces.items[i]);
        read[sandbox.read_count++] = paths[i];
    }
    if (sandbox_enter(&sandbox, &restricts_files, error) < 0)
        return -1;
    if (!restricts_files)
        remark(LOG_NOTICE, "this kernel has no Landlock: which files can be opened is left to the "
                           "rights of the user");
    return 0;
}

static int start_threads(struct watch *watch, struct error *error)
{
    if (watch->writer != NULL && writer_start(watch->writer, error) < 0)
        return -1;
    for (uint32_t i = 0; watch->writer != NULL && i < devices_count(watch->devices); i++)
        writer_begin_source(watch->writer, i, source_fingerprint(watch, i),
                            devices_name(watch->devices, i));
    if (monitor_start(watch->monitor, error) < 0)
        return -1;
    if (!watch_prints(watch->options))
        return 0;
    watch->outlet = outlet_new(STDOUT_FILENO, OUTLET_BYTES);
    return watch->outlet == NULL ? error_set(error, "out of memory")
                                 : outlet_start(watch->outlet, error);
}

static int open_and_run(struct watch *watch)
{
    const struct pipeline_actions actions = {
        .take_finding = take_finding, .complain = complain, .context = watch};
    struct privileges privileges;
    struct error error;
    bool misused;

    if (pipeline_open(&watch->pipeline, watch->options, &actions, 0, &misused, &error) < 0 ||
        open_as_starter(watch, &privileges, &misused, &error) < 0)
        return misused ? complain_misused("watch: %s", error.text) : complain_failed(&error);
    watch->summary = summary_new();
    if (watch->summary == NULL)
        return complain_failed(&(struct error){"out of memory"});
    if (privileges_drop(&privileges, &error) < 0 || open_stats(watch->options, &error) < 0 ||
        open_writer(watch, &privileges, &error) < 0 || take_signals(watch, &error) < 0)
        return complain_failed(&error);
    prepare_crypto();
    if (enter_sandbox(watch, &error) < 0 || start_threads(watch, &error) < 0)
        return complain_failed(&error);
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
