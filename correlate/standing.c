#include "correlate/standing.h"

#include <stdlib.h>

#include "correlate/conduct.h"
#include "correlate/family.h"
#include "correlate/outcome.h"
#include "correlate/roster.h"
#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/hash_words.h"
#include "decode/rare.h"

/* Silence that is a server's state and no lost packet: so many queries without an answer, for so
 * long. Those that were sent at once count as one. */
#define SILENT_QUERIES  3
#define SILENT_NS       SECOND_NS
#define SILENT_APART_NS (200 * MILLISECOND_NS)
/* What is older is not how it stands. */
#define FRESH_NS (900 * SECOND_NS)
/* Failing exchanges that are looked into of a second of packet time: a flood of them teaches
 * nothing more. */
#define LOOKS_PER_SECOND 32
#define FILTER_SIZE      4096

/* A listed server of a zone in trouble. */
struct standing {
    uint64_t server_hash;
    int64_t told_ns;                         /* that it fails; NEVER: not yet */
    int64_t failed_ns;                       /* last; NEVER: its answer is waited for */
    int64_t silent_since_ns, silent_last_ns; /* of the queries that count */
    uint32_t source;                         /* of the last that failed */
    uint8_t told;                            /* an outcome */
    uint8_t outcome;                         /* of the last that failed */
    uint8_t silent;                          /* queries without an answer since it answered */
    bool awaited;                            /* when it serves the zone that is told */
};

struct standings {
    struct table *table;  /* by server and zone */
    struct table *lonely; /* zones with one nameserver: when its answer was waited for */
    struct forecast_queue *queue;
    uint32_t standings_of[FILTER_SIZE]; /* by server, and who shares its place here */
    /* A bit for each that is not 0, as few are: all answers ask for one. */
    uint64_t has_standing[FILTER_SIZE / 64];
    bool ipv6_answered; /* by anybody */
    struct looks {
        int64_t second;
        unsigned count;
    } answers, silences;
};

static void forget(void *context, void *slot)
{
    struct standings *standings = context;
    const struct standing *standing = slot;
    unsigned place = standing->server_hash % FILTER_SIZE;

    if (--standings->standings_of[place] == 0)
        standings->has_standing[place / 64] &= ~(UINT64_C(1) << place % 64);
}

static bool may_have_standing(const struct standings *standings, const struct address *server)
{
    unsigned place = hash_address(server) % FILTER_SIZE;

    return standings->has_standing[place / 64] >> place % 64 & 1;
}

struct standings *standings_new(uint64_t memory_bytes, struct forecast_queue *queue)
{
    struct standings *standings = calloc(1, sizeof(*standings));
    uint64_t half = memory_bytes / 2;

    if (!standings)
        return NULL;
    standings->queue = queue;
    standings->table = table_new(sizeof(struct standing),
                                 (uint32_t)(half / table_slot_cost(sizeof(struct standing)) + 16),
                                 forget, standings);
    standings->lonely = table_new(
        sizeof(int64_t), (uint32_t)(half / table_slot_cost(sizeof(int64_t)) + 16), NULL, NULL);
    if (!standings->table || !standings->lonely) {
        standings_free(standings);
        return NULL;
    }
    return standings;
}

void standings_free(struct standings *standings)
{
    if (!standings)
        return;
    table_free(standings->table);
    table_free(standings->lonely);
    free(standings);
}

static uint64_t standing_key(const struct roster *roster, uint64_t server_hash)
{
    return hash_mix(roster->zone_hash, server_hash);
}

static struct standing *find_standing(const struct standings *standings,
                                      const struct roster *roster, const struct address *server)
{
    return table_find(standings->table, standing_key(roster, hash_address(server)));
}

static struct standing *get_standing(struct standings *standings, const struct roster *roster,
                                     const struct address *server)
{
    uint64_t server_hash = hash_address(server);
    struct standing *standing = find_standing(standings, roster, server);
    unsigned place = server_hash % FILTER_SIZE;

    if (standing) {
        table_touch(standings->table, standing);
        return standing;
    }
    standing = table_add(standings->table, standing_key(roster, server_hash),
                         name_family_hash(roster->zone.bytes, roster->zone.size_bytes));
    *standing = (struct standing){
        .server_hash = server_hash, .told_ns = NEVER, .failed_ns = NEVER, .told = OUTCOME_ANSWER};
    standings->standings_of[place]++;
    standings->has_standing[place / 64] |= UINT64_C(1) << place % 64;
    return standing;
}

static void tell(struct standings *standings, const struct knowledge *knowledge,
                 const struct roster *roster, const struct address *server, enum outcome outcome,
                 int64_t time_ns, uint32_t source)
{
    struct forecast *forecast = forecast_queue_add(standings->queue, FINDING_DELEGATION);

    if (!forecast)
        return;
    forecast->delegation = (struct delegation_sight){.time_ns = time_ns,
                                                     .source = source,
                                                     .zone = roster->zone,
                                                     .server = *server,
                                                     .nameservers = roster->names,
                                                     .listed = roster->usable + roster->unresolved,
                                                     .outcome = outcome};
    world_server_name(knowledge->world, server, &roster->zone, &forecast->delegation.server_name);
}

/* The others of a zone in trouble: one that has answered since works, the rest are waited for. */
static void look_at_others(struct standings *standings, const struct knowledge *knowledge,
                           const struct roster *roster, const struct address *failing,
                           int64_t failed_ns, uint32_t source_id)
{
    for (unsigned i = 0; i < roster->count; i++) {
        const struct address *address = &roster->addresses[i];
        const struct server *server = parties_server(knowledge->parties, address);

        if (address_equal(address, failing))
            continue;
        if (!find_standing(standings, roster, address) && server &&
            server_answered_query_ns(server) >= failed_ns)
            tell(standings, knowledge, roster, address, OUTCOME_ANSWER,
                 server_answered_query_ns(server), source_id);
        else
            get_standing(standings, roster, address)->awaited = true;
    }
}

static void tell_failing(struct standings *standings, const struct knowledge *knowledge,
                         const struct roster *roster, const struct address *server,
                         struct standing *standing)
{
    int64_t failed_ns = standing->failed_ns;
    uint32_t source = standing->source;

    if (standing->told_ns != NEVER && standing->told == standing->outcome &&
        failed_ns - standing->told_ns < HOUR_NS)
        return;
    standing->told_ns = failed_ns;
    standing->told = standing->outcome;
    tell(standings, knowledge, roster, server, standing->outcome, failed_ns, source);
    /* This may take the standing's place. */
    look_at_others(standings, knowledge, roster, server, failed_ns, source);
}

static bool is_long(unsigned silent, int64_t since_ns, int64_t last_ns)
{
    return silent >= SILENT_QUERIES && last_ns - since_ns >= SILENT_NS;
}

/* Has every address that the resolver can use failed since it answered? What each was silent counts
 * together. */
static bool is_down(const struct standings *standings, const struct roster *roster, int64_t now_ns)
{
    int64_t since_ns = INT64_MAX, last_ns = INT64_MIN;
    unsigned failures = 0;

    for (unsigned i = 0; i < roster->count; i++) {
        const struct standing *standing = find_standing(standings, roster, &roster->addresses[i]);

        if (!roster_is_usable(roster, &roster->addresses[i]))
            continue;
        if (!standing || standing->failed_ns == NEVER || now_ns - standing->failed_ns > FRESH_NS)
            return false;
        failures += standing->silent > 0 ? standing->silent : 1;
        if (standing->silent > 0 && standing->silent_since_ns < since_ns)
            since_ns = standing->silent_since_ns;
        if (standing->silent > 0 && standing->silent_last_ns > last_ns)
            last_ns = standing->silent_last_ns;
    }
    return roster->unresolved == 0 && last_ns != INT64_MIN && is_long(failures, since_ns, last_ns);
}

static void tell_all_failing(struct standings *standings, const struct knowledge *knowledge,
                             const struct roster *roster)
{
    for (unsigned i = 0; i < roster->count; i++) {
        struct standing *standing = find_standing(standings, roster, &roster->addresses[i]);

        if (standing && standing->failed_ns != NEVER)
            tell_failing(standings, knowledge, roster, &roster->addresses[i], standing);
    }
}

static bool may_look(struct looks *looks, int64_t time_ns)
{
    if (time_ns / SECOND_NS != looks->second) {
        looks->second = time_ns / SECOND_NS;
        looks->count = 0;
    }
    return looks->count++ < LOOKS_PER_SECOND;
}

/* Where a server of the zone serves something, those that fail for keys alone break the zone's
 * validation and not its delegation. Where none does any question tells: some resolvers ask for the
 * keys first. */
static bool is_about_keys(const struct knowledge *knowledge, const struct exchange *exchange,
                          const struct roster *roster)
{
    if (exchange->qtype != TYPE_DNSKEY && exchange->qtype != TYPE_DS)
        return false;
    for (unsigned i = 0; i < roster->count; i++)
        if (conduct_serves_something(knowledge, &roster->addresses[i]))
            return true;
    return false;
}

/* Silence shows late, when it may have failed otherwise since. */
static void note_failure(struct standing *standing, enum outcome outcome, int64_t time_ns,
                         uint32_t source)
{
    if (standing->failed_ns != NEVER && standing->failed_ns > time_ns)
        return;
    standing->failed_ns = time_ns;
    standing->outcome = (uint8_t)outcome;
    standing->source = source;
}

static void see_failure(struct standings *standings, const struct knowledge *knowledge,
                        const struct event *event, const struct exchange *exchange,
                        const struct name *zone, enum outcome outcome)
{
    struct standing *standing;
    struct roster roster;

    if (!roster_read(&roster, knowledge->world, zone, standings->ipv6_answered) ||
        !roster_lists(&roster, &exchange->server) || is_about_keys(knowledge, exchange, &roster))
        return;
    standing = get_standing(standings, &roster, &exchange->server);
    note_failure(standing, outcome, event->time_ns, event->source);
    standing->silent = 0;
    tell_failing(standings, knowledge, &roster, &exchange->server, standing);
    if (is_down(standings, &roster, event->time_ns))
        tell_all_failing(standings, knowledge, &roster);
}

static void see_service(struct standings *standings, const struct knowledge *knowledge,
                        const struct event *event, const struct exchange *exchange,
                        const struct name *zone)
{
    struct standing *standing;
    struct roster roster;
    bool wanted;

    if (!roster_read(&roster, knowledge->world, zone, standings->ipv6_answered))
        return;
    standing = find_standing(standings, &roster, &exchange->server);
    if (!standing)
        return;
    wanted = standing->awaited || standing->told_ns != NEVER;
    table_remove(standings->table, standing);
    if (wanted)
        tell(standings, knowledge, &roster, &exchange->server, OUTCOME_ANSWER, event->time_ns,
             event->source);
}

/* The zone that the server was asked as a server of: its labels, LABELS_UNKNOWN if it is not known.
 */
static unsigned find_zone(const struct knowledge *knowledge, const struct exchange *exchange,
                          struct name *zone)
{
    uint64_t ancestors[ANCESTORS_MAX];
    struct name qname;
    unsigned labels;

    exchange_name(exchange, &qname);
    if (qname.size_bytes == 0)
        return LABELS_UNKNOWN;
    labels = world_ancestors(&qname, ancestors);
    labels = world_zone_labels(knowledge->world, &exchange->server, ancestors, labels);
    zone_of_labels(&qname, labels, zone);
    return labels;
}

static RARE void look_into(struct standings *standings, const struct knowledge *knowledge,
                           const struct event *event, const struct exchange *exchange,
                           const struct answer *answer, enum outcome outcome)
{
    struct name zone;
    unsigned labels = find_zone(knowledge, exchange, &zone);

    if (labels == LABELS_UNKNOWN)
        return;
    if (outcome == OUTCOME_REFERRAL)
        outcome = outcome_of_referral(answer->authority_labels, labels);
    if (outcome == OUTCOME_ANSWER || outcome == OUTCOME_REFERRAL)
        see_service(standings, knowledge, event, exchange, &zone);
    else if (outcome != OUTCOME_NOT_AUTHORITATIVE || !answer_is_intercepted(exchange, labels))
        see_failure(standings, knowledge, event, exchange, &zone, outcome);
}

/* A zone that hangs on one name is told of when its server answers. */
static RARE void see_lonely(struct standings *standings, const struct knowledge *knowledge,
                            const struct event *event, const struct answer *answer)
{
    int64_t *waited_ns = table_find(standings->lonely, answer->authority_hash);
    struct roster roster;
    struct name zone;

    if (waited_ns && event->time_ns - *waited_ns < HOUR_NS)
        return;
    zone_of_labels(&event->dns.qname, answer->authority_labels, &zone);
    if (!roster_read(&roster, knowledge->world, &zone, standings->ipv6_answered) ||
        roster.count == 0)
        return;
    if (!waited_ns)
        waited_ns = table_add(standings->lonely, answer->authority_hash,
                              name_family_hash(zone.bytes, zone.size_bytes));
    *waited_ns = event->time_ns;
    for (unsigned i = 0; i < roster.count; i++)
        get_standing(standings, &roster, &roster.addresses[i])->awaited = true;
}

static void see_referral(struct standings *standings, const struct knowledge *knowledge,
                         const struct event *event, const struct answer *answer)
{
    const struct delegation *delegation =
        world_delegation_by_hash(knowledge->world, answer->authority_hash);

    if (delegation && delegation->name_count == 1 && answer->authority_labels != LABELS_UNKNOWN)
        see_lonely(standings, knowledge, event, answer);
}

void standings_see_answer(struct standings *standings, const struct knowledge *knowledge,
                          const struct event *event, const struct exchange *exchange,
                          const struct answer *answer)
{
    enum outcome outcome = conduct_answering(exchange, answer);

    standings->ipv6_answered |= !address_is_ipv4(&exchange->server);
    if (outcome == OUTCOME_ANSWER ? may_have_standing(standings, &exchange->server)
                                  : may_look(&standings->answers, event->time_ns))
        look_into(standings, knowledge, event, exchange, answer, outcome);
    if (answer->kind == ANSWER_REFERRAL)
        see_referral(standings, knowledge, event, answer);
}

static void count_silence(struct standing *standing, const struct exchange *exchange)
{
    int64_t time_ns = exchange->query_ns;

    if (standing->silent > 0 && time_ns - standing->silent_last_ns > FRESH_NS)
        standing->silent = 0;
    if (standing->silent == 0)
        standing->silent_since_ns = time_ns;
    else if (time_ns - standing->silent_last_ns < SILENT_APART_NS)
        return;
    standing->silent_last_ns = time_ns;
    standing->silent += standing->silent < UINT8_MAX;
}

static RARE void see_silence(struct standings *standings, const struct knowledge *knowledge,
                             const struct exchange *exchange, const struct name *zone)
{
    struct standing *standing;
    struct roster roster;
    bool plain;

    if (!roster_read(&roster, knowledge->world, zone, standings->ipv6_answered) ||
        !roster_lists(&roster, &exchange->server) || is_about_keys(knowledge, exchange, &roster))
        return;
    standing = get_standing(standings, &roster, &exchange->server);
    note_failure(standing, conduct_silent(knowledge, exchange), exchange->query_ns,
                 exchange->query_source);
    /* What the network says of a server that never served anything needs no repetition. */
    plain = exchange->icmp && !conduct_serves_something(knowledge, &exchange->server);
    if (!plain)
        count_silence(standing, exchange);
    if (plain || is_long(standing->silent, standing->silent_since_ns, standing->silent_last_ns))
        tell_failing(standings, knowledge, &roster, &exchange->server, standing);
    if (is_down(standings, &roster, exchange->query_ns))
        tell_all_failing(standings, knowledge, &roster);
}

void standings_see_silence(struct standings *standings, const struct knowledge *knowledge,
                           const struct exchange *exchange, int64_t now_ns)
{
    struct name zone;

    if (exchange->query_ns == NEVER || !may_look(&standings->silences, exchange->query_ns) ||
        conduct_is_excused(knowledge, exchange, now_ns) ||
        find_zone(knowledge, exchange, &zone) == LABELS_UNKNOWN)
        return;
    see_silence(standings, knowledge, exchange, &zone);
}
