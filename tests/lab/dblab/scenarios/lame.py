"""Servers that do not serve the zone."""
from dblab.scenario import ALL, ask_failing, scenario


@scenario("refused", "The nameservers refuse: they do not know the zone.", resolvers=ALL)
def refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("lame-real", "The nameservers (nsd) were never told of the zone.", resolvers=ALL,
          split=True)
def lame_real(s):
    hosts = s.hosts("willow.org.", "nsd")
    s.zone("willow.org.", hosts, served=False)
    s.fails("willow.org.", "lame.refused", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.", "www.eu.willow.org.")


@scenario("mixed", "One nameserver refuses, the other is silent.", resolvers=ALL)
def mixed(s):
    refuses = s.host("ns1.orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    dead = s.host("ns2.orchard.com.", "nsd")
    s.zone("orchard.com.", [refuses, dead])
    s.block([dead])
    s.fails("orchard.com.", ["lame.refused"], "orchard.com.", [refuses, dead])
    ask_failing(s, "www.orchard.com.")


@scenario("tcp-clients", "The nameservers refuse; the clients ask over TCP.", resolvers=ALL)
def tcp_clients(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.controls()
    s.ask(1, 0, "www.orchard.com.", "A", "+tcp", "+tries=1")
    s.ask(2, 1, "mail.orchard.com.", "A", "+tcp", "+tries=1")


@scenario("no-aa", "The nameservers only know the zone's NS records, without authority.",
          resolvers=ALL)
def no_aa(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "self_referral"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.not-authoritative", "orchard.com.", hosts,
            optional=s.kind == "unbound")
    ask_failing(s, "www.orchard.com.")


@scenario("no-aa-data",
          "The nameservers answer with data but without authority: some resolvers take it.",
          resolvers=ALL)
def no_aa_data(s):
    hosts = s.hosts("willow.org.", "rogue", [{"act": "without_authority"}])
    s.zone("willow.org.", hosts)
    s.fails("willow.org.", "lame.not-authoritative", "willow.org.", hosts, optional=True)
    ask_failing(s, "www.willow.org.", "nothing.willow.org.")


@scenario("no-aa-empty", "The nameservers answer with nothing at all and without authority.",
          resolvers=("kresd", "pdns"), split=True)
def no_aa_empty(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "empty"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["lame.not-authoritative", "zone.invalid-response"], "orchard.com.",
            hosts,
            optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("upward-referral", "The nameservers refer to the root.", resolvers=ALL)
def upward_referral(s):
    hosts = s.hosts("orchard.com.", "rogue", [{
        "act": "upward_referral", "servers": ["a.root-servers.net", "b.root-servers.net"]}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.upward-referral", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("upward-referral-parent", "The nameservers refer to the top-level domain above them.")
def upward_referral_parent(s):
    hosts = s.hosts("willow.org.", "rogue", [{
        "act": "upward_referral", "to": "org.",
        "servers": ["a0.org.afilias-nst.org", "b0.org.afilias-nst.org"]}])
    s.zone("willow.org.", hosts)
    s.fails("willow.org.", "lame.upward-referral", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("notauth", "The nameservers answer NOTAUTH.", resolvers=ALL)
def notauth(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "NOTAUTH"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.notauth", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")
