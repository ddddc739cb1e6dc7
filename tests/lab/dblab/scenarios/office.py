"""Resolvers as companies have them: internal zones, several forwarders, a front, NAT."""
from dblab.scenario import PROMPT, ask_failing, scenario
from dblab.scenarios.testbed import EXPIRED, dates
from dblab.signing import A, publish

FORWARDER = "185.200.20.53"
REFUSED = {"act": "rcode", "rcode": "REFUSED"}
SERVFAIL = {"act": "rcode", "rcode": "SERVFAIL", "ra": True}


@scenario("internal-under-signed",
          "An internal zone below a signed one that does not know of it, and no exemption.",
          resolvers=("unbound", "named"), needs="dnssec", settle=3)
def internal_under_signed(s):
    server = s.host("dc1.breakwater.net.", v6=None)
    s.zone("corp.lighthouse.com.", [server], delegated=False)
    s.forward("corp.lighthouse.com.", [server.v4], recursive=False)
    s.fails("corp.lighthouse.com.", ["dnssec.signature-missing", "dnssec.denial-invalid",
                                     "dnssec.bogus"], ["corp.lighthouse.com.", "lighthouse.com."],
            [server, *s.world.hosting], required=False)
    s.traffic(0, 20)
    for at, name in enumerate(("www", "mail", "none", "www", "mail")):
        s.patiently(1 + at * 4, at % 3, name + ".corp.lighthouse.com.")


@scenario("internal-dies", "The servers of an internal zone die for a while.",
          resolvers=("named", "pdns"), settle=3)
def internal_dies(s):
    servers = [s.host(f"dc{n}.breakwater.net.", v6=None) for n in (1, 2)]
    s.zone("ad.corp.test.", servers, [f"host{n}.ad.corp.test. 20 IN A 10.9.8.{n}"
                                      for n in range(60)], delegated=False)
    s.forward("ad.corp.test.", [server.v4 for server in servers], recursive=False,
              validated=False)
    causes = ["unreachable.no-response", "forwarder.down", "timeout.intermittent"]
    if s.kind == "named":  # it asks them as forwarders
        causes = ["forwarder.down", "unreachable.no-response", "timeout.intermittent"]
    s.fails("ad.corp.test.", causes, ["ad.corp.test.", None], servers)
    s.traffic(0, 50)
    s.outage(8, 34, servers)
    for at in range(1, 50, 4):
        s.patiently(at, at % 3, f"host{at}.ad.corp.test.")


@scenario("conditional",
          "Three domains are forwarded: to one that refuses, one that fails, a dead one.",
          resolvers=("unbound", "pdns"), settle=3)
def conditional(s):
    servers = [s.host(f"partner{number}.quayhosting.net.", "rogue", [fault], v6=None)
               for number, fault in enumerate((REFUSED, SERVFAIL, {"act": "silent"}))]
    for server, zone, causes in zip(servers, ("orchard.com.", "willow.org.", "hedge.com."), (
            ["forwarder.refused", "lame.refused"], ["forwarder.servfail", "zone.servfail"],
            ["forwarder.down", "unreachable.no-response"])):
        s.zone(zone, s.world.hosting)
        s.forward(zone, [server.v4])
        s.fails(zone, causes, [zone, None], [server], optional=zone == "hedge.com.")
        for at in (1, 5, 16, 26):
            s.patiently(at + len(s.conditionals) / 2, at % 3, f"host{at}.{zone}")
    s.traffic(0, 30)


@scenario("forwarders-three", "Of three forwarders one refuses, one fails, and the good one dies.",
          resolvers=PROMPT, settle=6)
def forwarders_three(s):
    refusing = s.host("one.quayhosting.net.", "rogue", [REFUSED], v6=None)
    failing = s.host("two.quayhosting.net.", "rogue", [SERVFAIL], v6=None)
    s.real_forwarder = "unbound"
    s.forwarders += [refusing.v4, failing.v4, FORWARDER]
    s.fails(".", ["forwarder.refused", "forwarder.servfail", "forwarder.down", "forwarder.slow"],
            [None, "."], [refusing, failing, FORWARDER])
    s.outage(12, None, [FORWARDER])
    for at in range(1, 36, 3):
        s.patiently(at, at % 3, f"host{at}.{('breakwater.net.', 'quayhosting.net.')[at % 2]}")


@scenario("forwarders-dead-and-stripping",
          "Of two forwarders one is dead, the other takes the signatures out.",
          resolvers=("unbound", "named", "kresd"), needs="dnssec", settle=5)
def forwarders_dead_and_stripping(s):
    s.real_forwarder = "unbound"
    dead = s.host("one.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    strips = s.host("two.quayhosting.net.", "rogue",
                    [{"act": "relay", "to": FORWARDER, "strip": True}], v6=None)
    s.forwarders += [dead.v4, strips.v4]
    s.fails(".", ["forwarder.dnssec-stripped", "forwarder.down"], [], [strips, dead],
            required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "mail.lighthouse.com.")):
        s.patiently(at * 4, at, name)


def fronted(s, front):
    """A zone that refuses, a bogus one and a dead one, asked for through a front."""
    s.front = front
    refusing = s.hosts("willow.org.", "rogue", [REFUSED])
    s.zone("willow.org.", refusing)
    publish(s.world, s.zone("thicket.net.", s.world.hosting), dates((A,), EXPIRED))
    for zone, cause, servers in (("willow.org.", "lame.refused", refusing),
                                 ("thicket.net.", "dnssec.signature-expired", s.world.hosting)):
        s.fails(zone, cause, zone, servers, required=False)
        s.fails(zone, "forwarder.servfail", [None, ".", zone], ["185.200.10.53"], role="front")
    s.traffic(0, 30)
    for at in (1, 3, 8, 20):
        s.ask(at, at % 3, "www.willow.org.")
        s.ask(at + 0.5, 2, "www.willow.org.", "AAAA")
        s.ask(at + 1, at % 3, "www.thicket.net.")
    s.ask(28, 1, "mail.willow.org.")


@scenario("front-dnsmasq", "Clients ask dnsmasq, dnsmasq asks the resolver, which fails.",
          resolvers=("named",), settle=3)
def front_dnsmasq(s):
    fronted(s, "dnsmasq")


@scenario("front-dnsdist", "Clients ask dnsdist, which remembers what the resolver failed for.",
          resolvers=("kresd",), settle=3)
def front_dnsdist(s):
    fronted(s, "dnsdist")


@scenario("two-resolvers",
          "Clients that one resolver fails ask the second one, which fails in its own way.",
          resolvers=("kresd",), needs="dnssec", settle=3)
def two_resolvers(s):
    s.second = "pdns"
    refusing = s.hosts("willow.org.", "rogue", [REFUSED])
    s.zone("willow.org.", refusing)
    publish(s.world, s.zone("thicket.net.", s.world.hosting), dates((A,), EXPIRED))
    for role in ("res", "second"):
        s.fails("willow.org.", "lame.refused", "willow.org.", refusing, role=role)
        s.fails("thicket.net.", "dnssec.signature-expired", "thicket.net.", s.world.hosting,
                required=False, role=role, optional=True)
    s.traffic(0, 20)
    for at in (1, 3, 9, 16):
        for zone in ("willow.org.", "thicket.net."):
            s.ask(at, at % 3, "www." + zone)
            s.ask(at + 0.3, at % 3, "www." + zone, "A", "@second")
    s.ask(5, 2, "www.lighthouse.com.", "A", "@second")


@scenario("nat", "The capture shows both sides of a router that translates addresses.",
          resolvers=("named", "pdns"), interface="router", settle=3)
def nat(s):
    s.behind_nat()
    refusing = s.hosts("willow.org.", "rogue", [REFUSED])
    s.zone("willow.org.", refusing)
    s.fails("willow.org.", "lame.refused", "willow.org.", refusing)
    dead = s.hosts("orchard.com.")
    s.zone("orchard.com.", dead)
    s.block(dead)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", dead)
    s.traffic(0, 16)
    ask_failing(s, "www.willow.org.", "mail.willow.org.")
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")
