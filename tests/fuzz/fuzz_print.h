/* A report in all its forms, and what none of them may hold whatever names there were: control
 * characters, broken JSON, formulas in CSV, markup in HTML that is not the report's own. */
#ifndef TESTS_FUZZ_PRINT_H
#define TESTS_FUZZ_PRINT_H

#include <jansson.h>

#include "fuzz.h"
#include "report/csv.h"
#include "report/day_json.h"
#include "report/day_text.h"
#include "report/html.h"
#include "report/letter.h"

struct fuzz_output {
    FILE *file;
    char *text;
    size_t size;
};

static inline struct fuzz_output *fuzz_output_begin(struct fuzz_output *output)
{
    *output = (struct fuzz_output){0};
    output->file = open_memstream(&output->text, &output->size);
    if (output->file == NULL)
        abort();
    return output;
}

/* Only line feeds, and these. */
static inline void fuzz_output_check(struct fuzz_output *output, const char *allowed)
{
    fflush(output->file);
    for (size_t i = 0; i < output->size; i++) {
        unsigned char octet = (unsigned char)output->text[i];

        if ((octet < 0x20 && octet != '\n' && (octet == 0 || !strchr(allowed, octet))) ||
            octet == 0x7f)
            abort();
    }
}

static inline void fuzz_output_end(struct fuzz_output *output)
{
    fclose(output->file);
    free(output->text);
}

static inline void fuzz_print_prose(struct day *day, const char *zone, bool markdown)
{
    struct fuzz_output output;
    const struct page page = {.output = fuzz_output_begin(&output)->file, .width = 80};
    const struct document document = {.page = &page, .markdown = markdown, .spaced = zone != NULL};
    struct error error;

    if (zone != NULL)
        letter_print(day, zone, &document, &error);
    else
        day_text_print(day, &document, &error);
    fuzz_output_check(&output, "");
    fuzz_output_end(&output);
}

static inline void fuzz_print_json(struct day *day)
{
    struct fuzz_output output;
    struct error error;
    json_t *json;

    if (day_json_print(fuzz_output_begin(&output)->file, day, &error) == 0) {
        fuzz_output_check(&output, "");
        json = json_loads(output.text, 0, NULL);
        if (json == NULL)
            abort();
        json_decref(json);
    }
    fuzz_output_end(&output);
}

static inline void fuzz_print_html(const struct day *day)
{
    struct fuzz_output output;
    struct error error;

    html_print(fuzz_output_begin(&output)->file, day, &error);
    fuzz_output_check(&output, "\t");
    for (const char *at = output.text; (at = strstr(at, "<x")) != NULL; at++)
        abort(); /* no element of HTML's or SVG's that the report uses begins with it */
    fuzz_output_end(&output);
}

/* A cell begins after a comma or a line's end, or there and a quote. */
static inline void fuzz_print_csv(struct day *day)
{
    const char *name;
    struct table table;
    struct error error;

    for (size_t i = 0; (name = day_table_name(i)) != NULL; i++) {
        struct fuzz_output output;

        fuzz_output_begin(&output);
        if (day_table(day, name, &table, &error) == 0)
            csv_print(output.file, &table);
        fuzz_output_check(&output, "\r");
        for (size_t j = 1; j < output.size; j++)
            if (strchr("=+@", output.text[j]) && strchr(",\n", output.text[j - 1]))
                abort();
        fuzz_output_end(&output);
    }
}

static inline void fuzz_print(struct day *day)
{
    fuzz_print_prose(day, NULL, false);
    fuzz_print_prose(day, NULL, true);
    for (size_t i = 0; i < day->outage_count && i < 2; i++)
        if (day->outages[i].zone != NULL)
            fuzz_print_prose(day, day->outages[i].zone, i % 2);
    fuzz_print_json(day);
    fuzz_print_html(day);
    fuzz_print_csv(day);
}

#endif
