/* Which software a resolver seems to be, by how it asks upstream: for advice that names its
 * commands. Each has a habit that no other of them has in its default configuration:
 * named sends a COOKIE option (RFC 7873), kresd mixes the case of names (0x20) and asks for NS
 * records on its way down (QNAME minimisation, RFC 9156), unbound does neither and sets CD in all
 * iterative queries. A PowerDNS Recursor has only what others lack, and is not told from those who
 * lack it, too. */
#ifndef CORRELATE_SOFTWARE_H
#define CORRELATE_SOFTWARE_H

#include "correlate/party.h"

enum software { SOFTWARE_UNKNOWN, SOFTWARE_NAMED, SOFTWARE_UNBOUND, SOFTWARE_KRESD, SOFTWARE_ANY };

/* Of the resolver that asks from these addresses. Where they do not agree, as behind a NAT, or have
 * asked too little, it is SOFTWARE_UNKNOWN, which is better than a wrong one. Never
 * SOFTWARE_ANY. */
enum software software_recognise(const struct parties *parties, const struct address *egresses,
                                 size_t count);

#endif
