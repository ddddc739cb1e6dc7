/* The commands that lead from a figure to its incidents. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/day.h"
#include "report/moment.h"

struct command {
    char *text;
    size_t used;
};

static void append(struct command *command, const char *text)
{
    size_t length = strlen(text);

    if (command->used + length >= DAY_COMMAND_SIZE)
        return;
    memcpy(command->text + command->used, text, length + 1);
    command->used += length;
}

/* In single quotes where a shell would see more in it than a word. */
static void append_word(struct command *command, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+-=,";

    append(command, " ");
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        append(command, word);
        return;
    }
    append(command, "'");
    for (; *word != '\0'; word++) {
        char one[] = {*word, '\0'};

        append(command, *word == '\'' ? "'\\''" : one);
    }
    append(command, "'");
}

const char *day_list_command(const struct day *day, size_t sensor, const char *option,
                             const char *value, char text[DAY_COMMAND_SIZE])
{
    struct command command = {.text = text};
    char moment[MOMENT_TEXT_SIZE];

    append(&command, "dnsblame list --db");
    append_word(&command, day->sensors[sensor].path);
    if (option != NULL) {
        append(&command, " --");
        append(&command, option);
        append_word(&command, value);
    }
    append(&command, " --from ");
    append(&command, moment_to_short_rfc3339(day->spans[PERIOD_NOW].from_ns, moment));
    append(&command, " --to ");
    append(&command, moment_to_short_rfc3339(day->spans[PERIOD_NOW].to_ns, moment));
    return text;
}

const char *day_dig_command(const char *name, const char *rest, char text[DAY_COMMAND_SIZE])
{
    struct command command = {.text = text};

    append(&command, "dig");
    append_word(&command, name);
    append(&command, " ");
    append(&command, rest);
    return text;
}

const char *day_show_command(const struct day *day, size_t sensor, uint64_t identity,
                             char text[DAY_COMMAND_SIZE])
{
    struct command command = {.text = text};
    char number[32];

    append(&command, "dnsblame show --db");
    append_word(&command, day->sensors[sensor].path);
    snprintf(number, sizeof(number), "%016" PRIx64, identity);
    append_word(&command, number);
    return text;
}
