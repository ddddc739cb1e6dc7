"""Many faults at once, as a resolver of many people has them every day."""
import random

from dblab.scenario import scenario

SECONDS = 240
ALIASES = ("signpost.net.", "roadsign.org.")


def break_zones(s):
    """Returns what is asked for below each that is broken."""
    rcode = lambda name, **more: [{"act": "rcode", "rcode": name, **more}]
    broken = []

    def add(suffix, causes, zone, hosts=(), **options):
        s.fails(suffix, causes, zone, hosts, optional=True, **options)
        broken.append(suffix)

    gone = ["unreachable.no-response"]
    for name in ("deadoak.com.", "deadelm.org.", "deadfir.net."):
        hosts = s.hosts(name, count=3 if name == "deadelm.org." else 2)
        s.zone(name, hosts)
        s.block(hosts)
        add(name, gone, name, hosts)
    farm = [s.host("ns1.deadfarm.net."), s.host("ns2.deadfarm.net.")]
    s.zone("deadfarm.net.", farm)
    s.block(farm)
    for name in ("tenant1.com.", "tenant2.com.", "tenant3.org."):
        s.zone(name, farm)
        # A resolver may hold servers for dead because of another tenant.
        add(name, gone + ["cached.failure"], [name, "deadfarm.net."], farm,
            related=["deadfarm.net."])
    hosts = s.hosts("refuse.com.", "rogue", rcode("REFUSED"))
    s.zone("refuse.com.", hosts)
    add("refuse.com.", "lame.refused", "refuse.com.", hosts)
    hosts = s.hosts("lamebay.org.", "nsd")
    s.zone("lamebay.org.", hosts, served=False)
    add("lamebay.org.", "lame.refused", "lamebay.org.", hosts)
    hosts = s.hosts("failbay.com.", "rogue", rcode("SERVFAIL"))
    s.zone("failbay.com.", hosts)
    add("failbay.com.", "zone.servfail", "failbay.com.", hosts)
    hosts = s.hosts("formbay.net.", "rogue", rcode("FORMERR", edns_back=False))
    s.zone("formbay.net.", hosts)
    add("formbay.net.", "zone.invalid-response", "formbay.net.", hosts)
    hosts = s.hosts("mangle.org.", "rogue", [{"act": "mangle"}])
    s.zone("mangle.org.", hosts)
    add("mangle.org.", "zone.invalid-response", "mangle.org.", hosts)
    hosts = s.hosts("absent.com.", "absent")
    s.zone("absent.com.", hosts)
    add("absent.com.", "unreachable.icmp", "absent.com.", hosts)
    hosts = s.hosts("noaa.com.", "rogue", [{"act": "self_referral"}])
    s.zone("noaa.com.", hosts)
    add("noaa.com.", "lame.not-authoritative", "noaa.com.", hosts)
    s.zone("expired.com.", s.world.hosting, signed=True,
           signature=("-i", "20260801000000", "-e", "20260901000000"))
    add("expired.com.", "dnssec.signature-expired", "expired.com.", s.world.hosting, required=False)
    s.zone("badds.org.", s.world.hosting, signed=True, ds="bad")
    add("badds.org.", "dnssec.ds-mismatch", ["badds.org.", "org."], s.world.hosting, required=False)
    s.zone("nosig.net.", s.world.hosting, signed=True,
           damage=lambda lines: [line for line in lines if "\tRRSIG\tA " not in line])
    add("nosig.net.", "dnssec.signature-missing", "nosig.net.", s.world.hosting, required=False)
    s.zone("nons.com.", names=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    add("nons.com.", "zone.nameserver-unresolvable", ["nons.com.", "meadow-dns.net.", "net."],
        related=["meadow-dns.net."])
    hosts = s.hosts("slow.com.", "rogue", [{"act": "delay", "seconds": 6}])
    s.zone("slow.com.", hosts)
    add("slow.com.", ["timeout.slow-server"], "slow.com.", hosts)
    hosts = s.hosts("seldom.com.", "rogue", [{"act": "silent", "not_every": 5}])
    s.zone("seldom.com.", hosts)
    add("seldom.com.", ["timeout.intermittent"], "seldom.com.", hosts)
    s.zone("signpost.net.", s.world.hosting,
           [f"www{n}.signpost.net. 300 IN CNAME cdn{n}.refuse.com." for n in range(200)])
    add("signpost.net.", "lame.refused", "refuse.com.", s.world.zones["refuse.com."].hosts,
        related=["refuse.com."])
    s.zone("roadsign.org.", s.world.harbor,
           [f"www{n}.roadsign.org. 20 IN CNAME cdn{n}.deadoak.com." for n in range(200)])
    add("roadsign.org.", gone + ["cached.failure"], "deadoak.com.", s.world.zones["deadoak.com."].hosts,
        related=["deadoak.com."])
    s.zone("parent.com.", s.world.hosting, signed=True)
    hosts = s.hosts("deep.parent.com.")
    s.zone("deep.parent.com.", hosts)
    s.block(hosts)
    add("deep.parent.com.", gone, "deep.parent.com.", hosts)
    for name, spans in (("outone.com.", [(40, 100)]), ("outtwo.org.", [(70, 170)]),
                        ("flap.net.", [(at, at + 12) for at in range(20, 220, 30)])):
        hosts = s.hosts(name)
        s.zone(name, hosts)
        for begin, end in spans:
            s.outage(begin, end, hosts)
        add(name, gone + ["timeout.intermittent"], name, hosts)
    registry = [s.host("a.nic.info."), s.host("b.nic.info.")]
    s.zone("info.", registry, [], signed=True)
    for number in range(12):
        s.zone(f"shop{number}.info.", s.world.hosting)
    s.outage(110, 150, registry)
    add("info.", gone + ["timeout.intermittent"], "info.", registry)
    return broken


def asked_for(chance, suffix):
    """A name below a broken zone; most are new to the resolver."""
    if suffix in ALIASES:
        return f"www{chance.randrange(200)}.{suffix}"
    name = chance.choice(("www.", "mail.", f"host{chance.randrange(500)}.", ""))
    return f"{name}shop{chance.randrange(12)}.info." if suffix == "info." else name + suffix


@scenario("many-faults",
          "Many zones are broken in many ways, some for a while, beside healthy ones.",
          resolvers=("unbound", "pdns"), needs="dnssec", settle=6)
def many_faults(s):
    chance = random.Random(7)
    broken = break_zones(s)
    healthy = [f"fine{number}.{('com', 'org', 'net')[number % 3]}." for number in range(30)]
    for number, zone in enumerate(healthy):
        s.zone(zone, s.world.hosting, signed=number % 2 == 0)
    s.traffic(0, SECONDS, every=1)
    at = 1
    while at < SECONDS:
        name = chance.choice(("www", "mail", f"a{chance.randrange(50)}"))
        s.ask(at, chance.randrange(3), f"{name}.{chance.choice(healthy)}",
              chance.choice(("A", "AAAA")))
        question = (asked_for(chance, chance.choice(broken)),
                    chance.choice(("A", "A", "AAAA", "MX")))
        if chance.random() < 0.3:
            s.patiently(at + 0.1, chance.randrange(3), *question)
        else:
            s.ask(at + 0.1, chance.randrange(3), *question, "+tries=2", "+timeout=5")
        at += chance.expovariate(3)
