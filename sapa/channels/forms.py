"""The forms of the settings of e-mail inboxes; secrets are asked for, never shown."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from sapa.accounts.models import Team
from sapa.channels.email.actions import InboxChange, MailboxChange, MailboxSecret, Outgoing
from sapa.channels.email.models import EmailInbox, Mailbox
from sapa.channels.email.providers import MAIL_PROVIDERS, PRESETS
from sapa.conversations.models import Inbox
from sapa.core import clock

KEPT = _("It is stored; leave this empty to keep it.")
DAYS = {"day": 1, "week": 7, "month": 31}


def _secret(label: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]  # a lazy text
        required=False,
        strip=False,
        max_length=4000,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class InboxForm(forms.Form):
    """What an inbox is called, its addresses, who opens it, and what it writes by itself."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What your colleagues see, for example Support.")
    )
    address = forms.EmailField(
        label=_("Address"), max_length=254, help_text=_("To which customers write and from which answers come.")
    )
    aliases = forms.CharField(
        label=_("Further addresses"),
        required=False,
        max_length=6000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Mail to these comes in here too; one address a line."),
    )
    from_name = forms.CharField(
        label=_("Sender's name"), max_length=120, required=False, help_text=_("What customers see beside the address.")
    )
    signature = forms.CharField(
        label=_("Signature"), required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        label=_("Who may open it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a choice it is open to everybody."),
    )
    default_team = forms.ModelChoiceField(
        Team.objects.all(), label=_("New conversations go to"), required=False, empty_label=_("No team")
    )
    auto_reply = forms.BooleanField(label=_("Answer new conversations automatically"), required=False)
    auto_reply_text = forms.CharField(
        label=_("Automatic answer"), required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    plus_address = forms.BooleanField(
        label=_("The mail server delivers address+detail"),
        required=False,
        initial=True,
        help_text=_("Answers then carry a signed address, so that replies are threaded even without their headers."),
    )
    is_active = forms.BooleanField(
        label=_("Takes mail"), required=False, initial=True, help_text=_("Switched off, no new mail comes in here.")
    )

    @classmethod
    def of(cls, inbox: Inbox, data: object = None) -> "InboxForm":
        """Filled with what is stored."""
        email = EmailInbox.objects.filter(inbox=inbox).first() or EmailInbox()
        stored = {name: getattr(inbox, name) for name in ("name", "address", "signature", "default_team", "is_active")}
        stored |= {
            name: getattr(email, name) for name in ("from_name", "auto_reply", "auto_reply_text", "plus_address")
        }
        return cls(data, initial={**stored, "aliases": "\n".join(email.aliases), "teams": inbox.teams.all()})  # type: ignore[arg-type]

    def wanted(self) -> InboxChange:
        """What to hand to the action."""
        value = self.cleaned_data
        return InboxChange(
            name=value["name"],
            address=value["address"],
            aliases=value["aliases"].replace(",", "\n").split("\n"),
            from_name=value["from_name"],
            signature=value["signature"],
            teams=[team.pk for team in value["teams"]],
            default_team=value["default_team"].pk if value["default_team"] else None,
            auto_reply=value["auto_reply"],
            auto_reply_text=value["auto_reply_text"],
            plus_address=value["plus_address"],
            is_active=value["is_active"],
        )


class MailboxForm(forms.Form):
    """Where mail is fetched from."""

    preset = forms.ChoiceField(
        label=_("Mail service"),
        required=False,
        choices=[("", _("Another mail server")), *((preset.key, preset.name) for preset in PRESETS)],
    )
    host = forms.CharField(
        label=_("Server"), max_length=254, widget=forms.TextInput({"placeholder": "imap.example.com"})
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(label=_("Encryption"), choices=Mailbox.Security.choices, initial="tls")
    user = forms.CharField(label=_("User name"), max_length=254, help_text=_("Most often the whole address."))
    auth = forms.ChoiceField(label=_("Log-in"), choices=Mailbox.Auth.choices, initial="password")
    password = _secret(_("Password"))
    client_id = forms.CharField(label=_("OAuth client id"), max_length=254, required=False)
    client_secret = _secret(_("OAuth client secret"))
    refresh_token = _secret(_("Refresh token"))
    token_url = forms.CharField(label=_("Address of the token service"), max_length=300, required=False)
    folder = forms.CharField(label=_("Folder"), max_length=254, initial="INBOX")
    history = forms.ChoiceField(
        label=_("Mail that is there already"),
        required=False,
        choices=[
            ("day", _("Fetch that of the last 24 hours")),
            ("week", _("Fetch that of the last 7 days")),
            ("month", _("Fetch that of the last 31 days")),
            ("all", _("Fetch everything")),
        ],
    )
    afterwards = forms.ChoiceField(
        label=_("After fetching a mail"), choices=Mailbox.Afterwards.choices, initial="leave"
    )
    move_to = forms.CharField(label=_("Move to folder"), max_length=254, required=False)
    is_active = forms.BooleanField(label=_("Fetch mail from here"), required=False, initial=True)

    @classmethod
    def of(cls, mailbox: Mailbox, data: object = None) -> "MailboxForm":
        """Filled with what is stored, except secrets."""
        names = set(cls.base_fields) - {"preset", "password", "client_secret", "refresh_token", "history"}
        form = cls(data, initial={name: getattr(mailbox, name) for name in names})  # type: ignore[arg-type]
        del form.fields["history"]
        del form.fields["preset"]
        for name in ("password",) if mailbox.auth == Mailbox.Auth.PASSWORD else ("client_secret", "refresh_token"):
            form.fields[name].help_text = KEPT
        return form

    def wanted(self) -> MailboxChange:
        """What to hand to the action."""
        value = dict(self.cleaned_data)
        value.pop("preset", None)
        history = value.pop("history", None)
        secret = MailboxSecret(
            password=value.pop("password"),
            client_secret=value.pop("client_secret").strip(),
            refresh_token=value.pop("refresh_token").strip(),
        )
        change: MailboxChange = MailboxChange(**value, secret=secret)  # type: ignore[typeddict-item]  # the fields are the form's
        if "history" in self.fields:
            days = DAYS.get(history or "day")
            change["since"] = clock.now() - timedelta(days=days) if days else None
        return change


class OutgoingForm(forms.Form):
    """How an inbox sends."""

    way = forms.ChoiceField(
        label=_("Answers leave"),
        choices=[
            ("sapa", _("By the outgoing server of this installation")),
            ("server", _("By a mail server of their own")),
            ("provider", _("By a mail provider")),
        ],
        widget=forms.RadioSelect,
    )
    url = forms.CharField(
        label=_("Outgoing server"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"placeholder": "smtp+starttls://mail.example.com:587"}),
        help_text=_("smtp+starttls:// (most often port 587), smtps:// (port 465) or smtp:// (not encrypted)."),
    )
    user = forms.CharField(label=_("User name"), max_length=254, required=False)
    secret = _secret(_("Password"))
    provider = forms.ChoiceField(
        label=_("Mail provider"), required=False, choices=[(key, found.name) for key, found in MAIL_PROVIDERS.items()]
    )

    def __init__(self, email: EmailInbox, data: object = None) -> None:
        way = "provider" if email.provider else "server" if email.smtp_url else "sapa"
        stored = {"way": way, "url": email.smtp_url, "user": email.smtp_user, "provider": email.provider}
        super().__init__(data, initial=stored)  # type: ignore[arg-type]
        if email.smtp_secret:
            self.fields["secret"].help_text = KEPT
        for name, (label, _keys) in provider_settings().items():
            self.fields[name] = _secret(label)
            if email.provider_secret:
                self.fields[name].help_text = KEPT

    def wanted(self) -> Outgoing:
        """What to hand to the action."""
        value = self.cleaned_data
        if value["way"] == "provider":
            names = MAIL_PROVIDERS[value["provider"]].settings if value["provider"] else {}
            settings = {name: value[name] for name in names if value[name]}
            return Outgoing(provider=value["provider"], provider_settings=settings or None)
        if value["way"] == "server":
            return Outgoing(url=value["url"], user=value["user"], secret=value["secret"] or None)
        return Outgoing()


def provider_settings() -> dict[str, tuple[object, str]]:
    """Every setting that some provider has: its label, and the providers that have it (parted by spaces)."""
    found: dict[str, tuple[object, str]] = {}
    for key, provider in MAIL_PROVIDERS.items():
        for name, label in provider.settings.items():
            found[name] = (label, f"{found[name][1]} {key}" if name in found else key)
    return found
