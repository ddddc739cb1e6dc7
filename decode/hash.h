/* Keyed hashes for tables that strangers can fill: see hash_words.h; SipHash-1-3 over what is
 * longer than a name can be. The key is drawn at random when a process begins, therefore no hash
 * value may reach output or decide an order. */
#ifndef DECODE_HASH_H
#define DECODE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Fixes the key (tests that want a repeatable run), before anything is hashed and any decoder made.
 */
void hash_set_key(const uint8_t key[16]);
uint64_t hash_bytes(const void *bytes, size_t size);

/* Not keyed, the same in every process and version: SipHash-2-4 with a zero key. Identities only.
 */
uint64_t hash_stable(const void *bytes, size_t size);

/* Not keyed either, and quick: where what strangers make collide takes another's place in a table,
 * and which that is has to be the same in each run. No more than that may follow from it. */
uint64_t hash_unkeyed(const uint8_t *bytes, size_t size, uint64_t seed);

/* Mixes a second value into a hash that is keyed already. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
    hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

#endif
