/* A ClickHouse server, spoken to over HTTP with libcurl: what `ship` inserts into and the fleet's
 * report asks. One request at a time, each whole or not at all as far as the caller is told. */
#ifndef REPORT_CLICKHOUSE_H
#define REPORT_CLICKHOUSE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/error.h"

struct clickhouse;

struct clickhouse_options {
    const char *url;      /* http://HOST:8123/DATABASE or https://...; `dnsblame` without one */
    const char *user;     /* NULL: the server's default user */
    const char *password; /* NULL: none */
    const char *ca_file;  /* certificates to trust instead of the system's, or NULL */
    int64_t timeout_ns;   /* for a request that makes no progress; 0: a minute */
    /* Becomes other than 0 when a request that is under way is to be given up; or NULL. */
    const volatile sig_atomic_t *stop;
};

/* Is this the URL of one? 0, or -1 and what is wrong with it. */
int clickhouse_check(const char *url, struct error *error);

/* Speaks to nobody yet. NULL: no memory, or the URL is none; `error` says which. */
struct clickhouse *clickhouse_new(const struct clickhouse_options *options, struct error *error);
void clickhouse_free(struct clickhouse *clickhouse); /* NULL is fine */

const char *clickhouse_database(const struct clickhouse *clickhouse);
/* The server as it is to be named in messages: scheme, host, port and database. */
const char *clickhouse_name(const struct clickhouse *clickhouse);
/* Does a password travel in the clear, and farther than to this machine? */
int clickhouse_exposes_password(const struct clickhouse *clickhouse);

/* What a request fails of is said in `error`, which begins with the server's name and has the first
 * line of its answer where there was one. */

/* Creates the database where it is missing; on all servers of `cluster` unless that is NULL. */
int clickhouse_create_database(struct clickhouse *clickhouse, const char *cluster,
                               struct error *error);
/* Runs one statement in the database; its result is left out. */
int clickhouse_run(struct clickhouse *clickhouse, const char *sql, struct error *error);
/* The result of a query in the format that it names, NUL-terminated; borrowed until the next call.
 * NULL: `error` says why. */
const char *clickhouse_ask(struct clickhouse *clickhouse, const char *sql, size_t *size,
                           struct error *error);
/* Inserts rows; `into` is "TABLE (COLUMN, ...) FORMAT NAME". 0: the server has acknowledged all of
 * them; -1: it may have taken some. */
int clickhouse_insert(struct clickhouse *clickhouse, const char *into, const void *rows,
                      size_t size, struct error *error);

/* A text as its SQL has it: 'it\'s'. */
void clickhouse_quote(FILE *output, const char *text, size_t size);

#endif
