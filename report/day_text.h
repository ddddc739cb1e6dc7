/* The report for people: text for a terminal or a mail, or Markdown. */
#ifndef REPORT_DAY_TEXT_H
#define REPORT_DAY_TEXT_H

#include "report/day.h"
#include "report/document.h"

int day_text_print(struct day *day, const struct document *document, struct error *error);

#endif
