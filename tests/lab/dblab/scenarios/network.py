"""What networks and forwarders do to a resolver that is healthy itself."""
from dblab.scenario import scenario

FORWARDER = "185.200.20.53"
OUT = 'iifname "res-*" oifname "auth-eth0"'
BACK = 'iifname "auth-eth0" oifname "res-*"'


def everywhere(s, causes, zones=(), **options):
    """All fails, whoever's it is."""
    s.fails(".", causes, [None, ".", *s.world.zones, "armada.com.", *zones],
            [address for host in s.world.hosts for address in host.addresses], required=False,
            optional=True, **options)


def keep_asking(s, begin, end, every=2):
    """New names of several zones."""
    zones = ("lighthouse.com.", "harbor.org.", "breakwater.net.")
    for number in range(int((end - begin) / every)):
        s.ask(begin + number * every, number % 3, f"new{number}.{zones[number % 3]}",
              ("A", "AAAA", "MX")[number % 2])


@scenario("large-lost", "What is larger than 700 octets is lost on the way from a zone's servers.",
          resolvers=("named",), settle=3)
def large_lost(s):
    text = " ".join(f'"{"v" * 250}"' for _ in range(4))
    hosts = s.hosts("orchard.com.", v6=None)
    s.zone("orchard.com.", hosts, ["www.orchard.com. 5 IN A 146.75.99.9",
                                   f"big.orchard.com. 300 IN TXT {text}",
                                   f"huge.orchard.com. 300 IN TXT {text}"])
    for host in hosts:
        s.router_rules.append(f"ip saddr {host.v4} meta length > 700 drop")
    # Nothing shows at the resolver how large an answer would have been that never came.
    s.fails("orchard.com.", ["timeout.intermittent", "network.truncated-tcp-failed",
                             "network.fragment-lost"], "orchard.com.", hosts)
    s.traffic(0, 20)
    for at in range(0, 21, 4):
        s.ask(at, at % 3, "www.orchard.com.")
    for at in (1, 1.3, 6, 16):
        s.ask(at, int(at) % 3, "big.orchard.com.", "TXT")
    s.ask(8, 2, "huge.orchard.com.", "TXT")


@scenario("edns-firewall", "A firewall begins to drop all questions with EDNS that go out over UDP.",
          resolvers=("pdns",), settle=3)
def edns_firewall(s):
    # Nobody asks without EDNS, so that nothing tells it from all being dropped.
    everywhere(s, ["unreachable.egress-blocked", "timeout.intermittent"])
    s.traffic(0, 24)
    s.cut(6, None, f"{OUT} udp dport 53 @th,144,16 != 0 drop")
    keep_asking(s, 8, 24)


@scenario("old-firewall",
          "A firewall drops answers over 512 octets, and lets no TCP out to port 53.",
          resolvers=("named",), settle=3)
def old_firewall(s):
    everywhere(s, ["network.truncated-tcp-failed", "network.fragment-lost",
                   "timeout.intermittent"])
    s.router_rules += [f"{BACK} udp sport 53 udp length > 520 drop", f"{OUT} tcp dport 53 drop"]
    s.traffic(0, 16)
    keep_asking(s, 2, 18)


@scenario("line-lossy", "The line loses every second packet, in both directions.",
          resolvers=("pdns",), settle=3)
def line_lossy(s):
    everywhere(s, ["timeout.intermittent", "unreachable.no-response"])
    s.traffic(0, 24, every=1)
    s.cut(5, None, f"{OUT} numgen random mod 100 < 55 drop",
          f"{BACK} numgen random mod 100 < 55 drop")
    keep_asking(s, 6, 26, every=1)


@scenario("link-down", "The line is down for fifteen seconds, and the own router says so.",
          resolvers=("pdns",), settle=3)
def link_down(s):
    everywhere(s, ["unreachable.egress-blocked", "unreachable.icmp"])
    s.traffic(0, 30)
    s.cut(6, 21, f"{OUT} reject with icmpx type no-route")
    keep_asking(s, 8, 30)


@scenario("port-prohibited", "A firewall begins to prohibit all port 53, and says so.",
          resolvers=("pdns",), settle=3)
def port_prohibited(s):
    everywhere(s, ["unreachable.egress-blocked", "unreachable.icmp"])
    s.traffic(0, 22)
    s.cut(6, None, f"{OUT} meta l4proto {{ tcp, udp }} th dport 53 "
                   "reject with icmpx type admin-prohibited")
    keep_asking(s, 8, 22)


@scenario("routing-loop", "Packets to a zone's servers go in circles until their time is over.",
          resolvers=("pdns",), settle=3)
def routing_loop(s):
    hosts = s.hosts("orchard.com.", None)
    s.zone("orchard.com.", hosts)
    s.at(0, lambda run: (run.namespaces.sysctl("auth", "net.ipv4.ip_forward", 1),
                         run.namespaces.sysctl("auth", "net.ipv6.conf.all.forwarding", 1)))
    s.fails("orchard.com.", ["unreachable.icmp"], "orchard.com.", hosts)
    s.traffic(0, 20)
    for at in (1, 1.2, 5, 12, 18):
        s.ask(at, int(at) % 3, "www.orchard.com.")
    s.ask(8, 1, "mail.orchard.com.", "AAAA")


@scenario("hoster-away", "A hoster's two servers are away for a while, and with them six zones.",
          resolvers=("pdns",), settle=3)
def hoster_away(s):
    hosts = [s.host("ns1.bollard.net."), s.host("ns2.bollard.net.")]
    s.zone("bollard.net.", hosts)
    zones = [f"{name}.{tld}." for name in ("anchor", "capstan", "davit") for tld in ("com", "org")]
    for zone in zones:
        s.zone(zone, hosts)
        s.fails(zone, ["unreachable.no-response", "timeout.intermittent"], [zone, "bollard.net."],
                hosts, optional=True)
    s.traffic(0, 30)
    s.ask(1, 0, "www.anchor.com.")
    s.ask(2, 1, "www.davit.org.")
    s.outage(5, 26, hosts)
    for number, zone in enumerate(zones):
        s.ask(6 + number / 2, number % 3, "mail." + zone)
        s.ask(12 + number / 2, number % 3, "www." + zone, "MX")
        s.ask(28 + number / 2, number % 3, "new." + zone)


@scenario("forwarder-empty", "The forwarder begins to answer everything with nothing.",
          resolvers=("named",), settle=3)
def forwarder_empty(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "relay", "to": FORWARDER, "phases": [0]},
                   {"act": "rcode", "rcode": "NOERROR", "ra": True}], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", ["forwarder.invalid-response", "forwarder.dnssec-stripped"],
            [None, ".", *s.world.zones, "armada.com."], [host])
    s.traffic(0, 20)
    s.turn(8)
    keep_asking(s, 9, 22, every=1)


@scenario("forwarder-quota", "The forwarder refuses what exceeds a quota, for some seconds.",
          resolvers=("pdns",), settle=3)
def forwarder_quota(s):
    s.real_forwarder = "unbound"
    host = s.host("resolver.quayhosting.net.", "rogue",
                  [{"act": "rcode", "rcode": "REFUSED", "ra": True, "phases": [1, 3],
                    "not_every": 5},
                   {"act": "relay", "to": FORWARDER}], v6=None)
    s.forwarders.append(host.v4)
    s.fails(".", "forwarder.refused", [None, ".", *s.world.zones, "armada.com."], [host])
    s.traffic(0, 24)
    for at in (6, 10, 16, 20):
        s.turn(at)
    keep_asking(s, 2, 24, every=1)


@scenario("forwarder-tcp-blocked", "Large answers of the forwarder need TCP, which is blocked.",
          resolvers=("kresd",), settle=3)
def forwarder_tcp_blocked(s):
    s.real_forwarder = "unbound"
    s.forwarders.append(FORWARDER)
    text = " ".join(f'"{"v" * 250}"' for _ in range(12))
    s.zone("orchard.com.", s.world.hosting, ["www.orchard.com. 5 IN A 146.75.99.9",
                                             f"big.orchard.com. 300 IN TXT {text}",
                                             f"huge.orchard.com. 300 IN TXT {text}"])
    s.router_rules.append(f"ip daddr {FORWARDER} tcp dport 53 drop")
    s.fails("orchard.com.", "network.truncated-tcp-failed", [None, ".", "orchard.com."],
            [FORWARDER])
    s.traffic(0, 16)
    for at in range(0, 16, 3):
        s.ask(at, at % 3, "www.orchard.com.")
    for at in (1, 1.3, 6, 14):
        s.ask(at, int(at) % 3, "big.orchard.com.", "TXT")
    s.ask(8, 2, "huge.orchard.com.", "TXT")


OFF = {"unbound": ["  do-ip6: no"], "kresd": ["net.ipv6 = false"],
       "pdns": ["query-local-address=0.0.0.0"]}


@scenario("family-off", "The resolver is told not to use IPv6, and a zone's servers have no IPv4.",
          resolvers=("pdns",), settle=3)
def family_off(s):
    s.extra += OFF[s.kind]
    hosts = s.hosts("orchard.com.", v4=None)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.bad-address", "orchard.com.", hosts, required=False)
    s.traffic(0, 14)
    for at in (1, 1.2, 5, 12):
        s.ask(at, int(at) % 3, "www.orchard.com.")
    s.ask(8, 1, "mail.orchard.com.", "AAAA")


def limit_files(run, count):
    run.namespaces.run("res", "prlimit", "--pid", str(run.setup.process.pid), f"--nofile={count}:")


@scenario("no-sockets", "The resolver runs out of file descriptors for a while.",
          resolvers=("unbound",), settle=3)
def no_sockets(s):
    # The capture is younger than what the resolver may remember.
    s.fails(".", ["resolver.no-upstream", "resolver.overload", "resolver.despite-answers",
                  "unattributed.capture-start"], [], optional=True)
    s.traffic(0, 26)
    s.at(6, lambda run: limit_files(run, 4))
    s.at(18, lambda run: limit_files(run, 1024))
    keep_asking(s, 7, 26, every=1)


@scenario("proxied-refuses", "A proxy begins to take all questions to port 53, and refuses them.",
          resolvers=("named",), settle=3)
def proxied_refuses(s):
    s.real_forwarder = "unbound"
    everywhere(s, ["network.intercepted", "lame.refused"])
    s.traffic(0, 20)
    s.at(5, lambda run: run.namespaces.filter(
        "net", "prerouting", [f'iifname "res-*" udp dport 53 dnat ip to {FORWARDER}',
                              'iifname "res-*" udp dport 53 dnat ip6 to 2a0c:200:20::53'],
        kind="nat", name="proxy"))
    keep_asking(s, 7, 20, every=1)
