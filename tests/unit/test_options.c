#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/options.h"

#define ARGUMENTS_MAX 24

/* Parses `line`, cut at spaces, as the arguments of a command. */
static int parse(struct options *options, unsigned command, const char *line, struct error *error)
{
    char name[] = "command", *copy = strdup(line), *rest = copy, *word;
    char *arguments[ARGUMENTS_MAX + 1] = {name};
    int count = 1, result;

    while ((word = strsep(&rest, " ")) != NULL) {
        assert_true(count < ARGUMENTS_MAX);
        if (*word != '\0')
            arguments[count++] = word;
    }
    result = options_parse(options, command, count, arguments, error);
    free(copy);
    return result;
}

static void parses(struct options *options, unsigned command, const char *line)
{
    struct error error = {""};

    assert_int_equal(parse(options, command, line, &error), 0);
}

static void refuses(unsigned command, const char *line, const char *because)
{
    struct options options;
    struct error error = {""};

    assert_int_equal(parse(&options, command, line, &error), -1);
    assert_non_null(strstr(error.text, because));
    options_clear(&options);
}

static void what_is_not_said_has_its_default(void **state)
{
    struct options options;

    (void)state;
    parses(&options, FOR_READ, "-");
    assert_int_equal(options.memory_bytes, UINT64_C(256) << 20);
    assert_int_equal(options.grace_ns, -1);
    assert_int_equal(options.files.count, 1);
    assert_null(options.filter);
    assert_null(options.sensor);
    assert_false(options.numeric || options.quiet || options.verbose);
    options_clear(&options);
}

static void options_and_operands_may_come_in_any_order(void **state)
{
    struct options options;

    (void)state;
    parses(&options, FOR_READ,
           "--resolver 192.0.2.1 - -n --resolver=2001:db8::1 --memory 64 --grace 3 host 192.0.2.1");
    assert_int_equal(options.resolvers.count, 2);
    assert_false(address_is_ipv4(&options.resolvers.items[1]));
    assert_int_equal(options.memory_bytes, UINT64_C(64) << 20);
    assert_int_equal(options.grace_ns, INT64_C(3000000000));
    assert_true(options.numeric);
    assert_int_equal(options.files.count, 1);
    assert_string_equal(options.filter, "host 192.0.2.1");
    options_clear(&options);
}

static void names_and_addresses_become_canonical(void **state)
{
    struct options options;

    (void)state;
    parses(&options, FOR_LIST, "--zone EXAMPLE.com --client 2001:DB8:0::1 --server NS1.Example");
    assert_string_equal(options.zone, "example.com.");
    assert_string_equal(options.client, "2001:db8::1");
    assert_string_equal(options.server, "ns1.example.");
    options_clear(&options);
    parses(&options, FOR_LIST, "--server 192.0.2.1");
    assert_string_equal(options.server, "192.0.2.1");
    options_clear(&options);
}

static void a_span_has_a_unit(void **state)
{
    static const struct {
        const char *line;
        int64_t seconds;
    } cases[] = {
        {"--since 90s", 90}, {"--since 30m", 1800}, {"--since 1h", 3600}, {"--since 2d", 172800}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options options;

        parses(&options, FOR_LIST, cases[i].line);
        assert_int_equal(options.since_ns, cases[i].seconds * 1000000000);
        options_clear(&options);
    }
}

static void a_value_that_comes_twice_is_the_last(void **state)
{
    struct options options;

    (void)state;
    parses(&options, FOR_READ, "--sensor one --sensor two -");
    assert_string_equal(options.sensor, "two");
    options_clear(&options);
}

static void files_that_are_missing_are_not_taken_for_a_filter(void **state)
{
    static const struct {
        const char *line;
        size_t files;
        const char *filter;
    } cases[] = {
        {"nosuch", 1, NULL},
        {"- nosuch.pcap", 2, NULL},
        {"- nosuch.PCAP.gz", 2, NULL},
        {"- ./nosuch", 2, NULL},
        {"- /nosuch", 2, NULL},
        {"- nosuch", 1, "nosuch"},
        {"- port 53 - nosuch.pcap", 1, "port 53 - nosuch.pcap"},
        {"- net 192.0.2.0/24", 1, "net 192.0.2.0/24"},
        {"-r - udp", 1, "udp"},
        {"- -- - and -x", 1, "- and -x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options options;

        parses(&options, FOR_READ, cases[i].line);
        assert_int_equal(options.files.count, cases[i].files);
        if (cases[i].filter == NULL)
            assert_null(options.filter);
        else
            assert_string_equal(options.filter, cases[i].filter);
        options_clear(&options);
    }
}

static void misuse_is_told(void **state)
{
    (void)state;
    refuses(FOR_READ, "--nonsense", "there is no option '--nonsense'");
    refuses(FOR_READ, "-nZ", "there is no option '-Z'");
    refuses(FOR_READ, "--limit 3", "there is no option '--limit'");
    refuses(FOR_LIST, "--limit", "'--limit' needs an argument");
    refuses(FOR_READ, "-r", "'-r' needs an argument");
    refuses(FOR_READ, "--quiet=yes", "'--quiet' takes no argument");
    refuses(FOR_LIST, "--limit 0", "--limit: '0'");
    refuses(FOR_LIST, "--limit -1", "--limit: '-1'");
    refuses(FOR_LIST, "--limit 18446744073709551616", "--limit");
    refuses(FOR_LIST, "--limit 3x", "--limit: '3x'");
    refuses(FOR_LIST, "--zone a..b", "no domain name");
    refuses(FOR_LIST, "--client example.com", "neither an IP address");
    refuses(FOR_LIST, "--cause lame.", "no cause");
    refuses(FOR_READ, "--config /nosuch/file", "/nosuch/file");
}

static void ports_have_a_limit(void **state)
{
    struct options options = {0};
    struct error error;

    (void)state;
    for (int i = 0; i < PORTS_MAX; i++)
        assert_int_equal(options_set(&options, FOR_READ, "port", "5353", &error), 0);
    assert_int_equal(options_set(&options, FOR_READ, "port", "5353", &error), -1);
    options_clear(&options);
}

static void write_file(char *path, const char *text)
{
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
}

static void a_configuration_file_knows_the_long_options(void **state)
{
    char path[] = P_tmpdir "/dnsblame-conf-XXXXXX", line[128];
    struct options options;

    (void)state;
    write_file(path,
               "# all sensors\n\n  sensor =  tap 1  # here\nresolver=192.0.2.1\nnumeric = yes\n"
               "db = /var/lib/#1.db\nlimit = 9\nday = today");
    snprintf(line, sizeof(line), "- --config %s --resolver 192.0.2.2", path);
    parses(&options, FOR_READ, line);
    assert_string_equal(options.sensor, "tap 1");
    assert_string_equal(options.database, "/var/lib/#1.db");
    assert_int_equal(options.resolvers.count, 2);
    assert_true(options.numeric);
    assert_int_equal(options.limit, 0); /* is for list */
    options_clear(&options);
    snprintf(line, sizeof(line), "--config %s --limit 3", path);
    parses(&options, FOR_LIST, line);
    assert_int_equal(options.limit, 3); /* the command line prevails */
    assert_string_equal(options.day, "today");
    options_clear(&options);
    unlink(path);
}

static void a_bad_line_of_the_file_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *complaint;
    } cases[] = {
        {"sensor = a\nbogus = 1\n", "line 2: there is no option 'bogus'"},
        {"sensor\n", "line 1: not of the form"},
        {"\n\nport = 70000\n", "line 3: port: '70000'"},
        {"quiet = maybe\n", "line 1: quiet: 'maybe'"},
        {"read = a.pcap\n", "line 1: 'read' belongs on the command line"},
        {"= 3\n", "line 1: there is no option ''"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = P_tmpdir "/dnsblame-conf-XXXXXX";
        struct options options = {0};
        struct error error = {""};

        write_file(path, cases[i].text);
        assert_int_equal(options_read_file(&options, FOR_READ, path, &error), -1);
        assert_non_null(strstr(error.text, path));
        assert_non_null(strstr(error.text, cases[i].complaint));
        options_clear(&options);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(options_and_operands_may_come_in_any_order),
        cmocka_unit_test(names_and_addresses_become_canonical),
        cmocka_unit_test(a_span_has_a_unit),
        cmocka_unit_test(a_value_that_comes_twice_is_the_last),
        cmocka_unit_test(files_that_are_missing_are_not_taken_for_a_filter),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(ports_have_a_limit),
        cmocka_unit_test(a_configuration_file_knows_the_long_options),
        cmocka_unit_test(a_bad_line_of_the_file_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
