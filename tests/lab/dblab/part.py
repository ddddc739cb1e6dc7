"""Writes a part of a capture's packets as a capture of its own, and beside it the truth of the answers in it."""
import json
import os

from dblab import truth, wire


def write(path, kept, folder):
    """`kept` of wire.packets(path), as FOLDER/NAME.pcap and FOLDER/NAME.json."""
    base = path.removesuffix(".gz").removesuffix(".pcap")
    name = os.path.basename(base)
    times = {truth.timestamp(time_ns) for _, time_ns, _, _ in kept}
    with open(os.path.join(folder, name + ".pcap"), "wb") as file:
        file.write(wire.opened(path).read(24))
        file.writelines(record for record, _, _, _ in kept)
    with open(base + ".json") as file:
        told = json.load(file)
    told["answers"] = [answer for answer in told["answers"] if answer["time"] in times]
    told["captures"] = [name + ".pcap"]
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(told, file, indent=1)
