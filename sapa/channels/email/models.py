"""E-mail: how an inbox sends, which mailboxes it fetches from, and the intake where mail lies until it is read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EmailInbox(models.Model):
    """How an e-mail inbox sends. Without `smtp_url` it uses SAPA_SMTP_URL; `provider` names an Anymail backend instead."""

    inbox = models.OneToOneField(
        "conversations.Inbox", on_delete=models.CASCADE, related_name="email", primary_key=True
    )
    from_name = models.CharField(_("Sender's name"), max_length=120, blank=True)
    aliases = models.JSONField(default=list, blank=True)  # further addresses of this inbox, in lower case
    smtp_url = models.CharField(_("Outgoing server"), max_length=300, blank=True)
    smtp_user = models.CharField(_("User name"), max_length=254, blank=True)
    smtp_secret = models.TextField(blank=True)  # encrypted (core.crypto)
    provider = models.CharField(_("Mail provider"), max_length=40, blank=True)
    provider_secret = models.TextField(blank=True)  # encrypted JSON of the provider's settings
    # Replies come back to `address+r.TOKEN@…`; off for mail servers that do not deliver address+detail@.
    plus_address = models.BooleanField(_("The mail server delivers address+detail"), default=True)
    auto_reply = models.BooleanField(_("Answer new conversations automatically"), default=False)
    auto_reply_text = models.TextField(_("Automatic answer"), max_length=4000, blank=True)


class Mailbox(models.Model):
    """A folder of an IMAP account that is fetched into an inbox.

    `uid_validity`/`last_uid`: up to where mail was kept; `done_uid`: up to where `afterwards` was done. `since`: older mail
    is left alone (none: everything is fetched). `claimed_by`/`claimed_until`: which process fetches it now, so that two
    never do. `revision` grows with every change of the settings, so that the process that fetches it sees the change.
    """

    class Auth(models.TextChoices):
        PASSWORD = "password", _("Password")
        XOAUTH2 = "xoauth2", _("OAuth 2 (XOAUTH2)")

    class Security(models.TextChoices):
        TLS = "tls", _("TLS")
        STARTTLS = "starttls", _("STARTTLS")
        PLAIN = "plain", _("None (local servers only)")

    class Afterwards(models.TextChoices):
        LEAVE = "leave", _("Leave it as it is")
        SEEN = "seen", _("Mark it as read")
        MOVE = "move", _("Move it to another folder")
        DELETE = "delete", _("Delete it from the mail server")

    inbox = models.ForeignKey("conversations.Inbox", on_delete=models.CASCADE, related_name="mailboxes")
    host = models.CharField(_("Server"), max_length=254)
    port = models.PositiveIntegerField(_("Port"), default=993)
    security = models.CharField(_("Encryption"), max_length=8, choices=Security.choices, default=Security.TLS)
    user = models.CharField(_("User name"), max_length=254)
    auth = models.CharField(_("Log-in"), max_length=8, choices=Auth.choices, default=Auth.PASSWORD)
    secret = models.TextField(blank=True)  # encrypted password, or encrypted JSON: `client_secret` and `refresh_token`
    client_id = models.CharField(_("OAuth client id"), max_length=254, blank=True)
    token_url = models.CharField(_("Address of the token service"), max_length=300, blank=True)
    folder = models.CharField(_("Folder"), max_length=254, default="INBOX")
    since = models.DateTimeField(null=True, blank=True)
    afterwards = models.CharField(
        _("After fetching a mail"), max_length=8, choices=Afterwards.choices, default=Afterwards.LEAVE
    )
    move_to = models.CharField(_("Move to folder"), max_length=254, blank=True)
    uid_validity = models.BigIntegerField(null=True, blank=True)
    last_uid = models.BigIntegerField(default=0)
    done_uid = models.BigIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=1)
    claimed_by = models.CharField(max_length=80, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "port", "user", "folder"], name="mailbox_once"),
            models.CheckConstraint(
                condition=~models.Q(afterwards="move") | ~models.Q(move_to=""), name="mailbox_move_has_a_folder"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.folder}"


class IncomingMail(models.Model):
    """A mail as it came, durably kept before the sender is told «accepted» or the IMAP cursor moves.

    Reading it is a separate step that can be repeated; what cannot be read stays here, shown as such, and stops nobody.
    """

    class State(models.TextChoices):
        NEW = "new", _("New")
        READ = "read", _("Read")
        SKIPPED = "skipped", _("Skipped")
        UNREADABLE = "unreadable", _("Unreadable")

    inbox = models.ForeignKey("conversations.Inbox", null=True, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=200)  # `imap:<mailbox>:<uidvalidity>:<uid>` or `lmtp:<random>`
    mail_from = models.CharField(max_length=320, blank=True)
    recipients = models.JSONField(default=list)
    content = models.BinaryField(null=True)  # small mails lie here, large ones (or read ones) in the file store
    key = models.CharField(max_length=80, blank=True)
    size = models.BigIntegerField()  # of the whole mail, in bytes
    is_whole = models.BooleanField(default=True)  # else only its header was kept
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW)
    reason = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # readings that did not come to an end
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    conversation = models.ForeignKey(
        "conversations.Conversation", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="new"), name="incoming_new"),
            models.Index(fields=["state", "-id"], name="incoming_state"),
            models.Index(
                fields=["read_at"], condition=models.Q(content__isnull=False) | ~models.Q(key=""), name="incoming_kept"
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["source"], name="incoming_once")]


class AutoReply(models.Model):
    """Whether a new conversation was answered automatically (`address`: whom, or empty): decided once for each."""

    conversation = models.OneToOneField("conversations.Conversation", on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "created_at"], name="auto_reply_address")]
