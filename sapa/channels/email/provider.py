"""Mail leaves through a provider's HTTP interface (django-anymail)."""

import json
from email.mime.image import MIMEImage

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.translation import gettext as _

from sapa.channels.email.address import format_address
from sapa.channels.email.mail import OutgoingMail
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.providers import MAIL_PROVIDERS
from sapa.channels.email.threading import references_for
from sapa.core.crypto import CannotDecrypt, decrypt
from sapa.core.errors import Passing, Permanent

TRY_AGAIN = {408, 425, 429}


def send(email: EmailInbox, mail: OutgoingMail, *, bcc: list[str]) -> None:
    """Hand one mail to the inbox's provider. Raises Passing, Permanent."""
    provider = MAIL_PROVIDERS.get(email.provider)
    if provider is None:
        raise Permanent(_("The mail provider «%(name)s» is not known.") % {"name": email.provider})
    try:
        options = json.loads(decrypt(email.provider_secret) or "{}")
    except CannotDecrypt as error:
        raise Passing(_("The provider's key was stored with another SAPA_SECRET_KEY; enter it again.")) from error
    told = {"provider": provider.name}
    try:
        get_connection(provider.backend, **options).send_messages([_message(mail, bcc)])
    except AnymailRecipientsRefused as error:
        raise Permanent(_("%(provider)s refused every recipient.") % told) from error
    except AnymailAPIError as error:
        told["said"] = " ".join(str(error).split())[:300]
        status = error.status_code
        if status is not None and 400 <= status < 500 and status not in TRY_AGAIN:
            raise Permanent(_("%(provider)s refused the mail: %(said)s") % told) from error
        raise Passing(_("%(provider)s cannot take the mail now: %(said)s") % told) from error
    except (AnymailError, ValueError) as error:
        told["said"] = " ".join(str(error).split())[:300]
        raise Permanent(_("%(provider)s cannot send this mail: %(said)s") % told) from error
    except OSError as error:
        told["said"] = str(error)[:300]
        raise Passing(_("%(provider)s cannot be reached: %(said)s") % told) from error


def _message(mail: OutgoingMail, bcc: list[str]) -> EmailMultiAlternatives:
    headers = {"Message-ID": f"<{mail.message_id}>"}
    if mail.in_reply_to:
        headers["In-Reply-To"] = f"<{mail.in_reply_to}>"
    if chain := references_for(mail.references, mail.in_reply_to):
        headers["References"] = " ".join(f"<{item}>" for item in chain)
    if mail.automatic:
        headers |= {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    message = EmailMultiAlternatives(
        subject=" ".join(mail.subject.split()),
        body=mail.text,
        from_email=format_address(mail.from_),
        to=[format_address(item) for item in mail.to],
        cc=[format_address(item) for item in mail.cc],
        bcc=bcc,
        reply_to=[format_address(mail.reply_to)] if mail.reply_to else [],
        headers=headers,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for item in mail.attachments:
        if item.inline and item.content_id and item.content_type.startswith("image/"):
            image = MIMEImage(item.content, _subtype=item.content_type.partition("/")[2])
            image.add_header("Content-ID", f"<{item.content_id}>")
            image.add_header("Content-Disposition", "inline", filename=item.name)
            message.attach(image)
        else:
            message.attach(item.name, item.content, item.content_type)
    return message
