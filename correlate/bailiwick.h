/* Whose word counts for which zone. A resolver asks everybody in the end, and anybody can write any
 * zone's name into his answers: what a server says of a zone above the one that it was asked as a
 * server of counts only where that zone is known to be its own, too. */
#ifndef CORRELATE_BAILIWICK_H
#define CORRELATE_BAILIWICK_H

#include <stdbool.h>

#include "correlate/world.h"

/* The most labels that a zone can have whose servers are asked such a question for a name of so
 * many labels: DS is asked for above its owner (RFC 4035 section 3.1.4.1). */
unsigned bailiwick_most(uint16_t qtype, unsigned labels);
/* May `server`, which was asked for a name, speak for its ancestor with `labels` labels? `most`: by
 * bailiwick_most(). `ancestors`: by world_ancestors(). */
bool bailiwick_covers(const struct world *world, const struct address *server,
                      const uint64_t *ancestors, unsigned most, unsigned labels);
/* The labels of the highest ancestor that it may speak for. */
unsigned bailiwick_top(const struct world *world, const struct address *server,
                       const uint64_t *ancestors, unsigned most);
/* The labels of the zone that a server is asked for a name as a server of: one that it serves, or
 * the deepest that is known, unless others are known to serve that. LABELS_UNKNOWN: none. */
unsigned bailiwick_asked_for(const struct world *world, const struct address *server,
                             const struct name *qname);
/* As bailiwick_covers() for any zone, which need not be above `qname`: then only who is known to
 * serve it may.
 */
bool bailiwick_covers_zone(const struct world *world, const struct address *server,
                           const struct name *qname, uint16_t qtype, const struct name *zone);
/* May it say who serves the zone, by a referral without authority? */
bool bailiwick_delegates(const struct world *world, const struct address *server,
                         const struct name *qname, const struct name *zone);

#endif
