#include "signed_zones.h"

#define WWW "www.example.com."

static struct signed_zone root, com, example;

static int make_zones(void **state)
{
    (void)state;
    zone_make(&root, ".", LDNS_SIGN_ECDSAP256SHA256, 256);
    zone_make(&com, "com.", LDNS_SIGN_ECDSAP256SHA256, 256);
    zone_make(&example, "example.com.", LDNS_SIGN_ECDSAP256SHA256, 256);
    return 0;
}

static int clear_zones(void **state)
{
    (void)state;
    zone_clear(&root);
    zone_clear(&com);
    zone_clear(&example);
    return 0;
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    *state = scene;
    sign_between(&root, NOW_S - 10 * DAY_S, NOW_S + 10 * DAY_S);
    sign_between(&com, NOW_S - 10 * DAY_S, NOW_S + 10 * DAY_S);
    sign_between(&example, NOW_S - 10 * DAY_S, NOW_S + 10 * DAY_S);
    return 0;
}

static int end(void **state)
{
    scene_clear(*state);
    free(*state);
    return 0;
}

/* Down to com's keys. */
static void tell_parents(struct scene *scene)
{
    trust(scene, &root);
    tell_keys(scene, &root);
    refer_signed(scene, &root, &com);
    tell_keys(scene, &com);
}

static void tell_chain(struct scene *scene)
{
    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell_keys(scene, &example);
}

static ldns_rr_list *address(void)
{
    return sign_text(&example, WWW " 300 IN A 192.0.2.1\n" WWW " 300 IN A 192.0.2.2");
}

static ldns_rr_list *soa(void)
{
    return sign_text(&example, "example.com. 300 IN SOA NS1.example.com. host.example.com. "
                               "1 3600 600 86400 300");
}

static int tell_address(struct scene *scene, ldns_rr_list *answer)
{
    return tell(scene, WWW, TYPE_A, 0, answer, NULL);
}

#define assert_status(scene, name, type, expected)                                                 \
    do {                                                                                           \
        struct dnssec_verdict verdict_ = judge(scene, name, type);                                 \
        if (verdict_.status != (expected))                                                         \
            print_message("%s\n", verdict_.text);                                                  \
        assert_int_equal(verdict_.status, expected);                                               \
    } while (0)

static struct dnssec_verdict expect_bogus(struct scene *scene, const char *name, uint16_t type,
                                          enum cause cause, const char *zone)
{
    struct dnssec_verdict verdict = judge(scene, name, type);
    char blamed[NAME_TEXT_SIZE];

    if (verdict.status != DNSSEC_BOGUS || verdict.cause != cause)
        print_message("%d: %s\n", verdict.status, verdict.text);
    assert_int_equal(verdict.status, DNSSEC_BOGUS);
    assert_string_equal(cause_code(verdict.cause), cause_code(cause));
    assert_string_equal(name_to_text(verdict.zone.bytes, verdict.zone.size_bytes, blamed), zone);
    return verdict;
}

/* Answers */

static void a_signed_answer_with_a_whole_chain_is_secure(void **state)
{
    tell_chain(*state);
    tell_address(*state, address());
    assert_status(*state, WWW, TYPE_A, DNSSEC_SECURE);
}

static void every_algorithm_that_resolvers_have_is_computed(void **state)
{
    static const struct {
        ldns_signing_algorithm algorithm;
        uint16_t bits;
    } algorithms[] = {{LDNS_SIGN_RSASHA1, 1024},        {LDNS_SIGN_RSASHA1_NSEC3, 1024},
                      {LDNS_SIGN_RSASHA256, 1024},      {LDNS_SIGN_RSASHA512, 1024},
                      {LDNS_SIGN_ECDSAP256SHA256, 256}, {LDNS_SIGN_ECDSAP384SHA384, 384},
                      {LDNS_SIGN_ED25519, 256},         {LDNS_SIGN_ED448, 456}};
    static const ldns_hash hashes[] = {LDNS_SHA1, LDNS_SHA256, LDNS_SHA384};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        struct signed_zone zone;

        zone_make(&zone, "example.com.", algorithms[i].algorithm, algorithms[i].bits);
        for (size_t k = 0; k < 3; k++) {
            tell_parents(scene);
            refer(scene, "example.com.", sign_with(com.zsk, ds_of(&zone, hashes[k])));
            tell_keys(scene, &zone);
            tell_address(scene, sign_text(&zone, WWW " 300 IN A 192.0.2.1"));
            assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
            scene_clear(scene);
        }
        tell_parents(scene);
        refer_signed(scene, &com, &zone);
        tell_keys(scene, &zone);
        tell_address(scene, spoil(sign_text(&zone, WWW " 300 IN A 192.0.2.1")));
        expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
        scene_clear(scene);
        zone_clear(&zone);
    }
}

static void names_in_rdata_are_signed_whatever_their_case_and_compression(void **state)
{
    static const char *const sets[] = {
        WWW " 300 IN NS NS1.example.com.\n" WWW " 300 IN NS ns2.www.EXAMPLE.com.",
        WWW " 300 IN MX 10 Mail.example.com.\n" WWW " 300 IN MX 5 example.com.",
        WWW " 300 IN SRV 1 2 443 Server.example.com.",
        WWW " 300 IN PTR Example.com.",
        WWW " 300 IN NAPTR 100 50 \"s\" \"http\" \"\" Www.example.com.",
        WWW " 300 IN SOA NS1.example.com. Host.www.example.com. 1 2 3 4 5",
        WWW " 300 IN TXT \"one\" \"Two\"\n" WWW " 300 IN TXT \"one\"",
        WWW " 300 IN RP A.example.com. B.example.com.",
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        ldns_rr_list *set = sign_text(&example, sets[i]);
        uint16_t type = (uint16_t)ldns_rr_get_type(ldns_rr_list_rr(set, 0));

        tell_chain(scene);
        tell(scene, "wWw.Example.com.", type, 0, set, NULL);
        assert_status(scene, WWW, type, DNSSEC_SECURE);
        scene_clear(scene);
    }
}

static void an_expired_signature_is_named_with_its_moment(void **state)
{
    struct dnssec_verdict verdict;

    tell_chain(*state);
    sign_between(&example, NOW_S - 30 * DAY_S, NOW_S - 5 * DAY_S);
    tell_address(*state, address());
    verdict = expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "example.com.");
    assert_int_equal(verdict.confidence, CONFIDENCE_CERTAIN);
    assert_int_equal(verdict.message, 5);
    assert_non_null(strstr(verdict.text, "expired at 2026-09-16T14:13:20Z"));
    assert_non_null(strstr(verdict.text, WWW " A by example.com. key"));
}

static void a_signature_that_ends_before_it_begins_has_expired(void **state)
{
    tell_chain(*state);
    sign_between(&example, NOW_S + 30 * DAY_S, NOW_S + 5 * DAY_S);
    tell_address(*state, address());
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "example.com.");
}

static void a_signature_of_the_future_is_not_yet_valid(void **state)
{
    tell_chain(*state);
    sign_between(&example, NOW_S + 5 * DAY_S, NOW_S + 30 * DAY_S);
    tell_address(*state, address());
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID, "example.com.");
}

static void within_the_tolerance_of_some_resolvers_the_judgement_is_less_sure(void **state)
{
    struct dnssec_verdict verdict;

    tell_chain(*state);
    sign_between(&example, NOW_S - 10 * DAY_S, NOW_S - 1800);
    tell_address(*state, address());
    verdict = expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "example.com.");
    assert_int_equal(verdict.confidence, CONFIDENCE_LIKELY);
}

static void an_answer_without_signature_lacks_it(void **state)
{
    tell_chain(*state);
    tell_address(*state, unsign(address()));
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

/* As the servers of parked domains do, which have a SOA for whatever they are asked. */
static void who_has_a_zone_at_any_name_has_none(void **state)
{
    struct scene *scene = *state;

    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell_address(scene, unsign(address()));
    tell(scene, WWW, TYPE_AAAA, 0, NULL, records(WWW " 300 IN SOA ns1.park. host.park. 1 2 3 4 5"));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE); /* its zone may well be there */
    tell(scene, WWW, TYPE_DS, 0, NULL, records(WWW " 300 IN SOA ns1.park. host.park. 1 2 3 4 5"));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

static void a_signature_by_another_zone_is_none(void **state)
{
    tell_chain(*state);
    tell_address(*state, sign_text(&com, WWW " 300 IN A 192.0.2.1"));
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

static void changed_data_do_not_verify(void **state)
{
    tell_chain(*state);
    tell_address(*state, join(records(WWW " 300 IN A 192.0.2.66"), address()));
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
}

/* The RRSIG of `other`, which is address(). */
static void add_signature(ldns_rr_list *list, ldns_rr_list *other)
{
    ldns_rr_list_push_rr(list, ldns_rr_clone(ldns_rr_list_rr(other, 2)));
    ldns_rr_list_deep_free(other);
}

static void one_good_signature_clears_the_others(void **state)
{
    ldns_rr_list *answer = spoil(address());

    tell_chain(*state);
    add_signature(answer, address());
    sign_between(&example, NOW_S - 9 * DAY_S, NOW_S - 8 * DAY_S);
    add_signature(answer, address());
    tell_address(*state, answer);
    assert_status(*state, WWW, TYPE_A, DNSSEC_SECURE);
}

static void the_signature_that_got_furthest_names_the_cause(void **state)
{
    ldns_rr_list *answer = spoil(address());

    tell_chain(*state);
    sign_between(&example, NOW_S - 9 * DAY_S, NOW_S - 8 * DAY_S);
    add_signature(answer, address());
    tell_address(*state, answer);
    expect_bogus(*state, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
}

static void of_two_servers_the_one_at_fault_is_named_though_the_question_is_cleared(void **state)
{
    struct dnssec_verdict verdict;
    int wrong;

    tell_chain(*state);
    tell_address(*state, address());
    wrong = tell_address(*state, spoil(address()));
    tell_address(*state, address());
    verdict = judge(*state, WWW, TYPE_A);
    assert_int_equal(verdict.status, DNSSEC_SECURE);
    assert_int_equal(verdict.message, wrong);
    assert_int_equal(verdict.cause, CAUSE_DNSSEC_SIGNATURE_INVALID);
}

/* Aliases */

static void aliases_within_the_zone_are_judged_to_their_end(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *alias = sign_text(&example, "a.example.com. 300 IN CNAME " WWW);

    tell_chain(scene);
    tell(scene, "a.example.com.", TYPE_A, 0, join(alias, unsign(address())), NULL);
    expect_bogus(scene, "a.example.com.", TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

static void an_alias_into_another_zone_ends_the_judgement(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *alias = sign_text(&example, "a.example.com. 300 IN CNAME www.example.net.");

    tell_chain(scene);
    tell(scene, "a.example.com.", TYPE_A, 0,
         join(alias, records("www.example.net. 300 IN A 192.0.2.1")), NULL);
    assert_status(scene, "a.example.com.", TYPE_A, DNSSEC_SECURE);
}

static void a_dname_is_judged_in_place_of_the_cname_made_from_it(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *dname = sign_text(&example, "old.example.com. 300 IN DNAME example.net.");

    tell_chain(scene);
    tell(scene, "a.old.example.com.", TYPE_A, 0,
         join(dname, records("a.old.example.com. 300 IN CNAME a.example.net.")), NULL);
    assert_status(scene, "a.old.example.com.", TYPE_A, DNSSEC_SECURE);
}

/* DS and DNSKEY */

static void a_ds_that_no_key_fits_is_a_mismatch(void **state)
{
    static const struct {
        const char *ds, *text;
    } cases[] = {
        {"example.com. 3600 IN DS %u 13 2 "
         "0000000000000000000000000000000000000000000000000000000000000000",
         "digest"},
        {"example.com. 3600 IN DS %u 8 2 "
         "0000000000000000000000000000000000000000000000000000000000000000",
         "another algorithm"},
        {"example.com. 3600 IN DS 1%.0u 13 2 "
         "0000000000000000000000000000000000000000000000000000000000000000",
         "no DNSKEY has such a key tag"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < 3; i++) {
        struct dnssec_verdict verdict;
        char ds[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(ds, sizeof(ds), cases[i].ds, ldns_key_keytag(example.ksk));
#pragma GCC diagnostic pop
        tell_parents(scene);
        refer(scene, "example.com.", sign_text(&com, ds));
        tell_keys(scene, &example);
        tell_address(scene, address());
        verdict = expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DS_MISMATCH, "example.com.");
        assert_int_equal(verdict.confidence, CONFIDENCE_CERTAIN);
        assert_non_null(strstr(verdict.text, cases[i].text));
        scene_clear(scene);
    }
}

static void a_zone_with_unsupported_ds_only_is_insecure(void **state)
{
    static const char *const sets[] = {
        "example.com. 3600 IN DS 1 3 2 "
        "0000000000000000000000000000000000000000000000000000000000000000",
        "example.com. 3600 IN DS 1 12 2 "
        "0000000000000000000000000000000000000000000000000000000000000000",
        "example.com. 3600 IN DS 1 200 2 "
        "0000000000000000000000000000000000000000000000000000000000000000",
        "example.com. 3600 IN DS 1 8 3 "
        "0000000000000000000000000000000000000000000000000000000000000000",
        "example.com. 3600 IN DS 1 8 100 00",
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        tell_parents(scene);
        refer(scene, "example.com.", sign_text(&com, sets[i]));
        tell_keys(scene, &example);
        tell_address(scene, unsign(address()));
        assert_status(scene, WWW, TYPE_A, DNSSEC_INSECURE);
        scene_clear(scene);
    }
}

static void one_fitting_ds_of_several_is_enough(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *ds =
        join(records("example.com. 3600 IN DS 1 13 2 00000000000000000000000000000000"
                     "00000000000000000000000000000000"),
             ds_of(&example, LDNS_SHA256));

    tell_parents(scene);
    refer(scene, "example.com.", sign_with(com.zsk, ds));
    tell_keys(scene, &example);
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
}

static void absent_keys_are_missing_however_they_are_denied(void **state)
{
    static const uint16_t rcodes[] = {RCODE_NOERROR, RCODE_NXDOMAIN, RCODE_REFUSED};
    struct scene *scene = *state;

    for (size_t i = 0; i < 3; i++) {
        tell_parents(scene);
        refer_signed(scene, &com, &example);
        tell(scene, "example.com.", TYPE_DNSKEY, rcodes[i], NULL, unsign(soa()));
        tell_address(scene, unsign(address()));
        expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DNSKEY_MISSING, "example.com.");
        scene_clear(scene);
    }
}

static void who_refuses_everything_is_not_accused_of_missing_keys(void **state)
{
    struct scene *scene = *state;

    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell(scene, "example.com.", TYPE_DNSKEY, RCODE_REFUSED, NULL, NULL);
    tell(scene, WWW, TYPE_A, RCODE_REFUSED, NULL, NULL);
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

static void a_root_without_keys_is_not_the_root(void **state)
{
    struct scene *scene = *state;

    scene->anchors = anchors_default();
    tell(scene, ".", TYPE_DNSKEY, 0, NULL, records(". 300 IN SOA a. b. 1 2 3 4 5"));
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

static void a_referral_or_a_truncated_answer_denies_no_key(void **state)
{
    struct scene *scene = *state;
    int truncated;

    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell(scene, "example.com.", TYPE_DNSKEY, 0, NULL,
         records("example.com. 300 IN NS ns.example.net."));
    truncated = tell(scene, "example.com.", TYPE_DNSKEY, 0, NULL, NULL);
    ((uint8_t *)(uintptr_t)scene->messages[truncated].wire)[2] |= 0x02;
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

static ldns_rr_list *ksk_alone(void)
{
    ldns_rr_list *keys = dnskeys(&example);

    ldns_rr_free(ldns_rr_list_pop_rr(keys));
    return keys;
}

static void the_key_that_signed_the_data_may_be_missing(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *keys;

    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell(scene, "example.com.", TYPE_DNSKEY, 0, sign_with(example.ksk, ksk_alone()), NULL);
    tell_address(scene, address());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DNSKEY_MISSING, "example.com.");
    scene_clear(scene);

    /* Taken out after the RRset was signed, which then does not verify either. */
    tell_parents(scene);
    refer_signed(scene, &com, &example);
    keys = sign_with(example.ksk, dnskeys(&example));
    ldns_rr_free(ldns_rr_list_set_rr(keys, ldns_rr_clone(ldns_rr_list_rr(keys, 0)), 1));
    tell(scene, "example.com.", TYPE_DNSKEY, 0, keys, NULL);
    tell_address(scene, address());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DNSKEY_MISSING, "example.com.");
}

static void the_keys_must_be_signed_by_the_one_that_the_ds_names(void **state)
{
    struct {
        ldns_rr_list *keys;
        enum cause cause;
    } cases[] = {
        {dnskeys(&example), CAUSE_DNSSEC_SIGNATURE_MISSING},
        {sign_with(example.zsk, dnskeys(&example)), CAUSE_DNSSEC_SIGNATURE_MISSING},
        {spoil(sign_with(example.ksk, dnskeys(&example))), CAUSE_DNSSEC_SIGNATURE_INVALID},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < 3; i++) {
        tell_parents(scene);
        refer_signed(scene, &com, &example);
        tell(scene, "example.com.", TYPE_DNSKEY, 0, cases[i].keys, NULL);
        tell_address(scene, address());
        expect_bogus(scene, WWW, TYPE_A, cases[i].cause, "example.com.");
        scene_clear(scene);
    }
}

/* A key without that flag must not be used, whoever names it (RFC 4034 section 5.2). */
static void a_ds_that_names_no_zone_key_is_a_mismatch(void **state)
{
    struct scene *scene = *state;
    struct dnssec_verdict verdict;
    struct signed_zone zone = {"example.com.",
                               make_key("example.com.", LDNS_SIGN_ECDSAP256SHA256, 256, 1),
                               make_key("example.com.", LDNS_SIGN_ECDSAP256SHA256, 256, 256)};

    tell_parents(scene);
    refer_signed(scene, &com, &zone);
    tell(scene, "example.com.", TYPE_DNSKEY, 0, sign_with(zone.zsk, dnskeys(&zone)), NULL);
    tell_address(scene, sign_text(&zone, WWW " 300 IN A 192.0.2.1"));
    verdict = expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DS_MISMATCH, "example.com.");
    assert_non_null(strstr(verdict.text, "zone key"));
    zone_clear(&zone);
}

static void a_ds_rrset_at_fault_is_its_parents(void **state)
{
    struct scene *scene = *state;

    tell_parents(scene);
    refer(scene, "example.com.", spoil(sign_with(com.zsk, ds_of(&example, LDNS_SHA256))));
    tell_keys(scene, &example);
    tell_address(scene, address());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "com.");
    scene_clear(scene);

    tell_parents(scene);
    sign_between(&com, NOW_S - 9 * DAY_S, NOW_S - 8 * DAY_S);
    tell(scene, "example.com.", TYPE_DS, 0, sign_with(com.zsk, ds_of(&example, LDNS_SHA256)), NULL);
    tell_keys(scene, &example);
    tell_address(scene, address());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "com.");
}

static void a_delegation_that_is_proven_unsigned_is_insecure(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *proof = sign_text(&com, "example.com. 300 IN NSEC f.com. NS RRSIG NSEC");

    tell_parents(scene);
    refer(scene, "example.com.", proof);
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INSECURE);
}

static void a_delegation_whose_lack_of_ds_is_not_proven_is_the_parents_fault(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *proof = sign_text(&com, "b.com. 300 IN NSEC c.com. NS RRSIG NSEC");

    tell_parents(scene);
    refer(scene, "example.com.", proof);
    tell_address(scene, unsign(address()));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "com.");
}

/* Denial by NSEC */

static void judge_denial_by(struct scene *scene, uint16_t rcode, const char *nsecs, bool holds)
{
    ldns_rr_list *authority = soa();
    char *copy = strdup(nsecs), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")))
        join(authority, sign_text(&example, line));
    free(copy);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, rcode, NULL, authority);
    if (holds)
        assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    else
        expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
    scene_clear(scene);
}

static void denial_by_nsec_must_cover_the_name_and_its_wildcard(void **state)
{
    static const struct {
        uint16_t rcode;
        bool holds;
        const char *nsecs;
    } cases[] = {
        {RCODE_NXDOMAIN, true,
         "example.com. 300 IN NSEC a.example.com. NS SOA RRSIG NSEC\n"
         "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC"},
        {RCODE_NXDOMAIN, true, "example.com. 300 IN NSEC example.com. NS SOA RRSIG NSEC"},
        {RCODE_NXDOMAIN, false, "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC"},
        {RCODE_NXDOMAIN, false, "example.com. 300 IN NSEC a.example.com. NS SOA RRSIG NSEC"},
        {RCODE_NXDOMAIN, false, "a.example.com. 300 IN NSEC b.example.com. A RRSIG NSEC"},
        {RCODE_NOERROR, true, "www.example.com. 300 IN NSEC x.example.com. AAAA RRSIG NSEC"},
        {RCODE_NOERROR, false, "www.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC"},
        {RCODE_NOERROR, false, "www.example.com. 300 IN NSEC x.example.com. CNAME RRSIG NSEC"},
        {RCODE_NOERROR, false, "www.example.com. 300 IN NSEC x.example.com. NS RRSIG NSEC"},
        {RCODE_NOERROR, true, "v.example.com. 300 IN NSEC a.www.example.com. A RRSIG NSEC"},
        {RCODE_NXDOMAIN, false, /* proves that the name exists */
         "example.com. 300 IN NSEC a.example.com. NS SOA RRSIG NSEC\n"
         "v.example.com. 300 IN NSEC a.www.example.com. A RRSIG NSEC"},
        {RCODE_NOERROR, true,
         "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC\n"
         "*.example.com. 300 IN NSEC a.example.com. TXT RRSIG NSEC"},
        {RCODE_NOERROR, false,
         "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC\n"
         "*.example.com. 300 IN NSEC a.example.com. A RRSIG NSEC"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        judge_denial_by(*state, cases[i].rcode, cases[i].nsecs, cases[i].holds);
}

static void a_denial_without_nsec_or_with_an_unsigned_one_proves_nothing(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, soa());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
    scene_clear(scene);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL,
         join(soa(), records("example.com. 300 IN NSEC example.com. NS SOA RRSIG NSEC")));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
}

static void a_denial_whose_signatures_expired_is_expired(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    sign_between(&example, NOW_S - 30 * DAY_S, NOW_S - 5 * DAY_S);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL,
         join(soa(), sign_text(&example, "example.com. 300 IN NSEC example.com. NS SOA NSEC")));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "example.com.");
}

/* Denial by NSEC3 */

static unsigned iterations = 3;
static const char *salt = "ABCD";

static void hash_text(const char *name, int step, char text[40])
{
    ldns_rdf *dname = ldns_dname_new_frm_str(name);
    uint8_t salt_bytes[2] = {0xab, 0xcd}, hash[24];
    ldns_rdf *hashed = ldns_nsec3_hash_name(dname, 1, (uint16_t)iterations, 2, salt_bytes);

    ldns_b32_pton_extended_hex((const char *)ldns_rdf_data(hashed) + 1, 32, hash, sizeof(hash));
    for (int i = 19; i >= 0; i--) {
        int value = hash[i] + step;

        hash[i] = (uint8_t)value;
        if (value >= 0 && value <= 255)
            break;
    }
    ldns_b32_ntop_extended_hex(hash, 20, text, 40);
    ldns_rdf_deep_free(dname);
    ldns_rdf_deep_free(hashed);
}

/* From the name's hash (or just before it) to just behind it. */
static ldns_rr_list *nsec3(const char *name, bool matches, unsigned flags, const char *types)
{
    char from[40], to[40], text[256];

    hash_text(name, matches ? 0 : -1, from);
    hash_text(name, 1, to);
    snprintf(text, sizeof(text), "%s.example.com. 300 IN NSEC3 1 %u %u %s %s %s", from, flags,
             iterations, salt, to, types);
    return sign_text(&example, text);
}

static ldns_rr_list *nsec3_nxdomain(void)
{
    return join(join(join(soa(), nsec3("example.com.", true, 0, "NS SOA RRSIG DNSKEY NSEC3PARAM")),
                     nsec3(WWW, false, 0, "A RRSIG")),
                nsec3("*.example.com.", false, 0, "A RRSIG"));
}

static void denial_by_nsec3_needs_encloser_next_name_and_wildcard(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, nsec3_nxdomain());
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    for (size_t left_out = 0; left_out < 3; left_out++) {
        ldns_rr_list *authority = nsec3_nxdomain();

        /* SOA and RRSIG, then NSEC3 and RRSIG three times. */
        for (size_t i = 2 + 2 * left_out; i < 4 + 2 * left_out; i++)
            ldns_rr_free(ldns_rr_list_set_rr(authority,
                                             ldns_rr_clone(ldns_rr_list_rr(authority, i % 2)), i));
        scene_clear(scene);
        tell_chain(scene);
        tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, authority);
        expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
    }
}

static void nodata_by_nsec3_must_match_and_lack_the_type(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    tell(scene, WWW, TYPE_A, 0, NULL, join(soa(), nsec3(WWW, true, 0, "AAAA RRSIG")));
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    scene_clear(scene);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, 0, NULL, join(soa(), nsec3(WWW, true, 0, "A RRSIG")));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
}

/* Signers on the fly deny a name by the record at the name itself, with NXDOMAIN for who
 * understands that (RFC 9824 section 5). */
static void a_compact_denial_stands_at_the_name_itself(void **state)
{
    struct scene *scene = *state;

    judge_denial_by(scene, RCODE_NXDOMAIN, WWW " 300 IN NSEC \\000." WWW " RRSIG NSEC TYPE128",
                    true);
    judge_denial_by(scene, RCODE_NOERROR, WWW " 300 IN NSEC \\000." WWW " RRSIG NSEC TYPE128",
                    true);
    judge_denial_by(scene, RCODE_NXDOMAIN, WWW " 300 IN NSEC \\000." WWW " RRSIG NSEC", false);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, join(soa(), nsec3(WWW, true, 0, "TYPE128")));
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
}

static void nsec3_of_other_parameters_proves_nothing(void **state)
{
    struct scene *scene = *state;
    struct dnssec_verdict verdict;

    salt = "DCBA"; /* the hashes are of ABCD */
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, nsec3_nxdomain());
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
    scene_clear(scene);
    salt = "ABCD";
    iterations = 200;
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, nsec3_nxdomain());
    verdict = expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
    assert_non_null(strstr(verdict.text, "200"));
    assert_int_equal(verdict.confidence, CONFIDENCE_LIKELY);
    iterations = 3;
}

static void an_opt_out_span_makes_a_delegation_insecure(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    refer(scene, "sub.example.com.",
          join(nsec3("example.com.", true, 1, "NS SOA RRSIG DNSKEY NSEC3PARAM"),
               nsec3("sub.example.com.", false, 1, "NS DS RRSIG")));
    tell(scene, "www.sub.example.com.", TYPE_A, 0,
         records("www.sub.example.com. 300 IN A 192.0.2.1"), NULL);
    assert_status(scene, "www.sub.example.com.", TYPE_A, DNSSEC_INSECURE);
}

/* RFC 5155 section 7.1: such names have no NSEC3 where nothing below them is signed. */
static void under_an_opt_out_span_an_empty_name_need_have_no_record(void **state)
{
    struct scene *scene = *state;

    for (unsigned opt_out = 0; opt_out <= 1; opt_out++) {
        tell_chain(scene);
        tell(scene, WWW, TYPE_A, 0, NULL,
             join(join(soa(),
                       nsec3("example.com.", true, opt_out, "NS SOA RRSIG DNSKEY NSEC3PARAM")),
                  nsec3(WWW, false, opt_out, "NS")));
        if (opt_out)
            assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
        else
            expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
        scene_clear(scene);
    }
}

/* Wildcards */

static ldns_rr_list *expanded(void)
{
    ldns_rr_list *list = sign_text(&example, "*.example.com. 300 IN A 192.0.2.1");

    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        ldns_rr *rr = ldns_rr_list_rr(list, i);

        ldns_rdf_deep_free(ldns_rr_owner(rr));
        ldns_rr_set_owner(rr, ldns_dname_new_frm_str(WWW));
    }
    return list;
}

static void an_answer_by_wildcard_needs_the_proof_that_the_name_does_not_exist(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    tell(scene, WWW, TYPE_A, 0, expanded(),
         sign_text(&example, "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC"));
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    scene_clear(scene);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, 0, expanded(), nsec3(WWW, false, 0, "A RRSIG"));
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    scene_clear(scene);
    tell_chain(scene);
    tell(scene, WWW, TYPE_A, 0, expanded(), NULL);
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_DENIAL_INVALID, "example.com.");
}

/* What was not captured */

static void the_highest_ds_seen_counts_as_it_stands(void **state)
{
    struct scene *scene = *state;

    scene->anchors = anchors_default();
    refer_signed(scene, &com, &example);
    tell_keys(scene, &example);
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
    tell_address(scene, unsign(address()));
    scene_clear(scene);
    refer_signed(scene, &com, &example);
    tell_keys(scene, &example);
    tell_address(scene, unsign(address()));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

static void a_private_root_is_taken_as_it_stands(void **state)
{
    struct scene *scene = *state;

    tell_chain(scene);
    anchors_free(scene->anchors);
    scene->anchors = anchors_default();
    tell_address(scene, spoil(address()));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
}

static void a_warm_resolver_is_judged_by_what_was_seen_before(void **state)
{
    struct scene *scene = *state;
    struct scene before = {.count = 0};

    scene->keyring = keyring_new(1 << 20);
    tell_chain(&before);
    for (size_t i = 0; i < before.count; i++)
        keyring_see(scene->keyring, 0, before.messages[i].wire, before.messages[i].size,
                    before.messages[i].time_ns);
    scene->anchors = before.anchors;
    before.anchors = NULL;
    scene_clear(&before);
    tell_address(scene, spoil(address()));
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
}

static void without_keys_a_signature_can_still_be_out_of_its_time(void **state)
{
    struct scene *scene = *state;
    struct dnssec_verdict verdict;

    sign_between(&example, NOW_S - 30 * DAY_S, NOW_S - 5 * DAY_S);
    tell_address(scene, address());
    verdict = expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_EXPIRED, "example.com.");
    assert_int_not_equal(verdict.confidence, CONFIDENCE_CERTAIN);
}

static void what_cannot_be_known_is_not_guessed(void **state)
{
    struct scene *scene = *state;

    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
    scene_clear(scene);
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

/* A warm resolver may know of an unsigned zone below, whose cut we never saw. */
static void an_unsigned_answer_accuses_no_zone_that_may_not_be_its_own(void **state)
{
    struct scene *scene = *state;

    scene->anchors = anchors_default();
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
    scene_clear(scene);
    scene->keyring = keyring_new(1 << 16);
    tell_parents(scene);
    for (size_t i = 0; i < scene->count; i++)
        keyring_see(scene->keyring, 0, scene->messages[i].wire, scene->messages[i].size, NOW_NS);
    for (size_t i = 0; i < scene->count; i++)
        free((void *)(uintptr_t)scene->messages[i].wire);
    scene->count = 0;
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

static void a_server_that_is_asked_for_a_zone_answers_out_of_it(void **state)
{
    struct scene *scene = *state;
    struct name zone;

    trust(scene, &root);
    scene->keyring = keyring_new(1 << 16);
    refer_signed(scene, &com, &example);
    keyring_see(scene->keyring, 0, scene->messages[0].wire, scene->messages[0].size, NOW_NS);
    free((void *)(uintptr_t)scene->messages[0].wire);
    scene->count = 0;
    assert_int_equal(name_from_text(&zone, "example.com."), 0);
    tell_address(scene, unsign(address()));
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
    scene->zones = &zone;
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_MISSING, "example.com.");
}

static void a_zone_between_that_was_not_captured_accuses_nobody(void **state)
{
    struct scene *scene = *state;

    trust(scene, &root);
    tell_keys(scene, &root); /* com: neither DS nor keys */
    refer_signed(scene, &com, &example);
    tell_keys(scene, &example);
    tell_address(scene, address());
    assert_status(scene, WWW, TYPE_A, DNSSEC_SECURE);
}

static void broken_keys_are_found_before_the_answer_is_asked_for(void **state)
{
    struct scene *scene = *state;

    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell(scene, "example.com.", TYPE_DNSKEY, 0, spoil(sign_with(example.ksk, dnskeys(&example))),
         NULL);
    expect_bogus(scene, WWW, TYPE_A, CAUSE_DNSSEC_SIGNATURE_INVALID, "example.com.");
}

/* Hostile input */

static void many_keys_and_signatures_are_not_all_computed(void **state)
{
    struct scene *scene = *state;
    ldns_rr_list *keys = sign_with(example.ksk, dnskeys(&example));
    ldns_rr_list *answer = spoil(address());

    /* The same key many times: as many keys of one tag. */
    for (unsigned i = 0; i < 60; i++)
        ldns_rr_list_push_rr(keys, ldns_rr_clone(ldns_rr_list_rr(keys, 1)));
    for (unsigned i = 0; i < 12; i++)
        add_signature(answer, spoil(address()));
    tell_parents(scene);
    refer_signed(scene, &com, &example);
    tell(scene, "example.com.", TYPE_DNSKEY, 0, keys, NULL);
    tell_address(scene, answer);
    assert_status(scene, WWW, TYPE_A, DNSSEC_INDETERMINATE);
}

/* Octets are changed, and messages cut, anywhere. */
static void mangled_messages_are_survived(void **state)
{
    struct scene *scene = *state;
    uint32_t random = 1;

    tell_chain(scene);
    tell_address(scene, address());
    tell(scene, WWW, TYPE_A, RCODE_NXDOMAIN, NULL, nsec3_nxdomain());
    tell(scene, WWW, TYPE_A, 0, expanded(),
         sign_text(&example, "v.example.com. 300 IN NSEC x.example.com. A RRSIG NSEC"));
    scene->keyring = keyring_new(1 << 16);
    for (unsigned round = 0; round < 1500; round++) {
        struct dnssec_message *message;
        size_t whole;
        uint8_t *octet, kept;

        random = random * 1664525 + 1013904223;
        message = &scene->messages[(random >> 8) % scene->count];
        whole = message->size;
        octet = (uint8_t *)(uintptr_t)message->wire + (random >> 12) % whole;
        kept = *octet;
        *octet = (uint8_t)(random >> 24);
        if (round % 4 == 0)
            message->size = (random >> 10) % whole;
        keyring_see(scene->keyring, 0, message->wire, message->size, message->time_ns);
        judge(scene, WWW, TYPE_A);
        message->size = whole;
        *octet = kept;
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_signed_answer_with_a_whole_chain_is_secure),
        CASE(every_algorithm_that_resolvers_have_is_computed),
        CASE(names_in_rdata_are_signed_whatever_their_case_and_compression),
        CASE(an_expired_signature_is_named_with_its_moment),
        CASE(a_signature_that_ends_before_it_begins_has_expired),
        CASE(a_signature_of_the_future_is_not_yet_valid),
        CASE(within_the_tolerance_of_some_resolvers_the_judgement_is_less_sure),
        CASE(an_answer_without_signature_lacks_it),
        CASE(who_has_a_zone_at_any_name_has_none),
        CASE(a_signature_by_another_zone_is_none),
        CASE(changed_data_do_not_verify),
        CASE(one_good_signature_clears_the_others),
        CASE(the_signature_that_got_furthest_names_the_cause),
        CASE(of_two_servers_the_one_at_fault_is_named_though_the_question_is_cleared),
        CASE(aliases_within_the_zone_are_judged_to_their_end),
        CASE(an_alias_into_another_zone_ends_the_judgement),
        CASE(a_dname_is_judged_in_place_of_the_cname_made_from_it),
        CASE(a_ds_that_no_key_fits_is_a_mismatch),
        CASE(a_zone_with_unsupported_ds_only_is_insecure),
        CASE(one_fitting_ds_of_several_is_enough),
        CASE(absent_keys_are_missing_however_they_are_denied),
        CASE(who_refuses_everything_is_not_accused_of_missing_keys),
        CASE(a_root_without_keys_is_not_the_root),
        CASE(a_referral_or_a_truncated_answer_denies_no_key),
        CASE(the_key_that_signed_the_data_may_be_missing),
        CASE(the_keys_must_be_signed_by_the_one_that_the_ds_names),
        CASE(a_ds_that_names_no_zone_key_is_a_mismatch),
        CASE(a_ds_rrset_at_fault_is_its_parents),
        CASE(a_delegation_that_is_proven_unsigned_is_insecure),
        CASE(a_delegation_whose_lack_of_ds_is_not_proven_is_the_parents_fault),
        CASE(denial_by_nsec_must_cover_the_name_and_its_wildcard),
        CASE(a_denial_without_nsec_or_with_an_unsigned_one_proves_nothing),
        CASE(a_denial_whose_signatures_expired_is_expired),
        CASE(denial_by_nsec3_needs_encloser_next_name_and_wildcard),
        CASE(nodata_by_nsec3_must_match_and_lack_the_type),
        CASE(a_compact_denial_stands_at_the_name_itself),
        CASE(nsec3_of_other_parameters_proves_nothing),
        CASE(an_opt_out_span_makes_a_delegation_insecure),
        CASE(under_an_opt_out_span_an_empty_name_need_have_no_record),
        CASE(an_answer_by_wildcard_needs_the_proof_that_the_name_does_not_exist),
        CASE(the_highest_ds_seen_counts_as_it_stands),
        CASE(a_private_root_is_taken_as_it_stands),
        CASE(a_warm_resolver_is_judged_by_what_was_seen_before),
        CASE(without_keys_a_signature_can_still_be_out_of_its_time),
        CASE(what_cannot_be_known_is_not_guessed),
        CASE(an_unsigned_answer_accuses_no_zone_that_may_not_be_its_own),
        CASE(a_server_that_is_asked_for_a_zone_answers_out_of_it),
        CASE(a_zone_between_that_was_not_captured_accuses_nobody),
        CASE(broken_keys_are_found_before_the_answer_is_asked_for),
        CASE(many_keys_and_signatures_are_not_all_computed),
        CASE(mangled_messages_are_survived),
    };

    return cmocka_run_group_tests(tests, make_zones, clear_zones);
}
