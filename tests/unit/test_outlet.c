#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/outlet.h"

#define PATIENCE_NS INT64_C(5000000000)

struct outlet_under_test {
    int pipe[2];
    struct outlet *outlet;
};

static int set_up(void **state)
{
    struct outlet_under_test *test = calloc(1, sizeof(*test));

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(test->pipe), 0);
    test->outlet = outlet_new(test->pipe[1], 1000);
    assert_non_null(test->outlet);
    assert_int_equal(outlet_start(test->outlet, NULL), 0);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct outlet_under_test *test = *state;

    outlet_close(test->outlet, PATIENCE_NS);
    close(test->pipe[0]);
    close(test->pipe[1]);
    free(test);
    return 0;
}

static void read_exactly(int descriptor, char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = read(descriptor, bytes, size);

        assert_true(count > 0);
        bytes += count;
        size -= (size_t)count;
    }
}

static void lines_come_out_whole_and_in_order(void **state)
{
    struct outlet_under_test *test = *state;
    char line[] = "line 00\n", read_back[sizeof(line)] = "";

    /* More than the room, so that they go round. */
    for (int i = 0; i < 500; i++) {
        line[5] = (char)('0' + i / 10 % 10);
        line[6] = (char)('0' + i % 10);
        outlet_write(test->outlet, line, sizeof(line) - 1);
        read_exactly(test->pipe[0], read_back, sizeof(line) - 1);
        assert_string_equal(read_back, line);
    }
}

static void a_reader_that_does_not_read_holds_nobody_up(void **state)
{
    struct outlet_under_test *test = *state;
    struct outlet_counters counters;
    char block[500] = {0};
    unsigned total = 0;

    /* The pipe holds 64 KiB, the outlet 1000 octets. */
    while (total < 1000) {
        outlet_write(test->outlet, block, sizeof(block));
        total++;
    }
    assert_int_equal(outlet_counters(test->outlet, &counters, NULL), 0);
    assert_int_equal(counters.written + counters.lost, total);
    assert_true(counters.lost >= total - 140);
    /* The writer ends once somebody reads. */
    for (uint64_t i = 0; i < counters.written; i++)
        read_exactly(test->pipe[0], block, sizeof(block));
}

static void what_a_stuck_reader_never_takes_is_given_up_at_the_end(void **state)
{
    struct outlet_under_test *test = *state;
    static char block[900];
    struct timespec begun, ended;

    for (int i = 0; i < 1000; i++)
        outlet_write(test->outlet, block, sizeof(block));
    clock_gettime(CLOCK_MONOTONIC, &begun);
    outlet_close(test->outlet, 100000000);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    test->outlet = NULL;
    assert_true(ended.tv_sec - begun.tv_sec < 5);
}

static int64_t processor_ns(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static void a_full_pipe_that_does_not_wait_costs_no_processor(void **state)
{
    struct outlet_under_test *test = *state;
    struct outlet_counters counters;
    char block[500] = {0};
    int64_t begun_ns;

    fcntl(test->pipe[1], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 1000; i++)
        outlet_write(test->outlet, block, sizeof(block));
    begun_ns = processor_ns();
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    assert_true(processor_ns() - begun_ns < 30000000);
    assert_int_equal(outlet_counters(test->outlet, &counters, NULL), 0);
    for (uint64_t i = 0; i < counters.written; i++)
        read_exactly(test->pipe[0], block, sizeof(block));
}

static void a_reader_that_went_away_is_told_of(void **state)
{
    struct outlet_under_test *test = *state;
    struct outlet_counters counters;
    struct error error = {""};

    close(test->pipe[0]);
    test->pipe[0] = dup(test->pipe[1]);
    for (int i = 0; i < 500 && outlet_counters(test->outlet, &counters, &error) == 0; i++) {
        outlet_write(test->outlet, "x\n", 2);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_string_equal(error.text, "standard output: Broken pipe");
    outlet_write(test->outlet, "y\n", 2);
    outlet_counters(test->outlet, &counters, NULL);
    assert_true(counters.lost >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_out_whole_and_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_does_not_read_holds_nobody_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_pipe_that_does_not_wait_costs_no_processor, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_went_away_is_told_of, set_up, tear_down),
        /* The last: its writer hangs until the program ends. */
        cmocka_unit_test_setup_teardown(what_a_stuck_reader_never_takes_is_given_up_at_the_end,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
