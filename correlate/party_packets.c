#include "correlate/party_private.h"

#include <assert.h>

#include "correlate/answer.h"
#include "decode/rare.h"

static inline struct server *get_server(struct parties *parties, const struct address *address,
                                        int64_t now_ns)
{
    struct server *known = known_service(parties, address);

    if (!known)
        return parties_find_or_add_server(parties, address, now_ns);
    parties_touch_server(parties, known, now_ns);
    return known;
}

static inline struct asker *get_asker(struct parties *parties, const struct address *address,
                                      int64_t now_ns)
{
    struct asker *known = known_egress(parties, address);

    if (!known)
        return parties_find_or_add_asker(parties, address, now_ns);
    parties_touch_asker(parties, known, now_ns);
    return known;
}

static RARE bool look_up_role(const struct parties *parties, const struct address *address)
{
    const struct asker *asker = parties_asker(parties, address);

    return (asker && asker->in_egresses) || parties_is_listed(parties, address);
}

/* Is it a service or an egress? Of nearly everybody else the filter knows. */
static inline bool has_role(const struct parties *parties, const struct address *address)
{
    unsigned bit = role_bit(address);

    return (parties->role_bits[bit / 64] >> bit % 64 & 1) &&
           (known_egress(parties, address) || look_up_role(parties, address));
}

/* An egress learns nothing more then. It is looked up once in an epoch of the roles. */
static bool has_votes_enough(const struct parties *parties, struct asker *asker)
{
    if (asker->settled_epoch == parties->role_epoch)
        return true;
    if (asker->raw_votes < VOTES_ENOUGH * VOTE_EXCLUSIVE || !asker_is_convincing(parties, asker) ||
        asker_most_votes(parties, asker) < VOTES_ENOUGH * VOTE_EXCLUSIVE)
        return false;
    asker->settled_epoch = parties->role_epoch;
    return true;
}

static inline void count_query(struct parties *parties, struct server *server,
                               const struct event *event)
{
    if (!server_counts(parties, server, event->time_ns, event->source))
        server_begin_minute(parties, server, event->source);
    if (++server->queries == UINT16_MAX)
        server_split_minute(parties, server);
}

static inline void count_response(struct parties *parties, struct server *server,
                                  const struct event *event)
{
    if (!server_counts(parties, server, event->time_ns, event->source))
        server_begin_minute(parties, server, event->source);
    server->rcodes[event->dns.flags & DNS_RCODE]++;
    if (++server->responses == UINT16_MAX)
        server_split_minute(parties, server);
}

/* It has so many that those who were alone with it until now may be a crowd's. */
static void review_askers(struct parties *parties, const struct server *service)
{
    for (unsigned i = 0; i < service->asker_count; i++) {
        struct asker *asker = parties_asker(parties, &service->askers[i]);

        if (asker)
            coincidence_review(parties, asker);
    }
}

static RARE void remember_asker(struct parties *parties, struct server *service,
                                const struct address *asker)
{
    if (among(service->askers, service->asker_count, asker))
        return;
    if (service->asker_count == 0)
        server_count_by_minute(service);
    service->askers[service->asker_count++] = *asker;
    if (service->asker_count == PARTY_ASKERS)
        review_askers(parties, service);
    if (service->in_services)
        roles_change(parties);
}

/* May the question be one that was remembered? One of the early ones may be answered late. */
static bool may_be_remembered(const struct server *service, bool of_resolver,
                              const struct dns_message *message)
{
    return of_resolver || server_queries(service) <= 16 * EARLY_QUERIES ||
           is_infrastructure(message) || is_in_sample(message);
}

static void remember_asked_service(struct asker *asker, const struct address *service)
{
    if (asker->asked_count < PARTY_ASKED && !among(asker->asked, asker->asked_count, service))
        asker->asked[asker->asked_count++] = *service;
}

static void count_recursive(struct asker *asker, const struct event *event)
{
    asker->recursive_queries++;
    asker->infrastructure_queries += is_infrastructure(&event->dns);
    remember_asked_service(asker, &event->flow.destination);
}

static void count_iterative(struct asker *asker, const struct dns_message *message)
{
    asker->iterative_queries++;
    asker->unchecked_queries += message->flags & DNS_CD ? 1 : 0;
    asker->cut_queries += message->qtype == TYPE_NS && message->qname.size_bytes > 1;
}

static void count_asked(struct asker *asker, const struct server *server, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->flags & DNS_RD)
        count_recursive(asker, event);
    else
        count_iterative(asker, message);
    asker->last_query_ns = event->time_ns;
    asker->cookie_queries += answer_query_cookie(message);
    asker->lettered_queries += message->qname.size_bytes > 1;
    if (message->qname.size_bytes &&
        memcmp(message->qname_wire, message->qname.bytes, message->qname.size_bytes) != 0)
        asker->mixed_case_queries++;
    silence_extend(asker, server, event);
}

/* Is the query one of those that tell something? */
static bool is_telling(const struct server *server, const struct dns_message *message)
{
    return server_queries(server) <= EARLY_QUERIES || is_infrastructure(message) ||
           is_in_sample(message);
}

/* Somebody without a role asks a service. Returns whether he may be another resolver's egress.
 * Nearly all are clients, of whom there are very many: one is known, and counted, only from the
 * time on that he does what an egress does. That he was picked out for a coincidence makes it none
 * that tells of him: those that follow do. */
static RARE bool see_telling_query(struct parties *parties, const struct server *server,
                                   const struct event *event,
                                   const struct exchange_table *exchanges)
{
    bool early = server_queries(server) <= EARLY_QUERIES;
    struct asker *asker = parties_asker(parties, &event->flow.source);

    if (!asker && (early || is_infrastructure(&event->dns)))
        asker = get_asker(parties, &event->flow.source, event->time_ns);
    if (asker) {
        parties_touch_asker(parties, asker, event->time_ns);
        count_recursive(asker, event);
        coincidence_learn(parties, asker, event, exchanges);
        parties_enlist_egress(parties, asker, event->time_ns);
    } else if (parties->services.count > 1 && coincidence_of_stranger(parties, event)) {
        count_recursive(get_asker(parties, &event->flow.source, event->time_ns), event);
    }
    coincidence_remember(parties, event);
    return early || (asker && asker->in_egresses);
}

static bool see_client_query(struct parties *parties, const struct server *server,
                             const struct event *event, const struct exchange_table *exchanges)
{
    const struct dns_message *message = &event->dns;

    if (!(message->flags & DNS_RD) || message->qname.size_bytes == 0)
        return server_queries(server) <= EARLY_QUERIES;
    return is_telling(server, message) && see_telling_query(parties, server, event, exchanges);
}

bool parties_may_be_upstream(const struct parties *parties, const struct event *event,
                             uint64_t *server)
{
    const struct flow *flow = &event->flow;
    const struct address *address = flow_end(flow, !(event->dns.flags & DNS_QR));

    if (known_service(parties, address))
        return false;
    *server = party_key(address);
    return true;
}

void parties_foresee(const struct parties *parties, const struct event *event, uint64_t server,
                     unsigned step)
{
    if (step == 0)
        table_prefetch_bucket(parties->servers, server);
    else
        table_prefetch_slot(parties->servers, server,
                            event->dns.flags & DNS_QR
                                ? offsetof(struct server, rcodes[RCODE_NXDOMAIN])
                                : offsetof(struct server, answered_edns_query_ns));
}

static RARE void see_first_query(struct parties *parties, struct server *server, bool recursive)
{
    server->asked = true;
    server->first_iterative = !recursive;
    if (has_role(parties, &server->address))
        roles_change(parties);
}

/* Of who has a role, or to who is no service. */
static RARE void see_resolver_query(struct parties *parties, const struct server *server,
                                    const struct event *event,
                                    const struct exchange_table *exchanges)
{
    struct asker *asker = get_asker(parties, &event->flow.source, event->time_ns);
    const struct dns_message *message = &event->dns;

    count_asked(asker, server, event);
    if (message->qname.size_bytes && !has_votes_enough(parties, asker))
        coincidence_learn(parties, asker, event, exchanges);
    if ((message->flags & DNS_RD) && message->qname.size_bytes)
        coincidence_remember(parties, event);
    if (!asker->in_egresses || asker_traits(asker) != asker->traits)
        parties_enlist_egress(parties, asker, event->time_ns);
}

bool parties_see_query(struct parties *parties, const struct event *event,
                       const struct exchange_table *exchanges)
{
    struct server *server = get_server(parties, &event->flow.destination, event->time_ns);
    bool recursive = event->dns.flags & DNS_RD;

    if (!server->asked)
        see_first_query(parties, server, recursive);
    if (server->open_query_ns == NEVER)
        server->open_query_ns = event->time_ns;
    if (server_answered_query_ns(server) == NEVER)
        parties->unheard_query_ns = event->time_ns;
    if (recursive && server->asker_count < PARTY_ASKERS)
        remember_asker(parties, server, &event->flow.source);
    parties->recursive_queries += recursive;
    count_query(parties, server, event);
    /* RD=0 to a service does not make one a resolver. */
    if (server->in_services && !has_role(parties, &event->flow.source))
        return see_client_query(parties, server, event, exchanges);
    see_resolver_query(parties, server, event, exchanges);
    return true;
}

bool parties_see_response(struct parties *parties, const struct event *event,
                          struct server **sender)
{
    const struct dns_message *message = &event->dns;
    struct server *server = get_server(parties, &event->flow.source, event->time_ns);
    bool to_resolver = has_role(parties, &event->flow.destination);

    *sender = server;
    if ((message->flags & (DNS_RD | DNS_RA)) == (DNS_RD | DNS_RA) && !server->recurses) {
        server->recurses = true;
        server_count_by_minute(server);
        roles_change(parties);
    }
    count_response(parties, server, event);
    if (!server->in_services) {
        if (server_is_service(parties, server))
            parties_enlist_service(parties, server, event->time_ns);
    } else if (message->qname.size_bytes && may_be_remembered(server, to_resolver, message)) {
        coincidence_close(parties, event);
    }
    return !server->in_services || to_resolver;
}

/* That clients reach their resolver there says nothing of what it reaches itself. */
static void remember_special_use(struct parties *parties, const struct server *server)
{
    const char *special_use =
        server->recurses ? NULL : address_special_use(&server->address, false);

    if (special_use && !parties_special_use_works(parties, special_use) &&
        parties->working_special_use_count < SPECIAL_USES_MAX)
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
static void see_interleaving(struct server *server, const struct answered *answered)
{
    if (server->open_query_ns == NEVER)
        return;
    if (answered->query_ns - server->open_query_ns > SECOND_NS) {
        server->interleaved_ns = answered->response_ns;
        server->left_ns = server->open_query_ns;
        server->open_query_ns = answered->query_ns;
    }
    if (answered->last_query_ns >= server->open_query_ns &&
        answered->query_ns <= server->open_query_ns)
        server->open_query_ns = NEVER;
}

void parties_see_rejection(struct parties *parties, const struct address *address,
                           enum outcome outcome)
{
    struct server *server = parties_server(parties, address);

    if (server)
        server->rejection = (uint8_t)outcome;
}

void parties_see_answered(struct parties *parties, struct server *server,
                          const struct answered *answered)
{
    int64_t query_ns = answered->query_ns;
    int64_t *latest_ns =
        answered->edns ? &server->answered_edns_query_ns : &server->answered_plain_query_ns;

    if (query_ns == NEVER)
        return;
    if (server_answered_query_ns(server) == NEVER)
        remember_special_use(parties, server);
    /* The minute is the response's: see parties_see_response(). */
    assert(server_counts(parties, server, answered->response_ns, answered->response_source));
    server->latency[latency_bucket(answered->response_ns - query_ns)]++;
    see_interleaving(server, answered);
    server->rejection = 0;
    *latest_ns = query_ns > *latest_ns ? query_ns : *latest_ns; /* computed: as good as random */
}

static void note_heard(struct asker *asker, struct server *server)
{
    if (server->unheard_ns != NEVER && asker->unheard_servers)
        asker->unheard_servers--;
    server->unheard_ns = NEVER;
    asker->heard_servers++;
}

void parties_see_answer_received(struct parties *parties, struct server *server,
                                 const struct exchange *exchange)
{
    struct asker *asker = known_egress(parties, &exchange->asker);

    if (!asker)
        asker = parties_asker(parties, &exchange->asker);
    /* What somebody whose queries are seen was not seen to ask for may be forged. */
    if (asker && (exchange->query_ns != NEVER || !asker_sends(asker))) {
        asker->answers_received++;
        if (!address_is_ipv4(&exchange->server))
            asker->answers_received_ipv6++;
        silence_end(asker, exchange);
        if (server_answered_query_ns(server) == NEVER)
            note_heard(asker, server);
    }
}

void parties_see_unanswered(struct parties *parties, const struct exchange *exchange)
{
    struct server *server = parties_server(parties, &exchange->server);
    struct asker *asker = parties_asker(parties, &exchange->asker);
    struct minute_counters minute;

    if (asker)
        asker->queries_unanswered += exchange->transmissions;
    if (!server || exchange->query_ns == NEVER)
        return;
    if (server_counts(parties, server, exchange->query_ns, exchange->query_source)) {
        server->unanswered += exchange->transmissions;
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

static void note_encrypted(struct parties *parties, const struct address *address, int64_t time_ns)
{
    struct server *server = parties_server(parties, address);
    struct asker *asker = parties_asker(parties, address);

    if (server)
        server->encrypted_ns = time_ns;
    if (asker)
        asker->encrypted_ns = time_ns;
}

void parties_see_encrypted(struct parties *parties, const struct event *event)
{
    note_encrypted(parties, &event->flow.source, event->time_ns);
    note_encrypted(parties, &event->flow.destination, event->time_ns);
}

int64_t parties_encrypted_ns(const struct parties *parties, const struct address *address)
{
    const struct server *server = parties_server(parties, address);
    const struct asker *asker = parties_asker(parties, address);
    int64_t served_ns = server ? server->encrypted_ns : NEVER;
    int64_t asked_ns = asker ? asker->encrypted_ns : NEVER;

    return served_ns > asked_ns ? served_ns : asked_ns;
}
