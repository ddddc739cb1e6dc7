#include "correlate/presumption.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/family.h"
#include "correlate/table.h"
#include "decode/hash.h"
#include "decode/hash_words.h"

/* What a server was asked for in vain. */
struct asked {
    uint64_t family;
    uint64_t part;      /* of the party's domain: hash of the label below it, 0: none yet */
    bool several_parts; /* then what it serves is not below one of them */
    bool serves_above;  /* or more than this party's */
};

struct presumptions {
    struct table *servers;
};

struct presumptions *presumptions_new(uint64_t memory_bytes)
{
    struct presumptions *presumptions = calloc(1, sizeof(*presumptions));
    uint32_t capacity = (uint32_t)(memory_bytes / table_slot_cost(sizeof(struct asked)) + 16);

    if (!presumptions)
        return NULL;
    presumptions->servers = table_new(sizeof(struct asked), capacity, NULL, NULL);
    if (!presumptions->servers) {
        free(presumptions);
        return NULL;
    }
    return presumptions;
}

void presumptions_free(struct presumptions *presumptions)
{
    if (!presumptions)
        return;
    table_free(presumptions->servers);
    free(presumptions);
}

/* The label before the family, 0: there is none. */
static uint64_t part_of(const struct name *name, const uint8_t *family)
{
    const uint8_t *label = name->bytes;

    if (label == family)
        return 0;
    while (label + 1 + *label != family)
        label += 1 + *label;
    return hash_bytes(label, 1 + (size_t)*label);
}

void presumptions_note(struct presumptions *presumptions, const struct address *server,
                       const struct name *name, bool on_the_way)
{
    const uint8_t *start = name_family(name->bytes);
    uint64_t family = hash_bytes(start, name->size_bytes - (size_t)(start - name->bytes));
    uint64_t part = part_of(name, start), key = hash_address(server);
    struct asked *asked = table_find(presumptions->servers, key);

    if (!asked) {
        asked = table_add_first(presumptions->servers, key, family);
        asked->family = family;
    }
    table_touch(presumptions->servers, asked);
    asked->serves_above |= asked->family != family || (on_the_way && part == 0);
    asked->several_parts |= asked->part && part && asked->part != part;
    if (part)
        asked->part = part;
}

bool presumptions_hold(const struct presumptions *presumptions, const struct blamed_server *servers,
                       size_t count, const struct name *name)
{
    uint64_t family = name_family_hash(name->bytes, name->size_bytes);
    bool hold = false;

    for (size_t i = 0; i < count; i++) {
        const struct asked *asked =
            table_find(presumptions->servers, hash_address(&servers[i].address));

        if (!asked)
            continue;
        if (asked->serves_above || asked->family != family)
            return false;
        hold |= asked->several_parts;
    }
    return hold;
}
