/* Asks dnssec.h about a gathered question: what the resolver got is laid before a validator of our
 * own, which computes at packet time. */
#ifndef CORRELATE_VALIDATION_H
#define CORRELATE_VALIDATION_H

#include <stdbool.h>

#include "correlate/dnssec.h"
#include "correlate/inquiry.h"

/* Judges the question and then, one by one, what it is an alias of: the first that is bogus, else
 * the first that is secure, insecure or undecided. False: nothing was there to be judged. The
 * servers that gave what is at fault are written to `servers`. `except` (NULL: nobody) is a server
 * whose answers are left out. */
bool validation_judge(const struct inquiry *inquiry, const struct address *except,
                      struct dnssec_verdict *verdict,
                      struct blamed_server servers[BLAMED_SERVERS_MAX], unsigned *server_count);

/* Does a forwarder answer for DS and DNSKEY without signatures, and never with any? */
bool validation_forwarder_strips(const struct inquiry *inquiry, struct blamed_server *forwarder);
/* Was it asked for them without EDNS (RFC 6891), as who does not take that? */
bool validation_forwarder_lacks_edns(const struct inquiry *inquiry,
                                     const struct address *forwarder);
/* Did a forwarder answer without signatures for a name below a zone that is known to be signed,
 * although it passes them on otherwise? It answers that itself, as a blocklist does. Fills in who,
 * what it said, and the zone. */
bool validation_forwarder_withholds(const struct inquiry *inquiry, struct blamed_server *forwarder,
                                    struct name *zone);

#endif
