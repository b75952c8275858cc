"""What everything of `sapa serve` takes when nothing happens: memory (shared pages counted once) and processor."""

import time
from collections.abc import Iterator

import psutil

from bench.figure import Figure
from bench.ground import Server

TARGET_MB = 350.0


def run(server: Server, *, quick: bool) -> Iterator[Figure]:
    time.sleep(5 if quick else 20)
    everything = processes(server)
    postgres = [one for one in everything if one.name() == "postgres"]
    total = sum(one.memory_full_info().pss for one in everything) / 1e6
    beside = sum(one.memory_full_info().pss for one in postgres) / 1e6
    yield Figure(
        name="idle.memory", value=total, unit="MB", target=TARGET_MB, baseline=beside, beside="of it PostgreSQL"
    )
    seconds = 5 if quick else 20
    before = cpu(everything)
    time.sleep(seconds)
    yield Figure(name="idle.cpu", value=(cpu(everything) - before) / seconds * 100, unit="% of a core")


def processes(server: Server) -> list[psutil.Process]:
    """The supervisor, what it started, and the embedded PostgreSQL of this data folder."""
    root = psutil.Process(server.process.pid)
    found = {one.pid: one for one in [root, *root.children(recursive=True)]}
    for pid_file in (server.home / "postgres").resolve().glob("**/postmaster.pid"):
        postmaster = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        found |= {one.pid: one for one in [postmaster, *postmaster.children(recursive=True)]}
    return list(found.values())


def cpu(some: list[psutil.Process]) -> float:
    """Processor seconds so far."""
    return sum(sum(one.cpu_times()[:2]) for one in some if one.is_running())
