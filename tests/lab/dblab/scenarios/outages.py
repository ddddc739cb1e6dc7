"""Outages that begin and end while clients ask, and what a resolver remembers of them."""
from dblab.scenario import PROMPT, scenario
from dblab.scenarios.testbed import EXPIRED
from dblab.signing import publish
from dblab.stage import Ask

REFUSED = {"act": "rcode", "rcode": "REFUSED"}
FORWARDER = "185.200.20.53"


@scenario("fixed", "The servers of a zone refuse, are mended, and refuse again.",
          resolvers=("kresd", "pdns"), settle=3)
def fixed(s):
    hosts = s.hosts("orchard.com.", "rogue", [dict(REFUSED, phases=[0, 2])])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.traffic(0, 36)
    s.turn(12)
    s.turn(24)
    for at in range(1, 36, 3):
        s.ask(at, at % 3, f"host{at // 9}.orchard.com.")
        s.ask(at + 1, 0, f"new{at}.orchard.com.", "AAAA")


@scenario("bogus-fixed", "Signatures have expired and are renewed while clients ask.",
          resolvers=("unbound", "pdns"), needs="dnssec", settle=3)
def bogus_fixed(s):
    zone, hosts, old, _ = s.handed_over("orchard.com.")
    signed = publish(s.world, zone)

    def expired(_):
        signed.sign_again((), *EXPIRED)
        return signed.lines()
    zone.copies[old.name] = expired
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", hosts, required=False)
    s.traffic(0, 50)
    s.turn(16)
    for at in (1, 3, 9, 18, 20, 27, 40, 50):
        s.ask(at, at % 3, "www.orchard.com." if at % 2 else "mail.orchard.com.")
        s.ask(at + 0.5, at % 3, "www.orchard.com.", "AAAA")
    s.ask(12, 1, "www.orchard.com.", "A", "+cdflag")


@scenario("tld-outage", "All servers of a top-level domain are away for half a minute.",
          resolvers=("kresd",), settle=3)
def tld_outage(s):
    registry = [s.host("a.nic.info."), s.host("b.nic.info.")]
    s.zone("info.", registry, [], signed=True)
    for number in range(8):
        s.zone(f"shop{number}.info.", s.world.hosting)
    s.fails("info.", ["unreachable.no-response", "timeout.intermittent"], "info.", registry)
    s.traffic(0, 60)
    s.ask(1, 0, "www.shop0.info.")
    s.ask(1.5, 1, "www.shop1.info.")
    s.outage(5, 36, registry)
    for number, at in enumerate((7, 11, 16, 24, 28, 40, 50, 58)):
        s.patiently(at, at % 3, f"www.shop{number}.info.")
        s.patiently(at + 1, at % 3, f"mail.shop{number}.info.")


@scenario("midway-ends", "The capture begins in the middle of an outage, which then ends.",
          resolvers=("pdns",), warm_hidden=True, settle=3)
def midway_ends(s):
    hosts = s.hosts("orchard.com.", v6=None)
    s.zone("orchard.com.", hosts)
    s.warm = [Ask(number / 2, number % 3, f"old{number}.orchard.com.", "A",
                  ("+tries=1", "+timeout=20")) for number in range(8)]
    s.fails("orchard.com.", ["unreachable.no-response", "cached.failure", "timeout.intermittent",
                             "unattributed.capture-start"], ["orchard.com.", None], hosts,
            required=False, optional=True)
    s.block(hosts)
    s.unblock(20)
    s.traffic(0, 50)
    for at in (1, 3, 8, 18, 22, 24, 30, 40, 48):
        s.ask(at, at % 3, f"host{at}.orchard.com.")
    s.ask(2, 0, "old1.orchard.com.")


@scenario("flapping",
          "The servers of a zone are away for eight seconds of sixteen, again and again.",
          resolvers=("pdns",), settle=6)
def flapping(s):
    hosts = s.hosts("orchard.com.", v6=None)
    s.zone("orchard.com.", hosts, ["www.orchard.com. 5 IN A 146.75.9.9"])
    s.fails("orchard.com.", ["unreachable.no-response", "timeout.intermittent", "cached.failure"],
            "orchard.com.", hosts, optional=True)
    s.traffic(0, 50)
    for number in range(3):
        s.outage(5 + number * 16, 13 + number * 16, hosts)
    for number in range(50):
        s.ask(number, number % 3, f"host{number % 20}.orchard.com.", "A", "+tries=1", "+timeout=8")


@scenario("uplink-cut", "Nobody out there answers for half a minute.", resolvers=("kresd",),
          settle=3)
def uplink_cut(s):
    s.fails(".", ["unreachable.egress-blocked", "unreachable.no-response", "timeout.intermittent"],
            [None, *s.world.zones, "armada.com."],
            [address for host in s.world.hosts for address in host.addresses], required=False)
    s.traffic(0, 60, every=1)
    s.cut(8, 36, 'iifname "res-*" oifname "auth-eth0" drop')
    for number in range(15):
        s.ask(9 + number * 3, 0, f"host{number}.{('harbor.org.', 'breakwater.net.')[number % 2]}")


@scenario("ipv4-cut", "IPv4 is cut, IPv6 works: zones with IPv4 servers alone fail.",
          resolvers=("named", "pdns"), settle=3)
def ipv4_cut(s):
    hosts = s.hosts("orchard.com.", v6=None)
    s.zone("orchard.com.", hosts)
    others = s.hosts("willow.org.", v6=None)
    s.zone("willow.org.", others)
    for zone, its in (("orchard.com.", hosts), ("willow.org.", others)):
        s.fails(zone, ["unreachable.egress-blocked", "unreachable.no-response",
                       "timeout.intermittent"], [zone, None, "."], its, required=False)
    s.traffic(0, 40)
    s.ask(1, 0, "www.orchard.com.")
    s.cut(6, None, 'iifname "res-*" oifname "auth-eth0" meta nfproto ipv4 drop')
    for at in (8, 12, 20, 32):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 1, at % 3, f"host{at}.willow.org.")


@scenario("ipv6-cut", "IPv6 is cut: a zone with IPv6 servers alone fails.",
          resolvers=("pdns",), settle=3)
def ipv6_cut(s):
    hosts = s.hosts("orchard.com.", v4=None)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["unreachable.no-response", "unreachable.egress-blocked",
                             "timeout.intermittent"], ["orchard.com.", None, "."], hosts)
    s.traffic(0, 40)
    s.ask(1, 0, "www.orchard.com.")
    s.cut(6, None, 'iifname "res-*" oifname "auth-eth0" meta nfproto ipv6 drop')
    for at in (8, 14, 22, 34):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("no-route", "The resolver loses its route for IPv4, which a zone's servers need.",
          resolvers=("unbound", "named", "kresd"), settle=3)
def no_route(s):
    hosts = s.hosts("orchard.com.", v6=None)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["unreachable.bad-address", "resolver.no-upstream"],
            ["orchard.com.", None], hosts, required=False)
    s.traffic(0, 95, every=4)
    s.ask(1, 1, "www.orchard.com.")

    def lose(run):
        run.namespaces.ip("res", "route", "del", "default")
        run.namespaces.ip("res", "route", "add", "10.20.1.0/24", "via", "185.200.10.1")
    s.at(70, lose)
    for at in (72, 76, 82, 90):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("restart", "The resolver is restarted while a zone is dead.",
          resolvers=("kresd",), settle=3)
def restart(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    s.traffic(0, 44)
    s.restart(20)
    for at in (1, 12, 26, 38):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
    s.patiently(14, 1, "www.orchard.com.")
    s.patiently(36, 1, "www.orchard.com.")


@scenario("restart-forwarding", "A resolver is restarted to forward to a resolver that is dead.",
          resolvers=("unbound", "kresd", "pdns"), settle=6)
def restart_forwarding(s):
    dead = s.host("resolver.quayhosting.net.", "rogue", [{"act": "silent"}], v6=None)
    s.fails(".", "forwarder.down", [None, "."], [dead])
    s.traffic(0, 12)
    s.restart(12, forwarders=[dead.v4])
    for at in (16, 17, 22, 28, 34):
        s.patiently(at, at % 3, f"host{at}.harbor.org.")
        s.patiently(at + 0.5, at % 3, "www.breakwater.net.")


@scenario("forwarder-comes-and-goes",
          "The forwarder is restarted, later out of reach for a while, and comes back.",
          resolvers=PROMPT, settle=5)
def forwarder_comes_and_goes(s):
    s.real_forwarder = "unbound"
    s.forwarders.append(FORWARDER)
    s.fails(".", ["forwarder.down", "cached.failure", "forwarder.slow"], [None, "."], [FORWARDER])
    s.at(8, lambda run: run.forwarder.kill())
    s.at(20, lambda run: run.restart(run.forwarder))
    s.outage(34, 48, [FORWARDER])
    s.zone("armada.com.", s.world.hosting, [f"ship{n}.armada.com. 30 IN A 146.75.200.{n}"
                                            for n in range(60)])
    for at in range(1, 60, 2):
        s.ask(at, at % 3, f"ship{at}.armada.com.", "A", "+tries=2", "+timeout=8")
