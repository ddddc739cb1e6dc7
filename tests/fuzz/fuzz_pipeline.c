/* The whole program but its options: the input is a capture file, which is read, decoded,
 * correlated, judged and printed in all forms; in one of five clients are hidden, and one of
 * sixty-four is stored in a database in memory, too, since that alone takes ten times as long as
 * all the rest. */
#include <sys/prctl.h>

#include "capture/capture.h"
#include "correlate/correlator.h"
#include "decode/embedded.h"
#include "fuzz.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/summary.h"
#include "store/store.h"

#define FRAMES_MAX       20000
#define STORED_ONE_OF    64
#define ANONYMOUS_ONE_OF 5

struct pipeline {
    struct capture *capture;
    struct decoder *decoder;
    struct correlator *correlator;
    struct store *store; /* or NULL */
    struct summary *summary;
    struct page page;
    struct incident_context context;
    bool anonymous;
};

static const char *source_name(const void *capture, uint32_t source)
{
    return capture_source_name(capture, source);
}

static struct store *open_store(void)
{
    const struct store_options options = {
        .path = ":memory:", .sensor = "fuzz", .analyzer_version = "0", .memory_bytes = 1 << 20};
    struct error error;
    struct store *store = store_open(&options, &error);

    if (store == NULL || store_begin_source(store, 0, 1, "fuzz", &error) < 0)
        abort();
    return store;
}

static struct address hide(void *context, const struct address *client)
{
    struct address hidden = *client;

    (void)context;
    hidden.bytes[15] = 0;
    return hidden;
}

static void open_all(struct pipeline *pipeline, const char *path, bool stored)
{
    const struct capture_options capture_options = {.memory_bytes = 2 << 20};
    const struct decoder_options decoder_options = {.memory_bytes = 1 << 20};
    const struct correlator_options correlator_options = {
        .memory_bytes = 8 << 20, .grace_ns = -1, .anonymize = pipeline->anonymous ? hide : NULL};
    struct error error;

    pipeline->capture = capture_open_files(&path, 1, &capture_options, &error);
    pipeline->decoder = decoder_new(&decoder_options);
    pipeline->correlator = correlator_new(&correlator_options);
    pipeline->store = stored ? open_store() : NULL;
    pipeline->summary = summary_new();
    pipeline->page = (struct page){.output = fopen("/dev/null", "w"), .width = 80, .color = true};
    pipeline->context = (struct incident_context){.sensor = "fuzz",
                                                  .analyzer_version = "0",
                                                  .source_name = source_name,
                                                  .sources = pipeline->capture};
    if (!pipeline->capture || !pipeline->decoder || !pipeline->correlator || !pipeline->summary ||
        !pipeline->page.output)
        abort();
}

static void close_all(struct pipeline *pipeline)
{
    store_close(pipeline->store);
    summary_free(pipeline->summary);
    correlator_free(pipeline->correlator);
    decoder_free(pipeline->decoder);
    capture_close(pipeline->capture);
    fclose(pipeline->page.output);
}

/* Whole, and where clients are hidden no hint at one. */
static void check_name(const struct pipeline *pipeline, const struct name *name)
{
    if (name->size_bytes > 0 && name_measure(name->bytes, name->size_bytes) != name->size_bytes)
        abort();
    if (pipeline->anonymous && name_holds_address(name))
        abort();
}

static void check_servers(const struct pipeline *pipeline, const struct blamed_server *servers,
                          unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        check_name(pipeline, &servers[i].name);
}

static void check_incident(const struct pipeline *pipeline, const struct incident *incident)
{
    check_name(pipeline, &incident->qname);
    check_name(pipeline, &incident->zone);
    check_servers(pipeline, incident->servers, incident->server_count);
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *contributing = &incident->contributing[i];

        check_name(pipeline, &contributing->zone);
        check_servers(pipeline, contributing->servers, contributing->server_count);
    }
    for (unsigned i = 0; i < incident->evidence_count; i++) {
        check_name(pipeline, &incident->evidence[i].qname);
        check_name(pipeline, &incident->evidence[i].zone);
        check_name(pipeline, &incident->evidence[i].server_name);
    }
}

static void check_finding(const struct pipeline *pipeline, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_INCIDENT:
        check_incident(pipeline, &finding->incident);
        break;
    case FINDING_OUTAGE:
        check_name(pipeline, &finding->outage.zone);
        check_servers(pipeline, finding->outage.servers, finding->outage.server_count);
        break;
    case FINDING_SIGNATURE:
        check_name(pipeline, &finding->signature.zone);
        break;
    case FINDING_DELEGATION:
        check_name(pipeline, &finding->delegation.zone);
        check_name(pipeline, &finding->delegation.server_name);
        break;
    case FINDING_MINUTE:
        break;
    }
}

static void take_findings(struct pipeline *pipeline)
{
    const struct finding *finding;
    struct error error;

    while ((finding = correlator_next(pipeline->correlator)) != NULL) {
        check_finding(pipeline, finding);
        if (finding->kind == FINDING_INCIDENT) {
            summary_add(pipeline->summary, &finding->incident);
            incident_json_print(pipeline->page.output, &finding->incident, &pipeline->context,
                                &error);
            incident_text_line(&pipeline->page, &finding->incident);
            incident_text_brief(&pipeline->page, &finding->incident);
            incident_text_story(&pipeline->page, &finding->incident, &pipeline->context);
        }
        if (pipeline->store && store_add(pipeline->store, finding, &error) < 0)
            abort();
    }
}

static void drain(struct pipeline *pipeline)
{
    const struct event *event;

    while ((event = decoder_next(pipeline->decoder)) != NULL) {
        correlator_feed(pipeline->correlator, event);
        take_findings(pipeline);
    }
}

static void read_frames(struct pipeline *pipeline)
{
    const struct frame *frames;
    struct error error;
    unsigned count = 0;
    int status;

    while ((status = capture_next(pipeline->capture, &frames, &error)) != 0) {
        for (int i = 0; i < status && ++count <= FRAMES_MAX; i++) {
            decoder_feed(pipeline->decoder, &frames[i], 1);
            drain(pipeline);
        }
        if (++count > FRAMES_MAX)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_SIZE];
    int file = fuzz_file(data, size, path);
    struct correlate_counters counters;
    struct pipeline pipeline;
    struct error error;

    fuzz_fix_hashes();
    /* Tables are touched here and there only: large pages would all have to be cleared. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    pipeline.anonymous = size % ANONYMOUS_ONE_OF == 0;
    open_all(&pipeline, path, size % STORED_ONE_OF == 0);
    read_frames(&pipeline);
    decoder_finish(pipeline.decoder);
    drain(&pipeline);
    correlator_finish(pipeline.correlator);
    take_findings(&pipeline);
    correlator_counters(pipeline.correlator, &counters);
    summary_print(pipeline.summary, &pipeline.page, decoder_counters(pipeline.decoder), &counters);
    if (pipeline.store && store_finish(pipeline.store, &error) < 0)
        abort();
    close_all(&pipeline);
    close(file);
    return 0;
}
