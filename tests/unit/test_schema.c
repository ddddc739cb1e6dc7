#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/migrations.h"
#include "store_fixture.h"

static void make_version_1(struct fixture *fixture)
{
    change_database(fixture, migrations[0]);
    change_database(fixture, "PRAGMA application_id = 1145983810; PRAGMA user_version = 1;");
}

/* Spaces and quotation marks aside, in which ALTER TABLE differs. The planner prefers the later of
 * two indexes that serve as well, so that their order in a table counts, too. */
static void describe(struct fixture *fixture, char *text, size_t size)
{
    database_text(fixture,
                  "SELECT group_concat(type || ' ' || name || ' ' || "
                  "ifnull(replace(replace(sql, ' ', ''), '\"', ''), ''), char(10)) "
                  "FROM (SELECT * FROM sqlite_schema ORDER BY tbl_name, rowid)",
                  text, size);
}

static void a_new_database_is_as_one_that_took_all_steps(void **state)
{
    static char migrated[32768], made_anew[32768];
    struct fixture *fixture = *state;

    make_version_1(fixture);
    store_close(open_store(fixture));
    describe(fixture, migrated, sizeof(migrated));
    assert_non_null(strstr(migrated, "minutes_by_revision"));
    assert_int_equal(unlink(fixture->path), 0);

    store_close(open_store(fixture));
    describe(fixture, made_anew, sizeof(made_anew));
    assert_string_equal(made_anew, migrated);
    database_says(fixture, "PRAGMA user_version", "4");
    database_says(fixture, "PRAGMA application_id", "1145983810");
    database_says(fixture, "PRAGMA auto_vacuum", "2");
    database_says(fixture, "SELECT count(*) FROM ledger WHERE identity <> 0", "1");
}

static void a_database_of_version_1_is_brought_up_to_date(void **state)
{
    struct fixture *fixture = *state;

    make_version_1(fixture);
    change_database(
        fixture,
        "INSERT INTO runs VALUES (1, '0.1.0', 'tap1', 1);"
        "INSERT INTO sources VALUES (1, 77, 1, 'a.pcap', 5, 5, 2, 1, 2);"
        "INSERT INTO outages VALUES (9, 'cached.failure', 'example.', '192.0.2.1', 60000000001, "
        "    60050000001, 2, x'', 0);"
        "INSERT INTO incidents VALUES (1, 11, 1, 1, 10, 1, 6, 9, NULL, 60000000001, 50000000, "
        "    '198.51.100.1', 1, 0, '192.0.2.1', 'udp', 1, 1, 0, 0, 'www.example.', 1, 1, "
        "    'lame.refused', 'certain', 'example.', 'why', 'what', 2);"
        "INSERT INTO incidents VALUES (2, 12, 1, 1, 20, NULL, NULL, 9, 11, 60050000001, NULL, "
        "    '198.51.100.2', 1, 0, '192.0.2.1', 'udp', 1, 1, 0, 0, 'www.example.', 1, 1, "
        "    'cached.failure', 'certain', 'example.', 'why', 'what', 0);"
        "INSERT INTO incident_servers VALUES (1, 1, 0, '2001:db8::1', NULL, 'timeout');"
        "INSERT INTO incident_servers VALUES (1, 0, 1, '192.0.2.54', NULL, 'timeout');"
        "INSERT INTO incident_servers VALUES (1, 0, 0, '192.0.2.53', 'ns.example.', 'refused');"
        "INSERT INTO incident_contributing VALUES (1, 1, 'unreachable.no-response', NULL);"
        "INSERT INTO minutes VALUES (960000000000, '192.0.2.53', 0, 1, 1, 3, 3, 0, "
        "    3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
        "    0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
        "INSERT INTO minutes VALUES (1020000000000, '192.0.2.53', 0, 1, 1, 5, 5, 0, "
        "    5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
        "    0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
        "INSERT INTO evidence VALUES (1, 1, 60000000000, NULL, '192.0.2.54', NULL, 'example.', "
        "    'udp', 'www.example.', 1, 'timeout', 'question', 1, 7, NULL, NULL);"
        "INSERT INTO evidence VALUES (1, 0, 59990000000, 59995000000, '192.0.2.53', 'ns.example.', "
        "    'example.', 'udp', 'www.example.', 1, 'refused', 'question', 1, 5, 1, 6);");
    store_close(open_store(fixture));
    database_says(fixture, "PRAGMA user_version", "4");
    database_says(fixture, "PRAGMA foreign_key_check", "");
    database_says(fixture,
                  "SELECT group_concat(seq || ' ' || time_ns || ' ' || ifnull(response_time_ns, "
                  "'-') || ' ' || server || ' ' || ifnull(server_name, '-') || ' ' || outcome || "
                  "' ' || frame || ' ' || ifnull(response_frame, '-'), ', ') FROM evidence "
                  "WHERE incident = 1",
                  "0 59990000000 59995000000 192.0.2.53 ns.example. refused 5 6, "
                  "1 60000000000 - 192.0.2.54 - timeout 7 -");
    database_says(fixture, "SELECT count(*) FROM evidence WHERE incident = 2", "0");
    database_says(fixture,
                  "SELECT group_concat(part || ' ' || address || ' ' || ifnull(name, '-') || ' ' "
                  "|| outcome, ', ') FROM incident_servers WHERE incident = 1",
                  "0 192.0.2.53 ns.example. refused, 0 192.0.2.54 - timeout, "
                  "1 2001:db8::1 - timeout");
    database_says(fixture,
                  "SELECT group_concat(incident || ' ' || part || ' ' || cause || ' ' || "
                  "ifnull(zone, '-')) FROM incident_contributing",
                  "1 1 unreachable.no-response -");
    database_says(fixture,
                  "SELECT group_concat(minute_ns || ' ' || queries || ' ' || rcode_0 || ' ' || "
                  "latency_3) FROM minutes",
                  "900000000000 8 8 8");
    database_says(fixture, "SELECT cause FROM outages", "lame.refused");
    database_says(fixture,
                  "SELECT incidents || ' ' || cached || ' ' || kept || ' ' || first_time_ns || ' ' "
                  "|| last_time_ns || ' ' || sketch_count(clients) FROM outage_counts",
                  "2 1 2 60000000001 60050000001 2");
    database_says(fixture,
                  "SELECT group_concat(cause || cached || incidents || elapsed_9) FROM servfails",
                  "lame.refused011,lame.refused110");
}

static void a_database_of_a_version_that_never_was_is_refused(void **state)
{
    struct fixture *fixture = *state;

    store_close(open_store(fixture));
    change_database(fixture, "PRAGMA user_version = -5");
    refuses_to_open(fixture, "schema version -5");
    database_says(fixture, "PRAGMA user_version", "-5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_new_database_is_as_one_that_took_all_steps),
        WITH_FOLDER(a_database_of_version_1_is_brought_up_to_date),
        WITH_FOLDER(a_database_of_a_version_that_never_was_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
