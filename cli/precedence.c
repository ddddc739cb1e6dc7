#include "cli/precedence.h"

#include <stdlib.h>

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
    };
    options->day = options->from = options->to = NULL;
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
        *precedence =
            (struct precedence){.quiet = precedence->quiet, .verbose = precedence->verbose};
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

int precedence_settle(struct precedence *precedence, struct options *options, struct error *error)
{
    int status = 0;

    /* Whoever asks for help is helped. */
    if (!options->help && !options->version)
        status = settle_span(precedence, options, error) < 0 ||
                         settle_detail(precedence, options, error) < 0
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
    *precedence = (struct precedence){0};
}
