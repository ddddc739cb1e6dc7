#include "cli/help.h"

#include "cli/option_rows.h"
#include "report/page.h"

#define WIDTH       79
#define TEXT_COLUMN 28

void help_print_text(FILE *output, const char *text)
{
    page_paragraph(&(struct page){.output = output, .width = WIDTH}, "", text);
}

void help_print_options(FILE *output, unsigned command)
{
    const struct page page = {.output = output, .width = WIDTH};

    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char name[TEXT_COLUMN - 2], first[TEXT_COLUMN + 1];

        if ((row->commands & command) == 0)
            continue;
        snprintf(name, sizeof(name), "%c%c%s--%s%s%s", row->letter != 0 ? '-' : ' ',
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "  ", row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
        snprintf(first, sizeof(first), "  %-*s ", TEXT_COLUMN - 3, name);
        page_paragraph(&page, first, row->help);
    }
}
