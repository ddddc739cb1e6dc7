#!/bin/bash
# Advice names the commands of the resolver that the capture is of, of all where it is not recognised, and never those
# of another one. Given `all`: of every capture; else of some scenarios.
set -eu
captures=$(ls pcaps/{dnssec-expired,dnssec-bad-ds,expired-unseen,repeat-refused,lame-real,root-dead,stale-anchor,mix}.*.pcap*)
test "${1:-}" = all && captures=$(ls pcaps/*.pcap*)
DNSBLAME=$DNSBLAME python3 - $captures <<'END'
import json
import os
import subprocess
import sys

TOOLS = {"rndc": "named", "unbound-": "unbound", "kresd": "kresd", "rec_control": "pdns"}
OF_THE_RESOLVER = ("On the resolver", "In kresd", "Until the owner", "To hurry it", "Refresh the root", "After a change", "Stopgap")
recognised = {}
for path in sys.argv[1:]:
    # Captures of two resolvers, one behind the other, name the first; those of two interfaces come in two files.
    if any(name in path for name in ("forwarder-chain", "forwarder-bogus", "front-", "two-", ".svc0")):
        continue
    files = [path.replace(".up", ".svc"), path] if ".up0" in path else [path]
    software = os.path.basename(path).split(".")[1].split("-")[0]  # of another release: unbound-1.22
    lines = subprocess.run([os.environ["DNSBLAME"], "read", "--format", "json", *files], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        for advice in json.loads(line)["advice"]:
            named = {TOOLS[tool] for tool in TOOLS if tool in advice} if advice.startswith(OF_THE_RESOLVER) else set()
            assert not named or software in named, f"{path}: commands of {named}: {advice}"
            recognised.setdefault(software, set()).update(named if len(named) == 1 else ())
for software in ("named", "unbound", "kresd"):
    assert recognised[software] == {software}, f"{software} is recognised as {recognised[software]}"
END
