#include <string.h>

#include "correlate/hop.h"
#include "correlate/verdict_private.h"
#include "decode/codes.h"

/* From so many servers the same referral is no mishap of one. */
#define OWN_REFERRALS 2

struct addresses {
    unsigned usable, special, ipv6;
};

static void count_address(const struct inquiry *inquiry, struct addresses *addresses,
                          const struct glue *listed)
{
    if (address_is_useless(inquiry, &listed->address, listed->is_aaaa))
        addresses->special++;
    else if (!address_is_ipv4(&listed->address))
        addresses->ipv6++;
    else
        addresses->usable++;
}

static void blame_listed(struct verdict *verdict, const struct delegation *delegation,
                         const struct glue *listed)
{
    struct blamed_server *server;
    const uint8_t *name;

    if (verdict->server_count == BLAMED_SERVERS_MAX)
        return;
    server = &verdict->servers[verdict->server_count++];
    server->address = listed->address;
    server->outcome = OUTCOME_BAD_ADDRESS;
    server->name.size_bytes = (uint8_t)delegation_name(delegation, listed->name_index, &name);
    memcpy(server->name.bytes, name, server->name.size_bytes);
}

/* Was the answer that there is none, of the name itself or of one above it (RFC 8020)? What was
 * asked about its zone for others says nothing, nor does an answer that is not to be seen. */
static bool was_answered(const struct inquiry *inquiry, const struct target *target)
{
    const struct item *items = target_items(inquiry, target);

    for (unsigned i = 0; i < target->item_count; i++)
        if (items[i].active && items[i].usable && items[i].outcome != OUTCOME_NOT_SEEN &&
            is_main(&items[i]) &&
            (items[i].outcome == OUTCOME_NXDOMAIN ||
             exchange_is_about(items[i].exchange, &target->name)))
            return true;
    return false;
}

/* Servers whose zone is not known referred to this one, one after the other, by names without
 * addresses, and the resolver looked for none of these: who delegates a zone is asked once, so that
 * these are its own servers, which the resolver knew, and have no authority. */
static bool judge_own_referrals(const struct inquiry *inquiry, const struct target *target,
                                const struct name *zone, struct verdict *verdict)
{
    const struct item *items = target_items(inquiry, target);
    struct hop hop;

    hop_init(&hop, false, zone);
    for (unsigned i = 0; i < target->item_count; i++) {
        struct item item = items[i];

        if (!item.active || item.outcome != OUTCOME_REFERRAL ||
            item.zone_labels != LABELS_UNKNOWN ||
            item.exchange->authority_labels != name_labels(zone->bytes))
            continue;
        item.outcome = OUTCOME_NOT_AUTHORITATIVE;
        hop_add(&hop, &item);
    }
    if (hop.address_count < OWN_REFERRALS)
        return false;
    hop_judge(&hop, inquiry, verdict);
    verdict->confidence = CONFIDENCE_LIKELY;
    return verdict->resolution == RESOLUTION_FAILED;
}

/* No nameserver has a known address: what became of the search for one? */
static void judge_nameserver_names(struct court *court, int index, const struct name *zone,
                                   const struct delegation *delegation, struct verdict *verdict)
{
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
    const struct inquiry *inquiry = court->inquiry;
    unsigned missing = 0, loops = 0, searched = 0;
    struct verdict failure;

    verdict_init(&failure, RESOLUTION_UNASKED);
    for (unsigned i = 0; i < delegation->name_count * 2; i++) {
        const uint8_t *name;
        size_t size = delegation_name(delegation, i / 2, &name);
        int child = inquiry_find_target(inquiry, name, size, types[i % 2]);

        if (child < 0)
            continue;
        searched += verdict_was_asked(inquiry, &inquiry->targets[child]);
        if (court->in_progress[child]) {
            loops++;
            continue;
        }
        verdict_judge_target(court, child, verdict);
        if (verdict->resolution == RESOLUTION_FAILED &&
            verdict->cause == CAUSE_ZONE_DELEGATION_LOOP)
            loops++;
        if (verdict->resolution == RESOLUTION_FAILED && failure.resolution != RESOLUTION_FAILED)
            verdict_copy(&failure, verdict);
        if (verdict->resolution == RESOLUTION_GOOD &&
            was_answered(inquiry, &inquiry->targets[child]))
            missing++;
    }
    if (loops > 0 && searched == 0 &&
        judge_own_referrals(inquiry, &inquiry->targets[index], zone, verdict))
        return;
    if (loops > 0) {
        verdict_fail(verdict, CAUSE_ZONE_DELEGATION_LOOP, CONFIDENCE_LIKELY, zone);
    } else if (failure.resolution == RESOLUTION_FAILED) {
        verdict_copy(verdict, &failure);
        verdict_contribute(verdict, CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, zone, NULL, 0);
    } else if (missing > 0) {
        verdict_fail(verdict, CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, CONFIDENCE_CERTAIN, zone);
    } else {
        verdict_init(verdict, RESOLUTION_UNASKED);
        verdict->zone = *zone;
    }
}

void nameservers_judge(struct court *court, int index, int depth, struct verdict *verdict)
{
    const struct inquiry *inquiry = court->inquiry;
    struct addresses addresses = {0};
    const struct delegation *delegation;
    struct glue listed[LISTED_MAX];
    struct name zone;
    struct hop hop;
    size_t count;

    zone_of_labels(&inquiry->targets[index].name, (unsigned)depth, &zone);
    delegation = inquiry_delegation(inquiry, &zone);
    verdict_init(verdict, RESOLUTION_UNASKED);
    verdict->zone = zone;
    if (!delegation)
        return;
    hop_init(&hop, false, &zone);
    count = world_listed(inquiry->knowledge->world, delegation, listed, LISTED_MAX);
    for (size_t i = 0; i < count; i++) {
        count_address(inquiry, &addresses, &listed[i]);
        hop_add_connections(&hop, inquiry, &listed[i].address);
    }
    if (hop.address_count > 0) {
        hop_judge(&hop, inquiry, verdict);
    } else if (addresses.usable == 0 && addresses.special + addresses.ipv6 > 0 &&
               (addresses.ipv6 == 0 || !ipv6_ever_answered(inquiry))) {
        verdict_fail(verdict, CAUSE_UNREACHABLE_BAD_ADDRESS,
                     addresses.ipv6 ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN, &zone);
        for (size_t i = 0; i < count; i++)
            blame_listed(verdict, delegation, &listed[i]);
    } else if (count == 0) {
        judge_nameserver_names(court, index, &zone, delegation, verdict);
    }
}
