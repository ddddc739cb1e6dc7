#include "correlate/hide.h"

#include <stdio.h>
#include <string.h>

#include "decode/embedded.h"
#include "decode/hash.h"

struct address hide_client(const struct hiding *hiding, const struct address *client)
{
    return hiding->anonymize ? hiding->anonymize(hiding->context, client) : *client;
}

uint64_t hide_client_key(const struct hiding *hiding, const struct address *client)
{
    struct address counted = hiding->pseudonyms ? hide_client(hiding, client) : *client;

    return hash_stable(counted.bytes, sizeof(counted.bytes));
}

/* Labels go from the left until what is left holds no address, and one more where that is too long
 * for the label that stands in their place. */
static void hide(struct name *name)
{
    while (name_holds_address(name))
        name_behead(name);
    while (name_prepend(name, "hidden") < 0)
        name_behead(name);
}

void hide_name(const struct hiding *hiding, struct name *name)
{
    if (hiding->anonymize && name_holds_address(name))
        hide(name);
}

/* What stands for a word: names in presentation format hold no space. One that was cut within an
 * escape is none any more, but may have been one that is to be hidden. */
static const char *hide_word(const char *word, char hidden[NAME_TEXT_SIZE])
{
    struct name name;

    if (name_from_text(&name, word) < 0)
        return "hidden";
    if (!name_holds_address(&name))
        return word;
    hide(&name);
    return name_to_text(name.bytes, name.size_bytes, hidden);
}

/* Writes `word` with what is hidden in it, but not in the marks around it. What does not fit is cut
 * off. */
static void append_word(char text[DNSSEC_TEXT_SIZE], char *word)
{
    char inner[DNSSEC_TEXT_SIZE] = "", hidden[NAME_TEXT_SIZE];
    size_t at = strlen(text), size = strlen(word), before = strspn(word, "(");

    while (size > before && strchr(",;:)", word[size - 1]))
        size--;
    if (size > before)
        snprintf(inner, sizeof(inner), "%.*s", (int)(size - before), word + before);
    snprintf(text + at, DNSSEC_TEXT_SIZE - at, "%s%.*s%s%s", at ? " " : "", (int)before, word,
             inner[0] ? hide_word(inner, hidden) : "", word + size);
}

void hide_names_in_clause(const struct hiding *hiding, char text[DNSSEC_TEXT_SIZE])
{
    char copy[DNSSEC_TEXT_SIZE], *rest = copy, *word;

    if (!hiding->anonymize || !text[0])
        return;
    memcpy(copy, text, strlen(text) + 1);
    text[0] = '\0';
    while ((word = strsep(&rest, " ")) != NULL)
        append_word(text, word);
}

static void hide_servers(const struct hiding *hiding, struct blamed_server *servers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        hide_name(hiding, &servers[i].name);
}

void hide_incident(const struct hiding *hiding, struct incident *incident)
{
    if (!hiding->anonymize)
        return;
    hide_name(hiding, &incident->qname);
    hide_name(hiding, &incident->zone);
    hide_servers(hiding, incident->servers, incident->server_count);
    for (unsigned i = 0; i < incident->contributing_count; i++) {
        struct contributing *contributing = &incident->contributing[i];

        hide_name(hiding, &contributing->zone);
        hide_servers(hiding, contributing->servers, contributing->server_count);
    }
    for (unsigned i = 0; i < incident->evidence_count; i++) {
        struct evidence *evidence = &incident->evidence[i];

        hide_name(hiding, &evidence->qname);
        hide_name(hiding, &evidence->zone);
        hide_name(hiding, &evidence->server_name);
    }
    for (unsigned i = 0; i < incident->ede_count; i++)
        incident->ede[i].text_size = 0;
}

void hide_forecast(const struct hiding *hiding, struct finding *finding)
{
    if (finding->kind == FINDING_SIGNATURE) {
        hide_name(hiding, &finding->signature.zone);
    } else if (finding->kind == FINDING_DELEGATION) {
        hide_name(hiding, &finding->delegation.zone);
        hide_name(hiding, &finding->delegation.server_name);
    }
}
