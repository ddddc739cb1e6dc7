"""What a scenario is, and the table that all of them are in."""
from dataclasses import dataclass

EVERYBODY = ["*"]  # any server may be named
ALL = ("unbound", "named", "kresd", "pdns")
# Without unbound, which leaves its clients without any answer for many minutes.
PROMPT = ("named", "kresd", "pdns")


@dataclass
class Scenario:
    name: str
    claim: str
    build: object
    resolvers: tuple = ALL
    split: bool = False       # service and egress addresses on interfaces of their own
    interface: str = ""       # "any", one by name, or "each": a capture each; else they are merged
    settle: float = 10
    needs: str = ""
    warm_hidden: bool = False  # the capture begins after the warm-up
    chain_captured: bool = False


SCENARIOS = {}


def scenario(name, claim, **options):
    def register(build):
        SCENARIOS[name] = Scenario(name, claim, build, **options)
        return build
    return register


def ask_failing(s, name, other=""):
    """The usual questions: healthy ones, then the failing name from two clients, the second a
    little later, and another name of the same zone from the third."""
    s.controls()
    s.patiently(1.0, 0, name)
    s.patiently(1.3, 1, name)
    if other:
        s.patiently(2.0, 2, other)
