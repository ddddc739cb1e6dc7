/* An incident as a story: who was asked what, what came back, in which packets. */
#include <inttypes.h>
#include <string.h>

#include "decode/codes.h"
#include "report/html_private.h"
#include "report/moment.h"
#include "report/page.h"
#include "report/safe.h"

#define EXCHANGES_SHOWN 16

static void print_name(FILE *output, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0)
        fputs("(not shown)", output);
    else
        html_text(output, "%s", name_to_text(name->bytes, name->size_bytes, text));
}

static void print_question(FILE *output, const struct name *qname, uint16_t qtype)
{
    char type[CODE_TEXT_SIZE];

    print_name(output, qname);
    html_text(output, " %s", type_to_text(qtype, type));
}

static void print_packets(const struct html *html, const struct day_story *story,
                          const struct evidence *evidence)
{
    const char *file = context_source_name(&story->context, evidence->source);

    fputs("<td class=\"n\">", html->output);
    if (evidence->source != story->incident.source && file != NULL)
        html_text(html->output, "%s: ", file);
    if (evidence->frame != 0)
        fprintf(html->output, "%" PRIu64, evidence->frame);
    if (evidence->response_frame != 0 && evidence->response_frame != evidence->frame)
        fprintf(html->output, ", %" PRIu64, evidence->response_frame);
    fputs("</td>", html->output);
}

static void print_exchange(const struct html *html, const struct day_story *story,
                           const struct evidence *evidence, int64_t zero_ns)
{
    FILE *output = html->output;
    char address[ADDRESS_TEXT_SIZE], name[NAME_TEXT_SIZE], rtt[MOMENT_TEXT_SIZE];
    bool named = evidence->server_name.size_bytes > 0;

    fprintf(output, "<tr><td class=\"n\">%+.1f</td><td>",
            (double)(evidence->time_ns - zero_ns) / 1e6);
    if (named)
        name_to_text(evidence->server_name.bytes, evidence->server_name.size_bytes, name);
    html_server(html, address_to_text(&evidence->server, address), named ? name : NULL);
    fputs("</td><td>", output);
    if (evidence->qname.size_bytes > 0)
        print_question(output, &evidence->qname, evidence->qtype);
    if (evidence->transport == TRANSPORT_TCP)
        fputs(" over TCP", output);
    fprintf(output, "<small>%s</small></td><td>%s", dependency_text(evidence->why),
            outcome_text(evidence->outcome));
    if (evidence->response_time_ns > evidence->time_ns)
        fprintf(output, " after %s",
                duration_to_text(evidence->response_time_ns - evidence->time_ns, rtt));
    fputs("</td>", output);
    print_packets(html, story, evidence);
    fputs("</tr>\n", output);
}

static void print_exchanges(const struct html *html, const struct day_story *story)
{
    const struct incident *incident = &story->incident;
    bool query_seen = incident->elapsed_ns >= 0;
    int64_t zero_ns = query_seen ? incident->time_ns - incident->elapsed_ns : incident->time_ns;
    unsigned count = incident->evidence_count;

    if (count == 0)
        return;
    if (count > EXCHANGES_SHOWN)
        count = EXCHANGES_SHOWN;
    fprintf(html->output,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Exchanges\">"
            "<table class=\"story\"><thead><tr><th scope=\"col\" class=\"n\">ms from the %s</th>"
            "<th scope=\"col\">Server</th><th scope=\"col\">was asked</th>"
            "<th scope=\"col\">and</th><th scope=\"col\" class=\"n\">Packets</th></tr></thead>"
            "<tbody>\n",
            query_seen ? "question" : "SERVFAIL");
    for (unsigned i = 0; i < count; i++)
        print_exchange(html, story, &incident->evidence[i], zero_ns);
    fputs("</tbody></table></div>\n", html->output);
}

static void print_ede(const struct html *html, const struct incident *incident)
{
    for (unsigned i = 0; i < incident->ede_count; i++) {
        char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];
        const char *meaning = ede_to_text(incident->ede[i].code);

        html_text(html->output, " It says EDE %u%s%s%s.", incident->ede[i].code,
                  meaning != NULL ? " (" : "", meaning != NULL ? meaning : "",
                  meaning != NULL ? ")" : "");
        if (incident->ede[i].text_size > 0)
            html_text(html->output, " \u201c%s\u201d", safe_ede(&incident->ede[i], text));
    }
}

static void print_end(const struct html *html, const struct day_story *story)
{
    const struct incident *incident = &story->incident;
    const char *file = context_source_name(&story->context, incident->source);
    char duration[MOMENT_TEXT_SIZE];
    FILE *output = html->output;

    fputs("<p>The client got its SERVFAIL", output);
    if (incident->elapsed_ns >= 0)
        fprintf(output, " after %s", duration_to_text(incident->elapsed_ns, duration));
    fprintf(output, " (packet %" PRIu64, incident->frame);
    if (file != NULL)
        html_text(output, " of %s", file);
    fputs(").", output);
    print_ede(html, incident);
    fputs("</p>\n", output);
}

void html_story(const struct html *html, const struct day_outage *outage,
                const struct day_story *story)
{
    const struct incident *incident = &story->incident;
    unsigned shown =
        incident->evidence_count < EXCHANGES_SHOWN ? incident->evidence_count : EXCHANGES_SHOWN;
    char client[ADDRESS_TEXT_SIZE], resolver[ADDRESS_TEXT_SIZE], command[DAY_COMMAND_SIZE];
    FILE *output = html->output;

    fputs("<details class=\"incident\"><summary>", output);
    html_time(output, incident->time_ns, HTML_TIME_FULL);
    html_text(output, " %s asked %s for ", address_to_text(&incident->client, client),
              address_to_text(&incident->resolver, resolver));
    fputs("<b>", output);
    print_question(output, &incident->qname, incident->qtype);
    fputs("</b></summary>\n", output);
    if (outage->explanation == NULL || strcmp(outage->explanation, incident->explanation) != 0) {
        fputs("<p>", output);
        html_text(output, "%s", incident->explanation);
        fputs("</p>\n", output);
    }
    print_exchanges(html, story);
    if (incident->evidence_total > shown)
        fprintf(output, "<p class=\"note\">%u of %u exchanges are shown.</p>\n", shown,
                incident->evidence_total);
    print_end(html, story);
    html_command(html, day_show_command(html->day, outage->sensor, incident->identity, command));
    fputs("</details>\n", output);
}
