"""Aliases that the resolver knows already when what they lead to fails."""
from dblab.scenario import PROMPT, scenario
from dblab.scenarios.testbed import EXPIRED
from dblab.signing import publish
from dblab.stage import Ask

CNAME = 5
REFUSED = {"act": "rcode", "rcode": "REFUSED"}


def chain(s):
    """shop.com -> edge.net -> cdn.org, whose data does not last."""
    s.zone("shop.com.", s.world.hosting, [f"www{n}.shop.com. 600 IN CNAME edge{n}.edge.net."
                                          for n in range(9)], signed=True)
    s.zone("edge.net.", s.world.harbor, [f"edge{n}.edge.net. 300 IN CNAME node{n}.cdn.org."
                                         for n in range(9)])
    hosts = s.hosts("cdn.org.")
    s.zone("cdn.org.", hosts, [f"node{n}.cdn.org. 3 IN A 146.75.2.{n}" for n in range(9)])
    return hosts


@scenario("alias-target-dies", "Two aliases lead to a zone that dies when they are known.",
          resolvers=("named",), settle=3)
def alias_target_dies(s):
    hosts = chain(s)
    for suffix in ("shop.com.", "cdn.org."):
        s.fails(suffix, ["unreachable.no-response", "timeout.intermittent"], "cdn.org.", hosts,
                related=["edge.net.", "cdn.org."])
    s.traffic(0, 34)
    for number in range(4):
        s.ask(1 + number / 2, number % 3, f"www{number}.shop.com.")
    s.outage(5, None, hosts)
    for number, at in enumerate((8, 9, 20, 30)):
        s.patiently(at, at % 3, f"www{number * 2}.shop.com.")
    s.patiently(26, 1, "node1.cdn.org.")


@scenario("alias-unseen", "As before, but the capture begins when the aliases are known.",
          resolvers=("named", "kresd"), warm_hidden=True, settle=3)
def alias_unseen(s):
    hosts = chain(s)
    s.warm = [Ask(number / 4, number % 3, f"www{number}.shop.com.") for number in range(9)]
    s.block(hosts, late=True)
    s.pause = 4
    s.fails("shop.com.", ["unreachable.no-response", "unattributed.capture-start",
                          "unattributed.no-evidence"], ["cdn.org.", None], hosts, required=False,
            related=["edge.net.", "cdn.org."])
    s.traffic(0, 30)
    for number, at in enumerate((1, 3, 14, 26)):
        s.patiently(at, at % 3, f"www{number}.shop.com.")


@scenario("alias-middle-bogus", "Of three zones in a chain of aliases the middle one is bogus.",
          resolvers=("unbound", "named"), needs="dnssec", settle=3)
def alias_middle_bogus(s):
    s.zone("shop.com.", s.world.hosting, ["www.shop.com. 300 IN CNAME edge.edge.net.",
                                          "img.shop.com. 300 IN CNAME other.edge.net."])
    zone = s.zone("edge.net.", s.world.hosting, ["edge.edge.net. 300 IN CNAME node.cdn.org.",
                                                 "other.edge.net. 300 IN CNAME node.cdn.org."])
    publish(s.world, zone, lambda signed: signed.sign_again((CNAME,), *EXPIRED))
    s.zone("cdn.org.", s.world.harbor, ["node.cdn.org. 300 IN A 146.75.2.2"])
    s.fails("shop.com.", "dnssec.signature-expired", "edge.net.", s.world.hosting, required=False,
            related=["edge.net."])
    s.traffic(0, 20)
    s.ask(0.5, 0, "node.cdn.org.")
    for at in (2, 6, 14, 20):
        s.patiently(at, at % 3, "www.shop.com." if at < 10 else "img.shop.com.")


def signposts(s, *unseen):
    """DNAMEs of a signed and of an unsigned zone, one step and two steps from one that refuses."""
    hosts = s.hosts("orchard.com.", "rogue", [REFUSED])
    s.zone("orchard.com.", hosts)
    s.zone("waymark.org.", s.world.harbor, ["leg.waymark.org. 3600 IN DNAME orchard.com."],
           signed=True)
    for zone in ("signpost.net.", "milestone.net."):
        s.zone(zone, s.world.hosting, [f"old.{zone} 3600 IN DNAME orchard.com.",
                                       f"far.{zone} 3600 IN DNAME leg.waymark.org."],
               signed=zone == "signpost.net.")
        s.fails(zone, [*unseen, "lame.refused"], ["orchard.com.", None], hosts, required=not unseen,
                related=["orchard.com.", "waymark.org."])
    names = [f"old.{zone}" for zone in ("signpost.net.", "milestone.net.")]
    names += [f"far.{zone}" for zone in ("signpost.net.", "milestone.net.")]
    s.warm = [Ask(number / 2, number % 3, "first." + name, "A", ("+tries=1", "+timeout=8"))
              for number, name in enumerate(names)]
    s.controls()
    for number, name in enumerate(names):
        s.patiently(1 + number, number % 3, "second." + name)
        s.patiently(8 + number, number % 3, "third." + name)


@scenario("dname-known", "DNAMEs that the resolver knows lead to a zone that refuses.",
          resolvers=PROMPT, settle=3)
def dname_known(s):
    signposts(s)
    s.pause = 3


@scenario("dname-unseen", "As before, but the capture begins when the DNAMEs are known.",
          resolvers=PROMPT, warm_hidden=True, settle=3)
def dname_unseen(s):
    # Whither the names lead no packet shows.
    signposts(s, "unattributed.capture-start", "unattributed.no-evidence")
    s.pause = 15
