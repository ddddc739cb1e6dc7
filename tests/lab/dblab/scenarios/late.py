"""Servers that answer too late, or not always."""
from dblab.scenario import ALL, ask_failing, scenario


@scenario("slow", "The nameservers answer after six seconds.", resolvers=ALL)
def slow(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "delay", "seconds": 6}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "timeout.slow-server", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("slow-split", "One nameserver answers after eight seconds, the other is dead.",
          split=True,
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


@scenario("answers-apex-only",
          "The nameservers answer for the zone's own name and for nothing below.",
          resolvers=ALL)
def answers_apex_only(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "answer", "exact": ["orchard.com."]},
                                              {"act": "silent"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["timeout.intermittent", "unreachable.no-response"], "orchard.com.",
            hosts)
    s.controls()
    s.ask(0.9, 2, "orchard.com.")
    s.patiently(1.5, 0, "www.eu.orchard.com.")
    s.patiently(1.8, 1, "www.eu.orchard.com.")
