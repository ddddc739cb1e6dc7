/* The span in pieces: intervals of equal length for the charts, and hours of the day. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/day_private.h"

#define INTERVALS_MAX 300

/* How long intervals are. */
static int64_t find_step_ns(const struct day *day)
{
    static const int64_t steps[] = {1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2 * 1440, 7 * 1440};
    int64_t length_ns = day->spans[PERIOD_NOW].to_ns - day->spans[PERIOD_NOW].from_ns;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int64_t step_ns = steps[i] * DAY_MINUTE_NS;

        if ((length_ns + step_ns - 1) / step_ns <= INTERVALS_MAX)
            return step_ns;
    }
    return (length_ns / INTERVALS_MAX / DAY_DAY_NS + 1) * DAY_DAY_NS; /* many years */
}

int day_add_intervals(struct building *building)
{
    struct day *day = building->day;
    int64_t from_ns = day->spans[PERIOD_NOW].from_ns, to_ns = day->spans[PERIOD_NOW].to_ns;
    int64_t step_ns = find_step_ns(day);

    /* They begin with whole minutes, as the counters do. */
    for (int64_t at_ns = from_ns - from_ns % DAY_MINUTE_NS; at_ns < to_ns; at_ns += step_ns) {
        struct day_interval *interval = DAY_ADD(building, day->intervals, day->interval_count);

        if (interval == NULL)
            return -1;
        interval->from_ns = at_ns > from_ns ? at_ns : from_ns;
        interval->to_ns = at_ns + step_ns < to_ns ? at_ns + step_ns : to_ns;
    }
    return 0;
}

static struct tm local_time(int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    struct tm local;

    localtime_r(&seconds, &local);
    return local;
}

static bool is_one_day(const struct day *day)
{
    return day->spans[PERIOD_NOW].to_ns - day->spans[PERIOD_NOW].from_ns <= 26 * DAY_HOUR_NS;
}

int64_t day_grain_ns(const struct day *day)
{
    static const int64_t grains[] = {60, 30, 15, 5};
    const struct day_span *span = &day->spans[PERIOD_NOW];
    int64_t step_ns = find_step_ns(day);
    /* Hours of the time zone begin at quarters of an hour, most of them at whole ones. */
    bool whole = local_time(span->from_ns).tm_gmtoff % 3600 == 0 &&
                 local_time(span->to_ns).tm_gmtoff % 3600 == 0;

    for (size_t i = 0; i < sizeof(grains) / sizeof(grains[0]); i++) {
        int64_t grain_ns = grains[i] * DAY_MINUTE_NS;

        if (step_ns % grain_ns == 0 && span->from_ns % grain_ns == 0 && (grains[i] <= 15 || whole))
            return grain_ns;
    }
    return DAY_MINUTE_NS;
}

/* Where the clock is put back an hour comes twice: both get the name of their zone. */
static void tell_apart(struct day_hour *first, struct day_hour *second)
{
    struct day_hour *both[] = {first, second};

    if (strcmp(first->label, second->label) != 0)
        return;
    for (size_t i = 0; i < 2; i++) {
        struct tm local = local_time(both[i]->from_ns);

        strftime(both[i]->label, sizeof(both[i]->label), "%H:%M %Z", &local);
    }
}

static int add_hours_of_one_day(struct building *building)
{
    struct day *day = building->day;
    int64_t at_ns = day->spans[PERIOD_NOW].from_ns;

    while (at_ns < day->spans[PERIOD_NOW].to_ns) {
        struct day_hour *hour = DAY_ADD(building, day->hours, day->hour_count);
        struct tm local = local_time(at_ns);

        if (hour == NULL)
            return -1;
        hour->from_ns = at_ns;
        strftime(hour->label, sizeof(hour->label), "%H:%M", &local);
        if (day->hour_count > 1)
            tell_apart(hour - 1, hour);
        at_ns += DAY_HOUR_NS - (local.tm_min * 60 + local.tm_sec) * INT64_C(1000000000) -
                 at_ns % INT64_C(1000000000);
    }
    return 0;
}

int day_add_hours(struct building *building)
{
    struct day *day = building->day;

    if (is_one_day(day))
        return add_hours_of_one_day(building);
    for (int i = 0; i < 24; i++) {
        struct day_hour *hour = DAY_ADD(building, day->hours, day->hour_count);

        if (hour == NULL)
            return -1;
        hour->from_ns = DAY_NOT_KNOWN;
        snprintf(hour->label, sizeof(hour->label), "%02d:00", i);
    }
    return 0;
}

struct day_hour *day_hour_of(struct day *day, int64_t time_ns)
{
    size_t i = day->hour_count - 1;

    if (!is_one_day(day))
        return &day->hours[local_time(time_ns).tm_hour];
    while (i > 0 && day->hours[i].from_ns > time_ns)
        i--;
    return &day->hours[i];
}

struct day_interval *day_interval_of(struct day *day, int64_t time_ns)
{
    int64_t from_ns = day->intervals[0].from_ns - day->intervals[0].from_ns % DAY_MINUTE_NS;
    int64_t step_ns = day->intervals[0].to_ns - from_ns;
    size_t i = time_ns <= from_ns ? 0 : (size_t)((time_ns - from_ns) / step_ns);

    return &day->intervals[i < day->interval_count ? i : day->interval_count - 1];
}

void day_mark_covered(struct day *day, int64_t from_ns, int64_t to_ns)
{
    for (size_t i = 0; i < day->interval_count; i++) {
        struct day_interval *interval = &day->intervals[i];

        if (interval->from_ns < to_ns && interval->to_ns > from_ns)
            interval->traffic.known = true;
    }
    for (int64_t at_ns = from_ns; at_ns < to_ns; at_ns += 15 * DAY_MINUTE_NS)
        day_hour_of(day, at_ns)->traffic.known = true;
    day_hour_of(day, to_ns - 1)->traffic.known = true;
}
