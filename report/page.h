/* Text for people: wrapped to a width, coloured where the reader can show it. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct page {
    FILE *output;
    unsigned width; /* columns, at least 40 */
    bool color;
    bool numeric; /* servers by address only */
};

enum page_style { STYLE_PLAIN, STYLE_HEADING, STYLE_FAULT, STYLE_GOOD, STYLE_DIM };

void page_print(const struct page *page, enum page_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void page_heading(const struct page *page, const char *title); /* behind an empty line */

/* A paragraph: `first` stands before its first line, the others are indented as far. Breaks at
 * spaces; a word that is too long has a line of its own. */
void page_paragraph(const struct page *page, const char *first, const char *text);
/* Continues a line of which `column` columns are printed: a space in front of a word is where it
 * can break, to go on behind `indent`. Returns the column it ends in. */
unsigned page_flow(const struct page *page, unsigned indent, unsigned column, enum page_style style,
                   const char *text);
/* A sentence is wrapped; a command, which begins with a small letter, is left whole to be copied.
 */
void page_advice(const struct page *page, const char *first, const char *text);

/* "1,234,567". Returns `text`. */
#define COUNT_TEXT_SIZE 32
const char *count_to_text(uint64_t count, char text[COUNT_TEXT_SIZE]);
/* "12.3 %"; "" of nothing. */
const char *share_to_text(uint64_t part, uint64_t whole, char text[COUNT_TEXT_SIZE]);

/* A row of a table of counts: label, count, share of the whole, a bar. */
void page_count_row(const struct page *page, unsigned indent, const char *label, uint64_t count,
                    uint64_t whole, bool bar);

#endif
