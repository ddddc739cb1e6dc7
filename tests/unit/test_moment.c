#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "report/moment.h"
#include "samples.h"

static void moments_are_parsed_and_printed_alike(void **state)
{
    static const struct {
        const char *text;
        const char *utc; /* NULL: no moment */
    } cases[] = {
        {"2026-01-01T00:04:05.123456789Z", "2026-01-01T00:04:05.123456789Z"},
        {"2026-01-01", "2026-01-01T00:00:00.000000000Z"},
        {"2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.000000000Z"},
        {"2025-12-31 22:30-01:30", "2026-01-01T00:00:00.000000000Z"},
        {"2024-02-29", "2024-02-29T00:00:00.000000000Z"},
        {"2026-02-29", NULL},
        {"2026-13-01", NULL},
        {"2026-01-01T24:00:00Z", NULL},
        {"2026-01-01Z", NULL},
        {"2026-01-01T00:00:00Zx", NULL},
        {"1969-12-31", NULL},
        {"yesterday", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[MOMENT_TEXT_SIZE];
        int64_t time_ns;

        assert_int_equal(moment_parse(cases[i].text, &time_ns), cases[i].utc != NULL ? 0 : -1);
        if (cases[i].utc != NULL)
            assert_string_equal(moment_to_rfc3339(time_ns, text), cases[i].utc);
    }
}

static void a_clock_time_is_of_today_in_the_time_zone(void **state)
{
    static const struct {
        const char *zone, *text, *utc;
    } cases[] = {
        {"UTC0", "10:14", "2026-11-21T10:14:00.000000000Z"},
        {"UTC0", "00:00:07", "2026-11-21T00:00:07.000000000Z"},
        {"CET-1", "00:30", "2026-11-21T23:30:00.000000000Z"}, /* there the day is one further */
        {"UTC0", "24:00", NULL},
        {"UTC0", "10:14Z", NULL},
        {"UTC0", "1014", NULL},
    };
    int64_t now_ns, time_ns;

    (void)state;
    assert_int_equal(moment_parse("2026-11-21T23:45:06Z", &now_ns), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[MOMENT_TEXT_SIZE];

        setenv("TZ", cases[i].zone, 1);
        tzset();
        assert_int_equal(moment_parse_clock(cases[i].text, now_ns, &time_ns),
                         cases[i].utc != NULL ? 0 : -1);
        if (cases[i].utc != NULL)
            assert_string_equal(moment_to_rfc3339(time_ns, text), cases[i].utc);
    }
    setenv("TZ", "UTC0", 1);
    tzset();
}

static void a_day_ends_where_the_next_begins(void **state)
{
    int64_t from_ns, to_ns;

    (void)state;
    assert_int_equal(moment_parse_day("yesterday", SAMPLE_TIME_NS, &from_ns, &to_ns), 0);
    assert_int_equal(to_ns - from_ns, INT64_C(86400000000000));
    assert_int_equal(to_ns, INT64_C(1767225600000000000));
    /* POSIX rules, so that no zone files are needed: summer time begins on 2026-03-29. */
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    assert_int_equal(moment_parse_day("2026-03-29", 0, &from_ns, &to_ns), 0);
    assert_int_equal((to_ns - from_ns) / 1000000000, 23 * 3600);
    setenv("TZ", "UTC0", 1);
    assert_int_equal(moment_parse_day("2026-03-29T00:00:00Z", 0, &from_ns, &to_ns), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_parsed_and_printed_alike),
        cmocka_unit_test(a_clock_time_is_of_today_in_the_time_zone),
        cmocka_unit_test(a_day_ends_where_the_next_begins),
    };

    setenv("TZ", "UTC0", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
