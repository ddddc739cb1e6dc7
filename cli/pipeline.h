/* capture -> decode -> correlate -> store, and what the command does with each finding: what `read`
 * and `watch` have in common. */
#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "cli/anonymize.h"
#include "cli/health.h"
#include "cli/options.h"
#include "correlate/correlator.h"
#include "decode/decoder.h"
#include "report/context.h"
#include "store/loader.h"

/* What frames come from, by the number that they carry. */
struct pipeline_sources {
    size_t count;
    const char *(*name)(const void *handle, uint32_t source);
    uint64_t (*fingerprint)(const void *handle, uint32_t source);
    const void *handle; /* borrowed */
};

/* What the command does itself. `context` goes with each. */
struct pipeline_actions {
    void (*take_finding)(void *context, const struct finding *finding);
    /* Something is wrong, the rest goes on. */
    void (*complain)(void *context, const struct error *error);
    void *context;
};

struct pipeline {
    const struct options *options;
    struct pipeline_sources sources;
    struct decoder *decoder;
    struct correlator *correlator;
    struct loader *loader; /* NULL: none, or it was given up */
    struct pipeline_actions actions;
    struct health health;
    struct incident_context context;
    struct anonymizer anonymizer;
    struct anchors *anchors; /* NULL unless given */
    char sensor[256];
    bool failed; /* something was wrong, and was said */
};

/* What the capture may use of --memory; the other stages have the rest. */
uint64_t pipeline_capture_bytes(const struct options *options);
/* And what decompressing a file may take of it, at the correlator's expense. */
uint64_t pipeline_decompression_bytes(const struct options *options);

/* As the pipeline's own. NULL: out of memory. */
struct decoder *pipeline_new_decoder(const struct options *options);

/* The stages without a capture or a store; what it allocates is freed by pipeline_close() in any
 * case. Of --memory `taken_bytes` (half at most) are decompression's. -1: `error` says why;
 * *misused: the user is at fault. */
int pipeline_open(struct pipeline *pipeline, const struct options *options,
                  const struct pipeline_actions *actions, uint64_t taken_bytes, bool *misused,
                  struct error *error);
/* To be called before the first frame. */
int pipeline_set_sources(struct pipeline *pipeline, const struct pipeline_sources *sources,
                         struct error *error);
/* For who stores by himself. */
struct store_options pipeline_store_options(const struct pipeline *pipeline);
/* Opens --db, if there is one, to store what is found. */
int pipeline_open_store(struct pipeline *pipeline, struct error *error);
void pipeline_close(struct pipeline *pipeline);

/* All that the frames gave is correlated and handed out. */
void pipeline_feed(struct pipeline *pipeline, const struct frame *frames, size_t count);
/* No frame comes, and time goes on: what is due by `now_ns`, in the packets' time, is judged. */
void pipeline_advance(struct pipeline *pipeline, int64_t now_ns);
/* For the clocks of the stages that have any: to be called now and then. */
void pipeline_tick(struct pipeline *pipeline);
/* No more frames: all that waits is judged, stored and committed. */
void pipeline_finish(struct pipeline *pipeline);

void pipeline_complain(struct pipeline *pipeline, const struct error *error);

#endif
