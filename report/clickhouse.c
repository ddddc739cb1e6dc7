#include "report/clickhouse.h"

#define ZLIB_CONST /* it only reads what it compresses */

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define TIMEOUT_NS        INT64_C(60000000000)
#define CONNECT_TIMEOUT_S 10L
/* A result that is larger is none of a report's, and an answer to an insertion is empty. */
#define RESULT_MAX (UINT64_C(1) << 30)
#define ANSWER_MAX (UINT64_C(64) << 10)
#define HTTP_OK    200

/* An insertion is acknowledged when all shards have it, not when it waits to be sent to them. */
#define INSERT_SETTINGS "&insert_distributed_sync=1"

struct clickhouse {
    CURL *curl;
    CURLU *url;
    struct curl_slist *headers, *gzip_headers;
    char *database;
    char name[256];
    bool exposes_password;
    const volatile sig_atomic_t *stop;
    char *result;
    size_t result_size, result_capacity, result_max;
    uint8_t *packed;
    size_t packed_capacity;
    char curl_error[CURL_ERROR_SIZE];
};

static int out_of_memory(struct error *error)
{
    return error_set(error, "out of memory");
}

static size_t take_result(char *bytes, size_t size, size_t count, void *context)
{
    struct clickhouse *clickhouse = context;
    size_t needed = clickhouse->result_size + size * count + 1;

    if (needed > clickhouse->result_max)
        return 0;
    if (needed > clickhouse->result_capacity) {
        size_t capacity = 2 * needed;
        char *grown = realloc(clickhouse->result, capacity);

        if (grown == NULL)
            return 0;
        clickhouse->result = grown;
        clickhouse->result_capacity = capacity;
    }
    memcpy(clickhouse->result + clickhouse->result_size, bytes, size * count);
    clickhouse->result_size = needed - 1;
    clickhouse->result[clickhouse->result_size] = '\0';
    return size * count;
}

/* Called at least every second. Other than 0: give up. */
static int note_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct clickhouse *clickhouse = context;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return clickhouse->stop != NULL && *clickhouse->stop != 0;
}

struct url_parts {
    char *scheme, *host, *port, *path, *user, *query;
};

static void url_parts_clear(struct url_parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->path);
    curl_free(parts->user);
    curl_free(parts->query);
}

/* As an address: a name may begin with any number. */
static bool is_loopback(const char *host)
{
    struct in_addr address;

    if (inet_pton(AF_INET, host, &address) == 1)
        return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* What the URL says may stand in a process list and in logs: no password, and nothing that is not
 * looked at. The path is the database. */
static int check_url(struct clickhouse *clickhouse, const struct url_parts *parts, const char *text,
                     struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *database =
        parts->path[0] == '\0' || parts->path[1] == '\0' ? "dnsblame" : parts->path + 1;

    /* Not quoted before it is clear that there is no secret in it. */
    if (parts->user != NULL)
        return error_set(error, "a user or a password does not belong into the URL");
    if (parts->query != NULL)
        return error_set(error, "nothing belongs behind the database in the URL");
    if (strcmp(parts->scheme, "http") != 0 && strcmp(parts->scheme, "https") != 0)
        return error_set(error, "'%s' is neither http:// nor https://", text);
    if (database[strspn(database, allowed)] != '\0')
        return error_set(error, "'%s' is no name of a database (letters, digits, _)", database);
    clickhouse->database = strdup(database);
    snprintf(clickhouse->name, sizeof(clickhouse->name), "%s://%s:%s/%s", parts->scheme,
             parts->host, parts->port, database);
    clickhouse->exposes_password = strcmp(parts->scheme, "http") == 0 && !is_loopback(parts->host);
    return clickhouse->database == NULL ? out_of_memory(error) : 0;
}

static int take_url(struct clickhouse *clickhouse, const char *text, struct error *error)
{
    struct url_parts parts = {0};
    CURLU *url = clickhouse->url;
    int status;

    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &parts.scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &parts.host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &parts.path, 0) != CURLUE_OK) {
        url_parts_clear(&parts);
        return error_set(error, "this is no URL of a server: http://HOST:8123/DATABASE is one");
    }
    if (curl_url_get(url, CURLUPART_PORT, &parts.port, 0) != CURLUE_OK &&
        curl_url_set(url, CURLUPART_PORT, strcmp(parts.scheme, "https") == 0 ? "8443" : "8123",
                     0) == CURLUE_OK)
        curl_url_get(url, CURLUPART_PORT, &parts.port, 0);
    curl_url_get(url, CURLUPART_USER, &parts.user, 0);
    curl_url_get(url, CURLUPART_QUERY, &parts.query, 0);
    status = parts.port == NULL ? out_of_memory(error) : check_url(clickhouse, &parts, text, error);
    url_parts_clear(&parts);
    return status;
}

int clickhouse_check(const char *url, struct error *error)
{
    struct clickhouse parsed = {.url = curl_url()};
    int status = parsed.url == NULL ? out_of_memory(error) : take_url(&parsed, url, error);

    curl_url_cleanup(parsed.url);
    free(parsed.database);
    return status;
}

static int add_header(struct curl_slist **headers, const char *name, const char *value)
{
    char header[1024];
    struct curl_slist *grown;

    if (snprintf(header, sizeof(header), "%s: %s", name, value) >= (int)sizeof(header) ||
        strpbrk(value, "\r\n") != NULL)
        return -1;
    grown = curl_slist_append(*headers, header);
    if (grown == NULL)
        return -1;
    *headers = grown;
    return 0;
}

/* Not in the URL, which servers and proxies write into their logs. */
static int add_headers(const struct clickhouse_options *options, struct curl_slist **headers,
                       struct error *error)
{
    if (add_header(headers, "Expect", "") < 0 ||
        (options->user != NULL && add_header(headers, "X-ClickHouse-User", options->user) < 0) ||
        (options->password != NULL &&
         add_header(headers, "X-ClickHouse-Key", options->password) < 0))
        return error_set(error, "no memory, or a user or password that no HTTP header can hold");
    return 0;
}

static void set_up(struct clickhouse *clickhouse, const struct clickhouse_options *options)
{
    int64_t timeout_ns = options->timeout_ns > 0 ? options->timeout_ns : TIMEOUT_NS;
    CURL *curl = clickhouse->curl;

    clickhouse->stop = options->stop;
    curl_easy_setopt(curl, CURLOPT_CURLU, clickhouse->url);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, clickhouse->curl_error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_result);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, clickhouse);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, note_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, clickhouse);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    /* Not a bound on the whole: an answer that is on its way may take as long as it takes. */
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)((timeout_ns + 999999999) / 1000000000));
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (options->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
}

struct clickhouse *clickhouse_new(const struct clickhouse_options *options, struct error *error)
{
    struct clickhouse *clickhouse = calloc(1, sizeof(*clickhouse));

    if (clickhouse == NULL || (clickhouse->curl = curl_easy_init()) == NULL ||
        (clickhouse->url = curl_url()) == NULL) {
        out_of_memory(error);
        goto fail;
    }
    if (take_url(clickhouse, options->url, error) < 0 ||
        add_headers(options, &clickhouse->headers, error) < 0 ||
        add_headers(options, &clickhouse->gzip_headers, error) < 0)
        goto fail;
    if (options->password == NULL)
        clickhouse->exposes_password = false;
    if (add_header(&clickhouse->gzip_headers, "Content-Encoding", "gzip") < 0 ||
        curl_url_set(clickhouse->url, CURLUPART_PATH, "/", 0) != CURLUE_OK) {
        out_of_memory(error);
        goto fail;
    }
    set_up(clickhouse, options);
    return clickhouse;
fail:
    clickhouse_free(clickhouse);
    return NULL;
}

void clickhouse_free(struct clickhouse *clickhouse)
{
    if (clickhouse == NULL)
        return;
    curl_easy_cleanup(clickhouse->curl);
    curl_url_cleanup(clickhouse->url);
    curl_slist_free_all(clickhouse->headers);
    curl_slist_free_all(clickhouse->gzip_headers);
    free(clickhouse->database);
    free(clickhouse->result);
    free(clickhouse->packed);
    free(clickhouse);
}

const char *clickhouse_database(const struct clickhouse *clickhouse)
{
    return clickhouse->database;
}

const char *clickhouse_name(const struct clickhouse *clickhouse)
{
    return clickhouse->name;
}

int clickhouse_exposes_password(const struct clickhouse *clickhouse)
{
    return clickhouse->exposes_password;
}

/* The statement stands in the URL where the body is rows. NULL of either: left out. */
static int set_query(struct clickhouse *clickhouse, const char *database, const char *sql,
                     struct error *error)
{
    char *escaped = sql != NULL ? curl_easy_escape(clickhouse->curl, sql, 0) : NULL;
    char *query = NULL;
    int status = -1;

    if ((sql == NULL || escaped != NULL) &&
        asprintf(&query, "%s%s%s%s%s", database != NULL ? "database=" : "",
                 database != NULL ? database : "", sql != NULL ? INSERT_SETTINGS "&query=" : "",
                 sql != NULL ? escaped : "",
                 /* What fails late fails before the first byte of an answer. */
                 sql == NULL && database != NULL ? "&wait_end_of_query=1" : "") >= 0 &&
        curl_url_set(clickhouse->url, CURLUPART_QUERY, query, 0) == CURLUE_OK)
        status = 0;
    curl_free(escaped);
    free(query);
    return status < 0 ? out_of_memory(error) : 0;
}

/* A server's words are nobody's to trust: only what prints. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            *text = '?';
    }
}

static int fail(struct clickhouse *clickhouse, CURLcode code, long http, struct error *error)
{
    size_t length = clickhouse->result_size > 0 ? strcspn(clickhouse->result, "\r\n") : 0;
    char line[320] = "";

    if (code != CURLE_OK)
        return error_set(error, "%s: %s", clickhouse->name,
                         clickhouse->curl_error[0] != '\0' ? clickhouse->curl_error
                                                           : curl_easy_strerror(code));
    if (length > 0) {
        snprintf(line, sizeof(line), ": %.*s", length < 300 ? (int)length : 300,
                 clickhouse->result);
        make_printable(line);
    }
    return error_set(error, "%s: HTTP %ld%s", clickhouse->name, http, line);
}

static int post(struct clickhouse *clickhouse, const void *body, size_t size,
                const struct curl_slist *headers, struct error *error)
{
    CURL *curl = clickhouse->curl;
    long http = 0;
    CURLcode code;

    clickhouse->result_size = 0;
    clickhouse->curl_error[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    return code == CURLE_OK && http == HTTP_OK ? 0 : fail(clickhouse, code, http, error);
}

static int post_statement(struct clickhouse *clickhouse, const char *database, const char *sql,
                          struct error *error)
{
    clickhouse->result_max = RESULT_MAX;
    if (set_query(clickhouse, database, NULL, error) < 0)
        return -1;
    return post(clickhouse, sql, strlen(sql), clickhouse->headers, error);
}

int clickhouse_create_database(struct clickhouse *clickhouse, const char *cluster,
                               struct error *error)
{
    char *sql = NULL;
    int status;

    if (asprintf(&sql, "CREATE DATABASE IF NOT EXISTS %s%s%s%s", clickhouse->database,
                 cluster != NULL ? " ON CLUSTER '" : "", cluster != NULL ? cluster : "",
                 cluster != NULL ? "'" : "") < 0)
        return out_of_memory(error);
    status = post_statement(clickhouse, NULL, sql, error);
    free(sql);
    return status;
}

int clickhouse_run(struct clickhouse *clickhouse, const char *sql, struct error *error)
{
    return post_statement(clickhouse, clickhouse->database, sql, error);
}

const char *clickhouse_ask(struct clickhouse *clickhouse, const char *sql, size_t *size,
                           struct error *error)
{
    if (clickhouse_run(clickhouse, sql, error) < 0)
        return NULL;
    if (size != NULL)
        *size = clickhouse->result_size;
    return clickhouse->result_size > 0 ? clickhouse->result : "";
}

/* gzip, which every version of the server takes. Returns its size; 0: out of memory. */
static size_t pack(struct clickhouse *clickhouse, const void *rows, size_t size)
{
    z_stream stream = {0};
    size_t bound, packed = 0;

    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    bound = deflateBound(&stream, size);
    if (bound > clickhouse->packed_capacity) {
        free(clickhouse->packed);
        clickhouse->packed = malloc(bound);
        clickhouse->packed_capacity = clickhouse->packed == NULL ? 0 : bound;
    }
    if (clickhouse->packed != NULL) {
        stream.next_in = rows;
        stream.avail_in = (uInt)size;
        stream.next_out = clickhouse->packed;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
            packed = stream.total_out;
    }
    deflateEnd(&stream);
    return packed;
}

int clickhouse_insert(struct clickhouse *clickhouse, const char *into, const void *rows,
                      size_t size, struct error *error)
{
    size_t packed = pack(clickhouse, rows, size);
    char *sql = NULL;
    int status;

    if (packed == 0 || asprintf(&sql, "INSERT INTO %s", into) < 0)
        return out_of_memory(error);
    clickhouse->result_max = ANSWER_MAX;
    status = set_query(clickhouse, clickhouse->database, sql, error);
    free(sql);
    if (status < 0 ||
        post(clickhouse, clickhouse->packed, packed, clickhouse->gzip_headers, error) < 0)
        return -1;
    /* ClickHouse has nothing to say to it; whoever has is somebody else. */
    if (clickhouse->result_size > 0)
        return error_set(error, "%s: answers an insertion as no ClickHouse does", clickhouse->name);
    return 0;
}

void clickhouse_quote(FILE *output, const char *text, size_t size)
{
    putc('\'', output);
    for (const char *end = text + size; text < end; text++) {
        if (*text == '\'' || *text == '\\')
            putc('\\', output);
        putc(*text, output);
    }
    putc('\'', output);
}
