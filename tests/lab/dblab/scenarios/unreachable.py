"""Servers that cannot be reached, or not at their addresses."""
from dblab.scenario import ALL, EVERYBODY, PROMPT, ask_failing, scenario
from dblab.stage import Ask


@scenario("silent", "Every nameserver of the zone is silent.", resolvers=ALL)
def silent(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts)
    s.fails("orchard.com.", "unreachable.no-response", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.", "mail.orchard.com.")


@scenario("silent-split", "Every nameserver of a signed zone is silent; service and egress differ.",
          split=True, interface="any")
def silent_split(s):
    hosts = s.hosts("willow.org.", "knot")
    s.zone("willow.org.", hosts, signed=True)
    s.block(hosts)
    s.fails("willow.org.", "unreachable.no-response", "willow.org.", hosts)
    ask_failing(s, "shop.willow.org.")


@scenario("tld-dead", "The servers of a top-level domain are silent.")
def tld_dead(s):
    registry = [s.host("a.nic.info.", "nsd"), s.host("b.nic.info.", "knot")]
    s.zone("info.", registry, signed=True)
    s.zone("garden.info.", s.hosts("garden.info."))
    s.block(registry)
    s.fails("info.", "unreachable.no-response", "info.", registry)
    ask_failing(s, "www.garden.info.", "www.meadow.info.")


@scenario("root-dead", "The root servers are silent; the resolver has just started.",
          resolvers=PROMPT)
def root_dead(s):
    root = s.world.zones["."].hosts
    s.block(root)
    s.fails(".", ["unreachable.no-response", "unreachable.egress-blocked"], [".", None], root)
    s.patiently(0, 0, "www.lighthouse.com.")
    s.patiently(0.5, 1, "www.harbor.org.")


@scenario("deep-silent",
          "A zone two cuts below the top-level domain is dead, its parent is healthy.",
          resolvers=ALL, split=True)
def deep_silent(s):
    s.zone("orchard.com.", s.world.hosting, signed=True)
    hosts = s.hosts("retail.orchard.com.")
    s.zone("retail.orchard.com.", hosts)
    s.block(hosts)
    s.ask(0.8, 2, "www.orchard.com.")
    s.fails("retail.orchard.com.", "unreachable.no-response", "retail.orchard.com.", hosts)
    ask_failing(s, "www.shop.retail.orchard.com.")


@scenario("icmp-port", "Nothing listens on port 53 of the zone's nameservers.", resolvers=ALL)
def icmp_port(s):
    hosts = s.hosts("orchard.com.", "absent")
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.icmp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("icmp-host", "A router says that the nameservers' hosts are unreachable.", split=True)
def icmp_host(s):
    hosts = s.hosts("orchard.com.")
    s.zone("orchard.com.", hosts)
    s.block(hosts, "reject with icmp type host-unreachable",
            "reject with icmpv6 type addr-unreachable")
    s.fails("orchard.com.", "unreachable.icmp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("icmp-admin", "A firewall prohibits the packets to the nameservers and says so.")
def icmp_admin(s):
    hosts = s.hosts("willow.org.", "knot")
    s.zone("willow.org.", hosts)
    s.block(hosts, "reject with icmp type admin-prohibited",
            "reject with icmpv6 type admin-prohibited")
    s.fails("willow.org.", "unreachable.icmp", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("egress-blocked", "A firewall begins to drop all that a warm resolver sends to port 53.",
          resolvers=PROMPT)
def egress_blocked(s):
    s.warm = [Ask(at / 10, at % 3, name) for at, name in enumerate(
        ("www.lighthouse.com.", "www.breakwater.net.", "www.harbor.org.", "www.quayhosting.net."))]
    s.late_router_rules += ["iifname \"res-*\" meta l4proto { tcp, udp } th dport 53 drop"]
    s.fails(".", ["unreachable.egress-blocked", "unreachable.no-response"], [], EVERYBODY,
            required=False)
    for at, name in enumerate(("mail.lighthouse.com.", "mail.breakwater.net.", "mail.harbor.org.",
                               "www.nowhere.org.", "mail.quayhosting.net.")):
        s.patiently(at / 5, at % 3, name)


@scenario("egress-blocked-cold", "A firewall drops all that a new resolver sends to port 53.",
          split=True, resolvers=PROMPT)
def egress_blocked_cold(s):
    s.router_rules += ["iifname \"res-*\" meta l4proto { tcp, udp } th dport 53 drop"]
    s.fails(".", ["unreachable.egress-blocked", "unreachable.no-response"], [".", None],
            s.world.zones["."].hosts, required=False)
    for at, name in enumerate(("www.lighthouse.com.", "www.breakwater.net.", "www.harbor.org.")):
        s.patiently(at / 5, at, name)


@scenario("glue-loopback", "The nameservers' addresses are loopback addresses.", resolvers=ALL)
def glue_loopback(s):
    hosts = [s.host("ns1.orchard.com.", None, v4="127.0.0.1", v6="::1"),
             s.host("ns2.orchard.com.", None, v4="127.0.0.53", v6=None)]
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.bad-address", "orchard.com.", hosts, required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("glue-documentation", "The nameservers' addresses are those of examples in books.",
          resolvers=ALL)
def glue_documentation(s):
    hosts = [s.host("ns1.willow.org.", None, v4="192.0.2.10", v6=None),
             s.host("ns2.willow.org.", None, v4="198.51.100.10", v6="2001:db8:5::10")]
    s.zone("willow.org.", hosts)
    s.fails("willow.org.", "unreachable.bad-address", "willow.org.", hosts, required=False)
    ask_failing(s, "www.willow.org.")


@scenario("glue-private", "The nameservers' addresses are private.", resolvers=ALL)
def glue_private(s):
    hosts = [s.host("ns1.orchard.com.", None, v4="10.99.1.1", v6=None),
             s.host("ns2.orchard.com.", None, v4="192.168.77.1", v6=None)]
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", ["unreachable.bad-address", "unreachable.no-response"], "orchard.com.",
            hosts,
            required=False)
    ask_failing(s, "www.orchard.com.")


@scenario("ipv6-only", "The nameservers have IPv6 only and the resolver has no route for that.",
          resolvers=ALL)
def ipv6_only(s):
    s.v6 = False
    hosts = s.hosts("orchard.com.", v4=None)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.bad-address", "orchard.com.", hosts, required=False)
    ask_failing(s, "www.orchard.com.")
