#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* After those. */
#include <cmocka.h>
#include <string.h>

#include "report/clickhouse.h"

static struct clickhouse *client_of(const char *url, struct error *error)
{
    return clickhouse_new(&(struct clickhouse_options){.url = url, .password = "secret"}, error);
}

static void names_the_server_without_a_secret(void **state)
{
    static const struct {
        const char *url, *name, *database;
    } rows[] = {
        {"http://127.0.0.1:8123", "http://127.0.0.1:8123/dnsblame", "dnsblame"},
        {"http://127.0.0.1:8123/", "http://127.0.0.1:8123/dnsblame", "dnsblame"},
        {"http://fleet.example/dns_1", "http://fleet.example:8123/dns_1", "dns_1"},
        {"https://fleet.example/dns", "https://fleet.example:8443/dns", "dns"},
        {"https://[2001:db8::1]:443/dns", "https://[2001:db8::1]:443/dns", "dns"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        struct clickhouse *clickhouse = client_of(rows[i].url, &error);

        assert_non_null(clickhouse);
        assert_string_equal(clickhouse_name(clickhouse), rows[i].name);
        assert_string_equal(clickhouse_database(clickhouse), rows[i].database);
        clickhouse_free(clickhouse);
    }
}

static void refuses_what_is_no_server(void **state)
{
    static const struct {
        const char *url, *why;
    } rows[] = {
        {"fleet", "no URL"},
        {"ftp://fleet.example/", "neither http:// nor https://"},
        {"http://", "no URL"},
        {"http://user:secret@fleet.example/", "does not belong into the URL"},
        {"http://fleet.example/a/b", "no name of a database"},
        {"http://fleet.example/a%60b", "no name of a database"},
        {"http://fleet.example/a?password=secret", "nothing belongs behind the database"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error = {0};

        assert_int_equal(clickhouse_check(rows[i].url, NULL), -1);
        assert_null(client_of(rows[i].url, &error));
        if (strstr(error.text, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].url, error.text);
        if (strstr(error.text, "secret") != NULL)
            fail_msg("the password is told: %s", error.text);
    }
}

static void warns_where_a_password_leaves_the_machine_in_the_clear(void **state)
{
    static const struct {
        const char *url;
        int exposes;
    } rows[] = {
        {"http://127.0.0.1:8123/", 0}, {"http://localhost:8123/", 0},
        {"http://[::1]:8123/", 0},     {"https://fleet.example/", 0},
        {"http://fleet.example/", 1},  {"http://10.0.0.1/", 1},
        {"http://127.8.8.8/", 0},      {"http://127.0.0.1.fleet.example/", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error error;
        struct clickhouse *clickhouse = client_of(rows[i].url, &error);

        assert_non_null(clickhouse);
        if (clickhouse_exposes_password(clickhouse) != rows[i].exposes)
            fail_msg("%s", rows[i].url);
        clickhouse_free(clickhouse);
    }
}

static void refuses_a_password_that_would_end_its_header(void **state)
{
    struct error error;

    (void)state;
    assert_null(clickhouse_new(
        &(struct clickhouse_options){.url = "http://127.0.0.1:8123", .password = "a\r\nX-Other: b"},
        &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_server_without_a_secret),
        cmocka_unit_test(refuses_what_is_no_server),
        cmocka_unit_test(warns_where_a_password_leaves_the_machine_in_the_clear),
        cmocka_unit_test(refuses_a_password_that_would_end_its_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
