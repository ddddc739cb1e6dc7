"""Servers that fail for some types or some ways of asking, and zones that say two things."""
from dblab.scenario import ask_failing, scenario
from dblab.signing import SignedZone, publish


def balancer(s, rule, causes):
    """A load balancer in place of servers: it knows addresses (A) and gets other types wrong."""
    hosts = s.hosts("orchard.com.", "rogue", [dict(rule, types=["AAAA", "HTTPS", "TYPE65", "MX"])])
    s.zone("orchard.com.", hosts, [f"{name}.orchard.com. 60 IN A 146.75.9.{number}"
                                   for number, name in enumerate(("www", "shop", "cdn", "api"))])
    s.fails("orchard.com.", causes, "orchard.com.", hosts, optional=True)
    s.traffic(0, 24)
    for at, name in ((1, "www"), (5, "shop"), (9, "cdn"), (15, "api")):
        s.patiently(at, 0, f"{name}.orchard.com.")
        s.patiently(at + 0.2, 0, f"{name}.orchard.com.", "AAAA")
        s.patiently(at + 0.4, 1, f"{name}.orchard.com.", "HTTPS")


@scenario("types-silent", "A load balancer answers A and is silent for other types.",
          resolvers=("unbound", "kresd"), settle=5)
def types_silent(s):
    balancer(s, {"act": "silent"}, ["timeout.intermittent", "unreachable.no-response"])


@scenario("types-notimp", "A load balancer answers A and says NOTIMP to other types.",
          resolvers=("named",), settle=3)
def types_notimp(s):
    balancer(s, {"act": "rcode", "rcode": "NOTIMP"}, "zone.invalid-response")


@scenario("types-no-aa", "A load balancer answers A, and to other types nothing without authority.",
          resolvers=("kresd", "pdns"), settle=3)
def types_no_aa(s):
    balancer(s, {"act": "empty"}, ["lame.not-authoritative", "zone.invalid-response"])


@scenario("badcookie", "The nameservers answer BADCOOKIE for ever.", resolvers=("named",), settle=3)
def badcookie(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "BADCOOKIE", "edns": True}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "zone.invalid-response", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("truncated-tcp-too", "The nameservers truncate over UDP and over TCP.",
          resolvers=("pdns",), settle=5)
def truncated_tcp_too(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "truncate"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["network.truncated-tcp-failed", "zone.invalid-response"],
            "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("tcp-silent-server", "The nameservers truncate, accept TCP and never answer there.",
          resolvers=("kresd",), settle=5)
def tcp_silent_server(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "truncate", "proto": "udp"},
                                              {"act": "silent", "proto": "tcp"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.truncated-tcp-failed", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


def names_others(s, records, causes, zones, servers=(), related=()):
    """A zone whose own NS records are these, while its parent names good servers."""
    good = s.hosts("orchard.com.")
    zone = s.zone("orchard.com.", good, [f"host{n}.orchard.com. 5 IN A 146.75.9.{n}"
                                         for n in range(40)])

    def own(lines):
        return records + [line for line in lines
                          if not line.startswith("orchard.com. 3600 IN NS ")]
    zone.damage = own
    s.fails("orchard.com.", causes, zones, [*servers, *good], required=False, optional=True,
            related=related)
    s.traffic(0, 60)
    for at in (1, 2, 8, 16, 30, 50):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
    s.ask(4, 2, "orchard.com.", "NS")


@scenario("child-ns-dead", "The zone's own NS records name dead servers, the parent's good ones.",
          resolvers=("named", "kresd", "pdns"), settle=5)
def child_ns_dead(s):
    dead = s.hosts("oldhosting.net.")
    s.zone("oldhosting.net.", dead, [])
    s.block(dead)
    names_others(s, [f"orchard.com. 3600 IN NS {host.name}" for host in dead],
                 ["unreachable.no-response", "zone.nameserver-unresolvable"],
                 ["orchard.com.", "oldhosting.net."], dead, related=["oldhosting.net."])


@scenario("child-ns-typo", "The zone's own NS records name hosts that do not exist.",
          resolvers=("kresd",), settle=5)
def child_ns_typo(s):
    names_others(s, [f"orchard.com. 3600 IN NS ns{n}.orchrad.com." for n in (1, 2)],
                 "zone.nameserver-unresolvable", "orchard.com.", related=["orchrad.com."])


@scenario("two-signers", "Two providers sign a zone, and neither has the other's key.",
          resolvers=("pdns",), needs="dnssec", settle=3)
def two_signers(s):
    one, other = s.host("ns1.orchard.com."), s.host("ns2.orchard.com.")
    zone = s.zone("orchard.com.", [one, other], [f"host{n}.orchard.com. 5 IN A 146.75.9.{n}"
                                                 for n in range(40)])
    publish(s.world, zone)
    second = SignedZone(s.world.lines(zone), zone.name)
    s.world.parent(zone).records.append(f"{zone.name} 3600 IN DS {second.ksk.ds(zone.name)}")
    zone.copies[other.name] = lambda _: second.lines()
    s.fails("orchard.com.", ["dnssec.dnskey-missing", "dnssec.signature-invalid", "dnssec.bogus"],
            "orchard.com.", [one, other], required=False, optional=True)
    s.traffic(0, 30)
    for number in range(24):
        s.patiently(1 + number, number % 3, f"host{number}.orchard.com.")


@scenario("reverse-dead", "The servers of a reverse zone are dead.",
          resolvers=("named", "pdns"), settle=5)
def reverse_dead(s):
    hosts = s.hosts("oldhosting.net.")
    s.zone("oldhosting.net.", hosts, [])
    s.zone("in-addr.arpa.", [s.host(f"{one}.in-addr-servers.arpa.") for one in "ab"], [])
    s.zone("146.in-addr.arpa.", s.world.hosting, [])
    s.zone("75.146.in-addr.arpa.", hosts, [])
    s.block(hosts)
    s.fails("75.146.in-addr.arpa.", "unreachable.no-response", "75.146.in-addr.arpa.", hosts)
    s.traffic(0, 30)
    for at, name in ((1, "7.9.75.146.in-addr.arpa."), (3, "8.9.75.146.in-addr.arpa."),
                     (14, "7.200.75.146.in-addr.arpa."), (26, "9.1.75.146.in-addr.arpa.")):
        s.patiently(at, at % 3, name, "PTR")


@scenario("forwarding-loop", "Two resolvers forward to each other.", resolvers=("named", "kresd"),
          chain_captured=True, settle=15)
def forwarding_loop(s):
    s.real_forwarder = "unbound"
    s.forwards_back = True
    s.forwarders.append("185.200.20.53")
    s.fails(".", ["forwarder.servfail", "forwarder.slow", "forwarder.down"], [None, "."],
            ["185.200.20.53"], required=False)
    s.fails(".", ["forwarder.down", "forwarder.servfail", "forwarder.slow"], [None, "."], ["*"],
            required=False, role="fwd", optional=True)
    s.at(0, lambda run: run.restart(run.forwarder, forwarders=["185.200.10.53"]))
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.")):
        s.patiently(3 + at / 2, at, name)
