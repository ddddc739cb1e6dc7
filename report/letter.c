#include "report/letter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "decode/codes.h"
#include "decode/embedded.h"
#include "report/moment.h"
#include "report/standards.h"

#define TEXT_SIZE     4096
#define FAULTS_MAX    5
#define EXCHANGES_MAX 8

/* Is this outage one that the zone's owner has to hear of? Not what only one of our sensors saw,
 * while others got answers. */
static bool is_theirs(const struct day_outage *outage, const char *zone)
{
    return outage->zone != NULL && strcmp(outage->zone, zone) == 0 &&
           outage->scope != SCOPE_ONE_SENSOR && standard_for(outage->cause) != NULL;
}

/* A name that tells a client's address is not written. */
static const char *question_of(const struct evidence *evidence, const char *zone,
                               char text[TEXT_SIZE])
{
    char name[NAME_TEXT_SIZE], type[CODE_TEXT_SIZE];

    if (evidence->qname.size_bytes == 0)
        snprintf(text, TEXT_SIZE, "(no question shown)");
    else if (name_holds_address(&evidence->qname))
        snprintf(text, TEXT_SIZE, "(a name in %s) %s", zone, type_to_text(evidence->qtype, type));
    else
        snprintf(text, TEXT_SIZE, "%s %s",
                 name_to_text(evidence->qname.bytes, evidence->qname.size_bytes, name),
                 type_to_text(evidence->qtype, type));
    return text;
}

/* What an exchange with one of the zone's servers shows; the way there is not the owner's. */
static bool shows_fault(const struct evidence *evidence, const struct incident *incident)
{
    for (unsigned i = 0; i < incident->server_count; i++) {
        if (memcmp(&incident->servers[i].address, &evidence->server, sizeof(evidence->server)) == 0)
            return true;
    }
    /* Where no server is to blame (a chain of aliases, names without addresses) all of it is. */
    return incident->server_count == 0;
}

/* "2026-01-01T00:04:05.123Z": servers' logs have no more. */
static const char *to_millisecond(int64_t time_ns, char text[MOMENT_TEXT_SIZE])
{
    moment_to_rfc3339(time_ns, text);
    memcpy(text + strlen("2026-01-01T00:04:05.123"), "Z", sizeof("Z"));
    return text;
}

static void print_exchange(const struct evidence *evidence, const char *zone,
                           const struct document *document)
{
    char text[TEXT_SIZE * 2], question[TEXT_SIZE], time[MOMENT_TEXT_SIZE];
    char server[ADDRESS_TEXT_SIZE], name[NAME_TEXT_SIZE], after[MOMENT_TEXT_SIZE];
    bool named = evidence->server_name.size_bytes > 0;
    bool answered =
        evidence->response_time_ns != INT64_MIN && evidence->response_time_ns > evidence->time_ns;

    if (named)
        name_to_text(evidence->server_name.bytes, evidence->server_name.size_bytes, name);
    snprintf(
        text, sizeof(text), "%s  %s%s%s%s was asked over %s for %s: it %s%s%s.",
        to_millisecond(evidence->time_ns, time), address_to_text(&evidence->server, server),
        named ? " (" : "", named ? name : "", named ? ")" : "",
        evidence->transport == TRANSPORT_TCP ? "TCP" : "UDP", question_of(evidence, zone, question),
        outcome_text(evidence->outcome), answered ? ", after " : "",
        answered ? duration_to_text(evidence->response_time_ns - evidence->time_ns, after) : "");
    document_item(document, text);
}

static void print_exchanges(const struct day_outage *outage, const char *zone,
                            const struct document *document)
{
    unsigned printed = 0, left_out = 0;

    for (size_t i = 0; i < outage->story_count; i++) {
        const struct incident *incident = &outage->stories[i].incident;

        for (unsigned j = 0; j < incident->evidence_count; j++) {
            if (!shows_fault(&incident->evidence[j], incident))
                continue;
            if (printed == EXCHANGES_MAX) {
                left_out++;
                continue;
            }
            if (printed++ == 0)
                document_paragraph(document, "Some of the exchanges, in UTC:");
            if (printed == 1 && document->markdown)
                putc('\n', document->page->output);
            print_exchange(&incident->evidence[j], zone, document);
        }
    }
    if (left_out > 0) {
        char text[64];

        snprintf(text, sizeof(text), "and %u more of these questions.", left_out);
        document_item(document, text);
    }
}

/* Does the sentence or command repeat what is not to be written? */
static bool tells_a_client(const struct incident *incident, const char *text)
{
    char client[ADDRESS_TEXT_SIZE], name[NAME_TEXT_SIZE];

    if (strstr(text, address_to_text(&incident->client, client)) != NULL)
        return true;
    /* Nor can they ask our resolver. */
    if (strstr(text, address_to_text(&incident->resolver, client)) != NULL)
        return true;
    if (!name_holds_address(&incident->qname))
        return false;
    return strstr(text, name_to_text(incident->qname.bytes, incident->qname.size_bytes, name)) !=
           NULL;
}

static bool is_command(const char *text)
{
    return islower((unsigned char)text[0]);
}

static void print_commands(const struct day_outage *outage, const struct document *document)
{
    bool begun = false;

    for (size_t i = 0; i < outage->advice_count && outage->story_count > 0; i++) {
        if (!is_command(outage->advice[i]) ||
            tells_a_client(&outage->stories[0].incident, outage->advice[i]))
            continue;
        if (!begun)
            document_paragraph(document, "These show it:");
        begun = true;
        document_command(document, outage->advice[i]);
    }
}

static void print_fault(const struct day *day, const struct day_outage *outage, size_t number,
                        const char *zone, const struct document *document)
{
    const struct standard *standard = standard_for(outage->cause);
    char text[TEXT_SIZE], from[MOMENT_TEXT_SIZE], to[MOMENT_TEXT_SIZE];
    char incidents[COUNT_TEXT_SIZE], clients[COUNT_TEXT_SIZE];

    snprintf(text, sizeof(text), "%zu. %s", number, cause_text(outage->cause));
    text[3] = (char)toupper((unsigned char)text[3]);
    document_heading(document, 2, text);
    snprintf(text, sizeof(text),
             "From %s to %s%s%s; %s question%s of %s client%s failed for it (%s, %s).",
             to_millisecond(outage->first_time_ns, from), to_millisecond(outage->last_time_ns, to),
             outage->going_on ? ", " : "", outage->going_on ? day_outage_state(day, outage) : "",
             count_to_text(outage->incidents, incidents), outage->incidents == 1 ? "" : "s",
             count_to_text(outage->clients, clients), outage->clients == 1 ? "" : "s",
             cause_code(outage->cause), confidence_code(outage->confidence));
    document_paragraph(document, text);
    if (outage->scope == SCOPE_EVERYWHERE)
        document_paragraph(document, "Several of our resolvers saw it at the same time, and none "
                                     "that asked these servers fared better.");
    if (outage->explanation != NULL && outage->story_count > 0 &&
        !tells_a_client(&outage->stories[0].incident, outage->explanation))
        document_paragraph(document, outage->explanation);
    print_exchanges(outage, zone, document);
    snprintf(text, sizeof(text), "%s: %s", standard->where, standard->what);
    document_paragraph(document, text);
    print_commands(outage, document);
}

static void print_opening(const char *zone, const struct day_outage *worst,
                          const struct document *document)
{
    char text[TEXT_SIZE];

    snprintf(text, sizeof(text), "Subject: %s does not resolve: %s", zone,
             cause_text(worst->cause));
    document_heading(document, 1, text);
    snprintf(text, sizeof(text),
             "To the people of %s: names in it could not be resolved, and clients of our resolvers "
             "got SERVFAIL. The packets show the fault in the zone, its servers or its delegation. "
             "What was seen follows, for you to mend.",
             zone);
    document_paragraph(document, text);
}

static void print_closing(const char *zone, const struct document *document)
{
    char text[TEXT_SIZE], command[DAY_COMMAND_SIZE];

    document_heading(document, 2, "About this letter");
    snprintf(text, sizeof(text),
             "It was written by dnsblame out of the packets that resolvers exchanged with your "
             "servers anyway; nothing was sent to find this out. If it reached the wrong people: "
             "the mailbox in the zone's SOA record is meant, which this shows:");
    document_paragraph(document, text);
    document_command(document, day_dig_command(zone, "SOA +short", command));
}

int letter_print(struct day *day, const char *zone, const struct document *document,
                 struct error *error)
{
    size_t count = 0;

    for (size_t i = 0; i < day->outage_count && count < FAULTS_MAX; i++) {
        if (!is_theirs(&day->outages[i], zone))
            continue;
        if (count == 0)
            print_opening(zone, &day->outages[i], document);
        print_fault(day, &day->outages[i], ++count, zone, document);
    }
    if (count == 0)
        return error_set(error, "%s: no SERVFAIL of that time is this zone's fault", zone);
    print_closing(zone, document);
    return 0;
}
