"""Messages, their attachments, and drafts of messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa.conversations.models.conversation import Contact, Conversation


class Message(models.Model):
    """One thing said or written.

    text: what was freshly written; quoted: the history below it, folded on the page. html: cleaned HTML of the fresh
    part or empty. outside_id: the channel's id (a Message-ID without angle brackets for mail): makes receiving safe to
    repeat and finds the message again for replies and bounces. recipients: `{"from": […], "to": […], "cc": […], "bcc": […]}`,
    each `{"name", "address"}`. send_after: not before this instant (undo, schedule).
    """

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")
        NOTE = "note", _("Internal note")
        SYSTEM = "system", _("Event")

    class Author(models.TextChoices):
        CUSTOMER = "customer"
        AGENT = "agent"
        BOT = "bot"
        AUTOMATION = "automation"

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        QUEUED = "queued", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")

    # The composite indexes below serve these; a further one each would cost every insert.
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")
    inbox = models.ForeignKey("conversations.Inbox", on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    author_kind = models.CharField(max_length=10, choices=Author.choices)
    user = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        "customers.Customer", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    quoted_html = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    recipients = models.JSONField(default=dict, blank=True)
    outside_id = models.CharField(max_length=512, null=True, blank=True)  # noqa: DJ001  (null: none yet)
    in_reply_to = models.CharField(max_length=512, blank=True)
    raw = models.CharField(max_length=80, blank=True)  # key of the raw message in the file store
    problems = models.JSONField(default=list, blank=True)  # sentences: what could not be read
    is_automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices)
    error = models.CharField(max_length=500, blank=True)
    perhaps_twice = models.BooleanField(default=False)
    attempts = models.SmallIntegerField(default=0)
    send_after = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_conversation"),
            models.Index(fields=["outside_id"], condition=models.Q(outside_id__isnull=False), name="message_outside"),
            # The outbox: small, however many messages there are.
            models.Index(
                fields=["send_after"], condition=models.Q(state__in=["queued", "sending"]), name="message_outbox"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["inbox", "outside_id"],
                condition=models.Q(direction="in", outside_id__isnull=False),
                name="message_received_once",
            ),
            models.CheckConstraint(
                condition=models.Q(direction="out") | models.Q(state="received"), name="only_outgoing_is_sent"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["queued", "sending"]) | models.Q(send_after__isnull=False),
                name="outbox_has_a_moment",
            ),
        ]


class Attachment(models.Model):
    """A file of a message; `key` lies in the file store. Inline ones are shown where their content_id stands."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)


class Draft(models.Model):
    """What a person has begun to write in a conversation, kept on the server; one reply and one note each.

    editor: the browser tab that saved last. others: `[{"editor", "html"}]`, texts that other tabs had saved and that a
    newer one replaced; they stay until the person takes or drops them.
    """

    class Kind(models.TextChoices):
        REPLY = "reply"
        NOTE = "note"

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    html = models.TextField(blank=True)
    to = models.JSONField(default=list, blank=True)
    cc = models.JSONField(default=list, blank=True)
    bcc = models.JSONField(default=list, blank=True)
    version = models.IntegerField(default=1)
    editor = models.CharField(max_length=40, blank=True)
    others = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "kind"], name="draft_once")]


class DraftFile(models.Model):
    """A file added to a draft; becomes an Attachment when the draft is sent."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)
