/* Captures of one time from several hosts, whose clocks may differ: what is to be added to the
 * times of each, so that they can be read as one stream. */
#ifndef CLI_CLOCK_SHIFTS_H
#define CLI_CLOCK_SHIFTS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"

/* Looks into the files and says on standard error whose times are to be shifted. A shift for each
 * path, to be freed; NULL: none is needed, or there was no memory to find out. */
int64_t *clock_shifts_find(const char *const *paths, size_t count, const struct options *options);

#endif
