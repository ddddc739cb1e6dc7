#include "report/document.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64
/* A column of names is cut here on a terminal, so that hostile ones do not push all else away. */
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
    return count < CELL_COLUMNS_MAX ? count : CELL_COLUMNS_MAX;
}

static void print_padding(FILE *output, size_t columns)
{
    fprintf(output, "%*s", (int)columns, "");
}

static void print_cut(FILE *output, const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
        if (count > CELL_COLUMNS_MAX - 3 && strlen(text) > 3) {
            fputs("...", output);
            return;
        }
        putc(*text, output);
    }
}

static void print_cell(FILE *output, const char *text, size_t width, bool right, bool last)
{
    size_t columns = columns_of(text);

    fputs("  ", output);
    if (right)
        print_padding(output, width - columns);
    print_cut(output, text);
    if (!right && !last)
        print_padding(output, width - columns);
}

static void measure(const struct table *table, const size_t *chosen, size_t count,
                    size_t widths[COLUMNS_MAX])
{
    char text[CELL_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        widths[i] = columns_of(table->columns[chosen[i]].heading);
        for (size_t row = 0; row < table_row_count(table); row++) {
            size_t columns = columns_of(cell_for_people(cell_at(table, row, chosen[i]), text));

            widths[i] = columns > widths[i] ? columns : widths[i];
        }
    }
}

static void print_plain(const struct document *document, const struct table *table,
                        const size_t *chosen, size_t count)
{
    FILE *output = document->page->output;
    size_t widths[COLUMNS_MAX];
    char text[CELL_TEXT_SIZE];

    measure(table, chosen, count, widths);
    for (size_t i = 0; i < count; i++) {
        const struct table_column *column = &table->columns[chosen[i]];

        print_cell(output, column->heading, widths[i], cell_is_number(column->kind),
                   i + 1 == count);
    }
    putc('\n', output);
    for (size_t row = 0; row < table_row_count(table); row++) {
        for (size_t i = 0; i < count; i++)
            print_cell(output, cell_for_people(cell_at(table, row, chosen[i]), text), widths[i],
                       cell_is_number(table->columns[chosen[i]].kind), i + 1 == count);
        putc('\n', output);
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
