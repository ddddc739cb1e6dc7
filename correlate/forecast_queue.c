#include "correlate/forecast_queue.h"

struct forecast *forecast_queue_add(struct forecast_queue *queue, enum finding_kind kind)
{
    struct forecast *forecast;

    if (queue->count == FORECAST_QUEUE_MAX)
        return NULL;
    forecast = &queue->forecasts[(queue->first + queue->count++) % FORECAST_QUEUE_MAX];
    forecast->kind = kind;
    return forecast;
}

bool forecast_queue_next(struct forecast_queue *queue, struct finding *finding)
{
    const struct forecast *next = &queue->forecasts[queue->first];

    if (queue->count == 0)
        return false;
    finding->kind = next->kind;
    if (next->kind == FINDING_SIGNATURE)
        finding->signature = next->signature;
    else
        finding->delegation = next->delegation;
    queue->first = (queue->first + 1) % FORECAST_QUEUE_MAX;
    queue->count--;
    return true;
}
