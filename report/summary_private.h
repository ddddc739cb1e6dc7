/* What the summary's text and its JSON share. */
#ifndef REPORT_SUMMARY_PRIVATE_H
#define REPORT_SUMMARY_PRIVATE_H

#include "report/summary.h"
#include "report/tally.h"

#define SUMMARY_TOP 10
#define REMEMBERED  65536

/* An incident that a cached failure may name as its origin. Slots are overwritten by others whose
 * identity falls on them. */
struct remembered {
    uint64_t identity;
    enum cause cause;
};

struct summary {
    uint64_t incidents;
    uint64_t cached;
    uint64_t causes[CAUSE_COUNT];        /* cached ones under their origin's */
    uint64_t stated_causes[CAUSE_COUNT]; /* as the incidents say */
    struct tally *zones;
    struct tally *servers;
    struct remembered remembered[REMEMBERED];
};

#endif
