"""Healthy: none of these may give an incident."""
from dblab.scenario import ALL, scenario


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


@scenario("healthy-split",
          "Everything works; the resolver asks from another address than it answers at.",
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


@scenario("healthy-bruised",
          "A root server is dead, one of com refuses, one of org is slow: all goes on.",
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


@scenario("healthy-large", "Large answers come in fragments, larger ones over TCP.", resolvers=ALL,
          settle=2)
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
