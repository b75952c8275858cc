"""Errors that a person may read.

Refused                 the action was not done; the message is a whole translated sentence
├── NotAllowed          this person may not do it
├── Conflict            somebody else changed it first
└── TooMuch             over a size or a rate limit
Passing                 an outside service failed for now: try again later
Permanent               an outside service will never accept it: tell the agent
"""


class Refused(Exception):
    """An action refused its input; `str(error)` is a sentence for the person, `field` names the input if one is to blame."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class NotAllowed(Refused):
    """This person may not do it."""


class Conflict(Refused):
    """What the person saw has changed meanwhile."""


class TooMuch(Refused):
    """Over a limit of size or rate."""


class Passing(Exception):
    """An outside service failed for now; the same call may succeed later."""


class Permanent(Exception):
    """An outside service refused for good; repeating the call is useless."""
