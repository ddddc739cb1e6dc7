/* The files as one stream through the pipeline; incidents are printed as they come, then a summary.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "capture/capture.h"
#include "cli/clock_shifts.h"
#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/pipeline.h"
#include "cli/progress.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/summary.h"

/* How often, at least, in frames, the clocks of progress and store are looked at. */
#define FRAMES_PER_TICK 1024

struct reading {
    const struct options *options;
    struct capture *capture;
    struct pipeline pipeline;
    struct summary *summary; /* NULL: nobody wants one */
    struct page page;
    struct progress progress;
    struct interruption interruption;
    bool output_lost; /* standard output takes no more */
};

static bool prints_summary(const struct options *options)
{
    return options->format == FORMAT_TEXT && !options->quiet;
}

static bool output_has_reader(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};

    return poll(&output, 1, 0) <= 0 || (output.revents & (POLLERR | POLLHUP)) == 0;
}

/* After something was printed. What is stored does not depend on who reads along: `read --db FILE
 * ... | head` stores all, and says nothing. */
static void check_output(struct reading *reading)
{
    int code = errno;

    if (!ferror(stdout))
        return;
    reading->output_lost = true;
    if (reading->pipeline.loader == NULL || output_has_reader()) {
        remark(LOG_ERR, "standard output: %s", code != 0 ? strerror(code) : "cannot be written");
        reading->pipeline.failed = true;
    }
    if (freopen("/dev/null", "w", stdout) == NULL)
        clearerr(stdout); /* main() has nothing to add */
}

/* What is said on standard error stands where it belongs. */
static void flush_output(struct reading *reading)
{
    progress_wipe(&reading->progress);
    errno = 0;
    fflush(stdout);
    check_output(reading);
}

static void complain(void *context, const struct error *error)
{
    flush_output(context);
    complain_failed(error);
}

static void print_incident(struct reading *reading, const struct incident *incident)
{
    const struct options *options = reading->options;
    struct error error;

    progress_wipe(&reading->progress);
    if (options->format == FORMAT_JSON) {
        if (incident_json_print(stdout, incident, &reading->pipeline.context, &error) < 0 &&
            !ferror(stdout))
            pipeline_complain(&reading->pipeline, &error);
    } else if (options->quiet) {
        incident_text_line(&reading->page, incident);
    } else if (options->verbose) {
        incident_text_story(&reading->page, incident, &reading->pipeline.context);
        putchar('\n');
    } else {
        incident_text_brief(&reading->page, incident);
    }
}

static void take_finding(void *context, const struct finding *finding)
{
    struct reading *reading = context;

    if (finding->kind != FINDING_INCIDENT)
        return;
    if (reading->summary != NULL)
        summary_add(reading->summary, &finding->incident);
    if (reading->output_lost)
        return;
    errno = 0;
    print_incident(reading, &finding->incident);
    check_output(reading);
}

static void tick(struct reading *reading)
{
    uint64_t done_bytes, total_bytes;

    capture_progress(reading->capture, &done_bytes, &total_bytes);
    progress_update(&reading->progress, decoder_counters(reading->pipeline.decoder)->packets,
                    done_bytes, total_bytes);
    pipeline_tick(&reading->pipeline);
}

/* 0: all was read; -1: standard output takes no more, and nothing is stored, so that going on makes
 * no sense. */
static int read_frames(struct reading *reading)
{
    struct pipeline *pipeline = &reading->pipeline;
    const struct frame *frames;
    struct error error;
    int count, until_tick = FRAMES_PER_TICK;

    while ((count = capture_next(reading->capture, &frames, &error)) != 0) {
        if (count < 0)
            pipeline_complain(pipeline, &error);
        else
            pipeline_feed(pipeline, frames, (size_t)count);
        if (reading->output_lost && pipeline->loader == NULL)
            return -1;
        until_tick -= count;
        if (until_tick > 0)
            continue;
        tick(reading);
        until_tick = FRAMES_PER_TICK;
    }
    return 0;
}

static void print_totals(struct reading *reading)
{
    const struct decode_counters *decoded = decoder_counters(reading->pipeline.decoder);
    const struct options *options = reading->options;
    struct correlate_counters counters;
    struct error error;

    correlator_counters(reading->pipeline.correlator, &counters);
    progress_wipe(&reading->progress);
    if (prints_summary(options))
        summary_print(reading->summary, &reading->page, decoded, &counters);
    if (options->stats != NULL &&
        summary_write_stats(reading->summary, options->stats, decoded, &counters, &error) < 0)
        pipeline_complain(&reading->pipeline, &error);
}

/* Names each address that is not in the capture, most likely a mistyped one. Returns how many are
 * in it. */
static size_t tell_unseen(const struct reading *reading, const char *option,
                          const struct address_list *addresses,
                          bool (*saw)(const struct correlator *, const struct address *),
                          const char *lack)
{
    char text[ADDRESS_TEXT_SIZE];
    size_t seen = 0;

    for (size_t i = 0; i < addresses->count; i++) {
        if (saw(reading->pipeline.correlator, &addresses->items[i]))
            seen++;
        else
            remark(LOG_WARNING, "%s %s: %s was captured", option,
                   address_to_text(&addresses->items[i], text), lack);
    }
    return seen;
}

/* That nothing was found of resolvers of which nothing is there is no result. */
static void check_addresses(struct reading *reading)
{
    const struct options *options = reading->options;

    if (decoder_counters(reading->pipeline.decoder)->dns_messages == 0)
        return;
    if (tell_unseen(reading, "--resolver", &options->resolvers, correlator_saw_service,
                    "no question to it and no answer from it") == 0 &&
        options->resolvers.count > 0)
        reading->pipeline.failed = true;
    tell_unseen(reading, "--egress", &options->egresses, correlator_saw_egress, "no query from it");
}

static int run(struct reading *reading)
{
    progress_begin(&reading->progress, true);
    if (read_frames(reading) < 0)
        return EXIT_FAILED;
    pipeline_finish(&reading->pipeline);
    interruption_end(&reading->interruption);
    print_totals(reading);
    flush_output(reading);
    check_addresses(reading);
    return reading->pipeline.failed ? EXIT_FAILED : EXIT_DONE;
}

/* A file that is named twice (by two patterns, through a link) is read once: its packets happened
 * once. Returns how many paths there are to read. */
static size_t choose_paths(const struct text_list *files, const char **paths)
{
    struct stat *known = calloc(files->count, sizeof(*known));
    size_t count = 0;

    for (size_t i = 0; i < files->count; i++) {
        struct stat status = {0};
        bool regular = stat(files->items[i], &status) == 0 && S_ISREG(status.st_mode);
        size_t same = 0;

        while (known != NULL && regular && same < count &&
               (known[same].st_ino != status.st_ino || known[same].st_dev != status.st_dev))
            same++;
        if (known != NULL && regular && same < count)
            continue;
        if (known != NULL && regular)
            known[count] = status;
        paths[count++] = files->items[i];
    }
    free(known);
    return count;
}

static int open_capture(struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    struct capture_options capture_options = {
        .filter = options->filter,
        .memory_bytes = pipeline_capture_bytes(options),
        .decompression_bytes = pipeline_decompression_bytes(options),
    };
    const char **paths = calloc(options->files.count, sizeof(*paths));
    int64_t *shifts_ns;
    size_t count;

    if (paths == NULL)
        return error_set(error, "out of memory");
    count = choose_paths(&options->files, paths);
    shifts_ns = clock_shifts_find(paths, count, options);
    capture_options.shifts_ns = shifts_ns;
    reading->capture = capture_open_files(paths, count, &capture_options, error);
    free(shifts_ns);
    free(paths);
    return reading->capture == NULL ? -1 : 0;
}

/* Files are opened later: what fails here with a filter is the filter. */
static int complain_of_capture(const struct reading *reading, const struct error *error)
{
    const char *filter = reading->options->filter;

    if (filter == NULL)
        return complain_failed(error);
    return complain_misused("%s (what names no file begins the filter '%s')", error->text, filter);
}

static const char *source_name(const void *capture, uint32_t source)
{
    const char *name = capture_source_name(capture, source);

    return name != NULL && strcmp(name, "-") == 0 ? "standard input" : name;
}

static uint64_t source_fingerprint(const void *capture, uint32_t source)
{
    return capture_source_fingerprint(capture, source);
}

static int open_and_run(struct reading *reading)
{
    const struct pipeline_actions actions = {
        .take_finding = take_finding, .complain = complain, .context = reading};
    struct pipeline *pipeline = &reading->pipeline;
    struct pipeline_sources sources = {.name = source_name, .fingerprint = source_fingerprint};
    struct error error;
    bool misused;

    if (open_capture(reading, &error) < 0)
        return complain_of_capture(reading, &error);
    if (pipeline_open(pipeline, reading->options, &actions,
                      capture_decompression_bytes(reading->capture), &misused, &error) < 0)
        return misused ? complain_misused("read: %s", error.text) : complain_failed(&error);
    if (prints_summary(reading->options) || reading->options->stats != NULL) {
        reading->summary = summary_new();
        if (reading->summary == NULL)
            return complain_failed(&(struct error){"out of memory"});
    }
    sources.count = capture_source_count(reading->capture);
    sources.handle = reading->capture;
    if (pipeline_set_sources(pipeline, &sources, &error) < 0 ||
        pipeline_open_store(pipeline, &error) < 0)
        return complain_failed(&error);
    if (pipeline->loader != NULL) {
        signal(SIGPIPE, SIG_IGN); /* see check_output() */
        if (interruption_expect(&reading->interruption, reading->options->database, &error) < 0)
            return complain_failed(&error);
    }
    return run(reading);
}

int read_run(struct options *options)
{
    struct reading *reading;
    int status;

    if (options->files.count == 0)
        return complain_misused("read: a capture file is needed ('-' for standard input)");

    reading = calloc(1, sizeof(*reading));
    if (reading == NULL)
        return complain_failed(&(struct error){"out of memory"});
    reading->options = options;
    page_open(&reading->page, stdout, options);
    status = open_and_run(reading);
    interruption_end(&reading->interruption);
    pipeline_close(&reading->pipeline);
    summary_free(reading->summary);
    capture_close(reading->capture);
    free(reading);
    return status;
}
