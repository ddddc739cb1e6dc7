#include <stdlib.h>
#include <string.h>

#include "correlate/bailiwick.h"
#include "correlate/exchange.h"
#include "correlate/family.h"
#include "correlate/world_private.h"
#include "decode/codes.h"
#include "decode/hash_words.h"
#include "decode/records.h"

/* One answer in so many tells what is in use. */
#define ANSWERS_A_SAMPLE 16

static size_t block_bytes(size_t names, size_t glue, size_t pool_bytes)
{
    return names * sizeof(uint16_t) + glue * sizeof(struct glue) + pool_bytes;
}

void world_drop_block(struct world *world, struct delegation *delegation)
{
    size_t size =
        block_bytes(delegation->name_count, delegation->glue_count, delegation->pool_bytes);

    if (size > sizeof(delegation->room)) {
        world->block_bytes -= size;
        free(delegation->glue);
    }
    delegation->glue = NULL;
    delegation->name_count = delegation->glue_count = 0;
    delegation->pool_bytes = 0;
}

/* `zone_hash`: hash_bytes() of it. */
static void add_served(struct world *world, const struct address *server, uint64_t zone_hash,
                       const uint8_t *zone, size_t zone_size, int64_t time_ns)
{
    uint64_t key = served_key(zone_hash, hash_address(server));
    struct served *served = table_find(world->served, key);

    if (!served)
        served = table_add(world->served, key, zone_family_hash(zone, zone_size));
    else if (time_ns - served->time_ns > 60 * SECOND_NS)
        table_touch(world->served, served);
    served->time_ns = time_ns;
}

/* A server of the zone or of something below it has no say in who serves the zone: it would be a
 * referral back up the tree. The zone itself, answering with authority, may. */
static bool may_delegate(const struct world *world, const struct event *event,
                         const struct name *zone)
{
    const struct name *qname = &event->dns.qname;
    const struct address *server = &event->flow.source;

    if (event->dns.flags & DNS_AA)
        return name_equal(zone, qname) &&
               bailiwick_covers_zone(world, server, qname, event->dns.qtype, zone);
    return bailiwick_delegates(world, server, qname, zone);
}

static bool says_the_same(const struct delegation *delegation, const struct referral *referral)
{
    return delegation->name_count == referral->name_count &&
           delegation->glue_count == referral->glue_count &&
           delegation->pool_bytes == referral->pool_bytes &&
           memcmp(name_pool(delegation), referral->pool, referral->pool_bytes) == 0 &&
           memcmp(delegation->glue, referral->glue, referral->glue_count * sizeof(struct glue)) ==
               0;
}

/* Out of memory: it has no names then. */
static void set_block(struct world *world, struct delegation *delegation,
                      const struct referral *referral)
{
    size_t size = block_bytes(referral->name_count, referral->glue_count, referral->pool_bytes);

    world_drop_block(world, delegation);
    if (size > sizeof(delegation->room)) {
        delegation->glue = malloc(size);
        if (!delegation->glue)
            return;
        world->block_bytes += size;
    } else {
        delegation->glue = (struct glue *)(void *)delegation->room;
    }
    delegation->name_count = (uint8_t)referral->name_count;
    delegation->glue_count = (uint8_t)referral->glue_count;
    delegation->pool_bytes = referral->pool_bytes;
    memcpy(delegation->glue, referral->glue, referral->glue_count * sizeof(struct glue));
    memcpy(name_offsets(delegation), referral->name_offsets,
           referral->name_count * sizeof(uint16_t));
    memcpy(name_pool(delegation), referral->pool, referral->pool_bytes);
}

/* What was read differs from what was known, which may be nothing (NULL). */
static struct delegation *learn_referral(struct world *world, const struct event *event,
                                         struct delegation *delegation, uint64_t key)
{
    const struct referral *referral = &world->referral;

    if (delegation) {
        world_touch(world, delegation, event->time_ns);
    } else {
        world_spare_failed(world, event->time_ns);
        delegation =
            table_add_first(world->delegations, key,
                            zone_family_hash(referral->zone.bytes, referral->zone.size_bytes));
        delegation->touched_ns = event->time_ns;
    }
    set_block(world, delegation, referral);
    world_enter_hosts(world, delegation, referral->name_hashes);
    return delegation;
}

struct delegation *world_enter(struct world *world, const struct event *event, uint64_t key,
                               struct delegation *delegation)
{
    if (!delegation || !says_the_same(delegation, &world->referral))
        return learn_referral(world, event, delegation, key);
    world_keep(world, delegation, event->time_ns);
    return delegation;
}

/* The one that has grown may be among them. */
void world_bound_blocks(struct world *world)
{
    while (world->block_bytes > world->block_limit_bytes)
        table_evict(world->delegations);
}

/* What was read is believed: `digest` tells of the zone of `zone_hash`. */
static void enter_delegation(struct world *world, const struct event *event, bool secure,
                             uint64_t zone_hash, uint64_t digest, uint64_t key,
                             struct delegation *delegation)
{
    delegation = world_enter(world, event, key, delegation);
    delegation->parent_server = event->flow.source;
    delegation->secure = secure;
    delegation->digest = key == zone_hash && delegation->glue ? digest : 0;
    world_bound_blocks(world);
}

/* Out of the NS records of one owner in `section`, and their glue. */
static void read_delegation(struct world *world, const struct event *event, enum section section,
                            bool secure, uint64_t zone_hash, uint64_t digest)
{
    const struct referral *referral = &world->referral;
    struct delegation *delegation;
    uint64_t key;

    referral_read(&world->referral, &event->dns, section);
    if (referral->name_count == 0)
        return;
    for (unsigned i = 0; i < referral->name_count; i++) /* they will be needed */
        hosts_prefetch(world->hosts, referral->name_hashes[i]);
    key = hash_bytes(referral->zone.bytes, referral->zone.size_bytes);
    delegation = table_find(world->delegations, key);
    if (may_delegate(world, event, &referral->zone))
        enter_delegation(world, event, secure, zone_hash, digest, key, delegation);
}

/* An alias into a zone that is delegated beside it (RFC 2317 does so with address ranges): who
 * answers for the one above both may say who serves that zone, until its parent does. */
static void see_delegation_beside(struct world *world, const struct event *event,
                                  const struct answer *answer)
{
    const struct name *qname = &event->dns.qname, *zone = &world->referral.zone;
    struct delegation *known;
    const uint8_t *served;
    uint64_t key;
    unsigned labels;

    referral_read(&world->referral, &event->dns, SECTION_AUTHORITY);
    if (world->referral.name_count == 0 ||
        !name_is_within(answer->target.bytes, answer->target.size_bytes, zone->bytes,
                        zone->size_bytes) ||
        name_is_within(qname->bytes, qname->size_bytes, zone->bytes, zone->size_bytes))
        return;
    labels = bailiwick_asked_for(world, &event->flow.source, qname);
    if (labels == LABELS_UNKNOWN)
        return;
    served = name_ancestor(qname->bytes, labels);
    if (!name_is_within(zone->bytes, zone->size_bytes, served,
                        qname->size_bytes - (size_t)(served - qname->bytes)))
        return;
    key = hash_bytes(zone->bytes, zone->size_bytes);
    known = table_find(world->delegations, key);
    if (!known || address_equal(&known->parent_server, &event->flow.source))
        enter_delegation(world, event, answer->ds, 0, 0, key, known);
}

/* Nearly every referral says what the last one to this zone said. Then who says so does not matter,
 * and is not believed any more for it. */
static void see_referral(struct world *world, const struct event *event,
                         const struct answer *answer)
{
    uint64_t zone_hash = answer->authority_hash;
    uint64_t digest = referral_digest(&event->dns, answer);
    struct delegation *delegation = table_find(world->delegations, zone_hash);

    if (delegation && delegation->own == OWN_NEWER)
        delegation->own = OWN_OLDER;
    if (delegation && digest && delegation->digest == digest && delegation->secure == answer->ds)
        world_keep(world, delegation, event->time_ns);
    else
        read_delegation(world, event, SECTION_AUTHORITY, answer->ds, zone_hash, digest);
}

void world_foresee(const struct world *world, const struct event *event, unsigned step)
{
    const struct dns_message *message = &event->dns;

    if (!(message->flags & DNS_QR))
        return;
    if (message->counts[1] == 0 && message->counts[2] > 0) { /* perhaps a referral */
        if (step == 0)
            table_prefetch_bucket(world->delegations, message->qname_hash);
        else
            table_prefetch_slot(world->delegations, message->qname_hash,
                                offsetof(struct delegation, room));
    } else if (step == 0 && (message->qtype == TYPE_A || message->qtype == TYPE_AAAA)) {
        hosts_prefetch(world->hosts, message->qname_hash);
    }
}

/* It says itself of which zone it is. */
static void see_claim(struct world *world, const struct event *event, const struct answer *answer)
{
    const struct dns_message *message = &event->dns;
    const struct address *server = &event->flow.source;
    const uint8_t *zone = name_ancestor(message->qname.bytes, answer->authority_labels);
    size_t zone_size = message->qname.size_bytes - (size_t)(zone - message->qname.bytes);
    uint64_t ancestors[ANCESTORS_MAX];

    if (bailiwick_covers(
            world, server, ancestors,
            bailiwick_most(message->qtype, world_ancestors(&message->qname, ancestors)),
            answer->authority_labels))
        add_served(world, server, answer->authority_hash, zone, zone_size, event->time_ns);
}

/* The zone's NS records, from whoever was asked for them. */
static void see_servers(struct world *world, const struct event *event, const struct answer *answer)
{
    if (!table_find(world->delegations, event->dns.qname_hash))
        read_delegation(world, event, SECTION_ANSWER, answer->ds, 0, 0);
    else if (event->dns.flags & DNS_AA && !answer->chained)
        world_see_own(world, event, answer, SECTION_ANSWER);
}

/* The records are the name's own: those behind an alias are of another one, which may be a zone,
 * and a nameserver's name must not be an alias. */
static void see_data(struct world *world, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->qtype == TYPE_A || message->qtype == TYPE_AAAA)
        hosts_see_answer(world->hosts, message);
    else if ((message->flags & DNS_AA) &&
             (message->qtype == TYPE_NS || message->qtype == TYPE_SOA ||
              message->qtype == TYPE_DNSKEY))
        add_served(world, &event->flow.source, message->qname_hash, message->qname.bytes,
                   message->qname.size_bytes, event->time_ns);
}

void world_see_response(struct world *world, const struct event *event, const struct answer *answer)
{
    const struct dns_message *message = &event->dns;
    bool failed = answer->rcode != RCODE_NOERROR && answer->rcode != RCODE_NXDOMAIN;

    if (message->qname.size_bytes == 0)
        return;
    if (failed || message->id % ANSWERS_A_SAMPLE == 0)
        world_keep_used(world, event);
    if (failed)
        return;
    if (answer->kind == ANSWER_REFERRAL && !(message->flags & DNS_AA))
        see_referral(world, event, answer);
    else if (answer->kind == ANSWER_DATA && message->qtype == TYPE_NS)
        see_servers(world, event, answer);
    else if (answer->kind == ANSWER_ALIAS && (message->flags & DNS_AA) && message->counts[2] > 0)
        see_delegation_beside(world, event, answer);
    if (answer->kind == ANSWER_DATA && !answer->chained)
        see_data(world, event);
    if ((message->flags & DNS_AA) && answer->authority_labels != LABELS_UNKNOWN)
        see_claim(world, event, answer);
    if ((message->flags & DNS_AA) && answer->authority_labels != LABELS_UNKNOWN &&
        answer->kind == ANSWER_DATA)
        world_see_own(world, event, answer, SECTION_AUTHORITY);
}

void world_see_query(struct world *world, const struct event *event)
{
    const struct dns_message *message = &event->dns;

    if (message->qname.size_bytes == 1 && !(message->flags & DNS_RD))
        add_served(world, &event->flow.destination, message->qname_hash, message->qname.bytes, 1,
                   event->time_ns);
}
