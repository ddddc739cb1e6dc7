#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "printed.h"
#include "report/cause_counts.h"
#include "report/database.h"
#include "store/store.h"
#include "store_fixture.h"

/* `count` incidents, the first as given, of two outages, and minutes to put them into proportion
 * with. */
static void fill(struct fixture *fixture, const struct incident *first, unsigned count)
{
    const struct store_options options = {
        .path = fixture->path, .sensor = "tap1", .analyzer_version = "0.1.0"};
    const struct source_health health = {.packets = 7,
                                         .first_time_ns = SAMPLE_TIME_NS,
                                         .last_time_ns = SAMPLE_TIME_NS + SAMPLE_MS(9000)};
    struct finding *finding = calloc(1, sizeof(*finding));
    struct store *store = store_open(&options, NULL);

    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, 1, "a.pcap", NULL), 0);
    assert_int_equal(store_begin_source(store, 1, 2, "b.pcap", NULL), 0);
    for (unsigned i = 0; i < count; i++) {
        sample_incident(&finding->incident, i);
        if (i == 0 && first != NULL)
            finding->incident = *first;
        if (i % 3 == 2) {
            finding->incident.cause = CAUSE_CACHED_FAILURE;
            finding->incident.origin = finding->incident.identity - 1;
            finding->incident.outage = 5;
        }
        assert_int_equal(store_add(store, finding, NULL), 0);
    }
    finding->kind = FINDING_MINUTE;
    finding->minute = sample_minute(SAMPLE_TIME_NS / 60000000000 * 60000000000, 100);
    assert_int_equal(store_add(store, finding, NULL), 0);
    assert_int_equal(store_set_health(store, 0, &health, NULL), 0);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
    free(finding);
}

static void the_database_gives_back_what_was_stored(void **state)
{
    struct fixture *fixture = *state;
    struct incident_filter filter = INCIDENT_FILTER_ALL;
    struct incident *incident = new_incident(), *again = malloc(sizeof(*again));
    struct incident_context given;
    struct database *database;
    char *before, *after;

    make_hostile(incident);
    snprintf(incident->explanation, EXPLANATION_SIZE, "As it was.");
    incident->contributing[0] = (struct contributing){
        .cause = CAUSE_UNREACHABLE_ICMP, .zone = sample_name("."), .server_count = 1};
    incident->contributing[0].servers[0] = incident->servers[0];
    incident->contributing_count = 1;
    incident->origin = UINT64_MAX;
    incident->transport = incident->evidence[0].transport = TRANSPORT_TCP;
    fill(fixture, incident, 1);
    database = database_open(fixture->path, NULL);
    assert_non_null(database);
    assert_int_equal(database_select(database, &filter, NULL), 0);
    assert_int_equal(database_next(database, again, &given, NULL), 1);
    assert_string_equal(given.sensor, "tap1");
    assert_string_equal(given.source_name(given.sources, again->evidence[0].source), "b.pcap");
    /* Sources have other numbers in the database. */
    again->evidence[0].source = again->evidence[0].response_source = 1;
    before = json_text(incident);
    after = json_text(again);
    assert_string_equal(after, before);
    assert_int_equal(database_next(database, again, &given, NULL), 0);
    database_close(database);
    free(before);
    free(after);
    free(incident);
    free(again);
}

static unsigned count_selected(struct database *database, const struct incident_filter *filter)
{
    struct incident *incident = malloc(sizeof(*incident));
    struct incident_context given;
    unsigned count = 0;

    assert_int_equal(database_select(database, filter, NULL), 0);
    while (database_next(database, incident, &given, NULL) == 1)
        count++;
    free(incident);
    return count;
}

static void filters_choose(void **state)
{
    static const uint64_t third = UINT64_C(0xfedcba9876540002);
    const struct {
        struct incident_filter filter;
        unsigned expected;
    } cases[] = {
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX}, 6},
        {{.from_ns = SAMPLE_TIME_NS, .to_ns = SAMPLE_TIME_NS + 1}, 1},
        {{.from_ns = INT64_MIN, .to_ns = SAMPLE_TIME_NS}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .cause = "lame"}, 4},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .cause = "lame.refused"}, 4},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .cause = "lam"}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .zone = "example.com."}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .zone = "com."}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .server = "192.0.2.53"}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .server = "ns1.example.com."}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .server = "192.0.2.54"}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .client = "198.51.100.2"}, 1},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .client = "198.51.100.2/31"}, 2},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .client = "198.51.101.0/24"}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .resolver = "203.0.113.1"}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .name = "www.example.com."}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .name = "com."}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .name = "."}, 6},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .name = "ample.com."}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .name = "%"}, 0},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .limit = 4}, 4},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .limit = 9, .cause = "cached"}, 2},
        {{.from_ns = INT64_MIN, .to_ns = INT64_MAX, .identity = &third}, 1},
    };
    struct fixture *fixture = *state;
    struct database *database;

    fill(fixture, NULL, 6);
    database = database_open(fixture->path, NULL);
    assert_non_null(database);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(count_selected(database, &cases[i].filter), cases[i].expected);
    database_close(database);
}

static void an_identity_is_found_by_how_it_begins(void **state)
{
    static const uint64_t first = UINT64_C(0xfedc000000000000), third = 0xfedcba9876540002;
    struct fixture *fixture = *state;
    struct database *database;
    uint64_t found[4];

    fill(fixture, NULL, 6);
    database = database_open(fixture->path, NULL);
    assert_non_null(database);
    assert_int_equal(database_find(database, first, first | 0xffffffffffff, found, 4, NULL), 4);
    assert_true(found[0] < found[1] && found[1] < found[2] && found[2] < found[3]);
    assert_int_equal(database_find(database, third, third, found, 4, NULL), 1);
    assert_true(found[0] == third);
    assert_int_equal(database_find(database, 0xfedd000000000000, UINT64_MAX, found, 4, NULL), 0);
    database_close(database);
}

static void readers_refuse_what_is_no_database_of_ours(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    FILE *file;

    assert_null(database_open(fixture->path, &error));
    assert_non_null(strstr(error.text, "No such file"));
    assert_int_equal(access(fixture->path, F_OK), -1);
    file = fopen(fixture->path, "w");
    fclose(file);
    assert_null(database_open(fixture->path, &error));
    assert_non_null(strstr(error.text, "not a dnsblame database"));
    assert_null(database_open(fixture->folder, &error));
    assert_non_null(strstr(error.text, fixture->folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(the_database_gives_back_what_was_stored),
        WITH_FOLDER(filters_choose),
        WITH_FOLDER(an_identity_is_found_by_how_it_begins),
        WITH_FOLDER(readers_refuse_what_is_no_database_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
