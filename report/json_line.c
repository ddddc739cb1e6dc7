#include "report/json_line.h"

#include <string.h>

static void flush(struct json_line *line)
{
    fwrite(line->bytes, 1, line->used, line->output);
    line->used = 0;
}

static void put(struct json_line *line, const char *bytes, size_t size)
{
    if (size == 0)
        return;
    if (size > sizeof(line->bytes) - line->used)
        flush(line);
    line->last = bytes[size - 1];
    if (size > sizeof(line->bytes)) {
        fwrite(bytes, 1, size, line->output);
        return;
    }
    memcpy(line->bytes + line->used, bytes, size);
    line->used += size;
}

/* Before each value, and each key. */
static void separate(struct json_line *line)
{
    if (line->last != '{' && line->last != '[' && line->last != ':')
        put(line, ",", 1);
}

static void put_value(struct json_line *line, const char *bytes, size_t size)
{
    separate(line);
    put(line, bytes, size);
}

void json_line_begin(struct json_line *line, FILE *output)
{
    line->output = output;
    line->used = 0;
    line->last = ':'; /* no comma before the first value */
}

void json_line_end(struct json_line *line)
{
    put(line, "\n", 1);
    flush(line);
}

void json_line_open(struct json_line *line, char bracket)
{
    put_value(line, &bracket, 1);
}

void json_line_close(struct json_line *line, char bracket)
{
    put(line, &bracket, 1);
}

void json_line_key(struct json_line *line, const char *key)
{
    separate(line);
    put(line, "\"", 1);
    put(line, key, strlen(key));
    put(line, "\":", 2);
}

/* Without control characters only these two need escaping (RFC 8259 section 7). */
void json_line_text(struct json_line *line, const char *text)
{
    put_value(line, "\"", 1);
    for (;;) {
        size_t plain = strcspn(text, "\"\\");

        put(line, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        put(line, "\\", 1);
        put(line, text++, 1);
    }
    put(line, "\"", 1);
}

void json_line_identity(struct json_line *line, uint64_t identity)
{
    char digits[16];

    for (int i = 15; i >= 0; i--, identity >>= 4)
        digits[i] = "0123456789abcdef"[identity & 15];
    put_value(line, "\"", 1);
    put(line, digits, sizeof(digits));
    put(line, "\"", 1);
}

/* Puts the digits before `end`, at least so many. Returns the first of them. */
static char *write_digits(char *end, uint64_t value, unsigned least)
{
    for (; value > 0 || least > 0; value /= 10, least -= least > 0)
        *--end = (char)('0' + value % 10);
    return end;
}

void json_line_integer(struct json_line *line, int64_t value)
{
    char digits[24], *end = digits + sizeof(digits);
    char *first = write_digits(end, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);

    if (value < 0)
        *--first = '-';
    put_value(line, first, (size_t)(end - first));
}

void json_line_boolean(struct json_line *line, bool value)
{
    put_value(line, value ? "true" : "false", value ? 4 : 5);
}

void json_line_null(struct json_line *line)
{
    put_value(line, "null", 4);
}

void json_line_ms(struct json_line *line, int64_t duration_ns)
{
    uint64_t duration = duration_ns < 0 ? -(uint64_t)duration_ns : (uint64_t)duration_ns;
    uint64_t us = (duration + 500) / 1000;
    char digits[24], *end = digits + sizeof(digits), *first;

    first = write_digits(end, us % 1000, 3);
    *--first = '.';
    first = write_digits(first, us / 1000, 1);
    if (duration_ns < 0 && us > 0)
        *--first = '-';
    while (end[-1] == '0' && end[-2] != '.')
        end--;
    put_value(line, first, (size_t)(end - first));
}
