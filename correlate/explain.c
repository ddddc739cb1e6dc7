#include "correlate/explain.h"

#include <stdio.h>
#include <string.h>

#include "decode/codes.h"

#define SERVERS_NAMED 3

struct sentence {
    char *text;
    size_t size, at;
};

/* What does not fit is cut off. */
static void say(struct sentence *sentence, const char *text)
{
    size_t length = strlen(text), room = sentence->size - sentence->at - 1;

    if (length > room)
        length = room;
    memcpy(sentence->text + sentence->at, text, length);
    sentence->at += length;
    sentence->text[sentence->at] = '\0';
}

static void say_count(struct sentence *sentence, unsigned count)
{
    char digits[12];

    snprintf(digits, sizeof(digits), "%u", count);
    say(sentence, digits);
}

static void say_name(struct sentence *sentence, const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    say(sentence, name_to_text(name->bytes, name->size_bytes, text));
}

static void say_question(struct sentence *sentence, const struct incident *incident)
{
    char type[CODE_TEXT_SIZE];

    if (!incident->qname.size_bytes) {
        say(sentence, "A question that the packets do not show");
        return;
    }
    say_name(sentence, &incident->qname);
    say(sentence, " ");
    say(sentence, type_to_text(incident->qtype, type));
}

static void say_servers(struct sentence *sentence, const struct blamed_server *servers,
                        unsigned count)
{
    char text[ADDRESS_TEXT_SIZE];

    for (unsigned i = 0; i < count && i < SERVERS_NAMED; i++) {
        say(sentence, i ? ", " : "");
        say(sentence, address_to_text(&servers[i].address, text));
        if (servers[i].name.size_bytes) {
            say(sentence, " (");
            say_name(sentence, &servers[i].name);
            say(sentence, ")");
        }
        if (i + 1 == count || i + 1 == SERVERS_NAMED ||
            servers[i].outcome != servers[i + 1].outcome) {
            say(sentence, " ");
            say(sentence, outcome_text(servers[i].outcome));
        }
    }
    if (count > SERVERS_NAMED) {
        say(sentence, " and ");
        say_count(sentence, count - SERVERS_NAMED);
        say(sentence, " more did likewise");
    }
}

/* "N of the M known servers of ZONE" */
static void say_hop(struct sentence *sentence, const struct verdict *verdict,
                    const struct incident *incident)
{
    bool forwarder = strcmp(cause_category(incident->cause), "forwarder") == 0;
    unsigned count = incident->server_count;

    say(sentence, forwarder ? "the forwarder" : "the server");
    if (count != 1)
        say(sentence, "s");
    if (!forwarder && incident->zone.size_bytes) {
        say(sentence, " of ");
        say_name(sentence, &incident->zone);
    }
    say(sentence, count == 1 ? " that was asked gave no usable answer: "
                             : " that were asked gave no usable answer: ");
    say_servers(sentence, incident->servers, count);
    if (verdict->tries > 1) {
        say(sentence, " (");
        say_count(sentence, verdict->tries);
        say(sentence, " tries)");
    }
}

static void say_zone_or(struct sentence *sentence, const struct incident *incident,
                        const char *otherwise)
{
    if (incident->zone.size_bytes)
        say_name(sentence, &incident->zone);
    else
        say(sentence, otherwise);
}

static void say_memory(struct sentence *sentence, const struct incident *incident)
{
    const struct contributing *origin =
        incident->contributing_count ? &incident->contributing[0] : NULL;

    say(sentence, "the resolver asked nobody and remembered an earlier failure");
    if (!origin)
        return;
    say(sentence, " (");
    say(sentence, cause_code(origin->cause));
    say(sentence, ": ");
    say(sentence, cause_text(origin->cause));
    if (origin->zone.size_bytes) {
        say(sentence, ", zone ");
        say_name(sentence, &origin->zone);
    }
    say(sentence, ")");
}

static void say_ede(struct sentence *sentence, const struct incident *incident)
{
    const char *meaning;

    if (!incident->ede_count)
        return;
    say(sentence, "; the resolver itself says EDE ");
    say_count(sentence, incident->ede[0].code);
    meaning = ede_to_text(incident->ede[0].code);
    if (!meaning)
        return;
    say(sentence, " \"");
    say(sentence, meaning);
    say(sentence, "\"");
}

static unsigned active_items(const struct inquiry *inquiry)
{
    unsigned count = 0;

    for (unsigned i = 0; i < inquiry->item_count; i++)
        count += inquiry->items[i].active;
    return count;
}

/* What stands behind "failed because ..." where it is no hop whose servers are listed. */
static void say_reason(struct sentence *sentence, const struct verdict *verdict,
                       const struct inquiry *inquiry, const struct incident *incident)
{
    switch (incident->cause) {
    case CAUSE_CACHED_FAILURE:
        say_memory(sentence, incident);
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
        say(sentence, " has an address");
        break;
    case CAUSE_RESOLVER_LIMIT:
        say(sentence, "the resolver gave up by its own limits after ");
        say_count(sentence, active_items(inquiry));
        say(sentence, " upstream queries and ");
        say_count(sentence, verdict->aliases);
        say(sentence, " aliases, all answered well");
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
        say(sentence, incident->cause == CAUSE_RESOLVER_DESPITE_ANSWERS
                          ? "the resolver failed by itself"
                          : "of something that the packets do not show (perhaps validation)");
        say(sentence, ", although all of its ");
        say_count(sentence, active_items(inquiry));
        say(sentence, " upstream queries were answered well");
        break;
    default:
        say(sentence, cause_text(incident->cause));
        if (incident->zone.size_bytes) {
            say(sentence, ", zone ");
            say_name(sentence, &incident->zone);
        }
        break;
    }
}

static enum software recognise(const struct inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->egress_count; i++) {
        const struct asker *asker =
            parties_asker(inquiry->knowledge->parties, &inquiry->egresses[i]);

        if (asker &&
            asker->mixed_case_queries * 2 > asker->iterative_queries + asker->recursive_queries)
            return SOFTWARE_KRESD;
        if (asker && asker->underscore_queries > 0)
            return SOFTWARE_NAMED;
    }
    return SOFTWARE_UNKNOWN;
}

static bool is_hop_cause(const struct incident *incident)
{
    return incident->server_count > 0 && incident->cause != CAUSE_CACHED_FAILURE;
}

static void say_computed(struct sentence *sentence, const struct dnssec_verdict *validation,
                         const struct incident *incident)
{
    say(sentence, validation->text);
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

    say_question(&sentence, incident);
    say(&sentence, " failed because ");
    if (incident->cause == CAUSE_UNREACHABLE_EGRESS_BLOCKED)
        say(&sentence, "nobody whom the resolver asked on port 53 answered; ");
    if (incident->cause == CAUSE_NETWORK_INTERCEPTED)
        say(&sentence, "somebody else answers in the servers' place; ");
    if (is_computed(validation, incident))
        say_computed(&sentence, validation, incident);
    else if (is_hop_cause(incident))
        say_hop(&sentence, verdict, incident);
    else
        say_reason(&sentence, verdict, inquiry, incident);
    if (incident->cause != CAUSE_CACHED_FAILURE && incident->contributing_count) {
        say(&sentence, "; also ");
        say(&sentence, cause_code(incident->contributing[0].cause));
        if (incident->contributing[0].server_count) {
            say(&sentence, ": ");
            say_servers(&sentence, incident->contributing[0].servers,
                        incident->contributing[0].server_count);
        }
    }
    say_ede(&sentence, incident);
    if (sentence.text[sentence.at - 1] != '.') /* a name at the end has its dot */
        say(&sentence, ".");
    advise(incident, recognise(inquiry));
}
