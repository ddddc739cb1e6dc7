/* What became of an exchange, seen as a step towards a target: an answer is judged by whom it was
 * asked of and by whether the resolver still wanted it, silence by what else the network said. */
#ifndef CORRELATE_OUTCOME_H
#define CORRELATE_OUTCOME_H

#include "correlate/inquiry.h"

/* Fills `outcome`, `usable` and `retried`. All items of the target must have been gathered. */
void item_set_outcome(const struct inquiry *inquiry, const struct target *target,
                      struct item *item);

/* Of a referral without aa to a zone of so many labels, by a server of one of so many: REFERRAL
 * downwards. To its own zone, it has no authority there; else it leads back up. */
enum outcome outcome_of_referral(unsigned to_labels, unsigned zone_labels);

/* Is a final answer not that of the server of a zone of so many labels? Those of the root and of
 * top-level domains are never recursive: where they seem to be (RA=1, no aa) somebody who resolves
 * by himself sits in between. */
bool answer_is_intercepted(const struct exchange *exchange, unsigned zone_labels);

/* Of an RCODE (with the EDNS bits) that is no answer: neither NOERROR nor NXDOMAIN. */
enum outcome outcome_of_rcode(uint16_t rcode);

#endif
