"""Settings of the e-mail channel, and the mail that came in before it is read."""

from sapa.channels.email.models import EmailInbox, IncomingMail, Mailbox

__all__ = ["EmailInbox", "IncomingMail", "Mailbox"]
