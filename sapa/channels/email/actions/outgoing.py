"""How an inbox sends: Sapa's own outgoing server, a server of its own, or a mail provider."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit, differences
from sapa.accounts.models import User
from sapa.channels.email.actions._allowed import check, target
from sapa.channels.email.models import EmailInbox
from sapa.channels.email.providers import MAIL_PROVIDERS
from sapa.channels.email.smtp_url import smtp_url
from sapa.conversations.models import Inbox
from sapa.core.crypto import decrypt, encrypt
from sapa.core.errors import Refused


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Empty `url` and `provider`: the server of SAPA_SMTP_URL. A secret that is None stays as it is stored."""

    url: str = ""
    user: str = ""
    secret: str | None = None
    provider: str = ""
    provider_settings: dict[str, str] | None = None


@transaction.atomic
def change_outgoing(inbox: Inbox, *, by: User | None, outgoing: Outgoing) -> EmailInbox:
    """Change how an inbox sends. Raises NotAllowed, Refused with the field to blame."""
    check(by)
    email = EmailInbox.objects.select_for_update().get(inbox=inbox)
    before = _shown(email)
    if outgoing.provider:
        email.smtp_url = email.smtp_user = email.smtp_secret = ""
        email.provider_secret = _provider_secret(email, outgoing)
    else:
        email.provider_secret = ""
        moved = (email.smtp_url, email.smtp_user) != (outgoing.url, outgoing.user)
        if outgoing.secret is not None:
            email.smtp_secret = encrypt(outgoing.secret)
        elif moved:
            # A stored password must not be sent to another server only because its address was changed.
            email.smtp_secret = ""
        email.smtp_url, email.smtp_user = smtp_url(outgoing.url), outgoing.user.strip()
        if email.smtp_user and not email.smtp_url:
            raise Refused(_("Enter the outgoing server, or clear the user name."), field="url")
        if email.smtp_user and not email.smtp_secret:
            raise Refused(_("Enter the password of the outgoing server."), field="secret")
    email.provider = outgoing.provider
    email.save()
    changes = differences(before, _shown(email))
    if outgoing.secret is not None or outgoing.provider_settings is not None:
        changes["secret"] = ["", "changed"]
    if changes:
        audit("inbox.outgoing_changed", actor=by, target=target(inbox), changes=changes)
    return email


def _provider_secret(email: EmailInbox, outgoing: Outgoing) -> str:
    """The provider's settings as encrypted JSON; what was left empty keeps its stored value."""
    provider = MAIL_PROVIDERS.get(outgoing.provider)
    if provider is None:
        raise Refused(_("This mail provider is not known."), field="provider")
    stored = json.loads(decrypt(email.provider_secret) or "{}") if email.provider == outgoing.provider else {}
    entered = {name: value.strip() for name, value in (outgoing.provider_settings or {}).items() if value.strip()}
    merged = {name: value for name, value in {**stored, **entered}.items() if name in provider.settings}
    for name in provider.needed:
        if not merged.get(name):
            raise Refused(
                _("%(provider)s needs «%(setting)s».")
                % {"provider": provider.name, "setting": provider.settings[name]},
                field=name,
            )
    return encrypt(json.dumps(merged))


def _shown(email: EmailInbox) -> dict[str, object]:
    return {"server": email.smtp_url, "user": email.smtp_user, "provider": email.provider}
