/* What the standards say about a failure that a zone's owner can mend. */
#ifndef REPORT_STANDARDS_H
#define REPORT_STANDARDS_H

#include "correlate/cause.h"

struct standard {
    const char *where; /* "RFC 1912, Section 2.8" */
    const char *what;  /* in our words */
};

/* NULL: the cause is not a zone owner's. */
const struct standard *standard_for(enum cause cause);

#endif
