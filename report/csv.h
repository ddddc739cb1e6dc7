/* Tables as CSV (RFC 4180): CRLF, a header line, quotes where they are needed. Text that a
 * spreadsheet would take for a formula gets an apostrophe before it. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

#include "report/table.h"

/* What could not be written shows in ferror(). */
void csv_print(FILE *output, const struct table *table);

#endif
