"""An inbox: one configured channel through which customers come in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """Kinds of channel. Each has a folder in sapa.channels (or voice) that writes its capabilities on the Inbox row."""

    EMAIL = "email", _("E-mail")
    CHAT = "chat", _("Web chat")
    FORM = "form", _("Web form")
    VOICE = "voice", _("Telephone")
    WHATSAPP = "whatsapp", _("WhatsApp")
    TELEGRAM = "telegram", _("Telegram")
    API = "api", _("API")


class Inbox(models.Model):
    """One address, number or widget.

    teams: who may open it; none means everybody. capabilities: what the channel can do, written by the channel
    (`{"html": true, "subject": true, "attachments": 26214400, "cc": true}`); conversations read it as data.
    """

    name = models.CharField(_("Name"), max_length=80)
    channel = models.CharField(max_length=20, choices=Channel.choices)
    address = models.CharField(_("Address"), max_length=254, blank=True)
    teams = models.ManyToManyField("accounts.Team", related_name="inboxes", blank=True)
    default_team = models.ForeignKey(
        "accounts.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    signature = models.TextField(_("Signature"), max_length=4000, blank=True)
    capabilities = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "inboxes"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address"], condition=~models.Q(address=""), name="inbox_address_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
