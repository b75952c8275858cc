"""What the settings of the channels show."""

from django.db.models import Count, Q, QuerySet

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.channels.email.models import IncomingMail, Mailbox
from sapa.conversations.models import Inbox

State = IncomingMail.State


def inboxes_managed_by(user: User) -> QuerySet[Inbox]:
    """All inboxes for whoever may manage them, none for others."""
    return Inbox.objects.all() if user.may(Permission.INBOX) else Inbox.objects.none()


def inboxes_with_mailboxes(user: User) -> QuerySet[Inbox]:
    """The inboxes with the number of their mailboxes (`fetched`) and of those in trouble (`broken`)."""
    return (
        inboxes_managed_by(user)
        .annotate(
            fetched=Count("mailboxes", filter=Q(mailboxes__is_active=True)),
            broken=Count("mailboxes", filter=Q(mailboxes__is_active=True) & ~Q(mailboxes__error="")),
        )
        .prefetch_related("teams")
    )


def mailboxes_managed_by(user: User) -> QuerySet[Mailbox]:
    """The mailboxes of the inboxes that this person may manage."""
    return Mailbox.objects.filter(inbox__in=inboxes_managed_by(user)).select_related("inbox").order_by("user", "folder")


def mail_not_taken_in(user: User) -> QuerySet[IncomingMail]:
    """Mail that could not be read, or of which only the header was kept; newest first, without its content."""
    if not user.may(Permission.INBOX):
        return IncomingMail.objects.none()
    rows = IncomingMail.objects.filter(Q(state=State.UNREADABLE) | Q(state=State.SKIPPED, is_whole=False))
    return rows.select_related("inbox").defer("content").order_by("-id")
