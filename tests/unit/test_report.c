#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/cause_counts.h"
#include "report/database.h"
#include "report/incident_json.h"
#include "report/incident_text.h"
#include "report/moment.h"
#include "report/safe.h"
#include "report/summary.h"
#include "report/tally.h"
#include "samples.h"
#include "store/store.h"
#include "store_fixture.h"

static const char *file_name(const void *sources, uint32_t source)
{
    (void)sources;
    return source == 0 ? "a.pcap" : "b\033[31m.pcap";
}

static const struct incident_context context = {
    .sensor = "tap1", .analyzer_version = "0.1.0", .source_name = file_name};

/* Runs `print` on a stream in memory; the caller frees what came of it. */
#define PRINTED(text, page_width, print)                                                           \
    do {                                                                                           \
        size_t printed_size;                                                                       \
        FILE *output = open_memstream(&(text), &printed_size);                                     \
        struct page page = {.output = output, .width = (page_width)};                              \
                                                                                                   \
        print;                                                                                     \
        (void)page;                                                                                \
        fclose(output);                                                                            \
    } while (0)

static char *json_text(const struct incident *incident)
{
    char *text = NULL;

    PRINTED(text, 100, assert_int_equal(incident_json_print(output, incident, &context, NULL), 0));
    return text;
}

static json_t *json_value(const struct incident *incident)
{
    char *text = json_text(incident);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(object);
    free(text);
    return object;
}

static struct incident *new_incident(void)
{
    struct incident *incident = malloc(sizeof(*incident));

    assert_non_null(incident);
    sample_incident(incident, 0);
    return incident;
}

static void the_json_line_is_the_contract(void **state)
{
    struct incident *incident = new_incident();
    char *text;

    (void)state;
    incident->contributing[0] = (struct contributing){.cause = CAUSE_UNREACHABLE_ICMP};
    incident->contributing_count = 1;
    incident->ede[0] = (struct incident_ede){.code = 22, .text_size = 4, .text = "down"};
    incident->ede_count = 1;
    text = json_text(incident);
    assert_string_equal(
        text,
        "{\"schema\":1,\"analyzer_version\":\"0.1.0\",\"sensor\":\"tap1\","
        "\"incident\":\"fedcba9876540000\",\"outage\":\"8000000000000001\","
        "\"time\":\"2026-01-01T00:04:05.123456789Z\",\"client\":\"198.51.100.1\","
        "\"client_port\":40000,\"client_is_resolver\":false,\"resolver\":\"192.0.2.1\","
        "\"transport\":\"udp\",\"id\":4711,\"rd\":true,\"cd\":false,\"do\":false,"
        "\"qname\":\"www.example.com.\",\"qtype\":\"A\",\"qclass\":\"IN\",\"elapsed_ms\":50.0,"
        "\"cause\":\"lame.refused\",\"category\":\"lame\",\"confidence\":\"certain\","
        "\"zone\":\"example.com.\",\"servers\":[{\"address\":\"192.0.2.53\","
        "\"name\":\"ns1.example.com.\",\"outcome\":\"refused\"}],"
        "\"contributing\":[{\"cause\":\"unreachable.icmp\",\"zone\":null,\"servers\":[]}],"
        "\"ede\":[{\"code\":22,\"text\":\"down\"}],\"origin\":null,"
        "\"explanation\":\"The server of example.com. (192.0.2.53) answers REFUSED.\","
        "\"advice\":[\"Tell the zone's operator.\","
        "\"dig @192.0.2.53 example.com. SOA +norecurse\"],"
        "\"evidence\":[{\"time\":\"2026-01-01T00:04:05.083456789Z\",\"offset_ms\":10.0,"
        "\"server\":\"192.0.2.53\",\"server_name\":\"ns1.example.com.\","
        "\"zone\":\"example.com.\",\"transport\":\"udp\",\"qname\":\"www.example.com.\","
        "\"qtype\":\"A\",\"outcome\":\"refused\",\"why\":\"question\",\"rtt_ms\":12.0,"
        "\"file\":\"a.pcap\",\"frame\":8}],\"evidence_total\":1}\n");
    free(text);
    free(incident);
}

static void what_was_not_seen_is_null_and_never_left_out(void **state)
{
    static const char *const nulls[] = {"outage",     "qname", "qtype", "qclass",
                                        "elapsed_ms", "zone",  "origin"};
    static const char *const evidence_nulls[] = {"server_name", "zone",   "qname",
                                                 "qtype",       "rtt_ms", "frame"};
    struct incident *incident = new_incident();
    json_t *object, *evidence;

    (void)state;
    incident->outage = 0;
    incident->qname.size_bytes = incident->zone.size_bytes = 0;
    incident->elapsed_ns = -1;
    incident->evidence[0].server_name.size_bytes = 0;
    incident->evidence[0].zone.size_bytes = 0;
    incident->evidence[0].qname.size_bytes = 0;
    incident->evidence[0].response_time_ns = INT64_MIN;
    incident->evidence[0].frame = incident->evidence[0].response_frame = 0;
    object = json_value(incident);
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
        assert_true(json_is_null(json_object_get(object, nulls[i])));
    evidence = json_array_get(json_object_get(object, "evidence"), 0);
    for (size_t i = 0; i < sizeof(evidence_nulls) / sizeof(evidence_nulls[0]); i++)
        assert_true(json_is_null(json_object_get(evidence, evidence_nulls[i])));
    json_decref(object);
    free(incident);
}

static double evidence_number(const struct incident *incident, const char *key)
{
    json_t *object = json_value(incident);
    json_t *evidence = json_array_get(json_object_get(object, "evidence"), 0);
    double number = json_number_value(json_object_get(evidence, key));

    json_decref(object);
    return number;
}

static void offsets_count_from_the_query_or_else_from_the_servfail(void **state)
{
    struct incident *incident = new_incident();

    (void)state;
    assert_true(evidence_number(incident, "offset_ms") == 10.0);
    incident->elapsed_ns = -1;
    assert_true(evidence_number(incident, "offset_ms") == -40.0);
    incident->evidence[0].time_ns = incident->time_ns - INT64_C(135000123456);
    assert_true(evidence_number(incident, "offset_ms") == -135000.123);
    free(incident);
}

static void the_frame_is_the_responses_where_there_is_one(void **state)
{
    struct incident *incident = new_incident();

    (void)state;
    assert_true(evidence_number(incident, "frame") == 8);
    incident->evidence[0].response_frame = 0;
    assert_true(evidence_number(incident, "frame") == 7);
    free(incident);
}

static void a_response_without_its_query_has_no_rtt(void **state)
{
    struct incident *incident = new_incident();
    json_t *object, *evidence;

    (void)state;
    incident->evidence[0].frame = incident->evidence[0].response_frame;
    incident->evidence[0].time_ns = incident->evidence[0].response_time_ns;
    object = json_value(incident);
    evidence = json_array_get(json_object_get(object, "evidence"), 0);
    assert_true(json_is_null(json_object_get(evidence, "rtt_ms")));
    json_decref(object);
    free(incident);
}

static void text_of_strangers_becomes_safe(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *safe;
    } cases[] = {
        {"plain", 5, "plain"},
        {"", 0, ""},
        {"\033[31m", 5, "\\x1b[31m"},
        {"a\0b\n", 4, "a\\x00b\\x0a"},
        {"back\\slash", 10, "back\\\\slash"},
        {"z\xc3\xbcrich", 7, "z\xc3\xbcrich"},
        {"\xff\xfe", 2, "\\xff\\xfe"},
        {"\xc3", 1, "\\xc3"},                            /* cut off */
        {"\xc0\xaf", 2, "\\xc0\\xaf"},                   /* overlong */
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
        {"\xc2\x9b", 2, "\\xc2\\x9b"},                   /* C1: CSI */
        {"\xe2\x80\xae", 3, "\\xe2\\x80\\xae"},          /* right-to-left override */
        {"\x7f", 1, "\\x7f"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(safe_text(cases[i].bytes, cases[i].size, text, sizeof(text)),
                            cases[i].safe);
    assert_string_equal(safe_text("\033\033", 2, text, 8), "\\x1b");
    assert_string_equal(safe_prose("name\\032with \033", text, sizeof(text)),
                        "name\\032with \\x1b");
}

static bool holds_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' && *text != '\n')
            return true;
    }
    return false;
}

/* Everything that a stranger can write is set to something nasty. */
static void make_hostile(struct incident *incident)
{
    incident->qname = sample_name("\\027[2J\\034\\010.<script>.example.com.");
    incident->zone = sample_name("=cmd\\124'a'!a0.");
    incident->servers[0].name = incident->evidence[0].qname = incident->qname;
    incident->evidence[0].source = incident->evidence[0].response_source = 1;
    for (unsigned i = 0; i < INCIDENT_EDE_MAX; i++) {
        incident->ede[i].code = UINT16_MAX;
        incident->ede[i].text_size = EDE_TEXT_SIZE;
        for (unsigned n = 0; n < EDE_TEXT_SIZE; n++)
            incident->ede[i].text[n] = (uint8_t)(n + 128 * (i & 1));
    }
    incident->ede_count = INCIDENT_EDE_MAX;
    snprintf(incident->explanation, EXPLANATION_SIZE, "bad \033]0;title\a end");
    snprintf(incident->advice[0], ADVICE_SIZE, "dig \033[31m");
}

static void nothing_hostile_reaches_the_terminal_or_the_json(void **state)
{
    struct incident *incident = new_incident();
    char *text = NULL;
    json_t *object;

    (void)state;
    make_hostile(incident);
    PRINTED(text, 80, incident_text_line(&page, incident));
    assert_false(holds_control(text));
    assert_string_equal(strchr(text, '\n'), "\n");
    free(text);
    PRINTED(text, 80, incident_text_brief(&page, incident));
    assert_false(holds_control(text));
    free(text);
    PRINTED(text, 80, incident_text_story(&page, incident, &context));
    assert_false(holds_control(text));
    free(text);
    text = json_text(incident);
    assert_false(holds_control(text));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
    object = json_value(incident);
    assert_string_equal(json_string_value(json_object_get(object, "explanation")),
                        "bad \\x1b]0;title\\x07 end");
    json_decref(object);
    free(incident);
}

static void a_nul_at_the_end_of_an_ede_is_not_shown(void **state)
{
    const struct incident_ede ede = {.code = 1, .text_size = 3, .text = "ok"};
    char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];

    (void)state;
    assert_string_equal(safe_ede(&ede, text), "ok");
}

static void the_brief_text_has_headline_explanation_and_advice(void **state)
{
    struct incident *incident = new_incident();
    char *text = NULL;

    (void)state;
    PRINTED(text, 60, incident_text_brief(&page, incident));
    assert_string_equal(text,
                        "2026-01-01 00:04:05.123  198.51.100.1 -> 192.0.2.1  www.example.com. A\n"
                        "    lame.refused  example.com.  (certain, after 50.0 ms, incident "
                        "fedcba9876540000)\n"
                        "    The server of example.com. (192.0.2.53) answers REFUSED.\n"
                        "    * Tell the zone's operator.\n"
                        "    * dig @192.0.2.53 example.com. SOA +norecurse\n\n");
    free(text);
    free(incident);
}

static void the_story_goes_from_the_question_to_the_servfail(void **state)
{
    static const char *const in_order[] = {
        "198.51.100.1 asks 192.0.2.1",
        "[packet 6]",
        "At the servers of example.com.",
        "192.0.2.53 (ns1.example.com.) is asked www.example.com. A",
        "and answered REFUSED after 12.0 ms",
        "[packets 7, 8]",
        "+50.000  192.0.2.1 answers SERVFAIL",
        "[packet 10]",
        "asked later",
        "What to do"};
    struct incident *incident = new_incident();
    const char *at;
    char *text = NULL;

    (void)state;
    /* Resolvers go on after they have answered. */
    incident->evidence[1] = incident->evidence[0];
    incident->evidence[1].time_ns = incident->time_ns + SAMPLE_MS(5);
    incident->evidence[1].qname = sample_name("asked\\032later.");
    incident->evidence_count = 2;
    PRINTED(text, 100, incident_text_story(&page, incident, &context));
    at = text;
    for (size_t i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
        at = strstr(at, strcmp(in_order[i], "asked later") == 0 ? "asked\\032later" : in_order[i]);
        assert_non_null(at);
    }
    free(text);
    free(incident);
}

static void paragraphs_keep_to_the_width_and_commands_stay_whole(void **state)
{
    char *text = NULL;

    (void)state;
    PRINTED(
        text, 40,
        page_paragraph(&page, "  * ", "Words that go on and on are broken at the width given."));
    assert_string_equal(text, "  * Words that go on and on are broken\n    at the width given.\n");
    free(text);
    PRINTED(text, 40,
            page_advice(&page, "* ", "dig @192.0.2.53 example.com. SOA +norecurse +dnssec"));
    assert_string_equal(text, "* dig @192.0.2.53 example.com. SOA +norecurse +dnssec\n");
    free(text);
}

static void colour_comes_only_when_asked_for(void **state)
{
    struct incident *incident = new_incident();
    char *text = NULL;

    (void)state;
    PRINTED(text, 100, incident_text_brief(&page, incident));
    assert_null(strchr(text, '\033'));
    free(text);
    PRINTED(text, 100, page.color = true; incident_text_brief(&page, incident));
    assert_non_null(strstr(text, "\033[1;31mlame.refused\033[0m"));
    free(text);
    free(incident);
}

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

static void a_tally_keeps_the_frequent_when_the_rare_flood(void **state)
{
    struct tally *tally = tally_new();
    const struct tally_entry *top[2];

    (void)state;
    for (unsigned i = 0; i < 50000; i++) {
        tally_add(tally, &i, sizeof(i));
        if (i % 10 == 0)
            tally_add(tally, "often", 5);
        if (i % 20 == 0)
            tally_add(tally, "less", 4);
    }
    assert_false(tally_is_exact(tally));
    assert_int_equal(tally_top(tally, top, 2), 2);
    assert_memory_equal(top[0]->key, "often", 5);
    assert_memory_equal(top[1]->key, "less", 4);
    tally_free(tally);
}

static void a_cached_failure_counts_under_its_origins_cause(void **state)
{
    const struct decode_counters decoded = {.first_time_ns = INT64_MAX};
    const struct correlate_counters correlated = {.client_responses = 10};
    struct incident *incident = new_incident();
    struct summary *summary = summary_new();
    char *text = NULL;

    (void)state;
    summary_add(summary, incident);
    incident->origin = incident->identity;
    incident->identity++;
    incident->cause = CAUSE_CACHED_FAILURE;
    summary_add(summary, incident);
    PRINTED(text, 100, summary_print(summary, &page, &decoded, &correlated));
    assert_null(strstr(text, "cached.failure"));
    assert_non_null(strstr(text, "lame.refused                                     2"));
    assert_non_null(strstr(text, "1 out of a cache"));
    assert_non_null(strstr(text, "20.0 %"));
    free(text);
    summary_free(summary);
    free(incident);
}

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
        cmocka_unit_test(the_json_line_is_the_contract),
        cmocka_unit_test(what_was_not_seen_is_null_and_never_left_out),
        cmocka_unit_test(offsets_count_from_the_query_or_else_from_the_servfail),
        cmocka_unit_test(the_frame_is_the_responses_where_there_is_one),
        cmocka_unit_test(a_response_without_its_query_has_no_rtt),
        cmocka_unit_test(text_of_strangers_becomes_safe),
        cmocka_unit_test(nothing_hostile_reaches_the_terminal_or_the_json),
        cmocka_unit_test(a_nul_at_the_end_of_an_ede_is_not_shown),
        cmocka_unit_test(the_brief_text_has_headline_explanation_and_advice),
        cmocka_unit_test(the_story_goes_from_the_question_to_the_servfail),
        cmocka_unit_test(paragraphs_keep_to_the_width_and_commands_stay_whole),
        cmocka_unit_test(colour_comes_only_when_asked_for),
        cmocka_unit_test(moments_are_parsed_and_printed_alike),
        cmocka_unit_test(a_clock_time_is_of_today_in_the_time_zone),
        cmocka_unit_test(a_day_ends_where_the_next_begins),
        cmocka_unit_test(a_tally_keeps_the_frequent_when_the_rare_flood),
        cmocka_unit_test(a_cached_failure_counts_under_its_origins_cause),
        WITH_FOLDER(the_database_gives_back_what_was_stored),
        WITH_FOLDER(filters_choose),
        WITH_FOLDER(an_identity_is_found_by_how_it_begins),
        WITH_FOLDER(readers_refuse_what_is_no_database_of_ours),
    };

    setenv("TZ", "UTC0", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
