/* Was it validation, by what the signatures are worth: what a validator of our own makes of what
 * the resolver got, and the faults of others that look like bad signatures from within: a trust
 * anchor or a clock of the resolver's own, a forwarder that strips. Questions with CD=1 are not
 * decided: it is not this resolver's validation that failed them. */
#ifndef CORRELATE_JUDGE_SIGNATURES_H
#define CORRELATE_JUDGE_SIGNATURES_H

#include "correlate/judge_bench.h"
#include "correlate/private_zone.h"

/* What the exchanges got does not validate. Fills in `validation`. */
bool judge_by_signatures(struct bench *bench);
/* The same, or the resolver is at odds with its root. */
bool judge_by_computing(struct bench *bench);
bool judge_by_stripping(struct bench *bench);
/* A forwarder answers in the zone's place, as a blocklist does. */
bool judge_by_withholding(struct bench *bench);
/* Where some of a zone's servers failed and others answered: what those others gave contributes
 * if it does not validate. */
void contribute_signatures(struct bench *bench);

/* Was it a zone of the network's own that nobody told the resolver of? `sign`: the weakest that
 * does. */
bool judge_by_private_zone(struct bench *bench, enum private_sign sign);

#endif
