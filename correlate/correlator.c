#include "correlate/correlator_private.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_DEFAULT (UINT64_C(192) << 20)
#define MEMORY_LEAST   (UINT64_C(8) << 20)
#define GRACE_DEFAULT  (10 * SECOND_NS)

static bool build(struct correlator *correlator, const struct correlator_options *options,
                  uint64_t memory_bytes)
{
    struct knowledge *knowledge = &correlator->knowledge;
    uint64_t percent = memory_bytes / 100;

    correlator->flights = flights_new(7 * percent);
    knowledge->exchanges = exchange_table_new(45 * percent);
    knowledge->parties = parties_new(options, 12 * percent, correlator_keep_minute, correlator);
    knowledge->world = world_new(11 * percent);
    knowledge->aliases = aliases_new(2 * percent);
    knowledge->failures = failures_new(6 * percent - percent / 4);
    knowledge->connections = connections_new(3 * percent);
    knowledge->keyring = keyring_new(6 * percent);
    knowledge->presumptions = presumptions_new(percent / 4);
    knowledge->anchors_given = options->anchors != NULL;
    if (!options->anchors)
        correlator->default_anchors = anchors_default();
    knowledge->anchors = options->anchors ? options->anchors : correlator->default_anchors;
    correlator->outages = outages_new(percent);
    correlator->forecasts = forecasts_new(percent);
    correlator->minutes = minutes_new(2 * percent);
    correlator->pending = pending_new(3 * percent);
    correlator->distress = distress_new(percent);
    return correlator->flights && knowledge->exchanges && knowledge->parties && knowledge->world &&
           knowledge->aliases && knowledge->failures && knowledge->connections &&
           knowledge->keyring && knowledge->presumptions && knowledge->anchors &&
           correlator->outages && correlator->forecasts && correlator->minutes &&
           correlator->pending && correlator->distress;
}

struct correlator *correlator_new(const struct correlator_options *options)
{
    uint64_t memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_DEFAULT;
    struct correlator *correlator;

    if (memory_bytes < MEMORY_LEAST || options->port_count > CORRELATOR_PORTS_MAX)
        return NULL;
    correlator = calloc(1, sizeof(*correlator));
    if (!correlator)
        return NULL;
    correlator->outage.kind = FINDING_OUTAGE;
    correlator->ports[0] = 53;
    correlator->port_count = 1;
    if (options->port_count) {
        memcpy(correlator->ports, options->ports, options->port_count * sizeof(uint16_t));
        correlator->port_count = options->port_count;
    }
    correlator->quiet_until_ns = INT64_MIN;
    correlator->grace_ns = options->grace_ns < 0 ? GRACE_DEFAULT : options->grace_ns;
    correlator->hiding =
        (struct hiding){options->anonymize, options->anonymize_context, options->pseudonyms};
    if (!build(correlator, options, memory_bytes)) {
        correlator_free(correlator);
        return NULL;
    }
    return correlator;
}

void correlator_free(struct correlator *correlator)
{
    if (!correlator)
        return;
    flights_free(correlator->flights);
    exchange_table_free(correlator->knowledge.exchanges);
    parties_free(correlator->knowledge.parties);
    world_free(correlator->knowledge.world);
    aliases_free(correlator->knowledge.aliases);
    failures_free(correlator->knowledge.failures);
    connections_free(correlator->knowledge.connections);
    keyring_free(correlator->knowledge.keyring);
    presumptions_free(correlator->knowledge.presumptions);
    anchors_free(correlator->default_anchors);
    outages_free(correlator->outages);
    forecasts_free(correlator->forecasts);
    minutes_free(correlator->minutes);
    pending_free(correlator->pending);
    distress_free(correlator->distress);
    free(correlator);
}

void correlator_note_loss(struct correlator *correlator, int64_t from_ns, int64_t to_ns,
                          uint64_t lost, uint64_t seen)
{
    losses_note(&correlator->knowledge.losses, from_ns, to_ns, lost, seen);
}

bool correlator_resume_outage(struct correlator *correlator, const struct outage_change *outage)
{
    return outages_resume(correlator->outages, outage);
}
