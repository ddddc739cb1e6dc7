"""Something between resolver and servers that mangles or drops."""
from dblab.scenario import ALL, ask_failing, scenario


@scenario("tc-tcp-refused", "The nameservers truncate everything and refuse TCP.", resolvers=ALL)
def tc_tcp_refused(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "truncate"}], udp_only=True)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.truncated-tcp-failed", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("tc-tcp-silent", "The nameservers truncate everything and a firewall drops TCP.",
          split=True)
def tc_tcp_silent(s):
    hosts = s.hosts("willow.org.", "rogue", [{"act": "truncate"}])
    s.zone("willow.org.", hosts)
    s.block(hosts, match="meta l4proto tcp")
    s.fails("willow.org.", "network.truncated-tcp-failed", "willow.org.", hosts)
    ask_failing(s, "www.willow.org.")


@scenario("tcp-only-refused", "The resolver asks over TCP only and the nameservers refuse TCP.",
          resolvers=("unbound",))
def tcp_only_refused(s):
    s.extra.append("  tcp-upstream: yes")
    hosts = s.hosts("orchard.com.", "rogue", udp_only=True)
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "unreachable.tcp", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("wrong-id", "The answers carry another ID than the questions.", resolvers=ALL)
def wrong_id(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_id"}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("wrong-source", "The answers come from another address than was asked.", resolvers=ALL)
def wrong_source(s):
    other = s.host("nat.orchard.com.", "rogue")
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_source",
                                               "sources": {"4": other.v4, "6": other.v6}}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts + [other])
    ask_failing(s, "www.orchard.com.")


@scenario("wrong-question", "The answers repeat another question than was asked.", split=True)
def wrong_question(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "wrong_question", "name": "www.willow.org."}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.response-mismatch", "orchard.com.", hosts)
    ask_failing(s, "www.orchard.com.")


@scenario("edns-dropped", "Questions with EDNS vanish, those without are answered.", resolvers=ALL)
def edns_dropped(s):
    hosts = s.hosts("orchard.com.", "rogue", [{"act": "silent", "edns": True}])
    s.zone("orchard.com.", hosts)
    s.fails("orchard.com.", "network.edns-blocked", "orchard.com.", hosts, optional=True)
    ask_failing(s, "www.orchard.com.")


@scenario("edns-dropped-seen",
          "As before; an operator on the resolver's host asks without EDNS and is answered.",
          resolvers=ALL)
def edns_dropped_seen(s):
    edns_dropped(s)
    for host in s.world.zones["orchard.com."].hosts:
        for address in host.addresses:
            s.ask(2.0, 0, "www.orchard.com.", "A", "@" + address, "+noedns", "+norecurse",
                  "+tries=1")


@scenario("edns-dropped-everywhere",
          "A firewall before the resolver drops all queries over UDP that have EDNS.",
          resolvers=("kresd",), settle=8)
def edns_dropped_everywhere(s):
    s.router_rules.append('iifname "res-*" udp dport 53 @th,144,16 != 0 drop')  # ARCOUNT
    s.fails(".", ["timeout.intermittent", "unreachable.no-response"], [], ["*"], required=False)
    ask_failing(s, "www.orchard.com.")
    s.zone("orchard.com.", s.world.hosting)


@scenario("fragments-lost",
          "All but the first fragment of large answers is dropped, TCP is refused.",
          resolvers=ALL)
def fragments_lost(s):
    s.server_mtu = 700
    text = " ".join(f'"{"v" * 250}"' for _ in range(4))
    hosts = s.hosts("orchard.com.", "rogue", udp_only=True, v6=None)
    s.zone("orchard.com.", hosts, ["www.orchard.com. 300 IN A 146.75.99.9",
                                   f"big.orchard.com. 300 IN TXT {text}"])
    s.router_rules.append("ip frag-off & 0x1fff != 0 drop")
    s.fails("orchard.com.", ["network.fragment-lost", "network.truncated-tcp-failed"],
            "orchard.com.", hosts)
    s.controls()
    s.ask(0.8, 0, "www.orchard.com.")
    s.patiently(1.5, 1, "big.orchard.com.", "TXT")
    s.patiently(1.8, 2, "big.orchard.com.", "TXT")


def intercept(s, v4, v6):
    """The router hands all that the resolver asks to one host."""
    for family, protocol, address in (("ip", "ipv4", v4), ("ip6", "ipv6", v6)):
        s.router_nat.append(f'iifname "res-*" udp dport 53 meta nfproto {protocol} '
                            f"dnat {family} to {address}")


@scenario("intercepted", "Somebody in the path answers every question himself, with one address.",
          resolvers=ALL)
def intercepted(s):
    portal = s.host("portal.quayhosting.net.", "rogue", [{"act": "lie", "address": "146.75.66.6"}])
    intercept(s, portal.v4, portal.v6)
    s.fails(".", ["network.intercepted"], [".", None], s.world.zones["."].hosts, required=False)
    s.ask(0, 0, "www.lighthouse.com.")
    s.ask(0.5, 1, "www.harbor.org.")


def intercepted_in_vain(s, v4, v6):
    intercept(s, v4, v6)
    s.fails(".", ["network.intercepted"], [".", None], ["*"], required=False, optional=True)
    s.ask(0, 0, "www.lighthouse.com.")
    s.ask(0.5, 1, "www.harbor.org.")
    s.patiently(2, 2, "www.breakwater.net.")


def intercepted_by_rcode(s, rcode):
    portal = s.host("portal.quayhosting.net.", "rogue",
                    [{"act": "rcode", "rcode": rcode, "ra": True}])
    intercepted_in_vain(s, portal.v4, portal.v6)


@scenario("intercepted-refusing", "Somebody in the path refuses every question himself.",
          resolvers=("unbound", "named"), settle=5)
def intercepted_refusing(s):
    intercepted_by_rcode(s, "REFUSED")


@scenario("intercepted-failing", "Somebody in the path answers SERVFAIL to every question.",
          resolvers=("pdns",), settle=5)
def intercepted_failing(s):
    intercepted_by_rcode(s, "SERVFAIL")


@scenario("intercepted-proxy", "A transparent proxy in the path, an unbound, refuses to iterate.",
          resolvers=("named", "pdns"), settle=5)
def intercepted_proxy(s):
    s.real_forwarder = "unbound"
    intercepted_in_vain(s, "185.200.20.53", "2a0c:200:20::53")
