/* Names that hold an address: reverse names (RFC 1035 section 3.5, RFC 3596 section 2.5), and the
 * names that providers make of their customers' addresses (198-51-100-7.dsl.example.). Who hides
 * addresses has to hide these, too. */
#ifndef DECODE_EMBEDDED_H
#define DECODE_EMBEDDED_H

#include <stdbool.h>

#include "decode/name.h"

/* Would a reader find an IPv4 or IPv6 address in it? Errs towards yes. Networks are none: three
 * octets of an IPv4 address, the twelve nibbles of a /48 below ip6.arpa. */
bool name_holds_address(const struct name *name);

#endif
