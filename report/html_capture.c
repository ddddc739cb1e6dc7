/* How far the figures can be trusted: what was captured, and what was lost. */
#include <inttypes.h>

#include "report/html_private.h"
#include "report/page.h"

static void print_fact(const struct html *html, const char *name, uint64_t count)
{
    char text[COUNT_TEXT_SIZE];

    fprintf(html->output, "<div><dt>%s</dt><dd>%s</dd></div>", name, count_to_text(count, text));
}

static void print_facts(const struct html *html)
{
    const struct day_capture *capture = &html->day->capture;

    fputs("<dl class=\"facts\">", html->output);
    if (capture->first_time_ns != DAY_NOT_KNOWN) {
        fputs("<div><dt>Captured</dt><dd>", html->output);
        html_time(html->output, capture->first_time_ns, HTML_TIME_FULL);
        fputs(" to ", html->output);
        html_time(html->output, capture->last_time_ns, HTML_TIME_FULL);
        fputs("</dd></div>", html->output);
    }
    print_fact(html, "Packets", capture->packets);
    print_fact(html, "DNS messages", capture->dns_messages);
    print_fact(html, "Packets lost", capture->lost);
    print_fact(html, "Sources", capture->source_count);
    fputs("</dl>\n", html->output);
}

static void print_losses(const struct html *html)
{
    static const struct html_column columns[] = {{"What", COLUMN_TEXT},
                                                 {"Why", COLUMN_TEXT},
                                                 {"Count", COLUMN_NUMBER},
                                                 {"Sensor", COLUMN_TEXT}};
    const struct day_capture *capture = &html->day->capture;

    if (capture->loss_count == 0)
        return;
    html_table_begin(html, "losses-table", "What is not in the figures", HTML_COLUMNS(columns));
    for (size_t i = 0; i < capture->loss_count; i++) {
        const struct day_loss *loss = &capture->losses[i];

        fputs("<tr>", html->output);
        html_cell_text(html, loss->kind);
        html_cell_text(html, loss->reason);
        html_cell_count(html, loss->count);
        html_cell_text(html, html->day->sensors[loss->sensor].name);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, capture->loss_count);
}

static void print_sources(const struct html *html)
{
    static const struct html_column columns[] = {{"File or interface", COLUMN_TEXT},
                                                 {"Sensor", COLUMN_TEXT},
                                                 {"Packets", COLUMN_NUMBER},
                                                 {"From", COLUMN_NUMBER},
                                                 {"To", COLUMN_NUMBER}};
    const struct day_capture *capture = &html->day->capture;

    if (capture->shown_source_count == 0)
        return;
    fputs("<details><summary>Captures</summary>\n", html->output);
    html_table_begin(html, "sources-table", "Captures, the latest", HTML_COLUMNS(columns));
    for (size_t i = 0; i < capture->shown_source_count; i++) {
        const struct day_source *source = &capture->sources[i];

        fputs("<tr>", html->output);
        html_cell_text(html, source->name);
        html_cell_text(html, html->day->sensors[source->sensor].name);
        html_cell_count(html, source->packets);
        html_cell_time(html, source->first_time_ns);
        html_cell_time(html, source->last_time_ns);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, capture->shown_source_count);
    if (capture->source_count > capture->shown_source_count)
        fprintf(html->output, "<p class=\"note\">and %" PRIu64 " more</p>\n",
                capture->source_count - capture->shown_source_count);
    fputs("</details>\n", html->output);
}

void html_capture(const struct html *html)
{
    const struct day *day = html->day;
    char command[DAY_COMMAND_SIZE];

    html_section_begin(html, "capture", "Capture and trust", NULL);
    if (day->trust_count > 0)
        fputs("<ul>\n", html->output);
    for (size_t i = 0; i < day->trust_count; i++) {
        fputs("<li>", html->output);
        html_text(html->output, "%s", day->trust[i]);
        fputs("</li>\n", html->output);
    }
    if (day->trust_count > 0)
        fputs("</ul>\n", html->output);
    print_facts(html);
    print_losses(html);
    print_sources(html);
    fputs("<div class=\"screen\"><p class=\"note\">All incidents behind this page:</p>\n",
          html->output);
    for (size_t i = 0; i < (day->of_fleet ? 1 : day->sensor_count); i++)
        html_command(
            html, day_list_command(day, day->of_fleet ? DAY_ANY_SENSOR : i, NULL, NULL, command));
    fputs("</div>\n", html->output);
    html_section_end(html);
}
