#include "report/incident_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decode/codes.h"
#include "report/moment.h"
#include "report/safe.h"

/* 15 digits show whole microseconds of any offset as they are meant: 1.234, not 1.2339999999999999.
 */
#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

#define SOURCE_NAME_BYTES 1024

struct field {
    const char *key;
    json_t *value; /* owned by the object that it goes into; NULL: no memory */
};

/* An object of these in this order, NULL: no memory. */
static json_t *json_fields(const struct field *fields, size_t count)
{
    json_t *object = json_object();
    bool failed = object == NULL;

    for (size_t i = 0; i < count; i++)
        failed |= json_object_set_new_nocheck(object, fields[i].key, fields[i].value) < 0;
    if (failed)
        json_decref(object);
    return failed ? NULL : object;
}

/* Milliseconds, rounded to the microsecond. */
static json_t *json_ms(int64_t duration_ns)
{
    return json_real(round((double)duration_ns / 1e3) / 1e3 + 0.0); /* + 0.0: no "-0.0" */
}

static json_t *json_identity(uint64_t identity)
{
    return identity == 0 ? json_null() : json_sprintf("%016" PRIx64, identity);
}

/* Presentation format is ASCII, as codes, addresses and times are: that needs no check. */
static json_t *json_name(const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes == 0)
        return json_null();
    return json_string_nocheck(name_to_text(name->bytes, name->size_bytes, text));
}

static json_t *json_address(const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    return json_string_nocheck(address_to_text(address, text));
}

static json_t *json_time(int64_t time_ns)
{
    char text[MOMENT_TEXT_SIZE];

    return json_string_nocheck(moment_to_rfc3339(time_ns, text));
}

static json_t *json_safe(const void *bytes, size_t size)
{
    char text[SAFE_TEXT_SIZE(SOURCE_NAME_BYTES)];

    return json_string(safe_text(bytes, size, text, sizeof(text)));
}

/* Our own sentences: names in them are escaped already. */
static json_t *json_prose(const char *sentence)
{
    char text[SAFE_TEXT_SIZE(EXPLANATION_SIZE)];

    return json_string(safe_prose(sentence, text, sizeof(text)));
}

/* Type and class belong to a question: without its name nothing of it was shown. */
static json_t *json_qtype(const struct name *qname, uint16_t type)
{
    char text[CODE_TEXT_SIZE];

    return qname->size_bytes == 0 ? json_null() : json_string_nocheck(type_to_text(type, text));
}

static json_t *json_qclass(const struct name *qname, uint16_t class)
{
    char text[CODE_TEXT_SIZE];

    return qname->size_bytes == 0 ? json_null() : json_string_nocheck(class_to_text(class, text));
}

static json_t *json_transport(enum transport transport)
{
    return json_string_nocheck(transport == TRANSPORT_TCP ? "tcp" : "udp");
}

static json_t *json_servers(const struct blamed_server *servers, unsigned count)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < count; i++) {
        const struct field fields[] = {
            {"address", json_address(&servers[i].address)},
            {"name", json_name(&servers[i].name)},
            {"outcome", json_string_nocheck(outcome_code(servers[i].outcome))},
        };

        json_array_append_new(array, json_fields(fields, sizeof(fields) / sizeof(fields[0])));
    }
    return array;
}

static json_t *json_contributing(const struct incident *incident)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < incident->contributing_count; i++) {
        const struct contributing *one = &incident->contributing[i];

        json_array_append_new(array, json_pack("{ss so so}", "cause", cause_code(one->cause),
                                               "zone", json_name(&one->zone), "servers",
                                               json_servers(one->servers, one->server_count)));
    }
    return array;
}

static json_t *json_ede(const struct incident *incident)
{
    json_t *array = json_array();
    char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)];

    for (unsigned i = 0; i < incident->ede_count; i++) {
        const struct incident_ede *ede = &incident->ede[i];

        json_array_append_new(array, json_pack("{si so}", "code", (int)ede->code, "text",
                                               json_string(safe_ede(ede, text))));
    }
    return array;
}

static json_t *json_advice(const struct incident *incident)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < incident->advice_count; i++)
        json_array_append_new(array, json_prose(incident->advice[i]));
    return array;
}

static json_t *json_file(const struct incident_context *context, uint32_t source)
{
    const char *name = context_source_name(context, source);

    return name == NULL ? json_null() : json_safe(name, strnlen(name, SOURCE_NAME_BYTES));
}

/* Offsets count from the client's query, or from the SERVFAIL where the query was not seen. */
static int64_t zero_of(const struct incident *incident)
{
    return incident->elapsed_ns < 0 ? incident->time_ns : incident->time_ns - incident->elapsed_ns;
}

static json_t *json_evidence_one(const struct evidence *evidence, int64_t zero_ns,
                                 const struct incident_context *context)
{
    bool answered = evidence->response_time_ns != INT64_MIN;
    bool has_response = evidence->response_frame != 0;
    /* Where the query was not seen, its place is taken by the response. */
    bool query_seen = !has_response || evidence->frame != evidence->response_frame ||
                      evidence->source != evidence->response_source;
    uint32_t source = has_response ? evidence->response_source : evidence->source;
    uint64_t frame = has_response ? evidence->response_frame : evidence->frame;
    int64_t rtt_ns = answered && query_seen ? evidence->response_time_ns - evidence->time_ns : -1;
    const struct field fields[] = {
        {"time", json_time(evidence->time_ns)},
        {"offset_ms", json_ms(evidence->time_ns - zero_ns)},
        {"server", json_address(&evidence->server)},
        {"server_name", json_name(&evidence->server_name)},
        {"zone", json_name(&evidence->zone)},
        {"transport", json_transport(evidence->transport)},
        {"qname", json_name(&evidence->qname)},
        {"qtype", json_qtype(&evidence->qname, evidence->qtype)},
        {"outcome", json_string_nocheck(outcome_code(evidence->outcome))},
        {"why", json_string_nocheck(dependency_code(evidence->why))},
        {"rtt_ms", rtt_ns < 0 ? json_null() : json_ms(rtt_ns)},
        {"file", json_file(context, source)},
        {"frame", frame == 0 ? json_null() : json_integer((json_int_t)frame)},
    };

    return json_fields(fields, sizeof(fields) / sizeof(fields[0]));
}

static json_t *json_evidence(const struct incident *incident,
                             const struct incident_context *context)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < incident->evidence_count; i++)
        json_array_append_new(
            array, json_evidence_one(&incident->evidence[i], zero_of(incident), context));
    return array;
}

static json_t *json_incident(const struct incident *incident,
                             const struct incident_context *context)
{
    const struct field fields[] = {
        {"schema", json_integer(INCIDENT_JSON_SCHEMA)},
        {"analyzer_version", json_string(context->analyzer_version)},
        {"sensor", json_safe(context->sensor, strnlen(context->sensor, SOURCE_NAME_BYTES))},
        {"incident", json_sprintf("%016" PRIx64, incident->identity)},
        {"outage", json_identity(incident->outage)},
        {"time", json_time(incident->time_ns)},
        {"client", json_address(&incident->client)},
        {"client_port", json_integer(incident->client_port)},
        {"client_is_resolver", json_boolean(incident->client_is_resolver)},
        {"resolver", json_address(&incident->resolver)},
        {"transport", json_transport(incident->transport)},
        {"id", json_integer(incident->id)},
        {"rd", json_boolean(incident->rd)},
        {"cd", json_boolean(incident->cd)},
        {"do", json_boolean(incident->dnssec_ok)},
        {"qname", json_name(&incident->qname)},
        {"qtype", json_qtype(&incident->qname, incident->qtype)},
        {"qclass", json_qclass(&incident->qname, incident->qclass)},
        {"elapsed_ms", incident->elapsed_ns < 0 ? json_null() : json_ms(incident->elapsed_ns)},
        {"cause", json_string_nocheck(cause_code(incident->cause))},
        {"category", json_string_nocheck(cause_category(incident->cause))},
        {"confidence", json_string_nocheck(confidence_code(incident->confidence))},
        {"zone", json_name(&incident->zone)},
        {"servers", json_servers(incident->servers, incident->server_count)},
        {"contributing", json_contributing(incident)},
        {"ede", json_ede(incident)},
        {"origin", json_identity(incident->origin)},
        {"explanation", json_prose(incident->explanation)},
        {"advice", json_advice(incident)},
        {"evidence", json_evidence(incident, context)},
        {"evidence_total", json_integer(incident->evidence_total)},
    };

    return json_fields(fields, sizeof(fields) / sizeof(fields[0]));
}

static json_t *json_outage(const struct outage_change *outage,
                           const struct incident_context *context)
{
    const struct field fields[] = {
        {"schema", json_integer(INCIDENT_JSON_SCHEMA)},
        {"analyzer_version", json_string(context->analyzer_version)},
        {"sensor", json_safe(context->sensor, strnlen(context->sensor, SOURCE_NAME_BYTES))},
        {"event", json_string(outage->closed ? "outage-closed" : "outage-opened")},
        {"outage", json_identity(outage->identity)},
        {"cause", json_string_nocheck(cause_code(outage->cause))},
        {"category", json_string_nocheck(cause_category(outage->cause))},
        {"zone", json_name(&outage->zone)},
        {"resolver", json_address(&outage->resolver)},
        {"servers", json_servers(outage->servers, outage->server_count)},
        {"first_time", json_time(outage->first_time_ns)},
        {"last_time", json_time(outage->last_time_ns)},
        {"incidents", json_integer((json_int_t)outage->incidents)},
    };

    return json_fields(fields, sizeof(fields) / sizeof(fields[0]));
}

/* Takes the object. The whole line at once: json_dumpf() would call fwrite() for each of its
 * tokens.
 */
static int print_line(FILE *output, json_t *object, uint64_t identity, struct error *error)
{
    char *line = object == NULL ? NULL : json_dumps(object, JSON_FLAGS);
    int result = 0;

    json_decref(object);
    if (line == NULL)
        return error_set(error, "%016" PRIx64 ": out of memory", identity);
    if (fputs(line, output) == EOF || putc('\n', output) == EOF)
        result = error_set(error, "output: %s", strerror(errno));
    free(line);
    return result;
}

int incident_json_print(FILE *output, const struct incident *incident,
                        const struct incident_context *context, struct error *error)
{
    return print_line(output, json_incident(incident, context), incident->identity, error);
}

int outage_json_print(FILE *output, const struct outage_change *outage,
                      const struct incident_context *context, struct error *error)
{
    return print_line(output, json_outage(outage, context), outage->identity, error);
}
