#include "correlate/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "correlate/advice.h"
#include "correlate/hop.h"
#include "correlate/missing_hosts.h"
#include "correlate/validation.h"
#include "decode/codes.h"

#define SERVERS_NAMED 3

struct sentence {
    char *text;
    size_t size, at;
};

static void say(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length =
        vsnprintf(sentence->text + sentence->at, sentence->size - sentence->at, format, arguments);
    va_end(arguments);
    if (length > 0)
        sentence->at += (size_t)length < sentence->size - sentence->at
                            ? (size_t)length
                            : sentence->size - sentence->at - 1;
}

static void say_name(struct sentence *sentence, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    say(sentence, "%s", name_to_text(name->bytes, name->size_bytes, text));
}

static void say_question(struct sentence *sentence, const struct incident *incident)
{
    char type[CODE_TEXT_SIZE];

    if (!incident->qname.size_bytes) {
        say(sentence, "A question that the packets do not show");
        return;
    }
    say_name(sentence, &incident->qname);
    say(sentence, " %s", type_to_text(incident->qtype, type));
}

/* How long those took that answered too late. */
static void say_lateness(struct sentence *sentence, const struct incident *incident,
                         const struct blamed_server *servers, unsigned count)
{
    int64_t least_ns = INT64_MAX, most_ns = 0;

    for (unsigned i = 0; i < incident->evidence_count; i++) {
        const struct evidence *evidence = &incident->evidence[i];
        bool is_theirs = false;
        int64_t took_ns;

        for (unsigned j = 0; j < count && !is_theirs; j++)
            is_theirs = address_equal(&servers[j].address, &evidence->server);
        if (!is_theirs || evidence->outcome != OUTCOME_LATE ||
            evidence->response_time_ns == INT64_MIN)
            continue;
        took_ns = evidence->response_time_ns - evidence->time_ns;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
        most_ns = took_ns > most_ns ? took_ns : most_ns;
    }
    if (most_ns == 0)
        return;
    say(sentence, ", after %.2f s", (double)least_ns / 1e9);
    if (most_ns - least_ns > 100 * MILLISECOND_NS)
        say(sentence, " to %.2f s", (double)most_ns / 1e9);
}

static void say_servers(struct sentence *sentence, const struct incident *incident,
                        const struct blamed_server *servers, unsigned count)
{
    char text[ADDRESS_TEXT_SIZE];

    for (unsigned i = 0; i < count && i < SERVERS_NAMED; i++) {
        say(sentence, "%s%s", i ? ", " : "", address_to_text(&servers[i].address, text));
        if (servers[i].name.size_bytes) {
            say(sentence, " (");
            say_name(sentence, &servers[i].name);
            say(sentence, ")");
        }
        if (i + 1 < count && i + 1 < SERVERS_NAMED && servers[i].outcome == servers[i + 1].outcome)
            continue;
        say(sentence, " %s", outcome_text(servers[i].outcome));
        if (servers[i].outcome == OUTCOME_LATE)
            say_lateness(sentence, incident, servers, count);
    }
    if (count > SERVERS_NAMED)
        say(sentence, ", and %u more did likewise", count - SERVERS_NAMED);
}

/* Is it known of how many? Only where they are those of the verdict, which another may have
 * overruled. */
static bool is_share_known(const struct verdict *verdict, const struct incident *incident)
{
    return verdict->resolution == RESOLUTION_FAILED && verdict->cause == incident->cause &&
           verdict->asked_servers > 1 && verdict->known_servers && incident->zone.size_bytes;
}

static void say_share(struct sentence *sentence, const struct verdict *verdict)
{
    if (verdict->known_servers > verdict->asked_servers)
        say(sentence, " (%u of %u known addresses)", verdict->asked_servers,
            verdict->known_servers);
    else
        say(sentence, " (all %u known addresses)", verdict->asked_servers);
}

/* What they were asked where the reader would not think of it by the client's question: keys, a
 * nameserver's address, the target of an alias. */
static void say_asked(struct sentence *sentence, const struct incident *incident,
                      const struct advice_facts *facts)
{
    const struct evidence *asked = facts->asked;
    char type[CODE_TEXT_SIZE];

    if (!asked || asked->why == DEPENDENCY_ANCESTOR ||
        (asked->qtype == incident->qtype && name_equal(&asked->qname, &incident->qname)))
        return;
    say(sentence, " for ");
    say_name(sentence, &asked->qname);
    say(sentence, " %s", type_to_text(asked->qtype, type));
}

static void say_hop(struct sentence *sentence, const struct verdict *verdict,
                    const struct incident *incident, const struct advice_facts *facts)
{
    bool forwarder = strcmp(cause_category(incident->cause), "forwarder") == 0;
    unsigned count = incident->server_count;
    bool share = is_share_known(verdict, incident), one = count == 1 && !share;

    say(sentence, "the %s%s", forwarder ? "forwarder" : "server", one ? "" : "s");
    if (!forwarder && incident->zone.size_bytes) {
        say(sentence, " of ");
        say_name(sentence, &incident->zone);
    }
    say(sentence, " that %s asked", one ? "was" : "were");
    say_asked(sentence, incident, facts);
    if (share)
        say_share(sentence, verdict);
    say(sentence, " gave no usable answer: ");
    say_servers(sentence, incident, incident->servers, count);
    if (verdict->tries > 1)
        say(sentence, " (%u tries)", verdict->tries);
}

/* It answered, and without what is needed. */
static void say_stripping(struct sentence *sentence, const struct inquiry *inquiry,
                          const struct incident *incident)
{
    const struct address *forwarder = &incident->servers[0].address;
    char text[ADDRESS_TEXT_SIZE];

    if (validation_forwarder_lacks_edns(inquiry, forwarder))
        say(sentence,
            "the forwarder %s does not take EDNS, without which it gives no RRSIG records, and "
            "validation needs those",
            address_to_text(forwarder, text));
    else
        say(sentence,
            "the forwarder %s, asked for DS or DNSKEY records with DO set, leaves out the RRSIG "
            "records that validation needs",
            address_to_text(forwarder, text));
}

/* What another server of the zone does meanwhile, where it is slowness or loss. */
static void say_other_server(struct sentence *sentence, const struct incident *incident,
                             const struct advice_facts *facts)
{
    char text[ADDRESS_TEXT_SIZE];

    if (strcmp(cause_category(incident->cause), "timeout") == 0 && facts->other_server_known)
        say(sentence, "; %s, which serves the zone as well, did answer others",
            address_to_text(&facts->other_server, text));
}

static void say_zone_or(struct sentence *sentence, const struct incident *incident,
                        const char *otherwise)
{
    if (incident->zone.size_bytes)
        say_name(sentence, &incident->zone);
    else
        say(sentence, "%s", otherwise);
}

static void say_memory(struct sentence *sentence, const struct inquiry *inquiry,
                       const struct incident *incident)
{
    const struct contributing *origin =
        incident->contributing_count ? &incident->contributing[0] : NULL;

    say(sentence, "the resolver asked %s and remembered an earlier failure",
        inquiry_count_active(inquiry, false) > 0 ? "no further" : "nobody");
    if (!origin)
        return;
    say(sentence, " (%s: %s", cause_code(origin->cause), cause_text(origin->cause));
    if (origin->zone.size_bytes) {
        say(sentence, ", zone ");
        say_name(sentence, &origin->zone);
    }
    say(sentence, ")");
}

static void say_ede(struct sentence *sentence, const struct incident *incident)
{
    if (!incident->ede_count)
        return;
    say(sentence, "; the resolver itself says EDE %u", incident->ede[0].code);
    if (ede_to_text(incident->ede[0].code))
        say(sentence, " \"%s\"", ede_to_text(incident->ede[0].code));
}

/* All that was needed was answered. */
static void say_unexplained(struct sentence *sentence, const struct verdict *verdict,
                            const struct inquiry *inquiry, const struct incident *incident)
{
    bool unasked = verdict->resolution == RESOLUTION_UNASKED && incident->zone.size_bytes > 1;
    unsigned queries = inquiry_count_active(inquiry, false);
    unsigned well = inquiry_count_active(inquiry, true);

    if (incident->cause == CAUSE_UNATTRIBUTED_NO_EVIDENCE && unasked) {
        say(sentence, "of something that the packets do not show: the resolver knew of the "
                      "servers of ");
        say_name(sentence, &incident->zone);
        say(sentence, " and asked none of them");
        return;
    }
    say(sentence, "%s, although ",
        incident->cause == CAUSE_RESOLVER_DESPITE_ANSWERS
            ? "the resolver failed by itself"
            : "of something that the packets do not show (perhaps validation)");
    if (well < queries)
        say(sentence, "%u of its %u upstream queries were answered well", well, queries);
    else if (queries > 1)
        say(sentence, "all of its %u upstream queries were answered well", queries);
    else
        say(sentence, "%s was answered well",
            queries == 1 ? "its one upstream query" : "what it had asked before");
}

/* What stands behind "failed because ..." where it is no hop whose servers are listed. */
static void say_reason(struct sentence *sentence, const struct verdict *verdict,
                       const struct inquiry *inquiry, const struct incident *incident)
{
    char hosts[HOSTS_TEXT_SIZE];

    switch (incident->cause) {
    case CAUSE_CACHED_FAILURE:
        say_memory(sentence, inquiry, incident);
        break;
    case CAUSE_ZONE_CNAME_LOOP:
        say(sentence, "the aliases in ");
        say_zone_or(sentence, incident, "its zones");
        say(sentence, " lead back to where they began");
        break;
    case CAUSE_ZONE_DELEGATION_LOOP:
        say(sentence, "to find a nameserver of ");
        say_zone_or(sentence, incident, "the zone");
        say(sentence, " one must have found it already: the zones hold each other's nameserver "
                      "names, without glue");
        break;
    case CAUSE_ZONE_NAMESERVER_UNRESOLVABLE:
        say(sentence, "no nameserver name of ");
        say_zone_or(sentence, incident, "the zone");
        say(sentence, " has an address%s", missing_hosts_text(inquiry, &incident->zone, hosts));
        break;
    case CAUSE_RESOLVER_LIMIT:
        if (!inquiry->live) {
            say(sentence, "the resolver asked nobody for it and failed many such names at once, "
                          "while the servers of ");
            say_zone_or(sentence, incident, "the zone");
            say(sentence, " answered it: a limit of its own to what it asks about one zone or "
                          "server");
            break;
        }
        say(sentence,
            "the resolver gave up by its own limits after %u upstream queries and %u "
            "aliases, all answered well",
            inquiry_count_active(inquiry, false), verdict->aliases);
        break;
    case CAUSE_RESOLVER_NO_UPSTREAM:
        say(sentence, "the resolver sent no packet for it, and no earlier failure explains that");
        break;
    case CAUSE_RESOLVER_OVERLOAD:
        say(sentence, "the resolver failed unrelated names at the same moment and did not work on "
                      "them");
        break;
    case CAUSE_RESOLVER_DESPITE_ANSWERS:
    case CAUSE_UNATTRIBUTED_NO_EVIDENCE:
        say_unexplained(sentence, verdict, inquiry, incident);
        break;
    default:
        say(sentence, "%s", cause_text(incident->cause));
        if (incident->zone.size_bytes > 1) {
            say(sentence, ", zone ");
            say_name(sentence, &incident->zone);
        }
        break;
    }
}

static bool is_about_ipv4(const struct incident *incident)
{
    bool all = true;

    for (unsigned i = 0; i < incident->server_count; i++)
        all &= address_is_ipv4(&incident->servers[i].address);
    for (unsigned i = 0; i < incident->contributing_count; i++)
        for (unsigned j = 0; j < incident->contributing[i].server_count; j++)
            all &= address_is_ipv4(&incident->contributing[i].servers[j].address);
    return all;
}

/* Was nothing asked for the name, but for what it is known to lead to? */
static bool was_alias_known(const struct inquiry *inquiry)
{
    const struct target *question = &inquiry->targets[0];
    bool followed = false;

    for (unsigned i = 0; i < inquiry->item_count; i++) {
        const struct item *item = &inquiry->items[i];

        if (!item->active)
            continue;
        if (item->target == 0 && item->exchange->name_size == question->name.size_bytes)
            return false;
        followed |= inquiry->targets[item->target].alias_depth > 0;
    }
    return followed;
}

static bool is_hop_cause(const struct incident *incident)
{
    return incident->server_count > 0 && incident->cause != CAUSE_CACHED_FAILURE;
}

static void say_computed(struct sentence *sentence, const struct dnssec_verdict *validation,
                         const struct incident *incident)
{
    say(sentence, "%s", validation->text);
    if (incident->zone.size_bytes <= 1)
        return;
    say(sentence, " (zone ");
    say_name(sentence, &incident->zone);
    say(sentence, ")");
}

/* A DNSSEC cause that was computed, not taken from the resolver's word. */
static bool is_computed(const struct dnssec_verdict *validation, const struct incident *incident)
{
    return validation->status == DNSSEC_BOGUS && validation->cause == incident->cause &&
           validation->text[0];
}

void explain(const struct verdict *verdict, const struct dnssec_verdict *validation,
             const struct inquiry *inquiry, struct incident *incident)
{
    struct sentence sentence = {incident->explanation, sizeof(incident->explanation), 0};
    struct advice_facts facts;

    advice_facts_gather(&facts, inquiry, incident);
    say_question(&sentence, incident);
    say(&sentence, " failed because ");
    if (incident->cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED)
        say(&sentence, "nobody whom the resolver asked on port 53%s answered; ",
            is_about_ipv4(incident) && ipv6_ever_answered(inquiry) ? " over IPv4" : "");
    if (incident->cause == CAUSE_NETWORK_INTERCEPTED)
        say(&sentence, "somebody else answers in the servers' place; ");
    if (is_computed(validation, incident))
        say_computed(&sentence, validation, incident);
    else if (incident->cause == CAUSE_FORWARDER_DNSSEC_STRIPPED && incident->server_count)
        say_stripping(&sentence, inquiry, incident);
    else if (is_hop_cause(incident))
        say_hop(&sentence, verdict, incident, &facts);
    else
        say_reason(&sentence, verdict, inquiry, incident);
    if (incident->cause != CAUSE_CACHED_FAILURE && incident->contributing_count) {
        say(&sentence, "; also %s", cause_code(incident->contributing[0].cause));
        if (incident->contributing[0].server_count) {
            say(&sentence, ": ");
            say_servers(&sentence, incident, incident->contributing[0].servers,
                        incident->contributing[0].server_count);
        }
    }
    if (verdict->aliases > 0 && was_alias_known(inquiry))
        say(&sentence, "; that it is an alias was known from before");
    if (facts.zone_is_private)
        say(&sentence, "; it looks like a zone of the network's own, which the resolver must be "
                       "told not to validate");
    say_other_server(&sentence, incident, &facts);
    say_ede(&sentence, incident);
    if (sentence.text[sentence.at - 1] != '.') /* a name at the end has its dot */
        say(&sentence, ".");
    advise(incident, &facts);
}
