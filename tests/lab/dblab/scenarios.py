"""The scenarios: what each breaks, asks, and holds to be right to say of it."""
import random
from dataclasses import dataclass

from dblab.stage import Ask

EVERYBODY = ["*"]  # any server may be named
ALL = ("unbound", "named", "kresd", "pdns")
REQUIRED = ("unbound", "named")
PROMPT = ("named", "kresd", "pdns")  # unbound leaves its clients without any answer for many minutes


@dataclass
class Scenario:
    name: str
    claim: str
    build: object
    resolvers: tuple = REQUIRED
    split: bool = False       # service and egress addresses on interfaces of their own
    interface: str = ""       # "any", one by name, or "each": a capture each; else they are merged
    settle: float = 10
    needs: str = ""
    warm_hidden: bool = False  # the capture begins after the warm-up
    chain_captured: bool = False


SCENARIOS = {}


def scenario(name, claim, **options):
    def register(build):
        SCENARIOS[name] = Scenario(name, claim, build, **options)
        return build
    return register


def ask_failing(s, name, other=""):
    """The usual questions: healthy ones, then the failing name from two clients, the second a little
    later, and another name of the same zone from the third."""
    s.controls()
    s.patiently(1.0, 0, name)
    s.patiently(1.3, 1, name)
    if other:
        s.patiently(2.0, 2, other)


# Healthy: none of these may give an incident.

@scenario("healthy", "Everything works: answers, NXDOMAIN and NODATA.", resolvers=ALL, settle=2)
def healthy(s):
    s.controls()
    s.ask(1.0, 0, "nothing.lighthouse.com.")
    s.ask(1.2, 1, "nothing.breakwater.net.")
    s.ask(1.4, 2, "mail.lighthouse.com.", "AAAA")
    s.ask(1.6, 0, "mail.harbor.org.", "AAAA", "+dnssec")
    s.ask(1.8, 1, "no-such-zone.org.")
    s.ask(2.0, 2, "lighthouse.com.", "MX", "+tcp")
    s.ask(2.2, 0, "www.lighthouse.com.", "A", "-6")


@scenario("healthy-split", "Everything works; the resolver asks from another address than it answers at.",
          split=True, interface="any", settle=2)
def healthy_split(s):
    healthy(s)


@scenario("one-dead", "One nameserver of two is silent, the other answers.", settle=5)
def one_dead(s):
    dead, alive = s.hosts("orchard.com.")
    s.zone("orchard.com.", [dead, alive])
    s.block([dead])
    s.controls()
    for at, name in enumerate(("www", "mail", "nothing", "other")):
        s.ask(1 + at, at % 3, f"{name}.orchard.com.")


@scenario("one-lame", "One nameserver of two refuses, the other answers.", settle=5, split=True)
def one_lame(s):
    lame = s.host("ns1.orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    alive = s.host("ns2.orchard.com.", "nsd")
    s.zone("orchard.com.", [lame, alive])
    s.controls()
    for at, name in enumerate(("www", "mail", "nothing", "other")):
        s.ask(1 + at, at % 3, f"{name}.orchard.com.")


@scenario("healthy-bruised", "A root server is dead, one of com refuses, one of org is slow: all goes on.",
          resolvers=ALL, settle=5)
def healthy_bruised(s):
    root, registry = s.world.zones["."].hosts[1], s.world.zones["com."].hosts[0]
    org = s.world.zones["org."].hosts[0]
    registry.engine, registry.fault = "rogue", [{"act": "rcode", "rcode": "REFUSED"}]
    org.engine, org.fault = "rogue", [{"act": "silent", "not_every": 2}]
    s.block([root])
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.",
                               "nothing.lighthouse.com.", "mail.harbor.org.")):
        s.patiently(at, at % 3, name)


@scenario("healthy-large", "Large answers come in fragments, larger ones over TCP.", resolvers=ALL, settle=2)
def healthy_large(s):
    s.server_mtu = 700
    hosts = s.hosts("orchard.com.", "nsd", v6=None)
    strings = [f'"{letter * 200}"' for letter in "abcdefghijklmno"]
    s.zone("orchard.com.", hosts, [f"big.orchard.com. 300 IN TXT {' '.join(strings[:4])}",
                                   f"huge.orchard.com. 300 IN TXT {' '.join(strings)}"])
    s.controls()
    s.ask(1, 0, "big.orchard.com.", "TXT")
    s.ask(1.5, 1, "huge.orchard.com.", "TXT")
    s.ask(2, 2, "huge.orchard.com.", "TXT", "+bufsize=4096")


# Unreachable.

@scenario("silent", "Every nameserver of the zone is silent.", resolvers=ALL)
def silent(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("silent-split", "Every nameserver of a signed zone is silent; service and egress differ.",
          split=True, interface="any")
def silent_split(s):
    hosts = s.hosts("willow.org.", "knot")
    s.zone("willow.org.", hosts, signed=True)
    s.block(hosts)
    s.fails("willow.org.", "unreachable.no-response", "willow.org.", hosts)
    ask_failing(s, "shop.willow.org.")


@scenario("icmp-port", "Nothing listens on port 53 of the zone's nameservers.", resolvers=ALL)
def icmp_port(s):
    hosts = s.hosts("orchard.com.", "absent")
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.icmp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("icmp-host", "A router says that the nameservers' hosts are unreachable.", split=True)
def icmp_host(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts, "reject with icmp type host-unreachable", "reject with icmpv6 type addr-unreachable")
    s.fails("orchard.com.", "unreachable.icmp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("icmp-admin", "A firewall prohibits the packets to the nameservers and says so.")
def icmp_admin(s):
    hosts = s.hosts("willow.org.", "knot")
    s.zone("willow.org.", hosts)
    s.block(hosts, "reject with icmp type admin-prohibited", "reject with icmpv6 type admin-prohibited")
    s.fails("willow.org.", "unreachable.icmp", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("refused", "The nameservers refuse: they do not know the zone.", resolvers=ALL)
def refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("no-aa", "The nameservers only know the zone's NS records, without authority.", resolvers=ALL)
def no_aa(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "self_referral"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.not-authoritative", "orchard.com.", hosts, optional=s.kind == "unbound")
    ask_failing(s, "www.orchard.com.")


@scenario("no-aa-data", "The nameservers answer with data but without authority: some resolvers take it.",
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
    s.fails("orchard.com.", ["lame.not-authoritative", "zone.invalid-response"], "orchard.com.", hosts,
            optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("tld-dead", "The servers of a top-level domain are silent.")
def tld_dead(s):
    registry = [s.host("a.nic.info.", "nsd"), s.host("b.nic.info.", "knot")]
    s.zone("info.", registry, signed=True)
    s.zone("garden.info.", s.hosts("garden.info."))
    s.block(registry)
    s.fails("info.", "unreachable.no-response", "info.", registry)
    ask_failing(s, "www.garden.info.", "www.meadow.info.")


@scenario("root-dead", "The root servers are silent; the resolver has just started.", resolvers=PROMPT)
def root_dead(s):
    root = s.world.zones["."].hosts
    s.block(root)
    s.fails(".", ["unreachable.no-response", "unreachable.egress-blocked"], [".", None], root)
    s.patiently(0, 0, "www.lighthouse.com.")
    s.patiently(0.5, 1, "www.harbor.org.")


@scenario("deep-silent", "A zone two cuts below the top-level domain is dead, its parent is healthy.",
          resolvers=ALL, split=True)
def deep_silent(s):
    s.zone("orchard.com.", s.world.hosting, signed=True)
    hosts = s.hosts("retail.orchard.com.")
    s.zone("retail.orchard.com.", hosts)
    s.block(hosts)
    s.ask(0.8, 2, "www.orchard.com.")
    s.fails("retail.orchard.com.", "unreachable.no-response", "retail.orchard.com.", hosts)
    ask_failing(s, "www.shop.retail.orchard.com.")


@scenario("mixed", "One nameserver refuses, the other is silent.", resolvers=ALL)
def mixed(s):
    refuses = s.host("ns1.orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    dead = s.host("ns2.orchard.com.", "nsd")
    s.zone("orchard.com.", [refuses, dead])
    s.block([dead])
    s.fails("orchard.com.", ["lame.refused"], "orchard.com.", [refuses, dead])
    ask_failing(s, "www.orchard.com.")


@scenario("egress-blocked", "A firewall begins to drop all that a warm resolver sends to port 53.",
          resolvers=PROMPT)
def egress_blocked(s):
    s.warm = [Ask(at / 10, at % 3, name) for at, name in enumerate(
        ("www.lighthouse.com.", "www.breakwater.net.", "www.harbor.org.", "www.quayhosting.net."))]
    s.late_router_rules += ["iifname \"res-*\" meta l4proto { tcp, udp } th dport 53 drop"]
    s.fails(".", ["unreachable.egress-blocked", "unreachable.no-response"], [], EVERYBODY, required=False)
    for at, name in enumerate(("mail.lighthouse.com.", "mail.breakwater.net.", "mail.harbor.org.",
                               "www.nowhere.org.", "mail.quayhosting.net.")):
        s.patiently(at / 5, at % 3, name)


@scenario("egress-blocked-cold", "A firewall drops all that a new resolver sends to port 53.", split=True, resolvers=PROMPT)
def egress_blocked_cold(s):
    s.router_rules += ["iifname \"res-*\" meta l4proto { tcp, udp } th dport 53 drop"]
    s.fails(".", ["unreachable.egress-blocked", "unreachable.no-response"], [".", None],
            s.world.zones["."].hosts, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.breakwater.net.", "www.harbor.org.")):
        s.patiently(at / 5, at, name)


@scenario("glue-loopback", "The nameservers' addresses are loopback addresses.", resolvers=ALL)
def glue_loopback(s):
    hosts = [s.host("ns1.orchard.com.", None, v4="127.0.0.1", v6="::1"),
             s.host("ns2.orchard.com.", None, v4="127.0.0.53", v6=None)]
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.bad-address", "orchard.com.", hosts, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("glue-documentation", "The nameservers' addresses are those of examples in books.",
          resolvers=ALL)
def glue_documentation(s):
    hosts = [s.host("ns1.willow.org.", None, v4="192.0.2.10", v6=None),
             s.host("ns2.willow.org.", None, v4="198.51.100.10", v6="2001:db8:5::10")]
    s.zone("willow.org.", hosts)
    s.fails("willow.org.", "unreachable.bad-address", "willow.org.", hosts, required=False)
    ask_failing(s, "www.willow.org.")


@scenario("glue-private", "The nameservers' addresses are private.", resolvers=ALL)
def glue_private(s):
    hosts = [s.host("ns1.orchard.com.", None, v4="10.99.1.1", v6=None),
             s.host("ns2.orchard.com.", None, v4="192.168.77.1", v6=None)]
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["unreachable.bad-address", "unreachable.no-response"], "orchard.com.", hosts,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("ipv6-only", "The nameservers have IPv6 only and the resolver has no route for that.",
          resolvers=ALL)
def ipv6_only(s):
    s.v6 = False
    hosts = s.hosts("orchard.com.", v4=None)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.bad-address", "orchard.com.", hosts, required=False)
    ask_failing(s, "www.orchard.com.")


# Too late.

@scenario("slow", "The nameservers answer after six seconds.", resolvers=ALL)
def slow(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "delay", "seconds": 6}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "timeout.slow-server", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("slow-split", "One nameserver answers after eight seconds, the other is dead.", split=True,
          interface="each")
def slow_split(s):
    late = s.host("ns1.willow.org.", "rogue", [{"act": "delay", "seconds": 8}])
    dead = s.host("ns2.willow.org.", "nsd")
    s.zone("willow.org.", [late, dead])
    s.block([dead])
    s.fails("willow.org.", ["timeout.slow-server", "unreachable.no-response"], "willow.org.",
            [late, dead], optional=True)
    ask_failing(s, "www.willow.org.")


@scenario("intermittent", "The nameservers answer every tenth question.", resolvers=ALL)
def intermittent(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "silent", "not_every": 10}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "timeout.intermittent", "orchard.com.", hosts, optional=True)
    s.controls()
    for at in range(12):
        s.patiently(1 + at, at % 3, f"host{at}.orchard.com.")


@scenario("answers-apex-only", "The nameservers answer for the zone's own name and for nothing below.",
          resolvers=ALL)
def answers_apex_only(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "answer", "exact": ["orchard.com."]},
                                              {"act": "silent"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["timeout.intermittent", "unreachable.no-response"], "orchard.com.", hosts)
    s.controls()
    s.ask(0.9, 2, "orchard.com.")
    s.patiently(1.5, 0, "www.eu.orchard.com.")
    s.patiently(1.8, 1, "www.eu.orchard.com.")


# Lame.

@scenario("lame-real", "The nameservers (nsd) were never told of the zone.", resolvers=ALL, split=True)
def lame_real(s):
    hosts = s.hosts("willow.org.", "nsd")
    s.zone("willow.org.", hosts, served=False)
    s.fails("willow.org.", "lame.refused", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.", "www.eu.willow.org.")


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


@scenario("tcp-clients", "The nameservers refuse; the clients ask over TCP.", resolvers=ALL)
def tcp_clients(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.controls()
    s.ask(1, 0, "www.orchard.com.", "A", "+tcp", "+tries=1")
    s.ask(2, 1, "mail.orchard.com.", "A", "+tcp", "+tries=1")


# The zone.

@scenario("formerr", "The nameservers answer FORMERR to everything.", resolvers=ALL)
def formerr(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "FORMERR", "edns_back": False}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "zone.invalid-response", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("notimp", "The nameservers answer NOTIMP to everything.")
def notimp(s):
    hosts = s.hosts("willow.org.", "rogue", [{"act": "rcode", "rcode": "NOTIMP"}])
    s.zone("willow.org.", hosts)
    s.fails("willow.org.", "zone.invalid-response", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("mangled", "The nameservers' answers end in the middle of a record.", resolvers=ALL)
def mangled(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "mangle"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "zone.invalid-response", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("ns-missing", "The names of the zone's nameservers do not exist.", resolvers=ALL)
def ns_missing(s):
    s.zone("orchard.com.", names=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    s.fails("orchard.com.", "zone.nameserver-unresolvable", ["orchard.com.", "meadow-dns.net.", "net."],
            related=["meadow-dns.net."])
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("ns-no-address", "The names of the zone's nameservers exist and have no address.", split=True)
def ns_no_address(s):
    s.zone("meadow-dns.net.", s.world.hosting, ["ns1.meadow-dns.net. 300 IN TXT moved",
                                                "ns2.meadow-dns.net. 300 IN TXT moved"])
    s.zone("orchard.com.", names=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    s.fails("orchard.com.", "zone.nameserver-unresolvable", ["orchard.com.", "meadow-dns.net."],
            related=["meadow-dns.net."])
    ask_failing(s, "www.orchard.com.")


@scenario("ns-dead-zone", "The nameservers' names lie in another zone, which is dead.", resolvers=ALL)
def ns_dead_zone(s):
    dead = s.hosts("deadwood.net.")
    s.zone("deadwood.net.", dead)
    s.zone("orchard.com.", dead)
    s.block(dead)
    s.fails("orchard.com.", "unreachable.no-response", ["deadwood.net.", "orchard.com."], dead,
            related=["deadwood.net."])
    ask_failing(s, "www.orchard.com.")


@scenario("cname-broken", "An alias in a healthy zone points into one whose servers refuse.",
          resolvers=ALL, split=True)
def cname_broken(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME cdn.orchard.com."])
    s.fails("signpost.net.", "lame.refused", "orchard.com.", hosts, related=["orchard.com."])
    ask_failing(s, "www.signpost.net.")


@scenario("dname-broken", "A DNAME in a healthy zone points into one whose servers refuse.",
          resolvers=ALL)
def dname_broken(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.zone("signpost.net.", s.world.hosting, ["old.signpost.net. 300 IN DNAME orchard.com."])
    s.fails("signpost.net.", "lame.refused", "orchard.com.", hosts, related=["orchard.com."])
    ask_failing(s, "www.old.signpost.net.")


@scenario("ns-cname", "The nameservers' names are aliases, which is forbidden.", resolvers=ALL)
def ns_cname(s):
    s.zone("meadow-dns.net.", s.world.hosting, [
        f"ns{number}.meadow-dns.net. 300 IN CNAME {host.name}"
        for number, host in enumerate(s.world.hosting, 1)])
    s.zone("orchard.com.", s.world.hosting, aliases=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    s.fails("orchard.com.", "zone.nameserver-unresolvable", ["orchard.com.", "meadow-dns.net."],
            related=["meadow-dns.net."], optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("cname-silent", "A chain of two aliases ends in a dead zone.")
def cname_silent(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME www.waymark.org."])
    s.zone("waymark.org.", s.world.harbor, ["www.waymark.org. 300 IN CNAME cdn.orchard.com."], signed=True)
    s.fails("signpost.net.", "unreachable.no-response", "orchard.com.", hosts, related=["orchard.com."])
    ask_failing(s, "www.signpost.net.")


@scenario("cname-loop", "An alias leads to another zone and from there back.", resolvers=ALL)
def cname_loop(s):
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME www.waymark.org."])
    s.zone("waymark.org.", s.world.harbor, ["www.waymark.org. 300 IN CNAME www.signpost.net."])
    s.fails("signpost.net.", "zone.cname-loop", ["signpost.net.", "waymark.org."], optional=True,
            related=["waymark.org."])
    ask_failing(s, "www.signpost.net.")


@scenario("cname-chain", "A chain of thirty aliases between two zones ends well, but it is too long.",
          resolvers=ALL)
def cname_chain(s):
    zones = ("signpost.net.", "waymark.org.")
    records = {zone: [] for zone in zones}
    for step in range(30):
        records[zones[step % 2]].append(
            f"step{step}.{zones[step % 2]} 300 IN CNAME step{step + 1}.{zones[(step + 1) % 2]}")
    records[zones[0]].append(f"step30.{zones[0]} 300 IN A 146.75.99.1")
    s.zone(zones[0], s.world.hosting, records[zones[0]])
    s.zone(zones[1], s.world.harbor, records[zones[1]])
    s.fails("signpost.net.", "resolver.limit", [*zones, None], s.world.hosting + s.world.harbor,
            required=False, optional=True, related=["waymark.org."])
    ask_failing(s, "step0.signpost.net.")


@scenario("glueless-loop", "Two zones' nameservers lie in each other, without glue.", resolvers=ALL)
def glueless_loop(s):
    s.zone("orchard.com.", names=["ns1.willow.org.", "ns2.willow.org."])
    s.zone("willow.org.", names=["ns1.orchard.com.", "ns2.orchard.com."])
    for zone, other in (("orchard.com.", "willow.org."), ("willow.org.", "orchard.com.")):
        s.fails(zone, "zone.delegation-loop", ["orchard.com.", "willow.org."], optional=zone[0] == "w",
                related=[other])
    ask_failing(s, "www.orchard.com.")


# The network.

@scenario("tc-tcp-refused", "The nameservers truncate everything and refuse TCP.", resolvers=ALL)
def tc_tcp_refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "truncate"}], udp_only=True)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.truncated-tcp-failed", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("tc-tcp-silent", "The nameservers truncate everything and a firewall drops TCP.", split=True)
def tc_tcp_silent(s):
    hosts = s.hosts("willow.org.", "rogue", [{"act": "truncate"}])
    s.zone("willow.org.", hosts)
    s.block(hosts, match="meta l4proto tcp")
    s.fails("willow.org.", "network.truncated-tcp-failed", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("wrong-id", "The answers carry another ID than the questions.", resolvers=ALL)
def wrong_id(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_id"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("wrong-source", "The answers come from another address than was asked.", resolvers=ALL)
def wrong_source(s):
    other = s.host("nat.orchard.com.", "rogue")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_source",
                                               "sources": {"4": other.v4, "6": other.v6}}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts + [other])
    ask_failing(s, "www.orchard.com.")


@scenario("wrong-question", "The answers repeat another question than was asked.", split=True)
def wrong_question(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_question", "name": "www.willow.org."}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("edns-dropped", "Questions with EDNS vanish, those without are answered.", resolvers=ALL)
def edns_dropped(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "silent", "edns": True}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.edns-blocked", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("fragments-lost", "All but the first fragment of large answers is dropped, TCP is refused.",
          resolvers=ALL)
def fragments_lost(s):
    s.server_mtu = 700
    text = " ".join(f'"{"v" * 250}"' for _ in range(4))
    hosts = s.hosts("orchard.com.", "rogue", udp_only=True, v6=None)
    s.zone("orchard.com.", hosts, ["www.orchard.com. 300 IN A 146.75.99.9",
                                   f"big.orchard.com. 300 IN TXT {text}"])
    s.router_rules.append("ip frag-off & 0x1fff != 0 drop")
    s.fails("orchard.com.", ["network.fragment-lost", "network.truncated-tcp-failed"], "orchard.com.", hosts)
    s.controls()
    s.ask(0.8, 0, "www.orchard.com.")
    s.patiently(1.5, 1, "big.orchard.com.", "TXT")
    s.patiently(1.8, 2, "big.orchard.com.", "TXT")


@scenario("intercepted", "Somebody in the path answers every question himself, with one address.",
          resolvers=ALL)
def intercepted(s):
    portal = s.host("portal.quayhosting.net.", "rogue", [{"act": "lie", "address": "146.75.66.6"}])
    for family, address in (("ip", portal.v4), ("ip6", portal.v6)):
        s.router_nat.append(f"iifname \"res-*\" udp dport 53 meta nfproto "
                            f"{'ipv4' if family == 'ip' else 'ipv6'} dnat {family} to {address}")
    s.fails(".", ["network.intercepted"], [".", None], s.world.zones["."].hosts, required=False)
    s.ask(0, 0, "www.lighthouse.com.")
    s.ask(0.5, 1, "www.harbor.org.")


@scenario("tcp-only-refused", "The resolver asks over TCP only and the nameservers refuse TCP.",
          resolvers=("unbound",))
def tcp_only_refused(s):
    s.extra.append("  tcp-upstream: yes")
    hosts = s.hosts("orchard.com.", "rogue", udp_only=True)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.tcp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


# Forwarders.

def forwarded(s, forwarder, cause):
    """Questions to a resolver that forwards all to one host."""
    s.forwarders.append(forwarder.v4)
    s.fails(".", cause, [None, "."], [forwarder], optional=cause == "forwarder.slow")
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.")):
        s.patiently(at / 2, at, name)


@scenario("forwarder-dead", "The resolver's only forwarder is silent.", resolvers=ALL)
def forwarder_dead(s):
    host = s.host("resolver.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    forwarded(s, host, "forwarder.down")


@scenario("forwarder-port", "Nothing listens on port 53 of the forwarder.", resolvers=ALL, split=True)
def forwarder_port(s):
    host = s.host("resolver.quayhosting.net.", "absent", v6=None)
    forwarded(s, host, "forwarder.down")


@scenario("forwarder-slow", "The forwarder answers after twelve seconds.", resolvers=ALL)
def forwarder_slow(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "relay", "to": "185.200.20.53", "seconds": 12}], v6=None)
    forwarded(s, host, "forwarder.slow")


@scenario("forwarder-refused", "The forwarder refuses.", resolvers=ALL)
def forwarder_refused(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "REFUSED"}], v6=None)
    forwarded(s, host, "forwarder.refused")


@scenario("forwarder-servfail", "The forwarder answers SERVFAIL.", resolvers=ALL, split=True,
          interface="any")
def forwarder_servfail(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "SERVFAIL", "ra": True}], v6=None)
    forwarded(s, host, "forwarder.servfail")


@scenario("forwarder-formerr", "The forwarder answers FORMERR.")
def forwarder_formerr(s):
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "FORMERR", "ra": True, "edns_back": False}], v6=None)
    forwarded(s, host, "forwarder.invalid-response")


@scenario("forwarder-one-dead", "One forwarder of two is silent, the other answers.", resolvers=ALL,
          settle=5)
def forwarder_one_dead(s):
    dead = s.host("resolver.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    s.real_forwarder = "unbound"
    s.forwarders += [dead.v4, "185.200.20.53"]
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.", "www.breakwater.net.",
                               "nothing.lighthouse.com.")):
        s.patiently(at, at % 3, name)


@scenario("forwarder-beyond", "A healthy forwarder cannot resolve one name and says SERVFAIL.",
          resolvers=ALL)
def forwarder_beyond(s):
    s.real_forwarder = "unbound"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "forwarder.servfail", [None, ".", "orchard.com."], ["185.200.20.53"])
    ask_failing(s, "www.orchard.com.")


@scenario("forwarder-chain", "Two resolvers in one capture: the first asks the second, which fails.",
          resolvers=ALL, chain_captured=True)
def forwarder_chain(s):
    s.real_forwarder = "named" if s.kind == "unbound" else "unbound"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "forwarder.servfail", [None, ".", "orchard.com."], ["185.200.20.53"])
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts, role="fwd")
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("forwarder-tls", "The resolver forwards over TLS and nothing listens there.",
          resolvers=("unbound",))
def forwarder_tls(s):
    host = s.host("resolver.quayhosting.net.", "absent", v6=None)
    s.extra += ["  tls-cert-bundle: /etc/ssl/certs/ca-certificates.crt", "forward-zone:", '  name: "."',
                "  forward-tls-upstream: yes", f"  forward-addr: {host.v4}@853"]
    s.fails(".", ["unattributed.encrypted-upstream", "forwarder.down"], [None, "."], [host], required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name)


@scenario("forwarder-chain-silent", "The second resolver of a chain waits for dead servers and gives up.",
          resolvers=ALL, chain_captured=True)
def forwarder_chain_silent(s):
    s.real_forwarder = "pdns" if s.kind == "named" else "named"
    s.forwarders.append("185.200.20.53")
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", ["forwarder.servfail", "forwarder.slow", "forwarder.down"],
            [None, ".", "orchard.com."], ["185.200.20.53"])
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts, role="fwd")
    ask_failing(s, "www.orchard.com.")


@scenario("forwarder-strips", "The forwarder takes the signatures out of its answers.", needs="dnssec",
          resolvers=("unbound", "named", "kresd"))
def forwarder_strips(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "relay", "to": "185.200.20.53", "strip": True}], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", ["forwarder.dnssec-stripped"], [], [host], required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name)


# The resolver itself.

@scenario("stale-anchor", "The resolver trusts a root key that the root has not got.", needs="dnssec",
          resolvers=ALL)
def stale_anchor(s):
    s.world.stale_anchor = True
    s.fails(".", ["resolver.trust-anchor"], [".", None], s.world.zones["."].hosts, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name, "A", "+dnssec")


@scenario("overload", "A resolver with few slots gets more questions for dead names than it can hold.",
          resolvers=("named",))
def overload(s):
    s.extra.append("  recursive-clients 40;")
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", ["unreachable.no-response", "resolver.overload"], "orchard.com.", hosts,
            required=False)
    s.fails(".", "resolver.overload", [], optional=True)
    for number in range(80):
        s.ask(1 + number / 40, number % 3, f"host{number}.orchard.com.")
    for number, zone in enumerate(("lighthouse.com.", "breakwater.net.", "harbor.org.") * 3):
        s.ask(3.2 + number / 10, number % 3, f"new{number}.{zone}")


@scenario("send-blocked", "A firewall on the resolver's own host stops what a warm resolver sends.",
          resolvers=ALL)
def send_blocked(s):
    s.warm = [Ask(at / 10, at % 3, name) for at, name in enumerate(
        ("www.lighthouse.com.", "www.breakwater.net.", "www.harbor.org."))]
    s.late_resolver_rules += ["meta l4proto { tcp, udp } th dport 53 drop"]
    s.pause = 20
    s.fails(".", ["resolver.no-upstream", "unattributed.capture-start"], [])
    for at, name in enumerate(("mail.lighthouse.com.", "www.nowhere.org.", "mail.breakwater.net.")):
        s.patiently(at, at % 3, name)


# Memory.

@scenario("repeat-refused", "A failing name is asked again at once, after one second and after ten.",
          resolvers=ALL)
def repeat_refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.controls()
    for at in (1, 1.15, 2.2, 12.5):
        s.patiently(at, 0, "www.orchard.com.")
    s.patiently(13, 1, "www.orchard.com.", "AAAA")
    s.patiently(13.5, 2, "mail.orchard.com.")


@scenario("repeat-silent", "The name of a dead zone is asked again and again.", resolvers=ALL)
def repeat_silent(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    s.controls()
    later = 42 if s.kind == "unbound" else 14
    for at in (1, later, later + 1, later + 10):
        s.patiently(at, 0, "www.orchard.com.")
    s.patiently(later + 11, 1, "mail.orchard.com.")
    s.patiently(later + 11.5, 2, "www.orchard.com.", "AAAA")


@scenario("joined", "Six clients ask for the same dead name within three seconds.", resolvers=ALL,
          split=True)
def joined(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    s.controls()
    for number in range(6):
        s.patiently(1 + number / 2, number % 3, "www.orchard.com.", "A", *(["-6"] if number == 5 else []))


@scenario("impatient", "Clients ask for a dead name with short timeouts and many retries.", resolvers=ALL)
def impatient(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    s.controls()
    s.ask(1, 0, "www.orchard.com.", "A", "+tries=40", "+timeout=2")
    s.ask(1.5, 1, "mail.orchard.com.", "A", "+tries=20", "+timeout=4")


@scenario("dies-later", "A zone that a warm resolver knows dies.", resolvers=ALL)
def dies_later(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.warm = [Ask(0, 0, "www.orchard.com."), Ask(0.2, 1, "www.lighthouse.com.")]
    s.block(hosts, late=True)
    s.fails("orchard.com.", ["unreachable.no-response", "timeout.intermittent"], "orchard.com.", hosts)
    s.ask(0.5, 1, "www.orchard.com.")
    s.patiently(1, 0, "mail.orchard.com.")
    s.patiently(1.3, 2, "other.orchard.com.")


@scenario("dies-unseen", "As before, but the capture begins when the resolver is warm already.",
          resolvers=ALL, warm_hidden=True)
def dies_unseen(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.warm = [Ask(0, 0, "www.orchard.com."), Ask(0.2, 1, "www.lighthouse.com.")]
    s.block(hosts, late=True)
    s.fails("orchard.com.", "unreachable.no-response", ["orchard.com.", None], hosts)
    s.ask(0.2, 1, "www.orchard.com.")
    s.ask(0.4, 1, "mail.lighthouse.com.")
    s.patiently(1, 0, "mail.orchard.com.")
    s.patiently(1.3, 2, "other.orchard.com.")


@scenario("refused-unseen", "Servers begin to refuse; the capture begins when the resolver is warm.",
          resolvers=ALL, warm_hidden=True, split=True, interface="any")
def refused_unseen(s):
    hosts = s.hosts("willow.org.", "rogue", [{"act": "rcode", "rcode": "REFUSED",
                                              "exact": ["mail.willow.org.", "other.willow.org."]}])
    s.zone("willow.org.", hosts)
    s.warm = [Ask(0, 0, "www.willow.org."), Ask(0.2, 1, "www.harbor.org.")]
    s.fails("willow.org.", "lame.refused", ["willow.org.", None], hosts)
    s.ask(0.2, 1, "mail.harbor.org.")
    s.patiently(1, 0, "mail.willow.org.")
    s.patiently(1.3, 2, "other.willow.org.")


@scenario("midway", "The capture begins while the resolver is already busy with a dead zone.",
          resolvers=ALL, warm_hidden=True)
def midway(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.warm = [Ask(0, 0, "www.orchard.com.", "A", ("+tries=1", "+timeout=1"))]
    s.fails("orchard.com.", ["unreachable.no-response", "unattributed.capture-start"],
            ["orchard.com.", None], hosts, required=False)
    s.patiently(0.1, 1, "www.orchard.com.")
    s.patiently(0.3, 2, "mail.orchard.com.")


@scenario("clients-only", "Only the interface towards the clients is captured; a zone is dead.",
          resolvers=ALL, split=True, interface="svc0")
def clients_only(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", ["unattributed.no-evidence", "unattributed.capture-loss",
                             "unattributed.capture-start"], [], hosts, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("mix", "Three hundred healthy names with twenty failing ones among them.", resolvers=ALL)
def mix(s):
    shuffle = random.Random(20)
    healthy_names = []
    for zone, hosts in (("armada.com.", s.world.hosting), ("flotilla.net.", s.world.hosting),
                        ("convoy.org.", s.world.harbor)):
        s.zone(zone, hosts, [f"ship{n}.{zone} 300 IN A 146.75.200.{n}" for n in range(100)],
               signed=zone != "flotilla.net.")
        healthy_names += [f"ship{n}.{zone}" for n in range(100)]
    failing_names = []
    for zone, cause, fault in (
            ("orchard.com.", "lame.refused", {"act": "rcode", "rcode": "REFUSED"}),
            ("willow.org.", "zone.servfail", {"act": "rcode", "rcode": "SERVFAIL"}),
            ("thicket.net.", "lame.not-authoritative", {"act": "self_referral"}),
            ("hedge.com.", "unreachable.no-response", {"act": "silent"})):
        hosts = s.hosts(zone, "rogue", [fault])
        s.zone(zone, hosts)
        copes = s.kind == "unbound" and cause == "lame.not-authoritative"
        s.fails(zone, cause, zone, hosts, optional=copes)
        failing_names += [f"host{n}.{zone}" for n in range(5)]
    names = healthy_names + failing_names
    shuffle.shuffle(names)
    for number, name in enumerate(names):
        ask = s.patiently if name in failing_names else s.ask
        ask(number / 15, number % 3, name)


# DNSSEC: the signatures themselves are judged by those who can compute.

@scenario("dnssec-expired", "The zone's signatures have expired.", needs="dnssec")
def dnssec_expired(s):
    s.zone("orchard.com.", s.world.hosting, signed=True,
           signature=("-i", "20260801000000", "-e", "20260901000000"))
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-future", "The zone's signatures are not valid yet.", needs="dnssec")
def dnssec_future(s):
    s.zone("orchard.com.", s.world.hosting, signed=True,
           signature=("-i", "20360801000000", "-e", "20370901000000"))
    s.fails("orchard.com.", "dnssec.signature-not-yet-valid", "orchard.com.", s.world.hosting,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-bad-ds", "The DS at the parent fits no key of the zone.", needs="dnssec", split=True)
def dnssec_bad_ds(s):
    s.zone("willow.org.", s.world.hosting, signed=True, ds="bad")
    s.fails("willow.org.", "dnssec.ds-mismatch", ["willow.org.", "org."], s.world.hosting, required=False)
    ask_failing(s, "www.willow.org.")


@scenario("dnssec-unsigned", "The parent has a DS and the zone is not signed any more.", needs="dnssec")
def dnssec_unsigned(s):
    def unsign(lines):
        return [line for line in lines if not any(f"\t{kind}\t" in line for kind in
                                                  ("RRSIG", "DNSKEY", "NSEC"))]
    s.zone("orchard.com.", s.world.hosting, signed=True, damage=unsign)
    s.fails("orchard.com.", "dnssec.dnskey-missing", "orchard.com.", s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("dnssec-no-rrsig", "Some signatures are missing from a signed zone.", needs="dnssec")
def dnssec_no_rrsig(s):
    def strip(lines):
        return [line for line in lines if "\tRRSIG\tA " not in line]
    s.zone("orchard.com.", s.world.hosting, signed=True, damage=strip)
    s.fails("orchard.com.", "dnssec.signature-missing", "orchard.com.", s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.")
