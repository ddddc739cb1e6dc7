/* What an incident does not carry itself: who watched, who judged, and the names of the captures
 * that its frame numbers count in. */
#ifndef REPORT_CONTEXT_H
#define REPORT_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

struct incident_context {
    const char *sensor;
    const char *analyzer_version;
    const char *(*source_name)(const void *sources, uint32_t source); /* NULL: not known */
    const void *sources;
    bool origin_not_kept; /* the incident behind it was counted, its row is none of the samples */
};

static inline const char *context_source_name(const struct incident_context *context,
                                              uint32_t source)
{
    return context->source_name == NULL ? NULL : context->source_name(context->sources, source);
}

#endif
