#include "report/incident_json.h"

#include <errno.h>
#include <string.h>

#include "decode/codes.h"
#include "report/json_line.h"
#include "report/moment.h"
#include "report/safe.h"

#define SOURCE_NAME_BYTES 1024

static void put_text(struct json_line *line, const char *key, const char *text)
{
    json_line_key(line, key);
    json_line_text(line, text);
}

static void put_integer(struct json_line *line, const char *key, int64_t value)
{
    json_line_key(line, key);
    json_line_integer(line, value);
}

static void put_boolean(struct json_line *line, const char *key, bool value)
{
    json_line_key(line, key);
    json_line_boolean(line, value);
}

static void put_null(struct json_line *line, const char *key)
{
    json_line_key(line, key);
    json_line_null(line);
}

/* `duration_ns` < 0: not known. */
static void put_duration(struct json_line *line, const char *key, int64_t duration_ns)
{
    json_line_key(line, key);
    if (duration_ns < 0)
        json_line_null(line);
    else
        json_line_ms(line, duration_ns);
}

static void put_identity(struct json_line *line, const char *key, uint64_t identity)
{
    json_line_key(line, key);
    if (identity == 0)
        json_line_null(line);
    else
        json_line_identity(line, identity);
}

static void put_name(struct json_line *line, const char *key, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0)
        put_null(line, key);
    else
        put_text(line, key, name_to_text(name->bytes, name->size_bytes, text));
}

static void put_address(struct json_line *line, const char *key, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    put_text(line, key, address_to_text(address, text));
}

static void put_time(struct json_line *line, const char *key, int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    put_text(line, key, moment_to_rfc3339(time_ns, text));
}

static void put_safe(struct json_line *line, const char *key, const char *text)
{
    char safe[SAFE_TEXT_SIZE(SOURCE_NAME_BYTES)];

    put_text(line, key, safe_text(text, strnlen(text, SOURCE_NAME_BYTES), safe, sizeof(safe)));
}

static void put_transport(struct json_line *line, enum transport transport)
{
    put_text(line, "transport", transport == TRANSPORT_TCP ? "tcp" : "udp");
}

/* Our own sentences: names in them are escaped already. */
static void put_prose(struct json_line *line, const char *sentence)
{
    char text[SAFE_TEXT_SIZE(EXPLANATION_SIZE)];

    json_line_text(line, safe_prose(sentence, text, sizeof(text)));
}

/* Type and class belong to a question: without its name nothing of it was shown. */
static void put_question(struct json_line *line, const struct name *qname, uint16_t qtype)
{
    char text[CODE_TEXT_SIZE];

    put_name(line, "qname", qname);
    if (qname->size_bytes == 0)
        put_null(line, "qtype");
    else
        put_text(line, "qtype", type_to_text(qtype, text));
}

static void put_qclass(struct json_line *line, const struct incident *incident)
{
    char text[CODE_TEXT_SIZE];

    if (incident->qname.size_bytes == 0)
        put_null(line, "qclass");
    else
        put_text(line, "qclass", class_to_text(incident->qclass, text));
}

static void put_servers(struct json_line *line, const struct blamed_server *servers, unsigned count)
{
    json_line_key(line, "servers");
    json_line_open(line, '[');
    for (unsigned i = 0; i < count; i++) {
        json_line_open(line, '{');
        put_address(line, "address", &servers[i].address);
        put_name(line, "name", &servers[i].name);
        put_text(line, "outcome", outcome_code(servers[i].outcome));
        json_line_close(line, '}');
    }
    json_line_close(line, ']');
}

static void put_contributing(struct json_line *line, const struct incident *incident)
{
    json_line_key(line, "contributing");
    json_line_open(line, '[');
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *one = &incident->contributing[i];

        json_line_open(line, '{');
        put_text(line, "cause", cause_code(one->cause));
        put_name(line, "zone", &one->zone);
        put_servers(line, one->servers, one->server_count);
        json_line_close(line, '}');
    }
    json_line_close(line, ']');
}

static void put_ede(struct json_line *line, const struct incident *incident)
{
    char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];

    json_line_key(line, "ede");
    json_line_open(line, '[');
    for (unsigned i = 0; i < incident->ede_count; i++) {
        json_line_open(line, '{');
        put_integer(line, "code", incident->ede[i].code);
        put_text(line, "text", safe_ede(&incident->ede[i], text));
        json_line_close(line, '}');
    }
    json_line_close(line, ']');
}

static void put_advice(struct json_line *line, const struct incident *incident)
{
    json_line_key(line, "advice");
    json_line_open(line, '[');
    for (unsigned i = 0; i < incident->advice_count; i++)
        put_prose(line, incident->advice[i]);
    json_line_close(line, ']');
}

static void put_frame(struct json_line *line, const struct incident_context *context,
                      uint32_t source, uint64_t frame)
{
    const char *name = context_source_name(context, source);

    if (name == NULL)
        put_null(line, "file");
    else
        put_safe(line, "file", name);
    if (frame == 0)
        put_null(line, "frame");
    else
        put_integer(line, "frame", (int64_t)frame);
}

/* Offsets count from the client's query, or from the SERVFAIL where the query was not seen. */
static int64_t zero_of(const struct incident *incident)
{
    return incident->elapsed_ns < 0 ? incident->time_ns : incident->time_ns - incident->elapsed_ns;
}

static void put_exchange(struct json_line *line, const struct evidence *evidence, int64_t zero_ns,
                         const struct incident_context *context)
{
    bool answered = evidence->response_time_ns != INT64_MIN;
    bool has_response = evidence->response_frame != 0;
    /* Where the query was not seen, its place is taken by the response. */
    bool query_seen = !has_response || evidence->frame != evidence->response_frame ||
                      evidence->source != evidence->response_source;

    json_line_open(line, '{');
    put_time(line, "time", evidence->time_ns);
    json_line_key(line, "offset_ms");
    json_line_ms(line, evidence->time_ns - zero_ns);
    put_address(line, "server", &evidence->server);
    put_name(line, "server_name", &evidence->server_name);
    put_name(line, "zone", &evidence->zone);
    put_transport(line, evidence->transport);
    put_question(line, &evidence->qname, evidence->qtype);
    put_text(line, "outcome", outcome_code(evidence->outcome));
    put_text(line, "why", dependency_code(evidence->why));
    put_duration(line, "rtt_ms",
                 answered && query_seen ? evidence->response_time_ns - evidence->time_ns : -1);
    put_frame(line, context, has_response ? evidence->response_source : evidence->source,
              has_response ? evidence->response_frame : evidence->frame);
    json_line_close(line, '}');
}

static void put_evidence(struct json_line *line, const struct incident *incident,
                         const struct incident_context *context)
{
    json_line_key(line, "evidence");
    json_line_open(line, '[');
    for (unsigned i = 0; i < incident->evidence_count; i++)
        put_exchange(line, &incident->evidence[i], zero_of(incident), context);
    json_line_close(line, ']');
}

static void put_context(struct json_line *line, const struct incident_context *context)
{
    put_integer(line, "schema", INCIDENT_JSON_SCHEMA);
    put_text(line, "analyzer_version", context->analyzer_version);
    put_safe(line, "sensor", context->sensor);
}

static void put_cause(struct json_line *line, enum cause cause)
{
    put_text(line, "cause", cause_code(cause));
    put_text(line, "category", cause_category(cause));
}

static void put_incident(struct json_line *line, const struct incident *incident,
                         const struct incident_context *context)
{
    put_context(line, context);
    json_line_key(line, "incident");
    json_line_identity(line, incident->identity);
    put_identity(line, "outage", incident->outage);
    put_time(line, "time", incident->time_ns);
    put_address(line, "client", &incident->client);
    put_integer(line, "client_port", incident->client_port);
    put_boolean(line, "client_is_resolver", incident->client_is_resolver);
    put_address(line, "resolver", &incident->resolver);
    put_transport(line, incident->transport);
    put_integer(line, "id", incident->id);
    put_boolean(line, "rd", incident->rd);
    put_boolean(line, "cd", incident->cd);
    put_boolean(line, "do", incident->dnssec_ok);
    put_question(line, &incident->qname, incident->qtype);
    put_qclass(line, incident);
    put_duration(line, "elapsed_ms", incident->elapsed_ns);
    put_cause(line, incident->cause);
    put_text(line, "confidence", confidence_code(incident->confidence));
    put_name(line, "zone", &incident->zone);
    put_servers(line, incident->servers, incident->server_count);
    put_contributing(line, incident);
    put_ede(line, incident);
    put_identity(line, "origin", incident->origin);
    json_line_key(line, "explanation");
    put_prose(line, incident->explanation);
    put_advice(line, incident);
    put_evidence(line, incident, context);
    put_integer(line, "evidence_total", incident->evidence_total);
}

static void put_outage(struct json_line *line, const struct outage_change *outage,
                       const struct incident_context *context)
{
    put_context(line, context);
    put_text(line, "event", outage->closed ? "outage-closed" : "outage-opened");
    put_identity(line, "outage", outage->identity);
    put_cause(line, outage->cause);
    put_name(line, "zone", &outage->zone);
    put_address(line, "resolver", &outage->resolver);
    put_servers(line, outage->servers, outage->server_count);
    put_time(line, "first_time", outage->first_time_ns);
    put_time(line, "last_time", outage->last_time_ns);
    put_integer(line, "incidents", (int64_t)outage->incidents);
}

static int finish(struct json_line *line, struct error *error)
{
    json_line_end(line);
    return ferror(line->output) ? error_set(error, "output: %s", strerror(errno)) : 0;
}

int incident_json_print(FILE *output, const struct incident *incident,
                        const struct incident_context *context, struct error *error)
{
    struct json_line line;

    json_line_begin(&line, output);
    json_line_open(&line, '{');
    put_incident(&line, incident, context);
    json_line_close(&line, '}');
    return finish(&line, error);
}

int outage_json_print(FILE *output, const struct outage_change *outage,
                      const struct incident_context *context, struct error *error)
{
    struct json_line line;

    json_line_begin(&line, output);
    json_line_open(&line, '{');
    put_outage(&line, outage, context);
    json_line_close(&line, '}');
    return finish(&line, error);
}
