#include "correlate/advice.h"

/* Whoever is asked about the zone where it is known, and about the name where it is not. */
#define ASK_SERVER                                                                                 \
    "dig {zone} SOA @{server} +norecurse", "dig {asked} {asked-type} @{server} +norecurse"
#define LIMITS "'named|unbound|kresd|pdns_recursor'"

/* What is advised for a cause, in this order. SOFTWARE_ANY fits every resolver, SOFTWARE_UNKNOWN
 * those that are not recognised.
 *
 * In the texts: {name} {type} the client's question, {asked} {asked-type} what the server at fault
 * failed at, {zone} the zone at fault, {parent} the one above it (and {the-parent} in prose),
 * {server} the first server at fault, {server-ipv6} the same where none of them has an IPv4
 * address, {parent-server} {zone-server} {other-server} as in struct advice_facts, {resolver},
 * {origin} the incident behind this one, {lua-zone} the zone for kresd's console. Where one of them
 * is not known, `otherwise` is taken, or nothing.
 *
 * A line that begins with a small letter can be pasted into a shell, and so can what follows a
 * tool's name in the others: a key is a word of its own, outside of quotes. Such lines go into
 * letters to the zone's owner; what the resolver's operator alone can do begins with a capital. */
const struct advice_line advice_lines[] = {
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_ANY,
     "Look for a firewall rule on the resolver itself: iptables -L OUTPUT -nv | grep -w 53; nft "
     "list ruleset",
     NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_ANY,
     "Look for exhausted sockets and descriptors: grep 'open files' /proc/$(pgrep -o " LIMITS
     ")/limits; ss -s",
     NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_ANY, "dig @{resolver} {name} {type} +cd", NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_NAMED, "On the resolver: rndc status", NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNBOUND,
     "On the resolver: unbound-control status; unbound-control stats_noreset", NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_UNKNOWN,
     "On the resolver, whichever it is: rndc status; unbound-control status; rec_control get-all; "
     "in kresd's console: worker.stats()",
     NULL},
    {CAUSE_RESOLVER_NO_UPSTREAM, SOFTWARE_ANY,
     "See whether a local zone or stub for the name is configured and failed to load (the "
     "resolver's log).",
     NULL},

    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_NAMED,
     "On the resolver: rndc status   # recursive clients: now/soft/hard limit; tcp clients", NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNBOUND,
     "On the resolver: unbound-control stats_noreset | grep -E 'requestlist|exceeded'", NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNKNOWN,
     "On the resolver, whichever it is: rndc status; unbound-control stats_noreset; rec_control "
     "get-all; in kresd's console: worker.stats()",
     NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_NAMED,
     "Raise the limits in named.conf: recursive-clients, tcp-clients, fetches-per-zone, "
     "fetches-per-server.",
     NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNBOUND,
     "Raise the limits in unbound.conf: num-queries-per-thread, outgoing-range, num-threads.",
     NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_KRESD,
     "Run more instances of it: systemctl enable --now kresd@2", NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_UNKNOWN,
     "Raise the limits: named recursive-clients, tcp-clients, fetches-per-zone; unbound "
     "num-queries-per-thread, outgoing-range; pdns-recursor max-mthreads (since 5.2 "
     "recursor.max_mthreads); kresd more instances.",
     NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_ANY,
     "Count its descriptors against the limit (LimitNOFILE of its service): ls /proc/$(pgrep "
     "-o " LIMITS ")/fd | wc -l",
     NULL},
    {CAUSE_RESOLVER_OVERLOAD, SOFTWARE_ANY,
     "Look in the report's top clients and names for who asks for most of it.", NULL},

    {CAUSE_RESOLVER_LIMIT, SOFTWARE_ANY,
     "dig {name} {type} @{resolver} +cd   # how long is the chain?", NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_ANY,
     "Ask the owner of {zone} to shorten the chain of aliases or delegations; raise the limit only "
     "if you must (named max-recursion-queries, max-recursion-depth; unbound max-query-restarts; "
     "pdns-recursor max-qperq, since 5.2 outgoing.max_qperq).",
     NULL},

    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_ANY,
     "dig {name} {type} @{resolver} +cd   # if this works, it is validation", NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_ANY,
     "No packet shows anybody else at fault: read the resolver's log around that second.", NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_NAMED,
     "On the resolver: rndc querylog on; rndc trace 3; rndc flushname {name}", NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_UNBOUND,
     "On the resolver: unbound-control verbosity 3; unbound-control flush {name}", NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_KRESD,
     "In kresd's console: log_level('debug'); cache.clear()", NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_UNKNOWN,
     "On the resolver, whichever it is: rndc flushname {name}; unbound-control flush {name}; "
     "rec_control wipe-cache {name}; in kresd's console: cache.clear()",
     NULL},
    {CAUSE_RESOLVER_DESPITE_ANSWERS, SOFTWARE_ANY,
     "Look for a firewall between the capture point and the resolver's process: iptables -L INPUT "
     "-nv",
     NULL},

    {CAUSE_RESOLVER_POLICY, SOFTWARE_ANY,
     "The resolver was told to fail this name: look at its response policy zones, blocklists and "
     "ACLs.",
     NULL},

    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_ANY,
     "dig DNSKEY . @{zone-server} +norecurse +multiline   # the keys with SEP (257) are what it "
     "has to trust",
     NULL},
    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_NAMED,
     "Refresh the root trust anchor: rndc managed-keys status; rndc managed-keys refresh", NULL},
    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_UNBOUND,
     "Refresh the root trust anchor (Debian's is in the package dns-root-data, unbound keeps a "
     "copy): cp /usr/share/dns/root.key /var/lib/unbound/; systemctl restart unbound",
     NULL},
    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_KRESD,
     "Refresh the root trust anchor (Debian's is in the package dns-root-data), restart kresd and "
     "look at it in its console: trust_anchors.summary()",
     NULL},
    {CAUSE_RESOLVER_TRUST_ANCHOR, SOFTWARE_UNKNOWN,
     "Refresh the root trust anchor: rndc managed-keys refresh; for unbound cp "
     "/usr/share/dns/root.key /var/lib/unbound/ (Debian's, of the package dns-root-data), "
     "elsewhere unbound-anchor -v; kresd and pdns-recursor read Debian's itself (kresd's console: "
     "trust_anchors.summary(); rec_control get-tas)",
     NULL},

    {CAUSE_RESOLVER_CLOCK, SOFTWARE_ANY, "On the resolver: timedatectl status; chronyc tracking",
     NULL},

    {CAUSE_DNSSEC_SIGNATURE_EXPIRED, SOFTWARE_ANY,
     "If the zone is yours, sign it again (BIND: rndc sign {zone}; Knot: knotc zone-sign {zone}) "
     "and see why the signer stopped.",
     NULL},
    {CAUSE_DNSSEC_SIGNATURE_NOT_YET_VALID, SOFTWARE_ANY,
     "If the zone is yours, compare its signer's clock with the time (timedatectl status), then "
     "sign the zone again.",
     NULL},
    {CAUSE_DNSSEC_SIGNATURE_MISSING, SOFTWARE_ANY,
     "If the zone is yours, sign it (BIND: rndc sign {zone}) or, if it is to be unsigned, have the "
     "registrar remove the DS.",
     NULL},
    {CAUSE_DNSSEC_SIGNATURE_INVALID, SOFTWARE_ANY,
     "If the zone is yours, sign it anew with the keys it publishes (BIND: rndc sign {zone}); if "
     "one server alone has it wrong, transfer the zone there again.",
     NULL},
    {CAUSE_DNSSEC_DS_MISMATCH, SOFTWARE_ANY,
     "The zone's owner must have the registrar replace the DS at the parent by one of the present "
     "key (dnssec-dsfromkey makes it); never remove the old key before.",
     NULL},
    {CAUSE_DNSSEC_DENIAL_INVALID, SOFTWARE_ANY,
     "dig nonexistent.{zone} @{server} +norecurse +dnssec   # the NSEC or NSEC3 records must cover "
     "the name",
     NULL},
    {CAUSE_DNSSEC_DNSKEY_MISSING, SOFTWARE_ANY,
     "Tell the owner of {zone}: publish the DNSKEY again (a CNAME at that name hides it), or have "
     "the registrar remove the DS.",
     NULL},
    /* What they have in common, behind their own lines. */
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "dig {name} {type} @{resolver} +cd   # works only without validation?", NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY, "delv {name} {type} +rtrace", NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "dig DS {zone} @{parent-server} +norecurse +dnssec   # a server of {parent} holds the DS",
     "dig DS {zone} @SERVER +norecurse +dnssec   # SERVER: any of {parent}, which holds the DS"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "dig DNSKEY {zone} @{zone-server} +norecurse +dnssec +multiline   # do tag, algorithm and "
     "digest fit the DS?",
     "dig DNSKEY {zone} @SERVER +norecurse +dnssec +multiline   # SERVER: any that "
     "serves {zone} (see whether tag, algorithm and digest fit the DS)"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_NAMED,
     "Until the owner mends it: rndc nta {zone}   # a negative trust anchor, for an hour", NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNBOUND,
     "Until the owner mends it: unbound-control insecure_add {zone}   # insecure_remove ends it",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_KRESD,
     "Until the owner mends it, in kresd's console: trust_anchors.set_insecure({ {lua-zone} })   "
     "-- instead of the names set before",
     "Until the owner mends it, in kresd's console: trust_anchors.set_insecure"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN,
     "Until the owner mends it, a negative trust anchor: rndc nta {zone}; unbound-control "
     "insecure_add {zone}; rec_control add-nta {zone}; kresd: trust_anchors.set_insecure",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "Tell the owner of {zone}; switching validation off for all (named: dnssec-validation no) is "
     "no remedy.",
     NULL},

    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_ANY,
     "dig {zone} SOA @{server} +norecurse +time=3 +tries=1",
     "dig {asked} {asked-type} @{server} +norecurse +time=3 +tries=1"},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_ANY, "traceroute -n {server}; nc -zvu {server} 53",
     NULL},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_ANY,
     "dig {zone} NS +trace +nodnssec   # from another network: are they down for all?",
     "dig {name} NS +trace +nodnssec   # from another network: are they down for all?"},
    {CAUSE_UNREACHABLE_NO_RESPONSE, SOFTWARE_ANY,
     "If they were moved, the owner of {zone} must change the NS and glue records in {the-parent}.",
     NULL},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_ANY, "dig {zone} SOA @{server} +norecurse +time=3 +tries=1",
     "dig {asked} {asked-type} @{server} +norecurse +time=3 +tries=1"},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_ANY, "traceroute -n {server}; ip route get {server}", NULL},
    {CAUSE_UNREACHABLE_ICMP, SOFTWARE_ANY,
     "Port unreachable: no name server runs there; prohibited: a firewall; host or net "
     "unreachable: routing; time exceeded: a loop in it.",
     NULL},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_ANY,
     "dig {zone} NS +trace +nodnssec +additional   # compare the glue with the servers' real "
     "addresses",
     "dig {name} NS +trace +nodnssec +additional   # compare the glue with the servers' real "
     "addresses"},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_ANY,
     "Tell the owner of {zone}: its nameservers have addresses that cannot be reached from the "
     "Internet.",
     NULL},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_ANY,
     "ip -6 route get {server-ipv6}   # has this resolver IPv6 at all?", NULL},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_ANY,
     "dig . NS @198.41.0.4 +norecurse +time=3 +tries=1   # does anything on port 53 answer?", NULL},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_ANY,
     "iptables -L OUTPUT -nv | grep ':53'; nft list ruleset; ip route get {server}", NULL},
    {CAUSE_UNREACHABLE_EGRESS_BLOCKED, SOFTWARE_ANY,
     "Ask the network: was a firewall rule for outbound UDP/TCP 53, a route or an uplink changed?",
     NULL},
    {CAUSE_UNREACHABLE_TCP, SOFTWARE_ANY, "dig {zone} SOA @{server} +norecurse +tcp +time=3",
     "dig {asked} {asked-type} @{server} +norecurse +tcp +time=3"},
    {CAUSE_UNREACHABLE_TCP, SOFTWARE_ANY, "nc -zv {server} 53", NULL},

    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +norecurse +time=15 +tries=1   # look at the query time",
     NULL},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{other-server} +norecurse   # the same of a server that is not "
     "slow",
     NULL},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_ANY,
     "Tell the owner of {zone}: the server is overloaded or too far away; add capacity or another "
     "one.",
     NULL},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_NAMED,
     "Stopgap, in named.conf: resolver-query-timeout 15000; (the default is 10000 ms)", NULL},
    {CAUSE_TIMEOUT_SLOW_SERVER, SOFTWARE_UNKNOWN,
     "Stopgap, more patience: named resolver-query-timeout, pdns-recursor network-timeout, since "
     "5.2 outgoing.network_timeout (both in ms).",
     NULL},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_ANY,
     "for i in 1 2 3 4 5 6 7 8 9 10; do dig {asked} {asked-type} @{server} +norecurse +time=2 "
     "+tries=1 +noall +comments | grep -E 'status|timed out'; done",
     NULL},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{other-server} +norecurse   # the same of another server", NULL},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +norecurse +dnssec +ignore +bufsize=512   # answered with "
     "TC, and not with +bufsize=1232: large answers are lost on the way",
     NULL},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_ANY, "mtr -rwzc 50 {server}   # where is loss?", NULL},
    {CAUSE_TIMEOUT_INTERMITTENT, SOFTWARE_ANY,
     "It answers other questions: look for rate limiting, an overloaded server or dropped query "
     "types.",
     NULL},

    {CAUSE_FORWARDER_DOWN, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +time=3 +tries=1   # does it answer at all?",
     "dig . NS @{server} +time=3 +tries=1"},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_ANY,
     "Take the dead forwarder out of the configuration, or name a second one.", NULL},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_NAMED,
     "After a change of forwarders: rndc reconfig   # with \"forward first;\" named falls back to "
     "iterating",
     NULL},
    {CAUSE_FORWARDER_DOWN, SOFTWARE_UNKNOWN,
     "To fall back to iterating: named \"forward first;\" and rndc reconfig, unbound "
     "\"forward-first: yes\" and unbound-control reload.",
     NULL},
    {CAUSE_FORWARDER_SLOW, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +time=15 +tries=1   # look at the query time", NULL},
    {CAUSE_FORWARDER_SLOW, SOFTWARE_ANY,
     "Is it slow for all names? Then it is overloaded or its own upstream is: use another "
     "forwarder.",
     NULL},
    {CAUSE_FORWARDER_REFUSED, SOFTWARE_ANY, "dig {asked} {asked-type} @{server}", NULL},
    {CAUSE_FORWARDER_REFUSED, SOFTWARE_ANY,
     "The forwarder's access list (named allow-recursion, unbound access-control) must admit this "
     "resolver.",
     NULL},
    {CAUSE_FORWARDER_SERVFAIL, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server}; dig {asked} {asked-type} @{server} +cd   # validation at "
     "the forwarder?",
     NULL},
    {CAUSE_FORWARDER_SERVFAIL, SOFTWARE_ANY, "What it failed of is incident {origin}.",
     "The fault lies beyond the forwarder: run dnsblame there, or ask its operator."},
    {CAUSE_FORWARDER_DNSSEC_STRIPPED, SOFTWARE_ANY,
     "dig DNSKEY . @{server} +dnssec   # RRSIG records must be there", NULL},
    {CAUSE_FORWARDER_DNSSEC_STRIPPED, SOFTWARE_ANY,
     "Have the forwarder pass DNSSEC records on to whoever sets DO, forward to one that does, or "
     "let the resolver iterate.",
     NULL},
    {CAUSE_FORWARDER_DNSSEC_STRIPPED, SOFTWARE_ANY,
     "Without validation at the resolver (named: dnssec-validation no) all names resolve again, "
     "unprotected.",
     NULL},
    {CAUSE_FORWARDER_INVALID_RESPONSE, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +dnssec; dig {asked} {asked-type} @{server} +noedns",
     NULL},

    {CAUSE_ZONE_SERVFAIL, SOFTWARE_ANY, ASK_SERVER},
    {CAUSE_ZONE_SERVFAIL, SOFTWARE_ANY,
     "On that server (BIND): journalctl -u named | grep -E 'failed|error'; named-checkzone {zone} "
     "FILE; rndc reload {zone}",
     "On that server: see in its log why the zone is not loaded."},
    {CAUSE_ZONE_SERVFAIL, SOFTWARE_ANY,
     "Or, on a secondary whose zone expired: rndc zonestatus {zone}; rndc retransfer {zone}", NULL},
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_ANY,
     "dig {zone} NS +trace +nodnssec   # then look up each nameserver's A and AAAA",
     "dig {name} NS +trace +nodnssec   # then look up each nameserver's A and AAAA"},
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_ANY,
     "Tell the owner of {zone}: the names in its NS records do not exist (a typing error, a "
     "missing final dot, an address in place of a name, a domain that lapsed).",
     NULL},
    {CAUSE_ZONE_CNAME_LOOP, SOFTWARE_ANY, "dig {name} {type} @{resolver} +cd +noall +answer", NULL},
    {CAUSE_ZONE_CNAME_LOOP, SOFTWARE_ANY,
     "Tell the owner of {zone}: the aliases lead back to where they began.", NULL},
    {CAUSE_ZONE_DELEGATION_LOOP, SOFTWARE_ANY, "dig {zone} NS +trace +nodnssec",
     "dig {name} NS +trace +nodnssec"},
    {CAUSE_ZONE_DELEGATION_LOOP, SOFTWARE_ANY,
     "Tell the owner of {zone}: give one nameserver a name inside the zone, with glue in "
     "{the-parent}.",
     NULL},
    {CAUSE_ZONE_INVALID_RESPONSE, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +norecurse; dig {asked} {asked-type} @{server} +norecurse "
     "+noedns",
     NULL},
    {CAUSE_ZONE_INVALID_RESPONSE, SOFTWARE_ANY,
     "FORMERR, NOTIMP, BADVERS: the server's software, or what stands before it, does not "
     "understand the query: replace it.",
     NULL},
    {CAUSE_ZONE_INVALID_RESPONSE, SOFTWARE_ANY,
     "Wrong or mangled data, if the zone is yours: named-checkzone {zone} FILE; rndc reload {zone}",
     NULL},

    {CAUSE_LAME_REFUSED, SOFTWARE_ANY, ASK_SERVER},
    {CAUSE_LAME_REFUSED, SOFTWARE_ANY,
     "On that server (BIND): rndc zonestatus {zone}   # is the zone configured; does allow-query "
     "admit us?",
     "On that server: is the zone of {name} configured, and does its access list (BIND's "
     "allow-query) admit the resolver?"},
    {CAUSE_LAME_REFUSED, SOFTWARE_ANY,
     "Otherwise the owner of {zone} must change the NS records in {the-parent}.",
     "dig {name} NS +trace +nodnssec   # who is it delegated to?"},
    {CAUSE_LAME_NOT_AUTHORITATIVE, SOFTWARE_ANY,
     "dig {zone} SOA @{server} +norecurse   # the flags must show aa",
     "dig {asked} {asked-type} @{server} +norecurse   # the flags must show aa"},
    {CAUSE_LAME_NOT_AUTHORITATIVE, SOFTWARE_ANY,
     "Configure {zone} on that server (on a BIND secondary: rndc retransfer {zone}), or take it "
     "out of the NS records in {the-parent}.",
     "Configure the zone on that server, or take it out of the NS records of the parent zone."},
    {CAUSE_LAME_UPWARD_REFERRAL, SOFTWARE_ANY, ASK_SERVER},
    {CAUSE_LAME_UPWARD_REFERRAL, SOFTWARE_ANY,
     "Configure {zone} on that server, or take it out of the NS records in {the-parent}.",
     "Configure the zone on that server, or take it out of the NS records of the parent zone."},
    {CAUSE_LAME_NOTAUTH, SOFTWARE_ANY, ASK_SERVER},
    {CAUSE_LAME_NOTAUTH, SOFTWARE_ANY,
     "Configure {zone} on that server, or take it out of the NS records in {the-parent}.",
     "Configure the zone on that server, or take it out of the NS records of the parent zone."},

    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_ANY,
     "dig {zone} SOA @{server} +norecurse +edns=0; dig {zone} SOA @{server} +norecurse +noedns",
     "dig {asked} {asked-type} @{server} +norecurse +edns=0; dig {asked} {asked-type} @{server} "
     "+norecurse +noedns"},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_ANY,
     "A firewall before the server drops EDNS (RFC 6891 is due since 2013): tell the owner of "
     "{zone}.",
     NULL},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_NAMED,
     "Stopgap, in named.conf: server {server} { edns no; };", NULL},
    {CAUSE_NETWORK_EDNS_BLOCKED, SOFTWARE_UNKNOWN,
     "Stopgap, where the resolver is a named, in named.conf: server {server} { edns no; };", NULL},
    {CAUSE_NETWORK_TRUNCATED_TCP_FAILED, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +norecurse +tcp; nc -zv {server} 53", NULL},
    {CAUSE_NETWORK_TRUNCATED_TCP_FAILED, SOFTWARE_ANY,
     "TCP port 53 must be open (RFC 7766), from this resolver and at the server.", NULL},
    {CAUSE_NETWORK_TRUNCATED_TCP_FAILED, SOFTWARE_ANY,
     "If it is, and only large answers fail: large packets are lost on the way back, and a "
     "firewall drops the ICMP errors that say so (traceroute --mtu {server}; clamp the TCP MSS).",
     NULL},
    {CAUSE_NETWORK_FRAGMENT_LOST, SOFTWARE_ANY,
     "dig {asked} {asked-type} @{server} +norecurse +dnssec +bufsize=4096; dig {asked} "
     "{asked-type} @{server} +norecurse +dnssec +bufsize=1232",
     NULL},
    {CAUSE_NETWORK_FRAGMENT_LOST, SOFTWARE_ANY,
     "Limit the size (named edns-udp-size 1232; unbound edns-buffer-size: 1232; kresd "
     "net.bufsize(1232); pdns-recursor edns-outgoing-bufsize=1232, since 5.2 "
     "outgoing.edns_bufsize: 1232), or let fragments through the firewall.",
     NULL},
    {CAUSE_NETWORK_RESPONSE_MISMATCH, SOFTWARE_ANY, "dig {asked} {asked-type} @{server} +norecurse",
     NULL},
    {CAUSE_NETWORK_RESPONSE_MISMATCH, SOFTWARE_ANY,
     "Look for NAT, a load balancer or a spoofer between the resolver and {server}.", NULL},
    {CAUSE_NETWORK_INTERCEPTED, SOFTWARE_ANY,
     "dig CH TXT id.server @{server} +norecurse; dig {asked} {asked-type} @{server} +norecurse   # "
     "a final answer from there is not real",
     NULL},
    {CAUSE_NETWORK_INTERCEPTED, SOFTWARE_ANY,
     "Ask the network provider who answers for others on port 53.", NULL},

    {CAUSE_CACHED_FAILURE, SOFTWARE_ANY,
     "What failed first is incident {origin}: once that is mended, the memory fades within "
     "minutes.",
     "Once what failed first is mended, the memory fades within minutes."},
    {CAUSE_CACHED_FAILURE, SOFTWARE_NAMED, "To hurry it: rndc flushtree {zone}",
     "To hurry it: rndc flushname {name}"},
    {CAUSE_CACHED_FAILURE, SOFTWARE_UNBOUND,
     "To hurry it: unbound-control flush_zone {zone}; unbound-control flush_infra all",
     "To hurry it: unbound-control flush {name}; unbound-control flush_infra all"},
    {CAUSE_CACHED_FAILURE, SOFTWARE_KRESD,
     "To hurry it, in kresd's console: cache.clear({lua-zone})",
     "To hurry it, in kresd's console: cache.clear()"},
    {CAUSE_CACHED_FAILURE, SOFTWARE_UNKNOWN,
     "To hurry it: rndc flushtree {zone}; unbound-control flush_zone {zone}; rec_control "
     "wipe-cache {zone}'$'; in kresd's console: cache.clear()",
     "To hurry it: rndc flushname {name}; unbound-control flush {name}; rec_control wipe-cache "
     "{name}; in kresd's console: cache.clear()"},

    {CAUSE_UNATTRIBUTED_CAPTURE_LOSS, SOFTWARE_ANY,
     "Capture both directions of the resolver's upstream traffic, with a larger ring, and look at "
     "the capture's health.",
     NULL},
    {CAUSE_UNATTRIBUTED_CAPTURE_START, SOFTWARE_ANY,
     "Capture for longer: what led to this happened before the first packet.", NULL},
    {CAUSE_UNATTRIBUTED_ENCRYPTED_UPSTREAM, SOFTWARE_ANY,
     "The upstream side is encrypted: look into the resolver's log, or run dnsblame at the "
     "upstream resolver.",
     NULL},
    {CAUSE_UNATTRIBUTED_NO_EVIDENCE, SOFTWARE_ANY,
     "dig {name} {type} @{resolver}; dig {name} {type} @{resolver} +cd   # if +cd works, it is "
     "validation",
     "Capture with a larger snap length (tcpdump -s 0): the question was cut off."},
    {CAUSE_UNATTRIBUTED_NO_EVIDENCE, SOFTWARE_ANY, "delv {name} {type} +rtrace", NULL},
};

const size_t advice_line_count = sizeof(advice_lines) / sizeof(advice_lines[0]);

const struct advice_line private_zone_lines[] = {
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "dig {name} {type} @{resolver} +cd   # works only without validation?", NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY, "dig {zone} SOA @{server} +dnssec   # has it RRSIG records?",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_NAMED,
     "Put the zone under validate-except in named.conf, for good; at once, for a week: rndc nta "
     "-lifetime 1w {zone}",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNBOUND,
     "Put the zone under domain-insecure in unbound.conf, for good; at once: unbound-control "
     "insecure_add {zone}",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_KRESD,
     "Have kresd ask for the zone by policy.STUB in place of policy.FORWARD, and in its "
     "configuration: trust_anchors.set_insecure({ {lua-zone} })",
     "Have kresd ask for the zone by policy.STUB in place of policy.FORWARD, and in its "
     "configuration: trust_anchors.set_insecure"},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_UNKNOWN,
     "Tell the resolver not to validate the zone: named validate-except, unbound domain-insecure, "
     "pdns-recursor addNTA, since 5.2 dnssec.negative_trustanchors (at once: rec_control add-nta "
     "{zone}), kresd trust_anchors.set_insecure.",
     NULL},
    {CAUSE_DNSSEC_BOGUS, SOFTWARE_ANY,
     "Or sign the zone and give the resolver its key as a trust anchor.", NULL},
};
const size_t private_zone_line_count = sizeof(private_zone_lines) / sizeof(private_zone_lines[0]);

const struct advice_line lost_family_lines[] = {
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_ANY,
     "ip route get {server}   # has the resolver a route, and an address of that family?", NULL},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_NAMED,
     "On the resolver: is named run with -4 or -6, or has query-source an address that is gone?",
     NULL},
    {CAUSE_UNREACHABLE_BAD_ADDRESS, SOFTWARE_UNBOUND,
     "On the resolver: unbound-checkconf -o do-ip4; unbound-checkconf -o do-ip6", NULL},
};
const size_t lost_family_line_count = sizeof(lost_family_lines) / sizeof(lost_family_lines[0]);

const struct advice_line own_servers_lines[] = {
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_ANY,
     "In its NS records {own-zone} names {own-name}, which its parent does not, and resolvers "
     "believe the zone: its owner must correct them, or the delegation.",
     NULL},
    {CAUSE_ZONE_NAMESERVER_UNRESOLVABLE, SOFTWARE_ANY,
     "dig {own-zone} NS @{own-parent} +norecurse; dig {own-zone} NS @{own-listed} +norecurse   "
     "# do they agree?",
     NULL},
};
const size_t own_servers_line_count = sizeof(own_servers_lines) / sizeof(own_servers_lines[0]);

const struct advice_line forwarding_loop_lines[] = {
    {CAUSE_FORWARDER_DOWN, SOFTWARE_ANY,
     "The forwarder {server} asks {resolver} for the same name meanwhile: they forward to each "
     "other, "
     "and one of them must resolve it, or forward elsewhere.",
     NULL},
};
const size_t forwarding_loop_line_count =
    sizeof(forwarding_loop_lines) / sizeof(forwarding_loop_lines[0]);

const struct advice_line blocklist_lines[] = {
    {CAUSE_FORWARDER_INVALID_RESPONSE, SOFTWARE_ANY,
     "Does the forwarder block or rewrite names? Who validates behind it fails for those: block "
     "them "
     "at the resolver that clients ask instead, or forward to one that does not.",
     NULL},
};
const size_t blocklist_line_count = sizeof(blocklist_lines) / sizeof(blocklist_lines[0]);

const struct advice_line quota_lines[] = {
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_NAMED,
     "On the resolver: rndc recursing; rndc stats   # spilled due to zone or server quota?", NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_NAMED,
     "Raise fetches-per-zone or fetches-per-server in named.conf, if so many are due.", NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_UNBOUND,
     "On the resolver: unbound-control ratelimit_list   # what is over the limit", NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_UNBOUND,
     "Raise ratelimit in unbound.conf, or ratelimit-for-domain for the zone, if so many are due.",
     NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_UNKNOWN,
     "Look at the resolver's limits for each zone and server: named fetches-per-zone and "
     "fetches-per-server (rndc recursing), unbound ratelimit (unbound-control ratelimit_list).",
     NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_KRESD,
     "Look at what limits the resolver's questions about one zone (its log).", NULL},
    {CAUSE_RESOLVER_LIMIT, SOFTWARE_ANY,
     "Look in the report's top clients for who asks for so many names of {zone}: random names are "
     "an attack on its servers.",
     "Look in the report's top clients for who asks for so many names: random ones are an attack."},
};
const size_t quota_line_count = sizeof(quota_lines) / sizeof(quota_lines[0]);
