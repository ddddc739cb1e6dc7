#include "store/evidence.h"

#include <stdlib.h>
#include <string.h>

#define SERVERS_MAX (BLAMED_SERVERS_MAX + CONTRIBUTING_MAX * CONTRIBUTING_SERVERS_MAX)
/* An exchange has seven texts, a server three; more than these are never there at once. */
#define TEXTS_MAX (EVIDENCE_MAX * 7 + SERVERS_MAX * 3 + CONTRIBUTING_MAX * 2)
/* Names whose every octet is escaped twice (\\DDD), as many as there can be, and the numbers. */
#define NAMES_MAX (EVIDENCE_MAX * 3 + SERVERS_MAX + CONTRIBUTING_MAX)
#define JSON_MAX                                                                                   \
    (NAMES_MAX * (2 * NAME_TEXT_SIZE + 4) +                                                        \
     (EVIDENCE_MAX + SERVERS_MAX + CONTRIBUTING_MAX) * 400 + 64)

enum text_kind { TEXT_NAME, TEXT_ADDRESS, TEXT_CODE };

/* Told apart by what they were made of, so that each is put into words once. */
struct text {
    enum text_kind kind;
    const void *bytes;
    size_t size;
};

struct evidence_writer {
    struct text texts[TEXTS_MAX];
    unsigned text_count;
    size_t size;
    char json[JSON_MAX];
};

struct evidence_writer *evidence_writer_new(void)
{
    return malloc(sizeof(struct evidence_writer));
}

void evidence_writer_free(struct evidence_writer *writer)
{
    free(writer);
}

static void put_character(struct evidence_writer *writer, char character)
{
    writer->json[writer->size++] = character;
}

static void put_literal(struct evidence_writer *writer, const char *text)
{
    size_t length = strlen(text);

    memcpy(writer->json + writer->size, text, length);
    writer->size += length;
}

/* Before each element of an array. */
static void separate(struct evidence_writer *writer)
{
    if (writer->json[writer->size - 1] != '[')
        put_character(writer, ',');
}

static void begin_array(struct evidence_writer *writer)
{
    separate(writer);
    put_character(writer, '[');
}

static void put_null(struct evidence_writer *writer)
{
    separate(writer);
    put_literal(writer, "null");
}

static void put_integer(struct evidence_writer *writer, int64_t value)
{
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[20];
    unsigned count = 0;

    separate(writer);
    if (value < 0)
        put_character(writer, '-');
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    while (count > 0)
        put_character(writer, digits[--count]);
}

/* Presentation format is printable ASCII: only these two need escaping (RFC 8259 section 7). */
static void put_string(struct evidence_writer *writer, const char *text)
{
    separate(writer);
    put_character(writer, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put_character(writer, '\\');
        put_character(writer, *text);
    }
    put_character(writer, '"');
}

static void put_text(struct evidence_writer *writer, const struct text *text)
{
    char words[NAME_TEXT_SIZE];

    if (text->kind == TEXT_NAME)
        put_string(writer, name_to_text(text->bytes, text->size, words));
    else if (text->kind == TEXT_ADDRESS)
        put_string(writer, address_to_text(text->bytes, words));
    else
        put_string(writer, text->bytes);
}

/* Where the text stands in `texts`; size 0: there is none. */
static void put_number_of(struct evidence_writer *writer, enum text_kind kind, const void *bytes,
                          size_t size)
{
    unsigned number = 0;

    if (size == 0) {
        put_null(writer);
        return;
    }
    while (number < writer->text_count &&
           (writer->texts[number].kind != kind || writer->texts[number].size != size ||
            memcmp(writer->texts[number].bytes, bytes, size) != 0))
        number++;
    if (number == writer->text_count)
        writer->texts[writer->text_count++] = (struct text){kind, bytes, size};
    put_integer(writer, number);
}

static void put_name(struct evidence_writer *writer, const struct name *name)
{
    put_number_of(writer, TEXT_NAME, name->bytes, name->size_bytes);
}

static void put_address(struct evidence_writer *writer, const struct address *address)
{
    put_number_of(writer, TEXT_ADDRESS, address, sizeof(*address));
}

static void put_code(struct evidence_writer *writer, const char *code)
{
    put_number_of(writer, TEXT_CODE, code, strlen(code) + 1);
}

static void put_frame(struct evidence_writer *writer, const struct source_rows *sources,
                      uint32_t source, uint64_t frame)
{
    if (frame == 0) {
        put_null(writer);
        put_null(writer);
        return;
    }
    put_integer(writer, source < sources->count ? sources->ids[source] : 0);
    put_integer(writer, (int64_t)frame);
}

static void put_exchange(struct evidence_writer *writer, const struct evidence *exchange,
                         int64_t time_ns, const struct source_rows *sources)
{
    begin_array(writer);
    put_integer(writer, exchange->time_ns - time_ns);
    if (exchange->response_time_ns == INT64_MIN)
        put_null(writer);
    else
        put_integer(writer, exchange->response_time_ns - exchange->time_ns);
    put_address(writer, &exchange->server);
    put_name(writer, &exchange->server_name);
    put_name(writer, &exchange->zone);
    put_code(writer, exchange->transport == TRANSPORT_TCP ? "tcp" : "udp");
    put_name(writer, &exchange->qname);
    put_integer(writer, exchange->qtype);
    put_code(writer, outcome_code(exchange->outcome));
    put_code(writer, dependency_code(exchange->why));
    put_frame(writer, sources, exchange->source, exchange->frame);
    put_frame(writer, sources, exchange->response_source, exchange->response_frame);
    put_character(writer, ']');
}

static void put_servers(struct evidence_writer *writer, unsigned part,
                        const struct blamed_server *servers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        begin_array(writer);
        put_integer(writer, part);
        put_address(writer, &servers[i].address);
        put_name(writer, &servers[i].name);
        put_code(writer, outcome_code(servers[i].outcome));
        put_character(writer, ']');
    }
}

static void put_all_servers(struct evidence_writer *writer, const struct incident *incident)
{
    put_servers(writer, 0, incident->servers, incident->server_count);
    for (unsigned i = 0; i < incident->contributing_count; i++)
        put_servers(writer, i + 1, incident->contributing[i].servers,
                    incident->contributing[i].server_count);
}

static void put_contributing(struct evidence_writer *writer, const struct incident *incident)
{
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        begin_array(writer);
        put_code(writer, cause_code(incident->contributing[i].cause));
        put_name(writer, &incident->contributing[i].zone);
        put_character(writer, ']');
    }
}

const char *evidence_to_json(struct evidence_writer *writer, const struct incident *incident,
                             const struct source_rows *sources, size_t *size)
{
    writer->size = writer->text_count = 0;
    put_literal(writer, "{\"exchanges\":[");
    for (unsigned i = 0; i < incident->evidence_count; i++)
        put_exchange(writer, &incident->evidence[i], incident->time_ns, sources);
    put_literal(writer, "],\"servers\":[");
    put_all_servers(writer, incident);
    put_literal(writer, "],\"contributing\":[");
    put_contributing(writer, incident);
    put_literal(writer, "],\"texts\":[");
    for (unsigned i = 0; i < writer->text_count; i++)
        put_text(writer, &writer->texts[i]);
    put_literal(writer, "]}");
    *size = writer->size;
    return writer->json;
}
