/* What became of an exchange, seen as a step towards a target: an answer is judged by whom it was
 * asked of and by whether the resolver still wanted it, silence by what else the network said. */
#ifndef CORRELATE_OUTCOME_H
#define CORRELATE_OUTCOME_H

#include "correlate/inquiry.h"

/* Fills `outcome`, `usable` and `retried`. All items of the target must have been gathered. */
void item_set_outcome(const struct inquiry *inquiry, const struct target *target,
                      struct item *item);

/* Of an RCODE (with the EDNS bits) that is no answer: neither NOERROR nor NXDOMAIN. */
enum outcome outcome_of_rcode(uint16_t rcode);

#endif
