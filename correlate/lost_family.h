/* A family of addresses that the resolver has lost: the route, the interface or the switch in its
 * configuration. It used it before, and now asks over the other family alone: to servers that have
 * addresses of the lost one only it sends nothing, and no packet says why. */
#ifndef CORRELATE_LOST_FAMILY_H
#define CORRELATE_LOST_FAMILY_H

#include <stdbool.h>

#include "correlate/inquiry.h"
#include "correlate/verdict.h"

/* Is that why nobody was asked of the servers of the question's zone, or of an alias target's? Then
 * `verdict` says so. The inquiry is live. */
bool lost_family_find(const struct inquiry *inquiry, struct verdict *verdict);

/* Did the resolver use the family, and send nothing over it since shortly before this try? */
bool lost_family_is_given_up(const struct inquiry *inquiry, bool ipv4);

#endif
