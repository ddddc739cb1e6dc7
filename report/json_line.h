/* Writes a line of JSON whose shape is fixed, straight into the output: the bytes that jansson
 * would give for the same values (JSON_COMPACT). For the lines that come by the million, for which
 * a tree of values would have to be made and freed each time; everything else is jansson's. */
#ifndef REPORT_JSON_LINE_H
#define REPORT_JSON_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_line {
    FILE *output;
    char last; /* what was put last: it says whether a comma comes next */
    size_t used;
    char bytes[4096]; /* not given to the output yet */
};

void json_line_begin(struct json_line *line, FILE *output);
/* Ends it with a newline. Whether the output took all of it, ferror() says. */
void json_line_end(struct json_line *line);

/* '{' or '[', and '}' or ']'. */
void json_line_open(struct json_line *line, char bracket);
void json_line_close(struct json_line *line, char bracket);
/* Before each value in an object; `key` is put as it is. */
void json_line_key(struct json_line *line, const char *key);

/* `text` is UTF-8 without control characters: made by us, or by safe.h. */
void json_line_text(struct json_line *line, const char *text);
void json_line_identity(struct json_line *line, uint64_t identity); /* 16 hex digits */
void json_line_integer(struct json_line *line, int64_t value);
void json_line_boolean(struct json_line *line, bool value);
void json_line_null(struct json_line *line);
/* Milliseconds, rounded to the microsecond: 1.5, 10.0. */
void json_line_ms(struct json_line *line, int64_t duration_ns);

#endif
