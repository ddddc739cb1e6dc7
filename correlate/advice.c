#include "correlate/explain.h"

#include <stdio.h>
#include <string.h>

#include "correlate/shell.h"
#include "decode/codes.h"

/* One line of advice. In `text`: {name} {type} the question, {zone} the zone at fault, {parent} the
 * zone above it, {server} the first server at fault, {resolver}. A line that needs something that
 * is not known is left out. A line that begins with a small letter can
 * be pasted into a shell, and so can what follows a tool's name in the others: a key is a word of
 * its own, outside of quotes. */
static const struct line {
    enum cause cause;
    enum software software; /* SOFTWARE_UNKNOWN: fits every resolver */
    const char *text;
} lines[] = {
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNKNOWN,
     "Look for a firewall rule on the resolver itself: iptables -L OUTPUT -nv | grep -w 53; nft "
     "list ruleset"},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNKNOWN,
     "Look for exhausted sockets and descriptors: grep 'open files' /proc/$(pgrep -o "
     "'named|unbound|kresd|pdns_recursor')/limits; ss -s"},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNKNOWN, "dig @{resolver} {name} {type} +cd"},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_NAMED, "rndc status"},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNKNOWN,
     "See whether a local zone or stub for the name is configured and failed to load (the "
     "resolver's log)."},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_NAMED,
     "rndc status   # recursive clients: now/soft/hard limit"},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNKNOWN,
     "Raise the limits: named recursive-clients, tcp-clients, fetches-per-zone; unbound "
     "num-queries-per-thread, outgoing-range; pdns-recursor max-mthreads."},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNKNOWN,
     "Count its descriptors against the limit: ls /proc/$(pgrep -o "
     "'named|unbound|kresd|pdns_recursor')/fd | wc -l"},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNKNOWN,
     "Look in the report's top clients and names for who asks for most of it."},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{resolver} +cd   # how long is the chain?"},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_UNKNOWN,
     "Ask the owner of {zone} to shorten the chain of aliases or delegations; raise the limit only "
     "if you must "
     "(named max-recursion-queries, max-recursion-depth; unbound max-query-restarts; pdns "
     "max-qperq)."},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_UNKNOWN,
     "Nobody else is at fault: read the resolver's log around that second with a higher "
     "verbosity."},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_NAMED, "rndc flushname {name}"},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{resolver} +cd   # if this works, it is validation"},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_UNKNOWN,
     "Look for a firewall between the capture point and the resolver's process (iptables -L INPUT "
     "-nv)."},
    {CAUSE_RESOLVER_POLICY, SOFTWARE_UNKNOWN,
     "The resolver was told to fail this name: look at its response policy zones, blocklists and "
     "ACLs."},
    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_UNKNOWN,
     "Refresh the root trust anchor: unbound-anchor -v; rndc managed-keys refresh"},
    {CAUSE_RESOLVER_CLOCK, SOFTWARE_UNKNOWN, "timedatectl status; chronyc tracking"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{resolver} +cd   # works only without validation?"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN, "delv {name} {type} +rtrace"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN,
     "dig DS {zone} +norecurse; dig DNSKEY {zone} +dnssec +multiline   # do tag, algorithm and "
     "digest fit?"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_NAMED,
     "Until the owner mends it: rndc nta {zone}   # a negative trust anchor for an hour"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}; a negative trust anchor (unbound: domain-insecure; kresd: "
     "trust_anchors.set_insecure) is a stopgap, switching validation off is none."},
    {CAUSE_DNSSEC_SIGNATURE_EXPIRED, SOFTWARE_UNKNOWN,
     "If the zone is yours, sign it again (BIND: rndc sign {zone}; Knot: knotc zone-sign {zone}) "
     "and see why "
     "the signer stopped."},
    {CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID, SOFTWARE_UNKNOWN,
     "Compare the signer's clock with the time: timedatectl status; then sign the zone again."},
    {CAUSE_DNSSEC_SIGNATURE_MISSING, SOFTWARE_UNKNOWN,
     "If the zone is yours, sign it (BIND: rndc sign {zone}) or, if it is to be unsigned, have the "
     "registrar "
     "remove the DS."},
    {CAUSE_DNSSEC_DS_MISMATCH, SOFTWARE_UNKNOWN,
     "The zone's owner must have the registrar replace the DS at the parent by one of the present "
     "key "
     "(dnssec-dsfromkey makes it); never remove the old key before."},
    {CAUSE_DNSSEC_DENIAL_INVALID, SOFTWARE_UNKNOWN,
     "dig nonexistent.{zone} @{server} +norecurse +dnssec   # the NSEC or NSEC3 records must cover "
     "the name"},
    {CAUSE_DNSSEC_DNSKEY_MISSING, SOFTWARE_UNKNOWN,
     "dig DNSKEY {zone} @{server} +norecurse +dnssec"},
    {CAUSE_DNSSEC_DNSKEY_MISSING, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: publish the DNSKEY again, or have the registrar remove the DS."},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_UNKNOWN,
     "dig {zone} SOA @{server} +norecurse +time=3 +tries=1"},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_UNKNOWN,
     "traceroute -n {server}; nc -zvu {server} 53"},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_UNKNOWN,
     "dig {zone} NS +trace +nodnssec   # from another network: are they down for all?"},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_UNKNOWN,
     "If they were moved, the owner of {zone} must change the NS and glue records in the parent "
     "zone, "
     "{parent}"},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_UNKNOWN,
     "dig {zone} SOA @{server} +norecurse +time=3 +tries=1"},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_UNKNOWN, "traceroute -n {server}; ip route get {server}"},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_UNKNOWN,
     "Port unreachable: no name server runs there; prohibited: a firewall; host or net "
     "unreachable: routing."},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_UNKNOWN,
     "dig {zone} NS +trace +nodnssec +additional   # compare the glue with the servers' real "
     "addresses"},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: its nameservers have addresses that cannot be reached from the "
     "Internet."},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_UNKNOWN,
     "If the servers have IPv6 only: ip -6 route get {server}   # has this resolver IPv6 at all?"},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_UNKNOWN,
     "dig . NS @198.41.0.4 +norecurse +time=3 +tries=1   # does anything on port 53 answer?"},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_UNKNOWN,
     "iptables -L OUTPUT -nv | grep ':53'; nft list ruleset; ip route get {server}"},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_UNKNOWN,
     "Ask the network: was a firewall rule for outbound UDP/TCP 53, a route or an uplink changed?"},
    {CAUSE_UNREACHABLE_TCP, SOFTWARE_UNKNOWN, "dig {zone} SOA @{server} +norecurse +tcp +time=3"},
    {CAUSE_UNREACHABLE_TCP, SOFTWARE_UNKNOWN, "nc -zv {server} 53"},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +norecurse +time=15 +tries=1   # look at the query time"},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: the server is overloaded or too far away; add capacity or another "
     "one."},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_NAMED,
     "Stopgap: resolver-query-timeout 15000; in named.conf (the default is 10000 ms)"},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_UNKNOWN,
     "for i in 1 2 3 4 5 6 7 8 9 10; do dig {name} {type} @{server} +norecurse +time=2 +tries=1 "
     "+noall "
     "+comments | grep -E 'status|timed out'; done"},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_UNKNOWN, "mtr -rwzc 50 {server}   # where is loss?"},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_UNKNOWN,
     "It answers other questions: look for rate limiting, an overloaded server or dropped query "
     "types."},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_UNKNOWN, "dig . NS @{server} +time=3 +tries=1"},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_UNKNOWN,
     "Take the dead forwarder out of the configuration, or name a second one."},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_NAMED,
     "rndc reconfig   # after changing forwarders; with \"forward first;\" named falls back to "
     "iterating"},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_UNKNOWN,
     "To fall back to iterating: named \"forward first;\", unbound \"forward-first: yes\"."},
    {CAUSE_FORWARDER_SLOW, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +time=15 +tries=1   # look at the query time"},
    {CAUSE_FORWARDER_SLOW, SOFTWARE_UNKNOWN,
     "Is it slow for all names? Then it is overloaded or its own upstream is: use another "
     "forwarder."},
    {CAUSE_FORWARDER_REFUSED, SOFTWARE_UNKNOWN, "dig {name} {type} @{server}"},
    {CAUSE_FORWARDER_REFUSED, SOFTWARE_UNKNOWN,
     "The forwarder's access list (named allow-recursion, unbound access-control) must admit this "
     "resolver."},
    {CAUSE_FORWARDER_SERVFAIL, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server}; dig {name} {type} @{server} +cd   # validation at the "
     "forwarder?"},
    {CAUSE_FORWARDER_SERVFAIL, SOFTWARE_UNKNOWN,
     "The fault lies beyond the forwarder: run dnsblame there, or ask its operator."},
    {CAUSE_FORWARDER_DNSSEC_STRIPPED, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +dnssec   # RRSIGs must be there"},
    {CAUSE_FORWARDER_DNSSEC_STRIPPED, SOFTWARE_UNKNOWN,
     "Validate only behind a forwarder that passes DNSSEC records on (named: dnssec-enable, "
     "dnssec-validation)."},
    {CAUSE_FORWARDER_INVALID_RESPONSE, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +dnssec; dig {name} {type} @{server} +noedns"},
    {CAUSE_ZONE_SERVFAIL, SOFTWARE_UNKNOWN, "dig {zone} SOA @{server} +norecurse"},
    {CAUSE_ZONE_SERVFAIL, SOFTWARE_UNKNOWN,
     "On that server: named-checkzone {zone} FILE; journalctl -u named | grep -E 'failed|error'"},
    {CAUSE_ZONE_SERVFAIL, SOFTWARE_UNKNOWN,
     "Or, on a secondary whose zone expired: rndc zonestatus {zone}; rndc retransfer {zone}"},
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_UNKNOWN,
     "dig {zone} NS +trace +nodnssec   # then look up each nameserver's A and AAAA"},
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: the names in its NS records do not exist (a typing error, a "
     "missing final dot, a "
     "domain that lapsed)."},
    {CAUSE_ZONE_CNAME_LOOP, SOFTWARE_UNKNOWN, "dig {name} {type} @{resolver} +cd +noall +answer"},
    {CAUSE_ZONE_CNAME_LOOP, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: the aliases lead back to where they began."},
    {CAUSE_ZONE_DELEGATION_LOOP, SOFTWARE_UNKNOWN, "dig {zone} NS +trace +nodnssec"},
    {CAUSE_ZONE_DELEGATION_LOOP, SOFTWARE_UNKNOWN,
     "Tell the owner of {zone}: give one nameserver a name inside the zone, with glue at the "
     "parent {parent}"},
    {CAUSE_ZONE_INVALID_RESPONSE, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +norecurse; dig {name} {type} @{server} +norecurse +noedns"},
    {CAUSE_ZONE_INVALID_RESPONSE, SOFTWARE_UNKNOWN,
     "If the zone is yours: named-checkzone {zone} FILE"},
    {CAUSE_LAME_REFUSED, SOFTWARE_UNKNOWN, "dig {zone} SOA @{server} +norecurse"},
    {CAUSE_LAME_REFUSED, SOFTWARE_UNKNOWN,
     "On that server: rndc zonestatus {zone}   # is the zone configured; does allow-query admit "
     "us?"},
    {CAUSE_LAME_REFUSED, SOFTWARE_UNKNOWN,
     "Otherwise the owner of {zone} must change the NS records in the parent zone, {parent}"},
    {CAUSE_LAME_NOT_AUTHORITATIVE, SOFTWARE_UNKNOWN,
     "dig {zone} SOA @{server} +norecurse   # the flags must show aa"},
    {CAUSE_LAME_NOT_AUTHORITATIVE, SOFTWARE_UNKNOWN,
     "Configure the zone on that server (on a secondary: rndc retransfer {zone}), or take it out "
     "of the NS records at {parent}"},
    {CAUSE_LAME_UPWARD_REFERRAL, SOFTWARE_UNKNOWN, "dig {zone} SOA @{server} +norecurse"},
    {CAUSE_LAME_UPWARD_REFERRAL, SOFTWARE_UNKNOWN,
     "Configure {zone} on that server, or take it out of the NS records in the parent zone, "
     "{parent}"},
    {CAUSE_LAME_NOTAUTH, SOFTWARE_UNKNOWN, "dig {zone} SOA @{server} +norecurse"},
    {CAUSE_LAME_NOTAUTH, SOFTWARE_UNKNOWN,
     "Configure {zone} on that server, or take it out of the NS records in the parent zone, "
     "{parent}"},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_UNKNOWN,
     "dig {zone} SOA @{server} +norecurse +edns=0; dig {zone} SOA @{server} +norecurse +noedns"},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_UNKNOWN,
     "A firewall before the server drops EDNS (RFC 6891 is due since 2013): tell the owner of "
     "{zone}."},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_NAMED, "Stopgap: server {server} { edns no; };"},
    {CAUSE_NETWORK_TRUNCATED_TCP_FAILED, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +norecurse +tcp; nc -zv {server} 53"},
    {CAUSE_NETWORK_TRUNCATED_TCP_FAILED, SOFTWARE_UNKNOWN,
     "TCP port 53 must be open (RFC 7766), from this resolver and at the server."},
    {CAUSE_NETWORK_FRAGMENT_LOST, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{server} +norecurse +dnssec +bufsize=4096; the same with +bufsize=1232"},
    {CAUSE_NETWORK_FRAGMENT_LOST, SOFTWARE_UNKNOWN,
     "Limit the size: named edns-udp-size 1232; unbound edns-buffer-size: 1232; let fragments "
     "through the firewall."},
    {CAUSE_NETWORK_RESPONSE_MISMATCH, SOFTWARE_UNKNOWN, "dig {name} {type} @{server} +norecurse"},
    {CAUSE_NETWORK_RESPONSE_MISMATCH, SOFTWARE_UNKNOWN,
     "Look for NAT, a load balancer or a spoofer between the resolver and {server}."},
    {CAUSE_NETWORK_INTERCEPTED, SOFTWARE_UNKNOWN,
     "dig CH TXT id.server @{server} +norecurse; dig {name} {type} @{server} +norecurse   # a "
     "final answer from there is not real"},
    {CAUSE_NETWORK_INTERCEPTED, SOFTWARE_UNKNOWN,
     "Ask the network provider who answers for others on port 53."},
    {CAUSE_CACHED_FAILURE, SOFTWARE_NAMED, "rndc flushtree {zone}   # once it is mended"},
    {CAUSE_CACHED_FAILURE, SOFTWARE_UNKNOWN,
     "Once the origin is mended the memory fades within minutes; to hurry it: rndc flushtree "
     "{zone}, "
     "unbound-control flush_zone {zone} and flush_infra all, rec_control wipe-cache {zone}'$'"},
    {CAUSE_UNATTRIBUTED_CAPTURE_LOSS, SOFTWARE_UNKNOWN,
     "Capture both directions of the resolver's upstream traffic, with a larger ring, and look at "
     "the capture's health."},
    {CAUSE_UNATTRIBUTED_CAPTURE_START, SOFTWARE_UNKNOWN,
     "Capture for longer: what led to this happened before the first packet."},
    {CAUSE_UNATTRIBUTED_ENCRYPTED_UPSTREAM, SOFTWARE_UNKNOWN,
     "The upstream side is encrypted: look into the resolver's log, or run dnsblame at the "
     "upstream resolver."},
    {CAUSE_UNATTRIBUTED_NO_EVIDENCE, SOFTWARE_UNKNOWN,
     "dig {name} {type} @{resolver}; dig {name} {type} @{resolver} +cd   # if +cd works, it is "
     "validation"},
    {CAUSE_UNATTRIBUTED_NO_EVIDENCE, SOFTWARE_UNKNOWN, "delv {name} {type} +rtrace"},
};

static void quote_name(char value[ADVICE_SIZE], const struct name *name)
{
    char text[NAME_TEXT_SIZE];

    shell_name(name_to_text(name->bytes, name->size_bytes, text), value, ADVICE_SIZE);
}

/* What stands for a key in braces; empty where it is not known, or longer than any advice. */
static void value_of(const struct incident *incident, const char *key, size_t size,
                     char value[ADVICE_SIZE])
{
    char text[ADDRESS_TEXT_SIZE];
    struct name parent;

    value[0] = '\0';
    if (strncmp(key, "name", size) == 0 && incident->qname.size_bytes) {
        quote_name(value, &incident->qname);
    } else if (strncmp(key, "type", size) == 0) {
        type_to_text(incident->qtype, value);
    } else if (strncmp(key, "zone", size) == 0 && incident->zone.size_bytes) {
        quote_name(value, &incident->zone);
    } else if (strncmp(key, "parent", size) == 0 && incident->zone.size_bytes > 1) {
        zone_of_labels(&incident->zone, name_labels(incident->zone.bytes) - 1, &parent);
        quote_name(value, &parent);
    } else if (strncmp(key, "server", size) == 0 && incident->server_count) {
        snprintf(value, ADDRESS_TEXT_SIZE, "%s",
                 address_to_text(&incident->servers[0].address, text));
    } else if (strncmp(key, "resolver", size) == 0) {
        snprintf(value, ADDRESS_TEXT_SIZE, "%s", address_to_text(&incident->resolver, text));
    }
}

/* Writes the line with its values in. False when one is not known or it does not fit. */
static bool expand(const struct incident *incident, const char *text, char advice[ADVICE_SIZE])
{
    size_t at = 0;

    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        char value[ADVICE_SIZE];

        if (!end || text[1] == ' ') {
            if (at + 1 >= ADVICE_SIZE)
                return false;
            advice[at++] = *text++;
            continue;
        }
        value_of(incident, text + 1, (size_t)(end - text - 1), value);
        if (!value[0] || at + strlen(value) >= ADVICE_SIZE)
            return false;
        memcpy(advice + at, value, strlen(value));
        at += strlen(value);
        text = end + 1;
    }
    advice[at] = '\0';
    return true;
}

/* What the validation causes have in common stands under `dnssec.bogus`, behind their own lines. */
static bool is_validation(enum cause cause)
{
    return cause >= CAUSE_DNSSEC_SIGNATURE_EXPIRED && cause < CAUSE_DNSSEC_BOGUS;
}

static void add_lines(struct incident *incident, enum cause cause, enum software software)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].cause != cause || incident->advice_count == ADVICE_MAX ||
            (lines[i].software != SOFTWARE_UNKNOWN && lines[i].software != software))
            continue;
        if (expand(incident, lines[i].text, incident->advice[incident->advice_count]))
            incident->advice_count++;
    }
}

void advise(struct incident *incident, enum software software)
{
    incident->advice_count = 0;
    add_lines(incident, incident->cause, software);
    if (is_validation(incident->cause))
        add_lines(incident, CAUSE_DNSSEC_BOGUS, software);
}
