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
/* Only the explanation and the advice, indented. */
void incident_text_verdict(const struct page *page, const struct incident *incident,
                           const char *indent);
/* Hop by hop: when who was asked what, what came back, what that means, in which packets; what to
 * do. */
void incident_text_story(const struct page *page, const struct incident *incident,
                         const struct incident_context *context);

/* "192.0.2.53 (ns1.example.com.)". Returns `text`. */
#define SERVER_TEXT_SIZE (ADDRESS_TEXT_SIZE + NAME_TEXT_SIZE + 4)
const char *server_to_text(const struct page *page, const struct address *address,
                           const struct name *name, char text[SERVER_TEXT_SIZE]);

#endif
