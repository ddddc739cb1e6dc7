"""Nameservers of one zone that are not alike, or not alike to every question."""
import time

from dblab.scenario import ask_failing, scenario
from dblab.scenarios.testbed import EXPIRED, dates
from dblab.signing import A, DAY, DNSKEY, ED448, KSK, Key, publish

REFUSED = {"act": "rcode", "rcode": "REFUSED"}
SERVFAIL = {"act": "rcode", "rcode": "SERVFAIL"}


@scenario("three-ways", "Of three nameservers one refuses, one is silent, one answers SERVFAIL.",
          resolvers=("kresd", "pdns"), settle=3)
def three_ways(s):
    hosts = [s.host("ns1.orchard.com.", "rogue", [REFUSED], v6=None),
             s.host("ns2.orchard.com.", "rogue", [{"act": "silent"}], v6=None),
             s.host("ns3.orchard.com.", "rogue", [SERVFAIL], v6=None)]
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["lame.refused", "zone.servfail", "unreachable.no-response"],
            "orchard.com.", hosts)
    s.traffic(0, 36)
    for at in (1, 8, 16, 24, 34):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
    s.patiently(20, 1, "host1.orchard.com.")


@scenario("secondary-expired",
          "A secondary has lost the zone; then the primary is away for a while.",
          resolvers=("named",), settle=3)
def secondary_expired(s):
    primary = s.host("ns1.orchard.com.")
    secondary = s.host("ns2.orchard.com.", "rogue", [SERVFAIL])
    s.zone("orchard.com.", [primary, secondary])
    s.fails("orchard.com.", ["zone.servfail", "unreachable.no-response", "timeout.intermittent"],
            "orchard.com.", [primary, secondary])
    s.traffic(0, 50)
    s.outage(10, 36, [primary])
    for at in (1, 4, 8, 12, 16, 20, 28, 40, 46):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("secondary-stale",
          "A secondary's copy has expired signatures; then the primary is away.",
          resolvers=("named", "kresd"), needs="dnssec", settle=3)
def secondary_stale(s):
    primary, secondary = s.host("ns1.orchard.com."), s.host("ns2.orchard.com.")
    zone = s.zone("orchard.com.", [primary, secondary])
    signed = publish(s.world, zone)

    def stale(_):
        signed.sign_again((), *EXPIRED)
        return signed.lines()
    zone.copies[secondary.name] = stale
    s.fails("orchard.com.", ["dnssec.signature-expired", "unreachable.no-response"],
            "orchard.com.", [primary, secondary], required=False)
    s.traffic(0, 40)
    s.outage(8, None, [primary])
    for at in (1, 4, 10, 16, 24, 34):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("anycast-half", "Behind each address stand two machines, and one of them refuses.",
          resolvers=("named",), settle=3)
def anycast_half(s):
    hosts = s.hosts("orchard.com.", "rogue", [dict(REFUSED, not_every=3)], v6=None)
    s.zone("orchard.com.", hosts, [f"host{n}.orchard.com. 5 IN A 146.75.9.{n}" for n in range(40)])
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.traffic(0, 24)
    for number in range(30):
        s.ask(1 + number * 0.8, number % 3, f"host{number}.orchard.com.")


@scenario("rate-limited", "The nameservers answer two questions a second and drop the others.",
          resolvers=("pdns",), settle=5)
def rate_limited(s):
    hosts = s.hosts("orchard.com.", "knot", v6=None, rate_limit=(2, 0))
    s.zone("orchard.com.", hosts, ["*.orchard.com. 60 IN A 146.75.9.9"])
    s.fails("orchard.com.", ["timeout.intermittent", "unreachable.no-response"], "orchard.com.",
            hosts)
    s.traffic(0, 16)
    for number in range(90):
        s.ask(1 + number / 9, number % 3, f"host{number}.orchard.com.")


@scenario("rate-limited-tcp", "The nameservers' rate limit asks for TCP, which is blocked.",
          resolvers=("named", "kresd"), settle=5)
def rate_limited_tcp(s):
    hosts = s.hosts("orchard.com.", "knot", v6=None, rate_limit=(1, 1))
    s.zone("orchard.com.", hosts, ["*.orchard.com. 60 IN A 146.75.9.9"])
    s.block(hosts, match="meta l4proto tcp")
    s.fails("orchard.com.", ["network.truncated-tcp-failed", "unreachable.tcp"], "orchard.com.",
            hosts)
    s.traffic(0, 16)
    for number in range(36):
        s.ask(1 + number / 3, number % 3, f"host{number}.orchard.com.")


@scenario("tcp-out-blocked", "A firewall lets no TCP out of the resolver's network.",
          resolvers=("named",), settle=5)
def tcp_out_blocked(s):
    s.router_rules.append('iifname "res-*" tcp dport 53 drop')
    for zone in ("orchard.com.", "willow.org."):
        hosts = s.hosts(zone)
        s.zone(zone, hosts, [f"big.{zone} 300 IN TXT \"{n:03d}{'x' * 200}\"" for n in range(9)]
               + [f"www.{zone} 300 IN A 146.75.1.1"])
        s.fails(zone, ["network.truncated-tcp-failed", "unreachable.tcp"], zone, hosts,
                optional=zone == "willow.org.")
    s.traffic(0, 16)
    s.ask(1, 0, "www.orchard.com.")
    s.patiently(2, 1, "big.orchard.com.", "TXT")
    s.patiently(3, 2, "big.willow.org.", "TXT")
    s.patiently(14, 0, "big.orchard.com.", "TXT")


@scenario("dnssec-blocked",
          "Questions that ask for signatures (DO) vanish before one zone's servers.",
          resolvers=("named", "pdns"), settle=3)
def dnssec_blocked(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "silent", "dnssec": True}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["unreachable.no-response", "network.edns-blocked",
                             "timeout.intermittent"], "orchard.com.", hosts)
    s.traffic(0, 24)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")
    s.patiently(20, 0, "host.orchard.com.")


@scenario("ns-of-refused-zone", "The nameservers' names lie in a zone whose own servers refuse.",
          resolvers=("named", "kresd"), settle=3)
def ns_of_refused_zone(s):
    refusing = s.hosts("bankrupt.org.", "rogue", [REFUSED])
    s.zone("bankrupt.org.", refusing, [])
    s.zone("dnsmaker.net.", refusing)
    hosts = [s.host("ns1.dnsmaker.net."), s.host("ns2.dnsmaker.net.")]
    s.zone("orchard.com.", hosts, glue=False)
    s.fails("orchard.com.", ["lame.refused", "zone.nameserver-unresolvable"],
            ["dnsmaker.net.", "orchard.com.", "bankrupt.org."], refusing + hosts, required=False,
            related=["dnsmaker.net.", "bankrupt.org."])
    s.traffic(0, 30)
    for at in (1, 6, 16, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.5, at % 3, f"host{at}.orchard.com.", "AAAA")


@scenario("ns-of-dead-zone", "The nameservers' names lie in a zone whose own servers are dead.",
          resolvers=("named", "pdns"), settle=3)
def ns_of_dead_zone(s):
    dead = s.hosts("dnsmaker.net.")
    s.zone("dnsmaker.net.", dead)
    s.block(dead)
    hosts = [s.host("srv1.dnsmaker.net."), s.host("srv2.dnsmaker.net.")]
    for zone in ("orchard.com.", "willow.org."):
        s.zone(zone, hosts, glue=False)
        s.fails(zone, ["unreachable.no-response", "zone.nameserver-unresolvable"],
                ["dnsmaker.net.", zone], dead + hosts, required=False, related=["dnsmaker.net."])
    s.traffic(0, 44)
    for at in (1, 16, 40):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 3, at % 3, f"host{at}.willow.org.")


@scenario("tld-half-bogus", "A top-level domain lost one server; a zone below it is bogus.",
          resolvers=("unbound",), needs="dnssec", settle=3)
def tld_half_bogus(s):
    registry = [s.host("a.nic.info."), s.host("b.nic.info.")]
    s.zone("info.", registry, [], signed=True)
    s.block(registry[1:])
    publish(s.world, s.zone("orchard.info.", s.world.hosting), dates((A,), EXPIRED))
    s.zone("fine.info.", s.world.hosting, signed=True)
    s.fails("orchard.info.", "dnssec.signature-expired", "orchard.info.", s.world.hosting,
            required=False)
    s.traffic(0, 24)
    for at in (1, 2, 12, 22):
        s.patiently(at, at % 3, f"{'mail' if at > 10 else 'www'}.orchard.info.")
        s.patiently(at + 0.7, at % 3, f"host{at}.fine.info.")


@scenario("rollover-unannounced",
          "A new zone-signing key signs at once, while resolvers know the old one alone.",
          resolvers=("unbound", "named"), needs="dnssec", settle=3)
def rollover_unannounced(s):
    zone, hosts, _, new = s.handed_over("orchard.com.")
    signed = publish(s.world, zone)

    def rolled(_):
        signed.roll()
        return signed.lines()
    zone.copies[new.name] = rolled
    s.fails("orchard.com.", ["dnssec.dnskey-missing", "dnssec.signature-invalid", "dnssec.bogus"],
            "orchard.com.", hosts, required=False)
    s.traffic(0, 30)
    s.ask(1, 0, "www.orchard.com.")
    s.turn(8)
    for at in (10, 12, 18, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com." if at > 12 else "mail.orchard.com.")


@scenario("rollover-algorithm",
          "The keys are signed with the new algorithm alone, the DS is of the old one.",
          resolvers=("unbound", "named", "kresd"), needs="dnssec", settle=3)
def rollover_algorithm(s):
    def change(signed):
        other = Key(KSK, ED448)
        signed.add(signed.origin, other.record)
        signed.drop_signatures(lambda record: record.type_covered == DNSKEY)
        signed.sign(signed.origin, DNSKEY, other)
    publish(s.world, s.zone("orchard.com.", s.world.hosting), change)
    s.fails("orchard.com.", ["dnssec.signature-missing", "dnssec.dnskey-missing",
                             "dnssec.ds-mismatch", "dnssec.bogus"], "orchard.com.",
            s.world.hosting, required=False)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("moved-unsigned",
          "One of two nameservers serves the zone unsigned, and the DS is still there.",
          resolvers=("kresd",), needs="dnssec", settle=3)
def moved_unsigned(s):
    first, second = s.host("ns1.orchard.com."), s.host("ns2.orchard.com.")
    zone = s.zone("orchard.com.", [first, second])
    publish(s.world, zone)
    zone.copies[second.name] = lambda _: s.world.lines(zone)
    s.fails("orchard.com.", ["dnssec.signature-missing", "dnssec.dnskey-missing",
                             "dnssec.denial-invalid", "dnssec.bogus"], "orchard.com.",
            [first, second], required=False, optional=True)
    s.traffic(0, 30)
    for at in range(1, 30, 4):
        s.patiently(at, at % 3, f"host{at}.orchard.com." if at % 8 == 1 else "www.orchard.com.")


@scenario("signer-stopped", "Signatures run out while clients ask.", resolvers=("pdns",),
          needs="dnssec", settle=3)
def signer_stopped(s):
    hosts = s.hosts("orchard.com.")
    zone = s.zone("orchard.com.", hosts, [f"host{n}.orchard.com. 5 IN A 146.75.3.{n}"
                                          for n in range(60)])
    signed = publish(s.world, zone)

    def soon(_):
        signed.sign_again((), time.time() - DAY, time.time() + 40)
        return signed.lines()
    zone.damage = soon
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", hosts, required=False)
    s.traffic(0, 60)
    for number in range(16):
        s.ask(1 + number * 4, number % 3, f"host{number}.orchard.com.", "A")
