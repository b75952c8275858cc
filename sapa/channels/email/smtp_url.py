"""The address of an outgoing server: `smtp://host:25`, `smtp+starttls://host:587`, `smtps://host:465`."""

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from sapa.core.errors import Refused

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def smtp_url(text: str) -> str:
    """The address, checked and with its port, or "" for none. Raises Refused (field `url`)."""
    text = text.strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError(text)
    except (ValueError, KeyError) as error:
        raise Refused(
            _("«%(text)s» is not an outgoing server; write for example smtp+starttls://mail.example.com:587.")
            % {"text": text[:100]},
            field="url",
        ) from error
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"
