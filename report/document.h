/* A report or a letter as running text: for a terminal or a mail, or in Markdown (CommonMark, with
 * GitHub's tables). What is printed is escaped for the one that it is. */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "report/page.h"
#include "report/table.h"

struct document {
    const struct page *page;
    bool markdown;
    bool spaced; /* text: an empty line before each paragraph */
};

/* `level` 1 is the title. */
void document_heading(const struct document *document, unsigned level, const char *text);
void document_paragraph(const struct document *document, const char *text);
/* Items that follow each other are a list. */
void document_item(const struct document *document, const char *text);
/* To be copied into a shell: never broken, never escaped. */
void document_command(const struct document *document, const char *command);
/* A sentence as an item, or what begins with a small letter as a command. */
void document_advice(const struct document *document, const char *text);
/* With its title, unless that is NULL. An empty table says nothing at all. */
void document_table(const struct document *document, const struct table *table, const char *title);

#endif
