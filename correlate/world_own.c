#include "correlate/bailiwick.h"
#include "correlate/world_private.h"

static uint64_t own_key(uint64_t zone_hash)
{
    return hash_mix(zone_hash, 1);
}

struct delegation *world_own(const struct world *world, const struct delegation *parent,
                             uint64_t zone_hash)
{
    return parent->own == OWN_NONE ? NULL : table_find(world->delegations, own_key(zone_hash));
}

/* Fewer are no news: they are among those that are known. */
static bool names_others(const struct delegation *parent, const struct referral *referral)
{
    for (unsigned i = 0; i < referral->name_count; i++) {
        size_t end =
            i + 1 < referral->name_count ? referral->name_offsets[i + 1] : referral->pool_bytes;

        if (!delegation_names(parent, referral->pool + referral->name_offsets[i],
                              end - referral->name_offsets[i]))
            return true;
    }
    return false;
}

static void enter(struct world *world, const struct event *event, uint64_t zone_hash,
                  struct delegation *parent)
{
    /* When the other is entered the parent's may have to go. */
    struct address parent_server = parent->parent_server;
    bool secure = parent->secure;
    uint64_t key = own_key(zone_hash);
    struct delegation *own = world_enter(world, event, key, table_find(world->delegations, key));

    own->parent_server = parent_server;
    own->secure = secure;
    world_bound_blocks(world);
}

void world_see_own(struct world *world, const struct event *event, const struct answer *answer,
                   enum section section)
{
    const struct dns_message *message = &event->dns;
    bool asked = section == SECTION_ANSWER;
    uint64_t zone_hash = asked ? message->qname_hash : answer->authority_hash;
    struct delegation *parent = table_find(world->delegations, zone_hash);
    uint64_t digest = parent && !asked ? referral_digest(message, answer) : 0;

    if (!parent || (digest && digest == parent->own_digest && parent->own != OWN_OLDER))
        return;
    referral_read(&world->referral, message, section);
    if (world->referral.name_count == 0 ||
        !bailiwick_covers_zone(world, &event->flow.source, &message->qname, message->qtype,
                               &world->referral.zone))
        return;
    parent->own_digest = digest;
    parent->own = names_others(parent, &world->referral) ? OWN_NEWER : OWN_NONE;
    if (parent->own != OWN_NONE)
        enter(world, event, zone_hash, parent);
}
