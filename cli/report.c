#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "report/database.h"
#include "report/span_report.h"

/* Into the file, or to standard output. */
static int print_to(struct database *database, const struct options *options,
                    const struct report_span *span, struct error *error)
{
    const char *name = options->output != NULL ? options->output : "standard output";
    FILE *output = options->output != NULL ? fopen(options->output, "w") : stdout;
    struct page page;
    int status;

    if (output == NULL)
        return error_set(error, "%s: %s", name, strerror(errno));
    page_open(&page, output, options);
    status = span_report_print(database, &page, span, error);
    if (status == 0)
        status = output_finish(output, name, error);
    if (options->output != NULL && fclose(output) == EOF && status == 0)
        status = error_set(error, "%s: %s", name, strerror(errno));
    return status;
}

int report_run(struct options *options)
{
    struct report_span span;
    struct database *database;
    struct error error;
    int status = EXIT_DONE;

    if (options->database == NULL)
        return complain_misused("report: --db FILE is needed");
    if (options->operands.count > 0)
        return complain_misused("report: '%s' is no option", options->operands.items[0]);
    if (options_format(options, false, &error) < 0 ||
        options_span(options, &span.from_ns, &span.to_ns, &error) < 0)
        return complain_misused("report: %s", error.text);

    database = database_open(options->database, &error);
    if (database == NULL)
        return complain_failed(&error);
    if (print_to(database, options, &span, &error) < 0)
        status = complain_failed(&error);
    database_close(database);
    return status;
}
