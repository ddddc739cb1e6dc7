/* Trust anchors: where chains of trust begin, as DS or DNSKEY records. */
#ifndef CORRELATE_ANCHORS_H
#define CORRELATE_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "decode/name.h"

struct anchors;

struct anchor {
    struct name zone;
    uint16_t type; /* DS or DNSKEY */
    uint16_t rdata_size;
    const uint8_t *rdata; /* lives as long as the anchors */
};

/* Reads a file in zone format (unbound's trust-anchor-file; of an auto-trust-anchor-file, what its
 * RFC 5011 states call valid or missing) or in named's (trust-anchors, managed-keys, trusted-keys).
 * NULL: `error` names file and line. */
struct anchors *anchors_load(const char *path, struct error *error);
/* IANA's for the root: KSK-2017 and KSK-2024. NULL: out of memory. */
struct anchors *anchors_default(void);
void anchors_free(struct anchors *anchors); /* NULL is fine */

/* The zone's anchor number `index`, counted from 0; NULL: it has no more. */
const struct anchor *anchors_find(const struct anchors *anchors, const struct name *zone,
                                  size_t index);
/* The lowest zone with an anchor that `name` is in. False: none. */
bool anchors_closest(const struct anchors *anchors, const struct name *name, struct name *zone);

#endif
