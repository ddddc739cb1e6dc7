/* What stands for "one party's names" where zones are not known. */
#ifndef CORRELATE_FAMILY_H
#define CORRELATE_FAMILY_H

#include <stddef.h>
#include <stdint.h>

/* Where a name's last two labels begin, or three where two are a country's registry (co.uk). Names
 * are lower. */
const uint8_t *name_family(const uint8_t *name);
/* Their hash. */
uint64_t name_family_hash(const uint8_t *name, size_t size);
/* The same of a zone. Reverse zones, whose names all end alike, have a family for each /16 (IPv4)
 * or /32 (IPv6): of addresses that are looked up one after the other few lie in as many networks.
 */
uint64_t zone_family_hash(const uint8_t *zone, size_t size);

#endif
