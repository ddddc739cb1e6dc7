/* Writes a database as a busy resolver's would be: outages of all kinds, days like each other and
 * yet not the same, servers of all health, signatures and delegations at risk, and some names that
 * wish to be more than names. The same arguments give the same database.
 *
 *   bench_generate_database FILE [SERVFAILS [DAYS [ROWS [FIRST-DAY]]]]
 *
 * SERVFAILS a day (10000), DAYS (2), of which the last begins at FIRST-DAY + DAYS - 1 (the first at
 * 2026-01-01T00:00:00Z unless given in seconds since 1970), ROWS kept of an outage and hour (the
 * store's default; "all"). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/codes.h"
#include "decode/hash.h"
#include "store/store.h"

#define SECOND_NS INT64_C(1000000000)
#define DAY_S     86400
#define ZONES     60
#define RESOLVERS 3
#define SERVERS   150

struct generator {
    struct store *store;
    struct finding *finding;
    struct error error;
    uint64_t random;
    uint64_t serial;
    uint64_t outage_numbers[ZONES];
};

static uint64_t next_random(struct generator *generator)
{
    uint64_t z = generator->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(struct generator *generator, uint64_t bound)
{
    return next_random(generator) % bound;
}

static void check(int status, const struct generator *generator)
{
    if (status >= 0)
        return;
    fprintf(stderr, "generate_database: %s\n", generator->error.text);
    exit(1);
}

static struct address address_of(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address address;

    snprintf(text, sizeof(text), "%u.%u.%u.%u", a, b, c, d);
    if (address_from_text(&address, text) < 0)
        abort();
    return address;
}

static struct name name_of(const char *text)
{
    struct name name = {0};

    if (name_from_text(&name, text) < 0)
        abort();
    return name;
}

/* Names that try to be HTML, Markdown, a formula, a terminal's command, as long as can be. */
static const char *const hostile[] = {
    "<script>alert(1)</script>.example.",
    "\\\"\\'onmouseover=alert\\(1\\).example.",
    "=cmd|calc.example.",
    "`reboot`.|pipe|.*star*.example.",
    "\\027[31mred\\010\\013\\226\\128\\174evil.example.",
    "-flag.example.",
    "it\\'s$(reboot).example.",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

/* 252 octets and more, each taking four characters: "a." before it makes 255 with the root. */
static struct name longest_name(void)
{
    struct name name = {0};

    for (unsigned label = 0; label < 4; label++) {
        unsigned length = label < 3 ? 63 : 59;

        name.bytes[name.size_bytes++] = (uint8_t)length;
        for (unsigned i = 0; i < length; i++)
            name.bytes[name.size_bytes++] = (uint8_t)(200 + i % 40);
    }
    name.bytes[name.size_bytes++] = 0;
    return name;
}

static struct name zone_of(unsigned zone)
{
    char text[NAME_TEXT_SIZE];

    if (zone < HOSTILE)
        return name_of(hostile[zone]);
    if (zone == HOSTILE)
        return longest_name();
    snprintf(text, sizeof(text), "zone%u.example.", zone);
    return name_of(text);
}

static const enum cause causes[] = {
    CAUSE_LAME_REFUSED,          CAUSE_UNREACHABLE_NO_RESPONSE,  CAUSE_DNSSEC_SIGNATURE_EXPIRED,
    CAUSE_ZONE_SERVFAIL,         CAUSE_DNSSEC_DS_MISMATCH,       CAUSE_TIMEOUT_SLOW_SERVER,
    CAUSE_NETWORK_FRAGMENT_LOST, CAUSE_RESOLVER_OVERLOAD,        CAUSE_FORWARDER_SERVFAIL,
    CAUSE_UNREACHABLE_ICMP,      CAUSE_UNATTRIBUTED_NO_EVIDENCE, CAUSE_LAME_UPWARD_REFERRAL,
};

static struct address server_of(unsigned zone, unsigned which)
{
    return address_of(198, 18, (uint8_t)zone, (uint8_t)(which + 1));
}

static void fill_evidence(struct incident *incident, unsigned zone)
{
    incident->evidence_count = 3;
    incident->evidence_total = 3;
    for (unsigned i = 0; i < incident->evidence_count; i++)
        incident->evidence[i] =
            (struct evidence){.time_ns = incident->time_ns - incident->elapsed_ns + 1000 * (i + 1),
                              .response_time_ns = i == 2 ? INT64_MIN : incident->time_ns - 5000,
                              .server = server_of(zone, i % 2),
                              .zone = incident->zone,
                              .qname = incident->qname,
                              .qtype = incident->qtype,
                              .outcome = i == 2 ? OUTCOME_TIMEOUT : OUTCOME_REFUSED,
                              .why = DEPENDENCY_QUESTION,
                              .frame = incident->frame - 3 + i,
                              .response_frame = i == 2 ? 0 : incident->frame - 2 + i};
}

static void fill_texts(struct incident *incident)
{
    char zone[NAME_TEXT_SIZE];

    name_to_text(incident->zone.bytes, incident->zone.size_bytes, zone);
    snprintf(incident->explanation, sizeof(incident->explanation),
             "The servers of %.600s that were asked gave no usable answer.", zone);
    snprintf(incident->advice[0], ADVICE_SIZE, "Tell the owner.");
    snprintf(incident->advice[1], ADVICE_SIZE, "dig @198.18.0.1 . SOA +norecurse");
    incident->advice_count = 2;
}

/* Few zones make most failures; an outage of a zone fills some hours of the day. */
static unsigned choose_zone(struct generator *generator)
{
    unsigned zone = (unsigned)below(generator, ZONES);

    while (zone > 0 && below(generator, 3) > 0)
        zone /= 2;
    return zone;
}

static void add_incident(struct generator *generator, int64_t time_ns, int64_t day)
{
    struct incident *incident = &generator->finding->incident;
    unsigned zone = choose_zone(generator);
    uint64_t client = below(generator, 400);
    char qname[NAME_TEXT_SIZE], base[NAME_TEXT_SIZE];

    memset(incident, 0, sizeof(*incident));
    generator->finding->kind = FINDING_INCIDENT;
    incident->zone = zone_of(zone);
    incident->cause = causes[zone % (sizeof(causes) / sizeof(causes[0]))];
    incident->identity = hash_stable(&generator->serial, sizeof(generator->serial));
    generator->serial++;
    incident->outage = ((uint64_t)day << 32 | (zone + 1) << 8 | 1);
    incident->time_ns = time_ns;
    incident->elapsed_ns = (int64_t)(UINT64_C(1) << (10 + below(generator, 24)));
    incident->client = address_of(192, 0, (uint8_t)(client / 200), (uint8_t)(client % 200 + 1));
    incident->client_key = hash_stable(&client, sizeof(client));
    incident->client_port = (uint16_t)(1024 + below(generator, 60000));
    incident->resolver = address_of(10, 0, 0, (uint8_t)(1 + below(generator, RESOLVERS)));
    incident->id = (uint16_t)below(generator, 65536);
    incident->rd = true;
    name_to_text(incident->zone.bytes, incident->zone.size_bytes, base);
    snprintf(qname, sizeof(qname), "%c.%.1020s", (char)('a' + below(generator, 20)), base);
    incident->qname = name_of(qname);
    incident->qtype = TYPE_A;
    incident->qclass = 1;
    incident->frame = 10 + generator->serial;
    incident->query_frame = 9 + generator->serial;
    incident->confidence = CONFIDENCE_CERTAIN;
    incident->server_count = 2;
    for (unsigned i = 0; i < 2; i++)
        incident->servers[i] =
            (struct blamed_server){.address = server_of(zone, i), .outcome = OUTCOME_REFUSED};
    fill_evidence(incident, zone);
    fill_texts(incident);
    if (below(generator, 4) == 0 && generator->outage_numbers[zone] != 0) {
        incident->cause = CAUSE_CACHED_FAILURE;
        incident->origin = generator->outage_numbers[zone];
        incident->evidence_count = incident->evidence_total = 0;
    } else {
        generator->outage_numbers[zone] = incident->identity;
    }
    check(store_add(generator->store, generator->finding, &generator->error), generator);
}

static void add_minute(struct generator *generator, int64_t minute_ns, bool is_resolver,
                       struct address server, uint64_t queries, unsigned bucket, unsigned silent)
{
    struct minute_counters *minute = &generator->finding->minute;

    generator->finding->kind = FINDING_MINUTE;
    *minute = (struct minute_counters){.minute_ns = minute_ns,
                                       .server = server,
                                       .is_resolver = is_resolver,
                                       .queries = queries,
                                       .responses = queries - queries * silent / 100,
                                       .unanswered = queries * silent / 100};
    minute->rcodes[RCODE_NOERROR] = minute->responses;
    minute->latency[bucket] = minute->responses * 2 / 3;
    minute->latency[bucket + 2] = minute->responses - minute->responses * 2 / 3;
    check(store_add(generator->store, generator->finding, &generator->error), generator);
}

static void add_minutes(struct generator *generator, int64_t minute_ns, int64_t day,
                        uint64_t servfails)
{
    for (unsigned i = 1; i <= RESOLVERS; i++)
        add_minute(generator, minute_ns, true, address_of(10, 0, 0, (uint8_t)i),
                   servfails / 1440 * 30 + 100 + below(generator, 50), 2, 1);
    /* Server 7 gets slower from day to day, every tenth is silent now and then. */
    for (unsigned i = 0; i < SERVERS && minute_ns / (60 * SECOND_NS) % 15 == 0; i++)
        add_minute(generator, minute_ns, false, address_of(198, 18, (uint8_t)i, 1),
                   20 + below(generator, 30), i == 7 ? 8 + 2 * (unsigned)(day % 4) : 5 + i % 5,
                   i % 10 == 0 ? 20 : 0);
}

static void add_signature(struct generator *generator, int64_t time_ns, const char *zone, int days)
{
    struct signature_sight *sight = &generator->finding->signature;

    generator->finding->kind = FINDING_SIGNATURE;
    *sight = (struct signature_sight){.time_ns = time_ns,
                                      .server = address_of(198, 18, 200, 1),
                                      .zone = name_of(zone),
                                      .type_covered = TYPE_SOA,
                                      .key_tag = 4711,
                                      .algorithm = 13,
                                      .inception_ns = time_ns - 28 * DAY_S * SECOND_NS,
                                      .expiration_ns = time_ns + days * DAY_S * SECOND_NS};
    check(store_add(generator->store, generator->finding, &generator->error), generator);
}

static void add_delegation(struct generator *generator, int64_t time_ns, const char *zone,
                           uint8_t server, unsigned nameservers, enum outcome outcome)
{
    struct delegation_sight *sight = &generator->finding->delegation;

    generator->finding->kind = FINDING_DELEGATION;
    *sight = (struct delegation_sight){.time_ns = time_ns,
                                       .zone = name_of(zone),
                                       .server = address_of(198, 18, 201, server),
                                       .server_name = name_of("ns.example."),
                                       .nameservers = nameservers,
                                       .listed = nameservers,
                                       .outcome = outcome};
    check(store_add(generator->store, generator->finding, &generator->error), generator);
}

static void add_forecasts(struct generator *generator, int64_t time_ns)
{
    add_signature(generator, time_ns, "expires-in-3.example.", 3);
    add_signature(generator, time_ns, "expires-in-9.example.", 9);
    add_delegation(generator, time_ns, "lonely.example.", 1, 1, OUTCOME_ANSWER);
    add_delegation(generator, time_ns, "one-left.example.", 2, 2, OUTCOME_REFUSED);
    add_delegation(generator, time_ns, "partly.example.", 3, 4, OUTCOME_TIMEOUT);
    add_delegation(generator, time_ns, "none-left.example.", 4, 1, OUTCOME_SERVFAIL);
    add_delegation(generator, time_ns, "well-again.example.", 5, 4, OUTCOME_TIMEOUT);
    add_delegation(generator, time_ns + SECOND_NS, "well-again.example.", 5, 4, OUTCOME_ANSWER);
}

static void add_day(struct generator *generator, int64_t begin_ns, int64_t day, uint64_t servfails)
{
    struct source_health health = {.packets = servfails * 60,
                                   .dns_messages = servfails * 50,
                                   .dns_responses = servfails * 25,
                                   .first_time_ns = begin_ns,
                                   .last_time_ns = begin_ns + DAY_S * SECOND_NS - 1};
    char name[64];

    snprintf(name, sizeof(name), "day%" PRId64 ".pcap", day);
    check(store_begin_source(generator->store, 0, (uint64_t)begin_ns, name, &generator->error),
          generator);
    memset(generator->outage_numbers, 0, sizeof(generator->outage_numbers));
    for (int64_t minute = 0; minute < 1440; minute++) {
        uint64_t from = servfails * (uint64_t)minute / 1440;
        uint64_t count = servfails * (uint64_t)(minute + 1) / 1440 - from;
        int64_t minute_ns = begin_ns + minute * 60 * SECOND_NS;

        for (uint64_t i = 0; i < count; i++)
            add_incident(generator, minute_ns + (int64_t)(i * 60 * SECOND_NS / count), day);
        add_minutes(generator, minute_ns, day, servfails);
    }
    add_forecasts(generator, begin_ns + 40000 * SECOND_NS);
    check(store_set_health(generator->store, 0, &health, &generator->error), generator);
    check(store_finish(generator->store, &generator->error), generator);
}

int main(int argc, char **argv)
{
    uint64_t servfails = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000;
    int64_t days = argc > 3 ? strtoll(argv[3], NULL, 10) : 2;
    int64_t begin_ns = (argc > 5 ? strtoll(argv[5], NULL, 10) : 1767225600) * SECOND_NS;
    struct generator generator = {.random = 1, .serial = 1};
    struct store_options options = {
        .path = argc > 1 ? argv[1] : "", .sensor = "tap1", .analyzer_version = "0.1.0"};

    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE [SERVFAILS [DAYS [ROWS [FIRST-DAY]]]]\n", argv[0]);
        return 2;
    }
    if (argc > 4 && strcmp(argv[4], "all") == 0)
        options.outage_rows = options.hour_rows = UINT64_MAX;
    else if (argc > 4)
        options.outage_rows = strtoull(argv[4], NULL, 10);
    generator.finding = calloc(1, sizeof(*generator.finding));
    for (int64_t day = 0; day < days; day++) {
        int64_t left = days - 1 - day;

        generator.store = store_open(&options, &generator.error);
        check(generator.store == NULL ? -1 : 0, &generator);
        /* Of the last days each a tenth more. */
        add_day(&generator, begin_ns + day * DAY_S * SECOND_NS, day,
                servfails - servfails * (uint64_t)(left < 5 ? left : 5) / 10);
        store_close(generator.store);
    }
    free(generator.finding);
    return 0;
}
