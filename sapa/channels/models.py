"""Settings of the e-mail channel, and the mail that came in before it is read."""

from sapa.channels.email.models import AutoReply, EmailInbox, IncomingMail, Mailbox

__all__ = ["AutoReply", "EmailInbox", "IncomingMail", "Mailbox"]
