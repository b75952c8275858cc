"""One measured figure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`value` in `unit`; `target` in the same unit, reached when `value` is at most (`lower`) or at least it.

    baseline: what a bare machine does in the same run, said in `beside`.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    lower: bool = True
    baseline: float | None = None
    beside: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.lower else self.value >= self.target

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "ok": self.ok}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie: the nearest rank. Raises ValueError when there are none."""
    if not values:
        raise ValueError("no values")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked) + 0.5) - 1))]
