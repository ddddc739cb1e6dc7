/* The most frequent keys of a stream within a fixed room (Metwally et al., "space saving"): exact
 * while there are no more kinds of keys than room for them; after that the counts of the rare ones
 * err upwards and those of the frequent ones hardly. The same stream always gives the same tally.
 */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_KEY_BYTES 256
#define TALLY_ROOM      1024

struct tally;

struct tally_entry {
    uint64_t count;
    uint16_t size_bytes;
    uint8_t key[TALLY_KEY_BYTES];
};

struct tally *tally_new(void); /* NULL: out of memory */
void tally_free(struct tally *tally);

/* Keys of at most TALLY_KEY_BYTES. */
void tally_add(struct tally *tally, const void *key, size_t size_bytes);

/* The `count` most frequent at most, the most frequent first, ties by key. Returns how many. The
 * pointers live until the next tally_add(). */
size_t tally_top(const struct tally *tally, const struct tally_entry **top, size_t count);
bool tally_is_exact(const struct tally *tally);

#endif
