#include "correlate/missing_hosts.h"

#include <stdio.h>

#include "correlate/outcome.h"
#include "decode/codes.h"

/* No top-level domain is a number (RFC 3696 section 2): resolvers need not ask for what ends in
 * one, such as an address where a name should be. */
static bool ends_in_a_number(const uint8_t *name)
{
    const uint8_t *last = *name ? name_ancestor(name, 1) : name;

    for (unsigned i = 1; i <= *last; i++)
        if (last[i] < '0' || last[i] > '9')
            return false;
    return *last != 0;
}

/* Did the resolver learn earlier that there is no such address? */
static bool was_denied(const struct inquiry *inquiry, const uint8_t *name, size_t size,
                       uint16_t qtype)
{
    int index = inquiry_find_target(inquiry, name, size, qtype);
    const struct target *target = index >= 0 ? &inquiry->targets[index] : NULL;
    bool denied = false;

    for (unsigned i = 0; target && i < target->item_count; i++) {
        const struct item *item = &target_items(inquiry, target)[i];

        if (!item->usable || item->exchange->qtype != qtype ||
            !exchange_is_about(item->exchange, &target->name))
            continue;
        if (item->active)
            return false;
        denied |= item->outcome == OUTCOME_NXDOMAIN || item->outcome == OUTCOME_NODATA;
    }
    return denied;
}

bool missing_hosts_hold(const struct inquiry *inquiry, const struct name *zone)
{
    const struct delegation *delegation = inquiry_delegation(inquiry, zone);
    struct glue listed;

    if (!delegation || world_listed(inquiry->knowledge->world, delegation, &listed, 1) > 0)
        return false;
    for (unsigned i = 0; i < delegation->name_count; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);

        if (ends_in_a_number(name) || was_denied(inquiry, name, size, TYPE_A) ||
            was_denied(inquiry, name, size, TYPE_AAAA))
            return true;
    }
    return false;
}

const char *missing_hosts_text(const struct inquiry *inquiry, const struct name *zone,
                               char text[HOSTS_TEXT_SIZE])
{
    const struct delegation *delegation =
        zone->size_bytes ? inquiry_delegation(inquiry, zone) : NULL;
    unsigned count = delegation ? delegation->name_count : 0;
    size_t at = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count && i < HOSTS_NAMED && at < HOSTS_TEXT_SIZE; i++) {
        char host[NAME_TEXT_SIZE];
        const uint8_t *name;
        size_t size = delegation_name(delegation, i, &name);

        at += (size_t)snprintf(text + at, HOSTS_TEXT_SIZE - at, "%s%.150s", i ? ", " : " (",
                               name_to_text(name, size, host));
    }
    if (count > HOSTS_NAMED && at < HOSTS_TEXT_SIZE)
        at +=
            (size_t)snprintf(text + at, HOSTS_TEXT_SIZE - at, ", and %u more", count - HOSTS_NAMED);
    if (count > 0 && at < HOSTS_TEXT_SIZE)
        snprintf(text + at, HOSTS_TEXT_SIZE - at, ")");
    return text;
}
