#include "cli/help.h"

#include <string.h>

#include "cli/option_rows.h"

#define WIDTH       79
#define TEXT_COLUMN 28

void help_print_text(FILE *output, const char *text, int column)
{
    int at = column;

    while (*text != '\0') {
        int size = (int)strcspn(text, " ");

        if (at > column && at + 1 + size > WIDTH) {
            fprintf(output, "\n%*s", column, "");
            at = column;
        } else if (at > column) {
            at += fprintf(output, " ");
        }
        at += fprintf(output, "%.*s", size, text);
        text += size;
        text += strspn(text, " ");
    }
    fputc('\n', output);
}

void help_print_options(FILE *output, unsigned command)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char left[TEXT_COLUMN];

        if ((row->commands & command) == 0)
            continue;
        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter != 0 ? '-' : ' ',
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "  ", row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
        fprintf(output, "  %-*s ", TEXT_COLUMN - 3, left);
        help_print_text(output, row->help, TEXT_COLUMN);
    }
}
