/* An IP address as a value: 16 bytes, IPv4 mapped into ::ffff:0:0/96, so that addresses compare and
 * hash without a family (a host that is told to send to ::ffff:192.0.2.1 sends IPv4, too). */
#ifndef DECODE_ADDRESS_H
#define DECODE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct address {
    uint8_t bytes[16];
};

#define ADDRESS_TEXT_SIZE 46 /* as INET6_ADDRSTRLEN */

static inline bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* What orders addresses in output: IPv4 first, then by value. <0, 0, >0. */
static inline int address_compare(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* In two halves: what is read as words soon after was written as such. */
static inline struct address address_from_ipv4(const uint8_t bytes[4])
{
    struct address address = {{0}};
    uint8_t mapped[8] = {[2] = 0xff, [3] = 0xff};

    memcpy(mapped + 4, bytes, 4);
    memcpy(address.bytes + 8, mapped, 8);
    return address;
}

static inline struct address address_from_ipv6(const uint8_t bytes[16])
{
    struct address address;

    memcpy(address.bytes, bytes, sizeof(address.bytes));
    return address;
}

bool address_is_ipv4(const struct address *address);

/* Presentation format (RFC 5952 for IPv6), NUL-terminated. Returns `text`. */
const char *address_to_text(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
/* 0, or -1 if it is no address. */
int address_from_text(struct address *address, const char *text);

/* A block of addresses. */
struct prefix {
    struct address address;
    unsigned bits; /* of the 16 bytes: an IPv4 /24 is 120 */
};

/* "192.0.2.0/24", "2001:db8::/32"; what stands behind the prefix's bits means nothing. 0, or -1 if
 * it is none. */
int prefix_from_text(struct prefix *prefix, const char *text);
bool prefix_holds(const struct prefix *prefix, const struct address *address);

/* Why a nameserver cannot be reached at this address over the public network or at all, as the
 * registries say (RFC 6890 and the IANA special-purpose registries): "loopback", "unspecified",
 * "link-local", "multicast", "documentation", "reserved", "private", "unique-local", "nat64",
 * "this-host", "ipv4-mapped" ... NULL: an ordinary global address. `is_aaaa` says that the address
 * came out of an AAAA record, where ::ffff:0:0/96 is "ipv4-mapped". Private and unique-local are
 * named too; whether they work is the reader's knowledge. */
const char *address_special_use(const struct address *address, bool is_aaaa);

#endif
