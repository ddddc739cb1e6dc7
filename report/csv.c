#include "report/csv.h"

#include <string.h>

/* What spreadsheets take for the beginning of a formula. A leading tab or line end, which some do,
 * cannot come: texts hold no control characters. */
static bool begins_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@|%", text[0]) != NULL;
}

static void print_field(FILE *output, const char *text, bool guard)
{
    bool formula = guard && begins_formula(text);

    if (!formula && text[strcspn(text, ",\"\r\n")] == '\0' && text[0] != ' ') {
        fputs(text, output);
        return;
    }
    putc('"', output);
    if (formula)
        putc('\'', output);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', output);
        putc(*text, output);
    }
    putc('"', output);
}

void csv_print(FILE *output, const struct table *table)
{
    char text[CELL_TEXT_SIZE];

    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            putc(',', output);
        print_field(output, table->columns[i].key, true);
    }
    fputs("\r\n", output);
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct cell *cell = &table->cells[i];

        print_field(output, cell_for_programs(cell, text), cell->kind == CELL_TEXT);
        fputs((i + 1) % table->column_count == 0 ? "\r\n" : ",", output);
    }
}
