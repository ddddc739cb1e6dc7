/* What forecasts have to tell, in the order in which it showed, until it is handed out. */
#ifndef CORRELATE_FORECAST_QUEUE_H
#define CORRELATE_FORECAST_QUEUE_H

#include "correlate/correlator.h"
#include "correlate/inquiry.h"

/* A leap of time ends all that waited for an answer at once. */
#define FORECAST_QUEUE_MAX 512

struct forecast_queue {
    struct forecast {
        enum finding_kind kind;
        union {
            struct signature_sight signature;
            struct delegation_sight delegation;
        };
    } forecasts[FORECAST_QUEUE_MAX];
    unsigned first, count;
};

/* Room for the next one. NULL: what waits already is enough. */
struct forecast *forecast_queue_add(struct forecast_queue *queue, enum finding_kind kind);
/* False: no more. */
bool forecast_queue_next(struct forecast_queue *queue, struct finding *finding);

#endif
