/* Servers that a resolver holds for dead: after enough silence it does not ask them any more for a
 * while (unbound for a quarter of an hour), and fails whatever would need them without asking
 * anybody, names that nobody asked for before included. */
#ifndef CORRELATE_DEAD_SERVERS_H
#define CORRELATE_DEAD_SERVERS_H

#include <stdbool.h>

#include "correlate/inquiry.h"
#include "correlate/verdict.h"

/* Were the servers of the question's zone, or of an alias target's, silent to all queries when it
 * failed, and for a while before? Then `verdict` says how. */
bool dead_servers_find(const struct inquiry *inquiry, struct verdict *verdict);

/* Were these, all of them, silent then? */
bool dead_servers_hold(const struct inquiry *inquiry, const struct blamed_server *servers,
                       unsigned count);

/* Did a server of the question's zone, which is written to `zone`, answer a query that was sent
 * since then? They were not held for dead, then. The inquiry has targets. */
bool dead_servers_disproved(const struct inquiry *inquiry, int64_t since_ns, struct name *zone);
/* Was one ever seen to answer? Then none of them was held for dead since before the capture. */
bool dead_servers_are_excluded(const struct inquiry *inquiry);

#endif
