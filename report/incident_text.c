#include "report/incident_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "decode/codes.h"
#include "report/moment.h"
#include "report/safe.h"

#define QUESTION_TEXT_SIZE (NAME_TEXT_SIZE + CODE_TEXT_SIZE + 2)
#define SERVER_TEXT_SIZE   (ADDRESS_TEXT_SIZE + NAME_TEXT_SIZE + 4)

static const char *question_to_text(const struct name *qname, uint16_t qtype,
                                    char text[QUESTION_TEXT_SIZE])
{
    char name[NAME_TEXT_SIZE], type[CODE_TEXT_SIZE];

    if (qname->size_bytes == 0)
        return strcpy(text, "(a question that is not shown)");
    snprintf(text, QUESTION_TEXT_SIZE, "%s %s", name_to_text(qname->bytes, qname->size_bytes, name),
             type_to_text(qtype, type));
    return text;
}

/* "192.0.2.53 (ns1.example.com.)". */
static const char *server_to_text(const struct page *page, const struct address *address,
                                  const struct name *name, char text[SERVER_TEXT_SIZE])
{
    char address_text[ADDRESS_TEXT_SIZE], name_text[NAME_TEXT_SIZE];

    address_to_text(address, address_text);
    if (page->numeric || name->size_bytes == 0)
        snprintf(text, SERVER_TEXT_SIZE, "%s", address_text);
    else
        snprintf(text, SERVER_TEXT_SIZE, "%s (%s)", address_text,
                 name_to_text(name->bytes, name->size_bytes, name_text));
    return text;
}

static void print_parties(const struct page *page, const struct incident *incident)
{
    char client[ADDRESS_TEXT_SIZE], resolver[ADDRESS_TEXT_SIZE], question[QUESTION_TEXT_SIZE];

    page_print(page, STYLE_PLAIN, "%s -> %s  ", address_to_text(&incident->client, client),
               address_to_text(&incident->resolver, resolver));
    page_print(page, STYLE_HEADING, "%s",
               question_to_text(&incident->qname, incident->qtype, question));
}

static void print_blame(const struct page *page, const struct incident *incident)
{
    char zone[NAME_TEXT_SIZE];

    page_print(page, STYLE_FAULT, "%s", cause_code(incident->cause));
    if (incident->zone.size_bytes > 0)
        page_print(page, STYLE_PLAIN, "  %s",
                   name_to_text(incident->zone.bytes, incident->zone.size_bytes, zone));
}

void incident_text_line(const struct page *page, const struct incident *incident)
{
    char time[MOMENT_TEXT_SIZE];

    page_print(page, STYLE_PLAIN, "%s  %016" PRIx64 "  ", moment_to_text(incident->time_ns, time),
               incident->identity);
    print_parties(page, incident);
    page_print(page, STYLE_PLAIN, "  ");
    print_blame(page, incident);
    page_print(page, STYLE_PLAIN, "\n");
}

static void print_advice(const struct page *page, const struct incident *incident,
                         const char *indent)
{
    char first[32], safe[SAFE_TEXT_SIZE(ADVICE_SIZE)];

    for (unsigned i = 0; i < incident->advice_count; i++) {
        snprintf(first, sizeof(first), "%s* ", indent);
        page_advice(page, first, safe_prose(incident->advice[i], safe, sizeof(safe)));
    }
}

static void print_verdict(const struct page *page, const struct incident *incident,
                          const char *indent)
{
    char safe[SAFE_TEXT_SIZE(EXPLANATION_SIZE)];

    page_paragraph(page, indent, safe_prose(incident->explanation, safe, sizeof(safe)));
    print_advice(page, incident, indent);
}

void incident_text_brief(const struct page *page, const struct incident *incident)
{
    char time[MOMENT_TEXT_SIZE], elapsed[MOMENT_TEXT_SIZE];

    page_print(page, STYLE_PLAIN, "%s  ", moment_to_text(incident->time_ns, time));
    print_parties(page, incident);
    page_print(page, STYLE_PLAIN, "\n    ");
    print_blame(page, incident);
    page_print(page, STYLE_DIM, "  (%s", confidence_code(incident->confidence));
    if (incident->elapsed_ns >= 0)
        page_print(page, STYLE_DIM, ", after %s", duration_to_text(incident->elapsed_ns, elapsed));
    page_print(page, STYLE_DIM, ", incident %016" PRIx64 ")", incident->identity);
    page_print(page, STYLE_PLAIN, "\n");
    print_verdict(page, incident, "    ");
    page_print(page, STYLE_PLAIN, "\n");
}

/* A line of the story: what is too long goes on below, behind the indent. */
struct line {
    const struct page *page;
    unsigned indent, column;
};

static void line_add(struct line *line, enum page_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line_add(struct line *line, enum page_style style, const char *format, ...)
{
    char text[SERVER_TEXT_SIZE + QUESTION_TEXT_SIZE + SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    line->column = page_flow(line->page, line->indent, line->column, style, text);
}

static void line_end(const struct line *line)
{
    putc('\n', line->page->output);
}

#define KEY_COLUMNS 11

/* What stands at the right of the story's head. */
static struct line line_of_key(const struct page *page, const char *key)
{
    page_print(page, STYLE_DIM, "%-*s", KEY_COLUMNS, key);
    return (struct line){page, KEY_COLUMNS, KEY_COLUMNS};
}

static void print_servers(const struct page *page, const struct blamed_server *servers,
                          unsigned count, const char *key)
{
    char server[SERVER_TEXT_SIZE];

    for (unsigned i = 0; i < count; i++) {
        struct line line = line_of_key(page, i == 0 ? key : "");

        line_add(&line, STYLE_PLAIN, "%s %s",
                 server_to_text(page, &servers[i].address, &servers[i].name, server),
                 outcome_text(servers[i].outcome));
        line_end(&line);
    }
}

static void print_contributing(const struct page *page, const struct incident *incident)
{
    char zone[NAME_TEXT_SIZE];

    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *one = &incident->contributing[i];
        struct line line = line_of_key(page, i == 0 ? "Also" : "");

        line_add(&line, STYLE_PLAIN, "%s", cause_code(one->cause));
        if (one->zone.size_bytes > 0)
            page_print(page, STYLE_PLAIN, "  %s",
                       name_to_text(one->zone.bytes, one->zone.size_bytes, zone));
        line_end(&line);
        print_servers(page, one->servers, one->server_count, "");
    }
}

static void print_ede(const struct page *page, const struct incident *incident)
{
    char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];

    for (unsigned i = 0; i < incident->ede_count; i++) {
        const char *meaning = ede_to_text(incident->ede[i].code);
        struct line line = line_of_key(page, i == 0 ? "It says" : "");

        line_add(&line, STYLE_PLAIN, "EDE %u", incident->ede[i].code);
        if (meaning != NULL)
            line_add(&line, STYLE_PLAIN, " (%s)", meaning);
        if (incident->ede[i].text_size > 0)
            line_add(&line, STYLE_PLAIN, ": \"%s\"", safe_ede(&incident->ede[i], text));
        line_end(&line);
    }
}

static void print_head(const struct page *page, const struct incident *incident,
                       const struct incident_context *context)
{
    char text[QUESTION_TEXT_SIZE], class[CODE_TEXT_SIZE], zone[NAME_TEXT_SIZE];
    char time[MOMENT_TEXT_SIZE], timezone[MOMENT_TEXT_SIZE], safe[256];

    struct line line = line_of_key(page, "Incident");

    line_add(&line, STYLE_PLAIN, "%016" PRIx64 ", seen by %s", incident->identity,
             safe_text(context->sensor, strlen(context->sensor), safe, sizeof(safe)));
    line_end(&line);
    line = line_of_key(page, "Time");
    line_add(&line, STYLE_PLAIN, "%s %s", moment_to_text(incident->time_ns, time),
             moment_zone(incident->time_ns, timezone));
    line_end(&line);
    line = line_of_key(page, "Question");
    line_add(&line, STYLE_HEADING, "%s", question_to_text(&incident->qname, incident->qtype, text));
    line_add(&line, STYLE_PLAIN, " (%s), message ID %u over %s%s%s%s",
             class_to_text(incident->qclass, class), incident->id,
             incident->transport == TRANSPORT_TCP ? "TCP" : "UDP", incident->rd ? ", rd" : "",
             incident->cd ? ", cd" : "", incident->dnssec_ok ? ", do" : "");
    line_end(&line);
    line = line_of_key(page, "Cause");
    line_add(&line, STYLE_FAULT, "%s", cause_code(incident->cause));
    line_add(&line, STYLE_PLAIN, " (%s): %s", confidence_code(incident->confidence),
             cause_text(incident->cause));
    line_end(&line);
    if (incident->zone.size_bytes > 0) {
        line = line_of_key(page, "Zone");
        line_add(&line, STYLE_PLAIN, "%s",
                 name_to_text(incident->zone.bytes, incident->zone.size_bytes, zone));
        line_end(&line);
    }
    print_servers(page, incident->servers, incident->server_count, "At fault");
    print_contributing(page, incident);
    print_ede(page, incident);
    if (incident->origin != 0) {
        line = line_of_key(page, "Behind it");
        line_add(&line, STYLE_PLAIN, "incident %016" PRIx64 "%s", incident->origin,
                 context->origin_not_kept ? " (counted, but not kept)" : "");
        line_end(&line);
    }
}

/* " [packet 7]", " [packets 7, 8]", " [b.pcap: packet 7]" where it is not the incident's own file.
 */
static void add_packets(struct line *line, const struct incident *incident,
                        const struct incident_context *context, const struct evidence *evidence)
{
    const char *file = context_source_name(context, evidence->source);
    char safe[SAFE_TEXT_SIZE(256)];

    if (evidence->frame == 0)
        return;
    line_add(line, STYLE_DIM, " [");
    if (evidence->source != incident->source && file != NULL)
        line_add(line, STYLE_DIM, "%s: ", safe_text(file, strnlen(file, 256), safe, sizeof(safe)));
    if (evidence->response_frame != 0 && evidence->response_frame != evidence->frame)
        line_add(line, STYLE_DIM, "packets %" PRIu64 ", %" PRIu64 "]", evidence->frame,
                 evidence->response_frame);
    else
        line_add(line, STYLE_DIM, "packet %" PRIu64 "]", evidence->frame);
}

#define OFFSET_COLUMNS 14

static struct line line_of_offset(const struct page *page, int64_t offset_ns)
{
    page_print(page, STYLE_PLAIN, "%+12.3f  ", (double)offset_ns / 1e6);
    return (struct line){page, OFFSET_COLUMNS, OFFSET_COLUMNS};
}

static struct line line_below(const struct page *page)
{
    page_print(page, STYLE_PLAIN, "%*s", OFFSET_COLUMNS, "");
    return (struct line){page, OFFSET_COLUMNS, OFFSET_COLUMNS};
}

static void print_hop(const struct page *page, const struct incident *incident,
                      const struct incident_context *context, const struct evidence *evidence,
                      int64_t zero_ns)
{
    char server[SERVER_TEXT_SIZE], question[QUESTION_TEXT_SIZE], rtt[MOMENT_TEXT_SIZE];
    struct line line = line_of_offset(page, evidence->time_ns - zero_ns);

    server_to_text(page, &evidence->server, &evidence->server_name, server);
    if (evidence->qname.size_bytes > 0)
        line_add(&line, STYLE_PLAIN, "%s is asked %s%s", server,
                 question_to_text(&evidence->qname, evidence->qtype, question),
                 evidence->transport == TRANSPORT_TCP ? " over TCP" : "");
    else
        line_add(&line, STYLE_PLAIN, "%s", server);
    line_add(&line, STYLE_DIM, " - %s", dependency_text(evidence->why));
    line_end(&line);
    line = line_below(page);
    line_add(&line, STYLE_PLAIN, "and %s", outcome_text(evidence->outcome));
    if (evidence->response_time_ns > evidence->time_ns)
        line_add(&line, STYLE_PLAIN, " after %s",
                 duration_to_text(evidence->response_time_ns - evidence->time_ns, rtt));
    add_packets(&line, incident, context, evidence);
    line_end(&line);
}

/* The client's side of the story. */
static void print_question(const struct page *page, const struct incident *incident)
{
    char client[ADDRESS_TEXT_SIZE], resolver[ADDRESS_TEXT_SIZE];
    struct line line = line_of_offset(page, 0);

    line_add(&line, STYLE_PLAIN, "%s asks %s", address_to_text(&incident->client, client),
             address_to_text(&incident->resolver, resolver));
    if (incident->query_frame != 0)
        line_add(&line, STYLE_DIM, " [packet %" PRIu64 "]", incident->query_frame);
    line_end(&line);
}

static void print_answer(const struct page *page, const struct incident *incident, int64_t zero_ns)
{
    char client[ADDRESS_TEXT_SIZE], resolver[ADDRESS_TEXT_SIZE];
    struct line line = line_of_offset(page, incident->time_ns - zero_ns);

    line_add(&line, STYLE_PLAIN, "%s answers SERVFAIL to %s port %u",
             address_to_text(&incident->resolver, resolver),
             address_to_text(&incident->client, client), incident->client_port);
    line_add(&line, STYLE_DIM, " [packet %" PRIu64 "]", incident->frame);
    line_end(&line);
}

/* In order of time: a fetch may have begun before the question, and resolvers go on asking after
 * they have answered. */
static void print_hops(const struct page *page, const struct incident *incident,
                       const struct incident_context *context, int64_t zero_ns)
{
    const struct name *zone = NULL;
    bool asked = incident->elapsed_ns < 0, answered = false;
    char text[NAME_TEXT_SIZE];

    for (unsigned i = 0; i <= incident->evidence_count; i++) {
        bool last = i == incident->evidence_count;
        const struct evidence *evidence = &incident->evidence[last ? 0 : i];

        if (!asked && (last || evidence->time_ns >= zero_ns)) {
            print_question(page, incident);
            asked = true;
        }
        if (!answered && (last || evidence->time_ns > incident->time_ns)) {
            print_answer(page, incident, zero_ns);
            answered = true;
        }
        if (last)
            break;
        if (evidence->zone.size_bytes > 0 && (zone == NULL || !name_equal(zone, &evidence->zone))) {
            struct line line = line_below(page);

            line_add(&line, STYLE_HEADING, "At the servers of %s",
                     name_to_text(evidence->zone.bytes, evidence->zone.size_bytes, text));
            line_end(&line);
        }
        zone = &evidence->zone;
        print_hop(page, incident, context, evidence, zero_ns);
    }
    if (incident->evidence_total > incident->evidence_count)
        page_print(page, STYLE_PLAIN, "%*s(and %u exchanges more, not kept)\n", OFFSET_COLUMNS, "",
                   incident->evidence_total - incident->evidence_count);
}

void incident_text_story(const struct page *page, const struct incident *incident,
                         const struct incident_context *context)
{
    bool query_seen = incident->elapsed_ns >= 0;
    int64_t zero_ns = query_seen ? incident->time_ns - incident->elapsed_ns : incident->time_ns;
    const char *file = context_source_name(context, incident->source);
    struct line line = {page, 2, 0};
    char safe[SAFE_TEXT_SIZE(EXPLANATION_SIZE)];

    print_head(page, incident, context);
    page_print(page, STYLE_PLAIN, "\n");
    page_paragraph(page, "", safe_prose(incident->explanation, safe, sizeof(safe)));
    page_print(page, STYLE_PLAIN, "\n");
    line_add(&line, STYLE_HEADING, "What happened");
    line_add(&line, STYLE_DIM, " (ms from the %s%s", query_seen ? "question" : "SERVFAIL",
             file != NULL ? "; packets of" : "");
    if (file != NULL)
        line_add(&line, STYLE_DIM, " %s", safe_text(file, strnlen(file, 256), safe, sizeof(safe)));
    line_add(&line, STYLE_DIM, ")");
    line_end(&line);
    print_hops(page, incident, context, zero_ns);
    if (incident->advice_count > 0)
        page_heading(page, "What to do");
    print_advice(page, incident, "  ");
}
