#include "cli/option_rows.h"

#include <string.h>

#include "cli/exporter.h"
#include "cli/operands.h"
#include "cli/timezone.h"
#include "cli/values.h"
#include "correlate/cause.h"
#include "report/clickhouse.h"
#include "report/moment.h"

/* The program and its libraries take half of that. */
#define MEMORY_MIN_MIB 32
#define MEMORY_MAX_MIB (1 << 20)
#define GRACE_MAX_S    3600
#define KEEP_DAYS_MAX  36500
#define MAX_DB_MIN_MIB 64
#define RING_MAX_MIB   1024
#define EVERY_MAX_S    3600

static int apply_help(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->help = true;
    return 0;
}

static int apply_version(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->version = true;
    return 0;
}

#define SWITCH_OPTIONS(X)                                                                          \
    X(numeric) X(quiet) X(verbose) X(no_promiscuous) X(once) X(take_over) X(create)

#define X(field)                                                                                   \
    static int apply_##field(struct options *options, const char *value, struct error *error)      \
    {                                                                                              \
        return value_switch(&options->field, value, error);                                        \
    }
SWITCH_OPTIONS(X)
#undef X

#define X(field)                                                                                   \
    static int apply_##field(struct options *options, const char *value, struct error *error)      \
    {                                                                                              \
        return value_keep(&options->field, value, error);                                          \
    }
TEXT_OPTIONS(X)
#undef X

static int apply_color(struct options *options, const char *value, struct error *error)
{
    static const char *const words[] = {"auto", "always", "never"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0) {
            options->color = (enum color)i;
            return 0;
        }
    }
    return error_set(error, "'%s' is none of auto, always, never", value);
}

static int apply_file(struct options *options, const char *value, struct error *error)
{
    return text_list_add(&options->files, value, error);
}

static int apply_interface(struct options *options, const char *value, struct error *error)
{
    return text_list_add(&options->interfaces, value, error);
}

static int apply_ring_size(struct options *options, const char *value, struct error *error)
{
    uint64_t mib;

    if (value_number(value, 1, RING_MAX_MIB, &mib, "number of MiB", error) < 0)
        return -1;
    options->ring_bytes = mib << 20;
    return 0;
}

static int apply_metrics(struct options *options, const char *value, struct error *error)
{
    if (exporter_check(value, error) < 0)
        return -1;
    return value_keep(&options->metrics, value, error);
}

static int apply_sensor(struct options *options, const char *value, struct error *error)
{
    if (value_keep(&options->sensor, value, error) < 0)
        return -1;
    return text_list_add(&options->sensors, value, error);
}

static int apply_resolver(struct options *options, const char *value, struct error *error)
{
    return value_add_address(&options->resolvers, value, error);
}

static int apply_egress(struct options *options, const char *value, struct error *error)
{
    return value_add_address(&options->egresses, value, error);
}

static int apply_port(struct options *options, const char *value, struct error *error)
{
    uint64_t port;

    if (options->port_count == PORTS_MAX)
        return error_set(error, "more than %d ports", PORTS_MAX);
    if (value_number(value, 1, UINT16_MAX, &port, "port", error) < 0)
        return -1;
    options->ports[options->port_count++] = (uint16_t)port;
    return 0;
}

static int apply_memory(struct options *options, const char *value, struct error *error)
{
    uint64_t mib;

    if (value_number(value, MEMORY_MIN_MIB, MEMORY_MAX_MIB, &mib, "number of MiB", error) < 0)
        return -1;
    options->memory_bytes = mib << 20;
    return 0;
}

static int apply_grace(struct options *options, const char *value, struct error *error)
{
    uint64_t seconds;

    if (value_number(value, 0, GRACE_MAX_S, &seconds, "number of seconds", error) < 0)
        return -1;
    options->grace_ns = (int64_t)seconds * 1000000000;
    return 0;
}

static int apply_keep_days(struct options *options, const char *value, struct error *error)
{
    uint64_t days;

    if (value_number(value, 1, KEEP_DAYS_MAX, &days, "number of days", error) < 0)
        return -1;
    options->keep_ns = (int64_t)days * 24 * 3600 * 1000000000;
    return 0;
}

static int apply_max_db_size(struct options *options, const char *value, struct error *error)
{
    uint64_t mib;

    if (value_number(value, MAX_DB_MIN_MIB, MEMORY_MAX_MIB, &mib, "number of MiB", error) < 0)
        return -1;
    options->max_db_bytes = mib << 20;
    return 0;
}

static int apply_samples(struct options *options, const char *value, struct error *error)
{
    if (value_number(value, 0, INT64_MAX, &options->samples, "number", error) < 0)
        return -1;
    if (options->samples == 0)
        options->samples = UINT64_MAX;
    return 0;
}

static int apply_every(struct options *options, const char *value, struct error *error)
{
    uint64_t seconds;

    if (value_number(value, 1, EVERY_MAX_S, &seconds, "number of seconds", error) < 0)
        return -1;
    options->every_s = (unsigned)seconds;
    return 0;
}

static int apply_cause(struct options *options, const char *value, struct error *error)
{
    enum cause cause;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (strcmp(cause_category((enum cause)i), value) == 0)
            return value_keep(&options->cause, value, error);
    }
    if (cause_from_code(&cause, value) < 0)
        return error_set(error, "'%s' is no cause and no category of causes", value);
    return value_keep(&options->cause, value, error);
}

static int apply_database(struct options *options, const char *value, struct error *error)
{
    if (value_keep(&options->database, value, error) < 0)
        return -1;
    return text_list_add(&options->databases, value, error);
}

static int apply_zone(struct options *options, const char *value, struct error *error)
{
    return value_keep_name(&options->zone, value, error);
}

static int apply_name(struct options *options, const char *value, struct error *error)
{
    return value_keep_name(&options->name, value, error);
}

static int apply_client(struct options *options, const char *value, struct error *error)
{
    return value_keep_prefix(&options->client, value, error);
}

static int apply_only_resolver(struct options *options, const char *value, struct error *error)
{
    return value_keep_address(&options->resolver, value, error);
}

static int apply_server(struct options *options, const char *value, struct error *error)
{
    if (value_keep_address(&options->server, value, NULL) == 0)
        return 0;
    return value_keep_name(&options->server, value, error);
}

static int apply_outage(struct options *options, const char *value, struct error *error)
{
    return value_identities(value, &options->outage_first, &options->outage_last, error);
}

static int apply_limit(struct options *options, const char *value, struct error *error)
{
    return value_number(value, 1, INT64_MAX, &options->limit, "number", error);
}

/* What is only for other commands is passed over in a file. */
static int apply_format(struct options *options, const char *value, struct error *error)
{
    if (options->in_file && value_format(value, FOR_ALL, NULL) == 0 &&
        value_format(value, options->command, NULL) < 0)
        return 0;
    if (value_format(value, options->in_file ? FOR_ALL : options->command, error) < 0)
        return -1;
    options->format = strcmp(value, "json") == 0 ? FORMAT_JSON : FORMAT_TEXT;
    return value_keep(&options->format_text, value, error);
}

static int apply_timezone(struct options *options, const char *value, struct error *error)
{
    if (!timezone_exists(value))
        return error_set(error, "there is no time zone '%s'", value);
    return value_keep(&options->timezone, value, error);
}

static int apply_day(struct options *options, const char *value, struct error *error)
{
    int64_t from_ns, to_ns;

    if (moment_parse_day(value, 0, &from_ns, &to_ns) < 0)
        return error_set(error, "'%s' is neither YYYY-MM-DD, today nor yesterday", value);
    return value_keep(&options->day, value, error);
}

/* Which time it is depends on the time zone, which may follow. */
static int keep_time(char **text, const char *value, struct error *error)
{
    int64_t time_ns;

    if (moment_parse(value, &time_ns) < 0 && moment_parse_clock(value, 0, &time_ns) < 0)
        return error_set(error, "'%s' is neither HH:MM, YYYY-MM-DD nor an RFC 3339 time", value);
    return value_keep(text, value, error);
}

static bool is_url(const char *value)
{
    return strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0;
}

static int apply_from(struct options *options, const char *value, struct error *error)
{
    if (is_url(value) && options->in_file)
        return 0;
    return keep_time(&options->from, value, error);
}

static int keep_server(char **url, const char *value, struct error *error)
{
    return clickhouse_check(value, error) < 0 ? -1 : value_keep(url, value, error);
}

static int apply_from_url(struct options *options, const char *value, struct error *error)
{
    if (is_url(value))
        return keep_server(&options->fleet, value, error);
    if (options->in_file)
        return 0;
    return error_set(error, "'%s' is no URL of a ClickHouse server", value);
}

/* A time, or where a fleet's rows are. */
static int apply_from_either(struct options *options, const char *value, struct error *error)
{
    return is_url(value) ? keep_server(&options->fleet, value, error)
                         : keep_time(&options->from, value, error);
}

static int apply_to(struct options *options, const char *value, struct error *error)
{
    return keep_time(&options->to, value, error);
}

static int apply_to_url(struct options *options, const char *value, struct error *error)
{
    return keep_server(&options->to, value, error);
}

static int apply_since(struct options *options, const char *value, struct error *error)
{
    return value_duration(value, &options->since_ns, error);
}

const struct option_row option_rows[] = {
    {"read", 'r', "FILE", FOR_READ, apply_file,
     "a capture to read, as if it stood among the files; repeatable"},
    {"interface", 'i', "INTERFACE", FOR_WATCH, apply_interface,
     "where to capture, \"any\" for everywhere; repeatable"},
    {"no-promiscuous", 'p', NULL, FOR_WATCH, apply_no_promiscuous,
     "do not put interfaces into promiscuous mode"},
    {"ring-size", 0, "MIB", FOR_WATCH, apply_ring_size,
     "what the kernel may hold back of each interface, 64 unless given"},
    {"user", 0, "USER", FOR_WATCH, apply_user,
     "whom to become once all is open; dnsblame or nobody unless given"},
    {"metrics", 0, "ADDR:PORT", FOR_WATCH, apply_metrics,
     "serve metrics for Prometheus there; a PORT alone is one of 127.0.0.1"},
    {"resolver", 0, "ADDR", FOR_READ | FOR_WATCH, apply_resolver,
     "service address of a watched resolver (learned if none is given); repeatable"},
    {"resolver", 0, "ADDR", FOR_REPORT | NOT_FROM_FILE, apply_resolver,
     "only this resolver; repeatable"},
    {"resolver", 0, "ADDR", FOR_LIST | NOT_FROM_FILE, apply_only_resolver, "only this resolver"},
    {"egress", 0, "ADDR", FOR_READ | FOR_WATCH, apply_egress,
     "source address of a resolver's upstream queries, where it differs; repeatable"},
    {"port", 0, "PORT", FOR_READ | FOR_WATCH, apply_port, "a DNS port beside 53; repeatable"},
    {"memory", 0, "MIB", FOR_READ | FOR_WATCH, apply_memory,
     "upper bound of memory, 256 unless given"},
    {"grace", 0, "SECONDS", FOR_READ | FOR_WATCH, apply_grace,
     "how long a judgement waits for late answers, in the packets' time; 10 unless given"},
    {"trust-anchor", 0, "FILE", FOR_READ | FOR_WATCH, apply_trust_anchor,
     "DS or DNSKEY records as unbound and named take them; IANA's for the root unless given"},
    {"sensor", 0, "NAME", FOR_READ | FOR_WATCH, apply_sensor,
     "who watches, the host's name unless given"},
    {"sensor", 0, "NAME", FOR_REPORT | NOT_FROM_FILE, apply_sensor,
     "only what this sensor saw; repeatable"},
    {"anonymize", 0, "HOW", FOR_READ | FOR_WATCH, apply_anonymize,
     "hide clients: prefix, prefix:V4BITS,V6BITS (24,48 unless given), or key:FILE"},
    {"stats", 0, "FILE", FOR_READ | FOR_WATCH, apply_stats,
     "write the run's counters there, as JSON"},
    {"db", 0, "FILE", FOR_READ | FOR_WATCH, apply_database,
     "the database to store what is found in, created where there is none"},
    {"db", 0, "FILE", FOR_REPORT, apply_database, "the database; repeatable, one a sensor"},
    {"db", 0, "FILE", FOR_LIST | FOR_SHOW | FOR_SHIP, apply_database, "the database"},
    {"keep-days", 0, "DAYS", FOR_WATCH, apply_keep_days,
     "what is older goes from the database; kept for ever unless given"},
    {"max-db-size", 0, "MIB", FOR_WATCH, apply_max_db_size,
     "the oldest goes before the database becomes larger; no bound unless given"},
    {"samples", 0, "COUNT", FOR_READ | FOR_WATCH, apply_samples,
     "SERVFAILs of an outage kept whole in an hour, 100 unless given, 0 for all; of more, samples"},
    {"cause", 0, "CAUSE", FOR_LIST, apply_cause, "only this cause, or category of causes"},
    {"zone", 0, "ZONE", FOR_LIST, apply_zone, "only this zone at fault"},
    {"zone", 0, "ZONE", FOR_REPORT, apply_zone, "a letter to the owner of this zone"},
    {"server", 0, "SERVER", FOR_LIST, apply_server, "only this server at fault, address or name"},
    {"client", 0, "ADDR", FOR_LIST, apply_client, "only this client, or ADDR/LEN: these"},
    {"name", 0, "NAME", FOR_LIST, apply_name, "only questions for this name or below it"},
    {"outage", 0, "ID", FOR_LIST, apply_outage, "only SERVFAILs of this outage"},
    {"limit", 0, "COUNT", FOR_LIST, apply_limit, "only the latest so many"},
    {"day", 0, "DAY", FOR_REPORT | FOR_LIST, apply_day, "YYYY-MM-DD, today or yesterday"},
    {"since", 0, "SPAN", FOR_REPORT | FOR_LIST, apply_since,
     "only the last 90s, 30m, 1h or 2d, as the clock has it now"},
    {"from", 0, "TIME", FOR_LIST, apply_from,
     "from then on: HH:MM (today), YYYY-MM-DD or RFC 3339"},
    {"from", 0, "TIME", FOR_REPORT, apply_from_either,
     "from then on: HH:MM (today), YYYY-MM-DD or RFC 3339; or a ClickHouse server's URL"},
    {"from", 0, "URL", FOR_SHOW, apply_from_url,
     "the incident is in ClickHouse: http(s)://HOST:8123/DATABASE"},
    {"to", 0, "TIME", FOR_REPORT | FOR_LIST, apply_to, "before then, likewise"},
    {"to", 0, "URL", FOR_SHIP | NOT_FROM_FILE, apply_to_url,
     "the ClickHouse server: http(s)://HOST:8123/DATABASE"},
    {"create", 0, NULL, FOR_SHIP, apply_create,
     "create the tables there first; without --db that is all"},
    {"cluster", 0, "NAME", FOR_SHIP, apply_cluster,
     "with --create: replicated and sharded over the servers of this cluster"},
    {"take-over", 0, NULL, FOR_SHIP, apply_take_over,
     "this database takes the place of the one that was shipped as this sensor"},
    {"once", 0, NULL, FOR_SHIP, apply_once, "ship what there is and end"},
    {"every", 0, "SECONDS", FOR_SHIP, apply_every, "how often to look, 30 unless given"},
    {"state", 0, "FILE", FOR_SHIP, apply_state,
     "what was shipped is remembered there; beside the database unless given"},
    {"credentials", 0, "FILE", FOR_SHIP | FOR_REPORT | FOR_SHOW, apply_credentials,
     "'user = NAME' and 'password = TEXT' for ClickHouse; or CLICKHOUSE_USER, CLICKHOUSE_PASSWORD"},
    {"ca-file", 0, "FILE", FOR_SHIP | FOR_REPORT | FOR_SHOW, apply_ca_file,
     "certificates to trust instead of the system's, PEM"},
    {"timezone", 0, "ZONE", FOR_REPORT | FOR_LIST | FOR_SHOW, apply_timezone,
     "time zone of days and times, UTC unless given (Europe/Berlin)"},
    {"format", 0, "FORMAT", FOR_ALL & ~FOR_SHIP & ~FOR_REPORT, apply_format,
     "text (unless given) or json"},
    {"format", 0, "FORMAT", FOR_REPORT, apply_format,
     "text (unless given), markdown, html, json or csv"},
    {"output", 'o', "FILE", FOR_REPORT, apply_output, "write there instead of to standard output"},
    {"table", 0, "NAME", FOR_REPORT, apply_table, "with --format csv: this table"},
    {"numeric", 'n', NULL, FOR_ALL & ~FOR_SHIP, apply_numeric,
     "servers by address only, without names"},
    {"quiet", 'q', NULL, FOR_READ | FOR_WATCH, apply_quiet, "one line an incident, no summary"},
    {"verbose", 'v', NULL, FOR_READ | FOR_WATCH | FOR_LIST, apply_verbose,
     "tell more of each incident"},
    {"color", 0, "WHEN", FOR_ALL & ~FOR_SHIP, apply_color, "auto (unless given), always or never"},
    {"config", 0, "FILE", FOR_ALL, apply_config,
     "options from there: 'key = value' lines, the keys as here"},
    {"help", 'h', NULL, FOR_ALL, apply_help, "this text"},
    {"version", 0, NULL, FOR_ALL, apply_version, "the version"},
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);
_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= OPTION_ROWS_MAX, "more options");
