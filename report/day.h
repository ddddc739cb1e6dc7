/* Everything that a report of a day (or any other span) says, as plain values: asked of the
 * databases once, printed by every format. Whatever a format shows is a field here, so that all
 * formats say the same.
 *
 * Counts of SERVFAILs are exact, however many rows are kept as samples; questions, answers and
 * servers' health count by whole minutes, distinct clients by quarters of an hour. What stands on
 * samples or is estimated says so in its comment. A cached failure counts
 * under its origin's cause, zone and outage wherever the origin is known.
 *
 * Texts are owned by the model, valid UTF-8 without control characters or bidirectional controls;
 * names are in presentation format, absolute. A format has to escape only its own special
 * characters. NULL: not known. */
#ifndef REPORT_DAY_H
#define REPORT_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "correlate/correlator.h"
#include "report/database.h"

#define DAY_CATEGORIES_MAX 16
#define DAY_BLAMED_MAX     16
#define DAY_COLUMNS_MAX    8         /* of sensors, in what people read */
#define DAY_NOT_KNOWN      INT64_MIN /* of times and durations */

/* The span itself and the same span earlier. A span of up to a day is held against the day and the
 * week before; one of n days against the n days before, and n days whole weeks before. */
enum day_period { PERIOD_NOW, PERIOD_BEFORE, PERIOD_WEEKS_BEFORE, PERIOD_COUNT };

struct day_span {
    int64_t from_ns;
    int64_t to_ns; /* not included */
    bool is_first; /* no database tells of anything before it */
    bool is_last;  /* nor of anything after it */
    unsigned shift_days;
    int64_t seen_ns; /* how much of it captures cover, by whole minutes */
};

/* What clients asked and got: of one resolver, sensor or hour, or of all. */
struct day_traffic {
    bool known; /* false: no capture covers it, and all else is 0 and means nothing */
    uint64_t queries;
    uint64_t responses;
    uint64_t unanswered; /* questions that no answer was seen to */
    uint64_t rcodes[16]; /* of the responses */
    uint64_t servfails;
    uint64_t cached; /* SERVFAILs out of a memory of failures */
    uint64_t causes[CAUSE_COUNT];
    uint64_t clients; /* distinct ones that got a SERVFAIL: estimated, good to about 3 % */
};

/* SERVFAILs among the responses, 0 to 1; -1: there was no response, or nothing is known. */
double day_share(const struct day_traffic *traffic);

/* The categories of causes in the order of CAUSES: "resolver", "dnssec" and so on. */
struct day_category {
    const char *code;
    const char *text; /* who has to act, for people: "the zone's data" */
    enum cause first, last;
};
size_t day_categories(struct day_category categories[DAY_CATEGORIES_MAX]);
uint64_t day_category_count(const uint64_t causes[CAUSE_COUNT],
                            const struct day_category *category);

/* A database, that is a sensor. Figures a sensor stand in arrays of `sensor_count`. */
struct day_sensor {
    const char *name; /* those who watched, "a, b" where several wrote one database */
    const char *path; /* the database, for commands; of a fleet the server's name */
    /* It is being written, and SERVFAILs came after the last minute whose questions and answers are
     * counted: it is reported on up to the end of that. DAY_NOT_KNOWN: in full. */
    int64_t counted_until_ns;
    struct day_traffic traffic[PERIOD_COUNT];
};

/* Resolvers that hardly anybody asked amid very many are counted together. */
#define DAY_OTHER_RESOLVERS "(others)"

struct day_resolver {
    const char *address;
    size_t sensor;
    struct day_traffic traffic[PERIOD_COUNT];
};

/* Consecutive parts of the span, in order. */
struct day_interval {
    int64_t from_ns;
    int64_t to_ns;
    struct day_traffic traffic; /* known: a capture covers a part of it */
};

/* An hour of the day in the report's time zone. In a span of one day they are its 23, 24 or 25
 * hours in order; in a longer one the 24 hours of the day, added up over its days. */
struct day_hour {
    char label[32];  /* "02:00", "02:00 CEST" where the clock was put back */
    int64_t from_ns; /* DAY_NOT_KNOWN: added up over days */
    struct day_traffic traffic;
};

/* How long something took. */
struct day_latency {
    uint64_t count;
    uint64_t buckets[LATENCY_BUCKETS]; /* see latency_bucket_limit_us() */
    /* So much at most: the bound of the bucket. DAY_NOT_KNOWN: of nothing, or in the last bucket.
     */
    int64_t p50_ns, p95_ns, p99_ns;
    int64_t median_ns; /* as if a bucket's were spread evenly over it: to be compared, not shown */
};

/* "half within 1.64 s, 95 % within 3.28 s, 1 % or more longer than 26.2 s" */
#define DAY_LATENCY_SIZE 128
const char *day_latency_to_text(const struct day_latency *latency, char text[DAY_LATENCY_SIZE]);

struct day_cause {
    enum cause cause;
    uint64_t incidents[PERIOD_COUNT];
    const char *zone;  /* the zone that most of it is about, NULL: none */
    uint64_t outage;   /* its largest, 0: none in the span */
    uint64_t example;  /* the identity of an incident of that */
    size_t sensor;     /* which saw them */
    uint64_t *sensors; /* incidents a sensor */
};

/* What a number is. Where not all rows are kept, each kept one stands for some. */
enum day_certainty {
    DAY_COUNTED,
    DAY_ABOUT,    /* added up from rows of which none stands for much of it */
    DAY_AT_LEAST, /* so many rows are kept, too few to say more */
};
const char *day_certainty_mark(enum day_certainty certainty); /* "", "about ", "at least " */

struct day_server_at_fault {
    const char *address;
    const char *name; /* NULL: not known */
};

/* One incident in full, for its story. Its frames are told by `context`, which lives as long as the
 * databases are open. */
struct day_story {
    struct incident incident;
    struct incident_context context;
};

enum day_outage_history {
    /* Nothing like it is in the database before: of this cause in this zone; without a zone, of the
     * same servers; about the resolver itself, at this one. */
    OUTAGE_FIRST_TIME,
    OUTAGE_RETURNED,   /* there was one, and it was over */
    OUTAGE_CONTINUES,  /* it began before the span */
    OUTAGE_UNLIKE_ANY, /* neither a zone nor a server is known by which to find its like */
};
struct day;
struct day_outage;
/* "over", "going on", or where the report is of a time long ago "going on at the end of ...". */
const char *day_outage_state(const struct day *day, const struct day_outage *outage);
const char *day_outage_history_code(enum day_outage_history history); /* "first-time" ...; NULL */

/* What one sensor saw of an outage: an outage of its own database. */
struct day_outage_part {
    size_t sensor;
    uint64_t identity;
    uint64_t incidents;                  /* in the span */
    int64_t first_time_ns, last_time_ns; /* as of the whole */
};

/* Where else it failed, of the sensors that asked the same servers meanwhile. */
enum day_outage_scope {
    SCOPE_NOT_COMPARED, /* there is no other sensor, or it is about the resolver itself */
    SCOPE_EVERYWHERE,   /* at all of them: the fault of the zone or its servers */
    SCOPE_SOME_SENSORS, /* at several, others got answers */
    SCOPE_ONE_SENSOR,   /* at one, others got answers: that sensor's network or resolver */
    SCOPE_NOT_ASKED,    /* at one, and no other sensor asked them */
};
const char *day_outage_scope_code(enum day_outage_scope scope); /* "everywhere" ...; NULL */

/* In order of people hurt: clients, then questions, then length. What several sensors saw at once,
 * the same cause, zone and servers, is one. */
struct day_outage {
    uint64_t identity; /* of the part that holds most of it, as are sensor and resolver */
    size_t sensor;
    struct day_outage_part *parts; /* most incidents first */
    size_t part_count;
    uint64_t *sensors; /* incidents a sensor */
    enum day_outage_scope scope;
    const char *comparison; /* what the scope says, in a sentence; NULL: not compared */
    enum cause cause;
    enum confidence confidence;
    const char *zone;
    const char *resolver;
    struct day_server_at_fault *servers; /* up to DAY_BLAMED_MAX */
    size_t server_count;
    uint64_t incidents;           /* in the span, cached failures included */
    enum day_certainty certainty; /* about: of some resolvers, by the rows that are kept */
    uint64_t clients;             /* in the span, estimated */
    uint64_t kept;                /* incidents in the span whose rows are kept; fewer: samples */
    int64_t first_time_ns;        /* of the outage, maybe before the span */
    int64_t last_time_ns;         /* in the span */
    bool going_on;                /* when the capture or the span ended */
    enum day_outage_history history;
    uint64_t earlier_count;  /* outages like it before, as far back as the database goes */
    int64_t earlier_time_ns; /* when the last of them ended */
    const char *explanation;
    const char **advice; /* sentences and commands: a command begins with a small letter */
    size_t advice_count;
    uint64_t *examples; /* identities of incidents: the one that explains, then the span's latest */
    size_t example_count;
    struct day_story *stories; /* of the first examples */
    size_t story_count;
};

enum day_change_kind {
    CHANGE_NEW,    /* failed now, and not in the period before */
    CHANGE_WORSE,  /* at least twice as many, and ten more */
    CHANGE_BETTER, /* at most half as many, and ten fewer */
    CHANGE_OVER,   /* failed in the period before, and not now */
};
const char *day_change_code(enum day_change_kind kind); /* "new", "worse", "better", "over" */

/* A cause in a zone that changed since the period before. The largest change first, kind by kind.
 */
struct day_change {
    enum day_change_kind kind;
    enum cause cause;
    const char *zone; /* NULL: not known, or not about a zone */
    uint64_t incidents;
    uint64_t incidents_before;
    uint64_t outage;  /* its largest in the span, 0: none */
    uint64_t example; /* the identity of an incident of that, 0: none */
    size_t sensor;
};

/* The zones at fault, servers at fault, clients hit or names asked that stand for the most
 * incidents. */
struct day_top {
    const char *text;
    const char *name; /* of a server, NULL: not known */
    uint64_t incidents;
    uint64_t incidents_before;
    bool known_before; /* false: of clients and names, and where there was no period before */
    enum day_certainty certainty;
    uint64_t *sensors; /* incidents a sensor */
};

enum day_top_kind { TOP_ZONES, TOP_SERVERS, TOP_CLIENTS, TOP_NAMES, TOP_COUNT };
const char *day_top_code(enum day_top_kind kind);   /* "zones", "servers", "clients", "names" */
const char *day_top_option(enum day_top_kind kind); /* of `dnsblame list`: "zone" ... */

/* The health of a server that a resolver asks. */
struct day_server_counts {
    uint64_t queries;
    uint64_t responses;
    uint64_t unanswered;
    uint64_t refused;
    uint64_t servfails;
    struct day_latency rtt;
};

struct day_server {
    const char *address;
    const char *name;
    const char *zone; /* one that it serves, NULL: not known */
    struct day_server_counts now, before;
    bool known_before; /* it was asked in the period before */
    bool slower; /* p50 at least doubled, by 20 ms or more, on 100 answers or more either time */
};

/* Signatures over a type in a zone that were near their end and not renewed when they were last
 * seen, and that expire soon after the span. Of each server the one that expires last. */
struct day_expiring {
    const char *zone;
    const char *type; /* covered */
    uint16_t key_tag;
    uint8_t algorithm;
    int64_t inception_ns, expiration_ns; /* of the first to expire */
    int64_t seen_ns;                     /* last */
    unsigned servers;                    /* that gave it out */
    const char *server;                  /* one of them */
    bool renewed; /* other servers give a newer one: these do not follow their primary */
    size_t sensor;
};

/* Worst first. */
enum day_fragile_kind {
    FRAGILE_NONE_WORKING,
    FRAGILE_ONE_WORKING,   /* several are listed, one of them may serve the zone yet */
    FRAGILE_ONE_LISTED,    /* the delegation lists one nameserver */
    FRAGILE_PARTLY_LAME,   /* some listed servers do not serve the zone, as they say themselves */
    FRAGILE_PARTLY_SILENT, /* some listed servers do not answer */
};
const char *day_fragile_code(enum day_fragile_kind kind);

struct day_fragile_server {
    const char *address;
    const char *name;
    enum outcome outcome;
    bool works;
    int64_t since_ns; /* it stands like this, at least */
    int64_t seen_ns;
};

/* A zone whose delegation is at risk. */
struct day_fragile {
    enum day_fragile_kind kind;
    const char *zone;
    unsigned nameservers;               /* names in the delegation */
    unsigned listed;                    /* their addresses: delegation_sight */
    unsigned failing;                   /* of those */
    unsigned working;                   /* of those, seen to answer; of the rest nothing is known */
    struct day_fragile_server *servers; /* those that fail, and the only one that works */
    size_t server_count;
    size_t sensor;
};

/* What the capture lost, and why. */
struct day_loss {
    const char *kind; /* "dropped", "evicted", and what live capture adds */
    const char *reason;
    uint64_t count;
    size_t sensor;
};

struct day_source {
    const char *name; /* a file or an interface */
    size_t sensor;
    uint64_t packets;
    int64_t first_time_ns, last_time_ns;
};

struct day_capture {
    uint64_t source_count;
    uint64_t packets;
    uint64_t dns_messages;
    uint64_t dns_responses;
    uint64_t lost; /* packets that the kernel, an interface or a full table dropped */
    int64_t first_time_ns, last_time_ns; /* DAY_NOT_KNOWN: nothing was captured */
    struct day_source *sources;          /* the latest */
    size_t shown_source_count;
    struct day_loss *losses; /* largest first */
    size_t loss_count;
};

struct day {
    bool of_fleet; /* its sensors' rows are on a server */
    struct day_span spans[PERIOD_COUNT];
    int64_t now_ns;       /* when the report was made */
    const char *timezone; /* "UTC", "Europe/Berlin" */
    const char *analyzer_version;
    /* As of the sensor that is counted least far; a fleet is one. And what came since. */
    int64_t counted_until_ns;
    uint64_t servfails_since;
    const char *headline; /* the verdict in one or two sentences */
    const char *action;   /* what to do first; NULL: nothing */

    struct day_sensor *sensors;
    size_t sensor_count;
    struct day_traffic traffic[PERIOD_COUNT]; /* of all sensors */
    struct day_resolver *resolvers;           /* most SERVFAILs first */
    size_t resolver_count;
    struct day_interval *intervals; /* for charts: at most some 300 */
    size_t interval_count;
    struct day_hour *hours;
    size_t hour_count;
    struct day_latency elapsed; /* from question to SERVFAIL */
    uint64_t elapsed_unknown;   /* SERVFAILs whose question was not seen */

    struct day_cause *causes; /* those that occurred in any period, most incidents first */
    size_t cause_count;
    struct day_outage *outages;
    size_t outage_count;
    uint64_t outage_total;     /* also those that are left out */
    uint64_t outages_going_on; /* of all of them */
    struct day_change *changes;
    size_t change_count;
    uint64_t change_total;
    struct day_top *tops[TOP_COUNT];
    size_t top_counts[TOP_COUNT];
    uint64_t top_totals[TOP_COUNT]; /* how many different ones there are */

    struct day_server *servers; /* those that failed most first, then those that were asked most */
    size_t server_count;
    uint64_t server_total;
    struct day_server_counts other_servers; /* those counted together (store/census.h), no others */

    struct day_expiring *expiring; /* soonest first */
    size_t expiring_count;
    uint64_t expiring_total;
    struct day_fragile *fragile; /* worst kind first */
    size_t fragile_count;
    uint64_t fragile_total;
    /* Servers that got slower are those of `servers` with that mark. */

    struct day_capture capture;
    uint64_t kept; /* SERVFAILs whose rows are kept: fewer than there were, if rows were sampled */
    uint64_t in_outages; /* SERVFAILs of known outages: fewer, if too many outages began */
    const char **trust;  /* sentences: how far the figures can be trusted */
    size_t trust_count;

    struct day_memory *memory; /* owns all of it */
};

struct fleet;

struct day_options {
    /* The sensors' rows come from there (report/fleet.h), and `databases` are the fleet's; NULL:
     * they hold them. Borrowed as they are. */
    struct fleet *fleet;
    struct database **databases; /* borrowed; they must stay open as long as the model is used */
    char *const *paths;          /* theirs, as the user named them; a fleet's have none */
    size_t database_count;
    int64_t from_ns; /* INT64_MIN: from the first that the databases hold */
    int64_t to_ns;   /* not included; INT64_MAX: to the last */
    int64_t now_ns;
    const char *timezone;
    const char *zone; /* only outages that are this zone's fault; NULL: all */
    /* Only what these resolvers gave their clients; none: all. Outages are then counted by the rows
     * that are kept; servers' health and forecasts stay the sensor's. */
    const struct address *resolvers;
    size_t resolver_count;
    size_t outages_max, tops_max, servers_max, stories_max; /* 0: 50, 10, 50, 3 */
    unsigned expiring_days;                                 /* 0: 7 */
};

/* NULL: `error` says why. */
struct day *day_new(const struct day_options *options, struct error *error);
void day_free(struct day *day); /* NULL is fine */

/* "dnsblame list --db x.db --zone 'example.com.' --from ... --to ...", quoted for a shell: how to
 * see the incidents behind a figure; of a fleet a query. `option` NULL: all of the span;
 * DAY_ANY_SENSOR: of all sensors where one command can say so, else of the first. Returns `text`.
 */
#define DAY_ANY_SENSOR   SIZE_MAX
#define DAY_COMMAND_SIZE 8192
const char *day_list_command(const struct day *day, size_t sensor, const char *option,
                             const char *value, char text[DAY_COMMAND_SIZE]);
/* Of what one sensor saw of an outage in the span. */
const char *day_outage_command(const struct day *day, const struct day_outage_part *part,
                               char text[DAY_COMMAND_SIZE]);
/* Of those that came since `counted_until_ns`. */
const char *day_since_command(const struct day *day, char text[DAY_COMMAND_SIZE]);
/* "dnsblame show --db x.db 0123456789abcdef". */
const char *day_show_command(const struct day *day, size_t sensor, uint64_t identity,
                             char text[DAY_COMMAND_SIZE]);
/* "dig example.com. SOA +short", the name quoted. */
const char *day_dig_command(const char *name, const char *rest, char text[DAY_COMMAND_SIZE]);

#endif
