#include "correlate/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/outcome.h"
#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/hash_words.h"
#include "decode/rare.h"

#define HOUR_NS (3600 * SECOND_NS)
/* Queries in a row that a server leaves unanswered before that is its state and not a lost packet.
 */
#define SILENT_IN_A_ROW 3
/* Failing exchanges that are looked into within a second of packet time: a flood of them teaches
 * nothing more. */
#define LOOKS_PER_SECOND 32
#define QUEUE_MAX        64
#define FILTER_SIZE      4096

/* A key's signatures over one type in a zone, near their end. */
struct ending {
    int64_t expiration_ns, told_ns;
};

/* A server that does not serve a zone that is delegated to it, or seems not to. */
struct trouble {
    uint64_t server_hash;
    int64_t told_ns; /* NEVER: not yet */
    enum outcome outcome;
    unsigned silent; /* queries in a row without an answer */
};

struct forecasts {
    struct table *endings;             /* by zone, type and key */
    struct table *troubles;            /* by server and zone */
    struct table *lonely;              /* zones with one nameserver: when it was told */
    uint16_t troubles_of[FILTER_SIZE]; /* by server, and who shares its place here */
    /* A bit for each that is not 0, as few are: all answers ask for one. */
    uint64_t in_trouble[FILTER_SIZE / 64];
    struct finding queue[QUEUE_MAX];
    unsigned queue_first, queue_count;
    int64_t looks_second;
    unsigned looks;
};

static bool is_in_trouble(const struct forecasts *forecasts, uint64_t server_hash)
{
    unsigned place = server_hash % FILTER_SIZE;

    return forecasts->in_trouble[place / 64] >> place % 64 & 1;
}

static void count_trouble(struct forecasts *forecasts, uint64_t server_hash)
{
    unsigned place = server_hash % FILTER_SIZE;

    forecasts->troubles_of[place]++;
    forecasts->in_trouble[place / 64] |= UINT64_C(1) << place % 64;
}

static void forget_trouble(void *context, void *slot)
{
    struct forecasts *forecasts = context;
    const struct trouble *trouble = slot;
    unsigned place = trouble->server_hash % FILTER_SIZE;

    if (--forecasts->troubles_of[place] == 0)
        forecasts->in_trouble[place / 64] &= ~(UINT64_C(1) << place % 64);
}

struct forecasts *forecasts_new(uint64_t memory_bytes)
{
    struct forecasts *forecasts = calloc(1, sizeof(*forecasts));
    uint64_t third = memory_bytes / 3;

    if (!forecasts)
        return NULL;
    forecasts->endings =
        table_new(sizeof(struct ending),
                  (uint32_t)(third / table_slot_cost(sizeof(struct ending)) + 16), NULL, NULL);
    forecasts->troubles = table_new(
        sizeof(struct trouble), (uint32_t)(third / table_slot_cost(sizeof(struct trouble)) + 16),
        forget_trouble, forecasts);
    forecasts->lonely = table_new(
        sizeof(int64_t), (uint32_t)(third / table_slot_cost(sizeof(int64_t)) + 16), NULL, NULL);
    if (!forecasts->endings || !forecasts->troubles || !forecasts->lonely) {
        forecasts_free(forecasts);
        return NULL;
    }
    return forecasts;
}

void forecasts_free(struct forecasts *forecasts)
{
    if (!forecasts)
        return;
    table_free(forecasts->endings);
    table_free(forecasts->troubles);
    table_free(forecasts->lonely);
    free(forecasts);
}

/* NULL: what waits already is enough. */
static struct finding *enqueue(struct forecasts *forecasts, enum finding_kind kind)
{
    struct finding *finding;

    if (forecasts->queue_count == QUEUE_MAX)
        return NULL;
    finding = &forecasts->queue[(forecasts->queue_first + forecasts->queue_count++) % QUEUE_MAX];
    finding->kind = kind;
    return finding;
}

bool forecasts_wait(const struct forecasts *forecasts)
{
    return forecasts->queue_count > 0;
}

bool forecasts_next(struct forecasts *forecasts, struct finding *finding)
{
    const struct finding *next = &forecasts->queue[forecasts->queue_first];

    if (forecasts->queue_count == 0)
        return false;
    finding->kind = next->kind;
    if (next->kind == FINDING_SIGNATURE)
        finding->signature = next->signature;
    else
        finding->delegation = next->delegation;
    forecasts->queue_first = (forecasts->queue_first + 1) % QUEUE_MAX;
    forecasts->queue_count--;
    return true;
}

/* Signatures */

/* The fixed part of an RRSIG's RDATA (RFC 4034 section 3.1), the signer's name behind it. */
#define RRSIG_FIXED 18

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Seconds modulo 2^32, meant within 68 years of now (RFC 4034 section 3.1.5). */
static int64_t expand_time(uint32_t stamp, int64_t now_ns)
{
    int64_t now_s = now_ns / SECOND_NS;

    return (now_s + (int32_t)(stamp - (uint32_t)now_s)) * SECOND_NS;
}

/* By its stamps. */
static bool nears_its_end(uint32_t inception, uint32_t expiration, int64_t now_ns)
{
    int64_t expiration_ns = expand_time(expiration, now_ns);
    int64_t left_ns = expiration_ns - now_ns;

    return left_ns < SIGNATURE_NEAR_END_NS &&
           left_ns < (expiration_ns - expand_time(inception, now_ns)) / 3;
}

static bool read_signer(struct name *signer, const uint8_t *rdata, size_t rdata_size)
{
    size_t size = name_measure(rdata + RRSIG_FIXED, rdata_size - RRSIG_FIXED);

    signer->size_bytes = (uint8_t)size;
    name_lower(signer->bytes, rdata + RRSIG_FIXED, size);
    return size > 0;
}

static uint64_t ending_key(const struct signature_sight *sight)
{
    return hash_mix(hash_bytes(sight->zone.bytes, sight->zone.size_bytes),
                    (uint64_t)sight->type_covered << 24 | (uint64_t)sight->key_tag << 8 |
                        sight->algorithm);
}

static void tell_signature(struct forecasts *forecasts, const struct signature_sight *sight)
{
    struct finding *finding = enqueue(forecasts, FINDING_SIGNATURE);

    if (finding)
        finding->signature = *sight;
}

/* One that nears its end, or one that may be there in the place of one that did. */
static RARE void see_ending(struct forecasts *forecasts, const struct event *event,
                            const uint8_t *rdata, size_t rdata_size, bool near)
{
    struct signature_sight sight = {.time_ns = event->time_ns,
                                    .source = event->source,
                                    .server = event->flow.source,
                                    .inception_ns = expand_time(get32(rdata + 12), event->time_ns),
                                    .expiration_ns = expand_time(get32(rdata + 8), event->time_ns)};
    struct ending *ending;
    uint64_t key;

    if (!read_signer(&sight.zone, rdata, rdata_size))
        return;
    sight.type_covered = get16(rdata);
    sight.algorithm = rdata[2];
    sight.key_tag = get16(rdata + 16);
    key = ending_key(&sight);
    ending = table_find(forecasts->endings, key);
    if (!ending && !near)
        return;
    if (!ending) {
        ending = table_add(forecasts->endings, key,
                           name_family_hash(sight.zone.bytes, sight.zone.size_bytes));
    } else if (sight.expiration_ns <= ending->expiration_ns) {
        /* An older one is not what ends last; the same one is told once in a while. */
        if (sight.expiration_ns < ending->expiration_ns ||
            sight.time_ns - ending->told_ns < HOUR_NS)
            return;
    }
    tell_signature(forecasts, &sight);
    *ending = (struct ending){sight.expiration_ns, sight.time_ns};
    if (!near)
        table_remove(forecasts->endings, ending);
}

static void see_signature(struct forecasts *forecasts, const struct event *event,
                          const uint8_t *rdata, size_t rdata_size)
{
    bool near;

    if (rdata_size <= RRSIG_FIXED)
        return;
    near = nears_its_end(get32(rdata + 12), get32(rdata + 8), event->time_ns);
    if (near || table_used(forecasts->endings) > 0)
        see_ending(forecasts, event, rdata, rdata_size, near);
}

/* Delegated servers */

static bool may_look(struct forecasts *forecasts, int64_t now_ns)
{
    if (now_ns / SECOND_NS != forecasts->looks_second) {
        forecasts->looks_second = now_ns / SECOND_NS;
        forecasts->looks = 0;
    }
    return forecasts->looks++ < LOOKS_PER_SECOND;
}

/* The zone that the server was asked as a server of. */
static bool find_zone(const struct knowledge *knowledge, const struct exchange *exchange,
                      struct name *zone)
{
    uint64_t ancestors[ANCESTORS_MAX];
    struct name qname;
    unsigned labels;

    exchange_name(exchange, &qname);
    if (qname.size_bytes == 0)
        return false;
    labels = world_ancestors(&qname, ancestors);
    labels = world_zone_labels(knowledge->world, &exchange->server, ancestors, labels);
    zone_of_labels(&qname, labels, zone);
    return zone->size_bytes > 0;
}

static void tell_delegation(struct forecasts *forecasts, const struct knowledge *knowledge,
                            const struct delegation_sight *sight)
{
    const struct delegation *delegation =
        world_delegation(knowledge->world, sight->zone.bytes, sight->zone.size_bytes);
    struct glue listed[LISTED_MAX];
    struct finding *finding = enqueue(forecasts, FINDING_DELEGATION);

    if (!finding)
        return;
    finding->delegation = *sight;
    world_server_name(knowledge->world, &sight->server, &sight->zone,
                      &finding->delegation.server_name);
    finding->delegation.nameservers = delegation ? delegation->name_count : 0;
    finding->delegation.listed =
        delegation ? (unsigned)world_listed(knowledge->world, delegation, listed, LISTED_MAX) : 0;
}

static uint64_t trouble_key(const struct delegation_sight *sight, uint64_t server_hash)
{
    return hash_mix(hash_bytes(sight->zone.bytes, sight->zone.size_bytes), server_hash);
}

static struct trouble *get_trouble(struct forecasts *forecasts,
                                   const struct delegation_sight *sight, uint64_t server_hash)
{
    uint64_t key = trouble_key(sight, server_hash);
    struct trouble *trouble = table_find(forecasts->troubles, key);

    if (trouble) {
        table_touch(forecasts->troubles, trouble);
        return trouble;
    }
    trouble = table_add(forecasts->troubles, key,
                        name_family_hash(sight->zone.bytes, sight->zone.size_bytes));
    *trouble =
        (struct trouble){.server_hash = server_hash, .told_ns = NEVER, .outcome = OUTCOME_ANSWER};
    count_trouble(forecasts, server_hash);
    return trouble;
}

static void see_trouble(struct forecasts *forecasts, const struct knowledge *knowledge,
                        const struct delegation_sight *sight)
{
    uint64_t server_hash = hash_address(&sight->server);
    struct trouble *trouble = get_trouble(forecasts, sight, server_hash);

    if (sight->outcome == OUTCOME_TIMEOUT && ++trouble->silent < SILENT_IN_A_ROW)
        return;
    if (sight->outcome != OUTCOME_TIMEOUT)
        trouble->silent = 0;
    if (trouble->told_ns != NEVER && trouble->outcome == sight->outcome &&
        sight->time_ns - trouble->told_ns < HOUR_NS)
        return;
    trouble->outcome = sight->outcome;
    trouble->told_ns = sight->time_ns;
    tell_delegation(forecasts, knowledge, sight);
}

static void see_service(struct forecasts *forecasts, const struct knowledge *knowledge,
                        const struct delegation_sight *sight)
{
    uint64_t server_hash = hash_address(&sight->server);
    struct trouble *trouble = table_find(forecasts->troubles, trouble_key(sight, server_hash));

    if (!trouble)
        return;
    if (trouble->told_ns != NEVER)
        tell_delegation(forecasts, knowledge, sight);
    table_remove(forecasts->troubles, trouble);
}

/* What an answer says of the server, as far as it needs no context: referrals say nothing here. */
static enum outcome outcome_of(const struct exchange *exchange, const struct answer *answer)
{
    if (answer->rcode != RCODE_NOERROR && answer->rcode != RCODE_NXDOMAIN)
        return outcome_of_rcode(answer->rcode);
    if (answer->kind == ANSWER_REFERRAL || (exchange->response_flags & (DNS_AA | DNS_TC)))
        return OUTCOME_ANSWER;
    return OUTCOME_NOT_AUTHORITATIVE;
}

/* A zone that hangs on one name. */
static RARE void see_lonely(struct forecasts *forecasts, const struct knowledge *knowledge,
                            const struct event *event, const struct answer *answer,
                            const struct delegation *delegation)
{
    struct delegation_sight sight = {
        .time_ns = event->time_ns, .source = event->source, .outcome = OUTCOME_ANSWER};
    uint64_t key = answer->authority_hash;
    struct glue first;
    int64_t *told_ns;

    zone_of_labels(&event->dns.qname, answer->authority_labels, &sight.zone);
    if (world_listed(knowledge->world, delegation, &first, 1) == 0)
        return;
    sight.server = first.address;
    told_ns = table_find(forecasts->lonely, key);
    if (told_ns && sight.time_ns - *told_ns < HOUR_NS)
        return;
    if (!told_ns)
        told_ns = table_add(forecasts->lonely, key,
                            name_family_hash(sight.zone.bytes, sight.zone.size_bytes));
    *told_ns = sight.time_ns;
    tell_delegation(forecasts, knowledge, &sight);
}

static void see_referral(struct forecasts *forecasts, const struct knowledge *knowledge,
                         const struct event *event, const struct answer *answer)
{
    const struct delegation *delegation =
        world_delegation_by_hash(knowledge->world, answer->authority_hash);

    if (delegation && delegation->name_count == 1 && answer->authority_labels != LABELS_UNKNOWN)
        see_lonely(forecasts, knowledge, event, answer, delegation);
}

static RARE void look_into(struct forecasts *forecasts, const struct knowledge *knowledge,
                           const struct event *event, const struct exchange *exchange,
                           enum outcome outcome)
{
    struct delegation_sight sight = {.time_ns = event->time_ns,
                                     .source = event->source,
                                     .server = exchange->server,
                                     .outcome = outcome};

    if (!find_zone(knowledge, exchange, &sight.zone))
        return;
    if (outcome == OUTCOME_ANSWER)
        see_service(forecasts, knowledge, &sight);
    else
        see_trouble(forecasts, knowledge, &sight);
}

static void see_standing(struct forecasts *forecasts, const struct knowledge *knowledge,
                         const struct event *event, const struct exchange *exchange,
                         const struct answer *answer)
{
    enum outcome outcome = outcome_of(exchange, answer);

    if (outcome == OUTCOME_ANSWER ? is_in_trouble(forecasts, hash_address(&exchange->server))
                                  : may_look(forecasts, event->time_ns))
        look_into(forecasts, knowledge, event, exchange, outcome);
}

void forecasts_see_answer(struct forecasts *forecasts, const struct knowledge *knowledge,
                          const struct event *event, const struct exchange *exchange,
                          const struct answer *answer)
{
    for (unsigned i = 0; i < answer->signature_count; i++)
        see_signature(forecasts, event, answer->signature_records[i].rdata,
                      answer->signature_records[i].rdata_size);
    if (exchange->query_flags & DNS_RD)
        return; /* a forwarder */
    see_standing(forecasts, knowledge, event, exchange, answer);
    if (answer->kind == ANSWER_REFERRAL)
        see_referral(forecasts, knowledge, event, answer);
}

/* A server that has answered something younger since is there; and an asker that nobody answers,
 * or nobody over IPv6, says nothing of the servers. */
static bool is_excused(const struct knowledge *knowledge, const struct exchange *exchange)
{
    const struct asker *asker = parties_asker(knowledge->parties, &exchange->asker);
    const struct server *server = parties_server(knowledge->parties, &exchange->server);

    return !asker || (server && server_answered_query_ns(server) > exchange->query_ns) ||
           asker->answers_received == 0 ||
           (!address_is_ipv4(&exchange->server) && asker->answers_received_ipv6 == 0) ||
           parties_were_cut_off(knowledge->parties, &exchange->asker, 1, exchange->query_ns,
                                exchange->query_ns + PATIENCE_NS, false);
}

void forecasts_see_silence(struct forecasts *forecasts, const struct knowledge *knowledge,
                           const struct exchange *exchange, int64_t now_ns)
{
    struct delegation_sight sight = {.time_ns = exchange->query_ns,
                                     .source = exchange->query_source,
                                     .server = exchange->server,
                                     .outcome = exchange->icmp ? (enum outcome)exchange->icmp
                                                               : OUTCOME_TIMEOUT};

    if ((exchange->query_flags & DNS_RD) || exchange->query_ns == NEVER ||
        !may_look(forecasts, now_ns) || is_excused(knowledge, exchange) ||
        losses_share(&knowledge->losses, exchange->query_ns, exchange->query_ns + PATIENCE_NS) >
            0 ||
        !find_zone(knowledge, exchange, &sight.zone))
        return;
    see_trouble(forecasts, knowledge, &sight);
}
