"""Zones whose data, or whose servers' load of it, is broken."""
from dblab.scenario import ALL, PROMPT, ask_failing, scenario


@scenario("auth-servfail", "The nameservers (named) failed to load the zone and say SERVFAIL.",
          resolvers=ALL)
def auth_servfail(s):
    hosts = s.hosts("orchard.com.", "named")
    s.zone("orchard.com.", hosts, loads=False,
           damage=lambda lines: lines + ["www IN A not-an-address"])
    s.fails("orchard.com.", "zone.servfail", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("formerr", "The nameservers answer FORMERR to everything.", resolvers=ALL)
def formerr(s):
    hosts = s.hosts("orchard.com.", "rogue",
                    [{"act": "rcode", "rcode": "FORMERR", "edns_back": False}])
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
    s.fails("orchard.com.", "zone.nameserver-unresolvable",
            ["orchard.com.", "meadow-dns.net.", "net."],
            related=["meadow-dns.net."])
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("ns-no-address", "The names of the zone's nameservers exist and have no address.",
          split=True)
def ns_no_address(s):
    s.zone("meadow-dns.net.", s.world.hosting, ["ns1.meadow-dns.net. 300 IN TXT moved",
                                                "ns2.meadow-dns.net. 300 IN TXT moved"])
    s.zone("orchard.com.", names=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    s.fails("orchard.com.", "zone.nameserver-unresolvable", ["orchard.com.", "meadow-dns.net."],
            related=["meadow-dns.net."])
    ask_failing(s, "www.orchard.com.")


@scenario("ns-cname", "The nameservers' names are aliases, which is forbidden.", resolvers=ALL)
def ns_cname(s):
    s.zone("meadow-dns.net.", s.world.hosting, [
        f"ns{number}.meadow-dns.net. 300 IN CNAME {host.name}"
        for number, host in enumerate(s.world.hosting, 1)])
    s.zone("orchard.com.", s.world.hosting, aliases=["ns1.meadow-dns.net.", "ns2.meadow-dns.net."])
    s.fails("orchard.com.", "zone.nameserver-unresolvable", ["orchard.com.", "meadow-dns.net."],
            related=["meadow-dns.net."], optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("ns-dead-zone", "The nameservers' names lie in another zone, which is dead.",
          resolvers=PROMPT)
def ns_dead_zone(s):
    dead = s.hosts("deadwood.net.")
    s.zone("deadwood.net.", dead)
    s.zone("orchard.com.", dead)
    s.block(dead)
    s.fails("orchard.com.", "unreachable.no-response", ["deadwood.net.", "orchard.com."], dead,
            related=["deadwood.net."])
    ask_failing(s, "www.orchard.com.")


@scenario("glueless-loop", "Two zones' nameservers lie in each other, without glue.", resolvers=ALL)
def glueless_loop(s):
    s.zone("orchard.com.", names=["ns1.willow.org.", "ns2.willow.org."])
    s.zone("willow.org.", names=["ns1.orchard.com.", "ns2.orchard.com."])
    for zone, other in (("orchard.com.", "willow.org."), ("willow.org.", "orchard.com.")):
        s.fails(zone, "zone.delegation-loop", ["orchard.com.", "willow.org."],
                optional=zone[0] == "w",
                related=[other])
    ask_failing(s, "www.orchard.com.")


@scenario("cname-broken", "An alias in a healthy zone points into one whose servers refuse.",
          resolvers=ALL, split=True)
def cname_broken(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME cdn.orchard.com."])
    s.fails("signpost.net.", "lame.refused", "orchard.com.", hosts, related=["orchard.com."])
    ask_failing(s, "www.signpost.net.")


@scenario("cname-silent", "A chain of two aliases ends in a dead zone.")
def cname_silent(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME www.waymark.org."])
    s.zone("waymark.org.", s.world.harbor, ["www.waymark.org. 300 IN CNAME cdn.orchard.com."],
           signed=True)
    s.fails("signpost.net.", "unreachable.no-response", "orchard.com.", hosts,
            related=["orchard.com."])
    ask_failing(s, "www.signpost.net.")


@scenario("dname-broken", "A DNAME in a healthy zone points into one whose servers refuse.",
          resolvers=ALL)
def dname_broken(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "rcode", "rcode": "REFUSED"}])
    s.zone("orchard.com.", hosts)
    s.zone("signpost.net.", s.world.hosting, ["old.signpost.net. 300 IN DNAME orchard.com."])
    s.fails("signpost.net.", "lame.refused", "orchard.com.", hosts, related=["orchard.com."])
    ask_failing(s, "www.old.signpost.net.")


@scenario("cname-loop", "An alias leads to another zone and from there back.", resolvers=ALL)
def cname_loop(s):
    s.zone("signpost.net.", s.world.hosting, ["www.signpost.net. 300 IN CNAME www.waymark.org."])
    s.zone("waymark.org.", s.world.harbor, ["www.waymark.org. 300 IN CNAME www.signpost.net."])
    s.fails("signpost.net.", "zone.cname-loop", ["signpost.net.", "waymark.org."], optional=True,
            related=["waymark.org."])
    ask_failing(s, "www.signpost.net.")


@scenario("cname-chain",
          "A chain of thirty aliases between two zones ends well, but it is too long.",
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
