#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/command.h"
#include "cli/fleet_source.h"
#include "cli/output_file.h"
#include "report/csv.h"
#include "report/database.h"
#include "report/day.h"
#include "report/day_json.h"
#include "report/day_text.h"
#include "report/html.h"
#include "report/letter.h"

/* What report is about to print. */
struct printing {
    const struct options *options;
    struct day *day;
    FILE *output;
};

static struct document begin_document(const struct printing *printing, struct page *page,
                                      bool markdown)
{
    page_open(page, printing->output, printing->options);
    if (markdown)
        page->color = false;
    return (struct document){
        .page = page, .markdown = markdown, .spaced = printing->options->zone != NULL};
}

static int print_prose(const struct printing *printing, bool markdown, struct error *error)
{
    struct page page;
    struct document document = begin_document(printing, &page, markdown);

    if (printing->options->zone != NULL)
        return letter_print(printing->day, printing->options->zone, &document, error);
    return day_text_print(printing->day, &document, error);
}

static int print_text(const struct printing *printing, struct error *error)
{
    return print_prose(printing, false, error);
}

static int print_markdown(const struct printing *printing, struct error *error)
{
    return print_prose(printing, true, error);
}

static int print_json(const struct printing *printing, struct error *error)
{
    return day_json_print(printing->output, printing->day, error);
}

static int print_html(const struct printing *printing, struct error *error)
{
    return html_print(printing->output, printing->day, error);
}

static int print_table(const struct printing *printing, const char *name, struct error *error)
{
    struct table table;

    if (day_table(printing->day, name, &table, error) < 0)
        return -1;
    csv_print(printing->output, &table);
    return 0;
}

static int print_csv(const struct printing *printing, struct error *error)
{
    return print_table(printing, printing->options->table, error);
}

static const struct report_format {
    const char *name;
    int (*print)(const struct printing *printing, struct error *error);
    bool letter; /* it can be a letter */
} formats[] = {
    {"text", print_text, true},  {"markdown", print_markdown, true}, {"html", print_html, false},
    {"json", print_json, false}, {"csv", print_csv, false},
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static const struct report_format *find_format(const struct options *options)
{
    const char *wanted = options->format_text != NULL ? options->format_text : "text";

    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i].name, wanted) == 0)
            return &formats[i];
    }
    return NULL;
}

static int print_to_stdout(struct printing *printing, const struct report_format *format,
                           struct error *error)
{
    printing->output = stdout;
    if (format->print(printing, error) < 0)
        return -1;
    return output_finish(stdout, "standard output", error);
}

static int print_to(struct printing *printing, const struct report_format *format, const char *path,
                    struct error *error)
{
    struct output_file file;

    if (output_file_open(&file, path, error) < 0)
        return -1;
    printing->output = file.stream;
    if (format->print(printing, error) == 0)
        return output_file_finish(&file, error);
    output_file_discard(&file);
    return -1;
}

static int print_tables_into(const struct printing *printing, const char *folder,
                             struct error *error)
{
    struct options options = *printing->options;
    struct printing table = {.options = &options, .day = printing->day};
    const struct report_format csv = {"csv", print_csv, false};
    char path[PATH_MAX];
    const char *name;

    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; (name = day_table_name(i)) != NULL; i++) {
        if (snprintf(path, sizeof(path), "%s/%s.csv", folder, name) >= (int)sizeof(path))
            return error_set(error, "%s: the name is too long", folder);
        options.table = (char *)(uintptr_t)name;
        if (print_to(&table, &csv, path, error) < 0)
            return -1;
    }
    return 0;
}

static int print(struct printing *printing, const struct report_format *format, struct error *error)
{
    const struct options *options = printing->options;

    if (format->print == print_csv && options->table == NULL)
        return print_tables_into(printing, options->output, error);
    if (options->output == NULL)
        return print_to_stdout(printing, format, error);
    return print_to(printing, format, options->output, error);
}

/* What a report is made from: as many databases as were named, or a fleet's. */
struct sources {
    struct database **databases;
    char **paths; /* borrowed from the options */
    size_t count;
    struct fleet_source fleet;
};

static void close_sources(struct sources *sources)
{
    for (size_t i = 0; sources->databases != NULL && i < sources->count; i++)
        database_close(sources->databases[i]);
    free(sources->databases);
    free(sources->paths);
    fleet_source_close(&sources->fleet);
}

/* What one sensor saw would be reported twice, and its own repetition would confirm it. */
static int check_apart(const struct sources *sources, struct error *error)
{
    const size_t last = sources->count - 1;
    char sensor[256];

    for (size_t i = 0; i < last; i++) {
        int shares =
            database_shares_sensor(sources->databases[i], sources->databases[last], sensor, error);

        if (shares < 0)
            return -1;
        if (shares > 0)
            return error_set(error,
                             "%s and %s are both of sensor '%s', which would confirm itself: a "
                             "sensor's captures belong into one database, those of two have two "
                             "names (--sensor of read and watch)",
                             sources->paths[i], sources->paths[last], sensor);
    }
    return 0;
}

/* Those of the sensors that are asked for. */
static int open_databases(const struct options *options, struct sources *sources,
                          struct error *error)
{
    sources->databases = calloc(options->databases.count, sizeof(*sources->databases));
    sources->paths = calloc(options->databases.count, sizeof(*sources->paths));
    if (sources->databases == NULL || sources->paths == NULL)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < options->databases.count; i++) {
        struct database *database = database_open(options->databases.items[i], error);
        int wanted = 1;

        if (database == NULL)
            return -1;
        sources->databases[sources->count] = database;
        sources->paths[sources->count++] = options->databases.items[i];
        if (options->sensors.count > 0)
            wanted =
                database_is_of(database, options->sensors.items, options->sensors.count, error);
        if (wanted < 0)
            return -1;
        if (wanted == 0)
            database_close(sources->databases[--sources->count]);
        else if (check_apart(sources, error) < 0)
            return -1;
    }
    if (sources->count == 0)
        return error_set(error, "no database is of sensor %s", options->sensor);
    return 0;
}

static int open_sources(const struct options *options, struct sources *sources,
                        struct day_options *day_options, struct error *error)
{
    if (options->fleet == NULL) {
        if (open_databases(options, sources, error) < 0)
            return -1;
        day_options->databases = sources->databases;
        day_options->paths = sources->paths;
        day_options->database_count = sources->count;
        return 0;
    }
    if (fleet_source_open(&sources->fleet, options, error) < 0)
        return -1;
    day_options->fleet = sources->fleet.fleet;
    day_options->databases = fleet_databases(sources->fleet.fleet);
    day_options->database_count = fleet_count(sources->fleet.fleet);
    return 0;
}

/* An address with a typing error in it is no all-clear. */
static int check_resolvers(const struct options *options, const struct day *day,
                           struct error *error)
{
    char address[ADDRESS_TEXT_SIZE];

    if (options->resolvers.count == 0 || day->resolver_count > 0 || day->servfails_since > 0)
        return 0;
    return error_set(error, "nothing was seen of resolver %s%s in this time",
                     address_to_text(&options->resolvers.items[0], address),
                     options->resolvers.count > 1 ? " and the others" : "");
}

static int report(const struct options *options, const struct report_format *format,
                  struct sources *sources, struct error *error)
{
    struct day_options day_options = {
        .now_ns = (int64_t)time(NULL) * 1000000000,
        .timezone = options->timezone,
        .zone = options->zone,
        .resolvers = options->resolvers.items,
        .resolver_count = options->resolvers.count,
    };
    struct printing printing = {.options = options};
    int status;

    if (options_span(options, &day_options.from_ns, &day_options.to_ns, error) < 0 ||
        open_sources(options, sources, &day_options, error) < 0)
        return -1;
    printing.day = day_new(&day_options, error);
    if (printing.day == NULL)
        return -1;
    status = check_resolvers(options, printing.day, error);
    if (status == 0)
        status = print(&printing, format, error);
    day_free(printing.day);
    return status;
}

static bool is_table(const char *name)
{
    const char *known;

    for (size_t i = 0; (known = day_table_name(i)) != NULL; i++) {
        if (strcmp(known, name) == 0)
            return true;
    }
    return false;
}

static int complain_about_table(const char *name)
{
    char known[512] = "";
    const char *one;

    for (size_t i = 0; (one = day_table_name(i)) != NULL; i++)
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s", i > 0 ? ", " : "",
                 one);
    return complain_misused("report: --table: there is no '%s', only %s", name, known);
}

/* What makes no sense together. */
static int check(const struct options *options, const struct report_format *format)
{
    int64_t from_ns, to_ns;
    struct error error;

    if (options->database == NULL && options->fleet == NULL)
        return complain_misused("report: --db FILE is needed, or --from URL" SERVICE_DATABASE);
    if (options->operands.count > 0)
        return complain_misused("report: '%s' is no option", options->operands.items[0]);
    if (options_span(options, &from_ns, &to_ns, &error) < 0)
        return complain_misused("report: %s", error.text);
    if (options->zone != NULL && !format->letter)
        return complain_misused("report: --zone writes a letter, as text or markdown");
    if (options->table != NULL && format->print != print_csv)
        return complain_misused("report: --table is for --format csv");
    if (options->table != NULL && !is_table(options->table))
        return complain_about_table(options->table);
    if (format->print == print_csv && options->table == NULL && options->output == NULL)
        return complain_misused("report: --format csv needs --table NAME, or -o FOLDER for all");
    return EXIT_DONE;
}

int report_run(struct options *options)
{
    const struct report_format *format = find_format(options);
    struct sources sources = {0};
    struct error error;
    int status = check(options, format);

    if (status != EXIT_DONE)
        return status;
    if (report(options, format, &sources, &error) < 0)
        status = complain_failed(&error);
    close_sources(&sources);
    return status;
}
