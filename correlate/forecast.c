#include "correlate/forecast.h"

#include <stdlib.h>

#include "correlate/ending.h"
#include "correlate/forecast_queue.h"
#include "correlate/standing.h"
#include "decode/codes.h"

struct forecasts {
    struct endings *endings;
    struct standings *standings;
    struct forecast_queue queue;
};

struct forecasts *forecasts_new(uint64_t memory_bytes)
{
    struct forecasts *forecasts = calloc(1, sizeof(*forecasts));

    if (!forecasts)
        return NULL;
    forecasts->endings = endings_new(memory_bytes / 3, &forecasts->queue);
    forecasts->standings = standings_new(memory_bytes / 3 * 2, &forecasts->queue);
    if (!forecasts->endings || !forecasts->standings) {
        forecasts_free(forecasts);
        return NULL;
    }
    return forecasts;
}

void forecasts_free(struct forecasts *forecasts)
{
    if (!forecasts)
        return;
    endings_free(forecasts->endings);
    standings_free(forecasts->standings);
    free(forecasts);
}

bool forecasts_wait(const struct forecasts *forecasts)
{
    return forecasts->queue.count > 0;
}

bool forecasts_next(struct forecasts *forecasts, struct finding *finding)
{
    return forecast_queue_next(&forecasts->queue, finding);
}

void forecasts_see_answer(struct forecasts *forecasts, const struct knowledge *knowledge,
                          const struct event *event, const struct exchange *exchange,
                          const struct answer *answer)
{
    endings_see_answer(forecasts->endings, knowledge, event, exchange, answer);
    if (!(exchange->query_flags & DNS_RD)) /* else a forwarder */
        standings_see_answer(forecasts->standings, knowledge, event, exchange, answer);
}

void forecasts_see_silence(struct forecasts *forecasts, const struct knowledge *knowledge,
                           const struct exchange *exchange, int64_t now_ns)
{
    if (!(exchange->query_flags & DNS_RD))
        standings_see_silence(forecasts->standings, knowledge, exchange, now_ns);
}
