/* What the files that draw charts share. */
#ifndef REPORT_CHART_PRIVATE_H
#define REPORT_CHART_PRIVATE_H

#include "report/chart.h"

#define CHART_AXIS_HEIGHT 22

/* Opens the drawing; what it says in words stands first. `class`: beside that of all charts. */
void chart_begin(FILE *output, const struct chart_head *head, unsigned height, const char *class,
                 const char *role);

#endif
