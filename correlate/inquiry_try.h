/* Which of an inquiry's exchanges belong to the try that failed: for inquiry_gather(). */
#ifndef CORRELATE_INQUIRY_TRY_H
#define CORRELATE_INQUIRY_TRY_H

#include "correlate/inquiry.h"

/* Marks the items of the try that the question belongs to as active, and sets when it began. */
void inquiry_begin_try(struct inquiry *inquiry);

#endif
