/* What is new, whose fault it was, and who stands for most of it. */
#include <inttypes.h>

#include "report/chart.h"
#include "report/html_private.h"
#include "report/page.h"

/* The code of an incident, as a command that shows it. */
static void cell_example(const struct html *html, size_t sensor, uint64_t identity)
{
    char command[DAY_COMMAND_SIZE];

    if (identity == 0) {
        html_cell_text(html, NULL);
        return;
    }
    fputs("<td class=\"id\"><code title=\"", html->output);
    html_text(html->output, "%s", day_show_command(html->day, sensor, identity, command));
    fprintf(html->output, "\">%016" PRIx64 "</code></td>", identity);
}

void html_changes(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Change", COLUMN_TEXT},   {"Zone", COLUMN_TEXT},        {"Cause", COLUMN_TEXT},
        {"Before", COLUMN_NUMBER}, {"SERVFAILs", COLUMN_NUMBER}, {"Incident", COLUMN_TEXT},
    };
    const struct day *day = html->day;
    char note[128], period[64];

    if (!day->traffic[PERIOD_NOW].known)
        return;
    snprintf(note, sizeof(note), "Against %s%s.", html_period_to_text(day, PERIOD_BEFORE, period),
             !day->traffic[PERIOD_BEFORE].known ? ", of which nothing is known"
             : day->change_count == 0           ? ": nothing changed"
                                                : "");
    html_section_begin(html, "changes", "What is new", note);
    if (day->change_count > 0 && day->traffic[PERIOD_BEFORE].known) {
        html_table_begin(html, "changes-table", "Zones and causes that changed",
                         HTML_COLUMNS(columns));
        for (size_t i = 0; i < day->change_count; i++) {
            const struct day_change *change = &day->changes[i];

            fprintf(html->output, "<tr><td><span class=\"badge %s\">%s</span></td>",
                    day_change_code(change->kind), day_change_code(change->kind));
            html_cell_text(html, html_zone_to_text(change->zone));
            fputs("<td>", html->output);
            html_cause(html, change->cause);
            fputs("</td>", html->output);
            html_cell_count(html, change->incidents_before);
            html_cell_count(html, change->incidents);
            cell_example(html, change->sensor, change->example);
            fputs("</tr>\n", html->output);
        }
        html_table_end(html, day->change_count);
        html_more(html, day->change_total - day->change_count, "changes", NULL, NULL);
    }
    html_section_end(html);
}

void html_causes(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Cause", COLUMN_TEXT},  {"SERVFAILs", COLUMN_NUMBER}, {"Share", COLUMN_NUMBER},
        {"", COLUMN_CHART},      {"Before", COLUMN_NUMBER},    {"Week before", COLUMN_NUMBER},
        {"Mostly", COLUMN_TEXT},
    };
    const struct day *day = html->day;
    uint64_t whole = day->traffic[PERIOD_NOW].servfails, largest = 1;

    if (day->cause_count == 0)
        return;
    for (size_t i = 0; i < day->cause_count; i++) {
        for (int k = PERIOD_NOW; k <= PERIOD_BEFORE; k++)
            largest = day->causes[i].incidents[k] > largest ? day->causes[i].incidents[k] : largest;
    }
    html_section_begin(html, "causes", "Causes",
                       "An answer out of the memory of a failure counts under what first failed. "
                       "The thin line is where it stood before.");
    html_table_begin_sensors(html, "causes-table", "SERVFAILs by cause", HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->cause_count; i++) {
        const struct day_cause *cause = &day->causes[i];
        bool before = day->traffic[PERIOD_BEFORE].known;

        fprintf(html->output, "<tr data-cause=\"%s\"><td>", cause_code(cause->cause));
        html_cause(html, cause->cause);
        fputs("</td>", html->output);
        html_cell_count(html, cause->incidents[PERIOD_NOW]);
        html_cell_share(html,
                        whole > 0 ? (double)cause->incidents[PERIOD_NOW] / (double)whole : -1);
        fputs("<td class=\"g\">", html->output);
        chart_share_print(html->output, cause_category(cause->cause),
                          (double)cause->incidents[PERIOD_NOW],
                          before ? (double)cause->incidents[PERIOD_BEFORE] : -1, (double)largest);
        fputs("</td>", html->output);
        for (int k = PERIOD_BEFORE; k < PERIOD_COUNT; k++) {
            if (day->traffic[k].known)
                html_cell_count(html, cause->incidents[k]);
            else
                html_cell_none(html, "no data");
        }
        html_cell_text(html, html_zone_to_text(cause->zone));
        html_cells_sensors(html, cause->sensors);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, day->cause_count);
    html_section_end(html);
}

/* The figures of one resolver or sensor, and its share earlier. */
static void print_traffic(const struct html *html, const struct day_traffic traffic[PERIOD_COUNT])
{
    const struct day_traffic *now = &traffic[PERIOD_NOW];

    if (now->known) {
        html_cell_count(html, now->queries);
        html_cell_count(html, now->responses);
        html_cell_count(html, now->unanswered);
        html_cell_count(html, now->servfails);
        html_cell_count(html, now->clients);
    }
    for (int i = 0; !now->known && i < 5; i++)
        html_cell_none(html, "no data");
    for (int i = 0; i < PERIOD_COUNT; i++) {
        if (traffic[i].known)
            html_cell_share(html, day_share(&traffic[i]));
        else
            html_cell_none(html, "no data");
    }
}

void html_resolvers(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Resolver", COLUMN_TEXT},      {"Sensor", COLUMN_TEXT},       {"Questions", COLUMN_NUMBER},
        {"Answers", COLUMN_NUMBER},     {"Unanswered", COLUMN_NUMBER}, {"SERVFAILs", COLUMN_NUMBER},
        {"Clients hit", COLUMN_NUMBER}, {"Share", COLUMN_NUMBER},      {"Before", COLUMN_NUMBER},
        {"Week before", COLUMN_NUMBER},
    };
    const struct day *day = html->day;

    if (day->resolver_count == 0)
        return;
    html_section_begin(html, "resolvers", "Resolvers", NULL);
    if (day->sensor_count > 1) {
        html_table_begin(html, "sensors-table", "By sensor", columns + 1, 9);
        for (size_t i = 0; i < day->sensor_count; i++) {
            fputs("<tr>", html->output);
            html_cell_text(html, day->sensors[i].name);
            print_traffic(html, day->sensors[i].traffic);
            fputs("</tr>\n", html->output);
        }
        html_table_end(html, day->sensor_count);
    }
    html_table_begin(html, "resolvers-table", "By resolver", HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->resolver_count; i++) {
        fputs("<tr>", html->output);
        html_cell_text(html, day->resolvers[i].address);
        html_cell_text(html, day->sensors[day->resolvers[i].sensor].name);
        print_traffic(html, day->resolvers[i].traffic);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, day->resolver_count);
    html_section_end(html);
}

static void print_top(const struct html *html, enum day_top_kind kind)
{
    static const struct {
        const char *title, *heading;
    } texts[TOP_COUNT] = {
        [TOP_ZONES] = {"Zones at fault", "Zone"},
        [TOP_SERVERS] = {"Servers at fault", "Server"},
        [TOP_CLIENTS] = {"Clients hit", "Client"},
        [TOP_NAMES] = {"Names asked", "Name"},
    };
    const struct day *day = html->day;
    struct html_column columns[] = {
        {texts[kind].heading, COLUMN_TEXT},
        {"SERVFAILs", COLUMN_NUMBER},
        {"Before", COLUMN_NUMBER},
    };
    char id[32];
    bool sampled = false;

    if (day->top_counts[kind] == 0)
        return;
    snprintf(id, sizeof(id), "top-%s", day_top_code(kind));
    fputs("<div>", html->output);
    html_table_begin_sensors(html, id, texts[kind].title, HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->top_counts[kind]; i++) {
        const struct day_top *top = &day->tops[kind][i];

        sampled = sampled || top->certainty != DAY_COUNTED;
        fputs("<tr><th scope=\"row\">", html->output);
        if (kind == TOP_SERVERS)
            html_server(html, top->text, top->name);
        else
            html_text(html->output, "%s",
                      kind == TOP_ZONES ? html_zone_to_text(top->text) : top->text);
        fputs("</th>", html->output);
        html_cell_certain(html, top->incidents, top->certainty);
        if (top->known_before)
            html_cell_count(html, top->incidents_before);
        else
            html_cell_none(html, "no data");
        html_cells_sensors(html, top->sensors);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, day->top_counts[kind]);
    if (sampled)
        fputs("<p class=\"note\">Estimated from samples; where too few were kept for that, it is "
              "their number.</p>\n",
              html->output);
    if (day->top_totals[kind] > day->top_counts[kind])
        fprintf(html->output, "<p class=\"note\">and %" PRIu64 " more</p>\n",
                day->top_totals[kind] - day->top_counts[kind]);
    fputs("</div>\n", html->output);
}

void html_tops(const struct html *html)
{
    const struct day *day = html->day;
    char command[DAY_COMMAND_SIZE];

    if (day->traffic[PERIOD_NOW].servfails == 0)
        return;
    html_section_begin(html, "tops", "Most frequent", NULL);
    fputs("<div class=\"pair\">\n", html->output);
    for (int kind = 0; kind < TOP_COUNT; kind++)
        print_top(html, (enum day_top_kind)kind);
    fputs(
        "</div>\n<div class=\"screen\"><p class=\"note\">The incidents behind any of them (--zone, "
        "--server, --client, --name):</p>\n",
        html->output);
    html_command(html,
                 day_list_command(day, DAY_ANY_SENSOR, day_top_option(TOP_ZONES),
                                  day->top_counts[TOP_ZONES] > 0 ? day->tops[TOP_ZONES][0].text
                                                                 : "example.com.",
                                  command));
    html_section_end(html);
}

void html_hours(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Hour", COLUMN_TEXT},        {"Questions", COLUMN_NUMBER}, {"", COLUMN_CHART},
        {"SERVFAILs", COLUMN_NUMBER}, {"Share", COLUMN_NUMBER},     {"", COLUMN_CHART},
    };
    const struct day *day = html->day;
    uint64_t queries = 1;
    double share = 1e-9;
    char note[128];

    if (!day->traffic[PERIOD_NOW].known || day->hour_count == 0)
        return;
    for (size_t i = 0; i < day->hour_count; i++) {
        const struct day_traffic *traffic = &day->hours[i].traffic;

        queries = traffic->queries > queries ? traffic->queries : queries;
        share = day_share(traffic) > share ? day_share(traffic) : share;
    }
    snprintf(note, sizeof(note), "Hours of %s.", day->timezone);
    html_section_begin(html, "hours", "Hours of the day", note);
    html_table_begin(html, "hours-table", "By hour", HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->hour_count; i++) {
        const struct day_traffic *traffic = &day->hours[i].traffic;

        fprintf(html->output, "<tr><th scope=\"row\" data-v=\"%zu\">", i);
        html_text(html->output, "%s", day->hours[i].label);
        fputs("</th>", html->output);
        if (!traffic->known) {
            fputs("<td class=\"none\" colspan=\"5\">not captured</td></tr>\n", html->output);
            continue;
        }
        html_cell_count(html, traffic->queries);
        fputs("<td class=\"g\">", html->output);
        chart_share_print(html->output, "questions", (double)traffic->queries, -1, (double)queries);
        fputs("</td>", html->output);
        html_cell_count(html, traffic->servfails);
        html_cell_share(html, day_share(traffic));
        fputs("<td class=\"g\">", html->output);
        chart_share_print(html->output, "servfails", day_share(traffic), -1, share);
        fputs("</td></tr>\n", html->output);
    }
    html_table_end(html, day->hour_count);
    html_section_end(html);
}
