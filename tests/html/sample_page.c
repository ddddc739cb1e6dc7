/* Prints the HTML report of an invented busy day, for the browser's tests and for looking at it:
 * sample_page busy|hostile|largest. `hostile` names zones, servers and files as an attacker would;
 * `largest` has as many rows as there can be, with the longest names. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/html.h"
#include "report/moment.h"
#include "unit/samples.h"

#define FROM_NS   INT64_C(1763596800000000000) /* 2025-11-20T00:00:00Z */
#define MINUTE_NS INT64_C(60000000000)
#define HOUR_NS   (60 * MINUTE_NS)
#define SENSORS   2
#define INTERVALS 288
#define OUTAGES   18
#define MANY      50 /* as many outages, servers and changes as a report lists */

enum kind { BUSY, HOSTILE, LARGEST };

static uint64_t seed = 4711;

static double chance(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static uint64_t about(double mean)
{
    return (uint64_t)lround(mean * (0.8 + 0.4 * chance()));
}

struct failing {
    const char *zone;
    enum cause cause;
    double from_hour, to_hour;
    double per_interval;
    unsigned clients;
    enum day_outage_history history;
    const char *explanation;
};

static const struct failing failings[OUTAGES] = {
    {"bank.example.", CAUSE_DNSSEC_SIGNATURE_EXPIRED, 6.2, 11.4, 95, 812, OUTAGE_FIRST_TIME,
     "www.bank.example. A failed because the signature over its A records, made with key 20326, "
     "expired on 2025-11-20 06:11:02 UTC and was not renewed by 192.0.2.53 (ns1.bank.example.)."},
    {"shop.example.", CAUSE_UNREACHABLE_NO_RESPONSE, 13.1, 14.6, 160, 640, OUTAGE_FIRST_TIME,
     "shop.example. A failed because all of its 4 server addresses stayed silent (31 tries)."},
    {NULL, CAUSE_FORWARDER_SERVFAIL, 16.9, 17.3, 300, 410, OUTAGE_RETURNED,
     "The forwarder 203.0.113.9 answered SERVFAIL itself: the fault lies beyond it."},
    {"cdn.example.net.", CAUSE_LAME_REFUSED, 0, 24, 9, 233, OUTAGE_CONTINUES,
     "img.cdn.example.net. AAAA failed because 198.51.100.7 (ns2.cdn.example.net.) refuses to "
     "answer "
     "for cdn.example.net., and no other server is delegated to."},
    {"uni.example.edu.", CAUSE_TIMEOUT_SLOW_SERVER, 9.2, 12.1, 14, 120, OUTAGE_RETURNED,
     "lib.uni.example.edu. A failed because the answer of 198.51.100.80 came 2.31 s after the "
     "question, and the resolver had given up."},
    {"gov.example.", CAUSE_DNSSEC_DS_MISMATCH, 20.5, 24, 22, 98, OUTAGE_FIRST_TIME,
     "portal.gov.example. A failed because no DNSKEY of gov.example. fits the DS that example. "
     "publishes (tag 31415, algorithm 13, digest 2)."},
    {"mail.example.org.", CAUSE_ZONE_SERVFAIL, 3, 5.5, 6, 51, OUTAGE_FIRST_TIME,
     "mx.mail.example.org. A failed because its server 203.0.113.77 itself answers SERVFAIL."},
    {"big.example.com.", CAUSE_NETWORK_FRAGMENT_LOST, 0, 8.1, 4, 44, OUTAGE_CONTINUES,
     "big.example.com. TXT failed because the second fragment of the answer never arrived."},
    {NULL, CAUSE_RESOLVER_OVERLOAD, 17.0, 17.2, 60, 40, OUTAGE_FIRST_TIME,
     "The resolver failed for 61 unrelated zones within 4 s, with its upstream work abandoned."},
    {"old.example.info.", CAUSE_LAME_NOT_AUTHORITATIVE, 1, 23, 1.5, 22, OUTAGE_CONTINUES,
     "old.example.info. MX failed because 192.0.2.99 answers without authority (no aa)."},
    {"iot.example.io.", CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, 7, 7.6, 5, 19, OUTAGE_RETURNED,
     "iot.example.io. A failed because none of its nameservers' names has an address."},
    {"a-very-long-name-that-goes-on-and-on.and-on.and-on.sub.department.example.co.uk.",
     CAUSE_UNREACHABLE_ICMP, 18, 19, 3, 11, OUTAGE_FIRST_TIME,
     "The network rejected the queries with \"administratively prohibited\"."},
    {NULL, CAUSE_UNATTRIBUTED_CAPTURE_LOSS, 13.3, 13.6, 12, 10, OUTAGE_FIRST_TIME,
     "The packets that would decide are not in the capture: the kernel dropped 812 then."},
    {"loop.example.", CAUSE_ZONE_CNAME_LOOP, 2, 2.2, 2, 4, OUTAGE_FIRST_TIME,
     "a.loop.example. A failed because its chain of aliases closes on itself."},
    {"ipv6.example.", CAUSE_UNREACHABLE_BAD_ADDRESS, 11, 11.1, 3, 3, OUTAGE_FIRST_TIME,
     "ipv6.example. A failed because its only server has the address fe80::1 (link-local)."},
    {"edns.example.", CAUSE_NETWORK_EDNS_BLOCKED, 21, 21.2, 1, 2, OUTAGE_FIRST_TIME,
     "Queries with EDNS to 192.0.2.200 vanish, those without are answered."},
    {"tiny.example.", CAUSE_TIMEOUT_INTERMITTENT, 22.2, 22.3, 1, 1, OUTAGE_RETURNED,
     "192.0.2.201 did not answer this question, while it answered others."},
    {"late.example.", CAUSE_DNSSEC_SIGNATURE_MISSING, 23.6, 24, 4, 1, OUTAGE_FIRST_TIME,
     "late.example. A failed because its answer is unsigned although example. says it is signed."},
};

/* What somebody might try to smuggle in through a name, a file, an EDE text. */
static const char *const hostile_texts[] = {
    "<script>alert(1)</script>.example.",
    "\"onmouseover=\"alert(1)\".example.",
    "'><img src=x onerror=alert(1)>.example.",
    "a\nb\r\tc.example.",
    "\xe2\x80\xaegro.elpmaxe.",
    "</title></style></svg></script><h1>.example.",
    "&lt;&#60;%3Cscript%3E`${alert(1)}`.example.",
    "\x01\x7f\xff\xfe.example.",
};

#define HOSTILE_COUNT (sizeof(hostile_texts) / sizeof(hostile_texts[0]))

/* 255 octets, none of which can be printed. */
static const char *longest_name(void)
{
    static char text[NAME_TEXT_SIZE];
    struct name name = {.size_bytes = NAME_MAX_BYTES};

    memset(name.bytes, 0xf0, sizeof(name.bytes));
    for (size_t at = 0; at < 254; at += 64)
        name.bytes[at] = at + 64 < 254 ? 63 : (uint8_t)(254 - at - 1);
    name.bytes[254] = 0;
    return name_to_text(name.bytes, name.size_bytes, text);
}

static const char *name_of(size_t number, const char *otherwise, enum kind kind)
{
    if (otherwise == NULL || kind == BUSY)
        return otherwise;
    return kind == LARGEST ? longest_name() : hostile_texts[number % HOSTILE_COUNT];
}

static void fill_traffic(struct day_traffic *traffic, int64_t from_ns, int64_t to_ns)
{
    double hour = (double)(from_ns - FROM_NS) / (double)HOUR_NS;
    double load = 3000 + 9000 * exp(-pow((hour - 14) / 5, 2));

    traffic->known = hour < 4 || hour >= 4.75;
    if (!traffic->known)
        return;
    traffic->queries = about(load * (double)(to_ns - from_ns) / (double)(5 * MINUTE_NS));
    traffic->responses = traffic->queries - traffic->queries / 300;
    traffic->unanswered = traffic->queries / 300;
    for (size_t i = 0; i < OUTAGES; i++) {
        if (hour >= failings[i].from_hour && hour < failings[i].to_hour) {
            uint64_t count = about(failings[i].per_interval);

            traffic->causes[failings[i].cause] += count;
            traffic->servfails += count;
        }
    }
    traffic->rcodes[RCODE_SERVFAIL] = traffic->servfails;
}

static void add_traffic(struct day_traffic *sum, const struct day_traffic *traffic)
{
    sum->known = sum->known || traffic->known;
    sum->queries += traffic->queries;
    sum->responses += traffic->responses;
    sum->unanswered += traffic->unanswered;
    sum->servfails += traffic->servfails;
    for (int i = 0; i < CAUSE_COUNT; i++)
        sum->causes[i] += traffic->causes[i];
}

static struct day_latency sample_latency(double median_ms, double spread, uint64_t count)
{
    struct day_latency latency = {.count = count};

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        double middle_ms = 0.1 * pow(2, i - 0.5);

        latency.buckets[i] = (uint64_t)((double)count * 0.4 / spread *
                                        exp(-pow(log2(middle_ms / median_ms) / spread, 2)));
    }
    latency.p50_ns = (int64_t)(median_ms * 1e6);
    latency.p95_ns = (int64_t)(median_ms * pow(2, 1.2 * spread) * 1e6);
    latency.p99_ns = (int64_t)(median_ms * pow(2, 1.7 * spread) * 1e6);
    return latency;
}

static const char *source_name(const void *sources, uint32_t source)
{
    (void)source;
    return sources;
}

static void fill_story(struct day_story *story, size_t number, unsigned n,
                       const struct failing *failing, enum kind kind)
{
    struct incident *incident = &story->incident;
    unsigned exchanges = kind == LARGEST ? EVIDENCE_MAX : 6 + (unsigned)number;

    sample_incident(incident, (unsigned)number * 10 + n);
    incident->time_ns = FROM_NS + (int64_t)(failing->from_hour * 3600e9) + n * MINUTE_NS;
    incident->cause = failing->cause;
    snprintf(incident->explanation, sizeof(incident->explanation), "%s", failing->explanation);
    incident->evidence_count = 0;
    for (unsigned i = 0; i < exchanges; i++) {
        incident->time_ns += SAMPLE_MS(400);
        sample_evidence(incident);
        incident->evidence[i].outcome = i % 3 == 0 ? OUTCOME_TIMEOUT : OUTCOME_REFUSED;
        incident->evidence[i].frame += 3 * i;
        if (kind == LARGEST)
            incident->evidence[i].qname = incident->evidence[i].server_name =
                sample_name(longest_name());
    }
    incident->elapsed_ns = SAMPLE_MS(400) * exchanges + SAMPLE_MS(50);
    incident->ede[0].code = 22;
    incident->ede[0].text_size = (uint8_t)snprintf(
        (char *)incident->ede[0].text, EDE_TEXT_SIZE, "%s",
        kind == HOSTILE ? "</script><script>alert(1)</script>\n\x1b[31m" : "at delegation");
    incident->ede_count = 1;
    story->context = (struct incident_context){
        .sensor = "tap1",
        .analyzer_version = DNSBLAME_VERSION,
        .source_name = source_name,
        .sources = kind == HOSTILE ? "<img src=x onerror=alert(1)>.pcap" : "eth0",
    };
}

static uint64_t *split(uint64_t whole)
{
    uint64_t *parts = calloc(SENSORS, sizeof(*parts));

    parts[0] = whole / 3;
    parts[1] = whole - parts[0];
    return parts;
}

static void fill_outage(struct day_outage *outage, size_t number, enum kind kind)
{
    static const char *const advice[] = {
        "Tell the operator of the zone.",
        "dig bank.example. SOA @192.0.2.53 +norecurse +time=3 +tries=1",
        "delv @192.0.2.53 www.bank.example. A +rtrace   # what a validator says to it",
    };
    const struct failing *failing = &failings[number % OUTAGES];
    struct day_story *stories = calloc(3, sizeof(*stories));
    struct day_server_at_fault *servers = calloc(2, sizeof(*servers));

    for (unsigned i = 0; i < 3; i++)
        fill_story(&stories[i], number, i, failing, kind);
    servers[0] =
        (struct day_server_at_fault){"192.0.2.53", name_of(number, "ns1.bank.example.", kind)};
    servers[1] = (struct day_server_at_fault){"2001:db8:53::53", NULL};
    *outage = (struct day_outage){
        .identity = 1000 + number,
        .sensor = number % SENSORS,
        .cause = failing->cause,
        .confidence = number % 4 == 1 ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN,
        .zone = name_of(number, failing->zone, kind),
        .resolver = "192.0.2.1",
        .servers = servers,
        .server_count = 2,
        .incidents =
            3 + (uint64_t)(failing->per_interval * 12 * (failing->to_hour - failing->from_hour)),
        .clients = failing->clients,
        .first_time_ns = FROM_NS + (int64_t)(failing->from_hour * 3600e9) -
                         (failing->history == OUTAGE_CONTINUES ? 40 * HOUR_NS : 0),
        .last_time_ns = FROM_NS + (int64_t)(failing->to_hour * 3600e9) - 20000000000,
        .going_on = failing->to_hour == 24,
        .history = failing->history,
        .earlier_count = failing->history == OUTAGE_RETURNED ? 3 : 0,
        .earlier_time_ns = FROM_NS - 100 * HOUR_NS,
        .explanation =
            kind == HOSTILE ? hostile_texts[number % HOSTILE_COUNT] : failing->explanation,
        .advice = (const char **)(uintptr_t)advice,
        .advice_count = 3,
        .stories = stories,
        .story_count = 3,
    };
    outage->kept = outage->incidents > 500 ? 500 : outage->incidents;
    outage->sensors = split(outage->incidents);
    outage->comparison = number % 2 == 0 ? "It fails at every sensor that asked." : NULL;
}

static void fill_traffics(struct day *day)
{
    day->intervals = calloc(INTERVALS, sizeof(*day->intervals));
    day->hours = calloc(24, sizeof(*day->hours));
    day->interval_count = INTERVALS;
    day->hour_count = 24;
    for (size_t i = 0; i < INTERVALS; i++) {
        struct day_interval *interval = &day->intervals[i];
        struct day_hour *hour = &day->hours[i / 12];

        interval->from_ns = FROM_NS + (int64_t)i * 5 * MINUTE_NS;
        interval->to_ns = interval->from_ns + 5 * MINUTE_NS;
        fill_traffic(&interval->traffic, interval->from_ns, interval->to_ns);
        add_traffic(&day->traffic[PERIOD_NOW], &interval->traffic);
        add_traffic(&hour->traffic, &interval->traffic);
        hour->from_ns = FROM_NS + (int64_t)(i / 12) * HOUR_NS;
        snprintf(hour->label, sizeof(hour->label), "%02zu:00", i / 12);
    }
    day->traffic[PERIOD_NOW].clients = 1873;
    for (int i = PERIOD_BEFORE; i < PERIOD_WEEKS_BEFORE; i++) {
        day->traffic[i] = day->traffic[PERIOD_NOW];
        day->traffic[i].servfails /= 3;
        day->traffic[i].clients /= 4;
        day->traffic[i].queries -= day->traffic[i].queries / 30;
    }
    for (int i = 0; i < CAUSE_COUNT; i++)
        day->traffic[PERIOD_BEFORE].causes[i] /= 3;
}

static void fill_sensors(struct day *day, enum kind kind)
{
    day->sensor_count = SENSORS;
    day->sensors = calloc(SENSORS, sizeof(*day->sensors));
    day->resolver_count = SENSORS + 1;
    day->resolvers = calloc(SENSORS + 1, sizeof(*day->resolvers));
    for (size_t i = 0; i < SENSORS; i++) {
        day->sensors[i].name = name_of(i, i == 0 ? "fra1" : "ams2", kind);
        day->sensors[i].path = i == 0 ? "/var/lib/dnsblame/fra1.db" : "/var/lib/dnsblame/ams2.db";
        memcpy(day->sensors[i].traffic, day->traffic, sizeof(day->traffic));
    }
    for (size_t i = 0; i <= SENSORS; i++) {
        day->resolvers[i].address = i == 0 ? "192.0.2.1" : i == 1 ? "192.0.2.2" : "2001:db8::53";
        day->resolvers[i].sensor = i % SENSORS;
        memcpy(day->resolvers[i].traffic, day->traffic, sizeof(day->traffic));
    }
}

static void fill_causes(struct day *day, enum kind kind)
{
    day->causes = calloc(CAUSE_COUNT, sizeof(*day->causes));
    day->changes = calloc(MANY, sizeof(*day->changes));
    for (int i = 0; i < CAUSE_COUNT; i++) {
        uint64_t count = day->traffic[PERIOD_NOW].causes[i];
        size_t at = day->cause_count;

        if (count == 0)
            continue;
        for (; at > 0 && day->causes[at - 1].incidents[PERIOD_NOW] < count; at--)
            day->causes[at] = day->causes[at - 1];
        day->causes[at] = (struct day_cause){
            .cause = (enum cause)i,
            .incidents = {count, day->traffic[PERIOD_BEFORE].causes[i]},
            .zone = name_of((size_t)i, "bank.example.", kind),
            .example = 0xfedcba9876540001,
            .sensors = split(count),
        };
        day->cause_count++;
    }
    for (size_t i = 0; i < (kind == LARGEST ? MANY : 9); i++)
        day->changes[day->change_count++] = (struct day_change){
            .kind = (enum day_change_kind)(i / 3 % 4),
            .cause = failings[i % OUTAGES].cause,
            .zone = name_of(i, failings[i % OUTAGES].zone, kind),
            .incidents = 1000 / (i + 1),
            .incidents_before = i / 3 == 0 ? 0 : 300 * i,
            .example = 0xfedcba9876540001 + i,
        };
    day->change_total = 23;
}

static void fill_tops(struct day *day, enum kind kind)
{
    static const char *const samples[TOP_COUNT][3] = {
        {"bank.example.", "shop.example.", "cdn.example.net."},
        {"192.0.2.53", "2001:db8:53::53", "198.51.100.7"},
        {"203.0.113.0", "203.0.113.128", "2001:db8:77::"},
        {"www.bank.example.", "shop.example.", "img.cdn.example.net."},
    };

    for (int top = 0; top < TOP_COUNT; top++) {
        day->tops[top] = calloc(10, sizeof(**day->tops));
        day->top_counts[top] = 10;
        day->top_totals[top] = 412;
        for (size_t i = 0; i < 10; i++)
            day->tops[top][i] = (struct day_top){
                .text = top == TOP_SERVERS || top == TOP_CLIENTS
                            ? samples[top][i % 3]
                            : name_of(i, samples[top][i % 3], kind),
                .name = top == TOP_SERVERS && i % 3 == 0 ? "ns1.bank.example." : NULL,
                .incidents = 5000 / (i + 1),
                .incidents_before = 300 * i,
                .known_before = top < TOP_CLIENTS,
                .certainty = top == TOP_NAMES ? DAY_ABOUT : DAY_COUNTED,
                .sensors = split(5000 / (i + 1)),
            };
    }
}

static void fill_servers(struct day *day, enum kind kind)
{
    day->server_count = kind == LARGEST ? MANY : 24;
    day->server_total = 18233;
    day->servers = calloc(day->server_count, sizeof(*day->servers));
    for (size_t i = 0; i < day->server_count; i++) {
        struct day_server *server = &day->servers[i];
        uint64_t asked = 80000 / (i + 1);
        char *address = calloc(1, 40);

        snprintf(address, 40, i % 3 == 2 ? "2001:db8:%zu::53" : "198.51.100.%zu", i + 1);
        server->address = address;
        server->name = name_of(i, i % 4 == 3 ? NULL : "ns1.bank.example.", kind);
        server->zone = name_of(i, "bank.example.", kind);
        server->now = (struct day_server_counts){
            .queries = asked,
            .responses = asked - asked / (i + 2),
            .unanswered = asked / (i + 2),
            .refused = i == 3 ? asked / 2 : 0,
            .servfails = i == 5 ? asked / 3 : 0,
            .rtt = sample_latency(4 + 9 * (double)i, 1.3, asked),
        };
        server->before = server->now;
        server->before.rtt.p50_ns /= i % 5 == 4 ? 3 : 1;
        server->known_before = i % 6 != 5;
        server->slower = i % 5 == 4;
    }
}

static void fill_forecast(struct day *day, enum kind kind)
{
    day->expiring_count = 3;
    day->expiring_total = 3;
    day->expiring = calloc(3, sizeof(*day->expiring));
    for (size_t i = 0; i < 3; i++)
        day->expiring[i] = (struct day_expiring){
            .zone = name_of(i, "soon.example.", kind),
            .type = i == 0 ? "SOA" : "DNSKEY",
            .key_tag = (uint16_t)(4242 + i),
            .algorithm = 13,
            .inception_ns = FROM_NS - 300 * HOUR_NS,
            .expiration_ns = FROM_NS + 30 * HOUR_NS * (int64_t)(i + 1),
            .seen_ns = FROM_NS + 23 * HOUR_NS,
            .servers = 1 + (unsigned)i,
            .server = "192.0.2.53",
            .renewed = i == 2,
        };
    day->fragile_count = FRAGILE_PARTLY_SILENT + 1;
    day->fragile_total = 31;
    day->fragile = calloc(day->fragile_count, sizeof(*day->fragile));
    for (size_t i = 0; i < day->fragile_count; i++) {
        struct day_fragile_server *servers = calloc(2, sizeof(*servers));

        servers[0] = (struct day_fragile_server){
            "192.0.2.77", "ns1.frail.example.", OUTCOME_TIMEOUT, false, FROM_NS, FROM_NS};
        servers[1] = (struct day_fragile_server){
            "192.0.2.78", "ns2.frail.example.", OUTCOME_ANSWER, true, FROM_NS, FROM_NS};
        day->fragile[i] = (struct day_fragile){
            .kind = (enum day_fragile_kind)i,
            .zone = name_of(i, "frail.example.", kind),
            .nameservers = 2,
            .listed = 2,
            .failing = 1,
            .working = 1,
            .servers = servers,
            .server_count = 2,
        };
    }
}

static void fill_capture(struct day *day, enum kind kind)
{
    static const char *trust[] = {
        "45 minutes of the day were not captured (04:00 to 04:45 UTC).",
        "The kernel dropped 812 packets of 214,118,220: what would be blamed on silence then is "
        "not.",
        "Evidence was kept of 4,113 of 15,904 SERVFAILs; the counts are exact, names and clients "
        "are estimated out of these.",
    };

    day->trust = trust;
    day->trust_count = 3;
    day->capture.losses = calloc(2, sizeof(*day->capture.losses));
    day->capture.losses[0] = (struct day_loss){"dropped", "kernel", 812, 0};
    day->capture.losses[1] = (struct day_loss){"evicted", "exchanges", 40, 1};
    day->capture.loss_count = 2;
    day->capture.sources = calloc(1, sizeof(*day->capture.sources));
    day->capture.sources[0] = (struct day_source){name_of(2, "eth0", kind), 0, 214118220, FROM_NS,
                                                  FROM_NS + 24 * HOUR_NS};
    day->capture.shown_source_count = day->capture.source_count = 1;
    day->capture.packets = 214118220;
    day->capture.dns_messages = 209000000;
    day->capture.lost = 812;
    day->capture.first_time_ns = FROM_NS;
    day->capture.last_time_ns = FROM_NS + 24 * HOUR_NS;
    day->elapsed = sample_latency(900, 2.6, 15000);
    day->elapsed_unknown = 31;
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {
        [BUSY] = "busy", [HOSTILE] = "hostile", [LARGEST] = "largest"};
    enum kind kind = BUSY;
    /* It stands until the end, and with it all that it points to. */
    static struct day day = {
        .spans = {{.from_ns = FROM_NS, .to_ns = FROM_NS + 24 * HOUR_NS, .seen_ns = 24 * HOUR_NS},
                  {.from_ns = FROM_NS - 24 * HOUR_NS,
                   .to_ns = FROM_NS,
                   .shift_days = 1,
                   .seen_ns = 24 * HOUR_NS},
                  {.from_ns = FROM_NS - 168 * HOUR_NS,
                   .to_ns = FROM_NS - 144 * HOUR_NS,
                   .shift_days = 7}},
        .now_ns = FROM_NS + 33 * HOUR_NS,
        .timezone = "UTC",
        .analyzer_version = DNSBLAME_VERSION,
        .headline = "0.83 % of the answers were SERVFAIL, three times as many as the day before "
                    "(0.28 %). Most of it is not ours: an expired signature of bank.example. (38 "
                    "%) and silent servers of shop.example. (18 %).",
        .action =
            "First: tell the operator of cdn.example.net. that ns2 refuses, since three days; "
            "gov.example. is still broken.",
    };
    struct error error;

    for (int i = 0; i < 3 && argc > 1; i++) {
        if (strcmp(argv[1], kinds[i]) == 0)
            kind = (enum kind)i;
    }
    setenv("TZ", "UTC", 1);
    tzset();
    fill_traffics(&day);
    fill_sensors(&day, kind);
    fill_causes(&day, kind);
    day.outage_count = kind == LARGEST ? MANY : OUTAGES;
    day.outage_total = day.outage_count + 44;
    day.outages = calloc(day.outage_count, sizeof(*day.outages));
    for (size_t i = 0; i < day.outage_count; i++)
        fill_outage(&day.outages[i], i, kind);
    fill_tops(&day, kind);
    fill_servers(&day, kind);
    fill_forecast(&day, kind);
    fill_capture(&day, kind);
    if (html_print(stdout, &day, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    return 0;
}
