/* What the capture saw and lost, and how far the figures can be trusted for it. */
#include <string.h>

#include "decode/codes.h"
#include "report/day_private.h"
#include "report/moment.h"
#include "report/page.h"

#define SOURCES_MAX   20
#define SENTENCES_MAX 16
/* So many SERVFAILs without their questions, and one of so many, are more than chance. */
#define UNASKED_LEAST 5
#define UNASKED_SHARE 500

static int count_sources(struct building *building)
{
    struct day_capture *capture = &building->day->capture;
    struct rows rows =
        day_ask(building, "SELECT count(*), sum(packets), sum(dns_messages), sum(dns_responses), "
                          "min(first_ns), max(last_ns) FROM sources");
    int status = rows_next(&rows, building->error);

    if (status == 1) {
        capture->source_count = rows_count(&rows);
        capture->packets = rows_count(&rows);
        capture->dns_messages = rows_count(&rows);
        capture->dns_responses = rows_count(&rows);
        capture->first_time_ns = rows_time(&rows, DAY_NOT_KNOWN);
        capture->last_time_ns = rows_time(&rows, DAY_NOT_KNOWN);
    }
    rows_end(&rows);
    return status < 0 ? -1 : 0;
}

static int list_sources(struct building *building)
{
    struct day_capture *capture = &building->day->capture;
    struct rows rows =
        day_ask(building, "SELECT sensor, name, packets, first_ns, last_ns FROM sources "
                          "ORDER BY last_ns DESC, sensor, name LIMIT :limit");
    int status;

    rows_set_integer(&rows, ":limit", SOURCES_MAX);
    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_source *source =
            DAY_ADD(building, capture->sources, capture->shown_source_count);

        if (source == NULL) {
            status = -1;
            break;
        }
        source->sensor = rows_count(&rows);
        source->name = day_take_text(building, &rows);
        source->packets = rows_count(&rows);
        source->first_time_ns = rows_time(&rows, DAY_NOT_KNOWN);
        source->last_time_ns = rows_time(&rows, DAY_NOT_KNOWN);
    }
    rows_end(&rows);
    return status;
}

/* Signatures and delegations that were not stored explain no SERVFAIL. */
static bool is_forecast(const struct day_loss *loss)
{
    return strcmp(loss->reason, "forecasts") == 0;
}

/* What was lost, not what was only of no interest (other protocols and ports). */
static bool is_loss(const struct day_loss *loss)
{
    static const char *const reasons[] = {"kernel", "interface"};

    if (strcmp(loss->kind, "evicted") == 0 || strcmp(loss->kind, "unstored") == 0)
        return !is_forecast(loss);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(loss->reason, reasons[i]) == 0)
            return true;
    }
    return false;
}

static int list_losses(struct building *building)
{
    struct day_capture *capture = &building->day->capture;
    struct rows rows = day_ask(building, "SELECT sensor, kind, reason, sum(count) AS n FROM losses "
                                         "GROUP BY sensor, kind, reason HAVING n > 0 "
                                         "ORDER BY n DESC, sensor, kind, reason");
    int status;

    while ((status = rows_next(&rows, building->error)) == 1) {
        struct day_loss *loss = DAY_ADD(building, capture->losses, capture->loss_count);

        if (loss == NULL) {
            status = -1;
            break;
        }
        loss->sensor = rows_count(&rows);
        loss->kind = day_take_text(building, &rows);
        loss->reason = day_take_text(building, &rows);
        loss->count = rows_count(&rows);
        if (is_loss(loss))
            capture->lost += loss->count;
    }
    rows_end(&rows);
    return status;
}

static void say(struct day *day, const char *sentence)
{
    if (sentence != NULL && day->trust_count < SENTENCES_MAX)
        day->trust[day->trust_count++] = sentence;
}

static void judge_coverage(struct building *building)
{
    struct day *day = building->day;
    const struct day_span *span = &day->spans[PERIOD_NOW];
    const struct day_capture *capture = &day->capture;
    int64_t length_ns = span->to_ns - span->from_ns, seen_ns = span->seen_ns;
    int64_t first_ns =
        capture->first_time_ns > span->from_ns ? capture->first_time_ns : span->from_ns;
    int64_t last_ns = capture->last_time_ns < span->to_ns ? capture->last_time_ns : span->to_ns;
    char seen[MOMENT_TEXT_SIZE], length[MOMENT_TEXT_SIZE];

    /* It counts by whole minutes, of which the first and the last may be seen in part. */
    if (capture->last_time_ns != DAY_NOT_KNOWN && last_ns - first_ns < seen_ns)
        seen_ns = last_ns - first_ns;

    if (span->seen_ns == 0 && day->servfails_since > 0)
        say(day, "Of this time nothing is counted yet.");
    else if (span->seen_ns == 0)
        say(day, "No capture covers this time: there is nothing to report on.");
    else if (length_ns - seen_ns > length_ns / 100)
        say(day,
            day_format(building, "Captures cover %s of %s: what happened in the rest is not known.",
                       duration_to_text(seen_ns, seen), duration_to_text(length_ns, length)));
    else
        say(day, "Captures cover the whole time.");
}

static uint64_t unattributed(const struct day *day)
{
    struct day_category categories[DAY_CATEGORIES_MAX];
    size_t count = day_categories(categories);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(categories[i].code, "unattributed") == 0)
            return day_category_count(day->traffic[PERIOD_NOW].causes, &categories[i]);
    }
    return 0;
}

static void judge_attribution(struct building *building)
{
    struct day *day = building->day;
    const struct day_traffic *traffic = &day->traffic[PERIOD_NOW];
    uint64_t count = unattributed(day);
    char share[COUNT_TEXT_SIZE], number[COUNT_TEXT_SIZE], kept[COUNT_TEXT_SIZE];

    if (traffic->servfails == 0)
        return;
    if (count == 0)
        say(day, "Every SERVFAIL has a cause that the packets support.");
    else
        say(day,
            day_format(building,
                       "%s SERVFAIL%s (%s) could not be attributed: the packets do not decide.",
                       count_to_text(count, number), count == 1 ? "" : "s",
                       share_to_text(count, traffic->servfails, share)));
    if (day->kept < traffic->servfails)
        say(day,
            day_format(building,
                       "%s of %s SERVFAILs are kept with their evidence, as samples of large "
                       "outages: counts are exact, the most frequent clients and names are "
                       "estimated.",
                       count_to_text(day->kept, kept), count_to_text(traffic->servfails, number)));
    if (day->in_outages < traffic->servfails && building->resolvers == NULL)
        say(day, day_format(building,
                            "%s SERVFAILs are of outages that are not listed: too many began in "
                            "an hour. They are counted by resolver and cause.",
                            count_to_text(traffic->servfails - day->in_outages, number)));
    say(day, "Numbers of clients are estimated, good to about 3 %.");
}

static void judge_losses(struct building *building)
{
    struct day *day = building->day;
    const struct day_capture *capture = &day->capture;
    char number[COUNT_TEXT_SIZE];

    if (capture->source_count == 0)
        return;
    if (capture->lost == 0)
        say(day, "The capture lost nothing that it knows of.");
    else
        say(day, day_format(building,
                            "The capture lost %s packets or entries of its tables (see there): "
                            "SERVFAILs, and what explains them, may be missing.",
                            count_to_text(capture->lost, number)));
    if (capture->dns_messages >= 100 && capture->dns_responses == 0)
        say(day, "Only queries were captured, no responses: a one-sided mirror shows no SERVFAIL.");
    else if (capture->dns_messages >= 100 && capture->dns_responses == capture->dns_messages)
        say(day, "Only responses were captured, no queries: a one-sided mirror hides silence.");
}

/* What no counter knows of: a mirror port that has too much to do. */
static void judge_unasked(struct building *building)
{
    struct day *day = building->day;
    uint64_t unasked = day->elapsed_unknown, servfails = unasked + day->elapsed.count;
    char number[COUNT_TEXT_SIZE], share[COUNT_TEXT_SIZE];

    if (day->elapsed.count == 0 || unasked < UNASKED_LEAST || unasked * UNASKED_SHARE < servfails)
        return;
    say(day, day_format(building,
                        "The questions of %s SERVFAILs (%s) were not seen: they came before the "
                        "capture began, or it loses packets that nobody counts, and some that "
                        "would explain others.",
                        count_to_text(unasked, number), share_to_text(unasked, servfails, share)));
}

static bool gave_up_incidents(const struct day_capture *capture)
{
    for (size_t i = 0; i < capture->loss_count; i++) {
        if (strcmp(capture->losses[i].kind, "unstored") == 0 && !is_forecast(&capture->losses[i]))
            return true;
    }
    return false;
}

/* Each SERVFAIL is an incident, stored at once, and an answer, stored with its minute: where the
 * two numbers differ a minute was never stored, or the same packets were counted by two. */
static void judge_counters(struct building *building)
{
    struct day *day = building->day;
    uint64_t uncounted = 0, doubled = 0;
    char number[COUNT_TEXT_SIZE];

    for (size_t i = 0; i < day->interval_count; i++) {
        const struct day_traffic *traffic = &day->intervals[i].traffic;
        uint64_t answers = traffic->rcodes[RCODE_SERVFAIL];

        if (traffic->servfails > answers)
            uncounted += traffic->servfails - answers;
        else
            doubled += answers - traffic->servfails;
    }
    if (uncounted > 0)
        say(day, day_format(building,
                            "%s SERVFAIL%s came in minutes whose questions and answers were not "
                            "stored, because the program was killed: shares are too high there.",
                            count_to_text(uncounted, number), uncounted == 1 ? "" : "s"));
    if (doubled > 0 && !gave_up_incidents(&day->capture))
        say(day, day_format(building,
                            "The same packets were stored from several captures, read or watched: "
                            "%s SERVFAIL%s, and what was asked and answered meanwhile, count more "
                            "than once among questions and answers, and shares are wrong.",
                            count_to_text(doubled, number), doubled == 1 ? "" : "s"));
}

static void judge_forecasts(struct building *building)
{
    const struct day_capture *capture = &building->day->capture;
    uint64_t unstored = 0;
    char number[COUNT_TEXT_SIZE];

    for (size_t i = 0; i < capture->loss_count; i++) {
        if (is_forecast(&capture->losses[i]))
            unstored += capture->losses[i].count;
    }
    if (unstored > 0)
        say(building->day,
            day_format(building,
                       "What will fail next stands on samples: %s sightings of signatures and "
                       "delegations were not kept, since too many new ones came within an hour.",
                       count_to_text(unstored, number)));
}

static void judge_servers(struct building *building)
{
    const struct day_server_counts *others = &building->day->other_servers;
    char queries[COUNT_TEXT_SIZE], responses[COUNT_TEXT_SIZE];

    if (others->queries + others->responses > 0)
        say(building->day,
            day_format(building,
                       "Counted together, not by server: %s upstream queries and %s responses of "
                       "servers that were asked seldom amid very many, or not at all.",
                       count_to_text(others->queries, queries),
                       count_to_text(others->responses, responses)));
    if (building->day->counted_until_ns != DAY_NOT_KNOWN)
        say(building->day,
            "It is being watched: queries count as silent when they are given up, some "
            "minutes after they were sent; the latest do not yet.");
}

static bool was_seen(const struct day *day, const char *resolver)
{
    for (size_t i = 0; i < day->resolver_count; i++) {
        if (strcmp(day->resolvers[i].address, resolver) == 0)
            return true;
    }
    return false;
}

static void judge_filter(struct building *building)
{
    const struct day_options *options = building->options;
    char address[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < options->resolver_count; i++) {
        address_to_text(&options->resolvers[i], address);
        if (!was_seen(building->day, address))
            say(building->day,
                day_format(building, "Nothing was seen of resolver %s in this time.", address));
    }
    if (building->resolvers != NULL)
        say(building->day, "Only some resolvers are reported on: their outages are counted by the "
                           "SERVFAILs that are kept, each for those that it stands for; the "
                           "health of servers and what will fail next is of all resolvers.");
}

int day_fill_capture(struct building *building)
{
    struct day *day = building->day;

    if (count_sources(building) < 0 || list_sources(building) < 0 || list_losses(building) < 0)
        return -1;
    day->trust = day_take(building, SENTENCES_MAX * sizeof(*day->trust));
    if (day->trust == NULL)
        return -1;
    judge_filter(building);
    judge_coverage(building);
    judge_attribution(building);
    judge_losses(building);
    judge_unasked(building);
    judge_counters(building);
    judge_forecasts(building);
    judge_servers(building);
    return 0;
}
