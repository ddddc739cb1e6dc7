#include "correlate/judge_zone.h"

#include <string.h>

#include "correlate/family.h"
#include "correlate/presumption.h"
#include "decode/codes.h"

static bool is_of_a_zones_servers(enum cause cause)
{
    static const char *const categories[] = {"unreachable", "timeout", "lame", "zone"};

    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
        if (strcmp(cause_category(cause), categories[i]) == 0)
            return cause != CAUSE_UNREACHABLE_EGRESS_BLOCKED;
    return false;
}

/* Takes away what named puts before a name that it asks for on the way down. */
static bool strip_underscore(struct name *name)
{
    struct name whole = *name;

    if (name->bytes[0] != 1 || name->bytes[1] != '_')
        return false;
    name_set_ancestor(name, &whole, name_labels(whole.bytes) - 1);
    return true;
}

/* What is not known to have been asked may be forged, and to belong to anything. */
static void note_failed(const struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;

    if (bench->servfail->asked_ns == NEVER)
        return;
    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];
        struct name name;
        bool step;

        if (!item->active || item->usable || item->to_forwarder ||
            item->zone_labels != LABELS_UNKNOWN || item->why == DEPENDENCY_DS ||
            item->why == DEPENDENCY_DNSKEY)
            continue;
        exchange_name(item->exchange, &name);
        /* For A, with which unbound goes down, clients ask as well. */
        step = strip_underscore(&name) || item->exchange->qtype == TYPE_NS;
        presumptions_note(bench->knowledge->presumptions, &item->exchange->server, &name,
                          step && item->why == DEPENDENCY_ANCESTOR);
    }
}

static void set_domain(const struct name *name, struct name *domain)
{
    const uint8_t *family = name_family(name->bytes);

    domain->size_bytes = (uint8_t)(name->bytes + name->size_bytes - family);
    memcpy(domain->bytes, family, domain->size_bytes);
}

/* Of a domain that is known to be delegated these are not the servers, but perhaps of one below. */
static bool may_be_served(const struct bench *bench, const struct name *domain)
{
    return name_labels(domain->bytes) > 1 && !inquiry_delegation(bench->inquiry, domain);
}

void judge_presume_zone(struct bench *bench)
{
    const struct inquiry *inquiry = bench->inquiry;
    struct incident *incident = bench->incident;
    struct name domain;

    if (incident->zone.size_bytes || incident->server_count == 0 || incident->qclass != CLASS_IN ||
        !is_of_a_zones_servers(incident_first_cause(incident)))
        return;
    note_failed(bench);
    for (unsigned i = 0; i < inquiry->target_count; i++) {
        if (!presumptions_hold(bench->knowledge->presumptions, incident->servers,
                               incident->server_count, &inquiry->targets[i].name))
            continue;
        set_domain(&inquiry->targets[i].name, &domain);
        if (!may_be_served(bench, &domain))
            continue;
        incident->zone = domain;
        if (incident->confidence == CONFIDENCE_CERTAIN)
            incident->confidence = CONFIDENCE_LIKELY;
        return;
    }
}
