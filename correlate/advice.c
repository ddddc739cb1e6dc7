#include "correlate/advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "correlate/shell.h"
#include "decode/codes.h"

struct advising {
    const struct incident *incident;
    const struct advice_facts *facts;
};

/* Each writes what stands for a key; nothing where it is not known, or longer than any advice. */

static void quote_name(char value[ADVICE_SIZE], const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    if (name->size_bytes)
        shell_name(name_to_text(name->bytes, name->size_bytes, text), value, ADVICE_SIZE);
}

static void write_address(char value[ADVICE_SIZE], const struct address *address, bool known)
{
    if (known)
        address_to_text(address, value);
}

static void write_name(const struct advising *advising, char value[ADVICE_SIZE])
{
    quote_name(value, &advising->incident->qname);
}

static void write_type(const struct advising *advising, char value[ADVICE_SIZE])
{
    type_to_text(advising->incident->qtype, value);
}

static void write_asked(const struct advising *advising, char value[ADVICE_SIZE])
{
    const struct evidence *asked = advising->facts->asked;

    quote_name(value, asked ? &asked->qname : &advising->incident->qname);
}

static void write_asked_type(const struct advising *advising, char value[ADVICE_SIZE])
{
    const struct evidence *asked = advising->facts->asked;

    type_to_text(asked ? asked->qtype : advising->incident->qtype, value);
}

static void write_zone(const struct advising *advising, char value[ADVICE_SIZE])
{
    quote_name(value, &advising->incident->zone);
}

/* In a string of Lua's, which is within a command of the shell's at times: plain names only. */
static void write_lua_zone(const struct advising *advising, char value[ADVICE_SIZE])
{
    const struct name *zone = &advising->incident->zone;
    char text[NAME_TEXT_SIZE];

    if (!zone->size_bytes)
        return;
    name_to_text(zone->bytes, zone->size_bytes, text);
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0')
        snprintf(value, ADVICE_SIZE, "\"%.300s\"", text);
}

static void write_parent(const struct advising *advising, char value[ADVICE_SIZE])
{
    struct name parent;

    if (zone_above(&advising->incident->zone, &parent))
        quote_name(value, &parent);
}

static void write_the_parent(const struct advising *advising, char value[ADVICE_SIZE])
{
    static const char prose[] = "the parent zone, ";
    char parent[ADVICE_SIZE] = "";

    write_parent(advising, parent);
    if (strcmp(parent, ".") == 0) {
        strcpy(value, "the root zone");
    } else if (parent[0] && sizeof(prose) + strlen(parent) <= ADVICE_SIZE) {
        strcpy(value, prose);
        strcat(value, parent);
    }
}

static void write_server(const struct advising *advising, char value[ADVICE_SIZE])
{
    const struct incident *incident = advising->incident;

    write_address(value, &incident->servers[0].address, incident->server_count > 0);
}

static void write_server_ipv6(const struct advising *advising, char value[ADVICE_SIZE])
{
    const struct incident *incident = advising->incident;

    for (unsigned i = 0; i < incident->server_count; i++)
        if (address_is_ipv4(&incident->servers[i].address))
            return;
    write_server(advising, value);
}

static void write_parent_server(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->facts->parent_server, advising->facts->parent_server_known);
}

static void write_zone_server(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->facts->zone_server, advising->facts->zone_server_known);
}

static void write_other_server(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->facts->other_server, advising->facts->other_server_known);
}

static void write_own_zone(const struct advising *advising, char value[ADVICE_SIZE])
{
    quote_name(value, &advising->facts->own_zone);
}

static void write_own_name(const struct advising *advising, char value[ADVICE_SIZE])
{
    quote_name(value, &advising->facts->own_name);
}

static void write_own_parent(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->facts->own_parent, true);
}

static void write_own_listed(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->facts->own_listed, true);
}

static void write_resolver(const struct advising *advising, char value[ADVICE_SIZE])
{
    write_address(value, &advising->incident->resolver, true);
}

static void write_origin(const struct advising *advising, char value[ADVICE_SIZE])
{
    if (advising->incident->origin)
        snprintf(value, ADVICE_SIZE, "%016" PRIx64, advising->incident->origin);
}

static const struct {
    const char *key;
    void (*write)(const struct advising *, char value[ADVICE_SIZE]);
} keys[] = {
    {"{name}", write_name},
    {"{type}", write_type},
    {"{asked}", write_asked},
    {"{asked-type}", write_asked_type},
    {"{zone}", write_zone},
    {"{lua-zone}", write_lua_zone},
    {"{parent}", write_parent},
    {"{the-parent}", write_the_parent},
    {"{server}", write_server},
    {"{server-ipv6}", write_server_ipv6},
    {"{parent-server}", write_parent_server},
    {"{zone-server}", write_zone_server},
    {"{other-server}", write_other_server},
    {"{own-zone}", write_own_zone},
    {"{own-name}", write_own_name},
    {"{own-parent}", write_own_parent},
    {"{own-listed}", write_own_listed},
    {"{resolver}", write_resolver},
    {"{origin}", write_origin},
};

/* Writes what stands for the key at the beginning of `text`, and returns the key's size. 0: there
 * is none. */
static size_t take_key(const struct advising *advising, const char *text, char value[ADVICE_SIZE])
{
    value[0] = '\0';
    for (size_t i = 0; *text == '{' && i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t size = strlen(keys[i].key);

        if (strncmp(text, keys[i].key, size) != 0)
            continue;
        keys[i].write(advising, value);
        return size;
    }
    return 0;
}

/* Writes the line with its values in. False when one is not known or it does not fit. */
static bool expand(const struct advising *advising, const char *text, char advice[ADVICE_SIZE])
{
    size_t at = 0;

    while (*text) {
        char value[ADVICE_SIZE];
        size_t key_size = take_key(advising, text, value);
        size_t taken = key_size ? key_size : 1 + strcspn(text + 1, "{");
        size_t size = key_size ? strlen(value) : taken;

        if (size == 0 || at + size >= ADVICE_SIZE)
            return false;
        memcpy(advice + at, key_size ? value : text, size);
        at += size;
        text += taken;
        if (key_size && value[size - 1] == '.' && *text == '.')
            text++; /* a name at the end of a sentence has its dot */
    }
    advice[at] = '\0';
    return true;
}

/* What the validation causes have in common stands under `dnssec.bogus`, behind their own lines. */
static bool is_validation(enum cause cause)
{
    return cause >= CAUSE_DNSSEC_SIGNATURE_EXPIRED && cause < CAUSE_DNSSEC_BOGUS;
}

static void add_lines(struct incident *incident, const struct advice_line *lines, size_t count,
                      enum cause cause, const struct advice_facts *facts)
{
    const struct advising advising = {incident, facts};

    for (size_t i = 0; i < count && incident->advice_count < ADVICE_MAX; i++) {
        const struct advice_line *line = &lines[i];
        char *advice = incident->advice[incident->advice_count];

        if (line->cause != cause ||
            (line->software != SOFTWARE_ANY && line->software != facts->software))
            continue;
        if (expand(&advising, line->text, advice) ||
            (line->otherwise && expand(&advising, line->otherwise, advice)))
            incident->advice_count++;
    }
}

/* Did a forwarder say something, which the resolver could not accept? */
static bool answers_for_others(const struct incident *incident)
{
    enum outcome outcome = incident->server_count ? incident->servers[0].outcome : OUTCOME_TIMEOUT;

    return incident->cause == CAUSE_FORWARDER_INVALID_RESPONSE &&
           (outcome == OUTCOME_ANSWER || outcome == OUTCOME_ALIAS || outcome == OUTCOME_NODATA ||
            outcome == OUTCOME_NXDOMAIN || outcome == OUTCOME_EMPTY);
}

void advise(struct incident *incident, const struct advice_facts *facts)
{
    incident->advice_count = 0;
    if (facts->zone_is_private) {
        add_lines(incident, private_zone_lines, private_zone_line_count, CAUSE_DNSSEC_BOGUS, facts);
        return;
    }
    if (incident->cause == CAUSE_RESOLVER_LIMIT && facts->nobody_asked) {
        add_lines(incident, quota_lines, quota_line_count, CAUSE_RESOLVER_LIMIT, facts);
        return;
    }
    if (facts->family_is_lost) {
        add_lines(incident, lost_family_lines, lost_family_line_count,
                  CAUSE_UNREACHABLE_BAD_ADDRESS, facts);
        return;
    }
    if (facts->own_zone.size_bytes > 0)
        add_lines(incident, own_servers_lines, own_servers_line_count,
                  CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, facts);
    if (facts->forwards_back)
        add_lines(incident, forwarding_loop_lines, forwarding_loop_line_count, CAUSE_FORWARDER_DOWN,
                  facts);
    add_lines(incident, advice_lines, advice_line_count, incident->cause, facts);
    if (answers_for_others(incident))
        add_lines(incident, blocklist_lines, blocklist_line_count, CAUSE_FORWARDER_INVALID_RESPONSE,
                  facts);
    if (is_validation(incident->cause))
        add_lines(incident, advice_lines, advice_line_count, CAUSE_DNSSEC_BOGUS, facts);
}
