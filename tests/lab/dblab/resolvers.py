"""Resolvers: Debian's defaults but for root hints, trust anchor, addresses, access and logging."""
import os
import re
import subprocess

CLIENT_NETS = ["0.0.0.0/0", "::/0"]


def unbound(setup):
    lines = ["server:", *[f"  interface: {address}" for address in setup.services],
             *[f"  access-control: {net} allow" for net in CLIENT_NETS],
             f'  root-hints: "{setup.hints}"', f'  trust-anchor-file: "{setup.anchor}"',
             "  verbosity: 1", "  val-log-level: 2", "  log-servfail: yes", "  use-syslog: no",
             f'  logfile: "{setup.log}"', f'  pidfile: "{setup.folder}/unbound.pid"',
             f'  directory: "{setup.folder}"', '  chroot: ""', '  username: ""', *setup.extra]
    for one in setup.conditionals:
        if not one.validated:
            lines += [f'  domain-insecure: "{one.zone}"', f'  local-zone: "{one.zone}" nodefault']
    if setup.forwarders:
        lines += ["forward-zone:", '  name: "."',
                  f"  forward-first: {'yes' if setup.forward_first else 'no'}",
                  *[f"  forward-addr: {a}" for a in setup.forwarders]]
    for one in setup.conditionals:
        kind = "forward" if one.recursive else "stub"
        lines += [f"{kind}-zone:", f'  name: "{one.zone}"',
                  *[f"  {kind}-addr: {address}" for address in one.addresses]]
    lines += ["remote-control:", "  control-enable: no"]
    return lines, lambda file: ["unbound", "-d", "-c", file]


def named(setup):
    v4 = "".join(f"{address}; " for address in setup.services if ":" not in address)
    v6 = "".join(f"{address}; " for address in setup.services if ":" in address)
    key = setup.anchor_key.split()
    at = key.index("DNSKEY")
    lines = ["options {", f'  directory "{setup.folder}";',
             f'  pid-file "{setup.folder}/named.pid";',
             f'  session-keyfile "{setup.folder}/session.key";', "  dnssec-validation yes;",
             f"  listen-on {{ {v4}}};", f"  listen-on-v6 {{ {v6 or 'none; '}}};",
             "  allow-query { any; };", "  allow-recursion { any; };"]
    if setup.forwarders:
        servers = "".join(f"{address}; " for address in setup.forwarders)
        lines += [f"  forward {'first' if setup.forward_first else 'only'};",
                  f"  forwarders {{ {servers}}};"]
    exempt = "".join(f'"{one.zone}"; ' for one in setup.conditionals if not one.validated)
    if exempt:
        lines.append(f"  validate-except {{ {exempt}}};")
    lines += [*setup.extra, "};", "controls { };",
              *[f'zone "{one.zone}" {{ type forward; forward only; forwarders {{ '
                f'{"; ".join(one.addresses)}; }}; }};' for one in setup.conditionals],
              f'trust-anchors {{ "." static-key {key[at + 1]} {key[at + 2]} {key[at + 3]} '
              f'"{"".join(key[at + 4:])}"; }};',
              f'zone "." {{ type hint; file "{setup.hints}"; }};',
              "logging {",
              f'  channel failures {{ file "{setup.log}"; severity debug 2; print-time yes; }};',
              "  category query-errors { failures; };", "  category dnssec { failures; };",
              "  category lame-servers { failures; };", "};"]
    return lines, lambda file: ["named", "-f", "-d", "2", "-n", "1", "-c", file]


def kresd(setup):
    lines = [f"net.listen('{address}', 53, {{ kind = 'dns' }})" for address in setup.services]
    lines += ["modules = { 'hints > iterate', 'stats', 'predict' }",
              f"hints.root_file('{setup.hints}')",
              f"trust_anchors.add_file('{setup.anchor}', true)",
              "cache.size = 20 * MB",
              *setup.extra]
    if setup.version >= (5, 4):
        lines.append("log_level('info')")
    for one in setup.conditionals:
        action = "FORWARD" if one.recursive else "STUB"
        servers = ", ".join(f"'{address}'" for address in one.addresses)
        lines.append(f"policy.add(policy.suffix(policy.{action}({{ {servers} }}), "
                     f"policy.todnames({{ '{one.zone}' }})))")
        if not one.validated:
            lines.append(f"trust_anchors.set_insecure({{ '{one.zone}' }})")
    if setup.forwarders:
        servers = ", ".join(f"'{address}'" for address in setup.forwarders)
        lines.append(f"policy.add(policy.all(policy.FORWARD({{ {servers} }})))")
    return lines, lambda file: ["kresd", "-n", "-c", file, setup.folder]


def pdns(setup):
    with open(os.path.join(setup.folder, "recursor.lua"), "w") as file:
        ds = " ".join(setup.anchor_ds.split()[4:])
        file.write(f'clearTA(".")\naddTA(".", "{ds}")\n')
        for one in setup.conditionals:
            if not one.validated:
                file.write(f'addNTA("{one.zone}", "internal")\n')
    lines = ["config-dir=" + setup.folder, "hint-file=" + setup.hints,
             "local-address=" + ", ".join(setup.services), "allow-from=" + ", ".join(CLIENT_NETS),
             "lua-config-file=" + os.path.join(setup.folder, "recursor.lua"),
             "query-local-address=0.0.0.0, ::", "security-poll-suffix=", "quiet=no", "daemon=no",
             "dnssec-log-bogus=yes", "disable-syslog=yes", "socket-dir=" + setup.folder,
             "public-suffix-list-file=/usr/share/publicsuffix/public_suffix_list.dat", *setup.extra]
    for recursive, option in ((True, "forward-zones-recurse"), (False, "forward-zones")):
        entries = [f"{one.zone}={';'.join(one.addresses)}" for one in setup.conditionals
                   if one.recursive == recursive]
        if setup.forwarders and recursive:
            entries.append(".=" + ";".join(setup.forwarders))
        if entries:
            lines.append(f"{option}=" + ",".join(entries))
    old = ["--enable-old-settings"] if setup.version >= (5, 2) else []
    return lines, lambda file: ["pdns_recursor", "--config-dir=" + setup.folder, *old]


def dnsmasq(setup):
    lines = ["no-resolv", "no-hosts", "bind-interfaces", "user=root",
             f"pid-file={setup.folder}/dnsmasq.pid",
             *[f"listen-address={address}" for address in setup.services],
             *[f"server={address}" for address in setup.forwarders], *setup.extra]
    return lines, lambda file: ["dnsmasq", "-k", "-C", file]


def dnsdist(setup):
    """With what most have: a cache, which keeps failures for a while, too."""
    lines = [*[f'addLocal("{v4_or_v6(address)}")' for address in setup.services],
             "setACL({" + ", ".join(f'"{net}"' for net in CLIENT_NETS) + "})",
             'setSecurityPollSuffix("")',
             *[f'newServer({{address="{v4_or_v6(address)}", checkName="www.lighthouse.com."}})'
               for address in setup.forwarders],
             "cache = newPacketCache(10000, {maxTTL=60, temporaryFailureTTL=5})",
             'getPool(""):setCache(cache)', *setup.extra]
    return lines, lambda file: ["dnsdist", "--supervised", "-C", file]


def v4_or_v6(address):
    return f"[{address}]:53" if ":" in address else f"{address}:53"


RESOLVERS = {"unbound": unbound, "named": named, "kresd": kresd, "pdns": pdns}
FRONTS = {"dnsmasq": dnsmasq, "dnsdist": dnsdist}
FILES = {"pdns": "recursor.conf"}
PACKAGES = {"unbound": ["unbound"], "named": ["bind9"],
            "kresd": ["knot-resolver", "knot-resolver6"], "pdns": ["pdns-recursor"]}
# `ip netns exec` gives each process mounts of its own, which go when it goes.
ENTER = """
root=$1 folder=$2
shift 2
for shown in "${folder%/*/*}" /dev /proc; do mount --rbind "$shown" "$root$shown"; done
exec chroot "$root" env -C "$folder" "$@"
"""


def version(kind, root):
    """(1, 22): of the resolver's package in a root."""
    done = subprocess.run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f",
                           "${Version} ", *PACKAGES[kind]], capture_output=True, text=True)
    found = re.match(r"(?:\d+:)?(\d+)\.(\d+)", done.stdout.strip())
    if not found:
        raise RuntimeError(f"{kind}: {done.stderr.strip()}")
    return tuple(int(part) for part in found.groups())


def label(kind, root):
    """What a resolver is called in the names of files: that of another root by its version."""
    return f"{kind}-{'.'.join(map(str, version(kind, root)))}" if root else kind


class Setup:
    """What a resolver needs to know to be started."""

    def __init__(self, kind, role, services, world, folder, root="", forwarders=(), extra=()):
        self.kind, self.role, self.services = kind, role, list(services)
        self.root = root if kind in RESOLVERS else ""
        self.version = version(kind, root) if kind in RESOLVERS else None
        self.forwarders, self.extra = list(forwarders), list(extra)
        self.folder = os.path.join(folder, role)
        self.hints, self.anchor = world.hints, world.anchor
        self.anchor_key, self.anchor_ds = world.anchor_key, world.anchor_ds
        self.log = os.path.join(self.folder, "resolver.log")
        self.clock_offset = 0
        self.forward_first = False  # it resolves itself what its forwarders fail for (unbound, named)
        self.conditionals = []
        self.process = None
        os.mkdir(self.folder)

    def start(self, namespaces):
        lines, command = {**RESOLVERS, **FRONTS}[self.kind](self)
        file = os.path.join(self.folder, FILES.get(self.kind, "resolver.conf"))
        with open(file, "w") as output:
            output.write("\n".join(lines) + "\n")
        inside = ["sh", "-euc", ENTER, "enter", self.root, self.folder] if self.root else []
        self.process = namespaces.start(self.role, *inside, *command(file),
                                        cwd=self.folder, env=self.environment(),
                                        log=os.path.join(self.folder, "output.log"))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def environment(self):
        """The environment of the resolver's process: it decides what its clock says."""
        if not self.clock_offset:
            return None
        library = os.path.join(self.folder, "clock.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        return dict(os.environ, LD_PRELOAD=library, CLOCK_OFFSET=str(self.clock_offset))

    def listens(self, namespaces):
        sockets = namespaces.run(self.role, "ss", "-Hlun", "sport", "=", ":53", check=False)
        return all(address in sockets for address in self.services)

    def log_lines(self, name):
        """What the resolver said of a name."""
        bare = name.rstrip(".")
        found = []
        for file in (self.log, os.path.join(self.folder, "output.log")):
            if os.path.exists(file):
                with open(file, errors="replace") as lines:
                    found += [line.strip() for line in lines
                              if f"{bare} " in line or f"{bare}." in line or f"{bare}/" in line
                              or f"'{bare}" in line]
        return found
