/* capture -> decode -> correlate -> print and store: each stage is drained before the next frame.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capture.h"
#include "cli/anonymize.h"
#include "cli/command.h"
#include "cli/health.h"
#include "cli/progress.h"
#include "correlate/correlator.h"
#include "decode/decoder.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/summary.h"
#include "store/store.h"

/* How often, in frames, the clocks of progress and store are looked at. */
#define FRAMES_PER_TICK 1024

struct reading {
    const struct options *options;
    struct capture *capture;
    struct decoder *decoder;
    struct correlator *correlator;
    struct store *store; /* NULL: none, or it failed */
    struct summary *summary;
    struct health health;
    struct page page;
    struct progress progress;
    struct incident_context context;
    struct anonymizer anonymizer;
    struct anchors *anchors; /* NULL unless given */
    char sensor[256];
    bool failed; /* something was wrong, and was said; the rest is done all the same */
};

/* What --memory gives to each stage; the rest is for what has no bound of its own to set. */
static uint64_t share_for_capture(const struct options *options)
{
    return options->memory_bytes / 16;
}

static uint64_t share_for_decoder(const struct options *options)
{
    return options->memory_bytes / 16;
}

static uint64_t share_for_store(const struct options *options)
{
    return options->memory_bytes / 16;
}

static uint64_t share_for_correlator(const struct options *options)
{
    return options->memory_bytes / 4 * 3;
}

static void note_failure(struct reading *reading, const struct error *error)
{
    progress_wipe(&reading->progress);
    fflush(stdout); /* the complaint stands where it belongs */
    complain_failed(error);
    reading->failed = true;
}

/* The database is given up, the analysis is not. */
static void drop_store(struct reading *reading, const struct error *error)
{
    note_failure(reading, error);
    store_close(reading->store);
    reading->store = NULL;
}

static const char *source_name(const void *capture, uint32_t source)
{
    const char *name = capture_source_name(capture, source);

    return name != NULL && strcmp(name, "-") == 0 ? "standard input" : name;
}

static void print_incident(struct reading *reading, const struct incident *incident)
{
    const struct options *options = reading->options;
    struct error error;

    progress_wipe(&reading->progress);
    if (options->format == FORMAT_JSON) {
        if (incident_json_print(stdout, incident, &reading->context, &error) < 0)
            note_failure(reading, &error);
    } else if (options->quiet) {
        incident_text_line(&reading->page, incident);
    } else if (options->verbose) {
        incident_text_story(&reading->page, incident, &reading->context);
        putchar('\n');
    } else {
        incident_text_brief(&reading->page, incident);
    }
}

static void take_finding(struct reading *reading, const struct finding *finding)
{
    struct error error;

    if (finding->kind == FINDING_INCIDENT) {
        summary_add(reading->summary, &finding->incident);
        print_incident(reading, &finding->incident);
    }
    if (reading->store != NULL && store_add(reading->store, finding, &error) < 0)
        drop_store(reading, &error);
}

static void look_ahead(const struct reading *reading)
{
    const struct event *events[DECODER_AHEAD];
    unsigned count = 0;

    while (count < DECODER_AHEAD && (events[count] = decoder_ahead(reading->decoder, count)))
        count++;
    if (count > 1)
        correlator_foresee(reading->correlator, events, count);
}

static void drain(struct reading *reading)
{
    const struct finding *finding;
    const struct event *event;

    look_ahead(reading);
    while ((event = decoder_next(reading->decoder)) != NULL) {
        correlator_feed(reading->correlator, event);
        while ((finding = correlator_next(reading->correlator)) != NULL)
            take_finding(reading, finding);
    }
}

static void begin_source(struct reading *reading, uint32_t source)
{
    struct error error;

    if (reading->store == NULL)
        return;
    if (store_begin_source(reading->store, source,
                           capture_source_fingerprint(reading->capture, source),
                           source_name(reading->capture, source), &error) < 0)
        drop_store(reading, &error);
}

static void tick(struct reading *reading)
{
    uint64_t done_bytes, total_bytes;
    struct error error;

    capture_progress(reading->capture, &done_bytes, &total_bytes);
    progress_update(&reading->progress, decoder_counters(reading->decoder)->packets, done_bytes,
                    total_bytes);
    if (reading->store != NULL && store_tick(reading->store, &error) < 0)
        drop_store(reading, &error);
}

static void take_frame(struct reading *reading, const struct frame *frame)
{
    if (health_switch(&reading->health, decoder_counters(reading->decoder), frame->source,
                      frame->time_ns)) {
        drain(reading);
        begin_source(reading, frame->source);
    }
    decoder_feed(reading->decoder, frame);
}

/* 0: all was read; -1: standard output takes no more, so that going on makes no sense. */
static int read_frames(struct reading *reading)
{
    struct frame frame;
    struct error error;
    uint64_t frames = 0;
    int status;

    while ((status = capture_next(reading->capture, &frame, &error)) != 0) {
        if (status < 0) {
            drain(reading);
            note_failure(reading, &error);
            continue;
        }
        take_frame(reading, &frame);
        if (++frames % FRAMES_PER_TICK == 0)
            tick(reading);
        if (decoder_has_room(reading->decoder) && frames % CAPTURE_LENT != 0)
            continue;
        drain(reading);
        if (ferror(stdout))
            return -1;
    }
    drain(reading);
    return 0;
}

static void finish_stages(struct reading *reading)
{
    const struct finding *finding;

    decoder_finish(reading->decoder);
    drain(reading);
    correlator_finish(reading->correlator);
    while ((finding = correlator_next(reading->correlator)) != NULL)
        take_finding(reading, finding);
}

static void finish_store(struct reading *reading, const struct correlate_counters *counters)
{
    struct error error;

    health_finish(&reading->health, decoder_counters(reading->decoder), counters);
    for (uint32_t i = 0; reading->store != NULL && i < reading->health.count; i++) {
        if (reading->health.sources[i].packets > 0 &&
            store_set_health(reading->store, i, &reading->health.sources[i], &error) < 0)
            drop_store(reading, &error);
    }
    if (reading->store != NULL && store_finish(reading->store, &error) < 0)
        drop_store(reading, &error);
}

static void print_totals(struct reading *reading, const struct correlate_counters *counters)
{
    const struct decode_counters *decoded = decoder_counters(reading->decoder);
    const struct options *options = reading->options;
    struct error error;

    progress_wipe(&reading->progress);
    if (options->format == FORMAT_TEXT && !options->quiet)
        summary_print(reading->summary, &reading->page, decoded, counters);
    if (options->stats != NULL &&
        summary_write_stats(reading->summary, options->stats, decoded, counters, &error) < 0)
        note_failure(reading, &error);
}

static int run(struct reading *reading)
{
    struct correlate_counters counters;

    progress_begin(&reading->progress, true);
    if (read_frames(reading) < 0)
        return EXIT_FAILED; /* main() says what is wrong with standard output */
    finish_stages(reading);
    correlator_counters(reading->correlator, &counters);
    finish_store(reading, &counters);
    print_totals(reading, &counters);
    return reading->failed ? EXIT_FAILED : EXIT_DONE;
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
    const struct capture_options capture_options = {.filter = options->filter,
                                                    .memory_bytes = share_for_capture(options)};
    const char **paths = calloc(options->files.count, sizeof(*paths));
    size_t count;

    if (paths == NULL)
        return error_set(error, "out of memory");
    count = choose_paths(&options->files, paths);
    reading->capture = capture_open_files(paths, count, &capture_options, error);
    free(paths);
    return reading->capture == NULL ? -1 : 0;
}

static int open_analysis(struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    uint16_t ports[PORTS_MAX + 1] = {53};
    struct decoder_options decoder_options = {.ports = ports,
                                              .memory_bytes = share_for_decoder(options)};
    struct correlator_options correlator_options = {
        .resolvers = options->resolvers.items,
        .resolver_count = options->resolvers.count,
        .egresses = options->egresses.items,
        .egress_count = options->egresses.count,
        .ports = ports,
        .memory_bytes = share_for_correlator(options),
        .grace_ns = options->grace_ns,
    };
    size_t port_count = 1;

    for (size_t i = 0; i < options->port_count; i++) {
        if (options->ports[i] != 53)
            ports[port_count++] = options->ports[i];
    }
    decoder_options.port_count = (unsigned)port_count;
    correlator_options.port_count = port_count;
    if (options->anonymize != NULL) {
        correlator_options.anonymize = anonymizer_hide;
        correlator_options.anonymize_context = &reading->anonymizer;
    }
    if (options->trust_anchor != NULL) {
        reading->anchors = anchors_load(options->trust_anchor, error);
        if (reading->anchors == NULL)
            return -1;
        correlator_options.anchors = reading->anchors;
    }
    reading->decoder = decoder_new(&decoder_options);
    reading->correlator = correlator_new(&correlator_options);
    reading->summary = summary_new();
    if (reading->decoder == NULL || reading->correlator == NULL || reading->summary == NULL ||
        health_init(&reading->health, capture_source_count(reading->capture)) < 0)
        return error_set(error, "out of memory");
    return 0;
}

static int open_store(struct reading *reading, struct error *error)
{
    const struct options *options = reading->options;
    const struct store_options store_options = {
        .path = options->database,
        .sensor = reading->sensor,
        .analyzer_version = DNSBLAME_VERSION,
        .memory_bytes = share_for_store(options),
    };

    if (options->database == NULL)
        return 0;
    reading->store = store_open(&store_options, error);
    return reading->store == NULL ? -1 : 0;
}

static void name_sensor(struct reading *reading)
{
    if (reading->options->sensor != NULL)
        snprintf(reading->sensor, sizeof(reading->sensor), "%s", reading->options->sensor);
    else if (gethostname(reading->sensor, sizeof(reading->sensor) - 1) < 0)
        snprintf(reading->sensor, sizeof(reading->sensor), "unknown");
}

static void close_all(struct reading *reading)
{
    store_close(reading->store);
    summary_free(reading->summary);
    correlator_free(reading->correlator);
    anchors_free(reading->anchors);
    decoder_free(reading->decoder);
    capture_close(reading->capture);
    health_clear(&reading->health);
    anonymizer_clear(&reading->anonymizer);
}

static int open_and_run(struct reading *reading)
{
    const char *filter = reading->options->filter;
    struct error error;
    int status;

    /* Files are opened later: what fails here with a filter is the filter. */
    if (open_capture(reading, &error) < 0) {
        status = filter == NULL ? complain_failed(&error)
                                : complain_misused("%s (what names no file begins the filter '%s')",
                                                   error.text, filter);
    } else if (open_analysis(reading, &error) < 0 || open_store(reading, &error) < 0) {
        status = complain_failed(&error);
    } else {
        reading->context = (struct incident_context){.sensor = reading->sensor,
                                                     .analyzer_version = DNSBLAME_VERSION,
                                                     .source_name = source_name,
                                                     .sources = reading->capture};
        status = run(reading);
    }
    close_all(reading);
    return status;
}

int read_run(struct options *options)
{
    struct reading *reading;
    struct error error;
    bool misused = false;
    int status;

    if (options->files.count == 0)
        return complain_misused("read: a capture file is needed ('-' for standard input)");
    if (options->quiet && options->verbose)
        return complain_misused("read: --quiet and --verbose exclude each other");
    if (options_format(options, true, &error) < 0)
        return complain_misused("read: %s", error.text);

    reading = calloc(1, sizeof(*reading));
    if (reading == NULL)
        return complain_failed(&(struct error){"out of memory"});
    reading->options = options;
    name_sensor(reading);
    page_open(&reading->page, stdout, options);
    if (options->anonymize != NULL &&
        anonymizer_init(&reading->anonymizer, options->anonymize, &misused, &error) < 0)
        status = misused ? complain_misused("read: --anonymize: %s", error.text)
                         : complain_failed(&error);
    else
        status = open_and_run(reading);
    free(reading);
    return status;
}
