#include "correlate/inquiry.h"

#include <string.h>

#include "correlate/bailiwick.h"
#include "correlate/inquiry_try.h"
#include "correlate/outcome.h"
#include "decode/codes.h"
#include "decode/hash.h"

/* How far back an exchange may lie to be looked at: all that is kept. */
#define LOOK_BACK_NS (180 * SECOND_NS)
/* Exchanges of one name that are looked through, newest first: a bound in time. Those that began
 * after the failure are passed over: a resolver that asks in circles has thousands of them, and
 * what it failed by lies behind. */
#define WALK_MAX  2048
#define LATER_MAX 16384
#define DEPTH_MAX 8
/* Aliases of one answer. */
#define CHAIN_MAX 16
/* Of all exchanges: some five hundred of them for a name in ip6.arpa. */
#define LABELS_LOOKED_AT_MAX 16384

void zone_of_labels(const struct name *name, unsigned labels, struct name *zone)
{
    zone->size_bytes = 0;
    if (labels != LABELS_UNKNOWN && labels <= name_labels(name->bytes))
        name_set_ancestor(zone, name, labels);
}

bool zone_above(const struct name *name, struct name *above)
{
    above->size_bytes = 0;
    if (name->size_bytes > 1)
        zone_of_labels(name, name_labels(name->bytes) - 1, above);
    return above->size_bytes > 0;
}

void item_zone(const struct item *item, struct name *zone)
{
    struct name name;

    exchange_name(item->exchange, &name);
    zone_of_labels(&name, item->zone_labels, zone);
}

int inquiry_find_target(const struct inquiry *inquiry, const uint8_t *name, size_t size,
                        uint16_t qtype)
{
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        const struct target *target = &inquiry->targets[i];

        if (target->qtype == qtype && target->name.size_bytes == size &&
            memcmp(target->name.bytes, name, size) == 0)
            return (int)i;
    }
    return -1;
}

static bool is_egress(const struct inquiry *inquiry, const struct address *address)
{
    for (size_t i = 0; i < inquiry->egress_count; i++)
        if (address_equal(&inquiry->egresses[i], address))
            return true;
    return false;
}

/* Zones */

const struct delegation *inquiry_delegation(const struct inquiry *inquiry, const struct name *zone)
{
    return zone->size_bytes && inquiry->qclass == CLASS_IN
               ? world_delegation(inquiry->knowledge->world, zone->bytes, zone->size_bytes)
               : NULL;
}

const struct delegation *inquiry_deepest_cut(const struct inquiry *inquiry, const struct name *name,
                                             struct name *zone)
{
    const uint8_t *end = name->bytes + name->size_bytes;

    for (const uint8_t *at = name->bytes; *at != 0; at += 1 + *at) {
        const struct delegation *delegation;

        zone->size_bytes = (uint8_t)(end - at);
        memcpy(zone->bytes, at, zone->size_bytes);
        delegation = inquiry_delegation(inquiry, zone);
        if (delegation)
            return delegation;
    }
    return NULL;
}

static unsigned zone_served(const struct inquiry *inquiry, const struct exchange *exchange,
                            const uint64_t *ancestors, unsigned most)
{
    return inquiry->qclass == CLASS_IN
               ? world_zone_labels(inquiry->knowledge->world, &exchange->server, ancestors, most)
               : LABELS_UNKNOWN;
}

/* Which zone is the server of `exchange` asked about? A referral answers that: the zone is above
 * the cut. Otherwise the deepest zone over the name that the server is known to serve. */
static unsigned zone_asked(const struct inquiry *inquiry, const struct exchange *exchange,
                           const uint64_t *ancestors, unsigned labels)
{
    unsigned most = bailiwick_most(exchange->qtype, labels);

    if (exchange->responded && exchange->kind == ANSWER_REFERRAL &&
        !(exchange->response_flags & DNS_AA) && exchange->authority_labels != LABELS_UNKNOWN &&
        exchange->authority_labels > 0) {
        unsigned above = zone_served(inquiry, exchange, ancestors, exchange->authority_labels - 1u);
        unsigned below = zone_served(inquiry, exchange, ancestors, most);

        /* One that serves the cut itself or deeper has referred back up. */
        return below != LABELS_UNKNOWN && below >= exchange->authority_labels ? below : above;
    }
    if (exchange->responded && (exchange->response_flags & DNS_AA) &&
        exchange->authority_labels != LABELS_UNKNOWN && exchange->authority_labels <= most &&
        (inquiry->qclass != CLASS_IN ||
         bailiwick_covers(inquiry->knowledge->world, &exchange->server, ancestors, most,
                          exchange->authority_labels)))
        return exchange->authority_labels;
    return zone_served(inquiry, exchange, ancestors, most);
}

/* Gathering */

bool inquiry_is_unasked(const struct knowledge *knowledge, const struct exchange *exchange)
{
    const struct asker *asker;

    if (exchange->query_ns != NEVER)
        return false;
    asker = parties_asker(knowledge->parties, &exchange->asker);
    return asker && asker_sends(asker);
}

static bool is_in_reach(const struct inquiry *inquiry, const struct exchange *exchange)
{
    int64_t begin_ns = exchange_begin(exchange);

    return exchange->qclass == inquiry->qclass && begin_ns <= inquiry->failed_ns &&
           begin_ns >= inquiry->asked_ns - LOOK_BACK_NS && is_egress(inquiry, &exchange->asker) &&
           !inquiry_is_unasked(inquiry->knowledge, exchange);
}

/* Why a target whose name has `labels` labels needs an exchange for the ancestor with `at` labels,
 * or DEPENDENCY_COUNT where it does not. */
static enum dependency reason(const struct target *target, unsigned labels, unsigned at,
                              const struct exchange *exchange, bool underscore)
{
    uint16_t qtype = exchange->qtype;

    if (qtype == TYPE_DS && !underscore && target->qtype != TYPE_DS)
        return DEPENDENCY_DS;
    if (qtype == TYPE_DNSKEY && !underscore && target->qtype != TYPE_DNSKEY)
        return DEPENDENCY_DNSKEY;
    if (at == labels && !underscore && qtype == target->qtype)
        return exchange->query_flags & DNS_RD ? DEPENDENCY_FORWARDED : target->why;
    /* A name that does not exist does so for all types (RFC 8020). */
    if (qtype == TYPE_NS || (qtype == TYPE_AAAA && underscore) ||
        (qtype == TYPE_A &&
         (at < labels || underscore || (exchange->responded && exchange->rcode == RCODE_NXDOMAIN))))
        return exchange->query_flags & DNS_RD ? DEPENDENCY_FORWARDED : DEPENDENCY_ANCESTOR;
    return DEPENDENCY_COUNT;
}

/* RD=1 goes to forwarders; but unbound tries it on authoritative servers that look recursive, and
 * kresd asks a forwarder again without it. */
static bool is_to_forwarder(const struct inquiry *inquiry, const struct exchange *exchange)
{
    const struct server *server = parties_server(inquiry->knowledge->parties, &exchange->server);

    if (exchange->query_flags & DNS_RD)
        return !server || !server->first_iterative;
    return server && !server->first_iterative && server->recurses;
}

/* What a walk gave, to stay as long as the inquiry: the same for the same exchange, which is looked
 * for among the first `shared` copies. */
static const struct exchange *keep(struct inquiry *inquiry, unsigned shared,
                                   const struct exchange *exchange)
{
    if (exchange->place == 0)
        return exchange;
    for (unsigned i = 0; i < shared; i++)
        if (inquiry->copies[i].place == exchange->place)
            return &inquiry->copies[i];
    inquiry->copy_count++;
    return exchange;
}

struct gathering {
    struct exchange_walk walk;
    unsigned walked, later;
};

static void gather_begin(struct gathering *gathering, const struct inquiry *inquiry,
                         uint64_t name_hash, const uint8_t *name, size_t size)
{
    gathering->walked = 0;
    gathering->later = 0;
    exchange_walk_begin(&gathering->walk, inquiry->knowledge->exchanges, name_hash, name, size,
                        NULL);
}

/* The next one of that name that had begun when the question failed, or NULL. What is not kept is
 * overwritten by the next. */
static const struct exchange *gather_next(struct inquiry *inquiry, struct gathering *gathering)
{
    const struct exchange *exchange;

    gathering->walk.room = &inquiry->copies[inquiry->copy_count];
    do {
        exchange = exchange_walk_next(&gathering->walk);
    } while (exchange && exchange_begin(exchange) > inquiry->failed_ns &&
             gathering->later++ < LATER_MAX);
    return gathering->walked++ < WALK_MAX ? exchange : NULL;
}

static bool has_room(const struct inquiry *inquiry, const struct target *target)
{
    /* To find its zone each of an exchange's labels is looked at. */
    return inquiry->item_count < ITEMS_MAX && target->item_count < TARGET_ITEMS_MAX &&
           inquiry->labels_looked_at <= LABELS_LOOKED_AT_MAX;
}

/* `ancestors` are those of the name. */
static void collect_name(struct inquiry *inquiry, struct target *target, const uint8_t *name,
                         size_t size, const uint64_t *ancestors, unsigned at, bool underscore)
{
    unsigned labels = name_labels(target->name.bytes), has = at + underscore;
    /* Targets share ancestors. Of one target each name is walked once, unless it is itself one with
     * an underscore. */
    unsigned shared = underscore ? inquiry->copy_count : inquiry->shared_copies;
    const struct exchange *exchange;
    struct gathering gathering;

    gather_begin(&gathering, inquiry, ancestors[has], name, size);
    while ((exchange = gather_next(inquiry, &gathering)) != NULL) {
        enum dependency why;

        if (exchange->name_size != size || !is_in_reach(inquiry, exchange))
            continue;
        why = reason(target, labels, at, exchange, underscore);
        if (why == DEPENDENCY_COUNT)
            continue;
        if (!has_room(inquiry, target)) {
            /* Earlier tries alone can be more than there is room for. */
            inquiry->truncated |= exchange_begin(exchange) >= inquiry->asked_ns;
            return;
        }
        inquiry->labels_looked_at += has + 1;
        inquiry->items[inquiry->item_count++] = (struct item){
            .exchange = keep(inquiry, shared, exchange),
            .why = why,
            .target = (uint8_t)(target - inquiry->targets),
            .zone_labels = (uint8_t)zone_asked(inquiry, exchange, ancestors, has),
            .to_forwarder = is_to_forwarder(inquiry, exchange),
        };
        target->item_count++;
    }
}

static void collect_exchanges(struct inquiry *inquiry, struct target *target)
{
    uint64_t ancestors[ANCESTORS_MAX];
    unsigned labels = world_ancestors(&target->name, ancestors);
    uint8_t underscored[NAME_MAX_BYTES + 2];
    bool any_underscored = exchange_any_underscored(inquiry->knowledge->exchanges);
    const uint8_t *ancestor;

    target->first_item = inquiry->item_count;
    inquiry->shared_copies = inquiry->copy_count;
    ancestor = name_ancestor(target->name.bytes, labels);
    for (unsigned at = labels + 1; at-- > 0; ancestor += 1 + *ancestor) {
        size_t size = target->name.size_bytes - (size_t)(ancestor - target->name.bytes);

        collect_name(inquiry, target, ancestor, size, ancestors, at, false);
        if (!any_underscored || size + 2 > NAME_MAX_BYTES)
            continue;
        underscored[0] = 1;
        underscored[1] = '_';
        memcpy(underscored + 2, ancestor, size);
        ancestors[at + 1] = hash_bytes(underscored, size + 2); /* what stood there is done with */
        collect_name(inquiry, target, underscored, size + 2, ancestors, at, true);
    }
    for (unsigned i = target->first_item; i < inquiry->item_count; i++)
        item_set_outcome(inquiry, target, &inquiry->items[i]);
}

static bool closes_loop(const struct inquiry *inquiry, int parent, const struct name *name)
{
    for (int i = parent; i >= 0; i = inquiry->targets[i].parent) {
        if (name_equal(&inquiry->targets[i].name, name))
            return true;
        if (inquiry->targets[i].why != DEPENDENCY_ALIAS)
            break;
    }
    return false;
}

static void add_target(struct inquiry *inquiry, const uint8_t *name, size_t size, uint16_t qtype,
                       enum dependency why, int parent, unsigned zone_labels)
{
    const struct target *above = parent >= 0 ? &inquiry->targets[parent] : NULL;
    struct target *target;

    if (above && above->depth >= (why == DEPENDENCY_ALIAS ? 4 * DEPTH_MAX : DEPTH_MAX))
        return;
    if (why != DEPENDENCY_ALIAS && inquiry_find_target(inquiry, name, size, qtype) >= 0)
        return;
    if (inquiry->target_count == TARGETS_MAX) {
        inquiry->truncated = true;
        return;
    }
    target = &inquiry->targets[inquiry->target_count++];
    *target = (struct target){.qtype = qtype,
                              .why = why,
                              .parent = parent,
                              .depth = above ? above->depth + 1 : 0,
                              .zone_labels = (uint8_t)zone_labels};
    target->name.size_bytes = (uint8_t)size;
    memcpy(target->name.bytes, name, size);
    if (why == DEPENDENCY_ALIAS) {
        target->alias_depth = above ? above->alias_depth + 1 : 1;
        target->loop = closes_loop(inquiry, parent, &target->name);
    }
}

/* Does the answer say that the name is itself the end? */
static bool denies_alias(const struct exchange *exchange)
{
    return exchange->responded && !exchange->alias &&
           (exchange->kind == ANSWER_DATA || exchange->kind == ANSWER_SOA);
}

static bool was_asked_for(struct inquiry *inquiry, const struct name *name, uint16_t qtype)
{
    const struct exchange *exchange;
    struct gathering gathering;

    gather_begin(&gathering, inquiry, hash_bytes(name->bytes, name->size_bytes), name->bytes,
                 name->size_bytes);
    while ((exchange = gather_next(inquiry, &gathering)) != NULL)
        if (exchange->qtype == qtype && exchange->name_size == name->size_bytes &&
            is_in_reach(inquiry, exchange))
            return true;
    return false;
}

/* A server may follow an alias into other zones that it happens to serve. Resolvers do not believe
 * that, and ask for the rest of the chain themselves, from its first name outside the zone on:
 * there it leads, and not to its end. */
static void find_way(struct inquiry *inquiry, const struct exchange *exchange,
                     const struct target *target, struct name *alias)
{
    struct name step = target->name;

    for (unsigned i = 0; i < CHAIN_MAX; i++) {
        if (!exchange_follow_alias(inquiry->knowledge->exchanges, exchange, &step) ||
            name_equal(&step, alias))
            return;
        if (was_asked_for(inquiry, &step, target->qtype)) {
            name_copy(alias, &step);
            return;
        }
    }
}

/* An alias holds for every type, whichever it was learned with. */
static void add_aliases(struct inquiry *inquiry, int index)
{
    const struct target *target = &inquiry->targets[index];
    const struct exchange *exchange;
    struct gathering gathering;
    struct exchange newest;
    struct name alias;
    bool denied = false;

    if (target->loop)
        return;
    newest.alias = NULL;
    gather_begin(&gathering, inquiry, hash_bytes(target->name.bytes, target->name.size_bytes),
                 target->name.bytes, target->name.size_bytes);
    while ((exchange = gather_next(inquiry, &gathering)) != NULL) {
        if (exchange->name_size != target->name.size_bytes || !is_in_reach(inquiry, exchange))
            continue;
        denied |= denies_alias(exchange);
        if (exchange->alias && (!newest.alias || exchange->response_ns > newest.response_ns))
            newest = *exchange;
    }
    if (newest.alias) {
        name_copy(&alias, newest.alias);
        find_way(inquiry, &newest, target, &alias);
    } else if (denied || inquiry->qclass != CLASS_IN ||
               !aliases_follow(inquiry->knowledge->aliases, &target->name, inquiry->asked_ns,
                               &alias)) {
        return;
    }
    add_target(inquiry, alias.bytes, alias.size_bytes, target->qtype, DEPENDENCY_ALIAS, index,
               LABELS_UNKNOWN);
}

static void add_nameservers_of(struct inquiry *inquiry, const struct delegation *delegation,
                               int index, unsigned labels)
{
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *server;
        size_t size = delegation_name(delegation, i, &server);

        if (delegation_has_glue(delegation, i))
            continue;
        add_target(inquiry, server, size, TYPE_A, DEPENDENCY_NAMESERVER, index, labels);
        add_target(inquiry, server, size, TYPE_AAAA, DEPENDENCY_NAMESERVER, index, labels);
    }
}

/* The nameserver names on the path that came without an address had to be resolved first. */
static void add_nameservers(struct inquiry *inquiry, int index)
{
    const struct name name = inquiry->targets[index].name;

    for (unsigned labels = name_labels(name.bytes) + 1; labels-- > 1;) {
        const struct delegation *words[WORDS_MAX];
        struct name zone;
        unsigned count;

        name_set_ancestor(&zone, &name, labels);
        count = inquiry->qclass == CLASS_IN ? world_delegations(inquiry->knowledge->world,
                                                                zone.bytes, zone.size_bytes, words)
                                            : 0;
        for (unsigned i = 0; i < count; i++)
            add_nameservers_of(inquiry, words[i], index, labels);
    }
}

void inquiry_gather(struct inquiry *inquiry, const struct knowledge *knowledge,
                    const struct address *resolver, const struct name *qname, uint16_t qtype,
                    uint16_t qclass, int64_t asked_ns, int64_t failed_ns, int64_t until_ns,
                    int64_t earlier_ns)
{
    bool seen = asked_ns != NEVER;

    inquiry->knowledge = knowledge;
    inquiry->resolver = *resolver;
    inquiry->egress_count = parties_egresses(knowledge->parties, resolver, inquiry->egresses);
    /* Where the query was not seen, what was on the wire just before must do. */
    inquiry->asked_ns = seen ? asked_ns : failed_ns - 100 * MILLISECOND_NS;
    inquiry->qclass = qclass;
    inquiry->failed_ns = failed_ns;
    inquiry->until_ns = until_ns;
    inquiry->earlier_ns = earlier_ns;
    inquiry->truncated = false;
    inquiry->target_count = inquiry->item_count = inquiry->copy_count = 0;
    inquiry->labels_looked_at = 0;
    if (qname->size_bytes)
        add_target(inquiry, qname->bytes, qname->size_bytes, qtype, DEPENDENCY_QUESTION, -1,
                   LABELS_UNKNOWN);
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        collect_exchanges(inquiry, &inquiry->targets[i]);
        add_aliases(inquiry, (int)i);
        add_nameservers(inquiry, (int)i);
    }
    inquiry_begin_try(inquiry);
}
