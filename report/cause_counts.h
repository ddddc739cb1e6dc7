/* SERVFAILs by category and cause, as a table for people. */
#ifndef REPORT_CAUSE_COUNTS_H
#define REPORT_CAUSE_COUNTS_H

#include <stdint.h>

#include "correlate/cause.h"
#include "report/page.h"

/* The most frequent category first, within it the most frequent cause; ties in the causes' order.
 */
void cause_counts_print(const struct page *page, const uint64_t counts[CAUSE_COUNT]);

#endif
