/* The report of a day or any other span, out of the database. */
#ifndef REPORT_SPAN_REPORT_H
#define REPORT_SPAN_REPORT_H

#include <stdint.h>

#include "capture/error.h"
#include "report/database.h"
#include "report/page.h"

struct report_span {
    int64_t from_ns; /* INT64_MIN: from the first that the database holds */
    int64_t to_ns;   /* not included; INT64_MAX: to the last */
};

int span_report_print(struct database *database, const struct page *page,
                      const struct report_span *span, struct error *error);

#endif
