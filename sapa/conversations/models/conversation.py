"""A conversation: a case with a number; and its contacts, the interactions in which it happens."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from sapa.conversations.models.inbox import Channel


class Tag(models.Model):
    """A word that people put on conversations."""

    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Somebody has to do something about these now, or the customer has.
ACTIVE = models.Q(status__in=["open", "pending"])


class Conversation(models.Model):
    """A case. `last_*` and `waiting_since` repeat what its messages say, so that lists need no join to 10 M rows."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")
        CLOSED = "closed", _("Closed")
        SPAM = "spam", _("Spam")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

    class Holder(models.TextChoices):
        BOT = "bot", _("Bot")
        QUEUE = "queue", _("Queue")
        AGENT = "agent", _("Agent")

    number = models.BigIntegerField(
        unique=True, db_default=RawSQL("nextval('conversation_number')", ()), editable=False
    )
    inbox = models.ForeignKey(
        "conversations.Inbox", on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    channel = models.CharField(max_length=20, choices=Channel.choices)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    subject = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    holder = models.CharField(max_length=6, choices=Holder.choices, default=Holder.QUEUE)
    assignee = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    team = models.ForeignKey(
        "accounts.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    tags = models.ManyToManyField(Tag, related_name="conversations", blank=True)
    fields = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    last_message_text = models.CharField(max_length=200, blank=True)
    last_message_direction = models.CharField(max_length=6, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "-last_message_at", "-id"], name="conversation_status"),
            models.Index(fields=["inbox", "status", "-last_message_at", "-id"], name="conversation_inbox"),
            # What people work on is a small part of all there is: their lists come in order from small indexes.
            models.Index(fields=["-last_message_at", "-id"], condition=ACTIVE, name="conversation_active"),
            models.Index(
                fields=["assignee", "-last_message_at", "-id"], condition=ACTIVE, name="conversation_assignee"
            ),
            models.Index(fields=["team", "-last_message_at", "-id"], condition=ACTIVE, name="conversation_team"),
            models.Index(
                fields=["inbox", "-last_message_at", "-id"], condition=ACTIVE, name="conversation_inbox_active"
            ),
            models.Index(fields=["customer", "-last_message_at"], name="conversation_customer"),
            models.Index(fields=["-last_message_at", "-id"], name="conversation_recent"),
            GinIndex(SearchVector("subject", config="simple"), name="conversation_words"),
            models.Index(
                fields=["snoozed_until"], condition=models.Q(status="snoozed"), name="conversation_snoozed_until"
            ),
            # «Snoozed»: what a person holds or has put away, found in two small indexes.
            models.Index(fields=["assignee"], condition=models.Q(status="snoozed"), name="conversation_snoozed_of"),
            models.Index(fields=["snoozed_by"], condition=models.Q(status="snoozed"), name="conversation_snoozed_by"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="snoozed") | models.Q(snoozed_until__isnull=False),
                name="snoozed_has_a_moment",
            ),
            models.CheckConstraint(
                condition=~models.Q(holder="agent") | models.Q(assignee__isnull=False) | ~models.Q(status="open"),
                name="agent_holder_is_assigned",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something about it, now or later."""
        return self.status in (self.Status.OPEN, self.Status.PENDING, self.Status.SNOOZED)


class Contact(models.Model):
    """One interaction inside a conversation: a call, a chat session, an exchange on an asynchronous channel."""

    class Direction(models.TextChoices):
        IN = "in"
        OUT = "out"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=20, choices=Channel.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            # An asynchronous exchange is open at most once in a conversation.
            models.UniqueConstraint(
                fields=["conversation", "channel"], condition=models.Q(ended_at__isnull=True), name="contact_open_once"
            ),
        ]
