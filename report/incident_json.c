#include "report/incident_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "decode/codes.h"
#include "report/json_writer.h"
#include "report/moment.h"
#include "report/safe.h"

#define SOURCE_NAME_BYTES 1024

static void put_text(struct json_writer *writer, const char *key, const char *text)
{
    json_key(writer, key);
    json_text(writer, text);
}

static void put_number(struct json_writer *writer, const char *key, uint64_t number)
{
    json_key(writer, key);
    json_number(writer, number);
}

static void put_bool(struct json_writer *writer, const char *key, bool value)
{
    json_key(writer, key);
    json_bool(writer, value);
}

/* Milliseconds, rounded to the microsecond. */
static void put_ms(struct json_writer *writer, const char *key, int64_t duration_ns)
{
    json_key(writer, key);
    json_thousandths(writer, duration_ns / 1000 + (duration_ns % 1000 >= 500) -
                                 (duration_ns % 1000 <= -500));
}

static void put_ms_or_null(struct json_writer *writer, const char *key, int64_t duration_ns)
{
    if (duration_ns >= 0)
        put_ms(writer, key, duration_ns);
    else
        put_text(writer, key, NULL);
}

/* Of an incident or outage; 0: none. */
static void put_identity(struct json_writer *writer, const char *key, uint64_t identity)
{
    json_key(writer, key);
    if (identity != 0)
        json_hex64(writer, identity);
    else
        json_nothing(writer);
}

static void put_name(struct json_writer *writer, const char *key, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    put_text(writer, key,
             name->size_bytes == 0 ? NULL : name_to_text(name->bytes, name->size_bytes, text));
}

static void put_address(struct json_writer *writer, const char *key, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    put_text(writer, key, address_to_text(address, text));
}

static void put_time(struct json_writer *writer, const char *key, int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    put_text(writer, key, moment_to_rfc3339(time_ns, text));
}

/* Bytes of strangers, NUL-terminated; NULL: null. */
static void put_safe(struct json_writer *writer, const char *key, const char *bytes)
{
    char text[SAFE_TEXT_SIZE(SOURCE_NAME_BYTES)];

    put_text(writer, key,
             bytes == NULL
                 ? NULL
                 : safe_text(bytes, strnlen(bytes, SOURCE_NAME_BYTES), text, sizeof(text)));
}

/* Our own sentences: names in them are escaped already. */
static void write_prose(struct json_writer *writer, const char *sentence)
{
    char text[SAFE_TEXT_SIZE(EXPLANATION_SIZE)];

    json_text(writer, safe_prose(sentence, text, sizeof(text)));
}

/* Type and class belong to a question: without its name nothing of it was shown. */
static void put_type(struct json_writer *writer, const struct name *qname, uint16_t type)
{
    char text[CODE_TEXT_SIZE];

    put_text(writer, "qtype", qname->size_bytes == 0 ? NULL : type_to_text(type, text));
}

static void put_class(struct json_writer *writer, const struct name *qname, uint16_t class)
{
    char text[CODE_TEXT_SIZE];

    put_text(writer, "qclass", qname->size_bytes == 0 ? NULL : class_to_text(class, text));
}

static void put_transport(struct json_writer *writer, enum transport transport)
{
    put_text(writer, "transport", transport == TRANSPORT_TCP ? "tcp" : "udp");
}

static void put_servers(struct json_writer *writer, const struct blamed_server *servers,
                        unsigned count)
{
    json_key(writer, "servers");
    json_open(writer, '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(writer, '{');
        put_address(writer, "address", &servers[i].address);
        put_name(writer, "name", &servers[i].name);
        put_text(writer, "outcome", outcome_code(servers[i].outcome));
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_contributing(struct json_writer *writer, const struct incident *incident)
{
    json_key(writer, "contributing");
    json_open(writer, '[');
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *one = &incident->contributing[i];

        json_open(writer, '{');
        put_text(writer, "cause", cause_code(one->cause));
        put_name(writer, "zone", &one->zone);
        put_servers(writer, one->servers, one->server_count);
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_ede(struct json_writer *writer, const struct incident *incident)
{
    char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];

    json_key(writer, "ede");
    json_open(writer, '[');
    for (unsigned i = 0; i < incident->ede_count; i++) {
        json_open(writer, '{');
        put_number(writer, "code", incident->ede[i].code);
        put_text(writer, "text", safe_ede(&incident->ede[i], text));
        json_close(writer, '}');
    }
    json_close(writer, ']');
}

static void put_advice(struct json_writer *writer, const struct incident *incident)
{
    json_key(writer, "advice");
    json_open(writer, '[');
    for (unsigned i = 0; i < incident->advice_count; i++)
        write_prose(writer, incident->advice[i]);
    json_close(writer, ']');
}

/* Offsets count from the client's query, or from the SERVFAIL where the query was not seen. */
static int64_t zero_of(const struct incident *incident)
{
    return incident->elapsed_ns < 0 ? incident->time_ns : incident->time_ns - incident->elapsed_ns;
}

static void write_evidence(struct json_writer *writer, const struct evidence *evidence,
                           int64_t zero_ns, const struct incident_context *context)
{
    bool answered = evidence->response_time_ns != INT64_MIN;
    bool has_response = evidence->response_frame != 0;
    /* Where the query was not seen, its place is taken by the response. */
    bool query_seen = !has_response || evidence->frame != evidence->response_frame ||
                      evidence->source != evidence->response_source;
    uint32_t source = has_response ? evidence->response_source : evidence->source;
    uint64_t frame = has_response ? evidence->response_frame : evidence->frame;
    int64_t rtt_ns = answered && query_seen ? evidence->response_time_ns - evidence->time_ns : -1;

    json_open(writer, '{');
    put_time(writer, "time", evidence->time_ns);
    put_ms(writer, "offset_ms", evidence->time_ns - zero_ns);
    put_address(writer, "server", &evidence->server);
    put_name(writer, "server_name", &evidence->server_name);
    put_name(writer, "zone", &evidence->zone);
    put_transport(writer, evidence->transport);
    put_name(writer, "qname", &evidence->qname);
    put_type(writer, &evidence->qname, evidence->qtype);
    put_text(writer, "outcome", outcome_code(evidence->outcome));
    put_text(writer, "why", dependency_code(evidence->why));
    put_ms_or_null(writer, "rtt_ms", rtt_ns);
    put_safe(writer, "file", context_source_name(context, source));
    if (frame != 0)
        put_number(writer, "frame", frame);
    else
        put_text(writer, "frame", NULL);
    json_close(writer, '}');
}

static void put_evidence(struct json_writer *writer, const struct incident *incident,
                         const struct incident_context *context)
{
    json_key(writer, "evidence");
    json_open(writer, '[');
    for (unsigned i = 0; i < incident->evidence_count; i++)
        write_evidence(writer, &incident->evidence[i], zero_of(incident), context);
    json_close(writer, ']');
}

/* Who asked whom for what, and when. */
static void put_question(struct json_writer *writer, const struct incident *incident)
{
    put_time(writer, "time", incident->time_ns);
    put_address(writer, "client", &incident->client);
    put_number(writer, "client_port", incident->client_port);
    put_bool(writer, "client_is_resolver", incident->client_is_resolver);
    put_address(writer, "resolver", &incident->resolver);
    put_transport(writer, incident->transport);
    put_number(writer, "id", incident->id);
    put_bool(writer, "rd", incident->rd);
    put_bool(writer, "cd", incident->cd);
    put_bool(writer, "do", incident->dnssec_ok);
    put_name(writer, "qname", &incident->qname);
    put_type(writer, &incident->qname, incident->qtype);
    put_class(writer, &incident->qname, incident->qclass);
    put_ms_or_null(writer, "elapsed_ms", incident->elapsed_ns);
}

static void put_verdict(struct json_writer *writer, const struct incident *incident)
{
    put_text(writer, "cause", cause_code(incident->cause));
    put_text(writer, "category", cause_category(incident->cause));
    put_text(writer, "confidence", confidence_code(incident->confidence));
    put_name(writer, "zone", &incident->zone);
    put_servers(writer, incident->servers, incident->server_count);
    put_contributing(writer, incident);
    put_ede(writer, incident);
    put_identity(writer, "origin", incident->origin);
    json_key(writer, "explanation");
    write_prose(writer, incident->explanation);
    put_advice(writer, incident);
}

int incident_json_print(FILE *output, const struct incident *incident,
                        const struct incident_context *context, struct error *error)
{
    struct json_writer writer;

    json_writer_begin(&writer, output);
    json_open(&writer, '{');
    put_number(&writer, "schema", INCIDENT_JSON_SCHEMA);
    put_text(&writer, "analyzer_version", context->analyzer_version);
    put_safe(&writer, "sensor", context->sensor);
    json_key(&writer, "incident");
    json_hex64(&writer, incident->identity);
    put_identity(&writer, "outage", incident->outage);
    put_question(&writer, incident);
    put_verdict(&writer, incident);
    put_evidence(&writer, incident, context);
    put_number(&writer, "evidence_total", incident->evidence_total);
    json_close(&writer, '}');
    if (json_writer_end(&writer) < 0)
        return error_set(error, "output: %s", strerror(errno));
    return 0;
}
