#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "printed.h"
#include "report/safe.h"
#include "report/summary.h"

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
    assert_int_equal(llround(evidence_number(incident, "offset_ms") * 1000), 10000);
    incident->elapsed_ns = -1;
    assert_int_equal(llround(evidence_number(incident, "offset_ms") * 1000), -40000);
    incident->evidence[0].time_ns = incident->time_ns - INT64_C(135000123456);
    assert_int_equal(llround(evidence_number(incident, "offset_ms") * 1000), -135000123);
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
        {"\xc2\xad", 2, "\\xc2\\xad"},                   /* soft hyphen */
        {"\xe3\x85\xa4", 3, "\\xe3\\x85\\xa4"},          /* Hangul filler */
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
        cmocka_unit_test(a_cached_failure_counts_under_its_origins_cause),
    };

    setenv("TZ", "UTC0", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
