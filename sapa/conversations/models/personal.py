"""What concerns one person about a conversation: how far they read, why they follow it, what they were told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa.conversations.models.conversation import Conversation
from sapa.conversations.models.message import Message


class Seen(models.Model):
    """The newest message of a conversation that a person has seen."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="seen_once")]


class Participant(models.Model):
    """A person who was mentioned in a conversation or follows it; they may see it whatever their scope."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="participant_once")]


class Notification(models.Model):
    """Something a person is told about; made from one fact, so that a rebuild makes it once."""

    class Kind(models.TextChoices):
        MENTIONED = "mentioned", _("You were mentioned")
        ASSIGNED = "assigned", _("A conversation was assigned to you")
        REPLIED = "replied", _("A customer answered")
        FAILED = "failed", _("A message could not be delivered")

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="+")
    fact_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_user"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="notification_unread"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "fact_id", "kind"], name="notification_once")]
