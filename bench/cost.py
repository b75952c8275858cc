"""Processor time that Sapa and its PostgreSQL took for something: it tells more than a clock on a machine that others use."""

import time
from collections.abc import Callable

from bench.figure import Figure
from bench.ground import Server
from bench.idle import cpu, processes


def begun(server: Server) -> Callable[[str, int], Figure]:
    """Start to count; the result, called with a name and how many things were done, gives the figure for each of them."""
    everything = processes(server)
    before = cpu(everything)

    def ended(name: str, things: int) -> Figure:
        return Figure(name=name, value=(cpu(everything) - before) / max(things, 1) * 1000, unit="ms CPU each")

    return ended


def share_of_a_core(seconds: float = 1.0) -> float:
    """How much of one core a busy process gets here, 0 to 1: below 1 others use the machine, and clocks run long."""
    wall, own = time.monotonic(), time.process_time()
    while time.monotonic() - wall < seconds:
        pass
    return (time.process_time() - own) / (time.monotonic() - wall)
