/* Aliases that answers told of, and their bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "correlate/aliases.h"
#include "correlate/exchange.h"
#include "decode/codes.h"
#include "decode/hash.h"

#define MEMORY_BYTES (1 << 16)

static void set_name(struct name *name, const char *text)
{
    assert_int_equal(name_from_text(name, text), 0);
}

/* `owner` is an alias of `target`. */
static void see(struct aliases *aliases, const char *owner, const char *target, int64_t time_s)
{
    struct event event = {.time_ns = time_s * SECOND_NS};
    struct answer answer = {.chained = true, .alias_ttl = 300};

    set_name(&event.dns.qname, owner);
    set_name(&answer.target, target);
    event.dns.qname_hash = hash_bytes(event.dns.qname.bytes, event.dns.qname.size_bytes);
    aliases_see_answer(aliases, &event, &answer, LABELS_UNKNOWN);
}

static void assert_leads(const struct aliases *aliases, const char *owner, const char *expected,
                         int64_t time_s)
{
    struct name name, target, found;

    set_name(&name, owner);
    set_name(&target, expected);
    assert_true(aliases_follow(aliases, &name, time_s * SECOND_NS, &found));
    assert_true(name_equal(&found, &target));
}

static void the_last_answer_counts(void **state)
{
    struct aliases *aliases = aliases_new(MEMORY_BYTES);
    struct name name, found;

    (void)state;
    see(aliases, "www.example.com.", "a.test.", 0);
    see(aliases, "www.example.com.", "b.test.", 10);
    assert_leads(aliases, "www.example.com.", "b.test.", 310);
    set_name(&name, "www.example.com.");
    assert_false(aliases_follow(aliases, &name, 311 * SECOND_NS, &found));
    aliases_free(aliases);
}

/* Long targets take the room of more than one. */
static void memory_stays_bounded(void **state)
{
    struct aliases *aliases = aliases_new(MEMORY_BYTES);
    struct table_fill fill = {0};
    char owner[64], target[256];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(owner, sizeof(owner), "www.zone%d.test.", i);
        snprintf(target, sizeof(target), "%060d.%060d.%060d.test.", i, i, i);
        see(aliases, owner, target, i);
    }
    aliases_count(aliases, &fill);
    assert_in_range(fill.used, 50, MEMORY_BYTES / 200);
    assert_int_equal(fill.used + fill.evicted, 10000);
    assert_leads(aliases, owner, target, 10000);
    aliases_free(aliases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_answer_counts),
        cmocka_unit_test(memory_stays_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
