#include "correlate/party_private.h"

#include <assert.h>
#include <stdlib.h>

#include "correlate/memory.h"
#include "decode/codes.h"
#include "decode/hash.h"

#define TOUCH_NS  (10 * SECOND_NS)
#define MINUTE_NS (60 * SECOND_NS)
/* Servers that no client asks are counted by the quarter of an hour, and told of this often. */
#define QUARTER_NS (15 * MINUTE_NS)
#define TELL_NS    (5 * MINUTE_NS)
/* Who holds the table's slots: a flood of strangers pushes out strangers, and not the resolvers. */
enum { HELD_BY_STRANGERS, HELD_BY_RESOLVERS };
/* The first questions to a service may be anybody's; of the later ones a share tells enough. The
 * share goes by the question, so that one that is passed on is in it each time. */
#define EARLY_QUERIES 256
#define SAMPLE_OF     32

/* Not keyed: a stranger whose address meets another's bit costs a look-up, no more. */
static unsigned role_bit(const struct address *address)
{
    uint64_t halves[2];

    memcpy(halves, address->bytes, sizeof(halves));
    return (unsigned)((halves[0] ^ halves[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 52) % ROLE_BITS;
}

static void list_remove(struct party **list, size_t *count, const struct party *party)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == party) {
            memmove(&list[i], &list[i + 1], (*count - i - 1) * sizeof(*list));
            (*count)--;
            return;
        }
    }
}

/* In order of address, so that no hash order reaches a verdict. False when the list is full. */
static bool list_insert(struct party **list, size_t *count, struct party *party)
{
    size_t at = *count;

    if (*count == SERVICES_MAX)
        return false;
    while (at > 0 && address_compare(&list[at - 1]->address, &party->address) > 0)
        at--;
    memmove(&list[at + 1], &list[at], (*count - at) * sizeof(*list));
    list[at] = party;
    (*count)++;
    return true;
}

static void widen(uint64_t *wide, const uint32_t *narrow, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wide[i] = narrow[i];
}

static void tell_minute(const struct parties *parties, const struct party *party,
                        minute_function tell, void *context)
{
    const struct party_minute *minute = &party->minute;
    struct minute_counters counters = {
        .minute_ns = minute->begin_ns,
        .source = minute->source,
        .server = party->address,
        .is_resolver = parties_is_service(parties, &party->address) &&
                       parties_is_watched(parties, &party->address, NULL),
        .queries = minute->queries,
        .responses = minute->responses,
        .unanswered = minute->unanswered,
    };

    widen(counters.rcodes, minute->rcodes, RCODES);
    widen(counters.latency, minute->latency, LATENCY_BUCKETS);
    tell(context, &counters);
}

static void flush_minute(struct parties *parties, struct party *party)
{
    if (!party->minute_used)
        return;
    tell_minute(parties, party, parties->emit, parties->context);
    party->minute_used = false;
}

static void release(void *context, void *slot)
{
    struct parties *parties = context;
    struct party *party = slot;

    if (parties->last == party)
        parties->last = NULL;
    if (parties->known[role_bit(&party->address) % KNOWN_MAX] == party)
        parties->known[role_bit(&party->address) % KNOWN_MAX] = NULL;
    flush_minute(parties, party);
    free(party->silences);
    if (party->in_services || party->in_egresses || party_raw_votes(party) ||
        party->own_questions || party->traits & (TRAIT_ANSWERS | TRAIT_RESOLVES))
        roles_change(parties);
    if (party->in_services)
        list_remove(parties->services, &parties->service_count, party);
    if (party->in_egresses)
        list_remove(parties->egresses, &parties->egress_count, party);
}

static struct address *copy(const struct address *addresses, size_t count)
{
    struct address *copied = calloc(count + 1, sizeof(*copied));

    if (copied && count)
        memcpy(copied, addresses, count * sizeof(*copied));
    return copied;
}

static uint64_t buckets_within(uint64_t memory_bytes)
{
    uint64_t buckets = 1;

    while (2 * buckets * sizeof(struct asked_bucket) <= memory_bytes)
        buckets *= 2;
    return buckets;
}

struct parties *parties_new(const struct correlator_options *options, uint64_t memory_bytes,
                            minute_function emit, void *context)
{
    struct parties *parties = calloc(1, sizeof(*parties));

    if (!parties)
        return NULL;
    parties->emit = emit;
    parties->context = context;
    parties->table =
        table_new(sizeof(struct party),
                  (uint32_t)(memory_bytes / 8 * 7 / table_slot_cost(sizeof(struct party)) + 16),
                  release, parties);
    parties->asked_mask = buckets_within(memory_bytes / 8) - 1;
    parties->asked = memory_reserve(parties->asked_mask + 1, sizeof(*parties->asked));
    parties->given_resolvers = copy(options->resolvers, options->resolver_count);
    parties->given_egresses = copy(options->egresses, options->egress_count);
    parties->memos = calloc(ROLE_MEMOS, sizeof(*parties->memos));
    parties->asked_ns = NEVER;
    parties->role_epoch = 1;
    parties->votes_level = VOTE_EXCLUSIVE;
    parties->given_resolver_count = options->resolver_count;
    parties->given_egress_count = options->egress_count;
    if (!parties->table || !parties->asked || !parties->given_resolvers ||
        !parties->given_egresses || !parties->memos) {
        parties_free(parties);
        return NULL;
    }
    return parties;
}

void parties_free(struct parties *parties)
{
    if (!parties)
        return;
    table_free(parties->table);
    memory_release(parties->asked, parties->asked_mask + 1, sizeof(*parties->asked));
    free(parties->given_resolvers);
    free(parties->given_egresses);
    free(parties->memos);
    free(parties);
}

static struct party *find_known(const struct parties *parties, const struct address *address)
{
    struct party *known = parties->known[role_bit(address) % KNOWN_MAX];

    return known && address_equal(&known->address, address) ? known : NULL;
}

struct party *parties_find(const struct parties *parties, const struct address *address)
{
    struct party *known = find_known(parties, address);

    if (known)
        return known;
    if (parties->last && address_equal(&parties->last->address, address))
        return parties->last;
    return table_find(parties->table, party_key(address));
}

static struct party *add_party(struct parties *parties, const struct address *address, uint64_t key,
                               int64_t now_ns)
{
    struct party *party = table_add(parties->table, key, HELD_BY_STRANGERS);

    party->address = *address;
    party->touched_ns = now_ns;
    party->answered_query_ns = NEVER;
    party->answered_edns_query_ns = party->answered_plain_query_ns = NEVER;
    party->open_query_ns = party->interleaved_ns = NEVER;
    party->encrypted_ns = NEVER;
    return party;
}

static void touch(struct parties *parties, struct party *party, int64_t now_ns)
{
    if (now_ns - party->touched_ns > TOUCH_NS) {
        table_touch(parties->table, party);
        party->touched_ns = now_ns;
    }
}

#define RARE                                                                                       \
    __attribute__((noinline)) /* what few packets need stays out of the way of the others */

static RARE struct party *find_or_add(struct parties *parties, const struct address *address,
                                      int64_t now_ns)
{
    uint64_t key = party_key(address);
    struct party *party = table_find(parties->table, key);

    if (!party)
        party = add_party(parties, address, key, now_ns);
    if (party->in_services || party->in_egresses)
        parties->known[role_bit(address) % KNOWN_MAX] = party;
    else
        parties->last = party;
    return party;
}

static inline struct party *get(struct parties *parties, const struct address *address,
                                int64_t now_ns)
{
    struct party *party = find_known(parties, address);

    if (!party)
        party = find_or_add(parties, address, now_ns);
    touch(parties, party, now_ns);
    return party;
}

struct party *parties_get(struct parties *parties, const struct address *address, int64_t now_ns)
{
    return get(parties, address, now_ns);
}

static void mark_role(struct parties *parties, const struct address *address)
{
    unsigned bit = role_bit(address);

    parties->role_bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The party, where it is a service or an egress; NULL for everybody else, mostly without a look-up.
 */
static struct party *find_with_role(const struct parties *parties, const struct address *address)
{
    unsigned bit = role_bit(address);
    struct party *party;

    if (!(parties->role_bits[bit / 64] >> bit % 64 & 1))
        return NULL;
    party = parties_find(parties, address);
    return party && (party->in_services || party->in_egresses) ? party : NULL;
}

static void note_traits(struct parties *parties, struct party *party)
{
    uint8_t traits = party_traits(party), changed = traits ^ party->traits;

    party->traits = traits;
    if (changed & (TRAIT_ANSWERS | TRAIT_RESOLVES) ||
        (changed && (party->in_services || party->in_egresses)))
        roles_change(parties);
}

/* What it has for any address is looked at first: mostly that decides. */
static bool has_votes_enough(const struct parties *parties, const struct party *party)
{
    return party_raw_votes(party) >= VOTES_ENOUGH * VOTE_EXCLUSIVE &&
           party_most_votes(parties, party) >= VOTES_ENOUGH * VOTE_EXCLUSIVE;
}

static RARE void enlist(struct parties *parties, struct party *party)
{
    size_t listed = parties->service_count + parties->egress_count;
    bool had_role = party->in_services || party->in_egresses;
    bool serves = party_is_service(parties, party);

    note_traits(parties, party);
    if (party->in_egresses && (party->in_services || !serves))
        return;
    if (!party->in_services && serves)
        party->in_services = list_insert(parties->services, &parties->service_count, party);
    if (!party->in_egresses &&
        (party->iterative_queries || party->infrastructure_queries ||
         (party_raw_votes(party) && party_is_convincing(parties, party)) ||
         (party->in_services && party_sends(party)) ||
         among(parties->given_egresses, parties->given_egress_count, &party->address)))
        party->in_egresses = list_insert(parties->egresses, &parties->egress_count, party);
    if (parties->service_count + parties->egress_count != listed)
        roles_change(parties);
    if (had_role || (!party->in_services && !party->in_egresses))
        return;
    mark_role(parties, &party->address);
    table_move(parties->table, party, HELD_BY_RESOLVERS);
}

static bool is_counted(const struct party *party, int64_t time_ns, uint32_t source)
{
    return party->minute_used && party->minute.source == source &&
           party->minute.from_ns <= time_ns && time_ns < party->minute.until_ns;
}

static RARE void begin_minute(struct parties *parties, struct party *party, int64_t time_ns,
                              uint32_t source)
{
    bool has_clients = party->in_services || party->asker_count > 0 || party->recursive_answers > 0;
    int64_t span_ns = has_clients ? MINUTE_NS : QUARTER_NS, from_ns;

    flush_minute(parties, party);
    from_ns = time_ns - time_ns % span_ns;
    party->minute = (struct party_minute){.begin_ns = time_ns - time_ns % MINUTE_NS,
                                          .from_ns = from_ns,
                                          .until_ns = from_ns + span_ns,
                                          .source = source};
    party->minute_used = true;
}

static inline struct party_minute *minute_of(struct parties *parties, struct party *party,
                                             int64_t time_ns, uint32_t source)
{
    if (!is_counted(party, time_ns, source))
        begin_minute(parties, party, time_ns, source);
    return &party->minute;
}

/* Somebody who may be a client asks it: from here on it is counted by the minute. */
static void count_by_minute(struct party *party)
{
    party->minute.until_ns = party->minute.from_ns;
}

static RARE void remember_asker(struct parties *parties, struct party *service,
                                const struct address *asker)
{
    if (among(service->askers, service->asker_count, asker))
        return;
    if (service->asker_count == 0)
        count_by_minute(service);
    service->askers[service->asker_count++] = *asker;
    if (service->in_services)
        roles_change(parties);
}

/* What resolvers ask for and clients hardly ever do. */
static bool is_infrastructure(const struct dns_message *message)
{
    return message->qname.size_bytes == 1 || message->qtype == TYPE_DNSKEY ||
           message->qtype == TYPE_DS;
}

static bool is_in_sample(const struct dns_message *message)
{
    const struct name *qname = &message->qname;
    unsigned middle = qname->bytes[qname->size_bytes / 2];

    return (qname->bytes[1] + 3u * middle + 5u * qname->size_bytes) % SAMPLE_OF == 0;
}

/* May the question be one that was remembered? One of the early ones may be answered late. */
static bool may_be_remembered(const struct party *service, const struct party *asker,
                              const struct dns_message *message)
{
    return asker || service->queries_received <= 16 * EARLY_QUERIES || is_infrastructure(message) ||
           is_in_sample(message);
}

static void remember_asked_service(struct party *asker, const struct address *service)
{
    if (asker->asked_count < PARTY_ASKED && !among(asker->asked, asker->asked_count, service))
        asker->asked[asker->asked_count++] = *service;
}

static void count_asked(struct party *asker, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->flags & DNS_RD) {
        asker->recursive_queries++;
        asker->infrastructure_queries += is_infrastructure(message);
        remember_asked_service(asker, &event->flow.destination);
    } else {
        asker->iterative_queries++;
    }
    if (!address_is_ipv4(&event->flow.destination))
        asker->queries_sent_ipv6++;
    if (message->qname.size_bytes > 2 && message->qname.bytes[0] == 1 &&
        message->qname.bytes[1] == '_')
        asker->underscore_queries++;
    if (message->qname.size_bytes &&
        memcmp(message->qname_wire, message->qname.bytes, message->qname.size_bytes) != 0)
        asker->mixed_case_queries++;
    silence_extend(asker, event);
}

/* Is the query one of those that tell something? */
static bool is_telling(const struct party *server, const struct dns_message *message)
{
    return server->queries_received <= EARLY_QUERIES || is_infrastructure(message) ||
           is_in_sample(message);
}

/* Somebody without a role asks a service. Returns whether he may be another resolver's egress.
 * Nearly all are clients, of whom there are very many: one is known, and counted, only from the
 * time on that he does what an egress does. */
static RARE bool see_telling_query(struct parties *parties, const struct party *server,
                                   const struct event *event,
                                   const struct exchange_table *exchanges)
{
    bool early = server->queries_received <= EARLY_QUERIES;
    bool infrastructure = is_infrastructure(&event->dns);
    struct party *asker = parties_find(parties, &event->flow.source);

    if (!asker && (early || infrastructure ||
                   (parties->service_count > 1 && coincidence_is_there(parties, event))))
        asker = parties_get(parties, &event->flow.source, event->time_ns);
    if (asker) {
        touch(parties, asker, event->time_ns);
        asker->recursive_queries++;
        asker->infrastructure_queries += infrastructure;
        remember_asked_service(asker, &event->flow.destination);
        coincidence_learn(parties, asker, event, exchanges);
        enlist(parties, asker);
    }
    coincidence_remember(parties, event);
    return early || (asker && asker->in_egresses);
}

static bool see_client_query(struct parties *parties, const struct party *server,
                             const struct event *event, const struct exchange_table *exchanges)
{
    const struct dns_message *message = &event->dns;

    if (!(message->flags & DNS_RD) || message->qname.size_bytes == 0)
        return server->queries_received <= EARLY_QUERIES;
    return is_telling(server, message) && see_telling_query(parties, server, event, exchanges);
}

bool parties_may_be_upstream(const struct parties *parties, const struct event *event,
                             uint64_t *server)
{
    const struct flow *flow = &event->flow;
    const struct address *address = event->dns.flags & DNS_QR ? &flow->source : &flow->destination;
    const struct party *known = find_known(parties, address);

    if (known && known->in_services)
        return false;
    *server = party_key(address);
    return true;
}

void parties_foresee(const struct parties *parties, uint64_t server, unsigned step)
{
    if (step == 0)
        table_prefetch_bucket(parties->table, server);
    else
        table_prefetch_slot(parties->table, server, offsetof(struct party, askers));
}

static RARE void see_first_query(struct parties *parties, struct party *server, bool recursive)
{
    server->first_iterative = !recursive;
    if (server->in_services || server->in_egresses)
        roles_change(parties);
}

/* Of who has a role, or to who is no service. */
static RARE void see_resolver_query(struct parties *parties, struct party *asker,
                                    const struct event *event,
                                    const struct exchange_table *exchanges)
{
    const struct dns_message *message = &event->dns;

    if (asker)
        touch(parties, asker, event->time_ns);
    else
        asker = parties_get(parties, &event->flow.source, event->time_ns);
    count_asked(asker, event);
    if (message->qname.size_bytes && !has_votes_enough(parties, asker))
        coincidence_learn(parties, asker, event, exchanges);
    if ((message->flags & DNS_RD) && message->qname.size_bytes)
        coincidence_remember(parties, event);
    enlist(parties, asker);
}

bool parties_see_query(struct parties *parties, const struct event *event,
                       const struct exchange_table *exchanges)
{
    struct party *server = get(parties, &event->flow.destination, event->time_ns);
    struct party *asker = find_with_role(parties, &event->flow.source);
    bool recursive = event->dns.flags & DNS_RD;

    if (server->queries_received++ == 0)
        see_first_query(parties, server, recursive);
    if (server->open_query_ns == NEVER)
        server->open_query_ns = event->time_ns;
    if (recursive && server->asker_count < PARTY_ASKERS)
        remember_asker(parties, server, &event->flow.source);
    minute_of(parties, server, event->time_ns, event->source)->queries++;
    /* RD=0 to a service does not make one a resolver. */
    if (server->in_services && !asker)
        return see_client_query(parties, server, event, exchanges);
    see_resolver_query(parties, asker, event, exchanges);
    return true;
}

bool parties_see_response(struct parties *parties, const struct event *event, struct party **sender)
{
    const struct dns_message *message = &event->dns;
    struct party *server = *sender = get(parties, &event->flow.source, event->time_ns);
    const struct party *asker = find_with_role(parties, &event->flow.destination);
    unsigned rcode = message->flags & DNS_RCODE;
    struct party_minute *minute;

    if ((message->flags & (DNS_RD | DNS_RA)) == (DNS_RD | DNS_RA) &&
        server->recursive_answers++ == 0)
        count_by_minute(server);
    minute = minute_of(parties, server, event->time_ns, event->source);
    server->responses_sent++;
    server->good_answers += rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN;
    minute->responses++;
    minute->rcodes[rcode]++;
    if (!server->in_services) {
        if (party_is_service(parties, server))
            enlist(parties, server);
    } else if (message->qname.size_bytes && may_be_remembered(server, asker, message)) {
        coincidence_close(parties, event);
    }
    return !server->in_services || asker;
}

static void remember_special_use(struct parties *parties, const struct address *server)
{
    const char *special_use = address_special_use(server, false);

    if (special_use && !parties_special_use_works(parties, special_use) &&
        parties->working_special_use_count < 8)
        parties->working_special_uses[parties->working_special_use_count++] = special_use;
}

bool parties_special_use_works(const struct parties *parties, const char *special_use)
{
    for (size_t i = 0; i < parties->working_special_use_count; i++)
        if (strcmp(parties->working_special_uses[i], special_use) == 0)
            return true;
    return false;
}

/* A dead server answers nothing more; one that leaves queries and answers later ones is alive. */
static void see_interleaving(struct party *server, const struct answered *answered)
{
    if (server->open_query_ns == NEVER)
        return;
    if (answered->query_ns - server->open_query_ns > SECOND_NS) {
        server->interleaved_ns = answered->response_ns;
        server->open_query_ns = answered->query_ns;
    }
    if (answered->last_query_ns >= server->open_query_ns &&
        answered->query_ns <= server->open_query_ns)
        server->open_query_ns = NEVER;
}

void parties_see_rejection(struct parties *parties, const struct address *address,
                           enum outcome outcome)
{
    struct party *server = parties_find(parties, address);

    if (server)
        server->rejection = (uint8_t)outcome;
}

void parties_see_answered(struct parties *parties, struct party *server,
                          const struct answered *answered)
{
    int64_t query_ns = answered->query_ns;

    if (query_ns == NEVER)
        return;
    if (server->answered_query_ns == NEVER)
        remember_special_use(parties, &server->address);
    /* The minute is the response's: see parties_see_response(). */
    assert(is_counted(server, answered->response_ns, answered->response_source));
    server->minute.latency[latency_bucket(answered->response_ns - query_ns)]++;
    if (query_ns > server->answered_query_ns)
        server->answered_query_ns = query_ns;
    see_interleaving(server, answered);
    server->rejection = 0;
    if (answered->edns) {
        if (query_ns > server->answered_edns_query_ns)
            server->answered_edns_query_ns = query_ns;
    } else if (query_ns > server->answered_plain_query_ns) {
        server->answered_plain_query_ns = query_ns;
    }
}

static bool asks_upstream(const struct party *party)
{
    return party->iterative_queries + party->recursive_queries > 0;
}

void parties_see_answer_received(struct parties *parties, const struct exchange *exchange)
{
    struct party *asker = parties_find(parties, &exchange->asker);

    /* What somebody whose queries are seen was not seen to ask for may be forged. */
    if (asker && (exchange->query_ns != NEVER || !asks_upstream(asker))) {
        asker->answers_received++;
        if (!address_is_ipv4(&exchange->server))
            asker->answers_received_ipv6++;
        silence_end(asker, exchange->response_ns);
    }
}

void parties_see_unanswered(struct parties *parties, const struct exchange *exchange)
{
    struct party *server = parties_find(parties, &exchange->server);
    struct party *asker = parties_find(parties, &exchange->asker);
    struct minute_counters minute;

    if (asker)
        asker->queries_unanswered += exchange->transmissions;
    if (!server || exchange->query_ns == NEVER)
        return;
    if (is_counted(server, exchange->query_ns, exchange->query_source)) {
        server->minute.unanswered += exchange->transmissions;
        return;
    }
    minute = (struct minute_counters){
        .minute_ns = exchange->query_ns - exchange->query_ns % MINUTE_NS,
        .source = exchange->query_source,
        .server = exchange->server,
        .is_resolver = server->in_services && parties_is_watched(parties, &server->address, NULL),
        .unanswered = exchange->transmissions,
    };
    parties->emit(parties->context, &minute);
}

void parties_see_encrypted(struct parties *parties, const struct event *event)
{
    struct party *source = parties_find(parties, &event->flow.source);
    struct party *destination = parties_find(parties, &event->flow.destination);

    if (source)
        source->encrypted_ns = event->time_ns;
    if (destination)
        destination->encrypted_ns = event->time_ns;
}

static bool is_complete(const struct party_minute *minute, int64_t now_ns)
{
    int64_t end_ns = now_ns - 2 * MINUTE_NS;

    return minute->begin_ns < end_ns &&
           (minute->until_ns <= end_ns || minute->begin_ns < now_ns - TELL_NS);
}

void parties_flush_minutes(struct parties *parties, int64_t now_ns)
{
    for (struct party *party = table_oldest(parties->table); party;
         party = table_younger(parties->table, party))
        if (party->minute_used && (now_ns == INT64_MAX || is_complete(&party->minute, now_ns)))
            flush_minute(parties, party);
}

void parties_open_minutes(const struct parties *parties, minute_function tell, void *context)
{
    for (struct party *party = table_oldest(parties->table); party;
         party = table_younger(parties->table, party))
        if (party->minute_used)
            tell_minute(parties, party, tell, context);
}

void parties_count(const struct parties *parties, struct correlate_counters *counters)
{
    for (size_t i = 0; i < parties->service_count; i++) {
        const struct party *service = parties->services[i];

        if (!parties_is_watched(parties, &service->address, NULL))
            continue;
        counters->client_queries += service->queries_received;
        counters->client_responses += service->responses_sent;
    }
    for (size_t i = 0; i < parties->egress_count; i++) {
        const struct party *egress = parties->egresses[i];

        if (!parties_is_resolver(parties, &egress->address))
            continue;
        counters->upstream_queries += egress->iterative_queries + egress->recursive_queries;
        counters->upstream_unanswered += egress->queries_unanswered;
    }
}

void parties_fill(const struct parties *parties, struct table_fill *fill)
{
    table_count(parties->table, fill);
}
