/* The zone of a failure whose delegation the capture does not show. */
#ifndef CORRELATE_JUDGE_ZONE_H
#define CORRELATE_JUDGE_ZONE_H

#include "correlate/judge_bench.h"

/* Where servers are to blame and their zone is not known: what it is presumed to be by all that
 * they were asked for. */
void judge_presume_zone(struct bench *bench);

#endif
