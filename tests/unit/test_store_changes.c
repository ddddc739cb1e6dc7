/* What tells a follower of the database what has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* After those. */
#include <cmocka.h>

#include "store_fixture.h"

static int64_t database_number(struct fixture *fixture, const char *sql)
{
    char text[64];

    database_text(fixture, sql, text, sizeof(text));
    return strtoll(text, NULL, 10);
}

#define LATEST "SELECT revision FROM ledger"

static void what_is_written_has_the_latest_revision(void **state)
{
    static const char *const tables[] = {"incidents", "outages",          "outage_counts",
                                         "servfails", "servfail_clients", "minutes"};
    struct fixture *fixture = *state;
    int64_t before;
    char sql[128];

    read_capture(fixture, 0xf00d, 3, 100);
    before = database_number(fixture, LATEST);
    assert_true(before > 0);
    read_capture(fixture, 0xbeef, 3, 100);
    assert_true(database_number(fixture, LATEST) > before);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE revision > %lld", tables[i],
                 (long long)before);
        if (database_number(fixture, sql) == 0)
            fail_msg("nothing has changed in %s", tables[i]);
    }
    assert_int_equal(database_number(fixture, "SELECT count(*) FROM sources WHERE revision > 0"),
                     2);
}

static void what_is_not_touched_keeps_its_revision(void **state)
{
    struct fixture *fixture = *state;
    int64_t before;

    read_capture(fixture, 0xf00d, 3, 100);
    before = database_number(fixture, LATEST);
    read_capture(fixture, 0xbeef, 0, 100);
    assert_true(database_number(fixture, "SELECT max(revision) FROM incidents") <= before);
    assert_true(database_number(fixture, "SELECT max(revision) FROM outages") <= before);
}

/* A clock that was set back, or a database that was restored. */
static void revisions_never_go_back(void **state)
{
    struct fixture *fixture = *state;

    read_capture(fixture, 0xf00d, 1, 100);
    change_database(fixture, "UPDATE ledger SET revision = 9000000000000000");
    read_capture(fixture, 0xbeef, 1, 100);
    assert_true(database_number(fixture, LATEST) > 9000000000000000);
    assert_true(database_number(fixture, "SELECT max(revision) FROM minutes") > 9000000000000000);
}

static void what_a_source_takes_back_is_told(void **state)
{
    struct fixture *fixture = *state;
    int64_t before;
    char sql[128];

    read_capture(fixture, 0xf00d, 3, 100);
    database_says(fixture, "SELECT count(*) FROM removals", "0");
    before = database_number(fixture, LATEST);
    read_capture(fixture, 0xf00d, 1, 100);
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM removals WHERE kind = 'incidents' AND "
             "revision > %lld",
             (long long)before);
    database_says(fixture, sql, "2");
    read_capture(fixture, 0xf00d, 0, 100);
    database_says(fixture, "SELECT count(*) FROM removals WHERE kind = 'outages'", "1");
    database_says(fixture,
                  "SELECT count(*) FROM removals WHERE kind = 'outage_counts' "
                  "AND key ->> 2 = 0xf00d",
                  "1");
    database_says(fixture, "SELECT count(*) FROM removals WHERE kind = 'minutes'", "0");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_has_the_latest_revision),
        CASE(what_is_not_touched_keeps_its_revision),
        CASE(revisions_never_go_back),
        CASE(what_a_source_takes_back_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
