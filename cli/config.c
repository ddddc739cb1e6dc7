#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* A comment begins at the line's first # or at one behind white space: values may hold one. */
static void cut_comment(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '#' && (at == line || isspace((unsigned char)at[-1]))) {
            *at = '\0';
            return;
        }
    }
}

static int read_line(struct options *options, unsigned command, char *line, struct error *error)
{
    static const char *const only_command_line[] = {"config", "help", "version", "read"};
    char *equals, *key;

    cut_comment(line);
    line = trim(line);
    if (*line == '\0')
        return 0;
    equals = strchr(line, '=');
    if (equals == NULL)
        return error_set(error, "not of the form 'key = value'");
    *equals = '\0';
    key = trim(line);
    for (size_t i = 0; i < sizeof(only_command_line) / sizeof(only_command_line[0]); i++) {
        if (strcmp(key, only_command_line[i]) == 0)
            return error_set(error, "'%s' belongs on the command line", key);
    }
    return options_set(options, command, key, trim(equals + 1), error);
}

int options_read_file(struct options *options, unsigned command, const char *path,
                      struct error *error)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    int result = 0;

    options->unreadable = file == NULL;
    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    options->command = command;
    options->in_file = true;
    errno = 0;
    while (result == 0 && getline(&line, &size, file) >= 0) {
        struct error why;

        number++;
        if (read_line(options, command, line, &why) < 0)
            result = error_set(error, "%s: line %u: %s", path, number, why.text);
        errno = 0;
    }
    options->unreadable = result == 0 && (ferror(file) || errno != 0);
    if (options->unreadable)
        result = error_set(error, "%s: %s", path, strerror(errno));
    options->in_file = false;
    free(line);
    fclose(file);
    return result;
}
