#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "report/moment.h"
#include "report/summary_private.h"

static json_t *json_count(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *json_moment(const struct decode_counters *decoded, int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    if (decoded->first_time_ns == INT64_MAX)
        return json_null();
    return json_string(moment_to_rfc3339(time_ns, text));
}

static json_t *json_dropped(const struct decode_counters *decoded)
{
    json_t *object = json_object();

    for (int i = 0; i < DROP_REASON_COUNT; i++)
        json_object_set_new(object, drop_reason_code((enum drop_reason)i),
                            json_count(decoded->dropped[i]));
    return object;
}

static json_t *json_evicted(const struct correlate_counters *correlated)
{
    json_t *object = json_object();

    for (int i = 0; i < TABLE_COUNT; i++)
        json_object_set_new(object, correlate_table_code((enum correlate_table)i),
                            json_count(correlated->evicted[i]));
    return object;
}

static json_t *json_causes(const struct summary *summary)
{
    json_t *object = json_object();

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (summary->stated_causes[i] > 0)
            json_object_set_new(object, cause_code((enum cause)i),
                                json_count(summary->stated_causes[i]));
    }
    return object;
}

static json_t *json_stats(const struct summary *summary, const struct decode_counters *decoded,
                          const struct correlate_counters *correlated)
{
    const struct {
        const char *key;
        json_t *value;
    } fields[] = {
        {"analyzer_version", json_string(DNSBLAME_VERSION)},
        {"packets", json_count(decoded->packets)},
        {"dns_messages", json_count(decoded->dns_messages)},
        {"dns_responses", json_count(decoded->dns_responses)},
        {"client_queries", json_count(correlated->client_queries)},
        {"client_responses", json_count(correlated->client_responses)},
        {"servfails", json_count(correlated->servfails)},
        {"upstream_queries", json_count(correlated->upstream_queries)},
        {"upstream_unanswered", json_count(correlated->upstream_unanswered)},
        {"unasked_servfails", json_count(correlated->unasked_servfails)},
        {"unasked_answers", json_count(correlated->unasked_answers)},
        {"unasked_icmp", json_count(correlated->unasked_icmp)},
        {"dropped", json_dropped(decoded)},
        {"evicted", json_evicted(correlated)},
        {"first_time", json_moment(decoded, decoded->first_time_ns)},
        {"last_time", json_moment(decoded, decoded->last_time_ns)},
        {"incidents", json_count(summary->incidents)},
        {"causes", json_causes(summary)},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        json_object_set_new(object, fields[i].key, fields[i].value);
    return object;
}

int summary_write_stats(const struct summary *summary, const char *path,
                        const struct decode_counters *decoded,
                        const struct correlate_counters *correlated, struct error *error)
{
    json_t *stats = json_stats(summary, decoded, correlated);
    FILE *file = fopen(path, "w");
    bool failed = file == NULL;

    if (!failed) {
        failed = json_dumpf(stats, file, JSON_INDENT(2)) < 0 || putc('\n', file) == EOF;
        failed |= fclose(file) == EOF;
    }
    json_decref(stats);
    return failed ? error_set(error, "%s: %s", path, strerror(errno)) : 0;
}
