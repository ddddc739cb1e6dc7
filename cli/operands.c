#include "cli/operands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int text_list_add(struct text_list *list, const char *text, struct error *error)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof(*items));

    if (items == NULL)
        return error_set(error, "out of memory");
    list->items = items;
    items[list->count] = strdup(text);
    if (items[list->count] == NULL)
        return error_set(error, "out of memory");
    list->count++;
    return 0;
}

static bool looks_like_capture(const char *argument)
{
    static const char *const endings[] = {".pcap", ".pcapng", ".cap", ".dmp",
                                          ".gz",   ".xz",     ".zst", ".lz4"};
    size_t length = strlen(argument);

    /* A slash is a path, but "net 192.0.2.0/24" is a filter. */
    if (argument[0] == '/' || argument[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t size = strlen(endings[i]);

        if (length > size && strcasecmp(argument + length - size, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool is_file(const struct options *options, const char *argument)
{
    return strcmp(argument, "-") == 0 || access(argument, F_OK) == 0 || options->files.count == 0 ||
           looks_like_capture(argument);
}

static int add_to_filter(struct options *options, const char *word, struct error *error)
{
    size_t length = options->filter == NULL ? 0 : strlen(options->filter);
    char *filter = realloc(options->filter, length + 1 + strlen(word) + 1);

    if (filter == NULL)
        return error_set(error, "out of memory");
    options->filter = filter;
    if (length > 0)
        filter[length++] = ' ';
    memcpy(filter + length, word, strlen(word) + 1);
    return 0;
}

int operands_add(struct operands *operands, struct options *options, const char *argument,
                 struct error *error)
{
    if (operands->command == FOR_WATCH)
        return add_to_filter(options, argument, error);
    if (operands->command != FOR_READ)
        return text_list_add(&options->operands, argument, error);
    if (!operands->in_filter && is_file(options, argument))
        return text_list_add(&options->files, argument, error);
    operands->in_filter = true;
    return add_to_filter(options, argument, error);
}

int operands_add_after_dashes(struct operands *operands, struct options *options,
                              const char *argument, struct error *error)
{
    operands->in_filter = true;
    return operands_add(operands, options, argument, error);
}
