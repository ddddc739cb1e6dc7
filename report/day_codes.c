/* The vocabularies of a report. */
#include <string.h>

#include "report/day.h"

static const struct {
    const char *code;
    const char *text;
} category_texts[] = {
    {"resolver", "the resolver itself"},
    {"dnssec", "DNSSEC of somebody's zone"},
    {"unreachable", "servers that cannot be reached"},
    {"timeout", "servers that are too slow"},
    {"forwarder", "the forwarder"},
    {"zone", "the data of somebody's zone"},
    {"lame", "lame delegations"},
    {"network", "the network in between"},
    {"cached", "remembered failures of unknown origin"},
    {"unattributed", "not attributed"},
};

static const char *category_text(const char *code)
{
    for (size_t i = 0; i < sizeof(category_texts) / sizeof(category_texts[0]); i++) {
        if (strcmp(category_texts[i].code, code) == 0)
            return category_texts[i].text;
    }
    return code;
}

/* The causes of a category stand together in their list. */
size_t day_categories(struct day_category categories[DAY_CATEGORIES_MAX])
{
    size_t count = 0;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        const char *code = cause_category((enum cause)i);

        if (count == 0 || strcmp(categories[count - 1].code, code) != 0) {
            if (count == DAY_CATEGORIES_MAX)
                break;
            categories[count++] = (struct day_category){
                .code = code, .text = category_text(code), .first = (enum cause)i};
        }
        categories[count - 1].last = (enum cause)i;
    }
    return count;
}

uint64_t day_category_count(const uint64_t causes[CAUSE_COUNT], const struct day_category *category)
{
    uint64_t count = 0;

    for (int i = (int)category->first; i <= (int)category->last; i++)
        count += causes[i];
    return count;
}

const char *day_outage_history_code(enum day_outage_history history)
{
    static const char *const codes[] = {
        [OUTAGE_FIRST_TIME] = "first-time",
        [OUTAGE_RETURNED] = "returned",
        [OUTAGE_CONTINUES] = "continues",
        [OUTAGE_UNLIKE_ANY] = NULL,
    };

    return codes[history];
}

/* What is captured comes some minutes later into a report. */
#define LONG_AGO_NS (INT64_C(15) * 60 * 1000000000)

const char *day_outage_state(const struct day *day, const struct day_outage *outage)
{
    int64_t last_ns = day->capture.last_time_ns, to_ns = day->spans[PERIOD_NOW].to_ns;

    if (!outage->going_on)
        return "over";
    if (last_ns != DAY_NOT_KNOWN && last_ns < to_ns && day->now_ns - last_ns > LONG_AGO_NS)
        return "going on at the end of the capture";
    return day->now_ns - to_ns > LONG_AGO_NS ? "going on at the end of this time" : "going on";
}

const char *day_certainty_mark(enum day_certainty certainty)
{
    static const char *const marks[] = {
        [DAY_COUNTED] = "",
        [DAY_ABOUT] = "about ",
        [DAY_AT_LEAST] = "at least ",
    };

    return marks[certainty];
}

const char *day_outage_scope_code(enum day_outage_scope scope)
{
    static const char *const codes[] = {
        [SCOPE_NOT_COMPARED] = NULL,
        [SCOPE_EVERYWHERE] = "everywhere",
        [SCOPE_SOME_SENSORS] = "some-sensors",
        [SCOPE_ONE_SENSOR] = "one-sensor",
        [SCOPE_NOT_ASKED] = "not-asked-elsewhere",
    };

    return codes[scope];
}

const char *day_change_code(enum day_change_kind kind)
{
    static const char *const codes[] = {
        [CHANGE_NEW] = "new",
        [CHANGE_WORSE] = "worse",
        [CHANGE_BETTER] = "better",
        [CHANGE_OVER] = "over",
    };

    return codes[kind];
}

static const struct {
    const char *code;
    const char *option;
} tops[TOP_COUNT] = {
    [TOP_ZONES] = {"zones", "zone"},
    [TOP_SERVERS] = {"servers", "server"},
    [TOP_CLIENTS] = {"clients", "client"},
    [TOP_NAMES] = {"names", "name"},
};

const char *day_top_code(enum day_top_kind kind)
{
    return tops[kind].code;
}

const char *day_top_option(enum day_top_kind kind)
{
    return tops[kind].option;
}

const char *day_fragile_code(enum day_fragile_kind kind)
{
    static const char *const codes[] = {
        [FRAGILE_ONE_LISTED] = "one-listed",       [FRAGILE_ONE_WORKING] = "one-working",
        [FRAGILE_NONE_WORKING] = "none-working",   [FRAGILE_PARTLY_LAME] = "partly-lame",
        [FRAGILE_PARTLY_SILENT] = "partly-silent",
    };

    return codes[kind];
}
