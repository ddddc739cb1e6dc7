/* Writes JSON as it comes, without a tree: what is printed a million times. Who calls keeps the
 * order right (a key before each value in an object); commas come by themselves. */
#ifndef REPORT_JSON_WRITER_H
#define REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_WRITER_BUFFER 4096

struct json_writer {
    FILE *output;
    bool comma; /* something stands before the next value */
    size_t used;
    char buffer[JSON_WRITER_BUFFER];
};

void json_writer_begin(struct json_writer *writer, FILE *output);
/* Writes what is left and a newline. 0, or -1 with errno: the output could not be written. */
int json_writer_end(struct json_writer *writer);

void json_open(struct json_writer *writer, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *writer, char bracket); /* '}' or ']' */
void json_key(struct json_writer *writer, const char *key);
void json_text(struct json_writer *writer, const char *text); /* UTF-8; NULL: null */
void json_number(struct json_writer *writer, uint64_t number);
void json_bool(struct json_writer *writer, bool value);
void json_nothing(struct json_writer *writer); /* null */
/* A fraction of 1000, to the thousandth, with as many decimals as it needs but at least one:
 * microseconds as milliseconds. */
void json_thousandths(struct json_writer *writer, int64_t thousandths);
/* 16 hexadecimal digits, as text. */
void json_hex64(struct json_writer *writer, uint64_t number);

#endif
