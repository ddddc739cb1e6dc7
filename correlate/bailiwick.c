#include "correlate/bailiwick.h"

#include "decode/codes.h"
#include "decode/hash.h"

/* The root and what is right below it: who serves these the zone above says without fail. Further
 * down the zone itself may name servers that its parent does not. */
#define STRICT_LABELS 1

/* The labels of the deepest zone that is known, of which the server is not the parent's; 0: none.
 */
static unsigned deepest_cut(const struct world *world, const struct address *server,
                            const uint64_t *ancestors, unsigned most)
{
    unsigned at = most;

    for (; at > 0; at--) {
        const struct delegation *delegation = world_delegation_by_hash(world, ancestors[at]);

        if (delegation && !address_equal(&delegation->parent_server, server))
            break;
    }
    return at;
}

static bool has_family(const struct glue *listed, size_t count, unsigned name, bool ipv4)
{
    for (size_t i = 0; i < count; i++)
        if (listed[i].name_index == name && address_is_ipv4(&listed[i].address) == ipv4)
            return true;
    return false;
}

/* Is an address of the server's kind known of each nameserver, and its own is none of them? */
static bool is_none_of(const struct world *world, const struct delegation *delegation,
                       const struct address *server)
{
    struct glue listed[LISTED_MAX];
    size_t count = world_listed(world, delegation, listed, LISTED_MAX);

    for (size_t i = 0; i < count; i++)
        if (address_equal(&listed[i].address, server))
            return false;
    for (unsigned i = 0; i < delegation->name_count; i++)
        if (!has_family(listed, count, i, address_is_ipv4(server)))
            return false;
    return delegation->name_count > 0;
}

static bool is_foreign(const struct world *world, const struct address *server,
                       const uint64_t *ancestors, unsigned labels)
{
    const struct delegation *delegation =
        labels <= STRICT_LABELS ? world_delegation_by_hash(world, ancestors[labels]) : NULL;

    return delegation && is_none_of(world, delegation, server);
}

bool bailiwick_covers(const struct world *world, const struct address *server,
                      const uint64_t *ancestors, unsigned most, unsigned labels)
{
    return !is_foreign(world, server, ancestors, labels) &&
           (world_serves(world, server, ancestors[labels]) ||
            deepest_cut(world, server, ancestors, most) <= labels);
}

unsigned bailiwick_top(const struct world *world, const struct address *server,
                       const uint64_t *ancestors, unsigned most)
{
    unsigned top = deepest_cut(world, server, ancestors, most);

    while (top < most && is_foreign(world, server, ancestors, top))
        top++;
    return top;
}

unsigned bailiwick_most(uint16_t qtype, unsigned labels)
{
    return qtype == TYPE_DS && labels > 0 ? labels - 1 : labels;
}

bool bailiwick_covers_zone(const struct world *world, const struct address *server,
                           const struct name *qname, uint16_t qtype, const struct name *zone)
{
    uint64_t ancestors[ANCESTORS_MAX];

    if (!name_is_within(qname->bytes, qname->size_bytes, zone->bytes, zone->size_bytes))
        return world_serves(world, server, hash_bytes(zone->bytes, zone->size_bytes));
    return bailiwick_covers(world, server, ancestors,
                            bailiwick_most(qtype, world_ancestors(qname, ancestors)),
                            name_labels(zone->bytes));
}

/* Is he none of those who serve the deepest zone above that is known? Then he serves one between
 * that is not, or nothing. */
static bool is_stranger_above(const struct world *world, const struct address *server,
                              const uint64_t *ancestors, unsigned labels)
{
    for (unsigned at = labels; at-- > 0;) {
        const struct delegation *delegation = world_delegation_by_hash(world, ancestors[at]);

        if (delegation)
            return is_none_of(world, delegation, server);
    }
    return false;
}

unsigned bailiwick_asked_for(const struct world *world, const struct address *server,
                             const struct name *qname)
{
    uint64_t ancestors[ANCESTORS_MAX];
    unsigned most = world_ancestors(qname, ancestors);
    unsigned labels = world_zone_labels(world, server, ancestors, most);
    const struct delegation *known;

    if (labels != LABELS_UNKNOWN)
        return labels;
    labels = deepest_cut(world, server, ancestors, most);
    known = labels > 0 ? world_delegation_by_hash(world, ancestors[labels]) : NULL;
    return known && !is_none_of(world, known, server) ? labels : LABELS_UNKNOWN;
}

/* Who is known for a zone above the cut may, and who was believed once; nobody delegates the root.
 * Somebody else is believed as long as little is known. */
bool bailiwick_delegates(const struct world *world, const struct address *server,
                         const struct name *qname, const struct name *zone)
{
    const struct delegation *known = world_delegation(world, zone->bytes, zone->size_bytes);
    unsigned labels = name_labels(zone->bytes), most, served;
    uint64_t ancestors[ANCESTORS_MAX];

    if (labels == 0 ||
        !name_is_within(qname->bytes, qname->size_bytes, zone->bytes, zone->size_bytes))
        return false;
    if (known && address_equal(&known->parent_server, server))
        return !world_answered_for(world, server, zone->bytes, zone->size_bytes);
    most = world_ancestors(qname, ancestors);
    served = world_zone_labels(world, server, ancestors, most);
    if (served != LABELS_UNKNOWN)
        return served < labels;
    for (unsigned at = most; at > labels; at--)
        if (world_delegation_by_hash(world, ancestors[at]))
            return false;
    return !known ||
           (labels > STRICT_LABELS && !is_stranger_above(world, server, ancestors, labels));
}
