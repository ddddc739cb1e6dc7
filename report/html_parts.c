/* Tables, cells, and what else the sections of the HTML report are put together from. */
#include <inttypes.h>
#include <string.h>

#include "report/chart.h"
#include "report/html_private.h"
#include "report/moment.h"
#include "report/page.h"

#define PRINTED_ROWS 6 /* as the style says for paper */

void html_section_begin(const struct html *html, const char *id, const char *title,
                        const char *note)
{
    fprintf(html->output, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", id, id);
    fprintf(html->output, "<h2 id=\"%s-title\">", id);
    html_text(html->output, "%s", title);
    fputs("</h2>\n", html->output);
    if (note != NULL) {
        fputs("<p class=\"note\">", html->output);
        html_text(html->output, "%s", note);
        fputs("</p>\n", html->output);
    }
}

void html_section_end(const struct html *html)
{
    fputs("</section>\n", html->output);
}

static void print_heading(const struct html *html, const struct html_column *column)
{
    static const char *const classes[] = {[COLUMN_TEXT] = "",
                                          [COLUMN_NUMBER] = " class=\"n\"",
                                          [COLUMN_CHART] = " class=\"g\"",
                                          [COLUMN_LATENCY] = " class=\"g\""};

    fprintf(html->output, "<th scope=\"col\"%s>", classes[column->kind]);
    html_text(html->output, "%s", column->text);
    if (column->kind == COLUMN_LATENCY)
        chart_latency_axis_print(html->output);
    fputs("</th>", html->output);
}

static void table_begin(const struct html *html, const char *id, const char *caption,
                        const struct html_column *columns, size_t count, bool sensors)
{
    fprintf(html->output,
            "<div class=\"scroll\" role=\"region\" aria-labelledby=\"%s-caption\" tabindex=\"0\">"
            "<table id=\"%s\"><caption id=\"%s-caption\">",
            id, id, id);
    html_text(html->output, "%s", caption);
    fputs("</caption>\n<thead><tr>", html->output);
    for (size_t i = 0; i < count; i++)
        print_heading(html, &columns[i]);
    for (size_t i = 0; sensors && i < html->day->sensor_count; i++)
        print_heading(html, &(struct html_column){html->day->sensors[i].name, COLUMN_NUMBER});
    fputs("</tr></thead>\n<tbody>\n", html->output);
}

static bool has_sensor_columns(const struct day *day)
{
    return day->sensor_count > 1 && day->sensor_count <= DAY_COLUMNS_MAX;
}

void html_table_begin(const struct html *html, const char *id, const char *caption,
                      const struct html_column *columns, size_t count)
{
    table_begin(html, id, caption, columns, count, false);
}

void html_table_begin_sensors(const struct html *html, const char *id, const char *caption,
                              const struct html_column *columns, size_t count)
{
    table_begin(html, id, caption, columns, count, has_sensor_columns(html->day));
}

void html_table_end(const struct html *html, size_t rows)
{
    fputs("</tbody></table></div>\n", html->output);
    if (rows > PRINTED_ROWS)
        fprintf(html->output, "<p class=\"cut note\">Printed are the first %d of %zu.</p>\n",
                PRINTED_ROWS, rows);
}

void html_cell_none(const struct html *html, const char *text)
{
    fprintf(html->output, "<td class=\"n none\" data-v=\"-1\">%s</td>", text);
}

void html_cell_text(const struct html *html, const char *text)
{
    if (text == NULL) {
        fputs("<td class=\"none\">&ndash;</td>", html->output);
        return;
    }
    fputs("<td>", html->output);
    html_text(html->output, "%s", text);
    fputs("</td>", html->output);
}

void html_cell_count(const struct html *html, uint64_t count)
{
    char text[COUNT_TEXT_SIZE];

    fprintf(html->output, "<td class=\"n\">%s</td>", count_to_text(count, text));
}

void html_cell_certain(const struct html *html, uint64_t count, enum day_certainty certainty)
{
    char text[COUNT_TEXT_SIZE];

    if (certainty == DAY_COUNTED)
        html_cell_count(html, count);
    else
        fprintf(html->output, "<td class=\"n\" data-v=\"%" PRIu64 "\">%s%s</td>", count,
                day_certainty_mark(certainty), count_to_text(count, text));
}

const char *html_share_to_text(double share, char text[HTML_SHARE_SIZE])
{
    double percent = 100 * share;
    /* At least two digits that say something, and never 100 % of what is not all. */
    int decimals = percent == 0 || share == 1          ? 0
                   : percent >= 99.95 || percent < 0.1 ? 3
                   : percent >= 10                     ? 1
                                                       : 2;

    snprintf(text, HTML_SHARE_SIZE, "%.*f %%", decimals, percent);
    return text;
}

void html_cell_share(const struct html *html, double share)
{
    char text[HTML_SHARE_SIZE];

    if (share < 0)
        html_cell_none(html, "&ndash;");
    else
        fprintf(html->output, "<td class=\"n\" data-v=\"%.6g\">%s</td>", share,
                html_share_to_text(share, text));
}

void html_cell_duration(const struct html *html, int64_t duration_ns)
{
    char text[MOMENT_TEXT_SIZE];

    if (duration_ns < 0)
        html_cell_none(html, "&ndash;");
    else
        fprintf(html->output, "<td class=\"n\" data-v=\"%" PRId64 "\">%s</td>", duration_ns / 1000,
                duration_to_text(duration_ns, text));
}

void html_cell_time(const struct html *html, int64_t time_ns)
{
    if (time_ns == DAY_NOT_KNOWN) {
        html_cell_none(html, "&ndash;");
        return;
    }
    fprintf(html->output, "<td class=\"n\" data-v=\"%" PRId64 "\">", time_ns / 1000000);
    html_time(html->output, time_ns, HTML_TIME_MINUTE);
    fputs("</td>", html->output);
}

void html_cells_sensors(const struct html *html, const uint64_t *sensors)
{
    for (size_t i = 0; has_sensor_columns(html->day) && i < html->day->sensor_count; i++)
        html_cell_count(html, sensors[i]);
}

const char *html_period_to_text(const struct day *day, enum day_period period, char text[64])
{
    unsigned days = day->spans[period].shift_days;

    if (period == PERIOD_NOW)
        snprintf(text, 64, "now");
    else if (days == 1)
        snprintf(text, 64, "the day before");
    else if (days == 7)
        snprintf(text, 64, "a week before");
    else if (days % 7 == 0)
        snprintf(text, 64, "%u weeks before", days / 7);
    else
        snprintf(text, 64, "the %u days before", days);
    return text;
}

const char *html_zone_to_text(const char *zone)
{
    return zone != NULL && strcmp(zone, ".") == 0 ? ". (the root)" : zone;
}

void html_server(const struct html *html, const char *address, const char *name)
{
    if (name != NULL) {
        fputs("<b>", html->output);
        html_text(html->output, "%s", name);
        fputs("</b> ", html->output);
    }
    fputs("<span class=\"address\">", html->output);
    html_text(html->output, "%s", address);
    fputs("</span>", html->output);
}

void html_cause(const struct html *html, enum cause cause)
{
    fprintf(html->output, "<span class=\"cause\"><i class=\"c-%s\"></i>%s <code>%s</code></span>",
            cause_category(cause), cause_text(cause), cause_code(cause));
}

void html_command(const struct html *html, const char *command)
{
    fputs("<div class=\"command\"><code>", html->output);
    html_text(html->output, "%s", command);
    fputs("</code></div>\n", html->output);
}

void html_more(const struct html *html, uint64_t more, const char *what, const char *option,
               const char *value)
{
    char command[DAY_COMMAND_SIZE], count[COUNT_TEXT_SIZE];

    if (more == 0)
        return;
    fprintf(html->output, "<div class=\"more\">and %s more %s: ", count_to_text(more, count), what);
    html_command(html, day_list_command(html->day, DAY_ANY_SENSOR, option, value, command));
    fputs("</div>\n", html->output);
}
