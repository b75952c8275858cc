"""Who may change customers."""

from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.core.errors import NotAllowed, Refused


def check(by: User | None, permission: Permission = Permission.CUSTOMER_CHANGE) -> None:
    """Refuse what the person's role does not allow; None is the system itself. Raises NotAllowed."""
    if by is not None and not by.may(permission):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": permission.label})


def line(text: str, most: int, *, field: str) -> str:
    """`text` in one line. Raises Refused when it is longer than `most` characters."""
    text = " ".join(text.replace("\0", "").split())
    if len(text) > most:
        raise Refused(_("At most %(most)d characters.") % {"most": most}, field=field)
    return text


def note(text: str) -> str:
    """A note of at most 4,000 characters. Raises Refused."""
    text = text.replace("\0", "").strip()
    if len(text) > 4000:
        raise Refused(_("A note has at most 4,000 characters."), field="note")
    return text
