/* The verdict in a sentence or two, and what to do first. */
#include <stdio.h>
#include <string.h>

#include "report/day_private.h"
#include "report/moment.h"
#include "report/page.h"

#define SENTENCE_SIZE 512

/* "1.20 %" with as many digits as a small share needs. */
static const char *percent(double share, char text[COUNT_TEXT_SIZE])
{
    double value = share * 100;

    snprintf(text, COUNT_TEXT_SIZE,
             value >= 10    ? "%.1f %%"
             : value >= 0.1 ? "%.2f %%"
                            : "%.3f %%",
             value);
    return text;
}

static const char *compare(double now, double before)
{
    if (before <= 0)
        return now <= 0 ? "as" : "more than";
    if (now > 1.1 * before)
        return "more than";
    return now < before / 1.1 ? "less than" : "about as";
}

/* ", more than 1.20 % the day before and about as 0.90 % the week before" */
static void append_comparison(const struct day *day, char *text, size_t size)
{
    double now = day_share(&day->traffic[PERIOD_NOW]);
    const char *joint = ", ";

    for (int period = PERIOD_BEFORE; period < PERIOD_COUNT; period++) {
        const struct day_span *span = &day->spans[period];
        double before = day_share(&day->traffic[period]);
        size_t length = strlen(text);
        char number[COUNT_TEXT_SIZE], when[64];

        if (now < 0 || before < 0)
            continue;
        if (period == PERIOD_WEEKS_BEFORE &&
            span->shift_days == day->spans[PERIOD_BEFORE].shift_days)
            continue;
        if (span->shift_days == 1)
            snprintf(when, sizeof(when), "the day before");
        else if (span->shift_days == 7)
            snprintf(when, sizeof(when), "the week before");
        else
            snprintf(when, sizeof(when), "%u days before", span->shift_days);
        snprintf(text + length, size - length, "%s%s the %s %s", joint, compare(now, before),
                 percent(before, number), when);
        joint = ", ";
    }
}

/* The category that stands for the most, and how many it stands for. */
static const struct day_category *largest(const struct day *day,
                                          const struct day_category *categories, size_t count,
                                          uint64_t *incidents)
{
    const struct day_category *best = NULL;

    *incidents = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t of = day_category_count(day->traffic[PERIOD_NOW].causes, &categories[i]);

        if (of > *incidents) {
            *incidents = of;
            best = &categories[i];
        }
    }
    return best;
}

static void write_volume(const struct day *day, char text[SENTENCE_SIZE])
{
    const struct day_traffic *traffic = &day->traffic[PERIOD_NOW];
    char servfails[COUNT_TEXT_SIZE], responses[COUNT_TEXT_SIZE], clients[COUNT_TEXT_SIZE];
    char share[COUNT_TEXT_SIZE];

    if (!traffic->known) {
        if (day->servfails_since == 0)
            snprintf(text, SENTENCE_SIZE, "No capture covers this time.");
        else
            snprintf(text, SENTENCE_SIZE, "Nothing of this time is counted yet.");
        return;
    }
    if (traffic->servfails == 0 && traffic->responses == 0) {
        snprintf(text, SENTENCE_SIZE, "No answer to a client was counted in this time");
    } else if (traffic->servfails == 0) {
        snprintf(text, SENTENCE_SIZE, "No client got a SERVFAIL, in %s answers",
                 count_to_text(traffic->responses, responses));
    } else if (traffic->responses == 0) {
        snprintf(text, SENTENCE_SIZE, "%s SERVFAIL%s went to %s client%s",
                 count_to_text(traffic->servfails, servfails), traffic->servfails == 1 ? "" : "s",
                 count_to_text(traffic->clients, clients), traffic->clients == 1 ? "" : "s");
    } else {
        snprintf(text, SENTENCE_SIZE, "%s of %s answers were SERVFAIL (%s), to %s client%s",
                 count_to_text(traffic->servfails, servfails),
                 count_to_text(traffic->responses, responses), percent(day_share(traffic), share),
                 count_to_text(traffic->clients, clients), traffic->clients == 1 ? "" : "s");
    }
    append_comparison(day, text, SENTENCE_SIZE - 2);
    strcat(text, ".");
}

/* What is being written is reported on up to a moment. */
static void write_since(const struct day *day, char text[SENTENCE_SIZE])
{
    char until[MOMENT_TEXT_SIZE], number[COUNT_TEXT_SIZE], sensors[64] = "";
    size_t behind = 0;

    text[0] = '\0';
    if (day->servfails_since == 0)
        return;
    for (size_t i = 0; i < day->sensor_count; i++)
        behind += day->sensors[i].counted_until_ns != DAY_NOT_KNOWN;
    if (behind < day->sensor_count && !day->of_fleet)
        snprintf(sensors, sizeof(sensors), " at %zu of %zu sensors", behind, day->sensor_count);
    snprintf(text, SENTENCE_SIZE,
             " Counted until %s%s, since questions and answers are stored when their minute is "
             "over; %s more SERVFAIL%s came after that, which 'dnsblame list' shows.",
             moment_to_second(day->counted_until_ns, until), sensors,
             count_to_text(day->servfails_since, number), day->servfails_since == 1 ? "" : "s");
}

static void write_fault(const struct day *day, char text[SENTENCE_SIZE])
{
    struct day_category categories[DAY_CATEGORIES_MAX];
    size_t count = day_categories(categories);
    uint64_t incidents;
    const struct day_category *category = largest(day, categories, count, &incidents);
    char share[COUNT_TEXT_SIZE];

    text[0] = '\0';
    if (category == NULL)
        return;
    share_to_text(incidents, day->traffic[PERIOD_NOW].servfails, share);
    if (strcmp(category->code, "unattributed") == 0)
        snprintf(text, SENTENCE_SIZE,
                 " For %s of them the packets do not decide whose fault it was.", share);
    else
        snprintf(text, SENTENCE_SIZE, " %s of them come from %s (%s).", share, category->text,
                 category->code);
}

/* What most people are hurt by, and is going on; else what was the worst. */
static const struct day_outage *most_urgent(const struct day *day)
{
    for (size_t i = 0; i < day->outage_count; i++) {
        if (day->outages[i].going_on)
            return &day->outages[i];
    }
    return day->outage_count > 0 ? &day->outages[0] : NULL;
}

static const char *write_action(struct building *building)
{
    const struct day_outage *outage = most_urgent(building->day);

    if (outage == NULL)
        return NULL;
    return day_format(
        building, "%s %s%s%s%s%s%s%s",
        outage->going_on ? "First:" : "Worst, over by now:", cause_code(outage->cause),
        outage->zone != NULL ? " of " : "", outage->zone != NULL ? outage->zone : "",
        outage->explanation != NULL ? ": " : "",
        outage->explanation != NULL ? outage->explanation : "",
        outage->comparison != NULL ? " " : "",
        outage->comparison != NULL ? outage->comparison : "");
}

int day_fill_headline(struct building *building)
{
    struct day *day = building->day;
    char volume[SENTENCE_SIZE], fault[SENTENCE_SIZE], since[SENTENCE_SIZE];

    write_volume(day, volume);
    write_fault(day, fault);
    write_since(day, since);
    day->headline = day_format(building, "%s%s%s", volume, fault, since);
    day->action = write_action(building);
    return 0;
}
