#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "correlate/anchors.h"
#include "decode/codes.h"

#define DIGEST "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define KEY    "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"

static char path[128];

static struct anchors *load(const char *text, struct error *error)
{
    const char *base = getenv("TMPDIR");
    struct anchors *anchors;
    FILE *file;
    int descriptor;

    snprintf(path, sizeof(path), "%.90s/test-anchors-XXXXXX", base ? base : P_tmpdir);
    descriptor = mkstemp(path);
    file = fdopen(descriptor, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    anchors = anchors_load(path, error);
    remove(path);
    return anchors;
}

static struct name name_of(const char *text)
{
    struct name name;

    assert_int_equal(name_from_text(&name, text), 0);
    return name;
}

static size_t count_of(const struct anchors *anchors, const char *zone)
{
    struct name name = name_of(zone);
    size_t count = 0;

    while (anchors_find(anchors, &name, count))
        count++;
    return count;
}

static void assert_root_ds(const struct anchors *anchors)
{
    struct name root = name_of(".");
    const struct anchor *anchor = anchors_find(anchors, &root, 0);

    assert_non_null(anchor);
    assert_int_equal(anchor->type, TYPE_DS);
    assert_int_equal(anchor->rdata_size, 36);
    assert_memory_equal(anchor->rdata, "\x4f\x66\x08\x02\xe0\x6d", 6);
    assert_int_equal(anchor->rdata[35], 0x8d);
}

static void assert_root_key(const struct anchors *anchors)
{
    struct name root = name_of(".");
    const struct anchor *anchor = anchors_find(anchors, &root, 0);

    assert_non_null(anchor);
    assert_int_equal(anchor->type, TYPE_DNSKEY);
    assert_memory_equal(anchor->rdata, "\x01\x01\x03\x08\x03\x01\x00\x01", 8);
    assert_int_equal(anchor->rdata_size, 4 + 42);
}

static void the_default_is_the_roots_two_keys(void **state)
{
    struct anchors *anchors = anchors_default();
    struct name root = name_of(".");

    (void)state;
    assert_int_equal(count_of(anchors, "."), 2);
    assert_root_ds(anchors);
    assert_memory_equal(anchors_find(anchors, &root, 1)->rdata, "\x97\x28\x08\x02\x68\x3d", 6);
    anchors_free(anchors);
}

static void the_default_is_what_the_system_has(void **state)
{
    static const char file[] = "/usr/share/dns/root.ds";
    struct anchors *ours, *systems;
    struct name root = name_of(".");

    (void)state;
    if (access(file, R_OK) != 0)
        skip();
    ours = anchors_default();
    systems = anchors_load(file, NULL);
    assert_non_null(systems);
    for (size_t i = 0; i < 2; i++) {
        const struct anchor *a = anchors_find(ours, &root, i);
        const struct anchor *b = anchors_find(systems, &root, i);

        assert_non_null(b);
        assert_int_equal(a->rdata_size, b->rdata_size);
        assert_memory_equal(a->rdata, b->rdata, a->rdata_size);
    }
    anchors_free(ours);
    anchors_free(systems);
}

/* One anchor, for the root. */
static void assert_reads_as(const char *form, void (*assert_right)(const struct anchors *))
{
    struct error error = {""};
    struct anchors *anchors = load(form, &error);

    if (!anchors)
        print_message("%s\n", error.text);
    assert_non_null(anchors);
    assert_int_equal(count_of(anchors, "."), 1);
    assert_right(anchors);
    anchors_free(anchors);
}

static void ds_records_are_read_in_every_form(void **state)
{
    static const char *const forms[] = {
        ". IN DS 20326 8 2 " DIGEST "\n",
        ".\t86400 IN DS 20326 8 2 " DIGEST,
        ". IN 86400 DS 20326 8 2 " DIGEST "\r\n",
        ". DS 20326 8 2 " DIGEST " ; the root's\n",
        "; a comment { with a brace }\n\n$TTL 3600\n. ds ( 20326 8\n  2\n "
        "E06D44B80B8F1D39A95C0B0D7C65"
        " ; half\n D08458E880409BBC683457104237C7F8EC8D )\n",
        "trust-anchors { . initial-ds 20326 8 2 \"" DIGEST "\"; };",
        "// named\n/* trust { */\ntrust-anchors {\n\t\".\" static-ds 20326 8 2 # the "
        "root's\n\"E06D44B8"
        "0B8F1D39A95C0B0D7C65\n  D08458E880409BBC683457104237C7F8EC8D\";\n};\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        assert_reads_as(forms[i], assert_root_ds);
}

static void dnskey_records_are_read_in_every_form(void **state)
{
    static const char *const forms[] = {
        ". IN DNSKEY 257 3 8 " KEY "\n",
        "; autotrust trust anchor file\n;;id: . 1\n;;last_queried: 1600000000 ;;Sun Sep 13\n"
        ".\t86400\tIN\tDNSKEY\t257 3 8 " KEY
        " ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1\n",
        "trust-anchors { \".\" initial-key 257 3 8 \"" KEY "\"; };",
        "managed-keys { . initial-key 257 3 8 \"AwEAAaz/tAm8yTn4Mfeh5eyI\n   96WSVexTBAvkMgJzkKTO\n"
        " iW1vkIbzxeF3\"; };",
        "trusted-keys { \".\" 257 3 8 \"" KEY "\"; };",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        assert_reads_as(forms[i], assert_root_key);
}

static void keys_that_are_not_trusted_yet_or_any_more_are_left_out(void **state)
{
    struct anchors *anchors = load(". IN DNSKEY 257 3 8 " KEY " ;;state=1 [ ADDPEND ]\n"
                                   ". IN DNSKEY 257 3 8 " KEY " ;;state=3 [ MISSING ]\n"
                                   ". IN DNSKEY 385 3 8 " KEY " ;;state=4 [ REVOKED ]\n"
                                   ". IN DNSKEY 257 3 8 " KEY "\n",
                                   NULL);

    (void)state;
    assert_non_null(anchors);
    assert_int_equal(count_of(anchors, "."), 2);
    anchors_free(anchors);
}

static void the_lowest_enclosing_zone_is_found(void **state)
{
    struct anchors *anchors =
        load(". DS 1 8 2 " DIGEST "\nExample.COM. DS 2 8 2 " DIGEST "\n", NULL);
    struct name name = name_of("www.example.com."), other = name_of("example.net."), zone, expected;

    (void)state;
    assert_non_null(anchors);
    assert_true(anchors_closest(anchors, &name, &zone));
    expected = name_of("example.com.");
    assert_true(name_equal(&zone, &expected));
    assert_true(anchors_closest(anchors, &other, &zone));
    assert_int_equal(zone.size_bytes, 1);
    anchors_free(anchors);
    anchors = load("example.com. DS 2 8 2 " DIGEST "\n", NULL);
    assert_false(anchors_closest(anchors, &other, &zone));
    anchors_free(anchors);
}

static void errors_name_file_and_line(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"\n. IN DS 20326 8 2 XYZ\n", "line 2: the digest is not hexadecimal"},
        {". IN DS 20326 8 2 ABC\n", "line 1: the digest is not hexadecimal"},
        {". IN DNSKEY 257 3 8 ***\n", "line 1: the key is not base64"},
        {"; c\n\n. IN DS 99999 8 2 AB\n", "line 3: a DS is"},
        {". IN DS\n", "line 1: a DS is"},
        {". IN A 192.0.2.1\n", "line 1: neither a DS nor a DNSKEY"},
        {"a..b. DS 1 8 2 AB\n", "line 1: the zone is not a domain name"},
        {"options {\n directory \"/\";\n};\n", "line 1: only trust-anchors"},
        {"trust-anchors {\n . initial-ds 1 8 2 \"AB\"\n};\n", "line 2: an anchor ends with ;"},
        {"trust-anchors {\n . initial-ds 1 8 2 \"AB\";\n", "the file ends within a statement"},
        {"trust-anchors {\n . initial-key 257 3 8 \"AB\n", "a quote is not closed"},
        {"trust-anchors { . frozen-key 257 3 8 \"AB\"; };\n", "line 1: a DNSKEY is"},
        {"", "no trust anchor"},
        {"; nothing\n", "no trust anchor"},
        {") . DS 1 8 2 AB\n", "line 1: an unexpected bracket"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = {""};

        assert_null(load(cases[i].text, &error));
        if (!strstr(error.text, cases[i].says))
            print_message("%s\n", error.text);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_non_null(strstr(error.text, path));
    }
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    struct error error = {""};

    (void)state;
    assert_null(anchors_load("/nonexistent/anchors", &error));
    assert_non_null(strstr(error.text, "/nonexistent/anchors: No such file"));
    assert_null(anchors_load("/", &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_the_roots_two_keys),
        cmocka_unit_test(the_default_is_what_the_system_has),
        cmocka_unit_test(ds_records_are_read_in_every_form),
        cmocka_unit_test(dnskey_records_are_read_in_every_form),
        cmocka_unit_test(keys_that_are_not_trusted_yet_or_any_more_are_left_out),
        cmocka_unit_test(the_lowest_enclosing_zone_is_found),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
