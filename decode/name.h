/* Domain names in wire format (RFC 1035 section 3.1): labels with their lengths, uncompressed, the
 * root label last, at most 255 octets. "Lower" names have ASCII letters folded (RFC 4343). */
#ifndef DECODE_NAME_H
#define DECODE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NAME_MAX_BYTES 255
/* The longest presentation format: every octet as \DDD, dots, NUL. */
#define NAME_TEXT_SIZE 1024

struct name {
    uint8_t size_bytes; /* 1 (the root) to 255; 0: no name */
    uint8_t bytes[NAME_MAX_BYTES];
};

/* Only as much of it as there is. */
static inline void name_copy(struct name *copy, const struct name *name)
{
    copy->size_bytes = name->size_bytes;
    memcpy(copy->bytes, name->bytes, name->size_bytes);
}

/* Puts a label of 1 to 63 octets before it. -1: it is too long for that. */
int name_prepend(struct name *name, const char *label);
/* Takes its first label off; not of the root. */
void name_behead(struct name *name);

/* Octets of the uncompressed name at `wire`, or 0 where it does not end within `limit` octets, is
 * over 255 octets, or holds a compression pointer or a label type other than 00. */
size_t name_measure(const uint8_t *wire, size_t limit);

/* Folds eight octets at once: adding to the seven low bits of an octet carries into its high bit
 * exactly when it reaches 'A', or passes 'Z'. Length octets are below 'A' and stay. */
static inline uint64_t name_fold_word(uint64_t word)
{
    const uint64_t each = 0x0101010101010101;
    uint64_t low = word & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each;
    uint64_t past_z = low + (0x7f - 'Z') * each;
    uint64_t upper = (from_a ^ past_z) & ~word & 0x80 * each;

    return word | upper >> 2;
}

/* Folds `size` octets of a name into `lower`. */
void name_lower(uint8_t *lower, const uint8_t *wire, size_t size);

/* Labels without the root's: 0 for ".". */
unsigned name_labels(const uint8_t *wire);

/* The ancestor of `wire` that has `labels` labels (<= name_labels()), a pointer into it. */
const uint8_t *name_ancestor(const uint8_t *wire, unsigned labels);
void name_set_ancestor(struct name *ancestor, const struct name *name, unsigned labels);

/* Both lower: is `name` `ancestor` itself or below it? */
bool name_is_within(const uint8_t *name, size_t name_size, const uint8_t *ancestor,
                    size_t ancestor_size);
bool name_equal(const struct name *a, const struct name *b); /* both lower */
/* Canonical order (RFC 4034 section 6.1) of lower names: <0, 0, >0. */
int name_compare(const struct name *a, const struct name *b);

/* Presentation format, absolute, with \DDD for what is not printable ASCII and \. etc. (RFC 4343
 * section 2.1): safe for a terminal. "" for no name. Returns `text`. */
const char *name_to_text(const uint8_t *wire, size_t size, char text[NAME_TEXT_SIZE]);
/* From presentation format, absolute or not, lower-cased. 0, or -1 if it is no name. */
int name_from_text(struct name *name, const char *text);

#endif
