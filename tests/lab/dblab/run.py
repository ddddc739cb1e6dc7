"""One run: a scenario on a resolver, from empty namespaces to a capture with its truth."""
import gzip
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from functools import partial

from dblab import network, resolvers, servers, truth
from dblab.namespace import Namespaces, wait_until
from dblab.stage import Stage
from dblab.wire import merge

RUN_SECONDS = 500
PLAIN_BYTES = 150 * 1024  # larger captures are kept compressed


def write_truth(file, captures, result):
    with open(file, "w") as output:
        json.dump({"captures": captures, **result}, output, indent=1)
        output.write("\n")
    return result


def told_before(old, place, name):
    """What an earlier telling has of the resolver's log about a name."""
    lines = [answer["log"] for answer in old["answers"] if answer.get("log")
             and answer["qname"] == name and answer["resolver"] in place.services]
    return lines[0] if lines else []


def resolver_place(scenario, stage):
    """The resolver's place, as the capture shows it: the router may translate its addresses."""
    place = network.resolver_place(scenario.split, stage.v6)
    return replace(place, egresses=place.egresses + stage.translated)


def retell(scenario, kind, file):
    """Writes the truth anew for captures that are there, after a change of what is right."""
    with open(file) as source:
        old = json.load(source)
    stage = Stage(kind)
    scenario.build(stage)
    watched = [(resolver_place(scenario, stage), kind)]
    if stage.second:
        watched.append((network.second_place(), stage.second))
    if stage.front:
        watched.insert(0, (network.front_place(), stage.front))
    if scenario.chain_captured:
        watched.append((network.forwarder_place(), stage.real_forwarder))
    watched = [(place, its_kind, partial(told_before, old, place)) for place, its_kind in watched]
    captures = [os.path.join(os.path.dirname(file), name) for name in old["captures"]]
    result = truth.describe(scenario, stage, captures, watched)
    truth.check(scenario, stage, result)
    return write_truth(file, old["captures"], result)


class Run:
    def __init__(self, scenario, kind, number, output, root=""):
        self.scenario, self.kind, self.output, self.root = scenario, kind, output, root
        self.namespaces = Namespaces(number)
        self.folder = tempfile.mkdtemp(prefix=self.namespaces.prefix)
        self.deadline = time.monotonic() + RUN_SECONDS
        self.captures, self.watched = [], []

    def perform(self):
        try:
            self.build()
            self.start_resolvers()
            self.ask_all()
            return self.finish()
        finally:
            self.namespaces.close()
            if not os.environ.get("DBLAB_KEEP"):
                shutil.rmtree(self.folder, ignore_errors=True)

    def build(self):
        self.stage = Stage(self.kind)
        self.scenario.build(self.stage)
        world = self.stage.world
        world.write(self.folder)
        network.build(self.namespaces, world)
        if self.stage.server_mtu:
            self.namespaces.ip("auth", "route", "replace", "default", "via", "62.115.8.1", "mtu",
                               self.stage.server_mtu)
        self.rogues = servers.start(self.namespaces, world, self.folder)
        servers.wait(self.namespaces, world)
        self.namespaces.filter("net", "forward", self.stage.router_rules)
        self.namespaces.filter("net", "prerouting", self.stage.router_nat, kind="nat")
        self.namespaces.filter("net", "postrouting", self.stage.router_source_nat, kind="nat")

    def start_resolvers(self):
        stage = self.stage
        place = network.resolver_place(self.scenario.split, stage.v6)
        self.setup = self.resolver("res", self.kind, place, stage.forwarders, stage.extra)
        self.namespaces.filter("res", "output", stage.resolver_rules)
        self.namespaces.filter("res", "input", stage.resolver_input_rules)
        setup = self.setup
        setup.clock_offset = stage.clock_offset
        setup.forward_first = stage.forward_first
        setup.conditionals = stage.conditionals
        for name, text in stage.scripts.items():
            with open(os.path.join(setup.folder, name), "w") as script:
                script.write(text)
        self.watched = [(resolver_place(self.scenario, stage), setup)]
        starting = [setup]
        if stage.real_forwarder:
            forwarder = network.forwarder_place()
            self.forwarder = self.resolver("fwd", stage.real_forwarder, forwarder)
            starting.insert(0, self.forwarder)
            if self.scenario.chain_captured:
                self.watched.append((forwarder, self.forwarder))
        if stage.second:
            second = network.second_place()
            starting.append(self.resolver("second", stage.second, second))
            self.watched.append((second, starting[-1]))
        if stage.front:
            front = network.front_place()
            starting.append(self.resolver("front", stage.front, front, place.services[:1]))
            self.watched.insert(0, (front, starting[-1]))
        if not self.scenario.warm_hidden:
            self.start_captures(place)
        for setup in starting:
            self.start_resolver(setup)

    def resolver(self, role, kind, place, forwarders=(), extra=()):
        network.add_resolver(self.namespaces, place)
        return resolvers.Setup(kind, role, place.services, self.stage.world, self.folder,
                               self.root, forwarders, extra)

    def start_resolver(self, setup):
        setup.start(self.namespaces)
        wait_until(lambda: setup.listens(self.namespaces), 20, f"{setup.kind} does not listen")
        time.sleep(1.5)

    # What happens while clients ask.

    def turn(self):
        self.rogues.send_signal(signal.SIGUSR1)

    def restart(self, setup, **changes):
        if setup.process.poll() is None:
            setup.kill()
        for name, value in changes.items():
            setattr(setup, name, value)
        self.start_resolver(setup)

    def start_captures(self, place):
        asked_for = self.scenario.interface
        role, interfaces = "res", place.interfaces if asked_for in ("", "each") else [asked_for]
        if asked_for == "router":
            role, interfaces = "net", ["res-eth0", "auth-eth0"]
        for interface in interfaces:
            self.captures.append(network.Capture(self.namespaces, role, interface,
                                                 os.path.join(self.folder, interface + ".pcap")))
        for other, setup in self.watched:
            if setup.role == "res":
                continue
            # What passes between the two is in the resolver's own capture.
            first, last = place.egresses[0], place.egresses[-1]
            expression = ["not", "(", "host", first, "or", "host", last, ")"]
            self.captures.append(network.Capture(self.namespaces, setup.role, "eth0",
                                                 os.path.join(self.folder, setup.role + ".pcap"),
                                                 expression))
        wait_until(lambda: all(one.listening() for one in self.captures), 10,
                   "tcpdump does not listen")

    def ask_all(self):
        if self.stage.warm:
            self.ask(self.stage.warm)
        if self.scenario.warm_hidden:
            self.start_captures(network.resolver_place(self.scenario.split, self.stage.v6))
        self.namespaces.filter("net", "forward", self.stage.late_router_rules)
        self.namespaces.filter("res", "output", self.stage.late_resolver_rules)
        time.sleep(self.stage.pause)
        self.ask(self.stage.asks, self.stage.events)
        time.sleep(self.scenario.settle)

    def ask(self, asks, events=()):
        """Starts each dig at its time, has events happen at theirs, and waits for all digs."""
        service = self.watched[0][0].services[0]
        begin, digs = time.monotonic(), []
        moments = [(ask.at, partial(self.dig, ask, service), digs.append) for ask in asks]
        moments += [(event.at, partial(event.happens, self), lambda _: None) for event in events]
        for at, happen, keep in sorted(moments, key=lambda moment: moment[0]):
            time.sleep(max(0, begin + at - time.monotonic()))
            keep(happen())
        for dig in digs:
            try:
                dig.wait(timeout=max(1, self.deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                dig.kill()

    def dig(self, ask, service):
        """Asks the resolver, as a client; or a server (@address), on the resolver's host."""
        role, client, server = "cli", network.CLIENTS[ask.client], "@" + service
        if "-6" in ask.options:
            client = network.CLIENTS_V6[ask.client]
            server = "@" + self.watched[0][0].services[1]
        source = ["-b", client]
        for option in ask.options:
            if option == "@second":
                server = "@" + network.second_place().services[0]
            elif option.startswith("@"):
                role, source, server = "res", [], option
        options = [option for option in ask.options if option.startswith("+")]
        options = options or ["+tries=1", "+timeout=15"]
        return self.namespaces.start(role, "dig", *source, server, ask.name, ask.qtype, "+nocookie",
                                     *options)

    def finish(self):
        for capture in self.captures:
            capture.stop()
        files = self.merged()
        watched = [(place, setup.kind, setup.log_lines) for place, setup in self.watched]
        result = truth.describe(self.scenario, self.stage, files, watched)
        truth.check(self.scenario, self.stage, result)
        base = f"{self.scenario.name}.{resolvers.label(self.kind, self.root)}"
        names = []
        for index, file in enumerate(files):
            suffix = "" if len(files) == 1 else "." + os.path.basename(file).removesuffix(".pcap")
            names.append(self.keep(file, os.path.join(self.output, base + suffix + ".pcap")))
        return write_truth(os.path.join(self.output, base + ".json"), names, result)

    def merged(self):
        files = [capture.file for capture in self.captures]
        if len(files) == 1 or self.scenario.interface == "each":
            return files
        together = os.path.join(self.folder, "merged.pcap")
        merge(files, together)
        return [together]

    def keep(self, file, target):
        for old in (target, target + ".gz"):
            if os.path.exists(old):
                os.unlink(old)
        if os.path.getsize(file) <= PLAIN_BYTES:
            shutil.copyfile(file, target)
            return os.path.basename(target)
        with open(file, "rb") as plain, open(target + ".gz", "wb") as output:
            with gzip.GzipFile("", "wb", 9, output, 0) as packed:
                shutil.copyfileobj(plain, packed)
        return os.path.basename(target) + ".gz"
