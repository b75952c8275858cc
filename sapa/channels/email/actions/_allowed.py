"""Who may change inboxes, and what an audit line calls them."""

from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.models import Inbox
from sapa.core.errors import NotAllowed


def check(by: User | None) -> None:
    """Refuse whoever may not manage inboxes; None is the command line. Raises NotAllowed."""
    if by is not None and not by.may(Permission.INBOX):
        raise NotAllowed(_("Your role does not allow this: %(right)s.") % {"right": Permission.INBOX.label})


def target(inbox: Inbox) -> str:
    """The inbox as the audit log names it."""
    return f"inbox:{inbox.pk} {inbox.name}"
