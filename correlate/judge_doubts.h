/* What weighs on a verdict after it was reached: a capture that shows one direction only, that lost
 * packets meanwhile, or that was not waited for long enough. A cause that rests on silence then
 * becomes less certain, or is taken back (unattributed.capture-loss). Nothing is certain of which
 * not all could be looked at. */
#ifndef CORRELATE_JUDGE_DOUBTS_H
#define CORRELATE_JUDGE_DOUBTS_H

#include "correlate/judge_bench.h"

void judge_weigh_doubts(struct bench *bench);

#endif
