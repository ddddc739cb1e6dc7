/* A report as one HTML file that asks nobody for anything: no fonts, no pictures, no scripts from
 * elsewhere, and a content security policy that would forbid it. All of it is readable without
 * JavaScript; with it tables sort and filter and times can be shown in the reader's own zone. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdio.h>

#include "capture/error.h"
#include "report/day.h"

/* -1: no memory; whether the output took it all is for the caller to ask. */
int html_print(FILE *output, const struct day *day, struct error *error);

#endif
