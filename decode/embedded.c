#include "decode/embedded.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NIBBLES_OF_IPV4 8
#define NIBBLES_OF_IPV6 16 /* half of an address tells the network, and often the host */
#define NIBBLES_OF_SITE 12 /* more of them are one household's */

static const uint8_t ip6_arpa[] = "\3ip6\4arpa";

/* A number up to 255 at the start of `text`: how many digits it has. 0: none. */
static size_t octet_digits(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits >= 1 && digits <= 3 && strtol(text, NULL, 10) <= 255 ? digits : 0;
}

/* Four numbers up to 255 with single separators between them, not part of a longer number. */
static bool holds_dotted_quad(const char *text)
{
    for (const char *start = text; *start != '\0'; start++) {
        const char *at = start;
        unsigned numbers = 0;
        size_t digits;

        if (start > text && isdigit((unsigned char)start[-1]))
            continue;
        while ((digits = octet_digits(at)) > 0) {
            at += digits;
            if (++numbers == 4 && !isdigit((unsigned char)*at))
                return true;
            if (*at == '\0' || strchr("-._x", *at) == NULL)
                break;
            at++;
        }
    }
    return false;
}

/* Eight hexadecimal digits that stand alone, or sixteen and more with separators between them
 * (nibbles in ip6.arpa, groups with hyphens). Words of the letters a to f are none: some have to be
 * figures. */
static bool holds_hexadecimal(const char *text)
{
    size_t run = 0, run_digits = 0, all = 0, all_digits = 0;

    for (;; text++) {
        if (isxdigit((unsigned char)*text)) {
            bool digit = isdigit((unsigned char)*text) != 0;

            run++;
            all++;
            run_digits += digit;
            all_digits += digit;
            continue;
        }
        if ((all >= NIBBLES_OF_IPV6 && all_digits >= 4) ||
            (run == NIBBLES_OF_IPV4 && run_digits >= 2))
            return true;
        if (*text == '\0')
            return false;
        run = run_digits = 0;
        if (strchr("-._", *text) == NULL)
            all = all_digits = 0;
    }
}

/* How many labels of one nibble stand right before "ip6.arpa". */
static unsigned reverse_nibbles(const struct name *name)
{
    unsigned labels = name_labels(name->bytes), nibbles = 0;

    if (!name_is_within(name->bytes, name->size_bytes, ip6_arpa, sizeof(ip6_arpa)))
        return 0;
    while (nibbles + 2 < labels) {
        const uint8_t *label = name_ancestor(name->bytes, nibbles + 3);

        if (label[0] != 1 || !isxdigit(label[1]))
            break;
        nibbles++;
    }
    return nibbles;
}

bool name_holds_address(const struct name *name)
{
    char text[NAME_TEXT_SIZE];
    size_t size = name->size_bytes;
    unsigned nibbles;

    if (size == 0)
        return false;
    nibbles = reverse_nibbles(name);
    if (nibbles > NIBBLES_OF_SITE)
        return true;
    /* Four nibbles in a row may look like an IPv4 address. */
    if (nibbles > 0)
        size -= 2 * nibbles + sizeof(ip6_arpa);
    name_to_text(name->bytes, size, text);
    return holds_dotted_quad(text) || holds_hexadecimal(text);
}
