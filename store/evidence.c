#include "store/evidence.h"

#include <stdlib.h>
#include <string.h>

/* An exchange has seven texts; more than these are never there at once. */
#define TEXTS_MAX (EVIDENCE_MAX * 7)
/* Names whose every octet is escaped twice (\\DDD), three in each exchange, and the numbers. */
#define JSON_MAX (EVIDENCE_MAX * (3 * (2 * NAME_TEXT_SIZE + 4) + 400) + 64)

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

static void put_integer(struct evidence_writer *writer, int64_t value)
{
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[20];
    unsigned count = 0;

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

static void put_number_of(struct evidence_writer *writer, enum text_kind kind, const void *bytes,
                          size_t size)
{
    unsigned number = 0;

    put_character(writer, ',');
    if (size == 0) {
        put_literal(writer, "null");
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

static void put_code(struct evidence_writer *writer, const char *code)
{
    put_number_of(writer, TEXT_CODE, code, strlen(code) + 1);
}

static void put_next_integer(struct evidence_writer *writer, int64_t value)
{
    put_character(writer, ',');
    put_integer(writer, value);
}

static void put_frame(struct evidence_writer *writer, const struct source_rows *sources,
                      uint32_t source, uint64_t frame)
{
    if (frame == 0) {
        put_literal(writer, ",null,null");
        return;
    }
    put_next_integer(writer, source < sources->count ? sources->ids[source] : 0);
    put_next_integer(writer, (int64_t)frame);
}

static void put_exchange(struct evidence_writer *writer, const struct evidence *exchange,
                         int64_t time_ns, const struct source_rows *sources)
{
    put_character(writer, '[');
    put_integer(writer, exchange->time_ns - time_ns);
    if (exchange->response_time_ns == INT64_MIN)
        put_literal(writer, ",null");
    else
        put_next_integer(writer, exchange->response_time_ns - exchange->time_ns);
    put_number_of(writer, TEXT_ADDRESS, &exchange->server, sizeof(exchange->server));
    put_name(writer, &exchange->server_name);
    put_name(writer, &exchange->zone);
    put_code(writer, exchange->transport == TRANSPORT_TCP ? "tcp" : "udp");
    put_name(writer, &exchange->qname);
    put_next_integer(writer, exchange->qtype);
    put_code(writer, outcome_code(exchange->outcome));
    put_code(writer, dependency_code(exchange->why));
    put_frame(writer, sources, exchange->source, exchange->frame);
    put_frame(writer, sources, exchange->response_source, exchange->response_frame);
    put_character(writer, ']');
}

const char *evidence_to_json(struct evidence_writer *writer, const struct incident *incident,
                             const struct source_rows *sources, size_t *size)
{
    writer->size = writer->text_count = 0;
    put_literal(writer, "{\"exchanges\":[");
    for (unsigned i = 0; i < incident->evidence_count; i++) {
        if (i > 0)
            put_character(writer, ',');
        put_exchange(writer, &incident->evidence[i], incident->time_ns, sources);
    }
    put_literal(writer, "],\"texts\":[");
    for (unsigned i = 0; i < writer->text_count; i++) {
        if (i > 0)
            put_character(writer, ',');
        put_text(writer, &writer->texts[i]);
    }
    put_literal(writer, "]}");
    *size = writer->size;
    return writer->json;
}
