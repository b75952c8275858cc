"""What is known in advance: providers that send mail over HTTP, and where the big mail services have their servers."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Word = str | Promise


@dataclass(frozen=True)
class MailProvider:
    """A provider of django-anymail. `settings`: keyword arguments of its backend, labelled; `needed`: not optional."""

    name: str
    backend: str
    settings: dict[str, Any]
    needed: tuple[str, ...]


_KEY: Word = _("API key")

MAIL_PROVIDERS = {
    "brevo": MailProvider("Brevo", "anymail.backends.brevo.EmailBackend", {"api_key": _KEY}, ("api_key",)),
    "mailersend": MailProvider(
        "MailerSend", "anymail.backends.mailersend.EmailBackend", {"api_token": _("API token")}, ("api_token",)
    ),
    "mailgun": MailProvider(
        "Mailgun",
        "anymail.backends.mailgun.EmailBackend",
        {"api_key": _KEY, "sender_domain": _("Sending domain"), "api_url": _("API address (for Europe)")},
        ("api_key",),
    ),
    "mailjet": MailProvider(
        "Mailjet",
        "anymail.backends.mailjet.EmailBackend",
        {"api_key": _KEY, "secret_key": _("Secret key")},
        ("api_key", "secret_key"),
    ),
    "mandrill": MailProvider("Mandrill", "anymail.backends.mandrill.EmailBackend", {"api_key": _KEY}, ("api_key",)),
    "postmark": MailProvider(
        "Postmark", "anymail.backends.postmark.EmailBackend", {"server_token": _("Server token")}, ("server_token",)
    ),
    "resend": MailProvider("Resend", "anymail.backends.resend.EmailBackend", {"api_key": _KEY}, ("api_key",)),
    "sendgrid": MailProvider("SendGrid", "anymail.backends.sendgrid.EmailBackend", {"api_key": _KEY}, ("api_key",)),
    "sparkpost": MailProvider("SparkPost", "anymail.backends.sparkpost.EmailBackend", {"api_key": _KEY}, ("api_key",)),
}


@dataclass(frozen=True)
class Preset:
    """A well-known mail service. `auth`: how it lets programs in; `hint`: what its customers must do first."""

    key: str
    name: str
    host: str
    port: int
    security: str
    auth: str
    smtp: str
    token_url: str = ""
    hint: Word = ""


PRESETS = (
    Preset(
        key="google",
        name="Gmail, Google Workspace",
        host="imap.gmail.com",
        port=993,
        security="tls",
        auth="xoauth2",
        smtp="smtp+starttls://smtp.gmail.com:587",
        token_url="https://oauth2.googleapis.com/token",
        hint=_(
            "Make an OAuth client in the Google Cloud console with the scope https://mail.google.com/ and enter its "
            "client id, its secret and a refresh token. With two-step verification an app password works too."
        ),
    ),
    Preset(
        key="microsoft",
        name="Microsoft 365, Outlook",
        host="outlook.office365.com",
        port=993,
        security="tls",
        auth="xoauth2",
        smtp="smtp+starttls://smtp.office365.com:587",
        token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
        hint=_(
            "Register an app in Microsoft Entra with the permissions IMAP.AccessAsUser.All and offline_access, and enter "
            "its client id, its secret and a refresh token. Microsoft no longer lets programs in with a password."
        ),
    ),
    Preset(
        key="yahoo",
        name="Yahoo Mail",
        host="imap.mail.yahoo.com",
        port=993,
        security="tls",
        auth="password",
        smtp="smtps://smtp.mail.yahoo.com:465",
        hint=_("Make an app password in the security settings of the account."),
    ),
    Preset(
        key="icloud",
        name="iCloud Mail",
        host="imap.mail.me.com",
        port=993,
        security="tls",
        auth="password",
        smtp="smtp+starttls://smtp.mail.me.com:587",
        hint=_("Make an app-specific password in the settings of the Apple account."),
    ),
    Preset(
        key="zoho",
        name="Zoho Mail",
        host="imap.zoho.com",
        port=993,
        security="tls",
        auth="password",
        smtp="smtps://smtp.zoho.com:465",
        hint=_("Switch IMAP on in Zoho's settings and make an app password."),
    ),
    Preset(
        key="fastmail",
        name="Fastmail",
        host="imap.fastmail.com",
        port=993,
        security="tls",
        auth="password",
        smtp="smtps://smtp.fastmail.com:465",
        hint=_("Make an app password in Fastmail's settings."),
    ),
)
