#include "correlate/aliases.h"

#include <stdlib.h>
#include <string.h>

#include "correlate/exchange.h"
#include "correlate/family.h"
#include "decode/codes.h"
#include "decode/hash.h"
#include "decode/records.h"

/* For dividing memory: what a target takes, with what the allocator adds. */
#define TARGET_TYPICAL_BYTES 48
/* How often what is in use is made the youngest again. */
#define TOUCH_NS (10 * SECOND_NS)
/* No resolver keeps a record for longer. */
#define TTL_MAX (7 * 86400)

struct alias {
    int64_t until_ns;
    uint8_t *target;
    uint8_t target_bytes;
};

struct aliases {
    struct table *table; /* by owner and type */
    uint64_t target_bytes, target_limit_bytes;
};

static size_t target_cost(size_t size)
{
    return size + 2 * sizeof(void *);
}

static void release_alias(void *context, void *slot)
{
    struct aliases *aliases = context;
    struct alias *alias = slot;

    if (alias->target)
        aliases->target_bytes -= target_cost(alias->target_bytes);
    free(alias->target);
}

struct aliases *aliases_new(uint64_t memory_bytes)
{
    struct aliases *aliases = calloc(1, sizeof(*aliases));
    size_t cost = table_slot_cost(sizeof(struct alias)) + TARGET_TYPICAL_BYTES;
    uint32_t capacity = (uint32_t)(memory_bytes / cost + 16);

    if (!aliases)
        return NULL;
    aliases->target_limit_bytes = (uint64_t)capacity * TARGET_TYPICAL_BYTES;
    aliases->table = table_new(sizeof(struct alias), capacity, release_alias, aliases);
    if (!aliases->table) {
        free(aliases);
        return NULL;
    }
    return aliases;
}

void aliases_free(struct aliases *aliases)
{
    if (!aliases)
        return;
    table_free(aliases->table);
    free(aliases);
}

static uint64_t alias_key(uint64_t owner_hash, uint16_t type)
{
    return hash_mix(owner_hash, type);
}

static bool leads_to(const struct alias *alias, const struct name *target)
{
    return alias->target && alias->target_bytes == target->size_bytes &&
           memcmp(alias->target, target->bytes, target->size_bytes) == 0;
}

static int64_t end_of_life(const struct event *event, uint32_t ttl)
{
    return event->time_ns + (ttl < TTL_MAX ? ttl : TTL_MAX) * SECOND_NS;
}

/* Out of memory: it leads nowhere. */
static void set_target(struct aliases *aliases, struct alias *alias, const struct name *target)
{
    release_alias(aliases, alias);
    alias->target = malloc(target->size_bytes);
    if (!alias->target)
        return;
    memcpy(alias->target, target->bytes, target->size_bytes);
    alias->target_bytes = target->size_bytes;
    aliases->target_bytes += target_cost(target->size_bytes);
}

static void enter(struct aliases *aliases, uint64_t key, const struct name *owner,
                  const struct name *target, int64_t until_ns)
{
    struct alias *alias = table_find(aliases->table, key);

    if (!alias)
        alias =
            table_add_first(aliases->table, key, name_family_hash(owner->bytes, owner->size_bytes));
    else if (until_ns - alias->until_ns > TOUCH_NS)
        table_touch(aliases->table, alias);
    alias->until_ns = until_ns;
    if (leads_to(alias, target))
        return;
    set_target(aliases, alias, target);
    /* The one that has grown may be among them. */
    while (aliases->target_bytes > aliases->target_limit_bytes)
        table_evict(aliases->table);
}

static bool is_above(const struct name *owner, const struct name *name)
{
    return name->size_bytes > owner->size_bytes &&
           name_is_within(name->bytes, name->size_bytes, owner->bytes, owner->size_bytes);
}

static bool is_believed(const struct name *owner, const struct name *qname, unsigned zone_labels)
{
    const uint8_t *zone;

    if (zone_labels == LABELS_UNKNOWN)
        return is_above(owner, qname);
    zone = name_ancestor(qname->bytes, zone_labels);
    return name_is_within(owner->bytes, owner->size_bytes, zone,
                          qname->size_bytes - (size_t)(zone - qname->bytes));
}

/* Returns whether the name asked lies below one. */
static bool enter_dnames(struct aliases *aliases, const struct event *event, unsigned zone_labels)
{
    const struct dns_message *message = &event->dns;
    struct records records;
    struct record record;
    struct name target;
    bool above = false;

    records_begin_behind(&records, message->wire, message->size_bytes, &message->qname);
    while (records_next_in(&records, SECTION_ANSWER, &record)) {
        if (record.type != TYPE_DNAME || !record_owner(&records, &record) ||
            record_name(&records, &record, 0, &target) < 0)
            continue;
        above |= is_above(&record.owner, &message->qname);
        if (is_believed(&record.owner, &message->qname, zone_labels))
            enter(aliases,
                  alias_key(hash_bytes(record.owner.bytes, record.owner.size_bytes), TYPE_DNAME),
                  &record.owner, &target, end_of_life(event, record.ttl));
    }
    return above;
}

void aliases_see_answer(struct aliases *aliases, const struct event *event,
                        const struct answer *answer, unsigned zone_labels)
{
    const struct dns_message *message = &event->dns;

    if (answer->dname && enter_dnames(aliases, event, zone_labels))
        return;
    enter(aliases, alias_key(message->qname_hash, TYPE_CNAME), &message->qname, &answer->target,
          end_of_life(event, answer->alias_ttl));
}

static const struct alias *find(const struct aliases *aliases, uint64_t owner_hash, uint16_t type,
                                int64_t time_ns)
{
    const struct alias *alias = table_find(aliases->table, alias_key(owner_hash, type));

    return alias && alias->target && time_ns <= alias->until_ns ? alias : NULL;
}

/* The name with its part below the owner, `prefix_bytes`, before the target. */
static bool substitute(const struct name *name, size_t prefix_bytes, const struct alias *alias,
                       struct name *target)
{
    size_t size = prefix_bytes + alias->target_bytes;

    if (size > NAME_MAX_BYTES)
        return false;
    memcpy(target->bytes, name->bytes, prefix_bytes);
    memcpy(target->bytes + prefix_bytes, alias->target, alias->target_bytes);
    target->size_bytes = (uint8_t)size;
    return true;
}

bool aliases_follow(const struct aliases *aliases, const struct name *name, int64_t time_ns,
                    struct name *target)
{
    const uint8_t *end = name->bytes + name->size_bytes;
    const struct alias *alias =
        find(aliases, hash_bytes(name->bytes, name->size_bytes), TYPE_CNAME, time_ns);

    if (alias)
        return substitute(name, 0, alias, target);
    for (const uint8_t *above = name->bytes; *above != 0;) {
        above += 1 + *above;
        alias = find(aliases, hash_bytes(above, (size_t)(end - above)), TYPE_DNAME, time_ns);
        if (alias)
            return substitute(name, (size_t)(above - name->bytes), alias, target);
    }
    return false;
}

void aliases_count(const struct aliases *aliases, struct table_fill *fill)
{
    table_count(aliases->table, fill);
}
