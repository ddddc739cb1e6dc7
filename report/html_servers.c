/* The servers that the resolvers ask: how they are, and what will fail next. */
#include <inttypes.h>

#include "report/chart.h"
#include "report/html_private.h"
#include "report/moment.h"
#include "report/page.h"

static double part_of(uint64_t part, uint64_t whole)
{
    return whole == 0 ? -1 : (double)part / (double)whole;
}

static struct chart_latency latency_of(const struct day_latency *latency)
{
    return (struct chart_latency){latency->buckets, latency->p50_ns, latency->p95_ns,
                                  latency->p99_ns};
}

static void print_latency_summary(const struct html *html, const struct day_latency *latency)
{
    char text[DAY_LATENCY_SIZE], count[COUNT_TEXT_SIZE];

    if (latency->count > 0)
        html_text(html->output, "Of %s, %s.", count_to_text(latency->count, count),
                  day_latency_to_text(latency, text));
}

/* All servers' answers as one distribution, without percentiles of its own: each server's stand in
 * the table. */
static void print_rtt(const struct html *html)
{
    const struct chart_head head = {
        "chart-rtt", "How long the servers took to answer",
        "Answers by round-trip time, all servers of the table together, on a logarithmic scale."};
    struct chart_latency chart = {.p50_ns = -1, .p95_ns = -1, .p99_ns = -1};
    uint64_t buckets[LATENCY_BUCKETS] = {0}, count = 0;

    for (size_t i = 0; i < html->day->server_count; i++) {
        count += html->day->servers[i].now.rtt.count;
        for (unsigned k = 0; k < LATENCY_BUCKETS; k++)
            buckets[k] += html->day->servers[i].now.rtt.buckets[k];
    }
    if (count == 0)
        return;
    chart.buckets = buckets;
    fputs("<figure><figcaption>Answers of these servers by round-trip time</figcaption>\n",
          html->output);
    chart_histogram_print(html->output, &head, &chart);
    fputs("</figure>\n", html->output);
}

static void print_server(const struct html *html, const struct day_server *server)
{
    const struct day_server_counts *now = &server->now;
    const struct chart_latency latency = latency_of(&now->rtt);

    fputs("<tr><th scope=\"row\">", html->output);
    html_server(html, server->address, server->name);
    if (server->slower)
        fputs(" <b class=\"badge worse\">slower</b>", html->output);
    if (server->zone != NULL) {
        fputs("<small>", html->output);
        html_text(html->output, "%s", html_zone_to_text(server->zone));
        fputs("</small>", html->output);
    }
    fputs("</th>", html->output);
    html_cell_count(html, now->queries);
    html_cell_share(html, part_of(now->responses, now->queries));
    html_cell_share(html, part_of(now->unanswered, now->queries));
    if (server->known_before)
        html_cell_share(html, part_of(server->before.unanswered, server->before.queries));
    else
        html_cell_none(html, "no data");
    html_cell_share(html, part_of(now->refused, now->queries));
    html_cell_share(html, part_of(now->servfails, now->queries));
    html_cell_duration(html, now->rtt.p50_ns);
    if (server->known_before)
        html_cell_duration(html, server->before.rtt.p50_ns);
    else
        html_cell_none(html, "no data");
    html_cell_duration(html, now->rtt.p95_ns);
    html_cell_duration(html, now->rtt.p99_ns);
    fputs("<td class=\"g\">", html->output);
    chart_range_print(html->output, &latency,
                      server->known_before ? server->before.rtt.p50_ns : -1);
    fputs("</td>", html->output);
    fputs("</tr>\n", html->output);
}

void html_servers(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Server, and a zone of it", COLUMN_TEXT},
        {"Asked", COLUMN_NUMBER},
        {"Answered", COLUMN_NUMBER},
        {"Silent", COLUMN_NUMBER},
        {"before", COLUMN_NUMBER},
        {"REFUSED", COLUMN_NUMBER},
        {"SERVFAIL", COLUMN_NUMBER},
        {"RTT p50", COLUMN_NUMBER},
        {"before", COLUMN_NUMBER},
        {"p95", COLUMN_NUMBER},
        {"p99", COLUMN_NUMBER},
        {"RTT", COLUMN_LATENCY},
    };
    const struct day *day = html->day;

    if (day->server_count == 0)
        return;
    html_section_begin(html, "servers", "Servers asked",
                       "Those that failed most first. In the drawing the dot is the median, the "
                       "thick line reaches to the 95th percentile, the thin one to the 99th; the "
                       "mark across is the median before.");
    print_rtt(html);
    html_table_begin(html, "servers-table", "Health of the servers", HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->server_count; i++)
        print_server(html, &day->servers[i]);
    html_table_end(html, day->server_count);
    if (day->server_total > day->server_count)
        fprintf(html->output, "<p class=\"note\">and %" PRIu64 " more that answered</p>\n",
                day->server_total - day->server_count);
    html_section_end(html);
}

/* What will fail next. */

static void print_givers(const struct html *html, const struct day_expiring *expiring)
{
    fputs("<td>", html->output);
    if (expiring->server != NULL)
        html_text(html->output, "%s", expiring->server);
    if (expiring->servers > 1)
        fprintf(html->output, " and %u more", expiring->servers - 1);
    if (expiring->renewed)
        fputs(", while others give a newer one", html->output);
    fputs("</td>", html->output);
}

static void print_expiring(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Zone", COLUMN_TEXT},         {"Signature over", COLUMN_TEXT},
        {"Key tag", COLUMN_NUMBER},    {"Expires", COLUMN_NUMBER},
        {"Left", COLUMN_NUMBER},       {"Last seen", COLUMN_NUMBER},
        {"Given out by", COLUMN_TEXT},
    };
    const struct day *day = html->day;

    if (day->expiring_count == 0)
        return;
    html_table_begin(html, "expiring-table", "Signatures that expire and were not renewed",
                     HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->expiring_count; i++) {
        const struct day_expiring *expiring = &day->expiring[i];

        fputs("<tr>", html->output);
        html_cell_text(html, html_zone_to_text(expiring->zone));
        html_cell_text(html, expiring->type);
        fprintf(html->output, "<td class=\"n\">%u</td>", expiring->key_tag);
        html_cell_time(html, expiring->expiration_ns);
        if (expiring->expiration_ns < day->spans[PERIOD_NOW].to_ns)
            html_cell_none(html, "passed");
        else
            html_cell_duration(html, expiring->expiration_ns - day->spans[PERIOD_NOW].to_ns);
        html_cell_time(html, expiring->seen_ns);
        print_givers(html, expiring);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, day->expiring_count);
    if (day->expiring_total > day->expiring_count)
        fprintf(html->output, "<p class=\"note\">and %" PRIu64 " more</p>\n",
                day->expiring_total - day->expiring_count);
}

static void print_fragile_servers(const struct html *html, const struct day_fragile *fragile)
{
    fputs("<td>", html->output);
    for (size_t i = 0; i < fragile->server_count; i++) {
        const struct day_fragile_server *server = &fragile->servers[i];

        fprintf(html->output, "<span class=\"stands %s\">", server->works ? "works" : "fails");
        html_server(html, server->address, server->name);
        if (!server->works)
            html_text(html->output, " %s", outcome_text(server->outcome));
        fputs("</span>", html->output);
    }
    fputs("</td>", html->output);
}

static void print_fragile(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Zone", COLUMN_TEXT},        {"Risk", COLUMN_TEXT},      {"Nameservers", COLUMN_NUMBER},
        {"Addresses", COLUMN_NUMBER}, {"failing", COLUMN_NUMBER}, {"working", COLUMN_NUMBER},
        {"Which", COLUMN_TEXT},
    };
    static const char *const risks[] = {
        [FRAGILE_ONE_LISTED] = "has one server only",
        [FRAGILE_ONE_WORKING] = "has one working server left",
        [FRAGILE_NONE_WORKING] = "has no working server",
        [FRAGILE_PARTLY_LAME] = "lists servers that do not serve it",
        [FRAGILE_PARTLY_SILENT] = "lists servers that do not answer",
    };
    const struct day *day = html->day;

    if (day->fragile_count == 0)
        return;
    html_table_begin(html, "fragile-table", "Zones that hang by a thread", HTML_COLUMNS(columns));
    for (size_t i = 0; i < day->fragile_count; i++) {
        const struct day_fragile *fragile = &day->fragile[i];

        fputs("<tr>", html->output);
        html_cell_text(html, html_zone_to_text(fragile->zone));
        html_cell_text(html, risks[fragile->kind]);
        html_cell_count(html, fragile->nameservers);
        html_cell_count(html, fragile->listed);
        html_cell_count(html, fragile->failing);
        html_cell_count(html, fragile->working);
        print_fragile_servers(html, fragile);
        fputs("</tr>\n", html->output);
    }
    html_table_end(html, day->fragile_count);
    if (day->fragile_total > day->fragile_count)
        fprintf(html->output, "<p class=\"note\">and %" PRIu64 " more</p>\n",
                day->fragile_total - day->fragile_count);
}

static void print_slower(const struct html *html)
{
    static const struct html_column columns[] = {
        {"Server", COLUMN_TEXT},
        {"Zone", COLUMN_TEXT},
        {"RTT p50", COLUMN_NUMBER},
        {"p50 before", COLUMN_NUMBER},
    };
    const struct day *day = html->day;
    size_t count = 0;

    for (size_t i = 0; i < day->server_count; i++) {
        const struct day_server *server = &day->servers[i];

        if (!server->slower)
            continue;
        if (count++ == 0)
            html_table_begin(html, "slower-table", "Servers that got slower",
                             HTML_COLUMNS(columns));
        fputs("<tr><th scope=\"row\">", html->output);
        html_server(html, server->address, server->name);
        fputs("</th>", html->output);
        html_cell_text(html, server->zone);
        html_cell_duration(html, server->now.rtt.p50_ns);
        html_cell_duration(html, server->before.rtt.p50_ns);
        fputs("</tr>\n", html->output);
    }
    if (count > 0)
        html_table_end(html, count);
}

void html_forecast(const struct html *html)
{
    const struct day *day = html->day;
    bool slower = false;

    if (!day->traffic[PERIOD_NOW].known)
        return;
    for (size_t i = 0; i < day->server_count; i++)
        slower = slower || day->servers[i].slower;
    html_section_begin(html, "next", "What will fail next",
                       day->expiring_count + day->fragile_count > 0 || slower
                           ? NULL
                           : "Nothing that the packets show.");
    print_expiring(html);
    print_fragile(html);
    print_slower(html);
    html_section_end(html);
}

void html_elapsed(const struct html *html)
{
    const struct day_latency *elapsed = &html->day->elapsed;
    const struct chart_latency latency = latency_of(elapsed);
    const struct chart_head head = {
        "chart-elapsed", "How long clients waited for their SERVFAIL",
        "SERVFAILs by the time since the question, on a logarithmic scale."};
    char count[COUNT_TEXT_SIZE];

    if (elapsed->count == 0)
        return;
    html_section_begin(html, "elapsed", "Time to SERVFAIL", NULL);
    fputs("<p class=\"note\">", html->output);
    print_latency_summary(html, elapsed);
    if (html->day->elapsed_unknown > 0)
        html_text(html->output, " Of %s more the question was not seen.",
                  count_to_text(html->day->elapsed_unknown, count));
    fputs("</p>\n<figure>", html->output);
    chart_histogram_print(html->output, &head, &latency);
    fputs("</figure>\n", html->output);
    html_section_end(html);
}
