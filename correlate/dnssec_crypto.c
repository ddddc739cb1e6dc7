#include "correlate/dnssec_crypto.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <string.h>

#include "decode/load.h"

/* RFC 3110 section 2 allows 4096 bits; exponents above 64 bits only serve to waste time. */
#define RSA_MODULUS_MAX_BYTES  512
#define RSA_EXPONENT_MAX_BYTES 8

enum family { FAMILY_NONE, FAMILY_RSA, FAMILY_ECDSA, FAMILY_EDDSA };

static const struct algorithm {
    uint8_t number;
    const char *mnemonic;
    enum family family; /* NONE: retired, or never in use */
    uint8_t signature_size;
    uint8_t key_size;
    uint8_t cost; /* as measured; of RSA it is the key's */
} algorithms[] = {
    {1, "RSAMD5", FAMILY_NONE, 0, 0, 1},
    {3, "DSA", FAMILY_NONE, 0, 0, 1},
    {5, "RSASHA1", FAMILY_RSA, 0, 0, 1},
    {6, "DSA-NSEC3-SHA1", FAMILY_NONE, 0, 0, 1},
    {7, "RSASHA1-NSEC3-SHA1", FAMILY_RSA, 0, 0, 1},
    {8, "RSASHA256", FAMILY_RSA, 0, 0, 1},
    {10, "RSASHA512", FAMILY_RSA, 0, 0, 1},
    {12, "ECC-GOST", FAMILY_NONE, 0, 0, 1},
    {13, "ECDSAP256SHA256", FAMILY_ECDSA, 64, 64, 1},
    {14, "ECDSAP384SHA384", FAMILY_ECDSA, 96, 96, 10},
    {15, "ED25519", FAMILY_EDDSA, 64, 32, 2},
    {16, "ED448", FAMILY_EDDSA, 114, 57, 4},
};

static const struct algorithm *find_algorithm(uint8_t number)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (algorithms[i].number == number)
            return &algorithms[i];
    return NULL;
}

bool algorithm_is_supported(uint8_t algorithm)
{
    const struct algorithm *found = find_algorithm(algorithm);

    return found && found->family != FAMILY_NONE;
}

const char *algorithm_to_text(uint8_t algorithm, char text[ALGORITHM_TEXT_SIZE])
{
    const struct algorithm *found = find_algorithm(algorithm);

    if (found)
        snprintf(text, ALGORITHM_TEXT_SIZE, "%s", found->mnemonic);
    else
        snprintf(text, ALGORITHM_TEXT_SIZE, "algorithm %u", algorithm);
    return text;
}

static const struct digest {
    uint8_t type;
    uint8_t size;
    unsigned char *(*compute)(const unsigned char *data, unsigned int size, unsigned char *digest);
} digests[] = {
    {1, LDNS_SHA1_DIGEST_LENGTH, ldns_sha1},
    {2, LDNS_SHA256_DIGEST_LENGTH, ldns_sha256},
    {4, LDNS_SHA384_DIGEST_LENGTH, ldns_sha384},
};

static const struct digest *find_digest(uint8_t type)
{
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
        if (digests[i].type == type)
            return &digests[i];
    return NULL;
}

bool digest_is_supported(uint8_t digest_type)
{
    return find_digest(digest_type) != NULL;
}

uint16_t key_tag_of(const uint8_t *dnskey, size_t size)
{
    return size >= 4 ? ldns_calc_keytag_raw(dnskey, size) : 0;
}

bool digest_fits(uint8_t digest_type, const uint8_t *digest, size_t digest_size,
                 const struct name *owner, const uint8_t *dnskey, size_t size)
{
    const struct digest *kind = find_digest(digest_type);
    uint8_t computed[LDNS_SHA384_DIGEST_LENGTH];
    uint8_t *data;
    bool fits;

    if (!kind || digest_size != kind->size)
        return false;
    data = malloc(owner->size_bytes + size);
    if (!data)
        return false;
    memcpy(data, owner->bytes, owner->size_bytes);
    memcpy(data + owner->size_bytes, dnskey, size);
    kind->compute(data, (unsigned)(owner->size_bytes + size), computed);
    fits = memcmp(computed, digest, digest_size) == 0;
    free(data);
    return fits;
}

struct rsa_size {
    size_t exponent, modulus; /* 0: malformed */
};

/* RFC 3110 section 2: the exponent's length in one octet, or in two behind a zero. */
static struct rsa_size rsa_size_of(const uint8_t *key, size_t size)
{
    size_t lead = 1, exponent;

    if (size < 3)
        return (struct rsa_size){0};
    exponent = key[0];
    if (exponent == 0) {
        exponent = load_u16(key + 1);
        lead = 3;
    }
    return (struct rsa_size){exponent, size > lead + exponent ? size - lead - exponent : 0};
}

static bool rsa_key_is_sane(const uint8_t *key, size_t key_size)
{
    struct rsa_size size = rsa_size_of(key, key_size);

    return size.exponent > 0 && size.exponent <= RSA_EXPONENT_MAX_BYTES && size.modulus > 0 &&
           size.modulus <= RSA_MODULUS_MAX_BYTES;
}

/* 4096 bits with the usual exponent of 17 take as long as the cheapest of the others. */
static unsigned rsa_cost(const uint8_t *key, size_t key_size)
{
    struct rsa_size size = rsa_size_of(key, key_size);
    uint64_t work = (uint64_t)size.modulus * size.modulus * size.exponent;

    return work < UINT64_C(5) * RSA_MODULUS_MAX_BYTES * RSA_MODULUS_MAX_BYTES ? 1 : 6;
}

unsigned signature_cost(uint8_t algorithm, const uint8_t *key, size_t key_size)
{
    const struct algorithm *found = find_algorithm(algorithm);

    if (!found || found->family == FAMILY_NONE)
        return 1;
    return found->family == FAMILY_RSA ? rsa_cost(key, key_size) : found->cost;
}

/* The library wants ECDSA signatures in ASN.1. */
static ldns_buffer *signature_buffer(enum family family, const uint8_t *signature, size_t size)
{
    ldns_buffer *buffer = ldns_buffer_new(size + 32);
    ldns_rdf *rdf;

    if (!buffer)
        return NULL;
    if (family != FAMILY_ECDSA) {
        ldns_buffer_write(buffer, signature, size);
        return buffer;
    }
    rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_B64, size, signature);
    if (!rdf || ldns_convert_ecdsa_rrsig_rdf2asn1(buffer, rdf) != LDNS_STATUS_OK) {
        ldns_buffer_free(buffer);
        buffer = NULL;
    }
    ldns_rdf_deep_free(rdf);
    return buffer;
}

static enum crypto_result verify(const struct algorithm *algorithm, ldns_buffer *signature,
                                 ldns_buffer *data, const uint8_t *key, size_t key_size)
{
    /* The prototype lacks a const. */
    unsigned char *key_bytes = (unsigned char *)(uintptr_t)key;
    ldns_status status =
        ldns_verify_rrsig_buffers_raw(ldns_buffer_begin(signature), ldns_buffer_position(signature),
                                      data, key_bytes, key_size, algorithm->number);

    if (status == LDNS_STATUS_CRYPTO_UNKNOWN_ALGO || status == LDNS_STATUS_MEM_ERR)
        return CRYPTO_UNABLE;
    return status == LDNS_STATUS_OK ? CRYPTO_GOOD : CRYPTO_WRONG;
}

enum crypto_result signature_verify(uint8_t algorithm, const uint8_t *key, size_t key_size,
                                    const uint8_t *signature, size_t signature_size,
                                    const uint8_t *data, size_t data_size)
{
    const struct algorithm *found = find_algorithm(algorithm);
    enum crypto_result result = CRYPTO_UNABLE;
    ldns_buffer *signature_copy, *data_copy;

    if (!found || found->family == FAMILY_NONE)
        return CRYPTO_UNABLE;
    if (found->family == FAMILY_RSA && !rsa_key_is_sane(key, key_size))
        return CRYPTO_UNABLE;
    if (signature_size == 0 || (found->signature_size && signature_size != found->signature_size) ||
        (found->key_size && key_size != found->key_size))
        return CRYPTO_WRONG;
    signature_copy = signature_buffer(found->family, signature, signature_size);
    data_copy = ldns_buffer_new(data_size);
    if (signature_copy && data_copy) {
        ldns_buffer_write(data_copy, data, data_size);
        result = verify(found, signature_copy, data_copy, key, key_size);
    }
    ldns_buffer_free(signature_copy);
    ldns_buffer_free(data_copy);
    return result;
}

void nsec3_hash(uint8_t hash[NSEC3_HASH_BYTES], const struct name *name, uint16_t iterations,
                const uint8_t *salt, size_t salt_size)
{
    uint8_t data[NAME_MAX_BYTES + UINT8_MAX];
    size_t size = name->size_bytes;

    memcpy(data, name->bytes, size);
    for (unsigned i = 0;; i++) {
        memcpy(data + size, salt, salt_size);
        ldns_sha1(data, (unsigned)(size + salt_size), hash);
        if (i == iterations)
            return;
        memcpy(data, hash, NSEC3_HASH_BYTES);
        size = NSEC3_HASH_BYTES;
    }
}

int nsec3_owner_hash(uint8_t hash[NSEC3_HASH_BYTES], const struct name *owner)
{
    enum { LABEL_CHARACTERS = 32 };
    char text[LABEL_CHARACTERS + 1];
    uint8_t decoded[NSEC3_HASH_BYTES + 4];

    if (owner->size_bytes < 1 + LABEL_CHARACTERS || owner->bytes[0] != LABEL_CHARACTERS)
        return -1;
    memcpy(text, owner->bytes + 1, LABEL_CHARACTERS);
    text[LABEL_CHARACTERS] = '\0';
    if (ldns_b32_pton_extended_hex(text, LABEL_CHARACTERS, decoded, sizeof(decoded)) !=
        NSEC3_HASH_BYTES)
        return -1;
    memcpy(hash, decoded, NSEC3_HASH_BYTES);
    return 0;
}
