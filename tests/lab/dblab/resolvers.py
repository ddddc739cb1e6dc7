"""Resolvers: Debian's defaults but for root hints, trust anchor, addresses, access and logging."""
import os
import subprocess

CLIENT_NETS = ["0.0.0.0/0", "::/0"]


def unbound(setup):
    lines = ["server:", *[f"  interface: {address}" for address in setup.services],
             *[f"  access-control: {net} allow" for net in CLIENT_NETS],
             f'  root-hints: "{setup.hints}"', f'  trust-anchor-file: "{setup.anchor}"',
             "  verbosity: 1", "  val-log-level: 2", "  log-servfail: yes", "  use-syslog: no",
             f'  logfile: "{setup.log}"', f'  pidfile: "{setup.folder}/unbound.pid"',
             f'  directory: "{setup.folder}"', '  chroot: ""', '  username: ""', *setup.extra]
    if setup.forwarders:
        lines += ["forward-zone:", '  name: "."',
                  f"  forward-first: {'yes' if setup.forward_first else 'no'}",
                  *[f"  forward-addr: {a}" for a in setup.forwarders]]
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
    lines += [*setup.extra, "};", "controls { };",
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
              "log_level('info')", "cache.size = 20 * MB",
              *setup.extra]
    if setup.forwarders:
        servers = ", ".join(f"'{address}'" for address in setup.forwarders)
        lines.append(f"policy.add(policy.all(policy.FORWARD({{ {servers} }})))")
    return lines, lambda file: ["kresd", "-n", "-c", file, setup.folder]


def pdns(setup):
    with open(os.path.join(setup.folder, "recursor.lua"), "w") as file:
        ds = " ".join(setup.anchor_ds.split()[4:])
        file.write(f'clearTA(".")\naddTA(".", "{ds}")\n')
    lines = ["config-dir=" + setup.folder, "hint-file=" + setup.hints,
             "local-address=" + ", ".join(setup.services), "allow-from=" + ", ".join(CLIENT_NETS),
             "lua-config-file=" + os.path.join(setup.folder, "recursor.lua"),
             "query-local-address=0.0.0.0, ::", "security-poll-suffix=", "quiet=no", "daemon=no",
             "dnssec-log-bogus=yes", "disable-syslog=yes", "socket-dir=" + setup.folder,
             "public-suffix-list-file=/usr/share/publicsuffix/public_suffix_list.dat", *setup.extra]
    if setup.forwarders:
        lines.append("forward-zones-recurse=.=" + ";".join(setup.forwarders))
    return lines, lambda file: ["pdns_recursor", "--config-dir=" + setup.folder]


RESOLVERS = {"unbound": unbound, "named": named, "kresd": kresd, "pdns": pdns}
FILES = {"pdns": "recursor.conf"}


class Setup:
    """What a resolver needs to know to be started."""

    def __init__(self, kind, role, services, world, folder, forwarders=(), extra=()):
        self.kind, self.role, self.services = kind, role, list(services)
        self.forwarders, self.extra = list(forwarders), list(extra)
        self.folder = os.path.join(folder, role)
        self.hints, self.anchor = world.hints, world.anchor
        self.anchor_key, self.anchor_ds = world.anchor_key, world.anchor_ds
        self.log = os.path.join(self.folder, "resolver.log")
        self.clock_offset = 0
        self.forward_first = False  # it resolves itself what its forwarders fail for (unbound, named)
        os.mkdir(self.folder)

    def start(self, namespaces):
        lines, command = RESOLVERS[self.kind](self)
        file = os.path.join(self.folder, FILES.get(self.kind, "resolver.conf"))
        with open(file, "w") as output:
            output.write("\n".join(lines) + "\n")
        namespaces.start(self.role, *command(file), cwd=self.folder, env=self.environment(),
                         log=os.path.join(self.folder, "output.log"))

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
