#include "cli/precedence.h"

#include <stdlib.h>
#include <string.h>

static bool has_span(const struct options *options)
{
    return options->day != NULL || options->from != NULL || options->to != NULL ||
           options->since_ns != 0;
}

void precedence_set_aside(struct precedence *precedence, struct options *options)
{
    *precedence = (struct precedence){
        .day = options->day,
        .from = options->from,
        .to = options->to,
        .since_ns = options->since_ns,
        .quiet = options->quiet,
        .verbose = options->verbose,
        .fleet = options->fleet,
        .databases = options->databases.count,
    };
    options->day = options->from = options->to = options->fleet = NULL;
    options->since_ns = 0;
    options->quiet = options->verbose = false;
}

/* `file`: where it stands; NULL: on the command line. */
static int misused(const char *file, const char *text, struct error *error)
{
    return file != NULL ? error_set(error, "%s: %s", file, text) : error_set(error, "%s", text);
}

static int settle_span(struct precedence *precedence, struct options *options, struct error *error)
{
    const char *file = has_span(options) ? NULL : options->config;

    if (file != NULL) {
        options->day = precedence->day;
        options->from = precedence->from;
        options->to = precedence->to;
        options->since_ns = precedence->since_ns;
        precedence->day = precedence->from = precedence->to = NULL;
    }
    if (options->day != NULL &&
        (options->from != NULL || options->to != NULL || options->since_ns != 0))
        return misused(file, "--day stands alone, without --from, --to and --since", error);
    if (options->since_ns != 0 && options->from != NULL)
        return misused(file, "--from and --since exclude each other", error);
    return 0;
}

static int settle_detail(const struct precedence *precedence, struct options *options,
                         struct error *error)
{
    const char *file = options->quiet || options->verbose ? NULL : options->config;

    if (file != NULL) {
        options->quiet = precedence->quiet;
        options->verbose = precedence->verbose;
    }
    if (options->quiet && options->verbose)
        return misused(file, "--quiet and --verbose exclude each other", error);
    return 0;
}

/* Its first so many. */
static void text_list_drop(struct text_list *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list->items[i]);
    list->count -= count;
    memmove(list->items, list->items + count, list->count * sizeof(list->items[0]));
}

/* Where rows are: in databases, or with a fleet's server, which prevails within a file. */
static int settle_source(struct precedence *precedence, struct options *options,
                         struct error *error)
{
    if (options->databases.count > precedence->databases) {
        if (options->fleet != NULL)
            return error_set(error, "--db and --from URL exclude each other");
        text_list_drop(&options->databases, precedence->databases);
    } else if (options->fleet == NULL) {
        options->fleet = precedence->fleet;
        precedence->fleet = NULL;
    }
    if (options->databases.count > 1 && options->command != FOR_REPORT)
        return error_set(error, "one --db only; %s and others were given",
                         options->databases.items[0]);
    return 0;
}

int precedence_settle(struct precedence *precedence, struct options *options, struct error *error)
{
    int status = 0;

    /* Whoever asks for help is helped. */
    if (!options->help && !options->version)
        status = settle_span(precedence, options, error) < 0 ||
                         settle_detail(precedence, options, error) < 0 ||
                         settle_source(precedence, options, error) < 0
                     ? -1
                     : 0;
    precedence_clear(precedence);
    return status;
}

void precedence_clear(struct precedence *precedence)
{
    free(precedence->day);
    free(precedence->from);
    free(precedence->to);
    free(precedence->fleet);
    *precedence = (struct precedence){0};
}
