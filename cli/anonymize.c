#include "cli/anonymize.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define IPV4_BITS_DEFAULT 24
#define IPV6_BITS_DEFAULT 48
#define KEY_MIN           16

static const uint8_t pseudonym_prefix[8] = {0x01}; /* 100::/64 */

static int read_key(struct anonymizer *anonymizer, const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    size_t size;
    int failure;

    if (file == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    errno = 0;
    size = fread(anonymizer->key, 1, sizeof(anonymizer->key), file);
    failure = ferror(file) ? errno : 0;
    fclose(file);
    if (failure != 0)
        return error_set(error, "%s: %s", path, strerror(failure));
    /* A key that was written with a line's end is the same without. */
    while (size > 0 && (anonymizer->key[size - 1] == '\n' || anonymizer->key[size - 1] == '\r'))
        size--;
    if (size < KEY_MIN)
        return error_set(error, "%s: a key has at least %d octets", path, KEY_MIN);
    anonymizer->key_size = size;
    return 0;
}

int anonymizer_init(struct anonymizer *anonymizer, const char *text, bool *misused,
                    struct error *error)
{
    char rest;

    *misused = false;
    *anonymizer =
        (struct anonymizer){.ipv4_bits = IPV4_BITS_DEFAULT, .ipv6_bits = IPV6_BITS_DEFAULT};
    if (strcmp(text, "prefix") == 0)
        return 0;
    if (strncmp(text, "key:", 4) == 0)
        return read_key(anonymizer, text + 4, error);
    if (sscanf(text, "prefix:%2u,%3u%c", &anonymizer->ipv4_bits, &anonymizer->ipv6_bits, &rest) ==
            2 &&
        anonymizer->ipv4_bits <= 32 && anonymizer->ipv6_bits <= 128)
        return 0;
    *misused = true;
    return error_set(error, "'%s' is none of prefix, prefix:V4BITS,V6BITS, key:FILE", text);
}

void anonymizer_clear(struct anonymizer *anonymizer)
{
    OPENSSL_cleanse(anonymizer, sizeof(*anonymizer));
}

static struct address cut(const struct address *client, unsigned bits)
{
    struct address hidden = *client;

    for (unsigned i = bits; i < 128; i++)
        hidden.bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
    return hidden;
}

static struct address pseudonym(const struct anonymizer *anonymizer, const struct address *client)
{
    uint8_t mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    struct address hidden;

    memcpy(hidden.bytes, pseudonym_prefix, sizeof(pseudonym_prefix));
    /* Without memory for it all clients become one: nothing is ever shown. */
    if (HMAC(EVP_sha256(), anonymizer->key, (int)anonymizer->key_size, client->bytes,
             sizeof(client->bytes), mac, &size) == NULL)
        memset(mac, 0, sizeof(mac));
    memcpy(hidden.bytes + 8, mac, 8);
    return hidden;
}

bool anonymizer_gives_pseudonyms(const struct anonymizer *anonymizer)
{
    return anonymizer->key_size > 0;
}

struct address anonymizer_hide(void *context, const struct address *client)
{
    const struct anonymizer *anonymizer = context;

    if (anonymizer_gives_pseudonyms(anonymizer))
        return pseudonym(anonymizer, client);
    if (address_is_ipv4(client))
        return cut(client, 96 + anonymizer->ipv4_bits);
    return cut(client, anonymizer->ipv6_bits);
}
