#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/operands.h"
#include "cli/option_rows.h"
#include "cli/precedence.h"

#define MEMORY_DEFAULT_MIB 256
#define RING_DEFAULT_MIB   64

/* NULL, for a switch on the command line, is no empty value. */
static int apply_row(struct options *options, const struct option_row *row, const char *value,
                     struct error *error)
{
    if (value != NULL && value[0] == '\0')
        return error_set(error, "a value is missing");
    return row->apply(options, value, error);
}

int options_set(struct options *options, unsigned command, const char *name, const char *value,
                struct error *error)
{
    struct error why;
    bool known = false;

    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].name, name) != 0)
            continue;
        known = true;
        if ((option_rows[i].commands & command) == 0 ||
            (option_rows[i].commands & NOT_FROM_FILE) != 0)
            continue;
        if (apply_row(options, &option_rows[i], value, &why) < 0)
            return error_set(error, "%s: %s", name, why.text);
        return 0;
    }
    return known ? 0 : error_set(error, "there is no option '%s'", name);
}

/* What getopt_long() is to know for a command. An option's value is its row's number. */
struct getopt_table {
    struct option long_options[OPTION_ROWS_MAX + 1];
    char letters[2 * OPTION_ROWS_MAX + 3];
};

#define FIRST_VALUE 256 /* beyond all letters */

static void getopt_table_init(struct getopt_table *table, unsigned command)
{
    size_t count = 0;
    char *letter = table->letters;

    memset(table, 0, sizeof(*table));
    *letter++ = '-'; /* what is no option is returned in its order */
    *letter++ = ':'; /* a missing argument is told from an unknown option */
    for (size_t i = 0; i < option_row_count; i++) {
        if ((option_rows[i].commands & command) == 0)
            continue;
        table->long_options[count++] = (struct option){
            .name = option_rows[i].name,
            .has_arg = option_rows[i].argument != NULL ? required_argument : no_argument,
            .val = FIRST_VALUE + (int)i,
        };
        if (option_rows[i].letter != 0) {
            *letter++ = option_rows[i].letter;
            if (option_rows[i].argument != NULL)
                *letter++ = ':';
        }
    }
}

static const struct option_row *row_of(int value)
{
    if (value >= FIRST_VALUE)
        return &option_rows[value - FIRST_VALUE];
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter != 0 && option_rows[i].letter == value)
            return &option_rows[i];
    }
    return NULL;
}

static int parse_one(struct options *options, const struct option_row *row, const char *value,
                     struct error *error)
{
    struct error why;

    if (apply_row(options, row, value, &why) < 0)
        return error_set(error, "--%s: %s", row->name, why.text);
    return 0;
}

/* What getopt_long() did not like. It knows a short option by its letter, which may stand in a
 * cluster. */
static int complain(int value, const char *argument, struct error *error)
{
    char letter[] = {'-', (char)optopt, '\0'};
    const char *option = optopt > 0 && optopt < FIRST_VALUE ? letter : argument;

    if (value == ':')
        return error_set(error, "option '%s' needs an argument", option);
    if (optopt >= FIRST_VALUE)
        return error_set(error, "option '--%s' takes no argument",
                         option_rows[optopt - FIRST_VALUE].name);
    return error_set(error, "there is no option '%s'", option);
}

/* Walks the command line. With `only` nothing but the option of this name is taken, and nothing is
 * an error. */
static int walk(struct options *options, int argc, char **argv, const char *only,
                struct error *error)
{
    struct getopt_table table;
    struct operands operands = {.command = options->command};
    int value, result = 0;

    getopt_table_init(&table, options->command);
    opterr = 0;
    optind = 0;
    while (result == 0 &&
           (value = getopt_long(argc, argv, table.letters, table.long_options, NULL)) != -1) {
        const struct option_row *row = row_of(value);

        if (only != NULL)
            result = row != NULL && strcmp(row->name, only) == 0
                         ? parse_one(options, row, optarg, error)
                         : 0;
        else if (value == 1)
            result = operands_add(&operands, options, optarg, error);
        else if (value == '?' || value == ':')
            result = complain(value, argv[optind - 1], error);
        else
            result = parse_one(options, row, optarg, error);
    }
    for (int i = optind; i < argc && result == 0 && only == NULL; i++)
        result = operands_add_after_dashes(&operands, options, argv[i], error);
    return result;
}

static int parse_file_and_line(struct options *options, int argc, char **argv, struct error *error)
{
    struct precedence precedence;

    /* The file first, so that the command line prevails. */
    if (walk(options, argc, argv, "config", error) < 0)
        return -1;
    if (options->config != NULL &&
        options_read_file(options, options->command, options->config, error) < 0)
        return -1;
    precedence_set_aside(&precedence, options);
    if (walk(options, argc, argv, NULL, error) == 0)
        return precedence_settle(&precedence, options, error);
    precedence_clear(&precedence);
    return -1;
}

int options_parse(struct options *options, unsigned command, int argc, char **argv,
                  struct error *error)
{
    *options = (struct options){
        .command = command,
        .memory_bytes = (uint64_t)MEMORY_DEFAULT_MIB << 20,
        .ring_bytes = (uint64_t)RING_DEFAULT_MIB << 20,
        .grace_ns = -1,
    };
    return parse_file_and_line(options, argc, argv, error);
}

static void text_list_clear(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

void options_clear(struct options *options)
{
    char *const texts[] = {
#define X(field) options->field,
        TEXT_OPTIONS(X)
#undef X
            options->filter,
        options->sensor,
        options->database,
        options->format_text,
        options->timezone,
        options->day,
        options->from,
        options->to,
        options->fleet,
        options->metrics,
        options->cause,
        options->zone,
        options->server,
        options->client,
        options->resolver,
        options->name,
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    text_list_clear(&options->files);
    text_list_clear(&options->interfaces);
    text_list_clear(&options->operands);
    text_list_clear(&options->databases);
    text_list_clear(&options->sensors);
    free(options->resolvers.items);
    free(options->egresses.items);
    *options = (struct options){0};
}
