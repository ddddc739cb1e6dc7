#include "correlate/family.h"

#include <stdbool.h>
#include <string.h>

#include "decode/hash.h"
#include "decode/name.h"

/* Below a country's two letters these are nobody's names, but many parties' domain: what a label
 * holds is compared with its length before it. */
static bool is_registry(const uint8_t *label)
{
    static const char labels[][5] = {
        "\2ac",  "\2co",  "\2go",  "\2gr",  "\2id",  "\2lg",  "\2me",  "\2ne",  "\2or",
        "\3com", "\3edu", "\3gob", "\3gov", "\3ltd", "\3mil", "\3net", "\3nom", "\3org",
    };

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (memcmp(label, labels[i], 1 + *label) == 0)
            return true;
    return false;
}

const uint8_t *name_family(const uint8_t *name)
{
    const uint8_t *third = name, *family = name, *last = name;

    for (const uint8_t *label = name; *label != 0; label += 1 + *label) {
        third = family;
        family = last;
        last = label;
    }
    return *last == 2 && *family <= 3 && is_registry(family) ? third : family;
}

uint64_t name_family_hash(const uint8_t *name, size_t size)
{
    const uint8_t *family = name_family(name);

    return hash_bytes(family, size - (size_t)(family - name));
}

static bool ends_in(const uint8_t *name, size_t size, const uint8_t *end, size_t end_size)
{
    return size > end_size && memcmp(name + size - end_size, end, end_size) == 0;
}

uint64_t zone_family_hash(const uint8_t *zone, size_t size)
{
    static const uint8_t ipv4[] = "\7in-addr\4arpa", ipv6[] = "\3ip6\4arpa";
    unsigned labels, most;
    const uint8_t *family;

    if (ends_in(zone, size, ipv4, sizeof(ipv4)))
        most = 2 + 2;
    else if (ends_in(zone, size, ipv6, sizeof(ipv6)))
        most = 2 + 8;
    else
        return name_family_hash(zone, size);
    labels = name_labels(zone);
    family = name_ancestor(zone, labels < most ? labels : most);
    return hash_bytes(family, size - (size_t)(family - zone));
}
