#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/exporter.h"

#define HOSTILE_CLIENTS 40

/* Linked in place of the library's; the exporter asks in a thread of its own. */
static _Atomic time_t wall_clock_ahead_s;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = __real_clock_gettime(clock, now);

    if (clock == CLOCK_REALTIME)
        now->tv_sec += wall_clock_ahead_s;
    return status;
}

struct scene {
    struct exporter *exporter;
    struct sockaddr_in address;
    char answer[65536];
};

/* A port that nobody listens at. */
static uint16_t find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int probe = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return ntohs(address.sin_port);
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    uint16_t port = find_port();
    struct error error = {""};
    char where[16];

    snprintf(where, sizeof(where), "%u", port);
    scene->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    scene->exporter = exporter_open(where, &error);
    assert_non_null(scene->exporter);
    assert_int_equal(exporter_start(scene->exporter, &error), 0);
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;

    exporter_close(scene->exporter);
    free(scene);
    return 0;
}

static int connect_to(const struct scene *scene)
{
    const struct timeval patience = {.tv_sec = 20};
    int client = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(client >= 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(
        connect(client, (const struct sockaddr *)&scene->address, sizeof(scene->address)), 0);
    return client;
}

/* What comes back for a request, up to the end of the connection. */
static const char *ask(struct scene *scene, const char *request)
{
    int client = connect_to(scene);
    size_t size = 0;
    ssize_t got;

    assert_int_equal(send(client, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    while (size < sizeof(scene->answer) - 1 &&
           (got = recv(client, scene->answer + size, sizeof(scene->answer) - 1 - size, 0)) > 0)
        size += (size_t)got;
    scene->answer[size] = '\0';
    close(client);
    return scene->answer;
}

static void begins(const char *answer, const char *status)
{
    char expected[64];

    snprintf(expected, sizeof(expected), "HTTP/1.1 %s ", status);
    if (strncmp(answer, expected, strlen(expected)) != 0)
        fail_msg("no %s: %s", status, answer);
}

#define REQUEST(method, path) method " " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void the_published_values_are_served(void **state)
{
    struct scene *scene = *state;
    struct metrics metrics = {0};
    const char *answer;

    metrics.correlated.clients.queries = 4711;
    exporter_publish(scene->exporter, &metrics);
    answer = ask(scene, REQUEST("GET", "/metrics"));
    begins(answer, "200");
    assert_non_null(strstr(answer, "Content-Type: text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "\ndnsblame_questions_total 4711\n"));
    assert_non_null(strstr(answer, "\nprocess_cpu_seconds_total 0."));
    assert_non_null(strstr(answer, "\nprocess_resident_memory_bytes "));
}

static void health_is_200_or_503_and_the_reason(void **state)
{
    struct scene *scene = *state;
    struct metrics metrics = {0};
    const char *answer;

    exporter_publish(scene->exporter, &metrics);
    answer = ask(scene, REQUEST("GET", "/healthz"));
    begins(answer, "200");
    assert_non_null(strstr(answer, "\r\n\r\nok\n"));
    metrics.stored = metrics.store.failing = true;
    exporter_publish(scene->exporter, &metrics);
    answer = ask(scene, REQUEST("GET", "/healthz"));
    begins(answer, "503");
    assert_non_null(strstr(answer, "\r\n\r\nstore failing"));
}

static void a_wall_clock_that_is_set_stalls_nothing(void **state)
{
    struct scene *scene = *state;
    struct metrics metrics = {0};

    exporter_publish(scene->exporter, &metrics);
    wall_clock_ahead_s = 3600;
    begins(ask(scene, REQUEST("GET", "/healthz")), "200");
    wall_clock_ahead_s = 0;
}

static void nothing_else_is_there(void **state)
{
    struct scene *scene = *state;
    const char *answer;

    begins(ask(scene, REQUEST("GET", "/")), "404");
    begins(ask(scene, REQUEST("GET", "/metrics/../../etc/passwd")), "404");
    answer = ask(scene, REQUEST("DELETE", "/metrics"));
    begins(answer, "405");
    assert_non_null(strstr(answer, "Allow: GET, HEAD"));
    begins(ask(scene, "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      "Content-Length: 3\r\n\r\nabc"),
           "405");
    answer = ask(scene, REQUEST("HEAD", "/metrics"));
    begins(answer, "200");
    assert_null(strstr(answer, "dnsblame_questions_total"));
}

static void a_request_that_is_too_large_is_refused(void **state)
{
    struct scene *scene = *state;
    static char request[32768];

    snprintf(request, sizeof(request), "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", 20000, 0);
    begins(ask(scene, request), "414");
}

/* They connect and say nothing, more of them than there are places: when their time is over the
 * next one is served. */
static void clients_that_hang_on_are_let_go(void **state)
{
    struct scene *scene = *state;
    int clients[HOSTILE_CLIENTS];
    const char *answer = "";

    for (int i = 0; i < HOSTILE_CLIENTS; i++)
        clients[i] = connect_to(scene);
    for (int tries = 0; tries < 30 && *answer == '\0'; tries++) {
        answer = ask(scene, REQUEST("GET", "/healthz"));
        if (*answer == '\0')
            usleep(500000);
    }
    begins(answer, "200");
    for (int i = 0; i < HOSTILE_CLIENTS; i++)
        close(clients[i]);
}

static void addresses_are_checked(void **state)
{
    static const struct {
        const char *where;
        bool good;
    } cases[] = {
        {"9153", true},
        {"127.0.0.1:9153", true},
        {"[::1]:9153", true},
        {"[::]:1", true},
        {"0.0.0.0:65535", true},
        {"", false},
        {"0", false},
        {"65536", false},
        {"localhost:9153", false},
        {"::1:9153", false},
        {":9153", false},
        {"127.0.0.1:", false},
        {"127.0.0.1", false},
        {"[]:9153", false},
        {"[::1]", false},
        {"1.2.3.4:9153x", false},
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int result = exporter_check(cases[i].where, &error);

        if ((result == 0) != cases[i].good)
            fail_msg("'%s' is %s", cases[i].where, result == 0 ? "taken" : error.text);
    }
}

static void an_address_that_is_taken_is_an_error(void **state)
{
    struct scene *scene = *state;
    struct error error = {""};
    char where[16];

    snprintf(where, sizeof(where), "%u", ntohs(scene->address.sin_port));
    assert_null(exporter_open(where, &error));
    assert_non_null(strstr(error.text, "in use"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_published_values_are_served, begin, end),
        cmocka_unit_test_setup_teardown(health_is_200_or_503_and_the_reason, begin, end),
        cmocka_unit_test_setup_teardown(a_wall_clock_that_is_set_stalls_nothing, begin, end),
        cmocka_unit_test_setup_teardown(nothing_else_is_there, begin, end),
        cmocka_unit_test_setup_teardown(a_request_that_is_too_large_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(clients_that_hang_on_are_let_go, begin, end),
        cmocka_unit_test_setup_teardown(an_address_that_is_taken_is_an_error, begin, end),
        cmocka_unit_test(addresses_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
