/* hash_bytes() as inline steps, for who has the words at hand while he does something else with
 * them.
 *
 * Words are taken in pairs, a secret number is added to each, and the products of the pairs are
 * summed up: NH (Black, Halevi, Krawczyk, Krovetz and Rogaway: "UMAC", 1999), which gives the same
 * for two different inputs with a probability of at most 2^-63 over the choice of the secret. The
 * words of what is no multiple of their size overlap. One more product, of the sum's two halves
 * under secrets of their own, mixes its 128 bits and is folded into 64, any of which are as good as
 * others (as Wang Yi's wyhash does it). No hash is seen from outside, so that nothing can be
 * learned of the secrets: what strangers send collides by chance alone.
 *
 * The pairs are:
 *   up to 7 octets   the octets as a word, and 0
 *   8 to 16          the first 8 octets, and the last 8
 *   more             the first 16, the last 16, and those between in steps of 16 as long as they
 *                    do not reach the end */
#ifndef DECODE_HASH_WORDS_H
#define DECODE_HASH_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "decode/address.h"

/* 128 bits. */
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 hash_sum;
#else
typedef struct {
    uint64_t low, high;
} hash_sum;
#endif

/* Longer ones are not for these steps. */
#define HASH_BYTES_MAX 255
#define HASH_WORDS_MAX ((HASH_BYTES_MAX + 1) / 8)

struct hash_key {
    uint64_t words[HASH_WORDS_MAX];
    uint64_t finish[2];
};

/* The process's key: what hash_bytes() works with. Drawn before main() begins, so that no hash has
 * to ask whether it is there. */
extern struct hash_key hash_process_key;

static inline const struct hash_key *hash_key(void)
{
    return &hash_process_key;
}

/* What a little-endian machine makes of the octets of a word in memory, and back. */
static inline uint64_t hash_word(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Eight octets as a little-endian word. */
static inline uint64_t hash_load(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return hash_word(word);
}

static inline void hash_store(uint8_t *bytes, uint64_t word)
{
    word = hash_word(word);
    memcpy(bytes, &word, sizeof(word));
}

#ifdef __SIZEOF_INT128__
static inline hash_sum hash_multiply(uint64_t first, uint64_t second)
{
    return (hash_sum)first * second;
}

static inline hash_sum hash_add(hash_sum sum, hash_sum product)
{
    return sum + product;
}

static inline uint64_t hash_low(hash_sum sum)
{
    return (uint64_t)sum;
}

static inline uint64_t hash_high(hash_sum sum)
{
    return (uint64_t)(sum >> 64);
}
#else
/* By halves, as on paper. */
static inline hash_sum hash_multiply(uint64_t first, uint64_t second)
{
    uint64_t low = (first & UINT32_MAX) * (second & UINT32_MAX);
    uint64_t inner = (first >> 32) * (second & UINT32_MAX) + (low >> 32);
    uint64_t outer = (first & UINT32_MAX) * (second >> 32) + (inner & UINT32_MAX);
    uint64_t high = (first >> 32) * (second >> 32) + (inner >> 32) + (outer >> 32);

    return (hash_sum){.low = outer << 32 | (low & UINT32_MAX), .high = high};
}

static inline hash_sum hash_add(hash_sum sum, hash_sum product)
{
    sum.low += product.low;
    sum.high += product.high + (sum.low < product.low);
    return sum;
}

static inline uint64_t hash_low(hash_sum sum)
{
    return sum.low;
}

static inline uint64_t hash_high(hash_sum sum)
{
    return sum.high;
}
#endif

/* What the pair number `at` adds to the sum: the first is 0, the last 1, those between follow. */
static inline hash_sum hash_pair(const struct hash_key *key, size_t at, uint64_t first,
                                 uint64_t second)
{
    return hash_multiply(first + key->words[2 * at], second + key->words[2 * at + 1]);
}

/* The words and the size together are all of the input. */
static inline uint64_t hash_finish(const struct hash_key *key, hash_sum sum, size_t size)
{
    uint64_t low = hash_low(sum) ^ key->finish[0];
    uint64_t high = hash_high(sum) ^ key->finish[1] ^ size;
    hash_sum mixed = hash_multiply(low, high);

    return hash_low(mixed) ^ hash_high(mixed);
}

/* hash_bytes() of the octets of `count` words (2 at least, fewer than HASH_WORDS_MAX). */
static inline uint64_t hash_words(const uint64_t *words, size_t count)
{
    const struct hash_key *key = hash_key();
    hash_sum sum = hash_pair(key, 0, hash_word(words[0]), hash_word(words[1]));

    for (size_t at = 2; at + 2 < count; at += 2)
        sum = hash_add(sum,
                       hash_pair(key, at / 2 + 1, hash_word(words[at]), hash_word(words[at + 1])));
    if (count > 2)
        sum = hash_add(sum,
                       hash_pair(key, 1, hash_word(words[count - 2]), hash_word(words[count - 1])));
    return hash_finish(key, sum, 8 * count);
}

static inline uint64_t hash_address(const struct address *address)
{
    uint64_t words[2];

    memcpy(words, address, sizeof(words));
    return hash_words(words, 2);
}

#endif
