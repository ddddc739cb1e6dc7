/* An incident for people: as a line, as a paragraph, as a story. */
#ifndef REPORT_INCIDENT_TEXT_H
#define REPORT_INCIDENT_TEXT_H

#include "correlate/incident.h"
#include "report/context.h"
#include "report/page.h"

/* One line: when, which, who asked what, whose fault. */
void incident_text_line(const struct page *page, const struct incident *incident);
/* A headline, the explanation, the advice. */
void incident_text_brief(const struct page *page, const struct incident *incident);
/* Hop by hop: when who was asked what, what came back, what that means, in which packets; what to
 * do. */
void incident_text_story(const struct page *page, const struct incident *incident,
                         const struct incident_context *context);

#endif
