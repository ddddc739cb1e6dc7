"""Authoritative servers: a configuration file and a command line for each program."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def nsd(host, folder):
    lines = ["server:", *[f'  ip-address: "{address}"' for address in host.addresses],
             '  username: ""', '  chroot: ""', '  database: ""', "  server-count: 1",
             f'  zonesdir: "{folder}"', f'  pidfile: "{folder}/nsd.pid"',
             f'  xfrdfile: "{folder}/xfrd.state"', f'  zonelistfile: "{folder}/zone.list"',
             f'  xfrdir: "{folder}"', "remote-control:", "  control-enable: no"]
    for zone in host.zones:
        lines += ["zone:", f'  name: "{zone.name}"', f'  zonefile: "{zone.file}"']
    return lines, lambda file: ["nsd", "-d", "-c", file]


def knot(host, folder):
    listen = ", ".join(f'"{address}@53"' for address in host.addresses)
    lines = ["server:", f"  listen: [{listen}]", f"  rundir: {folder}", "  udp-workers: 1",
             "  tcp-workers: 1", "  background-workers: 1", "database:", f"  storage: {folder}",
             "  journal-db-max-size: 16M", "  timer-db-max-size: 16M", "  kasp-db-max-size: 16M",
             "template:", "  - id: default", "    journal-content: none", "zone:"]
    for zone in host.zones:
        lines += [f'  - domain: "{zone.name}"', f'    file: "{zone.file}"']
    if host.rate_limit:
        at = lines.index("template:")
        lines[at:at + 2] = ["mod-rrl:", "  - id: limit", f"    rate-limit: {host.rate_limit[0]}",
                            f"    slip: {host.rate_limit[1]}", *lines[at:at + 2],
                            "    global-module: mod-rrl/limit"]
    return lines, lambda file: ["knotd", "-c", file, "-s", f"{folder}/knot.sock"]


def named(host, folder):
    v4 = "".join(f"{address}; " for address in host.addresses if ":" not in address)
    v6 = "".join(f"{address}; " for address in host.addresses if ":" in address)
    lines = ["options {", f'  directory "{folder}";', f'  pid-file "{folder}/named.pid";',
             f'  session-keyfile "{folder}/session.key";', "  recursion no;",
             f"  listen-on {{ {v4}}};", f"  listen-on-v6 {{ {v6 or 'none; '}}};", "};",
             "controls { };"]
    for zone in host.zones:
        lines.append(f'zone "{zone.name}" {{ type primary; file "{zone.file}"; }};')
    return lines, lambda file: ["named", "-g", "-n", "1", "-c", file]


ENGINES = {"nsd": nsd, "knot": knot, "named": named}


def start(namespaces, world, folder):
    """Starts everybody's server in the namespace `auth`; the rogues share one process, which is
    returned."""
    rogues = []
    for number, host in enumerate(world.hosts):
        if host.engine == "rogue":
            rogues.append({"addresses": host.addresses, "fault": host.fault,
                           "udp_only": host.udp_only, "rtt": host.rtt,
                           "zones": [[zone.name, zone.file] for zone in host.zones]})
            continue
        if host.engine not in ENGINES:
            continue
        own = os.path.join(folder, f"{host.engine}{number}")
        os.mkdir(own)
        lines, command = ENGINES[host.engine](host, own)
        file = os.path.join(own, "server.conf")
        with open(file, "w") as output:
            output.write("\n".join(lines) + "\n")
        namespaces.start("auth", *command(file), log=os.path.join(own, "log"))
    if not rogues:
        return None
    file = os.path.join(folder, "rogue.json")
    with open(file, "w") as output:
        json.dump(rogues, output)
    return namespaces.start("auth", sys.executable, os.path.join(HERE, "rogue.py"), file,
                            log=os.path.join(folder, "rogue.log"))


def wait(namespaces, world):
    """Returns when every real server answers for its zones."""
    questions = [f"{address}/{zone.name}" for host in world.hosts if host.engine in ENGINES
                 for address in host.addresses for zone in host.zones if zone.loads]
    namespaces.run("auth", sys.executable, os.path.join(HERE, "ready.py"), *questions)
