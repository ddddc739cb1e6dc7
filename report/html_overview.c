/* The first screen: the verdict, the figures that it stands on, whose fault it was, and when. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/chart.h"
#include "report/html_private.h"
#include "report/moment.h"
#include "report/page.h"

#define COLUMNS_MAX  100
#define TIMELINE_MAX 12

static void print_figure_begin(const struct html *html, const char *name)
{
    fprintf(html->output, "<div><dt>%s</dt><dd><b>", name);
}

/* "0.41 % the day before, 0.38 % a week before", of counts likewise. */
static void print_comparison(const struct html *html, bool share,
                             uint64_t (*count)(const struct day_traffic *))
{
    const struct day *day = html->day;

    fputs("</b>", html->output);
    for (int i = PERIOD_BEFORE; i < PERIOD_COUNT; i++) {
        const struct day_traffic *traffic = &day->traffic[i];
        char period[64], text[HTML_SHARE_SIZE], number[COUNT_TEXT_SIZE];
        double before = day_share(traffic);

        html_period_to_text(day, (enum day_period)i, period);
        fputs("<span>", html->output);
        if (!traffic->known || (share && before < 0))
            html_text(html->output, "no data for %s", period);
        else if (share)
            html_text(html->output, "%s %s", html_share_to_text(before, text), period);
        else
            html_text(html->output, "%s %s", count_to_text(count(traffic), number), period);
        fputs("</span>", html->output);
    }
    fputs("</dd></div>\n", html->output);
}

static uint64_t servfails_of(const struct day_traffic *traffic)
{
    return traffic->servfails;
}

static uint64_t queries_of(const struct day_traffic *traffic)
{
    return traffic->queries;
}

static uint64_t clients_of(const struct day_traffic *traffic)
{
    return traffic->clients;
}

static void print_count(const struct html *html, const char *name,
                        uint64_t (*count)(const struct day_traffic *))
{
    const struct day_traffic *traffic = &html->day->traffic[PERIOD_NOW];
    char text[COUNT_TEXT_SIZE];

    print_figure_begin(html, name);
    fputs(traffic->known ? count_to_text(count(traffic), text) : "no data", html->output);
    print_comparison(html, false, count);
}

static void print_share(const struct html *html)
{
    double share = day_share(&html->day->traffic[PERIOD_NOW]);
    char text[HTML_SHARE_SIZE];

    print_figure_begin(html, "of the answers were SERVFAIL");
    fprintf(html->output, "<span id=\"servfail-share\" data-value=\"%.9g\">%s</span>", share,
            share < 0 ? "no data" : html_share_to_text(share, text));
    print_comparison(html, true, NULL);
}

static void print_outage_figure(const struct html *html)
{
    const struct day *day = html->day;
    char total[COUNT_TEXT_SIZE], going_on[COUNT_TEXT_SIZE];

    print_figure_begin(html, "outages");
    fprintf(html->output, "%s</b><span>%s going on at the end</span></dd></div>\n",
            count_to_text(day->outage_total, total),
            count_to_text(day->outages_going_on, going_on));
}

void html_overview(const struct html *html)
{
    const struct day *day = html->day;
    char command[DAY_COMMAND_SIZE];

    fputs("<section id=\"verdict\" aria-label=\"Verdict\">\n<p class=\"verdict\">", html->output);
    html_text(html->output, "%s", day->headline);
    fputs("</p>\n", html->output);
    if (day->servfails_since > 0)
        html_command(html, day_since_command(day, command));
    if (day->action != NULL) {
        fputs("<p class=\"action\">", html->output);
        html_text(html->output, "%s", day->action);
        fputs("</p>\n", html->output);
    }
    fputs("<dl class=\"figures\">\n", html->output);
    print_share(html);
    print_count(html, "SERVFAILs", servfails_of);
    print_count(html, "questions", queries_of);
    print_count(html, "clients hit (estimated)", clients_of);
    print_outage_figure(html);
    fputs("</dl>\n", html->output);
    html_section_end(html);
}

/* The chart: intervals put together to columns, and the categories that occur. */

struct plot {
    const struct html *html;
    struct day_category categories[DAY_CATEGORIES_MAX]; /* that occur, most incidents first */
    uint64_t counts[DAY_CATEGORIES_MAX];
    size_t category_count;
    struct day_traffic traffic[COLUMNS_MAX];
    struct chart_column columns[COLUMNS_MAX];
    size_t column_count;
};

static void add_traffic(struct day_traffic *sum, const struct day_traffic *traffic)
{
    sum->known = sum->known || traffic->known;
    sum->queries += traffic->queries;
    sum->responses += traffic->responses;
    sum->servfails += traffic->servfails;
    for (int i = 0; i < CAUSE_COUNT; i++)
        sum->causes[i] += traffic->causes[i];
}

static void choose_categories(struct plot *plot)
{
    const struct day *day = plot->html->day;
    struct day_category all[DAY_CATEGORIES_MAX];
    size_t count = day_categories(all);

    for (size_t i = 0; i < count; i++) {
        uint64_t incidents = day_category_count(day->traffic[PERIOD_NOW].causes, &all[i]);
        size_t at = plot->category_count;

        if (incidents == 0)
            continue;
        for (; at > 0 && plot->counts[at - 1] < incidents; at--) {
            plot->counts[at] = plot->counts[at - 1];
            plot->categories[at] = plot->categories[at - 1];
        }
        plot->counts[at] = incidents;
        plot->categories[at] = all[i];
        plot->category_count++;
    }
}

static void fill_columns(struct plot *plot)
{
    const struct day *day = plot->html->day;
    size_t together = (day->interval_count + COLUMNS_MAX - 1) / COLUMNS_MAX;

    for (size_t i = 0; i < day->interval_count; i++) {
        const struct day_interval *interval = &day->intervals[i];
        struct chart_column *column = &plot->columns[i / together];

        if (i % together == 0)
            column->from_ns = interval->from_ns;
        column->to_ns = interval->to_ns;
        add_traffic(&plot->traffic[i / together], &interval->traffic);
        plot->column_count = i / together + 1;
    }
    for (size_t i = 0; i < plot->column_count; i++) {
        const struct day_traffic *traffic = &plot->traffic[i];

        plot->columns[i].known = traffic->known;
        for (size_t k = 0; k < plot->category_count && traffic->responses > 0; k++)
            plot->columns[i].parts[k] =
                100.0 * (double)day_category_count(traffic->causes, &plot->categories[k]) /
                (double)traffic->responses;
    }
}

static void tell_column(FILE *output, const void *context, size_t column)
{
    const struct plot *plot = context;
    const struct day_traffic *traffic = &plot->traffic[column];
    char from[MOMENT_TEXT_SIZE], share[HTML_SHARE_SIZE], a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE];

    html_text(output, "%s\n", moment_to_second(plot->columns[column].from_ns, from));
    html_text(output, "%s SERVFAIL of %s answers", count_to_text(traffic->servfails, a),
              count_to_text(traffic->responses, b));
    if (traffic->responses > 0)
        html_text(output, ", %s", html_share_to_text(day_share(traffic), share));
    for (size_t k = 0; k < plot->category_count; k++) {
        uint64_t count = day_category_count(traffic->causes, &plot->categories[k]);

        if (count > 0)
            fprintf(output, "\n%s %s", plot->categories[k].code, count_to_text(count, a));
    }
}

/* The colours' names, with what they stand for: read before the chart is. */
static void print_shares(const struct plot *plot)
{
    const struct day *day = plot->html->day;
    FILE *output = plot->html->output;
    uint64_t whole = 0;
    double before = day_share(&day->traffic[PERIOD_BEFORE]);
    char period[64], text[HTML_SHARE_SIZE];
    char share[COUNT_TEXT_SIZE], count[COUNT_TEXT_SIZE];

    for (size_t k = 0; k < plot->category_count; k++)
        whole += plot->counts[k];
    fputs("<ul class=\"legend\" aria-label=\"Whose fault\">\n", output);
    for (size_t k = 0; k < plot->category_count; k++) {
        fprintf(output,
                "<li data-category=\"%s\" data-value=\"%" PRIu64 "\"><i class=\"c-%s\"></i><b>%s"
                "</b> ",
                plot->categories[k].code, plot->counts[k], plot->categories[k].code,
                share_to_text(plot->counts[k], whole, share));
        html_text(output, "%s", plot->categories[k].text);
        fprintf(output, " <span>%s</span></li>\n", count_to_text(plot->counts[k], count));
    }
    if (day->traffic[PERIOD_BEFORE].known && before >= 0) {
        fputs("<li><svg class=\"reference\" width=\"22\" height=\"9\" aria-hidden=\"true\"><line "
              "x1=\"0\" x2=\"22\" y1=\"5\" y2=\"5\"/></svg> ",
              output);
        html_text(output, "%s %s", html_share_to_text(before, text),
                  html_period_to_text(day, PERIOD_BEFORE, period));
        fputs("</li>\n", output);
    }
    fputs("</ul>\n", output);
}

static void print_columns(const struct plot *plot)
{
    const struct day *day = plot->html->day;
    char text[HTML_SHARE_SIZE], description[512];
    double before = day_share(&day->traffic[PERIOD_BEFORE]);
    double share = day_share(&day->traffic[PERIOD_NOW]);
    struct chart_columns chart = {
        .head = {"chart-share", "SERVFAIL among the answers, in percent, by who failed",
                 description},
        .span = {day->spans[PERIOD_NOW].from_ns, day->spans[PERIOD_NOW].to_ns},
        .columns = plot->columns,
        .column_count = plot->column_count,
        .part_count = plot->category_count,
        .unit = " %",
        .reference = day->traffic[PERIOD_BEFORE].known && before >= 0 ? 100 * before : -1,
        .tell = tell_column,
        .context = plot,
    };
    size_t length;

    for (size_t k = 0; k < plot->category_count; k++)
        chart.part_codes[k] = plot->categories[k].code;
    length = (size_t)snprintf(description, sizeof(description), "On the whole %s.",
                              share < 0 ? "no data" : html_share_to_text(share, text));
    for (size_t k = 0; k < plot->category_count && length < sizeof(description); k++)
        length += (size_t)snprintf(description + length, sizeof(description) - length,
                                   " %s: %" PRIu64 ".", plot->categories[k].text, plot->counts[k]);
    chart_columns_print(plot->html->output, &chart);
}

static void print_columns_table(const struct plot *plot)
{
    static const struct html_column columns[] = {{"From", COLUMN_TEXT},
                                                 {"Questions", COLUMN_NUMBER},
                                                 {"Answers", COLUMN_NUMBER},
                                                 {"SERVFAILs", COLUMN_NUMBER},
                                                 {"Share", COLUMN_NUMBER}};
    const struct html *html = plot->html;
    struct html_column all[5 + DAY_CATEGORIES_MAX];

    memcpy(all, columns, sizeof(columns));
    for (size_t k = 0; k < plot->category_count; k++)
        all[5 + k] = (struct html_column){plot->categories[k].code, COLUMN_NUMBER};
    fputs("<details class=\"figures-table\"><summary>The chart's figures</summary>\n",
          html->output);
    html_table_begin(html, "share", "SERVFAILs over time", all, 5 + plot->category_count);
    for (size_t i = 0; i < plot->column_count; i++) {
        const struct day_traffic *traffic = &plot->traffic[i];

        fputs("<tr><th scope=\"row\">", html->output);
        html_time(html->output, plot->columns[i].from_ns, HTML_TIME_MINUTE);
        fputs("</th>", html->output);
        if (!traffic->known) {
            fprintf(html->output, "<td class=\"none\" colspan=\"%zu\">not captured</td></tr>\n",
                    4 + plot->category_count);
            continue;
        }
        html_cell_count(html, traffic->queries);
        html_cell_count(html, traffic->responses);
        html_cell_count(html, traffic->servfails);
        html_cell_share(html, day_share(traffic));
        for (size_t k = 0; k < plot->category_count; k++)
            html_cell_count(html, day_category_count(traffic->causes, &plot->categories[k]));
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, plot->column_count);
    fputs("</details>\n", html->output);
}

/* The outages below the chart, on the same time axis. */
static void print_timeline(const struct html *html)
{
    const struct day *day = html->day;
    const struct chart_span span = {day->spans[PERIOD_NOW].from_ns, day->spans[PERIOD_NOW].to_ns};
    const struct chart_head head = {
        "chart-outages", "When the outages were",
        "Each outage that hurt most as a bar from its beginning to its end, in the order of people "
        "hurt. The table of outages says the same in words."};
    size_t count = day->outage_count < TIMELINE_MAX ? day->outage_count : TIMELINE_MAX;
    char labels[TIMELINE_MAX][48], links[TIMELINE_MAX][32];
    struct chart_bar bars[TIMELINE_MAX];

    for (size_t i = 0; i < count; i++) {
        const struct day_outage *outage = &day->outages[i];
        const char *zone = outage->zone != NULL ? html_zone_to_text(outage->zone) : "";

        snprintf(labels[i], sizeof(labels[i]), "%.32s%s", zone, strlen(zone) > 32 ? "\u2026" : "");
        snprintf(links[i], sizeof(links[i]), "#outage-%zu", i + 1);
        bars[i] = (struct chart_bar){
            .from_ns = outage->first_time_ns,
            .to_ns = outage->last_time_ns,
            .before = outage->first_time_ns < span.from_ns,
            .after = outage->going_on,
            .code = cause_category(outage->cause),
            .label = labels[i],
            .text = cause_text(outage->cause),
            .link = links[i],
        };
    }
    if (count > 0) {
        fputs("<figure><figcaption>Outages, those that hurt most people first</figcaption>\n",
              html->output);
        chart_timeline_print(html->output, &head, &span, bars, count);
        fputs("</figure>\n", html->output);
    }
}

int html_chart(const struct html *html, struct error *error)
{
    struct plot *plot = calloc(1, sizeof(*plot));

    if (plot == NULL)
        return error_set(error, "out of memory");
    plot->html = html;
    choose_categories(plot);
    fill_columns(plot);
    fputs("<section id=\"when\" aria-label=\"Whose fault, and when\">\n<figure>"
          "<figcaption>SERVFAIL among the answers, by who failed</figcaption>\n",
          html->output);
    print_shares(plot);
    print_columns(plot);
    print_columns_table(plot);
    fputs("</figure>\n", html->output);
    print_timeline(html);
    html_section_end(html);
    free(plot);
    return 0;
}
