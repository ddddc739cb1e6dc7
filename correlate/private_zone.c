#include "correlate/private_zone.h"

#include "correlate/dnssec_denial.h"
#include "decode/codes.h"

/* Hashing for proofs in one judgement: as many rounds as for one of the most expensive names. */
#define HASH_ROUNDS 4096
/* Ancestors whose absence is looked for: a bound in time. */
#define LOOKED_FOR_MAX 512

struct search {
    const struct inquiry *inquiry;
    struct private_zone *found;
    struct work work;
    unsigned looked_for;
};

/* What a message proves of a name. Signatures are judged by their dates. */
enum absence { NOT_ABSENT, NO_ZONE, NO_NAME };

static enum absence read_absence(struct search *search, const uint8_t *wire, size_t size,
                                 int64_t time_ns, const struct name *name)
{
    struct denial_question question = {CLAIM_NO_TYPE, name, TYPE_DS, 0};
    struct denial denial;
    struct reply reply;
    struct keys keys;

    if (reply_read(&reply, wire, size, time_ns, -1) < 0 || reply.answers ||
        !name_equal(&reply.qname, name) || reply.soa.size_bytes == 0 ||
        reply.soa.size_bytes >= name->size_bytes)
        return NOT_ABSENT;
    if (reply.rcode == RCODE_NXDOMAIN)
        question.claim = CLAIM_NO_NAME;
    else if (reply.rcode != RCODE_NOERROR || reply.qtype != TYPE_DS)
        return NOT_ABSENT;
    keys.zone = reply.soa;
    keys.known = false;
    keys.rrset.count = 0;
    keys.allowed = NULL;
    denial_judge(&denial, &reply, &question, &keys, time_ns, &search->work);
    if (denial.result != DENIAL_PROVEN || denial.delegation)
        return NOT_ABSENT;
    return question.claim == CLAIM_NO_NAME ? NO_NAME : NO_ZONE;
}

static enum absence absence_by_item(struct search *search, const struct item *item,
                                    const struct name *name)
{
    const struct exchange *exchange = item->exchange;
    const uint8_t *wire;

    if (!item->usable || !(exchange->signals & SIGNAL_SIGNATURES) ||
        !exchange_is_about(exchange, name))
        return NOT_ABSENT;
    wire = exchange_wire(search->inquiry->knowledge->exchanges, exchange);
    return wire ? read_absence(search, wire, exchange->wire_bytes, exchange->response_ns, name)
                : NOT_ABSENT;
}

static enum absence absence_of(struct search *search, const struct name *name)
{
    const struct inquiry *inquiry = search->inquiry;
    enum absence absence = NOT_ABSENT;
    struct keyring_entry entry;

    for (unsigned i = 0; i < inquiry->item_count && absence == NOT_ABSENT; i++)
        absence = absence_by_item(search, &inquiry->items[i], name);
    for (unsigned version = 0; version < KEYRING_VERSIONS && absence == NOT_ABSENT; version++)
        if (keyring_find(inquiry->knowledge->keyring, name, TYPE_DS, version, &entry) == 0)
            absence = read_absence(search, entry.wire, entry.size, entry.time_ns, name);
    return absence;
}

/* Were others referred to servers of a zone of this name? */
static bool is_delegated(const struct inquiry *inquiry, const struct name *name,
                         const struct address *server)
{
    const struct delegation *delegation = inquiry_delegation(inquiry, name);

    return delegation && !address_equal(&delegation->parent_server, server);
}

/* An answer that validation can do nothing with: signatures were asked for, and there are none. */
static bool is_unsigned(const struct inquiry *inquiry, const struct item *item)
{
    return item->active && item->usable && item->outcome != OUTCOME_REFERRAL &&
           item->outcome != OUTCOME_NOT_SEEN &&
           inquiry->targets[item->target].why != DEPENDENCY_NAMESERVER &&
           (item->exchange->signals & (SIGNAL_DNSSEC_OK | SIGNAL_SIGNATURES)) == SIGNAL_DNSSEC_OK;
}

/* The labels of the zone that it says it is from; LABELS_UNKNOWN. */
static unsigned zone_claimed(const struct item *item)
{
    return item->exchange->kind == ANSWER_SOA ? item->exchange->authority_labels : LABELS_UNKNOWN;
}

/* Those of the zone that its server is known for, if it does not say so itself. */
static unsigned zone_served(const struct item *item)
{
    return zone_claimed(item) == LABELS_UNKNOWN ? item->zone_labels : zone_claimed(item);
}

static bool find(struct search *search, const struct item *item, unsigned labels,
                 enum private_sign sign)
{
    struct private_zone *found = search->found;
    struct name name;

    if (sign >= found->sign)
        return false;
    exchange_name(item->exchange, &name);
    zone_of_labels(&name, labels, &found->zone);
    found->server =
        (struct blamed_server){.address = item->exchange->server, .outcome = item->outcome};
    found->sign = sign;
    return true;
}

/* Is it from a zone that does not exist, or has a forwarder data for a name that does not? The
 * name's true servers may have lost their signatures, but have no zone of their own there. */
static void find_denied(struct search *search, const struct item *item)
{
    bool data = item->outcome == OUTCOME_ANSWER || item->outcome == OUTCOME_ALIAS;
    unsigned served = zone_served(item), most;
    struct name name, above;

    exchange_name(item->exchange, &name);
    most = name_labels(name.bytes);
    for (unsigned labels = 1; labels <= most && search->looked_for < LOOKED_FOR_MAX; labels++) {
        bool has_zone = served != LABELS_UNKNOWN && served >= labels;
        enum absence absence;

        if (!has_zone && !(data && item->to_forwarder))
            continue;
        zone_of_labels(&name, labels, &above);
        if (is_delegated(search->inquiry, &above, &item->exchange->server))
            continue;
        search->looked_for++;
        absence = absence_of(search, &above);
        if ((has_zone ? absence != NOT_ABSENT : absence == NO_NAME) &&
            find(search, item, has_zone ? served : labels, PRIVATE_DENIED))
            return;
    }
}

static void find_own(struct search *search, const struct item *item)
{
    const struct exchange *exchange = item->exchange;
    unsigned claimed = zone_claimed(item);
    bool chain = exchange->qtype == TYPE_DS || exchange->qtype == TYPE_DNSKEY;

    if (!item->to_forwarder || !(exchange->response_flags & DNS_AA) || claimed == 0)
        return;
    if (chain && item->outcome == OUTCOME_NODATA && claimed != LABELS_UNKNOWN)
        find(search, item, claimed, PRIVATE_UNCHAINED);
    else
        find(search, item, claimed, PRIVATE_ANSWERED);
}

bool private_zone_find(const struct inquiry *inquiry, struct private_zone *found)
{
    struct search search = {inquiry, found, {.hash_rounds = HASH_ROUNDS}, 0};

    found->sign = PRIVATE_SIGN_COUNT;
    for (unsigned i = 0; i < inquiry->item_count && found->sign != PRIVATE_DENIED; i++) {
        if (!is_unsigned(inquiry, &inquiry->items[i]))
            continue;
        find_own(&search, &inquiry->items[i]);
        find_denied(&search, &inquiry->items[i]);
    }
    return found->sign != PRIVATE_SIGN_COUNT;
}
