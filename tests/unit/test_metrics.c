#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/metrics.h"

#define SECOND_NS INT64_C(1000000000)

static char *printed(const struct metrics *metrics)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);

    assert_non_null(memory);
    metrics_print(memory, metrics);
    assert_int_equal(fclose(memory), 0);
    return text;
}

static void says(const struct metrics *metrics, const char *line)
{
    char *text = printed(metrics);
    char whole[256];

    snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (strstr(text, whole) == NULL)
        fail_msg("'%s' is not in\n%s", line, text);
    free(text);
}

static void take_incident(struct metrics *metrics, enum cause cause)
{
    static struct finding finding;

    finding = (struct finding){.kind = FINDING_INCIDENT};
    finding.incident.cause = cause;
    metrics_take(metrics, &finding);
}

static void take_outage(struct metrics *metrics, enum cause cause, bool closed)
{
    struct finding finding = {.kind = FINDING_OUTAGE};

    finding.outage.cause = cause;
    finding.outage.closed = closed;
    metrics_take(metrics, &finding);
}

static void servfails_are_counted_by_cause(void **state)
{
    struct metrics metrics = {0};

    (void)state;
    take_incident(&metrics, CAUSE_LAME_REFUSED);
    take_incident(&metrics, CAUSE_LAME_REFUSED);
    take_incident(&metrics, CAUSE_FORWARDER_DOWN);
    says(&metrics, "dnsblame_servfails_total{category=\"lame\",cause=\"lame.refused\"} 2");
    says(&metrics, "dnsblame_servfails_total{category=\"forwarder\",cause=\"forwarder.down\"} 1");
    says(&metrics, "dnsblame_servfails_total{category=\"zone\",cause=\"zone.servfail\"} 0");
}

static void an_outage_is_open_until_it_ends(void **state)
{
    struct metrics metrics = {0};
    const struct outage_change before = {.cause = CAUSE_FORWARDER_DOWN};

    (void)state;
    take_outage(&metrics, CAUSE_LAME_REFUSED, false);
    take_outage(&metrics, CAUSE_LAME_REFUSED, false);
    metrics_resume_outage(&metrics, &before);
    says(&metrics, "dnsblame_open_outages{category=\"lame\",cause=\"lame.refused\"} 2");
    says(&metrics, "dnsblame_open_outages{category=\"forwarder\",cause=\"forwarder.down\"} 1");
    says(&metrics, "dnsblame_outages_total{category=\"forwarder\",cause=\"forwarder.down\"} 0");
    take_outage(&metrics, CAUSE_LAME_REFUSED, true);
    take_outage(&metrics, CAUSE_FORWARDER_DOWN, true);
    take_outage(&metrics, CAUSE_FORWARDER_DOWN, true);
    says(&metrics, "dnsblame_open_outages{category=\"lame\",cause=\"lame.refused\"} 1");
    says(&metrics, "dnsblame_open_outages{category=\"forwarder\",cause=\"forwarder.down\"} 0");
    says(&metrics, "dnsblame_outages_total{category=\"lame\",cause=\"lame.refused\"} 2");
}

static void counters_never_go_back(void **state)
{
    struct metrics metrics = {0};
    const struct decode_counters decoded = {0};
    struct correlate_counters correlated = {0};

    (void)state;
    correlated.clients.queries = 100;
    correlated.clients.rcodes[3] = 7;
    correlated.servers.unanswered = 5;
    metrics_set_counters(&metrics, &decoded, &correlated);
    correlated.clients.queries = 90;
    correlated.clients.rcodes[3] = 8;
    correlated.servers.unanswered = 4;
    metrics_set_counters(&metrics, &decoded, &correlated);
    says(&metrics, "dnsblame_questions_total 100");
    says(&metrics, "dnsblame_responses_total{rcode=\"NXDOMAIN\"} 8");
    says(&metrics, "dnsblame_upstream_queries_total{outcome=\"unanswered\"} 5");
}

static struct metrics typical(void)
{
    struct metrics metrics = {.device_count = 2, .published_ns = 100 * SECOND_NS};

    metrics.started_ns = INT64_C(1790000000) * SECOND_NS;
    metrics.devices[0] = (struct metrics_device){"eth0", true, 1000, 20, 3};
    metrics.devices[1] = (struct metrics_device){"a\"b\\c\xff", false, 1, 0, 0};
    metrics.decoded.packets = 1001;
    metrics.decoded.last_time_ns = INT64_C(1790000001) * SECOND_NS + 500000000;
    metrics.decoded.dropped[DROP_BAD_DNS] = 9;
    metrics.correlated.used[TABLE_EXCHANGES] = 10;
    metrics.correlated.capacity[TABLE_EXCHANGES] = 2000;
    metrics.correlated.evicted[TABLE_SERVERS] = 4;
    metrics.stored = true;
    metrics.store = (struct writer_counters){.stored_incidents = 55, .given_up_incidents = 6};
    return metrics;
}

static void losses_are_told_by_where_they_happened(void **state)
{
    struct metrics metrics = typical();

    (void)state;
    says(&metrics, "dnsblame_capture_dropped_packets_total{interface=\"eth0\",by=\"kernel\"} 20");
    says(&metrics, "dnsblame_capture_dropped_packets_total{interface=\"eth0\",by=\"interface\"} 3");
    says(&metrics, "dnsblame_capture_packets_total{interface=\"a\\\"b\\\\c\\\\xff\"} 1");
    says(&metrics, "dnsblame_capture_interface_up{interface=\"eth0\"} 1");
    says(&metrics, "dnsblame_capture_last_packet_timestamp_seconds 1790000001.500");
    says(&metrics, "dnsblame_undecoded_frames_total{reason=\"bad-dns\"} 9");
    says(&metrics, "dnsblame_table_slots{table=\"exchanges\"} 2000");
    says(&metrics, "dnsblame_table_evictions_total{table=\"servers\"} 4");
    says(&metrics, "dnsblame_store_given_up_total{kind=\"incident\"} 6");
}

static void without_a_database_nothing_is_said_of_it(void **state)
{
    struct metrics metrics = typical();
    char *text;

    (void)state;
    metrics.stored = false;
    text = printed(&metrics);
    assert_null(strstr(text, "dnsblame_store"));
    free(text);
}

static void complaints_say_what_is_not_done(void **state)
{
    struct metrics metrics = typical();
    const int64_t now_ns = metrics.published_ns;

    (void)state;
    assert_null(metrics_complaint(&metrics, now_ns + SECOND_NS));
    assert_non_null(strstr(metrics_complaint(&metrics, now_ns + 60 * SECOND_NS), "stalled"));
    metrics.devices[0].up = false;
    assert_non_null(strstr(metrics_complaint(&metrics, now_ns), "down"));
    metrics.devices[0].up = true;
    metrics.store.failing = true;
    assert_non_null(strstr(metrics_complaint(&metrics, now_ns), "store"));
    metrics.stored = false;
    assert_null(metrics_complaint(&metrics, now_ns));
}

static void promtool_accepts_them(void **state)
{
    struct metrics metrics = typical();
    FILE *promtool;

    (void)state;
    if (system("command -v promtool >/dev/null") != 0)
        skip();
    promtool = popen("promtool check metrics", "w");
    assert_non_null(promtool);
    metrics_print(promtool, &metrics);
    assert_int_equal(pclose(promtool), 0);
}

static bool is_metric_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
}

/* Every word that looks like one of our metrics. Returns how many there were. */
static unsigned expect_known(const char *path, const char *prefix, const char *text)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    unsigned found = 0;

    assert_non_null(file);
    while (getline(&line, &size, file) >= 0) {
        for (char *at = strstr(line, prefix); at != NULL; at = strstr(at + 1, prefix)) {
            char type[128];
            int length = 0;

            while (is_metric_letter(at[length]))
                length++;
            if (at > line && is_metric_letter(at[-1]))
                continue;
            found++;
            snprintf(type, sizeof(type), "# TYPE %.*s ", length, at);
            if (strstr(text, type) == NULL)
                fail_msg("%s: there is no metric '%.*s'", path, length, at);
        }
    }
    free(line);
    fclose(file);
    return found;
}

static void rules_and_dashboard_name_what_is_there(void **state)
{
    struct metrics metrics = typical();
    char *text;

    (void)state;
    metrics.resident_bytes = 1;
    text = printed(&metrics);
    assert_true(expect_known("dist/prometheus/dnsblame.rules.yml", "dnsblame_", text) > 10);
    assert_true(expect_known("dist/prometheus/dnsblame.rules.test.yml", "dnsblame_", text) > 10);
    assert_true(expect_known("dist/grafana/dnsblame.json", "dnsblame_", text) > 20);
    assert_true(expect_known("dist/grafana/dnsblame.json", "process_", text) == 2);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servfails_are_counted_by_cause),
        cmocka_unit_test(an_outage_is_open_until_it_ends),
        cmocka_unit_test(counters_never_go_back),
        cmocka_unit_test(losses_are_told_by_where_they_happened),
        cmocka_unit_test(without_a_database_nothing_is_said_of_it),
        cmocka_unit_test(complaints_say_what_is_not_done),
        cmocka_unit_test(promtool_accepts_them),
        cmocka_unit_test(rules_and_dashboard_name_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
