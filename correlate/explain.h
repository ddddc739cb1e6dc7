/* Words for a judgement: the sentence that explains it, and what an experienced operator would type
 * next. */
#ifndef CORRELATE_EXPLAIN_H
#define CORRELATE_EXPLAIN_H

#include "correlate/dnssec.h"
#include "correlate/incident.h"
#include "correlate/inquiry.h"
#include "correlate/verdict.h"

/* Fills `explanation` and `advice` of an incident that is filled but for them. `validation` says
 * what was computed where the cause is DNSSEC's. */
void explain(const struct verdict *verdict, const struct dnssec_verdict *validation,
             const struct inquiry *inquiry, struct incident *incident);

#endif
