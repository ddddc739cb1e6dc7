#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "correlate/advice.h"
#include "correlate/shell.h"
#include "decode/name.h"

/* Whatever is run says with which words; what a name has smuggled in runs `ran`. */
#define STAND_IN                                                                                   \
    "PATH=/nonexistent; ran() { echo RAN >&3; }; "                                                 \
    "command_not_found_handle() { printf '<%s>\\n' \"$@\"; }; "                                    \
    "for tool in dig delv rndc rec_control unbound-control; do "                                   \
    "eval \"$tool() { command_not_found_handle $tool \\\"\\$@\\\"; }\"; done; "                    \
    "while IFS= read -r line; do eval \"$line\" 2>&1 </dev/null; done "

struct shell {
    char path[32];
    FILE *input;
};

static void shell_begin(struct shell *shell)
{
    char command[1024];
    int file;

    snprintf(shell->path, sizeof(shell->path), "/tmp/test_advice.XXXXXX");
    file = mkstemp(shell->path);
    assert_true(file >= 0);
    close(file);
    setenv("STAND_IN", STAND_IN, 1);
    snprintf(command, sizeof(command), "exec bash -c \"$STAND_IN\" >>%s 3>>%s", shell->path,
             shell->path);
    shell->input = popen(command, "w");
    assert_non_null(shell->input);
}

/* What was said: to be freed. */
static char *shell_end(struct shell *shell)
{
    char *said = NULL;
    size_t size = 0;
    FILE *file;

    assert_int_equal(pclose(shell->input), 0);
    file = fopen(shell->path, "r");
    assert_non_null(file);
    assert_true(getdelim(&said, &size, '\0', file) > 0);
    fclose(file);
    unlink(shell->path);
    return said;
}

static void set_name(struct name *name, const char *text)
{
    assert_int_equal(name_from_text(name, text), 0);
}

static void fill(struct incident *incident, const char *zone)
{
    char qname[600];

    memset(incident, 0, sizeof(*incident));
    snprintf(qname, sizeof(qname), "www.%s", zone);
    set_name(&incident->zone, zone);
    set_name(&incident->qname, qname);
    incident->qtype = 1;
    assert_int_equal(address_from_text(&incident->servers[0].address, "192.0.2.53"), 0);
    assert_int_equal(address_from_text(&incident->resolver, "192.0.2.1"), 0);
    incident->server_count = 1;
}

/* Where a command may begin that ends at `end`: whoever copies it from the middle of a sentence
 * begins behind a colon, a comma or a bracket. */
static const char *begin_of_command(const char *line, const char *end)
{
    for (const char *at = end; at > line; at--)
        if (at[-1] == '(' || (at[-1] == ' ' && at - line > 1 && strchr(":,;", at[-2])))
            return at;
    return line;
}

/* The names stand as whole words, so that a shell takes them for what they are wherever a command
 * is copied from: to the end of the line, or of the word. */
static void paste_line(struct shell *shell, const char *line, const char *quoted)
{
    const char *at = line;

    while ((at = strstr(at, quoted)) != NULL) {
        const char *end = at + strlen(quoted), *begin = begin_of_command(line, at);

        assert_true(at == line || strchr(" .(", at[-1]));
        assert_true(*end == '\0' || strchr(" ;,.:)'", *end));
        end += strcspn(end, " ;,:)");
        fprintf(shell->input, "%.*s\n", (int)(end - begin), begin);
        at = end;
    }
    if (line[0] >= 'a' && line[0] <= 'z')
        fprintf(shell->input, "%s\n", line);
}

static void paste_advice(struct shell *shell, const char *zone)
{
    struct incident *incident = calloc(1, sizeof(*incident));
    char text[NAME_TEXT_SIZE], quoted[NAME_TEXT_SIZE];

    assert_non_null(incident);
    fill(incident, zone);
    name_to_text(incident->zone.bytes, incident->zone.size_bytes, text);
    assert_true(shell_name(text, quoted, sizeof(quoted)));
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        incident->cause = (enum cause)cause;
        for (int software = 0; software < SOFTWARE_ANY; software++) {
            const struct advice_facts facts = {.software = (enum software)software};

            advise(incident, &facts);
            for (unsigned i = 0; i < incident->advice_count; i++)
                paste_line(shell, incident->advice[i], quoted);
        }
    }
    free(incident);
}

static void a_name_in_advice_is_a_word_to_the_shell(void **state)
{
    struct shell shell;
    char *said;

    (void)state;
    shell_begin(&shell);
    paste_advice(&shell, "$(ran)`ran`.com.");
    paste_advice(&shell, "';ran;'.com.");
    said = shell_end(&shell);
    assert_null(strstr(said, "RAN"));
    assert_non_null(strstr(said, "<dig>\n<'\\;ran\\;'.com.>\n<SOA>\n<@192.0.2.53>\n"));
    assert_non_null(strstr(said, "<wipe-cache>\n<'\\;ran\\;'.com.$>\n"));
    free(said);
}

static void no_name_is_more_than_a_word(void **state)
{
    static const char *const names[] = {
        "a`ran`.com.",  "$(ran).com.",    "';ran;'.com.",       "a';ran;'b.com.", "\";ran;\".com.",
        "a|ran.com.",   "x\\010ran.com.", "\\032ran\\032.com.", "*.ran.com.",     "\\\\.ran.com.",
        "a&ran&b.com.", "#ran.com.",      "ran'.com.",          "~.ran.com.",     "{ran,b}.com.",
    };
    char word[NAME_TEXT_SIZE], expected[64];
    struct shell shell;
    char *said;

    (void)state;
    shell_begin(&shell);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(shell_name(names[i], word, sizeof(word)));
        fprintf(shell.input, "dig %s SOA\n", word);
    }
    said = shell_end(&shell);
    assert_null(strstr(said, "RAN"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(expected, sizeof(expected), "<dig>\n<%s>\n<SOA>\n", names[i]);
        assert_non_null(strstr(said, expected));
    }
    free(said);
}

static void no_name_is_an_option(void **state)
{
    char word[64];

    (void)state;
    assert_true(shell_name("-f.example.", word, sizeof(word)));
    assert_string_equal(word, "'\\045f.example.'");
    assert_true(shell_name("+trace.example.", word, sizeof(word)));
    assert_string_equal(word, "'\\043trace.example.'");
    assert_true(shell_name("%a.example.", word, sizeof(word)));
    assert_string_equal(word, "'\\037a.example.'");
    assert_true(shell_name("a-b.example.", word, sizeof(word)));
    assert_string_equal(word, "a-b.example.");
}

static void a_word_that_does_not_fit_is_no_word(void **state)
{
    char word[8];

    (void)state;
    assert_false(shell_word("a''b", word, sizeof(word)));
    assert_string_equal(word, "");
    assert_true(shell_word("a b", word, 6));
    assert_string_equal(word, "'a b'");
    assert_false(shell_word("a b", word, 5));
    assert_true(shell_word("abcdefg", word, 8));
    assert_false(shell_word("abcdefg", word, 7));
    assert_true(shell_word("", word, sizeof(word)));
    assert_string_equal(word, "''");
}

static const char *find_line(const struct incident *incident, const char *what)
{
    for (unsigned i = 0; i < incident->advice_count; i++)
        if (strstr(incident->advice[i], what))
            return incident->advice[i];
    return NULL;
}

static void nobody_is_left_without_advice(void **state)
{
    struct incident *incident = calloc(1, sizeof(*incident));

    (void)state;
    assert_non_null(incident);
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        for (int software = 0; software < SOFTWARE_ANY; software++) {
            const struct advice_facts facts = {.software = (enum software)software};

            fill(incident, "example.");
            incident->zone.size_bytes = 0;
            incident->cause = (enum cause)cause;
            advise(incident, &facts);
            assert_true(incident->advice_count > 0);
        }
    }
    incident->cause = CAUSE_LAME_REFUSED;
    advise(incident, &(struct advice_facts){0});
    assert_string_equal(incident->advice[0], "dig www.example. A @192.0.2.53 +norecurse");
    free(incident);
}

/* What an operator's handbook has for a named, and no other resolver's commands with it. */
static void a_named_is_told_the_remedies_of_a_named(void **state)
{
    static const struct {
        enum cause cause;
        const char *remedy;
    } remedies[] = {
        {CAUSE_RESOLVER_OVERLOAD, "rndc status"},
        {CAUSE_RESOLVER_OVERLOAD, "recursive-clients, tcp-clients"},
        {CAUSE_RESOLVER_OVERLOAD, "/fd | wc -l"},
        {CAUSE_RESOLVER_NO_UPSTREAM, "grep 'open files'"},
        {CAUSE_RESOLVER_NO_UPSTREAM, "iptables -L OUTPUT"},
        {CAUSE_RESOLVER_DESPITE_ANSWERS, "rndc querylog on"},
        {CAUSE_RESOLVER_DESPITE_ANSWERS, "rndc flushname www.example."},
        {CAUSE_RESOLVER_TRUST_ANCHOR, "rndc managed-keys refresh"},
        {CAUSE_DNSSEC_SIGNATURE_EXPIRED, "rndc sign example."},
        {CAUSE_DNSSEC_SIGNATURE_EXPIRED, "rndc nta example."},
        {CAUSE_DNSSEC_DS_MISMATCH, "registrar replace the DS"},
        {CAUSE_DNSSEC_DS_MISMATCH, "dnssec-validation no"},
        {CAUSE_DNSSEC_BOGUS, "+cd"},
        {CAUSE_UNREACHABLE_NO_RESPONSE, "nc -zvu 192.0.2.53 53"},
        {CAUSE_UNREACHABLE_NO_RESPONSE, "traceroute -n 192.0.2.53"},
        {CAUSE_UNREACHABLE_NO_RESPONSE, "glue records in the root zone."},
        {CAUSE_UNREACHABLE_EGRESS_BLOCKED, "iptables -L OUTPUT"},
        {CAUSE_TIMEOUT_SLOW_SERVER, "resolver-query-timeout 15000;"},
        {CAUSE_TIMEOUT_SLOW_SERVER, "add capacity"},
        {CAUSE_FORWARDER_DOWN, "rndc reconfig"},
        {CAUSE_FORWARDER_DOWN, "forward first;"},
        {CAUSE_ZONE_SERVFAIL, "named-checkzone example. FILE"},
        {CAUSE_ZONE_SERVFAIL, "rndc reload example."},
        {CAUSE_ZONE_SERVFAIL, "journalctl -u named"},
        {CAUSE_LAME_REFUSED, "rndc zonestatus example."},
        {CAUSE_LAME_NOT_AUTHORITATIVE, "rndc retransfer example."},
        {CAUSE_NETWORK_EDNS_BLOCKED, "server 192.0.2.53 { edns no; };"},
        {CAUSE_CACHED_FAILURE, "rndc flushtree example."},
    };
    const struct advice_facts facts = {.software = SOFTWARE_NAMED};
    struct incident *incident = calloc(1, sizeof(*incident));

    (void)state;
    assert_non_null(incident);
    fill(incident, "example.");
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
        incident->cause = remedies[i].cause;
        advise(incident, &facts);
        if (!find_line(incident, remedies[i].remedy))
            fail_msg("%s: no %s", cause_code(remedies[i].cause), remedies[i].remedy);
        assert_null(find_line(incident, "unbound-control"));
        assert_null(find_line(incident, "rec_control"));
    }
    free(incident);
}

static void an_unknown_resolver_is_told_the_commands_of_each(void **state)
{
    static const enum cause causes[] = {CAUSE_DNSSEC_BOGUS, CAUSE_CACHED_FAILURE,
                                        CAUSE_RESOLVER_OVERLOAD, CAUSE_RESOLVER_TRUST_ANCHOR};
    struct incident *incident = calloc(1, sizeof(*incident));

    (void)state;
    assert_non_null(incident);
    fill(incident, "example.");
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        const char *line;

        incident->cause = causes[i];
        advise(incident, &(struct advice_facts){.software = SOFTWARE_UNKNOWN});
        line = find_line(incident, "rndc");
        assert_non_null(line);
        assert_true(strstr(line, "unbound-") && strstr(line, "rec_control") &&
                    strstr(line, "kresd"));
    }
    free(incident);
}

static void records_are_asked_of_who_holds_them(void **state)
{
    struct advice_facts facts = {.parent_server_known = true, .zone_server_known = true};
    struct incident *incident = calloc(1, sizeof(*incident));

    (void)state;
    assert_non_null(incident);
    fill(incident, "example.");
    incident->cause = CAUSE_DNSSEC_DS_MISMATCH;
    assert_int_equal(address_from_text(&facts.parent_server, "198.51.100.1"), 0);
    assert_int_equal(address_from_text(&facts.zone_server, "2001:db8::2"), 0);
    advise(incident, &facts);
    assert_non_null(find_line(incident, "dig DS example. @198.51.100.1 +norecurse"));
    assert_non_null(find_line(incident, "dig DNSKEY example. @2001:db8::2 +norecurse"));
    facts.parent_server_known = false;
    advise(incident, &facts);
    assert_non_null(find_line(incident, "dig DS example. @SERVER +norecurse"));
    free(incident);
}

static void ipv6_is_looked_at_where_the_servers_have_nothing_else(void **state)
{
    struct incident *incident = calloc(1, sizeof(*incident));

    (void)state;
    assert_non_null(incident);
    fill(incident, "example.");
    incident->cause = CAUSE_UNREACHABLE_BAD_ADDRESS;
    advise(incident, &(struct advice_facts){0});
    assert_null(find_line(incident, "ip -6"));
    assert_int_equal(address_from_text(&incident->servers[0].address, "2001:db8::1"), 0);
    advise(incident, &(struct advice_facts){0});
    assert_non_null(find_line(incident, "ip -6 route get 2001:db8::1"));
    free(incident);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_in_advice_is_a_word_to_the_shell),
        cmocka_unit_test(no_name_is_more_than_a_word),
        cmocka_unit_test(no_name_is_an_option),
        cmocka_unit_test(nobody_is_left_without_advice),
        cmocka_unit_test(a_named_is_told_the_remedies_of_a_named),
        cmocka_unit_test(an_unknown_resolver_is_told_the_commands_of_each),
        cmocka_unit_test(records_are_asked_of_who_holds_them),
        cmocka_unit_test(ipv6_is_looked_at_where_the_servers_have_nothing_else),
        cmocka_unit_test(a_word_that_does_not_fit_is_no_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
