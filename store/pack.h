/* Findings in a few hundred octets instead of their full size, which holds room for the longest
 * names: to wait in a queue of this process. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "correlate/correlator.h"

/* More than any finding takes. */
#define PACKED_MAX (sizeof(struct finding) + 1024)

/* Returns the size. */
size_t finding_pack(const struct finding *finding, uint8_t bytes[PACKED_MAX]);
/* What finding_pack() made. */
void finding_unpack(struct finding *finding, const uint8_t *bytes);

#endif
