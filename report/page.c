#include "report/page.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static const char *const style_codes[] = {
    [STYLE_PLAIN] = "",        [STYLE_HEADING] = "\033[1m", [STYLE_FAULT] = "\033[1;31m",
    [STYLE_GOOD] = "\033[32m", [STYLE_DIM] = "\033[2m",
};

#define STYLE_END "\033[0m"

static bool is_colored(const struct page *page, enum page_style style)
{
    return page->color && style != STYLE_PLAIN;
}

void page_print(const struct page *page, enum page_style style, const char *format, ...)
{
    va_list arguments;

    if (is_colored(page, style))
        fputs(style_codes[style], page->output);
    va_start(arguments, format);
    vfprintf(page->output, format, arguments);
    va_end(arguments);
    if (is_colored(page, style))
        fputs(STYLE_END, page->output);
}

static void print_word(const struct page *page, enum page_style style, const char *word,
                       size_t size)
{
    if (is_colored(page, style))
        fputs(style_codes[style], page->output);
    fwrite(word, 1, size, page->output);
    if (is_colored(page, style))
        fputs(STYLE_END, page->output);
}

void page_heading(const struct page *page, const char *title)
{
    putc('\n', page->output);
    page_print(page, STYLE_HEADING, "%s", title);
    putc('\n', page->output);
}

/* Columns that UTF-8 takes, as far as it matters here: one a character. */
static unsigned columns(const char *text, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

unsigned page_flow(const struct page *page, unsigned indent, unsigned column, enum page_style style,
                   const char *text)
{
    while (*text != '\0') {
        bool apart = *text == ' ' || *text == '\n';
        size_t size;
        unsigned width;

        text += strspn(text, " \n");
        size = strcspn(text, " \n");
        width = columns(text, size);
        if (apart && size > 0 && column > indent && column + 1 + width > page->width) {
            fprintf(page->output, "\n%*s", (int)indent, "");
            column = indent;
        } else if (apart && size > 0 && column > indent) {
            putc(' ', page->output);
            column++;
        }
        if (size > 0)
            print_word(page, style, text, size);
        column += width;
        text += size;
    }
    return column;
}

void page_paragraph(const struct page *page, const char *first, const char *text)
{
    unsigned indent = columns(first, strlen(first));

    fputs(first, page->output);
    page_flow(page, indent, indent, STYLE_PLAIN, text);
    putc('\n', page->output);
}

void page_advice(const struct page *page, const char *first, const char *text)
{
    if (islower((unsigned char)text[0]))
        fprintf(page->output, "%s%s\n", first, text);
    else
        page_paragraph(page, first, text);
}

const char *count_to_text(uint64_t count, char text[COUNT_TEXT_SIZE])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *at = text;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

const char *share_to_text(uint64_t part, uint64_t whole, char text[COUNT_TEXT_SIZE])
{
    double share = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

    text[0] = '\0';
    if (whole != 0)
        snprintf(text, COUNT_TEXT_SIZE, share > 0 && share < 0.095 ? "%.3f %%" : "%.1f %%", share);
    return text;
}

#define LABEL_COLUMNS 44
#define BAR_COLUMNS   24

void page_count_row(const struct page *page, unsigned indent, const char *label, uint64_t count,
                    uint64_t whole, bool bar)
{
    char count_text[COUNT_TEXT_SIZE], share_text[COUNT_TEXT_SIZE];
    unsigned wide = page->width < 90 ? LABEL_COLUMNS - 12 : LABEL_COLUMNS;
    int room = (int)(wide - indent);
    unsigned length = whole == 0 ? 0 : (unsigned)(BAR_COLUMNS * count / whole);

    fprintf(page->output, "%*s%-*s %9s", (int)indent, "", room, label,
            count_to_text(count, count_text));
    if (whole > 0)
        fprintf(page->output, "  %8s", share_to_text(count, whole, share_text));
    if (bar && count > 0) {
        fputs("  ", page->output);
        for (unsigned i = 0; i < (length > 0 ? length : 1) && i < BAR_COLUMNS; i++)
            putc('#', page->output);
    }
    putc('\n', page->output);
}
