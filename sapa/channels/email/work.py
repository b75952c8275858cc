"""The loops of the e-mail channel in the work process."""

from sapa.channels.email import forget, lmtp, read
from sapa.core.loop import Loop


def loops() -> list[Loop]:
    return [*lmtp.loops(), *read.loops(), *forget.loops()]
