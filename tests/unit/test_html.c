/* The HTML report's text and charts, as far as no browser is needed (tests/html has one). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "report/chart.h"
#include "report/html.h"
#include "report/html_text.h"

#define HOUR_NS INT64_C(3600000000000)

static unsigned count_of(const char *text, const char *wanted)
{
    unsigned count = 0;

    for (; (text = strstr(text, wanted)) != NULL; text += strlen(wanted))
        count++;
    return count;
}

static void use_timezone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void what_browsers_act_on_becomes_text(void **state)
{
    static const struct {
        const char *text, *html;
    } cases[] = {
        {"plain.example.", "plain.example."},
        {"<script>", "&lt;script&gt;"},
        {"\" onload='x'", "&quot; onload=&#39;x&#39;"},
        {"&lt;", "&amp;lt;"},
        {"a\nb", "a\\x0ab"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
        {"\xff", "\\xff"},
        {"\\092\\255", "\\092\\255"},
        {"M\xc3\xbcnchen", "M\xc3\xbcnchen"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char html[256];
        FILE *output = fmemopen(html, sizeof(html), "w");

        assert_non_null(output);
        html_text(output, "%s", cases[i].text);
        fclose(output);
        assert_string_equal(html, cases[i].html);
    }
}

static void scales_begin_at_zero_and_hold_the_largest_value_in_round_steps(void **state)
{
    static const struct {
        double largest, step, top;
        unsigned decimals;
    } cases[] = {
        {0, 1, 1, 0},       {-1, 1, 1, 0},          {100, 50, 100, 0},
        {37, 10, 40, 0},    {4, 1, 4, 0},           {1.12, 0.5, 1.5, 1},
        {0.3, 0.1, 0.3, 1}, {0.042, 0.02, 0.06, 2}, {0.00007, 2e-5, 8e-5, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chart_scale scale = chart_scale_from_zero(cases[i].largest, 4);

        assert_float_equal(scale.step, cases[i].step, 1e-12);
        assert_float_equal(scale.top, cases[i].top, 1e-12);
        assert_int_equal(scale.decimals, cases[i].decimals);
    }
}

static void tell_nothing(FILE *output, const void *context, size_t column)
{
    (void)output;
    (void)context;
    (void)column;
}

/* A day's chart whose hours before `first_known` were not captured. To be freed. */
static char *day_chart(int64_t from_ns, unsigned hours, unsigned first_known)
{
    struct chart_column columns[25] = {0};
    const struct chart_columns chart = {
        .head = {"id", "title", "description"},
        .span = {from_ns, from_ns + hours * HOUR_NS},
        .columns = columns,
        .column_count = hours,
        .part_codes = {"dnssec", "lame"},
        .part_count = 2,
        .unit = " %",
        .reference = -1,
        .tell = tell_nothing,
    };
    char *text = NULL;
    size_t size;
    FILE *output = open_memstream(&text, &size);

    assert_non_null(output);
    for (unsigned i = 0; i < hours; i++) {
        columns[i].from_ns = from_ns + i * HOUR_NS;
        columns[i].to_ns = columns[i].from_ns + HOUR_NS;
        columns[i].known = i >= first_known;
        columns[i].parts[0] = i == hours - 1 ? 3 : 0;
        columns[i].parts[1] = i == hours - 1 ? 1 : 0;
    }
    chart_columns_print(output, &chart);
    fclose(output);
    return text;
}

static void what_was_not_captured_is_one_gap_and_no_columns(void **state)
{
    char *text = day_chart(INT64_C(1763596800) * 1000000000, 24, 6);

    (void)state;
    assert_int_equal(count_of(text, "class=\"gap\""), 1);
    assert_int_equal(count_of(text, "class=\"column\""), 18);
    assert_non_null(strstr(text, "<rect x=\"0.000%\" width=\"25.000%\""));
    free(text);
}

static void parts_are_stacked_from_zero_to_their_sum(void **state)
{
    char *text = day_chart(INT64_C(1763596800) * 1000000000, 24, 0);

    (void)state;
    /* 4 % are the whole height of 186, above 14 that are left for the number. */
    assert_non_null(
        strstr(text, "y=\"60.50\" height=\"139.50\" data-part=\"dnssec\" data-value=\"3\""));
    assert_non_null(
        strstr(text, "y=\"14.00\" height=\"46.50\" data-part=\"lame\" data-value=\"1\""));
    assert_int_equal(count_of(text, "data-part"), 2);
    free(text);
}

static void ticks_stand_at_hours_of_the_clock_on_days_of_23_and_25_hours(void **state)
{
    static const struct {
        int64_t from_s;
        unsigned hours;
        const char *six; /* where 06:00 is, of the width */
    } days[] = {
        {1774652400, 24, "25.00"}, /* 2026-03-28 in Berlin */
        {1774738800, 23, "21.74"},
        {1761429600, 25, "28.00"},
    };

    (void)state;
    use_timezone("Europe/Berlin");
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        char *text = day_chart(days[i].from_s * 1000000000, days[i].hours, 0), wanted[64];
        const char *tick;

        tick = strstr(text, ">06:00</text>");
        assert_non_null(tick);
        snprintf(wanted, sizeof(wanted), "x=\"%s%%\"", days[i].six);
        while (strncmp(tick, "<text", 5) != 0)
            tick--;
        assert_non_null(strstr(tick, wanted));
        assert_true(strstr(tick, wanted) < strstr(tick, "</text>"));
        assert_int_equal(count_of(text, ">00:00</text>"), 2);
        free(text);
    }
    use_timezone("UTC");
}

static void latencies_stand_on_a_logarithmic_scale_with_their_percentiles(void **state)
{
    uint64_t buckets[LATENCY_BUCKETS] = {[0] = 5, [10] = 10};
    const struct chart_latency latency = {buckets, 100000, 51200000, -1};
    const struct chart_head head = {"id", "title", "description"};
    char *text = NULL;
    size_t size;
    FILE *output = open_memstream(&text, &size);

    (void)state;
    assert_non_null(output);
    chart_histogram_print(output, &head, &latency);
    fclose(output);
    assert_int_equal(count_of(text, "class=\"bucket\""), 2);
    assert_non_null(strstr(text, "x=\"50.00%\" width=\"5.00%\" y=\"16.00\" height=\"104.00\""));
    assert_non_null(strstr(text, "data-value=\"100000\"><line x1=\"5.00%\""));
    assert_non_null(strstr(text, "data-value=\"51200000\"><line x1=\"50.00%\""));
    assert_int_equal(count_of(text, "class=\"percentile\""), 2);
    free(text);
}

static void a_model_without_a_single_figure_makes_a_page_that_says_so(void **state)
{
    struct day_sensor sensor = {.name = "tap1", .path = "x.db"};
    struct day day = {
        .spans = {{.to_ns = 24 * HOUR_NS}, {.shift_days = 1}, {.shift_days = 7}},
        .timezone = "UTC",
        .analyzer_version = "1",
        .headline = "No capture covers this time.",
        .sensors = &sensor,
        .sensor_count = 1,
        .elapsed = {.p50_ns = DAY_NOT_KNOWN, .p95_ns = DAY_NOT_KNOWN, .p99_ns = DAY_NOT_KNOWN},
        .capture = {.first_time_ns = DAY_NOT_KNOWN, .last_time_ns = DAY_NOT_KNOWN},
    };
    struct error error;
    char *text = NULL;
    size_t size;
    FILE *output = open_memstream(&text, &size);

    (void)state;
    assert_non_null(output);
    assert_int_equal(html_print(output, &day, &error), 0);
    fclose(output);
    assert_non_null(strstr(text, "No capture covers this time."));
    assert_non_null(strstr(text, ">no data<"));
    assert_non_null(strstr(text, "default-src 'none'; style-src 'sha256-"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "(null)"));
    assert_int_equal(count_of(text, "<section"), count_of(text, "</section>"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_browsers_act_on_becomes_text),
        cmocka_unit_test(scales_begin_at_zero_and_hold_the_largest_value_in_round_steps),
        cmocka_unit_test(what_was_not_captured_is_one_gap_and_no_columns),
        cmocka_unit_test(parts_are_stacked_from_zero_to_their_sum),
        cmocka_unit_test(ticks_stand_at_hours_of_the_clock_on_days_of_23_and_25_hours),
        cmocka_unit_test(latencies_stand_on_a_logarithmic_scale_with_their_percentiles),
        cmocka_unit_test(a_model_without_a_single_figure_makes_a_page_that_says_so),
    };

    use_timezone("UTC");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
