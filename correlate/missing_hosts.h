/* Nameserver names that a resolver knows not to exist, and does not ask for again. */
#ifndef CORRELATE_MISSING_HOSTS_H
#define CORRELATE_MISSING_HOSTS_H

#include <stdbool.h>

#include "correlate/inquiry.h"

/* Is one of the zone's nameservers such, and no address known of the others? */
bool hosts_are_missing(const struct inquiry *inquiry, const struct name *zone);

#endif
