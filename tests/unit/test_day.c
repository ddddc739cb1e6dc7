#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "report/day.h"
#include "report/gather.h"
#include "report/moment.h"
#include "samples.h"
#include "store/store.h"
#include "store_fixture.h"

#define DAY_FROM_NS INT64_C(1767225600000000000) /* 2026-01-01T00:00:00Z */
#define DAY_NS      (24 * 3600 * INT64_C(1000000000))

/* `count` incidents a second apart from `time_ns` on, every third out of the cache, and a minute of
 * 100 answers to put them into proportion with. */
static void fill(const struct fixture *fixture, uint64_t source, int64_t time_ns, unsigned count)
{
    const struct store_options options = {
        .path = fixture->path, .sensor = "tap1", .analyzer_version = "0.1.0"};
    const struct source_health health = {.packets = 7,
                                         .dns_messages = 4,
                                         .dns_responses = 2,
                                         .first_time_ns = time_ns,
                                         .last_time_ns = time_ns + SAMPLE_MS(9000)};
    struct finding *finding = calloc(1, sizeof(*finding));
    struct store *store = store_open(&options, NULL);

    assert_non_null(finding);
    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, source, "a.pcap", NULL), 0);
    for (unsigned i = 0; i < count; i++) {
        sample_incident(&finding->incident, i);
        finding->incident.identity += source << 16;
        finding->incident.outage += source;
        finding->incident.time_ns = time_ns + SAMPLE_MS(1000) * i;
        finding->incident.client_key = hash_stable(&finding->incident.client, 16);
        finding->incident.evidence_count = 0;
        if (i % 3 == 2) {
            finding->incident.cause = CAUSE_CACHED_FAILURE;
            finding->incident.origin = finding->incident.identity - 1;
        }
        assert_int_equal(store_add(store, finding, NULL), 0);
    }
    finding->kind = FINDING_MINUTE;
    finding->minute = sample_minute(time_ns / 60000000000 * 60000000000, 100);
    assert_int_equal(store_add(store, finding, NULL), 0);
    assert_int_equal(store_set_health(store, 0, &health, NULL), 0);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
    free(finding);
}

struct reading {
    struct database *database;
    struct day *day;
};

static struct reading read_span(const struct fixture *fixture, int64_t from_ns, int64_t to_ns)
{
    char *paths[] = {(char *)(uintptr_t)fixture->path};
    struct reading reading = {.database = database_open(fixture->path, NULL)};
    struct day_options options = {.databases = &reading.database,
                                  .paths = paths,
                                  .database_count = 1,
                                  .from_ns = from_ns,
                                  .to_ns = to_ns,
                                  .now_ns = DAY_FROM_NS};

    assert_non_null(reading.database);
    reading.day = day_new(&options, NULL);
    assert_non_null(reading.day);
    return reading;
}

static void close_reading(struct reading *reading)
{
    day_free(reading->day);
    database_close(reading->database);
}

static void resolvers_that_share_a_row_are_named_as_others(void **state)
{
    struct fixture *fixture = *state;
    struct reading reading;

    fill(fixture, 1, SAMPLE_TIME_NS, 6);
    change_database(fixture, "UPDATE servfails SET resolver = '';"
                             "UPDATE servfail_clients SET resolver = '';"
                             "UPDATE minutes SET server = '' WHERE is_resolver");
    reading = read_span(fixture, DAY_FROM_NS, DAY_FROM_NS + DAY_NS);
    assert_int_equal(reading.day->resolver_count, 1);
    assert_string_equal(reading.day->resolvers[0].address, "(others)");
    assert_int_equal(reading.day->resolvers[0].traffic[PERIOD_NOW].servfails, 6);
    assert_int_equal(reading.day->resolvers[0].traffic[PERIOD_NOW].queries, 100);
    assert_int_equal(reading.day->resolvers[0].traffic[PERIOD_NOW].clients, 6);
    close_reading(&reading);
}

static void a_cached_failure_counts_under_what_first_failed(void **state)
{
    struct reading reading;
    const struct day *day;

    fill(*state, 1, SAMPLE_TIME_NS, 6);
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    day = reading.day;
    assert_int_equal(day->traffic[PERIOD_NOW].servfails, 6);
    assert_int_equal(day->traffic[PERIOD_NOW].cached, 2);
    assert_int_equal(day->traffic[PERIOD_NOW].causes[CAUSE_LAME_REFUSED], 6);
    assert_int_equal(day->traffic[PERIOD_NOW].clients, 6);
    assert_int_equal(day->cause_count, 1);
    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outages[0].incidents, 6);
    assert_int_equal(day->outages[0].clients, 6);
    assert_string_equal(day->outages[0].zone, "example.com.");
    assert_string_equal(day->outages[0].servers[0].name, "ns1.example.com.");
    assert_int_equal(llround(day_share(&day->traffic[PERIOD_NOW]) * 1e9), 60000000);
    close_reading(&reading);
}

static void a_span_reports_only_what_lies_in_it(void **state)
{
    struct reading reading;

    fill(*state, 1, SAMPLE_TIME_NS, 6);
    reading = read_span(*state, SAMPLE_TIME_NS + SAMPLE_MS(1000), SAMPLE_TIME_NS + SAMPLE_MS(2000));
    assert_int_equal(reading.day->traffic[PERIOD_NOW].servfails, 1);
    assert_int_equal(reading.day->traffic[PERIOD_NOW].clients, 1);
    assert_int_equal(reading.day->outages[0].incidents, 1);
    assert_int_equal(reading.day->outages[0].clients, 1);
    close_reading(&reading);
}

static void midnight_parts_the_days(void **state)
{
    struct reading before, after;

    /* 23:59:57 to 00:00:02 */
    fill(*state, 1, DAY_FROM_NS + DAY_NS - SAMPLE_MS(3000), 6);
    before = read_span(*state, DAY_FROM_NS, DAY_FROM_NS + DAY_NS);
    after = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    assert_int_equal(before.day->traffic[PERIOD_NOW].servfails, 3);
    assert_int_equal(after.day->traffic[PERIOD_NOW].servfails, 3);
    assert_int_equal(after.day->traffic[PERIOD_BEFORE].servfails, 3);
    assert_int_equal(before.day->outages[0].history, OUTAGE_FIRST_TIME);
    assert_int_equal(after.day->outages[0].history, OUTAGE_CONTINUES);
    assert_true(before.day->outages[0].going_on);
    close_reading(&before);
    close_reading(&after);
}

static void without_a_capture_nothing_is_known_and_nothing_is_zero(void **state)
{
    struct reading reading;
    const struct day *day;

    fill(*state, 1, SAMPLE_TIME_NS, 6);
    reading = read_span(*state, DAY_FROM_NS, DAY_FROM_NS + DAY_NS);
    day = reading.day;
    assert_true(day->traffic[PERIOD_NOW].known);
    assert_false(day->traffic[PERIOD_BEFORE].known);
    assert_true(day_share(&day->traffic[PERIOD_BEFORE]) < 0);
    assert_int_equal(day->change_count, 0);
    assert_int_equal(day->hour_count, 24);
    assert_true(day->hours[0].traffic.known);
    assert_false(day->hours[1].traffic.known);
    close_reading(&reading);
    reading = read_span(*state, DAY_FROM_NS - 40 * DAY_NS, DAY_FROM_NS - 39 * DAY_NS);
    assert_false(reading.day->traffic[PERIOD_NOW].known);
    assert_string_equal(reading.day->headline, "No capture covers this time.");
    close_reading(&reading);
}

static void an_outage_that_was_there_before_has_returned(void **state)
{
    struct reading reading;
    const struct day_outage *outage;

    fill(*state, 1, DAY_FROM_NS + SAMPLE_MS(1000), 3);
    fill(*state, 2, DAY_FROM_NS + DAY_NS + SAMPLE_MS(1000), 4);
    reading = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    outage = &reading.day->outages[0];
    assert_int_equal(outage->history, OUTAGE_RETURNED);
    assert_int_equal(outage->earlier_count, 1);
    assert_int_equal(outage->earlier_time_ns, DAY_FROM_NS + SAMPLE_MS(3000));
    assert_int_equal(reading.day->change_count, 0); /* 4 after 3 is the same */
    assert_int_equal(reading.day->causes[0].incidents[PERIOD_BEFORE], 3);
    close_reading(&reading);
}

static void what_was_not_there_yesterday_is_new_and_what_is_gone_is_over(void **state)
{
    struct reading reading;

    fill(*state, 1, DAY_FROM_NS + SAMPLE_MS(1000), 3);
    fill(*state, 2, DAY_FROM_NS + DAY_NS + SAMPLE_MS(1000), 0);
    reading = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    assert_int_equal(reading.day->change_count, 1);
    assert_int_equal(reading.day->changes[0].kind, CHANGE_OVER);
    assert_string_equal(reading.day->changes[0].zone, "example.com.");
    close_reading(&reading);
    fill(*state, 3, DAY_FROM_NS - DAY_NS + SAMPLE_MS(1000), 0);
    reading = read_span(*state, DAY_FROM_NS, DAY_FROM_NS + DAY_NS);
    assert_int_equal(reading.day->changes[0].kind, CHANGE_NEW);
    close_reading(&reading);
}

#define MINUTE_NS INT64_C(60000000000)

/* Two minutes, of the second of which the answers are not stored yet. */
static void what_is_being_written_is_reported_on_up_to_a_moment(void **state)
{
    const int64_t minute_ns = SAMPLE_TIME_NS / MINUTE_NS * MINUTE_NS;
    struct reading reading;

    fill(*state, 1, minute_ns, 6);
    fill(*state, 2, minute_ns + MINUTE_NS, 4);
    change_database(*state,
                    "DELETE FROM minutes WHERE minute_ns > (SELECT min(minute_ns) FROM minutes)");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    assert_int_equal(reading.day->counted_until_ns, DAY_NOT_KNOWN); /* nobody writes */
    assert_int_equal(reading.day->traffic[PERIOD_NOW].servfails, 10);
    close_reading(&reading);
    change_database(*state, "UPDATE runs SET finished = 0");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    assert_int_equal(reading.day->counted_until_ns, minute_ns + MINUTE_NS);
    assert_int_equal(reading.day->servfails_since, 4);
    assert_int_equal(reading.day->traffic[PERIOD_NOW].servfails, 6);
    assert_int_equal(reading.day->traffic[PERIOD_NOW].responses, 100);
    assert_int_equal(reading.day->outage_count, 1);
    assert_non_null(strstr(reading.day->headline, "Counted until 2026-01-01 00:05:00 UTC"));
    assert_non_null(strstr(reading.day->headline, "4 more SERVFAILs came after that"));
    close_reading(&reading);
    change_database(*state, "DELETE FROM minutes");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    assert_int_equal(reading.day->servfails_since, 10);
    assert_false(reading.day->traffic[PERIOD_NOW].known);
    assert_non_null(strstr(reading.day->headline, "Nothing of this time is counted yet."));
    close_reading(&reading);
}

static void without_a_zone_outages_are_alike_that_share_a_server(void **state)
{
    struct reading reading;

    fill(*state, 1, DAY_FROM_NS + SAMPLE_MS(1000), 3);
    fill(*state, 2, DAY_FROM_NS + DAY_NS + SAMPLE_MS(1000), 4);
    fill(*state, 3, DAY_FROM_NS + DAY_NS + SAMPLE_MS(3600000), 5);
    change_database(*state, "UPDATE outages SET zone = NULL");
    reading = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    assert_int_equal(reading.day->outages[0].history, OUTAGE_RETURNED);
    assert_int_equal(reading.day->outages[0].earlier_count, 2); /* one of them in the span */
    close_reading(&reading);
    change_database(*state,
                    "UPDATE outage_servers SET address = '192.0.2.' || (100 + abs(outage % 100))");
    reading = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    assert_int_equal(reading.day->outages[0].history, OUTAGE_FIRST_TIME);
    assert_int_equal(reading.day->outages[1].history, OUTAGE_FIRST_TIME);
    close_reading(&reading);
    change_database(*state, "DELETE FROM outage_servers");
    reading = read_span(*state, DAY_FROM_NS + DAY_NS, DAY_FROM_NS + 2 * DAY_NS);
    assert_int_equal(reading.day->outages[0].history, OUTAGE_UNLIKE_ANY);
    close_reading(&reading);
}

static void a_sum_is_an_estimate_only_where_no_row_makes_much_of_it(void **state)
{
    const struct day_top *top;
    struct reading reading;

    fill(*state, 1, SAMPLE_TIME_NS, 100);
    change_database(*state, "UPDATE incidents SET client = '192.0.2.1', qname = 'a.example.'");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    top = reading.day->tops[TOP_CLIENTS];
    assert_int_equal(top->incidents, 100);
    assert_int_equal(top->certainty, DAY_COUNTED);
    close_reading(&reading);
    change_database(*state,
                    "DELETE FROM incidents WHERE id % 2 = 0; UPDATE incidents SET weight = 2;"
                    "UPDATE outage_counts SET kept = 50;");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    top = reading.day->tops[TOP_CLIENTS];
    assert_int_equal(top->incidents, 100);
    assert_int_equal(top->certainty, DAY_ABOUT);
    close_reading(&reading);
    change_database(*state,
                    "UPDATE incidents SET weight = 1;"
                    "UPDATE incidents SET weight = 51 WHERE id = (SELECT min(id) FROM incidents)");
    reading = read_span(*state, INT64_MIN, INT64_MAX);
    top = reading.day->tops[TOP_CLIENTS];
    assert_int_equal(top->incidents, 50);
    assert_int_equal(top->certainty, DAY_AT_LEAST);
    assert_int_equal(reading.day->tops[TOP_NAMES]->certainty, DAY_AT_LEAST);
    close_reading(&reading);
}

static void in_time_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void a_day_has_as_many_hours_as_the_clock_shows(void **state)
{
    static const struct {
        const char *date;
        size_t hours;
    } cases[] = {{"2026-03-29", 23}, {"2026-10-25", 25}, {"2026-06-01", 24}};
    const int64_t hour_ns = 3600 * INT64_C(1000000000);

    in_time_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    fill(*state, 1, SAMPLE_TIME_NS, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading;
        int64_t from_ns, to_ns;

        assert_int_equal(moment_parse_day(cases[i].date, 0, &from_ns, &to_ns), 0);
        reading = read_span(*state, from_ns, to_ns);
        assert_int_equal(reading.day->hour_count, cases[i].hours);
        for (size_t j = 0; j < reading.day->hour_count; j++)
            assert_int_equal(reading.day->hours[j].from_ns, from_ns + (int64_t)j * hour_ns);
        if (cases[i].hours == 25) {
            assert_string_equal(reading.day->hours[2].label, "02:00 CEST");
            assert_string_equal(reading.day->hours[3].label, "02:00 CET");
            assert_string_equal(reading.day->hours[4].label, "03:00");
        }
        /* The day before is that of the calendar. */
        assert_int_equal(reading.day->spans[PERIOD_BEFORE].to_ns, from_ns);
        assert_int_equal(reading.day->spans[PERIOD_BEFORE].shift_days, 1);
        close_reading(&reading);
    }
    in_time_zone("UTC0");
}

static void commands_are_safe_in_a_shell(void **state)
{
    struct day_sensor sensor = {.name = "tap1", .path = "it's.db"};
    struct day day = {.sensors = &sensor, .sensor_count = 1};
    char text[DAY_COMMAND_SIZE];

    (void)state;
    day.spans[PERIOD_NOW] = (struct day_span){.from_ns = DAY_FROM_NS, .to_ns = DAY_FROM_NS + 1};
    assert_string_equal(day_list_command(&day, 0, "zone", "a\\032$(reboot).example.", text),
                        "dnsblame list --db 'it'\\''s.db' --zone 'a\\032$(reboot).example.' "
                        "--from 2026-01-01T00:00:00Z --to 2026-01-01T00:00:00.000000001Z");
    assert_string_equal(day_show_command(&day, 0, 255, text),
                        "dnsblame show --db 'it'\\''s.db' 00000000000000ff");
}

/* Of what grows with the traffic nothing is read but the span's part, and no evidence at all. */
static void no_figure_takes_a_scan_of_what_grows(void **state)
{
    static const char *const large[] = {"incidents",     "minutes", "servfails",
                                        "outage_counts", "health",  "servfail_clients",
                                        "evidence"};
    const struct fixture *fixture = *state;
    sqlite3 *handle = NULL;
    const char *sql;
    size_t plans = 0;

    fill(fixture, 1, SAMPLE_TIME_NS, 1);
    assert_int_equal(sqlite3_open(fixture->path, &handle), SQLITE_OK);
    assert_int_equal(gather_add_functions(handle), SQLITE_OK);
    for (size_t i = 0; (sql = gather_sql(i)) != NULL; i++) {
        sqlite3_stmt *plan = NULL;
        char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);

        assert_int_equal(sqlite3_prepare_v2(handle, explain, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);

            plans++;
            assert_null(strstr(step, "evidence"));
            if (strncmp(step, "SCAN ", 5) != 0)
                continue;
            for (size_t j = 0; j < sizeof(large) / sizeof(large[0]); j++) {
                if (strncmp(step + 5, large[j], strlen(large[j])) == 0)
                    fail_msg("%s: %s", sql, step);
            }
        }
        sqlite3_finalize(plan);
        sqlite3_free(explain);
    }
    assert_true(plans > 20);
    sqlite3_close(handle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(resolvers_that_share_a_row_are_named_as_others),
        WITH_FOLDER(a_cached_failure_counts_under_what_first_failed),
        WITH_FOLDER(a_span_reports_only_what_lies_in_it),
        WITH_FOLDER(midnight_parts_the_days),
        WITH_FOLDER(without_a_capture_nothing_is_known_and_nothing_is_zero),
        WITH_FOLDER(an_outage_that_was_there_before_has_returned),
        WITH_FOLDER(what_was_not_there_yesterday_is_new_and_what_is_gone_is_over),
        WITH_FOLDER(what_is_being_written_is_reported_on_up_to_a_moment),
        WITH_FOLDER(without_a_zone_outages_are_alike_that_share_a_server),
        WITH_FOLDER(a_sum_is_an_estimate_only_where_no_row_makes_much_of_it),
        WITH_FOLDER(a_day_has_as_many_hours_as_the_clock_shows),
        WITH_FOLDER(no_figure_takes_a_scan_of_what_grows),
        cmocka_unit_test(commands_are_safe_in_a_shell),
    };

    in_time_zone("UTC0");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
