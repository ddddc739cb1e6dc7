/* A letter to those who run a zone: what was seen to be broken in it, with times, servers, queries
 * and answers, what the standards say, and the commands that show it. No client is in it: no
 * address, no name that was made of one. */
#ifndef REPORT_LETTER_H
#define REPORT_LETTER_H

#include "report/day.h"
#include "report/document.h"

/* `zone` as in the model. -1 also where nothing of the span is this zone's fault. */
int letter_print(struct day *day, const char *zone, const struct document *document,
                 struct error *error);

#endif
