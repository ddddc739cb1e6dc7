/* The evidence of an incident: the exchanges that its judgement stands on. */
#ifndef CORRELATE_EVIDENCE_H
#define CORRELATE_EVIDENCE_H

#include "correlate/incident.h"
#include "correlate/inquiry.h"

/* Fills `evidence` with the active items of `inquiry`, each exchange once, in time order; where
 * there are too many those that failed come first, and `evidence_total` says how many there were.
 */
void evidence_collect(const struct inquiry *inquiry, struct incident *incident);

#endif
