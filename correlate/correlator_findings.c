#include "correlate/correlator_private.h"
#include "decode/rare.h"

/* Looks once a second which outages are over: as of the oldest SERVFAIL that may still belong to
 * one. */
static bool next_ended_outage(struct correlator *correlator)
{
    int64_t judged_ns = correlator->now_ns - correlator->grace_ns, time_ns;

    if (!correlator->begun || correlator->now_ns - correlator->outages_ended_ns < SECOND_NS)
        return false;
    if (pending_first(correlator->pending, &time_ns) && time_ns < judged_ns)
        judged_ns = time_ns;
    if (outages_closed(correlator->outages, judged_ns, &correlator->outage.outage))
        return true;
    correlator->outages_ended_ns = correlator->now_ns;
    return false;
}

static bool next_minute(struct correlator *correlator)
{
    const struct minute_counters *minute = minutes_next(correlator->minutes);

    if (!minute)
        return false;
    correlator->finding.kind = FINDING_MINUTE;
    correlator->finding.minute = *minute;
    return true;
}

static bool next_forecast(struct correlator *correlator)
{
    if (!forecasts_next(correlator->forecasts, &correlator->finding))
        return false;
    hide_forecast(&correlator->hiding, &correlator->finding);
    return true;
}

/* All was handed out: until when is there nothing to look for? */
static void settle(struct correlator *correlator)
{
    int64_t time_ns;

    correlator->stirred = false;
    correlator->due_ns = correlator->outages_ended_ns + SECOND_NS;
    if (pending_first(correlator->pending, &time_ns) &&
        time_ns + correlator->grace_ns < correlator->due_ns)
        correlator->due_ns = time_ns + correlator->grace_ns;
    correlator_foresee_time(correlator);
}

/* Rarely called, hence not to be made a part of who calls with every packet. */
static RARE const struct finding *look(struct correlator *correlator)
{
    if (correlator->incident_waits) {
        correlator->incident_waits = false;
        return &correlator->finding;
    }
    if (next_minute(correlator) || next_forecast(correlator))
        return &correlator->finding;
    if (outages_pushed_out(correlator->outages, &correlator->outage.outage))
        return &correlator->outage;
    if (correlator_next_incident(correlator))
        return correlator->incident_waits ? &correlator->outage : &correlator->finding;
    if (next_ended_outage(correlator))
        return &correlator->outage;
    if (!correlator->finished) {
        settle(correlator);
        return NULL;
    }
    correlator_wind_up(correlator);
    return next_minute(correlator) || next_forecast(correlator) ? &correlator->finding : NULL;
}

const struct finding *correlator_next(struct correlator *correlator)
{
    return correlator->stirred ? look(correlator) : NULL;
}
