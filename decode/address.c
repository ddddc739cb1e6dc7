#include "decode/address.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define IPV4_OFFSET_BITS 96

static const uint8_t ipv4_mapped[12] = {[10] = 0xff, [11] = 0xff};

/* A registry row. `use` is NULL for a block inside a special one that works like any other. */
struct special_block {
    uint8_t prefix[16];
    uint8_t bits;
    const char *use;
};

/* The IANA IPv4 special-purpose address registry (RFC 6890), multicast and the reserved rest. The
 * first row that holds the address decides, so the longer prefixes come first. */
static const struct special_block ipv4_blocks[] = {
    {{0, 0, 0, 0}, 32, "unspecified"},
    {{0}, 8, "this-host"},
    {{10}, 8, "private"},
    {{100, 64}, 10, "shared"},
    {{127}, 8, "loopback"},
    {{169, 254}, 16, "link-local"},
    {{172, 16}, 12, "private"},
    {{192, 0, 0, 9}, 32, NULL},  /* Port Control Protocol anycast */
    {{192, 0, 0, 10}, 32, NULL}, /* TURN anycast */
    {{192, 0, 0}, 24, "protocol-assignment"},
    {{192, 0, 2}, 24, "documentation"},
    {{192, 88, 99}, 24, "6to4-relay"},
    {{192, 168}, 16, "private"},
    {{198, 18}, 15, "benchmarking"},
    {{198, 51, 100}, 24, "documentation"},
    {{203, 0, 113}, 24, "documentation"},
    {{224}, 4, "multicast"},
    {{255, 255, 255, 255}, 32, "broadcast"},
    {{240}, 4, "reserved"},
};

/* The IANA IPv6 special-purpose address registry, multicast, and all that is not global unicast. */
static const struct special_block ipv6_blocks[] = {
    {{0}, 128, "unspecified"},
    {{[15] = 1}, 128, "loopback"},
    {{[10] = 0xff, [11] = 0xff}, 96, "ipv4-mapped"},
    {{0}, 96, "ipv4-compatible"},
    {{0x00, 0x64, 0xff, 0x9b}, 96, "nat64"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "nat64"},
    {{0x01, 0x00}, 64, "discard-only"},
    {{0x01, 0x00, [7] = 1}, 64, "dummy"},
    {{0x20, 0x01}, 32, "teredo"},
    {{0x20, 0x01, 0x00, 0x01, [15] = 1}, 128, NULL}, /* Port Control Protocol anycast */
    {{0x20, 0x01, 0x00, 0x01, [15] = 2}, 128, NULL}, /* TURN anycast */
    {{0x20, 0x01, 0x00, 0x01, [15] = 3}, 128, NULL}, /* DNS-SD service registration anycast */
    {{0x20, 0x01, 0x00, 0x02}, 48, "benchmarking"},
    {{0x20, 0x01, 0x00, 0x03}, 32, NULL},             /* AMT */
    {{0x20, 0x01, 0x00, 0x04, 0x01, 0x12}, 48, NULL}, /* AS112 */
    {{0x20, 0x01, 0x00, 0x10}, 28, "orchid"},
    {{0x20, 0x01, 0x00, 0x20}, 28, "orchid"},
    {{0x20, 0x01, 0x00, 0x30}, 28, "drone-remote-id"},
    {{0x20, 0x01}, 23, "protocol-assignment"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x20, 0x02}, 16, "6to4"},
    {{0x3f, 0xff}, 20, "documentation"},
    {{0x20}, 3, NULL}, /* global unicast, all that is given out so far */
    {{0x5f, 0x00}, 16, "segment-routing"},
    {{0xfc}, 7, "unique-local"},
    {{0xfe, 0x80}, 10, "link-local"},
    {{0xfe, 0xc0}, 10, "site-local"},
    {{0xff}, 8, "multicast"},
    {{0}, 0, "reserved"},
};

bool address_is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, ipv4_mapped, sizeof(ipv4_mapped)) == 0;
}

static char *put_octet(char *at, unsigned octet)
{
    if (octet >= 100)
        *at++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

/* inet_ntop() prints by sprintf(), which takes ten times as long. */
static void ipv4_to_text(const uint8_t bytes[4], char text[ADDRESS_TEXT_SIZE])
{
    char *at = put_octet(text, bytes[0]);

    for (int i = 1; i < 4; i++) {
        *at++ = '.';
        at = put_octet(at, bytes[i]);
    }
    *at = '\0';
}

const char *address_to_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    if (address_is_ipv4(address))
        ipv4_to_text(address->bytes + 12, text);
    else
        inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT_SIZE);
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

static bool begins_alike(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned rest = bits % 8;

    /* Nearly all differ in the first octet. */
    if (whole > 0 && (bytes[0] != prefix[0] || memcmp(bytes, prefix, whole) != 0))
        return false;
    return rest == 0 || (bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static bool in_block(const uint8_t *bytes, const struct special_block *block)
{
    return begins_alike(bytes, block->prefix, block->bits);
}

int prefix_from_text(struct prefix *prefix, const char *text)
{
    const char *slash = strchr(text, '/'), *digits;
    char address[ADDRESS_TEXT_SIZE];
    unsigned offset;
    size_t count;

    if (slash == NULL || (size_t)(slash - text) >= sizeof(address))
        return -1;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    digits = slash + 1;
    count = strspn(digits, "0123456789");
    if (address_from_text(&prefix->address, address) < 0 || count == 0 || count > 3 ||
        digits[count] != '\0')
        return -1;
    offset = strchr(address, ':') == NULL ? IPV4_OFFSET_BITS : 0;
    prefix->bits = (unsigned)atoi(digits) + offset;
    return prefix->bits <= 8 * sizeof(prefix->address.bytes) ? 0 : -1;
}

bool prefix_holds(const struct prefix *prefix, const struct address *address)
{
    /* ::/0 is all of IPv6. */
    if (prefix->bits < IPV4_OFFSET_BITS && address_is_ipv4(address))
        return false;
    return begins_alike(address->bytes, prefix->address.bytes, prefix->bits);
}

static const char *look_up(const uint8_t *bytes, const struct special_block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (in_block(bytes, &blocks[i]))
            return blocks[i].use;
    return NULL;
}

const char *address_special_use(const struct address *address, bool is_aaaa)
{
    if (address_is_ipv4(address) && !is_aaaa)
        return look_up(address->bytes + 12, ipv4_blocks,
                       sizeof(ipv4_blocks) / sizeof(ipv4_blocks[0]));
    return look_up(address->bytes, ipv6_blocks, sizeof(ipv6_blocks) / sizeof(ipv6_blocks[0]));
}
