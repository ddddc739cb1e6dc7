#include "cli/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "decode/codes.h"
#include "report/safe.h"

#define SECOND_NS INT64_C(1000000000)
/* Values are taken every second; whoever has not done so for this long does not look at packets. */
#define STALLED_NS (30 * SECOND_NS)
#define RCODES     16

static bool is_cause(enum cause cause)
{
    return (unsigned)cause < CAUSE_COUNT;
}

static void take_outage(struct metrics *metrics, const struct outage_change *outage)
{
    if (!is_cause(outage->cause))
        return;
    if (!outage->closed) {
        metrics->outages[outage->cause]++;
        metrics->open_outages[outage->cause]++;
    } else if (metrics->open_outages[outage->cause] > 0) {
        metrics->open_outages[outage->cause]--;
    }
}

void metrics_take(struct metrics *metrics, const struct finding *finding)
{
    if (finding->kind == FINDING_INCIDENT && is_cause(finding->incident.cause))
        metrics->incidents[finding->incident.cause]++;
    else if (finding->kind == FINDING_OUTAGE)
        take_outage(metrics, &finding->outage);
}

void metrics_resume_outage(struct metrics *metrics, const struct outage_change *outage)
{
    if (is_cause(outage->cause))
        metrics->open_outages[outage->cause]++;
}

static void raise_to(uint64_t *counter, uint64_t value)
{
    if (*counter < value)
        *counter = value;
}

static void raise_traffic(struct traffic_counters *traffic, const struct traffic_counters *now)
{
    raise_to(&traffic->queries, now->queries);
    raise_to(&traffic->responses, now->responses);
    raise_to(&traffic->unanswered, now->unanswered);
    for (unsigned i = 0; i < RCODES; i++)
        raise_to(&traffic->rcodes[i], now->rcodes[i]);
}

void metrics_set_counters(struct metrics *metrics, const struct decode_counters *decoded,
                          const struct correlate_counters *correlated)
{
    struct traffic_counters clients = metrics->correlated.clients;
    struct traffic_counters servers = metrics->correlated.servers;

    raise_traffic(&clients, &correlated->clients);
    raise_traffic(&servers, &correlated->servers);
    metrics->decoded = *decoded;
    metrics->correlated = *correlated;
    metrics->correlated.clients = clients;
    metrics->correlated.servers = servers;
}

const char *metrics_complaint(const struct metrics *metrics, int64_t now_ns)
{
    bool any_up = metrics->device_count == 0;

    for (unsigned i = 0; i < metrics->device_count; i++)
        any_up |= metrics->devices[i].up;
    if (now_ns - metrics->published_ns > STALLED_NS)
        return "capture stalled: no packets were taken for 30 s";
    if (!any_up)
        return "capture stalled: every interface is down";
    if (metrics->stored && metrics->store.failing)
        return "store failing: findings wait to be written";
    return NULL;
}

static void head(FILE *output, const char *name, const char *type, const char *help)
{
    fprintf(output, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(FILE *output, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    head(output, name, type, help);
    fprintf(output, "%s %" PRIu64 "\n", name, value);
}

static void print_seconds(FILE *output, const char *name, int64_t time_ns)
{
    fprintf(output, "%s %" PRId64 ".%03d\n", name, time_ns / SECOND_NS,
            (int)(time_ns % SECOND_NS / (SECOND_NS / 1000)));
}

static void moment(FILE *output, const char *name, const char *help, int64_t time_ns)
{
    head(output, name, "gauge", help);
    print_seconds(output, name, time_ns);
}

#define LABEL_MAX 256

/* A label's value, for what was not chosen here: it must be UTF-8, with the format's own escapes.
 */
static void quote(FILE *output, const char *value)
{
    char safe[SAFE_TEXT_SIZE(LABEL_MAX)];

    putc('"', output);
    for (const char *text = safe_prose(value, safe, sizeof(safe)); *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', output);
        putc(*text, output);
    }
    putc('"', output);
}

static void print_by_cause(FILE *output, const char *name, const char *type, const char *help,
                           const uint64_t counts[CAUSE_COUNT])
{
    head(output, name, type, help);
    for (int i = 0; i < CAUSE_COUNT; i++)
        fprintf(output, "%s{category=\"%s\",cause=\"%s\"} %" PRIu64 "\n", name,
                cause_category((enum cause)i), cause_code((enum cause)i), counts[i]);
}

/* RCODEs that have a name, and of the others those that were met. */
static void print_by_rcode(FILE *output, const char *name, const char *label,
                           const uint64_t rcodes[RCODES])
{
    char text[CODE_TEXT_SIZE];

    for (uint16_t i = 0; i < RCODES; i++)
        if (i <= RCODE_NOTAUTH || rcodes[i] > 0)
            fprintf(output, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, rcode_to_text(i, text),
                    rcodes[i]);
}

static void print_traffic(FILE *output, const struct correlate_counters *correlated)
{
    single(output, "dnsblame_questions_total", "counter",
           "Questions of clients to watched resolvers, retransmissions included.",
           correlated->clients.queries);
    head(output, "dnsblame_responses_total", "counter",
         "Responses of watched resolvers to clients, by RCODE.");
    print_by_rcode(output, "dnsblame_responses_total", "rcode", correlated->clients.rcodes);
    single(output, "dnsblame_questions_unanswered_total", "counter",
           "Questions of clients that never got an answer.", correlated->clients.unanswered);
    head(output, "dnsblame_upstream_queries_total", "counter",
         "Queries to other servers by what came back: an RCODE, or nothing (unanswered).");
    print_by_rcode(output, "dnsblame_upstream_queries_total", "outcome",
                   correlated->servers.rcodes);
    fprintf(output, "dnsblame_upstream_queries_total{outcome=\"unanswered\"} %" PRIu64 "\n",
            correlated->servers.unanswered);
}

static void print_findings(FILE *output, const struct metrics *metrics)
{
    print_by_cause(output, "dnsblame_servfails_total", "counter",
                   "SERVFAILs that clients got, by the cause that was found.", metrics->incidents);
    print_by_cause(output, "dnsblame_outages_total", "counter", "Outages that began, by cause.",
                   metrics->outages);
    print_by_cause(output, "dnsblame_open_outages", "gauge", "Outages that are going on, by cause.",
                   metrics->open_outages);
}

static void print_device_values(FILE *output, const struct metrics *metrics, const char *name,
                                const char *by, size_t offset)
{
    for (unsigned i = 0; i < metrics->device_count; i++) {
        uint64_t value;

        memcpy(&value, (const char *)&metrics->devices[i] + offset, sizeof(value));
        fprintf(output, "%s{interface=", name);
        quote(output, metrics->devices[i].name);
        fprintf(output, "%s} %" PRIu64 "\n", by, value);
    }
}

static void print_devices(FILE *output, const struct metrics *metrics)
{
    head(output, "dnsblame_capture_packets_total", "counter",
         "Packets that the capture handed over.");
    print_device_values(output, metrics, "dnsblame_capture_packets_total", "",
                        offsetof(struct metrics_device, packets));
    head(output, "dnsblame_capture_dropped_packets_total", "counter",
         "Packets that were lost before they could be looked at: by the kernel (the ring was full) "
         "or by the interface.");
    print_device_values(output, metrics, "dnsblame_capture_dropped_packets_total", ",by=\"kernel\"",
                        offsetof(struct metrics_device, dropped_by_kernel));
    print_device_values(output, metrics, "dnsblame_capture_dropped_packets_total",
                        ",by=\"interface\"", offsetof(struct metrics_device, dropped_by_interface));
    head(output, "dnsblame_capture_interface_up", "gauge", "Whether packets can come from there.");
    for (unsigned i = 0; i < metrics->device_count; i++) {
        fputs("dnsblame_capture_interface_up{interface=", output);
        quote(output, metrics->devices[i].name);
        fprintf(output, "} %d\n", metrics->devices[i].up);
    }
}

static void print_decoding(FILE *output, const struct decode_counters *decoded)
{
    moment(output, "dnsblame_capture_last_packet_timestamp_seconds",
           "The time of the latest packet, 0 before the first.",
           decoded->packets > 0 ? decoded->last_time_ns : 0);
    single(output, "dnsblame_decoded_packets_total", "counter", "Packets that were taken apart.",
           decoded->packets);
    single(output, "dnsblame_dns_messages_total", "counter", "DNS messages in them.",
           decoded->dns_messages);
    head(output, "dnsblame_undecoded_frames_total", "counter",
         "Frames, TCP streams and datagrams that gave no DNS message, by reason.");
    for (int i = 0; i < DROP_REASON_COUNT; i++)
        fprintf(output, "dnsblame_undecoded_frames_total{reason=\"%s\"} %" PRIu64 "\n",
                drop_reason_code((enum drop_reason)i), decoded->dropped[i]);
}

static void print_table_values(FILE *output, const char *name, const uint64_t values[TABLE_COUNT])
{
    for (int i = 0; i < TABLE_COUNT; i++)
        fprintf(output, "%s{table=\"%s\"} %" PRIu64 "\n", name,
                correlate_table_code((enum correlate_table)i), values[i]);
}

static void print_tables(FILE *output, const struct correlate_counters *correlated)
{
    head(output, "dnsblame_table_slots_used", "gauge", "Slots of a table that are in use.");
    print_table_values(output, "dnsblame_table_slots_used", correlated->used);
    head(output, "dnsblame_table_slots", "gauge",
         "Slots of a table; when all are used its largest holder loses its oldest.");
    print_table_values(output, "dnsblame_table_slots", correlated->capacity);
    head(output, "dnsblame_table_evictions_total", "counter",
         "Entries that had to go for want of room.");
    print_table_values(output, "dnsblame_table_evictions_total", correlated->evicted);
}

/* What was written and what was lost: incidents, and all else (minutes, outages, ...). */
static void print_by_kind(FILE *output, const char *name, const char *help, uint64_t incidents,
                          uint64_t others)
{
    head(output, name, "counter", help);
    fprintf(output, "%s{kind=\"incident\"} %" PRIu64 "\n", name, incidents);
    fprintf(output, "%s{kind=\"other\"} %" PRIu64 "\n", name, others);
}

static void print_store(FILE *output, const struct writer_counters *store)
{
    single(output, "dnsblame_store_failing", "gauge",
           "Whether the database takes nothing at the moment: 1, or 0.", store->failing);
    single(output, "dnsblame_store_queue_bytes", "gauge", "What waits to be written.",
           store->queue_bytes);
    single(output, "dnsblame_store_queue_limit_bytes", "gauge", "How much of that can wait.",
           store->queue_bytes_limit);
    print_by_kind(output, "dnsblame_store_committed_total", "Findings written and committed.",
                  store->stored_incidents, store->stored_others);
    print_by_kind(output, "dnsblame_store_given_up_total",
                  "Findings that were lost because the database took nothing for too long.",
                  store->given_up_incidents, store->given_up_others);
    moment(output, "dnsblame_store_commit_timestamp_seconds",
           "The time of the last commit that succeeded, 0 before the first.",
           store->commit_time_ns);
}

void metrics_print(FILE *output, const struct metrics *metrics)
{
    head(output, "dnsblame_build_info", "gauge", "1, with the version of the program.");
    fputs("dnsblame_build_info{version=\"" DNSBLAME_VERSION "\"} 1\n", output);
    moment(output, "process_start_time_seconds", "When the program was started.",
           metrics->started_ns);
    head(output, "process_cpu_seconds_total", "counter", "Processor time used, user and system.");
    print_seconds(output, "process_cpu_seconds_total", metrics->cpu_ns);
    if (metrics->resident_bytes > 0)
        single(output, "process_resident_memory_bytes", "gauge", "Memory in use.",
               metrics->resident_bytes);
    print_traffic(output, &metrics->correlated);
    print_findings(output, metrics);
    print_devices(output, metrics);
    print_decoding(output, &metrics->decoded);
    print_tables(output, &metrics->correlated);
    if (metrics->stored)
        print_store(output, &metrics->store);
}
