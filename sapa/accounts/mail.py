"""Mail that concerns accounts: whether any can be sent, and the invitation."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from sapa.accounts.models import Invitation


def can_send() -> bool:
    """Whether Sapa has an outgoing server for mail of its own."""
    return bool(settings.SMTP_URL.scheme) or settings.EMAIL_BACKEND != settings.OWN_EMAIL_BACKEND


def send_invitation(invitation: Invitation, link: str) -> None:
    """Mail the link, in the language of the installation. Raises OSError (SMTP errors are such) when it cannot be sent."""
    with translation.override(settings.LANGUAGE_CODE):
        inviter = str(invitation.invited_by) if invitation.invited_by else _("Your team")
        context = {"inviter": inviter, "link": link, "expires_at": invitation.expires_at}
        subject = _("%(inviter)s invites you to Sapa") % {"inviter": inviter}
        text = render_to_string("people/invitation.txt", context)
    EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email]).send()
