/* SipHash (Aumasson and Bernstein, 2012) as inline steps, for loops that have the words at hand
 * while they do something else with them. Everybody else calls hash_bytes(). */
#ifndef DECODE_SIPHASH_H
#define DECODE_SIPHASH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "decode/address.h"

struct siphash_key {
    uint64_t words[2];
};

struct siphash {
    uint64_t v0, v1, v2, v3;
};

/* Read them through hash_key(). */
extern struct siphash_key hash_process_key;
extern atomic_bool hash_key_is_drawn;
void hash_draw_key(void);

/* The process's key, drawn on first use: what hash_bytes() works with. */
static inline struct siphash_key hash_key(void)
{
    if (!atomic_load_explicit(&hash_key_is_drawn, memory_order_acquire))
        hash_draw_key();
    return hash_process_key;
}

/* Eight octets as the little-endian word that SipHash is defined on. */
static inline uint64_t siphash_load(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void siphash_store(uint8_t *bytes, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(bytes, &word, sizeof(word));
}

static inline uint64_t siphash_rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void siphash_round(struct siphash *state)
{
    state->v0 += state->v1;
    state->v2 += state->v3;
    state->v1 = siphash_rotate(state->v1, 13) ^ state->v0;
    state->v3 = siphash_rotate(state->v3, 16) ^ state->v2;
    state->v0 = siphash_rotate(state->v0, 32);
    state->v2 += state->v1;
    state->v0 += state->v3;
    state->v1 = siphash_rotate(state->v1, 17) ^ state->v2;
    state->v3 = siphash_rotate(state->v3, 21) ^ state->v0;
    state->v2 = siphash_rotate(state->v2, 32);
}

static inline void siphash_begin(struct siphash *state, const struct siphash_key *key)
{
    state->v0 = key->words[0] ^ 0x736f6d6570736575u;
    state->v1 = key->words[1] ^ 0x646f72616e646f6du;
    state->v2 = key->words[0] ^ 0x6c7967656e657261u;
    state->v3 = key->words[1] ^ 0x7465646279746573u;
}

static inline void siphash_word(struct siphash *state, uint64_t word, unsigned rounds)
{
    state->v3 ^= word;
    for (unsigned i = 0; i < rounds; i++)
        siphash_round(state);
    state->v0 ^= word;
}

/* `tail` holds the last size % 8 octets in its low end, zero above. */
static inline uint64_t siphash_end(struct siphash *state, uint64_t tail, size_t size,
                                   unsigned rounds, unsigned final_rounds)
{
    siphash_word(state, tail | (uint64_t)size << 56, rounds);
    state->v2 ^= 0xff;
    for (unsigned i = 0; i < final_rounds; i++)
        siphash_round(state);
    return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

/* hash_bytes() of the `count` words, as a little-endian machine has them in memory. */
static inline uint64_t siphash_words(const uint64_t *words, size_t count)
{
    struct siphash_key key = hash_key();
    struct siphash state;

    siphash_begin(&state, &key);
    for (size_t i = 0; i < count; i++)
        siphash_word(&state, words[i], 1);
    return siphash_end(&state, 0, 8 * count, 1, 3);
}

static inline uint64_t siphash_address(const struct address *address)
{
    uint64_t words[2];

    memcpy(words, address, sizeof(words));
    return siphash_words(words, 2);
}

#endif
