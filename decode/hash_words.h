/* hash_bytes() as inline steps, for loops that have the words at hand while they do something else
 * with them.
 *
 * Words are taken in pairs, a secret number is added to each, and the products of the pairs are
 * summed up: NH (Black, Halevi, Krawczyk, Krovetz and Rogaway: "UMAC", 1999), which gives the same
 * for two different inputs with a probability of at most 2^-63 over the choice of the secret. A
 * multilinear hash (Lemire and Kaser: "Strongly universal string hashing is fast", 2014) makes 64
 * bits of the sum's 128, any of which are as good as others. No hash is seen from outside, so that
 * nothing can be learned of the secret: what strangers send collides by chance alone. */
#ifndef DECODE_HASH_WORDS_H
#define DECODE_HASH_WORDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "decode/address.h"

__extension__ typedef unsigned __int128 hash_sum;

/* Longer ones are not for these steps. The last word has room for the size. */
#define HASH_BYTES_MAX 255
#define HASH_WORDS_MAX ((HASH_BYTES_MAX + 1) / 8)

struct hash_key {
    uint64_t words[HASH_WORDS_MAX];
    uint64_t finish[4];
};

/* Read it through hash_key(). */
extern struct hash_key hash_process_key;
extern atomic_bool hash_key_is_drawn;
void hash_draw_key(void);

/* The process's key, drawn on first use: what hash_bytes() works with. */
static inline const struct hash_key *hash_key(void)
{
    if (!atomic_load_explicit(&hash_key_is_drawn, memory_order_acquire))
        hash_draw_key();
    return &hash_process_key;
}

/* Eight octets as a little-endian word. */
static inline uint64_t hash_load(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void hash_store(uint8_t *bytes, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(bytes, &word, sizeof(word));
}

/* What the words number `at` (even) and the one behind it add to the sum. */
static inline hash_sum hash_pair(const struct hash_key *key, size_t at, uint64_t first,
                                 uint64_t second)
{
    return (hash_sum)(first + key->words[at]) * (second + key->words[at + 1]);
}

/* The last word: the last size % 8 octets in its low end, the size at the top. */
static inline uint64_t hash_last(uint64_t tail, size_t size)
{
    return tail | (uint64_t)size << 56;
}

static inline uint64_t hash_finish(const struct hash_key *key, hash_sum sum)
{
    uint64_t low = (uint64_t)sum, high = (uint64_t)(sum >> 64);
    hash_sum mixed =
        (hash_sum)low * key->finish[0] + (hash_sum)high * key->finish[1]; /* modulo 2^128 */

    return (uint64_t)(mixed >> 64) + low * key->finish[2] + high * key->finish[3];
}

/* hash_bytes() of the `count` words (fewer than HASH_WORDS_MAX), as a little-endian machine has
 * them in memory. */
static inline uint64_t hash_words(const uint64_t *words, size_t count)
{
    const struct hash_key *key = hash_key();
    uint64_t last = hash_last(0, 8 * count);
    hash_sum sum = 0;

    for (size_t at = 0; at + 1 < count; at += 2)
        sum += hash_pair(key, at, words[at], words[at + 1]);
    if (count % 2 == 0)
        sum += hash_pair(key, count, last, 0);
    else
        sum += hash_pair(key, count - 1, words[count - 1], last);
    return hash_finish(key, sum);
}

static inline uint64_t hash_address(const struct address *address)
{
    uint64_t words[2];

    memcpy(words, address, sizeof(words));
    return hash_words(words, 2);
}

#endif
