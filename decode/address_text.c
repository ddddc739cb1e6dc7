/* inet_ntop(3) prints each group by printf(3): ten times slower, and addresses are most of what is
 * stored and printed. Its text is what this writes. */
#include <arpa/inet.h>
#include <stdbool.h>

#include "decode/address.h"

#define GROUPS 8

static char *put_decimal(char *at, unsigned octet)
{
    if (octet >= 100)
        *at++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

static char *put_ipv4(char *at, const uint8_t *octets)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_decimal(at, octets[i]);
    }
    return at;
}

/* Without leading zeros, in lower case (RFC 5952 sections 4.1 and 4.3). */
static char *put_hexadecimal(char *at, unsigned group)
{
    static const char digits[] = "0123456789abcdef";

    for (int shift = 12; shift > 0; shift -= 4) {
        if (group >> shift != 0)
            *at++ = digits[group >> shift & 0xf];
    }
    *at++ = digits[group & 0xf];
    return at;
}

/* The longest run of groups that are 0, of equal ones the first; a single one is none (RFC 5952
 * section 4.2). */
static void find_zeros(const uint16_t *groups, int *begin, int *count)
{
    int run = 0;

    *begin = GROUPS;
    *count = 1;
    for (int i = 0; i < GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *count) {
            *count = run;
            *begin = i + 1 - run;
        }
    }
}

static char *put_ipv6(char *at, const uint8_t *octets)
{
    uint16_t groups[GROUPS];
    int zeros, zero_count, i = 0;

    for (int j = 0; j < GROUPS; j++)
        groups[j] = (uint16_t)(octets[2 * j] << 8 | octets[2 * j + 1]);
    find_zeros(groups, &zeros, &zero_count);
    while (i < GROUPS) {
        if (i == zeros) {
            *at++ = ':';
            i += zero_count;
            if (i == GROUPS)
                *at++ = ':';
            continue;
        }
        if (i > 0)
            *at++ = ':';
        if (i == GROUPS - 2 && zeros == 0 && zero_count == i) /* IPv4-compatible */
            return put_ipv4(at, octets + 12);
        at = put_hexadecimal(at, groups[i++]);
    }
    return at;
}

const char *address_to_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    char *end = address_is_ipv4(address) ? put_ipv4(text, address->bytes + 12)
                                         : put_ipv6(text, address->bytes);

    *end = '\0';
    return text;
}

int address_from_text(struct address *address, const char *text)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1) {
        *address = address_from_ipv4(bytes);
        return 0;
    }
    if (inet_pton(AF_INET6, text, bytes) == 1) {
        *address = address_from_ipv6(bytes);
        return 0;
    }
    return -1;
}
