#include <inttypes.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/identities.h"
#include "report/database.h"
#include "report/incident_json.h"
#include "report/incident_text.h"

static int print_one(const struct page *page, const struct options *options,
                     const struct incident *incident, const struct incident_context *context,
                     struct error *error)
{
    if (options->format == FORMAT_JSON)
        return incident_json_print(page->output, incident, context, error);
    if (options->verbose)
        incident_text_brief(page, incident);
    else
        incident_text_line(page, incident);
    return ferror(page->output) ? output_finish(page->output, "standard output", error) : 0;
}

/* *count: how many there were. */
static int print_all(struct database *database, const struct options *options,
                     const struct incident_filter *filter, uint64_t *count, struct error *error)
{
    struct incident *incident = malloc(sizeof(*incident));
    struct incident_context context;
    struct page page;
    int status = incident == NULL ? error_set(error, "out of memory") : 0;

    page_open(&page, stdout, options);
    if (status == 0)
        status = database_select(database, filter, error);
    while (status >= 0 && (status = database_next(database, incident, &context, error)) == 1) {
        status = print_one(&page, options, incident, &context, error);
        ++*count;
    }
    free(incident);
    return status;
}

/* Who counts lines must know of what. */
static int say_sample(struct database *database, const struct incident_filter *filter,
                      struct error *error)
{
    char kept_text[COUNT_TEXT_SIZE], counted_text[COUNT_TEXT_SIZE];
    bool has_span = filter->from_ns != INT64_MIN || filter->to_ns != INT64_MAX;
    uint64_t counted, kept;

    if (database_count_kept(database, filter, &counted, &kept, error) < 0)
        return -1;
    if (kept < counted)
        remark(LOG_NOTICE,
               "%s of %s SERVFAILs%s%s are kept with their evidence (--samples): "
               "what is listed is a sample",
               count_to_text(kept, kept_text), count_to_text(counted, counted_text),
               filter->outage != 0 ? " of that outage" : "", has_span ? " of that time" : "");
    return 0;
}

static int list(struct database *database, const struct options *options,
                const struct incident_filter *filter, struct error *error)
{
    char text[COUNT_TEXT_SIZE];
    uint64_t count = 0;

    if (print_all(database, options, filter, &count, error) < 0)
        return -1;
    fflush(stdout);
    if (isatty(STDERR_FILENO))
        remark(LOG_NOTICE, "%s incident%s", count_to_text(count, text), count == 1 ? "" : "s");
    return say_sample(database, filter, error);
}

/* The one outage whose ID begins so; 0 where none was asked for. */
static int find_outage(struct database *database, const struct options *options, uint64_t *outage,
                       struct error *error)
{
    uint64_t first = options->outage_first, last = options->outage_last;
    uint64_t found[IDENTITIES_SHOWN + 1];
    char given[17];
    int count, digits = 16;

    *outage = 0;
    if (last == 0)
        return 0;
    for (uint64_t open = last - first; open > 0; open >>= 4)
        digits--;
    snprintf(given, sizeof(given), "%016" PRIx64, first);
    given[digits] = '\0';
    count = database_find_outages(database, first, last, found, IDENTITIES_SHOWN + 1, error);
    if (count > 1)
        return identities_ambiguous("outages", options->database, given, found, (size_t)count,
                                    error);
    if (count == 0)
        return error_set(error, "%s: there is no outage %s", options->database, given);
    *outage = count == 1 ? found[0] : 0;
    return count < 0 ? -1 : 0;
}

int list_run(struct options *options)
{
    struct incident_filter filter = {
        .cause = options->cause,
        .zone = options->zone,
        .server = options->server,
        .client = options->client,
        .resolver = options->resolver,
        .name = options->name,
        .limit = options->limit,
    };
    struct database *database;
    struct error error;
    int status = EXIT_DONE;

    if (options->database == NULL)
        return complain_misused("list: --db FILE is needed" SERVICE_DATABASE);
    if (options->operands.count > 0)
        return complain_misused("list: '%s' is no option", options->operands.items[0]);
    if (options_span(options, &filter.from_ns, &filter.to_ns, &error) < 0)
        return complain_misused("list: %s", error.text);

    database = database_open(options->database, &error);
    if (database == NULL)
        return complain_failed(&error);
    if (find_outage(database, options, &filter.outage, &error) < 0 ||
        list(database, options, &filter, &error) < 0)
        status = complain_failed(&error);
    database_close(database);
    return status;
}
