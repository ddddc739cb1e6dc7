/* Nameserver names that a resolver knows not to exist, and does not ask for again. */
#ifndef CORRELATE_MISSING_HOSTS_H
#define CORRELATE_MISSING_HOSTS_H

#include <stdbool.h>

#include "correlate/inquiry.h"

/* Is one of the zone's nameservers such, and no address known of the others? */
bool missing_hosts_hold(const struct inquiry *inquiry, const struct name *zone);

/* " (NAME, NAME, and 2 more)": the zone's nameservers, for who sees at once what is wrong with
 * them. Returns `text`, empty where none are known. */
#define HOSTS_NAMED     3
#define HOSTS_TEXT_SIZE 512
const char *missing_hosts_text(const struct inquiry *inquiry, const struct name *zone,
                               char text[HOSTS_TEXT_SIZE]);

#endif
