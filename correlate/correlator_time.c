#include "correlate/correlator_private.h"

#include "correlate/unheard.h"

#define EXPIRE_NS (10 * MILLISECOND_NS)

static void drop(struct correlator *correlator, struct exchange *exchange)
{
    if (!exchange->responded) {
        parties_see_unanswered(correlator->knowledge.parties, exchange);
        forecasts_see_silence(correlator->forecasts, &correlator->knowledge, exchange,
                              correlator->now_ns);
        correlator->stirred |= forecasts_wait(correlator->forecasts);
    }
    exchange_remove(correlator->knowledge.exchanges, exchange);
}

static void drop_flight(struct correlator *correlator, struct flight *flight)
{
    if (!flight->responded) {
        struct exchange exchange;

        flight_expand(flight, &exchange);
        parties_see_unanswered(correlator->knowledge.parties, &exchange);
    }
    flights_remove(correlator->flights, flight);
}

/* False: what was found has to be handed out first. */
static bool drop_all(struct correlator *correlator)
{
    struct exchange *exchange;
    struct flight *flight;

    while (!forecasts_wait(correlator->forecasts)) {
        exchange = exchange_oldest(correlator->knowledge.exchanges);
        if (!exchange)
            break;
        drop(correlator, exchange);
    }
    if (forecasts_wait(correlator->forecasts))
        return false;
    while ((flight = flights_oldest(correlator->flights)) != NULL)
        drop_flight(correlator, flight);
    return true;
}

void correlator_wind_up(struct correlator *correlator)
{
    if (!drop_all(correlator))
        return;
    parties_flush_minutes(correlator->knowledge.parties, INT64_MAX);
    minutes_release(correlator->minutes, INT64_MAX);
}

/* What the oldest SERVFAIL that waits for its judgement stands on is kept, however far time leaps
 * with the next packet. */
static int64_t expiry_horizon(const struct correlator *correlator)
{
    int64_t due_ns = correlator_oldest_pending_ns(correlator) + correlator->grace_ns;

    return due_ns < correlator->now_ns ? due_ns : correlator->now_ns;
}

/* Who waits for so long may be waiting in vain. */
#define SLOW_NS UNHEARD_SETTLED_NS

static void look_at_slow(struct correlator *correlator)
{
    int64_t before_ns = correlator->now_ns - SLOW_NS;
    struct exchange *exchange, expanded;
    struct flight *flight;
    struct name name;

    while ((exchange = exchange_slow(correlator->knowledge.exchanges, before_ns)) != NULL) {
        unheard_confirm(&correlator->knowledge, exchange);
        exchange_name(exchange, &name);
        correlator_keep_evidence(correlator, &name, &exchange->server);
    }
    while ((flight = flights_slow(correlator->flights, before_ns)) != NULL) {
        flight_expand(flight, &expanded);
        exchange_name(&expanded, &name);
        correlator_keep_evidence(correlator, &name, NULL);
    }
}

/* What is too old goes. */
static void expire(struct correlator *correlator)
{
    int64_t horizon_ns = expiry_horizon(correlator);
    struct exchange *exchange;
    struct flight *flight;

    correlator->expired_ns = correlator->now_ns;
    exchange_table_set_back(correlator->knowledge.exchanges, correlator->now_ns);
    look_at_slow(correlator);
    while ((exchange = exchange_expired(correlator->knowledge.exchanges, horizon_ns)))
        drop(correlator, exchange);
    while ((flight = flights_expired(correlator->flights, horizon_ns)))
        drop_flight(correlator, flight);
}

/* The counters of a minute are told when it is over and its SERVFAILs are judged. */
static void count_from(struct correlator *correlator, int64_t time_ns)
{
    int64_t settled_ns = time_ns - correlator->grace_ns - SECOND_NS;

    correlator->minutes_due_ns =
        settled_ns - settled_ns % MINUTE_NS + MINUTE_NS + (time_ns - settled_ns);
}

static void tell_minutes(struct correlator *correlator)
{
    count_from(correlator, correlator->now_ns);
    parties_flush_minutes(correlator->knowledge.parties, correlator->now_ns);
    minutes_release(correlator->minutes, correlator_oldest_pending_ns(correlator));
    correlator->stirred = true;
}

static void begin(struct correlator *correlator, int64_t time_ns)
{
    correlator->begun = true;
    correlator->knowledge.first_ns = correlator->now_ns = time_ns;
    count_from(correlator, time_ns);
}

static int64_t earlier(int64_t left_ns, int64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

void correlator_foresee_time(struct correlator *correlator)
{
    correlator->quiet_until_ns =
        earlier(correlator->expired_ns + EXPIRE_NS,
                earlier(correlator->minutes_due_ns, correlator->due_ns) - 1);
}

void correlator_pass_time(struct correlator *correlator, int64_t time_ns)
{
    if (!correlator->begun)
        begin(correlator, time_ns);
    if (correlator->now_ns - correlator->expired_ns > EXPIRE_NS)
        expire(correlator);
    if (correlator->now_ns >= correlator->minutes_due_ns)
        tell_minutes(correlator);
    correlator->stirred |= correlator->now_ns >= correlator->due_ns;
    correlator_foresee_time(correlator);
}

void correlator_advance(struct correlator *correlator, int64_t now_ns)
{
    if (correlator->begun && now_ns > correlator->now_ns)
        correlator_reach(correlator, now_ns);
}

void correlator_step_back(struct correlator *correlator, int64_t time_ns)
{
    correlator->now_ns = correlator->expired_ns = time_ns;
    correlator->outages_ended_ns = time_ns;
    count_from(correlator, time_ns);
    pending_set_back(correlator->pending);
    correlator->stirred = true;
    correlator_foresee_time(correlator);
    if (time_ns < correlator->knowledge.first_ns)
        correlator->knowledge.first_ns = time_ns;
}

void correlator_finish(struct correlator *correlator)
{
    correlator->finished = correlator->stirred = true;
}
