#include "cli/exporter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/clock.h"
#include "cli/values.h"

#define CONNECTIONS_MAX         32
#define CONNECTIONS_PER_HOST    8
#define CONNECTION_TIMEOUT_S    5
#define CONNECTION_MEMORY_BYTES ((size_t)8192)
#define THREAD_STACK_BYTES      ((size_t)256 << 10)
#define ADDRESS_PORT_SIZE       64
#define TEXT_TYPE               "text/plain; charset=utf-8"
#define EXPOSITION_TYPE         "text/plain; version=0.0.4; charset=utf-8"

struct exporter {
    int socket; /* -1: the daemon's, which closes it */
    int statm;  /* /proc/self/statm, opened while files can be; -1: there is none */
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* of the values */
    struct metrics metrics;
};

union socket_address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
};

/* Cuts "ADDRESS:PORT" in two, in place: the address without its brackets, and the port. */
static int split(char *text, const char **address, const char **port, struct error *error)
{
    char *colon = strrchr(text, ':');

    *address = "127.0.0.1";
    *port = text;
    if (colon == NULL)
        return 0;
    *colon = '\0';
    *port = colon + 1;
    *address = text;
    if (text[0] == '[' && colon > text + 1 && colon[-1] == ']') {
        colon[-1] = '\0';
        *address = text + 1;
    } else if (strchr(text, ':') != NULL) {
        return error_set(error, "an IPv6 address stands in brackets: [%s]:%s", text, *port);
    }
    return 0;
}

static int parse(const char *where, union socket_address *parsed, socklen_t *size,
                 struct error *error)
{
    char text[ADDRESS_PORT_SIZE];
    const char *address, *port;
    uint64_t number;

    if (snprintf(text, sizeof(text), "%s", where) >= (int)sizeof(text))
        return error_set(error, "'%s' is no address and port", where);
    if (split(text, &address, &port, error) < 0 ||
        value_number(port, 1, UINT16_MAX, &number, "port", error) < 0)
        return -1;
    memset(parsed, 0, sizeof(*parsed));
    if (inet_pton(AF_INET, address, &parsed->ipv4.sin_addr) == 1) {
        parsed->any.sa_family = AF_INET;
        parsed->ipv4.sin_port = htons((uint16_t)number);
        *size = sizeof(parsed->ipv4);
    } else if (inet_pton(AF_INET6, address, &parsed->ipv6.sin6_addr) == 1) {
        parsed->any.sa_family = AF_INET6;
        parsed->ipv6.sin6_port = htons((uint16_t)number);
        *size = sizeof(parsed->ipv6);
    } else {
        return error_set(error, "'%s' is no IP address", address);
    }
    return 0;
}

int exporter_check(const char *where, struct error *error)
{
    union socket_address parsed;
    socklen_t size;

    return parse(where, &parsed, &size, error);
}

/* IPv6 is IPv6 only, so that [::] means the same on every host. */
static int listen_at(const char *where, struct error *error)
{
    union socket_address address;
    socklen_t size = 0;
    const int on = 1;
    int listener;

    if (parse(where, &address, &size, error) < 0)
        return -1;
    listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return error_set(error, "--metrics %s: %s", where, strerror(errno));
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        (address.any.sa_family == AF_INET6 &&
         setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
        bind(listener, &address.any, size) < 0 || listen(listener, CONNECTIONS_MAX) < 0) {
        error_set(error, "--metrics %s: %s", where, strerror(errno));
        close(listener);
        return -1;
    }
    return listener;
}

struct exporter *exporter_open(const char *where, struct error *error)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));

    if (exporter == NULL) {
        error_set(error, "out of memory");
        return NULL;
    }
    exporter->socket = listen_at(where, error);
    if (exporter->socket < 0) {
        free(exporter);
        return NULL;
    }
    exporter->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    pthread_mutex_init(&exporter->lock, NULL);
    return exporter;
}

/* The second number in statm (proc(5)), in pages. */
static uint64_t resident_bytes(const struct exporter *exporter)
{
    char text[128] = "";
    uint64_t pages;

    if (exporter->statm < 0 || pread(exporter->statm, text, sizeof(text) - 1, 0) <= 0 ||
        sscanf(text, "%*u %" SCNu64, &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Takes over `text`, which malloc() gave. */
static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
                               char *text, size_t size)
{
    struct MHD_Response *response =
        text == NULL ? NULL : MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (response == NULL) {
        free(text);
        return MHD_NO; /* closes the connection */
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result respond_text(struct MHD_Connection *connection, unsigned status,
                                    const char *text)
{
    char *line = NULL;
    int size = asprintf(&line, "%s\n", text);

    return respond(connection, status, TEXT_TYPE, size < 0 ? NULL : line,
                   size < 0 ? 0 : (size_t)size);
}

static void copy_values(struct exporter *exporter, struct metrics *metrics)
{
    pthread_mutex_lock(&exporter->lock);
    *metrics = exporter->metrics;
    pthread_mutex_unlock(&exporter->lock);
}

static enum MHD_Result tell_metrics(struct exporter *exporter, struct MHD_Connection *connection)
{
    struct metrics metrics;
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);

    if (memory == NULL)
        return MHD_NO;
    copy_values(exporter, &metrics);
    metrics.cpu_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID);
    metrics.resident_bytes = resident_bytes(exporter);
    metrics_print(memory, &metrics);
    if (fclose(memory) != 0) {
        free(text);
        return MHD_NO;
    }
    return respond(connection, MHD_HTTP_OK, EXPOSITION_TYPE, text, size);
}

static enum MHD_Result tell_health(struct exporter *exporter, struct MHD_Connection *connection)
{
    struct metrics metrics;
    const char *complaint;

    copy_values(exporter, &metrics);
    complaint = metrics_complaint(&metrics, clock_read_ns(CLOCK_MONOTONIC));
    if (complaint != NULL)
        return respond_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, complaint);
    return respond_text(connection, MHD_HTTP_OK, "ok");
}

static const struct page {
    const char *path;
    enum MHD_Result (*tell)(struct exporter *exporter, struct MHD_Connection *connection);
} pages[] = {
    {"/metrics", tell_metrics},
    {"/healthz", tell_health},
};

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_bytes, void **request)
{
    (void)version;
    (void)upload;
    (void)upload_bytes;
    (void)request;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
            return respond_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
        return pages[i].tell(context, connection);
    }
    return respond_text(connection, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz");
}

/* What clients do wrong is theirs, and nobody's log is for them to fill. */
static void ignore(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

static struct MHD_Daemon *start_daemon(struct exporter *exporter)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, exporter,
        MHD_OPTION_EXTERNAL_LOGGER, ignore, NULL, MHD_OPTION_LISTEN_SOCKET, exporter->socket,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        CONNECTIONS_PER_HOST, MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
        THREAD_STACK_BYTES, MHD_OPTION_END);
}

/* Signals are for the thread that captures: this one begins with all of them blocked. */
int exporter_start(struct exporter *exporter, struct error *error)
{
    sigset_t all, before;

    exporter->metrics.published_ns = clock_read_ns(CLOCK_MONOTONIC);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    exporter->daemon = start_daemon(exporter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (exporter->daemon == NULL)
        return error_set(error, "metrics: cannot start to serve: %s", strerror(errno));
    exporter->socket = -1;
    return 0;
}

void exporter_publish(struct exporter *exporter, const struct metrics *metrics)
{
    pthread_mutex_lock(&exporter->lock);
    exporter->metrics = *metrics;
    exporter->metrics.published_ns = clock_read_ns(CLOCK_MONOTONIC);
    pthread_mutex_unlock(&exporter->lock);
}

void exporter_close(struct exporter *exporter)
{
    if (exporter == NULL)
        return;
    if (exporter->daemon != NULL)
        MHD_stop_daemon(exporter->daemon);
    if (exporter->socket >= 0)
        close(exporter->socket);
    if (exporter->statm >= 0)
        close(exporter->statm);
    pthread_mutex_destroy(&exporter->lock);
    free(exporter);
}
