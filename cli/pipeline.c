#include "cli/pipeline.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* The program, its libraries with what they keep (SQLite the schema and its statements), and what
 * its allocator cannot use for the moment. */
#define OWN_BYTES (UINT64_C(8) << 20)

/* Who reads files can read them again: each commit writes anew what has been counted in the quarter
 * of an hour so far, and waits for the disk. Not too long, since others may want to write, too. */
#define READ_COMMIT_NS INT64_C(2000000000)

/* What --memory gives to each stage; the rest is for what has no bound of its own to set. */
uint64_t pipeline_capture_bytes(const struct options *options)
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

static uint64_t share_for_queue(const struct options *options)
{
    return options->memory_bytes / 64;
}

uint64_t pipeline_decompression_bytes(const struct options *options)
{
    return options->memory_bytes / 2;
}

static uint64_t share_for_correlator(const struct options *options, uint64_t taken_bytes)
{
    uint64_t memory_bytes = options->memory_bytes - taken_bytes;
    uint64_t own_bytes = memory_bytes / 4 < OWN_BYTES ? memory_bytes / 4 : OWN_BYTES;

    return (memory_bytes - own_bytes) / 9 * 7;
}

void pipeline_complain(struct pipeline *pipeline, const struct error *error)
{
    pipeline->actions.complain(pipeline->actions.context, error);
    pipeline->failed = true;
}

/* The database is given up, the analysis is not. */
static void drop_store(struct pipeline *pipeline, const struct error *error)
{
    pipeline_complain(pipeline, error);
    loader_close(pipeline->loader);
    pipeline->loader = NULL;
}

static void take_finding(struct pipeline *pipeline, const struct finding *finding)
{
    struct error error;

    pipeline->actions.take_finding(pipeline->actions.context, finding);
    if (pipeline->loader != NULL && loader_add(pipeline->loader, finding, &error) < 0)
        drop_store(pipeline, &error);
}

static void take_findings(struct pipeline *pipeline)
{
    const struct finding *finding;

    while ((finding = correlator_next(pipeline->correlator)) != NULL)
        take_finding(pipeline, finding);
}

static void drain(struct pipeline *pipeline)
{
    const struct event *event;
    const struct event *const *ahead;
    unsigned count;

    ahead = decoder_ahead(pipeline->decoder, &count);
    if (count > 1)
        correlator_foresee(pipeline->correlator, ahead, count);
    while ((event = decoder_next(pipeline->decoder)) != NULL) {
        correlator_feed(pipeline->correlator, event);
        take_findings(pipeline);
    }
}

static void begin_source(struct pipeline *pipeline, uint32_t source)
{
    const struct pipeline_sources *sources = &pipeline->sources;
    struct error error;

    if (pipeline->loader != NULL &&
        loader_begin_source(pipeline->loader, source, sources->fingerprint(sources->handle, source),
                            sources->name(sources->handle, source), &error) < 0)
        drop_store(pipeline, &error);
}

void pipeline_advance(struct pipeline *pipeline, int64_t now_ns)
{
    decoder_advance(pipeline->decoder, now_ns);
    drain(pipeline);
    correlator_advance(pipeline->correlator, now_ns);
    take_findings(pipeline);
}

/* Of one source. */
static void take_frames(struct pipeline *pipeline, const struct frame *frames, size_t count)
{
    while (count > 0) {
        size_t taken = decoder_feed(pipeline->decoder, frames, count);

        frames += taken;
        count -= taken;
        if (!decoder_has_room(pipeline->decoder))
            drain(pipeline);
    }
}

void pipeline_feed(struct pipeline *pipeline, const struct frame *frames, size_t count)
{
    while (count > 0) {
        bool first;
        size_t taken = health_take(&pipeline->health, decoder_counters(pipeline->decoder), frames,
                                   count, &first);

        if (first) {
            drain(pipeline);
            begin_source(pipeline, frames->source);
        }
        take_frames(pipeline, frames, taken);
        frames += taken;
        count -= taken;
    }
    drain(pipeline);
}

void pipeline_tick(struct pipeline *pipeline)
{
    struct error error;

    if (pipeline->loader != NULL && loader_tick(pipeline->loader, &error) < 0)
        drop_store(pipeline, &error);
}

static void finish_store(struct pipeline *pipeline)
{
    struct health *health = &pipeline->health;
    struct correlate_counters counters;
    struct error error;

    correlator_counters(pipeline->correlator, &counters);
    health_finish(health, decoder_counters(pipeline->decoder), &counters);
    for (uint32_t i = 0; pipeline->loader != NULL && i < health->count; i++) {
        if (health->sources[i].packets > 0 &&
            loader_set_health(pipeline->loader, i, &health->sources[i], &error) < 0)
            drop_store(pipeline, &error);
    }
    if (pipeline->loader != NULL && loader_finish(pipeline->loader, &error) < 0)
        drop_store(pipeline, &error);
}

void pipeline_finish(struct pipeline *pipeline)
{
    drain(pipeline);
    decoder_finish(pipeline->decoder);
    drain(pipeline);
    correlator_finish(pipeline->correlator);
    take_findings(pipeline);
    finish_store(pipeline);
}

/* Port 53, and those that were given. Returns how many. */
static unsigned gather_ports(const struct options *options, uint16_t ports[PORTS_MAX + 1])
{
    unsigned count = 1;

    ports[0] = 53;
    for (size_t i = 0; i < options->port_count; i++) {
        if (options->ports[i] != 53)
            ports[count++] = options->ports[i];
    }
    return count;
}

struct decoder *pipeline_new_decoder(const struct options *options)
{
    uint16_t ports[PORTS_MAX + 1];
    struct decoder_options decoder_options = {.ports = ports,
                                              .port_count = gather_ports(options, ports),
                                              .memory_bytes = share_for_decoder(options)};

    return decoder_new(&decoder_options);
}

static int open_stages(struct pipeline *pipeline, uint64_t taken_bytes, struct error *error)
{
    const struct options *options = pipeline->options;
    uint16_t ports[PORTS_MAX + 1];
    struct correlator_options correlator_options = {
        .resolvers = options->resolvers.items,
        .resolver_count = options->resolvers.count,
        .egresses = options->egresses.items,
        .egress_count = options->egresses.count,
        .ports = ports,
        .port_count = gather_ports(options, ports),
        .memory_bytes = share_for_correlator(options, taken_bytes),
        .grace_ns = options->grace_ns,
    };

    if (options->anonymize != NULL) {
        correlator_options.anonymize = anonymizer_hide;
        correlator_options.anonymize_context = &pipeline->anonymizer;
        correlator_options.pseudonyms = anonymizer_gives_pseudonyms(&pipeline->anonymizer);
    }
    correlator_options.anchors = pipeline->anchors;
    pipeline->decoder = pipeline_new_decoder(options);
    pipeline->correlator = correlator_new(&correlator_options);
    if (pipeline->decoder == NULL || pipeline->correlator == NULL)
        return error_set(error, "out of memory");
    return 0;
}

static void name_sensor(struct pipeline *pipeline)
{
    if (pipeline->options->sensor != NULL)
        snprintf(pipeline->sensor, sizeof(pipeline->sensor), "%s", pipeline->options->sensor);
    else if (gethostname(pipeline->sensor, sizeof(pipeline->sensor) - 1) < 0)
        snprintf(pipeline->sensor, sizeof(pipeline->sensor), "unknown");
}

/* Of all outages together. */
static uint64_t rows_of_an_hour(uint64_t samples)
{
    return samples > UINT64_MAX / 20 ? UINT64_MAX : 20 * samples;
}

static int open_anonymizer(struct pipeline *pipeline, bool *misused, struct error *error)
{
    struct error why;

    if (pipeline->options->anonymize == NULL ||
        anonymizer_init(&pipeline->anonymizer, pipeline->options->anonymize, misused, &why) == 0)
        return 0;
    return error_set(error, *misused ? "--anonymize: %s" : "%s", why.text);
}

int pipeline_open(struct pipeline *pipeline, const struct options *options,
                  const struct pipeline_actions *actions, uint64_t taken_bytes, bool *misused,
                  struct error *error)
{
    *pipeline = (struct pipeline){.options = options, .actions = *actions};
    *misused = false;
    name_sensor(pipeline);
    pipeline->context = (struct incident_context){
        .sensor = pipeline->sensor,
        .analyzer_version = DNSBLAME_VERSION,
    };
    if (open_anonymizer(pipeline, misused, error) < 0)
        return -1;
    if (options->trust_anchor != NULL) {
        pipeline->anchors = anchors_load(options->trust_anchor, error);
        if (pipeline->anchors == NULL)
            return -1;
    }
    return open_stages(pipeline, taken_bytes, error);
}

int pipeline_set_sources(struct pipeline *pipeline, const struct pipeline_sources *sources,
                         struct error *error)
{
    pipeline->sources = *sources;
    pipeline->context.source_name = sources->name;
    pipeline->context.sources = sources->handle;
    if (health_init(&pipeline->health, sources->count) < 0)
        return error_set(error, "out of memory");
    return 0;
}

struct store_options pipeline_store_options(const struct pipeline *pipeline)
{
    const struct options *options = pipeline->options;

    return (struct store_options){
        .path = options->database,
        .sensor = pipeline->sensor,
        .analyzer_version = DNSBLAME_VERSION,
        .memory_bytes = share_for_store(options),
        .outage_rows = options->samples,
        .hour_rows = rows_of_an_hour(options->samples),
        .keep_ns = options->keep_ns,
        .max_bytes = options->max_db_bytes,
    };
}

/* A thread's own heap grows by a system call for each page or so, which holds up the other thread,
 * too; and what one heap has free the others cannot use. */
static void share_heap(void)
{
    mallopt(M_ARENA_MAX, 1);
}

int pipeline_open_store(struct pipeline *pipeline, struct error *error)
{
    struct store_options store_options = pipeline_store_options(pipeline);

    if (pipeline->options->database == NULL)
        return 0;
    share_heap();
    store_options.commit_ns = READ_COMMIT_NS;
    pipeline->loader = loader_open(&store_options, share_for_queue(pipeline->options), error);
    return pipeline->loader == NULL ? -1 : 0;
}

void pipeline_close(struct pipeline *pipeline)
{
    loader_close(pipeline->loader);
    correlator_free(pipeline->correlator);
    anchors_free(pipeline->anchors);
    decoder_free(pipeline->decoder);
    health_clear(&pipeline->health);
    anonymizer_clear(&pipeline->anonymizer);
}
