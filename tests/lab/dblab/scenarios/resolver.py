"""Resolvers that fail by themselves."""
from dblab.scenario import ALL, scenario
from dblab.stage import Ask


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


@scenario("overload",
          "A resolver with few slots gets more questions for dead names than it can hold.",
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


@scenario("stale-anchor", "The resolver trusts a root key that the root has not got.",
          needs="dnssec",
          resolvers=ALL)
def stale_anchor(s):
    s.world.stale_anchor = True
    # named tells neither which anchor it has nor why it fails: a wrong clock looks alike.
    causes = ["resolver.trust-anchor"] + ["resolver.clock"] * (s.kind == "named")
    s.fails(".", causes, [".", None], s.world.zones["."].hosts, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.harbor.org.")):
        s.patiently(at / 2, at, name, "A", "+dnssec")
