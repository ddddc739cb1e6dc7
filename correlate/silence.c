#include "correlate/party_private.h"

#include <string.h>

#include "correlate/family.h"

/* Between the answers to a busy resolver there is no silence to speak of: none begins before so
 * much time without one. */
#define PAUSE_NS (10 * MILLISECOND_NS)

/* Who left a query so long before the silence, while others answered, is silent for himself. */
#define LEFT_NS (2 * SECOND_NS)

/* The first that is left; the count: none is. */
static unsigned find_left(const struct silent_list *list)
{
    unsigned at = 0;

    while (at < list->count && !list->keys[at].left)
        at++;
    return at;
}

/* A full one only takes who is not left, in the place of one who is. */
static bool is_open(const struct silent_list *list, bool left)
{
    return list->count < SILENCE_DISTINCT || (!left && find_left(list) < list->count);
}

/* Of a list that is open to it. */
static void add_key(struct silent_list *list, const struct silent *silent)
{
    unsigned at = 0;

    while (at < list->count && list->keys[at].key != silent->key)
        at++;
    if (at < list->count) {
        list->keys[at].left &= silent->left;
        return;
    }
    if (at == SILENCE_DISTINCT) {
        unsigned left = find_left(list);

        list->count--;
        memmove(&list->keys[left], &list->keys[left + 1],
                (list->count - left) * sizeof(list->keys[0]));
    }
    list->keys[list->count++] = *silent;
}

/* Those who are not left. */
static unsigned count_others(const struct silent_list *list)
{
    unsigned others = 0;

    for (unsigned i = 0; i < list->count; i++)
        others += !list->keys[i].left;
    return others;
}

static void drop_keys_since(struct silent_list *list, int64_t time_ns)
{
    while (list->count && list->keys[list->count - 1].time_ns >= time_ns)
        list->count--;
}

/* A query that was sent amid the silence got its answer: what was first asked since then was not
 * asked in vain. */
static void drop_since(struct silence *silence, int64_t time_ns)
{
    if (time_ns < silence->since_ns)
        return;
    drop_keys_since(&silence->servers, time_ns);
    drop_keys_since(&silence->families, time_ns);
}

static void silence_begin(struct silence *silence, int64_t time_ns)
{
    silence->after_ns = silence->until_ns;
    silence->since_ns = time_ns;
    silence->until_ns = INT64_MAX;
    silence->servers.count = silence->families.count = 0;
}

/* Had it shown already that it is silent for itself? Not by what it left in the silence before, if
 * it ever answered. */
static bool was_left(const struct asker *asker, const struct server *server)
{
    const struct silence *before = &asker->silences[1];

    if (server->open_query_ns >= asker->silences[0].since_ns - LEFT_NS)
        return false;
    return server_answered_query_ns(server) == NEVER || server->open_query_ns < before->since_ns ||
           server->open_query_ns >= before->until_ns;
}

void silence_extend(struct asker *asker, const struct server *server, const struct event *event)
{
    const struct name *qname = &event->dns.qname;
    struct silence *silence = &asker->silences[0];
    struct silent silent = {.time_ns = event->time_ns};

    if (silence->until_ns != INT64_MAX) {
        if (event->time_ns < silence->until_ns + PAUSE_NS)
            return;
        silence_begin(silence, event->time_ns);
    }
    silent.left = was_left(asker, server);
    if (is_open(&silence->servers, silent.left)) {
        silent.key = party_key(&event->flow.destination);
        add_key(&silence->servers, &silent);
    }
    if (is_open(&silence->families, silent.left) && qname->size_bytes) {
        silent.key = name_family_hash(qname->bytes, qname->size_bytes);
        add_key(&silence->families, &silent);
    }
}

void silence_end(struct asker *asker, const struct exchange *exchange)
{
    struct silence *silences = asker->silences;

    if (silences[0].until_ns == INT64_MAX) {
        drop_since(&silences[0], exchange_begin(exchange));
        if (silences[0].servers.count >= 2) {
            silences[1] = silences[0];
            silences[1].until_ns = exchange->response_ns;
        }
        silences[0].since_ns = INT64_MAX; /* none until the next one begins */
    }
    silences[0].until_ns = exchange->response_ns;
}

static bool covers(const struct silence *silence, int64_t from_ns, int64_t to_ns)
{
    return silence->until_ns != NEVER && silence->after_ns < from_ns &&
           silence->since_ns <= to_ns && silence->until_ns > to_ns;
}

static const struct silence *silence_at(const struct asker *asker, int64_t time_ns)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct silence *silence = &asker->silences[i];

        if (silence->until_ns != NEVER && silence->since_ns <= time_ns &&
            silence->until_ns > time_ns)
            return silence;
    }
    return NULL;
}

/* Not more servers than can be told apart, and each is one of these. */
static bool asks_only(const struct silence *silence, const struct blamed_server *servers,
                      size_t count)
{
    for (unsigned i = 0; i < silence->servers.count; i++) {
        size_t at = 0;

        while (at < count && party_key(&servers[at].address) != silence->servers.keys[i].key)
            at++;
        if (at == count)
            return false;
    }
    return silence->servers.count < SILENCE_DISTINCT;
}

bool parties_ask_in_vain(const struct parties *parties, const struct address *askers, size_t count,
                         const struct blamed_server *servers, size_t server_count, int64_t time_ns)
{
    int64_t answered_ns = NEVER, since_ns = INT64_MAX;
    unsigned families = 0;

    for (size_t i = 0; i < count; i++) {
        const struct asker *asker = parties_asker(parties, &askers[i]);
        const struct silence *silence = asker ? silence_at(asker, time_ns) : NULL;

        if (silence && !asks_only(silence, servers, server_count))
            return false;
        if (silence && silence->since_ns < since_ns)
            since_ns = silence->since_ns;
        if (silence && silence->families.count > families)
            families = silence->families.count;
        if (asker && !silence && asker->silences[0].until_ns > answered_ns)
            answered_ns = asker->silences[0].until_ns; /* it has asked nobody since */
    }
    return families >= 2 && answered_ns <= since_ns;
}

bool parties_ask_others_in_vain(const struct parties *parties, const struct address *askers,
                                size_t count, const struct blamed_server *servers,
                                size_t server_count, int64_t time_ns)
{
    for (size_t i = 0; i < count; i++) {
        const struct asker *asker = parties_asker(parties, &askers[i]);
        const struct silence *silence = asker ? silence_at(asker, time_ns) : NULL;

        if (silence && silence->families.count >= 2 && !asks_only(silence, servers, server_count))
            return true;
    }
    return false;
}

bool parties_were_cut_off(const struct parties *parties, const struct address *askers, size_t count,
                          int64_t from_ns, int64_t to_ns, int64_t least_ns, bool root)
{
    unsigned servers = 0, families = 0, others;

    for (size_t i = 0; i < count; i++) {
        const struct asker *asker = parties_asker(parties, &askers[i]);
        const struct silence *silences = asker ? asker->silences : NULL;
        const struct silence *silence;

        if (!asker || silences[0].until_ns < from_ns - PAUSE_NS)
            continue; /* it asked nobody */
        if (!covers(&silences[0], from_ns, to_ns) && !covers(&silences[1], from_ns, to_ns))
            return false;
        silence = covers(&silences[0], from_ns, to_ns) ? &silences[0] : &silences[1];
        if (silence->until_ns - silence->since_ns < least_ns)
            return false;
        servers += count_others(&silence->servers);
        others = count_others(&silence->families);
        families = families > others ? families : others;
    }
    return servers >= 3 && (root || families >= 3);
}
