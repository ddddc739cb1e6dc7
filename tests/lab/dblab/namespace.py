"""Namespaces and the processes in them: made by name, gone for certain.

Every namespace is called dblab-PID-RUN-ROLE after the process that owns it. That process may die in
any way: a watcher, which holds the other end of a pipe, then removes what it left; should the
watcher die as well, the next start sweeps up namespaces whose owner no longer lives.
"""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

PREFIX = "dblab"


def run(*command, check=True, **options):
    """Runs a command to its end; its output belongs to the error message, not to the terminal."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def existing():
    names = [line.split()[0] for line in run("ip", "netns", "list").splitlines() if line.strip()]
    return [name for name in names if name.startswith(PREFIX + "-")]


def remove(names):
    """Kills what runs in the namespaces, then deletes them."""
    for name in names:
        for pid in run("ip", "netns", "pids", name, check=False).split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
    for name in names:
        run("ip", "netns", "delete", name, check=False)


def clean(owner):
    """Removes whatever belongs to an owner: namespaces, what runs in them, and folders."""
    remove([name for name in existing() if name.startswith(f"{PREFIX}-{owner}-")])
    if not os.environ.get("DBLAB_KEEP"):
        for folder in glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}-{owner}-*")):
            shutil.rmtree(folder, ignore_errors=True)


def sweep():
    """Removes what dead owners left behind."""
    names = existing() + os.listdir(tempfile.gettempdir())
    matches = [re.match(PREFIX + r"-(\d+)-", name) for name in names]
    owners = {match.group(1) for match in matches if match}
    for owner in owners:
        if not os.path.exists(f"/proc/{owner}"):
            clean(owner)


def watch():
    """Forks the watcher. It outlives this process by as long as the cleaning takes."""
    owner = os.getpid()
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(read_end)
        os.set_inheritable(write_end, False)
        return
    os.close(write_end)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.read(read_end, 1)  # returns when the owner is gone
    clean(owner)
    os._exit(0)


class Namespaces:
    """The namespaces of one run and every process that was started in them."""

    def __init__(self, run_number):
        self.prefix = f"{PREFIX}-{os.getpid()}-{run_number}-"
        self.names = []
        self.processes = []

    def name(self, role):
        return self.prefix + role

    def add(self, role):
        run("ip", "netns", "add", self.name(role))
        self.names.append(self.name(role))
        self.ip(role, "link", "set", "lo", "up")
        self.sysctl(role, "net.ipv6.conf.all.accept_dad", 0)
        self.sysctl(role, "net.ipv6.conf.default.accept_dad", 0)
        self.sysctl(role, "net.ipv6.conf.default.accept_ra", 0)

    def ip(self, role, *words):
        return run("ip", "-n", self.name(role), *[str(word) for word in words])

    def sysctl(self, role, key, value):
        run("ip", "netns", "exec", self.name(role), "sysctl", "-qw", f"{key}={value}")

    def link(self, role, interface, other_role, other_interface):
        """A cable between two namespaces, both ends up."""
        self.ip(role, "link", "add", interface, "type", "veth", "peer", "name", other_interface,
                "netns", self.name(other_role))
        self.ip(role, "link", "set", interface, "up")
        self.ip(other_role, "link", "set", other_interface, "up")

    def address(self, role, interface, address):
        flags = ["nodad"] if ":" in address else []
        self.ip(role, "address", "add", address, "dev", interface, *flags)

    def filter(self, role, hook, rules, kind="filter", name=""):
        """nftables rules at a hook (forward, output, prerouting); they add up."""
        if not rules:
            return
        body = "\n".join("  " + rule for rule in rules)
        text = (f"table inet {name or 'broken_' + hook} {{\n chain rules {{\n"
                f"  type {kind} hook {hook} priority 0\n{body}\n }}\n}}\n")
        self.run(role, "nft", "-f", "-", input=text)

    def unfilter(self, role, name):
        self.run(role, "nft", "delete", "table", "inet", name)

    def run(self, role, *command, **options):
        return run("ip", "netns", "exec", self.name(role), *command, **options)

    def start(self, role, *command, log=None, **options):
        output = open(log, "ab") if log else subprocess.DEVNULL
        process = subprocess.Popen(["ip", "netns", "exec", self.name(role), *command],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   **options)
        if log:
            output.close()
        self.processes.append(process)
        return process

    def interrupt(self, process):
        """Ends a process the way it likes best, or after a while any way."""
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for process in self.processes:
            process.wait()
        remove(self.names)
        self.names = []


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise RuntimeError(f"timed out: {what}")
