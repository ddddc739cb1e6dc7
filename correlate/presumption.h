/* Zones whose delegation no packet shows, because the resolver has known it since before: whom it
 * asks in vain for several names of one party, and for nobody else's, it holds for that party's
 * servers. */
#ifndef CORRELATE_PRESUMPTION_H
#define CORRELATE_PRESUMPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/incident.h"

struct presumptions;

struct presumptions *presumptions_new(uint64_t memory_bytes); /* NULL: out of memory */
void presumptions_free(struct presumptions *presumptions);    /* NULL is fine */

/* `name` was asked for in vain at a server of a zone that is not known. `on_the_way`: as a step
 * down to a longer name, which has a label more than the server's zone (RFC 9156). */
void presumptions_note(struct presumptions *presumptions, const struct address *server,
                       const struct name *name, bool on_the_way);

/* Is the party's domain that `name` lies in (name_family()) what these servers serve? Of servers
 * that were asked for more than one party's names, or for the domain on the way down, who may serve
 * one above, it is not known, nor of those that were asked for one part of a domain alone. */
bool presumptions_hold(const struct presumptions *presumptions, const struct blamed_server *servers,
                       size_t count, const struct name *name);

#endif
