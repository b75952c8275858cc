"""Typed facts: one frozen dataclass for each kind, registered under its name."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar

KINDS: dict[str, type["Payload"]] = {}


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What a kind of fact says beyond the envelope: ids, words of a fixed list, numbers; never personal content."""

    kind: ClassVar[str] = ""
    version: ClassVar[int] = 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


P = TypeVar("P", bound=type[Payload])


def fact(kind: str, *, version: int = 1) -> Callable[[P], P]:
    """Register a Payload class as the fact `kind` (noun.past_participle)."""

    def register(cls: P) -> P:
        if kind in KINDS:
            raise ValueError(f"two facts are called {kind}")
        cls.kind, cls.version = kind, version
        KINDS[kind] = cls
        return cls

    return register


def from_json(kind: str, payload: dict[str, Any]) -> Payload:
    """The typed payload of a stored fact; fields that a later version dropped are ignored."""
    cls = KINDS[kind]
    known = {field.name for field in fields(cls)}
    return cls(**{name: value for name, value in payload.items() if name in known})
