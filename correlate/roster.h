/* Who serves a zone, as its delegation says: the addresses of its nameservers as far as they are
 * known, and whether they can be used: IPv6 is of no use where nobody answers over it. */
#ifndef CORRELATE_ROSTER_H
#define CORRELATE_ROSTER_H

#include "correlate/world.h"

#define ROSTER_MAX 64

struct roster {
    struct name zone;
    uint64_t zone_hash; /* hash_bytes() of it */
    struct address addresses[ROSTER_MAX];
    unsigned count;
    unsigned usable;     /* of them */
    unsigned names;      /* that the delegation lists */
    unsigned unresolved; /* of them, those that no address is known of */
    bool ipv6_works;
};

/* False: the zone's delegation is not known. */
bool roster_read(struct roster *roster, const struct world *world, const struct name *zone,
                 bool ipv6_works);
bool roster_lists(const struct roster *roster, const struct address *server);
bool roster_is_usable(const struct roster *roster, const struct address *server);

#endif
