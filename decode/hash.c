#include "decode/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "decode/siphash.h"

/* The only state of the process: without a key that strangers do not know, they fill one bucket. */
struct siphash_key hash_process_key;
atomic_bool hash_key_is_drawn;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void draw_key(void)
{
    struct timespec now;

    if (getrandom(&hash_process_key, sizeof(hash_process_key), 0) ==
        (ssize_t)sizeof(hash_process_key))
        return;
    /* No random source (a sandbox without the call): the clock and where things lie in memory are
     * still hard to guess from outside. */
    clock_gettime(CLOCK_REALTIME, &now);
    hash_process_key.words[0] = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    hash_process_key.words[1] = (uint64_t)(uintptr_t)&now ^ (uint64_t)(uintptr_t)&hash_process_key
                                                                << 20;
}

static void keep_key(void)
{
}

void hash_set_key(const uint8_t key[16])
{
    pthread_once(&key_once, keep_key);
    hash_process_key.words[0] = siphash_load(key);
    hash_process_key.words[1] = siphash_load(key + 8);
    atomic_store_explicit(&hash_key_is_drawn, true, memory_order_release);
}

void hash_draw_key(void)
{
    pthread_once(&key_once, draw_key);
    atomic_store_explicit(&hash_key_is_drawn, true, memory_order_release);
}

static inline uint64_t siphash(const struct siphash_key *key, const uint8_t *bytes, size_t size,
                               unsigned rounds, unsigned final_rounds)
{
    struct siphash state;
    size_t whole = size & ~(size_t)7;
    uint64_t tail = 0;

    siphash_begin(&state, key);
    for (size_t i = 0; i < whole; i += 8)
        siphash_word(&state, siphash_load(bytes + i), rounds);
    for (size_t i = whole; i < size; i++)
        tail |= (uint64_t)bytes[i] << 8 * (i - whole);
    return siphash_end(&state, tail, size, rounds, final_rounds);
}

uint64_t hash_bytes(const void *bytes, size_t size)
{
    const struct siphash_key key = hash_key();

    return siphash(&key, bytes, size, 1, 3);
}

uint64_t hash_stable(const void *bytes, size_t size)
{
    static const struct siphash_key zero;

    return siphash(&zero, bytes, size, 2, 4);
}
