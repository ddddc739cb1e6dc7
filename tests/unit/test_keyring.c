#include "decode/hash.h"
#include "signed_zones.h"

static struct scene scene;

static int clear(void **state)
{
    (void)state;
    scene_clear(&scene);
    return 0;
}

static void see(int index, int64_t time_ns)
{
    keyring_see(scene.keyring, 0, scene.messages[index].wire, scene.messages[index].size, time_ns);
}

/* The number of versions that are held. */
static unsigned held(const char *zone, uint16_t type)
{
    struct keyring_entry entry;
    struct name name;
    unsigned count = 0;

    assert_int_equal(name_from_text(&name, zone), 0);
    while (keyring_find(scene.keyring, &name, type, count, &entry) == 0)
        count++;
    return count;
}

static void assert_holds(const char *zone, uint16_t type, unsigned version, int index,
                         int64_t time_ns)
{
    struct keyring_entry entry;
    struct name name;

    assert_int_equal(name_from_text(&name, zone), 0);
    assert_int_equal(keyring_find(scene.keyring, &name, type, version, &entry), 0);
    assert_int_equal(entry.size, scene.messages[index].size);
    assert_memory_equal(entry.wire, scene.messages[index].wire, entry.size);
    assert_int_equal(entry.time_ns, time_ns);
}

#define DS_RECORD(number)  "example.com. 600 IN DS " number " 8 2 ABCD"
#define KEY_RECORD(letter) "example.com. 600 IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96W" letter
#define SOA_RECORD         "com. 900 IN SOA a.com. b.com. 1 2 3 4 900"

static int tell_key(const char *record)
{
    return tell(&scene, "example.com.", TYPE_DNSKEY, 0, records(record), NULL);
}

static void answers_for_ds_and_dnskey_are_kept_apart(void **state)
{
    int ds = tell(&scene, "example.com.", TYPE_DS, 0, records(DS_RECORD("1")), NULL);
    int key = tell_key(KEY_RECORD("S"));

    (void)state;
    scene.keyring = keyring_new(1 << 20);
    see(ds, 5);
    see(key, 6);
    assert_holds("example.com.", TYPE_DS, 0, ds, 5);
    assert_holds("example.com.", TYPE_DNSKEY, 0, key, 6);
    assert_int_equal(held("example.com.", TYPE_DS), 1);
}

static void ds_and_the_proof_of_its_absence_are_taken_out_of_referrals(void **state)
{
    int secure = refer(&scene, "example.com.", records(DS_RECORD("1")));
    int insecure =
        refer(&scene, "example.net.", records("example.net. 600 IN NSEC a.net. NS NSEC"));
    int silent = refer(&scene, "example.org.", records("example.org. 600 IN NS b.example.org."));
    int denied = tell(&scene, "b.com.", TYPE_DS, RCODE_NXDOMAIN, NULL, records(SOA_RECORD));

    (void)state;
    scene.keyring = keyring_new(1 << 20);
    for (int i = 0; i < 4; i++)
        see(i, i);
    assert_holds("example.com.", TYPE_DS, 0, secure, 0);
    assert_holds("example.net.", TYPE_DS, 0, insecure, 1);
    assert_int_equal(held("example.org.", TYPE_DS), 0);
    assert_holds("b.com.", TYPE_DS, 0, denied, 3);
    (void)silent;
}

static void other_messages_are_not_kept(void **state)
{
    static const uint8_t junk[40] = {0, 1, 0x80, 0, 0, 1, 0, 0, 0, 9};
    int address =
        tell(&scene, "example.com.", TYPE_A, 0, records("example.com. 600 IN A 192.0.2.1"), NULL);
    int failed = tell(&scene, "example.com.", TYPE_DNSKEY, RCODE_SERVFAIL, NULL, NULL);
    int refused = tell(&scene, "example.com.", TYPE_DS, RCODE_REFUSED, NULL, NULL);

    (void)state;
    scene.keyring = keyring_new(1 << 20);
    see(address, 1);
    see(failed, 1);
    see(refused, 1);
    for (size_t size = 0; size <= sizeof(junk); size++)
        keyring_see(scene.keyring, 0, junk, size, 1);
    assert_int_equal(held("example.com.", TYPE_DS), 0);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 0);
}

static void the_last_two_versions_are_kept_and_the_same_again_is_none(void **state)
{
    int first = tell_key(KEY_RECORD("S")), second = tell_key(KEY_RECORD("T"));
    int third = tell_key(KEY_RECORD("U"));
    int both = tell_key(KEY_RECORD("S") "\n" KEY_RECORD("T"));
    int turned = tell_key(KEY_RECORD("T") "\n" KEY_RECORD("S"));

    (void)state;
    scene.keyring = keyring_new(1 << 20);
    see(first, 1);
    see(first, 2);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 1);
    assert_holds("example.com.", TYPE_DNSKEY, 0, first, 2);
    see(second, 3);
    see(third, 4);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 2);
    assert_holds("example.com.", TYPE_DNSKEY, 0, third, 4);
    assert_holds("example.com.", TYPE_DNSKEY, 1, second, 3);
    see(both, 5);
    see(turned, 6); /* the same records in another order */
    assert_holds("example.com.", TYPE_DNSKEY, 0, turned, 6);
    assert_holds("example.com.", TYPE_DNSKEY, 1, third, 4);
}

/* With this ID, and one of its octets another one. */
static bool is_seen_again(int index, uint16_t id, size_t at, uint8_t change, int64_t time_ns)
{
    const struct dnssec_message *message = &scene.messages[index];
    uint8_t *wire = malloc(message->size);
    struct name name;
    bool is_again;

    assert_non_null(wire);
    assert_int_equal(name_from_text(&name, "example.com."), 0);
    memcpy(wire, message->wire, message->size);
    wire[0] = (uint8_t)(id >> 8);
    wire[1] = (uint8_t)id;
    wire[at] ^= change;
    is_again = keyring_see_again(scene.keyring, hash_bytes(name.bytes, name.size_bytes),
                                 TYPE_DNSKEY, wire, message->size, time_ns);
    free(wire);
    return is_again;
}

static void only_a_message_that_is_the_same_but_for_its_id_is_the_newest_again(void **state)
{
    int first = tell_key(KEY_RECORD("S")), second = tell_key(KEY_RECORD("T"));
    size_t size = scene.messages[second].size;

    (void)state;
    scene.keyring = keyring_new(1 << 20);
    assert_false(is_seen_again(second, 1, 0, 0, 1000));
    see(first, 1);
    see(second, 2);
    assert_false(is_seen_again(first, 1, 0, 0, 3));
    assert_false(is_seen_again(second, 1, 7, 1, 3));        /* more records */
    assert_false(is_seen_again(second, 1, size - 1, 1, 3)); /* another key */
    assert_holds("example.com.", TYPE_DNSKEY, 0, second, 2);
    assert_true(is_seen_again(second, 0x1234, 0, 0, 1002));
    assert_holds("example.com.", TYPE_DNSKEY, 0, second, 1002);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 2);
}

/* The keys of so many zones, with numbers before the end of their names. */
static void see_many(const char *end, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char zone[64], record[128];
        int index;

        snprintf(zone, sizeof(zone), "z%u%s", i, end);
        snprintf(record, sizeof(record), "%s 600 IN DNSKEY 257 3 8 AwEAAaz/tAm8", zone);
        index = tell(&scene, zone, TYPE_DNSKEY, 0, records(record), NULL);
        see(index, 2 + i);
        free((void *)(uintptr_t)scene.messages[index].wire);
        scene.count--;
    }
}

static void a_flood_of_one_partys_zones_pushes_out_its_own(void **state)
{
    struct table_fill fill = {0};

    (void)state;
    scene.keyring = keyring_new(1 << 16);
    see(tell_key(KEY_RECORD("S")), 1);
    see_many(".flood.net.", 2000);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 1);
    assert_int_equal(held("z1999.flood.net.", TYPE_DNSKEY), 1);
    assert_int_equal(held("z0.flood.net.", TYPE_DNSKEY), 0);
    keyring_count(scene.keyring, &fill);
    assert_true(fill.evicted > 1900);
}

static void keys_of_what_fails_outlive_others(void **state)
{
    struct name name;

    (void)state;
    scene.keyring = keyring_new(1 << 16);
    see(tell_key(KEY_RECORD("S")), 1);
    see(tell(&scene, "other.com.", TYPE_DNSKEY, 0,
             records("other.com. 600 IN DNSKEY 257 3 8 AwEAAaz/tAm8"), NULL),
        1);
    assert_int_equal(name_from_text(&name, "example.com."), 0);
    keyring_keep(scene.keyring, hash_bytes(name.bytes, name.size_bytes), 2);
    see_many(".net.", 2000);
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 1);
    assert_int_equal(held("other.com.", TYPE_DNSKEY), 0);
    /* Where all fail they go as well. */
    for (unsigned i = 0; i < 2000; i++) {
        char zone[64];

        snprintf(zone, sizeof(zone), "z0.%u.net.", i);
        see_many(zone + strlen("z0"), 1);
        assert_int_equal(name_from_text(&name, zone), 0);
        keyring_keep(scene.keyring, hash_bytes(name.bytes, name.size_bytes), 3);
    }
    assert_int_equal(held("example.com.", TYPE_DNSKEY), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(answers_for_ds_and_dnskey_are_kept_apart, clear),
        cmocka_unit_test_teardown(ds_and_the_proof_of_its_absence_are_taken_out_of_referrals,
                                  clear),
        cmocka_unit_test_teardown(other_messages_are_not_kept, clear),
        cmocka_unit_test_teardown(the_last_two_versions_are_kept_and_the_same_again_is_none, clear),
        cmocka_unit_test_teardown(
            only_a_message_that_is_the_same_but_for_its_id_is_the_newest_again, clear),
        cmocka_unit_test_teardown(a_flood_of_one_partys_zones_pushes_out_its_own, clear),
        cmocka_unit_test_teardown(keys_of_what_fails_outlive_others, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
