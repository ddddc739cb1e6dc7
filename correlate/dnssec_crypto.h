/* What is computed for DNSSEC: signatures, DS digests, key tags and NSEC3 hashes, on bytes. The
 * only place where a cryptographic library is called. */
#ifndef CORRELATE_DNSSEC_CRYPTO_H
#define CORRELATE_DNSSEC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/name.h"

#define NSEC3_HASH_BYTES    20 /* SHA-1, the only one there is (RFC 5155 section 11) */
#define ALGORITHM_TEXT_SIZE 24

/* Whether the resolvers of our days (unbound 1.17, BIND 9.18) and we compute it: zones that have
 * nothing better are insecure, not bogus (RFC 4035 section 5.2, RFC 8624). */
bool algorithm_is_supported(uint8_t algorithm);
bool digest_is_supported(uint8_t digest_type);

/* "ECDSAP256SHA256", "algorithm 200". Returns `text`. */
const char *algorithm_to_text(uint8_t algorithm, char text[ALGORITHM_TEXT_SIZE]);

/* Of DNSKEY RDATA (RFC 4034 appendix B). */
uint16_t key_tag_of(const uint8_t *dnskey, size_t size);

/* Does the digest of a DS fit the key? */
bool digest_fits(uint8_t digest_type, const uint8_t *digest, size_t digest_size,
                 const struct name *owner, const uint8_t *dnskey, size_t size);

enum crypto_result { CRYPTO_GOOD, CRYPTO_WRONG, CRYPTO_UNABLE };

/* `key` is the public key out of a DNSKEY, without flags, protocol and algorithm. UNABLE: the
 * algorithm is not supported, the key larger than resolvers take, or there is no memory. */
enum crypto_result signature_verify(uint8_t algorithm, const uint8_t *key, size_t key_size,
                                    const uint8_t *signature, size_t signature_size,
                                    const uint8_t *data, size_t data_size);

/* What it takes to verify one, in as many as of the cheapest, at least 1. */
unsigned signature_cost(uint8_t algorithm, const uint8_t *key, size_t key_size);

void nsec3_hash(uint8_t hash[NSEC3_HASH_BYTES], const struct name *name, uint16_t iterations,
                const uint8_t *salt, size_t salt_size);
/* The hash in the first label of an NSEC3 owner (base32hex). 0 or -1. */
int nsec3_owner_hash(uint8_t hash[NSEC3_HASH_BYTES], const struct name *owner);

#endif
