"""Failures that are remembered, joined, begun before the capture or hidden among others."""
import random

from dblab.scenario import ALL, ask_failing, scenario
from dblab.stage import Ask


@scenario("repeat-refused",
          "A failing name is asked again at once, after one second and after ten.",
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
        s.patiently(1 + number / 2, number % 3, "www.orchard.com.", "A",
                    *(["-6"] if number == 5 else []))


@scenario("impatient", "Clients ask for a dead name with short timeouts and many retries.",
          resolvers=ALL)
def impatient(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    s.controls()
    s.ask(1, 0, "www.orchard.com.", "A", "+tries=40", "+timeout=2")
    s.ask(1.5, 1, "mail.orchard.com.", "A", "+tries=20", "+timeout=4")


@scenario("held-dead",
          "Nobody waits for the names of a dead zone; later ones fail without a query.",
          resolvers=("unbound",))
def held_dead(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", ["cached.failure", "unreachable.no-response"], "orchard.com.", hosts)
    s.controls()
    for number in range(12):
        s.ask(1 + number / 2, number % 3, f"host{number}.orchard.com.", "A", "+tries=1", "+timeout=1")
    for number in range(3):
        s.patiently(75 + number, number, f"later{number}.orchard.com.")


@scenario("dies-later", "A zone that a warm resolver knows dies.", resolvers=ALL)
def dies_later(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.warm = [Ask(0, 0, "www.orchard.com."), Ask(0.2, 1, "www.lighthouse.com.")]
    s.block(hosts, late=True)
    s.fails("orchard.com.", ["unreachable.no-response", "timeout.intermittent"], "orchard.com.",
            hosts)
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


@scenario("refused-unseen",
          "Servers begin to refuse; the capture begins when the resolver is warm.",
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
