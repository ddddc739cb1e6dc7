/* Answers that the resolver got and the capture lost, as a mirror port does that drops packets and
 * tells nobody: what looks like a server's silence, and was none by what the resolver did next. */
#ifndef CORRELATE_UNSEEN_H
#define CORRELATE_UNSEEN_H

#include <stdbool.h>

#include "correlate/inquiry.h"

/* Of the queries of this try that nobody answered, those that were answered all the same, by what
 * the resolver did next, are OUTCOME_NOT_SEEN and usable, or no longer active where others show
 * what the same question brought. False: there are none. */
bool unseen_note(struct inquiry *inquiry);

#endif
