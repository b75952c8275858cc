"""Several clients at once, each in a process of its own: threads of one Python would measure its lock."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

Work = Callable[[int, float], list[float]]


def crowd(clients: int, seconds: float, work: Work) -> tuple[float, list[float]]:
    """Run `work(number, deadline)` in `clients` processes; it gives the milliseconds of each thing it did until the
    (monotonic) deadline. Gives things a second over all, and all the milliseconds."""
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[tuple[list[float], float]] = context.Queue()
    gate = context.Barrier(clients + 1)
    processes = [
        context.Process(target=_one, args=(n, seconds, work, gate, results), daemon=True) for n in range(clients)
    ]
    for process in processes:
        process.start()
    gate.wait(60)
    begun = time.monotonic()
    gathered = [results.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join(10)
    took = max(end for _, end in gathered) - begun
    values = [value for some, _ in gathered for value in some]
    return len(values) / took, values


def _one(
    n: int, seconds: float, work: Work, gate: Barrier, results: "multiprocessing.Queue[tuple[list[float], float]]"
) -> None:
    gate.wait(60)
    values = work(n, time.monotonic() + seconds)
    results.put((values, time.monotonic()))
