#include "correlate/party.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/table.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/siphash.h"

#define SERVICES_MAX 512
#define TOUCH_NS     (10 * SECOND_NS)
#define MINUTE_NS    (60 * SECOND_NS)
/* How soon after a client's question an egress asks for the same name for the two to belong
 * together: a forwarding resolver passes the question on at once, an iterating one walks down to
 * the name first. */
#define FORWARD_LAG_NS (100 * MILLISECOND_NS)
#define ITERATE_LAG_NS (5 * SECOND_NS)
/* Votes after which nothing more is to be learned; where there is one service only, every 32nd
 * question is remembered, for egresses that come later. The first questions to a service may be
 * anybody's. */
#define VOTES_ENOUGH  64
#define VOTE_SAMPLE   32
#define EARLY_QUERIES 256
/* A coincidence with one service only counts more than one among several. */
#define VOTE_EXCLUSIVE 4
#define VOTE_AMBIGUOUS 1

#define ASKED_AT_MAX 3
/* Addresses that were looked up last: nearly all packets name one of a few servers. */
#define RECENT_MAX 2
#define ROLE_BITS  4096

/* A question that some service was asked: the newest few services by name and type. */
struct asked {
    struct asked_at {
        struct address service, asker;
        int64_t time_ns;
        bool open;
    } at[ASKED_AT_MAX];
    uint8_t count;
};

struct parties {
    struct party *recent[RECENT_MAX];
    uint64_t
        role_bits[ROLE_BITS / 64]; /* a filter: who is not in it is neither service nor egress */
    struct table *table;
    struct table *asked;
    struct party *services[SERVICES_MAX], *egresses[SERVICES_MAX];
    size_t service_count, egress_count;
    struct address *given_resolvers, *given_egresses;
    size_t given_resolver_count, given_egress_count;
    const char *working_special_uses[8];
    size_t working_special_use_count;
    minute_function emit;
    void *context;
};

static bool among(const struct address *addresses, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_equal(&addresses[i], address))
            return true;
    return false;
}

static uint64_t key_of(const struct address *address)
{
    return siphash_address(address);
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

static void flush_minute(struct parties *parties, struct party *party)
{
    if (!party->minute_used)
        return;
    party->minute.server = party->address;
    party->minute.is_resolver = parties_is_service(parties, &party->address) &&
                                parties_is_watched(parties, &party->address, NULL);
    parties->emit(parties->context, &party->minute);
    party->minute_used = false;
}

static void release(void *context, void *slot)
{
    struct parties *parties = context;
    struct party *party = slot;

    for (unsigned i = 0; i < RECENT_MAX; i++)
        if (parties->recent[i] == party)
            parties->recent[i] = NULL;
    flush_minute(parties, party);
    free(party->silences);
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

struct parties *parties_new(const struct correlator_options *options, uint64_t memory_bytes,
                            minute_function emit, void *context)
{
    struct parties *parties = calloc(1, sizeof(*parties));
    uint64_t half = memory_bytes / 2;

    if (!parties)
        return NULL;
    parties->emit = emit;
    parties->context = context;
    parties->table =
        table_new(sizeof(struct party),
                  (uint32_t)(half / table_slot_cost(sizeof(struct party)) + 16), release, parties);
    parties->asked =
        table_new(sizeof(struct asked),
                  (uint32_t)(half / table_slot_cost(sizeof(struct asked)) + 16), NULL, NULL);
    parties->given_resolvers = copy(options->resolvers, options->resolver_count);
    parties->given_egresses = copy(options->egresses, options->egress_count);
    parties->given_resolver_count = options->resolver_count;
    parties->given_egress_count = options->egress_count;
    if (!parties->table || !parties->asked || !parties->given_resolvers ||
        !parties->given_egresses) {
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
    table_free(parties->asked);
    free(parties->given_resolvers);
    free(parties->given_egresses);
    free(parties);
}

static struct party *find_recent(const struct parties *parties, const struct address *address)
{
    for (unsigned i = 0; i < RECENT_MAX; i++)
        if (parties->recent[i] && address_equal(&parties->recent[i]->address, address))
            return parties->recent[i];
    return NULL;
}

struct party *parties_find(const struct parties *parties, const struct address *address)
{
    struct party *recent = find_recent(parties, address);

    return recent ? recent : table_find(parties->table, key_of(address));
}

static struct party *add_party(struct parties *parties, const struct address *address, uint64_t key,
                               int64_t now_ns)
{
    struct party *party = table_add(parties->table, key, 0);

    party->address = *address;
    party->touched_ns = now_ns;
    party->answered_query_ns = NEVER;
    party->answered_edns_query_ns = party->answered_plain_query_ns = NEVER;
    party->open_query_ns = party->interleaved_ns = NEVER;
    party->encrypted_ns = NEVER;
    return party;
}

struct party *parties_get(struct parties *parties, const struct address *address, int64_t now_ns)
{
    struct party *party = find_recent(parties, address);
    uint64_t key;

    if (!party) {
        key = key_of(address);
        party = table_find(parties->table, key);
        if (!party)
            party = add_party(parties, address, key, now_ns);
        if (party->in_services) {
            parties->recent[1] = parties->recent[0];
            parties->recent[0] = party;
        }
    }
    if (now_ns - party->touched_ns > TOUCH_NS) {
        table_touch(parties->table, party);
        party->touched_ns = now_ns;
    }
    return party;
}

/* Not keyed: a stranger whose address meets another's bit costs a look-up, no more. */
static unsigned role_bit(const struct address *address)
{
    uint64_t halves[2];

    memcpy(halves, address->bytes, sizeof(halves));
    return (unsigned)((halves[0] ^ halves[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 52) % ROLE_BITS;
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

/* Roles */

bool parties_is_service(const struct parties *parties, const struct address *address)
{
    const struct party *party;

    if (parties->given_resolver_count)
        return among(parties->given_resolvers, parties->given_resolver_count, address);
    party = parties_find(parties, address);
    return party && party->recursive_answers > 0;
}

/* The votes of the service that most of them are for. A vote can be for a server that turns out to
 * be none: it does not count. */
static uint32_t most_votes(const struct parties *parties, const struct party *party)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (party->links[i].votes > most && parties_is_service(parties, &party->links[i].service))
            most = party->links[i].votes;
    return most;
}

static bool sends(const struct party *party)
{
    return party && party->iterative_queries + party->recursive_queries > 0;
}

/* By what it asks: RD=0 more than RD=1, or keys and root servers. */
static bool behaves_as_resolver(const struct party *party)
{
    return (party->iterative_queries > 0 && party->iterative_queries >= party->recursive_queries) ||
           (party->infrastructure_queries > 0 &&
            party->infrastructure_queries * 4 >= party->recursive_queries);
}

bool parties_is_resolver(const struct parties *parties, const struct address *address)
{
    const struct party *party;

    if (among(parties->given_egresses, parties->given_egress_count, address) ||
        parties_is_service(parties, address))
        return true;
    party = parties_find(parties, address);
    return party && (most_votes(parties, party) > 0 || behaves_as_resolver(party));
}

/* Is it asked by somebody who is not a resolver himself? */
static bool has_clients(const struct parties *parties, const struct party *service)
{
    for (unsigned i = 0; i < service->asker_count; i++)
        if (!parties_is_resolver(parties, &service->askers[i]))
            return true;
    return false;
}

/* Is there just one resolver that an unexplained egress could work for? */
static bool is_only_service(const struct parties *parties, const struct party *egress,
                            const struct address *service)
{
    for (size_t i = 0; i < parties->service_count; i++) {
        const struct party *other = parties->services[i];

        if (!address_equal(&other->address, service) && has_clients(parties, other) &&
            !among(egress->asked, egress->asked_count, &other->address))
            return false;
    }
    return true;
}

static uint32_t votes_for(const struct party *egress, const struct address *service)
{
    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (egress->links[i].votes && address_equal(&egress->links[i].service, service))
            return egress->links[i].votes;
    return 0;
}

/* Does the resolver behind `service` pass questions on to `server`? Then that is another resolver,
 * however much it asks for the same names. */
static bool forwards_to(const struct parties *parties, const struct address *service,
                        const struct party *server)
{
    for (size_t i = 0; i < parties->egress_count; i++) {
        const struct party *egress = parties->egresses[i];

        if (egress != server && among(egress->asked, egress->asked_count, &server->address) &&
            (address_equal(&egress->address, service) || votes_for(egress, service)))
            return true;
    }
    return false;
}

/* Does `egress` ask for the resolver that serves at `service`? */
static bool is_linked(const struct parties *parties, const struct party *egress,
                      const struct address *service)
{
    uint32_t most = most_votes(parties, egress), votes = votes_for(egress, service);

    if (address_equal(&egress->address, service))
        return true;
    /* A resolver's own address asks for itself, and for another of its addresses (IPv4 and IPv6) as
     * a rule, not once in a while. */
    if (votes && votes * 4 >= most && votes >= egress->own_questions / 20)
        return !forwards_to(parties, service, egress);
    if (most || (parties_is_service(parties, &egress->address) && egress->queries_received) ||
        among(egress->asked, egress->asked_count, service))
        return false;
    return (behaves_as_resolver(egress) ||
            among(parties->given_egresses, parties->given_egress_count, &egress->address)) &&
           is_only_service(parties, egress, service);
}

static bool asks_upstream(const struct parties *parties, const struct address *service)
{
    for (size_t i = 0; i < parties->egress_count; i++) {
        const struct party *egress = parties->egresses[i];

        if (address_equal(&egress->address, service)
                ? sends(egress)
                : most_votes(parties, egress) > 0 && is_linked(parties, egress, service))
            return true;
    }
    return false;
}

bool parties_is_watched(const struct parties *parties, const struct address *service,
                        const struct address *asker)
{
    const struct party *party = parties_find(parties, service);

    if (!parties_is_service(parties, service))
        return false;
    if (parties->given_resolver_count)
        return true;
    if (asks_upstream(parties, service))
        return true;
    if (asker && !parties_is_resolver(parties, asker))
        return true;
    return party && has_clients(parties, party);
}

static struct address shared_canonical(const struct parties *parties, const struct address *service)
{
    /* The lists are in order of address: the first service that shares an egress stands for all. */
    for (size_t s = 0; s < parties->service_count; s++) {
        const struct party *other = parties->services[s];

        if (address_compare(&other->address, service) >= 0)
            break;
        for (size_t e = 0; e < parties->egress_count; e++)
            if (is_linked(parties, parties->egresses[e], service) &&
                is_linked(parties, parties->egresses[e], &other->address))
                return other->address;
    }
    return *service;
}

/* Where all egresses that were seen work for one resolver, a service that none was seen to work for
 * is another address of it. */
static bool find_sole_resolver(const struct parties *parties, struct address *canonical)
{
    bool found = false;

    for (size_t s = 0; s < parties->service_count; s++) {
        struct address other;

        if (!asks_upstream(parties, &parties->services[s]->address))
            continue;
        other = shared_canonical(parties, &parties->services[s]->address);
        if (found && !address_equal(&other, canonical))
            return false;
        *canonical = other;
        found = true;
    }
    return found;
}

struct address parties_canonical(const struct parties *parties, const struct address *service)
{
    struct address canonical = shared_canonical(parties, service);

    if (address_equal(&canonical, service) && !asks_upstream(parties, service) &&
        !find_sole_resolver(parties, &canonical))
        return *service;
    return canonical;
}

size_t parties_egresses(const struct parties *parties, const struct address *service,
                        struct address egresses[EGRESSES_MAX])
{
    struct address canonical = parties_canonical(parties, service);
    size_t count = 0;

    for (size_t i = 0; i < parties->egress_count && count < EGRESSES_MAX; i++) {
        const struct party *egress = parties->egresses[i];

        if (is_linked(parties, egress, service) || is_linked(parties, egress, &canonical))
            egresses[count++] = egress->address;
    }
    return count;
}

/* Learning */

static void vote(struct party *egress, const struct address *service, uint32_t weight)
{
    struct party_link *weakest = &egress->links[0];

    for (unsigned i = 0; i < PARTY_LINKS; i++) {
        struct party_link *link = &egress->links[i];

        if (link->votes && address_equal(&link->service, service)) {
            link->votes += weight;
            return;
        }
        if (link->votes < weakest->votes)
            weakest = link;
    }
    if (weakest->votes <= weight)
        *weakest = (struct party_link){.service = *service, .votes = weight};
    else
        weakest->votes -= weight;
}

static uint64_t asked_key(const struct dns_message *message)
{
    return hash_mix(message->qname_hash, message->qtype);
}

static struct asked_at *asked_at(struct asked *asked, const struct address *service)
{
    for (unsigned i = 0; i < asked->count; i++)
        if (address_equal(&asked->at[i].service, service))
            return &asked->at[i];
    return NULL;
}

static void remember_asked(struct parties *parties, const struct event *event)
{
    uint64_t key = asked_key(&event->dns);
    struct asked *asked = table_find(parties->asked, key);
    struct asked_at *at;

    if (asked)
        table_touch(parties->asked, asked);
    else
        asked = table_add(parties->asked, key, key_of(&event->flow.source));
    at = asked_at(asked, &event->flow.destination);
    if (!at && asked->count < ASKED_AT_MAX) {
        at = &asked->at[asked->count++];
    } else if (!at) {
        memmove(&asked->at[0], &asked->at[1], (ASKED_AT_MAX - 1) * sizeof(asked->at[0]));
        at = &asked->at[ASKED_AT_MAX - 1];
    }
    if (at->open && event->time_ns - at->time_ns < ITERATE_LAG_NS &&
        address_equal(&at->service, &event->flow.destination))
        return; /* the earliest of those that wait decides */
    *at = (struct asked_at){event->flow.destination, event->flow.source, event->time_ns, true};
}

static bool asked_before(const struct exchange_table *exchanges, const struct event *event,
                         int64_t since_ns)
{
    const struct exchange *exchange = exchange_by_name(exchanges, event->dns.qname_hash);

    for (unsigned walked = 0; exchange && walked < 64;
         exchange = exchange_older(exchange), walked++)
        if (address_equal(&exchange->asker, &event->flow.source) &&
            exchange->qtype == event->dns.qtype && exchange->query_ns != NEVER &&
            exchange->query_ns < since_ns && exchange->query_ns > since_ns - 60 * SECOND_NS)
            return true;
    return false;
}

/* The asker asks for what a client asked some service for a moment ago: it may work for that. */
static void learn_link(struct parties *parties, struct party *asker, const struct event *event,
                       const struct exchange_table *exchanges)
{
    int64_t lag_ns = event->dns.flags & DNS_RD ? FORWARD_LAG_NS : ITERATE_LAG_NS;
    struct asked *asked = table_find(parties->asked, asked_key(&event->dns));
    const struct asked_at *latest = NULL;
    unsigned candidates = 0;

    for (unsigned i = 0; asked && i < asked->count; i++) {
        const struct asked_at *at = &asked->at[i];

        if (!at->open || event->time_ns - at->time_ns > lag_ns || at->time_ns > event->time_ns)
            continue;
        if (address_equal(&at->service, &asker->address)) {
            asker->own_questions += VOTE_EXCLUSIVE;
            return;
        }
        if (address_equal(&at->asker, &asker->address) ||
            address_equal(&at->service, &event->flow.destination))
            continue;
        candidates++;
        if (!latest || at->time_ns >= latest->time_ns)
            latest = at;
    }
    if (!latest || asked_before(exchanges, event, latest->time_ns))
        return;
    vote(asker, &latest->service, candidates == 1 ? VOTE_EXCLUSIVE : VOTE_AMBIGUOUS);
}

static bool has_votes(const struct party *party)
{
    for (unsigned i = 0; i < PARTY_LINKS; i++)
        if (party->links[i].votes)
            return true;
    return false;
}

static void enlist(struct parties *parties, struct party *party)
{
    if (!party->in_services && parties_is_service(parties, &party->address))
        party->in_services = list_insert(parties->services, &parties->service_count, party);
    if (!party->in_egresses &&
        (party->iterative_queries || party->infrastructure_queries || has_votes(party) ||
         (party->in_services && sends(party)) ||
         among(parties->given_egresses, parties->given_egress_count, &party->address)))
        party->in_egresses = list_insert(parties->egresses, &parties->egress_count, party);
    if (party->in_services || party->in_egresses)
        mark_role(parties, &party->address);
}

static struct minute_counters *minute_of(struct parties *parties, struct party *party,
                                         int64_t time_ns, uint32_t source)
{
    int64_t begin_ns = time_ns - time_ns % MINUTE_NS;

    if (party->minute_used &&
        (party->minute.minute_ns != begin_ns || party->minute.source != source))
        flush_minute(parties, party);
    if (!party->minute_used) {
        party->minute = (struct minute_counters){.minute_ns = begin_ns, .source = source};
        party->minute_used = true;
    }
    return &party->minute;
}

static bool minute_is(const struct party *party, const struct minute_counters *minute)
{
    return party->minute_used && party->minute.minute_ns == minute->minute_ns &&
           party->minute.source == minute->source;
}

static void remember_asker(struct party *service, const struct address *asker)
{
    if (service->asker_count < PARTY_ASKERS && !among(service->askers, service->asker_count, asker))
        service->askers[service->asker_count++] = *asker;
}

static void add_key(uint64_t keys[16], uint8_t *count, uint64_t key)
{
    for (unsigned i = 0; i < *count; i++)
        if (keys[i] == key)
            return;
    if (*count < 16)
        keys[(*count)++] = key;
}

static void silence_begin(struct silence *silence, int64_t time_ns)
{
    silence->after_ns = silence->until_ns;
    silence->since_ns = time_ns;
    silence->until_ns = INT64_MAX;
    silence->servers = silence->families = 0;
}

static void silence_extend(struct party *asker, const struct event *event)
{
    const struct name *qname = &event->dns.qname;
    struct silence *silence;

    if (!asker->silences) {
        asker->silences = calloc(2, sizeof(*asker->silences));
        if (!asker->silences)
            return;
        asker->silences[0].until_ns = asker->silences[1].until_ns = NEVER;
    }
    silence = &asker->silences[0];
    if (silence->until_ns != INT64_MAX)
        silence_begin(silence, event->time_ns);
    add_key(silence->server_keys, &silence->servers, key_of(&event->flow.destination));
    if (qname->size_bytes)
        add_key(silence->family_keys, &silence->families,
                name_family_hash(qname->bytes, qname->size_bytes));
}

static void silence_end(struct party *asker, int64_t time_ns)
{
    struct silence *silences = asker->silences;

    if (!silences)
        return;
    if (silences[0].until_ns == INT64_MAX && silences[0].servers >= 2) {
        silences[1] = silences[0];
        silences[1].until_ns = time_ns;
    }
    silences[0].until_ns = time_ns;
}

/* What resolvers ask for and clients hardly ever do. */
static bool is_infrastructure(const struct dns_message *message)
{
    return message->qname.size_bytes == 1 || message->qtype == TYPE_DNSKEY ||
           message->qtype == TYPE_DS;
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

/* Somebody without a role asks a service. Returns whether he may be another resolver's egress. */
static bool see_client_query(struct parties *parties, struct party *server,
                             const struct event *event, const struct exchange_table *exchanges)
{
    bool recursive = event->dns.flags & DNS_RD;
    bool early = server->queries_received <= EARLY_QUERIES;
    struct party *asker;

    if (!recursive || event->dns.qname.size_bytes == 0)
        return early;
    if (early || parties->service_count > 1 || is_infrastructure(&event->dns)) {
        asker = parties_get(parties, &event->flow.source, event->time_ns);
        asker->recursive_queries++;
        asker->infrastructure_queries += is_infrastructure(&event->dns);
        remember_asked_service(asker, &event->flow.destination);
        learn_link(parties, asker, event, exchanges);
        enlist(parties, asker);
        remember_asked(parties, event);
        return early || asker->in_egresses;
    }
    if (server->queries_received % VOTE_SAMPLE == 0)
        remember_asked(parties, event);
    return false;
}

bool parties_may_be_upstream(const struct parties *parties, const struct event *event,
                             uint64_t *server)
{
    const struct flow *flow = &event->flow;
    const struct address *address = event->dns.flags & DNS_QR ? &flow->source : &flow->destination;

    if (find_recent(parties, address))
        return false;
    *server = key_of(address);
    return true;
}

void parties_foresee(const struct parties *parties, const struct event *event, bool upstream,
                     uint64_t server, unsigned step)
{
    const struct table *table = upstream ? parties->table : parties->asked;
    uint64_t key = upstream ? server : asked_key(&event->dns);
    size_t size = upstream ? offsetof(struct party, asked) : sizeof(struct asked);

    if (!upstream && !(event->dns.flags & DNS_QR))
        return;
    if (step == 0)
        table_prefetch_bucket(table, key);
    else if (step == 1)
        table_prefetch_slot(table, key, size);
}

bool parties_see_query(struct parties *parties, const struct event *event,
                       const struct exchange_table *exchanges)
{
    struct party *server = parties_get(parties, &event->flow.destination, event->time_ns);
    struct party *asker = find_with_role(parties, &event->flow.source);
    bool recursive = event->dns.flags & DNS_RD;

    if (server->queries_received++ == 0)
        server->first_iterative = !recursive;
    if (server->open_query_ns == NEVER)
        server->open_query_ns = event->time_ns;
    minute_of(parties, server, event->time_ns, event->source)->queries++;
    if (recursive)
        remember_asker(server, &event->flow.source);
    /* RD=0 to a service does not make one a resolver. */
    if (server->in_services && !asker)
        return see_client_query(parties, server, event, exchanges);
    asker = parties_get(parties, &event->flow.source, event->time_ns);
    count_asked(asker, event);
    if (event->dns.qname.size_bytes && most_votes(parties, asker) < VOTES_ENOUGH * VOTE_EXCLUSIVE)
        learn_link(parties, asker, event, exchanges);
    if (recursive && event->dns.qname.size_bytes)
        remember_asked(parties, event);
    enlist(parties, asker);
    return true;
}

bool parties_see_response(struct parties *parties, const struct event *event)
{
    const struct dns_message *message = &event->dns;
    struct party *server = parties_get(parties, &event->flow.source, event->time_ns);
    const struct party *asker = find_with_role(parties, &event->flow.destination);
    struct minute_counters *minute = minute_of(parties, server, event->time_ns, event->source);
    struct asked *asked;
    struct asked_at *at;

    server->responses_sent++;
    server->good_answers += (message->flags & DNS_RCODE) == RCODE_NOERROR ||
                            (message->flags & DNS_RCODE) == RCODE_NXDOMAIN;
    minute->responses++;
    minute->rcodes[message->flags & DNS_RCODE]++;
    if ((message->flags & (DNS_RD | DNS_RA)) == (DNS_RD | DNS_RA))
        server->recursive_answers++;
    if (!server->in_services) {
        enlist(parties, server);
    } else if (message->qname.size_bytes &&
               (asked = table_find(parties->asked, asked_key(message))) != NULL) {
        at = asked_at(asked, &server->address);
        if (at)
            at->open = false;
    }
    return !server->in_services || asker;
}

static unsigned latency_bucket(int64_t elapsed_ns)
{
    unsigned bucket = 0;

    while (elapsed_ns / 1000 > latency_bucket_limit_us(bucket))
        bucket++;
    return bucket;
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

static bool covers(const struct silence *silence, int64_t from_ns, int64_t to_ns)
{
    return silence->until_ns != NEVER && silence->after_ns < from_ns &&
           silence->since_ns <= to_ns && silence->until_ns > to_ns;
}

bool parties_were_cut_off(const struct parties *parties, const struct address *askers, size_t count,
                          int64_t from_ns, int64_t to_ns, bool root)
{
    unsigned servers = 0, families = 0;

    for (size_t i = 0; i < count; i++) {
        const struct party *party = parties_find(parties, &askers[i]);
        const struct silence *silences = party ? party->silences : NULL;
        const struct silence *silence;

        if (!silences || silences[0].until_ns < from_ns)
            continue; /* it asked nobody */
        if (!covers(&silences[0], from_ns, to_ns) && !covers(&silences[1], from_ns, to_ns))
            return false;
        silence = covers(&silences[0], from_ns, to_ns) ? &silences[0] : &silences[1];
        servers += silence->servers;
        families = families > silence->families ? families : silence->families;
    }
    return servers >= 3 && (root || families >= 3);
}

/* A dead server answers nothing more; one that leaves queries and answers later ones is alive. */
static void see_interleaving(struct party *server, const struct exchange *exchange)
{
    if (server->open_query_ns == NEVER)
        return;
    if (exchange->query_ns - server->open_query_ns > SECOND_NS) {
        server->interleaved_ns = exchange->response_ns;
        server->open_query_ns = exchange->query_ns;
    }
    if (exchange->last_query_ns >= server->open_query_ns &&
        exchange->query_ns <= server->open_query_ns)
        server->open_query_ns = NEVER;
}

void parties_see_answered(struct parties *parties, const struct exchange *exchange)
{
    struct party *server = parties_find(parties, &exchange->server);
    struct party *asker = exchange->kept ? parties_find(parties, &exchange->asker) : NULL;

    if (asker) {
        asker->answers_received++;
        if (!address_is_ipv4(&exchange->server))
            asker->answers_received_ipv6++;
        silence_end(asker, exchange->response_ns);
    }
    if (!server || exchange->query_ns == NEVER)
        return;
    if (server->responses_sent == 1)
        remember_special_use(parties, &server->address);
    minute_of(parties, server, exchange->response_ns, exchange->response_source)
        ->latency[latency_bucket(exchange->response_ns - exchange->query_ns)]++;
    if (exchange->query_ns > server->answered_query_ns)
        server->answered_query_ns = exchange->query_ns;
    see_interleaving(server, exchange);
    if (exchange->signals & SIGNAL_EDNS) {
        if (exchange->query_ns > server->answered_edns_query_ns)
            server->answered_edns_query_ns = exchange->query_ns;
    } else if (exchange->query_ns > server->answered_plain_query_ns) {
        server->answered_plain_query_ns = exchange->query_ns;
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
    minute = (struct minute_counters){
        .minute_ns = exchange->query_ns - exchange->query_ns % MINUTE_NS,
        .source = exchange->query_source,
        .server = exchange->server,
        .is_resolver = server->in_services && parties_is_watched(parties, &server->address, NULL),
        .unanswered = exchange->transmissions,
    };
    if (minute_is(server, &minute))
        server->minute.unanswered += exchange->transmissions;
    else
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

void parties_flush_minutes(struct parties *parties, int64_t now_ns)
{
    for (struct party *party = table_oldest(parties->table); party;
         party = table_younger(parties->table, party))
        if (party->minute_used &&
            (now_ns == INT64_MAX || party->minute.minute_ns < now_ns - 2 * MINUTE_NS))
            flush_minute(parties, party);
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
    counters->evicted[TABLE_SERVERS] += table_evicted(parties->table);
}
