"""What owners of zones get wrong when they move, renew, delegate and sign."""
import time

from dblab.scenario import scenario
from dblab.scenarios.testbed import EXPIRED, dates
from dblab.scenarios.trust import relayed
from dblab.signing import DAY, KSK, RSASHA256, A, Key, SignedZone, publish

REFUSED = {"act": "rcode", "rcode": "REFUSED"}
SERVFAIL = {"act": "rcode", "rcode": "SERVFAIL"}
SOA, AAAA, NSEC = 6, 28, 47
# Other settings than Debian's.
UNMINIMISED = {"unbound": ["  qname-minimisation: no"], "named": ["  qname-minimization off;"],
               "kresd": ["option('NO_MINIMIZE', true)"], "pdns": ["qname-minimization=no"]}
STRICT = {"unbound": ["  qname-minimisation-strict: yes"],
          "named": ["  qname-minimization strict;"], "kresd": [], "pdns": ["dnssec=validate"]}


def plenty(zone, count=40, ttl=5):
    return [f"host{n}.{zone} {ttl} IN A 146.75.9.{n}" for n in range(count)]


@scenario("parked", "The nameservers' domain was not renewed and is parked; so is a signed zone.",
          resolvers=("named", "kresd", "pdns"), settle=3)
def parked(s):
    web = s.host("web.parkinglot.net.", "absent", v6=None)
    parking = s.hosts("parkinglot.net.", "rogue", [
        {"act": "answer", "names": ["parkinglot.net."]},
        {"act": "park", "address": web.v4, "server": "ns1.parkinglot.net."}], rtt=0.03)
    s.zone("parkinglot.net.", parking, [])
    s.zone("dnsmaker.net.", parking, [])
    s.zone("orchard.com.", names=["ns1.dnsmaker.net.", "ns2.dnsmaker.net."])
    s.zone("willow.org.", parking, signed=True)
    # kresd takes no notice of ICMP, and goes on over TCP alone.
    s.fails("orchard.com.", ["unreachable.icmp", "unreachable.no-response", "unreachable.tcp"],
            ["orchard.com.", "dnsmaker.net."], [web, *parking], required=False,
            related=["dnsmaker.net."])
    s.fails("willow.org.", ["dnssec.dnskey-missing", "dnssec.signature-missing"], "willow.org.",
            parking, required=False)
    s.traffic(0, 30)
    for at in (1, 2, 14, 26):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.5, at % 3, f"host{at}.willow.org.", "A" if at < 20 else "MX")


@scenario("mtu-black-hole",
          "Packets of more than 1,400 octets from two zones' servers vanish, and nobody is told.",
          resolvers=("pdns",), settle=5)
def mtu_black_hole(s):
    for zone in ("orchard.com.", "willow.org."):
        hosts = s.hosts(zone)
        s.zone(zone, hosts, [f"big.{zone} 300 IN TXT \"{n:03d}{'x' * 200}\"" for n in range(15)]
               + [f"www.{zone} 300 IN A 146.75.1.1"])
        for host in hosts:
            s.router_rules += [f"ip saddr {host.v4} ip length > 1400 drop",
                               f"ip6 saddr {host.v6} ip6 length > 1360 drop"]
        s.fails(zone, ["network.truncated-tcp-failed", "network.fragment-lost", "unreachable.tcp"],
                zone, hosts)
    s.traffic(0, 26)
    for at in (1, 3, 16):
        s.ask(at, 0, "www.orchard.com.")
        s.patiently(at + 0.5, 1, "big.orchard.com.", "TXT")
        s.patiently(at + 1, 2, "big.willow.org.", "TXT")


@scenario("apex-alias", "A signed zone's own name is an alias, whatever type is asked for.",
          resolvers=("unbound", "named"), settle=3)
def apex_alias(s):
    hosts = relayed(s, {"act": "alias", "exact": ["orchard.com."],
                        "target": "www.lighthouse.com."}, rtt=0.02)
    s.fails("orchard.com.", ["dnssec.dnskey-missing", "dnssec.signature-missing",
                             "zone.invalid-response"], "orchard.com.", hosts, required=False)
    s.traffic(0, 20)
    for at, name, qtype in ((1, "www.", "A"), (2, "", "A"), (8, "mail.", "A"), (18, "", "MX")):
        s.patiently(at, at % 3, name + "orchard.com.", qtype)


@scenario("rollover-not-transferred",
          "The DS is of the new keys; a secondary still serves the old ones, alone for a while.",
          resolvers=("kresd", "pdns"), settle=3)
def rollover_not_transferred(s):
    primary, secondary = s.host("ns1.orchard.com."), s.host("ns2.orchard.com.")
    zone = s.zone("orchard.com.", [primary, secondary], plenty("orchard.com."))
    publish(s.world, zone)
    old = SignedZone(s.world.lines(zone), zone.name)
    zone.copies[secondary.name] = lambda _: old.lines()
    s.fails("orchard.com.", ["dnssec.ds-mismatch", "dnssec.dnskey-missing",
                             "unreachable.no-response"], "orchard.com.", [primary, secondary],
            required=False, optional=True)
    s.traffic(0, 40)
    s.outage(8, 26, [primary])
    for at in (1, 4, 10, 12, 18, 24, 30, 38):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("ds-two-digests",
          "Of a zone's DS records one has a digest nobody knows and one a digest that is wrong.",
          resolvers=("pdns",), split=True, settle=3)
def ds_two_digests(s):
    s.extra = STRICT[s.kind]
    zone = s.zone("orchard.com.", s.world.hosting)
    signed = publish(s.world, zone, ds=lambda _: Key(KSK, RSASHA256).ds(zone.name))
    s.world.zones["com."].records.append(
        f"{zone.name} 3600 IN DS {signed.ksk.tag} 8 250 {'ab' * 32}")
    other = s.zone("willow.org.", s.world.hosting)
    publish(s.world, other, ds=lambda record: record.replace(digest_type=250))
    s.fails("orchard.com.", "dnssec.ds-mismatch", ["orchard.com.", "com."], s.world.hosting,
            required=False)
    s.traffic(0, 20)
    for at, name in ((1, "www"), (2, "www"), (8, "mail"), (18, "nothing")):
        s.patiently(at, at % 3, f"{name}.orchard.com.")
        s.patiently(at + 0.4, at % 3, f"{name}.willow.org.")


@scenario("dname-bogus", "A DNAME of a signed zone leads to one whose signatures have expired.",
          resolvers=("pdns",), settle=3)
def dname_bogus(s):
    publish(s.world, s.zone("orchard.com.", s.world.harbor, plenty("orchard.com.")),
            dates((A,), EXPIRED))
    s.zone("signpost.net.", s.world.hosting, ["old.signpost.net. 300 IN DNAME orchard.com."],
           signed=True)
    s.fails("signpost.net.", "dnssec.signature-expired", "orchard.com.", s.world.harbor,
            required=False, related=["orchard.com."])
    s.fails("orchard.com.", "dnssec.signature-expired", "orchard.com.", s.world.harbor,
            required=False)
    s.traffic(0, 24)
    for at in (1, 2, 7, 14, 22):
        s.patiently(at, at % 3, f"host{at}.old.signpost.net.")
    s.patiently(12, 1, "host1.old.signpost.net.")
    s.patiently(16, 1, "host1.orchard.com.")


@scenario("alias-two-broken",
          "An alias, whose zone one of two servers refuses, leads into a zone that is dead.",
          resolvers=("pdns",), settle=3)
def alias_two_broken(s):
    good, bad = s.host("ns1.signpost.net."), s.host("ns2.signpost.net.", "rogue", [REFUSED])
    s.zone("signpost.net.", [good, bad], [f"host{n}.signpost.net. 60 IN CNAME host{n}.orchard.com."
                                          for n in range(40)])
    dead = s.hosts("orchard.com.")
    s.zone("orchard.com.", dead, plenty("orchard.com."))
    s.block(dead)
    s.fails("signpost.net.", "unreachable.no-response", "orchard.com.", dead,
            related=["orchard.com."])
    s.traffic(0, 30)
    for at in (1, 2, 9, 16, 28):
        s.patiently(at, at % 3, f"host{at}.signpost.net.", "AAAA" if at == 9 else "A")


@scenario("glue-stale",
          "One address in the delegation is now another's, who refuses; the other is cut off.",
          resolvers=("pdns",), settle=3)
def glue_stale(s):
    old = s.host("ns1.orchard.com.", "rogue", [REFUSED], rtt=0.08)
    good = s.host("ns2.orchard.com.")
    zone = s.zone("orchard.com.", [old, good], plenty("orchard.com."))
    zone.damage = lambda lines: [line.replace(old.v4, "46.23.200.9") for line in lines
                                 if old.v6 not in line]
    s.fails("orchard.com.", ["lame.refused", "unreachable.no-response"], "orchard.com.",
            [old, good, "46.23.200.9"], optional=True)
    s.traffic(0, 40)
    s.outage(8, 24, [good])
    for at in (1, 4, 10, 12, 18, 22, 30, 38):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("reverse-classless",
          "A customer's servers refuse their part of a reverse zone, and fail for one of IPv6.",
          resolvers=("kresd", "pdns"), settle=3)
def reverse_classless(s):
    registry = [s.host(f"{one}.in-addr-servers.arpa.") for one in "ab"]
    s.zone("in-addr.arpa.", registry, [])
    s.zone("ip6.arpa.", registry, [])
    block, part = "9.75.146.in-addr.arpa.", "0-15.9.75.146.in-addr.arpa."
    s.zone(block, s.world.hosting, [f"{n}.{block} 300 IN CNAME {n}.{part}" for n in range(1, 15)])
    customer = s.hosts("customer.net.", "rogue", [dict(REFUSED, names=[part]),
                                                  dict(SERVFAIL, names=["ip6.arpa."])], rtt=0.06)
    s.zone("customer.net.", customer)
    s.zone(part, customer)
    v6 = "2.4.e.4.4.0.a.2.ip6.arpa."
    s.zone(v6, customer)
    s.fails(block, "lame.refused", part, customer)
    s.fails(v6, "zone.servfail", v6, customer)
    s.traffic(0, 26)
    for at in (1, 2, 8, 14, 24):
        s.patiently(at, at % 3, f"{min(at, 14)}.{block}", "PTR")
        s.patiently(at + 0.6, 1, f"{at % 8}.0.0.0.1{'.0' * 19}.{v6}", "PTR")


@scenario("deep-ds", "Of seven signed zones, one below the other, the fourth does not fit its DS.",
          resolvers=("pdns",), settle=3)
def deep_ds(s):
    s.extra = STRICT[s.kind]
    name, zones = "orchard.com.", []
    for label in ("", "eu.", "de.", "prod.", "dc1.", "k8s.", "shop."):
        name = label + name
        host = s.host(f"ns1.{name}", v6=None)
        zones.append(s.zone(name, [host], signed=True, ds="bad" if label == "prod." else "good"))
    s.fails(zones[3].name, "dnssec.ds-mismatch", [zones[3].name, zones[2].name],
            [host for zone in zones[2:] for host in zone.hosts], required=False)
    s.traffic(0, 24)
    s.ask(0.5, 0, f"www.{zones[2].name}")
    for at, level in ((1, 6), (2, 4), (8, 3), (14, 5), (22, 6)):
        s.patiently(at, at % 3, f"{'mail' if at > 10 else 'www'}.{zones[level].name}")


@scenario("glue-private-v4",
          "The nameservers' IPv4 addresses are private or an example's; the resolver has no IPv6.",
          resolvers=("pdns",), settle=3)
def glue_private_v4(s):
    s.v6 = False
    for zone, addresses in (("orchard.com.", ("192.168.77.4", "10.5.0.4")),
                            ("willow.org.", ("192.0.2.4", "203.0.113.5"))):
        hosts = [s.host(f"ns{n}.{zone}", None, v4=address)
                 for n, address in enumerate(addresses, 1)]
        s.zone(zone, hosts)
        s.fails(zone, ["unreachable.bad-address", "unreachable.no-response"], zone, hosts,
                required=False)
    s.traffic(0, 30)
    for at in (1, 2, 14, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.5, at % 3, f"host{at}.willow.org.", "AAAA")


@scenario("tcp-hangs-up",
          "Nameservers truncate; over TCP one zone's hang up, the other's send half a message.",
          resolvers=("pdns",), settle=3)
def tcp_hangs_up(s):
    for zone, act in (("orchard.com.", "hang_up"), ("willow.org.", "half")):
        hosts = s.hosts(zone, "rogue", [{"act": "truncate", "proto": "udp"}, {"act": act}],
                        rtt=0.02)
        s.zone(zone, hosts, plenty(zone))
        s.fails(zone, ["network.truncated-tcp-failed", "unreachable.tcp"]
                + ["zone.invalid-response"] * (act == "half"), zone, hosts, optional=True)
    s.traffic(0, 30)
    for at in (1, 2, 9, 16, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.5, at % 3, f"host{at}.willow.org.")


@scenario("refused-bare", "The nameservers refuse with a header and nothing else.",
          resolvers=("pdns",), settle=3)
def refused_bare(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "bare", "rcode": "REFUSED"}], rtt=0.01)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["lame.refused", "network.response-mismatch", "zone.invalid-response"],
            "orchard.com.", hosts)
    s.traffic(0, 30)
    for at in (1, 2, 14, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")


@scenario("edge-fails",
          "Aliases lead to addresses with a TTL of zero, whose servers fail for a while.",
          resolvers=("pdns",), split=True, settle=3)
def edge_fails(s):
    s.extra = UNMINIMISED[s.kind]
    s.zone("shop.com.", s.world.hosting, [f"www{n}.shop.com. 300 IN CNAME edge{n}.edge.net."
                                          for n in range(9)], signed=True)
    hosts = s.hosts("edge.net.", "rogue", [dict(SERVFAIL, phases=[1])], rtt=0.04)
    s.zone("edge.net.", hosts, [f"edge{n}.edge.net. 0 IN A 146.75.2.{n}" for n in range(9)])
    for suffix in ("shop.com.", "edge.net."):
        s.fails(suffix, "zone.servfail", "edge.net.", hosts, related=["edge.net."],
                optional=suffix == "edge.net.")
    s.traffic(0, 40)
    s.turn(8)
    s.turn(26)
    for number in range(13):
        s.ask(1 + number * 3, number % 3, f"www{number % 4}.shop.com.")
        s.ask(1.5 + number * 3, number % 2, f"edge{number % 3}.edge.net.")


@scenario("many-ns", "All of a zone's twelve nameservers, far away, refuse.",
          resolvers=("kresd",), settle=3)
def many_ns(s):
    hosts = s.hosts("orchard.com.", "rogue", [REFUSED], count=12, rtt=0.15)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "lame.refused", "orchard.com.", hosts)
    s.traffic(0, 30)
    for at in (1, 2, 9, 16, 28):
        s.patiently(at, at % 3, f"host{at}.orchard.com.", "MX" if at == 9 else "A")


@scenario("denial-expired",
          "A zone's data is signed well, the signatures over its denials have expired.",
          resolvers=("named",), settle=3)
def denial_expired(s):
    zone = s.zone("orchard.com.", s.world.harbor, plenty("orchard.com."))
    publish(s.world, zone, lambda signed: signed.sign_again((SOA, NSEC), *EXPIRED), nsec3=None)
    s.fails("orchard.com.", ["dnssec.signature-expired", "dnssec.denial-invalid"], "orchard.com.",
            s.world.harbor, required=False)
    s.traffic(0, 24)
    for at in (1, 2, 8, 14, 22):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.4, at % 3, f"host{at}.orchard.com.", "AAAA")
        s.patiently(at + 0.8, at % 3, f"nothing{at}.orchard.com.")


@scenario("ns-of-bogus-zone", "The nameservers' names lie in a zone whose signatures have expired.",
          resolvers=("kresd",), settle=3)
def ns_of_bogus_zone(s):
    hosts = [s.host("srv1.dnsmaker.net."), s.host("srv2.dnsmaker.net.")]
    publish(s.world, s.zone("dnsmaker.net.", s.world.hosting), dates((A, AAAA), EXPIRED))
    for zone in ("orchard.com.", "willow.org."):
        s.zone(zone, hosts, plenty(zone), glue=False)
        s.fails(zone, ["dnssec.signature-expired", "zone.nameserver-unresolvable"],
                ["dnsmaker.net.", zone], [*s.world.hosting, *hosts], required=False, optional=True,
                related=["dnsmaker.net."])
    s.traffic(0, 24)
    for at in (1, 2, 8, 14, 22):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.4, at % 3, f"host{at}.willow.org.")


@scenario("child-removed",
          "Servers of a zone and of one below it have lost the lower one, and refer to themselves.",
          resolvers=("kresd", "pdns"), settle=3)
def child_removed(s):
    s.extra = UNMINIMISED[s.kind]
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts, plenty("orchard.com."))
    s.zone("eu.orchard.com.", hosts, served=False)
    s.fails("eu.orchard.com.", "lame.not-authoritative", ["eu.orchard.com.", "orchard.com."], hosts)
    s.traffic(0, 24)
    for at in (1, 2, 8, 14, 22):
        s.patiently(at, at % 3, f"host{at}.orchard.com.")
        s.patiently(at + 0.4, at % 3, f"host{at}.eu.orchard.com.", "AAAA" if at == 8 else "A")


@scenario("ns-typed-wrong", "A delegation lacks the dot at the end; another one names an address.",
          resolvers=("named", "kresd"), settle=3)
def ns_typed_wrong(s):
    s.extra = STRICT[s.kind]
    s.zone("orchard.com.", s.world.hosting, plenty("orchard.com."))
    s.zone("eu.orchard.com.",
           names=["ns1.orchard.com.orchard.com.", "ns2.orchard.com.orchard.com."])
    s.zone("willow.org.", s.world.harbor, plenty("willow.org."), signed=True)
    s.zone("eu.willow.org.", names=["146.75.9.4."])
    for zone in ("eu.orchard.com.", "eu.willow.org."):
        s.fails(zone, "zone.nameserver-unresolvable", [zone, zone.removeprefix("eu.")],
                related=["com.orchard.com.", "4."])
    s.traffic(0, 24)
    for at in (1, 2, 8, 14, 22):
        s.patiently(at, at % 3, f"host{at}.eu.orchard.com.", "TXT" if at == 8 else "A")
        s.patiently(at + 0.4, at % 3, f"host{at}.eu.willow.org.")


@scenario("signer-ahead", "The signer's clock is ahead: signatures become valid while clients ask.",
          resolvers=("pdns",), settle=3)
def signer_ahead(s):
    zone = s.zone("orchard.com.", s.hosts("orchard.com."), plenty("orchard.com.", 60))
    signed = publish(s.world, zone)

    def ahead(_):
        early = 110 if s.kind == "pdns" else 50  # pdns_recursor allows a minute
        signed.sign_again((), time.time() + early, time.time() + 90 * DAY)
        return signed.lines()
    zone.damage = ahead
    s.fails("orchard.com.", "dnssec.signature-not-yet-valid", "orchard.com.", zone.hosts,
            required=False)
    s.traffic(0, 56)
    for number in range(16):
        s.ask(1 + number * 3.6, number % 3, f"host{number}.orchard.com.")
