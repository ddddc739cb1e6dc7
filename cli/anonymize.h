/* Hides clients: by cutting their addresses to a prefix, or by a keyed pseudonym, which is the same
 * for the same client and key, tells nothing without the key, and cannot be mistaken for a real
 * client: it lies in 100::/64, the discard prefix (RFC 6666). */
#ifndef CLI_ANONYMIZE_H
#define CLI_ANONYMIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "decode/address.h"

#define ANONYMIZE_KEY_MAX 4096

struct anonymizer {
    unsigned ipv4_bits;
    unsigned ipv6_bits;
    size_t key_size; /* 0: prefixes */
    uint8_t key[ANONYMIZE_KEY_MAX];
};

/* "prefix", "prefix:24,48" or "key:FILE". -1: *misused says whether it is the text that is wrong,
 * and not the file. */
int anonymizer_init(struct anonymizer *anonymizer, const char *text, bool *misused,
                    struct error *error);
/* Forgets the key. */
void anonymizer_clear(struct anonymizer *anonymizer);

/* Does each client get an address of its own? */
bool anonymizer_gives_pseudonyms(const struct anonymizer *anonymizer);

/* An anonymize_function; `context` is the anonymizer. */
struct address anonymizer_hide(void *context, const struct address *client);

#endif
