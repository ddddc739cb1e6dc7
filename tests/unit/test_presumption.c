#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/presumption.h"
#include "decode/name.h"

static const struct address one = {{[15] = 1}}, two = {{[15] = 2}};
static struct presumptions *presumptions;

static int begin(void **state)
{
    (void)state;
    presumptions = presumptions_new(1 << 16);
    return presumptions ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    presumptions_free(presumptions);
    return 0;
}

static void note(const struct address *server, const char *text)
{
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    presumptions_note(presumptions, server, &name, false);
}

static void note_step(const struct address *server, const char *text)
{
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    presumptions_note(presumptions, server, &name, true);
}

/* Do both servers, of which the second may be unknown, serve the domain of this name? */
static bool hold(const char *text)
{
    struct blamed_server servers[2] = {{.address = one}, {.address = two}};
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    return presumptions_hold(presumptions, servers, 2, &name);
}

static void who_is_asked_for_several_parts_of_a_domain_serves_it(void **state)
{
    (void)state;
    note(&one, "www.example.com.");
    note(&one, "www.example.com.");
    assert_false(hold("www.example.com."));
    note(&one, "a.mail.example.com.");
    assert_true(hold("www.example.com."));
    assert_true(hold("example.com."));
    assert_false(hold("www.example.net."));
}

/* A resolver that minimises asks the servers above for it, with one label more than they serve. */
static void who_is_asked_for_the_domain_itself_may_be_above_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        note(&one, "example.com.");
    assert_false(hold("www.example.com."));
}

/* On the way to www.example.com., which he then asks for as it is. */
static void who_is_asked_for_the_domain_on_the_way_down_serves_one_above(void **state)
{
    (void)state;
    note_step(&one, "lab.example.com.");
    note(&one, "www.example.com.");
    assert_true(hold("www.example.com."));
    note_step(&one, "example.com.");
    assert_false(hold("www.example.com."));
}

static void who_is_asked_for_one_part_may_serve_that_alone(void **state)
{
    (void)state;
    note(&one, "a.lab.example.co.uk.");
    note(&one, "b.lab.example.co.uk.");
    assert_false(hold("a.lab.example.co.uk."));
    note(&one, "www.example.co.uk.");
    assert_true(hold("a.lab.example.co.uk."));
}

static void who_is_asked_for_several_parties_names_may_serve_a_domain_above(void **state)
{
    (void)state;
    note(&one, "www.example.com.");
    note(&one, "mail.example.com.");
    note(&two, "www.example.com.");
    assert_true(hold("www.example.com."));
    note(&two, "www.other.com.");
    assert_false(hold("www.example.com."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_asked_for_several_parts_of_a_domain_serves_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_is_asked_for_the_domain_itself_may_be_above_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            who_is_asked_for_the_domain_on_the_way_down_serves_one_above, begin, end),
        cmocka_unit_test_setup_teardown(who_is_asked_for_one_part_may_serve_that_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            who_is_asked_for_several_parties_names_may_serve_a_domain_above, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
