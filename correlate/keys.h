/* DNSSEC's side steps: whether the keys and delegation signers of the zones on the path could be
 * had at all. What the signatures say is for validation.h. */
#ifndef CORRELATE_KEYS_H
#define CORRELATE_KEYS_H

#include "correlate/verdict.h"

/* Judges the DS and DNSKEY queries on the way to target `index`, from the root down. True and a
 * verdict where some could not be had. */
bool keys_judge(const struct inquiry *inquiry, int index, struct verdict *verdict);

#endif
