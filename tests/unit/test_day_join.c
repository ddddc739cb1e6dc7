#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "decode/hash.h"
#include "report/day.h"
#include "samples.h"
#include "store/census.h"
#include "store/store.h"

#define SENSORS_MAX 3
#define ASKED       40 /* questions a minute to a server */

static const char *const names[SENSORS_MAX] = {"ams", "fra", "lon"};

/* What a sensor sees: the sample's outage, or not; and how it fares with 192.0.2.53. */
struct view {
    unsigned incidents;    /* SERVFAILs a second apart */
    int64_t later_ns;      /* than SAMPLE_TIME_NS */
    const char *zone;      /* NULL: example.com. */
    const char *server;    /* NULL: 192.0.2.53 */
    const char *name;      /* of the server, NULL: ns1.example.com. */
    enum cause cause;      /* 0: unreachable.no-response */
    unsigned questions;    /* to 192.0.2.53, in the minute of the outage */
    unsigned answers;      /* to those */
    unsigned refused;      /* of the answers */
    const char *resolver;  /* NULL: 192.0.2.1 */
    unsigned first_client; /* those of the sensors may be the same */
    unsigned crowd;        /* of servers that are asked once, before all others in that minute */
};

struct scene {
    char folder[64];
    char paths[SENSORS_MAX][96];
    struct database *databases[SENSORS_MAX];
    size_t count;
    struct day *day;
};

static int make_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    snprintf(scene->folder, sizeof(scene->folder), "%s/dnsblame-test-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(scene->folder));
    *state = scene;
    return 0;
}

static int remove_scene(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct scene *scene = *state;
    char path[128];

    day_free(scene->day);
    for (size_t i = 0; i < scene->count; i++) {
        database_close(scene->databases[i]);
        for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++) {
            snprintf(path, sizeof(path), "%s%s", scene->paths[i], suffixes[j]);
            unlink(path);
        }
    }
    rmdir(scene->folder);
    free(scene);
    return 0;
}

static void set_incident(struct incident *incident, const struct view *view, size_t sensor,
                         unsigned number)
{
    sample_incident(incident, view->first_client + number);
    incident->identity += (uint64_t)(sensor + 1) << 40;
    incident->outage += (uint64_t)(sensor + 1) << 8;
    incident->time_ns = SAMPLE_TIME_NS + view->later_ns + SAMPLE_MS(1000) * number;
    incident->client_key = hash_stable(&incident->client, 16);
    incident->cause = view->cause != 0 ? view->cause : CAUSE_UNREACHABLE_NO_RESPONSE;
    incident->evidence_count = incident->evidence_total = 0;
    if (view->zone != NULL)
        incident->zone = sample_name(view->zone);
    if (view->server != NULL)
        incident->servers[0].address = sample_address(view->server);
    if (view->name != NULL)
        incident->servers[0].name = sample_name(view->name);
    if (view->resolver != NULL)
        incident->resolver = sample_address(view->resolver);
}

static void add_crowd(struct store *store, struct finding *finding, int64_t minute_ns,
                      unsigned count)
{
    for (unsigned server = 0; server < count; server++) {
        finding->minute = sample_minute(minute_ns, 1);
        finding->minute.is_resolver = false;
        memcpy(finding->minute.server.bytes, &server, sizeof(server));
        assert_int_equal(store_add(store, finding, NULL), 0);
    }
}

static void add_minutes(struct store *store, struct finding *finding, const struct view *view)
{
    int64_t minute_ns = (SAMPLE_TIME_NS + view->later_ns) / 60000000000 * 60000000000;

    finding->kind = FINDING_MINUTE;
    add_crowd(store, finding, minute_ns, view->crowd);
    finding->minute = sample_minute(minute_ns, 100);
    assert_int_equal(store_add(store, finding, NULL), 0);
    if (view->questions == 0)
        return;
    finding->minute = sample_minute(minute_ns, view->questions);
    finding->minute.server = sample_address("192.0.2.53");
    finding->minute.is_resolver = false;
    finding->minute.responses = view->answers;
    finding->minute.unanswered = view->questions - view->answers;
    finding->minute.rcodes[RCODE_NOERROR] = view->answers - view->refused;
    finding->minute.rcodes[RCODE_REFUSED] = view->refused;
    assert_int_equal(store_add(store, finding, NULL), 0);
}

static void add_sensor(struct scene *scene, const struct view *view)
{
    size_t sensor = scene->count++;
    const struct store_options options = {
        .path = scene->paths[sensor], .sensor = names[sensor], .analyzer_version = "0.1.0"};
    const struct source_health health = {.packets = 7,
                                         .dns_messages = 4,
                                         .dns_responses = 2,
                                         .first_time_ns = SAMPLE_TIME_NS,
                                         .last_time_ns = SAMPLE_TIME_NS + SAMPLE_MS(7200000)};
    struct finding *finding = calloc(1, sizeof(*finding));
    char path[sizeof(scene->paths[sensor])];
    struct store *store;

    assert_non_null(finding);
    snprintf(path, sizeof(path), "%s/%s.db", scene->folder, names[sensor]);
    memcpy(scene->paths[sensor], path, sizeof(path));
    store = store_open(&options, NULL);
    assert_non_null(store);
    assert_int_equal(store_begin_source(store, 0, sensor + 1, "a.pcap", NULL), 0);
    for (unsigned i = 0; i < view->incidents; i++) {
        set_incident(&finding->incident, view, sensor, i);
        assert_int_equal(store_add(store, finding, NULL), 0);
    }
    add_minutes(store, finding, view);
    assert_int_equal(store_set_health(store, 0, &health, NULL), 0);
    assert_int_equal(store_finish(store, NULL), 0);
    store_close(store);
    free(finding);
    scene->databases[sensor] = database_open(scene->paths[sensor], NULL);
    assert_non_null(scene->databases[sensor]);
}

static const struct day *report_on(struct scene *scene, const char *resolver)
{
    const struct address address = sample_address(resolver != NULL ? resolver : "192.0.2.1");
    char *paths[SENSORS_MAX] = {scene->paths[0], scene->paths[1], scene->paths[2]};
    struct day_options options = {.databases = scene->databases,
                                  .paths = paths,
                                  .database_count = scene->count,
                                  .from_ns = INT64_MIN,
                                  .to_ns = INT64_MAX,
                                  .now_ns = SAMPLE_TIME_NS,
                                  .resolvers = &address,
                                  .resolver_count = resolver != NULL};

    scene->day = day_new(&options, NULL);
    assert_non_null(scene->day);
    return scene->day;
}

static const struct day *see(struct scene *scene, const struct view *views, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_sensor(scene, &views[i]);
    return report_on(scene, NULL);
}

#define SEE(scene, ...)                                                                            \
    see(scene, (const struct view[]){__VA_ARGS__},                                                 \
        sizeof((const struct view[]){__VA_ARGS__}) / sizeof(struct view))

static void what_all_sensors_see_is_one_outage_and_the_zones_fault(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 3}, {.incidents = 5, .first_client = 1}, {.incidents = 2});
    const struct day_outage *outage = &day->outages[0];

    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outage_total, 1);
    assert_int_equal(outage->incidents, 10);
    assert_int_equal(outage->clients, 6); /* the same ones at each */
    assert_int_equal(outage->part_count, 3);
    assert_int_equal(outage->sensor, 1);
    assert_int_equal(outage->sensors[0], 3);
    assert_int_equal(outage->sensors[1], 5);
    assert_int_equal(outage->sensors[2], 2);
    assert_int_equal(outage->scope, SCOPE_EVERYWHERE);
    assert_string_equal(outage->comparison,
                        "It fails at every sensor that asked (ams, fra and lon): the fault is the "
                        "zone's or its servers', not one sensor's network.");
}

static void what_one_sensor_sees_while_others_get_answers_is_its_network(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 3, .questions = ASKED}, {.questions = ASKED, .answers = ASKED});

    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outages[0].scope, SCOPE_ONE_SENSOR);
    assert_string_equal(day->outages[0].comparison,
                        "It fails at ams only, while fra got answers from the same servers in the "
                        "same quarter of an hour: likely it is that sensor's network.");
    assert_non_null(strstr(day->action, "that sensor's network"));
}

static void what_lasts_longer_than_a_quarter_of_an_hour_is_no_chance(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 1000, .questions = ASKED},
                                {.questions = ASKED, .answers = ASKED});

    assert_string_equal(day->outages[0].comparison,
                        "It fails at ams only, while fra got answers from the same servers in the "
                        "same quarter of an hour: it is that sensor's network.");
}

static void what_nobody_else_asked_is_not_decided(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 3, .questions = ASKED},
            /* asked at another time */
            {.questions = ASKED, .answers = ASKED, .later_ns = SAMPLE_MS(1800000)});

    assert_int_equal(day->outages[0].scope, SCOPE_NOT_ASKED);
    assert_non_null(strstr(day->outages[0].comparison, "no other sensor asked these servers"));
}

static void a_sensor_that_asked_more_servers_than_have_rows_may_have_asked_these(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 3, .questions = ASKED},
                                {.crowd = CENSUS_SERVERS + 1, .questions = 1, .answers = 1});

    assert_int_equal(day->outages[0].scope, SCOPE_NOT_ASKED);
    assert_non_null(strstr(day->outages[0].comparison,
                           "no other sensor asked these servers meanwhile, unless so seldom that "
                           "they are not told from others"));
}

static void what_is_counted_together_is_no_server(void **state)
{
    const struct day *day = SEE(*state, {.crowd = CENSUS_SERVERS}, {.crowd = CENSUS_SERVERS + 7});
    bool said = false;

    assert_int_equal(day->server_total, CENSUS_SERVERS);
    assert_int_equal(day->other_servers.queries, 7);
    assert_int_equal(day->other_servers.responses, 7);
    for (size_t i = 0; i < day->server_count; i++)
        assert_string_not_equal(day->servers[i].address, "");
    for (size_t i = 0; i < day->trust_count; i++)
        said |= strstr(day->trust[i], "7 upstream queries and 7 responses") != NULL;
    assert_true(said);
}

static void servers_that_are_silent_for_others_too_are_at_fault(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 3}, {.questions = ASKED, .answers = 2});

    assert_int_equal(day->outages[0].scope, SCOPE_EVERYWHERE);
    assert_non_null(strstr(day->outages[0].comparison, "fra asked the same servers meanwhile and "
                                                       "got hardly an answer of use"));
}

static void refused_is_no_answer_that_clears_a_server(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 3, .cause = CAUSE_LAME_REFUSED},
                                {.questions = ASKED, .answers = ASKED, .refused = ASKED});

    assert_int_equal(day->outages[0].scope, SCOPE_EVERYWHERE);
}

static void where_some_fail_and_some_do_not_both_are_named(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 3}, {.questions = ASKED, .answers = ASKED}, {.incidents = 4});

    assert_int_equal(day->outages[0].scope, SCOPE_SOME_SENSORS);
    assert_non_null(
        strstr(day->outages[0].comparison, "It fails at ams and lon, while fra got answers"));
}

/* A resolver that does not validate gets answers, too. */
static void answers_elsewhere_do_not_make_bogus_data_a_matter_of_the_network(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 3, .cause = CAUSE_DNSSEC_SIGNATURE_EXPIRED},
                                {.questions = ASKED, .answers = ASKED});

    assert_int_equal(day->outages[0].scope, SCOPE_ONE_SENSOR);
    assert_null(strstr(day->outages[0].comparison, "network"));
    assert_non_null(strstr(day->outages[0].comparison, "others do not validate"));
}

/* Another cause for the same zone is no answer, but it is an outage of its own. */
static void a_zone_that_fails_otherwise_elsewhere_got_no_answer_there(void **state)
{
    const struct day *day = SEE(
        *state, {.incidents = 3},
        {.incidents = 3, .cause = CAUSE_TIMEOUT_SLOW_SERVER, .questions = ASKED, .answers = ASKED});

    assert_int_equal(day->outage_count, 2);
    assert_int_equal(day->outages[0].scope, SCOPE_EVERYWHERE);
    assert_int_equal(day->outages[1].scope, SCOPE_EVERYWHERE);
}

static void other_servers_zones_or_times_are_other_outages(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 1},
            {.incidents = 1, .server = "198.51.100.53", .name = "ns.elsewhere."},
            {.incidents = 1, .zone = "example.org."});

    assert_int_equal(day->outage_count, 3);
    assert_int_equal(day->outages[0].part_count, 1);
}

static void an_hour_between_parts_outages(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 1}, {.incidents = 1, .later_ns = SAMPLE_MS(3600000)});

    assert_int_equal(day->outage_count, 2);
}

static void one_server_under_two_addresses_is_known_by_its_name(void **state)
{
    const struct day *day =
        SEE(*state, {.incidents = 1}, {.incidents = 1, .server = "2001:db8::53"});

    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outages[0].server_count, 2);
}

static void resolvers_fail_each_for_itself(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 2, .cause = CAUSE_RESOLVER_OVERLOAD},
                                {.incidents = 2, .cause = CAUSE_RESOLVER_OVERLOAD});

    assert_int_equal(day->outage_count, 2);
    assert_int_equal(day->outages[0].scope, SCOPE_NOT_COMPARED);
    assert_null(day->outages[0].comparison);
}

static void one_sensor_alone_is_not_compared(void **state)
{
    const struct day *day = SEE(*state, {.incidents = 2});

    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outages[0].scope, SCOPE_NOT_COMPARED);
}

static void a_report_on_a_resolver_counts_what_it_alone_answered(void **state)
{
    struct scene *scene = *state;
    const struct day *day;

    add_sensor(scene, &(struct view){.incidents = 3});
    add_sensor(scene, &(struct view){.incidents = 4, .resolver = "192.0.2.7"});
    day = report_on(scene, "192.0.2.7");
    assert_int_equal(day->traffic[PERIOD_NOW].servfails, 4);
    assert_int_equal(day->traffic[PERIOD_NOW].queries, 0); /* its minutes were another's */
    assert_int_equal(day->resolver_count, 1);
    assert_int_equal(day->outage_count, 1);
    assert_int_equal(day->outages[0].incidents, 4);
    assert_int_equal(day->outages[0].sensor, 1);
    assert_int_equal(day->tops[TOP_CLIENTS][0].incidents, 1);
    assert_int_equal(day->top_totals[TOP_CLIENTS], 4);
    assert_non_null(strstr(day->trust[0], "Only some resolvers"));
}

#define WITH_SCENE(name) cmocka_unit_test_setup_teardown(name, make_scene, remove_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(what_all_sensors_see_is_one_outage_and_the_zones_fault),
        WITH_SCENE(what_one_sensor_sees_while_others_get_answers_is_its_network),
        WITH_SCENE(what_lasts_longer_than_a_quarter_of_an_hour_is_no_chance),
        WITH_SCENE(what_nobody_else_asked_is_not_decided),
        WITH_SCENE(a_sensor_that_asked_more_servers_than_have_rows_may_have_asked_these),
        WITH_SCENE(what_is_counted_together_is_no_server),
        WITH_SCENE(servers_that_are_silent_for_others_too_are_at_fault),
        WITH_SCENE(refused_is_no_answer_that_clears_a_server),
        WITH_SCENE(where_some_fail_and_some_do_not_both_are_named),
        WITH_SCENE(answers_elsewhere_do_not_make_bogus_data_a_matter_of_the_network),
        WITH_SCENE(a_zone_that_fails_otherwise_elsewhere_got_no_answer_there),
        WITH_SCENE(other_servers_zones_or_times_are_other_outages),
        WITH_SCENE(an_hour_between_parts_outages),
        WITH_SCENE(one_server_under_two_addresses_is_known_by_its_name),
        WITH_SCENE(resolvers_fail_each_for_itself),
        WITH_SCENE(one_sensor_alone_is_not_compared),
        WITH_SCENE(a_report_on_a_resolver_counts_what_it_alone_answered),
    };

    setenv("TZ", "UTC0", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
