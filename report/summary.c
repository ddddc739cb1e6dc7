#include "report/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/cause_counts.h"
#include "report/moment.h"
#include "report/summary_private.h"

/* So many messages and none of the other direction are no coincidence. */
#define ONE_SIDED_LEAST 10
/* A mirror that loses one packet in so many, or more, makes silence of answers. */
#define UNASKED_SHARE 500

struct summary *summary_new(void)
{
    struct summary *summary = calloc(1, sizeof(*summary));

    if (summary == NULL)
        return NULL;
    summary->zones = tally_new();
    summary->servers = tally_new();
    if (summary->zones == NULL || summary->servers == NULL) {
        summary_free(summary);
        return NULL;
    }
    return summary;
}

void summary_free(struct summary *summary)
{
    if (summary == NULL)
        return;
    tally_free(summary->zones);
    tally_free(summary->servers);
    free(summary);
}

/* A cached failure counts under its origin's cause, as far back as is remembered. */
static enum cause cause_counted(struct summary *summary, const struct incident *incident)
{
    const struct remembered *origin = &summary->remembered[incident->origin % REMEMBERED];
    struct remembered *own = &summary->remembered[incident->identity % REMEMBERED];
    enum cause cause = incident->cause;

    if (cause == CAUSE_CACHED_FAILURE && incident->origin != 0 &&
        origin->identity == incident->origin)
        cause = origin->cause;
    *own = (struct remembered){.identity = incident->identity, .cause = cause};
    return cause;
}

void summary_add(struct summary *summary, const struct incident *incident)
{
    summary->causes[cause_counted(summary, incident)]++;
    summary->stated_causes[incident->cause]++;
    summary->incidents++;
    summary->cached += incident->cause == CAUSE_CACHED_FAILURE;
    if (incident->zone.size_bytes > 0)
        tally_add(summary->zones, incident->zone.bytes, incident->zone.size_bytes);
    for (unsigned i = 0; i < incident->server_count; i++)
        tally_add(summary->servers, incident->servers[i].address.bytes,
                  sizeof(incident->servers[i].address.bytes));
}

static void print_span(const struct page *page, const struct decode_counters *decoded)
{
    char from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE], zone[MOMENT_TEXT_SIZE];
    char duration[MOMENT_TEXT_SIZE];

    if (decoded->first_time_ns == INT64_MAX)
        return;
    page_print(page, STYLE_PLAIN, "From %s to %s %s (%s)\n",
               moment_to_text(decoded->first_time_ns, from),
               moment_to_text(decoded->last_time_ns, to), moment_zone(decoded->last_time_ns, zone),
               duration_to_text(decoded->last_time_ns - decoded->first_time_ns, duration));
}

static void print_figure(const struct page *page, const char *label, uint64_t count)
{
    page_count_row(page, 2, label, count, 0, false);
}

/* Forged, or the capture lost the questions. */
static void print_unasked(const struct page *page, const struct correlate_counters *correlated)
{
    if (correlated->unasked_servfails > 0)
        print_figure(page, "SERVFAILs that nobody asked for", correlated->unasked_servfails);
    if (correlated->unasked_answers > 0)
        print_figure(page, "upstream answers that nobody asked for", correlated->unasked_answers);
    if (correlated->unasked_icmp > 0)
        print_figure(page, "ICMP errors about no known question", correlated->unasked_icmp);
}

static void print_totals(const struct summary *summary, const struct page *page,
                         const struct decode_counters *decoded,
                         const struct correlate_counters *correlated)
{
    page_print(page, STYLE_HEADING, "Summary");
    putc('\n', page->output);
    print_span(page, decoded);
    print_figure(page, "packets", decoded->packets);
    print_figure(page, "DNS messages", decoded->dns_messages);
    print_figure(page, "clients' questions", correlated->client_queries);
    print_figure(page, "answers to clients", correlated->client_responses);
    page_count_row(page, 2, "of them SERVFAIL", summary->incidents, correlated->client_responses,
                   false);
    print_figure(page, "upstream queries", correlated->upstream_queries);
    page_count_row(page, 2, "of them unanswered", correlated->upstream_unanswered,
                   correlated->upstream_queries, false);
    print_unasked(page, correlated);
}

static void print_top_zones(const struct summary *summary, const struct page *page)
{
    const struct tally_entry *top[SUMMARY_TOP];
    size_t count = tally_top(summary->zones, top, SUMMARY_TOP);
    char text[NAME_TEXT_SIZE];

    if (count > 0)
        page_heading(page,
                     tally_is_exact(summary->zones) ? "Zones at fault" : "Zones at fault (about)");
    for (size_t i = 0; i < count; i++)
        page_count_row(page, 2, name_to_text(top[i]->key, top[i]->size_bytes, text), top[i]->count,
                       summary->incidents, false);
}

static void print_top_servers(const struct summary *summary, const struct page *page)
{
    const struct tally_entry *top[SUMMARY_TOP];
    size_t count = tally_top(summary->servers, top, SUMMARY_TOP);
    char text[ADDRESS_TEXT_SIZE];

    if (count > 0)
        page_heading(page, tally_is_exact(summary->servers) ? "Servers at fault"
                                                            : "Servers at fault (about)");
    for (size_t i = 0; i < count; i++) {
        struct address address;

        memcpy(address.bytes, top[i]->key, sizeof(address.bytes));
        page_count_row(page, 2, address_to_text(&address, text), top[i]->count, summary->incidents,
                       false);
    }
}

static void print_losses(const struct page *page, const struct decode_counters *decoded,
                         const struct correlate_counters *correlated)
{
    bool headed = false;

    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        if (decoded->dropped[i] == 0)
            continue;
        if (!headed)
            page_heading(page, "Packets that gave no message");
        headed = true;
        page_count_row(page, 2, drop_reason_code((enum drop_reason)i), decoded->dropped[i],
                       decoded->packets, false);
    }
    headed = false;
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (correlated->evicted[i] == 0)
            continue;
        if (!headed)
            page_heading(page, "Forgotten for want of memory (--memory)");
        headed = true;
        print_figure(page, correlate_table_code((enum correlate_table)i), correlated->evicted[i]);
    }
}

/* What a mirror leaves out that shows one direction only, or loses packets. */
static const char *missing_packets(const struct decode_counters *decoded,
                                   const struct correlate_counters *correlated)
{
    const struct traffic_counters *clients = &correlated->clients;
    const struct traffic_counters *servers = &correlated->servers;

    if (decoded->dns_messages < ONE_SIDED_LEAST)
        return NULL;
    if (decoded->dns_responses == 0)
        return "Only queries were captured, no responses: a one-sided mirror shows no SERVFAIL.";
    if (decoded->dns_responses == decoded->dns_messages)
        return "Only responses were captured, no queries: a one-sided mirror hides silence.";
    if (clients->queries >= ONE_SIDED_LEAST && clients->responses == 0)
        return "No answer to a client was captured: SERVFAILs cannot be seen.";
    if (clients->responses >= ONE_SIDED_LEAST && clients->queries == 0)
        return "No client's question was captured, only the answers.";
    if (servers->queries >= ONE_SIDED_LEAST && servers->responses == 0)
        return "No answer to an upstream query was captured: either nothing came, or the mirror "
               "shows one direction only.";
    if (servers->responses >= ONE_SIDED_LEAST && servers->queries == 0)
        return "No upstream query was captured, only the answers: silence cannot be seen.";
    if (correlated->unasked_answers > 0 &&
        correlated->unasked_answers * UNASKED_SHARE >= servers->responses)
        return "Some upstream answers fit no question: asked before the capture began, forged, or "
               "the capture\nloses packets that nobody counts. What looks like silence may be an "
               "answer that was lost.";
    return NULL;
}

static void print_missing_packets(const struct page *page, const struct decode_counters *decoded,
                                  const struct correlate_counters *correlated)
{
    const char *text = missing_packets(decoded, correlated);

    if (text == NULL && decoded->dns_messages > 0 && correlated->client_responses == 0)
        text = "No answer to a client was captured: this says nothing about SERVFAILs.";
    if (text != NULL)
        page_print(page, STYLE_PLAIN, "\n%s\n", text);
}

void summary_print(const struct summary *summary, const struct page *page,
                   const struct decode_counters *decoded,
                   const struct correlate_counters *correlated)
{
    print_totals(summary, page, decoded, correlated);
    if (summary->incidents > 0) {
        page_heading(page, "SERVFAILs by cause");
        cause_counts_print(page, summary->causes);
        if (summary->cached > 0)
            page_print(page, STYLE_DIM,
                       "  (%" PRIu64 " out of a cache, under their origin's cause "
                       "where it is known)\n",
                       summary->cached);
    } else if (correlated->client_responses > 0) {
        page_print(page, STYLE_GOOD, "\nNo client got a SERVFAIL.\n");
    }
    print_top_zones(summary, page);
    print_top_servers(summary, page);
    print_missing_packets(page, decoded, correlated);
    print_losses(page, decoded, correlated);
}
