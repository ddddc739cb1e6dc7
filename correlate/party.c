#include "correlate/party_private.h"

#include <stdlib.h>

#include "correlate/memory.h"
#include "decode/rare.h"

/* The lines of struct server, behind what stands before a table's slots. */
_Static_assert(offsetof(struct server, answered_edns_query_ns) == 32 &&
                   offsetof(struct server, rcodes[RCODE_NXDOMAIN + 1]) == 96,
               "a query touches one line, a response two");
/* Who holds a table's slots: a flood of strangers pushes out strangers, and not the resolvers. */
enum { HELD_BY_STRANGERS, HELD_BY_RESOLVERS };

static void list_remove(struct role_list *list, const void *party)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->members[i].party == party) {
            memmove(&list->members[i], &list->members[i + 1],
                    (list->count - i - 1) * sizeof(list->members[0]));
            list->count--;
            return;
        }
    }
}

/* False when the list is full. */
static bool list_insert(struct role_list *list, struct role_member member)
{
    size_t at = list->count;

    if (list->count == list->capacity)
        return false;
    while (at > 0 && address_compare(list->members[at - 1].address, member.address) > 0)
        at--;
    memmove(&list->members[at + 1], &list->members[at],
            (list->count - at) * sizeof(list->members[0]));
    list->members[at] = member;
    list->count++;
    return true;
}

static void release_server(void *context, void *slot)
{
    struct parties *parties = context;
    struct server *server = slot;

    if (known_service(parties, &server->address) == server)
        parties->known_services[role_bit(&server->address) % KNOWN_MAX] = NULL;
    server_flush_minute(parties, server);
    if (server->in_services || server->recurses)
        roles_change(parties);
    if (server->in_services)
        list_remove(&parties->services, server);
}

static void release_asker(void *context, void *slot)
{
    struct parties *parties = context;
    struct asker *asker = slot;

    if (known_egress(parties, &asker->address) == asker)
        parties->known_egresses[role_bit(&asker->address) % KNOWN_MAX] = NULL;
    if (asker->in_egresses || asker->raw_votes || asker->own_questions ||
        asker->traits & TRAIT_RESOLVES)
        roles_change(parties);
    if (asker->in_egresses)
        list_remove(&parties->egresses, asker);
}

static struct address *copy(const struct address *addresses, size_t count)
{
    struct address *copied = calloc(count + 1, sizeof(*copied));

    if (copied && count)
        memcpy(copied, addresses, count * sizeof(*copied));
    return copied;
}

/* How many buckets of questions fit: a power of two. */
static uint64_t buckets_within(uint64_t memory_bytes)
{
    uint64_t buckets = 1;

    while (2 * buckets * sizeof(struct asked_bucket) <= memory_bytes)
        buckets *= 2;
    return buckets;
}

static uint32_t slots_within(uint64_t memory_bytes, size_t slot_size)
{
    return (uint32_t)(memory_bytes / table_slot_cost(slot_size)) + 16;
}

/* Those with a role hold so few of a table's slots that strangers hold more of a full one. */
static size_t roles_within(uint32_t slots)
{
    return slots / 4 < ROLES_MAX ? slots / 4 : ROLES_MAX;
}

struct parties *parties_new(const struct correlator_options *options, uint64_t memory_bytes,
                            minute_function emit, void *context)
{
    struct parties *parties = calloc(1, sizeof(*parties));
    uint64_t eighth = memory_bytes / 8;
    uint32_t server_slots = slots_within(4 * eighth, sizeof(struct server));
    uint32_t asker_slots = slots_within(3 * eighth, sizeof(struct asker));

    if (!parties)
        return NULL;
    parties->emit = emit;
    parties->context = context;
    parties->asked_mask = buckets_within(eighth) - 1;
    parties->asked = memory_reserve(parties->asked_mask + 1, sizeof(*parties->asked));
    parties->askers = table_new(sizeof(struct asker), asker_slots, release_asker, parties);
    parties->servers = table_new(sizeof(struct server), server_slots, release_server, parties);
    parties->services.capacity = roles_within(server_slots);
    parties->egresses.capacity = roles_within(asker_slots);
    parties->given_resolvers = copy(options->resolvers, options->resolver_count);
    parties->given_egresses = copy(options->egresses, options->egress_count);
    parties->memos = calloc(ROLE_MEMOS, sizeof(*parties->memos));
    parties->asked_ns = parties->unheard_query_ns = NEVER;
    parties->role_epoch = 1;
    parties->given_resolver_count = options->resolver_count;
    parties->given_egress_count = options->egress_count;
    if (!parties->servers || !parties->askers || !parties->asked || !parties->given_resolvers ||
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
    table_free(parties->servers);
    table_free(parties->askers);
    memory_release(parties->asked, parties->asked_mask + 1, sizeof(*parties->asked));
    free(parties->given_resolvers);
    free(parties->given_egresses);
    free(parties->memos);
    free(parties);
}

struct server *parties_server(const struct parties *parties, const struct address *address)
{
    struct server *known = known_service(parties, address);

    return known ? known : table_find(parties->servers, party_key(address));
}

struct asker *parties_asker(const struct parties *parties, const struct address *address)
{
    struct asker *known = known_egress(parties, address);

    return known ? known : table_find(parties->askers, party_key(address));
}

/* It is found without a look-up from now on. */
static RARE void know_service(struct parties *parties, struct server *server)
{
    parties->known_services[role_bit(&server->address) % KNOWN_MAX] = server;
}

static RARE struct server *add_server(struct parties *parties, const struct address *address,
                                      uint64_t key, int64_t now_ns)
{
    struct server *server = table_add_first(parties->servers, key, HELD_BY_STRANGERS);

    server->address = *address;
    server->touched_period = touch_period(now_ns);
    server->answered_edns_query_ns = server->answered_plain_query_ns = NEVER;
    server->open_query_ns = server->interleaved_ns = server->left_ns = NEVER;
    server->encrypted_ns = server->unheard_ns = NEVER;
    return server;
}

static struct asker *add_asker(struct parties *parties, const struct address *address, uint64_t key,
                               int64_t now_ns)
{
    struct asker *asker = table_add_first(parties->askers, key, HELD_BY_STRANGERS);

    asker->address = *address;
    asker->touched_period = touch_period(now_ns);
    asker->encrypted_ns = NEVER;
    asker->silences[0].until_ns = asker->silences[1].until_ns = NEVER;
    return asker;
}

static int64_t earlier(int64_t left_ns, int64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

int64_t server_touched_ns(const struct server *server)
{
    return (int64_t)server->touched_period << TOUCH_PERIOD_BITS;
}

bool asker_touched_by(const struct asker *asker, int64_t time_ns)
{
    return asker->touched_period >= touch_period(time_ns);
}

/* What it answered last was asked before. */
RARE void server_set_back(struct server *server, int64_t now_ns)
{
    int64_t before_ns = now_ns - 1;

    server->answered_edns_query_ns = earlier(server->answered_edns_query_ns, before_ns);
    server->answered_plain_query_ns = earlier(server->answered_plain_query_ns, before_ns);
    server->encrypted_ns = earlier(server->encrypted_ns, before_ns);
    server->open_query_ns = server->interleaved_ns = server->left_ns = NEVER;
}

RARE void asker_set_back(struct asker *asker, int64_t now_ns)
{
    int64_t before_ns = now_ns - 1;

    asker->last_query_ns = earlier(asker->last_query_ns, before_ns);
    asker->encrypted_ns = earlier(asker->encrypted_ns, before_ns);
    asker->silences[0].until_ns = asker->silences[1].until_ns = NEVER;
}

struct server *parties_find_or_add_server(struct parties *parties, const struct address *address,
                                          int64_t now_ns)
{
    uint64_t key = party_key(address);
    struct server *server = table_find(parties->servers, key);

    if (!server)
        return add_server(parties, address, key, now_ns);
    if (server->in_services)
        know_service(parties, server);
    parties_touch_server(parties, server, now_ns);
    return server;
}

struct asker *parties_find_or_add_asker(struct parties *parties, const struct address *address,
                                        int64_t now_ns)
{
    uint64_t key = party_key(address);
    struct asker *asker = table_find(parties->askers, key);

    if (!asker)
        return add_asker(parties, address, key, now_ns);
    if (asker->in_egresses)
        parties->known_egresses[role_bit(address) % KNOWN_MAX] = asker;
    parties_touch_asker(parties, asker, now_ns);
    return asker;
}

static void mark_role(struct parties *parties, const struct address *address)
{
    unsigned bit = role_bit(address);

    parties->role_bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

void parties_enlist_service(struct parties *parties, struct server *server, int64_t now_ns)
{
    struct role_member member = {&server->address, server};
    struct asker *asker;

    if (server->in_services || !list_insert(&parties->services, member))
        return;
    server->in_services = true;
    roles_change(parties);
    mark_role(parties, &server->address);
    table_move(parties->servers, server, HELD_BY_RESOLVERS);
    asker = parties_asker(parties, &server->address);
    if (asker)
        parties_enlist_egress(parties, asker, now_ns);
}

static void note_traits(struct parties *parties, struct asker *asker)
{
    uint8_t traits = asker_traits(asker), changed = traits ^ asker->traits;

    asker->traits = traits;
    if (changed & TRAIT_RESOLVES || (changed && asker->in_egresses))
        roles_change(parties);
}

static bool may_be_egress(const struct parties *parties, const struct asker *asker)
{
    return asker->iterative_queries || asker->infrastructure_queries || asker->stands_out ||
           (asker_sends(asker) && parties_is_listed(parties, &asker->address)) ||
           among(parties->given_egresses, parties->given_egress_count, &asker->address);
}

void parties_strike_egress(struct parties *parties, struct asker *asker)
{
    if (!asker->in_egresses || may_be_egress(parties, asker))
        return;
    if (known_egress(parties, &asker->address) == asker)
        parties->known_egresses[role_bit(&asker->address) % KNOWN_MAX] = NULL;
    list_remove(&parties->egresses, asker);
    asker->in_egresses = false;
    roles_change(parties);
    table_move(parties->askers, asker, HELD_BY_STRANGERS);
}

void parties_enlist_egress(struct parties *parties, struct asker *asker, int64_t now_ns)
{
    struct role_member member = {&asker->address, asker};

    note_traits(parties, asker);
    if (asker->in_egresses)
        return;
    /* A watched resolver that was not seen to answer yet. */
    if (among(parties->given_resolvers, parties->given_resolver_count, &asker->address))
        parties_enlist_service(
            parties, parties_find_or_add_server(parties, &asker->address, now_ns), now_ns);
    if (asker->in_egresses || !may_be_egress(parties, asker) ||
        !list_insert(&parties->egresses, member))
        return;
    asker->in_egresses = true;
    roles_change(parties);
    mark_role(parties, &asker->address);
    table_move(parties->askers, asker, HELD_BY_RESOLVERS);
}

void parties_count(const struct parties *parties, struct correlate_counters *counters)
{
    for (size_t i = 0; i < parties->services.count; i++) {
        const struct server *service = service_at(parties, i);

        if (!parties_is_watched(parties, &service->address, NULL))
            continue;
        counters->client_queries += server_queries(service);
        counters->client_responses += server_responses(service);
    }
    for (size_t i = 0; i < parties->egresses.count; i++) {
        const struct asker *egress = egress_at(parties, i);

        if (!parties_is_resolver(parties, &egress->address))
            continue;
        counters->upstream_queries += egress->iterative_queries + egress->recursive_queries;
        counters->upstream_unanswered += egress->queries_unanswered;
    }
}

void parties_fill(const struct parties *parties, struct table_fill *fill)
{
    table_count(parties->servers, fill);
    table_count(parties->askers, fill);
}
