#include "report/day_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/moment.h"

#define OUTAGES_SHOWN 20
#define TEXT_SIZE     2048
#define SENSORS_NAMED 5

static void print_title(const struct day *day, const struct document *document)
{
    const struct day_span *span = &day->spans[PERIOD_NOW];
    char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE], title[256];

    snprintf(title, sizeof(title), "SERVFAILs from %s to %s", moment_to_second(span->from_ns, from),
             moment_to_second(span->to_ns, to));
    document_heading(document, 1, title);
}

static void print_coverage(const struct day *day, const struct document *document)
{
    const struct day_capture *capture = &day->capture;
    char text[TEXT_SIZE], from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE];
    char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE];
    size_t length;

    if (capture->source_count == 0) {
        if (day->servfails_since == 0)
            document_paragraph(document, "No capture of that time was read.");
        return;
    }
    length = (size_t)snprintf(text, sizeof(text), "%" PRIu64 " capture%s by ",
                              capture->source_count, capture->source_count == 1 ? "" : "s");
    for (size_t i = 0; i < day->sensor_count && i < DAY_COLUMNS_MAX && length < sizeof(text); i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%.200s",
                                   i > 0 ? ", " : "", day->sensors[i].name);
    if (day->sensor_count > DAY_COLUMNS_MAX && length < sizeof(text))
        length += (size_t)snprintf(text + length, sizeof(text) - length, " and %zu more",
                                   day->sensor_count - DAY_COLUMNS_MAX);
    if (length < sizeof(text))
        snprintf(text + length, sizeof(text) - length, ", %s to %s: %s packets, %s DNS messages",
                 moment_to_second(capture->first_time_ns, from),
                 moment_to_second(capture->last_time_ns, to), count_to_text(capture->packets, a),
                 count_to_text(capture->dns_messages, b));
    document_paragraph(document, text);
}

static void print_verdict(const struct day *day, const struct document *document)
{
    char text[TEXT_SIZE], number[COUNT_TEXT_SIZE], command[DAY_COMMAND_SIZE];

    document_paragraph(document, day->headline);
    if (day->servfails_since > 0)
        document_command(document, day_since_command(day, command));
    if (day->traffic[PERIOD_NOW].cached > 0) {
        snprintf(text, sizeof(text),
                 "%s of them came out of a memory of failures and count%s under what first failed.",
                 count_to_text(day->traffic[PERIOD_NOW].cached, number),
                 day->traffic[PERIOD_NOW].cached == 1 ? "s" : "");
        document_paragraph(document, text);
    }
    if (day->action != NULL)
        document_paragraph(document, day->action);
}

static const char *const histories[] = {
    [OUTAGE_FIRST_TIME] = ", the first like it",
    [OUTAGE_RETURNED] = ", back",
    [OUTAGE_CONTINUES] = ", begun earlier",
    [OUTAGE_UNLIKE_ANY] = "",
};

/* "3 clients, 12 SERVFAILs, since ... for 3 h 05 min, going on; back: 2 before, the last until ..."
 */
static void describe(const struct day *day, const struct day_outage *outage, char text[TEXT_SIZE])
{
    char clients[COUNT_TEXT_SIZE], incidents[COUNT_TEXT_SIZE], since[MOMENT_TEXT_SIZE];
    char until[MOMENT_TEXT_SIZE], duration[MOMENT_TEXT_SIZE], span[3 * MOMENT_TEXT_SIZE];
    size_t length;

    if (outage->last_time_ns > outage->first_time_ns)
        snprintf(span, sizeof(span), "%s to %s (%s)",
                 moment_to_second(outage->first_time_ns, since),
                 moment_to_second(outage->last_time_ns, until),
                 duration_to_text(outage->last_time_ns - outage->first_time_ns, duration));
    else
        snprintf(span, sizeof(span), "at %s", moment_to_second(outage->first_time_ns, since));
    length = (size_t)snprintf(
        text, TEXT_SIZE, "%s client%s, %s%s SERVFAIL%s, %s, %s%s",
        count_to_text(outage->clients, clients), outage->clients == 1 ? "" : "s",
        day_certainty_mark(outage->certainty), count_to_text(outage->incidents, incidents),
        outage->incidents == 1 ? "" : "s", span, day_outage_state(day, outage),
        histories[outage->history]);
    if (outage->earlier_count > 0)
        snprintf(text + length, TEXT_SIZE - length, ": %" PRIu64 " before, the last until %s",
                 outage->earlier_count, moment_to_second(outage->earlier_time_ns, since));
}

static void print_servers(const struct day_outage *outage, const struct document *document)
{
    const size_t shown = 8;
    char text[TEXT_SIZE];
    size_t length = (size_t)snprintf(text, sizeof(text), "Servers: ");

    for (size_t i = 0; i < outage->server_count && i < shown; i++) {
        const char *name = document->page->numeric ? NULL : outage->servers[i].name;

        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s%s%.128s%s",
                                   i > 0 ? ", " : "", outage->servers[i].address,
                                   name != NULL ? " (" : "", name != NULL ? name : "",
                                   name != NULL ? ")" : "");
        if (length >= sizeof(text))
            return;
    }
    if (outage->server_count > shown)
        snprintf(text + length, sizeof(text) - length, " and %zu more",
                 outage->server_count - shown);
    if (outage->server_count > 0)
        document_paragraph(document, text);
}

/* "  at a, b and 3 more", where there are several sensors. */
static void append_sensors(const struct day *day, const struct day_outage *outage, char *text,
                           size_t size)
{
    size_t length = strlen(text), count = 0, shown = 0;

    for (size_t i = 0; i < day->sensor_count; i++)
        count += outage->sensors[i] > 0;
    for (size_t i = 0; day->sensor_count > 1 && i < day->sensor_count && length < size; i++) {
        if (outage->sensors[i] == 0 || shown == SENSORS_NAMED)
            continue;
        length += (size_t)snprintf(text + length, size - length, "%s%.64s",
                                   shown == 0 ? "  at " : ", ", day->sensors[i].name);
        shown++;
    }
    if (day->sensor_count > 1 && shown < count && length < size)
        snprintf(text + length, size - length, " and %zu more", count - shown);
}

static void print_outage(const struct day *day, const struct day_outage *outage, size_t number,
                         const struct document *document)
{
    char text[TEXT_SIZE], command[DAY_COMMAND_SIZE];

    snprintf(text, sizeof(text), "%zu. %s%s%s", number, cause_code(outage->cause),
             outage->zone != NULL ? "  " : "", outage->zone != NULL ? outage->zone : "");
    append_sensors(day, outage, text, sizeof(text));
    document_heading(document, 3, text);
    describe(day, outage, text);
    document_paragraph(document, text);
    if (outage->kept < outage->incidents) {
        char kept[COUNT_TEXT_SIZE];

        snprintf(text, sizeof(text), "%s of them are kept as samples.",
                 count_to_text(outage->kept, kept));
        document_paragraph(document, text);
    }
    print_servers(outage, document);
    if (outage->comparison != NULL)
        document_paragraph(document, outage->comparison);
    if (outage->explanation != NULL)
        document_paragraph(document, outage->explanation);
    for (size_t i = 0; i < outage->advice_count; i++)
        document_advice(document, outage->advice[i]);
    if (outage->example_count > 0)
        document_command(document,
                         day_show_command(day, outage->sensor, outage->examples[0], command));
    for (size_t i = 0; i < outage->part_count && i < DAY_COLUMNS_MAX; i++)
        document_command(document, day_outage_command(day, &outage->parts[i], command));
}

static void print_outages(const struct day *day, const struct document *document)
{
    char title[128];

    if (day->outage_count == 0)
        return;
    snprintf(title, sizeof(title), "Outages, by how many clients were hit");
    if (day->outage_total > OUTAGES_SHOWN)
        snprintf(title + strlen(title), sizeof(title) - strlen(title),
                 " (the first %d of %" PRIu64 ")", OUTAGES_SHOWN, day->outage_total);
    document_heading(document, 2, title);
    for (size_t i = 0; i < day->outage_count && i < OUTAGES_SHOWN; i++)
        print_outage(day, &day->outages[i], i + 1, document);
}

static int print_table(struct day *day, const char *name, const struct document *document,
                       struct error *error)
{
    struct table table;

    if (day_table(day, name, &table, error) < 0)
        return -1;
    document_table(document, &table, table.title);
    return 0;
}

static void print_elapsed(const struct day *day, const struct document *document)
{
    char text[TEXT_SIZE], latency[DAY_LATENCY_SIZE], number[COUNT_TEXT_SIZE];

    if (day->elapsed.count == 0)
        return;
    snprintf(text, sizeof(text), "Of the clients that waited for their SERVFAIL: %s%s%s.",
             day_latency_to_text(&day->elapsed, latency),
             day->elapsed_unknown > 0 ? "; not seen was the question of " : "",
             day->elapsed_unknown > 0 ? count_to_text(day->elapsed_unknown, number) : "");
    document_paragraph(document, text);
}

static int print_forecast(struct day *day, const struct document *document, struct error *error)
{
    bool slower = false;

    for (size_t i = 0; i < day->server_count; i++)
        slower = slower || day->servers[i].slower;
    if (day->expiring_count == 0 && day->fragile_count == 0 && !slower)
        return 0;
    document_heading(document, 2, "What will fail next");
    for (size_t i = 0; i < day->server_count; i++) {
        const struct day_server *server = &day->servers[i];
        char text[TEXT_SIZE], before[MOMENT_TEXT_SIZE], now[MOMENT_TEXT_SIZE];

        if (!server->slower)
            continue;
        snprintf(text, sizeof(text),
                 "%s%s%.200s%s gets slower: half of its answers took up to %s, "
                 "and take up to %s.",
                 server->address, server->name != NULL ? " (" : "",
                 server->name != NULL ? server->name : "", server->name != NULL ? ")" : "",
                 duration_to_text(server->before.rtt.p50_ns, before),
                 duration_to_text(server->now.rtt.p50_ns, now));
        document_item(document, text);
    }
    if (print_table(day, "expiring", document, error) < 0)
        return -1;
    return print_table(day, "fragile", document, error);
}

static void print_trust(const struct day *day, const struct document *document)
{
    document_heading(document, 2, "How far this can be trusted");
    if (document->markdown)
        putc('\n', document->page->output);
    for (size_t i = 0; i < day->trust_count; i++)
        document_item(document, day->trust[i]);
}

static void print_way(const struct day *day, const struct document *document)
{
    char command[DAY_COMMAND_SIZE];

    document_heading(document, 2, "The incidents behind the figures");
    document_paragraph(document,
                       day->of_fleet
                           ? "This lists all that are kept; conditions on sensor, zone, cause, "
                             "client, qname and servers.address choose those of a row."
                           : "Each of these lists all of them; --zone, --server, --client, --name "
                             "and --cause choose those of a row.");
    for (size_t i = 0; i < (day->of_fleet ? 1 : day->sensor_count); i++)
        document_command(document, day_list_command(day, day->of_fleet ? DAY_ANY_SENSOR : i, NULL,
                                                    NULL, command));
}

static int print_tables(struct day *day, const char *const *names, size_t count,
                        const struct document *document, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (print_table(day, names[i], document, error) < 0)
            return -1;
    }
    return 0;
}

int day_text_print(struct day *day, const struct document *document, struct error *error)
{
    static const char *const first[] = {"categories", "causes"};
    static const char *const then[] = {"changes", "zones", "servers",
                                       "clients", "names", "elapsed"};
    static const char *const last[] = {"hours", "upstream"};
    const bool any = day->traffic[PERIOD_NOW].servfails > 0;

    print_title(day, document);
    print_coverage(day, document);
    print_verdict(day, document);
    if ((day->sensor_count > 1 && print_table(day, "sensors", document, error) < 0) ||
        print_table(day, "resolvers", document, error) < 0 ||
        print_tables(day, first, sizeof(first) / sizeof(first[0]), document, error) < 0)
        return -1;
    print_outages(day, document);
    if (print_tables(day, then, sizeof(then) / sizeof(then[0]), document, error) < 0)
        return -1;
    print_elapsed(day, document);
    if ((day->traffic[PERIOD_NOW].known &&
         print_tables(day, last, sizeof(last) / sizeof(last[0]), document, error) < 0) ||
        print_forecast(day, document, error) < 0)
        return -1;
    print_trust(day, document);
    if (print_table(day, "losses", document, error) < 0)
        return -1;
    if (any)
        print_way(day, document);
    return 0;
}
