"""The loops of the e-mail channel in the work process."""

from sapa.channels.email import forget, lmtp, read
from sapa.channels.email.imap import fetchers
from sapa.core.loop import Loop


def loops() -> list[Loop]:
    return [*lmtp.loops(), *fetchers.loops(), *read.loops(), *forget.loops()]
