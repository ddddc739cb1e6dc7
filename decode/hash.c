#include "decode/hash.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "decode/hash_words.h"

struct siphash_key {
    uint64_t words[2];
};

/* The only state of the process: without a key that strangers do not know, they fill one bucket. */
struct hash_key hash_process_key;

/* SipHash (Aumasson and Bernstein, 2012). */
struct siphash {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void siphash_round(struct siphash *state)
{
    state->v0 += state->v1;
    state->v2 += state->v3;
    state->v1 = rotate(state->v1, 13) ^ state->v0;
    state->v3 = rotate(state->v3, 16) ^ state->v2;
    state->v0 = rotate(state->v0, 32);
    state->v2 += state->v1;
    state->v0 += state->v3;
    state->v1 = rotate(state->v1, 17) ^ state->v2;
    state->v3 = rotate(state->v3, 21) ^ state->v0;
    state->v2 = rotate(state->v2, 32);
}

static inline void siphash_word(struct siphash *state, uint64_t word, unsigned rounds)
{
    state->v3 ^= word;
    for (unsigned i = 0; i < rounds; i++)
        siphash_round(state);
    state->v0 ^= word;
}

static inline uint64_t siphash(const struct siphash_key *key, const uint8_t *bytes, size_t size,
                               unsigned rounds, unsigned final_rounds)
{
    struct siphash state = {
        .v0 = key->words[0] ^ 0x736f6d6570736575u,
        .v1 = key->words[1] ^ 0x646f72616e646f6du,
        .v2 = key->words[0] ^ 0x6c7967656e657261u,
        .v3 = key->words[1] ^ 0x7465646279746573u,
    };
    size_t whole = size & ~(size_t)7;
    uint64_t tail = 0;

    for (size_t i = 0; i < whole; i += 8)
        siphash_word(&state, hash_load(bytes + i), rounds);
    for (size_t i = whole; i < size; i++)
        tail |= (uint64_t)bytes[i] << 8 * (i - whole);
    siphash_word(&state, tail | (uint64_t)size << 56, rounds);
    state.v2 ^= 0xff;
    for (unsigned i = 0; i < final_rounds; i++)
        siphash_round(&state);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

/* A key of any length out of a short one: SipHash is a pseudorandom function. */
static void spread_key(const struct siphash_key *seed)
{
    uint64_t words[sizeof(hash_process_key) / sizeof(uint64_t)];

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint8_t number[8];

        hash_store(number, i);
        words[i] = siphash(seed, number, sizeof(number), 2, 4);
    }
    memcpy(&hash_process_key, words, sizeof(hash_process_key));
}

static __attribute__((constructor)) void draw_key(void)
{
    struct siphash_key seed;
    struct timespec now;

    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        /* No random source (a sandbox without the call): the clock and where things lie in memory
         * are still hard to guess from outside. */
        clock_gettime(CLOCK_REALTIME, &now);
        seed.words[0] = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
        seed.words[1] = (uint64_t)(uintptr_t)&now ^ (uint64_t)(uintptr_t)&hash_process_key << 20;
    }
    spread_key(&seed);
}

void hash_set_key(const uint8_t key[16])
{
    const struct siphash_key seed = {{hash_load(key), hash_load(key + 8)}};

    spread_key(&seed);
}

/* Fewer than 8 octets as a word. */
static uint64_t load_few(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;

    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static hash_sum sum_up(const struct hash_key *key, const uint8_t *bytes, size_t size)
{
    const uint8_t *end = bytes + size;
    hash_sum sum;

    if (size < 8)
        return hash_pair(key, 0, load_few(bytes, size), 0);
    if (size <= 16)
        return hash_pair(key, 0, hash_load(bytes), hash_load(end - 8));
    sum = hash_pair(key, 0, hash_load(bytes), hash_load(bytes + 8));
    for (size_t at = 16; at + 16 < size; at += 16)
        sum = hash_add(
            sum, hash_pair(key, at / 16 + 1, hash_load(bytes + at), hash_load(bytes + at + 8)));
    return hash_add(sum, hash_pair(key, 1, hash_load(end - 16), hash_load(end - 8)));
}

uint64_t hash_bytes(const void *bytes, size_t size)
{
    const struct hash_key *key = hash_key();

    if (size > HASH_BYTES_MAX)
        return siphash(&(struct siphash_key){{key->finish[0], key->finish[1]}}, bytes, size, 1, 3);
    return hash_finish(key, sum_up(key, bytes, size), size);
}

uint64_t hash_stable(const void *bytes, size_t size)
{
    static const struct siphash_key zero;

    return siphash(&zero, bytes, size, 2, 4);
}

static uint64_t mix_word(uint64_t mix, uint64_t word)
{
    mix = (mix ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return mix ^ mix >> 32;
}

uint64_t hash_unkeyed(const uint8_t *bytes, size_t size, uint64_t seed)
{
    for (; size >= sizeof(uint64_t); bytes += sizeof(uint64_t), size -= sizeof(uint64_t))
        seed = mix_word(seed, hash_load(bytes));
    return size > 0 ? mix_word(seed, load_few(bytes, size)) : seed;
}
