/* The outages: each with what it was, what to do, and the incidents that show it. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "report/html_private.h"
#include "report/moment.h"
#include "report/page.h"

#define DAY_LONGEST_NS  (25 * INT64_C(3600000000000))
#define OUTAGES_PRINTED 10 /* as the style says for paper */

static void print_state(const struct html *html, const struct day_outage *outage)
{
    FILE *output = html->output;

    fputs("<td class=\"state\">", output);
    if (outage->going_on)
        fprintf(output, "<b class=\"badge on\">%s</b> ", day_outage_state(html->day, outage));
    else
        fputs("<span class=\"badge\">over</span> ", output);
    if (outage->history == OUTAGE_FIRST_TIME)
        fputs("<b class=\"badge new\">first time</b>", output);
    else if (outage->history == OUTAGE_CONTINUES)
        fputs("<span class=\"badge\">goes on from before</span>", output);
    else if (outage->history == OUTAGE_RETURNED)
        fprintf(output, "<span class=\"badge\">returned, %" PRIu64 " before</span>",
                outage->earlier_count);
    fputs("</td>", output);
}

static void print_head(const struct html *html, const struct day_outage *outage, size_t number)
{
    FILE *output = html->output;
    char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE], duration[MOMENT_TEXT_SIZE];
    int64_t lasted_ns = outage->last_time_ns - outage->first_time_ns;
    const struct day_span *span = &html->day->spans[PERIOD_NOW];
    /* Without a date where there can be only one. */
    bool of_the_day =
        outage->first_time_ns >= span->from_ns && span->to_ns - span->from_ns <= DAY_LONGEST_NS;

    fprintf(output, "<tr class=\"head\"><td class=\"n\">%zu</td><th scope=\"row\">", number);
    if (outage->zone != NULL) {
        fputs("<span class=\"zone\">", output);
        html_text(output, "%s", html_zone_to_text(outage->zone));
        fputs("</span> ", output);
    }
    html_cause(html, outage->cause);
    fprintf(output, "</th><td class=\"n\" data-l=\"clients\">%s</td>",
            count_to_text(outage->clients, a));
    fprintf(output, "<td class=\"n\" data-l=\"SERVFAILs\">%s%s</td>",
            day_certainty_mark(outage->certainty), count_to_text(outage->incidents, b));
    fprintf(output, "<td class=\"n\" data-l=\"began\" data-v=\"%" PRId64 "\">",
            outage->first_time_ns / 1000000);
    html_time(output, outage->first_time_ns, of_the_day ? HTML_TIME_CLOCK : HTML_TIME_MINUTE);
    fprintf(output, "</td><td class=\"n\" data-l=\"lasted\" data-v=\"%" PRId64 "\">%s</td>",
            lasted_ns / 1000, duration_to_text(lasted_ns, duration));
    print_state(html, outage);
    fputs("</tr>\n", output);
}

static void print_advice(const struct html *html, const struct day_outage *outage)
{
    if (outage->advice_count == 0)
        return;
    fputs("<h3>What to do</h3>\n", html->output);
    for (size_t i = 0; i < outage->advice_count; i++) {
        if (islower((unsigned char)outage->advice[i][0])) {
            html_command(html, outage->advice[i]);
            continue;
        }
        fputs("<p>", html->output);
        html_text(html->output, "%s", outage->advice[i]);
        fputs("</p>\n", html->output);
    }
}

/* Who saw it, with counts, and what that says about whose fault it is. */
static void print_sensors(const struct html *html, const struct day_outage *outage)
{
    FILE *output = html->output;
    const char *joint = "";

    if (html->day->sensor_count == 1)
        return;
    fputs("<div><dt>Sensors</dt><dd>", output);
    for (size_t i = 0; i < html->day->sensor_count; i++) {
        char number[COUNT_TEXT_SIZE];

        if (outage->sensors[i] == 0)
            continue;
        html_text(output, "%s%s (%s)", joint, html->day->sensors[i].name,
                  count_to_text(outage->sensors[i], number));
        joint = ", ";
    }
    fputs("</dd></div>", output);
    if (outage->comparison != NULL) {
        fputs("<div><dt>Elsewhere</dt><dd>", output);
        html_text(output, "%s", outage->comparison);
        fputs("</dd></div>", output);
    }
}

static void print_facts(const struct html *html, const struct day_outage *outage)
{
    FILE *output = html->output;

    fputs("<dl class=\"facts\"><div><dt>Seen</dt><dd>", output);
    html_time(output, outage->first_time_ns, HTML_TIME_FULL);
    fputs(" to ", output);
    html_time(output, outage->last_time_ns, HTML_TIME_FULL);
    fputs(", resolver ", output);
    html_text(output, "%s", outage->resolver);
    fputs("</dd></div>", output);
    print_sensors(html, outage);
    if (outage->earlier_count > 0 && outage->earlier_time_ns != DAY_NOT_KNOWN) {
        fprintf(output, "<div><dt>Before</dt><dd>%" PRIu64 " like it, the last ended ",
                outage->earlier_count);
        html_time(output, outage->earlier_time_ns, HTML_TIME_MINUTE);
        fputs("</dd></div>", output);
    }
    if (outage->server_count > 0)
        fputs("<div><dt>At fault</dt><dd>", output);
    for (size_t i = 0; i < outage->server_count; i++) {
        fputs(i > 0 ? ", " : "", output);
        html_server(html, outage->servers[i].address, outage->servers[i].name);
    }
    fputs(outage->server_count > 0 ? "</dd></div></dl>\n" : "</dl>\n", output);
}

/* The story, or where it takes too much room the command that tells it. */
static void print_story(const struct html *html, const struct day_outage *outage,
                        const struct day_story *story)
{
    char *text = NULL, command[DAY_COMMAND_SIZE];
    size_t size = 0;
    struct html aside = *html;

    aside.output = open_memstream(&text, &size);
    if (aside.output != NULL) {
        html_story(&aside, outage, story);
        if (fclose(aside.output) == EOF)
            size = SIZE_MAX;
    }
    if (aside.output != NULL && size <= *html->story_bytes_left) {
        fwrite(text, 1, size, html->output);
        *html->story_bytes_left -= size;
    } else {
        html_command(
            html, day_show_command(html->day, outage->sensor, story->incident.identity, command));
    }
    free(text);
}

/* All of them, of each sensor that saw it. */
static void print_more(const struct html *html, const struct day_outage *outage)
{
    uint64_t more = outage->incidents - outage->story_count;
    char command[DAY_COMMAND_SIZE], count[COUNT_TEXT_SIZE];

    if (more == 0)
        return;
    fprintf(html->output,
            "<div class=\"more\">and %s%s more incidents: ", day_certainty_mark(outage->certainty),
            count_to_text(more, count));
    for (size_t i = 0; i < outage->part_count && i < DAY_COLUMNS_MAX; i++)
        html_command(html, day_outage_command(html->day, &outage->parts[i], command));
    fputs("</div>\n", html->output);
}

static void print_incidents(const struct html *html, const struct day_outage *outage)
{
    if (outage->story_count > 0)
        fputs("<h3>What the packets show</h3>\n", html->output);
    for (size_t i = 0; i < outage->story_count; i++)
        print_story(html, outage, &outage->stories[i]);
    print_more(html, outage);
    if (outage->kept < outage->incidents)
        fprintf(html->output,
                "<p class=\"note\">%" PRIu64 " of them were kept with their evidence.</p>\n",
                outage->kept);
}

static void print_outage(const struct html *html, const struct day_outage *outage, size_t number)
{
    FILE *output = html->output;

    fprintf(output, "<tbody id=\"outage-%zu\" class=\"outage\" data-category=\"%s\">\n", number,
            cause_category(outage->cause));
    print_head(html, outage, number);
    fputs("<tr class=\"body\"><td class=\"n\"></td><td colspan=\"6\"><details><summary>", output);
    html_text(output, "%s", outage->explanation);
    if (outage->confidence != CONFIDENCE_CERTAIN)
        fprintf(output, " <em>(%s)</em>", confidence_code(outage->confidence));
    fputs("</summary>\n<div class=\"inside\">\n", output);
    print_facts(html, outage);
    print_advice(html, outage);
    print_incidents(html, outage);
    fputs("</div></details></td></tr>\n</tbody>\n", output);
}

void html_outages(const struct html *html)
{
    const struct day *day = html->day;
    FILE *output = html->output;

    html_section_begin(html, "outages", "Outages",
                       day->outage_count == 0
                           ? "There was none."
                           : "Those that hurt most people first. Open one for what to do and what "
                             "the packets show.");
    if (day->outage_count > 0) {
        fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Outages\" tabindex=\"0\"><table "
              "id=\"outages-table\" class=\"cards\">"
              "<caption class=\"unseen\">Outages</caption>\n<thead><tr>"
              "<th scope=\"col\" class=\"n\">No.</th><th scope=\"col\">Zone and cause</th>"
              "<th scope=\"col\" class=\"n\">Clients</th><th scope=\"col\" class=\"n\">SERVFAILs"
              "</th><th scope=\"col\" class=\"n\">Began</th><th scope=\"col\" class=\"n\">Lasted"
              "</th><th scope=\"col\">State</th></tr></thead>\n",
              output);
        for (size_t i = 0; i < day->outage_count; i++)
            print_outage(html, &day->outages[i], i + 1);
        fputs("</table></div>\n", output);
        if (day->outage_count > OUTAGES_PRINTED)
            fprintf(output, "<p class=\"cut note\">Printed are the first %d of %zu.</p>\n",
                    OUTAGES_PRINTED, day->outage_count);
        html_more(html, day->outage_total - day->outage_count, "outages", NULL, NULL);
    }
    html_section_end(html);
}
