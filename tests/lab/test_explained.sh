#!/bin/bash
# Explanations hold the facts that decided, and advice names whom to ask, in captures of real resolvers.
set -eu
DNSBLAME=$DNSBLAME python3 - <<'END'
import json
import os
import re
import subprocess

ADDRESS = r"[0-9a-f.:]+"
# Scenario and resolver, the cause, what its explanation says, what some line of its advice is.
CASES = (
    ("slow.named", "timeout.slow-server", r"answered too late, after 6\.0\d s", r"resolver-query-timeout"),
    ("forwarder-slow.named", "forwarder.slow", r"answered too late, after 12\.0\d s", r"\+time=15"),
    ("tld-dead.named", "unreachable.no-response", r"\(all 4 known addresses\)", r"the NS and glue records in the root zone\.$"),
    ("tc-tcp-silent.kresd", "network.truncated-tcp-failed", r"\(2 of 4 known addresses\)", r"\+tcp"),
    ("icmp-host.named", "unreachable.icmp", r"could not be reached: \"host unreachable\"", r"ip route get"),
    ("clock-behind.unbound", "resolver.clock",
     r"root's key \d+, which it trusts, signed from 20\d\d-\S+Z to 20\d\d-\S+Z, at 20\d\d-\S+Z", r"timedatectl"),
    ("stale-anchor.unbound", "resolver.trust-anchor", r"_ta- queries it trusts key \d+, and the root has key \d+", r"cp /usr/share/dns/root\.key /var/lib/unbound/;"),
    ("stale-anchor.kresd", "resolver.trust-anchor", r"does not accept the root's key \d+, signed from", rf"dig DNSKEY \. @{ADDRESS} "),
    ("forwarder-strips.named", "forwarder.dnssec-stripped", r"leaves out the RRSIG records", r"dig DNSKEY \. @"),
    ("dnssec-expired.named", "dnssec.signature-expired", r"expired at", rf"^dig DS orchard\.com\. @{ADDRESS} \+norecurse"),
    ("dnssec-expired.named", "dnssec.signature-expired", r"expired at", rf"^dig DNSKEY orchard\.com\. @{ADDRESS} \+norecurse"),
    ("dnssec-expired.named", "dnssec.signature-expired", r"expired at", r"rndc nta orchard\.com\."),
    ("repeat-refused.unbound", "lame.refused", r"answered REFUSED", r"@"),
    ("forwarder-servfail.named", "forwarder.servfail", r"answered SERVFAIL", r"run dnsblame there"),
    ("forwarder-chain.named", "forwarder.servfail", r"answered SERVFAIL", r"incident [0-9a-f]{16}"),
    # What was asked in vain is named where the client's question does not tell it.
    ("dnskey-refused.unbound", "dnssec.dnskey-missing",
     r"asked for orchard\.com\. DNSKEY \(all 4 known addresses\)", r"^dig DNSKEY orchard\.com\."),
    ("dnskey-tcp-refused.named", "network.truncated-tcp-failed", r"asked for orchard\.com\. DNSKEY ",
     rf"^dig orchard\.com\. DNSKEY @{ADDRESS} \+norecurse \+tcp"),
    ("fragments-lost-signed.kresd", "network.fragment-lost", r"asked for orchard\.com\. DNSKEY ",
     rf"; dig orchard\.com\. DNSKEY @{ADDRESS} \+norecurse \+dnssec \+bufsize=1232$"),
    ("ns-dead-zone.named", "unreachable.no-response", r"asked for ns\d\.deadwood\.net\. A", r"dig deadwood\.net\. SOA"),
    ("child-ns-dead.named", "unreachable.no-response", r"the servers of orchard\.com\. that were asked ",
     r"^In its NS records orchard\.com\. names ns1\.oldhosting\.net\., which its parent does not"),
    ("child-ns-dead.named", "unreachable.no-response", r"also zone\.nameserver-unresolvable", rf"^dig orchard\.com\. NS @{ADDRESS} "),
    ("child-ns-typo.kresd", "zone.nameserver-unresolvable", r"no nameserver name of orchard\.com\. has an address",
     r"^In its NS records orchard\.com\. names ns1\.orchrad\.com\., which its parent does not"),
    ("forwarding-loop.named", "forwarder.servfail", r"answered SERVFAIL",
     r"185\.200\.20\.53 asks 185\.200\.10\.53 for the same name meanwhile"),
    ("forwarder-blocks.named", "forwarder.invalid-response", r"without the signatures that it passes on for other names of lighthouse\.com\.",
     r"^Does the forwarder block or rewrite names\?"),
    ("ns-typed-wrong.kresd", "zone.nameserver-unresolvable",
     r"has an address \(ns1\.orchard\.com\.orchard\.com\., ns2\.orchard\.com\.orchard\.com\.\)", r"a missing final dot, an address"),
    ("ns-typed-wrong.kresd", "zone.nameserver-unresolvable", r"has an address \(146\.75\.9\.4\.\)", r"eu\.willow\.org\."),
    ("mtu-black-hole.pdns", "network.truncated-tcp-failed", r"asked for big|that were asked", rf"traceroute --mtu {ADDRESS}"),
    ("apex-alias.named", "dnssec.dnskey-missing", r"zone orchard\.com\.", r"a CNAME at that name hides it"),
    ("parked.named", "dnssec.signature-missing", r"no signature covers host\d+\.willow\.org\. A", r"or, if it is to be unsigned, have the registrar"),
    ("reverse-classless.pdns", "lame.refused", r"the servers of 0-15\.9\.75\.146\.in-addr\.arpa\. that were asked for 1\.0-15\.",
     r"in the parent zone, 9\.75\.146\.in-addr\.arpa\."),
    ("secondary-stale.named", "unreachable.no-response", r"\(2 of 4 known .*; also dnssec\.signature-expired: ", r"@"),
)


def failed_at(incident):
    return {(entry["server"], entry["qname"], entry["qtype"]) for entry in incident["evidence"]
            if entry["outcome"] not in ("answer", "alias", "referral", "nodata", "nxdomain")}


# The failure is what they answer.
ANSWERED = ("forwarder.dnssec-stripped", "forwarder.invalid-response")


# A server is to be asked again what it failed at; what it answers shows nothing.
def check_repeated(capture, incident):
    blamed = {server["address"] for server in incident["servers"]}
    for name, qtype, server in re.findall(rf"dig (\S+) (\S+) @({ADDRESS}) ", " ".join(incident["advice"])):
        if server in blamed and qtype != "SOA":
            assert (server, name, qtype) in failed_at(incident), f"{capture}: {name} {qtype} @{server}"


for capture, cause, said, advised in CASES:
    lines = subprocess.run([os.environ["DNSBLAME"], "read", "--format", "json", f"pcaps/{capture}.pcap"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    incidents = [incident for incident in map(json.loads, lines) if incident["cause"] == cause]
    assert incidents, f"{capture}: no {cause}"
    assert any(re.search(said, incident["explanation"]) for incident in incidents), \
        f"{capture}: {said} is not in {incidents[0]['explanation']}"
    assert any(re.search(advised, line) for incident in incidents for line in incident["advice"]), \
        f"{capture}: {advised} is not in {incidents[0]['advice']}"
    for incident in incidents:
        if cause.partition(".")[0] in ("timeout", "forwarder", "network") and cause not in ANSWERED:
            check_repeated(capture, incident)
        assert incident["advice"], f"{capture}: no advice"
        assert not any(re.search(r"(?<!\.)\.\.(?!\.)", line) for line in (incident["explanation"], *incident["advice"])), capture
END
