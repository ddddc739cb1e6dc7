#include "report/document.h"

#include <ctype.h>
#include <string.h>

#define COLUMNS_MAX 64
#define GAP         2 /* before each column */
/* A column is no wider, so that hostile names do not push all else away. */
#define CELL_COLUMNS_MAX 64

/* What Markdown or the HTML within it could take for markup is escaped; a backslash is one, too. */
static void print_escaped(FILE *output, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", output);
        else if (*text == '>')
            fputs("&gt;", output);
        else if (*text == '&')
            fputs("&amp;", output);
        else if (strchr("\\`*_{}[]#|~$", *text) != NULL)
            fprintf(output, "\\%c", *text);
        else
            putc(*text, output);
    }
}

/* At the beginning of a line some more begin a list or a heading. */
static void print_line(FILE *output, const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (text[0] != '\0' && strchr("+-=:", text[0]) != NULL)
        putc('\\', output);
    if (digits > 0 && text[digits] != '\0' && strchr(".)", text[digits]) != NULL) {
        fprintf(output, "%.*s\\", (int)digits, text);
        text += digits;
    }
    print_escaped(output, text);
}

void document_heading(const struct document *document, unsigned level, const char *text)
{
    FILE *output = document->page->output;

    if (!document->markdown) {
        if (level > 1)
            putc('\n', output);
        page_print(document->page, STYLE_HEADING, "%s", text);
        putc('\n', output);
        return;
    }
    if (level > 1)
        putc('\n', output);
    for (unsigned i = 0; i < level; i++)
        putc('#', output);
    putc(' ', output);
    print_escaped(output, text);
    putc('\n', output);
}

void document_paragraph(const struct document *document, const char *text)
{
    FILE *output = document->page->output;

    if (!document->markdown) {
        if (document->spaced)
            putc('\n', output);
        page_paragraph(document->page, "", text);
        return;
    }
    putc('\n', output);
    print_line(output, text);
    putc('\n', output);
}

void document_item(const struct document *document, const char *text)
{
    FILE *output = document->page->output;

    if (!document->markdown) {
        page_paragraph(document->page, "  * ", text);
        return;
    }
    fputs("* ", output);
    print_line(output, text);
    putc('\n', output);
}

/* As many as no run of them in the command can close. */
static unsigned fence_length(const char *command)
{
    unsigned longest = 2, run = 0;

    for (; *command != '\0'; command++) {
        run = *command == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest + 1;
}

void document_command(const struct document *document, const char *command)
{
    FILE *output = document->page->output;
    unsigned length = fence_length(command);

    if (!document->markdown) {
        fprintf(output, "    %s\n", command);
        return;
    }
    putc('\n', output);
    for (unsigned i = 0; i < length; i++)
        putc('`', output);
    fprintf(output, "\n%s\n", command);
    for (unsigned i = 0; i < length; i++)
        putc('`', output);
    fputs("\n\n", output);
}

void document_advice(const struct document *document, const char *text)
{
    if (islower((unsigned char)text[0]))
        document_command(document, text);
    else
        document_item(document, text);
}

/* Which columns are for people. */
static size_t choose_columns(const struct table *table, size_t chosen[COLUMNS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < table->column_count && count < COLUMNS_MAX; i++) {
        if (table->columns[i].heading != NULL)
            chosen[count++] = i;
    }
    return count;
}

static const struct cell *cell_at(const struct table *table, size_t row, size_t column)
{
    return &table->cells[row * table->column_count + column];
}

/* UTF-8, one column a character. */
static size_t columns_of(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* The columns of a table that stand beside each other. */
struct strip {
    const struct table *table;
    size_t chosen[COLUMNS_MAX], widths[COLUMNS_MAX];
    size_t count;
};

/* Names are to be copied, so none is cut: one that is too long for its column has the rest of its
 * row on the next line. */
static void measure(struct strip *strip, size_t width_max)
{
    char text[CELL_TEXT_SIZE];

    for (size_t i = 0; i < strip->count; i++) {
        size_t *width = &strip->widths[i];

        *width = columns_of(strip->table->columns[strip->chosen[i]].heading);
        for (size_t row = 0; row < table_row_count(strip->table); row++) {
            const struct cell *cell = cell_at(strip->table, row, strip->chosen[i]);
            size_t columns = columns_of(cell_for_people(cell, text));

            if (columns > *width && columns <= width_max)
                *width = columns;
        }
    }
}

static bool says_something(const struct table *table, size_t column)
{
    char text[CELL_TEXT_SIZE];

    for (size_t row = 0; row < table_row_count(table); row++) {
        const char *cell = cell_for_people(cell_at(table, row, column), text);

        if (cell[0] != '\0' && strcmp(cell, "-") != 0)
            return true;
    }
    return false;
}

static size_t strip_width(const struct strip *strip)
{
    size_t width = 0;

    for (size_t i = 0; i < strip->count; i++)
        width += GAP + strip->widths[i];
    return width;
}

static void strip_remove(struct strip *strip, size_t at)
{
    size_t rest = strip->count - at - 1;

    memmove(strip->chosen + at, strip->chosen + at + 1, rest * sizeof(strip->chosen[0]));
    memmove(strip->widths + at, strip->widths + at + 1, rest * sizeof(strip->widths[0]));
    strip->count--;
}

/* Columns of which no row says anything. */
static void leave_out_empty(struct strip *strip)
{
    for (size_t i = strip->count; i-- > 1;) {
        if (!says_something(strip->table, strip->chosen[i]))
            strip_remove(strip, i);
    }
}

/* How many columns fit beside each other, two at least. */
static size_t fitting(const struct strip *strip, size_t width)
{
    struct strip part = *strip;

    while (part.count > 2 && strip_width(&part) > width)
        part.count--;
    return part.count;
}

static void print_padding(FILE *output, size_t columns)
{
    fprintf(output, "%*s", (int)columns, "");
}

static void print_cell(FILE *output, const struct strip *strip, size_t at, const char *text)
{
    const struct table_column *column = &strip->table->columns[strip->chosen[at]];
    size_t columns = columns_of(text), width = strip->widths[at];
    size_t room = columns < width ? width - columns : 0, indent = 0;

    print_padding(output, GAP);
    if (cell_is_number(column->kind))
        print_padding(output, room);
    fputs(text, output);
    if (at + 1 == strip->count)
        return;
    if (!cell_is_number(column->kind))
        print_padding(output, room);
    if (columns <= width)
        return;
    for (size_t i = 0; i <= at; i++)
        indent += GAP + strip->widths[i];
    putc('\n', output);
    print_padding(output, indent);
}

static void print_strip(FILE *output, const struct strip *strip)
{
    char text[CELL_TEXT_SIZE];

    for (size_t i = 0; i < strip->count; i++)
        print_cell(output, strip, i, strip->table->columns[strip->chosen[i]].heading);
    putc('\n', output);
    for (size_t row = 0; row < table_row_count(strip->table); row++) {
        for (size_t i = 0; i < strip->count; i++)
            print_cell(output, strip, i,
                       cell_for_people(cell_at(strip->table, row, strip->chosen[i]), text));
        putc('\n', output);
    }
}

/* What does not fit beside the first column and its neighbours follows below, beside the first
 * column again. */
static void print_plain(const struct document *document, const struct table *table,
                        const size_t *chosen, size_t count)
{
    const struct page *page = document->page;
    struct strip strip = {.table = table, .count = count};

    memcpy(strip.chosen, chosen, count * sizeof(chosen[0]));
    measure(&strip, page->width / 2 < CELL_COLUMNS_MAX ? page->width / 2 : CELL_COLUMNS_MAX);
    if (strip_width(&strip) > page->width)
        leave_out_empty(&strip);
    for (;;) {
        size_t fit = fitting(&strip, page->width), whole = strip.count;

        strip.count = fit;
        print_strip(page->output, &strip);
        strip.count = whole;
        if (fit == whole)
            break;
        putc('\n', page->output);
        for (; fit > 1; fit--)
            strip_remove(&strip, 1);
    }
}

static void print_markdown(const struct document *document, const struct table *table,
                           const size_t *chosen, size_t count)
{
    FILE *output = document->page->output;
    char text[CELL_TEXT_SIZE];

    fputs("\n|", output);
    for (size_t i = 0; i < count; i++) {
        putc(' ', output);
        print_escaped(output, table->columns[chosen[i]].heading);
        fputs(" |", output);
    }
    fputs("\n|", output);
    for (size_t i = 0; i < count; i++)
        fputs(cell_is_number(table->columns[chosen[i]].kind) ? " ---: |" : " --- |", output);
    putc('\n', output);
    for (size_t row = 0; row < table_row_count(table); row++) {
        putc('|', output);
        for (size_t i = 0; i < count; i++) {
            putc(' ', output);
            print_escaped(output, cell_for_people(cell_at(table, row, chosen[i]), text));
            fputs(" |", output);
        }
        putc('\n', output);
    }
}

void document_table(const struct document *document, const struct table *table, const char *title)
{
    size_t chosen[COLUMNS_MAX];
    size_t count = choose_columns(table, chosen);

    if (table_row_count(table) == 0)
        return;
    if (title != NULL)
        document_heading(document, 2, title);
    if (document->markdown)
        print_markdown(document, table, chosen, count);
    else
        print_plain(document, table, chosen, count);
}
