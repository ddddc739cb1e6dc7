/* The commands that lead from a figure to its incidents. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "correlate/shell.h"
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

static void append_word(struct command *command, const char *text)
{
    char word[DAY_COMMAND_SIZE];

    append(command, " ");
    shell_word(text, word, sizeof(word));
    append(command, word);
}

/* What the options of `list` choose, in ClickHouse. */
static const struct {
    const char *option;
    const char *condition; /* %s stands for the value */
} conditions[] = {
    {"sensor", "sensor = %s"},
    {"cause", "(cause = %s OR startsWith(cause, concat(%s, '.')))"},
    {"zone", "zone = %s"},
    {"server", "(has(servers.address, %s) OR has(servers.name, %s))"},
    {"client", "client = %s"},
    {"name", "qname = %s"},
    {"outage", "outage = reinterpretAsUInt64(reverse(unhex(%s)))"},
};

static void append_condition(struct command *command, const char *option, const char *value)
{
    char literal[DAY_COMMAND_SIZE / 2];
    size_t used = 0;
    const char *at = "";

    literal[used++] = '\'';
    for (; *value != '\0' && used + 4 < sizeof(literal); value++) {
        if (*value == '\'' || *value == '\\')
            literal[used++] = '\\';
        literal[used++] = *value;
    }
    literal[used++] = '\'';
    literal[used] = '\0';
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (strcmp(conditions[i].option, option) == 0)
            at = conditions[i].condition;
    }
    append(command, " AND ");
    while (*at != '\0') {
        char one[] = {*at, '\0'};

        if (strncmp(at, "%s", 2) == 0) {
            append(command, literal);
            at += 2;
        } else {
            append(command, one);
            at++;
        }
    }
}

/* "http://HOST:PORT/DATABASE" is asked at http://HOST:PORT/?database=DATABASE. */
static const char *fleet_list_command(const struct day *day, size_t sensor, const char *option,
                                      const char *value, const struct day_span *of,
                                      char text[DAY_COMMAND_SIZE])
{
    const char *server = day->sensors[0].path, *slash = strrchr(server, '/');
    char url[512], query[DAY_COMMAND_SIZE], span[128];
    struct command sql = {.text = query}, command = {.text = text};

    snprintf(url, sizeof(url), "%.*s/?database=%s", (int)(slash - server), server, slash + 1);
    append(&sql, "SELECT time, sensor, id, client, qname, cause, zone FROM incidents FINAL "
                 "WHERE NOT removed");
    if (sensor != DAY_ANY_SENSOR)
        append_condition(&sql, "sensor", day->sensors[sensor].name);
    if (option != NULL)
        append_condition(&sql, option, value);
    snprintf(span, sizeof(span), " AND time_ns >= %" PRId64 " AND time_ns < %" PRId64, of->from_ns,
             of->to_ns);
    append(&sql, span);
    append(&sql, " ORDER BY time_ns FORMAT PrettyCompact");
    append(&command, "curl -sS");
    append_word(&command, url);
    append(&command, " -d");
    append_word(&command, query);
    return text;
}

static const char *list_command(const struct day *day, size_t sensor, const char *option,
                                const char *value, const struct day_span *span,
                                char text[DAY_COMMAND_SIZE])
{
    struct command command = {.text = text};
    char moment[MOMENT_TEXT_SIZE];

    if (day->of_fleet)
        return fleet_list_command(day, sensor, option, value, span, text);
    append(&command, "dnsblame list --db");
    append_word(&command, day->sensors[sensor == DAY_ANY_SENSOR ? 0 : sensor].path);
    if (option != NULL) {
        append(&command, " --");
        append(&command, option);
        append_word(&command, value);
    }
    append(&command, " --from ");
    append(&command, moment_to_short_rfc3339(span->from_ns, moment));
    if (span->to_ns != INT64_MAX) {
        append(&command, " --to ");
        append(&command, moment_to_short_rfc3339(span->to_ns, moment));
    }
    return text;
}

const char *day_list_command(const struct day *day, size_t sensor, const char *option,
                             const char *value, char text[DAY_COMMAND_SIZE])
{
    return list_command(day, sensor, option, value, &day->spans[PERIOD_NOW], text);
}

const char *day_outage_command(const struct day *day, const struct day_outage_part *part,
                               char text[DAY_COMMAND_SIZE])
{
    char identity[32];

    snprintf(identity, sizeof(identity), "%016" PRIx64, part->identity);
    return day_list_command(day, part->sensor, "outage", identity, text);
}

const char *day_since_command(const struct day *day, char text[DAY_COMMAND_SIZE])
{
    const struct day_span since = {.from_ns = day->counted_until_ns, .to_ns = INT64_MAX};
    size_t sensor = 0;

    while (sensor + 1 < day->sensor_count &&
           day->sensors[sensor].counted_until_ns != day->counted_until_ns)
        sensor++;
    return list_command(day, day->of_fleet ? DAY_ANY_SENSOR : sensor, NULL, NULL, &since, text);
}

const char *day_dig_command(const char *name, const char *rest, char text[DAY_COMMAND_SIZE])
{
    char word[DAY_COMMAND_SIZE];
    struct command command = {.text = text};

    append(&command, "dig ");
    shell_name(name, word, sizeof(word));
    append(&command, word);
    append(&command, " ");
    append(&command, rest);
    return text;
}

const char *day_show_command(const struct day *day, size_t sensor, uint64_t identity,
                             char text[DAY_COMMAND_SIZE])
{
    struct command command = {.text = text};
    char number[32];

    append(&command, day->of_fleet ? "dnsblame show --from" : "dnsblame show --db");
    append_word(&command, day->sensors[sensor].path);
    snprintf(number, sizeof(number), "%016" PRIx64, identity);
    append_word(&command, number);
    return text;
}
