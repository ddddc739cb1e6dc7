#include <inttypes.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/fleet_source.h"
#include "cli/identities.h"
#include "cli/values.h"
#include "report/database.h"
#include "report/incident_json.h"
#include "report/incident_text.h"

/* The identities that begin with what was given. */
struct wanted {
    uint64_t first, last;
};

/* 1: told, 0: there is none. */
static int tell(struct database *database, const struct options *options, uint64_t identity,
                struct error *error)
{
    struct incident_filter filter = INCIDENT_FILTER_ALL;
    struct incident *incident = malloc(sizeof(*incident));
    struct incident_context context;
    struct page page;
    int status = incident == NULL ? error_set(error, "out of memory") : 0;

    filter.identity = &identity;
    page_open(&page, stdout, options);
    if (status == 0)
        status = database_select(database, &filter, error);
    if (status == 0)
        status = database_next(database, incident, &context, error);
    if (status == 1 && options->format == FORMAT_JSON)
        status = incident_json_print(stdout, incident, &context, error) < 0 ? -1 : 1;
    else if (status == 1)
        incident_text_story(&page, incident, &context);
    free(incident);
    return status;
}

/* -1, with the text. */
static int say_missing(struct database *database, const struct options *options,
                       struct error *error)
{
    const char *id = options->operands.items[0];
    uint64_t not_kept;

    if (database_not_kept(database, &not_kept, error) < 0)
        return -1;
    if (not_kept == 0)
        return error_set(error, "%s: there is no incident %s", options->database, id);
    return error_set(error,
                     "%s: there is no incident %s; it may be one of %" PRIu64
                     " that were counted but not kept, since there were many alike (--samples)",
                     options->database, id, not_kept);
}

/* As tell(), the one whose ID begins so. */
static int find_and_tell(struct database *database, const struct options *options,
                         const struct wanted *wanted, struct error *error)
{
    uint64_t found[IDENTITIES_SHOWN + 1];
    int count =
        database_find(database, wanted->first, wanted->last, found, IDENTITIES_SHOWN + 1, error);

    if (count > 1)
        return identities_ambiguous("incidents", options->database, options->operands.items[0],
                                    found, (size_t)count, error);
    return count == 1 ? tell(database, options, found[0], error) : count;
}

static int show_of_database(const struct options *options, const struct wanted *wanted,
                            struct error *error)
{
    struct database *database = database_open(options->database, error);
    int status;

    if (database == NULL)
        return -1;
    status = find_and_tell(database, options, wanted, error);
    if (status == 0)
        status = say_missing(database, options, error);
    database_close(database);
    return status;
}

/* Whichever sensor has it. */
static int show_of_fleet(const struct options *options, uint64_t identity, struct error *error)
{
    struct fleet_source source;
    int status = fleet_source_open(&source, options, error);

    if (status == 0)
        status = fleet_find(source.fleet, identity, error);
    for (size_t i = 0; status == 0 && i < fleet_count(source.fleet); i++)
        status = tell(fleet_databases(source.fleet)[i], options, identity, error);
    if (status == 0)
        status = error_set(error, "%s: there is no incident %s", options->fleet,
                           options->operands.items[0]);
    fleet_source_close(&source);
    return status;
}

int show_run(struct options *options)
{
    struct error error;
    struct wanted wanted;
    int status;

    if (options->database == NULL && options->fleet == NULL)
        return complain_misused("show: --db FILE is needed, or --from URL" SERVICE_DATABASE);
    if (options->operands.count != 1)
        return complain_misused("show: one incident's ID is needed");
    if (value_identities(options->operands.items[0], &wanted.first, &wanted.last, &error) < 0)
        return complain_misused("show: %s", error.text);
    if (options->fleet != NULL && wanted.first != wanted.last)
        return complain_misused("show: with --from URL an ID is needed in full");
    status = options->fleet != NULL ? show_of_fleet(options, wanted.first, &error)
                                    : show_of_database(options, &wanted, &error);
    return status == 1 ? EXIT_DONE : complain_failed(&error);
}
