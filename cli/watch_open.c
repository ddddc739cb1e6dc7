/* Everything is opened first: devices, the address of the metrics, the service manager's socket.
 * Then root becomes another user, who opens his database. Then the sandbox closes, threads begin,
 * and only now the first packet is looked at. */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/privileges.h"
#include "cli/sandbox.h"
#include "cli/watch.h"
#include "correlate/dnssec_crypto.h"
#include "correlate/outage.h"
#include "decode/hash.h"

#define OUTLET_BYTES ((size_t)4 << 20)

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
    if (privileges_check_database(privileges, path, error) < 0 ||
        watch_lock(watch, path, error) < 0)
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

int watch_open(struct watch *watch, const struct pipeline_actions *actions)
{
    struct privileges privileges;
    struct error error;
    bool misused;

    if (pipeline_open(&watch->pipeline, watch->options, actions, 0, &misused, &error) < 0 ||
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
    return EXIT_DONE;
}
