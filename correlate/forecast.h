/* What will fail next, as the wire shows it before anything fails: signatures that near their end
 * and were not renewed, delegated servers that do not serve their zone while others still do, zones
 * with a single nameserver. What is well is not remembered, so that it costs next to nothing. */
#ifndef CORRELATE_FORECAST_H
#define CORRELATE_FORECAST_H

#include <stdbool.h>

#include "correlate/correlator.h"
#include "correlate/inquiry.h"

struct forecasts;

struct forecasts *forecasts_new(uint64_t memory_bytes); /* NULL: out of memory */
void forecasts_free(struct forecasts *forecasts);

/* The first answer to an upstream query. */
void forecasts_see_answer(struct forecasts *forecasts, const struct knowledge *knowledge,
                          const struct event *event, const struct exchange *exchange,
                          const struct answer *answer);
/* An upstream query is given up without an answer, the oldest first. */
void forecasts_see_silence(struct forecasts *forecasts, const struct knowledge *knowledge,
                           const struct exchange *exchange, int64_t now_ns);

/* Is there a finding to be handed out? */
bool forecasts_wait(const struct forecasts *forecasts);
/* The next finding, in the order in which they showed. False: no more. */
bool forecasts_next(struct forecasts *forecasts, struct finding *finding);

#endif
