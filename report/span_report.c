#include "report/span_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/codes.h"
#include "report/cause_counts.h"
#include "report/incident_text.h"
#include "report/moment.h"
#include "report/rows.h"
#include "report/safe.h"

/* An outage that had an incident so shortly before the capture's end is taken to be going on. */
#define STILL_GOING_ON_NS (INT64_C(600) * 1000000000)
#define OUTAGES_SHOWN     20
#define TOP_SHOWN         "10"

/* The incidents of the span, a cached failure under its origin's cause, zone and outage. */
#define COUNTED                                                                                    \
    "WITH counted AS (SELECT i.id, i.identity, i.time_ns, i.client, i.resolver, i.qname, "         \
    "i.qtype, "                                                                                    \
    "coalesce(o.cause, i.cause) AS cause, iif(o.identity IS NULL, i.zone, o.zone) AS zone, "       \
    "coalesce(o.outage, i.outage) AS outage, coalesce(o.identity, i.identity) AS judged, "         \
    "coalesce(o.id, i.id) AS judged_id, "                                                          \
    "i.cause = 'cached.failure' AS cached "                                                        \
    "FROM incidents i LEFT JOIN incidents o ON i.cause = 'cached.failure' "                        \
    "AND o.identity = i.origin WHERE i.time_ns >= :from AND i.time_ns < :to) "

/* X(enum, SQL). Where max() stands alone, SQLite takes the other columns from the row that has it.
 */
#define QUESTIONS(X)                                                                               \
    X(COVERAGE, "SELECT group_concat(DISTINCT sensor), count(*), min(first_time_ns), "             \
                "max(last_time_ns), sum(packets), "                                                \
                "sum(dns_messages) FROM sources JOIN runs ON runs.id = run "                       \
                "WHERE last_time_ns >= :from "                                                     \
                "AND first_time_ns < :to")                                                         \
    X(TOTALS, COUNTED "SELECT count(*), count(DISTINCT client), sum(cached) FROM counted")         \
    X(RESOLVERS, COUNTED                                                                           \
      ", asked AS (SELECT server, sum(queries) AS queries, sum(responses) AS responses, "          \
      "sum(unanswered) AS unanswered FROM minutes WHERE is_resolver "                              \
      "AND minute_ns >= :from_minute AND minute_ns < :to GROUP BY server), "                       \
      "failed AS (SELECT resolver, count(*) AS servfails, count(DISTINCT client) AS clients "      \
      "FROM counted GROUP BY resolver) "                                                           \
      "SELECT coalesce(server, resolver), queries, responses, unanswered, "                        \
      "coalesce(servfails, 0), coalesce(clients, 0) "                                              \
      "FROM asked FULL JOIN failed ON server = resolver ORDER BY 5 DESC, 1")                       \
    X(CAUSES, COUNTED "SELECT cause, count(*) FROM counted GROUP BY cause")                        \
    X(OUTAGES,                                                                                     \
      COUNTED "SELECT outage, count(*), count(DISTINCT client) AS clients, max(time_ns), "         \
              "judged, (SELECT first_time_ns FROM outages WHERE identity = outage) "               \
              "FROM counted GROUP BY coalesce(outage, identity) "                                  \
              "ORDER BY clients DESC, 2 DESC, 4, outage")                                          \
    X(OUTAGE_COUNT, COUNTED "SELECT count(DISTINCT coalesce(outage, identity)) FROM counted")      \
    X(TOP_ZONES,                                                                                   \
      COUNTED "SELECT zone, count(*) FROM counted "                                                \
              "WHERE zone IS NOT NULL GROUP BY zone ORDER BY 2 DESC, 1 LIMIT " TOP_SHOWN)          \
    X(TOP_SERVERS, COUNTED "SELECT address || coalesce(' ' || max(name), ''), "                    \
                           "count(DISTINCT id) "                                                   \
                           "FROM counted JOIN incident_servers ON incident = judged_id "           \
                           "AND part = 0 GROUP BY address ORDER BY 2 DESC, 1 LIMIT " TOP_SHOWN)    \
    X(TOP_NAMES, COUNTED "SELECT qname, count(*) FROM counted "                                    \
                         "WHERE qname IS NOT NULL GROUP BY qname ORDER BY 2 DESC, 1 "              \
                         "LIMIT " TOP_SHOWN)                                                       \
    X(LOSSES, "SELECT kind || ' ' || reason, sum(count) FROM source_losses JOIN sources "          \
              "ON id = source WHERE last_time_ns >= :from AND first_time_ns < :to "                \
              "GROUP BY kind, reason ORDER BY kind, 2 DESC, reason")

enum question {
#define X(id, sql) ASK_##id,
    QUESTIONS(X)
#undef X
        QUESTION_COUNT
};

static const char *const question_texts[QUESTION_COUNT] = {
#define X(id, sql) [ASK_##id] = sql,
    QUESTIONS(X)
#undef X
};

struct span_report {
    struct database *database;
    const struct page *page;
    struct report_span span;
    struct error *error;
    uint64_t incidents;
    int64_t seen_until_ns; /* how far the captures reach within the span */
};

static struct rows ask(const struct span_report *report, enum question question)
{
    struct rows rows = rows_query(report->database, question_texts[question]);
    int64_t from_ns = report->span.from_ns;

    rows_set_integer(&rows, ":from", from_ns);
    /* The minute in which the span begins counts whole. */
    rows_set_integer(&rows, ":from_minute",
                     from_ns < 0 ? from_ns : from_ns - from_ns % 60000000000);
    rows_set_integer(&rows, ":to", report->span.to_ns);
    return rows;
}

static void print_bounds(struct span_report *report, int64_t first_ns, int64_t last_ns)
{
    int64_t from_ns = report->span.from_ns == INT64_MIN ? first_ns : report->span.from_ns;
    int64_t to_ns = report->span.to_ns == INT64_MAX ? last_ns : report->span.to_ns;
    char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE];

    page_print(report->page, STYLE_HEADING, "SERVFAILs from %s to %s",
               moment_to_second(from_ns, from), moment_to_second(to_ns, to));
    putc('\n', report->page->output);
}

static int print_coverage(struct span_report *report)
{
    struct rows rows = ask(report, ASK_COVERAGE);
    int status = rows_next(&rows, report->error);

    if (status == 1) {
        const char *sensors = rows_text(&rows); /* lives as long as the row */
        uint64_t sources = rows_count(&rows);
        int64_t first_ns = rows_integer(&rows, 0), last_ns = rows_integer(&rows, 0);
        uint64_t packets = rows_count(&rows), messages = rows_count(&rows);
        char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE], a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE];
        char safe[256];

        report->seen_until_ns = last_ns;
        print_bounds(report, first_ns, last_ns);
        if (sources == 0)
            page_print(report->page, STYLE_PLAIN, "No capture of that time was read.\n");
        else
            page_print(report->page, STYLE_PLAIN,
                       "%" PRIu64 " capture%s by %s, %s to %s: %s packets, %s DNS messages\n",
                       sources, sources == 1 ? "" : "s",
                       safe_text(sensors, strlen(sensors), safe, sizeof(safe)),
                       moment_to_second(first_ns, from), moment_to_second(last_ns, to),
                       count_to_text(packets, a), count_to_text(messages, b));
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int print_totals(struct span_report *report)
{
    struct rows rows = ask(report, ASK_TOTALS);
    int status = rows_next(&rows, report->error);

    if (status == 1) {
        uint64_t clients, cached;
        char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE], c[COUNT_TEXT_SIZE];

        report->incidents = rows_count(&rows);
        clients = rows_count(&rows);
        cached = rows_count(&rows);
        if (report->incidents == 0)
            page_print(report->page, STYLE_GOOD, "No client got a SERVFAIL.\n");
        else
            page_print(report->page, STYLE_PLAIN, "%s SERVFAIL%s to %s client%s\n",
                       count_to_text(report->incidents, a), report->incidents == 1 ? "" : "s",
                       count_to_text(clients, b), clients == 1 ? "" : "s");
        if (cached > 0)
            page_print(report->page, STYLE_PLAIN,
                       "%s of them out of a cache, counted under what first failed\n",
                       count_to_text(cached, c));
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

/* What the table of resolvers leaves for the address. */
static int label_columns(const struct page *page)
{
    const unsigned figures = 67, shortest = sizeof("255.255.255.255") - 1, longest = 39;

    if (page->width < figures + shortest)
        return (int)shortest;
    return (int)(page->width > figures + longest ? longest : page->width - figures);
}

static int print_resolvers(struct span_report *report)
{
    struct rows rows = ask(report, ASK_RESOLVERS);
    int label = label_columns(report->page);
    int status;

    page_heading(report->page, "Resolvers");
    page_print(report->page, STYLE_DIM, "  %-*s %11s %11s %11s %9s %8s %8s\n", label, "",
               "questions", "answers", "unanswered", "SERVFAIL", "share", "clients");
    while ((status = rows_next(&rows, report->error)) == 1) {
        char address[64], a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE], c[COUNT_TEXT_SIZE];
        char d[COUNT_TEXT_SIZE], e[COUNT_TEXT_SIZE], share[COUNT_TEXT_SIZE];
        uint64_t queries, responses, unanswered, servfails, clients;

        rows_copy(&rows, address, sizeof(address));
        queries = rows_count(&rows);
        responses = rows_count(&rows);
        unanswered = rows_count(&rows);
        servfails = rows_count(&rows);
        clients = rows_count(&rows);
        page_print(report->page, STYLE_PLAIN, "  %-*s %11s %11s %11s %9s %8s %8s\n", label, address,
                   count_to_text(queries, a), count_to_text(responses, b),
                   count_to_text(unanswered, c), count_to_text(servfails, d),
                   share_to_text(servfails, responses, share), count_to_text(clients, e));
    }
    rows_end(&rows);
    return status;
}

static int print_causes(struct span_report *report)
{
    struct rows rows = ask(report, ASK_CAUSES);
    uint64_t counts[CAUSE_COUNT] = {0};
    int status;

    while ((status = rows_next(&rows, report->error)) == 1) {
        enum cause cause;

        if (cause_from_code(&cause, rows_text(&rows)) == 0)
            counts[cause] = rows_count(&rows);
        else
            rows.unreadable = true;
    }
    rows_end(&rows);
    page_heading(report->page, "By cause");
    cause_counts_print(report->page, counts);
    return status;
}

struct outage {
    uint64_t incidents;
    uint64_t clients;
    int64_t last_ns;
    int64_t first_ns; /* of the outage, maybe before the span */
    uint64_t example; /* an incident that tells the story */
};

static void print_outage_head(const struct span_report *report, const struct outage *outage,
                              const struct incident *incident, unsigned number)
{
    bool open = outage->last_ns >= report->seen_until_ns - STILL_GOING_ON_NS;
    char zone[NAME_TEXT_SIZE], since[MOMENT_TEXT_SIZE], until[MOMENT_TEXT_SIZE];
    char a[COUNT_TEXT_SIZE], b[COUNT_TEXT_SIZE];

    page_print(report->page, STYLE_PLAIN, "%3u. ", number);
    page_print(report->page, STYLE_FAULT, "%s", cause_code(incident->cause));
    if (incident->zone.size_bytes > 0)
        page_print(report->page, STYLE_HEADING, "  %s",
                   name_to_text(incident->zone.bytes, incident->zone.size_bytes, zone));
    page_print(report->page, STYLE_PLAIN, "  %s client%s, %s SERVFAIL%s\n",
               count_to_text(outage->clients, a), outage->clients == 1 ? "" : "s",
               count_to_text(outage->incidents, b), outage->incidents == 1 ? "" : "s");
    page_print(report->page, STYLE_PLAIN, "     %s to %s%s; see %016" PRIx64 "\n",
               moment_to_second(outage->first_ns, since), moment_to_second(outage->last_ns, until),
               open ? " (going on when the capture ended)" : "", outage->example);
}

static int print_outage(struct span_report *report, const struct outage *outage, unsigned number,
                        struct incident *incident)
{
    struct incident_filter filter = INCIDENT_FILTER_ALL;
    struct incident_context context;

    filter.identity = &outage->example;
    if (database_select(report->database, &filter, report->error) < 0 ||
        database_next(report->database, incident, &context, report->error) < 0)
        return -1;
    print_outage_head(report, outage, incident, number);
    incident_text_verdict(report->page, incident, "     ");
    return 0;
}

/* How many there are in all, of which the first are shown. */
static int print_outages_heading(struct span_report *report)
{
    struct rows rows = ask(report, ASK_OUTAGE_COUNT);
    int status = rows_next(&rows, report->error);
    char title[96];

    if (status == 1) {
        uint64_t count = rows_count(&rows);

        snprintf(title, sizeof(title), "Outages, by how many clients were hit%s",
                 count > OUTAGES_SHOWN ? " (the first of " : "");
        if (count > OUTAGES_SHOWN)
            snprintf(title + strlen(title), sizeof(title) - strlen(title), "%" PRIu64 ")", count);
        page_heading(report->page, title);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int print_outages(struct span_report *report)
{
    struct rows rows = ask(report, ASK_OUTAGES);
    struct incident *incident = calloc(1, sizeof(*incident));
    unsigned number = 0;
    int status = incident == NULL ? error_set(report->error, "out of memory")
                                  : print_outages_heading(report);

    while (status >= 0 && number < OUTAGES_SHOWN &&
           (status = rows_next(&rows, report->error)) == 1) {
        struct outage outage;

        rows_skip(&rows);
        outage.incidents = rows_count(&rows);
        outage.clients = rows_count(&rows);
        outage.last_ns = rows_integer(&rows, 0);
        outage.example = rows_count(&rows);
        outage.first_ns = rows_integer(&rows, outage.last_ns);
        status = print_outage(report, &outage, ++number, incident);
    }
    rows_end(&rows);
    free(incident);
    return status < 0 ? -1 : 0;
}

static int print_top(struct span_report *report, enum question question, const char *title,
                     uint64_t whole)
{
    struct rows rows = ask(report, question);
    bool headed = false;
    char label[NAME_TEXT_SIZE + 64];
    int status;

    while ((status = rows_next(&rows, report->error)) == 1) {
        if (!headed)
            page_heading(report->page, title);
        headed = true;
        rows_copy(&rows, label, sizeof(label));
        page_count_row(report->page, 2, label, rows_count(&rows), whole, false);
    }
    rows_end(&rows);
    return status;
}

int span_report_print(struct database *database, const struct page *page,
                      const struct report_span *span, struct error *error)
{
    struct span_report report = {.database = database, .page = page, .span = *span, .error = error};

    if (print_coverage(&report) < 0 || print_totals(&report) < 0 || print_resolvers(&report) < 0)
        return -1;
    if (report.incidents > 0 &&
        (print_causes(&report) < 0 || print_outages(&report) < 0 ||
         print_top(&report, ASK_TOP_ZONES, "Zones at fault", report.incidents) < 0 ||
         print_top(&report, ASK_TOP_SERVERS, "Servers at fault", report.incidents) < 0 ||
         print_top(&report, ASK_TOP_NAMES, "Names asked", report.incidents) < 0))
        return -1;
    return print_top(&report, ASK_LOSSES, "What the capture lost", 0);
}
