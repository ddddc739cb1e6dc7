#include "report/json_writer.h"

#include <string.h>

static void flush(struct json_writer *writer)
{
    /* An error stays in the stream, where json_writer_end() finds it. */
    (void)fwrite(writer->buffer, 1, writer->used, writer->output);
    writer->used = 0;
}

static void put(struct json_writer *writer, char character)
{
    if (writer->used == sizeof(writer->buffer))
        flush(writer);
    writer->buffer[writer->used++] = character;
}

static void put_bytes(struct json_writer *writer, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = sizeof(writer->buffer) - writer->used;
        size_t part = size < room ? size : room;

        memcpy(writer->buffer + writer->used, bytes, part);
        writer->used += part;
        bytes += part;
        size -= part;
        if (size > 0)
            flush(writer);
    }
}

static void put_number(struct json_writer *writer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(writer, digits + at, sizeof(digits) - at);
}

static void begin_value(struct json_writer *writer)
{
    if (writer->comma)
        put(writer, ',');
    writer->comma = true;
}

void json_writer_begin(struct json_writer *writer, FILE *output)
{
    writer->output = output;
    writer->comma = false;
    writer->used = 0;
}

int json_writer_end(struct json_writer *writer)
{
    put(writer, '\n');
    flush(writer);
    return ferror(writer->output) ? -1 : 0;
}

void json_open(struct json_writer *writer, char bracket)
{
    begin_value(writer);
    put(writer, bracket);
    writer->comma = false;
}

void json_close(struct json_writer *writer, char bracket)
{
    put(writer, bracket);
    writer->comma = true;
}

/* What stands behind the backslash; 'u': a number. */
static char escape_of(unsigned char character)
{
    static const char escapes[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    if (character == '"' || character == '\\')
        return (char)character;
    return escapes[character] != 0 ? escapes[character] : 'u';
}

static void put_escaped(struct json_writer *writer, unsigned char character)
{
    static const char digits[] = "0123456789ABCDEF";
    char escape = escape_of(character);

    put(writer, '\\');
    put(writer, escape);
    if (escape != 'u')
        return;
    put_bytes(writer, "00", 2);
    put(writer, digits[character >> 4]);
    put(writer, digits[character & 0xf]);
}

static void put_text(struct json_writer *writer, const char *text)
{
    const char *begin = text;

    put(writer, '"');
    for (; *text; text++) {
        unsigned char character = (unsigned char)*text;

        if (character >= 0x20 && character != '"' && character != '\\')
            continue;
        put_bytes(writer, begin, (size_t)(text - begin));
        put_escaped(writer, character);
        begin = text + 1;
    }
    put_bytes(writer, begin, (size_t)(text - begin));
    put(writer, '"');
}

void json_key(struct json_writer *writer, const char *key)
{
    begin_value(writer);
    put_text(writer, key);
    put(writer, ':');
    writer->comma = false;
}

void json_text(struct json_writer *writer, const char *text)
{
    if (text == NULL) {
        json_nothing(writer);
        return;
    }
    begin_value(writer);
    put_text(writer, text);
}

void json_number(struct json_writer *writer, uint64_t number)
{
    begin_value(writer);
    put_number(writer, number);
}

void json_bool(struct json_writer *writer, bool value)
{
    begin_value(writer);
    put_bytes(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_nothing(struct json_writer *writer)
{
    begin_value(writer);
    put_bytes(writer, "null", 4);
}

void json_thousandths(struct json_writer *writer, int64_t thousandths)
{
    uint64_t size = thousandths < 0 ? 0 - (uint64_t)thousandths : (uint64_t)thousandths;
    unsigned decimals = (unsigned)(size % 1000);

    begin_value(writer);
    if (thousandths < 0)
        put(writer, '-');
    put_number(writer, size / 1000);
    put(writer, '.');
    put(writer, (char)('0' + decimals / 100));
    if (decimals % 100 != 0)
        put(writer, (char)('0' + decimals / 10 % 10));
    if (decimals % 10 != 0)
        put(writer, (char)('0' + decimals % 10));
}

void json_hex64(struct json_writer *writer, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";

    begin_value(writer);
    put(writer, '"');
    for (int shift = 60; shift >= 0; shift -= 4)
        put(writer, digits[number >> shift & 0xf]);
    put(writer, '"');
}
